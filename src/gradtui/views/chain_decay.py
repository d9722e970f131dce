"""Decay in chains: log10 |∂L/∂w_l| by layer, for several activations at once."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from gradtui.mathematics.activations import activation
from gradtui.mathematics.chain import Chain, chain
from gradtui.mathematics.precision import FORMATS, FloatFormat
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
from gradtui.views.outcome import chain_of, log10_rate, outcome, reach
from gradtui.views.setup import Setup, log10_threshold
from gradtui.views.verdicts import diagnose
from gradtui.views.view import Finding, Size, Table
from gradtui.views.wording import decade, magnitude, plain, rate

if TYPE_CHECKING:
    from numpy.typing import NDArray


Array: TypeAlias = "NDArray[np.float64]"

_BATCHES = (8, 32, 128, 512, 2048, 8192, 32768)
"""After how many random chains the spread is shown anew, if that took long enough."""
_LAYERS_A_PICTURE = 100_000
"""Fewer layers than these are computed in the blink of an eye: one picture is enough."""
_SPREAD_LAYERS = 512
"""A spread keeps at most this many layers: more than any screen has columns."""
_LAYERS_A_STEP = 20_000
"""After so many layers the progress is told, and a computation that is not wanted can stop."""
_QUANTILES = (0.05, 0.5, 0.95)


@dataclass(frozen=True, eq=False)
class Spread:
    """Quantiles of log10|∂L/∂w_l| over random chains, at some layers."""

    layers: NDArray[np.int64]
    low: Array
    median: Array
    high: Array
    chains: int


@dataclass(frozen=True, eq=False)
class Curve:
    """One activation's decay."""

    name: str
    chain: Chain
    ceiling: Array
    """log10 of |∂L/∂a_L| (max|f′|)^(L-l+1): what the f′ would leave at the very best."""
    spread: Spread | None = None

    @property
    def log10(self) -> Array:
        """log10|∂L/∂w_l|."""
        return self.chain.log10_gradients


@dataclass(frozen=True, eq=False)
class ChainDecay:
    """All curves; `progress` goes to 1 as the spread is refined."""

    setup: Setup
    curves: tuple[Curve, ...]
    progress: float = 1.0


def run(setup: Setup) -> Iterator[ChainDecay]:
    """The chains and their ceilings at once, then the spread over more and more random chains."""
    result = ChainDecay(setup, tuple(_curve(setup, name) for name in setup.activations), 0.0)
    layers_a_chain = setup.depth * len(result.curves)
    slow = setup.samples * layers_a_chain >= _LAYERS_A_PICTURE
    if slow:
        yield result
    kept = _kept_layers(setup.depth)
    batches = [n for n in _BATCHES if n * layers_a_chain >= _LAYERS_A_PICTURE]
    gathered: list[list[Array]] = [[] for _ in result.curves]
    for count in range(1, setup.samples + 1):
        rng = np.random.default_rng([setup.seed, 2, count])
        weights = rng.normal(0.0, setup.weights.root_mean_square, setup.depth)
        biases = setup.biases.draw("biases", setup.depth, rng)
        x = float(rng.normal())
        for curve, rows in zip(result.curves, gathered, strict=True):
            one = chain(
                curve.chain.activation,
                weights,
                biases,
                x,
                setup.loss.upstream if setup.loss.target is None else 1.0,
                target=setup.loss.target,
            )
            rows.append(one.log10_gradients[kept])
        if count in batches or count == setup.samples:
            curves = tuple(
                replace(curve, spread=_spread(kept, rows))
                for curve, rows in zip(result.curves, gathered, strict=True)
            )
            result = ChainDecay(setup, curves, count / setup.samples)
            yield result
        elif slow and count % max(1, _LAYERS_A_STEP // layers_a_chain) == 0:
            result = replace(result, progress=count / setup.samples)
            yield result


def _curve(setup: Setup, name: str) -> Curve:
    one = chain_of(setup, name)
    most = activation(name).max_abs_derivative
    back = np.arange(setup.depth, 0, -1)
    with np.errstate(divide="ignore", invalid="ignore"):
        ceiling = one.log10_upstream + back * np.log10(most)
    if one.upstream.sign == 0:  # nothing is nothing, even times an f′ without bound
        ceiling = np.full(one.depth, -math.inf)
    return Curve(name, one, ceiling)


def _kept_layers(depth: int) -> NDArray[np.int64]:
    return np.unique(np.linspace(0, depth - 1, min(depth, _SPREAD_LAYERS)).round().astype(np.int64))


def _spread(layers: NDArray[np.int64], rows: list[Array]) -> Spread:
    # Observed values, never a mean of two: half-way to an exact zero is no number.
    low, median, high = np.quantile(np.array(rows), _QUANTILES, axis=0, method="inverted_cdf")
    return Spread(layers + 1, low, median, high, len(rows))


# --------------------------------------------------------------------- draw


def draw(result: ChainDecay, setup: Setup, size: Size, marker: str) -> Picture:
    """Every chain; of the focused one also the ceiling and the spread; the formats' limits."""
    low, high = _limits(result, setup)
    canvas = Canvas(
        size.width,
        size.height - 1,
        (1.0, max(float(setup.depth), 2.0)),
        (low, high),
        x_label=lambda at: f"{at:g}",
        y_label=decade,
        marker=marker,
        label_width=6 if low > -999 else 8,
        x_ticks=layer_ticks(setup.depth, size.width),
        whole_y=True,
    )
    for one in FORMATS:
        canvas.level(one.log10_smallest, one.name, "muted")
    layers = np.arange(1, setup.depth + 1)
    first = _focused(result, setup)
    canvas.line(layers, first.ceiling, "muted", "sparse")
    if first.spread is not None:
        for edge, dash in (
            (first.spread.low, "dotted"),
            (first.spread.high, "dotted"),
            (first.spread.median, "dashed"),
        ):
            canvas.line(first.spread.layers, edge, "spread", dash)
    for index, curve in reversed(list(enumerate(result.curves))):
        canvas.line(layers, curve.log10, curve_role(index), DASHES[index])
    canvas.upright(setup.layer, "cursor")
    for index, curve in enumerate(result.curves):
        name_curve(canvas, layers, curve.log10, index, len(result.curves))
    zeros = sum(int(np.isneginf(curve.log10).sum()) for curve in result.curves)
    return Picture.of([_heading(_focused(result, setup), zeros, size.width)], size.width).above(
        canvas.build()
    )


def _focused(result: ChainDecay, setup: Setup) -> Curve:
    return next(curve for curve in result.curves if curve.name == setup.focused)


def _heading(first: Curve, hidden: int, width: int) -> Row:
    """The title and, as far as there is room, what the curves without a letter are."""
    parts = [("       |∂L/∂w| by layer", "title")]
    if hidden:
        parts.append((f"  {hidden} exact zeros are not drawn", "warn"))
    parts.append(("  ⠂ (max|f′|)^k", "muted"))
    if first.spread is not None:
        parts += [("  ╍· 5-50-95 %", "spread"), (f" of {first.spread.chains} random", "muted")]
    return row_within(width, *parts)


def _limits(result: ChainDecay, setup: Setup) -> tuple[float, float]:
    """From the smallest to the largest finite value that is drawn."""
    shown = [curve.log10 for curve in result.curves] + [_focused(result, setup).ceiling]
    if (spread := _focused(result, setup).spread) is not None:
        shown += [spread.high, spread.median]
    values = np.concatenate(shown)
    values = values[np.isfinite(values)]
    if not values.size:
        return -8.0, 1.0
    low, high = float(values.min()), float(values.max())
    margin = max(0.04 * (high - low), 1.0 - 0.5 * (high - low))
    return low - margin, high + margin


# ------------------------------------------------------------------ readout


def first_lost(curve: Curve, one: FloatFormat) -> int | None:
    """The first layer, counted back from the loss, whose gradient the format rounds to zero."""
    lost = np.flatnonzero(curve.log10 < one.log10_smallest - math.log10(2.0))
    return int(lost[-1]) + 1 if lost.size else None


def readout(result: ChainDecay, setup: Setup, width: int) -> tuple[Row, ...]:
    """A line for each activation: here, the rate, how far it reaches, what underflows where."""
    limit = log10_threshold(setup)
    at = setup.layer - 1
    columns = {
        "|∂L/∂w|": [magnitude(float(curve.log10[at])) for curve in result.curves],
        "f′(z)": [magnitude(float(c.chain.log10_derivatives[at])) for c in result.curves],
        "per layer": [rate(log10_rate(curve.chain)) for curve in result.curves],
        f"<{magnitude(limit)}": [reach(setup, curve.name) for curve in result.curves],
    }
    for one in FORMATS:
        lost = [str(first_lost(curve, one) or "-") for curve in result.curves]
        columns[f"{'lost ' if one is FORMATS[0] else ''}{one.short}"] = lost
    return in_columns(
        f" layer {setup.layer}",
        columns,
        [(curve.name, outcome(curve.chain, limit).kind) for curve in result.curves],
        width,
        usual=(9, 8, 10, 8, 10, *(6 for _ in FORMATS[1:])),
        without=("f′(z)", "per layer"),
        longest=len(f" layer {setup.depth}"),
    )


def finding(result: ChainDecay, name: str) -> Finding:
    """The verdict on one chain, with what the random chains say."""
    setup = result.setup
    curve = next(curve for curve in result.curves if curve.name == name)
    found = diagnose(setup, name)
    if curve.spread is None or setup.depth == 1:
        return found
    low, median, high = (
        magnitude(float(edge[0]))
        for edge in (curve.spread.low, curve.spread.median, curve.spread.high)
    )
    chains = f"{curve.spread.chains} random chains"
    weights = f"weights of std {plain(setup.weights.root_mean_square)}"
    random = (
        f"Of {chains} ({weights}) 95 % or more are dead."
        if high == "0"
        else f"{chains[0].upper()}{chains[1:]} ({weights}): layer 1 gets {median} in the median, "
        f"{low} to {high} in 90 % of them."
    )
    return replace(found, cause=f"{found.cause} {random}")


def table(result: ChainDecay) -> Table:
    """A row for each activation and layer; the spread where it was taken."""
    rows: Table = []
    for curve in result.curves:
        spread = curve.spread
        quantiles = (
            {}
            if spread is None
            else {
                int(layer): (float(low), float(mid), float(high))
                for layer, low, mid, high in zip(
                    spread.layers, spread.low, spread.median, spread.high, strict=True
                )
            }
        )
        for index in range(result.setup.depth):
            low, mid, high = quantiles.get(index + 1, (None, None, None))
            rows.append(
                {
                    "activation": curve.name,
                    "layer": index + 1,
                    "log10_abs_gradient": float(curve.log10[index]),
                    "gradient_sign": int(curve.chain.signs[index]),
                    "log10_abs_derivative": float(curve.chain.log10_derivatives[index]),
                    "log10_ceiling": float(curve.ceiling[index]),
                    "log10_random_5": low,
                    "log10_random_50": mid,
                    "log10_random_95": high,
                }
            )
    return rows
