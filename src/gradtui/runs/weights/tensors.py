"""Tensors as a file has them: told at once, read one by one as they are asked for."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Literal, TypeAlias

import numpy as np

from gradtui.errors import InputError, printable
from gradtui.files import open_regular
from gradtui.mathematics.elementwise import Array
from gradtui.mathematics.memory import refuse_beyond_memory

BFLOAT16 = "bfloat16"
_MOST_DIMENSIONS = 32
_MOST_NUMBERS = 2**59
"""Numpy's bound of the other dimensions beside one of 0."""
_AT_ONCE = 2**22
"""Numbers."""
Order: TypeAlias = Literal["<", ">"]


class TornError(Exception):
    """A file does not hold what it says: in which way, in words."""


@dataclass(frozen=True)
class Dtype:
    """How a number is stored.

    Attributes:
        name: as numpy calls it, and "bfloat16".
        stored: numpy's letter for its bytes, without an order.
    """

    name: str
    stored: str

    @property
    def size(self) -> int:
        """Its bytes."""
        return np.dtype(self.stored).itemsize

    def read(
        self, data: bytes | bytearray, order: Order = "<"
    ) -> np.ndarray[tuple[int], np.dtype[np.generic]]:
        """Numbers as they stand one after the other; float32 of bfloat16."""
        raw = np.frombuffer(data, np.dtype(self.stored).newbyteorder(order))
        if self.name != BFLOAT16:
            return raw
        wide: np.ndarray[tuple[int], np.dtype[np.generic]] = (
            raw.astype(np.uint32) << np.uint32(16)
        ).view(np.float32)
        return wide


DTYPES: Mapping[str, Dtype] = {
    name: Dtype(name, stored)
    for name, stored in {
        "float64": "f8",
        "float32": "f4",
        "float16": "f2",
        BFLOAT16: "u2",
        "int64": "i8",
        "int32": "i4",
        "int16": "i2",
        "int8": "i1",
        "uint64": "u8",
        "uint32": "u4",
        "uint16": "u2",
        "uint8": "u1",
        "bool": "?",
    }.items()
}


@dataclass(frozen=True)
class Tensor:
    """One tensor of a file.

    Attributes:
        dtype: the name of its numbers' type.
        shape: of any number of dimensions.
        place: where its numbers are; tensors of the same place are tied.
        load: reads them from the file that is open.
    """

    dtype: str
    shape: tuple[int, ...]
    place: tuple[object, ...]
    load: Callable[[BinaryIO], Array] = field(compare=False, repr=False)


@dataclass(frozen=True)
class Contents:
    """What a reader finds in one file: its tensors by name, the format in words, and notes."""

    source: str
    tensors: Mapping[str, Tensor]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Fingerprint:
    """By what a file is known to be the one that was looked at."""

    inode: int
    size: int
    changed: int

    @classmethod
    def of(cls, stream: BinaryIO) -> Fingerprint:
        """That of a file that is open."""
        told = os.fstat(stream.fileno())
        return cls(told.st_ino, told.st_size, told.st_mtime_ns)


Part: TypeAlias = tuple[Path, Fingerprint, Contents]
"""A file that was read."""


class Weights(Mapping[str, Array]):
    """The tensors of a file by name, float64, each read when it is asked for.

    Attributes:
        source: the format, in words.
        dtypes: how each is stored, such as "float32" or "bfloat16".
        shapes: of each, without reading it.
        tied: of tensors that are the very same memory, all but the first: the first's name.
        notes: what is to be known of the file, in sentences.
    """

    def __init__(self, given: str, parts: Sequence[Part]) -> None:
        self._given = given
        self._homes: dict[str, tuple[Path, Fingerprint, Tensor]] = {}
        self.tied: dict[str, str] = {}
        self.source = parts[0][2].source if parts else ""
        self.notes = tuple(dict.fromkeys(note for *_, one in parts for note in one.notes))
        first: dict[tuple[object, ...], str] = {}
        for path, fingerprint, contents in parts:
            for name, tensor in contents.tensors.items():
                self._homes[name] = path, fingerprint, tensor
                place = (path, *tensor.place, tensor.shape)
                if first.setdefault(place, name) != name and 0 not in tensor.shape:
                    self.tied[name] = first[place]
        self.dtypes = {name: tensor.dtype for name, (*_, tensor) in self._homes.items()}
        self.shapes = {name: tensor.shape for name, (*_, tensor) in self._homes.items()}

    def __getitem__(self, name: str) -> Array:
        """A tensor's numbers.

        Raises:
            KeyError: there is none of that name.
            InputError: the file has changed since, is damaged there, or it won't fit into memory.
        """
        path, fingerprint, tensor = self._homes[name]
        refuse_beyond_memory(
            "path",
            f"{printable(name)} of {self._given}",
            16.0 * float(math.prod(tensor.shape)),
            lambda free: "read it where there is more, or ask for other tensors of it",
        )
        try:
            with open_regular(path) as stream:
                if Fingerprint.of(stream) != fingerprint:
                    raise TornError("it has changed since it was opened")
                return tensor.load(stream).reshape(tensor.shape)
        except (OSError, TornError) as error:
            raise torn(self._given, f"{printable(name)}: {error_words(error)}") from None

    def __iter__(self) -> Iterator[str]:
        return iter(self._homes)

    def __len__(self) -> int:
        return len(self._homes)

    def __contains__(self, name: object) -> bool:
        return name in self._homes


def error_words(error: Exception) -> str:
    """An error's reason, fit to be shown."""
    return printable((error.strerror if isinstance(error, OSError) else None) or str(error))


def torn(given: str, why: str) -> InputError:
    """The error for a file that doesn't hold what it says."""
    return InputError("path", given, f"a whole file of weights: {why}", "copy or save it again")


def left_out(others: Sequence[tuple[str, str]]) -> tuple[str, ...]:
    """The note of tensors, by name and type, that are no numbers which are read here."""
    if not others:
        return ()
    first = ", ".join(f"{printable(name)} ({printable(kind)[:20]})" for name, kind in others[:3])
    more = f" and {len(others) - 3:,} more" if len(others) > 3 else ""
    return (f"Left out for their type of numbers: {first}{more}.",)


def checked_shape(shape: object) -> tuple[int, ...]:
    """A shape of whole numbers from 0 up; what is empty has one that an array can have."""
    sizes = checked_counts(shape)
    if 0 in sizes and math.prod(size for size in sizes if size) >= _MOST_NUMBERS:
        raise TornError("a tensor's shape is larger than any")
    return sizes


def checked_counts(counts: object) -> tuple[int, ...]:
    """Whole numbers from 0 up, one a dimension."""
    if not isinstance(counts, list | tuple) or len(counts) > _MOST_DIMENSIONS:
        raise TornError("a tensor's shape is none")
    return tuple(checked_count(size) for size in counts)


def checked_count(count: object) -> int:
    """A whole number from 0 up that a file can hold so many of."""
    if not isinstance(count, int) or isinstance(count, bool) or not 0 <= count < 2**62:
        raise TornError("a size or place in it is no whole number from 0 up")
    return count


def read_at(stream: BinaryIO, at: int, count: int) -> bytearray:
    """So many bytes from a place on.

    Raises:
        TornError: the file ends before.
    """
    if at < 0 or at + count > os.fstat(stream.fileno()).st_size:
        raise TornError("it ends before the numbers that it announces")
    data = bytearray(count)
    got = 0
    with memoryview(data) as view:
        while got < count and (more := os.preadv(stream.fileno(), [view[got:]], at + got)):
            got += more
    if got < count:
        raise TornError("it ends before the numbers that it announces")
    return data


def read_doubles(
    part: Callable[[int, int], bytes | bytearray], count: int, dtype: Dtype, order: Order = "<"
) -> Array:
    """So many numbers that stand one after the other, as float64.

    They are read some at a time: the file's own bytes are never all in memory beside them.

    Args:
        part: reads bytes: from where, how many.
        count: how many numbers.
        dtype: of them.
        order: of their bytes.
    """
    out = np.empty(count)
    for start in range(0, count, _AT_ONCE):
        some = min(_AT_ONCE, count - start)
        with np.errstate(all="ignore"):  # a signalling nan is quiet then
            out[start : start + some] = dtype.read(
                part(start * dtype.size, some * dtype.size), order
            )
    return out


_TOGETHER = 2**22


def doubles(numbers: np.ndarray[tuple[int, ...], np.dtype[np.generic]]) -> Array:
    """As float64, a copy of its own; a signalling nan is quiet then.

    Some at a time: within one piece no ctrl+c is heeded.
    """
    found: Array = np.empty(numbers.shape)
    rows = max(_TOGETHER * len(numbers) // numbers.size, 1) if numbers.ndim and numbers.size else 1
    with np.errstate(all="ignore"):
        if not numbers.ndim:
            found[...] = numbers
        for at in range(0, len(numbers) if numbers.ndim else 0, rows):
            found[at : at + rows] = numbers[at : at + rows]
    return found
