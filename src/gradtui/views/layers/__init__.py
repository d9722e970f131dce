"""The layers view: what happens inside a random network, layer by layer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gradtui.models import LAYERED, layered_knobs
from gradtui.views.curves import walk_layers
from gradtui.views.view import View
from gradtui.when_called import when_called

if TYPE_CHECKING:
    from gradtui.views.layers.picture import draw, waiting
    from gradtui.views.layers.readout import readout
    from gradtui.views.layers.study import ComparedNetworks, foretold_next, foretold_of, run
    from gradtui.views.layers.table import table
    from gradtui.views.layers.verdict import finding, measures
else:
    draw, waiting = when_called("gradtui.views.layers.picture", "draw", "waiting")
    (readout,) = when_called("gradtui.views.layers.readout", "readout")
    foretold_next, foretold_of, run = when_called(
        "gradtui.views.layers.study", "foretold_next", "foretold_of", "run"
    )
    (table,) = when_called("gradtui.views.layers.table", "table")
    finding, measures = when_called("gradtui.views.layers.verdict", "finding", "measures")

VIEW: View[ComparedNetworks] = View(
    name="layers",
    title="inside the layers",
    question="Where do the units of a network sit on f′, layer by layer?",
    knobs=(
        "activations",
        "focus",
        "depth",
        *layered_knobs(without=("networks",)),
        "x",
        "seed",
        "threshold",
    ),
    cursor="layer",
    families=tuple(LAYERED),
    run=run,
    foretold=foretold_of,
    foretold_next=foretold_next,
    draw=draw,
    readout=readout,
    finding=finding,
    measures=measures,
    table=table,
    zooms=False,
    walk=walk_layers,
    waiting=waiting,
    has_all_subjects=True,
    defaults={"activations": ("tanh",), "depth": 30, "model": "network"},
    hints=("left", "deeper", "toggle", "next_focus", "fix", "skip", "undo", "scenarios", "command"),
)
