//! The regions that an ultrasound image says it has.

use tokumei_core::{Region, Tag};
use tokumei_profile::devices::Values;
use tokumei_wire::{DataSet, NodeId, NodeKind};

const REGIONS: Tag = Tag(0x0018, 0x6011);

/// Region Location Min X0, Min Y0, Max X1, Max Y1.
const EDGES: [Tag; 4] = [Tag(0x0018, 0x6018), Tag(0x0018, 0x601A), Tag(0x0018, 0x601C), Tag(0x0018, 0x601E)];

/// Most regions of an image.
const REGIONS_MAX: usize = 256;

/// Returns the regions of SequenceOfUltrasoundRegions (0018,6011), whatever they show: tissue, trace or scale.
///
/// `None` where there is none, or where one of them cannot be: without an edge, with edges in the wrong order, or outside
/// the image. Then nothing can be said of what lies outside. A last column or row that equals the size of the image is
/// read as its edge, since some devices count that way.
///
/// # Standard
/// PS3.3 2026d, C.8.5.5.1: the edges count columns and rows from 0, and both belong to the region.
pub(crate) fn regions(data_set: &DataSet, columns: u32, rows: u32) -> Option<Vec<Region>> {
    let mut elements = data_set.all(REGIONS);
    let sequence = elements.next().filter(|id| data_set.node(*id).kind == NodeKind::Sequence)?;
    if elements.next().is_some() {
        return None;
    }
    let items: Vec<NodeId> = data_set.children(Some(sequence)).take(REGIONS_MAX + 1).collect();
    let count = (1..=REGIONS_MAX).contains(&items.len());
    if !count {
        return None;
    }
    items.into_iter().map(|item| region(data_set, item, columns, rows)).collect()
}

fn region(data_set: &DataSet, item: NodeId, columns: u32, rows: u32) -> Option<Region> {
    let [x0, y0, x1, y1] = EDGES.map(|tag| edge(data_set, item, tag));
    let (x0, y0, x1, y1) = (x0?, y0?, x1?, y1?);
    let inside = x0 <= x1 && y0 <= y1 && x0 < columns && y0 < rows && x1 <= columns && y1 <= rows;
    let size = |first: u32, last: u32, all: u32| last.saturating_add(1).min(all) - first;
    inside.then(|| Region { x: x0, y: y0, width: size(x0, x1, columns), height: size(y0, y1, rows) })
}

/// Returns an edge, `None` where it is missing, doubled or no number.
fn edge(data_set: &DataSet, item: NodeId, tag: Tag) -> Option<u32> {
    let mut ids = data_set.children(Some(item)).filter(|id| data_set.node(*id).tag == tag);
    let id = ids.next()?;
    let bytes: [u8; 4] = data_set.value(id)?.try_into().ok()?;
    let big = data_set.node(id).encoding.is_big_endian();
    let number = if big { u32::from_be_bytes(bytes) } else { u32::from_le_bytes(bytes) };
    ids.next().is_none().then_some(number)
}

/// Returns Rows (0028,0010) and Columns (0028,0011), `None` where one is missing, doubled or zero.
pub(crate) fn size(header: &dyn Values) -> Option<(u32, u32)> {
    let number = |element| {
        let values = header.values(&[Tag(0x0028, element)])?;
        let [text] = values.as_slice() else { return None };
        text.parse().ok().filter(|number: &u32| *number > 0)
    };
    Some((number(0x0011)?, number(0x0010)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::tests::{data_set, ultrasound_region};
    use tokumei_wire::NewElement;

    fn found(items: &[[u32; 4]]) -> Option<Vec<Region>> {
        let items = items.iter().map(|edges| ultrasound_region(*edges)).collect();
        regions(&data_set(&[NewElement::items(REGIONS, items)]), 640, 480)
    }

    #[test]
    fn edges_of_a_region_belong_to_it() {
        let expected = Region { x: 10, y: 20, width: 91, height: 181 };
        assert_eq!(found(&[[10, 20, 100, 200]]), Some(vec![expected]));
        let dot = Region { x: 0, y: 479, width: 1, height: 1 };
        assert_eq!(found(&[[0, 479, 0, 479]]), Some(vec![dot]));
    }

    #[test]
    fn last_column_that_equals_the_width_is_the_edge() {
        assert_eq!(found(&[[0, 0, 640, 480]]), Some(vec![Region { x: 0, y: 0, width: 640, height: 480 }]));
    }

    #[test]
    fn one_region_that_cannot_be_makes_all_of_them_useless() {
        let good = [0, 0, 99, 99];
        for bad in [[50, 0, 49, 99], [0, 50, 99, 49], [640, 0, 640, 99], [0, 0, 641, 99], [0, 0, 99, u32::MAX]] {
            assert_eq!(found(&[good, bad]), None, "{bad:?}");
        }
        assert_eq!(found(&[]), None);
        assert_eq!(regions(&data_set(&[]), 640, 480), None);
        let mut short = ultrasound_region(good);
        short.pop();
        assert_eq!(regions(&data_set(&[NewElement::items(REGIONS, vec![short])]), 640, 480), None);
    }
}
