"""What is known of an activation, in words: for the app's page and the command line's list."""

from __future__ import annotations

import itertools
import math

import numpy as np

from gradtui.errors import InputError
from gradtui.mathematics.activations import Activation
from gradtui.mathematics.activations.formula.definition import same_as
from gradtui.mathematics.elementwise import Array
from gradtui.mathematics.wide.mean_field import critical_sigma_w2
from gradtui.wording import plain


def facts(f: Activation) -> list[tuple[str, str]]:
    """What is known of an activation, a name and a value each."""
    kinks = ", ".join(f"z = {plain(kink.at)}: f′ = {plain(kink.derivative)}" for kink in f.kinks)
    parameters = ", ".join(f"{name} = {value:g}" for name, value in f.parameters.items())
    return [
        ("f(z)", f.formula),
        ("f′(z)", f.derivative_formula),
        *_equal(f),
        *([("parameters", parameters)] if parameters else []),
        ("range", f.range_text),
        ("largest |f′|", f"{largest(f, 7)} {where_largest(f)}"),
        ("f′ = 0", where_zero(f) or "nowhere"),
        ("monotone", "yes" if f.monotone else "no"),
        ("zero-centred", "yes" if f.zero_centred else "no"),
        ("saturates", f.saturates),
        ("kinks", f"{kinks} ({f.kink_convention})" if f.kinks else "none"),
        ("critical σw", _critical(f)),
        ("source", f.source),
    ]


def _critical(f: Activation) -> str:
    """The σw at which theory has the gradient unchanged, which is the gain."""
    try:
        sigma_w = math.sqrt(critical_sigma_w2(f))
    except InputError:
        return "none for σb = 0; init finds weights"
    return f"{plain(sigma_w, 6)}, the gain, for σb = 0"


def _equal(f: Activation) -> list[tuple[str, str]]:
    """Of a formula, which activation that has a name it is."""
    found = same_as(f)
    if found is None:
        return []
    kinks = ", ".join(f"z = {plain(at)}" for at in found.kinks)
    but = f", but for f′ at {kinks}" if kinks else ""
    if found.apart:
        apart = f"f and f′ differ from its by at most {plain(found.apart, 2)}"
        return [("nearly", f"{found.spec}: {apart}{but}")]
    return [("equals", f"{found.spec}{but}")]


def largest(f: Activation, digits: int = 3) -> str:
    """The largest |f′|, or what it tends to."""
    return plain(f.max_abs_derivative, digits).replace("inf", "∞")


def attains_largest(f: Activation) -> bool:
    """Whether |f′| is somewhere what its supremum is, and not only tends to it."""
    at, most = f.max_abs_derivative_at, f.max_abs_derivative
    least = most * (1.0 - 100.0 * f.definition.rounding) if math.isfinite(most) else most
    return bool(_plateaus(f, most)) or (math.isfinite(at) and abs(f.derivative(at)) >= least)


def where_largest(f: Activation, digits: int = 3) -> str:
    """Where |f′| is largest, in words: at a point, on an interval, or where it is approached."""
    at = f.max_abs_derivative_at
    if plateaus := _plateaus(f, f.max_abs_derivative):
        return _intervals(plateaus)
    if math.isinf(at):
        return f"as z → {'∞' if at > 0 else '-∞'}"
    if not attains_largest(f):
        step = 1e-6 * max(1.0, abs(at))
        above = abs(f.derivative(at + step)) > abs(f.derivative(at - step))
        return f"as z → {plain(at)} from {'above' if above else 'below'}"
    return f"at z = {plain(at, digits)}"


def where_zero(f: Activation) -> str:
    """Where f′ is exactly 0, in words; "" where it is so nowhere."""
    texts = [_intervals(flat)] if (flat := _plateaus(f, 0.0)) else []
    if points := [z for z in f.zero_slopes if not any(low <= z <= high for low, high in flat)]:
        endless = any(map(math.isnan, f.definition.slopes)) or len(points) > _MOST_ZEROS
        if endless:
            first = min(points, key=lambda z: (abs(z), -z))
            return f"again and again, first at |z| = {plain(abs(first))}"
        texts.append("at z = " + ", ".join(map(plain, points)))
    return " and ".join(texts)


_MOST_ZEROS = 8
"""Of more, only the first is named."""


def stopping(f: Activation) -> str:
    """What is true of a unit that passes nothing, as a clause: z is where f′ = 0, for z < 0."""
    where = where_zero(f)
    return f"z is where f′ = 0, {where}" if where else "f′ = 0"


def where_it_shrinks(f: Activation) -> str:
    """Where f′ is 0 or tends to it, as a clause; "" where it is nowhere near 0."""
    zero, flat = where_zero(f), _plateaus(f, 0.0)
    left, right = (slope == 0.0 for slope in f.definition.slopes)
    left = left and not any(low == -math.inf for low, _ in flat)
    right = right and not any(high == math.inf for _, high in flat)
    parts = [f"is 0 {zero}"] if zero else []
    if left or right:
        side = "on both sides" if left and right else f"on the {'left' if left else 'right'}"
        parts.append(f"→ 0 {side}")
    return "f′ " + " and ".join(parts) if parts else ""


def _plateaus(f: Activation, height: float) -> list[tuple[float, float]]:
    """The open intervals between breaks on which |f′| is `height` all along, joined."""
    joined: list[tuple[float, float]] = []
    for low, high in itertools.pairwise([-math.inf, *f.definition.breaks, math.inf]):
        last, first = min(high, 0.0), max(low, 0.0)  # nine, or nine times what is far from 0
        left = max(low, last - 9.0 * max(1.0, abs(last)))
        right = min(high, first + 9.0 * max(1.0, abs(first)))
        inside = np.linspace(left, right, 9)[1:-1]
        if not np.all(_abs_derivative(f, inside, height) == height):
            continue
        if joined and joined[-1][1] == low and abs(f.derivative(low)) == height:
            low = joined.pop()[0]
        joined.append((low, high))
    return joined


def _abs_derivative(f: Activation, z: Array, height: float) -> Array:
    """|f′|; where zeros are asked for, what merely underflows is none."""
    if height == 0.0:
        return np.where(f.log_abs_derivative(z) == -math.inf, 0.0, 1.0)
    return np.abs(f.derivative(z))


def _intervals(intervals: list[tuple[float, float]]) -> str:
    """Those intervals, in words."""
    ends = [-math.inf, math.inf]
    if len(intervals) == 2 and [intervals[0][0], intervals[1][1]] == ends:
        (_, low), (high, _) = intervals
        if low == -high:
            return f"for |z| > {plain(high)}"
        return f"for z < {plain(low)} and z > {plain(high)}"
    if len(intervals) > 1:
        return " and ".join(_intervals([one]) for one in intervals)
    low, high = intervals[0]
    if [low, high] == ends:
        return "everywhere"
    if high == math.inf:
        return f"for z > {plain(low)}"
    if low == -math.inf:
        return f"for z < {plain(high)}"
    if low == -high:
        return f"for |z| < {plain(high)}"
    return f"for {plain(low)} < z < {plain(high)}"
