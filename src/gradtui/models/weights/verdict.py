"""The verdict on a stack: what its very weights make of a gradient, where, and what would help."""

from __future__ import annotations

import math
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from gradtui.errors import printable
from gradtui.mathematics.activations import activation
from gradtui.mathematics.elementwise import Array
from gradtui.mathematics.initialisation.record import MAX_WIDTH
from gradtui.mathematics.wide.advice import advise
from gradtui.models.finding import Finding, Kind
from gradtui.models.judging import Judgement
from gradtui.models.weights.flow import Asked, StackFlow, flow_through
from gradtui.models.weights.stack import Stack
from gradtui.models.wording import a_layer, gradient_of
from gradtui.progress import Tick, part
from gradtui.setup import KNOBS, Setup
from gradtui.wording import counted, factor, percent, plain

_MOST = 0.5
"""A layer that makes more than this share of the whole, in decades, is said to make it …"""
_MUCH = 1.0
"""… if that is a factor of ten or more; …"""
_FEW = 3
"""… and among fewer layers none is."""
_MANY = 0.2
"""Such a share of units that are saturated, or have f′ = 0, is worth a sentence."""
_WIDTHS_SHOWN = 6
_LONGEST_LIST = 12
"""Widths in a command that is there to be copied."""


@dataclass(frozen=True)
class Verdict:
    """On a stack with one activation.

    Attributes:
        finding: what becomes of its gradient, why, and what that rests on.
        next: what to do; "" where it is healthy.
    """

    finding: Finding
    next: str


def verdict_on(
    flow: StackFlow,
    weights: Mapping[str, Array],
    sigmas: Sequence[float],
    asked: Asked,
    tick: Tick,
) -> Verdict:
    """The verdict on a stack with one activation.

    Args:
        flow: through it.
        weights: has its tensors, with which others are tried.
        sigmas: σw of each layer.
        asked: with what it was run.
        tick: told the share that is done.
    """
    judged = flow.judgement
    evidence = (
        f"Exact, through these weights, by {counted(asked.batch, 'random input')} of scale "
        f"{plain(asked.x)}, seed {asked.seed}; {taken_for(flow.stack)}."
    )
    causes = _factors(flow), _one_layer(flow), _death(flow), _flat(flow)
    finding = Finding(
        flow.activation,
        judged.kind,
        _sentence(flow, judged),
        " ".join(filter(None, causes)),
        evidence,
    )
    healthy = judged.kind is Kind.HEALTHY
    return Verdict(finding, "" if healthy else _what_next(flow, weights, sigmas, asked, tick))


def taken_for(stack: Stack) -> str:
    """For what the tensors were taken, and by what their order is known."""
    order = {
        "file": "in the order of the file",
        "numbers": "in the order of the numbers in their names",
        "widths": "in the one order that their widths allow",
    }[stack.ordered_by]
    return (
        f"taken for a plain stack of {stack.depth:,} Linear layers, {widths_text(stack)}, {order}, "
        "the last without activation; a skip would not show in the file"
    )


def widths_text(stack: Stack) -> str:
    """The widths, of a long list its ends: 784 → 512 → 10, 64 → … → 64."""
    widths = stack.widths
    if len(widths) > _WIDTHS_SHOWN:
        return f"{widths[0]} → {widths[1]} → … → {widths[-2]} → {widths[-1]}"
    return " → ".join(map(str, widths))


def without_activation(flow: StackFlow) -> str:
    """What is said of a stack of which no activation was given, by its linear flow."""
    ratio, depth = flow.log10_ratio, flow.stack.depth
    alone = (
        "nothing of a gradient"
        if ratio == -math.inf
        else f"{factor(ratio)} of a gradient, {a_layer(ratio, depth)} a layer"
    )
    return (
        f"A plain stack of {depth:,} Linear layers by its widths, {widths_text(flow.stack)}. What "
        "becomes of its gradient depends on the activation between them: give one, such as "
        f"--activation relu. The weights alone, without any f′, leave {alone}."
    )


def _sentence(flow: StackFlow, judged: Judgement) -> str:
    depth = flow.stack.depth

    def said(one: Judgement) -> str:
        there, digits = one.log10_there, one.digits
        return gradient_of("a", there, layer=one.at, last=depth, digits=digits)

    begin = f"{flow.activation} {judged.kind}"
    if judged.kind is Kind.DEAD:
        return f"{begin}: {said(judged)}."
    healthy = f"healthy is {judged.kind.healthy_is(judged.log10_there, judged.log10_limit)}"
    if judged.at:
        return f"{begin} in the middle: {said(judged)}, and yet {said(judged.ends)}; {healthy}."
    each = f"{a_layer(judged.log10_ratio, depth)} a layer over {counted(depth, 'layer')}"
    return f"{begin}: {said(judged)}, {each}; {healthy}."


# ------------------------------------------------------------- cause


def _factors(flow: StackFlow) -> str:
    """What f′ and the weights made of it."""
    slopes, made = flow.log10_slopes, flow.log10_weights
    if not (np.isfinite(slopes).all() and np.isfinite(made).all()):
        return ""
    return f"The f′ made {factor(float(slopes.sum()))} of it, the weights {factor(made.sum())}."


def _one_layer(flow: StackFlow) -> str:
    """The layer that takes more of the gradient than all others together."""
    steps, judged = flow.steps, flow.judgement
    if (
        judged.kind in (Kind.HEALTHY, Kind.DEAD)
        or len(steps) < _FEW
        or not np.isfinite(steps).all()
    ):
        return ""
    kept = steps[judged.at :]
    whole = judged.log10_there
    at = judged.at + int(np.argmax(kept * math.copysign(1.0, whole)))
    most = float(steps[at])
    if not abs(most) > max(_MOST * abs(whole), _MUCH):
        return ""
    name = printable(flow.stack.layers[at].weight)
    slope, made = float(flow.log10_slopes[at]), float(flow.log10_weights[at])
    if at == len(steps) - 1:
        return f"Layer {at + 1}, {name}, alone made {factor(most)} of it."
    return (
        f"Layer {at + 1}, {name}, alone made {factor(most)} of it: its f′ {factor(slope)}, its "
        f"weights {factor(made)}."
    )


def _death(flow: StackFlow) -> str:
    """At which layer nothing is left, and why."""
    if flow.judgement.kind is not Kind.DEAD:
        return ""
    # Above a layer that gives 0 nothing may pass either, but as a consequence.
    silent = np.flatnonzero((flow.log10_signal[1:] == -math.inf) & (flow.dead == 1.0))
    stopped = np.flatnonzero(flow.log10_gradient == -math.inf)
    at = int(silent[0] if silent.size else stopped[-1])
    name = printable(flow.stack.layers[at].weight)
    if at < len(flow.dead) and flow.dead[at] == 1.0:
        return f"f′ = 0 for every unit of layer {at + 1}, {name}, and every input."
    if at < len(flow.dead) and flow.log10_slopes[at] == -math.inf:
        return f"f′ = 0 wherever a gradient arrives in layer {at + 1}, {name}."
    return f"The weights of layer {at + 1}, {name}, let nothing through."


def _flat(flow: StackFlow) -> str:
    """The layer in which most units are flat, where many are."""
    judged = flow.judgement
    if judged.kind in (Kind.HEALTHY, Kind.DEAD):
        return ""
    dead, saturated = (np.nan_to_num(share) for share in (flow.dead, flow.saturated))
    at = int(np.argmax(dead))
    if dead[at] >= _MANY:
        name = printable(flow.stack.layers[at].weight)
        share = percent(float(dead[at]))
        return f"{share} of the units of layer {at + 1}, {name}, have f′ = 0 for every input."
    at = int(np.argmax(saturated))
    saturates = activation(flow.activation).saturates == "both sides"
    if saturates and saturated[at] >= _MANY and judged.kind is Kind.VANISHING:
        name = printable(flow.stack.layers[at].weight)
        share = percent(float(saturated[at]))
        return f"In layer {at + 1}, {name}, |f′| is below 1 % of its most in {share} of the cases."
    return ""


# ------------------------------------------------------------- what next


def _what_next(
    flow: StackFlow,
    weights: Mapping[str, Array],
    sigmas: Sequence[float],
    asked: Asked,
    tick: Tick,
) -> str:
    """Other biases and weights of another scale, tried, and how to draw weights."""
    stack, f = flow.stack, flow.activation
    command = f"gradtui init {shlex.quote(f)}{_units(stack)}{_inputs(asked)}"
    biased, told = True, ""

    def left(tried: StackFlow) -> str:
        return gradient_of("a", tried.log10_ratio, layer=0, last=stack.depth)

    if flow.judgement.kind is Kind.DEAD and any(layer.bias for layer in stack.layers[:-1]):
        tried = flow_through(stack, weights, f, asked, biased=False, tick=part(tick, 0.0, 0.3))
        if tried.judgement.kind is not Kind.DEAD:
            biased, told = False, f"Biases stop it: with all of them 0, {left(tried)}. "
        if tried.judgement.kind is Kind.HEALTHY:
            return told.strip()
    advice = advise(f, stack.depth, asked.threshold, x=asked.x, tick=part(tick, 0.3, 0.2))
    if advice.possible and min(sigmas) > 0.0:
        scales = advice.sigma_w / np.array(sigmas)
        rest = part(tick, 0.5, 0.5)
        tried = flow_through(stack, weights, f, asked, scales, biased=biased, tick=rest)
        if tried.judgement.kind is Kind.HEALTHY:
            so = "" if biased else ", too"
            return (
                f"{told}Try weights of σw {plain(advice.sigma_w)} in every layer: with these "
                f"scaled to it{so}, {left(tried)}. {command} tells how to draw them."
            )
    return f"{told}{command} tells which weights keep it."


def _inputs(asked: Asked) -> str:
    """What was asked for as options, where it is not what is asked for anyway."""
    return "".join(
        f" {KNOBS[name].flag} {KNOBS[name].format(value)}"
        for name, value in (("x", asked.x), ("threshold", asked.threshold))
        if value != KNOBS[name].of(Setup())
    )


def _units(stack: Stack) -> str:
    """Depth and widths as options, where these are short and allowed."""
    widths = stack.widths
    if max(widths) > MAX_WIDTH:
        return f" --depth {stack.depth}"
    if all(one == other for one, other in pairwise(widths)):
        return f" --depth {stack.depth} --units {widths[0]}"
    if len(widths) > _LONGEST_LIST:
        return f" --depth {stack.depth}"
    return f" --units {','.join(map(str, widths))}"
