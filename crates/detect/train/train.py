#!/usr/bin/env python3
"""Trains the network from drawn samples on one core; starts again from the last checkpoint where there is one.

    OMP_NUM_THREADS=1 XLA_FLAGS=--xla_cpu_multi_thread_eigen=false \
      python train.py --out run --steps 14000 --cool 3000

The rate is level after a short start and falls to zero over the last `--cool` steps. `run/last.npz` is the checkpoint;
what is exported is the running mean of the weights in it. A file `run/cool` makes the rate fall from where the run is.
"""
import argparse
import os
import time

import jax
import jax.numpy as jnp
import numpy as np

import net
import patches


def save(path, **trees):
    flat = {}
    for tree, layers in trees.items():
        if isinstance(layers, dict):
            for name, pair in layers.items():
                for part, value in pair.items():
                    flat[f"{tree}/{name}/{part}"] = np.asarray(value)
        else:
            flat[tree] = np.asarray(layers)
    np.savez(path + ".part.npz", **flat)
    os.replace(path + ".part.npz", path)


def load(path, tree):
    flat = np.load(path)
    return {name: {part: jnp.array(flat[f"{tree}/{name}/{part}"]) for part in ("w", "b")} for name in net.LAYERS}


@jax.jit
def step(state, rate, t, views, text, weight):
    weights, first, second, mean = state
    value, slope = jax.value_and_grad(net.loss)(weights, views, text, weight)
    norm = jnp.sqrt(sum(jnp.sum(g * g) for g in jax.tree.leaves(slope)))
    slope = jax.tree.map(lambda g: g * jnp.minimum(1, 1 / (norm + 1e-9)), slope)
    first = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, first, slope)
    second = jax.tree.map(lambda v, g: 0.99 * v + 0.01 * g * g, second, slope)
    a, b = 1 / (1 - 0.9**t), 1 / (1 - 0.99**t)
    weights = jax.tree.map(lambda w, m, v: w - rate * a * m / (jnp.sqrt(b * v) + 1e-8), weights, first, second)
    keep = jnp.minimum(0.998, 1 - 1 / t)
    mean = jax.tree.map(lambda m, w: keep * m + (1 - keep) * w, mean, weights)
    return (weights, first, second, mean), value


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", required=True)
    parser.add_argument("--steps", type=int, default=14000)
    parser.add_argument("--cool", type=int, default=3000)
    parser.add_argument("--more", type=int, default=0, help="so many steps more than the checkpoint was to have")
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--rate", type=float, default=2.5e-3)
    parser.add_argument("--seed", type=int, default=20261122)
    args = parser.parse_args()
    os.makedirs(args.out, exist_ok=True)
    path, n, steps = os.path.join(args.out, "last.npz"), 0, args.steps
    weights = jax.tree.map(jnp.array, net.start(args.seed))
    zero = jax.tree.map(jnp.zeros_like, weights)
    state = (weights, zero, zero, weights)
    if os.path.exists(path):
        n, steps = int(np.load(path)["step"]), int(np.load(path)["steps"])
        state = tuple(load(path, tree) for tree in ("weights", "first", "second", "mean"))
        steps += args.more
    source = patches.Source(args.seed + n)
    begun, losses = time.time(), []
    while n < steps:
        n += 1
        if n % 20 == 0 and os.path.exists(os.path.join(args.out, "cool")):
            os.remove(os.path.join(args.out, "cool"))
            steps = min(steps, n + args.cool)
        rate = args.rate * min(1, n / 200) * min(1, (steps - n + 1) / args.cool)
        state, value = step(state, rate, float(n), *patches.batch(source, args.batch))
        losses.append(float(value))
        if n % 100 == 0 or n == steps:
            print(f"{n} of {steps}: loss {np.mean(losses[-100:]):.4f}, {time.time() - begun:.0f} s, {time.process_time():.0f} s of CPU", flush=True)
            save(path, weights=state[0], first=state[1], second=state[2], mean=state[3], step=n, steps=steps)


if __name__ == "__main__":
    main()
