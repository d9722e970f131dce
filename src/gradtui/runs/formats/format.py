"""What a format is: how it is known by its content, and how it is read piece by piece."""

from __future__ import annotations

import codecs
import re
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from gradtui.runs.sheet import Sheet

HEAD = 2**16
"""The bytes by which a file is known."""
LONGEST = 2**26
"""The bytes of the longest line or record that is read; a longer one is left out."""
TORN = "The last line has no end, and is left out."
_TOO_LONG = f"Left out as longer than {LONGEST:,} bytes: {{line|lines}}."
_ENDS = re.compile(r"\r\n?|\n")


@dataclass(frozen=True)
class Head:
    """The beginning of a file.

    Attributes:
        data: its first bytes.
        path: where it is, None for standard input. What it is called says nothing.
    """

    data: bytes
    path: Path | None = None

    @property
    def text(self) -> str:
        """It as text, from the first that is no blank on."""
        return decoder(self.data).decode(self.data, False).lstrip("\ufeff \t\r\n\0")

    @property
    def lines(self) -> list[str]:
        """Its lines as text, without a last one that is not whole."""
        lines = _ENDS.split(self.text.replace("\0", ""))
        return [line for line in (lines if len(lines) == 1 else lines[:-1]) if line.strip()]


class Stream(Protocol):
    """A reader that is fed what a file holds, in pieces of any size."""

    def feed(self, data: bytes) -> None:
        """The next piece: what is whole goes to the sheet, the rest waits."""

    def end(self) -> None:
        """There is no more: what waits is torn, and that is noted."""


@dataclass(frozen=True)
class Format:
    """One way to write a run down.

    Attributes:
        name: in words.
        knows: whether a file's beginning is of this format. For a format of folders, it is
            asked with the folder's path and no bytes.
        stream: a reader that puts what it is fed into a sheet; None if it cannot be fed.
        at_end: that reader puts nothing down before the end.
        read: reads a path at once, for what cannot be fed.
        folder: it is a folder, not a file.
        certain: nothing else begins like this, so that a walk through a folder may take it.
    """

    name: str
    knows: Callable[[Head], bool] = field(repr=False)
    stream: Callable[[Sheet], Stream] | None = field(default=None, repr=False)
    at_end: bool = False
    read: Callable[[Path, Sheet], None] | None = field(default=None, repr=False)
    folder: bool = False
    certain: bool = False


def decoder(data: bytes) -> codecs.IncrementalDecoder:
    """For text that begins like this: UTF-8, or UTF-16 where a byte order mark says so."""
    utf16 = data[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
    return codecs.getincrementaldecoder("utf-16" if utf16 else "utf-8")("replace")


class Lines(ABC):
    """Whole lines out of pieces; what begins a line and doesn't end it waits."""

    def __init__(self, sheet: Sheet) -> None:
        self.sheet = sheet
        self._decoder: codecs.IncrementalDecoder | None = None
        self._rest: list[str] = []
        self._waiting = 0
        self._skipping = False

    def feed(self, data: bytes) -> None:
        """The next piece."""
        if not data:
            return
        first = self._decoder is None
        if self._decoder is None:
            self._decoder = decoder(data)
        text = self._decoder.decode(data)
        if first:
            text = text.lstrip("\ufeff")
        if "\0" in text:
            text = text.replace("\0", "")
            self.sheet.note("There are NUL bytes in it, which are left out.")
        cut = max(text.rfind("\n"), text.rfind("\r", 0, -1)) + 1
        if not cut:
            self._keep(text)
            return
        whole = "".join((*self._rest, text[:cut]))
        self._rest, self._waiting = [], 0
        self._keep(text[cut:])
        if self._skipping:
            self._skipping = False
            whole = _ENDS.split(whole, maxsplit=1)[1]
        lines = _ENDS.split(whole) if "\r" in whole else whole.split("\n")
        self.take(lines[:-1])

    def _keep(self, text: str) -> None:
        """What has no end yet."""
        if self._skipping:
            return
        self._waiting += len(text)
        if self._waiting > LONGEST:
            self.sheet.note(_TOO_LONG)
            self._rest, self._waiting, self._skipping = [], 0, True
        elif text:
            self._rest.append(text)

    def end(self) -> None:
        """A line without an end could be whole; but half of a number is a number, too."""
        rest = "".join(self._rest)
        self._rest, self._waiting = [], 0
        if rest.strip():
            self.torn(rest)

    @abstractmethod
    def take(self, lines: list[str]) -> None:
        """Whole lines, without their ends."""

    def torn(self, line: str) -> None:
        """The last line, which has no end."""
        self.sheet.note(TORN)
