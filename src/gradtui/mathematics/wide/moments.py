"""Gaussian expectations of an activation, right to some 1e-13 whatever kinks or jumps it has.

Glossary: z, w independent standard normal; q the second moment of a pre-activation u = √q z;
u₁ = √q z and u₂ = √q (c z + √(1-c²) w) two pre-activations with correlation c; δ = 1 - c;
r = √q, s = √(1-c²); f the activation, f′ its derivative as backpropagation takes it, so that a
jump of f adds nothing to it; φ the normal density.

Every integral is cut into panels at the points where f is not analytic (`Activation.breaks`) and,
geometrically, towards 0 and towards those points; on each panel a Gauss-Legendre rule. A panel
[a, 2a] is as far from a singularity at or above 0 as it is wide, whatever the scale of f, so that
one set of panels serves every q.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache
from typing import NamedTuple

import numpy as np

from gradtui.errors import InputError
from gradtui.mathematics.activations.record import Activation
from gradtui.mathematics.elementwise import Array

Q_SMALLEST, Q_LARGEST = 1e-120, 1e150
"""Between these q an expectation is computed; below, it is its limit."""

_VANISHING = 1e-30  # an expectation at the smallest q, which is 0 in the limit
_LARGEST_MOMENT = 1e60

_FAR = 2.0**250
"""There f is at its limits: 1e75."""
_STEEP = 1e60
"""At so large a q that holds, too, of an f that grows faster than a line; f⁴ is a float64 there."""

_ROUNDED = 1e-5
"""Where f is nearer to f(0), relatively, its slope tells it better than a difference."""

_NODES = 20  # on [a, 2a], 5.8^-40 of what a singularity on the imaginary axis weighs
_FINEST, _COARSEST = -320, 256  # powers of 2: u from 1e-96 to 1e77
_INSIDE = 2.0**-64  # nearer to 0 than this, in units of z and of u, is no mass worth a node
_TAIL = 14.0  # |z| beyond it has a probability of 1e-44
_TOWARDS_BREAK = 20

_NODES_2D = 16
_TAIL_2D = 10.0  # 1e-23
_AT_ONCE = 200_000  # numbers of one array in the two-dimensional rule


class Moments(NamedTuple):
    """Expectations over u = √q z, each an array of the shape of q."""

    mean: Array
    """E[f]."""
    square: Array
    """E[f²]."""
    growth: Array
    """q ∂E[f²]/∂q = ½ E[(z² - 1) f²], which holds across jumps too; never below -½ E[f²]."""
    slope_square: Array
    """E[f′²]."""
    variance: Array
    """Var f, also where it is a small part of E[f²]."""


class Spread(NamedTuple):
    """How far apart two correlated inputs come out."""

    square: float
    """E[(f(u₁) - f(u₂))²]: what correlation is lost, without subtracting it from 1."""
    by_c: float
    """Its derivative with respect to c, jumps of f included."""


@dataclass(frozen=True, eq=False)
class Table:
    """`Moments` for q from 1e-30 to 1e30, by polynomials in t = ln q.

    Between the nodes the relative error is below 1e-9 (degree 11 on panels of length 1; the
    moments are analytic for |Im t| < π/2).
    """

    t: Array
    """The nodes, in order."""
    q: Array
    moments: Moments

    END = 69
    START, PANELS, ORDER = -END, 2 * END, 12

    @classmethod
    def of(cls, expectations: Expectations) -> Table:
        """Evaluate the moments at every node."""
        t, q = _table_nodes()
        return cls(t, q, expectations.moments(q))

    def interpolated(self, t: Array) -> Moments:
        """The moments at `t`, any shape, inside the table."""
        panel = np.clip(np.floor(t).astype(np.int64) - self.START, 0, self.PANELS - 1)
        x = 2.0 * (t - (panel + self.START)) - 1.0
        nodes, barycentric = _chebyshev()
        gap = x[..., None] - nodes
        gap = np.where(gap == 0.0, 1e-300, gap)
        weights = barycentric / gap
        weights /= weights.sum(axis=-1, keepdims=True)
        columns = panel[..., None] * self.ORDER + np.arange(self.ORDER)
        return Moments(*((weights * values[columns]).sum(axis=-1) for values in self.moments))


@cache
def _table_nodes() -> tuple[Array, Array]:
    """t and q, the same for every activation."""
    panels = np.arange(Table.START, Table.START + Table.PANELS)[:, None]
    t = (panels + 0.5 + 0.5 * _chebyshev()[0]).ravel()
    return t, np.exp(t)


@cache
def _chebyshev() -> tuple[Array, Array]:
    """The nodes on [-1, 1] and their barycentric weights."""
    k = np.arange(Table.ORDER)
    angles = (2.0 * k[::-1] + 1.0) * math.pi / (2.0 * Table.ORDER)
    return np.cos(angles), (-1.0) ** k * np.sin(angles)


@dataclass(frozen=True, eq=False)
class Expectations:
    """What the theory of wide networks asks of one activation; make it with `expectations`."""

    activation: Activation

    def moments(self, q: Array) -> Moments:
        """The moments at every q in [0, 1e150]; at 0 the limit from above."""
        flat = np.ravel(q)
        moments = np.array([self._moments(value) for value in flat.tolist()]).reshape(-1, 5)
        moments[(flat == 0.0)[:, None] & (abs(moments) < _VANISHING)] = 0.0
        return Moments(*(column.reshape(np.shape(q)) for column in moments.T))

    @cached_property
    def table(self) -> Table:
        """The moments tabulated over q: some 0.1 s, once."""
        return Table.of(self)

    @cached_property
    def at_infinity(self) -> Moments:
        """The moments in the limit q → ∞, where f′ is its limit on each side of 0."""
        left, right = self.activation.definition.slopes
        slope_square = np.array(0.5 * (left * left + right * right))
        infinite = np.array(math.inf)
        return Moments(infinite, infinite, infinite, slope_square, infinite)

    def beyond(self, q: float) -> Moments:
        """The moments at a q above 1e150: f is at its ends, of f′ only what is near 0 is left."""
        limit, (left, right) = self.at_infinity, self.activation.definition.ends
        if q == math.inf or not (math.isfinite(left) and math.isfinite(right)):
            return limit
        slope_square = np.maximum(limit.slope_square, self._moments(q)[3])
        mean, square = 0.5 * (left + right), 0.5 * (left * left + right * right)
        variance = np.array(0.25 * (right - left) ** 2)
        return Moments(np.array(mean), np.array(square), np.array(0.0), slope_square, variance)

    @cached_property
    def degree(self) -> float:
        """f grows as |z|^degree, or as a part of that; 0 where it is bounded."""
        if not any(map(math.isinf, self.activation.definition.ends)):
            return 0.0
        with np.errstate(all="ignore"):
            near, far = (np.abs(self.activation(np.array([-u, u]))) for u in (_FAR, 2.0 * _FAR))
            grown = np.log2(far[near > 0.0] / near[near > 0.0])
        return float(max(grown[np.isfinite(grown)], default=1.0))

    @property
    def edge(self) -> float:
        """ln of the q from which on an unbounded f is followed by its power law."""
        return math.log(Q_LARGEST if self.degree <= 1.0 else _STEEP)

    def log_beyond(self, t: Array, edge: float) -> tuple[Array, Array]:
        """ln E[f²] and ln E[f′²] at q = e^t above e^edge, by the power law, where f is unbounded.

        Beyond float64's range, too: E[f²] grows as q^degree, and E[f′²] as q^(degree - 1).
        """
        at = self.moments(np.array(math.exp(edge)))
        with np.errstate(divide="ignore"):
            log_square, log_slope = np.log(at.square), np.log(at.slope_square)
        above = t - edge
        with np.errstate(over="ignore"):
            risen = (self.degree - 1.0) * above if self.degree > 1.0 else 0.0 * np.sign(above)
            return log_square + self.degree * above, log_slope + risen

    @cached_property
    def jumps(self) -> bool:
        """Whether f jumps; softplus, which does by e^-threshold, is taken for continuous."""
        return any(abs(kink.jump) > 1e-6 for kink in self.activation.kinks)

    @cached_property
    def _nodes(self) -> tuple[Array, Array]:
        """|u| of every node, in order, and f, f², f² u², f′², c, c² and f′⁴ at ±|u|, weighted.

        c = f(u) - f(0), so that near 0 the variance of f is no difference of what is alike.
        """
        edges = [np.zeros(1), 2.0 ** np.arange(_FINEST, _COARSEST + 1)]
        for at in {abs(at) for at in self.activation.breaks if at}:
            steps = at * 2.0 ** -np.arange(1.0, _TOWARDS_BREAK)
            edges += [np.array([at]), at - steps, at + steps]
        positive = np.unique(np.concatenate(edges))
        u, weights = _rule(positive[positive <= 2.0**_COARSEST], _NODES)
        rows = np.zeros((7, u.size))
        with np.errstate(all="ignore"):
            for side in (-u, u):
                f, slope = self.activation(side), self.activation.derivative(side)
                c = self._from_0(side, f)
                rows += [f, f * f, (f * u) ** 2, slope**2, c, c * c, slope**4]
            return u, rows * weights

    def _from_0(self, u: Array, f: Array) -> Array:
        """f(u) - f(0), near 0 by an integral of the slope."""
        at_0 = self.activation(0.0)
        gap: Array = f - at_0
        if at_0:
            near = abs(gap) < _ROUNDED * abs(at_0)
            x, weights = np.polynomial.legendre.leggauss(2)
            half = 0.5 * u[near, None]
            gap[near] = (half * self.activation.derivative(half * (1.0 + x))) @ weights
        return gap

    def _moments(self, q: float) -> tuple[float, float, float, float, float]:
        r = math.sqrt(max(q, Q_SMALLEST))
        u, rows = self._nodes
        first, last = np.searchsorted(u, (_INSIDE * min(r, 1.0), _TAIL * r))
        z = u[first:last] / r
        with np.errstate(all="ignore"):
            density = np.exp(-0.5 * z * z) / (r * math.sqrt(math.tau))
            sums = (rows[:6, first:last] @ density).tolist()
        mean, square, with_u2, slope_square, c, c2 = sums
        return mean, square, 0.5 * (with_u2 / (r * r) - square), slope_square, c2 - c * c

    def slope_kurtosis(self, q: float) -> float:
        """E[f′⁴] / E[f′²]² at q ≥ 0, at least 1; the limit at 0 and inf, NaN where f′ is 0."""
        r = math.sqrt(min(max(q, Q_SMALLEST), Q_LARGEST))
        u, rows = self._nodes
        first, last = np.searchsorted(u, (_INSIDE * min(r, 1.0), _TAIL * r))
        z = u[first:last] / r
        with np.errstate(all="ignore"):
            density = np.exp(-0.5 * z * z) / (r * math.sqrt(math.tau))
            second, fourth = rows[3::3, first:last] @ density
            kurtosis = float(fourth / second**2)
        return kurtosis if math.isnan(kurtosis) else max(kurtosis, 1.0)

    def spread(self, q: float, delta: float) -> Spread:
        """E[(f(u₁) - f(u₂))²] for 0 < q and correlation 1 - `delta`, 0 ≤ `delta` ≤ 2.

        With g = (f(u₁) - f(u₂))², integration by parts over w gives, without f′,
            ∂E[g]/∂c = E[g (z w/s - c (w² - 1)/s²)].
        """
        if delta <= 0.0:
            return Spread(0.0, -math.inf if self.jumps else self._at_once(q))
        r, c = math.sqrt(q), 1.0 - delta
        s = math.sqrt(delta * (2.0 - delta))
        if s == 0.0:  # u₂ = -u₁
            u, weights = self._outer(q, 1.0)
            gap = self.activation(u) - self.activation(-u)
            return Spread(float((weights * gap * gap).sum()), math.nan)
        total = np.zeros(2)
        u, weights = self._outer(q, s)
        inner = self._inner_edges(q)
        step = max(1, _AT_ONCE // ((inner.size + _z_edges().size) * _NODES_2D))
        for start in range(0, u.size, step):
            u1, weight = u[start : start + step], weights[start : start + step]
            centre = (c * u1)[:, None]
            around = centre + r * s * _z_edges()
            fixed = np.clip(inner, around[:, :1], around[:, -1:])
            u2, measure = _rule(np.sort(np.concatenate([around, fixed], axis=1)), _NODES_2D)
            w = (u2 - centre) / (r * s)
            gap = self.activation(u1)[:, None] - self.activation(u2)
            mass = gap * gap * np.exp(-0.5 * w * w) * measure / (r * s * math.sqrt(math.tau))
            z = (u1 / r)[:, None]
            by_c = mass * (z * w / s - c * (w * w - 1.0) / (s * s))
            total += weight @ mass.sum(axis=1), weight @ by_c.sum(axis=1)
        return Spread(float(total[0]), float(total[1]))

    def _at_once(self, q: float) -> float:
        """The derivative of the spread at c = 1 for a continuous f: -2 q E[f′²]."""
        return -2.0 * q * self._moments(q)[3]

    def _outer(self, q: float, s: float) -> tuple[Array, Array]:
        """Nodes and weights over u₁, fine enough for f and for what smoothing over u₂ leaves."""
        r = math.sqrt(q)
        far = _TAIL_2D * r
        levels = 2 + max(0, math.ceil(math.log2(_TAIL_2D / s)))
        steps = far * 2.0 ** -np.arange(0.0, levels + 1.0)
        points = {0.0, *self.activation.breaks}
        points |= {-at for at in points}
        edges = [self._inner_edges(q)]
        for at in points:
            edges += [np.array([at]), at - steps, at + steps]
        u, weights = _rule(np.unique(np.clip(np.concatenate(edges), -far, far)), _NODES_2D)
        return u, weights * np.exp(-0.5 * (u / r) ** 2) / (r * math.sqrt(math.tau))

    def _inner_edges(self, q: float) -> Array:
        """The breaks, 0 and geometric steps away from 0 that begin at the scale of f."""
        far = 2.0 * _TAIL_2D * math.sqrt(q)
        return self._edges(far, self._levels(q))

    def _edges(self, far: float, levels: int) -> Array:
        steps = far * 2.0 ** -np.arange(0.0, levels + 1.0)
        breaks = np.array([at for at in self.activation.breaks if abs(at) < far])
        return np.unique(np.concatenate([-steps, [0.0], steps, breaks]))

    def _levels(self, q: float) -> int:
        """How many halvings towards 0 until f² and f′² integrate as they do on fine panels."""
        _, square, _, slope_square, _ = self._moments(q)
        r = math.sqrt(q)
        with np.errstate(all="ignore"):
            for levels in range(4, 70):
                u, weights = _rule(self._edges(2.0 * _TAIL_2D * r, levels), _NODES_2D)
                weights = weights * np.exp(-0.5 * (u / r) ** 2) / (r * math.sqrt(math.tau))
                f, slope = self.activation(u), self.activation.derivative(u)
                if (
                    abs(weights @ (f * f) - square) <= 1e-13 * square
                    and abs(weights @ (slope * slope) - slope_square) <= 1e-13 * slope_square
                ):
                    break
        return levels


class _Sine(Expectations):
    """The expectations of sin(ωz), whose waves no panel follows for large q, in closed form.

    They are those of sin z at p = ω² q, and what has an f′ in it, ω times as large.
    """

    @cached_property
    def _omega2(self) -> float:
        return self.activation.parameters["omega"] ** 2

    def _moments(self, q: float) -> tuple[float, float, float, float, float]:
        p = self._omega2 * max(q, Q_SMALLEST)
        e = math.exp(-2.0 * p)
        square = -0.5 * math.expm1(-2.0 * p)
        return 0.0, square, p * e, self._omega2 * (0.5 + 0.5 * e), square

    def beyond(self, q: float) -> Moments:
        """The same as elsewhere."""
        return self.moments(np.array(q))

    def slope_kurtosis(self, q: float) -> float:
        """E[cos⁴] = 3/8 + ½ e^(-2p) + ⅛ e^(-8p), beside E[cos²]²."""
        e = math.exp(-2.0 * self._omega2 * q)
        return (0.375 + 0.5 * e + 0.125 * e**4) / (0.5 + 0.5 * e) ** 2

    def spread(self, q: float, delta: float) -> Spread:
        """From E[f(u₁) f(u₂)] = ½ (e^(-p(1-c)) - e^(-p(1+c)))."""
        p = self._omega2 * q
        near, far = math.exp(-p * delta), math.exp(-p * (2.0 - delta))
        return Spread(-math.expm1(-p * delta) * (1.0 + far), -p * (near + far))


@lru_cache(maxsize=8)
def expectations(activation: Activation) -> Expectations:
    """The expectations of `activation`, kept for the next call; each holds some 0.3 MB.

    Raises:
        InputError: for parameters that make E[f²] or E[f′²] at q = 1 exceed 1e60.
    """
    expected = (_Sine if activation.name == "sin" else Expectations)(activation)
    if not max(map(abs, expected.moments(np.array(1.0)))) < _LARGEST_MOMENT:
        raise InputError(
            "activation",
            activation.spec,
            "one whose mean square at q = 1 is below 1e60",
            "try parameters nearer to their defaults",
        )
    return expected


@cache
def _z_edges() -> Array:
    """The panels over z."""
    return _TAIL_2D * np.array([-1.0, -0.5, -0.25, 0.0, 0.25, 0.5, 1.0])


@lru_cache(maxsize=4)
def _legendre(nodes: int) -> tuple[Array, Array]:
    """The Gauss-Legendre rule on [-1, 1]."""
    x, weights = np.polynomial.legendre.leggauss(nodes)
    return x, weights


def _rule(edges: Array, nodes: int) -> tuple[Array, Array]:
    """Nodes and weights over the panels between `edges` along the last axis, flattened there."""
    x, weights = _legendre(nodes)
    left, half = edges[..., :-1, None], 0.5 * np.diff(edges)[..., None]
    shape = (*edges.shape[:-1], -1)
    return (left + half * (1.0 + x)).reshape(shape), (half * weights).reshape(shape)
