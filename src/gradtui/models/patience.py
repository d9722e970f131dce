"""How much is drawn at random in the time that there is, and why it is no more."""

from __future__ import annotations

import math

from gradtui.setup.shared import MOST_PATIENCE
from gradtui.wording import duration

DRAWING = 0.75
"""The share of the time that drawing what was asked for may take; the rest is for remedies."""


def within(asked: int, patience: float, seconds: float) -> int:
    """How many of those that were asked for are drawn: one at least.

    Args:
        asked: how many.
        patience: the seconds that there are.
        seconds: what one of each kind takes.
    """
    return max(1, min(asked, int(DRAWING * patience / seconds)))


def why_fewer(
    asked: int, drawn: int, seconds: float, what: str = "network", beside: float = 0.0
) -> str:
    """That fewer are drawn than were asked for, and why; "" where that is not so.

    Args:
        asked: how many were asked for.
        drawn: how many are drawn.
        seconds: what one of each kind takes.
        what: one of them.
        beside: the seconds that go to what is drawn before them.
    """
    if drawn == asked:
        return ""
    if not drawn:
        one = duration(seconds)
        return f"No {what} is drawn: one would take about {one}; give more patience to draw it."
    enough = math.ceil((beside + asked * seconds) / DRAWING)
    wanted = f"a patience of {enough:,} s" if enough <= MOST_PATIENCE else duration(enough)
    return f"{drawn} of {asked:,} {what}s: all would take {wanted}."
