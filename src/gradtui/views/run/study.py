"""What the run view knows: each run with its verdict, and what of it is in sight."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from gradtui.mathematics.elementwise import Array
from gradtui.models.decay import Value
from gradtui.models.finding import Finding
from gradtui.models.recorded.judged import Judged, diagnose, judged
from gradtui.models.rows import Rows, joined
from gradtui.progress import Tick, part
from gradtui.runs.run import Run, Steps
from gradtui.runs.shelf import SHELF
from gradtui.setup import Setup
from gradtui.views.run.tree import Branch
from gradtui.views.view import Table

SERIES = ("loss", "total_norm", "learning_rate", "loss_scale", "skipped", "clip", "clipped")
"""What is known by step."""


@dataclass(frozen=True, eq=False)
class Runs:
    """One for each of what is compared."""

    each: tuple[Judged, ...]

    def of(self, name: str) -> Judged:
        """That of one name."""
        return next(one for one in self.each if one.name == name)

    def focused(self, setup: Setup) -> Judged:
        """The one that map and verdict are of."""
        return self.of(setup.focus_of(tuple(one.name for one in self.each)))


def run(setup: Setup, tick: Tick) -> Iterator[Runs]:
    """All of them, read and judged."""
    names = setup.recorded.runs
    each = len(names)
    yield Runs(
        tuple(judged(name, part(tick, at / each, 1.0 / each)) for at, name in enumerate(names))
    )


def waiting(setup: Setup) -> str:
    """That a file is read which was not yet."""
    unread = [name for name in setup.recorded.runs if SHELF.known(name) is None]
    return f"Reading {unread[0]} …" if unread else ""


def finding(result: Runs, subject: str) -> Finding:
    """The verdict on one of them."""
    return diagnose(result.of(subject), named=len(result.each) > 1)


def measures(result: Runs, subject: str) -> Mapping[str, float]:
    """The last loss and the last norm of the whole gradient that were recorded, and at which step.

    What was not recorded at the end is nan.
    """
    run = result.of(subject).run
    if not len(run.steps):
        return {}
    total = float(run.total_norm[-1])
    with np.errstate(divide="ignore", invalid="ignore"):
        log10_total = float(np.log10(total))
    return {
        "loss": float(run.loss[-1]),
        "log10_total_norm": log10_total,
        "last_step": float(run.steps[-1]),
    }


# ------------------------------------------------------------- what is in sight


def in_sight(run: Run, setup: Setup) -> Steps:
    """The places of the steps inside the chosen range; all where none is."""
    limits = setup.recorded.step_range
    if limits is None:
        return np.arange(len(run.steps))
    inside = np.flatnonzero((run.steps >= limits[0]) & (run.steps <= limits[1]))
    return inside if len(inside) else np.arange(len(run.steps))


def filled(log10: Array) -> Array:
    """The norm of a row by step [n], each kept until the next: many are recorded now and then.

    But for as long only as it usually takes to the next.
    """
    known = np.flatnonzero(~np.isnan(log10))
    if len(known) in (0, len(log10)):
        return log10
    usual = int(np.median(np.diff(known))) if len(known) > 1 else 1
    last = known[np.maximum(np.searchsorted(known, np.arange(len(log10)), side="right") - 1, 0)]
    since = np.arange(len(log10)) - last
    return np.where((since >= 0) & (since < usual), log10[last], np.nan)


def beside_of(one: Judged, setup: Setup) -> str:
    """What norms are shown beside: where that is left open, as the verdict has it."""
    chosen = setup.recorded.beside
    if chosen != "auto":
        return chosen
    return "last" if one.symptoms and one.symptoms[0].along else "median"


def place_of(run: Run, setup: Setup) -> int:
    """Where the cursor's step stands among all of the run's: the last at or before it."""
    places = in_sight(run, setup)
    step = setup.recorded.step
    if step is None:
        return int(places[-1])
    return int(places[max(int(np.searchsorted(run.steps[places], step, side="right")) - 1, 0)])


def norms(run: Run, branch: Branch, quantity: str) -> Array:
    """log10 of a row's norm by step [n]: of a module the root of its tensors' squares.

    nan where something is missing, +inf where something is not finite, -inf where all is zero.

    Args:
        run: whose.
        branch: the row.
        quantity: gradient, weight, update; ratio is update over weight.
    """
    if quantity == "ratio":
        with np.errstate(invalid="ignore"):
            return norms(run, branch, "update") - norms(run, branch, "weight")
    each = {
        "gradient": run.log10_gradients, "weight": run.log10_weights, "update": run.log10_updates
    }[quantity]  # fmt: skip
    if each is None:
        return np.full(len(run.steps), np.nan)
    if len(branch.columns) == 1:
        return each[:, branch.columns[0]]
    some = each[:, branch.columns]
    known = ~np.isnan(some)
    top = np.where(known, some, -np.inf).max(axis=1)
    base = np.where(np.isfinite(top), top, 0.0)
    with np.errstate(divide="ignore", over="ignore", invalid="ignore"):
        squares = np.where(known, 10.0 ** (2.0 * (some - base[:, None])), 0.0).sum(axis=1)
        whole = base + 0.5 * np.log10(squares)
    return np.where(known.any(axis=1), whole, np.nan)


def median_of(log10: Array) -> float:
    """The median of what is finite; nan where nothing is."""
    finite = log10[np.isfinite(log10)]
    return float(np.median(finite)) if finite.size else float("nan")


# ------------------------------------------------------------------- the table


def table(result: Runs) -> Table:
    """A row for each number: run, step, tensor ("" of what is known by step), quantity, value."""
    return joined([_rows(one) for one in result.each])


def _rows(one: Judged) -> Table:
    run = one.run
    columns: list[tuple[str, str, Array]] = []
    for name in SERIES:
        values = getattr(run, name)
        if values is not None and run.recorded[name].any():
            columns.append(("", name, np.where(run.recorded[name], values, np.nan)))
    columns += [("", name, values) for name, values in [*run.losses.items()][1:]]
    by_layer = {
        "log10_gradient": run.log10_gradients,
        "log10_weight": run.log10_weights,
        "log10_update": run.log10_updates,
        **run.shares,
    }
    for quantity, each in by_layer.items():
        if each is not None:
            columns += [(name, quantity, each[:, at]) for at, name in enumerate(run.names)]
    for what, by_module in run.units.items():
        columns += [(module, what, values) for module, values in by_module.items()]
    known = [_recorded(run, name, values) for _, name, values in columns]
    ends = np.cumsum([len(places) for places in known])

    def row(at: int) -> dict[str, Value]:
        which = int(np.searchsorted(ends, at, side="right"))
        place = int(known[which][at - (ends[which - 1] if which else 0)])
        tensor, quantity, values = columns[which]
        return {
            "run": one.name,
            "step": int(run.steps[place]),
            "tensor": tensor,
            "quantity": quantity,
            "value": _written(float(values[place])),
        }

    return Rows(int(ends[-1]) if len(ends) else 0, row)


def _written(value: float) -> Value:
    """A number, or the word for what is none: what was recorded as nan is no gap."""
    return value if math.isfinite(value) else str(value)


def _recorded(run: Run, name: str, values: Array) -> Steps:
    """Where a number was recorded, nan among them."""
    return np.flatnonzero(run.recorded[name] if name in run.recorded else ~np.isnan(values))
