"""The derivative view: f and f′ over a range of z, and what each z lets through."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from gradtui.setup import Setup
from gradtui.views.view import Table, View
from gradtui.when_called import when_called

if TYPE_CHECKING:
    from gradtui.views.derivative.picture import draw, readout
    from gradtui.views.derivative.study import Derivatives, run
    from gradtui.views.derivative.verdict import finding, measures
else:
    draw, readout = when_called("gradtui.views.derivative.picture", "draw", "readout")
    (run,) = when_called("gradtui.views.derivative.study", "run")
    finding, measures = when_called("gradtui.views.derivative.verdict", "finding", "measures")

_TABLE_STEPS = 24


def table(result: Derivatives) -> Table:
    """f, f′ and log10|f′| on an even grid over the range, a row for each z and activation."""
    z = np.linspace(*result.setup.slope.z_range, _TABLE_STEPS + 1)
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
    low, high = setup.slope.z_range
    step = 10.0 ** math.floor(math.log10((high - low) / 50))
    z = round(setup.slope.z / step) * step + steps * step * (10 if tens else 1)
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
    measures=measures,
    table=table,
    walk=walk,
    reads_cursor=True,  # what helps a unit depends on where it is
    hints=("left", "toggle", "filter", "info", "fix", "undo", "scenarios", "command"),
)
