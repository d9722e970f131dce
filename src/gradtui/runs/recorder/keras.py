"""Records the training of a Keras model, on the backends JAX and PyTorch."""

from __future__ import annotations

import os
from typing import Any

import numpy as np

from gradtui.errors import InputError
from gradtui.runs.recorder.arrays import norms, not_finite
from gradtui.runs.recorder.writer import Writer

_BACKENDS = ("jax", "torch")


def keras_recorder(path: str | os.PathLike[str], every: int = 1) -> Any:
    """A callback for `model.fit` that records what becomes of each parameter.

    For example `model.fit(x, y, callbacks=[keras_recorder("run.jsonl")])`.

    Keras hands no gradients to callbacks: while it trains, this one stands between the model and
    its optimizer's `apply`, where they are those before clipping, and unscaled where a
    LossScaleOptimizer scales. Recorded are the norms of gradients, weights and updates, and the
    share that is not finite, by parameter; the norm of the whole gradient; and as `loss` what
    Keras tells its callbacks, which is the mean since the epoch began.

    Args:
        path: the file, JSON Lines as `gradtui.runs.formats.recording` describes them.
        every: record each step whose number is a multiple of it.

    Raises:
        InputError: every is no whole number from 1 on; or, when it trains, the backend is another
            one, or there is another file.
    """
    import keras

    if not isinstance(every, int) or every < 1:
        raise InputError("every", every, "a whole number from 1 on", "give 1 for every step")
    made: Any = type("KerasRecorder", (_Recorder, keras.callbacks.Callback), {})
    return made(path, every)


class _Recorder:
    """The methods of the callback."""

    model: Any

    def __init__(self, path: str | os.PathLike[str], every: int) -> None:
        super().__init__()
        self._path, self._every = path, every
        self._told: list[tuple[int, Any]] = []
        self._writer: Writer | None = None
        self._optimizer: Any = None

    def on_train_begin(self, logs: Any = None) -> None:
        """Stand between the model and its optimizer."""
        import keras

        backend = keras.backend.backend()
        if backend not in _BACKENDS:
            next_step = "set KERAS_BACKEND to one of them, or record TensorBoard's histograms"
            raise InputError("backend", backend, " or ".join(_BACKENDS), next_step)
        variables = self.model.trainable_variables
        if self._writer is None:
            names = [one.path.removeprefix(f"{self.model.name}/") for one in variables]
            self._writer = Writer(self._path, names, every=self._every)
        self._places = {id(variable): place for place, variable in enumerate(variables)}
        outer = self.model.optimizer
        self._optimizer = getattr(outer, "inner_optimizer", outer)
        self._apply = self._optimizer.apply
        self._optimizer.apply = self._recorded
        self.model.make_train_function(force=True)  # an older one has compiled the bare `apply`

    def on_train_end(self, logs: Any = None) -> None:
        """Leave the optimizer as it was."""
        del self._optimizer.apply
        self.model.train_function = None

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        """Write what has come from the device."""
        import keras

        if keras.backend.backend() == "jax":
            import jax

            jax.effects_barrier()
        writer, told, self._told = self._writer, self._told, []
        for step, values in told:
            assert writer is not None
            if step % self._every:
                continue
            lists: dict[str, Any] = {what: [None] * len(writer.names) for what in values}
            for what, found in values.items():
                for place, value in found.items():
                    lists[what][place] = float(value)
            norm = np.hypot.reduce([float(value) for value in values["grad"].values()])
            loss = (logs or {}).get("loss") if step == told[-1][0] else None
            numbers = {"loss": None if loss is None else float(loss), "total_norm": float(norm)}
            writer.write(step, numbers | lists)

    def _recorded(self, grads: Any, trainable_variables: Any = None) -> Any:
        """`apply`, looked at: also where it is traced to be compiled."""
        import keras

        jax_backend = keras.backend.backend() == "jax"
        step = self._optimizer.iterations.value
        if not jax_backend:
            step = int(step)  # it goes on in place
            if step % self._every:
                return self._apply(grads, trainable_variables)
        variables = trainable_variables or self._optimizer._trainable_variables
        pairs = [
            (self._places[id(variable)], gradient, variable)
            for gradient, variable in zip(grads, variables, strict=True)
            if gradient is not None
        ]
        before = [keras.ops.copy(variable.value) for *_, variable in pairs]
        applied = self._apply(grads, trainable_variables)
        arrays = {
            "grad": [gradient for _, gradient, _ in pairs],
            "weight": before,
            "update": [one.value - old for (*_, one), old in zip(pairs, before, strict=True)],
        }
        wide = {what: [_wide(one) for one in some] for what, some in arrays.items()}
        values = {what: norms(keras.ops, some) for what, some in wide.items()}
        values["not_finite"] = not_finite(keras.ops, wide["grad"])
        places = [place for place, *_ in pairs]

        def arrived(step: Any, values: Any) -> None:
            by_place = {
                what: dict(zip(places, np.asarray(found, float).tolist(), strict=True))
                for what, found in values.items()
            }
            self._told.append((int(step), by_place))

        if jax_backend:
            import jax

            jax.debug.callback(arrived, step, values)
        else:
            arrived(step, {what: found.cpu() for what, found in values.items()})
        return applied


def _wide(array: Any) -> Any:
    """Of 16 bits in 32."""
    import keras

    return keras.ops.cast(array, "float32") if "16" in str(array.dtype) else array
