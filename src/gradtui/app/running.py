"""The app from its first state to what is remembered of its last."""

from __future__ import annotations

import os
import signal
import sys
import threading
from contextlib import suppress
from functools import partial
from pathlib import Path

from gradtui import __version__
from gradtui.app import reports, storage
from gradtui.app.appearance import Appearance
from gradtui.app.last_words import SIGNALS, end_at_once
from gradtui.app.main import GradTUI
from gradtui.app.state import State, first_start, watching
from gradtui.app.storage import Memory
from gradtui.errors import printable


def run_app(
    appearance: Appearance,
    *,
    mouse: bool,
    fresh: bool = False,
    forget: bool = False,
    theme: str | None = None,
    watched: tuple[str, ...] = (),
) -> int:
    """Run the app on this terminal and give its exit status.

    Args:
        appearance: what the terminal can show.
        mouse: take the mouse.
        fresh: do not go on from the remembered state, and leave that as it is.
        forget: do not go on from the remembered state, and remember this one instead.
        theme: one of `THEMES`; the remembered one if None.
        watched: the runs to begin with, if it is to watch some.
    """
    file = storage.state_file()
    if watched:
        first = watching(watched)
    else:
        first = first_start() if fresh or forget else storage.load(file)
    if theme is not None:
        first = first.with_(theme=theme)

    kept = not fresh or forget
    if kept:
        _start(file)
    keep = partial(_keep, file) if kept else _kept_nothing
    report = partial(reports.written, file.with_name("report.txt"))
    app = GradTUI(first, appearance, Memory(keep, partial(storage.opened, file), report))
    app.shown.select_with_mouse(mouse)
    app.run(mouse=mouse)
    app.end.restored()
    fell = app.return_code == 1
    if why := keep(app.state, app.failing or (fell and not app.opened)):
        _narrate(f"the state could not be kept for the next start ({why})")
    app.end.over()
    if fell:
        _narrate(
            f"this is a defect in gradtui {__version__}, and what you were doing is kept. Please "
            "send the lines above to its maintainers: pip show --verbose gradtui says where."
        )
    return _without_threads(app.return_code or 0)


def _without_threads(status: int) -> int:
    """The exit status; where a thread is left, which may be within LAPACK for long, end with it.

    What Python tears down beneath it would have it fall.
    """
    if threading.active_count() > 1:
        for stream in (sys.stdout, sys.stderr):
            with suppress(OSError):
                stream.flush()
        os._exit(status)
    return status


def _start(file: Path) -> None:
    """Mark that the app begins: whoever finds the mark without its process knows that it fell."""

    def ended(number: int, frame: object = None) -> None:
        """An end from outside is no fall; until the app heeds signals itself."""
        storage.opened(file)
        end_at_once(number)

    for number in SIGNALS:
        signal.signal(number, ended)
    storage.opening(file, os.getpid())


def _keep(file: Path, state: State, failing: bool) -> str:
    """Keep the state; why it could not be kept."""
    why = ""
    try:
        storage.save(state, file)
    except OSError as error:
        why = printable(f"{file}: {error.strerror}")
    if failing:
        storage.opening(file, 0)
    else:
        storage.opened(file)
    return why


def _kept_nothing(state: State, failing: bool) -> str:
    """What is remembered stays as it is."""
    return ""


def _narrate(text: str) -> None:
    """Say it on stderr, if that still leads anywhere."""
    with suppress(OSError):
        print(f"gradtui: {text}", file=sys.stderr)
