"""What blocks do to gradient and stream at infinite width, for many σw at once.

Glossary: L depth in blocks, l block (1 … L); h_l the stream after block l, g_l = ∂L/∂h_l; σw² n_in
times the variance of a weight, σb² the variance of a bias; p the second moment of a signal, μ its
mean over units; α what a branch is multiplied by; r = log10 √(E‖g_0‖² / ‖g_L‖²), what is left of
the gradient; s = log10 √(E[h_L²] / x²), what becomes of the stream, or from h_1 on where that is
another signal than the input (`begins_after`); 0 without a skip.

The steps are those of `wide.signal`; batches, in which rows depend on one another, are followed by
`block_path`, one σw after the other.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from gradtui.mathematics.activations import activation as as_activation
from gradtui.mathematics.activations.record import Activation
from gradtui.mathematics.blocks.families import Block
from gradtui.mathematics.blocks.reading import block as as_block
from gradtui.mathematics.blocks.steps import Matrix, Normed, Step
from gradtui.mathematics.elementwise import Array
from gradtui.mathematics.pieces import turn, watched
from gradtui.mathematics.wide.block_path import begins_after, block_path
from gradtui.mathematics.wide.moments import Expectations, Table, expectations
from gradtui.mathematics.wide.signal import NO_MEAN, at_0, log
from gradtui.progress import Tick, unwatched

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

_BLOCKS_A_TICK = 20
_LN_10 = math.log(10.0)
_SETTLED = 1e-9
"""A ln q that changes by less is looked up no more."""
_NOTHING, _EVERYTHING = -1e300, float(np.finfo(np.float64).max)
_AT_REST = 1e-12
"""A signal whose ln p and μ/√p change by less has come to rest."""


def block_ratios(
    block: str | Block,
    activation: str | Activation,
    sigma_w: ArrayLike,
    sigma_b: ArrayLike = 0.0,
    *,
    alpha: ArrayLike | None = None,
    depth: int,
    x: float = 1.0,
    followed: int | None = None,
    beside_input: bool = False,
    tick: Tick = unwatched,
) -> tuple[Array, Array]:
    """r and s of so many blocks, for arrays of σw, σb and, if asked for, α.

    Args:
        block: which blocks, with a theory (`BlockPath.says`).
        activation: f.
        sigma_w: √n_in times the standard deviation of a weight, before a block's own factors.
        sigma_b: the standard deviation of a bias.
        alpha: what branches are multiplied by, of blocks without a batch norm; their own if not
            given.
        depth: L.
        x: the standard deviation of the inputs.
        followed: so many blocks are followed, if given; those after count as the last of them.
        beside_input: whether s is beside the input whatever the first block makes of that.
        tick: told the share that is done.

    Returns:
        r and s, of the shape that σw, σb and α have together.
    """
    one, f = as_block(block), as_activation(activation)
    scale = one.steps(depth).scale if alpha is None else alpha
    w, b, a = (
        np.array(each, float)
        for each in np.broadcast_arrays(sigma_w, sigma_b, 0.0 if scale is None else scale)
    )
    if one.in_batch:
        return _in_batch(one, f, w, b, depth, x, tick)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        r, (start, first, second, end) = _followed(
            one, f, w, b, 2.0 * np.log(a), depth, x, followed, tick
        )
        if not beside_input:
            start = np.where(begins_after(one, start, first, second), first, start)
        return r, np.where((end == start) | (not one.skips), 0.0, end - start)


def _followed(
    one: Block, f: Activation, w: Array, b: Array, alpha: Array, depth: int, x: float,
    followed: int | None, tick: Tick,
) -> tuple[Array, tuple[Array, ...]]:  # fmt: skip
    """r, and log10 of the stream: the input, after the first, the second and the last block."""
    steps, walk = one.steps(depth), _Walk(expectations(f), 2.0 * np.log(w), 2.0 * np.log(b))
    here = _Signals(np.full(w.shape, 2.0 * log(abs(x))), np.zeros(w.shape), np.ones(w.shape))
    start, total = here.t, np.zeros(w.shape)
    first = second = start
    last = min(followed or depth, depth)
    for index in watched(range(last), _BLOCKS_A_TICK, tick):
        branch, gain = walk.through(steps.branch, here)
        after = branch if steps.scale is None else _added(here, branch, alpha)
        after, behind = walk.through(steps.after, after)
        chi = behind + (gain if steps.scale is None else np.logaddexp(0.0, alpha + gain))
        total = total + chi
        first = first if index else after.t
        second = second if index > 1 else after.t
        rest = depth - index - 1
        at_rest, here, grown = after.near(here), after, after.t - here.t
        if rest and (at_rest or index == last - 1):
            total = total + rest * chi
            here = here._replace(t=here.t + rest * np.where(np.isfinite(grown), grown, 0.0))
            break
    streams = tuple(0.5 * t / _LN_10 for t in (start, first, second, here.t))
    return 0.5 * total / _LN_10, streams


def _in_batch(
    one: Block, f: Activation, w: Array, b: Array, depth: int, x: float, tick: Tick
) -> tuple[Array, Array]:
    """The same by the scalar recursion, which follows how rows differ."""
    found = np.empty((2, w.size))
    for at, (sigma_w, sigma_b) in enumerate(zip(w.flat, b.flat, strict=True)):
        path = block_path(one, f, sigma_w**2, sigma_b**2, depth, x, tick=turn(tick, at, w.size))
        start, first, second, end = path.log10_stream[[0, 1, min(2, depth), -1]]
        begins = first if begins_after(one, start, first, second) else start
        found[:, at] = path.log10_grad_hidden[0], end - begins if one.skips else 0.0
    return found[0].reshape(w.shape), found[1].reshape(w.shape)


class _Signals(NamedTuple):
    """Second moments of signals: ln p, μ/√p, and (p - μ²)/p, what differs from unit to unit."""

    t: Array
    mean: Array
    own: Array

    def near(self, other: _Signals) -> bool:
        """Whether they are as they were."""
        pairs = zip(self, other, strict=True)
        return all(bool(np.all((a == b) | (abs(a - b) < _AT_REST))) for a, b in pairs)


@dataclass(eq=False)
class _Walk:
    """What steps of one network have in common: ln σw² and ln σb².

    The moments are kept that were looked up last: under a norm q soon comes to rest.
    """

    e: Expectations
    w: Array
    b: Array
    _at: tuple[Array, tuple[Array, Array, Array, Array]] | None = None

    def _moments(self, t: Array) -> tuple[Array, Array, Array, Array]:
        if self._at is None or not np.allclose(t, self._at[0], rtol=0.0, atol=_SETTLED):
            self._at = t, moments_at(self.e, t)
        return self._at[1]

    def through(self, steps: tuple[Step, ...], one: _Signals) -> tuple[_Signals, Array]:
        """The signals after these steps, and ln of what a gradient's square is multiplied by."""
        gain = np.zeros(one.t.shape)
        for step in steps:
            one, more = self._step(step, one)
            gain = gain + more
        return one, gain

    def _step(self, step: Step, one: _Signals) -> tuple[_Signals, Array]:
        zeros, ones = np.zeros(one.t.shape), np.ones(one.t.shape)
        if isinstance(step, Matrix):
            more = self.w + 2.0 * log(step.factor)
            t = np.logaddexp(more + one.t, self.b if step.factor else -math.inf)
            return _Signals(t, zeros, ones), more
        if isinstance(step, Normed):
            inside = one.t + np.log(one.own) if step.norm == "layer" else one.t
            s, weight = np.logaddexp(inside, math.log(step.eps)), 2.0 * log(step.weight)
            t = inside - s + weight
            after = _Signals(t, zeros, ones) if step.norm == "layer" else one._replace(t=t)
            return after, weight - s
        log_v, mean, log_d, own = self._moments(one.t)
        if step.gated:
            return _Signals(log_v + one.t, zeros, ones), np.logaddexp(log_d + one.t, log_v)
        return _Signals(log_v, mean, own), log_d


def _added(one: _Signals, branch: _Signals, alpha: Array) -> _Signals:
    """h + α B, of a B whose weights are independent of h; `alpha` is ln α²."""
    part = alpha + branch.t
    top = np.maximum(one.t, part)
    most = np.clip(top, _NOTHING, _EVERYTHING)
    old, new = (np.exp(0.5 * (np.minimum(t, most) - most)) for t in (one.t, part))
    mean = old * one.mean + new * branch.mean
    own = old * old * one.own + new * new * branch.own
    p = own + mean * mean
    t = np.where(np.isfinite(top), most + np.log(p), top)
    return _Signals(t, np.where(p > 0.0, mean / np.sqrt(p), 0.0), np.where(p > 0.0, own / p, 1.0))


def moments_at(e: Expectations, t: Array) -> tuple[Array, Array, Array, Array]:
    """ln V, M/√V, ln D and Var f/V at many t = ln q, beyond the table by f's power laws."""
    inside = np.clip(t, -Table.END, Table.END)
    moments = e.table.interpolated(inside)
    with np.errstate(divide="ignore", invalid="ignore"):
        square = np.maximum(moments.square, 0.0)
        mean = np.where(square > 0.0, moments.mean / np.sqrt(square), 0.0)
        own = np.where(square > 0.0, np.clip(moments.variance / square, 0.0, 1.0), 1.0)
        log_v, log_d = np.log(square), np.log(np.maximum(moments.slope_square, 0.0))
    beyond, below = np.maximum(t - inside, 0.0), np.minimum(t - inside, 0.0)
    if e.activation(0.0):
        own, below = own * np.exp(below), np.zeros(())
    falls = 0.0 if e.at_infinity.slope_square else -0.5  # f′ is left within some 1/√q of 0 alone
    with np.errstate(invalid="ignore", over="ignore"):
        log_v = log_v + e.degree * beyond + below
        log_d = log_d + (e.degree - 1.0 if e.degree > 1.0 else falls) * beyond
    none = abs(mean) < NO_MEAN
    found = log_v, np.where(none, 0.0, np.clip(mean, -1.0, 1.0)), log_d, np.where(none, 1.0, own)
    silent = t == -math.inf
    if not silent.any():
        return found
    log_v, mean, log_d, own = (
        np.where(silent, exact, one) for exact, one in zip(at_0(e), found, strict=True)
    )
    return log_v, mean, log_d, own
