"""What helps a recurrent cell remember: changes tried on the cells that their commands draw."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from itertools import product

from gradtui.mathematics.pieces import turn
from gradtui.mathematics.recurrent.arrays import GATED
from gradtui.mathematics.recurrent.cell_recipes import cell_initialisation
from gradtui.models.finding import Kind, Remedy
from gradtui.models.inputs import usual_inputs
from gradtui.models.judging import RELIED_ON
from gradtui.models.patience import within
from gradtui.models.recurrent.cells import cell_of, flow_of, horizon_of, recipe_of
from gradtui.models.recurrent.cost import (
    FEW,
    cells_drawn,
    refuse_beyond_time,
    seconds_found,
    seconds_of,
    trying,
)
from gradtui.models.recurrent.memory import Gathered, Memory
from gradtui.models.recurrent.verdict import bias_for, said
from gradtui.models.subject import Changes, Subject, first_that_helps, subjects_of
from gradtui.progress import Tick, halves, part
from gradtui.wording import plain

_HOPELESS = 3
"""Where so many are ill and none is healthy the next change is tried."""

_USUAL_SCALE, _USUAL_INPUT = 1.0, 1.0
_KEEPING = "orthogonal", "identity"

_TUNED = 500
"""Over more steps no gain but 1 holds: what it is off by is raised to their number."""

_KEPT = 0.5, 0.9
"""Of what goes along c alone so much is to be left, where the threshold is too little."""


_WITH_GATES = "orthogonal", "pytorch", "keras"
"""Weights with which a forget bias alone keeps what goes along c, in this order of how often."""


def remedies_of(memories: Sequence[Memory], tick: Tick) -> list[Remedy | None]:
    """What helps each of them; None where nothing ails, or nothing was found in time.

    They share the time: the cheap ones go first, and what one leaves is the others'.
    """
    found: list[Remedy | None] = [None] * len(memories)
    ill = [at for at, memory in enumerate(memories) if memory.kind is not Kind.HEALTHY]
    left = trying([memory.subject for memory in memories])
    ill.sort(key=lambda at: seconds_found(memories[at].subject))
    for done, at in enumerate(ill):
        tries = _Trying(left / (len(ill) - done))
        found[at] = _remedy(memories[at], tries, turn(tick, done, len(ill)))
        left -= tries.spent
    return found


def _remedy(memory: Memory, tries: _Trying, tick: Tick) -> Remedy | None:
    """The first change that is tried and found to help."""
    attempts, subject = halves(tick), memory.subject

    def heals(changed: Subject) -> str | None:
        step = next(attempts)
        step(0.0)
        return tries.tried(changed, step)

    before = said(memory.judgement, memory.shares, memory.lag_judged)
    return first_that_helps(subject, _candidates(memory), heals, before)


class _Trying:
    """Trying changes on the cells that their commands draw."""

    def __init__(self, seconds: float) -> None:
        """All of it may take so long."""
        self._seconds, self.spent = seconds, 0.0

    def tried(self, changed: Subject, tick: Tick) -> str | None:
        """What the command reports, if most cells are found healthy; of how many, if not of all.

        Raises:
            InputError: the change cannot be for all that are compared, or takes too long.
        """
        changed.among.recurrent.check(changed.among)
        subjects = subjects_of(changed.among, "recurrent")
        refuse_beyond_time(subjects)
        gathered = Gathered(changed)
        drawn = self._healed(gathered, subjects, tick)
        if drawn is None:
            return None
        tried = Memory(changed, gathered.measured())
        if tried.kind is not Kind.HEALTHY or tried.judgement.kind is not Kind.HEALTHY:
            return None
        text, shares = said(tried.judgement, tried.shares, tried.lag_judged), tried.shares
        if shares is not None:
            text += f", healthy in {shares.counts[Kind.HEALTHY]} of {shares.total} cells"
        if tried.measured.cells < drawn:
            text += f", the first of {drawn:,}: there was no time to try more"
        return text

    def _healed(self, gathered: Gathered, subjects: Sequence[Subject], tick: Tick) -> int | None:
        """How many its command draws, if it is to be relied on in these, or the first of them."""
        setup, seconds = gathered.subject.setup, seconds_of(gathered.subject)
        asked = setup.recurrent.draws
        few = min(within(asked, setup.patience, sum(map(seconds_of, subjects))), FEW)
        left = self._seconds - self.spent
        if few * seconds > left:
            return None
        try:
            if not _heals(gathered, few, part(tick, 0.0, 0.5)):
                return None
            drawn = cells_drawn(subjects)
            if drawn < few or drawn * seconds > left:
                return drawn if drawn >= few else None
            return drawn if _heals(gathered, drawn, part(tick, 0.5, 0.5)) else None
        finally:
            self.spent += len(gathered.rows) * seconds_found(gathered.subject)


def _heals(gathered: Gathered, total: int, tick: Tick) -> bool:
    """Whether it is to be relied on in so many cells, those before among them."""
    known = len(gathered.rows)
    ill = sum(gathered.judged(row).kind is not Kind.HEALTHY for row in gathered.rows)
    for number in range(known + 1, total + 1):
        own = turn(tick, number - known - 1, total - known)
        gathered.add(flow_of(gathered.subject, number, own))
        ill += gathered.judged(gathered.rows[-1]).kind is not Kind.HEALTHY
        if ill > (1.0 - RELIED_ON) * total or ill == number == _HOPELESS:
            return False
    return True


def _candidates(memory: Memory) -> Iterator[tuple[str, Changes]]:
    """Changes worth trying: inputs, weights, biases, and only then another cell, a shorter way."""
    subject, explodes = memory.subject, memory.kind is Kind.EXPLODING
    others = [*usual_inputs(subject.setup)]
    at_once = abs(subject.setup.x) > _USUAL_INPUT or memory.kind is Kind.DEAD
    yield from others if at_once else ()
    if subject.setup.recurrent.input_scale > _USUAL_SCALE:
        yield _scaled(_USUAL_SCALE)
    if cell_of(subject) in GATED:
        yield from _opened(memory)
        yield from _inits(subject, ("orthogonal", f"chrono({_t_max(memory)})"))
        yield from _both(_inits(subject, _WITH_GATES), _biases(memory)[1:])
        yield from _both(_biases(memory), _smaller_inputs(subject))
        opened = _both(_inits(subject, _WITH_GATES), _biases(memory)[:1])
        yield from _both(opened, _smaller_inputs(subject))
    else:
        if memory.kind is Kind.VANISHING and _keeps_lengths(subject):
            yield from _smaller_inputs(subject)
        yield from _weights(subject)
    yield from () if at_once else others
    if explodes:
        yield from _truncations(memory)
    for cell in ("lstm", "gru") if cell_of(subject) not in GATED else ():
        for label, changes in _opened(memory):
            yield f"{cell}, {label}", {"cells": (cell,), **changes}
    yield from _shorter(memory)


def _both(
    some: Iterable[tuple[str, Changes]], others: Iterable[tuple[str, Changes]]
) -> Iterator[tuple[str, Changes]]:
    """Each of some with each of others."""
    for (one, changes), (other, more) in product(some, others):
        yield f"{one}, {other}", {**changes, **more}


def _scaled(scale: float) -> tuple[str, Changes]:
    return f"input scale = {plain(scale)}", {"input_scale": scale}


def _smaller_inputs(subject: Subject) -> Iterator[tuple[str, Changes]]:
    """Inputs that leave f or the gates more alone."""
    if abs(subject.setup.x) > _USUAL_INPUT:
        yield from usual_inputs(subject.setup)
    for scale in (_USUAL_SCALE, 0.1, 0.01, 0.001, 0.0001):
        if scale < subject.setup.recurrent.input_scale:
            yield _scaled(scale)


def _inits(subject: Subject, recipes: tuple[str, ...]) -> Iterator[tuple[str, Changes]]:
    for recipe in recipes:
        spec = cell_initialisation(recipe).spec
        if spec != recipe_of(subject):
            yield f"init = {spec}", {"cell_init": (spec,)}


def _keeps_lengths(subject: Subject) -> bool:
    """Whether W makes every gradient longer or shorter by one factor, so that the rest is f′."""
    return cell_initialisation(recipe_of(subject)).scheme.name in _KEEPING


def _weights(subject: Subject) -> Iterator[tuple[str, Changes]]:
    """Other recurrent weights for a vanilla RNN; gains that make up for f′ do so for one length."""
    yield from _inits(subject, (*_KEEPING, "radius(1)", "sigma_max(1)"))
    yield from _both(_inits(subject, _KEEPING), _smaller_inputs(subject))
    if horizon_of(subject.setup) > _TUNED:
        return
    recipes = (
        *(f"orthogonal({gain})" for gain in ("1.2", "1.5", "2", "4")),
        *(f"radius({radius})" for radius in ("1.2", "1.5", "2", "0.9")),
    )
    yield from _inits(subject, recipes)


def _opened(memory: Memory) -> Iterator[tuple[str, Changes]]:
    """Forget biases, with weights that leave the gates alone in between: what helps most often.

    What fails with its own weights often fails after twenty cells, and others' after three.
    """
    biases = _biases(memory)
    own, least = _but_its_own(biases, memory.subject), biases[:1]
    yield from own[:1]
    yield from _both(_inits(memory.subject, _WITH_GATES[:1]), least)
    yield from own[1:2]
    yield from _both(_inits(memory.subject, _WITH_GATES[1:]), least)
    yield from own[2:]


def _biases(memory: Memory) -> list[tuple[str, Changes]]:
    """Forget biases for this length: σ(b)^T is the threshold, or more; the least first."""
    limit = memory.log10_limit
    lefts = limit, *(kept for kept in map(math.log10, _KEPT) if kept > limit)
    biases = [math.ceil(100.0 * bias_for(left, memory.horizon)) / 100.0 for left in lefts]
    return [(f"forget bias = {bias:g}", {"forget_bias": bias}) for bias in biases if bias > 0.0]


def _but_its_own(
    biases: Sequence[tuple[str, Changes]], subject: Subject
) -> list[tuple[str, Changes]]:
    own = subject.setup.recurrent.forget_bias if cell_of(subject) in GATED else None
    return [one for one in biases if one[1]["forget_bias"] != own]


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
            yield f"remember fewer steps: steps = {steps}", {"steps": steps, "truncate": 0}
