"""What becomes of a run's gradient from its last layer to its first."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from gradtui.models.finding import Kind
from gradtui.models.recorded.series import is_bias, recent
from gradtui.models.recorded.symptom import Symptom
from gradtui.runs.run import Run
from gradtui.wording import counted, factor, plain, rate

FRACTION = 1e-3
"""Of the last layer's gradient, what is to arrive at the first; its inverse is too much."""


class Ends(NamedTuple):
    """The first and the last layer with a number, and how many have one."""

    first: int
    last: int
    layers: int


def ends_of(run: Run) -> Ends | None:
    """Those of a run, biases left aside; None where there are not two."""
    values = recent(run.log10_gradients) if run.names else np.zeros(0)
    known = [index for index in range(len(run.names)) if math.isfinite(values[index])]
    weights = [index for index in known if not is_bias(run.names[index])]
    chosen = weights or known
    return Ends(chosen[0], chosen[-1], len(chosen)) if len(chosen) > 1 else None


def _by_name(run: Run) -> str:
    return "" if run.order == "recorded" else " Layers are in the order of their names."


def vanishing(run: Run) -> Symptom | None:
    """That too little of the last layer's gradient arrives at the first."""
    ends = ends_of(run)
    if ends is None:
        return None
    first, last, layers = ends
    values = recent(run.log10_gradients)
    ratio = float(values[first] - values[last])
    if ratio >= math.log10(FRACTION):
        return None
    since = _below_since(run, first, last)
    when = "from the start" if since is None else f"since step {since:,}"
    return Symptom(
        Kind.VANISHING,
        f"vanishing {when}: the gradient of {run.names[first]} is {factor(ratio)} of that of "
        f"{run.names[last]}, {rate(ratio / (layers - 1))} from layer to layer over {layers}; "
        f"healthy is above {plain(FRACTION)}.",
        f"Medians of the last steps.{_by_name(run)}",
        "See which factor takes it with gradtui decay and init for this activation and depth: "
        "another initialisation, a skip or a norm.",
        int(run.steps[0]) if since is None else since,
        run.names[first],
    )


def _below_since(run: Run, first: int, last: int) -> int | None:
    """The step from which on too little arrives at the first layer; None if it always was so."""
    with np.errstate(invalid="ignore"):
        ratios = run.log10_gradients[:, first] - run.log10_gradients[:, last]
    known = np.flatnonzero(np.isfinite(ratios))
    above = np.flatnonzero(ratios[known] >= math.log10(FRACTION))
    return int(run.steps[known[above[-1] + 1]]) if above.size else None


def growing_to_the_input(run: Run) -> Symptom | None:
    """That the gradient grows from the last layer to the first."""
    ends = ends_of(run)
    if ends is None:
        return None
    first, last, layers = ends
    values = recent(run.log10_gradients)
    ratio = float(values[first] - values[last])
    if ratio <= -math.log10(FRACTION):
        return None
    return Symptom(
        Kind.EXPLODING,
        f"exploding towards the input: the gradient of {run.names[first]} is {factor(ratio)} of "
        f"that of {run.names[last]}, {rate(ratio / (layers - 1))} from layer to layer over "
        f"{layers}; healthy is below {plain(1.0 / FRACTION)}.",
        f"Medians of the last steps.{_by_name(run)}",
        "See which factor makes it with gradtui decay and init for this activation and depth: "
        "smaller weights, or a norm.",
        int(run.steps[0]),
        run.names[first],
    )


def dead(run: Run) -> Symptom | None:
    """Layers at which exactly nothing arrives."""
    if not run.names:
        return None
    none = [index for index, one in enumerate(recent(run.log10_gradients)) if one == -math.inf]
    if not none:
        return None
    since = min(_dead_since(run, index) for index in none)
    names = ", ".join(run.names[index] for index in none[:3])
    more = f" and {len(none) - 3} more" if len(none) > 3 else ""
    when = "from the start" if since == run.steps[0] else f"since step {since:,}"
    return Symptom(
        Kind.DEAD,
        f"dead {when}: the gradient of {names}{more} is exactly zero, in {len(none)} of "
        f"{counted(len(run.names), 'tensor')}.",
        "Units that are off for every input, as ReLU's below 0, pass nothing; nor does what is "
        "frozen, or takes no part in the loss.",
        "Look whether it is meant to learn (requires_grad); else a smaller learning rate, biases "
        "at 0, or leaky_relu, which is off for no input.",
        since,
        run.names[none[0]],
    )


def _dead_since(run: Run, index: int) -> int:
    """The step from which on a layer's gradient is zero."""
    column = run.log10_gradients[:, index]
    alive = np.flatnonzero(~np.isnan(column) & (column > -np.inf))
    zero = np.flatnonzero(column == -np.inf)
    later = zero[zero > alive[-1]] if alive.size else zero
    return int(run.steps[later[0] if later.size else zero[-1]])
