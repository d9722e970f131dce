"""Derivatives that cost less where f(z) is at hand: straight lines, and equations for f′.

Glossary: f the activation function, z where it is evaluated, a = f(z), c a factor; α and β the
coefficients of f′ = α + βf - f².
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from gradtui.mathematics.activations.facts import grid
from gradtui.mathematics.activations.record import Activation
from gradtui.mathematics.elementwise import Array, Formula

_CANCELLED_SLOPE = 0.02
"""α + βf - f² above this has lost no more than fifty roundings: 1e-14."""


def values_into(f: Activation) -> Callable[[Array, Array], object]:
    """Puts f(z) into an array."""
    slopes, function = homogeneous(f), f.function
    if slopes:
        return slopes.f
    if isinstance(function, np.ufunc):
        return function
    return lambda z, out: np.copyto(out, function(z))


class Slopes(NamedTuple):
    """Of f that is two straight lines meeting in the origin: f(c z) = c f(z) for every c > 0."""

    left: float
    right: float

    def f(self, z: Array, out: Array) -> None:
        """Evaluate into `out`."""
        if self == (0.0, 1.0):
            np.maximum(z, 0.0, out=out)
        else:
            np.copyto(out, z)
            self.df(out, out)
            out *= z

    def df(self, z: Array, a: Array) -> None:
        """Put f′(z), the slope on the left at 0, in the place of z: products beat branches."""
        positive = z > 0.0
        np.multiply(positive, self.right, out=z)
        if self.left:
            z += ~positive * self.left


@lru_cache(maxsize=64)
def homogeneous(f: Activation) -> Slopes | None:
    """The slopes of f if it is positively homogeneous of degree 1."""
    z = grid()
    slopes = Slopes(-f(-1.0) + 0.0, f(1.0))
    slope = z.copy()
    slopes.df(slope, slope)
    same = np.array_equal(f(z), slope * z) and np.array_equal(f.derivative(z), slope)
    return slopes if same and not any(f.breaks) else None


class Riccati(NamedTuple):
    """Of f with f′ = α + βf - f² ≥ 0, as for tanh and the sigmoid: f is at hand already."""

    alpha: float
    beta: float
    formula: Formula

    def df(self, z: Array, a: Array) -> None:
        """Put f′(z) in the place of z: from a = f(z), but where subtraction leaves little."""
        lost = a * a
        if self.beta:
            lost -= self.beta * a
        most = self.alpha - _CANCELLED_SLOPE
        if lost.max() <= most:
            np.subtract(self.alpha, lost, out=z)
            return
        small = np.nonzero(~(lost <= most))
        careful = self.formula(z[small])
        np.subtract(self.alpha, lost, out=z)
        z[small] = careful


@lru_cache(maxsize=64)
def riccati(f: Activation) -> Riccati | None:
    """The equation of f if it has one: found from two points, and checked everywhere."""
    (left, middle), (at_left, at_middle) = (
        f(np.array([-1.0, 0.0])),
        f.derivative(np.array([-1.0, 0.0])),
    )
    if left == middle:
        return None
    beta = round((at_middle + middle**2 - at_left - left**2) / (middle - left), 12) + 0.0
    alpha = round(at_middle + middle**2 - beta * middle, 12) + 0.0
    a, slope = f(grid()), f.derivative(grid())
    same = float(np.abs(alpha + beta * a - a * a - slope).max()) <= 1e-15
    return Riccati(alpha, beta, f.definition.df) if same and slope.min() >= 0.0 else None
