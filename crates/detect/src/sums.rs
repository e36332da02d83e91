//! Sums of products of whole numbers, eight side by side.
//!
//! Whole numbers have one sum in whatever order they are added, so that a vector unit makes it faster and changes no bit.

/// A way to compute eight sums at a time.
pub trait Unit: Copy {
    /// Eight sums.
    type Eight: Copy;

    /// Takes eight numbers as the beginning of sums.
    fn eight(self, numbers: [i32; 8]) -> Self::Eight;

    /// Adds to each sum the products of two numbers with its two weights. No sum leaves the range of `i32`.
    fn add(self, sums: Self::Eight, two: [i16; 2], weights: &[[i16; 2]; 8]) -> Self::Eight;

    /// Returns the sums.
    fn numbers(self, sums: Self::Eight) -> [i32; 8];
}

/// Whatever the compiler makes of loops.
#[derive(Clone, Copy)]
pub struct Plain;

impl Unit for Plain {
    type Eight = [i32; 8];

    #[inline(always)]
    fn eight(self, numbers: [i32; 8]) -> [i32; 8] {
        numbers
    }

    #[allow(clippy::needless_range_loop)]
    #[inline(always)]
    fn add(self, mut sums: [i32; 8], two: [i16; 2], weights: &[[i16; 2]; 8]) -> [i32; 8] {
        for lane in 0..8 {
            let products = weights[lane].map(i32::from);
            sums[lane] += i32::from(two[0]) * products[0] + i32::from(two[1]) * products[1];
        }
        sums
    }

    #[inline(always)]
    fn numbers(self, sums: [i32; 8]) -> [i32; 8] {
        sums
    }
}

/// One instruction multiplies sixteen numbers and adds them by twos.
#[cfg(target_arch = "x86_64")]
impl Unit for pulp::x86::V3 {
    type Eight = core::arch::x86_64::__m256i;

    #[inline(always)]
    fn eight(self, numbers: [i32; 8]) -> Self::Eight {
        pulp::cast(numbers)
    }

    #[inline(always)]
    fn add(self, sums: Self::Eight, two: [i16; 2], weights: &[[i16; 2]; 8]) -> Self::Eight {
        let two = self.avx._mm256_set1_epi32(pulp::cast(two));
        let products = self.avx2._mm256_madd_epi16(two, pulp::cast(*weights));
        self.avx2._mm256_add_epi32(sums, products)
    }

    #[inline(always)]
    fn numbers(self, sums: Self::Eight) -> [i32; 8] {
        pulp::cast(sums)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_are_those_by_hand() {
        let weights = [[1, 2], [3, -4], [0, 0], [100, 200], [-1, -1], [7, 0], [0, 7], [i16::MAX, i16::MIN]];
        let expected =
            [1 + 30 + 40, 2 + 90 - 80, 3, 4 + 3000 + 4000, 5 - 30 - 20, 6 + 210, 7 + 140, 8 + 983_010 - 655_360];
        let sums = |begin: [i32; 8]| {
            #[cfg(target_arch = "x86_64")]
            if let Some(unit) = pulp::x86::V3::try_new() {
                assert_eq!(unit.numbers(unit.add(unit.eight(begin), [30, 20], &weights)), expected);
            }
            Plain.numbers(Plain.add(Plain.eight(begin), [30, 20], &weights))
        };
        assert_eq!(sums([1, 2, 3, 4, 5, 6, 7, 8]), expected);
    }
}
