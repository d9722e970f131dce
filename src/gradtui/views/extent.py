"""The ranges of σw and σb that a view draws: the given ones, or those that hold what there is."""

from __future__ import annotations

from functools import lru_cache
from typing import TypeAlias

from gradtui.mathematics.wide import phase
from gradtui.setup import KNOBS, Setup

Range: TypeAlias = tuple[float, float]


def sigma_ranges(setup: Setup) -> tuple[Range, Range]:
    """Of σw and of σb: as given; else so wide that the critical line and the cursor are on it."""
    plane = setup.plane
    ends = _extent(setup.focused)
    return (
        plane.sigma_w_range or _up_to(ends[0], plane.sigma_w, "sigma_w"),
        plane.sigma_b_range or _up_to(ends[1], plane.sigma_b, "sigma_b"),
    )


def _up_to(end: float, cursor: float, name: str) -> Range:
    wide = end if cursor <= end else phase.rounded_up(cursor)
    return 0.0, float(KNOBS[name].scale(wide, 0))


@lru_cache(maxsize=64)
def _extent(name: str) -> Range:
    return phase.extent(name)
