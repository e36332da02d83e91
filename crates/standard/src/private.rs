//! Table E.3.10-1: private attributes known to be safe.

/// One row of Table E.3.10-1 (PS3.15 2026c). The vendors warrant none of them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SafePrivate {
    /// Value of the private creator element that reserves the block.
    pub creator: &'static str,
    /// Group number, odd.
    pub group: u16,
    /// Low byte of the element number, within the block.
    pub element: u8,
    /// Value representation as the table prints it.
    pub vr: &'static str,
    /// Value multiplicity.
    pub vm: &'static str,
    /// Meaning of the value.
    pub meaning: &'static str,
}

include!(concat!(env!("OUT_DIR"), "/private.rs"));

/// Returns every row of Table E.3.10-1, sorted by creator, group and element.
pub fn safe_privates() -> &'static [SafePrivate] {
    &SAFE
}

/// Returns the row of a private attribute: creator, group, and the low byte of its element number.
///
/// Trailing spaces and zero bytes of the creator are ignored, as is the number of the block.
pub fn safe_private(creator: &str, group: u16, element: u8) -> Option<&'static SafePrivate> {
    let creator = creator.trim_end_matches([' ', '\0']);
    let wanted = (creator, group, element);
    let found = SAFE.binary_search_by_key(&wanted, |row| (row.creator, row.group, row.element));
    found.ok().and_then(|index| SAFE.get(index))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn creator_matches_without_its_padding_and_never_by_group_alone() {
        assert_eq!(safe_private("GEMS_PARM_01  ", 0x0043, 0x39).map(|row| row.vr), Some("IS"));
        assert!(safe_private("GEMS_PARM_01", 0x0045, 0x39).is_none());
        assert!(safe_private("gems_parm_01", 0x0043, 0x39).is_none());
    }
}
