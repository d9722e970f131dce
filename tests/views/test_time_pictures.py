"""The singular values of ∂h_T/∂h_{T-k} and the shares of ∂L/∂W, drawn, read out and exported."""

from __future__ import annotations

import csv
import io
import math
from typing import Any

import numpy as np
import pytest

from gradtui import recurrent_jacobian
from gradtui.models.recurrent.cells import flow_of, inputs_of, parameters_of
from gradtui.models.recurrent.cost import idle_in_time
from gradtui.models.recurrent.singular import MOST_LAGS, lags_looked_at
from gradtui.models.subject import Subject, subjects_of
from gradtui.plots.marks import Band, Line
from gradtui.plots.picture import Picture, row_text
from gradtui.setup import Setup
from gradtui.views import VIEWS
from gradtui.views.bands import meanings, scale
from gradtui.views.time.shares import of_each_lag
from gradtui.views.time.study import Memories
from gradtui.views.view import Size
from support.commands import run
from support.watch import last

VIEW = VIEWS["time"]
SIZE = Size(80, 20)
SMALL = {"hidden_size": 6, "input_size": 3, "draws": 3, "steps": 24, "lag": 24}


def setup_of(picture: str, *cells: str, **knobs: Any) -> Setup:
    knobs = {"picture": picture, "cells": cells or ("tanh",), **SMALL, **knobs}
    return Setup.of(**knobs).clamped().checked()


def result_of(setup: Setup) -> Memories:
    result = last(VIEW, setup)
    assert isinstance(result, Memories)
    return result


def drawn(setup: Setup, size: Size = SIZE) -> Picture:
    return VIEW.draw(result_of(setup), setup, size, "ascii")


def line(picture: Picture, name: str) -> Line:
    (found,) = (one for one in picture.plots[0].marks if isinstance(one, Line) and one.name == name)
    return found


def subject_of(setup: Setup) -> Subject:
    return subjects_of(setup, "recurrent")[0]


# ------------------------------------------------------------ singular values


def test_half_of_the_identity_at_rest_halves_every_direction_in_every_step() -> None:
    picture = drawn(setup_of("singular", cell_init=("identity(0.5)",), x=0.0))
    for name in ("largest", "median", "smallest"):
        assert line(picture, name).y == pytest.approx(np.arange(1, 25) * math.log10(0.5))


def test_those_of_tanh_are_those_of_the_product_of_its_jacobians() -> None:
    setup = setup_of("singular", cell_init=("gaussian(0.9)",), steps=5, lag=5)
    subject = subject_of(setup)
    parameters, x = parameters_of(subject, 1), inputs_of(subject.setup, 1)[:, 0]
    w, product, h = parameters["weight_hh_l0"], np.eye(6), np.zeros(6)
    b = parameters["bias_ih_l0"] + parameters["bias_hh_l0"]
    steps = []
    for step in x:
        h = np.tanh(parameters["weight_ih_l0"] @ step + w @ h + b)
        steps.append(np.diag(1.0 - h**2) @ w)
    picture = drawn(setup)
    for at, step in enumerate(reversed(steps)):
        product = product @ step
        sigma = np.log10(np.linalg.svd(product, compute_uv=False))
        assert line(picture, "largest").y[at] == pytest.approx(sigma[0])
        assert line(picture, "median").y[at] == pytest.approx(np.median(sigma))
        assert line(picture, "smallest").y[at] == pytest.approx(sigma[-1])


@pytest.mark.parametrize("cell", ["tanh", "lstm", "gru"])
def test_the_gradient_of_the_same_cell_lies_between(cell: str) -> None:
    picture = drawn(setup_of("singular", cell))
    own = line(picture, "‖∂L/∂h‖ of this cell").y[1:]
    assert (own <= line(picture, "largest").y + 1e-9).all()
    assert (own >= line(picture, "smallest").y - 1e-9).all()


def test_of_several_sequences_it_is_the_first_without_the_gradient_of_all() -> None:
    setup = setup_of("singular", batch_size=2)
    names = [one.name for one in drawn(setup).plots[0].marks if isinstance(one, Line)]
    assert names == ["largest", "median", "smallest"]
    subject = subject_of(setup)
    x = inputs_of(subject.setup, 1)[:, 0]
    expected = recurrent_jacobian("tanh", parameters_of(subject, 1), x, range(1, 25))
    np.testing.assert_array_equal(line(drawn(setup), "largest").y, expected.log10_largest)


@pytest.mark.parametrize("steps", [1, 2, 48, 49, 100, 1000])
@pytest.mark.parametrize("truncate", [0, 1, 60])
def test_the_lags_looked_at_end_with_the_last_that_is_followed(steps: int, truncate: int) -> None:
    setup = setup_of("singular", steps=steps, truncate=truncate)
    lags = lags_looked_at(subject_of(setup), 20.0)
    assert lags == sorted(set(lags))
    assert len(lags) <= MOST_LAGS
    assert lags[0] == 1
    assert lags[-1] == min(steps, truncate or steps)
    if lags[-1] <= MOST_LAGS:
        assert lags == list(range(1, lags[-1] + 1))


def test_as_far_back_as_there_is_time() -> None:
    setup = setup_of("singular", "lstm", steps=3000, draws=1, hidden_size=16, patience=3.0)
    lags = lags_looked_at(subject_of(setup), 3.0)
    assert 1 < lags[-1] < 3000
    assert f"to lag {lags[-1]:,}: give more patience" in row_text(
        drawn(setup, Size(120, 20)).rows[0]
    )
    assert lags_looked_at(subject_of(setup), 86_400.0)[-1] == 3000
    assert lags_looked_at(subject_of(setup_of("singular", hidden_size=256)), 0.01) == []
    assert "patience" not in idle_in_time(setup)
    assert "patience" in idle_in_time(setup.with_(picture="singular", steps=20, lag=20))


def test_of_more_units_it_says_up_to_how_many_it_can() -> None:
    setup = setup_of("singular", hidden_size=257, steps=2, lag=2, draws=1)
    assert "singular values of up to 256 units" in row_text(drawn(setup).rows[0])
    assert VIEW.table(result_of(setup))[0]["log10_grad_h_50"] == 0.0
    values = row_text(VIEW.readout(result_of(setup), setup, 150)[1])
    assert values.split()[4:8] == ["-"] * 4


def test_exact_zeros_are_counted() -> None:
    setup = setup_of("singular", cell_init=("gaussian(0)",), steps=4, lag=4)
    assert "12 exact zeros are not drawn" in row_text(drawn(setup).rows[0])


def test_the_readout_says_of_which_lag() -> None:
    setup = setup_of("singular", steps=500, lag=400)
    result = result_of(setup)
    heads, values = (row_text(one) for one in VIEW.readout(result, setup, 150))
    assert all(head in heads for head in ("σ at lag", "largest", "median", "smallest"))
    lags = lags_looked_at(subject_of(setup), 20.0)
    assert str(min(lags, key=lambda lag: abs(lag - 400))) in values.split()


@pytest.mark.parametrize("width", [40, 60, 80, 120])
@pytest.mark.parametrize("picture", ["singular", "shares"])
def test_they_fit_any_width(width: int, picture: str) -> None:
    setup = setup_of(picture, "tanh", "lstm")
    result = result_of(setup)
    assert all(len(row_text(one)) <= width for one in VIEW.readout(result, setup, width))
    assert all(len(row_text(one)) == width for one in drawn(setup, Size(width, 14)).rows)


def test_their_numbers_are_exported() -> None:
    words = ["time", "tanh", "gru", "--picture", "singular", "--steps", "3", "--draws", "1"]
    rows = list(csv.DictReader(io.StringIO(run(*words, "--csv").out)))
    assert [(row["cell"], row["lag"]) for row in rows] == [
        (cell, lag) for cell in ("tanh", "gru") for lag in "123"
    ]
    for row in rows:
        names = ("log10_sigma_smallest", "log10_sigma_median", "log10_sigma_largest")
        sigma = [float(row[name]) for name in names]
        assert sigma == sorted(sigma)


# --------------------------------------------------------------------- shares


@pytest.mark.parametrize("cell", ["tanh", "lstm"])
def test_the_shares_are_those_of_what_each_step_adds(cell: str) -> None:
    setup = setup_of("shares", cell, draws=1)
    by_step = flow_of(subject_of(setup), 1).log10_grad_parameters_by_step
    assert by_step is not None
    added = 10.0 ** by_step["weight_hh_l0"][::-1]
    picture = drawn(setup)
    (band,) = (one for one in picture.plots[0].marks if isinstance(one, Band))
    assert band.high[:-1] == pytest.approx(added / added.sum())
    assert line(picture, cell).y[:-1] == pytest.approx(np.cumsum(added / added.sum()))
    assert line(picture, cell).y[-1] == pytest.approx(1.0)


def test_what_the_lags_add_is_all_of_it() -> None:
    measured = result_of(setup_of("shares", steps=2000, draws=1)).each[0].measured
    one = of_each_lag(measured)
    assert (one >= 0.0).all()
    assert float(one.sum()) == pytest.approx(1.0, abs=1e-9)


def test_where_w_has_no_gradient_it_says_so() -> None:
    setup = setup_of("shares", steps=1, lag=1, draws=1)
    picture = drawn(setup)
    assert "no gradient of W to share" in row_text(picture.rows[0])
    assert not [one for one in picture.plots[0].marks if isinstance(one, Band)]


@pytest.mark.parametrize("width", [30, 50, 80, 120])
@pytest.mark.parametrize("cell", ["tanh", "lstm"])
def test_a_narrow_heading_has_shorter_words_before_it_leaves_any_out(cell: str, width: int) -> None:
    """At 60x18 a plot has 30 cells, at 80x24 50."""
    for picture, names in (
        ("map", (cell, "lag", "radius" if cell == "tanh" else "forget bias")),
        ("singular", ("σ", "━ ━", "╍", "⠂")),
        ("curves", ("‖∂L/∂h‖", "░ 90 %", *(("⠂", "━ ━") if cell == "tanh" else ("╍ ∂L/∂c",)))),
    ):
        knobs = {"picture": picture, "steps": 20, "hidden_size": 4, "draws": 3}
        setup = VIEWS["time"].default_setup.with_(cells=(cell,), **knobs)
        drawn = VIEWS["time"].draw(last(VIEWS["time"], setup), setup, Size(width, 12), "braille")
        heading = row_text(drawn.rows[0])
        assert not [name for name in names if name not in heading], heading
        if picture == "map":
            assert not [c for c in "=-:·+×%#" if c not in row_text(drawn.rows[-1])]


def test_the_key_of_a_map_names_its_blank_where_there_is_room() -> None:
    every = meanings(-3.0)
    assert "blank 0.5 to 2" in row_text(scale(every, 80))
    assert row_text(scale(every, 30)).split() == ["=<1e-9", "-:·", "+×%", "#>1e9"]
    for width in range(8, 100):
        assert len(row_text(scale(every, width))) <= width


def test_where_there_is_room_the_heading_says_beside_what_it_is() -> None:
    setup = VIEWS["time"].default_setup.with_(cells=("tanh",), steps=20, hidden_size=4, draws=3)
    result = last(VIEWS["time"], setup)
    wide, narrow = (
        row_text(VIEWS["time"].draw(result, setup, Size(width, 12), "braille").rows[0])
        for width in (100, 60)
    )
    assert "beside that at h_T" in wide
    assert "beside" not in narrow
