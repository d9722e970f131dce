"""An app that paints once what comes at once: on a slow line, every paint is waited for."""

from __future__ import annotations

from typing import Any

from textual.await_complete import AwaitComplete

from gradtui.app.textual_internals import WatchedApp, forget_pages

_IN_ONE = 0.03
"""Seconds in which Textual opens or closes a page, or changes the theme; painted as it goes, the
whole screen would be sent twice."""


class PaintedOnce(WatchedApp):
    """Keeps back what is painted on the way to something, and sends the whole when it is there."""

    def __init__(self) -> None:
        """Make the app; it has no screen yet."""
        super().__init__()
        self._kept_back, self._whole_is_due = 0, False

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

    def may_paint(self, *, whole: bool) -> bool:
        """Not what is kept back, nor a part before the whole that is due."""
        if self._kept_back or (self._whole_is_due and not whole):
            return False
        self._whole_is_due = False
        return True

    def push_screen(self, *arguments: Any, **options: Any) -> Any:
        """As Textual's, painted once."""
        self.paint_in_one()
        return super().push_screen(*arguments, **options)

    def pop_screen(self) -> AwaitComplete:
        """As Textual's; a page that closes twice, since a key was struck twice, is no error."""
        if len(self.screen_stack) > 1:
            # The palette's search would go on, and fail where its list has been.
            self.workers.cancel_node(self.screen)
            forget_pages()  # or every page ever shown is kept
            self.paint_in_one()
            return super().pop_screen()
        return AwaitComplete()
