"""What theory says of a network of blocks of given depth and width: the gradient, block by block.

Glossary: L depth in blocks, l block (1 … L), n the units of the stream, x the inputs, N(0, x²)
each; W_ij ~ N(0, σw²/n_in), b_i ~ N(0, σb²); f the activation, f′ its derivative; h_l the stream
after block l, g_l = ∂L/∂h_l at one input; z_l what goes into the last activation inside the branch
of block l, q_l its second moment; α what a branch is multiplied by; c the factor of the squared
norm of a gradient that goes back through a branch alone.

    E‖g_{l-1}‖² = χ_l E‖g_l‖²        χ_l = c_l without a skip, 1 + α² c_l with one,
                                     divided by s where a norm is on the stream

Signal and gradient go through the steps of a block as `wide.signal` has it. The branch's part is
independent of the skip's, of mean 0 on its way back, and of mean 0 forward where a matrix is its
last step (Yang & Schoenholz, NIPS 2017; of batch norm Yang et al., ICLR 2019).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from gradtui.mathematics.activations import activation as as_activation
from gradtui.mathematics.activations.record import Activation
from gradtui.mathematics.blocks.families import EPS, Block, Matrix, Norm, Normed, Step, Steps
from gradtui.mathematics.blocks.families import block as as_block
from gradtui.mathematics.elementwise import Array
from gradtui.mathematics.pieces import watched
from gradtui.mathematics.wide.moments import Expectations, Table, expectations
from gradtui.mathematics.wide.path import log10_below
from gradtui.mathematics.wide.second_moment import MAX_VARIANCE, numbers
from gradtui.mathematics.wide.signal import NO_MEAN, Medium, Signal, added, log, normed
from gradtui.progress import Tick, unwatched

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

_BLOCKS_A_TICK = 20
_LN_10 = math.log(10.0)

SMALL_BATCH = 32
"""A batch of fewer rows is normed otherwise than one of many."""

_SETTLED = 1e-12
"""A ln q that changes by less has come to rest."""

_NOTHING = -1e300
"""ln of a second moment that is below every other."""


@dataclass(frozen=True, eq=False)
class BlockPath:
    """How the gradient at one input goes through the blocks; arrays [depth], index l - 1.

    Where theory does not say, every number is nan.

    Attributes:
        activation: f.
        block: which blocks.
        sigma_w2: σw² of each block.
        sigma_b2: σb² of each block.
        says: whether theory follows these blocks.
        why_silent: why it does not, in words; "" where it does.
        log10_q: log10 q_l.
        log10_chi: log10 χ_l, of the squared norm; -inf where it is exactly 0; where it is too small
            to be followed a number that is above it.
        log10_branch: log10 of α² c_l, the branch's part of χ_l.
        log10_grad_z: log10 of ‖∂L/∂z_l‖ / ‖g_l‖, over all units inside the branch.
        log10_weights: log10 of ‖∂L/∂W‖ / (√n ‖g_l‖) at one input, of all matrices of the block.
        log10_stream: log10 √E[h_l²], l = 0 … L [depth + 1].
        followed: whether χ_l is.
    """

    activation: Activation
    block: Block
    sigma_w2: Array
    sigma_b2: Array
    says: bool
    why_silent: str
    log10_q: Array
    log10_chi: Array
    log10_branch: Array
    log10_grad_z: Array
    log10_weights: Array
    log10_stream: Array
    followed: NDArray[np.bool_]

    @property
    def depth(self) -> int:
        """The number of blocks L."""
        return len(self.log10_q)

    @property
    def q(self) -> Array:
        """q_l; 0 or inf where it has left the range of float64."""
        with np.errstate(over="ignore", under="ignore"):
            q: Array = 10.0**self.log10_q
        return q

    @property
    def silent(self) -> NDArray[np.bool_]:
        """Whether q_l is exactly 0."""
        exact: NDArray[np.bool_] = self.log10_q == -math.inf
        return exact

    @property
    def log10_grad_hidden(self) -> Array:
        """log10 of √(E‖g_l‖² / ‖g_L‖²) for l = 0 … L [depth + 1]; above it where not followed."""
        return 0.5 * np.append(np.cumsum(self.log10_chi[::-1])[::-1], 0.0)

    @property
    def known(self) -> NDArray[np.bool_]:
        """Where `log10_grad_hidden` is more than a bound: every block above is followed."""
        return np.append(np.logical_and.accumulate(self.followed[::-1])[::-1], True)


def block_path(
    block: str | Block,
    activation: str | Activation,
    sigma_w2: float | Array,
    sigma_b2: float | Array = 0.0,
    depth: int = 1,
    x: float = 1.0,
    *,
    batch: int | None = None,
    tick: Tick = unwatched,
) -> BlockPath:
    """Follow the second moments forward and take χ at every block.

    Args:
        block: which blocks, as `blocks.families.block` takes them.
        activation: a name, a text form such as `leaky_relu(0.2)`, or an `Activation`.
        sigma_w2: n_in times the variance of a weight, of all blocks or of each [depth], before a
            block's own factors.
        sigma_b2: the variance of a bias, likewise.
        depth: L.
        x: the standard deviation of an input.
        batch: how many rows a batch has, if a norm is over them; None for many.
        tick: is told the share that is done.

    Raises:
        InputError: a variance outside 0 to 1e20, an |x| outside 0 to 1e100, or an unknown block or
            activation.
    """
    blocks, f = as_block(block), as_activation(activation)
    w = np.broadcast_to(numbers("sigma_w2", sigma_w2, 0.0, MAX_VARIANCE), depth)
    b = np.broadcast_to(numbers("sigma_b2", sigma_b2, 0.0, MAX_VARIANCE), depth)
    size = float(numbers("x", abs(x), 0.0, 1e100))
    why_silent = _why_silent(blocks, batch)
    rows = np.full((depth, len(_Passed._fields)), math.nan)
    stream = np.full(depth + 1, math.nan)
    if not why_silent:
        _follow(blocks, f, w, b, size, rows, stream, tick)
    log_q, log_chi, log_branch, log_grad_z, log_weights, below = (rows / _LN_10).T
    return BlockPath(
        f, blocks, w, b, not why_silent, why_silent, log_q, log_chi, log_branch,
        0.5 * log_grad_z, 0.5 * log_weights, 0.5 * stream / _LN_10, ~(below > 0.0),
    )  # fmt: skip


class _Passed(NamedTuple):
    """What one block did, as logarithms of squares."""

    q: float
    chi: float
    branch: float
    grad_z: float
    weights: float
    bound: float
    """Above 0 where χ is only known to be below what `chi` says."""


def _why_silent(blocks: Block, batch: int | None) -> str:
    if blocks.name == "basic_block":
        return "f after the skip: the stream is no normal variable, which theory needs"
    if blocks.in_batch and batch is not None and batch < SMALL_BATCH:
        return f"batch norm over {batch} rows: theory is for many, some {SMALL_BATCH} at least"
    return ""


def _follow(
    blocks: Block,
    f: Activation,
    w: Array,
    b: Array,
    x: float,
    rows: Array,
    stream: Array,
    tick: Tick,
) -> None:
    """Fill `rows`, [L, numbers of `_Passed`], and ln E[h_l²], [L + 1]."""
    depth = len(w)
    walk = _Walk(f, blocks.steps(depth), blocks.in_batch)
    here = Signal(2.0 * log(x))
    stream[0] = here.t
    before: tuple[Signal, float, float] | None = None
    for index in watched(range(depth), _BLOCKS_A_TICK, tick):
        at = here, float(w[index]), float(b[index])
        if at == before:
            rows[index] = rows[index - 1]
        else:
            passed, here = walk.block(*at)
            rows[index] = passed
        before = at
        stream[index + 1] = here.t


@dataclass
class _Walk:
    """The way through blocks of one kind, forward and back."""

    f: Activation
    steps: Steps
    in_batch: bool

    def __post_init__(self) -> None:
        self.medium = Medium(expectations(self.f), self.in_batch)
        self.least = log10_below(self.f) * _LN_10

    def block(self, stream: Signal, w: float, b: float) -> tuple[_Passed, Signal]:
        """What one block does to a stream, and the stream after it."""
        steps = self.steps
        gone = _Gone()
        branch = self._steps(steps.branch, stream, w, b, gone)
        alpha = 1.0 if steps.scale is None else steps.scale
        skips = steps.scale is not None
        after = added(stream, branch, alpha) if skips else branch
        behind = _Gone()
        after = self._steps(steps.after, after, w, b, behind)
        on_the_stream = sum(behind.gains)
        # ln of the squared norm of the gradient behind each step of the branch, over ‖g_l‖²
        back = on_the_stream + 2.0 * log(alpha) + np.cumsum([0.0, *gone.gains[::-1]])[::-1]
        through = float(back[0])
        chi = float(np.logaddexp(on_the_stream, through)) if skips else through
        last = max((at for at, _ in gone.activated), default=0)
        q = dict(gone.activated).get(last, -math.inf)
        weights = [float(back[at + 1]) + t for at, t in gone.matrices]
        bounded = gone.bounded and (not skips or through > on_the_stream - 27.0)
        return _Passed(
            q, chi, through, float(back[last]), float(np.logaddexp.reduce(weights)), float(bounded)
        ), after

    def _steps(
        self, steps: tuple[Step, ...], one: Signal, w: float, b: float, gone: _Gone
    ) -> Signal:
        for at, step in enumerate(steps):
            if isinstance(step, Matrix):
                factor2 = step.factor * step.factor
                gone.matrices.append((at, one.t))
                gone.gains.append(log(factor2 * w))
                one = self.medium.linear(one, factor2 * w, factor2 * b)
            elif isinstance(step, Normed):
                one, gain = normed(one, step)
                gone.gains.append(gain)
            else:
                gone.activated.append((at, one.t))
                exact = one.t == -math.inf and self.f.derivative(0.0) == 0.0
                through = self.medium.gated if step.gated else self.medium.activated
                one, gain = through(one)
                if gain == -math.inf and not exact and self.f.max_abs_derivative:
                    gain, gone.bounded = self.least, True
                gone.gains.append(gain)
        return one


@dataclass
class _Gone:
    """What was met on the way forward.

    Attributes:
        gains: ln of what each step multiplies the gradient's square by.
        matrices: where a matrix stood, and ln of the second moment that it was given.
        activated: where an activation stood, and ln q there.
        bounded: whether a gain is only known to be below what is said.
    """

    gains: list[float] = field(default_factory=list)
    matrices: list[tuple[int, float]] = field(default_factory=list)
    activated: list[tuple[int, float]] = field(default_factory=list)
    bounded: bool = False


def residual_ratios(
    activation: str | Activation,
    sigma_w: ArrayLike,
    alpha: ArrayLike,
    *,
    norm: Norm = "none",
    sigma_b: float = 0.0,
    x: float = 1.0,
    depth: int,
    tick: Tick = unwatched,
) -> tuple[Array, Array]:
    """What so many blocks h ← h + α f(W N(h) + b) do, for many (σw, α) at once.

    Args:
        activation: a name, a text form such as `leaky_relu(0.2)`, or an `Activation`.
        sigma_w: σw, of any shape.
        alpha: α, of a shape that broadcasts with it.
        norm: none, layer or rms.
        sigma_b: σb.
        x: the standard deviation of an input.
        depth: L.
        tick: told the share that is done.

    Returns:
        log10 of √(E‖g_0‖² / ‖g_L‖²), right to 1e-8 a block, and of √(E[h_L²] / x²), both of the
        shape that σw and α have together.
    """
    e = expectations(as_activation(activation))
    w, a = (np.array(one, float) for one in np.broadcast_arrays(sigma_w, alpha))
    with np.errstate(divide="ignore"):
        log_w, log_a = 2.0 * np.log(w), 2.0 * np.log(a)
    log_b, log_eps = 2.0 * log(sigma_b), math.log(EPS[norm]) if norm != "none" else 0.0
    t = np.full(w.shape, 2.0 * log(abs(x)))
    start, mean, own, total = t, np.zeros(w.shape), np.ones(w.shape), np.zeros(w.shape)
    before = np.full(w.shape, math.nan)
    for _ in watched(range(depth), _BLOCKS_A_TICK, tick):
        with np.errstate(divide="ignore"):
            inside = t + np.log(own) if norm == "layer" else t
        below = np.zeros(()) if norm == "none" else np.logaddexp(inside, log_eps)
        now = np.logaddexp(log_w + inside - below, log_b)
        if not np.allclose(
            now, before, rtol=0.0, atol=_SETTLED
        ):  # under a norm it soon comes to rest
            before = now
            log_v, mean_f, log_d = moments_at(e, now)
        total += np.logaddexp(0.0, log_a + log_w + log_d - below)
        part = log_a + log_v
        most = np.maximum(np.maximum(t, part), _NOTHING)
        old, new = np.exp(0.5 * (t - most)), np.exp(0.5 * (part - most))
        mean = old * mean + new * mean_f
        own = old * old * own + new * new * (1.0 - mean_f * mean_f)
        p = own + mean * mean
        with np.errstate(divide="ignore", invalid="ignore"):
            t = most + np.log(p)
            mean, own = (np.where(p > 0.0, one, 0.0) for one in (mean / np.sqrt(p), own / p))
    return 0.5 * total / _LN_10, 0.5 * (t - start) / _LN_10


def moments_at(e: Expectations, t: Array) -> tuple[Array, Array, Array]:
    """ln V, M/√V and ln D at many t = ln q, beyond the table by f's power laws."""
    inside = np.clip(t, -Table.END, Table.END)
    moments = e.table.interpolated(inside)
    with np.errstate(divide="ignore", invalid="ignore"):
        square = np.maximum(moments.square, 0.0)
        mean = np.where(square > 0.0, moments.mean / np.sqrt(square), 0.0)
        log_v, log_d = np.log(square), np.log(np.maximum(moments.slope_square, 0.0))
    beyond, below = np.maximum(t - inside, 0.0), np.minimum(t - inside, 0.0)
    if e.activation(0.0):
        below = np.zeros(())
    falls = 0.0 if e.at_infinity.slope_square else -0.5  # f′ is left within some 1/√q of 0 alone
    with np.errstate(invalid="ignore"):
        log_v = log_v + e.degree * beyond + below
        log_d = log_d + (e.degree - 1.0 if e.degree > 1.0 else falls) * beyond
    return log_v, np.where(abs(mean) < NO_MEAN, 0.0, np.clip(mean, -1.0, 1.0)), log_d
