//! The layer beyond the tables: codes that would break an IOD are mended, and forgotten attributes are handled.
//!
//! Off in `ps315-literal`. Nothing here keeps what Table E.1-1 removes: a mended code writes a dummy or an empty value
//! where the attribute's Type asks for the element, and still removes it elsewhere.

use tokumei_core::{ActionCode, TableCode, Tag};

/// One code of ours in place of, or in addition to, the Basic Profile column.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Beyond {
    pub tag: Tag,
    pub code: TableCode,
    pub en: &'static str,
    pub ja: &'static str,
}

const X: TableCode = TableCode::Plain(ActionCode::X);
const U: TableCode = TableCode::Plain(ActionCode::U);
const K: TableCode = TableCode::Plain(ActionCode::K);
const XZ: TableCode = TableCode::XZ;
const XD: TableCode = TableCode::XD;
const XZD: TableCode = TableCode::XZD;
const ZD: TableCode = TableCode::ZD;

const TYPE_1: (&str, &str) = (
    "Type 1 in some IODs: removing it to the letter would break them, so a dummy is written there",
    "一部の IOD で Type 1。文字どおり削除すると IOD が壊れるため、そこではダミー値を書く",
);
const TYPE_2: (&str, &str) = (
    "Type 2 in some IODs or sequences: an empty value is written there, elsewhere it is removed",
    "一部の IOD またはシーケンスで Type 2。そこでは空値を書き、他では削除する",
);
const ISSUER: (&str, &str) = (
    "names the hospital or the system that issued an identifier, and has no row",
    "識別子を発行した病院やシステムを示すが、表に行がない",
);

const NUMBER: (&str, &str) = (
    "a number or name that leads back to an order, a job, a person or a place, and has no row",
    "依頼・ジョブ・個人・場所をたどれる番号または名称であるが、表に行がない",
);
const OPAQUE: (&str, &str) = (
    "bytes that identify or that nobody can read, and no row",
    "識別につながる、または誰も読めないバイト列であるが、表に行がない",
);

const fn mend(group: u16, element: u16, code: TableCode, why: (&'static str, &'static str)) -> Beyond {
    Beyond { tag: Tag(group, element), code, en: why.0, ja: why.1 }
}

/// Rows of the table whose plain code breaks an IOD, by Types of PS3.3 2026b.
pub(crate) const MENDED: &[Beyond] = &[
    mend(0x0008, 0x0054, XD, TYPE_1),
    mend(0x0008, 0x0201, XD, TYPE_1),
    mend(0x0008, 0x1030, XZ, TYPE_2),
    mend(0x0008, 0x103E, XD, TYPE_1),
    mend(0x0010, 0x2297, XZ, TYPE_2),
    mend(0x0010, 0x2299, XZ, TYPE_2),
    mend(0x0012, 0x0022, XD, TYPE_1),
    mend(0x0018, 0x1009, XD, TYPE_1),
    mend(0x0018, 0x1078, XD, TYPE_1),
    mend(0x0040, 0x0009, XD, TYPE_1),
    mend(0x0040, 0x1001, XZD, TYPE_2),
    mend(0x0040, 0x100A, XZ, TYPE_2),
    mend(0x0070, 0x0082, XD, TYPE_1),
    mend(0x0070, 0x0083, XD, TYPE_1),
    mend(0x3002, 0x0121, XD, TYPE_1),
    mend(0x3002, 0x0123, XZ, TYPE_2),
    mend(0x300A, 0x0216, XZ, TYPE_2),
    mend(0x300A, 0x0611, ZD, TYPE_1),
    mend(0x300A, 0x078E, XZ, TYPE_2),
    mend(0x300A, 0x0794, XZ, TYPE_2),
    mend(0x3010, 0x0061, XZ, TYPE_2),
    mend(
        0x006A,
        0x0003,
        U,
        (
            "a UID that annotations refer to: a new one, the same wherever it occurs, instead of a dummy",
            "アノテーションが参照する UID。ダミー値ではなく、どこでも同じ新しい UID にする",
        ),
    ),
];

/// Attributes without a row that we handle one by one.
pub(crate) const ADDED: &[Beyond] = &[
    mend(0x0008, 0x0051, X, ISSUER),
    mend(0x0010, 0x0024, X, ISSUER),
    mend(0x0040, 0x0026, X, ISSUER),
    mend(0x0040, 0x0027, X, ISSUER),
    mend(0x0040, 0x0036, X, ISSUER),
    mend(0x0040, 0x0039, X, ISSUER),
    mend(0x0040, 0x003A, X, ISSUER),
    mend(0x0008, 0x041B, X, OPAQUE),
    mend(0x0008, 0x041C, X, OPAQUE),
    mend(0x0040, 0x1006, X, NUMBER),
    mend(0x0040, 0x1007, X, NUMBER),
    mend(0x0040, 0x2006, X, NUMBER),
    mend(0x0040, 0x2007, X, NUMBER),
    mend(0x0040, 0xA074, X, OPAQUE),
    mend(0x0040, 0xA089, X, OPAQUE),
    mend(0x0044, 0x0012, X, NUMBER),
    mend(0x0074, 0x100C, X, NUMBER),
    mend(0x0400, 0x0120, X, OPAQUE),
    mend(0x0400, 0x0520, X, OPAQUE),
    mend(0x2100, 0x0010, X, NUMBER),
    mend(0x2100, 0x0160, X, NUMBER),
    mend(0x2110, 0x0030, X, NUMBER),
    mend(0x2110, 0x0099, X, NUMBER),
    mend(0x4010, 0x1007, X, NUMBER),
    mend(0x4010, 0x101A, X, NUMBER),
    mend(0x4010, 0x101E, X, NUMBER),
    mend(0x4010, 0x101F, X, NUMBER),
    mend(0x4010, 0x102A, X, NUMBER),
    mend(0x4010, 0x1051, X, NUMBER),
    mend(0x4010, 0x1053, X, NUMBER),
    mend(0x4010, 0x1054, X, NUMBER),
    mend(0x4010, 0x1055, X, NUMBER),
    mend(0x4010, 0x1058, X, NUMBER),
    mend(
        0x0400,
        0x0500,
        X,
        (
            "holds originals that an earlier de-identification encrypted, and has no row",
            "以前の非識別化が暗号化した原データを含むが、表に行がない",
        ),
    ),
    mend(0x0008, 0x010E, K, ("names a coding scheme, not an instance", "符号体系を示すもので、インスタンスを示さない")),
    mend(
        0x0008,
        0x0120,
        K,
        ("names a coded concept, not an instance", "符号化された概念を示すもので、インスタンスを示さない"),
    ),
];

/// Words of a fixed vocabulary in text attributes without a row: they stay where such text is cleaned or removed, since
/// coded entries would break without them. Where it is scrubbed, they are scrubbed like the rest.
pub(crate) const VOCABULARY: &[Tag] = &[
    Tag(0x0008, 0x0100),
    Tag(0x0008, 0x0102),
    Tag(0x0008, 0x0103),
    Tag(0x0008, 0x0112),
    Tag(0x0008, 0x0119),
    Tag(0x0012, 0x0063),
    Tag(0x0042, 0x0012),
    Tag(0x0042, 0x0014),
];

/// Text without a row that IODs require: cleaned, never removed.
pub(crate) const REQUIRED_TEXT: &[Tag] = &[Tag(0x0008, 0x0104), Tag(0x0040, 0xA160)];

#[cfg(test)]
mod tests {
    use super::*;
    use tokumei_core::AttributeType;
    use tokumei_standard as standard;

    #[test]
    fn every_mended_row_has_a_plain_code_in_the_table() {
        for one in MENDED {
            let row = standard::row(one.tag).expect("a row of the table");
            assert!(matches!(row.basic, TableCode::Plain(_)), "{}", one.tag);
        }
    }

    #[test]
    fn every_added_attribute_has_no_row_and_a_keyword() {
        for one in ADDED {
            assert!(standard::row(one.tag).is_none(), "{}", one.tag);
            assert!(tokumei_core::dictionary::keyword(one.tag).is_some(), "{}", one.tag);
        }
    }

    #[test]
    fn plain_removal_of_an_attribute_that_an_iod_requires_is_mended() {
        use AttributeType::{One, Two, TwoC};
        for row in standard::rows() {
            let standard::TagPattern::Tag(tag) = row.tag else { continue };
            let needed = standard::sop_classes()
                .any(|class| matches!(standard::attribute_type(class, &[tag]), Some(One | Two | TwoC)));
            if row.basic == X && needed {
                assert!(MENDED.iter().any(|one| one.tag == tag), "{tag}");
            }
        }
    }
}
