"""Better weights than those of the σw that theory advises, where these do not do."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from gradtui.errors import InputError
from gradtui.mathematics.wide.advice import log10_ratio
from gradtui.models.judging import RELIED_ON
from gradtui.models.network.networks import expectation_of
from gradtui.models.network.upwards import upwards
from gradtui.progress import Tick
from gradtui.views.init.comparison import CheckedWeights, Comparison, Share
from gradtui.views.init.weights import measured, pair_of, seconds_of_all

_TRIALS, _FEWEST = 16, 4
"""On so many networks, or fewer, each σw is tried; the best is then measured like the others."""
_TIME = 0.75
"""The share of the patience that this may take."""


def looked_further(comparison: Comparison, among: int, tick: Tick) -> Comparison | None:
    """The comparison with the best weights found further up; None where that is not needed.

    Args:
        comparison: with its networks measured.
        among: so many activations share the time.
        tick: is told that it goes on.
    """
    setup, limit = comparison.subject.setup, comparison.subject.setup.log10_threshold
    pair, count = comparison.weights[:2], comparison.normal.measured.size
    tried = upwards(comparison.advice)
    if not (tried and count and pair[1].measured.size == count and comparison.advised is None):
        return None
    time = _TIME * setup.patience / among - count * seconds_of_all(pair)
    trials = min(_TRIALS, count, int(time / len(tried) / seconds_of_all(pair[:1])))
    if trials < min(_FEWEST, count):
        return None
    b = comparison.advice.sigma_b
    w = np.array(tried)
    ratios = log10_ratio(comparison.name, w, np.full(w.shape, b), setup.depth, abs(setup.x))
    found = [
        pair_of(comparison.subject, sigma_w, b, float(ratio))
        for sigma_w, ratio in zip(tried, ratios, strict=True)
    ]
    try:
        best = max(found, key=lambda two: _merit(two[0], trials, tick))
        better = tuple(_measured(one, count, tick) for one in best)
    except InputError:  # more memory than there is
        return None
    searched = replace(comparison, searched=True)
    share, old = max((one.share(limit) for one in better), key=_value), comparison.best.share(limit)
    without_doubt = share.bounds[0] > old.bounds[1]
    if not (without_doubt or (share.value >= RELIED_ON and share.value > old.value)):
        return searched
    return replace(
        searched,
        weights=(*better, *comparison.weights[2:]),
        theirs=comparison.best,
        expectation=expectation_of(better[0].subject, tick),
    )


def _value(share: Share) -> float:
    return share.value


def _merit(weights: CheckedWeights, count: int, tick: Tick) -> tuple[int, float]:
    """How many of the first networks are healthy; among equals, how near their median is to 1."""
    tried = _measured(weights, count, tick)
    healthy = tried.share(weights.subject.setup.log10_threshold).healthy
    return healthy, -abs(tried.known)


def _measured(weights: CheckedWeights, count: int, tick: Tick) -> CheckedWeights:
    *_, known = measured(replace(weights, wanted=count), tick)
    return known
