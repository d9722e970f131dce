"""The facts of one tensor of weights.

Glossary: σ_w = s · √fan_in, with s the standard deviation of a weight.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from gradtui.mathematics.elementwise import Array
from gradtui.mathematics.weights.cells import cells
from gradtui.mathematics.weights.layout import Fans, Layout, as_matrix, fans, layout_of
from gradtui.mathematics.weights.likeness import Likeness, likeness
from gradtui.mathematics.weights.singular import Singular, singular
from gradtui.progress import Tick, unwatched

_PRECISIONS = {"float16": 2.0**-10, "bfloat16": 2.0**-7, "float64": 2.0**-52}
_FLOAT32 = 2.0**-23


@dataclass(frozen=True)
class Facts:
    """What a tensor is like.

    Attributes:
        name, shape, dtype: as the file has them.
        layout: in which order its dimensions were taken to be; None for a vector or a number.
        fans: fan_in and fan_out; None likewise.
        std: the standard deviation of its finite numbers, nan if there are none.
        sigma_w: std · √fan_in; None for a vector or a number.
        singular: the largest singular value and the stable rank of the weights as a matrix [out,
            in · kernel]; None of a vector, and where some number isn't finite.
        not_finite: how many numbers aren't.
        zero_rows: how many units or channels above have no weight but 0; of a vector, how many of
            its numbers are 0.
        likeness: which recipe it looks like; None where that can't be told.
    """

    name: str
    shape: tuple[int, ...]
    dtype: str
    layout: Layout | None
    fans: Fans | None
    std: float
    sigma_w: float | None
    singular: Singular | None
    not_finite: int
    zero_rows: int
    likeness: Likeness | None


def facts(
    name: str,
    weights: Array,
    dtype: str,
    shapes: Mapping[str, tuple[int, ...]],
    tick: Tick = unwatched,
) -> Facts:
    """The facts of a tensor.

    Args:
        name: what it is called.
        weights: its numbers.
        dtype: the name of their type in the file.
        shapes: of all tensors that it came with, which may tell how it lies.
        tick: is told how far the computation is.
    """
    shape = weights.shape
    layout = layout_of(name, shapes) if len(shape) >= 2 else None
    of_layer = fans(shape, layout) if layout is not None else None
    matrix = weights.reshape(-1, 1) if layout is None else as_matrix(weights, layout)
    finite = np.isfinite(weights)
    not_finite = weights.size - int(np.count_nonzero(finite))
    std = _std(weights if not not_finite else weights[finite])
    zero_rows = len(matrix) - int(np.count_nonzero(matrix.any(axis=1))) if matrix.size else 0
    spectrum = alike = None
    if of_layer is not None and not not_finite and weights.size:
        spectrum = singular(matrix, tick)
        units = _units(name, shapes)
        alike = likeness(matrix, of_layer, _PRECISIONS.get(dtype, _FLOAT32), units)
    elif not not_finite and weights.size > 1 and np.all(weights == weights.flat[0]):
        alike = Likeness(("constant",), ())
    sigma_w = None if of_layer is None else std * math.sqrt(of_layer.fan_in)
    return Facts(
        name, shape, dtype, layout, of_layer, std, sigma_w, spectrum, not_finite, zero_rows, alike
    )


def _units(name: str, shapes: Mapping[str, tuple[int, ...]]) -> int | None:
    """The units of the recurrent cell that a tensor is of, None if of none."""
    for cell in cells(shapes):
        if name in (cell.parameter("weight_ih"), cell.parameter("weight_hh")):
            return cell.units
    return None


def _std(numbers: Array) -> float:
    """The standard deviation, without overflow or underflow."""
    top = float(np.max(np.abs(numbers), initial=0.0))
    if not numbers.size:
        return math.nan
    return top * float(np.std(numbers / top)) if top else 0.0
