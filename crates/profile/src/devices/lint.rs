//! What is wrong, or doubtful, in a file of mask rules.

use super::condition::{Condition, Op};
use super::reach::{Never, never};
use super::{Keep, Rule};
use crate::lint::{Finding, Severity};
use std::collections::HashMap;
use tokumei_core::{Region, Tag};

/// Most rectangles of one rule.
const RECTANGLES: usize = 1024;

const ROWS: Tag = Tag(0x0028, 0x0010);
const COLUMNS: Tag = Tag(0x0028, 0x0011);

/// Attributes that say which device or which program made an image.
const KEYS: [Tag; 8] = [
    Tag(0x0008, 0x1090),
    Tag(0x0018, 0x1000),
    Tag(0x0008, 0x1010),
    Tag(0x0008, 0x0018),
    Tag(0x0020, 0x000D),
    Tag(0x0020, 0x000E),
    ROWS,
    COLUMNS,
];

/// Looks for rules that can never match, that hide nothing, and that match too much.
pub(super) fn lint(rules: &[Rule], origin: &str) -> Vec<Finding> {
    let mut findings = duplicates(rules);
    for rule in rules {
        condition(rule, &mut findings);
        shape(rule, &mut findings);
        size(rule, &mut findings);
    }
    if rules.is_empty() {
        let text = ["the file has no rule", "ファイルに規則がありません"];
        findings.push(finding(Severity::Error, "rules-none", origin.to_owned(), text));
    }
    findings
}

/// Looks for ids that two rules have.
pub(super) fn duplicates(rules: &[Rule]) -> Vec<Finding> {
    let mut known = HashMap::new();
    let text = ["another rule has the same id", "同じ id の規則が他にあります"];
    let again = rules.iter().filter(|rule| known.insert(rule.id.as_str(), ()).is_some());
    again.map(|rule| at(rule, Severity::Error, "rule-id-twice", text)).collect()
}

fn condition(rule: &Rule, findings: &mut Vec<Finding>) {
    if let Some((why, tag)) = never(&rule.condition) {
        let (id, [en, ja]) = words(why);
        let name = tag.map(|tag| format!(": {tag}")).unwrap_or_default();
        findings.push(at(rule, Severity::Error, id, [&format!("{en}{name}"), &format!("{ja}{name}")]));
    }
    let mut keyed = false;
    rule.condition.tests(&mut |test| keyed |= test.path.iter().any(|tag| KEYS.contains(tag) || tag.is_private()));
    if rule.settles && !keyed {
        let text = [
            "the rule settles a risk and tests neither the model nor the size of the matrix",
            "型式も画像サイズも確かめずにリスクを解消する規則です",
        ];
        findings.push(at(rule, Severity::Warning, "rule-weak-key", text));
    }
}

fn words(why: Never) -> (&'static str, [&'static str; 2]) {
    match why {
        Never::Empty => ("rule-empty-condition", ["a list of conditions is empty", "条件の一覧が空です"]),
        Never::Contradiction => (
            "rule-contradiction",
            [
                "the rule can never match: two tests exclude each other",
                "互いに排他的な条件のため、一致することがありません",
            ],
        ),
        Never::Length => (
            "rule-value-too-long",
            [
                "the rule can never match: the value is longer than the attribute may be",
                "値が属性の最大長を超えるため、一致することがありません",
            ],
        ),
        Never::Code => (
            "rule-value-no-code",
            [
                "the rule can never match: a code string holds capitals, digits, spaces and underscores only",
                "コード文字列は大文字・数字・空白・下線だけなので、一致することがありません",
            ],
        ),
        Never::Number => (
            "rule-value-no-number",
            [
                "the rule can never match: the attribute is a number and cannot have this value",
                "数値属性が取りえない値のため、一致することがありません",
            ],
        ),
    }
}

/// The rectangles of a rule, whether they are to be hidden or to be kept.
fn regions(rule: &Rule) -> impl Iterator<Item = &Region> {
    let kept: &[Region] = match &rule.keep {
        Keep::Regions(regions) => regions,
        Keep::UltrasoundRegions => &[],
    };
    rule.mask.iter().chain(kept)
}

fn shape(rule: &Rule, findings: &mut Vec<Finding>) {
    let keeps = rule.keep != Keep::Regions(Vec::new());
    if rule.mask.is_empty() && !keeps {
        let text = ["the rule hides nothing: it has neither mask nor keep", "mask も keep もなく、何も隠しません"];
        findings.push(at(rule, Severity::Error, "rule-without-mask", text));
    }
    if regions(rule).any(|region| region.width == 0 || region.height == 0) {
        let text = ["a rectangle has no area", "面積のない矩形があります"];
        findings.push(at(rule, Severity::Error, "rule-empty-rectangle", text));
    }
    if regions(rule).count() > RECTANGLES {
        let text = ["the rule has more than 1024 rectangles", "矩形が 1024 個を超えています"];
        findings.push(at(rule, Severity::Error, "rule-too-many-rectangles", text));
    }
}

/// Compares the rectangles with the matrix size that the rule tests.
fn size(rule: &Rule, findings: &mut Vec<Finding>) {
    let (rows, columns) = (tested(&rule.condition, ROWS), tested(&rule.condition, COLUMNS));
    let start_beyond = |region: &Region| beyond(region.y, rows) || beyond(region.x, columns);
    let end = |start: u32, length: u32| start.saturating_add(length).saturating_sub(1);
    let end_beyond =
        |region: &Region| beyond(end(region.y, region.height), rows) || beyond(end(region.x, region.width), columns);
    if regions(rule).any(start_beyond) {
        let text = ["a rectangle lies outside the image", "画像の外にある矩形があります"];
        findings.push(at(rule, Severity::Error, "rule-outside", text));
    } else if regions(rule).any(end_beyond) {
        let text = ["a rectangle reaches past the edge of the image", "画像の端を越える矩形があります"];
        findings.push(at(rule, Severity::Warning, "rule-past-the-edge", text));
    }
}

fn beyond(place: u32, size: Option<f64>) -> bool {
    size.is_some_and(|size| f64::from(place) >= size)
}

/// Returns the number that an attribute must equal for the condition to hold, the largest of several.
fn tested(condition: &Condition, tag: Tag) -> Option<f64> {
    match condition {
        Condition::All(parts) => parts.iter().find_map(|part| tested(part, tag)),
        Condition::Any(parts) => {
            let sizes: Option<Vec<f64>> = parts.iter().map(|part| tested(part, tag)).collect();
            sizes?.into_iter().reduce(f64::max)
        }
        Condition::Test(test) if test.path == [tag] => match &test.op {
            Op::Equals(text) => super::condition::number(text),
            _ => None,
        },
        _ => None,
    }
}

fn at(rule: &Rule, severity: Severity, id: &'static str, text: [&str; 2]) -> Finding {
    finding(severity, id, format!("{} {}", rule.place, rule.id), text)
}

fn finding(severity: Severity, id: &'static str, place: String, [en, ja]: [&str; 2]) -> Finding {
    let clause = "PS3.15 2026d E.3.1".to_owned();
    Finding { id, severity, place, en: en.to_owned(), ja: ja.to_owned(), clause }
}
