"""The passes of `LayerNorm`, `RMSNorm` and `BatchNorm`, there and back.

Glossary: B batch, h [B, n] the input, μ and v mean and variance over the units of a row (over the
rows of a unit with a batch norm; μ = 0 with RMSNorm), σ = √(v + eps), x̂ = (h - μ)/σ,
y = γ ∘ x̂ + β, g = ∂L/∂y, δ = γ ∘ g, ⟨ ⟩ the mean along that axis, κ = eps/σ².

    ∂L/∂h = (δ - ⟨δ⟩ - x̂ ⟨x̂ ∘ δ⟩)/σ                    without ⟨δ⟩ where μ = 0

Where h - μ has one direction only (two numbers less their mean, or one number), x̂² is 1 - κ, and
what is left is (δ - ⟨δ⟩) κ/σ: the difference above would have lost it. It would, too, where δ - ⟨δ⟩
is nearly all along x̂: of its part a x̂ there, a = ⟨x̂ ∘ δ⟩/⟨x̂²⟩, a κ x̂ is left, and of the rest all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeAlias

import numpy as np

from gradtui.mathematics.blocks.notes import Notes
from gradtui.mathematics.blocks.records import BatchNorm, LayerNorm, RMSNorm
from gradtui.mathematics.blocks.rows import Rows, norm_of_sum, settled
from gradtui.mathematics.elementwise import Array
from gradtui.mathematics.network.exponents import (
    Apart,
    Exponents,
    inner_products,
    or_zero,
    shifted,
    within,
)
from gradtui.progress import Tick

if TYPE_CHECKING:
    from numpy.typing import NDArray

Norm: TypeAlias = LayerNorm | RMSNorm | BatchNorm


_SIGMA = (2.0**-500, 2.0**500)
_CANCELLED = 1e-12
"""A difference whose square is a smaller share of what it was taken of is done otherwise."""


class _Plain(NamedTuple):
    """x̂, 1/σ at the scale 2^-e of h, and κ."""

    x: Array
    inverse: Array
    kappa: Array
    e: Exponents | None


class _Careful(NamedTuple):
    """x̂, σ and κ."""

    x: Apart
    sigma: Apart
    kappa: Apart


class NormPass:
    """What goes through a norm."""

    def __init__(self, name: str, notes: Notes) -> None:
        self.name, self.notes = name, notes
        self.state: _Plain | _Careful

    def forward(self, layer: Norm, h: Rows, tick: Tick) -> Rows:
        """y from h; x̂ and σ are kept."""
        axis, gamma, beta = _axis(layer), _gamma(layer), _bias(layer)
        self.notes.name(self.name, weight=gamma is not None, bias=beta is not None)
        y = None
        if axis == 1 or h.common is not None:
            self.state = _normalised(layer, h, self.notes.room(*h.m.shape))
            values = self.state.x
            if gamma is not None:
                values = np.multiply(values, gamma, out=self.notes.room(*values.shape))
            if beta is not None:
                if gamma is None:
                    values = self.state.x + beta
                else:
                    values += beta
            x = self.state.x

            def sure() -> NDArray[np.bool_]:
                zero = np.full(len(x), beta is None)
                if gamma is None or gamma.any():
                    zero &= ~x.any(axis=1)
                return zero

            # What is zero in h - μ is exactly so, and with such a σ nothing of x̂ underflows.
            y = settled(values, None, sure) if within(self.state.inverse, *_SIGMA) else None
        if y is None:
            self.notes.refuse_infinite(self.name, gamma, beta)
            self.state = _carefully_normalised(layer, h)
            numbers = self.state.x
            if gamma is not None:
                numbers = numbers.times(Apart.of(gamma))
            if beta is not None:
                numbers = numbers.plus(Apart.of(np.broadcast_to(beta, h.m.shape)))
            y = Rows.of_apart(numbers)
        return y

    def backward(self, layer: Norm, g: Rows, tick: Tick) -> Rows:
        """∂L/∂h from ∂L/∂y."""
        axis, gamma, beta, state = _axis(layer), _gamma(layer), _bias(layer), self.state
        notes, name = self.notes.parameters, self.name
        if beta is not None:
            notes[f"{name}.bias"] = norm_of_sum(g.m, g.e)
        if gamma is not None:
            if isinstance(state, _Plain):
                notes[f"{name}.weight"] = norm_of_sum(g.m * state.x, g.e)
            else:
                products = Rows.of_apart(g.apart().times(state.x))
                notes[f"{name}.weight"] = norm_of_sum(products.m, products.e)
        if isinstance(state, _Plain):
            if axis == 1 or g.common is not None:
                delta = g.m if gamma is None else g.m * gamma
                below = _differentiated(layer, state, delta)
                e = g.e if state.e is None else -state.e if g.e is None else g.e - state.e
                rows = settled(below, e, sure=lambda: g.r == 0.0 if axis == 1 else False)
                if rows is not None:
                    return rows
            state = _apart(layer, state)
        numbers = g.apart()
        if gamma is not None:
            numbers = numbers.times(Apart.of(gamma))
        return Rows.of_apart(_carefully_differentiated(layer, state, numbers))


def _axis(layer: Norm) -> int:
    return 0 if isinstance(layer, BatchNorm) else 1


def _gamma(layer: Norm) -> Array | None:
    return None if layer.weight is None else np.asarray(layer.weight, dtype=np.float64)


def _bias(layer: Norm) -> Array | None:
    if isinstance(layer, RMSNorm) or layer.bias is None:
        return None
    return np.asarray(layer.bias, dtype=np.float64)


def _one_direction(layer: Norm, shape: tuple[int, ...]) -> bool:
    """Whether h - μ has one direction at most."""
    return shape[_axis(layer)] <= (1 if isinstance(layer, RMSNorm) else 2)


def _centred(x: Array, axis: int, room: Array | None = None) -> Array:
    """x - ⟨x⟩, exactly 0 where all are alike."""
    x = np.subtract(x, x[:, :1] if axis else x[:1], out=room)
    x -= np.add.reduce(x, axis=axis, keepdims=True) / x.shape[axis]
    return x


def _mean_product(x: Array, y: Array, axis: int) -> Array:
    """⟨x ∘ y⟩, with that axis kept."""
    sums = inner_products(x, y)[:, None] if axis else np.einsum("ij,ij->j", x, y)[None]
    mean: Array = sums / x.shape[axis]
    return mean


def _normalised(layer: Norm, h: Rows, room: Array) -> _Plain:
    """x̂ and σ in plain floats, at the scale of each row; x̂ is put into `room`."""
    axis, e = _axis(layer), h.e
    x = h.m if isinstance(layer, RMSNorm) else _centred(h.m, axis, room)
    eps: float | Array = layer.eps
    if e is not None:
        eps = shifted(np.asarray(layer.eps), -2.0 * (e[:, None] if axis else e[:1, None]))
    inverse = _mean_product(x, x, axis)
    inverse += eps
    np.sqrt(inverse, out=inverse)
    np.divide(1.0, inverse, out=inverse)
    kappa = eps * inverse * inverse
    return _Plain(np.multiply(x, inverse, out=room), inverse, kappa, e)


def _differentiated(layer: Norm, state: _Plain, delta: Array) -> Array:
    """∂L/∂h in plain floats."""
    axis = _axis(layer)
    below = delta.copy() if isinstance(layer, RMSNorm) else _centred(delta, axis)
    if _one_direction(layer, delta.shape):
        below *= state.kappa
    else:
        x, size = state.x, _mean_product(below, below, axis)
        along = _mean_product(x, below, axis)
        below -= x * along
        lost = _lost(below, size, axis)
        if lost.any():
            whole = delta if isinstance(layer, RMSNorm) else _centred(delta, axis)
            rest, a = _apart_from(x, whole, along, axis)
            below = np.where(lost, rest + x * (a * state.kappa), below)
    below *= state.inverse
    return below


def _lost(left: Array, size: Array, axis: int) -> NDArray[np.bool_]:
    """Whether what is left of numbers of that mean square is mostly their rounding."""
    lost: NDArray[np.bool_] = _mean_product(left, left, axis) < _CANCELLED * size
    return lost


def _apart_from(x: Array, delta: Array, along: Array, axis: int) -> tuple[Array, Array]:
    """What of δ is across from x̂, free of what rounding leaves along it, and a; 0 of an x̂ of 0."""
    square = _mean_product(x, x, axis)
    inverse = np.divide(1.0, square, out=np.zeros_like(square), where=square > 0.0)
    a = along * inverse
    rest = delta - x * a
    rest -= x * (_mean_product(x, rest, axis) * inverse)
    return rest, a


# ------------------------------------------------------ with exponents apart


def _level(x: Apart, axis: int) -> tuple[Array, Exponents]:
    """Plain numbers of which the largest along the axis is about 1, and the exponents."""
    top = or_zero(x.e.max(axis=axis, keepdims=True))
    return shifted(x.m, x.e - top), top


def _over(x: Apart, by: Apart) -> Apart:
    """x/by, number by number; by is not 0."""
    return Apart.of(x.m / by.m, x.e - by.e)


def _root(x: Apart) -> Apart:
    """√x of numbers above 0."""
    odd = np.mod(x.e, 2.0)
    return Apart.of(np.sqrt(np.where(odd == 0.0, x.m, 2.0 * x.m)), (x.e - odd) / 2.0)


def _carefully_normalised(layer: Norm, h: Rows) -> _Careful:
    """x̂ and σ."""
    axis = _axis(layer)
    x, top = _level(h.apart(), axis)
    if not isinstance(layer, RMSNorm):
        x = _centred(x, axis)
    variance = Apart.of(_mean_product(x, x, axis), 2.0 * top)
    eps = Apart.of(np.full(top.shape, layer.eps))
    square = variance.plus(eps)
    sigma = _root(square)
    return _Careful(_over(Apart.of(x, top), sigma), sigma, _over(eps, square))


def _apart(layer: Norm, state: _Plain) -> _Careful:
    """The same state with exponents apart."""
    if state.e is None:
        e: Array | float = 0.0
    else:
        e = state.e[:, None] if state.inverse.shape[1] == 1 else state.e[:1, None]
    sigma = Apart.of(1.0 / state.inverse, e)
    eps = Apart.of(np.full(state.inverse.shape, layer.eps))
    return _Careful(Apart.of(state.x), sigma, _over(eps, sigma.times(sigma)))


def _carefully_differentiated(layer: Norm, state: _Careful, delta: Apart) -> Apart:
    """∂L/∂h."""
    axis = _axis(layer)
    if not isinstance(layer, RMSNorm):
        plain, top = _level(delta, axis)
        delta = Apart.of(_centred(plain, axis), top)
    if _one_direction(layer, delta.m.shape):
        return _over(delta.times(state.kappa), state.sigma)
    products, top = _level(delta.times(state.x), axis)
    mean = Apart.of(products.sum(axis=axis, keepdims=True) / products.shape[axis], top)
    left = delta.plus(state.x.times(mean).negative())
    (d, top), x = _level(delta, axis), shifted(state.x.m, state.x.e)
    along = _mean_product(x, d, axis)
    lost = _lost(d - x * along, _mean_product(d, d, axis), axis)
    if lost.any():
        rest, a = _apart_from(x, d, along, axis)
        other = Apart.of(rest, top).plus(state.x.times(Apart.of(a, top)).times(state.kappa))
        left = Apart(np.where(lost, other.m, left.m), np.where(lost, other.e, left.e))
    return _over(left, state.sigma)
