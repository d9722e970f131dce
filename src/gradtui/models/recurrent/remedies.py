"""What helps a recurrent cell remember: changes tried on the cells that their commands draw."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import product

from gradtui.mathematics.recurrent.arrays import GATED
from gradtui.mathematics.recurrent.cell_recipes import cell_initialisation
from gradtui.models.finding import Kind, Remedy
from gradtui.models.inputs import usual_inputs
from gradtui.models.judging import RELIED_ON
from gradtui.models.recurrent.cells import cell_of, flow_of, recipe_of
from gradtui.models.recurrent.cost import cells_drawn, seconds_of
from gradtui.models.recurrent.memory import Gathered, Memory
from gradtui.models.recurrent.verdict import bias_for, said
from gradtui.models.subject import Changes, Subject, first_that_helps, subjects_of
from gradtui.progress import Tick, halves, part

_FILTER = 20
"""On so many of the cells that its command draws a change is tried before all of them are."""

_SHARE = 0.2
"""The share of the time for trying that the first cells of one change may take."""

_TRYING = 0.25
"""The share of all time that trying may take, of all that is compared together."""

_KEPT = 0.5, 0.9
"""Of what goes along c alone so much is to be left, where the threshold is too little."""


def remedy_of(memory: Memory, tick: Tick) -> Remedy | None:
    """The first change that is tried and found to help; None where nothing ails."""
    if memory.kind is Kind.HEALTHY:
        return None
    attempts, subject = halves(tick), memory.subject
    subjects = subjects_of(subject.among, "recurrent")
    trying = _Trying(_TRYING * subject.setup.patience / len(subjects))

    def heals(changed: Subject) -> str | None:
        step = next(attempts)
        step(0.0)
        return trying.tried(changed, step)

    before = said(memory.judgement, memory.shares, memory.lag_judged)
    return first_that_helps(subject, _candidates(memory), heals, before)


class _Trying:
    """Trying changes on the cells that their commands draw."""

    def __init__(self, seconds: float) -> None:
        """All of it may take so long."""
        self._each, self._left = _SHARE * seconds, seconds

    def tried(self, changed: Subject, tick: Tick) -> str | None:
        """What the command reports, if most cells are found healthy; of how many, if not of all.

        Raises:
            InputError: the change cannot be for all that are compared, or takes too long.
        """
        changed.among.recurrent.check(changed.among)
        drawn = cells_drawn(subjects_of(changed.among, "recurrent"))
        gathered, seconds = Gathered(changed), seconds_of(changed)
        try:
            healed = self._healed(gathered, drawn, seconds, tick)
        finally:
            self._left -= len(gathered.rows) * seconds
        if not healed:
            return None
        tried = Memory(changed, gathered.measured())
        if tried.kind is not Kind.HEALTHY or tried.judgement.kind is not Kind.HEALTHY:
            return None
        text, shares = said(tried.judgement, tried.shares, tried.lag_judged), tried.shares
        if shares is not None:
            text += f", healthy in {shares.counts[Kind.HEALTHY]} of {shares.total} cells"
        if tried.measured.cells < drawn:
            first = "the first" if shares is not None else "in the first"
            text += f", {first} of {drawn:,}: there was no time to try more"
        return text

    def _healed(self, gathered: Gathered, drawn: int, seconds: float, tick: Tick) -> bool:
        """Whether it is to be relied on in the first few cells, and in all if there is time."""
        few = min(drawn, _FILTER, max(int(self._each / seconds), 1))
        if few * seconds > self._left:
            return False
        if not _heals(gathered, range(1, few + 1), part(tick, 0.0, few / drawn)):
            return False
        if drawn * seconds > self._left:
            return True
        rest = part(tick, few / drawn, 1.0 - few / drawn)
        return _heals(gathered, range(few + 1, drawn + 1), rest)


def _heals(gathered: Gathered, numbers: range, tick: Tick) -> bool:
    """Whether it is to be relied on in all cells up to the last of these, with those before."""
    total = numbers.stop - 1
    ill = sum(gathered.judged(row).kind is not Kind.HEALTHY for row in gathered.rows)
    for index, number in enumerate(numbers):
        own = part(tick, index / len(numbers), 1.0 / len(numbers))
        gathered.add(flow_of(gathered.subject, number, own))
        ill += gathered.judged(gathered.rows[-1]).kind is not Kind.HEALTHY
        if ill > (1.0 - RELIED_ON) * total:
            return False
    return True


def _candidates(memory: Memory) -> Iterator[tuple[str, Changes]]:
    """Changes worth trying: inputs, weights, biases, and only then another cell, a shorter way."""
    subject, explodes = memory.subject, memory.kind is Kind.EXPLODING
    setup = subject.setup
    yield from usual_inputs(setup)
    if cell_of(subject) in GATED:
        yield from _biases(memory)
        yield from _inits(subject, ("orthogonal", f"chrono({_t_max(memory)})"))
        for (init, weights), (bias, biases) in product(
            _inits(subject, ("orthogonal",)), _biases(memory)
        ):
            yield f"{init}, {bias}", {**weights, **biases}
    else:
        yield from _weights(subject)
    if explodes:
        yield from _truncations(memory)
    for cell in ("lstm", "gru") if cell_of(subject) not in GATED else ():
        for label, changes in _biases(memory):
            yield f"{cell}, {label}", {"cells": (cell,), **changes}
    yield from _shorter(memory)


def _inits(subject: Subject, recipes: tuple[str, ...]) -> Iterator[tuple[str, Changes]]:
    for recipe in recipes:
        spec = cell_initialisation(recipe).spec
        if spec != recipe_of(subject):
            yield f"init = {spec}", {"cell_init": (spec,)}


def _weights(subject: Subject) -> Iterator[tuple[str, Changes]]:
    """Other recurrent weights for a vanilla RNN, also with inputs that leave f more alone."""
    recipes = (
        "orthogonal",
        "identity",
        "radius(1)",
        "sigma_max(1)",
        *(f"orthogonal({gain})" for gain in ("1.2", "1.5", "2", "4")),
        *(f"radius({radius})" for radius in ("1.2", "1.5", "2", "0.9")),
    )
    yield from _inits(subject, recipes)
    scale = subject.setup.recurrent.input_scale
    for smaller in (0.1, 0.01):
        if smaller >= scale:
            continue
        for recipe in ("orthogonal", "identity"):
            spec = cell_initialisation(recipe).spec
            label = f"init = {spec}, input scale = {smaller}"
            yield label, {"cell_init": (spec,), "input_scale": smaller}


def _biases(memory: Memory) -> Iterator[tuple[str, Changes]]:
    """Forget biases for this length: σ(b)^T is the threshold, or more."""
    for left in (memory.log10_limit, *map(math.log10, _KEPT)):
        bias = math.ceil(100.0 * bias_for(left, memory.horizon)) / 100.0
        if bias > 0.0 and bias != memory.subject.setup.recurrent.forget_bias:
            yield f"forget bias = {bias:g}", {"forget_bias": bias}


def _t_max(memory: Memory) -> int:
    """The T of chrono, which is to be as long as what is to be remembered."""
    return max(memory.horizon, 3)


def _truncations(memory: Memory) -> Iterator[tuple[str, Changes]]:
    """Fewer steps back, where a gradient explodes on a longer way."""
    for share in (2, 4, 8):
        if steps := memory.horizon // share:
            yield f"truncate = {steps}", {"truncate": steps}


def _shorter(memory: Memory) -> Iterator[tuple[str, Changes]]:
    """Fewer steps: half as many, and so on."""
    for share in (2, 4, 8, 16):
        if steps := memory.horizon // share:
            yield f"steps = {steps}", {"steps": steps, "truncate": 0}
