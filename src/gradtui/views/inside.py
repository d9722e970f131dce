"""One random network seen from inside: what becomes of its gradient, what did it, what helps."""

from __future__ import annotations

import math
from collections.abc import Generator
from dataclasses import dataclass, replace

import numpy as np

from gradtui.errors import InputError
from gradtui.mathematics.activations import activation
from gradtui.mathematics.elementwise import Array
from gradtui.mathematics.network.flow import GradientFlow
from gradtui.mathematics.network.statistics import Histograms, LayerStatistics
from gradtui.views.network_verdicts import kind_of, remedy_steps
from gradtui.views.networks import (
    Ensemble,
    flow_steps,
    gradients,
    kept_layers,
    network_of,
    sigmas_of,
)
from gradtui.views.setup import Setup, log10_threshold
from gradtui.views.view import Finding, Kind, Remedy
from gradtui.views.wording import magnitude, percent, rate

BINS = 100
"""Of each layer's histogram: finer than a screen has cells for it."""
_MOST = 0.5
"""A layer counts as saturated where more than this share of its values is."""


@dataclass(frozen=True, eq=False)
class Inside:
    """One network, run forward and back.

    Attributes:
        subject: what it is called among those compared: its activation or its initialisation.
        activation, init: their text forms.
        flow: the norms, and what happens inside each layer.
        log10_sigma_w: log10 of σw, the factor that such weights make of a norm on the way back.
        log10_limit: log10 of the ratio below which a gradient counts as vanished.
        remedy: what was tried and found to help.
    """

    subject: str
    activation: str
    init: str
    flow: GradientFlow
    log10_sigma_w: float
    log10_limit: float
    remedy: Remedy | None = None

    @property
    def log10_ratio(self) -> float:
        """log10 of ‖∂L/∂x‖ / ‖∂L/∂a_L‖; -inf where the first is exactly zero."""
        return float(self.flow.log10_grad_hidden[0] - self.flow.log10_grad_hidden[-1])

    @property
    def log10_rate(self) -> float:
        """log10 of the factor that a layer costs on the way back, in the geometric mean."""
        return self.log10_ratio / self.flow.depth

    @property
    def log10_signal(self) -> Array:
        """log10 of the root mean square of a_l over batch and units [depth + 1]."""
        size = np.array(self.flow.widths, float) * self.flow.batch
        signal: Array = self.flow.log10_hidden - 0.5 * np.log10(size)
        return signal

    @property
    def kind(self) -> Kind:
        """What becomes of the gradient."""
        return kind_of(self.log10_ratio, self.log10_limit)

    @property
    def flat(self) -> str:
        """What a unit whose |f′| is under 1 % of its maximum is called with this activation."""
        return {"both sides": "saturated", "nowhere": "flat"}.get(
            activation(self.activation).saturates, "off"
        )

    @property
    def layers(self) -> LayerStatistics:
        """What happens inside each layer."""
        assert self.flow.layers is not None
        return self.flow.layers

    @property
    def histograms(self) -> Histograms:
        """Of the pre-activations."""
        assert self.layers.z_histograms is not None
        return self.layers.z_histograms


# ------------------------------------------------------------------ running


def look_inside(setup: Setup, subject: str, name: str, init: str) -> Generator[float, None, Inside]:
    """Draw the first network of decay's ensemble and run a batch; yields the share that is done.

    Raises:
        InputError: too deep a network, no such initialisation for this activation, or more memory
            than there is.
    """
    flow = yield from flow_steps(setup, name, init, 1, setup.batch, layers=True, bins=BINS)
    sigma_w2 = sigmas_of(setup, name, init).sigma_w2
    log10_sigma_w = 0.5 * math.log10(sigma_w2) if sigma_w2 else -math.inf
    return Inside(subject, name, init, flow, log10_sigma_w, log10_threshold(setup))


# ------------------------------------------------------------------ verdict


def diagnose(one: Inside) -> Finding:
    """What becomes of the gradient, with the evidence from inside."""
    causes = [_who(one), _flat_units(one), _dead_units(one), _forward(one)]
    return Finding(one.subject, one.kind, _sentence(one), " ".join(filter(None, causes)),
                   one.remedy)  # fmt: skip


def _sentence(one: Inside) -> str:
    """The verdict with its evidence and its threshold."""
    called = f"{one.activation} with {one.init}"
    if one.kind is Kind.DEAD:
        return f"{called} dead: exactly nothing of the loss's gradient arrives at the input."
    less = one.kind is Kind.VANISHING or (one.kind is Kind.HEALTHY and one.log10_ratio < 0)
    limit = one.log10_limit if less else -one.log10_limit
    return (
        f"{called} {one.kind}: {magnitude(one.log10_ratio)} of the loss's gradient arrives at the "
        f"input, {rate(one.log10_rate)} a layer; healthy is {'above' if less else 'below'} "
        f"{magnitude(limit)}."
    )


def _who(one: Inside) -> str:
    """Whether f′ or the weights did it."""
    if one.kind is Kind.DEAD:
        return _stopped(one)
    weights = one.log10_sigma_w
    slopes = one.log10_rate - weights
    shares = f"a layer, the weights make {rate(weights)} and f′ the rest, {rate(slopes)}"
    if one.kind is Kind.HEALTHY:
        return f"{shares[0].upper()}{shares[1:]}."
    sign = 1.0 if one.kind is Kind.EXPLODING else -1.0
    if sign * weights > sign * slopes:
        return f"The weights did it: {shares}."
    if one.kind is Kind.VANISHING and one.flat == "saturated":
        if (_saturated(one) > _MOST).any():
            return f"Saturation did it: {shares}."
        return f"f′ did it, without saturation: {shares}."
    return f"f′ did it: {shares}."


def _stopped(one: Inside) -> str:
    """Where the gradient becomes exactly zero."""
    if one.log10_sigma_w == -math.inf:
        return "The weights are 0."
    stop = int(np.flatnonzero(one.flow.log10_grad_hidden == -math.inf)[-1]) + 1
    if one.layers.dead[stop - 1] == 1.0:
        return f"All units of layer {stop} are dead: f′ = 0 for the whole batch."
    return f"The units of layer {stop} that the gradient reaches pass nothing on."


def _saturated(one: Inside) -> Array:
    """The share of flat values by layer; 0 where f′ has no bound that it could be small beside."""
    return np.nan_to_num(one.layers.saturated)


def _flat_units(one: Inside) -> str:
    """Where the values are at which f′ is under 1 % of its maximum."""
    saturated = _saturated(one)
    worst = int(np.argmax(saturated))
    over = np.flatnonzero(saturated > _MOST)
    most = percent(float(saturated[worst]))
    if one.flat == "off" or not saturated[worst]:
        return ""  # half of a rectifier is off by design; what is dead is said apart
    values = f"of the values are {one.flat} (|f′| under 1 % of its maximum)"
    if not over.size:
        return f"At most {most} {values}, in layer {worst + 1}."
    if over.size == one.flow.depth:
        return f"In every layer more than half {values}; {most} in layer {worst + 1}."
    return (
        f"Layer {over[0] + 1} is the first of {over.size} in which more than half {values}; "
        f"{most} in layer {worst + 1}."
    )


def _dead_units(one: Inside) -> str:
    """How many units pass nothing for any input of the batch."""
    dead = one.layers.dead
    worst = int(np.argmax(dead))
    if not dead[worst] or dead[worst] == 1.0:
        return ""
    return f"Up to {percent(float(dead[worst]))} of the units are dead, in layer {worst + 1}."


def _forward(one: Inside) -> str:
    """What becomes of the signal on its way up."""
    first, last = float(one.log10_signal[1]), float(one.log10_signal[-1])
    if first == -math.inf or one.flow.depth == 1:
        return "The signal is 0." if first == -math.inf else ""
    start, end = magnitude(first), magnitude(last)
    if start == end:
        return f"Forward, |a| stays at {start}."
    becomes = "" if abs(last - first) < -one.log10_limit else (
        "the signal collapses: " if last < first else "the signal explodes: "
    )  # fmt: skip
    return f"Forward, {becomes}|a| goes from {start} to {end}."


# ----------------------------------------------------------------- remedies


def heal(setup: Setup, one: Inside) -> Generator[float, None, Inside]:
    """The same network with the first change that was tried and found healthy, if any."""
    try:
        foreseen = network_of(setup, one.subject, one.activation, one.init)
    except InputError:
        return one  # there is no theory for it
    kept = kept_layers(setup.depth)
    measured = replace(foreseen, ensemble=Ensemble(kept, gradients(one.flow, kept)[None]))
    return replace(one, remedy=(yield from remedy_steps(setup, measured)))
