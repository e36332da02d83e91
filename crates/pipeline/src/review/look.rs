//! An original opened to be looked at: what rules and detector want hidden, and pictures before and after.

use crate::index::{open, settle};
use crate::treat::{Unready, unready};
use std::fs::File;
use std::path::Path;
use tokumei_core::{Reason, Region, State};
use tokumei_pixel::{MaskRules, RenderError, Request, Requests, Shot, Shown, Viewer, Window};
use tokumei_profile::Profile;
use tokumei_wire::{DataSet, Limits};

/// An original opened to be looked at, with its output where it has left. Nothing of it is written.
pub struct Opened {
    before: Side,
    /// The output as it is in the release.
    after: Option<Side>,
    requests: Requests,
}

/// A file and its frames.
struct Side {
    source: File,
    data_set: DataSet,
    viewer: Viewer,
}

impl Side {
    fn open(path: &Path) -> Result<Side, (State, Reason)> {
        let (source, _) = open(path)?;
        let data_set = tokumei_wire::read(&source, &Limits::default()).map_err(|error| settle(&error))?;
        let viewer = Viewer::of(&data_set).map_err(why)?;
        Ok(Side { source, data_set, viewer })
    }

    fn picture(&mut self, shot: &Shot<'_>) -> Result<Shown, (State, Reason)> {
        self.viewer.picture(&self.data_set, &self.source, shot).map_err(why)
    }
}

/// Which part of which frame is looked at, and how.
#[derive(Clone, Copy, Debug)]
pub struct Glance<'m> {
    /// The frame, from 0.
    pub frame: u64,
    /// The part of it, in pixels of the frame.
    pub area: Region,
    /// The longest side of the picture in pixels.
    pub side: u32,
    /// How samples become brightness.
    pub window: Window,
    /// `None` shows the original; else what the reviewer wants hidden beside what is hidden anyway.
    pub masks: Option<&'m [Region]>,
}

impl Opened {
    /// Opens an original. Whatever the profile has hidden or searched for text is worked out here, once.
    ///
    /// # Errors
    /// State and reason where there is nothing to look at: the file cannot be read, or has no frames that can be decoded.
    pub fn open(path: &Path, profile: &Profile, rules: &MaskRules) -> Result<Opened, (State, Reason)> {
        let before = Side::open(path)?;
        let requests = tokumei_pixel::all_requests(&before.data_set, &before.source, profile, rules);
        Ok(Opened { before, after: None, requests })
    }

    /// Opens a file as it is, with nothing hidden.
    ///
    /// # Errors
    /// State and reason where there is nothing to look at.
    pub fn alone(path: &Path) -> Result<Opened, (State, Reason)> {
        Ok(Opened { before: Side::open(path)?, after: None, requests: Requests::default() })
    }

    /// Opens an output beside its original: after is the output as it is in the release. Where there is no original, or it
    /// is not to be found or cannot be shown, the output stands on both sides.
    ///
    /// # Errors
    /// State and reason where the output cannot be shown.
    pub fn open_output(
        output: &Path,
        original: &Path,
        profile: &Profile,
        rules: &MaskRules,
    ) -> Result<Opened, (State, Reason)> {
        let alone = Opened::alone(output)?;
        if original == output {
            return Ok(alone);
        }
        match Opened::open(original, profile, rules) {
            Ok(opened) if opened.size() == alone.size() => Ok(Opened { after: Some(alone.before), ..opened }),
            _ => Ok(alone),
        }
    }

    /// Returns columns, rows and frames.
    pub fn size(&self) -> (u32, u32, u64) {
        let (columns, rows) = self.before.viewer.size();
        (columns, rows, self.before.viewer.frames())
    }

    /// Tells whether frames are grey, so that a window changes them.
    pub fn is_grey(&self) -> bool {
        self.before.viewer.is_grey()
    }

    /// Returns the windows that the header proposes, centre and width.
    pub fn windows(&self) -> &[(f64, f64)] {
        self.before.viewer.windows()
    }

    /// Returns what is hidden whatever people decide, by rule or because text was found.
    pub fn requests(&self) -> &[Request] {
        &self.requests.regions
    }

    /// Returns about the lowest and the highest value of a frame, rescaled.
    ///
    /// # Errors
    /// As [`Opened::picture`].
    pub fn range(&mut self, frame: u64) -> Result<(f64, f64), (State, Reason)> {
        let Side { source, data_set, viewer } = &mut self.before;
        viewer.range(data_set, source, frame).map_err(why)
    }

    /// Returns where the detector takes something in a frame for text. It decides nothing.
    ///
    /// # Errors
    /// State and reason when the frame cannot be decoded or searched.
    pub fn propose(&self, frame: u64) -> Result<Vec<Request>, (State, Reason)> {
        tokumei_pixel::propose(&self.before.data_set, &self.before.source, frame).map_err(why)
    }

    /// Draws a part of a frame, before or after.
    ///
    /// # Errors
    /// State and reason when the frame is not there, or cannot be decoded.
    pub fn picture(&mut self, glance: &Glance<'_>) -> Result<Shown, (State, Reason)> {
        let Glance { frame, area, side, window, .. } = *glance;
        if let (Some(after), Some(_)) = (&mut self.after, glance.masks) {
            return after.picture(&Shot { frame, area, side, window, hidden: &[] });
        }
        let anyway = self.requests.regions.iter().map(|request| request.region);
        let hidden: Vec<Region> = match glance.masks {
            None => Vec::new(),
            Some(masks) => anyway.chain(masks.iter().copied()).collect(),
        };
        self.before.picture(&Shot { frame, area, side, window, hidden: &hidden })
    }
}

/// What somebody who approves an instance could look at. There is none of an instance that cannot be shown.
#[derive(Clone, Copy, Debug)]
pub struct Sight {
    /// Columns and rows of a frame.
    pub(super) size: (u32, u32),
}

/// So many frames of an instance are tried before it counts as one that can be shown.
const TRIED: u64 = 32;

impl Opened {
    /// Tells whether the instance can be shown: the frames that a person would leaf through are drawn, the first and the last
    /// among them, at most 32.
    ///
    /// # Errors
    /// State and reason of the first one that cannot be drawn.
    pub fn sight(&mut self) -> Result<Sight, (State, Reason)> {
        let (width, height, frames) = self.size();
        let area = Region { x: 0, y: 0, width, height };
        let tried = frames.min(TRIED);
        for number in 0..tried.max(1) {
            let frame = if tried < 2 {
                0
            } else {
                (u128::from(frames - 1) * u128::from(number) / u128::from(tried - 1)) as u64
            };
            let shot = Shot { frame, area, side: 64, window: Window::Header, hidden: &[] };
            // Of what has left, what has left is looked at.
            self.after.as_mut().unwrap_or(&mut self.before).picture(&shot)?;
        }
        Ok(Sight { size: (width, height) })
    }
}

fn why(error: RenderError) -> (State, Reason) {
    match unready(error) {
        Unready::Held(state, reason) => (state, reason),
        _ => (State::Failed, Reason::new("unreadable")),
    }
}
