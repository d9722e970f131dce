"""One of what a setup compares, by its name."""

from __future__ import annotations

from gradtui.models import MODELS
from gradtui.models.chain.chains import Course, chain_of
from gradtui.models.chain.cost import Time
from gradtui.models.chain.remedies import remedy_of
from gradtui.models.chain.verdict import diagnose
from gradtui.models.finding import Finding
from gradtui.models.subject import Subject
from gradtui.progress import unwatched
from gradtui.setup import Setup


def subject(setup: Setup, name: str = "", family: str = "") -> Subject:
    """That of this name in the setup's model or another; the focused one without a name."""
    subjects = MODELS[family or setup.model].subjects(setup)
    name = name or setup.focus_of(tuple(found.name for found in subjects))
    return next(found for found in subjects if found.name == name)


def finding(setup: Setup, name: str = "") -> Finding:
    """The verdict on a chain, with what helps it."""
    what = subject(setup, name, "chain")
    course = Course(chain_of(what), setup.quantity)
    return diagnose(what, course, remedy_of(what, course, Time(setup.patience), unwatched))
