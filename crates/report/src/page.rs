//! The page around its sections.

use crate::html::{both, escape, say};
use crate::{Facts, section, sheet};

/// Returns the report as one HTML page.
///
/// It needs no network: the page's own policy forbids it. Both languages are in it; a choice at the top shows one of them,
/// and the printed page has the one that is shown.
pub fn render(facts: &Facts) -> String {
    let mut out = String::from("<!DOCTYPE html>\n<html lang=\"ja\">\n<head>\n<meta charset=\"utf-8\">\n");
    out.push_str("<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; img-src data:\">\n");
    out.push_str("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<meta name=\"robots\" content=\"noindex\">\n");
    out.push_str(&format!(
        "<title>tokumei: {}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n",
        escape(&facts.profile)
    ));
    // Beside each other, so that the style of what follows can depend on which is chosen.
    out.push_str("<input type=\"radio\" name=\"language\" id=\"ja\" checked><label for=\"ja\">日本語</label>\n");
    out.push_str("<input type=\"radio\" name=\"language\" id=\"en\"><label for=\"en\">English</label>\n<main>\n");
    out.push_str(&heading(facts));
    for part in [
        section::sizes(facts),
        section::states(facts),
        section::groups(facts),
        section::unchecked(facts),
        section::search(facts),
        section::masks(facts),
        sheet::sheet(facts),
        section::options(facts),
        section::items(facts),
        section::modalities(facts),
        section::clauses(facts),
        section::marks(facts),
    ] {
        out.push_str(&part);
    }
    out + "</main>\n</body>\n</html>\n"
}

fn heading(facts: &Facts) -> String {
    let class = match facts.legal_class.as_str() {
        "" => say("The profile claims no legal class.", "このプロファイルは法的区分を主張しません。"),
        class => format!("{} <b>{}</b>", say("Made for:", "想定する区分:"), escape(class)),
    };
    let warning = if facts.pictures.iter().any(|picture| picture.before.is_some()) {
        let text = say(
            "This page shows pictures as they were and may hold names. It belongs in the vault and must not leave.",
            "このページには処理前の画像があり、氏名が写っている恐れがあります。保管庫から出さないでください。",
        );
        format!("<p class=\"alarm\">{text}</p>")
    } else {
        String::new()
    };
    format!(
        "<header>\n<p class=\"kind\">{}</p>\n<h1>{}</h1>\n<p>{}</p>\n<p>{class} {}</p>\n{warning}</header>\n",
        say("Report of a release", "公開データの報告書"),
        both(&facts.title),
        both(&facts.summary),
        say(
            "Whether the class is met is for whoever answers for the data to judge.",
            "該当するかどうかの判断は責任者が行います。"
        ),
    )
}

const STYLE: &str = include_str!("style.css");

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Bilingual, Clause, Groups, Masked, Reason, Search, Sheet, Shown, Sizes, Thumb};
    use tokumei_core::Region;

    fn facts() -> Facts {
        Facts {
            title: Bilingual::new("Title <1>", "題名"),
            profile: "p 1".into(),
            legal_class: "匿名加工情報".into(),
            publish: true,
            states: vec![
                ("released".into(), Bilingual::new("released", "公開"), 1200),
                ("quarantined".into(), Bilingual::new("quarantined", "保留"), 34),
            ],
            reasons: vec![Reason {
                state: "quarantined".into(),
                id: "face-risk".into(),
                words: Bilingual::new("a face", "顔"),
                count: 34,
            }],
            sizes: Sizes { patients: 10, studies: 12, instances: 1200, bytes: 5_000_000 },
            modalities: [("CT".into(), 1200)].into(),
            options: vec![("113100".into(), "Basic".into(), 1200)],
            clauses: vec![Clause {
                what: "dates".into(),
                why: Bilingual::new("because", "理由"),
                clause: "Art. 34".into(),
            }],
            unchecked: vec![Bilingual::new("faces", "容貌")],
            masks: vec![Masked { rule: "device/x".into(), instances: 3, rectangles: 6 }],
            pictures: vec![Shown {
                png: b"png".to_vec(),
                before: None,
                size: (64, 32),
                regions: vec![Region { x: 0, y: 0, width: 64, height: 8 }],
                rules: vec!["device/x".into()],
            }],
            items: vec![Bilingual::new("age", "年齢")],
            groups: Some(Groups { k: 5, sizes: [(1, 2), (7, 1)].into(), ..Groups::default() }),
            ..Facts::default()
        }
    }

    #[test]
    fn the_page_asks_the_network_for_nothing_and_runs_nothing() {
        let page = render(&facts());
        for word in ["http://", "https://", "<script", "src=\"/", "url(", "@import", "onload", "onclick"] {
            assert!(!page.contains(word), "{word}");
        }
        assert!(page.contains("default-src 'none'"));
        assert_eq!(page, render(&facts()));
    }

    #[test]
    fn counts_add_up_on_the_page_and_small_groups_are_warned_of() {
        let page = render(&facts());
        assert!(page.contains("1,234") && page.contains("1,200") && page.contains(">34<"));
        assert!(page.contains("class=\"alarm\"") && page.contains("<b>2</b>"), "{page}");
        assert!(page.contains("Title &lt;1&gt;") && !page.contains("Title <1>"));
    }

    #[test]
    fn shares_of_the_search_are_those_of_what_was_looked_at() {
        assert!(!render(&facts()).contains("frames searched"));
        let search = Search {
            instances: 900,
            searched: 90,
            masked: 9,
            held: 300,
            frames: 4000,
            frames_searched: 1000,
            frames_masked: 600,
            frames_held: 1000,
        };
        let page = render(&Facts { search: Some(search), ..facts() });
        // 900 of 1,200; 90 and 9 of 900; 1,000 and 600 of 4,000; 300 of 1,500; 1,000 of 5,000.
        for share in ["75.0 %", "10.0 %", "1.0 %", "25.0 %", "15.0 %", "20.0 %"] {
            assert!(page.contains(&format!(">{share}<")), "{share}");
        }
    }

    #[test]
    fn the_sheet_says_how_many_it_shows_and_of_how_many() {
        assert!(!render(&facts()).contains("Sample of the pictures"));
        let thumb =
            |place: &str| Thumb { png: b"png".to_vec(), size: (9, 5), modality: "M<R".into(), place: place.into() };
        let sheet = Sheet { instances: 1200, drawn: 3, thumbs: vec![thumb("dicom/a.dcm"), thumb("dicom/\"b.dcm")] };
        let page = render(&Facts { sheet, ..facts() });
        assert_eq!(page.matches("src=\"data:image/png;base64,cG5n\"").count(), 1 + 2);
        assert!(page.contains("2 of 1,200 instances") && page.contains("1 could not be drawn"), "{page}");
        assert!(page.contains("M&lt;R") && page.contains("dicom/&quot;b.dcm") && !page.contains("M<R"));
    }

    #[test]
    fn nothing_is_called_fully_anonymous() {
        let page = render(&facts()).to_lowercase();
        for word in ["fully anonymous", "completely anonymous", "完全に匿名", "完全匿名"] {
            assert!(!page.contains(word), "{word}");
        }
    }

    #[test]
    fn every_text_is_there_in_both_languages() {
        let page = render(&facts());
        assert_eq!(page.matches("class=\"en\"").count(), page.matches("class=\"ja\"").count());
        assert_eq!(page.matches("<section").count(), page.matches("</section>").count());
    }
}
