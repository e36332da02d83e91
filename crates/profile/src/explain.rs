//! Why an attribute is treated as it is: rule, cell, option, clause.

use crate::decision::{CleanAs, Layer, Rule};
use crate::error::{ProfileError, nearest};
use crate::legal;
use crate::pixels;
use crate::profile::Profile;
use crate::selector::Selector;
use crate::show::policies;
use crate::text::{Bilingual, Lang};
use crate::words::meaning;
use serde::Serialize;
use std::fmt;
use tokumei_core::{OptionName, Tag, dictionary, tags};
use tokumei_standard as standard;

/// One column of the table for the attribute.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Column {
    /// Name of the Profile or Option.
    pub option: String,
    /// What the cell says.
    pub code: String,
    /// Whether the profile has switched it on.
    pub on: bool,
    /// Whether this cell decided.
    pub decides: bool,
}

/// What a profile does with one attribute, and why.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Explanation {
    /// The profile.
    pub profile: String,
    /// The tag, `(gggg,eeee)`.
    pub tag: String,
    /// The keyword, where the data dictionary has one.
    pub keyword: Option<String>,
    /// The value representation, where the data dictionary has one.
    pub vr: Option<String>,
    /// The code of the profile.
    pub code: String,
    /// What the code means.
    pub meaning: Bilingual,
    /// Id of the rule.
    pub rule: String,
    /// Where the rule comes from: standard, beyond, policy or site.
    pub layer: &'static str,
    /// Why.
    pub reason: Bilingual,
    /// Clause of a law, or place in the standard.
    pub clause: String,
    /// Why the profile has switched on the Option that decided.
    pub option_reason: Option<Bilingual>,
    /// The clause behind the Option that decided.
    pub option_clause: Option<String>,
    /// The policy that says how the code is carried out, `name = value`.
    pub policy: Option<String>,
    /// Why the policy has this value.
    pub policy_reason: Option<Bilingual>,
    /// The clause behind the value of the policy.
    pub policy_clause: Option<String>,
    /// The kind of information in the words of the law, with its clause.
    pub legal_kind: Option<Bilingual>,
    /// The filled cells of the table's row, empty where it has none.
    pub columns: Vec<Column>,
    /// Rules of profile files that hold in certain sequences only.
    pub elsewhere: Vec<String>,
    /// Of pixel data: what is looked at for burned-in text, and what comes of it.
    pub pixels: Vec<Bilingual>,
    /// The language of [`fmt::Display`].
    #[serde(skip)]
    pub lang: Lang,
}

/// Explains what a profile does with an attribute: keyword, `(0010,0010)` or `00100010`.
///
/// # Errors
/// [`ProfileError::Attribute`] when the text names no attribute.
pub fn explain(profile: &Profile, attribute: &str, lang: Lang) -> Result<Explanation, ProfileError> {
    let tag = Selector::parse(attribute).map(|selector| selector.tag().unwrap_or_else(|| selector.first()));
    let Some(tag) = tag else {
        let keywords = standard::rows().iter().filter_map(|row| row.keyword);
        return Err(ProfileError::Attribute { name: attribute.to_owned(), suggestion: nearest(attribute, keywords) });
    };
    let decision = profile.decide(tag);
    let rule = decision.rule;
    let why = rule.option.and_then(|option| profile.why(option.key()));
    let policy = if is_of_pixels(tag) { Some("burned_in") } else { policy_of(rule) };
    let policy_why = policy.and_then(|name| profile.why(name));
    let elsewhere = profile.rules().iter().filter(|rule| !rule.inside.is_empty() && rule.selector.matches(tag));
    let pixels = if is_of_pixels(tag) { pixels::explain(profile.policy()) } else { Vec::new() };
    Ok(Explanation {
        profile: profile.name().to_owned(),
        tag: tag.to_string(),
        keyword: dictionary::keyword(tag).map(str::to_owned),
        vr: dictionary::vr(tag).map(|vr| vr.as_str().to_owned()),
        code: decision.code.to_string(),
        meaning: meaning(decision.code),
        rule: rule.id.clone(),
        layer: layer(rule.layer),
        reason: Bilingual { en: rule.reason_en.clone(), ja: rule.reason_ja.clone() },
        clause: rule.clause.clone(),
        option_reason: why.map(|why| Bilingual { en: why.en.clone(), ja: why.ja.clone() }),
        option_clause: why.map(|why| why.clause.clone()),
        policy: policy.and_then(|name| Some(format!("{name} = {}", policies(profile).get(name)?))),
        policy_reason: policy_why.map(|why| Bilingual { en: why.en.clone(), ja: why.ja.clone() }),
        policy_clause: policy_why.map(|why| why.clause.clone()),
        legal_kind: legal::kind(tag).map(|kind| Bilingual { en: kind.line(Lang::En), ja: kind.line(Lang::Ja) }),
        columns: columns(profile, tag, rule.option),
        elsewhere: elsewhere.map(|rule| format!("{} {}", rule.rule().id, rule.code)).collect(),
        pixels,
        lang,
    })
}

/// Tells whether an attribute holds samples, or says what is written in them.
fn is_of_pixels(tag: Tag) -> bool {
    matches!(tag, tags::PIXEL_DATA | tags::FLOAT_PIXEL_DATA | tags::DOUBLE_FLOAT_PIXEL_DATA | Tag(0x0028, 0x0301))
}

/// The policy that carries out a rule: the one that changed the code, or the one that says how C is done.
fn policy_of(rule: &Rule) -> Option<&str> {
    if rule.layer == Layer::Policy {
        return rule.id.rsplit('/').next();
    }
    match rule.clean? {
        CleanAs::Text | CleanAs::Characteristic | CleanAs::Device => Some("text"),
        CleanAs::UnlistedText => Some("unlisted_text"),
        CleanAs::Date => Some("dates"),
        CleanAs::Age => Some("age"),
        CleanAs::SizeWeight => Some("size_weight"),
        CleanAs::Graphics => Some("graphics"),
        CleanAs::Structured => Some("structured"),
        CleanAs::Private => Some("private"),
    }
}

fn columns(profile: &Profile, tag: Tag, decides: Option<OptionName>) -> Vec<Column> {
    let Some(row) = standard::row(tag) else { return Vec::new() };
    let cell = |option: &OptionName| match option {
        OptionName::Basic => Some(row.basic.to_string()),
        other => row.cell(*other).map(|code| code.to_string()),
    };
    let column = |option: &OptionName| {
        let decides = decides == Some(*option);
        Some(Column { option: option.key().to_owned(), code: cell(option)?, on: profile.has(*option), decides })
    };
    OptionName::ALL.iter().filter_map(column).collect()
}

/// The word for a layer.
pub(crate) fn layer(layer: Layer) -> &'static str {
    match layer {
        Layer::Standard => "standard",
        Layer::Beyond => "beyond",
        Layer::Policy => "policy",
        Layer::Site => "site",
    }
}

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lang = self.lang;
        let word = |en, ja| if lang == Lang::En { en } else { ja };
        let keyword = self.keyword.as_deref().unwrap_or("-");
        writeln!(f, "{keyword} {} {}", self.tag, self.vr.as_deref().unwrap_or(""))?;
        writeln!(f, "  {}: {}", word("profile", "プロファイル"), self.profile)?;
        writeln!(f, "  {}: {} = {}", word("action", "処理"), self.code, self.meaning.get(lang))?;
        writeln!(f, "  {}: {} ({})", word("rule", "規則"), self.rule, self.layer)?;
        writeln!(f, "  {}: {}", word("reason", "理由"), self.reason.get(lang))?;
        writeln!(f, "  {}: {}", word("clause", "条項"), self.clause)?;
        if let (Some(reason), Some(clause)) = (&self.option_reason, &self.option_clause) {
            writeln!(f, "  {}: {} [{clause}]", word("option", "オプション"), reason.get(lang))?;
        }
        if let Some(policy) = &self.policy {
            let reason = self.policy_reason.as_ref().map_or("", |reason| reason.get(lang));
            let clause = self.policy_clause.as_deref().unwrap_or("-");
            writeln!(f, "  {}: {policy}: {reason} [{clause}]", word("policy", "ポリシー"))?;
        }
        if let Some(kind) = &self.legal_kind {
            writeln!(f, "  {}: {}", word("law", "法令"), kind.get(lang))?;
        }
        for line in &self.pixels {
            writeln!(f, "    {}", line.get(lang))?;
        }
        for column in &self.columns {
            let on = if column.on { word("on", "有効") } else { word("off", "無効") };
            let mark = if column.decides { " <-" } else { "" };
            writeln!(f, "    {:<36} {:<7} {on}{mark}", column.option, column.code)?;
        }
        self.elsewhere.iter().try_for_each(|rule| writeln!(f, "    {rule}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn explanation_leads_from_the_rule_to_the_cell_the_option_and_the_clause() {
        let profile = Profile::builtin("jp-pseudonymized").expect("a built-in profile");
        let found = explain(&profile, "StudyDate", Lang::Ja).expect("an attribute");
        assert_eq!((found.code.as_str(), found.rule.as_str()), ("C", "E.1-1/00080020/retain_long_modified_dates"));
        assert_eq!(found.clause, "PS3.15 2026d Table E.1-1, E.3.6");
        let deciding: Vec<&str> =
            found.columns.iter().filter(|one| one.decides).map(|one| one.option.as_str()).collect();
        assert_eq!(deciding, ["retain_long_modified_dates"]);
        assert_eq!(found.columns[0].code, "Z");
        assert!(found.to_string().contains("データベース内の差異"));
        assert_eq!(found.option_clause.as_deref(), Some("APPI Rules Art. 31(i)"));
        assert_eq!(found.policy.as_deref(), Some("dates = shift"));
    }

    #[test]
    fn policy_that_makes_a_value_coarser_is_named_with_its_clause() {
        let profile = Profile::builtin("jp-anonymized").expect("a built-in profile");
        let found = explain(&profile, "PatientAge", Lang::En).expect("an attribute");
        assert_eq!((found.layer, found.policy.as_deref()), ("policy", Some("age = band5")));
        assert_eq!(found.policy_clause.as_deref(), Some("APPI Rules Art. 34(iv)"));
        let removed = explain(&profile, "(6000,3000)", Lang::En).expect("an attribute");
        assert_eq!(removed.policy.as_deref(), Some("graphics = remove"));
    }

    #[test]
    fn r6_03_pixel_data_is_explained_by_what_is_looked_at_in_which_images() {
        let said = |profile: &str, lang| {
            let profile = Profile::builtin(profile).expect("a built-in profile");
            explain(&profile, "PixelData", lang).expect("an attribute").to_string()
        };
        let searching = |base: &str, lang| {
            let text = format!(
                "name = \"s\"\nversion = \"1\"\nextends = \"{base}\"\n[policy]\ntext_search = \"sample\"\n\
                 [why.text_search]\nen = \"e\"\nja = \"j\"\nclause = \"c\"\n"
            );
            let profile = Profile::from_toml(&text, "s.toml").expect("a profile");
            explain(&profile, "PixelData", lang).expect("an attribute").to_string()
        };
        let masked = searching("jp-pseudonymized", Lang::En);
        assert!(masked.contains("policy: burned_in = mask") && masked.contains("primary ("), "{masked}");
        assert!(masked.contains("): not searched"), "{masked}");
        assert!(searching("jp-anonymized", Lang::Ja).contains("二度目"));
        assert!(said("jp-pseudonymized", Lang::En).contains("waits for a human"));
        assert!(said("ps315-basic", Lang::En).contains("waits for a human"));
        assert!(!said("ps315-literal", Lang::En).contains("waits for a human"));
    }

    #[test]
    fn misspelled_keyword_is_answered_with_the_nearest() {
        let profile = Profile::builtin("ps315-basic").expect("a built-in profile");
        let refused = explain(&profile, "PatientsName", Lang::En);
        assert!(
            matches!(refused, Err(ProfileError::Attribute { suggestion: Some(name), .. }) if name == "PatientName")
        );
    }

    #[test]
    fn every_listed_attribute_has_a_reason_and_a_clause_in_every_built_in_profile() {
        for name in Profile::builtin_names() {
            let profile = Profile::builtin(name).expect("a built-in profile");
            for row in standard::rows() {
                let standard::TagPattern::Tag(tag) = row.tag else { continue };
                let rule = profile.decide(tag).rule;
                for text in [&rule.id, &rule.reason_en, &rule.reason_ja, &rule.clause] {
                    assert!(!text.is_empty(), "{name} {tag}");
                }
            }
        }
    }
}
