"""The file of a sweep: a head, then a line of JSON a cell, appended as it comes.

What is there isn't computed again. A line that was torn, by a full disk or a power cut, is dropped.
At the end the lines are put into the order of the grid: the same bytes however they came.
"""

from __future__ import annotations

import errno
import fcntl
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import IO, Any

from gradtui import __version__
from gradtui.errors import CommandError, InputError, printable
from gradtui.files import write_atomically
from gradtui.sweeps.cell import DEFECT, MEMORY, TAIL, WORKER, Row
from gradtui.sweeps.grid import Grid

_AGAIN = (MEMORY, WORKER, DEFECT)
"""Cells with such errors are computed again: they may do better another time."""


def head_of(grid: Grid) -> dict[str, Any]:
    """What was asked: two sweeps of the same head have the same rows."""
    return {
        "gradtui": __version__,
        "sweep": grid.view,
        "given": dict(grid.given),
        "axes": {axis.knob: list(axis.values) for axis in grid.axes},
    }


def line_of(values: Mapping[str, Any]) -> str:
    """A line of the file."""
    return json.dumps(values, ensure_ascii=False, allow_nan=False) + "\n"


def full_row(grid: Grid, cell: int, row: Row) -> Row:
    """A row with the number of its cell, from 1 on, and where it is on the axes."""
    return {"cell": cell + 1, **grid.values(cell), **row}


class Record:
    """The file as it grows; `with` closes it.

    Attributes:
        rows: those that are known, by the number of the cell from 0 on.
    """

    def __init__(self, file: Path, grid: Grid) -> None:
        """Open it, or begin it.

        Raises:
            InputError: what is there is another sweep's, or no sweep's.
            CommandError: it cannot be written, or another sweep writes it.
        """
        self._file, self._grid = file, grid
        self.rows: dict[int, Row] = {}
        try:
            self._stream = _locked(file)
        except OSError as error:
            raise _unwritable(file, error) from error
        try:
            self._take_up()
        except OSError as error:
            self._stream.close()
            raise _unwritable(file, error) from error
        except BaseException:
            self._stream.close()
            raise

    def __enter__(self) -> Record:
        """The file."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close it."""
        with suppress(OSError):  # what could not be written was told
            self._stream.close()

    def add(self, cell: int, row: Row) -> None:
        """One more row.

        Raises:
            CommandError: it cannot be written.
        """
        self.rows[cell] = row
        try:
            self._stream.write(line_of(full_row(self._grid, cell, row)).encode())
            self._stream.flush()
        except OSError as error:
            raise _unwritable(self._file, error) from error

    def finish(self) -> None:
        """Put the rows in order.

        Raises:
            CommandError: it cannot be written; it stays as it was.
        """
        text = "".join(self._lines())
        self._stream.seek(0)
        if self._stream.read() == text.encode():
            return
        try:
            write_atomically(self._file, text)
        except OSError as error:
            raise _unwritable(self._file, error) from error

    def _lines(self) -> Iterator[str]:
        yield line_of(head_of(self._grid))
        for cell in sorted(self.rows):
            yield line_of(full_row(self._grid, cell, self.rows[cell]))

    def _take_up(self) -> None:
        """What is there; nothing behind the last whole line is."""
        content = self._stream.read()
        lines = content.split(b"\n")
        whole = sum(len(line) + 1 for line in lines[:-1])
        if not whole and line_of(head_of(self._grid)).encode().startswith(content):
            self._stream.truncate(0)  # a head that was torn, or nothing
            self._stream.write(line_of(head_of(self._grid)).encode())
            self._stream.flush()
            return
        if lines[:1] != [line_of(head_of(self._grid)).encode().rstrip(b"\n")]:
            raise self._another(lines[0])
        for number, line in enumerate(lines[1:-1], 2):
            self._read(number, line)
        self._stream.truncate(whole)

    def _read(self, number: int, line: bytes) -> None:
        """A row, if it is one of this sweep's."""
        try:
            row = json.loads(line)
            cell = row.pop("cell") - 1
            known = 0 <= cell < self._grid.size and {*TAIL} <= {*row}
            values = {axis.knob: row.pop(axis.knob) for axis in self._grid.axes}
        except (ValueError, KeyError, TypeError, AttributeError):
            known = False
        if not known or values != self._grid.values(cell):
            raise InputError(
                "output", str(self._file), f"a whole file: line {number} is no row of this sweep",
                "take that line out, or name another file",
            )  # fmt: skip
        if not str(row["error"] or "").startswith(_AGAIN):
            self.rows[cell] = row

    def _another(self, line: bytes) -> InputError:
        """Why the file is not this sweep's."""
        head: Any = None
        with suppress(ValueError):
            head = json.loads(line)
        own = head_of(self._grid)
        what = "a file of this sweep: it holds something else"
        if isinstance(head, dict) and "sweep" in head:
            differ = [key for key in own if head.get(key) != own[key]]
            words = {
                "gradtui": f"gradtui {printable(str(head.get('gradtui')))} wrote it",
                "sweep": f"it is of the view {printable(str(head.get('sweep')))}",
                "given": "other knobs were given",
                "axes": "its axes are others",
            }
            what = "a file of this sweep: " + " and ".join(words[key] for key in differ)
        step = "name another file, or move that one away"
        return InputError("output", str(self._file), what, step)


_FLAGS = os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC | os.O_NONBLOCK


def _locked(file: Path) -> IO[bytes]:
    """The file, opened for this process alone."""
    descriptor = os.open(file, _FLAGS, 0o666)
    stream = os.fdopen(descriptor, "a+b")
    try:
        if not Path(f"/proc/self/fd/{descriptor}").is_file() and not file.is_file():
            raise OSError(errno.EINVAL, "not a regular file")
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        stream.close()
        raise CommandError(
            f"output: '{printable(str(file))}' is being written by another sweep; "
            "wait for its end, or name another file"
        ) from None
    except BaseException:
        stream.close()
        raise
    stream.seek(0)
    return stream


def _unwritable(file: Path, error: OSError) -> CommandError:
    why = printable(error.strerror or str(error))
    return CommandError(
        f"output: '{printable(str(file))}' cannot be written ({why}); make room, or name a file in "
        "a directory that you may write to; the same command goes on from what is kept"
    )
