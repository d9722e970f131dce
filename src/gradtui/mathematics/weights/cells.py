"""Recurrent cells among tensors, by the names that PyTorch gives their parameters.

Glossary: n units, m = n · (1, GRU 3, LSTM 4) rows of gates; an LSTM's are input, forget, cell,
output, and a gate's bias is b_ih + b_hh: only the sum means anything.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from gradtui.mathematics.elementwise import Array

_NAME = re.compile(r"^(.*?)weight_hh((?:_l\d+)?(?:_reverse)?)$")
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
        """b_f = b_ih + b_hh of an LSTM's forget gates [n]; None where there is none."""
        if self.kind != "lstm" or not self.biased:
            return None
        gate = slice(self.units, 2 * self.units)
        with np.errstate(all="ignore"):
            both: Array = (
                tensors[self.parameter("bias_ih")][gate] + tensors[self.parameter("bias_hh")][gate]
            )
        return both


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
