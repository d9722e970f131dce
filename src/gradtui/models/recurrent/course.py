"""The cells that a setup compares, one drawn after the other, and what would help them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from gradtui.mathematics.memory import refuse_beyond_memory
from gradtui.mathematics.pieces import turn
from gradtui.models.recurrent.cells import flow_of
from gradtui.models.recurrent.cost import cells_drawn, in_map, refuse_beyond_time, seconds_found
from gradtui.models.recurrent.mapping import map_of
from gradtui.models.recurrent.memory import Gathered, Memory
from gradtui.models.recurrent.remedies import remedies_of
from gradtui.models.recurrent.singular import singular_of
from gradtui.models.recurrent.theory import bounds_of
from gradtui.models.subject import subjects_of
from gradtui.progress import Tick, part
from gradtui.setup import Setup

_SECONDS_A_PICTURE = 1.0
"""What is drawn before the second picture, by the count of what it costs: each is kilobytes."""

_KEPT = 6
"""Numbers a lag of each cell: three that are measured, once as they come and once together."""

_FIRST, _DRAWING, _BOUNDING, _MAPPING = 0.1, 0.6, 0.05, 0.15
"""The shares of the work that the first cells are, and all cells, their weights' theory, and a
map or singular values; the rest is remedies."""


def run(setup: Setup, tick: Tick) -> Iterator[tuple[Memory, ...]]:
    """One cell of each kind at once, then more of them, then theory, then what would help.

    Raises:
        InputError: even one cell of each kind takes longer than there is time for, or what is kept
            of all of them does not fit into memory.
    """
    subjects = subjects_of(setup, "recurrent")
    refuse_beyond_time(subjects)
    gathered = [Gathered(subject) for subject in subjects]
    first = part(tick, 0.0, _FIRST)
    for at, one in enumerate(gathered):
        one.add(flow_of(one.subject, 1, turn(first, at, len(gathered))))
    yield tuple(Memory(one.subject, one.measured()) for one in gathered)
    draws, seconds = cells_drawn(subjects), sum(map(seconds_found, subjects))
    _refuse_memory(setup, draws * len(subjects))
    more, shown_at = part(tick, _FIRST, _DRAWING - _FIRST), int(_SECONDS_A_PICTURE / seconds)
    for number in range(2, draws + 1):
        for at, one in enumerate(gathered):
            own = turn(more, (number - 2) * len(gathered) + at, (draws - 1) * len(gathered))
            one.add(flow_of(one.subject, number, own))
        if shown_at <= number < draws:
            shown_at = 2 * number  # what is known changes less and less
            yield tuple(Memory(one.subject, one.measured()) for one in gathered)
    own = part(tick, _DRAWING, _BOUNDING)
    memories = tuple(
        Memory(
            one.subject,
            one.measured(),
            bounds_of(one.subject, draws, turn(own, at, len(gathered))),
        )
        for at, one in enumerate(gathered)
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
    found = remedies_of(memories, own)
    if any(found):
        yield tuple(replace(one, remedy=helps) for one, helps in zip(memories, found, strict=True))


def _refuse_memory(setup: Setup, cells: int) -> None:
    """Refuse so many cells that what is kept of them, every lag of each, does not fit."""
    knobs = setup.recurrent
    need = 8.0 * _KEPT * cells * (knobs.steps + 1)
    refuse_beyond_memory(
        "draws",
        f"{cells:,} cells of {knobs.steps:,} steps",
        need,
        lambda free: f"about {max(int(free / need * knobs.draws), 1):,} would fit",
    )
