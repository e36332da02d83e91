//! In which language the program speaks.

use std::ffi::OsString;

/// A language of the messages.
#[derive(Clone, Copy, PartialEq, Eq, Debug, clap::ValueEnum)]
pub enum Language {
    /// English.
    #[value(name = "en")]
    English,
    /// Japanese.
    #[value(name = "ja")]
    Japanese,
}

impl Language {
    /// Returns the language asked for by `--lang`, else by the environment, else English.
    ///
    /// The words are looked through before they are parsed, since errors of parsing have a language too.
    pub fn choose(words: &[OsString]) -> Language {
        let environment = || {
            let first = ["LC_ALL", "LC_MESSAGES", "LANG"].into_iter().find_map(|name| match std::env::var(name) {
                Ok(value) if !value.is_empty() => Some(value),
                _ => None,
            });
            first.map_or(Language::English, |locale| Language::of_locale(&locale))
        };
        Language::in_words(words).unwrap_or_else(environment)
    }

    fn in_words(words: &[OsString]) -> Option<Language> {
        let words = words.iter().skip(1).map(|word| word.to_str().unwrap_or_default());
        let mut words = words.take_while(|word| *word != "--");
        while let Some(word) = words.next() {
            let value = match word.strip_prefix("--lang") {
                Some("") => words.next(),
                Some(rest) => rest.strip_prefix('='),
                None => None,
            };
            match value {
                Some("en") => return Some(Language::English),
                Some("ja") => return Some(Language::Japanese),
                _ => {}
            }
        }
        None
    }

    fn of_locale(locale: &str) -> Language {
        let language = locale.split(['_', '.', '@', '-']).next().unwrap_or_default();
        if language == "ja" { Language::Japanese } else { Language::English }
    }

    /// Returns the language in the vocabulary of profiles.
    pub fn of_profiles(self) -> tokumei_profile::Lang {
        match self {
            Language::English => tokumei_profile::Lang::En,
            Language::Japanese => tokumei_profile::Lang::Ja,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn in_words(words: &[&str]) -> Option<Language> {
        Language::in_words(&words.iter().map(OsString::from).collect::<Vec<_>>())
    }

    #[test]
    fn language_is_found_before_arguments_are_parsed() {
        assert_eq!(in_words(&["tokumei", "run", "--lang", "ja"]), Some(Language::Japanese));
        assert_eq!(in_words(&["tokumei", "--lang=en", "--nonsense"]), Some(Language::English));
        assert_eq!(in_words(&["tokumei", "--lang", "fr"]), None);
        assert_eq!(in_words(&["tokumei", "run", "--", "--lang=ja"]), None);
    }

    #[test]
    fn locale_of_japan_is_japanese() {
        assert_eq!(Language::of_locale("ja_JP.UTF-8"), Language::Japanese);
        assert_eq!(Language::of_locale("jam"), Language::English);
        assert_eq!(Language::of_locale("C"), Language::English);
    }
}
