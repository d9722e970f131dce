"""Which of the things in a checkpoint are the weights."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from gradtui.errors import printable
from gradtui.runs.weights.known import Strided

_LONGEST_NAME = 500
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
    if _is_optimizer(root):
        return State(beside=("the state of an optimizer",))
    seen: set[int] = set()
    having = {name: found for name, one in _entries(root) if (found := _tensors(one, seen))}
    direct = any("" in found for found in having.values())
    useful = [name for name in having if not name.lower().startswith(_NO_WEIGHTS)]
    usual = next((name for name in _STATE_DICTS if name in having), None)
    if not direct and usual is None and len(useful) == 1:
        usual = useful[0]
    if not direct and usual is not None:
        return State(having[usual], usual, tuple(name for name in having if name != usual))
    chosen = list(having) if direct else useful
    taken = {
        f"{name}.{path}" if path else name: tensor
        for name in chosen
        for path, tensor in having[name].items()
    }
    return State(taken, beside=tuple(name for name in having if name not in chosen))


def _entries(value: object) -> Iterator[tuple[str, object]]:
    """What stands in a container, by name."""
    if isinstance(value, dict):
        # Numbers as names: only an optimizer's parameters have them, by their place.
        yield from ((name, one) for name, one in value.items() if isinstance(name, str))
    elif isinstance(value, list | tuple):
        yield from ((str(place), one) for place, one in enumerate(value))


def _is_optimizer(value: object) -> bool:
    return isinstance(value, dict) and {"state", "param_groups"} <= value.keys()


def _tensors(value: object, seen: set[int]) -> dict[str, Strided]:
    """All tensors in something, by their path; a container that was seen before has none."""
    found: dict[str, Strided] = {}
    waiting: list[tuple[str, object]] = [("", value)]
    while waiting:
        path, one = waiting.pop()
        if isinstance(one, Strided):
            found[path] = one
        elif id(one) not in seen and not _is_optimizer(one):
            seen.add(id(one))
            inner = [
                (f"{path}.{key}" if path else key, each)
                for key, each in _entries(one)
                if isinstance(each, Strided | dict | list | tuple)
                and len(path) + len(key) < _LONGEST_NAME
            ]
            waiting += reversed(inner)
    return found
