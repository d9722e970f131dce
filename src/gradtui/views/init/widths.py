"""How wide layers have to be where theory's σw does not do in those that there are."""

from __future__ import annotations

import math

from gradtui.errors import InputError
from gradtui.mathematics.initialisation.record import MAX_WIDTH
from gradtui.mathematics.wide.advice import sufficient_width
from gradtui.mathematics.wide.path import GradientPath
from gradtui.models.judging import RELIED_ON
from gradtui.models.network.cost import seconds_of
from gradtui.models.network.networks import expectation_of
from gradtui.progress import Tick
from gradtui.views.init.comparison import Comparison, Share
from gradtui.views.init.weights import advised_weights, measured_all

_TIMES = 1.0, 1.5, 2.0
"""So many times the width of leading order are tried."""
_TIME = 0.1
"""The share of the patience that trying one width may take."""
_FEWEST = 20
"""On fewer networks nothing is said."""


def width_that_holds(comparison: Comparison) -> float:
    """From which width on 95 % of networks keep the threshold, to leading order.

    NaN where there is no one width, or where no width helps.
    """
    network, advice = comparison.subject.setup.network, comparison.advice
    if network.listed or not network.plain or advice.unstable or not advice.possible:
        return math.nan
    normal, *_ = advised_weights(comparison.subject, advice)
    units = network.width
    path = expectation_of(normal.subject).path
    assert isinstance(path, GradientPath)
    n_beta = float(path.log_variance(units)[0] * units)
    return sufficient_width(n_beta, advice.log10_ratio, advice.threshold)


def wide_enough(comparison: Comparison, among: int, tick: Tick) -> tuple[int, Share] | None:
    """The least width tried in which theory's normal weights do, and in how many networks.

    Args:
        comparison: with its networks measured.
        among: so many activations share the time.
        tick: is told that it goes on.
    """
    setup, limit = comparison.subject.setup, comparison.subject.setup.log10_threshold
    width = width_that_holds(comparison)
    if comparison.advised is not None or not comparison.best.measured.size:
        return None
    units = [math.ceil(times * width) for times in _TIMES if times * width <= MAX_WIDTH]
    for enough in (n for n in units if n > setup.network.width):
        normal, *_ = advised_weights(
            comparison.subject.changed({"units": enough}), comparison.advice
        )
        affordable = int(_TIME * setup.patience / among / seconds_of(normal.subject))
        count = min(setup.network.networks, affordable)
        if count < min(_FEWEST, setup.network.networks):
            return None
        try:
            share = measured_all(normal, count, tick).share(limit)
        except InputError:  # more memory than there is
            return None
        if share.value >= RELIED_ON:
            return enough, share
    return None
