"""The chain view: ∂L/∂w₁ as a product with its real numbers, factor by factor."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gradtui.setup import Chain, Setup, names_of
from gradtui.views.view import Animation, View
from gradtui.when_called import when_called

if TYPE_CHECKING:
    from gradtui.views.chain.picture import draw, readout
    from gradtui.views.chain.study import Product, finding, measures, run, table
else:
    draw, readout = when_called("gradtui.views.chain.picture", "draw", "readout")
    finding, measures, run, table = when_called(
        "gradtui.views.chain.study", "finding", "measures", "run", "table"
    )


def walk_layers_back(setup: Setup, steps: int, tens: bool) -> Setup:
    """To the right is towards layer 1, as the picture runs."""
    return setup.with_(layer=setup.layer - steps * (10 if tens else 1)).clamped()


def _idle(setup: Setup) -> frozenset[str]:
    """Where nothing is drawn at random the seed changes nothing."""
    random = setup.chain.weights.random or setup.chain.biases.random
    return frozenset() if random else frozenset({"seed"})


def _begun(setup: Setup) -> Setup:
    """At the loss, where the backward pass has come to its end."""
    return setup.with_(layer=setup.depth) if setup.layer == 1 else setup


def _frame(setup: Setup) -> Setup:
    """A layer further back, or a fortieth of a deep chain."""
    stride = max(1, round(setup.depth / 40))
    return setup.with_(layer=setup.layer - stride).clamped()


VIEW: View[Product] = View(
    name="chain",
    title="the chain rule",
    question="Which factor of ∂L/∂w₁ kills the gradient?",
    knobs=(
        "activations",
        "focus",
        "depth",
        *names_of(Chain, without=("samples",)),
        "x",
        "seed",
        "threshold",
    ),
    cursor="layer",
    families=("chain",),
    run=run,
    draw=draw,
    readout=readout,
    finding=finding,
    measures=measures,
    table=table,
    walk=walk_layers_back,
    idle=_idle,
    animation=Animation(
        what="The backward pass",
        start=_begun,
        frame=_frame,
        done=lambda setup: setup.layer == 1,
        arrived="The gradient has arrived at layer 1",
    ),
    hints=("left", "play", "deeper", "fix", "undo", "scenarios", "command", "export"),
)
