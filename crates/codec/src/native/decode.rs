//! Decoding one native frame.

use super::Native;
use crate::{Damage, MAX_FRAME};
use std::borrow::Cow;

/// Decodes a frame from the bytes of its span; in place where they are samples as they shall be.
pub(super) fn decode<'b>(native: &Native, bytes: Cow<'b, [u8]>, frame: u64) -> Result<Cow<'b, [u8]>, Damage> {
    let span = native.span(frame).ok_or(Damage::Mismatch("number of frames"))?;
    if native.format.decoded_len() > MAX_FRAME {
        return Err(Damage::TooLarge);
    }
    let length = usize::try_from(span.end - span.start).map_err(|_| Damage::TooLarge)?;
    let mut bytes = match bytes {
        Cow::Owned(mut bytes) if bytes.len() >= length => {
            bytes.truncate(length);
            Cow::Owned(bytes)
        }
        Cow::Borrowed(bytes) if bytes.len() >= length => Cow::Borrowed(&bytes[..length]),
        _ => return Err(Damage::Truncated),
    };
    if native.layout.swapped {
        bytes.to_mut().as_chunks_mut::<2>().0.iter_mut().for_each(|word| word.reverse());
    }
    let skipped = frame * native.frame_bits() - span.start * 8;
    if native.format.allocated == 1 {
        let pixels = native.frame_bits();
        let each = (skipped..skipped + pixels).map(|bit| bytes[(bit / 8) as usize] >> (bit % 8) & 1);
        return Ok(Cow::Owned(each.collect()));
    }
    let (start, samples) = ((skipped / 8) as usize, (native.frame_bits() / 8) as usize);
    match bytes {
        Cow::Owned(bytes) if start == 0 && samples == length && is_plain(native) => Ok(Cow::Owned(bytes)),
        Cow::Borrowed(bytes) if is_plain(native) => Ok(Cow::Borrowed(&bytes[start..start + samples])),
        bytes => Ok(Cow::Owned(interleave(native, &bytes[start..start + samples]))),
    }
}

/// Tells whether samples are stored as they are handed out.
fn is_plain(native: &Native) -> bool {
    let (format, layout) = (&native.format, &native.layout);
    let backwards = format.big_endian && !layout.swapped;
    !backwards && usize::from(format.allocated / 8) == format.sample_bytes() && layout.planes == 1 && !layout.pairs
}

/// Brings samples together by pixel, in little endian.
fn interleave(native: &Native, bytes: &[u8]) -> Vec<u8> {
    let (format, layout) = (&native.format, &native.layout);
    let (from, to) = (usize::from(format.allocated / 8), format.sample_bytes());
    let backwards = format.big_endian && !layout.swapped;
    let samples = usize::from(format.samples);
    if is_plain(native) {
        return bytes.to_vec();
    }
    let pixels = format.rows as usize * format.columns as usize;
    let mut out = vec![0; pixels * samples * to];
    for (pixel, target) in out.chunks_exact_mut(samples * to).enumerate() {
        for (sample, target) in target.chunks_exact_mut(to).enumerate() {
            let place = match (layout.pairs, layout.planes) {
                (true, _) => pixel / 2 * 4 + if sample == 0 { pixel % 2 } else { sample + 1 },
                (false, 1) => pixel * samples + sample,
                _ => sample * pixels + pixel,
            };
            target[..from].copy_from_slice(&bytes[place * from..(place + 1) * from]);
            if backwards {
                target[..from].reverse();
            }
        }
    }
    out
}
