"""The time view: how far back a recurrent cell remembers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gradtui.models.recurrent.cost import foretold_in_time, idle_in_time
from gradtui.setup import Setup
from gradtui.views.view import View
from gradtui.when_called import when_called

if TYPE_CHECKING:
    from gradtui.views.time.picture import draw, readout
    from gradtui.views.time.study import Memories, finding, foretold_next, measures, run, table
else:
    draw, readout = when_called("gradtui.views.time.picture", "draw", "readout")
    finding, foretold_next, measures, run, table = when_called(
        "gradtui.views.time.study", "finding", "foretold_next", "measures", "run", "table"
    )


def walk(setup: Setup, steps: int, tens: bool) -> Setup:
    """To the right is further back in time, as the picture runs."""
    return setup.with_(lag=setup.lag + steps * (10 if tens else 1)).clamped()


VIEW: View[Memories] = View(
    name="time",
    title="depth in time",
    question="How far back does a recurrent cell remember?",
    # Short ones beside one another: they share a row where there are few.
    knobs=("cells", "focus", "cell_init", "forget_bias", "steps", "draws", "hidden_size",
           "input_size", "input_scale", "batch_size", "truncate", "picture", "lag_axis", "clip",
           "clip_value", "x", "inputs", "seed", "patience", "threshold"),
    cursor="lag",
    families=("recurrent",),
    run=run,
    idle=idle_in_time,
    foretold=foretold_in_time,
    foretold_next=foretold_next,
    draw=draw,
    readout=readout,
    finding=finding,
    measures=measures,
    table=table,
    walk=walk,
    length="steps",
    own_help={"x": "the standard deviation of the inputs, which are random"},
    only_drawn=("lag_axis",),
    has_all_subjects=True,
    defaults={"cells": ("tanh", "lstm", "gru"), "lag": 100},
    hints=("deeper", "toggle", "next_focus", "fix", "undo", "scenarios", "command", "export"),
)  # fmt: skip
