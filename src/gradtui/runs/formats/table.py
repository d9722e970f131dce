"""CSV and its kin: Lightning's and Keras's logger, and any table with a head and a row a step."""

from __future__ import annotations

import csv
import re
import warnings
from itertools import groupby, repeat

import numpy as np

from gradtui.mathematics.elementwise import Array
from gradtui.runs.formats.format import Format, Head, Lines
from gradtui.runs.keys import Kind, role
from gradtui.runs.numbers import NoNumberError, number
from gradtui.runs.sheet import Sheet

_SEPARATORS = "\t", ";", ","
_SENTENCE = re.compile(r"[=:{}]\s|[=|{}]|[\s\[][-+]?\d[\d.]*(?:\s|/|$)")
"""A cell of a log's line, such as `step: 1`, `step=1`, `step 1`, which names and has a number."""


def separator(head: str) -> str | None:
    """What stands between the names of a head; None for blanks."""
    most = max(_SEPARATORS, key=head.count)
    return most if most in head else None


def cells_of(line: str, between: str | None) -> list[str]:
    """The cells of a line."""
    if '"' in line and between is not None:
        try:
            return next(csv.reader([line], delimiter=between), [])
        except csv.Error:
            return []
    return line.split(between)


def _is_number(cell: str) -> bool:
    try:
        return number(cell) is not None
    except NoNumberError:
        return False


def _stepped(names: list[str]) -> bool:
    """Whether there is a step, which 1.0 may be; of epochs that may be a share."""
    return any((what := role(name)) and what.kind is Kind.STEP for name in names)


def _heads(cells: list[str]) -> bool:
    """Whether cells are names, and some of them of what is looked for."""
    named = [cell for cell in cells if cell.strip()]
    return (
        bool(named)
        and not any(_is_number(cell) or _SENTENCE.search(cell) for cell in named)
        and any(role(cell.strip()) is not None for cell in named)
    )


class Table(Lines):
    """Rows under a head, which may come again with other names."""

    def __init__(self, sheet: Sheet) -> None:
        super().__init__(sheet)
        self._names: list[str] = []
        self._between: str | None = None

    def take(self, lines: list[str]) -> None:
        """Whole lines."""
        at = 0
        while not self._names:
            if at == len(lines):
                return
            self._head(lines[at])
            at += 1
        between, names = self._between, len(self._names)
        numbers = self._numbers(lines[at:])
        if numbers is not None:
            self.sheet.rows(self._names, numbers)
            return
        # A line at a time is split, but columns are taken.
        rows = [
            cells_of(line, between)
            for line in lines[at:]
            if line and not line.isspace() and not line.startswith("#")
        ]
        for width, some in groupby(rows, len):
            group = list(some)
            if width == names:
                self._rows(group)
            else:
                self._odd(group)

    def _numbers(self, lines: list[str]) -> list[Array] | None:
        """All cells at once, by column, if there is a number in each."""
        between, names = self._between, len(self._names)
        if not lines or between not in (",", "\t") or not _stepped(self._names):
            return None
        if set(map(str.count, lines, repeat(between))) != {names - 1}:
            return None
        with warnings.catch_warnings():
            warnings.simplefilter("error", DeprecationWarning)
            try:
                told = np.fromstring(between.join(lines), sep=between)
            except (DeprecationWarning, ValueError):  # a cell that is none
                return None
        if len(told) != names * len(lines):
            return None
        return list(np.ascontiguousarray(told.reshape(-1, names).T))

    def _head(self, line: str) -> None:
        """The names of the columns, if the line has them."""
        text = line.lstrip("# ") if line.startswith("#") else line
        if not text.strip():
            return
        between = separator(text)
        names = [name.strip() for name in cells_of(text, between)]
        if _heads(names):
            self._names, self._between = names, between

    def _rows(self, rows: list[list[str]]) -> None:
        """Rows of as many cells as there are names."""
        start = 0
        first = self._names[0]
        for at, row in enumerate(rows):
            # Another head, which a run that is carried on writes: mostly the same one.
            if row[0] == first or (not row[0][:1].isdigit() and _heads(row)):
                self._put(rows[start:at])
                self._names = [name.strip() for name in row]
                start = at + 1
        self._put(rows[start:] if start else rows)

    def _put(self, rows: list[list[str]]) -> None:
        if rows:
            decimal = "," if self._between == ";" else "."
            self.sheet.rows(self._names, list(zip(*rows, strict=True)), decimal)

    def _odd(self, rows: list[list[str]]) -> None:
        """Rows of another length: a new head, or damage."""
        for row in rows:
            if _heads(row):
                self._names = [name.strip() for name in row]
            elif len(row) == len(self._names):
                self._put([row])
            else:
                self.sheet.note("Left out as longer or shorter than the head: {row|rows}.")


def _known(head: Head) -> list[str] | None:
    """The head's names, if this is a table."""
    lines = [line for line in head.lines[:20] if line.lstrip("# \t")]
    if not lines:
        return None
    first = lines[0].lstrip("# ") if lines[0].startswith("#") else lines[0]
    if first.lstrip().startswith(("{", "[")):
        return None
    between = separator(first)
    names = [name.strip() for name in cells_of(first, between)]
    if not _heads(names):
        return None
    rows = [cells_of(line, between) for line in lines[1:] if not line.startswith("#")]
    if between is None or len(names) == 1:
        # "loss step" may be a sentence; a table it is with numbers under it.
        fits = bool(rows) and len(rows[0]) == len(names) and any(map(_is_number, rows[0]))
        return names if fits else None
    fits = not rows or _heads(rows[0]) or len(rows[0]) == len(names)
    return names if fits and (len(rows) < 2 or any(map(_is_number, rows[0]))) else None


def _lightning(head: Head) -> bool:
    names = _known(head)
    return names is not None and {"epoch", "step"} <= set(names)


def _keras(head: Head) -> bool:
    names = _known(head)
    return (
        names is not None
        and names[0] == "epoch"
        and names[1:] == sorted(names[1:])
        and not _stepped(names)
    )


TABLES = (
    Format("Lightning CSV", _lightning, stream=Table),
    Format("Keras CSV", _keras, stream=Table),
    Format("CSV", lambda head: _known(head) is not None, stream=Table),
)
