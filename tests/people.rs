//! A hospital of invented people, each with an image or two, for tests of consent, linkage and tables.

use crate::support::write;
use std::path::Path;
use tokumei_testkit::Recipe;

/// One person: a number from which all identifiers follow.
#[derive(Clone, Copy)]
pub struct Person(pub u32);

impl Person {
    /// Returns the patient ID.
    pub fn id(self) -> String {
        format!("KRT{:06}", 700_000 + self.0)
    }

    /// Returns the name.
    pub fn name(self) -> String {
        let letters: String = self.0.to_string().bytes().map(|digit| char::from(b'K' + digit - b'0')).collect();
        format!("ZUSHI{letters}^MOMO{letters}")
    }

    /// Returns the UID of the person's study.
    pub fn study(self) -> String {
        format!("1.2.392.999999.5.{}", self.0)
    }

    /// Returns the person's image with this number.
    pub fn image(self, number: u32, more: &str) -> Vec<u8> {
        let (id, name, study) = (self.id(), self.name(), self.study());
        let text = format!(
            "expect: released\nwhy: test\nuse: none\n\
             ImageType \"ORIGINAL\\PRIMARY\\M\\ND\"\nSOPClassUID \"1.2.840.10008.5.1.4.1.1.4\"\n\
             SOPInstanceUID \"{study}.1.{number}\"\nStudyDate \"20240301\"\nModality \"MR\"\nManufacturer \"KIT\"\n\
             PatientName \"{name}\"\nPatientID \"{id}\"\nPatientBirthDate \"19600101\"\nBodyPartExamined \"KNEE\"\n\
             StudyInstanceUID \"{study}\"\nSeriesInstanceUID \"{study}.1\"\nInstanceNumber \"{number}\"\n\
             PhotometricInterpretation \"MONOCHROME2\"\n\
             SamplesPerPixel 1\nRows 4\nColumns 4\nBitsAllocated 16\nBitsStored 12\nHighBit 11\n\
             PixelRepresentation 0\nPixelData OW ramp(32)\n{more}"
        );
        let recipe = Recipe::parse("person", &text, &|_| None).expect("the recipe can be followed");
        recipe.files[0].bytes.clone()
    }

    /// Writes the person's images into a folder.
    pub fn admit(self, folder: &Path, images: u32) {
        for number in 1..=images {
            write(&folder.join(format!("{:04}/{number}.dcm", self.0)), &self.image(number, ""));
        }
    }
}

/// Fills a folder with people, one image each.
pub fn hospital(folder: &Path, people: std::ops::Range<u32>) {
    people.for_each(|number| Person(number).admit(folder, 1));
}
