"""What pictures, readouts and errors say so that it can be understood."""

from __future__ import annotations

import math
import re

import pytest

from gradtui.errors import InputError
from gradtui.mathematics.activations import activation
from gradtui.mathematics.spec import number
from gradtui.plots.canvas import Canvas
from gradtui.plots.marks import Band, Ground, Label, Line
from gradtui.plots.picture import row_text
from gradtui.progress import unwatched
from gradtui.setup import KNOBS, Setup
from gradtui.views import VIEWS
from gradtui.views.facts import attains_largest, where_it_shrinks, where_largest
from gradtui.views.view import Size
from gradtui.wording import magnitude, plain
from support.watch import last


@pytest.mark.parametrize(("name", "z"), [("gelu", -4.0), ("gaussian", 3.0), ("celu(0.01)", -5.0)])
def test_columns_of_the_derivative_always_have_a_gap(name: str, z: float) -> None:
    view = VIEWS["derivative"]
    setup = Setup.of(activations=(name,), z=z)
    (result,) = view.results(setup, unwatched)
    _, line = (row_text(one) for one in view.readout(result, setup, 80))
    f = activation(name)
    assert line.split()[1:4] == [name, plain(f(z), 4), plain(f.derivative(z), 4)]


@pytest.mark.parametrize(
    ("name", "where"),
    [
        ("threshold(1e100, 1)", "for z > 1e100"),
        ("softplus(1e-100)", "for z > 2e101"),
        ("softplus(1e-20)", "for z > 2e21"),
        ("relu", "for z > 0"),
    ],
)
def test_a_slope_of_exactly_one_far_out_is_reached(name: str, where: str) -> None:
    f = activation(name)
    assert attains_largest(f)
    assert where_largest(f) == where
    assert "everywhere" not in where_it_shrinks(f)


def test_zero_has_no_sign() -> None:
    assert plain(-0.0) == number(-0.0) == "0"


@pytest.mark.parametrize("low", [0.11, 0.13, 0.2, 0.3])
@pytest.mark.parametrize("height", [8, 9, 11, 14])
def test_an_axis_of_five_rows_names_two_numbers(low: float, height: int) -> None:
    limits = (math.log10(low), 0.02)
    canvas = Canvas(60, height, (0.0, 1.0), limits, plain, lambda at: magnitude(at, 2), log_y=True)
    assert len(canvas.y_ticks()) >= 2


@pytest.mark.parametrize(
    ("knob", "text", "step"),
    [
        ("loss", "squared_error(target=1", "write it like squared_error(target=0)"),
        ("weights", "normal(1", "write it like normal(std=1)"),
        ("weights", "normal(0, 0.01)", "normal(std=0.01)"),
        ("init", "normal(1", "normal(sigma_w=1.5)"),
    ],
)
def test_an_error_shows_a_form_of_its_own_kind(knob: str, text: str, step: str) -> None:
    with pytest.raises(InputError, match=re.escape(step)):
        KNOBS[knob].parse(text)


def test_a_whole_number_is_told_as_it_was_typed() -> None:
    with pytest.raises(InputError, match="90 is not inside"):
        Setup.of(activations=("tanh",), z=90.0).checked()


def test_a_phase_figure_says_what_its_colours_measure() -> None:
    view = VIEWS["phase"]
    setup = view.default_setup
    (plot,) = view.draw(last(view, setup), setup, Size(80, 24), "braille").plots
    assert plot.title == "gradient left after 50 layers"
    (ground,) = (mark for mark in plot.marks if isinstance(mark, Ground))
    names = [name for _, _, name in ground.names]
    assert "0.5 to 2" in names
    assert "q → 0, signal dies" in names


def test_a_decay_figure_says_whose_each_line_is_and_holds_the_band() -> None:
    view = VIEWS["decay"]
    setup = view.default_setup.with_(activations=("sigmoid", "tanh"), depth=3).clamped()
    (plot,) = view.draw(last(view, setup), setup, Size(80, 24), "braille").plots
    lines = [mark for mark in plot.marks if isinstance(mark, Line)]
    assert {"median of 200 random sigmoid chains", "tanh"} <= {line.name for line in lines}
    assert len({line.dash for line in lines}) == len(lines)
    (band,) = (mark for mark in plot.marks if isinstance(mark, Band))
    assert plot.y.limits[0] < band.low.min()


def test_letters_beyond_the_edge_of_init_have_an_arrow() -> None:
    view = VIEWS["init"]
    setup = view.default_setup.with_(activations=("gelu",), networks=2).clamped()
    (plot,) = view.draw(last(view, setup), setup, Size(80, 24), "braille").plots
    labels = [mark for mark in plot.marks if isinstance(mark, Label)]
    low, high = plot.y.limits
    for label in labels:
        assert label.text.endswith("↓") == (label.y <= low)
        assert label.text.endswith("↑") == (label.y >= high)
    assert any(label.text == "P↓" for label in labels)
