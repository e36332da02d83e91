//! Pictures of masked frames, as they are in the release.

use std::path::Path;
use tokumei_core::Region;
use tokumei_pipeline::review::{Glance, Opened, Window};
use tokumei_pipeline::{Effort, Picture};
use tokumei_report::Shown;

/// How many pictures a report has at most.
pub const MOST: usize = 12;

/// The longest side of a picture.
const SIDE: u32 = 512;

/// Frames of more pixels are not drawn: a report is made in each run.
const PIXELS: u64 = 64 << 20;

/// What is hidden in an instance.
#[derive(Clone, Debug)]
pub struct Hidden {
    /// In pixels of the frame.
    pub regions: Vec<Region>,
    /// The rules that asked.
    pub rules: Vec<String>,
}

/// Draws the first frame of each instance; one that cannot be drawn is left out.
pub fn draw(release: &Path, pictured: &[(String, Hidden)]) -> Vec<Shown> {
    let draw = |(path, hidden): &(String, Hidden)| {
        let (picture, scale) = look(&release.join(path), SIDE, Window::Full, |_| 0)?;
        shown(&picture, scale, hidden)
    };
    pictured.iter().filter_map(draw).collect()
}

/// Draws one frame of a file of the release, of as many as it has; returns how many of its pixels one of the picture is, too.
pub fn look(path: &Path, side: u32, window: Window, frame: impl Fn(u64) -> u64) -> Option<(Picture, f64)> {
    let mut opened = Opened::alone(path).ok()?;
    let (width, height, frames) = opened.size();
    if u64::from(width) * u64::from(height) > PIXELS {
        return None;
    }
    let area = Region { x: 0, y: 0, width, height };
    let glance = Glance { frame: frame(frames), area, side, window, masks: None };
    let picture = opened.picture(&glance).ok()?.picture;
    let scale = f64::from(width) / f64::from(picture.columns.max(1));
    Some((picture, scale))
}

fn shown(picture: &Picture, scale: f64, hidden: &Hidden) -> Option<Shown> {
    let scaled = |length: u32| (f64::from(length) / scale) as u32;
    let region = |one: &Region| Region {
        x: scaled(one.x),
        y: scaled(one.y),
        width: scaled(one.width).max(1),
        height: scaled(one.height).max(1),
    };
    Some(Shown {
        png: picture.png(Effort::Usual)?,
        before: None,
        size: (picture.columns, picture.rows),
        regions: hidden.regions.iter().map(region).collect(),
        rules: hidden.rules.clone(),
    })
}
