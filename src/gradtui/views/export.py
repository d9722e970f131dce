"""What a view shows as one page of text, as a figure and as numbers: for files and for stdout."""

from __future__ import annotations

import csv
import io
import json
import math
import shlex
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from gradtui import __version__
from gradtui.errors import InputError, printable
from gradtui.models.decay import Table, Value
from gradtui.models.finding import Finding, Kind, Remedy
from gradtui.plots.ansi import plain
from gradtui.plots.picture import Picture, Row, row, row_text, wrapped
from gradtui.progress import Tick, unwatched
from gradtui.setup import KNOBS, Setup
from gradtui.views.figures import FIGURES, Look, drawing_of, written
from gradtui.views.view import Size, View

_ROWS_A_PIECE = 250
"""Some hundredths of a second of work."""

FORMATS = (*FIGURES, "txt", "csv", "json")
"""Figures, the page of text, the table, and the table with the verdicts."""

_STRICT: Mapping[str, Any] = {"ensure_ascii": False, "allow_nan": False}


def format_of(file: Path, formats: Sequence[str] = FORMATS) -> str:
    """The format that a file's name asks for.

    Raises:
        InputError: its suffix is none of them.
    """
    suffix = file.suffix.lower().removeprefix(".")
    if suffix not in formats:
        ending = file.name.lower().removeprefix(".")  # a name that is an ending alone
        stem = "gradtui" if ending in formats else file.stem.strip(".") or "gradtui"
        endings = ", ".join(f".{suffix}" for suffix in formats)
        raise InputError(
            "output",
            str(file),
            f"a file name that ends in one of {endings}",
            f"try {printable(stem)[:40]}.{ending if ending in formats else formats[0]}",
        )
    return suffix


def exported(
    view: View[Any],
    result: Any,
    setup: Setup,
    size: Size,
    marker: str,
    format: str,
    look: Look | None = None,
    tick: Tick = unwatched,
) -> Iterable[str | bytes]:
    """The result in one of `FORMATS`, as a file holds it: a figure with that look, or text.

    It comes in pieces of whole lines, made as they are asked for: it may be half a gigabyte.
    """
    if format in FIGURES:
        return [written(format, drawing_of(view, result, setup, size, look or Look()))]
    if format == "txt":
        return [plain(report(view, result, setup, size, marker).rows)]
    if format == "csv":
        return as_csv(view.table(result), tick)
    return as_json(record(view, result, setup), "rows", view.table(result), tick)


# ----------------------------------------------------------------- the page


def report(view: View[Any], result: Any, setup: Setup, size: Size, marker: str) -> Picture:
    """Title, picture, readout and every verdict, one under the other.

    The picture has exactly `size`. A row of text that needs more width gets it: in a page that
    scrolls there is no reason to cut.
    """
    above, below = _around(view, result, setup, size.width)
    rows = (*above, *view.draw(result, setup, size, marker).rows, *below)
    return Picture.of(rows, max(size.width, *(len(row_text(line)) for line in rows)))


def text_height(view: View[Any], result: Any, setup: Setup, width: int) -> int:
    """How many rows of a report are not the picture."""
    return sum(map(len, _around(view, result, setup, width)))


def _around(view: View[Any], result: Any, setup: Setup, width: int) -> tuple[list[Row], list[Row]]:
    """The rows above the picture and below it."""
    title = row((view.title, "title"), (f"  {view.question}", "muted"))
    below: list[Row] = list(view.readout(result, setup, width))
    for finding in _findings(view, result, setup):
        below += [(), *_verdict(view, setup, finding, width)]
    for framework, code in snippets_of(view, result, setup).items():
        # Never wrapped: lines are there to be copied.
        below += [
            (),
            row((framework, "title")),
            *(row((f"  {line}", "key")) for line in code.split("\n")),
        ]
    return [title], below


def snippets_of(view: View[Any], result: Any, setup: Setup) -> Mapping[str, str]:
    """The lines to paste by framework, if the view has any."""
    return {} if view.snippets is None else view.snippets(result, setup)


def _findings(view: View[Any], result: Any, setup: Setup) -> list[Finding]:
    """The verdicts, as far as the result can tell."""
    findings = (view.finding(result, name) for name in view.subjects(setup))
    return [finding for finding in findings if finding is not None]


def all_healthy(view: View[Any], result: Any, setup: Setup) -> bool:
    """Whether every verdict is."""
    return all(finding.kind is Kind.HEALTHY for finding in _findings(view, result, setup))


def _verdict(view: View[Any], setup: Setup, finding: Finding, width: int) -> Iterator[Row]:
    yield from wrapped(f"{finding.kind.mark} {finding.sentence}", width, finding.kind.role, "  ")
    for part in (finding.cause, finding.evidence):
        if part:
            yield from wrapped(f"  {part}", width, "", "  ")
    if finding.remedy is not None:
        # Never wrapped: a command is there to be copied.
        command = shlex.join(view.command(finding.remedy.applied(setup)))
        yield row(("  try: ", "muted"), (command, "key"))
        evidence = f"  (before: {finding.remedy.before}; then: {finding.remedy.after})"
        yield from wrapped(evidence, width, "muted", "  ")


# -------------------------------------------------------------- the numbers


def record(view: View[Any], result: Any, setup: Setup) -> dict[str, object]:
    """Everything that the result says but the rows of its table, in the types of JSON."""
    return {
        "gradtui": __version__,
        "view": view.name,
        "setup": {knob.name: knob.text(setup) for knob in view.all_knobs},
        "findings": [
            {
                view.roster(setup).label.removesuffix("s"): finding.subject,
                "verdict": str(finding.kind),
                "sentence": finding.sentence,
                "cause": finding.cause,
                "evidence": finding.evidence,
                "remedy": None if finding.remedy is None else _remedy(view, setup, finding.remedy),
            }
            for finding in _findings(view, result, setup)
        ],
        **({"snippets": lines} if (lines := dict(snippets_of(view, result, setup))) else {}),
    }


def _remedy(view: View[Any], setup: Setup, remedy: Remedy) -> dict[str, object]:
    changed = remedy.applied(setup)
    return {
        "label": remedy.label,
        "changes": {name: KNOBS[name].text(changed) for name in remedy.changes},
        "command": shlex.join(view.command(changed)),
        "before": remedy.before,
        "after": remedy.after,
    }


def as_json(
    head: Mapping[str, object], name: str, rows: Table, tick: Tick = unwatched
) -> Iterator[str]:
    """Strict JSON: a number that it cannot hold (the log10 of an exact zero: -inf) is null.

    Args:
        head: what comes first.
        name: that of the rows, which come behind it.
        rows: the rows of a table.
        tick: is told how far it is.
    """
    whole = json.dumps(_strict({**head, name: []}), indent=1, **_STRICT)
    end = "]\n}"
    yield whole.removesuffix(end)
    encode = json.JSONEncoder(separators=(",\n   ", ": "), **_STRICT).encode
    before = ""
    for some in _in_pieces(rows, tick):
        objects = ("\n  {\n   " + encode(_strict(row))[1:-1] + "\n  }" for row in some)
        yield before + ",".join(objects)
        before = ","
    yield ("\n " if rows else "") + end + "\n"


def _in_pieces(rows: Table, tick: Tick) -> Iterator[Table]:
    """The same rows, some at a time."""
    for at in range(0, len(rows), _ROWS_A_PIECE):
        tick(at / len(rows))
        yield rows[at : at + _ROWS_A_PIECE]


def _strict(value: object) -> object:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {key: _strict(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_strict(part) for part in value]
    return value


def _known(value: Value) -> Value:
    return None if isinstance(value, float) and math.isnan(value) else value


def as_csv(rows: Table, tick: Tick = unwatched) -> Iterator[str]:
    """A header and the rows; every float in as many digits as give it back, -inf as -inf.

    What nobody can know, such as a first order where its terms are infinite, is left empty.
    """
    names = list(rows[0]) if rows else []
    yield _lines([names])
    for some in _in_pieces(rows, tick):
        yield _lines([_known(row[name]) for name in names] for row in some)


def _lines(cells: Iterable[Sequence[Value]]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(cells)
    return text.getvalue()
