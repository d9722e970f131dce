"""How many units of a PyTorch network are saturated or dead, module by module, by its hooks.

Seen are the modules of `torch.nn` and Transformers that apply an activation: a function that is
called without one, such as `torch.nn.functional.relu`, is not, nor are slopes that are learned or
random (PReLU, RReLU), nor what `torch.compile` has compiled. "Saturated" and "dead" mean what the
layers view means: |f′(z)| below 1 % of its maximum, and f′(z) = 0 for the whole batch.
"""

from __future__ import annotations

import math
from contextlib import suppress
from typing import Any

from gradtui.errors import InputError
from gradtui.mathematics.activations import Activation, activation
from gradtui.mathematics.network.flat import Intervals, where_saturated, where_zero

_ELEMENTWISE = {
    *("CELU", "ELU", "GELU", "LeakyReLU", "LogSigmoid", "Mish", "ReLU", "ReLU6", "SELU", "SiLU"),
    *("Sigmoid", "Softplus", "Softsign", "Tanh", "Tanhshrink", "Threshold"),
    *("Hardshrink", "Hardsigmoid", "Hardswish", "Hardtanh", "Softshrink"),
}
"""Modules of torch.nn, each with a function of gradtui's by the same name."""
_OF_TRANSFORMERS = {
    "FastGELUActivation": "gelu_tanh", "GELUActivation": "gelu", "GELUTanh": "gelu_tanh",
    "LinearActivation": "identity", "MishActivation": "mish", "NewGELUActivation": "gelu_tanh",
    "PytorchGELUTanh": "gelu_tanh", "QuickGELUActivation": "quick_gelu",
    "ReLUSquaredActivation": "relu_squared", "SiLUActivation": "silu",
}  # fmt: skip
"""Modules of transformers.activations, and the functions that they compute."""


def activation_of(module: Any) -> Activation | None:
    """The activation that a module applies to each value, with its parameters.

    None of one that is not from `torch.nn` or Transformers, whatever its name.
    """
    kind = type(module)
    if kind.__module__ == "transformers.activations" and kind.__name__ in _OF_TRANSFORMERS:
        return activation(_OF_TRANSFORMERS[kind.__name__])
    if kind.__name__ not in _ELEMENTWISE or not kind.__module__.startswith("torch.nn."):
        return None
    name = kind.__name__
    if name == "GELU" and module.approximate == "tanh":
        name = "gelu_tanh"
    f = activation(name)
    given = {key: float(getattr(module, key)) for key in f.parameters if hasattr(module, key)}
    with suppress(InputError):  # of what is beyond the ranges that gradtui knows
        return activation(f, **given)
    return None


def gives_channels(module: Any) -> bool | None:
    """Whether the units of what a module gives are on its second axis, or on its last.

    None of what leaves them where they are.
    """
    from torch import nn

    norms = nn.modules.batchnorm._BatchNorm, nn.modules.instancenorm._InstanceNorm, nn.GroupNorm
    if isinstance(module, (nn.modules.conv._ConvNd, *norms)):
        return True
    features = (nn.Linear, nn.Bilinear, nn.LayerNorm, nn.RMSNorm, nn.Embedding, nn.RNNBase)
    return False if isinstance(module, features) else None


def watch(model: Any) -> Units:
    """Watch the activation modules of a PyTorch model from here on.

    Args:
        model: a `torch.nn.Module`. Watch it before it is compiled or wrapped.
    """
    return Units(model)


class Units:
    """The shares of saturated and dead units since they were last asked for.

    Passes with gradients count, those under `torch.no_grad` do not. Nothing is sent to the host:
    sums stay where the tensors are, as tensors.

    A unit is a place of the last axis behind a Linear layer, a LayerNorm or a recurrent layer, and
    of the second one, a channel, behind a convolution or a BatchNorm. Of a module that is used
    more than once in a pass, the units of each use count on their own.

    Attributes:
        on: whether passes count; without, a hook costs next to nothing.
        names: the modules that are watched, in the order in which the model has them.
        channels: whether units are channels where the pass has come to; None if nothing tells.
    """

    def __init__(self, model: Any) -> None:
        self.on = True
        self.channels: bool | None = None
        self._watched: list[_Watched] = []
        self._hooks = [model.register_forward_pre_hook(self._begin)]
        for name, module in model.named_modules():
            f = activation_of(module)
            if f is not None:
                watched = _Watched(name or type(module).__name__, f, self)
                self._watched.append(watched)
                # Before it runs: in place, it overwrites what it is given.
                hook = module.register_forward_pre_hook(watched.look, with_kwargs=True)
                self._hooks.append(hook)
            elif (channels := gives_channels(module)) is not None:
                behind = self._behind_channels if channels else self._behind_features
                self._hooks.append(module.register_forward_hook(behind))
        self.names = tuple(watched.name for watched in self._watched)

    def shares(self) -> dict[str, dict[str, Any]]:
        """The shares since the last call, {"saturated": {name: 0-d tensor}, "dead": …}.

        Left out are modules that did not run, and `saturated` where f′ has no bound.
        """
        found: dict[str, dict[str, Any]] = {"saturated": {}, "dead": {}}
        for watched in self._watched:
            if watched.values:
                found["dead"][watched.name] = watched.dead_share()
                if watched.bounded:
                    found["saturated"][watched.name] = watched.saturated / watched.values
            watched.restart()
        return found

    def close(self) -> None:
        """Take the hooks away."""
        for hook in self._hooks:
            hook.remove()

    def _begin(self, module: Any, args: Any) -> None:
        self.channels = None
        for watched in self._watched:
            watched.use = 0

    def _behind_channels(self, module: Any, args: Any, output: Any) -> None:
        self.channels = True

    def _behind_features(self, module: Any, args: Any, output: Any) -> None:
        self.channels = False


class _Watched:
    """One activation module, and what was seen of it."""

    def __init__(self, name: str, f: Activation, units: Units) -> None:
        self.name, self.units, self.use = name, units, 0
        self.flatness = Flatness(f)
        self.bounded = self.flatness.bounded
        self.restart()

    def restart(self) -> None:
        """Forget what was seen."""
        self.saturated: Any = 0
        self.values = 0
        self.flat: dict[tuple[int, int], Any] = {}

    def look(self, module: Any, args: Any, kwargs: Any) -> None:
        """What goes into the module."""
        import torch

        given = [*args, *kwargs.values()]
        if not self.units.on or not torch.is_grad_enabled() or torch.compiler.is_compiling():
            return
        if not given or not isinstance(given[0], torch.Tensor) or not given[0].numel():
            return
        saturated, flat = self.flatness.of(given[0], self.units.channels)
        self.saturated = self.saturated + saturated
        self.values += given[0].numel()
        key = (self.use, flat.numel())
        self.flat[key] = self.flat[key] & flat if key in self.flat else flat
        self.use += 1

    def dead_share(self) -> Any:
        """Of all units, those that were flat throughout."""
        dead = sum(flat.sum() for flat in self.flat.values())
        return dead / sum(flat.numel() for flat in self.flat.values())


class Flatness:
    """Where an activation is flat, to be asked of tensors.

    Attributes:
        bounded: whether |f′| has a maximum that it could be small beside.
    """

    def __init__(self, f: Activation) -> None:
        self.bounded = math.isfinite(f.max_abs_derivative)
        self._saturated, self._zero = where_saturated(f), where_zero(f)

    def of(self, z: Any, channels: bool | None) -> tuple[Any, Any]:
        """How many values are saturated, and which units have f′ = 0 throughout, as tensors.

        Args:
            z: what goes into the activation, its first axis the batch.
            channels: whether its units are on its second axis and not on its last; None if
                nothing tells: then those of images are.
        """
        z = z.detach()
        saturated = _within(z, self._saturated)
        second = z.ndim > 3 if channels is None else channels and z.ndim > 1
        unit = 1 if second else z.ndim - 1
        others = [axis for axis in range(z.ndim) if axis != unit]
        zero = saturated if self._zero == self._saturated else _within(z, self._zero)
        return saturated.sum(), zero.all(dim=others) if others else zero.reshape(-1)


def _within(z: Any, intervals: Intervals) -> Any:
    """Where a tensor lies in one of some intervals."""
    import torch

    found = torch.zeros((), dtype=torch.bool, device=z.device).expand(z.shape)
    for low, high in intervals:
        if low == -math.inf:
            inside = z <= high
        elif high == math.inf:
            inside = z >= low
        else:
            inside = (z >= low) & (z <= high)
        found = found | inside
    return found
