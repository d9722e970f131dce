"""The verdict on a random network: what becomes of its gradient, and what inside it did it."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from gradtui.mathematics.activations import activation
from gradtui.models.finding import Finding, Kind
from gradtui.models.network.block_causes import cause_of, why_block_dead
from gradtui.models.network.blocks import block_of, leap_of, stream_begins
from gradtui.models.network.networks import expectation_of
from gradtui.models.network.verdict import named
from gradtui.views.facts import stopping
from gradtui.views.layers.judgement import signal_goes
from gradtui.views.layers.study import ComparedNetworks, NetworkLayers
from gradtui.wording import counted, factor, magnitude, percent, rate

_MOST = 0.5
"""In a flat layer more than this share of those values is flat that are not so by design."""

_NOTHING = 0.02
"""Decades, 5 %: what all layers together make of a gradient, and less, is not told from 1."""


def finding(result: ComparedNetworks, name: str) -> Finding | None:
    """The verdict on one network, once it was run."""
    network = result.network(name)
    return None if network is None else _diagnose(network)


def measures(result: ComparedNetworks, name: str) -> Mapping[str, float]:
    """What is left of the gradient, the rate a layer, and the sizes of both by layer's ends.

    The last two are log10 of the root mean square over batch and units of a_L, and of
    ∂L/∂a_0 beside that of ∂L/∂a_L.
    """
    network = result.network(name)
    if network is None:
        return {}
    widths = network.flow.widths
    return {
        "log10_left": network.log10_ratio,
        "log10_a_layer": network.log10_rate,
        "log10_signal": float(network.log10_signal[-1]),
        "log10_gradient": network.log10_ratio + 0.5 * math.log10(widths[-1] / widths[0]),
    }


def _diagnose(network: NetworkLayers) -> Finding:
    """What becomes of the gradient, with the evidence from inside."""
    evidence = (_flat_values(network), _dead(network), _signal(network))
    subject = network.subject
    return Finding(
        subject.name,
        network.kind,
        f"{named(subject)} {network.judgement.text}",
        _cause(network),
        " ".join(filter(None, evidence)),
        remedy=network.remedy,
    )


def _cause(network: NetworkLayers) -> str:
    """Whether f′ or the weights did it, or where all stops."""
    if network.log10_ratio == -math.inf:
        plain = block_of(network.subject).plain
        return _stopped(network) if plain else why_block_dead(network.subject)
    if network.kind is Kind.DEAD:
        return _stopped_inputs(network)
    if not block_of(network.subject).plain:
        return cause_of(network.subject, expectation_of(network.subject))
    weights, slopes = network.log10_rates
    by_weights, by_slopes = (_a_layer(one, network.flow.depth) for one in (weights, slopes))
    shares = f"a layer, the weights make {by_weights} and f′ {by_slopes}"
    if Kind.of(network.log10_ratio, network.log10_limit) is Kind.HEALTHY:
        return f"Of the gradient, {shares}."
    sign = 1.0 if network.kind is Kind.EXPLODING else -1.0
    if sign * weights > sign * slopes:
        return _by_weights(network, sign, shares)
    if network.kind is Kind.VANISHING and not network.flat.any():
        return f"f′ did it, though not one value is flat: {shares}."
    return f"f′ did it: {shares}."


def _a_layer(log10: float, depth: int) -> str:
    """What each layer makes; as ×1 what comes to no more over all of them."""
    return rate(0.0 if abs(log10 * depth) < _NOTHING else log10)


def _by_weights(network: NetworkLayers, sign: float, shares: str) -> str:
    """Whether it is their size, or that few units are far from the average that σw is."""
    (weights, _), size = network.log10_rates, network.log10_sigma_w
    if sign * (weights - size) <= sign * size:
        return f"The weights did it: {shares}."
    fewest = min(network.flow.widths[:-1])
    units = counted(fewest, "unit")
    which = (
        f"Layers of {units}" if fewest == max(network.flow.widths) else f"Widths down to {units}"
    )
    return f"{which} did it: {shares}. In wide layers such weights make {rate(size)}."


def _stopped(network: NetworkLayers) -> str:
    """Where the gradient becomes exactly zero."""
    if network.log10_sigma_w == -math.inf:
        return "The weights are 0."
    dead = np.flatnonzero(network.layers.dead == 1.0) + 1
    if dead.size:
        first = f"layer {dead[0]}" + (f", the first of {dead.size} such," if dead.size > 1 else "")
        stops = stopping(activation(network.subject.activation))
        return f"All units of {first} are dead: for every input {stops}."
    return f"{_stopped_inputs(network)} No layer is so for all of them."


def _stopped_inputs(network: NetworkLayers) -> str:
    """Where the gradients of single inputs become exactly zero: counted from above."""
    stops = -np.diff(network.flow.dead_rows)
    most = int(np.argmax(stops)) + 1
    width = network.flow.widths[most]
    few = f"{counted(width, 'unit')} {'is' if width == 1 else 'are'} few"
    return (
        f"For each of them all units of a layer have f′ = 0, for {stops[most - 1]} those of layer "
        f"{most}: {few}."
    )


def _flat_values(network: NetworkLayers) -> str:
    """How many of the values are flat, beyond what is so by design."""
    flat, design = network.flat, network.flat_by_design
    worst = int(np.argmax(flat))
    over = np.flatnonzero(flat > design + _MOST * (1.0 - design))
    values = "of the values are flat (|f′| under 1 % of its maximum)"
    most, depth = percent(float(flat[worst])), network.flow.depth
    if not over.size:
        if design > 0.01 or not flat[worst]:
            return ""  # half of a rectifier is off by design; what is dead is said apart
        return f"At most {most} {values}, in layer {worst + 1}."
    share = "more than half" if design < 0.01 else f"more than {percent((1.0 + design) / 2.0)}"
    if over.size == depth:
        return f"In every layer {share} {values}; {most} in layer {worst + 1}."
    if over.size == 1:
        return f"In layer {worst + 1} {most} {values}."
    return (
        f"Layer {over[0] + 1} is the first of {over.size} in which {share} {values}; "
        f"{most} in layer {worst + 1}."
    )


def _dead(network: NetworkLayers) -> str:
    """How many units pass nothing for any input, how many inputs get nothing."""
    dead, rows = network.layers.dead, int(network.flow.dead_rows[0])
    worst, parts = int(np.argmax(dead)), []
    if 0.0 < dead[worst] < 1.0:
        share = percent(float(dead[worst]))
        parts.append(f"Up to {share} of the units are dead, in layer {worst + 1}.")
    if rows and network.kind is not Kind.DEAD:
        parts.append(f"Of {network.flow.batch} inputs {rows} get exactly nothing.")
    return " ".join(parts)


def _signal(network: NetworkLayers) -> str:
    """What becomes of the signal on its way up."""
    first, last = float(network.log10_signal[1]), float(network.log10_signal[-1])
    if first == -math.inf:
        return "The signal is 0."
    if network.flow.depth == 1:
        return ""
    if block_of(network.subject).skips:
        begins = stream_begins(network.subject, network.log10_signal)
        start, end = magnitude(float(network.log10_signal[begins])), magnitude(last)
        after = " after the first block" * begins
        leap = leap_of(network.subject, network.log10_signal)
        made = f" The first block makes it {factor(leap)}." if leap else ""
        if start == end:
            return f"Forward, the stream stays at {start}{after}.{made}"
        return f"Forward, the stream goes from {start}{after} to {end}.{made}"
    start, end = magnitude(first), magnitude(last)
    if start == end:
        return f"Forward, |a| stays at {start}."
    change = last - first if last == -math.inf else signal_goes(network)
    becomes = f"the signal {'collapses' if change < 0 else 'explodes'}: " if change else ""
    return f"Forward, {becomes}|a| goes from {start} to {end}."
