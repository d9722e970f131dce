"""The one widget that shows a picture, sending only what changed."""

from __future__ import annotations

from dataclasses import dataclass

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.geometry import Region
from textual.message import Message
from textual.selection import Selection
from textual.strip import Strip
from textual.widget import Widget

from gradtui.plots.picture import Picture, Row, Span
from gradtui.plots.wide import narrowed

_SELECTED = Style(reverse=True)


class Pane(Widget, can_focus=False):
    """Shows a `Picture`; what the cells are, the caller decides.

    A repaint of the whole widget would send every cell: only the spans in which the new picture
    differs from the old are marked as dirty.
    """

    @dataclass
    class Pressed(Message):
        """A click on a cell."""

        pane: Pane
        x: int
        y: int

    @dataclass
    class Turned(Message):
        """The wheel over a cell, n notches towards whoever turns it."""

        pane: Pane
        x: int
        y: int
        steps: int

    def __init__(self, name: str, styles: dict[str, Style]) -> None:
        """Make an empty pane.

        Args:
            name: its id.
            styles: the style of each role.
        """
        super().__init__(id=name)
        self._picture = Picture((), 0)
        self._strips: list[Strip] = []
        self._roles = styles
        self.takes_mouse = False
        """Whether there is a mouse that may select text."""

    @property
    def picture(self) -> Picture:
        """What is shown."""
        return self._picture

    def show(self, picture: Picture) -> bool:
        """Show another picture; true if that changes anything on the screen."""
        old = self._picture.rows
        self._picture = picture
        self._strips = []
        dirty: list[Region] = []
        for y in range(max(len(old), picture.height)):
            before = old[y] if y < len(old) else ()
            after = picture.rows[y] if y < picture.height else ()
            if before != after and (change := self._change(before, after)):
                dirty.append(Region(change[0], y, change[1], 1))
        visible = Region(0, 0, self.size.width, self.size.height)
        dirty = [clipped for region in dirty if (clipped := region.intersection(visible))]
        if dirty:
            self.refresh(*dirty)
        return bool(dirty)

    def restyle(self, styles: dict[str, Style]) -> None:
        """Give the roles other colours."""
        self._roles = styles
        self._strips = []
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """One row of the picture."""
        if not self._strips:
            self._strips = [self._strip(spans) for spans in self._picture.rows]
        base = self.visual_style.rich_style
        if y >= len(self._strips):
            return Strip.blank(self.size.width, base)
        strip = self._strips[y].adjust_cell_length(self.size.width, base)
        return self._selectable(strip, y) if self.takes_mouse else strip

    def _selectable(self, strip: Strip, y: int) -> Strip:
        """The row, with what is selected of it marked, and each cell knowing where it is."""
        selection = self.text_selection
        span = None if selection is None else selection.get_span(y)
        if span is not None:
            width = self.size.width
            start, end = span[0], width if span[1] < 0 else min(span[1], width)
            parts = [strip.crop(0, start), strip.crop(start, end), strip.crop(end, width)]
            parts[1] = parts[1].apply_style(_SELECTED)
            strip = Strip.join(parts)
        return strip.apply_offsets(0, y)

    def _strip(self, spans: Row) -> Strip:
        base = self.visual_style.rich_style
        segments: list[Segment] = []
        for text, role in spans:
            style = base + self._roles.get(role, self._roles[""])
            before = segments[-1].style if segments else None
            # A blank needs no colour of its own, and every change of colour costs bytes.
            blank = text.isspace() and _bare(style, base) and before and _bare(before, base)
            if before and text and (blank or style == before):
                segments[-1] = Segment(segments[-1].text + text, before)
            elif text:
                segments.append(Segment(text, style))
        return Strip([Segment(narrowed(text), style) for text, style, _ in segments])

    def _change(self, before: Row, after: Row) -> tuple[int, int] | None:
        """From the first to the last cell in which two rows look different: (x, width).

        One stretch a row: Textual sends a row from the widget's edge to the end of each stretch.
        """
        old, new = self._looks(before), self._looks(after)
        length = max(len(old), len(new))
        blank = self._looks((Span(" "),))
        old += blank * (length - len(old))
        new += blank * (length - len(new))
        changed = [at for at in range(length) if old[at] != new[at]]
        return (changed[0], changed[-1] + 1 - changed[0]) if changed else None

    def _looks(self, spans: Row) -> list[tuple[str, object]]:
        """The cells of a row; of a blank only that which can be seen of its role."""
        cells: list[tuple[str, object]] = []
        for text, role in spans:
            style = self._roles.get(role, self._roles[""])
            ground = (style.bgcolor, style.reverse, style.underline)
            cells += [(one, ground if one.isspace() else role) for one in text]
        return cells

    # -- the mouse, where it is taken

    def on_click(self, event: events.Click) -> None:
        """A cell is meant; after a selection it was the text."""
        event.stop()
        if not self.screen.get_selected_text():
            self.post_message(self.Pressed(self, event.x, event.y))

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """The wheel, towards whoever turns it."""
        event.stop()
        self.post_message(self.Turned(self, event.x, event.y, 1))

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """The wheel, away."""
        event.stop()
        self.post_message(self.Turned(self, event.x, event.y, -1))

    def get_selection(self, selection: Selection) -> tuple[str, str]:
        """The text that was selected."""
        return selection.extract(self._picture.text), "\n"

    def notify_style_update(self) -> None:
        """Forget strips made with the old style."""
        self._strips = []
        super().notify_style_update()


def _bare(style: Style, base: Style) -> bool:
    """Whether a blank in this style looks like any other blank."""
    return style.bgcolor == base.bgcolor and not style.reverse and not style.underline
