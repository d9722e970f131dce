"""Where an activation is flat, as intervals: the same that its derivative says point by point."""

from __future__ import annotations

import math

import numpy as np
import pytest

from gradtui import ACTIVATIONS, activation
from gradtui.mathematics.network.flat import Intervals, where_saturated, where_zero

WAVES = {"sin"}
"""Flat at endlessly many places."""


def inside(z: np.ndarray, intervals: Intervals) -> np.ndarray:
    held = np.zeros(z.shape, bool)
    for low, high in intervals:
        held |= (low <= z) & (z <= high)
    return held


@pytest.mark.parametrize("name", sorted(ACTIVATIONS.keys() - WAVES))
def test_the_intervals_hold_what_the_derivative_says(name: str) -> None:
    f, rng = ACTIVATIONS[name], np.random.default_rng(0)
    decades = np.geomspace(1e-9, 1e6, 2000)
    z = np.concatenate([4.0 * rng.normal(size=50_000), decades, -decades, f.breaks, [0.0]])
    if f.max_abs_derivative < math.inf:
        small = np.abs(f.derivative(z)) < 0.01 * f.max_abs_derivative
        np.testing.assert_array_equal(inside(z, where_saturated(f)), small)
    np.testing.assert_array_equal(inside(z, where_zero(f)), f.log_abs_derivative(z) == -np.inf)


def test_edges_known_in_closed_form() -> None:
    """1 - tanh² z = 0.01 at atanh √0.99; σ(1-σ) = 0.0025 at ln(199 + √(199² - 1))."""
    (_, left), (right, _) = where_saturated(activation("tanh"))
    assert -left == pytest.approx(math.atanh(math.sqrt(0.99)), rel=1e-14)
    assert right == -left
    (_, left), (right, _) = where_saturated(activation("sigmoid"))
    assert right == pytest.approx(math.log(199.0 + math.sqrt(199.0**2 - 1.0)), rel=1e-14)


def test_what_only_underflows_or_tends_to_zero_is_not_zero() -> None:
    assert where_zero(activation("sigmoid")) == where_zero(activation("gelu")) == ()
    assert where_zero(activation("relu")) == ((-math.inf, 0.0),)
    assert where_zero(activation("leaky_relu")) == ()


def test_without_a_bound_of_the_slope_nothing_is_small_beside_it() -> None:
    assert where_saturated(activation("relu_squared")) == ()
    assert where_zero(activation("relu_squared")) == ((-math.inf, 0.0),)
