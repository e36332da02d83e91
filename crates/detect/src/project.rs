//! What stays through the frames of a run.

use crate::colour::Colours;
use crate::view::{View, ViewError, check, extremes};

/// The most pixels of a frame that a [`Projection`] keeps: 2²⁵; it takes 16 bytes for each, of frames with colours 32.
pub const MAX_PROJECTED: u64 = 1 << 25;

/// The smallest and the largest sample of each pixel through the frames of one object.
///
/// Text that is burned in stays while the image below it moves, so it stands out of the smallest (bright text)
/// or the largest (dark text). Text that changes does not: look at the first and the last frame too.
///
/// ```
/// use tokumei_detect::Projection;
/// let mut run = Projection::new(2, 1, 1)?;
/// run.add(&[9u8, 200])?;
/// run.add(&[90u8, 200])?;
/// assert_eq!(run.lowest().size(), (2, 1));
/// # Ok::<(), tokumei_detect::ViewError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Projection {
    width: u32,
    height: u32,
    channels: u32,
    /// Of each pixel the smallest and the largest channel, at its lowest and at its highest.
    lowest: Vec<(f32, f32)>,
    highest: Vec<(f32, f32)>,
    /// From the first frame with colours on: what differs in them.
    tints: Vec<Tinted>,
    /// The largest difference of colours that was none in a frame.
    dead: f32,
    /// How many frames there were.
    frames: u64,
}

/// A difference of colours through the frames, of each pixel at its lowest and at its highest.
#[derive(Clone, Debug)]
struct Tinted {
    lowest: Vec<f32>,
    highest: Vec<f32>,
}

impl Projection {
    /// Begins a projection of frames of this size.
    ///
    /// # Errors
    /// [`ViewError`] where the frames are empty or larger than [`MAX_PROJECTED`].
    pub fn new(width: u32, height: u32, channels: u32) -> Result<Self, ViewError> {
        let pixels = u64::from(width) * u64::from(height);
        if pixels == 0 || channels == 0 {
            return Err(ViewError::Empty);
        }
        if pixels > MAX_PROJECTED {
            return Err(ViewError::TooLarge);
        }
        let none = vec![(f32::NAN, f32::NAN); pixels as usize];
        Ok(Self { width, height, channels, lowest: none.clone(), highest: none, tints: vec![], dead: 0.0, frames: 0 })
    }

    /// Adds a frame.
    ///
    /// # Errors
    /// [`ViewError::Length`] where the frame is not as large as the others.
    pub fn add<T: Copy + Into<f64>>(&mut self, samples: &[T]) -> Result<(), ViewError> {
        let (pixels, channels) = check(self.width, self.height, self.channels, samples.len(), MAX_PROJECTED)?;
        let kept = self.lowest.iter_mut().zip(&mut self.highest);
        for (pixel, (lowest, highest)) in samples.chunks_exact(channels).zip(kept) {
            let (low, high) = extremes(pixel);
            *lowest = (lowest.0.min(low), lowest.1.min(high));
            *highest = (highest.0.max(low), highest.1.max(high));
        }
        self.add_colours(Colours::of(samples, channels), pixels);
        self.frames += 1;
        Ok(())
    }

    fn add_colours<T: Copy + Into<f64>>(&mut self, colours: Option<Colours<'_, T>>, pixels: usize) {
        if let Some(colours) = colours.as_ref().filter(|_| self.tints.is_empty()) {
            // The frames before had none.
            let first = if self.frames > 0 { 0.0 } else { f32::NAN };
            let tint = Tinted { lowest: vec![first; pixels], highest: vec![first; pixels] };
            self.tints = vec![tint; colours.count()];
        }
        self.dead = colours.as_ref().map_or(self.dead, |colours| self.dead.max(colours.dead()));
        for (which, tint) in self.tints.iter_mut().enumerate() {
            let plane = colours.as_ref().map_or_else(|| vec![0.0; pixels], |colours| colours.plane(which));
            for ((lowest, highest), differs) in tint.lowest.iter_mut().zip(&mut tint.highest).zip(plane) {
                (*lowest, *highest) = (lowest.min(differs), highest.max(differs));
            }
        }
    }

    /// Returns the view of what each pixel is at least: bright text that stays.
    pub fn lowest(&self) -> View {
        self.view(&self.lowest, |tint| &tint.lowest)
    }

    /// Returns the view of what each pixel is at most: dark text that stays.
    pub fn highest(&self) -> View {
        self.view(&self.highest, |tint| &tint.highest)
    }

    fn view(&self, of: &[(f32, f32)], tinted: impl Fn(&Tinted) -> &[f32]) -> View {
        let mut view = View::from_extremes(self.width as usize, self.height as usize, of.len(), |i| of[i]);
        view.tints = self.tints.iter().map(|tint| view.tint(self.dead, tinted(tint))).collect();
        view
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn projection_keeps_what_stays() {
        let mut run = Projection::new(3, 1, 1).unwrap();
        for frame in [[0u16, 40, 4000], [4000, 0, 4000], [9, 4000, 4000]] {
            run.add(&frame).unwrap();
        }
        assert_eq!(run.lowest().pixels.iter().map(|p| p[0]).collect::<Vec<_>>(), [0, 0, 255]);
        assert_eq!(run.highest().pixels[0][0], run.highest().pixels[2][0]);
    }

    #[test]
    fn colour_that_stays_is_kept_from_the_frame_on_in_which_it_comes_and_over_grey_ones() {
        let coloured = |at: usize| -> Vec<u8> {
            (0..64 * 32)
                .flat_map(|i| if (at..at + 20).contains(&(i % 64)) { [200, 0, 0] } else { [0, 200, 0] })
                .collect()
        };
        let mut run = Projection::new(64, 32, 3).unwrap();
        run.add(&coloured(0)).unwrap();
        run.add(&coloured(10)).unwrap();
        let tint = &run.highest().tints[0].view.pixels[..64];
        // Only where it is red in both is it never green.
        assert!((0..64).all(|x| (tint[x][0] < 128) == (10..20).contains(&x)));
        let mut run = Projection::new(64, 32, 3).unwrap();
        run.add(&[90_u8; 64 * 32 * 3]).unwrap();
        assert!(run.lowest().tints.is_empty());
        run.add(&coloured(0)).unwrap();
        run.add(&[90_u8; 64 * 32 * 3]).unwrap();
        let tint = &run.lowest().tints[0].view.pixels[..64];
        assert!((0..64).all(|x| (tint[x][0] < 128) == (x < 20)));
    }

    #[test]
    fn frames_of_another_size_and_huge_ones_are_refused() {
        assert_eq!(Projection::new(2, 1, 1).unwrap().add(&[0u8]), Err(ViewError::Length));
        assert_eq!(Projection::new(u32::MAX, u32::MAX, u32::MAX).unwrap_err(), ViewError::TooLarge);
        assert_eq!(Projection::new(1, 0, 1).unwrap_err(), ViewError::Empty);
        assert!(Projection::new(1, 1, 1).unwrap().lowest().size() == (1, 1));
    }
}
