"""The sentence over a sweep is true of every cell, and says no more."""

from __future__ import annotations

import itertools
import random
import re

import pytest

from gradtui.sweeps.cell import Row, failed
from gradtui.sweeps.grid import Axis, Grid
from gradtui.sweeps.verdict import claims_of, whole, worded


def grid(*sizes: int) -> Grid:
    kinds = [("depth", True), ("units", True), ("activations", False), ("init", False)]
    axes = []
    for size, (knob, numeric) in zip(sizes, kinds, strict=False):
        texts = [str(2 ** (3 + at)) if numeric else f"name{at}" for at in range(size)]
        axes.append(Axis(knob, tuple(texts), numeric))
    return Grid("decay", (), tuple(axes))


def row(verdict: str | None, error: str | None = None) -> Row:
    return {**failed("", ""), "verdict": verdict, "error": error}


def healthy_by(text: str, of: Grid, values: dict[str, str]) -> bool:
    """Whether a claim, as one reads it, says that a cell is healthy."""
    text = re.sub(r"(, |^)for every .*$", "", text)
    for axis in of.axes:
        found = re.search(
            rf"(?:^|, ){axis.label} (.*?)(?=, (?:depth|units|activation|init) |$)", text
        )
        if found is None:
            continue
        parts = re.split(r", | or (?!less|more)", found[1])
        value = values[axis.knob]
        if not any(_within(part, value, axis) for part in parts):
            return False
    return True


def _within(part: str, value: str, axis: Axis) -> bool:
    if not axis.numeric:
        return part == value
    numbers = list(map(int, re.findall(r"\d+", part)))
    if part.endswith("or less"):
        return int(value) <= numbers[0]
    if part.endswith("or more"):
        return int(value) >= numbers[0]
    return numbers[0] <= int(value) <= numbers[-1]


@pytest.mark.parametrize("sizes", [(5,), (4, 3), (3, 2, 2), (6, 1, 3), (3, 3, 2, 2)])
def test_claims_are_exactly_the_healthy_cells_and_their_words_too(sizes: tuple[int, ...]) -> None:
    random.seed(str(sizes))
    of = grid(*sizes)
    for share in (0.0, 0.1, 0.3, 0.5, 0.8, 0.95, 1.0):
        for _ in range(10):
            healthy = {
                places
                for places in itertools.product(*map(range, sizes))
                if random.random() < share
            }
            claims = claims_of(of, healthy)
            assert set().union(*(claim.cells() for claim in claims), set()) == healthy
            words = [worded(claim, of) for claim in claims]
            for cell in range(of.size):
                said = any(healthy_by(text, of, of.words(cell)) for text in words)
                assert said is (of.places(cell) in healthy)


def test_a_band_is_one_claim() -> None:
    of = grid(6, 4)
    band = {(depth, units) for depth in (1, 2, 3) for units in (2, 3)}
    (claim,) = claims_of(of, band)
    assert worded(claim, of) == "depth 16 to 64, units 32 or more"


def test_all_and_none_and_one_that_failed() -> None:
    of = grid(3)
    rows = {cell: row("healthy") for cell in range(3)}
    assert whole(of, rows).sentence == "All 3 cells are healthy."
    assert whole(of, rows).healthy
    rows[1] = row(None, "depth: too deep")
    told = whole(of, rows)
    assert not told.healthy
    assert "Healthy in 2 of 3 cells" in told.sentence
    assert "depth 8 or 32" in told.sentence
    assert "1 could not be computed" in told.sentence
    ill = {cell: row("vanishing") for cell in range(3)}
    assert whole(of, ill).sentence == "Not one of 3 cells is healthy: 3 vanishing."


def test_of_what_was_not_computed_nothing_is_claimed() -> None:
    of = grid(4)
    told = whole(of, {0: row("healthy"), 1: row("healthy")})
    assert not told.healthy
    assert "of the 4 that were asked for" in told.sentence
    assert not whole(of, {}).healthy
