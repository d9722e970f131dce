"""What goes out: data to stdout or a file, narration to stderr, in what their encodings hold."""

from __future__ import annotations

import errno
import os
import sys
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import TextIO

from gradtui import settings
from gradtui.errors import CommandError, printable
from gradtui.files import write_atomically
from gradtui.plots.ascii import in_ascii

_PIPE = os.terminal_size((80, 24))
"""The page where there is no terminal to ask."""

_LARGEST = 1000
"""Columns and lines that a page can use; the kernel takes 65,535 for a size."""


def is_utf8(stream: TextIO | None) -> bool:
    """Whether every character that we write is shown there."""
    return settings.shows_unicode(getattr(stream, "encoding", None))


def is_terminal(stream: TextIO | None) -> bool:
    """Whether somebody is looking."""
    with suppress(ValueError):  # it is closed
        return stream is not None and stream.isatty()
    return False


def terminal_size() -> os.terminal_size | None:
    """The size of the terminal that stdout is; None if it is none or does not say."""
    if not is_terminal(sys.stdout):
        return None
    with suppress(OSError, ValueError):
        size = os.get_terminal_size(sys.stdout.fileno())
        if size.columns and size.lines:
            return os.terminal_size((min(size.columns, _LARGEST), min(size.lines, _LARGEST)))
    return None


def page_size() -> os.terminal_size:
    """The room that a page has."""
    return terminal_size() or _PIPE


def in_colour(choice: str) -> bool:
    """Whether stdout gets colours: always, never, or where somebody sees and wants them.

    What the environment and the settings file say (https://no-color.org among it) counts for auto.
    """
    if choice == "auto":
        wanted = settings.colours(settings.resolve()["colors"].value) != "none"
        return wanted and is_terminal(sys.stdout)
    return choice == "always"


def emit(text: str, *, unicode: bool = False) -> None:
    """All of `text` to stdout, in ASCII unless more is shown there or is asked for.

    Raises:
        BrokenPipeError: nobody reads any more.
        CommandError: it cannot be written.
    """
    if not (unicode or is_utf8(sys.stdout)):
        text = in_ascii(text)
    try:
        if sys.stdout is None:
            raise OSError(errno.EBADF, os.strerror(errno.EBADF))
        sys.stdout.write(text)
        sys.stdout.flush()
    except (OSError, ValueError) as error:
        _abandon_stdout()
        if isinstance(error, BrokenPipeError):
            raise
        raise CommandError(
            f"output: standard output cannot be written ({_reason(error)}); "
            "give --output a file, or make room"
        ) from error


def _abandon_stdout() -> None:
    """What is still in the buffer must not raise a second error when Python ends."""
    with suppress(OSError, ValueError, AttributeError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)


def save(pieces: Iterable[str | bytes], file: Path, what: str) -> None:
    """All of them to a file or nothing, and a word about it on stderr.

    Raises:
        CommandError: it cannot be written; what was there before is as it was.
    """
    try:
        write_atomically(file, pieces)
    except OSError as error:
        raise CommandError(
            f"output: '{printable(str(file))}' cannot be written ({_reason(error)}); "
            "name a regular file in a directory that you may write to"
        ) from error
    narrate(f"gradtui: wrote {what} to {printable(str(file))}\n")


def _reason(error: OSError | ValueError) -> str:
    return printable(getattr(error, "strerror", None) or str(error))


def narrate(text: str) -> None:
    """To stderr, if there is one."""
    if not is_utf8(sys.stderr):
        text = in_ascii(text)
    with suppress(OSError, ValueError, AttributeError):
        sys.stderr.write(text)
        sys.stderr.flush()


def complain(message: str) -> None:
    """The one form of every error."""
    narrate(f"gradtui: error: {message}\n")


class Progress:
    """How far a computation is, in one line of stderr that is gone when it ends.

    Nothing is shown of what is over in a moment, and nothing to a file or a pipe.
    """

    _PATIENCE = 0.3
    _EVERY = 0.1

    def __init__(self, name: str) -> None:
        self._name = name
        self._next = time.monotonic() + self._PATIENCE if is_terminal(sys.stderr) else None
        self._shown = 0

    def __enter__(self) -> Progress:
        return self

    def __exit__(self, *_: object) -> None:
        self._clear()

    def tell_line(self, text: str) -> None:
        """A line that stays, also in a file or a pipe."""
        self._clear()
        narrate(f"{text}\n")

    def _clear(self) -> None:
        if self._shown:
            narrate("\r" + " " * self._shown + "\r")
            self._shown = 0

    def tell(self, share: float) -> None:
        """Show it, if the last time is long enough ago."""
        self.show(f"{self._name}: {share:.0%}")

    def show(self, line: str) -> None:
        """Other words in its place, if the last time is long enough ago."""
        if self._next is not None and time.monotonic() >= self._next:
            narrate("\r" + line.ljust(self._shown))
            self._shown = max(self._shown, len(line))
            self._next = time.monotonic() + self._EVERY
