"""The verdict on a spectrum: what becomes of a typical direction, why, and what helps."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping
from dataclasses import replace

import numpy as np

from gradtui.mathematics.activations import activation
from gradtui.mathematics.network.spectrum import Spectrum
from gradtui.models.finding import Finding, Kind, Remedy, digits_beside
from gradtui.models.inputs import usual_inputs
from gradtui.models.judging import are_most
from gradtui.models.network.block_remedies import blocks_to_try
from gradtui.models.network.cost import spectra_seconds_of, spectrum_seconds_of
from gradtui.models.patience import why_fewer
from gradtui.models.subject import Changes, Subject, first_that_helps
from gradtui.progress import Tick, part
from gradtui.setup import Setup
from gradtui.views.facts import stopping
from gradtui.views.spectrum.block_words import beside_theory, cause_in_blocks
from gradtui.views.spectrum.ensembles import (
    ORTHOGONAL,
    Pair,
    Pool,
    Spectra,
    depths_of,
    kind_of,
    networks_of,
    no_room,
    recipe,
    rounded,
    spectra_of,
    swells,
)
from gradtui.wording import counted, factor, magnitude, percent, plain, rate

_TRIALS, _MOST = 3, 20
"""On so many networks a remedy is tried, and on up to so many told as its command reports it."""
_DIGITS = 4
"""Of the numbers of a recipe that is offered."""
_ROUNDING = 1e-9
_SHARE = 0.05
"""The share of the time that trying it on one network may take."""


def finding(result: Spectra, subject: str) -> Finding:
    """The verdict on the weights that were chosen, and what the other kind would do."""
    setup, pair = result.setup, result.pair(subject)
    pool, other = pair.chosen.at(setup.depth), pair.other.at(setup.depth)
    called = f"{pair.subject.activation} with {pair.chosen.weights} weights"
    called += f" in {pair.subject.block}" if pair.of_blocks else ""
    if pool is None:
        return Finding(subject, Kind.HEALTHY, f"{called}: drawing the first network.", "")
    kind = kind_of(pool, pair.subject)
    remedy = result.remedies.get(subject)
    if remedy is not None:
        before = _median(pair.subject, pool)
        remedy = None if kind is Kind.HEALTHY else replace(remedy, before=before)
    sentence = _sentence(called, pair.subject, pool, kind)
    cause = (
        cause_in_blocks(pair, pool, other) if pair.of_blocks else _cause(setup, pair, pool, other)
    )
    return Finding(subject, kind, sentence, cause, _evidence(setup, pair, pool), remedy)


def measures(result: Spectra, subject: str) -> Mapping[str, float]:
    """The median singular value, how far directions are apart, and the share that survives."""
    setup = result.setup
    pool = result.pair(subject).chosen.at(setup.depth)
    if pool is None:
        return {}
    return {
        "log10_median": pool.median,
        "log10_root_mean_square": pool.root_mean_square,
        "log10_condition": pool.condition,
        "surviving": pool.surviving(setup.threshold),
    }


def _evidence(setup: Setup, pair: Pair, pool: Pool) -> str:
    """How many networks there are of each kind, and why no more."""
    count, asked = len(pool.spectra), setup.network.networks
    fewer = why_fewer(asked, networks_of(setup), spectra_seconds_of(setup))
    networks = counted(count, "network")
    kinds = f"with and {pair.other.without}" if pair.of_blocks else "of each kind"
    text = f"On {networks} of {setup.network.units_text} {kinds}. {fewer}".rstrip()
    return f"{text} {beside_theory(pair, pool)}" if pair.of_blocks else text


def _sentence(called: str, subject: Subject, pool: Pool, kind: Kind) -> str:
    setup, word = subject.setup, subject.layer
    limit, median = setup.log10_threshold, pool.median
    shares, layers = pool.shares(limit), counted(setup.depth, word)
    dead, which = shares.counts[Kind.DEAD], "of those that are not 0 " if pool.dead else ""
    every = f"every singular value of ∂a/∂x at {word} {setup.depth} is exactly 0"
    if dead == shares.total:
        return f"{called} dead: {every}."
    left = f"the median singular value of the others is {magnitude(median)}"
    if kind is Kind.DEAD and are_most(dead, shares.total):
        return f"{called} dead {shares.text('networks')}: there {every}; {left}."
    if kind is Kind.DEAD:
        zeros = f"{percent(pool.dead)} of the singular values of ∂a/∂x at {word} {setup.depth}"
        return f"{called} dead in most directions: {zeros} are exactly 0; {left}."
    if Kind.of(median, limit) is Kind.HEALTHY and swells(pool, subject):
        grown = pool.root_mean_square
        return (
            f"{called} {kind}: a gradient of random direction grows "
            f"{factor(grown, digits_beside(grown, limit))} through {layers}, the root mean square "
            f"of the singular values, though their median is {magnitude(median)}; healthy is "
            f"{kind.healthy_is(grown, limit)}."
        )
    if Kind.of(median, limit) is not kind:
        return (
            f"{called} {kind} {shares.text('networks')}, by the median singular value of each "
            f"through {layers}; that of all is {magnitude(median, digits_beside(median, limit))}."
        )
    return (
        f"{called} {kind}: the median singular value {which}through {layers} is "
        f"{magnitude(median, digits_beside(median, limit))}, and "
        f"{percent(pool.surviving(setup.threshold))} of the directions keep {magnitude(limit)} "
        f"or more; healthy is a median {kind.healthy_is(median, limit)}."
        + (f" {dead} of {counted(shares.total, 'network')} pass nothing." if dead else "")
    )


def _cause(setup: Setup, pair: Pair, pool: Pool, other: Pool | None) -> str:
    """How far directions drift apart, what the other kind does, and where σw stands."""
    parts, in_each = [], "" if pair.sigmas.alike else " in each layer"
    if pool.dead:
        parts.append(_zeros(setup, pair, pool))
    if pool.alive.size and setup.depth > 1:
        parts.append(
            f"{pair.chosen.weights} layers pull directions apart by "
            f"{rate(pool.condition / setup.depth)} each, to {magnitude(pool.condition)}"
            + (
                f"; {pair.other.weights} ones of the same σw{in_each} by "
                f"{rate(other.condition / setup.depth)}, to {magnitude(other.condition)}."
                if other is not None and other.alive.size
                else "."
            )
        )
        parts[-1] = parts[-1][0].upper() + parts[-1][1:]
    sigma_w, square = pair.sigma_w, len(set(setup.network.widths(setup.depth))) == 1
    if (
        square
        and pair.critical is not None
        and not math.isclose(sigma_w, pair.critical, rel_tol=0.005)
    ):
        where = "below" if sigma_w < pair.critical else "above"
        parts.append(f"σw = {plain(sigma_w)} is {where} the critical {plain(pair.critical)}.")
    return " ".join(parts)


def _zeros(setup: Setup, pair: Pair, pool: Pool) -> str:
    """What makes directions exactly 0: weights that are, layers too narrow, units where f′ is."""
    text = f"{percent(pool.dead)} of the directions are exactly 0"
    if pair.sigma_w == 0.0:
        return f"{text}: σw = 0, and so are all weights."
    widths, lost = setup.network.widths(setup.depth), no_room(pair.subject)
    at = int(np.argmin(widths))
    stops = f"in units whose {stopping(activation(pair.subject.activation))}"
    if not lost:
        return f"{text}: they end {stops}."
    units = counted(widths[at], "unit")
    narrow = f"layer {at} has {units} for the {widths[0]} directions of the input"
    if pool.dead <= lost + _ROUNDING:
        return f"{text}: {narrow}."
    return f"{text}: {percent(lost)} as {narrow}, the others end {stops}."


def _median(subject: Subject, pool: Pool) -> str:
    swollen = swells(pool, subject)
    grown = f" and root mean square {magnitude(pool.root_mean_square)}" if swollen else ""
    return (
        f"median {magnitude(pool.median)}{grown} at {subject.layer} {subject.setup.depth}, "
        f"{percent(pool.surviving(subject.setup.threshold))} survive"
    )


# ----------------------------------------------------------------- what helps


def remedy_of(pair: Pair, tick: Tick) -> Remedy | None:
    """The first change that networks, drawn to try it, confirm."""
    subject = pair.subject
    pool = pair.chosen.at(subject.setup.depth)
    if pool is None or kind_of(pool, subject) is Kind.HEALTHY:
        return None
    candidates = list(_candidates(pair))
    share, tried = 1.0 / max(len(candidates), 1), itertools.count()

    def heals(changed: Subject) -> str | None:
        if spectrum_seconds_of(changed) > _SHARE * changed.setup.patience:
            return None  # it could not be tried in the time that there is
        step, count = part(tick, share * next(tried), share), networks_of(changed.among)
        after = _drawn_to_try(changed, min(count, _TRIALS), step)
        if kind_of(after, changed) is not Kind.HEALTHY:
            return None
        if count > _MOST:
            return f"{_median(changed, after)} on {_TRIALS} networks"
        if count > _TRIALS:  # all that the command reports of
            after = _drawn_to_try(changed, count, part(step, 1.0, 0.0))
        healthy = kind_of(after, changed) is Kind.HEALTHY
        return _median(changed, after) if healthy else None

    return first_that_helps(subject, candidates, heals, _median(subject, pool))


def _drawn_to_try(changed: Subject, trials: int, tick: Tick) -> Pool:
    """The singular values of a few networks of a changed subject, at its last layer."""
    spectra: list[Spectrum] = []
    for number in range(trials):
        *_, last = spectra_of(changed, number + 1, part(tick, number / trials, 1 / trials))
        spectra.append(last)
    return Pool(spectra)


def _candidates(pair: Pair) -> Iterator[tuple[str, Changes]]:
    """Changes worth trying, the least intrusive first."""
    subject, sigma_b = pair.subject, rounded(pair.sigma_b, _DIGITS)
    own, gain = rounded(pair.sigma_w, _DIGITS), rounded(pair.gain, _DIGITS)
    inits = [recipe("orthogonal", gain=gain, sigma_b=sigma_b)]
    if pair.critical is not None:
        critical = rounded(pair.critical, _DIGITS)
        inits += [recipe("orthogonal", gain=critical, sigma_b=sigma_b),
                  recipe("normal", sigma_w=critical, sigma_b=sigma_b)]  # fmt: skip
    orthogonal = pair.sigmas.weights == ORTHOGONAL
    normal = recipe("normal", sigma_w=own, sigma_b=sigma_b)
    same = inits[0] if orthogonal else normal if pair.sigmas.alike else ""
    yield from usual_inputs(subject.setup)
    if pair.of_blocks:
        yield from blocks_to_try(subject)
    for init in dict.fromkeys(inits):
        if init not in (subject.init, same):
            yield f"init = {init}", {"init": (init,)}
    plain_one = recipe("orthogonal", gain=1.0, sigma_b=0.0)
    if not pair.of_blocks:
        yield from blocks_to_try(subject)
    if subject.activation != "tanh":
        yield f"tanh with {plain_one}", {"activations": ("tanh",), "init": (plain_one,)}
    for depth in reversed(depths_of(subject.setup.depth)[:-1]):
        yield f"depth = {depth}", {"depth": depth}
