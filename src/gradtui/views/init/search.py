"""Better weights than those of the σw that theory advises, where these do not do."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from gradtui.errors import InputError
from gradtui.mathematics.wide.advice import log10_ratio
from gradtui.models.judging import RELIED_ON
from gradtui.models.network.networks import expectation_of
from gradtui.models.network.upwards import downwards, upwards
from gradtui.models.quantiles import quantiles
from gradtui.progress import Tick
from gradtui.views.init.comparison import CheckedWeights, Comparison, better_of
from gradtui.views.init.weights import left_in, measured_all, pair_of, seconds_of_all

_TRIALS, _FEWEST = 8, 4
"""On so many networks, or fewer, each σw is tried; the best is then measured on others."""
_TIME = 0.75
"""The share of the patience that this may take."""


def looked_further(comparison: Comparison, among: int, tick: Tick) -> Comparison | None:
    """The comparison with the best weights found further up or down; None where that is not needed.

    Args:
        comparison: with its networks measured.
        among: so many activations share the time.
        tick: is told that it goes on.
    """
    setup, limit = comparison.subject.setup, comparison.subject.setup.log10_threshold
    pair, count = comparison.weights[:2], comparison.normal.measured.size
    tried = upwards(comparison.advice)
    if any((one.measured == -np.inf).any() for one in pair):  # smaller z are flat more rarely
        tried = (*downwards(comparison.advice), *tried)
    if not (tried and count and pair[1].measured.size == count and comparison.advised is None):
        return None
    time = _TIME * setup.patience / among - count * seconds_of_all(pair)
    trials = min(_TRIALS, count, int(time / len(tried) / seconds_of_all(pair)))
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
        # what is chosen as the best of several looks better on the networks it was chosen by
        others = range(count + 1, count + trials + 1)
        best = max(found, key=lambda two: _merit(two, others, tick))
        better = measured_all(best[0], count, tick), measured_all(best[1], count, tick)
    except InputError:  # more memory than there is
        return None
    searched = replace(comparison, searched=True)
    share, old = better_of(*better).share(limit), comparison.best.share(limit)
    without_doubt = share.bounds[0] > old.bounds[1]
    if not (without_doubt or (share.value >= RELIED_ON and share.value > old.value)):
        return searched
    return replace(
        searched,
        weights=(*better, *comparison.weights[2:]),
        theirs=comparison.best,
        expectation=expectation_of(better[0].subject, tick),
    )


def _merit(
    ways: tuple[CheckedWeights, CheckedWeights], numbers: Iterable[int], tick: Tick
) -> tuple[int, int, float]:
    """How many of these networks are healthy, of the better way and of both.

    Among equals, how near the median is to 1.
    """
    ratios = np.array([[left_in(way.subject, at, tick) for at in numbers] for way in ways])
    healthy = np.count_nonzero(abs(ratios) <= -ways[0].subject.setup.log10_threshold, axis=1)
    return int(healthy.max()), int(healthy.sum()), -abs(float(quantiles(ratios.ravel())[1]))
