"""The σw that keeps a gradient over a depth, against closed forms, quadrature and published rates.

The networks here are followed layer by layer without our expectations: erf and ReLU have them in
closed form, tanh and hardtanh by adaptive quadrature.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy.integrate import quad

from gradtui.errors import InputError
from gradtui.mathematics.activations import ACTIVATIONS
from gradtui.mathematics.wide.advice import (
    SIGMA_W_RANGE,
    advise,
    log10_ratio,
    sufficient_width,
)
from gradtui.mathematics.wide.mean_field import critical_sigma_w2
from gradtui.mathematics.wide.path import gradient_path, ratios_by_depth

Expectation = Callable[[float], tuple[float, float]]
"""From q to E[f²] and E[f′²]."""


def by_quadrature(
    f: Callable[[float], float], slope: Callable[[float], float], kinks: tuple[float, ...] = ()
) -> Expectation:
    def mean(g: Callable[[float], float], q: float) -> float:
        r = math.sqrt(q)
        edges = sorted({0.0, *(at / r for at in kinks if at / r < 12.0), 12.0})
        parts = [
            quad(
                lambda z: (g(r * z) ** 2 + g(-r * z) ** 2) * math.exp(-0.5 * z * z),
                low,
                high,
                epsabs=1e-14,
                epsrel=1e-13,
            )[0]
            for low, high in itertools.pairwise(edges)
        ]
        return sum(parts) / math.sqrt(math.tau)

    return lambda q: (mean(f, q), mean(slope, q))


def sech2(z: float) -> float:
    return 1.0 / math.cosh(z) ** 2


TANH = by_quadrature(math.tanh, sech2)
HARDTANH = by_quadrature(
    lambda z: min(max(z, -1.0), 1.0), lambda z: 1.0 if abs(z) < 1.0 else 0.0, (1.0,)
)


def erf(q: float) -> tuple[float, float]:
    """Williams 1997; E[f′²] is a Gaussian integral."""
    square = 2.0 / math.pi * math.asin(2.0 * q / (1.0 + 2.0 * q))
    return square, 4.0 / math.pi / math.sqrt(1.0 + 4.0 * q)


def independent(
    expectation: Expectation, sigma_w: float, sigma_b: float, depth: int, x: float = 1.0
) -> float:
    """log10 of what is left of the gradient."""
    q = sigma_w**2 * x**2 + sigma_b**2
    total = 0.0
    for _ in range(depth):
        square, slope_square = expectation(q)
        total += 0.5 * math.log10(sigma_w**2 * slope_square)
        q = sigma_w**2 * square + sigma_b**2
    return total


# --------------------------------------------------------------------- ratio


def test_critical_tanh_decays_algebraically() -> None:
    """∏χ over L layers at (1, 0) from q = 1, computed elsewhere with an independent quadrature."""
    for depth, product in ((10, 0.07136973), (100, 0.00713425)):
        ratio = log10_ratio("tanh", np.array([1.0]), np.array([0.0]), depth)[0]
        assert ratio == pytest.approx(0.5 * math.log10(product), abs=1e-7)


@pytest.mark.parametrize("depth", [1, 7, 1000])
def test_relu_keeps_a_power_of_its_weights_at_any_bias(depth: int) -> None:
    sigma_w = np.array([0.5, 1.0, math.sqrt(2.0), 3.0])
    for sigma_b in (0.0, 0.7):
        np.testing.assert_allclose(
            log10_ratio("relu", sigma_w, np.array(sigma_b), depth, x=0.3),
            depth * np.log10(sigma_w / math.sqrt(2.0)),
            atol=1e-9 * depth,
        )


@pytest.mark.parametrize("name", list(ACTIVATIONS))
def test_it_is_that_of_the_path_of_one_network(name: str) -> None:
    """Which evaluates the theory on its own: with other code, exactly outside its table."""
    for sigma_w, sigma_b in ((0.8, 0.0), (1.3, 0.4)):
        path = gradient_path(name, sigma_w**2, sigma_b**2, 12, 1.0)
        ours = log10_ratio(name, np.array([sigma_w]), np.array([sigma_b]), 12)[0]
        theirs = float(path.log10_grad_hidden[0])
        if abs(theirs) < 50.0:
            assert ours == pytest.approx(theirs, abs=1e-6)
        else:
            assert math.copysign(1.0, theirs) * ours > 40.0


# -------------------------------------------------------------------- advice


def test_a_relu_is_advised_its_gain() -> None:
    """√2, and healthy where (σw/√2)^L is: He et al. 2015."""
    found = advise("relu", 80, 0.1)
    assert found.sigma_w == 1.41421
    assert found.low == pytest.approx(math.sqrt(2.0) * 10.0 ** (-1 / 80), rel=1e-8)
    assert found.high == pytest.approx(math.sqrt(2.0) * 10.0 ** (1 / 80), rel=1e-8)
    assert found.tolerance == pytest.approx(math.log(10.0) / 80, rel=1e-3)
    assert found.possible
    assert not found.unstable


@pytest.mark.parametrize(
    ("name", "expectation", "depth", "sigma_b", "x"),
    [
        ("erf", erf, 1000, 0.0, 1.0),
        ("erf", erf, 80, 0.3, 2.0),
        ("erf", erf, 1, 0.0, 1.0),
        ("tanh", TANH, 30, 0.0, 1.0),
        ("tanh", TANH, 30, math.sqrt(0.05), 0.5),
        ("hardtanh", HARDTANH, 20, 0.1, 1.0),
    ],
)
@pytest.mark.parametrize("threshold", [0.1, 0.5])
def test_the_ends_of_the_range_leave_exactly_the_threshold(
    name: str, expectation: Expectation, depth: int, sigma_b: float, x: float, threshold: float
) -> None:
    found = advise(name, depth, threshold, sigma_b=sigma_b, x=x)
    limit = math.log10(threshold)
    for sigma_w, wanted in ((found.low, limit), (found.high, -limit)):
        if SIGMA_W_RANGE[0] < sigma_w < SIGMA_W_RANGE[1]:
            left = independent(expectation, sigma_w, sigma_b, depth, x)
            assert left == pytest.approx(wanted, abs=1e-7 * depth + 1e-7)
    # At the advice itself, nothing is lost or gained but for its rounding to six digits.
    left = independent(expectation, found.sigma_w, sigma_b, depth, x)
    assert left == pytest.approx(found.log10_ratio, abs=1e-8 * depth)
    assert abs(left) < 1e-5 * depth


@pytest.mark.parametrize(("name", "sigma_b2"), [("tanh", 0.05), ("tanh", 0.1), ("selu", 0.05)])
def test_the_deeper_the_nearer_to_the_critical_point(name: str, sigma_b2: float) -> None:
    critical = math.sqrt(critical_sigma_w2(name, sigma_b2))
    apart = [
        abs(advise(name, depth, sigma_b=math.sqrt(sigma_b2)).sigma_w - critical)
        for depth in (30, 300, 3000)
    ]
    assert apart[0] > apart[1] > apart[2]
    assert apart[2] < 1e-3


def test_at_the_published_critical_point_of_tanh() -> None:
    """σw² = 1.7609546396 at σb² = 0.05, found with an independent quadrature."""
    found = advise("tanh", 3000, sigma_b=math.sqrt(0.05))
    assert found.sigma_w**2 == pytest.approx(1.7609546396, rel=1e-3)
    assert found.low < math.sqrt(1.7609546396) < found.high


def test_tanh_without_biases_needs_more_than_the_critical_weights() -> None:
    """At σw = 1 a tenth is lost in 80 layers already, since tanh' < 1 until the signal is gone."""
    found = advise("tanh", 80, 0.1)
    assert found.low > 1.0
    assert log10_ratio("tanh", np.array([1.0]), np.array([0.0]), 80)[0] < -1.0


def test_the_sigmoid_too_can_be_made_to_keep_a_gradient() -> None:
    """Its critical point at σb = 0 is σw = √103.0, its fixed point deep in the saturation."""
    found = advise("sigmoid", 1000)
    assert found.sigma_w == pytest.approx(math.sqrt(critical_sigma_w2("sigmoid")), rel=1e-3)
    assert found.possible


@pytest.mark.parametrize("name", list(ACTIVATIONS))
def test_every_advice_lies_in_its_range_and_the_range_is_healthy(name: str) -> None:
    found = advise(name, 40, 0.1)
    if not found.possible:
        assert math.isnan(found.tolerance)
        assert found.unstable
        return
    assert found.low <= found.sigma_w * (1 + 1e-5)
    assert found.sigma_w * (1 - 1e-5) <= found.high
    inside = np.linspace(found.low, found.high, 9)[1:-1]
    if not found.unstable:
        assert (abs(log10_ratio(name, inside, np.array(0.0), 40)) <= 1.0 + 1e-6).all()


def test_where_the_signal_dies_or_explodes_there_is_nothing_between() -> None:
    """A squared ReLU squares every excess: its healthy range is narrower than float64 resolves."""
    assert not advise("relu_squared", 80).possible
    # SiLU without biases sits on an unstable fixed point: a range, but for a surgeon.
    silu = advise("silu", 80)
    assert silu.unstable
    assert silu.tolerance < 1e-4


def test_a_step_is_healthy_alone_where_it_is_wide() -> None:
    """Of one layer, hardly any σw takes nine tenths: the range is open at its upper end."""
    found = advise("tanh", 1, 0.1)
    assert found.high == SIGMA_W_RANGE[1]
    assert found.low == pytest.approx(0.1, rel=0.02)


def test_a_first_answer_follows_some_layers_and_takes_the_rest_for_the_same() -> None:
    first = advise("relu", 5000, 0.1, followed=10)
    assert first.sigma_w == advise("relu", 5000, 0.1).sigma_w
    rough = advise("tanh", 5000, 0.1, sigma_b=0.2, followed=300)
    assert rough.sigma_w == pytest.approx(advise("tanh", 5000, 0.1, sigma_b=0.2).sigma_w, rel=1e-4)


@pytest.mark.parametrize(
    ("field", "arguments"),
    [
        ("activation", {"activation": "tahn"}),
        ("depth", {"depth": 0}),
        ("depth", {"depth": 2.5}),
        ("depth", {"depth": True}),
        ("depth", {"depth": 100_001}),
        ("followed", {"followed": 0}),
        ("threshold", {"threshold": 0.0}),
        ("threshold", {"threshold": 1.0}),
        ("threshold", {"threshold": math.nan}),
        ("threshold", {"threshold": "low"}),
        ("sigma_b", {"sigma_b": -0.1}),
        ("sigma_b", {"sigma_b": math.nan}),
        ("sigma_b", {"sigma_b": [0.1, 0.2]}),
        ("x", {"x": math.inf}),
        ("x", {"x": "wide"}),
    ],
)
def test_what_cannot_be_advised_is_refused_by_name(field: str, arguments: dict[str, Any]) -> None:
    with pytest.raises(InputError) as refused:
        advise(**{"activation": "tanh", "depth": 10, **arguments})
    assert refused.value.field == field
    assert refused.value.next_step


# ------------------------------------------------------------------ by depth


@pytest.mark.parametrize("name", ["tanh", "relu", "gelu", "relu_squared"])
def test_the_ratios_by_depth_are_those_of_every_depth_alone(name: str) -> None:
    sigma_w, depths = np.array([0.7, 1.0, 1.4, 2.5]), np.array([1.0, 2.0, 7.0, 30.0])
    left, q = ratios_by_depth(name, sigma_w, 0.3, 0.5, depths)
    assert left.shape == q.shape == (4, 4)
    for row, depth in enumerate(depths):
        alone = log10_ratio(name, sigma_w, np.array(0.3), int(depth), 0.5)
        np.testing.assert_allclose(left[row], alone, rtol=0.05 if name == "relu_squared" else 1e-12)
        for column, w in enumerate(sigma_w**2):
            path = gradient_path(name, w, 0.09, int(depth), 0.5)
            if 1e-28 < path.q[-1] < 1e28:
                assert q[row, column] == pytest.approx(path.q[-1], rel=1e-7)
                assert left[row, column] == pytest.approx(path.log10_grad_hidden[0], abs=1e-6)


def test_where_nothing_goes_in_nothing_is_left_to_follow() -> None:
    left, q = ratios_by_depth("relu", np.array([0.0, 1.0]), 0.0, 0.0, np.array([1.0, 3.0]))
    assert q[0].tolist() == [0.0, 0.0]
    assert left[:, 0].tolist() == [-math.inf, -math.inf]
    assert left[:, 1] == pytest.approx([-0.5 * math.log10(2.0), -1.5 * math.log10(2.0)], abs=1e-9)


# --------------------------------------------------------------------- width


def test_a_sufficient_width_is_where_the_lower_edge_meets_the_threshold() -> None:
    """n β = 5L for ReLU (Hanin & Nica 2020); ln of the 5 % quantile is -β/4 - 1.645 √β/2."""
    n = sufficient_width(5.0 * 80, 0.0, 0.1)
    beta = 5.0 * 80 / n
    edge = -beta / 4.0 - 1.6448536269514722 * math.sqrt(beta) / 2.0
    assert edge == pytest.approx(math.log(0.1), rel=1e-12)


def test_no_width_helps_where_theory_itself_is_below() -> None:
    assert sufficient_width(400.0, -1.5, 0.1) == math.inf
    assert sufficient_width(400.0, math.nan, 0.1) == math.inf
