use super::*;
use tokumei_core::{Vr, tags};
use tokumei_wire::{Limits, NewElement, NewMeta, encode, read};

/// An instance: its data set and its bytes.
type Instance = (DataSet, Vec<u8>);

fn instance(elements: &[NewElement]) -> Instance {
    let meta = NewMeta {
        sop_class_uid: "1.2.840.10008.5.1.4.1.1.7".into(),
        sop_instance_uid: "2.25.1".into(),
        transfer_syntax: "1.2.840.10008.1.2.1".into(),
        implementation_class_uid: "2.25.2".into(),
        implementation_version_name: "EXAMPLE".into(),
    };
    let bytes = encode(&meta, elements);
    (read(&bytes, &Limits::default()).unwrap(), bytes)
}

fn short(element: u16, number: u16) -> NewElement {
    NewElement::bytes(Tag(0x0028, element), Vr::US, number.to_le_bytes().to_vec())
}

fn image(samples: u16, size: (u16, u16), more: &[(u16, u16)], text: &[(Tag, &str)], pixels: Vec<u8>) -> Instance {
    let mut elements = vec![short(0x0002, samples), short(0x0010, size.1), short(0x0011, size.0)];
    elements.extend(more.iter().map(|(element, number)| short(*element, *number)));
    elements.sort_by_key(|element| element.tag);
    elements.extend(text.iter().map(|(tag, text)| NewElement::bytes(*tag, Vr::DS, text.as_bytes().to_vec())));
    elements.push(NewElement::bytes(tags::PIXEL_DATA, Vr::OW, pixels));
    instance(&elements)
}

const WHOLE: Region = Region { x: 0, y: 0, width: u32::MAX, height: u32::MAX };

fn drawn((data_set, bytes): &Instance, shot: &Shot<'_>) -> Result<Vec<u8>, RenderError> {
    let shown = Viewer::of(data_set)?.picture(data_set, bytes, shot)?;
    Ok(shown.picture.rgb.chunks(3).map(|pixel| pixel[0]).collect())
}

fn shot(window: Window, hidden: &[Region]) -> Shot<'_> {
    Shot { frame: 0, area: WHOLE, side: 512, window, hidden }
}

/// Values of 16 bits with an intercept of -1024.
fn ct() -> Instance {
    let values: [u16; 4] = [0, 1024, 1064, 4095];
    let text = [(Tag(0x0028, 0x1050), "40"), (Tag(0x0028, 0x1051), "401"), (Tag(0x0028, 0x1052), "-1024")];
    image(1, (4, 1), &[(0x0100, 16), (0x0101, 12)], &text, values.iter().flat_map(|v| v.to_le_bytes()).collect())
}

#[test]
fn window_of_the_header_is_taken_in_rescaled_values() {
    // From 40 - 0.5 - 200 to 40 - 0.5 + 200: -160.5 is black, 239.5 is white, 0 is 160.5 / 400, 40 is 200.5 / 400.
    assert_eq!(drawn(&ct(), &shot(Window::Header, &[])).unwrap(), [0, 102, 127, 255]);
    assert_eq!(drawn(&ct(), &shot(Window::Full, &[])).unwrap(), [0, 63, 66, 255]);
    // A quarter of the values each, the middle of it.
    assert_eq!(drawn(&ct(), &shot(Window::Even, &[])).unwrap(), [31, 95, 159, 223]);
    let levels = Window::Levels { centre: -1000.0, width: 1.0 };
    assert_eq!(drawn(&ct(), &shot(levels, &[])).unwrap(), [0, 255, 255, 255]);
}

#[test]
fn what_is_hidden_is_hidden_and_the_rest_is_drawn_as_before() {
    let hidden = [Region { x: 2, y: 0, width: 9, height: 9 }];
    let (data_set, bytes) = ct();
    let shown = Viewer::of(&data_set).unwrap().picture(&data_set, &bytes, &shot(Window::Full, &hidden)).unwrap();
    let grey: Vec<u8> = shown.picture.rgb.chunks(3).map(|pixel| pixel[0]).collect();
    assert_eq!((grey, shown.effective), (vec![0, 63, 0, 0], vec![Region { x: 2, y: 0, width: 2, height: 1 }]));
}

#[test]
fn planes_come_together_and_an_area_is_cut_out() {
    let planes: Vec<u8> = [[10, 20, 30, 40, 50, 60], [1; 6], [2; 6]].concat();
    let (colour, bytes) = image(3, (3, 2), &[(0x0006, 1), (0x0100, 8)], &[], planes);
    let area = Region { x: 1, y: 1, width: 9, height: 9 };
    let mut viewer = Viewer::of(&colour).unwrap();
    assert!(!viewer.is_grey());
    let part = viewer.picture(&colour, &bytes, &Shot { area, ..shot(Window::Header, &[]) }).unwrap().picture;
    assert_eq!((part.columns, part.rows, part.rgb), (2, 1, vec![50, 1, 2, 60, 1, 2]));
}

#[test]
fn large_frames_become_a_mean_of_their_samples() {
    let pixels: Vec<u8> = (0..16).map(|at| if at % 2 == 0 { 0 } else { 200 }).collect();
    let grey = image(1, (4, 4), &[(0x0100, 8)], &[], pixels);
    assert_eq!(drawn(&grey, &Shot { side: 2, ..shot(Window::Full, &[]) }).unwrap(), [127; 4]);
}

#[test]
fn frames_that_are_not_there_have_no_picture() {
    let reason = |shot| match drawn(&ct(), &shot) {
        Err(RenderError::Shape(reason)) => reason.id,
        _ => "",
    };
    assert_eq!(reason(Shot { frame: 1, ..shot(Window::Full, &[]) }), "no-such-frame");
    assert_eq!(reason(Shot { area: Region { x: 4, ..WHOLE }, ..shot(Window::Full, &[]) }), "no-such-frame");
    let cut = image(1, (40, 40), &[(0x0100, 8)], &[], vec![0; 40]);
    assert!(matches!(drawn(&cut, &shot(Window::Full, &[])), Err(RenderError::Damaged { .. })));
}

#[test]
fn constant_frames_and_values_that_are_no_numbers_are_drawn() {
    assert_eq!(drawn(&image(1, (2, 1), &[(0x0100, 8)], &[], vec![7; 2]), &shot(Window::Full, &[])).unwrap(), [0; 2]);
    let values = [f32::NAN, 1.0, f32::INFINITY, 3.0].iter().flat_map(|value| value.to_le_bytes()).collect();
    let mut elements = vec![short(0x0010, 1), short(0x0011, 4), short(0x0100, 32)];
    elements.push(NewElement::bytes(tags::FLOAT_PIXEL_DATA, Vr::OF, values));
    let float = instance(&elements);
    assert_eq!(drawn(&float, &shot(Window::Full, &[])).unwrap(), [0, 0, 255, 255]);
}
