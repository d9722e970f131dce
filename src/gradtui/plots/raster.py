"""Curves as dots in cells: the one way from data to dot, cell, column and line.

    s        where a value lies between the limits, 0 to 1
    dot      ⌊1/2 + s (dots - 1)⌋, so that the first and the last dot are the limits
    cell     ⌊dot / dots a cell⌋

Ticks, marks, letters and cursors stand in the cell of the dot that a curve would have there, and
so on the curve.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Array: TypeAlias = NDArray[np.float64]
    Whole: TypeAlias = NDArray[np.int64]

_FINEST = (2, 4)
"""The dots of a braille cell, across and down; a dash is as long with any marker."""
_FAR = 1e7
"""In dots; a point farther out only says where the curve leaves the picture."""
_FAR_SHARE = 1e12
"""The same, in sizes of the picture."""
_POINTS_A_DOT = 8
"""A curve of more points than this in a column of dots is drawn from its extremes there."""


@dataclass(frozen=True)
class Grid:
    """Cells with dots in them, over limits in data units; lines are counted from below.

    Attributes:
        columns, lines: cells.
        across, down: dots in a cell.
    """

    columns: int
    lines: int
    across: int
    down: int
    x_limits: tuple[float, float]
    y_limits: tuple[float, float]

    @property
    def dots(self) -> tuple[int, int]:
        """How many there are, across and down."""
        return self.columns * self.across, self.lines * self.down

    def x_dots(self, x: ArrayLike) -> Array:
        """Where x lies, in dots from the left, not yet rounded."""
        return share_of(x, self.x_limits) * (self.dots[0] - 1)

    def y_dots(self, y: ArrayLike) -> Array:
        """Where y lies, in dots from below, not yet rounded."""
        return share_of(y, self.y_limits) * (self.dots[1] - 1)

    def column(self, x: float) -> int:
        """The column of a curve at x, or the nearest."""
        return _cell(float(self.x_dots(x)), self.across, self.columns)

    def line(self, y: float) -> int:
        """The line, from below, of a curve at y, or the nearest."""
        return _cell(float(self.y_dots(y)), self.down, self.lines)

    @property
    def x_of_columns(self) -> Array:
        """The x in the middle of each column."""
        middles = np.arange(self.columns) * self.across + 0.5 * (self.across - 1)
        return _between(middles / max(self.dots[0] - 1, 1), self.x_limits)

    @property
    def y_of_lines(self) -> Array:
        """The y in the middle of each line, the lowest first."""
        middles = np.arange(self.lines) * self.down + 0.5 * (self.down - 1)
        return _between(middles / max(self.dots[1] - 1, 1), self.y_limits)


def share_of(values: ArrayLike, limits: tuple[float, float]) -> Array:
    """Where values lie between the limits: 0 at the low one, 1 at the high one."""
    # In units of the larger limit, so that no difference overflows.
    unit = max(abs(limits[0]), abs(limits[1]))
    low, high = limits[0] / unit, limits[1] / unit
    with np.errstate(all="ignore"):
        share = (np.asarray(values, float) / unit - low) / (high - low)
    clipped: Array = np.clip(share, -_FAR_SHARE, _FAR_SHARE)
    return clipped


def _between(share: Array, limits: tuple[float, float]) -> Array:
    values: Array = limits[0] * (1.0 - share) + limits[1] * share
    return values


def _cell(dot: float, dots: int, cells: int) -> int:
    dot = min(max(dot, 0.0), cells * dots - 1.0)
    return int(dot + 0.5) // dots


class Raster:
    """The dots of curves, and which curve each cell belongs to."""

    def __init__(self, grid: Grid) -> None:
        self.grid = grid
        across, down = grid.dots
        self.dots = np.zeros((down, across), bool)
        self.owner = np.full((grid.lines, grid.columns), -1)
        self._lines: set[int] = set()

    def curve(self, index: int, x: ArrayLike, y: ArrayLike, dash: tuple[float, float]) -> None:
        """Draw a line; where it lies along another, their cells alternate.

        Args:
            index: what it is called.
            x: of its points, in order, in data units.
            y: of its points.
            dash: the period of its pattern and how much of that is drawn.
        """
        grid = self.grid
        px, py = self._visible(np.asarray(x, float), np.asarray(y, float))
        columns, rows, along = _trace(
            px, py, grid.dots, _FINEST[0] / grid.across, _FINEST[1] / grid.down
        )
        period, drawn = dash
        keep = along % period < drawn
        touched = self._put(columns[keep], rows[keep])
        shared = touched & np.isin(self.owner, list(self._lines - {index}))
        aside = np.zeros_like(shared)
        if shared.any():
            tall = np.pad(shared, 1)
            tall = tall[:-2] | tall[1:-1] | tall[2:]
            run = shared & tall[:, :-2] & tall[:, 2:]
            aside = run & (np.arange(grid.columns) // 2 % 2 == 1)
        self.owner[touched & ~aside] = index
        self._lines.add(index)

    def boxes(self, index: int, x0: Array, x1: Array, y0: Array, y1: Array) -> None:
        """Fill upright boxes; what is not finite is left out."""
        limits = (*self.grid.x_limits, *self.grid.y_limits)
        finite = np.isfinite(x0) & np.isfinite(x1) & np.isfinite(y0) & np.isfinite(y1)
        finite &= (np.maximum(x0, x1) >= limits[0]) & (np.minimum(x0, x1) <= limits[1])
        across = [self.grid.x_dots(np.clip(edge[finite], *limits[:2])) for edge in (x0, x1)]
        along = [self.grid.y_dots(np.clip(edge[finite], *limits[2:])) for edge in (y0, y1)]
        edges = np.floor(np.array([*np.sort(across, 0), *np.sort(along, 0)]) + 0.5).astype(int)
        own = np.zeros_like(self.dots)
        for left, right, low, high in edges.T.tolist():
            own[low : high + 1, left : right + 1] = True
        self.dots |= own
        self.owner[self._cells(own)] = index

    def _visible(self, x: Array, y: Array) -> tuple[Array, Array]:
        """The points in dots."""
        px = np.clip(self.grid.x_dots(x), -_FAR, _FAR)
        py = np.clip(self.grid.y_dots(y), -_FAR, _FAR)
        px, py = np.where(np.isfinite(x), px, np.nan), np.where(np.isfinite(y), py, np.nan)
        return extremes(px, py, self.grid.dots[0])

    def _put(self, columns: Whole, rows: Whole) -> NDArray[np.bool_]:
        own = np.zeros_like(self.dots)
        own[rows, columns] = True
        self.dots |= own
        return self._cells(own)

    def _cells(self, dots: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """In which cells there is a dot."""
        grid = self.grid
        parts = dots.reshape(grid.lines, grid.down, grid.columns, grid.across)
        return np.asarray(parts.any(axis=(1, 3)), bool)

    def bits(self) -> Whole:
        """The dots of each cell as a number [lines, columns]: row by row from above, 1 first."""
        grid = self.grid
        parts = self.dots.reshape(grid.lines, grid.down, grid.columns, grid.across)
        in_order = parts[:, ::-1].transpose(0, 2, 1, 3).reshape(grid.lines, grid.columns, -1)
        weights = 1 << np.arange(grid.across * grid.down)
        bits: Whole = (in_order * weights).sum(axis=2)
        return bits


def extremes(x: Array, y: Array, columns: int) -> tuple[Array, Array]:
    """Of very many points that run to the right the first, last, least and most in each unit of x.

    A line through them looks the same as one through all, in a picture of so many units.
    """
    finite = np.isfinite(x) & np.isfinite(y)
    if x.size <= _POINTS_A_DOT * columns or (np.diff(x[finite]) < 0.0).any():
        return x, y
    unit = np.where(finite, np.floor(np.where(finite, x, 0.0)), np.nan)
    starts = np.flatnonzero(~(np.diff(unit, prepend=np.nan) == 0.0))
    ends = np.append(starts[1:], x.size) - 1
    group = np.repeat(np.arange(starts.size), ends - starts + 1)
    by_height = np.lexsort((np.where(finite, y, 0.0), group))
    picked = np.unique(np.concatenate([starts, ends, by_height[starts], by_height[ends]]))
    return x[picked], y[picked]


def _trace(
    x: Array, y: Array, dots: tuple[int, int], long: float, tall: float
) -> tuple[Whole, Whole, Array]:
    """The dots of a polyline inside the picture, and how far along the line each is.

    Each piece between two points is clipped to the picture (Liang and Barsky, 1984) and walked in
    steps of one dot. A point without neighbours is a dot.

    Args:
        x: in dots; NaN is a gap.
        y: the same.
        dots: the picture's size.
        long: the length of a step across.
        tall: the length of a step up.
    """
    finite = np.isfinite(x) & np.isfinite(y)
    joined = finite[:-1] & finite[1:]
    alone = finite & ~np.append(joined, False) & ~np.append(False, joined)
    start = np.flatnonzero(np.append(joined, False) | alone)
    end = np.where(alone[start], start, start + 1)
    dx, dy = x[end] - x[start], y[end] - y[start]
    length = np.hypot(dx * long, dy * tall)
    before = np.append(0.0, np.cumsum(length))[:-1]
    enter, leave = np.zeros(start.size), np.ones(start.size)
    for at, step, most in ((x[start], dx, dots[0] - 1), (y[start], dy, dots[1] - 1)):
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            first, last = (-1e-6 - at) / step, (most + 1e-6 - at) / step
        outside = (at < -1e-6) | (at > most + 1e-6)
        still = step == 0.0
        first = np.where(still, np.where(outside, 2.0, -1.0), first)
        last = np.where(still, 2.0, last)
        enter = np.maximum(enter, np.minimum(first, last))
        leave = np.minimum(leave, np.maximum(first, last))
    seen = enter <= leave
    start, dx, dy = start[seen], dx[seen], dy[seen]
    length, before = length[seen], before[seen]
    enter, leave = enter[seen], leave[seen]
    steps = np.ceil(np.maximum(np.abs(dx), np.abs(dy)) * (leave - enter)).astype(int)
    piece = np.repeat(np.arange(start.size), steps + 1)
    count = np.arange(piece.size) - np.repeat(np.cumsum(steps + 1) - steps - 1, steps + 1)
    t = enter[piece] + (leave - enter)[piece] * count / np.maximum(steps[piece], 1)
    columns = np.floor(x[start][piece] + dx[piece] * t + 0.5).astype(int)
    rows = np.floor(y[start][piece] + dy[piece] * t + 0.5).astype(int)
    columns, rows = np.clip(columns, 0, dots[0] - 1), np.clip(rows, 0, dots[1] - 1)
    return columns, rows, before[piece] + length[piece] * t
