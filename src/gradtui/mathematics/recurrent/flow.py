"""Backpropagation through time: what reaches back to every step of a recurrent cell.

Glossary: T steps, t step, B batch, n_in inputs, n units, x_t inputs [B, n_in], h_t hidden and c_t
cell states [B, n], W weights, b biases, f the activation function of a vanilla RNN, σ the sigmoid,
L the loss, u = ∂L/∂h_T [B, n] the upstream gradient, v_t pre-activations of the gates; r and z, or
i, f and o, the gates by PyTorch's letters.

    vanilla    h_t = f(W_ih x_t + b_ih + W_hh h_{t-1} + b_hh)
    GRU        r, z = σ(…)     ñ = tanh(W_in x_t + b_in + r ∘ (W_hn h_{t-1} + b_hn))
               h_t = (1 - z) ∘ ñ + z ∘ h_{t-1}
    LSTM       i, f, o = σ(…)   ĝ = tanh(…)    c_t = f ∘ c_{t-1} + i ∘ ĝ    h_t = o ∘ tanh(c_t)

h_0 = c_0 = 0. ∂L/∂h_t is the derivative with respect to the state as the next step reads it, by
every way: of the LSTM, h_t acts on the gates of step t + 1 and through them on c_{t+1} and all
that comes of it. ∂L/∂c_t is the total one too: by way of h_t and of c_{t+1}.

Every row of the batch has a power of two of its own, in the states, on the way back, and in what
each step adds to the parameters' gradients; see `forward`, `backward`, `parameters`. Within one
row, what is below 2^-1000 of the largest counts as zero.

What limits this is rounding in the states: where c_t = f ∘ c_{t-1} + i ∘ ĝ cancels, it is known to
1e-16 of its terms; where the forward pass magnifies its own rounding, as chaos does, the way back
is that of the states that were found. Where a GRU has come to rest, h_{t-1} and ñ_t agree to
rounding, and what their difference gives to the rows of the update gate is known to 1e-16 of the
rest of that gradient only; where both are near 1 or -1 and that counts, all steps go with exponents
apart, and 1 - h and 1 + h beside h.

Sources: Werbos, "Backpropagation through time", 1990; Hochreiter & Schmidhuber, "Long short-term
memory", 1997, with the forget gate of Gers, Schmidhuber & Cummins, 2000; Cho et al., EMNLP 2014,
in the form of torch.nn.GRU.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gradtui.errors import InputError
from gradtui.mathematics.elementwise import Array
from gradtui.mathematics.memory import refuse_beyond_memory
from gradtui.mathematics.network.arrays import TOGETHER, array_of
from gradtui.mathematics.network.exponents import Squares
from gradtui.mathematics.pieces import MULTIPLICATIONS, rows_at_once, turn, warning_as_before
from gradtui.mathematics.recurrent.arrays import NAMES, CellSpec, Recurrence, validated
from gradtui.mathematics.recurrent.backward import Backward, Cancelled, squares
from gradtui.mathematics.recurrent.cell import Cell, Room
from gradtui.mathematics.recurrent.forward import Forward
from gradtui.mathematics.recurrent.gru import Gru
from gradtui.mathematics.recurrent.lstm import Lstm
from gradtui.mathematics.recurrent.parameters import Gradients, Total, with_twin
from gradtui.mathematics.recurrent.vanilla import Vanilla
from gradtui.progress import Tick, halves, part, unwatched

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

_MOST_STEPS = 64
"""So many steps at most are looked at together: a gradient may halve five times in each."""
_ROWS_AHEAD = 256
"""Of so many rows, over steps and batch, W_ih x is computed at once, where a piece has fewer."""
_MOST_NUMBERS = 2**27
"""Rows of a batch go together while their states have no more numbers than these."""


@dataclass(frozen=True, eq=False)
class RecurrentFlow:
    """The norms of one pass through time and back; arrays are indexed by step.

    Every magnitude comes as a log10, right to 1e-10 at any length; `-inf` is an exact zero.
    Gradients are summed over the batch.

    Attributes:
        cell: "gru", "lstm", or the text form of the activation of a vanilla RNN.
        steps: T.
        batch: B.
        units: n.
        log10_grad_hidden: log10‖∂L/∂h_t‖_F over batch and units [T + 1]; 0 is h_0.
        log10_grad_cell: log10‖∂L/∂c_t‖_F [T + 1] of an LSTM, else None; 0 is c_0.
        log10_grad_preactivations: log10‖∂L/∂v_t‖_F [T]: of steps 1 … T, all gates together. From
            ∂L/∂h_t to it is what the slopes took, from it to ∂L/∂h_{t-1} what W_hh took.
        log10_grad_parameters: log10 of the Frobenius norm by PyTorch's name, of all steps.
        log10_grad_parameters_by_step: the same of what each step adds [T], if it was asked for.
        log10_grad_parameters_entries: log10 of the size of each entry by PyTorch's name, in its
            shapes, if it was asked for; what is below 2^-1000 of the largest counts as zero.
        log10_hidden: log10‖h_t‖_F over batch and units [T + 1]; 0 is h_0, which is 0.
        gates: the mean of each gate over batch and units [T]: i, f, o of an LSTM, r, z of a GRU.
        steps_apart: how many steps, there and back, plain floats did not hold; each costs as much
            as some ten others.
        pieces: of how many pieces of steps it was tried, there and back, whether they do.
    """

    cell: str
    steps: int
    batch: int
    units: int
    log10_grad_hidden: Array
    log10_grad_cell: Array | None
    log10_grad_preactivations: Array
    log10_grad_parameters: Mapping[str, float]
    log10_grad_parameters_by_step: Mapping[str, Array] | None
    log10_grad_parameters_entries: Mapping[str, Array] | None
    log10_hidden: Array
    gates: Mapping[str, Array]
    steps_apart: int
    pieces: int


def recurrent_flow(
    cell: CellSpec,
    parameters: Mapping[str, ArrayLike],
    x: ArrayLike,
    upstream: ArrayLike,
    *,
    by_step: bool = False,
    entries: bool = False,
    tick: Tick = unwatched,
) -> RecurrentFlow:
    """Run a recurrent cell over a sequence and back, and take the norm of every gradient.

    Args:
        cell: "gru", "lstm", or, for a vanilla RNN, its activation: "tanh", "relu", "sigmoid", a
            text form such as `leaky_relu(0.2)`, or an `Activation`.
        parameters: by PyTorch's names and in its order of gates (LSTM i, f, g, o; GRU r, z, n):
            `weight_ih_l0` [G n, n_in], `weight_hh_l0` [G n, n], `bias_ih_l0` and `bias_hh_l0`
            [G n], with G = 4, 3 or 1; both biases, or neither as with PyTorch's `bias=False`.
        x: the inputs [T, batch, n_in], of 1 to 10,000 steps.
        upstream: ∂L/∂h_T [batch, n].
        by_step: whether to take apart what each step adds to the parameters' gradients.
        entries: whether to give every entry of the parameters' gradients, beside their norms.
        tick: told the share that is done, a piece of steps at a time.

    Raises:
        InputError: an unknown cell, a parameter that is missing or unknown, shapes that do not
            fit together, no steps or too many, values that are not finite real numbers, or more
            memory than there is.
    """
    given = validated(cell, parameters, x, array_of("upstream", upstream, 2))
    if not isinstance(by_step, bool | np.bool_):
        raise InputError("by_step", by_step, "True or False", "say whether to look at each step")
    if not isinstance(entries, bool | np.bool_):
        raise InputError("entries", entries, "True or False", "say whether to give each entry")
    tick = warning_as_before(tick)
    # Of one step all rows are needed; otherwise each goes its way, up to a sum.
    rows = given.batch if by_step else _rows_at_once(given)
    refuse_memory(given, rows, entries=bool(entries))
    starts = range(0, given.batch, rows)
    flows = []
    with np.errstate(all="ignore"):
        for at, start in enumerate(starts):
            some = given if len(starts) == 1 else given.of_rows(slice(start, start + rows))
            flows.append(_flow(some, by_step, entries, turn(tick, at, len(starts))))
        return _together(given, flows, entries)


def cell_of(given: Recurrence) -> Cell:
    """The cell with its weights."""
    cell: type[Cell] = {"gru": Gru, "lstm": Lstm}.get(given.name, Vanilla)
    return cell(given)


@dataclass(frozen=True, eq=False)
class _Flow:
    """What comes of some rows of the batch: squares and sums."""

    hidden: Squares
    carried: Squares | None
    preactivations: Squares
    states: Squares
    parameters: Mapping[str, Total]
    by_step: Mapping[str, Squares] | None
    openness: Mapping[str, Array]
    apart: int
    pieces: int


def passes(given: Recurrence, exact: bool) -> tuple[Forward, Room]:
    """A forward pass that has not run yet; exactly, whatever differences of states come to."""
    cell = cell_of(given)
    numbers = given.batch * cell.slope_blocks * given.units
    most = min(_MOST_STEPS, given.steps)
    each = max(1, min(most, TOGETHER // numbers, MULTIPLICATIONS // (numbers * given.units)))
    at_once = min(_ROWS_AHEAD, MULTIPLICATIONS // given.w_ih.size)
    ahead = each * max(1, at_once // (each * given.batch))
    room = Room(cell, each, ahead)
    return Forward(cell, room, each, ahead, exact), room


def _flow(given: Recurrence, by_step: bool, entries: bool, tick: Tick) -> _Flow:
    """One pass of rows that go together, in plain floats if that is exact enough."""
    attempts = halves(tick)
    try:
        flow = _attempt(given, by_step, entries, False, next(attempts))
    except Cancelled:
        flow = _attempt(given, by_step, entries, True, next(attempts))
    tick(1.0)
    return flow


def _attempt(given: Recurrence, by_step: bool, entries: bool, exact: bool, tick: Tick) -> _Flow:
    """One pass."""
    forward, room = passes(given, exact)
    forward.run(part(tick, 0.0, 0.4))
    backward = Backward(forward, room)
    backward.run(part(tick, 0.4, 0.4))
    gradients = Gradients(backward)
    totals = gradients.totals(part(tick, 0.8, 0.1 if by_step else 0.2), entries=entries)
    return _Flow(
        squares(backward.g_norms, backward.g_e),
        squares(backward.gamma_norms, backward.gamma_e) if forward.cell.carries else None,
        squares(backward.delta_norms[0], backward.delta_e),
        squares(forward.norms, forward.tape.h_e),
        totals,
        gradients.by_step(part(tick, 0.9, 0.1)) if by_step else None,
        dict(zip(forward.cell.gates, forward.openness, strict=True)),
        forward.apart + backward.apart,
        forward.pieces + backward.pieces,
    )


def _together(given: Recurrence, flows: list[_Flow], entries: bool) -> RecurrentFlow:
    """The flow of the whole batch."""
    first, *others = flows
    for other in others:
        first.hidden.include(other.hidden)
        first.preactivations.include(other.preactivations)
        first.states.include(other.states)
        if first.carried and other.carried:
            first.carried.include(other.carried)
        for name, total in first.parameters.items():
            total.include(other.parameters[name])
    count = given.batch * given.units
    order = sorted(first.openness, key="rzifo".index)
    return RecurrentFlow(
        cell=given.name,
        steps=given.steps,
        batch=given.batch,
        units=given.units,
        log10_grad_hidden=first.hidden.log10(),
        log10_grad_cell=first.carried.log10() if first.carried else None,
        log10_grad_preactivations=first.preactivations.log10(),
        log10_grad_parameters=with_twin(
            {name: t.log10_norm for name, t in first.parameters.items()}
        ),
        log10_grad_parameters_by_step=None
        if first.by_step is None
        else with_twin({name: one.log10() for name, one in first.by_step.items()}),
        log10_grad_parameters_entries=_entries(given, first.parameters) if entries else None,
        log10_hidden=first.states.log10(),
        gates={
            gate: np.sum([flow.openness[gate] for flow in flows], axis=0) / count for gate in order
        },
        steps_apart=sum(flow.apart for flow in flows),
        pieces=sum(flow.pieces for flow in flows),
    )


def _entries(given: Recurrence, totals: Mapping[str, Total]) -> dict[str, Array]:
    """log10 of the size of each entry, rows in PyTorch's order."""
    cell = cell_of(given)
    shapes = dict(zip(NAMES, (given.w_ih, given.w_hh, given.b_ih, given.b_hh), strict=True))
    return with_twin(
        {
            name: cell.as_given(total.log10_entries(shapes[name].shape), NAMES.index(name) % 2)
            for name, total in totals.items()
        }
    )


def _numbers(given: Recurrence) -> int:
    """The numbers that a row of the batch takes: states, slopes, inputs."""
    blocks = len(given.w_hh) // given.units
    return given.steps * ((2 if blocks == 1 else 8) * given.units + given.inputs + 16)


def _rows_at_once(given: Recurrence) -> int:
    """How many rows of the batch go together."""
    wide = len(given.w_hh)
    at_once = rows_at_once(wide, wide * (given.units + given.inputs))
    return max(1, min(given.batch, at_once, _MOST_NUMBERS // _numbers(given)))


def refuse_memory(given: Recurrence, rows: int, *, entries: bool = False) -> None:
    """Refuse a sequence of which the states of all steps do not fit into memory."""
    weights = 8 * given.w_hh.size + 4 * given.w_ih.size
    if entries:  # them, and what they are made from
        weights += 3 * (given.w_hh.size + given.w_ih.size)
    need = 8.0 * (rows * _numbers(given) + weights)
    refuse_beyond_memory(
        "x",
        f"a batch of {given.batch:,} over {given.steps:,} steps",
        need,
        lambda free: f"about {max(int(free / need * given.steps), 1):,} steps of these would fit",
    )
