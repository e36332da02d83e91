//! Decoding one native frame.

use super::Native;
use crate::{Damage, MAX_FRAME};
use std::borrow::Cow;

/// Decodes a frame from the bytes of its span.
pub(super) fn decode(native: &Native, bytes: &[u8], frame: u64) -> Result<Vec<u8>, Damage> {
    let span = native.span(frame).ok_or(Damage::Mismatch("number of frames"))?;
    if native.format.decoded_len() > MAX_FRAME {
        return Err(Damage::TooLarge);
    }
    let length = usize::try_from(span.end - span.start).map_err(|_| Damage::TooLarge)?;
    let mut bytes = Cow::Borrowed(bytes.get(..length).ok_or(Damage::Truncated)?);
    if native.layout.swapped {
        bytes.to_mut().as_chunks_mut::<2>().0.iter_mut().for_each(|word| word.reverse());
    }
    let skipped = frame * native.frame_bits() - span.start * 8;
    if native.format.allocated == 1 {
        let pixels = native.frame_bits();
        return Ok((skipped..skipped + pixels).map(|bit| bytes[(bit / 8) as usize] >> (bit % 8) & 1).collect());
    }
    let start = (skipped / 8) as usize;
    Ok(interleave(native, &bytes[start..start + (native.frame_bits() / 8) as usize]))
}

/// Brings samples together by pixel, in little endian.
fn interleave(native: &Native, bytes: &[u8]) -> Vec<u8> {
    let (format, layout) = (&native.format, &native.layout);
    let (from, to) = (usize::from(format.allocated / 8), format.sample_bytes());
    let backwards = format.big_endian && !layout.swapped;
    let samples = usize::from(format.samples);
    if !backwards && from == to && layout.planes == 1 && !layout.pairs {
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
