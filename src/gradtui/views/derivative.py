"""The derivative view: f and f′ over a range of z, and what each z lets through."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gradtui.mathematics.activations import activation
from gradtui.mathematics.activations.record import Activation
from gradtui.plots.canvas import Canvas, tick_values
from gradtui.plots.picture import (
    DASHES,
    LETTERS,
    Picture,
    Row,
    Span,
    curve_role,
    fit_text,
    row,
    row_within,
)
from gradtui.views.setup import Setup, log10_threshold
from gradtui.views.view import Finding, Kind, Remedy, Size, Table, View
from gradtui.views.wording import magnitude, percent, plain

if TYPE_CHECKING:
    from numpy.typing import NDArray

_POINTS = 481
_TABLE_STEPS = 24


@dataclass(frozen=True, eq=False)
class Derivatives:
    """f and f′ of each activation on a common grid of z."""

    setup: Setup
    z: NDArray[np.float64]
    activations: tuple[Activation, ...]
    values: tuple[NDArray[np.float64], ...]
    slopes: tuple[NDArray[np.float64], ...]
    progress: float = 1.0


def run(setup: Setup) -> Iterator[Derivatives]:
    """One exact result."""
    chosen = tuple(activation(name) for name in setup.activations)
    z = np.linspace(*setup.z_range, _POINTS)
    yield Derivatives(
        setup, z, chosen, tuple(f(z) for f in chosen), tuple(f.derivative(z) for f in chosen)
    )


def draw(result: Derivatives, setup: Setup, size: Size, marker: str) -> Picture:
    """f on the left, f′ on the right, the cursor through both."""
    left = size.width // 2
    f = _plot(result, result.values, setup, Size(left, size.height), marker, "f(z)")
    slopes = _plot(
        result, result.slopes, setup, Size(size.width - left, size.height), marker, "f′(z)"
    )
    return f.beside(slopes)


def _plot(
    result: Derivatives,
    curves: tuple[NDArray[np.float64], ...],
    setup: Setup,
    size: Size,
    marker: str,
    title: str,
) -> Picture:
    low = min(0.0, *(float(curve.min()) for curve in curves))
    high = max(float(curve.max()) for curve in curves)
    margin = 0.04 * (high - low)
    canvas = Canvas(
        size.width,
        size.height - 1,
        setup.z_range,
        (low - margin * (low < 0), high + margin),
        x_label=plain,
        y_label=plain,
        marker=marker,
        label_width=5,
        x_ticks=tick_values(*setup.z_range, max(3, size.width // 7)),
    )
    for index, curve in enumerate(curves):
        canvas.line(result.z, curve, curve_role(index), DASHES[index])
    canvas.upright(setup.z, "cursor")
    for index, curve in enumerate(curves):
        place = (index + 1) * (_POINTS - 1) // (len(curves) + 1)
        canvas.text(float(result.z[place]), float(curve[place]), LETTERS[index], curve_role(index))
    heading = row((" " * 6 + title, "title"), (f" at z = {plain(setup.z)}", "muted"))
    return Picture.of([heading], size.width).above(canvas.build())


def readout(result: Derivatives, setup: Setup, width: int) -> tuple[Row, ...]:
    """f(z), f′(z) and what it means, for every activation."""
    fixed = 3 + 10 + 10
    at = f"z = {plain(setup.z, 4)}"
    wanted = max(len(at) - 2, *(len(f.spec) for f in result.activations))
    names_width = max(min(wanted, width - fixed), 4)
    lines = [
        row_within(
            width,
            Span(fit_text(f" {at}", names_width + 3), "title"),
            Span(f"{'f(z)':>10}{'f′(z)':>10}", "muted"),
            Span("   passes here", "muted"),
            Span("   at most", "muted"),
        )
    ]
    for index, f in enumerate(result.activations):
        value, slope = float(f(setup.z)), float(f.derivative(setup.z))
        log10_slope = float(f.log_abs_derivative(setup.z)) / math.log(10)
        passes = percent(abs(slope)) if abs(slope) >= 1e-4 else magnitude(log10_slope)
        lines.append(
            row_within(
                width,
                Span(f" {LETTERS[index]} {fit_text(f.spec, names_width)}", curve_role(index)),
                Span(f"{plain(value, 4):>10}{plain(slope, 4):>10}"),
                Span(f"   {passes:<11}"),
                Span(f"   {plain(f.max_abs_derivative, 4)} {where_largest(f)}", "muted"),
            )
        )
    return tuple(lines)


def where_largest(f: Activation) -> str:
    """Where |f′| is largest, in words."""
    at = f.max_abs_derivative_at
    if math.isinf(at):
        return f"as z → {'∞' if at > 0 else '-∞'}"
    if abs(f.derivative(at)) < f.max_abs_derivative:  # the end of an interval, not part of it
        step = 1e-6 * max(1.0, abs(at))
        above = abs(f.derivative(at + step)) > abs(f.derivative(at - step))
        return f"for z {'>' if above else '<'} {plain(at)}"
    return f"at z = {plain(at)}"


def finding(result: Derivatives, name: str) -> Finding:
    """What the activation's largest |f′| means for depth."""
    setup, f = result.setup, activation(name)
    limit = log10_threshold(setup)
    most = f.max_abs_derivative
    log10_most = math.log10(most) if most > 0 else -math.inf
    where = where_largest(f)
    saturation = f"f′ → 0 {'at neither end' if f.saturates == 'nowhere' else 'on ' + _side(f)}"
    if log10_most < -1e-12:
        layers = math.ceil(limit / log10_most)
        ten = magnitude(10 * log10_most)
        relu = activation("relu")
        return Finding(
            f.spec,
            Kind.VANISHING,
            f"{f.spec} vanishing with depth: f′ is at most {plain(most, 4)} ({where}), so "
            f"{layers} layers leave less than {magnitude(limit)}, ten at most {ten}.",
            f"Only weights above {plain(1 / most, 4)} could make up for it; {saturation}.",
            Remedy(
                "relu",
                {
                    "activations": tuple(
                        dict.fromkeys(
                            relu.spec if name == f.spec else name for name in setup.activations
                        )
                    )
                },
                before=f"at most {percent(most)} passes",
                after=f"{percent(relu.max_abs_derivative)} passes for z > 0",
            ),
        )
    size = "exactly 1" if abs(log10_most) < 1e-12 else plain(most, 4)
    return Finding(
        f.spec,
        Kind.HEALTHY,
        f"{f.spec} healthy by itself: f′ reaches {size} ({where}); it need not shrink a gradient.",
        f"Where it shrinks one: {saturation}.",
    )


def _side(f: Activation) -> str:
    return f.saturates if f.saturates == "both sides" else f"the {f.saturates}"


def table(result: Derivatives) -> Table:
    """f, f′ and log10|f′| on an even grid over the range, a row for each z and activation."""
    z = np.linspace(*result.setup.z_range, _TABLE_STEPS + 1)
    return [
        {
            "activation": f.spec,
            "z": float(at),
            "f": float(f(at)),
            "derivative": float(f.derivative(at)),
            "log10_abs_derivative": float(f.log_abs_derivative(at)) / math.log(10),
        }
        for f in result.activations
        for at in z
    ]


def walk(setup: Setup, steps: int, tens: bool) -> Setup:
    """The cursor n cells of a fixed fraction of the range to the right."""
    low, high = setup.z_range
    step = 10.0 ** math.floor(math.log10((high - low) / 50))
    z = round(setup.z / step) * step + steps * step * (10 if tens else 1)
    return setup.with_(z=float(f"{z:.12g}")).clamped()


VIEW = View(
    name="derivative",
    title="f and f′",
    question="How much gradient does each z let through?",
    knobs=("activations", "focus", "z_range", "threshold"),
    cursor="z",
    run=run,
    draw=draw,
    readout=readout,
    finding=finding,
    table=table,
    walk=walk,
)
