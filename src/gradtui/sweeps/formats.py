"""The rows of a sweep as CSV, JSON and Parquet."""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping
from typing import Any

from gradtui.errors import InputError
from gradtui.sweeps.cell import HEAD, TAIL, Row, number
from gradtui.sweeps.files import full_row, head_of
from gradtui.sweeps.grid import Grid
from gradtui.views.export import as_csv, as_json

_INSTALL = "install it with: pip install 'gradtui[parquet]', or name a file that ends in .csv"


def in_order(grid: Grid, rows: Mapping[int, Row]) -> list[dict[str, Any]]:
    """The rows in the order of the grid, each with every column."""
    axes = tuple(axis.knob for axis in grid.axes)
    known = {"cell": None, **dict.fromkeys((*axes, *HEAD))}
    for row in rows.values():
        known |= dict.fromkeys(name for name in row if name not in TAIL)
    columns = (*known, *TAIL)
    full = (full_row(grid, cell, rows[cell]) for cell in sorted(rows))
    return [{name: row.get(name) for name in columns} for row in full]


def csv_of(grid: Grid, rows: Mapping[int, Row]) -> Iterable[str]:
    """A header and a line a cell."""
    return as_csv(in_order(grid, rows))


def json_of(grid: Grid, rows: Mapping[int, Row], said: Mapping[str, object]) -> Iterable[str]:
    """What was asked, what is said of the whole, and the rows."""
    return as_json({**head_of(grid), **said}, "cells", in_order(grid, rows))


def check_parquet(file: str) -> None:
    """Complain, before anything is computed, where Parquet cannot be written.

    Raises:
        InputError: what writes it is not installed.
    """
    try:
        import pyarrow.parquet  # noqa: F401
    except ImportError:
        raise InputError("output", file, "possible without pyarrow", _INSTALL) from None


def parquet_of(grid: Grid, rows: Mapping[int, Row]) -> bytes:
    """A table of a row a cell: measures are float64, -inf and inf among them, or null."""
    import pyarrow
    import pyarrow.parquet

    table = in_order(grid, rows)
    words = {*HEAD, *TAIL}
    columns: dict[str, Any] = {}
    for name in table[0] if table else ():
        values = [row[name] for row in table]
        axis = next((axis for axis in grid.axes if axis.knob == name), None)
        if name == "cell":
            columns[name] = pyarrow.array(values, pyarrow.int64())
        elif name in words or (axis is not None and not axis.numeric):
            columns[name] = pyarrow.array(values, pyarrow.string())
        else:
            numbers = [None if value is None else number(value) for value in values]
            columns[name] = pyarrow.array(numbers, pyarrow.float64())
    stream = io.BytesIO()
    pyarrow.parquet.write_table(pyarrow.table(columns), stream)
    return stream.getvalue()
