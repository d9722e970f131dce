"""Ways to draw weights, the advised one and the recipes in use: theory, and networks drawn."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from gradtui.errors import InputError
from gradtui.mathematics.spec import format_spec
from gradtui.mathematics.wide.advice import Advice, advise, log10_ratio
from gradtui.models import LAYERED
from gradtui.models.network.networks import layer_sigmas_of, theory
from gradtui.models.network.networks import log10_ratio as log10_left
from gradtui.models.subject import Subject
from gradtui.progress import Tick, part
from gradtui.setup import Setup
from gradtui.views.init.comparison import CheckedWeights

RECIPES = {
    "pytorch_linear": "P",
    "lecun_normal": "L",
    "xavier_normal": "X",
    "kaiming_normal": "K",
    "orthogonal": "O",
    "critical": "C",
}
"""The recipes that the advice is compared with, by the letters that they begin with."""

_MOST_FOR_A_RECIPE = 20
"""So many networks tell a recipe that fails; the advice is checked on all that are asked for."""
_WORK_A_PICTURE = 2_000_000
"""After so much work what was measured is shown, if it has doubled."""


# --------------------------------------------------------------------- theory


def advice_for(subject: Subject, followed: int | None, tick: Tick) -> Advice:
    """What theory advises; of a deep network as many layers as are `followed`."""
    setup = subject.setup
    return advise(
        subject.activation,
        setup.depth,
        setup.threshold,
        sigma_b=setup.plane.sigma_b,
        x=abs(setup.x),
        followed=followed,
        tick=tick,
    )


def advised_weights(subject: Subject, advice: Advice, wanted: int) -> CheckedWeights:
    """The setting that an advice comes to, to be measured on so many networks."""
    drawn = with_sigmas(subject, advice.sigma_w, advice.sigma_b)
    return CheckedWeights(
        ("advised",), "◆", drawn, advice.sigma_w, advice.sigma_b, advice.log10_ratio, wanted
    )


def with_sigmas(subject: Subject, sigma_w: float, sigma_b: float) -> Subject:
    """The same activation with normal weights of this σw and biases of this σb."""
    spec = format_spec("normal", {"sigma_w": sigma_w, "sigma_b": sigma_b})
    return subject.changed({"init": (spec,)})


def recipes_in_use(
    subject: Subject, sigma_w: float, followed: int | None, tick: Tick
) -> tuple[CheckedWeights, ...]:
    """The recipes in use for this activation, those that come to the same as one.

    Orthogonal weights get the advised gain and σb: they differ from the advice in nothing else.
    """
    setup = subject.setup
    sigma_b = setup.plane.sigma_b
    parameters = {
        "orthogonal": {"gain": sigma_w, "sigma_b": sigma_b},
        "critical": {"sigma_b2": sigma_b**2},
    }
    distinct: dict[tuple[float, float, bool], CheckedWeights] = {}
    for name, letter in RECIPES.items():
        drawn = subject.changed({"init": (format_spec(name, parameters.get(name, {})),)})
        try:
            sigmas = layer_sigmas_of(drawn)
        except InputError:  # it has no critical point here
            continue
        w, b = (math.sqrt(square) for square in sigmas.typical[:2])
        same = (round(w, 9), round(b, 9), name == "orthogonal")
        if same in distinct:
            distinct[same] = replace(distinct[same], names=(*distinct[same].names, name))
        else:
            wanted = min(setup.network.networks, _MOST_FOR_A_RECIPE)
            distinct[same] = CheckedWeights((name,), letter, drawn, w, b, math.nan, wanted)
    recipes = list(distinct.values())
    ws, bs = np.array([(recipe.sigma_w, recipe.sigma_b) for recipe in recipes]).T
    ratios = log10_ratio(
        subject.activation, ws, bs, setup.depth, abs(setup.x), followed=followed, tick=tick
    )
    return tuple(
        replace(recipe, log10_ratio=_own_ratio(recipe.subject, float(ratio)))
        for recipe, ratio in zip(recipes, ratios, strict=True)
    )


def _own_ratio(subject: Subject, ratio: float) -> float:
    """What theory says is left: that for one σw, or where layers differ, that for theirs."""
    found, setup = layer_sigmas_of(subject), subject.setup
    if found.alike:
        return ratio
    path = theory(subject.activation, *found.for_theory, setup.depth, abs(setup.x))
    return float(path.log10_grad_hidden[0])


# ----------------------------------------------------------------- simulation


def work_of(setup: Setup) -> float:
    """Of a network, in numbers that are drawn; a layer costs as much as some thousands of them."""
    return setup.network.weights(setup.depth) + 5000.0 * setup.depth


def measured(weights: CheckedWeights, tick: Tick) -> Iterator[CheckedWeights]:
    """What is left in the networks so far, whenever they are twice as many, and at the end.

    Raises:
        InputError: more memory than there is.
    """
    ratios: list[float] = []
    flow_of = LAYERED[weights.subject.setup.model].flow
    work, share = 0.0, 1.0 / weights.wanted
    for number in range(1, weights.wanted + 1):
        own = part(tick, (number - 1) * share, share)
        flow = flow_of(weights.subject, number, 1, tick=own)
        ratios.append(log10_left(flow))
        work += work_of(weights.subject.setup)
        doubled = work >= _WORK_A_PICTURE and number >= 2 * weights.measured.size
        if doubled or number == weights.wanted:
            work = 0.0
            weights = replace(weights, measured=np.sort(ratios))
            yield weights
