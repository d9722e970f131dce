"""What random cells cost, and how many of them are drawn in the time that there is.

Glossary: T steps, B sequences, n units of a cell, n_in inputs, G blocks of its gates.

The seconds are those of one core of an ordinary machine of 2025, rounded up: a count of operations
and not a clock, so that equal setups give equal numbers wherever they are run.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from gradtui.errors import InputError
from gradtui.mathematics.recurrent.arrays import GATED
from gradtui.mathematics.recurrent.cell_recipes import cell_initialisation
from gradtui.models.patience import within
from gradtui.models.recurrent.cells import (
    cell_of,
    clips_at_value,
    horizon_of,
    recipe_of,
    steps_apart,
)
from gradtui.models.recurrent.singular import needs_patience
from gradtui.models.subject import Subject, subjects_of
from gradtui.setup import Setup
from gradtui.setup.sequences import NOISE
from gradtui.setup.shared import LEAST_PATIENCE, MOST_PATIENCE
from gradtui.wording import counted, duration, foretold

_STEP = 2e-5, 4e-5
"""Seconds that a step costs whatever its width: of a vanilla RNN, of a cell with gates."""
_WEIGHT, _TIMES = 1.5e-9, 5e-10
"""Seconds of a weight a step, and more for each sequence."""
_UNIT = 1e-7
"""Seconds of a unit of a block, a step and a sequence."""
_APART, _NUMBER_APART = (2e-4, 6e-4), 1e-6
"""Seconds more of a step that plain floats do not hold, and of each of its numbers."""
_PIECE = 4e-5
"""Seconds more of a piece of steps that goes at once: the more of them, the smaller they are."""
_ENTRY = 5e-8
"""Seconds to look at an entry of a parameter's gradient."""
_CELL = 1e-3
"""Seconds that a cell costs whatever its size."""
MAPPED = 31
"""The values of a map."""
_IN_MAP, _MAPPING = 5, 0.25
"""The most cells of each of them, and the share of the time that they may take."""
_TRYING = 0.25
"""The least share of the time that is for trying what may help."""
FEW = 20
"""On so many of the cells that its command draws a change is tried at least, if not on all."""
_TRIALS = 50
"""So many changes are tried at most."""
_BOUNDING = 0.05
"""The share of the time that the largest singular values may take, or the radii."""
_DRAWN = 2e-8
"""Seconds to draw a weight."""
_CUBE = {"radius": 1.5e-9, "sigma_max": 3e-10, "orthogonal": 2e-10, "keras": 2e-10}
"""Seconds for each n³ of a block, of recipes that look at the whole of it."""


def seconds_of(subject: Subject) -> float:
    """The seconds that drawing one cell takes, and running its sequences in plain floats."""
    knobs, cell = subject.setup.recurrent, cell_of(subject)
    blocks, n, batch = GATED.get(cell, 1), knobs.hidden_size, knobs.batch_size
    weights = blocks * n * (n + knobs.input_size)
    step = _STEP[cell in GATED] + weights * (_WEIGHT + _TIMES * batch) + _UNIT * blocks * n * batch
    cube = _CUBE.get(cell_initialisation(recipe_of(subject)).scheme.name, 0.0)
    once = (_DRAWN + _ENTRY * clips_at_value(subject.setup)) * weights
    return _CELL + knobs.steps * step + once + cube * blocks * n**3


def seconds_found(subject: Subject) -> float:
    """The seconds that one cell takes, by the first: some steps are more than plain floats hold."""
    knobs, cell = subject.setup.recurrent, cell_of(subject)
    numbers = GATED.get(cell, 1) * knobs.hidden_size * knobs.batch_size
    apart = _APART[cell in GATED] + _NUMBER_APART * numbers
    steps, pieces = steps_apart(subject)
    return seconds_of(subject) + steps * apart + pieces * _PIECE


def norms_in_time(subject: Subject, cells: int, norm: str = "sigma_max") -> bool:
    """Whether this of so many W, or their radius, is found in a small share of the time."""
    n, setup = subject.setup.recurrent.hidden_size, subject.setup
    seconds = cells * (_CELL + 2.0 * _DRAWN * n * n + _CUBE[norm] * n**3)
    return seconds <= _BOUNDING * setup.patience


def refuse_beyond_time(subjects: Sequence[Subject]) -> None:
    """Raise an `InputError` where one cell of each takes longer than there is time for."""
    setup, seconds = subjects[0].setup, sum(map(seconds_of, subjects))
    if seconds > setup.patience:
        wanted = math.ceil(seconds)
        more = f"try {{patience={wanted}}}, or " if wanted <= MOST_PATIENCE else "give "
        raise InputError(
            "steps",
            setup.recurrent.steps,
            f"so few that one cell of each kind is run within {duration(setup.patience)}: these "
            f"would take about {duration(seconds)}",
            f"{more}fewer {{steps}}, {{hidden_size}} or {{batch_size}}",
        )


def cells_drawn(subjects: Sequence[Subject]) -> int:
    """How many cells of each of these are drawn; the first is, whatever it takes."""
    setup = subjects[0].setup
    return within(setup.recurrent.draws, setup.patience, sum(map(seconds_found, subjects)))


def in_map(subjects: Sequence[Subject]) -> int:
    """How many cells are drawn for each value of a map; none where there is no time for one."""
    setup, seconds = subjects[0].setup, MAPPED * sum(map(seconds_found, subjects))
    return min(_IN_MAP, setup.recurrent.draws, int(_MAPPING * setup.patience / seconds))


def trying(subjects: Sequence[Subject]) -> float:
    """The seconds that drawing leaves for what may help, of all of these together."""
    setup, seconds = subjects[0].setup, sum(map(seconds_found, subjects))
    taken = cells_drawn(subjects) * seconds
    if setup.recurrent.picture == "map":
        taken += MAPPED * in_map(subjects) * seconds
    return max(setup.patience - taken, _TRYING * setup.patience)


def most_seconds_tried(subject: Subject) -> float:
    """The most seconds that trying one change takes, of the fewest cells that decide on it.

    With another cell or other inputs every step may leave plain floats.
    """
    knobs = subject.setup.recurrent
    cell = max(seconds_of(subject), knobs.steps * _APART[True])
    return min(knobs.draws, FEW) * cell


def foretold_in_time(setup: Setup) -> str:
    """That drawing the cells takes long, where it does and is done."""
    subjects = subjects_of(setup, "recurrent")
    seconds = sum(map(seconds_of, subjects))
    if seconds > setup.patience:
        return ""
    draws = within(setup.recurrent.draws, setup.patience, seconds)
    return foretold(f"drawing {counted(draws, 'cell')} of each kind", draws * seconds)


def idle_in_time(setup: Setup) -> frozenset[str]:
    """The patience, where all is drawn and tried in the least of it; what has no effect here.

    Those are biases that no cell has, and the size of a noise that is none.
    """
    subjects, knobs, idle = subjects_of(setup, "recurrent"), setup.recurrent, set()
    seconds, draws = sum(map(seconds_of, subjects)), knobs.draws
    mapping = MAPPED * min(_IN_MAP, draws) * seconds if knobs.picture == "map" else 0.0
    everything = (1 + _TRIALS) * draws * seconds + mapping
    in_no_hurry = everything <= LEAST_PATIENCE and mapping <= _MAPPING * LEAST_PATIENCE
    if knobs.picture == "singular":
        in_no_hurry &= not any(needs_patience(one, LEAST_PATIENCE) for one in subjects)
    if in_no_hurry:
        idle.add("patience")
    if horizon_of(setup) < setup.recurrent.steps:
        idle |= {"clip", "clip_value"}
    if not any(cell_of(one) in GATED for one in subjects):
        idle.add("forget_bias")
    if knobs.inputs.text != NOISE:
        idle.add("x")
    return frozenset(idle)
