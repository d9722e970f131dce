"""The passes of `Elementwise` and `Gated`, there and back.

Glossary: B batch, f the activation function, z where it is evaluated [B, n], a = f(z), s = f′(z),
c what a gate multiplies; σ the logistic function, Φ the normal distribution and φ its density.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache
from typing import TypeAlias

import numpy as np

from gradtui.mathematics.activations.exponentials import special
from gradtui.mathematics.activations.record import Activation
from gradtui.mathematics.blocks.notes import Notes
from gradtui.mathematics.blocks.records import Elementwise, Gated
from gradtui.mathematics.blocks.rows import Rows, settled
from gradtui.mathematics.elementwise import Array
from gradtui.mathematics.network.exponents import Apart, value_and_slope
from gradtui.mathematics.network.slopes import homogeneous, riccati, values_into
from gradtui.mathematics.pieces import rows_at_once, spans
from gradtui.progress import Tick, part

_BLOCK = 12_288
"""Activations are evaluated in blocks of so many numbers, which stay in the cache."""
_BLOCKS_A_TICK = 32

Both: TypeAlias = Callable[[Array, Array, Array], object]
"""From z to f(z) and f′(z), put into two arrays."""


class _Activated:
    """f and f′ of some rows."""

    def __init__(self, name: str, notes: Notes) -> None:
        self.name, self.notes = name, notes
        self.slope: Array | Apart | None = None

    def _plain(self, f: Activation, z: Array, tick: Tick) -> tuple[Array, Array]:
        """f(z) and f′(z) in plain floats."""
        z = np.ascontiguousarray(z)
        a, slope = self.notes.room(*z.shape), self.notes.room(*z.shape)
        flat = z.reshape(-1), a.reshape(-1), slope.reshape(-1)
        into = both(f)
        for count, start in enumerate(range(0, z.size, _BLOCK)):
            if count and count % _BLOCKS_A_TICK == 0:
                tick(start / z.size)
            into(*(one[start : start + _BLOCK] for one in flat))
        return a, slope

    @staticmethod
    def _careful(f: Activation, z: Apart, tick: Tick) -> tuple[Apart, Apart]:
        """f(z) and f′(z) with exponents apart."""
        value, slope = value_and_slope(f)
        each = rows_at_once(z.m.shape[1])
        pieces = [
            (value(some), slope(some))
            for rows in spans(len(z.m), each, tick)
            for some in [Apart(z.m[rows], z.e[rows])]
        ]
        if len(pieces) == 1:
            return pieces[0]
        a, s = (
            Apart(*(np.concatenate(both) for both in zip(*column, strict=True)))
            for column in zip(*pieces, strict=True)
        )
        return a, s


class ElementwisePass(_Activated):
    """What goes through an `Elementwise`."""

    def forward(self, layer: Elementwise, h: Rows, tick: Tick) -> Rows:
        """a from z; f′(z) is kept, and z."""
        f = _activation(layer)
        self.z, a = h, None
        lines = homogeneous(f)
        if h.e is None or lines:
            values, self.slope = self._plain(f, h.m, part(tick, 0.0, 0.3))
            sure = bool(lines)
            a = settled(values, h.e, sure=lambda: sure or ((h.r == 0.0) & (f(0.0) == 0.0)))
        if a is None:
            numbers, self.slope = self._careful(f, h.apart(), part(tick, 0.3, 0.3))
            a = Rows.of_apart(numbers)
        if self.name in self.notes.look:
            self.notes.looks_at(self.name, f, h, a, part(tick, 0.6, 0.4))
        return a

    def backward(self, layer: Elementwise, g: Rows, tick: Tick) -> Rows:
        """∂L/∂z from ∂L/∂a."""
        f, slope = _activation(layer), self.slope
        if isinstance(slope, Apart):
            return Rows.of_apart(g.apart().times(slope))
        assert slope is not None
        sure = bool(homogeneous(f))
        rows = settled(g.m * slope, g.e, sure=lambda: sure or (g.r == 0.0))
        if rows is None:
            _, exact = self._careful(f, self.z.apart(), tick)
            rows = Rows.of_apart(g.apart().times(exact))
        return rows


class GatedPass(_Activated):
    """What goes through a `Gated`."""

    def forward(self, layer: Gated, h: Rows, tick: Tick) -> Rows:
        """y = a ∘ c from h = [z, c]."""
        f = _activation(layer)
        n = h.m.shape[1] // 2
        self.h, y = h, None
        lines = homogeneous(f)
        self.a: Array | Apart
        if h.e is None or lines:
            self.a, self.slope = self._plain(f, h.m[:, :n], part(tick, 0.0, 0.3))
            e = None if h.e is None else 2.0 * h.e
            y = settled(self.a * h.m[:, n:], e, sure=lambda: h.r == 0.0)
        if y is None:
            numbers = h.apart()
            self.a, self.slope = self._careful(
                f, numbers.columns(slice(0, n)), part(tick, 0.3, 0.3)
            )
            y = Rows.of_apart(self.a.times(numbers.columns(slice(n, None))))
        if self.name in self.notes.look:
            gate = Rows(h.m[:, :n], h.r, h.e)
            self.notes.looks_at(self.name, f, gate, y, part(tick, 0.6, 0.4))
        return y

    def backward(self, layer: Gated, g: Rows, tick: Tick) -> Rows:
        """∂L/∂h = [g ∘ c ∘ s, g ∘ a] from g = ∂L/∂y."""
        f, slope, a, h = _activation(layer), self.slope, self.a, self.h
        n = h.m.shape[1] // 2
        if isinstance(slope, np.ndarray) and isinstance(a, np.ndarray):
            both = np.empty(h.m.shape)
            np.multiply(g.m, h.m[:, n:], out=both[:, :n])
            both[:, :n] *= slope
            np.multiply(g.m, a, out=both[:, n:])
            # Of lines, f′ has the exponent 0 and f that of z: both halves have that of h.
            e = g.e if h.e is None else (h.e if g.e is None else g.e + h.e)
            rows = settled(both, e, sure=lambda: g.r == 0.0)
            if rows is not None:
                return rows
        numbers, above = h.apart(), g.apart()
        a, slope = self._careful(f, numbers.columns(slice(0, n)), tick)
        first = above.times(numbers.columns(slice(n, None))).times(slope)
        return Rows.of_apart(Apart.beside([first, above.times(a)]))


def _activation(layer: Elementwise | Gated) -> Activation:
    assert isinstance(layer.activation, Activation)
    return layer.activation


@lru_cache(maxsize=64)
def both(f: Activation) -> Both:
    """Puts f(z) and f′(z) into two arrays, with what they share computed once."""
    lines = homogeneous(f)
    equation = None if lines else riccati(f)
    values = values_into(f)
    if lines or equation:
        own = lines or equation
        assert own is not None

        def from_value(z: Array, a: Array, slope: Array) -> None:
            values(z, a)
            np.copyto(slope, z)
            own.df(slope, a)

        return from_value
    if f.spec == "gelu":
        return _gelu
    if f.spec == "silu":
        return _silu
    derivative = f.definition.df

    def apiece(z: Array, a: Array, slope: Array) -> None:
        values(z, a)
        np.copyto(slope, derivative(z))

    return apiece


def _gelu(z: Array, a: Array, slope: Array) -> None:
    """f = z Φ and f′ = Φ + z φ: tails right as Φ is, f′ to a rounding of 1 where it is zero."""
    special().ndtr(z, out=a)
    np.multiply(z, z, out=slope)
    slope *= -0.5
    np.exp(slope, out=slope)
    slope *= z
    slope *= 1.0 / math.sqrt(math.tau)
    slope += a
    a *= z


def _silu(z: Array, a: Array, slope: Array) -> None:
    """f = z σ and f′ = σ (1 + z (1 - σ))."""
    special().expit(z, out=a)
    np.subtract(1.0, a, out=slope)
    slope *= z
    slope += 1.0
    slope *= a
    a *= z
