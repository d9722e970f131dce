"""Where a picture is enlarged: around the focused curve where the cursor stands."""

from __future__ import annotations

import math

import numpy as np
import pytest

from gradtui.app.going import magnify
from gradtui.app.state import State
from gradtui.plots.gaze import gazed_at
from gradtui.plots.marks import Axis, Line, Mark, Plot, Upright
from gradtui.plots.zoom import WHOLE, zoomed
from gradtui.setup import Setup
from gradtui.views import VIEWS
from gradtui.views.view import Size
from support.by_hand import by_hand


def plots_of(view: str, setup: Setup, state: State) -> tuple[Plot, ...]:
    record = VIEWS[view]
    *_, result = record.results(setup, lambda share: None)
    with zoomed(state.zoom):
        return record.draw(result, setup, Size(100, 30), "braille").plots


def enlarged(view: str, setup: Setup, times: int = 6) -> list[tuple[float, float]]:
    """What is in sight of each plot's height after `+` was pressed so often."""
    state = State(view=view, setup=setup)
    centres = gazed_at(plots_of(view, setup, state))
    for _ in range(times):
        state = magnify(state, 1, centres)
    assert state.zoom.times == times
    return [plot.y.limits for plot in plots_of(view, setup, state)]


@pytest.mark.parametrize("layer", [1, 4, 9, 12])
@pytest.mark.parametrize("name", ["sigmoid", "tanh"])
def test_the_gradient_at_the_cursor_stays_in_sight_in_decay(name: str, layer: int) -> None:
    setup = Setup.of(
        activations=("relu", name), focus=name, depth=12, layer=layer, model="chain", samples=2
    )
    true = by_hand(name, [1.0] * 12).hidden
    ((low, high),) = enlarged("decay", setup)
    assert low <= math.log10(abs(true[layer] / true[-1])) <= high


@pytest.mark.parametrize("z", [-5.0, -0.3, 2.0])
def test_f_and_its_slope_at_the_cursor_stay_in_sight_in_derivative(z: float) -> None:
    f, slope = enlarged("derivative", Setup.of(activations=("identity", "sigmoid"),
                                               focus="sigmoid", z=z))  # fmt: skip
    value = 1 / (1 + math.exp(-z))
    # A curve is drawn through points: between two of them it is off by a little.
    assert f[0] - 1e-3 <= value <= f[1] + 1e-3
    assert slope[0] - 1e-3 <= value * (1 - value) <= slope[1] + 1e-3
    assert f != slope


def test_the_product_so_far_and_the_slope_stay_in_sight_in_chain() -> None:
    setup = Setup.of(activations=("tanh",), depth=3, layer=2)
    told = by_hand("tanh", [1.0] * 3)
    product, slope = enlarged("chain", setup, times=4)
    assert slope[0] <= told.slopes[1] <= slope[1]
    # The bar of f′ of layer 2 is between the product before it and behind it.
    ends = [math.log10(abs(told.slopes[2])), math.log10(abs(told.slopes[2] * told.slopes[1]))]
    assert max(product[0], min(ends)) < min(product[1], max(ends))


def test_the_cursor_on_the_map_stays_in_sight_in_phase() -> None:
    setup = VIEWS["phase"].default_setup.with_(sigma_w=1.3, sigma_b=0.05)
    ((low, high),) = enlarged("phase", setup)
    assert low <= 0.05 <= high


def plot_with(*marks: Mark, limits: tuple[float, float] = (0.0, 10.0)) -> Plot:
    return Plot(Axis((0.0, 4.0), str), Axis(limits, str), marks, 40, 12)


def test_a_plot_without_a_cursor_or_a_number_there_is_enlarged_around_its_middle() -> None:
    line = Line(np.arange(3.0), np.array([9.0, 8.0, 1.0]), "curve1")
    other = Line(np.arange(3.0), np.array([2.0, 2.0, 2.0]), "curve0", "dashed")
    nothing = Line(np.arange(3.0), np.full(3, -np.inf), "curve1")
    cursor = Upright(1.0, "cursor")
    assert gazed_at(()) == (0.5,)
    assert gazed_at([plot_with(line)]) == (0.5,)
    assert gazed_at([plot_with(nothing, cursor)]) == (0.5,)
    assert gazed_at([plot_with(line, other, cursor)]) == (0.8,)
    gap = Line(np.arange(3.0), np.array([9.0, -np.inf, 1.0]), "curve1")
    assert gazed_at([plot_with(gap, cursor)]) == (0.5,)  # between its neighbours
    assert gazed_at([plot_with(line, cursor, limits=(0.0, 4.0))]) == (1.0,)


def test_an_enlargement_taken_back_wholly_forgets_where_it_was() -> None:
    state = magnify(State(), 3, (0.1,))
    assert state.zoom.limits(0.0, 8.0) == pytest.approx((0.3, 1.3))
    assert magnify(state, -3).zoom == WHOLE
    assert magnify(state, -2).zoom.limits(0.0, 8.0) == (0.0, 4.0)  # ends where the axis does
    assert magnify(magnify(state, -2), 2).zoom == state.zoom
