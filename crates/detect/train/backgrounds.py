"""Frames without text to draw on: made ones, and real ones that ship inside Python packages.

A background is a float32 array [rows, columns] or [rows, columns, 3] in whatever range it came in.
"""
import glob
import importlib.util
import os
import warnings

import numpy as np
from scipy import ndimage as ndi

# Files of `pydicom` 3 and `pydicom-data` 1.0.0 that show no text. The others show some, or are kept for validation.
DICOM_FILES = """693_J2KI.dcm CT_small.dcm JPEG2000.dcm JPGExtended.dcm SC_jpeg_no_color_transform.dcm
SC_jpeg_no_color_transform_2.dcm examples_overlay.dcm image_dfl.dcm liver_1frame.dcm MR2_J2KI.dcm RG1_J2KI.dcm
bad_sequence.dcm eCT_Supplemental.dcm explicit_VR-UN.dcm""".split()
# Files of `scikit-image` 0.26 that show no text.
PICTURES = """camera.png coins.png moon.png grass.png gravel.png retina.jpg ihc.png cell.png microaneurysms.png
hubble_deep_field.jpg coffee.png chelsea.png brick.png chessboard_GRAY.png""".split()


def smooth(rs, shape, sigma):
    """Returns Gaussian noise of unit spread that varies over about `sigma` pixels; cheap for large sigmas."""
    step = max(1, int(np.min(sigma) / 3))
    small = (shape[0] // step + 3, shape[1] // step + 3)
    field = ndi.gaussian_filter(rs.standard_normal(small).astype(np.float32), sigma / step)
    if step > 1:
        field = ndi.zoom(field, step, order=1)
    field = field[: shape[0], : shape[1]]
    return (field - field.mean()) / (field.std() + 1e-6)


def disc(shape, cy, cx, ry, rx, turn=0.0):
    """Returns where a turned ellipse is."""
    y, x = np.ogrid[: shape[0], : shape[1]]
    y, x = y - cy, x - cx
    c, s = np.cos(turn), np.sin(turn)
    return ((c * x + s * y) / rx) ** 2 + ((c * y - s * x) / ry) ** 2 < 1


def ground(rs, n=448):
    """A level, a slope, and noise of one or two scales: what lies under text outside the anatomy."""
    a = np.full((n, n), rs.uniform(0, 1), np.float32)
    if rs.random() < 0.5:
        y, x = np.mgrid[:n, :n] / n
        a += rs.uniform(-1, 1) * x + rs.uniform(-1, 1) * y
    for sigma in rs.choice([0.01, 0.6, 1.0, 2.0, 5.0, 15.0, 50.0], rs.integers(0, 4), replace=False):
        a += rs.choice([0.01, 0.03, 0.1, 0.2]) * smooth(rs, a.shape, max(sigma, 0.35))
    return a


def slice_of_body(rs, n=512):
    """Ellipses in an ellipse, a bright rim, rings of bone, reconstruction noise."""
    a = np.full((n, n), rs.choice([0.0, 0.0, 0.05, 0.15]), np.float32)
    body = disc(a.shape, n * rs.uniform(0.45, 0.55), n / 2, n * rs.uniform(0.25, 0.45), n * rs.uniform(0.25, 0.48))
    level = rs.uniform(0.15, 0.6)
    a[body] = level
    for _ in range(rs.integers(4, 40)):
        r = rs.uniform(0.01, 0.12) * n
        spot = disc(a.shape, rs.uniform(0.1, 0.9) * n, rs.uniform(0.1, 0.9) * n, r, r * rs.uniform(0.4, 2), rs.uniform(0, 3))
        a[spot & body] = level * rs.uniform(0.3, 1.9) if rs.random() < 0.6 else rs.uniform(0, 1)
    rim = body & ~ndi.binary_erosion(body, iterations=int(rs.integers(2, 16)))
    if rs.random() < 0.5:
        a[rim] = rs.uniform(0.5, 1.1)
    a = ndi.gaussian_filter(a, rs.uniform(0.4, 1.8))
    a += rs.uniform(0, 0.05) * smooth(rs, a.shape, rs.uniform(0.4, 1.5)) * (body + rs.choice([0.05, 0.5, 1.0]))
    return a if rs.random() < 0.5 else np.maximum(a, 0)


def sector_of_speckle(rs, h=480, w=640):
    """A fan or a rectangle of speckle on black, with dark cysts and bright layers, grey or tinted."""
    y, x = np.mgrid[:h, :w].astype(np.float32)
    if rs.random() < 0.7:
        r, turn = np.hypot(y + rs.uniform(-30, 60), x - w / 2), np.arctan2(x - w / 2, y + 40)
        area = (r > rs.uniform(20, 90)) & (r < h * rs.uniform(0.7, 1.0)) & (np.abs(turn) < rs.uniform(0.4, 0.9))
    else:
        area = (x > rs.uniform(0.02, 0.3) * w) & (x < rs.uniform(0.7, 0.98) * w) & (y > rs.uniform(0.02, 0.2) * h)
    grain = np.hypot(smooth(rs, (h, w), rs.uniform(0.6, 2.2)), smooth(rs, (h, w), rs.uniform(0.6, 2.2)))
    tissue = np.clip(rs.uniform(0.05, 0.3) + 0.12 * smooth(rs, (h, w), rs.uniform(8, 40)), 0.01, 1)
    tissue += 0.3 * np.exp(-((y - rs.uniform(0.2, 0.8) * h + 20 * smooth(rs, (h, w), 60)) / rs.uniform(2, 12)) ** 2)
    for _ in range(rs.integers(0, 6)):
        tissue[disc((h, w), rs.uniform(0, h), rs.uniform(0, w), rs.uniform(6, 70), rs.uniform(6, 70))] *= rs.uniform(0.02, 0.5)
    a = np.clip(np.where(area, grain * tissue, rs.choice([0, 0, 0.03])), 0, 1).astype(np.float32)
    if rs.random() < 0.5:
        a = a ** rs.uniform(0.4, 1.0)
    a = (a * 255).round()
    if rs.random() < 0.3:
        tint = np.stack([a] * 3, -1)
        flow = (smooth(rs, (h, w), 12) > 1.3) & area
        tint[flow] = [[rs.uniform(120, 255), rs.uniform(0, 160), 0]] if rs.random() < 0.5 else [[0, rs.uniform(0, 120), rs.uniform(150, 255)]]
        return tint
    return a


def projection(rs, h=640, w=560):
    """A radiograph: soft fields, ribs or a long bone, collimation, quantum noise."""
    a = 0.6 + rs.uniform(0.03, 0.15) * smooth(rs, (h, w), 60)
    y, x = np.mgrid[:h, :w].astype(np.float32)
    for k in range(rs.integers(0, 11)):
        c = (0.05 + 0.09 * k) * h + rs.uniform(0.1, 0.5) * np.abs(x - w * rs.uniform(0.4, 0.6))
        a += rs.uniform(0.03, 0.15) * np.exp(-((y - c) / rs.uniform(4, 14)) ** 2)
    for _ in range(rs.integers(0, 5)):
        a[disc((h, w), rs.uniform(0, h), rs.uniform(0, w), rs.uniform(0.1, 0.4) * h, rs.uniform(0.05, 0.2) * w, rs.uniform(0, 3))] += rs.uniform(-0.3, 0.3)
    a = ndi.gaussian_filter(a, rs.uniform(0.8, 4))
    a += rs.uniform(0.003, 0.04) * smooth(rs, a.shape, rs.uniform(0.4, 1.2))
    if rs.random() < 0.4:
        m = int(rs.uniform(0.02, 0.2) * w)
        edge = np.ones_like(a, bool)
        edge[m:-m, m:-m] = False
        a[edge] = rs.choice([0.0, a.max()])
    bits = rs.choice([8, 10, 12, 14])
    a = np.clip(a / 1.3, 0, 1) * (2**bits - 1)
    return a.round().astype(np.float32)


def vessels(rs, n=512):
    """Dark branching lines on a soft field within a round or square window."""
    a = 0.6 + 0.08 * smooth(rs, (n, n), 70)
    lines = np.zeros((n, n), np.float32)
    for _ in range(rs.integers(5, 30)):
        p, turn, wide = rs.uniform(0.1, 0.9, 2) * n, rs.uniform(0, 6.3), rs.uniform(0.6, 4)
        for _ in range(rs.integers(20, 120)):
            turn += rs.normal(0, 0.18)
            p = p + 3 * np.array([np.sin(turn), np.cos(turn)])
            y, x = int(p[0]), int(p[1])
            if 6 < y < n - 6 and 6 < x < n - 6:
                k = int(wide)
                lines[y - k : y + k + 1, x - k : x + k + 1] = rs.uniform(0.2, 1)
    a -= rs.choice([-0.35, 0.35]) * ndi.gaussian_filter(lines, rs.uniform(0.7, 1.6))
    a += rs.uniform(0.003, 0.03) * smooth(rs, a.shape, 0.6)
    if rs.random() < 0.5:
        a[~disc(a.shape, n / 2, n / 2, n * 0.48, n * 0.48)] = 0
    return (np.clip(a, 0, 1) * rs.choice([255, 1023])).round().astype(np.float32)


def colour(rs, n=448):
    """Tissue in colour: a stained section, a fundus, or the wet wall of an endoscopy."""
    kind = rs.integers(0, 3)
    if kind == 0:
        a = np.full((n, n, 3), [rs.uniform(215, 250), rs.uniform(190, 230), rs.uniform(220, 245)], np.float32)
        stroma = smooth(rs, (n, n), rs.uniform(6, 30)) > rs.uniform(-0.8, 0.8)
        a[stroma] = [rs.uniform(190, 235), rs.uniform(110, 170), rs.uniform(170, 210)]
        nuclei = smooth(rs, (n, n), rs.uniform(1.5, 4)) > rs.uniform(1.2, 2.0)
        a[nuclei & stroma] = [rs.uniform(70, 120), rs.uniform(40, 90), rs.uniform(120, 160)]
        a = ndi.gaussian_filter(a, (1, 1, 0)) + 5 * smooth(rs, (n, n), 0.6)[..., None]
    elif kind == 1:
        shade = 0.7 + 0.15 * smooth(rs, (n, n), 60)
        a = shade[..., None] * np.array([rs.uniform(170, 240), rs.uniform(70, 130), rs.uniform(20, 70)], np.float32)
        tree = vessels(rs, n) / 255
        a *= np.clip(0.6 + 0.6 * tree, 0.3, 1.2)[..., None]
        a[~disc((n, n), n / 2, n / 2, n * 0.47, n * 0.47)] = 0
    else:
        shade = 0.6 + 0.25 * smooth(rs, (n, n), 40)
        a = shade[..., None] * np.array([rs.uniform(180, 250), rs.uniform(90, 160), rs.uniform(60, 130)], np.float32)
        a[smooth(rs, (n, n), rs.uniform(2, 6)) > 2.2] = 250
        a = ndi.gaussian_filter(a, (1, 1, 0)) + 3 * smooth(rs, (n, n), 0.6)[..., None]
        if rs.random() < 0.7:
            a[~disc((n, n), n / 2, n / 2, n * 0.4, n * 0.46)] = rs.choice([0, 5])
    return np.clip(a, 0, 255).round().astype(np.float32)


def panel(rs, n=448):
    """A screen: flat rectangles, frames, ramps, icons without letters."""
    deep = rs.random() < 0.4
    a = np.full((n, n, 3), rs.uniform(0, 255) if rs.random() < 0.5 else rs.choice([0, 20, 240, 255]), np.float32)
    for _ in range(rs.integers(3, 22)):
        y, x, h, w = rs.integers(0, n - 20), rs.integers(0, n - 20), rs.integers(4, 200), rs.integers(4, 260)
        shade = rs.uniform(0, 255, 3) if deep else np.full(3, rs.uniform(0, 255))
        if rs.random() < 0.3:
            a[y : y + h, x : x + w] = np.linspace(0, 1, a[y : y + h, x : x + w].shape[1])[None, :, None] * shade
        else:
            a[y : y + h, x : x + w] = shade
            if rs.random() < 0.5:
                a[y + 1 : y + h - 1, x + 1 : x + w - 1] = rs.uniform(0, 255)
    a += rs.choice([0, 0, 2, 6]) * rs.standard_normal((n, n, 1)).astype(np.float32)
    a = np.clip(a, 0, 255).round()
    return a if deep else a[..., 0].copy()


def shrunk(a, height):
    """Returns a picture that is `height` rows high, each pixel the mean of those it stands for."""
    share = height / a.shape[0]
    a = ndi.gaussian_filter(a, (0.4 / share, 0.4 / share) + (0,) * (a.ndim - 2))
    return ndi.zoom(a, (share, share) + (1,) * (a.ndim - 2), order=1)


def folds(rs, n=256):
    """A head: a bright rim, and within it folds as wide as the strokes of letters when it is shrunk."""
    y, x = rs.uniform(0.4, 0.49, 2) * n
    head = disc((n, n), n / 2, n / 2, y, x)
    bone = head & ~disc((n, n), n / 2, n / 2, y * rs.uniform(0.82, 0.95), x * rs.uniform(0.82, 0.95))
    a = 0.5 + 0.3 * np.sin(rs.uniform(2, 9) * smooth(rs, (n, n), rs.uniform(6, 20))) + 0.1 * smooth(rs, (n, n), 3)
    a = np.where(head, a * rs.uniform(0.4, 1), 0).astype(np.float32)
    a[bone] = rs.uniform(0, 1.2)
    return ndi.gaussian_filter(a, rs.uniform(0.6, 2))


def mosaic(rs):
    """Rows of small slices beside each other, as one image, each a little unlike the one before."""
    side, rows, columns = int(rs.integers(32, 129)), int(rs.integers(2, 8)), int(rs.integers(2, 8))
    draw = folds if rs.random() < 0.7 else slice_of_body
    first, last = shrunk(draw(rs), side), shrunk(draw(rs), side)
    if rs.random() < 0.5:
        first, last = (ndi.rotate(one, turn, reshape=False, order=1) for turn in [rs.uniform(-50, 50)] for one in (first, last))
    side = first.shape[0]
    a = np.zeros((rows * side, columns * side), np.float32)
    shown, dim = rows * columns - int(rs.integers(0, columns)), rs.choice([0, 0, 0.5, 0.9])
    for k in range(shown):
        part = first + (last - first) * (k / shown) if rs.random() < 0.8 else first
        small = shrunk(part, max(8, int(side * (1 - 0.6 * max(0, 2 * k / shown - 1) * rs.uniform(0.5, 1)))))
        small = small * (1 - dim * k / shown)
        y, x = k // columns * side + (side - small.shape[0]) // 2, k % columns * side + (side - small.shape[1]) // 2
        a[y : y + small.shape[0], x : x + small.shape[1]] = small
    a += rs.choice([0, 0.01, 0.04]) * smooth(rs, a.shape, rs.uniform(0.4, 1))
    if rs.random() < 0.5:
        a = np.hypot(a, rs.uniform(0.005, 0.05) * smooth(rs, a.shape, rs.uniform(0.4, 0.8)))
    return 1 - a if rs.random() < 0.2 else a


def small(rs):
    """A frame of few pixels: a slice, a map or a thumbnail."""
    a = [slice_of_body, folds, projection, colour, ground][rs.integers(5)](rs)
    return shrunk(a, int(rs.integers(40, 129)))


def grain(rs):
    """Nothing but noise, often in a small frame."""
    high, wide = rs.integers(32, 160, 2) if rs.random() < 0.7 else (320, 320)
    a = smooth(rs, (int(high), int(wide)), rs.uniform(0.35, 1.6))
    return a if rs.random() < 0.5 else ndi.uniform_filter(rs.uniform(0, 1, a.shape).astype(np.float32), int(rs.integers(1, 3)))


def snow(rs, n=320):
    """White noise of any strength on one value or soft shades, as of a detector that counts little, with room above and below it."""
    a = rs.uniform(0.2, 0.8) + rs.choice([0, 0, 0.1, 0.3]) * smooth(rs, (n, n), rs.uniform(20, 80))
    noise = rs.standard_normal((n, n)) if rs.random() < 0.6 else rs.uniform(-1.7, 1.7, (n, n))
    a = a + np.exp(rs.uniform(np.log(0.01), np.log(0.25))) * noise
    if rs.random() < 0.3:
        a = smooth(rs, (n, n), 0.4) * rs.uniform(0.02, 0.2) + rs.uniform(0.2, 0.8)
    a[0, 0], a[-1, -1] = min(a.min(), rs.uniform(-0.5, 0.2)), max(a.max(), rs.uniform(0.8, 1.5))
    return a.astype(np.float32)


def steps(rs):
    """A slope, or two, whose noise is a few whole steps of the samples wide, in frames of any size: little more than digits show."""
    h, w = (int(n) for n in rs.integers(48, 420, 2))
    y, x = np.mgrid[:h, :w] / max(h, w)
    top = int(rs.choice([63, 255, 255, 255, 1023]))
    a = top * (rs.uniform(0.02, 0.7) + rs.choice([0.0, 0.05, 0.3]) * rs.uniform(-1, 1) * x + rs.choice([0.0, 0.05, 0.3]) * rs.uniform(-1, 1) * y)
    if rs.random() < 0.3:
        a += top * rs.uniform(0.01, 0.1) * smooth(rs, (h, w), rs.uniform(15, 60))
    wide = int(rs.integers(1, 10))
    noise = rs.integers(0, wide + 1, (h, w)) if rs.random() < 0.5 else rs.normal(0, wide / 3, (h, w))
    a = np.floor(a) + np.round(noise) if rs.random() < 0.7 else np.round(a + noise)
    if rs.random() < 0.3:
        a[0, 0], a[-1, -1] = 0, top
    return np.clip(a, 0, top).astype(np.float32)


def stripes(rs, n=320):
    """Bars of many widths beside each other, as in a test picture."""
    widths = rs.integers(1, int(rs.choice([3, 8, 40])) + 1, n)
    row = np.repeat(rs.uniform(0, 1, n), widths)[:n]
    a = np.tile(row.astype(np.float32), (n, 1))
    a[int(rs.uniform(0.3, 1) * n) :] = np.repeat(rs.uniform(0, 1, n), 16)[:n]
    return a.T.copy() if rs.random() < 0.5 else a


def speckle(rs, n=384):
    """Nothing but speckle, dark or bright, whose grain is as wide as the strokes of small letters."""
    wide = rs.uniform(0.7, 2.0)
    a = np.hypot(smooth(rs, (n, n), wide), smooth(rs, (n, n), wide) if rs.random() < 0.5 else 0)
    a *= np.clip(rs.uniform(0.1, 0.5) + rs.uniform(0, 0.15) * smooth(rs, (n, n), rs.uniform(8, 40)), 0.02, 1)
    return (np.clip(a, 0, 1) * 255).round() if rs.random() < 0.7 else a


def cut_out(rs):
    """A brain that a program cut out of its skull: ragged borders, furrows, vessels dark or bright, one value around it."""
    n = int(rs.choice([192, 256, 384, 512]))
    y, x = (np.mgrid[:n, :n] / n - 0.5) / rs.uniform(0.28, 0.48, (2, 1, 1))
    edge = 1 - np.hypot(y, x) + rs.uniform(0.01, 0.1) * smooth(rs, (n, n), rs.uniform(2, 9))
    tissue = rs.uniform(0.05, 0.8) + rs.uniform(0.03, 0.12) * smooth(rs, (n, n), rs.uniform(2, 12)) + rs.uniform(0, 0.06) * smooth(rs, (n, n), 0.6)
    if rs.random() < 0.6:
        dark = smooth(rs, (n, n), rs.uniform(1.5, 5)) > rs.uniform(1.3, 2.4)
        tissue[dark] *= rs.uniform(0, 0.8)
    if rs.random() < 0.6:
        # The largest values along a way through the head: thin bright lines that branch and cross.
        lines = [np.abs(smooth(rs, (n, n), rs.uniform(4, 20))) < rs.uniform(0.02, 0.1) for _ in range(rs.integers(1, 4))]
        near = smooth(rs, (n, n), rs.uniform(10, 30)) > rs.uniform(-0.5, 1)
        tissue = np.maximum(tissue, ndi.gaussian_filter((np.any(lines, 0) & near).astype(np.float32), rs.uniform(0.4, 1.2)) * rs.uniform(0.6, 2))
    a = np.where(edge > 0, tissue, rs.choice([0.0, 0.0, 0.0, 1.2])).astype(np.float32)
    return ndi.gaussian_filter(a, rs.uniform(0.4, 1)) if rs.random() < 0.3 else a


def joints(rs, n=320):
    """Bones, muscles and fat of an MR slice: parts with borders of their own, each with its grain, brighter near the coil."""
    field = smooth(rs, (n, n), rs.uniform(8, 40)) + rs.uniform(0, 0.3) * smooth(rs, (n, n), rs.uniform(2, 6))
    ends, a = np.sort(rs.uniform(-1.5, 1.5, rs.integers(1, 5))), np.zeros((n, n), np.float32)
    part = np.digitize(field, ends)
    for k in range(len(ends) + 1):
        grain = rs.choice([0, 0.05, 0.2, 0.5]) * smooth(rs, (n, n), rs.uniform(0.6, 2.2) * np.array([1, rs.choice([1, 1, 4])]))
        a = np.where(part == k, np.clip(rs.uniform(0.05, 1) * (1 + grain), 0, 2), a)
    for end in ends:
        a[np.abs(field - end) < rs.uniform(0, 0.15)] = rs.uniform(0, 0.3) if rs.random() < 0.8 else 1
    a = ndi.gaussian_filter(a, rs.uniform(0.4, 1)) * np.exp(rs.uniform(0, 0.8) * smooth(rs, (n, n), 80))
    return np.hypot(a, rs.uniform(0, 0.08) * smooth(rs, (n, n), rs.uniform(0.4, 0.8))).astype(np.float32)


def flow(rs, h=420, w=560):
    """Ultrasound with the colours of what moves: red to yellow, blue to cyan, folded over and in mosaics, and their scale beside it."""
    a = sector_of_speckle(rs, h, w)
    a = np.stack([a] * 3, -1) if a.ndim == 2 else a
    speed = rs.uniform(0.3, 1.2) * smooth(rs, (h, w), rs.uniform(4, 30)) + rs.uniform(-0.6, 0.6) + rs.choice([0, 0.1, 0.3, 0.6]) * smooth(rs, (h, w), rs.uniform(0.4, 2))
    if rs.random() < 0.6:
        speed = (speed + 1) % 2 - 1
    if rs.random() < 0.4:
        k = int(rs.integers(2, 6))
        speed = np.repeat(np.repeat(speed[::k, ::k], k, 0), k, 1)[:h, :w]
    y, x = np.mgrid[:h, :w]
    moves = (smooth(rs, (h, w), rs.uniform(5, 30)) + rs.choice([0, 0.2, 0.5]) * smooth(rs, (h, w), 1.5) > rs.uniform(-0.3, 1.4)) & (np.abs(y - h / 2) < rs.uniform(0.2, 0.5) * h)
    a[moves] = heat(np.clip(speed, -1, 1), rs.uniform(30, 160))[moves]
    if rs.random() < 0.5:
        top, left, high, wide = rs.integers(5, 100), rs.integers(2, w - 30), rs.integers(60, 250), rs.integers(6, 24)
        a[top : top + high, left : left + wide] = heat(np.linspace(1, -1, high), 80)[:, None]
    return np.clip(a, 0, 255).round().astype(np.float32)


def heat(speed, least):
    """Returns the colours of speeds from -1 to 1."""
    fast, towards = np.abs(speed), speed > 0
    one, other, more = least + (255 - least) * fast, np.clip(1.6 * fast - 0.6, 0, 1) * 255, np.zeros_like(fast)
    return np.stack([np.where(towards, one, more), other, np.where(towards, more, one)], -1)


def leaves(rs, n=420):
    """Things that lie on each other, each with its colour, shade and texture: what a photograph of a room is made of."""
    a = np.full((n, n, 3), rs.uniform(0, 255, 3), np.float32)
    grey, tones = rs.random() < 0.3, rs.uniform(0, 255, 3)
    for _ in range(rs.integers(20, 250)):
        r = float(np.exp(rs.uniform(np.log(4), np.log(n / 4))))
        cy, cx = rs.uniform(0, n, 2)
        top, left = int(max(0, cy - 2 * r)), int(max(0, cx - 2 * r))
        shape = a[top : int(cy + 2 * r), left : int(cx + 2 * r)].shape[:2]
        if min(shape) < 3:
            continue
        if rs.random() < 0.5:
            area = disc(shape, cy - top, cx - left, r, r * rs.uniform(0.15, 1), rs.uniform(0, 3))
        else:
            y, x = np.mgrid[: shape[0], : shape[1]] - np.array([cy - top, cx - left])[:, None, None]
            c, s = np.cos(turn := rs.uniform(0, 3)), np.sin(turn)
            area = (np.abs(c * x + s * y) < r) & (np.abs(c * y - s * x) < r * rs.uniform(0.05, 1))
        part = tones + rs.normal(0, 50, 3) + rs.choice([0, 4, 15, 40]) * smooth(rs, shape, rs.uniform(0.5, 4))[..., None]
        part = part + rs.uniform(-1, 1) * 60 * np.linspace(-1, 1, shape[1])[None, :, None]
        into = a[top : top + shape[0], left : left + shape[1]]
        into[area] = part[area]
    a = ndi.gaussian_filter(np.clip(a, 0, 255), (rs.uniform(0.3, 1.2),) * 2 + (0,)) + rs.uniform(0, 5) * rs.standard_normal((n, n, 1))
    a = np.clip(a, 0, 255).round().astype(np.float32)
    return a.mean(-1) if grey else a


def skin(rs, n=420):
    """Skin or the wall of an organ, close by: soft shades, pores, hairs, creases, fine vessels, and gleams of a lamp."""
    shade = 0.7 + rs.uniform(0.05, 0.25) * smooth(rs, (n, n), rs.uniform(20, 70))
    shade += rs.uniform(0, 0.04) * smooth(rs, (n, n), rs.uniform(0.6, 3))
    a = shade[..., None] * np.array([rs.uniform(170, 250), rs.uniform(80, 190), rs.uniform(60, 170)], np.float32)
    for _ in range(rs.integers(0, 4)):
        thin = np.abs(smooth(rs, (n, n), rs.uniform(4, 25))) < rs.uniform(0.01, 0.05)
        a[thin] *= rs.uniform(0.6, 1.1, 3) if rs.random() < 0.7 else rs.uniform(0.2, 0.6)
    if rs.random() < 0.7:
        # Gleams lie where the wall faces the lamp: spots and short strokes of many sizes in flocks.
        field = smooth(rs, (n, n), rs.uniform(1, 4)) * rs.uniform(0.5, 1) + smooth(rs, (n, n), rs.uniform(15, 50))
        grown = ndi.gaussian_filter(np.where(field > rs.uniform(1.6, 2.6), 1.0, 0).astype(np.float32), rs.uniform(0.5, 2) * np.array([1, rs.uniform(0.5, 2)]))
        a += (255 - a) * np.clip(grown * rs.uniform(1, 3), 0, 1)[..., None]
        spots = rs.random((n, n)) > 1 - rs.choice([1e-4, 5e-4, 2e-3])
        wide = rs.uniform(0.7, 3)
        a += (255 * 6 * wide**2 * ndi.gaussian_filter(spots.astype(np.float32), wide))[..., None]
    a += rs.uniform(0, 4) * smooth(rs, (n, n), 0.6)[..., None]
    if rs.random() < 0.4:
        a[~disc((n, n), n / 2, n / 2, n * rs.uniform(0.38, 0.5), n * rs.uniform(0.38, 0.5))] = rs.choice([0, 5])
    return np.clip(a, 0, 255).round().astype(np.float32)


def tint(rs, a):
    """Returns one difference of the colours of a picture, as `src/colour.rs` makes them: what is seen of colour without brightness."""
    differs = a[..., 1] - a[..., 0] if rs.random() < 0.5 else a[..., 2] - a[..., :2].mean(-1)
    dead = (a.max() - a.min()) / 32
    return np.sign(differs) * np.maximum(np.abs(differs) - dead, 0)


def tinted(rs):
    """Returns a difference of the colours of a made picture that has some."""
    for _ in range(5):
        a = [flow, flow, leaves, skin, colour, panel][rs.integers(6)](rs)
        if a.ndim == 3 and np.ptp(t := tint(rs, a)) > 0:
            return t
    return ground(rs)


def rough(rs):
    """Returns a ground on which small letters are hard to see: speckle, or noise as wide as their strokes."""
    kind = rs.integers(5)
    if kind == 4:
        return snow(rs)
    if kind == 0:
        return np.ascontiguousarray(speckle(rs), np.float32)
    if kind < 3:
        return np.ascontiguousarray(sector_of_speckle(rs), np.float32)
    a = rs.uniform(0.1, 0.4) * smooth(rs, (320, 320), rs.uniform(0.4, 1.6)) + rs.uniform(0, 1) * smooth(rs, (320, 320), rs.uniform(15, 60))
    return np.repeat(a[:, ::2], 2, 1) if rs.random() < 0.2 else a


MADE = [ground, ground, slice_of_body, slice_of_body, sector_of_speckle, sector_of_speckle, sector_of_speckle, projection, projection, vessels,
        colour, panel, mosaic, mosaic, mosaic, mosaic, mosaic, small, small, grain, snow, snow, snow, snow, snow, snow, stripes, stripes, steps, steps, speckle, joints, joints, joints, cut_out, cut_out, flow, leaves, leaves, skin, skin,
        tinted, tinted]


def make(rs):
    """Returns one made background."""
    return np.ascontiguousarray(MADE[rs.integers(len(MADE))](rs), np.float32)


def read_dicom(path):
    """Returns the first frame of a DICOM file as a background, or None where it holds no picture."""
    import pydicom
    from pydicom.pixels import apply_color_lut, convert_color_space

    warnings.filterwarnings("ignore")
    try:
        ds = pydicom.dcmread(path, force=True)
        a = ds.pixel_array
        kind = ds.PhotometricInterpretation
        if kind == "PALETTE COLOR":
            a = apply_color_lut(a, ds)
        elif kind.startswith("YBR_FULL"):
            a = convert_color_space(a, kind, "RGB")
    except Exception:
        return None
    if a.ndim == 4 or (a.ndim == 3 and a.shape[-1] != 3):
        a = a[0]
    return np.ascontiguousarray(a, np.float32) if min(a.shape[:2]) >= 100 else None


def folder_of(package):
    spec = importlib.util.find_spec(package)
    return os.path.dirname(spec.origin or list(spec.submodule_search_locations)[0]) if spec else None


def real():
    """Returns the real backgrounds: the listed files of the packages that are installed."""
    from PIL import Image

    found = []
    for package in ("pydicom", "data_store"):
        for name in DICOM_FILES:
            for path in glob.glob(os.path.join(folder_of(package) or "/none", "**", name), recursive=True)[:1]:
                a = read_dicom(path)
                if a is not None:
                    found.append(a)
    for name in PICTURES:
        path = os.path.join(folder_of("skimage") or "/none", "data", name)
        if os.path.exists(path):
            a = np.asarray(Image.open(path), np.float32)
            found.append(a if a.ndim == 2 else a[..., :3].copy())
    return found
