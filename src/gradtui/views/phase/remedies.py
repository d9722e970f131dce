"""What helps at a point of the phase diagram: the critical line, or the σw for this depth."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator

from gradtui.mathematics.spec import number
from gradtui.mathematics.wide.advice import advise
from gradtui.models.finding import Kind, Remedy
from gradtui.models.inputs import usual_inputs
from gradtui.models.subject import Changes, Subject, first_that_helps
from gradtui.progress import Tick
from gradtui.setup import KNOBS
from gradtui.views.extent import sigma_ranges
from gradtui.views.phase.critical import critical_places, moved_to
from gradtui.views.phase.point import Point, left_in_words, point_of
from gradtui.wording import percent

_OFF = 0.1
"""A remedy should also do where σw is off by this share of what would leave the threshold alone."""
_NEAREST = 6
"""So many places on the critical line are tried."""


def remedy_of(point: Point, tick: Tick) -> Remedy | None:
    """The first change after which the gradient is found healthy, where it is not here.

    It is tried with the very numbers that it sets. One that also does a little beside them comes
    first: at a half-stable point, the tenth digit of σw decides, and then that is said.
    """
    limit = point.subject.setup.log10_threshold
    if point.kind(limit) is Kind.HEALTHY:
        return None
    off = -_OFF * math.log(point.subject.setup.threshold) / point.layers

    def at(changed: Subject, factors: tuple[float, ...]) -> Iterator[Point]:
        for factor in factors:
            sigma_w = factor * changed.setup.plane.sigma_w
            if sigma_w <= _MOST:
                beside = changed.changed({"sigma_w": sigma_w, "sigma_w_range": None})
                yield point_of(changed if factor == 1.0 else beside, tick)

    def heals(changed: Subject) -> str | None:
        here, *beside = at(changed, (1.0, 1.0 - off, 1.0 + off))
        healthy = all(one.kind(limit) is Kind.HEALTHY for one in (here, *beside))
        return left_in_words(here) if healthy else None

    def heals_exactly(changed: Subject) -> str | None:
        (here,) = at(changed, (1.0,))
        if here.kind(limit) is not Kind.HEALTHY:
            return None
        return f"{left_in_words(here)}, but not where σw is {percent(off)} off"

    candidates, before = list(_candidates(point, tick)), left_in_words(point)
    return first_that_helps(point.subject, candidates, heals, before) or first_that_helps(
        point.subject, candidates, heals_exactly, before
    )


_MOST = 1e3
"""The largest σw that there is to choose."""


def _candidates(point: Point, tick: Tick) -> Iterator[tuple[str, Changes]]:
    """Other inputs, then the cursor in other places, the map widened where it ends before."""
    setup = point.subject.setup
    yield from usual_inputs(setup)
    for sigma_w, sigma_b in _places(point, tick):
        moved = moved_to(setup, sigma_w, sigma_b)
        changes = {
            name: KNOBS[name].of(moved)
            for name in ("sigma_w", "sigma_b", "sigma_w_range", "sigma_b_range")
            if KNOBS[name].of(moved) != KNOBS[name].of(setup)
        }
        label = f"σw = {number(moved.plane.sigma_w)}"
        if "sigma_b" in changes:
            label += f", σb = {number(moved.plane.sigma_b)}"
        yield label, changes


def _places(point: Point, tick: Tick) -> Iterator[tuple[float, float]]:
    """(σw, σb), the least change first; none that is not on the map as it opens by itself."""
    if point.critical_sigma_w is not None:
        yield point.critical_sigma_w, point.sigma_b
    setup = point.subject.setup
    advice = advise(
        point.name, point.layers, setup.threshold, sigma_b=point.sigma_b, x=setup.x, tick=tick
    )
    if advice.possible:
        yield advice.sigma_w, point.sigma_b
    own = sigma_ranges(setup.with_(sigma_w_range=None, sigma_b_range=None))
    near = (
        place
        for place in critical_places(point)
        if all(value <= most for value, (_, most) in zip(place, own, strict=True))
    )
    yield from itertools.islice(near, _NEAREST)
