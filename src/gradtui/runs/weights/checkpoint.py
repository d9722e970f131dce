"""What PyTorch saves: the zip archive since 1.6, and the pickles in a row before, without PyTorch.

In both a pickle tells the tensors, as views of storages that it names by a key; the numbers of the
storages stand outside it.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, BinaryIO

import numpy as np

from gradtui.errors import printable
from gradtui.mathematics.elementwise import Array
from gradtui.runs.weights.archive import Member
from gradtui.runs.weights.known import Storage, StorageType, Strided, extent, in_a_row
from gradtui.runs.weights.pickles import LONGEST, unpickled
from gradtui.runs.weights.states import state_of
from gradtui.runs.weights.tensors import (
    Contents,
    Dtype,
    Order,
    Tensor,
    TornError,
    checked_count,
    doubles,
    left_out,
    read_at,
    read_doubles,
)

LEGACY = b"\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19."
"""How a file of a PyTorch before 1.6 begins: a pickle of its magic number."""
_PROTOCOL = 1001
_LARGE = 2**24
_PICKLE = "data.pkl"

Part = Callable[[BinaryIO, int, int], "bytes | bytearray"]
"""Reads some of a storage's bytes: from where, how many."""


@dataclass(frozen=True)
class _Place:
    """Where the numbers of a storage are."""

    part: Part
    size: int
    order: Order
    in_parts: bool = True
    """Whether a part of it can be read without what is before it."""


def knows(found: Mapping[str, Member]) -> bool:
    """Whether an archive is one of PyTorch's."""
    return _prefix(found) is not None


def _prefix(found: Mapping[str, Member]) -> str | None:
    """The folder in the archive in which everything is."""
    for name in found:
        folder, slash, last = name.rpartition("/")
        if last == _PICKLE and "/" not in folder:
            return folder + slash
    return None


def contents(stream: BinaryIO, found: Mapping[str, Member]) -> Contents:
    """The weights in an archive.

    Raises:
        TornError: it isn't whole.
        RefusedError: it asks for a name that isn't known.
    """
    prefix = _prefix(found) or ""
    told = found[prefix + _PICKLE]
    if told.size > LONGEST:
        raise TornError(f"what it tells of its tensors is longer than {LONGEST:,} bytes")
    root, _ = unpickled(told.part(stream, 0, told.size), _storage)
    order: Order = "<"
    if (member := found.get(f"{prefix}byteorder")) is not None:
        word = bytes(member.part(stream, 0, min(member.size, 10))).strip()
        if word not in (b"little", b"big"):
            raise TornError("it tells no order of bytes")
        order = "<" if word == b"little" else ">"

    def place(key: str) -> _Place:
        data = found.get(f"{prefix}data/{key}")
        if data is None:
            raise TornError(f"the numbers of the storage {printable(key)[:40]} are missing")
        return _Place(data.part, data.size, order, not data.deflated)

    return _from(root, place, "PyTorch")


def legacy_contents(stream: BinaryIO) -> Contents:
    """The weights in a file from before the archives: four pickles, then the storages.

    Raises:
        TornError: it isn't whole.
        RefusedError: it asks for a name that isn't known.
    """
    size = os.fstat(stream.fileno()).st_size
    data = read_at(stream, 0, min(size, LONGEST))
    at = len(LEGACY)
    protocol, at = unpickled(data, _storage, at)
    if protocol != _PROTOCOL:
        raise TornError("it is of another version of PyTorch's old format")
    _, at = unpickled(data, _storage, at)
    storages: dict[str, Storage] = {}

    def persistent(asked: object) -> object:
        storage = _storage(asked)
        return storages.setdefault(storage.key, storage) if storage.start == 0 else storage

    root, at = unpickled(data, persistent, at)
    keys, at = unpickled(data, _storage, at)
    places: dict[str, _Place] = {}
    if not isinstance(keys, list):
        raise TornError("it doesn't tell where its numbers are")
    for key in keys:
        if not isinstance(key, str) or key not in storages:
            raise TornError("it has numbers of which it doesn't tell what they are")
        length = int.from_bytes(read_at(stream, at, 8), "little") * storages[key].type.size
        places[key] = _Place(partial(_range, at + 8), length, "<")
        at += 8 + length
        if at > size:
            raise TornError("it ends before the numbers that it announces")
    return _from(root, places.__getitem__, "PyTorch before 1.6")


def _range(start: int, stream: BinaryIO, at: int, count: int) -> bytearray:
    return read_at(stream, start + at, count)


def _storage(asked: object) -> Storage:
    """What a pickle of PyTorch's means by something outside itself."""
    told = asked if isinstance(asked, tuple) else ()
    if len(told) not in (5, 6) or told[0] != "storage":
        raise TornError("the pickle in it asks for something outside that is no storage")
    _, kind, key, _, count, *view = told
    if not isinstance(kind, StorageType) or not isinstance(key, str):
        raise TornError("a storage in it has no type or no key")
    if view and view[0] is not None:
        raise TornError("a storage in it is a part of another one, as PyTorch 0.1 saved them")
    return Storage(kind, key, checked_count(count))


def _from(root: object, place: Callable[[str], _Place], source: str) -> Contents:
    """The tensors that are weights, with the places of their numbers checked."""
    state = state_of(root)
    tensors: dict[str, Tensor] = {}
    others: list[tuple[str, str]] = []
    for name, view in state.tensors.items():
        storage = view.storage
        dtype = storage.type.dtype
        count = math.prod(view.shape)
        if dtype is None:
            others.append((name, storage.type.name))
            continue
        if count > max(storage.count, _LARGE):
            others.append((name, "larger than its storage"))
            continue
        try:
            where = place(storage.key)
        except KeyError:
            raise TornError(f"the numbers of {printable(name)} are missing") from None
        if where.size < storage.count * dtype.size:
            raise TornError(f"the numbers of {printable(name)} are not all there")
        at = (storage.key, view.offset, view.strides)
        tensors[name] = Tensor(dtype.name, view.shape, at, _Load(view, dtype, where))
    return Contents(source, tensors, (*state.notes, *left_out(others)))


@dataclass(frozen=True)
class _Load:
    """Reads a view: those bytes of its storage between its first and last number."""

    view: Strided
    dtype: Dtype
    where: _Place

    def __call__(self, stream: BinaryIO) -> Array:
        view, size = self.view, self.dtype.size
        if self.where.in_parts and in_a_row(view):
            at = view.offset * size
            return read_doubles(
                lambda begin, count: self.where.part(stream, at + begin, count),
                math.prod(view.shape),
                self.dtype,
                self.where.order,
            )
        data = self.where.part(stream, view.offset * size, extent(view) * size)
        numbers: np.ndarray[Any, np.dtype[np.generic]] = self.dtype.read(data, self.where.order)
        if 0 in view.shape:
            return np.zeros(view.shape)
        steps = [step * numbers.itemsize for step in view.strides]
        return doubles(np.lib.stride_tricks.as_strided(numbers, view.shape, steps, writeable=False))
