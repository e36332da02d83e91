//! The ways to write one name, number or date.

pub(crate) mod date;
pub(crate) mod kana;
pub(crate) mod name;
pub(crate) mod number;
pub(crate) mod strength;
