"""The way to the critical line, on which gradients neither vanish nor explode."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from gradtui.errors import InputError
from gradtui.mathematics.wide.phase import critical_line, critical_points
from gradtui.progress import unwatched
from gradtui.setup import KNOBS, Setup, implied
from gradtui.views.phase.point import Point, focused_subject, point_of, reached
from gradtui.wording import plain

_TRIED, _TRIED_EVERY = 240, 12
"""Of so many points of the line, the nearest first, one in so many is tried."""


def critical_setup(setup: Setup) -> Setup:
    """The cursor on the nearest critical σw of the focused activation, at the σb where it is.

    Raises:
        InputError: there is none at this σb.
    """
    here = point_of(focused_subject(setup), unwatched)
    if here.critical_sigma_w is not None:
        return moved_to(setup, here.critical_sigma_w, here.sigma_b)
    nearest = next(critical_places(here), None)
    if nearest is None:
        raise InputError("activation", here.name, "one with a critical line", "try tanh or relu")
    raise InputError(
        "sigma_b",
        here.sigma_b,
        f"a σb with a critical σw for {here.name}",
        f"{{sigma_b={plain(nearest[1])}}} has one",
    )


def moved_to(setup: Setup, sigma_w: float, sigma_b: float) -> Setup:
    """The cursor there; a range that was given is widened if it ends before."""
    sigma_w = float(f"{sigma_w:.10g}")  # χ is then 1 to 1e-9, and the number can be read
    for name, value in (("sigma_w", sigma_w), ("sigma_b", sigma_b)):
        wider = implied(setup, name, float(KNOBS[name].scale(math.ceil(1.2 * value), 0)))
        inside = implied(setup, name, value)
        setup = setup.with_(**{name: value, **({} if not inside else {**inside, **wider})})
    return setup


def critical_places(point: Point) -> Iterator[tuple[float, float]]:
    """Critical (σw, σb) that q₁ goes to, the nearest to the point first; at most twenty."""
    setup, line = point.subject.setup, critical_line(point.name)
    w, b = np.sqrt(line.sigma_w2), np.sqrt(line.sigma_b2)
    for index in np.argsort(np.hypot(w - point.sigma_w, b - point.sigma_b))[:_TRIED:_TRIED_EVERY]:
        # A σb of three digits, if there is a critical point at it too; else of six.
        rounded = float(f"{b[index]:.3g}")
        for sigma_b in (rounded, float(f"{rounded * 1.01:.3g}"), float(f"{b[index]:.6g}")):
            b2 = sigma_b * sigma_b
            found = next(
                (
                    (math.sqrt(at.sigma_w2), sigma_b)
                    for at in critical_points(point.name, b2)
                    if reached(setup, point.name, at.sigma_w2, b2)
                ),
                None,
            )
            if found is not None:
                yield found
                break
