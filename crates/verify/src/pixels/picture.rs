//! A decoded frame.

use super::is_masked;
use super::shape::Shape;
use crate::papers::Mask;

/// How far inside a mask a coarse component may differ, in pixels: decoders blend neighbours when they refine it.
const BLENDED: u64 = 1;

/// Samples, interleaved by pixel.
pub(super) struct Picture {
    columns: u64,
    rows: u64,
    components: usize,
    pub values: Vec<i32>,
    /// Which components had fewer samples than others.
    pub coarse: Vec<bool>,
}

impl Picture {
    /// Returns a frame of zeros.
    pub fn new(shape: &Shape, components: usize) -> Picture {
        let values = vec![0; (shape.columns * shape.rows) as usize * components];
        Picture { columns: shape.columns, rows: shape.rows, components, values, coarse: vec![false; components] }
    }

    /// Tells whether a sample outside every mask differs.
    ///
    /// Where decoders may read one stream in two ways (`is_loose`), rounding is no difference.
    ///
    /// # Errors
    /// When more than rounding differs and that may still come from the decoders.
    pub fn differs(&self, other: &Picture, masks: &[Mask], is_loose: bool) -> Result<bool, &'static str> {
        if (self.columns, self.rows, self.components) != (other.columns, other.rows, other.components) {
            return Ok(true);
        }
        let pairs = self.values.iter().zip(&other.values).enumerate();
        let least = u32::from(is_loose);
        let different = pairs.filter(|(_, (a, b))| a.abs_diff(**b) > least);
        let mut outside = different.filter(|(at, _)| {
            let pixel = (at / self.components) as u64;
            !is_masked((pixel % self.columns, pixel / self.columns), masks)
        });
        if !is_loose {
            return Ok(outside.next().is_some());
        }
        match outside.count() {
            0 => Ok(false),
            count if count > self.values.len() / 4 => Ok(true),
            _ => Err("decoders-differ"),
        }
    }

    /// Tells whether every rectangle that was asked for holds one value for each component.
    pub fn is_constant(&self, masks: &[Mask]) -> bool {
        (0..self.components).all(|component| {
            let margin = if self.coarse[component] { BLENDED } else { 0 };
            let mut values = masks.iter().flat_map(|mask| self.inside(mask, margin, component));
            let first = values.next();
            values.all(|value| Some(value) == first)
        })
    }

    /// Returns the samples of a rectangle that are further than `margin` from its edges.
    fn inside(&self, mask: &Mask, margin: u64, component: usize) -> impl Iterator<Item = i32> {
        let [x, y, width, height] = mask.requested.map(u64::from);
        let columns = x + margin..(x + width).min(self.columns).saturating_sub(margin);
        let rows = y + margin..(y + height).min(self.rows).saturating_sub(margin);
        let at = move |row, column| (row * self.columns + column) as usize * self.components + component;
        rows.flat_map(move |row| columns.clone().map(move |column| self.values[at(row, column)]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picture() -> Picture {
        Picture { columns: 8, rows: 8, components: 1, values: (0..64).collect(), coarse: vec![false] }
    }

    #[test]
    fn samples_outside_masks_may_not_differ() {
        let masks = [Mask::exact([2, 2, 3, 3])];
        let (before, mut after) = (picture(), picture());
        after.values[4 * 8 + 4] = 0;
        assert_eq!(before.differs(&after, &masks, false), Ok(false));
        after.values[4 * 8 + 5] -= 1;
        assert_eq!(before.differs(&after, &masks, false), Ok(true));
    }

    #[test]
    fn what_decoders_read_in_two_ways_is_not_called_damage() {
        let (before, mut after) = (picture(), picture());
        after.values[0] += 1;
        assert_eq!(before.differs(&after, &[], true), Ok(false));
        after.values[0] += 1;
        assert_eq!(before.differs(&after, &[], true), Err("decoders-differ"));
        after.values.fill(200);
        assert_eq!(before.differs(&after, &[], true), Ok(true));
    }

    #[test]
    fn all_masks_hold_one_value() {
        let masks = [Mask::exact([0, 0, 2, 1]), Mask::exact([6, 7, 9, 9])];
        let mut picture = picture();
        assert!(!picture.is_constant(&masks));
        for at in [0, 1, 62, 63] {
            picture.values[at] = 5;
        }
        assert!(picture.is_constant(&masks));
        picture.coarse = vec![true];
        picture.values[1] = 6;
        assert!(picture.is_constant(&masks), "at the edge neighbours may show");
        assert!(picture.is_constant(&[Mask::exact([90, 90, 2, 1])]));
    }
}
