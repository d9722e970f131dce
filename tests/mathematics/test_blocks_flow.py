"""Flows through norms and skips: against HIPS autograd, 50-digit arithmetic and PyTorch."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import autograd
import autograd.numpy as anp
import autograd.scipy.special as aspecial
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mpmath import mp, mpf

from gradtui import (
    BatchNorm,
    Elementwise,
    Gated,
    InputError,
    LayerNorm,
    Linear,
    NetworkFlow,
    Residual,
    RMSNorm,
    network_flow,
)
from gradtui.mathematics import memory
from gradtui.progress import Stopped

RNG = np.random.default_rng
# --- against HIPS autograd -----------------------------------------------------------------------

FUNCTIONS: dict[str, Callable[[Any], Any]] = {
    "relu": lambda z: anp.where(z > 0, z, 0.0),
    "tanh": anp.tanh,
    "sigmoid": lambda z: 1.0 / (1.0 + anp.exp(-z)),
    "silu": lambda z: z / (1.0 + anp.exp(-z)),
    "gelu": lambda z: z * 0.5 * aspecial.erfc(-z / math.sqrt(2.0)),
    "leaky_relu(0.2)": lambda z: anp.where(z > 0, z, 0.2 * z),
    "softplus": lambda z: anp.log1p(anp.exp(z)),
    "sin": anp.sin,
}
"""What each of them is, in so many words."""


def parameters_of(layers: Sequence[Any], before: str = "") -> dict[str, Any]:
    """Every parameter that was given, by PyTorch's name."""
    found: dict[str, Any] = {}
    for index, layer in enumerate(layers):
        name = f"{before}{index}"
        if isinstance(layer, Residual):
            found[f"{name}.scale"] = float(layer.scale)
            found |= parameters_of(layer.branch, f"{name}.branch.")
        for which in ("weight", "bias"):
            given = getattr(layer, which, None)
            if given is not None:
                found[f"{name}.{which}"] = np.asarray(given, dtype=float)
    return found


def forward(
    layers: Sequence[Any], h: Any, p: Any, meet: Callable[[str, Any], Any], before: str = ""
) -> Any:
    """PyTorch's documentation in so many words; every output passes `meet`."""
    for index, layer in enumerate(layers):
        name = f"{before}{index}"
        if isinstance(layer, Residual):
            branch = forward(layer.branch, h, p, meet, f"{name}.branch.")
            h = h + p[f"{name}.scale"] * branch
        elif isinstance(layer, Linear):
            h = anp.dot(h, p[f"{name}.weight"].T) + p.get(f"{name}.bias", 0.0)
        elif isinstance(layer, Elementwise):
            h = FUNCTIONS[layer.activation](h)
        elif isinstance(layer, Gated):
            n = h.shape[1] // 2
            h = FUNCTIONS[layer.activation](h[:, :n]) * h[:, n:]
        else:
            axis = 0 if isinstance(layer, BatchNorm) else 1
            if not isinstance(layer, RMSNorm):
                h = h - anp.mean(h, axis=axis, keepdims=True)
            h = h / anp.sqrt(anp.mean(h * h, axis=axis, keepdims=True) + layer.eps)
            h = h * p.get(f"{name}.weight", 1.0) + p.get(f"{name}.bias", 0.0)
        h = meet(name, h)
    return h


def log10_norm(values: Any) -> float:
    """log10 of the Frobenius norm."""
    norm = float(np.sqrt(np.sum(np.square(np.asarray(values, dtype=float)))))
    return math.log10(norm) if norm else -math.inf


def by_autograd(layers: Sequence[Any], x: Any, upstream: Any) -> dict[str, dict[str, float]]:
    """The same by automatic differentiation: each output is given a nudge of zeros."""
    outputs: dict[str, Any] = {}

    def note(name: str, h: Any) -> Any:
        outputs[name] = h
        return h

    parameters = parameters_of(layers)
    forward(layers, x, parameters, note)
    nudges = {name: np.zeros(y.shape) for name, y in outputs.items()}

    def loss(p: Any, given: Any, nudged: Any) -> Any:
        return anp.sum(upstream * forward(layers, given, p, lambda name, h: h + nudged[name]))

    with np.errstate(all="ignore"):
        by_p, by_x, by_y = autograd.grad(loss, (0, 1, 2))(parameters, x, nudges)
    return {
        "parameters": {name: log10_norm(g) for name, g in by_p.items()},
        "grad_inside": {"x": log10_norm(by_x)} | {n: log10_norm(g) for n, g in by_y.items()},
        "inside": {"x": log10_norm(x)} | {name: log10_norm(y) for name, y in outputs.items()},
    }


def assert_flow(got: NetworkFlow, true: dict[str, dict[str, float]], within: float = 1e-9) -> None:
    """Whether a flow with `inside` is that."""
    assert got.log10_grad_inside is not None
    assert got.log10_inside is not None
    pairs = [
        ({"x": got.log10_grad_hidden[0], **got.log10_grad_inside}, true["grad_inside"]),
        ({"x": got.log10_hidden[0], **got.log10_inside}, true["inside"]),
        (got.log10_grad_parameters, true["parameters"]),
    ]
    for one, other in pairs:
        assert set(one) == set(other)
        for name, value in other.items():
            if value == -math.inf:
                assert one[name] == value
                continue
            # What norms take away cancels: so many digits are left of it.
            left = 1e-13 * 10.0 ** (max(other.values()) - max(value, -300.0))
            if left > 0.1:
                assert one[name] < max(other.values()) - 12.0, name
                continue
            assert one[name] == pytest.approx(value, abs=within + left, rel=0), name
    for at in range(len(got.widths) - 1):
        assert got.log10_grad_hidden[at + 1] == got.log10_grad_inside[str(at)]
        assert got.log10_hidden[at + 1] == got.log10_inside[str(at)]


def random_layers(
    rng: np.random.Generator, n: int, batch: int, count: int, nesting: int = 2
) -> tuple[list[Any], int]:
    """Some layers from n units up, and the units they end with."""
    layers: list[Any] = []
    kinds = ["linear", "elementwise", "gated", "layer", "rms", "residual"]
    kinds += ["batch"] * (batch > 2)
    for _ in range(count):
        kind = rng.choice(kinds)
        some = [rng.normal(1.0, 0.4, n) if rng.random() < 0.6 else None for _ in range(2)]
        eps = float(10.0 ** rng.uniform(-8, -1))
        names = list(FUNCTIONS)
        if kind == "linear":
            m = int(rng.integers(3, 9))
            bias = rng.normal(size=m) if rng.random() < 0.6 else None
            layers.append(Linear(rng.normal(0.0, n**-0.5, (m, n)), bias))
            n = m
        elif kind == "elementwise":
            layers.append(Elementwise(str(rng.choice(names))))
        elif kind == "gated":
            layers += [
                Linear(rng.normal(0.0, n**-0.5, (2 * n, n))),
                Gated(str(rng.choice(names))),
            ]
        elif kind == "layer" and n > 2:
            layers.append(LayerNorm(some[0], some[1], eps))
        elif kind == "rms" and n > 1:
            layers.append(RMSNorm(some[0], eps))
        elif kind == "batch":
            layers.append(BatchNorm(some[0], some[1], eps))
        elif kind == "residual" and nesting:
            branch, m = random_layers(rng, n, batch, 3, nesting - 1)
            branch.append(Linear(rng.normal(0.0, m**-0.5, (n, m)), rng.normal(size=n)))
            layers.append(Residual(branch, float(rng.normal())))
    return layers or [Elementwise("tanh")], n


@pytest.mark.parametrize("seed", range(60))
def test_random_stacks_against_autograd(seed: int) -> None:
    rng = RNG(seed)
    batch, n = int(rng.choice([1, 3, 7, 20])), int(rng.integers(3, 9))
    layers, m = random_layers(rng, n, batch, 8)
    given = layers, rng.normal(size=(batch, n)), rng.normal(size=(batch, m))
    assert_flow(network_flow(*given, inside=True), by_autograd(*given))


# --- against 50-digit arithmetic -----------------------------------------------------------------

PRECISE: dict[str, Callable[[Any], Any]] = {
    "relu": lambda z: max(z, mpf(0)),
    "leaky_relu(0.2)": lambda z: z if z > 0 else mpf(0.2) * z,
    "tanh": mp.tanh,
    "sigmoid": lambda z: 1 / (1 + mp.exp(-z)),
    "silu": lambda z: z / (1 + mp.exp(-z)),
    "gelu": lambda z: z * mp.erfc(-z / mp.sqrt(2)) / 2,
}
ELEMENTWISE = {name: np.vectorize(f, otypes=[object]) for name, f in PRECISE.items()}
ROOT = np.vectorize(mp.sqrt, otypes=[object])


def precisely(layers: Sequence[Any], h: Any, p: Any, before: str = "") -> Any:
    """The output, in numbers whose exponents have no bound."""
    for index, layer in enumerate(layers):
        name = f"{before}{index}"
        if isinstance(layer, Residual):
            h = h + p[f"{name}.scale"] * precisely(layer.branch, h, p, f"{name}.branch.")
        elif isinstance(layer, Linear):
            h = h.dot(p[f"{name}.weight"].T) + p.get(f"{name}.bias", 0)
        elif isinstance(layer, Elementwise):
            h = ELEMENTWISE[layer.activation](h)
        elif isinstance(layer, Gated):
            n = h.shape[1] // 2
            h = ELEMENTWISE[layer.activation](h[:, :n]) * h[:, n:]
        else:
            axis = 0 if isinstance(layer, BatchNorm) else 1
            count = h.shape[axis]
            if not isinstance(layer, RMSNorm):
                h = h - h.sum(axis=axis, keepdims=True) / count
            h = h / ROOT((h * h).sum(axis=axis, keepdims=True) / count + mpf(layer.eps))
            h = h * p.get(f"{name}.weight", 1) + p.get(f"{name}.bias", 0)
    return h


def precise(values: Any) -> Any:
    """Numbers of the same value, of so many digits."""
    return np.vectorize(mpf, otypes=[object])(np.asarray(values, dtype=float))


def log10_of(values: Any) -> float:
    """log10 of the norm, whatever the exponents."""
    total = sum((mpf(v) ** 2 for v in np.ravel(values)), mpf(0))
    return float(mp.log10(total) / 2) if total else -math.inf


def by_differences(layers: Sequence[Any], x: Any, upstream: Any) -> dict[str, float]:
    """log10 of the norms of all gradients by differences of 10^-60 in 800 digits; and of h_L."""
    with mp.workdps(800):
        p = {name: precise(value) for name, value in parameters_of(layers).items()}
        p["x"], above = precise(x), precise(upstream)

        def loss() -> Any:
            return (above * precisely(layers, p["x"], p)).sum()

        logs = {"out": log10_of(precisely(layers, p["x"], p))}
        for name, value in p.items():
            flat, gradients = value.reshape(-1), []
            for at in range(flat.size):
                here = flat[at]
                step = (abs(here) or mpf(1)) * mpf(10) ** -60
                ends = []
                for sign in (1, -1):
                    flat[at] = here + sign * step
                    ends.append(loss())
                flat[at] = here
                gradients.append((ends[0] - ends[1]) / (2 * step))
            logs[name] = log10_of(gradients)
        return logs


def wild_layers(rng: np.random.Generator, n: int, batch: int) -> tuple[list[Any], int]:
    """Layers whose signals leave float64 on either side; sums of unlike numbers do not cancel."""
    layers: list[Any] = []

    def wild(*shape: int) -> Any:
        return rng.normal(size=shape) * 10.0 ** rng.uniform(-150, 150)

    def norm() -> Any:
        eps = float(10.0 ** rng.uniform(-3, 2))
        gamma = wild(n) if rng.random() < 0.4 else None
        kinds = [LayerNorm(gamma, None, eps), RMSNorm(gamma, eps)]
        return (kinds + [BatchNorm(gamma, None, eps)] * (batch > 2))[rng.integers(2 + (batch > 2))]

    for _ in range(int(rng.integers(4, 9))):
        kind = rng.choice(["linear", "linear", "lines", "curve", "gated", "norm", "skip"])
        if kind == "linear":
            m = int(rng.integers(3, 5))
            layers.append(Linear(wild(m, n)))
            n = m
        elif kind == "lines":
            layers.append(Elementwise("leaky_relu(0.2)"))
        elif kind == "curve":
            eps = float(10.0 ** rng.uniform(-3, 0))
            layers += [LayerNorm(None, rng.normal(size=n), eps)]
            layers += [Elementwise(str(rng.choice(["tanh", "gelu", "silu", "sigmoid"])))]
        elif kind == "gated":
            layers += [Linear(wild(2 * n, n)), Gated("leaky_relu(0.2)")]
        elif kind == "skip":
            branch = [norm(), Linear(wild(n, n)), Elementwise("leaky_relu(0.2)"), norm()]
            inner = Residual([Linear(wild(n, n))], float(rng.normal()))
            layers.append(Residual([branch, [Linear(wild(n, n))], [inner]][rng.integers(3)]))
        else:
            layers.append(norm())
    return layers, n


SLOW = (1, 12, 17)


@pytest.mark.parametrize(
    "seed",
    [pytest.param(seed, marks=[pytest.mark.heavy] * (seed in SLOW)) for seed in range(24)],
)
def test_beyond_float64_against_differences_of_many_digits(seed: int) -> None:
    rng = RNG(1000 + seed)
    batch, n = int(rng.choice([1, 2, 3])), 3
    layers, m = wild_layers(rng, n, batch)
    given = layers, rng.normal(size=(batch, n)), rng.normal(size=(batch, m))
    got, true = network_flow(*given), by_differences(*given)
    assert got.log10_hidden[-1] == pytest.approx(true["out"], abs=1e-10, rel=0)
    pairs = {**got.log10_grad_parameters, "x": float(got.log10_grad_hidden[0])}
    wrong = {
        name: (value, true[name])
        for name, value in pairs.items()
        if not (value == true[name] or abs(value - true[name]) <= 1e-10)
        # Where a skip adds what outweighs the stream, a norm after it takes its α away.
        and not (name.endswith("scale") and value == -math.inf)
    }
    assert not wrong


# --- at depth 10,000, in closed form -------------------------------------------------------------


@pytest.mark.parametrize("growth", [2.0, 0.25])
@pytest.mark.parametrize("depth", [1, 1500, pytest.param(10_000, marks=pytest.mark.heavy)])
def test_streams_of_ten_thousand_blocks_never_leave_the_range(growth: float, depth: int) -> None:
    """h ← h + α h: h_l = (1 + α)^l x, ∂L/∂h_l = (1 + α)^(L - l) u, ∂L/∂W_l their product."""
    n = 3
    rng = RNG(0)
    x, upstream = rng.normal(size=(2, 4, n))
    block = Residual([Linear(np.eye(n))], growth - 1.0)
    got = network_flow([block] * depth, x, upstream)
    along = np.arange(depth + 1) * math.log10(abs(growth))
    hidden = log10_norm(x) + along
    np.testing.assert_allclose(got.log10_hidden, hidden, rtol=0, atol=1e-10)
    np.testing.assert_allclose(
        got.log10_grad_hidden, log10_norm(upstream) + along[::-1], rtol=0, atol=1e-10
    )
    outer = log10_norm(upstream.T @ x) + along[-1] - math.log10(abs(growth))
    for name, value in got.log10_grad_parameters.items():
        if name.endswith("weight"):
            own = outer + math.log10(abs(growth - 1.0))
        else:
            own = math.log10(abs(np.vdot(x, upstream))) + outer - log10_norm(upstream.T @ x)
        assert value == pytest.approx(own, abs=1e-10, rel=0), name
    assert not got.dead_rows.any()


@pytest.mark.heavy
def test_ten_thousand_pre_norm_blocks_that_are_scaled_by_the_stream() -> None:
    """Norms forget the scale: x and 2^k x, eps and 4^k eps, α and 2^k α give the same but for k."""
    rng, n = RNG(1), 3
    x, upstream = rng.normal(size=(2, 4, n))
    blocks = [[LayerNorm, Linear(rng.normal(size=(n, n))), Elementwise("tanh")] for _ in range(100)]

    def flow(k: int) -> NetworkFlow:
        layers = [
            Residual([norm(None, None, 1e-3 * 4.0**k), linear, f], 2.0**k)
            for norm, linear, f in blocks
        ]
        return network_flow(layers * 100, 2.0**k * x, upstream)

    one, other = flow(0), flow(9)
    shift = 9 * math.log10(2.0)
    np.testing.assert_allclose(other.log10_hidden - shift, one.log10_hidden, rtol=0, atol=1e-10)
    np.testing.assert_allclose(other.log10_grad_hidden, one.log10_grad_hidden, rtol=0, atol=1e-10)


# --- what is exactly zero ------------------------------------------------------------------------


def test_zero_initialised_branches_pass_the_gradient_on_as_it_is() -> None:
    rng, n = RNG(2), 4
    x, upstream = rng.normal(size=(2, 3, n))
    block = Residual(
        [LayerNorm(), Linear(rng.normal(size=(8, n))), Elementwise("gelu"),
         Linear(np.zeros((n, 8)), np.zeros(n))]
    )  # fmt: skip
    got = network_flow([block] * 5, x, upstream)
    assert set(got.log10_grad_hidden) == {log10_norm(upstream)}
    assert got.log10_grad_parameters["2.branch.1.weight"] == -math.inf
    assert got.log10_grad_parameters["2.branch.3.weight"] > -1.0
    skip = Residual([Linear(rng.normal(size=(n, n)))], 0.0)
    got = network_flow([skip], x, upstream)
    assert got.log10_grad_parameters["0.branch.0.weight"] == -math.inf
    by_hand = abs(np.vdot(x @ skip.branch[0].weight.T, upstream))
    assert got.log10_grad_parameters["0.scale"] == pytest.approx(math.log10(by_hand), abs=1e-12)


def test_what_dies_is_told_row_by_row() -> None:
    x = np.array([[1.0, 2.0], [-1.0, -2.0]])
    got = network_flow([Elementwise("relu"), Linear(np.eye(2))], x, np.ones((2, 2)))
    assert got.dead_rows.tolist() == [1, 0, 0]
    assert network_flow([LayerNorm()], x, np.ones((2, 2))).log10_grad_hidden[0] == -math.inf


def test_a_batch_of_two_keeps_what_batch_norm_leaves_of_the_gradient() -> None:
    """x = ±d: y = ±d/√(d² + eps), and ∂y/∂d = eps/(d² + eps)^(3/2), of which 1 - x̂² loses all."""
    d, eps = 3.0, 1e-12
    got = network_flow([BatchNorm(eps=eps)], [[d], [-d]], [[1.0], [0.0]])
    true = math.log10(eps) - 1.5 * math.log10(d * d + eps) - 0.5 * math.log10(2.0)
    assert got.log10_grad_hidden[0] == pytest.approx(true, abs=1e-10)


# --- looking inside ------------------------------------------------------------------------------


def through_norm(h: Any, g: Any, eps: float, centred: bool) -> float:
    """log10‖∂L/∂h‖ of one row through a norm, in 1,300 digits."""
    with mp.workdps(1300):
        h, g = ([mpf(float(one)) for one in row] for row in (h, g))
        if centred:
            h, g = ([one - sum(row) / len(row) for one in row] for row in (h, g))
        sigma = mp.sqrt(sum(one * one for one in h) / len(h) + mpf(eps))
        x = [one / sigma for one in h]
        along = sum(a * b for a, b in zip(x, g, strict=True)) / len(h)
        below = [(b - a * along) / sigma for a, b in zip(x, g, strict=True)]
        return float(mp.log10(mp.sqrt(sum(one * one for one in below))))


@pytest.mark.parametrize(
    ("h", "g", "centred"),
    [
        ([300.0, 0.0], [0.7, 0.0], False), ([300.0, 1e-9], [0.7, 0.0], False),
        ([300.0, 0.0, 0.0], [0.7, 0.0, 1e-12], False), ([4e3, 0.0], [1.0, 0.0], False),
        ([1e200], [0.7], False), ([1e200, 0.0], [0.7, 0.0], False),
        ([1e150, 0.0, 0.0], [1e-150, 0.0, 0.0], False), ([1e200, 1e190], [0.7, 1e-9], False),
        ([300.0, 0.0, 0.0], [0.7, 0.0, 0.0], True), ([300.0, 1e-9, 3.0], [0.7, 0.0, 0.0], True),
        ([1e200, 0.0], [0.7, 0.2], True),
    ],
)  # fmt: skip
def test_a_gradient_along_the_row_keeps_what_eps_leaves_of_it(
    h: Any, g: Any, centred: bool
) -> None:
    layer = LayerNorm() if centred else RMSNorm()
    got = network_flow([layer], [h], [g]).log10_grad_hidden[0]
    assert got == pytest.approx(through_norm(h, g, layer.eps, centred), abs=1e-10)


def test_one_row_along_its_gradient_beside_others() -> None:
    h, g = RNG(3).normal(size=(2, 5, 4))
    h[2], g[2] = [300.0, 0.0, 0.0, 0.0], [0.7, 0.0, 0.0, 0.0]
    each = [through_norm(*row, 1e-6, False) for row in zip(h, g, strict=True)]
    got = network_flow([RMSNorm()], h, g).log10_grad_hidden[0]
    assert got == pytest.approx(0.5 * math.log10(sum(10.0 ** (2.0 * one) for one in each)))
    alone = network_flow([RMSNorm()], h[2:3], g[2:3]).log10_grad_hidden[0]
    assert alone == pytest.approx(each[2], abs=1e-10)


def test_statistics_are_those_of_the_same_numbers() -> None:
    rng, n = RNG(3), 6
    x, upstream = rng.normal(size=(2, 9, n))
    w = rng.normal(size=(2 * n, n))
    layers = [
        Residual([Linear(w), Gated("silu")]),
        Elementwise("tanh"),
    ]
    got = network_flow(layers, x, upstream, look=["1", "0.branch.1"], bins=5).statistics
    assert got is not None
    z = x @ w.T
    gated = z[:, :n] / (1.0 + np.exp(-z[:, :n])) * z[:, n:]
    h = x + gated
    np.testing.assert_allclose(got.z_mean, [h.mean(), z[:, :n].mean()], atol=1e-14)
    np.testing.assert_allclose(got.a_spread, [np.tanh(h).std(), gated.std()], rtol=1e-12)
    assert got.z_histograms is not None
    assert got.z_histograms.counts.tolist() == [
        np.histogram(h, 5)[0].tolist(), np.histogram(z[:, :n], 5)[0].tolist(),
    ]  # fmt: skip


# --- layers made on demand -----------------------------------------------------------------------


class OnDemand(Sequence[Any]):
    """Makes each layer when it is asked for, and counts."""

    def __init__(self, make: Callable[[int], Any], count: int) -> None:
        self.make, self.count, self.asked = make, count, []

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, at: Any) -> Any:
        self.asked.append(at)
        return self.make(at)


def test_layers_made_on_demand_are_asked_for_twice_in_order() -> None:
    def make(at: int) -> Any:
        w = RNG(at).normal(size=(4, 4))
        return Residual([RMSNorm(), Linear(w), Elementwise("gelu")])

    x, upstream = RNG(0).normal(size=(2, 3, 4))
    made = OnDemand(make, 6)
    got = network_flow(made, x, upstream, look=["5.branch.2"])
    assert made.asked == [0, 1, 2, 3, 4, 5, 5, 4, 3, 2, 1, 0]
    kept = network_flow([make(at) for at in range(6)], x, upstream)
    assert got.log10_grad_parameters == kept.log10_grad_parameters
    with pytest.raises(InputError, match=r"^look\[0\]"):
        network_flow(OnDemand(make, 2), x, upstream, look=["9"])


@pytest.mark.parametrize(
    ("first", "then", "field", "told"),
    [
        (Linear(np.eye(3)), Linear(np.full((3, 3), np.nan)), "layers[3].weight[0, 0]", "finite"),
        (Linear(np.eye(3)), Linear(np.eye(3), [0.0, np.inf, 0.0]), "layers[3]", "way up"),
        (LayerNorm(), RMSNorm(), "layers[3]", "another layer than on the way up"),
        (Linear(np.eye(3)), Linear(np.ones((4, 3))), "layers[3]", "another layer than on the way"),
        (Linear(np.eye(3)), Linear(np.ones((3, 4))), "layers[3].weight", "it receives 3 values"),
        (Linear(np.eye(3)), None, "layers[3]", "a layer"),
        (
            Residual([Linear(np.eye(3)), RMSNorm()]), Residual([Linear(np.eye(3))]),
            "layers[3]", "another layer than on the way up",
        ),
        (
            Residual([Linear(np.eye(3), np.ones(3))]),
            Residual([Linear(np.eye(3), [0.0, np.nan, 0.0])]),
            "layers[3].branch[0].bias[1]", "finite",
        ),
    ],
)  # fmt: skip
def test_a_layer_made_otherwise_the_second_time_is_refused_by_name(
    first: Any, then: Any, field: str, told: str
) -> None:
    made: list[int] = []

    def make(at: int) -> Any:
        made.append(at)
        return Linear(np.eye(3)) if at != 3 else first if made.count(3) == 1 else then

    with pytest.raises(InputError, match=told) as caught:
        network_flow(OnDemand(make, 5), X, UP)
    assert caught.value.field == field


# --- bad input -----------------------------------------------------------------------------------

X, UP = np.ones((2, 3)), np.ones((2, 3))
CYCLE: list[Any] = []
CYCLE.append(Residual(CYCLE))


def nested(depth: int) -> Any:
    layer: Any = Elementwise("tanh")
    for _ in range(depth):
        layer = Residual([layer])
    return layer


@pytest.mark.parametrize(
    ("layers", "field"),
    [
        ([], "layers"),
        ("tanh", "layers"),
        (iter([Elementwise("tanh")]), "layers"),
        (["tanh"], "layers[0]"),
        ([None], "layers[0]"),
        ([Linear], "layers[0]"),
        ([Linear(np.ones((3, 4)))], "layers[0].weight"),
        ([Linear("abc")], "layers[0].weight"),
        ([Linear(np.ones((3, 3)), np.ones(2))], "layers[0].bias"),
        ([Linear(np.full((3, 3), np.nan))], "layers[0].weight[0, 0]"),
        ([Linear(np.ones((3, 3)), [0.0, np.inf, 0.0])], "layers[0].bias[1]"),
        ([LayerNorm(weight=[1.0, np.nan, 1.0])], "layers[0].weight[1]"),
        ([LayerNorm(weight=np.ones(4))], "layers[0].weight"),
        ([LayerNorm(eps=0.0)], "layers[0].eps"),
        ([LayerNorm(eps=-1.0)], "layers[0].eps"),
        ([RMSNorm(eps=math.nan)], "layers[0].eps"),
        ([BatchNorm(eps=1e300)], "layers[0].eps"),
        ([RMSNorm(eps="small")], "layers[0].eps"),  # type: ignore[arg-type]
        ([Elementwise("rellu")], "layers[0].activation"),
        ([Gated("silu")], "layers[0]"),
        ([Residual([])], "layers[0].branch"),
        ([Residual("abc")], "layers[0].branch"),  # type: ignore[arg-type]
        ([Residual([Linear(np.ones((4, 3)))])], "layers[0].branch"),
        ([Residual([Elementwise("tanh")], math.inf)], "layers[0].scale"),
        ([Residual([Elementwise("tanh"), Linear(np.ones((2, 2)))])], "layers[0].branch[1].weight"),
        ([Residual([Residual([LayerNorm(eps=0.0)])])], "layers[0].branch[0].branch[0].eps"),
        ([Residual({Elementwise("tanh")})], "layers[0].branch"),  # type: ignore[arg-type]
        ([Residual(iter([Elementwise("tanh")]))], "layers[0].branch"),  # type: ignore[arg-type]
        ([Linear(np.ma.masked_array(np.eye(3), np.eye(3)))], "layers[0].weight"),
        (CYCLE, "layers[0].branch[0].branch"),
        ([nested(17)], "layers[0]" + ".branch[0]" * 16),
        ([Elementwise("tanh")] * 200_001, "layers"),
    ],
)  # fmt: skip
def test_bad_layers_are_refused_by_name(layers: Any, field: str) -> None:
    with pytest.raises(InputError) as caught:
        network_flow(layers, X, UP)
    assert caught.value.field == field
    assert caught.value.next_step


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"x": np.ones(3)}, "x"),
        ({"x": np.full((2, 3), np.inf)}, "x[0, 0]"),
        ({"upstream": np.ones((2, 4))}, "upstream"),
        ({"upstream": np.full((2, 3), np.nan)}, "upstream[0, 0]"),
        ({"look": "0"}, "look"),
        ({"look": ["1"]}, "look[0]"),
        ({"look": [0]}, "look[0]"),
        ({"bins": -1}, "bins"),
        ({"inside": 2}, "inside"),
    ],
)
def test_bad_arguments_are_refused_by_name(more: dict[str, Any], field: str) -> None:
    given = {"x": X, "upstream": UP, **more}
    with pytest.raises(InputError) as caught:
        network_flow([Elementwise("tanh")], **given)
    assert caught.value.field == field


@pytest.mark.parametrize(
    ("layer", "told"),
    [
        (Linear(np.ones((0, 3))), "one row or more; give it one row at least"),
        (Linear(np.ones((3, 0))), "one column or more"),
        (Linear(np.ones((3, 3), complex)), "complex128.*give it as float64"),
        (Linear(np.ones((3, 3), object)), "object.*give it as float64"),
        (Linear(np.eye(3), np.ones(3, bool)), "bool.*give it as float64"),
        (Linear([[1.0, 2.0], [1.0]]), r"give it as \[rows, columns\]"),
        (RMSNorm(eps=0.0), "eps=1e-6"),
        (LayerNorm(eps=0.0), "eps=1e-5"),
    ],
)
def test_it_says_what_to_give(layer: Any, told: str) -> None:
    with pytest.raises(InputError, match=told):
        network_flow([layer], X, UP)


def test_a_batch_norm_of_one_row_is_refused() -> None:
    with pytest.raises(InputError, match="2 rows or more"):
        network_flow([BatchNorm()], np.ones((1, 3)), np.ones((1, 3)))


def test_more_than_there_is_memory_for_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "available_memory", lambda: 2.0**27)
    layers = [Elementwise("tanh")] * 1000
    with pytest.raises(InputError, match="memory"):
        network_flow(layers, np.ones((100, 300)), np.ones((100, 300)))


def test_what_may_fit_is_told_beside_what_the_weights_take(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three times a matrix of 8 MiB, and rows of 1,000 (two layers, and six at work)."""
    wide = Linear(np.broadcast_to(0.1, (1000, 1000)))
    x = np.ones((5000, 1000))
    monkeypatch.setattr(memory, "available_memory", lambda: 2.0**26)
    with pytest.raises(InputError, match=r"a batch of [0-9,]+ may fit") as caught:
        network_flow([wide] * 2, x, x)
    rows = int(caught.value.next_step.split()[3].replace(",", ""))
    assert 8.0 * (3e6 + rows * 8000) <= 2.0**26 < 8.0 * (3e6 + (rows + 1) * 8000)
    monkeypatch.setattr(memory, "available_memory", lambda: 2.3e7)
    with pytest.raises(InputError, match="not one row fits, for the largest matrix alone"):
        network_flow([wide] * 2, x, x)
    monkeypatch.setattr(memory, "available_memory", lambda: 2.404e7)
    with pytest.raises(InputError, match="not one row fits: give fewer layers"):
        network_flow([wide] * 2, x, x)


def test_a_tick_is_told_and_may_stop() -> None:
    shares: list[float] = []
    network_flow([nested(3)] * 4, X, UP, tick=shares.append)
    assert shares == sorted(shares)
    assert shares[-1] == 1.0

    def stop(share: float) -> None:
        raise Stopped

    with pytest.raises(Stopped):
        network_flow([nested(3)], X, UP, tick=stop)


# --- whatever comes ------------------------------------------------------------------------------


@given(
    seed=st.integers(0, 2**32 - 1),
    count=st.integers(1, 6),
    batch=st.integers(1, 5),
    exponent=st.integers(-1000, 1000),
)
@settings(max_examples=40)
def test_gradients_are_linear_in_the_upstream_gradient(
    seed: int, count: int, batch: int, exponent: int
) -> None:
    rng = RNG(seed)
    layers, m = random_layers(rng, 4, batch, count)
    x, upstream = rng.normal(size=(batch, 4)), rng.normal(size=(batch, m))
    one = network_flow(layers, x, upstream)
    other = network_flow(layers, x, np.ldexp(upstream, exponent))
    shift = exponent * math.log10(2.0)
    np.testing.assert_allclose(
        other.log10_grad_hidden, one.log10_grad_hidden + shift, rtol=0, atol=1e-9
    )
    assert list(other.log10_grad_parameters) == list(one.log10_grad_parameters)
    np.testing.assert_array_equal(other.log10_hidden, one.log10_hidden)


def test_pre_norm_blocks_against_pytorch() -> None:
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    torch.manual_seed(0)
    n, norms, layers = 8, torch.nn.ModuleList(), []
    for _ in range(6):
        block = torch.nn.Sequential(
            torch.nn.LayerNorm(n), torch.nn.Linear(n, 4 * n), torch.nn.GELU(),
            torch.nn.Linear(4 * n, n), torch.nn.BatchNorm1d(n),
        ).double()  # fmt: skip
        norms.append(block)
        w = {name: p.detach().numpy() for name, p in block.named_parameters()}
        layers.append(
            Residual([
                LayerNorm(w["0.weight"], w["0.bias"]), Linear(w["1.weight"], w["1.bias"]),
                Elementwise("gelu"), Linear(w["3.weight"], w["3.bias"]),
                BatchNorm(w["4.weight"], w["4.bias"]),
            ])
        )  # fmt: skip
    x = torch.randn(7, n, dtype=torch.float64, requires_grad=True)
    hidden = [x]
    for block in norms:
        hidden.append(hidden[-1] + block(hidden[-1]))
    upstream = torch.randn(7, n, dtype=torch.float64)
    names, parameters = zip(*norms.named_parameters(), strict=True)
    gradients = torch.autograd.grad(hidden[-1], [*hidden, *parameters], upstream)
    logs = [math.log10(float(g.norm())) for g in gradients]
    got = network_flow(layers, x.detach().numpy(), upstream.numpy())
    np.testing.assert_allclose(got.log10_grad_hidden, logs[: len(hidden)], rtol=0, atol=1e-9)
    for name, value in zip(names, logs[len(hidden) :], strict=True):
        if not name.endswith("3.bias"):  # the batch norm takes it away
            ours = got.log10_grad_parameters[name.replace(".", ".branch.", 1)]
            assert ours == pytest.approx(value, abs=1e-9, rel=0), name
