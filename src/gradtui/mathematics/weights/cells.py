"""Recurrent cells among tensors, by the names that PyTorch gives their parameters.

Glossary: n units, m = n · (1, GRU 3, LSTM 4) rows of gates; an LSTM's are input, forget, cell,
output, a GRU's reset r, update z, new. A gate's bias is b_ih + b_hh: only the sum means anything.

    half-life = ln ½ / ln σ(b_f)     steps, of what a unit holds, by the bias of its gate alone
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from gradtui.mathematics.elementwise import Array

_NAME = re.compile(r"^(.*?)weight_hh((?:_l\d+)?(?:_reverse)?)$")
_MATRIX = re.compile(r"^(.*?)weight_(?:ih|hh)((?:_l\d+)?(?:_reverse)?)$")
_KINDS = {1: "rnn", 3: "gru", 4: "lstm"}


@dataclass(frozen=True)
class Cell:
    """One recurrent layer in one direction.

    Attributes:
        name: what its parameters' names have beside weight_ih and so on: "encoder." and "_l0".
        kind: "rnn", "gru" or "lstm".
        units: n.
        inputs: below it.
        biased: whether there are both biases.
    """

    name: tuple[str, str]
    kind: str
    units: int
    inputs: int
    biased: bool

    def parameter(self, word: str) -> str:
        """The whole name of weight_ih, weight_hh, bias_ih or bias_hh."""
        return self.name[0] + word + self.name[1]

    def forget_bias(self, tensors: Mapping[str, Array]) -> Array | None:
        """b_f = b_ih + b_hh of the gates that keep, an LSTM's f or a GRU's z [n]; None of an RNN.

        Nor is there any without biases.
        """
        if self.kind not in ("lstm", "gru") or not self.biased:
            return None
        gate = slice(self.units, 2 * self.units)
        with np.errstate(all="ignore"):
            both: Array = (
                tensors[self.parameter("bias_ih")][gate] + tensors[self.parameter("bias_hh")][gate]
            )
        return both


def half_life(bias: float) -> float:
    """Steps after which half of what a unit holds is left, at a gate of that bias alone.

    ln σ(b) = -ln(1 + e^-b), so it is right for large b too.
    """
    return math.log(2.0) / float(np.logaddexp(0.0, -bias)) if bias < math.inf else math.inf


def cell_of(name: str, shapes: Mapping[str, tuple[int, ...]]) -> Cell | None:
    """The cell that a tensor is a matrix of, among tensors of these names and shapes."""
    if (told := _MATRIX.match(name)) is None:
        return None
    before, after = told.groups()
    return _cell(before, after, shapes.get(f"{before}weight_hh{after}", ()), shapes)


def cells(shapes: Mapping[str, tuple[int, ...]]) -> tuple[Cell, ...]:
    """All that are among tensors of these names and shapes."""
    found = []
    for name, shape in shapes.items():
        if (told := _NAME.match(name)) is not None:
            before, after = told.groups()
            cell = _cell(before, after, shape, shapes)
            found += [cell] if cell is not None else []
    return tuple(found)


def _cell(
    before: str, after: str, shape: tuple[int, ...], shapes: Mapping[str, tuple[int, ...]]
) -> Cell | None:
    """The cell with weight_hh of that shape, if all shapes fit."""
    below = shapes.get(f"{before}weight_ih{after}", ())
    if len(shape) != 2 or len(below) != 2 or below[0] != shape[0] or not shape[1]:
        return None
    rows, units = shape
    projected = shapes.get(f"{before}weight_hr{after}")
    if projected is not None and len(projected) == 2:
        units = projected[1]  # h is narrower than c
    kind = _KINDS.get(rows // units) if units and rows % units == 0 else None
    if kind is None:
        return None
    biases = [shapes.get(f"{before}{word}{after}") for word in ("bias_ih", "bias_hh")]
    return Cell((before, after), kind, units, below[1], biases == [(rows,)] * 2)
