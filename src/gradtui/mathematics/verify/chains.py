"""Scalar chains at any depth: the log10 of every gradient, and its sign."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from gradtui.mathematics.chain import chain
from gradtui.mathematics.verify.check import (
    DIGITS_50,
    Check,
    by_distance,
    exact,
    stated,
    worst,
)
from gradtui.mathematics.verify.shipped import shipped
from gradtui.progress import Tick

_GROUP = "chains"
_TOLERANCE = 1e-10


def checks(tick: Tick) -> Iterator[Check]:
    """The chains of the note, and those in which something under- or overflows."""
    entries = shipped("chains")
    for at, (name, given) in enumerate(entries.items()):
        tick(at / len(entries))
        w = np.broadcast_to(given["weights"], given["depth"])
        got = chain(given["activation"], w, given["biases"], given["x"], given["upstream"])
        pairs = [
            by_distance(f", layer {k + 1}", exact(log), float(got.log10_gradients[k]), _TOLERANCE)
            if int(got.signs[k]) == sign
            else by_distance(f", sign {k + 1}", str(sign), math.inf, _TOLERANCE)
            for k, log, sign in zip(
                given["layers"], given["log10_gradients"], given["signs"], strict=True
            )
        ]
        yield worst(_GROUP, name, pairs, DIGITS_50)
    ten = chain("sigmoid", [1.0] * 10, biases=-0.5, x=0.5)
    slopes = 10.0**ten.log10_from_derivatives
    yield stated(_GROUP, "ten sigmoids at z = 0: ∏ f′", "9.5367e-7", slopes, 5e-12, "0.25^10")
    five = chain("sigmoid", [0.1] * 5)
    slopes = 10.0**five.log10_from_derivatives
    both = slopes * 10.0**five.log10_from_weights
    source = "seven digits by others"
    yield stated(_GROUP, "five sigmoids: ∏ f′", "9.715356e-4", slopes, 5e-11, source)
    yield stated(_GROUP, "five sigmoids: ∏ w f′", "9.715356e-8", both, 5e-15, source)
