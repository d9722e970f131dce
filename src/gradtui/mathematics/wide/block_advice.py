"""The inverse question for blocks: which weights let gradient and stream through so many of them.

Glossary: as in `wide.block_ratios`. A σw is healthy if r and s are: r from log10 of the threshold
to its inverse, and s no more than that inverse; without a skip s does not count.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

from gradtui.mathematics.activations import activation as as_activation
from gradtui.mathematics.activations.record import Activation
from gradtui.mathematics.blocks.families import Block
from gradtui.mathematics.blocks.reading import block as as_block
from gradtui.mathematics.elementwise import Array
from gradtui.mathematics.initialisation.record import recommended_kaiming, sigmas_by_layer
from gradtui.mathematics.pieces import turn
from gradtui.mathematics.wide.advice import SIGMA_W_RANGE, Advice
from gradtui.mathematics.wide.block_path import block_path
from gradtui.mathematics.wide.block_ratios import block_ratios
from gradtui.progress import Tick, unwatched

_GRID, _FINER, _ROUNDS = 121, 30, 2
_FEW = 25
"""Points of the only look where rows depend on one another: each σw is followed alone."""
_DIGITS = 6


@dataclass(frozen=True, eq=False)
class BlockAdvice(Advice):
    """The σw that keeps gradient and stream over so many blocks; what `Advice` has, and more.

    Where theory does not say, every number is nan and the curve is empty.

    Attributes:
        block: which blocks.
        usual: the σw that is usual for the activation: Kaiming's gain.
        at_usual: r and s there.
        log10_stream: s at `sigma_w`.
        stream: s along the curve [points].
        why_silent: why theory does not say; "" where it does.
    """

    block: Block
    usual: float
    at_usual: tuple[float, float]
    log10_stream: float
    why_silent: str
    stream: Array = field(default_factory=lambda: np.empty(0))

    @property
    def unstable(self) -> bool:
        """Never: without a norm a skip keeps the signal, and with one that has its size."""
        return False

    @property
    def bounds(self) -> bool:
        """Whether it is the stream that the next larger σw would let grow beyond bounds."""
        above = int(np.searchsorted(self.curve[0], self.high, "right"))
        if not self.possible or above == len(self.stream):
            return False
        limit = -math.log10(self.threshold)
        return bool(self.stream[above] > limit >= self.curve[1][above])


def usual_sigma_w(activation: str | Activation) -> float:
    """Kaiming's gain, as PyTorch recommends it for an activation."""
    found = sigmas_by_layer(recommended_kaiming(activation), activation, (1, 1))
    return math.sqrt(found.typical.sigma_w2)


def why_silent(block: str | Block, batch: int | None) -> str:
    """Why theory does not say what a block does in a batch of so many rows; "" where it does."""
    return block_path(block, "identity", 1.0, batch=batch).why_silent


def advise_blocks(
    block: str | Block,
    activation: str | Activation,
    depth: int,
    threshold: float = 0.1,
    *,
    sigma_b: float = 0.0,
    x: float = 1.0,
    batch: int | None = None,
    followed: int | None = None,
    tick: Tick = unwatched,
) -> BlockAdvice:
    """The σw that keeps the norm of a gradient over so many blocks, at infinite width.

    Beside a skip many do, the least ones best, for a branch that does nothing harms nothing. It is
    the one nearest to the usual σw, Kaiming's gain, at which |r| and s stay half-way between the
    least that any σw makes of them and the end of what is healthy; where none is, the usual one.

    Args:
        block: which blocks.
        activation: f.
        depth: L.
        threshold: healthy is what is left of a gradient from here to its inverse.
        sigma_b: the standard deviation of a bias.
        x: the standard deviation of the inputs.
        batch: how many rows a batch has, if a norm is over them.
        followed: so many blocks are followed, if given; those after count as the last of them.
        tick: told the share that is done.
    """
    one, f = as_block(block), as_activation(activation)
    usual, limit = usual_sigma_w(f), -math.log10(threshold)
    if silent := why_silent(one, batch):
        nan = math.nan
        return BlockAdvice(
            f, depth, threshold, sigma_b, abs(x), nan, nan, nan, nan, np.empty((2, 0)),
            one, usual, (nan, nan), nan, silent,
        )  # fmt: skip
    rounds = 0 if one.in_batch else _ROUNDS

    def followed_at(w: Array, done: int) -> Array:
        own = turn(tick, done, rounds + 2)
        r, s = block_ratios(one, f, w, sigma_b, depth=depth, x=x, followed=followed, tick=own)
        return np.array([w, r, s if one.skips else np.zeros(w.shape)])

    first = np.geomspace(*SIGMA_W_RANGE, _FEW if one.in_batch else _GRID)
    found = followed_at(np.sort(np.append(first, usual)), 0)
    for done in range(1, rounds + 1):
        w, worst = found[0], _worst(found)
        levels = _good(worst, limit), limit
        changes = [np.flatnonzero(np.diff(worst <= level)) for level in levels]
        least = int(np.argmin(worst))
        ends = {*np.concatenate(changes).tolist(), max(least - 1, 0), min(least, len(w) - 2)}
        finer = [np.geomspace(w[i], w[i + 1], _FINER + 2)[1:-1] for i in ends]
        found = np.hstack([found, followed_at(np.setdiff1d(np.concatenate(finer), w), done)])
        found = found[:, np.argsort(found[0])]
    w, worst = found[0], _worst(found)
    good = w[worst <= _good(worst, limit)]
    best = float(f"{good[np.argmin(abs(np.log(good / usual)))]:.{_DIGITS}g}")
    at_best = followed_at(np.array([best]), rounds + 1)
    at = int(np.searchsorted(w, best))
    found = np.insert(found, [at], at_best, axis=1)
    low, high = _range(found, at, limit)
    at_usual = found[1:, int(np.argmin(abs(w - usual)))]
    return BlockAdvice(
        f, depth, threshold, sigma_b, abs(x), best, float(at_best[1, 0]), low, high, found[:2],
        one, usual, (float(at_usual[0]), float(at_usual[1])), float(at_best[2, 0]), "", found[2],
    )  # fmt: skip


def _worst(found: Array) -> Array:
    """The larger of |r| and s, decades."""
    worst: Array = np.maximum(abs(found[1]), found[2])
    return np.where(np.isnan(worst), np.inf, worst)


def _good(worst: Array, limit: float) -> float:
    """Up to how many decades a σw is as good as any."""
    least = float(worst.min())
    return 0.5 * (least + limit) if least <= limit else math.inf


def _range(found: Array, at: int, limit: float) -> tuple[float, float]:
    """From which σw to which around this one all are healthy; NaN where it is not."""
    w, ill = found[0], _worst(found) > limit
    if ill[at]:
        return math.nan, math.nan
    below, above = np.flatnonzero(ill[:at]), np.flatnonzero(ill[at:])
    low = float(w[below[-1] + 1]) if below.size else float(w[0])
    high = float(w[at + above[0] - 1]) if above.size else float(w[-1])
    return low, high
