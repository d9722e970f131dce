"""What the time view knows: how far back everything that is compared remembers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gradtui.mathematics.elementwise import Array
from gradtui.mathematics.precision import FORMATS
from gradtui.models.decay import Value
from gradtui.models.finding import Finding, Kind
from gradtui.models.recurrent import course
from gradtui.models.recurrent.cells import cell_of, recipe_of
from gradtui.models.recurrent.cost import cells_drawn, most_seconds_tried, trying
from gradtui.models.recurrent.lags import spread
from gradtui.models.recurrent.memory import Memory
from gradtui.models.recurrent.verdict import diagnose
from gradtui.progress import Tick
from gradtui.setup import Setup
from gradtui.views.view import Table
from gradtui.wording import TRYING, foretold

if TYPE_CHECKING:
    from numpy.typing import NDArray


_MAPPED_LAGS = 500
"""So many lags of a map are rows of its table, for each of its values: more than are drawn."""


@dataclass(frozen=True, eq=False)
class Memories:
    """One for each of what is compared."""

    each: tuple[Memory, ...]

    def of(self, subject: str) -> Memory:
        """That of one subject."""
        return next(memory for memory in self.each if memory.subject.name == subject)

    def focused(self, setup: Setup) -> Memory:
        """The one that verdict and details are for."""
        return self.of(setup.focus_of(tuple(memory.subject.name for memory in self.each)))


def run(setup: Setup, tick: Tick) -> Iterator[Memories]:
    """One cell of each at once, and then more of them."""
    for memories in course.run(setup, tick):
        yield Memories(memories)


def foretold_next(result: Memories) -> str:
    """That looking for what helps takes long, once every cell was run."""
    subjects = [memory.subject for memory in result.each]
    ill = [memory for memory in result.each if memory.kind is not Kind.HEALTHY]
    if not ill or ill[0].measured.cells < cells_drawn(subjects):
        return ""
    once = max(map(most_seconds_tried, (memory.subject for memory in ill)))
    return foretold(TRYING, trying(subjects), most=True) if foretold(TRYING, once) else ""


def finding(result: Memories, subject: str) -> Finding:
    """The verdict on one of them."""
    return diagnose(result.of(subject))


def measures(result: Memories, subject: str) -> Mapping[str, float]:
    """What is left where the verdict is seen, and the rate a step."""
    memory = result.of(subject)
    there = memory.judgement.log10_there
    return {"log10_left": there, "log10_a_step": there / max(memory.lag_judged, 1)}


def table(result: Memories) -> Table:
    """A row for each cell and lag: those looked at of singular values, of a map for each value.

    Of a long sequence a map's lags are thinned: all of them would be a third of a million rows.
    """
    if all(memory.map is not None for memory in result.each):
        return [row for memory in result.each for row in _map_rows(memory)]
    if any(memory.singular is not None for memory in result.each):
        return [row for memory in result.each for row in _singular_rows(memory)]
    return [row for memory in result.each for row in _rows(memory)]


def _rows(memory: Memory) -> Iterator[dict[str, Value]]:
    measured, bounds = memory.measured, memory.bounds
    low, median, high = measured.quantiles
    numbers = memory.log10_number(median)
    bound = None if bounds is None else along(measured.lags, bounds.log10_bound)
    radius = None if bounds is None else along(measured.lags, bounds.log10_radius)
    for lag in range(len(measured.lags)):
        share = float(measured.median_passed[lag])
        yield {
            "cell": cell_of(memory.subject),
            "init": recipe_of(memory.subject),
            "lag": lag,
            "log10_grad_h_5": float(low[lag]),
            "log10_grad_h_50": float(median[lag]),
            "log10_grad_h_95": float(high[lag]),
            "log10_grad_c_50": None
            if measured.median_cell is None
            else float(measured.median_cell[lag]),
            "log10_bound": None if bound is None else float(bound[lag]),
            "log10_radius": None if radius is None else float(radius[lag]),
            "share_of_grad_w": None if np.isnan(share) else share,
            **{
                f"gradient_{format.name}": format.becomes(float(numbers[lag])) for format in FORMATS
            },
        }


def _map_rows(memory: Memory) -> Iterator[dict[str, Value]]:
    mapped = memory.map
    assert mapped is not None
    lags = [0, *spread(int(mapped.lags[-1]), _MAPPED_LAGS)]
    for value, row in zip(mapped.values.tolist(), mapped.log10, strict=True):
        for lag in lags:
            yield {
                "cell": cell_of(memory.subject),
                "init": mapped.recipe,
                "swept": mapped.swept,
                "value": value,
                "lag": lag,
                "log10_grad_h_50": float(row[lag]),
            }


def _singular_rows(memory: Memory) -> Iterator[dict[str, Value]]:
    found = memory.singular
    for at, lag in enumerate([] if found is None else found.lags.tolist()):
        assert found is not None
        yield {
            "cell": cell_of(memory.subject),
            "init": recipe_of(memory.subject),
            "lag": lag,
            "log10_sigma_largest": float(found.log10_largest[at]),
            "log10_sigma_median": float(found.log10_median[at]),
            "log10_sigma_smallest": float(found.log10_smallest[at]),
        }


def along(lags: NDArray[np.int64], log10_a_step: float) -> Array:
    """log10 of a factor to the power of each lag; 0^0 is 1."""
    with np.errstate(invalid="ignore"):
        return np.where(lags == 0, 0.0, lags * log10_a_step)
