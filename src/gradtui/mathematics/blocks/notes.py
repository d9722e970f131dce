"""What a pass through the layers of a network leaves on the way.

Glossary: y the output of a layer, z what an activation is evaluated at.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from gradtui.mathematics.activations.record import Activation
from gradtui.mathematics.blocks.rows import Rows, Square
from gradtui.mathematics.network.statistics import Histograms, LayerStatistics, Statistics
from gradtui.progress import Tick


class Notes:
    """Squares of norms by name, and the statistics of the activations that are looked at.

    Attributes:
        parameters: of the gradients of parameters.
        asked: whether the two below are to be filled in.
        inside: of y of every layer.
        grad_inside: of ∂L/∂y of every layer.
    """

    def __init__(self, look: Sequence[str], bins: int, inside: bool) -> None:
        self.look, self.bins = frozenset(look), bins
        self.parameters: dict[str, Square] = {}
        self.asked = inside
        self.inside: dict[str, Square] = {}
        self.grad_inside: dict[str, Square] = {}
        self._looks: dict[str, LayerStatistics] = {}

    @staticmethod
    def field(name: str) -> str:
        """The argument that has that layer: `layers[3].branch[1]` of `3.branch.1`."""
        return "layers" + re.sub(r"\.?(\d+)", r"[\1]", name)

    def looks_at(self, name: str, f: Activation, z: Rows, a: Rows, tick: Tick) -> None:
        """Look at an activation."""
        one = Statistics(f, 1, self.bins)
        one.add(0, z.plain(), a.plain(), tick)
        self._looks[name] = one.result()

    def statistics(self, look: Sequence[str]) -> LayerStatistics | None:
        """Those of the activations that were looked at, in that order."""
        if not look:
            return None
        each = [self._looks[name] for name in look]
        columns = [
            np.concatenate([getattr(one, column) for one in each])
            for column in ("saturated", "dead", "z_mean", "z_spread", "a_mean", "a_spread")
        ]
        if not self.bins:
            return LayerStatistics(*columns)
        spread = [
            Histograms(
                np.concatenate([getattr(one, which).counts for one in each]),
                np.concatenate([getattr(one, which).edges for one in each]),
            )
            for which in ("z_histograms", "a_histograms")
        ]
        return LayerStatistics(*columns, *spread)
