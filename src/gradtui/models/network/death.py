"""Why exactly nothing arrives: by the weights, by theory itself, or by chance."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from gradtui.mathematics.activations.record import Activation
from gradtui.mathematics.elementwise import Array
from gradtui.models.network.networks import Expectation
from gradtui.wording import percent, plain

_RARE = 0.25
"""Units of which fewer let a gradient through are not dead by chance alone."""


_LEAST = 1e-6
"""What is less probable is no chance."""


def why_dead(expected: Expectation, widths: Sequence[int], stopped: int | None) -> str:
    """Where and why networks pass nothing on.

    Args:
        expected: what theory says of them.
        widths: n_0 … n_L.
        stopped: the first layer that was seen to pass nothing, if networks were run.
    """
    if expected.sigmas.sigma_w2 == 0.0:
        return "σw = 0: all weights are 0, so nothing goes back through any layer."
    path = expected.path
    passing = np.array([passing_share(path.activation, float(q)) for q in path.q])
    units = np.array(widths[1:])
    few = np.flatnonzero((units * passing < 1.0) & (passing < _RARE))
    if few.size:
        layer = int(few[0]) + 1
        return _foreseen(path.activation, float(path.q[layer - 1]), layer, widths[layer])
    chances = (1.0 - passing) ** units
    at = stopped or int(np.argmax(chances)) + 1
    if chances[at - 1] < _LEAST:
        return _collapsed(path.activation, stopped)
    first = f", at the earliest of layer {stopped}," if stopped else ""
    share = percent(float(passing[at - 1]))
    of_units = "the one unit" if widths[at] == 1 else f"all {widths[at]} units"
    return (
        f"Too narrow: by chance f′ = 0 for {of_units} of a layer{first} though each lets a "
        f"gradient through in {share} of the cases."
    )


def _collapsed(f: Activation, stopped: int | None) -> str:
    """What theory does not foresee: the signal of a network has left what lets gradients through.

    Near 0 or at both ends, wherever f′ is 0: so the units of a layer do not fail one by one.
    """
    first = f", at the earliest at layer {stopped}" if stopped else ""
    if f.log_abs_derivative(0.0) > -math.inf:
        return f"In some networks all of the signal goes to where f′ = 0{first}."
    z = np.geomspace(1e-6, 1e6, 4001)
    passing = np.maximum(f.log_abs_derivative(z), f.log_abs_derivative(-z)) > -math.inf
    inside = f" |z| < {plain(float(z[passing][0]), 2)}" if passing.any() else ""
    return (
        f"In some networks the signal collapses layer by layer into the dead zone{inside}, where "
        f"f′ = 0 for every unit{first}."
    )


def _foreseen(f: Activation, q: float, layer: int, units: int) -> str:
    """Theory itself has f′ = 0 for practically every unit from this layer on."""
    if q == 0.0:
        return f"Every z is 0: the signal is 0 from layer {layer} on, and f′(0) = 0."
    spread = f"z has a spread of {plain(math.sqrt(q))} at layer {layer}"
    where = "near 0" if not f.log_abs_derivative(0.0) > -math.inf else "so far out"
    return (
        f"In theory {spread}, and {where} f′ is exactly 0: fewer than one of {units} "
        "units lets a gradient through."
    )


def passing_share(f: Activation, q: float) -> float:
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
