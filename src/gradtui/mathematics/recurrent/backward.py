"""The backward pass of a recurrent cell: the signal that runs from h_T to h_0.

Glossary: T steps, t step, S a piece of them, B batch, n units, g = ∂L/∂h_t and γ = ∂L/∂c_t
[B, n], rows g · 2^e and γ · 2^e, δ = ∂L/∂v of the gates' pre-activations; p, s, q the squared norms
of the rows of g, γ and δ.

A step back is linear, so a row's exponent rides along: pieces of steps go in plain floats whatever
it is, as long as the norms stay within their range from the first of them to the last, and the row
of γ has the exponent of that of g. What they do not hold goes in halves, and a single step, of the
rows that need it, with exponents apart.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from gradtui.mathematics.elementwise import Array
from gradtui.mathematics.network.exponents import (
    LEAST,
    MOST,
    Apart,
    Exponents,
    Squares,
    levelled_rows,
    magnitude,
    or_zero,
    row_norms,
    shifted,
    shifted_rows,
    within,
)
from gradtui.mathematics.recurrent.cell import Room
from gradtui.mathematics.recurrent.forward import LEVEL, Forward
from gradtui.progress import Tick, unwatched

if TYPE_CHECKING:
    from numpy.typing import NDArray

_ALIKE = 200.0
"""Rows of g and γ that differ by at most 2^200 have one exponent."""


class _Signal(NamedTuple):
    """∂L/∂h_t and, where there is a c, ∂L/∂c_t: rows with exponents."""

    g: Array
    e: Exponents
    gamma: Array | None = None
    gamma_e: Exponents | None = None

    @property
    def together(self) -> bool:
        """Whether each row of γ has the exponent of that of g."""
        return self.gamma_e is None or np.array_equal(self.e, self.gamma_e)

    @property
    def dead(self) -> NDArray[np.bool_]:
        """Which rows are exactly zero."""
        numbers = self.g if self.gamma is None else np.abs(self.g) + np.abs(self.gamma)
        dead: NDArray[np.bool_] = ~(numbers != 0.0).any(axis=1)
        return dead

    def level(self) -> _Signal:
        """The same with norms about 1, and the exponents of g and γ alike where they can be."""
        p = row_norms(self.g)
        if self.gamma is None or self.gamma_e is None:
            if within(p, *LEVEL):
                return self
            k = magnitude(p)
            return _Signal(shifted_rows(self.g, -k, unwatched), self.e + k)
        s = row_norms(self.gamma)
        if self.together and within(np.maximum(p, s), *LEVEL):
            return self
        of_g = np.where(p > 0.0, self.e + magnitude(p), -np.inf)
        of_gamma = np.where(s > 0.0, self.gamma_e + magnitude(s), -np.inf)
        top = or_zero(np.maximum(of_g, of_gamma))
        far = np.minimum(of_g, of_gamma) < top - _ALIKE
        far &= (p > 0.0) & (s > 0.0)
        e, gamma_e = np.where(far, of_g, top), np.where(far, of_gamma, top)
        g = shifted_rows(self.g, self.e - e, unwatched)
        return _Signal(g, e, shifted_rows(self.gamma, self.gamma_e - gamma_e, unwatched), gamma_e)


class Backward:
    """The backward pass.

    Attributes:
        hidden: the squared norms of ∂L/∂h_t over batch and units [T + 1].
        carried: the same of ∂L/∂c_t.
        preactivations: the same of ∂L/∂v_t [T].
        delta_e: the exponents of the rows of δ, which takes the place of the slopes [T, B].
        dead_from: the step down to which there is a signal; before it all is exactly zero.
        delta_norms: the squared norms of those of its columns that meet x, and that meet h.
    """

    def __init__(self, forward: Forward, room: Room) -> None:
        self.forward, self.room, self.cell = forward, room, forward.cell
        given = self.cell.given
        self.hidden, self.carried = Squares(given.steps + 1), Squares(given.steps + 1)
        self.preactivations = Squares(given.steps)
        self.delta_e = np.zeros((given.steps, given.batch))
        self.delta_norms = np.zeros((2, given.steps, given.batch))
        self._alike = self.cell.by_input == self.cell.by_state
        self._forgetful = not self.cell.weights[1].any() and self._alike
        self.dead_from = 0
        self._signal = self._first()

    def _first(self) -> _Signal:
        """∂L/∂h_T."""
        upstream = self.cell.given.upstream
        gamma = np.zeros(upstream.shape) if self.cell.carries else None
        g, e = levelled_rows(upstream, unwatched)
        self.hidden.total(-1, row_norms(g), e)
        return _Signal(g, e, gamma, e.copy() if self.cell.carries else None).level()

    def run(self, tick: Tick) -> None:
        """Run all steps back."""
        steps, each = self.cell.given.steps, self.forward.each
        self.dead_from = steps
        for start in reversed(range(0, steps, each)):
            stop = min(start + each, steps)
            if self._signal.dead.all():
                break
            self._go(start, stop, tick)
            self.dead_from = start
            tick(1.0 - start / steps)
        tick(1.0)

    def _go(self, start: int, stop: int, tick: Tick) -> None:
        """Run some steps, in plain floats where these hold them."""
        if self._ran(start, stop):
            return
        if stop - start == 1:
            self._retreat(start)
            return
        middle = (start + stop) // 2
        self._go(middle, stop, tick)
        tick(1.0 - middle / self.cell.given.steps)
        self._go(start, middle, tick)

    def _norms(self, steps: int) -> tuple[Array, Array, Array, Array]:
        """p, s and q, of what meets x and of what meets h_{t-1}, of a piece [S, B] each."""
        room, cell = self.room, self.cell
        p = row_norms(room.g[:steps])
        by_state = row_norms(room.delta[:steps, :, cell.by_state])
        by_input = by_state if self._alike else row_norms(room.delta[:steps, :, cell.by_input])
        return p, row_norms(room.gamma[:steps]) if cell.carries else by_state, by_input, by_state

    def _ran(self, start: int, stop: int) -> bool:
        """Run some steps in plain floats; whether these held everything."""
        signal, room, cell, steps = self._signal, self.room, self.cell, stop - start
        if not signal.together:
            return False
        cell.back(self.forward.tape, start, stop, signal.g, signal.gamma, room)
        p, s, by_input, by_state = norms = self._norms(steps)
        held = all(within(one, LEAST, MOST) for one in norms)
        if not held:
            dead = signal.dead
            zero = dead | (p == 0.0) if self._forgetful else dead
            held = within(np.where(zero, 1.0, p), LEAST, MOST) and all(
                within(np.where(dead, 1.0, one), LEAST, MOST) for one in (s, by_input, by_state)
            )
            for rows in (room.delta[:steps], room.g[:steps], room.carry[None]):
                rows[:, dead] = 0.0  # a slope may be infinite there
        if not held:
            return False
        e = signal.e
        self._note(start, stop, norms, e, e)
        self.forward.tape.delta[start:stop] = room.delta[:steps]
        gamma = room.carry.copy() if cell.carries else None
        self._signal = _Signal(room.g[0].copy(), e, gamma, signal.gamma_e)
        if cell.carries and start == 0:
            self.carried.total(0, row_norms(room.carry), e)
        self._signal = self._signal.level()
        return True

    def _note(
        self,
        start: int,
        stop: int,
        norms: tuple[Array, Array, Array, Array],
        e: Exponents,
        delta_e: Exponents,
    ) -> None:
        """Keep the norms of a piece whose rows have the same exponents throughout."""
        p, s, by_input, by_state = norms
        put(self.hidden, slice(start, stop), p, e)
        put(self.preactivations, slice(start, stop), by_input, delta_e)
        if self.cell.carries:
            put(self.carried, slice(start + 1, stop + 1), s, e)
        self.delta_e[start:stop] = delta_e
        self.delta_norms[0, start:stop], self.delta_norms[1, start:stop] = by_input, by_state

    def _retreat(self, t: int) -> None:
        """One step with exponents apart."""
        cell, signal, tape = self.cell, self._signal, self.forward.tape
        live = np.flatnonzero(~signal.dead)
        local = self.forward.local(t, live)
        g = Apart.of(signal.g[live], signal.e[live, None])
        gamma = None
        if signal.gamma is not None and signal.gamma_e is not None:
            gamma = Apart.of(signal.gamma[live], signal.gamma_e[live, None])
        pulled = cell.pull(local, g, gamma)
        tape.delta[t] = 0.0
        tape.delta[t, live], self.delta_e[t, live] = pulled.delta.rows()
        delta = tape.delta[t]
        by_state = row_norms(delta[:, cell.by_state])
        by_input = by_state if self._alike else row_norms(delta[:, cell.by_input])
        self.delta_norms[0, t], self.delta_norms[1, t] = by_input, by_state
        self.preactivations.total(t, by_input, self.delta_e[t])
        below, e = _spread(cell.back_apart(pulled), live, signal)
        self.hidden.total(t, row_norms(below), e)
        carried, carried_e = None, None
        if pulled.gamma is not None:
            total, total_e = _spread(pulled.gamma[0], live, signal)
            self.carried.total(t + 1, row_norms(total), total_e)
            carried, carried_e = _spread(pulled.gamma[1], live, signal)
            if t == 0:
                self.carried.total(0, row_norms(carried), carried_e)
        self._signal = _Signal(below, e, carried, carried_e).level()


def _spread(numbers: Apart, live: NDArray[np.intp], signal: _Signal) -> tuple[Array, Exponents]:
    """Rows and exponents of the whole batch, of those that are alive."""
    rows, e = np.zeros(signal.g.shape), np.zeros(len(signal.g))
    rows[live], e[live] = numbers.rows()
    return rows, e


def put(squares: Squares, at: slice, rows: Array, e: Exponents) -> None:
    """Put Σ_i rows_ti 4^(e_i) there, for each of several steps t; e [B] or [S, B]."""
    if e.min() == e.max():
        squares.s[at], squares.e[at] = rows.sum(axis=1), e.flat[0]
        return
    size = np.where(rows > 0.0, e + magnitude(rows), -np.inf)
    top = or_zero(size.max(axis=1))
    squares.s[at] = shifted(rows, 2.0 * (e - top[:, None])).sum(axis=1)
    squares.e[at] = top
