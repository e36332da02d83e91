//! Preamble and file meta information.

use crate::check::Check;
use crate::instance::Instance;
use crate::report::Findings;
use tokumei_core::{Tag, tags};

/// What PS3.10 2026d, Table 7.1-1 requires.
const REQUIRED: [Tag; 5] =
    [Tag(0x0002, 0x0001), Tag(0x0002, 0x0002), Tag(0x0002, 0x0003), Tag(0x0002, 0x0010), Tag(0x0002, 0x0012)];

/// Checks what stands before the data set and after it.
pub(crate) fn check(instance: &Instance, findings: &mut Findings<'_>) {
    let meta = &instance.meta;
    if !meta.preamble_is_zero {
        findings.whole(Check::PreambleNotZero);
    }
    if instance.trailing {
        findings.whole(Check::TrailingBytes);
    }
    for tag in REQUIRED {
        if !meta.elements.iter().any(|element| element.tag == tag && !element.value.is_empty()) {
            findings.add(Check::MetaIncomplete, tag);
        }
    }
    if !meta.is_common {
        findings.whole(Check::MetaIncomplete);
    }
    for element in &meta.elements {
        match (element.tag.group(), element.tag.element()) {
            (0x0002, 0x0001 | 0x0002 | 0x0003 | 0x0010 | 0x0012 | 0x0013) => {}
            (0x0002, 0x0016..=0x0028) => findings.add(Check::MetaAddress, element.tag),
            _ => findings.add(Check::MetaPrivate, element.tag),
        }
    }
    for (check, meta_tag, tag) in [
        (Check::MetaClass, Tag(0x0002, 0x0002), tags::SOP_CLASS_UID),
        (Check::MetaInstance, Tag(0x0002, 0x0003), tags::SOP_INSTANCE_UID),
    ] {
        if meta.word(meta_tag) != instance.word(tag) {
            findings.add(check, meta_tag);
        }
    }
}
