//! Names that their surroundings give away: forms of address, and labels such as `Name:` or 氏名.

use super::{Finding, Pattern, Traits};
use crate::kind::Kind;
use crate::vocabulary::{self, Known};
use regex::Captures;
use std::sync::OnceLock;

/// Finds names beside a form of address, the form included.
pub(super) fn honorifics(text: &str, traits: Traits, findings: &mut Vec<Finding>) {
    if traits.cjk {
        japanese(text, findings);
    }
    if traits.letter {
        western(text, traits, findings);
    }
}

/// Most words that end in one of these are no names: 多様, 神殿, お客様, 皆さん.
const NO_NAMES: &[&str] = &[
    "患者",
    "家族",
    "御家族",
    "お客",
    "客",
    "皆",
    "仕",
    "同",
    "多",
    "模",
    "有",
    "異",
    "各",
    "一",
    "何",
    "奥",
    "神",
    "王",
    "御殿",
    "担当",
    "主治",
    "依頼",
    "読影",
    "放射線科",
    "紹介",
    "専門",
    "当直",
    "救急",
    "研修",
    "指導",
    "外科",
    "内科",
    "両",
    "貴",
    "摂",
    "華",
    "セ",
    "カ",
    "執刀",
];

fn japanese(text: &str, findings: &mut Vec<Finding>) {
    const FORMS: &[&str] =
        &["様", "さま", "さん", "殿", "氏", "先生", "医師", "技師", "看護師", "君", "くん", "ちゃん", "教授"];
    static PATTERN: OnceLock<Pattern> = OnceLock::new();
    let pattern = PATTERN.get_or_init(|| {
        Pattern::new(r"((?:[\p{Han}々ヶ]{1,6}|[\p{Katakana}ー]{2,12}|[A-Za-z]{2,20}|\p{Hiragana}{2,6})(?:[ ・][\p{Han}々\p{Katakana}ー\p{Hiragana}]{1,8})?) ?(様|さま|さん|殿|氏|先生|医師|技師|看護師|君|くん|ちゃん|教授)").needing(FORMS)
    });
    let Some(pattern) = pattern.for_text(text) else { return };
    for found in pattern.captures_iter(text) {
        let (Some(name), Some(form)) = (found.get(1), found.get(2)) else { continue };
        let after = text[form.end()..].chars().next();
        if is_other_word(name.as_str(), form.as_str(), after) {
            continue;
        }
        // 主治医 山田先生, 頭部山田様: words of imaging before the name stay.
        let known = vocabulary::known_prefix(name.as_str());
        if known >= name.len() {
            continue;
        }
        let start = name.start() + known;
        findings.push(Finding { range: start..form.end(), kind: Kind::Honorific, certain: true });
    }
}

fn is_other_word(name: &str, form: &str, after: Option<char>) -> bool {
    let compound = match form {
        "様" => after.is_some_and(|c| "式子相態々".contains(c)),
        "氏" => after == Some('名'),
        "殿" => after.is_some_and(|c| "部筋".contains(c)),
        "君" | "さん" => after.is_some_and(|c| "臨".contains(c)),
        _ => false,
    };
    // Hiragana and Latin letters before these are mostly the end of a sentence (たくさん).
    let hiragana =
        name.chars().all(|c| matches!(c, 'ぁ'..='ゖ')) && matches!(form, "さん" | "くん" | "君" | "殿" | "氏");
    let known = |name: &str| NO_NAMES.contains(&name) || vocabulary::lookup(name) == Some(Known::Plain);
    compound || hiragana || known(name) || name.split([' ', '・']).all(known)
}

fn western(text: &str, traits: Traits, findings: &mut Vec<Finding>) {
    static PATTERNS: OnceLock<[Pattern; 3]> = OnceLock::new();
    const NAME: &str = r"((?:[\p{Lu}][\p{L}'’-]*\.?)(?:[ ^,]{1,2}[\p{Lu}][\p{L}'’-]*\.?){0,3})";
    const TITLES: &[&str] = &["Dr", "Mr", "Ms", "Miss", "Prof", "Doctor", "Sir", "Herr", "Frau", "Mme", "Sig", "Sr"];
    const SMALL: &[&str] = &["dr.", "mr.", "mrs.", "ms.", "prof."];
    const DEGREES: &[&str] = &["MD", "M.D", "Ph", "RT", "R.T", "D.O."];
    // MR and DR alone are modalities, MS a disease: capitals need their full stop.
    let patterns = PATTERNS.get_or_init(|| {
        let [titles, small, degrees] = [
            format!(r"\b(?:Dr|Mr|Mrs|Ms|Miss|Prof|Professor|Doctor|Sir|Herr|Frau|Mme|Sig|Sra?)\b\.? ?{NAME}"),
            r"\b(?i:dr|mr|mrs|ms|prof)\. ?((?i)[\p{L}][\p{L}'’-]*(?: [\p{Lu}][\p{L}'’-]*)?)".to_owned(),
            format!(r"{NAME},? (?:M\.?D\.?|Ph\.?D\.?|R\.?T\.?\(R\)|D\.O\.)"),
        ]
        .map(Pattern::new);
        [titles.needing(TITLES), small.needing_in_any_case(SMALL), degrees.needing(DEGREES)]
    });
    for (at, pattern) in patterns.iter().enumerate() {
        if !(traits.dot || (traits.mixed && at != 1) || at == 2) {
            continue;
        }
        let Some(pattern) = pattern.for_text(text) else { continue };
        for found in pattern.captures_iter(text) {
            let (Some(all), Some(name)) = (found.get(0), found.get(1)) else { continue };
            let range = if at == 2 {
                let start = name.start() + known_words(name.as_str());
                (start < name.end()).then_some(start..all.end())
            } else {
                let length = unknown_words(name.as_str(), 4);
                (length > 0).then_some(all.start()..name.start() + length)
            };
            findings.extend(range.map(|range| Finding { range, kind: Kind::Honorific, certain: true }));
        }
    }
}

/// Labels in Japanese.
const JAPANESE_WORDS: &[&str] = &[
    "患者名",
    "患者氏名",
    "患者様",
    "お名前",
    "氏名",
    "姓名",
    "名前",
    "カナ氏名",
    "フリガナ",
    "ふりがな",
    "患者ID",
    "患者番号",
    "カルテ番号",
    "診察券番号",
    "受診番号",
    "ID番号",
    "生年月日",
    "誕生日",
    "電話番号",
    "電話",
    "携帯",
    "TEL",
    "住所",
    "連絡先",
    "勤務先",
    "職業",
    "担当医",
    "主治医",
    "依頼医",
    "紹介医",
    "執刀医",
    "検査者",
    "検者",
    "担当技師",
    "撮影技師",
    "技師",
    "撮影者",
    "操作者",
    "読影医",
    "報告医",
    "診断医",
    "紹介元",
    "病院名",
    "施設名",
    "医療機関名",
    "保険証番号",
    "被保険者番号",
    "被保険者",
    "記号番号",
    "母",
    "父",
    "妻",
    "夫",
    "長男",
    "長女",
];

/// Labels that need no colon.
const BARE: &[&str] = &["Pt", "PT", "Patient", "PATIENT", "Name", "NAME", "Operator", "OPERATOR", "Tech", "By", "by"];

/// Finds what follows a label, the label included; the first word of the vocabulary ends the value.
pub(super) fn labels(text: &str, traits: Traits, findings: &mut Vec<Finding>) {
    static PATTERNS: OnceLock<[Pattern; 3]> = OnceLock::new();
    let patterns = PATTERNS.get_or_init(|| {
        const VALUE: &str = r"([^\n\r\t,;、。|]{1,80})";
        const LATIN: &str = "patient'?s? ?name|pat\\.? ?name|full name|first name|last name|surname|given name|family name|name|nom|patient ?(?:id|no|number)|pat\\.? ?id|pid|id ?no|id|mrn|hosp(?:ital)? ?no|chart(?: ?no)?|accession(?: ?(?:no|number))?|acc ?no|dob|d\\.o\\.b\\.?|birth ?date|date of birth|born|tel|telephone|phone|mobile|cell|fax|e-?mail|address|addr|ssn|insurance(?: ?no)?|operator|performed by|physician|referred by|ref(?:erring)? (?:dr|doctor|physician)|requested by|reported by|read by|radiologist|technologist|technician|doctor|attending|pt|patient|contact|mother|father|wife|husband|daughter|son";
        let words = JAPANESE_WORDS.join("|");
        let [latin, japanese, bare] = [
            format!(r"(?i)\b(?:{LATIN}) ?[:=#] ?{VALUE}"),
            format!(r"(?:{words})(?: ?[:=は] ?| ){VALUE}"),
            r"\b(?:Pt|PT|Patient|PATIENT|Name|NAME|Operator|OPERATOR|Tech|By|by) ()".to_owned() + VALUE,
        ]
        .map(Pattern::new);
        [latin, japanese.needing(JAPANESE_WORDS), bare.needing(BARE)]
    });
    for (at, pattern) in patterns.iter().enumerate() {
        if ![traits.colon && traits.letter, traits.cjk || traits.letter, traits.mixed][at] {
            continue;
        }
        let Some(pattern) = pattern.for_text(text) else { continue };
        for found in pattern.captures_iter(text) {
            findings.extend(labelled(&found, at == 2));
        }
    }
}

/// Returns the finding of a label; `bare` labels have no colon and need a value that looks like a name.
fn labelled(found: &Captures<'_>, bare: bool) -> Option<Finding> {
    let label = found.get(0)?;
    let value = found.get(found.len() - 1)?;
    let length = unknown_words(value.as_str(), if bare { 2 } else { 4 });
    let first = value.as_str().chars().next()?;
    if length == 0 || (bare && !(first.is_uppercase() && value.as_str()[..length].chars().any(char::is_lowercase))) {
        return None;
    }
    let start = if bare { value.start() } else { label.start() };
    Some(Finding { range: start..value.start() + length, kind: Kind::Labelled, certain: !bare })
}

/// Returns the length in bytes of the leading words that the vocabulary doesn't have.
///
/// After a label even a number is a value, and a word that may be a name is one.
fn unknown_words(text: &str, most: usize) -> usize {
    let (mut at, mut end) = (0, 0);
    for (count, word) in text.split_inclusive([' ', '^']).enumerate() {
        let bare = word.trim_end_matches([' ', '^']);
        let plain = vocabulary::lookup(bare) == Some(Known::Plain) && !bare.is_empty();
        let measure = count > 0 && vocabulary::is_technical(bare);
        if plain || measure || count >= most {
            break;
        }
        at += word.len();
        if !bare.is_empty() {
            end = at - (word.len() - bare.len());
        }
    }
    end
}

/// Returns the length in bytes of the leading words that the vocabulary has.
fn known_words(text: &str) -> usize {
    let mut at = 0;
    for word in text.split_inclusive([' ', '^']) {
        if vocabulary::lookup(word.trim_end()) != Some(Known::Plain) {
            break;
        }
        at += word.len();
    }
    at
}
