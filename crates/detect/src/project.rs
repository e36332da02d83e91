//! What stays through the frames of a run.

use crate::view::{View, ViewError, check, extremes};

/// The most pixels of a frame that a [`Projection`] keeps: 2²⁵; it takes 16 bytes for each.
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
        Ok(Self { width, height, channels, lowest: none.clone(), highest: none })
    }

    /// Adds a frame.
    ///
    /// # Errors
    /// [`ViewError::Length`] where the frame is not as large as the others.
    pub fn add<T: Copy + Into<f64>>(&mut self, samples: &[T]) -> Result<(), ViewError> {
        let (_, channels) = check(self.width, self.height, self.channels, samples.len(), MAX_PROJECTED)?;
        let kept = self.lowest.iter_mut().zip(&mut self.highest);
        for (pixel, (lowest, highest)) in samples.chunks_exact(channels).zip(kept) {
            let (low, high) = extremes(pixel);
            *lowest = (lowest.0.min(low), lowest.1.min(high));
            *highest = (highest.0.max(low), highest.1.max(high));
        }
        Ok(())
    }

    /// Returns the view of what each pixel is at least: bright text that stays.
    pub fn lowest(&self) -> View {
        self.view(&self.lowest)
    }

    /// Returns the view of what each pixel is at most: dark text that stays.
    pub fn highest(&self) -> View {
        self.view(&self.highest)
    }

    fn view(&self, of: &[(f32, f32)]) -> View {
        View::from_extremes(self.width as usize, self.height as usize, of.len(), |i| of[i])
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
    fn frames_of_another_size_and_huge_ones_are_refused() {
        assert_eq!(Projection::new(2, 1, 1).unwrap().add(&[0u8]), Err(ViewError::Length));
        assert_eq!(Projection::new(u32::MAX, u32::MAX, u32::MAX).unwrap_err(), ViewError::TooLarge);
        assert_eq!(Projection::new(1, 0, 1).unwrap_err(), ViewError::Empty);
        assert!(Projection::new(1, 1, 1).unwrap().lowest().size() == (1, 1));
    }
}
