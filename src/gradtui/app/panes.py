"""What stands in each pane, as pictures: pure functions of the state and the last result."""

from __future__ import annotations

from dataclasses import dataclass

from gradtui.app.state import State
from gradtui.plots.picture import (
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
from gradtui.views import VIEWS
from gradtui.views.knobs import KNOBS
from gradtui.views.setup import CHAIN, NETWORK
from gradtui.views.view import Finding, Size

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
    for letters, gap in ((None, " "), (5, ""), (0, "")):
        spans: list[Span] = [Span(" gradtui " + 2 * gap, "brand")]
        for index, name in enumerate(VIEWS, 1):
            here = name == state.view
            shown = name if here and not letters else name[:letters]
            label = f"{gap}{index} {shown}".rstrip() + " "
            spans.append(Span(label, "here" if here else "muted"))
        room = width - sum(len(span.text) for span in spans)
        if room >= _ROOM_ON_THE_RIGHT:
            break
    room -= len(middle)
    right = next((one for one in ("? help  q quit ", "q quit ") if len(one) <= room), "")
    spans += [Span(" " * (room - len(right))), Span(middle, "warn"), Span(right, "muted")]
    return Picture.of([tuple(spans)], width, 1)


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
            dot = "◉" if name == state.setup.focused else "●"
            label = f"{dot} {LETTERS[index]} {name[:wide]:<{wide}} {SAMPLES[index]} {more}"
            rows.append(row(pointer, (label, curve_role(index))))
        else:
            label = f"    {name[:wide]:<{wide}}     {more}"
            rows.append(row(pointer, (label, "here" if at_cursor else "")))
    if not names:
        rows.append(row((f"  nothing matches '{state.filter}'", "muted")))
    return Picture.of(rows, size.width, size.height)


_ELSEWHERE = ("activations", "focus", "model")
"""Knobs that the list and the row of keys show."""


def knobs(state: State, width: int) -> Picture:
    """The knobs of the view with their letters and values."""
    rows = []
    for name in state.record.used(state.setup):
        if name in _ELSEWHERE:
            continue
        knob = KNOBS[name]
        value = knob.text(state.setup)
        room = width - 13
        if len(value) > room:
            value = value[: room - 1] + "…"
        rows.append(
            row((f" {knob.letter} ", "key"), (f"{knob.label:<9} ", "muted"), f"{value:>{room - 1}}")
        )
    return Picture.of(rows, width)


def side(state: State, size: Size) -> Picture:
    """The list over the knobs."""
    below = knobs(state, size.width)
    # The list has a few rows in any case; of the knobs the last give way.
    below = Picture.of(below.rows, size.width, min(below.height, size.height - 4))
    return activations(state, Size(size.width, size.height - below.height)).above(below)


def verdict(found: Finding | None, size: Size, complaint: str = "") -> Picture:
    """The verdict in words, its cause, and the remedy on its key; below it any complaint."""
    if complaint:
        wrong = wrapped(f" {complaint}", size.width, "bad", " ")
        above = verdict(found, Size(size.width, max(size.height - len(wrong), 0)))
        return Picture.of([*above.rows, *wrong][-size.height :], size.width, size.height)
    if found is None or not size.height:
        return Picture.of([], size.width, size.height)
    width = size.width - 4
    remedy: list[Row] = []
    if found.remedy is not None:
        lead = row((" f ", "key"), (found.remedy.label, "good"))
        then = row((f"  then {found.remedy.after}", "muted"))
        fits = len(row_text(lead + then)) <= size.width
        remedy = [lead + then] if fits or size.height < 5 else [lead, row("  ", *then)]
    room = size.height - len(remedy)
    rows = wrapped(found.text, width)
    marked: list[Row] = []
    left = len(found.sentence)  # what of the sentence, which has the verdict's colour, is to come
    for index, line in enumerate(rows[:room]):
        words = line[0].text
        if index == room - 1 and len(rows) > room:
            words = words[: width - 2].rstrip() + " …"
        mark = Span(f" {found.kind.mark} " if index == 0 else "   ", found.kind.role)
        said = words[: max(left, 0)]
        marked.append(row(mark, (said, found.kind.role), words[len(said) :]))
        left -= len(words) + 1
    return Picture.of([*marked, *remedy], size.width, size.height)


_HINTS = {
    "derivative": ("left", "toggle", "filter", "info", "fix", "undo", "scenarios", "command"),
    "chain": ("left", "play", "deeper", "fix", "undo", "scenarios", "command", "export"),
    "decay": (
        "deeper",
        "toggle",
        "next_focus",
        "model",
        "fix",
        "undo",
        "scenarios",
        "command",
        "export",
    ),
    "layers": ("left", "deeper", "toggle", "next_focus", "fix", "undo", "scenarios", "command"),
    "init": ("left", "deeper", "toggle", "fix", "paste", "undo", "scenarios", "command"),
    "phase": ("climb", "snap", "take_into_decay", "fix", "toggle", "undo", "scenarios", "command"),
    "spectrum": ("left", "deeper", "toggle", "fix", "undo", "scenarios", "command", "export"),
}
_SHORT = {
    "left": ("←→", "cursor"),
    "climb": ("←→↑↓", "cursor"),
    "snap": ("C", "critical"),
    "take_into_decay": ("D", "into decay"),
    "toggle": ("space", "compare"),
    "filter": ("/", "filter"),
    "info": ("i", "facts"),
    "paste": ("L", "lines to paste"),
    "fix": ("f", "fix"),
    "undo": ("u", "undo"),
    "scenarios": ("s", "scenarios"),
    "command": ("y", "command"),
    "export": ("e", "export"),
    "play": ("p", "play"),
    "deeper": ("[ ]", "depth"),
    "next_focus": ("tab", "next"),
    "model": ("c", NETWORK),
}


def bottom(state: State, width: int) -> Picture:
    """What was just done, or the keys that matter here."""
    if state.message:
        role = "bad" if state.failed else "title"
        return Picture.of([row((f" {state.message}", role))], width, 1)
    spans: list[Span] = [Span(" ")]
    for name in _HINTS[state.view]:
        key, word = _SHORT[name]
        if word == state.setup.model:
            word = CHAIN
        if sum(len(span.text) for span in spans) + len(key) + len(word) + 3 > width:
            break
        spans += [Span(key, "key"), Span(f" {word}  ", "muted")]
    return Picture.of([tuple(spans)], width, 1)


def too_small(size: Size) -> Picture:
    """What to do when there is no room."""
    text = (
        f"gradtui needs {MIN_SIZE.width} columns and {MIN_SIZE.height} rows; "
        f"this terminal has {size.width} and {size.height}. Make it larger, or press q and "
        "print a view instead: gradtui decay"
    )
    return Picture.of(wrapped(text, size.width), size.width, size.height)
