"""What becomes of a network's gradient: judged end to end, per input, layer by layer, and forward.

The first of these that is not healthy is the verdict.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from gradtui.models.finding import Kind, digits_beside
from gradtui.models.judging import signal_trend
from gradtui.models.network.blocks import block_of, stream_begins, stream_of, with_stream
from gradtui.models.wording import gradient_of
from gradtui.wording import digits_apart, factor, magnitude, percent, rate, share_of

if TYPE_CHECKING:
    from gradtui.views.layers.study import NetworkLayers

_MOST_INPUTS = 0.5
"""The gradients of more than this share of the inputs must not be exactly 0."""
_GOES_ON = 0.25
"""A change goes on if this share of it is in the last half of the layers, where √l has less."""
_FLAT = 0.25
"""So large a share of the values may be flat, of those that are not so by design."""
_HALF_BY_DESIGN = 0.45
"""Where so many of z ~ N(0, 1) are flat, as half of a rectifier's, it is no sign of anything."""


class Judgement(NamedTuple):
    """What becomes of the gradient, and the words for it."""

    kind: Kind
    text: str


def judge(network: NetworkLayers) -> Judgement:
    """The first thing that is not healthy, or that all is."""
    checks = (_inputs, _end_to_end, _on_the_way, _forward, _flat)
    return next(filter(None, (check(network) for check in checks)), _healthy(network))


def many_flat(network: NetworkLayers) -> float:
    """Above which share flat values are a sign of trouble."""
    design = network.flat_by_design
    return 1.0 if design >= _HALF_BY_DESIGN else design + _FLAT * (1.0 - design)


def signal_goes(network: NetworkLayers) -> float:
    """By how many decades |a| changes from the first layer to the last, if it is much and goes on.

    A signal at a critical point decays as a power of the layer, slower and slower: that is none.
    """
    signal = network.log10_signal[1:]
    change, middle = signal_trend(signal), float(signal[(len(signal) - 1) // 2])
    goes_on = abs(float(signal[-1]) - middle) >= _GOES_ON * abs(change)
    return change if goes_on else 0.0


def arrives(network: NetworkLayers) -> str:
    """How much of the gradient comes through."""
    ratio = network.log10_ratio
    digits = digits_beside(ratio, network.log10_limit)
    return gradient_of("a", ratio, layer=0, last=network.flow.depth, digits=digits)


def _healthy(network: NetworkLayers) -> Judgement:
    kind = Kind.HEALTHY
    return Judgement(
        kind,
        f"healthy: {arrives(network)}, {rate(network.log10_rate)} a {network.subject.layer}; "
        f"healthy is {kind.healthy_is(network.log10_ratio, network.log10_limit)}.",
    )


def _end_to_end(network: NetworkLayers) -> Judgement | None:
    """What arrives at the input."""
    ratio, limit = network.log10_ratio, network.log10_limit
    kind = Kind.of(ratio, limit)
    if kind is Kind.HEALTHY:
        return None
    if kind is Kind.DEAD:
        return Judgement(kind, f"dead: {arrives(network)}.")
    return Judgement(
        kind,
        f"{kind}: {arrives(network)}, {rate(network.log10_rate)} a {network.subject.layer}; "
        f"healthy is {kind.healthy_is(ratio, limit)}.",
    )


def _inputs(network: NetworkLayers) -> Judgement | None:
    """Whether the gradients of most inputs are exactly zero, whatever the others have."""
    dead, batch = int(network.flow.dead_rows[0]), network.flow.batch
    if not _MOST_INPUTS * batch < dead < batch:
        return None
    alive = share_of(network.log10_ratio, "the loss's")
    return Judgement(
        Kind.DEAD,
        f"dead for {dead} of {batch} inputs: {share_of(-np.inf, 'their gradient')} arrives; that "
        f"of {batch - dead} makes it {alive}.",
    )


def _on_the_way(network: NetworkLayers) -> Judgement | None:
    """Whether a layer gets too little or too much, although the ends agree."""
    log10 = network.flow.log10_grad_hidden - network.flow.log10_grad_hidden[-1]
    for at in (int(np.argmin(log10)), int(np.argmax(log10))):
        here, limit = float(log10[at]), network.log10_limit
        kind = Kind.of(here, limit)
        if kind is not Kind.HEALTHY:
            healthy = kind.healthy_is(here, limit)
            gets = share_of(here, "the loss's gradient", digits_beside(here, limit))
            return Judgement(
                kind,
                f"{kind} on the way: layer {at} gets {gets}, though {arrives(network)}; "
                f"healthy is {healthy} in every layer.",
            )
    return None


def _forward(network: NetworkLayers) -> Judgement | None:
    """Whether the signal collapses or explodes, although the gradient does not yet."""
    if block_of(network.subject).skips:
        return _stream(network)
    change = signal_goes(network)
    if not change:
        return None
    signal = network.log10_signal[1:]
    kind = Kind.VANISHING if change < 0.0 else Kind.EXPLODING
    return Judgement(
        kind,
        f"{kind} forward: |a| goes from {magnitude(float(signal[0]))} to "
        f"{magnitude(float(signal[-1]))} and on, {rate(change / (len(signal) - 1))} a layer, "
        f"though {arrives(network)}; healthy is a signal that stays within a factor of 10.",
    )


def _stream(network: NetworkLayers) -> Judgement | None:
    """Whether the stream grows by more than a gradient may."""
    stream, limit = stream_of(network.subject, network.log10_signal), network.log10_limit
    kind = with_stream(Kind.HEALTHY, stream, limit)
    if kind is Kind.HEALTHY:
        return None
    grows = factor(stream, digits_beside(stream, limit))
    begins = stream_begins(network.subject, network.log10_signal)
    each = rate(stream / (network.flow.depth - begins))
    after = " after the first block" * begins
    return Judgement(
        kind,
        f"{kind} forward: the stream grows {grows}{after}, {each} a block, "
        f"though {arrives(network)}; healthy is {kind.healthy_is(stream, limit)}.",
    )


def _flat(network: NetworkLayers) -> Judgement | None:
    """Whether a large part of the values lets next to nothing through."""
    if block_of(network.subject).skips:
        return None  # the gradient goes around them
    flat, limit = network.flat, many_flat(network)
    worst = int(np.argmax(flat))
    if flat[worst] <= limit:
        return None
    share = float(flat[worst])
    digits = digits_apart(math.log10(share), math.log10(limit))
    return Judgement(
        Kind.VANISHING,
        f"vanishing in part: {percent(share, digits)} of the values of layer {worst + 1} are "
        f"flat (|f′| under 1 % of its maximum) and pass next to nothing, though {arrives(network)}"
        f"; healthy is at most {percent(limit, digits)}.",
    )
