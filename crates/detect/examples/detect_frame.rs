//! Finds text in raw frames, for the comparison in `train/evaluate.py`.
//!
//! Each line of the input names a frame: `PATH WIDTH HEIGHT CHANNELS TYPE`, where TYPE is u8, i16, u16, i32 or f32
//! (little endian, row by row, channels of a pixel side by side). Each line of the output is that frame's answer,
//! as JSON: milliseconds of processor time, `[x0, y0, x1, y1, score]` for each rectangle, and what the quick screen shows, and whether
//! a glance at that would have a scanner's image searched.
//!
//! ```text
//! echo "frame.raw 512 512 1 u16" | cargo run --release -p tokumei-detect --example detect_frame [place sure large]
//! ```

use std::io::{BufRead, Write};
use tokumei_core::Region;
use tokumei_detect::{Detector, Found, Settings, View, ViewError, marks, strokes};

fn main() {
    let numbers: Vec<f32> = std::env::args().skip(1).filter_map(|one| one.parse().ok()).collect();
    let settings = match numbers.as_slice() {
        [place, sure, large, ..] => Settings { place: *place, sure: *sure, large: *large as u32 },
        _ => Settings::default(),
    };
    let detector = Detector::with_settings(settings);
    let mut out = std::io::stdout().lock();
    for line in std::io::stdin().lock().lines().map_while(Result::ok) {
        let answer = answer(&detector, &line).unwrap_or_else(|why| format!("{{\"error\": \"{why}\"}}"));
        if writeln!(out, "{answer}").is_err() {
            return;
        }
    }
}

fn answer(detector: &Detector, line: &str) -> Result<String, String> {
    let words: Vec<&str> = line.split_whitespace().collect();
    let [path, width, height, channels, kind] = words.as_slice() else {
        return Err("a line is PATH WIDTH HEIGHT CHANNELS TYPE".into());
    };
    let number = |word: &str| word.parse::<u32>().map_err(|_| format!("no number: {word}"));
    let (width, height, channels) = (number(width)?, number(height)?, number(channels)?);
    let bytes = std::fs::read(path).map_err(|why| why.to_string())?;
    let before = milliseconds();
    let view = view(&bytes, width, height, channels, kind)?.map_err(|why| why.to_string())?;
    let found = detector.detect(&view);
    let time = milliseconds() - before;
    let (strokes, marks) = cells(&bytes, [width, height, channels], kind);
    let places: Vec<Region> = strokes.iter().chain(&marks).copied().collect();
    let list_cells =
        |cells: &[Region]| cells.iter().map(|one| [one.x, one.y, one.width, one.height]).collect::<Vec<_>>();
    Ok(format!(
        "{{\"ms\": {time:.1}, \"boxes\": {}, \"doubtful\": {}, \"unseen\": {}, \"glance\": {}, \"strokes\": {:?}, \"marks\": {:?}}}",
        list(&found.boxes),
        list(&found.doubtful),
        found.evidence.unseen_lines,
        detector.may_show_text(&view, &places, 0.65),
        list_cells(&strokes),
        list_cells(&marks),
    ))
}

fn view(bytes: &[u8], w: u32, h: u32, channels: u32, kind: &str) -> Result<Result<View, ViewError>, String> {
    macro_rules! of {
        ($number:ty) => {{
            let each = bytes.chunks_exact(size_of::<$number>());
            let samples: Vec<$number> =
                each.map(|one| <$number>::from_le_bytes(one.try_into().expect("chunks are of that size"))).collect();
            View::from_samples(w, h, channels, &samples)
        }};
    }
    Ok(match kind {
        "u8" => View::from_samples(w, h, channels, bytes),
        "i16" => of!(i16),
        "u16" => of!(u16),
        "i32" => of!(i32),
        "f32" => of!(f32),
        _ => return Err(format!("no type: {kind}")),
    })
}

/// Returns the cells with strokes and those with marks, in the largest channel; none for kinds that the screen does not take as they are.
fn cells(bytes: &[u8], [width, height, channels]: [u32; 3], kind: &str) -> (Vec<Region>, Vec<Region>) {
    let words = bytes.as_chunks::<2>().0.iter().map(|two| u16::from_le_bytes(*two));
    let samples: Vec<u16> = match kind {
        "u8" => bytes.iter().map(|byte| u16::from(*byte)).collect(),
        "u16" => words.collect(),
        "i16" => words.map(|word| word ^ 0x8000).collect(),
        _ => return Default::default(),
    };
    let most = |pixel: &[u16]| pixel.iter().copied().max().unwrap_or(0);
    let grey: Vec<u16> = samples.chunks_exact(channels.max(1) as usize).map(most).collect();
    let (width, height) = (width as usize, height as usize);
    (strokes(width, height, &grey), marks(width, height, &grey))
}

fn list(found: &[Found]) -> String {
    let one = |found: &Found| {
        let r = found.region;
        format!("[{}, {}, {}, {}, {:.3}]", r.x, r.y, r.x + r.width, r.y + r.height, found.score)
    };
    format!("[{}]", found.iter().map(one).collect::<Vec<_>>().join(", "))
}

/// Returns the processor time of this thread so far; 0 where the system does not tell.
fn milliseconds() -> f64 {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    text.split(' ').next().and_then(|word| word.parse::<f64>().ok()).unwrap_or(0.0) / 1e6
}
