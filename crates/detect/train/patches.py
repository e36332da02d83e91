"""Training samples: a patch as the network sees it, where text is, and how much each place counts."""
import io
import random

import numpy as np
from PIL import Image
from scipy import ndimage as ndi

import backgrounds
import clutter
import ink
import views

SIZE = 160
COLOURS = [(1, 1, 1), (1, 1, 1), (1, 1, 0), (0, 1, 0), (0, 1, 1), (1, 0.6, 0), (1, 0, 0), (0.3, 0.6, 1), (1, 0.4, 1)]


class Ground:
    """A background with what the views need to know of the whole of it."""

    def __init__(self, a):
        self.a = a
        high, low = views.channels(a)
        self.scale = views.Scale(high, low)
        self.p5, self.p95 = np.percentile(low[::3, ::3], [5, 95])
        self.low, self.high = float(a.min()), float(a.max())


class Source:
    """Draws samples without end; equal seeds give equal samples."""

    def __init__(self, seed, held_out=False, pool=72):
        self.rng, self.rs, self.held_out = random.Random(seed), np.random.default_rng(seed), held_out
        real = backgrounds.real()
        tints = [backgrounds.tint(self.rs, a) for a in real if a.ndim == 3][::2]
        self.real = [Ground(a) for a in real + [a for a in tints if np.ptp(a) > 0]]
        self.made = [Ground(backgrounds.make(self.rs)) for _ in range(pool)]
        self.rough = [Ground(backgrounds.rough(self.rs)) for _ in range(pool // 4)]
        self.drawn, self.lines = 0, {"any": [], "small": [], "short": []}

    def line(self, kind):
        """Returns a line of text, three times in four one that was drawn before: drawing letters is slow."""
        lines = self.lines[kind]
        if len(lines) > 1000 and self.rng.random() < 0.75:
            return self.rng.choice(lines)
        drawn_line = ink.line(self.rng, self.held_out, kind)
        if drawn_line is not None and drawn_line.size < 60000:
            if len(lines) < 2500:
                lines.append(drawn_line)
            else:
                lines[self.rng.randrange(2500)] = drawn_line
        return drawn_line

    def ground(self):
        self.drawn += 1
        if self.drawn % 300 == 0:
            self.made[self.rng.randrange(len(self.made))] = Ground(backgrounds.make(self.rs))
            self.rough[self.rng.randrange(len(self.rough))] = Ground(backgrounds.rough(self.rs))
        return self.rng.choice(self.real if self.real and self.rng.random() < 0.4 else self.made)

    def sample(self):
        """Returns the views uint8 [SIZE, SIZE, 2], the text bool and the weight float32, both [SIZE/2, SIZE/2]."""
        rng, ground, rough = self.rng, self.ground(), self.rng.random() < 0.1
        ground = rng.choice(self.rough) if rough else ground
        a, shown = self.crop(ground)
        # A frame whose sides are no multiples of eight ends before what the network is given does.
        ends = tuple(SIZE - (rng.randint(1, 7) if shown.all() and rng.random() < 0.25 else 0) for _ in "yx")
        shown[ends[0] :], shown[:, ends[1] :] = False, False
        spread = max(ground.p95 - ground.p5, 0.05 * (ground.high - ground.low), 1e-3)
        if rng.random() < 0.45:
            a = self.clutter(a, ground, spread)
        text, weight, taken = np.zeros((SIZE, SIZE), bool), np.ones((SIZE, SIZE), np.float32), []
        if rng.random() < (0.6 if rough else 0.75):
            block = rng.random() < 0.3
            style = self.style(ground, spread, rough)
            for _ in range(rng.choice([1, 1, 2, 3, 4, 6])):
                if not block:
                    style = self.style(ground, spread, rough)
                self.write(a, ground, spread, style, text, weight, taken, block)
            if rng.random() < 0.3:
                self.write_at_edge(a, ground, spread, text, weight, taken, ends)
        return self.finish(a, ground, text, weight, shown)

    def crop(self, ground):
        """Returns a part of a background, and which of its pixels belong to the frame: a small one does not fill it."""
        rng, a = self.rng, ground.a
        shown = np.ones(a.shape[:2], bool)
        grown = [max(0, SIZE - n) for n in a.shape[:2]]
        if any(grown):
            before = [rng.choice([0, 0, n // 16 * 8]) for n in grown]
            pad = [(first, n - first) for first, n in zip(before, grown)]
            a, shown = np.pad(a, pad + [(0, 0)] * (a.ndim - 2), mode="edge"), np.pad(shown, pad)
        y, x = rng.randint(0, a.shape[0] - SIZE), rng.randint(0, a.shape[1] - SIZE)
        a, shown = a[y : y + SIZE, x : x + SIZE], shown[y : y + SIZE, x : x + SIZE]
        if rng.random() < 0.5:
            a, shown = a[:, ::-1], shown[:, ::-1]
        turns = rng.randint(0, 3)
        return np.rot90(a, turns).copy(), np.rot90(shown, turns).copy()

    def clutter(self, a, ground, spread):
        rng = self.rng
        cover = clutter.marks(SIZE, rng, rng.randint(1, 3))
        value = ground.high if rng.random() < 0.6 else ground.p5 + rng.uniform(-0.3, 1.3) * spread
        cover = cover * (cover > 0.05)
        if a.ndim == 3:
            return a * (1 - cover[..., None]) + cover[..., None] * value * np.array(rng.choice(COLOURS), np.float32)
        return (a * (1 - cover) + cover * value).astype(np.float32)

    def style(self, ground, spread, rough=False):
        rng = self.rng
        kind = rng.choice(["bottom", "faint", "faint", "faint", "top", "outline"]) if rough else rng.choice(["top", "top", "top", "bottom", "bottom", "bottom", "faint", "faint", "faint", "faint", "faint", "box", "box", "dark box", "outline", "outline"])
        # A caption is often far brighter than the image, which is then seen by its ranks alone.
        above = rng.uniform(1, 3) if rng.random() < 0.7 else np.exp(rng.uniform(np.log(3), np.log(40)))
        top = rng.choice([ground.high, ground.high, ground.low + above * (ground.high - ground.low)])
        share = rng.uniform(0.17, 0.6) if rng.random() < 0.8 else rng.uniform(0.6, 1.2)
        return dict(kind=kind, top=top, share=share, colour=np.array(rng.choice(COLOURS), np.float32), size=rng.choice(ink.SIZES))

    def write(self, a, ground, spread, style, text, weight, taken, block):
        rng = self.rng
        hard = style["kind"] in ("faint", "bottom") and rng.random() < 0.5
        alpha = self.line("small" if hard else "short" if rng.random() < 0.08 else "any")
        if alpha is None:
            return
        place = self.place(*alpha.shape, taken, block)
        if place is not None:
            self.draw(a, alpha, place, ground, spread, style, text, weight, taken)

    def write_at_edge(self, a, ground, spread, text, weight, taken, ends):
        """Draws a short text, or a line, whose ink begins at an edge of the frame, or which the edge cuts."""
        rng, alpha = self.rng, self.line("short" if self.rng.random() < 0.75 else "any")
        if alpha is None:
            return
        if rng.random() < 0.2:
            alpha = np.ascontiguousarray(np.rot90(alpha, rng.choice([1, 3])))
        h, w = alpha.shape
        letter = min(h, w)
        for _ in range(8):
            gap = [rng.choice([0, 0, 0, 1, 2, 3]) if rng.random() < 0.65 else -rng.randint(0, int(0.4 * letter)) for _ in "yx"]
            y = rng.choice([gap[0], ends[0] - h - gap[0]])
            x = rng.choice([gap[1], ends[1] - w - gap[1]])
            side = rng.choice(["y", "y", "x", "corner"])  # letters that lie flat are cut along more of their ink
            y = rng.randint(2, max(2, SIZE - h)) if side == "x" else y
            x = rng.randint(2, max(2, SIZE - w)) if side == "y" else x
            if self.is_free(y, x, h, w, taken, 6):
                self.draw(a, alpha, (y, x), ground, spread, self.style(ground, spread), text, weight, taken)
                return

    def draw(self, a, alpha, place, ground, spread, style, text, weight, taken):
        (h, w), (y, x) = alpha.shape, place
        top, left, bottom, right = max(0, y), max(0, x), min(SIZE, y + h), min(SIZE, x + w)
        alpha = alpha[top - y : bottom - y, left - x : right - x]
        if (alpha > 0.3).sum() < 6:
            return
        taken.append((y, x, y + h, x + w))
        strong = self.blend(a, alpha, top, left, ground, spread, style)
        self.mark(text, weight, top, left, bottom, right, strong)

    def place(self, h, w, taken, block):
        rng = self.rng
        for _ in range(8):
            if block and taken:
                last = taken[-1]
                y, x = last[2] + max(2, int(rng.uniform(0.1, 0.6) * h)), last[1]
            else:
                x = rng.randint(-w // 3, SIZE - w + w // 3) if w < SIZE else rng.randint(SIZE - w - 30, 30)
                y = rng.randint(1, SIZE - h - 1) if h < SIZE - 2 else rng.randint(SIZE - h - 30, 30)
            room = 2 if block else 6
            if y < SIZE - 4 and self.is_free(y, x, h, w, taken, room):
                return y, x
        return None

    def is_free(self, y, x, h, w, taken, room):
        return all(y > t[2] + room - 1 or y + h < t[0] - room + 1 or x > t[3] + room or x + w < t[1] - room for t in taken)

    def blend(self, a, alpha, y, x, ground, spread, style):
        """Draws the ink into the patch; returns how far it stands out, in shares of the working range."""
        h, w = alpha.shape
        pad = self.rng.randint(2, max(3, h // 3))
        around = a[max(0, y - pad) : y + h + pad, max(0, x - pad) : x + w + pad]
        tint = style["colour"] if a.ndim == 3 else np.float32(1)
        level = float(np.median(a[y : y + h, x : x + w]))
        value = style["top"] * tint
        if style["kind"] == "bottom" and level > ground.p5 + 0.2 * spread:
            value = np.float32(ground.low) * np.ones_like(tint)
        elif style["kind"] == "faint":
            up = level + style["share"] * spread <= max(ground.high, ground.p95) and self.rng.random() < 0.7
            value = (level + (1 if up else -1) * style["share"] * spread) * (tint if a.ndim == 3 and self.rng.random() < 0.3 else np.ones_like(tint))
        elif style["kind"] == "box":
            around[...] = style["top"] * tint
            value = np.float32(ground.low) * np.ones_like(tint)
        elif style["kind"] == "dark box":
            around[...] = ground.low
        elif style["kind"] == "outline":
            reach = ndi.binary_dilation(np.pad(alpha > 0.3, 1))[: SIZE - y + 1, : SIZE - x + 1]
            reach = reach[(1 if y == 0 else 0) :, (1 if x == 0 else 0) :]
            into = a[max(0, y - 1) :, max(0, x - 1) :][: reach.shape[0], : reach.shape[1]]
            into[reach[: into.shape[0], : into.shape[1]]] = ground.low
        under = a[y : y + h, x : x + w]
        before = under.copy()
        cover = alpha[..., None] if a.ndim == 3 else alpha
        under[...] = before * (1 - cover) + cover * value
        change = np.abs(under - before)
        change = change.max(-1) if a.ndim == 3 else change
        solid = alpha > 0.5 * alpha.max()
        strong = float(np.median(change[solid])) / spread
        # Noise hides thin strokes that are hardly stronger than it; thick ones show as a whole.
        grain = float(np.diff(before, axis=1).std()) / 1.4 / spread if w > 1 else 0
        return strong if strong > grain * (0.9 if min(h, w) >= 24 else 1.3) else 0.0

    def mark(self, text, weight, y0, x0, y1, x1, strong):
        """Marks the box, drawn in by a tenth so that lines stay apart; its rim counts nothing."""
        h, w = y1 - y0, x1 - x0
        inner = min(int(round(0.1 * min(h, w))), 4)
        rim = 1 + inner // 2
        weight[max(0, y0 - rim) : y1 + rim, max(0, x0 - rim) : x1 + rim] = 0
        if strong < 0.08:  # too faint for anyone: neither text nor no text
            return
        top, left, bottom, right = y0 + inner * (y0 > 0), x0 + inner * (x0 > 0), y1 - inner * (y1 < SIZE), x1 - inner * (x1 < SIZE)
        weight[top:bottom, left:right] = np.clip(22 / (min(h, w) + 4), 0.6, 1.8)
        text[top:bottom, left:right] = True

    def finish(self, a, ground, text, weight, shown):
        rng = self.rng
        if rng.random() < 0.15:
            sigma = rng.uniform(0.3, 0.8)
            a = ndi.gaussian_filter(a, (sigma, sigma) + (0,) * (a.ndim - 2))
        if rng.random() < 0.15:
            a = a + rng.uniform(0, 0.04) * max(ground.p95 - ground.p5, 1e-3) * self.rs.standard_normal(a.shape).astype(np.float32)
        if rng.random() < 0.2:
            a = self.compress(a)
        high, low = views.channels(a)
        if rng.random() < 0.15:
            scale = views.Scale(high, low)
        else:
            scale = views.Scale.__new__(views.Scale)
            scale.low, scale.high, scale.rank = ground.scale.low, ground.scale.high, ground.scale.rank
            scale.widen(float(low.min()), float(high.max()))
        v = scale.views(high, low)
        if rng.random() < 0.4:  # other gammas, other shares of the range
            table = 255 * (np.linspace(0, 1, 256) ** rng.uniform(0.45, 2.0)) * (1 if rng.random() < 0.4 else rng.uniform(0.3, 1) if rng.random() < 0.4 else rng.uniform(0.01, 0.3))
            v = v.copy()
            v[..., 0] = (table + 0.5).astype(np.uint8)[v[..., 0]]
        if rng.random() < 0.25:
            v = 255 - v
        v, weight = np.where(shown[..., None], v, np.uint8(128)), weight * shown  # what lies outside a frame is grey
        return v, text[::2, ::2] | text[1::2, 1::2], np.minimum(weight[::2, ::2], weight[1::2, 1::2])

    def compress(self, a):
        low, high = float(a.min()), float(a.max())
        eight = ((a - low) * (255 / max(high - low, 1e-6)) + 0.5).astype(np.uint8)
        file = io.BytesIO()
        Image.fromarray(eight).save(file, "JPEG", quality=self.rng.randint(35, 92))
        return np.asarray(Image.open(file), np.float32) * ((high - low) / 255) + low


def batch(source, count):
    drawn = [source.sample() for _ in range(count)]
    return tuple(np.stack(part) for part in zip(*drawn))


if __name__ == "__main__":
    import sys
    import time

    source = Source(1)
    start, count = time.process_time(), 64
    v, t, w = batch(source, count)
    print(f"{(time.process_time() - start) / count * 1000:.1f} ms a sample, {t.mean():.3f} of the area is text, {(w == 0).mean():.3f} counts nothing")
    rows = []
    for i in range(0, 32, 8):
        for part in (v[..., 0], v[..., 1], (t * 200 + (w == 0) * 55).astype(np.uint8).repeat(2, 1).repeat(2, 2)):
            rows.append(np.concatenate(list(part[i : i + 8]), 1))
    Image.fromarray(np.concatenate(rows, 0)).save(sys.argv[1])
