"""Singular values through norms and skips: against mpmath, HIPS autograd, PyTorch, closed forms.

Logarithms are held to 1e-10 against many digits, and to 1e-9 against autograd in float64 where
that holds, as every magnitude in the engine.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import mpmath as mp
import numpy as np
import pytest

from gradtui.errors import InputError
from gradtui.mathematics.blocks.draw import RandomBlocks
from gradtui.mathematics.blocks.records import (
    BatchNorm,
    Elementwise,
    Gated,
    Layer,
    LayerNorm,
    Linear,
    Residual,
    RMSNorm,
)
from gradtui.mathematics.blocks.spectrum import block_spectra, block_spectrum
from gradtui.mathematics.network.spectrum import jacobian_spectrum
from gradtui.progress import Stopped

RIGHT, WITH_AUTOGRAD = 1e-10, 1e-9
"""Absolute, of a log10."""


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def row(n: int, seed: int = 7) -> np.ndarray:
    return rng(seed).standard_normal(n)


# --------------------------------------------------------- in many digits


class Dual:
    """A number with its gradient by the n_0 inputs, in as many digits as are set."""

    def __init__(self, value: Any, gradient: Sequence[Any]) -> None:
        self.value, self.gradient = mp.mpf(value), list(gradient)

    def __add__(self, other: Any) -> Dual:
        if not isinstance(other, Dual):
            return Dual(self.value + mp.mpf(other), self.gradient)
        both = zip(self.gradient, other.gradient, strict=True)
        return Dual(self.value + other.value, [p + q for p, q in both])

    def __mul__(self, other: Any) -> Dual:
        if not isinstance(other, Dual):
            return Dual(self.value * mp.mpf(other), [p * mp.mpf(other) for p in self.gradient])
        both = zip(self.gradient, other.gradient, strict=True)
        return Dual(self.value * other.value, [p * other.value + q * self.value for p, q in both])

    def through(self, value: Any, slope: Any) -> Dual:
        return Dual(value(self.value), [slope(self.value) * p for p in self.gradient])


def logistic(z: Any) -> Any:
    return 1 / (1 + mp.exp(-z))


EXACT: dict[str, tuple[Any, Any]] = {
    "tanh": (mp.tanh, lambda z: mp.sech(z) ** 2),
    "silu": (
        lambda z: z * logistic(z),
        lambda z: logistic(z) * (1 + z * (1 - logistic(z))),
    ),
    "gelu": (lambda z: z * mp.ncdf(z), lambda z: mp.ncdf(z) + z * mp.npdf(z)),
    "identity": (lambda z: z, lambda z: mp.mpf(1)),
}


def total(parts: Sequence[Dual]) -> Dual:
    result = parts[0]
    for one in parts[1:]:
        result = result + one
    return result


def vector(values: Any, n: int, default: float) -> list[float]:
    return [default] * n if values is None else [float(value) for value in values]


def run_exactly(layers: Sequence[Layer], h: list[Dual]) -> list[Dual]:
    """The layers as their documentation has them, number by number."""
    for layer in layers:
        n = len(h)
        if isinstance(layer, Linear):
            w = np.asarray(layer.weight, float)
            b = vector(layer.bias, len(w), 0.0)
            h = [
                total([x * float(v) for x, v in zip(h, each, strict=True)]) + own
                for each, own in zip(w, b, strict=True)
            ]
        elif isinstance(layer, Elementwise):
            h = [x.through(*EXACT[str(layer.activation)]) for x in h]
        elif isinstance(layer, Gated):
            gates = [x.through(*EXACT[str(layer.activation)]) for x in h[: n // 2]]
            h = [gate * x for gate, x in zip(gates, h[n // 2 :], strict=True)]
        elif isinstance(layer, LayerNorm | RMSNorm):
            beta = [0.0] * n
            if isinstance(layer, LayerNorm):
                mean = total(h) * (mp.mpf(1) / n)
                h = [x + mean * -1 for x in h]
                beta = vector(layer.bias, n, 0.0)
            square = total([x * x for x in h]) * (mp.mpf(1) / n) + layer.eps
            inverse = square.through(lambda s: 1 / mp.sqrt(s), lambda s: -1 / (2 * s * mp.sqrt(s)))
            gamma = vector(layer.weight, n, 1.0)
            h = [x * inverse * g + b for x, g, b in zip(h, gamma, beta, strict=True)]
        elif isinstance(layer, Residual):
            branch = run_exactly(layer.branch, h)
            h = [x + y * float(layer.scale) for x, y in zip(h, branch, strict=True)]
        else:
            raise TypeError(layer)
    return h


def exact(layers: Sequence[Layer], x: np.ndarray, digits: int) -> np.ndarray:
    """log10 σ_i, with -inf for what is 0 to that many digits."""
    with mp.workdps(digits):
        eye = np.eye(len(x)).tolist()
        out = run_exactly(layers, [Dual(v, g) for v, g in zip(x.tolist(), eye, strict=True)])
        values = list(mp.svd_r(mp.matrix([one.gradient for one in out]), compute_uv=False))
        values += [mp.mpf(0)] * (len(x) - len(values))
        least = mp.mpf(10) ** (-0.6 * digits)
        return np.array([float(mp.log10(v)) if v > least else -math.inf for v in values])


def agrees(found: np.ndarray, expected: np.ndarray, within: float) -> None:
    zeros = np.isneginf(expected)
    np.testing.assert_array_equal(np.isneginf(found), zeros)
    assert np.abs(found[~zeros] - expected[~zeros]).max() < within


BLOCKS = [
    "residual",
    "residual(norm=layer)",
    "residual(alpha=1/sqrt(L), norm=rms)",
    "plain(norm=layer)",
    "plain(norm=rms)",
    "basic_block(norm=layer)",
    "preact(norm=rms)",
    "pre_norm",
    "pre_norm(norm=none)",
    "pre_norm(init=gpt2)",
    "swiglu",
    "post_norm",
    "post_norm(norm=rms)",
    "deepnorm",
    "rezero",
    "fixup",
]


@pytest.mark.parametrize("spec", BLOCKS)
@pytest.mark.parametrize("f", ["tanh", "silu"])
def test_each_block_is_right_in_many_digits(spec: str, f: str) -> None:
    layers = RandomBlocks(spec, "normal(sigma_w=1.2, sigma_b=0.3)", f, 4, 6, 3).kept()
    found = block_spectrum(layers, row(4)).log10_singular_values
    agrees(found, exact(layers, row(4), 120), RIGHT)


@pytest.mark.parametrize(
    ("spec", "f", "depth", "digits"),
    [
        ("post_norm", "tanh", 40, 700),
        ("plain(norm=layer)", "tanh", 60, 1500),
        ("pre_norm", "silu", 60, 150),
    ],
)
@pytest.mark.heavy
def test_deep_blocks_are_right_in_many_digits(spec: str, f: str, depth: int, digits: int) -> None:
    """Of a normed stream hundreds of decades lie between the directions."""
    layers = RandomBlocks(spec, "normal", f, 4, depth, 1).kept()
    found = block_spectrum(layers, row(4)).log10_singular_values
    agrees(found, exact(layers, row(4), digits), RIGHT)


@pytest.mark.heavy
def test_a_thousand_blocks_whose_stream_grows_beyond_float64_are_right() -> None:
    layers: list[Layer] = []
    for at in range(1000):
        w = rng(at).standard_normal((3, 3)) / math.sqrt(3.0)
        linear, normed = Linear(w + 2.5 * np.eye(3)), [LayerNorm()] * (at % 4 == 0)
        layers.append(Residual([linear, *normed]))
    found = block_spectrum(layers, row(3)).log10_singular_values
    assert found[0] > 320.0  # float64 ends at 1e308
    agrees(found, exact(layers, row(3), 1500), RIGHT)


# ------------------------------------------------------------- closed forms


@pytest.mark.parametrize("depth", [1, 1100])
def test_a_stream_that_doubles_keeps_its_logarithm_at_any_depth(depth: int) -> None:
    layers = [Residual([Linear(np.eye(3))])] * depth
    found = block_spectrum(layers, row(3)).log10_singular_values
    np.testing.assert_allclose(found, depth * math.log10(2.0), rtol=1e-13)


def test_a_norm_of_a_stream_beyond_float64_leaves_the_scale_to_eps() -> None:
    """∂/∂x of RMSNorm(2^L x) is (I − x xᵀ/‖x‖²) / r of x, and along x 2^L eps / (2^L r)³."""
    x, depth = row(5), 1100
    r = math.sqrt(np.mean(x * x))
    layers = [*[Residual([Linear(np.eye(5))])] * depth, RMSNorm(eps=1e-6)]
    found = block_spectrum(layers, x).log10_singular_values
    np.testing.assert_allclose(found[:4], -math.log10(r), atol=1e-12)
    along = -6.0 - 3.0 * math.log10(r) - 2.0 * depth * math.log10(2.0)
    assert found[4] == pytest.approx(along, abs=1e-9)


@pytest.mark.parametrize("f", ["tanh", "gelu", "silu", "relu", "softsign", "sin"])
def test_activations_of_a_stream_beyond_float64_do_not_overflow(f: str) -> None:
    grown: list[Layer] = [Residual([Linear(np.eye(3))])] * 1100
    layers: list[Layer] = [*grown, Residual([LayerNorm(), Elementwise(f)]), Elementwise(f),
                           LayerNorm()]  # fmt: skip
    with np.errstate(all="raise", under="ignore"):
        found = block_spectrum(layers, row(3)).log10_singular_values
    assert not np.isnan(found).any()
    assert found[-1] == -math.inf


def test_a_layer_norm_loses_the_mean_exactly_and_the_scale_but_for_eps() -> None:
    x, eps = row(6), 1e-5
    found = block_spectrum([LayerNorm(eps=eps)], x).log10_singular_values
    s2 = np.var(x) + eps
    np.testing.assert_allclose(found[:4], -0.5 * math.log10(s2), atol=1e-13)
    assert found[4] == pytest.approx(math.log10(eps) - 1.5 * math.log10(s2), abs=1e-12)
    assert found[5] == -math.inf


def test_a_layer_norm_of_equal_numbers_has_no_scale_to_lose() -> None:
    found = block_spectrum([LayerNorm(eps=1e-4)], np.full(4, 2.0)).log10_singular_values
    np.testing.assert_allclose(found, [2.0, 2.0, 2.0, -math.inf], atol=1e-13)
    found = block_spectrum([RMSNorm(eps=1e-4)], np.zeros(4)).log10_singular_values
    np.testing.assert_allclose(found, [2.0] * 4, atol=1e-13)


@pytest.mark.parametrize(
    ("spec", "rank"),
    [
        ("residual(norm=layer)", 1), ("plain(norm=layer)", 0), ("pre_norm", 1), ("post_norm", 0),
        ("preact(norm=layer)", 1),
    ],
)  # fmt: skip
def test_one_unit_less_its_mean_is_0_whatever_it_is(spec: str, rank: int) -> None:
    """A branch under such a norm is constant, and a stream under it has nothing to tell."""
    layers = RandomBlocks(spec, "he_normal", "tanh", 1, 3, 0)
    found = block_spectrum(layers, np.ones(1)).log10_singular_values
    assert found.tolist() == ([0.0] if rank else [-math.inf])
    assert block_spectrum([LayerNorm()], np.ones(1)).rank == 0


def test_a_skip_around_a_branch_of_zeros_changes_nothing() -> None:
    for spec in ("rezero", "fixup", "pre_norm(init=zero)", "skipinit"):
        found = block_spectrum(RandomBlocks(spec, "normal", "gelu", 8, 30, 1), row(8))
        np.testing.assert_allclose(found.log10_singular_values, 0.0, atol=1e-13)


def test_plain_blocks_are_the_network_that_they_are() -> None:
    blocks = RandomBlocks("plain", "normal(sigma_w=1.3, sigma_b=0.1)", "tanh", 12, 200, 5)
    pairs = [(blocks[2 * at].weight, blocks[2 * at].bias) for at in range(200)]  # type: ignore[union-attr]
    weights, biases = zip(*pairs, strict=True)
    expected = jacobian_spectrum("tanh", weights, biases, row(12)).log10_singular_values
    found = block_spectrum(blocks, row(12)).log10_singular_values
    np.testing.assert_allclose(found, expected, atol=RIGHT)


def test_a_layer_without_room_and_units_that_are_off_give_exact_zeros() -> None:
    w = np.vstack([np.eye(4)[:2], -np.eye(4)[2:]])
    found = block_spectrum([Linear(w), Elementwise("relu")], np.ones(4)).log10_singular_values
    np.testing.assert_array_equal(found, [0.0, 0.0, -math.inf, -math.inf])
    narrow = block_spectrum([Linear(rng().standard_normal((2, 4)))], np.ones(4))
    assert narrow.rank == 2
    assert narrow.log10_singular_values.shape == (4,)


def test_spectra_on_the_way_are_those_of_the_layers_so_far() -> None:
    layers = RandomBlocks("post_norm", "normal", "gelu", 6, 5, 2).kept()
    several = list(block_spectra(layers, row(6), (1, 4, 10)))
    assert [one.depth for one in several] == [1, 4, 10]
    for one in several:
        alone = block_spectrum(layers[: one.depth], row(6)).log10_singular_values
        np.testing.assert_allclose(one.log10_singular_values, alone, atol=1e-11)


# ------------------------------------------------- what others compute of it


@pytest.mark.parametrize("spec", ["residual(norm=layer)", "swiglu", "preact(norm=layer)"])
def test_hips_autograd_finds_the_same(spec: str) -> None:
    import autograd
    import autograd.numpy as anp

    def run(layers: Sequence[Layer], h: Any) -> Any:
        for layer in layers:
            if isinstance(layer, Linear):
                h = anp.dot(np.asarray(layer.weight), h)
                h = h if layer.bias is None else h + np.asarray(layer.bias)
            elif isinstance(layer, Elementwise):
                h = h / (1.0 + anp.exp(-h))
            elif isinstance(layer, Gated):
                n = h.shape[0] // 2
                h = h[:n] / (1.0 + anp.exp(-h[:n])) * h[n:]
            elif isinstance(layer, LayerNorm):
                d = h - anp.mean(h)
                h = d / anp.sqrt(anp.mean(d * d) + layer.eps)
            elif isinstance(layer, RMSNorm):
                h = h / anp.sqrt(anp.mean(h * h) + layer.eps)
            else:
                assert isinstance(layer, Residual)
                h = h + layer.scale * run(layer.branch, h)
        return h

    layers = RandomBlocks(spec, "normal(sigma_w=1.2, sigma_b=0.2)", "silu", 24, 12, 8).kept()
    jacobian = autograd.jacobian(lambda h: run(layers, h))(row(24))
    expected = np.log10(np.linalg.svd(jacobian, compute_uv=False))
    found = block_spectrum(layers, row(24)).log10_singular_values
    np.testing.assert_allclose(found, expected, atol=WITH_AUTOGRAD)


def test_pytorch_finds_the_same() -> None:
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")

    def module(layer: Layer, n: int) -> Any:
        if isinstance(layer, Linear):
            w = torch.tensor(np.asarray(layer.weight))
            made = torch.nn.Linear(w.shape[1], w.shape[0], bias=layer.bias is not None)
            made.weight.data = w
            if layer.bias is not None:
                made.bias.data = torch.tensor(np.asarray(layer.bias))
            return made
        if isinstance(layer, Elementwise):
            return torch.nn.GELU()
        if isinstance(layer, LayerNorm):
            return torch.nn.LayerNorm(n, eps=layer.eps, dtype=torch.float64)
        assert isinstance(layer, RMSNorm)
        return torch.nn.RMSNorm(n, eps=layer.eps, dtype=torch.float64)

    def run(layers: Sequence[Layer], h: Any) -> Any:
        for layer in layers:
            if isinstance(layer, Residual):
                h = h + layer.scale * run(layer.branch, h)
            else:
                h = module(layer, h.shape[-1])(h)
        return h

    for spec in ("pre_norm", "pre_norm(norm=rms, init=gpt2)", "preact(norm=layer)"):
        layers = RandomBlocks(spec, "normal(sigma_w=1.2, sigma_b=0.2)", "gelu", 16, 8, 8).kept()
        x = torch.tensor(row(16))
        jacobian = torch.autograd.functional.jacobian(lambda h, own=layers: run(own, h), x)
        expected = np.log10(torch.linalg.svdvals(jacobian).numpy())
        found = block_spectrum(layers, row(16)).log10_singular_values
        np.testing.assert_allclose(found, expected, atol=WITH_AUTOGRAD)


def test_the_mean_of_the_squares_is_that_of_a_wide_residual_stack() -> None:
    """Of linear branches h + α W h it grows by 1 + α² σw² a block; 40 networks, 4 errors."""
    depth, alpha = 20, 0.3
    means = []
    for seed in range(40):
        spec = f"residual(alpha={alpha})"
        blocks = RandomBlocks(spec, "normal", "identity", 64, depth, seed)
        logs = block_spectrum(blocks, row(64, seed)).log10_singular_values
        means.append(np.mean(10.0 ** (2.0 * logs)))
    expected, error = (1.0 + alpha**2) ** depth, np.std(means) / math.sqrt(len(means))
    assert abs(np.mean(means) - expected) < 4.0 * error
    assert error < 0.05 * expected


# ------------------------------------------------------------ bad input, ticks

NARROWS = Residual([Linear(np.ones((3, 4)))])


def nested(times: int) -> Layer:
    layer: Layer = Linear(np.eye(4))
    for _ in range(times):
        layer = Residual([layer])
    return layer


@pytest.mark.parametrize(
    ("layers", "field", "told"),
    [
        ([], "layers", "one layer"),
        ("relu", "layers", "list"),
        ([BatchNorm()], "layers[0]", "LayerNorm or RMSNorm"),
        ([Residual([BatchNorm()])], "layers[0].branch[0]", "LayerNorm or RMSNorm"),
        ([NARROWS], "layers[0].branch", "keeps the width"),
        ([Residual([])], "layers[0].branch", "one layer"),
        ([Residual([Elementwise("relu")], math.nan)], "layers[0].scale", "number"),
        ([Linear(np.ones((3, 5)))], "layers[0].weight", "4 columns"),
        ([Linear(np.full((3, 4), np.nan))], "layers[0].weight[0, 0]", "finite"),
        ([Linear(np.eye(4), np.ones(3))], "layers[0].bias", "a vector of 4"),
        ([LayerNorm(eps=0.0)], "layers[0].eps", "a number from"),
        ([RMSNorm(eps=-1.0)], "layers[0].eps", "a number from"),
        ([RMSNorm(weight=np.ones(3))], "layers[0].weight", "a vector of 4"),
        ([Linear(np.ones((3, 4))), Gated("silu")], "layers[1]", "even"),
        ([nested(40)], "layers[0]" + 16 * ".branch[0]", "others"),
        (["relu"], "layers[0]", "records"),
    ],
)
def test_bad_input_says_where_it_is_and_what_to_do(layers: Any, field: str, told: str) -> None:
    with pytest.raises(InputError) as caught:
        block_spectrum(layers, np.arange(4.0))
    assert caught.value.field == field
    assert told in str(caught.value)


def test_depths_that_are_not_there_are_refused() -> None:
    for at in ((0,), (3,), ()):
        with pytest.raises(InputError):
            next(block_spectra([LayerNorm(), RMSNorm()], row(4), at))


def test_it_ticks_in_order_and_stops_between_any_two_layers() -> None:
    blocks = RandomBlocks("pre_norm", "normal", "gelu", 8, 50, 0)
    shares: list[float] = []
    block_spectrum(blocks, row(8), tick=shares.append)
    assert shares == sorted(shares)
    assert len(shares) >= 50
    assert shares[-1] == pytest.approx(1.0)

    def stopping(share: float) -> None:
        raise Stopped

    with pytest.raises(Stopped):
        block_spectrum(blocks, row(8), tick=stopping)


def test_a_nested_skip_is_a_skip_in_the_branch() -> None:
    w = rng().standard_normal((4, 4))
    inner = Residual([Linear(w)], 0.5)
    found = block_spectrum([Residual([inner, LayerNorm()], 2.0)], row(4)).log10_singular_values
    agrees(found, exact([Residual([inner, LayerNorm()], 2.0)], row(4), 60), RIGHT)
    alone = block_spectrum([replace(inner, scale=0.0)], row(4)).log10_singular_values
    np.testing.assert_array_equal(alone, np.zeros(4))
