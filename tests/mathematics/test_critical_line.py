"""The critical line as a whole: every point of it is one that is found alone."""

from __future__ import annotations

import math

import numpy as np
import pytest

from gradtui.mathematics.activations import ACTIVATIONS
from gradtui.mathematics.wide.phase import critical_line, critical_points


@pytest.mark.parametrize("name", list(ACTIVATIONS))
def test_every_point_of_the_line_is_a_critical_point(name: str) -> None:
    line = critical_line(name)
    on_it = np.flatnonzero(np.isfinite(line.q) & (line.sigma_b2 > 1e-6) & (line.sigma_b2 < 1e3))
    for index in on_it[::40]:
        alone = [point.sigma_w2 for point in critical_points(name, line.sigma_b2[index])]
        assert any(abs(one / line.sigma_w2[index] - 1.0) < 1e-6 for one in alone)


@pytest.mark.parametrize("name", list(ACTIVATIONS))
@pytest.mark.parametrize("sigma_b2", [0.04, 1.0])
def test_every_critical_point_is_on_the_line(name: str, sigma_b2: float) -> None:
    line = critical_line(name)
    for point in critical_points(name, sigma_b2):
        here = line.q > 0.0
        between = np.interp(math.log(point.q), np.log(line.q[here]), line.sigma_w2[here])
        assert between == pytest.approx(point.sigma_w2, rel=1e-3)


def test_tanh_s_line_begins_at_1_and_0_and_that_of_relu_is_2_and_0_alone() -> None:
    tanh = critical_line("tanh")
    assert (tanh.sigma_w2[0], tanh.sigma_b2[0]) == (pytest.approx(1.0, rel=1e-12), 0.0)
    relu = critical_line("relu")
    there = np.isfinite(relu.q)
    assert relu.sigma_w2[there].tolist() == pytest.approx([2.0])
    assert relu.sigma_b2[there].tolist() == [0.0]


@pytest.mark.parametrize("name", ["softplus", "tanhshrink", "relu_squared"])
def test_what_has_no_critical_point_has_an_empty_line(name: str) -> None:
    assert critical_line(name).q.size == 0
