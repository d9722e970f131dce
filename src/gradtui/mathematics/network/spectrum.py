"""The singular values of a network's end-to-end Jacobian, as logarithms at any depth.

Glossary: L depth, l layer (1 … L), n_l width, W_l weights [n_l, n_{l-1}], z_l pre-activations,
D_l = diag f′(z_l), J_l = ∂a_l/∂a_0 [n_l, n_0], σ_i its singular values; Q orthonormal columns,
s exponents (powers of two, which may pass the range of float64 by far), T rows of size about 1,
r rank, X, Y factors of a graded matrix, ρ exponents of its rows, R upper triangular, v columns of
length 1 and h log2 of their sizes, γ the cosine of two of them.

    J_l = D_l W_l J_{l-1},       kept as J_l = Q diag(2^s) T

A step factors diag(2^ρ) M diag(2^s) = Q diag(2^s′) Y, M = W_l Q with the slopes f′(z_l) in ρ, so
that J_l = Q diag(2^s′) (Y T). No number is ever added to one of another magnitude: orthogonal
transformations commute with scaled columns, elimination with scaled rows and columns, and sizes
meet only in the order of the pivots. Now and then the same factorisation from the other side
makes T orthonormal again, and brings the singular values out in the end.

What this is right to: rounding enters each layer as W_l (1 + δ) with |δ| of about 1e-16 times the
condition number of W_l, and reaches every σ_i, the largest and the smallest alike, as a relative
error of about that size, as long as what one layer singles out is not orthogonal, to rounding, to
what the next one does. Of a W_l that is singular by cancellation the rounding is what is seen;
zeros are exact where units are off or weights are 0. The diagonal of a plain QR accumulation
would tend to e^(L · Lyapunov exponent), which is another number: singular values are right only
with T taken along.

Sources: Loh, Gubernatis, Scalettar et al., "Stable matrix-multiplication algorithms", 1989 (Q, D
and T); Demmel, Gu, Eisenstat, Slapničar, Veselić & Drmač, "Computing the singular value
decomposition with high relative accuracy", 1999 (complete pivoting of graded matrices); Drmač &
Veselić, "New fast and accurate Jacobi SVD algorithm", 2008 (QR before columns are turned).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

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
from gradtui.mathematics.network.exponents import Apart, Extended, shifted
from gradtui.mathematics.scaled import Tails

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

_ORDINARY_SPREAD = 400.0
"""Rows whose sizes differ by at most 2^400 are plain floats: their squares are, too."""
_GROWTH = 2.0**-8
"""Where a pivot or a row is this much smaller than what meets it, complete pivoting takes over."""
_REFRESH = 8
"""So many layers on, T is made orthonormal again."""
_ALIKE, _TOLD_APART = 12.0, 14.0
"""Columns within 2^12 of one another go through a plain SVD, if its values stay within 2^14: the
smallest is then right to 1e-11, whatever it is."""
_SETTLED = 1e-12
_MAX_ROUNDS = 60
"""Three to six rounds will do; this many only if they do not settle, which would be a defect."""
_TINY = 1e-300
_LOG10_2 = math.log10(2.0)

Order: TypeAlias = "NDArray[np.intp]"


@dataclass(frozen=True, eq=False)
class Spectrum:
    """The singular values of J_l = ∂a_l/∂a_0.

    Attributes:
        depth: l.
        log10_singular_values: log10 σ_i in descending order, [min(n_0 … n_l)]; -inf for the
            directions that die on the way exactly, as in a ReLU that is off.
    """

    depth: int
    log10_singular_values: Array

    @property
    def rank(self) -> int:
        """How many directions get through, however faint."""
        return int(np.count_nonzero(self.log10_singular_values > -np.inf))

    @property
    def log10_condition(self) -> float:
        """log10 σ_1/σ_k: the largest over the smallest; inf where one is 0, NaN where all are."""
        largest, smallest = self.log10_singular_values[[0, -1]].tolist()
        return math.nan if largest == -math.inf else float(largest - smallest)

    def surviving(self, threshold: float) -> float:
        """The share of the directions with σ_i ≥ threshold.

        Raises:
            InputError: a threshold that is not a positive number.
        """
        if not (isinstance(threshold, int | float | np.number) and 0.0 < threshold < math.inf):
            raise InputError("threshold", threshold, "a positive number", "try 1e-3")
        return float(np.mean(self.log10_singular_values >= math.log10(threshold)))


class Step(NamedTuple):
    """How far a computation is: the share that is done, and a spectrum that it has come to."""

    done: float
    spectrum: Spectrum | None


def jacobian_spectrum(
    activation: str | Activation,
    weights: Sequence[ArrayLike],
    biases: Sequence[ArrayLike | None] | None,
    x: ArrayLike,
) -> Spectrum:
    """The singular values of J_L = D_L W_L … D_1 W_1 at one input.

    Args:
        activation: a name, a text form such as `leaky_relu(0.2)`, or an `Activation`.
        weights: W_1 … W_L, 1 to 10,000 of them, W_l [n_l, n_{l-1}].
        biases: b_1 … b_L, each [n_l] or None; None for no biases at all.
        x: the input a_0 [n_0].

    Raises:
        InputError: shapes that do not fit together, or values that are not finite real numbers.
    """
    *_, last = jacobian_spectra(activation, weights, biases, x)
    assert last.spectrum is not None
    return last.spectrum


def jacobian_spectra(
    activation: str | Activation,
    weights: Sequence[ArrayLike],
    biases: Sequence[ArrayLike | None] | None,
    x: ArrayLike,
    at: Iterable[int] | None = None,
) -> Iterator[Step]:
    """Do as `jacobian_spectrum` does for J_l at several depths l, a layer at a time.

    To stop the computation, stop iterating. A layer of width n costs some 10 n³ operations, a
    spectrum up to 100 n³.

    Args:
        activation: a name, a text form such as `leaky_relu(0.2)`, or an `Activation`.
        weights: W_1 … W_L, 1 to 10,000 of them, W_l [n_l, n_{l-1}].
        biases: b_1 … b_L, each [n_l] or None; None for no biases at all.
        x: the input a_0 [n_0].
        at: the depths l to look at, from 1 on; L alone by default.

    Yields:
        The share that is done, from above 0 to 1, with the spectra in order of depth.

    Raises:
        InputError: shapes that do not fit together, values that are not finite real numbers, or
            a depth that is not there; with the first step.
    """
    network = _given(as_activation(activation), weights, biases, x)
    depths = _checked_depths(at, network.depth)
    product = _Product(network)
    for layer in range(1, max(depths) + 1):
        product.multiply()
        done = layer / max(depths)
        if layer not in depths:
            yield Step(done, None)
            continue
        for logs in product.log2_singular_values():
            yield Step(done, None if logs is None else Spectrum(layer, logs * _LOG10_2))


def _given(
    f: Activation,
    weights: Sequence[ArrayLike],
    biases: Sequence[ArrayLike | None] | None,
    x: ArrayLike,
) -> Network:
    """What was given, checked as for `gradient_flow`, with a batch of one and no loss."""
    row = array_of("x", x, 1)[None]
    w = list_of("weights", weights)
    last = array_of(f"weights[{len(w) - 1}]", w[-1], 2) if w else row.T
    network = validated(f, w, biases, row, np.zeros((1, len(last))))
    for layer in range(network.depth):
        refuse_infinite(f"weights[{layer}]", network.weight(layer))
    return network


def _checked_depths(at: Iterable[int] | None, depth: int) -> frozenset[int]:
    """The depths to look at."""
    depths = frozenset([depth] if at is None else at)
    for one in depths:
        whole = isinstance(one, int | np.integer) and not isinstance(one, bool)
        if not whole or not 1 <= one <= depth:
            raise InputError("at", one, f"layers from 1 to {depth}", "choose layers that are there")
    if not depths:
        raise InputError("at", "nothing", "one layer or more", f"try {depth}")
    return depths


# ------------------------------------------------------------------ product


class _Product:
    """J_l = Q diag(2^s) T, layer after layer.

    Attributes:
        depth: l.
        least: min(n_0 … n_l).
    """

    def __init__(self, network: Network) -> None:
        f, tails = network.f, Tails(network.f)
        self.network = network
        self.f = Extended(f, f.log_abs, tails.function)
        self.df = Extended(f.derivative, f.log_abs_derivative, tails.derivative)
        self.a, self.e = Apart.of(network.x).rows()
        self.depth, self.least = 0, network.widths[0]
        self.q, self.s, self.t = np.eye(self.least), np.zeros(self.least), np.eye(self.least)

    def multiply(self) -> None:
        """One layer more: J_l = D_l W_l J_{l-1}."""
        with np.errstate(all="ignore"):
            z = self.network.preactivations(self.depth, self.a, self.e)
            self.a, self.e = self.f(z).capped().rows()
            slopes = self.df(z).capped()
        w, k = at_scale(self.network.weight(self.depth).T)
        m = (w.T @ self.q) * slopes.m[0][:, None]
        self.q, self.s, y = _factored(slopes.e[0] + k, m, self.s)
        self.t = y @ self.t
        self.depth += 1
        self.least = min(self.least, len(m))
        if self.depth % _REFRESH == 0:
            self.s, u, y, v = self._refreshed()
            self.q, self.t = self.q @ u, y @ v.T

    def _refreshed(self) -> tuple[Array, Array, Array, Array]:
        """s′, U, Y, V with diag(2^s) T = U diag(2^s′) Y Vᵀ, V orthonormal, Y about triangular."""
        v, s, x = _factored(np.zeros(self.t.shape[1]), self.t.T, self.s)
        u, s, y = _factored(np.zeros(x.shape[1]), x.T, s)
        return s, u, y, v

    def log2_singular_values(self) -> Iterator[Array | None]:
        """log2 σ_i in descending order, after as many None as there are rounds."""
        s, _, y, _ = self._refreshed()
        logs = np.full(self.least, -np.inf)
        for found in _log2_singular_values(y.T, s):
            if found is not None:
                logs[: len(found)] = -np.sort(-found)
            yield None if found is None else logs


# ----------------------------------------------------------- graded matrices


def _factored(rho: Array, m: Array, s: Array) -> tuple[Array, Array, Array]:
    """Q [n, r], s′ [r] and Y [r, k] with diag(2^ρ) M diag(2^s) = Q diag(2^s′) Y.

    ρ [n] and s [k] may spread as they like; the largest number of each row of Y is about 1. Rows
    and columns of zeros are left out: what is exactly 0 lowers r.
    """
    rows = np.flatnonzero((rho > -np.inf) & m.any(axis=1))
    columns = np.flatnonzero(m[rows].any(axis=0))
    if not columns.size:
        return np.zeros((len(m), 0)), np.zeros(0), np.zeros((0, m.shape[1]))
    part, rho, s = m[np.ix_(rows, columns)], rho[rows], s[columns]
    found = None
    # Elimination keeps zeros exact, which reflections do not: diagonal layers stay diagonal.
    sparse = np.count_nonzero(part) <= 2 * max(part.shape)
    if not sparse and rho.max() - rho.min() <= _ORDINARY_SPREAD:
        found = _triangular(rho, part, s)
    own, s, own_y = found or _eliminated(rho, part, s)
    q, y = np.zeros((len(m), len(s))), np.zeros((len(s), m.shape[1]))
    q[rows], y[:, columns] = own, own_y
    return q, s, y


def _triangular(rho: Array, m: Array, s: Array) -> tuple[Array, Array, Array] | None:
    """The same by QR of rows and columns in order of size; None where that order was no good.

    With the largest rows first, Householder's reflections are as exact for the small rows as for
    the large ones (Cox & Higham, 1998); the scales of the columns do not touch them at all. It
    fails where a large column stands in small rows alone: the k-th reflection then turns the k-th
    row, and its rounding, into smaller ones, which Q shows.
    """
    top = float(rho.max())
    m = shifted(m, (rho - top)[:, None])
    lengths = np.linalg.norm(m, axis=1)
    rows = np.argsort(-lengths, kind="stable")
    columns = np.argsort(-(np.log2(np.linalg.norm(m, axis=0)) + s), kind="stable")
    q, r = np.linalg.qr(m[np.ix_(rows, columns)])
    y, s = _by_rows(r, s[columns])
    lengths = lengths[rows]
    reached = np.abs(q) @ lengths[: q.shape[1]]
    if (reached * _GROWTH > lengths).any() or (np.abs(np.diagonal(y)) < _GROWTH).any():
        return None
    return _back(q, rows), s + top, _back(y.T, columns).T


def _eliminated(rho: Array, m: Array, s: Array) -> tuple[Array, Array, Array]:
    """The same by Gaussian elimination with complete pivoting, whatever the spread.

    Scales of rows and columns pass through elimination untouched, so that M itself is eliminated
    and the scales only choose the pivots.
    """
    u, rho, s = m.copy(), rho.copy(), s.copy()
    rows, columns = np.arange(len(rho)), np.arange(len(s))
    rank = min(u.shape)
    with np.errstate(divide="ignore"):
        for p in range(rank):
            sizes = np.log2(np.abs(u[p:, p:])) + rho[p:, None] + s[p:]
            i, j = (p + int(at) for at in np.unravel_index(np.argmax(sizes), sizes.shape))
            if sizes[i - p, j - p] == -np.inf:
                rank = p
                break
            for one in (u, rho, rows):
                one[[p, i]] = one[[i, p]]
            for one in (u.T, s, columns):
                one[[p, j]] = one[[j, p]]
            u[p + 1 :, p] /= u[p, p]
            u[p + 1 :, p + 1 :] -= np.outer(u[p + 1 :, p], u[p, p + 1 :])
    x = shifted(np.tril(u[:, :rank], -1), rho[:, None] - rho[:rank])
    x[np.arange(rank), np.arange(rank)] = 1.0
    y, s = _by_rows(np.triu(u[:rank]), s)
    q, r = np.linalg.qr(x)
    r, s = _by_rows(r, s + rho[:rank])
    return _back(q, rows), s, _back((r @ y).T, columns).T


def _by_rows(r: Array, s: Array) -> tuple[Array, Array]:
    """Y and e with R diag(2^s) = diag(2^e) Y, the largest number of each row of Y about 1."""
    y, own = np.frexp(r)
    sizes = own + s
    e = np.where(y == 0.0, -np.inf, sizes).max(axis=1)
    return shifted(y, np.where(y == 0.0, 0.0, sizes - e[:, None])), e


def _back(rows: Array, order: Order) -> Array:
    """The rows where they came from."""
    back = np.empty_like(rows)
    back[order] = rows
    return back


# ------------------------------------------------------ the graded matrix's


def _log2_singular_values(g: Array, s: Array) -> Iterator[Array | None]:
    """log2 of the singular values of G diag(2^s), after as many None as there are rounds.

    Columns of like size are turned upon one another by a plain SVD of them alone, until they are
    orthogonal; columns of unlike size become so by QR steps, G diag(2^s) = Q diag(2^s′) Y to
    Yᵀ diag(2^s′), each of which brings the cosine of two columns down by the square of the ratio
    of their sizes. Sizes of orthogonal columns are singular values.
    """
    v, h = _sized(g.T, s)
    if len(h) and h.max() - h.min() <= _ALIKE:  # one run: its SVD is all, and needs no vectors
        sizes = np.linalg.svd(v * np.exp2(h - h.max())[:, None], compute_uv=False)
        if _told_apart(sizes):
            yield np.log2(sizes) + h.max()
            return
    for turn in range(_MAX_ROUNDS):
        order = np.argsort(-h)
        v, h = v[order], h[order]
        for window in _windows(h, _ALIKE / (1 + turn % 2)):
            _orthogonalise(v, h, window)
        if _error(v, h) <= _SETTLED:
            yield h
            return
        yield None
        whole = np.floor(h)
        _, s, y = _factored(np.zeros(v.shape[1]), (v * np.exp2(h - whole)[:, None]).T, whole)
        v, h = _sized(y, s)
    raise ArithmeticError("the singular values did not settle")


def _sized(rows: Array, s: Array) -> tuple[Array, Array]:
    """Rows of length 1, and log2 of the lengths that they had times 2^s."""
    lengths = np.linalg.norm(rows, axis=1)
    return rows / lengths[:, None], np.log2(lengths) + s


def _windows(h: Array, first: float) -> Iterator[slice]:
    """Runs of descending h that spread by at most `_ALIKE`, the first run by at most `first`."""
    start, spread = 0, first
    while start < len(h):
        stop = int(np.searchsorted(-h, spread - h[start], side="right"))
        yield slice(start, stop)
        start, spread = stop, _ALIKE


def _orthogonalise(v: Array, h: Array, window: slice) -> None:
    """Turn those columns upon one another; the halves alone where they are too near parallel."""
    if window.stop - window.start < 2:
        return
    top = h[window.start]
    columns = (v[window] * np.exp2(h[window] - top)[:, None]).T
    u, sizes, _ = np.linalg.svd(columns, full_matrices=False)
    if not _told_apart(sizes):
        middle = (window.start + window.stop) // 2
        _orthogonalise(v, h, slice(window.start, middle))
        _orthogonalise(v, h, slice(middle, window.stop))
    else:
        v[window], h[window] = u.T, np.log2(sizes) + top


def _told_apart(sizes: Array) -> bool:
    """Whether the smallest of an SVD's descending values is more than the rounding of the rest."""
    return bool(sizes[-1] >= sizes[0] * 2.0**-_TOLD_APART)


def _error(v: Array, h: Array) -> float:
    """The relative error of a size as a singular value, about, from the cosines γ that are left.

    Two columns whose sizes have the ratio ρ < 1 are off by γ²/(1 - ρ²), at most by γ.
    """
    if not len(h):
        return 0.0
    gamma = np.abs(v @ v.T)
    np.fill_diagonal(gamma, 0.0)
    ratio = np.exp2(-2.0 * np.abs(h[:, None] - h))
    return float((gamma**2 / (1.0 - ratio + gamma + _TINY)).sum(axis=1).max())
