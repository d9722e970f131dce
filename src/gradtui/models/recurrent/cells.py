"""Random recurrent cells as a setup describes them: drawing one, running sequences through it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gradtui.mathematics.elementwise import Array
from gradtui.mathematics.memory import refuse_beyond_memory
from gradtui.mathematics.recurrent.arrays import GATED
from gradtui.models.kept import Kept
from gradtui.models.subject import Subject
from gradtui.progress import Tick, part, unwatched
from gradtui.setup import Setup
from gradtui.setup.sequences import ZEROS
from gradtui.when_called import when_called

if TYPE_CHECKING:
    from gradtui.mathematics.recurrent.flow import RecurrentFlow, recurrent_flow
    from gradtui.mathematics.recurrent.random_cells import random_cell
else:
    (recurrent_flow,) = when_called("gradtui.mathematics.recurrent.flow", "recurrent_flow")
    (random_cell,) = when_called("gradtui.mathematics.recurrent.random_cells", "random_cell")

_CELL, _INPUT, _UPSTREAM = 5, 6, 7
"""Streams of the seed; 0 to 2 are the chain's, 3 and 4 the network's."""

_DRAWING = 0.1
"""The share of the work of a cell that drawing its weights is."""


_APART: Kept[tuple[int, int]] = Kept(256)


def cell_of(subject: Subject) -> str:
    """The cell that a subject is about: gru, lstm, or the activation of a vanilla RNN."""
    return subject.setup.recurrent.cells[0]


def recipe_of(subject: Subject) -> str:
    """How its weights are drawn."""
    return subject.setup.recurrent.cell_init[0]


def horizon_of(setup: Setup) -> int:
    """So many steps back a gradient is followed: all of them, unless it is truncated before."""
    knobs = setup.recurrent
    return min(knobs.steps, knobs.truncate or knobs.steps)


def clips_at_value(setup: Setup) -> bool:
    """Whether every entry of ∂L/∂θ is clipped for itself; what is truncated is not."""
    return setup.recurrent.clip_value > 0.0 and horizon_of(setup) == setup.recurrent.steps


def parameters_of(subject: Subject, number: int, tick: Tick = unwatched) -> dict[str, Array]:
    """Draw the parameters of the cell with this number."""
    knobs, cell = subject.setup.recurrent, cell_of(subject)
    sequence = np.random.SeedSequence([subject.setup.seed, _CELL, number])
    return random_cell(
        cell,
        knobs.input_size,
        knobs.hidden_size,
        recipe_of(subject),
        int(sequence.generate_state(1)[0]),
        input_scale=knobs.input_scale,
        forget_bias=knobs.forget_bias if cell in GATED else None,
        tick=tick,
    )


def flow_of(subject: Subject, number: int, tick: Tick = unwatched) -> RecurrentFlow:
    """Draw the cell with this number and run sequences through it and back.

    The upstream gradient has a random direction and ‖∂L/∂h_T‖_F = 1. The
    same number gives the same inputs, upstream gradient and, scale apart, weights for every cell
    and recipe that have them of one shape: what is compared differs in nothing else.
    """
    setup = subject.setup
    knobs = setup.recurrent
    _refuse_memory(setup)
    parameters = parameters_of(subject, number, part(tick, 0.0, _DRAWING))
    x = inputs_of(setup, number)
    tick(_DRAWING)
    rng = np.random.default_rng([setup.seed, _UPSTREAM, number])
    upstream = rng.standard_normal((knobs.batch_size, knobs.hidden_size))
    upstream /= np.linalg.norm(upstream)
    flow = recurrent_flow(
        cell_of(subject),
        parameters,
        x,
        upstream,
        by_step=True,
        entries=clips_at_value(setup),
        tick=part(tick, _DRAWING, 1.0 - _DRAWING),
    )
    if number == 1:
        _APART.put(setup, (flow.steps_apart, flow.pieces))
    return flow


def steps_apart(subject: Subject) -> tuple[int, int]:
    """How many steps of the first cell plain floats do not hold, and the pieces that it took."""

    def counted() -> tuple[int, int]:
        flow = flow_of(subject, 1)
        return flow.steps_apart, flow.pieces

    return _APART.get(subject.setup, counted)


def inputs_of(setup: Setup, number: int) -> Array:
    """The sequences [T, B, n_in] that run through the cell with this number.

    Noise is N(0, |setup.x|²), another one for each cell; of a file these are the last T steps of
    the first B sequences, the same for all.
    """
    knobs = setup.recurrent
    if (given := knobs.inputs.x) is not None:
        return given[len(given) - knobs.steps :, : knobs.batch_size]
    shape = knobs.steps, knobs.batch_size, knobs.input_size
    if knobs.inputs.text == ZEROS:
        return np.zeros(shape)
    noise = np.random.default_rng([setup.seed, _INPUT, number]).standard_normal(shape)
    return abs(setup.x) * noise


def _refuse_memory(setup: Setup) -> None:
    """Refuse sequences whose inputs and states of all steps do not fit into memory."""
    knobs = setup.recurrent
    need = 8.0 * knobs.steps * knobs.batch_size * (2 * knobs.input_size + 8 * knobs.hidden_size)
    refuse_beyond_memory(
        "batch_size",
        f"{knobs.batch_size:,} sequences of {knobs.steps:,} steps",
        need,
        lambda free: f"about {max(int(free / need * knobs.batch_size), 1):,} would fit",
    )
