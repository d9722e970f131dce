"""The verdict on the advice: what it keeps, how exact it has to be, and where it fails."""

from __future__ import annotations

import math
from collections.abc import Iterator

from gradtui.mathematics.wide.advice import SIGMA_W_RANGE, Advice
from gradtui.mathematics.wide.mean_field import mean_field
from gradtui.models.finding import Finding
from gradtui.views.init.comparison import Comparison, Comparisons
from gradtui.wording import magnitude, percent, plain

_MUCH = 0.25
"""A share of saturated units that is worth mentioning."""


def finding(result: Comparisons, name: str) -> Finding:
    """The verdict on the advice for one activation."""
    comparison = result.of(name)
    setup, advice, advised = comparison.subject.setup, comparison.advice, comparison.advised
    limit = setup.log10_threshold
    kind = advised.kind(limit)
    known = "in the median" if advised.measured.size else "in theory"
    layers = f"{setup.depth} layer{'s' if setup.depth > 1 else ''}"
    sentence = (
        f"{name} {kind} over {layers} with σw = {plain(advice.sigma_w, 6)} (the gain), "
        f"σb = {plain(advice.sigma_b)}: {known} {magnitude(advised.known)} of the gradient "
        f"arrives; healthy is {magnitude(limit)} to {magnitude(-limit)}."
    )
    if setup.x == 0.0 and setup.plane.sigma_b == 0.0:
        exactness = "All inputs and biases are 0, so every z is."
    else:
        exactness = _exactness(advice)
    causes = [_checked(comparison, limit), exactness, *_costs(comparison)]
    cause = " ".join(causes)
    return Finding(name, kind, sentence, cause, comparison.why_fewer, comparison.remedy)


def _checked(comparison: Comparison, limit: float) -> str:
    """What the simulation says beside the theory."""
    advised, expectation = comparison.advised, comparison.expectation
    if comparison.not_simulated:
        return f"Not simulated: {comparison.not_simulated}."
    count = advised.measured.size
    if not count or expectation is None:
        return "Random networks are being drawn to check it."
    network = comparison.subject.setup.network
    low, _, high = map(magnitude, advised.quantiles())
    theory, here = magnitude(advised.log10_ratio), float(expectation.centre[0])
    if math.isfinite(here):
        theory += f" for infinite width, {magnitude(here)} for {network.units_text}"
    text = (
        f"Of {count} random networks of {network.units_text} a layer, {advised.healthy(limit)} are "
        f"healthy and 90 % keep {low} to {high} (theory: {theory})."
    )
    if advised.holds(limit) or comparison.advice.unstable or here == -math.inf:
        return text
    return text + _what_would_hold(comparison, limit)


def _what_would_hold(comparison: Comparison, limit: float) -> str:
    """Which width would hold, and whether orthogonal weights do."""
    text, setup = "", comparison.subject.setup
    wide = comparison.width_that_holds
    if setup.network.width < wide < math.inf and setup.x:
        text += f" It takes about {magnitude(math.log10(wide))} units to hold in most."
    for recipe in comparison.recipes:
        if recipe.names == ("orthogonal",) and recipe.measured.size and recipe.holds(limit):
            text += (
                f" Orthogonal weights of this gain scatter less: {recipe.healthy(limit)} of "
                f"{recipe.measured.size} are healthy."
            )
    return text


def _exactness(advice: Advice) -> str:
    """Which other σw would do."""
    if not advice.possible:
        return (
            "No σw is healthy at this σb: below it the signal dies out, above it explodes, and "
            "nothing lies between."
        )
    if advice.unstable:
        return (
            f"σw would have to be right to {percent(advice.tolerance)}: below it the signal itself "
            "dies out, above it explodes."
        )
    least, most = SIGMA_W_RANGE
    upwards = "up" if advice.high >= most else f"to {plain(advice.high, 4)}"
    low = "0" if advice.low <= least else plain(advice.low, 4)
    return f"In theory any σw from {low} {upwards} will do."


def _costs(comparison: Comparison) -> Iterator[str]:
    """What saturation costs, where weights are so large that there is much of it."""
    advice, expectation = comparison.advice, comparison.expectation
    f = advice.activation
    if f.saturates != "both sides" or expectation is None:
        return
    share = expectation.saturated
    if share > _MUCH:
        c = mean_field(f, advice.sigma_w**2, advice.sigma_b**2).c
        yield (
            f"Such weights saturate {percent(share)} of the units: few carry the gradient, which "
            f"therefore scatters, and two inputs end with a correlation of {plain(c, 4)}."
        )
