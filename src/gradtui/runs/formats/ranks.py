"""A folder of recordings, one a rank of a sharded training: squares of the norms are summed."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from gradtui.files import open_regular
from gradtui.mathematics.elementwise import Array
from gradtui.runs.formats.format import HEAD, Format, Head
from gradtui.runs.formats.recording import RECORDING, Recording
from gradtui.runs.keys import BY_LAYER, Kind
from gradtui.runs.numbers import whole
from gradtui.runs.order import natural
from gradtui.runs.sheet import Column, Sheet

_PIECE = 2**20
_MOST = 4_096
_NORMS = (*BY_LAYER, Kind.TOTAL)


def _ranks(folder: Path) -> dict[int, Path]:
    """The files by rank."""
    found: dict[int, Path] = {}
    for name in sorted((one.name for one in folder.iterdir()), key=natural)[:_MOST]:
        file = folder / name
        if file.is_symlink() or not file.is_file():
            continue
        with open_regular(file) as stream:
            head = Head(stream.read(HEAD), file)
            if not RECORDING.knows(head):
                continue
            stream.seek(0)
            rank, ranks = _rank(stream.read(_PIECE * 16).partition(b"\n")[0])
        if rank is not None and ranks is not None and 0 <= rank < ranks and ranks > 1:
            found.setdefault(rank, file)
    return found


def _rank(line: bytes) -> tuple[int | None, int | None]:
    """The rank of a recording's head, and of how many."""
    try:
        head = json.loads(line)
    except (ValueError, RecursionError):
        return None, None
    return whole(head.get("rank")), whole(head.get("ranks"))


def _read(folder: Path, sheet: Sheet) -> None:
    """All ranks, at the steps that each of them has told."""
    sheets = []
    for _, file in sorted(_ranks(folder).items()):
        own = Sheet()
        recording = Recording(own, alone=False)
        with open_regular(file) as stream:
            while data := stream.read(_PIECE):
                recording.feed(data)
        recording.end()
        sheets.append(own)
    first = sheets[0]
    sheet.names, sheet.shares, sheet.units = first.names, first.shares, first.units
    sheet.dtypes = first.dtypes
    for own in sheets:
        for sentence in own.notes.sentences:
            sheet.note(sentence)
    for key, column in first.columns.items():
        others = [own.columns[key] for own in sheets[1:] if key in own.columns]
        summed = column.role is not None and column.role.kind in _NORMS
        sheet.columns[key] = _together([column, *others]) if summed and others else column
    sheet.note(f"The norms of {len(sheets):,} ranks are put together; shares are of the first.")


def _together(columns: list[Column]) -> Column:
    """The norm of what is in shards, at the steps that all have."""
    told = [_last_of_each(column) for column in columns]
    steps = told[0][0]
    for other, _ in told[1:]:
        steps = np.intersect1d(steps, other, assume_unique=True)
    norms = [values[np.searchsorted(own, steps)] for own, values in told]
    whole_norm: Array = norms[0]
    with np.errstate(all="ignore"):
        for one in norms[1:]:
            whole_norm = np.hypot(whole_norm, one)
    column = Column(columns[0].role)
    column.steps.extend(steps.tolist())
    column.values.extend(whole_norm.tolist())
    return column


def _last_of_each(column: Column) -> tuple[np.ndarray[tuple[int], np.dtype[np.int64]], Array]:
    """The steps, rising, and the value that was told last of each."""
    steps, values = np.frombuffer(column.steps, np.int64), np.frombuffer(column.values)
    unique, at = np.unique(steps[::-1], return_index=True)
    return unique, values[::-1][at]


def _knows(head: Head) -> bool:
    return head.path is not None and len(_ranks(head.path)) > 1


RANKS = Format("gradtui's recording", _knows, read=_read, folder=True)
