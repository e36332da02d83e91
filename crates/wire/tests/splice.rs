//! What splicing writes: everything untouched as it was, everything around a change with right lengths.

mod bytes;

use bytes::*;
use tokumei_core::{Tag, Vr};
use tokumei_wire::{Limits, NewElement, NewMeta, NodeId, Patches, SpliceError, read, splice};

fn new_meta(syntax: &str) -> NewMeta {
    NewMeta {
        sop_class_uid: "1.2.3".into(),
        sop_instance_uid: "1.2.4".into(),
        transfer_syntax: syntax.into(),
        implementation_class_uid: "1.2.5".into(),
        implementation_version_name: "TEST".into(),
    }
}

/// Applies patches and returns the data set of the output.
fn body(file: &[u8], edit: impl FnOnce(&mut Patches)) -> Vec<u8> {
    let data_set = read(&file, &Limits::default()).expect("it reads");
    let mut patches = Patches::new();
    edit(&mut patches);
    let splice = splice(&data_set, &patches, &new_meta(data_set.transfer_syntax())).expect("the patches fit");
    let mut out = Vec::new();
    let written = splice.write(&file, &mut out).expect("memory does not fail");
    assert_eq!(written, out.len() as u64);
    assert_eq!(&out[..132], [[0; 128].as_slice(), b"DICM"].concat());
    let group = u32::from_le_bytes(out[140..144].try_into().expect("four bytes"));
    read(&out, &Limits::default()).expect("the output reads");
    out[144 + group as usize..].to_vec()
}

fn explicit(elements: &[Vec<u8>]) -> Vec<u8> {
    file(EXPLICIT, &elements.concat())
}

#[test]
fn data_set_without_patches_is_the_same_bytes() {
    let inner = el(8, 0x1155, "UI", b"1.2\0");
    let elements = [
        plain(),
        el(0x11, 0x1010, "??", b"abc"),
        el(0x11, 0x1020, "UN", &item(&im(0x10, 0x10, b"C^D "))),
        [open(0x18, 0x9346, "SQ"), open_item(&inner), item(&inner), SEQUENCE_END.to_vec()].concat(),
        el(0x10, 0x4000, "LT", b"out of order"),
        el(0x7FE0, 0x10, "OW", &[7; 70_001]),
        el(0xFFFC, 0xFFFC, "OB", b"pad "),
    ];
    assert_eq!(body(&explicit(&elements), |_| {}), elements.concat());
}

#[test]
fn group_lengths_commands_and_stray_meta_are_left_out() {
    let command = im(0, 0x100, &[1, 0]);
    let nested = el(8, 0x1140, "SQ", &item(&[el(8, 0, "UL", &[4, 0, 0, 0]), el(8, 0x1155, "UI", b"1.2\0")].concat()));
    let all = [im(0, 0, &[10, 0, 0, 0]), command, el(8, 0, "UL", &[9, 0, 0, 0]), el(8, 0x60, "CS", b"CT"), nested];
    let expected = [el(8, 0x60, "CS", b"CT"), el(8, 0x1140, "SQ", &item(&el(8, 0x1155, "UI", b"1.2\0")))].concat();
    assert_eq!(body(&explicit(&all), |_| {}), expected);
}

#[test]
fn lengths_around_a_change_are_counted_anew() {
    let deep = |uid: &[u8]| {
        let inner = el(8, 0x1140, "SQ", &item(&el(8, 0x1155, "UI", uid)));
        el(8, 0x2112, "SQ", &[item(&inner), item(&[])].concat())
    };
    let out = body(&explicit(&[deep(b"1.2\0"), plain()]), |patches| {
        patches.replace(NodeId(4), None, b"2.25.12345".to_vec());
    });
    assert_eq!(out, [deep(b"2.25.12345"), plain()].concat());
}

#[test]
fn undefined_lengths_stay_undefined() {
    let sequence = |content: &[u8]| {
        let item = open_item(content);
        [open(8, 0x1140, "SQ"), item, SEQUENCE_END.to_vec()].concat()
    };
    let out =
        body(&explicit(&[sequence(&el(8, 0x1155, "UI", b"1.2\0")), plain()]), |patches| patches.remove(NodeId(2)));
    assert_eq!(out, [sequence(&[]), plain()].concat());
}

#[test]
fn insertions_go_in_the_order_of_tags() {
    let sequence = |content: &[u8]| el(8, 0x1140, "SQ", &item(content));
    let uid = el(8, 0x1155, "UI", b"1.2\0");
    let out = body(&explicit(&[plain()[..24].to_vec(), sequence(&uid), plain()[24..].to_vec()]), |patches| {
        patches.insert(None, NewElement::bytes(Tag(0x12, 0x62), Vr::CS, b"YES".to_vec()));
        patches.insert(None, NewElement::bytes(Tag(8, 5), Vr::CS, b"ISO_IR 192".to_vec()));
        patches.insert(Some(NodeId(3)), NewElement::bytes(Tag(8, 0x1150), Vr::UI, b"1.9".to_vec()));
    });
    let expected = [
        el(8, 5, "CS", b"ISO_IR 192"),
        plain()[..24].to_vec(),
        sequence(&[el(8, 0x1150, "UI", b"1.9\0"), uid].concat()),
        plain()[24..].to_vec(),
        el(0x12, 0x62, "CS", b"YES "),
    ];
    assert_eq!(out, expected.concat());
}

#[test]
fn insertion_after_the_pixel_data_goes_after_it() {
    let pixels = el(0x7FE0, 0x10, "OW", &[7; 40]);
    let out = body(&explicit(&[plain(), pixels.clone()]), |patches| {
        patches.insert(None, NewElement::bytes(Tag(0xFFFC, 0xFFFC), Vr::OB, b"x".to_vec()));
    });
    assert_eq!(out, [plain(), pixels, el(0xFFFC, 0xFFFC, "OB", b"x\0")].concat());
}

#[test]
fn values_are_replaced_emptied_and_retyped() {
    let out = body(&explicit(&[plain()]), |patches| {
        patches.empty(NodeId(1));
        patches.replace(NodeId(2), None, b"X^Y^Z".to_vec());
        patches.replace(NodeId(3), Some(Vr::UT), b"long".to_vec());
    });
    let expected = [
        plain()[..14].to_vec(),
        el(8, 0x60, "CS", b""),
        el(0x10, 0x10, "PN", b"X^Y^Z "),
        el(0x10, 0x20, "UT", b"long"),
    ];
    assert_eq!(out, expected.concat());
}

#[test]
fn implicit_and_big_endian_changes_are_written_in_kind() {
    let implicit = [im(8, 0x60, b"CT"), im(0x10, 0x10, b"A^B ")].concat();
    let out = body(&file(IMPLICIT, &implicit), |patches| patches.replace(NodeId(1), None, b"Q".to_vec()));
    assert_eq!(out, [im(8, 0x60, b"CT"), im(0x10, 0x10, b"Q ")].concat());
    let sequence = |content: &[u8]| {
        let mut item = b"\xFF\xFE\xE0\0".to_vec();
        item.extend((content.len() as u32).to_be_bytes());
        be(8, 0x1140, "SQ", &[item, content.to_vec()].concat())
    };
    let big = [be(8, 0x60, "CS", b"CT"), sequence(&be(8, 0x1155, "UI", b"1.2\0"))].concat();
    let out = body(&file(BIG, &big), |patches| patches.replace(NodeId(3), None, b"1.2.3".to_vec()));
    assert_eq!(out, [be(8, 0x60, "CS", b"CT"), sequence(&be(8, 0x1155, "UI", b"1.2.3\0"))].concat());
}

#[test]
fn hidden_sequences_keep_their_letters_and_their_encoding() {
    let hidden = |name: &[u8]| el(9, 0x1010, "UN", &item(&im(0x10, 0x10, name)));
    let out = body(&explicit(&[hidden(b"C^D ")]), |patches| patches.replace(NodeId(2), None, b"X".to_vec()));
    assert_eq!(out, hidden(b"X "));
    let out = body(&explicit(&[hidden(b"C^D ")]), |patches| {
        patches.replace_items(NodeId(0), vec![vec![NewElement::bytes(Tag(0x10, 0x10), Vr::PN, b"Y".to_vec())]]);
    });
    assert_eq!(out, hidden(b"Y "));
    let undefined =
        |name: &[u8]| [open(9, 0x1010, "UN"), open_item(&im(0x10, 0x10, name)), SEQUENCE_END.to_vec()].concat();
    let out = body(&explicit(&[undefined(b"C^D ")]), |patches| patches.replace(NodeId(2), None, b"X".to_vec()));
    assert_eq!(out, undefined(b"X "));
}

#[test]
fn tolerated_delimiters_are_not_passed_on() {
    let inner = el(8, 0x1155, "UI", b"1.2\0");
    let stray = el(8, 0x1140, "SQ", &[item(&inner), SEQUENCE_END.to_vec()].concat());
    assert_eq!(body(&explicit(&[stray]), |_| {}), el(8, 0x1140, "SQ", &item(&inner)));
    let unclosed = [b"\xFE\xFF\0\xE0\xFF\xFF\xFF\xFF".as_slice(), &inner].concat();
    let missing = [open(8, 0x1140, "SQ"), unclosed, SEQUENCE_END.to_vec()].concat();
    let whole = [open(8, 0x1140, "SQ"), open_item(&inner), SEQUENCE_END.to_vec()].concat();
    assert_eq!(body(&explicit(&[missing]), |_| {}), whole);
}

#[test]
fn streamed_pixel_data_can_be_removed_and_replaced() {
    let all = explicit(&[plain(), el(0x7FE0, 0x10, "OW", &[7; 4]), el(0xFFFC, 0xFFFC, "OB", b"ab")]);
    let out = body(&all, |patches| patches.remove(NodeId(4)));
    assert_eq!(out, [plain(), el(0xFFFC, 0xFFFC, "OB", b"ab")].concat());
    let out = body(&all, |patches| patches.replace(NodeId(4), None, vec![9; 6]));
    assert_eq!(out, [plain(), el(0x7FE0, 0x10, "OW", &[9; 6]), el(0xFFFC, 0xFFFC, "OB", b"ab")].concat());
}

#[test]
fn encapsulated_pixel_data_is_replaced_by_fragments_only() {
    let fragments = |byte: u8| [item(&[]), item(&[byte; 4]), SEQUENCE_END.to_vec()].concat();
    let whole = |byte: u8| [plain(), open(0x7FE0, 0x10, "OB"), fragments(byte)].concat();
    let all = file(JPEG, &whole(1));
    assert_eq!(body(&all, |_| {}), whole(1));
    assert_eq!(body(&all, |patches| patches.replace(NodeId(4), None, fragments(2))), whole(2));
    let data_set = read(&all, &Limits::default()).expect("it reads");
    let mut patches = Patches::new();
    patches.replace(NodeId(4), None, b"no fragments".to_vec());
    let error = splice(&data_set, &patches, &new_meta(JPEG)).expect_err("it must not fit");
    assert!(matches!(error, SpliceError::Misplaced { .. }));
    let error = splice(&data_set, &Patches::new(), &new_meta(EXPLICIT)).expect_err("fragments are not native");
    assert!(matches!(error, SpliceError::TransferSyntax));
}

#[test]
fn deflated_output_has_an_even_length_and_the_same_data_set() {
    let elements = [NewElement::bytes(Tag(0x10, 0x10), Vr::PN, b"A^B".to_vec())];
    for length in 0..9 {
        let mut elements = elements.to_vec();
        elements.push(NewElement::bytes(Tag(0x10, 0x20), Vr::LO, vec![b'a'; length]));
        let file = tokumei_wire::encode(&new_meta(DEFLATED), &elements);
        assert_eq!(file.len() % 2, 0);
        let data_set = read(&file, &Limits::default()).expect("it reads");
        assert!(data_set.is_deflated());
        let mut out = Vec::new();
        let splice = splice(&data_set, &Patches::new(), &new_meta(DEFLATED)).expect("no patches");
        assert_eq!(splice.bulk, None);
        splice.write(&file, &mut out).expect("memory does not fail");
        assert_eq!(out, file);
    }
}

#[test]
fn patches_that_fit_no_node_are_refused() {
    let all = explicit(&[plain(), el(8, 0x1140, "SQ", &item(&[]))]);
    let data_set = read(&all, &Limits::default()).expect("it reads");
    let refused = |edit: fn(&mut Patches)| {
        let mut patches = Patches::new();
        edit(&mut patches);
        splice(&data_set, &patches, &new_meta(EXPLICIT)).expect_err("it must not fit")
    };
    assert!(matches!(refused(|p| p.remove(NodeId(99))), SpliceError::NoSuchNode));
    assert!(matches!(refused(|p| p.replace(NodeId(5), None, vec![])), SpliceError::Misplaced { .. }));
    assert!(matches!(refused(|p| p.replace(NodeId(4), None, vec![])), SpliceError::Misplaced { .. }));
    let insert = |p: &mut Patches| p.insert(Some(NodeId(0)), NewElement::items(Tag(8, 5), vec![]));
    assert!(matches!(refused(insert), SpliceError::Misplaced { .. }));
    let error = splice(&data_set, &Patches::new(), &new_meta(IMPLICIT)).expect_err("it is explicit");
    assert!(matches!(error, SpliceError::TransferSyntax));
}

#[test]
fn pixel_data_in_the_short_form_of_a_long_header_gets_the_long_one() {
    let short = [b"\xE0\x7F\x10\0OW\x04\0".as_slice(), &[7; 4]].concat();
    let out = body(&explicit(&[plain(), short]), |_| {});
    assert_eq!(out, [plain(), el(0x7FE0, 0x10, "OW", &[7; 4])].concat());
}

#[test]
fn item_encoded_unlike_its_data_set_is_patched_in_its_own_encoding() {
    let sequence = |name: &[u8]| el(8, 0x1140, "SQ", &item(&im(0x10, 0x10, name)));
    let out = body(&explicit(&[sequence(b"C^D ")]), |patches| patches.replace(NodeId(2), None, b"X^Y^Z".to_vec()));
    assert_eq!(out, sequence(b"X^Y^Z "));
}
