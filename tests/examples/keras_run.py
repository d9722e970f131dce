"""Trains a small Keras model and records it: python keras_run.py run.jsonl [FATE].

The backend is JAX or PyTorch, by KERAS_BACKEND=jax or torch.

FATE is what becomes of it: well, diverge (a learning rate 100 times too large), vanish (thirty
sigmoid layers) or die (a ReLU layer whose biases are -10).
"""

from __future__ import annotations

import sys

import keras
import numpy as np

from gradtui import keras_recorder


def network(fate: str) -> keras.Model:
    activation, depth = ("sigmoid", 30) if fate == "vanish" else ("relu", 4)
    layers = [
        keras.layers.Dense(
            32,
            activation,
            kernel_initializer="he_normal" if activation == "relu" else "lecun_normal",
            bias_initializer=keras.initializers.Constant(
                -10.0 if fate == "die" and at == 1 else 0.0
            ),
        )
        for at in range(depth)
    ]
    return keras.Sequential([keras.layers.Input((2,)), *layers, keras.layers.Dense(1)])


def main(path: str, fate: str = "well") -> None:
    keras.utils.set_random_seed(0)
    x = np.random.default_rng(0).uniform(-1.0, 1.0, (1280, 2)).astype("float32")
    y = np.sin(x[:, :1]) + 0.5 * x[:, 1:]
    model = network(fate)
    model.compile(keras.optimizers.SGD(2.0 if fate == "diverge" else 0.02), "mse")
    model.fit(x, y, batch_size=64, epochs=5, verbose=0, callbacks=[keras_recorder(path)])


if __name__ == "__main__":
    main(*sys.argv[1:])
