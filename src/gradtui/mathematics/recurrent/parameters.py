"""The gradients of a cell's parameters: sums over batch and steps of rows worlds apart.

Glossary: T steps, S a piece of them, B batch, t step, i row of the batch, δ = ∂L/∂v of the gates'
pre-activations [B, m], a what meets it [B, k]: x_t, h_{t-1} or 1; a row is δ · 2^e.

    ∂L/∂W = Σ_t δ_tᵀ a_t,    one product for many steps, its rows brought to one exponent first

The last step comes first: where the gradient vanishes, what is far below rounding of the sum so far
is not multiplied any more. It is where the entries themselves are asked for: one that only early
steps add to is small beside the norm, and right.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import NamedTuple, TypeVar

import numpy as np

from gradtui.mathematics.elementwise import Array
from gradtui.mathematics.network.backward import products
from gradtui.mathematics.network.exponents import (
    LEAST,
    MOST,
    Exponents,
    Squares,
    magnitude,
    or_zero,
    shifted,
)
from gradtui.mathematics.pieces import MULTIPLICATIONS, turn
from gradtui.mathematics.recurrent.arrays import BIASES, NAMES, WEIGHTS
from gradtui.mathematics.recurrent.backward import Backward
from gradtui.progress import Tick, unwatched

_NEGLIGIBLE = 60.0
"""What is smaller by 2^-60 changes no float64."""
_LOST = 1000.0
"""Beside the largest entry one that is smaller by 2^-1000 has no place in plain floats."""
_SINGLE = 16.0
"""What is smaller by 2^-16 is known well enough in single precision: 2^-40 of the sum."""
_NEAR = 300.0
"""A sum goes on in its exponent while what is added is within 2^±300 of that."""
_ROWS_AT_ONCE = 512
"""Rows of δ, over steps and batch, that are multiplied at once: as fast as any number of them."""
_LOG10_2 = math.log10(2.0)


class Total:
    """A sum of matrices m · 2^e.

    Attributes:
        entries: whether each of its entries is to be right, not only its norm.
        negligible: what is smaller by 2^-negligible changes nothing.
        e: the exponent in which it is added up.
        size: log2 of its Frobenius norm, -inf for 0.
    """

    def __init__(self, *, entries: bool = False) -> None:
        self._m: Array | None = None
        self.entries, self.negligible = entries, _LOST if entries else _NEGLIGIBLE
        self.e = 0.0
        self.size = -math.inf

    def add(self, m: Array, e: float) -> None:
        """Add a matrix, which may be written to from now on."""
        size = _log2_norm(m) + e
        if size == -math.inf:
            return
        if self._m is None or size - self.size > self.negligible:
            self._m, self.e, self.size = m, e, size
            return
        if e != self.e and size - self.size > _NEGLIGIBLE:
            self._m, self.e = shifted(self._m, np.full(1, self.e - e)), e
        elif e != self.e:
            m = shifted(m, np.full(1, e - self.e))
        self._m += m
        self.size = _log2_norm(self._m) + self.e

    def include(self, other: Total) -> None:
        """Add another sum."""
        if other._m is not None:
            self.add(other._m, other.e)

    @property
    def log10_norm(self) -> float:
        """log10 of the Frobenius norm; -inf for 0."""
        return self.size * _LOG10_2

    def log10_entries(self, shape: tuple[int, ...]) -> Array:
        """log10 of the size of each entry of a sum of that shape; -inf for 0."""
        if self._m is None:
            return np.full(shape, -np.inf)
        logs: Array = np.log10(np.abs(self._m)) + self.e * _LOG10_2
        return logs.reshape(shape)


def _log2_norm(m: Array) -> float:
    """log2 of the Frobenius norm of any plain floats."""
    flat = m.reshape(-1)
    square = float(np.dot(flat, flat))
    if LEAST <= square <= MOST:
        return 0.5 * math.log2(square)
    most = max(float(m.max()), -float(m.min()))
    if most == 0.0:
        return -math.inf
    e = math.frexp(most)[1]
    unit = shifted(flat, np.full(1, -e))
    return 0.5 * math.log2(float(np.dot(unit, unit))) + e


Value = TypeVar("Value")


def with_twin(values: Mapping[str, Value]) -> dict[str, Value]:
    """The values by parameter; b_hh has that of b_ih where both are added to the same."""
    twin = {BIASES[1]: values[BIASES[0]]} if BIASES[0] in values else {}
    both = {**twin, **values}
    return {name: both[name] for name in NAMES if name in both}


class _Factors(NamedTuple):
    """What the gradient of a parameter is the product of.

    Attributes:
        columns: those of δ.
        q: the squared norms of their rows [T, B].
        a: what meets them, None for 1 [T, B, k].
        r: the squared norms of the rows of that [T, B].
        e: their exponents [T, B].
    """

    columns: slice
    q: Array
    a: Array | None
    r: Array
    e: Exponents


class Gradients:
    """The parameters' gradients, from what a backward pass has left on the tape."""

    def __init__(self, backward: Backward) -> None:
        forward = backward.forward
        cell, tape = forward.cell, forward.tape
        self._delta, self._delta_e = tape.delta, backward.delta_e
        self._start = backward.dead_from
        self._cost = self._delta.shape[2] * max(cell.given.units, cell.given.inputs)
        by_input, by_state = backward.delta_norms
        one, none = np.ones_like(by_input), np.zeros_like(by_input)
        self._factors = {
            WEIGHTS[0]: _Factors(cell.by_input, by_input, forward.x, forward.x_norms, forward.x_e),
            WEIGHTS[1]: _Factors(
                cell.by_state, by_state, tape.h[:-1], forward.norms[:-1], tape.h_e[:-1]
            ),
        }
        if cell.given.biased:
            self._factors[BIASES[0]] = _Factors(cell.by_input, by_input, None, one, none)
            if cell.by_state != cell.by_input:
                self._factors[BIASES[1]] = _Factors(cell.by_state, by_state, None, one, none)

    def totals(self, tick: Tick, *, entries: bool = False) -> dict[str, Total]:
        """The gradient of each, its rows in the order of δ; see `with_twin`."""
        totals: dict[str, Total] = {}
        for at, (name, factors) in enumerate(self._factors.items()):
            totals[name] = Total(entries=entries)
            for steps, share in self._pieces():
                self._add(totals[name], factors, steps)
                turn(tick, at, len(self._factors))(share)
        return totals

    def _pieces(self) -> Iterator[tuple[slice, float]]:
        """Pieces of steps from the last to the first, and the share that is then done."""
        steps, batch, _ = self._delta.shape
        each = max(1, min(_ROWS_AT_ONCE, MULTIPLICATIONS // self._cost) // batch)
        for stop in range(steps, self._start, -each):
            start = max(self._start, stop - each)
            yield slice(start, stop), 1.0 - (start - self._start) / (steps - self._start)

    def _sizes(self, factors: _Factors, steps: slice) -> Array:
        """log2 of what each row contributes, rounded down [S, B]."""
        q, r = factors.q[steps], factors.r[steps]
        size = self._delta_e[steps] + magnitude(q) + factors.e[steps] + magnitude(r)
        return np.where((q > 0.0) & (r > 0.0), size, -np.inf)

    def _add(self, total: Total, factors: _Factors, steps: slice) -> None:
        """Add what some steps contribute."""
        size = self._sizes(factors, steps)
        top = float(size.max())
        if top == -np.inf:
            return
        # The root of the sum of squares, of rows that are each within 2^2 of their size.
        below = total.size - (top + 0.5 * math.log2(np.exp2(2.0 * (size - top)).sum()) + 2.0)
        if below > total.negligible:
            return
        delta = self._delta[steps, :, factors.columns]
        if factors.a is not None and below > _SINGLE and not total.entries:
            total.add(self._singly(delta, factors, steps, size - top, total.e - top), total.e)
            return
        e = self._delta_e[steps] + factors.e[steps]
        e = np.where(size == -np.inf, e.flat[0] if e.min() == e.max() else top, e)
        if e.min() < e.max() or e.flat[0] != total.e:
            near = total.size > -math.inf and abs(top - total.e) <= _NEAR
            top = total.e if near else float(e.flat[0]) if e.min() == e.max() else top
            delta = delta * shifted(np.ones(e.shape), e - top)[..., None]
        else:
            top = total.e
        flat = delta.reshape(-1, delta.shape[2])
        if factors.a is None:
            total.add(flat.sum(axis=0), top)
        else:
            total.add(flat.T @ factors.a[steps].reshape(len(flat), -1), top)

    def _singly(
        self, delta: Array, factors: _Factors, steps: slice, size: Array, e: float
    ) -> Array:
        """What some steps contribute, in single precision, times 2^-e.

        Rounded at 2^-24 of it, where all of it is below 2^-16 of the sum so far.
        """
        assert factors.a is not None
        k, m = magnitude(factors.q[steps]), magnitude(factors.r[steps])
        rows, columns = delta.shape[2], factors.a.shape[2]
        delta = np.multiply(delta, shifted(np.ones(k.shape), size - k)[..., None], dtype="f4")
        a = np.multiply(factors.a[steps], shifted(np.ones(m.shape), -m)[..., None], dtype="f4")
        single = delta.reshape(-1, rows).T @ a.reshape(-1, columns)
        double: Array = np.multiply(single, 2.0**-e, dtype=np.float64)
        return double

    def by_step(self, tick: Tick) -> dict[str, Squares]:
        """The squared norm of what each step adds to the gradient of each."""
        squares: dict[str, Squares] = {}
        for at, (name, factors) in enumerate(self._factors.items()):
            squares[name] = Squares(len(self._delta))
            for steps, share in self._pieces():
                self._look(squares[name], factors, steps)
                turn(tick, at, len(self._factors))(share)
        return squares

    def _look(self, squares: Squares, factors: _Factors, steps: slice) -> None:
        """Note what some steps contribute, each for itself."""
        size = self._sizes(factors, steps)
        top = or_zero(size.max(axis=1))
        delta, a = self._delta[steps, :, factors.columns], factors.a
        live = size > -np.inf
        k = magnitude(factors.q[steps])
        delta = delta * shifted(np.where(live, 1.0, 0.0), size - top[:, None] - k)[..., None]
        if a is None:
            total = delta.sum(axis=1)
            squares.s[steps] = (total * total).sum(axis=1)
        else:
            unit = a[steps] * shifted(np.ones_like(k), -magnitude(factors.r[steps]))[..., None]
            q, r = (delta * delta).sum(axis=2), (unit * unit).sum(axis=2)
            squares.s[steps] = products(delta, unit, q, r, unwatched)
        squares.e[steps] = top
