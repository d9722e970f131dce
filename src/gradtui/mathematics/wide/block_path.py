"""A stand-in: ratios through residual blocks."""

from __future__ import annotations

import math

import numpy as np

from gradtui.mathematics.activations import activation as as_activation
from gradtui.mathematics.elementwise import Array
from gradtui.mathematics.wide.moments import expectations
from gradtui.progress import Tick, unwatched


def residual_ratios(
    activation: str,
    sigma_w: Array,
    alpha: Array,
    *,
    norm: str = "none",
    sigma_b: float = 0.0,
    x: float = 1.0,
    depth: int,
    tick: Tick = unwatched,
) -> tuple[Array, Array]:
    """log10 of the gradient's ratio and of the stream's."""
    e = expectations(as_activation(activation))
    w, a = np.broadcast_arrays(np.asarray(sigma_w, float), np.asarray(alpha, float))
    eps = {"none": 0.0, "layer": 1e-5, "rms": 1e-6}[norm]
    with np.errstate(all="ignore"):
        lp = np.full(w.shape, 2.0 * np.log(abs(x)))
        m, total = np.zeros(w.shape), np.zeros(w.shape)
        start = lp.copy()
        for block in range(depth):
            tick((block + 1) / depth)
            if norm == "none":
                lq = np.logaddexp(2 * np.log(w) + lp, 2 * np.log(sigma_b))
                ld = np.zeros(w.shape)
            else:
                share = 1.0 - m * m if norm == "layer" else 1.0
                ld = np.log(np.exp(lp) * share + eps)
                ld = np.where(lp > 300, lp + np.log(share), ld)
                u = np.exp(lp + np.log(share) - ld)
                lq = np.log(w * w * u + sigma_b**2)
            c = np.clip(lq, -66.0, 66.0)
            mo = e.table.interpolated(c)
            far = np.maximum(lq - 66.0, 0.0) * e.degree
            root = np.exp(0.5 * (far - lp))
            total += np.log1p(a * a * w * w * mo.slope_square * np.exp(-ld))
            mean, square = mo.mean * root, mo.square * root * root
            grown = 1.0 + 2.0 * a * m * mean + a * a * square
            m = (m + a * mean) / np.sqrt(grown)
            lp = lp + np.log(grown)
    return total / (2 * math.log(10)), (lp - start) / (2 * math.log(10))
