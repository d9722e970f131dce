"""The gradient through a stack of Linear layers, by its very weights.

Glossary: L depth, l layer (1 … L), W_l and b_l as the file has them, f the activation, a_0 = x
the inputs, z_l = a_{l-1} W_lᵀ + b_l, a_l = f(z_l) for l < L and a_L = z_L: the last layer is
linear, for its f is part of most losses; g_l = ∂L/∂a_l, u = g_L.

    g_{L-1} = u W_L          g_{l-1} = (g_l ∘ f′(z_l)) W_l
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from gradtui.mathematics.elementwise import Array
from gradtui.mathematics.network.flow import gradient_flow
from gradtui.mathematics.network.on_demand import OnDemand
from gradtui.mathematics.weights.layout import Layout
from gradtui.models.judging import Judgement, judge
from gradtui.models.weights.stack import Layer, Stack
from gradtui.progress import Tick, unwatched


@dataclass(frozen=True)
class Asked:
    """With what a stack is run.

    Attributes:
        x: the standard deviation of the inputs.
        batch: how many there are.
        seed: of them, and of the direction of u.
        threshold: the ratio below which a gradient counts as vanished.
    """

    x: float
    batch: int
    seed: int
    threshold: float

    @property
    def log10_threshold(self) -> float:
        """log10 of it."""
        return math.log10(self.threshold)


@dataclass(frozen=True, eq=False)
class StackFlow:
    """What becomes of a gradient in a stack.

    Attributes:
        activation: f.
        stack: the layers.
        log10_gradient: log10(‖g_l‖ / ‖u‖), Frobenius norms over the batch [L + 1]; 0 is the input.
        log10_signal: log10‖a_l‖, likewise [L]; 0 is the inputs.
        log10_slopes: what the f′ of layer l make of it, log10(‖g_l ∘ f′‖ / ‖g_l‖) [L]; 0 of the
            last; nan where nothing arrives.
        log10_weights: what W_l makes of it [L]; nan likewise.
        saturated: the share of the units with |f′| below 1 % of its most [L - 1].
        dead: the share with f′ = 0 for every input [L - 1].
        judgement: what becomes of it.
    """

    activation: str
    stack: Stack
    log10_gradient: Array
    log10_signal: Array
    log10_slopes: Array
    log10_weights: Array
    saturated: Array
    dead: Array
    judgement: Judgement

    @property
    def log10_ratio(self) -> float:
        """Of the whole stack."""
        return float(self.log10_gradient[0])

    @property
    def steps(self) -> Array:
        """log10 of what each layer makes of it [L]; nan where nothing arrives."""
        with np.errstate(invalid="ignore"):
            made: Array = self.log10_gradient[:-1] - self.log10_gradient[1:]
        return made


def flow_through(
    stack: Stack,
    weights: Mapping[str, Array],
    activation: str,
    asked: Asked,
    scales: Array | None = None,
    *,
    biased: bool = True,
    tick: Tick = unwatched,
) -> StackFlow:
    """Run a random batch through a stack and back.

    Args:
        stack: two layers or more, of which all numbers are finite.
        weights: has their tensors; each is read when it is its turn, twice.
        activation: f.
        asked: the inputs.
        scales: what each layer's weights are multiplied by, if given [L].
        biased: whether the biases are the stack's own, and not 0.
        tick: told the share that is done.

    Raises:
        InputError: a batch too large for the memory.
    """
    last, below = stack.layers[-1], stack.layers[:-1]
    log10_scale = 0.0 if scales is None else math.log10(scales[-1])
    rng = np.random.default_rng(asked.seed)
    x = abs(asked.x) * rng.standard_normal((asked.batch, stack.widths[0]))
    u = rng.standard_normal((asked.batch, last.above))
    u /= float(np.linalg.norm(u))
    arrives, log10_last = _through(u, matrix_of(last, weights))

    def make(layer: int, tick: Tick) -> tuple[Array, Array]:
        one = below[layer]
        biases = weights[one.bias] if one.bias and biased else np.zeros(one.above)
        w = matrix_of(one, weights)
        return (w if scales is None else scales[layer] * w), biases

    flow = gradient_flow(
        activation,
        lazily := OnDemand(stack.widths[:-1], make),
        lazily.vectors,
        x,
        arrives,
        layers=True,
        tick=tick,
    )
    assert flow.layers is not None
    gradient = np.append(flow.log10_grad_hidden + log10_last + log10_scale, 0.0)
    with np.errstate(invalid="ignore"):
        slopes = np.append(flow.log10_grad_preactivations - flow.log10_grad_hidden[1:], 0.0)
        made = gradient[:-1] - gradient[1:] - slopes
    return StackFlow(
        activation,
        stack,
        gradient,
        flow.log10_hidden,
        slopes,
        made,
        flow.layers.saturated,
        flow.layers.dead,
        judge(gradient, asked.log10_threshold),
    )


def _through(u: Array, w: Array) -> tuple[Array, float]:
    """U W, and log10 of a power of two apart, so that no product leaves float64's range."""
    top = float(max(w.max(), -w.min()))
    if top == 0.0 or 1e-100 < top < 1e100:
        return u @ w, 0.0
    exponent = math.frexp(top)[1]
    return u @ np.ldexp(w, -exponent), exponent * math.log10(2.0)


def matrix_of(layer: Layer, weights: Mapping[str, Array]) -> Array:
    """W [n, m] of a layer."""
    w = weights[layer.weight]
    return np.ascontiguousarray(w.T) if layer.layout is Layout.IN_OUT else w
