//! The contact sheet: what left, at a glance.

use crate::html::{base64, escape, number, say};
use crate::{Facts, Thumb};

/// Small pictures of a sample of the release; nothing where there is none to be drawn.
pub(crate) fn sheet(facts: &Facts) -> String {
    let sheet = &facts.sheet;
    if sheet.thumbs.is_empty() {
        return String::new();
    }
    let (shown, all) = (sheet.thumbs.len() as u64, sheet.instances);
    let of = say(
        &format!(
            "{} of {} instances, by a draw that nobody chose; the frame in the middle of each.",
            number(shown),
            number(all)
        ),
        &format!(
            "{} 件中 {} 件。誰も選べない抽選によります。各インスタンスの中央のフレームです。",
            number(all),
            number(shown)
        ),
    );
    let left = match sheet.drawn.saturating_sub(shown) {
        0 => String::new(),
        left => say(
            &format!(" {} could not be drawn, or had no room.", number(left)),
            &format!("{} 件は描けないか、紙面に入りませんでした。", number(left)),
        ),
    };
    let note = say(
        "The pictures are made from the files of the release. They are small: look at the files before you approve.",
        "画像は公開データのファイルから作成しています。縮小画像のため、承認の前にファイルを確認してください。",
    );
    format!(
        "<section><h2>{}</h2><p>{of}{left}</p><div class=\"sheet\">{}</div><p class=\"note\">{note}</p></section>\n",
        say("Sample of the pictures, as released", "公開した画像の一部"),
        sheet.thumbs.iter().map(thumb).collect::<String>(),
    )
}

fn thumb(one: &Thumb) -> String {
    let ((width, height), place) = (one.size, escape(&one.place));
    format!(
        "<figure title=\"{place}\"><img alt=\"{place}\" width=\"{width}\" height=\"{height}\" src=\"data:image/png;base64,{}\"><figcaption>{}</figcaption></figure>",
        base64(&one.png),
        escape(&one.modality)
    )
}
