"""The network that a flow is given: what may be given, and in which groups its layers go.

Glossary: L depth, l layer, B batch, n_l width, f the activation function, W_l weights
[n_l, n_{l-1}], b_l biases [n_l], x = a_0 input [B, n_0], z_l = a_{l-1} W_lᵀ + b_l.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from gradtui.errors import InputError
from gradtui.mathematics.activations.record import Activation
from gradtui.mathematics.elementwise import Array
from gradtui.mathematics.limits import MAX_NETWORK_DEPTH
from gradtui.mathematics.memory import refuse_beyond_memory
from gradtui.mathematics.network.exponents import PLAIN, Apart, Exponents
from gradtui.mathematics.network.on_demand import OnDemand
from gradtui.mathematics.pieces import MULTIPLICATIONS, NUMBERS, rows_at_once, spans
from gradtui.progress import Tick, part, unwatched

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


_LARGE = 2**20
"""A layer of so many weights takes a millisecond or more, whatever the batch."""
TOGETHER = 32_768
"""So many numbers of layers of one shape are looked at together, to make fewer calls."""


@dataclass(frozen=True, eq=False)
class Network:
    """What was given, checked but for the finiteness of the weights, which z shows."""

    f: Activation
    weights: Sequence[NDArray[np.generic]]
    biases: Sequence[Array | None]
    x: Array
    upstream: Array

    @property
    def batch(self) -> int:
        """B."""
        return len(self.x)

    @property
    def depth(self) -> int:
        """L."""
        return len(self.weights)

    @cached_property
    def widths(self) -> tuple[int, ...]:
        """n_0 … n_L."""
        if isinstance(self.weights, OnDemand):
            return self.weights.widths
        return (self.x.shape[1], *(len(w) for w in self.weights))

    @cached_property
    def groups(self) -> list[Group]:
        """The layers in the groups in which they go, from the first up."""
        return _groups(self.widths, self.batch)

    def weight(self, layer: int, tick: Tick = unwatched) -> Array:
        """W_l as float64, made when it is needed if it was given otherwise."""
        if isinstance(self.weights, OnDemand):
            return self.weights.made(layer, tick)[0]
        return np.asarray(self.weights[layer], dtype=np.float64)

    def preactivations(self, layer: int, tick: Tick) -> Callable[[Array, Exponents], Apart]:
        """The function from rows of a_{l-1} · 2^e to z_l.

        Each unit's weights take part at a scale of their own, which is found once.
        """
        w, k = at_scale(self.weight(layer, part(tick, 0.0, 0.3)).T, part(tick, 0.3, 0.7))
        b = self.biases[layer]

        def of_rows(a: Array, e: Exponents) -> Apart:
            z = Apart.of(a @ w, e[:, None] + k)
            return z if b is None else z.plus(Apart.of(np.broadcast_to(b, z.m.shape)))

        return of_rows

    def large(self, layer: int) -> bool:
        """Whether layer l takes so long that it is worth a tick; small ones only get slower."""
        m, n = self.widths[layer : layer + 2]
        numbers, multiplications = self.batch * max(n, m), self.batch * n * m
        return bool(n * m >= _LARGE or numbers > NUMBERS or multiplications > MULTIPLICATIONS)

    def rows_at_once(self, layer: int) -> int:
        """How many rows of layer l go the careful way at once."""
        m, n = self.widths[layer : layer + 2]
        return rows_at_once(max(n, m), n * m)


def at_scale(w: Array, tick: Tick) -> tuple[Array, Exponents]:
    """Each column of `w` at a scale of its own, and the exponents; as it is where that will do."""
    columns, each = w.shape[1], rows_at_once(len(w))
    k = np.empty(columns, dtype=np.intc)
    for some in spans(columns, each, part(tick, 0.0, 0.3)):
        k[some] = np.frexp(np.maximum(w[:, some].max(axis=0), -w[:, some].min(axis=0)))[1]
    if np.abs(k).max() < PLAIN:
        return w, np.zeros(columns)
    scaled, half = np.empty_like(w), -k // 2
    first, second = np.ldexp(1.0, half), np.ldexp(1.0, -k - half)  # ldexp of all of w is slow
    for some in spans(columns, each, part(tick, 0.3, 0.7)):
        scaled[:, some] = w[:, some] * first[some] * second[some]
    return scaled, k.astype(np.float64)


class Group(NamedTuple):
    """Layers start … stop - 1 (from 0), all from n to m units, small enough to go in one go."""

    start: int
    stop: int


def _groups(widths: tuple[int, ...], batch: int) -> list[Group]:
    """Runs of layers of one shape, of at most `TOGETHER` numbers unless it is a single layer."""
    groups, start = [], 0
    for layer in range(1, len(widths)):
        size = (layer + 1 - start) * batch * max(widths[start : start + 2])
        same = layer + 1 < len(widths) and widths[layer : layer + 2] == widths[start : start + 2]
        if not same or size > TOGETHER:
            groups.append(Group(start, layer))
            start = layer
    return groups


# --------------------------------------------------------------- validation


def validated(
    f: Activation,
    weights: Sequence[ArrayLike],
    biases: Sequence[ArrayLike | None] | None,
    x: ArrayLike,
    upstream: ArrayLike,
) -> Network:
    """What `gradient_flow` was given, but for the finiteness of the weights."""
    if isinstance(weights, OnDemand):
        return _made_on_demand(f, weights, biases, x, upstream)
    w = [
        array_of(f"weights[{layer}]", matrix, 2)
        for layer, matrix in enumerate(list_of("weights", weights))
    ]
    if not 1 <= len(w) <= MAX_NETWORK_DEPTH:
        raise InputError(
            "weights",
            f"{len(w)} matrices",
            f"1 to {MAX_NETWORK_DEPTH:,} matrices",
            "give one a layer",
        )
    inputs = array_of("x", x, 2)
    batch, below = inputs.shape
    for layer, matrix in enumerate(w):
        if matrix.shape[1] != below:
            raise InputError(
                f"weights[{layer}]",
                f"matrix of shape {matrix.shape}",
                f"a matrix [n, {below}], for it receives {below} values",
                f"give {'x' if layer == 0 else f'weights[{layer - 1}]'} {matrix.shape[1]} "
                + ("columns" if layer == 0 else "rows")
                + f", or this one {below} columns",
            )
        below = matrix.shape[0]
    above = _upstream(upstream, batch, below)
    b: list[NDArray[np.generic] | None] = [None] * len(w)
    if biases is not None:
        vectors = list_of("biases", biases)
        if len(vectors) != len(w):
            raise InputError(
                "biases",
                f"{len(vectors)} of them",
                f"as many as the {len(w)} weight matrices",
                "give one vector a layer, None where a layer has none, or None for all",
            )
        b = [
            None if vector is None else array_of(f"biases[{layer}]", vector, 1)
            for layer, vector in enumerate(vectors)
        ]
        for layer, (bias, matrix) in enumerate(zip(b, w, strict=True)):
            if bias is not None and len(bias) != len(matrix):
                raise InputError(
                    f"biases[{layer}]",
                    f"vector of {len(bias)}",
                    f"a vector of {len(matrix)}, one number a row of weights[{layer}]",
                    "give one bias a unit",
                )
    _refuse_memory(batch, [inputs.shape[1], *(len(matrix) for matrix in w)])
    return Network(
        f,
        w,
        _finite_vectors(b),
        finite("x", inputs),
        finite("upstream", above),
    )


def _made_on_demand(
    f: Activation,
    weights: OnDemand,
    biases: Sequence[ArrayLike | None] | None,
    x: ArrayLike,
    upstream: ArrayLike,
) -> Network:
    """The same of layers that are made on demand: these are not looked at beforehand."""
    inputs = finite("x", array_of("x", x, 2))
    if inputs.shape[1] != weights.widths[0] or biases not in (None, weights.vectors):
        raise ValueError("an input of another width, or the biases of another network")
    above = finite("upstream", _upstream(upstream, len(inputs), weights.widths[-1]))
    _refuse_memory(len(inputs), list(weights.widths))
    vectors = [None] * len(weights) if biases is None else weights.vectors
    return Network(f, weights, vectors, inputs, above)


def _upstream(upstream: ArrayLike, batch: int, units: int) -> NDArray[np.generic]:
    """∂L/∂a_L, an array of the shape of the output."""
    above = array_of("upstream", upstream, 2)
    if above.shape != (batch, units):
        raise InputError(
            "upstream",
            f"array of shape {above.shape}",
            f"an array [{batch}, {units}], as the output is",
            "give ∂L/∂a of the last layer for every row of x",
        )
    return above


def _refuse_memory(batch: int, widths: list[int]) -> None:
    """Refuse a batch of which the states of all layers do not fit into memory."""
    # z and a of every layer, the input, two signals, and room for what becomes of a block
    row = 8.0 * (2 * sum(widths) + 6 * max(widths))
    largest = max(n * m for n, m in itertools.pairwise(widths))
    depth = len(widths) - 1
    once = 8.0 * (3 * largest + 8 * TOGETHER)
    refuse_beyond_memory(
        "x",
        f"a batch of {batch:,} through {depth:,} layers",
        once + batch * row,
        lambda free: (
            f"a batch of {int((free - once) / row):,} would fit"
            if free >= once + row
            else f"not one row fits; about {max(int(depth * free / (once + row)), 1):,} "
            "layers of these would"
        ),
    )


def list_of(field: str, values: object) -> list[ArrayLike]:
    """The items of a sequence, or of an array along its first axis."""
    if isinstance(values, str | bytes | dict) or not isinstance(values, Iterable):
        raise InputError(field, values, "a list of arrays, one a layer", "give a list")
    if isinstance(values, np.ndarray) and values.ndim == 0:
        raise InputError(field, values, "a list of arrays, one a layer", "give a list")
    return list(values)


def array_of(
    field: str, values: ArrayLike, dimensions: int, axes: tuple[str, ...] = ()
) -> NDArray[np.generic]:
    """An array of real numbers with so many dimensions, none of them empty.

    Args:
        field: what to blame.
        values: what was given.
        dimensions: how many there are to be.
        axes: what each of them is, where it is not a batch of rows.
    """
    try:
        array = np.asarray(values)
    except ValueError:
        array = np.empty(0, dtype=object)
    if isinstance(values, np.ma.MaskedArray) and np.ma.is_masked(values):
        raise InputError(
            field, "an array with masked values", "an array of real numbers, none of them masked",
            "fill them, or leave their rows away",
        )  # fmt: skip
    real = array.dtype.kind in "iuf"
    if not real or array.ndim != dimensions:
        raise InputError(
            field,
            f"{array.ndim}-dimensional array of {array.dtype}",
            f"a {dimensions}-dimensional array of real numbers",
            "give it as float64"
            if not real and array.ndim == dimensions and array.size
            else f"give it as [{', '.join(axes)}]"
            if axes
            else "give numbers in rows of equal length"
            if dimensions == 2
            else "give one number a unit",
        )
    if 0 in array.shape:
        empty = "batch" if field in ("x", "upstream") and array.shape[0] == 0 else "width"
        empty = axes[array.shape.index(0)] if axes else empty
        each = {
            "steps": "one step", "inputs": "one input a step",
            "rows": "one row", "columns": "one column",
        }.get(empty, f"a {empty} of 1")  # fmt: skip
        raise InputError(
            field,
            f"array of shape {array.shape}",
            f"an array with {each} or more",
            f"give it {each} at least",
        )
    return array


def finite(field: str, values: NDArray[np.generic]) -> Array:
    """`values` as float64 in one piece, or an error that says which is not finite."""
    array = np.ascontiguousarray(values, dtype=np.float64)
    refuse_infinite(field, array)
    return array


def refuse_infinite(field: str, array: Array) -> None:
    """Raise an `InputError` that names the first number that is not finite."""
    with np.errstate(over="ignore", invalid="ignore"):
        if np.isfinite(array.sum()):
            return
    bad = ~np.isfinite(array)
    if bad.any():
        where = tuple(np.argwhere(bad)[0].tolist())
        at = ", ".join(map(str, where))
        raise InputError(f"{field}[{at}]", float(array[where]), "a finite number", "replace it")


def _finite_vectors(vectors: list[NDArray[np.generic] | None]) -> list[Array | None]:
    """The biases as float64; all of them are looked at in one go."""
    biases = [None if b is None else np.asarray(b, dtype=np.float64) for b in vectors]
    there = [b for b in biases if b is not None]
    if there and not np.isfinite(np.concatenate(there)).all():
        for layer, b in enumerate(biases):
            if b is not None:
                refuse_infinite(f"biases[{layer}]", b)
    return biases


def count_of_bins(bins: int) -> int:
    """A number of bins, or an error."""
    if isinstance(bins, bool) or not isinstance(bins, int | np.integer) or not 0 <= bins <= 10_000:
        raise InputError("bins", bins, "a whole number from 0 to 10,000", "try 40")
    return int(bins)
