"""The picture of memories: every curve by lag, and beside the focused one what is known of it."""

from __future__ import annotations

import math

import numpy as np

from gradtui.mathematics.precision import FORMATS
from gradtui.models.recurrent.cost import in_map
from gradtui.models.recurrent.memory import Memory
from gradtui.models.recurrent.singular import lags_looked_at
from gradtui.models.recurrent.verdict import openness
from gradtui.models.wording import a_layer
from gradtui.plots.canvas import Canvas
from gradtui.plots.picture import LETTERS, Picture, Row, curve_role, dash_of, row_of_first
from gradtui.setup import Setup
from gradtui.views.columns import in_columns
from gradtui.views.curves import drawing_order
from gradtui.views.time.lags import over_lags, places
from gradtui.views.time.map import draw_map
from gradtui.views.time.shares import draw_shares
from gradtui.views.time.singular import HEADS, draw_singular, singular_cells, why_none
from gradtui.views.time.study import Memories, along
from gradtui.views.view import Size
from gradtui.wording import magnitude, percent, plain, told

_WIDTHS = (8, 8, 8, 8, 10, 10, 18, 8, *(7 for _ in FORMATS))
_DISPENSABLE = ("f64", "bf16", "f32", "5 %", "95 %", "∂L/∂W", "f16", "gates", "half-life",
                *HEADS[::-1])  # fmt: skip


def draw(result: Memories, setup: Setup, size: Size, marker: str) -> Picture:
    """Every curve, of the focused one its band, its ∂L/∂c, the bound and the radius; or another."""
    focused = result.focused(setup)
    if focused.map is not None:
        return draw_map(focused.map, focused.subject, setup, size, marker)
    picture = setup.recurrent.picture
    if picture == "singular" and focused.singular is not None:
        return draw_singular(focused.singular, focused, setup, size, marker)
    if picture == "shares":
        return draw_shares(result.each, focused, setup, size, marker)
    log = setup.recurrent.lag_axis == "log"
    canvas = over_lags(setup, size, _limits(result, focused), "‖∂L/∂h‖", marker)
    canvas.level(setup.log10_threshold, f"{magnitude(setup.log10_threshold)}", "muted")
    _expected(canvas, focused, log=log)
    chosen = result.each.index(focused)
    for index in drawing_order(len(result.each), chosen):
        memory, dash = result.each[index], dash_of(index, index == chosen)
        x = places(memory.measured.lags, log=log)
        name = memory.subject.name
        canvas.line(x, memory.median, curve_role(index), dash, name, LETTERS[index])
    canvas.upright(float(places([setup.lag], log=log)[0]), "cursor")
    heading = _heading(result, focused, setup, size.width)
    return Picture.of([heading], size.width).above(canvas.build())


def _expected(canvas: Canvas, focused: Memory, *, log: bool) -> None:
    """Of the focused one: what cells scatter by, ∂L/∂c, and what its weights alone say."""
    measured, bounds = focused.measured, focused.bounds
    x = places(measured.lags, log=log)
    if measured.cells > 1:
        low, _, high = measured.quantiles
        canvas.band(x, low, high, "spread", f"90 % of {measured.cells} cells")
    if bounds is not None:
        for step, dash, name in (
            (bounds.log10_bound, "sparse", "bound"),
            (bounds.log10_radius, "long", "radius"),
        ):
            canvas.line(
                x, along(measured.lags, step), "muted", dash, f"{name} of {focused.subject.name}"
            )
    if measured.median_cell is not None:
        name = f"∂L/∂c of {focused.subject.name}"
        canvas.line(x, measured.median_cell, "spread", "dash-dot-dot", name)


def _heading(result: Memories, focused: Memory, setup: Setup, width: int) -> Row:
    """The title and, as far as there is room, what the lines without a letter are."""
    parts: list[tuple[str, str]] = []
    picture = setup.recurrent.picture
    if picture == "map" and not in_map([one.subject for one in result.each]):
        parts.append(("  no time for a map: give more patience", "warn"))
    if picture == "singular" and not lags_looked_at(focused.subject, setup.patience):
        parts.append((f"  {why_none(setup)}", "warn"))
    zeros = sum(int(np.isneginf(memory.median).sum()) for memory in result.each)
    if zeros:
        parts.append((f"  {zeros} exact zeros are not drawn", "warn"))
    few = list(parts)
    if focused.measured.cells > 1:
        parts.append((f"  ░ 90 % of {focused.measured.cells} cells", "spread"))
        few.append((" ░ 90 %", "spread"))
    if focused.measured.median_cell is not None:
        parts.append(("  ╍ ∂L/∂c", "spread"))
        few.append((" ╍ ∂L/∂c", "spread"))
    fewest = list(few)
    if focused.bounds is not None:
        parts += [("  ⠂ bound", "muted"), ("  ━ ━ radius", "muted")]
        few += [(" ⠂ bound", "muted"), (" ━ ━ radius", "muted")]
        fewest += [(" ⠂ bound", "muted"), (" ━ ━ ρ", "muted")]
    by_lag = "‖∂L/∂h‖ by lag"
    return row_of_first(
        width,
        [(f"       {by_lag}, beside that at h_T", "title"), *parts],
        [(f"       {by_lag}", "title"), *parts],
        [(f"       {by_lag}", "title"), *few],
        [(by_lag, "title"), *few],
        [("‖∂L/∂h‖", "title"), *fewest],
    )


def _limits(result: Memories, focused: Memory) -> tuple[float, float]:
    """From the smallest to the largest value that is drawn; bound and radius as far as near."""
    shown = [memory.median for memory in result.each]
    shown += [focused.measured.quantiles[0], focused.measured.quantiles[2]]
    if focused.measured.median_cell is not None:
        shown.append(focused.measured.median_cell)
    values = np.concatenate(shown)
    values = values[np.isfinite(values)]
    low, high = float(values.min()), float(values.max())
    reach = max(0.5 * (high - low), 1.0)
    bounds = focused.bounds
    for step in () if bounds is None else (bounds.log10_bound, bounds.log10_radius):
        end = float(along(focused.measured.lags, step)[-1])
        if math.isfinite(end):
            low, high = max(min(low, end), low - reach), min(max(high, end), high + reach)
    margin = max(0.04 * (high - low), 0.5 - 0.5 * (high - low))
    return low - margin, high + margin


def readout(result: Memories, setup: Setup, width: int) -> tuple[Row, ...]:
    """A line for each curve: what arrives at the cursor's lag, and how far back it remembers."""
    singular = setup.recurrent.picture == "singular"
    cells = [_cells(memory, setup.lag, singular=singular) for memory in result.each]
    return in_columns(
        f" lag {setup.lag}",
        {head: [line[head] for line in cells] for head in cells[0]},
        [(memory.subject.name, memory.kind) for memory in result.each],
        width,
        usual=_WIDTHS[:1] + (8,) * len(HEADS) * singular + _WIDTHS[1:],
        without=_DISPENSABLE,
        longest=len(f" lag {setup.recurrent.steps}"),
    )


def _cells(memory: Memory, lag: int, *, singular: bool) -> dict[str, str]:
    """What stands in the readout of one of them, by the head of its column."""
    measured = memory.measured
    low, median, high = (told(float(edge[lag])) for edge in measured.quantiles)
    share, half = float(measured.median_passed[lag]), memory.half_life
    back = memory.forgets_at
    return {
        "arrives": median,
        **(singular_cells(memory.singular, lag) if singular else {}),
        "5 %": low,
        "95 %": high,
        "a step": a_layer(memory.judgement.log10_ratio, memory.horizon),
        "half-life": "∞" if half is None else plain(half),
        "forgets at": f">{len(measured.lags) - 1:,}" if back is None else f"{back:,}",
        "gates": " ".join(f"{name} {openness(mean)}" for name, mean in measured.gates.items())
        or "-",
        "∂L/∂W": "-" if math.isnan(share) else percent(share),
        **memory.lost_in_formats(),
    }
