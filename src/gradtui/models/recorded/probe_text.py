"""What a probe prints: a table of the modules, and what is to be said of them."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from gradtui.errors import printable
from gradtui.mathematics.elementwise import Array
from gradtui.models.recorded.layers import FRACTION
from gradtui.plots.ascii import spelled
from gradtui.plots.picture import row_text, wrapped
from gradtui.runs.recorder.one_pass import NORM, SLOPES, WEIGHTS
from gradtui.wording import counted, factor, magnitude, percent, plain, rate

if TYPE_CHECKING:
    from gradtui.models.recorded.probe import Probe

_WIDTH, _ROWS = 80, 60
_HEADS = ("module", "kind", "|a|", "sat.", "dead", "|∂L/∂a|", "makes")
_MADE_BY = {SLOPES: ("f′ makes", "activation"), WEIGHTS: ("weights make", "layer"),
            NORM: ("norms make", "norm")}  # fmt: skip


def text_of(probe: Probe) -> str:
    """The table and the verdict, at most 80 columns wide, as words are shown here."""
    mode = "training" if probe.training else "evaluation"
    modules = counted(len(probe.modules), "module")
    head = f"{modules}, once forward and back in {mode} mode; loss {probe.loss:.4g}"
    paragraphs = [*_verdict(probe), *_shares(probe), *_theory(probe)]
    lines = [row_text(line) for text in paragraphs for line in wrapped(text, _WIDTH)]
    return "\n".join([spelled(head), "", *_table(probe), "", *lines])


def _table(probe: Probe) -> Iterator[str]:
    """A row for each module; of very many, evenly spaced ones."""
    count = len(probe.modules)
    shown = np.unique(np.linspace(0, count - 1, min(count, _ROWS)).round().astype(int))
    cells = [tuple(map(spelled, _HEADS)), *(_cells(probe, at) for at in shown.tolist())]
    widths = [max(len(line[column]) for line in cells) for column in range(len(_HEADS))]
    spare = _WIDTH - 2 * (len(_HEADS) - 1) - sum(widths[2:])
    widths[1] = min(widths[1], max(spare // 3, 8))
    widths[0] = min(widths[0], spare - widths[1])
    for name, kind, *numbers in cells:
        left = f"{_end(name, widths[0]):<{widths[0]}}  {_start(kind, widths[1]):<{widths[1]}}"
        right = "  ".join(f"{one:>{width}}" for one, width in zip(numbers, widths[2:], strict=True))
        yield f"{left}  {right}".rstrip()
    if len(shown) < count:
        yield spelled(f"{len(shown)} of {count:,} modules are shown, evenly spaced.")
    yield from (
        row_text(line)
        for line in wrapped(
            "|a|: root mean square of the output. sat.: values with |f′| below 1 % of its "
            "maximum; dead: units with f′ = 0 for the whole batch. makes: what the module makes "
            "of the gradient on its way back.",
            _WIDTH,
        )
    )


def _cells(probe: Probe, at: int) -> tuple[str, ...]:
    def share(value: float) -> str:
        return "-" if math.isnan(value) else percent(value)

    made = float(probe.log10_factors[at])
    return (
        printable(probe.modules[at]),
        printable(probe.kinds[at]),
        magnitude(float(probe.log10_signal[at])),
        share(float(probe.saturated[at])),
        share(float(probe.dead[at])),
        spelled(magnitude(float(probe.log10_gradients[at]))),
        spelled("-" if math.isnan(made) else factor(made)),
    )


def _end(name: str, width: int) -> str:
    """A name, or the end of it: there is what tells one module from another."""
    name = spelled(name)
    return name if len(name) <= width else spelled("…")[:1] + name[len(name) - width + 1 :]


def _start(kind: str, width: int) -> str:
    """A class, or the start of it."""
    kind = spelled(kind)
    return kind if len(kind) <= width else kind[: width - 1] + spelled("…")[:1]


def _verdict(probe: Probe) -> Iterator[str]:
    """What ails it, each with what to do next; or that nothing does."""
    for symptom in probe.symptoms:
        yield printable(f"{symptom.sentence} {symptom.next}")
    finite = np.flatnonzero(np.isfinite(probe.log10_gradients))
    if probe.symptoms or not finite.size:
        return
    first, last = int(finite[0]), int(finite[-1])
    if first == last:
        yield f"healthy: the gradient of {printable(probe.modules[first])} is a number."
        return
    ratio = float(probe.log10_gradients[first] - probe.log10_gradients[last])
    yield printable(
        f"healthy: the gradient at {probe.modules[first]} is {factor(ratio)} of that at "
        f"{probe.modules[last]}, {rate(ratio / (finite.size - 1))} from module to module; healthy "
        f"is {plain(FRACTION)} to {plain(1.0 / FRACTION)}."
    )


def _shares(probe: Probe) -> Iterator[str]:
    """Whether f′ did it, or the weights."""
    told = []
    for role, (makes, what) in _MADE_BY.items():
        made, count = probe.log10_made_by(role)
        if count:
            told.append(f"{makes} {rate(made)} ({counted(count, what)})")
    if told:
        yield f"Of the gradient, in the geometric mean, {', '.join(told)}."


def _theory(probe: Probe) -> Iterator[str]:
    """Theory for infinite width, beside what was measured."""
    theory = probe.theory
    if theory is None:
        return
    yield (
        f"Theory for infinite width has {rate(theory.log10_rate)} a layer for {theory.activation} "
        f"with {_range('σw', theory.sigma_w)}, {_range('σb', theory.sigma_b)}; measured from layer "
        f"{theory.depth} to 1: {rate(theory.log10_measured_rate)}."
    )


def _range(name: str, sigma: Array) -> str:
    low, high = plain(float(sigma.min())), plain(float(sigma.max()))
    return f"{name} = {low}" if low == high else f"{name} = {low} to {high}"
