#!/usr/bin/env python3
"""Compares detectors on sets of images with burned-in text whose places are known, in one run.

    python evaluate.py --set set1 --set set2 --set set3 --frames /tmp/frames \
        --ours ../../../target/release/examples/detect_frame [--tesseract] [--onnx ppocrv5_det.onnx] [--held-out 'h_.*']

A set is a folder of `truth.json` and `NNNN.npz` (`a`: stored samples, `ink`: which pixels are letters). In the table:
R95, R50    share of the boxes of text of whose ink at least 95 % (50 %) is masked
boxP        share of what was found that touches text
over        masked area off text, share of an image with text
negFP       images without text on which anything is masked; negArea: how much of such an image
ms          processor time an image, one thread; and per 512 × 512 pixels
"""
import argparse
import collections
import json
import os
import re
import subprocess
import sys
import time

import numpy as np
from PIL import Image


def read_sets(folders, frames):
    os.makedirs(frames, exist_ok=True)
    images = []
    for k, folder in enumerate(folders):
        for truth in json.load(open(os.path.join(folder, "truth.json"))):
            data = np.load(os.path.join(folder, truth["id"] + ".npz"))
            a = data["a"]
            kind = {"uint8": "u8", "int16": "i16", "uint16": "u16", "int32": "i32"}.get(str(a.dtype))
            if kind is None:
                a, kind = a.astype(np.float32), "f32"
            path = os.path.join(frames, f"{k}-{truth['id']}.raw")
            if not os.path.exists(path):
                np.ascontiguousarray(a).tofile(path)
            truth.update(path=path, kind=kind, channels=1 if a.ndim == 2 else a.shape[2], a=a, ink=data["ink"])
            images.append(truth)
    return images


def ours(images, program, settings):
    lines = "".join(f"{t['path']} {t['cols']} {t['rows']} {t['channels']} {t['kind']}\n" for t in images)
    answer = subprocess.run([program, *settings], input=lines, capture_output=True, text=True, check=True)
    for line in answer.stdout.splitlines():
        one = json.loads(line)
        yield [box[:4] for box in one["boxes"]], one["ms"]


def eight_bit(a):
    """Returns the frame from its smallest to its largest sample, and by rank, as the other programs are shown it."""
    if a.ndim == 3 and a.dtype == np.uint8:
        return [a]
    f = a.astype(np.float32)
    line = ((f - f.min()) * (255 / max(float(f.max() - f.min()), 1e-6))).astype(np.uint8)
    cuts = np.unique(np.percentile(f[::2, ::2], np.linspace(0, 100, 257)))
    if len(cuts) < 3:
        return [line]
    return [line, np.interp(f, cuts, np.linspace(0, 255, len(cuts))).astype(np.uint8)]


def grow(box, shape):
    x0, y0, x1, y1 = box
    letter = min(x1 - x0, y1 - y0)
    across, along = max(3, letter // 4), letter // 2
    dx, dy = (across, along) if y1 - y0 > 1.25 * (x1 - x0) else (along, across)
    return [max(0, x0 - dx), max(0, y0 - dy), min(shape[1], x1 + dx), min(shape[0], y1 + dy)]


def tesseract(images):
    for t in images:
        before, boxes = os.times(), []
        Image.fromarray(eight_bit(t["a"])[0]).save(t["path"] + ".png")
        env = dict(os.environ, OMP_THREAD_LIMIT="1")
        table = subprocess.run(["tesseract", t["path"] + ".png", "-", "-l", "jpn+eng", "--psm", "11", "tsv"], capture_output=True, text=True, env=env)
        for row in table.stdout.splitlines()[1:]:
            cells = row.split("\t")
            if len(cells) == 12 and cells[0] == "5" and cells[11].strip():
                x, y, w, h = map(int, cells[6:10])
                boxes.append(grow([x, y, x + w, y + h], t["a"].shape))
        after = os.times()
        yield boxes, 1000 * (after.children_user + after.children_system - before.children_user - before.children_system)


class LargeModel:
    """PP-OCRv5 mobile det by onnxruntime: both views, threshold .2, box score .4, unclip 2, as the study settled on."""

    def __init__(self, path):
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        self.session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
        self.input = self.session.get_inputs()[0].name

    def boxes(self, picture):
        import cv2

        h, w = picture.shape[:2]
        high, wide = max(32, round(h / 32) * 32), max(32, round(w / 32) * 32)
        x = cv2.resize(picture, (wide, high))
        x = np.repeat(x[..., None], 3, 2) if x.ndim == 2 else x[..., ::-1]
        x = ((x / 255 - [0.485, 0.456, 0.406]) / [0.229, 0.224, 0.225]).astype(np.float32)
        p = self.session.run(None, {self.input: np.ascontiguousarray(x.transpose(2, 0, 1)[None])})[0][0, 0]
        count, label, stats, _ = cv2.connectedComponentsWithStats((p > 0.2).astype(np.uint8), connectivity=8)
        for i in range(1, count):
            bx, by, bw, bh, area = stats[i]
            part = label[by : by + bh, bx : bx + bw] == i
            if area < 6 or p[by : by + bh, bx : bx + bw][part].mean() < 0.4:
                continue
            d = bw * bh * 2.0 / (2 * (bw + bh))
            sx, sy = w / wide, h / high
            yield [max(0, int((bx - d) * sx - 3)), max(0, int((by - d) * sy - 3)),
                   min(w, int((bx + bw + d) * sx + 4)), min(h, int((by + bh + d) * sy + 4))]

    def run(self, images):
        import cv2

        cv2.setNumThreads(1)
        for t in images:
            before = time.process_time()
            boxes = [box for view in eight_bit(t["a"]) for box in self.boxes(view)]
            yield boxes, 1000 * (time.process_time() - before)


def measure(images, answers):
    """Returns the figures of a detector, its hits by stratum and what it missed."""
    r, strata, missed = collections.Counter(), collections.defaultdict(lambda: [0, 0]), []
    for t, (boxes, ms) in zip(images, answers):
        h, w = t["rows"], t["cols"]
        mask, near = np.zeros((h, w), bool), np.zeros((h, w), bool)
        for x0, y0, x1, y1 in boxes:
            mask[y0:y1, x0:x1] = True
        for g in t["boxes"] + t["dont_care"]:
            q = max(8, int(0.7 * min(g["y1"] - g["y0"], g["x1"] - g["x0"])))
            near[max(0, g["y0"] - q) : g["y1"] + q, max(0, g["x0"] - q) : g["x1"] + q] = True
        touching = sum(bool(near[y0:y1, x0:x1].any()) for x0, y0, x1, y1 in boxes)
        off = float((mask & ~near).mean())
        r.update(images=1, touching=touching, found=len(boxes), ms=ms, pixels=h * w)
        if t["negative"]:
            r.update(negatives=1, hit_negatives=off > 0, negative_area=off)
            continue
        r.update(positives=1, over=off)
        for g in t["boxes"]:
            ink = t["ink"][g["y0"] : g["y1"], g["x0"] : g["x1"]]
            share = (ink & mask[g["y0"] : g["y1"], g["x0"] : g["x1"]]).sum() / max(ink.sum(), 1)
            r.update(boxes=1, r95=share >= 0.95, r50=share >= 0.5)
            size = "8-10" if g["px"] <= 10 else "12-16" if g["px"] <= 16 else "20-24" if g["px"] <= 24 else "32-40"
            known = "made" if t["background"].startswith("syn") else "held-out" if t["held_out"] else "seen"
            for stratum in (("language", g["lang"]), ("style", g["style"]), ("px", size), ("turned", g["rotated"]), ("background", known),
                            ("faint", "grey_lo" if g["style"] == "grey_lo" else "all others"), ("photometric", t["photometric"])):
                strata[stratum][0] += 1
                strata[stratum][1] += share >= 0.95
            if share < 0.95:
                missed.append((t["path"], g["text"], g["px"], g["style"], round(float(share), 2), g["contrast_p5_p95"], t["background"]))
    return r, strata, missed


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--set", action="append", required=True)
    parser.add_argument("--frames", required=True)
    parser.add_argument("--ours", action="append", default=[], help="the program, and after commas its settings")
    parser.add_argument("--tesseract", action="store_true")
    parser.add_argument("--onnx")
    parser.add_argument("--held-out", default="h_", help="pattern of backgrounds that training has not seen")
    parser.add_argument("--every", type=int, default=1, help="take only every n-th image")
    parser.add_argument("--missed", action="store_true", help="list what was missed")
    args = parser.parse_args()
    images = read_sets(args.set, args.frames)[:: args.every]
    for t in images:
        t["held_out"] = bool(re.search(args.held_out, t["background"]))
    runs = []
    for one in args.ours:
        program, *settings = one.split(",")
        runs.append((f"own weights {' '.join(settings)}".strip(), ours(images, program, settings)))
    if args.tesseract:
        runs.append(("Tesseract 5, jpn+eng, psm 11", tesseract(images)))
    if args.onnx:
        runs.append(("PP-OCRv5 mobile det, two views", LargeModel(args.onnx).run(images)))
    print("| detector | R95 | R50 | R95 without grey 28 % | ja | latin | boxP | over | negFP | negArea | ms an image | ms per 512² |")
    print("|---|---|---|---|---|---|---|---|---|---|---|---|")
    details = []
    for name, answers in runs:
        r, strata, missed = measure(images, list(answers))
        share = lambda *key: strata[key][1] / max(1, strata[key][0])
        print(f"| {name} | {r['r95'] / r['boxes']:.3f} | {r['r50'] / r['boxes']:.3f} | {share('faint', 'all others'):.3f} | {share('language', 'ja'):.3f} "
              f"| {share('language', 'latin'):.3f} | {r['touching'] / max(1, r['found']):.3f} | {100 * r['over'] / max(1, r['positives']):.2f} % "
              f"| {r['hit_negatives']}/{r['negatives']} | {100 * r['negative_area'] / max(1, r['negatives']):.2f} % | {r['ms'] / r['images']:.0f} "
              f"| {r['ms'] / r['pixels'] * 512 * 512:.0f} |", flush=True)
        details.append((name, r, strata, missed))
    for name, r, strata, missed in details:
        print(f"\n{name}: {r['images']} images, {r['boxes']} boxes of text; hit / all by stratum")
        for kind in dict.fromkeys(key[0] for key in strata):
            print(f"- {kind}: " + ", ".join(f"{key[1]} {s[1]}/{s[0]}" for key, s in sorted(strata.items(), key=lambda one: str(one[0])) if key[0] == kind))
        if args.missed:
            for one in missed:
                print("  ", *one)


if __name__ == "__main__":
    main()
