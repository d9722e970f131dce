"""Where ticks stand: numbers that people divide by, as many as have room."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradtui.plots.ticks import decade_ticks, layer_ticks, log_ticks, spaced


def values(ticks: list[float]) -> list[float]:
    return [float(f"{10**tick:.6g}") for tick in ticks]


@pytest.mark.parametrize(
    ("low", "high", "most", "expected"),
    [
        (1e-2, 1.0, 8, [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1]),
        (1e-2, 1.0, 4, [0.01, 0.1, 1]),
        (0.03, 1.5, 6, [0.05, 0.1, 0.2, 0.5, 1]),
        (0.4, 1.1, 5, [0.4, 0.6, 0.8, 1]),
        (1e-20, 1.0, 5, [1e-20, 1e-15, 1e-10, 1e-5, 1]),
        (0.92, 1.08, 5, [0.95, 1, 1.05]),
        (0.09, 1.6, 8, [0.1, 0.2, 0.5, 1]),  # not 0.5, 1, 1.5 with nothing below
    ],
)
def test_a_logarithm_is_divided_at_1_2_5_and_decades(
    low: float, high: float, most: int, expected: list[float]
) -> None:
    found = log_ticks(math.log10(low), math.log10(high), most)
    assert values(found) == pytest.approx(expected)


@given(st.floats(-1e5, 1e3), st.floats(1e-3, 1e5), st.integers(2, 30))
def test_ticks_of_a_logarithm_are_round_inside_and_few(low: float, span: float, most: int) -> None:
    ticks = log_ticks(low, low + span, most)
    assert len(ticks) <= most
    assert ticks == sorted(ticks)
    for tick in ticks:
        assert low - 1e-6 <= tick <= low + span + 1e-6
    # Whole decades, 1 2 5 of each, or evenly spaced values with a round step.
    mantissas = [10 ** (tick - math.floor(tick + 1e-9)) for tick in ticks]
    if not all(min(abs(m - one) for one in (1, 2, 5, 10)) < 1e-6 for m in mantissas):
        decade = math.floor(low)
        steps = np.diff([10 ** (tick - decade) for tick in ticks])
        assert steps == pytest.approx(steps[0], rel=1e-4)
        leading = float(f"{steps[0]:.3e}".split("e")[0])
        assert min(abs(leading - one) for one in (1, 2, 5, 10)) < 0.01
    if span >= 2.0:
        assert all(abs(tick - round(tick)) < 1e-9 or most > 3 * span for tick in ticks)


def test_whole_decades_stay_whole() -> None:
    assert decade_ticks(-3.2, 1.1, 5) == [-3, -2, -1, 0, 1]
    assert decade_ticks(-0.4, 0.4, 5) == [0]


@pytest.mark.parametrize(
    ("depth", "width", "first", "expected"),
    [
        (50, 72, 1, [1, 10, 20, 30, 40, 50]),
        (52, 72, 1, [1, 10, 20, 30, 40, 52]),
        (3, 72, 1, [1, 2, 3]),
        (3, 60, 0, [0, 1, 2, 3]),
        (1, 60, 1, [1]),
        (100_000, 60, 1, [1, 20_000, 40_000, 60_000, 80_000, 100_000]),
    ],
)
def test_layers_have_round_ticks_and_both_ends(
    depth: int, width: int, first: int, expected: list[float]
) -> None:
    assert layer_ticks(depth, width, first) == expected


@given(st.integers(1, 100_000), st.integers(40, 200), st.integers(0, 1))
def test_no_stretch_between_two_ticks_of_layers_is_much_longer_than_another(
    depth: int, width: int, first: int
) -> None:
    ticks = layer_ticks(depth, width, first)
    assert (ticks[0], ticks[-1]) == (first, max(depth, first))
    inner = [b - a for a, b in pairwise(ticks[1:])][:-1]
    assert len(set(inner)) <= 1  # evenly, but for the ends
    if inner:
        steps = [b - a for a, b in pairwise(ticks)]
        assert max(steps) <= 2.5 * inner[0]


@given(st.lists(st.tuples(st.integers(0, 60), st.integers(1, 8)), max_size=12), st.integers(0, 3))
def test_what_is_kept_has_its_gap(places: list[tuple[int, int]], gap: int) -> None:
    places = sorted(places)
    kept = [places[at] for at in spaced(places, gap)]
    for (start, length), (after, _) in pairwise(kept):
        assert start + length + gap <= after
