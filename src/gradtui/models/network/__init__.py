"""Random networks: fully connected layers, of one width or each of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gradtui.mathematics.precision import FORMATS
from gradtui.models.decay import DecayLayout, first_layer
from gradtui.models.model import Layered, Model
from gradtui.models.network.cost import foretold_in_decay, idle_in_decay, trying_seconds_of
from gradtui.setup import Network, Setup, names_of
from gradtui.when_called import when_called

if TYPE_CHECKING:
    from gradtui.models.network.decay import expected, measured, remedy, run
    from gradtui.models.network.networks import drawn, flow_of, layer_sigmas_of, sigma_w_of
else:
    expected, measured, remedy, run = when_called(
        "gradtui.models.network.decay", "expected", "measured", "remedy", "run"
    )
    drawn, flow_of, layer_sigmas_of, sigma_w_of = when_called(
        "gradtui.models.network.networks", "drawn", "flow_of", "layer_sigmas_of", "sigma_w_of"
    )


def layout(setup: Setup) -> DecayLayout:
    """How the decays of networks are laid out."""
    return DecayLayout(
        title=f"‖∂L/∂{_SYMBOLS[setup.quantity]}‖ by layer",
        first=first_layer(setup.quantity),
        least_decades=1.0,
        in_decades=lambda height: height > 3,
        widths=(8, 8, 8, 8, 8, 8, 10, 10, *(7 for _ in FORMATS[1:])),
        dispensable=("f64", "bf16", "f32", "f16 layer", "5 %", "95 %"),
        hides_zeros=False,
    )


_SYMBOLS = {"a": "a", "z": "z", "w": "W"}
"""A matrix is a capital."""

MODEL = Model(
    family="network",
    knobs=names_of(Network),
    layout=layout,
    expected=expected,
    run=run,
    remedy=remedy,
    idle=idle_in_decay,
    foretold=foretold_in_decay,
    trying=trying_seconds_of,
    layered=Layered(
        sigmas=layer_sigmas_of,
        drawn=drawn,
        flow=flow_of,
        measured=measured,
        sigma_w_text=sigma_w_of,
    ),
)
