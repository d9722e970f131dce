"""The chain rule through norms and skips: a batch, and the norm of every gradient.

Glossary: L depth, l layer (1 … L), B batch, h_l the output of layer l [B, n_l] and h_0 = x,
g_l = ∂L/∂h_l, a row m · 2^e.

Layers are run one after the other, and back. Every row of h and g carries a power of two of its
own, used only where float64 needs it: one check of the rows' norms a layer tells, and only layers
that fail it are done number by number with exponents apart. Within one row, what is below 2^-600
of the largest may count as zero.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gradtui.errors import InputError
from gradtui.mathematics.blocks.checked import (
    Check,
    Form,
    form_of,
    layers_of,
    names_of,
    refuse_another,
    refuse_infinite_parameters,
    refuse_unknown,
)
from gradtui.mathematics.blocks.notes import Notes
from gradtui.mathematics.blocks.records import Layer
from gradtui.mathematics.blocks.rows import Rows, Square, log10
from gradtui.mathematics.blocks.skips import Pass, pass_of
from gradtui.mathematics.elementwise import Array
from gradtui.mathematics.memory import refuse_beyond_memory
from gradtui.mathematics.network.arrays import array_of, count_of_bins, finite
from gradtui.mathematics.network.statistics import LayerStatistics
from gradtui.mathematics.pieces import turn, warning_as_before
from gradtui.progress import Tick, part, unwatched

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


@dataclass(frozen=True, eq=False)
class NetworkFlow:
    """The norms of one forward and backward pass through layers of any kind.

    Every magnitude comes as a log10, right to 1e-10 at any depth; `-inf` is an exact zero. Where
    terms cancel to less than their rounding, what is left is not known: a sum over rows, and the
    product of which a skip's α takes its gradient, are then told as `-inf`; what a norm passes of a
    gradient nearly along the row, from 1e-6 of it down, is right to 1e-16 of that gradient.
    Gradients are summed over the batch. Names are PyTorch's: "3.branch.1" is the second layer of
    the branch of the fourth.

    Attributes:
        widths: n_0 … n_L.
        batch: B.
        log10_grad_hidden: log10‖∂L/∂h_l‖_F over batch and units [L + 1]; 0 is the input.
        log10_hidden: log10‖h_l‖_F over batch and units [L + 1]; 0 is the input.
        dead_rows: in how many rows of the batch ∂L/∂h_l is exactly zero [L + 1].
        log10_grad_parameters: log10 of the norm of ∂L/∂p of every parameter p that was given, in
            order: "0.weight", "3.branch.1.bias"; and "3.scale", |∂L/∂α| of a skip.
        log10_grad_inside: log10‖∂L/∂y‖_F of the output y of every layer, also inside branches, if
            asked for.
        log10_inside: log10‖y‖_F, likewise.
        statistics: what happens inside the layers that were asked for, in that order.
    """

    widths: tuple[int, ...]
    batch: int
    log10_grad_hidden: Array
    log10_hidden: Array
    dead_rows: NDArray[np.int64]
    log10_grad_parameters: Mapping[str, float]
    log10_grad_inside: Mapping[str, float] | None = None
    log10_inside: Mapping[str, float] | None = None
    statistics: LayerStatistics | None = None


def network_flow(
    layers: Sequence[Layer],
    x: ArrayLike,
    upstream: ArrayLike,
    *,
    look: Sequence[str] = (),
    bins: int = 0,
    inside: bool = False,
    tick: Tick = unwatched,
) -> NetworkFlow:
    """Run layers with norms and skips forward and back, and take the norm of every gradient.

    Args:
        layers: `Linear`, `Elementwise`, `Gated`, `LayerNorm`, `RMSNorm`, `BatchNorm`, `Residual`.
            A sequence that is neither list nor tuple is asked for each of them twice, and may make
            them as they are asked for.
        x: the inputs h_0 [batch, n_0].
        upstream: ∂L/∂h_L [batch, n_L].
        look: the names of `Elementwise` or `Gated` layers whose input (the gate's half) and output
            are looked at.
        bins: the number of bins of the histograms of each of them; 0 for none.
        inside: whether to tell what is inside branches, too.
        tick: told the share that is done, a layer or a part of a large one at a time.

    Raises:
        InputError: what is no layer, shapes that do not fit together, a branch that changes the
            width, an eps or a scale out of range, values that are not finite real numbers, or more
            memory than there is.
    """
    run = _Run(layers_of(layers), array_of("x", x, 2), upstream, names_of(look))
    if not isinstance(inside, bool | np.bool_):
        raise InputError("inside", inside, "True or False", "say whether to look inside branches")
    notes = Notes(run.look, count_of_bins(bins), bool(inside), run.numbers)
    tick = warning_as_before(tick)
    with np.errstate(all="ignore"):
        run.forward(notes, part(tick, 0.0, 0.5))
        run.backward(notes, part(tick, 0.5, 0.5))
        return NetworkFlow(
            widths=tuple(run.widths),
            batch=len(run.x),
            log10_grad_hidden=np.array(list(map(log10, run.grad_hidden))),
            log10_hidden=np.array(list(map(log10, run.hidden))),
            dead_rows=np.array(run.dead_rows),
            log10_grad_parameters=_logs(notes.parameters),
            log10_grad_inside=_logs(dict(reversed(notes.grad_inside.items()))) if inside else None,
            log10_inside=_logs(notes.inside) if inside else None,
            statistics=notes.statistics(run.look),
        )


class _Run:
    """One pass there and back."""

    def __init__(
        self, layers: Sequence[Layer], x: NDArray[np.generic], upstream: ArrayLike,
        look: tuple[str, ...],
    ) -> None:  # fmt: skip
        self.check = Check(*x.shape)
        self.widths, self.look = [x.shape[1]], look
        self.layers: Sequence[Layer] = layers
        self.at_hand = isinstance(layers, list | tuple)
        if self.at_hand:
            self.layers = [self._checked(at, layer) for at, layer in enumerate(layers)]
            refuse_unknown(look, self.check.activations)
            self._refuse_memory(1.0)
            self.upstream = _upstream(upstream, *self._shape)
        self.x = finite("x", x)
        self.given_upstream = upstream

    @property
    def _shape(self) -> tuple[int, int]:
        return self.check.batch, self.check.units

    @property
    def numbers(self) -> int:
        """What is kept for the way back, as far as it is known."""
        return self.check.batch * self.check.numbers

    def _checked(self, at: int, layer: object) -> Layer:
        """A layer, checked."""
        checked = self.check.layer(f"layers[{at}]", str(at), layer)
        self.widths.append(self.check.units)
        return checked

    def _again(self, at: int, layer: object) -> Layer:
        """A layer that is made once more, checked."""
        field = f"layers[{at}]"
        checked = Check(self.check.batch, self.widths[at]).layer(field, str(at), layer)
        refuse_another(field, checked, self.forms.pop())
        refuse_infinite_parameters(field, checked)
        return checked

    def _refuse_memory(self, times: float) -> None:
        """Refuse what does not fit into memory, if it is so many times what was seen."""
        check = self.check
        row = 8.0 * (times * check.numbers + 6 * check.widest)
        weights = 8.0 * 3 * check.weights
        refuse_beyond_memory(
            "x",
            f"a batch of {check.batch:,} through {len(self.layers):,} layers",
            weights + check.batch * row,
            lambda free: (
                f"a batch of {int((free - weights) / row):,} may fit"
                if free >= weights + row
                else "not one row fits, for the largest matrix alone is too much: make it smaller"
                if weights > free
                else "not one row fits: give fewer layers, or narrower ones"
            ),
        )

    def forward(self, notes: Notes, tick: Tick) -> None:
        """From x up."""
        count = len(self.layers)
        h = Rows.of(self.x)
        self.passes: list[Pass] = []
        self.forms: list[Form] = []
        self.hidden: list[Square] = [h.square]
        for at in range(count):
            layer = self.layers[at]
            if not self.at_hand:
                layer = self._checked(at, layer)
                self.forms.append(form_of(layer))
                if at == 0:
                    self._refuse_memory(float(count))  # as if all were like the first
            one = pass_of(layer, str(at), notes)
            layer_tick = turn(tick, at, count)
            h = one.forward(layer, h, layer_tick)
            self.passes.append(one)
            square = h.square
            self.hidden.append(square)
            if notes.asked:
                notes.inside[str(at)] = square
            del layer  # its memory is for the next, where they are made on demand
            layer_tick(1.0)
        if not self.at_hand:
            refuse_unknown(self.look, self.check.activations)
            self.upstream = _upstream(self.given_upstream, *self._shape)

    def backward(self, notes: Notes, tick: Tick) -> None:
        """From the upstream gradient down."""
        count = len(self.layers)
        g = Rows.of(self.upstream)
        self.grad_hidden: list[Square] = [g.square]
        self.dead_rows = [_zeros(g)]
        for at in reversed(range(count)):
            if notes.asked:
                notes.grad_inside[str(at)] = self.grad_hidden[-1]
            layer = self.layers[at]
            if not self.at_hand:
                layer = self._again(at, layer)
            layer_tick = turn(tick, count - 1 - at, count)
            g = self.passes.pop().backward(layer, g, layer_tick)
            self.grad_hidden.append(g.square)
            self.dead_rows.append(_zeros(g))
            del layer
            layer_tick(1.0)
        self.grad_hidden.reverse()
        self.dead_rows.reverse()


def _zeros(g: Rows) -> int:
    return int(np.count_nonzero(g.r == 0.0))


def _upstream(given: ArrayLike, batch: int, units: int) -> Array:
    """∂L/∂h_L, an array of the shape of the output."""
    upstream = array_of("upstream", given, 2)
    if upstream.shape != (batch, units):
        raise InputError(
            "upstream",
            f"array of shape {upstream.shape}",
            f"an array [{batch}, {units}], as the output is",
            "give ∂L/∂h of the last layer for every row of x",
        )
    return finite("upstream", upstream)


def _logs(squares: Mapping[str, Square]) -> dict[str, float]:
    """log10 of the norms by name."""
    return {name: log10(square) for name, square in squares.items()}
