//! Which private attributes stay.

use crate::compile::Entry;
use crate::decision::{Decision, Layer, Rule};
use crate::policy::{Policy, Private, PrivateAllow};
use std::collections::{BTreeSet, HashMap};
use tokumei_core::{ActionCode, OptionName, TableCode};
use tokumei_standard as standard;

/// The private attributes that a profile keeps.
#[derive(Clone, Debug)]
pub(crate) struct PrivateTable {
    on: bool,
    wide: bool,
    safe: Entry,
    wide_entry: Entry,
    removed: Entry,
    allowed: HashMap<(String, u16), Vec<(u8, usize)>>,
    site: Vec<Entry>,
}

impl PrivateTable {
    pub(crate) fn new(options: &BTreeSet<OptionName>, policy: &Policy, profile: &str) -> PrivateTable {
        let mut allowed: HashMap<(String, u16), Vec<(u8, usize)>> = HashMap::new();
        let mut site = Vec::new();
        for allow in &policy.private_allow {
            let Some(group) = group(allow) else { continue };
            let place = allowed.entry((trimmed(&allow.creator).to_owned(), group)).or_default();
            place.extend(elements(allow).map(|element| (element, site.len())));
            site.push(site_entry(allow, profile));
        }
        PrivateTable {
            on: options.contains(&OptionName::RetainSafePrivate) && policy.private != Private::Remove,
            wide: policy.private == Private::SafeListWide,
            safe: entry("E.3.10-1", Layer::Standard, ActionCode::K, SAFE),
            wide_entry: entry("private/wide", Layer::Beyond, ActionCode::K, WIDE_REASON),
            removed: entry("E.1-1/ggggeeee/basic", Layer::Standard, ActionCode::X, REMOVED),
            allowed,
            site,
        }
    }

    /// Decides about the element of a creator's block.
    pub(crate) fn decide(&self, creator: &str, group: u16, element: u8) -> Decision<'_> {
        if !self.on {
            return self.removed.decision();
        }
        let creator = trimmed(creator);
        let entry = if let Some(entry) = self.site(creator, group, element) {
            entry
        } else if standard::safe_private(creator, group, element).is_some() {
            &self.safe
        } else if self.wide && is_wide(creator, group, element) {
            &self.wide_entry
        } else {
            &self.removed
        };
        entry.decision()
    }

    fn site(&self, creator: &str, group: u16, element: u8) -> Option<&Entry> {
        let known = self.allowed.get(&(creator.to_owned(), group))?;
        let (_, index) = known.iter().find(|(known, _)| *known == element)?;
        self.site.get(*index)
    }
}

/// The group of an item of `private_allow`; `None` where it is not a private group.
pub(crate) fn group(allow: &PrivateAllow) -> Option<u16> {
    u16::from_str_radix(&allow.group, 16).ok().filter(|group| group & 1 == 1)
}

/// The elements of an item of `private_allow`; those that are no number are left out.
pub(crate) fn elements(allow: &PrivateAllow) -> impl Iterator<Item = u8> {
    allow.elements.iter().filter_map(|element| u8::from_str_radix(element, 16).ok())
}

/// Our own list: what quantitative use needs beyond Table E.3.10-1. Numbers and defined terms only, no free text.
/// Creator, group, elements, meaning.
pub(crate) const WIDE: &[(&str, u16, &[u8], &str)] = &[
    ("GEMS_ACQU_01", 0x0019, &[0xBB, 0xBC, 0xBD], "GE diffusion gradient direction"),
    ("GEMS_ACQU_01", 0x0019, &[0xE0], "GE number of diffusion directions"),
    ("SIEMENS MR HEADER", 0x0019, &[0x0A, 0x28, 0x29], "Siemens mosaic count, phase-encoding bandwidth, slice times"),
    ("Philips MR Imaging DD 005", 0x2005, &[0x12, 0x13], "Philips diffusion b-value and gradient orientation numbers"),
    ("Philips MR Imaging DD 001", 0x2005, &[0xB0, 0xB1, 0xB2], "Philips diffusion gradient direction"),
    ("Image Private Header", 0x0065, &[0x09, 0x37], "United Imaging diffusion b-value and direction"),
];

fn is_wide(creator: &str, group: u16, element: u8) -> bool {
    WIDE.iter().any(|(name, block, elements, _)| *name == creator && *block == group && elements.contains(&element))
}

fn trimmed(creator: &str) -> &str {
    creator.trim_end_matches([' ', '\0'])
}

fn site_entry(allow: &PrivateAllow, profile: &str) -> Entry {
    let mut entry = entry("", Layer::Site, ActionCode::K, ["", "", ""]);
    entry.rule.id = format!("site/{profile}/private");
    entry.rule.reason_en = allow.reason.en.clone();
    entry.rule.reason_ja = allow.reason.ja.clone();
    entry.rule.clause = allow.reason.clause.clone();
    entry
}

fn entry(id: &str, layer: Layer, code: ActionCode, why: [&str; 3]) -> Entry {
    let [reason_en, reason_ja, clause] = why.map(str::to_owned);
    let option = if layer == Layer::Standard && code == ActionCode::X {
        Some(OptionName::Basic)
    } else {
        Some(OptionName::RetainSafePrivate)
    };
    let rule = Rule { id: id.to_owned(), layer, option, clean: None, reason_en, reason_ja, clause };
    Entry { code: TableCode::Plain(code), rule }
}

const SAFE: [&str; 3] = [
    "Retain Safe Private Option: the table lists the attribute as safe",
    "安全なプライベート属性の保持オプション：表に安全として記載された属性",
    "PS3.15 2026d Table E.3.10-1",
];
const WIDE_REASON: [&str; 3] = [
    "Retain Safe Private Option: a number that quantitative use needs; on our own list, no free text",
    "安全なプライベート属性の保持オプション：定量的利用に必要な数値（独自の一覧、自由記述なし）",
    "PS3.15 2026d E.3.10",
];
const REMOVED: [&str; 3] = [
    "Basic Profile: private attributes not known to be safe are removed",
    "基本プロファイル：安全と確認されていないプライベート属性は削除する",
    "PS3.15 2026d Table E.1-1, E.3.10",
];
