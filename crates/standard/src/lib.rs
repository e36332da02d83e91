//! PS3.15 Annex E as data: the action table, content items, safe private attributes, method codes, attribute Types.
//!
//! Facts only; what a profile makes of them is the business of `tokumei-profile`. All tables are generated from
//! `data/`, which names the edition and the source of each.
//!
//! ```
//! use tokumei_core::{ActionCode, AttributeType, OptionName, Tag, TableCode};
//! let row = tokumei_standard::row(Tag(0x0008, 0x0020)).expect("Study Date has a row");
//! assert_eq!(row.basic, TableCode::Plain(ActionCode::Z));
//! assert_eq!(row.cell(OptionName::RetainLongModifiedDates), Some(ActionCode::C));
//! let ct = "1.2.840.10008.5.1.4.1.1.2";
//! assert_eq!(tokumei_standard::attribute_type(ct, &[Tag(0x0010, 0x0020)]), Some(AttributeType::Two));
//! ```

pub mod beyond;
mod content;
mod private;
mod table;
mod types;

pub use content::{ContentItem, content_item, content_items};
pub use private::{SafePrivate, safe_private, safe_privates};
pub use table::{MethodCode, Row, TagPattern, cid_7050, row, rows};
pub use types::{attribute_type, in_iod, iod, sop_classes};

/// The edition of PS3.15 that the action table follows.
pub const EDITION: &str = "2026d";
