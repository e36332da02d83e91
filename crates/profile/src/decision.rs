//! What a profile decides about one attribute, and which rule decided.

use tokumei_core::{ActionCode, AttributeType, OptionName, TableCode};

/// Where a rule comes from; later layers override earlier ones.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Layer {
    /// Table E.1-1, E.3.4-1 or E.3.10-1.
    Standard,
    /// Our own analysis of what the tables do not list.
    Beyond,
    /// A policy of the profile.
    Policy,
    /// A rule of a profile file.
    Site,
}

/// How the code C is carried out.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum CleanAs {
    /// A descriptor: by `policy.text`.
    Text,
    /// Text without a row: by `policy.unlisted_text`.
    UnlistedText,
    /// A date, time or date-time: by `policy.dates` and `policy.times`.
    Date,
    /// The patient's age: by `policy.age`.
    Age,
    /// The patient's size or weight: by `policy.size_weight`.
    SizeWeight,
    /// Text about the patient: as a descriptor; only what does not identify stays.
    Characteristic,
    /// A network name or identifier of a device: a pseudonym, or text cleaned as a descriptor.
    Device,
    /// Overlay, curve or graphic annotation: by `policy.graphics`.
    Graphics,
    /// A content tree: item by item.
    Structured,
    /// Private attributes: element by element, by their creator.
    Private,
}

/// The rule behind a decision.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Rule {
    /// Stable id, for example `E.1-1/00100010/basic`; goes to the ledger.
    pub id: String,
    /// Where the rule comes from.
    pub layer: Layer,
    /// The Profile or Option whose cell decided; `None` outside the tables of the standard.
    pub option: Option<OptionName>,
    /// How C is carried out; `None` where the code is not C.
    pub clean: Option<CleanAs>,
    /// The reason in English.
    pub reason_en: String,
    /// The reason in Japanese.
    pub reason_ja: String,
    /// The clause of a law, or the place in the standard.
    pub clause: String,
}

/// What a profile says about an attribute.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Decision<'a> {
    /// The code; compound codes are resolved by [`resolve`].
    pub code: TableCode,
    /// The rule behind it.
    pub rule: &'a Rule,
}

/// Resolves a code by the attribute's Type in its IOD.
///
/// `present` tells whether the input held the attribute: a condition of Type 1C or 2C then presumably held, so they count
/// as 1 and 2; where it was absent they count as Type 3. `None` as Type means that the IOD does not hold the attribute.
/// Where a code offers no letter for the Type found, the dummy satisfies every Type. X/Z/U* on Type 1 gives K: the
/// sequence stays, and the profile replaces the UIDs inside.
///
/// # Standard
/// PS3.15 2026d, Table E.1-1a; PS3.5 2026d, 7.4.
pub fn resolve(code: TableCode, attribute_type: Option<AttributeType>, present: bool) -> ActionCode {
    use ActionCode::{D, K, X, Z};
    let need = Need::of(attribute_type, present);
    match (code, need) {
        (TableCode::Plain(plain), _) => plain,
        (TableCode::ZD, Need::Value) => D,
        (TableCode::ZD, _) => Z,
        (TableCode::XZ, Need::Value) => D,
        (TableCode::XZ, Need::Empty) => Z,
        (TableCode::XD, Need::Value | Need::Empty) => D,
        (TableCode::XZD, Need::Value) => D,
        (TableCode::XZD, Need::Empty) => Z,
        (TableCode::XZU, Need::Value) => K,
        (TableCode::XZU, Need::Empty) => Z,
        (_, Need::Nothing) => X,
    }
}

/// What an IOD asks of an attribute.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Need {
    /// A value (Type 1).
    Value,
    /// The element, which may be empty (Type 2).
    Empty,
    /// Nothing (Type 3, or not in the IOD).
    Nothing,
}

impl Need {
    fn of(attribute_type: Option<AttributeType>, present: bool) -> Need {
        match attribute_type {
            Some(AttributeType::One) => Need::Value,
            Some(AttributeType::Two) => Need::Empty,
            Some(AttributeType::OneC) if present => Need::Value,
            Some(AttributeType::TwoC) if present => Need::Empty,
            _ => Need::Nothing,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_compound_code_resolves_at_every_type() {
        use AttributeType::*;
        let types = [Some(One), Some(OneC), Some(Two), Some(TwoC), Some(Three), None];
        // Letters for Types 1, 1C, 2, 2C, 3 and "not in the IOD", attribute present; read off PS3.15 Table E.1-1a.
        let present =
            [("Z/D", "DDZZZZ"), ("X/Z", "DDZZXX"), ("X/D", "DDDDXX"), ("X/Z/D", "DDZZXX"), ("X/Z/U*", "KKZZXX")];
        // The same where the input did not hold the attribute: 1C and 2C ask nothing.
        let absent =
            [("Z/D", "DZZZZZ"), ("X/Z", "DXZXXX"), ("X/D", "DXDXXX"), ("X/Z/D", "DXZXXX"), ("X/Z/U*", "KXZXXX")];
        for (table, held) in [(present, true), (absent, false)] {
            for (cell, letters) in table {
                let code = TableCode::parse(cell).expect("a cell");
                let found: String = types.iter().map(|kind| resolve(code, *kind, held).as_str()).collect();
                assert_eq!(found, letters, "{cell}, present: {held}");
            }
        }
    }

    #[test]
    fn plain_code_is_itself_whatever_the_type() {
        for letter in ["D", "Z", "X", "K", "C", "U"] {
            let code = ActionCode::parse(letter).expect("a letter");
            assert_eq!(resolve(TableCode::Plain(code), Some(AttributeType::One), true), code);
            assert_eq!(resolve(TableCode::Plain(code), None, false), code);
        }
    }
}
