//! A data set as mask rules see it: values as text, wherever they stand and however they are encoded.

use tokumei_core::{Tag, Vr, tags};
use tokumei_profile::devices::Values;
use tokumei_text::CharacterSets;
use tokumei_wire::{DataSet, Encoding, NodeId, NodeKind};

/// Most bytes of a value that is no string and no number, but may hold one.
const OPAQUE: usize = 4096;

/// The original header of an instance, for [`Rules::matching`](tokumei_profile::devices::Rules::matching).
pub(crate) struct Header<'a> {
    data_set: &'a DataSet,
    sets: CharacterSets,
}

impl<'a> Header<'a> {
    pub(crate) fn new(data_set: &'a DataSet) -> Self {
        Header { data_set, sets: character_sets(data_set, None).unwrap_or_default() }
    }

    /// Adds the values at a path below an item, or the top level; tells whether there is such an element.
    fn collect(&self, parent: Option<NodeId>, sets: &CharacterSets, path: &[Tag], out: &mut Vec<String>) -> bool {
        let Some((tag, rest)) = path.split_first() else { return false };
        let mut found = false;
        let mut take = |id| found |= self.take(id, sets, rest, out);
        match parent {
            None => self.data_set.all(*tag).for_each(&mut take),
            Some(_) => {
                self.data_set.children(parent).filter(|id| self.data_set.node(*id).tag == *tag).for_each(&mut take);
            }
        }
        found
    }

    /// Adds the values of an element, or of what the rest of a path finds in its items.
    fn take(&self, id: NodeId, sets: &CharacterSets, rest: &[Tag], out: &mut Vec<String>) -> bool {
        if rest.is_empty() {
            self.read(id, sets, out);
            return true;
        }
        if self.data_set.node(id).kind != NodeKind::Sequence {
            return false;
        }
        let mut found = false;
        for item in self.data_set.children(Some(id)) {
            let own = character_sets(self.data_set, Some(item));
            found |= self.collect(Some(item), own.as_ref().unwrap_or(sets), rest, out);
        }
        found
    }

    fn read(&self, id: NodeId, sets: &CharacterSets, out: &mut Vec<String>) {
        let node = self.data_set.node(id);
        if node.kind == NodeKind::Sequence {
            let items = self.data_set.children(Some(id)).count();
            out.extend((items > 0).then(|| items.to_string()));
            return;
        }
        let bytes = self.data_set.value(id).unwrap_or_default();
        decode(bytes, node.vr, node.encoding, sets, out);
    }
}

impl Values for Header<'_> {
    fn values(&self, path: &[Tag]) -> Option<Vec<String>> {
        let mut out = Vec::new();
        if let [Tag(0x0002, _)] = path {
            let meta = self.data_set.meta().iter().filter(|element| [element.tag] == path);
            let found =
                meta.map(|one| decode(&one.value, one.vr, Encoding::ExplicitLittle, &self.sets, &mut out)).count();
            return (found > 0).then_some(out);
        }
        self.collect(None, &self.sets, path, &mut out).then_some(out)
    }
}

/// Returns the character sets that a level declares itself.
fn character_sets(data_set: &DataSet, level: Option<NodeId>) -> Option<CharacterSets> {
    let mut elements = data_set.children(level);
    let id = elements.find(|id| data_set.node(*id).tag == tags::SPECIFIC_CHARACTER_SET)?;
    data_set.value(id).map(CharacterSets::parse)
}

/// Adds the values of a value field, trimmed; nothing where there is no value.
fn decode(bytes: &[u8], vr: Vr, encoding: Encoding, sets: &CharacterSets, out: &mut Vec<String>) {
    if let Some(size) = number_size(vr) {
        out.extend(bytes.chunks_exact(size).filter_map(|bytes| number(bytes, vr, encoding.is_big_endian())));
        return;
    }
    let bytes = if vr.is_string() { bytes } else { &bytes[..bytes.len().min(OPAQUE)] };
    if bytes.iter().all(|byte| matches!(byte, b' ' | 0)) {
        return;
    }
    for range in sets.split(bytes, vr) {
        let text = sets.decode(bytes.get(range).unwrap_or_default(), vr).text;
        out.push(text.trim_matches(|c: char| c == '\0' || c.is_whitespace()).to_owned());
    }
}

/// Bytes of one number, `None` where the value is none.
const fn number_size(vr: Vr) -> Option<usize> {
    match vr {
        Vr::US | Vr::SS => Some(2),
        Vr::UL | Vr::SL | Vr::FL | Vr::AT => Some(4),
        Vr::UV | Vr::SV | Vr::FD => Some(8),
        _ => None,
    }
}

/// Writes a binary number in decimal digits, a tag in hexadecimal ones.
fn number(bytes: &[u8], vr: Vr, big: bool) -> Option<String> {
    macro_rules! read {
        ($kind:ty) => {{
            let bytes = bytes.try_into().ok()?;
            if big { <$kind>::from_be_bytes(bytes) } else { <$kind>::from_le_bytes(bytes) }
        }};
    }
    Some(match vr {
        Vr::US => read!(u16).to_string(),
        Vr::SS => read!(i16).to_string(),
        Vr::UL => read!(u32).to_string(),
        Vr::SL => read!(i32).to_string(),
        Vr::UV => read!(u64).to_string(),
        Vr::SV => read!(i64).to_string(),
        Vr::FL => read!(f32).to_string(),
        Vr::FD => read!(f64).to_string(),
        Vr::AT => {
            let half = |at: usize| {
                let pair = [bytes[at], bytes[at + 1]];
                if big { u16::from_be_bytes(pair) } else { u16::from_le_bytes(pair) }
            };
            format!("{:04X}{:04X}", half(0), half(2))
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::tests::data_set;
    use tokumei_wire::NewElement;

    fn values(elements: &[NewElement], path: &[Tag]) -> Option<Vec<String>> {
        Header::new(&data_set(elements)).values(path)
    }

    fn texts(texts: &[&str]) -> Option<Vec<String>> {
        Some(texts.iter().map(|text| text.to_string()).collect())
    }

    #[test]
    fn text_is_split_and_trimmed_and_an_empty_element_is_there_without_values() {
        let kind = NewElement::bytes(tags::IMAGE_TYPE, Vr::CS, b"DERIVED \\ SECONDARY ".to_vec());
        assert_eq!(values(&[kind], &[tags::IMAGE_TYPE]), texts(&["DERIVED", "SECONDARY"]));
        let empty = NewElement::bytes(tags::MODALITY, Vr::CS, b"  ".to_vec());
        assert_eq!(values(&[empty], &[tags::MODALITY]), texts(&[]));
        assert_eq!(values(&[], &[tags::MODALITY]), None);
    }

    #[test]
    fn binary_numbers_become_decimal_digits() {
        let rows = NewElement::bytes(Tag(0x0028, 0x0010), Vr::US, vec![0x00, 0x03]);
        assert_eq!(values(&[rows], &[Tag(0x0028, 0x0010)]), texts(&["768"]));
        let slope = NewElement::bytes(Tag(0x0018, 0x602C), Vr::FD, 0.5f64.to_le_bytes().to_vec());
        assert_eq!(values(&[slope], &[Tag(0x0018, 0x602C)]), texts(&["0.5"]));
        let minimum = NewElement::bytes(Tag(0x0018, 0x6020), Vr::SL, (-7i32).to_le_bytes().to_vec());
        assert_eq!(values(&[minimum], &[Tag(0x0018, 0x6020)]), texts(&["-7"]));
    }

    #[test]
    fn japanese_text_is_decoded_by_the_declared_character_set() {
        let set = NewElement::bytes(tags::SPECIFIC_CHARACTER_SET, Vr::CS, b"\\ISO 2022 IR 87".to_vec());
        let name = NewElement::bytes(Tag(0x0008, 0x103E), Vr::LO, b"\x1b$B;3ED\x1b(B".to_vec());
        assert_eq!(values(&[set, name], &[Tag(0x0008, 0x103E)]), texts(&["山田"]));
    }

    #[test]
    fn path_reaches_into_any_item_and_a_sequence_has_the_number_of_its_items() {
        let meaning = |text: &str| vec![NewElement::bytes(Tag(0x0008, 0x0104), Vr::LO, text.as_bytes().to_vec())];
        let codes = || NewElement::items(Tag(0x0018, 0x9346), vec![meaning("head"), meaning("body")]);
        assert_eq!(values(&[codes()], &[Tag(0x0018, 0x9346), Tag(0x0008, 0x0104)]), texts(&["head", "body"]));
        assert_eq!(values(&[codes()], &[Tag(0x0018, 0x9346)]), texts(&["2"]));
        assert_eq!(values(&[codes()], &[Tag(0x0018, 0x9346), Tag(0x0008, 0x0100)]), None);
        assert_eq!(values(&[codes()], &[Tag(0x0008, 0x0104)]), None);
    }

    #[test]
    fn group_0002_is_read_too() {
        assert_eq!(values(&[], &[Tag(0x0002, 0x0013)]), texts(&["EXAMPLE"]));
    }
}
