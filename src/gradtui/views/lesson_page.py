"""A lesson in rows: one step of it, or all that was shown so far."""

from __future__ import annotations

from collections.abc import Iterator

from gradtui.lessons import VARIABLE, Lesson, Step, Text
from gradtui.lessons.typeset import Box, typeset
from gradtui.plots.ascii import only_ascii_is_shown, spelled
from gradtui.plots.picture import Row, row, wrapped
from gradtui.plots.wide import widened

_INDENT = 4
"""Cells before a line of a step, the first of them its number's."""


def said(text: Text, language: str) -> str:
    """The text in a language, "en" or "ko", as it is laid out."""
    return widened(text.in_(language))


def page(lesson: Lesson, language: str, width: int) -> Iterator[Row]:
    """All of a lesson."""
    yield from wrapped(said(lesson.title, language), width, "title")
    yield ()
    if lesson.activations:
        yield from (*wrapped(said(VARIABLE, language), width, "muted"), ())
    for number, step in enumerate(lesson.steps, 1):
        yield from step_rows(number, step, language, width)
        yield ()
    yield from wrapped(said(lesson.moral, language), width, "good")


def step_rows(number: int, step: Step, language: str, width: int) -> Iterator[Row]:
    """A step: its number and formula, the reason below, and the picture that shows it."""
    yield from formula_rows(number, step, width, "curve1")
    indent = " " * _INDENT
    yield from (
        row(indent, *line) for line in wrapped(said(step.reason, language), width - _INDENT)
    )
    if step.shows:
        yield from wrapped(f"{indent}{step.command}", width, "muted", indent + " " * 2)


def formula_rows(
    number: int, step: Step, width: int, role: str, *, flat: bool = False
) -> Iterator[Row]:
    """The formula of a step behind its number, over as many lines as it takes, or `flat`."""
    room = width - _INDENT
    flat = flat or only_ascii_is_shown()
    box = Box((step.formula,)) if flat else typeset(step.formula, room)
    lines = box.lines
    if len(lines) == 1:
        lines = tuple(
            "".join(span.text for span in line)
            for line in wrapped(spelled(step.formula), room, indent="  ")
        )
    for at, line in enumerate(lines):
        lead = f"{number:>{_INDENT - 2}}  " if at == box.base else " " * _INDENT
        yield row((lead, "muted"), (line, role))
