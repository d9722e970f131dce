"""The GRU and the LSTM, after PyTorch: their gates, steps and slopes.

Glossary: t step, n units, h_t hidden and c_t cell state, x_t inputs, v pre-activations, σ the
sigmoid: with e = e^v, 1 - σ = 1/(1 + e), σ = e(1 - σ) and σ′ = σ(1 - σ), all to the last digit;
g = ∂L/∂h_t, γ = ∂L/∂c_t, δ = ∂L/∂v, P and Q slopes.

    GRU     r = σ(v_r)   z = σ(v_z)   q = W_hn h_{t-1} + b_hn   ñ = tanh(v_n), v_n = … + r ∘ q
            h_t = (1 - z) ∘ ñ + z ∘ h_{t-1}
            P_n = (1 - z) tanh′(v_n)   P_q = P_n r   P_r = P_n q σ′(v_r)
            P_z = (h_{t-1} - ñ) σ′(v_z), the difference of 1 ± h and 1 ± ñ where both are near ∓1
    LSTM    i = σ(v_i)   f = σ(v_f)   o = σ(v_o)   ĝ = tanh(v_g)
            c_t = f ∘ c_{t-1} + i ∘ ĝ      h_t = o ∘ tanh(c_t)
            P_o = tanh(c_t) σ′(v_o)   P_i = ĝ σ′(v_i)   P_f = c_{t-1} σ′(v_f)   P_g = i tanh′(v_g)
            Q = o tanh′(c_t)
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from gradtui.mathematics.activations import activation
from gradtui.mathematics.elementwise import Array
from gradtui.mathematics.network.exponents import Apart, value_and_slope
from gradtui.mathematics.network.slopes import riccati
from gradtui.mathematics.recurrent.arrays import Recurrence
from gradtui.mathematics.recurrent.cell import Cell, Local, Pulled, Room, Tape

if TYPE_CHECKING:
    from numpy.typing import NDArray

_TANH, _SIGMOID = activation("tanh"), activation("sigmoid")


def _tanh_slopes(v: Array, a: Array) -> None:
    """Put tanh′(v) in the place of v, from a = tanh v."""
    equation = riccati(_TANH)
    assert equation is not None
    equation.df(v, a)


def _open(v: Array, closed: Array) -> None:
    """Put σ(v) in the place of v, and 1 - σ(v) into `closed`."""
    np.exp(v, out=v)
    np.add(v, 1.0, out=closed)
    np.reciprocal(closed, out=closed)
    np.multiply(v, closed, out=v)


def _near(numbers: Apart) -> NDArray[np.bool_]:
    """Which numbers are above a half."""
    near: NDArray[np.bool_] = (numbers.m > 0.0) & (numbers.e >= 0.0)
    return near


def _where(chosen: NDArray[np.bool_], one: Apart, other: Apart) -> Apart:
    """One where chosen, else the other."""
    return Apart(*(np.where(chosen, *both) for both in zip(one, other, strict=True)))


class _Gated(Cell):
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

    def _block(self, at: int) -> slice:
        return slice(at * self.n, (at + 1) * self.n)

    def _ordered(self, values: Array, side: int) -> Array:
        order = self.by_blocks[side]
        if order == tuple(range(len(order))):
            return values
        blocks = values.reshape(len(order), self.n, *values.shape[1:])[list(order)]
        return blocks.reshape(values.shape)

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


class Lstm(_Gated):
    """Blocks in the order o, i, f, ĝ: the sigmoids beside one another, and what γ multiplies."""

    slope_blocks, kept_blocks, carries = 4, 2, True
    gates = ("o", "i", "f")
    forwards = (3, 0, 1, 2)
    by_blocks = forwards, forwards

    def forward(self, tape: Tape, start: int, stop: int, inputs: Array, room: Room) -> None:
        """Steps from h[start], c[start] to h[stop], c[stop].

        The sigmoids and v_g stand where the slopes will, their complements and ĝ in `room`.
        """
        assert tape.c is not None
        steps, w, product = stop - start, self._w_hh, room.row
        v, gates = tape.slopes[start:stop], room.gates[:steps]
        for h, above, c, c_above, all_v, p, s, o, i, f, v_g, closed, new, tanh_c in zip(
            tape.h[start:stop],
            tape.h[start + 1 : stop + 1],
            tape.c[start:stop],
            tape.c[start + 1 : stop + 1],
            v,
            inputs.swapaxes(0, 1),
            v[:, :3],
            *(v[:, at] for at in range(4)),
            gates[:, :3],
            gates[:, 3],
            room.spare[:steps],
            strict=True,
        ):
            np.matmul(h, w, out=all_v)
            np.add(all_v, p, out=all_v)
            _open(s, closed)
            np.tanh(v_g, out=new)
            np.multiply(f, c, out=c_above)
            np.multiply(i, new, out=product)
            np.add(c_above, product, out=c_above)
            np.tanh(c_above, out=tanh_c)
            np.multiply(o, tanh_c, out=above)

    def differentiate(self, tape: Tape, start: int, stop: int, room: Room) -> None:
        """P of o, i, f, ĝ, and beside them Q and f."""
        assert tape.c is not None
        slopes, kept = tape.slopes[start:stop], tape.kept[start:stop]
        gates, tanh_c = room.gates[: stop - start], room.spare[: stop - start]
        new, q, p_g = gates[:, 3], kept[:, 0], slopes[:, 3]
        q[:] = tape.c[start + 1 : stop + 1]
        _tanh_slopes(q, tanh_c)
        q *= slopes[:, 0]
        _tanh_slopes(p_g, new)
        p_g *= slopes[:, 1]
        kept[:, 1] = slopes[:, 2]
        slopes[:, :3] *= gates[:, :3]
        slopes[:, 0] *= tanh_c
        slopes[:, 1] *= new
        slopes[:, 2] *= tape.c[start:stop]

    def back(
        self, tape: Tape, start: int, stop: int, g: Array, gamma: Array | None, room: Room
    ) -> None:
        """γ, δ and what goes on; ∂L/∂c before the first of the steps is left in `room.carry`."""
        assert gamma is not None
        steps, w = stop - start, self.weights[1]
        slopes, kept = tape.slopes[start:stop][::-1], tape.kept[start:stop][::-1]
        delta, blocks = room.delta[:steps][::-1], room.delta_blocks[:steps][::-1]
        for p_o, p, q, f, one, d_o, d, total, out in zip(
            slopes[:, 0],
            slopes[:, 1:],
            kept[:, 0],
            kept[:, 1],
            delta,
            blocks[:, 0],
            blocks[:, 1:],
            room.gamma[:steps][::-1],
            room.g[:steps][::-1],
            strict=True,
        ):
            np.multiply(g, q, out=total)
            np.add(total, gamma, out=total)
            np.multiply(g, p_o, out=d_o)
            np.multiply(total, p, out=d)
            gamma = np.multiply(total, f, out=room.carry)
            g = np.matmul(one, w, out=out)

    def apart(self, h: Apart, c: Apart | None, by_state: Apart, by_input: Apart) -> Local:
        """One step with exponents apart."""
        assert c is not None
        n = self.n
        v = by_state.plus(by_input)
        value, slope = value_and_slope(_SIGMOID)
        tanh, tanh_slope = value_and_slope(_TANH)
        s, s_slope = value(v.columns(slice(3 * n))), slope(v.columns(slice(3 * n)))
        v_g = v.columns(slice(3 * n, None))
        g, g_slope = tanh(v_g), tanh_slope(v_g)
        o, i, f = (s.columns(self._block(at)) for at in range(3))
        above = f.times(c).plus(i.times(g))
        tanh_c = tanh(above)
        factors = Apart.beside([tanh_c, g, c])
        slopes = Apart.beside([s_slope.times(factors), g_slope.times(i)])
        kept = Apart.beside([o.times(tanh_slope(above)), f])
        return Local(o.times(tanh_c), above, s, slopes, kept)

    def pull(self, local: Local, g: Apart, gamma: Apart | None) -> Pulled:
        """One step back with exponents apart."""
        assert gamma is not None
        assert local.kept is not None
        n = self.n
        total = gamma.plus(g.times(local.kept.columns(slice(n))))
        delta = local.slopes.times(Apart.beside([g, total, total, total]))
        return Pulled(delta, None, (total, total.times(local.kept.columns(slice(n, None)))))

    def jacobian(self, local: Local) -> Apart:
        """By h: diag(P_o) W_o + diag(Q) C and C; by c: diag(Q f) and diag(f); C that of c by h."""
        assert local.kept is not None
        q, f = local.kept.columns(slice(self.n)), local.kept.columns(slice(self.n, None))
        c_by_h = self._by_state(local.slopes, slice(1, 4))
        by_q = Apart(q.m.T, q.e.T)
        h_by_h = self._by_state(local.slopes, slice(0, 1)).plus(c_by_h.times(by_q))
        rows = [
            Apart.beside([h_by_h, self._diagonal(q.times(f))]),
            Apart.beside([c_by_h, self._diagonal(f)]),
        ]
        return Apart(*(np.concatenate(both) for both in zip(*rows, strict=True)))


class Gru(_Gated):
    """Blocks in the order r, z, q, ñ; of slopes and δ in the order q, z, r, ñ.

    The first three of δ meet h_{t-1}, the last three x_t.
    """

    slope_blocks, kept_blocks, cancels = 4, 1, True
    gates = ("r", "z")
    forwards = (0, 1, 2)
    by_blocks = (1, 0, 2), (2, 1, 0)

    @property
    def by_input(self) -> slice:
        """z, r, ñ."""
        return slice(self.n, None)

    @property
    def by_state(self) -> slice:
        """q, z, r."""
        return slice(0, 3 * self.n)

    def _bias(self) -> Array:
        """The biases but b_hn, which r multiplies."""
        b = self.given.b_ih + self.given.b_hh
        b[2 * self.n :] = self.given.b_ih[2 * self.n :]
        return b

    @cached_property
    def _b_q(self) -> Array | None:
        b = self.given.b_hh[2 * self.n :]
        return b if b.any() else None

    def forward(self, tape: Tape, start: int, stop: int, inputs: Array, room: Room) -> None:
        """Steps from h[start] to h[stop].

        r, z, q and v_n stand where the slopes will, 1 - r, 1 - z and ñ in `room`.
        """
        steps, w, b_q, product = stop - start, self._w_hh, self._b_q, room.row
        v, gates = tape.slopes[start:stop], room.gates[:steps]
        inputs = inputs.swapaxes(0, 1)
        for h, above, by_state, s, r, z, q, v_n, p, p_n, closed, z_closed, new in zip(
            tape.h[start:stop],
            tape.h[start + 1 : stop + 1],
            v[:, :3],
            v[:, :2],
            *(v[:, at] for at in range(4)),
            inputs[:, :2],
            inputs[:, 2],
            gates[:, :2],
            gates[:, 1],
            gates[:, 2],
            strict=True,
        ):
            np.matmul(h, w, out=by_state)
            np.add(s, p, out=s)
            _open(s, closed)
            if b_q is not None:
                np.add(q, b_q, out=q)
            np.multiply(r, q, out=v_n)
            np.add(v_n, p_n, out=v_n)
            np.tanh(v_n, out=new)
            np.multiply(z_closed, new, out=above)
            np.multiply(z, h, out=product)
            np.add(above, product, out=above)

    def differentiate(self, tape: Tape, start: int, stop: int, room: Room) -> None:
        """P of q, z, r, ñ, and beside them z."""
        slopes, gates = tape.slopes[start:stop], room.gates[: stop - start]
        r_closed, z_closed, new = (gates[:, at] for at in range(3))
        p_q, p_z, p_r, p_n = (slopes[:, at] for at in range(4))
        tape.kept[start:stop, 0] = p_z
        _tanh_slopes(p_n, new)
        p_n *= z_closed
        p_q *= p_n
        p_r *= r_closed
        p_r *= p_q
        p_z *= z_closed
        p_z *= np.subtract(tape.h[start:stop], new, out=new)

    def back(
        self, tape: Tape, start: int, stop: int, g: Array, gamma: Array | None, room: Room
    ) -> None:
        """δ = g ∘ P, and what goes on."""
        steps, w, direct = stop - start, self.weights[1], room.row
        for p, d, by_state, z, out in zip(
            tape.slopes[start:stop][::-1],
            room.delta_blocks[:steps][::-1],
            room.delta[:steps, :, self.by_state][::-1],
            tape.kept[start:stop, 0][::-1],
            room.g[:steps][::-1],
            strict=True,
        ):
            np.multiply(g, p, out=d)
            np.multiply(g, z, out=direct)
            np.matmul(by_state, w, out=out)
            g = np.add(out, direct, out=out)

    def apart(self, h: Apart, c: Apart | None, by_state: Apart, by_input: Apart) -> Local:
        """One step with exponents apart."""
        q, z_h, r_h = (by_state.columns(self._block(at)) for at in range(3))
        z_x, r_x, n_x = (by_input.columns(self._block(at)) for at in range(3))
        v_z, v_r = z_h.plus(z_x), r_h.plus(r_x)
        value, slope = value_and_slope(_SIGMOID)
        tanh, tanh_slope = value_and_slope(_TANH)
        r, z, z_closed = value(v_r), value(v_z), value(v_z.negative())
        v_n = n_x.plus(r.times(q))
        new = tanh(v_n)
        p_n = z_closed.times(tanh_slope(v_n))
        difference, beside = h.plus(new.negative()), None
        if c is not None:
            old = c.columns(slice(self.n)), c.columns(slice(self.n, None))
            twice = Apart(v_n.m, v_n.e + 1.0)
            ends = [
                Apart(one.m, one.e + 1.0) for one in (value(twice.negative()), value(twice))
            ]  # 1 - ñ and 1 + ñ
            below, above_it = ends[0].plus(old[0].negative()), old[1].plus(ends[1].negative())
            difference = _where(_near(h) & _near(new), below, difference)
            near = _near(h.negative()) & _near(new.negative())
            difference = _where(near, above_it, difference)
            pairs = zip(ends, old, strict=True)
            beside = Apart.beside([z_closed.times(a).plus(z.times(b)) for a, b in pairs])
        p_z = slope(v_z).times(difference)
        p_r = slope(v_r).times(p_n).times(q)
        slopes = Apart.beside([p_n.times(r), p_z, p_r, p_n])
        above = z_closed.times(new).plus(z.times(h))
        return Local(above, beside, Apart.beside([r, z]), slopes, z)

    def pull(self, local: Local, g: Apart, gamma: Apart | None) -> Pulled:
        """One step back with exponents apart."""
        assert local.kept is not None
        return Pulled(local.slopes.times(Apart.beside([g] * 4)), g.times(local.kept), None)

    def jacobian(self, local: Local) -> Apart:
        """Σ diag(P) W_hh + diag(z)."""
        assert local.kept is not None
        return self._by_state(local.slopes, slice(0, 3)).plus(self._diagonal(local.kept))
