"""The numbers of the phase view: those below the map, and all of them as a table."""

from __future__ import annotations

import math

from gradtui.mathematics.wide.mean_field import KINDS
from gradtui.models.decay import Value
from gradtui.plots.picture import Row, row_within
from gradtui.setup import Setup
from gradtui.views.columns import in_columns
from gradtui.views.phase.block_verdict import block_readout, block_rows
from gradtui.views.phase.point import Point
from gradtui.views.phase.study import Blocks, Phase
from gradtui.views.phase.verdict import figure, lasting
from gradtui.views.view import Table
from gradtui.wording import magnitude, plain


def readout(result: Phase | Blocks, setup: Setup, width: int) -> tuple[Row, ...]:
    """A line for each activation: what the theory says of it at the cursor."""
    if isinstance(result, Blocks):
        return block_readout(result.points, setup, width)
    limit = setup.log10_threshold
    columns = {
        "rate": [f"×{figure(math.sqrt(point.chi), 4)}" for point in result.points],
        "q*": [figure(point.q, 4) for point in result.points],
        "c*": _slow(result, "c"),
        "ξ∇": _slow(result, "xi_gradient"),
        "ξc": _slow(result, "xi_c"),
        "ξq": _slow(result, "xi_q"),
        "6ξc": _slow(result, "xi_c", times=6.0),
        "lasts": [lasting(point) for point in result.points],
        "critical": [figure(point.critical_sigma_w, 4) for point in result.points],
    }
    where = f" {_where(setup)} "
    lines = in_columns(
        where,
        columns,
        [(point.name, point.kind(limit)) for point in result.points],
        width,
        usual=(8, 8, 8, 6, 6, 6, 6, 6, 9),
        without=("ξq", "6ξc", "c*", "ξ∇"),
        shortest=max(len(where) - 5, 7),
    )
    if len(result.points) == 1:
        spread = f"{magnitude(limit)} or {magnitude(-limit)}"
        words = f" layers: ξ for a factor e (< 0 grows), 6ξc trainable, lasts until {spread}"
        return (*lines, row_within(width, (words, "muted")))
    return lines


def _where(setup: Setup) -> str:
    """The cursor's place in words."""
    plane = setup.plane
    if plane.against == "depth":
        return f"at ({plain(plane.sigma_w, 4)}, {setup.layer:,})"
    return f"at ({plain(plane.sigma_w, 4)}, {plain(plane.sigma_b)})"


def _slow(result: Phase, name: str, times: float = 1.0) -> list[str]:
    """One of the theory's numbers for each activation, as far as they are known yet."""
    return [
        "…" if point.field is None else _apart(times * getattr(point.field, name))
        for point in result.points
    ]


def _apart(value: float) -> str:
    """A figure with so many digits as tell it from 1, where it is below."""
    digits = next((digits for digits in range(3, 10) if figure(value, digits) != "1"), 3)
    text = figure(value, digits)
    return "<1" if text == "1" and value < 1.0 else text


def table(result: Phase | Blocks) -> Table:
    """Every activation at the cursor, then the map of the focused one, row by row."""
    if isinstance(result, Blocks):
        return block_rows(result.points, result.map, result.setup)
    return [*map(_cursor_row, result.points), *_map_rows(result)]


def _cursor_row(point: Point) -> dict[str, Value]:
    field = point.field
    return {
        **_place("cursor", point.name, point.sigma_w, point.sigma_b, point.layers),
        "log10_rate": point.log10_rate,
        "log10_left": point.log10_left,
        "q": point.q,
        "kind": point.ending,
        "c": None if field is None else field.c,
        "xi_gradient": None if field is None else field.xi_gradient,
        "xi_c": None if field is None else field.xi_c,
        "xi_q": None if field is None else field.xi_q,
        "critical_sigma_w": point.critical_sigma_w,
    }


def _map_rows(result: Phase) -> list[dict[str, Value]]:
    setup, mapped = result.setup, result.map
    left = mapped.log10_left
    empty = dict.fromkeys(("c", "xi_gradient", "xi_c", "xi_q", "critical_sigma_w"))
    rows: list[dict[str, Value]] = []
    for line, height in enumerate(mapped.heights.tolist()):
        sigma_b = setup.plane.sigma_b if setup.plane.against == "depth" else height
        for column, sigma_w in enumerate(mapped.sigma_w.tolist()):
            rows.append(
                {
                    **_place("map", setup.focused, sigma_w, sigma_b, int(mapped.layers[line])),
                    "log10_rate": float(mapped.log10_rates[line, column]),
                    "log10_left": float(left[line, column]),
                    "q": float(mapped.q[line, column]),
                    "kind": KINDS[mapped.endings[line, column]],
                    **empty,
                }
            )
    return rows


def _place(place: str, name: str, sigma_w: float, sigma_b: float, layers: int) -> dict[str, Value]:
    return {
        "place": place,
        "activation": name,
        "sigma_w": sigma_w,
        "sigma_b": sigma_b,
        "layers": layers,
    }
