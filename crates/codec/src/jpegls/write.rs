//! Encodes an image without loss.

use super::bits::Writer;
use super::model::{Model, Parameters};
use super::scan::{Image, Interleave, Lines, code_rows};
use super::segment::{EOI, LSE, SOF55, SOI, SOS};

/// Writes the code stream of an image, interleaved as the image says.
pub(super) fn write(mut image: Image) -> Vec<u8> {
    let mut bytes = vec![0xFF, SOI];
    frame_header(&mut bytes, &image);
    let parameters = Parameters::default((1 << image.precision) - 1, 0);
    if image.precision > 12 {
        // Some readers take other thresholds than those of the standard for granted from 13 bits on.
        preset(&mut bytes, &parameters);
    }
    let components: Vec<usize> = (0..image.samples).collect();
    match (image.interleave, image.samples) {
        (Interleave::None, _) => {
            for component in components {
                bytes = scan::<1>(bytes, &mut image, &[component], &parameters);
            }
        }
        (Interleave::Sample, 2) => bytes = scan::<2>(bytes, &mut image, &components, &parameters),
        (Interleave::Sample, 3) => bytes = scan::<3>(bytes, &mut image, &components, &parameters),
        (Interleave::Sample, 4) => bytes = scan::<4>(bytes, &mut image, &components, &parameters),
        _ => bytes = scan::<1>(bytes, &mut image, &components, &parameters),
    }
    bytes.extend_from_slice(&[0xFF, EOI]);
    bytes
}

fn frame_header(bytes: &mut Vec<u8>, image: &Image) {
    bytes.extend_from_slice(&[0xFF, SOF55, 0, 8 + 3 * image.samples as u8, image.precision as u8]);
    bytes.extend_from_slice(&(image.rows as u16).to_be_bytes());
    bytes.extend_from_slice(&(image.columns as u16).to_be_bytes());
    bytes.push(image.samples as u8);
    for component in 1..=image.samples as u8 {
        bytes.extend_from_slice(&[component, 0x11, 0]);
    }
}

fn preset(bytes: &mut Vec<u8>, parameters: &Parameters) {
    bytes.extend_from_slice(&[0xFF, LSE, 0, 13, 1]);
    let [t1, t2, t3] = parameters.thresholds;
    for value in [parameters.max_value, t1, t2, t3, parameters.reset as i32] {
        bytes.extend_from_slice(&(value as u16).to_be_bytes());
    }
}

fn scan<const N: usize>(
    mut bytes: Vec<u8>,
    image: &mut Image,
    components: &[usize],
    parameters: &Parameters,
) -> Vec<u8> {
    let count = components.len() as u8;
    bytes.extend_from_slice(&[0xFF, SOS, 0, 6 + 2 * count, count]);
    components.iter().for_each(|&component| bytes.extend_from_slice(&[component as u8 + 1, 0]));
    let interleave = match image.interleave {
        Interleave::None => 0,
        Interleave::Line => 1,
        Interleave::Sample => 2,
    };
    bytes.extend_from_slice(&[0, if count > 1 { interleave } else { 0 }, 0]);
    let mut writer = Writer::new(bytes);
    let mut model = Model::new(parameters);
    let mut lines: Vec<Lines<N>> = (0..components.len() / N).map(|_| Lines::new(image.columns)).collect();
    let rows = 0..image.rows;
    code_rows(&mut writer, &mut model, &mut lines, components, image, rows);
    writer.finish()
}
