"""From the words of a command to its exit status."""

from __future__ import annotations

import signal
from collections.abc import Sequence

from gradtui import __version__, settings
from gradtui.cli import opening
from gradtui.cli.parser import HelpWanted
from gradtui.cli.streams import complain, emit
from gradtui.errors import NO_MEMORY, CommandError, InputError

_WRONG = 2
_BY_SIGNAL = 128


def status_of(words: Sequence[str]) -> int:
    """Run one command and give its exit status; whatever goes wrong by input ends here."""
    try:
        return _run(list(words))
    except InputError as error:
        from gradtui.setup.naming import on_command_line

        complain(on_command_line(error))
        return _WRONG
    except CommandError as error:
        complain(str(error))
        return _WRONG
    except MemoryError:
        complain(f"memory: {NO_MEMORY}; free some, or let it have more (ulimit -v)")
        return _WRONG
    except BrokenPipeError:
        # Who reads has read enough, as with `gradtui list | head`.
        return _BY_SIGNAL + signal.SIGPIPE


def _run(words: list[str]) -> int:
    if words == ["--version"]:
        emit(f"gradtui {__version__}\n")
        return 0
    wants_help = "-h" in words or "--help" in words
    if not wants_help and not _has_command(words):
        return opening.run(words)
    if not wants_help:
        # Before numpy is imported, which reads it once.
        settings.cap_threads(settings.resolve()["threads"].value)
    from gradtui.cli import commands
    from gradtui.cli.parsers import parsed

    try:
        return commands.run(parsed(words))
    except HelpWanted as wanted:
        emit(wanted.text)
        return 0


def _has_command(words: list[str]) -> bool:
    """Whether this is more than options of the app."""
    values = [f"--{name}" for name in ("theme", *settings.SETTINGS)]
    return any(
        not word.startswith("-") and (index == 0 or words[index - 1] not in values)
        for index, word in enumerate(words)
    )
