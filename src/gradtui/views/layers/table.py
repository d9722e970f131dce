"""The numbers of the layers view."""

from __future__ import annotations

from gradtui.models.decay import Value
from gradtui.models.rows import Rows, joined
from gradtui.views.layers.study import ComparedNetworks, NetworkLayers
from gradtui.views.view import Table

_COLUMNS = 20
"""The bins of each histogram in the table."""


def table(result: ComparedNetworks) -> Table:
    """A row for each network and layer.

    Values are counted in `_COLUMNS` bins of equal width from z_min to z_max: z_bin_1 has the least.
    """
    networks = filter(None, map(result.network, result.names))
    return joined([_rows(network) for network in networks])


def _rows(network: NetworkLayers) -> Table:
    flow, layers, z = network.flow, network.layers, network.histograms
    counts = z.counts.reshape(flow.depth, _COLUMNS, -1).sum(axis=2)

    def row(at: int) -> dict[str, Value]:
        values: dict[str, Value] = {
            "activation": network.subject.activation,
            "init": network.subject.init,
            "block": network.subject.block,
            "layer": at + 1,
            "z_mean": float(layers.z_mean[at]),
            "z_spread": float(layers.z_spread[at]),
            "a_mean": float(layers.a_mean[at]),
            "a_spread": float(layers.a_spread[at]),
            "flat": float(layers.saturated[at]),
            "dead": float(layers.dead[at]),
            "log10_hidden": float(flow.log10_hidden[at + 1]),
            "log10_grad_hidden": float(flow.log10_grad_hidden[at + 1]),
            "log10_grad_weights": float(flow.log10_grad_weights[at]),
            "log10_grad_biases": float(flow.log10_grad_biases[at]),
            "z_min": float(z.edges[at, 0]),
            "z_max": float(z.edges[at, -1]),
        }
        bins = {f"z_bin_{number}": count for number, count in enumerate(counts[at].tolist(), 1)}
        return {**values, **bins}

    return Rows(flow.depth, row)
