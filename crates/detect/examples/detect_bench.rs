//! Prints the processor time for a frame of 512 × 512, one thread: `cargo run --release -p tokumei-detect --example detect_bench`

use tokumei_detect::{Detector, View};

fn main() {
    let detector = Detector::new();
    let samples: Vec<u16> = (0..512 * 512u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 20) as u16).collect();
    let mut times: Vec<[f64; 2]> = (0..15)
        .filter_map(|_| {
            let start = milliseconds();
            let view = View::from_words(512, 512, &samples).ok()?;
            let seen = milliseconds();
            let found = detector.detect(&view);
            let end = milliseconds();
            (found.boxes.len() < 1000).then_some([seen - start, end - start])
        })
        .collect();
    times.sort_by(|a, b| a[1].total_cmp(&b[1]));
    if let (Some(best), Some(middle), Some(worst)) = (times.first(), times.get(times.len() / 2), times.last()) {
        println!("{}", detector.id());
        println!(
            "ms per 512 x 512 frame: least {:.1}, median {:.1}, most {:.1} (views {:.1})",
            best[1], middle[1], worst[1], middle[0]
        );
    }
}

/// Returns the processor time of this thread so far; 0 where the system does not tell.
fn milliseconds() -> f64 {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    text.split(' ').next().and_then(|word| word.parse::<f64>().ok()).unwrap_or(0.0) / 1e6
}
