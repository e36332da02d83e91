//! The conformance statement of a profile, printed from its tables.

use crate::policy::{
    Age, BurnedIn, Dates, Documents, Faces, Graphics, KeyPolicy, PatientName, Private, References, SizeWeight,
    Structured, TextPolicy, TextSearch, Times, UnlistedText,
};
use crate::profile::Profile;
use crate::show::{ShownRow, kept_private, show};
use crate::text::Lang;
use crate::words::option_title;
use std::fmt::Write as _;
use tokumei_core::OptionName;

/// Writes the conformance statement of a profile as Markdown.
///
/// It says which attributes are removed and replaced, how dummies are made, how far references hold, what is inserted,
/// which Options are carried out and how, which private attributes stay, and which edition holds.
///
/// # Standard
/// PS3.15 2026d, E.1.1 to E.3.11; PS3.2 2026d asks for such a statement.
pub fn conformance(profile: &Profile, lang: Lang) -> String {
    let mut out = Statement { text: String::new(), lang };
    head(profile, &mut out);
    options(profile, &mut out);
    attributes(profile, &mut out);
    dummies(profile, &mut out);
    manner(profile, &mut out);
    private(profile, &mut out);
    inserted(profile, &mut out);
    out.text
}

struct Statement {
    text: String,
    lang: Lang,
}

impl Statement {
    fn heading(&mut self, en: &str, ja: &str) {
        let text = self.pick(en, ja).to_owned();
        write!(self.text, "\n## {text}\n\n").expect("a string takes all");
    }

    fn item(&mut self, en: &str, ja: &str) {
        let text = self.pick(en, ja).to_owned();
        self.line(&format!("- {text}"));
    }

    fn line(&mut self, text: &str) {
        self.text.push_str(text);
        self.text.push('\n');
    }

    fn pick<'a>(&self, en: &'a str, ja: &'a str) -> &'a str {
        match self.lang {
            Lang::En => en,
            Lang::Ja => ja,
        }
    }
}

fn head(profile: &Profile, out: &mut Statement) {
    let title = profile.title(out.lang).to_owned();
    out.line(&format!("# {} {}: {title}", profile.name(), profile.version()));
    out.line("");
    out.line(&format!("{}\n", profile.summary(out.lang)));
    out.item(
        &format!("Edition: DICOM PS3.15 {}, Annex E", tokumei_standard::EDITION),
        &format!("版：DICOM PS3.15 {} Annex E", tokumei_standard::EDITION),
    );
    out.item(
        &format!("Profile hash (SHA-256): {}", profile.hash()),
        &format!("プロファイルのハッシュ（SHA-256）：{}", profile.hash()),
    );
    let class = profile.legal_class().title();
    if !class.is_empty() {
        out.item(
            &format!("Made with {class} in mind; whether the class is met is for the operator to judge."),
            &format!("{class}を想定。該当性の判断は利用者が行う。"),
        );
    }
}

fn options(profile: &Profile, out: &mut Statement) {
    out.heading("Profile and Options", "プロファイルとオプション");
    for option in OptionName::ALL {
        let on = if profile.has(*option) { out.pick("on", "有効") } else { out.pick("off", "無効") };
        let why = profile.why(option.key()).filter(|_| profile.has(*option));
        let reason = why.map_or(String::new(), |why| format!(" — {} [{}]", why.get(out.lang), why.clause));
        let title = option_title(*option);
        out.line(&format!("- {} {} ({}): {on}{reason}", option.code(), title.get(out.lang), option.section()));
    }
}

fn attributes(profile: &Profile, out: &mut Statement) {
    let rows = show(profile).rows;
    for (codes, en, ja) in [
        (&["X"][..], "Removed attributes", "削除する属性"),
        (&["Z", "D", "Z/D"][..], "Attributes emptied or replaced", "空にする、または置き換える属性"),
        (
            &["X/Z", "X/D", "X/Z/D", "X/Z/U*"][..],
            "Attributes removed, emptied or replaced by their Type in the IOD",
            "IOD の Type により、削除・空・置換のいずれかとする属性",
        ),
        (&["U"][..], "UIDs replaced", "置き換える UID"),
        (&["C"][..], "Attributes cleaned", "清浄化する属性"),
        (&["K"][..], "Attributes kept by a decision of their own", "個別の判断により残す属性"),
    ] {
        let held: Vec<&ShownRow> = rows.iter().filter(|row| codes.contains(&row.code.as_str())).collect();
        if held.is_empty() {
            continue;
        }
        out.heading(&format!("{en} ({})", held.len()), &format!("{ja}（{}）", held.len()));
        for row in held {
            out.line(&format!("- {} {} {}", row.tag, row.keyword, row.code));
        }
    }
    out.heading("Attributes without a row", "表に行のない属性");
    out.item("Attributes of no data dictionary are removed.", "データ辞書にない属性は削除する。");
    let (en, ja) = match profile.policy().unlisted_text {
        UnlistedText::Keep => ("Text without a row stays unread.", "表に行のないテキストは確認せず残す。"),
        UnlistedText::Scrub => (
            "Text without a row stays unless an identifier of the patient, or a pattern of one, is found in it.",
            "表に行のないテキストは、患者の識別子またはその形が見つからない限り残す。",
        ),
        UnlistedText::Clean => {
            ("Text without a row is cleaned as descriptors are.", "表に行のないテキストは記述子と同じく清浄化する。")
        }
        UnlistedText::Remove => ("Text without a row is removed.", "表に行のないテキストは削除する。"),
    };
    out.item(en, ja);
}

fn dummies(profile: &Profile, out: &mut Statement) {
    let policy = profile.policy();
    out.heading("Dummy values and references", "ダミー値と参照の整合");
    let (en, ja) = match policy.key {
        KeyPolicy::Project => (
            "Pseudonyms, UIDs and date shifts come from keyed one-way functions (HMAC-SHA256) under one project key: they agree over all files, studies, runs and machines that use the key.",
            "仮名・UID・日付の移動量は、プロジェクト鍵による一方向関数（HMAC-SHA256）から得る。同じ鍵を使うすべてのファイル・検査・実行・計算機で一致する。",
        ),
        KeyPolicy::Ephemeral => (
            "Pseudonyms, UIDs and date shifts come from keyed one-way functions (HMAC-SHA256) under a key that is drawn for one run and destroyed at its end: they agree within the run and nowhere else.",
            "仮名・UID・日付の移動量は、実行ごとに生成し終了時に廃棄する鍵による一方向関数（HMAC-SHA256）から得る。その実行の中だけで一致する。",
        ),
    };
    out.item(en, ja);
    out.item(
        "New UIDs are 2.25 with a UUID of version 8; UIDs that the standard registers under 1.2.840.10008 stay, and so do UIDs of classes and syntaxes.",
        "新しい UID は 2.25 とバージョン8の UUID からなる。規格が 1.2.840.10008 以下に登録した UID、クラスおよび構文の UID は残す。",
    );
    out.item(
        "Other dummies are fixed values legal for the value representation; in sequences, one item with what the IOD asks for.",
        "その他のダミー値は値表現に適合する固定値とする。シーケンスには IOD が求める内容の1項目を置く。",
    );
    let (en, ja) = match policy.patient_name {
        PatientName::Pseudonym => ("The patient's name becomes the pseudonym.", "患者氏名は仮名とする。"),
        PatientName::Empty => ("The patient's name becomes empty.", "患者氏名は空とする。"),
    };
    out.item(en, ja);
    let (en, ja) = match policy.references {
        References::Table => ("References with X/Z/U* follow their Type.", "X/Z/U* の参照は Type に従う。"),
        References::Keep => ("References with X/Z/U* stay, with new UIDs.", "X/Z/U* の参照は UID を新しくして残す。"),
    };
    out.item(en, ja);
    out.item(
        "No Encrypted Attributes Sequence is written; one in the input is removed.",
        "暗号化属性シーケンスは書かず、入力にあれば削除する。",
    );
}

fn manner(profile: &Profile, out: &mut Statement) {
    let policy = profile.policy();
    out.heading("Manner of cleaning", "清浄化の方法");
    let [least, most] = policy.shift_days;
    let days = (format!("{least} to {most} whole days"), format!("{least}〜{most}日"));
    let (en, ja) = match policy.dates {
        Dates::Remove => {
            ("Dates: as the table says, no date stays.".to_owned(), "日付：表のとおりで、残る日付はない。".to_owned())
        }
        Dates::Shift => (
            format!("Dates: moved {} into the past, the same for all dates of a patient; intervals stay.", days.0),
            format!("日付：患者ごとに一定の{}だけ過去に移す。間隔は保たれる。", days.1),
        ),
        Dates::ShiftMonthOutsideStudy => (
            format!(
                "Dates: moved {} into the past, the same for all dates of a patient; outside the study then set to the first of the month.",
                days.0
            ),
            format!("日付：患者ごとに一定の{}だけ過去に移し、検査外の日付は月初とする。", days.1),
        ),
        Dates::YearOnly => (
            "Dates: the year stays, month and day become January 1st.".to_owned(),
            "日付：年を残し、月日は1月1日とする。".to_owned(),
        ),
        Dates::Keep => ("Dates: stay.".to_owned(), "日付：残す。".to_owned()),
    };
    out.item(&en, &ja);
    let dated = policy.dates != Dates::Remove;
    let (en, ja) = match policy.times {
        Times::Keep if dated => ("Times of day: stay.", "時刻：残す。"),
        _ => ("Times of day: as the table says without a date Option.", "時刻：日付のオプションがない場合の表に従う。"),
    };
    out.item(en, ja);
    let (en, ja) = match policy.age {
        Age::Remove => ("Age: removed.", "年齢：削除する。"),
        Age::Exact => (
            "Age: stays; computed from birth and study date where absent.",
            "年齢：残す。ない場合は生年月日と検査日から計算する。",
        ),
        Age::Exact90 => ("Age: stays; 90 years and more are one class.", "年齢：残す。90歳以上は一つの区分とする。"),
        Age::Band5 => (
            "Age: bands of five years, single years below five, 90 years and more in one class.",
            "年齢：5歳区分（5歳未満は1歳ごと、90歳以上は一つの区分）とする。",
        ),
        Age::SafeHarbor => ("Age: years up to 89, then one class.", "年齢：89歳まで年単位、以後は一つの区分とする。"),
    };
    out.item(en, ja);
    let (en, ja) = match policy.size_weight {
        SizeWeight::Keep => ("Size and weight: stay.", "身長・体重：残す。"),
        SizeWeight::Coarse => (
            "Size and weight: rounded to 5 cm and 5 kg, tails bounded.",
            "身長・体重：5cm・5kg 単位に丸め、両端をまとめる。",
        ),
        SizeWeight::Remove => ("Size and weight: removed.", "身長・体重：削除する。"),
    };
    out.item(en, ja);
    content(profile, out);
    out.item(
        "Before an output gets its name, its bytes are searched for every identifier that its original and the other instances of its study state, or, with --guard-scope instance, for its own alone; a hit holds it back and changes nothing. The scope stands in audit/root.json.",
        "出力に名前を付ける前に、元のインスタンスと同じ検査の他のインスタンスが述べるすべての識別子（--guard-scope instance ではそのインスタンス自身のものだけ）を出力のバイト列から探す。見つかれば保留し、内容は変えない。範囲は audit/root.json に記録する。",
    );
}

fn content(profile: &Profile, out: &mut Statement) {
    let policy = profile.policy();
    let (en, ja) = match policy.text {
        TextPolicy::Remove => {
            ("Descriptors: as the table says without the Option.", "記述子：オプションがない場合の表に従う。")
        }
        TextPolicy::CleanStrict => (
            "Descriptors: words of a vocabulary stay, identifiers of the patient and patterns of Japanese identifiers go, what is doubtful is removed.",
            "記述子：語彙にある語を残し、患者の識別子と日本の識別子の形を除き、疑わしいものは削除する。",
        ),
        TextPolicy::CleanPermissive => (
            "Descriptors: as strict cleaning, with a wide vocabulary for series and protocol names.",
            "記述子：厳格な清浄化に加え、シリーズ名・プロトコル名には広い語彙を用いる。",
        ),
    };
    out.item(en, ja);
    let (en, ja) = match policy.structured {
        Structured::Exclude => ("Structured reports: left out.", "構造化報告：除外する。"),
        Structured::Dummy => {
            ("Structured reports: the content becomes a dummy.", "構造化報告：内容をダミーに置き換える。")
        }
        Structured::Clean => (
            "Structured reports: item by item after Table E.3.4-1.",
            "構造化報告：表 E.3.4-1 に従い項目ごとに清浄化する。",
        ),
    };
    out.item(en, ja);
    let (en, ja) = match policy.documents {
        Documents::Blank => ("Encapsulated documents: replaced by a blank one.", "カプセル化文書：白紙に置き換える。"),
        Documents::Exclude => ("Encapsulated documents: left out.", "カプセル化文書：除外する。"),
    };
    out.item(en, ja);
    let (en, ja) = match policy.graphics {
        Graphics::Remove => ("Overlays, curves and annotations: removed.", "オーバーレイ・カーブ・注釈：削除する。"),
        Graphics::Clean => (
            "Overlays, curves and annotations: cleaned, removed where that is not sure.",
            "オーバーレイ・カーブ・注釈：清浄化し、不確かなものは削除する。",
        ),
    };
    out.item(en, ja);
    let (en, ja) = match policy.burned_in {
        BurnedIn::Ignore => (
            "Burned-in text: not looked for; the rules of the site mask.",
            "焼き込み文字：探さない。施設の規則により塗りつぶす。",
        ),
        BurnedIn::QuarantineRisky => (
            "Burned-in text: masked by the rules of the site; other risky instances wait for a human.",
            "焼き込み文字：施設の規則により塗りつぶし、その他の危険のあるものは人の判断を待つ。",
        ),
        BurnedIn::Mask if policy.text_search == TextSearch::Off => (
            "Burned-in text: masked by the rules for known devices and those of the site; what none settles waits for a human.",
            "焼き込み文字：既知の装置と施設の規則により塗りつぶし、規則で決まらないものは人の判断を待つ。",
        ),
        BurnedIn::Mask if policy.text_search == TextSearch::All => (
            "Burned-in text: every image is searched; text and what rules name is masked; what is unsure waits for a human.",
            "焼き込み文字：すべての画像を検索し、文字と規則が示す領域を塗りつぶす。不確かなものは人の判断を待つ。",
        ),
        BurnedIn::Mask => (
            "Burned-in text: images are searched, primary CT, MR, PET and NM images by sample and screen; text and what rules name is masked; what is unsure waits for a human.",
            "焼き込み文字：画像を検索する（CT・MR・PET・NM の一次画像は標本と簡易検査による）。文字と規則が示す領域を塗りつぶし、不確かなものは人の判断を待つ。",
        ),
    };
    out.item(en, ja);
    let (en, ja) = match policy.faces {
        Faces::Flag => ("Faces: counted in the report, not removed.", "顔：報告で数え、除去しない。"),
        Faces::Quarantine => ("Faces: what may show one waits for a human.", "顔：写りうるものは人の判断を待つ。"),
    };
    out.item(en, ja);
}

fn private(profile: &Profile, out: &mut Statement) {
    let kept = kept_private(profile);
    out.heading(
        &format!("Private attributes kept ({})", kept.len()),
        &format!("残すプライベート属性（{}）", kept.len()),
    );
    if profile.policy().private == Private::Remove {
        out.item("None: all are removed.", "なし。すべて削除する。");
    }
    for line in kept {
        out.line(&format!("- {line}"));
    }
}

fn inserted(profile: &Profile, out: &mut Statement) {
    out.heading("What is written", "書き込む属性");
    let codes: Vec<&str> = profile.options().iter().map(|option| option.code()).collect();
    let temporal = if profile.has(OptionName::RetainLongModifiedDates) {
        "MODIFIED"
    } else if profile.has(OptionName::RetainLongFullDates) {
        "UNMODIFIED"
    } else {
        "REMOVED"
    };
    out.line("- (0012,0062) PatientIdentityRemoved YES");
    out.line("- (0012,0063) DeidentificationMethod");
    let done = out.pick("those really carried out of", "次のうち実際に行ったもの：");
    let line = format!("- (0012,0064) DeidentificationMethodCodeSequence, {done} {}", codes.join(" "));
    out.line(&line);
    out.line(&format!("- (0028,0303) LongitudinalTemporalInformationModified {temporal}"));
    for (option, line) in [
        (OptionName::CleanPixelData, "- (0028,0301) BurnedInAnnotation NO"),
        (OptionName::CleanRecognizableVisualFeatures, "- (0028,0302) RecognizableVisualFeatures NO"),
    ] {
        if profile.has(option) {
            let only = out.pick("only where it was really done", "実際に行った場合のみ");
            let line = format!("{line} ({only})");
            out.line(&line);
        }
    }
    out.item(
        "File meta information is rebuilt, the preamble is zero.",
        "ファイルメタ情報は作り直し、プリアンブルは零とする。",
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statement_names_every_listed_attribute_and_option_in_both_languages() {
        for name in Profile::builtin_names() {
            let profile = Profile::builtin(name).expect("a built-in profile");
            for lang in [Lang::En, Lang::Ja] {
                let text = conformance(&profile, lang);
                for option in OptionName::ALL {
                    assert!(text.contains(option.code()), "{name}");
                }
                for row in tokumei_standard::rows() {
                    let key = crate::option_cell::key(row);
                    assert!(text.contains(&format!("- {key} ")), "{name} {key}");
                }
                assert!(text.contains("2026d") && text.contains(profile.hash()));
            }
        }
    }

    #[test]
    fn statement_says_how_dates_are_moved_and_what_is_written() {
        let profile = Profile::builtin("jp-anonymized").expect("a built-in profile");
        let text = conformance(&profile, Lang::En);
        assert!(text.contains("365 to 1825 whole days"));
        assert!(text.contains("(0028,0303) LongitudinalTemporalInformationModified MODIFIED"));
        assert!(text.contains("destroyed at its end"));
        assert!(conformance(&profile, Lang::Ja).contains("365〜1825日"));
    }
}
