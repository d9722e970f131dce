"""A lesson beside the picture: the pure steps through it, and what its pane shows."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial

from gradtui.app.leaps import arriving
from gradtui.app.state import State, changed
from gradtui.lessons import LESSONS, VARIABLE, Lesson, Step
from gradtui.lessons.values import evaluate
from gradtui.mathematics.spec import parse_number
from gradtui.plots.ascii import only_ascii_is_shown
from gradtui.plots.picture import Picture, Row, row, row_of_first, shortened, wrapped
from gradtui.plots.wide import widened
from gradtui.views.command import scene
from gradtui.views.lesson_page import formula_rows, said
from gradtui.views.view import Size
from gradtui.wording import factor

# ------------------------------------------------------------------- its steps


def opened(state: State, name: str) -> State:
    """A lesson where it was left, with the picture of that step; undo leads back."""
    lesson = LESSONS[name]
    there = state.with_(lesson=name, predicting=False)
    at = there.step
    if at > len(lesson.steps):
        there, at = _at(there, 1), 1
    how = "→ goes on, esc leaves it; it is kept where you are."
    return _showing(there, _scene(lesson, at)).saying(how)


def turned(state: State, steps: int) -> State:
    """So many steps on or back; what may be guessed before a step is asked first.

    Behind the last one stands what it all means.
    """
    steps_of = LESSONS[state.lesson].steps
    at, end = state.step, len(steps_of) + 1
    to = min(max(at + steps, 1), end)
    if to == at:
        if steps < 0:
            return state.saying("The lesson begins here.")
        return left(state, "This was its end: o has it from the start, and the others")
    asks = to < end and steps_of[to - 1].predicts is not None
    if steps == 1 and asks and not state.predicting:
        return _gone(state, at).with_(predicting=True)
    return _gone(state.with_(predicting=False), to)


def predicted(state: State, text: str) -> State:
    """The step that was guessed, with how close that was.

    Raises:
        InputError: that is no number.
    """
    asked = LESSONS[state.lesson].steps[state.step].predicts
    assert asked is not None
    if not text.strip():
        return turned(state, 1)
    share = text.strip().endswith("%")
    guess = parse_number("your guess", text.strip().removesuffix("%")) / (100.0 if share else 1.0)
    return turned(state, 1).saying(_how_close(guess, evaluate(asked.answer)))


def _how_close(guess: float, answer: float) -> str:
    """A guess beside what is so."""
    what = f"It is {answer:.4g}; you said {guess:.4g}"
    if abs(guess - answer) <= 5e-3 * abs(answer):
        return f"{what}: right."
    if guess * answer > 0.0:
        return f"{what}, {factor(math.log10(guess / answer))} of it."
    return f"{what}, off by {abs(guess - answer):.3g}."


def unguessed(state: State) -> State:
    """Nothing is asked any more."""
    return state.with_(predicting=False)


def left(state: State, why: str = "Left the lesson: o goes on with it") -> State:
    """Without the lesson; what it showed stays."""
    undoes = ", u undoes the last change" * bool(state.past)
    return state.with_(lesson="", predicting=False).saying(f"{why}{undoes}.")


def in_the_other_language(state: State) -> State:
    """English or Korean."""
    return state.with_(language="en" if state.language == "ko" else "ko")


def _gone(state: State, to: int) -> State:
    """At a step, with its picture: what somebody changed in it stays, as long as it is the same."""
    lesson = LESSONS[state.lesson]
    before, command = _scene(lesson, state.step), _scene(lesson, to)
    there = _at(state, to).saying("")
    if not command or (command == before and _is_shown(state, command)):
        return there
    return _showing(there, command).with_(past=state.past)


def _is_shown(state: State, command: str) -> bool:
    """Whether this view of these activations or cells is what stands there."""
    view, setup = scene(command)
    return (state.view, state.chosen) == (view, state.record.roster(setup).of(setup))


def _at(state: State, step: int) -> State:
    """The lesson that is open, at this step."""
    learned = {**dict(state.learned), state.lesson: step}
    return state.with_(learned=tuple(learned.items()))


def _scene(lesson: Lesson, step: int) -> str:
    """The last picture that was asked for by then; "" if none was."""
    shown = [one.shows for one in lesson.steps[:step] if one.shows]
    return shown[-1] if shown else ""


def _showing(state: State, command: str) -> State:
    """The picture of a command."""
    if not command:
        return state
    view, setup = scene(command)
    done = changed(arriving(state, setup, view), setup, view)
    return done.touching(done.record.offered(done.setup))


LANGUAGE = "g"
_LOW = 13
"""Rows of a pane in which a title has one."""
LESSON_KEYS: Mapping[str, Callable[[State], State]] = {
    **dict.fromkeys(("right", "space", "enter"), partial(turned, steps=1)),
    **dict.fromkeys(("left", "backspace"), partial(turned, steps=-1)),
    "end": partial(turned, steps=1_000),
    "home": partial(turned, steps=-1_000),
    "escape": left,
    LANGUAGE: in_the_other_language,
}
"""What a key does while a lesson is open; every other is the view's."""


# -------------------------------------------------------------------- its pane


def pane(state: State, size: Size) -> Picture:
    """The lesson at its step: as many of the lines before it as there is room for, then keys."""
    lesson, language = LESSONS[state.lesson], state.told_in
    width = size.width - 1
    at, total = state.step, len(lesson.steps)
    title = said(lesson.title, language)
    if size.height < _LOW:
        title = shortened(title, width - 1)
    heading = wrapped(f" {title}", width, "title", " ")
    heading.append(row((f" {at} / {total}" if at <= total else " ∎", "muted")))
    room = size.height - len(heading) - 1
    now = list(_now(lesson, state, language, width))
    if len(now) > room:
        now = list(_now(lesson, state, language, width, flat=True))
    lines = _before(lesson.steps[: at - 1], width, room - len(now)) + now
    if len(now) > room:
        more = {"en": "has all of it", "ko": "전체 보기"}[language]
        cut = row(("    … ", "muted"), ("v ", "key"), (widened(more), "muted"))
        lines = [*now[: max(room - 1, 0)], cut]
    lines += [()] * (room - len(lines))
    return Picture.of([*heading, *lines, _keys(language, width)], size.width, size.height)


def _now(
    lesson: Lesson, state: State, language: str, width: int, *, flat: bool = False
) -> Iterator[Row]:
    """The step itself, its formula in one line if `flat`; or what is asked; or the moral."""
    at = state.step
    if at > len(lesson.steps):
        yield from _indented(said(lesson.moral, language), width, "good")
        return
    step = lesson.steps[at - 1]
    yield from formula_rows(at, step, width, "title", flat=flat)
    asked = lesson.steps[at].predicts if state.predicting else None
    if asked is not None:
        yield from _indented(said(asked.question, language), width, "warn")
        return
    yield from _indented(said(step.reason, language), width, "")
    if at == 1 and lesson.activations:
        yield from _indented(said(VARIABLE, language), width, "muted")


def _indented(text: str, width: int, role: str) -> list[Row]:
    return [row("    ", *line) for line in wrapped(text, width - 4, role)]


def _before(steps: Sequence[Step], width: int, room: int) -> list[Row]:
    """The formulas before, the last of them last, a blank line behind each."""
    lines: list[Row] = []
    for number, step in reversed([*enumerate(steps, 1)]):
        more = [*formula_rows(number, step, width, "muted"), ()]
        if len(lines) + len(more) > room:
            break
        lines = more + lines
    return lines


def _keys(language: str, width: int) -> Row:
    on, back = (" → ", "key"), ("← ", "key")
    moves = [on, ("next ", "muted"), back, ("back ", "muted")]
    other = "English" if language == "ko" else widened("한국어")
    told = [(f"{LANGUAGE} ", "key"), (f"{other} ", "muted")]
    leaves = [("esc ", "key"), ("leaves", "muted")]
    if only_ascii_is_shown():
        return row_of_first(width, [*moves, *leaves], [on, back, *leaves])
    return row_of_first(width, [*moves, *told, *leaves], [on, back, *told, *leaves[:1]])


def whole(state: State, width: int) -> list[Row]:
    """The step that is open, with all that there is no room for in its pane."""
    lesson = LESSONS[state.lesson]
    rows = wrapped(said(lesson.title, state.told_in), width, "title")
    return [*rows, (), *_now(lesson, state, state.told_in, width), ()]
