"""An end in order when a signal asks for it, and an end all the same where that cannot be."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from collections.abc import Callable
from contextlib import suppress
from functools import partial

from gradtui.app.last_words import SIGNALS, end_at_once

_LAST_RESORT = 0.7
"""Seconds that an orderly end may take after a signal."""

_TO_BE_KEPT = 5.0
"""Seconds that it may take, after a signal, to write down what is kept: a disk may be far away."""


class OrderlyEnd:
    """What becomes of `SIGNALS` while the app runs: the first begins its end, once.

    Left to themselves they would leave the terminal raw. The loop's own handlers would wait for
    the loop, which waits for a terminal that has stopped reading.

    Args:
        keep: remembers what should not be lost.
        leave: ends the app, with an exit status; called on its loop.
    """

    def __init__(self, keep: Callable[[], None], leave: Callable[[int], None]) -> None:
        self._keep = keep
        self._leave = leave
        self._begun = self._restored = False
        self._signal: int | None = None
        self._last_resort: threading.Timer | None = None

    def heed(self) -> None:
        """From now on one of them ends the app in order; called on the app's loop."""
        self._loop = asyncio.get_running_loop()
        for number in SIGNALS:
            signal.signal(number, self._end)
        # One of the loop's own makes every signal wake it, also one that comes as it falls asleep
        # or that another thread gets.
        self._loop.add_signal_handler(signal.SIGCHLD, lambda: None)

    def begun(self) -> None:
        """The app is about to end: with its own exit status, whatever signals come now."""
        self._begun = True

    def _end(self, number: int, frame: object = None) -> None:
        """End in order; where the terminal is gone and that cannot be done, end all the same."""
        if not self._begun:
            self._begun = True
            self._keep()
            with suppress(RuntimeError):  # the loop is closed: it ends already
                self._loop.call_soon_threadsafe(partial(self._leave, 128 + number))
        if self._signal is None:
            self._signal = number
            self._bound()

    def _bound(self) -> None:
        """From the first signal on, what is left to be done has so long."""
        if self._signal is None:
            return
        if self._restored:
            self._last_resort = threading.Timer(_TO_BE_KEPT, os._exit, (128 + self._signal,))
        else:
            self._last_resort = threading.Timer(_LAST_RESORT, end_at_once, (self._signal,))
        self._last_resort.daemon = True
        self._last_resort.start()

    def restored(self) -> None:
        """The terminal is as it was; to put it back once more would change what is the shell's."""
        self._begun = self._restored = True
        if self._last_resort is not None:
            self._last_resort.cancel()
        self._bound()

    def over(self) -> None:
        """All is kept, and Python about to end: nothing is left to be done about a signal.

        A terminal that is itself again makes one of every ctrl+c.
        """
        for number in SIGNALS:
            signal.signal(number, signal.SIG_IGN)
        if self._last_resort is not None:
            self._last_resort.cancel()
