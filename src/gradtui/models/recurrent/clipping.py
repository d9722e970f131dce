"""What clipping makes of the gradient of all parameters, by its norm or at a value.

Glossary: θ all parameters, g = ∂L/∂θ, v the value at which every entry is clipped.

By norm g becomes a smaller g of the same direction. At a value |g_i| becomes min(|g_i|, v), each
for itself, as torch.nn.utils.clip_grad_value_ has it: the direction changes.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from gradtui.mathematics.elementwise import Array
from gradtui.models.finding import Kind
from gradtui.models.quantiles import quantiles
from gradtui.wording import magnitude, percent, plain

if TYPE_CHECKING:
    from gradtui.models.recurrent.memory import Memory

_TURNED = 1e-9
"""Degrees below which a direction is the same but for rounding."""

_USUAL = 1.0
"""The norm that most who clip clip at."""


class AtValue(NamedTuple):
    """What clipping at a value makes of one g.

    Attributes:
        share: of all entries, how many are larger than the value.
        log10_after: log10 of the norm that is left.
        degrees: the angle between g before and after.
    """

    share: float
    log10_after: float
    degrees: float


def at_value(log10_entries: Iterable[Array], log10_value: float) -> AtValue:
    """That of a g of these entries."""
    before = np.concatenate([one.reshape(-1) for one in log10_entries])
    after = np.minimum(before, log10_value)
    top = float(before.max())
    if top == -math.inf:
        return AtValue(0.0, -math.inf, 0.0)
    share, after_top = float((before > log10_value).mean()), min(top, log10_value)
    g, clipped = 10.0 ** (before - top), 10.0 ** (after - after_top)
    left = float(np.linalg.norm(clipped))
    chord = float(np.linalg.norm(g / np.linalg.norm(g) - clipped / left))
    degrees = math.degrees(2.0 * math.asin(0.5 * chord))
    return AtValue(share, after_top + math.log10(left), degrees)


def said_of_clipping(memory: Memory) -> str:
    """What clipping makes of it, and what it cannot; of one that explodes, what it would."""
    knobs = memory.subject.setup.recurrent
    if memory.horizon < knobs.steps:
        return ""
    if knobs.clip:
        return _by_norm(memory, knobs.clip)
    if knobs.clip_value:
        return _at_value(memory, knobs.clip_value)
    return _would(memory) if memory.kind is Kind.EXPLODING else ""


def _by_norm(memory: Memory, clip: float) -> str:
    limit, norms = math.log10(clip), memory.measured.log10_parameters
    clipped, median = int((norms > limit).sum()), float(quantiles(norms)[1])
    text = f"Nothing is clipped at {plain(clip)}: {_norm(memory)}."
    if clipped:
        after = magnitude(min(median, limit))
        text = (
            f"Clipped at {plain(clip)}{_many(memory, clipped)}: {_norm(memory)}, {after} after it."
        )
        text += _mostly_of(memory, "clipped or not")
    if memory.kind is not Kind.EXPLODING and (clipped or memory.kind is Kind.VANISHING):
        return f"{text} Clipping makes all of it smaller alike, and helps nothing that vanishes."
    return text


def _at_value(memory: Memory, value: float) -> str:
    each = memory.measured.at_value
    assert each is not None
    clipped = sum(one.share > 0.0 for one in each)
    share, after, degrees = (float(one) for one in quantiles(np.array(each))[1])
    helps_not = "Clipping makes no entry larger, and helps nothing that vanishes."
    if not clipped:
        text = f"No entry of ∂L/∂θ is clipped at {plain(value)}: {_norm(memory)}."
        return f"{text} {helps_not}" if memory.kind is Kind.VANISHING else text
    of_entries = f"{percent(share)} of the entries of ∂L/∂θ{_in_median(memory)}"
    text = (
        f"Clipped at a value of {plain(value)}{_many(memory, clipped)}, {of_entries}: "
        f"{_norm(memory)}, {magnitude(after)} after it."
    )
    if degrees > _TURNED:
        text += (
            f" As each entry is clipped for itself, its direction turns by {plain(degrees)}°"
            f"{_in_median(memory)}."
        )
    text += _mostly_of(memory, "before it is clipped")
    return text if memory.kind is Kind.EXPLODING else f"{text} {helps_not}"


def _would(memory: Memory) -> str:
    """What clipping by norm would make of one that explodes, where it would in every cell."""
    norms = memory.measured.log10_parameters
    if not (norms > math.log10(_USUAL)).all():
        return ""
    before = f"{magnitude(float(quantiles(norms)[1]))}{_in_median(memory)}"
    return (
        f"--clip {plain(_USUAL)}, key C, would bring ‖∂L/∂θ‖ from {before} to {plain(_USUAL)}: "
        "that bounds an optimiser's step, and leaves which steps back it is of."
    )


def _mostly_of(memory: Memory, when: str) -> str:
    """Of which lags most of ∂L/∂W is: the fewest of the last steps, or of the earliest."""
    passed = memory.measured.median_passed[: memory.horizon]
    if not np.isfinite(passed).all():
        return ""
    first, last = 0, int(np.argmax(passed > 0.5))
    if memory.horizon - (since := int(np.argmax(passed >= 0.5))) <= last:
        first, last = since, memory.horizon - 1
    lags = f"lag {last}" if first == last else f"lags {first:,} to {last:,}"
    return (
        f" Most of ∂L/∂W{_in_median(memory)}, by the norms of what each step adds, is of {lags}, "
        f"{when}."
    )


def _norm(memory: Memory) -> str:
    median = float(quantiles(memory.measured.log10_parameters)[1])
    return f"‖∂L/∂θ‖, of all parameters, is {magnitude(median)}{_in_median(memory)}"


def _in_median(memory: Memory) -> str:
    return "" if memory.measured.cells == 1 else " in the median"


def _many(memory: Memory, clipped: int) -> str:
    """In how many cells, of several."""
    cells = memory.measured.cells
    return "" if cells == 1 else f" in {clipped} of {cells} cells"
