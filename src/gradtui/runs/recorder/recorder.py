"""Records the training of a PyTorch model, step by step, in the user's own script."""

from __future__ import annotations

import math
import os
from typing import TYPE_CHECKING, Any

from gradtui.errors import InputError
from gradtui.runs.recorder.writer import Writer

if TYPE_CHECKING:
    from gradtui.runs.recorder.step import Step


class Recorder:
    """Records what becomes of each parameter, by two lines in a training loop.

    For example::

        recorder = Recorder("run.jsonl", model, optimizer)
        for inputs, targets in loader:
            loss = criterion(model(inputs), targets)
            loss.backward()
            recorder.step(loss)        # after backward, before clipping
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            optimizer.zero_grad()

    `gradtui run run.jsonl` then shows the run, and `gradtui watch run.jsonl` while it trains.

    By parameter, in the order in which the first pass uses them, are recorded: the norms of its
    gradient, of the weight before the step, and of what the step added; the share of the
    gradient's elements that are nan or infinite, and that float16 would make zero; and the share
    of the weights whose update bfloat16 would swallow. By step: the loss, the norm of the whole
    gradient, the learning rate (of the first group), the scale of a loss scaler and how many
    steps it skipped, and the norm to which you clip. All of a step is fetched from the device at
    once, after `optimizer.step()`.

    - Call `step` once for each `optimizer.step()`: where gradients are accumulated, after the
      last `backward`. Without the call, gradients are recorded as the optimizer is given them,
      which is after clipping.
    - With a `torch.amp.GradScaler`, give it as `scaler`: norms are divided by that step's scale.
      Where float16 is asked about, the gradient is as `backward` left it, the scale included.
    - An update is w′ − w, for which a copy of the weights is kept: it costs as much memory as the
      weights that learn; `updates=False` spares it. Of 16-bit weights it is what was stored,
      rounding and all.
    - Make it after the model is compiled, wrapped or moved, and after what is frozen is frozen.
      A tied weight is recorded once, by its first name. Under FSDP, which shards, each rank
      writes a file into the folder `path`, and `gradtui run path` puts them together; under DDP
      rank 0 records.
    - A training that is carried on appends to its own file. Steps are counted from 0, or from
      where the optimizer's state says; `step(loss, step=…)` says it otherwise.

    Args:
        path: the file, JSON Lines as `gradtui.runs.formats.recording` describes them. Folders
            on the way are made; what is no recording is refused.
        model: a `torch.nn.Module`.
        optimizer: the one that trains it. Without, neither updates nor the learning rate are
            recorded.
        every: record each step whose number is a multiple of it.
        scaler: the loss scaler, if there is one.
        clip: the norm to which the gradient is clipped after `recorder.step`, to be recorded.
        updates: whether updates are recorded.
        units: whether the shares of saturated and dead units are recorded, by activation module.

    Attributes:
        path: the file; None on a rank that records nothing.

    Raises:
        InputError: the model has nothing that learns, an argument is none that is allowed, or
            the file cannot be written.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        model: Any,
        optimizer: Any = None,
        every: int = 1,
        *,
        scaler: Any = None,
        clip: float | None = None,
        updates: bool = True,
        units: bool = False,
    ) -> None:
        from gradtui.runs.recorder import parameters

        _check(model, every, clip)
        model = parameters.unwrapped(model)
        named = parameters.named(model)
        if not named:
            raise InputError(
                "model",
                type(model).__name__,
                "one with parameters that learn",
                "make the recorder after the layers, and with requires_grad set",
            )
        self._optimizer = _hooked(optimizer)
        self._every, self._clip, self._updates = every, clip, updates
        self._scaler = scaler if scaler is not None and scaler.is_enabled() else None
        self._named = named
        self._number = -1
        self._called = False
        self._waiting: Step | None = None
        self._kept: dict[int, Any] = {}
        self._skipped = 0
        self._found_inf: Any = None
        self._units: Any = None
        self._writer: Writer | None = None
        self._hooks: list[Any] = []
        self.path = None
        rank = parameters.ranks(model, named)
        if rank is None:
            return
        self._sharded = rank[1] > 1
        dtypes = {name: str(one.dtype).removeprefix("torch.") for name, one in named.items()}
        self._writer = Writer(path, named, every=every, rank=rank[0], ranks=rank[1], dtypes=dtypes)
        self.path = self._writer.path
        self._first_use: parameters.FirstUse | None = parameters.FirstUse(model, named)
        if units:
            from gradtui.runs.recorder.units import watch

            self._units = watch(model)
        if self._optimizer is not None:
            self._hooks = [
                self._optimizer.register_step_pre_hook(self._before_step),
                self._optimizer.register_step_post_hook(self._after_step),
            ]

    def step(self, loss: Any = None, *, step: int | None = None) -> None:
        """Measure the gradients, between the last `backward` of a step and clipping.

        Args:
            loss: a number or a tensor of one, to be recorded.
            step: the number of the step, where you count yourself.

        Raises:
            InputError: the loss is more than one number.
        """
        if self._writer is None:
            return
        if self._first_use is not None:
            self._writer.names = self._first_use.names()
            self._named = {name: self._named[name] for name in self._writer.names}
            self._first_use = None
            self._number = _steps_done(self._optimizer) - 1
        if self._called and self._scaler is not None:
            self._skip()
        again, self._called = self._called, self._optimizer is not None
        if step is not None:
            self._number = int(step)
        elif not again:
            self._number += 1
        self._waiting = None
        if self._number % self._every == 0:
            self._waiting = self._measured(loss)
            if self._optimizer is not None and self._updates and not again:
                self._waiting.keep_weights(self._kept)
        if self._optimizer is None:
            self._end()

    def close(self) -> None:
        """End the recording, and take the hooks away; a last step that was skipped is written."""
        if self._called and self._scaler is not None:
            self._skip()
        for hook in self._hooks:
            hook.remove()
        if self._units is not None:
            self._units.close()
        if self._writer is not None:
            self._writer.close()
        self._writer, self._waiting, self._hooks, self._kept = None, None, [], {}

    def __enter__(self) -> Recorder:
        return self

    def __exit__(self, *args: object) -> None:
        self.close()

    def _measured(self, loss: Any) -> Step:
        """A step, as far as it is known before the optimizer is called."""
        import torch

        from gradtui.runs.recorder.step import Step

        step = Step(self._number, list(self._named.values()), sharded=self._sharded)
        step.put("loss", loss)
        scale = None
        if self._scaler is not None:
            device = next(iter(self._named.values())).device
            scale = self._scaler.scale(torch.ones((), device=device))
        step.measure_gradients(scale, unscaled=_unscaled(self._scaler, self._optimizer))
        if self._optimizer is not None:
            step.put("lr", self._optimizer.param_groups[0]["lr"])
        if self._optimizer is None or not self._updates:
            step.measure_weights()
        if self._units is not None:
            step.put_units(self._units.shares())
        return step

    def _before_step(self, optimizer: Any, args: Any, kwargs: Any) -> None:
        """The optimizer is about to step; one with a closure has the gradients only in there."""
        closure = kwargs.get("closure", args[1] if len(args) > 1 else None)
        if not self._called and closure is None:
            self.step()

    def _after_step(self, optimizer: Any, args: Any, kwargs: Any) -> None:
        """The optimizer has stepped."""
        # A fused one is called for a step that is to be skipped, too, and told so.
        found = getattr(optimizer, "found_inf", None)
        if found is not None:
            found = (found.detach() > 0.0).double()
            self._found_inf = found if self._found_inf is None else self._found_inf + found
        if self._waiting is not None and self._updates:
            self._waiting.measure_updates(self._kept)
        self._called = False
        self._end()

    def _skip(self) -> None:
        """The optimizer was not called for a step: the loss scaler skipped it."""
        self._skipped += 1
        self._called = False
        self._end()

    def _end(self) -> None:
        """Write the step that waits."""
        step, self._waiting = self._waiting, None
        if self._units is not None:
            self._units.on = (self._number + 1) % self._every == 0
        if step is None or self._writer is None:
            return
        step.put("found_inf", self._found_inf)
        values, found_inf = step.values()
        if self._scaler is not None:
            values["skipped"] = self._skipped + found_inf
        values["clip"] = self._clip
        self._skipped, self._found_inf = 0, None
        self._writer.write(step.number, values)


def _check(model: Any, every: int, clip: float | None) -> None:
    """Raise an `InputError` where an argument is none that is allowed."""
    if not callable(getattr(model, "named_parameters", None)):
        raise InputError(
            "model", type(model).__name__, "a torch.nn.Module", "give the model that is trained"
        )
    if isinstance(every, bool) or not isinstance(every, int) or every < 1:
        raise InputError("every", every, "a whole number of 1 or more", "try 10")
    if clip is not None and not (math.isfinite(clip) and clip > 0.0):
        raise InputError("clip", clip, "a number above 0", "give the norm that you clip to")


def _hooked(optimizer: Any) -> Any:
    """The optimizer itself, of one that Accelerate or Lightning has wrapped."""
    given = optimizer
    while hasattr(optimizer, "optimizer"):
        optimizer = optimizer.optimizer
    if optimizer is not None and not hasattr(optimizer, "register_step_post_hook"):
        raise InputError(
            "optimizer",
            type(given).__name__,
            "a torch.optim.Optimizer",
            "leave it out: all but updates and the learning rate is recorded then",
        )
    return optimizer


def _steps_done(optimizer: Any) -> int:
    """How many steps an optimizer's state says are done: 0 where it says nothing."""
    states = () if optimizer is None else optimizer.state.values()
    return max((int(one["step"]) for one in states if "step" in one), default=0)


def _unscaled(scaler: Any, optimizer: Any) -> bool:
    """Whether `scaler.unscale_` was called already: its own note of that is private."""
    states = getattr(scaler, "_per_optimizer_states", {})
    stage = states.get(id(optimizer), {}).get("stage") if hasattr(states, "get") else None
    return getattr(stage, "name", "READY") != "READY"
