"""Chains: one unit a layer, the chain rule as it stands in the note."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gradtui.mathematics.precision import FORMATS
from gradtui.models.chain.cost import foretold_in_decay, idle_in_decay
from gradtui.models.decay import DecayLayout, first_layer
from gradtui.models.model import Model
from gradtui.setup import Chain, Setup, names_of
from gradtui.when_called import when_called

if TYPE_CHECKING:
    from gradtui.models.chain.decay import expected, remedy, run
else:
    expected, remedy, run = when_called("gradtui.models.chain.decay", "expected", "remedy", "run")


def layout(setup: Setup) -> DecayLayout:
    """How the decays of chains are laid out."""
    return DecayLayout(
        title=f"|∂L/∂{setup.quantity}| by layer",
        first=first_layer(setup.quantity),
        least_decades=2.0,
        in_decades=lambda height: True,
        widths=(9, 8, 8, 10, 10, *(7 for _ in FORMATS[1:])),
        dispensable=("f′(z)", "f64", "bf16", "a layer"),
        hides_zeros=True,
    )


MODEL = Model(
    family="chain",
    knobs=names_of(Chain),
    layout=layout,
    expected=expected,
    run=run,
    remedy=remedy,
    idle=idle_in_decay,
    foretold=foretold_in_decay,
)
