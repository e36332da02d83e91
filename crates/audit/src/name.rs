//! Names of those who approve, told apart.

use unicode_normalization::UnicodeNormalization;

/// Returns what two spellings of one name have in common: compatibility forms, letters of either case, white space and
/// characters that nobody sees count for nothing. Empty where nothing is left.
pub fn name_key(name: &str) -> String {
    let plain = |text: String| text.nfkc().filter(|one| !is_unseen(*one)).collect::<String>();
    // Through the capitals, so that letters with several small forms fall together; letter by letter, since the small form
    // of a Greek sigma depends on its neighbours.
    let upper: String = plain(name.nfkd().collect()).chars().flat_map(char::to_uppercase).collect();
    plain(upper.chars().flat_map(char::to_lowercase).collect())
}

/// White space, controls, and the code points that Unicode 16 calls `Default_Ignorable_Code_Point`.
fn is_unseen(one: char) -> bool {
    one.is_whitespace()
        || one.is_control()
        || matches!(u32::from(one),
            0xAD | 0x34F | 0x61C | 0x115F..=0x1160 | 0x17B4..=0x17B5 | 0x180B..=0x180F | 0x200B..=0x200F
            | 0x202A..=0x202E | 0x2060..=0x206F | 0x3164 | 0xFE00..=0xFE0F | 0xFEFF | 0xFFA0 | 0xFFF0..=0xFFFB
            | 0x1BCA0..=0x1BCA3 | 0x1D173..=0x1D17A | 0xE0000..=0xE0FFF)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_name_have_one_key() {
        let same =
            ["ito ken", "\u{ff29}\u{ff54}\u{ff4f}\u{3000}Ken", "I\u{200b}to Ken\u{feff}", "ITO\u{a0}KEN", "ItoKen"];
        for name in same {
            assert_eq!(name_key(name), "itoken", "{name:?}");
        }
        assert_eq!(name_key("Stra\u{df}e"), name_key("STRASSE"));
        assert_eq!(name_key("\u{ff76}\u{ff9e}"), name_key("\u{30ac}"));
        assert_eq!(name_key("e\u{301}"), name_key("\u{c9}"));
        assert_eq!(name_key("\u{200b} \u{3000}\u{3164}"), "");
    }

    #[test]
    fn other_people_have_other_keys() {
        assert_ne!(name_key("Ito Ken"), name_key("Ito Kei"));
        assert_ne!(name_key("伊藤"), name_key("伊東"));
    }
}
