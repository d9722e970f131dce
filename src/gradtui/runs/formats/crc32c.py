"""CRC-32C (Castagnoli) of many records at once, as TensorBoard's files have it.

crc   the remainder, bit-reflected, of polynomial 0x82F63B78
Λ     bytes in a lane: a record is cut into lanes, and all lanes go on together byte by byte

The register begins as ~0, which is to begin as 0 with the first four bytes inverted. Then zeros
before a record change nothing, so that records of any length are padded there to whole lanes.
The register is linear: that of lanes a, b is shift_Λ(crc(a)) ^ crc(b).
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from functools import cache, lru_cache

import numpy as np
from numpy.typing import NDArray

Words = NDArray[np.uint32]
Bytes = NDArray[np.uint8]

_POLYNOMIAL = 0x82F63B78
_LANE = 64
_MASK = 0xA282EAD8


@cache
def _table() -> Words:
    """What a byte makes of the register."""
    table = np.arange(256, dtype=np.uint32)
    for _ in range(8):
        table = np.where(table & 1, (table >> 1) ^ np.uint32(_POLYNOMIAL), table >> 1)
    return table.astype(np.uint32)


@cache
def _shifts() -> Words:
    """What each byte of a register becomes when a lane of zeros follows [4, 256]."""
    table = _table()
    register = (
        np.arange(256, dtype=np.uint32)[None, :] << (8 * np.arange(4, dtype=np.uint32))[:, None]
    )
    for _ in range(_LANE):
        register = (register >> 8) ^ table[register & 0xFF]
    return register


@cache
def _plain_table() -> tuple[int, ...]:
    return tuple(map(int, _table()))


def crc32c(data: bytes) -> int:
    """Of a few bytes."""
    table, register = _plain_table(), 0xFFFFFFFF
    for byte in data:
        register = (register >> 8) ^ table[(register ^ byte) & 0xFF]
    return register ^ 0xFFFFFFFF


def masked(crc: int) -> int:
    """As TensorFlow stores it: a crc of what holds crcs would be a weak one."""
    return ((crc >> 15 | crc << 17) + _MASK) & 0xFFFFFFFF


@lru_cache(maxsize=4096)
def masked_of_length(length: int) -> int:
    """Of the eight bytes of a record's length."""
    return masked(crc32c(struct.pack("<Q", length)))


def masked_of_all(records: Sequence[bytes]) -> Words:
    """The masked crc of each record; all have four bytes or more."""
    lengths = np.array([len(record) for record in records])
    lanes = -(-lengths // _LANE)
    ends = np.cumsum(lanes)
    starts = ends - lanes
    data = np.zeros(int(ends[-1]) * _LANE if len(records) else 0, np.uint8)
    begin = ends * _LANE - lengths
    for record, at in zip(records, begin.tolist(), strict=True):
        data[at : at + len(record)] = np.frombuffer(record, np.uint8)
    for offset in range(4):
        data[begin + offset] ^= 0xFF
    by_lane = _lanes(data.reshape(-1, _LANE))
    register, shifts = by_lane[starts], _shifts()
    for lane in range(1, int(lanes.max(initial=0))):
        on = np.flatnonzero(lanes > lane)
        old = register[on]
        moved = shifts[0, old & 0xFF] ^ shifts[1, old >> 8 & 0xFF]
        moved ^= shifts[2, old >> 16 & 0xFF] ^ shifts[3, old >> 24]
        register[on] = moved ^ by_lane[starts[on] + lane]
    crc = register ^ np.uint32(0xFFFFFFFF)
    told: Words = ((crc >> 15) | (crc << 17)) + np.uint32(_MASK)
    return told


def _lanes(data: Bytes) -> Words:
    """The register of each lane, begun as 0."""
    table = _table()
    register = np.zeros(len(data), np.uint32)
    for column in np.ascontiguousarray(data.T):
        register = (register >> 8) ^ table[(register ^ column) & 0xFF]
    return register
