"""The bottom row while something is typed."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass

from rich.segment import Segment
from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.message import Message
from textual.strip import Strip
from textual.widgets import Input, Static
from textual.widgets.input import Selection

from gradtui.plots.ascii import spelled
from gradtui.plots.picture import shortened

_LEAST_INPUT = 16
"""The fewest cells to type in."""
_PATIENCE = 1.0
"""Seconds for what was typed to be in the input: it takes a few thousandths."""


class Field(Input):
    """The line to type in; where it goes on beyond an edge, an ellipsis says so."""

    def render_line(self, y: int) -> Strip:
        """What is in sight of it."""
        left, width = self.scroll_offset.x, self.size.width
        strip = super().render_line(y).crop(0, width)
        if left > 0:
            strip = _ellipsis_at(strip, 0)
        if self.virtual_size.width - left > width:
            strip = _ellipsis_at(strip, width - 1)
        return strip


def _ellipsis_at(strip: Strip, cell: int) -> Strip:
    """The strip with one cell of it an ellipsis; the cursor there is still seen."""
    before, at, after = strip.divide([cell, cell + 1, strip.cell_length])
    style = next(iter(at)).style
    return Strip.join([before, Strip([Segment("…", style)]), after])


class Prompt(Horizontal):
    """A label, a line to type in, and what is allowed; it says what happened in messages."""

    @dataclass
    class Typed(Message):
        """The text changed."""

        text: str

    class Cancelled(Message):
        """Escape."""

    def compose(self) -> ComposeResult:
        """A label, the input, a hint."""
        yield Static(id="prompt-label", markup=False)
        field = Field(compact=True, id="prompt-input", select_on_focus=False)
        field.cursor_blink = False
        yield field
        yield Static(id="prompt-hint", markup=False)

    def ask(self, label: str, value: str, hint: str) -> None:
        """Show the prompt with a value to edit."""
        self._label = spelled(label)
        self.query_one("#prompt-label", Static).update(f" {self._label} ")
        self.display = True
        self.put(value)
        self.advise(hint)
        field = self.query_one(Input)
        self.screen.set_focus(field)  # at once, so that keys typed ahead go into it

    def advise(self, hint: str) -> None:
        """Another hint at what is allowed."""
        width, label = self.app.size.width, len(self._label) + 2
        wanted = max(len(self.query_one(Input).value) + 1, _LEAST_INPUT)  # the cursor behind it
        room = min(width * 3 // 4, width - label - wanted)
        # What does not fit is in the help, and in what is said of a wrong value.
        self.query_one("#prompt-hint", Static).update(
            f" {shortened(hint, room - 1)}" if room > 2 else ""
        )

    def complete(self, value: str) -> None:
        """Put what was typed in full, to go on typing behind it."""
        field = self.query_one(Input)
        field.value = value
        field.cursor_position = len(value)

    def put(self, value: str) -> None:
        """Replace what is typed, without a message."""
        field = self.query_one(Input)
        with field.prevent(Input.Changed):
            field.value = value
        # What is typed next replaces it; of a long one the start is in sight.
        field.selection = Selection(len(value), 0)

    @property
    def value(self) -> str:
        """What is typed."""
        return self.query_one(Input).value

    async def settled(self) -> None:
        """Wait until every key that was sent on to the input is in its value."""
        done = asyncio.Event()
        self.query_one(Input).call_later(done.set)
        # An input that fell, or is closed with the app, never comes to it.
        with suppress(TimeoutError):
            await asyncio.wait_for(done.wait(), _PATIENCE)

    def close(self) -> None:
        """Hide it."""
        self.display = False
        self.screen.set_focus(None)

    def on_input_changed(self, event: Input.Changed) -> None:
        """Pass it on."""
        event.stop()
        self.post_message(self.Typed(event.value))

    def on_descendant_blur(self, event: events.DescendantBlur) -> None:
        """A prompt that lost the keyboard is closed; one that was asked anew has it again."""
        if self.display and self.screen.focused is not self.query_one(Input):
            self.post_message(self.Cancelled())
