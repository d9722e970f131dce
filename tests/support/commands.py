"""A command run inside this process: what it prints, and how it ends."""

from __future__ import annotations

import contextlib
import io
from typing import NamedTuple

from gradtui.cli import main

FORETOLD = r"(gradtui: \w.* takes (about|up to) [\d,]+ \w+; ctrl\+c ends it\n)*"
"""What is said on stderr before work that takes long."""


class Done(NamedTuple):
    """How a command ended."""

    status: int
    out: str
    err: str


class Stream(io.TextIOWrapper):
    """A stream of an encoding, which may claim to be a terminal."""

    def __init__(self, encoding: str, *, terminal: bool) -> None:
        self.bytes = io.BytesIO()
        self._terminal = terminal
        super().__init__(self.bytes, encoding=encoding, write_through=True)

    def isatty(self) -> bool:
        return self._terminal

    @property
    def text(self) -> str:
        return self.bytes.getvalue().decode(self.encoding)


def run(*words: str, encoding: str = "utf-8", terminal: bool = False) -> Done:
    """`gradtui` with these words; `terminal` says what stdout and stderr claim to be."""
    out, err = (Stream(encoding, terminal=terminal) for _ in "ab")
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        status = main(words)
    return Done(status, out.text, err.text)
