"""What theory says of a network of given depth and width: the gradient, layer by layer.

Glossary: L depth, l layer (1 … L), n width, x the inputs, N(0, x²) each; W_ij ~ N(0, σw²/n),
b_i ~ N(0, σb²); f the activation, f′ its derivative, z standard normal; q_l the second moment of
the pre-activations of layer l; V = E[f(√q z)²], D = E[f′(√q z)²]; g_l = ∂L/∂a_l at one input;
κ = E[f′⁴] / E[f′²]² at q_l; β the variance of ln‖g_l‖² over networks.

    q_1 = σw² x² + σb²        q_{l+1} = σw² V(q_l) + σb²
    χ_l = σw² D(q_l)          E‖g_{l-1}‖² = χ_l E‖g_l‖²

A layer of n units adds (3κ_l - 1)/n to β if its weights are independent, 3(κ_l - 1)/(n + 2) if
they are orthogonal, and lowers E ln‖g‖² by half of that below ln E‖g‖²: exact in the leading order
of 1/n where f′ depends on the sign of z alone (Hanin & Nica, Communications in Mathematical
Physics 376, 2020; for ReLU 5/n), an estimate elsewhere, for it leaves out how q_l itself varies.

Where widths differ, σw² = n_{l-1} Var(W_l) of each layer, and the equations hold as they are. Of
(3κ_l - 1)/n, 2/n is from the sum over the n_{l-1} units that the gradient goes to, 3(κ_l - 1)/n
from the f′ of the n_l that it comes from. An orthogonal layer keeps of a gradient what lies in the
space of its columns: all of it if n_l ≤ n_{l-1}, else a share whose variance, over its squared
mean, is 2(n_l - n_{l-1})/(n_{l-1}(n_l + 2)), as Beta(n_{l-1}/2, (n_l - n_{l-1})/2) has it.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gradtui.mathematics.activations import activation as as_activation
from gradtui.mathematics.activations.record import Activation
from gradtui.mathematics.elementwise import Array
from gradtui.mathematics.pieces import watched
from gradtui.mathematics.wide.moments import Q_LARGEST, expectations
from gradtui.mathematics.wide.recursion import Recursion
from gradtui.mathematics.wide.second_moment import MAX_VARIANCE, numbers
from gradtui.progress import Tick, unwatched

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

WITHIN_90 = 1.6448536269514722
"""A normal variable is in 90 % of all cases within so many standard deviations."""

_SETTLED = 1e-14
"""A q that changes by less, relative, has come to its fixed point."""

_FARTHEST = 66.0
"""|ln q| from which on a q of many counts as there: 1e±28."""

FAINTEST = math.exp(-_FARTHEST)
"""What is smaller is not told apart from that."""

_LAYERS_A_TICK = 100

_LN_10 = math.log(10.0)
_LARGEST = math.log(sys.float_info.max)

_BELOW = -30.0
"""log10 of what E[f²] and E[f′²] are below where they are not followed, for |f′| up to 1."""

_SAMPLED = 33
"""At so many layers κ is evaluated; it changes slowly in between."""


class Followed:
    """A gradient that is followed from layer to layer, or from block to block, arrays [depth].

    Attributes:
        log10_chi: log10 χ_l, by which its squared norm is multiplied.
        followed: whether that is more than a bound.
    """

    log10_chi: Array
    followed: NDArray[np.bool_]

    @property
    def depth(self) -> int:
        """The number of layers L."""
        return len(self.log10_chi)

    @property
    def log10_grad_hidden(self) -> Array:
        """log10 of √(E‖g_l‖² / ‖g_L‖²) for l = 0 … L [depth + 1]; above it where not followed."""
        return 0.5 * np.append(np.cumsum(self.log10_chi[::-1])[::-1], 0.0)

    @property
    def known(self) -> NDArray[np.bool_]:
        """Where `log10_grad_hidden` is more than a bound: every layer above is followed."""
        return np.append(np.logical_and.accumulate(self.followed[::-1])[::-1], True)


@dataclass(frozen=True, eq=False)
class GradientPath(Followed):
    """How the gradient at one input goes through the layers; arrays [depth], index l - 1.

    Attributes:
        activation: f.
        sigma_w2: σw² of each layer.
        sigma_b2: σb² of each layer.
        q: q_l; 0 or inf where it has left the range of float64.
        log10_q: log10 q_l, also where that is above the range of float64.
        log10_chi: log10 χ_l, of the squared norm; right to some 1e-9 a layer, and -inf where it is
            exactly 0; where it is too small to be followed a number that is above it.
        followed: whether χ_l is.
        silent: whether q_l is exactly 0.
    """

    activation: Activation
    sigma_w2: Array
    sigma_b2: Array
    q: Array
    log10_q: Array
    log10_chi: Array
    followed: NDArray[np.bool_]
    silent: NDArray[np.bool_]

    @property
    def log10_last_square(self) -> float:
        """log10 E[a_L²]."""
        e, t = expectations(self.activation), float(self.log10_q[-1]) * _LN_10
        if t > e.edge and e.degree:
            return float(e.log_beyond(np.array(t), e.edge)[0]) / _LN_10
        return _log(float(e.moments(np.minimum(self.q[-1], Q_LARGEST)).square)) / _LN_10

    def log_variance(self, widths: int | Sequence[int], *, orthogonal: bool = False) -> Array:
        """β of ln‖g_l‖² over networks, for l = 0 … L [depth + 1].

        Args:
            widths: the one of every layer, or n_0 … n_L.
            orthogonal: whether the weights are.
        """
        at = np.unique(np.linspace(0, self.depth - 1, min(self.depth, _SAMPLED)).round())
        e = expectations(self.activation)
        sampled = [e.slope_kurtosis(float(self.q[int(layer)])) for layer in at]
        # where f′ is 0, or its moments are beyond float64, nothing scatters that could be told
        kappa = np.nan_to_num(np.interp(np.arange(self.depth), at, sampled), nan=1.0, posinf=1.0)
        n = np.broadcast_to(np.array(widths, float), self.depth + 1)
        below, above = n[:-1], n[1:]
        if orthogonal:
            lost = np.maximum(above - below, 0.0)
            each = 3.0 * (kappa - 1.0) / (above + 2.0) + 2.0 * lost / (below * (above + 2.0))
        else:
            each = 3.0 * (kappa - 1.0) / above + 2.0 / below
        return np.append(np.cumsum(each[::-1])[::-1], 0.0)


def gradient_path(
    activation: str | Activation,
    sigma_w2: float | Array,
    sigma_b2: float | Array = 0.0,
    depth: int = 1,
    x: float = 1.0,
    *,
    tick: Tick = unwatched,
) -> GradientPath:
    """Follow the second moment forward and take χ at every layer.

    Args:
        activation: a name, a text form such as `leaky_relu(0.2)`, or an `Activation`.
        sigma_w2: n_in times the variance of a weight, of all layers or of each [depth].
        sigma_b2: the variance of a bias, of all layers or of each [depth].
        depth: L.
        x: the standard deviation of an input.
        tick: is told the share that is done.

    Raises:
        InputError: a variance outside 0 to 1e20, or an |x| outside 0 to 1e100.
    """
    f = as_activation(activation)
    w = np.broadcast_to(numbers("sigma_w2", sigma_w2, 0.0, MAX_VARIANCE), depth)
    b = np.broadcast_to(numbers("sigma_b2", sigma_b2, 0.0, MAX_VARIANCE), depth)
    size = float(numbers("x", abs(x), 0.0, 1e100))
    alike = bool(np.all(w == w[0]) and np.all(b == b[0]))
    e = expectations(f)
    recursion = Recursion(e, 1.0, 0.0)
    log10_q, log10_slope = np.empty(depth), np.empty(depth)
    q = np.empty(depth)
    here = float(w[0] * size * size + b[0])
    t = _log(here)
    for layer in watched(range(depth), _LAYERS_A_TICK, tick):
        q[layer], log10_q[layer] = here, t / _LN_10
        if t > e.edge and e.degree:
            log_square, log_slope = (float(log) for log in e.log_beyond(np.array(t), e.edge))
            log10_slope[layer] = log_slope / _LN_10
            if layer + 1 < depth:
                t = float(np.logaddexp(_log(w[layer + 1]) + log_square, _log(b[layer + 1])))
                here = math.exp(t) if t < _LARGEST else math.inf
            continue
        square, slope_square = recursion.step(here)
        log10_slope[layer] = _log(slope_square) / _LN_10
        if layer + 1 == depth:
            break
        following = float(w[layer + 1] * square + b[layer + 1]) if w[layer + 1] else b[layer + 1]
        if alike and abs(following - here) <= _SETTLED * here:
            q[layer + 1 :] = following
            log10_q[layer + 1 :] = _log(following) / _LN_10
            log10_slope[layer + 1 :] = _log(recursion.step(following)[1]) / _LN_10
            break
        here, t = following, _log(following)
    silent = _silent(f, w, b, size)
    flat = f.max_abs_derivative == 0.0 or (silent & (f.derivative(0.0) == 0.0))
    followed = (log10_slope > -math.inf) | (w == 0.0) | flat
    with np.errstate(divide="ignore"):
        log10_chi = np.log10(w) + np.where(followed, log10_slope, log10_below(f))
    return GradientPath(f, w, b, q, log10_q, log10_chi, followed, silent)


def _log(value: float) -> float:
    return math.log(value) if value > 0.0 else -math.inf


def log10_below(f: Activation) -> float:
    """log10 of what E[f′²] is below where it is not followed: q is below 1e-120, or f′ is 0 near 0.

    There |f′| < 1e-15 near 0, or f′ ≠ 0 only from 14 standard deviations on.
    """
    most = f.max_abs_derivative
    return _BELOW + 2.0 * math.log10(max(most, 1.0)) if most < math.inf else _BELOW


def _silent(f: Activation, w: Array, b: Array, x: float) -> NDArray[np.bool_]:
    """Whether the pre-activations of each layer are exactly 0, whatever the weights."""
    through, silent = x == 0.0, np.empty(len(w), bool)
    for layer, (weight, bias) in enumerate(zip(w.tolist(), b.tolist(), strict=True)):
        silent[layer] = bias == 0.0 and (weight == 0.0 or through)
        through = bool(silent[layer]) and f(0.0) == 0.0
    return silent


def ratios_by_depth(
    activation: str | Activation,
    sigma_w: ArrayLike,
    sigma_b: ArrayLike,
    x: float,
    layers: ArrayLike,
    *,
    tick: Tick = unwatched,
) -> tuple[Array, Array]:
    """What is left of the gradient at layer 0 after so many layers, for many (σw, σb) at once.

    Each is followed until its q has come to rest, and counts from there on as it is there.

    Args:
        activation: a name, a text form such as `leaky_relu(0.2)`, or an `Activation`.
        sigma_w: σw, of any shape.
        sigma_b: σb, of a shape that broadcasts with it.
        x: the standard deviation of an input.
        layers: depths l, whole numbers from 1 on, rising [m].
        tick: told the share that is done, some hundred layers at a time.

    Returns:
        ½ Σ_{i≤l} log10 χ_i, right to 1e-8 a layer, and q_l, both [m, *shape]. Where q_l is below
        1e-28 and f′(0) = 0, the sum is only known to be below that; -inf is an exact 0.
    """
    w, b = np.broadcast_arrays(np.square(sigma_w), np.square(sigma_b))
    depths, shape = np.asarray(layers, dtype=np.float64), w.shape
    e, moving = expectations(as_activation(activation)), np.arange(w.size)
    w, b = w.ravel(), b.ravel()
    with np.errstate(divide="ignore"):
        least = np.where(w * x * x + b > 0.0, np.log10(w) + log10_below(e.activation), -math.inf)
        q = w * x * x + b
        t, total = np.log(q), np.zeros(w.size)
    left, reached = np.empty((depths.size, w.size)), np.empty((depths.size, w.size))
    row, deepest = 0, int(depths[-1])
    for layer in range(1, deepest + 1):
        recursion = Recursion(e, w[moving], b[moving])
        log10_chi, following, later = recursion.followed(t, _FARTHEST)
        log10_chi = np.where(log10_chi == -math.inf, least[moving], log10_chi)
        total[moving] += log10_chi
        at_rest = _at_rest(t, later, e.degree)
        if layer == depths[row]:
            left[row, moving], reached[row, moving] = total[moving], q
            row += 1
        if at_rest.any():
            stays = moving[at_rest]
            more = (depths[row:, None] - layer) * log10_chi[at_rest] if row < depths.size else 0.0
            left[row:, stays], reached[row:, stays] = total[stays] + more, following[at_rest]
            moving, following, later = moving[~at_rest], following[~at_rest], later[~at_rest]
        if layer % _LAYERS_A_TICK == 0 or layer == deepest or not moving.size:
            tick(layer / deepest if moving.size else 1.0)
        if not moving.size:
            break
        q, t = following, later
    return 0.5 * left.reshape(-1, *shape), reached.reshape(-1, *shape)


def _at_rest(t: Array, later: Array, degree: float) -> NDArray[np.bool_]:
    """Whether q stays where it is: at a fixed point, or beyond what is told apart."""
    most = _FARTHEST if degree <= 1.0 else math.inf
    with np.errstate(invalid="ignore"):
        apart = abs(np.clip(later, -_FARTHEST, most) - np.clip(t, -_FARTHEST, most))
    at_rest: NDArray[np.bool_] = (apart <= _SETTLED) | (later == t)
    return at_rest
