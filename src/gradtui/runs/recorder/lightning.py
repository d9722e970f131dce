"""Records the training of a Lightning module."""

from __future__ import annotations

import os
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from gradtui.runs.recorder.recorder import Recorder


def lightning_recorder(path: str | os.PathLike[str], every: int = 1, **others: Any) -> Any:
    """A callback for `Trainer` that records what becomes of each parameter.

    For example `Trainer(callbacks=[lightning_recorder("run.jsonl")])`.

    Gradients are those that `on_before_optimizer_step` finds: after all of a step's batches, where
    gradients are accumulated, and before clipping. Steps are numbered as `trainer.global_step`
    is, and the loss is that of the step. Of several optimizers it is the first that is recorded.

    Args:
        path: the file, as `Recorder` takes it.
        every: record each step whose number is a multiple of it.
        others: `updates` and `units`, as `Recorder` takes them.

    Raises:
        InputError: as `Recorder` raises it, when the training begins.
    """
    # The same library has two names, and a trainer of one takes no callback of the other.
    only_old = find_spec("lightning") is None and find_spec("pytorch_lightning") is not None
    framework = import_module("pytorch_lightning" if only_old else "lightning.pytorch")
    made: Any = type("LightningRecorder", (_Recorder, framework.Callback), {})
    return made(path, every, others)


class _Recorder:
    """The methods of the callback."""

    def __init__(self, path: str | os.PathLike[str], every: int, others: dict[str, Any]) -> None:
        super().__init__()
        self._given, self._every, self._others = path, every, others
        self._recorder: Recorder | None = None
        self._loss: Any = None

    def on_train_start(self, trainer: Any, pl_module: Any) -> None:
        """Everything is in its place, and on its device."""
        by_norm = trainer.gradient_clip_algorithm != "value"
        self._optimizer = trainer.optimizers[0]
        self._scaler = getattr(trainer.precision_plugin, "scaler", None)
        self._recorder = Recorder(
            self._given,
            pl_module,
            self._optimizer,
            self._every,
            scaler=self._scaler,
            clip=(trainer.gradient_clip_val or None) if by_norm else None,
            **self._others,
        )

    def on_before_backward(self, trainer: Any, pl_module: Any, loss: Any) -> None:
        """The loss of a batch, already divided by how many batches make a step."""
        loss = loss.detach()
        if self._scaler is not None:
            loss = loss / self._scaler.scale(loss.new_ones(()))
        self._loss = loss if self._loss is None else self._loss + loss

    def on_before_optimizer_step(self, trainer: Any, pl_module: Any, optimizer: Any) -> None:
        """The gradients are there, and not yet clipped."""
        if self._recorder is not None and optimizer is self._optimizer:
            self._recorder.step(self._loss, step=trainer.global_step)
        self._loss = None

    def teardown(self, trainer: Any, pl_module: Any, stage: str) -> None:
        """The training has ended, in whichever way."""
        if self._recorder is not None:
            self._recorder.close()
            self._recorder = None
