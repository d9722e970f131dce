"""One forward and one backward pass of a PyTorch network, looked at module by module.

The model is left as it was: gradients are asked of autograd and put into no `.grad`; buffers, such
as BatchNorm's running statistics, and the states of the random numbers are put back; hooks are
taken away, also after an error. What a module keeps in attributes of its own, such as a counter,
is not put back.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from gradtui.errors import InputError
from gradtui.mathematics.activations import Activation
from gradtui.runs.recorder.norms import log10_norm, together
from gradtui.runs.recorder.units import Flatness, activation_of, gives_channels

SLOPES, WEIGHTS, NORM, OTHER = "f′", "weights", "norm", "other"


@dataclass(eq=False)
class Use:
    """One use of a module that calls no other: in the order in which they ran.

    Logarithms are of base 10 and norms Frobenius norms; nan where there is nothing, -inf for an
    exact 0, inf for what is not finite.

    Attributes:
        name: the module's in the model.
        module: it.
        role: what it makes of a gradient: f′, weights, norm, or other.
        f: the activation that it applies to each value, if it is one that gradtui knows.
        signal: log10 of the root mean square of its output.
        gradient: log10 ‖∂L/∂output‖.
        largest: log10 of the largest entry of that.
        arrives: log10 ‖∂L/∂input‖, of this use alone; nan where none is asked for.
        saturated: the share of values with |f′| below 1 % of its maximum.
        dead: the share of units with f′ = 0 for the whole batch.
        smallest_normal: the smallest normal number of the gradient's type, and `dtype` its name.
        given: the first tensor that went in, and `output` what came out.
    """

    name: str
    module: Any
    role: str
    f: Activation | None
    innermost: bool = True
    signal: float = math.nan
    gradient: float = math.nan
    largest: float = math.nan
    arrives: float = math.nan
    saturated: float = math.nan
    dead: float = math.nan
    smallest_normal: float = 0.0
    dtype: str = ""
    given: Any = None
    output: Any = None

    def take_gradient(self, gradient: Any) -> None:
        """∂L/∂ one of the outputs."""
        import torch

        norm, largest = log10_norm(gradient)
        self.gradient = together(self.gradient, norm)
        self.largest = largest if math.isnan(self.largest) else max(self.largest, largest)
        self.smallest_normal = torch.finfo(gradient.dtype).tiny
        self.dtype = str(gradient.dtype).removeprefix("torch.")

    def take_arriving(self, gradient: Any) -> None:
        """∂L/∂ one of the inputs."""
        self.arrives = together(self.arrives, log10_norm(gradient)[0])


@dataclass(frozen=True, eq=False)
class Pass:
    """What one pass has shown.

    Attributes:
        uses: of each module that calls no other, in the order in which they ran.
        parameters: names in the order in which they were used, then those that were not.
        gradients: log10 of the norm by parameter; nan of what is frozen or takes no part.
        weights: log10 of the norm by parameter.
        loss: the loss.
        inputs: what the model was given, and `output` what it gave.
        training: whether it was in training mode.
    """

    uses: tuple[Use, ...]
    parameters: tuple[str, ...]
    gradients: tuple[float, ...]
    weights: tuple[float, ...]
    loss: float
    inputs: tuple[Any, ...]
    output: Any
    training: bool


def one_pass(model: Any, inputs: Any, loss: Callable[[Any], Any]) -> Pass:
    """Run the model forward and back once.

    Args:
        model: a `torch.nn.Module`; of one that is compiled, what was compiled.
        inputs: a tuple: its arguments; a mapping: its arguments by name; else its one argument.
        loss: from the model's output to the loss, a tensor with one number.

    Raises:
        InputError: the model is none, has not seen its first batch, or the loss is no number that
            depends on a parameter.
    """
    import torch

    from gradtui.runs.recorder.parameters import unwrapped

    model = unwrapped(model)
    named = _parameters(model)
    arguments, by_name = _arguments(inputs)
    seen = _Seen(model)
    with ExitStack() as kept:
        kept.enter_context(_as_it_was(model))
        kept.enter_context(seen)
        kept.enter_context(torch.inference_mode(False))
        kept.enter_context(torch.enable_grad())
        output = model(*arguments, **by_name)
        value = _number(loss(output))
        seen.over = True  # what is computed anew on the way back is no further use
        learning = {name: p for name, p in named.items() if p.requires_grad}
        found = torch.autograd.grad(value, tuple(learning.values()), allow_unused=True)
    gradients = {
        name: log10_norm(gradient)[0]
        for name, gradient in zip(learning, found, strict=True)
        if gradient is not None
    }
    names = _in_order(seen.every, named)
    return Pass(
        tuple(use for use in seen.every if use.innermost),
        names,
        tuple(gradients.get(name, math.nan) for name in names),
        tuple(log10_norm(named[name])[0] for name in names),
        float(value.detach()),
        (*arguments, *by_name.values()),
        output,
        bool(model.training),
    )


def _parameters(model: Any) -> dict[str, Any]:
    """The parameters by name, each once."""
    from torch import nn

    if not isinstance(model, nn.Module):
        allowed = "a torch.nn.Module"
        raise InputError("model", type(model).__name__, allowed, "give the model itself")
    named = dict(model.named_parameters())
    if any(nn.parameter.is_lazy(one) for one in named.values()):
        raise InputError(
            "model",
            type(model).__name__,
            "one that has its parameters: lazy modules get theirs from a first batch",
            "run it on one first",
        )
    return named


def _arguments(inputs: Any) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """What the model is called with."""
    if isinstance(inputs, Mapping):
        return (), dict(inputs)
    return (inputs if type(inputs) is tuple else (inputs,)), {}


def _number(value: Any) -> Any:
    """The loss, if it is one."""
    import torch

    what = f"a {type(value).__name__}"
    if isinstance(value, torch.Tensor):
        what = f"a tensor of shape {tuple(value.shape)}"
        if value.numel() == 1 and value.requires_grad and not value.is_complex():
            return value.reshape(())
        if value.numel() == 1:
            what += " that needs no gradient"
    raise InputError(
        "loss",
        what,
        "a tensor with one number that depends on a parameter",
        "give a function of the model's output, such as lambda y: y.square().mean()",
    )


def _in_order(every: list[Use], named: Mapping[str, Any]) -> tuple[str, ...]:
    """Names of parameters in the order in which their modules ran; then the others."""
    names = {id(parameter): name for name, parameter in named.items()}
    found: dict[str, None] = {}
    for use in every:
        for parameter in use.module.parameters(recurse=use.innermost):
            if id(parameter) in names:
                found[names[id(parameter)]] = None
    return (*found, *(name for name in named if name not in found))


@contextmanager
def _as_it_was(model: Any) -> Iterator[None]:
    """Put back the buffers and the state of the random numbers."""
    import torch

    tensors = [*model.parameters(), *model.buffers()]
    cards = {tensor.device for tensor in tensors if tensor.device.type == "cuda"}
    buffers = [
        (module, name, buffer, None if buffer is None else buffer.detach().clone())
        for module in model.modules()
        for name, buffer in module._buffers.items()
    ]
    modes = [(module, module.training) for module in model.modules()]
    ours, numpys = random.getstate(), np.random.get_state()  # noqa: NPY002
    with torch.random.fork_rng([card.index for card in cards]):
        try:
            yield
        finally:
            random.setstate(ours)
            np.random.set_state(numpys)  # noqa: NPY002
            for module, mode in modes:
                module.training = mode
            with torch.no_grad():
                for module, name, buffer, was in buffers:
                    now = module._buffers.get(name)
                    # One that has another shape is a cache that grew, and the module knows of it.
                    if was is not None and now is not None and now.shape == was.shape:
                        module._buffers[name] = buffer.copy_(was)


@dataclass(eq=False)
class _Seen:
    """Hooks on every module, and what they have seen.

    Attributes:
        every: the uses of modules in the order in which they began, also of those that call others.
        over: whether the forward pass is.
    """

    model: Any
    every: list[Use] = field(default_factory=list)
    over: bool = False
    _open: list[Use] = field(default_factory=list)
    _channels: bool | None = None
    _handles: list[Any] = field(default_factory=list)
    _names: dict[Any, str] = field(default_factory=dict)
    _times: dict[Any, int] = field(default_factory=dict)

    def __enter__(self) -> None:
        for name, module in self.model.named_modules():
            self._names[module] = name or type(module).__name__
            begins = module.register_forward_pre_hook(self._begins, with_kwargs=True)
            ends = module.register_forward_hook(self._ends)
            self._handles += [begins, ends]

    def __exit__(self, *_: object) -> None:
        for handle in self._handles:
            handle.remove()

    def _begins(self, module: Any, args: Any, kwargs: Any) -> Any:
        """Look at what goes in, before a module that works in place overwrites it."""
        if self.over:
            return None
        times = self._times[module] = self._times.get(module, 0) + 1
        name = self._names[module] if times == 1 else f"{self._names[module]}:{times}"
        use = Use(name, module, _role(module), activation_of(module))
        if self._open:
            self._open[-1].innermost = False
        self._open.append(use)
        self.every.append(use)
        given = [one for one in (*args, *kwargs.values()) if _is_real(one)]
        use.given = given[0] if given else None
        if use.f is not None and given and given[0].numel():
            flatness = Flatness(use.f)
            saturated, dead = flatness.of(given[0], self._channels)
            use.dead = float(dead.double().mean())
            if flatness.bounded:
                use.saturated = int(saturated) / given[0].numel()
        return _apart(use, args, kwargs)

    def _ends(self, module: Any, args: Any, output: Any) -> None:
        """Look at what comes out."""
        # An error that the model itself catches leaves modules that never end.
        while not self.over and self._open and (use := self._open.pop()):
            if use.module is not module:
                continue
            self._channels = _or(gives_channels(module), self._channels)
            use.output = output
            given = list(_tensors(output))
            sizes = [log10_norm(one)[0] for one in given]
            for size in sizes:
                use.signal = together(use.signal, size)
            use.signal -= 0.5 * math.log10(max(sum(one.numel() for one in given), 1))
            for one in given:
                if one.requires_grad:
                    one.register_hook(use.take_gradient)
            return


def _apart(use: Use, args: Any, kwargs: Any) -> Any:
    """Let ∂L/∂input be that of this use alone: of what others use too, it is given a view.

    A module that has others is left alone, and one that works in place has its input for itself.
    """
    if next(use.module.children(), None) is not None:
        return None
    in_place = bool(getattr(use.module, "inplace", False))

    def own(one: Any) -> Any:
        if not _is_real(one) or not one.requires_grad:
            return one
        view = one if in_place else one.view_as(one)
        view.register_hook(use.take_arriving)
        return view

    return tuple(map(own, args)), {key: own(one) for key, one in kwargs.items()}


def _role(module: Any) -> str:
    """Which part of the chain rule a module is; norms of others by what they are called."""
    from torch import nn

    if activation_of(module) is not None or isinstance(module, (nn.PReLU, nn.RReLU)):
        return SLOPES
    if "Norm" in type(module).__name__:
        return NORM
    weight = module._parameters.get("weight")
    embeds = isinstance(module, (nn.Embedding, nn.EmbeddingBag))
    return WEIGHTS if weight is not None and weight.ndim > 1 and not embeds else OTHER


def _is_real(value: Any) -> bool:
    """Whether it is a tensor of floating numbers."""
    import torch

    return isinstance(value, torch.Tensor) and value.is_floating_point()


def _tensors(output: Any) -> Iterator[Any]:
    """The tensors of floating numbers in what a module gives."""
    if _is_real(output):
        yield output
    elif isinstance(output, Mapping):
        for one in output.values():
            yield from _tensors(one)
    elif isinstance(output, (tuple, list)):
        for one in output:
            yield from _tensors(one)


def _or(told: bool | None, before: bool | None) -> bool | None:
    return before if told is None else told
