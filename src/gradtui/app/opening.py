"""The first thing on the screen, before anything large is imported."""

from __future__ import annotations

import gc
import os
import signal
import sys
import termios
import time
from collections.abc import Mapping
from contextlib import suppress
from typing import TextIO

from gradtui import settings
from gradtui.app.later import later
from gradtui.settings import Chosen

_RESTORED = "\x1b[<u" + "".join(
    f"\x1b[?{mode}" for mode in ("1049l", "25h", "7h", "1000l", "1003l", "1006l", "1015l", "1004l",
                                 "2004l", "2026l", "2048l")
) + "\x1b[0m"  # fmt: skip
"""Every mode that the app may have set by the time it is ended, put back.

Textual's extended keyboard comes first: each of the terminal's two screens has its own, and to
put it back where it was not set changes nothing.
"""

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
"""Those that end the app. Ctrl+c on a raw terminal is a key; SIGINT comes before, or by `kill`."""

_GREETING = "\x1b[?1049h\x1b[H gradtui"
_FAREWELL = "\x1b[?1049l"

_PATIENCE = 0.1
"""Seconds for the last words to a terminal that takes none."""

_before: list[object] = []
"""The terminal's own attributes, from before anything was changed."""


def _remember(terminal: TextIO) -> None:
    with suppress(OSError, termios.error):
        _before[:] = termios.tcgetattr(terminal.fileno())


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


def end_at_once(number: int, frame: object = None) -> None:
    """Put the terminal back as it was and end, with the exit status of a signal.

    Until the app has its own handlers, and when those do not come to an end.
    """
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
    os._exit(128 + number)


def open_app(chosen: Mapping[str, Chosen], *, fresh: bool = False, theme: str | None = None) -> int:
    """Greet at once, then load the app and run it; gives its exit status.

    Args:
        chosen: the settings.
        fresh: do not go on from the remembered state.
        theme: the name of a theme; the remembered one if None.
    """
    terminal = sys.__stderr__  # where Textual draws
    assert terminal is not None
    utf8 = (terminal.encoding or "ascii").lower().replace("-", "") == "utf8"
    colours = settings.colours(chosen["colors"].value)
    # Textual reads these once, when it is imported; with NO_COLOR it would show greys.
    os.environ.pop("NO_COLOR", None)
    os.environ["TEXTUAL_COLOR_SYSTEM"] = "standard" if colours in ("16", "none") else colours
    # Its frames would have every picture wait for a sixtieth of a second; ours are few.
    os.environ.setdefault("TEXTUAL_FPS", "240")
    # What is imported is there to stay; the app sets it apart once all is in its place.
    gc.disable()
    _remember(terminal)
    # No KeyboardInterrupt either: what is being imported may turn it into an error of its own.
    for number in SIGNALS:
        signal.signal(number, end_at_once)
    try:
        terminal.write(_GREETING)
        terminal.flush()
        with later("numpy"):  # the first picture comes after the first paint
            from gradtui.app.main import Look, run_app
    except BaseException:
        terminal.write(_FAREWELL)
        terminal.flush()
        raise
    look = Look(settings.marker(chosen["marker"].value, utf8=utf8), colours, utf8)
    return run_app(look, mouse=settings.mouse(chosen["mouse"].value), fresh=fresh, theme=theme)
