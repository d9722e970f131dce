"""Progress is an argument: a part of a whole tells its share of it, and a tick may stop it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradtui.progress import Stopped, Tick, part, unwatched
from support.watch import Watch

SHARES = st.floats(0, 1)


def test_a_part_tells_its_share_of_the_whole() -> None:
    watch = Watch()
    tick = part(watch, 0.25, 0.5)
    for share in (0.0, 0.5, 1.0):
        tick(share)
    assert watch.shares == [0.25, 0.5, 0.75]


@given(SHARES, SHARES, SHARES, SHARES, SHARES)
def test_a_part_of_a_part_is_a_part(
    start: float, share: float, inner: float, wide: float, done: float
) -> None:
    watch = Watch()
    part(part(watch, start, share), inner, wide)(done)
    assert watch.shares == [pytest.approx(start + share * (inner + wide * done), abs=1e-12)]


def test_parts_one_after_the_other_make_a_whole() -> None:
    watch = Watch()
    for index in range(4):
        step = part(watch, index / 4, 1 / 4)
        for share in (0.0, 0.4, 1.0):
            step(share)
    assert watch.rises
    assert (watch.shares[0], watch.shares[-1]) == (0.0, 1.0)


def test_nobody_who_watches_is_nobody_who_stops() -> None:
    for share in (0.0, 0.5, 1.0):
        unwatched(share)
    part(unwatched, 0.5, 0.5)(1.0)


def long(tick: Tick, reached: list[int]) -> int:
    """A computation of ten steps, two to a part."""
    for index in range(5):
        step = part(tick, index / 5, 1 / 5)
        for half in range(2):
            reached.append(2 * index + half)
            step((half + 1) / 2)
    return len(reached)


def test_what_is_stopped_ends_at_once_through_all_its_parts() -> None:
    reached: list[int] = []
    watch = Watch(most=3)
    with pytest.raises(Stopped):
        long(watch, reached)
    assert reached == [0, 1, 2]
    assert long(unwatched, []) == 10


def test_to_be_stopped_is_neither_bad_input_nor_an_end_of_the_program() -> None:
    """A computation that catches what its input does wrong must not catch this."""
    assert issubclass(Stopped, Exception)
    assert not issubclass(Stopped, ValueError | RuntimeError | OSError | ArithmeticError)


def test_a_watch_tells_what_falls_from_what_rises() -> None:
    """The tests' own tool."""
    for shares, rises in (([], True), ([0.0, 0.5, 0.5, 1.0], True), ([0.5, 0.4], False),
                          ([0.0, 1.1], False), ([-0.1], False)):  # fmt: skip
        watch = Watch()
        for share in shares:
            watch(share)
        assert watch.rises is rises
