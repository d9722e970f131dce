"""The facts of one tensor of weights.

Glossary: σ_w = s · √fan_in, with s the standard deviation of a weight.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from gradtui.mathematics.elementwise import Array
from gradtui.mathematics.pieces import MULTIPLICATIONS, spans
from gradtui.mathematics.weights.cells import cell_of
from gradtui.mathematics.weights.layout import Fans, Layout, as_matrix, fans, layout_of
from gradtui.mathematics.weights.likeness import Likeness, likeness
from gradtui.mathematics.weights.moments import moments
from gradtui.mathematics.weights.singular import Singular, singular
from gradtui.progress import Tick, part, unwatched

_PRECISIONS = {"float16": 2.0**-10, "bfloat16": 2.0**-7, "float64": 2.0**-52}
_FLOAT32 = 2.0**-23


@dataclass(frozen=True)
class Facts:
    """What a tensor is like.

    Attributes:
        name, shape, dtype: as the file has them.
        layout: in which order its dimensions were taken to be; None for a vector or a number.
        fans: fan_in and fan_out; None likewise.
        mean: of its finite numbers, nan if there are none.
        std: their standard deviation, nan likewise.
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
    mean: float
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
    found = moments(weights, part(tick, 0.0, 0.3))
    not_finite = weights.size - found.finite
    spectrum = alike = None
    if of_layer is not None and not not_finite and weights.size:
        spectrum = singular(matrix, part(tick, 0.4, 0.6))
        cell = cell_of(name, shapes)
        units = None if cell is None else cell.units
        alike = likeness(matrix, found, of_layer, _PRECISIONS.get(dtype, _FLOAT32), units)
    elif not not_finite and weights.size > 1 and found.constant:
        alike = Likeness(("constant",), ())
    return Facts(
        name=name,
        shape=shape,
        dtype=dtype,
        layout=layout,
        fans=of_layer,
        mean=found.mean,
        std=found.std,
        sigma_w=None if of_layer is None else found.std * math.sqrt(of_layer.fan_in),
        singular=spectrum,
        not_finite=not_finite,
        zero_rows=_zero_rows(matrix, part(tick, 0.3, 0.1)),
        likeness=alike,
    )


def _zero_rows(matrix: Array, tick: Tick) -> int:
    """How many rows have nothing but 0."""
    if not matrix.size:
        return 0
    each = max(1, MULTIPLICATIONS // 4 // matrix.shape[1])
    return sum(
        int(np.count_nonzero(~matrix[some].any(axis=1))) for some in spans(len(matrix), each, tick)
    )
