"""The backward pass: the norms of every gradient, from the signal that runs down.

Glossary: l layer, B batch, i row of the batch, n and m the units above and below a layer, W weights
[n, m], a the activations below [B, m], f the activation function, g = ∂L/∂a and δ = ∂L/∂z above
the layer [B, n], a row g · 2^e; r = ‖a_i‖², q = ‖δ_i‖², p = ‖g_i‖² squared norms of rows [B].
"""

from __future__ import annotations

import math
from functools import cached_property
from typing import NamedTuple

import numpy as np

from gradtui.mathematics.elementwise import Array
from gradtui.mathematics.network.arrays import Group, Network, at_scale
from gradtui.mathematics.network.exponents import (
    LEAST,
    MOST,
    Apart,
    Exponents,
    Extended,
    Squares,
    inner_products,
    levelled_rows,
    magnitude,
    row_norms,
    shifted_rows,
    value_and_slope,
    within,
)
from gradtui.mathematics.network.forward import Forward
from gradtui.mathematics.pieces import (
    BEFOREHAND,
    MULTIPLICATIONS,
    gram_product,
    multiplied,
    product,
    spans,
    turn,
)
from gradtui.progress import Tick, part

_LEVEL, _SPREAD = (2.0**-600, 2.0**600), 200
"""Norms of g stay within 2^±300, under one common exponent while rows differ by up to 2^200."""
CANCELLED = 1e-4
"""A sum over B² products below this share of its bound has lost more than 1e-12 to rounding."""


class _Signal(NamedTuple):
    """g_l: rows g · 2^(own + shift), with one shift for all and, where rows differ much, own.

    `p` are the squared norms of the rows of g.
    """

    g: Array
    p: Array
    own: Exponents | None
    shift: float

    @classmethod
    def of(cls, upstream: Array, tick: Tick) -> _Signal:
        """∂L/∂a_L."""
        p = row_norms(upstream)
        if within(p, *_LEVEL):
            return cls(upstream, p, None, 0.0)
        g, e = levelled_rows(upstream, part(tick, 0.0, 0.5))
        return cls(g, row_norms(g), e if e.any() else None, 0.0).level(part(tick, 0.5, 0.5))

    def level(self, tick: Tick) -> _Signal:
        """The same signal with the norms of all rows about 1."""
        g, p, own, shift = self
        live = p > 0.0
        if within(p, *_LEVEL) or not live.any():
            return self
        k = magnitude(p)
        size = np.where(live, k if own is None else own + k, 0.0)
        low, high = float(size[live].min()), float(size[live].max())
        if high - low <= _SPREAD:
            up, own, shift = size - k - high, None, shift + high
        else:
            up, own = -k, size
        g = shifted_rows(g, np.where(live, up, 0.0), tick)
        return _Signal(g, row_norms(g), own, shift)


class Backward:
    """The backward pass, and the squared norms of the gradients that it finds."""

    def __init__(self, network: Network, forward: Forward) -> None:
        self.network, self.forward = network, forward
        self.weights, self.biases = Squares(network.depth), Squares(network.depth)
        self.hidden, self.preactivations = Squares(network.depth + 1), Squares(network.depth)
        self.dead_rows = np.full(network.depth + 1, network.batch)
        self.ones = np.ones(network.batch)
        self.deltas, *self.rooms = forward.spare

    def run(self, tick: Tick) -> None:
        """Run the layers group by group from above."""
        depth = self.network.depth
        signal = _Signal.of(self.network.upstream, part(tick, 0.0, BEFOREHAND))
        self.hidden.total(-1, signal.p, signal.own, signal.shift)
        self.dead_rows[-1] = _zeros(signal.p)
        for group in reversed(self.network.groups):
            start, stop = group
            if not signal.p.any():
                tick(1.0)
                break  # exactly zero from here down
            group_tick = part(tick, 1.0 - stop / depth, (stop - start) / depth)
            below = self._ran(group, signal, part(group_tick, 0.0, 0.5))
            if below is None:
                below = signal
                for layer in reversed(range(*group)):
                    retreat_tick = part(group_tick, 0.5, 0.5)
                    layer_tick = turn(retreat_tick, stop - 1 - layer, stop - start)
                    if layer < stop - 1:
                        layer_tick(0.0)
                    below = self._retreat(layer, below, layer_tick)
            signal = below
            self.rooms.reverse()
            tick(1.0 - start / depth)

    def _ran(self, group: Group, signal: _Signal, tick: Tick) -> _Signal | None:
        """Run the layers of a group in plain floats; None where these do not hold everything."""
        start, stop = group
        if signal.own is not None and not (signal.p > 0.0).all():
            return None
        network, g = self.network, signal.g
        above, below = network.widths[stop], network.widths[start]
        large = network.large(start)
        shape = (stop - start, network.batch)
        delta = self.deltas[: math.prod(shape) * above].reshape(*shape, above)
        gs = self.rooms[0][: math.prod(shape) * below].reshape(*shape, below)
        for layer in reversed(range(start, stop)):
            at = layer - start
            if large:
                layer_tick = turn(part(tick, 0.0, 0.5), stop - 1 - layer, shape[0])
                multiplied(g, self.forward.z[layer], delta[at], part(layer_tick, 0.0, 0.1))
                w = network.weight(layer, part(layer_tick, 0.1, 0.3))
                g = product(delta[at], w, gs[at], part(layer_tick, 0.4, 0.5))
                layer_tick(1.0)
            else:
                np.multiply(g, self.forward.z[layer], out=delta[at])
                g = np.matmul(delta[at], network.weight(layer), out=gs[at])
        q, p = row_norms(delta), row_norms(gs)
        least, most = q.min(), q.max()
        if not (least >= LEAST and most <= MOST and within(p, *_LEVEL)):
            return None
        layers = slice(start, stop)
        self.dead_rows[layers] = 0  # all norms are within the range
        if signal.own is None:
            self.hidden.s[layers], self.hidden.e[layers] = p.sum(axis=1), signal.shift
            self.preactivations.s[layers] = q.sum(axis=1)
            self.preactivations.e[layers] = signal.shift
            self.biases.s[layers] = row_norms(self.ones @ delta)
            self.biases.e[layers] = signal.shift
        else:
            for layer in range(start, stop):
                self.hidden.total(layer, p[layer - start], signal.own, signal.shift)
                self.preactivations.total(layer, q[layer - start], signal.own, signal.shift)
                self._bias(
                    layer,
                    delta[layer - start],
                    signal.own,
                    signal.shift,
                    turn(part(tick, 0.5, 0.1), layer - start, shape[0]),
                )
        r, e = self.forward.norms[layers], self.forward.exponents[start:stop]
        fits = least * r.min() >= LEAST and most * r.max() <= MOST
        if fits and signal.own is None and all(rows is None for rows in e):
            a = self.forward.stacked_a.together(start, stop)
            # The signal from above has done its work; 2B ≤ max(n, m) where the room is used.
            self.weights.s[layers] = products(delta, a, q, r, part(tick, 0.6, 0.4), self.rooms[1])
            self.weights.e[layers] = signal.shift
        else:
            for layer in range(start, stop):
                at = layer - start
                weight_tick = turn(part(tick, 0.6, 0.4), at, shape[0])
                self._weight(layer, delta[at], q[at], signal.own, signal.shift, weight_tick)
        return _Signal(g, p[0], signal.own, signal.shift)

    def _retreat(self, layer: int, signal: _Signal, tick: Tick) -> _Signal:
        """One layer, in which the rows that plain floats do not hold are done apart."""
        network, (g, p, above, shift) = self.network, signal
        each = network.rows_at_once(layer)
        w, slope = network.weight(layer, part(tick, 0.0, 0.05)), self.forward.z[layer]
        delta = multiplied(g, slope, np.empty(slope.shape), part(tick, 0.05, 0.05))
        live = p > 0.0
        delta[~live] = 0.0
        q = row_norms(delta)
        own = np.zeros(network.batch) if above is None else above.copy()
        lost = np.flatnonzero(live & ~((q >= LEAST) & (q <= MOST)))
        if lost.size:
            e, a = self.forward.exponents[layer], self.forward.a[layer]
            preactivations = network.preactivations(layer, part(tick, 0.1, 0.1))
            for some in spans(lost.size, each, part(tick, 0.2, 0.1)):
                rows = lost[some]
                z = preactivations(a[rows], np.zeros(rows.size) if e is None else e[rows])
                delta[rows], apart = self.df(z).times(Apart.of(g[rows])).rows()
                own[rows] += apart
            q = row_norms(delta)
        self.preactivations.total(layer, q, own, shift)
        self._bias(layer, delta, own, shift, part(tick, 0.3, 0.1))
        self._weight(layer, delta, q, own, shift, part(tick, 0.4, 0.2))
        g = product(delta, w, np.empty(self.forward.a[layer].shape), part(tick, 0.6, 0.1))
        p = row_norms(g)
        lost = np.flatnonzero((q > 0.0) & ~((p >= LEAST**1.25) & (p <= MOST**1.25)))
        if lost.size:
            w, k = at_scale(w, part(tick, 0.7, 0.1))
            for some in spans(lost.size, each, part(tick, 0.8, 0.1)):
                rows = lost[some]
                g[rows], apart = Apart.of(delta[rows] @ w, k).rows()
                own[rows] += apart
            p = row_norms(g)
        self.hidden.total(layer, p, own, shift)
        self.dead_rows[layer] = _zeros(p)
        following = _Signal(g, p, own if own.any() else None, shift)
        return following.level(part(tick, 0.9, 0.1))

    @cached_property
    def df(self) -> Extended:
        """The derivative for numbers with exponents apart."""
        return value_and_slope(self.network.f)[1]

    def _bias(self, layer: int, delta: Array, own: Exponents, shift: float, tick: Tick) -> None:
        """Note ‖Σ_i δ_i‖²."""
        live = delta.any(axis=1)
        if live.any():
            top = float(own[live].max())
            total = self.ones @ shifted_rows(delta, np.where(live, own - top, 0.0), tick)
            self.biases.s[layer], self.biases.e[layer] = total @ total, top + shift

    def _weight(
        self,
        layer: int,
        delta: Array,
        q: Array,
        own: Exponents | None,
        shift: float,
        tick: Tick,
    ) -> None:
        """Note ‖δᵀa‖²_F, with the rows of both at scales of their own."""
        forward = self.forward
        a, r, e = forward.a[layer], forward.norms[layer], forward.exponents[layer]
        live = (q > 0.0) & (r > 0.0)
        if not live.any():
            return
        k, m = magnitude(q), magnitude(r)
        size = k + m + (0.0 if own is None else own) + (0.0 if e is None else e)
        top = float(size[live].max())
        delta = shifted_rows(delta, np.where(live, size - top - k, 0.0), part(tick, 0.0, 0.1))
        a = shifted_rows(a, -m, part(tick, 0.1, 0.1))
        delta[~live] = 0.0
        norms = row_norms(delta)[None], row_norms(a)[None]
        squares = products(delta[None], a[None], *norms, part(tick, 0.2, 0.8))
        self.weights.s[layer], self.weights.e[layer] = squares[0], top + shift


def _zeros(p: Array) -> int:
    """How many rows are exactly zero."""
    return int(np.count_nonzero(p == 0.0))


def products(
    delta: Array, a: Array, q: Array, r: Array, tick: Tick, room: Array | None = None
) -> Array:
    """‖δᵀa‖²_F for each of several layers: [k, B, n], [k, B, m] to [k]; overwrites `room`."""
    layers, batch, n, m = *delta.shape, a.shape[2]
    squares = np.full(layers, -1.0)
    # What this saves in products it loses in mirroring triangles where the layers are small.
    if batch * (n + m + 64) <= 1.4 * n * m:
        if batch * batch * max(n, m) > MULTIPLICATIONS:  # then it is a single layer
            squares[0] = gram_product(delta[0], a[0], part(tick, 0.0, 0.5))
        else:
            shape = (2, layers, batch, batch)
            inner = np.empty(shape) if room is None else room[: math.prod(shape)].reshape(shape)
            np.matmul(delta, delta.swapaxes(1, 2), out=inner[0])
            np.matmul(a, a.swapaxes(1, 2), out=inner[1])
            squares = inner_products(*inner.reshape(2, layers, -1))
    # Where the sum is small beside what was added up, rounding is not: see `CANCELLED`.
    lost = np.flatnonzero(~(squares >= CANCELLED * batch * (q * r).sum(axis=1)))
    if lost.size:
        gradient = np.empty((n, m))
        large = batch * n * m > MULTIPLICATIONS
        for index, at in enumerate(lost.tolist()):
            if large:
                product_tick = turn(part(tick, 0.5, 0.5), index, lost.size)
                product(delta[at].T, a[at], gradient, product_tick)
            else:
                np.matmul(delta[at].T, a[at], out=gradient)
            squares[at] = np.vdot(gradient, gradient)
    return squares
