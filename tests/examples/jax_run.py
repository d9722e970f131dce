"""Trains a small network with JAX and optax and records it: python jax_run.py run.jsonl [FATE].

FATE is what becomes of it: well, diverge (a learning rate 100 times too large), vanish (thirty
sigmoid layers) or die (a ReLU layer whose biases are -10).
"""

from __future__ import annotations

import sys

import jax
import jax.numpy as jnp
import optax

from gradtui import JaxRecorder


def network(fate: str, key: jax.Array) -> list[dict[str, jax.Array]]:
    """Weights of variance gain/n, biases 0."""
    units, depth, gain = 32, 30 if fate == "vanish" else 4, 1.0 if fate == "vanish" else 2.0
    widths = [2, *[units] * depth, 1]
    layers = []
    for n, m, one in zip(widths, widths[1:], jax.random.split(key, depth + 1), strict=False):
        w = jax.random.normal(one, (n, m)) * jnp.sqrt(gain / n)
        layers.append({"weight": w, "bias": jnp.zeros(m)})
    if fate == "die":
        layers[1]["bias"] = jnp.full(units, -10.0)
    return layers


def main(path: str, fate: str = "well") -> None:
    f = jax.nn.sigmoid if fate == "vanish" else jax.nn.relu
    params = network(fate, jax.random.key(0))
    optimizer = optax.sgd(2.0 if fate == "diverge" else 0.02)
    state = optimizer.init(params)
    recorder = JaxRecorder(path)

    def loss_of(params, x, y):
        for layer in params[:-1]:
            x = f(x @ layer["weight"] + layer["bias"])
        return jnp.mean((x @ params[-1]["weight"] + params[-1]["bias"] - y) ** 2)

    @jax.jit
    def train_step(step, params, state, key):
        x = jax.random.uniform(key, (64, 2), minval=-1.0, maxval=1.0)
        y = jnp.sin(x[:, :1]) + 0.5 * x[:, 1:]
        loss, grads = jax.value_and_grad(loss_of)(params, x, y)
        updates, state = optimizer.update(grads, state, params)
        recorder.step(step, grads=grads, params=params, updates=updates, loss=loss)
        return optax.apply_updates(params, updates), state

    for step in range(100):
        params, state = train_step(step, params, state, jax.random.key(step + 1))
    recorder.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
