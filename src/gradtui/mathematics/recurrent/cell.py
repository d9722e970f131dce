"""What a recurrent cell is to the passes: a step forward and a step back, in floats and beyond.

Glossary: T steps, S a piece of them, t step, B batch, R rows of it, n units, h_t hidden and c_t
cell state (of the LSTM alone) [B, n], g = ∂L/∂h_t and γ = ∂L/∂c_t [B, n], v pre-activations of the
gates, δ = ∂L/∂v, P slopes: what δ is multiples of, m and k blocks of n numbers.

A step back is linear in g and γ, with slopes that the step forward knows:

    vanilla    δ = g ∘ P                               g_{t-1} = δ W_hh
    GRU        δ = g ∘ P, blocks n, r, z, h            g_{t-1} = δ_rzh W_hh + g ∘ z
    LSTM       γ = γ_t + g ∘ Q                         γ_{t-1} = γ ∘ f
               δ_o = g ∘ P_o, δ_ifg = γ ∘ P_ifg        g_{t-1} = δ W_hh
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from functools import cached_property
from typing import NamedTuple

import numpy as np

from gradtui.mathematics.elementwise import Array
from gradtui.mathematics.network.arrays import at_scale
from gradtui.mathematics.network.exponents import Apart, Exponents
from gradtui.mathematics.recurrent.arrays import Recurrence
from gradtui.progress import unwatched

_NO_OVERFLOW = 2.0**1000


class Tape:
    """The states of every step, and the slopes that lead back from it.

    Attributes:
        h: [T + 1, B, n], a row h · 2^h_e; index 0 is the state before the first step.
        c: the same of the cell state; None where there is none. Where a cell that `cancels` goes
            exactly, 1 - h and 1 + h side by side [T + 1, B, 2n].
        h_e: [T + 1, B].
        c_e: [T + 1, B].
        slopes: P [T, m, B, n]; on the way back, δ takes its place.
        delta: the same numbers as [T, B, m n].
        kept: what else a step back takes, [T, k, B, n].
    """

    def __init__(self, cell: Cell, exact: bool) -> None:
        given = cell.given
        steps, batch, n = given.steps, given.batch, given.units
        self.h = np.empty((steps + 1, batch, n))
        self.h[0] = 0.0
        self.h_e = np.zeros((steps + 1, batch))
        beside = 1 if cell.carries else 2 if exact and cell.cancels else 0
        self.c = np.empty((steps + 1, batch, beside * n)) if beside else None
        if self.c is not None:
            self.c[0] = beside - 1.0
        self.c_e = np.zeros_like(self.h_e) if beside else None
        self.slopes = np.empty((steps, cell.slope_blocks, batch, n))
        self.delta = self.slopes.reshape(steps, batch, -1)
        self.kept = np.empty((steps, cell.kept_blocks, batch, n))


class Room:
    """What a piece of steps needs beside the tape, used again by the next.

    Attributes:
        inputs: W_ih x with the biases, of several pieces [G, steps, B, n].
        gates: what is known of the gates and the candidate [S, G, B, n].
        spare: [S, B, n].
        delta: δ [S, B, m n].
        delta_blocks: the same as [S, m, B, n].
        g: ∂L/∂h before each step [S, B, n].
        gamma: ∂L/∂c after each step [S, B, n].
        row: [B, n].
        carry: [B, n].
    """

    def __init__(self, cell: Cell, steps: int, ahead: int) -> None:
        batch, n = cell.given.batch, cell.given.units
        blocks = len(cell.given.w_hh) // n
        self.inputs = np.empty((blocks, ahead, batch, n))
        self.gates = np.empty((steps, blocks, batch, n))
        self.spare, self.g, self.gamma = np.empty((3, steps, batch, n))
        self.delta = np.empty((steps, batch, cell.slope_blocks * n))
        self.delta_blocks = self.delta.reshape(steps, batch, -1, n).swapaxes(1, 2)
        self.row, self.carry = np.empty((2, batch, n))


class Local(NamedTuple):
    """A step of some rows, or several, with exponents apart.

    Attributes:
        h: h_t.
        c: as in `Tape`.
        gates: [R, gates n].
        slopes: P [R, m n].
        kept: as in `Tape` [R, k n].
    """

    h: Apart
    c: Apart | None
    gates: Apart
    slopes: Apart
    kept: Apart | None

    def rows(self, some: slice) -> Local:
        """Some of the rows."""
        return Local(
            *(None if part is None else Apart(part.m[some], part.e[some]) for part in self)  # type: ignore[arg-type]
        )


class Pulled(NamedTuple):
    """A step back of some rows with exponents apart.

    Attributes:
        delta: δ.
        direct: what reaches ∂L/∂h_{t-1} beside δ W_hh; None where nothing does.
        gamma: ∂L/∂c_t and ∂L/∂c_{t-1}; None where there is no c.
    """

    delta: Apart
    direct: Apart | None
    gamma: tuple[Apart, Apart] | None


class Cell(ABC):
    """A cell with its weights, in the order of blocks in which its loops want them.

    Attributes:
        slope_blocks: m.
        kept_blocks: k.
        carries: whether there is a cell state.
        cancels: whether a slope is a difference of states, which rounding may leave nothing of.
        gates: the first blocks of a step, where these are gates, by PyTorch's letter.
        at_rest: whether a state of zeros stays zeros while the inputs are zeros.
    """

    slope_blocks: int = 1
    kept_blocks: int = 0
    carries: bool = False
    cancels: bool = False
    gates: tuple[str, ...] = ()

    def __init__(self, given: Recurrence) -> None:
        self.given = given
        self.n = given.units

    @property
    @abstractmethod
    def at_rest(self) -> bool:
        """Whether a state of zeros stays zeros while the inputs are zeros."""

    @property
    @abstractmethod
    def weights(self) -> tuple[Array, Array]:
        """W_ih and W_hh, blocks in the order of δ."""

    @property
    def by_input(self) -> slice:
        """The columns of δ that meet x."""
        return slice(None)

    @property
    def by_state(self) -> slice:
        """The columns of δ that meet h_{t-1}."""
        return slice(None)

    def as_given(self, values: Array, side: int) -> Array:
        """Rows in the order of those columns, of x for side 0 and of h for 1, in PyTorch's."""
        return values

    @abstractmethod
    def inputs(self, x: Array, room: Room) -> Array:
        """W_ih x with the biases, for some steps [G, steps, B, n]."""

    @abstractmethod
    def forward(self, tape: Tape, start: int, stop: int, inputs: Array, room: Room) -> None:
        """Steps in plain floats from h[start] to h[stop], with those inputs."""

    @abstractmethod
    def differentiate(self, tape: Tape, start: int, stop: int, room: Room) -> None:
        """Put the slopes of those steps on the tape."""

    @abstractmethod
    def back(
        self, tape: Tape, start: int, stop: int, g: Array, gamma: Array | None, room: Room
    ) -> None:
        """Steps back in plain floats, from ∂L/∂h and ∂L/∂c after step `stop`."""

    @abstractmethod
    def apart(self, h: Apart, c: Apart | None, by_state: Apart, by_input: Apart) -> Local:
        """One step with exponents apart.

        Args:
            h: h_{t-1}.
            c: that of the step before, as in `Tape`.
            by_state: W_hh h_{t-1} + b_hh.
            by_input: W_ih x_t + b_ih.
        """

    @abstractmethod
    def pull(self, local: Local, g: Apart, gamma: Apart | None) -> Pulled:
        """One step back with exponents apart."""

    @abstractmethod
    def jacobian(self, local: Local) -> Apart:
        """The derivative of the state by that before, of the first of the rows.

        [n, n], of a cell that carries a c [2n, 2n], h before c; rows are those of the state after.
        """

    def _by_state(self, slopes: Apart, blocks: slice) -> Apart:
        """Σ diag(P) W_hh over some blocks of δ that meet h_{t-1} [n, n]."""
        n, total = self.n, Apart.of(np.zeros((self.n, self.n)))
        for at in range(blocks.start, blocks.stop):
            rows = slice(at * n, (at + 1) * n)
            p = Apart(slopes.m[0, rows, None], slopes.e[0, rows, None])
            total = total.plus(Apart.of(self.weights[1][rows]).times(p))
        return total

    @cached_property
    def biases(self) -> tuple[Array, Array]:
        """b_ih and b_hh, blocks in the order of `weights`."""
        return self.given.b_ih, self.given.b_hh

    @cached_property
    def reach(self) -> float:
        """What no pre-activation exceeds, where states are within ±1."""
        given = self.given
        most = np.abs(given.w_hh).max() * given.units + np.abs(given.b_ih).max()
        most += np.abs(given.w_ih).max() * np.abs(given.x).max() * given.inputs
        return float(most + np.abs(given.b_hh).max())

    @property
    def holds(self) -> bool:
        """Whether none can overflow."""
        return self.reach < _NO_OVERFLOW

    @cached_property
    def _scaled(self) -> tuple[tuple[Array, Exponents], ...]:
        return tuple(at_scale(w.T, unwatched) for w in self.weights)

    @cached_property
    def _scaled_back(self) -> tuple[Array, Exponents]:
        return at_scale(self.weights[1], unwatched)

    def step_apart(
        self, h: Apart, c: Apart | None, state: tuple[Array, Exponents], x: tuple[Array, Exponents]
    ) -> Local:
        """One step with exponents apart, from rows of h_{t-1} and of x."""
        products = []
        for (w, k), (rows, e), b in zip(self._scaled, (x, state), self.biases, strict=True):
            product = Apart.of(rows @ w, e[:, None] + k)
            products.append(product.plus(Apart.of(np.broadcast_to(b, product.m.shape))))
        by_input, by_state = products
        return self.apart(h, c, by_state, by_input)

    @staticmethod
    def _diagonal(values: Apart) -> Apart:
        """The first of some rows as a diagonal matrix."""
        eye = np.eye(values.m.shape[1])
        return Apart(eye * values.m[0], np.where(eye > 0.0, values.e[0], -np.inf))

    def back_apart(self, pulled: Pulled) -> Apart:
        """∂L/∂h_{t-1}."""
        rows, e = pulled.delta.columns(self.by_state).rows()
        w, k = self._scaled_back
        g = Apart.of(rows @ w, e[:, None] + k)
        return g if pulled.direct is None else g.plus(pulled.direct)
