"""Lessons with an error in them, which a proof has to find."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from gradtui.lessons import Lesson


def with_step(lesson: Lesson, number: int, formula: str) -> Lesson:
    """The lesson with another formula in this step, from 1."""
    step = replace(lesson.steps[number - 1], formula=formula)
    return replace(lesson, steps=(*lesson.steps[: number - 1], step, *lesson.steps[number:]))


def wrong(formula: str) -> Iterator[str]:
    """A continued line with one sign turned: each in turn, then the one before it all."""
    for sign in re.finditer(r" [+−] (?!0)", formula):
        turned = " − " if sign.group() == " + " else " + "
        yield formula[: sign.start()] + turned + formula[sign.end() :]
    if formula != "= 0":
        yield f"= −({formula.removeprefix('= ')})"
