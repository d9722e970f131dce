"""Where the ticks of an axis stand: at numbers that people divide by, 1 2 5 and decades."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise


def tick_values(low: float, high: float, most: int) -> list[float]:
    """At most `most` round numbers from low to high: multiples of 1, 2 or 5 · 10^k.

    An axis with one number has no scale: rather than that, the outer two of a finer step.
    """
    found = _multiples(low, high, most)
    if len(found) == 1 and most >= 2:
        for finer in range(most + 1, 6):
            if len(more := _multiples(low, high, finer)) > 1:
                return [more[0], more[-1]]
    return found


def _multiples(low: float, high: float, most: int) -> list[float]:
    span = high - low
    if most < 1 or not span / most > 1e-300:  # nothing between that has a round name
        return [low]
    step = 10.0 ** math.floor(math.log10(span / most))
    for factor in (1, 2, 5, 10, 20):
        first = math.ceil(low / (step * factor) - 1e-9)
        last = math.floor(high / (step * factor) + 1e-9)
        if last - first < most:
            return [k * (step * factor) for k in range(first, last + 1)]
    return [low]


_NEARLY = 0.8
"""The share of an even distance that is apart enough: 1 2 5 are not quite evenly apart."""


def log_ticks(low: float, high: float, most: int) -> list[float]:
    """At most `most` round numbers from 10^low to 10^high, as their log10.

    Decades, or every second, fifth, tenth of them; 1, 2 and 5 of each where there is room; within
    about a decade round numbers an even distance apart, if they leave no larger stretch empty.
    """
    apart = (high - low) / max(most, 1)
    first, last = math.ceil(low - 1e-9), math.floor(high + 1e-9)
    choices = [_round_values(low, high, most, apart)] if last - first < 2 else []
    if most >= 1 and apart <= math.log10(2.0):
        found = [
            decade + math.log10(value)
            for decade in range(first - 1, last + 1)
            for value in (1, 2, 5)
            if low - 1e-9 <= decade + math.log10(value) <= high + 1e-9
        ]
        if len(found) <= most:
            choices.append(found)
    if choices := [ticks for ticks in choices if ticks]:
        return min(choices, key=lambda ticks: _emptiest(low, high, ticks))
    return decade_ticks(low, high, most)


def _emptiest(low: float, high: float, ticks: Sequence[float]) -> float:
    """The largest stretch of an axis without a tick."""
    return max(after - before for before, after in pairwise([low, *ticks, high]))


def decade_ticks(low: float, high: float, most: int) -> list[float]:
    """The same, of nothing but whole decades."""
    ticks = _multiples(low, high, most)
    if len(ticks) > 1 and ticks[1] - ticks[0] < 1.0:
        ticks = [float(k) for k in range(math.ceil(low - 1e-9), math.floor(high + 1e-9) + 1)]
    return [float(round(tick)) for tick in ticks if low - 1e-9 <= round(tick) <= high + 1e-9]


def _round_values(low: float, high: float, most: int, apart: float) -> list[float]:
    """The log10 of evenly spaced round values, of as many as stay `apart`; none if under two."""
    decade = math.floor(low)
    ends = 10.0 ** (low - decade), 10.0 ** (high - decade)
    for count in range(most, 1, -1):
        found = [math.log10(value) for value in _multiples(*ends, count) if value > 0.0]
        gaps = [after - before for before, after in pairwise(found)]
        if gaps and min(gaps) >= _NEARLY * apart:
            return [decade + value for value in found]
    return []


def layer_ticks(depth: int, width: int, first: int = 1) -> list[float]:
    """The first layer, the last, and round ones between that have room in so many cells."""
    if depth <= first:
        return [float(first)]
    room = max(width - 8, 1) / (depth - first)
    wide = max(len(str(depth)) + 3, 7)
    for step in (factor * 10**power for power in range(9) for factor in (1, 2, 5)):
        if step * room >= wide:
            near = wide / room
            inner = range(step * (first // step + 1), depth, step)
            far = [float(at) for at in inner if first + near <= at <= depth - near]
            return [float(first), *far, float(depth)]
    return [float(first), float(depth)]


def spaced(places: Sequence[tuple[int, int]], gap: int, keep: Sequence[int] = ()) -> list[int]:
    """The indices of the places (start, length) that keep a gap to all that were taken before.

    Args:
        places: in order from left to right.
        gap: cells between two.
        keep: the indices that are taken first.
    """
    taken: list[int] = []
    for index in (*keep, *(i for i in range(len(places)) if i not in keep)):
        start, length = places[index]
        if all(
            start >= places[other][0] + places[other][1] + gap
            or start + length + gap <= places[other][0]
            for other in taken
        ):
            taken.append(index)
    return sorted(taken)
