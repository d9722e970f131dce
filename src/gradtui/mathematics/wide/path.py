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
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from gradtui.mathematics.activations import activation as as_activation
from gradtui.mathematics.activations.record import Activation
from gradtui.mathematics.elementwise import Array
from gradtui.mathematics.wide.moments import Q_LARGEST, Q_SMALLEST, Expectations, expectations
from gradtui.mathematics.wide.second_moment import numbers, variance

_TABULATED = 60.0
"""|ln q| up to which the table of moments serves."""

_SETTLED = 1e-14
"""A q that changes by less, relative, has come to its fixed point."""

_SAMPLED = 33
"""At so many layers κ is evaluated; it changes slowly in between."""


@dataclass(frozen=True, eq=False)
class GradientPath:
    """How the gradient at one input goes through the layers; arrays [depth], index l - 1.

    Attributes:
        activation: f.
        sigma_w2: σw².
        sigma_b2: σb².
        q: q_l; 0 or inf where it has left the range of float64.
        log10_chi: log10 χ_l, of the squared norm; right to some 1e-9 a layer.
    """

    activation: Activation
    sigma_w2: float
    sigma_b2: float
    q: Array
    log10_chi: Array

    @property
    def depth(self) -> int:
        """The number of layers L."""
        return len(self.q)

    @property
    def log10_grad_hidden(self) -> Array:
        """log10 of √(E‖g_l‖² / ‖g_L‖²) for l = 0 … L [depth + 1]."""
        return 0.5 * np.append(np.cumsum(self.log10_chi[::-1])[::-1], 0.0)

    def log_variance(self, width: int, *, orthogonal: bool = False) -> Array:
        """β of ln‖g_l‖² over networks of that width, for l = 0 … L [depth + 1]."""
        at = np.unique(np.linspace(0, self.depth - 1, min(self.depth, _SAMPLED)).round())
        e = expectations(self.activation)
        sampled = [e.slope_kurtosis(float(self.q[int(layer)])) for layer in at]
        kappa = np.interp(np.arange(self.depth), at, sampled)
        each = 3.0 * (kappa - 1.0) / (width + 2.0) if orthogonal else (3.0 * kappa - 1.0) / width
        return np.append(np.cumsum(each[::-1])[::-1], 0.0)


def gradient_path(
    activation: str | Activation,
    sigma_w2: float,
    sigma_b2: float = 0.0,
    depth: int = 1,
    x: float = 1.0,
) -> GradientPath:
    """Follow the second moment forward and take χ at every layer.

    Args:
        activation: a name, a text form such as `leaky_relu(0.2)`, or an `Activation`.
        sigma_w2: n_in times the variance of a weight.
        sigma_b2: the variance of a bias.
        depth: L.
        x: the standard deviation of an input.

    Raises:
        InputError: a variance outside 0 to 1e20, or an |x| outside 0 to 1e100.
    """
    f = as_activation(activation)
    w, b = variance("sigma_w2", sigma_w2), variance("sigma_b2", sigma_b2)
    size = float(numbers("x", abs(x), 0.0, 1e100))
    e = expectations(f)
    q, slope_squares = np.empty(depth), np.empty(depth)
    here = w * size * size + b
    for layer in range(depth):
        square, slope_square = _at(e, here)
        q[layer], slope_squares[layer] = here, slope_square
        following = w * square + b
        if abs(following - here) <= _SETTLED * here or not math.isfinite(following):
            q[layer + 1 :] = following
            slope_squares[layer + 1 :] = _at(e, following)[1]
            break
        here = following
    with np.errstate(divide="ignore"):
        return GradientPath(f, w, b, q, np.log10(w * slope_squares))


def _at(e: Expectations, q: float) -> tuple[float, float]:
    """V and D at q; their limits where q has left the range."""
    if q > Q_LARGEST:
        left, right = e.activation.definition.slopes
        return math.inf, 0.5 * (left * left + right * right)
    if q < Q_SMALLEST or abs(math.log(q)) > _TABULATED:
        exact = e.moments(np.array(0.0 if q < Q_SMALLEST else q))
        return float(exact.square), float(exact.slope_square)
    m = e.table.interpolated(np.array(math.log(q)))
    # Where they decay as e^(-1/q), interpolation leaves noise around 0.
    return max(float(m.square), 0.0), max(float(m.slope_square), 0.0)
