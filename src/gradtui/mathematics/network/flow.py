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

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gradtui.errors import InputError
from gradtui.mathematics.activations import activation as as_activation
from gradtui.mathematics.activations.record import Activation
from gradtui.mathematics.elementwise import Array
from gradtui.mathematics.network.arrays import count_of_bins, validated
from gradtui.mathematics.network.backward import Backward
from gradtui.mathematics.network.exponents import Squares
from gradtui.mathematics.network.forward import Forward
from gradtui.mathematics.network.statistics import LayerStatistics
from gradtui.mathematics.pieces import warning_as_before
from gradtui.progress import Tick, part, unwatched

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


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
        log10_grad_preactivations: log10‖∂L/∂z_l‖_F over batch and units [depth].
        log10_grad_hidden: log10‖∂L/∂a_l‖_F over batch and units [depth + 1]; 0 is the input.
        log10_hidden: log10‖a_l‖_F over batch and units [depth + 1]; 0 is the input.
        dead_rows: in how many rows of the batch ∂L/∂a_l is exactly zero [depth + 1].
        layers: what happens inside each layer, if asked for.
    """

    activation: Activation
    widths: tuple[int, ...]
    batch: int
    log10_grad_weights: Array
    log10_grad_biases: Array
    log10_grad_preactivations: Array
    log10_grad_hidden: Array
    log10_hidden: Array
    dead_rows: NDArray[np.int64]
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
    tick: Tick = unwatched,
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
        tick: told the share that is done, a few layers or a part of a large one at a time.

    Raises:
        InputError: shapes that do not fit together, an empty batch or layer, values that are
            not finite real numbers, or more memory than there is.
    """
    network = validated(as_activation(activation), weights, biases, x, upstream)
    if not isinstance(layers, bool | np.bool_):
        raise InputError("layers", layers, "True or False", "say whether to look inside each layer")
    bins = count_of_bins(bins)
    tick = warning_as_before(tick)
    with np.errstate(all="ignore"):
        forward = Forward(network, layers or bins > 0, bins)
        backward = Backward(network, forward)
        forward.run(part(tick, 0.0, 0.5))
        backward.run(part(tick, 0.5, 0.5))
        hidden = Squares(network.depth + 1)
        for layer, (r, e) in enumerate(zip(forward.norms, forward.exponents, strict=True)):
            hidden.total(layer, r, e)
        return GradientFlow(
            activation=network.f,
            widths=network.widths,
            batch=network.batch,
            log10_grad_weights=backward.weights.log10(),
            log10_grad_biases=backward.biases.log10(),
            log10_grad_preactivations=backward.preactivations.log10(),
            log10_grad_hidden=backward.hidden.log10(),
            log10_hidden=hidden.log10(),
            dead_rows=backward.dead_rows,
            layers=forward.statistics.result() if forward.statistics else None,
        )
