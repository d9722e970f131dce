"""Recording a training in JAX: norms against JAX's own, in and out of compiled functions."""

from __future__ import annotations

import importlib
import math
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gradtui import InputError, JaxRecorder, read_run
from support.examples import all_fates

os.environ.setdefault("JAX_PLATFORMS", "cpu")
jax = pytest.importorskip("jax", reason="JAX is not installed: pip install jax")
optax = pytest.importorskip("optax", reason="optax is not installed: pip install optax")
jnp = importlib.import_module("jax.numpy")

LAYERS = 12


def network() -> dict[str, Any]:
    keys = jax.random.split(jax.random.key(0), LAYERS)
    return {
        "params": {
            f"Dense_{at}": {"kernel": jax.random.normal(key, (4, 4)), "bias": jnp.zeros(4)}
            for at, key in enumerate(keys)
        }
    }


def loss_of(params: dict[str, Any], x: Any) -> Any:
    for at in range(LAYERS):
        layer = params["params"][f"Dense_{at}"]
        x = jnp.tanh(x @ layer["kernel"] + layer["bias"])
    return jnp.mean(x**2)


@pytest.mark.parametrize("every", [1, 3])
@pytest.mark.parametrize("compiled", [False, True])
def test_norms_are_those_of_jax(tmp_path: Path, every: int, compiled: bool) -> None:
    file, optimizer = tmp_path / "run.jsonl", optax.sgd(0.1)
    recorder = JaxRecorder(file, every)
    params = network()
    state, truth = optimizer.init(params), []

    def train_step(step: Any, params: Any, state: Any, x: Any) -> Any:
        loss, grads = jax.value_and_grad(loss_of)(params, x)
        updates, state = optimizer.update(grads, state, params)
        recorder.step(step, grads=grads, params=params, updates=updates, loss=loss, lr=0.1)
        return optax.apply_updates(params, updates), state, (loss, grads, params, updates)

    if compiled:
        train_step = jax.jit(train_step)
    for step in range(7):
        x = jax.random.normal(jax.random.key(step), (3, 4))
        params, state, seen = train_step(step, params, state, x)
        if step % every == 0:
            truth.append(seen)
    recorder.close()
    run = read_run(file)
    assert run.steps.tolist() == list(range(0, 7, every))
    assert run.notes == ()
    assert run.names[:4] == ("Dense_0/bias", "Dense_0/kernel", "Dense_1/bias", "Dense_1/kernel")
    assert run.names[-1] == "Dense_11/kernel"
    np.testing.assert_allclose(run.loss, [float(seen[0]) for seen in truth], rtol=1e-7)
    assert run.log10_weights is not None
    assert run.log10_updates is not None
    for at, found in ((1, run.log10_gradients), (2, run.log10_weights), (3, run.log10_updates)):
        for row, seen in zip(found, truth, strict=True):
            of = seen[at]["params"]
            leaves = [np.asarray(of[name.split("/")[0]][name.split("/")[1]], float)
                      for name in run.names]  # fmt: skip
            np.testing.assert_allclose(
                10.0**row, [np.linalg.norm(one) for one in leaves], rtol=1e-6
            )
    for total, seen in zip(run.total_norm, truth, strict=True):
        assert total == pytest.approx(float(optax.tree.norm(seen[1])), rel=1e-6)


def test_norms_hold_where_the_squares_of_float32_do_not(tmp_path: Path) -> None:
    grads = {"small": jnp.full(4, 1e-30), "large": jnp.full(4, 1e30), "half": jnp.full(4, 2.0**-14,
             jnp.float16), "zero": jnp.zeros(3), "none": jnp.zeros(0),
             "bad": jnp.array([1.0, jnp.nan, jnp.inf, 0.0])}  # fmt: skip
    file = tmp_path / "run.jsonl"
    recorder = JaxRecorder(file, names=["small", "large", "half", "zero", "none", "bad"])
    recorder.step(0, grads=grads)
    recorder.close()
    run = read_run(file)
    log10 = [math.log10(2e-30), math.log10(2e30), math.log10(2.0**-13), -math.inf, -math.inf]
    np.testing.assert_allclose(run.log10_gradients[0], [*log10, math.inf], rtol=1e-7)
    assert run.shares["not_finite"][0, 5] == 0.5


def test_lists_are_in_order_and_whole_numbers_have_no_norm(tmp_path: Path) -> None:
    file = tmp_path / "run.jsonl"
    recorder = JaxRecorder(file)
    recorder.step(0, grads=[{"w": jnp.ones(2), "steps": jnp.arange(3)} for _ in range(11)])
    recorder.close()
    assert read_run(file).names == tuple(f"{at}/w" for at in range(11))


@pytest.mark.parametrize(
    ("first", "then", "field"),
    [
        ({"every": 0}, {"grads": {"w": [1.0]}}, "every"),
        ({"names": ["v"]}, {"grads": {"w": [1.0]}}, "names"),
        ({}, {"grads": {}}, "names"),
        ({}, {"grads": {"w": [1.0]}, "params": {"v": [1.0]}}, "weight"),
        ({}, {"grads": {"w": [1.0]}, "acc": 0.5}, "step"),
    ],
)
def test_what_cannot_be_recorded_is_refused(
    tmp_path: Path, first: dict[str, Any], then: dict[str, Any], field: str
) -> None:
    with pytest.raises(InputError) as error:
        JaxRecorder(tmp_path / "run.jsonl", **first).step(0, **jax.tree.map(jnp.asarray, then))
    assert error.value.field == field
    assert error.value.next_step


def test_the_example_comes_to_the_end_that_it_is_given(tmp_path: Path) -> None:
    all_fates("jax_run", tmp_path)
