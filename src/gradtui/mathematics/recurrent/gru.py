"""The GRU, after PyTorch: its steps and slopes.

Glossary: t step, n units, h_t hidden state, v pre-activations, σ the sigmoid, r and z gates, ñ the
candidate, q what r multiplies, g = ∂L/∂h_t, δ = ∂L/∂v, P slopes.

    r = σ(v_r)   z = σ(v_z)   q = W_hn h_{t-1} + b_hn   ñ = tanh(v_n), v_n = W_in x_t + b_in + r ∘ q
    h_t = (1 - z) ∘ ñ + z ∘ h_{t-1}
    P_n = (1 - z) tanh′(v_n)   P_q = P_n r   P_r = P_n q σ′(v_r)
    P_z = (h_{t-1} - ñ) σ′(v_z), the difference of 1 ± h and 1 ± ñ where both are near ∓1
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from gradtui.mathematics.elementwise import Array
from gradtui.mathematics.network.exponents import Apart, value_and_slope
from gradtui.mathematics.recurrent.cell import Local, Pulled, Room, Tape
from gradtui.mathematics.recurrent.gated import SIGMOID, TANH, Gated, open_gates, tanh_slopes

if TYPE_CHECKING:
    from numpy.typing import NDArray


def _near(numbers: Apart) -> NDArray[np.bool_]:
    """Which numbers are above a half."""
    near: NDArray[np.bool_] = (numbers.m > 0.0) & (numbers.e >= 0.0)
    return near


def _where(chosen: NDArray[np.bool_], one: Apart, other: Apart) -> Apart:
    """One where chosen, else the other."""
    return Apart(*(np.where(chosen, *both) for both in zip(one, other, strict=True)))


class Gru(Gated):
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
        v, gates, steep = tape.slopes[start:stop], room.gates[:steps], self.steep
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
            open_gates(s, closed, steep=steep)
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
        tanh_slopes(p_n, new)
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
        q, z_h, r_h = (by_state.columns(self.block(at)) for at in range(3))
        z_x, r_x, n_x = (by_input.columns(self.block(at)) for at in range(3))
        v_z, v_r = z_h.plus(z_x), r_h.plus(r_x)
        value, slope = value_and_slope(SIGMOID)
        tanh, tanh_slope = value_and_slope(TANH)
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
