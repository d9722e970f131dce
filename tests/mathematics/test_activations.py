"""The activations against mpmath, by regime; their facts against the mathematics; PyTorch's kinks.

Tolerances, all relative unless said:

* f and f′: 1e-14 wherever the result is a normal float64, some forty roundings' worth.
* f and f′ in Gaussian tails: 2e-13, because one rounding of z² costs z² ulps, and z² reaches 709
  before e^(−z²) leaves float64: 709 × 1.1e-16 = 8e-14, twice.
* ln|f′| and ln|f|: 1e-13, but 1e-14 absolute where the logarithm is below 0.1, because there it
  inherits the relative error of f′.
* Below the smallest normal number digits are lost by gradual underflow: the result has only to
  be as small, and of the right sign or zero.
"""

from __future__ import annotations

import json
import math
import re
import unicodedata
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mpmath import mp

from gradtui.errors import InputError, printable
from gradtui.mathematics.activations import ACTIVATIONS, activation

REFERENCES = Path(__file__).parent.parent / "references"
TABLE = json.loads((REFERENCES / "activations.json").read_text(encoding="utf-8"))["activations"]
SMALLEST_NORMAL = 2.3e-308
GAUSSIAN = {"gelu": "f f′", "gelu_tanh": "f f′", "gaussian": "f f′", "erf": "f′"}
INF = math.inf

# fmt: off
NAMES = [
    "sigmoid", "tanh", "relu", "leaky_relu", "prelu", "rrelu", "relu6", "elu", "selu", "celu",
    "gelu", "gelu_tanh", "silu", "mish", "softplus", "softsign", "logsigmoid", "hardsigmoid",
    "hardtanh", "hardswish", "tanhshrink", "softshrink", "hardshrink", "threshold", "identity",
    "erf", "arctan", "sin", "gaussian", "squareplus", "quick_gelu", "relu_squared",
]
# fmt: on


def rows(*excluded: str) -> list[Any]:
    """Every activation and regime of the table, but for the regimes `excluded`."""
    return [
        pytest.param(spec, regime, id=f"{spec}-{regime}")
        for spec, regimes in TABLE.items()
        for regime in regimes
        if regime not in excluded
    ]


def column(spec: str, regime: str, name: str) -> np.ndarray:
    """A column of the table; null is −∞."""
    values = TABLE[spec][regime][name]
    return np.array([-INF if value is None else value for value in values])


def tolerance(spec: str, regime: str, quantity: str) -> float:
    near = regime in ("centre", "small", "zero of the derivative")
    return 2e-13 if quantity in GAUSSIAN.get(spec, "").split() and not near else 1e-14


def worst(z: np.ndarray, got: np.ndarray, true: np.ndarray, error: np.ndarray) -> str:
    """The row with the largest error, as a message: what was asked, got and true."""
    k = int(np.argmax(error))
    return f"at z = {z[k]!r}: {got[k]!r}, true {true[k]!r}, {error[k]:.2g} of the tolerance"


def assert_close(z: np.ndarray, got: np.ndarray, true: np.ndarray, allowed: np.ndarray) -> None:
    """|got − true| ≤ allowed, and equal where true is 0 or infinite."""
    assert got.dtype == np.float64
    assert got.shape == true.shape
    finite = np.isfinite(true)
    gap = np.abs(np.where(finite, got, 0.0) - np.where(finite, true, 0.0))
    error = np.where(gap == 0, 0.0, gap / np.maximum(allowed, 5e-324))
    error = np.where(finite | (got == true), error, INF)
    error = np.where(np.isnan(got), INF, error)
    assert np.all(error <= 1), worst(z, got, true, error)


def assert_value(z: np.ndarray, got: np.ndarray, true: np.ndarray, relative: float) -> None:
    normal = np.abs(true) >= SMALLEST_NORMAL
    assert_close(z, np.where(normal, got, 0), np.where(normal, true, 0), relative * np.abs(true))
    small, sign = got[~normal], np.sign(true[~normal])
    assert np.all(np.abs(small) <= SMALLEST_NORMAL * (1 + relative)), "not as small as the truth"
    assert np.all((small == 0) | (np.sign(small) == sign)), "of the wrong sign where tiny"


@pytest.mark.parametrize(("spec", "regime"), rows())
def test_f_is_right_to_fourteen_digits(spec: str, regime: str) -> None:
    z, true = column(spec, regime, "z"), column(spec, regime, "f")
    assert_value(z, activation(spec)(z), true, tolerance(spec, regime, "f"))


@pytest.mark.parametrize(("spec", "regime"), rows())
def test_the_derivative_is_right_to_fourteen_digits(spec: str, regime: str) -> None:
    z, true = column(spec, regime, "z"), column(spec, regime, "derivative")
    assert_value(z, activation(spec).derivative(z), true, tolerance(spec, regime, "f′"))


def logarithm_allowed(true: np.ndarray) -> np.ndarray:
    return np.maximum(1e-13 * np.where(np.isfinite(true), np.abs(true), 0), 1e-14)


@pytest.mark.parametrize(("spec", "regime"), rows("largest"))
def test_the_logarithm_of_the_derivative_is_right_where_it_underflows(
    spec: str, regime: str
) -> None:
    z, true = column(spec, regime, "z"), column(spec, regime, "log_abs_derivative")
    assert_close(z, activation(spec).log_abs_derivative(z), true, logarithm_allowed(true))


@pytest.mark.parametrize(("spec", "regime"), rows("largest"))
def test_the_logarithm_of_f_is_right_where_f_underflows(spec: str, regime: str) -> None:
    z, true = column(spec, regime, "z"), column(spec, regime, "log_abs")
    assert_close(z, activation(spec).log_abs(z), true, logarithm_allowed(true))


@pytest.mark.parametrize("spec", TABLE)
def test_the_logarithm_of_an_exactly_zero_derivative_is_minus_infinity(spec: str) -> None:
    for regime in TABLE[spec]:
        z, true = column(spec, regime, "z"), column(spec, regime, "log_abs_derivative")
        zero = true == -INF
        beyond = np.abs(z) > 1e6  # there −∞ may also mean below e^(−1.8e308)
        got = activation(spec).log_abs_derivative(z)
        assert np.array_equal((got == -INF)[~beyond], zero[~beyond])


@pytest.mark.parametrize("spec", TABLE)
def test_an_array_keeps_its_shape_and_answers_in_float64(spec: str) -> None:
    f = activation(spec)
    for function in (f, f.derivative, f.log_abs_derivative, f.log_abs):
        flat = np.array([-2.0, -0.7, 0.0, 0.4, 1.0, 3.5])
        expected = function(flat)
        assert np.array_equal(function(flat.reshape(2, 3)), expected.reshape(2, 3))
        assert np.array_equal(function(flat[::2]), expected[::2]), "of a strided view"
        for empty in (np.empty(0), np.empty((3, 0))):
            assert function(empty).shape == empty.shape
        for scalar in (0.4, np.float64(0.4), np.array(0.4)):
            assert np.shape(function(scalar)) == ()
            assert np.isclose(function(scalar), expected[3], rtol=1e-15, atol=0)
        assert np.asarray(function(3)).dtype == np.float64, "of a Python integer"
        assert function(np.array([1, 2])).dtype == np.float64, "of integers"
        assert function(np.array([1, 2], dtype=np.float32)).dtype == np.float64
        assert np.shape(function([0.5, 1.5])) == (2,), "of a list"


@pytest.mark.parametrize("spec", TABLE)
def test_the_argument_is_left_as_it_was(spec: str) -> None:
    f = activation(spec)
    z = np.array([-3.0, -0.5, 0.0, 0.5, 3.0])
    z.flags.writeable = False
    for function in (f, f.derivative, f.log_abs_derivative, f.log_abs):
        assert not np.shares_memory(function(z), z), "the answer is an array of its own"


@pytest.mark.parametrize("spec", TABLE)
def test_what_is_not_a_number_stays_so(spec: str) -> None:
    f = activation(spec)
    for function in (f, f.derivative, f.log_abs_derivative, f.log_abs):
        assert np.array_equal(np.isnan(function(np.array([0.3, math.nan, -0.3]))), [0, 1, 0])


# spec: f(−∞), f(∞), f′(−∞), f′(∞)
LIMITS = {
    "sigmoid": (0, 1, 0, 0),
    "tanh": (-1, 1, 0, 0),
    "relu": (0, INF, 0, 1),
    "leaky_relu": (-INF, INF, 0.01, 1),
    "leaky_relu(negative_slope=0.2)": (-INF, INF, 0.2, 1),
    "prelu": (-INF, INF, 0.25, 1),
    "rrelu": (-INF, INF, 11 / 48, 1),
    "relu6": (0, 6, 0, 0),
    "elu": (-1, INF, 0, 1),
    "elu(alpha=0.5)": (-0.5, INF, 0, 1),
    "selu": (-1.7580993408473766, INF, 0, 1.0507009873554805),
    "celu": (-1, INF, 0, 1),
    "celu(alpha=2)": (-2, INF, 0, 1),
    "gelu": (0, INF, 0, 1),
    "gelu_tanh": (0, INF, 0, 1),
    "silu": (0, INF, 0, 1),
    "silu(beta=3)": (0, INF, 0, 1),
    "silu(beta=0.3)": (0, INF, 0, 1),
    "mish": (0, INF, 0, 1),
    "softplus": (0, INF, 0, 1),
    "softplus(beta=3)": (0, INF, 0, 1),
    "softsign": (-1, 1, 0, 0),
    "logsigmoid": (-INF, 0, 1, 0),
    "hardsigmoid": (0, 1, 0, 0),
    "hardtanh": (-1, 1, 0, 0),
    "hardtanh(min_val=-2, max_val=0.5)": (-2, 0.5, 0, 0),
    "hardswish": (0, INF, 0, 1),
    "tanhshrink": (-INF, INF, 1, 1),
    "softshrink": (-INF, INF, 1, 1),
    "softshrink(lambd=1)": (-INF, INF, 1, 1),
    "hardshrink": (-INF, INF, 1, 1),
    "hardshrink(lambd=2)": (-INF, INF, 1, 1),
    "threshold(threshold=0.1, value=20)": (20, INF, 0, 1),
    "threshold(threshold=-1, value=-2)": (-2, INF, 0, 1),
    "identity": (-INF, INF, 1, 1),
    "erf": (-1, 1, 0, 0),
    "arctan": (-math.pi / 2, math.pi / 2, 0, 0),
    "sin": (math.nan, math.nan, math.nan, math.nan),
    "sin(omega=30)": (math.nan, math.nan, math.nan, math.nan),
    "sin(omega=0.7)": (math.nan, math.nan, math.nan, math.nan),
    "gaussian": (0, 0, 0, 0),
    "squareplus": (0, INF, 0, 1),
    "squareplus(b=1)": (0, INF, 0, 1),
    "quick_gelu": (0, INF, 0, 1),
    "relu_squared": (0, INF, 0, INF),
}


def log_abs(values: np.ndarray) -> np.ndarray:
    return np.array([-INF if v == 0 else math.log(abs(v)) for v in values])


@pytest.mark.parametrize("spec", LIMITS)
def test_at_infinity_every_function_takes_its_limit(spec: str) -> None:
    f, z = activation(spec), np.array([-INF, INF])
    value, slope = np.array(LIMITS[spec][:2], float), np.array(LIMITS[spec][2:], float)
    close = {"rtol": 1e-15, "atol": 0, "strict": True}
    np.testing.assert_allclose(f(z), value, **close)
    np.testing.assert_allclose(f.derivative(z), slope, **close)
    log_close = {"rtol": 1e-14, "atol": 1e-15}
    np.testing.assert_allclose(f.log_abs(z), log_abs(value), **log_close)
    np.testing.assert_allclose(f.log_abs_derivative(z), log_abs(slope), **log_close)


def test_every_case_of_the_table_has_its_limits_written_down() -> None:
    assert set(LIMITS) == set(TABLE)


@pytest.mark.parametrize("spec", TABLE)
def test_no_finite_argument_gives_a_warning_or_something_that_is_not_a_number(spec: str) -> None:
    f = activation(spec)
    sizes = 10.0 ** np.arange(-320, 309, 4.0)
    z = np.concatenate([-sizes, [-0.0, 0.0], sizes, [1.7976931348623157e308]])
    for function in (f, f.derivative, f.log_abs_derivative, f.log_abs):
        assert not np.any(np.isnan(function(z)))


A, S = 1.6732632423543772, 1.0507009873554805
SELU_LEFT = A * S

# spec: the kinks as (z, f′ there by PyTorch's convention, from the left, from the right)
KINKS: dict[str, tuple[tuple[float, float, float, float], ...]] = {
    "relu": ((0, 0, 0, 1),),
    "leaky_relu": ((0, 0.01, 0.01, 1),),
    "leaky_relu(negative_slope=0.2)": ((0, 0.2, 0.2, 1),),
    "prelu": ((0, 0.25, 0.25, 1),),
    "rrelu": ((0, 11 / 48, 11 / 48, 1),),
    "relu6": ((0, 0, 0, 1), (6, 0, 1, 0)),
    "elu(alpha=0.5)": ((0, 0.5, 0.5, 1),),
    "elu(alpha=2)": ((0, 2, 2, 1),),
    "selu": ((0, SELU_LEFT, SELU_LEFT, S),),
    "hardsigmoid": ((-3, 0, 0, 1 / 6), (3, 0, 1 / 6, 0)),
    "hardtanh": ((-1, 0, 0, 1), (1, 0, 1, 0)),
    "hardtanh(min_val=-2, max_val=0.5)": ((-2, 0, 0, 1), (0.5, 0, 1, 0)),
    "hardswish": ((-3, 0, 0, -0.5), (3, 1, 1.5, 1)),
    "softshrink": ((-0.5, 0, 1, 0), (0.5, 0, 0, 1)),
    "softshrink(lambd=1)": ((-1, 0, 1, 0), (1, 0, 0, 1)),
    "hardshrink": ((-0.5, 0, 1, 0), (0.5, 0, 0, 1)),
    "hardshrink(lambd=2)": ((-2, 0, 1, 0), (2, 0, 0, 1)),
    "threshold(threshold=0.1, value=20)": ((0.1, 0, 0, 1),),
    "threshold(threshold=-1, value=-2)": ((-1, 0, 0, 1),),
}


@pytest.mark.parametrize("spec", [*TABLE, "elu(alpha=2)"])
def test_the_kinks_are_those_where_the_two_sides_of_the_derivative_differ(spec: str) -> None:
    # softplus jumps by e^−20 in f′ where it becomes linear: below 1e-8, and free to be listed
    listed = [k for k in activation(spec).kinks if abs(k.right - k.left) > 1e-8]
    got = [(k.at, k.derivative, k.left, k.right) for k in listed]
    np.testing.assert_allclose(
        np.reshape(got, (-1, 4)), np.reshape(KINKS.get(spec, ()), (-1, 4)), rtol=1e-15
    )


@pytest.mark.parametrize("spec", KINKS)
def test_at_a_kink_the_derivative_is_pytorchs_and_one_ulp_beside_it_that_of_the_side(
    spec: str,
) -> None:
    f = activation(spec)
    for at, middle, left, right in KINKS[spec]:
        z = np.array([math.nextafter(at, -INF), at, math.nextafter(at, INF)])
        np.testing.assert_allclose(f.derivative(z), [left, middle, right], rtol=1e-15, atol=0)


MINIMUM = {  # of f, found below with mpmath: where f′ = 0
    "gelu": -0.75,
    "gelu_tanh": -0.75,
    "silu": -1.28,
    "silu(beta=3)": -0.43,
    "silu(beta=0.3)": -4.26,
    "mish": -1.19,
    "quick_gelu": -0.75,
}

# spec: range, supremum of |f′|, monotone, odd, where f′ tends to 0
RIGHT, LEFT, BOTH, NOWHERE = "right", "left", "both sides", "nowhere"
FACTS: dict[str, tuple[tuple[float, float], float, bool, bool, str]] = {
    "sigmoid": ((0, 1), 0.25, True, False, BOTH),
    "tanh": ((-1, 1), 1, True, True, BOTH),
    "relu": ((0, INF), 1, True, False, LEFT),
    "leaky_relu": ((-INF, INF), 1, True, False, NOWHERE),
    "leaky_relu(negative_slope=0.2)": ((-INF, INF), 1, True, False, NOWHERE),
    "leaky_relu(negative_slope=3)": ((-INF, INF), 3, True, False, NOWHERE),
    "leaky_relu(negative_slope=-0.5)": ((0, INF), 1, False, False, NOWHERE),
    "leaky_relu(negative_slope=0)": ((0, INF), 1, True, False, LEFT),
    "prelu": ((-INF, INF), 1, True, False, NOWHERE),
    "rrelu": ((-INF, INF), 1, True, False, NOWHERE),
    "relu6": ((0, 6), 1, True, False, BOTH),
    "elu": ((-1, INF), 1, True, False, LEFT),
    "elu(alpha=0.5)": ((-0.5, INF), 1, True, False, LEFT),
    "elu(alpha=2)": ((-2, INF), 2, True, False, LEFT),
    "selu": ((-SELU_LEFT, INF), SELU_LEFT, True, False, LEFT),
    "celu": ((-1, INF), 1, True, False, LEFT),
    "celu(alpha=2)": ((-2, INF), 1, True, False, LEFT),
    "gelu": ((-0.16997120747990369, INF), 1.1289041451851548, False, False, LEFT),
    "gelu_tanh": ((-0.17004075057125408, INF), 1.1289930686587718, False, False, LEFT),
    "silu": ((-0.27846454276107374, INF), 1.0998393201288669, False, False, LEFT),
    "silu(beta=3)": ((-0.27846454276107374 / 3, INF), 1.0998393201288669, False, False, LEFT),
    "silu(beta=0.3)": ((-0.27846454276107374 / 0.3, INF), 1.0998393201288669, False, False, LEFT),
    "mish": ((-0.30884341301725937, INF), 1.0884981612517279, False, False, LEFT),
    "softplus": ((0, INF), 1, True, False, LEFT),
    "softplus(beta=3)": ((0, INF), 1, True, False, LEFT),
    "softsign": ((-1, 1), 1, True, True, BOTH),
    "logsigmoid": ((-INF, 0), 1, True, False, RIGHT),
    "hardsigmoid": ((0, 1), 1 / 6, True, False, BOTH),
    "hardtanh": ((-1, 1), 1, True, True, BOTH),
    "hardtanh(min_val=-2, max_val=0.5)": ((-2, 0.5), 1, True, False, BOTH),
    "hardswish": ((-0.375, INF), 1.5, False, False, LEFT),
    "tanhshrink": ((-INF, INF), 1, True, True, NOWHERE),
    "softshrink": ((-INF, INF), 1, True, True, NOWHERE),
    "softshrink(lambd=1)": ((-INF, INF), 1, True, True, NOWHERE),
    "hardshrink": ((-INF, INF), 1, True, True, NOWHERE),
    "hardshrink(lambd=2)": ((-INF, INF), 1, True, True, NOWHERE),
    "threshold(threshold=0.1, value=20)": ((0.1, INF), 1, False, False, LEFT),
    "threshold(threshold=-1, value=-2)": ((-2, INF), 1, True, False, LEFT),
    "identity": ((-INF, INF), 1, True, True, NOWHERE),
    "erf": ((-1, 1), 2 / math.sqrt(math.pi), True, True, BOTH),
    "arctan": ((-math.pi / 2, math.pi / 2), 1, True, True, BOTH),
    "sin": ((-1, 1), 1, False, True, NOWHERE),
    "sin(omega=30)": ((-1, 1), 30, False, True, NOWHERE),
    "sin(omega=0.7)": ((-1, 1), 0.7, False, True, NOWHERE),
    "gaussian": ((0, 1), math.sqrt(2 / math.e), False, False, BOTH),
    "squareplus": ((0, INF), 1, True, False, LEFT),
    "squareplus(b=1)": ((0, INF), 1, True, False, LEFT),
    "quick_gelu": ((-0.16361018963635358, INF), 1.0998393201288669, False, False, LEFT),
    "relu_squared": ((0, INF), INF, True, False, LEFT),
}


@pytest.mark.parametrize("spec", FACTS)
def test_the_range_is_that_of_the_mathematics(spec: str) -> None:
    np.testing.assert_allclose(activation(spec).range, FACTS[spec][0], rtol=1e-12, atol=0)


@pytest.mark.parametrize("spec", FACTS)
def test_the_largest_derivative_is_that_of_the_mathematics(spec: str) -> None:
    assert activation(spec).max_abs_derivative == pytest.approx(FACTS[spec][1], rel=1e-12)


@pytest.mark.parametrize("spec", FACTS)
def test_the_largest_derivative_is_found_where_the_record_says(spec: str) -> None:
    f = activation(spec)
    at = f.max_abs_derivative_at
    # ±1 ulp: at a kink the convention may leave out the side on which the supremum is approached
    z = np.array([math.nextafter(at, -INF), at, math.nextafter(at, INF)])
    assert np.max(np.abs(f.derivative(z))) == pytest.approx(f.max_abs_derivative, rel=1e-12)


@pytest.mark.parametrize("spec", FACTS)
def test_no_derivative_is_larger_than_the_largest(spec: str) -> None:
    f = activation(spec)
    z = np.concatenate([np.linspace(-50, 50, 4001), [-1e6, 1e6]])
    assert np.max(np.abs(f.derivative(z))) <= f.max_abs_derivative * (1 + 1e-15)


@pytest.mark.parametrize("spec", FACTS)
def test_monotone_odd_and_saturating_are_those_of_the_mathematics(spec: str) -> None:
    f = activation(spec)
    assert (f.monotone, f.zero_centred, f.saturates) == FACTS[spec][2:]


@pytest.mark.parametrize("spec", FACTS)
def test_an_odd_function_is_odd_in_every_bit_and_another_is_not(spec: str) -> None:
    f, z = activation(spec), np.linspace(-8, 8, 257)
    z = z[~np.isin(np.abs(z), [abs(k.at) for k in f.kinks])]
    assert np.array_equal(f(-z), -f(z)) is FACTS[spec][3]


def smooth(spec: str) -> tuple[Any, Any]:
    """f and f′ by mpmath, written down again for the searches below."""

    def swish(beta: float) -> Any:
        return lambda z: z / (1 + mp.exp(-beta * z))

    c = mp.sqrt(2 / mp.pi)
    return {
        "sigmoid": lambda z: 1 / (1 + mp.exp(-z)),
        "erf": mp.erf,
        "gaussian": lambda z: mp.exp(-z * z),
        "gelu": lambda z: z * mp.ncdf(z),
        "gelu_tanh": lambda z: z / 2 * (1 + mp.tanh(c * (z + mp.mpf("0.044715") * z**3))),
        "silu": swish(1),
        "silu(beta=3)": swish(3),
        "silu(beta=0.3)": swish(mp.mpf(0.3)),
        "quick_gelu": swish(mp.mpf("1.702")),
        "mish": lambda z: z * mp.tanh(mp.log(1 + mp.exp(z))),
    }[spec]


# where |f′| is largest, roughly; mpmath then solves f″ = 0
LARGEST = {
    "sigmoid": 0.1,
    "erf": 0.1,
    "gaussian": -0.7,
    "gelu": 1.4,
    "gelu_tanh": 1.4,
    "silu": 2.4,
    "silu(beta=3)": 0.8,
    "silu(beta=0.3)": 8.0,
    "quick_gelu": 1.4,
    "mish": 1.5,
}


@pytest.mark.parametrize("spec", LARGEST)
def test_the_largest_derivative_agrees_with_a_root_of_the_second_one(spec: str) -> None:
    f, reference = activation(spec), smooth(spec)
    with mp.workdps(40):
        root = mp.findroot(lambda z: mp.diff(reference, z, 2), LARGEST[spec], tol=1e-25)
        largest = abs(mp.diff(reference, root))
    assert f.max_abs_derivative == pytest.approx(float(largest), rel=1e-13)
    # f′ is flat at its maximum: an ulp of it is 1e-8 in z
    assert abs(f.max_abs_derivative_at) == pytest.approx(abs(float(root)), abs=1e-7)


@pytest.mark.parametrize("spec", MINIMUM)
def test_the_lower_end_of_the_range_agrees_with_a_root_of_the_derivative(spec: str) -> None:
    reference = smooth(spec)
    with mp.workdps(40):
        root = mp.findroot(lambda z: mp.diff(reference, z), MINIMUM[spec])
        lowest = float(reference(root))
    assert activation(spec).range[0] == pytest.approx(lowest, rel=1e-13)


def test_the_published_maxima_are_reproduced() -> None:
    silu, mish = activation("silu"), activation("mish")
    assert silu.max_abs_derivative == pytest.approx(1.0998393, abs=1e-7)
    assert silu.max_abs_derivative_at == pytest.approx(2.3993573, abs=1e-7)
    assert mish.max_abs_derivative == pytest.approx(1.0884981, abs=1e-7)
    assert mish.max_abs_derivative_at == pytest.approx(1.4905712, abs=1e-7)
    assert activation("sigmoid").max_abs_derivative == 0.25
    assert activation("sigmoid").max_abs_derivative_at == 0.0


def test_every_activation_has_its_references() -> None:
    """Else nothing here looks at how exact it is; `tests/references/activations.py` makes them."""
    assert {spec.partition("(")[0] for spec in TABLE} == set(ACTIVATIONS)


def test_every_activation_is_listed_under_its_own_name() -> None:
    assert set(NAMES) <= set(ACTIVATIONS)
    for name, record in ACTIVATIONS.items():
        assert record.name == name
        assert activation(name) == record


@pytest.mark.parametrize("name", NAMES)
def test_every_activation_says_its_formula_its_derivative_its_range_and_its_source(
    name: str,
) -> None:
    record = ACTIVATIONS[name]
    for text in (record.formula, record.derivative_formula, record.range_text, record.source):
        assert isinstance(text, str)
        assert text.strip() == text
        assert text.isprintable()
        assert text


DEFAULTS = {
    "leaky_relu": {"negative_slope": 0.01},
    "prelu": {"init": 0.25},
    "rrelu": {"lower": 1 / 8, "upper": 1 / 3},
    "elu": {"alpha": 1.0},
    "celu": {"alpha": 1.0},
    "softplus": {"beta": 1.0, "threshold": 20.0},
    "hardtanh": {"min_val": -1.0, "max_val": 1.0},
    "softshrink": {"lambd": 0.5},
    "hardshrink": {"lambd": 0.5},
    "squareplus": {"b": 4.0},
    "silu": {"beta": 1.0},
    "sin": {"omega": 1.0},
}


@pytest.mark.parametrize("name", [name for name in NAMES if name != "threshold"])
def test_the_parameters_and_their_defaults_are_pytorchs(name: str) -> None:
    record = activation(name)
    assert dict(record.parameters) == DEFAULTS.get(name, {})
    assert record.spec == name


def test_threshold_takes_a_threshold_and_a_value() -> None:
    assert dict(activation("threshold(0.5, -1)").parameters) == {"threshold": 0.5, "value": -1.0}


@pytest.mark.parametrize(
    "same",
    [
        ("leaky_relu(0.2)", "leaky_relu(negative_slope=0.2)", "  LEAKY_ReLU ( 0.2 ) "),
        ("hardtanh(-2, 0.5)", "hardtanh(max_val=0.5, min_val=-2)", "hardtanh(-2,max_val=.5)"),
        ("hardtanh(max_val=0.5)", "hardtanh(-1, 0.5)"),
        ("softplus(3)", "softplus(beta=3)", "softplus(threshold=20,beta=3e0)"),
        ("elu", "elu()", "elu(1)", "elu(alpha=1.0)"),
        ("tanh", "tanh()", "Tanh"),
        ("silu", "swish", "SiLU", "Swish()", "torch.nn.SiLU()", "silu(beta=1)"),
        ("identity", "linear", "nn.Identity()"),
        ("leaky_relu", "leakyrelu", "LeakyReLU", "leaky-relu", "lrelu"),
        ("leaky_relu(0.2)", "nn.LeakyReLU(0.2)"),
        ("gelu", "GELU", "jax.nn.gelu"),
        ("gelu_tanh", "gelu_new", "GELUTanh"),
        ("relu6", "ReLU6", "relu_6"),
        ("hardswish", "Hardswish", "hard_swish", "hard_silu", "hard-swish"),
        ("hardsigmoid", "Hardsigmoid", "hard_sigmoid"),
        ("hardtanh", "Hardtanh", "hard_tanh"),
        ("logsigmoid", "LogSigmoid", "log_sigmoid"),
        ("softsign", "Softsign", "soft_sign"),
        ("softplus", "Softplus"),
        ("elu", "ELU"),
        ("selu", "SELU"),
        ("celu", "CELU"),
        ("prelu", "PReLU"),
        ("rrelu", "RReLU"),
        ("mish", "Mish"),
        ("tanhshrink", "Tanhshrink", "tanh_shrink", "TanhShrink"),
        ("softshrink", "Softshrink", "soft_shrink"),
        ("hardshrink", "Hardshrink", "hard_shrink"),
        ("threshold", "Threshold"),
        ("quick_gelu", "QuickGELU", "quickgelu"),
        ("relu_squared", "squared_relu", "relu2"),
        ("sigmoid", "Sigmoid", "logistic"),
        ("arctan", "atan"),
        ("sin(30)", "sin(omega=30)", "sine(omega=30)"),
        ("silu(1/3)", "swish(beta=1/3)"),
        ("elu(sqrt(2))", "elu(√2)"),
    ],
)
def test_one_activation_has_many_spellings_and_one_text_form(same: tuple[str, ...]) -> None:
    for spelling in same:
        assert activation(spelling) == activation(same[0])
        assert activation(spelling).spec == same[0]


def test_parameters_may_be_given_by_keyword() -> None:
    assert activation("leaky_relu", negative_slope=0.2) == activation("leaky_relu(0.2)")
    assert activation("hardtanh(min_val=-2)", max_val=0.5) == activation("hardtanh(-2, 0.5)")
    assert activation("elu", alpha=np.float64(0.5)) == activation("elu(0.5)")
    assert activation("elu", alpha=2) == activation("elu(2)"), "an integer is a number"
    assert activation("elu(0.5)", alpha=1.0) == activation("elu"), "a keyword overrides the text"


def test_a_different_parameter_is_a_different_activation() -> None:
    assert activation("elu(0.5)") != activation("elu")
    assert activation("elu") != activation("celu")
    assert activation("leaky_relu(0.25)") != activation("prelu(0.25)")


@pytest.mark.parametrize("spec", TABLE)
def test_the_text_form_reads_back_as_the_activation(spec: str) -> None:
    record = activation(spec)
    assert activation(record.spec) == record
    short = re.sub(r"\w+=", "", spec)  # the first parameters of each need no names
    assert activation(record.spec).spec == record.spec == short


@pytest.mark.parametrize(
    ("text", "keywords", "said"),
    [
        ("tahn", {}, ("tahn", "tanh")),
        ("leakyreluu", {}, ("leakyreluu", "leaky_relu")),
        ("siren", {}, ("siren", "sin")),
        ("elu(alpha=big)", {}, ("elu alpha", "'big'", "from 0 to 1e+100")),
        ("silu(beta=0)", {}, ("silu beta", "from 0.001 to 30")),
        ("silu(beta=31)", {}, ("silu beta", "from 0.001 to 30")),
        ("sin(omega=0)", {}, ("sin omega", "from 0.001 to 1000000")),
        ("elu(alpa=1)", {}, ("alpa", "did you mean alpha?")),
        ("sigmod", {}, ("sigmod", "sigmoid")),
        ("swiglu_of_the_future", {}, ("swiglu_of_the_future",)),
        ("", {}, ("''",)),
        ("tanh(", {}, ("tanh(",)),
        ("tanh)", {}, ("tanh)",)),
        ("tanh tanh", {}, ("tanh tanh",)),
        ("tanh(1)", {}, ("tanh",)),
        ("elu(alpha)", {}, ("alpha",)),
        ("elu(alpha=)", {}, ("alpha",)),
        ("elu(alpha=one)", {}, ("one", "alpha")),
        ("elu(alpha=nan)", {}, ("nan", "alpha")),
        ("elu(alpha=inf)", {}, ("inf", "alpha")),
        ("elu(1e999)", {}, ("1e999",)),
        ("elu(1, 2)", {}, ("elu", "alpha")),
        ("elu(1,)", {}, ("number",)),
        ("elu(alpha=1, 2)", {}, ("elu",)),
        ("elu(slope=1)", {}, ("slope", "alpha")),
        ("leaky_relu(slope=1)", {}, ("slope", "negative_slope")),
        ("elu(1, alpha=1)", {}, ("alpha", "twice")),
        ("elu(alpha=1, alpha=2)", {}, ("alpha", "twice")),
        ("elu", {"slope": 1.0}, ("slope", "alpha")),
        ("elu", {"alpha": math.nan}, ("alpha", "nan")),
        ("elu", {"alpha": -math.inf}, ("alpha", "inf")),
        ("elu", {"alpha": "two"}, ("alpha", "two")),
        ("elu", {"alpha": None}, ("alpha", "None")),
        ("elu", {"alpha": 1j}, ("alpha", "1j")),
        ("elu", {"alpha": [1.0]}, ("alpha", "[1.0]")),
        ("celu(alpha=0)", {}, ("alpha", "0")),
        ("softplus(beta=0)", {}, ("beta", "0")),
        ("squareplus(b=-1)", {}, ("b", "-1")),
        ("softshrink(lambd=-0.5)", {}, ("lambd", "-0.5")),
        ("hardtanh(min_val=1, max_val=-1)", {}, ("min_val", "max_val")),
        ("rrelu(lower=0.5, upper=0.1)", {}, ("lower", "upper")),
    ],
)
def test_what_cannot_be_an_activation_is_refused_in_words(
    text: str, keywords: dict[str, Any], said: tuple[str, ...]
) -> None:
    with pytest.raises(InputError) as caught:
        activation(text, **keywords)
    message = str(caught.value)
    for part in said:
        assert part in message
    if "twice" in said:
        assert "not given twice" not in message, "the message must not deny its own reason"


@pytest.mark.parametrize("thing", [None, 3, 2.5, b"tanh", ["tanh"], ("elu", 1.0), {}, object()])
def test_what_is_not_text_is_refused_in_words(thing: object) -> None:
    with pytest.raises(InputError):
        activation(thing)  # type: ignore[arg-type]


# --- any text at all ---------------------------------------------------------------------------


def harmless(text: str) -> bool:
    """Nothing in it that a terminal would obey or that reorders a line."""
    categories = {unicodedata.category(character) for character in text}
    return not categories & {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


anything = settings(derandomize=True, deadline=None, max_examples=150, database=None)
numbers = (
    st.floats() | st.integers() | st.sampled_from(["", "-", "1_0", "0x1", "1e999", "٣", "nan"])
)
words = st.sampled_from([*NAMES, "alpha", "beta", "lambd", "negative_slope"]) | st.text(max_size=8)
arguments = st.lists(st.one_of(st.builds("{}={}".format, words, numbers), words, numbers.map(str)))
forms = st.builds("{}({})".format, words, arguments.map(",".join)) | st.text(max_size=40)
values = st.one_of(
    *(st.none(), st.booleans(), st.floats(), st.integers(), st.text(max_size=20)),
    *(st.complex_numbers(), st.binary(max_size=5), st.lists(st.floats(), max_size=2)),
    st.sampled_from([10**400, -(10**400), np.float32(0.5), np.array([0.5, 1.0]), np.nan]),
)


def refusal(text: Any, **parameters: Any) -> str | None:
    """The message with which an activation is refused, or None if there is one."""
    try:
        record = activation(text, **parameters)
    except InputError as error:
        return str(error)
    assert activation(record.spec) == record, "the text form reads back"
    return None


@anything
@given(forms)
def test_any_text_is_an_activation_or_an_input_error(text: str) -> None:
    message = refusal(text)
    assert message is None or harmless(message)


@anything
@given(st.sampled_from(NAMES), words, values)
def test_any_parameter_makes_an_activation_or_an_input_error(
    name: str, parameter: str, value: object
) -> None:
    message = refusal(name, **{parameter: value})
    assert message is None or harmless(message)


@anything
@given(st.sampled_from(sorted(DEFAULTS)), values)
def test_any_value_of_a_parameter_makes_an_activation_or_an_input_error(
    name: str, value: object
) -> None:
    message = refusal(name, **{next(iter(DEFAULTS[name])): value})
    assert message is None or harmless(message)


@anything
@given(st.sampled_from(sorted(DEFAULTS)), st.data())
def test_any_allowed_parameters_read_back_from_the_text_form(name: str, data: Any) -> None:
    finite = st.floats(allow_nan=False, allow_infinity=False)
    refusal(name, **{parameter: data.draw(finite) for parameter in DEFAULTS[name]})


@pytest.mark.parametrize("value", [10**5000, -(10**5000)], ids=["positive", "negative"])
def test_an_integer_too_long_to_print_is_refused_like_any_other(value: int) -> None:
    assert refusal("elu", alpha=value) is not None


@pytest.mark.parametrize(
    "text", ["tanh\x1b[2J", "\x1b]0;title\x07", "tanh\u202e", "a\nb", "\x9b31m"]
)
def test_a_hostile_name_reaches_the_message_only_as_escapes(text: str) -> None:
    message = refusal(text)
    assert message is not None
    assert harmless(message)
    assert printable(text)[:20] in message


# --- agreement with PyTorch, where it is installed ---------------------------------------------

torch_reason = "PyTorch is a reference for tests, not a dependency"


def torch_function(torch: Any, spec: str) -> Any:
    functional = torch.nn.functional
    return {
        "sigmoid": torch.nn.Sigmoid(),
        "tanh": torch.nn.Tanh(),
        "relu": torch.nn.ReLU(),
        "leaky_relu": torch.nn.LeakyReLU(),
        "leaky_relu(negative_slope=0.2)": torch.nn.LeakyReLU(0.2),
        "prelu": torch.nn.PReLU(dtype=torch.float64),
        "rrelu": torch.nn.RReLU().eval(),
        "relu6": torch.nn.ReLU6(),
        "elu": torch.nn.ELU(),
        "elu(alpha=0.5)": torch.nn.ELU(0.5),
        "selu": torch.nn.SELU(),
        "celu": torch.nn.CELU(),
        "celu(alpha=2)": torch.nn.CELU(2),
        "gelu": torch.nn.GELU(),
        "gelu_tanh": torch.nn.GELU(approximate="tanh"),
        "silu": torch.nn.SiLU(),
        "mish": torch.nn.Mish(),
        "softplus": torch.nn.Softplus(),
        "softplus(beta=3)": torch.nn.Softplus(3),
        "softsign": torch.nn.Softsign(),
        "logsigmoid": torch.nn.LogSigmoid(),
        "hardsigmoid": torch.nn.Hardsigmoid(),
        "hardtanh": torch.nn.Hardtanh(),
        "hardtanh(min_val=-2, max_val=0.5)": torch.nn.Hardtanh(-2, 0.5),
        "hardswish": torch.nn.Hardswish(),
        "tanhshrink": torch.nn.Tanhshrink(),
        "softshrink": torch.nn.Softshrink(),
        "softshrink(lambd=1)": torch.nn.Softshrink(1),
        "hardshrink": torch.nn.Hardshrink(),
        "hardshrink(lambd=2)": torch.nn.Hardshrink(2),
        "threshold(threshold=0.1, value=20)": torch.nn.Threshold(0.1, 20),
        "threshold(threshold=-1, value=-2)": torch.nn.Threshold(-1, -2),
        "identity": torch.nn.Identity(),
        "erf": torch.erf,
        "arctan": torch.arctan,
        "sin": torch.sin,
        **{f"sin(omega={k:g})": lambda z, k=k: torch.sin(k * z) for k in (30.0, 0.7)},
        **{f"silu(beta={k:g})": lambda z, k=k: z * torch.sigmoid(k * z) for k in (3.0, 0.3)},
        "gaussian": lambda z: torch.exp(-z * z),
        "squareplus": lambda z: (z + torch.sqrt(z * z + 4)) / 2,
        "squareplus(b=1)": lambda z: (z + torch.sqrt(z * z + 1)) / 2,
        "quick_gelu": lambda z: z * torch.sigmoid(1.702 * z),
        "relu_squared": lambda z: functional.relu(z) ** 2,
    }[spec]


@pytest.mark.parametrize("spec", TABLE)
def test_forward_and_backward_agree_with_pytorch(spec: str) -> None:
    torch = pytest.importorskip("torch", reason=torch_reason)
    regimes = [r for r in ("centre", "kinks", "zero of the derivative") if r in TABLE[spec]]
    points = np.concatenate([column(spec, regime, "z") for regime in regimes])
    z = torch.tensor(points, dtype=torch.float64, requires_grad=True)
    out = torch_function(torch, spec)(z)
    (slope,) = torch.autograd.grad(out.sum(), z)
    # PyTorch subtracts from 1 (tanhshrink, tanh): absolute, not relative, is what it can promise;
    # its hardsigmoid holds 1/6 in single precision; and cos(ωz) is off by the rounding of ωz
    rounded = {"hardsigmoid": 1e-8, "sin(omega=30)": 1e-11, "sin(omega=0.7)": 1e-13}
    backward = rounded.get(spec, 1e-14)
    f = activation(spec)
    np.testing.assert_allclose(f(points), out.detach().numpy(), rtol=1e-13, atol=1e-15)
    np.testing.assert_allclose(f.derivative(points), slope.numpy(), rtol=1e-13, atol=backward)


@pytest.mark.parametrize("beta", [0.001, 0.01, 7.3, 30.0])
def test_silu_keeps_its_shape_at_every_scale(beta: float) -> None:
    """s(βz)/β has the slopes of s at places 1/β as far out."""
    f, silu = activation("silu", beta=beta), activation("silu")
    assert f.max_abs_derivative == pytest.approx(silu.max_abs_derivative, rel=1e-12)
    at = silu.max_abs_derivative_at / beta
    assert f.max_abs_derivative_at == pytest.approx(at, rel=3e-6)  # f′ is flat there
    assert f.range[0] == pytest.approx(silu.range[0] / beta, rel=1e-13)


@pytest.mark.parametrize("omega", [0.001, 0.3, 30.0, 1e6])
def test_a_wave_keeps_its_height_at_every_frequency(omega: float) -> None:
    f = activation("sin", omega=omega)
    assert (f.max_abs_derivative, f.max_abs_derivative_at) == (omega, 0.0)
    assert f.range == pytest.approx((-1.0, 1.0), abs=1e-12)
    z = np.linspace(-700.0, 700.0, 5_001)
    assert np.abs(f(z)).max() <= 1.0
