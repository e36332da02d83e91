//! Action codes, options and attribute Types of the standard.

use std::fmt;

/// What is done to one data element (PS3.15 2026d, Table E.1-1a).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum ActionCode {
    /// Replace by a non-empty dummy value legal for the value representation.
    D,
    /// Replace by a zero-length value.
    Z,
    /// Remove.
    X,
    /// Keep; in a sequence the profile still acts inside every item.
    K,
    /// Clean: keep what is useful and cannot identify.
    C,
    /// Replace by a new UID, the same wherever the old one occurs.
    U,
}

impl ActionCode {
    /// Returns the letter of the code.
    pub const fn as_str(self) -> &'static str {
        match self {
            ActionCode::D => "D",
            ActionCode::Z => "Z",
            ActionCode::X => "X",
            ActionCode::K => "K",
            ActionCode::C => "C",
            ActionCode::U => "U",
        }
    }

    /// Returns the code with this letter.
    pub fn parse(text: &str) -> Option<ActionCode> {
        use ActionCode::*;
        [D, Z, X, K, C, U].into_iter().find(|code| code.as_str() == text)
    }
}

impl fmt::Display for ActionCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A cell of Table E.1-1: a plain action code or a compound one that the attribute's Type resolves.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum TableCode {
    /// One action, whatever the Type.
    Plain(ActionCode),
    /// Z, or D where the attribute is Type 1.
    ZD,
    /// X, or Z where the attribute is Type 2.
    XZ,
    /// X, or D where the attribute is Type 1.
    XD,
    /// X for Type 3, Z for Type 2, D for Type 1.
    XZD,
    /// X for Type 3, Z for Type 2; for Type 1 keep the reference sequence and replace the UIDs in it.
    XZU,
}

impl TableCode {
    /// Parses a cell as the table prints it: `X`, `X/Z/D`, `X/Z/U*`.
    pub fn parse(text: &str) -> Option<TableCode> {
        match text {
            "Z/D" => Some(TableCode::ZD),
            "X/Z" => Some(TableCode::XZ),
            "X/D" => Some(TableCode::XD),
            "X/Z/D" => Some(TableCode::XZD),
            "X/Z/U*" => Some(TableCode::XZU),
            plain => ActionCode::parse(plain).map(TableCode::Plain),
        }
    }

    /// Returns the cell as the table prints it.
    pub const fn as_str(self) -> &'static str {
        match self {
            TableCode::Plain(code) => code.as_str(),
            TableCode::ZD => "Z/D",
            TableCode::XZ => "X/Z",
            TableCode::XD => "X/D",
            TableCode::XZD => "X/Z/D",
            TableCode::XZU => "X/Z/U*",
        }
    }
}

impl fmt::Display for TableCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// How strictly an IOD asks for an attribute (PS3.5 2026d, 7.4).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum AttributeType {
    /// Required, with a value.
    One,
    /// Required with a value under a condition.
    OneC,
    /// Required, may be empty.
    Two,
    /// Required under a condition, may be empty.
    TwoC,
    /// Optional.
    Three,
}

impl AttributeType {
    /// Parses `1`, `1C`, `2`, `2C` or `3`.
    pub fn parse(text: &str) -> Option<AttributeType> {
        match text {
            "1" => Some(AttributeType::One),
            "1C" => Some(AttributeType::OneC),
            "2" => Some(AttributeType::Two),
            "2C" => Some(AttributeType::TwoC),
            "3" => Some(AttributeType::Three),
            _ => None,
        }
    }
}

macro_rules! options {
    ($($variant:ident $code:literal $key:literal $meaning:literal $section:literal),* $(,)?) => {
        /// The Basic Profile and its Options, as CID 7050 codes them (PS3.16 2026d; PS3.15 2026d E.2, E.3).
        #[allow(missing_docs)]
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        pub enum OptionName { $($variant),* }

        impl OptionName {
            /// The Basic Profile and every Option, in the order of their codes.
            pub const ALL: &'static [OptionName] = &[$(OptionName::$variant),*];

            /// Returns the code value in CID 7050, coding scheme DCM.
            pub const fn code(self) -> &'static str {
                match self { $(OptionName::$variant => $code),* }
            }

            /// Returns the name used in profiles and in the column heads of the table.
            pub const fn key(self) -> &'static str {
                match self { $(OptionName::$variant => $key),* }
            }

            /// Returns the code meaning in CID 7050.
            pub const fn meaning(self) -> &'static str {
                match self { $(OptionName::$variant => $meaning),* }
            }

            /// Returns the section of PS3.15 that defines it.
            pub const fn section(self) -> &'static str {
                match self { $(OptionName::$variant => $section),* }
            }

            /// Returns the Option with this name.
            pub fn parse(key: &str) -> Option<OptionName> {
                OptionName::ALL.iter().copied().find(|option| option.key() == key)
            }
        }
    };
}

options! {
    Basic "113100" "basic" "Basic Application Confidentiality Profile" "E.2",
    CleanPixelData "113101" "clean_pixel_data" "Clean Pixel Data Option" "E.3.1",
    CleanRecognizableVisualFeatures "113102" "clean_recognizable_visual_features" "Clean Recognizable Visual Features Option" "E.3.2",
    CleanGraphics "113103" "clean_graphics" "Clean Graphics Option" "E.3.3",
    CleanStructuredContent "113104" "clean_structured_content" "Clean Structured Content Option" "E.3.4",
    CleanDescriptors "113105" "clean_descriptors" "Clean Descriptors Option" "E.3.5",
    RetainLongFullDates "113106" "retain_long_full_dates" "Retain Longitudinal Temporal Information Full Dates Option" "E.3.6",
    RetainLongModifiedDates "113107" "retain_long_modified_dates" "Retain Longitudinal Temporal Information Modified Dates Option" "E.3.6",
    RetainPatientCharacteristics "113108" "retain_patient_characteristics" "Retain Patient Characteristics Option" "E.3.7",
    RetainDeviceIdentity "113109" "retain_device_identity" "Retain Device Identity Option" "E.3.8",
    RetainUids "113110" "retain_uids" "Retain UIDs Option" "E.3.9",
    RetainSafePrivate "113111" "retain_safe_private" "Retain Safe Private Option" "E.3.10",
    RetainInstitutionIdentity "113112" "retain_institution_identity" "Retain Institution Identity Option" "E.3.11",
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_printed_cell_parses_to_itself() {
        for cell in ["D", "Z", "X", "K", "C", "U", "Z/D", "X/Z", "X/D", "X/Z/D", "X/Z/U*"] {
            assert_eq!(TableCode::parse(cell).map(TableCode::as_str), Some(cell));
        }
        assert_eq!(TableCode::parse("Y"), None);
    }
}
