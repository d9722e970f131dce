"""What stands in each pane, as pictures: pure functions of the state and the last result."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from gradtui.app.actions import hint
from gradtui.app.places import view_keys
from gradtui.app.state import START_VIEW, State
from gradtui.models.finding import Finding
from gradtui.plots.picture import (
    FOCUSED,
    LETTERS,
    SAMPLES,
    Picture,
    Row,
    Span,
    curve_role,
    row,
    row_text,
    wrapped,
)
from gradtui.setup import KNOBS
from gradtui.views.view import Size

MIN_SIZE = Size(60, 18)
SIDE_WIDTH = 24
_MOST_ROWS_READOUT = 7


@dataclass(frozen=True)
class Areas:
    """How the rows and columns of the terminal are shared out."""

    side: Size
    plot: Size
    readout: Size
    verdict: Size


def areas(size: Size, curves: int) -> Areas:
    """The layout for a terminal of this size: the plot takes what the others leave."""
    verdict = 5 if size.height >= 22 else 3
    readout = min(max(curves, 2) + 1, _MOST_ROWS_READOUT, max(4, (size.height - 16) // 2))
    main = size.height - 2 - verdict - readout
    side = SIDE_WIDTH if size.width < 100 else SIDE_WIDTH + 6
    return Areas(
        side=Size(side, main),
        plot=Size(size.width - side, main),
        readout=Size(size.width, readout),
        verdict=Size(size.width, verdict),
    )


def top(state: State, width: int, progress: float) -> Picture:
    """The name, the views on their keys, the progress of what is being computed."""
    middle = f" {progress:4.0%} " if progress < 1 else ""
    spans = _bar(state.view, width - _ROOM_ON_THE_RIGHT)
    room = width - _cells(spans) - len(middle)
    right = next((way for way in ("? help  q quit ", "q quit ") if len(way) <= room), "")
    spans += [Span(" " * (room - len(right))), Span(middle, "warn"), Span(right, "muted")]
    return Picture.of([tuple(spans)], width, 1)


def _cells(spans: list[Span]) -> int:
    return sum(len(span.text) for span in spans)


def _bar(here: str, room: int) -> list[Span]:
    """The views on their keys, with as much of their names as there is room for."""
    names = list(view_keys())
    for length, gap in ((None, " "), (_SHORT_NAME, "")):
        spans = _labels(here, dict.fromkeys(names, length), gap)
        if _cells(spans) <= room:
            return spans
    lengths: dict[str, int | None] = dict.fromkeys(names, 0) | {here: None}
    spans = _labels(here, lengths)
    if len(names) > _FOUND_BY_NUMBER:
        # Of so many, the neighbours are named too, the nearest first.
        at = names.index(here)
        for name in sorted(names, key=lambda name: abs(names.index(name) - at))[1:]:
            lengths[name] = _SHORT_NAME
            wider = _labels(here, lengths)
            if _cells(wider) > room:
                break
            spans = wider
    return spans


def _labels(here: str, lengths: Mapping[str, int | None], gap: str = "") -> list[Span]:
    """The name of the program and the views, of each name so many letters; None is all."""
    spans = [Span(" gradtui " + 2 * gap, "brand")]
    for name, (_, key) in view_keys().items():
        label = " ".join(part for part in (key, name[: lengths[name]]) if part)
        if key or name == here:
            spans.append(Span(f"{gap}{label} ", "here" if name == here else "muted"))
    return spans


_FOUND_BY_NUMBER = 9
"""So many views are found by their digits alone."""

_SHORT_NAME = 5
"""Letters of a name that is cut."""

_ROOM_ON_THE_RIGHT = len(" 100% q quit ")
"""What the progress and the way out take; the names of the views are cut for them."""


def activations(state: State, size: Size) -> Picture:
    """The list, scrolled so that its cursor is in sight."""
    names = state.listed
    chosen = state.setup.activations
    heading = row(
        (" activations ", "title"),
        (f"/{state.filter}" if state.filter else "/ filters", "muted"),
    )
    room = size.height - 1
    wide = size.width - 11
    here = names.index(state.highlight) if state.highlight in names else 0
    start = min(max(0, here - room // 2), max(0, len(names) - room))
    rows: list[Row] = [heading]
    for position, name in enumerate(names[start : start + room], start):
        at_cursor = name == state.highlight
        pointer = Span("▸" if at_cursor else " ", "pointer")
        more = "⋮" if position == start + room - 1 and position < len(names) - 1 else " "
        if name in chosen:
            index = chosen.index(name)
            focused = name == state.setup.focused
            dot, sample = ("◉", FOCUSED) if focused else ("●", SAMPLES[index])
            label = f"{dot} {LETTERS[index]} {name[:wide]:<{wide}} {sample} {more}"
            rows.append(row(pointer, (label, curve_role(index))))
        else:
            label = f"    {name[:wide]:<{wide}}     {more}"
            rows.append(row(pointer, (label, "here" if at_cursor else "")))
    if not names:
        rows.append(row((f"  nothing matches '{state.filter}'", "muted")))
    return Picture.of(rows, size.width, size.height)


_ELSEWHERE = ("activations", "focus", "model")
"""Knobs that the list and the row of keys show."""


def knobs(state: State, width: int, most: int | None = None) -> Picture:
    """The knobs of the view with their letters and values, in at most so many rows.

    Where that is too few, the last row has the letters of those that are not shown.
    """
    names = [name for name in state.record.used(state.setup) if name not in _ELSEWHERE]
    if most is None or len(names) <= most:
        return Picture.of([_knob_row(state, name, width) for name in names], width)
    if most < 1:
        return Picture.of([], width)
    shown, folded = names[: most - 1], names[most - 1 :]
    lead = f" +{len(folded)} more: "
    letters = [KNOBS[name].letter for name in folded]
    fits = len(lead) + 2 * len(letters) <= width
    rows = [_knob_row(state, name, width) for name in shown]
    rows.append(row((lead, "muted"), ((" " if fits else "").join(letters), "key")))
    return Picture.of(rows, width)


def _knob_row(state: State, name: str, width: int) -> Row:
    knob = KNOBS[name]
    value = knob.text(state.setup)
    room = width - 13
    if len(value) > room:
        value = value[: room - 1] + "…"
    return row((f" {knob.letter} ", "key"), (f"{knob.label:<9} ", "muted"), f"{value:>{room - 1}}")


def side(state: State, size: Size) -> Picture:
    """The list over the knobs."""
    # The list has a few rows in any case.
    below = knobs(state, size.width, size.height - _LEAST_ROWS_LIST)
    return activations(state, Size(size.width, size.height - below.height)).above(below)


_LEAST_ROWS_LIST = 4


def verdict(finding: Finding | None, size: Size, complaint: str = "") -> Picture:
    """The verdict in words, its cause, and the remedy on its key; below it any complaint."""
    if complaint:
        wrong = wrapped(f" {complaint}", size.width, "bad", " ")
        above = verdict(finding, Size(size.width, max(size.height - len(wrong), 0)))
        return Picture.of([*above.rows, *wrong][-size.height :], size.width, size.height)
    if finding is None or not size.height:
        return Picture.of([], size.width, size.height)
    width = size.width - 4
    remedy: list[Row] = []
    if finding.remedy is not None:
        lead = row((" f ", "key"), (finding.remedy.label, "good"))
        then = row((f"  then {finding.remedy.after}", "muted"))
        fits = len(row_text(lead + then)) <= size.width
        remedy = [lead + then] if fits or size.height < 5 else [lead, row("  ", *then)]
    room = size.height - len(remedy)
    rows = wrapped(finding.text, width)
    marked: list[Row] = []
    left = len(finding.sentence)  # what of the sentence, which has the verdict's colour, is to come
    for index, line in enumerate(rows[:room]):
        words = line[0].text
        if index == room - 1 and len(rows) > room:
            words = words[: width - 2].rstrip() + " …"
        mark = Span(f" {finding.kind.mark} " if index == 0 else "   ", finding.kind.role)
        said = words[: max(left, 0)]
        marked.append(row(mark, (said, finding.kind.role), words[len(said) :]))
        left -= len(words) + 1
    return Picture.of([*marked, *remedy], size.width, size.height)


def bottom(state: State, width: int) -> Picture:
    """What was just done, or the keys that matter here."""
    if state.message:
        role = "bad" if state.failed else "title"
        return Picture.of([row((f" {state.message}", role))], width, 1)
    spans: list[Span] = [Span(" ")]
    for name in state.record.hints:
        if (shown := hint(state, name)) is None:
            continue
        key, word = shown
        if _cells(spans) + len(key) + len(word) + 3 > width:
            break
        spans += [Span(key, "key"), Span(f" {word}  ", "muted")]
    return Picture.of([tuple(spans)], width, 1)


def too_small(size: Size) -> Picture:
    """What to do when there is no room."""
    text = (
        f"gradtui needs {MIN_SIZE.width} columns and {MIN_SIZE.height} rows; "
        f"this terminal has {size.width} and {size.height}. Make it larger, or press q and "
        f"print a view instead: gradtui {START_VIEW}"
    )
    return Picture.of(wrapped(text, size.width), size.width, size.height)
