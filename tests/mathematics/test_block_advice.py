"""What blocks do to gradient and stream, and which weights keep both.

Against recursions of its own, by closed forms of ReLU and by the trapezoidal rule, and against
wide networks that are drawn and differentiated here.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from scipy.optimize import brentq
from scipy.special import expit

from gradtui.mathematics.wide.block_advice import advise_blocks, usual_sigma_w, why_silent
from gradtui.mathematics.wide.block_ratios import block_ratios

Z = np.linspace(-12.0, 12.0, 24001)
W = np.exp(-0.5 * Z * Z)
W = W / W.sum()


def relu(q: float) -> tuple[float, float, float]:
    """E[f²], E[f] and E[f′²]."""
    return q / 2.0, math.sqrt(q / (2.0 * math.pi)), 0.5


def silu(q: float) -> tuple[float, float, float]:
    z = math.sqrt(q) * Z
    s = expit(z)
    f, slope = z * s, s * (1.0 + z * (1.0 - s))
    return float(W @ f**2), float(W @ f), float(W @ slope**2)


def tanh(q: float) -> tuple[float, float, float]:
    f = np.tanh(math.sqrt(q) * Z)
    return float(W @ f**2), 0.0, float(W @ (1.0 - f * f) ** 2)


Moments = Callable[[float], tuple[float, float, float]]


def residual(
    moments: Moments, w: float, b: float, depth: int, alpha: float, norm: str
) -> tuple[float, float]:
    """h ← h + α f(W N(h) + b), x = 1."""
    own, mean, r = 1.0, 0.0, 0.0
    for _ in range(depth):
        p = own + mean * mean
        s = {"none": 1.0, "layer": own + 1e-5, "rms": p + 1e-6}[norm]
        square, first, slope = moments(w * w * (own if norm == "layer" else p) / s + b * b)
        r += 0.5 * math.log10(1.0 + alpha**2 * w * w * slope / s)
        mean += alpha * first
        own += alpha**2 * (square - first**2)
    return r, 0.5 * math.log10(own + mean * mean)


# -------------------------------------------------------------- block_ratios


@pytest.mark.parametrize("norm", ["none", "layer", "rms"])
@pytest.mark.parametrize(("name", "moments"), [("relu", relu), ("silu", silu), ("tanh", tanh)])
@pytest.mark.parametrize("alpha", [1.0, 0.3])
def test_a_skip_around_each_layer(name: str, moments: Moments, norm: str, alpha: float) -> None:
    sigma_w = np.array([0.2, 1.0, 1.5])
    r, s = block_ratios(f"residual(norm={norm}, alpha={alpha})", name, sigma_w, 0.3, depth=12)
    expected = [residual(moments, w, 0.3, 12, alpha, norm) for w in sigma_w.tolist()]
    np.testing.assert_allclose(np.transpose([r, s]), expected, atol=1e-6)


def test_a_gated_feed_forward_block_in_front_of_which_is_a_norm() -> None:
    """SwiGLU: h ← h + W₂ (f(W_g u) ∘ (W_u u)), u = RMSNorm(h)."""
    r, s = block_ratios("swiglu", "silu", 1.2, depth=8)
    w2, p, left = 1.44, 1.0, 0.0
    for _ in range(8):
        q = w2 * p / (p + 1e-6)
        square, _, slope = silu(q)
        back = w2 * (slope * q + square) * w2 / (p + 1e-6)  # of gate and other, then the norm
        left += 0.5 * math.log10(1.0 + back)
        p += w2 * square * q
    assert float(r) == pytest.approx(left, abs=1e-6)
    assert float(s) == pytest.approx(0.5 * math.log10(p), abs=1e-6)


def test_where_the_norm_stands_after_the_skip_the_stream_keeps_its_size() -> None:
    r, s = block_ratios("post_norm(norm=rms)", "relu", 1.1, depth=9)
    # 1 + σw² · ½ · σw² of the gradient, over 1 + σw² · ½ σw² of the signal: of ReLU the same.
    assert float(r) == pytest.approx(0.0, abs=1e-5)
    assert float(s) == pytest.approx(0.0, abs=1e-5)


def test_batch_norm_without_a_skip_has_the_published_rate() -> None:
    """√(E[f′²]/Var f) = √(½/(½ - 1/2π)) = 1.2112 a layer (Yang et al., ICLR 2019)."""
    r, _ = block_ratios("plain(norm=batch)", "relu", [0.5, 2.0], depth=60)
    rate = math.sqrt(0.5 / (0.5 - 0.5 / math.pi))
    assert rate == pytest.approx(1.2112, abs=5e-5)
    # the first layer is given normal inputs and not what ReLU left of them: √½ of the gradient
    np.testing.assert_allclose(r, 59.0 * math.log10(rate) + 0.5 * math.log10(0.5), atol=5e-3)


def test_what_is_not_followed_counts_as_the_last_that_is() -> None:
    whole, stream = block_ratios("residual", "relu", [0.1, 0.2], depth=900)
    part, there = block_ratios("residual", "relu", [0.1, 0.2], depth=900, followed=100)
    np.testing.assert_allclose(part, whole, rtol=1e-9)  # χ is the same in all of them
    assert (there < stream).all()  # the mean catches up with the rest
    np.testing.assert_allclose(there, stream, rtol=0.1)


def test_a_shut_branch_and_silence_pass_all() -> None:
    for block in ("rezero", "fixup", "pre_norm(init=zero)"):
        r, s = block_ratios(block, "gelu", [0.0, 1.0, 50.0], depth=1000)
        np.testing.assert_array_equal(r, 0.0)
        np.testing.assert_array_equal(s, 0.0)
    r, s = block_ratios("residual", "tanh", 0.0, depth=10)
    assert (float(r), float(s)) == (0.0, 0.0)
    r, _ = block_ratios("residual", "tanh", 1.0, depth=10, x=0.0)
    assert float(r) == pytest.approx(5.0 * math.log10(2.0))


def test_wide_networks_that_are_drawn_here_do_the_same() -> None:
    """h ← h + ½ tanh(W h), n = 400, L = 8, differentiated by hand; ± 4 standard errors."""
    n, depth, w, alpha, networks = 400, 8, 1.3, 0.5, 40
    rng, left, grown = np.random.default_rng(5), [], []
    for _ in range(networks):
        x, g = rng.standard_normal(n), rng.standard_normal(n)
        start, h, kept = np.linalg.norm(g), x, []
        for _ in range(depth):
            matrix = rng.standard_normal((n, n)) * w / math.sqrt(n)
            f = np.tanh(matrix @ h)
            kept.append((matrix, 1.0 - f * f))
            h = h + alpha * f
        for matrix, slope in reversed(kept):
            g = g + alpha * matrix.T @ (slope * g)
        left.append((np.linalg.norm(g) / start) ** 2)
        grown.append((np.linalg.norm(h) / np.linalg.norm(x)) ** 2)
    r, s = block_ratios(f"residual(alpha={alpha})", "tanh", w, depth=depth)
    for squares, expected in ((left, r), (grown, s)):
        error = np.std(squares, ddof=1) / math.sqrt(networks)
        assert np.mean(squares) == pytest.approx(100.0 ** float(expected), abs=4.0 * error + 0.01)


# -------------------------------------------------------------- advise_blocks


def test_the_healthy_range_ends_where_the_stream_grows_beyond_bounds() -> None:
    advice = advise_blocks("residual", "relu", 64, 1e-3)

    def stream(w: float) -> float:
        return residual(relu, w, 0.0, 64, 1.0, "none")[1]

    assert advice.low == 0.01  # and everything below
    assert advice.high == pytest.approx(brentq(lambda w: stream(w) - 3.0, 0.1, 1.0), rel=1e-3)
    assert advice.bounds
    assert residual(relu, advice.high, 0.0, 64, 1.0, "none")[0] < 3.0
    # Half-way between what the least branch costs and the end of what is healthy.
    half = 0.5 * (3.0 + stream(0.01))
    assert advice.sigma_w == pytest.approx(brentq(lambda w: stream(w) - half, 0.05, 1), rel=1e-3)
    assert advice.log10_stream == pytest.approx(stream(advice.sigma_w), abs=1e-6)


def test_it_ends_where_the_gradient_explodes_where_that_comes_first() -> None:
    advice = advise_blocks("residual", "tanh", 64, 1e-3)
    r, s = residual(tanh, advice.high, 0.0, 64, 1.0, "none")
    assert r == pytest.approx(3.0, abs=0.01)
    assert s < 2.0
    assert not advice.bounds


@pytest.mark.parametrize(
    "block", ["rezero", "fixup", "pre_norm(init=gpt2)", "residual(alpha=0.01)", "deepnorm"]
)
@pytest.mark.parametrize(("name", "usual"), [("relu", math.sqrt(2.0)), ("tanh", 5.0 / 3.0)])
def test_where_the_usual_weights_do_they_are_advised(block: str, name: str, usual: float) -> None:
    advice = advise_blocks(block, name, 64, 1e-3)
    assert advice.sigma_w == pytest.approx(usual, abs=5e-6)
    assert advice.possible
    assert usual_sigma_w(name) == pytest.approx(usual)


def test_no_weights_help_batch_norm_without_a_skip() -> None:
    advice = advise_blocks("plain(norm=batch)", "relu", 64, 1e-3, batch=64)
    assert not advice.possible
    assert (advice.curve[1] > 3.0).all()
    assert math.isnan(advice.low)
    assert advice.sigma_w == pytest.approx(math.sqrt(2.0), abs=5e-6)


@pytest.mark.parametrize(("block", "batch"), [("basic_block", 64), ("preact", 8)])
def test_where_theory_does_not_say_there_is_no_advice(block: str, batch: int) -> None:
    advice = advise_blocks(block, "relu", 20, batch=batch)
    assert advice.why_silent == why_silent(block, batch) != ""
    assert not advice.possible
    assert math.isnan(advice.sigma_w)
    assert advice.curve.shape == (2, 0)


def test_the_curve_is_in_order_and_holds_the_advice() -> None:
    advice = advise_blocks("pre_norm", "gelu", 48, 1e-2)
    w, r = advice.curve
    assert (np.diff(w) > 0.0).all()
    assert advice.stream.shape == w.shape
    assert float(np.interp(advice.sigma_w, w, r)) == pytest.approx(advice.log10_ratio, abs=1e-9)
    assert advice.low <= advice.sigma_w <= advice.high
