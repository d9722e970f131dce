"""The lines to paste set exactly what was advised: run in each framework where it is installed."""

from __future__ import annotations

import math
import os
import re
from typing import Any

import numpy as np
import pytest

from gradtui.views.init.snippets import lines_to_paste

FRAMEWORKS = ("PyTorch", "JAX/Flax", "Keras")
SETTINGS = [(1.14917, 0.0), (1.34412, 0.224), (10.2047, 0.5), (1.41421, 0.0), (1.0, 1e-3)]
EVERY = pytest.mark.parametrize(("sigma_w", "sigma_b"), SETTINGS)
N_IN, N_OUT = 500, 800

# Importing other people's libraries may warn of what is none of our concern.
pytestmark = pytest.mark.filterwarnings("ignore")


def test_every_framework_has_its_lines() -> None:
    assert tuple(lines_to_paste(1.5, 0.0)) == FRAMEWORKS


@EVERY
@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_they_are_python_and_fit_into_a_page_of_80_columns(
    framework: str, sigma_w: float, sigma_b: float
) -> None:
    code = lines_to_paste(sigma_w, sigma_b)[framework]
    compile(code, framework, "exec")
    assert max(map(len, code.split("\n"))) <= 74


@EVERY
@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_the_numbers_in_them_are_the_advised_ones(
    framework: str, sigma_w: float, sigma_b: float
) -> None:
    code = lines_to_paste(sigma_w, sigma_b)[framework]
    if sigma_w == 1.41421:  # √2 in six digits: the frameworks have it in full
        assert "2.0" in code or "kaiming_normal_" in code
    elif framework == "PyTorch":
        assert f"std = {sigma_w!r} / layer.in_features**0.5" in code
    else:
        square = re.search(r"([\d.]+)\*\*2", code)
        assert square is not None
        assert float(square[1]) == sigma_w
        assert "fan_in" in code
        assert "truncated_normal" not in code.replace('"untruncated_normal"', "")
    assert ("zeros" in code) == (sigma_b == 0.0)
    assert sigma_b == 0.0 or repr(sigma_b) in code


def check(weights: Any, biases: Any, sigma_w: float, sigma_b: float) -> None:
    """Normal, with that deviation, within four standard errors; a truncated one has κ = 2.2."""
    w, b = np.asarray(weights, dtype=np.float64).ravel(), np.asarray(biases, dtype=np.float64)
    wanted = math.sqrt(2.0) if sigma_w == 1.41421 else sigma_w
    assert w.size == N_IN * N_OUT
    assert w.std() * math.sqrt(N_IN) == pytest.approx(wanted, rel=4.0 / math.sqrt(2.0 * w.size))
    assert abs(w.mean()) < 4.0 * wanted / math.sqrt(N_IN * w.size)
    kurtosis = np.mean((w - w.mean()) ** 4) / w.var() ** 2
    assert kurtosis == pytest.approx(3.0, abs=4.0 * math.sqrt(24.0 / w.size))
    assert b.shape == (N_OUT,)
    if sigma_b == 0.0:
        assert not b.any()
    else:
        assert b.std() == pytest.approx(sigma_b, rel=4.0 / math.sqrt(2.0 * b.size))


@EVERY
def test_pytorch_draws_them(sigma_w: float, sigma_b: float) -> None:
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    torch.manual_seed(0)
    layer = torch.nn.Linear(N_IN, N_OUT)
    model = torch.nn.Sequential(layer, torch.nn.Tanh(), torch.nn.Linear(N_OUT, 3, bias=False))
    exec(lines_to_paste(sigma_w, sigma_b)["PyTorch"], {"model": model})
    check(layer.weight.detach().numpy(), layer.bias.detach().numpy(), sigma_w, sigma_b)


@EVERY
def test_flax_draws_them(sigma_w: float, sigma_b: float) -> None:
    jax = pytest.importorskip("jax", reason="JAX is not installed")
    pytest.importorskip("flax", reason="Flax is not installed")
    names: dict[str, Any] = {"features": N_OUT}
    exec(lines_to_paste(sigma_w, sigma_b)["JAX/Flax"], names)
    drawn = names["layer"].init(jax.random.key(0), np.ones((1, N_IN), np.float32))["params"]
    check(drawn["kernel"], drawn["bias"], sigma_w, sigma_b)


@EVERY
def test_keras_draws_them_anew_for_every_layer(
    monkeypatch: pytest.MonkeyPatch, sigma_w: float, sigma_b: float
) -> None:
    monkeypatch.setitem(os.environ, "KERAS_BACKEND", os.environ.get("KERAS_BACKEND", "jax"))
    keras = pytest.importorskip("keras", reason="Keras is not installed")
    keras.utils.set_random_seed(0)
    names: dict[str, Any] = {}
    exec(lines_to_paste(sigma_w, sigma_b)["Keras"], names)
    layers = [names["dense"](N_OUT, "tanh") for _ in range(2)]
    for layer in layers:
        layer.build((None, N_IN))
        kernel, bias = (np.asarray(values) for values in layer.get_weights())
        check(kernel, bias, sigma_w, sigma_b)
    assert not np.array_equal(layers[0].get_weights()[0], layers[1].get_weights()[0])
