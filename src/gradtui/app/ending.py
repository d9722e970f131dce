"""An end in order when a key or a signal asks for it, and an end all the same where that cannot be.

A terminal that has stopped reading holds up whoever writes to it, and a disk may be far away.
"""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from collections.abc import Callable
from contextlib import suppress
from functools import partial

from gradtui.app.last_words import SIGNALS, end_with

_ASKED = 3.0
"""Seconds that the way to the end may take when a key asked for it: a slow line has that much to
show."""

_LAST_RESORT = 0.7
"""Seconds that it may take after a signal."""

_TO_BE_KEPT = 5.0
"""Seconds in which what is kept is written down."""


class OrderlyEnd:
    """What becomes of `SIGNALS` while the app runs: the first begins its end, once.

    Left to themselves they would leave the terminal raw. The loop's own handlers would wait for
    the loop, which waits for a terminal that has stopped reading.

    Args:
        keep: remembers what should not be lost.
        leave: ends the app, with an exit status; called on its loop.
    """

    def __init__(self, keep: Callable[[], object], leave: Callable[[int], None]) -> None:
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

    def begun(self, *, on_terminal: bool = True) -> None:
        """The app is about to end: with its own exit status, whatever signals come now.

        Args:
            on_terminal: whether there is a terminal that may take nothing.
        """
        if not self._begun and on_terminal:
            self._after(_ASKED, self._give_up)
        self._begun = True

    def _end(self, number: int, frame: object = None) -> None:
        """End in order; where the terminal is gone and that cannot be done, end all the same."""
        if self._signal is not None:
            return
        self._signal = number
        if self._restored:
            self._bound(_TO_BE_KEPT)
        elif self._begun:
            self._after(_LAST_RESORT, self._give_up)
        else:
            self._begun = True
            self._bound(_TO_BE_KEPT)
            self._keep()
            with suppress(RuntimeError):  # the loop is closed: it ends already
                self._loop.call_soon_threadsafe(partial(self._leave, 128 + number))
            self._bound(_LAST_RESORT)

    def _give_up(self) -> None:
        """It did not come to its end, as where the terminal takes nothing; called on a thread."""
        self._bound(_TO_BE_KEPT)
        self._keep()
        if not self._restored:  # else it went on, and comes to its end
            end_with(self._status)

    @property
    def _status(self) -> int:
        return 0 if self._signal is None else 128 + self._signal

    def _bound(self, seconds: float) -> None:
        """What is left to be done has so long."""
        self._after(seconds, os._exit if self._restored else end_with, self._status)

    def _after(self, seconds: float, then: Callable[..., object], *given: int) -> None:
        """Unless something else is to be done after so many seconds from here on, or all is."""
        self._forget()
        self._last_resort = threading.Timer(seconds, then, given)
        self._last_resort.daemon = True
        self._last_resort.start()

    def _forget(self) -> None:
        if self._last_resort is not None:
            self._last_resort.cancel()

    def restored(self) -> None:
        """The terminal is as it was; to put it back once more would change what is the shell's."""
        self._begun = self._restored = True
        self._forget()
        if self._signal is not None:
            self._bound(_TO_BE_KEPT)

    def over(self) -> None:
        """All is kept, and Python about to end: nothing is left to be done about a signal.

        A terminal that is itself again makes one of every ctrl+c.
        """
        for number in SIGNALS:
            signal.signal(number, signal.SIG_IGN)
        self._forget()
