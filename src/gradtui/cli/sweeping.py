"""What `gradtui sweep` does: computes the cells, keeps them as they come, shows what they say."""

from __future__ import annotations

import argparse
import os
import shlex
import signal
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import FrameType

from gradtui.cli.streams import Progress, emit, in_colour, is_utf8, narrate, page_size, save
from gradtui.cli.sweep_parsers import FORMATS
from gradtui.errors import CommandError, InputError, printable, shown
from gradtui.files import named_file
from gradtui.plots.ansi import coloured, plain
from gradtui.plots.ascii import ascii_only
from gradtui.plots.picture import Row as PageRow
from gradtui.plots.picture import wrapped
from gradtui.sweeps import coordinates
from gradtui.sweeps.cell import Row
from gradtui.sweeps.files import Record
from gradtui.sweeps.formats import check_parquet, csv_of, json_of, parquet_of
from gradtui.sweeps.grid import Grid, grid_of
from gradtui.sweeps.picture import page
from gradtui.sweeps.pools import MOST_WORKERS, Dask, Pool, Processes
from gradtui.sweeps.running import computed
from gradtui.sweeps.verdict import whole
from gradtui.views import VIEWS
from gradtui.views.export import format_of
from gradtui.wording import counted, duration

_UNHEALTHY = 1
_INTERRUPTED = 130
_WIDTHS = (40, 1000)
PARTIAL = ".partial.jsonl"
"""What is put behind the name of a file while its rows are being computed."""


class _Ended(BaseException):
    """A signal that asks this process to end."""

    def __init__(self, number: int) -> None:
        self.number = number


def sweep(options: argparse.Namespace) -> int:
    """Carry it out and give the exit status.

    Raises:
        InputError, CommandError: it cannot be begun, or its rows cannot be written.
    """
    view = VIEWS[coordinates.VIEW_NAME if _preset(options) else options.view]
    given = {
        knob.name: value
        for knob in view.all_knobs
        if (value := getattr(options, knob.name)) is not None
    }
    over = options.over or []
    if _preset(options):
        over, given = coordinates.with_preset(over, given)
    if not over:
        knobs = ", ".join(knob.flag[2:] for knob in view.all_knobs)
        raise CommandError(
            f"over: nothing is swept; give --over KNOB=VALUES, such as --over depth=10:1000:log9; "
            f"{view.name} has {knobs}"
        )
    format, file = _where(options)
    width = _width(options)
    grid = grid_of(view, options.names, given, over)
    pool = _pool(options, grid.size)
    rows, status = _run(grid, pool, format, file, options)
    if status == 0 or format not in ("jsonl", "parquet"):
        with ascii_only(not is_utf8(sys.stdout) and format == "page"):
            _show(grid, rows, options, format, file if status == 0 else None, width)
    if status:
        return status
    return _UNHEALTHY if options.check and not _healthy(grid, rows, options) else 0


def _preset(options: argparse.Namespace) -> bool:
    return bool(options.view == coordinates.COORDINATES)


# --------------------------------------------------------------------- running


def _run(
    grid: Grid, pool: Pool, format: str, file: Path | None, options: argparse.Namespace
) -> tuple[dict[int, Row], int]:
    """The rows, and the exit status where a signal ended it before they were all there."""
    kept = None if file is None else file if format == "jsonl" else _beside(file)
    status, rows = 0, dict[int, Row]()
    with ExitStack() as open_:
        record = None
        if kept is not None:
            record = open_.enter_context(Record(kept, grid))
            rows = record.rows
        before = len(rows)
        if before:
            narrate(f"gradtui: {before:,} of {counted(grid.size, 'cell')} are there already\n")
        try:
            with _ending_in_order():
                for cell, row in _told(grid, rows, pool):
                    rows[cell] = row
                    if record is not None:
                        record.add(cell, row)
        except KeyboardInterrupt:
            status = _INTERRUPTED
        except _Ended as ended:
            status = 128 + ended.number
        if status:
            _say_what_is_kept(grid, rows, kept, options)
        elif record is not None and format == "jsonl":
            record.finish()
            narrate(f"gradtui: {counted(len(rows), 'row')} in {printable(str(file))}\n")
    return rows, status


def _beside(file: Path) -> Path:
    return file.with_name(file.name + PARTIAL)


def _told(grid: Grid, rows: dict[int, Row], pool: Pool) -> Iterator[tuple[int, Row]]:
    """The rows that are not known, with how many there are and how long it takes on stderr."""
    cells = [(cell, grid.words(cell)) for cell in range(grid.size) if cell not in rows]
    if not cells:
        return
    begun, before = time.monotonic(), grid.size - len(cells)

    with Progress("sweep") as progress:

        def tick(share: float) -> None:
            done = before + round(share * len(cells))
            line = f"sweep: {done:,} of {counted(grid.size, 'cell')}"
            passed = time.monotonic() - begun
            if share > 0.0 and passed > 1.0:
                line += f", about {duration(passed * (1.0 - share) / share)} left"
            progress.show(f"{line}; ctrl+c ends it")

        tick(0.0)
        try:
            with pool:
                yield from computed(grid.view, cells, pool, tick)
                _heed_no_more()
        except BaseException:
            _heed_no_more()
            raise


def _say_what_is_kept(
    grid: Grid, rows: dict[int, Row], kept: Path | None, options: argparse.Namespace
) -> None:
    done = f"{len(rows):,} of {counted(grid.size, 'cell')}"
    if kept is None:
        narrate(f"gradtui: ended after {done}; with --output FILE.jsonl they would be kept\n")
        return
    command = printable(shlex.join(["gradtui", "sweep", *options.words]))
    narrate(f"gradtui: ended; {done} are kept in {printable(str(kept))}; go on with:\n")
    narrate(f"  {command}\n")


@contextmanager
def _ending_in_order() -> Iterator[None]:
    """SIGTERM and SIGHUP end the workers and close the file, as ctrl+c does."""

    def end(number: int, frame: FrameType | None) -> None:
        _heed_no_more()
        raise _Ended(number)

    numbers = signal.SIGTERM, signal.SIGHUP
    before = [signal.signal(number, end) for number in numbers]
    interrupt = signal.getsignal(signal.SIGINT)
    try:
        yield
    finally:
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)
        signal.signal(signal.SIGINT, interrupt)


def _heed_no_more() -> None:
    """The workers are being ended: another signal must not leave some of them behind."""
    signal.setitimer(signal.ITIMER_REAL, 0.0)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)


def _pool(options: argparse.Namespace, cells: int) -> Pool:
    """Where it is computed.

    Raises:
        InputError: no such number of workers; Dask is not installed.
    """
    if options.dask is not None:
        return Dask(options.dask)
    if options.workers is None:
        return Processes(min(len(os.sched_getaffinity(0)), cells))
    text = options.workers.strip()
    count = int(text) if text.isascii() and text.isdigit() and len(text) < 9 else 0
    if not 1 <= count <= MOST_WORKERS:
        allowed = f"a whole number from 1 to {MOST_WORKERS:,}"
        cores = len(os.sched_getaffinity(0))
        raise InputError("--workers", options.workers, allowed, f"try {cores}, one a core here")
    return Processes(min(count, cells))


# --------------------------------------------------------------------- showing


def _where(options: argparse.Namespace) -> tuple[str, Path | None]:
    """In which format, and to which file; "page" is what a reader gets on stdout.

    Raises:
        InputError, CommandError: the file's ending is none, or contradicts a flag.
    """
    asked = "json" if options.json else "csv" if options.csv else ""
    if options.output in (None, "-"):
        return asked or "page", None
    file = named_file(options.output, such_as="sweep.jsonl")
    format = format_of(file, FORMATS)
    if asked and format != asked:
        raise CommandError(
            f"output: {shown(options.output)} ends in .{format}, and --{asked} asks for "
            f".{asked}; leave one of them out"
        )
    if format == "parquet":
        check_parquet(options.output)
    return format, file


def _width(options: argparse.Namespace) -> int:
    low, high = _WIDTHS
    if options.width is None:
        return min(max(page_size().columns, low), high)
    text = options.width.strip()
    if not (text.isascii() and text.isdigit() and low <= int(text[:9]) <= high):
        raise InputError(
            "--width", options.width, f"a whole number from {low} to {high:,}", "try 80"
        )
    return int(text)


def _page(
    grid: Grid, rows: dict[int, Row], options: argparse.Namespace, width: int
) -> tuple[PageRow, ...]:
    lines = page(grid, rows, width)
    if _preset(options):
        for slope in coordinates.slopes(grid, rows):
            role = "good" if slope.flat else "warn" if slope.flat is None else "bad"
            mark = "✓" if slope.flat else "?" if slope.flat is None else "✗"
            lines += wrapped(f"{mark} {slope.text}", width, role, "  ")
    return tuple(lines)


def _healthy(grid: Grid, rows: dict[int, Row], options: argparse.Namespace) -> bool:
    if _preset(options):
        return all(slope.flat for slope in coordinates.slopes(grid, rows))
    return whole(grid, rows).healthy


def _show(
    grid: Grid,
    rows: dict[int, Row],
    options: argparse.Namespace,
    format: str,
    file: Path | None,
    width: int,
) -> None:
    """On stdout, or in a file with the page on stdout."""
    lines = _page(grid, rows, options, width)
    if file is not None and format != "jsonl":
        save(_pieces(grid, rows, options, format, lines), file, "the sweep")
        _beside(file).unlink(missing_ok=True)
    if file is None and format in ("csv", "json"):
        for piece in _pieces(grid, rows, options, format, lines):
            assert isinstance(piece, str)
            emit(piece, unicode=True)
    elif format != "txt" or file is not None:
        emit(coloured(lines) if in_colour(options.color) else plain(lines))


def _pieces(
    grid: Grid,
    rows: dict[int, Row],
    options: argparse.Namespace,
    format: str,
    lines: tuple[PageRow, ...],
) -> Iterable[str | bytes]:
    if format == "csv":
        return csv_of(grid, rows)
    if format == "parquet":
        return [parquet_of(grid, rows)]
    if format == "txt":
        return [plain(lines)]
    said: dict[str, object] = {"verdict": whole(grid, rows).sentence}
    if _preset(options):
        said["slopes"] = [
            {"case": one.case, "what": one.what, "slope": one.slope, "standard_error": one.error,
             "networks": one.points, "flat": one.flat, "sentence": one.text}
            for one in coordinates.slopes(grid, rows)
        ]  # fmt: skip
    return json_of(grid, rows, said)
