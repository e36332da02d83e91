//! Finds text in the frames of an image, so that it can be masked. It never reads it, and nothing here tells
//! text that may stay from text that may not.
//!
//! A [`View`] shows a frame of any bit depth in two ways; a small network of our own, whose weights are part of
//! the program, says of each place how likely it is text; places become rectangles. `train/` holds how the
//! weights were made, `weights/README.md` what they reach.
//!
//! What is found depends on the samples alone: not on the machine, its vector units or the number of threads.
//! This crate decodes nothing, knows no data set and decides nothing: an image in which nothing was found is
//! not one without text.
//!
//! ```
//! use tokumei_detect::{Detector, View};
//! let samples = vec![0u16; 64 * 64];
//! let view = View::from_samples(64, 64, 1, &samples)?;
//! let found = Detector::new().detect(&view);
//! assert!(found.boxes.is_empty() && found.evidence.flat);
//! # Ok::<(), tokumei_detect::ViewError>(())
//! ```
//!
//! PS3.15 2026d, E.3.1 Clean Pixel Data Option.

mod colour;
mod convolution;
mod detector;
mod evidence;
mod glance;
mod ground;
mod ink;
mod lines;
mod map;
mod marks;
mod network;
mod project;
mod ruled;
mod runs;
mod scales;
mod screen;
mod slant;
mod strokes;
mod sums;
mod tones;
mod vector;
mod view;
mod words;

pub use colour::strokes_of_colours;
pub use detector::{Detection, Detector, Settings};
pub use evidence::Evidence;
pub use glance::reach;
pub use lines::Found;
pub use marks::marks;
pub use project::{MAX_PROJECTED, Projection};
pub use screen::{Places, strokes};
pub use view::{MAX_PIXELS, View, ViewError};
