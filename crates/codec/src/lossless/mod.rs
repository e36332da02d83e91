//! JPEG lossless, masked by decoding and coding anew with the predictor of the stream and optimal Huffman tables.
//!
//! # Standard
//! PS3.5 2026d, 8.2.1, A.4.1 and 10.2, 10.3; ITU-T T.81 (09/92), Annex H.

mod differences;
mod predict;
mod scan;

use crate::jpeg::frame::{Frame, Process};
use crate::jpeg::stream::Stream;
use crate::jpeg::{self, same};
use crate::{Codec, Damage, Fill, Format, Masked};
use scan::Samples;
use tokumei_core::Region;

/// Lossless JPEG with Huffman coding, in one of its two transfer syntaxes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Lossless {
    /// 1.2.840.10008.1.2.4.57, process 14: any predictor.
    Any,
    /// 1.2.840.10008.1.2.4.70, process 14 with selection value 1: the sample before.
    First,
}

impl Lossless {
    fn read<'a>(self, frame: &'a [u8], format: &Format) -> Result<Stream<'a>, Damage> {
        let stream = jpeg::read(frame, format, &[Process::Lossless])?;
        if format.allocated < 8 || u16::from(stream.frame.precision) > format.allocated {
            return Err(Damage::Mismatch("bits allocated"));
        }
        plausible(&stream)?;
        Ok(stream)
    }
}

impl Codec for Lossless {
    fn writes(&self) -> &'static str {
        match self {
            Lossless::Any => "1.2.840.10008.1.2.4.57",
            Lossless::First => "1.2.840.10008.1.2.4.70",
        }
    }

    fn mask(&self, frame: &[u8], format: &Format, regions: &[Region], fill: &Fill) -> Result<Masked, Damage> {
        let stream = self.read(frame, format)?;
        let effective: Vec<Region> = regions.iter().filter_map(|region| format.cut(*region)).collect();
        if effective.is_empty() {
            let clean = clean(frame, &stream)?;
            return Ok(Masked { bytes: clean.unwrap_or_else(|| frame.to_vec()), effective });
        }
        let fill = jpeg::fill(&stream, format, fill);
        let bytes = stream.write(false, |scan, out| {
            let mut samples = Samples::decode(scan, &stream.frame)?;
            effective.iter().for_each(|region| samples.overwrite(region, &fill));
            let selection = if *self == Lossless::First { 1 } else { scan.header.start };
            samples.encode(scan, &stream.frame, selection, out)
        })?;
        Ok(Masked { bytes, effective })
    }

    fn clean(&self, frame: &[u8], format: &Format) -> Result<Option<Vec<u8>>, Damage> {
        let stream = self.read(frame, format)?;
        clean(frame, &stream)
    }

    fn decode(&self, frame: &[u8], format: &Format) -> Result<Vec<u8>, Damage> {
        let stream = self.read(frame, format)?;
        let length = usize::try_from(format.decoded_len()).map_err(|_| Damage::TooLarge)?;
        let mut out = vec![0; length];
        for scan in stream.scans() {
            Samples::decode(scan, &stream.frame)?.store(&mut out, format);
        }
        Ok(out)
    }
}

/// Writes the stream without what it does not need; `None` when that is nothing.
fn clean(frame: &[u8], stream: &Stream) -> Result<Option<Vec<u8>>, Damage> {
    let bytes = stream.write(true, |scan, mut out| {
        out.extend_from_slice(stream.slice(&scan.segment.span));
        scan::copy(scan, &stream.frame, out)
    })?;
    Ok((!same(frame, &bytes)).then_some(bytes))
}

/// Checks that the stream is of a kind that can be read and has at least one bit for each sample.
fn plausible(stream: &Stream) -> Result<(), Damage> {
    let frame: &Frame = &stream.frame;
    let subsampled = frame.components.iter().any(|component| component.h != 1 || component.v != 1);
    if subsampled && frame.components.len() > 1 {
        return Err(Damage::Unsupported("lossless components of several sizes"));
    }
    for scan in stream.scans() {
        let header = &scan.header;
        if !(1..=7).contains(&header.start) || header.high != 0 || header.low >= frame.precision {
            return Err(Damage::Malformed("a scan has a predictor or point transform that none can have"));
        }
        if !scan.restart.is_multiple_of(frame.columns) {
            return Err(Damage::Malformed("a restart interval ends within a line"));
        }
        let samples = u64::from(frame.rows) * u64::from(frame.columns) * header.slots.len() as u64;
        if scan.entropy.bits() < samples {
            return Err(Damage::Truncated);
        }
    }
    Ok(())
}
