"""Small recurrent cells, and what is measured and said of them."""

from __future__ import annotations

from typing import Any

from gradtui.models.finding import Finding
from gradtui.models.recurrent.cells import flow_of
from gradtui.models.recurrent.memory import Gathered, Measured, Memory
from gradtui.models.recurrent.theory import bounds_of
from gradtui.models.recurrent.verdict import diagnose
from gradtui.models.subject import Subject, subjects_of
from gradtui.progress import unwatched
from gradtui.setup import Setup


def setup_of(cell: str = "tanh", init: str = "pytorch", **knobs: Any) -> Setup:
    small = {"hidden_size": 12, "input_size": 5, "draws": 4, "steps": 30}
    setup = Setup.of(cells=(cell,), cell_init=(init,), **(small | knobs))
    return setup.clamped().checked()


def subject_of(*form: str, **knobs: Any) -> Subject:
    return subjects_of(setup_of(*form, **knobs), "recurrent")[0]


def measured_of(subject: Subject, cells: int) -> Measured:
    gathered = Gathered(subject)
    for number in range(1, cells + 1):
        gathered.add(flow_of(subject, number))
    return gathered.measured()


def memory_of(*form: str, **knobs: Any) -> Memory:
    """Without looking for what helps."""
    subject = subject_of(*form, **knobs)
    measured = measured_of(subject, subject.setup.recurrent.draws)
    return Memory(subject, measured, bounds_of(subject, subject.setup.recurrent.draws, unwatched))


def finding_of(*form: str, **knobs: Any) -> Finding:
    return diagnose(memory_of(*form, **knobs))
