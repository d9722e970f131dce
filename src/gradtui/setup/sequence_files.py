"""The sequences in a file of the user's own, read and checked."""

from __future__ import annotations

import array
import csv
import errno
import hashlib
import io
import math
import re
import warnings
from collections.abc import Iterator
from tokenize import TokenError

import numpy as np

from gradtui import gate
from gradtui.errors import InputError, UnreadableError, nearest, printable, shown
from gradtui.files import named_file, read_bytes
from gradtui.mathematics.elementwise import Array
from gradtui.mathematics.limits import MAX_STEPS
from gradtui.mathematics.spec import number
from gradtui.setup.sequences import ALLOWED, MAX_INPUTS, MAX_SEQUENCES, WORDS, Inputs
from gradtui.wording import counted

MAX_BYTES = 2**25
_MOST = 1e100
_LIMITS = f"a number from {number(-_MOST)} to {number(_MOST)}"
_NPY = b"\x93NUMPY"
_MEANT = re.compile(r"[-+.]*\d[\d_.,;' ]*(e[-+\d]*|x[\da-f]*)?%?", re.IGNORECASE)
"""Such as 0x10, 1_000, 1,5 or 3 %."""
_SEQUENCE = "sequence"
"""The head of a first column that says to which sequence a row belongs."""
_ADVICE = {
    errno.ENOENT: "name one that is there",
    errno.EACCES: "see that you may read it (chmod)",
    errno.EFBIG: "leave out steps, sequences or inputs",
}
_OTHER = "name a regular file"
_SHAPES = "[steps, inputs] or [steps, sequences, inputs]"


def of_file(name: str, text: str) -> Inputs:
    """The sequences of a file.

    Raises:
        InputError: it cannot be read, or holds something else.
    """
    if printable(text) != text:
        raise InputError(name, text, "a name of printable characters", "rename the file")
    words = " or ".join(WORDS)
    gate.refuse(name, text, f"{words}: files are not read for visitors", f"choose {words}")
    file = named_file(text, name, "inputs.csv")
    try:
        content = read_bytes(file, MAX_BYTES)
    except OSError as error:
        near = nearest(text, WORDS) if error.errno == errno.ENOENT else ()
        step = f"did you mean {near[0]}?" if near else _ADVICE.get(error.errno or 0, _OTHER)
        allowed = f"{ALLOWED}, that can be read ({error.strerror})"
        raise UnreadableError(name, text, allowed, step) from None
    read = _from_npy if content.startswith(_NPY) else _from_csv
    quoted = shown(file.name)
    x = read(name, quoted, content)
    most = MAX_STEPS, MAX_SEQUENCES, MAX_INPUTS
    for count, limit, what in zip(x.shape, most, ("steps", "sequences", "inputs"), strict=True):
        if not 1 <= count <= limit:
            allowed = f"a file of 1 to {limit:,} {what}"
            raise InputError(name, f"{count:,} {what}", allowed, f"write {quoted} anew")
    x.setflags(write=False)
    return Inputs(text, hashlib.blake2b(content, digest_size=16).hexdigest(), x)


# ----------------------------------------------------------------------- .npy


def _from_npy(name: str, file: str, content: bytes) -> Array:
    """The array that is stored, once its head and its size agree: nothing is unpickled."""
    stream = io.BytesIO(content)
    formats = np.lib.format
    heads = {(1, 0): formats.read_array_header_1_0, (2, 0): formats.read_array_header_2_0}
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            shape, by_columns, dtype = heads[formats.read_magic(stream)](stream)
        if not all(0 <= count <= MAX_BYTES for count in shape):
            raise ValueError
    # What the head says is evaluated as a literal, which fails in many ways.
    except (ValueError, TypeError, KeyError, SyntaxError, TokenError, RecursionError, MemoryError):
        allowed = "a .npy file that can be read: its head is damaged"
        raise InputError(name, file[1:-1], allowed, "write it anew with numpy.save") from None
    if dtype.kind not in "fiu" or len(shape) not in (2, 3):
        what = f"an array of {shown(str(dtype))[1:-1]} of the shape {shape}"
        allowed = f"an array of numbers of the shape {_SHAPES} in {file}"
        raise InputError(name, what, allowed, "write it anew with numpy.save")
    body = content[stream.tell() :]
    if len(body) != math.prod(shape) * dtype.itemsize:
        allowed = f"what the shape {shape} in the head of {file} takes"
        raise InputError(name, f"{len(body):,} bytes", allowed, "write it anew with numpy.save")
    stored = np.frombuffer(body, dtype).reshape(shape, order="F" if by_columns else "C")
    with np.errstate(all="ignore"):
        x = np.array(stored, float)
    wrong = np.argwhere(~(np.abs(x) <= _MOST))
    if len(wrong):
        at = tuple(wrong[0].tolist())
        place = f"{_LIMITS}, at {list(at)} in {file}"
        raise InputError(name, float(x[at]), place, "correct the file")
    return x[:, None] if x.ndim == 2 else x


# ----------------------------------------------------------------------- .csv


def _from_csv(name: str, file: str, content: bytes) -> Array:
    """A row a step, a column an input; a first column `sequence` tells sequences apart."""
    sequences: dict[str, array.array[float]] = {}
    labelled, columns = False, 0
    for line, row in _rows(name, file, content):
        if not columns:
            columns, labelled = len(row), row[0].strip().lower() == _SEQUENCE
            if labelled or not any(map(_like_a_number, row)):
                if _SEQUENCE in (cell.strip().lower() for cell in row[1:]):
                    allowed = f"the first column (line {line} of {file})"
                    raise InputError(name, f"the column {_SEQUENCE}", allowed, "put it first")
                continue
        if len(row) != columns:
            first = f"as the first one is (line {line} of {file})"
            allowed = f"a row of {counted(columns, 'column')}, {first}"
            raise InputError(name, counted(len(row), "column"), allowed, "correct the file")
        label = row[0].strip() if labelled else ""
        numbers = sequences.setdefault(label, array.array("d"))
        if len(sequences) > MAX_SEQUENCES:
            allowed = f"one of at most {MAX_SEQUENCES:,} sequences (line {line} of {file})"
            raise InputError(name, label, allowed, "leave some out")
        for column, cell in enumerate(row[labelled:], 1 + labelled):
            value = _read(cell)
            if value is None or not abs(value) <= _MOST:
                place = f"{_LIMITS} (line {line}, column {column} of {file})"
                raise InputError(name, cell, place, "correct it; columns are separated by commas")
            numbers.append(value)
    size = columns - labelled
    lengths = {label: len(one) // max(size, 1) for label, one in sequences.items()}
    if not size or not lengths:
        raise InputError(name, "no number", f"a row of numbers a step in {file}", "write some")
    steps = next(iter(lengths.values()))
    for label, length in lengths.items():
        if length != steps:
            allowed = f"as many steps as the first sequence of {file} has, {steps:,}"
            given = f"{counted(length, 'step')} of sequence {printable(label)}"
            raise InputError(name, given, allowed, "make all sequences equally long")
    batch = np.array([np.frombuffer(one) for one in sequences.values()])
    return np.ascontiguousarray(batch.reshape(-1, steps, size).swapaxes(0, 1))


def _rows(name: str, file: str, content: bytes) -> Iterator[tuple[int, list[str]]]:
    """The rows with something in them, and the line at which each ends."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        allowed = "text in UTF-8, and no .npy file"
        raise InputError(name, file[1:-1], allowed, "save it as CSV, or with numpy.save") from None
    rows = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        for row in rows:
            if len(row) > 1 or "".join(row).strip():
                yield rows.line_num, row
    except csv.Error as error:
        allowed = f"CSV that can be read in line {rows.line_num} ({error})"
        raise InputError(name, file[1:-1], allowed, "correct the file") from None


def _like_a_number(cell: str) -> bool:
    """Whether this is a number, or something meant to be one, and no name of a column."""
    return _read(cell) is not None or _MEANT.fullmatch(cell.strip()) is not None


def _read(cell: str) -> float | None:
    """A number as a file has it; None if it is none."""
    try:
        return None if "_" in cell else float(cell)
    except ValueError:
        return None
