"""The readout of the layers view: what is inside the cursor's layer of each network."""

from __future__ import annotations

import math

from gradtui.plots.picture import Row
from gradtui.setup import Setup
from gradtui.views.columns import in_columns
from gradtui.views.layers.study import ComparedNetworks, NetworkLayers
from gradtui.wording import magnitude, plain, rate


def readout(result: ComparedNetworks, setup: Setup, width: int) -> tuple[Row, ...]:
    """A line for each network: what is inside the cursor's layer, and the rate of all."""
    layer = setup.layer
    networks = {name: result.network(name) for name in result.names}
    heads = ("z", "flat", "dead", "|a|", "|∂L/∂a|", "per layer", "σw")
    cells = [
        ("",) * len(heads) if network is None else _cells(network, layer)
        for network in networks.values()
    ]
    return in_columns(
        f" layer {layer}",
        dict(zip(heads, zip(*cells, strict=True), strict=True)),
        [(name, None if network is None else network.kind) for name, network in networks.items()],
        width,
        usual=(16, 7, 6, 9, 9, 10, 7),
        without=("per layer", "z"),
        longest=len(f" layer {setup.depth}"),
        gap=2,
    )


def _cells(network: NetworkLayers, layer: int) -> tuple[str, ...]:
    """What is inside one layer of a network, and the rate of all."""
    return (
        _mean_and_spread(network, layer),
        share_text(float(network.layers.saturated[layer - 1])),
        share_text(float(network.layers.dead[layer - 1])),
        magnitude(float(network.log10_signal[layer])),
        magnitude(float(network.flow.log10_grad_hidden[layer])),
        rate(network.log10_rate),
        network.sigma_w,
    )


def _mean_and_spread(network: NetworkLayers, layer: int) -> str:
    """z as mean ± standard deviation; a mean that is next to nothing beside it is shown as 0."""
    layers = network.layers
    mean, spread = (float(z[layer - 1]) for z in (layers.z_mean, layers.z_spread))
    if not math.isfinite(spread):
        return "over 1e288"
    return f"{plain(0.0 if abs(mean) < 0.005 * spread else mean, 2)} ± {plain(spread, 2)}"


def share_text(share: float) -> str:
    """A share in at most four cells: 0, <1%, 41%, >99%, -."""
    if math.isnan(share):
        return "-"
    if share in (0.0, 1.0):
        return f"{share * 100:.0f}%" if share else "0"
    return "<1%" if share < 0.01 else ">99%" if share > 0.99 else f"{share * 100:.0f}%"
