"""The recurrent cell that a flow is given: what may be given, checked.

Glossary: T steps, B batch, n_in inputs, n units, G blocks of a cell's gates (1, GRU 3, LSTM 4),
W_ih [G n, n_in] and W_hh [G n, n] weights, b_ih and b_hh [G n] biases, x [T, B, n_in] inputs,
u = ∂L/∂h_T [B, n] the upstream gradient.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from gradtui.errors import InputError, nearest
from gradtui.mathematics.activations import ACTIVATIONS
from gradtui.mathematics.activations import activation as as_activation
from gradtui.mathematics.activations.record import Activation
from gradtui.mathematics.elementwise import Array
from gradtui.mathematics.formula_text import is_formula
from gradtui.mathematics.limits import MAX_STEPS
from gradtui.mathematics.spec import parse_spec
from gradtui.when_called import when_called

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from gradtui.mathematics.network.arrays import array_of, finite
else:
    array_of, finite = when_called("gradtui.mathematics.network.arrays", "array_of", "finite")

GATED = {"gru": 3, "lstm": 4}
"""The cells that are no plain activation, and the blocks of n rows in their weights."""
WEIGHTS = ("weight_ih_l0", "weight_hh_l0")
BIASES = ("bias_ih_l0", "bias_hh_l0")
NAMES = (*WEIGHTS, *BIASES)
"""The parameters, as PyTorch names those of a single layer."""

CellSpec: TypeAlias = str | Activation


@dataclass(frozen=True, eq=False)
class Recurrence:
    """What was given, checked.

    Attributes:
        name: "gru", "lstm", or the text form of the activation of a vanilla RNN.
        f: the activation of a vanilla RNN, None for the others.
        w_ih: [G n, n_in].
        w_hh: [G n, n].
        b_ih: [G n], zeros where the cell has no biases.
        b_hh: [G n], zeros where the cell has no biases.
        biased: whether it has biases.
        x: [T, B, n_in].
        upstream: ∂L/∂h_T [B, n].
    """

    name: str
    f: Activation | None
    w_ih: Array
    w_hh: Array
    b_ih: Array
    b_hh: Array
    biased: bool
    x: Array
    upstream: Array

    @property
    def steps(self) -> int:
        """T."""
        return len(self.x)

    @property
    def batch(self) -> int:
        """B."""
        return int(self.x.shape[1])

    @property
    def inputs(self) -> int:
        """n_in."""
        return int(self.x.shape[2])

    @property
    def units(self) -> int:
        """n."""
        return int(self.w_hh.shape[1])

    def of_rows(self, rows: slice) -> Recurrence:
        """The same with some rows of the batch."""
        return Recurrence(
            self.name, self.f, self.w_ih, self.w_hh, self.b_ih, self.b_hh, self.biased,
            np.ascontiguousarray(self.x[:, rows]), self.upstream[rows],
        )  # fmt: skip


def validated(
    cell: CellSpec, parameters: Mapping[str, ArrayLike], x: ArrayLike, upstream: ArrayLike | None
) -> Recurrence:
    """What a flow was given, with zeros for an upstream gradient where it has none."""
    name, f = named(cell)
    given = _named(parameters, name)
    inputs = array_of("x", x, 3, axes=("steps", "batch", "inputs"))
    if len(inputs) > MAX_STEPS:
        raise InputError(
            "x", f"{len(inputs):,} steps", f"1 to {MAX_STEPS:,} steps", "give a shorter sequence"
        )
    blocks = GATED.get(name, 1)
    w_ih, w_hh = (array_of(key, given[key], 2) for key in WEIGHTS)
    units = _units(name, blocks, w_hh, w_ih)
    if w_ih.shape[1] != inputs.shape[2]:
        raise InputError(
            WEIGHTS[0],
            f"matrix of shape {w_ih.shape}",
            f"a matrix [{blocks * units}, {inputs.shape[2]}], for x has {inputs.shape[2]} "
            "inputs a step",
            f"give x {w_ih.shape[1]} inputs, or this one {inputs.shape[2]} columns",
        )
    biased = BIASES[0] in given
    b_ih, b_hh = (
        _bias(key, given[key], blocks, units) if biased else np.zeros(blocks * units)
        for key in BIASES
    )
    shape = inputs.shape[1], units
    above = np.zeros(shape) if upstream is None else array_of("upstream", upstream, 2)
    if above.shape != shape:
        raise InputError(
            "upstream",
            f"array of shape {above.shape}",
            f"an array [{shape[0]}, {shape[1]}], as h_T is",
            "give ∂L/∂h_T for every sequence of the batch",
        )
    return Recurrence(
        name,
        f,
        finite(WEIGHTS[0], w_ih),
        finite(WEIGHTS[1], w_hh),
        b_ih,
        b_hh,
        biased,
        finite("x", inputs),
        finite("upstream", above),
    )


def named(cell: CellSpec) -> tuple[str, Activation | None]:
    """The name of a cell; of a vanilla RNN the text form of its activation, and that.

    Raises:
        InputError: for what names no cell.
    """
    if isinstance(cell, Activation):
        return cell.spec, cell
    kinds = "an activation, for h = f(W_ih x + W_hh h + b), or gru or lstm"
    if not isinstance(cell, str):
        raise InputError("cell", cell, kinds, "for example tanh or lstm")
    if is_formula(cell):
        f = as_activation(cell)
        return f.spec, f
    form = parse_spec("cell", cell, "tanh, relu, gru or lstm")
    if form.name in GATED:
        if form.positional or form.named:
            raise InputError("cell", cell, f"a form of {form.name} with no parameters", "drop them")
        return form.name, None
    if form.name in ("rnn", "vanilla", "elman", "simplernn"):
        raise InputError("cell", cell, kinds, "name the RNN by its activation: tanh or relu")
    near = nearest(form.name, (*GATED, *ACTIVATIONS))
    if near and near[0] in GATED and form.name not in ACTIVATIONS:
        raise InputError("cell", cell, kinds, f"did you mean {near[0]}?")
    try:
        f = as_activation(cell)
    except InputError as error:
        if near or error.field != "activation":
            raise
        raise InputError("cell", cell, kinds, "try tanh, relu, lstm or gru") from None
    return f.spec, f


def _named(parameters: Mapping[str, ArrayLike], name: str) -> Mapping[str, ArrayLike]:
    """The parameters, if they are those of a cell: the weights, and both biases or neither."""
    known = f"{', '.join(WEIGHTS)}, and {' and '.join(BIASES)} or neither"
    if not isinstance(parameters, Mapping):
        raise InputError(
            "parameters", parameters, f"a mapping from names to arrays: {known}", "give a dict"
        )
    for key in parameters:
        if key not in NAMES:
            near = nearest(str(key), NAMES, 1)
            hint = f"did you mean {near[0]}?" if near else f"give {known}"
            raise InputError("parameters", key, f"a parameter of one layer of {name}", hint)
    there = [key for key in NAMES if key in parameters]
    lone = BIASES[0] in there or BIASES[1] in there
    for key in (*WEIGHTS, *BIASES * lone):
        if key not in there:
            raise InputError(
                "parameters",
                ", ".join(there) or "nothing",
                f"complete: {key} is missing",
                f"give {known}",
            )
    return parameters


def _units(name: str, blocks: int, w_hh: NDArray[np.generic], w_ih: NDArray[np.generic]) -> int:
    """n, where both weights have G n rows."""
    units = int(w_hh.shape[1])
    rows = f"a matrix [{blocks}·units, units]" if blocks > 1 else "a square matrix [units, units]"
    if len(w_hh) != blocks * units:
        multiple = f", and {len(w_hh)} is no multiple of {blocks}" if len(w_hh) % blocks else ""
        raise InputError(
            WEIGHTS[1],
            f"matrix of shape {w_hh.shape}",
            f"{rows}, as {name} has it{multiple}",
            f"give it {blocks * units} rows for {units} units",
        )
    if len(w_ih) != blocks * units:
        raise InputError(
            WEIGHTS[0],
            f"matrix of shape {w_ih.shape}",
            f"a matrix of {blocks * units} rows, as {WEIGHTS[1]} has",
            f"give {blocks} for each of {units} units" if blocks > 1 else "give one row a unit",
        )
    return units


def _bias(key: str, values: ArrayLike, blocks: int, units: int) -> Array:
    """A bias of G n numbers."""
    vector = array_of(key, values, 1)
    if len(vector) != blocks * units:
        raise InputError(
            key,
            f"vector of {len(vector)}",
            f"a vector of {blocks * units}, one number a row of {WEIGHTS[1]}",
            f"give {blocks} for each of {units} units" if blocks > 1 else "give one bias a unit",
        )
    return finite(key, vector)
