//! The profile file as it is written, before it is checked.

use crate::error::{Place, ProfileError, nearest};
use crate::policy::PolicyFile;
use crate::text::{Bilingual, Why};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use tokumei_core::OptionName;
use toml::Spanned;

/// The class of Japanese or other law that the output is meant to meet. The operator answers for the legal status.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LegalClass {
    /// No class is claimed.
    None,
    /// 匿名加工情報 (APPI Art. 2(6), 43).
    Anonymized,
    /// 仮名加工情報 (APPI Art. 2(5), 41).
    Pseudonymized,
    /// 匿名加工医療情報 (Act 28 of 2017).
    AnonymizedMedical,
    /// 仮名加工医療情報 (Act 28 of 2017 as amended in 2023).
    PseudonymizedMedical,
    /// HIPAA Safe Harbor (45 CFR 164.514(b)(2)).
    SafeHarbor,
}

impl LegalClass {
    /// Tells whether the class forbids every way back.
    pub const fn is_anonymized(self) -> bool {
        matches!(self, LegalClass::Anonymized | LegalClass::AnonymizedMedical)
    }

    /// All classes.
    pub const ALL: [LegalClass; 6] = [
        LegalClass::None,
        LegalClass::Anonymized,
        LegalClass::Pseudonymized,
        LegalClass::AnonymizedMedical,
        LegalClass::PseudonymizedMedical,
        LegalClass::SafeHarbor,
    ];

    /// Returns the word of profile files.
    pub const fn as_str(self) -> &'static str {
        match self {
            LegalClass::None => "none",
            LegalClass::Anonymized => "anonymized",
            LegalClass::Pseudonymized => "pseudonymized",
            LegalClass::AnonymizedMedical => "anonymized-medical",
            LegalClass::PseudonymizedMedical => "pseudonymized-medical",
            LegalClass::SafeHarbor => "safe-harbor",
        }
    }

    /// Returns the class with this word, or with this name in its own language.
    pub fn parse(word: &str) -> Option<LegalClass> {
        let named = |class: &LegalClass| class.as_str() == word || !word.is_empty() && class.title() == word;
        LegalClass::ALL.into_iter().find(named)
    }

    /// Returns the name of the class in its own language, empty where none is claimed.
    pub const fn title(self) -> &'static str {
        match self {
            LegalClass::None => "",
            LegalClass::Anonymized => "匿名加工情報",
            LegalClass::Pseudonymized => "仮名加工情報",
            LegalClass::AnonymizedMedical => "匿名加工医療情報",
            LegalClass::PseudonymizedMedical => "仮名加工医療情報",
            LegalClass::SafeHarbor => "HIPAA Safe Harbor",
        }
    }
}

/// One file.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ProfileFile {
    pub name: Option<String>,
    pub version: Option<String>,
    pub extends: Option<Spanned<String>>,
    pub legal_class: Option<LegalClass>,
    pub purpose: Option<String>,
    pub title: Option<Bilingual>,
    pub summary: Option<Bilingual>,
    #[serde(default)]
    pub options: OptionsFile,
    #[serde(default)]
    pub policy: PolicyFile,
    #[serde(default)]
    pub why: BTreeMap<String, Why>,
    #[serde(default, rename = "rule")]
    pub rules: Vec<RuleFile>,
}

/// One rule of a file.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RuleFile {
    pub attribute: Spanned<String>,
    #[serde(default)]
    pub inside: Vec<Spanned<String>>,
    pub action: Spanned<String>,
    pub reason: Why,
}

macro_rules! options_file {
    ($($field:ident $option:ident),* $(,)?) => {
        /// The options that one file switches.
        #[derive(Clone, Default, Debug, Deserialize)]
        #[serde(deny_unknown_fields, default)]
        pub(crate) struct OptionsFile { $($field: Option<bool>),* }

        impl OptionsFile {
            /// Returns the options that the file switches, on or off.
            pub(crate) fn switches(&self) -> impl Iterator<Item = (OptionName, bool)> {
                [$((OptionName::$option, self.$field)),*].into_iter().filter_map(|(option, on)| Some((option, on?)))
            }
        }
    };
}

options_file!(
    basic Basic,
    clean_pixel_data CleanPixelData,
    clean_recognizable_visual_features CleanRecognizableVisualFeatures,
    clean_graphics CleanGraphics,
    clean_structured_content CleanStructuredContent,
    clean_descriptors CleanDescriptors,
    retain_long_full_dates RetainLongFullDates,
    retain_long_modified_dates RetainLongModifiedDates,
    retain_patient_characteristics RetainPatientCharacteristics,
    retain_device_identity RetainDeviceIdentity,
    retain_uids RetainUids,
    retain_safe_private RetainSafePrivate,
    retain_institution_identity RetainInstitutionIdentity,
);

/// Parses one file; an error says line, column, key and the nearest key that exists.
pub(crate) fn parse<T: DeserializeOwned>(text: &str, origin: &str) -> Result<T, ProfileError> {
    toml::from_str(text).map_err(|error| {
        let message = error.message().lines().next().unwrap_or_default().to_owned();
        let mut quoted = message.split('`').skip(1).step_by(2);
        let unknown = message.starts_with("unknown");
        let key = quoted.next().filter(|_| message.contains("field") || unknown).map(str::to_owned);
        let suggestion = key.as_deref().filter(|_| unknown).and_then(|key| nearest(key, quoted));
        let place = Place::at(origin, text, error.span().map_or(0, |span| span.start));
        ProfileError::Syntax { place, key, message, suggestion }
    })
}
