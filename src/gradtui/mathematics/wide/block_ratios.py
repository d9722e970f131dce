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
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from gradtui.mathematics.activations import activation as as_activation
from gradtui.mathematics.activations.record import Activation
from gradtui.mathematics.blocks.families import Block, Matrix, Normed, Step
from gradtui.mathematics.blocks.families import block as as_block
from gradtui.mathematics.elementwise import Array
from gradtui.mathematics.pieces import turn, watched
from gradtui.mathematics.wide.block_path import begins_after, block_path, moments_at
from gradtui.mathematics.wide.moments import Expectations, expectations
from gradtui.mathematics.wide.signal import log
from gradtui.progress import Tick, unwatched

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

_BLOCKS_A_TICK = 20
_LN_10 = math.log(10.0)
_AT_REST = 1e-12
"""A signal whose ln p and μ/√p change by less has come to rest."""


def block_ratios(
    block: str | Block,
    activation: str | Activation,
    sigma_w: ArrayLike,
    sigma_b: ArrayLike = 0.0,
    *,
    depth: int,
    x: float = 1.0,
    followed: int | None = None,
    tick: Tick = unwatched,
) -> tuple[Array, Array]:
    """r and s of so many blocks, for arrays of σw and σb.

    Args:
        block: which blocks, with a theory (`BlockPath.says`).
        activation: f.
        sigma_w: √n_in times the standard deviation of a weight, before a block's own factors.
        sigma_b: the standard deviation of a bias.
        depth: L.
        x: the standard deviation of the inputs.
        followed: so many blocks are followed, if given; those after count as the last of them.
        tick: told the share that is done.

    Returns:
        r and s, of the shape that σw and σb have together.
    """
    one, f = as_block(block), as_activation(activation)
    w, b = (np.array(each, float) for each in np.broadcast_arrays(sigma_w, sigma_b))
    if one.in_batch:
        return _in_batch(one, f, w, b, depth, x, tick)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        return _followed(one, f, w, b, depth, x, followed, tick)


def _followed(
    one: Block, f: Activation, w: Array, b: Array, depth: int, x: float,
    followed: int | None, tick: Tick,
) -> tuple[Array, Array]:  # fmt: skip
    steps, walk = one.steps(depth), _Walk(expectations(f), 2.0 * np.log(w), 2.0 * np.log(b))
    alpha = 0.0 if steps.scale is None else 2.0 * log(steps.scale)
    here = _Signals(np.full(w.shape, 2.0 * log(abs(x))), np.zeros(w.shape), np.ones(w.shape))
    start, first, total = here.t, here.t, np.zeros(w.shape)
    last = min(followed or depth, depth)
    for index in watched(range(last), _BLOCKS_A_TICK, tick):
        branch, gain = walk.through(steps.branch, here)
        after = branch if steps.scale is None else _added(here, branch, alpha)
        after, behind = walk.through(steps.after, after)
        chi = behind + (gain if steps.scale is None else np.logaddexp(0.0, alpha + gain))
        total = total + chi
        first = first if index else after.t
        rest = depth - index - 1
        at_rest, here, grown = after.near(here), after, after.t - here.t
        if rest and (at_rest or index == last - 1):
            total = total + rest * chi
            here = here._replace(t=here.t + rest * np.where(np.isfinite(grown), grown, 0.0))
            break
    after_first = begins_after(one, 0.5 * start / _LN_10, 0.5 * first / _LN_10)
    begins = np.where(after_first, first, start)
    moved = np.where((here.t == begins) | (not one.skips), 0.0, here.t - begins)
    return 0.5 * total / _LN_10, 0.5 * moved / _LN_10


def _in_batch(
    one: Block, f: Activation, w: Array, b: Array, depth: int, x: float, tick: Tick
) -> tuple[Array, Array]:
    """The same by the scalar recursion, which follows how rows differ."""
    found = np.empty((2, w.size))
    for at, (sigma_w, sigma_b) in enumerate(zip(w.flat, b.flat, strict=True)):
        path = block_path(one, f, sigma_w**2, sigma_b**2, depth, x, tick=turn(tick, at, w.size))
        start, first, end = path.log10_stream[[0, 1, -1]]
        begins = first if begins_after(one, start, first) else start
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


class _Walk(NamedTuple):
    """What steps of one network have in common: ln σw² and ln σb²."""

    e: Expectations
    w: Array
    b: Array

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
        log_v, mean, log_d, own = moments_at(self.e, one.t)
        if step.gated:
            return _Signals(log_v + one.t, zeros, ones), np.logaddexp(log_d + one.t, log_v)
        return _Signals(log_v, mean, own), log_d


def _added(one: _Signals, branch: _Signals, alpha: float) -> _Signals:
    """h + α B, of a B whose weights are independent of h; `alpha` is ln α²."""
    part = alpha + branch.t
    most = np.maximum(one.t, part)
    alive = np.isfinite(most)
    old, new = (np.where(alive, np.exp(0.5 * (t - most)), 0.0) for t in (one.t, part))
    mean = old * one.mean + new * branch.mean
    own = old * old * one.own + new * new * branch.own
    p = own + mean * mean
    t = np.where(alive, most + np.log(p), most)
    return _Signals(t, np.where(p > 0.0, mean / np.sqrt(p), 0.0), np.where(p > 0.0, own / p, 1.0))
