//! What a legal class forbids.

use super::Findings;
use crate::file::LegalClass;
use crate::policy::{Age, BurnedIn, Dates, InputDigest, KeyPolicy, Linkage, Private, UnlistedText};
use crate::profile::Profile;
use tokumei_core::OptionName;

pub(super) fn check(profile: &Profile, findings: &mut Findings) {
    if profile.legal_class().is_anonymized() {
        anonymized(profile, findings);
    }
    if profile.legal_class() == LegalClass::SafeHarbor {
        safe_harbor(profile, findings);
    }
    if profile.legal_class() != LegalClass::None {
        any(profile, findings);
    }
}

fn anonymized(profile: &Profile, findings: &mut Findings) {
    use OptionName::*;
    let policy = profile.policy();
    let table = [
        "no table may lead back to the originals",
        "元データに戻れる対応表を作成・保持してはならない",
        "APPI Art. 43; PPC Q&A 15-14",
    ];
    findings.error(policy.linkage != Linkage::Forbidden, "anonymized-linkage", "linkage", table);
    let key = [
        "the parameters of the replacement must be destroyed, so the key cannot be kept",
        "置換のパラメータは廃棄しなければならず、鍵を保管できない",
        "APPI Art. 43; PPC Q&A 15-14",
    ];
    findings.error(policy.key != KeyPolicy::Ephemeral, "anonymized-project-key", "key", key);
    let digest = [
        "a digest of an original is a code that links to it",
        "元データのダイジェストは元データに連結する符号にあたる",
        "APPI Rules Art. 34(iii)",
    ];
    findings.error(policy.input_digest != InputDigest::Never, "anonymized-input-digest", "input_digest", digest);
    let lengths = [
        "lengths of original values can be compared with the originals",
        "元の値の長さは元データと照合されうる",
        "APPI Rules Art. 34(iii)",
    ];
    findings.error(policy.ledger_lengths, "anonymized-ledger-lengths", "ledger_lengths", lengths);
    let full = profile.has(RetainLongFullDates) || policy.dates == Dates::Keep;
    let dates =
        ["full dates link to the originals", "元のままの日付は元データとの照合を許す", "APPI Rules Art. 34(iii), (v)"];
    findings.error(full, "anonymized-full-dates", "dates", dates);
    let uids = ["original UIDs link to the originals", "元の UID は元データに連結する", "APPI Rules Art. 34(iii)"];
    findings.error(profile.has(RetainUids), "anonymized-uids", "retain_uids", uids);
    let age = ["singular ages must go", "特異な年齢は除かなければならない", "APPI Rules Art. 34(iv)"];
    findings.error(policy.age == Age::Exact, "anonymized-age", "age", age);
    let private = [
        "our own list of private attributes was made for pseudonymized data",
        "独自のプライベート属性一覧は仮名加工のためのもの",
        "APPI Rules Art. 34(i)",
    ];
    findings.warn(policy.private == Private::SafeListWide, "anonymized-private", "private", private);
    let place = [
        "a device or an institution helps to single out; ask a lawyer",
        "装置や施設は特定を助ける。法律家に確認すること",
        "APPI Rules Art. 34(v)",
    ];
    let named =
        profile.has(RetainDeviceIdentity) || profile.has(RetainInstitutionIdentity) || policy.site_code.is_some();
    findings.warn(named, "anonymized-institution", "site_code", place);
}

fn safe_harbor(profile: &Profile, findings: &mut Findings) {
    let policy = profile.policy();
    let year = ["of dates only the year may stay", "日付は年だけを残すことができる", "45 CFR 164.514(b)(2)(i)(C)"];
    findings.error(!matches!(policy.dates, Dates::YearOnly | Dates::Remove), "safe-harbor-dates", "dates", year);
    let age = ["ages over 89 must be one class", "89歳を超える年齢は一つの区分とする", "45 CFR 164.514(b)(2)(i)(C)"];
    findings.error(matches!(policy.age, Age::Exact), "safe-harbor-age", "age", age);
    let keyed = [
        "an identifier derived from information about the person needs an expert's determination",
        "本人の情報から導いた識別子には専門家の判断が必要",
        "45 CFR 164.514(c)",
    ];
    findings.error(policy.key == KeyPolicy::Project, "safe-harbor-keyed-id", "key", keyed);
}

fn any(profile: &Profile, findings: &mut Findings) {
    let policy = profile.policy();
    let text = [
        "a legal class is claimed while text nobody has read, or burned-in text, may pass",
        "法的な区分を主張しながら、未確認のテキストや焼き込み文字が通りうる",
        "APPI Rules Art. 31(i), 34(i)",
    ];
    let lax = policy.burned_in == BurnedIn::Ignore || policy.unlisted_text == UnlistedText::Keep || !policy.beyond;
    findings.error(lax, "class-with-unread-content", "legal_class", text);
}
