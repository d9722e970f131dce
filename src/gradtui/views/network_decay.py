"""Decay in networks: bound, scalar law, theory and measurement of ‖∂L/∂a_l‖ in one plot."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from gradtui.mathematics.elementwise import Array
from gradtui.mathematics.precision import FORMATS
from gradtui.plots.canvas import Canvas
from gradtui.plots.picture import (
    DASHES,
    Picture,
    Row,
    curve_role,
    row_within,
)
from gradtui.views.columns import in_columns
from gradtui.views.curves import layer_ticks, name_curve
from gradtui.views.network_verdicts import diagnose, kind_of, ratio_of, remedy_steps
from gradtui.views.networks import (
    Ensemble,
    Network,
    compared,
    flow_steps,
    gradients,
    kept_layers,
    network_of,
    theory,
    told,
)
from gradtui.views.setup import Setup, log10_threshold
from gradtui.views.view import Finding, Remedy, Size, Table
from gradtui.views.wording import decade, magnitude, plain, rate

_WORK_A_PICTURE = 3e7
"""Weights drawn before the first picture of an ensemble: some tenths of a second."""

_FEW_DECADES = 3
_COLUMNS_A_BAR = 8

_FAR = 10_000
"""How deep the theory is followed to see where it leaves what is healthy."""


@dataclass(frozen=True, eq=False)
class NetworkDecay:
    """Every network; `progress` goes to 1 as more of them are drawn and remedies are tried."""

    setup: Setup
    networks: tuple[Network, ...]
    remedies: Mapping[str, Remedy | None] = field(default_factory=dict)
    progress: float = 0.0

    def network(self, subject: str) -> Network:
        """The one of that name."""
        return next(one for one in self.networks if one.subject == subject)

    def focused(self, setup: Setup) -> Network:
        """The one that verdict and details are for."""
        wanted = (setup.focus, self.networks[0].subject)
        return next(one for name in wanted for one in self.networks if one.subject == name)


def run(setup: Setup) -> Iterator[NetworkDecay | None]:
    """Theory at once, then one network after the other, then what would help.

    Between two pictures the same result comes again, so that who does not want it can stop.
    """
    pairs = compared(setup)
    result = NetworkDecay(setup, tuple(network_of(setup, *pair) for pair in pairs))
    yield result
    layers = kept_layers(setup.depth)
    rows: list[list[Array]] = [[] for _ in pairs]
    flows = setup.networks * len(pairs)
    work, told_after = 0.0, _WORK_A_PICTURE
    for count in range(1, setup.networks + 1):
        for index, one in enumerate(result.networks):
            steps = flow_steps(setup, one.activation, one.init, count, 1)
            done = (count - 1) * len(pairs) + index
            flow = yield from told(steps, result, 0.9 * done / flows, 0.9 / flows)
            rows[index].append(gradients(flow, layers))
        work += len(pairs) * setup.depth * setup.units**2
        if work >= told_after or count == setup.networks:
            told_after = 2.0 * work  # what is known changes less and less
            measured = tuple(
                replace(one, ensemble=Ensemble(layers, np.array(gathered)))
                for one, gathered in zip(result.networks, rows, strict=True)
            )
            result = replace(result, networks=measured, progress=0.9 * count / setup.networks)
            yield result
    remedies: dict[str, Remedy | None] = {}
    for index, one in enumerate(result.networks):
        start = 0.9 + 0.1 * index / len(pairs)
        remedies[one.subject] = yield from told(
            remedy_steps(setup, one), result, start, 0.1 / len(pairs)
        )
    yield replace(result, remedies=remedies, progress=1.0)


# --------------------------------------------------------------------- draw


def draw(result: NetworkDecay, setup: Setup, size: Size, marker: str) -> Picture:
    """What was measured of every network; of the focused one also all that was expected of it."""
    first = result.focused(setup)
    low, high = _limits(result, first)
    canvas = Canvas(
        size.width,
        size.height - 1,
        (0.0, float(setup.depth)),
        (low, high),
        x_label=lambda at: f"{at:g}",
        y_label=decade if high - low > _FEW_DECADES else lambda at: magnitude(at, 2),
        marker=marker,
        label_width=6 if low > -999 else 8,
        x_ticks=layer_ticks(setup.depth, size.width, 0),
        whole_y=high - low > _FEW_DECADES,
    )
    for format in FORMATS:
        canvas.level(format.log10_smallest, format.name, "muted")
    layers = np.arange(setup.depth + 1)
    canvas.line(layers, first.bound, "muted", "sparse")
    canvas.line(layers, first.scalar, "muted", "long")
    for edge in first.band:
        canvas.line(layers, edge, "spread", "dotted")
    canvas.line(layers, first.expected, "spread", "dashed")
    for index, one in reversed(list(enumerate(result.networks))):
        canvas.line(*shown_curve(one), curve_role(index), DASHES[index])
    if first.ensemble is not None and first.ensemble.networks > 1:
        at, lows, highs = _bars(first.ensemble, canvas.columns)
        canvas.bars(at, lows, highs, curve_role(result.networks.index(first)))
    canvas.upright(setup.layer, "cursor")
    for index, one in enumerate(result.networks):
        name_curve(canvas, *shown_curve(one), index, len(result.networks))
    return Picture.of([_heading(first, size.width)], size.width).above(canvas.build())


def shown_curve(one: Network) -> tuple[Array, Array]:
    """The curve of a network: the median of what was measured, before that what is expected."""
    if one.ensemble is None:
        return np.arange(one.depth + 1.0), one.centre
    return one.ensemble.layers.astype(float), one.ensemble.quantiles()[1]


def _bars(ensemble: Ensemble, columns: int) -> tuple[Array, Array, Array]:
    """At a few layers, between which values 90 % of the networks lie."""
    low, _, high = ensemble.quantiles()
    count = max(2, columns // _COLUMNS_A_BAR)
    at = np.unique(np.linspace(0, len(low) - 1, count + 2).round().astype(int))[1:-1]
    return ensemble.layers[at].astype(float), low[at], high[at]


def _heading(first: Network, width: int) -> Row:
    """The title and, as far as there is room, what the marks without a letter are."""
    parts = [("       ‖∂L/∂a‖ by layer", "title"), ("  ╍ theory", "spread"), (" ·90 %", "spread")]
    if first.ensemble is not None and first.ensemble.networks > 1:
        parts.append((f"  │ 90 % of {first.ensemble.networks} networks", ""))
    parts += [("  ━ ━ scalar", "muted"), ("  ⠂ bound", "muted")]
    return row_within(width, *parts)


def _limits(result: NetworkDecay, first: Network) -> tuple[float, float]:
    """What was measured and what theory says; bound and scalar law as far as they stay near."""
    shown = [shown_curve(one)[1] for one in result.networks] + [first.expected, *first.band]
    if first.ensemble is not None and first.ensemble.networks > 1:
        shown += _bars(first.ensemble, 2 * result.setup.depth + 4)[1:]
    values = np.concatenate(shown)
    values = values[np.isfinite(values)]
    low, high = (float(values.min()), float(values.max())) if values.size else (-8.0, 1.0)
    reach = max(0.5 * (high - low), 1.0)
    for curve in (first.bound, first.scalar):
        end = float(curve[0])
        if math.isfinite(end):
            low, high = max(min(low, end), low - reach), min(max(high, end), high + reach)
    margin = max(0.04 * (high - low), 0.5 - 0.5 * (high - low))
    return low - margin, high + margin


# ------------------------------------------------------------------ readout


def readout(result: NetworkDecay, setup: Setup, width: int) -> tuple[Row, ...]:
    """A line for each network: what arrives at the cursor's layer, and how far it reaches."""
    limit = log10_threshold(setup)
    columns: dict[str, list[str]] = {
        head: []
        for head in ("median", "5 %", "95 %", "theory", "per layer", "σw", f"<{magnitude(limit)}")
    }
    for one in result.networks:
        quantiles = ("…",) * 3
        if one.ensemble is not None:
            at = int(np.abs(one.ensemble.layers - setup.layer).argmin())
            low, median, high = (magnitude(float(edge[at])) for edge in one.ensemble.quantiles())
            quantiles = (median, low, high)
        values = (
            *quantiles,
            magnitude(float(one.expected[setup.layer])),
            rate(ratio_of(one) / one.depth),
            plain(math.sqrt(one.sigmas.sigma_w2)),
            _reach(one, setup, limit),
        )
        for head, cell in zip(columns, values, strict=True):
            columns[head].append(cell)
    return in_columns(
        f" layer {setup.layer}",
        columns,
        [(one.subject, kind_of(ratio_of(one), limit)) for one in result.networks],
        width,
        usual=[8] * len(columns),
        without=("σw", "5 %", "95 %"),
        longest=len(f" layer {setup.depth}"),
    )


def _reach(one: Network, setup: Setup, limit: float) -> str:
    """After how many layers less than the threshold would be left, in theory."""
    path = theory(one.activation, one.sigmas.sigma_w2, one.sigmas.sigma_b2, _FAR, abs(setup.x))
    left = 0.5 * np.cumsum(path.log10_chi)
    outside = np.flatnonzero(left < limit)
    if outside.size:
        return str(int(outside[0]) + 1)
    return f">{_FAR:,}" if left[-1] < left[_FAR // 2] - 1e-9 else "never"


def finding(result: NetworkDecay, subject: str) -> Finding:
    """The verdict on one network."""
    return diagnose(result.setup, result.network(subject), result.remedies.get(subject))


def table(result: NetworkDecay) -> Table:
    """A row for each network and layer; the quantiles where they were taken."""
    rows: Table = []
    for one in result.networks:
        measured: dict[int, tuple[float, ...]] = {}
        if one.ensemble is not None:
            edges = zip(*(edge.tolist() for edge in one.ensemble.quantiles()), strict=True)
            measured = dict(zip(one.ensemble.layers.tolist(), edges, strict=True))
        for layer in range(one.depth + 1):
            low, median, high = measured.get(layer, (None, None, None))
            rows.append(
                {
                    "activation": one.activation,
                    "init": one.init,
                    "layer": layer,
                    "log10_theory": float(one.expected[layer]),
                    "log10_theory_5": float(one.band[0][layer]),
                    "log10_theory_95": float(one.band[1][layer]),
                    "log10_measured_5": low,
                    "log10_measured_50": median,
                    "log10_measured_95": high,
                    "log10_scalar": float(one.scalar[layer]),
                    "log10_bound": float(one.bound[layer]),
                }
            )
    return rows
