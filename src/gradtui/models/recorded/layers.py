"""What becomes of a run's gradient from its last layer to its first."""

from __future__ import annotations

import math
import re
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gradtui.mathematics.elementwise import Array
from gradtui.models.finding import Kind
from gradtui.models.recorded.series import SETTLED, Curve, beginning, is_bias, recent
from gradtui.models.recorded.symptom import Symptom
from gradtui.runs.run import Run
from gradtui.wording import counted, factor, plain, rate

_BLOCK = re.compile(r"\D*\d+")
"""What a name begins with, up to its first number: h.3 of h.3.attn.c_proj.weight."""
FRACTION = 1e-3
"""Of the last layer's gradient, what is to arrive at the first; its inverse is too much."""


class Ends(NamedTuple):
    """The first and the last layer with a norm, and what lies between.

    Attributes:
        first, last: their places.
        number: how many layers there are from one to the other; of a network in blocks, how many
            of these.
        what: a layer, or a block.
    """

    first: int
    last: int
    number: int
    what: str

    def rate(self, log10: float) -> str:
        """A ratio of both ends as a factor from each to the next."""
        each = rate(log10 / (self.number - 1))
        return f"{each} from {self.what} to {self.what} over {self.number:,}"


def _compared(run: Run) -> list[int]:
    """The layers that ever had a norm, in forward order; biases left aside."""
    ever = np.flatnonzero(np.isfinite(run.log10_gradients).any(axis=0)).tolist()
    return [index for index in ever if not is_bias(run.names[index])] or ever


def last_of(run: Run) -> int | None:
    """The last of them; None where there is none."""
    return max(_compared(run), default=None)


def ends_of(run: Run) -> Ends | None:
    """The first and the last of them; None where there are not two."""
    chosen = _compared(run)
    if len(chosen) < 2:
        return None
    blocks = len({found[0] for at in chosen if (found := _BLOCK.match(run.names[at]))})
    if 1 < blocks < len(chosen):
        return Ends(chosen[0], chosen[-1], blocks, "block")
    return Ends(chosen[0], chosen[-1], len(chosen), "layer")


ORDERS = {
    "recorded": "",
    "file": " Layers are in the order of the file.",
    "sorted": " Layers are in the order of their names.",
}


def _ratios(run: Run, first: int, last: int) -> Curve:
    """log10 of the first layer's norm beside the last one's, at the steps that have both."""
    with np.errstate(invalid="ignore"):
        ratios = run.log10_gradients[:, first] - run.log10_gradients[:, last]
    known = ~np.isnan(ratios) & (ratios < np.inf)
    return Curve("", run.steps[known], ratios[known])


def recent_ratio(run: Run, ends: Ends) -> float:
    """The median of the last ones; nan where there is none."""
    curve = _ratios(run, ends.first, ends.last)
    return float(recent(curve.log10[:, None])[0]) if len(curve.steps) else math.nan


def vanishing(run: Run) -> Symptom | None:
    """That too little of the last layer's gradient arrives at the first."""
    ends = ends_of(run)
    if ends is None or beginning(run):
        return None
    first, last = ends.first, ends.last
    ratio = recent_ratio(run, ends)
    if not -math.inf < ratio < math.log10(FRACTION):
        return None
    ratios = _ratios(run, first, last)
    since = _since(ratios, ratios.medians < math.log10(FRACTION))
    when = "from the start" if since is None else f"since step {since:,}"
    return Symptom(
        Kind.VANISHING,
        f"vanishing {when}: the gradient of {run.names[first]} is {factor(ratio)} of that of "
        f"{run.names[last]}, {ends.rate(ratio)}; "
        f"healthy is above {plain(FRACTION)}.",
        f"Medians of the last steps.{ORDERS[run.order]}",
        f"{_for_depth(ends.number)}; or put in a skip or a norm. --beside last (B) shows it.",
        int(run.steps[0]) if since is None else since,
        run.names[first],
        along=True,
    )


def _for_depth(layers: int) -> str:
    """Which weights keep a gradient through so many layers."""
    return (
        f"Try gradtui init tanh --depth {layers}, with your activation for tanh: it says which "
        "weights keep the gradient"
    )


def _since(curve: Curve, ill: NDArray[np.bool_]) -> int | None:
    """The step from which on all of these are ill; None if all always were."""
    well = np.flatnonzero(~ill)
    if not well.size:
        return None
    return int(curve.steps[min(well[-1] + 1, len(ill) - 1)])


def growing_to_the_input(run: Run) -> Symptom | None:
    """That the gradient grows from the last layer to the first."""
    ends = ends_of(run)
    if ends is None:
        return None
    first, last = ends.first, ends.last
    ratio = recent_ratio(run, ends)
    if not ratio > -math.log10(FRACTION):
        return None
    ratios = _ratios(run, first, last)
    since = _since(ratios, ratios.medians > -math.log10(FRACTION))
    when = "from the start" if since is None else f"since step {since:,}"
    return Symptom(
        Kind.EXPLODING,
        f"exploding towards the input {when}: the gradient of {run.names[first]} is "
        f"{factor(ratio)} of that of {run.names[last]}, {ends.rate(ratio)}; healthy is below "
        f"{plain(1.0 / FRACTION)}.",
        f"Medians of the last steps.{ORDERS[run.order]}",
        f"{_for_depth(ends.number)}; or put in a norm. --beside last (B) shows it.",
        int(run.steps[0]) if since is None else since,
        run.names[first],
        along=True,
    )


def dead(run: Run) -> Symptom | None:
    """Layers at which exactly nothing arrives."""
    if not run.names or beginning(run):
        return None
    least = 1 if run.probed else SETTLED
    none = [
        index for index in range(len(run.names)) if _all_zero(run.log10_gradients[:, index], least)
    ]
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


def _all_zero(column: Array, least: int) -> bool:
    """Whether nothing arrives at all, at none of the last so many steps that were recorded."""
    known = column[~np.isnan(column)][-least:]
    return len(known) == least and bool((known == -np.inf).all())


def _dead_since(run: Run, index: int) -> int:
    """The step from which on a layer's gradient is zero."""
    column = run.log10_gradients[:, index]
    alive = np.flatnonzero(~np.isnan(column) & (column > -np.inf))
    zero = np.flatnonzero(column == -np.inf)
    later = zero[zero > alive[-1]] if alive.size else zero
    return int(run.steps[later[0] if later.size else zero[-1]])
