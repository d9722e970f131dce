"""What stands in each pane, as pictures: pure functions of the state and the last result."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

from gradtui import gate
from gradtui.app.actions import hint
from gradtui.app.bar import NAME, WAYS_OUT, labels_within
from gradtui.app.echo import echoed
from gradtui.app.state import START_VIEW, State
from gradtui.lessons import DERIVED
from gradtui.models.finding import Finding, Remedy
from gradtui.plots.ascii import spelled
from gradtui.plots.picture import (
    FOCUSED,
    LETTERS,
    SAMPLES,
    Picture,
    Row,
    Span,
    cells_of,
    curve_role,
    fit_text,
    row,
    row_text,
    shortened,
    wrapped,
)
from gradtui.plots.wide import widened
from gradtui.setup import KNOBS
from gradtui.views.view import Size

MIN_SIZE = Size(60, 18)
SIDE_WIDTH = 24
_MOST_ROWS_READOUT = 7
_LEAST_PLOT, _MOST_LESSON = 36, 70


@dataclass(frozen=True)
class Areas:
    """How the rows and columns of the terminal are shared out."""

    side: Size
    plot: Size
    readout: Size
    verdict: Size


def areas(size: Size, curves: int, *, lesson: bool = False) -> Areas:
    """The layout for a terminal of this size: the plot takes what the others leave.

    Beside a `lesson` it has about half of the columns, and the verdict fewer rows.
    """
    verdict = 3 if size.height < 22 or lesson else 5 if size.height < 32 else 7
    readout = min(max(curves, 2) + 1, _MOST_ROWS_READOUT, max(4, (size.height - 16) // 2))
    main = size.height - 2 - verdict - readout
    side = SIDE_WIDTH if size.width < 100 else SIDE_WIDTH + 6
    if lesson:
        side = max(side, min(size.width - _LEAST_PLOT, size.width * 12 // 25, _MOST_LESSON))
    return Areas(
        side=Size(side, main),
        plot=Size(size.width - side, main),
        readout=Size(size.width, readout),
        verdict=Size(size.width, verdict),
    )


def top(state: State, width: int, progress: float, *, stopped: bool = False) -> Picture:
    """The views on their keys, after the name or the progress of what is being computed."""
    spans = labels_within(state.view, width - len(WAYS_OUT))
    if progress < 1:
        told = "stopped" if stopped else f"{progress:.0%}"
        spans[0] = Span(f"{told:>{len(NAME) - 1}} ".ljust(len(spans[0].text)), "warn")
    room = width - cells_of(spans)
    spans += [Span(" " * (room - len(WAYS_OUT))), Span(WAYS_OUT, "muted")]
    return Picture.of([tuple(spans)], width, 1)


def marked_where_cut(rows: Sequence[Row], size: Size) -> Sequence[Row]:
    """Rows of which the last that there is room for says that more would follow."""
    if len(rows) <= size.height:
        return rows
    shown = rows[: size.height]
    first, *rest = shown[-1]
    return (*shown[:-1], (Span("⋮", "muted"), Span(first.text[1:], first.role), *rest))


def roster(state: State, size: Size) -> Picture:
    """The list, scrolled so that its cursor is in sight."""
    names, chosen = state.listed, state.chosen
    in_focus = state.setup.focus_of(chosen)
    heading = row(
        (f" {state.roster.name} ", "title"),
        (f"/{state.filter}" if state.filter else "/ filters", "muted"),
    )
    room = size.height - 1
    wide = size.width - 11
    start = _first_name(state, room)
    rows: list[Row] = [heading]
    for position, name in enumerate(names[start : start + room], start):
        at_cursor = name == state.highlight
        pointer = Span("▸" if at_cursor else " ", "pointer")
        more = "⋮" if position == start + room - 1 and position < len(names) - 1 else " "
        if name in chosen:
            index = chosen.index(name)
            dot, sample = ("◉", FOCUSED) if name == in_focus else ("●", SAMPLES[index])
            letter = LETTERS[index]
            label = f"{dot} {letter} {_marked(name, wide)} {sample} {more}"
            rows.append(row(pointer, (label, curve_role(index))))
        else:
            label = f"    {_marked(name, wide)}     {more}"
            rows.append(row(pointer, (label, "here" if at_cursor else "")))
    if not names:
        rows.append(row((f"  nothing matches '{state.filter}'", "muted")))
    return Picture.of(rows, size.width, size.height)


def _marked(name: str, width: int) -> str:
    """A name of the list, and behind it an i where it has a lesson."""
    if name in DERIVED and len(name) + 2 <= width:
        return fit_text(name, width - 1) + "i"
    return fit_text(name, width)


def _first_name(state: State, room: int) -> int:
    """Which name stands first, where there is room for so many."""
    names = state.listed
    here = names.index(state.highlight) if state.highlight in names else 0
    return min(max(0, here - room // 2), max(0, len(names) - room))


_ELSEWHERE = ("focus", "model")
"""Knobs that the row of keys shows, as the list does its own."""


def knobs(state: State, width: int, most: int | None = None) -> Picture:
    """The knobs of the view with their letters and values, in at most so many rows.

    Where that is too few, or would leave the list hardly any, short ones share a row; where that
    does not do, the last row has the letters of those that are not shown.
    """
    lines = _knob_lines(state, width, most)
    if most is None or len(lines) <= most:
        return Picture.of([_knob_line(state, names, width) for names in lines], width)
    if most < 1:
        return Picture.of([], width)
    folded = [name for names in lines[most - 1 :] for name in names]
    lead = f" +{len(folded)} more: "
    letters = [KNOBS[name].letter for name in folded]
    if len(lead) + len(letters) >= width:
        lead = f" +{len(folded)} "  # a picture stands right beside it
    fits = len(lead) + 2 * len(letters) <= width
    rows = [_knob_line(state, names, width) for names in lines[: most - 1]]
    rows.append(row((lead, "muted"), ((" " if fits else "").join(letters), "key")))
    return Picture.of(rows, width)


def _knob_lines(state: State, width: int, most: int | None) -> list[tuple[str, ...]]:
    """The knobs of each row: one, or two neighbours, the last first, where there are too many."""
    lines: list[tuple[str, ...]] = [(name,) for name in _listed_knobs(state)]
    for at in range(len(lines) - 2, -1, -1):
        if most is None or len(lines) <= most - _SPARE_ROWS_LIST:
            break
        pair = lines[at : at + 2]
        if all(len(names) == 1 and _is_short(state, names[0], width // 2) for names in pair):
            lines[at : at + 2] = [(pair[0][0], pair[1][0])]
    return lines


def _is_short(state: State, name: str, width: int) -> bool:
    return (
        len(spelled(f" {KNOBS[name].letter} {KNOBS[name].label} {KNOBS[name].text(state.setup)}"))
        <= width
    )


def _knob_line(state: State, names: tuple[str, ...], width: int) -> Row:
    """One knob, or two with half of the row each."""
    if len(names) == 1:
        return _knob_row(state, names[0], width)
    spans: list[Span] = []
    for name in names:
        knob = KNOBS[name]
        label = spelled(knob.label)
        value = f"{knob.text(state.setup):>{width // 2 - 3 - len(label)}}"
        spans += row((f" {knob.letter} ", "key"), (label, "muted"), value)
    return tuple(spans)


def _listed_knobs(state: State) -> list[str]:
    elsewhere = (state.roster.name, *_ELSEWHERE)
    return [name for name in state.record.used(state.setup) if name not in elsewhere]


def _knob_row(state: State, name: str, width: int) -> Row:
    knob = KNOBS[name]
    value = knob.text(state.setup)
    label = f"{spelled(knob.label):<9} "
    room = width - 4 - len(label)  # a long label takes its cells from the value
    if len(value) > room:
        value = value[: room - 1] + "…"
    return row((f" {knob.letter} ", "key"), (label, "muted"), f"{value:>{room}}")


def side(state: State, size: Size) -> Picture:
    """The list over the knobs; or the lesson that is open."""
    if state.lesson:
        from gradtui.app import learning  # not before the first paint

        return learning.pane(state, size)
    # The list has a few rows in any case.
    below = knobs(state, size.width, size.height - _LEAST_ROWS_LIST)
    return roster(state, Size(size.width, size.height - below.height)).above(below)


_LEAST_ROWS_LIST, _SPARE_ROWS_LIST = 4, 2
"""Of the list: what it has in any case, and what more before knobs have rows of their own."""


def knob_at(state: State, size: Size, x: int, y: int) -> str:
    """The knob at a cell of the side pane; "" if there is none."""
    most = size.height - _LEAST_ROWS_LIST
    lines = _knob_lines(state, size.width, most)
    shown = lines if len(lines) <= most else lines[: most - 1]
    at = y - (size.height - knobs(state, size.width, most).height)
    if not 0 <= at < len(shown):
        return ""
    return shown[at][-1 if x >= size.width // 2 else 0]


def name_at(state: State, size: Size, y: int) -> str:
    """The activation in a row of the side pane; "" if there is none."""
    below = knobs(state, size.width, size.height - _LEAST_ROWS_LIST).height
    room = size.height - below - 1
    at = _first_name(state, room) + y - 1
    return state.listed[at] if 1 <= y <= room and at < len(state.listed) else ""


def entering(state: State, size: Size) -> Picture:
    """What stands in the place of a view's picture before there is any of it."""
    return Picture.of([row((f" {state.record.wait_text(state.setup)}", "muted"))], *size)


def verdict(
    finding: Finding | None,
    size: Size,
    notice: str = "",
    role: str = "bad",
    *,
    echo: tuple[str, ...] = (),
    final: bool = True,
) -> Picture:
    """What becomes of the gradient, why, on what that rests and what helps: a line each.

    What does not fit is cut with an ellipsis and the key that shows all of it. Below stands any
    notice, such as what is wrong with what was typed; it leaves the verdict
    its first line. As long as the verdict is not `final`, as not all is measured, its mark is an
    ellipsis. An `echo` of what is being typed stands there instead of all.
    """
    if echo:
        return echoed(echo, size)
    if notice:
        least = min(1 if role == "bad" else 2, size.height - 1) if finding else 0
        lines = _noticed(notice, Size(size.width, size.height - least), role)
        above = verdict(finding, Size(size.width, size.height - len(lines)), final=final)
        return Picture.of([*above.rows, *lines][-size.height :], size.width, size.height)
    if finding is None or not size.height:
        return Picture.of([], size.width, size.height)
    parts = _said(finding, size.width - 4)
    lines = [line for part in parts for line in part]
    remedy = _remedy(finding.remedy, size.width) if finding.remedy else []
    if len(lines) + len(remedy) > size.height:
        # The sentence comes first: the bottom row has the key of what helps, too.
        ways = [len(remedy), min(len(remedy), 1), 0]
        least = min(len(remedy), 1)
        way = next((way for way in ways if len(parts[0]) + way <= size.height), least)
        if 0 < way < len(remedy):
            remedy = [row(*remedy[0][:2], *_MORE)]  # what comes of it has no room
        remedy = remedy[: min(way, size.height - 1)]
        room = size.height - len(remedy)
        ends = {len(part) for part in itertools.accumulate(parts)}
        if len(lines) > room:
            lines, remedy = _cut(lines[:room], remedy, size.width - 4, whole=room in ends)
    mark = Span(f" {finding.kind.mark} ", finding.kind.role) if final else _NOT_YET
    marked = [row(Span("   ") if at else mark, *line) for at, line in enumerate(lines)]
    return Picture.of([*marked, *remedy], size.width, size.height)


_NOT_YET = Span(" … ", "muted")


def _said(finding: Finding, width: int) -> list[list[Row]]:
    """The verdict, its cause and its evidence, each on lines of its own."""
    return [
        wrapped(finding.sentence, width, finding.kind.role),
        wrapped(finding.cause, width),
        wrapped(finding.evidence, width, "muted"),
    ]


def _remedy(remedy: Remedy, width: int) -> list[Row]:
    """What helps, on its key, and what comes of it: on one line, or on several."""
    label = shortened(remedy.label, width - 4 - len(row_text(_MORE)))
    lead = row((" f ", "key"), (label, "good"))
    then = spelled(f"then {remedy.after}")
    if len(row_text(lead)) + 2 + len(then) <= width:
        return [row(*lead, (f"  {then}", "muted"))]
    at = len(row_text(lead)) + 2
    if at > width // 2:
        return [lead, *wrapped(f"   {then}", width - 1, "muted", "   ")]
    (((words, role),), *rest) = wrapped(" " * at + then, width - 1, "muted", "   ")
    return [row(*lead, (words[at - 2 :], role)), *rest]


def _noticed(notice: str, size: Size, role: str) -> list[Row]:
    """What was just done, on as many lines as there is room for."""
    lines = wrapped(f" {notice}", size.width, role, " ")
    if len(lines) <= size.height:
        return lines
    room = max(size.height, 1)
    words = " ".join(row_text(line).strip() for line in lines[:room]).split(" ")
    while len(lines) > room and words:
        lines = wrapped(f" {' '.join(words)} …", size.width, role, " ")
        words.pop()
    return lines[:room]


_MORE = (Span(" … ", "muted"), Span("v", "key"), Span(" more", "muted"))
"""What stands behind a verdict that goes on."""


def _cut(
    lines: list[Row], remedy: list[Row], width: int, *, whole: bool
) -> tuple[list[Row], list[Row]]:
    """The lines with the key that shows all of them at their end.

    Where they end with a `whole` part of the verdict that has no room for the key, it stands
    behind what helps.
    """
    if not lines:
        return [], remedy
    ((words, role),) = lines[-1]
    left = width - len(row_text(_MORE))
    if len(words) > left and whole and remedy:
        if len(row_text(remedy[-1])) <= left:
            return lines, [*remedy[:-1], row(*remedy[-1], *_MORE)]
        return lines, [row(*remedy[0][:2], *_MORE), *remedy[1:]]
    kept = words if len(words) <= left else words[: left + 1].rpartition(" ")[0]
    return [*lines[:-1], row((kept, role), *_MORE)], remedy


def notice(state: State, width: int) -> str:
    """What was just done, where the bottom row has no room for it: it stands over that."""
    message = widened(spelled(state.message))
    return message if len(message) >= width else ""


def bottom(state: State, width: int) -> Picture:
    """What was just done, or the keys that matter here."""
    if state.message and not notice(state, width):
        role = "bad" if state.failed else "title"
        return Picture.of([row((f" {widened(state.message)}", role))], width, 1)
    spans: list[Span] = [Span(" ")]
    for name in _hints(state):
        if (shown := hint(state, name)) is None:
            continue
        key, word = shown
        if cells_of(spans) + len(key) + len(word) + 3 > width:
            break
        spans += [Span(key, "key"), Span(f" {word}  ", "muted")]
    return Picture.of([tuple(spans)], width, 1)


_LESSON_HINTS = ("deeper", "next_focus", "undo", "lessons", "verdicts")
"""Of a lesson the pane itself has the keys; these are for what stands beside it."""


def _hints(state: State) -> tuple[str, ...]:
    """The view's; before them the way out of an enlarged picture, behind them the way into one."""
    if state.lesson:
        return _LESSON_HINTS
    if state.zoom.times:
        return ("all_of_it", *state.record.hints)
    zooms = state.record.zooms or state.record.enlarge is not None
    return (*state.record.hints, "magnify") if zooms else state.record.hints


def too_small(size: Size) -> Picture:
    """What to do when there is no room."""
    instead = f"press q and print a view instead: gradtui {START_VIEW}"
    if gate.is_shut():
        instead = "make its letters smaller with the browser's zoom (ctrl and -)"
    text = (
        f"gradtui needs {MIN_SIZE.width} columns and {MIN_SIZE.height} rows; "
        f"this terminal has {size.width} and {size.height}. Make it larger, or {instead}"
    )
    return Picture.of(wrapped(text, size.width), size.width, size.height)
