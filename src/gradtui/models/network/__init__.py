"""Random networks: fully connected layers of one width."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gradtui.models.decay import DecayLayout
from gradtui.models.model import Layered, Model
from gradtui.models.network.cost import idle_in_decay
from gradtui.setup import Network, names_of
from gradtui.when_called import when_called

if TYPE_CHECKING:
    from gradtui.models.network.decay import expected, measured, remedy, run
    from gradtui.models.network.networks import drawn, flow_of, sigmas_of
else:
    expected, measured, remedy, run = when_called(
        "gradtui.models.network.decay", "expected", "measured", "remedy", "run"
    )
    drawn, flow_of, sigmas_of = when_called(
        "gradtui.models.network.networks", "drawn", "flow_of", "sigmas_of"
    )

LAYOUT = DecayLayout(
    title="‖∂L/∂a‖ by layer",
    first=0,
    least_decades=1.0,
    in_decades=lambda height: height > 3,
    widths=(8,) * 7,
    dispensable=("σw", "5 %", "95 %"),
    hides_zeros=False,
)

MODEL = Model(
    family="network",
    knobs=names_of(Network, without=("batch",)),
    layout=LAYOUT,
    expected=expected,
    run=run,
    remedy=remedy,
    idle=idle_in_decay,
    layered=Layered(sigmas=sigmas_of, drawn=drawn, flow=flow_of, measured=measured),
)
