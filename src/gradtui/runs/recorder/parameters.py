"""The parameters of a PyTorch model: what they are called, in which order, and what is here."""

from __future__ import annotations

import re
from typing import Any

import torch

_WRAPPERS = re.compile(
    r"(?:^|(?<=\.))(?:_orig_mod|_fsdp_wrapped_module|_checkpoint_wrapped_module)\."
)
"""What `torch.compile`, FSDP and activation checkpointing put into a parameter's name."""
_HOLDERS = frozenset({"DistributedDataParallel", "DataParallel", "DeepSpeedEngine"})


def unwrapped(model: Any) -> Any:
    """The user's own model, of one that is compiled or distributed."""
    while True:
        if hasattr(model, "_orig_mod"):
            model = model._orig_mod
        elif type(model).__name__ in _HOLDERS:
            model = model.module
        else:
            return model


def named(model: Any) -> dict[str, Any]:
    """The parameters that learn, by the name that the user knows; one with two names once."""
    return {
        _WRAPPERS.sub("", name): parameter
        for name, parameter in model.named_parameters()
        if parameter.requires_grad
    }


class FirstUse:
    """In which order parameters are used, seen in the first pass; no hook stays behind.

    A compiled model is left alone, as hooks would have it compiled anew.

    Args:
        model: the user's own.
        parameters: by name, in the order in which the model has them.
    """

    def __init__(self, model: Any, parameters: dict[str, Any]) -> None:
        self._parameters = parameters
        self._used: dict[int, int] = {}
        modules = list(model.modules())
        if any(map(_is_compiled, modules)):
            modules = []
        self._hooks = [
            module.register_forward_pre_hook(self._look) for module in modules if _own(module)
        ]

    def _look(self, module: Any, args: Any) -> None:
        for parameter in _own(module):
            self._used.setdefault(id(parameter), len(self._used))

    def names(self) -> tuple[str, ...]:
        """The names in that order: one that was not seen comes after the one before it."""
        for hook in self._hooks:
            hook.remove()
        self._hooks = []
        order: dict[str, int] = {}
        last = -1
        for name, parameter in self._parameters.items():
            last = order[name] = self._used.get(id(parameter), last)
        return tuple(sorted(order, key=lambda name: order[name]))


def _own(module: Any) -> list[Any]:
    """The parameters of a module itself."""
    return [one for one in module._parameters.values() if one is not None]


def _is_compiled(module: Any) -> bool:
    return hasattr(module, "_orig_mod") or getattr(module, "_compiled_call_impl", None) is not None


def here(tensor: Any) -> Any:
    """What of a tensor this process holds: its shard, or all of it."""
    return tensor.to_local() if hasattr(tensor, "to_local") else tensor


def counted_elsewhere(parameter: Any) -> bool:
    """Whether what is here is a copy of what an earlier rank holds and tells."""
    mesh = getattr(parameter, "device_mesh", None)
    if mesh is None:
        return False
    place = mesh.get_coordinate() or ()
    return any(
        at > 0 and placement.is_replicate()
        for at, placement in zip(place, parameter.placements, strict=True)
    )


def ranks(model: Any, parameters: dict[str, Any]) -> tuple[int, int] | None:
    """Which rank of how many records: None where another does, which has all that is here."""
    spread = torch.distributed
    if not spread.is_available() or not spread.is_initialized() or spread.get_world_size() == 1:
        return 0, 1
    if any(hasattr(one, "to_local") or hasattr(one, "ds_id") for one in parameters.values()) or any(
        type(module).__name__ == "FullyShardedDataParallel" for module in model.modules()
    ):
        return spread.get_rank(), spread.get_world_size()
    return (0, 1) if spread.get_rank() == 0 else None
