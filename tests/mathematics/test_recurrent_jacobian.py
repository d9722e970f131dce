"""The singular values of ∂h_T/∂h_{T-k}: against many digits, closed forms and the flow.

The reference takes each step's Jacobian from automatic differentiation of PyTorch's documentation,
and multiplies them in many digits.
"""

from __future__ import annotations

import math
from typing import Any

import autograd
import autograd.numpy as anp
import mpmath as mp
import numpy as np
import pytest

from gradtui.errors import InputError
from gradtui.mathematics import memory
from gradtui.mathematics.recurrent.flow import recurrent_flow
from gradtui.mathematics.recurrent.jacobian import recurrent_jacobian
from gradtui.mathematics.recurrent.random_cells import random_cell

RIGHT = 1e-10
"""Absolute, of a log10."""
LAGS = (1, 2, 7, 40, 120)


def logistic(z: Any) -> Any:
    return 0.5 * (1.0 + anp.tanh(0.5 * z))


def after(cell: str, p: dict[str, np.ndarray], x: np.ndarray, state: Any) -> Any:
    """The state after a step, h and behind it c, if there is one."""
    n = p["weight_hh_l0"].shape[1]
    h, c = state[:n], state[n:]
    by_x = anp.dot(p["weight_ih_l0"], x) + p["bias_ih_l0"]
    by_h = anp.dot(p["weight_hh_l0"], h) + p["bias_hh_l0"]
    if cell == "gru":
        r, z = logistic(by_x[:n] + by_h[:n]), logistic(by_x[n : 2 * n] + by_h[n : 2 * n])
        return (1.0 - z) * anp.tanh(by_x[2 * n :] + r * by_h[2 * n :]) + z * h
    if cell == "lstm":
        i, f, g, o = ((by_x + by_h)[at * n : at * n + n] for at in range(4))
        c = logistic(f) * c + logistic(i) * anp.tanh(g)
        return anp.concatenate([logistic(o) * anp.tanh(c), c])
    return {"tanh": anp.tanh, "identity": lambda v: v}[cell](by_x + by_h)


def exact(cell: str, p: dict[str, np.ndarray], x: np.ndarray, lags: Any) -> np.ndarray:
    """log10 σ_i of the products of the steps' Jacobians in many digits."""
    n = p["weight_hh_l0"].shape[1]
    state, steps = np.zeros(2 * n if cell == "lstm" else n), []
    for one in x:
        steps.append(autograd.jacobian(lambda s, one=one: after(cell, p, one, s))(state))
        state = after(cell, p, one, state)
    logs = []
    with mp.workdps(300):
        product = mp.eye(len(state))
        for lag, step in enumerate(reversed(steps), 1):
            product = product * mp.matrix(step.tolist())
            if lag in lags:
                values = mp.svd_r(product[:n, :n], compute_uv=False)
                logs.append([float(mp.log10(one)) for one in values])
    return np.array(logs)


def given(cell: str, n: int, init: str, steps: int = 120) -> tuple[dict[str, np.ndarray], Any]:
    p = random_cell(cell, 2, n, init, 3)
    return p, np.random.default_rng(4).normal(size=(steps, 2))


@pytest.mark.parametrize("init", ["gaussian(1.1)", "orthogonal", "pytorch", "identity(0.9)"])
@pytest.mark.parametrize("cell", ["tanh", "gru", "lstm", "identity"])
def test_every_singular_value_is_that_of_the_product_in_many_digits(cell: str, init: str) -> None:
    p, x = given(cell, 5, init)
    got = recurrent_jacobian(cell, p, x, LAGS)
    assert got.lags.tolist() == list(LAGS)
    true = exact(cell, p, x, LAGS)
    assert np.abs(got.log10_singular_values - true).max() < RIGHT
    assert np.array_equal(got.log10_largest, got.log10_singular_values[:, 0])
    assert np.array_equal(got.log10_median, got.log10_singular_values[:, 2])
    assert np.array_equal(got.log10_smallest, got.log10_singular_values[:, -1])


def test_half_the_identity_is_powers_of_two_in_every_direction() -> None:
    p = random_cell("tanh", 1, 4, "identity(0.5)")
    got = recurrent_jacobian("tanh", p, np.zeros((3_000, 1)), (1, 10, 3_000))
    true = np.outer([1.0, 10.0, 3_000.0], np.full(4, math.log10(0.5)))
    np.testing.assert_allclose(got.log10_singular_values, true, rtol=1e-13, atol=1e-13)


def test_an_orthogonal_identity_keeps_every_direction() -> None:
    p = random_cell("identity", 1, 32, "orthogonal")
    got = recurrent_jacobian("identity", p, np.zeros((500, 1)), (500,))
    np.testing.assert_allclose(got.log10_singular_values, 0.0, rtol=0, atol=1e-11)


@pytest.mark.parametrize("cell", ["tanh", "gru", "lstm"])
def test_what_a_flow_brings_back_lies_between_the_least_and_the_largest(cell: str) -> None:
    """And is at most √n times the largest for all n directions together, the Frobenius norm."""
    n, steps = 24, 60
    p, x = given(cell, n, "pytorch", steps)
    got = recurrent_jacobian(cell, p, x, range(1, steps + 1))
    norms = [recurrent_flow(cell, p, x[:, None], u[None]).log10_grad_hidden[:-1] for u in np.eye(n)]
    back = np.array(norms)[:, ::-1]  # by lag
    assert (back <= got.log10_largest + 1e-9).all()
    assert (back >= got.log10_smallest - 1e-9).all()
    frobenius = 0.5 * np.log10((10.0 ** (2.0 * back)).sum(axis=0))
    of_values = 0.5 * np.log10((10.0 ** (2.0 * got.log10_singular_values)).sum(axis=1))
    np.testing.assert_allclose(frobenius, of_values, rtol=0, atol=1e-9)


def test_units_that_are_off_are_exact_zeros() -> None:
    p = random_cell("relu", 1, 3, "identity")
    p["bias_ih_l0"][:] = [1.0, -1.0, 1.0]
    got = recurrent_jacobian("relu", p, np.zeros((20, 1)), (1, 20))
    assert np.array_equal(got.log10_singular_values, [[0.0, 0.0, -math.inf]] * 2)
    assert (got.log10_median == 0.0).all()
    p["bias_ih_l0"][:] = -1.0
    dead = recurrent_jacobian("relu", p, np.zeros((20, 1)), (3, 9))
    assert (dead.log10_singular_values == -math.inf).all()


def test_an_lstm_without_recurrent_weights_leads_nothing_from_h_to_h() -> None:
    p = random_cell("lstm", 1, 3, "gaussian(0)", forget_bias=3.0)
    got = recurrent_jacobian("lstm", p, np.ones((20, 1)), (1, 20))
    assert (got.log10_singular_values == -math.inf).all()


@pytest.mark.parametrize(
    ("lags", "words"),
    [
        ((0,), "lags from 1 to 120"),
        ((121,), "lags from 1 to 120"),
        ((1.5,), "lags from 1 to 120"),
        ((True,), "lags from 1 to 120"),
        ((), "one lag or more"),
        (3, "a list of lags"),
        ("12", "a list of lags"),
    ],
)
def test_lags_that_are_not_there_are_refused(lags: Any, words: str) -> None:
    p, x = given("tanh", 3, "pytorch")
    with pytest.raises(InputError, match="lags") as caught:
        recurrent_jacobian("tanh", p, x, lags)
    assert words in str(caught.value)


def test_what_does_not_fit_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    p, x = given("tanh", 3, "pytorch")
    with pytest.raises(InputError, match=r"give it as \[steps, inputs\]"):
        recurrent_jacobian("tanh", p, x[None], (1,))
    large = random_cell("tanh", 2, 257, "identity")
    with pytest.raises(InputError, match="257 units' is not 1 to 256 units"):
        recurrent_jacobian("tanh", large, x, (1,))
    monkeypatch.setattr(memory, "available_memory", lambda: 1.0)
    with pytest.raises(InputError, match="would fit"):
        recurrent_jacobian("lstm", random_cell("lstm", 2, 250, "keras"), np.zeros((9_999, 2)), (1,))
