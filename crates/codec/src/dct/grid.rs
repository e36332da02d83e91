//! MCUs and blocks: how many there are, which of them a region touches, which pixels they decide.
//!
//! T.81, A.1 and A.2.

use crate::jpeg::frame::Frame;
use crate::jpeg::stream::Scan;
use tokumei_core::Region;

/// The blocks of a frame.
pub(crate) struct Grid {
    pub(crate) rows: u32,
    pub(crate) columns: u32,
    pub(crate) precision: u8,
    /// Horizontal and vertical sampling factors of each component; 1 when there is only one.
    pub(crate) factors: Vec<(u32, u32)>,
    /// The largest of them.
    pub(crate) most: (u32, u32),
}

/// The units of a scan, which come row by row: MCUs of the frame, or blocks when the scan has one component.
pub(crate) struct Units {
    pub(crate) across: u32,
    pub(crate) down: u32,
    /// Blocks of a unit in their order: slot of the scan header, column and row within the unit.
    pub(crate) cells: Vec<(usize, u32, u32)>,
    /// Blocks of each slot across and down a unit.
    pub(crate) size: Vec<(u32, u32)>,
    /// Units across and down one MCU of the frame.
    pub(crate) of_mcu: (u32, u32),
}

impl Grid {
    /// Lays out a frame.
    pub(crate) fn new(frame: &Frame) -> Grid {
        let (rows, columns) = (u32::from(frame.rows), u32::from(frame.columns));
        let mut factors: Vec<(u32, u32)> =
            frame.components.iter().map(|component| (u32::from(component.h), u32::from(component.v))).collect();
        let (h, v) = frame.factors();
        let mut most = (u32::from(h), u32::from(v));
        if factors.len() == 1 {
            (factors, most) = (vec![(1, 1)], (1, 1));
        }
        Grid { rows, columns, precision: frame.precision, factors, most }
    }

    /// Returns columns and rows of an MCU in pixels.
    fn mcu(&self) -> (u32, u32) {
        (8 * self.most.0, 8 * self.most.1)
    }

    /// Returns how many MCUs the frame has across and down.
    fn mcus(&self) -> (u32, u32) {
        (self.columns.div_ceil(self.mcu().0), self.rows.div_ceil(self.mcu().1))
    }

    /// Lays out a scan.
    pub(crate) fn units(&self, scan: &Scan) -> Units {
        let factors = |component: usize| self.factors.get(component).copied().unwrap_or((1, 1));
        let slots = &scan.header.slots;
        if let [slot] = slots[..] {
            let (h, v) = factors(slot.component);
            let (columns, rows) = ((self.columns * h).div_ceil(self.most.0), (self.rows * v).div_ceil(self.most.1));
            let (across, down) = (columns.div_ceil(8), rows.div_ceil(8));
            return Units { across, down, cells: vec![(0, 0, 0)], size: vec![(1, 1)], of_mcu: (h, v) };
        }
        let (across, down) = self.mcus();
        let size: Vec<(u32, u32)> = slots.iter().map(|slot| factors(slot.component)).collect();
        let blocks = |(slot, &(h, v)): (usize, &(u32, u32))| {
            (0..v).flat_map(move |y| (0..h).map(move |x| (slot, x, y))).collect::<Vec<_>>()
        };
        Units { across, down, cells: size.iter().enumerate().flat_map(blocks).collect(), size, of_mcu: (1, 1) }
    }

    /// Returns the pixels that may differ once a region is hidden: its MCUs, and around them those whose colours are
    /// interpolated between samples of the MCUs and others. It may reach beyond the frame.
    pub(crate) fn effective(&self, region: Region) -> Region {
        let (mcu_columns, mcu_rows) = self.mcu();
        let ring = |most: u32, factor: fn(&(u32, u32)) -> u32| {
            let reach = self
                .factors
                .iter()
                .map(|factors| if factor(factors) < most { most.div_ceil(2 * factor(factors)) } else { 0 });
            reach.max().unwrap_or(0)
        };
        let (aside, above) = (ring(self.most.0, |factors| factors.0), ring(self.most.1, |factors| factors.1));
        let left = (region.x / mcu_columns * mcu_columns).saturating_sub(aside);
        let top = (region.y / mcu_rows * mcu_rows).saturating_sub(above);
        let right = (region.x + region.width).div_ceil(mcu_columns) * mcu_columns + aside;
        let bottom = (region.y + region.height).div_ceil(mcu_rows) * mcu_rows + above;
        Region { x: left, y: top, width: right - left, height: bottom - top }
    }
}

/// Which MCUs are hidden.
pub(crate) struct Hidden {
    across: u32,
    flags: Vec<bool>,
    /// Whether any MCU of each row is hidden.
    rows: Vec<bool>,
}

impl Hidden {
    /// Hides nothing.
    pub(crate) fn none() -> Hidden {
        Hidden { across: 0, flags: vec![], rows: vec![] }
    }

    /// Hides all MCUs that regions touch, which must lie within the frame.
    pub(crate) fn new(grid: &Grid, regions: &[Region]) -> Hidden {
        let ((columns, rows), (across, down)) = (grid.mcu(), grid.mcus());
        let mut hidden =
            Hidden { across, flags: vec![false; across as usize * down as usize], rows: vec![false; down as usize] };
        for region in regions {
            let (left, right) = (region.x / columns, (region.x + region.width).div_ceil(columns).min(across));
            for y in region.y / rows..(region.y + region.height).div_ceil(rows).min(down) {
                let start = y as usize * across as usize;
                hidden.flags[start + left as usize..start + right as usize].fill(true);
                hidden.rows[y as usize] = true;
            }
        }
        hidden
    }

    /// Tells whether an MCU of a row is hidden.
    pub(crate) fn row(&self, y: u32) -> bool {
        self.rows.get(y as usize).copied().unwrap_or(false)
    }

    /// Tells whether an MCU is hidden.
    pub(crate) fn mcu(&self, x: u32, y: u32) -> bool {
        let index = y as usize * self.across as usize + x as usize;
        self.flags.get(index).copied().unwrap_or(false)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grid(columns: u32, rows: u32, factors: &[(u32, u32)]) -> Grid {
        let most = (factors.iter().map(|f| f.0).max().unwrap(), factors.iter().map(|f| f.1).max().unwrap());
        Grid { rows, columns, precision: 8, factors: factors.to_vec(), most }
    }

    #[test]
    fn a_region_grows_to_blocks() {
        let grey = grid(64, 48, &[(1, 1)]);
        let region = Region { x: 9, y: 8, width: 8, height: 8 };
        assert_eq!(grey.effective(region), Region { x: 8, y: 8, width: 16, height: 8 });
    }

    #[test]
    fn a_region_grows_by_the_colour_samples_around_it() {
        let region = Region { x: 17, y: 17, width: 4, height: 4 };
        let half = grid(64, 48, &[(2, 1), (1, 1), (1, 1)]);
        assert_eq!(half.effective(region), Region { x: 15, y: 16, width: 18, height: 8 });
        let quarter = grid(64, 48, &[(2, 2), (1, 1), (1, 1)]);
        assert_eq!(quarter.effective(region), Region { x: 15, y: 15, width: 18, height: 18 });
        let eleven = grid(64, 48, &[(4, 1), (1, 1), (1, 1)]);
        assert_eq!(eleven.effective(Region { x: 33, ..region }), Region { x: 30, y: 16, width: 36, height: 8 });
    }

    #[test]
    fn exactly_the_blocks_touched_are_hidden() {
        let grey = grid(60, 20, &[(1, 1)]);
        let hidden = Hidden::new(&grey, &[Region { x: 15, y: 8, width: 2, height: 12 }]);
        let seen: Vec<(u32, u32)> =
            (0..3).flat_map(|y| (0..8).map(move |x| (x, y))).filter(|&(x, y)| hidden.mcu(x, y)).collect();
        assert_eq!(seen, [(1, 1), (2, 1), (1, 2), (2, 2)]);
        assert_eq!([hidden.row(0), hidden.row(1), hidden.row(3)], [false, true, false]);
    }
}
