"""A zip archive whose members are read within bounds: what npz and PyTorch's files are."""

from __future__ import annotations

import struct
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import BinaryIO

from gradtui.runs.weights.tensors import TornError, read_at

_LOCAL = struct.Struct("<4s22xHH")
_MOST_MEMBERS = 1_000_000
_MOST_DEFLATED = 1_032
"""So many bytes at most come out of one: no honest archive says more."""
_PIECE = 2**24
_DAMAGED = "its zip archive is damaged, or ends too early"


@dataclass(frozen=True)
class Member:
    """One file of an archive.

    Attributes:
        header: where it begins, in the archive.
        packed: its bytes there.
        size: its bytes.
        deflated: whether it is compressed.
        checksum: the CRC-32 of its bytes.
    """

    header: int
    packed: int
    size: int
    deflated: bool
    checksum: int

    def part(self, stream: BinaryIO, at: int, count: int) -> bytes | bytearray:
        """Some of its bytes, without a look at the checksum, which PyTorch may leave out.

        Raises:
            TornError: it has fewer.
        """
        if at + count > self.size:
            raise TornError("a part of it is shorter than it announces")
        head = read_at(stream, self.header, _LOCAL.size)
        magic, name, extra = _LOCAL.unpack(head)
        if magic != b"PK\x03\x04":
            raise TornError(_DAMAGED)
        start = self.header + _LOCAL.size + name + extra
        if not self.deflated:
            return read_at(stream, start + at, count)
        try:
            data = _inflated(read_at(stream, start, self.packed), at + count)
        except zlib.error:
            raise TornError(_DAMAGED) from None
        if len(data) != at + count:
            raise TornError("a part of it is shorter than it announces")
        return data[at:] if at else data

    def whole(self, stream: BinaryIO) -> bytes | bytearray:
        """All of it, and its checksum is right."""
        data = self.part(stream, 0, self.size)
        if _checksum(data) != self.checksum:
            raise TornError("a part of it is damaged: its checksum is wrong")
        return data


def _inflated(packed: bytes | bytearray, most: int) -> bytearray:
    """At most so many unpacked bytes, piece by piece: within one no ctrl+c is heeded."""
    unpacked, data = zlib.decompressobj(-zlib.MAX_WBITS), bytearray()
    rest: bytes | bytearray = packed
    while len(data) < most:
        piece = unpacked.decompress(rest, min(most - len(data), _PIECE))
        rest = unpacked.unconsumed_tail
        if not piece:
            break
        data += piece
    return data


def _checksum(data: bytes | bytearray) -> int:
    """CRC-32, piece by piece as well."""
    found, view = 0, memoryview(data)
    for at in range(0, len(view), _PIECE):
        found = zlib.crc32(view[at : at + _PIECE], found)
    return found


def members(stream: BinaryIO) -> Mapping[str, Member]:
    """What is in an archive, by name, in its order.

    Raises:
        TornError: it is damaged, or packed in a way that is not read.
    """
    try:
        told = zipfile.ZipFile(stream).infolist()
    except (zipfile.BadZipFile, struct.error, ValueError, OverflowError, IndexError, EOFError):
        raise TornError(_DAMAGED) from None
    except NotImplementedError:  # what zipfile raises for a version above its own
        raise TornError("its zip archive is of a later version") from None
    if len(told) > _MOST_MEMBERS:
        raise TornError(f"it has more than {_MOST_MEMBERS:,} members")
    found = {}
    for one in told:
        deflated = one.compress_type == zipfile.ZIP_DEFLATED
        if one.flag_bits & 1 or not (deflated or one.compress_type == zipfile.ZIP_STORED):
            raise TornError("its zip archive is locked, or packed in a way that is not read here")
        most = one.compress_size * _MOST_DEFLATED + 64 if deflated else one.compress_size
        if one.file_size > most or one.filename in found:
            raise TornError("its zip archive says of a part what cannot be")
        found[one.filename] = Member(
            one.header_offset, one.compress_size, one.file_size, deflated, one.CRC
        )
    return found
