"""Reading a run: which format it is, and all that is whole of it."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from gradtui import gate
from gradtui.errors import InputError, UnreadableError, printable
from gradtui.files import named_path, open_regular
from gradtui.progress import Tick, unwatched
from gradtui.runs import formats
from gradtui.runs.assembly import run_of
from gradtui.runs.folders import Found, find_runs
from gradtui.runs.formats.console import CONSOLE
from gradtui.runs.formats.format import HEAD, Format, Head
from gradtui.runs.run import Run
from gradtui.runs.sheet import Sheet

STANDARD_INPUT = "-"
_PIECE = 2**20
SUCH_AS = "metrics.csv"
KNOWN = "a run: CSV, JSON, TensorBoard events, wandb, MLflow, trackio, or a log of lines"
_OTHERS: tuple[tuple[Callable[[bytes], bool], str, str], ...] = (
    (lambda head: head.startswith(b"\x1f\x8b"), "packed with gzip", "unpack it first"),
    (lambda head: head.startswith(b"\x28\xb5\x2f\xfd"), "packed with zstd", "unpack it first"),
    (lambda head: head.startswith(b"BZh"), "packed with bzip2", "unpack it first"),
    (lambda head: head.startswith(b"\xfd7zXZ"), "packed with xz", "unpack it first"),
    (
        lambda head: head.startswith((b"PK\x03\x04", b"\x80\x02", b"\x93NUMPY")),
        "weights or an archive",
        "name the file that has the run's numbers by step",
    ),
)


def read_run(path: str | os.PathLike[str], tick: Tick = unwatched) -> Run:
    """What was recorded of a run, in whichever format: it is known by its content.

    Args:
        path: a file; a folder with one run in it; or - for standard input.
        tick: is told how much of a file is read, and may stop it.

    Returns:
        All of it that is whole. What was left out is said in the notes.

    Raises:
        InputError: there is no such file, it is no run, there are several, or too large a one.
    """
    given = os.fspath(path)
    if given == STANDARD_INPUT:
        if sys.stdin is None:
            raise InputError("path", given, "open: there is no standard input", "name a file")
        return _from(sys.stdin.buffer, given, None, tick)
    try:
        file = named_path(given, "path", SUCH_AS)
        if file.is_dir():
            return _from_folder(file, given, tick)
        with open_regular(file) as stream:
            return _from(stream, given, file, tick)
    except OSError as error:
        raise unreadable(given, error) from None
    except ValueError as error:
        if isinstance(error, InputError):
            raise
        raise InputError("path", given, "a file's name", "name a file") from None


def unreadable(given: str, error: OSError) -> UnreadableError:
    """The error for what the system won't give."""
    reason = printable(error.strerror or str(error))
    step = "pipe it in, and name it -" if "regular" in reason else "name a file that is there"
    return UnreadableError("path", given, f"a file that can be read ({reason})", step)


def _from_folder(folder: Path, given: str, tick: Tick) -> Run:
    """The one run that is in a folder."""
    found = find_runs(folder)
    if not found:
        raise InputError("path", given, f"a folder with {KNOWN} in it", "name the file itself")
    if len(found) > 1:
        first = ", ".join(printable(str(one.path.relative_to(folder))) for one in found[:3])
        more = f" and {len(found) - 3:,} more" if len(found) > 3 else ""
        raise InputError("path", given, f"one run: there are {first}{more}", "name one of them")
    return _from_found(found[0], tick)


def _from_found(found: Found, tick: Tick) -> Run:
    """A run whose format is known."""
    given = gate.public(found.path)
    if found.path.is_dir():
        return _whole(found.format, found.path, given)
    with open_regular(found.path) as stream:
        return _from(stream, given, found.path, tick)


def _from(stream: BinaryIO, given: str, file: Path | None, tick: Tick) -> Run:
    """What comes out of a file that is open."""
    # What is there now: a file may be written to faster than it is read.
    left = sys.maxsize if file is None else os.fstat(stream.fileno()).st_size
    head = b""
    while len(head) < min(HEAD, left) and (more := stream.read(min(HEAD, left) - len(head))):
        head += more
    form = format_of(Head(head, file), given)
    if form.read is not None:
        if file is None:
            raise InputError("path", given, f"a stream: it is {form.name}", "name the file itself")
        return _whole(form, file, given)
    sheet = Sheet()
    sheet.source = form.name
    if form.stream is None:  # pragma: no cover - a format has one or the other
        raise InputError("path", given, KNOWN, "name another file")
    reader = form.stream(sheet)
    size = left
    left -= len(head)
    reader.feed(head)
    del head
    while data := stream.read(min(_PIECE, left)):
        left -= len(data)
        reader.feed(data)
        sheet.refuse_too_large(given)
        tick(1.0 - left / size)
    reader.end()
    del reader
    return run_of(sheet, given)


def _whole(form: Format, path: Path, given: str) -> Run:
    """What is read at once."""
    sheet = Sheet()
    sheet.source = form.name
    if form.read is not None:
        form.read(path, sheet)
    return run_of(sheet, given)


def format_of(head: Head, given: str) -> Format:
    """The first format that knows the file; a text that none knows may yet be a log.

    Args:
        head: its beginning.
        given: what the user calls it.

    Raises:
        InputError: it is no run.
    """
    if not head.data.strip(b"\0 \t\r\n"):
        raise InputError("path", given, "a run: there is nothing in it", "wait until it is written")
    for begins, what, step in _OTHERS:
        if begins(head.data):
            raise InputError("path", given, f"{KNOWN}; it is {what}", step)
    for form in formats.FORMATS:
        if not form.folder and form.knows(head):
            return form
    if _is_text(head.data):
        return CONSOLE
    raise InputError("path", given, KNOWN, "name the file that has the numbers by step")


def _is_text(data: bytes) -> bool:
    """Whether a file's beginning is mostly text."""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return True
    odd = sum(data.count(byte) for byte in range(9))
    return odd - data.count(0) <= len(data) // 50 and data.count(0) <= len(data) // 2
