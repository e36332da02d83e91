//! What stays as text must look like nothing that identifies.

use crate::check::Check;
use crate::form;
use crate::instance::{Element, Instance};
use crate::report::Findings;
use tokumei_core::{Tag, Vr};
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
        // Measured numbers have as many digits as those of people.
        Vr::DS | Vr::IS => false,
        Vr::UN => readable,
        vr => vr.is_string(),
    };
    if !worth || form::is_dummy(element) || is_code_or_product(element.tag) {
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

/// Values of codes (PS3.3 2026d, 8.8), and what makers call their products and versions: no digits in them are anybody's
/// number.
fn is_code_or_product(tag: Tag) -> bool {
    const CODES: [u16; 6] = [0x0100, 0x0102, 0x0103, 0x0119, 0x010D, 0x010F];
    let product = matches!((tag.group(), tag.element()), (0x0008, 0x0070 | 0x1090) | (0x0018, 0x1020));
    product || tag.group() == 0x0008 && CODES.contains(&tag.element())
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
