"""wandb's own file, `run-ID.wandb`: LevelDB's log of protocol buffers.

Seven bytes of head, then blocks of 32,768 bytes (the head is part of the first). In a block are
pieces: crc32 of type and data (u32), length (u16), type (u8: 1 all of a record, 2 its first
piece, 3 a middle one, 4 its last); what is shorter than that head at a block's end is filled up.
A record with field 2 is of the history: 1 items, each 1 key or 2 nested keys, and 16 the value
as JSON; 2 the step.

`watch` writes gradients as histograms of what is finite: a norm is known within a bin only, and
elements that were nan or inf lack in the counts.
"""

from __future__ import annotations

import struct
import zlib

import numpy as np

from gradtui.runs.formats import protobuf
from gradtui.runs.formats.events import histogram_role, norm_within_bins
from gradtui.runs.formats.format import LONGEST, Format, Head
from gradtui.runs.formats.lines_of_json import flat, parsed
from gradtui.runs.formats.protobuf import DamagedError, content, message, signed, text
from gradtui.runs.keys import Kind
from gradtui.runs.numbers import whole
from gradtui.runs.sheet import Column, Sheet

_MAGIC = b":W&B"
_HEAD, _BLOCK = 7, 32_768
_PIECE = struct.Struct("<IHB")
_FULL, _FIRST, _MIDDLE, _LAST = 1, 2, 3, 4
_TORN = "The last record is cut off, and left out."
_DAMAGED = "Left out as damaged: {block|blocks}."
_DROPPED = (
    "wandb drops inf and nan from histograms: elements are missing in "
    "{histogram|histograms}, told as not finite."
)


class Wandb:
    """Blocks, in them records, in those the rows of the history."""

    def __init__(self, sheet: Sheet) -> None:
        self.sheet = sheet
        self._rest = b""
        self._at = self._pass = 0
        self._record: list[bytes] = []
        self._elements: dict[str, float] = {}
        self._watched: dict[int, int] = {}
        self._last = -1

    def feed(self, data: bytes) -> None:
        """The next piece."""
        passed = min(self._pass, len(data))
        self._pass -= passed
        self._rest += data[passed:]
        if not self._at:
            if len(self._rest) < _HEAD:
                return
            self._skip(_HEAD)
        while True:
            left = _BLOCK - self._at % _BLOCK
            if left < _PIECE.size:
                if len(self._rest) < left:
                    return
                self._skip(left)
                continue
            if len(self._rest) < _PIECE.size:
                return
            crc, length, kind = _PIECE.unpack_from(self._rest)
            size = _PIECE.size + length
            if size > left:
                self._damaged(left)
                continue
            if len(self._rest) < size:
                return
            piece = self._rest[_PIECE.size : size]
            if zlib.crc32(piece, zlib.crc32(bytes((kind,)))) != crc:
                self._damaged(left)
                continue
            self._skip(size)
            self._piece(kind, piece)

    def _skip(self, count: int) -> None:
        """So many bytes are done with."""
        self._at += count
        self._rest = self._rest[count:]

    def _damaged(self, left: int) -> None:
        """The rest of the block cannot be read, also what of it has not come yet."""
        self.sheet.note(_DAMAGED)
        self._record = []
        self._at += left
        self._pass = max(0, left - len(self._rest))
        self._rest = self._rest[left:]

    def _piece(self, kind: int, piece: bytes) -> None:
        """A record, or a part of one."""
        if kind in (_FULL, _FIRST):
            self._record = []
        elif not self._record:
            return  # the end of a record whose beginning was damaged
        self._record.append(piece)
        if sum(map(len, self._record)) > LONGEST:
            self.sheet.note(f"Left out as longer than {LONGEST:,} bytes: {{record|records}}.")
            self._record = []
        elif kind in (_FULL, _LAST):
            record, self._record = b"".join(self._record), []
            try:
                history = message(record).get(2)
                if isinstance(history, bytes):
                    self._row(history)
            except DamagedError:
                self.sheet.note("Left out as damaged: {record|records}.")

    def _row(self, history: bytes) -> None:
        """One step's values."""
        values: dict[str, object] = {}
        nested: dict[str, dict[str, object]] = {}
        step: int | None = None
        for number, value in protobuf.fields(history):
            if number == 2 and isinstance(value, bytes):
                step = signed(message(value).get(1, 0))
            elif number == 1:
                keys, told = _item(content(value))
                if len(keys) == 1:
                    values[keys[0]] = told
                elif keys:
                    nested.setdefault(keys[0], {})["/".join(keys[1:])] = told
        if step is None:
            step = whole(values.get("_step"))
        if step is None:
            return
        numbers: dict[str, object] = {}
        for key, told in (values | nested).items():
            if not isinstance(told, dict):
                numbers[key] = told
            elif told.get("_type") == "histogram":
                self._histogram(key, step, told)
            else:
                numbers |= flat({key: told})
        self._last = max(self._last, step)
        self.sheet.row(numbers, step)

    def _histogram(self, key: str, step: int, told: dict[str, object]) -> None:
        """The norm of a tensor, of which the bins and their counts are told."""
        meant = histogram_role(key)
        if meant is None:
            return
        column = self.sheet.column(f"{key} (histogram)", meant, approximate=True)
        norm, elements = _norm(told)
        most = self._elements[key] = max(elements, self._elements.get(key, 0.0))
        if elements < most:
            self.sheet.note(_DROPPED)
            norm = np.inf
        column.steps.append(step)
        column.values.append(norm)
        if meant.kind is Kind.GRADIENT:
            self._watched[step] = self._watched.get(step, 0) + 1

    def end(self) -> None:
        """There is no more."""
        if self._rest or self._record:
            self.sheet.note(_TORN)
        self._rest, self._record = b"", []
        names = sum(one.approximate and _is_gradient(one) for one in self.sheet.columns.values())
        missing = sum(names - count for count in self._watched.values())
        if missing:
            self.sheet.note(
                f"wandb drops inf and nan: {missing:,} of {names * len(self._watched):,} norms by "
                "layer are missing."
            )
        watched = sorted(self._watched)
        if len(watched) > 1 and self._last - watched[-1] >= 2 * max(np.diff(watched)):
            self.sheet.note(
                f"No gradient is told after step {watched[-1]:,}, though the run goes on to "
                f"{self._last:,}: wandb drops what is all inf or nan."
            )


def _is_gradient(column: Column) -> bool:
    return column.role is not None and column.role.kind is Kind.GRADIENT


def _item(data: bytes) -> tuple[list[str], object]:
    """The keys, one within the other, and the value."""
    keys: list[str] = []
    told: object = None
    for number, value in protobuf.fields(data):
        if number in (1, 2):
            keys.append(text(value))
        elif number == 16:
            told = parsed(content(value))
    return [key for key in keys if key], told


def _norm(told: dict[str, object]) -> tuple[float, float]:
    """The norm within the bins, and how many elements are in them."""
    try:
        counts = np.array(told.get("values"), float)
        packed = told.get("packedBins")
        if isinstance(packed, dict):
            low, size, count = (float(packed[name]) for name in ("min", "size", "count"))
            edges = low + size * np.arange(min(count, len(counts)) + 1)
        else:
            edges = np.array(told.get("bins"), float)
    except (ValueError, TypeError, KeyError, OverflowError):
        raise DamagedError from None
    if counts.ndim != 1 or edges.shape != (len(counts) + 1,):
        raise DamagedError
    return norm_within_bins(edges[:-1], edges[1:], counts), float(counts.sum())


def _knows(head: Head) -> bool:
    return head.data.startswith(_MAGIC)


WANDB = Format("wandb", _knows, stream=Wandb, certain=True)
