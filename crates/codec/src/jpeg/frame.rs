//! Frame and scan headers.
//!
//! T.81, B.2.2 and B.2.3.

use crate::Damage;

/// How samples are coded, by the marker of the frame header.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Process {
    /// SOF0, baseline DCT.
    Baseline,
    /// SOF1, extended sequential DCT.
    Extended,
    /// SOF3, lossless.
    Lossless,
}

/// A frame header.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Frame {
    pub(crate) process: Process,
    /// Bits of a sample, 2 to 16.
    pub(crate) precision: u8,
    /// Lines, at least 1.
    pub(crate) rows: u16,
    /// Samples of a line, at least 1.
    pub(crate) columns: u16,
    /// 1 to 4 of them, in the order of the frame header.
    pub(crate) components: Vec<Component>,
}

/// A component of a frame.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Component {
    pub(crate) id: u8,
    /// Horizontal sampling factor, 1 to 4.
    pub(crate) h: u8,
    /// Vertical sampling factor, 1 to 4.
    pub(crate) v: u8,
    /// Quantization table, 0 to 3.
    pub(crate) quantization: u8,
}

impl Frame {
    /// Reads the payload of a SOF segment.
    pub(crate) fn parse(marker: u8, payload: &[u8]) -> Result<Frame, Damage> {
        let process = match marker {
            0xC0 => Process::Baseline,
            0xC1 => Process::Extended,
            0xC3 => Process::Lossless,
            0xC2 => return Err(Damage::Unsupported("progressive coding")),
            0xC5..=0xC7 | 0xCD..=0xCF => return Err(Damage::Unsupported("hierarchical coding")),
            _ => return Err(Damage::Unsupported("arithmetic coding")),
        };
        let (&[precision, r1, r0, c1, c0, count], rest) =
            payload.split_first_chunk::<6>().ok_or(Damage::Malformed("the frame header is cut off"))?;
        if rest.len() != 3 * usize::from(count) || count == 0 {
            return Err(Damage::Malformed("the frame header has another length than its components"));
        }
        if count > 4 {
            return Err(Damage::Unsupported("more than four components"));
        }
        let components = rest.as_chunks::<3>().0.iter().map(Component::parse).collect::<Result<Vec<_>, _>>()?;
        let (rows, columns) = (u16::from_be_bytes([r1, r0]), u16::from_be_bytes([c1, c0]));
        let frame = Frame { process, precision, rows, columns, components };
        frame.check()?;
        Ok(frame)
    }

    fn check(&self) -> Result<(), Damage> {
        let precisions = match self.process {
            Process::Baseline => 8..=8,
            Process::Extended => 8..=12,
            Process::Lossless => 2..=16,
        };
        if !precisions.contains(&self.precision)
            || (self.process == Process::Extended && !self.precision.is_multiple_of(4))
        {
            return Err(Damage::Malformed("the frame header has a precision that its process does not"));
        }
        if self.rows == 0 {
            return Err(Damage::Unsupported("a number of lines defined behind the scan"));
        }
        if self.columns == 0 {
            return Err(Damage::Malformed("the frame has no columns"));
        }
        let twice = |(at, one): (usize, &Component)| self.components.iter().skip(at + 1).any(|two| two.id == one.id);
        if self.components.iter().enumerate().any(twice) {
            return Err(Damage::Malformed("two components have one identifier"));
        }
        Ok(())
    }

    /// Returns the largest horizontal and vertical sampling factors.
    pub(crate) fn factors(&self) -> (u8, u8) {
        let most = |factor: fn(&Component) -> u8| self.components.iter().map(factor).max().unwrap_or(1);
        (most(|component| component.h), most(|component| component.v))
    }
}

impl Component {
    fn parse(bytes: &[u8; 3]) -> Result<Component, Damage> {
        let [id, factors, quantization] = *bytes;
        let (h, v) = (factors >> 4, factors & 15);
        if !(1..=4).contains(&h) || !(1..=4).contains(&v) || quantization > 3 {
            return Err(Damage::Malformed("a component has a sampling factor or table that none can have"));
        }
        Ok(Component { id, h, v, quantization })
    }
}

/// A scan header.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct ScanHeader {
    /// 1 to 4 of them, in the order of the scan header.
    pub(crate) slots: Vec<Slot>,
    /// Start of spectral selection; the predictor of the lossless process.
    pub(crate) start: u8,
    /// End of spectral selection.
    pub(crate) end: u8,
    /// Successive approximation, high.
    pub(crate) high: u8,
    /// Successive approximation, low; the point transform of the lossless process.
    pub(crate) low: u8,
}

/// A component in a scan.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Slot {
    /// Its place in the frame header.
    pub(crate) component: usize,
    /// DC table, 0 to 3.
    pub(crate) dc: u8,
    /// AC table, 0 to 3.
    pub(crate) ac: u8,
}

impl ScanHeader {
    /// Reads the payload of a SOS segment.
    pub(crate) fn parse(payload: &[u8], frame: &Frame) -> Result<ScanHeader, Damage> {
        let wrong = Damage::Malformed("a scan header has another length than its components");
        let (&count, rest) = payload.split_first().ok_or(wrong)?;
        let (slots, &[start, end, approximation]) = rest.split_last_chunk::<3>().ok_or(wrong)?;
        if slots.len() != 2 * usize::from(count) || !(1..=4).contains(&count) {
            return Err(wrong);
        }
        let slots =
            slots.as_chunks::<2>().0.iter().map(|slot| Slot::parse(*slot, frame)).collect::<Result<Vec<_>, _>>()?;
        Ok(ScanHeader { slots, start, end, high: approximation >> 4, low: approximation & 15 })
    }

    /// Returns the payload of a SOS segment.
    pub(crate) fn payload(&self, frame: &Frame) -> Vec<u8> {
        let mut payload = vec![self.slots.len() as u8];
        for slot in &self.slots {
            let id = frame.components.get(slot.component).map_or(0, |component| component.id);
            payload.extend([id, slot.dc << 4 | slot.ac]);
        }
        payload.extend([self.start, self.end, self.high << 4 | self.low]);
        payload
    }
}

impl Slot {
    fn parse([id, tables]: [u8; 2], frame: &Frame) -> Result<Slot, Damage> {
        let component = frame.components.iter().position(|component| component.id == id);
        let component = component.ok_or(Damage::Malformed("a scan has a component that the frame has not"))?;
        let (dc, ac) = (tables >> 4, tables & 15);
        if dc > 3 || ac > 3 {
            return Err(Damage::Malformed("a scan names a table that none can be"));
        }
        Ok(Slot { component, dc, ac })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const COLOUR: [u8; 15] = [8, 0, 16, 0, 24, 3, 1, 0x21, 0, 2, 0x11, 1, 3, 0x11, 1];

    #[test]
    fn a_frame_header_says_size_and_sampling() {
        let frame = Frame::parse(0xC0, &COLOUR).unwrap();
        assert_eq!((frame.rows, frame.columns, frame.precision, frame.factors()), (16, 24, 8, (2, 1)));
        assert_eq!(frame.components[2], Component { id: 3, h: 1, v: 1, quantization: 1 });
    }

    #[test]
    fn headers_that_cannot_be_are_refused() {
        let changed = |at: usize, to: u8| {
            let mut bytes = COLOUR;
            bytes[at] = to;
            Frame::parse(0xC0, &bytes).unwrap_err().id()
        };
        for (at, to) in [(0, 12), (5, 0), (5, 4), (7, 0x01), (7, 0x51), (8, 4), (9, 1), (4, 0)] {
            assert_eq!(changed(at, to), "malformed", "byte {at}");
        }
        assert_eq!(changed(2, 0), "unsupported", "lines defined later");
        for marker in [0xC2, 0xC5, 0xC9, 0xCA, 0xCB, 0xCF] {
            assert_eq!(Frame::parse(marker, &COLOUR).unwrap_err().id(), "unsupported");
        }
    }

    #[test]
    fn a_scan_header_is_written_as_it_was_read() {
        let frame = Frame::parse(0xC0, &COLOUR).unwrap();
        let payload = [2, 1, 0x00, 3, 0x11, 0, 63, 0x01];
        let header = ScanHeader::parse(&payload, &frame).unwrap();
        assert_eq!(header.slots[1], Slot { component: 2, dc: 1, ac: 1 });
        assert_eq!(header.payload(&frame), payload);
        assert!(ScanHeader::parse(&[1, 9, 0, 0, 63, 0], &frame).is_err(), "no such component");
        assert!(ScanHeader::parse(&[1, 1, 0x40, 0, 63, 0], &frame).is_err(), "no such table");
        assert!(ScanHeader::parse(&[0, 0, 63, 0], &frame).is_err(), "no component");
    }
}
