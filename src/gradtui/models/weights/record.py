"""All that is known of a file of weights: a record of each tensor, and what a gradient does there.

Glossary: σw = std · √fan_in of a tensor, σb the standard deviation of its bias, f an activation,
√χ the factor of a gradient's amplitude a layer, in theory: of a wide network in which every layer
is like this one, without norms and skips.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from gradtui.errors import InputError
from gradtui.mathematics.elementwise import Array
from gradtui.mathematics.weights.cells import Cell, cell_of, cells, half_life
from gradtui.mathematics.weights.facts import Facts, facts
from gradtui.mathematics.weights.layout import bias_of
from gradtui.mathematics.wide.mean_field import mean_field
from gradtui.models.finding import Kind
from gradtui.models.weights.flaws import Flaw, flaws_of
from gradtui.models.weights.flow import Asked, StackFlow, flow_through
from gradtui.models.weights.stack import Stack, is_float, stack_of
from gradtui.models.weights.verdict import Verdict, verdict_on, without_activation
from gradtui.progress import Tick, part, unwatched
from gradtui.runs.weights.tensors import Weights

_LOOKING, _RATING = 0.7, 0.2
"""The share of the work before a stack is run, and the share of that which is theory."""
LINEAR = "identity"


@dataclass(frozen=True)
class Tensor:
    """One tensor, whatever number of names it has.

    Attributes:
        name: its first.
        also_called: the others.
        shape, dtype: as the file has them.
        facts: what it is like; None of whole numbers and flags, which are no weights.
        bias: the name of its layer's bias, "" without.
        sigma_b: its standard deviation; 0 without.
        cell: the recurrent cell that it is a matrix of.
        log10_rates: log10 √χ by activation; empty of what is no layer's weights.
    """

    name: str
    also_called: tuple[str, ...]
    shape: tuple[int, ...]
    dtype: str
    facts: Facts | None
    bias: str = ""
    sigma_b: float = 0.0
    cell: Cell | None = None
    log10_rates: Mapping[str, float] = field(default_factory=dict)

    @property
    def size(self) -> int:
        """How many numbers it has."""
        return math.prod(self.shape)


@dataclass(frozen=True)
class Keeping:
    """The gates of a cell that keep, an LSTM's forget gates or a GRU's z, by their biases.

    Attributes:
        cell: whose.
        bias: b_ih + b_hh of each unit [n], finite.
    """

    cell: Cell
    bias: Array = field(compare=False)

    @property
    def median(self) -> float:
        """Of the biases."""
        return float(np.median(self.bias))

    @property
    def half_life(self) -> float:
        """Steps after which half is left, at the median."""
        return half_life(self.median)


@dataclass(frozen=True, eq=False)
class WeightsRecord:
    """What is known of a file.

    Attributes:
        source: the format, in words.
        notes: what is to be known of the file, in sentences.
        tensors: in the order of the file.
        keeping: the cells that have gates which keep.
        stack: the Linear layers that they are, or why they are none.
        activations: that were asked about.
        flows: the gradient through the stack, for each of these; of the weights alone, under
            "identity", where none was given; none where there is no stack.
        verdicts: on each of the flows.
        remark: a sentence where a stack was given no activation, or could not be run; else "".
        flaws: what ails single tensors, the gravest first.
    """

    source: str
    notes: tuple[str, ...]
    tensors: tuple[Tensor, ...]
    keeping: tuple[Keeping, ...]
    stack: Stack | str
    activations: tuple[str, ...]
    flows: tuple[StackFlow, ...]
    verdicts: tuple[Verdict, ...]
    remark: str
    flaws: tuple[Flaw, ...]

    @property
    def healthy(self) -> bool:
        """Whether nothing is wrong: see `Flaw.wrong`, and every verdict is healthy."""
        kinds = {verdict.finding.kind for verdict in self.verdicts}
        return kinds <= {Kind.HEALTHY} and not any(flaw.wrong for flaw in self.flaws)


def weights_record(
    weights: Weights, activations: Sequence[str], asked: Asked, tick: Tick = unwatched
) -> WeightsRecord:
    """Look at every tensor, and run the stack that they are, if they are one.

    Args:
        weights: as `read_weights` gives them; each tensor is read when it is its turn.
        activations: specs, any number of them.
        asked: with what a stack is run.
        tick: told the share that is done.

    Raises:
        InputError: the file isn't whole, has changed, or a tensor does not fit into memory.
    """
    stack = stack_of(weights)
    share = _LOOKING if isinstance(stack, Stack) else 1.0
    rating = _RATING if activations else 0.0
    looked = dict(_looked_at(weights, part(tick, 0.0, share * (1.0 - rating))))
    tensors = tuple(
        _told(weights, looked, activations, part(tick, share * (1.0 - rating), share * rating))
    )
    keeping = tuple(_keeping(weights, looked))
    flows: list[StackFlow] = []
    verdicts: list[Verdict] = []
    remark = ""
    if isinstance(stack, Stack):
        remark = _unfit(stack, weights, looked)
        rest = part(tick, share, 1.0 - share)
        wanted = () if remark else tuple(activations) or (LINEAR,)
        for at, spec in enumerate(wanted):
            own = part(rest, at / len(wanted), 1.0 / len(wanted))
            flow = flow_through(stack, weights, spec, asked, tick=part(own, 0.0, 0.5))
            flows.append(flow)
            if activations:
                sigmas = [_sigma_w(looked, layer.weight) for layer in stack.layers]
                verdicts.append(verdict_on(flow, weights, sigmas, asked, part(own, 0.5, 0.5)))
        if not remark and not activations:
            remark = without_activation(flows[0])
    return WeightsRecord(
        weights.source,
        weights.notes,
        tensors,
        keeping,
        stack,
        tuple(activations),
        tuple(flows),
        tuple(verdicts),
        remark,
        flaws_of(tensors, keeping, () if isinstance(stack, Stack) else activations),
    )


def _looked_at(weights: Weights, tick: Tick) -> Iterator[tuple[str, Facts]]:
    """The facts of every tensor of real numbers, tied ones once."""
    names = [n for n in weights if n not in weights.tied and is_float(weights.dtypes[n])]
    sizes = [math.prod(weights.shapes[name]) + 1 for name in names]
    done, total = 0, sum(sizes)
    for name, size in zip(names, sizes, strict=True):
        own = part(tick, done / total, size / total)
        own(0.0)
        yield name, facts(name, weights[name], weights.dtypes[name], weights.shapes, own)
        done += size


def _told(
    weights: Weights, looked: Mapping[str, Facts], activations: Sequence[str], tick: Tick
) -> Iterator[Tensor]:
    """A record of each tensor."""
    others: dict[str, list[str]] = {}
    for name, first in weights.tied.items():
        others.setdefault(first, []).append(name)
    for at, (name, shape) in enumerate(weights.shapes.items()):
        if name in weights.tied:
            continue
        tick(at / len(weights))
        found, cell = looked.get(name), cell_of(name, weights.shapes)
        bias = bias_of(name, weights.shapes)
        of_bias = looked.get(weights.tied.get(bias, bias))
        sigma_b = of_bias.std if of_bias is not None else 0.0
        layer = found is not None and found.sigma_w is not None and cell is None
        yield Tensor(
            name,
            tuple(others.get(name, ())),
            shape,
            weights.dtypes[name],
            found,
            bias,
            sigma_b,
            cell,
            {spec: _log10_rate(spec, found.sigma_w, sigma_b) for spec in activations}
            if layer and found is not None and found.sigma_w is not None
            else {},
        )


def _log10_rate(spec: str, sigma_w: float, sigma_b: float) -> float:
    """log10 √χ at the fixed point; nan where theory has no answer."""
    try:
        chi = mean_field(spec, sigma_w**2, sigma_b**2).chi
    except (InputError, OverflowError):  # a variance beyond what it takes, or of nothing
        return math.nan
    with np.errstate(divide="ignore"):
        return 0.5 * float(np.log10(chi))


def _keeping(weights: Weights, looked: Mapping[str, Facts]) -> Iterator[Keeping]:
    """The gates that keep of every cell with finite biases."""
    for cell in cells(weights.shapes):
        names = [cell.parameter(word) for word in ("bias_ih", "bias_hh")]
        if cell.biased and all(is_float(weights.dtypes[name]) for name in names):
            bias = cell.forget_bias(weights)
            if bias is not None and np.isfinite(bias).all():
                yield Keeping(cell, bias)


def _sigma_w(looked: Mapping[str, Facts], name: str) -> float:
    """Of a layer's weights."""
    sigma_w = looked[name].sigma_w
    assert sigma_w is not None  # a matrix has fans
    return sigma_w


def _unfit(stack: Stack, weights: Weights, looked: Mapping[str, Facts]) -> str:
    """Why a stack cannot be run; "" if it can."""
    names = [name for layer in stack.layers for name in (layer.weight, layer.bias)]
    found = (looked.get(weights.tied.get(name, name)) for name in names)
    if any(facts is not None and facts.not_finite for facts in found):
        return "No gradient is run through the layers, for some numbers are not finite."
    return ""
