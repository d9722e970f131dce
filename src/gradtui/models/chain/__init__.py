"""Chains: one unit a layer, the chain rule as it stands in the note."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gradtui.mathematics.precision import FORMATS
from gradtui.models.chain.cost import idle_in_decay
from gradtui.models.decay import DecayLayout
from gradtui.models.model import Model
from gradtui.setup import Chain, names_of
from gradtui.when_called import when_called

if TYPE_CHECKING:
    from gradtui.models.chain.decay import expected, remedy, run
else:
    expected, remedy, run = when_called("gradtui.models.chain.decay", "expected", "remedy", "run")

LAYOUT = DecayLayout(
    title="|∂L/∂w| by layer",
    first=1,
    least_decades=2.0,
    in_decades=lambda height: True,
    widths=(9, 8, 10, 8, 10, *(6 for _ in FORMATS[1:])),
    dispensable=("f′(z)", "per layer"),
    hides_zeros=True,
)

MODEL = Model(
    family="chain",
    knobs=names_of(Chain),
    layout=LAYOUT,
    expected=expected,
    run=run,
    remedy=remedy,
    idle=idle_in_decay,
)
