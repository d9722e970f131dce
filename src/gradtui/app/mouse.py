"""What is meant by a click or the wheel at a cell: pure functions of the state and what is shown.

The answer is the name of one of the actions, a step of the state, or None where nothing is meant:
whatever the mouse does, a key does too.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TypeAlias

from gradtui.app import panes, steps
from gradtui.app.actions import hint, own_actions
from gradtui.app.places import view_keys
from gradtui.app.state import State, guarded
from gradtui.plots.picture import LETTERS, Picture, row_text
from gradtui.setup import KNOBS
from gradtui.views.view import Size

Meant: TypeAlias = str | Callable[[State], State] | None

_MARKS = 4
"""The columns of the list in which a curve's mark and letter stand: a click there compares."""

_WORD = re.compile(r"\d+")


@dataclass(frozen=True)
class Spot:
    """A cell of a pane, and what is shown there."""

    pane: str
    x: int
    y: int
    picture: Picture

    @property
    def size(self) -> Size:
        """Of the pane."""
        return Size(self.picture.width, self.picture.height)

    @property
    def line(self) -> str:
        """The row of text."""
        return row_text(self.picture.rows[self.y]) if self.y < self.picture.height else ""


def clicked(state: State, spot: Spot) -> Meant:
    """What a click there means."""
    if spot.pane == "side":
        return _in_the_side(state, spot)
    if spot.pane == "plot":
        return _in_the_plot(state, spot)
    if spot.pane == "readout":
        return _in_the_readout(state, spot)
    if spot.pane == "verdict":
        if (more := spot.line.find("… v more")) >= 0 and spot.x >= more:
            return "verdicts"
        return "fix" if spot.line.startswith(" f ") else None
    return _on_a_key(state, spot)


class Wheel:
    """The wheel, which stays with what it began to turn as long as the pointer rests on its cell.

    A turn may move the rows below the pointer, so that another knob comes to stand there.
    """

    def __init__(self) -> None:
        """Nothing is turned yet."""
        self._cell: tuple[str, int, int] | None = None
        self._knob = ""

    def let_go(self) -> None:
        """Something else was done: what is under the pointer counts again."""
        self._cell = None

    def turned(self, state: State, spot: Spot, steps_down: int) -> Meant:
        """What it means there, n notches towards whoever turns it."""
        if spot.pane == "plot":
            return partial(steps.walk, steps=steps_down)
        if spot.pane == "readout":
            return partial(steps.next_focus, steps=steps_down)
        if spot.pane != "side":
            return None
        cell, gone = (spot.pane, spot.x, spot.y), self._knob not in ("", *state.record.knobs)
        if cell != self._cell or gone:
            self._cell, self._knob = cell, panes.knob_at(state, spot.size, spot.x, spot.y)
        if self._knob:
            return partial(steps.step_knob, name=self._knob, steps=-steps_down)
        return partial(steps.move_highlight, steps=steps_down)


# ------------------------------------------------------------------- the panes


def _on_a_key(state: State, spot: Spot) -> Meant:
    """The bar of the views, or the row of hints: what has the key there."""
    at = 0
    for text, _ in spot.picture.rows[0]:
        if at <= spot.x < at + len(text):
            break
        at += len(text)
    else:
        return None
    if spot.pane == "bottom":
        if state.message:
            return None
        return _hint_at(state, spot.x)
    for name, (_, key) in view_keys().items():
        if text.split()[:1] in ([key], [name]):
            return f"view_{name}"
    if "? help" in text:
        return "help" if spot.x < at + text.index("q quit") else "quit"
    return None


def _hint_at(state: State, x: int) -> Meant:
    """The action whose key and words stand there; the arrows alone are no action."""
    at = 1
    for name in state.record.hints:
        if (shown := hint(state, name)) is None:
            continue
        length = len(shown[0]) + len(shown[1]) + 3
        if at <= x < at + length:
            own = [one.name for one in own_actions(state) if one.hint == shown]
            return None if name in ("left", "climb") else (own[0] if own else name)
        at += length
    return None


def _in_the_side(state: State, spot: Spot) -> Meant:
    if spot.y == 0:
        return "filter"
    if knob := panes.knob_at(state, spot.size, spot.x, spot.y):
        return f"key_{KNOBS[knob].letter}"
    name = panes.name_at(state, spot.size, spot.y)
    if not name:
        return None
    if spot.x <= _MARKS:
        return lambda now: steps.toggle(now.with_(highlight=name))
    if name == state.highlight:
        return steps.only
    return lambda now: steps.move_highlight(now, now.listed.index(name) - _here(now))


def _here(state: State) -> int:
    """Where `move_highlight` starts from, downwards."""
    return state.listed.index(state.highlight) if state.highlight in state.listed else -1


def _in_the_readout(state: State, spot: Spot) -> Meant:
    """The verdict of the line there."""
    subjects = state.record.subjects(state.setup)
    letter = spot.line[1:2]
    at = LETTERS.find(letter) if spot.line[:1] == spot.line[2:3] == " " and letter.strip() else -1
    if not 0 <= at < len(subjects):
        return None
    return lambda now: guarded(now, now.setup.with_(focus=subjects[at]))


# -------------------------------------------------------------------- the plot


def _in_the_plot(state: State, spot: Spot) -> Meant:
    """The cursor there, where the picture has an axis for it or names the layer."""
    record = state.record
    if (frame := _frame_at(spot)) is None:
        layer = _layer_at(spot) if record.cursor == "layer" else None
        if layer is None or not 1 <= layer <= state.setup.depth:
            return None
        return lambda now: _placed(now, {"layer": float(layer)})
    places = {record.cursor: _between(frame.x_ticks(), spot.x)}
    if record.upright is not None:
        places[record.upright(state.setup)] = _between(frame.y_ticks(), spot.y)
    known = {name: at for name, at in places.items() if at is not None}
    return (lambda now: _placed(now, known)) if known else None


def _placed(state: State, places: Mapping[str, float]) -> State:
    """The cursor at these values, or as near as it can be."""
    values = {
        name: KNOBS[name].step(round(at), 0) if isinstance(KNOBS[name].of(state.setup), int) else at
        for name, at in places.items()
    }
    return state.with_(setup=state.setup.with_(**values).clamped(), playing=False)


def _between(ticks: Sequence[tuple[int, float]], at: int) -> float | None:
    """The value at a cell by the ticks on its axis, to a digit that a cell can tell."""
    if not ticks:
        return None
    if len(ticks) == 1:
        return ticks[0][1]
    # Between the two next to it: an axis of lags may be logarithmic.
    after = min(max(sum(place <= at for place, _ in ticks), 1), len(ticks) - 1)
    (first, low), (last, high) = ticks[after - 1], ticks[after]
    cell = (high - low) / (last - first)
    value = low + (at - first) * cell
    return round(value, 1 - math.floor(math.log10(abs(cell)))) if cell else value


@dataclass(frozen=True)
class _Frame:
    """The frame of a plot: the first and last column and line inside it, in these lines."""

    left: int
    right: int
    top: int
    bottom: int
    lines: Sequence[str]

    def x_ticks(self) -> list[tuple[int, float]]:
        """The columns of the ticks below it, and their numbers."""
        edge, below = self.lines[self.bottom + 1], self.lines[self.bottom + 2]
        ticks = [at for at in range(self.left, self.right + 1) if edge[at] == "┬"]
        # A label stands around its tick.
        words = [word for word in re.finditer(r"\S+", below)
                 if self.left - 3 <= (word.start() + word.end()) / 2 <= self.right + 3]  # fmt: skip
        values = [_number(word[0]) for word in words]
        if len(ticks) != len(values):
            return []
        return [(at, one) for at, one in zip(ticks, values, strict=True) if one is not None]

    def y_ticks(self) -> list[tuple[int, float]]:
        """The lines of the ticks at its left, and their numbers."""
        found = []
        for at in range(self.top, self.bottom + 1):
            before, tick = self.lines[at][: self.left - 1], self.lines[at][self.left - 1]
            if tick in "┤▸" and before.split():
                found.append((at, _number(before.split()[-1])))
        return [(at, one) for at, one in found if one is not None]


def _number(text: str) -> float | None:
    try:
        return float(text.replace(",", "").replace("−", "-"))
    except ValueError:
        return None


def _frame_at(spot: Spot) -> _Frame | None:
    """The frame around a cell, if it has ticks below.

    Of frames of several sizes only the largest have the cursor's axis.
    """
    lines = [row_text(one) for one in spot.picture.rows]
    found = []
    for top, line in enumerate(lines):
        for corner in re.finditer("┌[^┌┐]*┐", line):
            left, right = corner.start() + 1, corner.end() - 2
            ends = (at for at in range(top + 1, len(lines) - 1) if lines[at][left - 1] == "└")
            bottom = next(ends, top)
            if "┬" in lines[bottom][left : right + 1]:
                found.append(_Frame(left, right, top + 1, bottom - 1, lines))
    widest = max((one.right - one.left for one in found), default=0)
    for one in found:
        inside = one.left <= spot.x <= one.right and one.top <= spot.y <= one.bottom
        if inside and one.right - one.left >= widest - 1:
            return one
    return None


def _layer_at(spot: Spot) -> int | None:
    """The layer that is named at the cell, or at the left of its row."""
    for word in _WORD.finditer(spot.line):
        if word.start() <= spot.x < word.end():
            return int(word[0])
    label = re.match(r"[ ▸]*(\d+) *[│┤]", spot.line)
    return int(label[1]) if label else None
