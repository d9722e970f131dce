"""Graded matrices: factors and singular values whatever the spread of rows and columns.

Glossary: M, G plain matrices of numbers of size about 1; ρ, s exponents of rows and of columns
(powers of two, which may pass the range of float64 by far); Q orthonormal columns, R upper
triangular, X, Y factors, r rank, v columns of length 1 and h log2 of their sizes, γ the cosine of
two of them; J a product of matrices, Q diag(2^s) T.

No number is ever added to one of another magnitude: orthogonal transformations commute with scaled
columns, elimination with scaled rows and columns, and sizes meet only in the order of the pivots.

Sources: Demmel, Gu, Eisenstat, Slapničar, Veselić & Drmač, "Computing the singular value
decomposition with high relative accuracy", 1999 (complete pivoting of graded matrices); Drmač &
Veselić, "New fast and accurate Jacobi SVD algorithm", 2008 (QR before columns are turned).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from gradtui.mathematics.elementwise import Array
from gradtui.mathematics.network.exponents import shifted
from gradtui.progress import Tick, part

if TYPE_CHECKING:
    from numpy.typing import NDArray

_ORDINARY_SPREAD = 400.0
"""Rows whose sizes differ by at most 2^400 are plain floats: their squares are, too."""
_GROWTH = 2.0**-8
"""Where a pivot or a row is this much smaller than what meets it, complete pivoting takes over."""
_PIVOTS_A_TICK = 8
_ALIKE, _TOLD_APART = 12.0, 14.0
"""Columns within 2^12 of one another go through a plain SVD, if its values stay within 2^14: the
smallest is then right to 1e-11, whatever it is."""
_SETTLED = 1e-12
_MAX_ROUNDS = 60
"""Two to seven rounds will do; what were unsettled after so many would be off by `_error`."""
_TINY = 1e-300
_REFRESH = 8
"""So many factors on, T is made orthonormal again."""

Order: TypeAlias = "NDArray[np.intp]"


def factored(rho: Array, m: Array, s: Array, tick: Tick) -> tuple[Array, Array, Array]:
    """Q [n, r], s′ [r] and Y [r, k] with diag(2^ρ) M diag(2^s) = Q diag(2^s′) Y.

    ρ [n] and s [k] may spread as they like; the largest number of each row of Y is about 1. Rows
    and columns of zeros are left out: what is exactly 0 lowers r.
    """
    rows = np.flatnonzero((rho > -np.inf) & m.any(axis=1))
    columns = np.flatnonzero(m[rows].any(axis=0))
    if not columns.size:
        return np.zeros((len(m), 0)), np.zeros(0), np.zeros((0, m.shape[1]))
    dense, rho, s = m[np.ix_(rows, columns)], rho[rows], s[columns]
    factors = None
    # Elimination keeps zeros exact, which reflections do not: diagonal layers stay diagonal.
    sparse = np.count_nonzero(dense) <= 2 * max(dense.shape)
    if not sparse and rho.max() - rho.min() <= _ORDINARY_SPREAD:
        factors = _triangular(rho, dense, s)
        tick(0.2)
    own, s, own_y = factors or _eliminated(rho, dense, s, part(tick, 0.2, 0.8))
    q, y = np.zeros((len(m), len(s))), np.zeros((len(s), m.shape[1]))
    q[rows], y[:, columns] = own, own_y
    return q, s, y


class GradedProduct:
    """A product of matrices J = Q diag(2^s) T, as long as it likes, factor after factor from left.

    Attributes:
        directions: its columns.
    """

    def __init__(self, first: Array) -> None:
        """Begin with a matrix of orthonormal columns."""
        self.directions = first.shape[1]
        self.q, self.s, self.t = first, np.zeros(self.directions), np.eye(self.directions)
        self._count = 0

    def put(self, rho: Array, m: Array, tick: Tick) -> None:
        """Put diag(2^ρ) M diag(2^s) T in its place, with M the new factor times Q."""
        self.q, self.s, y = factored(rho, m, self.s, part(tick, 0.0, 0.45))
        self.t = y @ self.t
        self._count += 1
        if self._count % _REFRESH == 0:
            self.s, u, y, v = self._refreshed(part(tick, 0.45, 0.55))
            self.q, self.t = self.q @ u, y @ v.T

    def times(self, rho: Array, w: Array, tick: Tick) -> GradedProduct:
        """Another product: diag(2^ρ) W J."""
        other = GradedProduct(np.empty((0, self.directions)))
        other.q, other.s, y = factored(rho, w @ self.q, self.s, tick)
        other.t = y @ self.t
        return other

    def _refreshed(self, tick: Tick) -> tuple[Array, Array, Array, Array]:
        """s′, U, Y, V with diag(2^s) T = U diag(2^s′) Y Vᵀ, V orthonormal, Y about triangular."""
        v, s, x = factored(np.zeros(self.t.shape[1]), self.t.T, self.s, part(tick, 0.0, 0.5))
        u, s, y = factored(np.zeros(x.shape[1]), x.T, s, part(tick, 0.5, 0.5))
        return s, u, y, v

    def log2_singular_values(self, tick: Tick) -> Array:
        """log2 σ_i in descending order, one for each column."""
        s, _, y, _ = self._refreshed(part(tick, 0.0, 0.3))
        sizes = log2_singular_values(y.T, s, part(tick, 0.3, 0.7))
        logs = np.full(self.directions, -np.inf)
        logs[: len(sizes)] = -np.sort(-sizes)
        return logs


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


def _eliminated(rho: Array, m: Array, s: Array, tick: Tick) -> tuple[Array, Array, Array]:
    """The same by Gaussian elimination with complete pivoting, whatever the spread.

    Scales of rows and columns pass through elimination untouched, so that M itself is eliminated
    and the scales only choose the pivots.
    """
    u, rho, s = m.copy(), rho.copy(), s.copy()
    rows, columns = np.arange(len(rho)), np.arange(len(s))
    rank = min(u.shape)
    for p in range(rank):
        if p % _PIVOTS_A_TICK == _PIVOTS_A_TICK - 1:
            tick(p / rank)
        with np.errstate(divide="ignore"):
            own = np.log2(np.abs(u[p:, p:])) + rho[p:, None]
        pivot = _largest(own, s[p:])
        if pivot is None:
            rank = p
            break
        i, j = p + pivot[0], p + pivot[1]
        for by_row in (u, rho, rows):
            by_row[[p, i]] = by_row[[i, p]]
        for by_column in (u.T, s, columns):
            by_column[[p, j]] = by_column[[j, p]]
        u[p + 1 :, p] /= u[p, p]
        u[p + 1 :, p + 1 :] -= np.outer(u[p + 1 :, p], u[p, p + 1 :])
    x = shifted(np.tril(u[:, :rank], -1), rho[:, None] - rho[:rank])
    x[np.arange(rank), np.arange(rank)] = 1.0
    y, s = _by_rows(np.triu(u[:rank]), s)
    q, r = np.linalg.qr(x)
    r, s = _by_rows(r, s + rho[:rank])
    return _back(q, rows), s, _back((r @ y).T, columns).T


def _largest(own: Array, s: Array) -> tuple[int, int] | None:
    """Where own + s, row by row, is largest; None where all of it is -inf.

    Scales of 1e17 and more leave nothing of what stands beside them: among those that are equal
    but for rounding, that decides.
    """
    sizes = own + s
    row, column = np.unravel_index(np.argmax(sizes), sizes.shape)
    most = sizes[row, column]
    if most == -np.inf:
        return None
    near = sizes >= most - 4.0 * np.spacing(abs(most))
    told = np.where(near, own + (s - s[column]), -np.inf)
    row, column = np.unravel_index(np.argmax(told), told.shape)
    return int(row), int(column)


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


# ---------------------------------------------------------- singular values


def log2_singular_values(g: Array, s: Array, tick: Tick) -> Array:
    """log2 of the singular values of G diag(2^s), in no order.

    Columns of like size are turned upon one another by a plain SVD of them alone, until they are
    orthogonal; columns of unlike size become so by QR steps, G diag(2^s) = Q diag(2^s′) Y to
    Yᵀ diag(2^s′), each of which brings the cosine of two columns down by the square of the ratio
    of their sizes. Sizes of orthogonal columns are singular values.
    """
    v, h = _sized(g.T, s)
    if len(h) and h.max() - h.min() <= _ALIKE:  # one run: its SVD is all, and needs no vectors
        sizes = np.linalg.svd(v * np.exp2(h - h.max())[:, None], compute_uv=False)
        if _told_apart(sizes):
            logs: Array = np.log2(sizes) + h.max()
            return logs
    for turn in range(_MAX_ROUNDS):
        # How many rounds it takes shows in the end: each is given half of what is left.
        round_tick = part(tick, 1.0 - 0.5**turn, 0.5 ** (turn + 1))
        order = np.argsort(-h)
        v, h = v[order], h[order]
        for window in _windows(h, astride=turn % 2 == 1):
            _orthogonalise(v, h, window, round_tick)
        if _error(v, h) <= _SETTLED:
            return h
        round_tick(0.5)
        whole = np.floor(h)
        columns = (v * np.exp2(h - whole)[:, None]).T
        _, s, y = factored(np.zeros(v.shape[1]), columns, whole, part(round_tick, 0.5, 0.5))
        v, h = _sized(y, s)
        round_tick(1.0)
    return h


def _sized(rows: Array, s: Array) -> tuple[Array, Array]:
    """Rows of length 1, and log2 of the lengths that they had times 2^s."""
    lengths = np.linalg.norm(rows, axis=1)
    return rows / lengths[:, None], np.log2(lengths) + s


def _windows(h: Array, astride: bool) -> Iterator[slice]:
    """Runs of descending h that spread by at most `_ALIKE`: one after the other, or `astride`.

    Those astride lie about the borders of the others, so that of one kind or the other every two
    within half of `_ALIKE` share one: where neighbours of almost one size never did, QR alone would
    take as many steps as their ratio is near 1.
    """
    start, half = 0, 0.5 * _ALIKE
    while start < len(h):
        stop = int(np.searchsorted(-h, _ALIKE - h[start], side="right"))
        if not astride:
            yield slice(start, stop)
        elif start:
            first, last = np.searchsorted(-h, [-half - h[start], half - h[start]])
            yield slice(int(first), int(last))
        start = stop


def _orthogonalise(v: Array, h: Array, window: slice, tick: Tick) -> None:
    """Turn those columns upon one another; the halves alone where they are too near parallel."""
    if window.stop - window.start < 2:
        return
    top = h[window.start]
    columns = (v[window] * np.exp2(h[window] - top)[:, None]).T
    u, sizes, _ = np.linalg.svd(columns, full_matrices=False)
    if not _told_apart(sizes):
        middle = (window.start + window.stop) // 2
        tick(0.5 * window.start / len(h))
        _orthogonalise(v, h, slice(window.start, middle), tick)
        _orthogonalise(v, h, slice(middle, window.stop), tick)
    else:
        v[window], h[window] = u.T, np.log2(sizes) + top
        tick(0.5 * window.stop / len(h))


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
