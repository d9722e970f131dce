"""Extreme but finite values: an answer, or an error that says what is allowed; no wrong zero."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mpmath import mp, mpf

from gradtui.errors import InputError
from gradtui.mathematics.activations import ACTIVATIONS, activation
from gradtui.mathematics.activations.record import Activation
from gradtui.mathematics.chain import chain

INF = math.inf
SIZES = (5e-324, 1e-310, 1e-300, 1e-154, 1e-100, 1e-77, 1e-16, 0.3, 1.0, 40.0, 1e16, 1e77, 1e100)
BEYOND = (1.35e154, 1e300, 1.797e308)
VALUES = (0.0, *SIZES, *(-size for size in SIZES))
POINTS = np.array([0.0, *(s * size for s in (-1, 1) for size in (*SIZES, 1e5, *BEYOND))])
PARAMETERS = [
    (name, parameter.name)
    for name in ACTIVATIONS
    for parameter in activation(name).family.parameters
]
numbers = st.sampled_from((*VALUES, *BEYOND)) | st.floats(allow_nan=False, allow_infinity=False)


def made(name: str, **parameters: float) -> Activation | None:
    """The activation, or None where it is refused in words."""
    try:
        return activation(name, **parameters)
    except InputError:
        return None


def check(f: Activation) -> None:
    """All that is derived of it is there, and each value is a number."""
    for function in (f, f.derivative, f.log_abs_derivative, f.log_abs):
        assert not np.isnan(function(POINTS)).any(), f"{f.spec}: {function(POINTS)}"
    assert f.max_abs_derivative >= 0.0
    assert not math.isnan(f.max_abs_derivative_at)
    assert f.range[0] <= f.range[1]
    for text in (f.formula, f.derivative_formula, f.range_text, f.kink_convention, f.saturates):
        assert "nan" not in text
    assert isinstance(f.monotone, bool)
    assert isinstance(f.zero_centred, bool)


@pytest.mark.parametrize(("name", "parameter"), PARAMETERS)
def test_every_value_of_every_parameter_gives_numbers_or_is_refused(
    name: str, parameter: str
) -> None:
    for value in VALUES:
        if f := made(name, **{parameter: value}):
            check(f)
    for value in BEYOND:
        assert made(name, **{parameter: value}) is None


@pytest.mark.parametrize("spec", ["leaky_relu(1e300)", "threshold(1.797e308, 1)", "celu(1e-320)"])
def test_a_parameter_beyond_use_is_refused_with_its_range(spec: str) -> None:
    with pytest.raises(InputError, match=r"from (-1e\+?100|1e-100) to 1e\+?100"):
        activation(spec)


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_a_chain_has_a_logarithm_for_every_gradient(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(list(ACTIVATIONS)))
    parameters = {p.name: data.draw(numbers) for p in activation(name).family.parameters}
    f = made(name, **parameters)
    if f is None:
        return
    depth = data.draw(st.integers(1, 6))
    weights = [data.draw(numbers) for _ in range(depth)]
    result = chain(f, weights, data.draw(numbers), data.draw(numbers), data.draw(numbers))
    for logs in (result.log10_derivatives, result.log10_inputs, result.log10_gradients):
        assert not np.isnan(logs).any()
        assert (logs < INF).all()
    assert ((result.signs == 0) == (result.log10_gradients == -INF)).all()


@pytest.mark.parametrize(
    ("spec", "z", "slope"),
    [
        ("softplus(50)", -16.0, lambda z: mp.exp(50 * z) / (1 + mp.exp(50 * z))),
        ("softplus(1e9)", -16.0, lambda z: mp.exp(mpf(1e9) * z)),
        ("softplus(beta=1e-5)", -1e9, lambda z: mp.exp(mpf(1e-5) * z)),
        ("celu(1e-5)", -16.0, lambda z: mp.exp(z / mpf(1e-5))),
        ("celu(1e-90)", -1e-80, lambda z: mp.exp(z / mpf(1e-90))),
        ("gaussian", 1e5, lambda z: -2 * z * mp.exp(-z * z)),
        ("silu", -1e6, lambda z: mp.exp(z) * (1 + z)),
        ("tanhshrink", 1e-170, lambda z: mp.tanh(z) ** 2),
        ("sigmoid", 1e300, lambda z: mp.exp(-z)),
    ],
)  # fmt: skip
def test_a_slope_that_underflows_keeps_its_logarithm_and_its_sign(
    spec: str, z: float, slope: object
) -> None:
    mp.dps = 50
    true = slope(mpf(z))  # type: ignore[operator]
    got = chain(spec, [1.0], 0.0, z)
    log10 = float(mp.log10(abs(true) * abs(mpf(z))))
    assert got.log10_gradients[0] == pytest.approx(log10, rel=1e-12)
    assert got.signs[0] == int(mp.sign(true)) * int(math.copysign(1, z))


@pytest.mark.parametrize(
    ("spec", "z", "value"),
    [
        ("softplus(50)", -16.0, lambda z: mp.exp(50 * z) / 50),
        ("sigmoid", -1e300, lambda z: mp.exp(z)),
        ("celu(1e-90)", -1e-80, lambda z: -mpf(1e-90)),
        ("tanhshrink", 1e-170, lambda z: z**3 / 3),
    ],
)
def test_an_output_that_underflows_reaches_the_next_layer(
    spec: str, z: float, value: object
) -> None:
    mp.dps = 50
    true = value(mpf(z))  # type: ignore[operator]
    got = chain(spec, [1.0, 1.0], 0.0, z)
    assert got.log10_inputs[1] == pytest.approx(float(mp.log10(abs(true))), rel=1e-12)


@pytest.mark.parametrize("spec", ["relu", "hardtanh", "softshrink", "relu6", "hardsigmoid"])
def test_a_zero_is_still_one_where_the_slope_is_zero(spec: str) -> None:
    z = {"softshrink": 0.1, "relu": -1.0, "relu6": 7.0}.get(spec, 5.0)
    got = chain(spec, [1.0], 0.0, z)
    assert got.signs[0] == 0
    assert got.log10_gradients[0] == -INF


@pytest.mark.parametrize("apart", [1e-3, 1e-6, 1e-10, 1e-13])
def test_a_squared_error_near_its_target_is_as_good_as_the_documentation_says(apart: float) -> None:
    mp.dps = 50
    weights, x = [1.1, -0.7, 0.9], 0.8
    a = mpf(x)
    for w in weights:
        a = mp.tanh(mpf(w) * a)
    target = float(a) + apart
    true = float(mp.log10(abs(a - mpf(target))))
    got = chain("tanh", weights, 0.0, x, target=target).log10_upstream
    limit = (len(weights) + 1) * 2.3e-16 * abs(float(a)) / apart
    assert got == pytest.approx(true, abs=limit / math.log(10) + 1e-15)
