//! The byte examples of PS3.5 2026d, Annexes H, I, J and K, and what else the bytes of text can do.

use super::*;

/// Decodes without an issue to `text`, and encodes `text` to the same bytes.
fn both_ways(declared: &[u8], vr: Vr, bytes: &[u8], text: &str) {
    let sets = CharacterSets::parse(declared);
    let decoded = sets.decode(bytes, vr);
    assert_eq!(decoded.text, text);
    assert_eq!(decoded.issues, Issues::none(), "{text}");
    assert_eq!(sets.encode(text, vr).as_deref(), Ok(bytes), "{text}");
}

#[test]
fn annex_h_3_1_three_groups_under_ir_87() {
    both_ways(
        b"\\ISO 2022 IR 87",
        Vr::PN,
        b"Yamada^Tarou=\x1b$B;3ED\x1b(B^\x1b$BB@O:\x1b(B=\x1b$B$d$^$@\x1b(B^\x1b$B$?$m$&\x1b(B",
        "Yamada^Tarou=山田^太郎=やまだ^たろう",
    );
}

#[test]
fn annex_h_3_2_three_groups_under_ir_13_and_ir_87() {
    both_ways(
        b"ISO 2022 IR 13\\ISO 2022 IR 87",
        Vr::PN,
        b"\xd4\xcf\xc0\xde^\xc0\xdb\xb3=\x1b$B;3ED\x1b(J^\x1b$BB@O:\x1b(J=\x1b$B$d$^$@\x1b(J^\x1b$B$?$m$&\x1b(J",
        "ﾔﾏﾀﾞ^ﾀﾛｳ=山田^太郎=やまだ^たろう",
    );
}

#[test]
fn annex_i_2_korean_name() {
    both_ways(
        b"\\ISO 2022 IR 149",
        Vr::PN,
        b"Hong^Gildong=\x1b$)C\xfb\xf3^\x1b$)C\xd1\xce\xd4\xd7=\x1b$)C\xc8\xab^\x1b$)C\xb1\xe6\xb5\xbf",
        "Hong^Gildong=洪^吉洞=홍^길동",
    );
}

#[test]
fn annex_i_3_korean_lines() {
    both_ways(
        b"\\ISO 2022 IR 149",
        Vr::LT,
        b"\x1b$)CThe first line includes \xc7\xd1\xb1\xdb.\r\n\x1b$)CThe second line includes \xc7\xd1\xb1\xdb, too.\r\nThe third line",
        "The first line includes 한글.\r\nThe second line includes 한글, too.\r\nThe third line",
    );
}

#[test]
fn annex_j_1_utf8_name() {
    both_ways(b"ISO_IR 192", Vr::PN, b"Wang^XiaoDong=\xe7\x8e\x8b^\xe5\xb0\x8f\xe6\x9d\xb1=", "Wang^XiaoDong=王^小東=");
}

#[test]
fn annex_j_2_utf8_lines() {
    both_ways(
        b"ISO_IR 192",
        Vr::LT,
        b"The first line includes\xe4\xb8\xad\xe6\x96\x87.\r\nThe second line includes\xe4\xb8\xad\xe6\x96\x87, too.\r\nThe third line.\r\n",
        "The first line includes中文.\r\nThe second line includes中文, too.\r\nThe third line.\r\n",
    );
}

#[test]
fn annex_j_3_gb18030_name() {
    both_ways(b"GB18030", Vr::PN, b"Wang^XiaoDong=\xcd\xf5^\xd0\xa1\xb6\xab=", "Wang^XiaoDong=王^小东=");
    both_ways(b"GBK", Vr::PN, b"Wang^XiaoDong=\xcd\xf5^\xd0\xa1\xb6\xab=", "Wang^XiaoDong=王^小东=");
}

#[test]
fn annex_j_4_gb18030_lines() {
    both_ways(
        b"GB18030",
        Vr::LT,
        b"The first line includes\xd6\xd0\xce\xc4.\r\nThe second line includes\xd6\xd0\xce\xc4, too.\r\nThe third line.\r\n",
        "The first line includes中文.\r\nThe second line includes中文, too.\r\nThe third line.\r\n",
    );
}

#[test]
fn annex_k_2_chinese_name_under_ir_58() {
    let bytes = b"Zhang^XiaoDong=\x1b$)A\xd5\xc5^\x1b$)A\xd0\xa1\xb6\xab=";
    both_ways(b"\\ISO 2022 IR 58", Vr::PN, bytes, "Zhang^XiaoDong=张^小东=");
    // The example pads its value with a space.
    let padded = CharacterSets::parse(b"\\ISO 2022 IR 58").decode(&[&bytes[..], b" "].concat(), Vr::PN);
    assert_eq!((padded.text.as_str(), padded.issues), ("Zhang^XiaoDong=张^小东= ", Issues::none()));
}

#[test]
fn annex_k_3_chinese_lines_under_ir_58() {
    both_ways(
        b"\\ISO 2022 IR 58",
        Vr::LT,
        b"1.\x1b$)A\xb5\xda\xd2\xbb\xd0\xd0\xce\xc4\xd7\xd6\xa1\xa3\r\n\
          2.\x1b$)A\xb5\xda\xb6\xfe\xd0\xd0\xce\xc4\xd7\xd6\xa1\xa3\r\n\
          3.\x1b$)A\xb5\xda\xc8\xfd\xd0\xd0\xce\xc4\xd7\xd6\xa1\xa3\r\n",
        "1.第一行文字。\r\n2.第二行文字。\r\n3.第三行文字。\r\n",
    );
}

#[test]
fn chinese_lines_of_earlier_editions_are_read_too() {
    let sets = CharacterSets::parse(b"\\ISO 2022 IR 58");
    // PS3.5 2015c, K.3: back to ASCII before the end of a line, and other writers designate at its head.
    for bytes in [&b"1.\x1b$)A\xb5\xda\xd2\xbb\xd0\xd0\x1b(B\r\n2."[..], b"\x1b$)A1.\xb5\xda\xd2\xbb\xd0\xd0\r\n2."] {
        let decoded = sets.decode(bytes, Vr::LT);
        assert_eq!((decoded.text.as_str(), decoded.issues), ("1.第一行\r\n2.", Issues::none()));
    }
}

#[test]
fn japanese_words_survive_every_japanese_arrangement() {
    let words = ["山本", "日本病院", "表", "ソ", "能", "竹", "コーポ―", "太郎", "森鷗外"];
    for declared in [
        "\\ISO 2022 IR 87",
        "ISO 2022 IR 6\\ISO 2022 IR 87",
        "ISO 2022 IR 13\\ISO 2022 IR 87",
        "\\ISO 2022 IR 13\\ISO 2022 IR 87",
        "\\ISO 2022 IR 87\\ISO 2022 IR 159",
        "ISO 2022 IR 13\\ISO 2022 IR 87\\ISO 2022 IR 159",
        "ISO 2022 IR 100\\ISO 2022 IR 87",
        "ISO_IR 192",
        "GB18030",
    ] {
        let sets = CharacterSets::parse(declared.as_bytes());
        // 鷗 is a character of JIS X 0212 alone.
        let has_all = ["159", "192", "GB"].iter().any(|set| declared.contains(set));
        for vr in [Vr::PN, Vr::LO, Vr::LT] {
            for word in words {
                if word.contains('鷗') && !has_all {
                    assert!(sets.encode(word, vr).is_err(), "{declared}");
                    continue;
                }
                let text = format!("{word}CT{word}");
                let bytes = sets.encode(&text, vr).expect("declared");
                assert_eq!(sets.decode(&bytes, vr).text, text, "{declared}");
                assert_eq!(sets.split(&bytes, vr).len(), 1, "{declared} {word}");
            }
        }
    }
}

#[test]
fn japanese_words_have_the_bytes_of_their_standards() {
    // JIS X 0208: 山 3B33 本 4B5C 日 467C 病 4942 院 3121 表 493D ソ 253D 能 473D; JIS X 0212: 鷗 6C3F.
    for (text, escaped) in [
        ("山本", &b"\x1b$B;3K\\"[..]),
        ("日本病院", b"\x1b$BF|K\\IB1!"),
        ("表", b"\x1b$BI="),
        ("ソ", b"\x1b$B%="),
        ("能", b"\x1b$BG="),
        ("森鷗外", b"\x1b$B?9\x1b$(Dl?\x1b$B30"),
    ] {
        for (declared, back) in [
            (&b"\\ISO 2022 IR 87\\ISO 2022 IR 159"[..], &b"\x1b(B"[..]),
            (b"ISO 2022 IR 6\\ISO 2022 IR 87\\ISO 2022 IR 159", b"\x1b(B"),
            (b"ISO 2022 IR 13\\ISO 2022 IR 87\\ISO 2022 IR 159", b"\x1b(J"),
            (b"ISO 2022 IR 100\\ISO 2022 IR 87\\ISO 2022 IR 159", b"\x1b(B"),
        ] {
            for vr in [Vr::PN, Vr::LO, Vr::LT] {
                both_ways(declared, vr, &[escaped, back].concat(), text);
            }
        }
        both_ways(b"ISO_IR 192", Vr::LO, text.as_bytes(), text);
    }
}

#[test]
fn supplementary_kanji_need_ir_159() {
    both_ways(
        b"\\ISO 2022 IR 87\\ISO 2022 IR 159",
        Vr::PN,
        b"Mori^Ogai=\x1b$B?9\x1b(B^\x1b$(Dl?\x1b$B30\x1b(B",
        "Mori^Ogai=森^鷗外",
    );
    let sets = CharacterSets::parse(b"\\ISO 2022 IR 87");
    assert_eq!(sets.encode("森^鷗外", Vr::PN), Err(Unencodable { position: 2 }));
}

#[test]
fn half_width_katakana_are_invoked_where_they_are_not_initial() {
    both_ways(b"\\ISO 2022 IR 13\\ISO 2022 IR 87", Vr::LO, b"\x1b)I\xd4\xcf", "ﾔﾏ");
}

#[test]
fn a_backslash_byte_inside_a_pair_separates_nothing() {
    let sets = CharacterSets::parse(b"\\ISO 2022 IR 87");
    let bytes = b"\x1b$B;3K\\\x1b(B\\\x1b$BF|K\\\x1b(B";
    assert_eq!(sets.split(bytes, Vr::LO), [0..10, 11..21]);
    assert_eq!(sets.decode(bytes, Vr::LO).text, "山本\\日本");
    assert_eq!(CharacterSets::parse(b"GB18030").split(b"\x81\\\\a", Vr::LO), [0..2, 3..4]);
    assert_eq!(sets.split(b"a\\b", Vr::LT).first(), Some(&(0..3)));
}

#[test]
fn sets_are_initial_again_after_a_delimiter() {
    let sets = CharacterSets::parse(b"ISO 2022 IR 100\\ISO 2022 IR 126");
    let bytes = b"\x1b-F\xc4\xe9\x1b-A\\\xc4\xe9";
    assert_eq!(sets.decode(bytes, Vr::LO).text, "Δι\\Äé");
    assert_eq!(sets.encode("Δι\\Äé", Vr::LO).as_deref(), Ok(&bytes[..]));
    // In a name the components end the reach of a set; in other text the same characters do not.
    assert_eq!(sets.decode(b"\x1b-F\xc4^\xc4", Vr::PN).text, "Δ^Ä");
    assert_eq!(sets.decode(b"\x1b-F\xc4^\xc4", Vr::LO).text, "Δ^Δ");
}

#[test]
fn single_byte_sets_have_their_letters() {
    both_ways(b"ISO_IR 100", Vr::PN, b"Buc^J\xe9r\xf4me", "Buc^Jérôme");
    both_ways(b"ISO_IR 101", Vr::PN, b"W\xb3odzimierz", "Włodzimierz");
    both_ways(b"ISO_IR 144", Vr::PN, b"\xbb\xee\xdace\xdc\xd1yp\xd3", "Люкceмбypг");
    both_ways(b"ISO_IR 127", Vr::PN, b"\xe2\xc8\xc7\xe6\xea^\xe4\xe6\xd2\xc7\xd1", "قباني^لنزار");
    both_ways(b"ISO_IR 126", Vr::PN, b"\xc4\xe9\xef\xed\xf5\xf3\xe9\xef\xf2", "Διονυσιος");
    both_ways(b"ISO_IR 138", Vr::PN, b"\xf9\xf8\xe5\xef^\xe3\xe1\xe5\xf8\xe4", "שרון^דבורה");
    both_ways(b"ISO_IR 148", Vr::PN, b"\xc7avu\xfeo\xf0lu", "Çavuşoğlu");
    both_ways(b"ISO_IR 203", Vr::LO, b"\xa4 \xbd", "€ œ");
    both_ways(b"ISO_IR 166", Vr::LO, b"\xca\xc1\xa4\xc7\xd2\xc1", "สมความ");
    both_ways(b"ISO_IR 13", Vr::LT, b"\xd4\xcf \x5c100", "ﾔﾏ ¥100");
}

#[test]
fn mislabelled_bytes_are_read_as_what_they_are() {
    let names = [("ISO_IR 100", "Latin-1"), ("", "none"), ("\\ISO 2022 IR 87", "IR 87"), ("ISO_IR 13", "IR 13")];
    for (declared, _) in names {
        let sets = CharacterSets::parse(declared.as_bytes());
        let shift_jis = sets.decode(b"\x8e\x52\x93\x63^\x91\xbe\x98\x59", Vr::PN);
        assert_eq!(shift_jis.text, "山田^太郎", "{declared}");
        assert!(shift_jis.issues.contains(Issue::SniffedShiftJis));
        // 表 and ソ end in 0x5C.
        assert_eq!(sets.split(b"\x95\x5c\\\x83\x5c", Vr::LO), [0..2, 3..5], "{declared}");
    }
    for declared in ["ISO_IR 100", "", "\\ISO 2022 IR 87"] {
        let sets = CharacterSets::parse(declared.as_bytes());
        let euc = sets.decode(b"\xbb\xb3\xc5\xc4^\xc2\xc0\xcf\xba", Vr::PN);
        assert_eq!((euc.text.as_str(), euc.issues.contains(Issue::SniffedEucJp)), ("山田^太郎", true), "{declared}");
        let utf8 = sets.decode("山田^太郎".as_bytes(), Vr::PN);
        assert_eq!((utf8.text.as_str(), utf8.issues.contains(Issue::SniffedUtf8)), ("山田^太郎", true), "{declared}");
    }
    let latin = CharacterSets::default_repertoire().decode(b"M\xfcller", Vr::PN);
    assert_eq!((latin.text.as_str(), latin.issues.contains(Issue::SniffedLatin1)), ("Müller", true));
}

#[test]
fn escapes_are_followed_where_no_code_extensions_are_declared() {
    for declared in ["ISO_IR 192", "GB18030", "ISO_IR 100", ""] {
        let decoded = CharacterSets::parse(declared.as_bytes()).decode(b"\x1b$B;3K\\\x1b(B", Vr::LO);
        assert_eq!((decoded.text.as_str(), decoded.issues), ("山本", Issue::UndeclaredEscape.into()), "{declared}");
    }
}

#[test]
fn true_latin_text_is_not_taken_for_japanese() {
    let sets = CharacterSets::parse(b"ISO_IR 100");
    for (bytes, text) in [
        (&b"J\xe9r\xf4me"[..], "Jérôme"),
        (b"\xc5se \xd8ster\xe5", "Åse Østerå"),
        (b"M\xdcLLER^B\xc4\xdf", "MÜLLER^BÄß"),
        (b"cr\xe9\xe9e", "créée"),
    ] {
        let decoded = sets.decode(bytes, Vr::PN);
        assert_eq!((decoded.text.as_str(), decoded.issues), (text, Issues::none()));
    }
}

#[test]
fn broken_bytes_are_told_and_never_kept() {
    let sets = CharacterSets::parse(b"\\ISO 2022 IR 87");
    let cut = sets.decode(b"\x1b$B;3E", Vr::LO);
    assert_eq!((cut.text.as_str(), cut.issues.contains(Issue::Undecodable)), ("山\u{FFFD}", true));
    let unknown = sets.decode(b"a\x1b$)Zb", Vr::LO);
    assert_eq!((unknown.text.as_str(), unknown.issues.contains(Issue::IllegalEscape)), ("a\u{FFFD}b", true));
    assert!(sets.decode(b"\x1b$(Dl?\x1b(B", Vr::LO).issues.contains(Issue::UndeclaredEscape));
    assert!(sets.decode(b"a\x07", Vr::LO).issues.contains(Issue::Control));
    assert!(sets.decode(b"a\r\nb", Vr::LO).issues.contains(Issue::Control));
    assert!(sets.decode(b"a\r\nb", Vr::LT).issues.is_empty());
    assert!(sets.decode(b"AB\0", Vr::LO).issues.contains(Issue::NulPadding));
    assert_eq!(sets.decode(b"AB\0", Vr::LO).text, "AB");
}

#[test]
fn code_strings_hold_the_default_repertoire_only() {
    let sets = CharacterSets::utf8();
    assert!(sets.encode("胸部", Vr::CS).is_err());
    assert!(sets.decode("胸部".as_bytes(), Vr::CS).issues.contains(Issue::OutsideRepertoire));
}

#[test]
fn plain_bytes_are_read_as_by_the_long_way_under_every_declaration() {
    let declared: [&[u8]; 14] = [
        b"",
        b"ISO_IR 6",
        b"ISO_IR 13",
        b"ISO 2022 IR 13\\ISO 2022 IR 87",
        b"\\ISO 2022 IR 87\\ISO 2022 IR 159",
        b"\\ISO 2022 IR 149",
        b"\\ISO 2022 IR 58",
        b"ISO_IR 100",
        b"ISO 2022 IR 100\\ISO 2022 IR 144",
        b"ISO_IR 166",
        b"ISO_IR 192",
        b"GB18030",
        b"GBK",
        b"Shift_JIS",
    ];
    for declared in declared {
        let sets = CharacterSets::parse(declared);
        for vr in [Vr::PN, Vr::LO, Vr::LT, Vr::UN, Vr::CS] {
            for pair in 0..1_u16 << 14 {
                let pair = [(pair >> 7) as u8, pair as u8 & 0x7F];
                for bytes in [&pair[..], &pair[..1], &[b' ', pair[0], pair[1], b'A', b' ', 0]] {
                    let Some(short) = plain(sets.scheme, bytes) else { continue };
                    let (scheme, sniffed) = sniff::scheme(sets.scheme, bytes, vr);
                    let long = decode::decode(scheme, bytes, vr);
                    assert_eq!((short, Issues::none()), (&*long.text, long.issues.union(sniffed)), "{bytes:02X?}");
                }
            }
        }
    }
}

#[test]
fn debug_shows_no_text() {
    let decoded = CharacterSets::utf8().decode("Gizmo^Zed".as_bytes(), Vr::PN);
    assert!(!format!("{decoded:?}").contains("Gizmo"));
}
