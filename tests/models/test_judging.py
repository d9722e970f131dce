"""The verdict on a curve: its ends, what lies between, and many of them."""

from __future__ import annotations

import math

import numpy as np
import pytest

from gradtui.models.finding import Kind
from gradtui.models.judging import Shares, healthy_depth, judge

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
    ("ratios", "depth"),
    [([-1.0, -2.0, -3.5], 2), ([1.0, 3.5], 1), ([-4.0], 0), ([-1.0, -2.0], None),
     ([0.0, -INF], 1), ([-3.5, 0.0], 0)],
)  # fmt: skip
def test_as_many_layers_as_are_healthy_from_the_first_on(
    ratios: list[float], depth: int | None
) -> None:
    assert healthy_depth(np.array(ratios), -3.0) == depth


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
