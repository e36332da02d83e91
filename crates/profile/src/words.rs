//! Codes and options in words.

use crate::text::Bilingual;
use tokumei_core::{ActionCode, OptionName, TableCode};

/// Returns the name of the Profile or an Option; the English one is its code meaning in CID 7050.
pub fn option_title(option: OptionName) -> Bilingual {
    use OptionName::*;
    let ja = match option {
        Basic => "基本アプリケーション機密性プロファイル",
        CleanPixelData => "画素データ清浄化オプション",
        CleanRecognizableVisualFeatures => "識別可能な容貌の清浄化オプション",
        CleanGraphics => "図形清浄化オプション",
        CleanStructuredContent => "構造化内容清浄化オプション",
        CleanDescriptors => "記述子清浄化オプション",
        RetainLongFullDates => "経時的時間情報保持オプション（全日付）",
        RetainLongModifiedDates => "経時的時間情報保持オプション（変更した日付）",
        RetainPatientCharacteristics => "患者特性保持オプション",
        RetainDeviceIdentity => "装置識別情報保持オプション",
        RetainUids => "UID 保持オプション",
        RetainSafePrivate => "安全なプライベート属性保持オプション",
        RetainInstitutionIdentity => "施設識別情報保持オプション",
    };
    Bilingual { en: option.meaning().to_owned(), ja: ja.to_owned() }
}

/// Returns what a code does.
pub fn meaning(code: TableCode) -> Bilingual {
    let (en, ja) = match code {
        TableCode::Plain(ActionCode::D) => ("replace by a dummy value", "ダミー値に置き換える"),
        TableCode::Plain(ActionCode::Z) => ("empty, or replace by a dummy value", "空にするか、ダミー値に置き換える"),
        TableCode::Plain(ActionCode::X) => ("remove", "削除する"),
        TableCode::Plain(ActionCode::K) => ("keep", "残す"),
        TableCode::Plain(ActionCode::C) => ("clean", "清浄化する"),
        TableCode::Plain(ActionCode::U) => ("replace by a new UID", "新しい UID に置き換える"),
        TableCode::ZD => ("empty; a dummy value where it is Type 1", "空にする。Type 1 ではダミー値"),
        TableCode::XZ => ("remove; empty where it is Type 2", "削除する。Type 2 では空にする"),
        TableCode::XD => ("remove; a dummy value where it is Type 1", "削除する。Type 1 ではダミー値"),
        TableCode::XZD => (
            "remove; empty where it is Type 2, a dummy value where it is Type 1",
            "削除する。Type 2 では空、Type 1 ではダミー値",
        ),
        TableCode::XZU => (
            "remove; empty where it is Type 2, keep with new UIDs where it is Type 1",
            "削除する。Type 2 では空にし、Type 1 では UID を新しくして残す",
        ),
    };
    Bilingual { en: en.to_owned(), ja: ja.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_option_has_a_title_of_its_own_in_both_languages() {
        let titles: std::collections::BTreeSet<String> =
            OptionName::ALL.iter().flat_map(|option| [option_title(*option).en, option_title(*option).ja]).collect();
        assert_eq!(titles.len(), 26);
    }
}
