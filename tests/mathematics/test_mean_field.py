"""Networks of infinite width against mpmath, closed forms and the published numbers.

    q = σw² E[f(√q z)²] + σb²    χ = σw² E[f′(√q z)²]    z ~ N(0, 1)

The engine promises 1e-8. Its quadrature is far better, so that most tolerances here are 1e-11:
some thousand roundings of terms that nearly all have one sign, and room for another BLAS.
"""

from __future__ import annotations

import json
import math
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gradtui.errors import InputError
from gradtui.mathematics.activations import ACTIVATIONS, activation
from gradtui.mathematics.wide.mean_field import (
    KINDS,
    critical_points,
    critical_sigma_w2,
    depth_scale,
    mean_field,
    rate_map,
)
from gradtui.mathematics.wide.moments import Expectations, expectations
from gradtui.mathematics.wide.path import gradient_path
from gradtui.mathematics.wide.recursion import Recursion

REFERENCES = Path(__file__).parent.parent / "references"
TABLE = json.loads((REFERENCES / "mean_field.json").read_text(encoding="utf-8"))
ROWS = {row["spec"]: row for row in TABLE["activations"]}
FULL = {spec: row for spec, row in ROWS.items() if "products" in row}
TIGHT = 1e-11
HOMOGENEOUS = {
    "identity": 1.0,
    "relu": 2.0,
    "leaky_relu": 2.0 / (1.0 + 0.01**2),
    "prelu": 2.0 / (1.0 + 0.25**2),
    "rrelu": 2.0 / (1.0 + (11.0 / 48.0) ** 2),
}
"""σw² = 2/(1 + a²) of a line with slopes 1 and a (He et al., ICCV 2015)."""
NONE_AT_ALL = {
    *("softplus", "logsigmoid", "squareplus"),
    *("tanhshrink", "hardshrink", "threshold", "relu_squared"),
}
LINEAR_AT_0 = {
    "tanh": 1.0,
    "erf": math.pi / 4.0,
    "arctan": 1.0,
    "sin": 1.0,
    "softsign": 1.0,
    "hardtanh": 1.0,
    "elu": 1.0,
    "celu": 1.0,
    "relu6": 2.0,
    "selu": 2.0 / (1.0507009873554805**2 * (1.0 + 1.6732632423543772**2)),
}
"""1/E[f′²] as q → 0 where signals go there."""


def plain(values: np.ndarray) -> Any:
    """A float for a number."""
    return values if np.ndim(values) else float(values)


def q_map(spec: str, q: Any, w: float, b: float = 0.0) -> Any:
    """M(q) = σw² E[f(√q z)²] + σb²."""
    e = expectations(activation(spec))
    return plain(Recursion(e, w, b).after(e.moments(np.asarray(q))))


def chi(spec: str, q: Any, w: float) -> Any:
    """χ = σw² E[f′(√q z)²]."""
    e = expectations(activation(spec))
    return plain(Recursion(e, w, 0.0).chi(e.moments(np.asarray(q))))


def c_map(spec: str, c: Any, q: float, w: float, b: float = 0.0) -> Any:
    """C(c) = 1 - σw² E[(f(u₁) - f(u₂))²] / 2M(q)."""
    e = expectations(activation(spec))
    lost = np.array([e.spread(q, 1.0 - value).square for value in np.ravel(c).tolist()])
    return plain(1.0 - w * lost.reshape(np.shape(c)) / (2.0 * q_map(spec, q, w, b)))


# ------------------------------------------------------------- expectations


def test_every_activation_has_its_row_of_references() -> None:
    assert set(FULL) == set(ACTIVATIONS)


@pytest.mark.parametrize("spec", ROWS)
def test_moments_are_those_of_mpmath(spec: str) -> None:
    rows = ROWS[spec]["moments"]
    q = np.array([row["q"] for row in rows])
    got = expectations(activation(spec)).moments(q)
    for name in ("mean", "square", "slope_square"):
        true = np.array([row[name] for row in rows])
        # An odd f has a mean of 0, of which rounding leaves 1e-16 of its size.
        np.testing.assert_allclose(
            getattr(got, name), true, rtol=TIGHT, atol=1e-14 * np.sqrt(got.square).max()
        )


@pytest.mark.parametrize("spec", ROWS)
def test_tabulated_moments_are_the_exact_ones(spec: str) -> None:
    e = expectations(activation(spec))
    t = np.random.default_rng(1).uniform(-20.0, 30.0, 200)
    exact, got = e.moments(np.exp(t)), e.table.interpolated(t)
    for one, other in zip(exact, got, strict=True):
        np.testing.assert_allclose(other, one, rtol=1e-8, atol=1e-9)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_growth_is_the_derivative_of_the_square_and_never_below_minus_half_of_it(name: str) -> None:
    e = expectations(activation(name))
    q = 10.0 ** np.arange(-6.0, 7.0)
    h = 1e-4
    m, above, below = (e.moments(q * math.exp(step)) for step in (0.0, h, -h))
    # A central difference is off by h²/6 of a third derivative, which jumps make large.
    np.testing.assert_allclose(
        m.growth, (above.square - below.square) / (2.0 * h), rtol=1e-5, atol=1e-9
    )
    assert (m.growth >= -0.5 * m.square * (1.0 + 1e-12)).all()


@pytest.mark.parametrize("q", [1e-30, 1e-9, 1.0, 1e9, 1e30])
def test_lines_are_exact_at_every_scale(q: float) -> None:
    assert q_map("relu", q, 2.0) == pytest.approx(q, rel=1e-14)
    assert q_map("identity", q, 0.3) == pytest.approx(0.3 * q, rel=1e-14)
    assert chi("relu", q, 2.0) == pytest.approx(1.0, rel=1e-14)


@pytest.mark.parametrize("q", [1e-30, 1e-6, 0.3, 40.0, 1e8, 1e30])
def test_closed_forms_hold_at_every_scale(q: float) -> None:
    a = 2.0 * q / (1.0 + 2.0 * q)
    angle = math.atan2(
        a, math.sqrt((1.0 - a) * (1.0 + a)) if q < 1e8 else math.sqrt(2 / (1 + 2 * q))
    )
    assert q_map("erf", q, 1.0) == pytest.approx(2.0 / math.pi * angle, rel=1e-8)
    assert chi("erf", q, 1.0) == pytest.approx(4 / math.pi / math.sqrt(1 + 4 * q), rel=TIGHT)
    assert q_map("gaussian", q, 1.0) == pytest.approx(1.0 / math.sqrt(1.0 + 4.0 * q), rel=TIGHT)
    assert chi("gaussian", q, 1.0) == pytest.approx(4.0 * q / (1.0 + 4.0 * q) ** 1.5, rel=TIGHT)
    assert q_map("relu_squared", q, 1.0) == pytest.approx(1.5 * q * q, rel=TIGHT)
    assert q_map("sin", q, 1.0) == pytest.approx(-0.5 * math.expm1(-2.0 * q), rel=TIGHT)


def test_q_0_is_the_limit_from_above() -> None:
    assert q_map("relu", 0.0, 2.0, 0.3) == 0.3
    assert q_map("sigmoid", 0.0, 1.0) == pytest.approx(0.25, rel=1e-14)
    assert q_map("threshold", 0.0, 1.0) == pytest.approx(0.125, rel=1e-14)  # ½ left, 0 right
    assert chi("relu", 0.0, 2.0) == pytest.approx(1.0, rel=1e-14)
    assert chi("selu", 0.0, 1.0) == pytest.approx(1.0 / LINEAR_AT_0["selu"], rel=1e-14)


# ------------------------------------------------------------- correlations


@pytest.mark.parametrize("name", FULL)
def test_the_correlation_map_is_that_of_mpmath(name: str) -> None:
    q = TABLE["correlated_at"]
    for c, product in FULL[name]["products"].items():
        after = q_map(name, q, 1.0, 0.1)
        # The nested integral of the table stops at 1e-13 or so.
        assert c_map(name, float(c), q, 1.0, 0.1) == pytest.approx(
            (product + 0.1) / after, rel=TIGHT
        )


def arc_cosine(c: np.ndarray) -> np.ndarray:
    """Cho & Saul, NIPS 2009: the correlation that ReLU makes of c."""
    angle = np.arccos(c)
    return (np.sin(angle) + (math.pi - angle) * c) / math.pi


@pytest.mark.parametrize("q", [1e-20, 1.0, 1e20])
def test_relu_has_the_arc_cosine_map_at_every_scale(q: float) -> None:
    c = np.array([-1.0, -0.999, -0.4, 0.0, 0.5, 0.97, 0.99999, 1.0])
    np.testing.assert_allclose(c_map("relu", c, q, 2.0), arc_cosine(c), rtol=0, atol=1e-13)


@pytest.mark.parametrize("q", [1e-6, 0.7, 30.0, 1e6])
def test_smooth_maps_have_their_closed_forms(q: float) -> None:
    c = np.array([-0.9, -0.2, 0.0, 0.3, 0.8, 0.999])
    erf = np.arcsin(2 * q * c / (1 + 2 * q)) / math.asin(2 * q / (1 + 2 * q))
    np.testing.assert_allclose(c_map("erf", c, q, 1.0), erf, rtol=0, atol=TIGHT)
    bump = np.sqrt((1 + 4 * q) / (1 + 4 * q + 4 * q * q * (1 - c * c)))
    np.testing.assert_allclose(c_map("gaussian", c, q, 1.0), bump, rtol=0, atol=TIGHT)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_the_slope_of_the_map_is_its_derivative(name: str) -> None:
    e = expectations(activation(name))
    h = 1e-4
    low, here, high = (e.spread(2.0, delta) for delta in (0.4 - h, 0.4, 0.4 + h))
    difference = (low.square - high.square) / (2.0 * h)
    assert here.by_c == pytest.approx(difference, rel=1e-6)


def test_near_1_the_loss_of_correlation_keeps_its_digits() -> None:
    e = expectations(activation("tanh"))
    slope = float(e.moments(np.array(1.0)).slope_square)
    # What is lost is q δ E[f′²] · 2 to first order, and 1 - c = 1e-9 squared is far below.
    assert e.spread(1.0, 1e-9).square == pytest.approx(2e-9 * slope, rel=1e-7)


# ------------------------------------------------------------ published numbers


@pytest.mark.parametrize(
    ("b", "w", "q"), [(0.05, 1.7609546396, 0.5700478816), (0.1, 1.9860726411, 0.8057991819)]
)
def test_tanh_is_critical_where_it_was_found_to_be(b: float, w: float, q: float) -> None:
    assert critical_sigma_w2("tanh", b) == pytest.approx(w, abs=6e-11)  # all digits shown
    assert mean_field("tanh", w, b).q == pytest.approx(q, abs=1e-9)
    assert mean_field("tanh", w, b).chi == pytest.approx(1.0, abs=1e-9)


@pytest.mark.parametrize(("depth", "left"), [(10, 0.07136973), (100, 0.00713425)])
def test_the_gradient_of_critical_tanh_shrinks_algebraically(depth: int, left: float) -> None:
    q, product = 1.0, 1.0
    for _ in range(depth):
        product *= chi("tanh", q, 1.0)
        q = q_map("tanh", q, 1.0)
    assert product == pytest.approx(left, abs=6e-9)


def test_relu_iterates_its_correlation_as_published() -> None:
    c = [0.0]
    for _ in range(10):
        c.append(c_map("relu", c[-1], 1.0, critical_sigma_w2("relu")))
    assert c[1:4] == pytest.approx([0.3183099, 0.4937311, 0.6048257], abs=6e-8)
    assert c[10] == pytest.approx(0.8715355, abs=6e-8)


def test_erf_is_critical_at_a_quarter_of_pi() -> None:
    assert critical_sigma_w2("erf") == pytest.approx(math.pi / 4.0, rel=1e-13)


def test_selu_keeps_its_moments_while_gradients_grow() -> None:
    m = expectations(activation("selu")).moments(np.array(1.0))
    assert m.mean == pytest.approx(0.0, abs=1e-14)
    assert m.square == pytest.approx(1.0, abs=1e-14)
    found = mean_field("selu", 1.0)
    assert found.q == pytest.approx(1.0, abs=1e-13)
    assert found.chi == pytest.approx(1.0715750, abs=6e-8)
    assert found.xi_gradient < 0.0


def test_the_sigmoid_at_1_shrinks_gradients_by_its_published_rate() -> None:
    rate = mean_field("sigmoid", 1.0).chi
    assert rate == pytest.approx(0.0557207, abs=6e-8)
    assert math.sqrt(rate) == pytest.approx(0.23605, abs=6e-6)


@pytest.mark.parametrize(("name", "gain"), [("tanh", 1.592537), ("elu", 1.245198)])
def test_gains_that_keep_the_second_moment(name: str, gain: float) -> None:
    assert q_map(name, 1.0, 1.0) ** -0.5 == pytest.approx(gain, abs=6e-7)


def test_the_half_stable_point_of_silu_is_ten_times_the_one_in_circulation() -> None:
    with pytest.raises(InputError, match=r"0\.5551 or more; try sigma_b2=0\.56"):
        critical_sigma_w2("silu", 0.055514317)
    assert not critical_points("silu", 0.55514316)
    (point,) = critical_points("silu", 0.55514318)
    assert point.sigma_w2 == pytest.approx(1.98800468, abs=1e-8)
    # Half-stable: χ and ∂M/∂q are both 1.
    m = expectations(activation("silu")).moments(np.array(point.q))
    assert point.sigma_w2 * m.growth / point.q == pytest.approx(1.0, abs=1e-8)


# ------------------------------------------------------------- fixed points


@pytest.mark.parametrize("name", FULL)
def test_fixed_points_are_those_of_mpmath(name: str) -> None:
    w, b = TABLE["fixed_at"]
    found = mean_field(name, w, b)
    finite = [q for q in found.stable_q if 0.0 < q < math.inf]
    assert finite == pytest.approx(FULL[name]["fixed"], rel=TIGHT)
    if finite:
        assert q_map(name, found.q, w, b) == pytest.approx(found.q, rel=1e-12)


@pytest.mark.parametrize("name", FULL)
def test_critical_points_are_those_of_mpmath(name: str) -> None:
    for b, points in FULL[name]["critical"].items():
        got = critical_points(name, float(b))
        for point in got:
            near = min(points, key=lambda other: abs(other["q"] - point.q))
            assert point.sigma_w2 == pytest.approx(near["sigma_w2"], rel=TIGHT)
            assert point.q == pytest.approx(near["q"], rel=1e-9)
        # The others are fixed points that signals leave.
        for other in points:
            if not any(abs(other["q"] - point.q) < 1e-6 * point.q for point in got):
                e = expectations(activation(name))
                m = e.moments(np.array(other["q"]))
                assert other["sigma_w2"] * m.growth / other["q"] > 1.0


@pytest.mark.parametrize("b", [0.0, 0.05, 1.0])
@pytest.mark.parametrize("name", ACTIVATIONS)
def test_at_a_critical_point_gradients_keep_their_size_or_it_says_there_is_none(
    name: str, b: float
) -> None:
    points = critical_points(name, b)
    if not points:
        with pytest.raises(InputError, match=name) as none:
            critical_sigma_w2(name, b)
        assert none.value.next_step.startswith("try ")
        return
    w, q = critical_sigma_w2(name, b), points[0].q
    found = mean_field(name, w, b, q0=0.9 * q or 1.0)
    assert found.q == pytest.approx(q, rel=1e-7) or found.kind == "every q"
    assert found.chi == pytest.approx(1.0, abs=1e-9)
    assert found.xi_gradient == math.inf or abs(found.xi_gradient) > 1e9


@pytest.mark.parametrize(("name", "w"), [*LINEAR_AT_0.items(), *HOMOGENEOUS.items()])
def test_without_biases_the_critical_point_is_that_of_the_slopes_at_0(name: str, w: float) -> None:
    assert critical_sigma_w2(name) == pytest.approx(w, rel=1e-13)


@pytest.mark.parametrize("name", HOMOGENEOUS)
def test_lines_are_critical_only_without_biases(name: str) -> None:
    found = mean_field(name, HOMOGENEOUS[name], q0=7.0)
    assert (found.kind, found.q, found.stable_q) == ("every q", 7.0, ())
    assert found.xi_q == found.xi_gradient == math.inf
    assert mean_field(name, HOMOGENEOUS[name], 0.1).kind == "diverges"
    with pytest.raises(InputError, match=r"only 0 has one; try sigma_b2=0$"):
        critical_sigma_w2(name, 0.1)


@pytest.mark.parametrize("name", sorted(NONE_AT_ALL))
@pytest.mark.parametrize("b", [0.0, 0.3])
def test_some_have_no_critical_point_whatever_the_biases(name: str, b: float) -> None:
    with pytest.raises(InputError, match=f"activation: '{name}' is not one with a critical point"):
        critical_sigma_w2(name, b)


@pytest.mark.parametrize("name", ["gelu", "silu", "mish", "hardswish", "quick_gelu", "softshrink"])
def test_the_next_step_of_a_refusal_works(name: str) -> None:
    with pytest.raises(InputError) as refused:
        critical_sigma_w2(name)
    tried = refused.value.next_step.removeprefix("try sigma_b2=")
    assert critical_sigma_w2(name, float(tried)) > 0.0


def test_even_the_sigmoid_can_be_made_critical() -> None:
    w = critical_sigma_w2("sigmoid")
    assert mean_field("sigmoid", w).chi == pytest.approx(1.0, abs=1e-12)
    assert w > 100.0  # the price of f′ ≤ ¼


@given(w=st.floats(0.01, 20.0), b=st.floats(0.0, 5.0), name=st.sampled_from(list(ACTIVATIONS)))
@settings(max_examples=60, deadline=None)
def test_where_it_says_that_signals_go_they_go(w: float, b: float, name: str) -> None:
    found = mean_field(name, w, b)
    q = 1.0
    for _ in range(60):
        q = min(max(q_map(name, q, w, b), 1e-100), 1e100)
    then = q_map(name, q, w, b)
    if found.kind == "every q":
        assert then == pytest.approx(q, rel=1e-11)
    elif found.q in (0.0, math.inf):
        assert (then > q) == (found.q == math.inf) or q in (1e-100, 1e100)
    else:  # nearer with each layer, or there
        assert abs(math.log(then / found.q)) <= abs(math.log(q / found.q)) + 1e-11


def test_the_kinds_are_told_apart() -> None:
    def kind(spec: str, w: float, b: float = 0.0, q0: float = 1.0) -> tuple[str, float]:
        found = mean_field(spec, w, b, q0=q0)
        return found.kind, found.q

    assert kind("tanh", 1.0) == ("collapses to 0", 0.0)
    assert kind("relu", 1.5) == ("collapses to 0", 0.0)
    assert kind("relu", 1.5, 0.1) == ("fixed point", pytest.approx(0.4, rel=1e-13))
    assert kind("relu", 2.5) == ("diverges", math.inf)
    assert kind("elu", 2.0) == ("diverges", math.inf)  # by ½ a layer
    assert kind("silu", 3.0) == ("bistable", math.inf)
    assert kind("silu", 3.0, q0=1e-3) == ("bistable", 0.0)
    assert kind("relu_squared", 0.5) == ("bistable", 0.0)  # unstable at 4/3
    assert kind("relu_squared", 0.5, q0=1.4) == ("bistable", math.inf)
    assert mean_field("gelu", 2.0, 0.1).stable_q == (pytest.approx(0.34083001, abs=1e-8), math.inf)
    assert kind("identity", 0.0) == ("collapses to 0", 0.0)
    assert kind("tanh", 0.0, 0.3) == ("fixed point", pytest.approx(0.3, rel=1e-14))
    w = critical_sigma_w2("softshrink", 1.0)  # χ = ∂M/∂q: a fold
    assert kind("softshrink", w, 1.0) == ("half-stable", pytest.approx(7.4103756, abs=1e-6))
    assert kind("softshrink", w, 1.0, q0=9.0) == ("diverges", math.inf)


def test_a_second_moment_far_from_1_is_found() -> None:
    assert mean_field("relu", 1.0, 1e-40).q == pytest.approx(2e-40, rel=1e-12)
    assert mean_field("tanh", 1e20).q == pytest.approx(1e20, rel=1e-9)
    assert mean_field("relu", 2.0 - 1e-9, 1.0).q == pytest.approx(2e9, rel=1e-5)


# ------------------------------------------------------------- correlation c*


def test_in_the_ordered_phase_inputs_become_alike() -> None:
    found = mean_field("tanh", 1.2, 0.3)
    assert (found.c, found.chi_c) == (1.0, found.chi)
    assert found.xi_c == found.xi_gradient > 0.0


@pytest.mark.parametrize("name", ["tanh", "hardtanh", "softsign", "arctan", "relu6", "sigmoid"])
def test_in_the_chaotic_phase_c_is_a_fixed_point_of_its_map(name: str) -> None:
    w = 1.5 * critical_sigma_w2(name, 0.05)
    found = mean_field(name, w, 0.05)
    assert found.chi > 1.0
    assert 0.0 < found.c < 1.0
    assert c_map(name, found.c, found.q, w, 0.05) == pytest.approx(found.c, abs=1e-13)
    h = 1e-5
    up, down = (c_map(name, found.c + step, found.q, w, 0.05) for step in (h, -h))
    assert found.chi_c == pytest.approx((up - down) / (2.0 * h), rel=1e-6)
    assert 0.0 < found.chi_c < 1.0


def test_c_is_where_iterating_the_map_ends() -> None:
    w, b = 3.0, 0.2
    found = mean_field("erf", w, b)
    c = 0.3
    for _ in range(400):
        product = 2.0 / math.pi * math.asin(2.0 * found.q * c / (1.0 + 2.0 * found.q))
        c = (w * product + b) / found.q
    assert found.c == pytest.approx(c, abs=1e-11)


def test_odd_functions_without_biases_make_inputs_orthogonal() -> None:
    found = mean_field("tanh", 3.0)
    assert found.c == 0.0
    mean_slope = (c_map("tanh", 1e-3, found.q, 3.0) - c_map("tanh", -1e-3, found.q, 3.0)) / 2e-3
    assert found.chi_c == pytest.approx(mean_slope, rel=1e-5)


def test_close_to_the_critical_line_c_has_its_digits() -> None:
    w = critical_sigma_w2("tanh", 0.05)
    above = [mean_field("tanh", w * (1.0 + step), 0.05) for step in (1e-4, 1e-6)]
    lost = [1.0 - found.c for found in above]
    # 1 - c* is proportional to χ - 1 there, up to a relative correction of its own size.
    excess = [found.chi - 1.0 for found in above]
    assert lost[0] / lost[1] == pytest.approx(excess[0] / excess[1], rel=1e-3)


def test_a_jump_tears_inputs_apart_which_backpropagation_does_not_see() -> None:
    found = mean_field("hardshrink", 0.9, 0.3)
    assert found.chi < 1.0
    assert 0.9 < found.c < 1.0
    assert c_map("hardshrink", found.c, found.q, 0.9, 0.3) == pytest.approx(found.c, abs=1e-12)


def test_a_jump_that_no_signal_reaches_tears_nothing_apart() -> None:
    found = mean_field("hardshrink(lambd=20)", 0.5, 0.1)
    assert (found.c, found.chi_c) == (1.0, found.chi)


@pytest.mark.parametrize(
    ("spec", "w", "c"),
    [
        ("relu", 2.0, 1.0),
        ("relu", 1.0, 1.0),
        ("elu", 3.0, 1.0),
        ("tanhshrink", 0.5, 0.0),
        ("relu_squared", 9.0, 0.3799565),
        ("identity", 1.0, math.nan),
        ("tanh", 0.5, math.nan),
    ],
)
def test_where_q_has_no_scale_correlation_is_that_of_the_limit(
    spec: str, w: float, c: float
) -> None:
    assert mean_field(spec, w).c == pytest.approx(c, abs=1e-7, nan_ok=True)


# ------------------------------------------------------------- depth scales


def test_depth_scales_say_how_many_layers_leave_one_in_e() -> None:
    assert depth_scale(math.exp(-1.0 / 7.0)) == pytest.approx(7.0, rel=1e-14)
    assert depth_scale(math.exp(0.25)) == pytest.approx(-4.0, rel=1e-14)
    assert [depth_scale(rate) for rate in (0.0, 1.0, 1.0 + 1e-11)] == [0.0, math.inf, math.inf]
    assert math.isnan(depth_scale(math.nan))


def test_departures_from_q_shrink_at_the_forward_scale() -> None:
    found = mean_field("tanh", 2.0, 0.1)
    q = [found.q + 1e-5]
    for _ in range(3):
        q.append(q_map("tanh", q[-1], 2.0, 0.1))
    gaps = [one - found.q for one in q]
    for before, after in pairwise(gaps):
        assert after / before == pytest.approx(math.exp(-1.0 / found.xi_q), rel=1e-4)


# --------------------------------------------------------------- rate map


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_the_map_agrees_with_one_network_at_a_time(name: str) -> None:
    w, b = np.linspace(0.0, 4.0, 9), np.array([0.0, 0.05, 0.7, 2.0])
    found = rate_map(name, w, b)
    for i in range(b.size):
        for k in range(w.size):
            one = mean_field(name, w[k], b[i])
            assert KINDS[found.kinds[i, k]] == one.kind
            assert found.chi[i, k] == pytest.approx(one.chi, rel=1e-6)
            assert found.q[i, k] == pytest.approx(one.q, rel=1e-6)


def test_a_map_integrates_for_its_table_and_not_for_its_points(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Which is what makes it quick: some 0.05 ms an integral, twelve nodes on 138 panels."""
    integrals = []
    moments = Expectations._moments

    def counted(self: Expectations, q: float) -> tuple[float, float, float, float]:
        integrals.append(q)
        return moments(self, q)

    monkeypatch.setattr(Expectations, "_moments", counted)
    f = activation("celu(1.23)")  # that no other test has tabulated
    found = rate_map(f, np.linspace(0.1, 4.0, 60), np.linspace(0.0, 2.0, 40))
    assert found.chi.shape == found.q.shape == found.kinds.shape == (40, 60)
    assert len(integrals) <= 12 * 138 + 5
    integrals.clear()
    rate_map(f, np.linspace(0.1, 2.0, 60), np.linspace(0.0, 1.0, 40))
    assert len(integrals) <= 2


# --------------------------------------------------------------- bad input


@pytest.mark.parametrize("value", [-1e-9, math.nan, math.inf, 1e21, "wide", None, 1j, [1.0, 2.0]])
@pytest.mark.parametrize("field", ["sigma_w2", "sigma_b2"])
def test_variances_that_are_none_are_refused(field: str, value: Any) -> None:
    arguments = {"sigma_w2": 1.0, "sigma_b2": 0.1, field: value}
    with pytest.raises(InputError) as refused:
        mean_field("tanh", **arguments)
    assert refused.value.field == field
    assert refused.value.next_step


def test_other_bad_input_is_refused() -> None:
    for field, function in {
        "q0": lambda: mean_field("tanh", 1.0, q0=0.0),
        "sigma_w2s": lambda: rate_map("tanh", [], [0.0]),
        "sigma_b2s": lambda: rate_map("tanh", [1.0], [[0.0]]),
        "sigma_w2s ": lambda: rate_map("tanh", np.ones(2001), [0.0]),
        "sigma_b2": lambda: critical_sigma_w2("tanh", -1.0),
        "activation": lambda: mean_field("tangent", 1.0),
        "activation ": lambda: rate_map("leaky_relu(1e99)", [1.0], [0.0]),
    }.items():
        with pytest.raises(InputError) as refused:
            function()
        assert refused.value.field == field.strip()


def test_values_are_floats() -> None:
    found = mean_field("tanh", 2.0, 0.1)
    for name in ("q", "c", "chi", "chi_c", "q_slope", "xi_q", "xi_c", "xi_gradient"):
        assert type(getattr(found, name)) is float


@pytest.mark.parametrize("omega", [0.7, 3.0, 30.0])
@pytest.mark.parametrize("q", [1e-6, 0.01, 0.3, 4.0])
def test_the_moments_of_a_wave_are_those_of_a_sum(omega: float, q: float) -> None:
    m = expectations(activation("sin", omega=omega)).moments(np.array(q))
    z, step = np.linspace(-13.0, 13.0, 20_001, retstep=True)  # the trapezoid errs by e^-(2π/h)²/2
    density = step * np.exp(-0.5 * z * z) / math.sqrt(math.tau)
    wave, slope = np.sin(omega * math.sqrt(q) * z), omega * np.cos(omega * math.sqrt(q) * z)
    assert float(m.mean) == pytest.approx(density @ wave, abs=1e-13)
    assert float(m.square) == pytest.approx(density @ wave**2, rel=1e-11)
    assert float(m.slope_square) == pytest.approx(density @ slope**2, rel=1e-11)
    growth = density @ (0.5 * (z * z - 1.0) * wave**2)
    assert float(m.growth) == pytest.approx(growth, rel=1e-11, abs=1e-12)
    kurtosis = density @ slope**4 / (density @ slope**2) ** 2
    e = expectations(activation("sin", omega=omega))
    assert e.slope_kurtosis(q) == pytest.approx(kurtosis, rel=1e-11)


def test_a_second_moment_beyond_all_tables_still_has_its_gradient() -> None:
    """At q = 1e154, E[f′²] = ∫f′² du / √(2πq) to all digits, and ∫sech⁴ is 4/3."""
    path = gradient_path("tanh", 1.0, 0.0, 3, 1e77)
    assert path.q[:2] == pytest.approx([1e154, 1.0], rel=1e-12)
    slope = math.log10(4.0 / 3.0 / math.sqrt(math.tau)) - 77.0
    assert path.log10_chi[0] == pytest.approx(slope, abs=1e-9)
    one = gradient_path("tanh", 1.0, 0.0, 2, 1.0)
    assert path.log10_chi[1:] == pytest.approx(one.log10_chi, abs=1e-9)
    wave = gradient_path("sin(omega=30)", 1.0, 0.0, 3, 1e77)
    assert wave.q[1:] == pytest.approx([0.5, 0.5], rel=1e-12)
    assert wave.log10_chi == pytest.approx([math.log10(450.0)] * 3, abs=1e-12)


@pytest.mark.parametrize("name", ["relu", "tanh", "gelu"])
def test_where_layers_differ_each_has_its_own_variances(name: str) -> None:
    w, b = np.array([1.5, 0.3, 2.2, 0.9]), np.array([0.0, 0.2, 0.0, 0.05])
    path, q = gradient_path(name, w, b, 4, 0.8), w[0] * 0.64
    f = activation(name)
    z, step = np.linspace(-13.0, 13.0, 40_000, retstep=True)
    density = step * np.exp(-0.5 * z * z) / math.sqrt(math.tau)
    for layer in range(4):
        if layer:
            q = w[layer] * density @ f(math.sqrt(q) * z) ** 2 + b[layer]
        assert path.q[layer] == pytest.approx(q, rel=1e-7)
        chi = w[layer] * density @ f.derivative(math.sqrt(q) * z) ** 2
        assert path.log10_chi[layer] == pytest.approx(math.log10(chi), abs=1e-4)


def test_layers_that_are_alike_are_those_of_one_number() -> None:
    one, each = (gradient_path("tanh", w, 0.1, 30) for w in (1.7, np.full(30, 1.7)))
    assert np.array_equal(one.q, each.q)
    assert np.array_equal(one.log10_chi, each.log10_chi)
