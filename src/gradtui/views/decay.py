"""The decay view: how much of the gradient reaches each layer, of a chain or of a network."""

from __future__ import annotations

from collections.abc import Iterator

from gradtui.plots.picture import Picture, Row
from gradtui.views import chain_decay, network_decay
from gradtui.views.chain_decay import ChainDecay
from gradtui.views.curves import walk_layers
from gradtui.views.network_decay import NetworkDecay
from gradtui.views.setup import NETWORK, Setup
from gradtui.views.view import Finding, Size, Table, View

Decay = ChainDecay | NetworkDecay

_ONLY_CHAIN = frozenset({"weights", "biases", "loss", "samples"})
_ONLY_NETWORK = frozenset({"init", "units", "networks"})


def run(setup: Setup) -> Iterator[Decay | None]:
    """The chains or the networks at once, then what random draws add."""
    if setup.model == NETWORK:
        return network_decay.run(setup)
    return chain_decay.run(setup)


def draw(result: Decay, setup: Setup, size: Size, marker: str) -> Picture:
    """Every curve, and of the focused one what is expected of it."""
    if isinstance(result, NetworkDecay):
        return network_decay.draw(result, setup, size, marker)
    return chain_decay.draw(result, setup, size, marker)


def readout(result: Decay, setup: Setup, width: int) -> tuple[Row, ...]:
    """A line for each curve."""
    if isinstance(result, NetworkDecay):
        return network_decay.readout(result, setup, width)
    return chain_decay.readout(result, setup, width)


def finding(result: Decay, subject: str) -> Finding:
    """The verdict on one of them."""
    if isinstance(result, NetworkDecay):
        return network_decay.finding(result, subject)
    return chain_decay.finding(result, subject)


def table(result: Decay) -> Table:
    """A row for each curve and layer."""
    if isinstance(result, NetworkDecay):
        return network_decay.table(result)
    return chain_decay.table(result)


VIEW = View(
    name="decay",
    title="decay by depth",
    question="How much of the gradient reaches each layer?",
    knobs=(
        "activations",
        "focus",
        "model",
        "depth",
        "weights",
        "biases",
        "init",
        "units",
        "x",
        "loss",
        "seed",
        "samples",
        "networks",
        "threshold",
    ),
    cursor="layer",
    run=run,
    draw=draw,
    readout=readout,
    finding=finding,
    table=table,
    walk=walk_layers,
    has_all_subjects=True,
    defaults={"activations": ("sigmoid", "tanh", "relu"), "depth": 50},
    idle=lambda setup: _ONLY_CHAIN if setup.model == NETWORK else _ONLY_NETWORK,
)
