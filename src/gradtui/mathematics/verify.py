"""A check of this installation against numbers that others found."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from gradtui.mathematics.activations import ACTIVATIONS
from gradtui.mathematics.activations.record import Activation
from gradtui.mathematics.chain import chain
from gradtui.mathematics.network.flow import gradient_flow
from gradtui.mathematics.spec import number
from gradtui.mathematics.wide.mean_field import critical_sigma_w2, mean_field
from gradtui.mathematics.wide.path import gradient_path

_STEP = 2.0**-8
"""h of the differences: their truncation h⁴/30 and their rounding ε/h are both below 1e-11."""
_DIFFERENCE_TOLERANCE = 1e-9
"""Absolute: a hundred times those errors, for fifth derivatives of up to a hundred."""
_CLEARANCE = 4 * _STEP
"""A difference that reaches across a break says nothing about f′."""


@dataclass(frozen=True)
class Check:
    """One number, as it should be and as it is."""

    name: str
    expected: str
    source: str
    got: str
    ok: bool


def checks() -> Iterator[Check]:
    """Every check, cheapest first."""
    for name, most, at, digits, source in (
        ("sigmoid", 0.25, 0.0, 1e-15, "σ(0)(1 - σ(0))"),
        # One unit of the last digit stated, for it may have been cut off and not rounded.
        ("silu", 1.0998393, 2.3993573, 1e-7, "independent quadrature"),
        ("mish", 1.0884981, 1.49057, 1e-7, "independent quadrature"),
    ):
        f = ACTIVATIONS[name]
        yield _number(f"largest |f′| of {name}", most, f.max_abs_derivative, digits, source)
        # Near its maximum |f′| is level: half of the digits of its height tell its place.
        yield _number(f"where |f′| of {name} is largest", at, f.max_abs_derivative_at, 5e-6, source)
    ten = chain("sigmoid", [1.0] * 10, biases=-0.5, x=0.5)
    yield _number(
        "ten sigmoids at z = 0, product of the f′",
        9.5367e-7,
        10.0**ten.log10_from_derivatives,
        5e-12,
        "0.25^10",
    )
    five = chain("sigmoid", [0.1] * 5)
    slopes = 10.0**five.log10_from_derivatives
    source = "independent, seven digits"
    yield _number("five sigmoids, w = 0.1, product of the f′", 9.715356e-4, slopes, 5e-11, source)
    yield _number(
        "five sigmoids, w = 0.1, with the four inner weights",
        9.715356e-8,
        slopes * 10.0**five.log10_from_weights,
        5e-15,
        source,
    )
    deep = chain("sigmoid", [1.0] * 10_000)
    yield _number(
        "log10 ∂L/∂w₁ of 10,000 sigmoids",
        -6483.956563067094,
        float(deep.log10_gradients[0]),
        1e-10,
        "50-digit arithmetic",
    )
    yield from _networks()
    for f in ACTIVATIONS.values():
        yield _differences(f)


def _networks() -> Iterator[Check]:
    """Theory at infinite width, and matrices, which depend on this machine's linear algebra."""
    source = "independent quadrature"
    for sigma_b2, expected in ((0.05, 1.7609546396), (0.1, 1.9860726411)):
        got = critical_sigma_w2("tanh", sigma_b2)
        yield _number(f"tanh, critical σw² at σb² = {sigma_b2}", expected, got, 1e-10, source)
    chi = mean_field("sigmoid", 1.0).chi
    yield _number("sigmoid, χ at σw² = 1, σb² = 0", 0.0557207, chi, 5e-8, source)
    path = gradient_path("tanh", 1.0, 0.0, 100)
    left = 10.0 ** (2.0 * path.log10_grad_hidden[0])
    yield _number("critical tanh, ∏χ over 100 layers", 0.00713425, float(left), 5e-9, source)
    # Every layer halves each gradient: exact at any depth, for any order of summation.
    halved = [0.5 * np.eye(64)] * 2000
    ones = np.ones((1, 64))
    flow = gradient_flow("identity", halved, None, ones, ones / 8.0)
    yield _number(
        "log10 ‖∂L/∂x‖ of 2,000 layers that halve",
        -2000.0 * math.log10(2.0),
        float(flow.log10_grad_hidden[0]),
        1e-10,
        "-2000 log10 2",
    )


def _number(name: str, expected: float, got: float, tolerance: float, source: str) -> Check:
    return Check(
        name,
        number(expected),
        source,
        number(float(f"{got:.16g}")),
        abs(got - expected) <= tolerance,
    )


def _differences(f: Activation) -> Check:
    """f′ against Richardson's extrapolation of central differences of f, away from breaks."""
    z = np.linspace(-5.0, 5.0, 401)
    for at in f.breaks:
        z = z[np.abs(z - at) > _CLEARANCE]
    near = f(z + _STEP) - f(z - _STEP)
    far = f(z + 2 * _STEP) - f(z - 2 * _STEP)
    worst = float(np.abs((8.0 * near - far) / (12.0 * _STEP) - f.derivative(z)).max())
    return Check(
        f"f′ of {f.name} against differences of f",
        f"within {number(_DIFFERENCE_TOLERANCE)}",
        "Richardson's extrapolation",
        f"{worst:.1e}",
        worst <= _DIFFERENCE_TOLERANCE and math.isfinite(worst),
    )
