"""What arrives by lag over one knob: the forget bias of a cell with gates, else W's radius."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gradtui.mathematics.elementwise import Array
from gradtui.mathematics.pieces import turn
from gradtui.mathematics.recurrent.arrays import GATED
from gradtui.mathematics.recurrent.cell_recipes import cell_initialisation
from gradtui.models.quantiles import quantiles
from gradtui.models.recurrent.cells import cell_of, flow_of, parameters_of, recipe_of
from gradtui.models.recurrent.cost import MAPPED
from gradtui.models.recurrent.memory import Gathered
from gradtui.models.recurrent.theory import Bounds, radius_of
from gradtui.models.subject import Changes, Subject
from gradtui.progress import Tick

if TYPE_CHECKING:
    from numpy.typing import NDArray

BIASES, RADII = (-2.0, 8.0), (0.1, 3.1)
"""From where to where a map goes."""


@dataclass(frozen=True, eq=False)
class TimeMap:
    """What arrives over a knob.

    Attributes:
        swept: what it is: forget bias, or spectral radius.
        recipe: how the weights are drawn beside it.
        values: its values [values].
        here: where on them the subject itself is.
        lags: every lag, 0 to T.
        log10: log10‖∂L/∂h_{T-k}‖ beside that of lag 0 in the median [values, T + 1].
        cells: how many are drawn for each value.
    """

    swept: str
    recipe: str
    values: Array
    here: float
    lags: NDArray[np.int64]
    log10: Array
    cells: int


def map_of(subject: Subject, bounds: Bounds | None, cells: int, tick: Tick) -> TimeMap:
    """The map of a subject, from the cells of the first numbers.

    A radius is that of Gaussian weights, whatever its own recipe; a forget bias is set beside it,
    chrono's own weights being PyTorch's.
    """
    gated = cell_of(subject) in GATED
    values = np.linspace(*(BIASES if gated else RADII), MAPPED)
    rows = []
    for at, value in enumerate(values.tolist()):
        gathered = Gathered(subject.changed(_changes(subject, value)))
        for number in range(1, cells + 1):
            own = turn(tick, at * cells + number - 1, cells * len(values))
            gathered.add(flow_of(gathered.subject, number, own))
        measured = gathered.measured()
        rows.append(quantiles(measured.log10)[1])
    here = _bias(subject) if gated else _radius(subject, bounds)
    swept = "forget bias" if gated else "spectral radius"
    recipe = recipe_of(gathered.subject) if gated else "radius"
    return TimeMap(swept, recipe, values, here, measured.lags, np.array(rows), cells)


def _changes(subject: Subject, value: float) -> Changes:
    """The knobs at a value of what is swept."""
    if cell_of(subject) not in GATED:
        return {"cell_init": (f"radius({value:.6g})",)}
    chrono = cell_initialisation(recipe_of(subject)).scheme.like == "chrono"
    return {"forget_bias": value} | ({"cell_init": ("pytorch",)} if chrono else {})


def _radius(subject: Subject, bounds: Bounds | None) -> float:
    """The spectral radius of the first cell."""
    return radius_of(parameters_of(subject, 1)["weight_hh_l0"]) if bounds is None else bounds.radius


def _bias(subject: Subject) -> float:
    """The forget bias of a subject: its own, or the mean of what its recipe draws."""
    bias = subject.setup.recurrent.forget_bias
    if bias is not None:
        return bias
    parameters = parameters_of(subject, 1)
    n = subject.setup.recurrent.hidden_size
    both = parameters["bias_ih_l0"][n : 2 * n] + parameters["bias_hh_l0"][n : 2 * n]
    return float(both.mean())
