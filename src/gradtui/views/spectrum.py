"""The spectrum view: singular values of the end-to-end Jacobian, Gaussian beside orthogonal."""

from __future__ import annotations

import itertools
import math
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from gradtui.errors import InputError
from gradtui.mathematics.elementwise import Array
from gradtui.mathematics.network.arrays import MAX_DEPTH
from gradtui.mathematics.network.spectrum import Spectrum
from gradtui.plots.canvas import tick_values
from gradtui.plots.picture import Picture, Row, Span, fit_text, row, row_within
from gradtui.views.networks import compared
from gradtui.views.setup import NETWORK, Setup, log10_threshold
from gradtui.views.spectra import (
    Ensemble,
    Pair,
    Pool,
    Spectra,
    depths_of,
    networks_of,
    pair_of,
    shown_depth,
    spectra_steps,
)
from gradtui.views.spectrum_verdicts import finding, remedy_steps
from gradtui.views.view import Size, Table, View
from gradtui.views.wording import decade, magnitude, percent, plain

MAX_UNITS = 512
"""A layer costs some 10 n³ operations: at 512 units a tenth of a second and more."""

_TOLD, _DRAWING = 0.05, 0.95
"""Progress that is worth a new picture, and the share of the work that drawing networks is."""


def run(setup: Setup) -> Iterator[Spectra]:
    """An empty picture at once, then one network after the other, then what would help.

    Between two pictures the same result comes again, so that who does not want it can stop.

    Raises:
        InputError: more units or layers than there is time for, or an initialisation that this
            activation does not have.
    """
    for name, value, most in (
        ("units", setup.units, MAX_UNITS),
        ("depth", setup.depth, MAX_DEPTH),
    ):
        if value > most:
            raise InputError(name, value, f"at most {most:,} for spectra", f"try {most}")
    names = compared(setup)
    result = Spectra(setup, tuple(pair_of(setup, *one) for one in names))
    yield result
    order = sorted(range(len(names)), key=lambda index: result.pairs[index].subject != setup.focus)
    count = networks_of(setup)
    share = _DRAWING / (2 * count * len(names))
    shown = result
    for network in range(1, count + 1):
        for index, family in itertools.product(order, range(2)):
            if network == 1:
                shown = replace(result, progress=result.done)
            result = yield from _drawn(result, shown, index, family, network, share)
        if network in (1, count):
            result = yield from _healed(replace(result, progress=result.done), order)
        if network & (network - 1) == 0:  # whenever they are twice as many
            shown = replace(result, progress=result.done)
    yield replace(result, progress=1.0)


def _drawn(
    result: Spectra, shown: Spectra, index: int, family: int, network: int, share: float
) -> Generator[Spectra, None, Spectra]:
    """Add the network with this number to an ensemble; of the first, a picture a spectrum."""
    pair = result.pairs[index]
    ensemble, start = pair.ensembles[family], result.done
    for step in spectra_steps(result.setup, pair.activation, pair.ensembles[family].init, network):
        if isinstance(step, Spectrum):
            ensemble = ensemble.with_(step)
            if network == 1:
                result = result.with_(index, family, ensemble)
                shown = replace(result, progress=shown.progress)
        elif start + share * step > shown.progress + _TOLD:
            shown = replace(shown, progress=start + share * step)
        yield shown
    result = replace(result, done=start + share)
    return result.with_(index, family, ensemble)


def _healed(result: Spectra, order: Sequence[int]) -> Generator[Spectra, None, Spectra]:
    """Look for remedies where there is none yet."""
    for pair in (result.pairs[index] for index in order):
        if result.remedies.get(pair.subject) is None:
            steps = remedy_steps(result.setup, pair)
            while True:
                yield result
                try:
                    next(steps)
                except StopIteration as end:
                    found = {**result.remedies, pair.subject: end.value}
                    break
            result = replace(result, remedies=found)
    return result


# --------------------------------------------------------------------- draw

_BARS = " ▏▎▍▌▋▊▉█"
_LEAST_STRIP = 4


def draw(result: Spectra, setup: Setup, size: Size, marker: str) -> Picture:
    """Two panels with the same axis: a histogram a depth, its bars growing to the right."""
    pair = result.focused(setup)
    heading = _heading(pair, setup, size.width)
    low, high = _limits(pair)
    label_width = 6 if low > -999 else 8
    dead = any(pool.dead for pool in _pools(pair))
    lines = max(size.height - 4 - dead, 2)
    left = (size.width + label_width) // 2
    axis = _Axis(low, high, lines, label_width, dead, log10_threshold(setup))
    gaussian, orthogonal = pair.ensembles
    panels = _panel(gaussian, setup, axis, left - label_width, "curve0").beside(
        _panel(orthogonal, setup, axis, size.width - left, "curve1")
    )
    return Picture.of([heading], size.width).above(_labels(axis).beside(panels))


@dataclass(frozen=True)
class _Axis:
    """log10 σ in so many lines, the largest on top; below them one for what is exactly 0."""

    low: float
    high: float
    lines: int
    label_width: int
    dead: bool
    log10_threshold: float

    def line_of(self, value: float) -> int:
        """The line in which a value lies."""
        share = (self.high - value) / (self.high - self.low)
        return min(max(int(share * self.lines), 0), self.lines - 1)

    def counts(self, pool: Pool) -> Array:
        """How many singular values there are in each line."""
        counts: Array = np.histogram(pool.alive, self.lines, (self.low, self.high))[0][::-1]
        return counts


def _pools(pair: Pair) -> list[Pool]:
    return [Pool(found) for one in pair.ensembles for found in one.spectra.values()]


def _limits(pair: Pair) -> tuple[float, float]:
    """What there is to see at any depth, and σ = 1."""
    values = np.concatenate([np.zeros(1), *(pool.alive for pool in _pools(pair))])
    low, high = float(values.min()), float(values.max())
    margin = max(0.02 * (high - low), 0.25 - 0.5 * (high - low))
    return low - margin, high + margin


def _labels(axis: _Axis) -> Picture:
    """The decades beside the lines."""
    few = axis.high - axis.low <= 3
    texts = [""] * axis.lines
    for tick in tick_values(axis.low, axis.high, max(2, axis.lines // 2)):
        if few or tick == round(tick):
            texts[axis.line_of(tick)] = magnitude(tick) if few else decade(tick)
    if axis.low < axis.log10_threshold < axis.high:
        texts[axis.line_of(axis.log10_threshold)] = magnitude(axis.log10_threshold)
    texts[axis.line_of(0.0)] = "1"
    rows = ["", *texts, *(["0"] if axis.dead else []), "", ""]
    return Picture.of(
        [row((f"{text[: axis.label_width]:>{axis.label_width}}", "axis")) for text in rows],
        axis.label_width,
    )


def _panel(ensemble: Ensemble, setup: Setup, axis: _Axis, width: int, role: str) -> Picture:
    """One histogram a depth, side by side in a frame."""
    inner = width - 2
    depths = _fitting(setup, inner)
    strip = inner // len(depths)
    title = f" {ensemble.weights} "[:inner]
    rows: list[Row] = [
        row(("┌", "axis"), (title, role), ("─" * (inner - len(title)) + "┐", "axis"))
    ]
    columns = [_strip(ensemble.at(depth), axis, strip) for depth in depths]
    one, threshold = axis.line_of(0.0), axis.line_of(axis.log10_threshold)
    inside = axis.low < axis.log10_threshold < axis.high
    for line in range(axis.lines + axis.dead):
        level = "╌" if line == one or (line == threshold and inside) else " "
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
    return [*bars, f"{100 * pool.dead:.0f}%"] if axis.dead else bars


def _fitting(setup: Setup, width: int) -> list[int]:
    """As many depths as there is room for, the last and the cursor's among them."""
    depths = depths_of(setup.depth)
    most = max(width // max(_LEAST_STRIP, len(str(setup.depth)) + 2), 1)
    if len(depths) <= most:
        return list(depths)
    kept = {depths[-1]} if most == 1 else {depths[0], depths[-1]}
    kept = {shown_depth(setup)} if most == 1 else kept | {shown_depth(setup)}
    for at in np.linspace(len(depths) - 1, 0, most):
        if len(kept) < most:
            kept.add(depths[round(at)])
    return sorted(sorted(kept, key=lambda one: one != shown_depth(setup))[:most])


def _heading(pair: Pair, setup: Setup, width: int) -> Row:
    """What is drawn, and of how many networks."""
    sigma_w, sigma_b = math.sqrt(pair.sigmas.sigma_w2), math.sqrt(pair.sigmas.sigma_b2)
    count = len(pair.ensembles[1].spectra.get(setup.depth, ()))
    several = f"{count} network{'s' * (count != 1)}" if count else "drawing networks"
    return row_within(
        width,
        Span("       σ of ∂a/∂x by depth", "title"),
        Span(f"  {pair.activation}", "title"),
        Span(f"  σw {plain(sigma_w)}, σb {plain(sigma_b)}"),
        Span(f"  {several}", "muted"),
    )


# ------------------------------------------------------------------ readout

_LEVELS = " ▁▂▃▄▅▆▇█"
_COLUMNS = {"median": 9, "condition": 11, "survive": 9, "zero": 7}
_NAME, _END, _HISTOGRAM = 12, 9, (8, 30)
"""Cells of a name and of the ends of a histogram, and the fewest and most of the histogram."""


def readout(result: Spectra, setup: Setup, width: int) -> tuple[Row, ...]:
    """A line for each family: the histogram of its singular values at the cursor's depth."""
    pair, depth = result.focused(setup), shown_depth(setup)
    columns = dict(_COLUMNS)
    fixed = _NAME + 2 * (_END + 1)
    for head in ("zero", "condition"):  # what a narrow terminal can do without
        if fixed + _HISTOGRAM[0] + sum(columns.values()) > width:
            del columns[head]
    room = max(min(width - fixed - sum(columns.values()) - 1, _HISTOGRAM[1]), 1)
    heads = f"{'smallest':>{_END}}{'':{room + 2}}{'largest':<{_END}}"
    heads += "".join(f"{head:>{cells}}" for head, cells in columns.items())
    lines = [row((fit_text(f" depth {depth}", _NAME), "title"), (heads, "muted"))]
    for index, ensemble in enumerate(pair.ensembles):
        role, pool = f"curve{index}", ensemble.at(depth)
        name = Span(fit_text(f" {ensemble.weights}", _NAME), role)
        if pool is None:
            lines.append((name, Span(f"{'…':>{_END}}", "muted")))
            continue
        small, large = (magnitude(end) for end in pool.ends)
        cells = _cells(pool, setup)
        lines.append(
            row(
                name,
                f"{small:>{_END}} ",
                (_sparkline(pool, room), role),
                f" {large:<{_END}}",
                "".join(f"{cells[head]:>{wide}}" for head, wide in columns.items()),
            )
        )
    return tuple(lines)


def _sparkline(pool: Pool, width: int) -> str:
    """The histogram of log10 σ between its own ends; none that counts vanishes."""
    if not pool.alive.size:
        return " " * width
    low, high = pool.ends
    middle, half = (low + high) / 2, max((high - low) / 2, 0.005)
    counts = np.histogram(pool.alive, width, (middle - half, middle + half))[0]
    return "".join(_LEVELS[level] for level in np.ceil(counts / counts.max() * 8).astype(int))


def _cells(pool: Pool, setup: Setup) -> dict[str, str]:
    condition = "-" if math.isnan(pool.condition) else magnitude(pool.condition)
    values = (magnitude(pool.median), condition, percent(pool.surviving(setup.threshold)),
              percent(pool.dead))  # fmt: skip
    return dict(zip(_COLUMNS, values, strict=True))


# -------------------------------------------------------------------- table


def table(result: Spectra) -> Table:
    """A row for each singular value."""
    return [
        {
            "activation": pair.activation,
            "weights": ensemble.weights,
            "init": ensemble.init,
            "depth": depth,
            "network": number,
            "index": index,
            "log10_singular_value": value,
        }
        for pair in result.pairs
        for ensemble in pair.ensembles
        for depth, found in ensemble.spectra.items()
        for number, one in enumerate(found, 1)
        for index, value in enumerate(one.log10_singular_values.tolist(), 1)
    ]


def walk_depths(setup: Setup, steps: int, tens: bool) -> Setup:
    """To the right is deeper, from one spectrum to the next; in tens, to the end."""
    depths = depths_of(setup.depth)
    at = depths.index(shown_depth(setup)) + steps * (len(depths) if tens else 1)
    return setup.with_(layer=depths[min(max(at, 0), len(depths) - 1)])


VIEW = View(
    name="spectrum",
    title="spectrum by depth",
    question="How many directions get through?",
    knobs=("activations", "focus", "depth", "init", "units", "x", "seed", "networks", "threshold"),
    cursor="layer",
    run=run,
    draw=draw,
    readout=readout,
    finding=finding,
    table=table,
    walk=walk_depths,
    has_all_subjects=True,
    defaults={
        "activations": ("tanh",),
        "depth": 100,
        "model": NETWORK,
        "init": ("normal",),
        "networks": 5,
        "layer": 100,
    },
)
