"""A defect of ours, written down for its maintainers, and in a few words for the screen."""

from __future__ import annotations

import platform
import shlex
import traceback
from pathlib import Path

from gradtui import __version__
from gradtui.errors import printable
from gradtui.files import home, write_atomically
from gradtui.setup import Setup
from gradtui.views import VIEWS

_SHOWN = 60
"""Characters of an error's own words."""


def reason(error: Exception) -> str:
    """An error in a few words."""
    text = printable(f"{type(error).__name__}: {error}".removesuffix(": "))
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"


def written(file: Path, view: str, setup: Setup, error: Exception) -> str:
    """Write down all that it takes to see it again, in place of the last report.

    Args:
        file: where to.
        view: the name of the view that was open.
        setup: what was chosen.
        error: what came of it.

    Returns:
        The file as a user would name it; "" if it cannot be written.
    """
    from importlib.metadata import version  # takes milliseconds, for a defect alone

    lines = [
        f"gradtui {__version__}, Python {platform.python_version()}, {platform.platform()}",
        *(f"{name} {version(name)}" for name in ("numpy", "scipy", "textual", "plotext")),
        shlex.join(VIEWS[view].command(setup)),
        "",
        *traceback.format_exception(error),
    ]
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(file, "\n".join(lines))
    except OSError:
        return ""
    try:
        return f"~/{file.relative_to(home())}"
    except ValueError:
        return str(file)
