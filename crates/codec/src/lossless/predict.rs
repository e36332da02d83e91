//! Predicts samples of a line from the sample before, the one above and the one before that.
//!
//! T.81, H.1.2 and Table H.1.

/// Turns the differences of a line into samples.
///
/// `above` is the line above, `None` for the first after a restart, whose first samples are predicted by `first` and
/// whose others by the sample before. A line has `step` components, interleaved.
pub(crate) fn restore(selection: u8, line: &mut [u16], above: Option<&[u16]>, step: usize, first: u16) {
    let Some(above) = above else {
        line.iter_mut().take(step).for_each(|sample| *sample = sample.wrapping_add(first));
        (step..line.len()).for_each(|at| line[at] = line[at].wrapping_add(line[at - step]));
        return;
    };
    line.iter_mut().zip(above).take(step).for_each(|(sample, above)| *sample = sample.wrapping_add(*above));
    match selection {
        1 => restore_with(line, above, step, |a, _, _| a),
        2 => restore_with(line, above, step, |_, b, _| b),
        3 => restore_with(line, above, step, |_, _, c| c),
        4 => restore_with(line, above, step, |a, b, c| a + b - c),
        5 => restore_with(line, above, step, |a, b, c| a + ((b - c) >> 1)),
        6 => restore_with(line, above, step, |a, b, c| b + ((a - c) >> 1)),
        _ => restore_with(line, above, step, |a, b, _| (a + b) >> 1),
    }
}

/// Turns the samples of a line into differences; the reverse of [`restore`].
pub(crate) fn differ(
    selection: u8,
    line: &[u16],
    above: Option<&[u16]>,
    step: usize,
    first: u16,
    differences: &mut [u16],
) {
    let Some(above) = above else {
        differences.iter_mut().zip(line).take(step).for_each(|(to, sample)| *to = sample.wrapping_sub(first));
        let pairs = line.iter().skip(step).zip(line);
        differences
            .iter_mut()
            .skip(step)
            .zip(pairs)
            .for_each(|(to, (sample, before))| *to = sample.wrapping_sub(*before));
        return;
    };
    let starts = line.iter().zip(above).take(step);
    differences.iter_mut().zip(starts).for_each(|(to, (sample, above))| *to = sample.wrapping_sub(*above));
    match selection {
        1 => differ_with(line, above, step, differences, |a, _, _| a),
        2 => differ_with(line, above, step, differences, |_, b, _| b),
        3 => differ_with(line, above, step, differences, |_, _, c| c),
        4 => differ_with(line, above, step, differences, |a, b, c| a + b - c),
        5 => differ_with(line, above, step, differences, |a, b, c| a + ((b - c) >> 1)),
        6 => differ_with(line, above, step, differences, |a, b, c| b + ((a - c) >> 1)),
        _ => differ_with(line, above, step, differences, |a, b, _| (a + b) >> 1),
    }
}

#[inline(always)]
fn restore_with(line: &mut [u16], above: &[u16], step: usize, predict: impl Fn(i32, i32, i32) -> i32) {
    match step {
        1 => restore_step::<1>(line, above, predict),
        2 => restore_step::<2>(line, above, predict),
        3 => restore_step::<3>(line, above, predict),
        _ => restore_step::<4>(line, above, predict),
    }
}

#[inline(always)]
fn restore_step<const N: usize>(line: &mut [u16], above: &[u16], predict: impl Fn(i32, i32, i32) -> i32) {
    let (pixels, above) = (line.as_chunks_mut::<N>().0, above.as_chunks::<N>().0);
    let (Some((first, pixels)), Some((corner, above))) = (pixels.split_first_mut(), above.split_first()) else {
        return;
    };
    let (mut before, mut corner) = (*first, *corner);
    for (pixel, above) in pixels.iter_mut().zip(above) {
        for component in 0..N {
            let [a, b, c] = [before[component], above[component], corner[component]].map(i32::from);
            pixel[component] = pixel[component].wrapping_add(predict(a, b, c) as u16);
        }
        (before, corner) = (*pixel, *above);
    }
}

#[inline(always)]
fn differ_with(
    line: &[u16],
    above: &[u16],
    step: usize,
    differences: &mut [u16],
    predict: impl Fn(i32, i32, i32) -> i32,
) {
    let rest = differences.iter_mut().skip(step).zip(line.iter().skip(step));
    let around = line.iter().zip(above.iter().skip(step)).zip(above);
    for ((to, sample), ((a, b), c)) in rest.zip(around) {
        *to = sample.wrapping_sub(predict(i32::from(*a), i32::from(*b), i32::from(*c)) as u16);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn predictors_are_those_of_table_h1() {
        // Before 5, above 9, corner 2, and a sample of 100.
        for (selection, predicted) in [(1, 5), (2, 9), (3, 2), (4, 12), (5, 8), (6, 10), (7, 7)] {
            let mut differences = [0; 2];
            differ(selection, &[5, 100], Some(&[2, 9]), 1, 0, &mut differences);
            assert_eq!(differences, [3, 100 - predicted], "selection {selection}");
            restore(selection, &mut differences, Some(&[2, 9]), 1, 0);
            assert_eq!(differences, [5, 100]);
        }
    }

    #[test]
    fn the_first_line_is_predicted_by_the_sample_before() {
        let mut differences = [0; 4];
        differ(7, &[130, 10, 131, 14], None, 2, 128, &mut differences);
        assert_eq!(differences, [2, 10u16.wrapping_sub(128), 1, 4]);
        restore(7, &mut differences, None, 2, 128);
        assert_eq!(differences, [130, 10, 131, 14]);
    }

    #[test]
    fn halves_round_down_and_sums_wrap() {
        let mut differences = [0; 2];
        differ(5, &[0, 65_535], Some(&[3, 0]), 1, 0, &mut differences);
        // 0 + ((0 - 3) >> 1) = -2, and 65535 + 2 = 1 modulo 65536.
        assert_eq!(differences[1], 1);
        restore(5, &mut differences, Some(&[3, 0]), 1, 0);
        assert_eq!(differences, [0, 65_535]);
    }
}
