"""SQLite of trackio and of MLflow, opened read-only."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

from gradtui.errors import InputError, printable
from gradtui.runs.formats.format import LONGEST, Format
from gradtui.runs.formats.lines_of_json import flat, parsed
from gradtui.runs.sheet import Sheet

_MAGIC = b"SQLite format 3\0"
_TRACKIO = {"run_name", "step", "metrics"}
_MLFLOW = {"key", "value", "run_uuid", "step", "is_nan"}


def _read(file: Path, sheet: Sheet) -> None:
    """The newest run of a database."""
    try:
        with closing(_opened(file, sheet)) as base:
            columns = _columns(base)
            if columns >= _TRACKIO:
                sheet.source = "trackio"
                _trackio(base, sheet)
            elif columns >= _MLFLOW:
                sheet.source = "MLflow"
                _mlflow(base, sheet)
            else:
                raise InputError(
                    "path",
                    file.name,
                    "a database of trackio or MLflow, with a table metrics",
                    "name another file",
                )
    except sqlite3.Error as error:
        sheet.note(f"The database can't be read to its end ({printable(str(error))}).")


def _opened(file: Path, sheet: Sheet) -> sqlite3.Connection:
    """A connection that writes nothing; what another process has not yet put into it is read."""
    name = f"file:{quote(str(file.absolute()))}"
    beside = file.with_name(file.name + "-wal")
    if beside.exists() and beside.stat().st_size:
        try:
            base = sqlite3.connect(f"{name}?mode=ro", uri=True, timeout=1.0)
            _columns(base)
        except sqlite3.Error:
            sheet.note(f"{printable(beside.name)} can't be read: the last rows may be missing.")
        else:
            return base
    base = sqlite3.connect(f"{name}?mode=ro&immutable=1", uri=True)
    base.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, LONGEST)
    base.execute("PRAGMA trusted_schema = OFF")
    return base


def _columns(base: sqlite3.Connection) -> set[str]:
    """Those of the table metrics; none of a view, which would compute something."""
    told = base.execute("SELECT type FROM sqlite_master WHERE name = 'metrics'").fetchone()
    if told != ("table",):
        return set()
    return {row[1] for row in base.execute("PRAGMA table_info(metrics)")}


def _newest(base: sqlite3.Connection, sheet: Sheet, column: str) -> object:
    """The run that was written to last; the others are named."""
    runs = base.execute(f"SELECT {column} FROM metrics GROUP BY {column} ORDER BY max(rowid)")
    names = [row[0] for row in runs]
    if len(names) > 1:
        others = ", ".join(printable(str(name))[:40] for name in names[:-1][-3:])
        more = f" and {len(names) - 4:,} more" if len(names) > 4 else ""
        sheet.note(
            f"There are {len(names):,} runs in it: this is {printable(str(names[-1]))[:40]}, the "
            f"latest; also {others}{more}."
        )
    return names[-1] if names else None


def _trackio(base: sqlite3.Connection, sheet: Sheet) -> None:
    """A row of JSON for each step."""
    run = _newest(base, sheet, "run_name")
    ask = "SELECT step, metrics FROM metrics WHERE run_name IS ? ORDER BY rowid"
    for step, metrics in base.execute(ask, (run,)):
        told = parsed(metrics) if isinstance(metrics, str | bytes) else None
        if isinstance(told, dict) and isinstance(step, int):
            sheet.row(flat(told), step)
        else:
            sheet.note("Left out as damaged: {row|rows}.")


def _mlflow(base: sqlite3.Connection, sheet: Sheet) -> None:
    """A row for each value; it has 0 for nan, and the largest number for inf."""
    run = _newest(base, sheet, "run_uuid")
    ask = (
        "SELECT key, step, value, is_nan FROM metrics WHERE run_uuid IS ? ORDER BY timestamp, step"
    )
    for key, step, value, is_nan in base.execute(ask, (run,)):
        if isinstance(key, str) and isinstance(step, int):
            sheet.column(key).put(step, float("nan") if is_nan else _unbounded(value))
        else:
            sheet.note("Left out as damaged: {row|rows}.")


def _unbounded(value: object) -> object:
    """What MLflow's store wrote for an infinity."""
    largest = 1.7976931348623157e308
    if isinstance(value, float) and abs(value) == largest:
        return value * 2.0
    return value


SQLITE = Format("SQLite", lambda head: head.data.startswith(_MAGIC), read=_read, certain=True)
