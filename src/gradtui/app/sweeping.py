"""A sweep in the app: what it is over is asked, it is computed beside the screen, and is a page.

The cells are computed by processes of their own, one fewer than there are cores, so that the screen
has one; a thread takes what they give. Esc, the page's end and the app's end it with all of them.
"""

from __future__ import annotations

import os
import shlex
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import ClassVar

from rich.style import Style
from textual.binding import Binding, BindingType

from gradtui.app.aside import Aside
from gradtui.app.asking import Question, Reply
from gradtui.app.leaps import arriving
from gradtui.app.screens import Page
from gradtui.app.state import State, changed
from gradtui.app.words import Words
from gradtui.errors import CommandError, InputError, printable
from gradtui.files import write_atomically
from gradtui.plots.picture import Row as PageRow
from gradtui.plots.picture import wrapped
from gradtui.progress import Tick
from gradtui.setup import KNOBS, Setup, implied
from gradtui.setup.naming import in_app
from gradtui.sweeps.cell import Row, command_of
from gradtui.sweeps.files import full_row, head_of, line_of
from gradtui.sweeps.grid import Grid, axis_of, counting, grid_of
from gradtui.sweeps.picture import layout_of, picture, told_below
from gradtui.sweeps.pools import Processes
from gradtui.sweeps.running import computed
from gradtui.wording import counted, duration

_MOST = 2_000
"""The most cells of a sweep in the app: more is the command line's, where it is kept."""
_EVERY = 0.5
"""Seconds between two pictures of what is not all there."""
_MARGIN = 8
_WIDEST = 90


class SweepQuestion(Question):
    """Which knobs take which values; the others are as they are.

    Args:
        state: what is looked at.
        begin: takes the grid that is asked for.
    """

    label = "sweep over"
    hint = "KNOB=10:1000:log9 KNOB=…,…"

    def __init__(self, state: State, begin: Callable[[Grid], object]) -> None:
        length = state.record.length
        self.value = f"{length}=10:1000:log9 " if length in state.record.knobs else ""
        self._begin = begin

    def completions(self, text: str) -> list[str]:
        """The last word completed to a knob's name, or to a value's."""
        return []

    def accepted(self, state: State, text: str) -> Reply:
        """Begin; or why not."""
        try:
            grid = grid_in(state, text)
        except InputError as error:
            return Reply(state, in_app(error))
        except CommandError as error:
            return Reply(state, str(error))
        self._begin(grid)
        return Reply(state)


def grid_in(state: State, text: str) -> Grid:
    """The grid over what was typed, around the setup that is looked at.

    Raises:
        InputError, CommandError: there is none.
    """
    over = _words(text)
    if not over:
        raise CommandError("over: nothing is swept; type a knob and values, such as depth=10,50")
    view, setup = state.record, state.setup
    swept: set[str] = set()
    for axis in (axis_of(view, one) for one in over):
        # What a value brings with it, as a list of weights does a depth, is not given beside it.
        values = map(KNOBS[axis.knob].parse, axis.texts)
        swept |= {
            axis.knob,
            *(name for value in values for name in implied(setup, axis.knob, value)),
        }
    count = {*counting(view, setup), *view.used(setup)} - {"focus"}
    given = {
        name: KNOBS[name].text(setup)
        for name in (*view.knobs, view.cursor)
        if name in count
        and name not in swept
        and KNOBS[name].of(setup) != KNOBS[name].of(view.default_setup)
    }
    grid = grid_of(view, (), given, over)
    if grid.size > _MOST:
        raise InputError(
            "over", f"{grid.size:,} cells", f"at most {_MOST:,} here",
            "give fewer values, or `gradtui sweep` in a shell",
        )  # fmt: skip
    return grid


def _words(text: str) -> list[str]:
    """The `KNOB=VALUES` of a line: a new one begins where a name and = stand behind a blank."""
    words: list[str] = []
    depth = 0
    for word in text.split():
        name, equals, _ = word.partition("=")
        begins = depth <= 0 and equals and name.replace("-", "_").isidentifier()
        if begins or not words:
            words.append(word)
        else:
            words[-1] += f" {word}"
        depth += word.count("(") - word.count(")")
    return words


def command_for(grid: Grid) -> str:
    """The command that does the same."""
    _, _, *words = shlex.split(command_of(grid.view, dict(grid.given)))
    parts = ["gradtui", "sweep", grid.view, *words]
    for axis in grid.axes:
        mark = ";" if any("," in text for text in axis.texts) else ","
        end = ";" if mark == ";" and len(axis.texts) == 1 else ""
        parts += ["--over", f"{KNOBS[axis.knob].flag[2:]}={mark.join(axis.texts)}{end}"]
    return shlex.join(parts)


def opened(state: State, view: str, setup: Setup) -> State:
    """The setup of a cell in its view; undo leads back."""
    return changed(arriving(state, setup, view), setup, view)


class SweepPage(Page[Callable[[State], State]]):
    """The map as it fills, with a cell that is chosen, and where it is healthy."""

    how: ClassVar[str] = "↑↓←→ tab choose, enter opens, y command, e saves, esc closes"
    closing_keys: ClassVar[tuple[str, ...]] = ("q",)
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "stop_or_close", show=False),
        Binding("left,h", "choose(0, -1)", show=False),
        Binding("right,l", "choose(0, 1)", show=False),
        Binding("up,k", "choose(1, -1)", show=False),
        Binding("down,j", "choose(1, 1)", show=False),
        Binding("tab", "choose(2, 1)", show=False),
        Binding("shift+tab", "choose(2, -1)", show=False),
        Binding("enter", "open_cell", show=False),
        Binding("y", "copy", show=False),
        Binding("e", "save", show=False),
    ]

    def __init__(self, grid: Grid, styles: dict[str, Style]) -> None:
        super().__init__(f"sweep of {grid.view}", "")
        self._grid, self._styles = grid, styles
        self._rows: dict[int, Row] = {}
        self._places = [0] * len(grid.axes)
        self._work: Aside[None] | None = None
        self._told = 0.0
        self._left = ""
        self._over = False

    # -- computing, on a thread of its own

    def on_mount(self) -> None:
        """Begin."""
        self._work = Aside(self._compute, lambda done: self._later(partial(self._finish, done)))
        self.set_interval(_EVERY, self._show_if_new)
        self._show()

    def on_resize(self) -> None:
        """Set anew for the width that there is."""
        self._show()

    def on_unmount(self) -> None:
        """End it with all that computes."""
        self._give_up()

    def _give_up(self) -> None:
        if self._work is not None:
            self._work.clear_up()
            self._work = None

    def _later(self, do: Callable[[], object]) -> None:
        self.app.call_later(do)

    def _compute(self, tick: Tick) -> None:
        grid, begun = self._grid, time.monotonic()
        cells = [(cell, grid.words(cell)) for cell in range(grid.size)]
        workers = min(max(len(os.sched_getaffinity(0)) - 1, 1), grid.size)

        def heed(share: float) -> None:
            passed = time.monotonic() - begun
            if share > 0.0 and passed > 1.0:
                self._left = f", about {duration(passed * (1.0 - share) / share)} left"
            tick(share)

        with Processes(workers) as pool:
            for cell, row in computed(grid.view, cells, pool, heed):
                self._rows = {**self._rows, cell: row}

    def _finish(self, done: Exception | None) -> None:
        self._work, self._over = None, True
        self._show()
        if isinstance(done, Exception):
            self._say(printable(f"it ended with {type(done).__name__}: {done}"))

    # -- what is shown

    def _show_if_new(self) -> None:
        if self._work is not None and len(self._rows) != self._told:
            self._show()

    def _show(self) -> None:
        grid, rows = self._grid, self._rows
        self._told = len(rows)
        width = min(self.app.size.width - _MARGIN, _WIDEST)
        chosen = grid.cell(self._places)
        lines: list[PageRow] = [*picture(grid, rows, width, chosen), ()]
        where = ", ".join(
            f"{axis.label} {axis.texts[place]}"
            for axis, place in zip(grid.axes, self._places, strict=True)
        )
        lines += wrapped(f"{where}: {self._said(rows.get(chosen))}", width, "key", "  ")
        if rows:
            lines += [(), *told_below(grid, rows, width)]
        body = Words()
        for line in lines:
            for span in line:
                body.append(span.text, self._styles.get(span.role, Style()))
            body.append("\n")
        self.update_body(body)
        if not self._over:
            done = f"{len(rows):,} of {counted(grid.size, 'cell')}{self._left}"
            self._say(f"{done}; esc stops it")
        elif len(rows) == self._told:
            self._say(self.how)

    def _said(self, row: Row | None) -> str:
        if row is None:
            return "not computed" if self._over else "not computed yet"
        return str(row["error"] or row["sentence"] or "without verdict")

    def _say(self, text: str) -> None:
        self.query_one("#page").border_subtitle = text

    # -- keys

    def action_choose(self, way: int, steps: int) -> None:
        """Another cell: to the right, down, or on the next map."""
        layout = layout_of(self._grid)
        ways = [(layout.right,), () if layout.down is None else (layout.down,), layout.others]
        axes = ways[way]
        if layout.down is None and way == 1:
            axes = (layout.right,)
        for axis in reversed(axes):
            count = len(self._grid.axes[axis].texts)
            place = self._places[axis] + steps
            if way == 2 and not 0 <= place < count:
                self._places[axis] = place % count
                continue
            self._places[axis] = min(max(place, 0), count - 1)
            break
        self._show()

    def action_stop_or_close(self) -> None:
        """What is computed is stopped first; what is there stays."""
        if self._work is None:
            self.dismiss(None)
            return
        self._give_up()
        self._over = True
        self._show()
        self._say(f"stopped; {self.how}")

    def action_open_cell(self) -> None:
        """The setup of the chosen cell, in its view."""
        try:
            setup = self._grid.setup(self._grid.cell(self._places))
        except (InputError, CommandError) as error:
            said = in_app(error) if isinstance(error, InputError) else str(error)
            self._say(printable(said))
            return
        self.dismiss(partial(opened, view=self._grid.view, setup=setup))

    def action_copy(self) -> None:
        """The command that does the same."""
        self.app.copy_to_clipboard(command_for(self._grid))
        self._say("sent to the terminal's clipboard: the command of this sweep")

    def action_save(self) -> None:
        """The rows to a file that is not there yet, as the command line writes them."""
        grid, rows = self._grid, self._rows
        file, count = Path(f"gradtui-sweep-{grid.view}.jsonl"), 2
        while file.exists():
            file, count = Path(f"gradtui-sweep-{grid.view}-{count}.jsonl"), count + 1
        lines = [line_of(full_row(grid, cell, rows[cell])) for cell in sorted(rows)]
        try:
            write_atomically(file, [line_of(head_of(grid)), *lines])
            self._say(printable(f"saved {file.resolve()}"))
        except OSError as error:
            self._say(printable(f"not saved: {error.strerror or error}"))
