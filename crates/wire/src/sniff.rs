//! What encoding bytes have, judged by their first elements.

use crate::node::UNDEFINED;
use crate::{Encoding, header};
use tokumei_core::{Vr, dictionary};

/// How far bytes read as data elements of one encoding.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub(crate) struct Score {
    /// Elements that read well, up to [`ENOUGH`].
    pub elements: u32,
    /// Whether nothing was wrong up to there.
    pub clean: bool,
}

/// After so many elements there is no doubt left.
pub(crate) const ENOUGH: u32 = 8;

/// Whether the order of data elements counts when they are scored.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Order {
    /// A tag that is not above the one before ends the score.
    Ascending,
    /// Tags may come in any order.
    Any,
}

/// Scores the elements at the start of `bytes`, of a stream in which `room` bytes are left.
pub(crate) fn score(bytes: &[u8], room: u64, encoding: Encoding, order: Order) -> Score {
    let (mut at, mut last, mut elements) = (0u64, None, 0);
    while elements < ENOUGH {
        if at >= room {
            return Score { elements, clean: true };
        }
        let Some(rest) = usize::try_from(at).ok().and_then(|at| bytes.get(at..)) else {
            return Score { elements, clean: true };
        };
        if rest.len() < 12 && (rest.len() as u64) < room - at {
            return Score { elements, clean: true };
        }
        if rest.iter().take(8).all(|byte| *byte == 0) && elements > 0 {
            return Score { elements, clean: true };
        }
        let Some(read) = header::decode(rest.get(..12).unwrap_or(rest), encoding, room - at) else { break };
        let known = match read.vr {
            Some(_) => read.oddity != Some(header::Oddity::UnknownVr),
            None => read.tag.is_private() || elements > 0 || dictionary::vr(read.tag).is_some(),
        };
        if !known
            || read.tag.group() > 0xFFFC
            || (order == Order::Ascending && last.is_some_and(|last| read.tag <= last))
        {
            break;
        }
        last = Some(read.tag);
        elements += 1;
        if read.length == UNDEFINED {
            let may = matches!(read.vr, None | Some(Vr::SQ | Vr::UN | Vr::OB | Vr::OW));
            return Score { elements: if may { elements } else { elements - 1 }, clean: may };
        }
        at += read.size + u64::from(read.length);
        if at > room {
            // A value cut off at the end of the file is told so later, unless it is the first thing seen.
            return Score { elements: elements - 1, clean: false };
        }
    }
    Score { elements, clean: elements >= ENOUGH }
}

/// Returns the encoding of the data set at the start of `bytes`, `None` if no encoding reads even one element.
///
/// `declared` wins wherever it reads, whatever the order of the elements: bytes exchanged, they would seldom read as a
/// data set, but an order that nobody keeps may well seem kept.
pub(crate) fn encoding(bytes: &[u8], room: u64, declared: Option<Encoding>) -> Option<Encoding> {
    use Encoding::{ExplicitBig, ExplicitLittle, ImplicitLittle};
    // Letters that name a value representation are no length of a first element: it would have 16 KiB at least.
    let explicit = bytes.len() >= 6 && Vr::from_bytes([bytes[4], bytes[5]]).is_some();
    let group = |encoding| bytes.get(..4).map(|bytes| header::tag(bytes, encoding).group());
    // A data set begins with a low group; read with its bytes exchanged it is a high one.
    let low = |encoding| group(encoding).is_some_and(|group| group <= 0x00FF);
    let candidates: &[Encoding] = match (explicit, low(ExplicitLittle), low(ExplicitBig)) {
        (false, _, _) => &[ImplicitLittle],
        (true, true, false) => &[ExplicitLittle],
        (true, false, true) => &[ExplicitBig],
        _ if declared.is_some_and(Encoding::is_explicit) => &[],
        _ => &[ExplicitLittle, ExplicitBig],
    };
    let mut best: Option<(Score, Encoding)> = None;
    let mut consider = |candidate: Encoding, order: Order| {
        let score = score(bytes, room, candidate, order);
        if score.elements > 0 && best.is_none_or(|(known, _)| score.elements > known.elements) {
            best = Some((score, candidate));
        }
    };
    // Without the letters of a value representation, order is all that tells elements from noise.
    let order = |declared: Encoding| if declared.is_explicit() { Order::Any } else { Order::Ascending };
    declared.into_iter().for_each(|declared| consider(declared, order(declared)));
    candidates.iter().for_each(|candidate| consider(*candidate, Order::Ascending));
    best.map(|(_, encoding)| encoding)
}

#[cfg(test)]
mod tests {
    use super::*;
    use Encoding::*;

    #[test]
    fn first_elements_tell_the_encoding() {
        let explicit = b"\x08\0\x05\0CS\x04\0ABCD\x08\0\x60\0CS\x02\0CT";
        let big = b"\0\x08\0\x05CS\0\x04ABCD\0\x08\0\x60CS\0\x02CT";
        let implicit = b"\x08\0\x05\0\x04\0\0\0ABCD\x08\0\x60\0\x02\0\0\0CT";
        assert_eq!(encoding(explicit, explicit.len() as u64, Some(ImplicitLittle)), Some(ExplicitLittle));
        assert_eq!(encoding(big, big.len() as u64, None), Some(ExplicitBig));
        assert_eq!(encoding(implicit, implicit.len() as u64, Some(ExplicitLittle)), Some(ImplicitLittle));
        assert_eq!(encoding(b"Hello, this is a text", 21, None), None);
    }

    #[test]
    fn first_value_beyond_the_end_counts_for_nothing() {
        assert_eq!(score(b"\x08\0\x05\0CS\x40\0ABCD", 12, ExplicitLittle, Order::Ascending).elements, 0);
    }
}
