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
    return tuple(w for w in _steps(advice, advice.high) if advice.sigma_w < w <= advice.high)


def downwards(advice: Advice) -> tuple[float, ...]:
    """The same below it, from the least on.

    A gradient that a layer of few units stops for all of them flat is not stopped by smaller z,
    where f is steep about 0.
    """
    if not advice.possible:
        return ()
    found = _steps(advice, advice.low)
    return tuple(w for w in reversed(found) if advice.low <= w < advice.sigma_w)


def _steps(advice: Advice, end: float) -> tuple[float, ...]:
    """σw from the advised one towards an end of what is healthy."""
    room = math.log(end / advice.sigma_w)
    room = min(max(room, -math.log(_FURTHEST)), math.log(_FURTHEST))
    steps = (math.exp(room * step / (_STEPS + 1)) for step in range(1, _STEPS + 1))
    return tuple(dict.fromkeys(float(f"{advice.sigma_w * step:.{_DIGITS}g}") for step in steps))
