"""The first thing on the screen, before anything large is imported."""

from __future__ import annotations

import os
import signal
import sys
import termios
from collections.abc import Mapping
from contextlib import suppress
from typing import TextIO

from gradtui import settings
from gradtui.settings import Chosen

_RESTORED = "".join(
    f"\x1b[?{mode}" for mode in ("1049l", "25h", "7h", "1000l", "1003l", "1006l", "1015l", "1004l",
                                 "2004l", "2026l", "2048l")
) + "\x1b[<u\x1b[0m"  # fmt: skip
"""Every mode that the app may have set by the time a signal ends it, put back."""

_GREETING = "\x1b[?1049h\x1b[H gradtui"
_FAREWELL = "\x1b[?1049l"


def _restore_on_signals(terminal: TextIO) -> None:
    """Until the app has its own handlers, a signal that ends it must not leave the terminal so."""
    try:
        before = termios.tcgetattr(terminal.fileno())
    except (OSError, termios.error):
        return

    def restore(number: int, frame: object) -> None:
        with suppress(OSError, termios.error):
            os.write(terminal.fileno(), _RESTORED.encode("ascii"))
            termios.tcsetattr(terminal.fileno(), termios.TCSANOW, before)
        os._exit(128 + number)

    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, restore)


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
    _restore_on_signals(terminal)
    terminal.write(_GREETING)
    terminal.flush()
    try:
        from gradtui.app.main import Look, run_app
    except BaseException:
        terminal.write(_FAREWELL)
        terminal.flush()
        raise
    look = Look(settings.marker(chosen["marker"].value, utf8=utf8), colours, utf8)
    return run_app(look, mouse=settings.mouse(chosen["mouse"].value), fresh=fresh, theme=theme)
