"""The singular values of the Jacobian of a sequence of layers, norms and skips among them.

Glossary: l layer (1 … L), h_l its output at one row [n_l], h_0 = x; J_l = ∂h_l/∂h_0, σ_i its
singular values; α what a branch is multiplied by; ŷ = (h − mean)/s the normed row, s² = var + eps;
ρ exponents of rows (powers of two, which may pass the range of float64 by far), M plain matrices
whose rows are of size about 1.

A layer is one factor diag(2^ρ) M or several, and J_l a `GradedProduct` of them:

    Linear        W                        Elementwise   diag f′(h)
    Residual      I + α Π (its factors)    Gated         [diag f′(h₁) h₂, diag f(h₁)]
    LayerNorm     diag(γ/s) U diag(λ) Uᵀ   RMSNorm       the same

(I − 11ᵀ/n − ŷŷᵀ/n) is U diag(λ) Uᵀ with orthonormal columns U: ŷ/‖ŷ‖ with λ = eps/s², and others
with λ = 1 across from 1 and ŷ; that of RMSNorm has a column along 1, too. As two factors it loses
exactly the direction that a LayerNorm does lose, and has the other, which eps alone keeps, at its
size: subtracted in place both would be 1e-16 of rounding.

What this is right to: as `mathematics.network.spectrum`. Within a branch factors are multiplied
plainly, so that a direction that a branch leaves alone is right to 1e-16 of ‖α J_branch‖. A norm of
a stream that lies, to rounding, along what grew most below it takes that away to rounding, not to
eps: h itself is known no better.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from gradtui.errors import InputError
from gradtui.mathematics.activations import activation as as_activation
from gradtui.mathematics.blocks.checked import Check, layers_of
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
from gradtui.mathematics.network.arrays import array_of, at_scale, finite
from gradtui.mathematics.network.exponents import Apart, value_and_slope
from gradtui.mathematics.network.graded import GradedProduct
from gradtui.mathematics.network.spectrum import Spectrum, checked_depths
from gradtui.mathematics.pieces import turn
from gradtui.progress import Tick, part, unwatched

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

_LOG10_2 = math.log10(2.0)


def block_spectrum(layers: Sequence[Layer], x: ArrayLike, *, tick: Tick = unwatched) -> Spectrum:
    """The singular values of ∂h_L/∂h_0 of a sequence of layers at one row.

    As logarithms, the smallest as well as the largest, at any depth.

    Args:
        layers: as `network_flow` takes them, but for `BatchNorm`.
        x: the row h_0 [n_0].
        tick: told the share that is done, a layer or a part of one at a time.

    Raises:
        InputError: shapes that do not fit together, values that are not finite real numbers, or a
            `BatchNorm`, under which the rows of a batch depend on one another.
    """
    return next(block_spectra(layers, x, tick=tick))


def block_spectra(
    layers: Sequence[Layer],
    x: ArrayLike,
    at: Iterable[int] | None = None,
    *,
    tick: Tick = unwatched,
) -> Iterator[Spectrum]:
    """Do as `block_spectrum` does for ∂h_l/∂h_0 at several l, in one pass.

    Args:
        layers: as for `block_spectrum`; each is asked for when its turn comes, and looked at then.
        x: the row h_0 [n_0].
        at: after how many layers to look, from 1 on; after all by default.
        tick: told the share that is done, a layer or a part of one at a time.

    Yields:
        The spectra in order of depth.

    Raises:
        InputError: as `block_spectrum` does, or a depth that is not there.
    """
    given = layers_of(layers)
    row = finite("x", array_of("x", x, 1))[None]
    depths, check = checked_depths(at, len(given)), Check(2, row.shape[1])
    deepest, h = max(depths), Apart.of(row)
    product = _Product(row.shape[1])
    for index in range(deepest):
        own, looked_at = turn(tick, index, deepest), index + 1 in depths
        field = f"layers[{index}]"
        layer = check.layer(field, str(index), given[index])
        with np.errstate(all="ignore"):
            h, factors = _passed(layer, h, field)
        product.put_all(factors, part(own, 0.1, 0.4 if looked_at else 0.9))
        del layer, factors  # their memory is for the next
        if looked_at:
            logs = product.log2_singular_values(part(own, 0.5, 0.5))
            tick((index + 1) / deepest)
            yield Spectrum(index + 1, logs * _LOG10_2)
        tick((index + 1) / deepest)


class _Factor(NamedTuple):
    """diag(2^ρ) diag(d) M, with d = 1 or M = I left away (None)."""

    rho: Array
    m: Array | None
    d: Array | None = None

    @classmethod
    def of(cls, numbers: Apart) -> _Factor:
        """Of numbers with exponents apart."""
        m, rho = numbers.rows()
        return cls(rho, m)

    @classmethod
    def diagonal(cls, numbers: Apart) -> _Factor:
        """Of the numbers of a row on the diagonal."""
        return cls(numbers.e[0], None, numbers.m[0])

    def dense(self) -> Array:
        """diag(d) M as one matrix."""
        m = np.eye(len(self.rho)) if self.m is None else self.m
        return m if self.d is None else self.d[:, None] * m

    def after(self, below: _Factor) -> _Factor:
        """The product of this one and the one below it."""
        if self.m is None:
            m = below.dense()
            return _Factor(self.rho + below.rho, m if self.d is None else self.d[:, None] * m)
        rows, e = Apart.of(self.dense(), below.rho).rows()
        below_it = below.m is not None or below.d is not None
        return _Factor(self.rho + e, rows @ below.dense() if below_it else rows)

    def numbers(self) -> Apart:
        """Entry by entry."""
        return Apart.of(self.dense(), self.rho[:, None])


class _Gate(NamedTuple):
    """[diag f′(h₁) h₂, diag f(h₁)]."""

    slope: Apart
    value: Apart

    def after(self, below: _Factor) -> _Factor:
        """The product of this one and the one below it."""
        rows, units = below.numbers(), self.slope.m.shape[1]
        half = [Apart(rows.m[at], rows.e[at]) for at in (slice(0, units), slice(units, None))]
        each = [Apart(side.m.T, side.e.T) for side in self]
        return _Factor.of(each[0].times(half[0]).plus(each[1].times(half[1])).capped())

    def alone(self) -> _Factor:
        """As one matrix."""
        return self.after(_Factor(np.zeros(2 * self.slope.m.shape[1]), None))


class _Product(GradedProduct):
    """J_l, of which the factor put last is still to be multiplied with: diagonals join it."""

    def __init__(self, units: int) -> None:
        super().__init__(np.eye(units))
        self._waiting: _Factor | None = None

    def put_all(self, factors: Sequence[_Factor | _Gate], tick: Tick) -> None:
        """Put factors, the first below the others."""
        for at, factor in enumerate(factors):
            own = turn(tick, at, len(factors))
            joins = isinstance(factor, _Gate) or factor.m is None
            if joins and self._waiting is not None:
                self._waiting = factor.after(self._waiting)
                continue
            if isinstance(factor, _Gate):
                factor = factor.alone()
            self._settle(own)
            self._waiting = factor

    def log2_singular_values(self, tick: Tick) -> Array:
        """log2 σ_i in descending order, one for each column."""
        self._settle(part(tick, 0.0, 0.3))
        return super().log2_singular_values(part(tick, 0.3, 0.7))

    def _settle(self, tick: Tick) -> None:
        if self._waiting is not None:
            factor, self._waiting = self._waiting, None
            d = factor.d if factor.m is None else None
            m = factor.dense() @ self.q if d is None else d[:, None] * self.q
            self.put(factor.rho, m, tick)


# ------------------------------------------------------------------- layers


def _passed(layer: Layer, h: Apart, field: str) -> tuple[Apart, list[_Factor | _Gate]]:
    """A layer's output [1, n], and its factors from below."""
    if isinstance(layer, Linear):
        return _linear(layer, h, field)
    if isinstance(layer, Elementwise):
        f, df = value_and_slope(as_activation(layer.activation))
        return f(h).capped(), [_Factor.diagonal(df(h).capped())]
    if isinstance(layer, Gated):
        return _gated(layer, h)
    if isinstance(layer, Residual):
        return _residual(layer, h, field)
    if isinstance(layer, BatchNorm):
        raise InputError(
            field,
            "BatchNorm",
            "a layer of which each row stands alone, for ∂h/∂x of one row",
            "take LayerNorm or RMSNorm, or ask network_flow, which runs a batch",
        )
    return _normed(layer, h)


def _linear(layer: Linear, h: Apart, field: str) -> tuple[Apart, list[_Factor | _Gate]]:
    w = finite(f"{field}.weight", np.asarray(layer.weight))
    scaled, k = at_scale(w.T, unwatched)
    a, e = h.rows()
    z = Apart.of(a @ scaled, e[:, None] + k)
    if layer.bias is not None:
        z = z.plus(Apart.of(np.asarray(layer.bias)[None]))
    return z.capped(), [_Factor(k, scaled.T)]


def _gated(layer: Gated, h: Apart) -> tuple[Apart, list[_Factor | _Gate]]:
    units = h.m.shape[1] // 2
    f, df = value_and_slope(as_activation(layer.activation))
    gate, other = h.columns(slice(0, units)), h.columns(slice(units, None))
    value = f(gate)
    return value.times(other).capped(), [_Gate(df(gate).times(other).capped(), value.capped())]


def _normed(layer: LayerNorm | RMSNorm, h: Apart) -> tuple[Apart, list[_Factor | _Gate]]:
    """ŷ ∘ γ + β, and Uᵀ with λ before U with γ/s."""
    n, eps = h.m.shape[1], Apart.of(np.full((1, 1), layer.eps))
    a, e = h.rows()
    centred = isinstance(layer, LayerNorm)
    d = a - a.mean() if centred else a
    square = Apart.of(np.mean(d * d, keepdims=True), 2.0 * e[:, None])
    inverse = _inverse_root(square.plus(eps))
    y = Apart.of(d, e[:, None]).times(inverse)
    length = float(np.linalg.norm(d))
    fixed = [np.ones(n)] * centred + ([d[0] / length] if length else [])
    whole, _ = np.linalg.qr(np.column_stack([*fixed, np.eye(n)])) if fixed else (np.eye(n), None)
    u = whole[:, 1:] if centred else whole
    sizes = Apart.of(np.ones((1, u.shape[1])))
    if length and u.shape[1]:
        kept = eps.times(inverse).times(inverse)
        sizes.m[0, 0], sizes.e[0, 0] = kept.m[0, 0], kept.e[0, 0]
    outer = Apart(np.broadcast_to(inverse.m, (1, n)), np.broadcast_to(inverse.e, (1, n)))
    if layer.weight is not None:
        gamma = Apart.of(np.asarray(layer.weight)[None])
        y, outer = y.times(gamma), outer.times(gamma)
    if isinstance(layer, LayerNorm) and layer.bias is not None:
        y = y.plus(Apart.of(np.asarray(layer.bias)[None]))
    if not u.size:  # one number less its mean is 0, whatever it is
        return y.capped(), [_Factor.diagonal(Apart.of(np.zeros((1, n))))]
    return y.capped(), [_Factor(sizes.e[0], u.T, sizes.m[0]), _Factor(outer.e[0], u, outer.m[0])]


def _inverse_root(square: Apart) -> Apart:
    """1/√ of numbers above 0."""
    odd = np.mod(square.e, 2.0)
    return Apart.of(1.0 / np.sqrt(np.ldexp(square.m, odd.astype(np.intc))), (odd - square.e) / 2)


def _residual(layer: Residual, h: Apart, field: str) -> tuple[Apart, list[_Factor | _Gate]]:
    units, y = h.m.shape[1], h
    whole = _Factor(np.zeros(units), None)
    for index, one in enumerate(layer.branch):
        y, factors = _passed(one, y, f"{field}.branch[{index}]")
        for factor in factors:
            whole = factor.after(whole)
    alpha = Apart.of(np.full((1, 1), layer.scale))
    total = whole.numbers().times(alpha).plus(Apart.of(np.eye(units)))
    return h.plus(y.times(alpha)).capped(), [_Factor.of(total.capped())]
