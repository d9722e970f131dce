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

import itertools
import math
from dataclasses import dataclass

import numpy as np

from gradtui.errors import InputError
from gradtui.mathematics.activations import activation as as_activation
from gradtui.mathematics.activations.record import Activation
from gradtui.mathematics.elementwise import Array
from gradtui.mathematics.limits import MAX_DEPTH
from gradtui.mathematics.pieces import turn
from gradtui.mathematics.wide.moments import expectations
from gradtui.mathematics.wide.path import WITHIN_90
from gradtui.mathematics.wide.recursion import Recursion
from gradtui.mathematics.wide.second_moment import MAX_VARIANCE, one_number
from gradtui.progress import Tick, unwatched

SIGMA_W_RANGE = 0.01, 100.0
"""Where σw is looked for."""

_GRID, _FINER, _ROUNDS = 241, 14, 4
"""Points of the first look, then so many in each bracket, four times: to 1e-9 of σw."""
_DIGITS = 6
"""An advised σw has so many: it is what is printed, pasted, simulated and judged."""
_LAYERS_A_TICK = 100


def log10_ratio(
    activation: str | Activation,
    sigma_w: Array,
    sigma_b: Array,
    depth: int,
    x: float = 1.0,
    *,
    followed: int | None = None,
    tick: Tick = unwatched,
) -> Array:
    """r = ½ Σ_l log10 χ_l for arrays of σw and σb, right to 1e-8 a layer.

    Args:
        activation: f.
        sigma_w: √n times the standard deviation of a weight.
        sigma_b: the standard deviation of a bias.
        depth: L.
        x: the standard deviation of the inputs.
        followed: so many layers are followed, if given; those after count as the last of them.
        tick: told the share that is done, some hundred layers at a time.
    """
    w, b = np.square(sigma_w), np.square(sigma_b)
    recursion = Recursion(expectations(as_activation(activation)), w, b)
    q = w * x**2 + b
    total = np.zeros(q.shape)
    last = min(followed or depth, depth)
    for layer, log10_chi in enumerate(itertools.islice(recursion.layers(q), last), 1):
        total += 0.5 * log10_chi * (1 if layer < last else 1 + depth - last)
        if layer % _LAYERS_A_TICK == 0 or layer == last:
            tick(layer / last)
    return total


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
    followed: int | None = None,
    tick: Tick = unwatched,
) -> Advice:
    """The σw that keeps the norm of a gradient over `depth` layers, at infinite width.

    It is the least σw from 0.01 to 100 at which r = ½ Σ_l log10(σw² D(q_l)) rises through 0, with
    q_1 = σw² x² + σb² and q_{l+1} = σw² V(q_l) + σb², after Poole et al., NIPS 2016, and
    Schoenholz et al., ICLR 2017; its healthy range is where |r| ≤ -log10(threshold) around it.

    Args:
        activation: a name, a text form such as `leaky_relu(0.2)`, or an `Activation`.
        depth: L, 1 to 100,000.
        threshold: healthy is a ratio ‖∂L/∂a_0‖ / ‖∂L/∂a_L‖ from here to its inverse.
        sigma_b: the standard deviation of a bias.
        x: the standard deviation of the inputs.
        followed: so many layers are followed, if given, for a first answer for a deep network;
            those after count as the last of them.
        tick: told the share that is done, some hundred layers at a time.

    Raises:
        InputError: a depth or `followed` that is no whole number in its range, a threshold that
            is not above 0 and below 1, a σb outside 0 to 1e10 or an |x| outside 0 to 1e100.
    """
    f = as_activation(activation)
    layers, healthy, b, size, first = _checked(depth, threshold, sigma_b, x, followed)
    limit = -math.log10(healthy)

    def ratio(sigma_w: Array, done: int) -> Array:
        own = turn(tick, done, _ROUNDS + 2)
        return log10_ratio(f, sigma_w, np.array(b), layers, size, followed=first, tick=own)

    w = np.geomspace(*SIGMA_W_RANGE, _GRID)
    r = ratio(w, 0)
    for done in range(1, _ROUNDS + 1):
        finer = [np.geomspace(w[i], w[k], _FINER + 2)[1:-1] for i, k in _brackets(r, limit)]
        more = np.setdiff1d(np.concatenate([*finer, w[:0]]), w)
        if not more.size:
            break
        new = ratio(more, done)
        order = np.argsort(np.concatenate([w, more]))
        w, r = (np.concatenate(pair)[order] for pair in ((w, more), (r, new)))
    best = float(f"{_best(w, r):.{_DIGITS}g}")
    at_best = float(ratio(np.array([best]), _ROUNDS + 1)[0])
    low, high = _healthy_range(w, r, limit)
    return Advice(f, layers, healthy, b, size, best, at_best, low, high, np.array([w, r]))


def _checked(
    depth: int, threshold: float, sigma_b: float, x: float, followed: int | None
) -> tuple[int, float, float, float, int | None]:
    """What `advise` was asked, but for the activation."""
    for field, value in (("depth", depth), ("followed", 1 if followed is None else followed)):
        whole = isinstance(value, int | np.integer) and not isinstance(value, bool)
        if not whole or not 1 <= value <= MAX_DEPTH:
            raise InputError(field, value, f"a whole number from 1 to {MAX_DEPTH:,}", "try 50")
    if not (isinstance(threshold, int | float | np.number) and 0.0 < threshold < 1.0):
        raise InputError("threshold", threshold, "a number above 0 and below 1", "try 0.1")
    b = float(one_number("sigma_b", sigma_b, 0.0, math.sqrt(MAX_VARIANCE)))
    size = one_number("x", x, -1e100, 1e100)
    return depth, threshold, b, abs(size), followed


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
    root_beta = math.sqrt(WITHIN_90**2 + 4.0 * room) - WITHIN_90
    return n_beta / root_beta**2
