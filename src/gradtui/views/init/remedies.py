"""What helps where the advice does not hold in networks of this width, tried out."""

from __future__ import annotations

import math
from collections.abc import Iterator

from gradtui.mathematics.initialisation.record import MAX_WIDTH
from gradtui.models.finding import Remedy
from gradtui.models.subject import Changes, Subject, first_that_helps
from gradtui.progress import Tick, part
from gradtui.views.init.comparison import CheckedWeights, Comparison
from gradtui.views.init.weights import advice_for, advised_weights, measured, work_of

_TRIALS = 5, 20
"""A remedy is tried on at least and at most so many networks."""
_TRIAL_WORK = 6e7
"""So much work a trial may be: a second or two."""


def remedy_of(comparison: Comparison, tick: Tick) -> Remedy | None:
    """The first change after which the advice holds; None if it does already."""
    advised, limit = comparison.advised, comparison.subject.setup.log10_threshold
    if not advised.measured.size or advised.holds(limit):
        return None
    still = part(tick, 0.0, 0.0)  # how many candidates there will be is not known

    def heals(changed: Subject) -> str | None:
        least, most = _TRIALS
        trials = min(int(_TRIAL_WORK / work_of(changed.setup)), most)
        if trials < least:
            return None
        tried = advised_weights(changed, advice_for(changed, None, still), trials)
        *_, tried = measured(tried, still)
        return _share(tried, limit) if tried.holds(limit) else None

    candidates = _candidates(comparison)
    return first_that_helps(comparison.subject, candidates, heals, _share(advised, limit))


def _share(weights: CheckedWeights, log10_limit: float) -> str:
    healthy, count = weights.healthy(log10_limit), weights.measured.size
    return f"{healthy} of {count} networks are healthy"


def _candidates(comparison: Comparison) -> Iterator[tuple[str, Changes]]:
    """Changes worth trying, the least intrusive first."""
    setup, unstable = comparison.subject.setup, comparison.advice.unstable
    units, depth = setup.network.width, setup.depth
    width = comparison.width_that_holds
    for times in () if unstable else (1.0, 2.0):
        if units < times * width <= MAX_WIDTH:
            enough = 2 ** math.ceil(math.log2(times * width))
            yield f"units = {enough}", {"units": enough}
    wider = min(4 * units, MAX_WIDTH)
    for sigma_b in (0.5, 1.0, 1.5) if unstable else ():
        if setup.plane.sigma_b < sigma_b <= setup.plane.sigma_b_range[1]:
            yield f"sigma_b = {sigma_b:g}", {"sigma_b": sigma_b}
            if not setup.network.listed:
                both = {"sigma_b": sigma_b, "units": wider}
                yield f"sigma_b = {sigma_b:g} with units = {wider}", both
    for share in (2, 4, 8):
        if depth >= 2 * share:
            yield f"depth = {depth // share}", {"depth": depth // share}
    for other in ("tanh", "relu"):
        if other != comparison.name:
            yield other, {"activations": (other,)}
            if not setup.network.listed:
                yield f"{other} with units = {wider}", {"activations": (other,), "units": wider}
