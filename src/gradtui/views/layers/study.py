"""What the layers view knows: random networks, run forward and back, and what helps them."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from gradtui.errors import InputError
from gradtui.mathematics.activations import activation
from gradtui.mathematics.elementwise import Array
from gradtui.mathematics.limits import MAX_NETWORK_DEPTH
from gradtui.mathematics.network.flow import GradientFlow
from gradtui.mathematics.network.statistics import SATURATED, Histograms, LayerStatistics
from gradtui.mathematics.wide.advice import advise
from gradtui.models import LAYERED, MODELS
from gradtui.models.finding import Kind, Remedy
from gradtui.models.inputs import usual_inputs
from gradtui.models.network.block_remedies import blocks_to_try
from gradtui.models.network.blocks import block_of
from gradtui.models.network.cost import seconds_of, too_many_inputs, too_wide
from gradtui.models.network.networks import log10_ratio, refuse_memory
from gradtui.models.network.upwards import upwards
from gradtui.models.subject import Changes, Subject, first_that_helps
from gradtui.progress import Tick, halves, part
from gradtui.setup import Setup
from gradtui.views.layers.judgement import Judgement, arrives, judge, many_flat, signal_goes
from gradtui.wording import TRYING, foretold, magnitude, percent

BINS = 100
"""Of each layer's histogram: finer than a screen has cells for it."""
_RUNNING = 0.5
"""The share of the work that running the networks is; the rest is for the remedies."""


_NUMBER = 2.5e-7
"""Seconds that a value of a layer takes to be run forward and back, and looked at."""
_TRYING = 2.0
"""Seconds that trying one change may take."""
_FOLLOWED = 300
"""The advice for a deeper network is that of its first layers, the last of them repeated."""
_WIDEST = 1024
"""No wider networks are tried: it would take too long."""


@dataclass(frozen=True, eq=False)
class NetworkLayers:
    """One network, run forward and back.

    Attributes:
        subject: its activation and its initialisation.
        flow: the norms, and what happens inside each layer.
        log10_sigma_w: log10 of σw, the factor that such weights make of a norm on the way back in
            wide layers; where layers differ, in the geometric mean.
        sigma_w: σw in words.
        remedy: what was tried and found to help.
    """

    subject: Subject
    flow: GradientFlow
    log10_sigma_w: float
    sigma_w: str
    remedy: Remedy | None = None

    @property
    def log10_limit(self) -> float:
        """log10 of the ratio below which a gradient counts as vanished."""
        return self.subject.setup.log10_threshold

    @property
    def log10_ratio(self) -> float:
        """log10 of ‖∂L/∂x‖ / ‖∂L/∂a_L‖; -inf where the first is exactly zero."""
        return log10_ratio(self.flow)

    @property
    def log10_rate(self) -> float:
        """log10 of the factor that a layer costs on the way back, in the geometric mean."""
        return self.log10_ratio / self.flow.depth

    @property
    def log10_rates(self) -> tuple[float, float]:
        """That of the weights drawn and that of f′, which together are the rate above.

        Each is told by the norms of ∂L/∂z and ∂L/∂a on its two sides. Only where all is 0 on one,
        at a rate of -inf, they are not to be asked for.
        """
        above, between = self.flow.log10_grad_hidden, self.flow.log10_grad_preactivations
        return float(np.mean(above[:-1] - between)), float(np.mean(between - above[1:]))

    @property
    def log10_signal(self) -> Array:
        """log10 of the root mean square of a_l over batch and units [depth + 1]."""
        size = np.array(self.flow.widths, float) * self.flow.batch
        signal: Array = self.flow.log10_hidden - 0.5 * np.log10(size)
        return signal

    @cached_property
    def judgement(self) -> Judgement:
        """What becomes of the gradient, in words too."""
        return judge(self)

    @property
    def kind(self) -> Kind:
        """What becomes of the gradient."""
        return self.judgement.kind

    @property
    def flat(self) -> Array:
        """The share of flat values by layer, those with |f′| under 1 % of its maximum [depth].

        0 where f′ has no bound that it could be small beside.
        """
        return np.nan_to_num(self.layers.saturated)

    @cached_property
    def flat_by_design(self) -> float:
        """That share for z ~ N(0, 1): a half of a rectifier's values, next to none of a tanh's."""
        f = activation(self.subject.activation)
        if not math.isfinite(f.max_abs_derivative):
            return 0.0
        z = np.linspace(-8.0, 8.0, 4000)
        weight = np.exp(-0.5 * z * z)
        flat = np.abs(f.derivative(z)) < SATURATED * f.max_abs_derivative
        return float(weight[flat].sum() / weight.sum())

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


@dataclass(frozen=True, eq=False)
class ComparedNetworks:
    """What is compared, and the networks of it that were run so far.

    Attributes:
        subjects: what is compared, in order.
        networks: those that were run, the one that was focused at first before the others.
    """

    subjects: tuple[Subject, ...]
    networks: tuple[NetworkLayers, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """What the subjects are called, in order."""
        return tuple(subject.name for subject in self.subjects)

    def network(self, name: str) -> NetworkLayers | None:
        """That of the subject with this name, once it was run."""
        for network in self.networks:
            if network.subject.name == name:
                return network
        return None


def run(setup: Setup, tick: Tick) -> Iterator[ComparedNetworks]:
    """The focused network as soon as it is run, the others, then what was found to help each.

    Raises:
        InputError: too deep a network, no such initialisation for this activation, or more memory
            than there is.
    """
    result = ComparedNetworks(MODELS[setup.model].subjects(setup))
    for subject in result.subjects:
        refuse_memory(subject, setup.network.batch)
    focused = setup.focus_of(result.names)
    share = _RUNNING / len(result.subjects)
    first = sorted(result.subjects, key=lambda subject: subject.name != focused)
    for index, subject in enumerate(first):
        network = _run_network(subject, part(tick, index * share, share))
        result = replace(result, networks=(*result.networks, network))
        yield result
    share = (1.0 - _RUNNING) / len(result.subjects)
    for index, network in enumerate(result.networks):
        remedy = _remedy(network, part(tick, _RUNNING + index * share, share))
        if remedy is not None:
            helped = replace(network, remedy=remedy)
            networks = tuple(helped if old is network else old for old in result.networks)
            result = replace(result, networks=networks)
            yield result


def foretold_of(setup: Setup) -> str:
    """What to say before a network is drawn that takes long."""
    subjects = MODELS[setup.model].subjects(setup)
    if setup.depth > MAX_NETWORK_DEPTH or any(
        too_wide(one) or too_many_inputs(one) for one in subjects
    ):
        return ""  # that is refused
    what = f"drawing {'a network' if len(subjects) == 1 else f'{len(subjects)} networks'}"
    return foretold(what, sum(map(_seconds_of, subjects)))


def foretold_next(result: ComparedNetworks) -> str:
    """That looking for what helps takes long, once every network was run."""
    if len(result.networks) < len(result.subjects):
        return ""
    ill = [one.subject for one in result.networks if one.kind is not Kind.HEALTHY]
    return foretold(TRYING, sum(MODELS[one.setup.model].trying(one) for one in ill))


def _run_network(subject: Subject, tick: Tick) -> NetworkLayers:
    """Draw the first network of decay's ensemble and run a batch."""
    layered, batch = LAYERED[subject.setup.model], subject.setup.network.batch
    flow = layered.flow(subject, 1, batch, layers=True, bins=BINS, tick=tick)
    sigma_w2 = layered.sigmas(subject).typical.sigma_w2
    log10_sigma_w = 0.5 * math.log10(sigma_w2) if sigma_w2 else -math.inf
    return NetworkLayers(subject, flow, log10_sigma_w, layered.sigma_w_text(subject))


def _remedy(network: NetworkLayers, tick: Tick) -> Remedy | None:
    """The first change that was tried and found to make it healthy, if any."""
    if network.kind is Kind.HEALTHY:
        return None
    subject, family = network.subject, network.subject.setup.model
    attempts = halves(part(tick, 0.5, 0.5))

    def heals(changed: Subject) -> str | None:
        if _seconds_of(changed) > _TRYING:
            return None  # it could not be tried in the time that there is
        tried = _run_network(changed, next(attempts))
        return _state(tried) if tried.kind is Kind.HEALTHY else None

    try:
        decay = LAYERED[family].measured(subject, network.flow)
        remedy = MODELS[family].remedy(decay, part(tick, 0.0, 0.5))
    except InputError:
        remedy = None  # there is no theory for it
    if remedy is not None and "activations" in remedy.changes:
        kept = first_that_helps(subject, _stronger(subject), heals, _state(network))
        if kept is not None:
            return kept
    if remedy is not None:
        if _seconds_of(subject) > _TRYING:
            return remedy
        if shown := heals(subject.changed(remedy.changes)):
            after = f"{shown} in the network that is shown; of several, {remedy.after}"
            return replace(remedy, after=after)
    return first_that_helps(subject, _candidates(subject), heals, _state(network))


def _seconds_of(subject: Subject) -> float:
    """What drawing one network, running a batch and looking into it takes."""
    network = subject.setup.network
    numbers = sum(network.widths(subject.setup.depth)[1:]) * network.batch
    return seconds_of(subject) + _NUMBER * numbers


def _state(network: NetworkLayers) -> str:
    """What is judged, in a few words."""
    words = [arrives(network)]
    if dead := int(network.flow.dead_rows[0]):
        words.append(f"nothing of that of {dead} of {network.flow.batch} inputs")
    if signal_goes(network):
        words.append(f"|a| ends at {magnitude(float(network.log10_signal[-1]))}")
    if (most := float(network.flat.max())) > many_flat(network):
        words.append(f"up to {percent(most)} flat")
    return ", ".join(words)


def _stronger(subject: Subject) -> Iterator[tuple[str, Changes]]:
    """Normal weights above the σw that theory advises for plain networks."""
    setup = subject.setup
    if setup.model != "network" or not setup.network.plain:
        return
    followed = min(setup.depth, _FOLLOWED)
    try:
        advice = advise(
            subject.activation, setup.depth, setup.threshold, x=setup.x, followed=followed
        )
    except InputError:
        return
    for sigma_w in upwards(advice):
        spec = f"normal(sigma_w={sigma_w:.4g})"
        yield f"init = {spec}", {"init": (spec,)}


def _candidates(subject: Subject) -> Iterator[tuple[str, Changes]]:
    """Changes worth trying for what the gradient's end does not show, the activation kept first."""
    units = subject.setup.network.units
    yield from usual_inputs(subject.setup)
    if block_of(subject).skips:
        yield from blocks_to_try(subject)
    for init in ("critical", "xavier_normal", "kaiming_normal", "orthogonal"):
        if init != subject.init:
            yield f"init = {init}", {"init": (init,)}
    yield from _stronger(subject)
    for wider in () if isinstance(units, tuple) else (4 * units, 16 * units):
        if wider <= _WIDEST:
            yield f"units = {wider}", {"units": wider}
            yield f"critical, units = {wider}", {"init": ("critical",), "units": wider}
    for name, init in (("tanh", "orthogonal"), ("relu", "kaiming_normal")):
        if name != subject.activation:
            yield f"{name} with {init}", {"activations": (name,), "init": (init,)}
