//! What the fuzz targets and their replay in the tests do with bytes. No part of the library's interface.

use crate::{Codec, Fill, Format, Photometric, codec};
use tokumei_core::Region;

/// Bytes before the frame, which say its format, a region and a fill value.
pub const HEAD: usize = 12;

/// Cleans, decodes and masks a frame of a transfer syntax; the first [`HEAD`] bytes say what the data set would.
///
/// # Panics
/// If a sample outside the effective regions changes, or cleaning is not done with at once.
#[doc(hidden)]
pub fn replay(transfer_syntax: &str, bytes: &[u8]) {
    let Some((head, frame)) = bytes.split_first_chunk::<HEAD>() else { return };
    let Some(codec) = codec(transfer_syntax) else { return };
    let format = format(head);
    let decoded = codec.decode(frame, &format);
    if let Ok(Some(clean)) = codec.clean(frame, &format) {
        assert_eq!(codec.clean(&clean, &format), Ok(None), "cleaning left something");
        if let Ok(decoded) = &decoded {
            assert!(codec.decode(&clean, &format).as_ref() == Ok(decoded), "cleaning changed a sample");
        }
    }
    let [x, y, width, height] = [head[5], head[6], head[7], head[8]].map(u32::from);
    let regions = [Region { x, y, width, height }];
    let fill = Fill([u32::from(u16::from_le_bytes([head[9], head[10]])); 4]);
    for regions in [&regions[..], &[]] {
        check(codec, frame, &format, regions, &fill, decoded.as_deref().ok());
    }
}

/// Masks, decodes the outcome with the codec of the syntax it was written in, and compares outside the regions.
fn check(codec: &dyn Codec, frame: &[u8], format: &Format, regions: &[Region], fill: &Fill, decoded: Option<&[u8]>) {
    let (Ok(masked), Some(before)) = (codec.mask(frame, format, regions, fill), decoded) else { return };
    let written = Format { photometric: codec.photometric(format.photometric), ..*format };
    let reader = crate::codec(codec.writes()).expect("what is written can be read");
    let after = reader.decode(&masked.bytes, &written).expect("what was written decodes");
    assert_eq!(before.len(), after.len(), "another number of samples");
    let pixel = format.sample_bytes() * usize::from(format.samples);
    let row = pixel * format.columns as usize;
    for (y, (before, after)) in before.chunks_exact(row).zip(after.chunks_exact(row)).enumerate() {
        let hidden = |x: usize| masked.effective.iter().any(|region| holds(region, x as u32, y as u32));
        let mut pixels = before.chunks_exact(pixel).zip(after.chunks_exact(pixel)).enumerate();
        assert!(pixels.all(|(x, (before, after))| before == after || hidden(x)), "a sample outside changed");
    }
}

fn holds(region: &Region, x: u32, y: u32) -> bool {
    let inside = |start: u32, length: u32, at: u32| at >= start && at - start < length;
    inside(region.x, region.width, x) && inside(region.y, region.height, y)
}

/// Reads rows, columns (a high bit of the third byte makes both large), flags, samples and photometric interpretation,
/// and bits stored.
fn format(head: &[u8; HEAD]) -> Format {
    let flag = |bit: u8| head[2] >> bit & 1 == 1;
    let length = |byte: u8| if flag(6) { (u32::from(byte) + 1) * 256 - 1 } else { u32::from(byte) + 1 };
    let allocated = [1, 8, 16, 24, 32, 64, 8, 16][usize::from(head[2] & 7)];
    Format {
        rows: length(head[0]),
        columns: length(head[1]),
        samples: u16::from(head[3] & 3) + 1,
        allocated,
        stored: u16::from(head[4]) % allocated + 1,
        signed: flag(4),
        planar: flag(3),
        photometric: PHOTOMETRIC[usize::from(head[3] >> 2) % PHOTOMETRIC.len()],
        big_endian: flag(5),
    }
}

const PHOTOMETRIC: [Photometric; 9] = [
    Photometric::Monochrome2,
    Photometric::Monochrome1,
    Photometric::Palette,
    Photometric::Rgb,
    Photometric::YbrFull,
    Photometric::YbrFull422,
    Photometric::YbrIct,
    Photometric::YbrRct,
    Photometric::Xyb,
];
