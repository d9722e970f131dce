"""Random networks: that each recipe draws what its formula says.

Sample moments of N numbers are compared within five standard errors, σ²√((κ - 1)/N) for a variance
with kurtosis κ (3 for a normal, 9/5 for a uniform distribution): one chance in two million.
"""

from __future__ import annotations

import math
import tracemalloc
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from gradtui.errors import InputError
from gradtui.mathematics import memory
from gradtui.mathematics.activations import ACTIVATIONS
from gradtui.mathematics.initialisation.draw import random_network
from gradtui.mathematics.initialisation.recipes import (
    INITIALISATIONS,
    NONLINEARITIES,
    calculate_gain,
)
from gradtui.mathematics.initialisation.record import (
    Initialisation,
    initialisation,
    recommended_kaiming,
    sigmas,
    sigmas_by_layer,
    with_weights,
)

N_IN, N_OUT = 300, 200
TANH = 5 / 3

# of N(0, 1) cut off at ±2, by integrals of z² φ and z⁴ φ: the variance and the fourth moment
CUT2 = 1 - 4 * math.exp(-2) / math.sqrt(math.tau) / math.erf(math.sqrt(2))
CUT4 = 3 - 28 * math.exp(-2) / math.sqrt(math.tau) / math.erf(math.sqrt(2))
KURTOSIS = {"normal": 3.0, "uniform": 9 / 5, "truncated": CUT4 / CUT2**2}

# recipe: variance of a weight, distribution, variance of a bias
MOMENTS: dict[str, tuple[float, str, float]] = {
    "xavier_normal": (2 / (N_IN + N_OUT), "normal", 0.0),
    "xavier_normal(gain=5/3)": (TANH**2 * 2 / (N_IN + N_OUT), "normal", 0.0),
    "xavier_uniform": (2 / (N_IN + N_OUT), "uniform", 0.0),
    "xavier_uniform(gain=√2)": (4 / (N_IN + N_OUT), "uniform", 0.0),
    "kaiming_normal": (2 / N_IN, "normal", 0.0),
    "kaiming_normal(gain=1.414)": (1.414**2 / N_IN, "normal", 0.0),
    "kaiming_normal(nonlinearity=tanh)": (TANH**2 / N_IN, "normal", 0.0),
    "kaiming_normal(mode=fan_out)": (2 / N_OUT, "normal", 0.0),
    "kaiming_normal(0.5)": (2 / 1.25 / N_IN, "normal", 0.0),
    "kaiming_uniform": (2 / N_IN, "uniform", 0.0),
    "kaiming_uniform(a=sqrt(5))": (1 / 3 / N_IN, "uniform", 0.0),
    "kaiming_uniform(mode=fan_out, nonlinearity=selu)": (9 / 16 / N_OUT, "uniform", 0.0),
    "pytorch_linear": (1 / (3 * N_IN), "uniform", 1 / (3 * N_IN)),
    "he_normal": (2 / N_IN, "truncated", 0.0),
    "he_uniform": (2 / N_IN, "uniform", 0.0),
    "glorot_normal": (2 / (N_IN + N_OUT), "truncated", 0.0),
    "glorot_uniform": (2 / (N_IN + N_OUT), "uniform", 0.0),
    "lecun_normal": (1 / N_IN, "truncated", 0.0),
    "lecun_uniform": (1 / N_IN, "uniform", 0.0),
    "variance_scaling": (1 / N_IN, "truncated", 0.0),
    "variance_scaling(2, mode=fan_out)": (2 / N_OUT, "truncated", 0.0),
    "variance_scaling(mode=fan_avg, distribution=uniform)": (2 / (N_IN + N_OUT), "uniform", 0.0),
    "variance_scaling(distribution=untruncated_normal)": (1 / N_IN, "normal", 0.0),
    "truncated_normal": (0.05**2 * CUT2, "truncated", 0.0),
    "truncated_normal(stddev=0.02)": (0.02**2 * CUT2, "truncated", 0.0),
    "normal(sigma_w=1.3, sigma_b=0.2)": (1.69 / N_IN, "normal", 0.04),
    "normal(mean=0, std=0.02)": (0.0004, "normal", 0.0),
    "normal(std=0.02, sigma_b=0.1)": (0.0004, "normal", 0.01),
    "uniform(sigma_w=1.3, sigma_b=0.2)": (1.69 / N_IN, "uniform", 0.04),
    "uniform(bound=0.03)": (0.0003, "uniform", 0.0),
    "uniform(std=0.02)": (0.0004, "uniform", 0.0),
    "critical(sigma_w2=1.76, sigma_b2=0.05)": (1.76 / N_IN, "normal", 0.05),
    "siren": (1 / (3 * N_IN**2), "uniform", 1 / (3 * N_IN)),
}


def layer(scheme: str, **options: Any) -> tuple[np.ndarray, np.ndarray | None]:
    weights, biases = random_network([N_IN, N_OUT], scheme, "tanh", 7, **options)
    return weights[0], biases[0] if biases else None


def assert_variance(values: np.ndarray, variance: float, kurtosis: float) -> None:
    error = variance * math.sqrt((kurtosis - 1) / values.size)
    assert abs(float(np.mean(values**2)) - variance) < 5 * error
    assert abs(float(values.mean())) < 5 * math.sqrt(variance / values.size)


@pytest.mark.parametrize("scheme", MOMENTS)
def test_a_recipe_draws_the_variance_of_its_formula(scheme: str) -> None:
    variance, distribution, bias_variance = MOMENTS[scheme]
    w, b = layer(scheme)
    assert w.shape == (N_OUT, N_IN)
    assert w.dtype == np.float64
    assert_variance(w, variance, KURTOSIS[distribution])
    if distribution == "uniform":
        bound = math.sqrt(3 * variance)
        assert 0.999 * bound < np.abs(w).max() <= bound
    elif distribution == "truncated":
        cut = 2 * math.sqrt(variance / CUT2)
        assert 0.99 * cut < np.abs(w).max() <= cut
        fourth = CUT4 / CUT2**2 * variance**2
        assert np.mean(w**4) == pytest.approx(fourth, rel=5 * math.sqrt(4 / w.size))
    else:
        assert np.abs(w).max() > 3.5 * math.sqrt(variance)  # 60,000 draws, not cut off
    if bias_variance:
        assert b is not None
        assert b.shape == (N_OUT,)
        assert_variance(b, bias_variance, 3)
    else:
        assert b is None


def test_every_recipe_is_tested() -> None:
    tested = {scheme.partition("(")[0] for scheme in MOMENTS}
    assert tested | {"orthogonal"} == set(INITIALISATIONS)


@pytest.mark.parametrize(
    ("rows", "columns"),
    [(40, 40), (60, 25), (25, 60), (1, 1), (1, 7), (150, 150), (200, 70), (64, 129)],
)
def test_an_orthogonal_matrix_keeps_angles_and_stretches_by_its_gain(
    rows: int, columns: int
) -> None:
    (w,), biases = random_network([columns, rows], "orthogonal(gain=1.5)", "tanh", 3)
    assert w.shape == (rows, columns)
    product = w.T @ w if rows >= columns else w @ w.T
    # the QR decomposition is orthogonal to a few roundings for each column
    np.testing.assert_allclose(product, 2.25 * np.eye(min(rows, columns)), rtol=0, atol=1e-13)
    assert biases is None


@pytest.mark.parametrize(("n", "seeds"), [(5, 900), (130, 400)])
def test_orthogonal_matrices_favour_no_direction(n: int, seeds: int) -> None:
    # Haar: tr Q and tr Q² have means 0 and 1, variances 1 and 2 (Diaconis & Shahshahani, J. Appl.
    # Prob. 31A, 1994), as normal numbers have them up to moments beyond n; det Q is ±1 as a coin.
    drawn = [random_network([n, n], "orthogonal(1)", "tanh", s).weights[0] for s in range(seeds)]
    first, second = (np.array([np.trace(q) for q in qs]) for qs in (drawn, [q @ q for q in drawn]))
    for traces, mean, variance in ((first, 0, 1), (second, 1, 2)):
        assert abs(traces.mean() - mean) < 5 * math.sqrt(variance / seeds)
        assert abs(traces.var() - variance) < 5 * variance * math.sqrt(2 / seeds)
    heads = np.mean([np.linalg.det(q) > 0 for q in drawn])
    assert abs(heads - 0.5) < 5 * 0.5 / math.sqrt(seeds)
    # every place alike: mean 0, variance 1/n, 3/(n(n + 2)) for the fourth power
    places = np.array([q[np.ix_([0, n // 2, -1], [0, n // 2, -1])] for q in drawn]) * math.sqrt(n)
    assert np.abs(places.mean(axis=0)).max() < 5 / math.sqrt(seeds)
    assert np.abs((places**2).mean(axis=0) - 1).max() < 5 * math.sqrt(2 / seeds)
    assert np.abs((places**4).mean(axis=0) - 3 * n / (n + 2)).max() < 5 * math.sqrt(96 / seeds)


def test_a_wide_orthogonal_matrix_is_as_uniform_as_a_tall_one() -> None:
    for widths in ([90, 30], [30, 90]):
        drawn = [random_network(widths, "orthogonal(1)", "tanh", s).weights[0] for s in range(300)]
        places = np.array([q[[0, 0, -1, -1], [0, -1, 0, -1]] for q in drawn]) * math.sqrt(90)
        assert np.abs(places.mean(axis=0)).max() < 5 / math.sqrt(300)
        assert np.abs((places**2).mean(axis=0) - 1).max() < 5 * math.sqrt(2 / 300)


def test_the_gain_is_that_of_pytorch() -> None:
    assert calculate_gain("linear") == calculate_gain("sigmoid") == 1.0
    assert calculate_gain("tanh") == 5 / 3
    assert calculate_gain("relu") == math.sqrt(2)
    assert calculate_gain("leaky_relu") == pytest.approx(math.sqrt(2 / (1 + 0.01**2)), rel=1e-15)
    assert calculate_gain("leaky_relu", 0.2) == pytest.approx(math.sqrt(2 / 1.04), rel=1e-15)
    assert calculate_gain("selu") == 0.75
    torch = pytest.importorskip("torch")
    for name in NONLINEARITIES:
        expected = torch.nn.init.calculate_gain(name)
        assert calculate_gain(name) == pytest.approx(expected, rel=1e-15)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_no_recipe_but_the_critical_one_looks_at_the_activation(name: str) -> None:
    for scheme in INITIALISATIONS:
        if scheme != "critical":
            drawn, plain = (random_network([4, 3, 2], scheme, f, 0) for f in (name, "identity"))
            assert all(map(np.array_equal, drawn.weights, plain.weights))


@pytest.mark.parametrize(
    ("activation", "recipe", "gain"),
    [
        ("tanh", "kaiming_normal(nonlinearity=tanh)", 5 / 3),
        ("relu", "kaiming_normal", math.sqrt(2)),
        ("identity", "kaiming_normal(nonlinearity=linear)", 1.0),
        ("leaky_relu(0.2)", "kaiming_normal(a=0.2)", math.sqrt(2 / 1.04)),
        ("prelu", "kaiming_normal(a=0.25)", math.sqrt(2 / 1.0625)),
        ("selu", "kaiming_normal(nonlinearity=selu)", 0.75),
        ("gelu", "kaiming_normal", math.sqrt(2)),
        ("leaky_relu(1e100)", "kaiming_normal", math.sqrt(2)),
    ],
)
def test_the_gain_that_pytorch_recommends_is_asked_for_by_name(
    activation: str, recipe: str, gain: float
) -> None:
    assert recommended_kaiming(activation) == recipe
    assert sigmas(recipe, activation, 50).sigma_w2 == pytest.approx(gain**2, rel=1e-14)


def test_the_recipes_are_those_of_pytorch() -> None:
    torch = pytest.importorskip("torch")
    torch.manual_seed(0)
    linear = torch.nn.Linear(N_IN, N_OUT)
    w, b = layer("pytorch_linear")
    assert b is not None
    bound = 1 / math.sqrt(N_IN)
    for values in (w, b, linear.weight.detach().numpy(), linear.bias.detach().numpy()):
        assert 0.95 * bound < np.abs(values).max() <= bound * (1 + 1e-6)
    for name in ("xavier_normal", "xavier_uniform", "kaiming_normal", "kaiming_uniform"):
        target = torch.empty(N_OUT, N_IN, dtype=torch.float64)
        getattr(torch.nn.init, f"{name}_")(target)
        variance, distribution, _ = MOMENTS[name]
        assert_variance(target.numpy(), variance, KURTOSIS[distribution])


def test_the_critical_variance_may_be_a_number_or_come_from_the_theory() -> None:
    asked = []

    def theory(f: Any, sigma_b2: float) -> float:
        asked.append((f.name, sigma_b2))
        return 1.76

    by_theory, _ = layer("critical(sigma_b2=0.05)", critical=theory)
    by_number, _ = layer("critical(1.76, 0.05)")
    assert asked == [("tanh", 0.05)]
    assert np.array_equal(by_theory, by_number)


def test_critical_is_what_mean_field_theory_calls_critical() -> None:
    # Tanh without biases is critical at 1, ReLU at 2 and with biases nowhere.
    assert initialisation("critical").parameters("tanh")["sigma_w2"] == pytest.approx(1, abs=1e-8)
    assert sigmas("critical", "relu", 50).sigma_w2 == pytest.approx(2, abs=1e-8)
    assert_variance(layer("critical")[0], 1 / N_IN, 3)
    with pytest.raises(InputError, match="relu has a critical point"):
        random_network([3, 3], "critical(sigma_b2=0.1)", "relu", 0)


# --- seeds ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("scheme", [*MOMENTS, "orthogonal(0.9, 0.1)"])
def test_a_seed_gives_the_same_network_to_the_bit_and_another_another(scheme: str) -> None:
    one, same, other = (random_network([6, 5, 4], scheme, "relu", seed) for seed in (1, 1, 2))
    for a, b, c in zip(one.weights, same.weights, other.weights, strict=True):
        assert a.tobytes() == b.tobytes()
        assert not np.array_equal(a, c)
    if one.biases is not None:
        assert same.biases is not None
        assert all(a.tobytes() == b.tobytes() for a, b in zip(one.biases, same.biases, strict=True))


def test_a_layer_is_drawn_from_its_own_child_of_the_seed() -> None:
    shallow = random_network([8] * 4, "normal", "tanh", 5)
    deep = random_network([8] * 9, "normal", "tanh", 5)
    for a, b in zip(shallow.weights, deep.weights, strict=False):
        assert np.array_equal(a, b)
    child = np.random.SeedSequence(5).spawn(3)[2]
    drawn = np.random.Generator(np.random.PCG64(child)).standard_normal((8, 8)) / math.sqrt(8)
    np.testing.assert_allclose(shallow.weights[2], drawn, rtol=1e-15)
    assert not np.array_equal(deep.weights[0], deep.weights[1])


@pytest.mark.parametrize(
    "scheme", ["normal", "uniform", "orthogonal", "lecun_uniform", "he_normal"]
)
def test_watched_it_is_the_same_network_to_the_bit(scheme: str) -> None:
    widths, done = [40, 1500, 1400, 30, 30], []
    network = random_network(widths, scheme, "relu", 1, tick=done.append)
    assert len(done) > 4  # a large layer is more than one step
    assert done == sorted(set(done))
    assert done[0] > 0.0
    assert done[-1] == 1.0
    whole = random_network(widths, scheme, "relu", 1)
    for one, other in zip(network.weights, whole.weights, strict=True):
        assert np.array_equal(one, other)


# --- for the theory ------------------------------------------------------------------------------


@pytest.mark.parametrize("scheme", [*MOMENTS, "orthogonal(1.3, 0.2)"])
def test_the_sigmas_of_a_recipe_are_those_of_what_it_draws(scheme: str) -> None:
    n = 300
    sigma_w2, sigma_b2, distribution = sigmas(scheme, "tanh", n)
    weights, biases = random_network([n] * 6, scheme, "tanh", 11)
    w = np.stack(weights[1:])  # the first layer of SIREN is another
    if distribution == "orthogonal":  # every row of n numbers has the norm g
        np.testing.assert_allclose((w * w).sum(axis=-1), sigma_w2, rtol=1e-13)
    else:
        assert_variance(w, sigma_w2 / n, KURTOSIS[distribution])
        # beyond 2/√3 standard deviations lies a third of U(-c, c), and a quarter of the normal
        inside = math.erf(math.sqrt(CUT2 * 2 / 3)) / math.erf(math.sqrt(2))
        share = {"uniform": 1 / 3, "normal": math.erfc(math.sqrt(2 / 3)), "truncated": 1 - inside}
        share = share[distribution]
        got = np.mean(np.abs(w) > 2 * math.sqrt(sigma_w2 / n / 3))
        assert abs(got - share) < 5 * math.sqrt(share * (1 - share) / w.size)
    if biases is None:
        assert sigma_b2 == 0.0
    else:
        assert_variance(np.stack(biases), sigma_b2, 3)


def test_the_sigmas_follow_the_width_the_activation_and_the_theory() -> None:
    assert sigmas("pytorch_linear", "tanh", 64)[:2] == pytest.approx((1 / 3, 1 / 192), rel=1e-15)
    assert sigmas("kaiming_normal", "relu", 9)[:2] == pytest.approx((2.0, 0.0), rel=1e-15)
    assert sigmas("orthogonal", "tanh", 7)[:2] == pytest.approx((1.0, 0.0), rel=1e-15)
    by_theory = sigmas("critical(sigma_b2=0.05)", "tanh", 64, critical=lambda f, b: 1.76)
    assert by_theory[:2] == pytest.approx((1.76, 0.05), rel=1e-15)
    for width in (0, 4097, 2.5, True):
        with pytest.raises(InputError, match="width"):
            sigmas("normal", "tanh", width)  # type: ignore[arg-type]
    with pytest.raises(InputError, match="init"):
        sigmas("kaimung", "tanh", 3)


@pytest.mark.parametrize("scheme", [*MOMENTS, "orthogonal(1.3, 0.2)"])
@pytest.mark.parametrize("widths", [(300, 200, 80, 250), (40, 40, 40, 40)])
def test_the_sigmas_of_each_layer_are_n_in_times_the_variance_that_is_drawn(
    scheme: str, widths: tuple[int, ...]
) -> None:
    found = sigmas_by_layer(scheme, "tanh", widths)
    networks = [random_network(widths, scheme, "tanh", seed) for seed in range(3)]
    for layer, (n_in, n_out) in enumerate(pairwise(widths)):
        w = np.stack([network.weights[layer] for network in networks])
        if found.weights == "orthogonal":  # W Wᵀ or WᵀW is g² times the identity
            assert np.sum(w[0] ** 2) == pytest.approx(1.69 * min(n_in, n_out), rel=1e-12)
            assert found.sigma_w2[layer] == pytest.approx(1.69 * min(n_in / n_out, 1), rel=1e-14)
            continue
        assert_variance(w, float(found.sigma_w2[layer]) / n_in, KURTOSIS[found.weights])
        if networks[0].biases is not None:
            biases = [network.biases[layer] for network in networks if network.biases]
            assert_variance(np.stack(biases), float(found.sigma_b2[layer]), 3)


@pytest.mark.parametrize("scheme", [*MOMENTS, "orthogonal(1.3, 0.2)"])
@pytest.mark.parametrize("weights", ["normal", "orthogonal"])
def test_other_weights_of_the_same_sigma_w_have_it_in_every_layer(
    scheme: str, weights: str
) -> None:
    widths = (300, 200, 80, 250)
    other = with_weights(scheme, weights)
    own, found = (sigmas_by_layer(one, "tanh", widths) for one in (scheme, other))
    assert found.weights == weights
    np.testing.assert_allclose(found.sigma_w2, own.sigma_w2, rtol=1e-14)
    np.testing.assert_allclose(found.sigma_b2, own.sigma_b2, rtol=1e-14)
    drawn = random_network(widths, other, "tanh", 3).weights
    for layer, (n_in, n_out) in enumerate(pairwise(widths)):
        w, variance = drawn[layer], float(own.sigma_w2[layer]) / n_in
        if weights == "normal":
            assert_variance(w, variance, 3)
            continue
        assert np.mean(w * w) == pytest.approx(variance, rel=1e-12)
        small = w.T @ w if n_out > n_in else w @ w.T
        gain2 = small[0, 0]
        np.testing.assert_allclose(small, gain2 * np.eye(len(small)), atol=1e-12 * gain2)
        assert own.gains(widths)[layer] == pytest.approx(math.sqrt(gain2), rel=1e-12)


def test_layers_that_differ_are_told_from_those_that_are_alike() -> None:
    assert sigmas_by_layer("kaiming_normal", "relu", [7, 30, 5]).alike
    assert sigmas_by_layer("normal(sigma_w=1.3)", "relu", [7, 30, 5]).alike
    xavier = sigmas_by_layer("xavier_normal", "relu", [30, 10, 30])
    assert not xavier.alike
    assert xavier.sigma_w2.tolist() == pytest.approx([1.5, 0.5], rel=1e-15)
    assert xavier.typical.sigma_w2 == pytest.approx(math.sqrt(0.75), rel=1e-15)
    assert sigmas_by_layer("xavier_normal", "relu", [30] * 4).alike
    siren = sigmas_by_layer("siren(omega=30)", "sin(30)", [50] * 3)
    assert siren.sigma_w2.tolist() == pytest.approx([1 / 150, 2 / 900], rel=1e-14)
    zero = sigmas_by_layer("normal(std=0)", "relu", [30, 10, 30])
    assert (zero.alike, zero.typical.sigma_w2) == (True, 0.0)


# --- text and records ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        *INITIALISATIONS,
        "kaiming_normal(gain=1.414)",
        "kaiming_normal(a=0.2, mode=fan_out)",
        "kaiming_uniform(mode=fan_out, nonlinearity=tanh)",
        "xavier_normal(gain=5/3)",
        "orthogonal(gain=sqrt(2))",
        "variance_scaling(scale=2, mode=fan_avg, distribution=uniform)",
        "normal(std=0.02)",
        "normal(sigma_b=0.1, std=0.02)",
        "uniform(bound=0.05)",
        "siren(omega=10)",
        "normal(sigma_w=1.2, sigma_b=0.1)",
    ],
)
def test_the_text_form_reads_back(text: str) -> None:
    recipe = initialisation(text)
    assert recipe.spec == text
    assert initialisation(recipe.spec) == recipe
    assert initialisation(recipe) is recipe
    assert recipe.name in text


def test_plain_values_take_the_parameters_in_order_and_defaults_are_not_repeated() -> None:
    assert initialisation("normal(1.2, 0.1)") == initialisation("normal(sigma_b=0.1, sigma_w=1.2)")
    assert initialisation("normal(1, 0)").spec == "normal"
    assert initialisation("orthogonal(gain=1)").spec == "orthogonal"
    assert initialisation("kaiming_normal(gain=sqrt(2))").spec == "kaiming_normal"
    assert initialisation("kaiming_normal(a=0, mode=fan_in)").spec == "kaiming_normal"
    assert initialisation("kaiming_normal(0.2)").spec == "kaiming_normal(a=0.2)"  # as PyTorch's


@pytest.mark.parametrize(
    ("text", "spec"),
    [
        ("torch.nn.init.kaiming_normal_(mode='fan_out', nonlinearity='relu')",
         "kaiming_normal(mode=fan_out, nonlinearity=relu)"),
        ("nn.init.xavier_uniform_(gain=5/3)", "xavier_uniform(gain=5/3)"),
        ("orthogonal_", "orthogonal"),
        ("keras.initializers.HeNormal()", "he_normal"),
        ("GlorotUniform", "glorot_uniform"),
        ("jax.nn.initializers.lecun_normal()", "lecun_normal"),
        ("VarianceScaling(scale=2.0, mode='fan_avg')",
         "variance_scaling(scale=2, mode=fan_avg)"),
        ("TruncatedNormal(stddev=0.02)", "truncated_normal(std=0.02)"),
        ("Orthogonal", "orthogonal"),
        ("edge_of_chaos", "critical"),
        ("gaussian(1.5)", "normal(sigma_w=1.5)"),
    ],
)  # fmt: skip
def test_a_call_of_a_framework_is_read_as_it_stands(text: str, spec: str) -> None:
    assert initialisation(text).spec == spec


def test_every_recipe_says_what_it_is() -> None:
    for name, scheme in INITIALISATIONS.items():
        assert scheme.name == name
        assert "W" in scheme.formula
        assert scheme.source


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("he", ("kaiming_normal", "he_normal", "he_uniform")),
        ("xavier", ("xavier_normal", "xavier_uniform")),
        ("glorot", ("glorot_normal", "glorot_uniform")),
        ("torch", ("pytorch_linear",)),
        ("normal_", ("did you mean normal",)),  # whose σw = 1 is not PyTorch's std = 1
        ("trunc_normal_", ("truncated_normal",)),
        ("kaiming_norml", ("kaiming_normal",)),
        ("normal(0, 0.01)", ("normal(std=0.01)", "normal(sigma_w=0, sigma_b=0.01)")),
        ("normal(0., 1)", ("normal(std=1)",)),
        ("uniform(-0.1, 0.1)", ("uniform(bound=0.1)",)),
        ("uniform(0, 0.1)", ("uniform(bound=0.1)",)),
        ("kaiming_normal(mode=fan_avg)", ("kaiming_normal mode", "fan_in or fan_out")),
        ("kaiming_normal(fan_out)", ("'fan_out'", "mode")),
        (
            "kaiming_normal(nonlinearity=gelu)",
            ("kaiming_normal nonlinearity", "tanh", "leaky_relu"),
        ),
        ("kaiming_normal(gian=2)", ("'gian'", "did you mean gain?")),
        ("kaiming_normal(gain=2, nonlinearity=tanh)", ("one of gain and nonlinearity",)),
        ("kaiming_normal(gain=2, a=0.1)", ("one of gain and a",)),
        ("kaiming_normal(gain=big)", ("kaiming_normal gain", "'big'", "from 1e-50")),
        ("xavier_normal(nonlinearity=tanh)", ("'nonlinearity'", "takes: gain")),
        ("normal(1, std=2)", ("one of sigma_w and std",)),
        ("uniform(bound=1, std=2)", ("one of bound and std",)),
        ("normal(mean=1, std=1)", ("normal mean", "0, the only mean")),
        ("normal(std=0.02, stddev=0.02)", ("twice",)),
        ("normal(5e-324)", ("normal sigma_w", "0 or a number from 1e-50 to 1")),
        ("normal(1.35e154)", ("normal sigma_w", "0 or a number from 1e-50 to 1")),
        ("variance_scaling(distribution=normal)", ("truncated_normal", "untruncated_normal")),
        ("siren(0)", ("siren omega", "from 0.001 to 1000000")),
    ],
)
def test_what_cannot_be_a_recipe_is_answered_with_what_may_be_meant(
    text: str, said: tuple[str, ...]
) -> None:
    with pytest.raises(InputError) as caught:
        initialisation(text)
    for part in said:
        assert part in str(caught.value)


def test_two_bare_numbers_that_have_one_reading_are_sigma_w_and_sigma_b() -> None:
    assert initialisation("normal(1.5, 0.1)").spec == "normal(sigma_w=1.5, sigma_b=0.1)"
    assert initialisation("uniform(1.5, 0.1)").spec == "uniform(sigma_w=1.5, sigma_b=0.1)"
    assert initialisation("normal(0)").spec == "normal(sigma_w=0)"


# --- what is refused -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("field", "arguments"),
    [
        ("init", {"scheme": "kaimung_normal"}),
        ("init", {"scheme": None}),
        ("init", {"scheme": "normal(1"}),
        ("lecun_normal parameter", {"scheme": "lecun_normal(gain=2)"}),
        ("kaiming_normal parameter", {"scheme": "kaiming_normal(1, 2, 3, 4, 5)"}),
        ("kaiming_normal gain", {"scheme": "kaiming_normal(gain=-1)"}),
        ("normal sigma_b", {"scheme": "normal(sigma_b=-0.1)"}),
        ("widths", {"widths": [4]}),
        ("widths", {"widths": []}),
        ("widths", {"widths": "44"}),
        ("widths", {"widths": 4}),
        ("widths", {"widths": np.array(1.0)}),
        ("widths", {"widths": np.ones((2, 2), int)}),
        ("widths", {"widths": memoryview(np.ones((2, 2), int))}),
        ("widths", {"widths": b"44"}),
        ("widths", {"widths": {4, 5}}),
        ("widths", {"widths": [1] * 10_002}),
        ("width", {"widths": [4, 0]}),
        ("width", {"widths": [4, 4097]}),
        ("width", {"widths": [4, 2.5]}),
        ("width", {"widths": [True, 4]}),
        ("activation", {"activation": "tahn"}),
        ("seed", {"seed": -1}),
        ("seed", {"seed": 0.5}),
        ("seed", {"seed": None}),
    ],
)
def test_what_is_no_recipe_is_refused_in_words_that_name_the_field(
    field: str, arguments: dict[str, Any]
) -> None:
    good = {"widths": [3, 3], "scheme": "kaiming_normal", "activation": "tanh", "seed": 0}
    with pytest.raises(InputError) as caught:
        random_network(**(good | arguments))
    assert caught.value.field == field


def test_more_memory_than_there_is_is_refused_beforehand_with_what_would_fit(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(memory, "available_memory", lambda: 2.0**30)
    with pytest.raises(InputError, match=r"GiB.*1 GiB.*such layers would fit.*width of about"):
        random_network([4096] * 10_001, "normal", "tanh", 0)


@pytest.mark.parametrize(
    ("scheme", "copies"),
    [("normal", 1.1), ("pytorch_linear", 1.1), ("he_normal", 1.1), ("orthogonal", 1.5)],
)
def test_the_weights_of_a_network_are_in_memory_once(scheme: str, copies: float) -> None:
    random_network([4, 4], scheme, "tanh", 0)  # caches
    tracemalloc.start()
    try:
        network = random_network([512] * 9, scheme, "tanh", 0)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < copies * sum(w.nbytes for w in network.weights)


def test_initialisation_records_are_equal_by_their_text() -> None:
    assert isinstance(initialisation("normal"), Initialisation)
    assert {initialisation("normal"), initialisation("normal(1)")} == {initialisation("normal")}
