"""Recurrent cells: what reaches back to every step, and the gradient of every parameter."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from gradtui.mathematics.recurrent.flow import recurrent_flow
from gradtui.mathematics.verify.check import Check, logarithms, stated
from gradtui.mathematics.verify.shipped import shipped
from gradtui.progress import Tick

_GROUP = "time"
_TOLERANCE = 1e-10
_SOURCE = "differences at 800 digits"


def checks(tick: Tick) -> Iterator[Check]:
    """States, the gradients of them and of the parameters, of each cell."""
    entries = shipped("time")
    for at, (name, given) in enumerate(entries.items()):
        tick(at / len(entries))
        got = recurrent_flow(given["cell"], given["parameters"], given["x"], given["upstream"])
        times = given["times"]
        series = [("∂L/∂h", "hidden", got.log10_grad_hidden), ("h", "states", got.log10_hidden)]
        if got.log10_grad_cell is not None:
            series.insert(1, ("∂L/∂c", "carried", got.log10_grad_cell))
        for words, key, logs in series:
            yield logarithms(
                _GROUP, f"{name}: {words}", times, given[key], logs[times], _TOLERANCE, _SOURCE
            )
        names = list(given["gradients"])
        some = [got.log10_grad_parameters[one] for one in names]
        expected = list(given["gradients"].values())
        short = [one.removesuffix("_l0") for one in names]
        yield logarithms(_GROUP, f"{name}", short, expected, some, _TOLERANCE, _SOURCE)
    for bias, steps in (("1", 2.21), ("3", 14.27)):
        yield _half_life(float(bias), steps)


def _half_life(bias: float, steps: float) -> Check:
    """Of ∂L/∂c in an LSTM whose gates are its biases: each step multiplies it by σ(b)."""
    forget = np.array([0.0, bias, 0.0, 0.0])
    parameters = {
        "weight_ih_l0": np.zeros((4, 1)),
        "weight_hh_l0": np.zeros((4, 1)),
        "bias_ih_l0": forget,
        "bias_hh_l0": np.zeros(4),
    }
    x = np.zeros((50, 1, 1))
    got = recurrent_flow("lstm", parameters, x, np.ones((1, 1))).log10_grad_cell
    assert got is not None
    life = math.log10(0.5) * 49.0 / float(got[1] - got[50])
    words = f"lstm: half-life of ∂L/∂c at b = {bias:g}"
    return stated(_GROUP, words, str(steps), life, 5e-3, "ln ½ / ln σ(b)")
