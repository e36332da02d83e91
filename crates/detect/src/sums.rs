//! Sums of products of whole numbers, many side by side.
//!
//! Whole numbers have one sum in whatever order they are added, so that a vector unit makes it faster and changes no bit.

/// Sums that a vector register of 32 bytes holds.
pub const LANES: usize = 8;

/// A number for each sum: those of `W` registers of 64 bytes, then of `R` of 32.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(align(64))]
pub struct Lanes<T, const W: usize, const R: usize> {
    pub wide: [[[T; LANES]; 2]; W],
    pub rest: [[T; LANES]; R],
}

impl<T: Copy, const W: usize, const R: usize> Lanes<T, W, R> {
    /// How many sums there are.
    pub const COUNT: usize = (2 * W + R) * LANES;

    /// Takes a number for each sum from its place.
    pub fn from_fn(of: impl Fn(usize) -> T) -> Self {
        let eight = |first: usize| std::array::from_fn(|lane| of(first * LANES + lane));
        Self {
            wide: std::array::from_fn(|n| [eight(2 * n), eight(2 * n + 1)]),
            rest: std::array::from_fn(|n| eight(2 * W + n)),
        }
    }

    /// Returns the numbers by eights.
    #[inline(always)]
    pub fn eights(&self) -> impl Iterator<Item = &[T; LANES]> {
        self.wide.as_flattened().iter().chain(&self.rest)
    }
}

/// What a pair of numbers is multiplied by: two weights for each sum.
pub type Weights<const W: usize, const R: usize> = Lanes<[i16; 2], W, R>;

/// A way to compute as many sums at a time as [`Lanes`] has.
pub trait Unit<const W: usize, const R: usize>: Copy {
    /// The sums.
    type Sums: Copy;

    /// Takes numbers as the beginning of sums.
    fn begin(self, numbers: Lanes<i32, W, R>) -> Self::Sums;

    /// Adds to each sum the products of two numbers with its two weights. No sum leaves the range of `i32`.
    fn add(self, sums: Self::Sums, two: [i16; 2], weights: &Weights<W, R>) -> Self::Sums;

    /// Returns the sums.
    fn numbers(self, sums: Self::Sums) -> Lanes<i32, W, R>;
}

/// Whatever the compiler makes of loops.
#[derive(Clone, Copy)]
pub struct Plain;

impl<const W: usize, const R: usize> Unit<W, R> for Plain {
    type Sums = Lanes<i32, W, R>;

    #[inline(always)]
    fn begin(self, numbers: Lanes<i32, W, R>) -> Self::Sums {
        numbers
    }

    #[inline(always)]
    fn add(self, mut sums: Self::Sums, two: [i16; 2], weights: &Weights<W, R>) -> Self::Sums {
        let all = sums.wide.as_flattened_mut().iter_mut().chain(&mut sums.rest).zip(weights.eights());
        for (sums, weights) in all {
            for (sum, weights) in sums.iter_mut().zip(weights) {
                *sum += i32::from(two[0]) * i32::from(weights[0]) + i32::from(two[1]) * i32::from(weights[1]);
            }
        }
        sums
    }

    #[inline(always)]
    fn numbers(self, sums: Self::Sums) -> Lanes<i32, W, R> {
        sums
    }
}

// Loops with numbers here and below: the steps of iterators are not always built into the code for the wider unit.

/// One instruction multiplies sixteen numbers and adds them by twos.
#[allow(clippy::needless_range_loop)]
#[cfg(target_arch = "x86_64")]
impl<const W: usize, const R: usize> Unit<W, R> for pulp::x86::V3 {
    type Sums = ([[Half; 2]; W], [Half; R]);

    #[inline(always)]
    fn begin(self, numbers: Lanes<i32, W, R>) -> Self::Sums {
        let none = self.avx._mm256_setzero_si256();
        let (mut wide, mut rest) = ([[none; 2]; W], [none; R]);
        for n in 0..W {
            wide[n] = [pulp::cast(numbers.wide[n][0]), pulp::cast(numbers.wide[n][1])];
        }
        for n in 0..R {
            rest[n] = pulp::cast(numbers.rest[n]);
        }
        (wide, rest)
    }

    #[inline(always)]
    fn add(self, (mut wide, mut rest): Self::Sums, two: [i16; 2], weights: &Weights<W, R>) -> Self::Sums {
        let two = self.avx._mm256_set1_epi32(pulp::cast(two));
        let add = |sums, weights: [[i16; 2]; LANES]| {
            self.avx2._mm256_add_epi32(sums, self.avx2._mm256_madd_epi16(two, pulp::cast(weights)))
        };
        for n in 0..W {
            for side in 0..2 {
                wide[n][side] = add(wide[n][side], weights.wide[n][side]);
            }
        }
        for n in 0..R {
            rest[n] = add(rest[n], weights.rest[n]);
        }
        (wide, rest)
    }

    #[inline(always)]
    fn numbers(self, (wide, rest): Self::Sums) -> Lanes<i32, W, R> {
        let mut numbers = Lanes { wide: [[[0; LANES]; 2]; W], rest: [[0; LANES]; R] };
        for n in 0..W {
            numbers.wide[n] = [pulp::cast(wide[n][0]), pulp::cast(wide[n][1])];
        }
        for n in 0..R {
            numbers.rest[n] = pulp::cast(rest[n]);
        }
        numbers
    }
}

/// A register of 32 bytes.
#[cfg(target_arch = "x86_64")]
type Half = core::arch::x86_64::__m256i;

/// One instruction multiplies thirty-two numbers and adds them by twos.
#[allow(clippy::needless_range_loop)]
#[cfg(target_arch = "x86_64")]
impl<const W: usize, const R: usize> Unit<W, R> for pulp::x86::V4 {
    type Sums = ([core::arch::x86_64::__m512i; W], [Half; R]);

    #[inline(always)]
    fn begin(self, numbers: Lanes<i32, W, R>) -> Self::Sums {
        let (mut wide, mut rest) = ([self.avx512f._mm512_setzero_si512(); W], [self.avx._mm256_setzero_si256(); R]);
        for n in 0..W {
            wide[n] = pulp::cast(numbers.wide[n]);
        }
        for n in 0..R {
            rest[n] = pulp::cast(numbers.rest[n]);
        }
        (wide, rest)
    }

    #[inline(always)]
    fn add(self, (mut wide, mut rest): Self::Sums, two: [i16; 2], weights: &Weights<W, R>) -> Self::Sums {
        let all = self.avx512f._mm512_set1_epi32(pulp::cast(two));
        for n in 0..W {
            let products = self.avx512bw._mm512_madd_epi16(all, pulp::cast(weights.wide[n]));
            wide[n] = self.avx512f._mm512_add_epi32(wide[n], products);
        }
        let half = self.avx._mm256_set1_epi32(pulp::cast(two));
        for n in 0..R {
            let products = self.avx2._mm256_madd_epi16(half, pulp::cast(weights.rest[n]));
            rest[n] = self.avx2._mm256_add_epi32(rest[n], products);
        }
        (wide, rest)
    }

    #[inline(always)]
    fn numbers(self, (wide, rest): Self::Sums) -> Lanes<i32, W, R> {
        let mut numbers = Lanes { wide: [[[0; LANES]; 2]; W], rest: [[0; LANES]; R] };
        for n in 0..W {
            numbers.wide[n] = pulp::cast(wide[n]);
        }
        for n in 0..R {
            numbers.rest[n] = pulp::cast(rest[n]);
        }
        numbers
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WEIGHTS: [[i16; 2]; LANES] =
        [[1, 2], [3, -4], [0, 0], [100, 200], [-1, -1], [7, 0], [0, 7], [i16::MAX, i16::MIN]];
    const EXPECTED: [i32; LANES] =
        [1 + 30 + 40, 2 + 90 - 80, 3, 4 + 3000 + 4000, 5 - 30 - 20, 6 + 210, 7 + 140, 8 + 983_010 - 655_360];

    /// Sums that begin with 1 to 8, and a thousand more for each eight.
    fn assert_sums<const W: usize, const R: usize>(unit: impl Unit<W, R>) {
        let begin = unit.begin(Lanes::from_fn(|n| (n % LANES) as i32 + 1 + n as i32 / 8 * 1000));
        let sums = unit.numbers(unit.add(begin, [30, 20], &Lanes::from_fn(|n| WEIGHTS[n % LANES])));
        assert_eq!(sums, Lanes::from_fn(|n| EXPECTED[n % LANES] + n as i32 / 8 * 1000));
        assert_eq!(sums.eights().count() * LANES, Lanes::<i32, W, R>::COUNT);
    }

    #[test]
    fn sums_are_those_by_hand_in_each_unit() {
        assert_sums::<0, 1>(Plain);
        assert_sums::<2, 1>(Plain);
        #[cfg(target_arch = "x86_64")]
        {
            if let Some(unit) = pulp::x86::V3::try_new() {
                assert_sums::<1, 0>(unit);
                assert_sums::<2, 1>(unit);
            }
            if let Some(unit) = pulp::x86::V4::try_new() {
                assert_sums::<0, 1>(unit);
                assert_sums::<1, 0>(unit);
                assert_sums::<2, 1>(unit);
            }
        }
    }
}
