"""What `gradtui learn` prints: the lessons, one of them, a step of it, or a handout."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Mapping

from gradtui.errors import InputError, nearest
from gradtui.lessons import LESSONS, VARIABLE, Lesson
from gradtui.lessons.handout import document, markdown
from gradtui.plots.picture import Row, row, wrapped
from gradtui.views.lesson_page import page, said, step_rows

HANDOUTS: Mapping[str, Callable[[Lesson, str], Iterator[str]]] = {"md": markdown, "tex": document}
"""By the ending of a file that is one."""


def rows(options: argparse.Namespace, language: str, width: int) -> Iterator[Row]:
    """The list of lessons; a lesson; or one step of it.

    Raises:
        InputError: there is no such lesson, or no such step.
    """
    if options.lesson is None:
        if options.step is not None:
            raise InputError("--step", options.step, "a step of a lesson", "name the lesson, too")
        return _all(language, width)
    lesson = _named(options.lesson)
    if options.step is None:
        return page(lesson, language, width)
    return _one(lesson, _number(options.step, lesson), language, width)


def handout(options: argparse.Namespace, language: str, format: str) -> Iterator[str]:
    """The lesson on paper; without a name all of them, one after the other.

    Raises:
        InputError: there is no such lesson, or only a part of one is asked for.
    """
    if options.step is not None:
        raise InputError(
            "--step", options.step, "on the screen: a handout has all steps", "leave it out"
        )
    if options.lesson is None:
        raise InputError("lesson", "", "the lesson of a handout", f"name one of {_NAMES}")
    return HANDOUTS[format](_named(options.lesson), language)


_NAMES = ", ".join(LESSONS)


def _named(name: str) -> Lesson:
    if name.casefold() in LESSONS:
        return LESSONS[name.casefold()]
    near = nearest(name, LESSONS)
    hint = f"did you mean {' or '.join(near)}?" if near else f"there are {_NAMES}"
    raise InputError("lesson", name, "a lesson", hint)


def _all(language: str, width: int) -> Iterator[Row]:
    room = max(map(len, LESSONS))
    for name, lesson in LESSONS.items():
        lead = f"{name:<{room}} {len(lesson.steps):>3} "
        title = wrapped(lead + said(lesson.title, language), width, indent=" " * len(lead))
        first = "".join(span.text for span in title[0])
        yield row((first[:room], "title"), (first[room : len(lead)], "muted"), first[len(lead) :])
        yield from title[1:]
    yield ()
    yield from wrapped(
        "Each with the number of its steps: gradtui learn NAME prints one, --step N a step of it, "
        "--markdown or --latex a handout. In the app o opens them beside the picture.",
        width,
        "muted",
    )


def _number(text: str, lesson: Lesson) -> int:
    total = len(lesson.steps)
    if not (text.isascii() and text.isdigit() and len(text) < 5 and 1 <= int(text) <= total):
        allowed = f"a step of {lesson.name}: 1 to {total}"
        low = text.strip().startswith("-") or text.strip() == "0"
        raise InputError("--step", text, allowed, f"try --step {1 if low else total}")
    return int(text)


def _one(lesson: Lesson, number: int, language: str, width: int) -> Iterator[Row]:
    """One step, with the one that it continues, and what may be guessed before the next."""
    steps = lesson.steps
    total = len(steps)
    yield from wrapped(f"{said(lesson.title, language)}   {number} / {total}", width, "title")
    yield ()
    first = number
    while steps[first - 1].continues and first > max(number - 1, 1):
        first -= 1
    for at in range(first, number + 1):
        yield from step_rows(at, steps[at - 1], language, width)
    if number == 1 and lesson.activations:
        yield from (*wrapped(said(VARIABLE, language), width, "muted"), ())
    if number == total:
        yield ()
        yield from wrapped(said(lesson.moral, language), width, "good")
        return
    yield ()
    if asked := steps[number].predicts:
        yield from wrapped(said(asked.question, language), width, "warn")
    yield from wrapped(f"gradtui learn {lesson.name} --step {number + 1}", width, "muted")
