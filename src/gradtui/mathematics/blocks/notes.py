"""What a pass through the layers of a network leaves on the way.

Glossary: y the output of a layer, z what an activation is evaluated at.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import fields

import numpy as np

from gradtui.mathematics.activations.record import Activation
from gradtui.mathematics.blocks.rows import ZERO, Rows, Square
from gradtui.mathematics.elementwise import Array
from gradtui.mathematics.network.arrays import refuse_infinite
from gradtui.mathematics.network.statistics import Histograms, LayerStatistics, Statistics
from gradtui.progress import Tick, part


class Notes:
    """Squares of norms by name, and the statistics of the activations that are looked at.

    Attributes:
        parameters: of the gradients of parameters.
        asked: whether the two below are to be filled in.
        inside: of y of every layer.
        grad_inside: of ∂L/∂y of every layer.
    """

    def __init__(self, look: Sequence[str], bins: int, inside: bool, numbers: int) -> None:
        """Nothing yet; there will be so many numbers to keep for the way back, about."""
        # One block for all: what malloc gave once it gives again, without the cost of new pages.
        self._room, self._used = np.empty(numbers), 0
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

    def room(self, rows: int, columns: int) -> Array:
        """An array for what is kept for the way back."""
        start, self._used = self._used, self._used + rows * columns
        if self._used > len(self._room):
            return np.empty((rows, columns))
        return self._room[start : self._used].reshape(rows, columns)

    def name(self, name: str, *, weight: bool, bias: bool) -> None:
        """Put the parameters of a layer in their place in the order."""
        if weight:
            self.parameters[f"{name}.weight"] = ZERO
        if bias:
            self.parameters[f"{name}.bias"] = ZERO

    def refuse_infinite(self, name: str, weight: Array | None, bias: Array | None) -> None:
        """Refuse parameters that are not finite, which shows in what comes of them."""
        field = self.field(name)
        if weight is not None:
            refuse_infinite(f"{field}.weight", weight)
        if bias is not None:
            refuse_infinite(f"{field}.bias", bias)

    def looks_at(self, name: str, f: Activation, z: Rows, a: Rows, tick: Tick) -> None:
        """Look at an activation."""
        one = Statistics(f, 1, self.bins)
        one.add(
            0, z.plain(part(tick, 0.0, 0.1)), a.plain(part(tick, 0.1, 0.1)), part(tick, 0.2, 0.8)
        )
        self._looks[name] = one.result()

    def statistics(self, look: Sequence[str]) -> LayerStatistics | None:
        """Those of the activations that were looked at, in that order."""
        if not look:
            return None
        each = [self._looks[name] for name in look]
        columns = {
            field.name: np.concatenate([getattr(one, field.name) for one in each])
            for field in fields(LayerStatistics)
            if not field.name.endswith("histograms")
        }
        z = _together([one.z_histograms for one in each])
        a = _together([one.a_histograms for one in each])
        return LayerStatistics(**columns, z_histograms=z, a_histograms=a)


def _together(each: Sequence[Histograms | None]) -> Histograms | None:
    """Those of several layers."""
    there = [one for one in each if one is not None]
    if not there:
        return None
    return Histograms(
        np.concatenate([one.counts for one in there]), np.concatenate([one.edges for one in there])
    )
