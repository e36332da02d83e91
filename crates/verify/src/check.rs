//! What is checked, each with an id that messages translate.

use serde::{Serialize, Serializer};
use std::fmt;

/// How bad a finding is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// A promise of the profile or of the release is broken.
    Error,
    /// A human should look: it may have come from the original, or cannot be proved here.
    Warning,
}

impl Severity {
    /// Returns the word for it, `error` or `warning`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Severity::Error => "error",
            Severity::Warning => "warning",
        }
    }
}

macro_rules! checks {
    ($($variant:ident $id:literal $severity:ident $meaning:literal),* $(,)?) => {
        /// One check, by what it finds.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        #[non_exhaustive]
        pub enum Check { $(#[doc = $meaning] $variant),* }

        impl Check {
            /// Every check, in the order of a report.
            pub const ALL: &'static [Check] = &[$(Check::$variant),*];

            /// Returns the stable id in kebab case.
            pub const fn id(self) -> &'static str {
                match self { $(Check::$variant => $id),* }
            }

            /// Returns how bad a finding of this check is.
            pub const fn severity(self) -> Severity {
                match self { $(Check::$variant => Severity::$severity),* }
            }

            /// Returns one English sentence about what was found.
            pub const fn meaning(self) -> &'static str {
                match self { $(Check::$variant => $meaning),* }
            }
        }
    };
}

checks! {
    NotPart10 "not-part-10" Error "The file has no preamble and prefix of PS3.10.",
    Unreadable "unreadable" Error "The file cannot be read to its end as a DICOM file.",
    PreambleNotZero "preamble-not-zero" Error "The preamble holds bytes other than zero.",
    MetaIncomplete "meta-incomplete" Error "File meta information lacks an attribute that PS3.10 requires, or cannot be read by a common reader.",
    MetaInstance "meta-instance" Error "Media Storage SOP Instance UID (0002,0003) differs from SOP Instance UID (0008,0018).",
    MetaClass "meta-class" Error "Media Storage SOP Class UID (0002,0002) differs from SOP Class UID (0008,0016).",
    MetaPrivate "meta-private" Error "File meta information holds a private or unknown attribute.",
    MetaAddress "meta-address" Error "File meta information names an application entity or an address.",
    TrailingBytes "trailing-bytes" Error "Bytes follow the end of the data set.",
    RemovedPresent "removed-present" Error "An attribute that the profile removes is there.",
    NotEmptied "not-emptied" Error "An attribute that the profile empties holds neither nothing nor a pseudonym.",
    NotDummy "not-dummy" Error "An attribute that the profile replaces by a dummy holds something else.",
    UidNotReplaced "uid-not-replaced" Error "A UID is neither well known nor of the form that replaces UIDs.",
    PersonName "person-name" Error "A person's name that no rule keeps is there.",
    DateNotModified "date-not-modified" Error "A date or time is more precise than the profile allows, or is none.",
    TooPrecise "too-precise" Error "A characteristic of the patient is more precise than the profile allows.",
    Unknown "unknown-attribute" Error "An attribute that no dictionary knows is there.",
    GroupLength "group-length" Error "A group length is there.",
    MisplacedGroup "misplaced-group" Error "An element of a command, of file meta information or of a directory is in the data set.",
    CurveOrOverlay "curve-or-overlay" Error "A curve or an overlay that the profile removes is there.",
    NestedPixelData "nested-pixel-data" Error "A picture inside a sequence is there, which nobody assessed.",
    PrivateNotAllowed "private-not-allowed" Error "A private attribute that is not on the profile's list is there.",
    PrivateWithoutCreator "private-without-creator" Error "A private attribute has no creator.",
    PrivateCreatorUnused "private-creator-unused" Error "A private creator reserves a block that holds nothing.",
    Doubled "element-doubled" Warning "A data element stands twice in a data set or item.",
    TypeOneEmpty "type-1-empty" Warning "An attribute of Type 1 is empty.",
    Pattern "pattern-in-text" Error "A text holds what looks like a telephone number, an address or another identifier.",
    Undecodable "undecodable-text" Warning "A text has bytes that its character set does not allow.",
    IdentityRemoved "identity-removed" Error "PatientIdentityRemoved (0012,0062) is not YES.",
    Method "method" Error "DeidentificationMethod (0012,0063) is missing or empty.",
    MethodCodes "method-codes" Error "DeidentificationMethodCodeSequence (0012,0064) lacks a code that the ledger lists.",
    MethodCodesExtra "method-codes-extra" Warning "DeidentificationMethodCodeSequence (0012,0064) claims a code that the ledger does not list.",
    PixelCleaningClaimed "pixel-cleaning-claimed" Error "Clean Pixel Data (113101) is claimed, and the ledger does not list it.",
    TemporalMark "temporal-mark" Error "LongitudinalTemporalInformationModified (0028,0303) does not say what was done.",
    BurnedInClaim "burned-in-claim" Warning "BurnedInAnnotation (0028,0301) is NO without Clean Pixel Data (113101): the word of the source alone.",
    BurnedInWritten "burned-in-written" Error "BurnedInAnnotation (0028,0301) was changed to NO without Clean Pixel Data (113101).",
    PatientFolder "patient-folder" Error "The patient's folder is not the Patient ID (0010,0020).",
    StudyFolder "study-folder" Error "The study's folder is not the Study Instance UID (0020,000D).",
    SeriesFolder "series-folder" Error "The series' folder is not the Series Instance UID (0020,000E).",
    InstanceName "instance-name" Error "The file's name is not the SOP Instance UID (0008,0018).",
    StrayFile "stray-file" Error "A file stands where the layout of a release has none.",
    InstanceDoubled "instance-doubled" Error "Two files have one SOP Instance UID.",
    StudyInTwoPatients "study-in-two-patients" Warning "One study belongs to two patients.",
    SeriesInTwoStudies "series-in-two-studies" Warning "One series belongs to two studies.",
    ReferenceOutside "reference-outside" Warning "A reference names an instance that is not in the release.",
    ReferenceClass "reference-class" Error "A reference names another SOP class than the instance in the release has.",
    LedgerUnreadable "ledger-unreadable" Error "The ledger, the root or the manifest is missing or cannot be read.",
    LedgerNoLeaf "ledger-no-leaf" Error "A file has no leaf in the ledger.",
    LedgerNoFile "ledger-no-file" Error "A leaf of the ledger has no file.",
    LedgerState "ledger-state" Error "A leaf of the ledger has another state than released.",
    LedgerProfile "ledger-profile" Error "Ledger or root name another profile than the one checked against.",
    LedgerCount "ledger-count" Error "The root states another number of leaves than the ledger has, or a leaf stands twice.",
    LedgerLine "ledger-line" Error "A line of the ledger cannot be read.",
    Digest "digest" Error "The file's digest is not the one in the ledger.",
    Manifest "manifest" Error "The manifest does not list exactly the files of the release, with their sizes and digests.",
    Counts "counts" Error "The counts do not add up with the vault's index.",
    IndexNoFile "index-no-file" Error "The vault's index names an output that is not in the release.",
    IndexNoRow "index-no-row" Error "A file of the release is not in the vault's index.",
    OriginalValue "original-value" Error "A value that identifies somebody in the original is in the output.",
    OriginalUid "original-uid" Error "A UID of the original is in the output.",
    OriginalKept "original-kept" Error "An attribute that the profile replaces or empties has the value of the original.",
    PixelData "pixel-data" Error "Pixel data that no mask touches differs from the original.",
    PixelDataOutsideMask "pixel-data-outside-mask" Error "Samples outside every mask differ from the original.",
    MaskNotSet "mask-not-set" Warning "A mask of the ledger changed nothing in the pixel data.",
    MaskNotConstant "mask-not-constant" Error "A masked rectangle holds more than one value.",
    MaskWithoutPixelData "mask-without-pixel-data" Error "The ledger tells of masks, and there is no pixel data.",
    CleaningWithoutMask "cleaning-without-mask" Error "The ledger lists Clean Pixel Data (113101) without a mask.",
    PixelDataText "pixel-data-text" Error "A compressed frame holds a comment, an application segment or bytes after its end.",
    OffsetTable "offset-table" Error "An offset table does not say where the frames begin.",
    UtilityMissing "utility-missing" Error "An attribute that the utility contract promises is missing or empty.",
    UtilityDiffers "utility-differs" Error "An attribute that the utility contract promises has another value than the original.",
    DateShift "date-shift" Error "Dates of one instance moved by different numbers of days.",
}

impl Check {
    /// Returns the check with this id.
    pub fn parse(id: &str) -> Option<Check> {
        Check::ALL.iter().copied().find(|check| check.id() == id)
    }
}

impl fmt::Display for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id())
    }
}

impl Serialize for Check {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(self.id())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_id_names_one_check() {
        for check in Check::ALL {
            assert_eq!(Check::parse(check.id()), Some(*check));
        }
        assert_eq!(Check::parse("nothing"), None);
    }
}
