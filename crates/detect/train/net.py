"""The network: two views in, the logit of "text here" at half the resolution out. `src/network.rs` runs the same one."""
import jax
import jax.numpy as jnp
import numpy as np

# name: kernel, channels in, channels out, stride, dilation. About 2,000 multiplications a pixel of the frame, 80,000 weights.
LAYERS = {
    "half": (3, 2, 16, 2, 1),
    "quarter": (3, 16, 24, 2, 1),
    "quarter_more": (3, 24, 24, 1, 1),
    "eighth": (3, 24, 40, 2, 1),
    "wide1": (3, 40, 40, 1, 1),
    "wide2": (3, 40, 40, 1, 2),
    "wide3": (3, 40, 40, 1, 4),
    "wide4": (3, 40, 40, 1, 2),
    "up": (1, 40, 24, 1, 1),
    "join": (3, 24, 24, 1, 1),
    "out": (1, 24, 4, 1, 1),
}


def start(seed):
    rs = np.random.default_rng(seed)
    weights = {}
    for name, (k, i, o, _, _) in LAYERS.items():
        size = np.sqrt((0.5 if name.startswith("wide") else 2.0) / (k * k * i))
        weights[name] = {"w": (rs.standard_normal((k, k, i, o)) * size).astype(np.float32), "b": np.zeros(o, np.float32)}
    weights["out"]["w"] *= 0.1
    weights["out"]["b"] -= 2
    return weights


def conv(weights, name, x):
    k, _, _, stride, dilation = LAYERS[name]
    pad = dilation * (k // 2)
    y = jax.lax.conv_general_dilated(x, weights[name]["w"], (stride, stride), [(pad, pad)] * 2, rhs_dilation=(dilation, dilation),
                                     dimension_numbers=("NHWC", "HWIO", "NHWC"))
    return y + weights[name]["b"]


def numbers(weights, views):
    """What comes out of each layer; of "up" the larger of it and of the sum that it enters, without a sign. `views` is uint8
    [n, rows, columns, 2], rows and columns multiples of 8."""
    relu, of = jax.nn.relu, {}
    x = views.astype(jnp.float32) * (1 / 128) - 1
    x = of["half"] = relu(conv(weights, "half", x))
    x = of["quarter"] = relu(conv(weights, "quarter", x))
    fine = of["quarter_more"] = x + relu(conv(weights, "quarter_more", x))
    x = of["eighth"] = relu(conv(weights, "eighth", fine))
    for name in ("wide1", "wide2", "wide3", "wide4"):
        x = of[name] = x + relu(conv(weights, name, x))
    x = conv(weights, "up", x)
    up = jnp.repeat(jnp.repeat(x, 2, 1), 2, 2)
    of["up"], x = jnp.maximum(abs(up), abs(up + fine)), up + fine
    x = of["join"] = relu(conv(weights, "join", x))
    of["out"] = conv(weights, "out", x)
    return of


def logits(weights, views):
    """The logits [n, rows/2, columns/2] of views as `numbers` takes them."""
    x = numbers(weights, views)["out"]
    n, h, w, _ = x.shape
    return x.reshape(n, h, w, 2, 2).transpose(0, 1, 3, 2, 4).reshape(n, 2 * h, 2 * w)


def loss(weights, views, text, weight):
    z = logits(weights, views)
    t = text.astype(jnp.float32)
    each = jnp.maximum(z, 0) - z * t + jnp.log1p(jnp.exp(-jnp.abs(z)))
    entropy = (each * weight * (1 + 0.5 * t)).mean()
    p = jax.nn.sigmoid(z) * (weight > 0)
    overlap = 1 - (2 * (p * t).sum() + 10) / (p.sum() + t.sum() + 10)
    return entropy + 0.3 * overlap
