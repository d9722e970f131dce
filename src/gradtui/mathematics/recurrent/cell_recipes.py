"""The recipes after which recurrent cells are drawn, one record each.

Glossary: n units, n_in inputs, G blocks of a cell's gates (1, GRU 3, LSTM 4), W_hh recurrent
weights [G n, n], in blocks W [n, n], W_ih input weights, b = b_ih + b_hh biases, Q a matrix with
orthonormal columns, ρ the spectral radius, σ_max the largest singular value, N(μ, v) the normal
distribution of variance v, U(-c, c) the uniform one; f, i and z gates.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

import numpy as np

from gradtui.errors import InputError
from gradtui.mathematics.activations.record import Parameter
from gradtui.mathematics.elementwise import Array
from gradtui.mathematics.initialisation.parameters import Size
from gradtui.mathematics.spec import format_spec, lookup, parse_spec
from gradtui.progress import Tick, part
from gradtui.when_called import when_called

if TYPE_CHECKING:
    from gradtui.mathematics.initialisation.draw import fill
else:
    (fill,) = when_called("gradtui.mathematics.initialisation.draw", "fill")


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
    fill(w, rng, "uniform", pytorch_std(shape), tick)
    return w


def _keras(rng: Generator, shape: Shape, values: Mapping[str, float], tick: Tick) -> Array:
    w = np.zeros((shape.blocks * shape.units, shape.units))
    fill(w, rng, "orthogonal", 1.0, tick)
    return w


def pytorch_std(shape: Shape) -> float:
    """Of U(-c, c) with c² = 1/n."""
    return 1.0 / math.sqrt(3.0 * shape.units)


_SOMPOLINSKY = "Sompolinsky, Crisanti & Sommers, Phys. Rev. Lett. 61, 1988"
_SCHEMES = (
    CellScheme(
        "pytorch",
        "W_ih, W_hh and both b ~ U(-c, c), c² = 1/n",
        "torch.nn.RNNBase.reset_parameters",
        _pytorch,
        like="pytorch",
        also_called=("torch",),
        meant_by=("default", "uniform", "pytorch_linear"),
    ),
    CellScheme(
        "keras",
        "W_ih ~ U(-c, c), c² = 6/(n_in + G n), W_hh = Q [G n, n], b = 0 but 1 for f",
        "keras.layers.LSTM: glorot_uniform, orthogonal, unit_forget_bias",
        _keras,
        like="keras",
        also_called=("tensorflow",),
        meant_by=("glorot", "glorot_uniform"),
    ),
    CellScheme(
        "gaussian",
        "W_hh ~ N(0, g²/n), g = 1",
        _SOMPOLINSKY,
        _blockwise(_gaussian),
        (Size("g", 1.0, also_called=("gain",)),),
        also_called=("normal",),
    ),
    CellScheme(
        "orthogonal",
        "W_hh = gain · Q, gain = 1",
        "Saxe, McClelland & Ganguli, ICLR 2014; Arjovsky, Shah & Bengio, ICML 2016",
        _blockwise(_orthogonal),
        (Size("gain", 1.0),),
        meant_by=("unitary",),
    ),
    CellScheme(
        "identity",
        "W_hh = α I, α = 1",
        "Le, Jaitly & Hinton, arXiv:1504.00941, 2015 (IRNN)",
        _blockwise(_identity),
        (Size("alpha", 1.0),),
        also_called=("irnn", "eye"),
    ),
    CellScheme(
        "radius",
        "W_hh Gaussian, scaled to a spectral radius ρ = 0.95",
        "Jaeger, GMD report 148, 2001 (echo states)",
        _blockwise(_to_radius),
        (Size("rho", 0.95),),
        also_called=("spectral_radius",),
    ),
    CellScheme(
        "sigma_max",
        "W_hh Gaussian, scaled to a largest singular value σ = 1",
        "Pascanu, Mikolov & Bengio, ICML 2013",
        _blockwise(_to_sigma_max),
        (Size("sigma", 1.0),),
        also_called=("spectral_norm",),
    ),
    CellScheme(
        "chrono",
        "W_ih, W_hh ~ U(-c, c), c² = 1/n, b_f ~ ln U(1, T - 1), b_i = -b_f, of a GRU b_z: gates "
        "that keep for up to T = 100 steps",
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
