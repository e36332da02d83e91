//! What speaks against trusting that all text of a frame was found, or that all that was found is text.

use crate::lines::Found;
use crate::runs::Bounds;
use crate::view::View;

/// Signs that a frame needs a person's look. None of them takes a rectangle back.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct Evidence {
    /// Nine tenths of the pixels lie within a fiftieth of the range: faint text cannot be excluded.
    pub flat: bool,
    /// There are more than 60 rectangles: a page, a form or a screen rather than an image with a caption.
    pub crowded: bool,
    /// The share of the frame that the rectangles cover, 0 to 1.
    pub masked_share: f32,
    /// Rows of marks that look like letters to the hand-made detector, and that no rectangle covers.
    pub unseen_lines: u32,
}

/// The most rectangles of text that an image with a caption has.
const CROWD: usize = 60;

/// With more rectangles than these, lines that none of them covers are not counted.
const MOB: usize = 2000;

impl Evidence {
    /// Returns the signs of a frame and what was found in it.
    pub(crate) fn of(view: &View, boxes: &[Found], chains: &[Bounds]) -> Self {
        let covered = covered(view.width, view.height, boxes);
        Self {
            flat: view.flat,
            crowded: boxes.len() > CROWD,
            masked_share: (covered as f64 / (view.width * view.height) as f64) as f32,
            // In a crowd this large nobody would look for one line more, and looking would take long.
            unseen_lines: match boxes.len() {
                0..=MOB => chains.iter().filter(|chain| !seen(**chain, boxes)).count() as u32,
                _ => 0,
            },
        }
    }
}

/// Tells whether rectangles cover at least half of the places along a chain's middle.
fn seen(chain: Bounds, boxes: &[Found]) -> bool {
    let y = (chain.top + chain.bottom) / 2;
    let covers = |x: usize| {
        let holds = |start: u32, length: u32, at: usize| (start as usize..(start + length) as usize).contains(&at);
        boxes.iter().any(|one| holds(one.region.x, one.region.width, x) && holds(one.region.y, one.region.height, y))
    };
    let places = (chain.left..chain.right).step_by(4);
    2 * places.clone().filter(|x| covers(*x)).count() >= places.count()
}

/// Returns how many pixels the rectangles cover, those of several once.
fn covered(width: usize, height: usize, boxes: &[Found]) -> usize {
    let mut order: Vec<&Found> = boxes.iter().collect();
    order.sort_by_key(|one| one.region.y);
    let (mut next, mut open, mut sum) = (0, Vec::<&Found>::new(), 0);
    let mut row = vec![false; width];
    for y in 0..height as u32 {
        while next < order.len() && order[next].region.y <= y {
            open.push(order[next]);
            next += 1;
        }
        open.retain(|one| one.region.y + one.region.height > y);
        if open.is_empty() {
            continue;
        }
        row.fill(false);
        for one in &open {
            row[one.region.x as usize..][..one.region.width as usize].fill(true);
        }
        sum += row.iter().filter(|covered| **covered).count();
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokumei_core::Region;

    #[test]
    fn pixels_under_two_rectangles_count_once() {
        let at = |x, y| Found { region: Region { x, y, width: 4, height: 2 }, score: 1.0 };
        assert_eq!(covered(10, 10, &[at(0, 0), at(2, 1), at(6, 8)]), 8 + 8 - 2 + 8);
    }

    #[test]
    fn sixty_one_rectangles_are_a_crowd() {
        let view = View::from_samples(8, 8, 1, &[0u8; 64]).unwrap();
        let one = Found { region: Region { x: 0, y: 0, width: 4, height: 4 }, score: 1.0 };
        assert!(!Evidence::of(&view, &[one; 60], &[]).crowded);
        let evidence = Evidence::of(&view, &[one; 61], &[]);
        assert_eq!((evidence.crowded, evidence.masked_share), (true, 0.25));
    }

    #[test]
    fn chain_is_seen_where_half_of_it_is_covered() {
        let one = Found { region: Region { x: 10, y: 10, width: 20, height: 10 }, score: 1.0 };
        let chain = |left, right| Bounds { left, top: 12, right, bottom: 18 };
        assert!(seen(chain(10, 40), &[one]));
        assert!(!seen(chain(10, 80), &[one]));
    }
}
