//! Properties that hold for any text and any bytes.

use proptest::prelude::*;
use tokumei_core::Vr;
use tokumei_text::normal::fold;
use tokumei_text::{CharacterSets, Cleaner, Identifiers, Kind, Strength, Strictness, detect, encodings};

const DECLARATIONS: [&str; 12] = [
    "",
    "ISO_IR 100",
    "ISO_IR 13",
    "ISO_IR 144",
    "ISO_IR 192",
    "GB18030",
    "GBK",
    "\\ISO 2022 IR 87",
    "ISO 2022 IR 13\\ISO 2022 IR 87\\ISO 2022 IR 159",
    "\\ISO 2022 IR 149",
    "\\ISO 2022 IR 58",
    "ISO 2022 IR 100\\ISO 2022 IR 126\\ISO 2022 IR 87",
];

const VRS: [Vr; 5] = [Vr::PN, Vr::LO, Vr::LT, Vr::UN, Vr::CS];

fn strictness() -> impl Strategy<Value = Strictness> {
    prop_oneof![Just(Strictness::Strict), Just(Strictness::Permissive), Just(Strictness::Scrub)]
}

/// Text of the kinds that meet in a descriptor, and names among it.
fn descriptor() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        "[A-Za-z0-9]{1,8}",
        "[ァ-ヴぁ-ゔ一-鿿ｱ-ﾝﾞﾟ]{1,5}",
        "[0-9０-９./年月日-]{1,12}",
        "[ ^=_\\-(),.:;\\\\\n]{1,3}",
        Just("Gizmoto".to_owned()),
        Just("gizmo to".to_owned()),
        Just("幻沢".to_owned()),
        Just("架子".to_owned()),
        Just("ｹﾞﾝｻﾞﾜ".to_owned()),
        Just("00481516".to_owned()),
        Just("昭和33年2月10日".to_owned()),
        Just("CHEST".to_owned()),
        Just("造影".to_owned()),
        Just("様".to_owned()),
    ];
    proptest::collection::vec(part, 0..10).prop_map(|parts| parts.concat())
}

fn identifiers() -> Identifiers {
    let mut identifiers = Identifiers::new();
    identifiers.add_person_name("Gizmoto^Zedric=幻沢^架子=げんざわ^かこ");
    identifiers.add_id("00481516");
    identifiers.add_text(Kind::BirthDate, "19580210");
    identifiers
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(400) })]

    #[test]
    fn what_can_be_encoded_is_read_back(declared in 0..DECLARATIONS.len(), vr in 0..VRS.len(), text in "[ -~é-üΑ-ωА-яァ-ヴｱ-ﾝ一-龥가-힣]{0,12}") {
        let sets = CharacterSets::parse(DECLARATIONS[declared].as_bytes());
        if let Ok(bytes) = sets.encode(&text, VRS[vr]) {
            let decoded = sets.decode(&bytes, VRS[vr]);
            if !decoded.issues.is_sniffed() {
                prop_assert_eq!(decoded.text, text);
            }
        }
    }

    #[test]
    fn any_bytes_decode_and_clean_bytes_encode_again(declared in 0..DECLARATIONS.len(), vr in 0..VRS.len(), bytes in proptest::collection::vec(prop_oneof![Just(0x1B_u8), Just(b'$'), Just(b'B'), Just(b'\\'), any::<u8>()], 0..40)) {
        let (sets, vr) = (CharacterSets::parse(DECLARATIONS[declared].as_bytes()), VRS[vr]);
        let decoded = sets.decode(&bytes, vr);
        let values = sets.split(&bytes, vr);
        prop_assert!(values.windows(2).all(|pair| pair[0].end + 1 == pair[1].start));
        prop_assert_eq!(values.last().map(|last| last.end), Some(bytes.len()));
        if decoded.issues.is_empty()
            && let Ok(again) = sets.encode(&decoded.text, vr)
        {
            prop_assert_eq!(sets.decode(&again, vr).text, decoded.text);
        }
    }

    #[test]
    fn any_declaration_is_read(value in proptest::collection::vec(any::<u8>(), 0..80)) {
        let _ = CharacterSets::parse(&value).decode(b"\xe3\x81\x82\x1b$B", Vr::LO);
    }

    #[test]
    fn cleaning_twice_is_cleaning_once(text in descriptor(), strictness in strictness()) {
        let cleaner = Cleaner::new(&identifiers(), strictness);
        for vr in [Vr::LO, Vr::LT] {
            let once = cleaner.clean(&text, vr);
            prop_assert_eq!(once.changed, once.text != text);
            let twice = cleaner.clean(&once.text, vr);
            prop_assert_eq!(twice.text, once.text);
        }
    }

    #[test]
    fn no_strong_identifier_is_left(text in descriptor(), strictness in strictness()) {
        let identifiers = identifiers();
        let cleaned = Cleaner::new(&identifiers, strictness).clean(&text, Vr::LT).text;
        let folded = fold(&cleaned);
        for spelling in identifiers.spellings().filter(|s| s.strength == Strength::Strong) {
            prop_assert!(!cleaned.contains(spelling.text));
            let needle = fold(spelling.text);
            if needle.chars().count() >= 6 {
                prop_assert!(!folded.contains(&needle));
            }
        }
    }

    #[test]
    fn findings_are_whole_characters_in_order(text in descriptor()) {
        let findings = detect::find(&text);
        prop_assert!(findings.iter().all(|f| text.get(f.range.clone()).is_some_and(|part| !part.is_empty())));
        prop_assert!(findings.windows(2).all(|pair| pair[0].range.start <= pair[1].range.start));
    }

    #[test]
    fn byte_forms_of_any_text_are_unique(text in "\\PC{0,20}") {
        let forms = encodings(&text);
        prop_assert!(forms.windows(2).all(|pair| pair[0] < pair[1]));
    }

    #[test]
    fn folding_is_idempotent(text in "\\PC{0,20}") {
        let once = fold(&text);
        prop_assert_eq!(fold(&once), once);
    }

    #[test]
    fn names_of_any_letters_can_be_added(text in "\\PC{0,40}") {
        let mut identifiers = Identifiers::new();
        for kind in Kind::ALL {
            identifiers.add_text(*kind, &text);
        }
        let _ = Cleaner::new(&identifiers, Strictness::Strict).clean(&text, Vr::LO);
    }
}
