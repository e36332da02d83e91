//! Charts as SVG: bars with the number beside each, so that nobody has to guess a length.

use crate::html::{escape, number};

/// One bar: its label as markup, its class, its count.
pub(crate) struct Bar {
    pub label: String,
    pub class: String,
    pub count: u64,
}

/// Returns one line cut into parts in proportion, for counts that add up.
pub(crate) fn whole(bars: &[Bar]) -> String {
    let total: u64 = bars.iter().map(|bar| bar.count).sum();
    let mut out =
        String::from("<svg class=\"whole\" viewBox=\"0 0 1000 40\" preserveAspectRatio=\"none\" aria-hidden=\"true\">");
    let mut left = 0.0;
    for bar in bars.iter().filter(|bar| bar.count > 0) {
        // Thin parts stay visible.
        let width = (bar.count as f64 / total.max(1) as f64 * 1000.0).max(3.0);
        out.push_str(&format!(
            "<rect class=\"{}\" x=\"{left:.1}\" y=\"0\" width=\"{width:.1}\" height=\"40\"/>",
            escape(&bar.class)
        ));
        left += width;
    }
    out + "</svg>"
}

/// Returns rows with a bar each, as long as its share of the largest.
pub(crate) fn rows(bars: &[Bar]) -> String {
    let most = bars.iter().map(|bar| bar.count).max().unwrap_or(0).max(1);
    let row = |bar: &Bar| {
        let width = bar.count as f64 / most as f64 * 100.0;
        format!(
            "<tr><th scope=\"row\">{}</th><td class=\"n\">{}</td><td class=\"bar\"><svg viewBox=\"0 0 100 10\" preserveAspectRatio=\"none\" aria-hidden=\"true\"><rect class=\"{}\" width=\"{width:.1}\" height=\"10\"/></svg></td></tr>",
            bar.label,
            number(bar.count),
            escape(&bar.class)
        )
    };
    format!("<table class=\"bars\">{}</table>", bars.iter().map(row).collect::<String>())
}
