"""The run view: where the gradient of a training went, layer by layer and step by step."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gradtui.runs.shelf import SHELF
from gradtui.setup import Setup
from gradtui.setup.recorded import MOST_ROWS
from gradtui.views.view import Key, View
from gradtui.when_called import when_called

if TYPE_CHECKING:
    from gradtui.views.run.moves import climb, enlarge, to_verdict, toggle, walk
    from gradtui.views.run.picture import draw
    from gradtui.views.run.readout import readout
    from gradtui.views.run.study import Runs, finding, measures, run, table, waiting
else:
    climb, enlarge, to_verdict, toggle, walk = when_called(
        "gradtui.views.run.moves", "climb", "enlarge", "to_verdict", "toggle", "walk"
    )
    (draw,) = when_called("gradtui.views.run.picture", "draw")
    (readout,) = when_called("gradtui.views.run.readout", "readout")
    finding, measures, run, table, waiting = when_called(
        "gradtui.views.run.study", "finding", "measures", "run", "table", "waiting"
    )


def idle(setup: Setup) -> frozenset[str]:
    """Nothing is opened where every tensor of the runs has a row."""
    known = [SHELF.known(name) for name in setup.recorded.runs]
    few = all(run is not None and len(run.names) <= MOST_ROWS for run in known)
    return frozenset({"opened"}) if few else frozenset()


VIEW: View[Runs] = View(
    name="run",
    title="a run of your own",
    question="Which layer, which step, which factor, and what now?",
    knobs=("runs", "focus", "norm", "beside", "step_range", "opened", "tensor"),
    cursor="step",
    upright=lambda setup: "tensor",
    climb=climb,
    enlarge=enlarge,
    families=("recorded",),
    run=run,
    idle=idle,
    follows=lambda setup: setup.recorded.runs,
    waiting=waiting,
    draw=draw,
    readout=readout,
    finding=finding,
    measures=measures,
    table=table,
    walk=walk,
    length="step_range",
    keys=(
        Key("cause", ("exclamation_mark",), "!", "verdict's step",
            "go to the step and the tensor that the verdict speaks of", to_verdict),
        Key("open", ("O",), "O", "open", "open the module at the cursor, or close it", toggle),
    ),
    own_help={"focus": "which of the runs map and verdict are of (the first)"},
    only_drawn=("norm", "beside", "step_range", "opened"),
    has_all_subjects=True,
    zooms=False,
    hints=("left", "cause", "open", "undo", "command", "export"),
)  # fmt: skip
