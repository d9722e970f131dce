"""The ranges of σw, σb and α that a view draws: as given, or to hold what there is."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TypeAlias

import numpy as np

from gradtui.mathematics.wide.phase import critical_line
from gradtui.setup import KNOBS, Setup

Range: TypeAlias = tuple[float, float]

_WIDEST = 3.0, 1.5
"""Up to which σw and σb there is something to see for most activations."""
_MOST_ALPHA = 1.0
"""Up to which α there is something to see: what is added whole."""
_MARGIN = 1.15
_ENDS = (1.0, 1.2, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0)

MANY_BLOCKS = 1_000
"""A map of more residual blocks is coarser, for each of them costs as much as the first."""


def sigma_ranges(setup: Setup) -> tuple[Range, Range]:
    """Of σw and of σb: as given; else so wide that the critical line and the cursor are on it."""
    plane = setup.plane
    ends = extent(setup.focused)
    return (
        plane.sigma_w_range or _up_to(ends[0], plane.sigma_w, "sigma_w"),
        plane.sigma_b_range or _up_to(ends[1], plane.sigma_b, "sigma_b"),
    )


def alpha_range(setup: Setup) -> Range:
    """Of α: as given; else from 0 so far that the cursor is on it."""
    return setup.plane.alpha_range or _up_to(_MOST_ALPHA, setup.plane.alpha, "alpha")


def _up_to(end: float, cursor: float, name: str) -> Range:
    wide = end if cursor <= end else _rounded_up(cursor)
    return 0.0, float(KNOBS[name].scale(wide, 0))


@lru_cache(maxsize=64)
def extent(name: str) -> Range:
    """Up to which σw and σb a map holds the critical line: 3 and 1.5, more where it lies beyond.

    Of a line that goes far, as much as is within twice its least σw.
    """
    line = critical_line(name)
    known = np.isfinite(line.sigma_w2)
    w, b = np.sqrt(line.sigma_w2[known]), np.sqrt(line.sigma_b2[known])
    if not w.size:
        return _WIDEST
    most_b = max(_WIDEST[1], _rounded_up(_MARGIN * float(b.min())))
    inside = w[b <= most_b]
    shown = float(min(inside.max(), 2.0 * inside.min()))
    return max(_WIDEST[0], _rounded_up(_MARGIN * shown)), most_b


def _rounded_up(value: float) -> float:
    """The next number of those that end an axis well."""
    if value <= 0.0:
        return 0.0
    unit = 10.0 ** math.floor(math.log10(value))
    return float(f"{next(at for at in _ENDS if at * unit >= value * (1 - 1e-12)) * unit:.2g}")
