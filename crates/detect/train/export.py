#!/usr/bin/env python3
"""Writes the weights of a checkpoint, or the mean of several, the way `src/network.rs` reads them:

    python export.py run/last.npz ../weights/text.f32
    python export.py one.npz two.npz ../weights/text.f32 --less 0.1     (the logits less by so much)

The program computes in whole numbers of 15 bits. Behind the biases of each layer stands of what power of two its numbers are, so
that the largest of 512 drawn samples is half of what those bits hold at most: larger ones are cut.
"""
import argparse
import hashlib
import math

import numpy as np

import net
import patches
from train import load

LIMIT = (1 << 14) - 1
SAMPLES, SEED = 512, 7
# What a layer's own numbers are added to must not be finer than they are.
ADDED = {"quarter_more": "quarter", "wide1": "eighth", "wide2": "wide1", "wide3": "wide2", "wide4": "wide3", "up": "quarter_more"}


def largest(weights):
    source, found = patches.Source(SEED), {}
    for _ in range(SAMPLES // 8):
        for name, numbers in net.numbers(weights, patches.batch(source, 8)[0]).items():
            found[name] = max(found.get(name, 0.0), float(abs(numbers).max()))
    return found


def powers(found):
    of = {}
    for name in list(net.LAYERS)[:-1]:
        power = math.floor(math.log2(LIMIT / 2 / found[name]))
        of[name] = min([power, 12] + [of[other] for other in [ADDED.get(name)] if other])
    return of


def mean(paths, less):
    """A checkpoint given twice counts twice."""
    every = [load(path, "mean") for path in paths]
    weights = {name: {part: sum(one[name][part] for one in every) / len(every) for part in ("w", "b")} for name in net.LAYERS}
    weights["out"]["b"] -= less
    return weights


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkpoints", nargs="+")
    parser.add_argument("out")
    parser.add_argument("--less", type=float, default=0.0)
    parser.add_argument("--powers", help="these, with commas, instead of what the drawn samples ask for")
    args = parser.parse_args()
    weights = mean(args.checkpoints, args.less)
    found = largest(weights)
    of, parts = powers(found), []
    if args.powers:
        of = dict(zip(of, map(int, args.powers.split(",")), strict=True))
    for name in net.LAYERS:
        parts += [np.asarray(weights[name]["w"]).ravel(), np.asarray(weights[name]["b"]).ravel()]
        parts += [[of[name]]] if name in of else []
    data = np.concatenate(parts).astype("<f4").tobytes()
    open(args.out, "wb").write(data)
    print({name: (round(found[name], 1), power) for name, power in of.items()})
    print(f"{len(data)} bytes, SHA-256 {hashlib.sha256(data).hexdigest()}")


if __name__ == "__main__":
    main()
