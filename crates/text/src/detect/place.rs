//! Places: Japanese and western addresses, hospitals and other institutions.

use super::{Border, Finding, Pattern, Rule, Traits};
use crate::kind::Kind;
use crate::vocabulary::{self, Known};
use std::sync::OnceLock;

const PREFECTURES: &str = "北海道|青森県|岩手県|宮城県|秋田県|山形県|福島県|茨城県|栃木県|群馬県|埼玉県|千葉県|東京都|神奈川県|新潟県|富山県|石川県|福井県|山梨県|長野県|岐阜県|静岡県|愛知県|三重県|滋賀県|京都府|大阪府|兵庫県|奈良県|和歌山県|鳥取県|島根県|岡山県|広島県|山口県|徳島県|香川県|愛媛県|高知県|福岡県|佐賀県|長崎県|熊本県|大分県|宮崎県|鹿児島県|沖縄県";

pub(super) fn rules() -> &'static [Rule] {
    static RULES: OnceLock<Vec<Rule>> = OnceLock::new();
    RULES.get_or_init(|| [japanese(), western()].into_iter().flatten().collect())
}

fn japanese() -> Vec<Rule> {
    let cjk: fn(Traits) -> bool = |traits| traits.cjk;
    let address = |pattern: &str| Rule::new(pattern, Kind::Address, Border::Free).needing(cjk);
    vec![
        address(&format!(
            r"(?:{PREFECTURES}) ?(?:[\p{{Han}}ヶケがのノツッ]{{1,8}}?[市区町村郡])?[\p{{Han}}\p{{Hiragana}}\p{{Katakana}}ー]{{0,20}}(?:[\d一二三四五六七八九十]+(?:丁目|番地?|号|の|-)?){{0,6}}(?:号室?)?"
        )),
        address(r"[\p{Han}ヶケがのノツッ]{1,7}[市区町村郡][\p{Han}\p{Hiragana}\p{Katakana}ー]{0,15}\d+(?:(?:丁目|番地?|号|の|-)\d*){0,6}").checked(is_address),
        address(r"[\p{Han}\p{Katakana}ー]{0,10}[\d一二三四五六七八九十]{1,3}丁目(?:[\d-]+(?:番地?|号)?){0,4}"),
        address(r"\d+番地?(?:の ?\d+)?(?: ?\d+号)"),
        address(r"\d+番地(?:の ?\d+)?"),
    ]
}

fn western() -> Vec<Rule> {
    let both: fn(Traits) -> bool = |traits| traits.digit && traits.letter;
    let address = |pattern: &str| Rule::new(pattern, Kind::Address, Border::Word).needing(both);
    vec![
        address(
            r"\d{1,5}[A-Za-z]? (?:[A-Z][A-Za-z'.-]* ){1,4}(?:Street|St|Road|Rd|Avenue|Ave|Lane|Ln|Boulevard|Blvd|Drive|Court|Square|Terrace|Highway|Parkway|Way|STREET|ROAD|AVENUE|LANE|BOULEVARD|DRIVE|SQUARE|TERRACE|HIGHWAY)\b\.?",
        ),
        address(
            r"[A-Z]\p{L}{2,30}(?:straat|straße|strasse|gasse|laan|plein|gracht|kade|gatan|veien|vej) \d{1,5}[A-Za-z]?",
        )
        .with_words(&["str", "gasse", "laan", "plein", "gracht", "kade", "gatan", "vei", "vej"]),
        address(
            r"(?:Rue|Avenue|Via|Calle|Rua|Piazza|Place) (?:de |du |des |la |le |della |del )*[A-Z]\p{L}+,? \d{1,5}",
        )
        .with_words(&["Rue", "Avenue", "Via", "Calle", "Rua", "Pia", "Place"]),
        address(r"\d{1,5},? (?i:rue|avenue|boulevard|place) (?:de |du |des |la |le )*\p{L}+")
            .with_words_in_any_case(&["rue", "avenue", "boulevard", "place"]),
        address(r"(?i:P\.? ?O\.? ?Box) \d+").with_words_in_any_case(&["box"]),
    ]
}

fn is_address(text: &str) -> bool {
    // 1区域, 2部区: a border character inside a word of anatomy is no town.
    let head: String = text.chars().take_while(|c| !c.is_ascii_digit()).collect();
    vocabulary::lookup(&head).is_none() && !head.contains("区域")
}

/// Finds institutions by the word that says what they are, with what stands before it.
pub(super) fn institutions(text: &str, traits: Traits, findings: &mut Vec<Finding>) {
    if traits.cjk {
        japanese_institutions(text, findings);
    }
    if traits.letter {
        western_institutions(text, findings);
    }
}

/// Stems that say no more than the suffix itself.
const NO_NAMES: &[&str] = &[
    "当",
    "他",
    "前",
    "近",
    "同",
    "各",
    "本",
    "総合",
    "大学",
    "医療",
    "紹介",
    "紹介元",
    "専門",
    "救急",
    "基幹",
    "地域",
    "関連",
    "健診",
    "検診",
];

/// Letters of the scripts that names of places are written in, for a class of a pattern. The class of all letters has
/// hundreds of ranges, and to compile the pattern with it takes longer than to de-identify many instances.
const LETTERS: &str = concat!(
    r"A-Za-z\u{AA}\u{B5}\u{BA}\u{C0}-\u{D6}\u{D8}-\u{F6}\u{F8}-\u{2C1}\u{370}-\u{37D}\u{37F}-\u{1FFF}\u{3005}-\u{3007}",
    r"\u{3041}-\u{3096}\u{30A1}-\u{30FA}\u{30FC}-\u{30FE}\u{3400}-\u{4DBF}\u{4E00}-\u{9FFF}\u{AC00}-\u{D7A3}",
    r"\u{F900}-\u{FAFF}\u{FF21}-\u{FF3A}\u{FF41}-\u{FF5A}\u{FF66}-\u{FF9D}\u{20000}-\u{3FFFF}",
);

fn japanese_institutions(text: &str, findings: &mut Vec<Finding>) {
    const WORDS: &[&str] =
        &["病院", "医院", "クリニック", "診療所", "大学", "療養所", "保健所", "研究所", "センター", "療育園", "産院"];
    static PATTERN: OnceLock<Pattern> = OnceLock::new();
    let pattern = PATTERN.get_or_init(|| {
        Pattern::new(r"((?:[\p{Han}\p{Katakana}ー々・A-Za-z]|\p{Hiragana}{2,8}?)+?)(?:(?:大学|医科大学|総合|中央|記念|附属|付属|医学部|医療|市民|県立|市立)*(?:病院|医院|クリニック|診療所|医療センター|大学|療養所|保健所|研究所|センター|療育園|産院))+").needing(WORDS)
    });
    let Some(pattern) = pattern.for_text(text) else { return };
    for found in pattern.captures_iter(text) {
        let (Some(all), Some(stem)) = (found.get(0), found.get(1)) else { continue };
        let stem_text = stem.as_str().trim_start_matches(['・', 'ー']);
        if NO_NAMES.contains(&stem_text) || vocabulary::lookup(stem_text) == Some(Known::Plain) {
            continue;
        }
        let known = vocabulary::known_prefix(stem.as_str());
        if known < stem.len() {
            findings.push(Finding { range: all.start() + known..all.end(), kind: Kind::Institution, certain: true });
        }
    }
}

fn western_institutions(text: &str, findings: &mut Vec<Finding>) {
    const WORDS: &[&str] = &[
        "pital",
        "clinic",
        "infirmary",
        "cent",
        "universit",
        "institute",
        "klinikum",
        "krankenhaus",
        "ospedale",
        "hospice",
        "sanatorium",
        "college",
        "byoin",
    ];
    static PATTERN: OnceLock<Pattern> = OnceLock::new();
    let pattern = PATTERN.get_or_init(|| {
        Pattern::new(format!(r"((?:[{LETTERS}0-9][{LETTERS}0-9０-９'.&-]*[ _^]{{1,2}}){{0,6}})\b((?i:hospitals?|clinics?|infirmary|medical cent(?:er|re)|health cent(?:er|re)|cent(?:er|re)|university|universität|universite|institute|klinikum|krankenhaus|h[oô]pital|ospedale|polyclinic|hospice|sanatorium|college|byoin))\b((?i: (?:of|de|di|do|for) (?:the )?)[{LETTERS}][{LETTERS}'-]*(?: [A-Z][{LETTERS}'-]*)?)?")).needing_in_any_case(WORDS)
    });
    let Some(pattern) = pattern.for_text(text) else { return };
    for found in pattern.captures_iter(text) {
        let (Some(all), Some(before)) = (found.get(0), found.get(1)) else { continue };
        let start = before.start() + useful_prefix(before.as_str());
        let after = found.get(3);
        let names_after = after.is_some_and(|of| {
            of.as_str().split(' ').any(is_no_word) && of.as_str().contains(|c: char| c.is_uppercase())
        });
        if start == before.end() && !names_after {
            continue;
        }
        let end = if names_after { all.end() } else { found.get(2).map_or(all.end(), |word| word.end()) };
        findings.push(Finding { range: start..end, kind: Kind::Institution, certain: true });
    }
}

/// Returns how many bytes at the start are words of the vocabulary and thus not part of a name.
fn useful_prefix(text: &str) -> usize {
    let mut end = 0;
    for word in text.split_inclusive([' ', '_', '^']) {
        if is_no_word(word.trim_end_matches([' ', '_', '^'])) {
            break;
        }
        end += word.len();
    }
    end
}

fn is_no_word(word: &str) -> bool {
    !word.is_empty() && vocabulary::lookup(word) != Some(Known::Plain) && !vocabulary::is_technical(word)
}
