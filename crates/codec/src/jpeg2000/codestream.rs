//! The headers of a code stream: what they say, and the stream without comments.
//!
//! ISO/IEC 15444-1, Annex A; ISO/IEC 15444-15.

use super::image::Shape;
use crate::{Damage, Format};

const SOC: u8 = 0x4F;
const CAP: u8 = 0x50;
const SIZ: u8 = 0x51;
const COD: u8 = 0x52;
const COC: u8 = 0x53;
const TLM: u8 = 0x55;
const PLM: u8 = 0x57;
const PLT: u8 = 0x58;
const CPF: u8 = 0x59;
const QCD: u8 = 0x5C;
const POC: u8 = 0x5F;
const PPM: u8 = 0x60;
const PPT: u8 = 0x61;
const CRG: u8 = 0x63;
const COM: u8 = 0x64;
const SOT: u8 = 0x90;
const SOD: u8 = 0x93;
const EOC: u8 = 0xD9;

/// Most tiles, precincts and code blocks of an image, so that a small stream cannot ask for much memory.
const MAX_TILES: u64 = 4096;
const MAX_PRECINCTS: u64 = 1 << 20;
const MAX_BLOCKS: u64 = 1 << 22;
const MAX_PACKETS: u64 = 1 << 22;
const MAX_LEVELS: u8 = 32;

/// A code stream whose headers were read.
#[derive(Debug)]
pub(super) struct CodeStream {
    pub shape: Shape,
    /// Order of progression.
    pub progression: u8,
    /// Levels of decomposition.
    pub levels: u8,
    /// Width and height of code blocks, as powers of two.
    pub block: [u8; 2],
    tiles: Vec<bool>,
    /// Whether a tile-part had comments.
    tile_comments: bool,
    /// The stream without comments and without what follows its end.
    pub kept: Vec<u8>,
}

/// A marker segment.
struct Segment<'a> {
    marker: u8,
    body: &'a [u8],
    whole: &'a [u8],
}

impl CodeStream {
    /// Reads all headers and checks that no tile is missing.
    pub(super) fn parse(bytes: &[u8], format: &Format) -> Result<CodeStream, Damage> {
        let stream = CodeStream::parse_keeping(bytes, format, true)?;
        // The lengths that a main header may list are a help to readers, no need; a comment in a tile-part changes them.
        if stream.tile_comments { CodeStream::parse_keeping(bytes, format, false) } else { Ok(stream) }
    }

    fn parse_keeping(bytes: &[u8], format: &Format, lengths: bool) -> Result<CodeStream, Damage> {
        match bytes {
            [0xFF, SOC, ..] => {}
            [] | [0xFF] => return Err(Damage::Truncated),
            _ => return Err(Damage::Malformed("no start of code stream")),
        }
        let size = segment(bytes, 2)?;
        if size.marker != SIZ {
            return Err(Damage::Malformed("no image size"));
        }
        let mut stream = CodeStream::sized(size.body, format)?;
        stream.kept.extend_from_slice(&bytes[..2 + size.whole.len()]);
        let at = stream.main_header(bytes, 2 + size.whole.len(), lengths)?;
        stream.tile_parts(bytes, at)?;
        if stream.tiles.contains(&false) { Err(Damage::Truncated) } else { Ok(stream) }
    }

    fn sized(body: &[u8], format: &Format) -> Result<CodeStream, Damage> {
        let malformed = Damage::Malformed("an image size");
        let (fixed, components) = body.split_first_chunk::<36>().ok_or(malformed)?;
        let number = |at: usize| u32::from_be_bytes([fixed[at], fixed[at + 1], fixed[at + 2], fixed[at + 3]]);
        let [x, y, x0, y0, tile_x, tile_y, tile_x0, tile_y0] = [2, 6, 10, 14, 18, 22, 26, 30].map(number);
        if fixed[0] & 0x80 != 0 {
            return Err(Damage::Unsupported("extensions of part 2"));
        }
        if x.checked_sub(x0) != Some(format.columns) || y.checked_sub(y0) != Some(format.rows) {
            return Err(Damage::Mismatch("rows and columns"));
        }
        let count = usize::from(u16::from_be_bytes([fixed[34], fixed[35]]));
        if count != usize::from(format.samples) || components.len() != 3 * count {
            return Err(Damage::Mismatch("samples per pixel"));
        }
        if tile_x == 0 || tile_y == 0 || tile_x0 > x0 || tile_y0 > y0 || x.max(y) > i32::MAX as u32 {
            return Err(malformed);
        }
        let tiles = u64::from((x - tile_x0).div_ceil(tile_x)) * u64::from((y - tile_y0).div_ceil(tile_y));
        if tiles > MAX_TILES {
            return Err(Damage::Unsupported("so many tiles"));
        }
        let shape = shape(components, format)?;
        let tiles = vec![false; tiles as usize];
        Ok(CodeStream {
            shape,
            progression: 0,
            levels: 5,
            block: [6, 6],
            tiles,
            tile_comments: false,
            kept: Vec::new(),
        })
    }

    /// Reads the main header and returns where the first tile-part begins.
    fn main_header(&mut self, bytes: &[u8], mut at: usize, lengths: bool) -> Result<usize, Damage> {
        let mut coded = false;
        loop {
            let segment = segment(bytes, at)?;
            match segment.marker {
                SOT if coded => return Ok(at),
                SOT => return Err(Damage::Malformed("no coding style")),
                COD => {
                    coded = true;
                    self.coding_style(segment.body)?;
                }
                COC => self.component_style(segment.body)?,
                CAP | TLM..=PLM | CPF | QCD..=PPM | CRG | COM => {}
                _ => return Err(Damage::Unsupported("a marker of another part of the standard")),
            }
            if segment.marker != COM && (lengths || segment.marker != TLM) {
                self.kept.extend_from_slice(segment.whole);
            }
            at += segment.whole.len();
        }
    }

    fn tile_parts(&mut self, bytes: &[u8], mut at: usize) -> Result<(), Damage> {
        loop {
            match bytes.get(at..).unwrap_or_default() {
                [0xFF, EOC, ..] => {
                    self.kept.extend_from_slice(&[0xFF, EOC]);
                    return Ok(());
                }
                // Some writers leave the end out; it holds nothing.
                [] | [0] if self.tiles.iter().all(|&tile| tile) => {
                    self.kept.extend_from_slice(&[0xFF, EOC]);
                    return Ok(());
                }
                [0xFF, SOT, ..] => at = self.tile_part(bytes, at)?,
                [] | [0xFF] => return Err(Damage::Truncated),
                _ => return Err(Damage::Malformed("no tile-part where one is due")),
            }
        }
    }

    /// Reads a tile-part and returns where it ends.
    fn tile_part(&mut self, bytes: &[u8], start: usize) -> Result<usize, Damage> {
        let head = segment(bytes, start)?;
        let &[tile1, tile0, l3, l2, l1, l0, _, _] = head.body else { return Err(Damage::Malformed("a tile-part")) };
        let tile = usize::from(u16::from_be_bytes([tile1, tile0]));
        *self.tiles.get_mut(tile).ok_or(Damage::Malformed("a tile beyond the image"))? = true;
        let kept_start = self.kept.len();
        self.kept.extend_from_slice(head.whole);
        let mut at = start + head.whole.len();
        while bytes.get(at..at + 2).ok_or(Damage::Truncated)? != [0xFF, SOD] {
            let segment = segment(bytes, at)?;
            match segment.marker {
                COD => self.coding_style(segment.body)?,
                COC => self.component_style(segment.body)?,
                PLT | QCD..=POC | PPT | COM => {}
                _ => return Err(Damage::Unsupported("a marker of another part of the standard")),
            }
            if segment.marker == COM {
                self.tile_comments = true;
            } else {
                self.kept.extend_from_slice(segment.whole);
            }
            at += segment.whole.len();
        }
        let length = u32::from_be_bytes([l3, l2, l1, l0]) as usize;
        let end = if length == 0 { data_end(bytes, at) } else { start + length };
        if end < at + 2 {
            return Err(Damage::Malformed("the length of a tile-part"));
        }
        self.kept.extend_from_slice(bytes.get(at..end).ok_or(Damage::Truncated)?);
        if length != 0 {
            let length = ((self.kept.len() - kept_start) as u32).to_be_bytes();
            self.kept[kept_start + 6..kept_start + 10].copy_from_slice(&length);
        }
        Ok(end)
    }

    fn coding_style(&mut self, body: &[u8]) -> Result<(), Damage> {
        let &[style, progression, layers1, layers0, _, ref rest @ ..] = body else {
            return Err(Damage::Malformed("a coding style"));
        };
        let layers = u16::from_be_bytes([layers1, layers0]);
        self.progression = progression;
        (self.levels, self.block) = self.check_blocks(style, rest, u64::from(layers))?;
        Ok(())
    }

    fn component_style(&mut self, body: &[u8]) -> Result<(), Damage> {
        match body {
            &[_, style, ref rest @ ..] => self.check_blocks(style, rest, 1).map(|_| ()),
            _ => Err(Damage::Malformed("a coding style")),
        }
    }

    /// Checks that precincts and code blocks are not too many; returns the levels and the size of code blocks.
    fn check_blocks(&self, style: u8, body: &[u8], layers: u64) -> Result<(u8, [u8; 2]), Damage> {
        let malformed = Damage::Malformed("a coding style");
        let &[levels, width, height, _, _, ref precincts @ ..] = body else { return Err(malformed) };
        let block = [width.saturating_add(2), height.saturating_add(2)];
        if levels > MAX_LEVELS || block[0] > 10 || block[1] > 10 || block[0] + block[1] > 12 {
            return Err(malformed);
        }
        if style & 1 != 0 && precincts.len() != usize::from(levels) + 1 {
            return Err(malformed);
        }
        let (mut all, mut blocks) = (0, 0);
        for level in 0..=levels {
            let size = if style & 1 == 0 { 0xFF } else { precincts[usize::from(level)] };
            let shift = u32::from(levels - level);
            let across = |length: u32, power: u8| u64::from(length >> shift.min(31) >> power) + 2;
            let (x, y) = (size & 15, size >> 4);
            all += across(self.shape.columns, x) * across(self.shape.rows, y);
            let (x, y) = (block[0].min(x.max(1) - 1), block[1].min(y.max(1) - 1));
            blocks += across(self.shape.columns, x) * across(self.shape.rows, y);
        }
        let packets = (all + self.tiles.len() as u64 * u64::from(levels + 1)) * layers;
        let beyond = |count: u64, most: u64| count * self.shape.components as u64 > most;
        if beyond(all, MAX_PRECINCTS) || beyond(blocks, MAX_BLOCKS) || beyond(packets, MAX_PACKETS) {
            return Err(Damage::Unsupported("so many precincts"));
        }
        Ok((levels, block))
    }
}

/// Reads the depths of components, which must be alike.
fn shape(components: &[u8], format: &Format) -> Result<Shape, Damage> {
    let depth = components[0];
    let precision = u32::from(depth & 0x7F) + 1;
    if components.chunks_exact(3).any(|component| component[1] != 1 || component[2] != 1) {
        return Err(Damage::Unsupported("subsampled components"));
    }
    if components.chunks_exact(3).any(|component| component[0] != depth) {
        return Err(Damage::Unsupported("components of several depths"));
    }
    if precision > u32::from(format.allocated) {
        return Err(Damage::Mismatch("bits allocated"));
    }
    if precision > 16 {
        return Err(Damage::Unsupported("more than 16 bits"));
    }
    Ok(Shape {
        rows: format.rows,
        columns: format.columns,
        components: usize::from(format.samples),
        precision,
        signed: depth & 0x80 != 0,
    })
}

/// Reads the marker segment at a place.
fn segment(bytes: &[u8], at: usize) -> Result<Segment<'_>, Damage> {
    let head = bytes.get(at..at + 4).ok_or(Damage::Truncated)?;
    if head[0] != 0xFF {
        return Err(Damage::Malformed("no marker where one is due"));
    }
    let length = usize::from(u16::from_be_bytes([head[2], head[3]]));
    if length < 2 {
        return Err(Damage::Malformed("the length of a segment"));
    }
    let whole = bytes.get(at..at + 2 + length).ok_or(Damage::Truncated)?;
    Ok(Segment { marker: head[1], body: &whole[4..], whole })
}

/// Returns where the data of the last tile-part end, whose length is not stated: coded data hold no such marker.
fn data_end(bytes: &[u8], from: usize) -> usize {
    let found = bytes[from..].windows(2).position(|pair| pair == [0xFF, EOC]);
    found.map_or(bytes.len(), |found| from + found)
}
