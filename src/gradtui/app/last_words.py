"""What ends the app from outside, and the last words to the terminal when it has to be at once."""

from __future__ import annotations

import os
import signal
import sys
import termios
import time
from contextlib import suppress
from typing import TextIO

SIGNALS = (
    signal.SIGINT,
    signal.SIGTERM,
    signal.SIGHUP,
    signal.SIGQUIT,
    signal.SIGALRM,
    signal.SIGUSR1,
    signal.SIGUSR2,
    signal.SIGXCPU,
)
"""Those that end the app. Ctrl+c on a raw terminal is a key; SIGINT comes before, or by `kill`.

The last four would end it without a word: batch systems send them before the time is up.
"""

_RESTORED = "\x1b[<u" + "".join(
    f"\x1b[?{mode}" for mode in ("1049l", "25h", "7h", "1000l", "1003l", "1006l", "1015l", "1004l",
                                 "2004l", "2026l", "2048l")
) + "\x1b[0m"  # fmt: skip
"""Every mode that the app may have set by the time it is ended, put back.

Textual's extended keyboard comes first: each of the terminal's two screens has its own, and to
put it back where it was not set changes nothing.
"""

_PATIENCE = 0.1
"""Seconds for the last words to a terminal that takes none."""

_before: list[object] = []
"""The terminal's own attributes, from before anything was changed."""


def remember_terminal(terminal: TextIO) -> None:
    """Keep the terminal's attributes, for `end_at_once` to put back."""
    with suppress(OSError, termios.error):
        _before[:] = termios.tcgetattr(terminal.fileno())


def end_at_once(number: int, frame: object = None) -> None:
    """End so with the exit status of a signal.

    Until the app has its own handlers, and when those do not come to an end.
    """
    end_with(128 + number)


def end_with(status: int) -> None:
    """Put the terminal back as it was and end, whatever other threads wait for."""
    terminal = sys.__stderr__
    if terminal is not None:
        with suppress(OSError, ValueError, termios.error):
            ours = os.dup(terminal.fileno())
            # Textual's own thread may still have something to write: that goes nowhere.
            os.dup2(os.open(os.devnull, os.O_WRONLY), terminal.fileno())
            os.set_blocking(ours, False)
            with suppress(OSError):
                _write_soon(ours, _RESTORED.encode("ascii"))
            os.set_blocking(ours, True)  # the shell has the same one
            if _before:
                termios.tcsetattr(ours, termios.TCSANOW, _before)  # type: ignore[arg-type]
    os._exit(status)


def _write_soon(terminal: int, data: bytes) -> None:
    """Write to one that does not block; one that has stopped reading must not keep us.

    It also refuses while another thread's write is still on its way: that is over at once.
    """
    end = time.monotonic() + _PATIENCE
    while data and time.monotonic() < end:
        try:
            data = data[os.write(terminal, data) :]
        except BlockingIOError:
            time.sleep(0.001)
