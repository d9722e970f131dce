"""The cells that a setup compares, one drawn after the other, and what would help them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from gradtui.mathematics.pieces import turn
from gradtui.models.recurrent.cells import flow_of
from gradtui.models.recurrent.cost import cells_drawn, in_map, seconds_of
from gradtui.models.recurrent.mapping import map_of
from gradtui.models.recurrent.memory import Gathered, Memory
from gradtui.models.recurrent.remedies import remedy_of
from gradtui.models.recurrent.singular import singular_of
from gradtui.models.recurrent.theory import bounds_of
from gradtui.models.subject import subjects_of
from gradtui.progress import Tick, part
from gradtui.setup import Setup

_SECONDS_A_PICTURE = 0.2
"""What is drawn before the second picture, by the count of what it costs."""

_DRAWING, _BOUNDING, _MAPPING = 0.6, 0.05, 0.15
"""The shares of the work that drawing cells is, their weights' theory, and a map or singular
values; the rest is remedies."""


def run(setup: Setup, tick: Tick) -> Iterator[tuple[Memory, ...]]:
    """One cell of each kind at once, then more of them, then theory, then what would help.

    Raises:
        InputError: even one cell of each kind takes longer than there is time for.
    """
    subjects = subjects_of(setup, "recurrent")
    draws, seconds = cells_drawn(subjects), sum(map(seconds_of, subjects))
    gathered = [Gathered(subject) for subject in subjects]
    memories: tuple[Memory, ...] = ()
    share, shown_at = _DRAWING / (draws * len(subjects)), 1
    for number in range(1, draws + 1):
        for at, subject in enumerate(subjects):
            done = (number - 1) * len(subjects) + at
            gathered[at].add(flow_of(subject, number, part(tick, share * done, share)))
        if number >= shown_at or number == draws:
            # What is known changes less and less.
            shown_at = max(2 * number, int(_SECONDS_A_PICTURE / seconds))
            memories = tuple(Memory(one.subject, one.measured()) for one in gathered)
            yield memories
    own = part(tick, _DRAWING, _BOUNDING)
    memories = tuple(
        replace(one, bounds=bounds_of(one.subject, turn(own, at, len(memories))))
        for at, one in enumerate(memories)
    )
    yield memories
    if setup.recurrent.picture == "map" and (cells := in_map(subjects)):
        own = part(tick, _DRAWING + _BOUNDING, _MAPPING)
        memories = tuple(
            replace(one, map=map_of(one.subject, one.bounds, cells, turn(own, at, len(memories))))
            for at, one in enumerate(memories)
        )
        yield memories
    if setup.recurrent.picture == "singular":
        own = part(tick, _DRAWING + _BOUNDING, _MAPPING)
        memories = tuple(
            replace(one, singular=singular_of(one.subject, turn(own, at, len(memories))))
            for at, one in enumerate(memories)
        )
        yield memories
    own = part(tick, _DRAWING + _BOUNDING + _MAPPING, 1.0 - _DRAWING - _BOUNDING - _MAPPING)
    found = [remedy_of(one, turn(own, at, len(memories))) for at, one in enumerate(memories)]
    if any(found):
        yield tuple(replace(one, remedy=helps) for one, helps in zip(memories, found, strict=True))
