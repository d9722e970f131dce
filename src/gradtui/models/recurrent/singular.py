"""The singular values of ∂h_T/∂h_{T-k} by lag: of a subject's first cell and its first sequence.

The seconds are a count of operations, as in `cost`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gradtui.mathematics.limits import MAX_JACOBIAN_UNITS
from gradtui.models.recurrent.cells import cell_of, horizon_of, inputs_of, parameters_of
from gradtui.models.recurrent.lags import spread
from gradtui.models.subject import Subject, subjects_of
from gradtui.progress import Tick, part
from gradtui.setup.shared import MOST_PATIENCE
from gradtui.when_called import when_called

if TYPE_CHECKING:
    from gradtui.mathematics.recurrent.jacobian import RecurrentJacobian, recurrent_jacobian
else:
    (recurrent_jacobian,) = when_called(
        "gradtui.mathematics.recurrent.jacobian", "recurrent_jacobian"
    )

MOST_LAGS = 48
"""So many lags are looked at."""
_SHARE = 0.25
"""The share of the time that they may take, of all that is compared together."""
_STEP, _LOOK = (5e-4, 2.5e-9), (1e-3, 6e-9)
"""Seconds of a step and of a lag that is looked at: of each, and of each n³; an LSTM's are twice
that."""
_DRAWING = 0.05


def lags_looked_at(subject: Subject, patience: float) -> list[int]:
    """The lags for which there is time, as far back as that can be; none of too many units."""
    n = subject.setup.recurrent.hidden_size
    if n > MAX_JACOBIAN_UNITS:
        return []
    seconds = _SHARE * patience / len(subjects_of(subject.among, "recurrent"))
    states = 2 if cell_of(subject) == "lstm" else 1
    step, look = (states * (each + cube * n**3) for each, cube in (_STEP, _LOOK))
    most = min(MOST_LAGS, int(0.5 * seconds / look))
    deepest = min(horizon_of(subject.setup), int((seconds - most * look) / step))
    return spread(deepest, most)


def needs_patience(subject: Subject, patience: float) -> bool:
    """Whether more patience would look at more lags."""
    return lags_looked_at(subject, patience) != lags_looked_at(subject, MOST_PATIENCE)


def singular_of(subject: Subject, tick: Tick) -> RecurrentJacobian | None:
    """Those of a subject; None where there is no time for one lag, or the cell is too large."""
    lags = lags_looked_at(subject, subject.setup.patience)
    if not lags:
        return None
    parameters = parameters_of(subject, 1, part(tick, 0.0, _DRAWING))
    x = inputs_of(subject.setup, 1)[:, 0]
    own = part(tick, _DRAWING, 1.0 - _DRAWING)
    return recurrent_jacobian(cell_of(subject), parameters, x, lags, tick=own)
