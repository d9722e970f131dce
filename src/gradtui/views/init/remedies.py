"""What helps where no weights of the advised size do, tried out."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np

from gradtui.mathematics.initialisation.record import MAX_WIDTH
from gradtui.mathematics.wide.block_advice import BlockAdvice
from gradtui.models.finding import Kind, Remedy
from gradtui.models.inputs import usual_inputs
from gradtui.models.judging import RELIED_ON
from gradtui.models.network.block_remedies import blocks_to_try
from gradtui.models.network.blocks import block_of
from gradtui.models.network.cost import seconds_of
from gradtui.models.subject import Changes, Subject, first_that_helps
from gradtui.models.wording import a_layer
from gradtui.progress import Tick, part
from gradtui.setup import implied
from gradtui.views.init.comparison import CheckedWeights, Comparison, Comparisons, Share
from gradtui.views.init.weights import (
    Left,
    advice_for,
    advised_weights,
    left_in,
    networks_of,
    recipes_in_use,
    seconds_of_all,
    work_of,
)
from gradtui.views.init.widths import width_that_holds
from gradtui.wording import TRYING, counted, factor, foretold

_MOST = 100
"""A remedy is confirmed on so many networks at most, until there is no doubt."""
_LEAST = 20
"""On fewer no doubt is said to be gone: whoever looks after each one sees it go by chance."""
_TRIAL_WORK = 3e8
"""So much work a trial may be: some seconds."""
_FIRST, _HOPELESS = 8, 0.6
"""A trial ends where after so many networks even the upper bound of their share is below this."""
_SIGMA_B = (0.5, 1.0, 1.5)
_THEORY = {False: 1.5e-3, True: 1e-2}
"""Seconds of a block's theory, with a norm over a batch or not: of all σw that are looked at."""
_TIME = 0.5
"""The share of the patience that trying all of them may take."""


class _Time:
    """What is left of the seconds that trying may take."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds


def foretold_next(result: Comparisons) -> str:
    """That looking for what helps takes long, once it is known of which it is to be looked for."""
    if not all(one.settled for one in result.each):
        return ""
    ill = [one for one in result.each if one.advised is None and one.best.measured.size]
    return foretold(TRYING, sum(map(_most_seconds_of, ill)), most=True)


def _most_seconds_of(comparison: Comparison) -> float:
    """The seconds that trying every change can take."""
    subject = comparison.subject
    candidates = ({**changes, "init": ("normal",)} for _, changes in _candidates(comparison))
    tried = map(subject.changed, candidates)
    return min(_TIME * subject.setup.patience, sum(2.0 * _MOST * seconds_of(one) for one in tried))


def remedy_of(comparison: Comparison, tick: Tick) -> Remedy | None:
    """The first change after which weights do, without doubt; None if some do already."""
    limit = comparison.subject.setup.log10_threshold
    if comparison.advised is not None or not comparison.best.measured.size:
        return None
    still = part(tick, 0.0, 0.0)  # how many candidates there will be is not known
    before = _in_words(comparison.best.share(limit))
    candidates = _candidates(comparison)
    time = _Time(_TIME * comparison.subject.setup.patience)
    return first_that_helps(
        comparison.subject, candidates, lambda changed: _tried(changed, time, still), before
    )


def _in_words(share: Share) -> str:
    are = "is" if share.count == 1 else "are"
    return f"{share.healthy} of {counted(share.count, 'network')} {are} healthy"


def _tried(changed: Subject, time: _Time, tick: Tick) -> str | None:
    """What the command for a change will report, if that is that its weights do.

    It draws the networks that the command draws, and then others until a bound of their share is
    clear: the first of several changes that seems to do may do so by chance.
    """
    if not block_of(changed).plain:
        time.seconds -= changed.setup.depth * _THEORY[block_of(changed).in_batch]
        if time.seconds < 0.0:
            return None
    advice = advice_for(changed, None, tick)
    silent = isinstance(advice, BlockAdvice) and advice.why_silent
    if not (advice.possible or silent):
        return None
    ways = advised_weights(changed, advice)
    compared = (*ways, *recipes_in_use(changed, None, tick))
    count = networks_of(changed.setup, seconds_of_all(compared))
    kept: list[tuple[CheckedWeights, _Reported]] = []
    # The second if the first do not, or not for sure, as the command does; without advice every
    # recipe, the best of which it reports.
    for weights in ways or compared:
        if (found := _reported(weights, count, time, tick)) is not None:
            kept.append((weights, found))
            if ways and found.proven:
                break
    if not kept:
        return None
    if silent:
        best, reported = max(kept, key=lambda one: one[1].merit)
    else:
        best, reported = next((one for one in kept if one[1].proven), kept[0])
    if not _confirmed(best, count, time, tick):
        return None
    return _in_words(reported.share) + _by_block(changed, reported)


class _Reported(NamedTuple):
    """What the command will report of some weights: a share, and the medians beside it."""

    share: Share
    gradient: float
    stream: float

    @property
    def proven(self) -> bool:
        """Whether there is no doubt of the share."""
        return self.share.proven

    @property
    def merit(self) -> tuple[int, float]:
        """By which the command chooses among recipes."""
        return self.share.healthy, -abs(self.gradient)


def _by_block(changed: Subject, reported: _Reported) -> str:
    """What a block does to the gradient, and the blocks to the stream, where there is a skip."""
    if not block_of(changed).skips:
        return ""
    each = a_layer(reported.gradient, changed.setup.depth)
    return f" ({each} a block, the stream {factor(reported.stream)})"


def _reported(weights: CheckedWeights, count: int, time: _Time, tick: Tick) -> _Reported | None:
    """The share in so many networks; None if they do not do, or if there is no time to know it."""
    known, found = Share(0, 0), list[Left]()
    for known in _drawn(weights, range(1, count + 1), time, tick, found):
        if known.count - known.healthy > (1.0 - RELIED_ON) * count or _hopeless(known):
            return None
    if known.count != count:
        return None
    gradient, stream = (float(np.median(numbers)) for numbers in zip(*found, strict=True))
    return _Reported(known, gradient, stream)


def _confirmed(weights: CheckedWeights, count: int, time: _Time, tick: Tick) -> bool:
    """Whether other networks than the first ones leave no doubt that these weights do."""
    most = max(count, min(int(_TRIAL_WORK / work_of(weights.subject.setup)), _MOST))
    known = Share(0, 0)
    for known in _drawn(weights, range(count + 1, count + most + 1), time, tick):
        if _hopeless(known) or (known.count >= _LEAST and (known.proven or known.refuted)):
            break
    return known.count > 0 and known.proven


def _hopeless(share: Share) -> bool:
    return share.count >= _FIRST and share.bounds[1] < _HOPELESS


def _drawn(
    weights: CheckedWeights,
    numbers: Iterable[int],
    time: _Time,
    tick: Tick,
    found: list[Left] | None = None,
) -> Iterator[Share]:
    """The share in these networks, after each; ends where there is no time for the next.

    What is left in each is added to `found`, if given.
    """
    limit, one, healthy = weights.subject.setup.log10_threshold, seconds_of(weights.subject), 0
    for count, number in enumerate(numbers, 1):
        time.seconds -= one
        if time.seconds < 0.0:
            return
        left = left_in(weights.subject, number, tick)
        healthy += left.kind(limit) is Kind.HEALTHY
        if found is not None:
            found.append(left)
        yield Share(healthy, count)


def _candidates(comparison: Comparison) -> Iterator[tuple[str, Changes]]:
    """Changes worth trying, the least intrusive first; another activation last."""
    setup = comparison.subject.setup
    yield from usual_inputs(setup)
    yield from blocks_to_try(comparison.subject)
    units, depth, listed = setup.network.width, setup.depth, setup.network.listed
    width = width_that_holds(comparison)
    for times in (1.0, 2.0):
        if units < times * width <= MAX_WIDTH:
            enough = 2 ** math.ceil(math.log2(times * width))
            yield f"units = {enough}", {"units": enough}
    wider = min(4 * units, MAX_WIDTH)
    for sigma_b in _SIGMA_B:
        if setup.plane.sigma_b < sigma_b:
            changes = {"sigma_b": sigma_b, **implied(setup, "sigma_b", sigma_b)}
            yield f"σb = {sigma_b:g}", changes
            if not listed:
                yield f"σb = {sigma_b:g} with units = {wider}", {**changes, "units": wider}
    for share in () if listed else (2, 4, 8):
        if depth >= 2 * share:
            yield f"depth = {depth // share}", {"depth": depth // share}
    for other in ("tanh", "relu"):
        if other != comparison.subject.activation:
            yield other, {"activations": (other,)}
            if not listed:
                yield f"{other} with units = {wider}", {"activations": (other,), "units": wider}
