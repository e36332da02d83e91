//! The decision table of a profile: every listed attribute with its code and rule, and what holds for all others.

use crate::beyond::{ADDED, Beyond, MENDED, REQUIRED_TEXT, VOCABULARY};
use crate::decision::{CleanAs, Decision, Layer, Rule};
use crate::fallback::Fallbacks;
use crate::option_cell;
use crate::policy::{Policy, UnlistedText};
use crate::site::SiteRule;
use std::collections::{BTreeSet, HashMap};
use tokumei_core::{ActionCode, OptionName, TableCode, Tag, Vr, dictionary};
use tokumei_standard::{self as standard, TagPattern};

/// A code and the rule behind it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Entry {
    pub code: TableCode,
    pub rule: Rule,
}

impl Entry {
    pub(crate) fn decision(&self) -> Decision<'_> {
        Decision { code: self.code, rule: &self.rule }
    }
}

/// The decision table.
#[derive(Clone, Debug)]
pub(crate) struct Table {
    entries: HashMap<Tag, Entry>,
    curves: Entry,
    overlays: [Entry; 2],
    fallbacks: Fallbacks,
    /// Rules of families of tags or of places, later ones first.
    placed: Vec<(SiteRule, Entry)>,
    beyond: bool,
}

impl Table {
    /// Compiles the tables, the layer beyond them, the policies and the rules, in this order.
    pub(crate) fn compile(options: &BTreeSet<OptionName>, policy: &Policy, rules: &[SiteRule]) -> Table {
        let mut entries = HashMap::new();
        for row in standard::rows() {
            if let TagPattern::Tag(tag) = row.tag {
                entries.insert(tag, option_cell::decide(row, options, policy));
            }
        }
        if policy.beyond {
            mend(&mut entries);
            add(&mut entries, options, policy);
        }
        let mut placed = Vec::new();
        for rule in rules {
            let entry = Entry { code: rule.code, rule: rule.rule() };
            match rule.selector.tag() {
                Some(tag) if rule.inside.is_empty() => drop(entries.insert(tag, entry)),
                _ => placed.insert(0, (rule.clone(), entry)),
            }
        }
        let family = |tag: Tag| {
            option_cell::decide(standard::row(tag).expect("the table has a row of each family"), options, policy)
        };
        Table {
            entries,
            curves: family(Tag(0x5000, 0x3000)),
            overlays: [family(Tag(0x6000, 0x3000)), family(Tag(0x6000, 0x4000))],
            fallbacks: Fallbacks::new(options, policy),
            placed,
            beyond: policy.beyond,
        }
    }

    /// Decides about an attribute below these sequences, the outermost first.
    pub(crate) fn decide(&self, tag: Tag, ancestors: &[Tag]) -> Decision<'_> {
        let placed = self.placed.iter().find(|(rule, _)| rule.matches(tag, ancestors)).map(|(_, entry)| entry);
        let listed = self.entries.get(&tag);
        let entry = match (placed, listed) {
            // A rule about the place or the family, unless the very attribute has a rule and no place was named.
            (Some(entry), Some(exact)) if exact.rule.layer == Layer::Site && !self.names_a_place(&entry.rule) => exact,
            (Some(entry), _) => entry,
            (None, Some(exact)) => exact,
            (None, None) => self.fallback(tag),
        };
        entry.decision()
    }

    /// Returns the entries of single tags.
    pub(crate) fn entries(&self) -> impl Iterator<Item = (Tag, &Entry)> {
        self.entries.iter().map(|(tag, entry)| (*tag, entry))
    }

    fn names_a_place(&self, rule: &Rule) -> bool {
        self.placed.iter().any(|(site, entry)| entry.rule.id == rule.id && !site.inside.is_empty())
    }

    fn fallback(&self, tag: Tag) -> &Entry {
        let all = &self.fallbacks;
        match tag {
            _ if tag.is_group_length() => &all.group_length,
            _ if tag.is_private() => &all.private,
            _ if tag.0 & 0xFF00 == 0x5000 => &self.curves,
            _ if tag.0 & 0xFF00 == 0x6000 => self.overlay(tag),
            Tag(0x0002, _) if self.beyond => &all.file_meta,
            Tag(0x0000 | 0x0004, _) if self.beyond => &all.misplaced,
            _ => self.by_value_representation(tag),
        }
    }

    fn overlay(&self, tag: Tag) -> &Entry {
        match tag.1 {
            0x3000 => &self.overlays[0],
            0x4000 => &self.overlays[1],
            _ if self.beyond => &self.fallbacks.overlay_plane,
            _ => &self.fallbacks.unlisted,
        }
    }

    fn by_value_representation(&self, tag: Tag) -> &Entry {
        let all = &self.fallbacks;
        if dictionary::keyword(tag).is_none() {
            return &all.unknown;
        }
        match dictionary::vr(tag) {
            _ if !self.beyond => &all.unlisted,
            Some(Vr::DA | Vr::TM | Vr::DT) => &all.date,
            Some(Vr::PN) => &all.person,
            Some(Vr::AE | Vr::UR) => &all.address,
            Some(Vr::UI) => &all.uid,
            Some(vr) if vr.is_text() => &all.text,
            _ => &all.unlisted,
        }
    }
}

/// Replaces codes of the Basic Profile column that break an IOD; an Option's cell stays.
fn mend(entries: &mut HashMap<Tag, Entry>) {
    for one in MENDED {
        if let Some(entry) = entries.get_mut(&one.tag)
            && entry.rule.option == Some(OptionName::Basic)
        {
            *entry = ours(one);
        }
    }
}

/// Adds the attributes that the table forgets.
fn add(entries: &mut HashMap<Tag, Entry>, options: &BTreeSet<OptionName>, policy: &Policy) {
    let all = Fallbacks::new(options, policy);
    for tag in standard::beyond::tags() {
        let kind = if standard::beyond::uid_structural(tag) {
            &all.structural
        } else if standard::beyond::uid_instance(tag) {
            &all.uid
        } else if standard::beyond::uri(tag) {
            &all.address
        } else if standard::beyond::datetime(tag) {
            &all.date
        } else {
            unlisted_text(tag, &all, policy)
        };
        let entry = match standard::beyond::identity_text(tag) {
            Some(text) => identity(tag, text, options.contains(&OptionName::CleanDescriptors)),
            None => with_tag(kind.clone(), tag),
        };
        entries.insert(tag, entry);
    }
    entries.extend(ADDED.iter().map(|one| (one.tag, ours(one))));
    if policy.unlisted_text == UnlistedText::Keep {
        entries.retain(|_, entry| entry.rule.clean != Some(CleanAs::UnlistedText));
    }
}

/// Text without a row; coded entries keep what they need.
fn unlisted_text<'a>(tag: Tag, all: &'a Fallbacks, policy: &Policy) -> &'a Entry {
    let touched = matches!(policy.unlisted_text, UnlistedText::Clean | UnlistedText::Remove);
    if touched && VOCABULARY.contains(&tag) {
        &all.vocabulary
    } else if touched && REQUIRED_TEXT.contains(&tag) {
        &all.required_text
    } else {
        &all.text
    }
}

/// Gives a shared rule the tag in its id.
fn with_tag(mut entry: Entry, tag: Tag) -> Entry {
    entry.rule.id = format!("{}/{:08X}", entry.rule.id, tag.as_u32());
    entry
}

fn identity(tag: Tag, text: &standard::beyond::IdentityText, clean: bool) -> Entry {
    let code = text.cleaned.filter(|_| clean).unwrap_or(text.removed);
    Entry {
        code: TableCode::Plain(code),
        rule: Rule {
            id: format!("beyond/{:08X}", tag.as_u32()),
            layer: Layer::Beyond,
            option: None,
            clean: if code == ActionCode::C { Some(CleanAs::Text) } else { None },
            reason_en: format!("can identify and has no row: {}", text.why),
            reason_ja: format!("識別につながりうるが表に行がない属性（{}）", text.keyword),
            clause: "PS3.15 2026d E.1.1".to_owned(),
        },
    }
}

fn ours(one: &Beyond) -> Entry {
    Entry {
        code: one.code,
        rule: Rule {
            id: format!("beyond/{:08X}", one.tag.as_u32()),
            layer: Layer::Beyond,
            option: None,
            clean: None,
            reason_en: one.en.to_owned(),
            reason_ja: one.ja.to_owned(),
            clause: "PS3.15 2026d E.1.1; PS3.3 2026b".to_owned(),
        },
    }
}
