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
from mpmath import mp, mpf

from gradtui import (
    BatchNorm,
    Elementwise,
    Gated,
    LayerNorm,
    Linear,
    NetworkFlow,
    Residual,
    RMSNorm,
    network_flow,
)

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
    """log10 of the norms of all gradients by differences of 10^-60 in 160 digits; and of h_L."""
    with mp.workdps(160):
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
    """Layers whose signals leave float64 on either side."""
    layers: list[Any] = []

    def wild(*shape: int) -> Any:
        return rng.normal(size=shape) * 10.0 ** rng.uniform(-280, 280)

    for _ in range(int(rng.integers(3, 8))):
        kind = rng.choice(["linear", "lines", "curve", "gated", "layer", "rms", "batch", "skip"])
        if kind == "linear":
            m = int(rng.integers(3, 5))
            layers.append(Linear(wild(m, n), wild(m) if rng.random() < 0.5 else None))
            n = m
        elif kind in ("lines", "curve"):
            names = ["relu", "leaky_relu(0.2)"] if kind == "lines" else ["tanh", "gelu", "silu"]
            layers.append(Elementwise(str(rng.choice(names))))
        elif kind == "gated":
            layers += [Linear(wild(2 * n, n)), Gated(str(rng.choice(["relu", "silu", "sigmoid"])))]
        elif kind == "skip":
            layers.append(Residual([Linear(wild(n, n), wild(n))], float(wild(1)[0])))
        else:
            eps = float(10.0 ** rng.uniform(-12, 2))
            some = [wild(n) if rng.random() < 0.4 else None for _ in range(2)]
            if kind == "rms":
                layers.append(RMSNorm(some[0], eps))
            elif kind == "layer" or batch < 3:
                layers.append(LayerNorm(some[0], some[1], eps))
            else:
                layers.append(BatchNorm(some[0], some[1], eps))
    return layers, n


@pytest.mark.parametrize("seed", range(40))
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
    }
    assert not wrong
