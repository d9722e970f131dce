"""The scalar chain rule, one unit a layer, in logarithms.

Glossary: L depth, l layer (1 … L), w_l weight, b_l bias, z_l pre-activation, a_l activation,
f the activation function, x = a_0 the input, ∂L/∂a_L the upstream gradient.

    z_l = w_l a_{l-1} + b_l          a_l = f(z_l)
    ∂L/∂w_l = ∂L/∂a_L · f′(z_L) · Π_{k=l}^{L-1} [w_{k+1} f′(z_k)] · a_{l-1}
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from gradtui.errors import InputError
from gradtui.mathematics.activations import activation as as_activation
from gradtui.mathematics.activations.record import Activation
from gradtui.mathematics.elementwise import Array
from gradtui.mathematics.limits import MAX_DEPTH
from gradtui.mathematics.pieces import warning_as_before, watched
from gradtui.mathematics.scaled import ORDINARY, Scaled, Tails, signs_and_log10, signs_of_tails
from gradtui.progress import Tick, part, unwatched

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

Signs: TypeAlias = "NDArray[np.int64]"

_LAYERS_A_TICK = 5_000
LN10 = math.log(10.0)


@dataclass(frozen=True, eq=False)
class Chain:
    """One forward and backward pass through a chain; arrays are indexed by layer - 1.

    Every magnitude comes as a log10, right to 1e-10 at any depth; `-inf` is an exact zero, or
    smaller than 10^(-10^300). Two things magnify the rounding of the forward pass, which is some
    L·1e-16 of a value: a z_l next to a zero of f′, and an a_L next to the `target`. At a distance d
    from there the logarithm is right to about L·1e-16·|z_l|/d, or L·1e-16·|a_L|/d.
    The plain values `z`, `a` and `derivatives` are float64 and may have underflowed to 0 or
    overflowed to inf where their logarithm has not.
    """

    activation: Activation
    weights: Array
    biases: Array
    x: float
    z: Array
    a: Array
    derivatives: Array
    log10_z: Array
    log10_derivatives: Array
    log10_weights: Array
    log10_inputs: Array
    """log10|a_{l-1}|, what layer l receives from below."""
    log10_last: float
    """log10|a_L|."""
    upstream: Scaled
    backward_signs: Signs
    """The sign of ∂L/∂z_l: -1, 0 or 1."""
    input_signs: Signs
    """The sign of a_{l-1}: -1, 0 or 1."""
    target: float | None = None
    """t of the squared error, where that is the loss."""
    evaluations: int = 0
    """How often f or f′ was evaluated where float64 does not hold it: what takes longest."""

    @cached_property
    def signs(self) -> Signs:
        """The sign of ∂L/∂w_l: -1, 0 or 1."""
        return self.backward_signs * self.input_signs

    @property
    def depth(self) -> int:
        """The number of layers L."""
        return len(self.z)

    @property
    def log10_upstream(self) -> float:
        """log10|∂L/∂a_L|."""
        return self.upstream.log10

    @cached_property
    def log10_backward(self) -> Array:
        """log10|∂L/∂z_l|: the upstream gradient and every factor from the loss back to z_l."""
        weights_above = np.append(self.log10_weights[1:], 0.0)
        factors = (self.log10_derivatives + weights_above)[::-1]
        return self.log10_upstream + exact_cumsum(factors)[::-1]

    @cached_property
    def log10_gradients(self) -> Array:
        """log10|∂L/∂w_l|."""
        return self.log10_backward + self.log10_inputs

    @cached_property
    def log10_hidden(self) -> Array:
        """log10|∂L/∂a_l| for l = 0 … L [depth + 1]; 0 is the input."""
        return np.append(self.log10_backward + self.log10_weights, self.log10_upstream)

    @cached_property
    def log10_outputs(self) -> Array:
        """log10|a_l| for l = 0 … L [depth + 1]; 0 is the input."""
        return np.append(self.log10_inputs, self.log10_last)

    @property
    def log10_from_derivatives(self) -> float:
        """What the f′ contribute to ∂L/∂w₁ in all: Σ_l log10|f′(z_l)|."""
        return float(exact_cumsum(self.log10_derivatives)[-1])

    @property
    def log10_from_weights(self) -> float:
        """What the weights contribute to ∂L/∂w₁ in all: Σ_{l≥2} log10|w_l|."""
        return float(exact_cumsum(self.log10_weights[1:])[-1]) if self.depth > 1 else 0.0


def chain(
    activation: str | Activation,
    weights: ArrayLike,
    biases: ArrayLike = 0.0,
    x: float = 1.0,
    upstream: float = 1.0,
    *,
    target: float | None = None,
    tick: Tick = unwatched,
) -> Chain:
    """Run a scalar chain forward and back.

    Args:
        activation: a name, a text form such as `leaky_relu(0.2)`, or an `Activation`.
        weights: w_1 … w_L; their number is the depth, 1 to 100,000.
        biases: b_1 … b_L, or one for all.
        x: the input a_0.
        upstream: ∂L/∂a_L.
        target: t of the squared error L = ½(a_L - t)²; then ∂L/∂a_L = a_L - t and `upstream`
            must be left out.
        tick: is told the share that is done.

    Raises:
        InputError: a value that is not finite, a list of the wrong length or shape.
    """
    f = as_activation(activation)
    w, b = _lists(weights, biases)
    start = _scalar("x", x)
    states = _forward(f, w.tolist(), b.tolist(), start, tick)
    z, a = states.z, states.a
    if target is None:
        above = Scaled.of(_scalar("upstream", upstream))
    else:
        if upstream != 1.0:
            raise InputError(
                "upstream", upstream, "allowed beside a target", "give the one or the other"
            )
        above = states.last.plus(-_scalar("target", target))
    with np.errstate(divide="ignore"):
        log_w = np.log10(np.abs(w))
    from_loss = np.cumprod((states.derivative_signs * np.append(np.sign(w[1:]), above.sign))[::-1])
    return Chain(
        activation=f,
        weights=w,
        biases=b,
        x=start,
        z=z,
        a=a,
        derivatives=f.derivative(z),
        log10_z=states.log10_z,
        log10_derivatives=states.log10_derivatives,
        log10_weights=log_w,
        log10_inputs=states.log10_inputs,
        log10_last=states.last.log10,
        upstream=above,
        backward_signs=from_loss[::-1].astype(np.int64),
        input_signs=states.input_signs.astype(np.int64),
        target=target,
        evaluations=states.evaluations,
    )


def exact_cumsum(values: Array) -> Array:
    """Cumulative sums that lose nothing to rounding until the last addition.

    Each value is split into a multiple of 2^-20, whose sums are exact in float64 below 2^33,
    and a remainder, whose sums are too small for their rounding to matter.
    """
    # Above 2^31 a float64 has no digit to lose that the result could show; so have -inf.
    small = np.abs(values) < 2.0**31
    split = np.where(small, values, 0.0)
    coarse = np.round(split * 2.0**20) / 2.0**20
    return np.cumsum(np.where(small, coarse, values)) + np.cumsum(split - coarse)


# ------------------------------------------------------------------ forward


@dataclass(frozen=True, eq=False)
class _Forward:
    """The forward pass: plain values where float64 holds them, logarithms always."""

    z: Array
    a: Array
    log10_z: Array
    log10_derivatives: Array
    derivative_signs: Array
    log10_inputs: Array
    input_signs: Array
    last: Scaled
    evaluations: int


def _forward(
    f: Activation, w: Sequence[float], b: Sequence[float], x: float, tick: Tick
) -> _Forward:
    """z_l and a_l for every layer: in plain floats where they hold it, else scaled."""
    tick = warning_as_before(tick)
    forth, back = part(tick, 0.0, 0.7), part(tick, 0.7, 0.3)
    function, tails = f.function, Tails(f)
    low, high = ORDINARY
    zs: list[float] = []
    outputs: list[float] = []
    scaled: dict[int, tuple[Scaled, Scaled]] = {}
    first = state = Scaled.of(x)
    a, plain = x, x == 0.0 or low <= abs(x) <= high
    with np.errstate(all="ignore"):
        for layer in watched(range(len(w)), _LAYERS_A_TICK, forth):
            w_l, b_l = w[layer], b[layer]
            if plain:
                z = w_l * a + b_l
                if low <= abs(z) <= high:
                    out = float(function(z))
                    if low <= abs(out) <= high:
                        zs.append(z)
                        outputs.append(out)
                        a = out
                        continue
                state = Scaled.of(a)
            scaled_z = state.times(w_l).plus(b_l)
            state = tails.function(scaled_z)
            scaled[layer] = scaled_z, state
            a = state.value
            plain = state.sign == 0 or low <= abs(a) <= high
            zs.append(scaled_z.value)
            outputs.append(a)
        z_array, a_array = np.array(zs), np.array(outputs)
        log10_z = np.log10(np.abs(z_array))
        log10_derivatives = f.log_abs_derivative(z_array) / LN10
        derivative_signs = np.sign(f.derivative(z_array))
        log10_outputs, signs = np.log10(np.abs(a_array)), np.sign(a_array)
    if scaled:
        layers = list(scaled)
        pairs = watched(scaled.values(), _LAYERS_A_TICK, back)
        _, log10_z[layers] = signs_and_log10([z for z, _ in scaled.values()])
        slopes = [tails.derivative(z) for z, _ in pairs]
        derivative_signs[layers], log10_derivatives[layers] = signs_and_log10(slopes)
        signs[layers], log10_outputs[layers] = signs_and_log10([a for _, a in scaled.values()])
    # Where f′ itself underflows but not its logarithm, the sign is that of the tail.
    lost = (derivative_signs == 0) & (log10_derivatives > -np.inf)
    derivative_signs[lost] = signs_of_tails(f.derivative, z_array[lost])
    return _Forward(
        z=z_array,
        a=a_array,
        log10_z=log10_z,
        log10_derivatives=log10_derivatives,
        derivative_signs=derivative_signs,
        log10_inputs=np.append(first.log10, log10_outputs[:-1]),
        input_signs=np.append(first.sign, signs[:-1]),
        last=Scaled.of(a) if plain else state,
        evaluations=tails.evaluations,
    )


# --------------------------------------------------------------- validation


def _lists(weights: ArrayLike, biases: ArrayLike) -> tuple[Array, Array]:
    """A weight and a bias for each layer."""
    w = _vector("weights", weights)
    if w.ndim == 0:
        raise InputError("weights", float(w), "a list of numbers, one a layer", "try [1.0, 1.0]")
    if not 1 <= w.size <= MAX_DEPTH:
        raise InputError(
            "weights",
            f"{w.size} of them",
            f"1 to {MAX_DEPTH:,} numbers, one a layer",
            "give one weight a layer",
        )
    b = _vector("biases", biases)
    if b.ndim == 1 and b.size != w.size:
        raise InputError(
            "biases",
            f"{b.size} of them",
            f"one number or as many as the {w.size} weights",
            "give one bias, or one a layer",
        )
    return w, np.broadcast_to(b, w.shape)


def _vector(field: str, values: ArrayLike) -> Array:
    """A float64 array of finite numbers with at most one dimension."""
    try:
        array = np.asarray(values)
    except ValueError:
        raise InputError(
            field, values, "a flat list of numbers", "give one number a layer"
        ) from None
    if array.dtype.kind not in "iuf" or array.ndim > 1:
        raise InputError(
            field,
            f"{array.ndim}-dimensional array of {array.dtype}",
            "a flat list of real numbers",
            "give one number a layer",
        )
    array = array.astype(np.float64)
    bad = np.flatnonzero(~np.isfinite(array))
    if bad.size:
        where = f"{field}[{bad[0]}]" if array.ndim else field
        raise InputError(where, float(array.flat[bad[0]]), "a finite number", "replace it")
    return array


def _scalar(field: str, value: float) -> float:
    """One finite real number."""
    array = _vector(field, value)
    if array.ndim:
        raise InputError(field, value, "one number", "give a single value")
    return float(array)
