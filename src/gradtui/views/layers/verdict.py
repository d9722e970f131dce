"""The verdict on a random network: what becomes of its gradient, and what inside it did it."""

from __future__ import annotations

import math

import numpy as np

from gradtui.mathematics.elementwise import Array
from gradtui.models.finding import Finding, Kind
from gradtui.views.layers.study import ComparedNetworks, NetworkLayers
from gradtui.wording import magnitude, percent, rate

_MOST = 0.5
"""A layer counts as saturated where more than this share of its values is."""


def finding(result: ComparedNetworks, name: str) -> Finding | None:
    """The verdict on one network, once it was run."""
    network = result.network(name)
    return None if network is None else _diagnose(network)


def _diagnose(network: NetworkLayers) -> Finding:
    """What becomes of the gradient, with the evidence from inside."""
    causes = (_culprit(network), _flat_units(network), _dead_units(network), _forward(network))
    cause = " ".join(filter(None, causes))
    return Finding(
        network.subject.name, network.kind, _sentence(network), cause, remedy=network.remedy
    )


def _sentence(network: NetworkLayers) -> str:
    """The verdict with its evidence and its threshold."""
    kind, ratio = network.kind, network.log10_ratio
    called = f"{network.subject.activation} with {network.subject.init}"
    if kind is Kind.DEAD:
        return f"{called} dead: exactly nothing of the loss's gradient arrives at the input."
    return (
        f"{called} {kind}: {magnitude(ratio)} of the loss's gradient arrives at the input, "
        f"{rate(network.log10_rate)} a layer; "
        f"healthy is {kind.healthy_is(ratio, network.log10_limit)}."
    )


def _culprit(network: NetworkLayers) -> str:
    """Whether f′ or the weights did it."""
    kind = network.kind
    if kind is Kind.DEAD:
        return _stopped(network)
    weights = network.log10_sigma_w
    slopes = network.log10_rate - weights
    shares = f"a layer, the weights make {rate(weights)} and f′ the rest, {rate(slopes)}"
    if kind is Kind.HEALTHY:
        return f"{shares[0].upper()}{shares[1:]}."
    sign = 1.0 if kind is Kind.EXPLODING else -1.0
    if sign * weights > sign * slopes:
        return f"The weights did it: {shares}."
    if kind is Kind.VANISHING and network.flat == "saturated":
        if (_saturated(network) > _MOST).any():
            return f"Saturation did it: {shares}."
        return f"f′ did it, without saturation: {shares}."
    return f"f′ did it: {shares}."


def _stopped(network: NetworkLayers) -> str:
    """Where the gradient becomes exactly zero."""
    if network.log10_sigma_w == -math.inf:
        return "The weights are 0."
    stop = int(np.flatnonzero(network.flow.log10_grad_hidden == -math.inf)[-1]) + 1
    if network.layers.dead[stop - 1] == 1.0:
        return f"All units of layer {stop} are dead: f′ = 0 for the whole batch."
    return f"The units of layer {stop} that the gradient reaches pass nothing on."


def _saturated(network: NetworkLayers) -> Array:
    """The share of flat values by layer; 0 where f′ has no bound that it could be small beside."""
    return np.nan_to_num(network.layers.saturated)


def _flat_units(network: NetworkLayers) -> str:
    """Where the values are at which f′ is under 1 % of its maximum."""
    saturated = _saturated(network)
    worst = int(np.argmax(saturated))
    over = np.flatnonzero(saturated > _MOST)
    most = percent(float(saturated[worst]))
    if network.flat == "off" or not saturated[worst]:
        return ""  # half of a rectifier is off by design; what is dead is said apart
    values = f"of the values are {network.flat} (|f′| under 1 % of its maximum)"
    if not over.size:
        return f"At most {most} {values}, in layer {worst + 1}."
    if over.size == network.flow.depth:
        return f"In every layer more than half {values}; {most} in layer {worst + 1}."
    return (
        f"Layer {over[0] + 1} is the first of {over.size} in which more than half {values}; "
        f"{most} in layer {worst + 1}."
    )


def _dead_units(network: NetworkLayers) -> str:
    """How many units pass nothing for any input of the batch."""
    dead = network.layers.dead
    worst = int(np.argmax(dead))
    if not dead[worst] or dead[worst] == 1.0:
        return ""
    return f"Up to {percent(float(dead[worst]))} of the units are dead, in layer {worst + 1}."


def _forward(network: NetworkLayers) -> str:
    """What becomes of the signal on its way up."""
    first, last = float(network.log10_signal[1]), float(network.log10_signal[-1])
    if first == -math.inf:
        return "The signal is 0."
    if network.flow.depth == 1:
        return ""
    start, end = magnitude(first), magnitude(last)
    if start == end:
        return f"Forward, |a| stays at {start}."
    becomes = ""
    if abs(last - first) >= -network.log10_limit:
        becomes = f"the signal {'collapses' if last < first else 'explodes'}: "
    return f"Forward, {becomes}|a| goes from {start} to {end}."
