"""The verdict on a curve: its ends, what lies between, and many of them."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradtui.models.finding import Kind
from gradtui.models.judging import Shares, first_unhealthy, judge, signal_trend

INF = math.inf


@pytest.mark.parametrize(
    ("curve", "kind", "at"),
    [
        ([-2.9, -1.0, 0.0], Kind.HEALTHY, 0),
        ([-3.1, -1.0, 0.0], Kind.VANISHING, 0),
        ([3.1, 1.0, 0.0], Kind.EXPLODING, 0),
        ([4.1, 8.0, 7.0], Kind.HEALTHY, 0),  # beside the last value
        ([0.0, -6.0, -6.5, 0.0], Kind.VANISHING, 2),
        ([0.0, 6.0, -5.0, 0.0], Kind.EXPLODING, 1),
        ([0.0, 2.9, -2.9, 0.0], Kind.HEALTHY, 0),
        ([-3.1, 9.0, 0.0], Kind.VANISHING, 0),  # the ends come first
        ([-INF, -1.0, 0.0], Kind.DEAD, 0),
        ([0.0, -INF, 0.0], Kind.DEAD, 1),
        ([-INF, -INF], Kind.DEAD, 0),
        ([-2.0, 0.0, -INF], Kind.DEAD, 2),  # a last layer that alone gets nothing
        ([0.0], Kind.HEALTHY, 0),
    ],
)
def test_the_verdict_on_a_curve(curve: list[float], kind: Kind, at: int) -> None:
    found = judge(np.array(curve), -3.0)
    assert (found.kind, found.at) == (kind, at)


@pytest.mark.parametrize(
    ("passed", "at"),
    [([0.0, -1.0, -2.0, -3.5], 3), ([0.0, 1.0, 3.5], 2), ([0.0, -4.0], 1), ([0.0, -1.0], None),
     ([0.0, 0.0, -INF, -INF], 2), ([0.0, -3.5, 0.0], 1), ([INF, 0.0], 0),
     ([0.0, 2.0, -1.5], 2), ([0.0, -2.0, 1.5], 2), ([0.0, 2.0, -0.5], None)],
)  # fmt: skip
def test_so_deep_is_healthy_what_is_healthy_between_its_ends_too(
    passed: list[float], at: int | None
) -> None:
    assert first_unhealthy(np.array(passed), -3.0) == at


def test_of_many_more_than_half_have_to_be_healthy() -> None:
    well, ill = [0.0, 1.0, 2.0], [0.0, 1.0, 4.0]
    assert first_unhealthy(np.array([well, ill, well]), -3.0) is None
    assert first_unhealthy(np.array([well, ill]), -3.0) == 2
    # One vanishes and one explodes: their median is healthy, most are not.
    assert first_unhealthy(np.array([well, ill, [0.0, -1.0, -4.0]]), -3.0) == 2


@given(st.lists(st.floats(-2.0, 2.0), min_size=1, max_size=12), st.sampled_from([-1.0, -3.0]))
def test_it_is_the_first_depth_that_is_judged_unhealthy(factors: list[float], limit: float) -> None:
    passed = np.cumsum([0.0, *factors])
    first = next(
        (
            depth
            for depth in range(len(passed))
            if judge(passed[depth] - passed[: depth + 1], limit).kind is not Kind.HEALTHY
        ),
        None,
    )
    assert first_unhealthy(passed, limit) == first


@pytest.mark.parametrize(
    ("healthy", "vanishing", "exploding", "dead", "kind"),
    [
        (51, 49, 0, 0, Kind.HEALTHY),
        (50, 20, 30, 0, Kind.EXPLODING),
        (45, 28, 27, 0, Kind.VANISHING),
        (5, 0, 0, 95, Kind.DEAD),
        (0, 1, 0, 0, Kind.VANISHING),
    ],
)
def test_of_many_the_verdict_is_healthy_only_where_most_are(
    healthy: int, vanishing: int, exploding: int, dead: int, kind: Kind
) -> None:
    counts = dict(zip(Kind, (healthy, vanishing, exploding, dead), strict=True))
    shares = Shares.of(kind for kind, count in counts.items() for _ in range(count))
    assert shares.kind is kind
    text = shares.text("networks")
    total = sum(counts.values())
    if counts[kind] == total:
        assert text == f"in all {total} networks"
    else:
        assert text.startswith(f"in {counts[kind]} of {total} networks (")
        for other, count in counts.items():
            assert (f"{count} {other}" in text) is (count > 0 and other is not kind)


@pytest.mark.parametrize(
    ("signal", "trend"),
    [
        ([0.0, -1.0, -2.0, -3.0], -3.0),
        ([0.0, 0.2, 0.6, 1.4, 3.0], 3.0),  # ever faster
        ([-4.0, 0.0, 0.0, 0.0], 4.0),  # at once, and stays
        ([0.0, -0.4, -0.9], 0.0),  # not tenfold
        ([-4.0, 0.0, -4.0, 0.0], 0.0),  # a cycle of two
        ([0.0, -4.0, 0.0, -4.0], 0.0),
        ([0.0, 0.0, -4.0, 0.0, 0.0, -4.0], 0.0),  # of three
        ([0.0, 2.0, 1.0, 3.0, 2.0, 4.0, 3.0, 5.0], 5.0),  # two up, one down
        ([0.0, -1.0, -np.inf, -np.inf], -np.inf),
        ([0.0, -np.inf, 2.0], 0.0),  # a bias revives it
        ([-np.inf, 0.0, 2.0], 0.0),
        ([np.inf, np.inf], 0.0),
        ([0.0], 0.0),
    ],
)
def test_a_trend_goes_one_way(signal: list[float], trend: float) -> None:
    assert signal_trend(np.array(signal)) == trend
