"""The page with all numbers of the picture: the rows of the CSV, in columns, to scroll through."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, TypeAlias

from rich.segment import Segment
from rich.style import Style
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.message import Message
from textual.screen import ModalScreen
from textual.scroll_view import ScrollView
from textual.strip import Strip

from gradtui.app.aside import Aside
from gradtui.models.decay import Value
from gradtui.plots.ascii import spelled
from gradtui.progress import Tick
from gradtui.views.heads import head

Rows: TypeAlias = Sequence[Mapping[str, Value]]

_ROWS_A_TICK = 1000

_GAP = 2
"""Cells between two columns."""


def written(value: Value) -> str:
    """A number in six digits; nothing for what nobody can know."""
    if value is None or value != value:
        return ""
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def _head(name: str) -> str:
    return spelled(head(name))


def _in_sight(line: str, left: int, width: int) -> str:
    """So many cells of a line; a word that an edge cuts has an ellipsis there."""
    right = left + width
    seen = list(line[left:right])
    for edge, at in ((left, 0), (right, -1)):
        if 0 < edge < len(line) and seen and not (line[edge - 1] + line[edge]).count(" "):
            seen[at] = "…"
    return "".join(seen)


class Sheet(ScrollView, can_focus=True):
    """A table under its heads; only the rows in sight are written out.

    Args:
        head, plain: how the heads and the cells look.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j,down", "go(1)", show=False),
        Binding("k,up", "go(-1)", show=False),
        Binding("space,pagedown", "go_pages(1)", show=False),
        Binding("pageup", "go_pages(-1)", show=False),
        Binding("home,less_than_sign", "go(-1000000000)", show=False),
        Binding("end,greater_than_sign", "go(1000000000)", show=False),
        Binding("right,l", "aside(1)", show=False),
        Binding("left,h", "aside(-1)", show=False),
    ]

    def __init__(self, head: Style, plain: Style) -> None:
        super().__init__(id="sheet")
        self._head, self._plain = head, plain
        self._rows: Rows = ()
        self._columns: list[tuple[str, int, bool]] = []

    def fill(self, rows: Rows, widths: Mapping[str, int]) -> None:
        """Show these rows, with columns of these widths."""
        self._rows = rows
        widths = {name: max(width, len(_head(name))) for name, width in widths.items()}
        self._columns = [
            (name, width, any(isinstance(row[name], str) for row in rows[:1]))
            for name, width in widths.items()
        ]
        self.virtual_size = Size(sum(widths.values()) + _GAP * len(widths), len(rows) + 1)
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """The heads stay; below them what is scrolled to."""
        left, top = self.scroll_offset
        at = top + y - 1
        if y == 0:
            cells, style = [_head(name) for name, *_ in self._columns], self._head
        elif at < len(self._rows):
            row, style = self._rows[at], self._plain
            cells = [written(row[name]) for name, *_ in self._columns]
        else:
            cells, style = [], self._plain
        line = "".join(
            (f"{cell:<{width}}" if words else f"{cell:>{width}}") + " " * _GAP
            for cell, (_, width, words) in zip(cells, self._columns, strict=False)
        )
        base = self.visual_style.rich_style
        line = _in_sight(line, left, self.size.width)
        strip = Strip([Segment(line, base + style)])
        return strip.adjust_cell_length(self.size.width, base)

    def action_go(self, lines: int) -> None:
        """Down or up."""
        self.scroll_relative(y=lines, animate=False, immediate=True)

    def action_go_pages(self, pages: int) -> None:
        """A page down or up; the heads take one line of it."""
        self.action_go(pages * max(1, self.size.height - 2))

    def action_aside(self, columns: int) -> None:
        """So that the next column begins at the left edge, or the one before."""
        starts, at = [0], 0
        for _, width, _ in self._columns:
            at += width + _GAP
            starts.append(at)
        left = self.scroll_offset.x
        ahead = [start for start in starts if start > left]
        behind = [start for start in starts if start < left]
        to = (ahead[:1] or [left])[0] if columns > 0 else (behind[-1:] or [0])[0]
        self.scroll_to(x=to, animate=False, immediate=True)


class NumbersPage(ModalScreen[None]):
    """All numbers of the picture.

    Args:
        title: what they are of.
        table: makes the rows; called on a thread, as there may be a million of them.
        styles: the style of each role.
    """

    @dataclass
    class Made(Message):
        """The rows, and how wide each column is; or why there are none."""

        made: tuple[Rows, Mapping[str, int]] | Exception

    AUTO_FOCUS = "#sheet"
    closing_keys: ClassVar[tuple[str, ...]] = ("escape", "q", "T", "enter", "question_mark")

    def __init__(self, title: str, table: Callable[[], Rows], styles: dict[str, Style]) -> None:
        super().__init__()
        self._of, self._table, self._styles = title, table, styles

    def compose(self) -> ComposeResult:
        """The sheet in a box."""
        sheet = Sheet(self._styles["title"], self._styles[""])
        sheet.border_title = f"{self._of}: …"
        sheet.border_subtitle = "↑ ↓ ← → PgUp PgDn Home End scroll, esc closes"
        yield sheet

    def on_mount(self) -> None:
        """Make the rows where it keeps nobody waiting."""
        self._making = Aside(self._make, lambda made: self.post_message(self.Made(made)))

    def on_unmount(self) -> None:
        """Nobody looks at them any more."""
        self._making.give_up()

    def _make(self, tick: Tick) -> tuple[Rows, Mapping[str, int]]:
        rows = self._table()
        widths = {name: len(head(name)) for name in (rows[0] if rows else ())}
        for index, row in enumerate(rows):
            if index % _ROWS_A_TICK == 0:
                tick(index / len(rows))
            for name, value in row.items():
                widths[name] = max(widths[name], len(written(value)))
        return rows, widths

    def on_numbers_page_made(self, message: Made) -> None:
        """Show them."""
        if isinstance(message.made, Exception):
            raise message.made
        rows, widths = message.made
        sheet = self.query_one(Sheet)
        sheet.border_title = f"{self._of}: {len(rows):,} rows, as e saves them in .csv"
        sheet.fill(rows, widths)
