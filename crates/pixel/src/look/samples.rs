//! The samples of a decoded frame as the detector and the quick screen take them.

use crate::look::spare;
use crate::outside::outside;
use crate::preview::palette;
use crate::shape::Shape;
use crate::shape::high_bit;
use tokumei_codec::{Format, Photometric};
use tokumei_core::{Region, tags};
use tokumei_detect::{Places, Projection, View, ViewError, strokes_of_colours};
use tokumei_wire::DataSet;

/// What the bytes of a decoded frame mean.
pub(crate) struct Meaning {
    pub format: Format,
    /// How far the value is shifted up in its word.
    shift: u16,
    /// Floating point, of 4 or 8 bytes.
    float: bool,
    palette: Vec<[u8; 3]>,
    first: i64,
}

/// The samples of one frame.
pub(crate) struct Samples {
    width: u32,
    height: u32,
    channels: u32,
    values: Values,
}

enum Values {
    Whole(Vec<u16>),
    Real(Vec<f32>),
}

impl Meaning {
    /// Reads from a header what decoded frames of this format mean.
    pub fn of(data_set: &DataSet, format: Format) -> Meaning {
        let shift = Shape::of(data_set).map_or(0, |shape| high_bit(data_set, &shape) + 1 - shape.format.stored);
        let (palette, first) = match format.photometric {
            Photometric::Palette => palette(data_set),
            _ => (Vec::new(), 0),
        };
        let native = data_set.pixel_data().map(|pixel_data| data_set.node(pixel_data.node).tag);
        let float =
            matches!(native, Some(tag) if tag == tags::FLOAT_PIXEL_DATA || tag == tags::DOUBLE_FLOAT_PIXEL_DATA);
        let shift = if data_set.pixel_data().is_some_and(|pixel_data| pixel_data.encapsulated) { 0 } else { shift };
        Meaning { format, shift, float, palette, first }
    }

    /// Returns the samples of a decoded frame.
    pub fn samples(&self, bytes: &[u8]) -> Samples {
        let Format { columns: width, rows: height, samples: channels, .. } = self.format;
        let (values, channels) = match (self.float, self.format.sample_bytes()) {
            (true, 8) => (Values::Real(eights(bytes).map(|one| f64::from_le_bytes(one) as f32).collect()), channels),
            (true, _) => (Values::Real(fours(bytes).map(f32::from_le_bytes).collect()), channels),
            (false, 1 | 2) if !self.palette.is_empty() && channels == 1 => (Values::Whole(self.coloured(bytes)), 3),
            (false, 1) => (Values::Whole(self.narrow(ones(bytes), 8)), channels),
            (false, 2) => (Values::Whole(self.narrow(twos(bytes), 16)), channels),
            (false, 4) => (
                Values::Real(fours(bytes).map(|one| self.long(u32::from_le_bytes(one).into(), 32)).collect()),
                channels,
            ),
            _ => (Values::Real(eights(bytes).map(|one| self.long(u64::from_le_bytes(one), 64)).collect()), channels),
        };
        let mut samples = Samples { width, height, channels: u32::from(channels), values };
        if matches!(self.format.photometric, Photometric::YbrFull | Photometric::YbrFull422) && channels >= 3 {
            samples.become_rgb(self.format.stored, usize::from(channels));
        }
        samples
    }

    /// Returns the whole words where bits above the value are not what they must be, and the bits below it where any is set:
    /// something may be written in them.
    pub fn beside(&self, bytes: &[u8]) -> [Option<Samples>; 2] {
        let Format { stored, allocated, .. } = self.format;
        match self.format.sample_bytes() {
            _ if self.float || stored >= allocated => [None, None],
            1 => self.beside_value(|| ones(bytes), u16::from(u8::MAX)),
            2 => self.beside_value(|| twos(bytes), u16::MAX),
            _ => [None, None],
        }
    }

    fn beside_value<I: Iterator<Item = u16>>(&self, words: impl Fn() -> I, all: u16) -> [Option<Samples>; 2] {
        let Format { columns: width, rows: height, samples: channels, stored, .. } = self.format;
        let value = (((1_u32 << stored) - 1) << self.shift) as u16;
        let below = ((1_u32 << self.shift) - 1) as u16;
        let above = all & !(value | below);
        let sign = if self.format.signed { 1_u16 << (stored - 1 + self.shift) } else { 0 };
        let odd = |odd: u16, word: u16| {
            let due = if word & sign == 0 { 0 } else { above };
            odd | (word & all & !value) ^ due
        };
        let odd = words().fold(0, odd);
        let samples = |values| Samples { width, height, channels: u32::from(channels), values: Values::Whole(values) };
        // As high up as they go: what is written in them shall stand out.
        let raised = |word: u16| word << (u16::BITS - u32::from(self.shift));
        [
            (odd & above != 0).then(|| samples(words().collect())),
            (odd & below != 0).then(|| samples(words().map(raised).collect())),
        ]
    }

    /// Values of up to 16 bits in ascending order, those below zero too.
    fn narrow(&self, words: impl Iterator<Item = u16>, bits: u16) -> Vec<u16> {
        let stored = self.format.stored.clamp(1, bits);
        let mask = ((1_u32 << stored) - 1) as u16;
        let flip = if self.format.signed { 1_u16 << (stored - 1) } else { 0 };
        let shift = self.shift.min(15);
        let mut values = spare::words();
        values.extend(words.map(|word| ((word >> shift) & mask) ^ flip));
        values
    }

    fn long(&self, word: u64, bits: u16) -> f32 {
        let unused = 64 - u32::from(self.format.stored.clamp(1, bits));
        if self.format.signed { ((word << unused) as i64 >> unused) as f32 } else { (word << unused >> unused) as f32 }
    }

    fn coloured(&self, bytes: &[u8]) -> Vec<u16> {
        let colour = |index: u16| {
            let entry = (i64::from(index) - self.first).clamp(0, self.palette.len() as i64 - 1);
            self.palette[entry as usize].map(u16::from)
        };
        match self.format.sample_bytes() {
            1 => bytes.iter().flat_map(|byte| colour(u16::from(*byte))).collect(),
            _ => twos(bytes).flat_map(colour).collect(),
        }
    }
}

impl Samples {
    /// Gives its memory back for the next frame.
    pub fn discard(self) {
        if let Values::Whole(values) = self.values {
            spare::keep_words(values);
        }
    }

    /// Returns the views that the detector takes.
    ///
    /// # Errors
    /// [`ViewError`] for frames that are too large.
    pub fn view(&self) -> Result<View, ViewError> {
        match &self.values {
            Values::Whole(values) if self.channels == 1 => View::from_words(self.width, self.height, values),
            Values::Whole(values) => View::from_samples(self.width, self.height, self.channels, values),
            Values::Real(values) => View::from_samples(self.width, self.height, self.channels, values),
        }
    }

    /// Adds the frame to those of a projection.
    ///
    /// # Errors
    /// [`ViewError`] where its size is another.
    pub fn add_to(&self, projection: &mut Projection) -> Result<(), ViewError> {
        match &self.values {
            Values::Whole(values) => projection.add(values),
            Values::Real(values) => projection.add(values),
        }
    }

    /// Returns how many channels the projection needs.
    pub fn channels(&self) -> u32 {
        self.channels
    }

    /// Returns the cells with strokes or marks like those of letters.
    pub fn places(&self) -> Places {
        let (width, height, channels) = (self.width as usize, self.height as usize, self.channels as usize);
        match &self.values {
            Values::Whole(values) if channels == 1 => Places::of(width, height, values),
            Values::Whole(values) => {
                let most = |pixel: &[u16]| pixel.iter().copied().max().unwrap_or(0);
                let grey: Vec<u16> = values.chunks_exact(channels).map(most).collect();
                let colours = strokes_of_colours(width, height, channels, values);
                with_strokes(Places::of(width, height, &grey), colours)
            }
            Values::Real(values) => {
                let colours = strokes_of_colours(width, height, channels, values);
                with_strokes(Places::of(width, height, &levels(values, channels)), colours)
            }
        }
    }

    /// Returns columns and rows.
    pub fn size(&self) -> (u32, u32) {
        (self.width, self.height)
    }

    /// Returns how many samples have each value; `None` for floating point.
    pub fn counts(&self) -> Option<Vec<u32>> {
        let values = self.values()?;
        let mut counts = vec![0; usize::from(u16::MAX) + 1];
        values.iter().for_each(|value| counts[usize::from(*value)] += 1);
        Some(counts)
    }

    /// Returns the samples row by row, those of a pixel side by side; `None` for floating point.
    pub fn values(&self) -> Option<&[u16]> {
        let Values::Whole(values) = &self.values else { return None };
        Some(values)
    }

    /// Tells whether all samples outside of what is hidden are equal, so that nothing can be written in them.
    pub fn is_constant(&self, hidden: &[Region]) -> bool {
        let shown = outside(hidden, self.width, self.height);
        match &self.values {
            Values::Whole(values) => self.is_one(values, &shown, |one, other| one == other),
            Values::Real(values) => self.is_one(values, &shown, |one, other| one.total_cmp(other).is_eq()),
        }
    }

    fn is_one<T: Copy>(&self, values: &[T], shown: &[Region], equal: impl Fn(&T, &T) -> bool) -> bool {
        let channels = self.channels as usize;
        let at = |x: u32, y: u32| &values[(y as usize * self.width as usize + x as usize) * channels..];
        let Some(first) = shown.first().map(|one| &at(one.x, one.y)[..channels]) else { return true };
        shown.iter().all(|one| {
            (one.y..one.y + one.height).all(|y| {
                let row = &at(one.x, y)[..one.width as usize * channels];
                row.chunks_exact(channels).all(|pixel| pixel.iter().zip(first).all(|(one, other)| equal(one, other)))
            })
        })
    }

    /// Turns luminance and chrominance into colours (PS3.3 2026d, C.7.6.3.1.2).
    fn become_rgb(&mut self, stored: u16, channels: usize) {
        let Values::Whole(values) = &mut self.values else { return };
        let most = ((1_u32 << stored.clamp(1, 16)) - 1) as f32;
        let middle = (most + 1.0) / 2.0;
        for pixel in values.chunks_exact_mut(channels) {
            let (y, cb, cr) = (f32::from(pixel[0]), f32::from(pixel[1]) - middle, f32::from(pixel[2]) - middle);
            let rgb = [y + 1.402 * cr, y - 0.344_136 * cb - 0.714_136 * cr, y + 1.772 * cb];
            pixel.iter_mut().zip(rgb).for_each(|(to, value)| *to = value.clamp(0.0, most) as u16);
        }
    }
}

fn with_strokes(mut places: Places, more: Vec<Region>) -> Places {
    places.strokes.extend(more);
    places
}

/// Real numbers as 65,536 levels from the smallest to the largest; what is no number is the smallest, below numbers that are all the same.
fn levels(values: &[f32], channels: usize) -> Vec<u16> {
    let finite = values.iter().copied().filter(|value| value.is_finite());
    let (low, high) = finite.fold((f32::INFINITY, f32::NEG_INFINITY), |(low, high), one| (low.min(one), high.max(one)));
    let width = high / 2.0 - low / 2.0;
    let level = |value: f32| match value {
        value if value.is_nan() => 0,
        _ if width <= 0.0 => u16::MAX,
        value => ((value / 2.0 - low / 2.0) / width * 65535.0) as u16,
    };
    values.chunks_exact(channels.max(1)).map(|pixel| pixel.iter().map(|one| level(*one)).max().unwrap_or(0)).collect()
}

fn ones(bytes: &[u8]) -> impl Iterator<Item = u16> {
    bytes.iter().map(|byte| u16::from(*byte))
}

fn twos(bytes: &[u8]) -> impl Iterator<Item = u16> {
    bytes.as_chunks::<2>().0.iter().map(|two| u16::from_le_bytes(*two))
}

fn fours(bytes: &[u8]) -> impl Iterator<Item = [u8; 4]> {
    bytes.as_chunks::<4>().0.iter().copied()
}

fn eights(bytes: &[u8]) -> impl Iterator<Item = [u8; 8]> {
    bytes.as_chunks::<8>().0.iter().copied()
}
