"""Following a run that is being written: what is new of it, as cheaply as its format allows."""

from __future__ import annotations

import os
import select
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from gradtui.errors import InputError
from gradtui.files import named_path, open_regular
from gradtui.progress import Stopped, Tick, unwatched
from gradtui.runs.assembly import run_of
from gradtui.runs.folders import find_runs
from gradtui.runs.formats.format import HEAD, Head, Stream
from gradtui.runs.reading import STANDARD_INPUT, SUCH_AS, format_of, read_run, unreadable
from gradtui.runs.run import Run
from gradtui.runs.sheet import Sheet
from gradtui.runs.shelf import Stamp, stamp_of

_SHARE = 0.2
"""At most this share of the time is spent on reading and putting together."""
_PIECE = 2**20
_KEPT = 4096
"""Bytes before the end by which it is known that a file is still the one that was read."""


class Follower:
    """One run that is looked at now and then.

    A file that grew is read on from where it ended; one that was written anew, shrank or was put
    in the place of another is read from its beginning. What cannot be read on, such as a folder,
    is read whole when something in it changed.

    Args:
        path: of a file or folder, which need not be there yet.
        clock: seconds.

    Attributes:
        lock: to be held by whoever polls.
    """

    def __init__(self, path: str, clock: Callable[[], float] = time.monotonic) -> None:
        self.path = path
        self.lock = threading.Lock()
        self._clock = clock
        self._not_before = 0.0
        self._forget()

    def _forget(self) -> None:
        """Begin anew."""
        self._sheet: Sheet | None = None
        self._reader: Stream | None = None
        self._at = 0
        self._before = b""

    def poll(
        self, seen: Stamp | None, tick: Tick = unwatched
    ) -> tuple[Run | InputError, Stamp] | None:
        """The run as it is now, or why it cannot be read; None where nothing is new.

        Args:
            seen: the stamp of what is known already.
            tick: is told how much of a file is read, and may stop it.
        """
        begun = self._clock()
        if begun < self._not_before:
            return None
        stamp = stamp_of(self.path)
        if stamp == seen:
            return None
        found: Run | InputError
        first = self._reader is None
        try:
            found = self._read(self._file(), tick)
        except Stopped:
            self._forget()
            raise
        except OSError as error:
            found = unreadable(self.path, error)
        except InputError as error:
            found = error
        if isinstance(found, InputError):
            self._forget()
        ended = self._clock()
        if not (first and self._reads_on):  # what comes next is cheaper
            self._not_before = ended + (ended - begun) * (1.0 / _SHARE - 1.0)
        return found, stamp

    @property
    def _reads_on(self) -> bool:
        """Whether so much was read that the format is known: less may turn out to be of another."""
        return self._reader is not None and self._at >= HEAD

    def _file(self) -> Path:
        """What the path names: of a folder the run in it, of several the one written last."""
        path = named_path(self.path, "path", SUCH_AS)
        if not path.is_dir():
            return path
        found = find_runs(path)
        if not found:
            return path
        return max(found, key=lambda one: one.path.stat().st_mtime_ns).path

    def _read(self, file: Path, tick: Tick) -> Run:
        if file.is_dir():
            return read_run(file, tick)
        with open_regular(file) as stream:
            size = os.fstat(stream.fileno()).st_size
            if self._goes_on(stream, size):
                stream.seek(self._at)
            else:
                self._forget()
                stream.seek(0)
                head = Head(stream.read(HEAD), file)
                form = format_of(head, self.path)
                if form.stream is None or form.at_end:
                    return read_run(file, tick)
                self._sheet = Sheet()
                self._sheet.source = form.name
                self._reader = form.stream(self._sheet)
                stream.seek(0)
            return self._fed(stream, size, tick)

    def _goes_on(self, stream: BinaryIO, size: int) -> bool:
        """Whether what was read is still there, and more than so much that the format is known."""
        if not self._reads_on or size < self._at:
            return False
        stream.seek(self._at - len(self._before))
        return stream.read(len(self._before)) == self._before

    def _fed(self, stream: BinaryIO, size: int, tick: Tick) -> Run:
        """Read on, up to what was there when it was looked at."""
        assert self._reader is not None
        assert self._sheet is not None
        while self._at < size and (data := stream.read(min(_PIECE, size - self._at))):
            self._at += len(data)
            self._before = (self._before + data)[-_KEPT:]
            self._reader.feed(data)
            self._sheet.refuse_too_large(self.path)
            tick(self._at / size)
        return run_of(self._sheet, self.path)


class Piped:
    """A run that comes through standard input.

    Args:
        descriptor: from where.
    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._head = b""
        self._sheet: Sheet | None = None
        self._reader: Stream | None = None
        self.ended = False

    def poll(self, seconds: float) -> Run | InputError | None:
        """The run with what came within so many seconds; None where nothing did.

        Of what comes fast not more than a piece is waited for.
        """
        came = 0
        until = time.monotonic() + seconds
        while not self.ended and came < _PIECE and (left := until - time.monotonic()) > 0.0:
            if not select.select([self._descriptor], [], [], left)[0]:
                break
            data = os.read(self._descriptor, _PIECE)
            came += len(data)
            self.ended = not data
            self._feed(data)
        if not came and not self.ended:
            return None
        try:
            if self._reader is None:
                self._begin()
            assert self._sheet is not None
            return run_of(self._sheet, STANDARD_INPUT)
        except InputError as error:
            return error

    def _feed(self, data: bytes) -> None:
        if self._reader is not None:
            self._reader.feed(data)
            return
        self._head += data
        if len(self._head) >= HEAD:
            self._begin()

    def _begin(self) -> None:
        """Know the format by what is there, and read that; of a little, only for now."""
        form = format_of(Head(self._head[:HEAD]), STANDARD_INPUT)
        if form.stream is None or form.at_end:
            allowed = f"a stream: it is {form.name}"
            raise InputError("path", STANDARD_INPUT, allowed, "name the file itself")
        self._sheet = Sheet()
        self._sheet.source = form.name
        reader = form.stream(self._sheet)
        reader.feed(self._head)
        if len(self._head) >= HEAD:
            self._reader, self._head = reader, b""
