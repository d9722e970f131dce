"""The first thing on the screen, before anything large is imported."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Mapping

from gradtui import settings
from gradtui.app.deferred_import import deferred
from gradtui.app.last_words import SIGNALS, end_at_once, remember_terminal
from gradtui.mathematics.memory import collect_later
from gradtui.settings import Chosen

_GREETING = "\x1b[?1049h\x1b[H gradtui"
_FAREWELL = "\x1b[?1049l"


def _tell_textual(colours: str) -> None:
    """Set what it reads of the environment, which it does once, when it is imported."""
    # With NO_COLOR it would show greys.
    os.environ.pop("NO_COLOR", None)
    # The kernel knows the size; what a shell exports stands from before the last resize. Textual's
    # own variables are for those who develop it: keys that are struck by themselves, a log.
    own = [name for name in os.environ if name.startswith("TEXTUAL_") and name != "TEXTUAL_FPS"]
    for name in ("COLUMNS", "LINES", *own):
        os.environ.pop(name, None)
    os.environ["TEXTUAL_COLOR_SYSTEM"] = "standard" if colours in ("16", "none") else colours
    # Its frames would have every picture wait for a sixtieth of a second; ours are few.
    os.environ.setdefault("TEXTUAL_FPS", "240")


def open_app(
    chosen: Mapping[str, Chosen],
    *,
    fresh: bool = False,
    forget: bool = False,
    theme: str | None = None,
    watched: tuple[str, ...] = (),
    bell: bool = False,
) -> int:
    """Greet at once, then load the app and run it; gives its exit status.

    Args:
        chosen: the settings.
        fresh: do not go on from the remembered state, and leave that as it is.
        forget: do not go on from the remembered state, and remember this one instead.
        theme: the name of a theme; the remembered one if None.
        watched: the runs to begin with, if it is to watch some.
        bell: ring when the verdict on one of them changes.
    """
    terminal = sys.__stderr__  # where Textual draws
    assert terminal is not None
    marker = settings.marker(chosen["marker"].value, utf8=settings.shows_unicode(terminal.encoding))
    # A marker that was asked for is a word for the rest too.
    unicode = marker != "ascii" and settings.encodes_unicode(terminal.encoding)
    colours = settings.colours(chosen["colors"].value)
    _tell_textual(colours)
    # What is imported is there to stay; the app sets it apart once all is in its place.
    collect_later()
    remember_terminal(terminal)
    # No KeyboardInterrupt either: what is being imported may turn it into an error of its own.
    for number in SIGNALS:
        signal.signal(number, end_at_once)
    try:
        terminal.write(_GREETING)
        terminal.flush()
        with deferred("numpy"):  # the first picture comes after the first paint
            from gradtui.app.appearance import Appearance
            from gradtui.app.running import run_app
        appearance = Appearance(marker, colours, unicode, bell)
        return run_app(
            appearance,
            mouse=settings.mouse(chosen["mouse"].value),
            fresh=fresh,
            forget=forget,
            theme=theme,
            watched=watched,
        )
    except BaseException:
        terminal.write(_FAREWELL)
        terminal.flush()
        raise
