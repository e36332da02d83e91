//! The ways to write one identifier made of digits and letters, or a telephone number.

use super::date::full_width;
use std::collections::BTreeSet;
use unicode_normalization::UnicodeNormalization;

/// Returns an ID as it stands, without separators, without leading zeros, without a prefix of letters, grouped and in
/// full width.
pub(crate) fn id(text: &str) -> BTreeSet<String> {
    let plain: String = text.nfkc().collect::<String>().trim().to_owned();
    let core: String = plain.chars().filter(|c| c.is_alphanumeric()).collect();
    let mut forms: BTreeSet<String> = [text.trim().to_owned(), plain, core.clone()].into();
    let stripped = core.trim_start_matches('0');
    if stripped.chars().count() >= 3 {
        forms.insert(stripped.to_owned());
    }
    // Hospitals put letters for the site before the number; the longest run of digits is then the number itself.
    let digits = core.split(|c: char| !c.is_ascii_digit()).max_by_key(|run| run.len()).unwrap_or_default();
    let number = digits.trim_start_matches('0');
    if number.len() >= 6 {
        forms.insert(digits.to_owned());
        forms.insert(number.to_owned());
        forms.extend(grouped(digits));
    }
    let wide: Vec<String> = forms.iter().filter(|f| f.is_ascii()).map(|f| full_width(f)).collect();
    forms.extend(wide);
    forms
}

/// Returns the digits in groups of three and four, from both ends.
fn grouped(digits: &str) -> Vec<String> {
    let mut forms = Vec::new();
    if !(6..=16).contains(&digits.len()) {
        return forms;
    }
    for size in [3, 4] {
        for first in [size, digits.len() % size] {
            if first == 0 || first >= digits.len() {
                continue;
            }
            let mut groups = vec![&digits[..first]];
            let mut rest = &digits[first..];
            while rest.len() > size {
                groups.push(&rest[..size]);
                rest = &rest[size..];
            }
            groups.push(rest);
            forms.extend([groups.join("-"), groups.join(" ")]);
        }
    }
    forms
}

/// Returns a telephone number with the usual separators, in national and international form.
pub(crate) fn phone(text: &str) -> BTreeSet<String> {
    let plain: String = text.nfkc().collect();
    let mut groups: Vec<&str> = plain.split(|c: char| !c.is_ascii_digit()).filter(|g| !g.is_empty()).collect();
    let digits = groups.concat();
    let mut forms: BTreeSet<String> = [text.trim().to_owned(), plain.trim().to_owned(), digits.clone()].into();
    let national = match digits.strip_prefix("81") {
        Some(rest) if plain.contains('+') && rest.len() >= 9 => {
            if groups.first() == Some(&"81") {
                groups.remove(0);
            }
            format!("0{}", rest.trim_start_matches('0'))
        }
        _ => digits.clone(),
    };
    let mut cuts: Vec<Vec<String>> = vec![groups.iter().map(|g| (*g).to_owned()).collect()];
    for lengths in [[3, 4, 4], [2, 4, 4], [3, 3, 4], [4, 2, 4], [4, 3, 3]] {
        if lengths.iter().sum::<usize>() == national.len() {
            let (a, b) = (lengths[0], lengths[0] + lengths[1]);
            cuts.push(vec![national[..a].to_owned(), national[a..b].to_owned(), national[b..].to_owned()]);
        }
    }
    forms.insert(national.clone());
    for cut in cuts.iter().filter(|cut| cut.len() > 1) {
        forms.extend(["-", " ", ".", ""].iter().map(|s| cut.join(s)));
        forms.insert(format!("({}){}", cut[0], cut[1..].join("-")));
        forms.insert(format!("({}) {}", cut[0], cut[1..].join("-")));
        forms.insert(format!("{}({}){}", cut[0], cut[1], cut[2..].join("-")));
        if let Some(bare) = cut[0].strip_prefix('0') {
            let rest = cut[1..].join("-");
            forms.extend([
                format!("+81-{bare}-{rest}"),
                format!("+81 {bare} {}", cut[1..].join(" ")),
                format!("+81{bare}{}", cut[1..].concat()),
            ]);
        }
    }
    let wide: Vec<String> = forms.iter().filter(|f| f.is_ascii()).map(|f| full_width(f)).collect();
    forms.extend(wide);
    forms
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_known_without_zeros_prefix_and_separators() {
        let forms = id("ID-00123456");
        for form in ["ID-00123456", "ID00123456", "00123456", "123456", "0012-3456", "００１２３４５６"] {
            assert!(forms.contains(form), "{form}");
        }
    }

    #[test]
    fn a_mobile_number_has_its_usual_forms() {
        let forms = phone("09012345678");
        for form in ["090-1234-5678", "090 1234 5678", "(090)1234-5678", "+81-90-1234-5678", "+819012345678"] {
            assert!(forms.contains(form), "{form}");
        }
        assert!(phone("+81 90-1234-5678").contains("090-1234-5678"));
    }
}
