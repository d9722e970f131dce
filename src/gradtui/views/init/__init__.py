"""The init view, the inverse question: which weights keep a gradient over a given depth."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from gradtui.models.network.cost import seconds_of, unhurried
from gradtui.models.subject import subjects_of
from gradtui.setup import Setup
from gradtui.views.init.snippets import lines_to_paste
from gradtui.views.view import View
from gradtui.when_called import when_called

if TYPE_CHECKING:
    from gradtui.views.init.comparison import Comparisons
    from gradtui.views.init.picture import draw
    from gradtui.views.init.readout import readout
    from gradtui.views.init.study import run
    from gradtui.views.init.table import table
    from gradtui.views.init.verdict import finding
else:
    (draw,) = when_called("gradtui.views.init.picture", "draw")
    (readout,) = when_called("gradtui.views.init.readout", "readout")
    (run,) = when_called("gradtui.views.init.study", "run")
    (table,) = when_called("gradtui.views.init.table", "table")
    (finding,) = when_called("gradtui.views.init.verdict", "finding")


def walk(setup: Setup, steps: int, tens: bool) -> Setup:
    """The cursor along σw, in hundredths or tenths."""
    sigma_w = round(setup.plane.sigma_w + steps * (0.1 if tens else 0.01), 10)
    return setup.with_(sigma_w=sigma_w).clamped()


def idle(setup: Setup) -> frozenset[str]:
    """The patience, where all networks are drawn in a moment: the advised ones, and six recipes."""
    orthogonal = setup.with_(init=("orthogonal",), activations=setup.activations[:1])
    (dearest,) = subjects_of(orthogonal, "network")
    return unhurried(setup, 7 * len(setup.activations) * seconds_of(dearest))


def paste(result: Comparisons, setup: Setup) -> Mapping[str, str]:
    """The lines that set the advice for the focused activation."""
    advice = result.focused.advice
    return lines_to_paste(advice.sigma_w, advice.sigma_b)


VIEW: View[Comparisons] = View(
    name="init",
    title="initialisation",
    question="Which weights keep the gradient, for this activation and depth?",
    knobs=(
        "activations",
        "focus",
        "depth",
        "threshold",
        "sigma_b",
        "x",
        "units",
        "networks",
        "patience",
        "seed",
        "sigma_w_range",
        "sigma_b_range",
    ),
    cursor="sigma_w",
    families=("network",),
    run=run,
    idle=idle,
    draw=draw,
    readout=readout,
    finding=finding,
    table=table,
    walk=walk,
    snippets=paste,
    defaults={"activations": ("tanh",), "depth": 80},
    hints=("left", "deeper", "toggle", "fix", "paste", "undo", "scenarios", "command"),
)
