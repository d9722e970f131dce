"""The decay view: how much of the gradient reaches each layer, in any model."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gradtui.models import MODELS
from gradtui.setup import Setup
from gradtui.views.curves import walk_layers
from gradtui.views.view import View
from gradtui.when_called import when_called

if TYPE_CHECKING:
    from gradtui.views.decay.picture import draw, readout
    from gradtui.views.decay.study import Decays, finding, foretold_next, measures, run, table
else:
    draw, readout = when_called("gradtui.views.decay.picture", "draw", "readout")
    finding, foretold_next, measures, run, table = when_called(
        "gradtui.views.decay.study", "finding", "foretold_next", "measures", "run", "table"
    )


def idle(setup: Setup) -> frozenset[str]:
    """What changes nothing in the model; a batch, where no rows depend on one another."""
    alone = frozenset(() if setup.network.in_batch else {"batch"})
    return MODELS[setup.model].idle(setup) | alone


VIEW: View[Decays] = View(
    name="decay",
    title="decay by depth",
    question="How much of the gradient reaches each layer?",
    knobs=(
        "activations",
        "focus",
        "model",
        "depth",
        *dict.fromkeys(name for model in MODELS.values() for name in model.knobs),
        "quantity",
        "loss_scale",
        "x",
        "seed",
        "patience",
        "threshold",
    ),
    cursor="layer",
    families=tuple(MODELS),
    run=run,
    idle=idle,
    foretold=lambda setup: MODELS[setup.model].foretold(setup),
    foretold_next=foretold_next,
    draw=draw,
    readout=readout,
    finding=finding,
    measures=measures,
    table=table,
    walk=walk_layers,
    has_all_subjects=True,
    defaults={"activations": ("sigmoid", "tanh", "relu"), "depth": 50},
    hints=(
        "deeper",
        "toggle",
        "next_focus",
        "skip",
        "model",
        "fix",
        "undo",
        "scenarios",
        "command",
        "export",
    ),
)
