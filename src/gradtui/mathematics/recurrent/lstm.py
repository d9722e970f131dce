"""The LSTM, after PyTorch: its steps and slopes.

Glossary: t step, n units, h_t hidden and c_t cell state, v pre-activations, σ the sigmoid, i, f and
o gates, ĝ the candidate, g = ∂L/∂h_t, γ = ∂L/∂c_t, δ = ∂L/∂v, P and Q slopes.

    i = σ(v_i)   f = σ(v_f)   o = σ(v_o)   ĝ = tanh(v_g)
    c_t = f ∘ c_{t-1} + i ∘ ĝ      h_t = o ∘ tanh(c_t)
    P_o = tanh(c_t) σ′(v_o)   P_i = ĝ σ′(v_i)   P_f = c_{t-1} σ′(v_f)   P_g = i tanh′(v_g)
    Q = o tanh′(c_t)
"""

from __future__ import annotations

import numpy as np

from gradtui.mathematics.elementwise import Array
from gradtui.mathematics.network.exponents import Apart, value_and_slope
from gradtui.mathematics.recurrent.cell import Local, Pulled, Room, Tape
from gradtui.mathematics.recurrent.gated import SIGMOID, TANH, Gated, open_gates, tanh_slopes


class Lstm(Gated):
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
        steps, w, product, steep = stop - start, self._w_hh, room.row, self.steep
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
            open_gates(s, closed, steep=steep)
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
        tanh_slopes(q, tanh_c)
        q *= slopes[:, 0]
        tanh_slopes(p_g, new)
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
        value, slope = value_and_slope(SIGMOID)
        tanh, tanh_slope = value_and_slope(TANH)
        s, s_slope = value(v.columns(slice(3 * n))), slope(v.columns(slice(3 * n)))
        v_g = v.columns(slice(3 * n, None))
        g, g_slope = tanh(v_g), tanh_slope(v_g)
        o, i, f = (s.columns(self.block(at)) for at in range(3))
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
