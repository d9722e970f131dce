"""Which of the things in a checkpoint are the weights."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from gradtui.errors import printable
from gradtui.runs.weights.known import Strided

_DEEPEST = 64
_STATE_DICTS = (
    "state_dict", "model_state_dict", "model_state", "model", "module", "net", "weights",
    "params",
)  # fmt: skip
"""Where training scripts put the weights, the usual first."""
_NO_WEIGHTS = (
    "optim", "opt_state", "lr_sched", "sched", "hyper_parameters", "hparams", "callbacks", "loops",
    "rng", "scaler", "grad_scaler", "amp", "args", "config", "datamodule",
)  # fmt: skip
"""How the names begin under which there is something else."""


@dataclass
class State:
    """The weights of a checkpoint.

    Attributes:
        tensors: by name.
        under: the name under which they were, "" for the checkpoint itself.
        beside: other names under which there are tensors.
    """

    tensors: dict[str, Strided] = field(default_factory=dict)
    under: str = ""
    beside: tuple[str, ...] = ()

    @property
    def notes(self) -> tuple[str, ...]:
        """What is to be known of it."""
        if not self.beside:
            return ()
        first = ", ".join(printable(name)[:40] for name in self.beside[:4])
        more = f" and {len(self.beside) - 4:,} more" if len(self.beside) > 4 else ""
        of = f"the weights of {printable(self.under)[:40]}" if self.under else "the weights"
        return (f"These are {of}; left out: {first}{more}.",)


def state_of(root: object) -> State:
    """The weights in what a checkpoint holds.

    A dictionary that has tensors itself is a state_dict. Else they are under one of the usual
    names, and if there is none, everything that is no optimizer's.
    """
    if isinstance(root, Strided):
        return State({"tensor": root})
    entries = dict(_entries(root))
    if _is_optimizer(root):
        return State(beside=tuple(entries))
    having = {name: found for name, value in entries.items() if (found := _tensors(value, ""))}
    direct = any(isinstance(value, Strided) for value in entries.values())
    useful = [name for name in having if not name.lower().startswith(_NO_WEIGHTS)]
    usual = next((name for name in _STATE_DICTS if name in having), None)
    if not direct and usual is None and len(useful) == 1:
        usual = useful[0]
    if not direct and usual is not None:
        beside = tuple(name for name in having if name != usual)
        return State(_tensors(entries[usual], ""), usual, beside)
    taken: dict[str, Strided] = {}
    for name in useful if not direct else having:
        taken.update(_tensors(entries[name], name))
    return State(taken, beside=() if direct else tuple(n for n in having if n not in useful))


def _entries(value: object) -> Iterator[tuple[str, object]]:
    """What stands in a container, by name."""
    if isinstance(value, dict):
        # Numbers as names: only an optimizer's parameters have them, by their place.
        yield from ((name, one) for name, one in value.items() if isinstance(name, str))
    elif isinstance(value, list | tuple):
        yield from ((str(place), one) for place, one in enumerate(value))


def _is_optimizer(value: object) -> bool:
    return isinstance(value, dict) and {"state", "param_groups"} <= value.keys()


def _tensors(value: object, name: str) -> dict[str, Strided]:
    """All tensors in something, each container looked at once, whatever refers to it."""
    found: dict[str, Strided] = {}
    seen: set[int] = set()
    waiting: list[tuple[str, object, int]] = [(name, value, 0)]
    while waiting:
        path, one, depth = waiting.pop()
        if isinstance(one, Strided):
            found[path or "tensor"] = one
            continue
        if id(one) in seen or depth > _DEEPEST or _is_optimizer(one):
            continue
        if isinstance(one, dict | list | tuple):
            seen.add(id(one))
            inner = [(f"{path}.{key}" if path else key, v, depth + 1) for key, v in _entries(one)]
            waiting += reversed(inner)
    return found
