"""What a sweep says as a whole: where its cells are healthy, in as few words as are true.

It speaks of the cells that were computed, never of what lies between them. A claim is a box: some
values of each axis, of which every combination is healthy; all claims together are all that is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import TypeAlias

from gradtui.models.finding import Kind
from gradtui.sweeps.cell import Row
from gradtui.sweeps.grid import Axis, Grid
from gradtui.wording import counted

Places: TypeAlias = tuple[int, ...]
"""The place of a cell on each axis."""

_TOLD = 4
"""So many claims are made, the largest first; the rest is counted."""
_LISTED = 6
"""So many values are named; of more only how many there are."""


@dataclass(frozen=True)
class Claim:
    """A box of cells: for each axis the places of its values, rising."""

    box: tuple[tuple[int, ...], ...]

    def cells(self) -> set[Places]:
        """All that it is about."""
        return set(product(*self.box))


@dataclass(frozen=True)
class Whole:
    """The verdict over all cells.

    Attributes:
        sentence: that, in words.
        healthy: whether every cell of the grid is.
        claims: what the sentence says of where.
    """

    sentence: str
    healthy: bool
    claims: tuple[Claim, ...]


def whole(grid: Grid, rows: Mapping[int, Row]) -> Whole:
    """The verdict over the rows that are known, by the number of their cell."""
    healthy = {
        grid.places(cell) for cell, row in rows.items() if row["verdict"] == str(Kind.HEALTHY)
    }
    claims = claims_of(grid, healthy)
    total = len(rows)
    so_far = f" of the {grid.size:,} that were asked for" if total < grid.size else ""
    cells = counted(total, "cell")
    if not total:
        return Whole("No cell was computed.", False, ())
    if len(healthy) == total:
        every = f"All {cells}" if total > 1 else "The one cell"
        verb = "are" if total > 1 else "is"
        said = f"{every}{so_far} {verb} healthy."
        return Whole(said, not so_far, claims)
    others = _others(rows.values())
    if not healthy:
        return Whole(f"Not one of {cells}{so_far} is healthy: {others}.", False, ())
    told = "; ".join(worded(claim, grid) for claim in claims[:_TOLD])
    left = healthy.difference(*(claim.cells() for claim in claims[:_TOLD]))
    if left:
        told += f"; and {len(left):,} more"
    sentence = (
        f"Healthy in {len(healthy):,} of {cells}{so_far}, of the values tried: {told}. "
        f"Of the others {others}."
    )
    return Whole(sentence, False, claims)


def _others(rows: Iterable[Row]) -> str:
    """How many are what else."""
    counts: dict[str, int] = {}
    for row in rows:
        what = "could not be computed" if row["error"] else str(row["verdict"] or "without verdict")
        counts[what] = counts.get(what, 0) + 1
    counts.pop(str(Kind.HEALTHY), None)
    parts = [f"{count:,} {what}" for what, count in counts.items()]
    return ", ".join(parts)


# ------------------------------------------------------------------------ claims


def claims_of(grid: Grid, healthy: set[Places]) -> tuple[Claim, ...]:
    """Boxes that are together exactly these cells, the largest first: as few as were found."""
    if not healthy:
        return ()
    tried = [_along(main, grid, healthy) for main in _mains(grid)]
    best = min(tried, key=len)
    return tuple(sorted(best, key=lambda claim: -len(claim.cells())))


def _mains(grid: Grid) -> list[int]:
    """The axes along which it may be told, first that with the most numbers."""
    order = sorted(
        range(len(grid.axes)),
        key=lambda at: (not grid.axes[at].numeric, -len(grid.axes[at].texts)),
    )
    return order or [0]


def _along(main: int, grid: Grid, healthy: set[Places]) -> list[Claim]:
    """Of the places elsewhere, which have the same values of one axis healthy."""
    if not grid.axes:
        return [Claim(())]
    by_context: dict[Places, list[int]] = {}
    for places in sorted(healthy):
        by_context.setdefault((*places[:main], *places[main + 1 :]), []).append(places[main])
    groups: dict[tuple[int, ...], set[Places]] = {}
    for context, found in by_context.items():
        groups.setdefault(tuple(sorted(found)), set()).add(context)
    return [
        Claim((*box[:main], places, *box[main:]))
        for places, contexts in groups.items()
        for box in _boxes(contexts)
    ]


def _boxes(cells: set[Places]) -> list[tuple[tuple[int, ...], ...]]:
    """Boxes that are together exactly these cells, each as large as it can be grown."""
    left, boxes = set(cells), []
    while left:
        first = min(left)
        box = [{place} for place in first]
        for axis in range(len(first)):
            for place in sorted({other[axis] for other in left}):
                grown = [*box[:axis], box[axis] | {place}, *box[axis + 1 :]]
                if all(cell in left for cell in product(*grown)):
                    box = grown
        boxes.append(tuple(tuple(sorted(own)) for own in box))
        left -= set(product(*box))
    return boxes


# ------------------------------------------------------------------------- words


def worded(claim: Claim, grid: Grid) -> str:
    """A claim in words: what of each axis, but for those of which it is every value."""
    parts = [
        _values(axis, places)
        for axis, places in zip(grid.axes, claim.box, strict=True)
        if len(places) < len(axis.texts) or len(axis.texts) == 1
    ]
    said = ", ".join(part for part in parts if part)
    every = [
        axis.label
        for axis, places in zip(grid.axes, claim.box, strict=True)
        if len(places) == len(axis.texts) > 1
    ]
    if every and said:
        return f"{said}, for every {' and '.join(every)}"
    return said or f"for every {' and '.join(every)}"


def _values(axis: Axis, places: Sequence[int]) -> str:
    """Some values of an axis: of numbers the stretches that were tried."""
    if not axis.numeric:
        names = [axis.texts[place] for place in places]
        if len(names) > _LISTED:
            names = [*names[:_LISTED], f"{len(names) - _LISTED} more"]
        return f"{axis.label} {_either(names)}"
    stretches: list[list[int]] = []
    for place in places:
        if stretches and stretches[-1][1] == place - 1:
            stretches[-1][1] = place
        else:
            stretches.append([place, place])
    words = [_stretch(axis, low, high) for low, high in stretches]
    if len(words) > _LISTED:
        words = [*words[:_LISTED], f"{len(words) - _LISTED} more stretches"]
    return f"{axis.label} {_either(words)}"


def _stretch(axis: Axis, low: int, high: int) -> str:
    first, last = axis.texts[low], axis.texts[high]
    if low == high:
        return first
    if low == 0:
        return f"{last} or less"
    return f"{first} or more" if high == len(axis.texts) - 1 else f"{first} to {last}"


def _either(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"
