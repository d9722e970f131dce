"""npz of numpy, without its pickles."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import BinaryIO

import numpy as np

from gradtui.errors import printable
from gradtui.mathematics.elementwise import Array
from gradtui.runs.weights.archive import Member
from gradtui.runs.weights.tensors import (
    DTYPES,
    Contents,
    Tensor,
    TornError,
    checked_shape,
    doubles,
    left_out,
)

_LONGEST_HEADER = 2**14
_MAGIC = b"\x93NUMPY"
_DTYPE = re.compile(r"'descr': *'([<>|=]?[biufcOSUV?][0-9]*)'")
_ORDER = re.compile(r"'fortran_order': *(True|False)")
_SHAPE = re.compile(r"'shape': *\(([0-9, ]*)\)")
_ENDING = ".npy"


@dataclass(frozen=True)
class _Header:
    """What an array's header tells, and where its numbers begin."""

    shape: tuple[int, ...]
    fortran: bool
    dtype: np.dtype[np.generic]
    start: int

    @property
    def size(self) -> int:
        return math.prod(self.shape) * self.dtype.itemsize


def knows(found: Mapping[str, Member]) -> bool:
    """Whether all members of an archive are arrays of numpy's."""
    return bool(found) and all(name.endswith(_ENDING) for name in found)


def contents(stream: BinaryIO, found: Mapping[str, Member]) -> Contents:
    """Its arrays of numbers.

    Raises:
        TornError: it isn't whole.
    """
    tensors: dict[str, Tensor] = {}
    others: list[tuple[str, str]] = []
    for member_name, member in found.items():
        name = member_name.removesuffix(_ENDING)
        header = _header(stream, member, name)
        if header.dtype.name not in DTYPES:
            others.append((name, str(header.dtype)))
            continue
        if header.start + header.size != member.size:
            raise TornError(f"the shape and the size of {printable(name)} differ")
        load = _Load(member, header)
        tensors[name] = Tensor(header.dtype.name, header.shape, (member_name,), load)
    return Contents("npz", tensors, left_out(others))


def _header(stream: BinaryIO, member: Member, name: str) -> _Header:
    """The header of an array, read by its pattern: numpy's own reader evaluates it."""
    head = bytes(member.part(stream, 0, min(_LONGEST_HEADER, member.size)))
    wide = head[6:7] != b"\x01"
    begin = 12 if wide else 10
    start = begin + int.from_bytes(head[8:begin], "little")
    told = head[begin:start].decode("latin-1")
    dtype, order, shape = (pattern.search(told) for pattern in (_DTYPE, _ORDER, _SHAPE))
    whole = head.startswith(_MAGIC) and start <= len(head) and order and shape
    if not whole or order is None or shape is None:
        raise TornError(f"{printable(name)} has no header of npy")
    try:
        sizes = [int(size) for size in re.findall(r"\d+", shape[1])]
        # A list of fields, or a date, has no plain word here.
        kind = np.dtype(dtype[1] if dtype else np.void)
    except (TypeError, ValueError):
        raise TornError(f"{printable(name)} has no header of npy") from None
    return _Header(checked_shape(sizes), order[1] == "True", kind, start)


@dataclass(frozen=True)
class _Load:
    """Reads an array."""

    member: Member
    header: _Header

    def __call__(self, stream: BinaryIO) -> Array:
        told = self.header
        numbers = np.frombuffer(self.member.whole(stream), told.dtype, offset=told.start)
        if told.fortran:
            return doubles(numbers.reshape(told.shape[::-1]).T)
        return doubles(numbers.reshape(told.shape))
