//! How a profile carries out its options: everything that is not a cell of a table.

use crate::text::Why;
use serde::{Deserialize, Serialize};

/// Declares an enum whose values a profile file writes in kebab case.
macro_rules! choice {
    ($(#[$doc:meta])* $name:ident { $($(#[$case_doc:meta])* $case:ident $(($inner:ty))?),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
        #[serde(rename_all = "kebab-case")]
        pub enum $name { $($(#[$case_doc])* $case $(($inner))?),* }
    };
}

choice!(
    /// Where the key of a run comes from.
    KeyPolicy {
        /// Drawn in memory and destroyed at the end of the run.
        Ephemeral,
        /// Kept in a file, so that later runs give the same pseudonyms.
        Project,
    }
);
choice!(
    /// Whether a table of originals and pseudonyms may be written.
    Linkage {
        /// No table, ever.
        Forbidden,
        /// A table where the operator asks for it.
        Optional,
        /// A table, always.
        Required,
    }
);
choice!(
    /// What becomes of dates.
    Dates {
        /// As Table E.1-1 says without a date Option.
        Remove,
        /// Every date of a patient is moved by the same number of whole days into the past.
        Shift,
        /// As `Shift`; dates outside the study are then set to the first day of their month.
        ShiftMonthOutsideStudy,
        /// The year stays, month and day become January 1st.
        YearOnly,
        /// Dates stay.
        Keep,
    }
);
choice!(
    /// What becomes of times of day.
    Times {
        /// They stay, or move with their date.
        Keep,
        /// As Table E.1-1 says without a date Option.
        Remove,
    }
);
choice!(
    /// What becomes of PatientAge (0010,1010).
    Age {
        /// As Table E.1-1 says without an Option.
        Remove,
        /// It stays; where it is absent it is computed from birth date and study date.
        Exact,
        /// As `Exact`, ages of 90 years and more become 090Y.
        Exact90,
        /// Bands of five years, single years below five, 90 years and more in one class.
        Band5,
        /// Years up to 89, then 090Y (45 CFR 164.514(b)(2)(i)(C)).
        SafeHarbor,
    }
);
choice!(
    /// What becomes of PatientSex (0010,0040).
    Sex {
        /// It stays.
        Keep,
        /// As Table E.1-1 says without an Option.
        Remove,
    }
);
choice!(
    /// What becomes of PatientSize (0010,1020) and PatientWeight (0010,1030).
    SizeWeight {
        /// They stay.
        Keep,
        /// Rounded to 5 cm and 5 kg, the tails set to a bound.
        Coarse,
        /// As Table E.1-1 says without an Option.
        Remove,
    }
);
choice!(
    /// What becomes of the text that the Clean Descriptors Option names.
    TextPolicy {
        /// As Table E.1-1 says without an Option.
        Remove,
        /// Only words of a vocabulary stay; what is doubtful is removed.
        CleanStrict,
        /// As `CleanStrict` with a wide vocabulary for series and protocol names.
        CleanPermissive,
    }
);
choice!(
    /// What becomes of text attributes that no table names.
    UnlistedText {
        /// They stay, unread.
        Keep,
        /// They stay where neither an identifier of the patient nor a pattern of one is found in them.
        Scrub,
        /// They are cleaned as descriptors are.
        Clean,
        /// They are removed.
        Remove,
    }
);
choice!(
    /// What becomes of an instance with text that its character set does not allow.
    Undecodable {
        /// It is quarantined.
        Quarantine,
        /// The value is removed.
        Remove,
    }
);
choice!(
    /// What becomes of private attributes.
    Private {
        /// All are removed.
        Remove,
        /// Those of Table E.3.10-1 and of `private_allow` stay.
        SafeList,
        /// Those, and our own list of what diffusion, uptake and scaling need.
        SafeListWide,
    }
);
choice!(
    /// What becomes of structured reports.
    Structured {
        /// The instance is excluded.
        Exclude,
        /// The content tree is replaced by a dummy.
        Dummy,
        /// The content tree is cleaned item by item after Table E.3.4-1.
        Clean,
    }
);
choice!(
    /// What becomes of encapsulated documents.
    Documents {
        /// The document is replaced by a blank one of the same kind.
        Blank,
        /// The instance is excluded.
        Exclude,
    }
);
choice!(
    /// How the Clean Graphics Option is carried out.
    Graphics {
        /// Overlays, curves and graphic annotations are removed.
        Remove,
        /// They are cleaned.
        Clean,
    }
);
choice!(
    /// What becomes of references to other instances whose code is X/Z/U*.
    References {
        /// What the Type says.
        Table,
        /// The items stay, with new UIDs.
        Keep,
    }
);
choice!(
    /// What becomes of instances that may hold burned-in text.
    BurnedIn {
        /// They pass.
        Ignore,
        /// Those of a risky kind are quarantined.
        QuarantineRisky,
        /// They are masked; where that is not sure, quarantined.
        Mask,
    }
);
choice!(
    /// Which instances the detector searches for burned-in text, where `burned_in` masks.
    TextSearch {
        /// None: what is of a risky kind waits for a human, unless a rule for its device settles it.
        Off,
        /// All but objects that a program computes and tiles of slides; of primary CT, MR, PET and NM images the first of each
        /// series, a sample drawn by the key, and each in which a quick screen finds strokes like those of letters.
        Sample,
        /// All.
        All,
    }
);
choice!(
    /// What becomes of instances from which a face can be seen or rendered.
    Faces {
        /// They pass, and the report counts them.
        Flag,
        /// They are quarantined.
        Quarantine,
    }
);
choice!(
    /// Whether the ledger holds a digest of the input.
    InputDigest {
        /// A digest under the audit key.
        Keyed,
        /// None: it would link to the originals.
        Never,
        /// None, to save time.
        Off,
    }
);
choice!(
    /// Whether a human must approve a data set before it is frozen.
    Approval {
        /// No.
        No,
        /// A sample of it.
        Sample,
        /// All of it.
        Required,
    }
);
choice!(
    /// Whether the report looks for small groups over quasi-identifiers.
    RiskReport {
        /// No.
        No,
        /// Where the operator asks for it.
        Optional,
        /// Always.
        Required,
    }
);
choice!(
    /// What Z on PatientName (0010,0010) writes.
    PatientName {
        /// The patient's pseudonym, which Z allows as a dummy.
        Pseudonym,
        /// A zero-length value.
        Empty,
    }
);
choice!(
    /// What becomes of attributes with a plain D or Z in an instance whose IOD does not hold them.
    Foreign {
        /// What the table says.
        Table,
        /// They are removed (PS3.15 2026d, note to Table E.1-1 on Standard Extended SOP Classes).
        Remove,
    }
);
choice!(
    /// What leading zeros of a patient identifier mean.
    LeadingZeros {
        /// They are part of the identifier.
        Keep,
        /// They are padding and are stripped.
        Strip,
        /// Identifiers of digits are padded to this many characters.
        Pad(u8),
    }
);

/// The canonical form of a patient identifier: two spellings with the same form are one patient.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PatientId {
    /// Strip leading and trailing spaces.
    pub trim: bool,
    /// Apply Unicode normalization form KC, so that full-width digits become ASCII.
    pub nfkc: bool,
    /// Turn to upper case.
    pub upper: bool,
    /// What leading zeros mean.
    pub leading_zeros: LeadingZeros,
}

/// Private attributes that a site has found to be safe.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PrivateAllow {
    /// Value of the private creator element, without trailing spaces.
    pub creator: String,
    /// Group number, four hexadecimal digits, odd.
    pub group: String,
    /// Low bytes of the element numbers, two hexadecimal digits each.
    pub elements: Vec<String>,
    /// Why they are safe.
    pub reason: Why,
}

/// Attributes that must survive where the input holds them, for one modality.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Utility {
    /// Modality (0008,0060) that the contract speaks of; `*` for every one.
    pub modality: String,
    /// Keywords of the attributes.
    pub attributes: Vec<String>,
}

macro_rules! policy {
    ($($(#[$doc:meta])* $field:ident: $kind:ty = $default:expr),* $(,)?) => {
        /// The policies of a profile, each with a value.
        #[derive(Clone, PartialEq, Debug, Serialize)]
        pub struct Policy { $($(#[$doc])* pub $field: $kind),* }

        impl Default for Policy {
            fn default() -> Self {
                Policy { $($field: $default),* }
            }
        }

        impl Policy {
            /// The names of the policies as a profile file writes them.
            pub const NAMES: &'static [&'static str] = &[$(stringify!($field)),*];
        }

        /// The policies that one file sets.
        #[derive(Clone, Default, Debug, Deserialize)]
        #[serde(deny_unknown_fields, default)]
        pub(crate) struct PolicyFile { $($field: Option<$kind>),* }

        impl PolicyFile {
            /// Writes what the file sets over `policy` and returns the names whose value changed.
            pub(crate) fn apply(self, policy: &mut Policy) -> Vec<&'static str> {
                let mut changed = Vec::new();
                $(if let Some(value) = self.$field {
                    if policy.$field != value {
                        changed.push(stringify!($field));
                    }
                    policy.$field = value;
                })*
                changed
            }
        }
    };
}

policy!(
    /// Whether attributes that Table E.1-1 forgets are handled too, and codes that would break an IOD are mended.
    beyond: bool = true,
    /// Where the key comes from.
    key: KeyPolicy = KeyPolicy::Project,
    /// Whether a linkage table may be written.
    linkage: Linkage = Linkage::Optional,
    /// What becomes of dates.
    dates: Dates = Dates::Remove,
    /// Fewest and most whole days by which dates move into the past; both ends count.
    shift_days: [u32; 2] = [30, 3650],
    /// What becomes of times of day.
    times: Times = Times::Keep,
    /// What becomes of the patient's age.
    age: Age = Age::Remove,
    /// What becomes of the patient's sex.
    sex: Sex = Sex::Remove,
    /// What becomes of the patient's size and weight.
    size_weight: SizeWeight = SizeWeight::Remove,
    /// What Z on the patient's name writes.
    patient_name: PatientName = PatientName::Pseudonym,
    /// What becomes of descriptors.
    text: TextPolicy = TextPolicy::Remove,
    /// What becomes of text that no table names.
    unlisted_text: UnlistedText = UnlistedText::Scrub,
    /// What becomes of text that cannot be decoded.
    undecodable: Undecodable = Undecodable::Quarantine,
    /// What becomes of private attributes.
    private: Private = Private::Remove,
    /// Private attributes that stay beside those of the lists.
    private_allow: Vec<PrivateAllow> = Vec::new(),
    /// What becomes of structured reports.
    structured: Structured = Structured::Dummy,
    /// What becomes of encapsulated documents.
    documents: Documents = Documents::Blank,
    /// How graphics are cleaned.
    graphics: Graphics = Graphics::Remove,
    /// What becomes of references with the code X/Z/U*.
    references: References = References::Table,
    /// What becomes of attributes that the IOD does not hold.
    foreign: Foreign = Foreign::Table,
    /// What becomes of burned-in text.
    burned_in: BurnedIn = BurnedIn::QuarantineRisky,
    /// Which instances are searched for burned-in text.
    text_search: TextSearch = TextSearch::Sample,
    /// Whether the second look at what was masked is strict: a rule for a known device settles nothing without it, and doubt
    /// holds back images of every kind.
    second_look: bool = false,
    /// What becomes of faces.
    faces: Faces = Faces::Flag,
    /// UIDs of SOP classes that no edition we know lists and that are processed all the same.
    unknown_sop_classes: Vec<String> = Vec::new(),
    /// Whether IssuerOfPatientID (0010,0021) replaces the site's name as the namespace of patient identifiers.
    issuer_as_namespace: bool = false,
    /// The canonical form of a patient identifier.
    patient_id: PatientId = PatientId { trim: true, nfkc: true, upper: true, leading_zeros: LeadingZeros::Keep },
    /// Whether the ledger holds a digest of the input.
    input_digest: InputDigest = InputDigest::Keyed,
    /// Whether the ledger holds the lengths of values before and after.
    ledger_lengths: bool = true,
    /// A code for the institution, written in place of its name.
    site_code: Option<String> = None,
    /// Whether a human must approve the data set.
    approval: Approval = Approval::No,
    /// How many different people must agree: on the data set before it is frozen, where approval is asked for, and on an
    /// instance before it leaves quarantine.
    reviewers: u32 = 1,
    /// Whether the report looks for small groups.
    risk_report: RiskReport = RiskReport::No,
    /// The smallest group over quasi-identifiers that the risk report accepts.
    risk_k: u32 = 5,
    /// Attributes that must survive, a contract for each modality.
    utility: Vec<Utility> = Vec::new(),
);
