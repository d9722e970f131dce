"""Why exactly nothing arrives: by the weights, by theory itself, or by chance."""

from __future__ import annotations

import math

import numpy as np

from gradtui.mathematics.activations.record import Activation
from gradtui.mathematics.elementwise import Array
from gradtui.models.network.networks import Expectation
from gradtui.wording import percent, plain

_RARE = 0.25
"""Units of which fewer let a gradient through are not dead by chance alone."""


def why_dead(expected: Expectation, units: int, stopped: int | None) -> str:
    """Where and why networks pass nothing on.

    Args:
        expected: what theory says of them.
        units: n.
        stopped: the first layer that was seen to pass nothing, if networks were run.
    """
    if expected.sigmas.sigma_w2 == 0.0:
        return "σw = 0: all weights are 0, so nothing goes back through any layer."
    path = expected.path
    passing = np.array([_passing(path.activation, float(q)) for q in path.q])
    few = np.flatnonzero((units * passing < 1.0) & (passing < _RARE))
    if few.size:
        return _foreseen(path.activation, float(path.q[few[0]]), int(few[0]) + 1, units)
    first = f", at the earliest of layer {stopped}," if stopped else ""
    share = percent(float(passing[(stopped or 1) - 1]))
    of_units = "the one unit" if units == 1 else f"all {units} units"
    return (
        f"Too narrow: by chance f′ = 0 for {of_units} of a layer{first} though each lets a "
        f"gradient through in {share} of the cases."
    )


def _foreseen(f: Activation, q: float, layer: int, units: int) -> str:
    """Theory itself has f′ = 0 for practically every unit from this layer on."""
    if q == 0.0:
        return f"In theory too the signal is 0 from layer {layer} on, and f′(0) = 0."
    spread = f"z has a spread of {plain(math.sqrt(q))} at layer {layer}"
    where = "near 0" if not f.log_abs_derivative(0.0) > -math.inf else "so far out"
    return (
        f"In theory {spread}, and {where} f′ is exactly 0: fewer than one of {units} "
        "units lets a gradient through."
    )


def _passing(f: Activation, q: float) -> float:
    """The probability that f′(√q z) is not 0."""
    if not math.isfinite(q):
        return 0.5 * sum(slope != 0.0 for slope in f.definition.slopes)
    z = np.linspace(-8.0, 8.0, 8002)  # an even number: 0, where many f′ are, is not among them
    weight = np.exp(-0.5 * z * z)
    passing = f.log_abs_derivative(math.sqrt(q) * z) > -math.inf
    return float(weight[passing].sum() / weight.sum())


def first_stop(layers: Array, gradients: Array, signals: Array) -> int | None:
    """The first layer that passes nothing on in any of some networks that are dead.

    Args:
        layers: those of which something is known, 0 the input.
        gradients: log10‖∂L/∂a_l‖ [networks, layers].
        signals: log10 of a_l there.
    """
    stops = []
    for gradient, signal in zip(gradients, signals, strict=True):
        if gradient[0] > -math.inf:
            continue
        silent = np.flatnonzero(signal == -math.inf)
        # Above a layer that gives 0 nothing passes either, but as a consequence.
        at = (
            silent[silent > 0][:1]
            if silent.size
            else np.flatnonzero(gradient == -math.inf)[-1:] + 1
        )
        stops += [int(layers[min(int(i), len(layers) - 1)]) for i in at]
    return min(stops) if stops else None
