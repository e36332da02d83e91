//! Searching the frames of one instance, in one pass over them.

use crate::look::detector;
use crate::look::frames::FrameReader;
use crate::look::known::Known;
use crate::look::samples::{Meaning, Samples};
use crate::look::spare;
use crate::look::verdict::covered;
use crate::render::RenderError;
use std::borrow::Cow;
use tokumei_core::{Reason, Region};
use tokumei_detect::{Detection, Found as Box, MAX_PIXELS, Places, Projection, View, ViewError};
use tokumei_wire::DataSet;

/// What the frames show.
#[derive(Default)]
pub(crate) struct Found {
    /// Columns and rows.
    pub size: (u32, u32),
    /// Text, in any frame; no rectangle lies in another.
    pub texts: Vec<Box>,
    /// What may be text: less likely, but there are strokes.
    pub doubtful: Vec<Box>,
    /// Whether there are rows of marks that another detector takes for letters, and this one does not.
    pub unseen: bool,
    /// Whether a frame has more rectangles than an image with a caption.
    pub crowded: bool,
    /// Whether a frame that is not all of one value hardly differs from place to place.
    pub flat: bool,
    /// How many frames there are.
    pub frames: u64,
    /// How many the detector searched.
    pub searched: u64,
    /// Whether the projections were searched.
    pub projected: bool,
    /// Whether more frames may show text than one instance is searched for.
    pub unfinished: bool,
}

/// Frames of an instance with no more are all searched.
const FEW: u64 = 8;
/// The most frames that a glance at the places with strokes has the detector search in one instance. More of them are for a human.
const SCREENED: u64 = 24;

/// How frames are searched.
pub(crate) struct Manner<'a> {
    /// Whether by the detector, or only where the quick screen finds strokes.
    pub all: bool,
    /// From which likelihood on a rectangle is text that the quick screen finds no strokes in, in thousandths.
    pub sure: u16,
    /// From which on is one that it finds strokes in.
    pub likely: u16,
    /// Whether places of doubt count without strokes too.
    pub strict: bool,
    /// Whether lines that run askew are searched too, and the others by two looks.
    pub careful: bool,
    /// What is hidden in them; it does not count where it is asked whether a frame is all of one value.
    pub hidden: &'a [Region],
}

/// Searches frames.
pub(crate) fn search(data_set: &DataSet, reader: &FrameReader<'_>, manner: Manner<'_>) -> Result<Found, RenderError> {
    let format = reader.format();
    let found = Found { size: (format.columns, format.rows), frames: reader.count, ..Found::default() };
    if u64::from(format.columns) * u64::from(format.rows) > MAX_PIXELS {
        // Before a frame is decoded: it may be a small one in the file.
        return Err(held(ViewError::TooLarge));
    }
    let meaning = Meaning::of(data_set, format);
    let mut search = Search {
        meaning,
        found,
        manner,
        projection: None,
        known: Known::default(),
        known_beside: Default::default(),
        budget: SCREENED,
    };
    search.run(reader)?;
    Ok(search.found)
}

struct Search<'a> {
    meaning: Meaning,
    found: Found,
    manner: Manner<'a>,
    projection: Option<Projection>,
    /// What places with strokes showed that were looked at already.
    known: Known,
    /// The same of the bits above the value, and of those below it.
    known_beside: [Known; 2],
    /// How many frames more may be searched because of what a glance shows.
    budget: u64,
}

impl Search<'_> {
    fn run(&mut self, reader: &FrameReader<'_>) -> Result<(), RenderError> {
        for frame in 0..reader.count {
            let bytes = reader.read(frame)?;
            let samples = self.meaning.samples(&bytes);
            self.frame(frame, &samples).map_err(held)?;
            let beside = self.meaning.beside(&bytes).into_iter().enumerate();
            for (place, bits) in beside.filter_map(|(place, bits)| Some((place, bits?))) {
                self.beside(&bits, place).map_err(held)?;
                bits.discard();
            }
            samples.discard();
            if let Cow::Owned(bytes) = bytes {
                spare::keep_bytes(bytes);
            }
        }
        if let Some(projection) = self.projection.take() {
            self.found.projected = true;
            for view in [projection.lowest(), projection.highest()] {
                self.detect(&view);
            }
        }
        self.found.tidy();
        Ok(())
    }

    fn frame(&mut self, frame: u64, samples: &Samples) -> Result<(), ViewError> {
        let count = self.found.frames;
        if self.manner.all && count > FEW {
            let (width, height) = self.found.size;
            if self.projection.is_none() {
                self.projection = Some(Projection::new(width, height, samples.channels())?);
            }
            self.projection.as_mut().map_or(Ok(()), |projection| samples.add_to(projection))?;
        }
        let chosen = self.manner.all && (count <= FEW || is_chosen(frame, count));
        let places = if chosen && count <= FEW { Places::default() } else { samples.places() };
        let cells = self.uncovered(self.worth_a_glance(&places));
        // Of one frame nothing comes again.
        let new = if count == 1 { cells } else { self.known.unknown(samples, cells) };
        if !chosen && new.is_empty() {
            return Ok(());
        }
        let view = samples.view()?;
        if !chosen && !self.is_due(&view, &new, &places.telling()) {
            return Ok(());
        }
        self.found.searched += 1;
        let flat = self.detect_with(&view, samples);
        self.found.flat |= flat && !samples.is_constant(self.manner.hidden);
        Ok(())
    }

    /// Searches what stands in bits beside the value, where that has strokes.
    fn beside(&mut self, bits: &Samples, place: usize) -> Result<(), ViewError> {
        let places = bits.places();
        let new = self.known_beside[place].unknown(bits, self.uncovered(places.all()));
        if new.is_empty() {
            return Ok(());
        }
        let view = bits.view()?;
        if self.is_due(&view, &new, &places.telling()) {
            self.detect(&view);
        }
        Ok(())
    }

    /// Returns the cells that a glance is taken at: all of them but in primary images, unless the profile is strict.
    fn worth_a_glance(&self, places: &Places) -> Vec<Region> {
        let (width, height) = self.found.size;
        if self.manner.all || self.manner.strict { places.all() } else { places.outer(width, height) }
    }

    /// Tells whether a frame that was not chosen is searched: where a glance at its new places shows that there may be text, which
    /// must be likelier at those that do not tell. After many such frames only what is likely to be text counts, and leaves the
    /// instance to a human.
    fn is_due(&mut self, view: &View, new: &[Region], telling: &[Region]) -> bool {
        let left = self.budget > 0;
        let (tell, others): (Vec<Region>, Vec<Region>) = new.iter().partition(|cell| telling.contains(cell));
        let shows = |places: &[Region], likely: u16| detector().may_show_text(view, places, f32::from(likely) / 1000.0);
        if !shows(&tell, self.manner.likely) && !shows(&others, self.manner.sure.max(self.manner.likely)) {
            return false;
        }
        self.found.unfinished |= !left;
        self.budget -= u64::from(left);
        left
    }

    /// Returns the cells that no rectangle found so far covers.
    fn uncovered(&self, mut cells: Vec<Region>) -> Vec<Region> {
        let covers = |cell: &Region| self.found.texts.iter().any(|one| overlap(&one.region, cell) * 2 >= area(cell));
        cells.retain(|cell| !covers(cell));
        cells
    }

    /// Searches what is no frame: doubt about it is none about a picture.
    fn detect(&mut self, view: &View) {
        if is_tiny(view) {
            return;
        }
        let Detection { mut boxes, evidence, .. } = self.detection(view);
        self.found.crowded |= evidence.crowded;
        boxes.retain(|one| self.is_sure(one));
        self.found.texts.extend(boxes);
    }

    fn detection(&self, view: &View) -> Detection {
        if self.manner.careful { detector().detect(view) } else { detector().detect_straight(view) }
    }

    fn is_sure(&self, found: &Box) -> bool {
        let least = if self.is_small() { self.manner.sure.max(SMALL_SURE) } else { self.manner.sure };
        found.score * 1000.0 >= f32::from(least)
    }

    /// Returns cells with strokes, none where they are all over the frame: there they tell nothing of a place.
    fn telling(&self, cells: Vec<Region>) -> Vec<Region> {
        let (width, height) = self.found.size;
        let much = covered(&cells, (width, height)) * 2 > u64::from(width) * u64::from(height);
        if much { Vec::new() } else { cells }
    }

    /// Tells whether what is in a frame is as small as letters, so that strokes are no sign of any.
    fn is_small(&self) -> bool {
        !self.manner.strict && self.found.size.0.max(self.found.size.1) < SMALL
    }

    /// Searches a frame, and tells whether it is flat. What is likely to be text, but not for sure, is text where the quick
    /// screen finds strokes.
    fn detect_with(&mut self, view: &View, samples: &Samples) -> bool {
        if is_tiny(view) {
            return false;
        }
        let Detection { boxes, doubtful, evidence } = self.detection(view);
        self.found.crowded |= evidence.crowded;
        let (sure, likely): (Vec<Box>, Vec<Box>) = boxes.into_iter().partition(|one| self.is_sure(one));
        let blank = self.is_small() || likely.is_empty() && doubtful.is_empty();
        let strokes = if blank { Vec::new() } else { self.telling(samples.places().telling()) };
        let (texts, unsure): (Vec<Box>, Vec<Box>) = likely
            .into_iter()
            .partition(|one| one.score * 1000.0 >= f32::from(self.manner.likely) && has_strokes(one, &strokes));
        self.found.texts.extend(sure.into_iter().chain(texts));
        let doubtful = doubtful.into_iter().chain(unsure);
        self.found.doubtful.extend(doubtful.filter(|one| self.manner.strict || has_strokes(one, &strokes)));
        self.found.unseen |= evidence.unseen_lines > 0;
        evidence.flat
    }
}

/// Tells whether cells with strokes lie in a rectangle: most of one, or several on a quarter of it.
pub(crate) fn has_strokes(found: &Box, cells: &[Region]) -> bool {
    let shared = |cell: &Region| overlap(&found.region, cell);
    let whole = cells.iter().any(|cell| shared(cell) * 2 >= area(cell));
    // Cells of several scales lie upon each other and count each: rather too much than too little is text.
    whole || cells.iter().map(shared).sum::<u64>() * 4 >= area(&found.region)
}

/// Tells whether a frame has no room for three letters, so that whatever looks like text in it is none.
fn is_tiny(view: &View) -> bool {
    let (width, height) = view.size();
    width.max(height) < TINY
}

/// Three letters of eight pixels.
const TINY: u32 = 24;

/// Frames with both sides below this show tissue and noise in the size of letters.
const SMALL: u32 = 96;
/// From which likelihood on a rectangle in such a frame is text, in thousandths.
const SMALL_SURE: u16 = 800;

/// The first and the last frame, and six between them.
fn is_chosen(frame: u64, count: u64) -> bool {
    (0..FEW).any(|part| frame == u128::from(count - 1).wrapping_mul(u128::from(part)) as u64 / (FEW - 1))
}

impl Found {
    /// Leaves out rectangles that lie in others, and doubt about what is text for sure.
    fn tidy(&mut self) {
        self.texts.sort_by_key(|one| (one.region.y, one.region.x, one.region.height, one.region.width));
        self.texts = outer(&self.texts);
        let texts = &self.texts;
        self.doubtful
            .retain(|one| !texts.iter().any(|text| overlap(&text.region, &one.region) * 2 >= area(&one.region)));
        self.doubtful = outer(&self.doubtful);
    }
}

fn outer(boxes: &[Box]) -> Vec<Box> {
    let holds = |a: &Region, b: &Region| overlap(a, b) == area(b);
    let within = |i: usize| {
        boxes.iter().enumerate().any(|(j, other)| {
            j != i && holds(&other.region, &boxes[i].region) && (j < i || !holds(&boxes[i].region, &other.region))
        })
    };
    if boxes.len() > MANY {
        return boxes.to_vec();
    }
    (0..boxes.len()).filter(|i| !within(*i)).map(|i| boxes[i]).collect()
}

/// More rectangles than these are not compared with each other.
const MANY: usize = 4000;

pub(crate) fn area(region: &Region) -> u64 {
    u64::from(region.width) * u64::from(region.height)
}

/// Returns how many pixels two rectangles share.
pub(crate) fn overlap(a: &Region, b: &Region) -> u64 {
    let side = |a: u32, b: u32, wide: u32, broad: u32| {
        a.saturating_add(wide).min(b.saturating_add(broad)).saturating_sub(a.max(b))
    };
    u64::from(side(a.x, b.x, a.width, b.width)) * u64::from(side(a.y, b.y, a.height, b.height))
}

/// What no view can be made of waits for a human.
fn held(error: ViewError) -> RenderError {
    RenderError::Shape(Reason::at("text-search-impossible", error.id()))
}
