//! Work on whole rows of samples, by a vector unit.

use pulp::NullaryFnOnce;

/// Does work with the vector unit of 32 bytes, where the machine has one.
///
/// A unit of 64 bytes is slower at comparing and counting samples: on one machine that has both a quick screen took half as long again.
#[inline]
pub(crate) fn in_rows<W: NullaryFnOnce>(work: W) -> W::Output {
    #[cfg(target_arch = "x86_64")]
    if let Some(unit) = pulp::x86::V3::try_new() {
        return unit.vectorize(work);
    }
    pulp::Arch::new().dispatch(work)
}
