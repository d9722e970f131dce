"""The phase view: at which σw and σb, depth or α gradients vanish, explode or survive."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gradtui.mathematics.limits import MAX_NETWORK_DEPTH
from gradtui.setup import Setup
from gradtui.views.extent import MANY_BLOCKS
from gradtui.views.phase.cursor import KEYS, climb, upright, walk
from gradtui.views.view import View
from gradtui.when_called import when_called
from gradtui.wording import counted, foretold

if TYPE_CHECKING:
    from gradtui.views.phase.picture import draw
    from gradtui.views.phase.readout import readout, table
    from gradtui.views.phase.study import Blocks, Phase, run
    from gradtui.views.phase.verdict import finding, measures
else:
    (draw,) = when_called("gradtui.views.phase.picture", "draw")
    readout, table = when_called("gradtui.views.phase.readout", "readout", "table")
    (run,) = when_called("gradtui.views.phase.study", "run")
    finding, measures = when_called("gradtui.views.phase.verdict", "finding", "measures")


def idle(setup: Setup) -> frozenset[str]:
    """Each way to map has knobs of its own."""
    return frozenset({*_OWN} - {name for name in _OWN if setup.plane.against in _OWN[name]})


_OWN = {
    "units": ("sigma_b", "alpha"),
    "layer": ("depth",),
    "sigma_b_range": ("sigma_b", "depth"),
    "alpha": ("alpha",),
    "alpha_range": ("alpha",),
    "branch_norm": ("alpha",),
}
"""The knobs that do not count on every map, and on which they do."""


_A_LAYER, _A_BLOCK, _ONE_OF_MANY = 3e-4, 2e-3, 1.2e-3
"""Seconds of a layer, of a block, and of one of many, of the maps and of trying what helps."""


def foretold_of(setup: Setup) -> str:
    """That so many layers take long, where they may: far less where q soon comes to rest."""
    many = setup.depth * len(setup.activations)
    if setup.plane.against == "alpha":
        if setup.depth > MAX_NETWORK_DEPTH:
            return ""  # that is refused
        each = _A_BLOCK if setup.depth <= MANY_BLOCKS else _ONE_OF_MANY
        coarser = ", on a coarser map," if setup.depth > MANY_BLOCKS else ""
        return foretold(f"following {counted(setup.depth, 'block')}{coarser}", each * many)
    return foretold(f"following {counted(setup.depth, 'layer')}", _A_LAYER * many, most=True)


VIEW: View[Phase | Blocks] = View(
    name="phase",
    title="the phase diagram",
    question="At which σw and σb does a gradient survive?",
    knobs=(
        "activations",
        "focus",
        "against",
        "sigma_w_range",
        "sigma_b_range",
        "sigma_b",
        "alpha",
        "alpha_range",
        "branch_norm",
        "depth",
        "layer",
        "x",
        "units",
        "threshold",
    ),
    cursor="sigma_w",
    run=run,
    foretold=foretold_of,
    draw=draw,
    readout=readout,
    finding=finding,
    measures=measures,
    table=table,
    walk=walk,
    families=("network",),
    defaults={"activations": ("tanh",), "depth": 50, "sigma_w": 1.5, "sigma_b": 0.2},
    idle=idle,
    upright=upright,
    climb=climb,
    keys=KEYS,
    hints=("climb", "snap", "take_into_decay", "fix", "toggle", "undo", "scenarios", "command"),
    reads_cursor=True,
)
