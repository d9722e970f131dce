"""The readout of runs: at the cursor's step and tensor, a line for each run."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from gradtui.errors import printable
from gradtui.mathematics.elementwise import Array
from gradtui.models.recorded.judged import Judged, called
from gradtui.models.recorded.layers import last_of
from gradtui.plots.picture import Row
from gradtui.runs.run import Run
from gradtui.setup import Setup
from gradtui.views.columns import in_columns
from gradtui.views.run.moves import shown_tensor
from gradtui.views.run.study import Runs, filled, median_of, norms, place_of
from gradtui.views.run.tree import Branch, branch_of, branches
from gradtui.wording import factor, magnitude, percent, plain

_DISPENSABLE = ("clip", "skipped", "not finite", "scale", "swallowed", "lost f16", "lr",
                "update/w", "total", "× last",
                "loss")  # fmt: skip
_LONGEST_TENSOR = 24
_WIDE = 9
_SHARES = {"not finite": "not_finite", "lost f16": "lost_f16", "swallowed": "swallowed"}
_SERIES = {"loss": "loss", "total": "total_norm", "lr": "learning_rate", "scale": "loss_scale",
           "skipped": "skipped", "clip": "clip"}  # fmt: skip


def readout(result: Runs, setup: Setup, width: int) -> tuple[Row, ...]:
    """Norm, what it is beside, update and losses at the cursor; then what is known by step."""
    focused = result.focused(setup)
    name = shown_tensor(setup, focused.run)
    every = [_cells(one, setup, name) for one in result.each]
    there = {head for one in result.each for head in _heads(one.run)}
    cells = [{head: line[head] for head in line if head in there} for line in every]
    step = int(focused.run.steps[place_of(focused.run, setup)])
    shown = printable(name)
    if len(shown) > _LONGEST_TENSOR:
        shown = f"…{shown[1 - _LONGEST_TENSOR :]}"
    return in_columns(
        f" step {step:,} {shown}",
        {head: [line[head] for line in cells] for head in cells[0]},
        [(printable(called(one.name)), one.kind) for one in result.each],
        width,
        usual=[_WIDE] * len(cells[0]),
        without=[head for head in _DISPENSABLE if head in cells[0]],
        shortest=12,
    )


def _heads(run: Run) -> Iterator[str]:
    """The columns of which this run can tell something."""
    if run.names:
        yield from ("norm", "× median", "× last")
    if run.log10_updates is not None and run.log10_weights is not None:
        yield "update/w"
    for head, name in _SHARES.items():
        if name in run.shares and not np.isnan(run.shares[name]).all():
            yield head
    for head, name in _SERIES.items():
        if getattr(run, name) is not None and run.recorded[name].any():
            yield head


def _cells(one: Judged, setup: Setup, name: str) -> dict[str, str]:
    """What stands in the readout of one run, by the head of its column."""
    run = one.run
    at = place_of(run, setup)
    rows = branches(run, setup.recorded.opened)
    branch = rows[branch_of(rows, run, name)] if rows else Branch("", ())
    if name in run.names:
        branch = Branch(name, (run.names.index(name),))
    norm = filled(norms(run, branch, "gradient")) if rows else None
    here = math.nan if norm is None else float(norm[at])
    column = last_of(run)
    last = math.nan if column is None else float(filled(run.log10_gradients[:, column])[at])
    median = math.nan if norm is None else median_of(norm)
    ratio = float(filled(norms(run, branch, "ratio"))[at]) if rows else math.nan
    return {
        "norm": _told(here),
        "× median": _beside(here, median),
        "× last": _beside(here, last),
        "update/w": _told(ratio),
        **{head: _share(run.shares.get(share), branch, at) for head, share in _SHARES.items()},
        **{head: _latest(one, series, at) for head, series in _SERIES.items()},
    }


def _told(log10: float) -> str:
    """A norm: nan is none recorded, and +inf one that is not finite."""
    if math.isnan(log10):
        return "-"
    return "not finite" if log10 == math.inf else magnitude(log10)


def _beside(log10: float, other: float) -> str:
    """A norm beside another, where both can be compared."""
    if not math.isfinite(other) or math.isnan(log10) or log10 == math.inf:
        return "-"
    return factor(log10 - other)


def _share(shares: Array | None, branch: Branch, at: int) -> str:
    """The largest share among the tensors of a row."""
    if shares is None or not branch.columns:
        return "-"
    some = [float(shares[at, column]) for column in branch.columns]
    known = [share for share in some if not math.isnan(share)]
    return percent(max(known)) if known else "-"


def _latest(one: Judged, name: str, at: int) -> str:
    """What was recorded last, up to here; of skipped steps, those told at this one."""
    values = getattr(one.run, name)
    if values is None:
        return "-"
    known = one.run.recorded[name][at * (name == "skipped") : at + 1].nonzero()[0]
    if name == "skipped":
        known = known + at
    return plain(float(values[known[-1]])) if known.size else "-"
