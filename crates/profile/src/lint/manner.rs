//! Options and the policies that carry them out.

use super::Findings;
use crate::policy::{
    Age, BurnedIn, Dates, Faces, Graphics, LeadingZeros, Private, Sex, SizeWeight, Structured, TextPolicy, UnlistedText,
};
use crate::profile::Profile;
use tokumei_core::OptionName;

/// Most days that dates may move: a hundred years.
const MOST_DAYS: u32 = 36_525;

pub(super) fn check(profile: &Profile, findings: &mut Findings) {
    without_option(profile, findings);
    without_manner(profile, findings);
    without_reason(profile, findings);
    values(profile, findings);
}

/// Policies that keep something although the Option for it is off.
fn without_option(profile: &Profile, findings: &mut Findings) {
    use OptionName::*;
    let policy = profile.policy();
    let modified = matches!(policy.dates, Dates::Shift | Dates::ShiftMonthOutsideStudy | Dates::YearOnly);
    for (on, name, option) in [
        (modified, "dates", RetainLongModifiedDates),
        (policy.dates == Dates::Keep, "dates", RetainLongFullDates),
        (policy.text != TextPolicy::Remove, "text", CleanDescriptors),
        (policy.private != Private::Remove, "private", RetainSafePrivate),
        (policy.structured == Structured::Clean, "structured", CleanStructuredContent),
        (policy.graphics == Graphics::Clean, "graphics", CleanGraphics),
        (policy.age != Age::Remove, "age", RetainPatientCharacteristics),
        (policy.sex != Sex::Remove, "sex", RetainPatientCharacteristics),
        (policy.size_weight != SizeWeight::Remove, "size_weight", RetainPatientCharacteristics),
    ] {
        let text = [
            &*format!("the policy {name} keeps what only {} allows, and that Option is off", option.key()),
            &*format!("ポリシー {name} の値には {} が必要だが、このオプションは無効", option.key()),
            &*format!("PS3.15 2026d {}", option.section()),
        ];
        findings.error(on && !profile.has(option), "policy-without-option", name, text);
    }
}

/// Options that no policy carries out, so that their code would be claimed without being done.
fn without_manner(profile: &Profile, findings: &mut Findings) {
    use OptionName::*;
    let policy = profile.policy();
    let both = profile.has(RetainLongFullDates) && profile.has(RetainLongModifiedDates);
    let text =
        ["full and modified dates exclude each other", "全日付の保持と日付の変更は両立しない", "PS3.15 2026d E.3.6"];
    findings.error(both, "full-and-modified-dates", "retain_long_full_dates", text);
    let unmoved = matches!(policy.dates, Dates::Remove | Dates::Keep);
    for (missing, option, name) in [
        (policy.burned_in != BurnedIn::Mask, CleanPixelData, "burned_in"),
        (policy.faces == Faces::Flag, CleanRecognizableVisualFeatures, "faces"),
        (policy.structured == Structured::Dummy, CleanStructuredContent, "structured"),
        (policy.private == Private::Remove, RetainSafePrivate, "private"),
        (unmoved, RetainLongModifiedDates, "dates"),
        (policy.dates != Dates::Keep, RetainLongFullDates, "dates"),
    ] {
        let text = [
            &*format!("{} is on, and the policy {name} does not carry it out", option.key()),
            &*format!("{} が有効だが、ポリシー {name} がそれを実行しない", option.key()),
            &*format!("PS3.15 2026d {}", option.section()),
        ];
        findings.error(missing && profile.has(option) && !both, "option-without-policy", option.key(), text);
    }
    let text = [
        "descriptors are removed although the Option to clean them is on",
        "清浄化オプションが有効だが、記述子は削除される",
        "PS3.15 2026d E.3.5",
    ];
    findings.warn(
        profile.has(CleanDescriptors) && policy.text == TextPolicy::Remove,
        "descriptors-removed",
        "text",
        text,
    );
}

/// What weakens the protection needs a reason in both languages, with a clause.
fn without_reason(profile: &Profile, findings: &mut Findings) {
    use OptionName::*;
    let written = |key: &str| profile.why(key).is_some_and(|why| why.is_complete());
    for option in [RetainUids, RetainLongFullDates, RetainInstitutionIdentity, RetainDeviceIdentity] {
        let text = [
            &*format!("{} needs a reason in both languages, with its clause", option.key()),
            &*format!("{} には両言語の理由と条項が必要", option.key()),
            &*format!("PS3.15 2026d {}", option.section()),
        ];
        findings.error(profile.has(option) && !written(option.key()), "option-without-reason", option.key(), text);
    }
    let policy = profile.policy();
    let lax = [
        (policy.burned_in == BurnedIn::Ignore, "burned_in"),
        (policy.unlisted_text == UnlistedText::Keep, "unlisted_text"),
        (!policy.unknown_sop_classes.is_empty(), "unknown_sop_classes"),
    ];
    for (on, name) in lax {
        let text = [
            &*format!("this value of the policy {name} needs a reason in both languages, with its clause"),
            &*format!("ポリシー {name} のこの値には両言語の理由と条項が必要"),
            "PS3.15 2026d E.1.1",
        ];
        findings.warn(on && !written(name), "policy-without-reason", name, text);
    }
    let text = [
        "the profile gives up its claim to the Basic Profile: outputs carry no code 113100",
        "基本プロファイルへの準拠を主張しない。出力にコード 113100 を書かない",
        "PS3.15 2026d E.2",
    ];
    findings.warn(!profile.has(Basic), "no-claim", "basic", text);
}

/// Values that make no sense.
fn values(profile: &Profile, findings: &mut Findings) {
    let policy = profile.policy();
    let [least, most] = policy.shift_days;
    let text = [
        "the shift must be at least one day, at most a hundred years, and the lower bound comes first",
        "移動量は1日以上100年以内とし、下限を先に書く",
        "PS3.15 2026d E.3.6",
    ];
    findings.error(least == 0 || least > most || most > MOST_DAYS, "shift-days", "shift_days", text);
    let text = ["a group of one is no group", "1人の群は群ではない", "APPI Rules Art. 34(iv)"];
    findings.error(policy.risk_k < 2, "risk-k", "risk_k", text);
    let padded = matches!(policy.patient_id.leading_zeros, LeadingZeros::Pad(width) if width == 0 || width > 64);
    let text = ["identifiers are padded to 1 to 64 characters", "識別子の桁数は1から64とする", "PS3.5 2026d 6.2"];
    findings.error(padded, "patient-id-width", "patient_id", text);
    let code = policy.site_code.as_deref().unwrap_or("x");
    let text = [
        "a site code has 1 to 16 letters, digits and hyphens",
        "施設コードは英数字とハイフン1から16文字とする",
        "PS3.5 2026d 6.2",
    ];
    findings.error(!is_word(code, 16), "site-code", "site_code", text);
    let text = [
        "a name has 1 to 40, a version 1 to 16 letters, digits, hyphens and dots: both are written into outputs",
        "名前は40文字以内、版は16文字以内の英数字・ハイフン・点とする。どちらも出力に書かれる",
        "PS3.5 2026d 6.2",
    ];
    findings.error(!is_word(profile.name(), 40) || !is_word(profile.version(), 16), "name-or-version", "name", text);
}

fn is_word(text: &str, most: usize) -> bool {
    let legal = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_');
    (1..=most).contains(&text.len()) && text.bytes().all(legal)
}
