"""Theory at infinite width: moments, fixed points, rates and critical points."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from gradtui.mathematics.activations import activation
from gradtui.mathematics.verify.check import Check, Pair, by_size, stated, worst
from gradtui.mathematics.verify.shipped import shipped
from gradtui.mathematics.wide.mean_field import critical_sigma_w2, mean_field
from gradtui.mathematics.wide.moments import expectations
from gradtui.mathematics.wide.path import gradient_path
from gradtui.progress import Tick

_GROUP = "mean field"
_TOLERANCE = 1e-8
_SOURCE = "mpmath's quadrature, cut at every kink"


def checks(tick: Tick) -> Iterator[Check]:
    """E[f²] and E[f′²], q*, χ and the critical σw² of every activation, and published numbers."""
    table = shipped("mean_field")
    w, b, at_b = table["sigma_w2"], table["sigma_b2"], table["critical_at"]
    entries = table["activations"]
    for at, (spec, given) in enumerate(entries.items()):
        tick(at / len(entries))
        f = activation(spec)
        pairs = []
        for q, (square, slope_square) in given["moments"].items():
            got = expectations(f).moments(np.array(float(q)))
            pairs.append(_pair(f": E[f²] at q = {q}", square, float(got.square)))
            pairs.append(_pair(f": E[f′²] at q = {q}", slope_square, float(got.slope_square)))
        yield worst(_GROUP, spec, pairs, _SOURCE)
        if given["fixed"]:
            yield worst(_GROUP, spec, _fixed(spec, w, b, given["fixed"], given["chi"]), _SOURCE)
        if given["critical"] is not None:
            critical = critical_sigma_w2(f, at_b)
            pair = _pair(f": critical σw², σb² = {at_b}", given["critical"], critical)
            yield worst(_GROUP, spec, [pair], _SOURCE)
    yield from _published()


def _pair(where: str, expected: float, got: float) -> Pair:
    return by_size(where, repr(expected), got, _TOLERANCE)


def _fixed(spec: str, w: float, b: float, q: list[float], chi: list[float]) -> Iterator[Pair]:
    """Every stable end, each reached from where it is, and the rate there."""
    stable = [one for one in mean_field(spec, w, b).stable_q if 0.0 < one < math.inf]
    yield by_size(": stable ends", str(len(q)), float(len(stable)), _TOLERANCE)
    for q_star, rate in zip(q, chi, strict=True):
        got = mean_field(spec, w, b, q0=q_star)
        yield _pair(f": q* at σw² = {w}", q_star, got.q)
        yield _pair(f": χ at σw² = {w}", rate, got.chi)


def _published() -> Iterator[Check]:
    source = "quadrature by others"
    for sigma_b2, expected in ((0.05, "1.7609546396"), (0.1, "1.9860726411")):
        got = critical_sigma_w2("tanh", sigma_b2)
        yield stated(_GROUP, f"tanh: critical σw², σb² = {sigma_b2}", expected, got, 1e-10, source)
    chi = mean_field("sigmoid", 1.0).chi
    yield stated(_GROUP, "sigmoid: χ at σw² = 1", "0.0557207", chi, 5e-8, source)
    path = gradient_path("tanh", 1.0, 0.0, 100)
    left = 10.0 ** (2.0 * path.log10_grad_hidden[0])
    yield stated(_GROUP, "critical tanh: ∏ χ, 100 layers", "0.00713425", left, 5e-9, source)
    selu = float(expectations(activation("selu")).moments(np.array(1.0)).slope_square)
    yield stated(_GROUP, "selu: χ at q = 1, σw² = 1", "1.0715750", selu, 5e-8, source)
    relu = critical_sigma_w2("relu", 0.0)
    yield stated(_GROUP, "relu: critical σw²", "2", relu, 1e-10, "a closed form")
    erf = critical_sigma_w2("erf", 0.0)
    yield stated(_GROUP, "erf: critical σw²", repr(math.pi / 4.0), erf, 1e-10, "a closed form")
