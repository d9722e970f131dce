"""The passes of `Linear`, there and back.

Glossary: B batch, h [B, m] and y = h Wᵀ + b [B, n] as rows with exponents, δ = ∂L/∂y.
"""

from __future__ import annotations

import numpy as np

from gradtui.mathematics.blocks.notes import Notes
from gradtui.mathematics.blocks.records import Linear
from gradtui.mathematics.blocks.rows import Rows, norm_of_outer, norm_of_sum, settled
from gradtui.mathematics.elementwise import Array
from gradtui.mathematics.network.arrays import at_scale
from gradtui.mathematics.network.exponents import Apart, shifted
from gradtui.mathematics.pieces import product
from gradtui.progress import Tick, part


class LinearPass:
    """What goes through a `Linear`."""

    def __init__(self, name: str, notes: Notes) -> None:
        self.name, self.notes = name, notes

    def forward(self, layer: Linear, h: Rows, tick: Tick) -> Rows:
        """y from h, which is kept."""
        w, b = _arrays(layer)
        self.h = h
        self.notes.name(self.name, weight=True, bias=b is not None)
        y = product(h.m, w.T, self.notes.room(len(h.m), len(w)), part(tick, 0.0, 0.5))
        if b is not None:
            y += b if h.e is None else shifted(np.broadcast_to(b, y.shape), -h.e[:, None])
        rows = settled(y, h.e, sure=lambda: (h.r == 0.0) | (b is None and not w.any()))
        return self._careful(w, b, h, part(tick, 0.5, 0.5)) if rows is None else rows

    def _careful(self, w: Array, b: Array | None, h: Rows, tick: Tick) -> Rows:
        """The same with exponents apart."""
        self.notes.refuse_infinite(self.name, w, b)
        scaled, k = at_scale(w.T, part(tick, 0.0, 0.5))
        y = product(h.m, scaled, np.empty((len(h.m), len(w))), part(tick, 0.5, 0.5))
        numbers = Apart.of(y, k if h.e is None else h.e[:, None] + k)
        if b is not None:
            numbers = numbers.plus(Apart.of(np.broadcast_to(b, y.shape)))
        return Rows.of_apart(numbers)

    def backward(self, layer: Linear, delta: Rows, tick: Tick) -> Rows:
        """∂L/∂h from ∂L/∂y."""
        w, b = _arrays(layer)
        notes, h = self.notes.parameters, self.h
        notes[f"{self.name}.weight"] = norm_of_outer(delta, h, part(tick, 0.0, 0.5))
        if b is not None:
            notes[f"{self.name}.bias"] = norm_of_sum(delta.m, delta.e)
        g = product(delta.m, w, np.empty(h.m.shape), part(tick, 0.5, 0.3))
        rows = settled(g, delta.e, sure=lambda: (delta.r == 0.0) | (not w.any()))
        if rows is None:
            scaled, k = at_scale(w, part(tick, 0.8, 0.1))
            g = product(delta.m, scaled, g, part(tick, 0.9, 0.1))
            rows = Rows.of_apart(Apart.of(g, k if delta.e is None else delta.e[:, None] + k))
        return rows


def _arrays(layer: Linear) -> tuple[Array, Array | None]:
    """W and b as float64, made when they are needed if they were given otherwise."""
    b = None if layer.bias is None else np.asarray(layer.bias, dtype=np.float64)
    return np.asarray(layer.weight, dtype=np.float64), b
