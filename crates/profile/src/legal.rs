//! Which kind of information an attribute holds in the words of Japanese law, and the clause that asks for its removal.

use crate::text::{Bilingual, Lang};
use tokumei_core::Tag;

/// A kind of information that the rules for 仮名加工情報 and 匿名加工情報 name.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Kind {
    /// A descriptor that identifies a person.
    Descriptor,
    /// A personal identification code, 個人識別符号.
    IdentificationCode,
    /// A code that links to other data of the operator.
    LinkingCode,
    /// A singular value, 特異な記述.
    Singular,
    /// A difference inside the database.
    Database,
}

impl Kind {
    /// Returns the clause.
    pub const fn clause(self) -> &'static str {
        match self {
            Kind::Descriptor => "APPI Rules Art. 31(i), 34(i)",
            Kind::IdentificationCode => "APPI Rules Art. 31(ii), 34(ii)",
            Kind::LinkingCode => "APPI Rules Art. 34(iii)",
            Kind::Singular => "APPI Rules Art. 34(iv)",
            Kind::Database => "APPI Rules Art. 34(v)",
        }
    }

    /// Returns the kind in words.
    pub fn words(self) -> Bilingual {
        let (en, ja) = match self {
            Kind::Descriptor => ("a descriptor that identifies a person", "特定の個人を識別する記述等"),
            Kind::IdentificationCode => ("a personal identification code", "個人識別符号"),
            Kind::LinkingCode => ("a code that links to other data", "情報を相互に連結する符号"),
            Kind::Singular => ("a singular value", "特異な記述等"),
            Kind::Database => ("a difference inside the database", "データベース内の差異"),
        };
        Bilingual { en: en.to_owned(), ja: ja.to_owned() }
    }

    /// Returns kind and clause in one line.
    pub(crate) fn line(self, lang: Lang) -> String {
        format!("{} ({})", self.words().get(lang), self.clause())
    }
}

/// Returns the kind of an attribute, `None` where the rules name none of its kind.
pub fn kind(tag: Tag) -> Option<Kind> {
    let lists = [
        (DESCRIPTORS, Kind::Descriptor),
        (IDENTIFICATION_CODES, Kind::IdentificationCode),
        (LINKING_CODES, Kind::LinkingCode),
        (SINGULAR, Kind::Singular),
        (DATABASE, Kind::Database),
    ];
    let named = lists.into_iter().find(|(list, _)| list.contains(&tag.as_u32())).map(|(_, kind)| kind);
    named.or_else(|| by_value_representation(tag))
}

fn by_value_representation(tag: Tag) -> Option<Kind> {
    use tokumei_core::{Vr, dictionary};
    match dictionary::vr(tag)? {
        Vr::PN => Some(Kind::Descriptor),
        Vr::UI if !tokumei_standard::beyond::uid_structural(tag) => Some(Kind::LinkingCode),
        Vr::DA | Vr::TM | Vr::DT => Some(Kind::Database),
        _ => None,
    }
}

const DESCRIPTORS: &[u32] = &[
    0x0010_0010,
    0x0010_1001,
    0x0010_1005,
    0x0010_1060,
    0x0010_0020,
    0x0010_0021,
    0x0010_0030,
    0x0010_0032,
    0x0010_0033,
    0x0010_0034,
    0x0010_1040,
    0x0010_2154,
    0x0010_2155,
    0x0010_2150,
    0x0010_2152,
    0x0010_2180,
    0x0010_1080,
    0x0010_1081,
    0x0010_2297,
    0x0010_2299,
    0x0010_4000,
    0x0010_21B0,
    0x0008_0090,
    0x0008_1048,
    0x0008_1050,
    0x0008_1060,
    0x0008_1070,
    0x0032_1032,
    0x0040_A123,
    0x0040_1102,
    0x0040_1103,
    0x0008_0080,
    0x0008_0081,
    0x0008_1040,
    0x0008_1010,
];
const IDENTIFICATION_CODES: &[u32] = &[0x0010_0050, 0x0010_1050, 0x0010_1000, 0x0010_1002];
const LINKING_CODES: &[u32] = &[
    0x0008_0050,
    0x0020_0010,
    0x0040_2016,
    0x0040_2017,
    0x0040_1001,
    0x0040_0009,
    0x0040_0253,
    0x0038_0010,
    0x0038_0060,
    0x0008_3010,
    0x0040_0551,
    0x0040_0512,
];
const SINGULAR: &[u32] = &[
    0x0010_1010,
    0x0010_1020,
    0x0010_1030,
    0x0010_2160,
    0x0038_0050,
    0x0010_2000,
    0x0010_2110,
    0x0010_21C0,
    0x0010_21D0,
];
const DATABASE: &[u32] = &[0x0008_0201, 0x0018_1000, 0x0018_1002, 0x0018_1008];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kind_follows_the_lists_and_then_the_value_representation() {
        assert_eq!(kind(Tag(0x0010, 0x1050)), Some(Kind::IdentificationCode));
        assert_eq!(kind(Tag(0x0008, 0x0018)), Some(Kind::LinkingCode));
        assert_eq!(kind(Tag(0x0008, 0x0016)), None);
        assert_eq!(kind(Tag(0x0008, 0x0020)), Some(Kind::Database));
        assert_eq!(kind(Tag(0x0028, 0x0010)), None);
    }
}
