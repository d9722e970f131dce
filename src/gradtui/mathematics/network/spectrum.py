"""The singular values of a network's end-to-end Jacobian, as logarithms at any depth.

Glossary: L depth, l layer (1 … L), n_l width, W_l weights [n_l, n_{l-1}], z_l pre-activations,
D_l = diag f′(z_l), J_l = ∂a_l/∂a_0 [n_l, n_0], σ_i its singular values; Q orthonormal columns,
s exponents (powers of two, which may pass the range of float64 by far), T rows of size about 1,
Y a factor of a graded matrix, ρ exponents of its rows, V orthonormal.

    J_l = D_l W_l J_{l-1},       kept as J_l = Q diag(2^s) T

A step factors diag(2^ρ) M diag(2^s) = Q diag(2^s′) Y, M = W_l Q with the slopes f′(z_l) in ρ, so
that J_l = Q diag(2^s′) (Y T), see `graded`. Now and then the same factorisation from the other
side makes T orthonormal again, and brings the singular values out in the end.

What this is right to: rounding enters each layer as W_l (1 + δ) with |δ| of about 1e-16 times the
condition number of W_l, and reaches every σ_i, the largest and the smallest alike, as a relative
error of about that size, as long as what one layer singles out is not orthogonal, to rounding, to
what the next one does. Of a W_l that is singular by cancellation the rounding is what is seen;
zeros are exact where units are off or weights are 0. The diagonal of a plain QR accumulation
would tend to e^(L · Lyapunov exponent), which is another number: singular values are right only
with T taken along.

Source: Loh, Gubernatis, Scalettar et al., "Stable matrix-multiplication algorithms", 1989 (Q, D
and T).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gradtui.errors import InputError
from gradtui.mathematics.activations import activation as as_activation
from gradtui.mathematics.activations.record import Activation
from gradtui.mathematics.elementwise import Array
from gradtui.mathematics.network.arrays import (
    Network,
    array_of,
    at_scale,
    list_of,
    refuse_infinite,
    validated,
)
from gradtui.mathematics.network.exponents import Apart, value_and_slope
from gradtui.mathematics.network.graded import GradedProduct
from gradtui.mathematics.network.on_demand import OnDemand
from gradtui.mathematics.pieces import turn
from gradtui.progress import Tick, part, unwatched

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

_LOG10_2 = math.log10(2.0)


@dataclass(frozen=True, eq=False)
class Spectrum:
    """The singular values of J_l = ∂a_l/∂a_0.

    Attributes:
        depth: l.
        log10_singular_values: log10 σ_i in descending order, one for each direction of the input
            [n_0]; -inf for those that die on the way exactly, as in a ReLU that is off or in a
            layer of fewer units.
    """

    depth: int
    log10_singular_values: Array

    @property
    def rank(self) -> int:
        """How many directions get through, however faint."""
        return int(np.count_nonzero(self.log10_singular_values > -np.inf))

    def surviving(self, threshold: float) -> float:
        """The share of the directions with σ_i ≥ threshold.

        Raises:
            InputError: a threshold that is not a positive number.
        """
        if not (isinstance(threshold, int | float | np.number) and 0.0 < threshold < math.inf):
            raise InputError("threshold", threshold, "a positive number", "try 1e-3")
        return float(np.mean(self.log10_singular_values >= math.log10(threshold)))


def jacobian_spectrum(
    activation: str | Activation,
    weights: Sequence[ArrayLike],
    biases: Sequence[ArrayLike | None] | None,
    x: ArrayLike,
    *,
    tick: Tick = unwatched,
) -> Spectrum:
    """The singular values of J_L = D_L W_L … D_1 W_1 at one input, with D_l = diag f′(z_l).

    As logarithms, right to 1e-10 at any depth for weights no worse conditioned than random ones,
    the smallest as well as the largest; how, and what else limits them, is said at the head of
    the module. A layer of width n costs some 10 n³ operations, a spectrum up to 100 n³.

    Args:
        activation: a name, a text form such as `leaky_relu(0.2)`, or an `Activation`.
        weights: W_1 … W_L, 1 to 10,000 of them, W_l [n_l, n_{l-1}].
        biases: b_1 … b_L, each [n_l] or None; None for no biases at all.
        x: the input a_0 [n_0].
        tick: told the share that is done, a layer or a part of one at a time.

    Raises:
        InputError: shapes that do not fit together, or values that are not finite real numbers.
    """
    return next(jacobian_spectra(activation, weights, biases, x, tick=tick))


def jacobian_spectra(
    activation: str | Activation,
    weights: Sequence[ArrayLike],
    biases: Sequence[ArrayLike | None] | None,
    x: ArrayLike,
    at: Iterable[int] | None = None,
    *,
    tick: Tick = unwatched,
) -> Iterator[Spectrum]:
    """Do as `jacobian_spectrum` does for J_l at several depths l, in one pass.

    Args:
        activation: a name, a text form such as `leaky_relu(0.2)`, or an `Activation`.
        weights: W_1 … W_L, 1 to 10,000 of them, W_l [n_l, n_{l-1}].
        biases: b_1 … b_L, each [n_l] or None; None for no biases at all.
        x: the input a_0 [n_0].
        at: the depths l to look at, from 1 on; L alone by default.
        tick: told the share that is done, a layer or a part of one at a time.

    Yields:
        The spectra in order of depth.

    Raises:
        InputError: shapes that do not fit together, values that are not finite real numbers, or
            a depth that is not there; with the first spectrum.
    """
    network = _network_at(as_activation(activation), weights, biases, x)
    depths = checked_depths(at, network.depth)
    deepest = max(depths)
    product = _Product(network)
    for layer in range(1, deepest + 1):
        layer_tick = turn(tick, layer - 1, deepest)
        looked_at = layer in depths
        product.advance(part(layer_tick, 0.0, 0.5 if looked_at else 1.0))
        if looked_at:
            logs = product.log2_singular_values(part(layer_tick, 0.5, 0.5))
        tick(layer / deepest)
        if looked_at:
            yield Spectrum(layer, logs * _LOG10_2)


def _network_at(
    f: Activation,
    weights: Sequence[ArrayLike],
    biases: Sequence[ArrayLike | None] | None,
    x: ArrayLike,
) -> Network:
    """What was given, checked as for `gradient_flow`, with a batch of one and no loss."""
    row = array_of("x", x, 1)[None]
    if isinstance(weights, OnDemand):
        return validated(f, weights, biases, row, np.zeros((1, weights.widths[-1])))
    w = list_of("weights", weights)
    last = array_of(f"weights[{len(w) - 1}]", w[-1], 2) if w else row.T
    network = validated(f, w, biases, row, np.zeros((1, len(last))))
    for layer in range(network.depth):
        refuse_infinite(f"weights[{layer}]", network.weight(layer))
    return network


def checked_depths(at: Iterable[int] | None, depth: int) -> frozenset[int]:
    """The depths to look at."""
    depths = frozenset([depth] if at is None else at)
    for layer in depths:
        whole = isinstance(layer, int | np.integer) and not isinstance(layer, bool)
        if not whole or not 1 <= layer <= depth:
            raise InputError(
                "at", layer, f"layers from 1 to {depth}", "choose layers that are there"
            )
    if not depths:
        raise InputError("at", "nothing", "one layer or more", f"try {depth}")
    return depths


# ------------------------------------------------------------------ product


class _Product(GradedProduct):
    """J_l = Q diag(2^s) T, layer after layer.

    Attributes:
        depth: l.
    """

    def __init__(self, network: Network) -> None:
        super().__init__(np.eye(network.widths[0]))
        self.network = network
        self.f, self.df = value_and_slope(network.f)
        self.a, self.e = Apart.of(network.x).rows()
        self.depth = 0

    def advance(self, tick: Tick) -> None:
        """One layer more: J_l = D_l W_l J_{l-1}."""
        weight = self.network.weight(self.depth, part(tick, 0.0, 0.1))
        with np.errstate(all="ignore"):
            z = self.network.preactivations(self.depth, unwatched)(self.a, self.e)
            self.a, self.e = self.f(z).capped().rows()
            slopes = self.df(z).capped()
        w, k = at_scale(weight.T, unwatched)
        m = (w.T @ self.q) * slopes.m[0][:, None]
        self.put(slopes.e[0] + k, m, part(tick, 0.1, 0.9))
        self.depth += 1
