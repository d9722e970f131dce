"""Matrices, a batch, and the norm of every gradient; the singular values of what is orthogonal."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from gradtui.mathematics.network.flow import gradient_flow
from gradtui.mathematics.network.spectrum import jacobian_spectrum
from gradtui.mathematics.verify.check import Check, logarithms, stated
from gradtui.mathematics.verify.shipped import shipped
from gradtui.progress import Tick

_GROUP = "networks"
_TOLERANCE = 1e-10


def checks(tick: Tick) -> Iterator[Check]:
    """Five norms of each network by layer."""
    entries = shipped("networks")
    for at, (name, given) in enumerate(entries.items()):
        tick(at / len(entries))
        biases = given["biases"] and given["biases"] * given["times"]
        got = gradient_flow(
            given["activation"], given["weights"] * given["times"], biases, given["x"],
            given["upstream"],
        )  # fmt: skip
        for words, key, norms, first in (
            ("∂L/∂W", "weights", got.log10_grad_weights, 1),
            ("∂L/∂b", "biases", got.log10_grad_biases, 1),
            ("∂L/∂z", "preactivations", got.log10_grad_preactivations, 1),
            ("∂L/∂a", "hidden", got.log10_grad_hidden, 0),
            ("a", "outputs", got.log10_hidden, 0),
        ):
            layers = [k + first for k in given["layers"]]
            some = norms[given["layers"]]
            yield logarithms(
                _GROUP, f"{name}: {words}", layers, given["log10"][key], some, _TOLERANCE
            )
    yield from _known()


def _known() -> Iterator[Check]:
    """What needs no table: layers that halve, and layers that turn by a right angle."""
    halved = [0.5 * np.eye(16)] * 2000
    ones = np.ones((1, 16))
    flow = gradient_flow("identity", halved, None, ones, ones / 4.0)
    yield stated(
        _GROUP, "2,000 layers that halve: ∂L/∂x", repr(-2000.0 * math.log10(2.0)),
        float(flow.log10_grad_hidden[0]), _TOLERANCE, "-2000 log10 2",
    )  # fmt: skip
    turning = np.array([[0.0, 2.0], [2.0**-9, 0.0]])
    spectrum = jacobian_spectrum("identity", [turning] * 401, None, np.ones(2))
    # Two of them shrink both directions by 256; the last one tells them apart.
    for at, (which, last) in enumerate((("largest", 2.0), ("smallest", 2.0**-9))):
        yield stated(
            _GROUP, f"401 layers that turn: {which} σ",
            repr(math.log10(last) - 200.0 * math.log10(256.0)),
            float(spectrum.log10_singular_values[at]), _TOLERANCE, "log10 of 256^-200 and the last",
        )  # fmt: skip
