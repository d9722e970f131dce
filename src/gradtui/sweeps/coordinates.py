"""A coordinate check: whether the size of signal and gradient depends on the width of a network.

As in the check of μP (Yang & Hu, arXiv:2011.14522; the package mup), but at initialisation only:
no step of training is made. Of each network, with layers all of n units and an input of n numbers:

    signal    the root mean square of a_L over batch and units
    gradient  the root mean square of ∂L/∂a_0, beside that of ∂L/∂a_L

and through log10 of these against log10 n, over all widths and seeds, a straight line by least
squares: its slope s says that a size grows like n^s, with the standard error of s from the scatter
about the line, which has (points - 2) degrees of freedom.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from gradtui.sweeps.cell import Row, number
from gradtui.sweeps.grid import Grid

COORDINATES = "coordinates"
"""The name of this sweep on the command line."""
VIEW_NAME = "layers"
OVER = ("units=64:4096:log7", "seed=0:4:lin5")
GIVEN: Mapping[str, str] = {"depth": "4", "batch": "32"}
MEASURES = ("signal", "gradient")

FLAT = 0.05
"""A slope is flat if it is below this in size, by two standard errors: over a factor of 64 in width
a size then changes by less than a quarter."""
_SURE = 2.0


@dataclass(frozen=True)
class Slope:
    """How a size changes with width.

    Attributes:
        case: what is the same, in words: the other axes' values.
        what: one of `MEASURES`.
        slope: s of units^s; nan where it cannot be told.
        error: the standard error of s.
        points: how many networks it rests on.
    """

    case: str
    what: str
    slope: float
    error: float
    points: int

    @property
    def flat(self) -> bool | None:
        """Whether it is flat; None where the networks leave that in doubt."""
        low, high = (self.slope + side * _SURE * self.error for side in (-1.0, 1.0))
        if not (math.isfinite(low) and math.isfinite(high)):
            return None
        if max(abs(low), abs(high)) < FLAT:
            return True
        return False if low > FLAT or high < -FLAT else None

    @property
    def text(self) -> str:
        """In words, with its number."""
        if not math.isfinite(self.slope):
            return f"{self.case}: the {self.what} has no slope, as it is 0 or was not computed."
        number_ = f"units^{self.slope:.3f} ± {self.error:.3f}, {self.points} networks"
        if self.flat:
            return f"{self.case}: the {self.what} is flat ({number_})."
        if self.flat is None:
            return (
                f"{self.case}: whether the {self.what} is flat is in doubt ({number_}); "
                "more seeds or widths would tell."
            )
        grows = "grows" if self.slope > 0.0 else "shrinks"
        return f"{self.case}: the {self.what} is not flat, it {grows} like {number_}."


def with_preset(over: Iterable[str], given: Mapping[str, str]) -> tuple[list[str], dict[str, str]]:
    """The axes and knobs of the check, each unless another is asked for."""
    over = list(over)
    asked = {one.partition("=")[0].strip() for one in over} | {*given}
    # A knob that is given once is no axis, and one that is swept is not given.
    axes = [one for one in OVER if one.partition("=")[0] not in asked]
    return [*over, *axes], {**{k: v for k, v in GIVEN.items() if k not in asked}, **given}


def slopes(grid: Grid, rows: Mapping[int, Row]) -> list[Slope]:
    """Of each of what is compared, of signal and of gradient."""
    points: dict[str, dict[str, list[tuple[float, float]]]] = {}
    for cell in sorted(rows):
        values = grid.values(cell)
        words = (f"{v}" for k, v in values.items() if k not in ("units", "seed"))
        case = ", ".join(words) or str(rows[cell]["subject"])
        own = points.setdefault(case, {what: [] for what in MEASURES})
        units = float(values.get("units", math.nan))
        for what in MEASURES:
            size = number(rows[cell].get(f"log10_{what}"))
            if units > 0.0:
                own[what].append((math.log10(units), size))
    return [
        Slope(case, what, *_fitted(found)) for case, own in points.items()
        for what, found in own.items()
    ]  # fmt: skip


def _fitted(points: list[tuple[float, float]]) -> tuple[float, float, int]:
    """Slope, its standard error, and how many points there are."""
    count = len(points)
    xs, ys = [x for x, _ in points], [y for _, y in points]
    if count < 3 or len(set(xs)) < 2 or not all(map(math.isfinite, ys)):
        return math.nan, math.nan, count
    x_mean, y_mean = sum(xs) / count, sum(ys) / count
    spread = sum((x - x_mean) ** 2 for x in xs)
    slope = sum((x - x_mean) * (y - y_mean) for x, y in points) / spread
    rest = sum((y - y_mean - slope * (x - x_mean)) ** 2 for x, y in points)
    return slope, math.sqrt(rest / (count - 2) / spread), count
