"""Ways to draw weights, the advised one and the recipes in use: theory, and networks drawn."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from gradtui.errors import InputError
from gradtui.mathematics.elementwise import Array
from gradtui.mathematics.spec import format_spec
from gradtui.mathematics.wide.advice import Advice, advise, log10_ratio
from gradtui.mathematics.wide.block_advice import BlockAdvice, advise_blocks, why_silent
from gradtui.mathematics.wide.block_path import BlockPath
from gradtui.mathematics.wide.block_ratios import block_ratios
from gradtui.models import LAYERED
from gradtui.models.finding import Kind
from gradtui.models.network.blocks import block_of, inputs_of, stream_of, with_stream
from gradtui.models.network.cost import seconds_of
from gradtui.models.network.networks import expectation_of, layer_sigmas_of, theory
from gradtui.models.network.networks import log10_ratio as log10_left
from gradtui.models.patience import within
from gradtui.models.subject import Subject
from gradtui.progress import Tick, part
from gradtui.setup import Setup
from gradtui.views.init.comparison import CheckedWeights

RECIPES = {
    "pytorch_linear": "P",
    "lecun_normal": "L",
    "xavier_normal": "X",
    "kaiming_normal": "K",
    "critical": "C",
}
"""The recipes that the advice is compared with, by the letters that they begin with."""

_WORK_A_PICTURE = 2_000_000
"""After so much work what was measured is shown, if it has doubled."""


# --------------------------------------------------------------------- theory


def advice_for(subject: Subject, followed: int | None, tick: Tick) -> Advice:
    """What theory advises; of a deep network as many layers as are `followed`."""
    setup, block = subject.setup, block_of(subject)
    if not block.plain:
        return advise_blocks(
            block,
            subject.activation,
            setup.depth,
            setup.threshold,
            sigma_b=setup.plane.sigma_b,
            x=abs(setup.x),
            batch=setup.network.batch,
            followed=followed,
            tick=tick,
        )
    return advise(
        subject.activation,
        setup.depth,
        setup.threshold,
        sigma_b=setup.plane.sigma_b,
        x=abs(setup.x),
        followed=followed,
        tick=tick,
    )


def advised_weights(subject: Subject, advice: Advice) -> tuple[CheckedWeights, ...]:
    """Normal weights of the σw that is advised, and orthogonal ones of that gain.

    In square layers they differ in nothing else, and theory says the same of both. Of blocks the
    normal ones alone, for not all of their matrices are square; none where theory does not say.
    """
    if not isinstance(advice, BlockAdvice):
        return ways_of(subject, advice.sigma_w, advice.sigma_b, advice.log10_ratio)
    if advice.why_silent:
        return ()
    ratio, stream = advice.log10_ratio, advice.log10_stream
    return ways_of(subject, advice.sigma_w, advice.sigma_b, ratio, stream)


def ways_of(
    subject: Subject, w: float, b: float, ratio: float, stream: float = 0.0
) -> tuple[CheckedWeights, ...]:
    """Normal weights of this σw, and orthogonal ones of that gain; with what theory says."""
    normal = with_sigmas(subject, w, b)
    if not block_of(subject).plain:
        return (CheckedWeights(("normal",), "N", normal, w, b, ratio, log10_stream=stream),)
    spec = format_spec("orthogonal", {"gain": w, "sigma_b": b})
    orthogonal = subject.changed({"init": (spec,)})
    return (
        CheckedWeights(("normal",), "N", normal, w, b, ratio),
        CheckedWeights(("orthogonal",), "O", orthogonal, w, b, _own_ratio(orthogonal, w, ratio)),
    )


def with_sigmas(subject: Subject, sigma_w: float, sigma_b: float) -> Subject:
    """The same activation with normal weights of this σw and biases of this σb."""
    spec = format_spec("normal", {"sigma_w": sigma_w, "sigma_b": sigma_b})
    return subject.changed({"init": (spec,)})


def recipes_in_use(
    subject: Subject, followed: int | None, tick: Tick
) -> tuple[CheckedWeights, ...]:
    """The recipes in use for this activation, those that come to the same as one."""
    setup = subject.setup
    parameters = {"critical": {"sigma_b2": setup.plane.sigma_b**2}}
    distinct: dict[tuple[float, float], CheckedWeights] = {}
    for name, letter in RECIPES.items():
        drawn = subject.changed({"init": (format_spec(name, parameters.get(name, {})),)})
        try:
            sigmas = layer_sigmas_of(drawn)
        except InputError:  # it has no critical point here
            continue
        w, b = (math.sqrt(square) for square in sigmas.typical[:2])
        same = round(w, 9), round(b, 9)
        if same in distinct:
            distinct[same] = replace(distinct[same], names=(*distinct[same].names, name))
        else:
            distinct[same] = CheckedWeights((name,), letter, drawn, w, b, math.nan)
    recipes = list(distinct.values())
    if not block_of(subject).plain:
        return tuple(_in_blocks(recipe, followed, tick) for recipe in recipes)
    ws, bs = np.array([(recipe.sigma_w, recipe.sigma_b) for recipe in recipes]).T
    ratios, _ = ratios_in_theory(subject, ws, bs, followed, tick)
    return tuple(
        replace(recipe, log10_ratio=_own_ratio(recipe.subject, recipe.sigma_w, float(ratio)))
        for recipe, ratio in zip(recipes, ratios, strict=True)
    )


def _in_blocks(recipe: CheckedWeights, followed: int | None, tick: Tick) -> CheckedWeights:
    """What theory says of a recipe in blocks, whose matrices it may give several σw.

    In a first answer for many blocks, of the typical one.
    """
    subject = recipe.subject
    if followed is not None and followed < subject.setup.depth:
        w, b = np.array([recipe.sigma_w]), np.array([recipe.sigma_b])
        left, grown = ratios_in_theory(subject, w, b, followed, tick)
        return replace(recipe, log10_ratio=float(left[0]), log10_stream=float(grown[0]))
    path = expectation_of(subject, tick).path
    assert isinstance(path, BlockPath)
    stream = stream_of(subject, path.log10_stream)
    return replace(recipe, log10_ratio=float(path.log10_grad_hidden[0]), log10_stream=stream)


def ratios_in_theory(
    subject: Subject, w: Array, b: Array, followed: int | None, tick: Tick
) -> tuple[Array, Array]:
    """log10 of what is left of the gradient for arrays of σw and σb, and of the stream.

    nan where theory does not say.
    """
    setup, block, x = subject.setup, block_of(subject), abs(subject.setup.x)
    name, depth = subject.activation, setup.depth
    if block.plain:
        left = log10_ratio(name, w, b, depth, x, followed=followed, tick=tick)
        return left, np.zeros(w.shape)
    if why_silent(block, inputs_of(subject)):
        return np.full(w.shape, math.nan), np.zeros(w.shape)
    left, grown = block_ratios(block, name, w, b, depth=depth, x=x, followed=followed, tick=tick)
    return left, grown if block.skips else np.zeros(w.shape)


def _own_ratio(subject: Subject, w: float, ratio: float) -> float:
    """What theory says is left: that for this σw, or where that of a layer is another, for theirs.

    So it is where layers differ, and of orthogonal weights where there are more units than below.
    """
    found, setup = layer_sigmas_of(subject), subject.setup
    if found.alike and math.isclose(math.sqrt(found.typical.sigma_w2), w, rel_tol=1e-9):
        return ratio
    path = theory(subject.activation, *found.for_theory, setup.depth, abs(setup.x))
    return float(path.log10_grad_hidden[0])


# ----------------------------------------------------------------- simulation


def work_of(setup: Setup) -> float:
    """Of a network, in numbers that are drawn; a layer costs as much as some thousands of them."""
    return setup.network.weights(setup.depth) + 5000.0 * setup.depth


def networks_of(setup: Setup, seconds: float, among: int = 1) -> int:
    """How many networks are drawn in each way: as asked for, or as many as there is time for.

    Args:
        setup: with the patience, which several activations share.
        seconds: what one network in each way takes.
        among: so many activations.
    """
    return within(setup.network.networks, setup.patience / among, seconds)


def seconds_of_all(ways: Sequence[CheckedWeights]) -> float:
    """What one network in each of these ways takes."""
    return sum(seconds_of(way.subject) for way in ways)


def measured(weights: CheckedWeights, tick: Tick) -> Iterator[CheckedWeights]:
    """What is left in the networks so far, whenever they are twice as many, and at the end.

    Raises:
        InputError: more memory than there is.
    """
    work, share = 0.0, 1.0 / weights.wanted
    found: list[Left] = []
    for number in range(1, weights.wanted + 1):
        found.append(left_in(weights.subject, number, part(tick, (number - 1) * share, share)))
        work += work_of(weights.subject.setup)
        doubled = work >= _WORK_A_PICTURE and number >= 2 * weights.measured.size
        if doubled or number == weights.wanted:
            work = 0.0
            ratios, streams = map(np.array, zip(*found, strict=True))
            weights = replace(weights, measured=ratios, streams=streams)
            yield weights


def measured_all(weights: CheckedWeights, count: int, tick: Tick) -> CheckedWeights:
    """The same with so many networks measured.

    Raises:
        InputError: more memory than there is.
    """
    *_, known = measured(replace(weights, wanted=count), tick)
    return known


class Left(NamedTuple):
    """What is left in a network.

    Attributes:
        gradient: log10 of ‖∂L/∂a_0‖ / ‖∂L/∂a_L‖.
        stream: log10 of the stream after the last block beside the input; 0 without a skip.
    """

    gradient: float
    stream: float = 0.0

    def kind(self, log10_limit: float) -> Kind:
        """Healthy if the gradient is and the stream does not grow beyond bounds."""
        return with_stream(Kind.of(self.gradient, log10_limit), self.stream, log10_limit)


def left_in(subject: Subject, number: int, tick: Tick) -> Left:
    """What is left in the network with this number.

    Raises:
        InputError: more memory than there is.
    """
    flow = LAYERED[subject.setup.model].flow(subject, number, inputs_of(subject), tick=tick)
    return Left(log10_left(flow), stream_of(subject, flow.log10_hidden))
