"""What theory says of one of a network's gradients, layer by layer.

Glossary: L depth, l layer (1 … L), n_l widths, σw² and σb² as in `wide.path`, q_l and χ_l there,
V_l = E[a_l²], D_l = E[f′(z_l)²]; g_l = ∂L/∂a_l with ‖g_L‖ = 1.

    ‖∂L/∂z_l‖² = D_l ‖g_l‖²          χ_l = σw² D_l          q_{l+1} = σw² V_l + σb²
    ‖∂L/∂W_l‖² = n_{l-1} V_{l-1} ‖∂L/∂z_l‖²                       at one input, whose V_0 = x²
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import TYPE_CHECKING

import numpy as np

from gradtui.mathematics.chain import chain
from gradtui.mathematics.elementwise import Array
from gradtui.mathematics.wide.block_path import BlockPath
from gradtui.mathematics.wide.moments import expectations
from gradtui.mathematics.wide.path import GradientPath
from gradtui.models.network.networks import Expectation

if TYPE_CHECKING:
    from numpy.typing import NDArray


_FAINT = 1e-30
"""What E[f²] is below where it is not followed, for q is below 1e-120."""


@dataclass(frozen=True, eq=False)
class Law:
    """log10 of the norm of one gradient by layer, from the first layer that has it to L.

    Attributes:
        first: that layer.
        infinite: √E‖·‖² at infinite width.
        centre: E ln‖·‖ at this width; of ∂L/∂W that is not known, and it is `infinite`.
        band: between which 90 % of the networks are to be expected; None where that is not known.
        bound: no direction can do better; None where there is no such law.
        scalar: one unit a layer with w = σw; None where there is no such law.
        known: where `infinite` is theory's value; elsewhere it is too small to be followed, and
            `infinite` and `centre` are above it.
    """

    first: int
    infinite: Array
    centre: Array
    band: tuple[Array, Array] | None
    bound: Array | None
    scalar: Array | None
    known: NDArray[np.bool_]


def law_of(expected: Expectation, quantity: str, widths: Sequence[int], x: float) -> Law:
    """The law of ∂L/∂a, ∂L/∂z or ∂L/∂W for widths n_0 … n_L and inputs of standard deviation x."""
    if quantity == "a":
        return Law(
            0,
            expected.infinite,
            expected.centre,
            expected.band,
            expected.bound,
            expected.scalar,
            expected.path.known,
        )
    path = expected.path
    if isinstance(path, BlockPath):
        return _of_blocks(expected, path, quantity, widths[0])
    band = expected.band
    assert expected.bound is not None
    assert band is not None
    slopes, inputs, faint = _moments(expected, x)
    known = path.known[:-1]
    alone = chain(path.activation, np.sqrt(expected.by_layer.sigma_w2), 0.0, x)
    with np.errstate(all="ignore"):
        infinite = expected.infinite[1:] + slopes
        if quantity == "w":
            below = 0.5 * np.log10(np.array(widths[:-1], float))
            norm = infinite + inputs + below
            return Law(1, norm, norm, None, None, alone.log10_gradients + below, known & ~faint)
        shift = np.where(infinite == -np.inf, -np.inf, infinite - expected.infinite[1:])
        low, high = (edge[1:] + shift for edge in band)
        bound = expected.bound[1:] + np.log10(path.activation.max_abs_derivative)
        return Law(
            1,
            infinite,
            expected.centre[1:] + shift,
            (low, high),
            bound,
            alone.log10_backward,
            known,
        )


def _of_blocks(expected: Expectation, path: BlockPath, quantity: str, units: int) -> Law:
    """The law of ∂L/∂z or ∂L/∂W of blocks, z what the last activation of each is given."""
    of_weights = path.log10_weights + 0.5 * math.log10(units)
    more = path.log10_grad_z if quantity == "z" else of_weights
    infinite, known = expected.infinite[1:] + more, path.known[1:]
    if quantity == "w":
        return Law(1, infinite, infinite, None, None, None, known)
    with np.errstate(invalid="ignore"):
        centre, band = expected.centre[1:] + more, expected.band
        if band is not None:
            band = band[0][1:] + more, band[1][1:] + more
        return Law(1, infinite, centre, band, None, None, known)


def log10_signal(expected: Expectation, x: float) -> Array:
    """log10 √E[a_l²] of a unit for l = 0 … L - 1, and for L what follows from q_L [depth + 1]."""
    path = expected.path
    if isinstance(path, BlockPath):
        return path.log10_stream
    with np.errstate(all="ignore"):
        return np.append(_moments(expected, x)[1], 0.5 * path.log10_last_square)


def log10_largest(units: int) -> float:
    """log10 of the largest of n normal numbers beside their root mean square, in the median."""
    return math.log10(max(NormalDist().inv_cdf(0.5 + 0.5 * 0.5 ** (1.0 / units)), 1.0))


def log10_single(quantity: str, units: int) -> float:
    """log10 of the largest number of a gradient beside the norm of all its numbers.

    Those of ∂L/∂W are products of two vectors, each with its largest.
    """
    one = log10_largest(units) - 0.5 * math.log10(units)
    return 2.0 * one if quantity == "w" else one


def _moments(expected: Expectation, x: float) -> tuple[Array, Array, NDArray[np.bool_]]:
    """log10 √D_l, log10 √V_{l-1}, and where V is too small to be followed: that is above it then.

    For l = 1 … L.
    """
    path = expected.path
    assert isinstance(path, GradientPath)
    with np.errstate(all="ignore"):
        if (path.sigma_w2 > 0.0).all():
            slopes = 0.5 * (path.log10_chi - np.log10(path.sigma_w2))
            square = np.maximum(path.q - path.sigma_b2, 0.0) / path.sigma_w2
        else:  # every z of such a layer is its bias
            moments = expectations(path.activation).moments(path.q)
            slopes = 0.5 * np.log10(moments.slope_square)
            square = np.append(0.0, moments.square[:-1])
        square[0] = x * x
        zero = np.append(x == 0.0, path.silent[:-1] & (path.activation(0.0) == 0.0))
        faint = (square == 0.0) & ~zero
        least = np.maximum(path.sigma_b2 / path.sigma_w2 * np.finfo(float).eps, _FAINT)
        log10_square = np.log10(np.where(faint, least, square))
        beyond = np.append(False, path.q[1:] == math.inf)
        log10_square[beyond] = (path.log10_q - np.log10(path.sigma_w2))[beyond]
        return slopes, 0.5 * log10_square, faint
