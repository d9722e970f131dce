"""The verdict on the advice: what it keeps, how exact it has to be, and where it fails."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

import numpy as np

from gradtui.mathematics.wide.advice import SIGMA_W_RANGE, Advice
from gradtui.mathematics.wide.block_advice import BlockAdvice
from gradtui.mathematics.wide.block_path import BlockPath
from gradtui.mathematics.wide.mean_field import mean_field
from gradtui.models.finding import Finding, Kind
from gradtui.models.judging import RELIED_ON
from gradtui.models.network.block_causes import cause_of, stream_told
from gradtui.setup import Setup
from gradtui.views.init.comparison import CheckedWeights, Comparison, Comparisons
from gradtui.views.init.weights import RECIPES
from gradtui.wording import counted, factor, magnitude, percent, plain, share_of

_FAILS = math.log10(3.0)
"""Decades by which theory may be off before that is said."""
_UNCHANGED = 0.02
"""Decades of a gradient that is called so."""
_MUCH = 0.25
"""A share of saturated units that is worth mentioning."""
_NONE = "No σw from {} to {} is healthy at this σb, even at infinite width".format(
    *map(plain, SIGMA_W_RANGE)
)
"""Said of what was looked at: below it the eps of a norm may count."""


def finding(result: Comparisons, name: str) -> Finding | None:
    """The verdict on the advice for one activation; None until a network is drawn."""
    comparison = result.of(name)
    limit = comparison.subject.setup.log10_threshold
    kind = comparison.told.kind(limit)
    if kind is None:
        return None
    if comparison.block.plain:
        causes = [*_beside(comparison, limit), *_exactness(comparison), *_costs(comparison)]
    else:
        causes = [*_of_block(comparison), *_beside(comparison, limit), *_which(comparison)]
    return Finding(
        name,
        kind,
        _sentence(comparison, kind, limit),
        " ".join(causes),
        evidence=_evidence(comparison),
        remedy=None if kind is Kind.HEALTHY else comparison.remedy,
    )


def measures(result: Comparisons, name: str) -> Mapping[str, float]:
    """What is left with the weights that the verdict is about, in the median, and their σw."""
    comparison = result.of(name)
    best, limit = comparison.told, comparison.subject.setup.log10_threshold
    share = best.share(limit)
    return {
        "log10_left": best.known,
        "healthy_share": share.value if share.count else math.nan,
        "sigma_w": best.sigma_w,
    }


def _sentence(comparison: Comparison, kind: Kind, limit: float) -> str:
    """What the best weights keep, in how many of the networks."""
    setup, best, name = comparison.subject.setup, comparison.told, _named(comparison)
    layers = counted(setup.depth, comparison.subject.layer)
    if not comparison.settled:
        layers += " so far"
    which = f"{_called(best)}, σb = {plain(best.sigma_b)}"
    healthy = f"{magnitude(limit)} to {magnitude(-limit)} of the gradient"
    if not best.measured.size:
        if comparison.why_silent:
            return f"{name} over {layers}: theory does not say, and no network was drawn."
        left = f"in theory {share_of(best.log10_ratio, 'the gradient')} arrives"
        if best.forward(limit):
            left += f" and the stream grows {factor(best.stream)}"
        healthy = f"{magnitude(limit)} to {magnitude(-limit)}"
        return f"{name} {kind} over {layers} with {which}: {left}; healthy is {healthy}."
    share = best.share(limit)
    median = f"{factor(best.quantiles[1])} in the median"
    if best.forward(limit):
        healthy += f", and a stream below {magnitude(-limit)}"
        median += f", while the stream grows {factor(best.stream)}"
    kept = f"{share} keep{'s' * (share.count == 1)} {healthy}, {median}"
    if share.healthy == share.count:
        return f"{name} {kind} over {layers} with {which}: {kept}."
    rule = f"weights to rely on are healthy in {percent(RELIED_ON)} of them"
    if not (share.proven or share.refuted):
        tried = counted(share.count, "network")
        rule += f", and {tried} leave{'s' * (share.count == 1)} in doubt whether these are"
    if kind is Kind.HEALTHY:
        return f"{name} {kind} over {layers} with {which}: {kept}; {rule}."
    only = "only " if share.healthy else ""
    found = f"with the best weights found, {which}, {only}{kept}"
    return f"{name} {_failing(best, kind, limit, layers)}: {found}; {rule}."


def _named(comparison: Comparison) -> str:
    """The activation; in which blocks, where they are not plain or several are compared."""
    subject = comparison.subject
    if comparison.block.plain and comparison.name == subject.activation:
        return subject.activation
    return f"{subject.activation} in {subject.block}"


def _failing(best: CheckedWeights, kind: Kind, limit: float, layers: str) -> str:
    """What becomes of a gradient that is not healthy in enough of the networks.

    It scatters only where it vanishes in some and explodes in others.
    """
    if Kind.of(best.quantiles[1], limit) is not Kind.HEALTHY:
        return f"{kind} over {layers}"
    below, above = best.outside(limit)
    if best.forward(limit):
        many = "" if above == 1.0 else f" in {percent(above)} of the networks"
        return f"{kind} forward{many} over {layers}"
    if below and above:
        shares = f"vanishing in {percent(below)} of the networks, exploding in {percent(above)}"
        return f"scatters over {layers}, {shares}"
    if above:
        return f"explodes in {percent(above)} of the networks over {layers}"
    fails = "dies out" if np.mean(best.measured == -math.inf) == below else "vanishes"
    return f"{fails} in {percent(below)} of the networks over {layers}"


def _called(weights: CheckedWeights) -> str:
    if weights.names[0] in RECIPES:
        return f"{weights.label} (σw = {weights.sigma_w_text(4)})"
    if weights.orthogonal:
        return f"orthogonal weights of gain {plain(weights.sigma_w, 6)}"
    return f"σw = {plain(weights.sigma_w, 6)} (the gain)"


def _beside(comparison: Comparison, limit: float) -> Iterator[str]:
    """How the other way to draw weights of that size did, if that says more."""
    best, normal, orthogonal = comparison.told, comparison.normal, comparison.orthogonal
    if orthogonal is None:
        pass
    elif best is orthogonal:
        yield f"Normal weights of that size scatter more: {normal.share(limit)} are healthy."
    elif best is normal and orthogonal.measured.size and best.measured.size:
        share, own = orthogonal.share(limit), best.share(limit)
        if share.count == own.count and share.healthy > own.healthy:
            yield f"Orthogonal weights of this gain scatter less: {share} are healthy."
    if (theirs := comparison.theirs) is not None:
        kept = "the gradient unchanged"
        if abs(theirs.log10_ratio) > _UNCHANGED:
            kept = f"{factor(theirs.log10_ratio)} of the gradient left"
        yield (
            f"Where theory has {kept}, at {_called(theirs)}, only "
            f"{theirs.share(limit)} are healthy."
        )
    if comparison.wider is not None and comparison.advised is None:
        units, share = comparison.wider
        yield (
            f"With {counted(units, 'unit')} a layer and σw = {plain(comparison.advice.sigma_w, 6)} "
            f"{share} are healthy."
        )


def _evidence(comparison: Comparison) -> str:
    """The networks drawn, and what theory says of them."""
    best = comparison.told
    if comparison.not_simulated:
        return f"In theory, for infinite width; not simulated: {comparison.not_simulated}."
    if not best.measured.size:
        return ""
    setup = comparison.subject.setup
    low, _, high = map(factor, best.quantiles)
    keep = f"90 % keep {low} to {high}" if best.measured.size > 1 else "there is only one"
    a_layer_of = " a layer" if comparison.block.plain else ""
    drawn = f"Random networks of {setup.network.units_text}{a_layer_of}: {keep}."
    return " ".join(filter(None, (drawn, _theory(comparison, setup), comparison.why_fewer)))


def _theory(comparison: Comparison, setup: Setup) -> str:
    best, expectation, network = comparison.told, comparison.expectation, setup.network
    if comparison.why_silent:
        return f"Theory does not say: {comparison.why_silent}."
    text = f"Theory: {factor(best.log10_ratio)} for infinite width"
    here = math.nan if expectation is None else float(expectation.centre[0])
    if not network.plain:
        expected = best.log10_ratio
        if best is comparison.normal and math.isfinite(here) and abs(here - expected) > _UNCHANGED:
            expected = here
            text += f", {factor(here)} for {network.units_text}"
        apart = best.quantiles[1] - expected
        return f"{text}{': that fails here' if not abs(apart) <= _FAILS else ''}."
    if best is not comparison.normal or not math.isfinite(here):
        return f"{text}."
    apart = best.quantiles[1] - here
    fails = ": that fails here" if not abs(apart) <= _FAILS else ""
    return (
        f"{text}, {factor(here)} for {network.units_text} to first order in "
        f"depth/width, which is {plain(network.depth_over_width(setup.depth), 2)}{fails}."
    )


def _of_block(comparison: Comparison) -> Iterator[str]:
    """What the blocks make of the gradient, and of the stream."""
    best, expectation = comparison.told, comparison.expectation
    if best is comparison.normal and expectation is not None:
        yield cause_of(best.subject, expectation)
    if not comparison.block.skips or best.forward(comparison.subject.setup.log10_threshold):
        return
    path = None if expectation is None else expectation.path
    beside_input = np.zeros(2)  # where theory does not say where the stream begins
    signal = path.log10_stream if isinstance(path, BlockPath) and path.says else beside_input
    yield stream_told(best.subject, signal, best.stream)


def _which(comparison: Comparison) -> Iterator[str]:
    """Which other σw would do in these blocks, and why none does where that is so."""
    advice, setup = comparison.advice, comparison.subject.setup
    assert isinstance(advice, BlockAdvice)
    limit = setup.log10_threshold
    if setup.x == 0.0 and setup.plane.sigma_b == 0.0:
        yield "All inputs and biases are 0, so every z is."
    elif advice.why_silent:
        return
    elif not advice.possible:
        yield f"{_NONE}: {_why(advice)}."
    else:
        text = _range(comparison).removesuffix(".")
        if advice.bounds:
            text += f"; beyond it the stream grows more than {magnitude(-limit)}"
        yield f"{text}."
        if max(abs(advice.at_usual[0]), advice.at_usual[1]) > -limit:
            left, stream = map(factor, advice.at_usual)
            beside = f" and {stream} of the stream" if comparison.block.skips else ""
            usual = f"The usual σw, Kaiming's {plain(advice.usual, 4)},"
            yield f"{usual} would make {left} of the gradient{beside}."


def _why(advice: BlockAdvice) -> str:
    """Why no σw does."""
    limit = -math.log10(advice.threshold)
    left = advice.curve[1]
    if (left < -limit).all():
        return "whatever it is, too little of the gradient arrives"
    if (left > limit).all():
        return f"whatever it is, the gradient grows {factor(float(left.min()))} or more"
    if (advice.stream[abs(left) <= limit] > limit).all() and (abs(left) <= limit).any():
        return f"where it keeps the gradient, the stream grows more than {magnitude(limit)}"
    return "below some σw too little of the gradient arrives, above it too much"


def _exactness(comparison: Comparison) -> Iterator[str]:
    """Which other σw would do."""
    setup, advice = comparison.subject.setup, comparison.advice
    if setup.x == 0.0 and setup.plane.sigma_b == 0.0:
        yield "All inputs and biases are 0, so every z is."
    elif not advice.possible:
        vanishes = float(advice.curve[1].max()) < math.log10(advice.threshold)
        yield f"{_NONE}: " + (
            "whatever it is, too little of the gradient arrives."
            if vanishes
            else "below some σw the signal dies out, above it explodes, and nothing lies between."
        )
    elif advice.unstable:
        yield (
            f"σw would have to be right to {percent(advice.tolerance)}: below it the signal itself "
            "dies out, above it explodes."
        )
    else:
        yield _range(comparison)


def _range(comparison: Comparison) -> str:
    advice, best, setup = comparison.advice, comparison.best, comparison.subject.setup
    text = f"At infinite width any σw {_from_to(advice, comparison.block.skips)} is healthy"
    limit = setup.log10_threshold
    healthy = any(one.kind(limit) is Kind.HEALTHY for one in (best, *comparison.others))
    if healthy or not comparison.searched:
        return f"{text}."
    return f"{text}; with {setup.network.units_text} none is that was tried."


def _from_to(advice: Advice, skips: bool) -> str:
    """The healthy range; beyond what was looked at it goes on where there is a skip."""
    least, most = SIGMA_W_RANGE
    if not skips:
        return f"from {plain(advice.low, 4)} to {plain(advice.high, 4)}"
    if advice.low <= least:
        return "above 0" if advice.high >= most else f"up to {plain(advice.high, 4)}"
    upwards = "up" if advice.high >= most else f"to {plain(advice.high, 4)}"
    return f"from {plain(advice.low, 4)} {upwards}"


def _costs(comparison: Comparison) -> Iterator[str]:
    """What saturation costs, where weights are so large that there is much of it."""
    expectation = comparison.expectation
    f = comparison.advice.activation
    if f.saturates != "both sides" or expectation is None:
        return
    share = expectation.saturated(expectation.path.depth)
    if share > _MUCH:
        w, b = comparison.normal.sigma_w, comparison.normal.sigma_b
        c = mean_field(f, w * w, b * b).c
        end = "" if math.isnan(c) else f", and two inputs end with a correlation of {plain(c, 4)}"
        yield (
            f"Such weights saturate {percent(share)} of the units: few carry the gradient, which "
            f"therefore scatters{end}."
        )
