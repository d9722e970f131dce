"""Layers in forward order: as the file has them where that can be, else h.2 before h.10."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

_DIGITS = re.compile(r"(\d+)")
_Natural = tuple[tuple[int, int, str], ...]


def natural(name: str) -> _Natural:
    """A key to sort by, in which the numbers of a name count as numbers."""
    return tuple(
        (0, int(part), part) if part.isdecimal() and len(part) < 19 else (1, 0, part)
        for part in _DIGITS.split(name)
        if part
    )


_WRAPPERS = frozenset({"model", "module", "net", "network", "transformer", "bert", "gpt"})
_PLACES = {
    **dict.fromkeys(
        ("wte", "wpe", "embed", "embedding", "embeddings", "tok_embeddings", "embed_tokens",
         "token_embedding", "pos_embed", "cls_token", "patch_embed", "stem", "conv1", "bn1"),
        0,
    ),
    "encoder": 1,
    "decoder": 3,
    **dict.fromkeys(("ln_f", "final_norm", "final_layer_norm", "norm", "norm_f"), 4),
    **dict.fromkeys(
        ("lm_head", "head", "heads", "classifier", "score", "fc", "output", "out", "logits"), 5
    ),
}  # fmt: skip
"""Where in a network the parts stand that mostly have these names; any other is between."""
_BETWEEN = 2


def _by_name(name: str) -> tuple[int, _Natural]:
    """A key to sort by where only names tell: usual first and last parts, then their numbers."""
    parts = [part for part in re.split(r"[./]", name) if part not in _WRAPPERS]
    return _PLACES.get(parts[0] if parts else "", _BETWEEN), natural(name)


def forward(names: Sequence[str]) -> tuple[tuple[str, ...], bool]:
    """Names in forward order, and whether that is the file's own.

    The order in which a file tells its layers is mostly that of the model. But many loggers
    sort by letters, and hooks come by from the last layer to the first: then the numbers in the
    names fall or jump.
    """
    if len(names) < 2 or list(names) == sorted(names):
        return tuple(sorted(names, key=_by_name)), False
    steps = [_step(one, other) for one, other in pairwise(names)]
    rises, falls = steps.count(1), steps.count(-1)
    if falls and rises:
        return tuple(sorted(names, key=_by_name)), False
    return (tuple(reversed(names)), True) if falls else (tuple(names), True)


def _step(one: str, other: str) -> int:
    """Whether a number rises or falls from one name to the next; 0 if what differs is a word."""
    for a, b in zip(_DIGITS.split(one), _DIGITS.split(other), strict=False):
        if a != b:
            if a.isdecimal() and b.isdecimal():
                x, y = a.lstrip("0"), b.lstrip("0")
                return 1 if (len(x), x) < (len(y), y) else -1
            return 0
    return 0
