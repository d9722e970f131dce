"""All that rests on private names of Textual and Rich, to be read when they change.

Written for Textual 8.2 and Rich 14.
"""

from __future__ import annotations

import asyncio
import codecs
import os
import select
import signal
import termios
import time
from collections.abc import Iterable
from contextlib import suppress
from functools import partial
from typing import Any

from rich import cells
from rich.console import RenderableType
from rich.segment import Segment
from textual import constants, events, work
from textual._ansi_sequences import ANSI_SEQUENCES_KEYS
from textual._compositor import LayoutUpdate
from textual._parser import Parser
from textual._styles_cache import StylesCache
from textual._time import get_time
from textual._widget_navigation import Direction
from textual._xterm_parser import XTermParser
from textual.app import App
from textual.binding import Binding
from textual.command import CommandInput, CommandPalette
from textual.css.query import NoMatches
from textual.css.scalar import Scalar
from textual.driver import Driver
from textual.drivers import linux_driver
from textual.geometry import Region, Size
from textual.message import Message
from textual.screen import Screen
from textual.strip import Strip
from textual.style import Style as VisualStyle
from textual.widget import Widget
from textual.widgets import Input, OptionList

from gradtui.app.flow_control import Owed
from gradtui.app.terminal_input import TerminalInput
from gradtui.app.thrift import thrifty

LARGEST = (1000, 500)
"""Columns and rows of the largest screen: 4K in the smallest letters. Of a larger one its corner.

A terminal may say 65,535 of each, which would be gigabytes.
"""

# A key that is no UTF-8 would end Textual's input thread, and with it the app.
linux_driver.getincrementaldecoder = lambda name: partial(  # type: ignore[attr-defined]
    codecs.getincrementaldecoder(name), errors="replace"
)

_gather_commands = CommandPalette._gather_commands.__wrapped__  # type: ignore[attr-defined]


async def _gather_while_open(self: CommandPalette, search_value: str) -> None:
    """Textual's; a palette that is closed while it searches has no list to fill, and would fall."""
    try:
        await _gather_commands(self, search_value)
    except NoMatches:
        if self.is_attached and self in self.app.screen_stack:
            raise


CommandPalette._gather_commands = work(  # type: ignore[method-assign]
    exclusive=True, group=CommandPalette._GATHER_COMMANDS_GROUP
)(_gather_while_open)


def _command_input(self: CommandInput, *arguments: Any, **options: Any) -> None:
    """Textual's, without a cursor that blinks: 875 bytes a second."""
    Input.__init__(self, *arguments, **options)
    self.cursor_blink = False


CommandInput.__init__ = _command_input  # type: ignore[method-assign, assignment]


_type_in = Input._on_key

_EDITING = {
    key: binding.action
    for binding in Input.BINDINGS
    if isinstance(binding, Binding) and binding.action not in ("submit", "copy")
    for key in binding.key.split(",")
}
"""What a key does in a line; enter and ctrl+c are the app's."""


async def _edit_in_order(self: Input, event: events.Key) -> None:
    """Textual's, but a key that edits acts before the letters behind it in the same packet.

    Textual's bindings act once the key has come back up to the app, which is later.
    """
    if (action := _EDITING.get(event.key)) is None:
        await _type_in(self, event)
        return
    event.stop()
    event.prevent_default()
    await self.run_action(action)


Input._on_key = _edit_in_order  # type: ignore[method-assign]


class BoundedParser(XTermParser):
    """Textual's parser of what a terminal sends, which gets only what makes sense."""

    def __init__(self, debug: bool = False) -> None:
        """Begin to read."""
        self._input = TerminalInput(
            ANSI_SEQUENCES_KEYS.__contains__,
            constants.ESCAPE_DELAY,
            lambda: os.kill(os.getpid(), signal.SIGINT),
        )
        self._heard = 0.0
        super().__init__(debug)

    def feed(self, data: str) -> Iterable[Message]:
        """What the terminal sent; "" is its end."""
        if not data:
            return super().feed(data)
        self._heard = get_time()
        text = self._input.feed(data)
        _owed.came(text)
        return self._read(text)

    def tick(self) -> Iterable[Message]:
        """Called every now and then: what is waited for may be overdue."""
        patience = self._input.patience
        if patience is not None and get_time() - self._heard >= patience:
            yield from self._read(self._input.silence())
            if self._timeout_time is not None:
                self._timeout_time = get_time()  # it was waited for long enough
        yield from super().tick()

    def _read(self, text: str) -> Iterable[Message]:
        if text:
            try:
                yield from super().feed(text)
            except Exception:  # a parser that fell reads nothing any more, and its thread is gone
                Parser.__init__(self)


linux_driver.XTermParser = BoundedParser  # type: ignore[attr-defined]


_SENT, _READ = 0.1, 0.02
"""Seconds in which a terminal that takes what it is sent was sent the last of it, and read it."""

_ANSWERED = 2.0, 0.4
"""Seconds for a slow line to bring the answers that it owes, and where a signal ends the app."""

_LONGEST_ANSWER = 16
"""Characters of one."""

_owed = Owed()


class TerminalDriver(linux_driver.LinuxDriver):
    """Textual's driver: the terminal's own size, few bytes, awake again however it was stopped."""

    def write(self, data: str) -> None:
        """Send it, in as few bytes as show the same."""
        _owed.sent(data)
        super().write(thrifty(data))

    def start_application_mode(self) -> None:
        """Textual's, but of two sizes in a row the last one is told last.

        Textual reads the size in the signal's handler. Another signal may interrupt that, and tell
        the newer size before the older one is told, which then stays.
        """
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGWINCH})
        try:
            super().start_application_mode()  # type: ignore[no-untyped-call]
            tell = partial(asyncio.get_running_loop().call_soon_threadsafe, self._tell_size)
            signal.signal(signal.SIGWINCH, lambda *_: tell())
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)

    def _tell_size(self) -> None:
        size = Size(*self._get_terminal_size())
        self._app.post_message(events.Resize(size, size))

    def stop_application_mode(self) -> None:
        """Textual's, but the line is the shell's again only when all was sent, and read.

        On such a line ctrl+c throws away what the terminal has not read yet, the way back from the
        alternate screen among it.
        """
        line, self.attrs_before = self.attrs_before, None
        super().stop_application_mode()
        self.attrs_before = line
        if line is None:
            return
        self._await_answers(_ANSWERED[bool(self._app.return_code)])
        end = time.monotonic() + _SENT
        while self._writer_thread is not None and not self._writer_thread._queue.empty():
            if time.monotonic() > end:
                break
            time.sleep(0.001)
        time.sleep(_READ)
        with suppress(termios.error):
            termios.tcflush(self.fileno, termios.TCIFLUSH)
            termios.tcsetattr(self.fileno, termios.TCSANOW, line)

    def _await_answers(self, seconds: float) -> None:
        """What the terminal was asked it answers here, not at the shell's prompt."""
        end, text = time.monotonic() + seconds, ""
        while _owed.some and (left := end - time.monotonic()) > 0:
            if select.select([self.fileno], [], [], left)[0]:
                try:
                    come = os.read(self.fileno, 4096)
                except OSError:
                    return
                if not come:
                    return
                text += come.decode("ascii", errors="replace")
                whole = text.rfind("R") + 1
                _owed.came(text[:whole])
                text = text[whole:][-_LONGEST_ANSWER:]

    def _get_terminal_size(self) -> tuple[int, int]:
        """What the kernel says, whatever COLUMNS and LINES do; 80 x 24 where it does not know."""
        try:
            columns, rows = os.get_terminal_size(self.fileno)
        except (OSError, ValueError):
            columns = rows = 0
        return min(columns or 80, LARGEST[0]), min(rows or 24, LARGEST[1])

    def _sigcont_application(self, *_: object) -> None:
        """After ctrl+z, as Textual's; after a stop that could not be prepared, all of it anew.

        Textual would take the terminal a second time, and then give back a raw one.
        """
        if not self._auto_restart or self._key_thread is None:
            return
        if not self._must_signal_resume:
            try:
                ours = os.tcgetpgrp(self.fileno) == os.getpgrp()
            except OSError:  # a terminal that hangs up sends this behind SIGHUP
                return
            if not ours:
                os.kill(os.getpid(), signal.SIGSTOP)  # `bg`: the terminal is another's
                return
            self.suspend_application_mode()
            self._must_signal_resume = True
        self.resume_application_mode()


_move_page = OptionList._move_page


def _move_page_when_laid_out(self: OptionList, direction: Direction) -> None:
    """Textual's; a page key that comes before the list has its rows would end the app."""
    if self.scrollable_content_region:
        _move_page(self, direction)


OptionList._move_page = _move_page_when_laid_out  # type: ignore[method-assign]

_visual_style = Widget.get_visual_style


def _visual_style_reversed(
    self: Widget, *component_classes: str, partial: bool = False
) -> VisualStyle:
    """Textual's, which forgets reverse video: without colour nothing else shows what is chosen."""
    style = _visual_style(self, *component_classes, partial=partial)
    parts = (self.get_component_styles(name).text_style for name in component_classes)
    return style + _REVERSE if any(part.reverse for part in parts) else style


_REVERSE = VisualStyle(reverse=True)
Widget.get_visual_style = _visual_style_reversed  # type: ignore[method-assign]

_OF_ONE_SIZE = [cached for cached in vars(Region).values() if hasattr(cached, "cache_clear")]
_OF_ONE_SIZE += [Scalar.resolve, Strip.blank, Segment._split_cells, cells.cached_cell_len]
"""What Textual and Rich keep of the geometry of a screen: megabytes, once it had many sizes."""


def forget_geometry() -> None:
    """Of the sizes that the screen had."""
    for cached in _OF_ONE_SIZE:
        cached.cache_clear()


def forget_pages() -> None:
    """Of the pages that were shown: the keys of this cache are whole widgets' pictures."""
    StylesCache.get_inner_outer.cache_clear()


class WatchedApp(App[None]):
    """Textual's app, asked before it paints, and with a way to its terminal."""

    def get_driver_class(self) -> type[Driver]:
        """Ours, where Textual would take the one that it is made of."""
        chosen = super().get_driver_class()
        return TerminalDriver if chosen is linux_driver.LinuxDriver else chosen

    @property
    def leaving(self) -> bool:
        """Whether it is about to end: from then on Textual calls nothing back."""
        return self._exit or self._closing

    def _watch_app_focus(self, focus: bool) -> None:
        """Who turns to another window and back goes on typing where that was.

        Textual's takes the focus from what has it, which closes a prompt, and gives it back later,
        be it closed by then.
        """

    def may_paint(self, *, whole: bool) -> bool:
        """Whether this may be sent, which is the whole screen or a part of it."""
        return True

    def write_to_terminal(self, text: str) -> None:
        """Behind what was sent so far."""
        if self._driver is not None:
            self._driver.write(text)

    def _display(self, screen: Screen[Any], renderable: RenderableType | None) -> None:
        whole = isinstance(renderable, LayoutUpdate)
        if self.may_paint(whole=whole):
            super()._display(screen, renderable)
            if whole:  # else what was refreshed before it would be sent again behind it
                for widget in screen.walk_children(Widget):
                    widget._repaint_regions.clear()
