//! Rules of profile files, lists of private attributes, and contracts of use.

use super::Findings;
use crate::compile::Table;
use crate::decision::Layer;
use crate::private;
use crate::profile::Profile;
use tokumei_core::{ActionCode, OptionName, TableCode, Tag, dictionary};
use tokumei_standard::{self as standard, TagPattern};

pub(super) fn check(profile: &Profile, findings: &mut Findings) {
    site_rules(profile, findings);
    private_lists(profile, findings);
    contracts(profile, findings);
}

/// A rule may only make the result stricter, unless the profile gives up the claim to the Basic Profile.
fn site_rules(profile: &Profile, findings: &mut Findings) {
    let source = profile.source();
    let bare = Table::compile(&source.options, &source.policy, &[]);
    let listed: Vec<Tag> = standard::rows().iter().map(|row| sample(row.tag)).collect();
    for rule in profile.rules() {
        let place = rule.selector.to_string();
        let text =
            ["a rule needs a reason in both languages, with its clause", "規則には両言語の理由と条項が必要", "R4-02"];
        findings.error(!rule.why.is_complete(), "rule-without-reason", &place, text);
        let weaker = |tag: &Tag| strength(rule.code) < strength(bare.decide(*tag, &[]).code);
        let first = rule.selector.first();
        let unlisted = bare.decide(first, &[]).rule.layer == Layer::Standard && weaker(&first);
        let weak = unlisted || listed.iter().filter(|tag| rule.selector.matches(**tag)).any(weaker);
        let text = [
            "the rule keeps more than the table allows, and the profile claims the Basic Profile",
            "表が許すより多くを残す規則だが、基本プロファイルへの準拠を主張している",
            "PS3.15 2026d E.1.1, E.2",
        ];
        findings.error(weak && profile.has(OptionName::Basic), "rule-less-strict", &place, text);
    }
}

/// One tag of a row.
fn sample(pattern: TagPattern) -> Tag {
    match pattern {
        TagPattern::Tag(tag) => tag,
        TagPattern::Curve => Tag(0x5000, 0x3000),
        TagPattern::Overlay(element) => Tag(0x6000, element),
        TagPattern::Private => Tag(0x0009, 0x1001),
    }
}

/// How much a code takes away; a compound code counts as its mildest letter.
pub(crate) fn strength(code: TableCode) -> u8 {
    let plain = |code| match code {
        ActionCode::K => 0,
        ActionCode::C => 1,
        ActionCode::U => 2,
        ActionCode::D => 3,
        ActionCode::Z => 4,
        ActionCode::X => 5,
    };
    match code {
        TableCode::Plain(code) => plain(code),
        TableCode::XZU => plain(ActionCode::U),
        TableCode::XZ => plain(ActionCode::Z),
        TableCode::ZD | TableCode::XD | TableCode::XZD => plain(ActionCode::D),
    }
}

fn private_lists(profile: &Profile, findings: &mut Findings) {
    for allow in &profile.policy().private_allow {
        let broken = private::group(allow).is_none()
            || private::elements(allow).count() != allow.elements.len()
            || allow.elements.is_empty()
            || allow.creator.trim().is_empty();
        let text = [
            "a private block needs a creator, an odd group of four and elements of two hexadecimal digits",
            "プライベートブロックには作成者、奇数の4桁グループ、2桁の要素が必要",
            "PS3.5 2026d 7.8.1",
        ];
        findings.error(broken, "private-allow", "private_allow", text);
        let text = [
            "an attribute that stays needs a reason in both languages",
            "残す属性には両言語の理由が必要",
            "PS3.15 2026d E.3.10",
        ];
        findings.error(!allow.reason.is_complete(), "private-allow-without-reason", "private_allow", text);
    }
}

/// A contract that names what the profile itself takes away can never hold.
fn contracts(profile: &Profile, findings: &mut Findings) {
    for contract in &profile.policy().utility {
        for keyword in &contract.attributes {
            let tag = dictionary::tag(keyword);
            let text = ["the data dictionary has no such keyword", "データ辞書にないキーワード", "PS3.6 2026c"];
            findings.error(tag.is_none(), "utility-keyword", keyword, text);
            let code = tag.map(|tag| profile.decide(tag).code);
            let gone = code.is_some_and(|code| strength(code) >= strength(TableCode::Plain(ActionCode::D)));
            let text = [
                "the contract names an attribute that the profile removes or replaces",
                "プロファイルが削除または置換する属性が契約に含まれる",
                "R4-07",
            ];
            findings.error(gone, "utility-removed", keyword, text);
        }
    }
}
