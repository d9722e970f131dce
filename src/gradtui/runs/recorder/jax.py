"""Records the training of a model in JAX: gradients, parameters and updates as trees of arrays."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

import numpy as np

from gradtui.errors import InputError
from gradtui.runs.formats.recording import SERIES
from gradtui.runs.order import natural
from gradtui.runs.recorder.arrays import norms, not_finite
from gradtui.runs.recorder.writer import Writer


class JaxRecorder:
    """Records what becomes of each parameter, by one line in a training step.

    For example, inside the function that is compiled or outside of it::

        recorder = JaxRecorder("run.jsonl")

        @jax.jit
        def train_step(step, params, state, batch):
            loss, grads = jax.value_and_grad(loss_of)(params, batch)
            updates, state = optimizer.update(grads, state, params)
            recorder.step(step, grads=grads, params=params, updates=updates, loss=loss)
            return optax.apply_updates(params, updates), state

    Names are paths in the tree, such as "Dense_0/kernel". JAX sorts what a dictionary holds, so
    they stand in the order of their names, Dense_2 before Dense_10: where that is not the order
    from the input to the loss, give `names`. All of a step is fetched from the device at once.

    Args:
        path: the file, JSON Lines as `gradtui.runs.formats.recording` describes them.
        every: record each step whose number is a multiple of it.
        names: the parameters to record, in forward order.

    Raises:
        InputError: an argument is none that is allowed.
    """

    def __init__(
        self, path: str | os.PathLike[str], every: int = 1, names: Sequence[str] | None = None
    ) -> None:
        if not isinstance(every, int) or every < 1:
            raise InputError("every", every, "a whole number from 1 on", "give 1 for every step")
        self._path, self._every, self._names = path, every, names
        self._writer: Writer | None = None

    def step(
        self, step: Any, *, grads: Any, params: Any = None, updates: Any = None, **numbers: Any
    ) -> None:
        """Record a step, if it is one to be recorded.

        Args:
            step: its number; where this is compiled an array, or it would be compiled anew for
                each.
            grads: the gradients, before clipping.
            params: the parameters that they are of, before the step.
            updates: what the step adds to them, as `optimizer.update` gives it.
            **numbers: of the whole step: `loss`, `lr`, `loss_scale`, `skipped` or `clip`.

        Raises:
            InputError: nothing of `grads` is recorded, a tree lacks some of them, a number has
                another name, or there is another file.
        """
        import jax

        given = {"grad": grads, "weight": params, "update": updates}
        trees = {what: _by_name(tree) for what, tree in given.items() if tree is not None}
        if self._writer is None:
            self._writer = Writer(self._path, self._in_order(trees["grad"]), every=self._every)
        names = [name for name in self._writer.names if name in trees["grad"]]
        for what, tree in trees.items():
            if missing := [name for name in names if name not in tree]:
                allowed = "a tree like that of the gradients"
                raise InputError(what, f"a tree without {missing[0]}", allowed, "give the same one")
        if strange := [key for key in numbers if key not in SERIES]:
            raise InputError("step", strange[0], ", ".join(SERIES), "name one of these")
        numbers = {key: value for key, value in numbers.items() if value is not None}
        leaves = jax.tree_util.tree_leaves((step, trees, numbers))
        if not any(isinstance(leaf, jax.core.Tracer) for leaf in leaves):
            if int(step) % self._every == 0:
                measured = jax.jit(_measured, static_argnames="names")(trees, names=tuple(names))
                self._write(names, step, jax.device_get((measured, numbers)))
            return

        def record(values: Any) -> None:
            def arrived(step: Any, values: Any) -> None:
                self._write(names, step, values)

            jax.debug.callback(arrived, step, values, ordered=True)

        if self._every == 1:
            record((_measured(trees, names), numbers))
        else:
            jax.lax.cond(
                step % self._every == 0,
                lambda: record((_measured(trees, names), numbers)),
                lambda: None,
            )

    def close(self) -> None:
        """Wait until what was recorded in compiled functions is written, and close the file."""
        import jax

        jax.effects_barrier()
        if self._writer is not None:
            self._writer.close()

    def _in_order(self, gradients: dict[str, Any]) -> tuple[str, ...]:
        """The parameters to record."""
        known = sorted(gradients, key=natural)
        chosen = tuple(known if self._names is None else self._names)
        if not chosen or not set(chosen) & set(known):
            allowed = f"paths of gradients: {', '.join(known[:4]) or 'there are none'}"
            raise InputError("names", ", ".join(chosen), allowed, "give some of these, or no names")
        return chosen

    def _write(self, names: list[str], step: Any, values: Any) -> None:
        """Numbers that have come from the device."""
        by_parameter, numbers = values
        writer = self._writer
        if writer is None:
            return
        told = {}
        for what, found in by_parameter.items():
            by_name = dict(zip(names, np.asarray(found, float).tolist(), strict=True))
            told[what] = [by_name.get(name) for name in writer.names]
        with np.errstate(over="ignore"):
            total = float(np.hypot.reduce(np.asarray(by_parameter["grad"], float)))
        writer.write(
            int(step),
            {"total_norm": total, **{key: float(one) for key, one in numbers.items()}, **told},
        )


def _by_name(tree: Any) -> dict[str, Any]:
    """The arrays of floating numbers in a tree, by their path; those of 16 bits in 32."""
    import jax

    found = {}
    for path, leaf in jax.tree_util.tree_leaves_with_path(tree):
        array = jax.numpy.asarray(leaf)
        if jax.numpy.issubdtype(array.dtype, jax.numpy.inexact):
            wide = jax.numpy.promote_types(array.dtype, jax.numpy.float32)
            name = jax.tree_util.keystr(path, simple=True, separator="/")
            found[name.removeprefix("params/").removesuffix("/value")] = array.astype(wide)
    return found


def _measured(trees: dict[str, dict[str, Any]], names: Sequence[str]) -> dict[str, Any]:
    """Norms by what they are of, and the share of gradients that is not finite."""
    import jax

    whole = {what: [tree[name] for name in names] for what, tree in trees.items()}
    return {
        **{what: norms(jax.numpy, arrays) for what, arrays in whole.items()},
        "not_finite": not_finite(jax.numpy, whole["grad"]),
    }
