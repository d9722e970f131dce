"""The init view, the inverse question: which weights keep a gradient over a given depth."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from gradtui.models.network.cost import foretold_in_ways, seconds_of, unhurried
from gradtui.models.subject import subjects_of
from gradtui.setup import Setup
from gradtui.views.init.orthogonal import orthogonal_lines
from gradtui.views.init.snippets import lines_to_paste
from gradtui.views.view import View
from gradtui.when_called import when_called

if TYPE_CHECKING:
    from gradtui.views.extent import sigma_ranges
    from gradtui.views.init.activation_lines import definition_to_paste
    from gradtui.views.init.block_snippets import block_lines
    from gradtui.views.init.comparison import Comparisons
    from gradtui.views.init.picture import draw
    from gradtui.views.init.readout import readout
    from gradtui.views.init.remedies import foretold_next
    from gradtui.views.init.study import run
    from gradtui.views.init.table import table
    from gradtui.views.init.verdict import finding, measures
else:
    (foretold_next,) = when_called("gradtui.views.init.remedies", "foretold_next")
    (block_lines,) = when_called("gradtui.views.init.block_snippets", "block_lines")
    (definition_to_paste,) = when_called(
        "gradtui.views.init.activation_lines", "definition_to_paste"
    )
    (sigma_ranges,) = when_called("gradtui.views.extent", "sigma_ranges")
    (draw,) = when_called("gradtui.views.init.picture", "draw")
    (readout,) = when_called("gradtui.views.init.readout", "readout")
    (run,) = when_called("gradtui.views.init.study", "run")
    (table,) = when_called("gradtui.views.init.table", "table")
    finding, measures = when_called("gradtui.views.init.verdict", "finding", "measures")


def walk(setup: Setup, steps: int, tens: bool) -> Setup:
    """The cursor along σw, in hundredths or tenths."""
    low, high = sigma_ranges(setup)[0]
    sigma_w = round(setup.plane.sigma_w + steps * (0.1 if tens else 0.01), 10)
    return setup.with_(sigma_w=min(max(sigma_w, low), high))


def idle(setup: Setup) -> frozenset[str]:
    """The patience, where all networks are drawn in a moment: the advised ones, and six recipes.

    The size of a batch, where no rows of it depend on one another.
    """
    each = subjects_of(setup.with_(init=("orthogonal",)), "network")
    alone = frozenset(() if setup.network.in_batch else {"batch"})
    return unhurried(setup, 7 * sum(map(seconds_of, each))) | alone


def foretold(setup: Setup) -> str:
    """Each is checked with two kinds of weights, the focused one with six recipes, too.

    Blocks are checked with one kind, and three recipes or so.
    """
    several = len(setup.activations) * len(setup.network.block)
    return foretold_in_ways(setup, 2 + 6 // several if setup.network.plain else 1 + 3 // several)


def paste(result: Comparisons, setup: Setup) -> Mapping[str, str]:
    """The lines that set the advice for the focused activation; none where nothing is advised.

    Those of blocks build them.
    """
    advised = result.focused.advised
    if advised is None:
        return {}
    if not (block := result.focused.block).plain:
        one, network = advised.subject, advised.subject.setup.network
        return block_lines(block, one.activation, one.init, network.width, one.setup.depth)
    write = orthogonal_lines if advised.orthogonal else lines_to_paste
    lines = write(advised.sigma_w, advised.sigma_b)
    own = {name: definition_to_paste(name, advised.subject.activation) for name in lines}
    return {name: "\n\n".join(filter(None, (own[name], text))) for name, text in lines.items()}


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
        "block",
        "batch",
        "networks",
        "patience",
        "seed",
        "sigma_w_range",
    ),
    cursor="sigma_w",
    families=("network",),
    run=run,
    idle=idle,
    foretold=foretold,
    foretold_next=foretold_next,
    draw=draw,
    readout=readout,
    finding=finding,
    measures=measures,
    table=table,
    walk=walk,
    snippets=paste,
    only_drawn=("sigma_w_range",),
    defaults={"activations": ("tanh",), "depth": 80},
    hints=("left", "deeper", "toggle", "fix", "paste", "undo", "scenarios", "command"),
)
