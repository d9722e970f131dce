"""The coordinate check: slopes against numpy's, and flat or not in numbers."""

from __future__ import annotations

import math

import numpy as np
import pytest

from gradtui.sweeps.cell import Row, failed, run_cell
from gradtui.sweeps.coordinates import VIEW_NAME, slopes, with_preset
from gradtui.sweeps.grid import Grid, grid_of
from gradtui.views import VIEWS


def of(power: float, noise: float = 0.0) -> tuple[Grid, dict[int, Row]]:
    grid = grid_of(VIEWS[VIEW_NAME], (), {"depth": "4"}, ["units=16:256:log5", "seed=0:3:lin4"])
    rng = np.random.default_rng(0)
    rows: dict[int, Row] = {}
    for cell in range(grid.size):
        size = power * math.log10(float(grid.values(cell)["units"])) + noise * rng.normal()
        rows[cell] = {**failed("", ""), "log10_signal": size, "log10_gradient": -size}
        rows[cell]["subject"] = "tanh"
    return grid, rows


@pytest.mark.parametrize(("power", "flat"), [(0.5, False), (-0.5, False), (0.0, True)])
def test_a_power_of_the_width_is_found(power: float, flat: bool) -> None:
    signal, gradient = slopes(*of(power))
    assert (signal.slope, gradient.slope) == pytest.approx((power, -power), abs=1e-12)
    assert signal.flat is gradient.flat is flat


def test_slope_and_error_are_those_of_least_squares() -> None:
    grid, rows = of(0.2, noise=0.1)
    xs = [math.log10(float(grid.values(cell)["units"])) for cell in rows]
    ys = [float(str(row["log10_signal"])) for row in rows.values()]
    (slope, _), covariance = np.polyfit(xs, ys, 1, cov=True)
    signal, _ = slopes(grid, rows)
    assert signal.slope == pytest.approx(slope, rel=1e-9)
    assert signal.error == pytest.approx(math.sqrt(covariance[0, 0]), rel=1e-9)


def test_what_scatters_too_much_is_in_doubt() -> None:
    signal, _ = slopes(*of(0.0, noise=0.5))
    assert signal.flat is None
    assert "in doubt" in signal.text


def test_weights_of_one_size_grow_like_the_root_of_the_width() -> None:
    # σw = std √n: a linear network's signal after L layers grows like n^(L/2), and so does what
    # comes back, beside what went in.
    over, given = with_preset(["units=32,64,128,256", "seed=0:3:lin4"], {"depth": "2"})
    given |= {"activations": "linear", "init": "normal(std=0.1)"}
    grid = grid_of(VIEWS[VIEW_NAME], (), given, over)
    rows = {cell: run_cell(VIEW_NAME, grid.words(cell)) for cell in range(grid.size)}
    for slope in slopes(grid, rows):
        assert slope.slope == pytest.approx(1.0, abs=4 * slope.error)
        assert slope.flat is False


def test_another_axis_takes_the_place_of_the_preset_s() -> None:
    over, given = with_preset(["units=8,16"], {"seed": "3", "depth": "7"})
    assert over == ["units=8,16"]
    assert (given["seed"], given["depth"]) == ("3", "7")
