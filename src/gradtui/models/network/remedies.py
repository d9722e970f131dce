"""What helps a network: changes that theory recommends and that networks drawn for it confirm."""

from __future__ import annotations

from collections.abc import Iterator

from gradtui.mathematics.initialisation import initialisation
from gradtui.mathematics.initialisation.record import recommended_kaiming
from gradtui.models.finding import Kind, Remedy
from gradtui.models.network.cost import affordable
from gradtui.models.network.networks import expectation_of, flow_of, log10_ratio
from gradtui.models.subject import Changes, Subject, first_that_helps
from gradtui.progress import Tick, halves, part
from gradtui.wording import magnitude

_TRIALS = 9
"""On so many networks a remedy is tried before it is offered."""

_SHARE = 0.05
"""The share of the time that trying one change may take."""

_WIDEST = 1024
"""No wider networks are tried: it would take too long."""


def remedy_of(subject: Subject, ratio: float, tick: Tick) -> Remedy | None:
    """The first change that theory recommends and that networks, drawn to try it, confirm.

    Args:
        subject: what ails.
        ratio: log10 of what is left of its gradient at the input.
        tick: is told the share that is done.
    """
    limit = subject.setup.log10_threshold
    if Kind.of(ratio, limit) is Kind.HEALTHY:
        return None
    attempts = halves(tick)

    def heals(changed: Subject) -> str | None:
        step = next(attempts)
        step(0.0)
        if (
            Kind.of(float(expectation_of(changed, part(step, 0.0, 0.0)).centre[0]), limit)
            is not Kind.HEALTHY
        ):
            return None
        trials = affordable(changed, _SHARE, min(changed.setup.network.networks, _TRIALS))
        if not trials:
            return None  # it could not be tried in the time that there is
        ratios = sorted(
            log10_ratio(flow_of(changed, tried + 1, 1, tick=part(step, tried / trials, 1 / trials)))
            for tried in range(trials)
        )
        median = ratios[len(ratios) // 2]
        return _arrives(median) if Kind.of(median, limit) is Kind.HEALTHY else None

    return first_that_helps(subject, _candidates(subject), heals, _arrives(ratio))


def _arrives(log10: float) -> str:
    return f"{magnitude(log10)} of the loss's gradient arrives at the input"


def _candidates(subject: Subject) -> Iterator[tuple[str, Changes]]:
    """Changes worth trying, the least intrusive first."""
    setup = subject.setup
    inits = ["critical", recommended_kaiming(subject.activation), "xavier_normal",
             "orthogonal", "critical(sigma_b2=0.05)"]  # fmt: skip
    for init in (initialisation(text).spec for text in inits):
        if init != subject.init:
            yield f"init = {init}", {"init": (init,)}
    for name, init in (("tanh", "orthogonal"), ("relu", "kaiming_normal"), ("tanh", "critical")):
        if name != subject.activation:
            yield f"{name} with {init}", {"activations": (name,), "init": (init,)}
    if setup.network.listed:
        return  # its widths and depth are as they are for a reason
    for units in (4 * setup.network.width, 16 * setup.network.width):
        if units <= _WIDEST:
            yield f"units = {units}", {"units": units}
    for depth in (setup.depth // 2, setup.depth // 4, setup.depth // 8):
        if depth:
            yield f"depth = {depth}", {"depth": depth}
