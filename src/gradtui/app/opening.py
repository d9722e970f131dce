"""The first thing on the screen, before anything large is imported."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping

from gradtui import settings
from gradtui.settings import Chosen

_GREETING = "\x1b[?1049h\x1b[H gradtui"
_FAREWELL = "\x1b[?1049l"


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
