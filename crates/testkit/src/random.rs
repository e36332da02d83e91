//! Random studies from a fixed seed, with a marker in every text that must not survive.

use crate::{Element, Encoding, Item, Layout, Meta, Piece, Preamble, Value, emit};
use tokumei_core::{Tag, TagPath, dictionary};

/// A random study.
#[derive(Clone, Debug)]
pub struct Study {
    /// The bytes of its instances.
    pub files: Vec<Vec<u8>>,
    /// What was planted in them.
    pub markers: Vec<Marker>,
}

/// A text that must not be found in any output.
#[derive(Clone, Debug, PartialEq)]
pub struct Marker {
    /// The text: capital letters for names and texts, digits for UIDs, dates and numbers.
    pub text: String,
    /// The element that holds it.
    pub path: TagPath,
}

/// A generator of numbers, the same everywhere for the same seed (SplitMix64).
#[derive(Clone, Debug)]
pub struct Numbers(u64);

impl Numbers {
    /// Returns the generator of this seed.
    pub fn new(seed: u64) -> Self {
        Numbers(seed)
    }

    /// Returns the next number.
    pub fn draw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// Returns a number from 0 to `bound`, `bound` not included.
    pub fn below(&mut self, bound: u64) -> u64 {
        self.draw() % bound.max(1)
    }

    /// Returns `length` capital letters.
    pub fn letters(&mut self, length: usize) -> String {
        (0..length).map(|_| (b'A' + self.below(26) as u8) as char).collect()
    }

    /// Returns `length` digits, the first not 0.
    pub fn digits(&mut self, length: usize) -> String {
        let digit = |index, n: &mut Self| if index == 0 { 1 + n.below(9) } else { n.below(10) };
        (0..length).map(|index| (b'0' + digit(index, self) as u8) as char).collect()
    }
}

/// Attributes that the Basic Profile never leaves as they are (PS3.15 2026d, Table E.1-1).
const IDENTIFYING: &[&str] = &[
    "AccessionNumber",
    "AcquisitionComments",
    "AdditionalPatientHistory",
    "AdmittingDiagnosesDescription",
    "BranchOfService",
    "ConfidentialityConstraintOnPatientDataDescription",
    "ContentCreatorName",
    "CountryOfResidence",
    "CurrentPatientLocation",
    "DetectorID",
    "DeviceSerialNumber",
    "FrameComments",
    "ImageComments",
    "InstitutionAddress",
    "InstitutionalDepartmentName",
    "InstitutionName",
    "InsurancePlanIdentification",
    "IssuerOfPatientID",
    "MedicalRecordLocator",
    "MilitaryRank",
    "NameOfPhysiciansReadingStudy",
    "NamesOfIntendedRecipientsOfResults",
    "Occupation",
    "OperatorsName",
    "OtherPatientIDs",
    "OtherPatientNames",
    "PatientAddress",
    "PatientBirthName",
    "PatientComments",
    "PatientID",
    "PatientInstitutionResidence",
    "PatientMotherBirthName",
    "PatientName",
    "PatientReligiousPreference",
    "PatientTelephoneNumbers",
    "PerformedLocation",
    "PerformedProcedureStepDescription",
    "PerformedProcedureStepID",
    "PerformingPhysicianName",
    "PlacerOrderNumberImagingServiceRequest",
    "ProtocolName",
    "ReasonForStudy",
    "ReferringPhysicianName",
    "RegionOfResidence",
    "RequestedProcedureComments",
    "RequestedProcedureDescription",
    "RequestingPhysician",
    "RequestingService",
    "ResponsibleOrganization",
    "ScheduledStationName",
    "SeriesDescription",
    "StationName",
    "StudyComments",
    "StudyDescription",
    "StudyID",
    "TextComments",
    "VisitComments",
];

/// Attributes whose UIDs the Basic Profile replaces, at any depth.
const UIDS: &[&str] = &["SOPInstanceUID", "StudyInstanceUID", "SeriesInstanceUID", "FrameOfReferenceUID"];

/// Sequences that hold data sets of their own and stay where the profile does not know better.
const SEQUENCES: &[&str] =
    &["ReferencedImageSequence", "SourceImageSequence", "RequestAttributesSequence", "SharedFunctionalGroupsSequence"];

/// Returns a study of one to four CT instances of one patient, each in an encoding of its own.
///
/// Texts sit at the top level, in sequences up to four deep, in private blocks and in sequences written as UN. The
/// standard's table names every attribute that holds a marker, or the marker is in a private element.
pub fn study(seed: u64) -> Study {
    let mut draw = Draw { numbers: Numbers::new(seed), markers: Vec::new() };
    let (study, series) = (draw.uid(), draw.uid());
    let name = draw.numbers.letters(10);
    let id = draw.numbers.digits(10);
    let mut files = Vec::new();
    for _ in 0..1 + draw.numbers.below(4) {
        let layout = draw.layout();
        let mut elements = draw.data_set(&TagPath::default(), 0);
        let fixed =
            [("StudyInstanceUID", &study), ("SeriesInstanceUID", &series), ("PatientName", &name), ("PatientID", &id)];
        for (keyword, text) in fixed {
            let tag = tag(keyword);
            elements.retain(|element| element.tag != tag);
            draw.markers.push(Marker { text: text.clone(), path: TagPath::root(tag) });
            elements.push(Element::text(tag, vr(tag), text));
        }
        let instance = draw.uid();
        draw.markers.push(Marker { text: instance.clone(), path: TagPath::root(tag("SOPInstanceUID")) });
        elements.retain(|element| element.tag != tag("SOPInstanceUID"));
        elements.push(Element::text(tag("SOPInstanceUID"), "UI", &instance));
        elements.extend(image());
        elements.sort_by_key(|element| element.tag);
        files.push(emit(&elements, &layout));
    }
    // A marker in an element that was replaced again above is in no file; it does no harm.
    Study { files, markers: draw.markers }
}

struct Draw {
    numbers: Numbers,
    markers: Vec<Marker>,
}

impl Draw {
    fn uid(&mut self) -> String {
        format!("1.2.{}.{}", self.numbers.digits(9), self.numbers.digits(9))
    }

    fn layout(&mut self) -> Layout {
        let encodings = [Encoding::ExplicitLittle, Encoding::ImplicitLittle, Encoding::ExplicitBig, Encoding::Deflated];
        let metas = [Meta::Proper, Meta::Proper, Meta::NoGroupLength];
        let stamp = self.numbers.letters(16);
        let mut preamble = Preamble::Zero;
        if self.numbers.below(4) == 0 {
            self.markers.push(Marker { text: stamp.clone(), path: TagPath::default() });
            preamble = Preamble::Bytes(stamp.into_bytes());
        }
        Layout {
            encoding: encodings[self.numbers.below(4) as usize],
            meta: metas[self.numbers.below(3) as usize],
            preamble,
            undefined: self.numbers.below(2) == 0,
            ..Layout::default()
        }
    }

    /// Draws a data set with texts, and at most `4 - depth` levels of sequences below it.
    fn data_set(&mut self, place: &TagPath, depth: usize) -> Vec<Element> {
        let mut elements: Vec<Element> = Vec::new();
        for _ in 0..3 + self.numbers.below(12) {
            let tag = tag(IDENTIFYING[self.numbers.below(IDENTIFYING.len() as u64) as usize]);
            if elements.iter().all(|element| element.tag != tag) {
                let text = self.numbers.letters(12);
                self.markers.push(Marker { text: text.clone(), path: place.clone().element(tag) });
                elements.push(Element::text(tag, vr(tag), &text));
            }
        }
        if depth > 0 {
            let tag = tag(UIDS[self.numbers.below(UIDS.len() as u64) as usize]);
            let uid = self.uid();
            self.markers.push(Marker { text: uid.clone(), path: place.clone().element(tag) });
            elements.push(Element::text(tag, "UI", &uid));
        }
        elements.extend(self.private_block(place, depth));
        if depth < 4 {
            for keyword in SEQUENCES {
                if self.numbers.below(3) == 0 {
                    elements.push(self.sequence(tag(keyword), place, depth));
                }
            }
        }
        elements.sort_by_key(|element| element.tag);
        elements
    }

    fn private_block(&mut self, place: &TagPath, depth: usize) -> Vec<Element> {
        let group = 0x0009 + 2 * self.numbers.below(16) as u16;
        let creator = format!("INVENTED {}", self.numbers.letters(6));
        let text = self.numbers.letters(12);
        let inside = Tag(group, 0x1001);
        self.markers.push(Marker { text: creator.clone(), path: place.clone().element(Tag(group, 0x0010)) });
        self.markers.push(Marker { text: text.clone(), path: place.clone().element(inside) });
        let mut block = vec![Element::text(Tag(group, 0x0010), "LO", &creator), Element::text(inside, "LO", &text)];
        if depth < 4 && self.numbers.below(2) == 0 {
            block.push(self.sequence(Tag(group, 0x1002), place, depth));
        }
        block
    }

    fn sequence(&mut self, tag: Tag, place: &TagPath, depth: usize) -> Element {
        let items = 1 + self.numbers.below(2) as u32;
        let items = (0..items)
            .map(|index| {
                let place = place.clone().element(tag).item(index);
                Item { elements: self.data_set(&place, depth + 1), ..Item::default() }
            })
            .collect();
        let mut element = Element::new(tag, "SQ", Value::Items(items));
        element.un = self.numbers.below(3) == 0;
        element.undefined = Some(self.numbers.below(2) == 0);
        element
    }
}

/// Returns what makes the data set a CT image of 8 by 8 pixels.
fn image() -> Vec<Element> {
    let texts = [
        ("SOPClassUID", "1.2.840.10008.5.1.4.1.1.2"),
        ("ImageType", "ORIGINAL\\PRIMARY\\AXIAL"),
        ("Modality", "CT"),
        ("Manufacturer", "INVENTED"),
        ("BodyPartExamined", "CHEST"),
        ("BurnedInAnnotation", "NO"),
        ("PhotometricInterpretation", "MONOCHROME2"),
        ("InstanceNumber", "1"),
    ];
    let numbers = [
        ("SamplesPerPixel", 1.0),
        ("Rows", 8.0),
        ("Columns", 8.0),
        ("BitsAllocated", 16.0),
        ("BitsStored", 12.0),
        ("HighBit", 11.0),
        ("PixelRepresentation", 0.0),
    ];
    let mut elements: Vec<Element> =
        texts.iter().map(|(keyword, text)| Element::text(tag(keyword), vr(tag(keyword)), text)).collect();
    elements.extend(
        numbers
            .iter()
            .map(|(keyword, number)| Element::new(tag(keyword), "US", Value::Bytes(vec![Piece::Number(*number)]))),
    );
    elements.push(Element::new(Tag(0x7FE0, 0x0010), "OW", Value::Bytes(vec![Piece::Raw(vec![7; 128])])));
    elements
}

fn tag(keyword: &str) -> Tag {
    dictionary::tag(keyword).expect("the dictionary of the standard has every keyword used here")
}

fn vr(tag: Tag) -> &'static str {
    dictionary::vr(tag).map_or("UN", |vr| vr.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_keyword_is_in_the_dictionary() {
        for keyword in IDENTIFYING.iter().chain(UIDS).chain(SEQUENCES) {
            assert!(dictionary::tag(keyword).is_some(), "{keyword}");
        }
    }

    #[test]
    fn one_seed_gives_one_study_and_another_seed_another() {
        assert_eq!(study(7).files, study(7).files);
        assert_eq!(study(7).markers, study(7).markers);
        assert_ne!(study(7).files, study(8).files);
    }

    #[test]
    fn markers_of_the_top_level_are_in_the_bytes() {
        let study = (0..50).map(study).find(|study| study.files.len() == 1 && study.files[0].len() > 2000).unwrap();
        let file = &study.files[0];
        let found = |text: &str| file.windows(text.len()).any(|window| window == text.as_bytes());
        assert!(study.markers.iter().filter(|marker| found(&marker.text)).count() >= 5);
    }
}
