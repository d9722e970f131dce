"""The infinite width of blocks against closed forms, own quadrature and networks drawn here.

The recursions below are written from the formulas of the blocks; moments are integrals of scipy.
Ensembles
are plain NumPy: matrices N(0, σw²/n_in), biases N(0, σb²), backpropagation written out.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.special import ndtr

from gradtui.errors import InputError
from gradtui.mathematics.wide.block_path import begins_after, block_path
from gradtui.mathematics.wide.block_ratios import block_ratios
from gradtui.mathematics.wide.path import gradient_path

Scalar = Callable[[float], float]
LN_10 = math.log(10.0)

FUNCTIONS: dict[str, tuple[Scalar, Scalar]] = {
    "relu": (lambda z: max(z, 0.0), lambda z: float(z > 0.0)),
    "tanh": (math.tanh, lambda z: 1.0 - math.tanh(z) ** 2),
    "gelu": (
        lambda z: z * float(ndtr(z)),
        lambda z: float(ndtr(z)) + z * math.exp(-0.5 * z * z) / math.sqrt(math.tau),
    ),
}


def expected(g: Scalar, q: float) -> float:
    def weighted(z: float) -> float:
        return g(math.sqrt(q) * z) * math.exp(-0.5 * z * z) / math.sqrt(math.tau)

    return sum(quad(weighted, *ends, epsabs=1e-14)[0] for ends in ((-12.0, 0.0), (0.0, 12.0)))


def moments(name: str, q: float) -> tuple[float, float, float]:
    """E[f²], E[f′²] and E[f]."""
    f, slope = FUNCTIONS[name]
    return expected(lambda z: f(z) ** 2, q), expected(lambda z: slope(z) ** 2, q), expected(f, q)


def chi(path: object, block: int = -1) -> float:
    return float(10.0 ** path.log10_chi[block])  # type: ignore[attr-defined]


# --------------------------------------------------------------- closed forms


@pytest.mark.parametrize("activation", ["relu", "tanh", "gelu", "sigmoid", "relu6"])
@pytest.mark.parametrize("sigma_w2", [0.0, 0.5, 2.0, np.array([1.0, 3.0, 0.5, 2.0, 2.0])])
def test_plain_layers_are_those_of_the_path_of_layers(
    activation: str, sigma_w2: float | np.ndarray
) -> None:
    got = block_path("plain", activation, sigma_w2, 0.1, 5, 0.7)
    layers = gradient_path(activation, sigma_w2, 0.1, 5, 0.7)
    for name in ("log10_q", "log10_chi", "log10_grad_hidden"):
        np.testing.assert_allclose(getattr(got, name), getattr(layers, name), rtol=0, atol=1e-8)
    np.testing.assert_allclose(got.log10_stream[-1], 0.5 * layers.log10_last_square, atol=1e-8)
    assert np.array_equal(got.known, layers.known)


@pytest.mark.parametrize(
    ("activation", "rate"), [("relu", math.pi / (math.pi - 1.0)), ("tanh", 1.1778072)]
)
@pytest.mark.parametrize("sigma_w2", [0.5, 2.0, 9.0])
def test_batch_norm_explodes_at_its_known_rate(
    activation: str, rate: float, sigma_w2: float
) -> None:
    """E[f′²]/Var f a layer, whatever the weights; eps = 1e-5 takes some 1e-5 of it."""
    path = block_path("plain(norm=batch)", activation, sigma_w2, 0.3, 100)
    inside = sigma_w2 * {"relu": 0.5 - 0.5 / math.pi, "tanh": moments("tanh", 1.0)[0]}[activation]
    assert chi(path) == pytest.approx(rate / (1.0 + 1e-5 / inside), rel=1e-4)
    if activation == "relu":
        assert math.sqrt(chi(path)) == pytest.approx(1.2112, rel=2e-4)


def test_residual_relu_with_he_weights_is_what_its_recursion_says() -> None:
    """V = q/2 = p, M = √(q/τ): p ← (1 + α²)p + 2αμ√(p/π), μ ← μ + α√(p/π); χ = 1 + α²."""
    for alpha in (0.1, 1.0):
        path = block_path(f"residual(alpha={alpha})", "relu", 2.0, 0.0, 30)
        p, mu = 1.0, 0.0
        for block in range(30):
            assert path.log10_stream[block] == pytest.approx(0.5 * math.log10(p), abs=1e-10)
            mean = math.sqrt(p / math.pi)
            p, mu = (1.0 + alpha**2) * p + 2.0 * alpha * mu * mean, mu + alpha * mean
        np.testing.assert_allclose(10.0**path.log10_chi, 1.0 + alpha**2, rtol=1e-9)


def test_a_stream_under_pre_norm_grows_by_the_same_every_block_and_a_gradient_less_and_less() -> (
    None
):
    """He's ReLU, eps aside: E[h²] = 1 + 2l, χ_l = 1 + 2/(2l - 1), so ‖g_0‖² = 1 + 2L."""
    path = block_path("pre_norm", "relu", 2.0, 0.0, 48)
    np.testing.assert_allclose(
        10.0 ** (2.0 * path.log10_stream), 1.0 + 2.0 * np.arange(49), rtol=1e-4
    )
    assert 10.0 ** (2.0 * path.log10_grad_hidden[0]) == pytest.approx(97.0, rel=1e-3)


def test_one_over_root_of_depth_holds_what_1_lets_explode() -> None:
    held = block_path("residual(alpha=1/sqrt(L))", "tanh", 1.0, 0.0, 1000)
    grown = block_path("residual", "relu", 2.0, 0.0, 1000)
    assert 0.0 < held.log10_grad_hidden[0] < 0.5 / LN_10
    assert grown.log10_grad_hidden[0] == pytest.approx(500.0 * math.log10(2.0), rel=1e-9)


def test_deepnorm_is_a_larger_skip_and_smaller_weights() -> None:
    """α = (2N)^¼ = 2.2134 and β = (8N)^-¼ = 0.3195 at N = 12: the branch is (β²/α)² of the skip."""
    path = block_path("deepnorm", "relu", 2.0, 0.0, 12)
    share = (0.3195**2 / 2.2134) ** 2 * 2.0  # σw² D σw² = 2
    assert 10.0 ** path.log10_branch[0] == pytest.approx(share, rel=1e-3)
    assert chi(path, 0) == pytest.approx(1.0, abs=1e-5)  # forward it adds as much as backward


@pytest.mark.parametrize("block", ["rezero", "skipinit", "fixup", "pre_norm(init=zero)"])
def test_what_begins_as_nothing_leaves_gradient_and_stream_as_they_are(block: str) -> None:
    path = block_path(block, "gelu", 2.0, 0.1, 10_000, 3.0)
    assert np.all(path.log10_grad_hidden == 0.0)
    assert np.ptp(path.log10_stream) == 0.0
    assert np.all(path.known)


# --------------------------------------------------------- own quadrature


@pytest.mark.parametrize("activation", ["relu", "tanh", "gelu"])
def test_a_residual_branch_under_layer_norm(activation: str) -> None:
    w, b, alpha, p, mu = 1.7, 0.2, 0.6, 0.25, 0.0
    path = block_path(f"residual(norm=layer,alpha={alpha})", activation, w, b, 6, 0.5)
    for block in range(6):
        s = p - mu * mu + 1e-5
        q = w * (p - mu * mu) / s + b
        square, slope, mean = moments(activation, q)
        assert path.q[block] == pytest.approx(q, rel=1e-9)
        assert 10.0 ** path.log10_chi[block] == pytest.approx(
            1.0 + alpha**2 * w * slope / s, rel=1e-8
        )
        p, mu = p + 2.0 * alpha * mu * mean + alpha**2 * square, mu + alpha * mean
        assert 10.0 ** (2.0 * path.log10_stream[block + 1]) == pytest.approx(p, rel=1e-8)


@pytest.mark.parametrize("activation", ["relu", "tanh", "gelu"])
def test_preact_and_post_norm(activation: str) -> None:
    w, b, p = 1.7, 0.2, 1.0
    before = block_path("preact(norm=rms)", activation, w, b, 4)
    for block in range(4):
        outer, outer_slope, _ = moments(activation, p / (p + 1e-6))
        inside = w * outer + b
        z = inside / (inside + 1e-6)
        square, slope, _ = moments(activation, z)
        c = outer_slope / (p + 1e-6) * w / (inside + 1e-6) * slope * w
        assert 10.0 ** before.log10_chi[block] == pytest.approx(1.0 + c, rel=1e-8)
        p += w * square + b
    after, p = block_path("post_norm", activation, w, b, 4), 1.0
    for block in range(4):
        square, slope, _ = moments(activation, w * p + b)
        s = p + w * square + b + 1e-5
        assert 10.0 ** after.log10_chi[block] == pytest.approx((1.0 + w * w * slope) / s, rel=1e-8)
        assert 10.0 ** (2.0 * after.log10_grad_z[block]) == pytest.approx(w * slope / s, rel=1e-8)
        p = (s - 1e-5) / s


def test_a_gate() -> None:
    """‖∂L/∂z‖² + ‖∂L/∂u‖² = (q E[f′²] + E[f²]) of it, the output's second moment q E[f²]."""
    w = 1.3
    path = block_path("swiglu", "gelu", w, 0.0, 1)
    q = w / (1.0 + 1e-6)
    square, slope, _ = moments("gelu", q)
    assert chi(path) == pytest.approx(1.0 + w * w * (q * slope + square) / (1.0 + 1e-6), rel=1e-8)
    assert 10.0 ** (2.0 * path.log10_stream[1]) == pytest.approx(1.0 + w * q * square, rel=1e-8)


@pytest.mark.parametrize("activation", ["relu", "tanh", "gelu", "sigmoid", "softplus", "elu"])
@pytest.mark.parametrize("norm", ["none", "layer", "rms"])
@pytest.mark.parametrize(("x", "sigma_b"), [(1.0, 0.0), (1e-30, 0.3), (1e60, 0.0), (0.0, 0.1)])
def test_many_residual_blocks_at_once_are_those_one_by_one(
    activation: str, norm: str, x: float, sigma_b: float
) -> None:
    sigma_w, alpha = np.array([[0.0], [1.4], [3.0]]), np.array([0.0, 0.1, 1.0, 1e5])
    left, grown = block_ratios(
        f"residual(norm={norm})", activation, sigma_w, sigma_b, alpha=alpha, x=x, depth=12
    )
    for (row, column), gradient in np.ndenumerate(left):
        spec = f"residual(norm={norm},alpha={alpha[column]!s})"
        one = block_path(spec, activation, float(sigma_w[row, 0]) ** 2, sigma_b**2, 12, x)
        assert gradient == pytest.approx(one.log10_grad_hidden[0], abs=1e-7)
        if x:
            stream = one.log10_stream
            begins = stream[1] if begins_after(one.block, *stream[:3]) else stream[0]
            assert grown[row, column] == pytest.approx(stream[-1] - begins, abs=1e-7)


# ------------------------------------------------------------------ extremes


def test_streams_beyond_float64() -> None:
    path = block_path("residual", "relu", 2.0, 0.0, 10_000)
    assert path.log10_grad_hidden[0] == pytest.approx(5_000.0 * math.log10(2.0), rel=1e-9)
    assert path.log10_stream[-1] > 2_000.0
    assert np.isfinite(path.log10_grad_z).all()
    tiny = block_path("pre_norm", "relu", 2.0, 0.0, 3, 1e-100)
    assert tiny.log10_stream[0] == pytest.approx(-100.0)
    # h/√(h² + 1e-5): with h next to nothing the branch is 1/eps of it
    assert 10.0 ** tiny.log10_chi[0] == pytest.approx(1.0 + 2.0 / 1e-5, rel=1e-9)


def test_where_theory_does_not_say_it_says_why() -> None:
    block = block_path("basic_block", "relu", 2.0, 0.0, 5)
    assert not block.says
    assert "after the skip" in block.why_silent
    assert np.isnan(block.log10_grad_hidden[:-1]).all()
    assert "8 rows" in block_path("plain(norm=batch)", "relu", 2.0, 0.0, 5, batch=8).why_silent
    assert block_path("plain(norm=batch)", "relu", 2.0, 0.0, 5, batch=256).says


@pytest.mark.parametrize(
    ("field", "values"),
    [("sigma_w2", (-1.0, 0.0)), ("sigma_b2", (1.0, math.nan)), ("sigma_w2", (1e21, 0.0))],
)
def test_bad_input(field: str, values: tuple[float, float]) -> None:
    with pytest.raises(InputError) as error:
        block_path("residual", "relu", *values, 3)
    assert field in str(error.value)


# ----------------------------------------------------------------- ensembles

RELU = (lambda z: np.maximum(z, 0.0), lambda z: (z > 0.0).astype(float))
TANH = (np.tanh, lambda z: 1.0 - np.tanh(z) ** 2)


def residual_square(n: int, depth: int, alpha: float, seed: int) -> float:
    """‖g_0‖²/‖g_L‖² of one network h ← h + α relu(W h), σw² = 2."""
    rng = np.random.default_rng(seed)
    h, layers = rng.standard_normal(n), []
    for _ in range(depth):
        w = rng.normal(0.0, math.sqrt(2.0 / n), (n, n))
        z = w @ h
        layers.append((w, RELU[1](z)))
        h = h + alpha * RELU[0](z)
    g = rng.standard_normal(n)
    above = g @ g
    for w, slope in reversed(layers):
        g = g + alpha * (slope * g) @ w
    return float(g @ g / above)


def pre_norm_square(
    n: int, depth: int, f: tuple[Callable, Callable], w2: float, seed: int
) -> float:
    """‖g_0‖²/‖g_L‖² of one network h ← h + W₂ f(W₁ N(h)), N a LayerNorm, m = 4n."""
    rng = np.random.default_rng(seed)
    h, layers = rng.standard_normal(n), []
    for _ in range(depth):
        first = rng.normal(0.0, math.sqrt(w2 / n), (4 * n, n))
        second = rng.normal(0.0, math.sqrt(w2 / (4 * n)), (n, 4 * n))
        s = math.sqrt(h.var() + 1e-5)
        y = (h - h.mean()) / s
        z = first @ y
        layers.append((first, second, f[1](z), y, s))
        h = h + second @ f[0](z)
    g = rng.standard_normal(n)
    above = g @ g
    for first, second, slope, y, s in reversed(layers):
        back = (slope * (g @ second)) @ first
        g = g + (back - back.mean() - y * (back @ y) / n) / s
    return float(g @ g / above)


@pytest.mark.parametrize(("alpha", "depth"), [(0.3, 12), (1.0, 8), (32**-0.5, 32)])
def test_relu_without_a_norm_beside_networks_of_64_units(alpha: float, depth: int) -> None:
    """E‖g_0‖² is that of infinite width and what grows along with the mean: 3 standard errors."""
    path = block_path(f"residual(alpha={alpha!r})", "relu", 2.0, 0.0, depth)
    theory = 10.0 ** (2.0 * path.log10_grad_hidden[0]) * (1.0 + path.coherent(64)[0])
    drawn = np.array([residual_square(64, depth, alpha, seed) for seed in range(400)])
    assert abs(drawn.mean() - theory) < 3.0 * drawn.std(ddof=1) / 20.0
    without = 10.0 ** (2.0 * path.log10_grad_hidden[0])
    assert abs(drawn.mean() - without) > 5.0 * drawn.std(ddof=1) / 20.0


@pytest.mark.heavy
@pytest.mark.parametrize(("activation", "f"), [("relu", RELU), ("tanh", TANH)])
def test_pre_norm_beside_networks_of_64_units(
    activation: str, f: tuple[Callable, Callable]
) -> None:
    """The variance of ln‖g_0‖² within 3 of its standard errors, its mean within that and β/2."""
    path = block_path("pre_norm", activation, 2.0, 0.0, 12)
    drawn = np.log([pre_norm_square(64, 12, f, 2.0, seed) for seed in range(400)])
    beta, infinite = path.log_variance(64)[0], 2.0 * LN_10 * path.log10_grad_hidden[0]
    variance = drawn.var(ddof=1)
    assert abs(variance - beta) < 3.0 * variance * math.sqrt(2.0 / 399.0)
    assert abs(drawn.mean() - infinite) < 3.0 * math.sqrt(variance / 400.0) + beta / 2.0


@pytest.mark.heavy
def test_batch_norm_beside_a_wide_network() -> None:
    """1.199 to 1.225 of the norm a layer at 512 units, 256 rows and 20 layers, theory 1.2112."""
    rng = np.random.default_rng(3)
    h, layers = rng.standard_normal((256, 512)), []
    for _ in range(20):
        w = rng.normal(0.0, math.sqrt(2.0 / 512.0), (512, 512))
        z = h @ w.T
        s = np.sqrt(z.var(axis=0) + 1e-5)
        y = (z - z.mean(axis=0)) / s
        h = RELU[0](y)
        layers.append((w, y, s))
    g = rng.standard_normal((256, 512))
    above = np.linalg.norm(g)
    for w, y, s in reversed(layers):
        d = g * RELU[1](y)
        g = ((d - d.mean(axis=0) - y * (d * y).mean(axis=0)) / s) @ w
    drawn = (np.linalg.norm(g) / above) ** (1 / 20)
    path = block_path("plain(norm=batch)", "relu", 2.0, 0.0, 20, batch=256)
    assert drawn == pytest.approx(10.0 ** (path.log10_grad_hidden[0] / 20.0), rel=0.012)


def test_nothing_is_nan_where_streams_and_weights_are_0() -> None:
    for block in ("residual", "pre_norm", "post_norm", "preact", "swiglu", "plain(norm=batch)"):
        for w, b, x in ((0.0, 0.0, 1.0), (2.0, 0.1, 0.0), (2.0, 0.0, 0.0), (1e20, 0.0, 1e100)):
            path = block_path(block, "sigmoid", w, b, 5, x)
            for numbers in (path.log10_grad_hidden, path.log_variance(8), path.coherent(8)):
                assert not np.isnan(numbers).any()
