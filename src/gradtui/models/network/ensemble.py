"""What was measured of random networks: their gradients, layer by layer."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gradtui.mathematics.elementwise import Array
from gradtui.mathematics.network.flow import GradientFlow
from gradtui.models.judging import Shares, judge
from gradtui.models.network.networks import quantities_of
from gradtui.models.quantiles import quantiles
from gradtui.setup import Setup

if TYPE_CHECKING:
    from numpy.typing import NDArray

QUANTITIES = ("a", "z", "w")

_KEPT_LAYERS = 512
"""An ensemble keeps at most this many layers: more than any screen has columns."""


@dataclass(frozen=True, eq=False)
class Ensemble:
    """log10 of one norm of random networks, layer by layer, at one input each.

    Attributes:
        layers: the l that are kept, the first and L among them.
        log10: [networks, layers]; -inf where nothing arrives.
    """

    layers: NDArray[np.int64]
    log10: Array

    @property
    def networks(self) -> int:
        """How many there are."""
        return len(self.log10)

    def quantiles(self) -> tuple[Array, Array, Array]:
        """5 %, median and 95 % at each kept layer."""
        return quantiles(self.log10)

    def shares(self, log10_limit: float) -> Shares:
        """What becomes of the gradient in each network."""
        return Shares.of(judge(row, log10_limit).kind for row in self.log10)

    @property
    def dead(self) -> float:
        """The share of the networks in which nothing arrives at the input."""
        return float(np.mean(self.log10[:, 0] == -math.inf))

    def mean_and_error(self) -> tuple[float, float]:
        """The mean of log10 at the input over the networks that are not dead, and its error."""
        alive = self.log10[:, 0][np.isfinite(self.log10[:, 0])]
        if not alive.size:
            return -math.inf, math.nan
        error = float(alive.std(ddof=1)) / math.sqrt(alive.size) if alive.size > 1 else math.inf
        return float(alive.mean()), error


def kept_layers(depth: int) -> NDArray[np.int64]:
    """The layers that an ensemble keeps of a deep network."""
    return np.unique(np.linspace(0, depth, min(depth + 1, _KEPT_LAYERS)).round().astype(np.int64))


class Gathered:
    """What was measured of one subject's networks so far."""

    def __init__(self, setup: Setup) -> None:
        self._layers = kept_layers(setup.depth)
        self._rows: dict[str, list[Array]] = {name: [] for name in (*QUANTITIES, "signal")}

    def _of(self, name: str) -> tuple[NDArray[np.int64], int]:
        """The layers that are kept of a quantity, and with which it begins."""
        return (self._layers[1:], 1) if name in ("z", "w") else (self._layers, 0)

    def add(self, flow: GradientFlow) -> None:
        """One network more."""
        signal = flow.log10_hidden - 0.5 * np.log10(flow.batch * np.array(flow.widths))
        norms = {**quantities_of(flow), "signal": signal}
        for name, rows in self._rows.items():
            layers, first = self._of(name)
            rows.append(norms[name][layers - first])

    def rows(self, quantity: str) -> Sequence[Array]:
        """One quantity of each network."""
        return self._rows[quantity]

    def ensembles(self) -> dict[str, Ensemble]:
        """All of it, by quantity."""
        return {
            name: Ensemble(self._of(name)[0], np.array(rows)) for name, rows in self._rows.items()
        }
