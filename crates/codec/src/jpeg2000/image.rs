//! What is decoded, and how it is coded.

/// The shape of an image, as its code stream states it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Shape {
    pub rows: u32,
    pub columns: u32,
    pub components: usize,
    /// Bits of a sample.
    pub precision: u32,
    pub signed: bool,
}

impl Shape {
    pub(super) fn pixels(&self) -> usize {
        self.rows as usize * self.columns as usize
    }
}

/// A decoded image.
pub(super) struct Image {
    pub shape: Shape,
    /// Samples, interleaved by pixel.
    pub values: Vec<i32>,
}

/// How an image is coded.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Coding {
    /// Order of progression: 0 to 4.
    pub progression: u8,
    /// Levels of decomposition.
    pub levels: u8,
    /// Width and height of code blocks, as powers of two.
    pub block: [u8; 2],
    /// Whether the components are red, green, blue and go through the reversible colour transform.
    pub transform: bool,
}
