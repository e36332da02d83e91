//! JPEG lossless, masked by decoding and coding anew with the predictor of the stream and optimal Huffman tables.
//!
//! # Standard
//! PS3.5 2026d, 8.2.1, 10.2 and A.4.1; ITU-T T.81 (09/92), Annex H.

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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Photometric;
    use crate::jpeg::stream::write_segment;
    use proptest::prelude::*;

    /// What a frame is like.
    #[derive(Clone, Debug)]
    struct Shape {
        precision: u8,
        point: u8,
        selection: u8,
        components: u8,
        rows: u16,
        columns: u16,
        /// Lines of a restart interval.
        restart: u16,
        /// Whether all components share one scan.
        interleaved: bool,
        samples: Vec<u16>,
    }

    impl Shape {
        fn format(&self) -> Format {
            Format {
                rows: self.rows.into(),
                columns: self.columns.into(),
                samples: self.components.into(),
                allocated: 16,
                stored: self.precision.into(),
                signed: false,
                planar: false,
                photometric: Photometric::Monochrome2,
                big_endian: false,
            }
        }

        /// Returns a stream whose scans have headers and restart markers alone.
        fn skeleton(&self) -> Vec<u8> {
            let mut out = vec![0xFF, 0xD8];
            let [[r1, r0], [c1, c0]] = [self.rows, self.columns].map(u16::to_be_bytes);
            let components = (1..=self.components).flat_map(|id| [id, 0x11, 0]);
            let frame = [self.precision, r1, r0, c1, c0, self.components].into_iter().chain(components);
            write_segment(0xC3, &frame.collect::<Vec<u8>>(), &mut out);
            write_segment(0xDD, &(self.restart * self.columns).to_be_bytes(), &mut out);
            let ids: Vec<u8> = (1..=self.components).collect();
            for scan in ids.chunks(if self.interleaved { 4 } else { 1 }) {
                let slots = scan.iter().flat_map(|&id| [id, 0]);
                let header = [scan.len() as u8].into_iter().chain(slots).chain([self.selection, 0, self.point]);
                write_segment(0xDA, &header.collect::<Vec<u8>>(), &mut out);
                let intervals = if self.restart == 0 { 1 } else { self.rows.div_ceil(self.restart) };
                (1..intervals).for_each(|index| out.extend([0xFF, 0xD0 + ((index - 1) & 7) as u8]));
            }
            out.extend([0xFF, 0xD9]);
            out
        }

        fn encode(&self) -> Vec<u8> {
            let skeleton = self.skeleton();
            let stream = Stream::parse(&skeleton).unwrap();
            let write = |scan: &crate::jpeg::stream::Scan, out: Vec<u8>| {
                let samples = Samples::of(scan, &stream.frame, &self.samples);
                samples.encode(scan, &stream.frame, self.selection, out)
            };
            stream.write(false, write).unwrap()
        }
    }

    fn shapes() -> impl Strategy<Value = Shape> {
        let sizes = (1..=12u16, 1..=20u16, 0..=3u16, 1..=4u8, any::<bool>());
        (2..=16u8, 1..=7u8, sizes, 0..16u8).prop_flat_map(|(precision, selection, sizes, point)| {
            let (rows, columns, restart, components, interleaved) = sizes;
            let point = point % precision;
            let length = usize::from(rows) * usize::from(columns) * usize::from(components);
            let highest = u16::MAX >> (16 - (precision - point));
            proptest::collection::vec(prop_oneof![Just(0), Just(highest), 0..=highest, 0..=highest / 8], length)
                .prop_map(move |samples| Shape {
                    precision,
                    point,
                    selection,
                    components,
                    rows,
                    columns,
                    restart,
                    interleaved,
                    samples,
                })
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn what_is_written_is_read(shape in shapes()) {
            let bytes = shape.encode();
            let expected: Vec<u8> = shape.samples.iter().flat_map(|sample| (sample << shape.point).to_le_bytes()).collect();
            prop_assert_eq!(Lossless::Any.decode(&bytes, &shape.format()), Ok(expected));
            prop_assert_eq!(Lossless::Any.clean(&bytes, &shape.format()), Ok(None));
        }

        #[test]
        fn masking_changes_exactly_the_region(shape in shapes(), x in 0..20u32, y in 0..12u32, size in 1..9u32, fill: u16) {
            let (bytes, format) = (shape.encode(), shape.format());
            let region = Region { x, y, width: size, height: size };
            for codec in [Lossless::Any, Lossless::First] {
                let masked = codec.mask(&bytes, &format, &[region], &Fill([fill.into(); 4])).unwrap();
                let hidden = fill & (u16::MAX >> (16 - shape.precision)) & (u16::MAX << shape.point);
                let samples = shape.samples.iter().enumerate().map(|(at, sample)| {
                    let pixel = at as u32 / format.samples as u32;
                    let (at_x, at_y) = (pixel % format.columns, pixel / format.columns);
                    let inside = (x..x + size).contains(&at_x) && (y..y + size).contains(&at_y);
                    if inside { hidden } else { sample << shape.point }
                });
                let expected: Vec<u8> = samples.flat_map(u16::to_le_bytes).collect();
                prop_assert_eq!(codec.decode(&masked.bytes, &format), Ok(expected));
                prop_assert_eq!(masked.effective, format.cut(region).into_iter().collect::<Vec<_>>());
            }
        }
    }
}
