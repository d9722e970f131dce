"""Where lags stand on an axis, linear or logarithmic."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from gradtui.mathematics.elementwise import Array
from gradtui.plots.canvas import Canvas
from gradtui.plots.ticks import layer_ticks
from gradtui.setup import Setup
from gradtui.views.view import Size
from gradtui.wording import decade, decade_cells, magnitude

if TYPE_CHECKING:
    from numpy.typing import NDArray


def places(lags: Sequence[int] | NDArray[np.int64], *, log: bool) -> Array:
    """Where lags stand; on a logarithmic axis lag 0 is at its beginning, which is lag 1."""
    at = np.asarray(lags, float)
    return np.log10(np.maximum(at, 1.0)) if log else at


def lag_limits(setup: Setup) -> tuple[float, float]:
    """The ends of the axis."""
    steps = setup.recurrent.steps
    return 0.0, math.log10(max(steps, 2)) if _is_log(setup) else float(steps)


def lag_ticks(setup: Setup, width: int) -> list[float]:
    """Round lags and the last; 1 2 5 10 … on a logarithmic axis."""
    steps = setup.recurrent.steps
    if not _is_log(setup):
        return layer_ticks(steps, width, 0)
    round_ones = [factor * 10**power for power in range(len(str(steps))) for factor in (1, 2, 5)]
    return [math.log10(lag) for lag in (*(one for one in round_ones if one < steps), steps)]


def lag_label(setup: Setup) -> Callable[[float], str]:
    """How a lag is written on the axis."""
    return (lambda at: f"{10.0**at:.0f}") if _is_log(setup) else (lambda at: f"{at:g}")


def over_lags(
    setup: Setup,
    size: Size,
    limits: tuple[float, float],
    title: str,
    marker: str,
    *,
    label: Callable[[float], str] | None = None,
    label_width: int = 0,
) -> Canvas:
    """A canvas below a heading, lags along; upwards log10, unless a label is given."""
    low, high = limits
    in_decades = label is None and high - low > 3.0
    return Canvas(
        size.width,
        size.height - 1,
        lag_limits(setup),
        limits,
        x_label=lag_label(setup),
        y_label=label or (decade if in_decades else lambda at: magnitude(at, 2)),
        marker=marker,
        label_width=label_width or decade_cells(low, high),
        x_ticks=lag_ticks(setup, size.width),
        whole_y=in_decades,
        log_y=label is None,
        x_title="lag",
        y_title=title,
    )


def _is_log(setup: Setup) -> bool:
    return setup.recurrent.lag_axis == "log"
