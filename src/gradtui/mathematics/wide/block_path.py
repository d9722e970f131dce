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
from gradtui.mathematics.blocks.families import Block
from gradtui.mathematics.blocks.reading import block as as_block
from gradtui.mathematics.blocks.steps import Matrix, Normed, Step, Steps
from gradtui.mathematics.elementwise import Array
from gradtui.mathematics.pieces import watched
from gradtui.mathematics.wide.moments import expectations
from gradtui.mathematics.wide.path import Followed, log10_below
from gradtui.mathematics.wide.scatter import Scatter, scatter
from gradtui.mathematics.wide.second_moment import MAX_VARIANCE, numbers
from gradtui.mathematics.wide.signal import Medium, Signal, added, log, normed
from gradtui.progress import Tick, unwatched

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

_BLOCKS_A_TICK = 20
_LN_10 = math.log(10.0)
_ANOTHER = 1.0
"""Decades by which the first block makes another signal of the input, at the least."""
_GOES_ON = 0.5
"""The share of that by which the next block goes on, where the stream just grows so fast."""

SMALL_BATCH = 32
"""A batch of fewer rows is normed otherwise than one of many."""

_SAMPLED = 33
"""At so many blocks κ is evaluated; it changes slowly in between."""


def begins_after(
    block: Block, start: ArrayLike, first: ArrayLike, second: ArrayLike
) -> NDArray[np.bool_]:
    """Whether a stream is measured from the first block on, and not from the input.

    A norm after the skip makes any input the same, and a first block may leave nothing of a tiny
    one: another signal, and no stream that grew, if the second block does not go on like that.

    Args:
        block: which.
        start: log10 of the size of the inputs.
        first: that of the stream after the first block.
        second: and after the second, or the first again where there is no other.
    """
    normed = any(isinstance(step, Normed) for step in block.steps(1).after)
    with np.errstate(invalid="ignore"):
        leap, on = np.abs(np.subtract(first, start)), np.abs(np.subtract(second, first))
        another: NDArray[np.bool_] = normed | ~((leap < _ANOTHER) | (on > _GOES_ON * leap))
    return another


@dataclass(frozen=True, eq=False)
class BlockPath(Followed):
    """How the gradient at one input goes through the blocks; arrays [depth], index l - 1.

    Where theory does not say, every number is nan.

    Attributes:
        activation: f.
        block: which blocks.
        sigma_w2: σw² of the first matrix of each block.
        sigma_b2: σb² of it.
        says: whether theory follows these blocks.
        why_silent: why it does not, in words; "" where it does.
        log10_q: log10 q_l.
        log10_chi: log10 χ_l, of the squared norm; -inf where it is exactly 0; where it is too small
            to be followed a number that is above it.
        log10_branch: log10 of α² c_l, the branch's part of χ_l before a norm on the stream.
        log10_grad_z: log10 of ‖∂L/∂z_l‖ / ‖g_l‖, over all units inside the branch.
        log10_weights: log10 of ‖∂L/∂W‖ / (√n ‖g_l‖) at one input, of all matrices of the block.
        log10_stream: log10 √E[h_l²], l = 0 … L [depth + 1].
        log10_part: log10 of α² E[B²] / E[h²], of what the branch adds to the stream.
        log10_q_first: log10 of the second moment before the first activation, where a branch has
            two; else nan.
        mean: μ_l/√E[h_l²], the stream's mean over units [depth + 1].
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
    log10_part: Array
    log10_q_first: Array
    mean: Array
    followed: NDArray[np.bool_]

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

    def log_variance(self, units: int) -> Array:
        """β of ln‖g_l‖² over networks of n units, for l = 0 … L [depth + 1], to first order in 1/n.

        Through a branch of one matrix a gradient's squared norm varies by (2 + 3κ)/n, through one
        of two by (2 + 3κ)/m + 2/n, and by 3κ₁/n through an activation before them, where κ is the
        relative variance of what f multiplies the gradient's square by. A branch whose share of χ_l
        is s = α²c/(1 + α²c) adds s² of that, and 4s(1 - s)/n by its product with the skip's part.
        Where a norm divides by the signal's size, how that scatters is added, to first order:
        forward a branch varies as backward, with f² for f′², and what it does to the stream stays
        there. That is an estimate: it leaves out what the two have in common where there is a
        skip, and, without a norm, how the signal scatters at all.
        """
        n, m = float(units), float(self.block.inner(units))
        at = self._scatter(self.log10_q, self.block.glu)
        two = self.block.family.matrices == 2
        back = 3.0 * at["back"] / m + 2.0 / n + (2.0 / m if two else 0.0)
        forth = at["forth"] / m + (2.0 / n if two else 0.0)
        if not np.isnan(self.log10_q_first).all():
            first = self._scatter(self.log10_q_first, False)
            back, forth = back + 3.0 * first["back"] / n, forth + 2.0 / m
        if not self.block.skips:
            each = back
            if self.block.norm != "none":
                each = each + (2.0 + at["held"] - 2.0 * at["both"]) / n
            return np.append(np.cumsum(each[::-1])[::-1], 0.0)
        share, part = (
            _share(10.0 ** np.minimum(x, 250.0)) for x in (self.log10_branch, self.log10_part)
        )
        each = share * share * back + 4.0 * share * (1.0 - share) / n
        if self.block.norm == "none":
            return np.append(np.cumsum(each[::-1])[::-1], 0.0)
        noise = part * part * forth + 4.0 * part * (1.0 - part) / n
        if self.block.name == "post_norm":
            return np.append(np.cumsum((each + noise)[::-1])[::-1], 0.0)
        # d_l, by how much ln E[h_l²] is off: d_l = (1 - part) d_{l-1} + noise; χ falls by share · d
        off, beta = np.empty(self.depth), np.zeros(self.depth + 1)
        here = 2.0 / n
        for block in range(self.depth):
            off[block] = here
            here = (1.0 - part[block]) ** 2 * here + noise[block]
        effect = later = 0.0
        for block in range(self.depth - 1, -1, -1):
            later += each[block] + noise[block] * effect * effect
            effect = share[block] + (1.0 - part[block]) * effect
            beta[block] = later + off[block] * effect * effect
        return beta

    def projected(self, units: int, batch: int | None = None) -> Array:
        """How far a norm puts E ln‖g_l‖² of n units below infinite width, l = 0 … L [depth + 1].

        The gradient behind a norm has nothing along what the norm was given, and with LayerNorm
        nothing along (1, …, 1): k of n directions. Of g_l the share that comes newly from a branch
        has them, s = α²c/(1 + α²c) behind a skip, all of it without one: -ln(1 - k s/n) a block.
        A batch norm over B rows without a skip makes (1 + 1/(2B))² more of it a layer. To leading
        order; 0 where the norm is inside a branch.
        """
        if self.block.norm == "batch":
            more = 2.0 * math.log1p(0.5 / batch) if batch and not self.block.skips else 0.0
            each = np.full(self.depth, -more)
        elif self.block.skips and self.block.name != "post_norm":
            each = np.zeros(self.depth)
        else:
            directions = {"layer": 2.0, "rms": 1.0, "none": 0.0}[self.block.norm]
            share = (
                _share(10.0 ** np.minimum(self.log10_branch, 250.0)) if self.block.skips else 1.0
            )
            with np.errstate(divide="ignore"):
                each = np.broadcast_to(
                    -np.log1p(-np.minimum(directions * share / units, 1.0)), self.depth
                )
        return np.append(np.cumsum(each[::-1])[::-1], 0.0)

    def coherent(self, units: int) -> Array:
        """By how much E‖g_l‖² of n units is above that of infinite width, relative [depth + 1].

        Where f(W h) with a mean is added to the stream itself, h grows along (1, …, 1), and of the
        gradient what is along h and along (1, …, 1) grows faster than the rest: it begins as 1/n
        of it and, deep enough, is more than it. With μ and p the stream's mean and second moment,
        u = p - μ² its variance over units, a = h·g, s = Σ_i g_i and δ = f′∘g of a block l

            F = f·g = E[f] s + α Var f (a - μ s)/u             X = W h·δ, with E[z f′] for E[f] and
            a ← a + α (X - F)      s ← s + α μ X/p + noise     Cov(z f′, f) for Var f

        and ‖g‖² gains (2α (a - αF) X + α² X²)/(n p) a block, for an upstream gradient of
        independent units. 0 for other blocks. Where it is no longer small the infinite width tells
        little of networks of n units, and ‖g_l‖² depends on the upstream gradient's direction.
        """
        above = np.zeros(self.depth + 1)
        if self.block.name != "residual" or self.block.norm != "none" or not self.says:
            return above
        at = self._scatter(self.log10_q, False)
        if not np.any(at["mean"] * at["turned"]):
            return above
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            rho2 = 10.0 ** (2.0 * np.diff(self.log10_stream))
            added = 10.0 ** (0.5 * self.log10_part)
            added[np.isinf(added)] = rho2[np.isinf(rho2) | np.isnan(rho2)] = 0.0  # of a stream of 0
            straight = 1.0 - self.sigma_b2 / np.maximum(self.q, 1e-300)
            chi, branch, r = 10.0**self.log10_chi, 10.0**self.log10_branch, self.mean
            # of a/√E[h_l²] and s: their second moments, ‖g_l‖² = 1 being that of infinite width
            moments, norm = np.array([[1.0, r[-1]], [r[-1], 1.0]]), 1.0
            for block in range(self.depth - 1, -1, -1):
                part, rho, later = added[block], math.sqrt(rho2[block]), r[block + 1]
                own = (
                    part * part / (rho * (1.0 - later * later)) if abs(later) < 1.0 and rho else 0.0
                )
                mean, turned = at["mean"][block], at["turned"][block] * straight[block]
                of_f, of_x = own * (1.0 - mean * mean), own * at["shared"][block] * straight[block]
                f = np.array([of_f, part * mean - of_f * later])
                x = np.array([of_x, part * turned - of_x * later])
                along = np.array([rho, 0.0]) - f
                gain = 2.0 * along @ moments @ x + x @ moments @ x
                turn = np.array([along + x, np.array([0.0, 1.0]) + r[block] * x])
                moments = turn @ moments @ turn.T / chi[block]
                moments[1, 1] += branch[block] / chi[block] * norm
                norm += gain / (units * chi[block])
                above[block] = norm - 1.0
        return np.where(np.isnan(above), math.inf, np.maximum(above, 0.0))

    def _scatter(self, log10_q: Array, gated: bool) -> dict[str, Array]:
        """`Scatter` of every block, taken at some of them and between them interpolated."""
        at = np.unique(np.linspace(0, self.depth - 1, min(self.depth, _SAMPLED)).round())
        q = np.exp(np.clip(log10_q * _LN_10, -270.0, 270.0))
        e = expectations(self.activation)
        taken = [scatter(e, float(q[int(block)]), gated) for block in at]
        blocks = np.arange(self.depth)
        return {
            name: np.interp(blocks, at, [getattr(one, name) for one in taken])
            for name in Scatter._fields
        }


def _share(ratio: Array) -> Array:
    """The share of what is so many times the rest."""
    share: Array = ratio / (1.0 + ratio)
    return share


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
        block: which blocks, as `blocks.reading.block` takes them.
        activation: a name, a text form such as `leaky_relu(0.2)`, or an `Activation`.
        sigma_w2: n_in times the variance of a weight, of all blocks, of each [depth], or of each
            of its k matrices [depth, k], before a block's own factors.
        sigma_b2: the variance of a bias, likewise; it is 0 where a block's own factor is 0.
        depth: L.
        x: the standard deviation of an input.
        batch: how many rows a batch has, if a norm is over them; None for many.
        tick: is told the share that is done.

    Raises:
        InputError: a variance outside 0 to 1e20, an |x| outside 0 to 1e100, or an unknown block or
            activation.
    """
    blocks, f = as_block(block), as_activation(activation)
    w, b = (
        _of_matrices(numbers(name, values, 0.0, MAX_VARIANCE), depth, blocks.family.matrices)
        for name, values in (("sigma_w2", sigma_w2), ("sigma_b2", sigma_b2))
    )
    size = float(numbers("x", abs(x), 0.0, 1e100))
    why_silent = _why_silent(blocks, batch)
    rows = np.full((depth, len(_Passed._fields)), math.nan)
    stream, means = np.full((2, depth + 1), math.nan)
    if not why_silent:
        _follow(blocks, f, w, b, size, rows, stream, means, tick)
    log_q, log_chi, log_branch, log_grad_z, log_weights, log_part, log_q_first, below = (
        rows / _LN_10
    ).T
    return BlockPath(
        f, blocks, w[:, 0], b[:, 0], not why_silent, why_silent, log_q, log_chi, log_branch,
        0.5 * log_grad_z, 0.5 * log_weights, 0.5 * stream / _LN_10,
        log_part, log_q_first, means, ~(below > 0.0),
    )  # fmt: skip


def _of_matrices(values: Array, depth: int, matrices: int) -> Array:
    """One number for each matrix, [depth, matrices]."""
    each = values[:, None] if values.ndim == 1 else values
    return np.broadcast_to(each, (depth, matrices))


class _Passed(NamedTuple):
    """What one block did, as logarithms of squares."""

    q: float
    chi: float
    branch: float
    grad_z: float
    weights: float
    part: float
    q_first: float
    bound: float
    """Above 0 where χ is only known to be below what `chi` says."""


def _why_silent(blocks: Block, batch: int | None) -> str:
    if blocks.name == "basic_block":
        return "f stands after the skip, where the stream is no longer normal"
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
    means: Array,
    tick: Tick,
) -> None:
    """Fill `rows`, [L, numbers of `_Passed`], and ln E[h_l²] and μ_l/√E[h_l²], [L + 1]."""
    depth = len(w)
    walk = _Walk(f, blocks.steps(depth), blocks.in_batch, blocks.expansion)
    here = Signal(2.0 * log(x))
    stream[0], means[0] = here.t, here.mean
    before: tuple[Signal, list[float], list[float]] | None = None
    for index in watched(range(depth), _BLOCKS_A_TICK, tick):
        at = here, w[index].tolist(), b[index].tolist()
        if at == before:
            rows[index] = rows[index - 1]
        else:
            passed, here = walk.block(*at)
            rows[index] = passed
        before = at
        stream[index + 1], means[index + 1] = here.t, here.mean


@dataclass
class _Walk:
    """The way through blocks of one kind, forward and back."""

    f: Activation
    steps: Steps
    in_batch: bool
    expansion: float

    def __post_init__(self) -> None:
        self.medium = Medium(expectations(self.f), self.in_batch)
        self.least = log10_below(self.f) * _LN_10

    def block(self, stream: Signal, w: list[float], b: list[float]) -> tuple[_Passed, Signal]:
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
        part = branch.t + 2.0 * log(alpha) if skips else math.nan
        if part > -math.inf:
            part -= stream.t
        first = gone.activated[0][1] if len(gone.activated) > 1 else math.nan
        branch_alone = through - on_the_stream
        return _Passed(
            q,
            chi,
            branch_alone,
            float(back[last]),
            float(np.logaddexp.reduce(weights)),
            part,
            first,
            float(bounded),
        ), after

    def _steps(
        self, steps: tuple[Step, ...], one: Signal, w: list[float], b: list[float], gone: _Gone
    ) -> Signal:
        for at, step in enumerate(steps):
            if isinstance(step, Matrix):
                factor2, k = step.factor * step.factor, len(gone.matrices)
                wide = log(self.expansion) if step.inside[0] == "m" else 0.0
                gone.matrices.append((at, one.t + wide))
                gone.gains.append(log(factor2 * w[k]))
                one = self.medium.linear(one, factor2 * w[k], b[k] if step.factor else 0.0)
            elif isinstance(step, Normed):
                one, gain = normed(one, step)
                gone.gains.append(gain)
            else:
                gone.activated.append((at, one.t))
                exact = one.t == -math.inf
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
        matrices: where a matrix stood, and ln of the squared norm that it was given, over n.
        activated: where an activation stood, and ln q there.
        bounded: whether a gain is only known to be below what is said.
    """

    gains: list[float] = field(default_factory=list)
    matrices: list[tuple[int, float]] = field(default_factory=list)
    activated: list[tuple[int, float]] = field(default_factory=list)
    bounded: bool = False
