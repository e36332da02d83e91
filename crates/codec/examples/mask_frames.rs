//! Masks one rectangle in encoded frames again and again and prints what that costs, beside decoding alone.
//!
//! ```text
//! mask_frames frames SYNTAX SHAPE REGION TIMES FILE…      frames of one transfer syntax, each file one frame
//! mask_frames native SHAPE FRAMES REGION TIMES IN OUT     a file of native frames, copied to OUT plainly and masked
//! ```
//!
//! SHAPE is `512x512x1/16/12:MONOCHROME2`: columns, rows, samples per pixel, bits allocated, bits stored, photometric
//! interpretation. REGION is `0,0,170,48`: left, top, width, height. Each figure is the median of TIMES samples, and
//! each sample so many rounds over the frames that the clocks can count them. MB are 10⁶ bytes of decoded samples.
//! `exact` says that every sample outside the effective regions was found unchanged by decoding the masked frame.

use rustix::time::{ClockId, clock_gettime};
use std::error::Error;
use std::fs::File;
use std::io::{Read, Write};
use std::time::{Duration, Instant};
use tokumei_codec::{Codec, Fill, Format, Masked, Native, Photometric, codec};
use tokumei_core::Region;

type Outcome<T> = Result<T, Box<dyn Error>>;

/// What the pipeline reads at a time.
const BLOCK: usize = 256 << 10;

/// The least time of a sample.
const SAMPLE: Duration = Duration::from_millis(30);

const USAGE: &str = "mask_frames frames SYNTAX SHAPE REGION TIMES FILE… | native SHAPE FRAMES REGION TIMES IN OUT";

fn main() -> Outcome<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments.as_slice() {
        ["frames", syntax, shape, region, times, files @ ..] if !files.is_empty() => {
            let codec = codec(syntax).ok_or("no codec for this transfer syntax")?;
            frames(codec, &parse_shape(shape)?, parse_region(region)?, times.parse()?, files)
        }
        ["native", shape, frames, region, times, from, to] => {
            let native = Native::new(&parse_shape(shape)?, frames.parse()?, false, &[parse_region(region)?], &BLACK)?;
            native_file(&native, times.parse()?, from, to)
        }
        _ => Err(USAGE.into()),
    }
}

const BLACK: Fill = Fill([0; 4]);

/// Measures decoding and masking of encoded frames.
fn frames(codec: &dyn Codec, format: &Format, region: Region, times: usize, files: &[&str]) -> Outcome<()> {
    let frames = files.iter().map(std::fs::read).collect::<Result<Vec<Vec<u8>>, _>>()?;
    let decoded = format.decoded_len() as f64;
    let decode = measure(times, || each(&frames, |frame| codec.decode(frame, format).map(|samples| samples.len())))?;
    decode.print("decode", frames.len(), decoded);
    let mask = |frame: &[u8]| codec.mask(frame, format, &[region], &BLACK).map(|masked| masked.bytes.len());
    measure(times, || each(&frames, mask))?.print("mask", frames.len(), decoded);
    let input: usize = frames.iter().map(Vec::len).sum();
    let output = each(&frames, mask)?;
    println!("peak_mib={:.1}", peak()?);
    let exact = frames.iter().map(|frame| is_exact(codec, frame, format, region)).collect::<Outcome<Vec<bool>>>()?;
    println!("bytes in={input} out={output} writes={} exact={}", codec.writes(), exact.iter().all(|&exact| exact));
    Ok(())
}

fn each<E: Error + 'static>(frames: &[Vec<u8>], one: impl Fn(&[u8]) -> Result<usize, E>) -> Outcome<usize> {
    let mut sum = 0;
    for frame in frames {
        sum += one(frame)?;
    }
    Ok(sum)
}

/// Decodes what was masked and compares what lies outside the effective regions.
fn is_exact(codec: &dyn Codec, frame: &[u8], format: &Format, region: Region) -> Outcome<bool> {
    let Masked { bytes, effective } = codec.mask(frame, format, &[region], &BLACK)?;
    let writer = tokumei_codec::codec(codec.writes()).ok_or("no codec for the syntax that is written")?;
    let written = Format { photometric: codec.photometric(format.photometric), ..*format };
    let (before, after) = (codec.decode(frame, format)?, writer.decode(&bytes, &written)?);
    let pixel = format.sample_bytes() * usize::from(format.samples);
    let hidden = |at: usize| {
        let (x, y) = ((at % format.columns as usize) as u32, (at / format.columns as usize) as u32);
        let mut regions = effective.iter();
        regions.any(|it| (it.x..it.x + it.width).contains(&x) && (it.y..it.y + it.height).contains(&y))
    };
    let mut pairs = before.chunks_exact(pixel).zip(after.chunks_exact(pixel)).enumerate();
    Ok(before.len() == after.len() && pairs.all(|(at, (before, after))| before == after || hidden(at)))
}

/// Measures a plain copy and a masked one of a file of native frames.
fn native_file(native: &Native, times: usize, from: &str, to: &str) -> Outcome<()> {
    let length = std::fs::metadata(from)?.len();
    if length != native.len() {
        return Err("the file is not as long as its frames".into());
    }
    let (mut plain, mut masked) = (Vec::new(), Vec::new());
    // One after the other, so that a busy machine is busy for both.
    for _ in 0..times {
        plain.push(Cost::of(|| copy(from, to, |_, _| {}))?);
        masked.push(Cost::of(|| copy(from, to, |block, offset| native.overwrite(block, offset)))?);
    }
    Cost::median(plain).print("copy", 1, length as f64);
    Cost::median(masked).print("mask", 1, length as f64);
    println!("peak_mib={:.1}", peak()?);
    Ok(())
}

/// Copies a file block by block and lets `change` see each block with its offset.
fn copy(from: &str, to: &str, change: impl Fn(&mut [u8], u64)) -> Outcome<()> {
    let (mut from, mut to) = (File::open(from)?, File::create(to)?);
    let mut block = vec![0; BLOCK];
    let mut offset = 0;
    loop {
        let length = from.read(&mut block)?;
        if length == 0 {
            return Ok(());
        }
        change(&mut block[..length], offset);
        to.write_all(&block[..length])?;
        offset += length as u64;
    }
}

/// What something costs in seconds.
#[derive(Clone, Copy)]
struct Cost {
    cpu: f64,
    wall: f64,
}

impl Cost {
    fn of<T>(work: impl FnOnce() -> Outcome<T>) -> Outcome<Cost> {
        let (cpu, wall) = (cpu_seconds(), Instant::now());
        std::hint::black_box(work()?);
        Ok(Cost { cpu: cpu_seconds() - cpu, wall: wall.elapsed().as_secs_f64() })
    }

    /// Returns the medians of both clocks.
    fn median(costs: Vec<Cost>) -> Cost {
        let middle = |mut seconds: Vec<f64>| {
            seconds.sort_by(f64::total_cmp);
            seconds.get(seconds.len() / 2).copied().unwrap_or(f64::NAN)
        };
        let (cpu, wall) = costs.into_iter().map(|cost| (cost.cpu, cost.wall)).unzip();
        Cost { cpu: middle(cpu), wall: middle(wall) }
    }

    fn print(self, what: &str, frames: usize, decoded: f64) {
        let per_frame = 1e3 / frames as f64;
        let (cpu, wall) = (self.cpu * per_frame, self.wall * per_frame);
        println!("{what} cpu_ms={cpu:.4} wall_ms={wall:.4} mb_s={:.1}", decoded / cpu / 1e3);
    }
}

/// Measures what one round of some work costs.
fn measure<T>(times: usize, work: impl Fn() -> Outcome<T>) -> Outcome<Cost> {
    let first = Cost::of(&work)?;
    let rounds = (SAMPLE.as_secs_f64() / first.wall.max(1e-9)).ceil().clamp(1.0, 1e6) as u32;
    let mut costs = Vec::new();
    for _ in 0..times {
        let all = Cost::of(|| (0..rounds).try_for_each(|_| work().map(|made| drop(std::hint::black_box(made)))))?;
        costs.push(Cost { cpu: all.cpu / f64::from(rounds), wall: all.wall / f64::from(rounds) });
    }
    Ok(Cost::median(costs))
}

/// Returns the CPU time of all threads of this process.
fn cpu_seconds() -> f64 {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
}

/// Returns the most memory that this process had, in MiB.
fn peak() -> Outcome<f64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).ok_or("no peak memory here")?;
    Ok(line.trim().trim_end_matches(" kB").parse::<f64>()? / 1024.0)
}

fn parse_shape(text: &str) -> Outcome<Format> {
    let (numbers, photometric) = text.split_once(':').ok_or(USAGE)?;
    let numbers = numbers.split(['x', '/']).map(str::parse).collect::<Result<Vec<u16>, _>>()?;
    let &[columns, rows, samples, allocated, stored] = numbers.as_slice() else { return Err(USAGE.into()) };
    let photometric = Photometric::parse(photometric).ok_or("an unknown photometric interpretation")?;
    let (rows, columns) = (rows.into(), columns.into());
    let (signed, planar, big_endian) = (false, false, false);
    Ok(Format { rows, columns, samples, allocated, stored, signed, planar, photometric, big_endian })
}

fn parse_region(text: &str) -> Outcome<Region> {
    let numbers = text.split(',').map(str::parse).collect::<Result<Vec<u32>, _>>()?;
    let &[x, y, width, height] = numbers.as_slice() else { return Err(USAGE.into()) };
    Ok(Region { x, y, width, height })
}
