//! The sections of the page, the first ones for whoever has a minute.

use crate::chart::{Bar, rows, whole};
use crate::html::{base64, both, escape, number, say, size};
use crate::{Facts, Reason, Shown};

/// Big numbers first.
pub(crate) fn sizes(facts: &Facts) -> String {
    let sizes = facts.sizes;
    let cells = [
        (number(sizes.patients), say("people", "人")),
        (number(sizes.studies), say("studies", "検査")),
        (number(sizes.instances), say("instances", "インスタンス")),
        (size(sizes.bytes), say("in all", "合計")),
    ];
    let cells = cells.map(|(count, label)| format!("<div><b>{count}</b><span>{label}</span></div>"));
    format!(
        "<section><h2>{}</h2><div class=\"big\">{}</div></section>\n",
        say("In this release", "この公開データ"),
        cells.concat()
    )
}

/// What became of each file; the numbers add up.
pub(crate) fn states(facts: &Facts) -> String {
    let bar = |(word, label, count): &(String, crate::Bilingual, u64)| Bar {
        label: both(label),
        class: word.clone(),
        count: *count,
    };
    let bars: Vec<Bar> = facts.states.iter().map(bar).collect();
    let mut table = String::new();
    for (word, label, count) in &facts.states {
        let class = escape(word);
        table.push_str(&format!(
            "<tr><th scope=\"row\"><i class=\"dot {class}\"></i>{}</th><td class=\"n\">{}</td></tr>",
            both(label),
            number(*count)
        ));
        let reason = |one: &Reason| {
            format!(
                "<tr class=\"reason\"><th scope=\"row\">{} <code>{}</code></th><td class=\"n\">{}</td></tr>",
                both(&one.words),
                escape(&one.id),
                number(one.count)
            )
        };
        table.extend(facts.reasons.iter().filter(|one| one.state == *word).map(reason));
    }
    let total: u64 = facts.states.iter().map(|(_, _, count)| count).sum();
    let sum = format!(
        "<tr class=\"sum\"><th scope=\"row\">{}</th><td class=\"n\">{}</td></tr>",
        say("found", "見つかったファイル"),
        number(total)
    );
    let reviewed = match facts.reviewed {
        0 => String::new(),
        count => format!(
            "<p class=\"note\">{}: {}</p>",
            say("Instances released after people had looked at them", "人の確認を経て公開したインスタンス"),
            number(count)
        ),
    };
    format!(
        "<section><h2>{}</h2>{}<table>{table}{sum}</table>{reviewed}</section>\n",
        say("What became of each file", "ファイルの行き先"),
        whole(&bars)
    )
}

/// People who stand out.
pub(crate) fn groups(facts: &Facts) -> String {
    let heading = say("People who stand out", "目立つ人がいないか");
    let Some(groups) = &facts.groups else {
        let text = say(
            "The profile does not ask for this check: it was not made.",
            "このプロファイルでは求められておらず、調べていません。",
        );
        return format!("<section><h2>{heading}</h2><p>{text}</p></section>\n");
    };
    let (small, people) = groups.small();
    let k = groups.k;
    let found = if small == 0 {
        format!(
            "<p class=\"calm\">{}</p>",
            say(&format!("Every group has at least {k} people."), &format!("どの組も {k} 人以上です。"))
        )
    } else {
        format!(
            "<p class=\"alarm\"><b>{}</b> {} <b>{}</b> {}</p>",
            number(small),
            say(&format!("groups have fewer than {k} people; in them:"), &format!("組が {k} 人未満です。該当者:")),
            number(people),
            say(
                "people. Think whether somebody could tell who they are, and coarsen or leave out.",
                "人。特定されないか検討し、丸めるか除いてください。"
            )
        )
    };
    let attributes = groups.attributes.iter().map(both).collect::<Vec<_>>().join(", ");
    let what = say(
        "A group is everybody with the same values of what others may know of a person:",
        "組は、他人が知りうる次の値がすべて同じ人の集まりです:",
    );
    let bars: Vec<Bar> = buckets(groups).into_iter().map(|(label, class, count)| Bar { label, class, count }).collect();
    let unread = match groups.unread {
        0 => String::new(),
        count => format!(
            "<p class=\"note\">{}: {}</p>",
            say("Studies that could not be read for this", "この確認で読めなかった検査"),
            number(count)
        ),
    };
    let none = say("none of them has a value", "値のあるものなし");
    let attributes = if attributes.is_empty() { none } else { attributes };
    format!(
        "<section><h2>{heading}</h2>{found}<p>{what} {attributes}.</p><h3>{}</h3>{}{unread}<p class=\"note\">{}</p></section>\n",
        say("Groups by their size", "組の人数ごとの数"),
        rows(&bars),
        say(
            "Only counts are shown: the page names nobody. Rare diseases, rare devices and pictures themselves are not part of this check.",
            "表示は件数だけで、誰かは示しません。希少疾患、希少な装置、画像そのものはこの確認に含まれません。"
        )
    )
}

/// Returns label, class and count of sizes that belong together.
fn buckets(groups: &crate::Groups) -> Vec<(String, String, u64)> {
    let k = u64::from(groups.k);
    let ends = [1, 2, k.max(3), 2 * k.max(3), 10 * k.max(3), u64::MAX];
    let label = |low: u64, high: u64| match (low, high) {
        (_, u64::MAX) => format!("{} +", number(low)),
        (low, high) if high == low + 1 => number(low),
        (low, high) => format!("{}–{}", number(low), number(high - 1)),
    };
    let bucket = |pair: &[u64]| {
        let count = groups.sizes.range(pair[0]..pair[1]).map(|(_, count)| count).sum();
        let class = if pair[0] < k { "small" } else { "enough" };
        (format!("{} {}", label(pair[0], pair[1]), say("people", "人")), class.to_owned(), count)
    };
    ends.windows(2).filter(|pair| pair[0] < pair[1]).map(bucket).collect()
}

/// What nobody looked at.
pub(crate) fn unchecked(facts: &Facts) -> String {
    let lines: String = facts.unchecked.iter().map(|text| format!("<li>{}</li>", both(text))).collect();
    format!("<section><h2>{}</h2><ul>{lines}</ul></section>\n", say("What was not checked", "確認していないこと"))
}

/// What was hidden, with pictures.
pub(crate) fn search(facts: &Facts) -> String {
    let Some(search) = facts.search else { return String::new() };
    let instances = facts.sizes.instances;
    let row = |(en, ja, count, of): (&str, &str, u64, u64)| {
        let share = if of == 0 { "–".to_owned() } else { format!("{:.1} %", count as f64 * 100.0 / of as f64) };
        format!("<tr><td>{}</td><td class=\"n\">{}</td><td class=\"n\">{share}</td></tr>", say(en, ja), number(count))
    };
    let rows = [
        (
            "instances in the release whose frames were looked at",
            "公開したうち、フレームを調べたインスタンス",
            search.instances,
            instances,
        ),
        ("of these, searched by the detector", "そのうち検出器で検索したもの", search.searched, search.instances),
        ("of these, with text that was hidden", "そのうち文字を隠したもの", search.masked, search.instances),
        ("frames searched by the detector", "検出器で検索したフレーム", search.frames_searched, search.frames),
        (
            "frames in which something was hidden, whatever asked for it",
            "何かを隠したフレーム（理由を問わず）",
            search.frames_masked,
            search.frames,
        ),
        (
            "instances that wait for a human because of text, beside those released",
            "公開のほかに、文字のため人の判断を待つインスタンス",
            search.held,
            instances + search.held,
        ),
        (
            "frames of these, of all frames looked at or waiting",
            "そのフレーム（調べたものと待つものの全体に対して）",
            search.frames_held,
            search.frames.saturating_add(search.frames_held),
        ),
    ];
    format!(
        "<section><h2>{}</h2><table><thead><tr><th></th><th class=\"n\">{}</th><th class=\"n\">{}</th></tr></thead>{}</table><p>{}</p></section>\n",
        say("How far text was searched for", "文字の検索の範囲"),
        say("number", "数"),
        say("share", "割合"),
        rows.map(row).concat(),
        say(
            "The quick screen looked at the other frames. What the search has missed is in the release.",
            "ほかのフレームは簡易検査で調べました。検索が見落とした文字は公開データに残っています。"
        ),
    )
}

pub(crate) fn masks(facts: &Facts) -> String {
    let heading = say("What was hidden in the pictures", "画像の中で隠したもの");
    if facts.masks.is_empty() {
        return format!(
            "<section><h2>{heading}</h2><p>{}</p></section>\n",
            say("Nothing was hidden.", "隠したものはありません。")
        );
    }
    let row = |one: &crate::Masked| {
        format!(
            "<tr><td><code>{}</code></td><td class=\"n\">{}</td><td class=\"n\">{}</td></tr>",
            escape(&one.rule),
            number(one.instances),
            number(one.rectangles)
        )
    };
    format!(
        "<section><h2>{heading}</h2><table><thead><tr><th>{}</th><th class=\"n\">{}</th><th class=\"n\">{}</th></tr></thead>{}</table><div class=\"pictures\">{}</div></section>\n",
        say("rule", "規則"),
        say("instances", "インスタンス"),
        say("rectangles", "矩形"),
        facts.masks.iter().map(row).collect::<String>(),
        facts.pictures.iter().map(picture).collect::<String>()
    )
}

fn picture(shown: &Shown) -> String {
    let (width, height) = shown.size;
    let rectangles: String = shown
        .regions
        .iter()
        .map(|one| format!("<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"/>", one.x, one.y, one.width, one.height))
        .collect();
    let frame = |png: &[u8]| {
        format!(
            "<div class=\"frame\"><img alt=\"\" width=\"{width}\" height=\"{height}\" src=\"data:image/png;base64,{}\"><svg viewBox=\"0 0 {width} {height}\" preserveAspectRatio=\"none\" aria-hidden=\"true\">{rectangles}</svg></div>",
            base64(png)
        )
    };
    let rules = shown.rules.iter().map(|rule| format!("<code>{}</code>", escape(rule))).collect::<Vec<_>>().join(", ");
    let (class, before) = match &shown.before {
        Some(before) => (" class=\"pair\"", frame(before)),
        None => ("", String::new()),
    };
    let caption = if shown.before.is_some() {
        say("before and after, ", "処理前と処理後、")
    } else {
        say("as released, ", "公開後、")
    };
    format!(
        "<figure{class}><div class=\"frames\">{before}{}</div><figcaption>{caption}{rules}</figcaption></figure>",
        frame(&shown.png)
    )
}

/// The options that were carried out.
pub(crate) fn options(facts: &Facts) -> String {
    let row = |(code, meaning, count): &(String, String, u64)| {
        format!(
            "<tr><td><code>{}</code></td><td>{}</td><td class=\"n\">{}</td></tr>",
            escape(code),
            escape(meaning),
            number(*count)
        )
    };
    format!(
        "<section><h2>{}</h2><table><thead><tr><th>{}</th><th>{}</th><th class=\"n\">{}</th></tr></thead>{}</table></section>\n",
        say("What was carried out", "実施したこと"),
        say("code (PS3.16 CID 7050)", "コード（PS3.16 CID 7050）"),
        say("option of PS3.15", "PS3.15 のオプション"),
        say("instances", "インスタンス"),
        facts.options.iter().map(row).collect::<String>()
    )
}

/// The kinds of items, for publication.
pub(crate) fn items(facts: &Facts) -> String {
    let lines: String = facts.items.iter().map(|text| format!("<li>{}</li>", both(text))).collect();
    let why = if facts.publish {
        say(
            "Whoever makes 匿名加工情報 publishes the kinds of items it holds (APPI Art. 43(3)), and before it is provided also how (Art. 43(4)). This list is a draft for that, from what the files hold.",
            "匿名加工情報を作成したときは、含まれる個人に関する情報の項目を公表します（個人情報保護法43条3項）。第三者提供のときは提供の方法も公表します（同4項）。次は実際のファイルから作った項目の案です。",
        )
    } else {
        say("Kinds of items about people that the files hold.", "ファイルに含まれる、個人に関する情報の項目です。")
    };
    format!("<section><h2>{}</h2><p>{why}</p><ul>{lines}</ul></section>\n", say("Items", "情報の項目"))
}

/// How many instances there are of each modality.
pub(crate) fn modalities(facts: &Facts) -> String {
    let unknown = say("not stated", "記載なし");
    let bar = |(modality, count): (&String, &u64)| Bar {
        label: if modality.is_empty() { unknown.clone() } else { escape(modality) },
        class: "released".into(),
        count: *count,
    };
    let bars: Vec<Bar> = facts.modalities.iter().map(bar).collect();
    format!(
        "<section><h2>{}</h2>{}</section>\n",
        say("Instances by modality", "モダリティ別インスタンス数"),
        rows(&bars)
    )
}

/// What the profile does, and by which clause.
pub(crate) fn clauses(facts: &Facts) -> String {
    let row = |one: &crate::Clause| {
        format!(
            "<tr><td><code>{}</code></td><td>{}<br><span class=\"clause\">{}</span></td></tr>",
            escape(&one.what),
            both(&one.why),
            escape(&one.clause)
        )
    };
    format!(
        "<section><h2>{}</h2><table>{}</table></section>\n",
        say("The profile, and why", "プロファイルの内容と根拠"),
        facts.clauses.iter().map(row).collect::<String>()
    )
}

/// What identifies the release.
pub(crate) fn marks(facts: &Facts) -> String {
    let row = |(name, value): &(crate::Bilingual, String)| {
        format!("<tr><th scope=\"row\">{}</th><td><code>{}</code></td></tr>", both(name), escape(value))
    };
    format!(
        "<section><h2>{}</h2><table>{}</table><p class=\"note\">{}</p></section>\n",
        say("To check it by", "照合用"),
        facts.marks.iter().map(row).collect::<String>(),
        say(
            "tokumei verify and tokumei audit verify check the release itself; this page only tells of it.",
            "公開データそのものの検査は tokumei verify と tokumei audit verify で行います。このページは内容を伝えるだけです。"
        )
    )
}
