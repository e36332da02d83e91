//! Rules from the anonymizer scripts of other tools, as a profile file for a human to finish.
//!
//! A script of the RSNA Clinical Trial Processor is a list of elements, each with a tag and a function. What the function
//! does becomes an action code; what no code expresses is listed, never guessed. A rule that would keep more than
//! `ps315-basic` is written as a comment: nothing is loosened without a human.

use crate::lint::strength;
use crate::profile::Profile;
use crate::selector::Selector;
use std::fmt::Write as _;
use tokumei_core::{ActionCode, TableCode, dictionary};

/// A profile file made from a script.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Import {
    /// The profile file. It extends `ps315-basic` and needs reasons before it is used.
    pub toml: String,
    /// How many rules the file holds.
    pub rules: usize,
    /// How many rules stand in it as comments, since they would keep more than `ps315-basic`.
    pub looser: usize,
    /// Lines of the script, from 1, that could not be expressed.
    pub skipped: Vec<usize>,
}

/// Turns a script of the RSNA Clinical Trial Processor (`DicomAnonymizer` XML) into a profile file.
///
/// Rules equal to what `ps315-basic` does are left out. `name` becomes the name of the profile.
pub fn import_ctp(script: &str, name: &str) -> Import {
    let base = Profile::builtin("ps315-basic").expect("the built-in profile is tested to load");
    let mut import = Import { toml: head(name), rules: 0, looser: 0, skipped: Vec::new() };
    let (mut line, mut counted) = (1, 0);
    for element in (Elements { script, at: 0 }) {
        line += script[counted..element.start].matches('\n').count();
        counted = element.start;
        if !element.enabled {
            continue;
        }
        match (Selector::parse(element.tag).and_then(Selector::tag), code(element.function)) {
            (Some(tag), Some(code)) => {
                let standing = base.decide(tag).code;
                let code = TableCode::Plain(code);
                if strength(code) < strength(standing) {
                    import.looser += 1;
                    write_rule(&mut import.toml, "# ", tag, code);
                } else if strength(code) > strength(standing) {
                    import.rules += 1;
                    write_rule(&mut import.toml, "", tag, code);
                }
            }
            _ => import.skipped.push(line),
        }
    }
    import
}

fn head(name: &str) -> String {
    let name = toml::Value::String(name.to_owned());
    format!("name = {name}\nversion = \"1\"\nextends = \"ps315-basic\"\n")
}

fn write_rule(out: &mut String, mark: &str, tag: tokumei_core::Tag, code: TableCode) {
    let attribute = dictionary::keyword(tag).map_or_else(|| format!("{:08X}", tag.as_u32()), str::to_owned);
    write!(
        out,
        "\n{mark}[[rule]]\n{mark}attribute = \"{attribute}\"\n{mark}action = \"{code}\"\n\
         {mark}reason = {{ en = \"\", ja = \"\", clause = \"\" }}\n"
    )
    .expect("a string takes all");
}

/// The action code of a function; `None` where it depends on more than the element.
fn code(function: &str) -> Option<ActionCode> {
    let function = function.trim();
    let name = function.split('(').next().unwrap_or_default().trim();
    match name {
        "@remove" => Some(ActionCode::X),
        "@empty" | "@blank" => Some(ActionCode::Z),
        "@keep" | "@process" | "" => Some(ActionCode::K),
        "@hashuid" => Some(ActionCode::U),
        "@incrementdate" | "@modifydate" => Some(ActionCode::C),
        "@hash" | "@hashname" | "@hashptid" | "@hashdate" | "@date" | "@time" | "@integer" | "@round" => {
            Some(ActionCode::D)
        }
        _ if !function.contains('@') => Some(ActionCode::D),
        _ => None,
    }
}

/// One `<e>` element of a script.
struct Element<'a> {
    start: usize,
    enabled: bool,
    tag: &'a str,
    function: &'a str,
}

/// Walks over the `<e>` elements of a script, whatever stands between them.
struct Elements<'a> {
    script: &'a str,
    at: usize,
}

impl<'a> Iterator for Elements<'a> {
    type Item = Element<'a>;

    fn next(&mut self) -> Option<Element<'a>> {
        let start = self.at + self.script.get(self.at..)?.find("<e ")?;
        let close = start + self.script[start..].find('>')?;
        let head = &self.script[start..close];
        let (function, end) = if head.ends_with('/') {
            ("", close + 1)
        } else {
            let end = close + self.script[close..].find("</e>")?;
            (&self.script[close + 1..end], end + 4)
        };
        self.at = end;
        let enabled = attribute(head, "en").is_none_or(|en| en == "T");
        Some(Element { start, enabled, tag: attribute(head, "t").unwrap_or_default(), function })
    }
}

/// The value of an XML attribute.
fn attribute<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    let start = head.find(&format!(" {name}=\""))? + name.len() + 3;
    let rest = &head[start..];
    rest.find('"').map(|end| &rest[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCRIPT: &str = r#"<script>
<p t="DATEINC">-3650</p>
<e en="T" t="00080005" n="SpecificCharacterSet">@keep()</e>
<e en="T" t="00080070" n="Manufacturer">@remove()</e>
<e en="T" t="00100010" n="PatientName">@remove()</e>
<e en="T" t="00100020" n="PatientID">@keep()</e>
<e en="F" t="00181030" n="ProtocolName">@keep()</e>
<e en="T" t="00120010" n="SponsorName">@param(@SPONSOR)</e>
<e en="T" t="00080018" n="SOPInstanceUID">@hashuid(@UIDROOT,this)</e>
<k en="F" t="18">Keep group 18</k>
</script>"#;

    #[test]
    fn stricter_rules_are_taken_looser_ones_commented_and_unclear_ones_listed() {
        let import = import_ctp(SCRIPT, "old-script");
        assert_eq!((import.rules, import.looser, import.skipped), (2, 1, vec![8]));
        assert!(import.toml.contains("attribute = \"Manufacturer\"\naction = \"X\""));
        assert!(import.toml.contains("# attribute = \"PatientID\"\n# action = \"K\""));
        assert!(!import.toml.contains("SOPInstanceUID") && !import.toml.contains("ProtocolName"));
    }

    #[test]
    fn file_made_from_a_script_loads_once_its_reasons_are_written() {
        let import = import_ctp(SCRIPT, "old-script");
        assert!(Profile::from_toml(&import.toml, "t").is_err());
        let finished = import.toml.replace("= \"\"", "= \"x\"");
        let profile = Profile::from_toml(&finished, "t").expect("a whole profile");
        assert_eq!(profile.name(), "old-script");
    }

    #[test]
    fn broken_script_ends_without_a_panic() {
        for end in (0..SCRIPT.len()).step_by(11) {
            import_ctp(&SCRIPT[..end], "t");
            import_ctp(&format!("{}<e {}", &SCRIPT[..end], &SCRIPT[end..]), "t");
        }
        assert_eq!(import_ctp("<e >あ</e><e t=\"\u{3042}\">", "t").skipped, [1]);
    }
}
