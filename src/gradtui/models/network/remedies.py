"""What helps a network: changes that theory recommends and that networks drawn for it confirm."""

from __future__ import annotations

from collections.abc import Iterator

from gradtui.errors import InputError
from gradtui.mathematics.initialisation import initialisation
from gradtui.mathematics.initialisation.record import recommended_kaiming
from gradtui.mathematics.wide.advice import advise
from gradtui.models.finding import Kind, Remedy
from gradtui.models.inputs import usual_inputs
from gradtui.models.judging import RELIED_ON, judge
from gradtui.models.network.cost import affordable
from gradtui.models.network.laws import law_of
from gradtui.models.network.networks import expectation_of, flow_of, quantities_of, widths_of
from gradtui.models.network.upwards import upwards
from gradtui.models.subject import Changes, Subject, first_that_helps
from gradtui.models.wording import gradient_of
from gradtui.progress import Tick, halves, part

_TRIALS = 40
"""On so many networks a remedy is tried before it is offered."""

_SHARE = 0.05
"""The share of the time that trying one change may take."""

_WIDEST = 1024
"""No wider networks are tried: it would take too long."""

_SIGMA_B = 0.0, 0.5, 1.0
"""With biases of so large a standard deviation weights are looked for."""

_FOLLOWED = 2000
"""The advice for a deeper network is that of its first layers, the last of them repeated."""


def remedy_of(subject: Subject, before: str, tick: Tick) -> Remedy | None:
    """The first change that theory recommends and that networks, drawn to try it, confirm.

    Args:
        subject: what ails.
        before: what becomes of its gradient now, in words.
        tick: is told the share that is done.
    """
    attempts = halves(tick)

    def heals(changed: Subject) -> str | None:
        step = next(attempts)
        step(0.0)
        return _tried(changed, step)

    return first_that_helps(subject, _candidates(subject, attempts), heals, before)


def _tried(changed: Subject, tick: Tick) -> str | None:
    """What becomes of the gradient with a change, if theory and most networks find it healthy."""
    setup = changed.setup
    limit, quantity = setup.log10_threshold, setup.quantity
    expected = expectation_of(changed, part(tick, 0.0, 0.0))
    law = law_of(expected, quantity, widths_of(changed), abs(setup.x))
    if judge(law.centre, limit).kind is not Kind.HEALTHY:
        return None
    trials = affordable(changed, _SHARE, min(setup.network.networks, _TRIALS))
    if not trials:
        return None  # it could not be tried in the time that there is
    found = []
    for number in range(1, trials + 1):
        flow = flow_of(changed, number, 1, tick=part(tick, (number - 1) / trials, 1 / trials))
        found.append(judge(quantities_of(flow)[quantity], limit))
        ill = sum(judgement.kind is not Kind.HEALTHY for judgement in found)
        if ill > (1.0 - RELIED_ON) * trials:
            return None
    healthy = sum(judgement.kind is Kind.HEALTHY for judgement in found)
    median = sorted(judgement.log10_ratio for judgement in found)[trials // 2]
    arrives = gradient_of(quantity, median, layer=law.first, last=setup.depth)
    return f"{arrives} in the median, healthy in {healthy} of {trials} networks"


def _candidates(subject: Subject, attempts: Iterator[Tick]) -> Iterator[tuple[str, Changes]]:
    """Changes worth trying: inputs, weights, width, and only then another activation."""
    setup = subject.setup

    def with_init(text: str) -> Iterator[tuple[str, Changes]]:
        spec = initialisation(text).spec
        if spec != subject.init:
            yield f"init = {spec}", {"init": (spec,)}

    yield from usual_inputs(setup)
    yield from with_init("critical")
    advised = _advised(subject, next(attempts))
    for text in (*advised, recommended_kaiming(subject.activation), "xavier_normal", "orthogonal"):
        yield from with_init(text)
    # The widths and the depth of a list are as they are for a reason.
    listed, width = setup.network.listed, setup.network.width
    for units in () if listed else (4 * width, 16 * width):
        if units > _WIDEST:
            break
        yield f"units = {units}", {"units": units}
        for init in ("critical", *advised[:1]):
            spec = initialisation(init).spec
            yield f"init = {spec}, units = {units}", {"init": (spec,), "units": units}
    for name, init in (("tanh", "orthogonal"), ("relu", "kaiming_normal"), ("tanh", "critical")):
        if name != subject.activation:
            yield f"{name} with {init}", {"activations": (name,), "init": (init,)}
    for depth in () if listed else (setup.depth // 2, setup.depth // 4, setup.depth // 8):
        if depth:
            yield f"depth = {depth}", {"depth": depth}


def _advised(subject: Subject, tick: Tick) -> list[str]:
    """Weights that theory finds for this very depth; none where there are none.

    At first without biases; theirs too keep the signal of a finite width alive.
    """
    setup, found = subject.setup, []
    for turn, sigma_b in enumerate(_SIGMA_B):
        try:
            advice = advise(
                subject.activation,
                setup.depth,
                setup.threshold,
                sigma_b=sigma_b,
                x=setup.x,
                followed=min(setup.depth, _FOLLOWED),
                tick=part(tick, turn / len(_SIGMA_B), 1.0 / len(_SIGMA_B)),
            )
        except InputError:
            continue
        if not advice.possible:
            continue
        best = advice.sigma_w
        biases = f", sigma_b={sigma_b:g}" if sigma_b else ""
        higher = (f"{sigma_w:.4g}" for sigma_w in upwards(advice))
        digits = dict.fromkeys((f"{best:.3g}", f"{best:.6g}", *higher))
        found += [f"normal(sigma_w={sigma_w}{biases})" for sigma_w in digits]
    return found
