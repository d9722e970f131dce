"""The map of the phase view: bands of what is left, the critical line, the cursor."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from gradtui.mathematics.elementwise import Array
from gradtui.mathematics.initialisation import sigmas
from gradtui.mathematics.wide.mean_field import KINDS
from gradtui.mathematics.wide.second_moment import BISTABLE, COLLAPSES, DIVERGES
from gradtui.plots.canvas import SAMPLES, Canvas
from gradtui.plots.picture import Picture, Row, Span, band, cells_of, row, row_within, shortened
from gradtui.plots.ticks import tick_values
from gradtui.setup import Setup
from gradtui.views.bands import EDGES, Meaning, meanings, scale, strengths
from gradtui.views.phase.blocks import rooted
from gradtui.views.phase.maps import BlockMap, LayerMap
from gradtui.views.phase.study import Blocks, Phase
from gradtui.views.view import Size
from gradtui.wording import counted, magnitude, plain

if TYPE_CHECKING:
    from numpy.typing import NDArray

_MARKS = {
    DIVERGES: ("↑", "q → ∞, signal grows"),
    BISTABLE: ("2", "two ends"),
    COLLAPSES: ("0", "q → 0, signal dies"),
}
"""What is strewn over a map where q does not go to one fixed point, and its name."""

_RECIPES = {
    "K": ("Kaiming", "kaiming_normal"),
    "X": ("Xavier", "xavier_normal"),
    "L": ("LeCun", "lecun_normal"),
    "P": ("PyTorch", "pytorch_linear"),
}
_GROWN = "↑"
"""What is strewn over a map of blocks where the stream explodes."""
_LEAST_MAP = 7
"""Rows of the map with its frame and heading, below which a legend is left out."""
_BEFORE = 5
"""Blanks before a heading."""
_DEPTH_TICKS = 6
_UPRIGHT = "┆"
"""The cells of an upright line, for a legend."""
_STEEPEST = 4.0
"""Decades a layer beyond which a map makes no difference, if that is beyond its last band."""


_Placed: TypeAlias = tuple[str, list[str], tuple[float, float]]
"""Letter, names, and place in σw and σb of what is drawn alike."""


@dataclass(frozen=True)
class _Height:
    """What a map is over beside σw: its letter, its name on the axis, the cursor's there."""

    letter: str
    title: str
    cursor: Callable[[Setup], float]


_HEIGHTS = {
    "sigma_b": _Height("σb", "σb", lambda setup: setup.plane.sigma_b),
    "depth": _Height("L", "layers L", lambda setup: setup.layer),
    "alpha": _Height("α", "α", lambda setup: setup.plane.alpha),
}


def draw(result: Phase | Blocks, setup: Setup, size: Size, marker: str) -> Picture:
    """The map in bands, the critical line, what has a letter, the cursor."""
    by_depth, height = setup.plane.against == "depth", _HEIGHTS[setup.plane.against]
    placed = _placed(result, setup)
    # The cursor hides the letter that it stands on, and has its names instead.
    hidden = [one for one in placed if _at_cursor(one[2], result.map, setup, size)]
    seen = [one for one in placed if one not in hidden]
    legends = [
        scale(_meanings(result, setup), size.width),
        *_legend(result, setup, size.width, marker, seen, hidden),
    ]
    legends = legends[: max(size.height - _LEAST_MAP, 1)]
    mapped = result.map
    canvas = Canvas(
        size.width,
        size.height - 1 - len(legends),
        (float(mapped.sigma_w[0]), float(mapped.sigma_w[-1])),
        (float(mapped.heights[0]), float(mapped.heights[-1])),
        x_label=plain,
        y_label=plain,
        marker=marker,
        label_width=5,
        title=_measured(setup),
        x_title="σw",
        y_title=height.title,
        given_y_ticks=_depth_ticks(mapped.heights) if by_depth else None,
    )
    canvas.shade(lambda x, y: _cells(mapped, x, y, setup.log10_threshold), _meanings(result, setup))
    if isinstance(result, Blocks):
        canvas.line(mapped.sigma_w, _healthy_to(result.map, setup), "good", name=_HEALTHY)
    elif by_depth:
        _draw_reach(canvas, result, setup)
    else:
        line = result.line
        name = "critical" * _critical_in_sight(result, by_depth)
        canvas.line(np.sqrt(line.sigma_w2), np.sqrt(line.sigma_b2), "good", name=name)
    for letter, names, at in seen:
        canvas.text(*at, letter, "title", ", ".join(names))
    up = height.cursor(setup)
    here = f"σw = {plain(setup.plane.sigma_w)}, {height.letter} = {plain(up)}"
    if hidden:
        here = f"{here}: {', '.join(hidden[0][1])}"
    canvas.pointer(setup.plane.sigma_w, up, "cursor", here)
    below = Picture.of(legends, size.width)
    return Picture.of([_heading(setup, size.width)], size.width).above(canvas.build()).above(below)


def _draw_reach(canvas: Canvas, result: Phase, setup: Setup) -> None:
    """How deep a gradient gets, and the σw at which there is no end to it."""
    mapped, limit = result.map, -setup.log10_threshold
    for sign in (-1.0, 1.0):
        reaches = [_reach(mapped.heights, sign * column, limit) for column in mapped.log10_left.T]
        left = f"{magnitude(sign * limit)} left"
        canvas.line(mapped.sigma_w, reaches, "warn", "solid" if sign < 0 else "long", left)
    for critical in result.focused.critical:
        at = math.sqrt(critical.sigma_w2)
        if canvas.x_limits[0] <= at <= canvas.x_limits[1]:
            canvas.upright(at, "good", "critical")


_HEALTHY = "healthy below"


def _healthy_to(mapped: BlockMap, setup: Setup) -> list[float]:
    """Up to which α gradient and stream are healthy, for each σw."""
    most = np.fmax(mapped.log10_left, mapped.log10_stream)
    return [_reach(mapped.heights, column, -setup.log10_threshold) for column in most.T]


def _reach(layers: Array, lost: Array, limit: float) -> float:
    """After how many layers `lost` first comes to the limit, beyond them at its last pace."""
    most = np.maximum.accumulate(np.clip(lost, -1e3 * limit, 1e3 * limit))
    if most[0] > limit:
        return float(layers[0] * limit / most[0])
    if most[-1] > limit:
        return float(np.interp(limit, most, layers))
    pace = most[-1] / layers[-1]
    return float(limit / pace) if pace > 0.0 else math.nan


def _depth_ticks(layers: Array) -> list[float]:
    """The ends, and round numbers of layers between."""
    first, last = float(layers[0]), float(layers[-1])
    return sorted({first, *tick_values(first, last, _DEPTH_TICKS), last})


_INDENT: Row = (Span("     "),)
"""Before a legend."""


def _measured(setup: Setup) -> str:
    """What the colours stand for."""
    if setup.plane.against == "depth":
        return "gradient left at layer L"
    what = "block" if setup.plane.against == "alpha" else "layer"
    return f"gradient left after {counted(setup.depth, what)}"


def _heading(setup: Setup, width: int) -> Row:
    """What is drawn, and over what, the name and the rest as far as there is room."""
    plane = setup.plane
    at = f"  σb = {plain(plane.sigma_b)}"
    axes, at = {
        "sigma_b": (", by σw and σb", ""),
        "depth": (", by σw", at),
        "alpha": (", by σw and α", f"{at}, norm {plane.branch_norm}"),
    }[plane.against]
    name, room = f"{setup.focused}: ", width - _BEFORE - len(_measured(setup))
    name = name if len(name) + len(axes) <= room else ""
    title = " " * _BEFORE + name + _measured(setup)
    return row_within(width, (title, "title"), (axes, "title"), (at, "muted"))


def _meanings(result: Phase | Blocks, setup: Setup) -> list[Meaning]:
    """Glyph, role and meaning of each band, and of what is strewn over the map."""
    strewn = ((mark, "", name) for mark, name in _endings(result, setup))
    return [*meanings(setup.log10_threshold), *strewn]


def _endings(result: Phase | Blocks, setup: Setup) -> list[tuple[str, str]]:
    """The marks that are strewn over this map, and their names."""
    if isinstance(result, Blocks):
        limit = -setup.log10_threshold
        grown = bool(np.any(result.map.log10_stream > limit))
        return [(_GROWN, f"stream >{magnitude(limit)}")] * grown
    return [named for ending, named in _MARKS.items() if np.any(result.map.endings == ending)]


def _at_cursor(
    at: tuple[float, float], mapped: LayerMap | BlockMap, setup: Setup, size: Size
) -> bool:
    """Whether a place on the map is in about the cell in which the cursor stands."""
    wide = (mapped.sigma_w[-1] - mapped.sigma_w[0]) / size.width
    high = (mapped.heights[-1] - mapped.heights[0]) / size.height
    w, up = setup.plane.sigma_w, _HEIGHTS[setup.plane.against].cursor(setup)
    return bool(abs(at[0] - w) < wide and abs(at[1] - up) < high)


def _legend(
    result: Phase | Blocks,
    setup: Setup,
    width: int,
    marker: str,
    seen: list[_Placed],
    hidden: list[_Placed],
) -> list[Row]:
    """The lines, where q goes, and the letters of the initialisations that are on the map."""
    line, limit = SAMPLES[marker], setup.log10_threshold
    by_depth = setup.plane.against == "depth"
    parts: list[tuple[str, str, str]] = []
    if isinstance(result, Blocks):
        reaches = np.array(_healthy_to(result.map, setup))
        if np.any((reaches >= result.map.heights[0]) & (reaches <= result.map.heights[-1])):
            parts.append((line, _HEALTHY, "good"))
    elif _critical_in_sight(result, by_depth):
        parts.append((_UPRIGHT if by_depth else line, "critical", "good"))
    if by_depth:
        parts.append((line, f"{magnitude(limit)} or {magnitude(-limit)} left", "warn"))
    # What q does; a figure has room to say what that means.
    parts += [(mark, name.partition(",")[0], "title") for mark, name in _endings(result, setup)]
    parts += [(letter, ", ".join(names), "title") for letter, names, _ in seen]
    parts += [("⊕", ", ".join(names), "cursor") for _, names, _ in hidden]
    rows: list[Row] = [_INDENT]
    for mark, name, role in parts:
        most = width - cells_of(_INDENT) - len(mark) - 1
        entry = row((f"{mark} ", role), (shortened(name, most), "muted"))
        if rows[-1] == _INDENT or cells_of(rows[-1]) + 2 + cells_of(entry) <= width:
            gap = row("  ") if rows[-1] != _INDENT else ()
            rows[-1] = (*rows[-1], *gap, *entry)
        else:
            rows.append((*_INDENT, *entry))
    return rows


def _critical_in_sight(result: Phase, by_depth: bool) -> bool:
    """Whether a critical point or a piece of the line is on the map."""
    mapped = result.map
    if by_depth:
        found = np.sqrt([critical.sigma_w2 for critical in result.focused.critical])
        return bool(np.any((found >= mapped.sigma_w[0]) & (found <= mapped.sigma_w[-1])))
    w, b = np.sqrt(result.line.sigma_w2), np.sqrt(result.line.sigma_b2)
    inside = (w >= mapped.sigma_w[0]) & (w <= mapped.sigma_w[-1])
    inside &= (b >= mapped.heights[0]) & (b <= mapped.heights[-1])
    # A single point, as a ReLU's (√2, 0), is no line: the letter of its initialisation is there.
    return bool(np.any(inside[1:] & inside[:-1]))


def _placed(result: Phase | Blocks, setup: Setup) -> list[_Placed]:
    """What has a letter on the map: the usual initialisations, or the usual α."""
    if isinstance(result, Blocks):
        alpha, heights = rooted(setup), result.map.heights
        inside = bool(heights[0] <= alpha <= heights[-1])
        return [("R", ["α = 1/√L"], (setup.plane.sigma_w, alpha))] * inside
    return [] if setup.plane.against == "depth" else _initialisations(result, setup)


def _initialisations(result: Phase, setup: Setup) -> list[_Placed]:
    """Letter, names and place of each that is inside the map; one letter where several agree."""
    found: dict[tuple[float, float], tuple[str, list[str]]] = {}
    (left, right), (low, high) = (
        edges[[0, -1]] for edges in (result.map.sigma_w, result.map.heights)
    )
    for letter, (name, recipe) in _RECIPES.items():
        given = sigmas(recipe, setup.focused, setup.network.width)
        at = round(math.sqrt(given.sigma_w2), 9), round(math.sqrt(given.sigma_b2), 9)
        if left <= at[0] <= right and low <= at[1] <= high:
            found.setdefault(at, (letter, []))[1].append(name)
    return [(letter, names, at) for at, (letter, names) in found.items()]


def _cells(
    mapped: LayerMap | BlockMap, x: Array, y: Array, limit: float
) -> list[list[tuple[str, str]]]:
    """A glyph and a role for each cell; every fourth says where q goes, if that is nowhere.

    None of those stands in the first column, where it would be half of what is seen of σw = 0.
    """
    left = _rates(mapped, x, y, limit) * np.interp(y, mapped.heights, mapped.layers)[:, None]
    bands = strengths(left, limit)
    rows, columns = _nearest(mapped.heights, y), _nearest(mapped.sigma_w, x)
    strewn = _strewn(mapped, limit)[rows][:, columns]
    cells: list[list[tuple[str, str]]] = []
    for line, (values, marks) in enumerate(zip(bands.tolist(), strewn.tolist(), strict=True)):
        cells.append([])
        for column, (strength, mark) in enumerate(zip(values, marks, strict=True)):
            glyph, role = band(int(strength))
            if mark and (column + 2 * line) % 4 == 1:
                glyph = mark
            cells[-1].append((glyph, role))
    return cells


def _strewn(mapped: LayerMap | BlockMap, limit: float) -> NDArray[np.str_]:
    """The mark of each point; "" where it has none."""
    if isinstance(mapped, BlockMap):
        return np.where(mapped.log10_stream > -limit, _GROWN, "")
    marks = [_MARKS[ending][0] if ending in _MARKS else "" for ending in range(len(KINDS))]
    return np.array(marks)[mapped.endings]


def _nearest(grid: Array, at: Array) -> NDArray[np.int64]:
    nearest: NDArray[np.int64] = np.abs(at[:, None] - grid).argmin(axis=1)
    return nearest


def _rates(mapped: LayerMap | BlockMap, x: Array, y: Array, limit: float) -> Array:
    """log10 of the factor a layer, in the geometric mean, between the points of the grid [y, x].

    Of layers it is log10 σw and something that changes slowly, which is interpolated; of blocks
    it changes slowly itself.
    """
    layers = isinstance(mapped, LayerMap)
    with np.errstate(all="ignore"):
        slow = mapped.log10_left / mapped.layers[:, None]
        if layers:
            slow -= np.log10(mapped.sigma_w)
        sigma_w = np.log10(x) if layers else np.zeros_like(x)
    if layers and mapped.sigma_w[0] == 0.0:
        slow[:, 0] = slow[:, 1]
    steepest = np.maximum(_STEEPEST, 2.0 * EDGES[-1] * abs(limit) / mapped.layers)[:, None]
    slow = np.clip(slow, -steepest, steepest)
    across = np.array([np.interp(x, mapped.sigma_w, line) for line in slow])
    between = np.array([np.interp(y, mapped.heights, column) for column in across.T]).T
    rates: Array = between + sigma_w  # -inf at σw = 0: nothing is left
    return rates
