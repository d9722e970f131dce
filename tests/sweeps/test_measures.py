"""Each view with a verdict has numbers for it, and they are those of its table and its words."""

from __future__ import annotations

import math
from collections import deque

import numpy as np
import pytest

from gradtui.mathematics.activations import activation
from gradtui.progress import unwatched
from gradtui.sweeps.cell import number, run_cell, written
from gradtui.sweeps.grid import grid_of
from gradtui.views import VIEWS
from gradtui.views.command import scene
from gradtui.wording import magnitude

COMMANDS = {
    "derivative": "derivative sigmoid",
    "chain": "chain tanh --depth 12",
    "decay": "decay tanh --depth 12",
    "layers": "layers tanh --depth 5 --units 16",
    "spectrum": "spectrum tanh --depth 5 --units 16 --layer 5",
    "phase": "phase tanh --sigma-w 1.2",
    "init": "init tanh --depth 6 --networks 5 --units 16",
    "time": "time tanh --steps 12 --draws 3 --hidden-size 8 --lag 12",
}


def measured(command: str) -> tuple[dict[str, float], list[dict[str, object]], str]:
    name, setup = scene(command)
    view = VIEWS[name]
    (result,) = deque(view.results(setup, unwatched), maxlen=1)
    subject = view.focused(setup)
    finding = view.finding(result, subject)
    assert finding is not None
    table = [dict(line) for line in view.table(result)]
    return dict(view.measures(result, subject)), table, finding.sentence


@pytest.mark.parametrize("view", VIEWS)
def test_each_view_has_some(view: str) -> None:
    if view == "run":
        file = "tests/runs/fixtures/keras.csv"
        grid = grid_of(VIEWS["run"], (), {}, [f"runs={file}"])
        assert run_cell("run", grid.words(0))["last_step"] is not None
        return
    found, _, _ = measured(COMMANDS[view])
    assert found
    assert all(isinstance(value, float | int) for value in found.values())


def test_of_the_derivative_it_is_the_largest_slope() -> None:
    found, _, _ = measured(COMMANDS["derivative"])
    assert 10 ** found["log10_largest_derivative"] == pytest.approx(0.25, rel=1e-12)
    assert activation("sigmoid").max_abs_derivative == 0.25


@pytest.mark.parametrize("view", ["chain", "decay", "layers", "phase", "time"])
def test_what_is_left_is_the_number_of_the_sentence(view: str) -> None:
    found, _, sentence = measured(COMMANDS[view])
    assert magnitude(found["log10_left"]) in sentence


def test_of_a_chain_it_is_the_product_of_its_table() -> None:
    found, table, _ = measured(COMMANDS["chain"])
    slopes = sum(float(str(line["log10_abs_derivative"])) for line in table)
    weights = sum(float(str(line["log10_abs_w"])) for line in table[1:])
    assert found["log10_left"] == pytest.approx(slopes + weights, abs=1e-12)


def test_of_decay_it_is_the_first_beside_the_last_of_its_table() -> None:
    found, table, _ = measured(COMMANDS["decay"])
    (name,) = {key for key in table[0] if key.startswith("log10") and "gradient" in key} or {""}
    curve = [float(str(line[name])) for line in table]
    assert found["log10_left"] == pytest.approx(curve[0] - curve[-1], abs=1e-12)


def test_of_theory_it_is_chi() -> None:
    found, _, _ = measured(COMMANDS["phase"])
    from gradtui import mean_field

    field = mean_field("tanh", 1.2**2, 0.2**2)
    assert found["q"] == pytest.approx(field.q, rel=1e-7)
    assert found["chi"] == pytest.approx(field.chi, rel=1e-7)


@pytest.mark.parametrize("value", [0.0, -1.5, math.inf, -math.inf, 1e-320])
def test_a_number_is_read_back(value: float) -> None:
    assert number(written(value)) == value


def test_what_is_not_known_is_null() -> None:
    assert written(math.nan) is None
    assert np.isnan(number(None))
