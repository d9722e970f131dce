"""The passes of `Residual`, there and back, and those of every layer.

Glossary: h and y = h + α branch(h) as rows with exponents, g = ∂L/∂y.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Protocol

import numpy as np

from gradtui.mathematics.blocks.activated import ElementwisePass, GatedPass
from gradtui.mathematics.blocks.linear import LinearPass
from gradtui.mathematics.blocks.norms import NormPass
from gradtui.mathematics.blocks.notes import Notes
from gradtui.mathematics.blocks.records import (
    BatchNorm,
    Elementwise,
    Gated,
    Layer,
    LayerNorm,
    Linear,
    Residual,
    RMSNorm,
)
from gradtui.mathematics.blocks.rows import ZERO, Rows, inner_product, settled
from gradtui.mathematics.elementwise import Array
from gradtui.mathematics.network.exponents import Apart, Exponents, shifted
from gradtui.mathematics.pieces import turn
from gradtui.progress import Tick


class Pass(Protocol):
    """What goes through a layer, there and back; the layer itself is not kept."""

    def forward(self, layer: Any, h: Rows, tick: Tick) -> Rows:
        """The output of the layer, from its input."""

    def backward(self, layer: Any, g: Rows, tick: Tick) -> Rows:
        """∂L/∂input from ∂L/∂output; notes the gradients of parameters."""


class ResidualPass:
    """What goes through a `Residual`."""

    def __init__(self, name: str, notes: Notes) -> None:
        self.name, self.notes = name, notes

    def forward(self, layer: Residual, h: Rows, tick: Tick) -> Rows:
        """y from h; branch(h) is kept."""
        self.notes.parameters[f"{self.name}.scale"] = ZERO
        out, count = h, len(layer.branch)
        self.passes: list[Pass] = []
        for index, inner in enumerate(layer.branch):
            name = f"{self.name}.branch.{index}"
            one = pass_of(inner, name, self.notes)
            out = one.forward(inner, out, turn(tick, index, count))
            self.passes.append(one)
            if self.notes.asked:
                self.notes.inside[name] = out.square
        self.out = out
        return _sum(h, out, layer.scale, self.notes.room(*h.m.shape))

    def backward(self, layer: Residual, g: Rows, tick: Tick) -> Rows:
        """∂L/∂h = g + α ∂branch/∂h g."""
        self.notes.parameters[f"{self.name}.scale"] = inner_product(g, self.out)
        inward, count = _times(g, layer.scale), len(layer.branch)
        for index in reversed(range(count)):
            if self.notes.asked:
                self.notes.grad_inside[f"{self.name}.branch.{index}"] = inward.square
            inner_tick = turn(tick, count - 1 - index, count)
            inward = self.passes[index].backward(layer.branch[index], inward, inner_tick)
        return _sum(g, inward, 1.0, np.empty(g.m.shape))


def _times(g: Rows, alpha: float) -> Rows:
    """α g."""
    if alpha == 1.0:
        return g
    rows = settled(g.m * alpha, g.e, sure=lambda: (g.r == 0.0) | (alpha == 0.0))
    return Rows.of_apart(g.apart().times(Apart.of(np.asarray(alpha)))) if rows is None else rows


def _sum(h: Rows, out: Rows, alpha: float, m: Array) -> Rows:
    """h + α out, put into `m` where plain floats hold it."""
    if h.e is None and out.e is None:
        e = None
        if alpha == 1.0:
            np.add(h.m, out.m, out=m)
        else:
            np.multiply(out.m, alpha, out=m)
            m += h.m
    else:
        e = np.maximum(_exponents(h), _exponents(out))
        e = np.where(e == -np.inf, 0.0, e)
        m = shifted(out.m * alpha, (_exponents(out) - e)[:, None])
        m += shifted(h.m, (_exponents(h) - e)[:, None])
    rows = settled(m, e, sure=lambda: (h.r == 0.0) & ((out.r == 0.0) | (alpha == 0.0)))
    if rows is None:
        scaled = out.apart().times(Apart.of(np.asarray(alpha)))
        rows = Rows.of_apart(h.apart().plus(scaled))
    return rows


def _exponents(rows: Rows) -> Exponents:
    """The exponent of each row; -inf of one of zeros."""
    e = np.zeros(len(rows.r)) if rows.e is None else rows.e
    return np.where(rows.r == 0.0, -np.inf, e)


_PASSES: Mapping[type, Callable[[str, Notes], Pass]] = MappingProxyType(
    {
        Linear: LinearPass,
        Elementwise: ElementwisePass,
        Gated: GatedPass,
        LayerNorm: NormPass,
        RMSNorm: NormPass,
        BatchNorm: NormPass,
        Residual: ResidualPass,
    }
)


def pass_of(layer: Layer, name: str, notes: Notes) -> Pass:
    """A pass through that layer, which has not begun."""
    return _PASSES[type(layer)](name, notes)
