"""Random recurrent cells: recipes by name, and the parameters drawn after them.

Glossary: n units, n_in inputs, G blocks of a cell's gates (1, GRU 3, LSTM 4), W [n, n] one block of
the recurrent weights W_hh, V one of the input weights W_ih, b = b_ih + b_hh biases, Q a matrix with
orthonormal columns, ρ the spectral radius, σ_max the largest singular value, N(μ, v) the normal
distribution of variance v, U(-c, c) the uniform one; f, i and z gates.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import NamedTuple, TypeAlias

import numpy as np

from gradtui.errors import InputError
from gradtui.mathematics.activations.record import Parameter
from gradtui.mathematics.elementwise import Array
from gradtui.mathematics.initialisation.draw import checked_seed, fill
from gradtui.mathematics.initialisation.parameters import Size
from gradtui.mathematics.initialisation.record import checked_width
from gradtui.mathematics.memory import refuse_beyond_memory
from gradtui.mathematics.recurrent.arrays import BIASES, GATED, WEIGHTS, Cell, named
from gradtui.mathematics.spec import format_spec, lookup, parse_spec
from gradtui.progress import Tick, part, unwatched

_KEEPING = {"lstm": 1, "gru": 1}
"""The block of the gate that keeps the state: f of an LSTM, z of a GRU, both open at 1."""
_INPUT_GATE = {"lstm": 0}
_MOST_BIAS = 1e3


class Shape(NamedTuple):
    """What a cell's weights are like: G, n and n_in."""

    blocks: int
    units: int
    inputs: int


Generator: TypeAlias = "np.random.Generator"


@dataclass(frozen=True)
class CellScheme:
    """A recipe with its parameters still free.

    Attributes:
        name: as it is written.
        formula: the distributions in one line of text.
        source: authors, title or venue, year.
        recurrent: draws W_hh [G n, n], from its shape and the values of the parameters.
        parameters: in the order in which a spec may give them without names.
        like: the scheme whose input weights and biases it has; None for N(0, 1/n_in) and b = 0.
        also_called: other names of the very same.
        meant_by: names that may mean it, to suggest it.
    """

    name: str
    formula: str
    source: str
    recurrent: Callable[[Generator, Shape, Mapping[str, float], Tick], Array] = field(
        compare=False, repr=False
    )
    parameters: tuple[Parameter, ...] = ()
    like: str | None = None
    also_called: tuple[str, ...] = ()
    meant_by: tuple[str, ...] = ()


@dataclass(frozen=True)
class CellInitialisation:
    """A recipe with its parameters in force; two with the same `spec` are equal."""

    spec: str
    scheme: CellScheme = field(compare=False, repr=False)
    values: Mapping[str, float] = field(compare=False, repr=False)


# ------------------------------------------------------------------ recurrent weights


def _blockwise(
    block: Callable[[Generator, int, Mapping[str, float], Tick], Array],
) -> Callable[[Generator, Shape, Mapping[str, float], Tick], Array]:
    """Each block drawn for itself."""

    def recurrent(rng: Generator, shape: Shape, values: Mapping[str, float], tick: Tick) -> Array:
        share = 1.0 / shape.blocks
        blocks = [
            block(rng, shape.units, values, part(tick, at * share, share))
            for at in range(shape.blocks)
        ]
        return np.concatenate(blocks)

    return recurrent


def _gaussian(rng: Generator, n: int, values: Mapping[str, float], tick: Tick) -> Array:
    w = np.zeros((n, n))
    fill(w, rng, "normal", values.get("g", 1.0) / math.sqrt(n), tick)
    return w


def _orthogonal(rng: Generator, n: int, values: Mapping[str, float], tick: Tick) -> Array:
    w = np.zeros((n, n))
    fill(w, rng, "orthogonal", values["gain"], tick)
    return w


def _identity(rng: Generator, n: int, values: Mapping[str, float], tick: Tick) -> Array:
    return values["alpha"] * np.eye(n)


def _to_radius(rng: Generator, n: int, values: Mapping[str, float], tick: Tick) -> Array:
    w = _gaussian(rng, n, {}, part(tick, 0.0, 0.1))
    return w * (values["rho"] / float(np.abs(np.linalg.eigvals(w)).max()))


def _to_sigma_max(rng: Generator, n: int, values: Mapping[str, float], tick: Tick) -> Array:
    w = _gaussian(rng, n, {}, part(tick, 0.0, 0.1))
    return w * (values["sigma"] / float(np.linalg.norm(w, 2)))


def _pytorch(rng: Generator, shape: Shape, values: Mapping[str, float], tick: Tick) -> Array:
    w = np.zeros((shape.blocks * shape.units, shape.units))
    fill(w, rng, "uniform", _pytorch_std(shape), tick)
    return w


def _keras(rng: Generator, shape: Shape, values: Mapping[str, float], tick: Tick) -> Array:
    w = np.zeros((shape.blocks * shape.units, shape.units))
    fill(w, rng, "orthogonal", 1.0, tick)
    return w


def _pytorch_std(shape: Shape) -> float:
    """Of U(-c, c) with c² = 1/n."""
    return 1.0 / math.sqrt(3.0 * shape.units)


_SOMPOLINSKY = "Sompolinsky, Crisanti & Sommers, Phys. Rev. Lett. 61, 1988"
_SCHEMES = (
    CellScheme(
        "pytorch",
        "V, W and both b ~ U(-c, c), c² = 1/n",
        "torch.nn.RNNBase.reset_parameters",
        _pytorch,
        like="pytorch",
        also_called=("torch",),
        meant_by=("default", "uniform", "pytorch_linear"),
    ),
    CellScheme(
        "keras",
        "V ~ U(-c, c), c² = 6/(n_in + G n), W_hh = Q [G n, n], b = 0 but 1 for f",
        "keras.layers.LSTM: glorot_uniform, orthogonal, unit_forget_bias",
        _keras,
        like="keras",
        also_called=("tensorflow",),
        meant_by=("glorot", "glorot_uniform"),
    ),
    CellScheme(
        "gaussian",
        "W ~ N(0, g²/n), g = 1",
        _SOMPOLINSKY,
        _blockwise(_gaussian),
        (Size("g", 1.0, also_called=("gain",)),),
        also_called=("normal",),
    ),
    CellScheme(
        "orthogonal",
        "W = gain · Q, gain = 1",
        "Saxe, McClelland & Ganguli, ICLR 2014; Arjovsky, Shah & Bengio, ICML 2016",
        _blockwise(_orthogonal),
        (Size("gain", 1.0),),
        meant_by=("unitary",),
    ),
    CellScheme(
        "identity",
        "W = α I, α = 1",
        "Le, Jaitly & Hinton, arXiv:1504.00941, 2015 (IRNN)",
        _blockwise(_identity),
        (Size("alpha", 1.0),),
        also_called=("irnn", "eye"),
    ),
    CellScheme(
        "radius",
        "W Gaussian, scaled to a spectral radius ρ = 0.95",
        "Jaeger, GMD report 148, 2001 (echo states)",
        _blockwise(_to_radius),
        (Size("rho", 0.95),),
        also_called=("spectral_radius",),
    ),
    CellScheme(
        "sigma_max",
        "W Gaussian, scaled to a largest singular value σ = 1",
        "Pascanu, Mikolov & Bengio, ICML 2013",
        _blockwise(_to_sigma_max),
        (Size("sigma", 1.0),),
        also_called=("spectral_norm",),
    ),
    CellScheme(
        "chrono",
        "V and W ~ U(-c, c), c² = 1/n, b_f ~ ln U(1, T - 1), b_i = -b_f, T = 100; of a GRU, b_z",
        "Tallec & Ollivier, Can recurrent neural networks warp time?, ICLR 2018",
        _pytorch,
        (Parameter("t_max", 100.0, least=2.001, most=1e9),),
        like="chrono",
    ),
)

CELL_INITIALISATIONS: Mapping[str, CellScheme] = MappingProxyType(
    {scheme.name: scheme for scheme in _SCHEMES}
)
"""Every recipe for a recurrent cell, in the order in which it is shown."""


def cell_initialisation(spec: str | CellInitialisation) -> CellInitialisation:
    """The recipe that `spec` names, with the parameters it gives.

    Args:
        spec: "pytorch", "keras", "gaussian(0.9)", "orthogonal", "identity(alpha=1)",
            "radius(0.95)", "sigma_max(1)", "chrono(100)", or a recipe.

    Raises:
        InputError: for an unknown name or parameter, or a value out of its range.
    """
    if isinstance(spec, CellInitialisation):
        return spec
    if not isinstance(spec, str):
        raise InputError("init", spec, "the name of a cell's initialisation", "try orthogonal")
    parsed = parse_spec("init", spec, "orthogonal or gaussian(0.9)")
    scheme = lookup(
        "init", "initialisation of a cell", parsed.name, CELL_INITIALISATIONS,
        otherwise=f"there are: {', '.join(CELL_INITIALISATIONS)}",
    )  # fmt: skip
    names = tuple(one.name for one in scheme.parameters)
    aliases = {
        other: one.name
        for one in scheme.parameters
        if isinstance(one, Size)
        for other in one.also_called
    }
    given = parsed.values(f"{scheme.name} parameter", names, aliases)
    values = {
        one.name: one.checked(scheme.name, given.get(one.name, one.default))
        for one in scheme.parameters
    }
    changed = {one.name: values[one.name] for one in scheme.parameters
               if values[one.name] != one.default}  # fmt: skip
    text = format_spec(scheme.name, changed, names)
    return CellInitialisation(text, scheme, MappingProxyType(values))


# --------------------------------------------------------------------------- drawing


def random_cell(
    cell: Cell,
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
    return "uniform", _pytorch_std(shape)


def _biases(
    recipe: CellInitialisation, name: str, shape: Shape, rng: Generator
) -> tuple[Array, Array]:
    """b_ih and b_hh."""
    n = shape.units
    b_ih, b_hh = np.zeros((2, shape.blocks * n))
    if recipe.scheme.like == "pytorch":
        fill(b_ih[:, None], rng, "uniform", _pytorch_std(shape), unwatched)
        fill(b_hh[:, None], rng, "uniform", _pytorch_std(shape), unwatched)
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
