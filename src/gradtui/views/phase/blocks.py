"""One activation in residual blocks, at the cursor of the map over σw and α: h + α f(W N(h) + b).

What is added makes both larger, the gradient on its way down and the stream on its way up: a skip
alone is no success, and α says how much of one it is.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from decimal import Decimal

import numpy as np

from gradtui.mathematics.elementwise import Array
from gradtui.mathematics.spec import number
from gradtui.mathematics.wide.block_path import block_path
from gradtui.mathematics.wide.block_ratios import block_ratios
from gradtui.models.finding import Kind, Remedy, digits_beside
from gradtui.models.kept import Kept
from gradtui.models.subject import Subject
from gradtui.progress import Tick
from gradtui.setup import Setup
from gradtui.wording import LARGEST, counted, magnitude

LEAST, MOST = 1e-6, 1e3
"""Between these α the most that is healthy is looked for."""
_SHARES, _ROUNDS = 65, 3
"""So many α are tried at once, and so often between two of them: right to four digits."""
_FOLLOWED = 1000
"""So many blocks at the most are followed for one width."""


@dataclass(frozen=True, eq=False)
class BlockPoint:
    """One activation at the cursor.

    Attributes:
        subject: the activation, with the cursor where the point is.
        log10_left: log10 of the gradient's norm at the input beside that after the last block.
        log10_stream: log10 of the rms of the stream after the last block beside that of the
            input; NaN where the input is 0.
        most_alpha: up to this α blocks of this σw leave both healthy, once it is known; 0 where
            none does, ∞ where all do.
        coherent: by how much the squared gradient of networks of this width is above that of
            infinite width, as f's mean adds up along the stream; relative, once it is known.
        remedy: what was found to help.
    """

    subject: Subject
    log10_left: float
    log10_stream: float
    most_alpha: float | None = None
    coherent: float = 0.0
    remedy: Remedy | None = None

    @property
    def name(self) -> str:
        """The activation."""
        return self.subject.activation

    @property
    def blocks(self) -> int:
        """How many blocks the gradient passes."""
        return self.subject.setup.depth

    @property
    def log10_rate(self) -> float:
        """log10 of the factor of the gradient's norm a block, in the geometric mean."""
        return self.log10_left / self.blocks

    def kind(self, log10_limit: float) -> Kind:
        """What becomes of the gradient; where it is healthy, of the stream."""
        return kind_of(self.log10_left, self.log10_stream, log10_limit)


def kind_of(log10_left: float, log10_stream: float, log10_limit: float) -> Kind:
    """Healthy is where both are from the threshold to its inverse."""
    kind = Kind.of(log10_left, log10_limit)
    if kind is Kind.HEALTHY and log10_stream > -log10_limit:
        return Kind.EXPLODING
    return kind


def rooted(setup: Setup) -> float:
    """α = 1/√L, with so many digits as are printed."""
    return float(f"{setup.depth**-0.5:.3g}")


def rounded_down(alpha: float) -> float:
    """In two digits, not above, so that it is as healthy as it is said to be."""
    near = Decimal(f"{alpha:.2g}")
    return float(near if near <= Decimal(alpha) else near - Decimal((0, (1,), near.adjusted() - 1)))


# --------------------------------------------------------------- at the cursor


def ratios(
    name: str, sigma_w: Array, alpha: Array, setup: Setup, tick: Tick
) -> tuple[Array, Array]:
    """log10 of what is left of a gradient, and of the stream, after the blocks of a setup."""
    left, stream = block_ratios(
        f"residual(norm={setup.plane.branch_norm})",
        name,
        sigma_w,
        setup.plane.sigma_b,
        alpha=alpha,
        depth=setup.depth,
        x=abs(setup.x),
        beside_input=True,  # a larger α makes more of it, in the first block as in any
        tick=tick,
    )
    # Of inputs of 0 the stream has no ratio.
    return left, stream if setup.x else np.full_like(stream, math.nan)


def block_point(subject: Subject, tick: Tick) -> BlockPoint:
    """What takes hardly any time to know at the cursor."""
    plane = subject.setup.plane
    left, stream = at_alpha(subject, plane.alpha, tick)
    return BlockPoint(subject, left, stream)


def at_alpha(subject: Subject, alpha: float, tick: Tick) -> tuple[float, float]:
    """What becomes of the gradient and of the stream there, at the cursor's σw."""
    setup = subject.setup
    at = np.array([setup.plane.sigma_w]), np.array([alpha])
    left, stream = ratios(subject.activation, *at, setup, tick)
    return float(left[0]), float(stream[0])


def with_most_alpha(point: BlockPoint, tick: Tick) -> BlockPoint:
    """The same with the most α that is healthy, and what a finite width adds at the cursor's."""
    setup = point.subject.setup
    plane = setup.plane
    key = (point.name, plane.sigma_w, plane.sigma_b, plane.branch_norm, abs(setup.x), setup.depth,
           setup.threshold)  # fmt: skip
    at = (*key, plane.alpha, setup.network.width)
    return replace(
        point,
        most_alpha=_most.get(key, lambda: _most_alpha(point, tick)),
        coherent=_coherent.get(at, lambda: _above(point)),
    )


_most = Kept[float](64)
_coherent = Kept[float](64)


def _above(point: BlockPoint) -> float:
    """`coherent` of the first blocks; of more it is more."""
    setup = point.subject.setup
    plane = setup.plane
    spec = f"residual(norm={plane.branch_norm}, alpha={number(plane.alpha)})"
    w2, b2, blocks = plane.sigma_w**2, plane.sigma_b**2, min(setup.depth, _FOLLOWED)
    path = block_path(spec, point.name, w2, b2, blocks, abs(setup.x))
    return float(path.coherent(setup.network.width)[0])


def _most_alpha(point: BlockPoint, tick: Tick) -> float:
    """The largest α up to which all are healthy: both ratios rise with it."""
    setup, low, high = point.subject.setup, LEAST, MOST
    limit = setup.log10_threshold
    sigma_w = np.array([setup.plane.sigma_w])
    for count in range(_ROUNDS):
        alphas = np.geomspace(low, high, _SHARES)
        left, stream = ratios(point.name, sigma_w, alphas, setup, tick)
        sick = [
            kind_of(*both, limit) is not Kind.HEALTHY
            for both in zip(left.tolist(), stream.tolist(), strict=True)
        ]
        if not any(sick):
            return math.inf if count == 0 else high
        first = sick.index(True)
        if first == 0:
            return 0.0
        low, high = float(alphas[first - 1]), float(alphas[first])
    return low


# -------------------------------------------------------------------- wording


def left_in_words(point: BlockPoint) -> str:
    """What becomes of the gradient and of the stream over the point's blocks."""
    return in_words(point.subject.setup, point.log10_left, point.log10_stream)


def in_words(setup: Setup, log10_left: float, log10_stream: float) -> str:
    """The same of any two ratios."""
    blocks = counted(setup.depth, "block")
    verb = "makes" if setup.depth == 1 else "make"
    left = times_in_words(log10_left, setup)
    if math.isnan(log10_stream):
        return f"{blocks} {verb} the gradient {left}, of a stream that began at 0"
    return f"{blocks} {verb} the gradient {left}, the stream {times_in_words(log10_stream, setup)}"


def times_in_words(log10: float, setup: Setup) -> str:
    """A ratio as a factor, with so many digits as tell it from the threshold's inverse."""
    if log10 == math.inf:
        return f"more than ×{magnitude(LARGEST)}"
    return f"×{magnitude(log10, digits_beside(log10, setup.log10_threshold))}"
