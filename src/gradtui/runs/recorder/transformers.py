"""Records the training that Transformers' Trainer does."""

from __future__ import annotations

import os
from typing import Any

from gradtui.runs.recorder.recorder import Recorder


def transformers_recorder(path: str | os.PathLike[str], every: int = 1, **others: Any) -> Any:
    """A callback for `transformers.Trainer` that records what becomes of each parameter.

    For example `Trainer(model, args, callbacks=[transformers_recorder("run.jsonl")])`.

    Trainer calls no callback between `backward` and clipping, which it does by default, to 1:
    `on_pre_optimizer_step` comes after it. So a hook on the model's output waits for the end of
    each `backward`, and of a step's last one gradients are recorded, before clipping. The loss is
    what was trained, as far as the model returns it; a loss that is computed of its output is
    not recorded. Steps are numbered as `state.global_step` is.

    Args:
        path: the file, as `Recorder` takes it.
        every: record each step whose number is a multiple of it.
        others: `updates` and `units`, as `Recorder` takes them.

    Raises:
        InputError: as `Recorder` raises it, when the training begins.
    """
    from transformers import TrainerCallback

    made: Any = type("TransformersRecorder", (_Recorder, TrainerCallback), {})
    return made(path, every, others)


class _Recorder:
    """The methods of the callback."""

    def __init__(self, path: str | os.PathLike[str], every: int, others: dict[str, Any]) -> None:
        super().__init__()
        self._given, self._every, self._others = path, every, others
        self._loss: Any = None

    def on_train_begin(self, args: Any, state: Any, control: Any, **there: Any) -> None:
        """The model and the optimizer are in their places."""
        import torch

        self._scaler = getattr(there["optimizer"], "scaler", None)
        self._recorder = Recorder(
            self._given,
            there["model"],
            there["optimizer"],
            self._every,
            scaler=self._scaler,
            clip=args.max_grad_norm or None,
            **self._others,
        )
        self._state = state
        look = torch.compiler.disable(self._look)
        self._hook = there["model"].register_forward_hook(look)

    def _look(self, model: Any, inputs: Any, output: Any) -> None:
        """Wait for the gradient of what a pass gives, which comes first in its `backward`."""
        import torch

        loss = output.get("loss") if hasattr(output, "get") else None
        values = output.values() if hasattr(output, "values") else output
        values = [values] if torch.is_tensor(values) else list(values)
        first: Any = loss if loss is not None else next(filter(_learns, values), None)
        if torch.is_grad_enabled() and _learns(first):
            first.register_hook(lambda g: self._begin(first.detach(), g, loss is not None))

    def _begin(self, value: Any, gradient: Any, is_loss: bool) -> None:
        """A `backward` has begun."""
        import torch

        if is_loss:
            # Its gradient is its part in what is trained: 1, unless gradients are accumulated.
            loss = (value * gradient).sum()
            if self._scaler is not None:
                loss = loss / self._scaler.scale(loss.new_ones(()))
            self._loss = loss if self._loss is None else self._loss + loss
        engine = torch.autograd.Variable._execution_engine
        # What DDP and FSDP still have to do is queued by the end: this goes behind it.
        engine.queue_callback(lambda: engine.queue_callback(self._end))

    def _end(self) -> None:
        """A `backward` has ended: the gradients are there if it was a step's last."""
        from accelerate.state import GradientState

        if GradientState().sync_gradients:
            self._recorder.step(self._loss, step=self._state.global_step)
            self._loss = None

    def on_train_end(self, args: Any, state: Any, control: Any, **there: Any) -> None:
        """The training has ended."""
        self._hook.remove()
        self._recorder.close()


def _learns(value: Any) -> bool:
    return getattr(value, "requires_grad", False)
