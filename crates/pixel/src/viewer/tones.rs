//! How samples become brightness and colours.

use super::numbers;
use crate::preview::palette;
use crate::shape::{Shape, high_bit};
use tokumei_codec::{Format, Photometric};
use tokumei_core::{Tag, tags};
use tokumei_wire::DataSet;

const WINDOW_CENTER: Tag = Tag(0x0028, 0x1050);
const WINDOW_WIDTH: Tag = Tag(0x0028, 0x1051);
const RESCALE_INTERCEPT: Tag = Tag(0x0028, 0x1052);
const RESCALE_SLOPE: Tag = Tag(0x0028, 0x1053);

/// How grey values become brightness. Colours are shown as they are.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Window {
    /// The first window of the header; without one, all values from the lowest to the highest.
    Header,
    /// All values of the frame from the lowest to the highest.
    Full,
    /// Each value by its rank, so that what lies in few values is seen too: dark text in a dark corner.
    Even,
    /// Centre and width, in rescaled values.
    Levels {
        /// The value that becomes middle grey.
        centre: f64,
        /// How many values there are between black and white.
        width: f64,
    },
}

impl Window {
    /// Tells whether the values of the frame must be known to draw through it.
    pub(super) fn needs_spread(self, tones: &Tones) -> bool {
        tones.is_grey()
            && match self {
                Window::Header => tones.windows.is_empty(),
                Window::Full | Window::Even => true,
                Window::Levels { .. } => false,
            }
    }
}

/// What the header says of samples.
pub(super) struct Tones {
    format: Format,
    float: bool,
    shift: u16,
    slope: f64,
    intercept: f64,
    pub windows: Vec<(f64, f64)>,
    palette: Vec<[u8; 3]>,
    first: i64,
}

impl Tones {
    pub fn of(data_set: &DataSet, shape: &Shape) -> Tones {
        let pixel_data = data_set.pixel_data();
        let tag = pixel_data.as_ref().map(|pixel_data| data_set.node(pixel_data.node).tag);
        let native = pixel_data.is_some_and(|pixel_data| !pixel_data.encapsulated);
        let (palette, first) = match shape.format.photometric {
            Photometric::Palette => palette(data_set),
            _ => (Vec::new(), 0),
        };
        let widths = numbers(data_set, WINDOW_WIDTH);
        let windows = numbers(data_set, WINDOW_CENTER).into_iter().zip(widths).filter(|(_, width)| *width >= 1.0);
        let slope = numbers(data_set, RESCALE_SLOPE).first().copied().filter(|slope| *slope != 0.0);
        Tones {
            format: shape.format,
            float: matches!(tag, Some(tag) if tag == tags::FLOAT_PIXEL_DATA || tag == tags::DOUBLE_FLOAT_PIXEL_DATA),
            shift: if native { high_bit(data_set, shape) + 1 - shape.format.stored } else { 0 },
            slope: slope.unwrap_or(1.0),
            intercept: numbers(data_set, RESCALE_INTERCEPT).first().copied().unwrap_or(0.0),
            windows: windows.take(8).collect(),
            palette,
            first,
        }
    }

    pub fn is_grey(&self) -> bool {
        self.format.samples < 3 && self.format.photometric != Photometric::Palette
    }

    /// Returns the rescaled value of the first sample of a pixel of a row.
    pub fn value(&self, format: &Format, samples: &[u8], pixel: usize) -> f64 {
        self.sample(format, samples, pixel * usize::from(format.samples)) * self.slope + self.intercept
    }

    /// Returns a sample; what is not there is 0.
    fn sample(&self, format: &Format, samples: &[u8], index: usize) -> f64 {
        let size = format.sample_bytes();
        let bytes = samples.get(index * size..(index + 1) * size).unwrap_or_default();
        let word = bytes.iter().rev().fold(0_u64, |word, byte| word << 8 | u64::from(*byte));
        match (self.float, size) {
            (true, 8) => f64::from_bits(word),
            (true, _) => f64::from(f32::from_bits(word as u32)),
            _ => self.whole(format, word),
        }
    }

    fn whole(&self, format: &Format, word: u64) -> f64 {
        let unused = 64 - u32::from(format.stored.clamp(1, 64));
        let word = word >> self.shift.min(63);
        match format.signed {
            true => ((word << unused) as i64 >> unused) as f64,
            false => (word << unused >> unused) as f64,
        }
    }

    /// Returns what paints rows through a window.
    pub fn paint<'t>(&'t self, window: Window, spread: &'t [f64], format: &Format) -> Paint<'t> {
        let ends = (spread.first().copied().unwrap_or(0.0), spread.last().copied().unwrap_or(0.0));
        let scale = match (window, self.windows.first()) {
            (Window::Even, _) => Scale::Rank(spread),
            (Window::Levels { centre, width }, _) => Scale::window(centre, width),
            (Window::Header, Some((centre, width))) => Scale::window(*centre, *width),
            (Window::Header | Window::Full, _) => Scale::Line(ends.0, ends.1),
        };
        // One look-up a pixel instead of one calculation.
        let by_table = self.is_grey() && !self.float && format.samples == 1 && format.sample_bytes() <= 2;
        let table = if by_table { vec![UNKNOWN; 1 << format.stored.clamp(1, 16)] } else { Vec::new() };
        Paint { tones: self, format: *format, scale, table }
    }
}

/// How a grey value becomes brightness.
enum Scale<'t> {
    /// In a straight line from one value to the other.
    Line(f64, f64),
    /// By its place among the values.
    Rank(&'t [f64]),
}

impl Scale<'_> {
    /// PS3.3 2026d, C.11.2.1.2.1.
    fn window(centre: f64, width: f64) -> Scale<'static> {
        let half = (width.max(1.0) - 1.0) / 2.0;
        Scale::Line(centre - 0.5 - half, centre - 0.5 + half)
    }

    /// Returns the brightness from 0 to 255.
    fn brightness(&self, value: f64) -> f64 {
        match self {
            Scale::Line(low, high) if high > low && value <= *low => 0.0,
            Scale::Line(low, high) if high > low && value >= *high => 255.0,
            Scale::Line(low, high) if high > low => ((value - low) / (high - low)).clamp(0.0, 1.0) * 255.0,
            Scale::Line(low, _) => f64::from(u8::from(value > *low)) * 255.0,
            Scale::Rank(values) => {
                let (below, upto) =
                    (values.partition_point(|one| *one < value), values.partition_point(|one| *one <= value));
                (below + upto) as f64 / 2.0 / values.len().max(1) as f64 * 255.0
            }
        }
    }
}

/// Paints rows.
pub(super) struct Paint<'t> {
    tones: &'t Tones,
    format: Format,
    scale: Scale<'t>,
    /// One more than the brightness by the stored bits of a sample, worked out when it is first met: a small picture meets
    /// few of all values. Empty where there would be too many.
    table: Vec<u16>,
}

/// What the table holds of a value that has not been met.
const UNKNOWN: u16 = 0;

impl Paint<'_> {
    /// Paints a row of samples that have colour.
    pub fn row(&self, samples: &[u8], out: &mut [[u8; 3]]) {
        let each = usize::from(self.format.samples);
        out.iter_mut().enumerate().for_each(|(pixel, out)| *out = self.colour(samples, pixel * each));
    }

    /// Paints a row of grey samples.
    pub fn grey(&mut self, samples: &[u8], out: &mut [[u8; 1]]) {
        if self.table.is_empty() {
            let each = usize::from(self.format.samples);
            let sample = |pixel| self.tones.sample(&self.format, samples, pixel * each);
            out.iter_mut().enumerate().for_each(|(pixel, out)| *out = [self.brightness(sample(pixel))]);
        } else if self.format.sample_bytes() == 2 {
            let words = samples.chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]]));
            self.look_up(words, out);
        } else {
            self.look_up(samples.iter().map(|byte| u16::from(*byte)), out);
        }
    }

    /// Paints words by the table; what is not there is 0.
    fn look_up(&mut self, mut words: impl Iterator<Item = u16>, out: &mut [[u8; 1]]) {
        let (stored, shift) = (self.table.len() - 1, self.tones.shift.min(15));
        for out in out {
            let value = usize::from(words.next().unwrap_or(0) >> shift) & stored;
            if self.table[value] == UNKNOWN {
                let whole = self.tones.whole(&self.format, (value as u64) << self.tones.shift);
                self.table[value] = u16::from(self.brightness(whole)) + 1;
            }
            *out = [(self.table[value] - 1) as u8];
        }
    }

    /// Returns the brightness of a grey sample.
    fn brightness(&self, sample: f64) -> u8 {
        let grey = self.scale.brightness(sample * self.tones.slope + self.tones.intercept);
        (if self.format.photometric == Photometric::Monochrome1 { 255.0 - grey } else { grey }) as u8
    }

    fn colour(&self, samples: &[u8], index: usize) -> [u8; 3] {
        let value = |offset| self.tones.sample(&self.format, samples, index + offset);
        let eight = |offset| value(offset) / f64::from((1_u32 << self.format.stored.clamp(8, 16)) - 1) * 255.0;
        match self.format.photometric {
            Photometric::Palette => {
                let last = self.tones.palette.len().max(1) as i64 - 1;
                let entry = (value(0) as i64 - self.tones.first).clamp(0, last);
                self.tones.palette.get(entry as usize).copied().unwrap_or([0; 3])
            }
            Photometric::YbrFull | Photometric::YbrFull422 if self.format.samples >= 3 => {
                // PS3.3 2026d, C.7.6.3.1.2.
                let (y, cb, cr) = (eight(0), eight(1) - 128.0, eight(2) - 128.0);
                [y + 1.402 * cr, y - 0.344_136 * cb - 0.714_136 * cr, y + 1.772 * cb].map(|one| one.round() as u8)
            }
            _ if self.format.samples >= 3 => [eight(0) as u8, eight(1) as u8, eight(2) as u8],
            _ => [self.brightness(value(0)); 3],
        }
    }
}
