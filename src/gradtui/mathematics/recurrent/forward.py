"""The forward pass of a recurrent cell: the states of every step, each row with its exponent.

Glossary: T steps, t step, B batch, n units, h_t hidden and c_t cell states [B, n], a row h · 2^e;
x_t inputs; v pre-activations; r = ‖h_i‖² the squared norms of the rows [B].

A piece of steps goes in plain floats, and is looked at when it is done: where one of its norms is
out of their range, it goes again in halves, and a single step with exponents apart.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gradtui.mathematics.elementwise import Array
from gradtui.mathematics.network.exponents import (
    LEAST,
    MOST,
    Apart,
    levelled_rows,
    magnitude,
    row_norms,
    shifted,
    shifted_rows,
    within,
)
from gradtui.mathematics.recurrent.cell import Cell, Local, Room, Tape
from gradtui.mathematics.recurrent.vanilla import Vanilla
from gradtui.progress import Tick, unwatched

if TYPE_CHECKING:
    from numpy.typing import NDArray

LEVEL = 2.0**-200, 2.0**200
"""Squared norms out of this range are brought back to about 1 before the next piece."""


class Forward:
    """The forward pass.

    Attributes:
        tape: what it leaves.
        norms: the squared norms of the rows of h [T + 1, B], without exponents.
        x: the inputs, rows of extreme size levelled [T, B, n_in], and their exponents.
        x_norms: the squared norms of their rows [T, B].
        exact: whether all steps go with exponents apart, for differences of states.
        openness: the sum of each gate over batch and units [gates, T].
        apart: how many steps went with exponents apart.
        pieces: how many pieces were tried in plain floats.
    """

    def __init__(self, cell: Cell, room: Room, each: int, ahead: int, exact: bool) -> None:
        self.cell, self.room, self.each, self.ahead = cell, room, each, ahead
        self.exact = exact and cell.cancels
        self._inputs_from, self.apart, self.pieces = -1, 0, 0
        self.tape = Tape(cell, exact)
        given = cell.given
        self.norms = np.zeros((given.steps + 1, given.batch))
        self.openness = np.zeros((len(cell.gates), given.steps))
        self.x, self.x_e = given.x, np.zeros((given.steps, given.batch))
        self.x_norms = row_norms(given.x)
        extreme = (self.x_norms != 0.0) & ~((self.x_norms >= LEAST) & (self.x_norms <= MOST))
        silent = self.x_norms == 0.0
        extreme[silent] = given.x[silent].any(axis=1)
        if extreme.any():
            self.x = given.x.copy()
            self.x[extreme], self.x_e[extreme] = levelled_rows(given.x[extreme], unwatched)
            self.x_norms = row_norms(self.x)
        self._f = cell if isinstance(cell, Vanilla) else None
        self._scales = self._f is not None and self._f.homogeneous is not None

    def run(self, tick: Tick) -> None:
        """Run all steps."""
        steps = self.cell.given.steps
        for start in range(0, steps, self.each):
            stop = min(start + self.each, steps)
            self._go(start, stop, tick)
            tick(stop / steps)

    def _go(self, start: int, stop: int, tick: Tick) -> None:
        """Run some steps, in plain floats where these hold them."""
        if self._ran(start, stop):
            return
        if stop - start == 1:
            self._advance(start)
            return
        middle = (start + stop) // 2
        self._go(start, middle, tick)
        tick(middle / self.cell.given.steps)
        self._go(middle, stop, tick)

    def _silent(self, start: int, stop: int) -> NDArray[np.bool_]:
        """Who receives nothing but what was there before, in these steps [B]."""
        silent: NDArray[np.bool_] = (self.x_norms[start:stop] == 0.0).all(axis=0)
        return silent & self.cell.at_rest

    def _resting(self, start: int, stop: int) -> NDArray[np.bool_]:
        """Whose states are exactly zero, and stay so for these steps [B]."""
        resting: NDArray[np.bool_] = (self.norms[start] == 0.0) & self._silent(start, stop)
        return resting

    def _inputs(self, start: int, stop: int) -> Array:
        """W_ih x with the biases of a piece, computed for several pieces at once."""
        first = start // self.ahead * self.ahead
        if first != self._inputs_from:
            self.cell.inputs(self.cell.given.x[first : first + self.ahead], self.room)
            self._inputs_from = first
        return self.room.inputs[:, start - first : stop - first]

    def _ran(self, start: int, stop: int) -> bool:
        """Run some steps in plain floats; whether these held everything."""
        self.pieces += 1
        cell, tape, room, e = self.cell, self.tape, self.room, self.tape.h_e[start]
        scaled = bool(e.any())
        if tape.c_e is not None:
            scaled |= bool(tape.c_e[start].any())
        if self.exact or (scaled and not self._scales) or not (self._f or cell.holds):
            return False
        if ((e < 0.0) & ~self._silent(start, stop)).any():
            return False  # an input that is 0 in plain floats need not be small beside these states
        inputs = self._inputs(start, stop)
        if scaled:
            inputs = shifted(inputs, -e[:, None])
        cell.forward(tape, start, stop, inputs, room)
        h, v = tape.h[start + 1 : stop + 1], tape.delta[start:stop]
        r = row_norms(h)
        if self._f and not np.dot(v.reshape(-1), v.reshape(-1)) < np.inf:
            return False
        if not within(r, LEAST, MOST):
            zero = self._resting(start, stop)
            if self._scales:  # f(v) = 0 is exact there
                zero = zero | (row_norms(v) >= LEAST)
            if not within(np.where((r == 0.0) & zero, 1.0, r), LEAST, MOST):
                return False
        if tape.c is not None:
            squares = row_norms(tape.c[start + 1 : stop + 1])
            if not within(squares, LEAST, MOST):
                zero = (squares == 0.0) & self._resting(start, stop)
                if not within(np.where(zero, 1.0, squares), LEAST, MOST):
                    return False
        self.norms[start + 1 : stop + 1] = r
        self._look(start, tape.slopes[start:stop, : len(cell.gates)])
        cell.differentiate(tape, start, stop, room)
        if scaled:
            tape.h_e[start + 1 : stop + 1] = e
        if self._scales:
            self._level(stop)
        return True

    def _look(self, start: int, gates: Array) -> None:
        """Take the openness of the gates of some steps [S, gates, B, n]."""
        steps, count = gates.shape[:2]
        if count:
            sums = gates.reshape(steps, count, -1).sum(axis=2)
            self.openness[:, start : start + steps] = sums.T

    def _level(self, t: int) -> None:
        """Bring rows of h_t back to a norm of about 1, the exponents with them."""
        r = self.norms[t]
        if within(r, *LEVEL):
            return
        k = np.where((r > 0.0) & ~((r >= LEVEL[0]) & (r <= LEVEL[1])), magnitude(r), 0.0)
        self.tape.h[t] = shifted_rows(self.tape.h[t], -k, unwatched)
        self.tape.h_e[t] += k
        self.norms[t] = row_norms(self.tape.h[t])

    def _advance(self, t: int) -> None:
        """One step with exponents apart."""
        tape = self.tape
        self.apart += 1
        local = self.local(t, t + 1, slice(None))
        tape.h[t + 1], tape.h_e[t + 1] = local.h.rows()
        if local.c is not None and tape.c is not None and tape.c_e is not None:
            tape.c[t + 1], tape.c_e[t + 1] = local.c.rows()
        self.norms[t + 1] = row_norms(tape.h[t + 1])
        self._look(t, self._blocks(local.gates.ordinary())[None])
        # Where floats do not hold the slopes, the way back finds them anew.
        tape.slopes[t] = self._blocks(plain(local.slopes))
        if local.kept is not None:
            tape.kept[t] = self._blocks(plain(local.kept))
        if self._scales:
            self._level(t + 1)

    def _blocks(self, rows: Array) -> Array:
        """[B, k n] as [k, B, n]."""
        blocks = rows.reshape(len(rows), -1, self.cell.n).swapaxes(0, 1)
        return np.ascontiguousarray(blocks)

    def local(self, start: int, stop: int, rows: slice | NDArray[np.intp]) -> Local:
        """Steps with exponents apart, each from the state before it, of some rows.

        Those of the first step come first, then those of the next.
        """

        def of(values: Array) -> Array:
            some = values[start:stop, rows]
            return some.reshape(-1, *some.shape[2:])

        tape = self.tape
        h, e, c = of(tape.h), of(tape.h_e), None
        if tape.c is not None and tape.c_e is not None:
            c = Apart.of(of(tape.c), of(tape.c_e)[:, None])
        x = of(self.x), of(self.x_e)
        return self.cell.step_apart(Apart.of(h, e[:, None]), c, (h, e), x)


def plain(numbers: Apart) -> Array:
    """In plain floats, 0 or ±∞ where these do not reach."""
    return shifted(numbers.m, numbers.e)
