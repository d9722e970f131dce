"""Textual's app, with manners: for a slow line, a lost one, and a terminal that is not ours."""

from __future__ import annotations

import asyncio
import codecs
import signal
import threading
from contextlib import suppress
from functools import partial
from typing import Any

from rich import cells
from rich.console import RenderableType
from rich.segment import Segment
from textual._compositor import LayoutUpdate
from textual._styles_cache import StylesCache
from textual._widget_navigation import Direction
from textual.app import App
from textual.await_complete import AwaitComplete
from textual.css.scalar import Scalar
from textual.drivers import linux_driver
from textual.geometry import Region
from textual.screen import Screen
from textual.strip import Strip
from textual.widgets import OptionList

from gradtui.app.opening import SIGNALS, end_at_once

# A key that is no UTF-8 would end Textual's input thread, and with it the app.
linux_driver.getincrementaldecoder = lambda name: partial(  # type: ignore[attr-defined]
    codecs.getincrementaldecoder(name), errors="replace"
)

_move_page = OptionList._move_page


def _move_page_when_laid_out(self: OptionList, direction: Direction) -> None:
    """Textual's; a page key that comes before the list has its rows would end the app."""
    if self.scrollable_content_region:
        _move_page(self, direction)


OptionList._move_page = _move_page_when_laid_out  # type: ignore[method-assign]

_OF_ONE_SIZE = [cached for cached in vars(Region).values() if hasattr(cached, "cache_clear")]
_OF_ONE_SIZE += [Scalar.resolve, Strip.blank, Segment._split_cells, cells.cached_cell_len]
"""What Textual and Rich keep of the geometry of a screen: megabytes, once it had many sizes."""

_IN_ONE = 0.03
"""Seconds in which Textual opens or closes a page, or changes the theme; painted as it goes, the
whole screen would be sent twice."""

_LAST_RESORT = 0.7
"""Seconds that an orderly end may take after a signal."""


class PoliteApp(App[None]):
    """Paints once what comes at once, closes what is open in order, and ends when it is told to."""

    def __init__(self) -> None:
        """Make the app; it has no screen yet."""
        super().__init__()
        self._kept_back, self._whole_is_due = 0, False
        self._last_resort: threading.Timer | None = None

    def keep(self) -> None:
        """Remember what should not be lost; called when a signal ends the app."""

    # -- what is painted

    def keep_back(self) -> None:
        """Send nothing of what Textual paints on the way, until `paint` was called as often.

        Not by its `batch_update`, which keeps back the layout too, and with it what a key of the
        same packet has to scroll.
        """
        self._kept_back += 1

    def paint(self) -> None:
        """Everything is in its place: send it all."""
        self._kept_back -= 1
        if not self._kept_back:
            self._whole_is_due = True
            self.screen.refresh()

    def paint_in_one(self) -> None:
        """Keep back what is painted while a page or a theme comes or goes."""
        self.keep_back()
        self.set_timer(_IN_ONE, self.paint)

    def _display(self, screen: Screen[Any], renderable: RenderableType | None) -> None:
        if self._kept_back or (self._whole_is_due and not isinstance(renderable, LayoutUpdate)):
            return
        self._whole_is_due = False
        super()._display(screen, renderable)

    def push_screen(self, *arguments: Any, **options: Any) -> Any:
        """As Textual's, painted once."""
        self.paint_in_one()
        return super().push_screen(*arguments, **options)

    def pop_screen(self) -> AwaitComplete:
        """As Textual's; a page that closes twice, since a key was struck twice, is no error."""
        if len(self.screen_stack) > 1:
            # The palette's search would go on, and fail where its list has been.
            self.workers.cancel_node(self.screen)
            # Its keys are whole widgets' pictures: without this, every page ever shown is kept.
            StylesCache.get_inner_outer.cache_clear()
            self.paint_in_one()
            return super().pop_screen()
        return AwaitComplete()

    def forget_geometry(self) -> None:
        """Of the sizes that the screen had."""
        for cached in _OF_ONE_SIZE:
            cached.cache_clear()

    # -- the end

    def heed_signals(self) -> None:
        """From now on one of `SIGNALS` ends it in order.

        Left to themselves they would leave the terminal raw. The loop's own handlers would wait
        for the loop, which waits for a terminal that has stopped reading.
        """
        self._running_loop = asyncio.get_running_loop()
        for number in SIGNALS:
            signal.signal(number, self._end_by_signal)

    def _end_by_signal(self, number: int, frame: object = None) -> None:
        """End in order; where the terminal is gone and that cannot be done, end all the same."""
        self.keep()
        self._last_resort = threading.Timer(_LAST_RESORT, end_at_once, (number,))
        self._last_resort.daemon = True
        self._last_resort.start()
        with suppress(RuntimeError):  # the loop is closed: it ends already
            self._running_loop.call_soon_threadsafe(partial(self.exit, return_code=128 + number))

    def ended_in_order(self) -> None:
        """The terminal is as it was; to put it back once more would change what is the shell's."""
        for number in SIGNALS:
            signal.signal(number, signal.SIG_DFL)
        if self._last_resort is not None:
            self._last_resort.cancel()
