"""The inverse question: which weights let a gradient through a network of a given depth.

Glossary: L depth, l layer (1 … L); n width; W_ij ~ N(0, σw²/n), b_i ~ N(0, σb²), inputs of
standard deviation |x|; f the activation, f′ its derivative, z standard normal; q_l the second
moment of the pre-activations of layer l, t = ln q, V(q) = E[f(√q z)²], D(q) = E[f′(√q z)²];
r = log10 of ‖∂L/∂a_0‖ / ‖∂L/∂a_L‖, what is left of the gradient.

    q_1 = σw² x² + σb²      q_{l+1} = σw² V(q_l) + σb²      χ_l = σw² D(q_l)
    r = ½ Σ_l log10 χ_l                                       at infinite width
    β                       the variance of ln‖∂L/∂a_0‖² over networks of width n, ∝ 1/n to leading
                            order; its mean is lower than at infinite width by β/2

A finite depth has an answer of its own: tanh with σw = 1 is critical and yet loses nine tenths
of a gradient over 80 layers, because χ_l < 1 as long as q_l has not come to rest.
"""

from __future__ import annotations

import math
from collections.abc import Generator
from dataclasses import dataclass

import numpy as np

from gradtui.mathematics.activations import activation as as_activation
from gradtui.mathematics.activations.record import Activation
from gradtui.mathematics.elementwise import Array
from gradtui.mathematics.steps import finish, told
from gradtui.mathematics.wide.moments import expectations

SIGMA_W_RANGE = 0.01, 100.0
"""Where σw is looked for."""

_GRID, _FINER, _ROUNDS = 241, 14, 4
"""Points of the first look, then so many in each bracket, four times: to 1e-9 of σw."""
_DIGITS = 6
"""An advised σw has so many: it is what is printed, pasted, simulated and judged."""
_LAYERS_A_STEP = 100
_WITHIN_95 = 1.6448536269514722
"""The 95 % quantile of the normal distribution."""


def log10_ratio_steps(
    activation: str | Activation,
    sigma_w: Array,
    sigma_b: Array,
    depth: int,
    x: float = 1.0,
    followed: int | None = None,
) -> Generator[float, None, Array]:
    """Do as `log10_ratio` does, some layers at a time; yields the share that is done.

    Only `followed` layers are, if given; those after them count as the last of them does.
    """
    table = expectations(as_activation(activation)).table
    w, b = np.square(sigma_w), np.square(sigma_b)
    q = w * x**2 + b
    total = np.zeros(q.shape)
    last = min(followed or depth, depth)
    for layer in range(1, last + 1):
        # Beyond the table f is at its limits, and all that counts of V is that q stays there.
        t = np.clip(np.log(np.maximum(q, 1e-300)), table.START, table.START + table.PANELS)
        moments = table.interpolated(t)
        # Where D decays as e^(-1/q), interpolation leaves noise around 0.
        with np.errstate(divide="ignore"):
            half_log_chi = 0.5 * np.log10(w * np.maximum(moments.slope_square, 0.0))
        q = w * np.maximum(moments.square, 0.0) + b
        total += half_log_chi * (1 if layer < last else 1 + depth - last)
        if layer % _LAYERS_A_STEP == 0:
            yield layer / last
    return total


def log10_ratio(
    activation: str | Activation, sigma_w: Array, sigma_b: Array, depth: int, x: float = 1.0
) -> Array:
    """r = ½ Σ_l log10 χ_l for arrays of σw and σb, right to 1e-8 a layer.

    Args:
        activation: f.
        sigma_w: √n times the standard deviation of a weight.
        sigma_b: the standard deviation of a bias.
        depth: L.
        x: the standard deviation of the inputs.
    """
    return finish(log10_ratio_steps(activation, sigma_w, sigma_b, depth, x))


# -------------------------------------------------------------------- advice


@dataclass(frozen=True, eq=False)
class Advice:
    """The σw that keeps a gradient over a depth, and how exact it has to be.

    Attributes:
        activation: f.
        depth: L.
        threshold: a ratio from here to its inverse is healthy.
        sigma_b: σb.
        x: the standard deviation of the inputs.
        sigma_w: the σw with r = 0, or with r nearest to it where there is none; 6 digits.
        log10_ratio: r there.
        low: the least σw around it that is healthy; 0.01 where lesser ones are too.
        high: the greatest; 100 where greater ones are too. Both NaN where none is.
        curve: σw in order and r, finer around these three; [2, points].
    """

    activation: Activation
    depth: int
    threshold: float
    sigma_b: float
    x: float
    sigma_w: float
    log10_ratio: float
    low: float
    high: float
    curve: Array

    @property
    def possible(self) -> bool:
        """Whether any σw is healthy at infinite width."""
        return self.low <= self.high

    @property
    def tolerance(self) -> float:
        """How far σw may be off, as a share of it: half the healthy range; NaN where none is."""
        return 0.5 * (self.high - self.low) / self.sigma_w

    @property
    def unstable(self) -> bool:
        """Whether σw has to be far more exact than where it only multiplies the gradient.

        There r rises by L / ln 10 for each unit of ln σw. A much steeper r means that the signal
        itself dies below this σw and explodes above it.
        """
        alone = -math.log(self.threshold) / self.depth
        return not self.tolerance > alone / 3.0


def advise(
    activation: str | Activation,
    depth: int,
    threshold: float = 0.1,
    *,
    sigma_b: float = 0.0,
    x: float = 1.0,
) -> Advice:
    """The σw that keeps the norm of a gradient over `depth` layers.

    Args:
        activation: f.
        depth: L.
        threshold: healthy is a ratio ‖∂L/∂a_0‖ / ‖∂L/∂a_L‖ from here to its inverse.
        sigma_b: the standard deviation of a bias.
        x: the standard deviation of the inputs.
    """
    return finish(advise_steps(activation, depth, threshold, sigma_b=sigma_b, x=x))


def advise_steps(
    activation: str | Activation,
    depth: int,
    threshold: float = 0.1,
    *,
    sigma_b: float = 0.0,
    x: float = 1.0,
    followed: int | None = None,
) -> Generator[float, None, Advice]:
    """Do as `advise` does, in steps; yields the share that is done.

    Only `followed` layers are, if given: a first answer for a deep network.
    """
    f = as_activation(activation)
    limit = -math.log10(threshold)
    b = np.array(sigma_b)
    w = np.geomspace(*SIGMA_W_RANGE, _GRID)
    rounds = _ROUNDS + 2
    r = yield from _part(log10_ratio_steps(f, w, b, depth, x, followed), 0, rounds)
    for number in range(1, _ROUNDS + 1):
        inner = [np.geomspace(w[i], w[k], _FINER + 2)[1:-1] for i, k in _brackets(r, limit)]
        more = np.setdiff1d(np.concatenate([*inner, w[:0]]), w)
        if not more.size:
            break
        new = yield from _part(log10_ratio_steps(f, more, b, depth, x, followed), number, rounds)
        order = np.argsort(np.concatenate([w, more]))
        w, r = (np.concatenate(pair)[order] for pair in ((w, more), (r, new)))
    best = float(f"{_best(w, r):.{_DIGITS}g}")
    at_best = yield from _part(
        log10_ratio_steps(f, np.array([best]), b, depth, x, followed), _ROUNDS + 1, rounds
    )
    low, high = _healthy_range(w, r, limit)
    return Advice(
        f, depth, threshold, sigma_b, x, best, float(at_best[0]), low, high, np.array([w, r])
    )


def _part(
    steps: Generator[float, None, Array], index: int, count: int
) -> Generator[float, None, Array]:
    """Steps that are one of several equal parts."""
    return told(steps, lambda share: (index + share) / count)


def _crossing(r: Array) -> int:
    """The index at which r has first come up to 0; or at which it is nearest to it."""
    up = np.flatnonzero((r[:-1] < 0.0) & (r[1:] >= 0.0))
    return int(up[0]) + 1 if up.size else int(np.argmin(abs(r)))


def _edges(r: Array, limit: float) -> tuple[int, int]:
    """The index of the last r too low before the crossing, and of the first too high after it.

    -1 and len(r) where there is none.
    """
    at = _crossing(r)
    below = np.flatnonzero(r[: at + 1] < -limit)
    above = np.flatnonzero(r[at:] > limit)
    return int(below[-1]) if below.size else -1, at + int(above[0]) if above.size else len(r)


def _brackets(r: Array, limit: float) -> list[tuple[int, int]]:
    """Neighbours between which r is -limit, 0 and limit."""
    at = _crossing(r)
    low, high = _edges(r, limit)
    pairs = {(low, low + 1), (at - 1, at), (high - 1, high)}
    return sorted((i, k) for i, k in pairs if i >= 0 and k < len(r))


def _best(w: Array, r: Array) -> float:
    at = _crossing(r)
    if at and r[at - 1] < 0.0 <= r[at]:
        return _between(w, r, at - 1, 0.0)
    return float(w[at])


def _healthy_range(w: Array, r: Array, limit: float) -> tuple[float, float]:
    low, high = _edges(r, limit)
    if not np.any(abs(r[low + 1 : high]) <= limit):
        return math.nan, math.nan
    least = _between(w, r, low, -limit) if low >= 0 else float(w[0])
    most = _between(w, r, high - 1, limit) if high < len(r) else float(w[-1])
    return least, most


def _between(w: Array, r: Array, i: int, level: float) -> float:
    """The σw between w[i] and w[i + 1] at which r is `level`, on a line; at a leap, the middle."""
    rise = float(r[i + 1] - r[i])
    share = (level - float(r[i])) / rise if math.isfinite(rise) and rise > 0.0 else 0.5
    return float(w[i] + share * (w[i + 1] - w[i]))


# --------------------------------------------------------------------- width


def sufficient_width(n_beta: float, log10_ratio: float, threshold: float) -> float:
    """From which width on 95 % of networks keep `threshold`, to leading order.

    That is the n at which r ln 10 - β/4 - 1.645 √β/2 = ln(threshold); inf where r itself is less.

    Args:
        n_beta: n β, which depends on the path of q alone (`GradientPath.log_variance`).
        log10_ratio: r at infinite width.
        threshold: the ratio to keep.
    """
    room = math.log(10.0) * log10_ratio - math.log(threshold)
    if not room > 0.0:
        return math.inf
    root_beta = math.sqrt(_WITHIN_95**2 + 4.0 * room) - _WITHIN_95
    return n_beta / root_beta**2
