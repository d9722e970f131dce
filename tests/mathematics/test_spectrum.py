"""The end-to-end Jacobian's singular values: against mpmath, closed forms, LAPACK and masks.

Logarithms are held to 1e-10, the accuracy of every magnitude in the engine, where the weights are
no worse conditioned than random ones and the forward pass does not magnify its own rounding.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import Any

import mpmath as mp
import numpy as np
import pytest
from scipy.special import digamma

from gradtui.errors import InputError
from gradtui.mathematics.activations import ACTIVATIONS, activation
from gradtui.mathematics.initialisation.draw import random_network
from gradtui.mathematics.network import graded as graded_module
from gradtui.mathematics.network.graded import log2_singular_values
from gradtui.mathematics.network.spectrum import Spectrum, jacobian_spectra, jacobian_spectrum
from gradtui.models.network.networks import drawn
from gradtui.models.subject import subjects_of
from gradtui.progress import Stopped
from gradtui.setup import Setup

RIGHT = 1e-10
"""Absolute, of a log10."""

Arrays = list[np.ndarray]


def network(
    widths: Sequence[int], init: str, f: str, seed: int
) -> tuple[Arrays, Arrays | None, np.ndarray]:
    weights, biases = random_network(widths, init, f, seed)
    return weights, biases, np.random.default_rng(seed).normal(size=widths[0])


EXACT: dict[str, tuple[Any, Any]] = {
    "tanh": (mp.tanh, lambda z: mp.sech(z) ** 2),
    "sigmoid": (lambda z: 1 / (1 + mp.exp(-z)), lambda z: mp.sech(z / 2) ** 2 / 4),
    "identity": (lambda z: z, lambda z: mp.mpf(1)),
    "leaky_relu": (lambda z: max(z, z * 0.01), lambda z: mp.mpf(1.0 if z > 0 else 0.01)),
}


def exact(f: str, weights: Arrays, biases: Arrays | None, x: np.ndarray, digits: int) -> np.ndarray:
    """log10 σ_i of the product itself in so many digits, the forward pass included."""
    value, slope = EXACT[f]
    with mp.workdps(digits):
        a, product = mp.matrix(x.tolist()), mp.eye(len(x))
        for layer, w in enumerate(weights):
            matrix = mp.matrix(w.tolist())
            z = matrix * a
            if biases is not None:
                z += mp.matrix(biases[layer].tolist())
            product = mp.diag([slope(one) for one in z]) * matrix * product
            a = mp.matrix([value(one) for one in z])
        values = mp.svd_r(product, compute_uv=False)
        return np.array([float(mp.log10(one)) for one in values])


def digits_for(found: np.ndarray) -> int:
    """Digits in which the smallest value is known to fifty, when the largest are 1."""
    return 60 + int(found[0] - found[-1])


# ---------------------------------------------------------- in many digits


@pytest.mark.parametrize(
    ("f", "init", "n", "depth", "decades"),
    [
        ("tanh", "normal(sigma_w=1.2)", 8, 120, 90),
        ("tanh", "orthogonal(gain=1.2)", 5, 150, 20),
        ("sigmoid", "normal(sigma_w=4, sigma_b=1)", 5, 200, 200),
        ("leaky_relu", "kaiming_normal", 8, 200, 400),
        ("identity", "normal", 4, 200, 60),
    ],
)
def test_every_singular_value_is_that_of_the_product_in_many_digits(
    f: str, init: str, n: int, depth: int, decades: float
) -> None:
    """The smallest lies hundreds of decades below the largest, and is none the worse for it."""
    given = network([n] * (depth + 1), init, f, 3)
    found = jacobian_spectrum(f, *given).log10_singular_values
    assert found[0] - found[-1] > decades
    assert np.abs(found - exact(f, *given, digits_for(found))).max() < RIGHT


@pytest.mark.parametrize(
    ("n", "depth", "decades"),
    [(6, 100, 3), (6, 60, 40), (6, 40, 110), (5, 20, 290)],  # the last two beyond plain QR
)
def test_units_that_differ_by_hundreds_of_decades_within_a_layer_cost_no_accuracy(
    n: int, depth: int, decades: float
) -> None:
    rng = np.random.default_rng(1)
    weights = [
        10.0 ** -rng.uniform(0, decades, n)[:, None] * rng.normal(size=(n, n)) for _ in range(depth)
    ]
    given: Any = weights, None, rng.normal(size=n)
    found = jacobian_spectrum("identity", *given).log10_singular_values
    # Values of thousands: their own rounding is 1e-12.
    assert np.abs(found - exact("identity", *given, digits_for(found))).max() < RIGHT


@pytest.mark.parametrize("times", [30, 300, 3000])
def test_one_saturated_layer_whose_slopes_underflow_is_not_a_zero(times: float) -> None:
    """tanh′ of a unit here is 1e-2000; the direction is faint, and still one."""
    weights, biases, x = network([5] * 41, "normal(sigma_w=1.2, sigma_b=0.3)", "tanh", 2)
    weights[20] *= times
    found = jacobian_spectrum("tanh", weights, biases, x).log10_singular_values
    assert found[-1] < -times / 2
    assert np.abs(found - exact("tanh", weights, biases, x, digits_for(found))).max() < RIGHT


def graded(n: int, kind: str, rng: np.random.Generator) -> np.ndarray:
    """Exponents of columns: neighbours of almost one size, wherever a run of columns may end."""
    steps = {
        "pairs": np.repeat(np.arange(n), 2)[:n] * 12.0 - rng.uniform(-0.2, 0.2, n),
        "threes": np.repeat(np.arange(n), 3)[:n] * 24.3 + rng.normal(0.0, 0.1, n),
        "sixes": 6.0 * np.arange(n) + rng.choice([-0.1, 0.1], n),
        "strewn": np.round(rng.exponential(8.0, n).cumsum()),
    }
    return -steps[kind]


@pytest.mark.parametrize("kind", ["pairs", "threes", "sixes", "strewn"])
@pytest.mark.parametrize("seed", range(4))
def test_columns_of_almost_one_size_settle_wherever_they_stand(kind: str, seed: int) -> None:
    rng = np.random.default_rng([seed, 5])
    n = 14
    g, s = np.triu(rng.normal(size=(n, n))), graded(n, kind, rng)
    found = -np.sort(-log2_singular_values(g, s, lambda share: None))
    with mp.workdps(60 + int(0.4 * (found[0] - found[-1]))):
        sizes = mp.diag([mp.power(2, float(one)) for one in s])
        values = mp.svd_r(mp.matrix(g.tolist()) * sizes, compute_uv=False)
        expected = np.array([float(mp.log(one, 2)) for one in values])
    assert np.abs(found - expected).max() < 1e-10


def test_no_spread_of_columns_takes_more_than_a_few_rounds(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rounds, error = [0], graded_module._error

    def counted(v: np.ndarray, h: np.ndarray) -> float:
        rounds[-1] += 1
        return error(v, h)

    monkeypatch.setattr(graded_module, "_error", counted)
    rng = np.random.default_rng(6)
    for trial in range(200):
        n = int(rng.integers(2, 40))
        kind = ("pairs", "threes", "sixes", "strewn")[trial % 4]
        rounds.append(0)
        log2_singular_values(rng.normal(size=(n, n)), graded(n, kind, rng), lambda share: None)
    assert max(rounds) <= 8


@pytest.mark.parametrize(("x", "kind", "number"), [(63.0, 0, 2), (64.0, 1, 4), (65.0, 0, 2)])
def test_a_network_far_into_saturation_has_a_spectrum(x: float, kind: int, number: int) -> None:
    """The logarithms add up to that of the determinant, which plain LU knows layer by layer."""
    init = ("normal(sigma_w=1)", "orthogonal(gain=1)")[kind]
    setup = Setup.of(activations=("tanh",), init=(init,), depth=100, model="network").with_(x=x)
    (subject,) = subjects_of(setup, "network")
    drawn_network, rng = drawn(subject, number)
    a = x * rng.standard_normal(64)
    found = jacobian_spectrum("tanh", drawn_network.weights, None, a).log10_singular_values
    expected = 0.0
    for w in drawn_network.weights:
        z = w @ a
        expected += np.linalg.slogdet(w)[1] + activation("tanh").log_abs_derivative(z).sum()
        a = np.tanh(z)
    assert found.sum() == pytest.approx(expected / math.log(10), abs=64 * RIGHT)


# ------------------------------------------------------------- closed forms


@pytest.mark.parametrize("depth", [1, 10, 1000])
def test_an_orthogonal_linear_network_is_an_isometry_at_any_depth(depth: int) -> None:
    found = jacobian_spectrum("identity", *network([32] * (depth + 1), "orthogonal", "identity", 0))
    assert np.abs(found.log10_singular_values).max() < RIGHT
    assert found.surviving(0.999) == 1.0


def test_of_diagonal_layers_the_singular_values_are_the_products() -> None:
    """Sparse, and graded by rows and columns in orders that contradict one another."""
    logs = np.random.default_rng(4).uniform(-20, 5, (500, 7))
    found = jacobian_spectrum("identity", [np.diag(10.0**one) for one in logs], None, np.ones(7))
    assert np.abs(found.log10_singular_values - -np.sort(-logs.sum(axis=0))).max() < RIGHT


@pytest.mark.parametrize("f", ["tanh", "sigmoid", "softplus", "leaky_relu"])
def test_the_logarithms_add_up_to_that_of_the_determinant(f: str) -> None:
    """log|det J| = Σ_l log|det W_l| + Σ_l Σ_i log f′(z_li), at width 64 and depth 1,000."""
    weights, biases, x = network([64] * 1001, "normal(sigma_w=1.3, sigma_b=0.1)", f, 5)
    expected, a, g = 0.0, x, activation(f)
    for layer, w in enumerate(weights):
        z = w @ a + (biases[layer] if biases else 0.0)
        expected += np.linalg.slogdet(w)[1] + g.log_abs_derivative(z).sum()
        a = g(z)
    found = jacobian_spectrum(f, weights, biases, x).log10_singular_values
    # A sum of 64 values, each held to 1e-10.
    assert found.sum() == pytest.approx(expected / math.log(10), abs=64 * RIGHT)


@pytest.mark.parametrize("size", [1e15, 1e17, 1e20, 1e100])
def test_so_they_do_where_sizes_leave_nothing_of_what_stands_beside_them(size: float) -> None:
    """A unit of SELU at -1e20 has a slope of 10^-4e19: no digit of that is left for the weights.

    log selu′(z) = z + log(λα) below 0 and log λ above it (Klambauer et al. 2017).
    """
    scale, alpha = 1.0507009873554804934193349852946, 1.6732632423543772848170429916717
    weights, biases, x = network([8] * 101, "lecun_normal", "selu", 0)
    expected, a = 0.0, size * x
    for w in weights:
        z = w @ a
        below = np.minimum(z, 0.0)
        expected += np.linalg.slogdet(w)[1]
        expected += np.where(z > 0.0, math.log(scale), below + math.log(scale * alpha)).sum()
        a = np.where(z > 0.0, scale * z, scale * alpha * np.expm1(below))
    found = jacobian_spectrum("selu", weights, biases, size * x).log10_singular_values
    assert found.sum() == pytest.approx(expected / math.log(10), rel=1e-10)


def test_a_random_direction_of_a_gaussian_linear_network_shrinks_as_digamma_says() -> None:
    """E ln‖Ju‖² = L (ψ(n/2) + ln(2/n)) and Var = L ψ′(n/2), seen through ‖J‖ of one column."""
    n, depth, draws = 5, 40, 400
    logs = []
    for seed in range(draws):
        # n_0 = 1: the only singular value is ‖J u‖ of the only direction there is.
        rng = np.random.default_rng(seed)
        widths = [1] + [n] * depth
        weights = [rng.normal(size=(m, k)) / math.sqrt(m) for k, m in itertools.pairwise(widths)]
        (log,) = jacobian_spectrum("identity", weights, None, [1.0]).log10_singular_values
        logs.append(2 * math.log(10) * log)
    expected = depth * (digamma(n / 2) + math.log(2 / n))
    error = np.std(logs) / math.sqrt(draws)
    assert abs(np.mean(logs) - expected) < 4 * error


# ------------------------------------------------------------------- LAPACK


@pytest.mark.parametrize("f", ACTIVATIONS)
def test_a_shallow_network_has_the_singular_values_of_its_jacobian(f: str) -> None:
    """Of every activation, through layers that widen and narrow."""
    weights, biases, x = network([6, 9, 4, 7], "normal(sigma_w=1.1, sigma_b=0.5)", f, 6)
    g, a, jacobian = activation(f), x, np.eye(6)
    for layer, w in enumerate(weights):
        z = w @ a + (biases[layer] if biases else 0.0)
        a, jacobian = g(z), g.derivative(z)[:, None] * (w @ jacobian)
    expected = np.linalg.svd(jacobian, compute_uv=False)[:4]
    found = jacobian_spectrum(f, weights, biases, x).log10_singular_values
    assert found[4:].tolist() == [-math.inf] * 2
    found = found[:4]
    rank = np.linalg.matrix_rank(jacobian)
    assert 10.0 ** found[:rank] == pytest.approx(expected[:rank], rel=1e-11)
    assert (found[rank:] == -np.inf).all()


def test_depths_on_the_way_are_those_of_networks_that_end_there() -> None:
    weights, biases, x = network([8] * 31, "normal(1.5, 0.2)", "tanh", 7)
    shares: list[float] = []
    found = list(jacobian_spectra("tanh", weights, biases, x, (1, 7, 16, 30), tick=shares.append))
    assert [one.depth for one in found] == [1, 7, 16, 30]
    for one in found:
        ends = jacobian_spectrum("tanh", weights[: one.depth], biases[: one.depth], x)  # type: ignore[index]
        assert np.abs(one.log10_singular_values - ends.log10_singular_values).max() < RIGHT
    assert shares == sorted(shares)
    assert shares[-1] == 1.0


def test_a_computation_that_is_stopped_does_no_more() -> None:
    shares = []

    def tick(share: float) -> None:
        shares.append(share)
        raise Stopped

    with pytest.raises(Stopped):
        jacobian_spectrum("tanh", *network([64] * 1001, "orthogonal", "tanh", 8), tick=tick)
    assert len(shares) == 1
    assert 0.0 < shares[0] <= 1 / 1000


# -------------------------------------------------------------------- zeros


def test_what_a_relu_switches_off_is_exactly_zero_and_counted_by_the_masks() -> None:
    weights, biases, x = network([16] * 61, "kaiming_normal", "relu", 9)
    a, on = x, [16]
    for w in weights:
        z = w @ a
        on.append(int((z > 0).sum()))
        a = np.maximum(z, 0.0)
    found = jacobian_spectrum("relu", weights, biases, x)
    assert found.rank == min(on) < 16
    assert (found.log10_singular_values[found.rank :] == -np.inf).all()
    assert np.isfinite(found.log10_singular_values[: found.rank]).all()


def test_nothing_passes_a_layer_that_is_off_altogether() -> None:
    found = jacobian_spectrum("relu", [np.eye(3), -np.eye(3), np.eye(3)], None, [1.0, 2.0, 3.0])
    assert (found.log10_singular_values == -np.inf).all()
    assert found.rank == 0
    assert found.surviving(1e-300) == 0.0


@pytest.mark.parametrize(
    ("weights", "rank"),
    [
        ([np.zeros((3, 3))], 0),
        ([np.diag([1.0, 0.0, 2.0]), np.diag([0.0, 1.0, 1.0])], 1),
        ([np.array([[1.0, 2.0, 0.0]] + [[0.0] * 3] * 3), np.eye(4)], 1),
    ],
)
def test_rows_and_columns_of_zeros_leave_exact_zeros(weights: Arrays, rank: int) -> None:
    found = jacobian_spectrum("identity", weights, None, np.ones(3))
    assert found.rank == rank
    assert len(found.log10_singular_values) == 3


def test_what_is_singular_only_by_cancellation_is_zero_to_rounding() -> None:
    """Rounding cannot tell a matrix of ones from its neighbours of full rank."""
    found = jacobian_spectrum("identity", [np.ones((3, 3))], None, np.ones(3))
    assert found.log10_singular_values[0] == pytest.approx(math.log10(3.0), abs=RIGHT)
    assert (found.log10_singular_values[1:] < -15).all()


def test_a_bottleneck_leaves_as_many_directions_as_it_has_units() -> None:
    found = jacobian_spectrum("tanh", *network([8, 8, 2, 8], "normal", "tanh", 0))
    assert found.rank == 2
    assert found.log10_singular_values[2:].tolist() == [-math.inf] * 6
    assert found.surviving(1e-300) == 2 / 8


@pytest.mark.parametrize("widths", [[9, 3, 9], [9, 4], [3, 9], [5, 2, 8, 3], [100, 1, 100]])
def test_there_is_one_value_for_each_direction_of_the_input(widths: list[int]) -> None:
    """As NumPy has them of the matrix itself, n_0 columns wide, zeros for its null space."""
    weights, biases, x = network(widths, "orthogonal", "identity", 3)
    product = np.linalg.multi_dot([np.eye(widths[-1]), *reversed(list(weights))])
    of_gram = np.sqrt(np.abs(np.linalg.eigvalsh(product.T @ product)))[::-1]
    found = jacobian_spectrum("identity", weights, biases, x).log10_singular_values
    assert len(found) == widths[0]
    assert (found == -np.inf).sum() == widths[0] - min(widths)
    np.testing.assert_allclose(10**found, of_gram, atol=1e-7)


# --------------------------------------------------------------- invariance


def test_scaling_a_layer_moves_every_logarithm_alike_beyond_the_range_of_floats() -> None:
    weights, biases, x = network([6] * 41, "normal", "identity", 1)
    plain = jacobian_spectrum("identity", weights, biases, x).log10_singular_values
    for times in (1e-200, 1e200):
        scaled = jacobian_spectrum("identity", [times * w for w in weights], biases, x)
        shift = 40 * math.log10(times)
        assert np.abs(scaled.log10_singular_values - shift - plain).max() < RIGHT


def test_the_order_of_the_units_changes_nothing() -> None:
    weights, biases, x = network([12] * 31, "normal(1.2, 0.3)", "tanh", 2)
    assert biases is not None
    plain = jacobian_spectrum("tanh", weights, biases, x).log10_singular_values
    order = np.random.default_rng(0).permutation(12)
    weights[9], weights[10] = weights[9][order], weights[10][:, order]
    biases[9] = biases[9][order]
    other = jacobian_spectrum("tanh", weights, biases, x).log10_singular_values
    assert np.abs(other - plain).max() < RIGHT


def test_width_1_is_the_scalar_chain() -> None:
    weights, _, x = network([1] * 201, "normal(2)", "sigmoid", 3)
    a, expected = float(x[0]), 0.0
    for w in weights:
        z = float(w[0, 0]) * a
        expected += math.log10(abs(float(w[0, 0]))) + math.log10(
            activation("sigmoid").derivative(z)
        )
        a = activation("sigmoid")(z)
    (found,) = jacobian_spectrum("sigmoid", weights, None, x).log10_singular_values
    assert found == pytest.approx(expected, abs=RIGHT)


# ---------------------------------------------------------------- summaries


def test_the_summary_of_a_spectrum() -> None:
    one = Spectrum(3, np.array([0.5, 0.0, -2.0, -np.inf]))
    assert one.rank == 3
    assert one.surviving(1e-3) == 0.75
    assert one.surviving(0.01) == 0.75  # reaching the threshold is surviving
    assert one.surviving(0.1) == 0.5


# ---------------------------------------------------------------- bad input


@pytest.mark.parametrize(
    ("field", "changes"),
    [
        ("weights", {"weights": []}),
        ("weights", {"weights": "tanh"}),
        ("weights[1]", {"weights": [np.eye(3), np.ones((2, 4))]}),
        ("weights[1]", {"weights": [np.eye(3), [[1.0, 2.0], [3.0]]]}),
        ("weights[0]", {"weights": [np.ones((0, 3))]}),
        ("weights[0]", {"weights": [np.eye(3) * 1j]}),
        ("weights[0]", {"weights": [[[1.0, "a", 2.0]]]}),
        ("weights[1][0, 1]", {"weights": [np.eye(3), [[1.0, math.nan, 0.0]]]}),
        ("biases", {"biases": [None]}),
        ("biases[0]", {"biases": [[1.0], None]}),
        ("biases[1][2]", {"biases": [None, [0.0, 0.0, math.inf]]}),
        ("x", {"x": np.ones((1, 3))}),
        ("x", {"x": []}),
        ("weights[0]", {"x": np.ones(4)}),
        ("x[0, 1]", {"x": [0.0, math.inf, 1.0]}),
        ("activation", {"activation": "tahn"}),
    ],
)
def test_bad_input_is_named_with_what_is_allowed(field: str, changes: dict[str, Any]) -> None:
    given: dict[str, Any] = {
        "activation": "tanh",
        "weights": [np.eye(3), np.eye(3)],
        "biases": None,
        "x": np.ones(3),
    }
    with pytest.raises(InputError) as caught:
        jacobian_spectrum(**{**given, **changes})
    assert caught.value.field == field


@pytest.mark.parametrize("at", [[0], [3], [1.5], [True], ["1"], []])
def test_depths_that_are_not_there_are_refused(at: Any) -> None:
    with pytest.raises(InputError) as caught:
        list(jacobian_spectra("tanh", [np.eye(3)] * 2, None, np.ones(3), at))
    assert caught.value.field == "at"


@pytest.mark.parametrize("threshold", [0.0, -1.0, math.nan, math.inf, "low"])
def test_a_threshold_is_a_positive_number(threshold: Any) -> None:
    with pytest.raises(InputError) as caught:
        Spectrum(1, np.zeros(2)).surviving(threshold)
    assert caught.value.field == "threshold"
