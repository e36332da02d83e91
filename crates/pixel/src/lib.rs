//! Assesses the pixel data of an instance: may it pass through, must it be masked, must a human look at it.
//!
//! This room knows which instances are of a kind that burns text into its pixels, and looks for text in frames. It never
//! trusts BurnedInAnnotation (0028,0301) when it says NO, and it always does when it says YES.
//!
//! PS3.15 2026d, E.3.1; PS3.3 2026d, C.7.6.1.1.2 and C.8.6.1.

mod altered;
mod beside;
mod bits;
mod face;
mod fill;
mod header;
mod look;
mod outside;
mod picture;
mod preview;
mod recode;
mod render;
mod request;
mod reviewed;
mod risk;
mod rules;
mod segments;
mod shape;
mod spool;
mod ultrasound;
mod viewer;

pub use look::{
    Depth, Looked, RiskClass, SAMPLE, Second, Sighting, Task, all_requests, is_drawn, look, look_again, propose,
};
pub use picture::{Effort, Picture};
pub use preview::{Preview, preview};
pub use render::{Outlook, RenderError, Rendered, outlook, render};
pub use request::{MaskRules, Request, Requests, Source, requests};
pub use reviewed::{APPROVABLE, REJECTED, Reviewed};
pub use risk::{Assessment, assess, assess_reviewed};
pub use segments::segments;
pub use shape::frames;
pub use spool::Scratch;
pub use viewer::{MOST_SIDE, Shot, Shown, Viewer, Window};
