"""The scalar chain against mpmath: log10|∂L/∂w_l| to 1e-10, whatever under- or overflows.

    z_l = w_l a_{l-1} + b_l    a_l = f(z_l)    a_0 = x    upstream = ∂L/∂a_L

The 1e-10 is absolute, in log10: over 10,000 layers whose logarithms sum to 6,500 it leaves about
seventy ulps of the sum, and of each factor some 1e-14.
"""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mpmath import mp, mpf

from gradtui.errors import InputError
from gradtui.mathematics.activations import ACTIVATIONS, activation
from gradtui.mathematics.chain import chain
from gradtui.mathematics.elementwise import Elementwise
from gradtui.mathematics.scaled import signs_of_tails

REFERENCES = Path(__file__).parent.parent / "references"
TABLE = {
    row["name"]: row for row in json.loads((REFERENCES / "chain.json").read_text(encoding="utf-8"))
}
TOLERANCE = 1e-10
INF = math.inf


def weights_of(row: dict[str, Any]) -> list[float]:
    weights = row["weights"]
    return weights if isinstance(weights, list) else [weights] * row["depth"]


def computed(row: dict[str, Any]) -> Any:
    return chain(row["activation"], weights_of(row), row["biases"], row["x"], row["upstream"])


def logarithms(values: list[str | None]) -> np.ndarray:
    """A column of the table; null is the logarithm of zero."""
    return np.array([-INF if value is None else float(value) for value in values])


def assert_same(got: np.ndarray, true: np.ndarray) -> None:
    np.testing.assert_allclose(got, true, rtol=0, atol=TOLERANCE)


@pytest.mark.parametrize("name", TABLE)
def test_every_gradient_has_the_magnitude_that_fifty_digits_give(name: str) -> None:
    row = TABLE[name]
    got = computed(row).log10_gradients
    assert got.dtype == np.float64
    assert got.shape == (row["depth"],)
    assert_same(got[row["layers"]], logarithms(row["log10_gradients"]))


@pytest.mark.parametrize("name", TABLE)
def test_every_gradient_has_its_sign_and_zero_has_none(name: str) -> None:
    row = TABLE[name]
    result = computed(row)
    assert result.signs.shape == (row["depth"],)
    assert np.issubdtype(result.signs.dtype, np.integer)
    assert result.signs[row["layers"]].tolist() == row["signs"]
    assert np.array_equal(result.signs == 0, result.log10_gradients == -INF)


@pytest.mark.parametrize("name", TABLE)
def test_every_slope_has_its_magnitude(name: str) -> None:
    row = TABLE[name]
    got = computed(row).log10_derivatives
    assert got.shape == (row["depth"],)
    assert_same(got[row["layers"]], logarithms(row["log10_derivatives"]))


@pytest.mark.parametrize("name", TABLE)
def test_every_preactivation_is_right_where_it_is_a_float64(name: str) -> None:
    row = TABLE[name]
    got = computed(row).z
    assert got.shape == (row["depth"],)
    for layer, true in zip(row["layers"], row["z"], strict=True):
        if true is None:
            assert math.isinf(got[layer])
        elif abs(true) >= 2.3e-308 or true == 0:
            # the same claim as for the gradients: 1e-10 in log10
            assert got[layer] == pytest.approx(true, rel=TOLERANCE * math.log(10), abs=0)
        else:
            assert abs(got[layer]) < 2.3e-308


@pytest.mark.parametrize("name", TABLE)
def test_the_record_fits_together_factor_by_factor(name: str) -> None:
    """log10|∂L/∂w_l| = log10|upstream| + Σ_{k≥l} log10|f′(z_k)| + Σ_{k>l} log10|w_k| + log10|a|."""
    row = TABLE[name]
    result = computed(row)
    weights = np.abs(weights_of(row))
    expected = [-INF if w == 0 else math.log10(w) for w in weights]
    np.testing.assert_allclose(result.log10_weights, expected, rtol=1e-15, atol=1e-15)
    upstream = -INF if row["upstream"] == 0 else math.log10(abs(row["upstream"]))
    for layer, known in zip(row["layers"], row["log10_abs_input"], strict=True):
        inputs = -INF if known is None else float(known)
        factors = [upstream, inputs, *result.log10_derivatives[layer:]]
        total = math.fsum([*factors, *result.log10_weights[layer + 1 :]])
        if total == -INF:
            assert result.log10_gradients[layer] == -INF
        else:
            assert result.log10_gradients[layer] == pytest.approx(total, rel=0, abs=TOLERANCE)


def test_the_published_numbers_of_five_sigmoids_are_reproduced() -> None:
    result = chain("sigmoid", [0.1] * 5)
    assert np.prod(result.derivatives) == pytest.approx(9.715356e-4, rel=1e-6)
    assert 10 ** result.log10_gradients[0] == pytest.approx(9.715356e-8, rel=1e-6)


def test_ten_thousand_sigmoids_leave_a_gradient_of_about_ten_to_the_minus_6484() -> None:
    assert chain("sigmoid", [1.0] * 10_000).log10_gradients[0] == pytest.approx(-6484, abs=0.5)


def test_a_hundred_thousand_layers_are_allowed_and_one_more_is_not() -> None:
    result = chain("identity", [0.5] * 100_000)
    # ten times the depth of the contract, ten times its 1e-10
    np.testing.assert_allclose(result.log10_gradients, -99_999 * math.log10(2), rtol=0, atol=1e-9)
    with pytest.raises(InputError, match=r"100.?000"):
        chain("identity", [0.5] * 100_001)


@pytest.mark.parametrize("name", sorted(ACTIVATIONS))
def test_the_record_holds_the_values_of_the_activation_itself(name: str) -> None:
    f, weights, biases = activation(name), np.array([0.8, -1.3, 0.4]), np.array([0.1, 0.2, -0.3])
    result = chain(name, weights, biases, x=0.7)
    a = np.concatenate([[0.7], result.a])
    np.testing.assert_allclose(result.z, weights * a[:-1] + biases, rtol=1e-14, atol=1e-16)
    np.testing.assert_allclose(result.a, f(result.z), rtol=1e-14, atol=1e-300)
    np.testing.assert_allclose(result.derivatives, f.derivative(result.z), rtol=1e-13, atol=1e-15)


def test_an_activation_may_be_given_as_text_or_as_a_record() -> None:
    text, record = (chain(f, [0.5, 2.0]) for f in ("elu(0.5)", activation("elu", alpha=0.5)))
    assert np.array_equal(text.log10_gradients, record.log10_gradients)


def test_one_bias_stands_for_all_layers() -> None:
    one, many = chain("tanh", [0.5, 2.0], 0.3), chain("tanh", [0.5, 2.0], [0.3, 0.3])
    assert np.array_equal(one.log10_gradients, many.log10_gradients)


def test_weights_may_be_any_sequence_of_real_numbers_and_stay_as_they_were() -> None:
    weights = np.array([1.0, -2.0, 3.0])
    weights.flags.writeable = False
    expected = chain("tanh", weights).log10_gradients
    for same in ([1, -2, 3], (1.0, -2.0, 3.0), weights.astype(np.float32), weights.astype(int)):
        assert np.array_equal(chain("tanh", same).log10_gradients, expected)


# --- against differences, without the formulas of the derivatives --------------------------------

FORWARD = {
    "sigmoid": lambda z: 1 / (1 + mp.exp(-z)),
    "tanh": mp.tanh,
    "relu": lambda z: max(z, mpf(0)),
    "silu": lambda z: z / (1 + mp.exp(-z)),
    "gelu": lambda z: z * mp.ncdf(z),
    "mish": lambda z: z * mp.tanh(mp.log(1 + mp.exp(z))),
    "softplus": lambda z: mp.log(1 + mp.exp(z)),
    "erf": mp.erf,
    "sin": mp.sin,
    "gaussian": lambda z: mp.exp(-z * z),
    "arctan": mp.atan,
}


@pytest.mark.parametrize("name", FORWARD)
def test_each_gradient_is_how_the_output_moves_with_that_weight(name: str) -> None:
    random = np.random.default_rng(20)
    for depth in (1, 2, 5):
        weights, biases = random.normal(0, 1.2, depth), random.normal(0, 0.5, depth)
        x, upstream = random.normal(), random.normal()
        result = chain(name, weights, biases, x, upstream)

        def loss(w: list[Any]) -> Any:
            a = mpf(x)  # noqa: B023  called in this turn of the loop only
            for w_l, b_l in zip(w, biases, strict=True):  # noqa: B023
                a = FORWARD[name](w_l * a + mpf(b_l))
            return upstream * a  # noqa: B023

        with mp.workdps(60):
            step = mpf("1e-20")  # error of the central difference: 1e-40 relative
            for layer in range(depth):
                moved = []
                for sign in (-1, 1):
                    w = [mpf(v) for v in weights]
                    w[layer] += sign * step
                    moved.append(loss(w))
                slope = (moved[1] - moved[0]) / (2 * step)
                assert result.signs[layer] == int(mp.sign(slope))
                if slope == 0:
                    assert result.log10_gradients[layer] == -INF
                else:
                    expected = float(mp.log10(abs(slope)))
                    assert result.log10_gradients[layer] == pytest.approx(expected, abs=TOLERANCE)


# --- what is exactly zero ------------------------------------------------------------------------


def test_a_zero_weight_silences_the_layers_before_it_and_not_its_own() -> None:
    result = chain("tanh", [0.5, 0.7, 0.0, -0.9, 1.1], biases=0.3)
    assert (result.log10_gradients == -INF).tolist() == [True, True, False, False, False]
    assert result.signs[:2].tolist() == [0, 0]
    assert result.log10_weights[2] == -INF


def test_a_dead_relu_silences_its_own_layer_and_all_before_it() -> None:
    result = chain("relu", [1.0, -1.0, 1.0], biases=[0.0, 0.0, 1.0])
    assert (result.log10_gradients == -INF).tolist() == [True, True, True]
    assert chain("relu", [1.0, -1.0, 1.0], [0.0, 0.5, 1.0]).signs.tolist() == [0, 0, 0]
    assert result.log10_derivatives.tolist() == [0.0, -INF, 0.0]


def test_a_zero_upstream_leaves_nothing_anywhere() -> None:
    result = chain("tanh", [0.5, 0.7], upstream=0.0)
    assert result.log10_gradients.tolist() == [-INF, -INF]
    assert result.signs.tolist() == [0, 0]


def test_a_zero_input_leaves_nothing_in_the_first_layer_only() -> None:
    result = chain("sigmoid", [0.5, 0.7], x=0.0)
    assert result.log10_gradients[0] == -INF
    assert math.isfinite(result.log10_gradients[1])


# --- properties ----------------------------------------------------------------------------------

properties = settings(derandomize=True, deadline=None, max_examples=60, database=None)
layer_weights = st.lists(st.floats(-4, 4).filter(lambda w: abs(w) > 1e-3), min_size=1, max_size=12)
smooth = st.sampled_from(["sigmoid", "tanh", "elu", "softplus", "softsign", "leaky_relu"])


@properties
@given(smooth, layer_weights, st.floats(-3, 3).filter(bool), st.floats(-300, 300))
def test_a_larger_upstream_moves_every_gradient_by_its_logarithm(
    name: str, weights: list[float], x: float, exponent: float
) -> None:
    unit = chain(name, weights, 0.1, x)
    scaled = chain(name, weights, 0.1, x, upstream=10.0**exponent)
    finite = np.isfinite(unit.log10_gradients)
    shifted = unit.log10_gradients[finite] + math.log10(10.0**exponent)
    np.testing.assert_allclose(scaled.log10_gradients[finite], shifted, rtol=0, atol=TOLERANCE)
    assert np.array_equal(scaled.signs, unit.signs)


@properties
@given(smooth, layer_weights, st.floats(-3, 3).filter(bool))
def test_the_opposite_upstream_turns_every_sign(name: str, weights: list[float], x: float) -> None:
    plus, minus = (chain(name, weights, 0.1, x, upstream=u) for u in (1.0, -1.0))
    assert np.array_equal(plus.signs, -minus.signs)
    assert np.array_equal(plus.log10_gradients, minus.log10_gradients)


@properties
@given(smooth, layer_weights, st.floats(-1e300, 1e300), st.floats(-1e300, 1e300))
def test_no_finite_chain_gives_a_warning_or_something_that_is_not_a_number(
    name: str, weights: list[float], x: float, bias: float
) -> None:
    result = chain(name, [w * 1e300 for w in weights], bias, x)
    for values in (result.log10_gradients, result.log10_derivatives, result.log10_weights):
        assert not np.any(np.isnan(values))


# --- what is refused -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "arguments",
    [
        {"weights": []},
        {"weights": [1.0, math.nan]},
        {"weights": [1.0, INF]},
        {"weights": [1.0, -INF]},
        {"weights": [1.0 + 0j, 1.0]},
        {"weights": np.array([1.0, 2.0], dtype=object)},
        {"weights": np.ones((2, 2))},
        {"weights": [[1.0, 2.0], [3.0]]},
        {"weights": np.array(1.0)},
        {"weights": ["1.0", "2.0"]},
        {"weights": ["one", "two"]},
        {"weights": [None, 1.0]},
        {"weights": None},
        {"weights": "abc"},
        {"weights": {"w": 1.0}},
        {"weights": [10**400, 1.0]},
        {"biases": [0.0, 0.0, 0.0]},
        {"biases": []},
        {"biases": [0.0]},
        {"biases": [0.0, math.nan]},
        {"biases": -INF},
        {"biases": np.zeros((2, 1))},
        {"biases": [0j, 0j]},
        {"biases": "zero"},
        {"biases": None},
        {"x": math.nan},
        {"x": INF},
        {"x": 1j},
        {"x": "one"},
        {"x": None},
        {"x": [1.0, 2.0]},
        {"upstream": INF},
        {"upstream": math.nan},
        {"upstream": 1j},
        {"upstream": None},
        {"activation": "tahn"},
        {"activation": None},
    ],
    ids=lambda arguments: ", ".join(f"{k}={v!r}"[:40] for k, v in arguments.items()),
)
def test_what_is_no_chain_is_refused_in_words_that_name_the_field(
    arguments: dict[str, Any],
) -> None:
    given_ = {"activation": "tanh", "weights": [0.5, 0.7], **arguments}
    with pytest.raises(InputError) as caught:
        chain(**given_)
    (field,) = arguments
    assert field.removesuffix("s").removesuffix("e") in str(caught.value).lower()


# ------------------------------------------------------- tails that underflow


@pytest.mark.parametrize("spec", ["celu", "gaussian", "gelu", "mish", "logsigmoid", "tanh"])
@pytest.mark.parametrize("derivative", [False, True])
def test_the_sign_of_a_tail_is_that_of_the_nearest_number_that_has_one(
    spec: str, derivative: bool
) -> None:
    f = activation(spec)
    function = f.derivative if derivative else f
    points = [
        *(s * m * 10.0**e for e in (-300, -5, 0, 2, 77, 307) for m in (1, 7) for s in (-1, 1))
    ]

    def sought(z: float) -> float:
        for factor in (0.5, 2.0):
            near = z
            while near != 0.0 and math.isfinite(near):
                near *= factor
                if sign := np.sign(function(near)):
                    return float(sign)
        return 0.0

    expected = [sought(z) for z in points]
    assert signs_of_tails(function, points).tolist() == expected
    assert [float(signs_of_tails(function, z)) for z in points] == expected


def test_a_sign_far_out_is_found_in_a_few_calls() -> None:
    calls = []

    def falling(z: object) -> object:
        calls.append(np.size(z))
        with np.errstate(under="ignore"):
            return -np.exp(-np.abs(z))

    assert signs_of_tails(falling, 1e300) == -1.0
    assert len(calls) <= 4


@pytest.mark.parametrize("spec", ["sigmoid", "quick_gelu", "gaussian"])
def test_a_layer_beyond_float64_costs_few_calls(spec: str, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = 0
    real = Elementwise.__call__

    def counted(function: Elementwise, z: Any) -> Any:
        nonlocal calls
        calls += 1
        return real(function, z)

    monkeypatch.setattr(Elementwise, "__call__", counted)
    chain(spec, np.random.default_rng(1).normal(0.0, 1e77, 400), 1.0)
    assert 400 < calls < 8 * 400
