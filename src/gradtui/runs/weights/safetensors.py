"""safetensors, by its documented header: eight bytes of length, JSON, then the numbers.

The library's numpy side has no bfloat16 and maps the file into memory, where one that shrinks ends
the process; the header is so short that reading it here is simpler than to guard that.
"""

from __future__ import annotations

import json
import math
import os
from functools import partial
from typing import BinaryIO

from gradtui.errors import printable
from gradtui.mathematics.elementwise import Array
from gradtui.runs.weights.tensors import (
    DTYPES,
    Contents,
    Dtype,
    Tensor,
    TornError,
    checked_count,
    checked_shape,
    left_out,
    read_at,
    read_doubles,
)

LONGEST_HEADER = 100_000_000
"""The bytes of the longest header that the library reads."""
_NAMES = {
    "F64": "float64",
    "F32": "float32",
    "F16": "float16",
    "BF16": "bfloat16",
    "I64": "int64",
    "I32": "int32",
    "I16": "int16",
    "I8": "int8",
    "U64": "uint64",
    "U32": "uint32",
    "U16": "uint16",
    "U8": "uint8",
    "BOOL": "bool",
}


def knows(head: bytes) -> bool:
    """Whether a file begins as one of safetensors."""
    length = int.from_bytes(head[:8], "little")
    return head[8:9] == b"{" and 2 <= length <= LONGEST_HEADER


def contents(stream: BinaryIO) -> Contents:
    """Its tensors, every place checked.

    Raises:
        TornError: the header or a place in it is not whole.
    """
    length = int.from_bytes(read_at(stream, 0, 8), "little")
    try:
        header = json.loads(read_at(stream, 8, length))
    except (ValueError, RecursionError):
        raise TornError("its header is not JSON") from None
    if not isinstance(header, dict):
        raise TornError("its header is no JSON object")
    header.pop("__metadata__", None)
    start = 8 + length
    tensors: dict[str, Tensor] = {}
    others: list[tuple[str, str]] = []
    spans: list[tuple[int, int]] = []
    for name, told in header.items():
        if not isinstance(told, dict):
            raise TornError(f"its header tells nothing of {printable(name)}")
        shape = checked_shape(told.get("shape"))
        offsets = told.get("data_offsets")
        if not isinstance(offsets, list) or len(offsets) != 2:
            raise TornError(f"{printable(name)} has no place in it")
        begin, end = map(checked_count, offsets)
        spans.append((begin, end))
        dtype = DTYPES.get(_NAMES.get(str(told.get("dtype")), ""))
        if dtype is None:
            others.append((name, str(told.get("dtype"))))
            continue
        if end - begin != math.prod(shape) * dtype.size:
            raise TornError(f"the shape and the place of {printable(name)} differ")
        load = partial(_load, start + begin, end - begin, dtype)
        tensors[name] = Tensor(dtype.name, shape, (begin, end), load)
    _refuse_gaps(spans, os.fstat(stream.fileno()).st_size - start)
    return Contents("safetensors", tensors, left_out(others))


def _load(at: int, size: int, dtype: Dtype, stream: BinaryIO) -> Array:
    return read_doubles(
        lambda begin, count: read_at(stream, at + begin, count), size // dtype.size, dtype
    )


def _refuse_gaps(spans: list[tuple[int, int]], size: int) -> None:
    """The format has every byte belong to one tensor."""
    at = 0
    for begin, end in sorted(spans):
        if begin != at or end < begin:
            raise TornError("its tensors overlap, or leave gaps")
        at = end
    if at != size:
        raise TornError(f"its tensors take {at:,} bytes, and there are {size:,}")
