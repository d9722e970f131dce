"""Better weights than those of the σw that theory advises, where these do not do."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np

from gradtui.errors import InputError
from gradtui.models.finding import Kind
from gradtui.models.judging import RELIED_ON
from gradtui.models.network.networks import expectation_of
from gradtui.models.network.upwards import downwards, upwards
from gradtui.models.quantiles import quantiles
from gradtui.progress import Tick, part
from gradtui.views.init.comparison import CheckedWeights, Comparison, better_of
from gradtui.views.init.weights import (
    left_in,
    measured_all,
    ratios_in_theory,
    seconds_of_all,
    ways_of,
)

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
    pair, count = comparison.ways, comparison.normal.measured.size
    if not pair or not count or comparison.advised is not None:
        return None
    tried = upwards(comparison.advice)
    flat = any((one.measured == -np.inf).any() for one in pair)  # smaller z are flat more rarely
    explode = comparison.block.skips and comparison.best.kind(limit) is Kind.EXPLODING
    if flat or explode:  # the smaller what a skip goes around, the less grows
        tried = (*downwards(comparison.advice), *tried)
    if not tried or any(one.measured.size != count for one in pair):
        return None
    time = _TIME * setup.patience / among - count * seconds_of_all(pair)
    trials = min(_TRIALS, count, int(time / len(tried) / seconds_of_all(pair)))
    if trials < min(_FEWEST, count):
        return None
    b = comparison.advice.sigma_b
    w = np.array(tried)
    still = part(tick, 0.0, 0.0)
    ratios, streams = ratios_in_theory(comparison.subject, w, np.full(w.shape, b), None, still)
    found = [
        ways_of(comparison.subject, sigma_w, b, float(ratio), float(stream))
        for sigma_w, ratio, stream in zip(tried, ratios, streams, strict=True)
    ]
    try:
        # what is chosen as the best of several looks better on the networks it was chosen by
        others = range(count + 1, count + trials + 1)
        best = max(found, key=lambda two: _merit(two, others, tick))
        better = tuple(measured_all(one, count, tick) for one in best)
    except InputError:  # more memory than there is
        return None
    searched = replace(comparison, searched=True)
    winner = better_of(*better) if len(better) > 1 else better[0]
    share, old = winner.share(limit), comparison.best.share(limit)
    without_doubt = share.bounds[0] > old.bounds[1]
    if not (without_doubt or (share.value >= RELIED_ON and share.value > old.value)):
        return searched
    return replace(
        searched,
        weights=(*better, *comparison.weights[len(better) :]),
        theirs=comparison.best,
        expectation=expectation_of(better[0].subject, tick),
    )


def _merit(
    ways: Sequence[CheckedWeights], numbers: Iterable[int], tick: Tick
) -> tuple[int, int, float]:
    """How many of these networks are healthy, of the better way and of both.

    Among equals, how near the median is to 1.
    """
    limit = ways[0].subject.setup.log10_threshold
    left = [[left_in(way.subject, at, tick) for at in numbers] for way in ways]
    healthy = [sum(one.kind(limit) is Kind.HEALTHY for one in networks) for networks in left]
    ratios = np.array([one.gradient for networks in left for one in networks])
    return max(healthy), sum(healthy), -abs(float(quantiles(ratios)[1]))
