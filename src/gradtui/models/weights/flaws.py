"""What ails single tensors of a file: each with its numbers, what they rest on, and what next."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np

from gradtui.errors import InputError, printable
from gradtui.mathematics.weights.likeness import LEAST
from gradtui.mathematics.wide.mean_field import critical_sigma_w2
from gradtui.models.weights.stack import is_attention, is_embedding
from gradtui.wording import counted, digits_apart, factor, plain

if TYPE_CHECKING:
    from gradtui.models.weights.record import Keeping, Tensor

FAR = math.log10(2.0)
"""Theory's rate a layer is far from 1 where one layer halves a gradient, or doubles it."""
MANY = 0.25
"""Such a share of biases at 0 or below is worth a sentence: of those drawn about 0, half are."""
_NAMED = 3


class Fault(StrEnum):
    """What can ail a tensor, the gravest first."""

    NOT_FINITE = "not finite"
    ZERO_ROWS = "zero rows"
    FAR = "far from what keeps a gradient"
    FORGETS = "forgets"


@dataclass(frozen=True)
class Flaw:
    """One thing that ails tensors.

    Attributes:
        fault: which.
        sentence: what and where, with the threshold.
        evidence: what it rests on, and when it is meant so.
        next: what to do.
        tensors: whose.
    """

    fault: Fault
    sentence: str
    evidence: str
    next: str
    tensors: tuple[str, ...]

    @property
    def wrong(self) -> bool:
        """Whether a check fails for it: scale and biases are a choice, these two hardly ever."""
        return self.fault in (Fault.NOT_FINITE, Fault.ZERO_ROWS)


def flaws_of(
    tensors: Sequence[Tensor], keeping: Sequence[Keeping], activations: Sequence[str]
) -> tuple[Flaw, ...]:
    """All that ails the tensors of a file, the gravest first.

    Args:
        tensors: of the file.
        keeping: its cells with gates that keep.
        activations: for which a scale is told to be far from what keeps a gradient.
    """
    looks: tuple[Callable[[], Flaw | None], ...] = (
        lambda: _not_finite(tensors),
        lambda: _zero_rows(tensors),
        *(lambda spec=spec: _far(tensors, spec) for spec in activations),
        lambda: _forgets(keeping),
    )
    return tuple(found for look in looks if (found := look()) is not None)


def _list(words: Sequence[str]) -> str:
    """The first of them, and how many more."""
    more = f" and {len(words) - _NAMED:,} more" if len(words) > _NAMED else ""
    return ", ".join(words[:_NAMED]) + more


def _of(count: int, total: int) -> str:
    """So many of all."""
    return f"all {total:,}" if count == total else f"{count:,} of {total:,}"


def _not_finite(tensors: Sequence[Tensor]) -> Flaw | None:
    found = [(one, one.facts) for one in tensors if one.facts and one.facts.not_finite]
    if not found:
        return None
    told = [f"{printable(one.name)} ({_of(facts.not_finite, one.size)})" for one, facts in found]
    return Flaw(
        Fault.NOT_FINITE,
        f"nan or inf in {counted(len(found), 'tensor')} of {len(tensors):,}: {_list(told)}.",
        "What goes through them is nan or inf, and as a rule the loss and every gradient are then.",
        "Go back to an earlier checkpoint. gradtui run names the step, and the tensor that was "
        "first, in what the run recorded.",
        tuple(one.name for one, _ in found),
    )


def _zero_rows(tensors: Sequence[Tensor]) -> Flaw | None:
    found = []
    for one in tensors:
        facts = one.facts
        if facts is None or facts.fans is None or not facts.zero_rows:
            continue
        if not (is_embedding(one.name) and facts.zero_rows == 1):  # the row of what is padded
            found.append((one, facts.zero_rows, rows_of(one)))
    if not found:
        return None
    told = [f"{printable(one.name)} ({_of(zero, rows)})" for one, zero, rows in found]
    return Flaw(
        Fault.ZERO_ROWS,
        f"Exactly zero rows in {counted(len(found), 'tensor')}: {_list(told)}.",
        "Such a unit hears nothing from below, and no gradient goes back through it. It is meant "
        "so where a branch starts at nothing, or was pruned.",
        "If it is not, look whether they were zero from the start, or weight decay took what no "
        "gradient held.",
        tuple(one.name for one, *_ in found),
    )


def rows_of(tensor: Tensor) -> int:
    """How many units or channels are above a layer's weights."""
    facts = tensor.facts
    if facts is None or facts.layout is None or not tensor.shape:
        return tensor.size
    return tensor.shape[-1] if facts.layout == "[in, out]" else tensor.shape[0]


def _of_no_activation(name: str) -> bool:
    return is_embedding(name) or is_attention(name)


def _far(tensors: Sequence[Tensor], spec: str) -> Flaw | None:
    """Weights with which theory's rate a layer is far from 1."""
    rated = [
        (one, one.log10_rates[spec])
        for one in tensors
        if spec in one.log10_rates and one.size >= LEAST and not _of_no_activation(one.name)
    ]
    found = [(one, log10) for one, log10 in rated if math.isfinite(log10) and abs(log10) > FAR]
    if not found:
        return None
    told = [
        f"{printable(one.name)} {factor(log10, digits_apart(log10, -FAR, FAR))} "
        f"(σw {plain(one.facts.sigma_w)})"
        for one, log10 in found
        if one.facts is not None and one.facts.sigma_w is not None
    ]
    try:
        critical = f"{spec} keeps a gradient at σw {plain(math.sqrt(critical_sigma_w2(spec)))}. "
    except InputError:
        critical = ""
    return Flaw(
        Fault.FAR,
        f"With {spec}, theory's factor of a gradient a layer is below ×0.5 or above ×2 for "
        f"{len(found):,} of {counted(len(rated), 'weight')}: {_list(told)}.",
        f"{critical}Theory is of layers without norms and skips, which may make up for it.",
        f"gradtui init {spec} tells which weights keep it.",
        tuple(one.name for one, _ in found),
    )


def _forgets(keeping: Sequence[Keeping]) -> Flaw | None:
    """Cells of which many gates are half shut by their bias."""
    found = [one for one in keeping if np.mean(one.bias <= 0.0) >= MANY]
    if not found:
        return None
    told = [
        f"{cell_name(one)} ({_of(int(np.sum(one.bias <= 0.0)), one.bias.size)} units)"
        for one in found
    ]
    kinds = {one.cell.kind for one in found}
    step = (
        "Set it to 1 or more when the cell is made, in one of the two biases; gradtui time lstm "
        "--forget-bias 1 shows what it does."
        if "lstm" in kinds
        else "gradtui time gru shows how far back it remembers."
    )
    return Flaw(
        Fault.FORGETS,
        f"The bias of gates that keep is 0 or less in {_list(told)}: by it alone, half of what "
        "such a unit holds is gone within a step.",
        "What the gate hears from inputs and states comes on top. PyTorch draws both biases about "
        "0, and their sum counts.",
        step,
        tuple(one.cell.parameter("bias_hh") for one in found),
    )


def cell_name(keeping: Keeping) -> str:
    """A cell by the name that its parameters share: encoder.rnn_l0."""
    before, after = keeping.cell.name
    return printable(f"{before.rstrip('./_')}{after}".lstrip("_") or keeping.cell.kind)
