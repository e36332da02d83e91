//! Decodes a code stream.

use super::bits::Reader;
use super::model::{Model, Parameters};
use super::scan::{Image, Interleave, Lines, code_rows};
use super::segment::{self, Segment};
use crate::{Damage, Format};

/// Decodes the code stream of a frame.
pub(super) fn read(bytes: &[u8], format: &Format) -> Result<Image, Damage> {
    let mut stream = Stream { bytes, preset: None, restart: 0, done: [false; 4] };
    let mut at = segment::start(bytes)?;
    let mut frame: Option<Frame> = None;
    loop {
        let found = segment::next(bytes, at)?;
        at = found.end;
        match (found.marker, &mut frame) {
            (segment::EOI, Some(frame)) if stream.done[..frame.image.samples].iter().all(|&done| done) => {
                break;
            }
            (segment::EOI, _) => return Err(Damage::Malformed("an end of image before all components")),
            (segment::SOF55, None) => frame = Some(Frame::parse(found.body, format)?),
            (segment::SOS, Some(frame)) => at = stream.scan(frame, &found)?,
            (segment::LSE, _) => stream.preset = Some(preset(found.body)?),
            (segment::DRI, _) => stream.restart = restart_interval(found.body)?,
            _ => segment::check_ignorable(&found)?,
        }
    }
    Ok(frame.expect("the loop ends behind a frame header").image)
}

/// Checks, without decoding, that a code stream has a scan and that its frame is what `format` says.
pub(super) fn check(bytes: &[u8], format: &Format) -> Result<(), Damage> {
    let mut at = segment::start(bytes)?;
    let mut shaped = false;
    loop {
        let found = segment::next(bytes, at)?;
        at = found.end;
        match found.marker {
            segment::SOF55 => {
                shape(found.body, format)?;
                shaped = true;
            }
            segment::SOS if shaped => return Ok(()),
            segment::SOS | segment::EOI => return Err(Damage::Malformed("a scan is missing, or its frame header")),
            _ => {}
        }
    }
}

/// Reads precision and number of components of a frame header that is what `format` says.
fn shape(body: &[u8], format: &Format) -> Result<(u8, u8), Damage> {
    let &[precision, y1, y0, x1, x0, count, ref components @ ..] = body else {
        return Err(Damage::Malformed("a frame header"));
    };
    let (rows, columns) = (u16::from_be_bytes([y1, y0]), u16::from_be_bytes([x1, x0]));
    if u32::from(rows) != format.rows || u32::from(columns) != format.columns {
        return Err(Damage::Mismatch("rows and columns"));
    }
    if u16::from(count) != format.samples || components.len() != 3 * usize::from(count) {
        return Err(Damage::Mismatch("samples per pixel"));
    }
    if !(2..=16).contains(&precision) || u16::from(precision) > format.allocated {
        return Err(Damage::Mismatch("bits allocated"));
    }
    Ok((precision, count))
}

/// A frame header and what is decoded of it.
struct Frame {
    identifiers: Vec<u8>,
    image: Image,
}

impl Frame {
    fn parse(body: &[u8], format: &Format) -> Result<Frame, Damage> {
        let (precision, count) = shape(body, format)?;
        let (rows, columns, components) = (format.rows as usize, format.columns as usize, &body[6..]);
        if components.chunks_exact(3).any(|component| component[1] != 0x11) {
            return Err(Damage::Unsupported("subsampled components"));
        }
        let values = rows * columns * usize::from(count);
        Ok(Frame {
            identifiers: components.chunks_exact(3).map(|component| component[0]).collect(),
            image: Image {
                rows,
                columns,
                precision: u32::from(precision),
                samples: usize::from(count),
                interleave: Interleave::None,
                values: vec![0; values],
            },
        })
    }
}

/// What is known between segments.
struct Stream<'a> {
    bytes: &'a [u8],
    preset: Option<[u16; 5]>,
    /// Lines between restart markers, 0 for none.
    restart: usize,
    done: [bool; 4],
}

impl Stream<'_> {
    /// Decodes a scan and returns where it ends.
    fn scan(&mut self, frame: &mut Frame, header: &Segment<'_>) -> Result<usize, Damage> {
        let malformed = Damage::Malformed("a scan header");
        let (&count, rest) = header.body.split_first().ok_or(malformed)?;
        let count = usize::from(count);
        if !(1..=4).contains(&count) || rest.len() != 2 * count + 3 {
            return Err(malformed);
        }
        let (selectors, last) = rest.split_at(2 * count);
        let mut components = Vec::new();
        for selector in selectors.chunks_exact(2) {
            if selector[1] != 0 {
                return Err(Damage::Unsupported("mapping tables"));
            }
            let component = frame.identifiers.iter().position(|&id| id == selector[0]).ok_or(malformed)?;
            if std::mem::replace(&mut self.done[component], true) {
                return Err(Damage::Malformed("a component with two scans"));
            }
            components.push(component);
        }
        if last[2] != 0 {
            return Err(Damage::Unsupported("a point transform"));
        }
        let interleave = match (last[1], count) {
            (0, 1) => Interleave::None,
            (1, _) => Interleave::Line,
            (2, _) => Interleave::Sample,
            _ => return Err(malformed),
        };
        if count == frame.image.samples && count > 1 {
            frame.image.interleave = interleave;
        }
        let parameters = self.parameters(frame.image.precision, i32::from(last[0]))?;
        match (interleave, count) {
            (Interleave::Sample, 2) => self.lines::<2>(frame, &components, &parameters, header.end),
            (Interleave::Sample, 3) => self.lines::<3>(frame, &components, &parameters, header.end),
            (Interleave::Sample, 4) => self.lines::<4>(frame, &components, &parameters, header.end),
            _ => self.lines::<1>(frame, &components, &parameters, header.end),
        }
    }

    fn parameters(&self, precision: u32, near: i32) -> Result<Parameters, Damage> {
        let malformed = Damage::Malformed("coding parameters");
        let full = (1 << precision) - 1;
        let [max_value, t1, t2, t3, reset] = self.preset.unwrap_or_default().map(i32::from);
        let max_value = if max_value == 0 { full } else { max_value };
        if max_value > full || near > 255.min(max_value / 2) {
            return Err(malformed);
        }
        let mut parameters = Parameters::default(max_value, near);
        for (threshold, preset) in parameters.thresholds.iter_mut().zip([t1, t2, t3]) {
            if preset != 0 {
                *threshold = preset;
            }
        }
        let [t1, t2, t3] = parameters.thresholds;
        let ordered = near < t1 && t1 <= t2 && t2 <= t3 && t3 <= max_value;
        if !ordered {
            return Err(malformed);
        }
        if reset != 0 {
            parameters.reset = reset as u32;
        }
        let resets = 3..=max_value.max(255) as u32;
        if resets.contains(&parameters.reset) { Ok(parameters) } else { Err(malformed) }
    }

    fn lines<const N: usize>(
        &self,
        frame: &mut Frame,
        components: &[usize],
        parameters: &Parameters,
        start: usize,
    ) -> Result<usize, Damage> {
        let image = &mut frame.image;
        let mut model = Model::new(parameters);
        let mut lines: Vec<Lines<N>> = (0..components.len() / N).map(|_| Lines::new(image.columns)).collect();
        let interval = if self.restart == 0 { image.rows } else { self.restart };
        let mut at = start;
        let mut row = 0;
        while row < image.rows {
            if row > 0 {
                at = self.restart_marker(at, row / interval - 1)?;
                model.restart();
                lines.iter_mut().for_each(Lines::restart);
            }
            let mut reader = Reader::new(self.bytes, at);
            let end = image.rows.min(row + interval);
            for row in row..end {
                code_rows(&mut reader, &mut model, &mut lines, components, image, row..row + 1);
                if reader.overrun() {
                    return Err(Damage::Truncated);
                }
                if reader.malformed() {
                    return Err(Damage::Malformed("a code of a sample"));
                }
            }
            row = end;
            at = reader.position();
        }
        Ok(segment::scan_end(self.bytes, at))
    }

    /// Returns where the data behind a restart marker begin.
    fn restart_marker(&self, at: usize, number: usize) -> Result<usize, Damage> {
        let mut at = segment::scan_end(self.bytes, at);
        while self.bytes.get(at..at + 2) == Some(&[0xFF, 0xFF]) {
            at += 1;
        }
        match self.bytes.get(at + 1) {
            None => Err(Damage::Truncated),
            Some(&marker) if marker == segment::RST0 + (number % 8) as u8 => Ok(at + 2),
            Some(_) => Err(Damage::Malformed("a restart marker")),
        }
    }
}

/// Reads the parameters of a preset: largest value, three thresholds, reset.
fn preset(body: &[u8]) -> Result<[u16; 5], Damage> {
    match body {
        [1, values @ ..] if values.len() == 10 => {
            Ok(std::array::from_fn(|i| u16::from_be_bytes([values[2 * i], values[2 * i + 1]])))
        }
        [2 | 3, ..] => Err(Damage::Unsupported("mapping tables")),
        [4, ..] => Err(Damage::Unsupported("dimensions in a preset")),
        _ => Err(Damage::Malformed("a preset")),
    }
}

fn restart_interval(body: &[u8]) -> Result<usize, Damage> {
    if !(2..=4).contains(&body.len()) {
        return Err(Damage::Malformed("a restart interval"));
    }
    Ok(body.iter().fold(0, |sum, &byte| sum << 8 | usize::from(byte)))
}
