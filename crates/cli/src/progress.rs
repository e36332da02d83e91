//! Progress on a terminal: how far, how fast, how long still. Nothing when nobody watches.

use crate::console::Console;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Mutex;
use std::time::Duration;
use tokumei_core::{Change, Step, Tag};
use tokumei_pipeline::{Event, Observer};

/// What a dry run would do to one kind of place: path without items, VR, action, rule.
pub type Planned = (Vec<Tag>, &'static str, &'static str, String);

/// Watches a run, shows how it goes, and counts what a dry run would change.
pub struct Watch<'a> {
    console: &'a Console,
    bar: ProgressBar,
    planned: Mutex<BTreeMap<Planned, u64>>,
}

impl<'a> Watch<'a> {
    /// Starts to watch.
    pub fn new(console: &'a Console) -> Self {
        let target = if console.is_watched() { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let bar = ProgressBar::with_draw_target(None, target).with_style(style("{spinner} {msg} {human_pos}"));
        if console.is_watched() {
            bar.enable_steady_tick(Duration::from_millis(120));
        }
        Watch { console, bar, planned: Mutex::new(BTreeMap::new()) }
    }

    /// Clears the line and returns what a dry run would change, with the count of instances for each kind of place.
    pub fn end(self) -> BTreeMap<Planned, u64> {
        self.bar.finish_and_clear();
        self.planned.into_inner().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    fn plan(&self, source: &Path, changes: &[Change]) {
        // The path of the file is not shown: a plan is about kinds of places.
        let _ = source;
        let mut planned = self.planned.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        for change in changes {
            let tags = change.path.steps().iter().filter_map(|step| match step {
                Step::Element(tag) => Some(*tag),
                Step::Item(_) => None,
            });
            let key = (tags.collect(), change.vr.as_str(), change.action.as_str(), change.rule.clone());
            *planned.entry(key).or_default() += 1;
        }
    }
}

impl Observer for Watch<'_> {
    fn event(&self, event: Event<'_>) {
        match event {
            Event::Found { files } => {
                self.bar.set_message(self.console.say("run-discovering", &[("files", &files.to_string())]));
            }
            Event::Discovered { files } => {
                self.bar.set_length(files);
                self.bar.set_position(0);
                self.bar.set_message(self.console.say("run-indexing", &[]));
                self.bar.set_style(style("{spinner} {msg} {human_pos}/{human_len} {wide_bar} {per_sec} {eta}"));
            }
            Event::Indexed => self.bar.inc(1),
            Event::Instances { bytes, .. } => {
                self.bar.reset();
                self.bar.set_length(bytes);
                self.bar.set_message(self.console.say("run-instances", &[]));
                let template =
                    "{spinner} {msg} {decimal_bytes}/{decimal_total_bytes} {wide_bar} {decimal_bytes_per_sec} {eta}";
                self.bar.set_style(style(template));
            }
            Event::Planned { source, changes } => self.plan(source, changes),
            Event::Done { bytes, .. } => self.bar.inc(bytes),
            Event::Sealing => {
                self.bar.set_message(self.console.say("run-sealing", &[]));
                self.bar.set_style(style("{spinner} {msg}"));
            }
            _ => {}
        }
    }
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).expect("the templates of this module are well-formed")
}
