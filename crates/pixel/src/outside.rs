//! What lies outside of rectangles, as rectangles.

use tokumei_core::Region;

/// Returns the part of a rectangle that lies in an image, `None` where there is none.
pub(crate) fn clip(region: Region, columns: u32, rows: u32) -> Option<Region> {
    let right = region.x.saturating_add(region.width).min(columns);
    let bottom = region.y.saturating_add(region.height).min(rows);
    let inside = region.x < right && region.y < bottom;
    inside.then(|| Region { width: right - region.x, height: bottom - region.y, ..region })
}

/// Returns rectangles that cover every pixel of an image outside of all `kept` rectangles, and no other pixel.
///
/// They do not overlap. The image is cut into bands at the upper and lower edges of what is kept; a gap that goes on in the
/// next band at the same columns stays one rectangle.
pub(crate) fn outside(kept: &[Region], columns: u32, rows: u32) -> Vec<Region> {
    let kept: Vec<Region> = kept.iter().filter_map(|region| clip(*region, columns, rows)).collect();
    let mut cuts: Vec<u32> = kept.iter().flat_map(|one| [one.y, one.y + one.height]).chain([0, rows]).collect();
    cuts.sort_unstable();
    cuts.dedup();
    let mut done = Vec::new();
    let mut open: Vec<Region> = Vec::new();
    for band in cuts.windows(2) {
        let (top, bottom) = (band[0], band[1]);
        let mut next = Vec::new();
        for (left, right) in gaps(&kept, top, columns) {
            let goes_on = open.iter().position(|one| one.x == left && one.width == right - left);
            let mut region = match goes_on {
                Some(index) => open.swap_remove(index),
                None => Region { x: left, y: top, width: right - left, height: 0 },
            };
            region.height += bottom - top;
            next.push(region);
        }
        done.append(&mut open);
        open = next;
    }
    done.append(&mut open);
    if columns == 0 {
        done.clear();
    }
    done.sort_unstable_by_key(|one| (one.y, one.x));
    done
}

/// Returns the columns from and to which a row is not kept.
fn gaps(kept: &[Region], row: u32, columns: u32) -> Vec<(u32, u32)> {
    let on_row = kept.iter().filter(|one| one.y <= row && row < one.y + one.height);
    let mut spans: Vec<(u32, u32)> = on_row.map(|one| (one.x, one.x + one.width)).collect();
    spans.sort_unstable();
    let mut gaps = Vec::new();
    let mut from = 0;
    for (left, right) in spans {
        if left > from {
            gaps.push((from, left));
        }
        from = from.max(right);
    }
    if from < columns {
        gaps.push((from, columns));
    }
    gaps
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn region(x: u32, y: u32, width: u32, height: u32) -> Region {
        Region { x, y, width, height }
    }

    fn holds(region: &Region, x: u32, y: u32) -> bool {
        let (right, bottom) = (region.x.saturating_add(region.width), region.y.saturating_add(region.height));
        (region.x..right).contains(&x) && (region.y..bottom).contains(&y)
    }

    #[test]
    fn one_kept_rectangle_leaves_four_around_it() {
        let expected = [region(0, 0, 10, 2), region(0, 2, 3, 4), region(7, 2, 3, 4), region(0, 6, 10, 2)];
        assert_eq!(outside(&[region(3, 2, 4, 4)], 10, 8), expected);
    }

    #[test]
    fn whole_image_is_outside_of_nothing_and_nothing_is_outside_of_the_whole_image() {
        assert_eq!(outside(&[], 10, 8), [region(0, 0, 10, 8)]);
        assert_eq!(outside(&[region(0, 0, u32::MAX, u32::MAX)], 10, 8), []);
        assert_eq!(outside(&[region(10, 8, 5, 5)], 10, 8), [region(0, 0, 10, 8)]);
        assert_eq!(outside(&[], 0, 8), []);
    }

    #[test]
    fn column_beside_two_kept_rectangles_stays_one_rectangle() {
        let kept = [region(5, 0, 5, 3), region(5, 3, 4, 5)];
        assert_eq!(outside(&kept, 10, 8), [region(0, 0, 5, 8), region(9, 3, 1, 5)]);
    }

    #[test]
    fn clipping_ends_at_the_edges() {
        assert_eq!(clip(region(8, 7, 5, u32::MAX), 10, 8), Some(region(8, 7, 2, 1)));
        assert_eq!(clip(region(10, 0, 1, 1), 10, 8), None);
        assert_eq!(clip(region(0, 0, 0, 1), 10, 8), None);
    }

    proptest! {
        #[test]
        fn every_pixel_is_kept_or_covered_exactly_once(
            kept in prop::collection::vec((0..14u32, 0..14u32, 0..9u32, 0..9u32), 0..6),
            columns in 0..13u32,
            rows in 0..13u32,
        ) {
            let kept: Vec<Region> = kept.into_iter().map(|(x, y, width, height)| region(x, y, width, height)).collect();
            let covered = outside(&kept, columns, rows);
            for y in 0..20 {
                for x in 0..20 {
                    let times = covered.iter().filter(|one| holds(one, x, y)).count();
                    let due = x < columns && y < rows && !kept.iter().any(|one| holds(one, x, y));
                    prop_assert_eq!(times, usize::from(due));
                }
            }
        }
    }
}
