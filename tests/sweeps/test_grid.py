"""The axes of a sweep, as they are read."""

from __future__ import annotations

import itertools

import pytest

from gradtui.errors import InputError
from gradtui.sweeps.grid import Grid, grid_of
from gradtui.views import VIEWS


def axes(view: str, *over: str, names: tuple[str, ...] = (), **given: str) -> dict[str, list[str]]:
    grid = grid_of(VIEWS[view], names, given, over)
    return {axis.knob: list(axis.texts) for axis in grid.axes}


@pytest.mark.parametrize(
    ("over", "wanted"),
    [
        ("depth=10,20,5", ["5", "10", "20"]),
        ("depth=10:1000:log3", ["10", "100", "1000"]),
        ("depth=1:4:log9", ["1", "2", "3", "4"]),  # rounded, each once
        ("depth=1,10:30:lin3", ["1", "10", "20", "30"]),
        ("--depth=3,3", ["3"]),
        ("depth=1_000,2_000", ["1000", "2000"]),
    ],
)
def test_whole_numbers(over: str, wanted: list[str]) -> None:
    assert axes("chain", over) == {"depth": wanted}


def test_real_numbers_end_where_they_are_said_to() -> None:
    (texts,) = axes("phase", "sigma-w=1:4:log5").values()
    assert list(map(float, texts)) == pytest.approx([1, 2**0.5, 2, 2**1.5, 4], rel=1e-5)
    assert (float(texts[0]), float(texts[-1])) == (1.0, 4.0)


def test_a_comma_inside_parentheses_is_the_values_own() -> None:
    over = "init=normal(sigma_w=1.5, sigma_b=0.1),xavier_normal"
    (texts,) = axes("layers", over).values()
    assert len(texts) == 2
    assert "1.5" in texts[0]


def test_semicolons_separate_values_that_have_commas() -> None:
    assert axes("chain", "weights=0.5,0.6;0.7,0.8") == {"weights": ["0.5,0.6", "0.7,0.8"]}


def test_what_a_cell_would_compare_is_an_axis() -> None:
    found = axes("decay", "depth=5,6", names=("relu", "tanh"))
    assert found == {"activations": ["relu", "tanh"], "depth": ["5", "6"]}
    found = axes("decay", "depth=5,6", names=("relu",), init="xavier_normal,kaiming_normal")
    assert found == {"init": ["xavier_normal", "kaiming_normal"], "depth": ["5", "6"]}


def test_every_combination_is_a_cell_and_the_last_axis_changes_first() -> None:
    grid = grid_of(VIEWS["chain"], (), {}, ["activations=relu,tanh", "depth=5,6,7", "x=1,2"])
    texts = [axis.texts for axis in grid.axes]
    for cell, words in enumerate(itertools.product(*texts)):
        assert tuple(grid.words(cell).values()) == words
        assert grid.cell(grid.places(cell)) == cell
    assert grid.size == 12


def test_each_view_can_be_swept_over_each_knob_that_counts() -> None:
    for view in VIEWS.values():
        if view.follows(view.default_setup) or view.name == "run":
            continue
        setup = view.default_setup
        for knob in view.all_knobs:
            if knob.name not in view.used(setup) or knob.name in {*view.only_drawn, "focus"}:
                continue
            one = knob.text(setup).replace(", ", ",")
            text = one + ";" if "," in one and not knob.extends else one
            if text:
                assert isinstance(grid_of(view, (), {}, [f"{knob.name}={text}"]), Grid)


def test_an_error_names_the_knob_by_its_own_words() -> None:
    with pytest.raises(InputError) as refused:
        axes("chain", "depth=5,many")
    assert refused.value.field == "depth"


@pytest.mark.parametrize("given", ["depth=10:1000", "depth=10:20:log3:4", "sigma-w=1:2"])
def test_a_range_without_a_count_is_told_to_have_one(given: str) -> None:
    with pytest.raises(InputError, match=r"how many values it has; try [0-9:]+:log9"):
        grid_of(VIEWS["phase" if "sigma" in given else "decay"], (), {}, [given])
