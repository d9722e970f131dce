"""Infinite width with biases beside scaled weights, at inputs of 0, and beyond any logarithm.

Against networks drawn here in plain NumPy, matrices N(0, σw²/n_in) times the block's own factor and
biases N(0, σb²), and against closed forms and quadrature in many digits (mpmath).
"""

from __future__ import annotations

import math
import warnings

import mpmath
import numpy as np
import pytest

from gradtui.mathematics.activations import activation as as_activation
from gradtui.mathematics.wide.block_path import block_path
from gradtui.mathematics.wide.block_ratios import block_ratios
from gradtui.mathematics.wide.moments import expectations
from gradtui.mathematics.wide.signal import Medium, Signal

# ------------------------------------------------ biases beside scaled weights


def layer_norm(h: np.ndarray) -> tuple[np.ndarray, float]:
    s = math.sqrt(h.var() + 1e-5)
    return (h - h.mean()) / s, s


def back_through_norm(g: np.ndarray, y: np.ndarray, s: float) -> np.ndarray:
    return (g - g.mean() - y * (g @ y) / len(g)) / s


def drawn(form: str, depth: int, n: int, w2: float, b2: float, seed: int) -> tuple[float, float]:
    """‖h_L‖²/n and ‖g_0‖²/‖g_L‖² of one network of tanh with m = n."""
    rng = np.random.default_rng(seed)
    first, last = {
        "gpt2": (1.0, (2.0 * depth) ** -0.5), "deepnorm": (((8.0 * depth) ** -0.25,) * 2),
    }[form]  # fmt: skip
    alpha = (2.0 * depth) ** -0.25 if form == "deepnorm" else 1.0
    h, blocks = rng.standard_normal(n), []
    for _ in range(depth):
        w1, w2_ = (rng.normal(0.0, math.sqrt(w2 / n), (n, n)) * by for by in (first, last))
        b1, b2_ = (rng.normal(0.0, math.sqrt(b2), n) for _ in range(2))
        y, s = layer_norm(h) if form == "gpt2" else (h, 1.0)
        a = np.tanh(w1 @ y + b1)
        out = h + alpha * (w2_ @ a + b2_)
        if form == "deepnorm":
            h, after = layer_norm(out)
            blocks.append((w1, w2_, 1.0 - a * a, h, after))
        else:
            h = out
            blocks.append((w1, w2_, 1.0 - a * a, y, s))
    g = rng.standard_normal(n)
    above = g @ g
    for w1, w2_, slope, y, s in reversed(blocks):
        if form == "deepnorm":
            g = back_through_norm(g, y, s)
            g = g + alpha * ((g @ w2_) * slope) @ w1
        else:
            g = g + back_through_norm(((g @ w2_) * slope) @ w1, y, s)
    return float(h @ h) / n, float(g @ g / above)


@pytest.mark.parametrize(("form", "block"), [("gpt2", "pre_norm(init=gpt2)"), ("deepnorm",) * 2])
def test_a_factor_of_the_weights_leaves_biases_as_they_are(form: str, block: str) -> None:
    """Ensemble means within 3 standard errors and 1/n."""
    n, depth, w2, b2 = 200, 6, 1.5, 0.8
    found = np.array([drawn(form, depth, n, w2, b2, seed) for seed in range(80)])
    path = block_path(block, "tanh", w2, b2, depth)
    theory = 10.0 ** (2.0 * np.array([path.log10_stream[-1], path.log10_grad_hidden[0]]))
    error = found.std(axis=0, ddof=1) / math.sqrt(80.0)
    assert np.all(abs(found.mean(axis=0) - theory) < 3.0 * error + theory / n)
    left, grown = block_ratios(block, "tanh", math.sqrt(w2), math.sqrt(b2), depth=depth)
    assert left == pytest.approx(path.log10_grad_hidden[0], abs=1e-8)
    begins = path.log10_stream[1 if form == "deepnorm" else 0]  # a norm after the skip begins it
    assert grown == pytest.approx(path.log10_stream[-1] - begins, abs=1e-8)


def test_biases_before_the_last_activation_of_fixup() -> None:
    """z = L^(-1/2) W₁ f(h) + b₁; the last matrix and its biases are 0."""
    n, depth, w2, b2 = 400, 9, 2.0, 0.3
    rng = np.random.default_rng(1)
    squares = []
    for _ in range(60):
        a = np.tanh(rng.standard_normal(n))
        z = rng.normal(0.0, math.sqrt(w2 / n), (n, n)) @ a / 3.0 + rng.normal(0.0, b2**0.5, n)
        squares.append(float(z @ z) / n)
    path = block_path("fixup", "tanh", w2, b2, depth)
    error = np.std(squares, ddof=1) / math.sqrt(60.0)
    assert abs(np.mean(squares) - path.q[0]) < 3.0 * error
    assert np.all(path.log10_chi == 0.0)
    assert np.ptp(path.log10_stream) == 0.0


# ------------------------------------------------------------- inputs of 0


def one_zero_input(block: str, f: str, sigma_w2: float, depth: int, n: int, seed: int) -> float:
    """‖g_0‖²/‖g_L‖² at 64 rows of zeros, where every norm sees a variance of exactly 0."""
    rng, root = np.random.default_rng(seed), math.sqrt(sigma_w2 / n)
    values = {"softplus": (math.log(2.0), 0.5), "sigmoid": (0.5, 0.25), "relu": (0.0, 0.0)}
    slope = values[f][1]
    inverse = 1.0 / math.sqrt(1e-5)
    g = rng.standard_normal(n)
    above = g @ g
    for _ in range(depth):
        w = rng.normal(0.0, root, (n, n))
        if block == "plain":  # in a batch of equal rows, with equal gradients' mean taken away
            g = (g * slope * inverse) @ w
        else:
            down = (g * slope) @ w
            g = g + (down - down.mean()) * inverse
    return float(g @ g / above)


@pytest.mark.parametrize("f", ["softplus", "sigmoid", "relu"])
def test_at_inputs_of_0_a_layer_norm_multiplies_by_the_slope_at_0_over_eps(f: str) -> None:
    """χ = 1 + σw² f′(0)²/eps in every block: what f(0) adds is the same in every unit."""
    slope = {"softplus": 0.5, "sigmoid": 0.25, "relu": 0.0}[f]
    path = block_path("residual(norm=layer)", f, 2.0, 0.0, 6, 0.0)
    np.testing.assert_allclose(10.0**path.log10_chi, 1.0 + 2.0 * slope**2 / 1e-5, rtol=1e-12)
    many, _ = block_ratios("residual(norm=layer)", f, math.sqrt(2.0), depth=6, x=0.0)
    assert many == pytest.approx(path.log10_grad_hidden[0], abs=1e-12)
    found = np.mean([one_zero_input("residual", f, 2.0, 6, 200, seed) for seed in range(40)])
    assert 0.5 * math.log10(found) == pytest.approx(path.log10_grad_hidden[0], abs=0.03)


def test_at_inputs_of_0_a_batch_norm_sees_no_difference_between_rows() -> None:
    """Each norm and f multiply by f′(0)²/eps, each matrix by σw²."""
    each = 2.0 * 0.25 / 1e-5
    plain = block_path("plain(norm=batch)", "softplus", 2.0, 0.0, 6, 0.0)
    np.testing.assert_allclose(10.0**plain.log10_chi, each, rtol=1e-12)
    two = block_path("preact(alpha=3)", "softplus", 2.0, 0.0, 6, 0.0)
    np.testing.assert_allclose(10.0**two.log10_chi, 1.0 + 9.0 * each * each, rtol=1e-12)
    found = np.mean([one_zero_input("plain", "softplus", 2.0, 6, 200, seed) for seed in range(40)])
    assert 0.5 * math.log10(found) == pytest.approx(plain.log10_grad_hidden[0], abs=0.03)


@pytest.mark.parametrize(("block", "f"), [("pre_norm", "relu"), ("swiglu", "silu")])
def test_at_inputs_of_0_a_branch_that_is_shut_leaves_the_gradient_as_it_is(
    block: str, f: str
) -> None:
    path = block_path(block, f, 2.0, 0.0, 12, 0.0)
    assert np.all(path.log10_chi == 0.0)
    assert path.known.all()


def variance(f: str, q: float) -> tuple[float, float]:
    """Var f and E[f²] by quadrature in 80 digits."""
    of = {
        "softplus": lambda z: mpmath.log1p(mpmath.exp(z)),
        "sigmoid": lambda z: 1 / (1 + mpmath.exp(-z)),
        "gaussian": lambda z: mpmath.exp(-z * z),
    }[f]
    with mpmath.workdps(80):
        root, ends = mpmath.sqrt(mpmath.mpf(q)), [-16, -8, -4, 0, 4, 8, 16]

        def expected(power: int, less: mpmath.mpf) -> mpmath.mpf:
            return mpmath.quad(lambda z: (of(root * z) - less) ** power * mpmath.npdf(z), ends)

        at_0 = of(mpmath.mpf(0))
        return float(expected(2, at_0) - expected(1, at_0) ** 2), float(expected(2, mpmath.mpf(0)))


@pytest.mark.parametrize("f", ["softplus", "sigmoid", "gaussian"])
@pytest.mark.parametrize("q", [1e-24, 1e-14, 1e-6, 1e-2, 1.0, 30.0])
def test_the_variance_of_f_is_right_where_it_is_next_to_nothing_of_its_square(
    f: str, q: float
) -> None:
    of, square = variance(f, q)
    e = expectations(as_activation(f))
    assert float(e.moments(np.array(q)).variance) == pytest.approx(of, rel=1e-9, abs=0.0)
    assert Medium(e, False).at(math.log(q)).own == pytest.approx(of / square, rel=1e-8, abs=0.0)


@pytest.mark.parametrize("f", ["softplus", "sigmoid"])
def test_a_tiny_input_is_not_lost_beside_what_f_adds(f: str) -> None:
    """h₁ = f(W N(0+) + b): with x = 1e-9 a LayerNorm after it sees Var f ≈ f′(0)² q."""
    slope = {"softplus": 0.5, "sigmoid": 0.25}[f]
    x2, eps = 1e-18, 1e-5
    path = block_path("residual(norm=layer,alpha=1)", f, 2.0, 0.0, 2, 1e-9)
    q = 2.0 * x2 / (x2 + eps)
    own = x2 + slope * slope * q
    assert path.q[1] == pytest.approx(2.0 * own / (own + eps), rel=1e-8, abs=0.0)


@pytest.mark.parametrize("f", ["softplus", "gaussian", "relu"])
@pytest.mark.parametrize("q", [1e-14, 1e-8, 1.0])
@pytest.mark.parametrize("apart", [1e-25, 1e-18, 1e-7])
def test_rows_that_differ_by_next_to_nothing_differ_by_it_after_f(
    f: str, q: float, apart: float
) -> None:
    """E[(f(u₁) - f(u₂))²]/2 is q·apart·E[f′²], to first order in what is apart."""
    medium = Medium(expectations(as_activation(f)), True)
    after = medium.activated(Signal(math.log(q), apart=apart))[0]
    root = math.sqrt(q)
    z = np.linspace(-12.0, 12.0, 24_001)
    density = np.exp(-0.5 * z * z)
    density /= density.sum()
    value, slope = {
        "softplus": (np.logaddexp(0.0, root * z), 1.0 / (1.0 + np.exp(-root * z))),
        "gaussian": (np.exp(-q * z * z), -2.0 * root * z * np.exp(-q * z * z)),
        "relu": (np.maximum(root * z, 0.0), (z > 0.0) + 0.5**0.5 * (z == 0.0)),
    }[f]
    expected = q * apart * (density @ slope**2) / (density @ value**2)
    within = 1e-3 if f == "relu" and apart > 1e-10 else 1e-5
    assert after.apart == pytest.approx(expected, rel=within, abs=0.0)


# ------------------------------------------------------- beyond any logarithm


def test_a_logarithm_beyond_float64_is_infinite_and_no_warning() -> None:
    """ln q of relu² doubles a block and passes 1e308 after some 1,024."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        left, grown = block_ratios(
            "residual", "relu_squared", [0.0, 2.0, 2.0], alpha=[1.0, 0.0, 1.0], depth=1100
        )
        several = block_ratios("residual", "relu_squared", np.array([0.0, 2.0]), depth=1100)
        path = block_path("residual", "relu_squared", 4.0, 0.0, 1100)
    assert left.tolist() == [0.0, 0.0, math.inf]
    assert grown.tolist() == [0.0, 0.0, math.inf]
    assert [one.tolist() for one in several] == [[0.0, math.inf]] * 2
    assert path.log10_stream[-1] == path.log10_grad_hidden[0] == math.inf
    before, _ = block_ratios("residual", "relu_squared", 2.0, depth=900)
    assert before == pytest.approx(
        block_path("residual", "relu_squared", 4.0, 0.0, 900).log10_grad_hidden[0], rel=1e-9
    )


@pytest.mark.parametrize("f", ["relu", "tanh", "softplus", "sigmoid"])
@pytest.mark.parametrize("norm", ["none", "layer", "rms"])
def test_many_blocks_at_inputs_of_0_are_those_one_by_one(f: str, norm: str) -> None:
    sigma_w, alpha = np.array([0.0, 0.5, 2.0]), np.array([0.0, 1.0, 2.0])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        left, _ = block_ratios(f"residual(norm={norm})", f, sigma_w, alpha=alpha, x=0.0, depth=9)
    for w, a, gradient in zip(sigma_w, alpha, left, strict=True):
        one = block_path(f"residual(norm={norm},alpha={a})", f, w * w, 0.0, 9, 0.0)
        assert gradient == pytest.approx(one.log10_grad_hidden[0], abs=1e-9)
