"""TensorBoard's event files: records with crcs around protocol buffers.

A record is its length (u64, little endian), the length's masked crc32c (u32), so many bytes, and
their masked crc32c. A number of a step is told in three forms: `simple_value` (PyTorch,
tensorboardX, Lightning, Transformers), a tensor (TensorFlow 2, Keras), and a histogram of a
tensor, whose √sum_squares is that tensor's exact norm. The [k, 3] tensor form of a histogram
gives the norm only within its bins.
"""

from __future__ import annotations

import math
import re
import struct
from collections.abc import Callable

import numpy as np

from gradtui.mathematics.elementwise import Array
from gradtui.runs.formats import protobuf
from gradtui.runs.formats.crc32c import masked_of_all, masked_of_length
from gradtui.runs.formats.format import LONGEST, Format, Head
from gradtui.runs.formats.protobuf import DamagedError, content, message, real, reals, signed, text
from gradtui.runs.keys import Kind, Role, parameter, role
from gradtui.runs.sheet import Column, Sheet

_FRAME, _CRC = struct.Struct("<QI"), struct.Struct("<I")
_SINGLE = struct.Struct("<f")
_PLAIN = re.compile(
    rb"\x09.{8}(?:\x10([\x80-\xff]{0,9}[\x00-\x7f]))?"
    rb"\x2a([\x00-\x7f])\x0a([\x00-\x7f])\x0a([\x00-\x7f])(.+)\x15(.{4})",
    re.DOTALL,
)
"""An event of one short number: what most of most files are, read at once."""
_LEAST = 4
"""Bytes of the shortest record: the crc of a batch wants as many, and no event is shorter."""
_TORN = "The last record is cut off, and left out."
_TENSOR_KINDS = {1: "<f4", 2: "<f8", 3: "<i4", 9: "<i8", 19: "<f2"}
"""TensorFlow's numbers of the types: float, double, int32, int64, half."""
_LISTS = {5: "<f4", 6: "<f8"}


class Events:
    """Records, and in each an event with values by tag."""

    def __init__(self, sheet: Sheet) -> None:
        self.sheet = sheet
        self._rest = b""
        self._skip = 0
        self._stopped = False
        self._scalars: dict[bytes, Column | None] = {}
        self._histograms: dict[bytes, Column | None] = {}
        self._plugins: dict[bytes, str] = {}

    def feed(self, data: bytes) -> None:
        """The next piece."""
        if self._stopped:
            return
        data = self._rest + data if self._rest else data
        at, end = min(self._skip, len(data)), len(data)
        self._skip -= at
        records, sums = [], []
        while not self._skip and end - at >= 12:
            length, crc = _FRAME.unpack_from(data, at)
            if masked_of_length(length) != crc:
                self._stop()
                break
            whole = length + 16
            if length > LONGEST:
                self.sheet.note(f"Left out as longer than {LONGEST:,} bytes: {{record|records}}.")
                self._skip = max(0, at + whole - end)
                at = min(end, at + whole)
                continue
            if end - at < whole:
                break
            records.append(data[at + 12 : at + 12 + length])
            sums.append(_CRC.unpack_from(data, at + 12 + length)[0])
            at += whole
        self._rest = b"" if self._stopped else data[at:]
        self._take(records, sums)

    def _stop(self) -> None:
        """Where the next record begins can't be known any more."""
        self._stopped = True
        self.sheet.note("A record is damaged: what comes after it can't be read.")

    def end(self) -> None:
        """There is no more."""
        if self._rest or self._skip:
            self.sheet.note(_TORN)
        self._rest, self._skip = b"", 0

    def _take(self, records: list[bytes], sums: list[int]) -> None:
        """Whole records: those whose crc is right."""
        pairs = [(r, s) for r, s in zip(records, sums, strict=True) if len(r) >= _LEAST]
        if not pairs:
            return
        right = masked_of_all([record for record, _ in pairs]) == np.array(
            [one for _, one in pairs], np.uint32
        )
        for (record, _), intact in zip(pairs, right.tolist(), strict=True):
            try:
                if not intact:
                    raise DamagedError
                self._event(record)
            except DamagedError:
                self.sheet.note("Left out as damaged: {record|records}.")

    def _event(self, record: bytes) -> None:
        """An event: 2 step, 5 summary."""
        plain = _PLAIN.fullmatch(record)
        if plain is not None:
            coded, summary, value, length, tag, number = plain.groups()
            if length[0] == len(tag) == value[0] - 7 == summary[0] - 9:
                step = protobuf.varint(coded, 0)[0] if coded else 0
                self._scalar(tag, signed(step), _SINGLE.unpack(number)[0])
                return
        step, summary = 0, b""
        for number, value in protobuf.fields(record):
            if number == 2:
                step = signed(value)
            elif number == 5:
                summary = content(value)
        for number, value in protobuf.fields(summary):
            if number == 1:
                self._value(step, content(value))

    def _value(self, step: int, data: bytes) -> None:
        """A value: 1 tag, 2 simple_value, 5 histo, 8 tensor, 9 metadata."""
        value = message(data)
        tag = content(value.get(1, b""))
        if 9 in value:
            self._plugins[tag] = _plugin(content(value[9]))
        if 2 in value:
            self._scalar(tag, step, real(value[2]))
        elif 5 in value:
            self._histogram(tag, step, lambda: _norm(content(value[5])))
        elif 8 in value:
            self._tensor(tag, step, content(value[8]))

    def _scalar(self, tag: bytes, step: int, value: float) -> None:
        """One number."""
        if tag not in self._scalars:
            key = tag.decode("utf-8", "replace")
            meant = role(key)
            told = meant is not None and meant.kind not in (Kind.STEP, Kind.EPOCH)
            self._scalars[tag] = self.sheet.column(key) if told else None
        column = self._scalars[tag]
        if column is not None:
            column.steps.append(step)
            column.values.append(value)

    def _histogram(
        self, tag: bytes, step: int, norm: Callable[[], float], *, approximate: bool = False
    ) -> None:
        """A tensor's norm, which is computed only if somebody wants it."""
        if tag not in self._histograms:
            key = tag.decode("utf-8", "replace")
            meant = histogram_role(key)
            self._histograms[tag] = (
                None
                if meant is None
                # A scalar may have the same tag.
                else self.sheet.column(f"{key} (histogram)", meant, approximate=approximate)
            )
        column = self._histograms[tag]
        if column is not None:
            column.steps.append(step)
            column.values.append(norm())

    def _tensor(self, tag: bytes, step: int, data: bytes) -> None:
        """A scalar, or the rows of a histogram: by what wrote them, or else by their shape."""
        shape, values = _unpacked(data)
        plugin = self._plugins.get(tag, "")
        if len(shape) == 2 and shape[1] == 3 and plugin in ("", "histograms"):
            rows = np.reshape(values, shape)
            self._histogram(
                tag,
                step,
                lambda: norm_within_bins(rows[:, 0], rows[:, 1], rows[:, 2]),
                approximate=True,
            )
        elif math.prod(shape) == 1 and plugin in ("", "scalars"):
            self._scalar(tag, step, float(values[0]))


def histogram_role(key: str) -> Role | None:
    """What a tensor's histogram is of: of a gradient, an update, or the weights."""
    meant = role(key)
    if meant is not None and meant.layer:
        return meant
    return Role(Kind.WEIGHT, key, 1_000) if parameter(key) else None


def _plugin(metadata: bytes) -> str:
    """1 plugin_data, and in it 1 plugin_name."""
    return text(message(content(message(metadata).get(1, b""))).get(1, b""))


def _norm(histogram: bytes) -> float:
    """√sum_squares: 1 min, 2 max, 5 sum_squares."""
    value = message(histogram)
    squares = real(value[5]) if 5 in value else 0.0
    return math.sqrt(squares) if squares >= 0.0 else math.nan


def _unpacked(data: bytes) -> tuple[tuple[int, ...], Array]:
    """A tensor's shape and numbers: 1 type, 2 shape, 4 its bytes, or 5 and 6 lists of them."""
    kind, values = 1, np.zeros(0)
    shape: tuple[int, ...] = ()
    for number, value in protobuf.fields(data):
        if number == 1:
            kind = signed(value)
        elif number == 2:
            shape = tuple(
                signed(message(content(one)).get(1, 0))
                for at, one in protobuf.fields(content(value))
                if at == 2
            )
        elif number == 4 and kind in _TENSOR_KINDS:
            values = reals(value, _TENSOR_KINDS[kind])
        elif number in _LISTS:
            values = np.concatenate((values, reals(value, _LISTS[number])))
    size = math.prod(shape)
    if len(values) == 1 < size <= LONGEST:  # TensorFlow tells many of one value once
        values = np.repeat(values, size)
    if len(values) != size or not size:
        raise DamagedError
    return shape, values


def norm_within_bins(
    left: Array,
    right: Array,
    counts: Array,
) -> float:
    """The norm of what is spread evenly within the bins of a histogram."""
    with np.errstate(all="ignore"):
        largest = float(np.max(np.abs((left, right)), initial=0.0))
        if not largest:
            return 0.0
        a, b = left / largest, right / largest
        squares = counts * (a * a + a * b + b * b) / 3.0
        return largest * float(np.sqrt(np.sum(squares)))


def _knows(head: Head) -> bool:
    if len(head.data) < 12:
        return False
    length, crc = _FRAME.unpack_from(head.data)
    return masked_of_length(int(length)) == int(crc)


EVENTS = Format("TensorBoard events", _knows, stream=Events, certain=True)
