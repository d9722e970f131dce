"""Gradient flow through matrices, against independent ways to the same number.

    z_l = a_{l-1} W_lᵀ + b_l      a_l = f(z_l)      a_0 = x      upstream = ∂L/∂a_L

Norms are compared as log10, to 1e-10 absolute: 2.3e-10 of the norm, which leaves both sides a
million roundings. Where magnitudes leave float64 the reference is mpmath, whose exponents are
unbounded.
"""

from __future__ import annotations

import itertools
import math
import tracemalloc
from collections.abc import Callable
from typing import Any

import autograd
import autograd.numpy as anp
import autograd.scipy.special as aspecial
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mpmath import mp, mpf
from scipy.special import digamma

from gradtui.errors import InputError
from gradtui.mathematics import memory
from gradtui.mathematics.activations import ACTIVATIONS, activation
from gradtui.mathematics.chain import chain
from gradtui.mathematics.network.flow import GradientFlow, gradient_flow
from gradtui.progress import Stopped

TOLERANCE = 1e-10
INF = math.inf


def assert_logs(got: np.ndarray, true: Any) -> None:
    true = np.asarray(true, dtype=np.float64)
    assert got.dtype == np.float64
    assert np.array_equal(got == -INF, true == -INF)
    finite = np.isfinite(true)
    np.testing.assert_allclose(got[finite], true[finite], rtol=0, atol=TOLERANCE)


GRADIENTS = (
    "log10_grad_weights",
    "log10_grad_biases",
    "log10_grad_hidden",
    "log10_grad_preactivations",
)


def assert_flow(got: GradientFlow, true: tuple[Any, ...]) -> None:
    for field, other in zip(GRADIENTS, true, strict=True):
        assert_logs(getattr(got, field), other)


def drawn(
    widths: list[int], batch: int, scale: float, seed: int
) -> tuple[list[np.ndarray], list[np.ndarray], np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    weights = [
        random.normal(0, scale / math.sqrt(m), (n, m)) for m, n in itertools.pairwise(widths)
    ]
    biases = [random.normal(0, 0.3, n) for n in widths[1:]]
    return (
        weights,
        biases,
        random.normal(size=(batch, widths[0])),
        random.normal(size=(batch, widths[-1])),
    )


# --- against HIPS autograd -----------------------------------------------------------------------


def logistic(z: Any) -> Any:
    return 0.5 * (1.0 + anp.tanh(0.5 * z))  # its gradient divides by cosh²: no 1 - σ


def clamp(z: Any, low: float, high: float) -> Any:
    return anp.minimum(anp.maximum(z, low), high)


def leaky(slope: float) -> Callable[[Any], Any]:
    return lambda z: anp.where(z > 0, z, slope * z)


def exponential(scale: float, alpha: float) -> Callable[[Any], Any]:
    return lambda z: scale * anp.where(z > 0, z, alpha * anp.expm1(anp.minimum(z, 0.0)))


FORWARD: dict[str, Callable[[Any], Any]] = {
    "sigmoid": logistic,
    "tanh": anp.tanh,
    "relu": lambda z: anp.maximum(z, 0.0),
    "leaky_relu": leaky(0.01),
    "elu": exponential(1.0, 1.0),
    "selu": exponential(1.0507009873554805, 1.6732632423543772),
    "gelu": lambda z: z * 0.5 * (1.0 + aspecial.erf(z / math.sqrt(2.0))),
    "silu": lambda z: z * logistic(z),
    "mish": lambda z: z * anp.tanh(anp.log1p(anp.exp(z))),
    "softplus": lambda z: anp.where(z > 20.0, z, anp.log1p(anp.exp(anp.minimum(z, 20.0)))),
    "identity": lambda z: z,
    "softsign": lambda z: z / (1.0 + anp.abs(z)),
    "logsigmoid": lambda z: -anp.log1p(anp.exp(-z)),
    "tanhshrink": lambda z: z - anp.tanh(z),
    "erf": aspecial.erf,
    "arctan": anp.arctan,
    "sin": anp.sin,
    "gaussian": lambda z: anp.exp(-z * z),
    "prelu": leaky(0.25),
    "rrelu": leaky((1.0 / 8.0 + 1.0 / 3.0) / 2.0),
    "relu6": lambda z: clamp(z, 0.0, 6.0),
    "hardtanh": lambda z: clamp(z, -1.0, 1.0),
    "hardsigmoid": lambda z: clamp(z + 3.0, 0.0, 6.0) / 6.0,
    "hardswish": lambda z: z * clamp(z + 3.0, 0.0, 6.0) / 6.0,
    "softshrink": lambda z: anp.maximum(z - 0.5, 0.0) + anp.minimum(z + 0.5, 0.0),
    "hardshrink": lambda z: anp.where(anp.abs(z) > 0.5, z, 0.0 * z),
    "threshold": lambda z: anp.where(z > 0.0, z, 0.5 + 0.0 * z),
    "relu_squared": lambda z: anp.maximum(z, 0.0) ** 2,
    "celu": exponential(1.0, 1.0),
    "squareplus": lambda z: (z + anp.sqrt(z * z + 4.0)) / 2.0,
    "quick_gelu": lambda z: z * logistic(1.702 * z),
    "gelu_tanh": lambda z: z * logistic(2 * math.sqrt(2 / math.pi) * (z + 0.044715 * z**3)),
}


def log10_norm(values: Any) -> float:
    """log10 of the norm, of values whose squares may underflow."""
    values = np.asarray(values)
    top = float(np.abs(values).max())
    return math.log10(top) + math.log10(np.linalg.norm(values / top)) if top else -INF


def by_autograd(
    f: Callable[[Any], Any], weights: Any, biases: Any, x: Any, upstream: Any
) -> tuple[list[float], ...]:
    depth = len(weights)

    def loss(w: Any, b: Any, nudges: Any, raised: Any) -> Any:
        a = x + nudges[0]
        for layer in range(depth):
            z = anp.dot(a, w[layer].T) + (0.0 if b[layer] is None else b[layer]) + raised[layer]
            a = f(z) + nudges[layer + 1]
        return anp.sum(upstream * a)

    zeros = [np.zeros(len(w)) for w in weights]
    given = [zero if b is None else b for b, zero in zip(biases, zeros, strict=True)]
    raised = [np.zeros((len(x), len(w))) for w in weights]
    nudges = [np.zeros_like(x), *(np.zeros_like(one) for one in raised)]
    with np.errstate(over="ignore"):  # where tanh is flat, its cosh is not a float64 any more
        gradients = autograd.grad(loss, (0, 1, 2, 3))(list(weights), given, nudges, raised)
    return tuple([log10_norm(one) for one in many] for many in gradients)


def test_every_activation_is_compared() -> None:
    assert set(FORWARD) == set(ACTIVATIONS)


@pytest.mark.parametrize("scale", [0.3, 1.0, 3.0])
@pytest.mark.parametrize("name", ACTIVATIONS)
def test_every_norm_is_that_of_automatic_differentiation(name: str, scale: float) -> None:
    for depth in (4, 6):
        given_ = drawn([5] * (depth + 1), 3, scale, seed=depth)
        assert_flow(gradient_flow(name, *given_), by_autograd(FORWARD[name], *given_))


@pytest.mark.parametrize(
    ("widths", "batch"),
    [([3, 7, 2, 40, 1, 5], 4), ([64] * 6, 2), ([64, 64, 64, 9, 9, 9], 100), ([1, 1], 1)],
)
def test_any_shape_gives_the_same_norms(widths: list[int], batch: int) -> None:
    weights, biases, x, upstream = drawn(widths, batch, 1.3, seed=1)
    some: list[np.ndarray | None] = [b if i % 2 else None for i, b in enumerate(biases)]
    for b in (biases, some):
        got = gradient_flow("tanh", weights, b, x, upstream)
        assert_flow(got, by_autograd(anp.tanh, weights, b, x, upstream))
    assert got.widths == tuple(widths)
    assert got.batch == batch
    assert got.depth == len(weights)


def test_the_norms_are_those_of_pytorch() -> None:
    torch = pytest.importorskip("torch")
    for name, batch in (("tanh", 5), ("relu", 70), ("silu", 16)):
        weights, biases, x, upstream = drawn([64] * 9, batch, 1.2, seed=3)
        w, b = ([torch.tensor(one, requires_grad=True) for one in s] for s in (weights, biases))
        a = torch.tensor(x, requires_grad=True)
        f = getattr(torch, name, None) or getattr(torch.nn.functional, name)
        hidden, preactivations = [a], []
        for one, other in zip(w, b, strict=True):
            preactivations.append(torch.nn.functional.linear(hidden[-1], one, other))
            hidden.append(f(preactivations[-1]))
        true = [
            [math.log10(float(g.norm())) for g in torch.autograd.grad(
                hidden[-1], wanted, torch.tensor(upstream), retain_graph=True)]
            for wanted in (w, b, hidden, preactivations)
        ]  # fmt: skip
        assert_flow(gradient_flow(name, weights, biases, x, upstream), tuple(true))


# --- against fifty digits ------------------------------------------------------------------------

Pair = tuple[Callable[[mpf], mpf], Callable[[mpf], mpf]]
IN_MPMATH: dict[str, Pair] = {
    "tanh": (mp.tanh, lambda z: mp.sech(z) ** 2),
    "sigmoid": (
        lambda z: 1 / (1 + mp.exp(-z)),
        lambda z: mp.exp(-abs(z)) / (1 + mp.exp(-abs(z))) ** 2,
    ),
    "relu": (lambda z: max(z, mpf(0)), lambda z: mpf(z > 0)),
    "leaky_relu": (lambda z: z if z > 0 else z * mpf(0.01), lambda z: 1 if z > 0 else mpf(0.01)),
    "identity": (lambda z: z, lambda z: mpf(1)),
    "softplus": (
        lambda z: z if z > 20 else mp.log1p(mp.exp(z)),
        lambda z: mpf(1) if z > 20 else 1 / (1 + mp.exp(-z)),
    ),
    "elu": (lambda z: z if z > 0 else mp.expm1(z), lambda z: mpf(1) if z > 0 else mp.exp(z)),
    "relu_squared": (lambda z: max(z, mpf(0)) ** 2, lambda z: 2 * max(z, mpf(0))),
    "gaussian": (lambda z: mp.exp(-z * z), lambda z: -2 * z * mp.exp(-z * z)),
}


def by_mpmath(
    name: str, weights: Any, biases: Any, x: Any, upstream: Any
) -> tuple[list[float], ...]:
    """The chain rule in so many words, with exponents that have no end."""
    f, df = IN_MPMATH[name]

    def log10(rows: list[list[mpf]]) -> float:
        square = mp.fsum(v * v for row in rows for v in row)
        return float(mp.log10(square) / 2) if square else -INF

    def times(rows: list[list[mpf]], matrix: list[list[mpf]]) -> list[list[mpf]]:
        columns = list(zip(*matrix, strict=True))
        return [[mp.fdot(row, column) for column in columns] for row in rows]

    def exact(array: Any) -> list[list[mpf]]:
        return [[mpf(float(v)) for v in row] for row in np.asarray(array)]

    with mp.workdps(40):
        a, zs, signals = [exact(x)], [], exact(upstream)
        for layer, w in enumerate(weights):
            z = times(a[-1], exact(np.asarray(w).T))
            if biases is not None:
                z = [
                    [v + mpf(float(b)) for v, b in zip(row, biases[layer], strict=True)]
                    for row in z
                ]
            zs.append(z)
            a.append([[f(v) for v in row] for row in z])
        hidden, by_weights, by_biases, deltas = [log10(signals)], [], [], []
        for w, z, below in zip(reversed(weights), reversed(zs), reversed(a[:-1]), strict=True):
            delta = [
                [g * df(v) for g, v in zip(*rows, strict=True)]
                for rows in zip(signals, z, strict=True)
            ]
            columns = [list(column) for column in zip(*delta, strict=True)]
            deltas.append(log10(delta))
            by_weights.append(log10(times(columns, below)))
            by_biases.append(log10([[mp.fsum(column) for column in columns]]))
            signals = times(delta, exact(w))
            hidden.append(log10(signals))
    return by_weights[::-1], by_biases[::-1], hidden[::-1], deltas[::-1]


EXTREMES: dict[str, tuple[str, list[int], int, float, bool, float, float]] = {
    # activation, widths, batch, scale of the weights, biases, scale of x and of upstream
    "small tanh, two thousand layers": ("tanh", [3] * 2001, 2, 0.3, False, 1.0, 1.0),
    "small tanh with biases": ("tanh", [3] * 1001, 2, 0.2, True, 1.0, 1.0),
    "relu with nothing left": ("relu", [8] * 401, 2, 0.05, False, 1.0, 1.0),
    "a tiny signal meets biases in a relu": ("relu", [6] * 9, 3, 1.4, True, 1e-250, 1.0),
    "a huge signal meets biases in a relu": ("relu", [6] * 9, 3, 1.4, True, 1e250, 1e-250),
    "leaky relu grows": ("leaky_relu", [4] * 601, 2, 20.0, True, 1.0, 1.0),
    "identity grows": ("identity", [4] * 801, 2, 30.0, False, 1.0, 1.0),
    "softplus in its tails": ("softplus", [4] * 9, 2, 30.0, True, 1.0, 1.0),
    "softplus grows, all positive": ("softplus", [4] * 401, 2, 30.0, True, 1.0, 1.0),
    "elu grows on one side": ("elu", [4] * 301, 3, 50.0, True, 1.0, 1.0),
    "saturated sigmoids": ("sigmoid", [3] * 31, 2, 3e3, True, 1.0, 1.0),
    "saturated tanh": ("tanh", [3] * 31, 2, 5e3, True, 1.0, 1.0),
    "the square runs away": ("relu_squared", [4] * 13, 2, 9.0, True, 3.0, 1.0),
    "the square dies away": ("relu_squared", [6] * 13, 4, 0.1, False, 0.1, 1.0),
    "a bump at its top": ("gaussian", [3] * 41, 2, 1e-60, False, 1.0, 1.0),
    "weights of 1e-300": ("tanh", [3] * 6, 2, 1e-300, False, 1.0, 1e300),
    "weights of 1e300": ("softplus", [3] * 6, 2, 1e300, True, 1e300, 1e300),
    "subnormal weights": ("identity", [3] * 6, 2, 1e-315, False, 1.0, 1.0),
}


@pytest.mark.parametrize("name", EXTREMES)
def test_what_leaves_float64_keeps_its_magnitude(name: str) -> None:
    f, widths, batch, scale, biased, at, above = EXTREMES[name]
    weights, biases, x, upstream = drawn(widths, batch, scale, seed=11)
    if "positive" in name:
        weights = [np.abs(w) for w in weights]
    given_ = (weights, biases if biased else None, x * at, upstream * above)
    got, true = gradient_flow(f, *given_), by_mpmath(f, *given_)
    for field, other in zip(GRADIENTS, true, strict=True):
        # 1e-10, and the roundings of magnitudes whose logarithms are large
        np.testing.assert_allclose(getattr(got, field), other, rtol=1e-14, atol=TOLERANCE)


def test_rows_of_one_batch_may_be_worlds_apart() -> None:
    weights, biases, x, upstream = drawn([4] * 31, 4, 1.5, seed=5)
    x *= np.array([[1.0], [1e-280], [1e280], [1.0]])
    upstream *= np.array([[1e-300], [1e300], [1e-150], [0.0]])
    for name in ("identity", "relu", "tanh", "softplus"):
        for b in (None, biases):
            got = gradient_flow(name, weights, b, x, upstream)
            assert_flow(got, by_mpmath(name, weights, b, x, upstream))


def test_what_is_left_when_the_larger_row_dies_is_not_lost() -> None:
    # Row 0 shrinks by 0.01 a layer and row 1 does not; below layer 3 only row 0 is alive.
    weights = [np.eye(2)] * 3 + [np.diag([0.01, 1.0])] * 400
    x = np.array([[1.0, 0.0], [-1.0, 1.0]])
    weights[2] = np.array([[1.0, 0.0], [0.0, 0.0]])
    biases = [np.array([0.0, 0.0])] * 403
    upstream = np.array([[1.0, 0.0], [0.0, 1.0]])
    got = gradient_flow("relu", weights, biases, x, upstream)
    assert_flow(got, by_mpmath("relu", weights, biases, x, upstream))
    assert got.log10_grad_hidden[0] == pytest.approx(-800.0, abs=TOLERANCE)


def test_each_gradient_is_how_the_loss_moves() -> None:
    weights, biases, x, upstream = drawn([3, 4, 2], 2, 1.2, seed=6)
    step = mpf("1e-20")  # the central difference errs by 1e-40

    def loss(w: list[list[list[mpf]]]) -> mpf:
        total = mpf(0)
        for row, above in zip(x, upstream, strict=True):
            a = [mpf(float(v)) for v in row]
            for layer, b in zip(w, biases, strict=True):
                a = [
                    mp.tanh(mp.fdot(unit, a) + mpf(float(bias)))
                    for unit, bias in zip(layer, b, strict=True)
                ]
            total += mp.fdot(a, [mpf(float(v)) for v in above])
        return total

    got = gradient_flow("tanh", weights, biases, x, upstream)
    with mp.workdps(60):
        w = [[[mpf(float(v)) for v in row] for row in one] for one in weights]
        for layer, one in enumerate(w):
            square = mpf(0)
            for row in one:
                for column, value in enumerate(row):
                    moved = []
                    for sign in (1, -1):
                        row[column] = value + sign * step
                        moved.append(loss(w))
                    row[column] = value
                    square += ((moved[0] - moved[1]) / (2 * step)) ** 2
            true = float(mp.log10(square) / 2)
            assert got.log10_grad_weights[layer] == pytest.approx(true, rel=0, abs=TOLERANCE)


# --- against the scalar chain --------------------------------------------------------------------

SCALARS: dict[str, tuple[list[float], float]] = {
    "0.1": ([0.1] * 1000, 0.0),
    "1": ([1.0] * 1000, 0.3),
    "random": (np.random.default_rng(2).normal(0, 1.5, 500).tolist(), 0.2),
    "-30": ([-30.0] * 200, 0.1),
    "1e-200": ([1e-200] * 5, 0.0),
    "1e15": ([1e15] * 4, 0.0),
}


@pytest.mark.parametrize("weights", SCALARS)
@pytest.mark.parametrize("name", ACTIVATIONS)
def test_a_width_of_one_is_the_chain(name: str, weights: str) -> None:
    w, b = SCALARS[weights]
    true = chain(name, w, b, x=0.7, upstream=-2.5).log10_gradients
    got = gradient_flow(name, [[[v]] for v in w], [[b]] * len(w), [[0.7]], [[-2.5]])
    assert np.array_equal(np.isfinite(got.log10_grad_weights), np.isfinite(true))
    finite = np.isfinite(true)
    # the same numbers but for the order of a thousand roundings, and those of large logarithms
    np.testing.assert_allclose(got.log10_grad_weights[finite], true[finite], rtol=1e-14, atol=1e-13)


# --- what is known in closed form ----------------------------------------------------------------


def orthogonal(n: int, seed: int) -> np.ndarray:
    return np.linalg.qr(np.random.default_rng(seed).normal(size=(n, n)))[0]


def test_ten_thousand_orthogonal_layers_keep_every_norm() -> None:
    turns = [orthogonal(8, seed) for seed in range(7)]
    x, upstream = np.eye(8)[:3] * 2.0, np.eye(8)[2:5] * 3.0
    got = gradient_flow("identity", [turns[i % 7] for i in range(10_000)], None, x, upstream)
    # ten thousand products by matrices that are orthogonal to 1e-15
    np.testing.assert_allclose(got.log10_grad_hidden, math.log10(3 * 3**0.5), rtol=0, atol=1e-11)
    np.testing.assert_allclose(got.log10_hidden, math.log10(2 * 3**0.5), rtol=0, atol=1e-11)


def test_a_factor_a_layer_is_a_straight_line_at_any_depth() -> None:
    for factor, depth in ((0.1, 10_000), (10.0, 2_000)):
        weights = [factor * np.eye(2)] * depth
        got = gradient_flow("relu", weights, None, [[3.0, 4.0]], [[1.0, 0.0]])
        back = np.arange(depth, -1, -1.0) * math.log10(factor)
        # ten thousand roundings of 0.1
        np.testing.assert_allclose(got.log10_grad_hidden, back, rtol=1e-14, atol=TOLERANCE)
        ahead = math.log10(5.0) + back[::-1]
        np.testing.assert_allclose(got.log10_hidden, ahead, rtol=1e-14, atol=TOLERANCE)
        np.testing.assert_allclose(
            got.log10_grad_weights, (ahead[:-1] + back[1:]), rtol=1e-14, atol=TOLERANCE
        )


def logs_over_seeds(name: str, n: int, depth: int, gain: float, seeds: int) -> np.ndarray:
    """ln‖uᵀJ‖² for a unit u, one network a seed."""
    logs = []
    for seed in range(seeds):
        random = np.random.default_rng(seed)
        weights = random.normal(0, gain / math.sqrt(n), (depth, n, n))
        x, upstream = random.normal(size=(2, 1, n))
        got = gradient_flow(name, weights, None, x, upstream / np.linalg.norm(upstream))
        logs.append(2 * math.log(10) * got.log10_grad_hidden[0])
    return np.array(logs)


def test_a_linear_gaussian_network_shrinks_logarithms_as_the_digamma_function_says() -> None:
    n, depth, seeds = 20, 12, 400
    logs = logs_over_seeds("identity", n, depth, 1.0, seeds)
    error = logs.std(ddof=1) / math.sqrt(seeds)
    assert abs(logs.mean() - depth * (digamma(n / 2) + math.log(2 / n))) < 4 * error


def test_a_he_relu_network_spreads_as_published() -> None:
    seeds = 600
    logs = logs_over_seeds("relu", 100, 20, math.sqrt(2.0), seeds)
    # the reference comes from 4,000 draws: its own standard errors are added
    mean_error = math.sqrt(1.051) * math.hypot(seeds**-0.5, 4000**-0.5)
    assert abs(logs.mean() + 0.511) < 4 * mean_error
    variance_error = 1.051 * math.sqrt(2) * math.hypot(seeds**-0.5, 4000**-0.5)
    assert abs(logs.var(ddof=1) - 1.051) < 4 * variance_error


# --- properties ----------------------------------------------------------------------------------

smooth = st.sampled_from(["tanh", "relu", "silu", "softplus", "identity", "sigmoid"])


@given(smooth, st.integers(0, 1000))
def test_units_have_no_order(name: str, seed: int) -> None:
    weights, biases, x, upstream = drawn([5, 6, 6, 4], 3, 1.5, seed)
    first, second = (np.random.default_rng(seed).permutation(6) for _ in range(2))
    turned = [weights[0][first], weights[1][second][:, first], weights[2][:, second]]
    moved = [biases[0][first], biases[1][second], biases[2]]
    got, same = (
        gradient_flow(name, w, b, x, upstream) for w, b in ((weights, biases), (turned, moved))
    )
    for field in GRADIENTS:
        assert_logs(getattr(got, field), getattr(same, field))


@given(smooth, st.integers(0, 1000), st.floats(-290, 290))
def test_a_larger_upstream_moves_every_norm_by_its_logarithm(
    name: str, seed: int, exponent: float
) -> None:
    weights, biases, x, upstream = drawn([4] * 6, 3, 1.0, seed)
    got, moved = (
        gradient_flow(name, weights, biases, x, upstream * s) for s in (1.0, 10.0**exponent)
    )
    for field in GRADIENTS:
        assert_logs(getattr(moved, field), getattr(got, field) + math.log10(10.0**exponent))


@given(smooth, st.floats(-300, 300), st.floats(-300, 300), st.floats(-300, 300))
def test_no_finite_network_gives_a_warning_or_something_that_is_not_a_number(
    name: str, weights: float, biases: float, x: float
) -> None:
    w, b, inputs, upstream = drawn([3] * 5, 2, 1.0, seed=8)
    got = gradient_flow(
        name,
        [one * 10.0**weights for one in w],
        [one * 10.0**biases for one in b],
        inputs * 10.0**x,
        upstream,
        bins=4,
    )
    for values in (got.log10_grad_weights, got.log10_grad_hidden, got.log10_hidden):
        assert not np.isnan(values).any()
    assert got.layers is not None
    assert not np.isnan(got.layers.z_mean).any()
    assert not np.isnan(got.layers.a_spread).any()


@given(smooth, st.integers(0, 1000))
def test_rows_of_a_batch_have_no_order(name: str, seed: int) -> None:
    weights, biases, x, upstream = drawn([5, 6, 4], 7, 1.5, seed)
    turn = np.random.default_rng(seed).permutation(7)
    got = gradient_flow(name, weights, biases, x, upstream)
    same = gradient_flow(name, weights, biases, x[turn], upstream[turn])
    for field in GRADIENTS:
        assert_logs(getattr(got, field), getattr(same, field))


def test_the_rows_of_a_batch_add_up() -> None:
    weights, biases, x, upstream = drawn([64] * 4, 2, 1.0, seed=9)
    one = gradient_flow("tanh", weights, biases, x[:1], upstream[:1])
    twice = gradient_flow("tanh", weights, biases, x[[0, 0]], upstream[[0, 0]])
    assert_logs(twice.log10_grad_weights, one.log10_grad_weights + math.log10(2))
    assert_logs(twice.log10_grad_biases, one.log10_grad_biases + math.log10(2))
    assert_logs(twice.log10_grad_hidden, one.log10_grad_hidden + math.log10(2) / 2)


def test_rows_that_cancel_leave_exactly_what_is_left() -> None:
    random = np.random.default_rng(10)
    weights = [random.integers(-3, 4, (64, 64)) for _ in range(3)]  # sums of integers are exact
    x, upstream = random.integers(-3, 4, (2, 1, 64))
    single = gradient_flow("identity", weights, None, x, upstream).log10_grad_weights
    for rest in (0.0, 2.0**-20):
        rows = np.vstack([upstream, -(1.0 - rest) * upstream])
        got = gradient_flow("identity", weights, None, np.vstack([x, x]), rows)
        assert_logs(got.log10_grad_weights, single + (math.log10(rest) if rest else -INF))
        assert np.isfinite(got.log10_grad_hidden).all()
        assert (got.log10_grad_biases == -INF).all() == (rest == 0.0)


# --- what is exactly zero ------------------------------------------------------------------------


def test_a_dead_layer_silences_itself_and_all_below() -> None:
    weights = [np.eye(3)] * 5
    biases = [np.zeros(3), np.zeros(3), np.full(3, -1e3), np.ones(3), np.ones(3)]
    got = gradient_flow("relu", weights, biases, np.ones((2, 3)), np.ones((2, 3)), layers=True)
    assert (got.log10_grad_weights == -INF).tolist() == [True, True, True, True, False]
    assert (got.log10_grad_biases == -INF).tolist() == [True, True, True, False, False]
    assert (got.log10_grad_hidden == -INF).tolist() == [True, True, True, False, False, False]
    assert (got.log10_hidden == -INF).tolist() == [False, False, False, True, False, False]
    assert got.layers is not None
    assert got.layers.dead.tolist() == [0, 0, 1, 0, 0]


def test_a_zero_upstream_leaves_nothing_anywhere() -> None:
    weights, biases, x, upstream = drawn([4] * 4, 2, 1.0, seed=1)
    got = gradient_flow("tanh", weights, biases, x, 0.0 * upstream)
    for values in (getattr(got, field) for field in GRADIENTS):
        assert (values == -INF).all()


def test_a_zero_input_leaves_nothing_in_the_first_layer_only() -> None:
    weights, biases, x, upstream = drawn([4] * 4, 2, 1.0, seed=1)
    got = gradient_flow("tanh", weights, biases, 0.0 * x, upstream)
    assert (got.log10_grad_weights == -INF).tolist() == [True, False, False]
    assert np.isfinite(got.log10_grad_biases).all()


# --- watched -------------------------------------------------------------------------------------


def test_watched_it_is_the_same_flow_to_the_bit() -> None:
    for scale, rows in ((1.0, 64), (1e-80, 3)):
        weights, biases, x, upstream = drawn([64] * 41, rows, scale, seed=2)
        whole = gradient_flow("relu", weights, biases, x, upstream, bins=3)
        done: list[float] = []
        flow = gradient_flow("relu", weights, biases, x, upstream, bins=3, tick=done.append)
        assert done == sorted(set(done))
        assert done[0] > 0.0
        assert done[-1] == 1.0
        for field in GRADIENTS:
            assert np.array_equal(getattr(flow, field), getattr(whole, field))
        assert np.array_equal(flow.layers.z_spread, whole.layers.z_spread)  # type: ignore[union-attr]


def test_a_tick_is_a_layer_where_layers_are_large_and_all_is_done_where_nothing_is_left() -> None:
    weights, biases, x, upstream = drawn([256] * 11, 128, 1.0, seed=2)
    done: list[float] = []
    gradient_flow("tanh", weights, biases, x, upstream, tick=done.append)
    np.testing.assert_allclose(done, np.arange(1, 21) / 20, rtol=1e-14)
    done.clear()
    gradient_flow("tanh", weights, biases, x, 0.0 * upstream, tick=done.append)
    np.testing.assert_allclose(done, [*(np.arange(1, 11) / 20), 1.0], rtol=1e-14)


def test_in_a_tick_numpy_warns_as_the_caller_has_it() -> None:
    before, during = np.geterr(), []

    def tick(share: float) -> None:
        during.append(np.geterr())
        if share > 0.6:
            raise Stopped

    with pytest.raises(Stopped):
        gradient_flow("tanh", *drawn([256] * 4, 128, 1.0, seed=2), tick=tick)
    assert len(during) == 4
    assert all(state == before for state in during)
    assert np.geterr() == before


# --- inside the layers ---------------------------------------------------------------------------


def test_what_happens_inside_is_what_numpy_says_of_the_same_arrays() -> None:
    weights, biases, x, upstream = drawn([6, 7, 7, 7], 50, 4.0, seed=4)
    for name in ("tanh", "relu", "leaky_relu", "gelu"):
        f = activation(name)
        got = gradient_flow(name, weights, biases, x, upstream, bins=9)
        plain = gradient_flow(name, weights, biases, x, upstream)
        assert plain.layers is None
        assert np.array_equal(got.log10_grad_weights, plain.log10_grad_weights)
        inside = got.layers
        assert inside is not None
        assert inside.z_histograms is not None
        assert inside.a_histograms is not None
        a = x
        for layer, (w, b) in enumerate(zip(weights, biases, strict=True)):
            z = a @ w.T + b
            a = f(z)
            slope = np.abs(f.derivative(z))
            small = slope < 0.01 * f.max_abs_derivative
            assert inside.saturated[layer] == pytest.approx(small.mean(), abs=1e-12)
            assert inside.dead[layer] == pytest.approx((slope == 0).all(axis=0).mean(), abs=1e-12)
            for values, mean, spread, bins in (
                (z, inside.z_mean, inside.z_spread, inside.z_histograms),
                (a, inside.a_mean, inside.a_spread, inside.a_histograms),
            ):
                assert mean[layer] == pytest.approx(values.mean(), rel=1e-12)
                assert spread[layer] == pytest.approx(values.std(), rel=1e-12)
                counts, edges = np.histogram(values, 9)
                assert bins.counts[layer].tolist() == counts.tolist()
                np.testing.assert_allclose(bins.edges[layer], edges, rtol=1e-12, atol=1e-12)


def test_underflow_is_saturation_and_not_death() -> None:
    inside = gradient_flow("sigmoid", [[[1.0]]], None, [[-800.0]], [[1.0]], layers=True).layers
    assert inside is not None
    assert inside.saturated.tolist() == [1.0]
    assert inside.dead.tolist() == [0.0]


def test_nothing_is_saturated_where_the_derivative_has_no_bound() -> None:
    inside = gradient_flow("relu_squared", [[[1.0]]], None, [[1.0]], [[1.0]], layers=True).layers
    assert inside is not None
    assert np.isnan(inside.saturated).all()


def test_one_value_has_a_histogram_too() -> None:
    inside = gradient_flow("tanh", [[[1.0]]] * 2, None, [[0.0]], [[1.0]], bins=3).layers
    assert inside is not None
    assert inside.z_histograms is not None
    assert inside.z_histograms.counts.sum(axis=1).tolist() == [1, 1]
    assert (np.diff(inside.z_histograms.edges) > 0).all()


# --- what may be given ---------------------------------------------------------------------------


def test_arrays_may_be_lists_integers_short_floats_and_views_and_stay_as_they_were() -> None:
    weights = [np.array([[1.0, -2.0], [0.5, 1.0]]), np.array([[2.0, 1.0]])]
    biases, x, upstream = [np.array([1.0, 0.5]), np.array([0.0])], np.array([[1.0, 2.0]]), [[1.0]]
    expected = gradient_flow("tanh", weights, biases, x, upstream).log10_grad_weights
    for array in (*weights, *biases, x):
        array.flags.writeable = False
    same: list[Any] = [
        (weights, biases, x),
        ([w.tolist() for w in weights], [b.tolist() for b in biases], x.tolist()),
        ([w.astype(np.float32) for w in weights], biases, x.astype(int)),
        ([np.asfortranarray(w) for w in weights], biases, np.repeat(x, 2, axis=1)[:, ::2]),
        ([w.astype(">f8") for w in weights], [biases[0], None], x.astype(np.float16)),
    ]
    for given_ in same:
        got = gradient_flow("tanh", *given_, upstream).log10_grad_weights
        np.testing.assert_allclose(got, expected, rtol=0, atol=1e-15)
    stacked = np.stack([np.eye(2)] * 3)
    by_array = gradient_flow("tanh", stacked, None, x, [[1.0, 1.0]])
    by_list = gradient_flow(activation("tanh"), list(stacked), None, x, [[1.0, 1.0]])
    assert np.array_equal(by_array.log10_grad_hidden, by_list.log10_grad_hidden)


def changed(**arguments: Any) -> dict[str, Any]:
    good = {
        "activation": "tanh",
        "weights": [np.ones((3, 2)), np.ones((2, 3))],
        "biases": [np.ones(3), np.ones(2)],
        "x": np.ones((4, 2)),
        "upstream": np.ones((4, 2)),
    }
    return good | arguments


def holed(*shape: int, value: float = math.nan) -> np.ndarray:
    array = np.ones(shape)
    array.flat[-1] = value
    return array


BAD: list[tuple[str, dict[str, Any]]] = [
    ("weights", {"weights": []}),
    ("weights", {"weights": None}),
    ("weights", {"weights": "abc"}),
    ("weights", {"weights": np.float64(1)}),
    ("weights", {"weights": {"w": 1.0}}),
    ("weights", {"weights": [np.ones((2, 2))] * 10_001}),
    ("weights[0]", {"weights": np.ones((2, 2))}),
    ("weights[0]", {"weights": [np.ones((3, 5)), np.ones((2, 3))]}),
    ("weights[1]", {"weights": [np.ones((3, 2)), np.ones((2, 4))]}),
    ("weights[1]", {"weights": [np.ones((3, 2)), [[1.0, 2.0, 3.0], [4.0]]]}),
    ("weights[1]", {"weights": [np.ones((3, 2)), np.ones((2, 3), dtype=object)]}),
    ("weights[1]", {"weights": [np.ones((3, 2)), np.ones((2, 3)) + 0j]}),
    ("weights[1]", {"weights": [np.ones((3, 2)), np.ones((2, 3), dtype=bool)]}),
    ("weights[1]", {"weights": [np.ones((3, 2)), [["1", "2", "3"]]]}),
    ("weights[0]", {"weights": [np.ones((0, 2)), np.ones((2, 0))]}),
    ("weights[1][1, 2]", {"weights": [np.ones((3, 2)), holed(2, 3)]}),
    ("weights[1][1, 2]", {"weights": [np.ones((3, 2)), holed(2, 3, value=INF)]}),
    ("weights[0][2, 1]", {"weights": [holed(3, 2, value=-INF), np.ones((2, 3))]}),
    ("biases", {"biases": [np.ones(3)]}),
    ("biases", {"biases": 1.0}),
    ("biases[1]", {"biases": [np.ones(3), np.ones(3)]}),
    ("biases[1]", {"biases": [None, np.ones((2, 1))]}),
    ("biases[0]", {"biases": [np.ones(3, dtype=complex), None]}),
    ("biases[0][2]", {"biases": [holed(3), None]}),
    ("biases[1][1]", {"biases": [None, holed(2, value=INF)]}),
    ("x", {"x": np.ones(2)}),
    ("x", {"x": np.ones((0, 2)), "upstream": np.ones((0, 2))}),
    ("x", {"x": np.ones((4, 0))}),
    ("x", {"x": np.ones((4, 2), dtype=object)}),
    ("x", {"x": np.ones((4, 2)) * 1j}),
    ("x", {"x": None}),
    ("x[3, 1]", {"x": holed(4, 2)}),
    ("upstream", {"upstream": np.ones((3, 2))}),
    ("upstream", {"upstream": np.ones((4, 3))}),
    ("upstream", {"upstream": "one"}),
    ("upstream[3, 1]", {"upstream": holed(4, 2, value=INF)}),
    ("activation", {"activation": "tahn"}),
    ("bins", {"bins": -1}),
    ("bins", {"bins": 2.5}),
]


@pytest.mark.parametrize(("field", "arguments"), BAD, ids=lambda case: str(case)[:60])
def test_what_is_no_network_is_refused_in_words_that_name_the_field(
    field: str, arguments: dict[str, Any]
) -> None:
    with pytest.raises(InputError) as caught:
        gradient_flow(**changed(**arguments))
    assert caught.value.field == field


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_weights_that_are_not_finite_never_pass_as_saturated(name: str) -> None:
    for value in (INF, -INF, math.nan):
        with pytest.raises(InputError, match=r"weights\[1\]"):
            gradient_flow(name, **{
                k: v for k, v in changed(
                    weights=[np.ones((3, 2)), holed(2, 3, value=value)]).items()
                if k != "activation"
            })  # fmt: skip


def test_more_memory_than_there_is_is_refused_beforehand_with_what_would_fit(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(memory, "available_memory", lambda: 2.0**30)
    weights = [np.ones((100, 100))] * 100
    huge = np.broadcast_to(1.0, (10**9, 100))
    with pytest.raises(InputError) as caught:
        gradient_flow("tanh", weights, None, huge, huge)
    error = caught.value
    assert error.field == "x"
    assert "GiB" in str(error.given)
    assert "1 GiB" in error.allowed
    fitting = int(error.next_step.split()[3].replace(",", ""))
    # z and a of a hundred layers of a hundred units: 160 kB a row
    assert 0.8 * 2**30 / 160e3 < fitting < 2**30 / 160e3
    monkeypatch.setattr(memory, "available_memory", lambda: 2.0**26)
    with pytest.raises(InputError, match=r"layers of these would"):
        gradient_flow("tanh", [np.broadcast_to(1.0, (4096, 4096))] * 10_000, None,
                      np.ones((1, 4096)), np.ones((1, 4096)))  # fmt: skip


def peak_bytes(work: Callable[[], object]) -> int:
    """The most that was in use at a time, beyond what there was before."""
    work()  # caches
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("name", ["tanh", "relu", "gelu"])
def test_memory_is_depth_times_width_times_batch_and_no_copy_of_the_weights(name: str) -> None:
    batch, width, peaks = 8, 256, []
    layer = 8 * batch * 2 * width  # z and a
    for depth in (20, 80):
        given_ = drawn([width] * (depth + 1), batch, 1.4, seed=1)
        peaks.append(peak_bytes(lambda given_=given_: gradient_flow(name, *given_)))  # type: ignore[misc]
        assert peaks[-1] < depth * layer + 2**21  # room to work in, whatever the depth
    assert 60 * layer < peaks[1] - peaks[0] < 1.1 * 60 * layer
    assert layer < 8 * width * width / 10  # so a copy of the weights would not have fitted


def test_memory_grows_with_the_batch_alone() -> None:
    peaks = []
    for batch in (64, 128, 256):
        given_ = drawn([128] * 21, batch, 1.0, seed=1)
        peaks.append(peak_bytes(lambda given_=given_: gradient_flow("tanh", *given_)))  # type: ignore[misc]
    row = 8 * 2 * 128 * 20
    for fewer, more, rows in ((peaks[0], peaks[1], 64), (peaks[1], peaks[2], 128)):
        assert row * rows <= more - fewer < 1.3 * row * rows


def test_whether_to_look_inside_is_true_or_false() -> None:
    w, x = [np.eye(2)], np.ones((1, 2))
    for layers in (np.ones(2, bool), np.ones((2, 2)), 1, "yes", None):
        with pytest.raises(InputError, match=r"layers: .* True or False"):
            gradient_flow("tanh", w, None, x, x, layers=layers)  # type: ignore[arg-type]
