"""What has to be found of a formula: where it breaks, whether it is finite, its limits.

Zeros are looked for between the points of `facts.grid`, which are 1/64 apart up to |z| = 12 and
closer around 0: of two kinks between the same two of them, both may be overlooked.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from gradtui.mathematics.activations.facts import grid
from gradtui.mathematics.activations.formula import nodes as n
from gradtui.mathematics.activations.formula.differentiation import differentiated
from gradtui.mathematics.activations.formula.evaluation import Evaluated
from gradtui.mathematics.activations.formula.functions import UNARY
from gradtui.mathematics.activations.formula.nodes import COMPARISONS, Node
from gradtui.mathematics.elementwise import Array

MOST_BREAKS = 40


def breaks(root: Node) -> tuple[float, ...] | None:
    """Every z at which the formula may not be analytic, in order; None where there are too many."""
    found: set[float] = set()
    for node in n.parts(root):
        for edge in _edges(node):
            zeros = _zeros(edge)
            if zeros is None:
                return None
            found.update(zeros)
            if len(found) > MOST_BREAKS:
                return None
    return _apart(sorted(z + 0.0 for z in found))


def _apart(points: list[float]) -> tuple[float, ...]:
    """Of those that are one but for rounding, the one that is shortest to write."""
    groups: list[list[float]] = []
    for z in points:
        if groups and z - groups[-1][-1] <= max(1e-15, 1e-13 * abs(z)):
            groups[-1].append(z)
        else:
            groups.append([z])
    return tuple(min(group, key=lambda z: (len(repr(z)), abs(z))) for group in groups)


def _edges(node: Node) -> list[Node]:
    """What is 0 where this part is not analytic."""
    op, args = node.op, node.args
    if op in (*COMPARISONS, "max", "min"):
        return [n.minus(args[0], args[1])]
    if op == "f":
        return [n.minus(args[0], n.constant(at)) for at in node.value.breaks]
    if op == "/":
        return [args[1]]
    if op == "**":
        p = args[1].number
        whole = p is not None and p >= 0.0 and p == round(p)
        return [] if whole else [args[0]]
    if op in UNARY and (edge := UNARY[op].edge) is not None:
        return [n.minus(args[0], n.constant(edge))]
    return []


def _zeros(edge: Node) -> list[float] | None:
    """Where a part is 0, the two ends where it is so on an interval; None for too many."""
    if not n.has_z(edge):
        return []
    line = _line_through(edge)
    if line is not None:
        return [line]
    value = Evaluated(edge)
    z = grid()
    if any(node.op in ("sin", "cos") or _swings(node) for node in n.parts(edge)):
        z = np.union1d(z, np.arange(-3200, 3201) / 16.0)
    sign = value.wide(z).sign
    there = np.concatenate([[False], sign == 0.0, [False]])
    alone = there[1:-1] & ~there[:-2] & ~there[2:]
    zeros = {float(at) for at in z[alone]}
    zeros |= set(_turns(lambda at: value.wide(at).sign == 0.0, z, (sign == 0.0) & ~alone))
    crossed = np.flatnonzero(sign[1:] * sign[:-1] < 0.0)
    if crossed.size + len(zeros) > MOST_BREAKS:
        return None
    if crossed.size:
        turns = np.array(_turns(lambda at: value.wide(at).sign > 0.0, z, sign > 0.0, crossed))
        beside = np.stack([turns, np.nextafter(turns, -np.inf), np.nextafter(turns, np.inf)])
        exact = value.wide(beside).sign == 0.0
        zeros |= {float(beside[exact[:, i].argmax(), i]) for i in range(turns.size)}
    zeros |= _touched(edge, value, z)
    return sorted(zeros) if len(zeros) <= MOST_BREAKS else None


def _swings(node: Node) -> bool:
    """Whether it is an activation that has a limit neither way."""
    return node.op == "f" and any(math.isnan(end) for end in node.value.definition.ends)


def _line_through(edge: Node) -> float | None:
    """The zero of z, z - c, c - z and c·z, which needs no search."""
    op, args = edge.op, edge.args
    if op == "z":
        return 0.0
    if op == "-" and args[0].op == "z" and args[1].number is not None:
        return args[1].number
    if op == "-" and args[1].op == "z" and args[0].number is not None:
        return args[0].number
    return None


def _turns(holds: Callable[[Array], Any], z: Array, there: Any, between: Any = None) -> list[float]:
    """Where a condition begins or ends to hold, to the last digit.

    Args:
        holds: the condition.
        z: points.
        there: whether it holds at them.
        between: which of them and the next it changes; all, unless given.
    """
    at = np.flatnonzero(there[1:] != there[:-1]) if between is None else between
    if at.size > 2 * MOST_BREAKS:
        at = at[: 2 * MOST_BREAKS + 1]
    low, high = z[at], z[at + 1]
    first = there[at]
    for _ in range(120):  # 64 halvings, and more of them towards 0
        middle = 0.5 * (low + high)
        open_ = (middle != low) & (middle != high)
        if not open_.any():
            break
        same = holds(middle) == first
        low, high = np.where(same & open_, middle, low), np.where(~same & open_, middle, high)
    # The one of the two where it holds: a zero that is met exactly is the break.
    return [float(z) for z in np.where(first, low, high)]


def _touched(edge: Node, value: Evaluated, z: Array) -> set[float]:
    """Where it comes down to 0 and goes up again between points, as (z - 0.1)² does."""
    slope = Evaluated(differentiated(edge))
    rises = slope.wide(z).sign * value.wide(z).sign
    at = np.flatnonzero((rises[:-1] < 0.0) & (rises[1:] > 0.0))
    at = np.sort(at[np.argsort(np.abs(z[at]))[: MOST_BREAKS + 1]])  # those nearest to 0
    if not at.size:
        return set()
    lowest = _turns(lambda p: slope.wide(p).sign > 0.0, z, slope.wide(z).sign > 0.0, at)
    scale = abs(value.wide(z).value)
    return {
        p for p, i in zip(lowest, at, strict=True)
        if abs(float(value.wide(np.array([p])).value[0])) < 1e-14 * min(1.0, max(scale[i], 1e-300))
    }  # fmt: skip


def pole(root: Node, points: tuple[float, ...]) -> float | None:
    """Of the breaks one beside which a formula grows beyond all bounds, though no float hits it.

    1/(z² - 2) is finite at every float: what is looked at is how it grows on the way to √2.
    """
    if not points:
        return None
    value, at = Evaluated(root), np.array(points)
    away = np.maximum(1.0, np.abs(at)) * np.logspace(-3.0, -11.0, 5)[:, None]
    for side in (-1.0, 1.0):
        with np.errstate(all="ignore"):
            size = np.abs(value.wide(at + side * away).value)
            steps = np.diff(size, axis=0)
            grows = (size[1:] > 9.0 * size[:-1]).all(axis=0)
            # A logarithm adds as much with each step.
            adds = (steps > 0.1).all(axis=0) & (np.ptp(steps, axis=0) < 0.05 * steps[0])
        bad = np.flatnonzero(grows | adds)
        if bad.size:
            return float(at[bad[np.abs(at[bad]).argmin()]])
    return None


def undefined_at(root: Node, points: tuple[float, ...]) -> tuple[float, bool] | None:
    """A z at which a formula has no finite value, one near ±1; None where there is none.

    A value beyond float64, as that of exp(z) at 1000, is one; that of exp(exp(z)) is beyond all
    that can be computed here.

    Args:
        root: the formula.
        points: where it breaks, which is looked at closely.

    Returns:
        the z, and whether it is by growth that there is none.
    """
    near = [np.array(points)]
    for p in points:
        beside = max(1e-9, 1e-9 * abs(p))
        near.append(np.array([math.nextafter(p, -math.inf), math.nextafter(p, math.inf)]))
        near.append(np.array([p - beside, p + beside]))
    z = np.unique(np.concatenate([grid(), *near]))
    m = Evaluated(root).wide(z).m
    bad = z[~np.isfinite(m)]
    if not bad.size:
        return None
    at = float(bad[np.abs(np.abs(bad) - 1.0).argmin()])
    further = ~np.isfinite(m[(z >= at) if at > 0.0 else (z <= at)])
    return at, abs(at) > 1.0 and bool(further.all()) and bool(np.isinf(m[z == at]).all())


def swings_ever_wider(root: Node) -> bool:
    """Whether it has no limit on a side and no bound there, as z·sin z has."""
    value = Evaluated(root)
    for side in (-1.0, 1.0):
        far = value.wide(side * (_FAR[:, None] * _AMONG))
        size = abs(far.value[np.isfinite(far.m)])
        if math.isnan(_end(root, side)) and size.max(initial=0.0) > 1e9:
            return True
    return False


def ends(root: Node) -> tuple[float, float]:
    """The limits as z → -∞ and z → ∞, NaN where there is none, as far as numbers tell."""
    return _end(root, -1.0), _end(root, 1.0)


_FAR = 2.0 ** np.array([4, 5, 6, 7, 8, 10, 12, 14, 16, 20, 24, 28, 32, 48, 64, 128, 256, 512.0])
_AMONG = np.array([1.0, 1.31, 1.73])


def _end(root: Node, side: float) -> float:
    """The limit on one side, from values at ever larger |z|, as far as rounding leaves digits."""
    z = side * (_FAR[:, None] * _AMONG)
    found = Evaluated(root).wide(z)
    shaken = Evaluated(root, shaken=2.0**-44).wide(z)
    with np.errstate(all="ignore"):
        v = found.value
        lost = abs((found - shaken).m) > 0.0
        lost &= ~(abs(((found - shaken) / found).value) < 1e-4)
    finite = np.isfinite(found.m).all(axis=1)
    told = finite & ~lost.any(axis=1)
    if not told[-1] and np.isinf(found.m[-1]).all() and not np.isnan(found.m).any():
        told[-1] = len(set(np.sign(found.m[-1]))) == 1  # it grew beyond all exponents
    v = v[told] if told.sum() > 2 else v[finite]
    if len(v) < 3:
        return math.nan
    if np.isinf(v[-1]).all():
        return float(v[-1, 0]) if (v[-1] == v[-1, 0]).all() else math.nan
    return _limit_of(v)


def _limit_of(v: Array) -> float:
    """The limit of a sequence [n, 3], three neighbours each; NaN where it has none."""
    last, before = v[-1], v[-2]
    size = max(float(abs(last).max()), 1e-300)
    moved = max(float(np.ptp(last)), abs(last[0] - before[0]))
    if moved <= 1e-12 * size:
        return _rounded(float(last[0]))
    if size < 1e-12:
        return 0.0
    flat = v.ravel()
    steps = np.diff(flat)
    way = abs(flat)
    if (flat > 0.0).all() or (flat < 0.0).all():
        if (np.diff(way) > 0.0).all() and way[-1] > 1.2 * way[-4]:
            return math.copysign(math.inf, flat[-1])
        if (np.diff(way) < 0.0).all() and way[-1] < 0.8 * way[-4]:
            return 0.0
    if moved <= 1e-6 * size:  # more digits than these rounding does not leave
        return round(float(last[0]), 9)
    if (np.sign(steps) == np.sign(steps[0])).all():  # like 1 + 1/ln z: the steps halve
        return _rounded(float(2.0 * last[0] - before[0]))
    return math.nan


def _rounded(value: float) -> float:
    """A short decimal where it is one but for rounding."""
    short = round(value, 12)
    return short + 0.0 if abs(value - short) <= 1e-14 * max(1.0, abs(value)) else value
