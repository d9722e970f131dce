"""Protocol buffers, as far as event files and wandb's need them: fields by number.

A message is a row of fields: a varint of number * 8 + wire type, then a varint (type 0), eight
bytes (1), a varint of a length and so many bytes (2), or four bytes (5).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from functools import cache

import numpy as np

from gradtui.mathematics.elementwise import Array


class DamagedError(ValueError):
    """The bytes are no such message."""


def varint(data: bytes, at: int) -> tuple[int, int]:
    """The number that begins there, and where it ends."""
    value = shift = 0
    try:
        while (byte := data[at]) & 0x80:
            value |= (byte & 0x7F) << shift
            shift += 7
            at += 1
            if shift > 63:
                raise DamagedError
    except IndexError:
        raise DamagedError from None
    return value | byte << shift, at + 1


def fields(data: bytes) -> Iterator[tuple[int, int | bytes]]:
    """The fields of a message in their order: numbers as they are, all else as bytes.

    Raises:
        DamagedError: it is none.
    """
    at, end = 0, len(data)
    while at < end:
        key, at = varint(data, at)
        wire = key & 7
        if wire == 0:
            value, at = varint(data, at)
            yield key >> 3, value
            continue
        if wire == 2:
            length, at = varint(data, at)
        elif wire in (1, 5):
            length = 8 if wire == 1 else 4
        else:
            raise DamagedError
        if length > end - at:
            raise DamagedError
        yield key >> 3, data[at : at + length]
        at += length


def message(data: bytes) -> dict[int, int | bytes]:
    """The fields of a message by number, the last where one comes again."""
    return dict(fields(data))


def signed(value: int | bytes) -> int:
    """An int64, which a varint has as if it were unsigned."""
    if isinstance(value, bytes):
        raise DamagedError
    value &= 2**64 - 1
    return value - 2**64 if value >= 2**63 else value


def real(value: int | bytes) -> float:
    """A float or double."""
    if isinstance(value, bytes) and len(value) in (4, 8):
        return float(_real(len(value)).unpack(value)[0])
    raise DamagedError


def content(value: int | bytes) -> bytes:
    """A field that holds bytes."""
    if isinstance(value, int):
        raise DamagedError
    return value


def text(value: int | bytes) -> str:
    """A field that holds text."""
    return content(value).decode("utf-8", "replace")


def reals(value: int | bytes, kind: str) -> Array:
    """Packed numbers of a numpy type; one that isn't packed alone."""
    data = content(value)
    size = np.dtype(kind).itemsize
    if len(data) % size:
        raise DamagedError
    return np.frombuffer(data, kind).astype(float)


@cache
def _real(size: int) -> struct.Struct:
    return struct.Struct("<f" if size == 4 else "<d")
