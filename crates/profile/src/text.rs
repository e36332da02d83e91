//! Text in two languages.

use serde::{Deserialize, Serialize};

/// A language of the texts that a profile carries.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Lang {
    /// English.
    En,
    /// Japanese.
    Ja,
}

/// One text in English and Japanese.
#[derive(Clone, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bilingual {
    /// English.
    pub en: String,
    /// Japanese.
    pub ja: String,
}

impl Bilingual {
    /// Returns the text in a language.
    pub fn get(&self, lang: Lang) -> &str {
        match lang {
            Lang::En => &self.en,
            Lang::Ja => &self.ja,
        }
    }
}

/// Why a rule, an option or a policy is as it is.
#[derive(Clone, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Why {
    /// The reason in English.
    pub en: String,
    /// The reason in Japanese.
    pub ja: String,
    /// The clause of a law, or the place in the standard.
    pub clause: String,
}

impl Why {
    /// Returns the reason in a language.
    pub fn get(&self, lang: Lang) -> &str {
        match lang {
            Lang::En => &self.en,
            Lang::Ja => &self.ja,
        }
    }

    /// Tells whether both languages and the clause are there.
    pub fn is_complete(&self) -> bool {
        [&self.en, &self.ja, &self.clause].into_iter().all(|text| !text.trim().is_empty())
    }
}
