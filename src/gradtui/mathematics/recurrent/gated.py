"""What the GRU and the LSTM have in common: sigmoids, a tanh, and weights in blocks.

Glossary: n units, G blocks, v pre-activations, σ the sigmoid: with e = e^v, 1 - σ = 1/(1 + e),
σ = e(1 - σ) and σ′ = σ(1 - σ), all to the last digit; a = tanh v, W_ih and W_hh weights, x inputs,
δ = ∂L/∂v.
"""

from __future__ import annotations

from functools import cached_property

import numpy as np

from gradtui.mathematics.activations import activation
from gradtui.mathematics.elementwise import Array
from gradtui.mathematics.network.slopes import riccati
from gradtui.mathematics.recurrent.arrays import Recurrence
from gradtui.mathematics.recurrent.cell import Cell, Room

TANH, SIGMOID = activation("tanh"), activation("sigmoid")


def tanh_slopes(v: Array, a: Array) -> None:
    """Put tanh′(v) in the place of v, from a = tanh v."""
    equation = riccati(TANH)
    assert equation is not None
    equation.df(v, a)


_WIDE_OPEN = 700.0
"""e^700 is a float still; what 1 - σ is beyond that changes no row that plain floats hold."""


def open_gates(v: Array, closed: Array, *, steep: bool) -> None:
    """Put σ(v) in the place of v, and 1 - σ(v) into `closed`.

    Args:
        v: pre-activations.
        closed: to be filled.
        steep: whether e^v may overflow.
    """
    if steep:
        np.minimum(v, _WIDE_OPEN, out=v)
    np.exp(v, out=v)
    np.add(v, 1.0, out=closed)
    np.reciprocal(closed, out=closed)
    np.multiply(v, closed, out=v)


class Gated(Cell):
    """A cell of several blocks, which its loops want one by one."""

    forwards: tuple[int, ...]
    """PyTorch's blocks in the order of `Room.gates`."""
    by_blocks: tuple[tuple[int, ...], tuple[int, ...]]
    """PyTorch's blocks in the order of those columns of δ that meet x, and that meet h."""

    def __init__(self, given: Recurrence) -> None:
        super().__init__(given)
        of_input, of_state = (
            w.reshape(len(self.forwards), self.n, -1).swapaxes(1, 2)[list(self.forwards)]
            for w in (given.w_ih, given.w_hh)
        )
        self._w_ih, self._w_hh = of_input, np.ascontiguousarray(of_state)
        self._weights = self._ordered(given.w_ih, 0), self._ordered(given.w_hh, 1)

    @property
    def weights(self) -> tuple[Array, Array]:
        """W_ih and W_hh, blocks in the order of δ."""
        return self._weights

    @cached_property
    def biases(self) -> tuple[Array, Array]:
        """The biases in the same order."""
        return self._ordered(self.given.b_ih, 0), self._ordered(self.given.b_hh, 1)

    @cached_property
    def at_rest(self) -> bool:
        """Whether the candidate has no biases but zeros: then it is 0, whatever the gates are."""
        candidate = slice(2 * self.n, 3 * self.n)  # the third block of PyTorch's, of either cell
        return not (self.given.b_ih[candidate].any() or self.given.b_hh[candidate].any())

    @property
    def steep(self) -> bool:
        """Whether a gate's e^v may overflow."""
        return self.reach > _WIDE_OPEN

    def block(self, at: int) -> slice:
        """The rows of one block."""
        return slice(at * self.n, (at + 1) * self.n)

    def _ordered(self, values: Array, side: int) -> Array:
        order = self.by_blocks[side]
        if order == tuple(range(len(order))):
            return values
        blocks = values.reshape(len(order), self.n, *values.shape[1:])[list(order)]
        return blocks.reshape(values.shape)

    def as_given(self, values: Array, side: int) -> Array:
        """Blocks in PyTorch's order."""
        order = np.argsort(self.by_blocks[side])
        blocks = values.reshape(len(order), self.n, *values.shape[1:])
        return blocks[order].reshape(values.shape)

    def _bias(self) -> Array:
        """What is added to W_ih x, one block after the other."""
        return self.given.b_ih + self.given.b_hh

    @cached_property
    def _blocks_of_bias(self) -> Array:
        return self._bias().reshape(len(self.forwards), 1, -1)[list(self.forwards)]

    def inputs(self, x: Array, room: Room) -> Array:
        """W_ih x with the biases."""
        steps, batch, _ = x.shape
        blocks = room.inputs[:, :steps]
        flat = blocks.reshape(len(blocks), steps * batch, -1)
        np.matmul(x.reshape(steps * batch, -1), self._w_ih, out=flat)
        if self.given.biased:
            flat += self._blocks_of_bias
        return blocks
