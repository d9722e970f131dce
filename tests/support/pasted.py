"""A stack of blocks that lines to paste have built, alike for each framework.

A parameter is called by the block and PyTorch's name, "0.fc1.weight", and weights are [out, in].
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeAlias

import numpy as np
import pytest

Array: TypeAlias = np.ndarray[Any, np.dtype[np.float64]]
Parameters: TypeAlias = dict[str, Array]
Run: TypeAlias = Callable[[Parameters, Array], Array]
"""From parameters and an input to the output: float64, or float32 of Keras, which has no other."""

LAYERS = ("linear", "fc1", "fc2", "gate", "up", "down", "norm", "norm1", "norm2", "f")


@contextmanager
def pasted(framework: str, code: str, seed: int = 0) -> Iterator[tuple[Parameters, Run]]:
    """What was drawn, and how it runs; skips where the framework is not installed."""
    with {"PyTorch": _pytorch, "JAX/Flax": _flax, "Keras": _keras}[framework](code, seed) as built:
        yield built


def ran(code: str) -> dict[str, Any]:
    names: dict[str, Any] = {}
    exec(code, names)
    return names


def function(framework: str, code: str, name: str, z: Array) -> Array:
    """What the function of that name in the lines makes of numbers; "" is the identity."""
    if framework == "JAX/Flax":
        pytest.importorskip("flax", reason="Flax is not installed")
        jax = pytest.importorskip("jax", reason="JAX is not installed")
        with jax.enable_x64(True):
            return np.asarray(_called(code, name, jax.numpy.asarray(z)))
    if framework == "PyTorch":
        torch = pytest.importorskip("torch", reason="PyTorch is not installed")
        return np.asarray(_called(code, name, torch.as_tensor(z)))
    keras = _keras_itself()
    x = keras.ops.convert_to_tensor(z.astype(np.float32))
    return np.asarray(keras.ops.convert_to_numpy(_called(code, name, x)))


def _called(code: str, name: str, z: Any) -> Any:
    return eval(name, ran(code))(z) if name else z


# -------------------------------------------------------------------- PyTorch


@contextmanager
def _pytorch(code: str, seed: int) -> Iterator[tuple[Parameters, Run]]:
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    torch.manual_seed(seed)
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    try:
        model = ran(code)["model"]

        def run(parameters: Parameters, x: Array) -> Array:
            assert set(parameters) == {name for name, _ in model.named_parameters()}
            with torch.no_grad():
                for name, parameter in model.named_parameters():
                    parameter.copy_(torch.as_tensor(parameters[name]))
                return np.asarray(model.train()(torch.as_tensor(x)))

        drawn = {name: p.detach().numpy().copy() for name, p in model.named_parameters()}
        yield drawn, run
    finally:
        torch.set_default_dtype(before)


# ----------------------------------------------------------------------- Flax


@contextmanager
def _flax(code: str, seed: int) -> Iterator[tuple[Parameters, Run]]:
    jax = pytest.importorskip("jax", reason="JAX is not installed")
    pytest.importorskip("flax", reason="Flax is not installed")
    with jax.enable_x64(True):
        names = ran(code)
        model = names["model"]
        rows = np.random.default_rng(1).normal(size=(4, names["n"]))
        state = model.init(jax.random.key(seed), rows)
        paths, tree = jax.tree_util.tree_flatten_with_path(state["params"])
        called = [_flax_name([step.key for step in path]) for path, _ in paths]
        drawn = {
            name: _turned(np.asarray(leaf, np.float64))
            for name, (_, leaf) in zip(called, paths, strict=True)
        }

        def run(parameters: Parameters, x: Array) -> Array:
            leaves = [_turned(parameters[name]) for name in called]
            given = {**state, "params": jax.tree_util.tree_unflatten(tree, leaves)}
            mutable = ["batch_stats"] if "batch_stats" in state else False
            out = model.apply(given, x, mutable=mutable)
            return np.asarray(out[0] if mutable else out)

        yield drawn, run


def _flax_name(path: list[str]) -> str:
    block, *rest = path
    kinds = {"kernel": "weight", "scale": "weight", "negative_slope": "weight"}
    return ".".join([block.split("_")[1], *(kinds.get(each, each) for each in rest)])


def _turned(values: Array) -> Array:
    return values.T if values.ndim == 2 else values


# ---------------------------------------------------------------------- Keras


@contextmanager
def _keras(code: str, seed: int) -> Iterator[tuple[Parameters, Run]]:
    keras = _keras_itself()
    keras.utils.set_random_seed(seed)
    model = ran(code)["model"]
    variables = {
        f"{at}.{name}": variable
        for at, block in enumerate(model.layers)
        for name, variable in _keras_variables(block)
    }
    drawn = {
        name: _turned(keras.ops.convert_to_numpy(variable).astype(np.float64))
        for name, variable in variables.items()
    }
    drawn = {name: v.reshape(-1) if ".f." in name else v for name, v in drawn.items()}
    assert len(drawn) == len(model.trainable_variables)

    def run(parameters: Parameters, x: Array) -> Array:
        for name, variable in variables.items():
            variable.assign(_turned(parameters[name]).reshape(variable.shape))
        return keras.ops.convert_to_numpy(model(x.astype(np.float32), training=True))

    yield drawn, run


def _keras_itself() -> Any:
    os.environ.setdefault("KERAS_BACKEND", "jax")
    return pytest.importorskip("keras", reason="Keras is not installed")


def _keras_variables(block: Any) -> Iterator[tuple[str, Any]]:
    kinds = {"kernel": "weight", "gamma": "weight", "scale": "weight", "beta": "bias"}
    kinds |= {"bias": "bias", "alpha": "weight"}
    for name in LAYERS:
        for kind, called in kinds.items():
            variable = getattr(getattr(block, name, None), kind, None)
            if hasattr(variable, "assign"):
                yield f"{name}.{called}", variable
    if hasattr(block, "alpha"):
        yield "alpha", block.alpha
