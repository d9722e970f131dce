"""The picture of how much of ∂L/∂W each lag contributes: that of one lag, and all up to it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from gradtui.mathematics.elementwise import Array
from gradtui.models.quantiles import quantiles
from gradtui.models.recurrent.memory import Measured, Memory
from gradtui.plots.picture import LETTERS, Picture, curve_role, dash_of, row_within
from gradtui.setup import Setup
from gradtui.views.curves import drawing_order
from gradtui.views.time.lags import over_lags, places
from gradtui.views.view import Size
from gradtui.wording import percent


def draw_shares(
    each: Sequence[Memory], focused: Memory, setup: Setup, size: Size, marker: str
) -> Picture:
    """Of each cell what lags 0 to k make up, and of the focused one what each of them does."""
    log = setup.recurrent.lag_axis == "log"
    canvas = over_lags(
        setup, size, (0.0, 1.0), "share of ∂L/∂W", marker, label=percent, label_width=6
    )
    if np.isfinite(of_each_lag(focused.measured)).all():
        x = places(focused.measured.lags, log=log)
        one = of_each_lag(focused.measured)
        canvas.band(x, np.zeros_like(one), one, "spread", f"each lag's, {focused.subject.name}")
    chosen = list(each).index(focused)
    for index in drawing_order(len(each), chosen):
        memory, dash = each[index], dash_of(index, index == chosen)
        x, name = places(memory.measured.lags, log=log), memory.subject.name
        passed = memory.measured.median_passed
        canvas.line(x, passed, curve_role(index), dash, name, LETTERS[index])
    canvas.upright(float(places([setup.lag], log=log)[0]), "cursor")
    heading = [("       share of ∂L/∂W of lags 0 to k", "title")]
    if not np.isfinite(focused.measured.median_passed).all():
        heading.append(("  no gradient of W to share", "warn"))
    heading.append(("  ░ of lag k alone", "spread"))
    return Picture.of([row_within(size.width, *heading)], size.width).above(canvas.build())


def of_each_lag(measured: Measured) -> Array:
    """The median share of each lag alone."""
    shares: Array = quantiles(np.diff(measured.passed, axis=1, prepend=0.0))[1]
    return shares
