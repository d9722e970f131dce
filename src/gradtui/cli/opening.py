"""`gradtui` without a command: the app, with as little as possible before its first paint."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from gradtui import __version__, settings
from gradtui.cli.parser import Parser, add_app_options
from gradtui.cli.streams import emit, is_terminal
from gradtui.errors import CommandError, InputError


def run(words: Sequence[str]) -> int:
    """Open the app and give its exit status.

    Raises:
        InputError, CommandError: the options are wrong, or there is no terminal to draw on.
    """
    parser = Parser(prog="gradtui", add_help=False)
    add_app_options(parser, None)
    options = parser.read(words)
    if options.version:
        emit(f"gradtui {__version__}\n")
        return 0
    chosen = settings.resolve({name: getattr(options, name) for name in settings.SETTINGS})
    settings.cap_threads(chosen["threads"].value)
    if options.theme is not None:
        from gradtui.app.state import THEMES

        if options.theme not in THEMES:
            raise InputError("theme", options.theme, f"one of {', '.join(THEMES)}", "choose one")
    check_terminal("`gradtui decay` prints the same as text")
    from gradtui.app.opening import open_app

    return open_app(chosen, fresh=options.fresh, forget=options.forget, theme=options.theme)


def check_terminal(instead: str) -> None:
    """The app reads keys from stdin and draws on stderr; a stdout that leads away gets nothing.

    Raises:
        CommandError: it has no terminal; `instead` says what does without.
    """
    for stream, name in (
        (sys.stdin, "standard input"),
        (sys.stdout, "standard output"),
        (sys.stderr, "standard error"),
    ):
        if not is_terminal(stream):
            raise CommandError(_no_app(f"{name} is not one", instead))
    if os.environ.get("TERM") == "dumb":
        reason = "TERM=dumb says that this one cannot move its cursor"
        raise CommandError(_no_app(reason, instead))


def _no_app(reason: str, instead: str) -> str:
    return f"the app needs a terminal, and {reason}; {instead}"
