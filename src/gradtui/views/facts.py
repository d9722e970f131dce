"""What is known of an activation, in words: for the app's page and the command line's list."""

from __future__ import annotations

import itertools
import math

import numpy as np

from gradtui.mathematics.activations import Activation
from gradtui.wording import plain


def facts(f: Activation) -> list[tuple[str, str]]:
    """What is known of an activation, a name and a value each."""
    kinks = ", ".join(f"z = {plain(kink.at)}: f′ = {plain(kink.derivative)}" for kink in f.kinks)
    parameters = ", ".join(f"{name} = {value:g}" for name, value in f.parameters.items())
    return [
        ("f(z)", f.formula),
        ("f′(z)", f.derivative_formula),
        *([("parameters", parameters)] if parameters else []),
        ("range", f.range_text),
        ("largest |f′|", f"{plain(f.max_abs_derivative, 7)} {where_largest(f)}"),
        ("monotone", "yes" if f.monotone else "no"),
        ("zero-centred", "yes" if f.zero_centred else "no"),
        ("saturates", f.saturates),
        ("kinks", f"{kinks} ({f.kink_convention})" if f.kinks else "none"),
        ("source", f.source),
    ]


def where_largest(f: Activation) -> str:
    """Where |f′| is largest, in words: at a point, on an interval, or where it is approached."""
    at, most = f.max_abs_derivative_at, f.max_abs_derivative
    if plateaus := _plateaus(f):
        return _intervals(plateaus)
    if math.isinf(at):
        return f"as z → {'∞' if at > 0 else '-∞'}"
    if abs(f.derivative(at)) < most:  # it is approached, and not reached
        step = 1e-6 * max(1.0, abs(at))
        above = abs(f.derivative(at + step)) > abs(f.derivative(at - step))
        return f"as z → {plain(at)} from {'above' if above else 'below'}"
    return f"at z = {plain(at)}"


def _plateaus(f: Activation) -> list[tuple[float, float]]:
    """The open intervals between breaks on which |f′| is its largest all along, joined."""
    most = f.max_abs_derivative
    joined: list[tuple[float, float]] = []
    for low, high in itertools.pairwise([-math.inf, *f.definition.breaks, math.inf]):
        left, right = max(low, min(high, 0.0) - 9.0), min(high, max(low, 0.0) + 9.0)
        inside = np.linspace(left, right, 9)[1:-1]
        if not np.all(np.abs(f.derivative(inside)) == most):
            continue
        if joined and joined[-1][1] == low and abs(f.derivative(low)) == most:
            low = joined.pop()[0]
        joined.append((low, high))
    return joined


def _intervals(intervals: list[tuple[float, float]]) -> str:
    """Those intervals, in words."""
    ends = [-math.inf, math.inf]
    if len(intervals) == 2 and [intervals[0][0], intervals[1][1]] == ends:
        (_, low), (high, _) = intervals
        if low == -high:
            return f"for |z| > {plain(high)}"
        return f"for z < {plain(low)} and z > {plain(high)}"
    low, high = intervals[0]
    if [low, high] == ends:
        return "everywhere"
    if high == math.inf:
        return f"for z > {plain(low)}"
    if low == -math.inf:
        return f"for z < {plain(high)}"
    return f"for {plain(low)} < z < {plain(high)}"
