"""Marks that look a little like text and are none: rulers, calipers, traces, grids, bars, clips, wires, frames."""
import numpy as np
from PIL import Image, ImageDraw


def ruler(pen, n, rng):
    x, step, side = rng.randint(2, n - 14), rng.randint(4, 24), rng.choice([-1, 1])
    lying = rng.random() < 0.4
    for i in range(n // step + 1):
        long = rng.choice([4, 5, 6]) if i % 5 else rng.choice([8, 10, 12])
        a, b = (x, i * step), (x + side * long, i * step)
        pen.line([a[::-1], b[::-1]] if lying else [a, b], fill=255)
    if rng.random() < 0.6:
        pen.line([(0, x), (n, x)] if lying else [(x, 0), (x, n)], fill=255)


def dots(pen, n, rng):
    x, y, step, r = rng.randint(0, n), rng.randint(0, n), rng.randint(4, 30), rng.choice([0, 0, 1, 2])
    dx, dy = rng.choice([(1, 0), (0, 1), (1, 1)])
    for i in range(rng.randint(3, 30)):
        px, py = x + dx * i * step, y + dy * i * step
        pen.rectangle([px, py, px + r, py + r], fill=255)


def dashes(pen, n, rng):
    x, y, step = rng.randint(0, n), rng.randint(0, n), rng.randint(4, 16)
    for i in range(rng.randint(3, 30)):
        a = x + i * step
        pen.line([(a, y), (a + step // 2, y)] if rng.random() < 0.99 else [(a, y), (a, y)], fill=255, width=1)


def trace(pen, n, rng):
    y, period, high = rng.randint(10, n - 10), rng.uniform(25, 110), rng.uniform(6, 40)
    x = np.arange(0, n, 0.5)
    phase = (x / period) % 1
    t = -high * np.exp(-(((phase - 0.4) / 0.02) ** 2)) + 0.3 * high * np.exp(-(((phase - 0.44) / 0.02) ** 2))
    t -= 0.2 * high * np.exp(-(((phase - 0.65) / 0.05) ** 2))
    pen.line([(float(a), float(y + b)) for a, b in zip(x, t)], fill=255, width=rng.choice([1, 1, 2]))


def fence(pen, n, rng):
    """Bars beside each other as close as the strokes of letters, over a part or all of a patch."""
    step, (x, y) = rng.randint(3, 16), (rng.randint(-20, n - 20) for _ in "xy")
    w, h, wide = rng.randint(30, n + 40), rng.randint(20, n + 40), rng.randint(1, max(1, step * 2 // 3))
    for i in range(x, x + w, step):
        pen.rectangle([i, y, i + wide - 1, y + h], fill=255)


def grid(pen, n, rng):
    x, y, step, count = rng.randint(-20, n // 2), rng.randint(-20, n // 2), rng.randint(6, 32), rng.randint(2, 9)
    for i in range(count + 1):
        pen.line([(x + i * step, y), (x + i * step, y + count * step)], fill=255)
        pen.line([(x, y + i * step), (x + count * step, y + i * step)], fill=255)


def bar(pen, n, rng):
    x, y, wide, high = rng.randint(0, n - 16), rng.randint(0, n // 3), rng.randint(6, 20), rng.randint(40, n)
    for i in range(high):
        pen.line([(x, y + i), (x + wide, y + i)], fill=int(255 * (1 - i / high)))
    if rng.random() < 0.5:
        pen.rectangle([x - 1, y - 1, x + wide + 1, y + high + 1], outline=255)


def wire(pen, n, rng):
    p, turn = np.array([rng.uniform(0, n), rng.uniform(0, n)]), rng.uniform(0, 6.3)
    points = []
    for _ in range(rng.randint(10, 80)):
        turn += rng.gauss(0, 0.15)
        p = p + 5 * np.array([np.cos(turn), np.sin(turn)])
        points.append(tuple(p))
    pen.line(points, fill=255, width=rng.choice([1, 1, 2, 3, 4]))


def caliper(pen, n, rng):
    for _ in range(rng.randint(1, 4)):
        x, y, r = rng.randint(5, n - 5), rng.randint(5, n - 5), rng.randint(2, 7)
        if rng.random() < 0.7:
            pen.line([(x - r, y), (x + r, y)], fill=255)
            pen.line([(x, y - r), (x, y + r)], fill=255)
        else:
            pen.line([(x - r, y - r), (x + r, y + r)], fill=255)
            pen.line([(x - r, y + r), (x + r, y - r)], fill=255)


def arrow(pen, n, rng):
    x, y, r = rng.randint(10, n - 10), rng.randint(10, n - 10), rng.randint(4, 12)
    pen.line([(x, y), (x + 4 * r * rng.choice([-1, 1]), y + rng.randint(-20, 20))], fill=255, width=rng.choice([1, 2, 3]))
    pen.polygon([(x, y), (x + r, y + r // 3), (x + r // 3, y + r)], fill=255)


def clips(pen, n, rng):
    for _ in range(rng.randint(2, 18)):
        x, y, r, turn = rng.randint(0, n), rng.randint(0, n), rng.randint(3, 10), rng.uniform(0, 3.1)
        pen.line([(x, y), (x + r * np.cos(turn), y + r * np.sin(turn))], fill=255, width=rng.choice([1, 2, 3]))


def frame(pen, n, rng):
    x, y, w, h = rng.randint(-20, n - 20), rng.randint(-20, n - 20), rng.randint(10, n), rng.randint(10, n)
    if rng.random() < 0.6:
        pen.rectangle([x, y, x + w, y + h], outline=255, width=rng.choice([1, 1, 2]))
    else:
        pen.ellipse([x, y, x + w, y + h], outline=255, width=rng.choice([1, 1, 2]))


def blobs(pen, n, rng):
    for _ in range(rng.randint(1, 12)):
        x, y, r = rng.randint(0, n), rng.randint(0, n), rng.randint(1, 10)
        pen.ellipse([x, y, x + r, y + rng.randint(1, 10)], fill=255 if rng.random() < 0.7 else 0, outline=255)


def wedge(pen, n, rng):
    x, y, r = rng.randint(10, n - 10), rng.randint(10, n - 10), rng.randint(3, 14)
    corner = lambda: (x + rng.randint(-r, r), y + rng.randint(-r, r))
    pen.polygon([corner(), corner(), corner()], fill=255 if rng.random() < 0.5 else None, outline=255)


KINDS = [ruler, ruler, fence, fence, fence, dots, dashes, trace, grid, bar, wire, caliper, caliper, arrow, clips, frame, frame, blobs, wedge]


def marks(n, rng, count):
    """Returns how strongly marks cover an n × n patch, 0..1."""
    image = Image.new("L", (n, n))
    pen = ImageDraw.Draw(image)
    for _ in range(count):
        rng.choice(KINDS)(pen, n, rng)
    cover = np.asarray(image, np.float32) / 255
    turn = rng.randint(0, 3)
    return np.rot90(cover, turn)
