"""Whether tensors are a plain stack of Linear layers, and in which order they follow each other.

A file tells names and shapes, not what is done with them: a stack is what can be no other thing by
these, and whoever speaks of it says that it was taken for one.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from gradtui.errors import printable
from gradtui.mathematics.limits import MAX_NETWORK_DEPTH
from gradtui.mathematics.weights.cells import cell_of
from gradtui.mathematics.weights.layout import Layout, bias_of, layout_of
from gradtui.runs.order import natural
from gradtui.runs.weights.tensors import Weights

_ATTENTION = re.compile(
    r"attn|attention|(?:^|[._/])(?:[qkv]|q_?k_?v|query|key|value|out)(?:_?proj)?[._/]", re.I
)
_EMBEDDING = re.compile(r"emb|(?:^|[._/])(?:wte|wpe)(?:[._/]|$)", re.IGNORECASE)
_BLOCK = re.compile(r"block|resid|resnet|(?:^|[._/])res\d*[._/]", re.IGNORECASE)
_LOW_RANK = re.compile(r"lora_", re.IGNORECASE)
_IN_ORDER = ("PyTorch", "npz")
"""How formats are called that keep the order in which a model has its layers."""
_MOST_TRIED = 20_000


@dataclass(frozen=True)
class Layer:
    """A Linear layer: the names of its weights and of its biases, "" without, and its widths."""

    weight: str
    bias: str
    layout: Layout
    below: int
    above: int


@dataclass(frozen=True)
class Stack:
    """Linear layers, each of which takes what the one before gives.

    Attributes:
        layers: from the input on.
        ordered_by: what tells the order: "file", "numbers" (in the names), or "widths".
    """

    layers: tuple[Layer, ...]
    ordered_by: str

    @property
    def widths(self) -> tuple[int, ...]:
        """n_0 … n_L."""
        return (self.layers[0].below, *(layer.above for layer in self.layers))

    @property
    def depth(self) -> int:
        """L."""
        return len(self.layers)


def is_float(dtype: str) -> bool:
    """Whether numbers of that type are weights: whole ones count something, or were quantised."""
    return dtype.startswith(("float", "bfloat"))


def is_embedding(name: str) -> bool:
    """Whether a tensor is called as tables are called, of which one row is taken."""
    return _EMBEDDING.search(name) is not None


def is_attention(name: str) -> bool:
    """Whether a tensor is called as attention's are, between which there is no activation."""
    return _ATTENTION.search(name) is not None


def stack_of(weights: Weights) -> Stack | str:
    """The stack that all tensors are, or why they are none, in words."""
    shapes = weights.shapes
    matrices = [
        name for name, shape in shapes.items() if len(shape) >= 2 and name not in weights.tied
    ]
    for name in matrices:
        if why := _no_layer(name, weights):
            return why
    for name, first in weights.tied.items():
        if len(shapes[name]) >= 2:
            return f"{_called(name)} and {_called(first)} are one tensor"
    if not matrices:
        return "there are no matrices in it"
    layers = [_layer(name, shapes) for name in matrices]
    if why := _others(weights, {layer.bias for layer in layers}):
        return why
    if len(layers) == 1:
        return "it is a single layer"
    if len(layers) > MAX_NETWORK_DEPTH:
        return f"it has more than {MAX_NETWORK_DEPTH:,} layers"
    return _in_order(layers, weights.source.startswith(_IN_ORDER))


def _no_layer(name: str, weights: Weights) -> str:
    """Why a tensor of two dimensions or more is no Linear layer's; "" if it can be."""
    shape = weights.shapes[name]
    if (cell := cell_of(name, weights.shapes)) is not None:
        return f"{_called(name)} is of {'an' if cell.kind != 'gru' else 'a'} {cell.kind.upper()}"
    kinds = (
        (len(shape) > 2, f"has {len(shape)} dimensions, as convolutions have"),
        (0 in shape, "has no numbers"),
        (not is_float(weights.dtypes[name]), f"is of {weights.dtypes[name]}"),
        (is_attention(name), "is called as attention's weights are"),
        (is_embedding(name), "is called as embeddings are"),
        (_BLOCK.search(name) is not None, "is in a block by its name, which may have a skip"),
        (_LOW_RANK.search(name) is not None, "is called as adapters beside other weights are"),
    )
    return next((f"{_called(name)} {what}" for true, what in kinds if true), "")


def _others(weights: Weights, biases: set[str]) -> str:
    """Why there is more than Linear layers, in words."""
    for name, shape in weights.shapes.items():
        alone = len(shape) == 1 and is_float(weights.dtypes[name]) and name not in biases
        if alone and weights.tied.get(name) not in biases:
            return f"{_called(name)} is no Linear layer's bias, but a norm's or something else's"
    return ""


def _layer(name: str, shapes: Mapping[str, tuple[int, ...]]) -> Layer:
    layout, (first, second) = layout_of(name, shapes), shapes[name]
    below, above = (first, second) if layout is Layout.IN_OUT else (second, first)
    return Layer(name, bias_of(name, shapes), layout, below, above)


# ------------------------------------------------------------- the order


def _in_order(layers: Sequence[Layer], told: bool) -> Stack | str:
    """The layers in the order in which they follow each other, if that is known.

    The order of the file is the model's in some formats. In others it is that of the letters or
    the types; then the numbers in names tell it, or the widths do, if they fit in one way only.
    """
    if told and _broken(layers) is None:
        return Stack(tuple(layers), "file")
    named = sorted(layers, key=lambda layer: natural(layer.weight))
    if _by_numbers(named) and _broken(named) is None:
        return Stack(tuple(named), "numbers")
    if (trail := _only_trail(named)) is not None:
        return Stack(trail, "widths")
    if (broken := _broken(layers if told else named)) is not None:
        one, other = broken
        return (
            f"{_called(other.weight)} takes {other.below:,} numbers, and {_called(one.weight)} "
            f"gives {one.above:,}"
        )
    return "neither names nor widths tell in which order its layers follow each other"


def _broken(layers: Sequence[Layer]) -> tuple[Layer, Layer] | None:
    """The first two of which the second cannot take what the first gives."""
    return next(((one, two) for one, two in pairwise(layers) if one.above != two.below), None)


def _by_numbers(layers: Sequence[Layer]) -> bool:
    """Whether numbers alone tell the names apart."""
    return len({re.sub(r"\d+", "0", layer.weight) for layer in layers}) == 1


def _only_trail(layers: Sequence[Layer]) -> tuple[Layer, ...] | None:
    """The one order in which the widths fit, if there is one only.

    Layers of the same widths are in the order of their numbers; None where words tell them apart.
    """
    kinds: dict[tuple[int, int], list[Layer]] = {}
    for layer in layers:
        kinds.setdefault((layer.below, layer.above), []).append(layer)
    if not all(_by_numbers(some) for some in kinds.values()):
        return None
    trails = _trails(Counter({kind: len(some) for kind, some in kinds.items()}))
    if len(trails) != 1:
        return None
    return tuple(kinds[kind].pop(0) for kind in trails[0])


def _trails(left: Counter[tuple[int, int]]) -> list[list[tuple[int, int]]]:
    """Up to two orders in which all can follow each other; none where that takes long to tell."""
    found: list[list[tuple[int, int]]] = []
    total = sum(left.values())
    path: list[tuple[int, int]] = []
    # What can come at each place of the path, and was not tried there yet.
    waiting = [list(left)]
    for _ in range(_MOST_TRIED + 2 * total):
        if not waiting or len(found) > 1:
            return found
        if not waiting[-1]:
            waiting.pop()
            if path:
                left[path.pop()] += 1
            continue
        kind = waiting[-1].pop()
        left[kind] -= 1
        path.append(kind)
        if len(path) == total:
            found.append(list(path))
        waiting.append([one for one in left if left[one] and one[0] == kind[1]])
    return []


def _called(name: str) -> str:
    return printable(name)
