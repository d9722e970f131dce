"""Which recipe weights look like: by their scale and by the form of their distribution.

Glossary: n weights of standard deviation s, κ = E[w⁴]/E[w²]² their kurtosis, μ_k = E[w^k] of a
distribution with μ_2 = 1, Q a matrix with orthonormal rows or columns, g its gain.

Weights look like a recipe where s and κ lie within four standard errors of what it draws, and the
largest |w| is where the largest of n is:

    Var(s)/s² = (κ - 1)/4n,    Var(κ) = (μ_8 - 4 μ_4 μ_6 + 4 μ_4³ - μ_4²)/n
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from gradtui.mathematics.elementwise import Array
from gradtui.mathematics.initialisation.recipes import TRUNCATED_STD
from gradtui.mathematics.initialisation.recipes import Fans as LayerFans
from gradtui.mathematics.initialisation.record import initialisation
from gradtui.mathematics.recurrent.cell_recipes import Shape, pytorch_std
from gradtui.mathematics.spec import number
from gradtui.mathematics.weights.layout import Fans
from gradtui.mathematics.weights.moments import Moments

LEAST = 32
"""Fewer weights than this look like anything."""
_ERRORS = 4.0
_ROWS = 256
"""Rows that are looked at to see whether all are orthonormal."""

SPECS = (
    "pytorch_linear",
    "kaiming_normal",
    "kaiming_uniform",
    "xavier_normal",
    "xavier_uniform",
    "he_normal",
    "he_uniform",
    "glorot_normal",
    "glorot_uniform",
    "lecun_normal",
    "lecun_uniform",
    "normal",
    "truncated_normal",
    "kaiming_normal(mode=fan_out)",
    "kaiming_uniform(mode=fan_out)",
    "kaiming_normal(nonlinearity=tanh)",
    "kaiming_uniform(nonlinearity=tanh)",
    "kaiming_normal(nonlinearity=selu)",
    "kaiming_uniform(nonlinearity=selu)",
    "xavier_normal(gain=5/3)",
    "xavier_uniform(gain=5/3)",
    "xavier_normal(gain=sqrt(2))",
    "xavier_uniform(gain=sqrt(2))",
    "normal(std=0.02)",
    "truncated_normal(std=0.02)",
    "normal(std=0.01)",
    "normal(std=1)",
)
"""What weights are compared with, the usual first; `critical` and `siren` depend on more."""


@dataclass(frozen=True)
class _Form:
    """The form of a distribution: its even moments μ_4, μ_6, μ_8, and its largest |w|, None if any.

    All are of the standard deviation 1.
    """

    moments: tuple[float, float, float]
    most: float | None

    def fits(self, kurtosis: float, most: float, n: int) -> bool:
        """Whether n weights of it may have that κ and that largest |w|, each as a share of s."""
        m4, m6, m8 = self.moments
        variance = (m8 - 4.0 * m4 * m6 + 4.0 * m4**3 - m4**2) / n
        if abs(kurtosis - m4) > _ERRORS * math.sqrt(variance) + _NARROW:
            return False
        if self.most is None:
            # One of n goes beyond r + 8/r with r = √(2 ln n) less often than once in e^8.
            root = math.sqrt(2.0 * math.log(n))
            return most < root + 8.0 / root
        slack = _ERRORS * math.sqrt((m4 - 1.0) / (4.0 * n)) + _NARROW
        return most <= self.most * (1.0 + slack)


_NARROW = 4e-3
"""What rounding to bfloat16 does to a number."""


def _truncated_moments() -> tuple[float, float, float]:
    """Of a normal number cut off at ±2: E[z^k] = (k - 1) E[z^(k - 2)] - 2^k φ(2)/P(|z| < 2)."""
    density = math.exp(-2.0) / math.sqrt(2.0 * math.pi) / math.erf(math.sqrt(2.0))
    raw = [1.0]
    for k in (2, 4, 6, 8):
        raw.append((k - 1) * raw[-1] - 2.0**k * density)
    return raw[2] / raw[1] ** 2, raw[3] / raw[1] ** 3, raw[4] / raw[1] ** 4


_FORMS: Mapping[str, _Form] = {
    "normal": _Form((3.0, 15.0, 105.0), None),
    "uniform": _Form((9.0 / 5.0, 27.0 / 7.0, 9.0), math.sqrt(3.0)),
    "truncated": _Form(_truncated_moments(), 2.0 / TRUNCATED_STD),
}


@dataclass(frozen=True)
class Likeness:
    """What weights look like.

    Attributes:
        forms: the distributions that they may be of: "normal", "uniform", "truncated",
            "orthogonal", "constant"; none if they are of no such form.
        specs: the recipes that they may be drawn by, as `initialisation` reads them, and "pytorch"
            of a recurrent cell's; none where no recipe has this scale.
    """

    forms: tuple[str, ...]
    specs: tuple[str, ...]


def likeness(
    matrix: Array, found: Moments, fans: Fans, precision: float, units: int | None = None
) -> Likeness | None:
    """What finite weights look like; None where they are too few to tell.

    Args:
        matrix: a row for each unit above.
        found: the moments of its numbers.
        fans: of the layer.
        precision: the spacing of their numbers at 1.
        units: of the recurrent cell that they are of, if they are; PyTorch draws those by its size.
    """
    n = matrix.size
    if n < LEAST:
        return None
    if found.constant:
        return Likeness(("constant",), ())
    gain = _gain(matrix, found.top, precision)
    if gain is not None:
        near = abs(gain - 1.0) <= 4.0 * precision
        return Likeness(
            ("orthogonal",), ("orthogonal" if near else f"orthogonal(gain={number(gain)})",)
        )
    kurtosis, std = found.kurtosis, math.sqrt(found.unit_variance)
    forms = tuple(name for name, form in _FORMS.items() if form.fits(kurtosis, 1.0 / std, n))
    if abs(found.unit_mean) / std > _ERRORS / math.sqrt(n) + precision:
        return Likeness((), ())
    error = _ERRORS * math.sqrt((kurtosis - 1.0) / (4.0 * n)) + precision
    specs = tuple(
        spec
        for spec, weights, scale in _drawn(fans, units)
        if weights in forms and abs(found.top * std / scale - 1.0) <= error
    )
    return Likeness(forms, specs)


def _drawn(fans: Fans, units: int | None) -> tuple[tuple[str, str, float], ...]:
    """Every recipe, the form of its weights and their standard deviation."""
    if units is None:
        return _recipes(fans)
    cell = "pytorch", "uniform", pytorch_std(Shape(1, units, fans.fan_in))
    return (cell, *_recipes(fans))


@lru_cache(1024)
def _recipes(fans: Fans) -> tuple[tuple[str, str, float], ...]:
    """The same of a layer; the layers of a network have few different ones."""
    layer = LayerFans(fans.fan_in, fans.fan_out)
    draws = ((spec, initialisation(spec).draw(layer, "relu")) for spec in SPECS)
    return tuple((spec, draw.weights, draw.scale) for spec, draw in draws)


def _gain(matrix: Array, top: float, precision: float) -> float | None:
    """g where the rows, or the columns of a tall matrix, are g times orthonormal; else None.

    Rows drawn at random are orthogonal but for 1/√length; rounding the numbers of orthogonal ones
    makes them so but for `precision`/√length, and a decomposition in float32 but for 1e-5.
    """
    rows = matrix if len(matrix) <= matrix.shape[1] else matrix.T
    count, length = rows.shape
    tolerance = 4.0 * precision / math.sqrt(length) + 1e-5
    if count < 2:
        return None
    some = rows[np.linspace(0, count - 1, min(count, _ROWS)).astype(int)] / top
    gram = some @ some.T
    square = float(np.trace(gram)) / len(gram)
    if square == 0.0:
        return None
    off = np.abs(gram / square - np.eye(len(gram))).max()
    return top * math.sqrt(square) if off <= tolerance else None
