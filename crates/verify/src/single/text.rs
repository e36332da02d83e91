//! What stays as text must look like nothing that identifies.

use crate::check::Check;
use crate::form;
use crate::instance::{Element, Instance};
use crate::report::Findings;
use tokumei_core::Vr;
use tokumei_text::detect;

/// Longest text that the detectors look at; the rest of a longer one is looked at in further pieces.
const PIECE: usize = 1 << 16;

/// Looks for patterns in the text of an element that stays or was cleaned.
pub(crate) fn check(instance: &Instance, element: &Element, findings: &mut Findings<'_>) {
    let Some(bytes) = element.bytes() else { return };
    let vr = element.text_vr();
    let readable =
        vr == Vr::UN && bytes.iter().all(|b| !b.is_ascii_control() || matches!(b, 0x1B | 9 | 10 | 12 | 13 | 0));
    let worth = match vr {
        Vr::UI | Vr::AS | Vr::DA | Vr::DT | Vr::TM => false,
        Vr::UN => readable,
        vr => vr.is_string(),
    };
    if !worth || form::is_dummy(element) {
        return;
    }
    let sets = &instance.levels[element.level].sets;
    if vr.is_text() && !sets.decode(bytes, vr).issues.is_empty() {
        findings.add(Check::Undecodable, instance.path(element));
    }
    let certain = |text: &str| detect::find(text).iter().any(|finding| finding.certain);
    if instance.texts(element).iter().any(|text| pieces(text).any(certain)) {
        findings.add(Check::Pattern, instance.path(element));
    }
}

fn pieces(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let mut cut = rest.len().min(PIECE);
        while !rest.is_char_boundary(cut) {
            cut -= 1;
        }
        let (piece, after) = rest.split_at(cut);
        rest = after;
        Some(piece)
    })
}
