//! What bytes are in truth, where they contradict the declaration.

use super::Scheme;
use super::decode::is_clean;
use super::set::Set;
use crate::issue::{Issue, Issues};
use tokumei_core::Vr;

/// How many bytes are looked at; what holds for these is taken to hold for the rest.
const ENOUGH: usize = 1 << 16;

/// Returns the scheme to read `bytes` with, and the issue when it is not the declared one.
///
/// The declared scheme stays unless it cannot read the bytes, or it is ISO 8859-1 and the bytes are very unlikely to
/// be that: whole UTF-8, or kana and common kanji in EUC-JP, or control characters that Shift_JIS explains.
pub(super) fn scheme(declared: Scheme, bytes: &[u8], vr: Vr) -> (Scheme, Issues) {
    if bytes.contains(&0x1B) {
        // ISO 2022 under a declaration without code extensions; the decoder tells of each escape.
        let plain = Scheme::Iso2022 { g0: Set::Ascii, g1: None, declared: Set::Ascii.bit() };
        let whole = !matches!(declared, Scheme::Iso2022 { .. });
        return (if whole && designates(bytes) { plain } else { declared }, Issues::none());
    }
    if bytes.is_ascii() {
        return (declared, Issues::none());
    }
    let clean = is_clean(declared, bytes, vr, |_, _| {});
    let latin = matches!(declared, Scheme::Iso2022 { g1: Some(Set::Latin1), .. });
    if clean && !latin {
        return (declared, Issues::none());
    }
    let head = &bytes[..bytes.len().min(ENOUGH)];
    if declared != Scheme::Utf8 && std::str::from_utf8(bytes).is_ok() {
        return (Scheme::Utf8, Issue::SniffedUtf8.into());
    }
    // A complete Latin-1 reading stands against EUC-JP only if that is no more than a stray pair.
    if is_euc_jp(head, vr, clean) {
        return (Scheme::EucJp, Issue::SniffedEucJp.into());
    }
    if !clean && is_shift_jis(head, vr) {
        return (Scheme::ShiftJis, Issue::SniffedShiftJis.into());
    }
    let bare = matches!(declared, Scheme::Iso2022 { g1: None, .. } | Scheme::Utf8);
    if !clean && bare && bytes.iter().all(|b| !matches!(b, 0x80..=0x9F)) {
        let latin1 = Scheme::Iso2022 { g0: Set::Ascii, g1: Some(Set::Latin1), declared: Set::Latin1.bit() };
        return (latin1, Issue::SniffedLatin1.into());
    }
    (declared, Issues::none())
}

/// Tells whether seven-bit text has an escape sequence of a known set.
fn designates(bytes: &[u8]) -> bool {
    bytes.is_ascii()
        && bytes.windows(2).enumerate().any(|(at, _)| bytes[at] == 0x1B && Set::from_escape(&bytes[at + 1..]).is_some())
}

/// Tells whether the bytes are EUC-JP text; `strict` asks for kana and everyday kanji alone, two of them at least.
fn is_euc_jp(bytes: &[u8], vr: Vr, strict: bool) -> bool {
    let (mut common, mut rare) = (0_usize, 0_usize);
    let whole = trimmed(Scheme::EucJp, bytes);
    let clean = is_clean(Scheme::EucJp, whole, vr, |character, _| match kind(character) {
        Kind::Common => common += 1,
        Kind::Rare => rare += 1,
        Kind::Other => {}
    });
    let leads = even_runs(whole) && (!strict || everyday_leads(whole));
    clean && leads && common > usize::from(strict) && (!strict || rare == 0) && common >= rare
}

fn is_shift_jis(bytes: &[u8], vr: Vr) -> bool {
    let (mut common, mut rare) = (0_usize, 0_usize);
    let clean =
        is_clean(Scheme::ShiftJis, trimmed(Scheme::ShiftJis, bytes), vr, |character, length| match kind(character) {
            Kind::Common => common += 1,
            Kind::Rare if length == 2 => rare += 1,
            _ => {}
        });
    clean && common > 0 && common >= rare
}

/// Leaves out a character that the look-ahead limit may have cut.
fn trimmed(scheme: Scheme, bytes: &[u8]) -> &[u8] {
    if bytes.len() < ENOUGH {
        return bytes;
    }
    let last_ascii = bytes.iter().rposition(|&b| b < if scheme == Scheme::ShiftJis { 0x30 } else { 0x80 });
    &bytes[..last_ascii.unwrap_or(0)]
}

/// Tells whether bytes above 0x7F come in pairs (or triples after 0x8F), as in EUC-JP.
fn even_runs(bytes: &[u8]) -> bool {
    bytes.split(|b| *b < 0x80).all(|run| run.contains(&0x8F) || run.len() % 2 == 0)
}

/// Tells whether each pair is kana or first-level kanji, or a symbol: rows that Latin-1 letters hardly imitate.
fn everyday_leads(bytes: &[u8]) -> bool {
    bytes
        .split(|b| *b < 0x80)
        .flat_map(|run| run.chunks(2))
        .all(|pair| matches!(pair[0], 0xA1 | 0xA4 | 0xA5 | 0xB0..=0xCF))
}

enum Kind {
    Common,
    Rare,
    Other,
}

fn kind(character: char) -> Kind {
    match character {
        '\u{3041}'..='\u{30FE}' | '\u{4E00}'..='\u{9FFF}' => Kind::Common,
        '\u{FF61}'..='\u{FF9F}' | '\u{3000}'..='\u{3040}' | '\u{FF01}'..='\u{FF5E}' => Kind::Other,
        '\0'..='\u{7F}' => Kind::Other,
        _ => Kind::Rare,
    }
}
