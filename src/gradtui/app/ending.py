"""An end in order when a signal asks for it, and an end all the same where that cannot be."""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import Callable
from contextlib import suppress
from functools import partial

from gradtui.app.last_words import SIGNALS, end_at_once

_LAST_RESORT = 0.7
"""Seconds that an orderly end may take after a signal."""


class OrderlyEnd:
    """What becomes of `SIGNALS` while the app runs.

    Left to themselves they would leave the terminal raw. The loop's own handlers would wait for
    the loop, which waits for a terminal that has stopped reading.

    Args:
        keep: remembers what should not be lost.
        leave: ends the app, with an exit status; called on its loop.
    """

    def __init__(self, keep: Callable[[], None], leave: Callable[[int], None]) -> None:
        self._keep = keep
        self._leave = leave
        self._last_resort: threading.Timer | None = None

    def heed(self) -> None:
        """From now on one of them ends the app in order; called on the app's loop."""
        self._loop = asyncio.get_running_loop()
        for number in SIGNALS:
            signal.signal(number, self._end)

    def _end(self, number: int, frame: object = None) -> None:
        """End in order; where the terminal is gone and that cannot be done, end all the same."""
        self._keep()
        self._last_resort = threading.Timer(_LAST_RESORT, end_at_once, (number,))
        self._last_resort.daemon = True
        self._last_resort.start()
        with suppress(RuntimeError):  # the loop is closed: it ends already
            self._loop.call_soon_threadsafe(partial(self._leave, 128 + number))

    def ended(self) -> None:
        """The terminal is as it was; to put it back once more would change what is the shell's."""
        for number in SIGNALS:
            signal.signal(number, signal.SIG_DFL)
        if self._last_resort is not None:
            self._last_resort.cancel()
