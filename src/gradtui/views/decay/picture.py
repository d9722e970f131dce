"""The picture of decays: every curve, and beside the focused one what is expected of it."""

from __future__ import annotations

import math

import numpy as np

from gradtui.mathematics.precision import FORMATS
from gradtui.models.decay import Decay
from gradtui.plots.canvas import Canvas
from gradtui.plots.picture import LETTERS, Picture, Row, curve_role, dash_of, row_within
from gradtui.plots.ticks import layer_ticks
from gradtui.setup import Setup
from gradtui.views.columns import in_columns
from gradtui.views.curves import drawing_order
from gradtui.views.decay.study import Decays
from gradtui.views.view import Size
from gradtui.wording import decade, decade_cells, magnitude

_BAND_REACH = 2.0
"""So many decades below the curves the picture holds a band at least."""


def draw(result: Decays, setup: Setup, size: Size, marker: str) -> Picture:
    """Every curve; of the focused one also what is expected of it; the formats' limits."""
    layout, focused = result.layout, result.focused(setup)
    low, high = _limits(result, focused)
    in_decades = layout.in_decades(high - low)
    canvas = Canvas(
        size.width,
        size.height - 1,
        (float(layout.first), max(float(setup.depth), layout.first + 1.0)),
        (low, high),
        x_label=lambda at: f"{at:g}",
        y_label=decade if in_decades else lambda at: magnitude(at, 2),
        marker=marker,
        label_width=decade_cells(low, high),
        x_ticks=layer_ticks(setup.depth, size.width, layout.first),
        whole_y=in_decades,
        log_y=True,
        x_title="layer",
        y_title=layout.title.removesuffix(" by layer"),
    )
    seen, most = focused.log10_seen(), max(float(decay.curve()[1].max()) for decay in result.each)
    for format in FORMATS:
        canvas.level(format.log10_zero - seen, format.name, "muted")
        if most >= format.log10_inf - seen:
            canvas.level(format.log10_inf - seen, f"{format.name} inf", "muted")
    for band in focused.bands():
        canvas.band(band.layers, band.low, band.high, band.role, band.name)
    for guide in focused.guides():
        canvas.line(guide.layers, guide.log10, guide.role, guide.dash, guide.name)
    chosen = result.each.index(focused)
    if (bars := focused.bars(canvas.columns)) is not None:
        canvas.bars(bars.layers, bars.low, bars.high, curve_role(chosen), name=bars.name)
    for index in drawing_order(len(result.each), chosen):
        decay, dash = result.each[index], dash_of(index, index == chosen)
        name = decay.subject.name
        canvas.line(*decay.curve(), curve_role(index), dash, name, LETTERS[index])
    canvas.upright(setup.layer, "cursor")
    heading = _heading(result, focused, size.width)
    return Picture.of([heading], size.width).above(canvas.build())


def _heading(result: Decays, focused: Decay, width: int) -> Row:
    """The title and, as far as there is room, what the lines without a letter are."""
    parts = [(f"       {result.layout.title}", "title")]
    hidden = sum(int(np.isneginf(decay.curve()[1]).sum()) for decay in result.each)
    if result.layout.hides_zeros and hidden:
        parts.append((f"  {hidden} exact zeros are not drawn", "warn"))
    return row_within(width, *parts, *focused.legend())


def _limits(result: Decays, focused: Decay) -> tuple[float, float]:
    """From the smallest to the largest value that is drawn; some lines only as far as near."""
    guides = focused.guides()
    shown = [decay.curve()[1] for decay in result.each]
    shown += [guide.log10 for guide in guides if guide.stretches == "all"]
    for band in focused.bands():
        shown += [band.high, band.low] if band.low_counts else [band.high]
    lows = [band.low[np.isfinite(band.low)] for band in focused.bands()]
    if (bars := focused.bars(2 * result.setup.depth + 4)) is not None:
        shown += [bars.low, bars.high]
    values = np.concatenate(shown)
    values = values[np.isfinite(values)]
    low, high = (float(values.min()), float(values.max())) if values.size else (-8.0, 1.0)
    reach = max(0.5 * (high - low), 1.0)
    for guide in guides:
        end = float(guide.log10[0])
        if guide.stretches == "near" and math.isfinite(end):
            low, high = max(min(low, end), low - reach), min(max(high, end), high + reach)
    ends = np.concatenate([np.empty(0), *lows])
    if ends.size:
        low = max(min(low, float(ends.min())), low - max(reach, _BAND_REACH))
    least = 0.5 * result.layout.least_decades
    margin = max(0.04 * (high - low), least - 0.5 * (high - low))
    return low - margin, high + margin


def readout(result: Decays, setup: Setup, width: int) -> tuple[Row, ...]:
    """A line for each curve: what reaches the cursor's layer, the rate, how deep it can be."""
    cells = [decay.cells(setup.layer) for decay in result.each]
    return in_columns(
        f" layer {setup.layer}",
        {head: [line[head] for line in cells] for head in cells[0]},
        [
            # What is only expected as yet has no verdict.
            (decay.subject.name, None if "…" in line.values() else decay.kind())
            for decay, line in zip(result.each, cells, strict=True)
        ],
        width,
        usual=result.layout.widths,
        without=result.layout.dispensable,
        longest=len(f" layer {setup.depth}"),
    )
