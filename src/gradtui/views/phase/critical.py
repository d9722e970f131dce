"""The way to the critical line, on which gradients neither vanish nor explode."""

from __future__ import annotations

import math

import numpy as np

from gradtui.errors import InputError
from gradtui.mathematics.wide.phase import critical_line, critical_points
from gradtui.setup import KNOBS, Setup
from gradtui.views.phase.point import Point, focused_subject, point_of, reached
from gradtui.wording import plain

_TRIED, _TRIED_EVERY = 240, 12
"""Of so many points of the line, the nearest first, one in so many is tried."""


def critical_setup(setup: Setup) -> Setup:
    """The cursor on the nearest critical σw of the focused activation, at the σb where it is.

    Raises:
        InputError: there is none at this σb.
    """
    here = point_of(focused_subject(setup))
    if here.critical_sigma_w is not None:
        return moved_to(setup, here.critical_sigma_w, here.sigma_b)
    nearest = nearest_critical(here)
    if nearest is None:
        raise InputError("activation", here.name, "one with a critical line", "try tanh or relu")
    raise InputError(
        "sigma_b",
        here.sigma_b,
        f"a σb with a critical σw for {here.name}",
        f"{{sigma_b={plain(nearest[1])}}} has one",
    )


def moved_to(setup: Setup, sigma_w: float, sigma_b: float) -> Setup:
    """The cursor there, the map widened if it ends before."""
    sigma_w = float(f"{sigma_w:.10g}")  # χ is then 1 to 1e-9, and the number can be read
    changes: dict[str, object] = {"sigma_w": sigma_w, "sigma_b": sigma_b}
    for name, value in (("sigma_w_range", sigma_w), ("sigma_b_range", sigma_b)):
        low, high = KNOBS[name].of(setup)
        if not low <= value <= high:
            most = KNOBS["sigma_w"].scale(math.ceil(1.2 * value), 0)
            changes[name] = (min(low, math.floor(value)), max(high, most))
    return setup.with_(**changes)


def nearest_critical(point: Point) -> tuple[float, float] | None:
    """The critical (σw, σb) nearest to the point; None if no q that is reached has χ = 1."""
    line = critical_line(point.name)
    w, b = np.sqrt(line.sigma_w2), np.sqrt(line.sigma_b2)
    for index in np.argsort(np.hypot(w - point.sigma_w, b - point.sigma_b))[:_TRIED:_TRIED_EVERY]:
        # A σb of three digits, if there is a critical point at it too.
        rounded = float(f"{b[index]:.3g}")
        for sigma_b in (rounded, float(f"{rounded * 1.01:.3g}"), float(b[index])):
            b2 = sigma_b * sigma_b
            for at in critical_points(point.name, b2):
                if reached(point.name, at.sigma_w2, b2):
                    return math.sqrt(at.sigma_w2), sigma_b
    return None
