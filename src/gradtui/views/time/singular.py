"""The picture of the singular values of ∂h_T/∂h_{T-k} by lag, of the focused cell."""

from __future__ import annotations

import numpy as np

from gradtui.mathematics.limits import MAX_JACOBIAN_UNITS
from gradtui.mathematics.recurrent.jacobian import RecurrentJacobian
from gradtui.models.recurrent.memory import Memory
from gradtui.plots.picture import Picture, row_of_first
from gradtui.setup import Setup
from gradtui.views.time.lags import over_lags, places
from gradtui.views.view import Size
from gradtui.wording import told

HEADS = "σ at lag", "largest", "median", "smallest"
"""The columns of the readout."""


def draw_singular(
    found: RecurrentJacobian, memory: Memory, setup: Setup, size: Size, marker: str
) -> Picture:
    """The largest, the median and the smallest, and the gradient of the same cell among them."""
    log = setup.recurrent.lag_axis == "log"
    lines = (
        (found.log10_largest, "solid", "largest"),
        (found.log10_median, "long", "median"),
        (found.log10_smallest, "dash-dot", "smallest"),
    )
    values = np.concatenate([line[np.isfinite(line)] for line, _, _ in lines])
    low, high = (float(values.min()), float(values.max())) if values.size else (0.0, 0.0)
    low, high = min(low, 0.0), max(high, 0.0)  # σ = 1 of lag 0, and where nothing is lost
    margin = max(0.04 * (high - low), 0.5 - 0.5 * (high - low))
    canvas = over_lags(setup, size, (low - margin, high + margin), "σ of ∂h_T/∂h_(T-k)", marker)
    canvas.level(setup.log10_threshold, told(setup.log10_threshold), "muted")
    x = places(found.lags, log=log)
    if setup.recurrent.batch_size == 1:
        measured = memory.measured
        at = places(measured.lags, log=log)
        canvas.line(at, measured.log10[0], "spread", "dotted", "‖∂L/∂h‖ of this cell")
    for line, dash, name in lines:
        canvas.line(x, line, "curve0", dash, name)
    canvas.upright(float(places([setup.lag], log=log)[0]), "cursor")
    zeros = sum(int(np.isneginf(line).sum()) for line, _, _ in lines)
    name, heading = memory.subject.name, []
    if zeros:
        heading.append((f"  {zeros} exact zeros are not drawn", "warn"))
    deepest = int(found.lags[-1])
    if deepest < memory.horizon:
        heading.append((f"  to lag {deepest:,}: give more patience for more", "warn"))
    gradient = [("  ⠂ ‖∂L/∂h‖", "spread")] * (setup.recurrent.batch_size == 1)
    lines_named = [("  ━ ━ median", "curve0"), ("  ╍ smallest", "curve0"), *gradient]
    few = [(" ━ ━ mid", "curve0"), (" ╍ least", "curve0"), *gradient]
    row = row_of_first(
        size.width,
        [(f"       {name}: σ of ∂h_T/∂h_(T-k)", "title"), *heading, *lines_named],
        [(f"{name}: σ by lag", "title"), *heading, *lines_named],
        [("σ", "title"), *few, *heading],
    )
    return Picture.of([row], size.width).above(canvas.build())


def why_none(setup: Setup) -> str:
    """Why no singular values are drawn."""
    if setup.recurrent.hidden_size > MAX_JACOBIAN_UNITS:
        return f"singular values of up to {MAX_JACOBIAN_UNITS} units"
    return "no time for singular values: give more patience"


def singular_cells(found: RecurrentJacobian | None, lag: int) -> dict[str, str]:
    """What stands in the readout, of the nearest lag that was looked at."""
    if found is None:
        return dict.fromkeys(HEADS, "-")
    at = int(np.abs(found.lags - lag).argmin())
    ends = found.log10_largest[at], found.log10_median[at], found.log10_smallest[at]
    numbers = (told(float(value)) for value in ends)
    return dict(zip(HEADS, (f"{found.lags[at]:,}", *numbers), strict=True))
