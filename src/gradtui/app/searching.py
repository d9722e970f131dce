"""A text on a page that can be searched."""

from __future__ import annotations

from typing import ClassVar

from rich.console import RenderableType
from rich.style import Style
from textual.binding import Binding, BindingType
from textual.strip import Strip
from textual.widgets import Input, Static

_FOUND = Style(reverse=True)


class Text(Static):
    """A text of which one line can stand out."""

    def __init__(self, body: RenderableType, id: str) -> None:
        super().__init__(body, id=id)
        self._at = -1

    def lines_with(self, text: str) -> list[int]:
        """The lines that contain it, whatever its case."""
        lines = self.render_lines(self.size.region)
        return [at for at, line in enumerate(lines) if text.lower() in line.text.lower()]

    def mark(self, line: int) -> None:
        """Let this line stand out, or none if it is -1."""
        self._at = line
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """A line as it is, or as the one that was found."""
        line = super().render_line(y)
        return line.apply_style(_FOUND) if y == self._at else line


class SearchField(Input):
    """Where the words are typed that are looked for; the page listens to what it says."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down,tab", "screen.find(1)", show=False),
        Binding("up,shift+tab", "screen.find(-1)", show=False),
        Binding("escape", "screen.search_no_more", show=False),
    ]

    def __init__(self) -> None:
        super().__init__(compact=True, id="page-search", placeholder="words to look for")
        self.cursor_blink = False
        self.display = False
