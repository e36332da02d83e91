//! What holds for attributes that no table lists.

use crate::compile::Entry;
use crate::decision::{CleanAs, Layer, Rule};
use crate::option_cell;
use crate::policy::{Policy, UnlistedText};
use std::collections::BTreeSet;
use tokumei_core::{ActionCode, OptionName, TableCode, Tag};
use tokumei_standard as standard;

/// One entry for each kind of unlisted attribute.
#[derive(Clone, Debug)]
pub(crate) struct Fallbacks {
    pub group_length: Entry,
    pub private: Entry,
    pub overlay_plane: Entry,
    pub file_meta: Entry,
    pub misplaced: Entry,
    pub unknown: Entry,
    pub unlisted: Entry,
    pub structural: Entry,
    pub uid: Entry,
    pub address: Entry,
    pub person: Entry,
    pub date: Entry,
    pub text: Entry,
    pub vocabulary: Entry,
    pub required_text: Entry,
}

impl Fallbacks {
    pub(crate) fn new(options: &BTreeSet<OptionName>, policy: &Policy) -> Fallbacks {
        use ActionCode::{C, K, U, X};
        let private = standard::row(Tag(0x0009, 0x1001)).expect("the table has a row of private attributes");
        let graphics = standard::row(Tag(0x6000, 0x3000)).expect("the table has a row of overlay data");
        let overlay = option_cell::decide(graphics, options, policy);
        let plane = match overlay.code {
            TableCode::Plain(C) => Some(CleanAs::Graphics),
            _ => None,
        };
        let (text, clean) = match policy.unlisted_text {
            UnlistedText::Keep => (K, None),
            UnlistedText::Scrub | UnlistedText::Clean => (C, Some(CleanAs::UnlistedText)),
            UnlistedText::Remove => (X, None),
        };
        let uid = if options.contains(&OptionName::RetainUids) { K } else { U };
        let (date, shifted) = date(options);
        Fallbacks {
            group_length: standing("default/group-length", X, None, GROUP_LENGTH),
            private: option_cell::decide(private, options, policy),
            overlay_plane: Entry { code: overlay.code, ..beyond("beyond/overlay-plane", X, plane, OVERLAY) },
            file_meta: beyond("beyond/file-meta", X, None, FILE_META),
            misplaced: beyond("beyond/misplaced-group", X, None, MISPLACED),
            unknown: standing("default/unknown-attribute", X, None, UNKNOWN),
            unlisted: standing("default/unlisted", K, None, UNLISTED),
            structural: beyond("beyond/uid-structural", K, None, STRUCTURAL),
            uid: beyond("beyond/uid-instance", uid, None, UID),
            address: beyond("beyond/address", X, None, ADDRESS),
            person: beyond("beyond/person-name", X, None, PERSON),
            date: beyond("beyond/date", date, shifted, DATE),
            text: beyond("beyond/text-unlisted", text, clean, TEXT),
            vocabulary: beyond("beyond/vocabulary", K, None, VOCABULARY),
            required_text: beyond("beyond/text-required", C, Some(CleanAs::UnlistedText), REQUIRED),
        }
    }
}

/// Unlisted dates follow the Option of their listed neighbours.
fn date(options: &BTreeSet<OptionName>) -> (ActionCode, Option<CleanAs>) {
    if options.contains(&OptionName::RetainLongModifiedDates) {
        (ActionCode::C, Some(CleanAs::Date))
    } else if options.contains(&OptionName::RetainLongFullDates) {
        (ActionCode::K, None)
    } else {
        (ActionCode::X, None)
    }
}

fn standing(id: &str, code: ActionCode, clean: Option<CleanAs>, why: [&str; 3]) -> Entry {
    let [en, ja, clause] = why.map(str::to_owned);
    let rule =
        Rule { id: id.to_owned(), layer: Layer::Standard, option: None, clean, reason_en: en, reason_ja: ja, clause };
    Entry { code: TableCode::Plain(code), rule }
}

fn beyond(id: &str, code: ActionCode, clean: Option<CleanAs>, why: [&str; 3]) -> Entry {
    let mut entry = standing(id, code, clean, why);
    entry.rule.layer = Layer::Beyond;
    entry
}

const GROUP_LENGTH: [&str; 3] = [
    "group lengths are retired and would no longer be true",
    "グループ長は廃止されており、変更後は正しくなくなる",
    "PS3.5 2026d 7.2",
];
const OVERLAY: [&str; 3] = [
    "an overlay plane without its data breaks the module: the plane goes as a whole",
    "データのないオーバーレイプレーンはモジュールを壊すため、プレーン全体を扱う",
    "PS3.15 2026d Table E.1-1; PS3.3 2026b C.9.2",
];
const FILE_META: [&str; 3] =
    ["file meta information is rebuilt, never copied", "ファイルメタ情報は複写せず作り直す", "PS3.15 2026d E.1.1"];
const MISPLACED: [&str; 3] = [
    "elements of commands and directories have no place in a data set",
    "コマンドおよびディレクトリの要素はデータセットに属さない",
    "PS3.15 2026d E.1.1; PS3.5 2026d 7.1",
];
const UNKNOWN: [&str; 3] = [
    "no attribute of the data dictionary: what is not understood does not pass",
    "データ辞書にない属性。理解できないものは通さない",
    "PS3.6 2026c",
];
const UNLISTED: [&str; 3] = [
    "no row speaks of it and its value representation carries no identity",
    "表に行がなく、値表現からも識別につながらない",
    "PS3.15 2026d Table E.1-1",
];
const STRUCTURAL: [&str; 3] = [
    "names a definition, not an instance; replacing it would make the data set unreadable",
    "インスタンスではなく定義を示す UID。置き換えるとデータが読めなくなる",
    "PS3.15 2026d E.3.9",
];
const UID: [&str; 3] = [
    "names an instance and has no row: a new UID, the same wherever the old one occurs",
    "インスタンスを示すが表に行がない UID。どこでも同じ新しい UID に置き換える",
    "PS3.15 2026d E.1.1, E.3.9",
];
const ADDRESS: [&str; 3] = [
    "an address can hold host names and original UIDs, and has no row",
    "アドレスはホスト名や元の UID を含みうるが、表に行がない",
    "PS3.15 2026d E.1.1",
];
const PERSON: [&str; 3] =
    ["names a person and has no row", "人名であるが、表に行がない", "PS3.15 2026d E.1.1; APPI Rules Art. 31(i), 34(i)"];
const DATE: [&str; 3] = [
    "a date or time without a row, treated as its listed neighbours",
    "表に行のない日時。表にある同種の日時と同じ扱いにする",
    "PS3.15 2026d E.3.6",
];
const TEXT: [&str; 3] = [
    "text without a row can hold anything that was typed",
    "表に行のないテキスト。入力された任意の内容を含みうる",
    "PS3.15 2026d E.1.1, E.3.5",
];
const VOCABULARY: [&str; 3] = [
    "a word of a fixed vocabulary, without which coded entries break",
    "定められた語彙の語。これがないと符号化された項目が壊れる",
    "PS3.3 2026b 8; PS3.15 2026d E.3.5",
];
const REQUIRED: [&str; 3] = [
    "text without a row that IODs require: cleaned, never removed",
    "表に行がないが IOD が求めるテキスト。削除せず清浄化する",
    "PS3.3 2026b 8; PS3.15 2026d E.3.5",
];
