//! A profile: checked, compiled, ready to decide.

use crate::compile::{Entry, Table};
use crate::decision::{CleanAs, Decision, Layer, Rule};
use crate::file::LegalClass;
use crate::option_cell::{choose, clean_as};
use crate::policy::Policy;
use crate::private::PrivateTable;
use crate::site::SiteRule;
use crate::text::{Bilingual, Lang, Why};
use crate::words::{meaning, option_title};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use tokumei_core::{ActionCode, OptionName, TableCode, Tag};
use tokumei_standard as standard;

/// What a profile says before it is compiled: its own keys and those it inherits.
#[derive(Clone, Debug)]
pub(crate) struct Source {
    pub name: String,
    pub version: String,
    pub legal_class: LegalClass,
    pub purpose: String,
    pub title: Bilingual,
    pub summary: Bilingual,
    pub options: BTreeSet<OptionName>,
    pub policy: Policy,
    pub why: BTreeMap<String, Why>,
    pub rules: Vec<SiteRule>,
}

/// A de-identification profile.
///
/// ```
/// use tokumei_core::{ActionCode, Tag, TableCode};
/// use tokumei_profile::Profile;
/// let profile = Profile::builtin("ps315-basic")?;
/// assert_eq!(profile.decide(Tag(0x0010, 0x0010)).code, TableCode::Plain(ActionCode::Z));
/// assert_eq!(profile.decide(Tag(0x0010, 0x0010)).rule.id, "E.1-1/00100010/basic");
/// # Ok::<(), tokumei_profile::ProfileError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Profile {
    source: Source,
    hash: String,
    table: Table,
    private: PrivateTable,
    content: HashMap<(&'static str, &'static str, &'static str), Entry>,
}

impl Profile {
    pub(crate) fn compile(source: Source) -> Profile {
        let content = standard::content_items()
            .iter()
            .map(|item| ((item.code, item.scheme, item.value_type), content_entry(item, &source.options)));
        Profile {
            hash: crate::canonical::hash(&source),
            table: Table::compile(&source.options, &source.policy, &source.rules),
            private: PrivateTable::new(&source.options, &source.policy, &source.name),
            content: content.collect(),
            source,
        }
    }

    /// Returns the name, for example `jp-pseudonymized`.
    pub fn name(&self) -> &str {
        &self.source.name
    }

    /// Returns the version of the profile.
    pub fn version(&self) -> &str {
        &self.source.version
    }

    /// Returns the title in a language.
    pub fn title(&self, lang: Lang) -> &str {
        self.source.title.get(lang)
    }

    /// Returns one or two sentences about what the profile is for.
    pub fn summary(&self, lang: Lang) -> &str {
        self.source.summary.get(lang)
    }

    /// Returns the legal class that the output is meant to meet.
    pub fn legal_class(&self) -> LegalClass {
        self.source.legal_class
    }

    /// Returns what the profile is made for, one word in kebab case.
    pub fn purpose(&self) -> &str {
        &self.source.purpose
    }

    /// Returns the options that are on. The Basic Profile is among them unless the profile gives up its claim.
    pub fn options(&self) -> &BTreeSet<OptionName> {
        &self.source.options
    }

    /// Tells whether an option is on.
    pub fn has(&self, option: OptionName) -> bool {
        self.source.options.contains(&option)
    }

    /// Returns the SHA-256 of the canonical form in lower-case hexadecimal digits.
    ///
    /// It changes with everything that can change an output: options, policies, rules, tables, name and version.
    pub fn hash(&self) -> &str {
        &self.hash
    }

    /// Returns the policies.
    pub fn policy(&self) -> &Policy {
        &self.source.policy
    }

    /// Returns the reason of an option or a policy, by the key a profile file gives it.
    pub fn why(&self, key: &str) -> Option<&Why> {
        self.source.why.get(key)
    }

    /// Returns the rules of profile files, inherited ones first; where several speak of an attribute, the last one decides.
    pub fn rules(&self) -> &[SiteRule] {
        &self.source.rules
    }

    /// Decides about an attribute wherever it sits; every tag gets a decision.
    ///
    /// For private attributes the code is X, or C under the Retain Safe Private Option: then [`Profile::private`] says
    /// what becomes of each element.
    pub fn decide(&self, tag: Tag) -> Decision<'_> {
        self.table.decide(tag, &[])
    }

    /// Decides about an attribute below these sequences, the outermost first.
    pub fn decide_at(&self, tag: Tag, ancestors: &[Tag]) -> Decision<'_> {
        self.table.decide(tag, ancestors)
    }

    /// Decides about a private element by the creator of its block, its group and the low byte of its element number: K or X.
    pub fn private(&self, creator: &str, group: u16, element: u8) -> Decision<'_> {
        self.private.decide(creator, group, element)
    }

    /// Decides about a content item of Table E.3.4-1 by concept name and value type, `None` where the table has no row.
    pub fn content_item(&self, code: &str, scheme: &str, value_type: &str) -> Option<Decision<'_>> {
        let item = standard::content_item(code, scheme, value_type)?;
        self.content.get(&(item.code, item.scheme, item.value_type)).map(Entry::decision)
    }

    pub(crate) fn source(&self) -> &Source {
        &self.source
    }

    pub(crate) fn table(&self) -> &Table {
        &self.table
    }
}

fn content_entry(item: &standard::ContentItem, options: &BTreeSet<OptionName>) -> Entry {
    let cell = choose(options.iter().copied(), |option| item.cell(option));
    let (code, option) = match cell {
        Some((code, option)) => (TableCode::Plain(code), option),
        None => (item.basic, OptionName::Basic),
    };
    let clean = if code == TableCode::Plain(ActionCode::C) { Some(clean_as(option)) } else { None };
    let rule = Rule {
        id: format!("E.3.4-1/{}/{}/{}/{}", item.scheme, item.code, item.value_type, option.key()),
        layer: Layer::Standard,
        option: Some(option),
        clean,
        reason_en: format!("{}: {} (content item {})", option_title(option).en, meaning(code).en, item.meaning),
        reason_ja: format!("{}：{}（内容項目 {}）", option_title(option).ja, meaning(code).ja, item.meaning),
        clause: format!("PS3.15 {} Table E.3.4-1, {}", standard::EDITION, option.section()),
    };
    debug_assert!(clean != Some(CleanAs::Graphics), "content items have no graphics");
    Entry { code, rule }
}
