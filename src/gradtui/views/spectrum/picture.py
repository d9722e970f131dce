"""The picture of the spectrum view: two panels, in each a histogram a depth."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from gradtui.mathematics.elementwise import Array
from gradtui.models import LAYERED
from gradtui.plots.marks import Axis as PlotAxis
from gradtui.plots.marks import Boxes, Label, Later, Level, Mark, Plot
from gradtui.plots.picture import Picture, Row, Span, fit_text, row, row_within
from gradtui.plots.ticks import decade_ticks, log_ticks
from gradtui.setup import Setup
from gradtui.views.spectrum.ensembles import (
    Ensemble,
    Pair,
    Pool,
    Spectra,
    depths_of,
    shown_depth,
)
from gradtui.views.view import Size
from gradtui.wording import counted, decade, decade_cells, magnitude, percent, plain

_BARS = " ▏▎▍▌▋▊▉█"
_LEAST_STRIP = 4


def draw(result: Spectra, setup: Setup, size: Size, marker: str) -> Picture:
    """Two panels with the same axis: a histogram a depth, its bars growing to the right."""
    pair = result.focused(setup)
    heading = _heading(pair, setup, size.width)
    low, high = _limits(pair)
    label_width = decade_cells(low, high)
    dead = any(pool.dead for pool in _pools(pair))
    lines = max(size.height - 4 - dead, 2)
    left = (size.width + label_width) // 2
    axis = _Axis(low, high, lines, label_width, dead, setup.log10_threshold)
    gaussian, orthogonal = pair.ensembles
    panels = _panel(gaussian, setup, axis, left - label_width, "curve0").beside(
        _panel(orthogonal, setup, axis, size.width - left, "curve1")
    )
    text = Picture.of([heading], size.width).above(_labels(axis).beside(panels))
    return replace(text, plots=tuple(_plots(pair, setup, axis, size)))


def _heading(pair: Pair, setup: Setup, width: int) -> Row:
    """What is drawn, and of how many networks."""
    count = len(pair.ensembles[1].spectra.get(setup.depth, ()))
    sigma_w = LAYERED[pair.subject.setup.model].sigma_w_text(pair.subject)
    several = counted(count, "network") if count else "drawing networks"
    return row_within(
        width,
        Span("       singular values of ∂a/∂x by depth", "title"),
        Span(f"  {pair.subject.activation}", "title"),
        *([Span(_block_text(pair), "title")] if pair.of_blocks else ()),
        Span(f"  σw {sigma_w}, σb {plain(pair.sigma_b)}"),
        Span(f"  {several}", "muted"),
        Span(f"  {pair.subject.init}", "muted"),
    )


def _block_text(pair: Pair) -> str:
    """Which block is drawn, and of how many that are compared."""
    compared, name = pair.subject.among.network.block, pair.subject.block
    which = f" ({compared.index(name) + 1} of {len(compared)} blocks)" if len(compared) > 1 else ""
    return f"  {name}{which}"


# --------------------------------------------------------------------- axis


@dataclass(frozen=True)
class _Axis:
    """log10 σ in so many lines, the largest on top; below them one for what is exactly 0."""

    low: float
    high: float
    lines: int
    label_width: int
    dead: bool
    log10_threshold: float

    @property
    def foot(self) -> float:
        """The lower end of a figure, where it tells below all bars what is exactly 0."""
        return self.low - _FOOT * (self.high - self.low) * self.dead

    def line_of(self, value: float) -> int:
        """The line in which a value lies."""
        share = (self.high - value) / (self.high - self.low)
        return min(max(int(share * self.lines), 0), self.lines - 1)

    def counts(self, pool: Pool) -> Array:
        """How many singular values there are in each line."""
        alive = np.clip(pool.alive, self.low, self.high)
        counts: Array = np.histogram(alive, self.lines, (self.low, self.high))[0][::-1]
        return counts

    def levels(self) -> set[int]:
        """The lines in which σ = 1 and the threshold lie, as far as they are to be seen."""
        inside = self.low < self.log10_threshold < self.high
        return {self.line_of(0.0)} | ({self.line_of(self.log10_threshold)} if inside else set())


def _pools(pair: Pair) -> list[Pool]:
    pools = (ensemble.at(depth) for ensemble in pair.ensembles for depth in ensemble.spectra)
    return [pool for pool in pools if pool is not None]


def _limits(pair: Pair) -> tuple[float, float]:
    """What there is to see at any depth, and σ = 1; what is left aside is drawn at the low end."""
    ends = [(0.0, 0.0), *(pool.ends for pool in _pools(pair) if pool.alive.size)]
    low, high = min(end[0] for end in ends), max(end[1] for end in ends)
    margin = max(0.02 * (high - low), 0.25 - 0.5 * (high - low))
    return low - margin, high + margin


def _labels(axis: _Axis) -> Picture:
    """The decades beside the lines."""
    few = axis.high - axis.low <= 3
    texts = [""] * axis.lines
    choose = log_ticks if few else decade_ticks
    for tick in choose(axis.low, axis.high, max(2, axis.lines // 2)):
        texts[axis.line_of(tick)] = magnitude(tick) if few else decade(tick)
    if axis.low < axis.log10_threshold < axis.high:
        texts[axis.line_of(axis.log10_threshold)] = magnitude(axis.log10_threshold)
    texts[axis.line_of(0.0)] = "1"
    rows = ["", *texts, *(["0"] if axis.dead else []), "", ""]
    return Picture.of(
        [row((f"{text[: axis.label_width]:>{axis.label_width}}", "axis")) for text in rows],
        axis.label_width,
    )


# -------------------------------------------------------------------- panel


def _panel(ensemble: Ensemble, setup: Setup, axis: _Axis, width: int, role: str) -> Picture:
    """One histogram a depth, side by side in a frame."""
    inner = width - 2
    depths = _fitting(setup, inner)
    strip = inner // len(depths)
    title = f" {ensemble.title} "[:inner]
    rows: list[Row] = [
        row(("┌", "axis"), (title, role), ("─" * (inner - len(title)) + "┐", "axis"))
    ]
    columns = [_strip(ensemble.at(depth), axis, strip) for depth in depths]
    levels = axis.levels()
    for line in range(axis.lines + axis.dead):
        level = "╌" if line in levels else " "
        spans = [Span("│" if line < axis.lines else "┤", "axis")]
        for column in columns:
            bar = column[line]
            spans += [Span(bar, role), Span(level * (strip - len(bar)), "muted")]
        spans += [Span(level * (inner - strip * len(depths)), "muted"), Span("│", "axis")]
        rows.append(tuple(spans))
    rows.append(row(("└" + "─" * inner + "┘", "axis")))
    labels = [Span(" ")]
    for depth in depths:
        at_cursor = depth == shown_depth(setup)
        text = f"[{depth}]" if at_cursor else f" {depth} "
        labels.append(Span(fit_text(text, strip), "cursor" if at_cursor else "axis"))
    rows.append(tuple(labels))
    return Picture.of(rows, width)


def _strip(pool: Pool | None, axis: _Axis, width: int) -> list[str]:
    """The bars of one depth; the longest is as long as the strip, and none that counts vanishes."""
    if pool is None:
        return [""] * (axis.lines + axis.dead)
    counts = axis.counts(pool)
    eighths = np.ceil(counts / max(counts.max(), 1) * 8 * (width - 1)).astype(int)
    bars = ["█" * (count // 8) + _BARS[count % 8].strip() for count in eighths.tolist()]
    return [*bars, percent(pool.dead).replace(" ", "")] if axis.dead else bars


def _fitting(setup: Setup, width: int) -> list[int]:
    """As many depths as there is room for, the last and the cursor's among them."""
    depths, shown = depths_of(setup.depth), shown_depth(setup)
    most = max(width // max(_LEAST_STRIP, len(str(setup.depth)) + 2), 1)
    if len(depths) <= most:
        return list(depths)
    kept = {shown} if most == 1 else {depths[0], depths[-1], shown}
    for at in np.linspace(len(depths) - 1, 0, most):
        if len(kept) < most:
            kept.add(depths[round(at)])
    return sorted(sorted(kept, key=lambda depth: depth != shown)[:most])


# ------------------------------------------------------------------- for a figure

_FOOT = 0.1
"""The share of the height of all bars that what is told below them has."""
_BINS = 60
"""The bins of a histogram in a figure."""


def _plots(pair: Pair, setup: Setup, axis: _Axis, size: Size) -> Iterator[Plot]:
    """The same histograms, side by side, their bars growing to the right from each depth's tick."""
    depths, half = depths_of(setup.depth), size.width // 2
    for at, (ensemble, role) in enumerate(zip(pair.ensembles, ("curve0", "curve1"), strict=True)):
        # Both panels have such numbers at the foot; the legend says it once.
        named = "at the foot: how many are exactly 0"
        if at and any(Pool(found).dead for found in pair.ensembles[0].spectra.values()):
            named = ""
        yield Plot(
            PlotAxis(
                (0.0, float(len(depths))),
                _named(depths),
                "depth",
                [float(index) for index in range(len(depths))],
            ),
            PlotAxis(
                (axis.foot, axis.high),
                magnitude,
                "" if at else "singular value of ∂a/∂x",
                None,
                "log",
            ),
            (Later(partial(_bars, ensemble, depths, axis, role, named)),),
            half,
            size.height - 1,
            ensemble.title if pair.of_blocks else f"{ensemble.weights} weights",
            half * at,
            1,
        )


def _named(depths: Sequence[int]) -> Callable[[float], str]:
    return lambda tick: str(depths[round(tick)])


def _bars(
    ensemble: Ensemble, depths: Sequence[int], axis: _Axis, role: str, named: str
) -> list[Mark]:
    """A histogram a depth, and the levels; `named` is what the first number at the foot is."""
    edges = np.linspace(axis.low, axis.high, _BINS + 1)
    marks: list[Mark] = [Level(0.0, "", "muted")]
    if axis.low < axis.log10_threshold < axis.high:
        marks.append(Level(axis.log10_threshold, magnitude(axis.log10_threshold), "muted"))
    for index, depth in enumerate(depths):
        if (pool := ensemble.at(depth)) is None:
            continue
        counts = np.histogram(np.clip(pool.alive, axis.low, axis.high), edges)[0]
        left, long = np.full(_BINS, float(index)), 0.9 * counts / max(counts.max(), 1)
        shown = (counts > 0).astype(float)
        marks.append(Boxes(left, left + long, edges[:-1], edges[1:], shown, role))
        if pool.dead:
            place = index + 0.45, (axis.low + axis.foot) / 2
            marks.append(Label(*place, percent(pool.dead), role, named))
            named = ""
    return marks
