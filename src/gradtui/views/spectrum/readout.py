"""The numbers of the spectrum view: those below the picture, and all of them as a table."""

from __future__ import annotations

import math

import numpy as np

from gradtui.mathematics.elementwise import Array
from gradtui.models.rows import Rows, joined
from gradtui.plots.picture import Row, Span, fit_text, row
from gradtui.setup import Setup
from gradtui.views.spectrum.ensembles import Ensemble, Pool, Spectra, shown_depth
from gradtui.views.view import Table
from gradtui.wording import magnitude, percent

_LEVELS = " ▁▂▃▄▅▆▇█"
_COLUMNS = {"median": 9, "median cond.": 13, "survive": 9, "zero": 7}
_NAME, _END, _HISTOGRAM = (12, 18), 9, (8, 30)
"""Fewest and most cells of a name, cells of the ends of a histogram, and fewest and most of it."""


def readout(result: Spectra, setup: Setup, width: int) -> tuple[Row, ...]:
    """A line for each kind: the histogram of its singular values at the cursor's depth."""
    pair, depth = result.focused(setup), shown_depth(setup)
    columns = dict(_COLUMNS)
    longest = max(len(ensemble.title) for ensemble in pair.ensembles)
    named = min(max(longest + 2, _NAME[0]), _NAME[1])
    fixed = named + 2 * (_END + 1)
    for head in ("zero", "median cond."):  # what a narrow terminal can do without
        if fixed + _HISTOGRAM[0] + sum(columns.values()) > width:
            del columns[head]
    room = max(min(width - fixed - sum(columns.values()) - 1, _HISTOGRAM[1]), 1)
    heads = f"{'smallest':>{_END}}{'':{room + 2}}{'largest':<{_END}}"
    heads += "".join(f"{head:>{cells}}" for head, cells in columns.items())
    lines = [row((fit_text(f" depth {depth}", named), "title"), (heads, "muted"))]
    for index, ensemble in enumerate(pair.ensembles):
        role, pool = f"curve{index}", ensemble.at(depth)
        name = Span(fit_text(f" {ensemble.title}", named), role)
        if pool is None:
            lines.append((name, Span(f"{'…':>{_END}}", "muted")))
            continue
        small, large = (magnitude(end) for end in pool.ends)
        cells = _cells(pool, setup)
        lines.append(
            row(
                name,
                f"{small:>{_END}} ",
                (_sparkline(pool, room), role),
                f" {large:<{_END}}",
                "".join(f"{cells[head]:>{wide}}" for head, wide in columns.items()),
            )
        )
    return tuple(lines)


def _sparkline(pool: Pool, width: int) -> str:
    """The histogram of log10 σ between its own ends; none that counts vanishes."""
    if not pool.alive.size:
        return " " * width
    low, high = pool.ends
    middle, half = (low + high) / 2, max((high - low) / 2, 0.005, 1e-9 * abs(high))
    counts = np.histogram(pool.alive, width, (middle - half, middle + half))[0]
    return "".join(_LEVELS[level] for level in np.ceil(counts / counts.max() * 8).astype(int))


def _cells(pool: Pool, setup: Setup) -> dict[str, str]:
    condition = "-" if math.isnan(pool.condition) else magnitude(pool.condition)
    values = (magnitude(pool.median), condition, percent(pool.surviving(setup.threshold)),
              percent(pool.dead))  # fmt: skip
    return dict(zip(_COLUMNS, values, strict=True))


def table(result: Spectra) -> Table:
    """A row for each singular value."""

    def of(ensemble: Ensemble, activation: str, depth: int, number: int, values: Array) -> Table:
        return Rows(
            values.size,
            lambda at: {
                "activation": activation,
                "weights": ensemble.weights,
                "init": ensemble.recipe.spec,
                "block": ensemble.block,
                "without": ensemble.without.removeprefix("without the "),
                "depth": depth,
                "network": number,
                "index": at + 1,
                "log10_singular_value": float(values[at]),
            },
        )

    return joined(
        [
            of(ensemble, pair.subject.activation, depth, number, spectrum.log10_singular_values)
            for pair in result.pairs
            for ensemble in pair.ensembles
            for depth, found in ensemble.spectra.items()
            for number, spectrum in enumerate(found, 1)
        ]
    )
