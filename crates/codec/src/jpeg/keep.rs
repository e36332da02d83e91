//! Which segments of a code stream stay: those that decoding needs, and of the application segments what decides
//! about colour, in a form that holds nothing else.
//!
//! Decoders take three components for YCbCr when there is a JFIF segment, else as an Adobe segment says, else by the
//! components' identifiers. Losing such a segment could change every colour.
//!
//! T.81, B.2.4; JFIF 1.02; T.872 (06/2012), 6.5.3 (Adobe APP14).

use crate::jpeg::stream::{Part, Segment, Stream, write_segment};

/// JFIF 1.01 with square pixels of no unit and no thumbnail.
const JFIF: [u8; 14] = *b"JFIF\0\x01\x01\0\0\x01\0\x01\0\0";

/// Appends a segment as it stays; nothing when it has to go.
pub(crate) fn write(stream: &Stream, index: usize, segment: &Segment, out: &mut Vec<u8>) {
    let payload = stream.slice(&segment.payload);
    match segment.marker {
        0xE0 if jfif(payload) => write_jfif(stream, index, segment, out),
        0xEE if adobe(payload).is_some() => write_adobe(stream, index, segment, out),
        0xE0..=0xEF | 0xFE => (),
        _ => out.extend_from_slice(stream.slice(&segment.span)),
    }
}

/// Tells whether the stream itself says that its three components are YCbCr, or that they are not; `None` when neither
/// a JFIF nor an Adobe segment does.
pub(crate) fn transformed(stream: &Stream) -> Option<bool> {
    if first_jfif(stream).is_some() {
        return Some(true);
    }
    last_adobe(stream).map(|(_, transform)| transform != 0)
}

/// A JFIF segment without a thumbnail stays as it is; one with anything more is made anew if colours hang on it.
fn write_jfif(stream: &Stream, index: usize, segment: &Segment, out: &mut Vec<u8>) {
    let payload = stream.slice(&segment.payload);
    if first_jfif(stream) != Some(index) {
        return;
    }
    if let [_, _, _, _, _, 1, 0..=2, 0..=2, _, _, _, _, 0, 0] = payload {
        out.extend_from_slice(stream.slice(&segment.span));
    } else if decisive(stream) {
        write_segment(0xE0, &JFIF, out);
    }
}

/// Tells whether decoders would see other colours without the JFIF segment.
fn decisive(stream: &Stream) -> bool {
    let components = &stream.frame.components;
    let usual = components.iter().map(|component| component.id).eq([1, 2, 3]);
    components.len() == 3 && last_adobe(stream).map_or(!usual, |(_, transform)| transform != 1)
}

fn write_adobe(stream: &Stream, index: usize, segment: &Segment, out: &mut Vec<u8>) {
    let payload = stream.slice(&segment.payload);
    let Some((last, transform)) = last_adobe(stream) else { return };
    if last != index || stream.frame.components.len() < 3 {
        return;
    }
    // Versions 100 and 101, flags that encoders set, and nothing behind the transform.
    if let [_, _, _, _, _, 0, 100 | 101, 0 | 0x40 | 0x80 | 0xC0, 0, 0, 0, _] = payload {
        out.extend_from_slice(stream.slice(&segment.span));
    } else {
        write_segment(0xEE, &[&b"Adobe\0\x64\0\0\0\0"[..], &[transform]].concat(), out);
    }
}

fn jfif(payload: &[u8]) -> bool {
    payload.len() >= 14 && payload.starts_with(b"JFIF\0")
}

/// Returns the colour transform that an Adobe segment states.
fn adobe(payload: &[u8]) -> Option<u8> {
    payload.starts_with(b"Adobe").then(|| payload.get(11).copied()).flatten()
}

fn first_jfif(stream: &Stream) -> Option<usize> {
    find(stream, 0xE0, |payload| jfif(payload).then_some(())).next().map(|(index, ())| index)
}

fn last_adobe(stream: &Stream) -> Option<(usize, u8)> {
    find(stream, 0xEE, adobe).last()
}

fn find<T>(stream: &Stream, marker: u8, read: impl Fn(&[u8]) -> Option<T>) -> impl Iterator<Item = (usize, T)> {
    stream.parts.iter().enumerate().filter_map(move |(index, part)| match part {
        Part::Segment(segment) if segment.marker == marker => Some((index, read(stream.slice(&segment.payload))?)),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A stream with these segments, and a frame of components with these identifiers.
    fn cleaned(segments: &[(u8, &[u8])], ids: &[u8]) -> Vec<u8> {
        let mut bytes = vec![0xFF, 0xD8];
        segments.iter().for_each(|(marker, payload)| write_segment(*marker, payload, &mut bytes));
        let components = ids.iter().flat_map(|&id| [id, 0x11, 0]);
        let frame: Vec<u8> = [8, 0, 8, 0, 8, ids.len() as u8].into_iter().chain(components).collect();
        write_segment(0xC0, &frame, &mut bytes);
        let slots = ids.iter().flat_map(|&id| [id, 0]);
        let scan: Vec<u8> = [ids.len() as u8].into_iter().chain(slots).chain([0, 63, 0]).collect();
        write_segment(0xDA, &scan, &mut bytes);
        bytes.extend([0xFF, 0xD9]);
        let stream = Stream::parse(&bytes).unwrap();
        let out = stream.write(true, |_, out| Ok(out)).unwrap();
        let frame_at = out.windows(2).position(|pair| pair == [0xFF, 0xC0]).unwrap();
        out[2..frame_at].to_vec()
    }

    #[test]
    fn texts_and_unknown_application_segments_go() {
        let segments: &[(u8, &[u8])] =
            &[(0xFE, b"text"), (0xE1, b"Exif\0\0text"), (0xE0, b"AVI1"), (0xEE, b"Adobe"), (0xE0, b"JFXX\0 text")];
        assert_eq!(cleaned(segments, &[1, 2, 3]), []);
    }

    #[test]
    fn a_jfif_segment_without_thumbnail_stays_as_it_is() {
        let plain = b"JFIF\0\x01\x02\x01\0\x48\0\x48\0\0";
        assert_eq!(cleaned(&[(0xE0, plain)], &[1])[4..], plain[..]);
        assert_eq!(cleaned(&[(0xE0, plain), (0xE0, plain)], &[1]).len(), 18, "the second says nothing");
    }

    #[test]
    fn a_jfif_segment_with_a_thumbnail_stays_only_where_colours_hang_on_it() {
        let thumbnail = b"JFIF\0\x01\x02\x01\0\x48\0\x48\x01\x01abc";
        assert_eq!(cleaned(&[(0xE0, thumbnail)], &[1, 2, 3]), []);
        assert_eq!(cleaned(&[(0xE0, thumbnail)], &[1]), []);
        assert_eq!(cleaned(&[(0xE0, thumbnail)], b"RGB")[4..], JFIF);
        let rgb: (u8, &[u8]) = (0xEE, b"Adobe\0\x64\0\0\0\0\0");
        assert_eq!(cleaned(&[(0xE0, thumbnail), rgb], &[1, 2, 3])[4..18], JFIF);
    }

    #[test]
    fn an_adobe_segment_keeps_its_transform_alone() {
        let expected = b"Adobe\0\x64\0\0\0\0\x01";
        assert_eq!(cleaned(&[(0xEE, b"Adobe\0\x65text\x01more")], &[1, 2, 3])[4..], expected[..]);
        for plain in [&expected[..], b"Adobe\0\x65\x80\0\0\0\0"] {
            assert_eq!(cleaned(&[(0xEE, plain)], &[1, 2, 3])[4..], plain[..]);
        }
        assert_eq!(cleaned(&[(0xEE, expected)], &[1]), [], "nothing to transform");
    }
}
