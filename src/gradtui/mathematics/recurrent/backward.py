"""The backward pass of a recurrent cell: the signal that runs from h_T to h_0.

Glossary: T steps, t step, S a piece of them, B batch, n units, g = ∂L/∂h_t and γ = ∂L/∂c_t
[B, n], rows g · 2^e and γ · 2^e, δ = ∂L/∂v of the gates' pre-activations; p, s, q the squared norms
of the rows of g, γ and δ.

A step back is linear, so a row's exponent rides along: pieces of steps go in plain floats whatever
it is, as long as the norms stay within their range from the first of them to the last, and the row
of γ has the exponent of that of g. What they do not hold goes in smaller ones, and a single step,
of the rows that need it, with exponents apart.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from gradtui.mathematics.elementwise import Array
from gradtui.mathematics.network.arrays import TOGETHER
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
from gradtui.mathematics.recurrent.cell import Local, Room
from gradtui.mathematics.recurrent.forward import LEVEL, Forward
from gradtui.progress import Tick, unwatched

if TYPE_CHECKING:
    from numpy.typing import NDArray

_CANCELLED = 2.0**-36
"""Where ‖δ‖² of what meets h_{t-1} is below this share of ‖g ∘ z ∘ (1 - z)‖², differences of
states, which are known to 2^-53, are not known well enough."""
_SEVERAL = 8
"""After so many pieces that plain floats hold, larger ones are tried."""
_ALIKE = 200.0
"""Rows of g and γ that differ by at most 2^200 have one exponent."""


class Cancelled(Exception):  # noqa: N818 - another way is taken
    """Differences of states matter that plain floats do not know."""


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
        g_norms: the squared norms of the rows of ∂L/∂h_t, without exponents [T + 1, B].
        g_e: their exponents.
        gamma_norms: the same of ∂L/∂c_t, zeros where there is no c.
        gamma_e: their exponents.
        delta_e: the exponents of the rows of δ, which takes the place of the slopes [T, B].
        dead_from: the step down to which there is a signal; before it all is exactly zero.
        delta_norms: the squared norms of those of its columns that meet x, and that meet h.
        apart: how many steps went with exponents apart.
        pieces: how many pieces were tried in plain floats.
    """

    def __init__(self, forward: Forward, room: Room) -> None:
        self.forward, self.room, self.cell = forward, room, forward.cell
        given = self.cell.given
        self.g_norms, self.g_e = np.zeros((2, given.steps + 1, given.batch))
        self.gamma_norms, self.gamma_e = np.zeros((2, given.steps + 1, given.batch))
        self.delta_e = np.zeros((given.steps, given.batch))
        self.delta_norms = np.zeros((2, given.steps, given.batch))
        self._alike = self.cell.by_input == self.cell.by_state
        self._forgetful = not self.cell.weights[1].any() and self._alike
        self.dead_from = self.apart = self.pieces = self._held = 0
        self._each = forward.each
        """So many steps go at once: half as many where they do not, twice after several that do."""
        self._ahead: _Ahead | None = None
        self._signal = self._first()

    def _first(self) -> _Signal:
        """∂L/∂h_T."""
        upstream = self.cell.given.upstream
        gamma = np.zeros(upstream.shape) if self.cell.carries else None
        g, e = levelled_rows(upstream, unwatched)
        self.g_norms[-1], self.g_e[-1] = row_norms(g), e
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
        while stop > start:
            each = min(self._each, stop - start)
            if self._ran(stop - each, stop):
                stop -= each
                self._held += 1
                if self._held == _SEVERAL:
                    self._each, self._held = min(2 * self._each, self.forward.each), 0
            elif each > 1:
                self._each, self._held = each // 2, 0
            else:
                self._retreat(stop - 1)
                stop -= 1
            tick(1.0 - stop / self.cell.given.steps)

    def _norms(self, steps: int) -> tuple[Array, Array, Array, Array]:
        """p, s and q, of what meets x and of what meets h_{t-1}, of a piece [S, B] each."""
        room, cell = self.room, self.cell
        p = row_norms(room.g[:steps])
        by_state = row_norms(room.delta[:steps, :, cell.by_state])
        by_input = by_state if self._alike else row_norms(room.delta[:steps, :, cell.by_input])
        return p, row_norms(room.gamma[:steps]) if cell.carries else by_state, by_input, by_state

    def _ran(self, start: int, stop: int) -> bool:
        """Run some steps in plain floats; whether these held everything."""
        self.pieces += 1
        signal, room, cell, steps = self._signal, self.room, self.cell, stop - start
        if not signal.together:
            return False
        cell.back(self.forward.tape, start, stop, signal.g, signal.gamma, room)
        p, s, by_input, by_state = self._norms(steps)
        norms = [p, s, by_input, by_state]
        if cell.carries and start == 0:  # ∂L/∂c_0, of which no later total has more to say
            norms.append(row_norms(room.carry)[None])
        if not all(within(one, LEAST, MOST) for one in norms):
            dead = signal.dead
            for rows in (room.delta[:steps], room.g[:steps], room.carry[None], *norms):
                rows[:, dead] = 0.0  # a slope may be infinite there
            zero = dead | (p == 0.0) if self._forgetful else dead
            if not within(np.where(zero, 1.0, p), LEAST, MOST) or not all(
                within(np.where(dead, 1.0, one), LEAST, MOST) for one in norms[1:]
            ):
                return False
        if cell.cancels and not self.forward.exact:
            above = np.vstack([p[1:], row_norms(signal.g)[None]])
            if (by_state < _CANCELLED * above).any():
                g = np.concatenate([room.g[1:steps], signal.g[None]])
                z = self.forward.tape.kept[start:stop, 0]
                noise = row_norms(g * z * np.maximum(1.0 - z, 2.0**-53))
                if (by_state < _CANCELLED * noise).any():
                    raise Cancelled
        self.g_norms[start:stop], self.g_e[start:stop] = p, signal.e
        self.delta_norms[0, start:stop], self.delta_norms[1, start:stop] = by_input, by_state
        self.delta_e[start:stop] = signal.e
        self.forward.tape.delta[start:stop] = room.delta[:steps]
        gamma = None
        if cell.carries:
            gamma = room.carry.copy()
            self._carried(start + 1, s, signal.e)
            self._carried(start, row_norms(gamma)[None], signal.e)
        self._signal = _Signal(room.g[0].copy(), signal.e, gamma, signal.gamma_e).level()
        return True

    def _carried(self, start: int, squares: Array, e: Exponents) -> None:
        """Keep the norms of ∂L/∂c of some steps; of that before them the next has more to say."""
        self.gamma_norms[start : start + len(squares)] = squares
        self.gamma_e[start : start + len(squares)] = e

    def _local(self, t: int, live: NDArray[np.intp]) -> Local:
        """What step t is with exponents apart; of ever more steps together while they all are."""
        known = self._ahead
        if known is None or not np.array_equal(known.live, live) or not known.start <= t:
            together = known is not None and t == known.start - 1
            most = max(1, TOGETHER // (len(live) * self.cell.n * self.cell.slope_blocks))
            count = min(2 * (known.stop - known.start), most) if known and together else 1
            start = max(t + 1 - count, 0)
            known = _Ahead(start, t + 1, live, self.forward.local(start, t + 1, live))
            self._ahead = known
        at = (t - known.start) * len(live)
        return known.local.rows(slice(at, at + len(live)))

    def _retreat(self, t: int) -> None:
        """One step with exponents apart."""
        if self.cell.cancels and not self.forward.exact:
            raise Cancelled
        cell, signal, tape = self.cell, self._signal, self.forward.tape
        self.apart += 1
        live = np.flatnonzero(~signal.dead)
        local = self._local(t, live)
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
        below, e = _spread(cell.back_apart(pulled), live, signal)
        self.g_norms[t], self.g_e[t] = row_norms(below), e
        carried, carried_e = None, None
        if pulled.gamma is not None:
            total, total_e = _spread(pulled.gamma[0], live, signal)
            self._carried(t + 1, row_norms(total)[None], total_e)
            carried, carried_e = _spread(pulled.gamma[1], live, signal)
            self._carried(t, row_norms(carried)[None], carried_e)
        self._signal = _Signal(below, e, carried, carried_e).level()


class _Ahead(NamedTuple):
    """Steps that were looked at together, and of which rows."""

    start: int
    stop: int
    live: NDArray[np.intp]
    local: Local


def _spread(numbers: Apart, live: NDArray[np.intp], signal: _Signal) -> tuple[Array, Exponents]:
    """Rows and exponents of the whole batch, of those that are alive."""
    rows, e = np.zeros(signal.g.shape), np.zeros(len(signal.g))
    rows[live], e[live] = numbers.rows()
    return rows, e


def squares(rows: Array, e: Exponents) -> Squares:
    """Σ_i rows_ti 4^e_ti for each step t, of squared norms of rows and their exponents [T, B]."""
    found = Squares(len(rows))
    if e.min() == e.max():
        found.s, found.e = rows.sum(axis=1), np.full(len(rows), e.flat[0])
        return found
    top = or_zero(np.where(rows > 0.0, e + magnitude(rows), -np.inf).max(axis=1))
    found.s, found.e = shifted(rows, 2.0 * (e - top[:, None])).sum(axis=1), top
    return found
