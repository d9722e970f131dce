"""The vanilla RNN: h_t = f(v_t), v_t = W_ih x_t + b_ih + W_hh h_{t-1} + b_hh.

Glossary: t step, f the activation function, h_t hidden state, v_t pre-activations, x_t inputs,
W weights, b biases, g = ∂L/∂h_t, δ = ∂L/∂v_t = g ∘ f′(v_t), P = f′(v_t) the slopes.
"""

from __future__ import annotations

from functools import cached_property

import numpy as np

from gradtui.mathematics.elementwise import Array
from gradtui.mathematics.network.exponents import Apart, value_and_slope
from gradtui.mathematics.network.slopes import homogeneous, riccati, values_into
from gradtui.mathematics.recurrent.arrays import Recurrence
from gradtui.mathematics.recurrent.cell import Cell, Local, Pulled, Room, Tape


class Vanilla(Cell):
    """A cell of one activation, which may be unbounded: its rows then have exponents."""

    def __init__(self, given: Recurrence) -> None:
        super().__init__(given)
        assert given.f is not None
        self.f = given.f
        self.homogeneous = homogeneous(self.f)
        self._riccati = riccati(self.f)
        self._into = values_into(self.f)
        self._w = np.ascontiguousarray(given.w_hh.T)
        self._bias = given.b_ih + given.b_hh

    @cached_property
    def at_rest(self) -> bool:
        """Whether f(0) = 0, and there are no biases but zeros."""
        given = self.given
        return self.f(0.0) == 0.0 and not (given.b_ih.any() or given.b_hh.any())

    @property
    def weights(self) -> tuple[Array, Array]:
        """W_ih and W_hh."""
        return self.given.w_ih, self.given.w_hh

    def inputs(self, x: Array, room: Room) -> Array:
        """W_ih x + b_ih + b_hh."""
        steps, batch, _ = x.shape
        flat = room.inputs[0, :steps].reshape(steps * batch, -1)
        np.matmul(x.reshape(steps * batch, -1), self.given.w_ih.T, out=flat)
        if self.given.biased:
            flat += self._bias
        return room.inputs[:, :steps]

    def forward(self, tape: Tape, start: int, stop: int, inputs: Array, room: Room) -> None:
        """Steps from h[start] to h[stop]; v stands where the slopes will."""
        w, into = self._w, self._into
        below, above = tape.h[start:stop], tape.h[start + 1 : stop + 1]
        for h, out, v, p in zip(below, above, tape.delta[start:stop], inputs[0], strict=True):
            np.matmul(h, w, out=v)
            np.add(v, p, out=v)
            into(v, out)

    def differentiate(self, tape: Tape, start: int, stop: int, room: Room) -> None:
        """f′(v) in the place of v."""
        v, a = tape.delta[start:stop].reshape(-1), tape.h[start + 1 : stop + 1].reshape(-1)
        own = self.homogeneous or self._riccati
        if own:
            own.df(v, a)
        else:
            v[:] = self.f.definition.df(v)

    def back(
        self, tape: Tape, start: int, stop: int, g: Array, gamma: Array | None, room: Room
    ) -> None:
        """δ = g ∘ f′(v) and g_{t-1} = δ W_hh."""
        w, steps, slopes = self.given.w_hh, stop - start, tape.delta[start:stop][::-1]
        deltas, gradients = room.delta[:steps][::-1], room.g[:steps][::-1]
        for p, delta, out in zip(slopes, deltas, gradients, strict=True):
            np.multiply(g, p, out=delta)
            g = np.matmul(delta, w, out=out)

    def apart(self, h: Apart, c: Apart | None, by_state: Apart, by_input: Apart) -> Local:
        """f(v) and f′(v)."""
        v = by_state.plus(by_input)
        value, slope = value_and_slope(self.f)
        above = value(v).capped()
        return Local(above, None, above.columns(slice(0)), slope(v).capped(), None)

    def pull(self, local: Local, g: Apart, gamma: Apart | None) -> Pulled:
        """δ = g ∘ f′(v)."""
        return Pulled(g.times(local.slopes), None, None)

    def jacobian(self, local: Local) -> Apart:
        """diag(P) W_hh."""
        return self._by_state(local.slopes, slice(0, 1))
