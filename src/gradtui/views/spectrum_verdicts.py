"""The verdict on a spectrum: what becomes of a typical direction, why, and what helps."""

from __future__ import annotations

import math
from collections.abc import Generator, Iterator, Mapping
from dataclasses import replace
from typing import Any

from gradtui.mathematics.network.spectrum import Spectrum
from gradtui.views.network_verdicts import among_others
from gradtui.views.setup import Setup, log10_threshold
from gradtui.views.spectra import (
    Ensemble,
    Pair,
    Pool,
    Spectra,
    depths_of,
    networks_of,
    recipe,
    rounded,
    spectra_steps,
)
from gradtui.views.view import Finding, Kind, Remedy
from gradtui.views.wording import magnitude, percent, plain, rate

_TRIALS = 3
"""On so many networks a remedy is tried before it is offered."""


def kind_of(pool: Pool, log10_limit: float) -> Kind:
    """What becomes of a typical direction, of those that are not exactly 0."""
    median = pool.median
    if median == -math.inf:
        return Kind.DEAD
    if median < log10_limit:
        return Kind.VANISHING
    return Kind.EXPLODING if median > -log10_limit else Kind.HEALTHY


def finding(result: Spectra, subject: str) -> Finding:
    """The verdict on the weights that were chosen, and what the other family would do."""
    setup, pair = result.setup, result.pair(subject)
    pool, other = pair.chosen.at(setup.depth), pair.other.at(setup.depth)
    called = f"{pair.activation} with {pair.chosen.weights} weights"
    if pool is None:
        return Finding(subject, Kind.HEALTHY, f"{called}: drawing the first network.", "")
    kind = kind_of(pool, log10_threshold(setup))
    remedy = result.remedies.get(subject)
    if remedy is not None:
        remedy = None if kind is Kind.HEALTHY else replace(remedy, before=_median(setup, pool))
    sentence, cause = _sentence(called, setup, pool, kind), _cause(setup, pair, pool, other)
    return Finding(subject, kind, sentence, cause, remedy)


def _sentence(called: str, setup: Setup, pool: Pool, kind: Kind) -> str:
    if kind is Kind.DEAD:
        return f"{called} dead: every singular value of ∂a/∂x at layer {setup.depth} is exactly 0."
    limit = log10_threshold(setup)
    low = kind is Kind.VANISHING or (kind is Kind.HEALTHY and pool.median < 0)
    healthy = f"above {magnitude(limit)}" if low else f"below {magnitude(-limit)}"
    which = "of those that are not 0 " if pool.dead else ""
    return (
        f"{called} {kind}: the median singular value {which}through {setup.depth} layers is "
        f"{magnitude(pool.median)}, and {percent(pool.surviving(setup.threshold))} of the "
        f"directions keep {magnitude(limit)} or more; healthy is a median {healthy}."
    )


def _cause(setup: Setup, pair: Pair, pool: Pool, other: Pool | None) -> str:
    """How far directions drift apart, what the other family does, and where σw stands."""
    parts = []
    if pool.dead:
        parts.append(f"{percent(pool.dead)} of the directions are exactly 0: units are off.")
    if pool.alive.size and setup.depth > 1:
        parts.append(
            f"{pair.chosen.weights} layers pull directions apart by "
            f"{rate(pool.condition / setup.depth)} each, to {magnitude(pool.condition)}"
            + (
                f"; {pair.other.weights} ones of the same σw by "
                f"{rate(other.condition / setup.depth)}, to {magnitude(other.condition)}."
                if other is not None and other.alive.size
                else "."
            )
        )
        parts[-1] = parts[-1][0].upper() + parts[-1][1:]
    sigma_w = math.sqrt(pair.sigmas.sigma_w2)
    if pair.critical is not None and not math.isclose(sigma_w, pair.critical, rel_tol=0.005):
        where = "below" if sigma_w < pair.critical else "above"
        parts.append(f"σw = {plain(sigma_w)} is {where} the critical {plain(pair.critical)}.")
    return " ".join(parts)


def remedy_steps(setup: Setup, pair: Pair) -> Generator[None, None, Remedy | None]:
    """The first change that networks, drawn to try it, confirm."""
    limit = log10_threshold(setup)
    pool = pair.chosen.at(setup.depth)
    if pool is None or kind_of(pool, limit) is Kind.HEALTHY:
        return None
    for label, changes in _candidates(setup, pair):
        changed = setup.with_(**changes).clamped()
        name = changes.get("activations", (pair.activation,))[0]
        init = changes.get("init", (pair.chosen.init,))[0]
        tried = Ensemble("", init)
        for count in range(1, min(networks_of(changed), _TRIALS) + 1):
            for step in spectra_steps(changed, name, init, count):
                if isinstance(step, Spectrum):
                    tried = tried.with_(step)
                yield
        after = tried.at(changed.depth)
        if after is not None and kind_of(after, limit) is Kind.HEALTHY:
            changes = among_others(setup, pair.activation, pair.init, changes)
            return Remedy(label, changes, _median(setup, pool), _median(changed, after))
    return None


def _median(setup: Setup, pool: Pool) -> str:
    return (
        f"median {magnitude(pool.median)} at layer {setup.depth}, "
        f"{percent(pool.surviving(setup.threshold))} survive"
    )


def _candidates(setup: Setup, pair: Pair) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Changes worth trying, the least intrusive first."""
    sigma_b = rounded(math.sqrt(pair.sigmas.sigma_b2))
    inits = [pair.ensembles[1].init]
    if pair.critical is not None:
        inits += [recipe("orthogonal", gain=rounded(pair.critical), sigma_b=sigma_b),
                  recipe("normal", sigma_w=rounded(pair.critical), sigma_b=sigma_b)]  # fmt: skip
    for init in inits:
        if init not in (pair.init, pair.chosen.init):
            yield f"init = {init}", {"init": (init,)}
    orthogonal = recipe("orthogonal", gain=1.0, sigma_b=0.0)
    if pair.activation != "tanh":
        yield f"tanh with {orthogonal}", {"activations": ("tanh",), "init": (orthogonal,)}
    for depth in reversed(depths_of(setup.depth)[:-1]):
        yield f"depth = {depth}", {"depth": depth}
