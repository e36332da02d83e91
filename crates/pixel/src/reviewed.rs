//! What people have decided about an instance after looking at it.

use crate::outside::clip;
use crate::request::{Request, Requests, Source};
use crate::rules::Header;
use crate::ultrasound;
use std::collections::BTreeSet;
use tokumei_core::{Reason, Region};
use tokumei_wire::DataSet;

/// The reason of an instance that may show text in its pixels.
pub(crate) const TEXT_RISK: &str = "burned-in-text-risk";

/// The reason of an instance that may show a face.
pub(crate) const FACE_RISK: &str = "face-risk";

/// The reason of an instance that a person has rejected, and that nothing else holds back.
pub const REJECTED: &str = "review-rejected";

/// The reasons that a person may settle by looking at the picture.
///
/// All others speak of what nobody can see there: files that cannot be read, frames that cannot be decoded, identifiers that
/// were found, people who are mixed up.
pub const APPROVABLE: [&str; 7] = [
    TEXT_RISK,
    FACE_RISK,
    "text-doubtful",
    "text-after-mask",
    "whole-image-document",
    "text-search-impossible",
    REJECTED,
];

/// What people have decided about an instance after looking at it.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Reviewed {
    /// The ids of the reasons that they have settled; those that are not in [`APPROVABLE`] have no effect.
    pub settled: BTreeSet<String>,
    /// What they want hidden beside what the rules hide, in every frame.
    pub masks: Vec<Region>,
}

impl Reviewed {
    /// Tells whether a reason is settled.
    pub fn settles(&self, reason: &str) -> bool {
        APPROVABLE.contains(&reason) && self.settled.contains(reason)
    }

    /// Adds to what is hidden. Whoever has looked at the picture has looked at what the rules hide too.
    ///
    /// # Errors
    /// The reason why the instance is held back: a mask that hides nothing of the image is a slip of the pen, and what it was
    /// meant for would go out.
    pub(crate) fn add_to(&self, requests: &mut Requests, data_set: &DataSet) -> Result<(), Reason> {
        requests.settles |= self.settles(TEXT_RISK);
        if self.masks.is_empty() {
            return Ok(());
        }
        let outside = || Reason::new("review-mask-outside");
        let (columns, rows) = ultrasound::size(&Header::new(data_set)).ok_or_else(outside)?;
        for mask in &self.masks {
            let region = clip(*mask, columns, rows).ok_or_else(outside)?;
            requests.regions.push(Request { region, by: "person".into(), source: Source::Review, score: None });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::tests::data_set;
    use crate::{Assessment, MaskRules, assess_reviewed};
    use tokumei_core::{Tag, Vr, tags};
    use tokumei_profile::Profile;
    use tokumei_wire::NewElement;

    /// A secondary capture of 8 rows and 10 columns.
    fn capture(modality: &str) -> DataSet {
        let short =
            |element, number: u16| NewElement::bytes(Tag(0x0028, element), Vr::US, number.to_le_bytes().to_vec());
        data_set(&[
            NewElement::bytes(tags::MODALITY, Vr::CS, modality.into()),
            NewElement::bytes(Tag(0x0008, 0x0064), Vr::CS, "WSD ".into()),
            short(0x0002, 1),
            short(0x0010, 8),
            short(0x0011, 10),
            short(0x0100, 8),
            NewElement::bytes(tags::PIXEL_DATA, Vr::OB, vec![0; 80]),
        ])
    }

    fn assessed(profile: &str, modality: &str, settled: &[&str], masks: &[[u32; 4]]) -> Assessment {
        let reviewed = Reviewed {
            settled: settled.iter().map(|reason| reason.to_string()).collect(),
            masks: masks
                .iter()
                .map(|[x, y, width, height]| Region { x: *x, y: *y, width: *width, height: *height })
                .collect(),
        };
        let profile = Profile::load(profile).unwrap();
        assess_reviewed(&capture(modality), &profile, &MaskRules::default(), &reviewed)
    }

    fn reason(assessment: &Assessment) -> &str {
        match assessment {
            Assessment::Quarantine(reason) => reason.id,
            _ => "",
        }
    }

    #[test]
    fn a_settled_reason_no_longer_holds_back_and_another_one_does() {
        assert_eq!(reason(&assessed("ps315-basic", "CT", &[], &[])), TEXT_RISK);
        assert_eq!(reason(&assessed("ps315-basic", "CT", &[FACE_RISK], &[])), TEXT_RISK);
        assert_eq!(assessed("ps315-basic", "CT", &[TEXT_RISK], &[]), Assessment::PassThrough);
        assert_eq!(reason(&assessed("anonymized", "CT", &[TEXT_RISK], &[])), FACE_RISK);
    }

    #[test]
    fn masks_of_a_person_are_cut_to_the_image_and_settle_nothing_alone() {
        assert_eq!(reason(&assessed("ps315-basic", "CT", &[], &[[0, 0, 2, 2]])), TEXT_RISK);
        let Assessment::Mask(requests) = assessed("ps315-basic", "CT", &[TEXT_RISK], &[[8, 6, 5, 5]]) else { panic!() };
        assert_eq!(requests.regions.len(), 1);
        assert_eq!(requests.regions[0].region, Region { x: 8, y: 6, width: 2, height: 2 });
        assert!(requests.settles);
    }

    #[test]
    fn a_mask_beside_the_image_holds_the_instance_back() {
        for mask in [[10, 0, 4, 4], [0, 8, 4, 4], [0, 0, 0, 4]] {
            assert_eq!(reason(&assessed("pseudonymized", "CT", &[TEXT_RISK], &[mask])), "review-mask-outside");
        }
    }
}
