"""The two views of a frame that the network sees; `src/view.rs` computes the same ones."""
import numpy as np

BINS = 65536


class Scale:
    """How the values of one frame become the two views."""

    def __init__(self, high, low):
        """`high` and `low` are the largest and the smallest channel of every pixel; equal for grey frames."""
        self.low, self.high = float(low.min()), float(high.max())
        counts = np.bincount(self._bins(low).ravel(), minlength=BINS).astype(np.float64)
        counts = np.minimum(counts, max(1, low.size // 64))
        self.rank = ((np.cumsum(counts) - counts / 2) / counts.sum()).astype(np.float32)

    def _bins(self, a):
        width = max(self.high - self.low, 1e-9)
        return np.clip((a - self.low) * ((BINS - 1) / width), 0, BINS - 1).astype(np.int32)

    def widen(self, low, high):
        """Stretches the range for something brighter or darker that was drawn later; the ranks stay."""
        low, high = min(low, self.low), max(high, self.high)
        if (low, high) != (self.low, self.high):
            width = max(high - low, 1e-9)
            old = low + np.arange(BINS, dtype=np.float32) * (width / (BINS - 1))
            self.rank = self.rank[self._bins(old)]
            self.low, self.high = low, high

    def views(self, high, low):
        """Returns uint8 [rows, columns, 2]: the line from the smallest to the largest value, and the rank."""
        width = max(self.high - self.low, 1e-9)
        line = np.clip((high - self.low) * (255 / width), 0, 255)
        return (np.stack([line, self.rank[self._bins(low)] * 255], -1) + 0.5).astype(np.uint8)


def channels(a):
    """Returns the largest and the smallest channel of every pixel."""
    return (a, a) if a.ndim == 2 else (a.max(-1), a.min(-1))
