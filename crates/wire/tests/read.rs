//! What reading makes of well-formed, odd and broken bytes.

mod bytes;

use bytes::*;
use tokumei_core::{Tag, Vr};
use tokumei_wire::{DataSet, Encoding, Limits, NodeKind, Note, ReadError, read};

const NAME: Tag = Tag(0x10, 0x10);
const PIXELS: Tag = Tag(0x7FE0, 0x10);

fn ok(file: &[u8]) -> DataSet {
    match read(&file, &Limits::default()) {
        Ok(data_set) => data_set,
        Err(error) => panic!("{error}"),
    }
}

fn reason(file: &[u8]) -> String {
    read(&file, &Limits::default()).expect_err("it must not read").reason().to_string()
}

fn value(data_set: &DataSet, tag: Tag) -> Vec<u8> {
    data_set.value(data_set.first(tag).expect("there")).expect("held").to_vec()
}

/// Lists paths, kinds and value representations.
fn outline(data_set: &DataSet) -> Vec<String> {
    let ids = (0..data_set.nodes().len() as u32).map(tokumei_wire::NodeId);
    ids.map(|id| format!("{} {:?} {}", data_set.path(id), data_set.node(id).kind, data_set.node(id).vr)).collect()
}

#[test]
fn explicit_little_endian_file_reads_with_its_meta() {
    let data_set = ok(&file(EXPLICIT, &plain()));
    assert_eq!(data_set.encoding(), Encoding::ExplicitLittle);
    assert_eq!(data_set.transfer_syntax(), EXPLICIT);
    assert_eq!(data_set.declared_transfer_syntax(), Some(EXPLICIT));
    assert_eq!(data_set.preamble(), Some(&[0x11; 128]));
    assert_eq!(data_set.meta().len(), 2);
    assert!(data_set.notes().is_empty());
    assert_eq!(value(&data_set, NAME), b"A^B ");
    assert_eq!(data_set.children(None).count(), 4);
}

#[test]
fn implicit_and_big_endian_files_read() {
    let implicit = [im(8, 0x60, b"CT"), im(0x10, 0x10, b"A^B "), im(9, 0x1001, b"xy")].concat();
    let data_set = ok(&file(IMPLICIT, &implicit));
    assert_eq!(outline(&data_set), ["(0008,0060) Value CS", "(0010,0010) Value PN", "(0009,1001) Value UN"]);
    let big = [be(8, 0x60, "CS", b"CT"), be(0x10, 0x10, "PN", b"A^B "), be(0x28, 0x10, "US", &[0, 5])].concat();
    let data_set = ok(&file(BIG, &big));
    assert_eq!(data_set.encoding(), Encoding::ExplicitBig);
    assert_eq!(value(&data_set, Tag(0x28, 0x10)), [0, 5]);
}

#[test]
fn missing_preamble_and_meta_are_noted() {
    let bare = [b"DICM".as_slice(), &meta(EXPLICIT), &plain()].concat();
    assert_eq!(ok(&bare).notes(), [Note::NoPreamble]);
    let group_only = [meta(EXPLICIT), plain()].concat();
    assert_eq!(ok(&group_only).notes(), [Note::NoPreamble]);
    let nothing = plain();
    assert_eq!(ok(&nothing).notes(), [Note::NoPreamble, Note::NoMeta]);
    let implicit = [im(8, 0x60, b"CT"), im(0x10, 0x10, b"A^B "), im(0x10, 0x20, b"ID")].concat();
    let data_set = ok(&implicit);
    assert_eq!((data_set.transfer_syntax(), data_set.declared_transfer_syntax()), (IMPLICIT, None));
    let big = [be(8, 0x60, "CS", b"CT"), be(0x10, 0x10, "PN", b"A^B "), be(0x10, 0x20, "LO", b"ID")].concat();
    assert_eq!(ok(&big).transfer_syntax(), BIG);
}

#[test]
fn acr_nema_file_reads() {
    let acr = [im(8, 0, &[22, 0, 0, 0]), im(8, 0x10, b"ACR-NEMA 2.0"), im(0x10, 0x10, b"A^B ")].concat();
    let data_set = ok(&acr);
    assert_eq!(data_set.encoding(), Encoding::ImplicitLittle);
    assert_eq!(value(&data_set, NAME), b"A^B ");
}

#[test]
fn group_0002_in_other_shapes_reads() {
    let without_length =
        [&[0; 128], b"DICM".as_slice(), &el(2, 0x10, "UI", b"1.2.840.10008.1.2.1\0"), &plain()].concat();
    assert_eq!(ok(&without_length).notes(), [Note::NoMetaGroupLength]);
    let mut lying = file(EXPLICIT, &plain());
    lying[140] = 0x77;
    assert_eq!(ok(&lying).notes(), [Note::MetaGroupLengthWrong]);
    let implicit = [&[0; 128], b"DICM".as_slice(), &im(2, 0x10, b"1.2.840.10008.1.2.1\0"), &plain()].concat();
    let notes = [Note::MetaEncoding(Encoding::ImplicitLittle), Note::NoMetaGroupLength];
    assert_eq!(ok(&implicit).notes(), notes);
}

#[test]
fn letters_dicm_within_a_value_are_no_magic() {
    let head = el(8, 0x5, "CS", b"AB");
    let filler = el(8, 0x8, "CS", &[b'x'; 102]);
    let text = el(8, 0x1080, "LO", b"DICM in a text");
    let all = [head, filler, text, plain()[36..].to_vec()].concat();
    assert_eq!(&all[128..132], b"DICM");
    let data_set = ok(&all);
    assert_eq!(data_set.preamble(), None);
    assert_eq!(value(&data_set, Tag(8, 0x1080)), b"DICM in a text");
}

#[test]
fn command_group_before_the_data_set_is_noted() {
    let command = im(0, 0x100, &[1, 0]);
    let all = [im(0, 0, &(command.len() as u32).to_le_bytes()), command, plain()].concat();
    let data_set = ok(&all);
    assert!(data_set.notes().contains(&Note::CommandGroup));
    assert_eq!(data_set.encoding(), Encoding::ExplicitLittle);
    assert_eq!(value(&data_set, NAME), b"A^B ");
}

#[test]
fn native_encoding_that_contradicts_the_declared_one_is_the_true_one() {
    let data_set = ok(&file(IMPLICIT, &plain()));
    assert_eq!(data_set.transfer_syntax(), EXPLICIT);
    let note = Note::EncodingDiffers { declared: Encoding::ImplicitLittle, found: Encoding::ExplicitLittle };
    assert_eq!(data_set.notes(), [note]);
    let implicit = [im(8, 0x60, b"CT"), im(0x10, 0x10, b"A^B ")].concat();
    assert_eq!(ok(&file(EXPLICIT, &implicit)).transfer_syntax(), IMPLICIT);
    assert!(reason(&file(JPEG, &implicit)).starts_with("encoding-contradicts-transfer-syntax"));
    assert_eq!(reason(&file("1.2.840.10008.1.2.77", &plain())), "unknown-transfer-syntax");
}

#[test]
fn sequences_of_both_lengths_nest() {
    let inner = [el(8, 0x1155, "UI", b"1.2\0")].concat();
    let defined = el(8, 0x1140, "SQ", &[item(&inner), item(&[])].concat());
    let undefined = [open(8, 0x2112, "SQ"), open_item(&defined), item(&inner), SEQUENCE_END.to_vec()].concat();
    let data_set = ok(&file(EXPLICIT, &[undefined, el(0x10, 0x10, "PN", b"A^B ")].concat()));
    let expected = [
        "(0008,2112) Sequence SQ",
        "(0008,2112)[0] Item SQ",
        "(0008,2112)[0](0008,1140) Sequence SQ",
        "(0008,2112)[0](0008,1140)[0] Item SQ",
        "(0008,2112)[0](0008,1140)[0](0008,1155) Value UI",
        "(0008,2112)[0](0008,1140)[1] Item SQ",
        "(0008,2112)[1] Item SQ",
        "(0008,2112)[1](0008,1155) Value UI",
        "(0010,0010) Value PN",
    ];
    assert_eq!(outline(&data_set), expected);
    let depths: Vec<u16> = data_set.nodes().iter().map(|node| node.depth).collect();
    assert_eq!(depths, [0, 1, 1, 2, 2, 2, 1, 1, 0]);
}

#[test]
fn unknown_value_of_undefined_length_is_implicit_items() {
    let hidden = im(0x10, 0x10, b"C^D ");
    let all =
        [open(9, 0x1010, "UN"), open_item(&hidden), SEQUENCE_END.to_vec(), el(0x10, 0x10, "PN", b"A^B ")].concat();
    let data_set = ok(&file(EXPLICIT, &all));
    assert_eq!(outline(&data_set)[2], "(0009,1010)[0](0010,0010) Value PN");
    assert_eq!(data_set.nodes()[2].encoding, Encoding::ImplicitLittle);
    assert_eq!(data_set.nodes()[0].written_vr, Some(*b"UN"));
}

#[test]
fn opaque_values_that_parse_whole_as_items_are_sequences() {
    let implicit = item(&im(0x10, 0x10, b"C^D "));
    let explicit = item(&el(0x10, 0x10, "PN", b"C^D "));
    for (vr, content) in [("UN", &implicit), ("UN", &explicit), ("OB", &implicit), ("OB", &explicit)] {
        let data_set = ok(&file(EXPLICIT, &el(9, 0x1010, vr, content)));
        assert_eq!(outline(&data_set).last().map(String::as_str), Some("(0009,1010)[0](0010,0010) Value PN"), "{vr}");
        assert!(matches!(data_set.notes()[0], Note::HiddenSequence(_)));
    }
    let data_set = ok(&file(IMPLICIT, &[im(8, 0x60, b"CT"), im(9, 0x1010, &implicit)].concat()));
    assert_eq!(outline(&data_set).last().map(String::as_str), Some("(0009,1010)[0](0010,0010) Value PN"));
}

#[test]
fn opaque_value_that_only_begins_like_items_stays_a_value() {
    let broken = [item(&im(0x10, 0x10, b"C^D ")), b"junk".to_vec()].concat();
    let data_set = ok(&file(EXPLICIT, &[el(9, 0x1010, "UN", &broken), el(0x10, 0x10, "PN", b"A^B ")].concat()));
    assert_eq!(outline(&data_set), ["(0009,1010) Value UN", "(0010,0010) Value PN"]);
    assert!(matches!(data_set.notes(), [Note::BrokenHiddenSequence(_)]));
    let sequence = ok(&file(EXPLICIT, &el(8, 0x1140, "UN", &broken)));
    assert_eq!(outline(&sequence), ["(0008,1140) Value UN"]);
}

#[test]
fn known_attribute_under_unknown_has_the_representation_of_the_dictionary() {
    let data_set = ok(&file(EXPLICIT, &el(0x10, 0x10, "UN", b"A^B ")));
    let node = data_set.nodes()[0];
    assert_eq!((node.vr, node.written_vr), (Vr::PN, Some(*b"UN")));
}

#[test]
fn odd_headers_are_read_and_noted() {
    let mut lower = plain();
    lower[18..20].copy_from_slice(b"cs");
    assert!(matches!(ok(&file(EXPLICIT, &lower)).notes(), [Note::OddHeader(_)]));
    let unknown = [plain(), el(0x11, 0x1010, "??", b"ab"), el(0x20, 0x10, "SH", b"x ")].concat();
    let data_set = ok(&file(EXPLICIT, &unknown));
    assert!(matches!(data_set.notes(), [Note::UnknownVr(_)]));
    assert_eq!(data_set.nodes()[4].vr, Vr::UN);
    assert_eq!(value(&data_set, Tag(0x20, 0x10)), b"x ");
}

#[test]
fn doubled_and_unordered_elements_are_kept_and_noted() {
    let doubled = ok(&file(EXPLICIT, &[plain(), el(0x10, 0x20, "LO", b"I2")].concat()));
    assert_eq!(doubled.all(Tag(0x10, 0x20)).count(), 2);
    assert_eq!(doubled.notes()[0].clone(), Note::DuplicateTag(doubled.path(tokumei_wire::NodeId(4))));
    let distant = ok(&file(EXPLICIT, &[plain(), el(0x10, 0x10, "PN", b"C^D ")].concat()));
    assert!(matches!(distant.notes(), [Note::UnorderedTags(_), Note::DuplicateTag(_)]));
}

#[test]
fn stray_and_missing_delimiters_are_tolerated() {
    let inner = el(8, 0x1155, "UI", b"1.2\0");
    let stray = [el(8, 0x1140, "SQ", &[item(&inner), SEQUENCE_END.to_vec()].concat()), plain()[36..].to_vec()].concat();
    let data_set = ok(&file(EXPLICIT, &stray));
    assert!(matches!(data_set.notes(), [Note::StrayDelimiter(_)]));
    let after = [el(8, 0x1140, "SQ", &item(&inner)), SEQUENCE_END.to_vec(), plain()[36..].to_vec()].concat();
    assert!(matches!(ok(&file(EXPLICIT, &after)).notes()[0], Note::StrayDelimiter(_)));
    let item_open = [b"\xFE\xFF\0\xE0\xFF\xFF\xFF\xFF".as_slice(), &inner].concat();
    let missing = [open(8, 0x1140, "SQ"), item_open, SEQUENCE_END.to_vec(), plain()[36..].to_vec()].concat();
    let data_set = ok(&file(EXPLICIT, &missing));
    assert!(matches!(data_set.notes()[0], Note::MissingDelimiter(_)));
    assert_eq!(value(&data_set, Tag(0x10, 0x20)), b"ID");
}

#[test]
fn native_pixel_data_stays_in_the_source() {
    let body = [plain(), el(0x7FE0, 0x10, "OW", &[7; 300_000]), el(0xFFFC, 0xFFFC, "OB", &[0; 4])].concat();
    let all = file(EXPLICIT, &body);
    let data_set = ok(&all);
    let pixels = data_set.pixel_data().expect("there");
    assert_eq!((pixels.encapsulated, pixels.fragments), (false, 0));
    assert_eq!(&all[pixels.range.start as usize..pixels.range.end as usize], [7; 300_000]);
    assert_eq!(data_set.value(pixels.node), None);
    assert_eq!(value(&data_set, Tag(0xFFFC, 0xFFFC)), [0; 4]);
}

#[test]
fn empty_pixel_data_does_not_hide_the_real_one() {
    let all = file(EXPLICIT, &[plain(), el(0x7FE0, 8, "OW", b""), el(0x7FE0, 0x10, "OW", &[7; 8])].concat());
    let data_set = ok(&all);
    let pixels = data_set.pixel_data().expect("there");
    assert_eq!((data_set.node(pixels.node).tag, pixels.range.end - pixels.range.start), (PIXELS, 8));
}

#[test]
fn fragments_are_hopped_and_counted() {
    let fragments = [item(&[]), item(&[1; 200_000]), item(&[2; 10]), SEQUENCE_END.to_vec()].concat();
    let body = [plain(), open(0x7FE0, 0x10, "OB"), fragments.clone(), el(0xFFFC, 0xFFFC, "OB", b"ab")].concat();
    let all = file(JPEG, &body);
    let data_set = ok(&all);
    let pixels = data_set.pixel_data().expect("there");
    assert_eq!((pixels.encapsulated, pixels.fragments), (true, 2));
    assert_eq!(all[pixels.range.start as usize..pixels.range.end as usize], fragments);
    assert_eq!(data_set.node(pixels.node).kind, NodeKind::Fragments);
    assert_eq!(value(&data_set, Tag(0xFFFC, 0xFFFC)), b"ab");
}

#[test]
fn fragments_need_a_transfer_syntax_that_has_them() {
    let body = [plain(), open(0x7FE0, 0x10, "OB"), item(&[]), SEQUENCE_END.to_vec()].concat();
    for all in [body.clone(), file(EXPLICIT, &body)] {
        assert!(reason(&all).starts_with("encoding-contradicts-transfer-syntax"));
    }
    let native = [plain(), el(0x7FE0, 0x10, "OB", b"abcd")].concat();
    assert!(reason(&file(JPEG, &native)).starts_with("encoding-contradicts-transfer-syntax"));
    let damaged = [plain(), open(0x7FE0, 0x10, "OB"), item(&[]), b"\xFE\xFF\0\xE0\x20\0\0\0ab".to_vec()].concat();
    assert!(reason(&file(JPEG, &damaged)).starts_with("fragments-damaged (7fe0,0010)"));
}

#[test]
fn icon_in_an_item_may_be_fragments_and_is_held() {
    let fragments = [item(&[]), item(b"ab"), SEQUENCE_END.to_vec()].concat();
    let icon = [open(0x7FE0, 0x10, "OB"), fragments.clone()].concat();
    let body = [plain(), el(0x88, 0x200, "SQ", &item(&icon))].concat();
    let data_set = ok(&file(EXPLICIT, &body));
    let id = tokumei_wire::NodeId(6);
    assert_eq!(data_set.node(id).kind, NodeKind::Fragments);
    assert_eq!(data_set.value(id), Some(fragments.as_slice()));
    assert_eq!(data_set.pixel_data(), None);
}

#[test]
fn trailing_zeros_are_dropped_and_other_bytes_refused() {
    let zeros = ok(&file(EXPLICIT, &[plain(), vec![0; 1000]].concat()));
    assert_eq!(zeros.notes(), [Note::TrailingZeros(1000)]);
    assert_eq!(zeros.nodes().len(), 4);
    let body = [plain(), el(0x7FE0, 0x10, "OW", &[7; 4]), vec![0; 7]].concat();
    assert_eq!(ok(&file(EXPLICIT, &body)).notes(), [Note::TrailingZeros(7)]);
    let junk = file(EXPLICIT, &[plain(), el(0x7FE0, 0x10, "OW", &[7; 4]), vec![0, 0, 0, 0, 0, 0, 0, 0, 9]].concat());
    assert_eq!(reason(&junk), format!("trailing-bytes @{}", junk.len() - 9));
}

#[test]
fn cut_and_overlong_values_are_told_with_their_place() {
    let all = file(EXPLICIT, &plain());
    assert_eq!(reason(&all[..all.len() - 1]), format!("value-cut-off (0010,0020) @{}", all.len() - 10));
    let pixels = file(EXPLICIT, &[plain(), el(0x7FE0, 0x10, "OW", &[7; 400])].concat());
    assert!(reason(&pixels[..pixels.len() - 100]).starts_with("value-cut-off (7fe0,0010)"));
    let mut long = el(8, 0x1155, "UI", b"1.2\0");
    long[6] = 0x40;
    let nested = [el(8, 0x1140, "SQ", &item(&long)), el(0x10, 0x10, "PN", &[b'x'; 100])].concat();
    assert!(reason(&file(EXPLICIT, &nested)).starts_with("length-beyond-parent (0008,1140)[0](0008,1155)"));
    let mut huge = plain();
    huge.extend(b"\x20\0\x0D\0UT\0\0\xFE\xFF\xFF\xFF");
    assert!(reason(&file(EXPLICIT, &huge)).starts_with("value-cut-off (0020,000d)"));
}

#[test]
fn limits_are_kept() {
    let mut nested = Vec::new();
    for _ in 0..70 {
        nested = el(8, 0x1140, "SQ", &item(&nested));
    }
    assert!(reason(&file(EXPLICIT, &nested)).starts_with("too-deep"));
    let mut hidden = im(0x10, 0x10, b"A^B ");
    for _ in 0..70 {
        hidden = im(9, 0x1010, &item(&hidden));
    }
    assert!(reason(&file(IMPLICIT, &[im(8, 0x60, b"CT"), hidden].concat())).starts_with("too-deep"));
    let few = Limits { nodes: 3, ..Limits::default() };
    assert!(matches!(read(&file(EXPLICIT, &plain()), &few), Err(ReadError::TooManyElements { .. })));
    let small = Limits { head: 1000, tail: 1000, ..Limits::default() };
    let head = file(EXPLICIT, &[plain(), el(0x20, 0x4000, "UT", &[b'x'; 2000])].concat());
    assert!(matches!(read(&head, &small), Err(ReadError::HeaderTooLarge)));
    let tail =
        file(EXPLICIT, &[plain(), el(0x7FE0, 0x10, "OW", &[7; 4]), el(0xFFFC, 0xFFFC, "OB", &[0; 2000])].concat());
    assert!(matches!(read(&tail, &small), Err(ReadError::TailTooLarge)));
}

#[test]
fn what_is_not_dicom_is_told_at_once() {
    assert_eq!(reason(b""), "not-dicom empty");
    let png = [b"\x89PNG\r\n\x1A\n\0\0\0\x0DIHDR".as_slice(), &[3; 400]].concat();
    for junk in [b"Hello, this is no DICOM file at all".to_vec(), png, vec![0; 5000], vec![0xFF; 5000], vec![8, 0]] {
        assert_eq!(reason(&junk), "not-dicom no-magic");
    }
}

#[test]
fn deflated_data_set_is_inflated_and_held() {
    // One stored block (RFC 1951, 3.2.4): final, length, its complement, the bytes.
    let body = [plain(), el(0x7FE0, 0x10, "OW", &[7; 4])].concat();
    let length = (body.len() as u16).to_le_bytes();
    let complement = (!(body.len() as u16)).to_le_bytes();
    let stored = [b"\x01".as_slice(), &length, &complement, &body].concat();
    let data_set = ok(&file(DEFLATED, &stored));
    assert!(data_set.is_deflated());
    assert_eq!(value(&data_set, PIXELS), [7; 4]);
    assert_eq!(data_set.nodes()[0].start, 0);
    assert_eq!(reason(&file(DEFLATED, &stored[..20])), "deflate-damaged");
    assert!(reason(&file(DEFLATED, &[stored, b"junk".to_vec()].concat())).starts_with("trailing-bytes"));
    let plain = ok(&file(DEFLATED, &plain()));
    assert_eq!((plain.notes(), plain.transfer_syntax()), ([Note::NotDeflated].as_slice(), EXPLICIT));
}

#[test]
fn many_broken_hidden_sequences_in_each_other_take_linear_work() {
    let mut broken = b"\xFE\xFF\0\xE0\x02\0\0\0ab".to_vec();
    for _ in 0..60 {
        broken = [item(&im(9, 0x1010, &broken)), b"x".to_vec()].concat();
    }
    let body = [im(8, 0x60, b"CT"), im(9, 0x1010, &broken)].concat();
    assert_eq!(ok(&file(IMPLICIT, &body)).nodes().len(), 2);
}

#[test]
fn first_element_of_a_high_group_does_not_turn_the_byte_order() {
    assert_eq!(ok(&file(EXPLICIT, &el(0xFFFC, 0xFFFC, "OB", &[]))).encoding(), Encoding::ExplicitLittle);
    let gap =
        [el(8, 0x60, "CS", b""), el(9, 0x5010, "UN", b""), el(9, 0x1012, "UN", b""), el(9, 0xEC14, "LO", b"AAAA")];
    assert_eq!(ok(&file(EXPLICIT, &gap.concat())).encoding(), Encoding::ExplicitLittle);
}

#[test]
fn other_groups_within_a_command_are_refused() {
    let all = [im(0, 0, &[10, 0, 0, 0]), im(0x27, 0x100, &[1, 0]), plain()].concat();
    assert!(reason(&all).starts_with("unparsable-bytes"));
}
