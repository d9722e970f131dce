"""The picture of a sweep: a map over two axes, one for each value of the others, or a list."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

from gradtui.models.finding import Ailment, Kind
from gradtui.plots.picture import Picture, Row, fit_text, row, shortened, wrapped
from gradtui.sweeps.cell import Row as CellRow
from gradtui.sweeps.cell import Value, measures_of, number
from gradtui.sweeps.grid import Axis, Grid
from gradtui.sweeps.verdict import whole
from gradtui.views import VIEWS
from gradtui.wording import magnitude, plain

_LABEL = 18
"""The most columns of the values to the left of a map."""
_WIDEST = 10
"""The most columns of a cell."""
_WITH_NUMBER = 8
"""From so many columns on a cell has its number beside its mark."""
_APART = 3
_ERRORS = 3

_UNKNOWN = ("·", "muted", "not computed")
_FAILED = ("E", "warn", "could not be computed")
_SILENT = ("?", "muted", "without verdict")


@dataclass(frozen=True)
class Layout:
    """Which axes run to the right and down, and of which there is a map for each value."""

    right: int
    down: int | None
    others: tuple[int, ...]


def layout_of(grid: Grid) -> Layout:
    """The axis with the most numbers to the right, the next one down."""
    order = sorted(
        range(len(grid.axes)),
        key=lambda at: (not grid.axes[at].numeric, -len(grid.axes[at].texts), -at),
    )
    if len(order) < 2:
        return Layout(order[0], None, ())
    return Layout(order[0], order[1], tuple(sorted(order[2:])))


def mark_of(cell: CellRow | None) -> tuple[str, str, str]:
    """A cell's mark, its role, and what it means."""
    if cell is None:
        return _UNKNOWN
    if cell["error"]:
        return _FAILED
    word = cell["verdict"]
    if word is None:
        return _SILENT
    verdict = next(one for one in (*Kind, *Ailment) if str(one) == word)
    return verdict.mark, verdict.role, str(word)


def page(grid: Grid, rows: Mapping[int, CellRow], width: int) -> list[Row]:
    """Title, picture, legend, verdict, and what could not be computed."""
    view = VIEWS[grid.view]
    return [
        row((f"a sweep of {view.title}", "title"), (f"  {view.question}", "muted")),
        *picture(grid, rows, width),
        (),
        *told_below(grid, rows, width),
    ]


def told_below(grid: Grid, rows: Mapping[int, CellRow], width: int) -> list[Row]:
    """Legend, verdict, and what could not be computed."""
    lines: list[Row] = [*_legend(grid, rows, width), ()]
    found = whole(grid, rows)
    mark, role = ("✓", "good") if found.healthy else ("✗", "")
    lines += wrapped(f"{mark} {found.sentence}", width, role, "  ")
    errors: dict[str, list[int]] = {}
    for cell in sorted(rows):
        if error := rows[cell]["error"]:
            errors.setdefault(str(error), []).append(cell)
    for error, cells in list(errors.items())[:_ERRORS]:
        which = f"cell {cells[0] + 1}"
        which += f" and {len(cells) - 1:,} more" if len(cells) > 1 else ""
        lines += [(), *wrapped(f"E {which}: {error}", width, "warn", "  ")]
    if len(errors) > _ERRORS:
        more = f"  {len(errors) - _ERRORS:,} more errors are in the rows."
        lines += wrapped(more, width, "muted", "  ")
    return lines


def picture(
    grid: Grid, rows: Mapping[int, CellRow], width: int, chosen: int | None = None
) -> Iterator[Row]:
    """The cells: marks, and numbers where there is room; the chosen one is in brackets."""
    layout = layout_of(grid)
    if layout.down is None:
        yield from _list(grid, rows, width, chosen)
        return
    axes = grid.axes
    maps = [
        _map(grid, rows, layout, dict(zip(layout.others, places, strict=True)), width, chosen)
        for places in product(*(range(len(axes[at].texts)) for at in layout.others))
    ]
    widest = max(one.width for one in maps)
    side_by_side = max(1, (width + _APART) // (widest + _APART))
    for at in range(0, len(maps), side_by_side):
        if at:
            yield ()
        line = maps[at]
        for other in maps[at + 1 : at + side_by_side]:
            gap = Picture.of([], _APART, line.height)
            line = line.beside(gap).beside(other)
        yield from line.rows


def principal(row_: CellRow) -> tuple[str, Value] | None:
    """The measure that matters most; None where there is none."""
    return next(iter(measures_of(row_).items()), None)


def told(name: str, value: Value) -> str:
    """A measure in a few characters."""
    if value is None:
        return "-"
    return magnitude(number(value)) if name.startswith("log10_") else plain(number(value))


def meaning(name: str) -> str:
    """What a measure is called, where a logarithm is told as what it is of."""
    words = name.removeprefix("log10_").replace("_", " ")
    return "what is left of the gradient" if words == "left" else words


def _list(grid: Grid, rows: Mapping[int, CellRow], width: int, chosen: int | None) -> Iterator[Row]:
    """A line for each value of the only axis."""
    (axis,) = grid.axes
    label = min(max(map(len, (axis.label, *axis.texts))), max(width // 3, 8))
    yield row((fit_text(axis.label, label), "axis"))
    for place, text in enumerate(axis.texts):
        cell = rows.get(grid.cell((place,)))
        mark, role, word = mark_of(cell)
        here = ">" if chosen == place else " "
        parts = [(f"{_fitted(text, label)} {here}", "axis"), (f"{mark} {word:<10}", role)]
        if cell is not None and not cell["error"] and (first := principal(cell)) is not None:
            parts.append((f" {told(*first):>9}", ""))
        yield row(*parts)


def _fitted(text: str, width: int) -> str:
    return fit_text(text if len(text) <= width else shortened(text, width), width)


def _map(
    grid: Grid,
    rows: Mapping[int, CellRow],
    layout: Layout,
    fixed: Mapping[int, int],
    width: int,
    chosen: int | None,
) -> Picture:
    """The map at one value of each other axis."""
    assert layout.down is not None
    right, down = grid.axes[layout.right], grid.axes[layout.down]
    label = min(max(map(len, (down.label, *down.texts))), _LABEL, max(width // 3, 4))
    room = max(width - label - 1, 1)
    count = len(right.texts)
    step = -(-count // room)
    shown = range(0, count, step)
    wide = min(_WIDEST, room // len(shown))
    titles = [
        f"{grid.axes[at].label} = {grid.axes[at].texts[place]}" for at, place in fixed.items()
    ]
    lines: list[Row] = [row((", ".join(titles), "title"))] if titles else []
    along = f"{right.label} →" + (f", every {_ordinal(step)} value" if step > 1 else "")
    lines.append(row((_fitted(down.label, label), "axis"), (f" {along}", "axis")))
    lines.append(row((" " * (label + 1) + _ticks(right, shown, wide), "axis")))
    for place, text in enumerate(down.texts):
        spans: list[tuple[str, str]] = [(f"{_fitted(text, label)} ", "axis")]
        for at in shown:
            places = dict(fixed)
            places |= {layout.right: at, layout.down: place}
            cell = grid.cell([places[axis] for axis in range(len(grid.axes))])
            spans.append(_cell(rows.get(cell), wide, cell == chosen))
        lines.append(row(*spans))
    narrow = max(label + 1 + wide * len(shown), *(sum(len(s.text) for s in one) for one in lines))
    return Picture.of(lines, min(narrow, width))


def _cell(cell: CellRow | None, wide: int, chosen: bool) -> tuple[str, str]:
    """A cell of a map."""
    mark, role, _ = mark_of(cell)
    text = mark
    if wide >= _WITH_NUMBER and cell is not None and not cell["error"]:
        first = principal(cell)
        if first is not None and len(number_ := told(*first)) <= wide - 3:
            text = f"{mark} {number_}"
    if chosen:
        # Of a map of the narrowest cells only the line below it says which.
        return (f"[{text}]".ljust(wide) if wide > 2 else text.ljust(wide)), "key"
    return text.ljust(wide), role


def _ticks(axis: Axis, shown: Sequence[int], wide: int) -> str:
    """The values above their columns, as many as there is room for."""
    line = ""
    for at, place in enumerate(shown):
        text = axis.texts[place]
        if len(line) > at * wide or (len(text) > 3 * wide and len(text) > _LABEL):
            continue
        line = line.ljust(at * wide) + text + " "
    return line[: wide * len(shown) + _LABEL].rstrip()


def _ordinal(count: int) -> str:
    ends = {1: "st", 2: "nd", 3: "rd"}
    return f"{count}{'th' if 10 < count % 100 < 14 else ends.get(count % 10, 'th')}"


def _legend(grid: Grid, rows: Mapping[int, CellRow], width: int) -> list[Row]:
    """The marks that there are, with how many; what the numbers are."""
    counts: dict[tuple[str, str, str], int] = {}
    for cell in range(grid.size):
        mark = mark_of(rows.get(cell))
        counts[mark] = counts.get(mark, 0) + 1
    parts = [f"{mark} {word} {count:,}" for (mark, _, word), count in counts.items()]
    measured = next((found for one in rows.values() if (found := principal(one))), None)
    if measured is not None:
        parts.append(f"numbers, where there is room: {meaning(measured[0])}")
    return wrapped("   ".join(parts), width, "muted")
