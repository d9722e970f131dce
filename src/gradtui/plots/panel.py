"""One plot of a figure: its axes, and every mark as strokes, fills and words."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from gradtui.plots.marks import (
    Band,
    Bars,
    Boxes,
    Dots,
    Ground,
    Label,
    Level,
    Line,
    Mark,
    Plot,
    Pointer,
    Upright,
)
from gradtui.plots.raster import extremes, share_of
from gradtui.plots.shapes import Box, Fill, Point, Shape, Stroke, Words, rectangle, text_width
from gradtui.plots.ticks import decade_ticks, log_ticks, spaced, tick_values

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array: TypeAlias = NDArray[np.float64]

SMALL = 11.0
"""The size of ticks, names and legends."""
DASHES: dict[str, tuple[float, ...]] = {
    "solid": (),
    "fine": (2.5, 2),
    "dashed": (7, 3.5),
    "dotted": (1.5, 3),
    "dash-dot": (8, 3, 1.5, 3),
    "long": (12, 5),
    "sparse": (1.5, 6),
    "dash-dot-dot": (8, 2.5, 1.5, 2.5, 1.5, 2.5),
}
"""Each dash pattern: how long it is drawn and left out, in turn."""
_TICK = 4.0
_GROUND = 2
"""A map's cells are so many points wide and high."""
_STREWN = (8, 16)
"""How far apart the cells of a map are that its strewn characters were made for."""
_FAR = 1e5
_X_APART, _Y_APART = 54.0, 38.0
"""About how far apart ticks stand."""


@dataclass(frozen=True)
class Theme:
    """The colours of the roles, what is behind some, and what a figure stands on."""

    colours: dict[str, str]
    grounds: dict[str, str]
    background: str

    def colour(self, role: str) -> str:
        """That of a role."""
        return self.colours.get(role, self.colours[""])


@dataclass(frozen=True)
class Panel:
    """A plot in its box, which the labels of the axes share.

    Attributes:
        inside: the box between the axes.
    """

    plot: Plot
    theme: Theme
    inside: Box

    @classmethod
    def of(cls, plot: Plot, theme: Theme, box: Box, room: tuple[float, float]) -> Panel:
        """The panel in a box, with that room for labels to the left and below."""
        left, top, width, height = box
        before, below = room
        above = 20 if plot.title else 8
        tall = max(round(height - above - below), 10)
        corner = round(left + before), round(top + above)
        wide = max(round(width - before - 14), 10)
        beyond = cls(plot, theme, (*corner, wide, tall))._beyond()
        # What stands to the right has labels of its own.
        wide = max(min(wide, round(width - before - beyond - 4)), 10)
        return cls(plot, theme, (*corner, wide, tall))

    @classmethod
    def room(cls, plot: Plot, theme: Theme, box: Box) -> tuple[float, float]:
        """How much its labels take to the left and below."""
        draft = cls(plot, theme, (*box[:3], max(box[3] - 44, 20)))
        labels = [text_width(plot.y.label(tick), SMALL) for tick in draft.y_ticks()]
        before = max(labels, default=0.0) + 12 + (20 if plot.y.title else 0)
        return before, 36 if plot.x.title else 20

    def _beyond(self) -> float:
        """How far the last label below reaches to the right of the axis."""
        ticks = self.x_ticks()[-1:]
        right = self.inside[0] + self.inside[2]
        ends = (float(self.x(at)) + text_width(self.plot.x.label(at), SMALL) / 2 for at in ticks)
        return max((end - right for end in ends), default=0.0)

    # ---------------------------------------------------------------------- places

    def x(self, values: Array | float) -> Array:
        """Where they are across, in points."""
        return np.asarray(self.inside[0] + share_of(values, self.plot.x.limits) * self.inside[2])

    def y(self, values: Array | float) -> Array:
        """Where they are down, in points."""
        bottom = self.inside[1] + self.inside[3]
        return np.asarray(bottom - share_of(values, self.plot.y.limits) * self.inside[3])

    def _points(self, x: Array, y: Array) -> list[list[Point]]:
        """Lines through points, a piece for each stretch without a gap."""
        left, top, width, height = self.inside
        px = np.clip(self.x(x), left - _FAR, left + width + _FAR)
        py = np.clip(self.y(y), top - _FAR, top + height + _FAR)
        px, py = np.where(np.isfinite(x), px, np.nan), np.where(np.isfinite(y), py, np.nan)
        px, py = extremes(px, py, int(2 * width))
        pieces: list[list[Point]] = [[]]
        for point in zip(px.tolist(), py.tolist(), strict=True):
            if math.isfinite(point[0]) and math.isfinite(point[1]):
                pieces[-1].append(point)
            elif pieces[-1]:
                pieces.append([])
        return [piece if len(piece) > 1 else _speck(piece[0]) for piece in pieces if piece]

    # ------------------------------------------------------------------------ axes

    def y_ticks(self) -> list[float]:
        """Where the y axis is named."""
        axis = self.plot.y
        if axis.ticks is not None:
            return self._given(axis.ticks, [(round(y), 12) for y in self.y(np.array(axis.ticks))])
        choose = {"decades": decade_ticks, "log": log_ticks, "linear": tick_values}[axis.scale]
        return choose(*axis.limits, max(3, int(self.inside[3] / _Y_APART)))

    def x_ticks(self) -> list[float]:
        """Where the x axis is named."""
        axis = self.plot.x
        if axis.ticks is None:
            choose = {"decades": decade_ticks, "log": log_ticks, "linear": tick_values}[axis.scale]
            return choose(*axis.limits, max(3, int(self.inside[2] / _X_APART)))
        wide = [math.ceil(text_width(axis.label(x), SMALL)) for x in axis.ticks]
        middles = self.x(np.array(axis.ticks))
        places = [(round(at - w / 2), w) for at, w in zip(middles.tolist(), wide, strict=True)]
        return self._given(axis.ticks, places)

    def _given(self, ticks: Sequence[float], places: Sequence[tuple[int, int]]) -> list[float]:
        ends = (0, len(ticks) - 1) if len(ticks) > 1 else ()
        return [ticks[at] for at in spaced(places, 6, ends)]

    def _axes(self) -> Iterator[Shape]:
        """Frame, grid, ticks and their labels, titles."""
        left, top, width, height = self.inside
        right, bottom = left + width, top + height
        ink, plot = self.theme.colour("axis"), self.plot
        words = self.theme.colour("")
        across = [(float(self.x(tick)), plot.x.label(tick)) for tick in self.x_ticks()]
        up = [(float(self.y(tick)), plot.y.label(tick)) for tick in self.y_ticks()]
        pieces: list[list[Point]] = [[(left, top), (left, bottom), (right, bottom)]]
        pieces += [[(x, bottom), (x, bottom + _TICK)] for x, _ in across]
        pieces += [[(left - _TICK, y), (left, y)] for y, _ in up]
        pieces += [[(left - 2.0, y), (left, y)] for y in self._minor()]
        yield Stroke(pieces, ink)
        for x, text in across:
            yield Words((x, bottom + 16), text, SMALL, words, "middle")
        for y, text in up:
            yield Words((left - 7, y + 0.36 * SMALL), text, SMALL, words, "end")
        if plot.title:
            yield Words((left, top - 7), plot.title, 12, self.theme.colour("title"), bold=True)
        if plot.x.title:
            yield Words((left + width / 2, bottom + 33), plot.x.title, 12, words, "middle")
        if plot.y.title:
            wide = max((text_width(text, SMALL) for _, text in up), default=0.0)
            at = (left - wide - 18, top + height / 2)
            yield Words(at, plot.y.title, 12, words, "middle", turned=len(plot.y.title) > 2)

    def _minor(self) -> list[float]:
        """The small ticks of a logarithm: 2 to 9 of each decade, where there is room."""
        axis = self.plot.y
        low, high = axis.limits
        if axis.scale == "linear" or high - low > self.inside[3] / 30:
            return []
        values = [
            decade + math.log10(digit)
            for decade in range(math.floor(low), math.ceil(high))
            for digit in range(2, 10)
        ]
        return [float(self.y(value)) for value in values if low <= value <= high]

    def _grid(self) -> Stroke:
        """A faint line for each y tick."""
        left, _, width, _ = self.inside
        rows = [float(self.y(tick)) for tick in self.y_ticks()]
        pieces = [[(left, y), (left + width, y)] for y in rows]
        return Stroke(pieces, self.theme.colour("grid"), 0.6)

    # ----------------------------------------------------------------------- marks

    def drawn(self) -> Iterator[Shape]:
        """Grid, marks and axes, what lies underneath first; points may stand on an axis."""
        yield self._grid()
        yield from self._marks(Ground, Boxes, Band, Level, Upright, Bars, Line)
        yield from self._axes()
        yield from self._marks(Dots, Label, Pointer)

    def _marks(self, *kinds: type[Mark]) -> Iterator[Shape]:
        for kind in kinds:
            for mark in self.plot.marks:
                if isinstance(mark, kind):
                    yield from self._mark(mark)

    def _mark(self, mark: Mark) -> Iterator[Shape]:
        if isinstance(mark, Ground):
            yield from self._ground(mark)
        elif isinstance(mark, Boxes):
            yield from self._boxes(mark)
        elif isinstance(mark, Band):
            yield from self._band(mark)
        elif isinstance(mark, Level):
            yield from self._level(mark)
        elif isinstance(mark, Upright):
            yield from self._upright(mark)
        elif isinstance(mark, Bars):
            yield from self._bars(mark)
        elif isinstance(mark, Line):
            colour, width = self.theme.colour(mark.role), 2.0 if mark.dash == "solid" else 1.6
            pieces = self._points(mark.x, mark.y)
            if any(isinstance(other, Ground) for other in self.plot.marks):
                yield Stroke(pieces, self.theme.background, width + 2.0, (), self.inside)
            yield Stroke(pieces, colour, width, DASHES[mark.dash], self.inside)
        elif isinstance(mark, Dots):
            seen = np.isfinite(mark.x) & np.isfinite(mark.y)
            x, y = self.x(mark.x[seen]).tolist(), self.y(mark.y[seen]).tolist()
            for at in zip(x, y, strict=True):
                yield from spot(mark, self.theme, *at)
        elif isinstance(mark, Label | Pointer) and self._holds(mark.x, mark.y):
            yield from spot(mark, self.theme, float(self.x(mark.x)), float(self.y(mark.y)))

    def _holds(self, x: float, y: float) -> bool:
        """Whether a point is in sight."""
        shares = share_of(x, self.plot.x.limits), share_of(y, self.plot.y.limits)
        return all(-1e-9 <= float(share) <= 1.0 + 1e-9 for share in shares)

    def _band(self, mark: Band) -> Iterator[Shape]:
        finite = np.isfinite(mark.low) & np.isfinite(mark.high)
        pieces = []
        for at in np.split(np.arange(mark.x.size), np.flatnonzero(~finite)):
            at = at[finite[at]]
            if at.size > 1:
                edges = [self._points(mark.x[at], edge[at])[0] for edge in (mark.low, mark.high)]
                pieces.append([*edges[0], *edges[1][::-1]])
        yield Fill(pieces, self.theme.colour(mark.role), 0.18, clip=self.inside)

    def _bars(self, mark: Bars) -> Iterator[Shape]:
        if not mark.width and not mark.name:
            return  # the steps of a curve, which its line shows
        limits = self.plot.y.limits
        finite = np.isfinite(mark.low) & np.isfinite(mark.high)
        x = mark.x[finite]
        low, high = (self.y(np.clip(e[finite], *limits)) for e in (mark.low, mark.high))
        if mark.width:
            left, right = self.x(x - mark.width / 2), self.x(x + mark.width / 2)
            ends = zip(*(v.tolist() for v in (left, low, right, high)), strict=True)
            # What is no step at all is still a line.
            boxes = [
                rectangle(x0, min(y0, y1) - 0.5, x1 - x0, abs(y1 - y0) + 1.0)
                for x0, y0, x1, y1 in ends
            ]
            opacity = 0.35 if mark.role == "muted" else 0.85
            yield Fill(boxes, self.theme.colour(mark.role), opacity, clip=self.inside)
            return
        pieces: list[list[Point]] = []
        for at, y0, y1 in zip(self.x(x).tolist(), low.tolist(), high.tolist(), strict=True):
            pieces.append([(at, y0), (at, y1)])
            pieces += [[(at - 3, y), (at + 3, y)] for y in (y0, y1)]
        yield Stroke(pieces, self.theme.colour(mark.role), 1.2, clip=self.inside)

    def _boxes(self, mark: Boxes) -> Iterator[Shape]:
        """As many fills as there are strengths, to a sixteenth."""
        strengths = np.ceil(np.clip(mark.strength, 0.0, 1.0) * 16).astype(int)
        x0, x1 = self.x(mark.left), self.x(mark.right)
        y0, y1 = self.y(mark.high), self.y(mark.low)
        for strength in np.unique(strengths[strengths > 0]).tolist():
            at = np.flatnonzero(strengths == strength)
            edges = zip(*(v[at].tolist() for v in (x0, y0, x1, y1)), strict=True)
            boxes = [rectangle(a, b, c - a, d - b) for a, b, c, d in edges]
            yield Fill(boxes, self.theme.colour(mark.role), strength / 16, True, self.inside)

    def _level(self, mark: Level) -> Iterator[Shape]:
        left, _, width, _ = self.inside
        y, colour = float(self.y(mark.y)), self.theme.colour(mark.role)
        yield Stroke([[(left, y), (left + width, y)]], colour, 0.8, (2, 3))
        others = [m.y for m in self.plot.marks if isinstance(m, Level) and m.y > mark.y]
        crowded = any(abs(float(self.y(other)) - y) < 2 * SMALL for other in others)
        at = (left + width - 2, y + (SMALL if crowded else -3))
        yield Words(at, mark.text.strip(), 10, colour, "end", halo=self.theme.background)

    def _upright(self, mark: Upright) -> Iterator[Shape]:
        if mark.name and self._holds(mark.x, self.plot.y.limits[0]):
            _, top, _, height = self.inside
            x = float(self.x(mark.x))
            colour = self.theme.colour(mark.role)
            yield Stroke([[(x, top), (x, top + height)]], colour, 1.0, (4, 3))

    def _ground(self, mark: Ground) -> Iterator[Shape]:
        left, top, width, height = self.inside
        runs: dict[str, list[list[Point]]] = {}
        for line, row in enumerate(mark.cells(*self._middles(_GROUND, _GROUND))):
            start = 0
            for column in range(1, len(row) + 1):
                if column == len(row) or row[column][1] != row[start][1]:
                    x, y = left + start * _GROUND, top + line * _GROUND
                    wide = min((column - start) * _GROUND, left + width - x)
                    box = rectangle(x, y, wide, min(_GROUND, top + height - y))
                    runs.setdefault(row[start][1], []).append(box)
                    start = column
        for role in sorted(role for role in runs if role in self.theme.grounds):
            yield Fill(runs[role], self.theme.grounds[role], crisp=True)
        strewn = {glyph for glyph, role, _ in mark.names if not role}
        letters = [
            (float(self.x(other.x)), float(self.y(other.y)))
            for other in self.plot.marks
            if isinstance(other, Label | Pointer)
        ]
        for line, row in enumerate(mark.cells(*self._middles(*_STREWN))):
            for column, (glyph, role) in enumerate(row):
                x, y = left + (column + 0.5) * _STREWN[0], top + (line + 0.5) * _STREWN[1]
                y = min(y, top + height - 6) + 3
                if glyph in strewn and not any(
                    abs(x - at) < _STREWN[0] + 4 and abs(y - 3 - up) < _STREWN[1] - 2
                    for at, up in letters
                ):
                    yield Words((x, y), glyph, 9, self.theme.colour(role), "middle")

    def _middles(self, wide: int, high: int) -> tuple[Array, Array]:
        """The x and the y, from above, in the middle of cells so wide and high."""
        across = (np.arange(math.ceil(self.inside[2] / wide)) + 0.5) * wide / self.inside[2]
        down = (np.arange(math.ceil(self.inside[3] / high)) + 0.5) * high / self.inside[3]
        (x0, x1), (y0, y1) = self.plot.x.limits, self.plot.y.limits
        return x0 + np.minimum(across, 1.0) * (x1 - x0), y1 - np.minimum(down, 1.0) * (y1 - y0)


def _speck(point: Point) -> list[Point]:
    x, y = point
    return [(x - 1.0, y), (x + 1.0, y)]


def spot(mark: Mark, theme: Theme, x: float, y: float) -> Iterator[Shape]:
    """What stands at one point: a ring, a disc, or letters with a rim."""
    colour, halo = theme.colour(getattr(mark, "role", "")), theme.background
    text = getattr(mark, "text", "")
    if text in ("", "⊕"):
        hollow = getattr(mark, "hollow", False)
        ring = _ring(x, y, 3.0 if isinstance(mark, Dots) else 4.0)
        yield Fill([ring], halo if hollow else colour)
        yield Stroke([[*ring, ring[0]]], colour if isinstance(mark, Dots) else halo, 1.3)
    else:
        yield Words((x, y + 0.36 * SMALL), text, SMALL, colour, "middle", len(text) == 1, halo)


def _ring(x: float, y: float, radius: float) -> list[Point]:
    turns = [2 * math.pi * at / 16 for at in range(16)]
    return [(x + radius * math.cos(turn), y + radius * math.sin(turn)) for turn in turns]
