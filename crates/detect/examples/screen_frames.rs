//! Says of raw frames what the quick screen shows in them, and what that costs.
//!
//! Lines of the input as for `detect_frame`; of each frame the answer tells how many cells have strokes and how many have marks, whether the
//! detector finds text, and the microseconds of the screen, the least of five.
//!
//! ```text
//! echo "frame.raw 512 512 1 u16" | cargo run --release -p tokumei-detect --example screen_frames
//! ```

use std::io::BufRead;
use std::time::Instant;
use tokumei_detect::{Detector, View, marks, strokes};

fn main() {
    let detector = Detector::new();
    for line in std::io::stdin().lock().lines().map_while(Result::ok) {
        match answer(&detector, &line) {
            Some(answer) => println!("{line}: {answer}"),
            None => println!("{line}: cannot be read"),
        }
    }
}

fn answer(detector: &Detector, line: &str) -> Option<String> {
    let words: Vec<&str> = line.split_whitespace().collect();
    let [path, width, height, _, kind, ..] = words.as_slice() else { return None };
    let (width, height): (u32, u32) = (width.parse().ok()?, height.parse().ok()?);
    let bytes = std::fs::read(path).ok()?;
    let words = bytes.as_chunks::<2>().0.iter().map(|two| u16::from_le_bytes(*two));
    let samples: Vec<u16> = match *kind {
        "u8" => bytes.iter().map(|byte| u16::from(*byte)).collect(),
        "u16" => words.collect(),
        "i16" => words.map(|word| word ^ 0x8000).collect(),
        _ => return None,
    };
    let (mut least, mut cells) = ([u128::MAX; 2], [0; 2]);
    for _ in 0..5 {
        let start = Instant::now();
        cells[0] = strokes(width as usize, height as usize, &samples).len();
        let middle = Instant::now();
        cells[1] = marks(width as usize, height as usize, &samples).len();
        least = [least[0].min((middle - start).as_micros()), least[1].min(middle.elapsed().as_micros())];
    }
    let found = detector.detect(&View::from_samples(width, height, 1, &samples).ok()?);
    let [strokes, marks] = cells;
    let (texts, doubtful) = (found.boxes.len(), found.doubtful.len());
    Some(format!(
        "{strokes} strokes in {} us, {marks} marks in {} us, {texts} texts, {doubtful} doubtful",
        least[0], least[1]
    ))
}
