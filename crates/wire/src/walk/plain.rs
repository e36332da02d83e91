//! Elements that have nothing unusual about them, one after the other.
//!
//! Nearly all elements of nearly all data sets have a short header in explicit little endian, a known value representation, an
//! even length, a place behind the one before, and are held already. Nothing is to be weighed or noted about them, so they
//! pass without the questions that [`Walker::step`] asks. Whatever is not so is left to it.

use super::{Level, Walker};
use crate::{Encoding, Node, NodeId, NodeKind};
use tokumei_core::{Tag, Vr};

/// Bytes of a short header.
const HEADER: usize = 8;

impl Walker<'_> {
    /// Passes the plain elements that come next in the open container.
    pub(super) fn pass_plain(&mut self) {
        let Some(frame) = self.stack.last_mut() else { return };
        let stream = &self.out.stream;
        let held = frame.level != Level::Sequence && stream.tail_start.is_none() && self.pos >= self.command_end;
        if !held || frame.encoding != Encoding::ExplicitLittle {
            return;
        }
        let bound = usize::try_from(frame.bound).unwrap_or(usize::MAX);
        let bytes = &stream.head[..stream.head.len().min(bound)];
        let most = usize::try_from(self.limits.nodes).unwrap_or(usize::MAX);
        while self.out.nodes.len() < most {
            let rest = usize::try_from(self.pos).ok().and_then(|pos| bytes.get(pos..)).unwrap_or_default();
            let Some((tag, vr, length)) = plain(rest, frame.last) else { return };
            let id = NodeId(self.out.nodes.len() as u32);
            let value = self.pos + HEADER as u64;
            let stop = value + u64::from(length);
            self.out.nodes.push(Node {
                kind: NodeKind::Value,
                tag,
                vr,
                written_vr: Some([rest[4], rest[5]]),
                encoding: frame.encoding,
                parent: frame.node,
                end: id.0 + 1,
                ordinal: frame.children,
                start: self.pos,
                value,
                length: u32::from(length),
                stop,
                depth: frame.depth,
            });
            frame.children += 1;
            frame.last = Some(tag);
            self.pos = stop;
        }
    }
}

/// Returns tag, value representation and length of the element at the start of `bytes`, where it is plain and all there.
#[inline(always)]
fn plain(bytes: &[u8], last: Option<Tag>) -> Option<(Tag, Vr, u16)> {
    let header = bytes.first_chunk::<HEADER>()?;
    let number = |at: usize| u16::from_le_bytes([header[at], header[at + 1]]);
    let (tag, length) = (Tag(number(0), number(2)), number(6));
    // Commands, pixel data and delimiters are no plain elements.
    let common = (0x0001..0x7FE0).contains(&tag.group()) || tag.group() > 0x7FE0 && tag.group() < 0xFFFE;
    let vr = Vr::from_bytes([header[4], header[5]]).filter(|vr| !vr.has_long_header())?;
    let there = length % 2 == 0 && usize::from(length) <= bytes.len() - HEADER;
    (common && there && last.is_none_or(|last| last < tag)).then_some((tag, vr, length))
}

#[cfg(test)]
mod tests {
    use super::super::Walked;
    use super::*;
    use crate::stream::Stream;
    use crate::syntax::Pixels;
    use crate::{Limits, ReadError};

    fn walker<'a>(bytes: &'a &'a [u8], limits: &Limits) -> Walker<'a> {
        let stream = Stream::new(bytes, limits);
        Walker::new(stream, limits, Encoding::ExplicitLittle, Pixels::Native, false, 0..0, Vec::new())
    }

    /// Walks without the quick way.
    fn slowly<'a>(bytes: &'a &'a [u8], limits: &Limits) -> Result<Walked<'a>, ReadError> {
        let mut walker = walker(bytes, limits);
        while let Some(frame) = walker.stack.last().copied() {
            if let Err(error) = walker.step(frame) {
                walker.roll_back(error)?;
            }
        }
        Ok(walker.out)
    }

    fn seen(walked: Result<Walked<'_>, ReadError>) -> Result<String, String> {
        let shown = |walked: Walked<'_>| {
            format!("{:?} {:?} {:?} {:?}", walked.nodes, walked.notes, walked.untidy, walked.pixel_data)
        };
        walked.map(shown).map_err(|error| format!("{error:?}"))
    }

    /// Elements of many kinds: plain ones, sequences with and without lengths, long forms, odd lengths, tags out of order.
    fn data_set(mut seed: u64) -> Vec<u8> {
        let mut draw = move |below: u64| {
            seed = seed.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            (seed >> 33) % below
        };
        let parts: [&[u8]; 16] = [
            b"\x08\0\x05\0CS\x04\0ABCD",
            b"\x08\0\x60\0CS\x02\0CT",
            b"\x10\0\x10\0PN\x04\0A^B ",
            b"\x10\0\x20\0LO\x03\0ABC",
            b"\x10\0\x20\0lo\x02\0AB",
            b"\x10\0\x20\0??\x02\0AB",
            b"\x20\0\x0D\0UI\0\0",
            b"\x20\0\x10\0SH\xFF\xFF",
            b"\x09\0\x10\x10UN\0\0\x08\0\0\0\xFE\xFF\0\xE0\0\0\0\0",
            b"\x40\0\x75\x02SQ\0\0\xFF\xFF\xFF\xFF\xFE\xFF\0\xE0\xFF\xFF\xFF\xFF",
            b"\x40\0\x75\x02SQ\0\0\x12\0\0\0\xFE\xFF\0\xE0\x0A\0\0\0",
            b"\xFE\xFF\x0D\xE0\0\0\0\0",
            b"\xFE\xFF\xDD\xE0\0\0\0\0",
            b"\xE0\x7F\x10\0OW\0\0\x04\0\0\0abcd",
            b"\0\0\0\0UL\x04\0abcd",
            b"\xFC\xFF\xFC\xFF OB\0\0\x02\0\0\0\0\0",
        ];
        let mut bytes = Vec::new();
        for _ in 0..draw(12) + 1 {
            let part = parts[draw(parts.len() as u64) as usize];
            bytes.extend_from_slice(part);
        }
        if draw(4) == 0 {
            bytes.truncate(draw(bytes.len() as u64) as usize);
        }
        if draw(8) == 0 && !bytes.is_empty() {
            let at = draw(bytes.len() as u64) as usize;
            bytes[at] ^= 1 << draw(8);
        }
        bytes
    }

    #[test]
    fn the_quick_way_finds_what_the_slow_one_finds() {
        let (mut well, mut ill) = (0, 0);
        for seed in 0..60_000 {
            let bytes = data_set(seed);
            let limits = Limits { nodes: 9, ..Limits::default() };
            let (quick, slow) =
                (seen(walker(&bytes.as_slice(), &limits).run()), seen(slowly(&bytes.as_slice(), &limits)));
            assert_eq!(quick, slow, "{seed}: {bytes:02x?}");
            *(if quick.is_ok() { &mut well } else { &mut ill }) += 1;
        }
        assert!(well > 5_000 && ill > 5_000, "{well} {ill}");
    }
}
