"""Over all variances: where gradients neither vanish nor explode, and the rate elsewhere.

Glossary: σw² = n_in times the variance of a weight, σb² the variance of a bias; q the second moment
of a pre-activation, q* its fixed point, t = ln q, z standard normal, f the activation, f′ its
derivative; V = E[f(√q z)²], D = E[f′(√q z)²], M(q) = σw² V + σb², χ = σw² D the rate per layer of
the squared gradient norm.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from gradtui.errors import InputError
from gradtui.mathematics.activations import activation as as_activation
from gradtui.mathematics.activations.record import Activation, short
from gradtui.mathematics.elementwise import Array
from gradtui.mathematics.wide.moments import Expectations, Moments, expectations
from gradtui.mathematics.wide.recursion import Recursion
from gradtui.mathematics.wide.second_moment import (
    BISTABLE,
    CLOSE,
    COLLAPSES,
    DIVERGES,
    EVERY,
    FIXED,
    MAX_VARIANCE,
    NOISE,
    numbers,
    root,
    variance,
)

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


_STEEPER = 1.0 + 1e-11
"""M′/χ above it is above 1, and a fixed point with χ = 1 unstable."""

MAX_SIDE = 2000
"""The longest side of a map."""

_AT_ONCE = 1_000_000  # truth values of one array
_TO_0, _TO_INFINITY = -1, -2
_STARTS = 1e-28, 1e28
"""Where q may start: inside the table."""
_TABULATED = 1e-9
"""A rise of q by less, relative, is the table's error."""


class CriticalPoint(NamedTuple):
    """A σw² at which χ = 1 at a fixed point that q reaches."""

    sigma_w2: float
    q: float
    """q*; 1.0 where every q is a fixed point."""


class CriticalLine(NamedTuple):
    """Critical points along rising q*; NaN where the line is interrupted."""

    sigma_w2: Array
    sigma_b2: Array
    q: Array


def critical_sigma_w2(activation: str | Activation, sigma_b2: float = 0.0) -> float:
    """The σw² with χ = 1 at the fixed point, right to 1e-8; the smallest if there are several.

    That is the first one met from the ordered side, where gradients vanish; `critical_points`
    has all of them. Where signals can also diverge, it takes a q0 below the critical q* to stay.

    Raises:
        InputError: a variance outside 0 to 1e20, or one at which there is no critical point.
    """
    f, b = as_activation(activation), variance("sigma_b2", sigma_b2)
    points = critical_points(f, b)
    if points:
        return points[0].sigma_w2
    possible = _possible(expectations(f))
    if possible is None:
        raise InputError(
            "activation",
            f.spec,
            "one with a critical point, at any sigma_b2: no q that signals settle at has χ = 1",
            "try tanh or relu, or set sigma_w2 by hand",
        )
    least, most = possible
    where = (
        f"only {short(least)} has one"
        if least == most
        else f"it takes {short(least)} or more"
        if most > 1e6
        else f"it takes {short(least)} to {short(most)}"
    )
    raise InputError(
        "sigma_b2",
        b,
        f"a bias variance at which {f.spec} has a critical point, a stable q* with χ = 1: {where}",
        f"try sigma_b2={_at_or_above(least)}",
    )


def critical_points(
    activation: str | Activation, sigma_b2: float = 0.0
) -> tuple[CriticalPoint, ...]:
    """Every critical point at this σb², by rising σw²; empty if there is none.

    χ = 1 says σw² = 1/D(q), and q = M(q) then says σb² = G(q) with G = q - V/D: one equation for
    q. Of its roots those count that are reached, M′ = V′/D ≤ 1; if equal, q* is half-stable.

    Raises:
        InputError: a variance outside 0 to 1e20.
    """
    f, b = as_activation(activation), variance("sigma_b2", sigma_b2)
    e = expectations(f)
    t = e.table.t
    at_0 = _critical_at_0(e) if b == 0.0 else None
    points = [at_0] if at_0 else []

    def excess(t: float) -> float:
        q = math.exp(t)
        return float(_excess(e.moments(np.array(q)), np.array(q), b))

    over = _excess(e.table.moments, e.table.q, b)
    clear = np.flatnonzero(abs(over) > NOISE)
    for i, k in itertools.pairwise(clear):
        if over[i] * over[k] < 0.0:
            ends = float(t[i]), float(t[k]), float(over[i]), float(over[k])
            q = math.exp(root(excess, *ends, CLOSE))
            m = e.moments(np.array(q))
            if _reached(m, np.array(q)):
                points.append(CriticalPoint(1.0 / float(m.slope_square), q))
    return tuple(sorted(points))


def critical_line(activation: str | Activation) -> CriticalLine:
    """Every critical point with q* from 1e-30 to 1e20: σw² = 1/D(q), σb² = G(q).

    Empty where no q that signals settle at has χ = 1; a single point where f is a line on each
    side of 0.
    """
    e = expectations(as_activation(activation))
    q, m = e.table.q, e.table.moments
    here = _on_line(m, q)
    with np.errstate(all="ignore"):
        w = np.where(here, 1.0 / m.slope_square, np.nan)
    b = np.where(here, q - _subtracted(m), np.nan)
    # Where it comes from σb² = 0, which is between two nodes of the table.
    ends = critical_points(e.activation)
    q = np.append(q, [end.q for end in ends])
    w = np.append(w, [end.sigma_w2 for end in ends])
    b = np.append(b, [0.0] * len(ends))
    order = np.argsort(q, kind="stable")
    w, b, q = w[order], b[order], np.where(np.isnan(w), np.nan, q)[order]
    here = np.isfinite(w)
    shown = here | np.append(False, here[:-1])  # of each gap the first NaN
    return CriticalLine(w[shown], b[shown], q[shown])


def _on_line(m: Moments, q: Array) -> NDArray[np.bool_]:
    """Whether q is a q* with χ = 1 for some σb² above 0."""
    # For small q, f is all but a line and both tests are of what rounding leaves.
    tested = _excess(m, q, 0.0) > np.where(q < 1.0, 1e-9, 10.0 * NOISE)
    return _reached(m, q) & tested & (q < MAX_VARIANCE)


def _subtracted(m: Moments) -> Array:
    """V/D, 0 where both underflow."""
    with np.errstate(all="ignore"):
        return np.where(m.square > 0.0, m.square / m.slope_square, 0.0)


def _excess(m: Moments, q: Array, b: float) -> Array:
    """(G - σb²) against the larger of what is subtracted in it."""
    with np.errstate(all="ignore"):
        needed = _subtracted(m) + b
        return np.where(np.isinf(needed), -1.0, (q - needed) / np.maximum(q, needed))


def _reached(m: Moments, q: Array) -> NDArray[np.bool_]:
    """Whether q attracts where it is a fixed point with χ = 1, for a σw² that is allowed."""
    steep = m.growth > q * m.slope_square * _STEEPER
    return np.logical_not(steep) & (m.slope_square * MAX_VARIANCE >= 1.0)


def _critical_at_0(e: Expectations) -> CriticalPoint | None:
    """The critical point at q → 0 without biases, if f(0) = 0 and q does go there."""
    limit = e.moments(np.array(0.0))
    slope = float(limit.slope_square)
    if limit.square > 0.0 or slope == 0.0:
        return None
    curve = e.table.moments.square / (slope * e.table.q) - 1.0
    clear = np.flatnonzero(abs(curve) > 10.0 * NOISE)
    if clear.size and curve[clear[0]] > 0.0:
        return None
    return CriticalPoint(1.0 / slope, 0.0 if clear.size else 1.0)


def _possible(e: Expectations) -> tuple[float, float] | None:
    """The least and the greatest σb² that has a critical point, None if none has."""
    t, q, m = e.table.t, e.table.q, e.table.moments
    here = _on_line(m, q)
    possible = [float(value) for value in (q - _subtracted(m))[here]]

    def steepness(t: float) -> float:
        """M′ - χ, over σw²."""
        q = math.exp(t)
        m = e.moments(np.array(q))
        return float(m.growth) / q - float(m.slope_square)

    # A range that begins between two nodes begins at a half-stable q.
    for i in np.flatnonzero(here[1:] & ~here[:-1]):
        low, high = float(t[i]), float(t[i + 1])
        at_low, at_high = steepness(low), steepness(high)
        if at_low > 0.0 > at_high:
            q_half = np.exp(root(steepness, low, high, at_low, at_high, CLOSE))
            possible.append(float(q_half - _subtracted(e.moments(np.array(q_half)))))
    if _critical_at_0(e) is not None:
        possible.append(0.0)
    return (min(possible), max(possible)) if possible else None


def _at_or_above(value: float) -> str:
    """A number of two digits at or just above `value`."""
    if value == 0.0:
        return "0"
    scale = 10.0 ** (math.floor(math.log10(value)) - 1)
    return short(math.ceil(value / scale) * scale)


@dataclass(frozen=True, eq=False)
class RateMap:
    """χ at q* over a grid; every array is [number of σb², number of σw²].

    Attributes:
        sigma_w2s: the σw² of the columns.
        sigma_b2s: the σb² of the rows.
        chi: the rate of the squared gradient norm, to 1e-6; where q goes to 0 or inf, its limit
            (inf for an f that grows faster than a line).
        q: q*, 0 or inf where it goes there; where several ends are stable, the one towards which
            q0 moves; q0 where every q is a fixed point.
        kinds: how q ends, as indices into `KINDS`; a half-stable q counts by its neighbours.
    """

    sigma_w2s: Array
    sigma_b2s: Array
    chi: Array
    q: Array
    kinds: NDArray[np.int8]


def rate_map(
    activation: str | Activation,
    sigma_w2s: ArrayLike,
    sigma_b2s: ArrayLike,
    *,
    q0: ArrayLike = 1.0,
) -> RateMap:
    """χ at q* for every pair, from tabulated expectations: 60 × 40 points in some 0.1 s.

    Two fixed points closer than 14 % of q, beside a fold, are taken for none.

    Args:
        activation: a name, a text form such as `leaky_relu(0.2)`, or an `Activation`.
        sigma_w2s: σw² of the columns.
        sigma_b2s: σb² of the rows.
        q0: where q starts, of a shape that broadcasts to the map's; beyond 1e±28 as there.

    Raises:
        InputError: a list that is empty or not flat, or a variance outside 0 to 1e20.
    """
    f = as_activation(activation)
    w, b = (
        numbers(name, variances, 0.0, MAX_VARIANCE)
        for name, variances in (("sigma_w2s", sigma_w2s), ("sigma_b2s", sigma_b2s))
    )
    for name, array in (("sigma_w2s", w), ("sigma_b2s", b)):
        if array.ndim != 1 or not 1 <= array.size <= MAX_SIDE:
            raise InputError(
                name,
                f"array of shape {array.shape}",
                f"a flat list of 1 to {MAX_SIDE} numbers",
                "give fewer numbers, or one at least",
            )
    e = expectations(f)
    table = e.table
    start = np.broadcast_to(np.clip(q0, *_STARTS), (b.size, w.size))
    step = max(1, _AT_ONCE // (w.size * table.q.size))
    blocks = [
        _bracketed(e, w, b[i : i + step], start[i : i + step]) for i in range(0, b.size, step)
    ]
    kinds, low = (np.concatenate(rows) for rows in zip(*blocks, strict=True))
    fixed = low >= 0
    q = np.select([kinds == EVERY, low == _TO_INFINITY], [start, np.inf], 0.0)
    w_fixed, b_fixed = (np.broadcast_to(side, low.shape)[fixed] for side in (w, b[:, None]))
    recursion = Recursion(e, w_fixed, b_fixed)
    roots = _roots(recursion, table.t[low[fixed]], table.t[low[fixed] + 1])
    q[fixed] = np.exp(roots)
    at_0, at_1 = e.moments(np.array([0.0, 1.0])).slope_square
    rate = np.select(
        [kinds == EVERY, low == _TO_INFINITY], [at_1, e.at_infinity.slope_square], at_0
    )
    rate[fixed] = table.interpolated(roots).slope_square
    with np.errstate(invalid="ignore"):  # 0 · inf, of no weights and a slope without bound
        return RateMap(w, b, np.where(w > 0.0, w * rate, 0.0), q, kinds)


def _directions(e: Expectations, w: Array, b: Array) -> NDArray[np.int8]:
    """The sign of M(q) - q, [number of σb², number of σw², nodes of the table].

    Where it is only rounding, it gets the sign of what is not, on its left or else on its right;
    it is 0 all along where every q is a fixed point.
    """
    q = e.table.q
    fall = q - w[:, None] * e.table.moments.square
    signs = np.where(fall < b[:, None, None], np.int8(1), np.int8(-1))
    unclear = abs(fall) <= NOISE * q
    for k in np.flatnonzero(unclear.any(axis=1)):
        clear = ~unclear[k] | (b[:, None] > NOISE * q)
        nearest = np.maximum.accumulate(np.where(clear, np.arange(q.size), 0), axis=1)
        nearest = np.maximum(nearest, np.argmax(clear, axis=1)[:, None])
        filled = np.take_along_axis(signs[:, k], nearest, axis=1)
        signs[:, k] = np.where(clear.any(axis=1)[:, None], filled, 0)
    return signs


def _bracketed(
    e: Expectations, w: Array, b: Array, start: Array
) -> tuple[NDArray[np.int8], NDArray[np.int64]]:
    """How q ends for each pair, and the node below q* or else where it goes."""
    directions = _directions(e, w, b)
    up, down = directions > 0, directions < 0
    turns = up[..., :-1] & down[..., 1:]
    stable = turns.sum(axis=-1) + down[..., 0] + up[..., -1]
    t = np.log(start)
    panel = np.searchsorted(e.table.t, t) - 1  # of the nodes the last below q0
    rise = (w * e.table.interpolated(t).square + b[:, None]) / start - 1.0
    next_up = np.take_along_axis(up, panel[..., None] + 1, axis=-1)[..., 0]
    rising = np.where(abs(rise) <= _TABULATED, next_up, rise > 0.0)
    nodes = np.arange(turns.shape[-1])
    above = np.argmax(turns & (nodes >= panel[..., None]), axis=-1)
    below = nodes[-1] - np.argmax((turns & (nodes <= panel[..., None]))[..., ::-1], axis=-1)
    low = np.where(rising, above, below)
    onwards = np.where(rising, low >= panel, low <= panel)
    fixed = np.take_along_axis(turns, low[..., None], axis=-1)[..., 0] & onwards
    kinds = np.select(
        [stable == 0, stable > 1, fixed, rising], [EVERY, BISTABLE, FIXED, DIVERGES], COLLAPSES
    )
    low = np.where(fixed, low, np.where(rising, _TO_INFINITY, _TO_0))
    return kinds.astype(np.int8), low.astype(np.int64)


def _roots(recursion: Recursion, low: Array, high: Array) -> Array:
    """The t with M(e^t) = e^t for each pair of variances: Newton's method inside a bracket."""
    t = 0.5 * (low + high)
    for _ in range(12):
        m, q = recursion.e.table.interpolated(t), np.exp(t)
        over = recursion.after(m) - q
        low, high = np.where(over > 0.0, t, low), np.where(over > 0.0, high, t)
        with np.errstate(all="ignore"):
            step = t - over / (recursion.w * m.growth - q)
        bracketed = (low - 1e-12 < step) & (step < high + 1e-12)  # at the zero, but for rounding
        t = np.where(bracketed, step, 0.5 * (low + high))
    return t
