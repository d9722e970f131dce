"""The verdict on a point of the phase diagram, and the way from there to the critical line."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from gradtui.errors import InputError
from gradtui.mathematics.wide.phase import critical_line, critical_points
from gradtui.views.knobs import KNOBS
from gradtui.views.phase_map import CRITICAL, Point, followed, point, reached
from gradtui.views.setup import Setup, log10_threshold
from gradtui.views.view import Finding, Kind, Remedy
from gradtui.views.wording import magnitude, plain

_MOST_LAYERS = 10**6

_TRIED, _TRIED_EVERY = 240, 12
"""Of so many points of the line, the nearest first, one in so many is tried."""

_NONE = 0.005
"""Decades that are no growth when written in two digits."""


def kind_of(one: Point, log10_limit: float) -> Kind:
    """What becomes of the gradient after the point's layers."""
    if one.log10_left == -math.inf:
        return Kind.DEAD
    if one.log10_left < log10_limit:
        return Kind.VANISHING
    return Kind.EXPLODING if one.log10_left > -log10_limit else Kind.HEALTHY


def lasting(one: Point, log10_limit: float) -> str:
    """How many layers the gradient stays healthy for at q*."""
    if abs(one.chi - 1.0) <= CRITICAL:
        return "∞"
    layers = abs(log10_limit / one.log10_rate) if math.isfinite(one.log10_rate) else 0.0
    return f"{layers:.0f}" if layers < _MOST_LAYERS else plain(layers, 2)


def diagnose(setup: Setup, one: Point) -> Finding:
    """The verdict at the cursor, the factors of χ, and the critical point to go to."""
    limit = log10_threshold(setup)
    kind = kind_of(one, limit)
    where = f"σw = {plain(one.sigma_w, 4)}, σb = {plain(one.sigma_b)}"
    less = one.log10_left < _NONE
    healthy = f"above {magnitude(limit)}" if less else f"below {magnitude(-limit)}"
    each = f"×{figure(math.sqrt(one.chi), 4)} a layer"
    return Finding(
        subject=one.name,
        kind=kind,
        sentence=f"{one.name} {kind}, {one.side} at {where}: {each}, {_left(one)}; "
        f"healthy is {healthy}.",
        cause=f"{_factors(one)}; {_critical(setup, one)}.",
        remedy=None if kind is Kind.HEALTHY else _remedy(setup, one),
    )


def figure(value: float | None, digits: int = 3) -> str:
    """A number, ∞, or a hyphen where there is none."""
    if value is None or math.isnan(value):
        return "-"
    return "∞" if value == math.inf else plain(value + 0.0, digits)  # -0.0 is 0


def _left(one: Point) -> str:
    left = "without bound" if one.log10_left == math.inf else magnitude(one.log10_left)
    layers = f"{one.layers:,} layer{'s' if one.layers > 1 else ''}"
    if one.log10_left >= _NONE:
        return f"{layers} make{'' if one.layers > 1 else 's'} it {left}"
    return f"{layers} leave{'' if one.layers > 1 else 's'} {left}"


def _factors(one: Point) -> str:
    """χ as what weights and slopes make of it."""
    w = one.sigma_w * one.sigma_w
    slopes = one.chi / w if w > 0.0 else math.nan
    end = {
        "diverges": "as q → ∞",
        "collapses to 0": "as q → 0",
        "bistable": f"as q → {'∞' if one.q else 0}, one of several ends"
        if one.q in (0.0, math.inf)
        else f"at q* = {plain(one.q)}, one of several ends",
        "half-stable": f"at q* = {plain(one.q)}, stable from one side only",
        "every q": "at any q",
    }.get(one.kind, f"at q* = {plain(one.q)}")
    if w == 0.0:
        return "Weights of 0 pass nothing"
    return f"χ = σw² E[f′²] = {plain(w)} × {figure(slopes)} = {figure(one.chi, 4)} {end}"


def _critical(setup: Setup, one: Point) -> str:
    if one.critical_sigma_w is not None:
        return f"critical at this σb is σw = {plain(one.critical_sigma_w, 6)}"
    nearest = _nearest(one)
    if nearest is None:
        return f"no (σw, σb) is critical for {one.name}"
    return f"no σw is critical at this σb; nearest is ({plain(nearest[0], 4)}, {plain(nearest[1])})"


# ----------------------------------------------------------- the critical line


def critical_setup(setup: Setup) -> Setup:
    """The cursor on the nearest critical σw of the focused activation, at the σb where it is.

    Raises:
        InputError: there is none at this σb.
    """
    here = point(setup, setup.focused, setup.sigma_w, setup.sigma_b)
    if here.critical_sigma_w is not None:
        return _moved(setup, here.critical_sigma_w, setup.sigma_b)
    nearest = _nearest(here)
    if nearest is None:
        raise InputError("activation", here.name, "one with a critical line", "try tanh or relu")
    raise InputError(
        "sigma_b",
        here.sigma_b,
        f"a σb with a critical σw for {here.name}",
        f"{KNOBS['sigma_b'].letter} {plain(nearest[1])} has one",
    )


def _moved(setup: Setup, sigma_w: float, sigma_b: float) -> Setup:
    """The cursor there, the map widened if it ends before."""
    sigma_w = float(f"{sigma_w:.10g}")  # χ is then 1 to 1e-9, and the number can be read
    changes: dict[str, object] = {"sigma_w": sigma_w, "sigma_b": sigma_b}
    for name, value in (("sigma_w_range", sigma_w), ("sigma_b_range", sigma_b)):
        low, high = getattr(setup, name)
        if not low <= value <= high:
            most = KNOBS["sigma_w"].scale(math.ceil(1.2 * value), 0)
            changes[name] = (min(low, math.floor(value)), max(high, most))
    return setup.with_(**changes)


def _nearest(one: Point) -> tuple[float, float] | None:
    """The critical (σw, σb) nearest to the point; None if no q that is reached has χ = 1."""
    line = critical_line(one.name)
    w, b = np.sqrt(line.sigma_w2), np.sqrt(line.sigma_b2)
    for index in np.argsort(np.hypot(w - one.sigma_w, b - one.sigma_b))[:_TRIED:_TRIED_EVERY]:
        # A σb of three digits, if there is a critical point at it too.
        rounded = float(f"{b[index]:.3g}")
        for sigma_b in (rounded, float(f"{rounded * 1.01:.3g}"), float(b[index])):
            b2 = sigma_b * sigma_b
            for at in critical_points(one.name, b2):
                if reached(one.name, at.sigma_w2, b2):
                    return math.sqrt(at.sigma_w2), sigma_b
    return None


def _remedy(setup: Setup, one: Point) -> Remedy | None:
    """The first critical point at which the gradient is found healthy."""
    for sigma_w, sigma_b in _candidates(one):
        changed = _moved(setup, sigma_w, sigma_b)
        tried = followed(changed, point(changed, one.name, sigma_w, sigma_b))
        if kind_of(tried, log10_threshold(setup)) is Kind.HEALTHY:
            names = ("sigma_w", "sigma_b", "sigma_w_range", "sigma_b_range")
            changes = {
                name: getattr(changed, name)
                for name in names
                if getattr(changed, name) != getattr(setup, name)
            }
            label = f"σw = {plain(sigma_w, 6)}"
            if "sigma_b" in changes:
                label += f", σb = {plain(sigma_b)}"
            return Remedy(label, changes, before=_left(one), after=_left(tried))
    return None


def _candidates(one: Point) -> Iterator[tuple[float, float]]:
    if one.critical_sigma_w is not None:
        yield one.critical_sigma_w, one.sigma_b
    nearest = _nearest(one)
    if nearest is not None:
        yield nearest
