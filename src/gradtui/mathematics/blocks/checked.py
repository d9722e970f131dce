"""The layers that a flow of blocks is given: what may be given, checked.

Glossary: B batch, n the units that a layer receives.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from numbers import Real
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from gradtui.errors import InputError
from gradtui.mathematics.activations import activation as as_activation
from gradtui.mathematics.activations.record import Activation
from gradtui.mathematics.blocks.records import (
    BatchNorm,
    Elementwise,
    Gated,
    Layer,
    LayerNorm,
    Linear,
    Residual,
    RMSNorm,
)
from gradtui.mathematics.elementwise import Array
from gradtui.mathematics.network.arrays import array_of, refuse_infinite

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

MAX_LAYERS = 200_000
"""Layers in all, those inside branches counted too: 10,000 blocks of the largest have 80,000."""
MAX_NESTING = 16
"""Residuals around a layer."""
_EPS = (1e-100, 1e6)
"""Between these eps · 4^e and 1/√eps are numbers wherever they are needed."""
_TRIED = {LayerNorm: "1e-5", RMSNorm: "1e-6", BatchNorm: "1e-5"}
_RECORDS = "Linear, Elementwise, Gated, LayerNorm, RMSNorm, BatchNorm or Residual"


@dataclass
class Check:
    """Goes along the layers, from the input up.

    Attributes:
        batch: B.
        units: n, so far.
        layers: how many there were, those inside branches counted too.
        numbers: that a row of the batch leaves in what is kept for the way back.
        largest: the widest of them, and of the weights.
        activations: the names of the layers that can be looked at.
    """

    batch: int
    units: int
    layers: int = 0
    numbers: int = 0
    widest: int = 1
    weights: int = 0

    def __post_init__(self) -> None:
        """Nothing was seen yet."""
        self.activations: set[str] = set()
        self._around: list[int] = []

    def layer(self, field: str, name: str, given: object) -> Layer:
        """The layer with its arrays checked, but for the finiteness of large weights."""
        self.layers += 1
        if self.layers > MAX_LAYERS:
            raise InputError(
                "layers",
                f"more than {MAX_LAYERS:,} layers",
                f"at most {MAX_LAYERS:,} layers, those inside branches counted too",
                "give fewer",
            )
        if isinstance(given, Residual):
            return self._residual(field, name, given)
        before = self.units
        made = self._simple(field, name, given)
        self.numbers += before + self.units if isinstance(given, Elementwise | Gated) else 0
        self.numbers += before if isinstance(given, LayerNorm | RMSNorm | BatchNorm) else 0
        self.numbers += self.units
        self.widest = max(self.widest, self.units)
        return made

    def _simple(self, field: str, name: str, given: object) -> Layer:
        if isinstance(given, Linear):
            return self._linear(field, given)
        if isinstance(given, Elementwise | Gated):
            self.activations.add(name)
            f = _activation(field, given.activation)
            if isinstance(given, Elementwise):
                return Elementwise(f)
            if self.units % 2:
                raise InputError(
                    field, f"a gate on {self.units} units",
                    "a gate on an even number of units: half of them are multiplied by f of "
                    "the other half", "give the layer before it one row more",
                )  # fmt: skip
            self.units //= 2
            return Gated(f)
        if isinstance(given, LayerNorm | BatchNorm | RMSNorm):
            return self._norm(field, given)
        raise InputError(field, given, f"a layer: {_RECORDS}", "give one of these records")

    def _linear(self, field: str, given: Linear) -> Linear:
        weight = array_of(f"{field}.weight", given.weight, 2, ("rows", "columns"))
        if weight.shape[1] != self.units:
            raise InputError(
                f"{field}.weight", f"matrix of shape {weight.shape}",
                f"a matrix [n, {self.units}], for it receives {self.units} values",
                f"give it {self.units} columns, or the layers before it {weight.shape[1]} units",
            )  # fmt: skip
        self.units = len(weight)
        self.weights = max(self.weights, weight.size)
        bias = None if given.bias is None else self._vector(f"{field}.bias", given.bias)
        return Linear(weight, bias)

    def _norm(self, field: str, given: LayerNorm | RMSNorm | BatchNorm) -> Layer:
        eps = _number(f"{field}.eps", given.eps, *_EPS, f"try eps={_TRIED[type(given)]}")
        weight = None if given.weight is None else self._vector(f"{field}.weight", given.weight)
        if isinstance(given, RMSNorm):
            return RMSNorm(weight, eps)
        bias = None if given.bias is None else self._vector(f"{field}.bias", given.bias)
        if isinstance(given, LayerNorm):
            return LayerNorm(weight, bias, eps)
        if self.batch < 2:
            raise InputError(
                field, "a batch norm of a batch of 1", "a batch norm of 2 rows or more: it takes "
                "mean and variance over the rows", "give x more rows, or take another norm",
            )  # fmt: skip
        return BatchNorm(weight, bias, eps)

    def _residual(self, field: str, name: str, given: Residual) -> Residual:
        scale = _number(f"{field}.scale", given.scale, -1e300, 1e300, "try scale=1")
        branch = given.branch
        if isinstance(branch, str | bytes) or not isinstance(branch, Sequence):
            raise InputError(f"{field}.branch", branch, "a list of layers", "give a list")
        if id(branch) in self._around:
            raise InputError(
                f"{field}.branch", "a branch inside itself", "a branch that ends",
                "give the inner layers of its own",
            )  # fmt: skip
        if len(self._around) == MAX_NESTING:
            raise InputError(
                field, f"a Residual inside {MAX_NESTING} others",
                f"inside at most {MAX_NESTING - 1} others", "give them one after the other",
            )  # fmt: skip
        before = self.units
        self.numbers += 2 * before
        self._around.append(id(branch))
        inner = []
        for index, layer in enumerate(branch):
            at = f"{field}.branch[{index}]"
            inner.append(self.layer(at, f"{name}.branch.{index}", layer))
        self._around.pop()
        if not inner:
            raise InputError(
                f"{field}.branch", "no layers", "a list with one layer or more",
                "leave the Residual away",
            )  # fmt: skip
        if self.units != before:
            raise InputError(
                f"{field}.branch", f"a branch from {before} units to {self.units}",
                "a branch that keeps the width, for its output is added to its input",
                f"end it with a Linear of {before} rows",
            )  # fmt: skip
        return Residual(tuple(inner), scale)

    def _vector(self, field: str, given: ArrayLike) -> Array:
        vector = array_of(field, given, 1)
        if len(vector) != self.units:
            raise InputError(
                field, f"vector of {len(vector)}", f"a vector of {self.units}, one number a unit",
                f"give {self.units} numbers",
            )  # fmt: skip
        return np.asarray(vector, dtype=np.float64)


Form: TypeAlias = "tuple[Any, ...]"
"""A layer's type, and the shapes and parameters that are given."""


def form_of(layer: Layer) -> Form:
    """What of a layer made on demand is to be the same each time."""
    if isinstance(layer, Residual):
        return Residual, layer.scale, *map(form_of, layer.branch)
    if isinstance(layer, Linear):
        return Linear, np.shape(layer.weight), layer.bias is None
    if isinstance(layer, RMSNorm):
        return RMSNorm, layer.weight is None
    if isinstance(layer, LayerNorm | BatchNorm):
        return type(layer), layer.weight is None, layer.bias is None
    return (type(layer),)


def refuse_another(field: str, layer: Layer, form: Form) -> None:
    """Refuse a layer that was of another form when it was made before."""
    if form_of(layer) != form:
        raise InputError(
            field, "another layer than on the way up", "the same layer each time it is asked for",
            "make it of the same type and shapes, or give a list",
        )  # fmt: skip


def refuse_infinite_parameters(field: str, layer: Layer) -> None:
    """Refuse weights and biases that are not finite, also those inside a branch."""
    if isinstance(layer, Residual):
        for index, inner in enumerate(layer.branch):
            refuse_infinite_parameters(f"{field}.branch[{index}]", inner)
        return
    for name in ("weight", "bias"):
        values = getattr(layer, name, None)
        if values is not None:
            refuse_infinite(f"{field}.{name}", np.asarray(values))


def layers_of(layers: object) -> Sequence[Any]:
    """The layers, as a list or as what makes them on demand."""
    if isinstance(layers, np.ndarray | str | bytes) or not isinstance(layers, Sequence):
        raise InputError("layers", layers, "a list of layers", f"give a list of {_RECORDS}")
    if not 1 <= len(layers) <= MAX_LAYERS:
        raise InputError(
            "layers", f"{len(layers)} layers", f"1 to {MAX_LAYERS:,} layers",
            "give one layer at least" if not len(layers) else "give fewer",
        )  # fmt: skip
    return layers


def refuse_unknown(look: Sequence[str], known: set[str]) -> None:
    """Refuse names of layers that cannot be looked at."""
    for index, name in enumerate(look):
        if name not in known:
            some = ", ".join(sorted(known)[:3])
            raise InputError(
                f"look[{index}]", name, "the name of an Elementwise or Gated in layers",
                f"there are: {some}{', …' if len(known) > 3 else ''}" if some
                else "leave it away: there is none",
            )  # fmt: skip


def names_of(look: object) -> tuple[str, ...]:
    """The names that are asked for."""
    if isinstance(look, str) or not isinstance(look, Iterable):
        raise InputError("look", look, "a list of names such as 3.branch.1", "give a list")
    names = tuple(look)
    for index, name in enumerate(names):
        if not isinstance(name, str):
            raise InputError(f"look[{index}]", name, "a name such as 3.branch.1", "give a text")
    return names


@lru_cache(maxsize=64)
def _named(spec: str) -> Activation:
    return as_activation(spec)


def _activation(field: str, given: object) -> Activation:
    try:
        return _named(given) if isinstance(given, str) else as_activation(given)  # type: ignore[arg-type]
    except InputError as error:
        where = f"{field}.activation"
        raise InputError(where, error.given, error.allowed, error.next_step) from error


def _number(field: str, given: object, least: float, most: float, step: str) -> float:
    try:
        value = float(given) if isinstance(given, Real) else math.nan
    except OverflowError:
        value = math.inf
    if isinstance(given, bool | np.bool_) or not least <= value <= most:
        raise InputError(field, given, f"a number from {least:g} to {most:g}", step)
    return value
