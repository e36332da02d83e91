//! Pictures of masked frames, as they are in the release.

use image::{ImageFormat, RgbImage};
use std::io::Cursor;
use std::path::Path;
use tokumei_core::Region;
use tokumei_pipeline::{Config, Preview};
use tokumei_profile::Profile;
use tokumei_report::Shown;

/// How many pictures a report has at most.
pub const MOST: usize = 12;

/// What is hidden in an instance.
#[derive(Clone, Debug)]
pub struct Hidden {
    /// In pixels of the frame.
    pub regions: Vec<Region>,
    /// The rules that asked.
    pub rules: Vec<String>,
}

/// Draws the first frame of each instance; one that cannot be drawn is left out.
pub fn draw(release: &Path, pictured: &[(String, Hidden)], profile: &Profile) -> Vec<Shown> {
    let mut config = Config::new(profile.clone(), Vec::new(), release.to_owned());
    // The pictures are those of outputs: nothing is to be hidden once more.
    config.mask_rules.built_in = false;
    let draw = |(path, hidden): &(String, Hidden)| {
        let (preview, _) = tokumei_pipeline::pictures(&release.join(path), &config, 0).ok()?;
        shown(&preview, hidden)
    };
    pictured.iter().filter_map(draw).collect()
}

fn shown(preview: &Preview, hidden: &Hidden) -> Option<Shown> {
    let picture = &preview.before;
    let image = RgbImage::from_raw(picture.columns, picture.rows, picture.rgb.clone())?;
    let mut png = Cursor::new(Vec::new());
    image.write_to(&mut png, ImageFormat::Png).ok()?;
    let scaled = |length: u32| (f64::from(length) / preview.scale) as u32;
    let region = |one: &Region| Region {
        x: scaled(one.x),
        y: scaled(one.y),
        width: scaled(one.width).max(1),
        height: scaled(one.height).max(1),
    };
    Some(Shown {
        png: png.into_inner(),
        before: None,
        size: (picture.columns, picture.rows),
        regions: hidden.regions.iter().map(region).collect(),
        rules: hidden.rules.clone(),
    })
}
