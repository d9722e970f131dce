"""f, f′ and ln|f′| of every activation, in every regime, and where |f′| is largest.

Errors are relative, but absolute next to a zero of f′, where float64's z itself is not exact
enough. In Gaussian tails z² is rounded: one ulp of 709 is that of e^(-z²) 709 times over.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from gradtui.mathematics.activations import ACTIVATIONS, activation
from gradtui.mathematics.spec import number
from gradtui.mathematics.verify.check import (
    DIGITS_50,
    Check,
    Pair,
    by_distance,
    by_size,
    exact,
    stated,
    worst,
)
from gradtui.mathematics.verify.shipped import shipped
from gradtui.progress import Tick

_GROUP = "activations"
_FLOAT, _GAUSSIAN = 1e-14, 2e-13
_LOGARITHM, _LEAST_LOGARITHM = 1e-13, "0.1"
_IN_GAUSSIAN_TAILS = {
    ("gelu", "f"), ("gelu", "f′"), ("gelu_tanh", "f"), ("gelu_tanh", "f′"),
    ("gaussian", "f"), ("gaussian", "f′"), ("erf", "f′"),
}  # fmt: skip
_ROUNDED_Z = 1e-15, "zero of f′"


def checks(tick: Tick) -> Iterator[Check]:
    """Three of each activation and its parameters, and the largest |f′| of some."""
    entries = shipped("activations")
    for at, (spec, regimes) in enumerate(entries.items()):
        tick(at / len(entries))
        yield from _of(spec, regimes)
    for name, most, where, digits, source in (
        ("sigmoid", "0.25", "0", 1e-15, "σ(0)(1 - σ(0))"),
        # One unit of the last digit stated, for it may have been cut off and not rounded.
        ("silu", "1.0998393", "2.3993573", 1e-7, "quadrature by others"),
        ("mish", "1.0884981", "1.49057", 1e-7, "quadrature by others"),
    ):
        f = ACTIVATIONS[name]
        yield stated(_GROUP, f"{name}, largest |f′|", most, f.max_abs_derivative, digits, source)
        # Near its maximum |f′| is level: half of the digits of its height tell its place.
        at_z = f.max_abs_derivative_at
        yield stated(_GROUP, f"{name}, where |f′| is largest", where, at_z, 5e-6, source)


def _of(spec: str, regimes: dict[str, Any]) -> Iterator[Check]:
    f = activation(spec)
    found: dict[str, list[Pair]] = {"f": [], "f′": [], "ln|f′|": []}
    for regime, columns in regimes.items():
        z = columns["z"]
        for quantity, function, key in (
            ("f", f, "f"),
            ("f′", f.derivative, "derivative"),
            ("ln|f′|", f.log_abs_derivative, "log_abs_derivative"),
        ):
            for at, expected, got in zip(z, columns[key], function(z), strict=True):
                found[quantity].append(_pair(f.name, quantity, regime, at, expected, float(got)))
    for quantity, pairs in found.items():
        yield worst(_GROUP, f"{spec}, {quantity}", pairs, DIGITS_50)


def _pair(
    name: str, quantity: str, regime: str, z: float, expected: str | None, got: float
) -> Pair:
    where, text = f"({number(z)})", exact(expected)
    if quantity == "ln|f′|":
        if text == "-inf" or got == float("-inf"):
            return by_distance(where, text, got, _LOGARITHM)
        if regime == _ROUNDED_Z[1]:
            # The distance to the zero is known to an ulp of z.
            relative = _ROUNDED_Z[0] * 10.0 ** (-float(text) / 2.302585092994046)
            return by_distance(where, text, got, max(relative, _LOGARITHM))
        return by_size(where, text, got, _LOGARITHM, least=_LEAST_LOGARITHM)
    if quantity == "f′" and regime == _ROUNDED_Z[1]:
        return by_distance(where, text, got, _ROUNDED_Z[0])
    gaussian = (name, quantity) in _IN_GAUSSIAN_TAILS and regime in ("tails", "underflow")
    return by_size(where, text, got, _GAUSSIAN if gaussian else _FLOAT)
