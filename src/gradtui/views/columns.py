"""A readout in columns: a heading, then a line for each of those compared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from gradtui.models.finding import Ailment, Kind, Verdict
from gradtui.plots.ascii import spelled
from gradtui.plots.picture import LETTERS, Row, Span, curve_role, fit_text, row, row_text

_BEFORE, _LEAST_NAME = 5, 4
"""Cells of letter and mark before a name, and the fewest of the name."""


def whole_columns(rows: Sequence[Sequence[Span]], width: int) -> tuple[Row, ...]:
    """Rows of cells, with as many columns from the left as fit whole into every row.

    So that no heading stands without its values: every row has the same cells, and one of fewer
    has none in the last columns.
    """
    rows = [row(*cells) for cells in rows]
    count = max(map(len, rows))
    while count > 1 and any(len(row_text(tuple(cells[:count]))) > width for cells in rows):
        count -= 1
    return tuple(tuple(cells[:count]) for cells in rows)


def undecided(rows: Sequence[Row]) -> tuple[Row, ...]:
    """The rows as they are before all is measured: no verdict stands before a name yet."""
    marks = {spelled(f"{kind.mark} ") for kind in (*Kind, *Ailment)}
    return tuple(tuple(_OPEN if span.text in marks else span for span in line) for line in rows)


_OPEN = Span("… ", "muted")


def in_columns(
    heading: str,
    columns: Mapping[str, Sequence[str]],
    subjects: Sequence[tuple[str, Verdict | None]],
    width: int,
    *,
    usual: Sequence[int],
    without: Sequence[str],
    longest: int = 0,
    gap: int = 1,
    shortest: int | None = None,
) -> tuple[Row, ...]:
    """The rows of the readout.

    Args:
        heading: what stands over the names.
        columns: the cells of every column, by its head.
        subjects: the name and the kind of each line; the kind is None as long as it is unknown.
        width: the cells of a row.
        usual: the least width of each column, wide enough for what comes and goes, so that it
            stays where it is from key to key.
        without: the heads of what a narrow terminal can do without, first what goes first.
        longest: the cells of the longest heading that can come to stand here.
        gap: the cells between two columns at least.
        shortest: the cells to which names are cut before a column goes; they are not if None.
    """
    columns = {spelled(head): [*map(spelled, cells)] for head, cells in columns.items()}
    without = [*map(spelled, without)]
    names = max(max(len(heading), longest) - _BEFORE, *(len(name) for name, _ in subjects))
    widths = {
        head: max(least, 1 + len(head), *(gap + len(cell) for cell in cells))
        for least, (head, cells) in zip(usual, columns.items(), strict=True)
    }
    needed = names if shortest is None else shortest
    for head in without:
        if _BEFORE + needed + sum(widths.values()) > width:
            del widths[head]
    names = max(min(names, width - _BEFORE - sum(widths.values())), _LEAST_NAME)
    heads = "".join(f"{head:>{cells}}" for head, cells in widths.items())
    lines = [row((fit_text(heading, names + _BEFORE), "title"), (heads, "muted"))]
    for index, (name, kind) in enumerate(subjects):
        lines.append(
            row(
                (f" {LETTERS[index]} ", curve_role(index)),
                _OPEN if kind is None else Span(f"{kind.mark} ", kind.role),
                (fit_text(name, names), curve_role(index)),
                "".join(f"{columns[head][index]:>{cells}}" for head, cells in widths.items()),
            )
        )
    return tuple(lines)
