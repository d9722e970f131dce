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

import itertools
import math
import os
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
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
from gradtui.mathematics.steps import finish

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
_LEAST, _MOST = 2.0 ** (-2 * _PLAIN), 2.0 ** (2 * _PLAIN)
_LEVEL, _SPREAD = (2.0**-600, 2.0**600), 200
"""Norms of g stay within 2^±300, under one common exponent while rows differ by up to 2^200."""
_CANCELLED = 1e-4
"""A sum over B² products below this share of its bound has lost more than 1e-12 to rounding."""
_CANCELLED_SLOPE = 0.02
"""α + βf - f² above this has lost no more than fifty roundings: 1e-14."""
_BLOCK = 12_288
"""Activations are evaluated in blocks of so many numbers, which stay in the cache."""
_TOGETHER = 32_768
"""So many numbers of layers of one shape are looked at together, to make fewer calls."""

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

    Means and spreads (standard deviations) are plain float64: what is below 1e-288 or above 1e288
    may show as something that small or large, as 0 or as inf.

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
    return finish(
        gradient_flow_steps(activation, weights, biases, x, upstream, layers=layers, bins=bins)
    )


def gradient_flow_steps(
    activation: str | Activation,
    weights: Sequence[ArrayLike],
    biases: Sequence[ArrayLike | None] | None,
    x: ArrayLike,
    upstream: ArrayLike,
    *,
    layers: bool = False,
    bins: int = 0,
) -> Generator[float, None, GradientFlow]:
    """Do as `gradient_flow` does, a few layers at a time.

    To stop the computation, stop iterating; `flow = yield from gradient_flow_steps(...)` passes
    the steps on. Arguments and errors are those of `gradient_flow`, with the first step.

    Yields:
        The share that is done, from above 0 to 1.

    Returns:
        What `gradient_flow` returns.
    """
    network = _validated(as_activation(activation), weights, biases, x, upstream)
    bins = _count_of_bins(bins)
    forward = _Forward(network, layers or bins > 0, bins)
    backward = _Backward(network, forward)
    passes = itertools.chain(forward.run(), backward.run())
    done = 0
    while True:
        with np.errstate(all="ignore"):  # not across a yield: it would reach the caller
            count = next(passes, 0)
        if not count:
            break
        done += count
        yield done / (2 * network.depth)
    with np.errstate(all="ignore"):
        hidden = _Squares(network.depth + 1)
        for layer, (r, e) in enumerate(zip(forward.norms, forward.exponents, strict=True)):
            hidden.total(layer, r, e)
        return GradientFlow(
            activation=network.f,
            widths=network.widths,
            batch=network.batch,
            log10_grad_weights=backward.weights.log10(),
            log10_grad_biases=backward.biases.log10(),
            log10_grad_hidden=backward.hidden.log10(),
            log10_hidden=hidden.log10(),
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
        near, far = (Scaled(0.5 * sign, 1 + huge * up) for up in (2000, 2001))
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
            for side, huge, factor, p in self.laws:
                here = beyond & (np.sign(z.m) == side) & (np.sign(z.e) == huge)
                power = np.abs(z.m[here]) ** float(p)
                m[here], e[here] = _Apart.of(
                    factor.mantissa * power, factor.exponent + p * z.e[here]
                )
        return _Apart(m, e)


_vecdot: Callable[[Array, Array], Array] = getattr(  # NumPy 2
    np, "vecdot", lambda x, y: np.einsum("...j,...j->...", x, y)
)


class _Slopes(NamedTuple):
    """Of f that is two straight lines meeting in the origin: f(c z) = c f(z) for every c > 0."""

    left: float
    right: float

    def f(self, z: Array, out: Array) -> None:
        """Evaluate into `out`."""
        if self == (0.0, 1.0):
            np.maximum(z, 0.0, out=out)
        else:
            np.copyto(out, z)
            self.df(out, out)
            out *= z

    def df(self, z: Array, a: Array) -> None:
        """Put f′(z), the slope on the left at 0, in the place of z: products beat branches."""
        positive = z > 0.0
        np.multiply(positive, self.right, out=z)
        if self.left:
            z += ~positive * self.left


@lru_cache(maxsize=64)
def _homogeneous(f: Activation) -> _Slopes | None:
    """The slopes of f if it is positively homogeneous of degree 1."""
    z = grid()
    slopes = _Slopes(-f(-1.0) + 0.0, f(1.0))
    slope = z.copy()
    slopes.df(slope, slope)
    same = np.array_equal(f(z), slope * z) and np.array_equal(f.derivative(z), slope)
    return slopes if same and not any(f.breaks) else None


class _Riccati(NamedTuple):
    """Of f with f′ = α + βf - f² ≥ 0, as for tanh and the sigmoid: f is at hand already."""

    alpha: float
    beta: float
    formula: Formula

    def df(self, z: Array, a: Array) -> None:
        """Put f′(z) in the place of z: from a = f(z), but where subtraction leaves little."""
        lost = a * a
        if self.beta:
            lost -= self.beta * a
        small = np.flatnonzero(lost > self.alpha - _CANCELLED_SLOPE)
        careful = self.formula(z[small])
        np.subtract(self.alpha, lost, out=z)
        z[small] = careful


@lru_cache(maxsize=64)
def _riccati(f: Activation) -> _Riccati | None:
    """The equation of f if it has one: found from two points, and checked everywhere."""
    (left, middle), (at_left, at_middle) = (
        f(np.array([-1.0, 0.0])),
        f.derivative(np.array([-1.0, 0.0])),
    )
    if left == middle:
        return None
    beta = round((at_middle + middle**2 - at_left - left**2) / (middle - left), 12) + 0.0
    alpha = round(at_middle + middle**2 - beta * middle, 12) + 0.0
    a, slope = f(grid()), f.derivative(grid())
    same = float(np.abs(alpha + beta * a - a * a - slope).max()) <= 1e-15
    return _Riccati(alpha, beta, f.definition.df) if same and slope.min() >= 0.0 else None


def _row_norms(rows: Array) -> Array:
    """The squared norm of each row: [.., n] to [..]."""
    norms: Array = _vecdot(rows, rows)
    return norms


def _magnitude(squares: Array) -> Exponents:
    """The exponents of the roots of `squares`; 0 for those of 0."""
    return np.floor(np.frexp(squares)[1] / 2.0)


def _within(squares: Array, least: float, most: float) -> bool:
    """Whether all of `squares` lie between the two; what is not a number does not."""
    return bool(squares.min() >= least and squares.max() <= most)


class _Squares:
    """Squares s · 4^e of norms, to be filled in."""

    def __init__(self, size: int) -> None:
        self.s, self.e = np.zeros(size), np.zeros(size)

    def total(self, at: int, squares: Array, e: Exponents | None, shift: float = 0.0) -> None:
        """Put Σ_i squares_i 4^(e_i + shift) there."""
        if e is None:
            self.s[at], self.e[at] = squares.sum(), shift
            return
        live = squares > 0.0
        if live.any():
            top = float((e + _magnitude(squares))[live].max())
            self.s[at] = _shifted(squares[live], 2.0 * (e[live] - top)).sum()
            self.e[at] = top + shift

    def log10(self) -> Array:
        """log10 of the norms; -inf for 0."""
        logs: Array = np.where(self.s > 0.0, 0.5 * np.log10(self.s) + self.e * _LOG10_2, -np.inf)
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

    @cached_property
    def widths(self) -> tuple[int, ...]:
        return (self.x.shape[1], *(len(w) for w in self.weights))

    @cached_property
    def groups(self) -> list[_Group]:
        return _groups(self.widths, self.batch)

    def weight(self, layer: int) -> Array:
        """W_l as float64, made when it is needed if it was given otherwise."""
        return np.asarray(self.weights[layer], dtype=np.float64)

    def preactivations(self, layer: int, a: Array, e: Exponents) -> _Apart:
        """z_l from rows of a_{l-1} · 2^e; each unit's weights take part at a scale of their own."""
        w, b = self.weight(layer), self.biases[layer]
        w, k = _at_scale(w.T)
        z = _Apart.of(a @ w, e[:, None] + k)
        return z if b is None else z.plus(_Apart.of(np.broadcast_to(b, z.m.shape)))


def _at_scale(w: Array) -> tuple[Array, Exponents]:
    """Each column of `w` at a scale of its own, and the exponents; as it is where that will do."""
    k = np.frexp(np.maximum(w.max(axis=0), -w.min(axis=0)))[1]
    if np.abs(k).max() < _PLAIN:
        return w, np.zeros(len(k))
    half = -k // 2
    return w * np.ldexp(1.0, half) * np.ldexp(1.0, -k - half), k.astype(
        np.float64
    )  # ldexp of all of w is slow


class _Group(NamedTuple):
    """Layers start … stop - 1 (from 0), all from n to m units, small enough to go in one go."""

    start: int
    stop: int


def _groups(widths: tuple[int, ...], batch: int) -> list[_Group]:
    """Runs of layers of one shape, of at most `_TOGETHER` numbers unless it is a single layer."""
    groups, start = [], 0
    for layer in range(1, len(widths)):
        size = (layer + 1 - start) * batch * max(widths[start : start + 2])
        same = layer + 1 < len(widths) and widths[layer : layer + 2] == widths[start : start + 2]
        if not same or size > _TOGETHER:
            groups.append(_Group(start, layer))
            start = layer
    return groups


def _blocks(size: int) -> Iterator[slice]:
    """Blocks of so many numbers."""
    return (slice(start, start + _BLOCK) for start in range(0, size, _BLOCK))


class _Stack:
    """One matrix [batch, n] a layer, one after the other in memory."""

    def __init__(self, room: Array, batch: int, widths: Sequence[int]) -> None:
        self.ends = (batch * np.cumsum([0, *widths])).tolist()
        self.flat = room[: self.ends[-1]]
        self.parts = [
            self.flat[start:end].reshape(batch, -1) for start, end in itertools.pairwise(self.ends)
        ]

    def together(self, start: int, stop: int) -> Array:
        """Neighbours of one shape as one array [stop - start, batch, n]."""
        run = self.flat[self.ends[start] : self.ends[stop]]
        return run.reshape(-1, *self.parts[start].shape)


class _Forward:
    """The forward pass.

    Attributes:
        z: the pre-activations by layer, brought within the ordinary range.
        a: x and the activations.
        z_exponents: an exponent for each row of z_l, None where all are 0.
        exponents: an exponent for each row of a_l, None where all are 0.
        norms: the squared norms of the rows of a_l [depth + 1, batch], without exponents.
        spare: three arrays, each as large as the largest group of layers.
    """

    def __init__(self, network: _Network, layers: bool, bins: int) -> None:
        self.network = network
        self.slopes = _homogeneous(network.f)
        self.statistics = _Statistics(network, bins) if layers else None
        widths, batch = network.widths, network.batch
        # One block for all: what malloc gave once it gives again, without the cost of new pages.
        largest = max((j - i) * max(widths[i : i + 2]) for i, j in network.groups)
        room = np.empty(batch * (2 * sum(widths) + 3 * largest))
        self.stacked_a = _Stack(room, batch, widths)
        self.stacked_z = _Stack(room[batch * sum(widths) :], batch, widths[1:])
        self.spare = room[2 * batch * sum(widths) :].reshape(3, -1)
        self.z, self.a = self.stacked_z.parts, self.stacked_a.parts
        self.z_exponents: list[Exponents | None] = [None] * network.depth
        self.exponents: list[Exponents | None] = [None] * len(widths)
        self.norms = np.empty((len(widths), batch))

    def run(self) -> Iterator[int]:
        """Run the layers group by group, and tell how many each was."""
        x = self.network.x
        self.a[0][:] = x
        self.norms[0] = _row_norms(x)
        if not _within(self.norms[0], _LEAST, _MOST):
            self.a[0][:], e = _Apart.of(x).rows()
            self.norms[0], self.exponents[0] = _row_norms(self.a[0]), e if e.any() else None
        for group in self.network.groups:
            if not self._ran(group):
                for layer in range(*group):
                    self._advance(layer)
            if self.statistics:
                for layer in range(*group):
                    self.statistics.add(self, layer)
            yield group.stop - group.start

    @cached_property
    def values(self) -> Callable[[Array, Array], object]:
        """Puts f(z) into an array."""
        function = self.network.f.function
        if self.slopes:
            return self.slopes.f
        if isinstance(function, np.ufunc):
            return function
        return lambda z, out: np.copyto(out, function(z))

    def differentiate(self, group: _Group) -> None:
        """Let f′(z_l) take the place of z_l."""
        start, stop = group
        riccati = None if self.slopes else _riccati(self.network.f)
        if any(e is not None for e in self.exponents[start + 1 : stop + 1]):
            riccati = None
        formula, own = self.network.f.definition.df, self.slopes or riccati
        z = self.stacked_z.together(start, stop).reshape(-1)
        a = self.stacked_a.together(start + 1, stop + 1).reshape(-1)
        for block in _blocks(z.size):
            if own:
                own.df(z[block], a[block])
            else:
                z[block] = formula(z[block])

    @cached_property
    def f(self) -> _Extended:
        """The activation for numbers with exponents apart."""
        f = self.network.f
        return _Extended(f, f.log_abs, Tails(f).function)

    def _passes(self, layer: int) -> bool:
        """Whether the exponents of a_{l-1} are those of a_l, if rows keep to their range.

        They pass through a homogeneous f as they are, if no bias outweighs the signal.
        """
        e = self.exponents[layer]
        b = self.network.biases[layer]
        return e is None or (self.slopes is not None and (b is None or float(e.min()) >= 0.0))

    def _plain(self, layer: int) -> None:
        """z_l and a_l in plain floats, at the scale of a_{l-1}."""
        a, e, z = self.a[layer], self.exponents[layer], self.z[layer]
        b = self.network.biases[layer]
        np.matmul(a, self.network.weight(layer).T, out=z)
        if b is not None:
            z += b if e is None else _shifted(np.broadcast_to(b, z.shape), -e[:, None])
        flat, out = z.reshape(-1), self.a[layer + 1].reshape(-1)
        for block in _blocks(flat.size):
            self.values(flat[block], out[block])

    def _ran(self, group: _Group) -> bool:
        """Run the layers of a group in plain floats; whether these held everything."""
        start, stop = group
        for layer in range(start, stop):
            if not self._passes(layer):
                return False
            self._plain(layer)
            self.z_exponents[layer] = self.exponents[layer + 1] = self.exponents[layer]
        z = self.stacked_z.together(start, stop).reshape(-1)
        r = _row_norms(self.stacked_a.together(start + 1, stop + 1))
        self.norms[start + 1 : stop + 1] = r
        return bool(np.dot(z, z) < np.inf) and _within(r, _LEAST, _MOST)

    def _advance(self, layer: int) -> None:
        """One layer, in which the rows that plain floats do not hold are done apart."""
        network, slopes = self.network, self.slopes
        self._plain(layer)
        below, z, a, r = self.a[layer], self.z[layer], self.a[layer + 1], self.norms[layer + 1]
        r[:] = _row_norms(a)
        finite = np.isfinite(_row_norms(z))
        if not finite.all():
            _refuse_infinite(f"weights[{layer}]", network.weight(layer))
        given, b = self.exponents[layer], network.biases[layer]
        e = np.zeros(network.batch) if given is None else given
        apart = e.copy() if slopes else np.zeros(network.batch)
        bad = ~(finite & (r >= _LEAST) & (r <= _MOST))
        bad |= (e != 0.0) & ((e < 0.0) & (b is not None) if slopes else True)
        if slopes:  # nothing but another scale for what is on its way out of the range
            mild = bad & finite & (r >= _LEAST**1.25) & ((e >= 0.0) | (b is None))
            a[mild], shift = _Apart.of(a[mild]).rows()
            apart[mild] += shift
            bad &= ~mild
        if b is None:  # a row of zeros stays one where f(0) = 0
            bad &= (r != 0.0) | (self.norms[layer] != 0.0)
        z_apart = e.copy() if slopes else np.zeros(network.batch)
        rows = np.flatnonzero(bad)
        if rows.size:
            numbers = network.preactivations(layer, below[rows], e[rows])
            a[rows], apart[rows] = self.f(numbers).capped().rows()
            if slopes:
                z_apart[rows] = _or_zero(numbers.e.max(axis=1))
                numbers = _Apart(numbers.m, numbers.e - z_apart[rows, None])
            z[rows] = numbers.ordinary()
        r[:] = _row_norms(a)
        self.exponents[layer + 1] = apart if apart.any() else None
        self.z_exponents[layer] = z_apart if z_apart.any() else None


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

    def add(self, forward: _Forward, layer: int) -> None:
        """Look at z_l and a_l."""
        z, a = (
            rows if e is None else _shifted(rows, e[:, None])
            for rows, e in (
                (forward.z[layer], forward.z_exponents[layer]),
                (forward.a[layer + 1], forward.exponents[layer + 1]),
            )
        )
        slope = np.abs(self.f.derivative(z))
        most = self.f.max_abs_derivative
        saturated = float(np.mean(slope < SATURATED * most)) if math.isfinite(most) else math.nan
        units = np.flatnonzero(~slope.any(axis=0))
        # What merely underflowed is not dead.
        dead = (self.f.log_abs_derivative(z[:, units]) == -np.inf).all(axis=0).sum() / z.shape[1]
        self.columns[:, layer] = (saturated, dead, *_moments(z), *_moments(a))
        if self.bins:
            for values, bins in ((z, self.z_bins), (a, self.a_bins)):
                bins.counts[layer], bins.edges[layer] = _histogram(values, self.bins)

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


def _histogram(values: Array, bins: int) -> tuple[NDArray[np.int64], Array]:
    """Counts and edges, from the least to the largest value; wider where no float lies between."""
    values = np.clip(values, -1e300, 1e300)
    low, high = float(values.min()), float(values.max())
    middle, least = low / 2.0 + high / 2.0, 4.0 * bins * np.spacing(max(abs(low), abs(high)))
    half = max(high / 2.0 - low / 2.0, least, 1e-300)
    if high - low < 2.0 * half:
        low, high = middle - half, middle + half
    counts, edges = np.histogram(values, bins, (low, high))
    return counts, edges


# ----------------------------------------------------------------- backward


class _Signal(NamedTuple):
    """g_l: rows g · 2^(own + shift), with one shift for all and, where rows differ much, own.

    `p` are the squared norms of the rows of g.
    """

    g: Array
    p: Array
    own: Exponents | None
    shift: float

    @classmethod
    def of(cls, upstream: Array) -> _Signal:
        """∂L/∂a_L."""
        p = _row_norms(upstream)
        if _within(p, *_LEVEL):
            return cls(upstream, p, None, 0.0)
        g, e = _Apart.of(upstream).rows()
        return cls(g, _row_norms(g), e if e.any() else None, 0.0).level()

    def level(self) -> _Signal:
        """The same signal with the norms of all rows about 1."""
        g, p, own, shift = self
        live = p > 0.0
        if _within(p, *_LEVEL) or not live.any():
            return self
        k = _magnitude(p)
        size = np.where(live, k if own is None else own + k, 0.0)
        low, high = float(size[live].min()), float(size[live].max())
        if high - low <= _SPREAD:
            up, own, shift = size - k - high, None, shift + high
        else:
            up, own = -k, size
        g = _shifted(g, np.where(live, up, 0.0)[:, None])
        return _Signal(g, _row_norms(g), own, shift)


class _Backward:
    """The backward pass, and the squared norms of the gradients that it finds."""

    def __init__(self, network: _Network, forward: _Forward) -> None:
        self.network, self.forward = network, forward
        self.weights, self.biases = _Squares(network.depth), _Squares(network.depth)
        self.hidden = _Squares(network.depth + 1)
        self.ones = np.ones(network.batch)
        self.deltas, *self.rooms = forward.spare

    def run(self) -> Iterator[int]:
        """Run the layers group by group from above, and tell how many each was."""
        signal = _Signal.of(self.network.upstream)
        self.hidden.total(-1, signal.p, signal.own, signal.shift)
        for group in reversed(self.network.groups):
            if not signal.p.any():
                yield group.stop
                break  # exactly zero from here down
            self.forward.differentiate(group)
            below = self._ran(group, signal)
            if below is None:
                below = signal
                for layer in reversed(range(*group)):
                    below = self._retreat(layer, below)
            signal = below
            self.rooms.reverse()
            yield group.stop - group.start

    def _ran(self, group: _Group, signal: _Signal) -> _Signal | None:
        """Run the layers of a group in plain floats; None where these do not hold everything."""
        start, stop = group
        if signal.own is not None and not (signal.p > 0.0).all():
            return None
        network, g = self.network, signal.g
        above, below = network.widths[stop], network.widths[start]
        shape = (stop - start, network.batch)
        delta = self.deltas[: math.prod(shape) * above].reshape(*shape, above)
        gs = self.rooms[0][: math.prod(shape) * below].reshape(*shape, below)
        for layer in reversed(range(start, stop)):
            at = layer - start
            np.multiply(g, self.forward.z[layer], out=delta[at])
            g = np.matmul(delta[at], network.weight(layer), out=gs[at])
        q, p = _row_norms(delta), _row_norms(gs)
        if not (_within(q, _LEAST, _MOST) and _within(p, *_LEVEL)):
            return None
        layers = slice(start, stop)
        if signal.own is None:
            self.hidden.s[layers], self.hidden.e[layers] = p.sum(axis=1), signal.shift
            self.biases.s[layers] = _row_norms(self.ones @ delta)
            self.biases.e[layers] = signal.shift
        else:
            for layer in range(start, stop):
                self.hidden.total(layer, p[layer - start], signal.own, signal.shift)
                self._bias(layer, delta[layer - start], signal.own, signal.shift)
        r, e = self.forward.norms[layers], self.forward.exponents[start:stop]
        fits = q.min() * r.min() >= _LEAST and q.max() * r.max() <= _MOST
        if fits and signal.own is None and all(one is None for one in e):
            a = self.forward.stacked_a.together(start, stop)
            # The signal from above has done its work; 2B ≤ max(n, m) where the room is used.
            self.weights.s[layers] = _products(delta, a, q, r, self.rooms[1])
            self.weights.e[layers] = signal.shift
        else:
            for layer in range(start, stop):
                at = layer - start
                self._weight(layer, delta[at], q[at], signal.own, signal.shift)
        return _Signal(g, p[0], signal.own, signal.shift)

    def _retreat(self, layer: int, signal: _Signal) -> _Signal:
        """One layer, in which the rows that plain floats do not hold are done apart."""
        network, (g, p, given, shift) = self.network, signal
        w, slope = network.weight(layer), self.forward.z[layer]
        delta = g * slope
        live = p > 0.0
        delta[~live] = 0.0
        q = _row_norms(delta)
        own = np.zeros(network.batch) if given is None else given.copy()
        rows = np.flatnonzero(live & ~((q >= _LEAST) & (q <= _MOST)))
        if rows.size:
            e = self.forward.exponents[layer]
            below = np.zeros(rows.size) if e is None else e[rows]
            z = network.preactivations(layer, self.forward.a[layer][rows], below)
            delta[rows], apart = self.df(z).times(_Apart.of(g[rows])).rows()
            own[rows] += apart
            q = _row_norms(delta)
        self._bias(layer, delta, own, shift)
        self._weight(layer, delta, q, own, shift)
        g = delta @ w
        p = _row_norms(g)
        rows = np.flatnonzero((q > 0.0) & ~((p >= _LEAST**1.25) & (p <= _MOST**1.25)))
        if rows.size:
            w, k = _at_scale(w)
            g[rows], apart = _Apart.of(delta[rows] @ w, k).rows()
            own[rows] += apart
            p = _row_norms(g)
        self.hidden.total(layer, p, own, shift)
        return _Signal(g, p, own if own.any() else None, shift).level()

    @cached_property
    def df(self) -> _Extended:
        """The derivative for numbers with exponents apart."""
        f = self.network.f
        return _Extended(f.derivative, f.log_abs_derivative, Tails(f).derivative)

    def _bias(self, layer: int, delta: Array, own: Exponents, shift: float) -> None:
        """Note ‖Σ_i δ_i‖²."""
        live = delta.any(axis=1)
        if live.any():
            top = float(own[live].max())
            total = self.ones @ _shifted(delta, np.where(live, own - top, 0.0)[:, None])
            self.biases.s[layer], self.biases.e[layer] = total @ total, top + shift

    def _weight(
        self, layer: int, delta: Array, q: Array, own: Exponents | None, shift: float
    ) -> None:
        """Note ‖δᵀa‖²_F, with the rows of both at scales of their own."""
        forward = self.forward
        a, r, e = forward.a[layer], forward.norms[layer], forward.exponents[layer]
        live = (q > 0.0) & (r > 0.0)
        if not live.any():
            return
        k, m = _magnitude(q), _magnitude(r)
        size = k + m + (0.0 if own is None else own) + (0.0 if e is None else e)
        top = float(size[live].max())
        delta = _shifted(delta, np.where(live, size - top - k, 0.0)[:, None])
        a = _shifted(a, -m[:, None])
        delta[~live] = 0.0
        squares = _products(delta[None], a[None], _row_norms(delta)[None], _row_norms(a)[None])
        self.weights.s[layer], self.weights.e[layer] = squares[0], top + shift


def _products(delta: Array, a: Array, q: Array, r: Array, room: Array | None = None) -> Array:
    """‖δᵀa‖²_F for each of several layers: [k, B, n], [k, B, m] to [k]; overwrites `room`."""
    layers, batch, n, m = *delta.shape, a.shape[2]
    squares = np.full(layers, -1.0)
    if batch * (n + m) <= n * m:
        shape = (2, layers, batch, batch)
        inner = np.empty(shape) if room is None else room[: math.prod(shape)].reshape(shape)
        np.matmul(delta, delta.swapaxes(1, 2), out=inner[0])
        np.matmul(a, a.swapaxes(1, 2), out=inner[1])
        squares = _vecdot(*inner.reshape(2, layers, -1))
    # Where the sum is small beside what was added up, rounding is not: see `_CANCELLED`.
    for at in np.flatnonzero(~(squares >= _CANCELLED * batch * (q * r).sum(axis=1))).tolist():
        product = delta[at].T @ a[at]
        squares[at] = np.vdot(product, product)
    return squares


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
    row = 8.0 * (2 * sum(widths) + 6 * max(widths))
    once = 8.0 * (3 * max(one.size for one in weights) + 8 * _TOGETHER)
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
