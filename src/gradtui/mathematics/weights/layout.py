"""How the weights of a layer lie in a tensor, and the fans that follow.

Glossary: out and in the units or channels above and below, k the places of a convolution's kernel.

    PyTorch          [out, in, k…]        fan_in = in · Πk, fan_out = out · Πk
    Keras and Flax   [k…, in, out]        the same
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple

from gradtui.mathematics.elementwise import Array


class Layout(StrEnum):
    """In which order a tensor has its dimensions."""

    OUT_IN = "[out, in]"
    IN_OUT = "[in, out]"


class Fans(NamedTuple):
    """What `torch.nn.init._calculate_fan_in_and_fan_out` gives, for either layout."""

    fan_in: int
    fan_out: int


_KERNEL = re.compile(r"(?:^|[/.:\\])(?:\w+_)?kernel(?::\d+)?$")
_UNNAMED = re.compile(r"^arr_(\d+)$")


def layout_of(name: str, shapes: Mapping[str, tuple[int, ...]]) -> Layout:
    """How a tensor lies, by its name, or by the bias after it where names say nothing.

    Args:
        name: a "kernel" is Keras's or Flax's; numpy calls what has no name arr_0, arr_1 …
        shapes: of all tensors that it came with.
    """
    if _KERNEL.search(name):
        return Layout.IN_OUT
    if (unnamed := _UNNAMED.match(name)) is not None:
        bias = shapes.get(f"arr_{int(unnamed[1]) + 1}", ())
        if len(bias) == 1 and bias[0] == shapes[name][-1:][0]:
            return Layout.IN_OUT
    return Layout.OUT_IN


def fans(shape: tuple[int, ...], layout: Layout) -> Fans | None:
    """The fans of a layer with weights of that shape; None for a vector or a number."""
    if len(shape) < 2:
        return None
    if layout is Layout.IN_OUT:
        *kernel, below, above = shape
    else:
        above, below, *kernel = shape
    places = math.prod(kernel)
    return Fans(below * places, above * places)


def as_matrix(weights: Array, layout: Layout) -> Array:
    """The weights with a row for each unit or channel above, [out, in · Πk]."""
    if layout is Layout.IN_OUT:
        *inputs, units = weights.shape
        return weights.reshape(math.prod(inputs), units).T
    units, *inputs = weights.shape
    return weights.reshape(units, math.prod(inputs))
