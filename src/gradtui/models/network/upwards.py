"""Where the σw that theory advises does not do: which others to try."""

from __future__ import annotations

import math

from gradtui.mathematics.wide.advice import Advice

_STEPS = 6
_FURTHEST = 2.0
"""So many times the advised σw at most."""
_DIGITS = 4


def upwards(advice: Advice) -> tuple[float, ...]:
    """σw above the advised one, inside what theory finds healthy, evenly in log σw; 4 digits.

    A finite width loses signal and gradient that infinite width keeps; a larger σw makes up for it.
    """
    if not advice.possible:
        return ()
    room = math.log(min(advice.high / advice.sigma_w, _FURTHEST))
    steps = (math.exp(room * step / (_STEPS + 1)) for step in range(1, _STEPS + 1))
    found = (float(f"{advice.sigma_w * step:.{_DIGITS}g}") for step in steps)
    return tuple(dict.fromkeys(w for w in found if advice.sigma_w < w <= advice.high))
