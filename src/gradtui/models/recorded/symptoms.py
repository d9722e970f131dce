"""What ails a run: each symptom with its number, the threshold that it is judged by, and what next.

All thresholds are ratios and growth: what a norm itself is depends on batch, loss and loss scale.
Layers run from the input to the loss, and gradients the other way.
"""

from __future__ import annotations

from collections.abc import Callable
from weakref import WeakKeyDictionary

from gradtui.models.recorded.finite import growth_before, not_finite
from gradtui.models.recorded.growth import exploding, spiking
from gradtui.models.recorded.layers import dead, growing_to_the_input, vanishing
from gradtui.models.recorded.symptom import Symptom
from gradtui.models.recorded.updates import always_clipped, falling_scale, large_updates, swallowed
from gradtui.runs.run import Run

_KNOWN: WeakKeyDictionary[Run, tuple[Symptom, ...]] = WeakKeyDictionary()


def symptoms_of(run: Run) -> tuple[Symptom, ...]:
    """All that ails a run, the gravest first."""
    if run not in _KNOWN:
        _KNOWN[run] = _looked_for(run)
    return _KNOWN[run]


def _looked_for(run: Run) -> tuple[Symptom, ...]:
    looks: tuple[Callable[[Run], Symptom | None], ...] = (
        exploding, growing_to_the_input, dead, vanishing, large_updates, swallowed, falling_scale,
        always_clipped, spiking,
    )  # fmt: skip
    bad = not_finite(run)
    if bad is not None and growth_before(run, bad.step):
        looks = looks[1:]  # it tells that itself
    return tuple(found for found in (bad, *(look(run) for look in looks)) if found is not None)
