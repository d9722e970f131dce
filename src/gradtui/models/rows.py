"""Tables whose rows are made when they are looked at: there may be a million of them."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from itertools import accumulate
from typing import overload

from gradtui.models.decay import Table, Value


class Rows(Sequence[dict[str, Value]]):
    """A table of so many rows.

    Args:
        count: how many.
        row: makes one of them, counted from 0.
    """

    def __init__(self, count: int, row: Callable[[int], dict[str, Value]]) -> None:
        self._each = range(count)
        self._row = row

    def __len__(self) -> int:
        return len(self._each)

    @overload
    def __getitem__(self, index: int) -> dict[str, Value]: ...
    @overload
    def __getitem__(self, index: slice) -> Table: ...
    def __getitem__(self, index: int | slice) -> dict[str, Value] | Table:
        if isinstance(index, slice):
            return [self._row(at) for at in self._each[index]]
        return self._row(self._each[index])


def joined(tables: Sequence[Table]) -> Table:
    """The rows of all of them, one table behind the other."""
    ends = list(accumulate(map(len, tables)))

    def row(at: int) -> dict[str, Value]:
        which = bisect_right(ends, at)
        return tables[which][at - ends[which]]  # counted from the end

    return Rows(ends[-1] if ends else 0, row)
