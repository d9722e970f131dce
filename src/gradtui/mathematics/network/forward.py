"""The forward pass: z_l and a_l of every layer, each row with a power of two of its own.

Glossary: L depth, l layer (1 … L), B batch, n_l width, W_l weights, b_l biases, f the activation
function, z_l = a_{l-1} W_lᵀ + b_l and a_l = f(z_l) [B, n_l]; a row is a · 2^e; r = ‖a_i‖² the
squared norms of the rows [B]. In lists and arrays, layer l of z is at l - 1, and a_l at l.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property

import numpy as np

from gradtui.mathematics.elementwise import Array
from gradtui.mathematics.network.arrays import Group, Network, refuse_infinite
from gradtui.mathematics.network.exponents import (
    LEAST,
    MOST,
    Apart,
    Exponents,
    Extended,
    levelled_rows,
    or_zero,
    row_norms,
    shifted,
    shifted_rows,
    value_and_slope,
    within,
)
from gradtui.mathematics.network.slopes import homogeneous, riccati, values_into
from gradtui.mathematics.network.statistics import Statistics
from gradtui.mathematics.pieces import BEFOREHAND, product, rows_at_once, spans, turn
from gradtui.progress import Tick, part, unwatched

_BLOCK = 12_288
"""Activations are evaluated in blocks of so many numbers, which stay in the cache."""
_BLOCKS_A_TICK = 32


def _blocks(size: int) -> Iterator[slice]:
    """Blocks of so many numbers."""
    return (slice(start, start + _BLOCK) for start in range(0, size, _BLOCK))


def _ticking(blocks: Iterator[slice], size: int, tick: Tick) -> Iterator[slice]:
    """The same blocks, with a tick between them now and then."""
    for count, block in enumerate(blocks):
        if count and count % _BLOCKS_A_TICK == 0:
            tick(block.start / size)
        yield block


class _Stack:
    """One matrix [batch, n] a layer, one after the other in memory."""

    def __init__(self, room: Array, batch: int, widths: Sequence[int]) -> None:
        self.ends = (batch * np.cumsum([0, *widths])).tolist()
        self.flat = room[: self.ends[-1]]
        self.parts = [
            self.flat[start:end].reshape(batch, -1) for start, end in itertools.pairwise(self.ends)
        ]

    def together(self, start: int, stop: int) -> Array:
        """Neighbours of one shape as one array [stop - start, batch, n]."""
        run = self.flat[self.ends[start] : self.ends[stop]]
        return run.reshape(-1, *self.parts[start].shape)


class Forward:
    """The forward pass.

    Attributes:
        z: the pre-activations by layer, brought within the ordinary range.
        a: x and the activations.
        z_exponents: an exponent for each row of z_l, None where all are 0.
        exponents: an exponent for each row of a_l, None where all are 0.
        norms: the squared norms of the rows of a_l [depth + 1, batch], without exponents.
        spare: three arrays, each as large as the largest group of layers.
    """

    def __init__(self, network: Network, layers: bool, bins: int) -> None:
        self.network = network
        self.slopes = homogeneous(network.f)
        self.statistics = Statistics(network.f, network.depth, bins) if layers else None
        widths, batch = network.widths, network.batch
        # One block for all: what malloc gave once it gives again, without the cost of new pages.
        largest = max((j - i) * max(widths[i : i + 2]) for i, j in network.groups)
        room = np.empty(batch * (2 * sum(widths) + 3 * largest))
        self.stacked_a = _Stack(room, batch, widths)
        self.stacked_z = _Stack(room[batch * sum(widths) :], batch, widths[1:])
        self.spare = room[2 * batch * sum(widths) :].reshape(3, -1)
        self.z, self.a = self.stacked_z.parts, self.stacked_a.parts
        self.z_exponents: list[Exponents | None] = [None] * network.depth
        self.exponents: list[Exponents | None] = [None] * len(widths)
        self.norms = np.empty((len(widths), batch))

    def run(self, tick: Tick) -> None:
        """Run the layers group by group."""
        x, depth = self.network.x, self.network.depth
        for some in spans(len(x), rows_at_once(x.shape[1]), part(tick, 0.0, 0.5 * BEFOREHAND)):
            self.a[0][some] = x[some]
        self.norms[0] = row_norms(x)
        if not within(self.norms[0], LEAST, MOST):
            self.a[0][:], e = levelled_rows(x, part(tick, 0.5 * BEFOREHAND, 0.5 * BEFOREHAND))
            self.norms[0], self.exponents[0] = row_norms(self.a[0]), e if e.any() else None
        for group in self.network.groups:
            start, stop = group
            group_tick = part(tick, start / depth, (stop - start) / depth)
            if not self._ran(group, part(group_tick, 0.0, 0.4)):
                for layer in range(*group):
                    layer_tick = turn(part(group_tick, 0.4, 0.4), layer - start, stop - start)
                    if layer > start:
                        layer_tick(0.0)
                    self._advance(layer, layer_tick)
            if self.statistics:
                for layer in range(*group):
                    layer_tick = turn(part(group_tick, 0.8, 0.1), layer - start, stop - start)
                    if layer > start:
                        layer_tick(0.0)
                    self._look(layer, layer_tick)
            self._differentiate(group, part(group_tick, 0.9, 0.1))  # while it is in the cache
            tick(stop / depth)

    def _look(self, layer: int, tick: Tick) -> None:
        """Take the statistics of a layer."""
        assert self.statistics is not None
        z = _unscaled(self.z[layer], self.z_exponents[layer], part(tick, 0.0, 0.1))
        a = _unscaled(self.a[layer + 1], self.exponents[layer + 1], part(tick, 0.1, 0.1))
        self.statistics.add(layer, z, a, part(tick, 0.2, 0.8))

    @cached_property
    def values(self) -> Callable[[Array, Array], object]:
        """Puts f(z) into an array."""
        return values_into(self.network.f)

    def _differentiate(self, group: Group, tick: Tick) -> None:
        """Let f′(z_l) take the place of z_l."""
        start, stop = group
        own = self.slopes or riccati(self.network.f)
        if not self.slopes and any(e is not None for e in self.exponents[start + 1 : stop + 1]):
            own = None
        formula = self.network.f.definition.df
        z = self.stacked_z.together(start, stop).reshape(-1)
        a = self.stacked_a.together(start + 1, stop + 1).reshape(-1)
        for block in _ticking(_blocks(z.size), z.size, tick):
            if own:
                own.df(z[block], a[block])
            else:
                z[block] = formula(z[block])

    @cached_property
    def f(self) -> Extended:
        """The activation for numbers with exponents apart."""
        return value_and_slope(self.network.f)[0]

    def _passes(self, layer: int) -> bool:
        """Whether the exponents of a_{l-1} are those of a_l, if rows keep to their range.

        They pass through a homogeneous f as they are, if no bias outweighs the signal.
        """
        e = self.exponents[layer]
        b = self.network.biases[layer]
        return e is None or (self.slopes is not None and (b is None or float(e.min()) >= 0.0))

    def _plain(self, layer: int, tick: Tick | None = None) -> None:
        """z_l and a_l in plain floats, at the scale of a_{l-1}; without a tick, in one go."""
        a, e, z = self.a[layer], self.exponents[layer], self.z[layer]
        w = self.network.weight(layer, part(tick, 0.0, 0.4) if tick else unwatched).T
        b = self.network.biases[layer]
        flat, out = z.reshape(-1), self.a[layer + 1].reshape(-1)
        blocks = _blocks(flat.size)
        if tick:
            product(a, w, z, part(tick, 0.4, 0.3))
            blocks = _ticking(blocks, flat.size, part(tick, 0.8, 0.2))
        else:
            np.matmul(a, w, out=z)
        if b is not None and e is None:
            z += b
        elif b is not None and e is not None:
            some_tick = part(tick, 0.7, 0.1) if tick else unwatched
            for some in spans(len(z), rows_at_once(z.shape[1]), some_tick):
                z[some] += shifted(np.broadcast_to(b, z[some].shape), -e[some, None])
        for block in blocks:
            self.values(flat[block], out[block])

    def _ran(self, group: Group, tick: Tick) -> bool:
        """Run the layers of a group in plain floats; whether these held everything."""
        start, stop = group
        large = self.network.large(start)
        for layer in range(start, stop):
            if not self._passes(layer):
                return False
            if large:
                layer_tick = turn(tick, layer - start, stop - start)
                self._plain(layer, layer_tick)
                layer_tick(1.0)
            else:
                self._plain(layer)
            self.z_exponents[layer] = self.exponents[layer + 1] = self.exponents[layer]
        z = self.stacked_z.together(start, stop).reshape(-1)
        r = row_norms(self.stacked_a.together(start + 1, stop + 1))
        self.norms[start + 1 : stop + 1] = r
        return bool(np.dot(z, z) < np.inf) and within(r, LEAST, MOST)

    def _advance(self, layer: int, tick: Tick) -> None:
        """One layer, in which the rows that plain floats do not hold are done apart."""
        network, slopes = self.network, self.slopes
        self._plain(layer, part(tick, 0.0, 0.4))
        below, z, a, r = self.a[layer], self.z[layer], self.a[layer + 1], self.norms[layer + 1]
        r[:] = row_norms(a)
        finite = np.isfinite(row_norms(z))
        if not finite.all():
            refuse_infinite(f"weights[{layer}]", network.weight(layer))
        below_e, b = self.exponents[layer], network.biases[layer]
        e = np.zeros(network.batch) if below_e is None else below_e
        apart = e.copy() if slopes else np.zeros(network.batch)
        bad = ~(finite & (r >= LEAST) & (r <= MOST))
        bad |= (e != 0.0) & ((e < 0.0) & (b is not None) if slopes else True)
        if slopes:  # nothing but another scale for what is on its way out of the range
            mild = bad & finite & (r >= LEAST**1.25) & ((e >= 0.0) | (b is None))
            drifting = np.flatnonzero(mild)
            for some in spans(drifting.size, rows_at_once(a.shape[1]), part(tick, 0.4, 0.1)):
                rows = drifting[some]
                a[rows], shift = Apart.of(a[rows]).rows()
                apart[rows] += shift
            bad &= ~mild
        if b is None:  # a row of zeros stays one where f(0) = 0
            bad &= (r != 0.0) | (self.norms[layer] != 0.0)
        z_apart = e.copy() if slopes else np.zeros(network.batch)
        lost = np.flatnonzero(bad)
        if lost.size:
            preactivations = network.preactivations(layer, part(tick, 0.5, 0.1))
        for some in spans(lost.size, network.rows_at_once(layer), part(tick, 0.6, 0.4)):
            rows = lost[some]
            numbers = preactivations(below[rows], e[rows])
            a[rows], apart[rows] = self.f(numbers).capped().rows()
            if slopes:
                z_apart[rows] = or_zero(numbers.e.max(axis=1))
                numbers = Apart(numbers.m, numbers.e - z_apart[rows, None])
            z[rows] = numbers.ordinary()
        r[:] = row_norms(a)
        self.exponents[layer + 1] = apart if apart.any() else None
        self.z_exponents[layer] = z_apart if z_apart.any() else None


def _unscaled(rows: Array, e: Exponents | None, tick: Tick) -> Array:
    """Rows in plain floats."""
    return rows if e is None else shifted_rows(rows, e, tick)
