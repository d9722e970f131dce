"""What helps at a point of the phase diagram: to go to the critical line."""

from __future__ import annotations

from collections.abc import Iterator

from gradtui.models.finding import Kind, Remedy
from gradtui.models.subject import Changes, Subject, first_that_helps
from gradtui.progress import Tick
from gradtui.setup import KNOBS
from gradtui.views.phase.critical import moved_to, nearest_critical
from gradtui.views.phase.point import Point, followed, left_in_words, point_of
from gradtui.wording import plain


def remedy_of(point: Point, tick: Tick) -> Remedy | None:
    """The first critical point at which the gradient is found healthy, where it is not here."""
    if point.kind(point.subject.setup.log10_threshold) is Kind.HEALTHY:
        return None

    def heals(changed: Subject) -> str | None:
        there = followed(point_of(changed), tick)
        healthy = there.kind(changed.setup.log10_threshold) is Kind.HEALTHY
        return left_in_words(there) if healthy else None

    return first_that_helps(point.subject, _candidates(point), heals, left_in_words(point))


def _candidates(point: Point) -> Iterator[tuple[str, Changes]]:
    """The cursor on critical points, the map widened where it ends before."""
    setup = point.subject.setup
    for sigma_w, sigma_b in _critical_places(point):
        moved = moved_to(setup, sigma_w, sigma_b)
        changes = {
            name: KNOBS[name].of(moved)
            for name in ("sigma_w", "sigma_b", "sigma_w_range", "sigma_b_range")
            if KNOBS[name].of(moved) != KNOBS[name].of(setup)
        }
        label = f"σw = {plain(sigma_w, 6)}"
        if "sigma_b" in changes:
            label += f", σb = {plain(sigma_b)}"
        yield label, changes


def _critical_places(point: Point) -> Iterator[tuple[float, float]]:
    """(σw, σb), the least change first."""
    if point.critical_sigma_w is not None:
        yield point.critical_sigma_w, point.sigma_b
    nearest = nearest_critical(point)
    if nearest is not None:
        yield nearest
