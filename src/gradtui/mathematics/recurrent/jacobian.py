"""The singular values of ∂h_T/∂h_{T-k} by lag, as logarithms at any lag.

Glossary: T steps, t step, k lag, n units, h_t hidden and c_t cell states, s_t the state: h_t, of an
LSTM h_t and c_t; A_t = ∂s_t/∂s_{t-1} = diag(2^ρ_t) M_t with the numbers of M_t at most 1; E the
columns of the identity that stand for h; σ_i singular values.

    ∂h_T/∂h_{T-k} = Eᵀ A_T A_{T-1} ⋯ A_{T-k+1} E

grows on the right as the lag does, its transpose on the left: M_{T-k+1}ᵀ B_k, where B_k is
diag(2^ρ_{T-k+1}) M_{T-k+2}ᵀ B_{k-1} and B_1 = diag(2^ρ_T) E, kept as a graded product.

Of an LSTM this is the block of the joint Jacobian that leads from h to h, by way of c too; what
stays in c alone is not in it, see `recurrent_flow` for ∂L/∂c_t.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gradtui.errors import InputError
from gradtui.mathematics.elementwise import Array
from gradtui.mathematics.limits import MAX_JACOBIAN_UNITS
from gradtui.mathematics.network.arrays import array_of
from gradtui.mathematics.network.exponents import Apart, or_zero, shifted
from gradtui.mathematics.network.graded import GradedProduct
from gradtui.mathematics.pieces import turn
from gradtui.mathematics.recurrent.arrays import WEIGHTS, CellSpec, validated
from gradtui.mathematics.recurrent.flow import passes, refuse_memory
from gradtui.progress import Tick, part, unwatched

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

_LOG10_2 = math.log10(2.0)
_FORWARD = 0.05
"""The share of the time that the forward pass takes."""


@dataclass(frozen=True, eq=False)
class RecurrentJacobian:
    """The singular values of ∂h_T/∂h_{T-k}.

    Attributes:
        lags: k, in ascending order [lags].
        log10_singular_values: log10 σ_i in descending order [lags, n]; -inf for an exact zero.
    """

    lags: NDArray[np.int64]
    log10_singular_values: Array

    @property
    def log10_largest(self) -> Array:
        """log10 of the largest by lag [lags]."""
        return self.log10_singular_values[:, 0]

    @property
    def log10_median(self) -> Array:
        """The median of the logarithms by lag [lags]."""
        medians: Array = np.median(self.log10_singular_values, axis=1)
        return medians

    @property
    def log10_smallest(self) -> Array:
        """log10 of the smallest by lag [lags]."""
        return self.log10_singular_values[:, -1]


def recurrent_jacobian(
    cell: CellSpec,
    parameters: Mapping[str, ArrayLike],
    x: ArrayLike,
    lags: Iterable[int],
    *,
    tick: Tick = unwatched,
) -> RecurrentJacobian:
    """The singular values of ∂h_T/∂h_{T-k} of a recurrent cell, for one sequence and some lags k.

    As logarithms, the smallest as well as the largest: right to 1e-10 at any lag for weights no
    worse conditioned than random ones. A step costs some 10 n³ operations, four times that of an
    LSTM, and a lag that is looked at up to 100 n³.

    Args:
        cell: as for `recurrent_flow`.
        parameters: as for `recurrent_flow`, of at most 256 units.
        x: the inputs of one sequence [T, n_in].
        lags: those that are looked at, whole numbers from 1 to T.
        tick: told the share that is done, a step or a part of one at a time.

    Raises:
        InputError: as `recurrent_flow` does; too many units, or a lag that is not there.
    """
    row = array_of("x", x, 2, axes=("steps", "inputs"))
    given = validated(cell, parameters, row[:, None], None)
    if given.units > MAX_JACOBIAN_UNITS:
        raise InputError(
            WEIGHTS[1],
            f"{given.units:,} units",
            f"1 to {MAX_JACOBIAN_UNITS} units",
            "look at a smaller cell",
        )
    looked_at = _checked(lags, given.steps)
    refuse_memory(given, 1)
    forward, _ = passes(given, exact=True)
    with np.errstate(all="ignore"):
        forward.run(part(tick, 0.0, _FORWARD))
    n, states = given.units, given.units * (1 + forward.cell.carries)
    first, deepest = np.array([0]), looked_at[-1]
    product, m = GradedProduct(np.eye(states, n)), np.eye(states)
    logs = []
    for lag in range(1, deepest + 1):
        lag_tick = turn(part(tick, _FORWARD, 1.0 - _FORWARD), lag - 1, deepest)
        looked = lag in looked_at
        with np.errstate(all="ignore"):
            at = given.steps - lag
            step = forward.cell.jacobian(forward.local(at, at + 1, first))
            before, (m, rho) = m, _by_rows(step)
        product.put(rho, before.T @ product.q, part(lag_tick, 0.0, 0.5 if looked else 1.0))
        if looked:
            whole = product.times(np.zeros(n), m.T[:n], part(lag_tick, 0.5, 0.1))
            logs.append(whole.log2_singular_values(part(lag_tick, 0.6, 0.4)) * _LOG10_2)
        lag_tick(1.0)
    return RecurrentJacobian(np.array(looked_at), np.array(logs))


def _by_rows(numbers: Apart) -> tuple[Array, Array]:
    """M and ρ with numbers = diag(2^ρ) M, the largest number of each row of M about 1."""
    rho = numbers.e.max(axis=1)
    return shifted(numbers.m, numbers.e - or_zero(rho)[:, None]), rho


def _checked(lags: Iterable[int], steps: int) -> list[int]:
    """The lags in ascending order."""
    if isinstance(lags, str | bytes) or not isinstance(lags, Iterable):
        raise InputError("lags", lags, "a list of lags", f"try range(1, {steps + 1})")
    found = set()
    for lag in lags:
        whole = isinstance(lag, int | np.integer) and not isinstance(lag, bool)
        if not whole or not 1 <= lag <= steps:
            raise InputError("lags", lag, f"lags from 1 to {steps}", "choose lags that are there")
        found.add(int(lag))
    if not found:
        raise InputError("lags", "nothing", "one lag or more", f"try {steps}")
    return sorted(found)
