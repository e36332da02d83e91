//! Where an element sits in a data set.

use crate::Tag;
use std::fmt;

/// One step of a [`TagPath`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Step {
    /// Into a data element.
    Element(Tag),
    /// Into an item of the sequence before it, counted from 0.
    Item(u32),
}

/// The place of a data element: elements and items from the top level down, `(0008,1140)[0](0008,1155)`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct TagPath(Vec<Step>);

impl TagPath {
    /// Returns the path of a top-level element.
    pub fn root(tag: Tag) -> Self {
        TagPath(vec![Step::Element(tag)])
    }

    /// Returns this path, one item deeper.
    pub fn item(mut self, index: u32) -> Self {
        self.0.push(Step::Item(index));
        self
    }

    /// Returns this path, one element deeper.
    pub fn element(mut self, tag: Tag) -> Self {
        self.0.push(Step::Element(tag));
        self
    }

    /// Adds a step at the end.
    pub fn push(&mut self, step: Step) {
        self.0.push(step);
    }

    /// Returns the steps from the top level down.
    pub fn steps(&self) -> &[Step] {
        &self.0
    }

    /// Returns the tags of the path without the items, from the top level down.
    pub fn tags(&self) -> impl Iterator<Item = Tag> + '_ {
        self.0.iter().filter_map(|step| match step {
            Step::Element(tag) => Some(*tag),
            Step::Item(_) => None,
        })
    }

    /// Returns the tag of the innermost element.
    pub fn leaf(&self) -> Option<Tag> {
        self.tags().last()
    }
}

impl fmt::Display for TagPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for step in &self.0 {
            match step {
                Step::Element(tag) => write!(f, "{tag}")?,
                Step::Item(index) => write!(f, "[{index}]")?,
            }
        }
        Ok(())
    }
}
