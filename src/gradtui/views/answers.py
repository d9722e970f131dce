"""Which weights keep a gradient, beside the recipes in use, each checked on random networks."""

from __future__ import annotations

import math
from collections.abc import Generator, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from gradtui.errors import InputError
from gradtui.mathematics.activations import activation
from gradtui.mathematics.activations.record import Activation
from gradtui.mathematics.elementwise import Array
from gradtui.mathematics.initialisation.draw import MAX_WIDTH
from gradtui.mathematics.network.arrays import MAX_DEPTH
from gradtui.mathematics.spec import format_spec
from gradtui.mathematics.steps import finish, told
from gradtui.mathematics.wide.advice import (
    Advice,
    advise_steps,
    log10_ratio_steps,
    sufficient_width,
)
from gradtui.views.network_verdicts import among_others, kind_of
from gradtui.views.networks import QUANTILES, Network, flow_steps, network_of, sigmas_of
from gradtui.views.setup import Setup, log10_threshold
from gradtui.views.view import Kind, Remedy

RECIPES = {
    "pytorch_linear": "P",
    "lecun_normal": "L",
    "xavier_normal": "X",
    "kaiming_normal": "K",
    "orthogonal": "O",
    "critical": "C",
}
"""The recipes that the advice is compared with, by the letters that they begin with."""

HOLDS = 0.9
"""Advice holds where so large a share of the networks is healthy."""

_MOST_FOR_A_RECIPE = 20
"""So many networks tell a recipe that fails; the advice is checked on all that are asked for."""
_FOLLOWED = 300
"""Layers of the first answer for a deep network."""
_WORK_A_STEP = 2_000_000
"""After so much work the progress is told, and what is not wanted any more can stop."""
_TRIALS = 5, 20
"""A remedy is tried on at least and at most so many networks."""
_TRIAL_WORK = 6e7
"""So much work a trial may be: a second or two."""


@dataclass(frozen=True, eq=False)
class Choice:
    """One way to draw the weights: the advised one or a recipe, in theory and as measured.

    Attributes:
        names: the recipe's, several where they are one and the same in square layers.
        letter: where it stands in the picture.
        spec: what it is drawn with.
        sigma_w: its σw.
        sigma_b: its σb.
        log10_ratio: log10 of ‖∂L/∂a_0‖ / ‖∂L/∂a_L‖ at infinite width.
        wanted: how many networks are to be measured.
        measured: the same in the networks drawn, in order; -inf where nothing arrives.
    """

    names: tuple[str, ...]
    letter: str
    spec: str
    sigma_w: float
    sigma_b: float
    log10_ratio: float
    wanted: int = 0
    measured: Array = field(default_factory=lambda: np.empty(0))

    @property
    def label(self) -> str:
        """Its names as one text."""
        return ", ".join(name.removesuffix("_normal") for name in self.names)

    def quantiles(self) -> tuple[float, float, float]:
        """5 %, median and 95 % of what was measured."""
        # Observed values, never a mean of two: half-way to an exact zero is no number.
        ranks = [max(math.ceil(share * self.measured.size), 1) for share in QUANTILES]
        low, median, high = (float(self.measured[rank - 1]) for rank in ranks)
        return low, median, high

    @property
    def known(self) -> float:
        """The measured median, else what theory says."""
        return self.quantiles()[1] if self.measured.size else self.log10_ratio

    def kind(self, log10_limit: float) -> Kind:
        """What becomes of the gradient, in the median."""
        return kind_of(self.known, log10_limit)

    def healthy(self, log10_limit: float) -> int:
        """In how many of the networks it stays between the threshold and its inverse."""
        return int(np.count_nonzero(abs(self.measured) <= -log10_limit))

    def holds(self, log10_limit: float) -> bool:
        """Whether it does in all but a few."""
        return self.healthy(log10_limit) >= HOLDS * self.measured.size


@dataclass(frozen=True, eq=False)
class Answer:
    """The advice for one activation.

    Attributes:
        name: the activation.
        advice: what theory says.
        advised: the setting that it comes to, and how it did.
        recipes: what it is compared with, for the focused activation.
        network: what theory says of it at this width, once that is known.
        remedy: what helps where it does not hold.
        not_simulated: why it could not be checked, where it could not.
    """

    name: str
    advice: Advice
    advised: Choice
    recipes: tuple[Choice, ...] = ()
    network: Network | None = None
    remedy: Remedy | None = None
    not_simulated: str = ""

    @property
    def width_that_holds(self) -> float:
        """From which width on 95 % of networks keep the threshold, to leading order."""
        if self.network is None:
            return math.nan
        n_beta = float(self.network.path.log_variance(self.network.width)[0] * self.network.width)
        return sufficient_width(n_beta, self.advice.log10_ratio, self.advice.threshold)


@dataclass(frozen=True, eq=False)
class Answers:
    """One for each activation; the recipes stand with the focused one."""

    setup: Setup
    of: tuple[Answer, ...]
    progress: float

    def answer(self, name: str) -> Answer:
        """That of one activation."""
        return next(one for one in self.of if one.name == name)

    @property
    def focused(self) -> Answer:
        """That of the focused one."""
        return self.answer(self.setup.focused)


def run(setup: Setup) -> Iterator[Answers]:
    """The theory at once, then networks drawn to check it, then a remedy where it fails.

    Raises:
        InputError: a depth that no network can have.
    """
    if setup.depth > MAX_DEPTH:
        raise InputError(
            "depth", setup.depth, f"at most {MAX_DEPTH:,} for a network", "try a smaller depth"
        )
    followed = min(setup.depth, _FOLLOWED)
    answers = [finish(_theory_steps(setup, name, followed)) for name in setup.activations]
    yield Answers(setup, tuple(answers), 0.0)
    work = _Work(setup, answers)
    if setup.depth > _FOLLOWED:
        for index, name in enumerate(setup.activations):
            answers[index] = yield from told(_theory_steps(setup, name), work.now)
    for part in (work.simulate, work.remedy):
        for index in range(len(answers)):
            yield from part(index)
    yield Answers(setup, tuple(answers), 1.0)


# --------------------------------------------------------------------- theory


def _theory_steps(
    setup: Setup, name: str, followed: int | None = None
) -> Generator[float, None, Answer]:
    f, x, b = activation(name), abs(setup.x), setup.sigma_b
    advice = yield from advise_steps(
        f, setup.depth, setup.threshold, sigma_b=b, x=x, followed=followed
    )
    spec = format_spec("normal", {"sigma_w": advice.sigma_w, "sigma_b": b})
    advised = Choice(("advised",), "●", spec, advice.sigma_w, b, advice.log10_ratio, setup.networks)
    recipes: tuple[Choice, ...] = ()
    if name == setup.focused:
        recipes = yield from _recipe_steps(setup, f, advice.sigma_w, followed)
    return Answer(name, advice, advised, recipes)


def _recipe_steps(
    setup: Setup, f: Activation, sigma_w: float, followed: int | None
) -> Generator[float, None, tuple[Choice, ...]]:
    """The recipes in use for this activation, those that come to the same as one.

    Orthogonal weights get the advised gain and σb: they differ from the advice in nothing else.
    """
    b = setup.sigma_b
    given = {
        "orthogonal": {"gain": sigma_w, "sigma_b": b},
        "critical": {"sigma_b2": b**2},
    }
    found: dict[tuple[float, float, bool], Choice] = {}
    for name, letter in RECIPES.items():
        spec = format_spec(name, given.get(name, {}))
        try:
            sigmas = sigmas_of(setup, f.spec, spec)
        except InputError:  # it has no critical point here
            continue
        w, b = math.sqrt(sigmas.sigma_w2), math.sqrt(sigmas.sigma_b2)
        same = (round(w, 9), round(b, 9), name == "orthogonal")
        if same in found:
            found[same] = replace(found[same], names=(*found[same].names, name))
        else:
            wanted = min(setup.networks, _MOST_FOR_A_RECIPE)
            found[same] = Choice((name,), letter, spec, w, b, math.nan, wanted)
    choices = list(found.values())
    ws, bs = np.array([(one.sigma_w, one.sigma_b) for one in choices]).T
    ratios = yield from log10_ratio_steps(f, ws, bs, setup.depth, abs(setup.x), followed)
    return tuple(
        replace(one, log10_ratio=float(ratio)) for one, ratio in zip(choices, ratios, strict=True)
    )


# ----------------------------------------------------------------- simulation


def _work(setup: Setup) -> float:
    """Of a network, in numbers that are drawn; a layer costs as much as some thousands of them."""
    return setup.depth * (setup.units**2 + 5000.0)


class _Work:
    """The simulation: it puts what it finds into the answers, and tells how far it is."""

    def __init__(self, setup: Setup, answers: list[Answer]) -> None:
        self._setup, self._answers = setup, answers
        self._limit = log10_threshold(setup)
        self._networks = sum(c.wanted for one in answers for c in (one.advised, *one.recipes))
        self._done = 0

    def now(self, _: object = None) -> Answers:
        """What is known."""
        # The last percent is for the remedies.
        return Answers(self._setup, tuple(self._answers), 0.99 * self._done / self._networks)

    def simulate(self, index: int) -> Iterator[Answers]:
        """The advised setting of one activation, then each of its recipes."""
        answer = self._answers[index]
        network = network_of(self._setup, answer.name, answer.name, answer.advised.spec)
        answer = self._answers[index] = replace(answer, network=network)
        try:
            for ratios in self._measured(self._setup, answer.name, answer.advised):
                if ratios is not answer.advised.measured:
                    answer = replace(answer, advised=replace(answer.advised, measured=ratios))
                    self._answers[index] = answer
                yield self.now()
            for place, choice in enumerate(answer.recipes):
                for ratios in self._measured(self._setup, answer.name, choice):
                    recipes = list(answer.recipes)
                    if ratios is not recipes[place].measured:
                        recipes[place] = replace(choice, measured=ratios)
                        answer = self._answers[index] = replace(answer, recipes=tuple(recipes))
                    yield self.now()
        except InputError as error:  # more memory than there is
            self._answers[index] = replace(answer, not_simulated=str(error))

    def _measured(self, setup: Setup, name: str, choice: Choice) -> Iterator[Array]:
        """What is left in the networks so far, told whenever they are twice as many."""
        ratios: list[float] = []
        told = choice.measured
        work = _work(setup)
        since = 0.0
        for count in range(1, choice.wanted + 1):
            before = 0.0
            for share in _collected(setup, name, choice.spec, count, ratios):
                since, before = since + max(share - before, 0.0) * work, share
                if since >= _WORK_A_STEP:
                    since = 0.0
                    if len(ratios) >= 2 * told.size:
                        told = np.sort(ratios)
                    yield told
            self._done += setup is self._setup
        yield np.sort(ratios)

    # ------------------------------------------------------------- remedies

    def remedy(self, index: int) -> Iterator[Answers]:
        """What helps where the advice does not hold, tried out."""
        answer = self._answers[index]
        if not answer.advised.measured.size or answer.advised.holds(self._limit):
            return
        for label, changes in _candidates(self._setup, answer):
            changed = self._setup.with_(**changes)
            trials = min(int(_TRIAL_WORK / _work(changed)), _TRIALS[1])
            if trials < _TRIALS[0]:
                continue
            changed = changed.with_(networks=trials)
            name = changes.get("activations", (answer.name,))[0]
            tried = (yield from told(_theory_steps(changed, name), self.now)).advised
            for ratios in self._measured(changed, name, tried):
                tried = replace(tried, measured=ratios)
                yield self.now()
            if tried.holds(self._limit):
                before, after = (self._share(one) for one in (answer.advised, tried))
                kept = among_others(self._setup, answer.name, "", changes)
                remedy = Remedy(label, kept, before, after)
                self._answers[index] = replace(answer, remedy=remedy)
                return

    def _share(self, choice: Choice) -> str:
        return f"{choice.healthy(self._limit)} of {choice.measured.size} networks are healthy"


def _collected(
    setup: Setup, name: str, init: str, count: int, into: list[float]
) -> Generator[float, None, None]:
    """Draw that network, and add to the list what is left of the gradient at its input."""
    flow = yield from flow_steps(setup, name, init, count, 1)
    into.append(float(flow.log10_grad_hidden[0] - flow.log10_grad_hidden[-1]))


def _candidates(setup: Setup, answer: Answer) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Changes worth trying, the least intrusive first."""
    width = answer.width_that_holds
    for times in () if answer.advice.unstable else (1.0, 2.0):
        if setup.units < times * width <= MAX_WIDTH:
            units = 2 ** math.ceil(math.log2(times * width))
            yield f"units = {units}", {"units": units}
    wider = min(4 * setup.units, MAX_WIDTH)
    for sigma_b in (0.5, 1.0, 1.5) if answer.advice.unstable else ():
        if setup.sigma_b < sigma_b <= setup.sigma_b_range[1]:
            yield f"sigma_b = {sigma_b:g}", {"sigma_b": sigma_b}
            both = {"sigma_b": sigma_b, "units": wider}
            yield f"sigma_b = {sigma_b:g} with units = {wider}", both
    for share in (2, 4, 8):
        if setup.depth >= 2 * share:
            yield f"depth = {setup.depth // share}", {"depth": setup.depth // share}
    for other in ("tanh", "relu"):
        if other != answer.name:
            yield other, {"activations": (other,)}
            yield f"{other} with units = {wider}", {"activations": (other,), "units": wider}
