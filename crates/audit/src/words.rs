//! The shared vocabulary as words in JSON.

use serde::{Deserialize, Deserializer, Serializer, de};
use tokumei_core::{ActionCode, OptionName, Region, State, Vr};

macro_rules! word {
    ($name:ident, $type:ty, $write:expr, $read:expr) => {
        pub(crate) mod $name {
            use super::*;

            pub(crate) fn serialize<S: Serializer>(value: &$type, to: S) -> Result<S::Ok, S::Error> {
                to.serialize_str($write(*value))
            }

            pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<$type, D::Error> {
                let word = String::deserialize(from)?;
                $read(&word).ok_or_else(|| de::Error::custom(concat!("no such ", stringify!($name))))
            }
        }
    };
}

word!(state, State, State::as_str, State::parse);
word!(action, ActionCode, ActionCode::as_str, ActionCode::parse);
word!(vr, Vr, Vr::as_str, Vr::parse);

/// Options as their codes in CID 7050.
pub(crate) mod options {
    use super::*;

    pub(crate) fn serialize<S: Serializer>(options: &[OptionName], to: S) -> Result<S::Ok, S::Error> {
        to.collect_seq(options.iter().map(|option| option.code()))
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<OptionName>, D::Error> {
        let codes = Vec::<String>::deserialize(from)?;
        let option = |code: String| OptionName::ALL.iter().copied().find(|option| option.code() == code);
        codes.into_iter().map(|code| option(code).ok_or_else(|| de::Error::custom("no such option"))).collect()
    }
}

/// A region as `[x, y, width, height]`.
pub(crate) mod region {
    use super::*;

    pub(crate) fn serialize<S: Serializer>(region: &Region, to: S) -> Result<S::Ok, S::Error> {
        to.collect_seq([region.x, region.y, region.width, region.height])
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Region, D::Error> {
        let [x, y, width, height] = <[u32; 4]>::deserialize(from)?;
        Ok(Region { x, y, width, height })
    }
}
