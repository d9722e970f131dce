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
_LETTER = re.compile(r"^(.*?)([wW])(_?\d*)$")
_WORD = re.compile(r"^(.*?)(?:weight|kernel)((?::\d+)?)$")


def layout_of(name: str, shapes: Mapping[str, tuple[int, ...]]) -> Layout:
    """How a tensor lies, by its name, or by its bias where names say nothing.

    Args:
        name: a "kernel" is Keras's or Flax's; numpy calls what has no name arr_0, arr_1 …, and
            who writes by hand W1 and b1.
        shapes: of all tensors that it came with.
    """
    if _KERNEL.search(name):
        return Layout.IN_OUT
    if _UNNAMED.match(name) or _LETTER.match(name):
        above = shapes[name][-1]
        if any(shapes.get(bias) == (above,) for bias in _biases(name)):
            return Layout.IN_OUT
    return Layout.OUT_IN


def bias_of(name: str, shapes: Mapping[str, tuple[int, ...]]) -> str:
    """The name of the bias of a layer's weights: a number a unit above; "" where there is none."""
    shape = shapes[name]
    if len(shape) < 2:
        return ""
    above = shape[-1] if layout_of(name, shapes) is Layout.IN_OUT else shape[0]
    return next((bias for bias in _biases(name) if shapes.get(bias) == (above,)), "")


def _biases(name: str) -> tuple[str, ...]:
    """fc.bias of fc.weight, Dense_0/bias of Dense_0/kernel, b1 or B1 of W1, arr_1 of arr_0."""
    if (unnamed := _UNNAMED.match(name)) is not None:
        return (f"arr_{int(unnamed[1]) + 1}",)
    if (told := _WORD.match(name)) is not None:
        return (f"{told[1]}bias{told[2]}",)
    if (told := _LETTER.match(name)) is not None:
        return f"{told[1]}b{told[3]}", f"{told[1]}B{told[3]}"
    return ()


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
