"""What the weights of a vanilla RNN say of its gradient before any sequence runs through it.

Glossary: W = W_hh the recurrent weights, σ_max its largest singular value, ρ its spectral radius,
γ = max |f′|, k lag.

‖∂h_T/∂h_{T-k}‖ ≤ (σ_max γ)^k. So σ_max < 1/γ suffices for every gradient to vanish, and
σ_max > 1/γ is needed for one to explode, and does not suffice (Pascanu, Mikolov & Bengio, ICML
2013). With f′ = 1 the rate comes to ρ as k grows; a W that is not normal has σ_max > ρ, and may
let a gradient grow at first that decays in the end. A normal one has σ_max = ρ: where ρ γ < 1 it
lets nothing grow, so that what grows there does so because W is not normal.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from gradtui.mathematics.activations import activation
from gradtui.mathematics.pieces import turn
from gradtui.mathematics.recurrent.arrays import GATED
from gradtui.models.recurrent.cells import cell_of, parameters_of
from gradtui.models.recurrent.cost import norms_in_time
from gradtui.models.subject import Subject
from gradtui.progress import Tick

MOST_UNITS = 512
"""Of larger weights the eigenvalues take longer than anybody waits for them."""
_ROUNDING = 1e-9
"""So near to 1 a largest singular value may be that of an orthogonal matrix."""


class Bounds(NamedTuple):
    """What is known of the weights.

    Attributes:
        sigma_max: the largest σ_max of the cells that were looked at, which bounds them all.
        radius: ρ of the first cell.
        slope: γ of the activation.
        cells: how many were looked at: all that are drawn, or the first.
        radii: the largest ρ of all cells that are drawn; None where only the first's is known.
    """

    sigma_max: float
    radius: float
    slope: float
    cells: int
    radii: float | None

    @property
    def log10_bound(self) -> float:
        """log10 of the most that a step can make of a gradient."""
        with np.errstate(divide="ignore"):
            return float(np.log10(self.sigma_max * self.slope)) if self.sigma_max else -math.inf

    @property
    def log10_radius(self) -> float:
        """log10 of ρ."""
        return math.log10(self.radius) if self.radius else -math.inf

    def none_grows_if_normal(self, radius: float) -> bool:
        """Whether a normal W of this radius would let no gradient grow, at no step."""
        return radius * self.slope < 1.0 - _ROUNDING

    @property
    def must_vanish(self) -> bool:
        """The sufficient condition."""
        return self.log10_bound < -_ROUNDING

    @property
    def may_explode(self) -> bool:
        """The necessary condition."""
        return self.log10_bound > _ROUNDING


def bounds_of(subject: Subject, drawn: int, tick: Tick) -> Bounds | None:
    """That of all cells that are drawn, or of the first alone where they would take too long.

    None of a cell with gates, or one that is too large.
    """
    cell = cell_of(subject)
    if cell in GATED or subject.setup.recurrent.hidden_size > MOST_UNITS:
        return None
    cells = drawn if norms_in_time(subject, drawn) else 1
    of_all = drawn if norms_in_time(subject, drawn, "radius") else 1
    sigma_max, radii = 0.0, []
    for number in range(1, cells + 1):
        w = parameters_of(subject, number, turn(tick, number - 1, cells))["weight_hh_l0"]
        sigma_max = max(sigma_max, float(np.linalg.norm(w, 2)))
        if number <= of_all:
            radii.append(float(np.abs(np.linalg.eigvals(w)).max()))
    tick(1.0)
    slope = activation(cell).max_abs_derivative
    return Bounds(sigma_max, radii[0], slope, cells, max(radii) if len(radii) == drawn else None)
