"""The chain rule through real layers: matrices, a batch, and the norm of every gradient.

Glossary: L depth, l layer (1 … L), B batch, i row of the batch, n_l width, W_l weights
[n_l, n_{l-1}], b_l biases [n_l], x = a_0 input [B, n_0], z_l pre-activations and a_l activations
[B, n_l], f the activation function, u = ∂L/∂a_L the upstream gradient, g_l = ∂L/∂a_l and
δ_l = ∂L/∂z_l [B, n_l]; m · 2^e a number whose exponent e is carried apart from its mantissa m;
r = ‖a_i‖², q = ‖δ_i‖², p = ‖g_i‖² the squared norms of the rows [B].

    z_l = a_{l-1} W_lᵀ + b_l           a_l = f(z_l)
    δ_l = g_l ∘ f′(z_l)                g_{l-1} = δ_l W_l           g_L = u
    ∂L/∂W_l = δ_lᵀ a_{l-1}             ∂L/∂b_l = Σ_i δ_l,i

Every row of a and g carries a power of two of its own, used only where float64 needs it: one
check of the row's norm a layer tells, and only rows that fail it take the careful way, number by
number with exponents apart. Within one row, what is below 2^-1000 of the largest counts as zero.

The norm of ∂L/∂W_l does not need the matrix: ‖δᵀa‖² = Σ_ij (δδᵀ)_ij (aaᵀ)_ij, which for a small
batch costs B²(n_l + n_{l-1}) products instead of B n_l n_{l-1}.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gradtui.errors import InputError
from gradtui.mathematics.activation import Activation
from gradtui.mathematics.activations import activation as as_activation
from gradtui.mathematics.elementwise import Array, Elementwise, Formula
from gradtui.mathematics.scaled import ORDINARY, Scaled, Tails
from gradtui.mathematics.shape import grid

MAX_DEPTH = 10_000
SATURATED = 0.01
"""A unit is saturated where |f′| is below this share of its maximum."""

_ORDINARY = math.log2(ORDINARY[1])
_LN_2 = math.log(2.0)
_LOG10_2 = math.log10(2.0)
_MAX_EXPONENT = 2.0**62
"""As in `scaled`: what is smaller than 2^-2^62 is 0, and what is larger than 2^2^62 stays there."""
_PLAIN = 400
"""Rows of a with norms within 2^±400 are plain floats: their products are normal numbers."""
_LEVEL, _SPREAD = 300, 200
"""Norms of g stay within 2^±300, under one common exponent while rows differ by up to 2^200."""
_LEAST, _MOST = 2.0 ** (-2 * _PLAIN), 2.0 ** (2 * _PLAIN)
_CANCELLED = 1e-4
"""A sum over B² products below this share of its bound has lost more than 1e-12 to rounding."""
_BLOCK = 16_384
"""Activations are evaluated in blocks of so many numbers, which stay in the cache."""

Exponents = NDArray[np.float64]
"""Powers of two, whole numbers; float64, because they may pass 2^63."""


# ------------------------------------------------------------------ results


@dataclass(frozen=True, eq=False)
class Histograms:
    """How the values of each layer are spread: `counts` [depth, bins], `edges` [depth, bins+1].

    The bins of a layer are equally wide, from its least to its largest value; values beyond
    ±1e300 are counted there.
    """

    counts: NDArray[np.int64]
    edges: Array


@dataclass(frozen=True, eq=False)
class LayerStatistics:
    """What happens inside each layer, over the batch and the units; arrays [depth].

    Means and spreads (standard deviations) are plain float64 and may underflow to 0 or overflow
    to inf.

    Attributes:
        saturated: the share of the B·n_l values with |f′(z)| < 1 % of max|f′|; NaN where f′ has
            no bound.
        dead: the share of the units with f′(z) = 0 for the whole batch.
        z_mean: the mean of the pre-activations.
        z_spread: their standard deviation.
        a_mean: the mean of the activations.
        a_spread: their standard deviation.
        z_histograms: of the pre-activations, if asked for.
        a_histograms: of the activations, if asked for.
    """

    saturated: Array
    dead: Array
    z_mean: Array
    z_spread: Array
    a_mean: Array
    a_spread: Array
    z_histograms: Histograms | None = None
    a_histograms: Histograms | None = None


@dataclass(frozen=True, eq=False)
class GradientFlow:
    """The norms of one forward and backward pass; arrays are indexed by layer - 1.

    Every magnitude comes as a log10, right to 1e-10 at any depth; `-inf` is an exact zero.
    Gradients are summed over the batch.

    Attributes:
        activation: f.
        widths: n_0 … n_L.
        batch: B.
        log10_grad_weights: log10‖∂L/∂W_l‖_F [depth].
        log10_grad_biases: log10‖∂L/∂b_l‖ [depth], also where a layer has no biases.
        log10_grad_hidden: log10‖∂L/∂a_l‖_F over batch and units [depth + 1]; 0 is the input.
        log10_hidden: log10‖a_l‖_F over batch and units [depth + 1]; 0 is the input.
        layers: what happens inside each layer, if asked for.
    """

    activation: Activation
    widths: tuple[int, ...]
    batch: int
    log10_grad_weights: Array
    log10_grad_biases: Array
    log10_grad_hidden: Array
    log10_hidden: Array
    layers: LayerStatistics | None = None

    @property
    def depth(self) -> int:
        """The number of layers L."""
        return len(self.widths) - 1


def gradient_flow(
    activation: str | Activation,
    weights: Sequence[ArrayLike],
    biases: Sequence[ArrayLike | None] | None,
    x: ArrayLike,
    upstream: ArrayLike,
    *,
    layers: bool = False,
    bins: int = 0,
) -> GradientFlow:
    """Run a network forward and back, and take the norm of every gradient.

    Args:
        activation: a name, a text form such as `leaky_relu(0.2)`, or an `Activation`.
        weights: W_1 … W_L, 1 to 10,000 of them, W_l [n_l, n_{l-1}].
        biases: b_1 … b_L, each [n_l] or None; None for no biases at all.
        x: the inputs a_0 [batch, n_0].
        upstream: ∂L/∂a_L [batch, n_L].
        layers: whether to look inside each layer as well.
        bins: the number of bins of the histograms of each layer; 0 for none.

    Raises:
        InputError: shapes that do not fit together, an empty batch or layer, values that are
            not finite real numbers, or more memory than there is.
    """
    network = _validated(as_activation(activation), weights, biases, x, upstream)
    bins = _count_of_bins(bins)
    with np.errstate(all="ignore"):
        forward = _Forward(network, layers or bins > 0, bins)
        backward = _backward(network, forward)
        return GradientFlow(
            activation=network.f,
            widths=network.widths,
            batch=network.batch,
            log10_grad_weights=_log10_roots(backward.weights),
            log10_grad_biases=_log10_roots(backward.biases),
            log10_grad_hidden=_log10_roots(backward.hidden),
            log10_hidden=_log10_roots(
                [_total(r, e) for r, e in zip(forward.norms, forward.exponents, strict=True)]
            ),
            layers=forward.statistics.result() if forward.statistics else None,
        )


# ------------------------------------------------- numbers with exponents apart


class _Apart(NamedTuple):
    """m · 2^e number by number: 1/2 ≤ |m| < 1, or m = 0 with e = -∞."""

    m: Array
    e: Exponents

    @classmethod
    def of(cls, m: Array, e: Exponents | float = 0.0) -> _Apart:
        """m · 2^e for any finite m."""
        mantissa, own = np.frexp(m)
        return cls(mantissa, np.where(mantissa == 0.0, -np.inf, own + e))

    @classmethod
    def of_log(cls, sign: Array, log: Array) -> _Apart:
        """sign · e^log."""
        finite = np.where(np.isfinite(log), log, 0.0)
        e = np.floor(finite / _LN_2)
        rest = np.clip(finite - e * _LN_2, 0.0, _LN_2)
        return cls.of(np.where(log == -np.inf, 0.0, sign) * np.exp(rest), e)

    def times(self, other: _Apart) -> _Apart:
        """The product, number by number."""
        return _Apart.of(self.m * other.m, self.e + other.e)

    def plus(self, other: _Apart) -> _Apart:
        """The sum, number by number."""
        e = _or_zero(np.maximum(self.e, other.e))
        return _Apart.of(_shifted(self.m, self.e - e) + _shifted(other.m, other.e - e), e)

    def ordinary(self) -> Array:
        """The plain numbers, brought within the ordinary range with their signs."""
        return _shifted(self.m, np.clip(self.e, -_ORDINARY, _ORDINARY))

    def capped(self) -> _Apart:
        """These numbers within the range in which a signal has a size; see `_MAX_EXPONENT`."""
        zero = self.e < -_MAX_EXPONENT
        e = np.where(zero, -np.inf, np.minimum(self.e, _MAX_EXPONENT))
        return _Apart(np.where(zero, 0.0, self.m), e)

    def rows(self) -> tuple[Array, Exponents]:
        """Plain rows of which the largest is about 1, and an exponent a row; plain where it can."""
        e = self.e.max(axis=1)
        apart = np.where((e == -np.inf) | (np.abs(e) < _PLAIN - 20), 0.0, e)
        return _shifted(self.m, self.e - apart[:, None]), apart


def _shifted(m: Array, e: Exponents) -> Array:
    """m · 2^e in plain floats."""
    shifted: Array = np.ldexp(m, np.clip(e, -3000.0, 3000.0).astype(np.intc))
    return shifted


def _or_zero(e: Exponents) -> Exponents:
    """Exponents with that of zero, -∞, replaced by one that can be subtracted."""
    return np.where(e == -np.inf, 0.0, e)


class _Extended:
    """A function of one variable for numbers with exponents apart; see `scaled.Tails`."""

    def __init__(
        self, plain: Callable[..., Any], log: Elementwise, tails: Callable[[Scaled], Scaled]
    ) -> None:
        self.plain, self.log = plain, log
        self.laws = [
            (sign, huge, *self._law(tails, sign, huge)) for sign in (1, -1) for huge in (1, -1)
        ]

    @staticmethod
    def _law(tails: Callable[[Scaled], Scaled], sign: int, huge: int) -> tuple[Scaled, int]:
        """The c and p of c·|z|^p beyond the ordinary range, on that side and at that end."""
        near, far = (Scaled(0.5 * sign, 1 + huge * e) for e in (2000, 2001))
        here, there = tails(near), tails(far)
        p = huge * (there.exponent - here.exponent) if here.sign else 0
        return here.times_scaled(near.power(-p)), p

    def __call__(self, z: _Apart) -> _Apart:
        """g(z)."""
        inside = z.ordinary()
        values = np.asarray(self.plain(inside))
        m, e = _Apart.of(values)
        size = np.abs(values)
        lost = ~((size >= ORDINARY[0]) & (size <= ORDINARY[1]))
        if lost.any():
            at = inside[lost]
            tail = np.asarray(self.plain(np.copysign(20.0, at)))
            sign = np.sign(np.where(values[lost] == 0.0, tail, values[lost]))
            m[lost], e[lost] = _Apart.of_log(sign, np.asarray(self.log(at)))
        beyond = np.abs(_or_zero(z.e)) > _ORDINARY
        if beyond.any():
            for sign, huge, c, p in self.laws:
                here = beyond & (np.sign(z.m) == sign) & (np.sign(z.e) == huge)
                power = np.abs(z.m[here]) ** float(p)
                m[here], e[here] = _Apart.of(c.mantissa * power, c.exponent + p * z.e[here])
        return _Apart(m, e)


@lru_cache(maxsize=64)
def _homogeneous(f: Activation) -> bool:
    """Whether f(c z) = c f(z) for every c > 0: two straight lines that meet in the origin."""
    z = grid()
    left, right = -f(-1.0), f(1.0)
    slope = np.where(z > 0.0, right, left)
    same = np.array_equal(f(z), slope * z) and np.array_equal(
        f.derivative(z[z != 0.0]), slope[z != 0.0]
    )
    return same and not any(f.breaks)


def _row_norms(rows: Array) -> Array:
    """The squared norm of each row."""
    norms: Array = np.einsum("ij,ij->i", rows, rows)
    return norms


def _magnitude(squares: Array) -> Exponents:
    """The exponents of the roots of `squares`; 0 for those of 0."""
    return np.floor(np.frexp(squares)[1] / 2.0)


class _Square(NamedTuple):
    """The square s · 4^e of a norm."""

    s: float
    e: float


def _total(squares: Array, e: Exponents | None, shift: float = 0.0) -> _Square:
    """Σ_i squares_i 4^(e_i + shift)."""
    if e is None:
        return _Square(float(np.add.reduce(squares)), shift)
    live = squares > 0.0
    if not live.any():
        return _Square(0.0, 0.0)
    own = _magnitude(squares)
    top = float((e + own)[live].max())
    return _Square(float(_shifted(squares[live], 2.0 * (e[live] - top)).sum()), top + shift)


def _log10_roots(squares: Sequence[_Square]) -> Array:
    """log10 √(s · 4^e) of each; -inf for 0."""
    s, e = (np.array(column, dtype=np.float64) for column in zip(*squares, strict=True))
    logs: Array = np.where(s > 0.0, 0.5 * np.log10(s) + e * _LOG10_2, -np.inf)
    return logs


# ------------------------------------------------------------------ network


@dataclass(frozen=True, eq=False)
class _Network:
    """What was given, checked but for the finiteness of the weights, which z shows."""

    f: Activation
    weights: list[NDArray[np.generic]]
    biases: list[Array | None]
    x: Array
    upstream: Array

    @property
    def batch(self) -> int:
        return len(self.x)

    @property
    def depth(self) -> int:
        return len(self.weights)

    @property
    def widths(self) -> tuple[int, ...]:
        return (self.x.shape[1], *(len(w) for w in self.weights))

    def weight(self, layer: int) -> Array:
        """W_l as float64, made when it is needed if it was given otherwise."""
        return np.asarray(self.weights[layer], dtype=np.float64)

    def preactivations(self, layer: int, a: Array, e: Exponents) -> _Apart:
        """z_l from rows of a_{l-1} · 2^e; each unit's weights take part at a scale of their own."""
        w, b = self.weight(layer), self.biases[layer]
        k = np.frexp(np.abs(w).max(axis=1))[1]
        z = _Apart.of(a @ np.ldexp(w, -k[:, None]).T, e[:, None] + k)
        return z if b is None else z.plus(_Apart.of(np.broadcast_to(b, z.m.shape)))


def _evaluated(function: Formula, z: Array, out: Array | None = None) -> Array:
    """function(z), block by block, into `out` if that is given; a small z is one block."""
    if z.size <= _BLOCK and out is None:
        values: Array = function(z)
        return values
    result = np.empty_like(z) if out is None else out
    flat_z, flat = z.reshape(-1), result.reshape(-1)
    for start in range(0, z.size, _BLOCK):
        flat[start : start + _BLOCK] = function(flat_z[start : start + _BLOCK])
    return result


class _Forward:
    """The forward pass.

    Attributes:
        z: plain pre-activations by layer, where f′ can be taken from them: the mantissas where f
            is homogeneous, clipped to what float64 holds elsewhere; parts of `everything`.
        everything: the pre-activations of all layers in a row.
        a: x and the activations; with `exponents` where those are not None.
        exponents: an exponent for each row of a_l, None where all are 0.
        norms: the squared norms of the rows of a_l, without exponents.
    """

    def __init__(self, network: _Network, layers: bool, bins: int) -> None:
        self.network = network
        self.f = _Extended(network.f, network.f.log_abs, Tails(network.f).function)
        self.homogeneous = _homogeneous(network.f)
        widths, batch = network.widths, network.batch
        self.everything = np.empty(batch * sum(widths[1:]))
        ends = np.cumsum([0, *(batch * n for n in widths[1:])]).tolist()
        self.z = [
            self.everything[ends[layer] : ends[layer + 1]].reshape(batch, n)
            for layer, n in enumerate(widths[1:])
        ]
        self.a = [network.x]
        self.norms = [_row_norms(network.x)]
        self.exponents: list[Exponents | None] = [None]
        if not _within(self.norms[0], _LEAST, _MOST):
            self.a[0], e = _Apart.of(network.x).rows()
            self.norms[0], self.exponents[0] = _row_norms(self.a[0]), e if e.any() else None
        self.statistics = _Statistics(network, bins) if layers else None
        for layer in range(network.depth):
            self._advance(layer)

    def _advance(self, layer: int) -> None:
        """Append a_l."""
        a, e, b, z = self.a[layer], self.exponents[layer], self.network.biases[layer], self.z[layer]
        np.matmul(a, self.network.weight(layer).T, out=z)
        if b is not None:
            z += b if e is None else _shifted(np.broadcast_to(b, z.shape), -e[:, None])
        flat = z.reshape(-1)
        finite = bool(np.dot(flat, flat) < np.inf)
        if not finite:
            _refuse_infinite(f"weights[{layer}]", self.network.weight(layer))
        self.a.append(_evaluated(self.network.f.function, z))
        self.norms.append(_row_norms(self.a[-1]))
        # The scale of a row passes through f as it is, if the biases do not outweigh the signal.
        passes = e is None or (self.homogeneous and (b is None or bool(e.min() >= 0.0)))
        self.exponents.append(e if passes else None)
        if not (passes and finite and _within(self.norms[-1], _LEAST, _MOST)):
            e = self._repair(layer)
        if self.statistics:
            self.statistics.add(layer, z, e, self.a[-1], self.exponents[-1])

    def _repair(self, layer: int) -> Exponents | None:
        """Do again, with exponents apart, the rows that plain floats do not hold.

        Returns the exponents of the rows of z_l, of which all but those of a homogeneous f are
        plain.
        """
        network = self.network
        below, z, a, r = self.a[layer], self.z[layer], self.a[-1], self.norms[-1]
        given, b = self.exponents[layer], network.biases[layer]
        e = np.zeros(network.batch) if given is None else given
        apart = e.copy() if self.homogeneous else np.zeros(network.batch)
        bad = ~((r >= _LEAST) & (r <= _MOST) & np.isfinite(_row_norms(z)))
        bad |= (e != 0.0) & (not self.homogeneous or ((e < 0.0) & (b is not None)))
        if self.homogeneous:
            mild = bad & (r >= _LEAST**1.25) & (r <= _MOST**1.25) & ((e >= 0.0) | (b is None))
            a[mild], shift = _Apart.of(a[mild]).rows()
            apart[mild] += shift
            bad &= ~mild
        if b is None:  # a row of zeros stays one where f(0) = 0
            bad &= (r != 0.0) | (self.norms[layer] != 0.0)
        z_exponents = e.copy()
        rows = np.flatnonzero(bad)
        if rows.size:
            numbers = network.preactivations(layer, below[rows], e[rows])
            a[rows], apart[rows] = self.f(numbers).capped().rows()
            if self.homogeneous:
                z[rows], z_exponents[rows] = numbers.rows()
            else:
                z[rows] = numbers.ordinary()
        self.norms[-1] = _row_norms(a)
        self.exponents[-1] = apart if apart.any() else None
        return z_exponents if self.homogeneous else None


def _within(squares: Array, least: float, most: float) -> bool:
    """Whether all of `squares` lie between the two; what is not a number does not."""
    return bool(squares.min() >= least and squares.max() <= most)


class _Statistics:
    """Collects `LayerStatistics` layer by layer."""

    def __init__(self, network: _Network, bins: int) -> None:
        self.f, self.bins = network.f, bins
        self.columns = np.zeros((6, network.depth))
        self.z_bins, self.a_bins = (self._no_bins(network.depth) for _ in "za")

    def _no_bins(self, depth: int) -> Histograms:
        return Histograms(
            np.zeros((depth, self.bins), dtype=np.int64), np.zeros((depth, self.bins + 1))
        )

    def add(
        self, layer: int, z: Array, e: Exponents | None, a: Array, a_e: Exponents | None
    ) -> None:
        """Look at z_l and a_l, rows of which carry exponents."""
        z = z if e is None else _shifted(z, e[:, None])
        a = a if a_e is None else _shifted(a, a_e[:, None])
        slope = np.abs(self.f.derivative(z))
        most = self.f.max_abs_derivative
        saturated = float(np.mean(slope < SATURATED * most)) if math.isfinite(most) else math.nan
        units = np.flatnonzero(~slope.any(axis=0))
        # What merely underflowed is not dead.
        dead = (self.f.log_abs_derivative(z[:, units]) == -np.inf).all(axis=0).sum() / z.shape[1]
        self.columns[:, layer] = (saturated, dead, *_moments(z), *_moments(a))
        if self.bins:
            for values, bins in ((z, self.z_bins), (a, self.a_bins)):
                bins.counts[layer], bins.edges[layer] = np.histogram(
                    np.clip(values, -1e300, 1e300), self.bins
                )

    def result(self) -> LayerStatistics:
        """What was collected."""
        histograms = (self.z_bins, self.a_bins) if self.bins else (None, None)
        return LayerStatistics(*self.columns, *histograms)


def _moments(values: Array) -> tuple[float, float]:
    """Mean and standard deviation, without overflow on the way."""
    top = float(np.abs(values).max())
    if top == 0.0 or not math.isfinite(top):
        return (0.0, 0.0) if top == 0.0 else (math.inf, math.inf)
    unit = math.frexp(top)[1]
    scaled = np.ldexp(values, -unit)
    return float(np.ldexp(scaled.mean(), unit)), float(np.ldexp(scaled.std(), unit))


# ----------------------------------------------------------------- backward


class _Backward(NamedTuple):
    """The squared norms of the gradients."""

    weights: list[_Square]
    biases: list[_Square]
    hidden: list[_Square]


class _Signal:
    """g_l: rows g · 2^(own + shift), with one shift for all and, where they differ much, own."""

    def __init__(self, upstream: Array, widest: int) -> None:
        self.room = np.empty(len(upstream) * widest)
        self.g, e = _Apart.of(upstream).rows()
        self.own: Exponents | None = e if e.any() else None
        self.shift = 0.0
        self.p = _row_norms(self.g)
        self.level()

    def level(self) -> None:
        """Bring the norms of all rows back to about 1."""
        live = self.p > 0.0
        if _within(self.p, 2.0 ** (-2 * _LEVEL), 2.0 ** (2 * _LEVEL)) or not live.any():
            return
        k = _magnitude(self.p)
        own = k if self.own is None else self.own + k
        own = np.where(live, own, 0.0)
        low, high = float(own[live].min()), float(own[live].max())
        if high - low <= _SPREAD:
            up = -high - k + own
            self.own, self.shift = None, self.shift + high
        else:
            up = -k
            self.own = own
        if not up.any():
            return
        self.g = _shifted(self.g, np.where(live, up, 0.0)[:, None])
        self.p = _row_norms(self.g)


def _backward(network: _Network, forward: _Forward) -> _Backward:
    """From the loss to the input; f′(z_l), and then δ_l, take the place of z_l."""
    slope = _Extended(
        network.f.derivative, network.f.log_abs_derivative, Tails(network.f).derivative
    )
    _evaluated(network.f.definition.df, forward.everything, out=forward.everything)
    ones = np.ones(network.batch)
    signal = _Signal(network.upstream, max(network.widths))
    nothing = _Square(0.0, 0.0)
    weights, biases = [nothing] * network.depth, [nothing] * network.depth
    hidden = [nothing] * network.depth + [_total(signal.p, signal.own, signal.shift)]
    for layer in reversed(range(network.depth)):
        if not signal.p.any():
            break  # exactly zero from here down
        a, r, e = forward.a[layer], forward.norms[layer], forward.exponents[layer]
        delta = forward.z[layer]
        np.multiply(signal.g, delta, out=delta)
        q = _row_norms(delta)
        own = signal.own
        if not _within(q, _LEAST, _MOST):
            q, own = _repaired(network, forward, layer, slope, signal, delta, q)
        if own is None:
            total = ones @ delta
            biases[layer] = _Square(float(total @ total), signal.shift)
        else:
            top = float(np.where(q > 0.0, own, -np.inf).max())
            if top > -np.inf:
                total = ones @ _shifted(delta, (own - top)[:, None])
                biases[layer] = _total(np.array([total @ total]), None, top + signal.shift)
        both = own if e is None else e if own is None else own + e
        weights[layer] = _outer(delta, a, q, r, both, signal.shift)
        _descend(network.weight(layer), signal, delta, q, own)
        hidden[layer] = _total(signal.p, signal.own, signal.shift)
    return _Backward(weights, biases, hidden)


def _repaired(
    network: _Network,
    forward: _Forward,
    layer: int,
    slope: _Extended,
    signal: _Signal,
    delta: Array,
    q: Array,
) -> tuple[Array, Exponents | None]:
    """The rows of δ_l that plain floats do not hold, done again; squared norms and exponents."""
    live = signal.p > 0.0
    delta[~live] = 0.0
    rows = np.flatnonzero(live & ~((q >= _LEAST) & (q <= _MOST)))
    own = np.zeros(network.batch) if signal.own is None else signal.own.copy()
    if rows.size:
        e = forward.exponents[layer]
        below = np.zeros(rows.size) if e is None else e[rows]
        z = network.preactivations(layer, forward.a[layer][rows], below)
        delta[rows], apart = slope(z).times(_Apart.of(signal.g[rows])).rows()
        own[rows] += apart
    return _row_norms(delta), own if own.any() else None


def _descend(w: Array, signal: _Signal, delta: Array, q: Array, own: Exponents | None) -> None:
    """g_{l-1} = δ_l W_l."""
    room = signal.room[: len(delta) * w.shape[1]].reshape(len(delta), -1)
    signal.g = np.matmul(delta, w, out=room)
    signal.p, signal.own = _row_norms(signal.g), own
    if _within(signal.p, 2.0 ** (-2 * _LEVEL), 2.0 ** (2 * _LEVEL)):
        return
    bad = (q > 0.0) & ~((signal.p >= _LEAST**1.25) & (signal.p <= _MOST**1.25))
    rows = np.flatnonzero(bad)
    if rows.size:
        k = np.frexp(np.abs(w).max(axis=0))[1]
        wide = _Apart.of(delta[rows] @ np.ldexp(w, -k), k.astype(np.float64))
        signal.g[rows], apart = wide.rows()
        own = np.zeros(len(q)) if own is None else own.copy()
        own[rows] += apart
        signal.own, signal.p = own if own.any() else None, _row_norms(signal.g)
    signal.level()


def _outer(
    delta: Array, a: Array, q: Array, r: Array, e: Exponents | None, shift: float
) -> _Square:
    """‖δᵀa‖²_F where row i of the product of the rows carries the exponent e_i + shift."""
    least, most = float(q.min()) * float(r.min()), float(q.max()) * float(r.max())
    if e is not None or not (least >= _LEAST and most <= _MOST):
        live = (q > 0.0) & (r > 0.0)
        if not live.any():
            return _Square(0.0, 0.0)
        k, m = _magnitude(q), _magnitude(r)
        size = k + m if e is None else k + m + e
        top = float(size[live].max())
        delta = _shifted(delta, np.where(live, size - top - k, -np.inf)[:, None])
        a = _shifted(a, -m[:, None])
        q, r = _row_norms(delta), _row_norms(a)
        shift += top
    batch, above, below = len(delta), delta.shape[1], a.shape[1]
    if batch * (above + below) <= above * below:
        square = float(np.vdot(delta @ delta.T, a @ a.T))
        if square >= _CANCELLED * batch * float(q @ r):
            return _Square(square, shift)
    product = delta.T @ a
    return _Square(float(np.vdot(product, product)), shift)


# --------------------------------------------------------------- validation


def available_memory() -> float:
    """The bytes that this process may still take, as the system tells; ∞ where it does not."""
    free = [_meminfo(), _cgroup("memory.max", "memory.current")]
    return min((value for value in free if value is not None), default=math.inf)


def _meminfo() -> float | None:
    """What Linux estimates to be available without swapping; elsewhere, the physical memory."""
    try:
        for line in Path("/proc/meminfo").read_text(encoding="ascii").splitlines():
            if line.startswith("MemAvailable:"):
                return float(line.split()[1]) * 1024.0
        return float(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))
    except (OSError, ValueError, AttributeError, IndexError):
        return None


def _cgroup(most: str, used: str) -> float | None:
    """What a container's limit leaves, where there is one."""
    root = Path("/sys/fs/cgroup")
    try:
        limit = (root / most).read_text(encoding="ascii").strip()
        return float(limit) - float((root / used).read_text(encoding="ascii"))
    except (OSError, ValueError):
        return None


def refuse_beyond_memory(field: str, given: str, need: float, fits: Callable[[float], str]) -> None:
    """Raise an `InputError` where `need` bytes are more than there are.

    Args:
        field: what to blame.
        given: what was asked for, in words.
        need: the bytes that it takes.
        fits: from the bytes there are to what would fit, in words.
    """
    if need < _ALWAYS_THERE:
        return
    free = available_memory()
    if need > free:
        raise InputError(
            field,
            f"{given}: {_gigabytes(need)}",
            f"within the {_gigabytes(free)} of memory available",
            fits(free),
        )


_ALWAYS_THERE = 2.0**26
"""Bytes that are not worth asking the system for."""


def _gigabytes(size: float) -> str:
    return f"{size / 2**30:,.3g} GiB"


def _validated(
    f: Activation,
    weights: Sequence[ArrayLike],
    biases: Sequence[ArrayLike | None] | None,
    x: ArrayLike,
    upstream: ArrayLike,
) -> _Network:
    """What `gradient_flow` was given, but for the finiteness of the weights."""
    w = [
        _array(f"weights[{layer}]", one, 2)
        for layer, one in enumerate(_several("weights", weights))
    ]
    if not 1 <= len(w) <= MAX_DEPTH:
        raise InputError(
            "weights", f"{len(w)} matrices", f"1 to {MAX_DEPTH:,} matrices", "give one a layer"
        )
    inputs, above = _array("x", x, 2), _array("upstream", upstream, 2)
    batch, below = inputs.shape
    for layer, one in enumerate(w):
        if one.shape[1] != below:
            raise InputError(
                f"weights[{layer}]",
                f"matrix of shape {one.shape}",
                f"a matrix [n, {below}], for it receives {below} values",
                f"give {'x' if layer == 0 else f'weights[{layer - 1}]'} {one.shape[1]} "
                + ("columns" if layer == 0 else "rows")
                + f", or this one {below} columns",
            )
        below = one.shape[0]
    if above.shape != (batch, below):
        raise InputError(
            "upstream",
            f"array of shape {above.shape}",
            f"an array [{batch}, {below}], as the output is",
            "give ∂L/∂a of the last layer for every row of x",
        )
    b: list[NDArray[np.generic] | None] = [None] * len(w)
    if biases is not None:
        given = _several("biases", biases)
        if len(given) != len(w):
            raise InputError(
                "biases",
                f"{len(given)} of them",
                f"as many as the {len(w)} weight matrices",
                "give one vector a layer, None where a layer has none, or None for all",
            )
        b = [
            None if one is None else _array(f"biases[{layer}]", one, 1)
            for layer, one in enumerate(given)
        ]
        for layer, (bias, one) in enumerate(zip(b, w, strict=True)):
            if bias is not None and len(bias) != len(one):
                raise InputError(
                    f"biases[{layer}]",
                    f"vector of {len(bias)}",
                    f"a vector of {len(one)}, one number a row of weights[{layer}]",
                    "give one bias a unit",
                )
    _refuse_memory(batch, [inputs.shape[1], *(len(one) for one in w)], w)
    return _Network(
        f,
        w,
        _finite_vectors(b),
        _finite("x", inputs),
        _finite("upstream", above),
    )


def _refuse_memory(batch: int, widths: list[int], weights: list[NDArray[np.generic]]) -> None:
    """Refuse a batch of which the states of all layers do not fit into memory."""
    # z and a of every layer, the input, two signals, and room for what becomes of a block
    row = 8.0 * (2 * sum(widths) + 4 * max(widths))
    once = 8.0 * (3 * max(one.size for one in weights) + 8 * _BLOCK)
    refuse_beyond_memory(
        "x",
        f"a batch of {batch:,} through {len(weights):,} layers",
        once + batch * row,
        lambda free: (
            f"a batch of {int((free - once) / row):,} would fit"
            if free >= once + row
            else f"not one row fits; about {max(int(len(weights) * free / (once + row)), 1):,} "
            "layers of these would"
        ),
    )


def _several(field: str, values: object) -> list[ArrayLike]:
    """The items of a sequence, or of an array along its first axis."""
    if isinstance(values, str | bytes | dict) or not isinstance(values, Iterable):
        raise InputError(field, values, "a list of arrays, one a layer", "give a list")
    if isinstance(values, np.ndarray) and values.ndim == 0:
        raise InputError(field, values, "a list of arrays, one a layer", "give a list")
    return list(values)


def _array(field: str, values: ArrayLike, dimensions: int) -> NDArray[np.generic]:
    """An array of real numbers with so many dimensions, none of them empty."""
    try:
        array = np.asarray(values)
    except ValueError:
        array = np.empty(0, dtype=object)
    if array.dtype.kind not in "iuf" or array.ndim != dimensions:
        raise InputError(
            field,
            f"{array.ndim}-dimensional array of {array.dtype}",
            f"a {dimensions}-dimensional array of real numbers",
            "give numbers in rows of equal length" if dimensions == 2 else "give one number a unit",
        )
    if 0 in array.shape:
        empty = "batch" if field in ("x", "upstream") and array.shape[0] == 0 else "width"
        raise InputError(
            field,
            f"array of shape {array.shape}",
            f"an array with a {empty} of at least 1",
            f"give it a {empty} of 1 or more",
        )
    return array


def _finite(field: str, values: NDArray[np.generic]) -> Array:
    """`values` as float64 in one piece, or an error that says which is not finite."""
    array = np.ascontiguousarray(values, dtype=np.float64)
    _refuse_infinite(field, array)
    return array


def _refuse_infinite(field: str, array: Array) -> None:
    """Raise an `InputError` that names the first number that is not finite."""
    bad = ~np.isfinite(array)
    if bad.any():
        where = tuple(np.argwhere(bad)[0].tolist())
        at = ", ".join(map(str, where))
        raise InputError(f"{field}[{at}]", float(array[where]), "a finite number", "replace it")


def _finite_vectors(vectors: list[NDArray[np.generic] | None]) -> list[Array | None]:
    """The biases as float64; all of them are looked at in one go."""
    arrays = [None if one is None else np.asarray(one, dtype=np.float64) for one in vectors]
    given = [one for one in arrays if one is not None]
    if given and not np.isfinite(np.concatenate(given)).all():
        for layer, one in enumerate(arrays):
            if one is not None:
                _refuse_infinite(f"biases[{layer}]", one)
    return arrays


def _count_of_bins(bins: int) -> int:
    """A number of bins, or an error."""
    if isinstance(bins, bool) or not isinstance(bins, int | np.integer) or not 0 <= bins <= 10_000:
        raise InputError("bins", bins, "a whole number from 0 to 10,000", "try 40")
    return int(bins)
