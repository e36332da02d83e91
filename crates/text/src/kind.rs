//! What kinds of content identify a person.

use std::fmt;

macro_rules! kinds {
    ($($(#[$doc:meta])* $variant:ident = $name:literal,)*) => {
        /// What a spelling stands for, or why a part of a text was removed.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        #[non_exhaustive]
        pub enum Kind { $($(#[$doc])* $variant,)* }

        impl Kind {
            /// Every kind, in order.
            pub const ALL: &'static [Kind] = &[$(Kind::$variant,)*];

            /// Returns a stable name for ledgers and reports.
            pub const fn name(self) -> &'static str {
                match self { $(Kind::$variant => $name,)* }
            }
        }
    };
}

kinds! {
    /// The name of the patient or of a relative.
    PersonName = "person-name",
    /// The name of a physician, operator or other member of staff.
    Staff = "staff",
    /// A patient ID, accession number or other identifier.
    Id = "id",
    /// The date of birth.
    BirthDate = "birth-date",
    /// Another date.
    Date = "date",
    /// A postal address or part of one.
    Address = "address",
    /// A telephone or fax number.
    Phone = "phone",
    /// An e-mail address.
    Email = "e-mail",
    /// A hospital, clinic, university or department.
    Institution = "institution",
    /// Other identifying text.
    Other = "other",
    /// A web address.
    Url = "url",
    /// A network address.
    IpAddress = "ip-address",
    /// A payment card number whose Luhn digit is right.
    CardNumber = "card-number",
    /// An Individual Number (個人番号) whose check digit is right.
    MyNumber = "my-number",
    /// The number of a health insurer (保険者番号) whose check digit is right.
    InsurerNumber = "insurer-number",
    /// A basic pension number (基礎年金番号).
    PensionNumber = "pension-number",
    /// The number of a driver's licence (運転免許証番号).
    DriversLicence = "drivers-licence",
    /// A postal code.
    PostalCode = "postal-code",
    /// A unique identifier (UID).
    Uid = "uid",
    /// A run of digits too long for a measurement.
    LongNumber = "long-number",
    /// A name before or after a form of address.
    Honorific = "honorific",
    /// What follows a label such as `Name:` or 氏名.
    Labelled = "labelled",
    /// A word that the vocabulary does not have.
    UnknownWord = "unknown-word",
    /// A control character.
    Control = "control",
    /// A part that no character set could decode.
    Undecodable = "undecodable",
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_kinds_are_unique() {
        let mut names: Vec<_> = Kind::ALL.iter().map(|kind| kind.name()).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), Kind::ALL.len());
    }
}
