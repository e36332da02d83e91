#!/usr/bin/env python3
"""Writes the weights of a checkpoint the way `src/network.rs` reads them: python export.py run/last.npz ../weights/text.f32"""
import hashlib
import sys

import numpy as np

import net


def main():
    flat, parts = np.load(sys.argv[1]), []
    for name in net.LAYERS:
        parts += [flat[f"mean/{name}/w"].ravel(), flat[f"mean/{name}/b"].ravel()]
    data = np.concatenate(parts).astype("<f4").tobytes()
    open(sys.argv[2], "wb").write(data)
    print(f"{int(flat['step'])} steps, {len(data)} bytes, SHA-256 {hashlib.sha256(data).hexdigest()}")


if __name__ == "__main__":
    main()
