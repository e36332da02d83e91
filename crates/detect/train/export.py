#!/usr/bin/env python3
"""Writes the weights of a checkpoint the way `src/network.rs` reads them: python export.py run/last.npz ../weights/text.f32

The program computes in whole numbers of 15 bits. Behind the biases of each layer stands of what power of two its numbers are, so
that the largest of 512 drawn samples is half of what those bits hold at most: larger ones are cut.
"""
import hashlib
import math
import sys

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


def main():
    weights = load(sys.argv[1], "mean")
    found = largest(weights)
    of, parts = powers(found), []
    for name in net.LAYERS:
        parts += [np.asarray(weights[name]["w"]).ravel(), np.asarray(weights[name]["b"]).ravel()]
        parts += [[of[name]]] if name in of else []
    data = np.concatenate(parts).astype("<f4").tobytes()
    open(sys.argv[2], "wb").write(data)
    print({name: (round(found[name], 1), power) for name, power in of.items()})
    print(f"{int(np.load(sys.argv[1])['step'])} steps, {len(data)} bytes, SHA-256 {hashlib.sha256(data).hexdigest()}")


if __name__ == "__main__":
    main()
