"""Gradients at a given depth and width, in theory: against published numbers and simulation."""

from __future__ import annotations

import math

import mpmath
import numpy as np
import pytest

from gradtui.errors import InputError
from gradtui.mathematics.activations import ACTIVATIONS, activation
from gradtui.mathematics.initialisation.draw import random_network
from gradtui.mathematics.network.flow import gradient_flow
from gradtui.mathematics.wide.mean_field import mean_field
from gradtui.mathematics.wide.moments import expectations
from gradtui.mathematics.wide.path import gradient_path, ratios_by_depth


def log_squares(name: str, init: str, width: int, depth: int, networks: int) -> np.ndarray:
    """ln‖∂L/∂a_0‖² of networks at one input each, for a unit ∂L/∂a_L."""
    found = []
    for seed in range(networks):
        rng = np.random.default_rng([seed, 99])
        network = random_network([width] * (depth + 1), init, name, seed)
        u = rng.standard_normal((1, width))
        flow = gradient_flow(
            name, network.weights, network.biases, rng.standard_normal((1, width)),
            u / np.linalg.norm(u),
        )  # fmt: skip
        found.append(2.0 * flow.log10_grad_hidden[0] * math.log(10.0))
    return np.array(found)


@pytest.mark.parametrize(("depth", "product"), [(10, 0.07136973), (100, 0.00713425)])
def test_critical_tanh_decays_algebraically(depth: int, product: float) -> None:
    path = gradient_path("tanh", 1.0, 0.0, depth)
    assert 10.0 ** (2.0 * path.log10_grad_hidden[0]) == pytest.approx(product, abs=5e-9)


@pytest.mark.parametrize("name", list(ACTIVATIONS))
def test_deep_inside_every_layer_costs_the_chi_of_the_fixed_point(name: str) -> None:
    theory = mean_field(name, 0.7, 0.3)
    path = gradient_path(name, 0.7, 0.3, 400)
    if math.isfinite(theory.q) and theory.chi < math.inf:
        assert path.q[-1] == pytest.approx(theory.q, rel=1e-7)
        assert path.log10_chi[-1] == pytest.approx(math.log10(theory.chi), abs=1e-7)
    else:
        assert path.q[-1] > 1e30


def test_the_path_is_that_of_the_maps_with_fifty_digits() -> None:
    mpmath.mp.dps = 30
    q, w, b, product = mpmath.mpf("0.49") * 2, mpmath.mpf(2), mpmath.mpf("0.1"), mpmath.mpf(1)
    q += b

    def mean(function: object, q: mpmath.mpf) -> mpmath.mpf:
        return mpmath.quad(
            lambda z: function(mpmath.sqrt(q) * z) ** 2 * mpmath.npdf(z), [-12, 0, 12]
        )

    for _ in range(6):
        product *= w * mean(lambda u: 1 - mpmath.tanh(u) ** 2, q)
        q = w * mean(mpmath.tanh, q) + b
    path = gradient_path("tanh", 2.0, 0.1, 6, x=0.7)
    assert 2.0 * path.log10_grad_hidden[0] == pytest.approx(float(mpmath.log10(product)), abs=1e-8)


def test_what_leaves_the_range_of_floats_goes_on_at_its_limit() -> None:
    vanishing = gradient_path("tanh", 1e-4, 0.0, 3000)
    assert vanishing.q[-1] < 1e-120
    assert vanishing.log10_grad_hidden[0] == pytest.approx(-2.0 * 3000, abs=0.1)
    exploding = gradient_path("relu", 2e4, 0.0, 3000)
    assert exploding.log10_grad_hidden[0] == pytest.approx(2.0 * 3000, rel=1e-9)
    assert gradient_path("tanh", 0.0, 0.0, 3).log10_grad_hidden[0] == -math.inf
    assert gradient_path("relu", 2.0, 0.0, 5, x=0.0).log10_grad_hidden[0] == pytest.approx(0.0)


@pytest.mark.parametrize(
    ("name", "kurtosis"),
    [("identity", 1.0), ("relu", 2.0), ("leaky_relu(0.2)", 2.0 * (1 + 0.2**4) / (1 + 0.2**2) ** 2)],
)
def test_the_kurtosis_of_slopes_is_known_for_lines(name: str, kurtosis: float) -> None:
    for q in (0.0, 1e-3, 1.0, 1e3):
        assert expectations(activation(name)).slope_kurtosis(q) == pytest.approx(kurtosis)


@pytest.mark.parametrize("name", ["tanh", "sin", "gelu"])
@pytest.mark.parametrize("q", [0.3, 4.0])
def test_the_kurtosis_of_slopes_is_that_of_a_fine_sum(name: str, q: float) -> None:
    z = np.linspace(-12.0, 12.0, 200_001)
    weight = np.exp(-0.5 * z * z)
    slope = activation(name).derivative(math.sqrt(q) * z) ** 2
    expected = np.sum(slope**2 * weight) * np.sum(weight) / np.sum(slope * weight) ** 2
    assert expectations(activation(name)).slope_kurtosis(q) == pytest.approx(expected, rel=1e-9)


def test_relu_spreads_as_five_times_depth_over_width() -> None:
    path = gradient_path("relu", 2.0, 0.0, 20)
    assert path.log_variance(100)[0] == pytest.approx(5.0 * 20 / 100)


@pytest.mark.heavy
@pytest.mark.parametrize(("recipe", "orthogonal"), [("normal", False), ("orthogonal", True)])
@pytest.mark.parametrize("name", ["relu", "identity"])
def test_ensembles_spread_as_predicted(name: str, recipe: str, orthogonal: bool) -> None:
    """Leading order in 1/n, which leaves some (L/n)² of it; standard errors over the seeds."""
    width, depth, networks = 100, 20, 400
    sigma_w2 = 2.0 if name == "relu" else 1.0
    logs = log_squares(name, f"{recipe}(sqrt({sigma_w2}))", width, depth, networks)
    path = gradient_path(name, sigma_w2, 0.0, depth)
    beta = path.log_variance(width, orthogonal=orthogonal)[0]
    error = math.sqrt(max(beta, 1e-20) / networks)
    assert logs.mean() == pytest.approx(-beta / 2.0, abs=4.0 * error + 0.25 * beta**2)
    if beta > 1e-9:
        of_variance = beta * math.sqrt(2.0 / (networks - 1))
        assert logs.var(ddof=1) == pytest.approx(beta, abs=4.0 * of_variance + 0.25 * beta**2)
    else:
        assert logs.var() < 1e-20


def test_orthogonal_layers_of_lines_spread_nothing() -> None:
    assert gradient_path("identity", 1.0, 0.0, 50).log_variance(8, orthogonal=True)[0] <= 1e-14


def test_what_is_no_variance_is_refused_by_name() -> None:
    with pytest.raises(InputError, match="sigma_w2"):
        gradient_path("tanh", -1.0)
    with pytest.raises(InputError, match="x: "):
        gradient_path("tanh", 1.0, x=1e101)


def test_what_is_too_small_to_be_followed_is_below_what_is_told() -> None:
    """Near 0 tanhshrink is z³/3: E[f²] = 15 q³/9 and E[f′²] = 3 q², in logarithms; it falls so."""
    path = gradient_path("tanhshrink", 1.0, 0.0, 20)
    assert not path.known[:-3].any()
    assert path.known[-1]
    first = int(np.flatnonzero(path.q < 1e-12)[0])
    log10_q, chi = math.log10(path.q[first]), path.log10_chi.copy()
    for layer in range(first, 20):
        chi[layer] = math.log10(3.0) + 2.0 * log10_q
        log10_q = math.log10(15.0 / 9.0) + 3.0 * log10_q
    true = 0.5 * np.append(np.cumsum(chi[::-1])[::-1], 0.0)
    shown, known = path.log10_grad_hidden, path.known
    assert np.isfinite(shown).all()
    assert (true[~known] < shown[~known]).all()
    assert shown[known] == pytest.approx(true[known], rel=1e-9)


@pytest.mark.parametrize(
    ("name", "sigma_w2", "sigma_b2", "x"),
    [("tanh", 0.0, 0.0, 1.0), ("softshrink", 1.0, 0.0, 0.0), ("tanhshrink", 1.0, 0.0, 0.0)],
)
def test_an_exact_zero_is_one(name: str, sigma_w2: float, sigma_b2: float, x: float) -> None:
    """All weights are 0, or all z are and f′(0) = 0."""
    path = gradient_path(name, sigma_w2, sigma_b2, 5, x)
    assert path.known.all()
    assert path.log10_grad_hidden[0] == -math.inf


@pytest.mark.parametrize(
    ("name", "sigma_w2", "sigma_b2", "x"),
    [("softshrink", 0.5, 0.0, 1.0), ("softshrink", 0.5, 0.0, 1e-200), ("hardshrink", 0.3, 0.0, 1.0),
     ("relu_squared", 0.1, 0.0, 1.0)],
)  # fmt: skip
def test_a_gradient_that_some_unit_may_pass_is_never_called_zero(
    name: str, sigma_w2: float, sigma_b2: float, x: float
) -> None:
    path = gradient_path(name, sigma_w2, sigma_b2, 30, x)
    assert np.isfinite(path.log10_grad_hidden).all()
    left, _ = ratios_by_depth(name, math.sqrt(sigma_w2), math.sqrt(sigma_b2), x, [1, 30])
    assert np.isfinite(left).all() or x * x == 0.0


@pytest.mark.parametrize("name", ["tanh", "relu", "gelu", "sin", "hardtanh", "sigmoid"])
def test_what_passes_near_0_is_followed_however_small_it_gets(name: str) -> None:
    assert gradient_path(name, 1e-3, 0.0, 400).known.all()
