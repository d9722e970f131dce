"""The verdict on a point of the phase diagram, and the remedy: to go to the critical line."""

from __future__ import annotations

import math
from collections.abc import Mapping

from gradtui.models.finding import Finding, Kind
from gradtui.views.phase.block_verdict import block_finding
from gradtui.views.phase.critical import critical_places
from gradtui.views.phase.point import NONE, Point, left_in_words
from gradtui.views.phase.study import Blocks, Phase
from gradtui.wording import counted, magnitude, plain

_MOST_LAYERS = 10**5
_APART = 0.3
"""Decades by which the way to q* must count to be worth a word: a factor of two."""


def finding(result: Phase | Blocks, name: str) -> Finding:
    """The verdict on one activation at the cursor."""
    if isinstance(result, Blocks):
        return block_finding(next(point for point in result.points if point.name == name))
    return _diagnosed(result.at(name))


def measures(result: Phase | Blocks, name: str) -> Mapping[str, float]:
    """What is left of the gradient; χ and q*, or the stream where there are blocks."""
    if isinstance(result, Blocks):
        point = next(point for point in result.points if point.name == name)
        return {
            "log10_left": point.log10_left,
            "log10_a_block": point.log10_rate,
            "log10_stream": point.log10_stream,
        }
    one = result.at(name)
    return {
        "log10_left": one.log10_left,
        "log10_a_layer": one.log10_mean_rate,
        "chi": one.chi,
        "q": one.q,
    }


def _diagnosed(point: Point) -> Finding:
    """What is left by the path of q, χ where that leads, and the critical point to go to."""
    limit = point.subject.setup.log10_threshold
    kind, left = point.kind(limit), point.log10_left
    if left < NONE:
        left = min(left, math.nextafter(0.0, -1.0))  # as left_in_words has it
    side = f", {point.side}" if point.side else ""
    where = f"σw = {plain(point.sigma_w, 4)}, σb = {plain(point.sigma_b)}"
    numbered = math.isfinite(point.log10_left) and point.followed
    each = f", {_a_layer(point.log10_mean_rate)}" if numbered else ""
    return Finding(
        subject=point.name,
        kind=kind,
        sentence=f"{point.name} {kind}{side} at {where}: {left_in_words(point)}{each}; "
        f"healthy is {kind.healthy_is(left, limit)}.",
        cause=f"{_factors(point)}; {_critical(point)}.{_nowhere(point, kind)}",
        evidence=f"In theory, for infinite width, layer by layer from q₁ = {plain(point.q1)} on.",
        remedy=point.remedy,
    )


# -------------------------------------------------------------------- wording


def figure(value: float | None, digits: int = 3) -> str:
    """A number, ∞, or a hyphen where there is none."""
    if value is None or math.isnan(value):
        return "-"
    return "∞" if value == math.inf else plain(value + 0.0, digits)  # -0.0 is 0


def lasting(point: Point) -> str:
    """For how many layers the gradient stays healthy."""
    if point.lasting is None:
        return "…"
    layers, seen = point.lasting
    if layers == math.inf:
        return "∞"
    text = f"{layers:.0f}" if layers < _MOST_LAYERS else plain(layers, 2)
    return text if seen else f">{plain(layers)}"


def _factors(point: Point) -> str:
    """χ as what weights and slopes make of it."""
    w = point.sigma_w * point.sigma_w
    slopes = point.chi / w if w > 0.0 else math.nan
    end = {
        "diverges": "as q → ∞",
        "collapses to 0": "as q → 0",
        "bistable": f"as q → {'∞' if point.q else 0}, one of several ends"
        if point.q in (0.0, math.inf)
        else f"at q* = {plain(point.q)}, one of several ends",
        "half-stable": f"at q* = {plain(point.q)}, stable from one side only",
        "every q": "at any q",
    }.get(point.ending, f"at q* = {plain(point.q)}")
    if w == 0.0:
        return "Weights of 0 pass nothing"
    rates = f"{plain(w)} × {figure(slopes)} = {figure(point.chi, 4)}"
    if point.chi == math.inf:
        return f"χ = σw² E[f′²] grows without end {end}"
    text = f"χ = σw² E[f′²] = {rates} {end}"
    apart = abs(point.log10_left - point.layers * point.log10_rate)
    if math.isfinite(point.log10_rate) and apart > _APART:
        text += f": once q is there, it is {_a_layer(point.log10_rate)}"
    return text


def _a_layer(log10_rate: float) -> str:
    return f"×{magnitude(log10_rate, 4)} a layer"


def _critical(point: Point) -> str:
    if point.critical_sigma_w is not None:
        return f"critical at this σb is σw = {plain(point.critical_sigma_w, 6)}"
    nearest = next(critical_places(point), None)
    if nearest is None:
        return f"no critical (σw, σb) was found for {point.name}"
    there = f"({plain(nearest[0], 4)}, {plain(nearest[1])})"
    return f"no critical σw was found at this σb; the nearest found is {there}"


def _nowhere(point: Point, kind: Kind) -> str:
    """That nothing was found to help, once it was looked for."""
    if kind is Kind.HEALTHY or point.remedy is not None or point.lasting is None:
        return ""
    layers = counted(point.layers, "layer")
    return f" No place on the map was found where {layers} leave it healthy."
