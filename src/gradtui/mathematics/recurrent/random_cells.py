"""Random recurrent cells: the parameters that are drawn after a recipe.

Glossary: n units, n_in inputs, G blocks of a cell's gates (1, GRU 3, LSTM 4), W_ih and W_hh
weights, b biases; f, i and z gates.
"""

from __future__ import annotations

import math

import numpy as np

from gradtui.errors import InputError
from gradtui.mathematics.activations.record import Parameter
from gradtui.mathematics.elementwise import Array
from gradtui.mathematics.initialisation.draw import checked_seed, fill
from gradtui.mathematics.initialisation.parameters import Size
from gradtui.mathematics.initialisation.record import checked_width
from gradtui.mathematics.memory import refuse_beyond_memory
from gradtui.mathematics.recurrent.arrays import BIASES, GATED, WEIGHTS, CellSpec, named
from gradtui.mathematics.recurrent.cell_recipes import (
    CellInitialisation,
    CellScheme,
    Generator,
    Shape,
    cell_initialisation,
    pytorch_std,
)
from gradtui.progress import Tick, part, unwatched

_KEEPING = {"lstm": 1, "gru": 1}
"""The block of the gate that keeps the state: f of an LSTM, z of a GRU, both open at 1."""
_INPUT_GATE = {"lstm": 0}
_MOST_BIAS = 1e3


def random_cell(
    cell: CellSpec,
    inputs: int,
    units: int,
    init: str | CellInitialisation = "pytorch",
    seed: int = 0,
    *,
    input_scale: float = 1.0,
    forget_bias: float | None = None,
    tick: Tick = unwatched,
) -> dict[str, Array]:
    """Draw the parameters of a recurrent cell, by PyTorch's names, shapes and order of gates.

    Where a recipe speaks of W alone, the input weights are N(0, 1/n_in) and the biases 0. Input
    weights, recurrent weights and biases have generators of their own, PCG64 on children of the
    seed, so that none changes with the others.

    A gate has two biases in PyTorch, and acts by their *sum*: `forget_bias` b is that sum, b in
    bias_ih_l0 and 0 in bias_hh_l0. Code that fills both with 1 has a forget bias of 2.

    Args:
        cell: "gru", "lstm", or the activation of a vanilla RNN.
        inputs: n_in, a whole number from 1 to 4,096.
        units: n, a whole number from 1 to 4,096.
        init: a recipe or its text form, such as `orthogonal` or `gaussian(0.9)`.
        seed: a whole number from 0 up.
        input_scale: a factor on the input weights.
        forget_bias: the bias of the gate that keeps the state, f of an LSTM and z of a GRU; as the
            recipe has it by default.
        tick: told the share that is done, a block of weights or a part of one at a time.

    Returns:
        `weight_ih_l0` [G n, n_in], `weight_hh_l0` [G n, n], `bias_ih_l0` and `bias_hh_l0` [G n].

    Raises:
        InputError: an unknown cell or recipe, a size, seed, scale or bias out of range, a forget
            bias or `chrono` for a cell without gates, or more memory than there is.
    """
    (name, _), recipe = named(cell), cell_initialisation(init)
    shape = Shape(
        GATED.get(name, 1), checked_width(units, "units"), checked_width(inputs, "inputs")
    )
    _check(name, recipe, input_scale, forget_bias)
    _refuse_memory(shape)
    of_inputs, of_state, of_biases = (
        np.random.Generator(np.random.PCG64(child)) for child in checked_seed(seed).spawn(3)
    )
    w_ih = np.zeros((shape.blocks * shape.units, shape.inputs))
    distribution, std = _of_inputs(recipe.scheme, shape)
    fill(w_ih, of_inputs, distribution, std, part(tick, 0.0, 0.3))
    w_hh = recipe.scheme.recurrent(of_state, shape, recipe.values, part(tick, 0.3, 0.7))
    b_ih, b_hh = _biases(recipe, name, shape, of_biases)
    if forget_bias is not None:
        at = slice(_KEEPING[name] * shape.units, (_KEEPING[name] + 1) * shape.units)
        b_ih[at], b_hh[at] = forget_bias, 0.0
    tick(1.0)
    return dict(zip((*WEIGHTS, *BIASES), (w_ih * input_scale, w_hh, b_ih, b_hh), strict=True))


def _of_inputs(scheme: CellScheme, shape: Shape) -> tuple[str, float]:
    """The distribution of W_ih and its standard deviation."""
    if scheme.like is None:
        return "normal", 1.0 / math.sqrt(shape.inputs)
    if scheme.like == "keras":
        return "uniform", math.sqrt(2.0 / (shape.inputs + shape.blocks * shape.units))
    return "uniform", pytorch_std(shape)


def _biases(
    recipe: CellInitialisation, name: str, shape: Shape, rng: Generator
) -> tuple[Array, Array]:
    """b_ih and b_hh."""
    n = shape.units
    b_ih, b_hh = np.zeros((2, shape.blocks * n))
    if recipe.scheme.like == "pytorch":
        fill(b_ih[:, None], rng, "uniform", pytorch_std(shape), unwatched)
        fill(b_hh[:, None], rng, "uniform", pytorch_std(shape), unwatched)
    elif recipe.scheme.like == "keras" and name == "lstm":
        b_ih[n : 2 * n] = 1.0
    elif recipe.scheme.like == "chrono":
        at = _KEEPING[name]
        b_ih[at * n : (at + 1) * n] = np.log(rng.uniform(1.0, recipe.values["t_max"] - 1.0, n))
        if name in _INPUT_GATE:
            b_ih[:n] = -b_ih[at * n : (at + 1) * n]
    return b_ih, b_hh


def _check(
    name: str, recipe: CellInitialisation, input_scale: float, forget_bias: float | None
) -> None:
    """Refuse scales and biases out of range, and what only gates have."""
    Size("input_scale", 1.0).checked("cell", input_scale)
    if forget_bias is not None:
        bias = Parameter("forget_bias", 1.0, -_MOST_BIAS, _MOST_BIAS)
        bias.checked("cell", forget_bias)
    gates = {"init": recipe.spec if recipe.scheme.like == "chrono" else None,
             "forget_bias": forget_bias}  # fmt: skip
    for given, value in gates.items():
        if value is not None and name not in _KEEPING:
            raise InputError(
                given, value, "possible for a cell without gates", "choose gru or lstm"
            )
    if recipe.scheme.like == "chrono" and forget_bias is not None:
        raise InputError(
            "forget_bias", forget_bias, "possible beside chrono, which sets that bias", "drop one"
        )


def _refuse_memory(shape: Shape) -> None:
    """Refuse weights that do not fit into memory, beside a few copies of one block."""
    need = 8.0 * shape.units * (shape.blocks * (shape.units + shape.inputs) + 4 * shape.units)
    refuse_beyond_memory(
        "units",
        f"a cell of {shape.units:,} units",
        need,
        lambda free: f"about {max(int(math.sqrt(free / need) * shape.units), 1):,} would fit",
    )
