"""The verdict by a threshold: healthy is from it to its inverse, both ends included."""

from __future__ import annotations

import math
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradtui.models.finding import Finding, Kind, digits_beside
from gradtui.wording import magnitude

LIMIT = -3.0
BELOW, ABOVE = math.nextafter(LIMIT, -math.inf), math.nextafter(-LIMIT, math.inf)


@pytest.mark.parametrize(
    ("log10_ratio", "kind"),
    [
        (-math.inf, Kind.DEAD),
        (-1e300, Kind.VANISHING),
        (BELOW, Kind.VANISHING),
        (LIMIT, Kind.HEALTHY),
        (-0.0, Kind.HEALTHY),
        (0.0, Kind.HEALTHY),
        (-LIMIT, Kind.HEALTHY),
        (ABOVE, Kind.EXPLODING),
        (1e300, Kind.EXPLODING),
        (math.inf, Kind.EXPLODING),
    ],
)
def test_the_kind_at_the_limits(log10_ratio: float, kind: Kind) -> None:
    assert Kind.of(log10_ratio, LIMIT) is kind


@given(st.floats(allow_nan=False), st.floats(-300, -1e-4))
def test_what_vanishes_forwards_explodes_backwards(log10_ratio: float, limit: float) -> None:
    opposite = {Kind.VANISHING: Kind.EXPLODING, Kind.EXPLODING: Kind.VANISHING,
                Kind.HEALTHY: Kind.HEALTHY}  # fmt: skip
    if math.isfinite(log10_ratio):
        assert Kind.of(-log10_ratio, limit) is opposite[Kind.of(log10_ratio, limit)]
    assert (Kind.of(log10_ratio, limit) is Kind.HEALTHY) == (abs(log10_ratio) <= -limit)


@pytest.mark.parametrize(
    ("log10_ratio", "limit", "words"),
    [
        (-math.inf, -3.0, "above 0.001"),
        (-10.0, -3.0, "above 0.001"),
        (BELOW, -3.0, "above 0.001, though nearer than is told here"),
        (-1.0, -3.0, "above 0.001"),
        (0.0, -3.0, "below 1000"),
        (1.0, -3.0, "below 1000"),
        (10.0, -3.0, "below 1000"),
        (-1.0, -6.0, "above 1e-6"),
        (1.0, -6.0, "below 1e6"),
        (math.log10(0.00104), -3.0, "above 0.001"),
        (math.log10(0.000996), -3.0, "above 0.001"),
        (-3.0, -3.0, "0.001 or more"),
        (3.0, -3.0, "1000 or less"),
        (math.log10(0.01228), math.log10(0.0123), "above 0.0123"),
        (-0.5, math.log10(0.999), "above 0.999"),
        (0.5, math.log10(0.999), "below 1.001"),
        (0.5, math.log10(0.03), "below 33"),
        (-0.5, math.log10(0.03), "above 0.03"),
    ],
)
def test_the_end_of_what_is_healthy_that_counts_is_named(
    log10_ratio: float, limit: float, words: str
) -> None:
    """The end that was passed; of the healthy the one that is nearer."""
    assert Kind.of(log10_ratio, limit).healthy_is(log10_ratio, limit) == words


@given(st.floats(-300, -4.5e-4), st.floats(-1e-3, 1e-3), st.booleans())
def test_a_ratio_is_not_printed_as_the_threshold_that_it_keeps_or_passes(
    limit: float, off: float, above: bool
) -> None:
    ratio = (-limit if above else limit) + off
    kind = Kind.of(ratio, limit)
    words = kind.healthy_is(ratio, limit)
    if words.startswith(("above", "below")) and "nearer" not in words:
        printed = Decimal(magnitude(ratio, digits_beside(ratio, limit)))
        side, end = words.split()
        less = printed < Decimal(end) if side == "above" else printed > Decimal(end)
        assert printed != Decimal(end)
        assert less is (kind is not Kind.HEALTHY)
    else:
        assert abs(off) < 1e-7


@pytest.mark.parametrize(
    ("kind", "log10_ratio", "lessens"),
    [
        # A verdict by what most layers get need not agree with the ratio of the first to the last.
        (Kind.VANISHING, 2.0, True),
        (Kind.EXPLODING, -2.0, False),
        (Kind.DEAD, -math.inf, True),
        (Kind.HEALTHY, -0.1, True),
        (Kind.HEALTHY, 0.0, False),
        (Kind.HEALTHY, 0.1, False),
    ],
)
def test_the_verdict_says_which_end_it_is(kind: Kind, log10_ratio: float, lessens: bool) -> None:
    assert kind.lessens(log10_ratio) is lessens


def test_each_kind_has_a_mark_of_its_own_and_a_role() -> None:
    assert len({kind.mark for kind in Kind}) == len(Kind)
    assert [kind for kind in Kind if kind.role == "good"] == [Kind.HEALTHY]
    assert {kind.role for kind in Kind} == {"good", "bad"}
    assert str(Kind.DEAD) == "dead"


def test_a_finding_is_its_sentence_and_its_cause() -> None:
    finding = Finding("tanh", Kind.HEALTHY, "It lives.", "Why.", "By what.")
    assert finding.text == "It lives. Why. By what."
    assert Finding("tanh", Kind.HEALTHY, "It lives.", "").text == "It lives."
    assert Finding("tanh", Kind.HEALTHY, "It lives.", "Why.").remedy is None
