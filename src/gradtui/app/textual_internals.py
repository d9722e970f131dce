"""All that rests on private names of Textual and Rich, to be read when they change.

Written for Textual 8.2 and Rich 14.
"""

from __future__ import annotations

import codecs
from functools import partial
from typing import Any

from rich import cells
from rich.console import RenderableType
from rich.segment import Segment
from textual._compositor import LayoutUpdate
from textual._styles_cache import StylesCache
from textual._widget_navigation import Direction
from textual.app import App
from textual.css.scalar import Scalar
from textual.drivers import linux_driver
from textual.geometry import Region
from textual.screen import Screen
from textual.strip import Strip
from textual.widgets import OptionList

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


def forget_geometry() -> None:
    """Of the sizes that the screen had."""
    for cached in _OF_ONE_SIZE:
        cached.cache_clear()


def forget_pages() -> None:
    """Of the pages that were shown: the keys of this cache are whole widgets' pictures."""
    StylesCache.get_inner_outer.cache_clear()


class WatchedApp(App[None]):
    """Textual's app, asked before it paints, and with a way to its terminal."""

    def may_paint(self, *, whole: bool) -> bool:
        """Whether this may be sent, which is the whole screen or a part of it."""
        return True

    def write_to_terminal(self, text: str) -> None:
        """Behind what was sent so far."""
        if self._driver is not None:
            self._driver.write(text)

    def _display(self, screen: Screen[Any], renderable: RenderableType | None) -> None:
        if self.may_paint(whole=isinstance(renderable, LayoutUpdate)):
            super()._display(screen, renderable)
