"""Recording a training in Keras: norms against gradients taken without it, on each backend.

Each runs in a Python of its own, for Keras has one backend a process.
"""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path

import numpy as np
import pytest

from gradtui import read_run
from support.examples import all_fates, python

MISSING = [name for name in ("keras", "jax", "torch") if importlib.util.find_spec(name) is None]
pytestmark = pytest.mark.skipif(bool(MISSING), reason=f"not installed: {', '.join(MISSING)}")
BACKENDS = ("jax", "torch")

COMMON = """
import json, sys
import keras, numpy as np
from gradtui import InputError, keras_recorder

keras.utils.set_random_seed(0)
x = np.random.default_rng(0).normal(size=(8, 4)).astype("float32")
y = x.sum(axis=1, keepdims=True)
layers = [keras.layers.Dense(6, "tanh") for _ in range(3)]
model = keras.Sequential([keras.layers.Input((4,)), *layers, keras.layers.Dense(1)])
"""

GRADIENTS = """
def gradients():
    weights = [one.value for one in model.trainable_variables]
    if keras.backend.backend() == "jax":
        import jax
        def loss(weights):
            return ((model.stateless_call(weights, [], x)[0] - y) ** 2).mean()
        return [np.asarray(one, float) for one in jax.grad(loss)(weights)]
    import torch
    loss = ((model(torch.from_numpy(x)) - torch.from_numpy(y)) ** 2).mean()
    return [one.cpu().double().numpy() for one in torch.autograd.grad(loss, weights)]

def values():
    return [np.array(keras.ops.convert_to_numpy(one.value), float)
            for one in model.trainable_variables]

def norms(arrays):
    return [float(np.linalg.norm(one)) for one in arrays]
"""

TRUTH = (
    COMMON
    + GRADIENTS
    + """
model.compile(keras.optimizers.SGD(0.5, clipnorm=0.01), "mse")
truth = []
recorder = keras_recorder("run.jsonl")
for _ in range(3):
    before, grads = values(), gradients()
    model.fit(x, y, batch_size=8, verbose=0, callbacks=[recorder])
    after = values()
    truth.append({"grad": norms(grads), "weight": norms(before),
                  "update": norms([b - a for b, a in zip(after, before)])})
assert "apply" not in vars(model.optimizer)  # left as it was
model.fit(x, y, batch_size=8, verbose=0)
print(json.dumps({"truth": truth, "paths": [one.path for one in model.trainable_variables]}))
"""
)


@pytest.mark.parametrize("backend", BACKENDS)
def test_norms_are_those_of_gradients_before_clipping(tmp_path: Path, backend: str) -> None:
    found = json.loads(python(TRUTH, tmp_path, KERAS_BACKEND=backend))
    run = read_run(tmp_path / "run.jsonl")
    assert run.steps.tolist() == [0, 1, 2]
    assert run.names == tuple(path.partition("/")[2] for path in found["paths"])
    assert run.log10_weights is not None
    assert run.log10_updates is not None
    for row, truth in enumerate(found["truth"]):
        np.testing.assert_allclose(10.0 ** run.log10_gradients[row], truth["grad"], rtol=1e-6)
        np.testing.assert_allclose(10.0 ** run.log10_weights[row], truth["weight"], rtol=1e-6)
        np.testing.assert_allclose(10.0 ** run.log10_updates[row], truth["update"], rtol=1e-5)
        assert run.total_norm[row] == pytest.approx(np.hypot.reduce(truth["grad"]), rel=1e-6)


SCALED = (
    COMMON
    + """
model.compile(keras.optimizers.LossScaleOptimizer(keras.optimizers.SGD(0.0)), "mse")
model.fit(x, y, batch_size=8, epochs=7, verbose=0, callbacks=[keras_recorder("scaled.jsonl", 3)])
model.compile(keras.optimizers.SGD(0.0), "mse")
model.fit(x, y, batch_size=8, verbose=0, callbacks=[keras_recorder("plain.jsonl")])
"""
)


@pytest.mark.heavy
@pytest.mark.parametrize("backend", BACKENDS)
def test_a_loss_scale_is_taken_out_and_only_every_so_many_steps_are_recorded(
    tmp_path: Path, backend: str
) -> None:
    python(SCALED, tmp_path, KERAS_BACKEND=backend)
    scaled, plain = read_run(tmp_path / "scaled.jsonl"), read_run(tmp_path / "plain.jsonl")
    assert scaled.steps.tolist() == [0, 3, 6]
    for row in scaled.log10_gradients:
        np.testing.assert_allclose(row, plain.log10_gradients[0], atol=4e-7)


@pytest.mark.heavy
@pytest.mark.parametrize("backend", BACKENDS)
def test_the_example_comes_to_the_end_that_it_is_given(tmp_path: Path, backend: str) -> None:
    all_fates("keras_run", tmp_path, KERAS_BACKEND=backend)


REFUSED = (
    COMMON
    + """
try:
    keras_recorder("run.jsonl", every=0)
except InputError as error:
    print(error)
keras.backend.backend = lambda: "openvino"
recorder = keras_recorder("run.jsonl")
recorder.set_model(model)
try:
    recorder.on_train_begin()
except InputError as error:
    print(error)
"""
)


def test_another_backend_is_refused_by_name(tmp_path: Path) -> None:
    every, backend = python(REFUSED, tmp_path, KERAS_BACKEND="torch").strip().split("\n")
    assert every.startswith("every: 0 is not a whole number from 1 on")
    assert backend.startswith("backend: 'openvino' is not jax or torch; set KERAS_BACKEND")
