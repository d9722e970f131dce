"""Other inputs, which change nothing of a network: the least that there is to try."""

from __future__ import annotations

import math
from collections.abc import Iterator

from gradtui.models.subject import Changes
from gradtui.setup import Setup
from gradtui.wording import plain

_USUAL = 0.1, 1.0
"""Inputs of this size are as they are for a reason."""


def usual_inputs(setup: Setup) -> Iterator[tuple[str, Changes]]:
    """Inputs of size 1, and then of 0.1, with the same sign, where they are larger or far smaller.

    Whether those are the cause is for the trial to say.
    """
    least, most = _USUAL
    if least < abs(setup.x) <= most:
        return
    for size in (most, least):
        x = math.copysign(size, setup.x)
        if x != setup.x:
            yield f"x = {plain(x)}", {"x": x}


def opposite_inputs(setup: Setup) -> Iterator[tuple[str, Changes]]:
    """The input with the other sign, for units that are off on one side; and one of size 1."""
    for size in dict.fromkeys((abs(setup.x), 1.0)):
        if setup.x:
            x = math.copysign(size, -setup.x)
            yield f"x = {plain(x)}", {"x": x}
