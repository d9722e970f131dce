"""The command line: arguments in, a page of text, numbers or the app out.

stdout is data, stderr narration. Exit status: 0 fine, 1 a check failed, 2 the arguments or the
input are wrong, 128 + n ended by signal n.
"""

from __future__ import annotations

import signal
import sys
from collections.abc import Sequence

from gradtui import __version__, settings
from gradtui.cli import opening
from gradtui.cli.parser import HelpWanted
from gradtui.cli.streams import CommandError, complain, emit
from gradtui.errors import NO_MEMORY, InputError

_WRONG = 2
_BY_SIGNAL = 128


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and give its exit status; whatever goes wrong by input ends here."""
    try:
        return _run(list(sys.argv[1:] if argv is None else argv))
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
    except KeyboardInterrupt:
        return _BY_SIGNAL + signal.SIGINT
    except RuntimeError as error:
        # Before Python 3.12, what is raised while a class is made comes as the cause of this.
        if not isinstance(error.__cause__, KeyboardInterrupt):
            raise
        return _BY_SIGNAL + signal.SIGINT
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
