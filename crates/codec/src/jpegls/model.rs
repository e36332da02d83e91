//! Prediction and contexts: how the samples of a line become codes and come back.
//!
//! Both ways are one walk over the line, so that they cannot differ: the port reads the codes or writes them.
//!
//! ITU-T T.87 (06/1998), Annex A.

use super::bits::{Reader, Writer};

/// What a scan is coded with.
///
/// # Standard
/// ITU-T T.87 (06/1998), A.1 and C.2.4.1.1.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Parameters {
    pub max_value: i32,
    pub near: i32,
    pub thresholds: [i32; 3],
    pub reset: u32,
}

impl Parameters {
    /// Returns the parameters that hold where no preset says otherwise.
    pub(super) fn default(max_value: i32, near: i32) -> Parameters {
        let clamp = |value: i32, low: i32| if value > max_value || value < low { low } else { value };
        let basic = [(3, 2, 3), (7, 3, 5), (21, 4, 7)];
        let mut low = near + 1;
        let thresholds = basic.map(|(basic, least, nears)| {
            let value = if max_value >= 128 {
                let factor = (max_value.min(4095) + 128) / 256;
                factor * (basic - least) + least + nears * near
            } else {
                let factor = 256 / (max_value + 1);
                least.max(basic / factor + nears * near)
            };
            low = clamp(value, low);
            low
        });
        Parameters { max_value, near, thresholds, reset: 64 }
    }

    fn range(&self) -> i32 {
        (self.max_value + 2 * self.near) / (2 * self.near + 1) + 1
    }
}

/// Where codes come from or go to.
pub(super) trait Port {
    /// Whether samples are read.
    const READS: bool;
    fn bits(&mut self, value: u32, count: u32) -> u32;
    fn golomb(&mut self, mapped: u32, k: u32, limit: u32, escape: u32) -> u32;
    fn reject(&mut self);
}

impl Port for Reader<'_> {
    const READS: bool = true;
    #[inline]
    fn bits(&mut self, _: u32, count: u32) -> u32 {
        Reader::bits(self, count)
    }
    #[inline]
    fn golomb(&mut self, _: u32, k: u32, limit: u32, escape: u32) -> u32 {
        Reader::golomb(self, k, limit, escape)
    }
    fn reject(&mut self) {
        Reader::reject(self);
    }
}

impl Port for Writer {
    const READS: bool = false;
    #[inline]
    fn bits(&mut self, value: u32, count: u32) -> u32 {
        Writer::bits(self, value, count);
        value
    }
    #[inline]
    fn golomb(&mut self, mapped: u32, k: u32, limit: u32, escape: u32) -> u32 {
        Writer::golomb(self, mapped, k, limit, escape);
        mapped
    }
    fn reject(&mut self) {}
}

#[derive(Clone, Copy)]
struct Context {
    /// Sum of the magnitudes of errors.
    a: u32,
    /// Bias.
    b: i32,
    /// Correction of the prediction.
    c: i32,
    /// Occurrences.
    n: u32,
}

#[derive(Clone, Copy)]
struct RunContext {
    a: u32,
    n: u32,
    negative: u32,
}

/// The adaptive state of a scan.
pub(super) struct Model {
    max_value: i32,
    near: i32,
    step: i32,
    range: i32,
    reset: u32,
    limit: u32,
    escape: u32,
    /// Quantised gradients, that of difference 0 in the middle.
    gradients: Vec<i8>,
    contexts: Box<[Context; 365]>,
    runs: [RunContext; 2],
}

/// Lengths of runs, as powers of two.
const J: [u32; 32] =
    [0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 9, 10, 11, 12, 13, 14, 15];

impl Model {
    pub(super) fn new(parameters: &Parameters) -> Model {
        let range = parameters.range();
        let escape = bits_for(range);
        let bits = bits_for(parameters.max_value + 1).max(2);
        let mut model = Model {
            max_value: parameters.max_value,
            near: parameters.near,
            step: 2 * parameters.near + 1,
            range,
            reset: parameters.reset,
            limit: 2 * (bits + bits.max(8)) - escape - 1,
            escape,
            gradients: gradients(parameters),
            contexts: Box::new([Context { a: 0, b: 0, c: 0, n: 1 }; 365]),
            runs: [RunContext { a: 0, n: 1, negative: 0 }; 2],
        };
        model.restart();
        model
    }

    /// Forgets what was learnt, as at the start of a scan.
    pub(super) fn restart(&mut self) {
        let a = ((self.range as u32 + 32) >> 6).max(2);
        self.contexts.fill(Context { a, b: 0, c: 0, n: 1 });
        self.runs = [RunContext { a, n: 1, negative: 0 }; 2];
    }

    /// Codes a line of pixels of `N` samples. `above` and `line` have one pixel more at either end; the first of `line`
    /// and both of `above` are set.
    pub(super) fn line<P: Port, const N: usize>(
        &mut self,
        port: &mut P,
        above: &[[u16; N]],
        line: &mut [[u16; N]],
        run_index: &mut usize,
    ) {
        if self.near == 0 {
            self.walk::<P, N, true>(port, above, line, run_index);
        } else {
            self.walk::<P, N, false>(port, above, line, run_index);
        }
    }

    fn walk<P: Port, const N: usize, const EXACT: bool>(
        &mut self,
        port: &mut P,
        above: &[[u16; N]],
        line: &mut [[u16; N]],
        run_index: &mut usize,
    ) {
        let end = line.len() - 1;
        let above = &above[..=end];
        let mut x = 1;
        while x < end {
            let around = [line[x - 1], above[x], above[x - 1], above[x + 1]];
            let contexts: [i32; N] = std::array::from_fn(|i| self.context(around.map(|pixel| i32::from(pixel[i]))));
            if contexts.iter().all(|&context| context == 0) {
                x = self.run::<P, N, EXACT>(port, above, line, x, run_index);
                continue;
            }
            for i in 0..N {
                let [a, b, c, _] = around.map(|pixel| i32::from(pixel[i]));
                line[x][i] = self.regular::<P, EXACT>(port, contexts[i], predict(a, b, c), line[x][i]);
            }
            x += 1;
        }
    }

    /// Returns the number of the context of a sample, negative where signs are turned; 0 begins a run.
    #[inline]
    fn context(&self, [a, b, c, d]: [i32; 4]) -> i32 {
        let quantised = |difference: i32| i32::from(self.gradients[(difference + self.max_value) as usize]);
        81 * quantised(d - b) + 9 * quantised(b - c) + quantised(c - a)
    }

    #[inline]
    fn regular<P: Port, const EXACT: bool>(&mut self, port: &mut P, context: i32, predicted: i32, sample: u16) -> u16 {
        let sign = if context < 0 { -1 } else { 1 };
        let state = &mut self.contexts[context.unsigned_abs() as usize];
        let predicted = (predicted + sign * state.c).clamp(0, self.max_value);
        let k = parameter(state.a, state.n);
        let turned = EXACT && k == 0 && 2 * state.b <= -(state.n as i32);
        let error = if P::READS {
            let mapped = port.golomb(0, k, self.limit, self.escape);
            if mapped > 2 * self.range as u32 {
                port.reject();
                return sample;
            }
            unmap(mapped, turned)
        } else {
            let error = self_error::<EXACT>(sign * (i32::from(sample) - predicted), self.near, self.step, self.range);
            port.golomb(map(error, turned), k, self.limit, self.escape);
            error
        };
        state.learn(error, if EXACT { error } else { error * self.step }, self.reset);
        self.rebuild::<P, EXACT>(predicted, sign * error, sample)
    }

    /// Returns the sample that a reader sees.
    #[inline]
    fn rebuild<P: Port, const EXACT: bool>(&self, predicted: i32, error: i32, sample: u16) -> u16 {
        if EXACT && !P::READS {
            return sample;
        }
        let step = if EXACT { 1 } else { self.step };
        let near = if EXACT { 0 } else { self.near };
        let mut value = predicted + error * step;
        if value < -near {
            value += self.range * step;
        } else if value > self.max_value + near {
            value -= self.range * step;
        }
        value.clamp(0, self.max_value) as u16
    }

    /// Codes a run from `x` on and the pixel that ends it; returns where to go on.
    #[inline(never)]
    fn run<P: Port, const N: usize, const EXACT: bool>(
        &mut self,
        port: &mut P,
        above: &[[u16; N]],
        line: &mut [[u16; N]],
        x: usize,
        index: &mut usize,
    ) -> usize {
        let end = line.len() - 1;
        let pixel = line[x - 1];
        let stop = x + self.run_length::<P, N>(port, &line[x..end], pixel, index);
        line[x..stop].fill(pixel);
        if stop >= end {
            return end;
        }
        let mut alone = false;
        for i in 0..N {
            let (a, b) = (i32::from(pixel[i]), i32::from(above[stop][i]));
            alone = N == 1 && (a - b).abs() <= self.near;
            line[stop][i] = self.interruption::<P, EXACT>(port, a, b, alone, J[*index], line[stop][i]);
        }
        let _ = alone;
        *index = index.saturating_sub(1);
        stop + 1
    }

    /// Codes the length of a run of `pixel` at the start of `rest`, which ends with the line.
    fn run_length<P: Port, const N: usize>(
        &self,
        port: &mut P,
        rest: &[[u16; N]],
        pixel: [u16; N],
        index: &mut usize,
    ) -> usize {
        let like = |other: &[u16; N]| (0..N).all(|i| pixel[i].abs_diff(other[i]) as i32 <= self.near);
        let length = if P::READS { 0 } else { rest.iter().take_while(|other| like(other)).count() };
        let mut done = 0;
        loop {
            let whole = 1 << J[*index];
            // A writer says whether a whole block follows, or else the end of the line cuts one.
            let more = if P::READS { port.bits(0, 1) == 1 } else { length - done >= whole || length == rest.len() };
            if !P::READS {
                if more && done == length {
                    return done;
                }
                port.bits(u32::from(more), 1);
            }
            if !more {
                break;
            }
            if done + whole > rest.len() {
                return rest.len();
            }
            done += whole;
            *index = (*index + 1).min(31);
            if done == rest.len() {
                return done;
            }
        }
        let left = port.bits((length.wrapping_sub(done)) as u32, J[*index]) as usize;
        if done + left >= rest.len() {
            port.reject();
            return rest.len();
        }
        done + left
    }

    #[inline]
    fn interruption<P: Port, const EXACT: bool>(
        &mut self,
        port: &mut P,
        a: i32,
        b: i32,
        alike: bool,
        used: u32,
        sample: u16,
    ) -> u16 {
        let (predicted, sign) = if alike { (a, 1) } else { (b, if a > b { -1 } else { 1 }) };
        let kind = u32::from(alike);
        let state = &mut self.runs[kind as usize];
        let k = parameter(state.a + kind * (state.n >> 1), state.n);
        let limit = self.limit - used - 1;
        let error = if P::READS {
            let mapped = port.golomb(0, k, limit, self.escape);
            if mapped > 2 * self.range as u32 {
                port.reject();
                return sample;
            }
            state.unmap(mapped, kind, k)
        } else {
            let error = self_error::<EXACT>(sign * (i32::from(sample) - predicted), self.near, self.step, self.range);
            port.golomb(state.map(error, kind, k), k, limit, self.escape);
            error
        };
        state.learn(error, kind, k, self.reset);
        self.rebuild::<P, EXACT>(predicted, sign * error, sample)
    }
}

impl Context {
    #[inline]
    fn learn(&mut self, error: i32, bias: i32, reset: u32) {
        self.a += error.unsigned_abs();
        self.b += bias;
        if self.n == reset {
            self.a >>= 1;
            self.b >>= 1;
            self.n >>= 1;
        }
        self.n += 1;
        let n = self.n as i32;
        let (low, high) = (i32::from(self.b <= -n), i32::from(self.b > 0));
        let b = self.b + n * (low - high);
        self.b = if low == 1 { b.max(1 - n) } else { b.min(0) };
        self.c = (self.c + high - low).clamp(-128, 127);
    }
}

impl RunContext {
    /// Returns whether errors of this sign have the odd codes.
    fn odd(&self, error: i32, k: u32) -> bool {
        let often_negative = 2 * self.negative >= self.n;
        if error > 0 { k == 0 && !often_negative } else { error < 0 && (k != 0 || often_negative) }
    }

    fn map(&self, error: i32, kind: u32, k: u32) -> u32 {
        2 * error.unsigned_abs() - kind - u32::from(self.odd(error, k))
    }

    fn unmap(&self, mapped: u32, kind: u32, k: u32) -> i32 {
        let doubled = mapped + kind;
        let magnitude = doubled.div_ceil(2) as i32;
        let odd = doubled & 1 == 1;
        if self.odd(magnitude, k) == odd { magnitude } else { -magnitude }
    }

    fn learn(&mut self, error: i32, kind: u32, k: u32, reset: u32) {
        let mapped = self.map(error, kind, k);
        self.negative += u32::from(error < 0);
        self.a += (mapped + 1 - kind) >> 1;
        if self.n == reset {
            self.a >>= 1;
            self.n >>= 1;
            self.negative >>= 1;
        }
        self.n += 1;
    }
}

/// Returns the least number of bits whose numbers are `count` or more.
fn bits_for(count: i32) -> u32 {
    32 - (count as u32 - 1).leading_zeros()
}

/// Returns the least k with n·2^k ≥ a.
#[inline]
fn parameter(a: u32, n: u32) -> u32 {
    // The lowest bit changes nothing but that there is one.
    let k = (n | 1).leading_zeros().saturating_sub((a | 1).leading_zeros());
    k + u32::from(n << k < a)
}

/// Returns the median of a, b and the plane through all three, without a branch to mispredict.
#[inline]
fn predict(a: i32, b: i32, c: i32) -> i32 {
    (a + b - c).max(a.min(b)).min(a.max(b))
}

/// Quantises a difference and brings it into the range.
#[inline]
fn self_error<const EXACT: bool>(difference: i32, near: i32, step: i32, range: i32) -> i32 {
    let mut error = difference;
    if !EXACT {
        error = if error > 0 { (near + error) / step } else { -((near - error) / step) };
    }
    if error < 0 {
        error += range;
    }
    if error >= (range + 1) / 2 { error - range } else { error }
}

#[inline]
fn map(error: i32, turned: bool) -> u32 {
    let error = if turned { !error } else { error };
    ((error << 1) ^ (error >> 31)) as u32
}

#[inline]
fn unmap(mapped: u32, turned: bool) -> i32 {
    let error = (mapped >> 1) as i32 ^ -((mapped & 1) as i32);
    if turned { !error } else { error }
}

fn gradients(parameters: &Parameters) -> Vec<i8> {
    let [t1, t2, t3] = parameters.thresholds;
    let level = |magnitude: i32| match magnitude {
        _ if magnitude <= parameters.near => 0,
        _ if magnitude < t1 => 1,
        _ if magnitude < t2 => 2,
        _ if magnitude < t3 => 3,
        _ => 4,
    };
    let max = parameters.max_value;
    (-max..=max).map(|difference| if difference < 0 { -level(-difference) } else { level(difference) }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn default_thresholds_are_those_of_the_standard() {
        // ITU-T T.87, Table C.3 and the formulas below it.
        assert_eq!(Parameters::default(255, 0).thresholds, [3, 7, 21]);
        assert_eq!(Parameters::default(4095, 0).thresholds, [18, 67, 276]);
        assert_eq!(Parameters::default(65_535, 0).thresholds, [18, 67, 276]);
        assert_eq!(Parameters::default(255, 3).thresholds, [12, 22, 42]);
        assert_eq!(Parameters::default(3, 0).thresholds, [2, 3, 3]);
    }

    #[test]
    fn the_golomb_parameter_is_the_least_that_suffices() {
        for (a, n, k) in
            [(4, 1, 2), (5, 1, 3), (0, 3, 0), (64, 64, 0), (65, 64, 1), (127, 64, 1), (128, 64, 1), (129, 64, 2)]
        {
            assert_eq!(parameter(a, n), k, "{a} {n}");
        }
    }

    #[test]
    fn errors_of_runs_come_back_from_their_codes() {
        for negative in 0..3 {
            for k in 0..2 {
                for kind in 0..2 {
                    let state = RunContext { a: 4, n: 3, negative };
                    for error in -9..9 {
                        if kind == 1 && error == 0 {
                            continue;
                        }
                        assert_eq!(state.unmap(state.map(error, kind, k), kind, k), error);
                    }
                }
            }
        }
    }
}
