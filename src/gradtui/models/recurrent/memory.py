"""How far back in time the gradient of a recurrent cell reaches, measured on cells drawn at random.

Glossary: T steps, k lag, h_t hidden and c_t cell states, v_t pre-activations, L the loss.

Every gradient is beside ‖∂L/∂h_T‖, that of lag 0.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from gradtui.mathematics.elementwise import Array
from gradtui.mathematics.precision import FORMATS, FloatFormat
from gradtui.mathematics.recurrent.flow import RecurrentFlow
from gradtui.models.finding import Kind, Remedy
from gradtui.models.judging import Judgement, Shares, judge
from gradtui.models.quantiles import quantiles
from gradtui.models.recurrent.cells import horizon_of
from gradtui.models.recurrent.clipping import AtValue, at_value
from gradtui.models.recurrent.theory import Bounds
from gradtui.models.subject import Subject

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gradtui.mathematics.recurrent.jacobian import RecurrentJacobian
    from gradtui.models.recurrent.mapping import TimeMap

_LOG10_HALF = math.log10(0.5)

_ROUNDING = 1e-14
"""Decades a step that rounding may take or add, and no more."""


class Cut(NamedTuple):
    """What a truncation cuts off: log10 of what would arrive at h_0, and the share of ∂L/∂W_hh."""

    log10_arriving: float
    share: float


class Stop(NamedTuple):
    """The first lag at which exactly nothing is left, and whether f′ took it or the weights."""

    lag: int
    by_slopes: bool


@dataclass(frozen=True, eq=False)
class Measured:
    """What was measured of the cells drawn so far.

    Attributes:
        log10: log10‖∂L/∂h_{T-k}‖ [cells, T + 1]; -inf where nothing arrives.
        log10_cell: log10‖∂L/∂c_{T-k}‖ of LSTMs [cells, T + 1], else None.
        passed: the share of ∂L/∂W_hh, by the norms of what each step adds, that comes from this
            lag and those before it [cells, T + 1]; nan where there is no such gradient.
        slopes: log10 of what f′ of a vanilla RNN makes of it up to each lag [cells, T + 1], the
            weights making the rest; nan from where it is exactly 0.
        gates: the mean of each gate over steps, cells and units.
        log10_parameters: log10 of the norm of ∂L/∂θ, all parameters together [cells].
        at_value: what clipping at a value makes of ∂L/∂θ, of each cell; None where none does.
        stops: where it ends, in each cell in which it does.
        cut: what a truncation cuts off, in the median; None where there is none.
    """

    log10: Array
    log10_cell: Array | None
    passed: Array
    slopes: Array | None
    gates: Mapping[str, float]
    log10_parameters: Array
    at_value: tuple[AtValue, ...] | None
    stops: tuple[Stop, ...]
    cut: Cut | None

    @property
    def cells(self) -> int:
        """How many there are."""
        return len(self.log10)

    @cached_property
    def lags(self) -> NDArray[np.int64]:
        """Every lag, 0 to T."""
        return np.arange(self.log10.shape[1])

    @cached_property
    def quantiles(self) -> tuple[Array, Array, Array]:
        """5 %, median and 95 % at each lag."""
        return quantiles(self.log10)

    @cached_property
    def median_cell(self) -> Array | None:
        """The median of ∂L/∂c."""
        return None if self.log10_cell is None else quantiles(self.log10_cell)[1]

    @cached_property
    def median_passed(self) -> Array:
        """The median of the share of ∂L/∂W_hh up to each lag."""
        if np.isnan(self.passed).any():
            return np.full(len(self.lags), math.nan)
        return quantiles(self.passed)[1]


class Gathered:
    """What was measured of one subject's cells so far."""

    def __init__(self, subject: Subject) -> None:
        self.subject = subject
        self._horizon = horizon_of(subject.setup)
        self.rows: list[Array] = []
        self._cell: list[Array] = []
        self._passed: list[Array] = []
        self._slopes: list[Array] = []
        self._gates: list[dict[str, float]] = []
        self._parameters: list[float] = []
        self._at_value: list[AtValue] = []
        self._stops: list[Stop] = []
        self._cuts: list[Cut] = []

    def add(self, flow: RecurrentFlow) -> None:
        """One cell more."""
        at, end = flow.log10_grad_hidden[-1], self._horizon
        g, delta = flow.log10_grad_hidden[::-1] - at, flow.log10_grad_preactivations[::-1] - at
        self.rows.append(self._kept(g))
        if flow.log10_grad_cell is not None:
            self._cell.append(self._kept(flow.log10_grad_cell[::-1] - at))
        assert flow.log10_grad_parameters_by_step is not None
        by_step = flow.log10_grad_parameters_by_step["weight_hh_l0"][::-1]
        self._passed.append(_passed(by_step, end))
        if end < flow.steps:
            self._cuts.append(Cut(float(g[-1]), 1.0 - float(_passed(by_step, flow.steps)[end - 1])))
        if not flow.gates:
            self._slopes.append(_cumulated(delta, g))
        self._gates.append({name: float(one[-end:].mean()) for name, one in flow.gates.items()})
        self._parameters.append(_log10_norm(flow.log10_grad_parameters.values()))
        if flow.log10_grad_parameters_entries is not None:
            value = math.log10(self.subject.setup.recurrent.clip_value)
            self._at_value.append(at_value(flow.log10_grad_parameters_entries.values(), value))
        ended = np.flatnonzero(g[: end + 1] == -np.inf)
        if ended.size:
            first = int(ended[0])
            self._stops.append(Stop(first, bool(delta[first - 1] == -np.inf)))

    def _kept(self, log10: Array) -> Array:
        """Beyond what a truncation leaves, exactly nothing."""
        kept = log10.copy()
        kept[self._horizon + 1 :] = -np.inf
        return kept

    def measured(self) -> Measured:
        """All of it."""
        return Measured(
            np.array(self.rows),
            np.array(self._cell) if self._cell else None,
            np.array(self._passed),
            np.array(self._slopes) if self._slopes else None,
            {name: float(np.mean([one[name] for one in self._gates])) for name in self._gates[0]},
            np.array(self._parameters),
            tuple(self._at_value) or None,
            tuple(self._stops),
            Cut(*map(float, quantiles(np.array(self._cuts))[1])) if self._cuts else None,
        )

    def judged(self, row: Array) -> Judgement:
        """The verdict on one cell, or on the median of them."""
        return judged(row, self._horizon, self.subject.setup.log10_threshold)


def _passed(log10_by_lag: Array, horizon: int) -> Array:
    """The share of the norms of what each step adds that lags 0 to k make up, for k = 0 … T."""
    log10 = np.append(log10_by_lag, -np.inf)
    log10[horizon:] = -np.inf
    most = log10.max()
    if not math.isfinite(most):
        return np.full(len(log10), math.nan)
    sums = np.cumsum(10.0 ** (log10 - most))
    shares: Array = sums / sums[-1]
    return shares


def _cumulated(delta: Array, g: Array) -> Array:
    """log10 of what the slopes, between g and delta of each lag, make up to each."""
    with np.errstate(invalid="ignore"):
        return np.cumsum(np.append(0.0, delta - g[:-1]))


def _log10_norm(log10_parts: Iterable[float]) -> float:
    """log10 of the norm of what has parts of these norms."""
    parts = np.array([*log10_parts])
    most = float(parts.max())
    if most == -math.inf:
        return most
    return most + 0.5 * math.log10(float((10.0 ** (2.0 * (parts - most))).sum()))


def judged(log10: Array, horizon: int, log10_limit: float) -> Judgement:
    """By what arrives at the horizon; where that is healthy, by the worst on the way there.

    What a step changes by no more than rounding does is not changed.
    """
    found = judge(log10[: horizon + 1][::-1], log10_limit)
    if abs(found.log10_ratio) > _ROUNDING * horizon:
        return found
    there = found.log10_there if found.at else 0.0
    return found._replace(log10_ratio=0.0, log10_there=there)


@dataclass(frozen=True, eq=False)
class Memory:
    """How far back one subject remembers.

    Attributes:
        subject: which.
        measured: what was measured so far.
        bounds: what is known of the first cell's weights, of a vanilla RNN.
        remedy: what was found to help.
        map: what arrives over its forget bias or radius, where that is asked for.
        singular: the singular values of ∂h_T/∂h_{T-k}, where they are asked for.
    """

    subject: Subject
    measured: Measured
    bounds: Bounds | None = None
    remedy: Remedy | None = None
    map: TimeMap | None = None
    singular: RecurrentJacobian | None = None

    @property
    def horizon(self) -> int:
        """So many steps back it is followed and judged."""
        return horizon_of(self.subject.setup)

    @property
    def log10_limit(self) -> float:
        """log10 of the threshold."""
        return self.subject.setup.log10_threshold

    @property
    def median(self) -> Array:
        """log10‖∂L/∂h_{T-k}‖ in the median."""
        return self.measured.quantiles[1]

    @cached_property
    def judgement(self) -> Judgement:
        """The verdict on the median."""
        return judged(self.median, self.horizon, self.log10_limit)

    @property
    def lag_judged(self) -> int:
        """The lag at which the verdict is seen."""
        return self.horizon - self.judgement.at

    @cached_property
    def shares(self) -> Shares | None:
        """What becomes of it in each cell, of several."""
        if self.measured.cells < 2:
            return None
        limit = self.log10_limit
        return Shares.of(judged(row, self.horizon, limit).kind for row in self.measured.log10)

    @property
    def kind(self) -> Kind:
        """By what becomes of it in most cells."""
        return self.judgement.kind if self.shares is None else self.shares.kind

    @property
    def log10_left_at_c(self) -> float | None:
        """log10 of what arrives at an LSTM's c where exactly nothing does at its h."""
        cell = self.measured.median_cell
        if self.kind is not Kind.DEAD or cell is None or cell[self.horizon] == -math.inf:
            return None
        return float(cell[self.horizon])

    @property
    def half_life(self) -> float | None:
        """The steps in which half of it is lost, by the rate a step; None where none is lost."""
        ratio = self.judgement.log10_ratio
        return _LOG10_HALF * self.horizon / ratio if ratio < 0.0 else None

    def made_a_step(self) -> tuple[float, float, int]:
        """log10 of what f′ and W of a vanilla RNN make a step on the way to where it is judged.

        The geometric mean of the cells that are of the verdict's kind, and of how many; nan where
        it is exactly 0 on the way.
        """
        slopes, lag = self.measured.slopes, self.horizon
        if self.judgement.kind is self.kind:
            lag = self.lag_judged
        limit, rows = self.log10_limit, self.measured.log10
        own = [judged(row, self.horizon, limit).kind is self.kind for row in rows]
        if slopes is None or not any(own):
            return math.nan, math.nan, 0
        by_slopes = float(slopes[own, lag].mean()) / lag
        return by_slopes, float(rows[own, lag].mean()) / lag - by_slopes, sum(own)

    @cached_property
    def forgets_at(self) -> int | None:
        """The first lag from which on less than the threshold arrives; None if more always does."""
        first = int(np.flatnonzero(self.median >= self.log10_limit)[-1]) + 1
        return first if first < len(self.median) else None

    def log10_number(self, log10: Array) -> Array:
        """log10 of a typical number among those whose norm this is."""
        knobs = self.subject.setup.recurrent
        typical: Array = log10 - 0.5 * math.log10(knobs.hidden_size * knobs.batch_size)
        return typical

    def lost_at(self, format: FloatFormat) -> tuple[int, str] | None:
        """The first lag at which a typical number is lost in a format, and what it becomes there.

        What is exactly 0 is none of the format's doing.
        """
        numbers = self.log10_number(self.median)
        under = format.underflows(numbers) & (numbers > -np.inf)
        ends = [
            (int(np.argmax(lost)), mark)
            for mark, lost in (("0", under), ("∞", format.overflows(numbers)))
            if lost.any()
        ]
        return min(ends, default=None)

    def lost_in_formats(self) -> dict[str, str]:
        """For each format the first lag at which it is lost: 0:39 as 0, ∞:12 as inf."""
        found = {format: self.lost_at(format) for format in FORMATS}
        return {
            format.short: "-" if lost is None else f"{lost[1]}:{lost[0]}"
            for format, lost in found.items()
        }
