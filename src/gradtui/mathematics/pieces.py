"""Large steps in pieces, between which a computation that nobody wants any more can end.

What is small is done in one go, to the bit as NumPy does it. A product in pieces may round its last
digits otherwise; what goes number by number does not.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator
from typing import TypeVar

import numpy as np

from gradtui.mathematics.elementwise import Array
from gradtui.progress import Tick, part

Item = TypeVar("Item")

MULTIPLICATIONS = 2**28
"""So many in a row: 0.02 s of one core, more where others keep it busy."""
BEFOREHAND = 1e-9
"""The share of a pass that its preparations are, so that the first layer never falls behind it."""
NUMBERS = 2**18
"""So many numbers go at once through a function that is slow, or through their exponents."""


def warning_as_before(tick: Tick) -> Tick:
    """The same tick, under the caller's handling of floating-point warnings."""
    before = np.geterr()

    def tell(share: float) -> None:
        with np.errstate(**before):
            tick(share)

    return tell


def turn(tick: Tick, index: int, count: int) -> Tick:
    """The tick of one of several equal turns, counted from 0."""
    return part(tick, index / count, 1.0 / count)


def spans(size: int, each: int, tick: Tick) -> Iterator[slice]:
    """Slices of `each` of `size`, with a tick between two of them."""
    for start in range(0, size, each):
        if start:
            tick(start / size)
        yield slice(start, min(start + each, size))


def watched(items: Collection[Item], each: int, tick: Tick) -> Iterator[Item]:
    """The items, with a tick after `each` of them."""
    for index, item in enumerate(items):
        if index and index % each == 0:
            tick(index / len(items))
        yield item


def rows_at_once(numbers: int, multiplications: int = 1) -> int:
    """How many rows go at once, of so many numbers, that cost so many multiplications."""
    return max(1, min(NUMBERS // numbers, MULTIPLICATIONS // multiplications))


def multiplied(x: Array, y: Array, out: Array, tick: Tick) -> Array:
    """X ∘ Y into `out`, some rows at a time: where memory is new, touching it takes long."""
    for some in spans(len(x), rows_at_once(x.shape[1]), tick):
        np.multiply(x[some], y[some], out=out[some])
    return out


def product(x: Array, w: Array, out: Array, tick: Tick) -> Array:
    """X W [rows, columns] into `out`, in tiles where it is large."""
    (rows, inner), columns = x.shape, w.shape[1]
    if rows * inner * columns <= MULTIPLICATIONS:
        return np.matmul(x, w, out=out)
    area = max(1, MULTIPLICATIONS // inner)
    side = math.isqrt(area)
    # As square as it can be: thin tiles read much more than they compute.
    height = min(rows, max(side, area // columns))
    width = min(columns, max(1, area // height))
    for row in spans(rows, height, tick):
        row_tick = part(tick, row.start / rows, (row.stop - row.start) / rows)
        for column in spans(columns, width, row_tick):
            np.matmul(x[row], w[:, column], out=out[row, column])
    return out


def gram_product(x: Array, y: Array, tick: Tick) -> float:
    """Σ_ij (X Xᵀ)_ij (Y Yᵀ)_ij for X and Y of as many rows, tile by tile of the upper triangle."""
    rows, inner = len(x), max(x.shape[1], y.shape[1])
    side = max(1, math.isqrt(MULTIPLICATIONS // inner))
    total = 0.0
    for row in spans(rows, side, tick):
        row_tick = part(tick, row.start / rows, (row.stop - row.start) / rows)
        for column in spans(rows, side, row_tick):
            if column.start >= row.start:
                tile = float(np.vdot(x[row] @ x[column].T, y[row] @ y[column].T))
                total += tile if column.start == row.start else 2.0 * tile
    return total
