//! Profiles as lists: which there are, what one does with everything, how two differ.

use crate::builtin;
use crate::explain::layer;
use crate::option_cell;
use crate::policy::Private;
use crate::private;
use crate::profile::Profile;
use crate::text::{Bilingual, Lang};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use tokumei_core::{OptionName, Tag, dictionary};
use tokumei_standard::{self as standard, TagPattern};

/// One built-in profile in a list.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Listed {
    /// Name.
    pub name: String,
    /// Other names.
    pub aliases: Vec<String>,
    /// Version.
    pub version: String,
    /// Legal class in its own language, empty where none is claimed.
    pub legal_class: String,
    /// Title.
    pub title: Bilingual,
    /// What it is for.
    pub summary: Bilingual,
    /// Codes of CID 7050 of the options that are on.
    pub codes: Vec<String>,
    /// SHA-256 of the canonical form.
    pub hash: String,
}

/// Lists the built-in profiles.
pub fn list() -> Vec<Listed> {
    let profiles = Profile::builtin_names().iter().filter_map(|name| Profile::builtin(name).ok());
    profiles.map(|profile| listed(&profile)).collect()
}

fn listed(profile: &Profile) -> Listed {
    let both = |text: fn(&Profile, Lang) -> &str| Bilingual {
        en: text(profile, Lang::En).to_owned(),
        ja: text(profile, Lang::Ja).to_owned(),
    };
    let aliases = builtin::ALIASES.iter().filter(|(_, name)| *name == profile.name());
    Listed {
        name: profile.name().to_owned(),
        aliases: aliases.map(|(alias, _)| (*alias).to_owned()).collect(),
        version: profile.version().to_owned(),
        legal_class: profile.legal_class().title().to_owned(),
        title: both(Profile::title),
        summary: both(Profile::summary),
        codes: profile.options().iter().map(|option| option.code().to_owned()).collect(),
        hash: profile.hash().to_owned(),
    }
}

/// One line of the effective table of a profile.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct ShownRow {
    /// Eight hexadecimal digits, with letters for families.
    pub tag: String,
    /// Keyword or name.
    pub keyword: String,
    /// The code.
    pub code: String,
    /// Id of the rule.
    pub rule: String,
    /// Where the rule comes from: standard, beyond, policy or site.
    pub layer: &'static str,
    /// Clause of a law, or place in the standard.
    pub clause: String,
}

/// A profile in full.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Shown {
    /// Name, version, class and options.
    pub profile: Listed,
    /// Every policy with its value.
    pub policies: BTreeMap<String, String>,
    /// Every attribute with a decision of its own, in ascending order, families last, then rules that hold in certain places.
    pub rows: Vec<ShownRow>,
    /// The private attributes that stay: creator, group and element.
    pub private: Vec<String>,
}

/// Shows the effective table of a profile.
pub fn show(profile: &Profile) -> Shown {
    let mut tags: Vec<Tag> = profile.table().entries().map(|(tag, _)| tag).collect();
    tags.sort_unstable();
    let mut rows: Vec<ShownRow> =
        tags.into_iter().map(|tag| row(profile, tag, format!("{:08X}", tag.as_u32()))).collect();
    for family in standard::rows().iter().filter(|row| !matches!(row.tag, TagPattern::Tag(_))) {
        let mut shown = row(profile, sample(family.tag), option_cell::key(family));
        shown.keyword = family.name.to_owned();
        rows.push(shown);
    }
    let placed = profile.rules().iter().filter(|rule| rule.selector.tag().is_none() || !rule.inside.is_empty());
    rows.extend(placed.map(|site| {
        let rule = site.rule();
        let tag = site.selector.to_string();
        ShownRow {
            tag,
            keyword: String::new(),
            code: site.code.to_string(),
            rule: rule.id,
            layer: "site",
            clause: rule.clause,
        }
    }));
    Shown { profile: listed(profile), policies: policies(profile), rows, private: kept_private(profile) }
}

fn row(profile: &Profile, tag: Tag, key: String) -> ShownRow {
    let decision = profile.decide(tag);
    ShownRow {
        tag: key,
        keyword: dictionary::keyword(tag).unwrap_or_default().to_owned(),
        code: decision.code.to_string(),
        rule: decision.rule.id.clone(),
        layer: layer(decision.rule.layer),
        clause: decision.rule.clause.clone(),
    }
}

fn sample(pattern: TagPattern) -> Tag {
    match pattern {
        TagPattern::Tag(tag) => tag,
        TagPattern::Curve => Tag(0x5000, 0x3000),
        TagPattern::Overlay(element) => Tag(0x6000, element),
        TagPattern::Private => Tag(0x0009, 0x1001),
    }
}

/// Every policy with its value, as a profile file writes it.
pub(crate) fn policies(profile: &Profile) -> BTreeMap<String, String> {
    let table = toml::Table::try_from(profile.policy()).expect("a policy is made of what TOML can write");
    let word = |value: &toml::Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    table.iter().map(|(name, value)| (name.clone(), word(value))).collect()
}

/// The private attributes that stay, `creator (gggg,xxee)`.
pub(crate) fn kept_private(profile: &Profile) -> Vec<String> {
    let policy = profile.policy();
    if !profile.has(OptionName::RetainSafePrivate) || policy.private == Private::Remove {
        return Vec::new();
    }
    let line = |creator: &str, group: u16, element: u8| format!("{creator} ({group:04x},xx{element:02x})");
    let mut kept: BTreeSet<String> =
        standard::safe_privates().iter().map(|row| line(row.creator, row.group, row.element)).collect();
    if policy.private == Private::SafeListWide {
        let wide = private::WIDE.iter();
        kept.extend(
            wide.flat_map(|(creator, group, elements, _)| elements.iter().map(|one| line(creator, *group, *one))),
        );
    }
    for allow in &policy.private_allow {
        let Some(group) = private::group(allow) else { continue };
        kept.extend(private::elements(allow).map(|element| line(&allow.creator, group, element)));
    }
    kept.into_iter().collect()
}

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let head = &self.profile;
        writeln!(f, "{} {}  {}", head.name, head.version, head.legal_class)?;
        writeln!(f, "sha256 {}", head.hash)?;
        writeln!(f, "options {}", head.codes.join(" "))?;
        self.policies.iter().try_for_each(|(name, value)| writeln!(f, "policy {name} = {value}"))?;
        for row in &self.rows {
            writeln!(f, "{}  {:<7} {:<48} {}", row.tag, row.code, row.keyword, row.rule)?;
        }
        self.private.iter().try_for_each(|line| writeln!(f, "private {line}"))
    }
}

/// One difference of two profiles.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Difference {
    /// `option`, `policy`, `attribute` or `private`.
    pub what: &'static str,
    /// Name of the option or policy, keyword and tag of the attribute.
    pub name: String,
    /// In the first profile; empty where it has none.
    pub first: String,
    /// In the second profile; empty where it has none.
    pub second: String,
}

/// How two profiles differ.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Diff {
    /// Name of the first profile.
    pub first: String,
    /// Name of the second profile.
    pub second: String,
    /// The differences: options, policies, attributes, private attributes.
    pub differences: Vec<Difference>,
}

/// Compares two profiles.
pub fn diff(first: &Profile, second: &Profile) -> Diff {
    let (a, b) = (show(first), show(second));
    let options = |profile: &Profile| {
        let switch =
            |option: &OptionName| (option.key().to_owned(), if profile.has(*option) { "on" } else { "off" }.to_owned());
        OptionName::ALL.iter().map(switch).collect::<BTreeMap<_, _>>()
    };
    let rows = |shown: &Shown| {
        let line = |row: &ShownRow| (format!("{} {}", row.tag, row.keyword), row.code.clone());
        shown.rows.iter().map(line).collect::<BTreeMap<_, _>>()
    };
    let kept =
        |shown: &Shown| shown.private.iter().map(|line| (line.clone(), "K".to_owned())).collect::<BTreeMap<_, _>>();
    let mut differences = Vec::new();
    compare("option", &options(first), &options(second), &mut differences);
    compare("policy", &a.policies, &b.policies, &mut differences);
    compare("attribute", &rows(&a), &rows(&b), &mut differences);
    compare("private", &kept(&a), &kept(&b), &mut differences);
    Diff { first: first.name().to_owned(), second: second.name().to_owned(), differences }
}

fn compare(what: &'static str, a: &BTreeMap<String, String>, b: &BTreeMap<String, String>, out: &mut Vec<Difference>) {
    let names: BTreeSet<&String> = a.keys().chain(b.keys()).collect();
    for name in names {
        let (first, second) = (a.get(name).cloned().unwrap_or_default(), b.get(name).cloned().unwrap_or_default());
        if first != second {
            out.push(Difference { what, name: name.clone(), first, second });
        }
    }
}

impl fmt::Display for Diff {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} -> {}", self.first, self.second)?;
        let word = |text: &str| if text.is_empty() { "-".to_owned() } else { text.to_owned() };
        let mut lines = self.differences.iter();
        lines.try_for_each(|one| {
            writeln!(f, "{:<9} {:<60} {} -> {}", one.what, one.name, word(&one.first), word(&one.second))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn list_holds_every_built_in_profile_with_its_alias() {
        let names: Vec<(String, Vec<String>)> = list().into_iter().map(|one| (one.name, one.aliases)).collect();
        assert_eq!(names.len(), 9);
        assert!(names.contains(&("jp-anonymized".to_owned(), vec!["anonymized".to_owned()])));
    }

    #[test]
    fn literal_profile_shows_the_table_and_nothing_else() {
        let shown = show(&Profile::builtin("ps315-literal").expect("a built-in profile"));
        assert_eq!(shown.rows.len(), 657);
        assert!(shown.rows.iter().all(|row| row.layer == "standard"));
        assert!(shown.private.is_empty());
    }

    #[test]
    fn profile_does_not_differ_from_itself_and_the_difference_of_two_names_the_policy() {
        let basic = Profile::builtin("ps315-basic").expect("a built-in profile");
        let literal = Profile::builtin("ps315-literal").expect("a built-in profile");
        assert_eq!(diff(&basic, &basic).differences, Vec::new());
        let found = diff(&basic, &literal).differences;
        assert!(found.iter().any(|one| one.what == "policy" && one.name == "beyond" && one.second == "false"));
        assert!(found.iter().any(|one| one.name == "00700082 PresentationCreationDate" && one.first == "X/D"));
        assert!(found.iter().all(|one| one.what != "option"));
    }

    #[test]
    fn wide_list_keeps_all_of_the_published_one_and_more() {
        let narrow = kept_private(&Profile::builtin("jp-pseudonymized").expect("a built-in profile"));
        let wide = kept_private(&Profile::builtin("ai-training").expect("a built-in profile"));
        assert_eq!(narrow.len(), 479);
        assert!(narrow.iter().all(|line| wide.contains(line)) && wide.len() > 479);
    }
}
