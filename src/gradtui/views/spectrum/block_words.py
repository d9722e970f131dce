"""What is said of the spectra of blocks: why directions are lost, and what the skip changed."""

from __future__ import annotations

import math

from gradtui.mathematics.activations import activation
from gradtui.views.facts import stopping
from gradtui.views.spectrum.ensembles import Pair, Pool
from gradtui.wording import magnitude, percent, rate

_LEVEL = 0.005
"""Decades: within 1 % of 1 a direction is as long as it was."""
_ROUNDING = 1e-9


def cause_in_blocks(pair: Pair, pool: Pool, other: Pool | None) -> str:
    """What is lost, how far the others lie apart, and what it was without the skip."""
    parts = [_zeros(pair, pool), _scale(pool), _apart(pair, pool), _without(pair, other)]
    return " ".join(part for part in parts if part)


def beside_theory(pair: Pair, pool: Pool) -> str:
    """The root mean square of a network, which is all that theory says something of."""
    if math.isnan(pair.theory):
        return "Of these singular values theory does not say anything."
    says = "Of how singular values spread in blocks theory does not say; "
    measured, foretold = magnitude(pool.root_mean_square), magnitude(pair.theory)
    return f"{says}their root mean square is {measured}, in infinite width {foretold}."


def _zeros(pair: Pair, pool: Pool) -> str:
    if not pool.dead:
        return ""
    text = f"{percent(pool.dead)} of the directions are exactly 0"
    if pair.sigma_w == 0.0 and pool.dead == 1.0:
        return f"{text}: σw = 0, and so are all weights."
    units = f"in units whose {stopping(activation(pair.subject.activation))}"
    if pair.chosen.norm != "layer":
        return f"{text}: they end {units}."
    shift = "a layer norm of the stream passes no shift of all units alike"
    if pool.dead <= 1.0 / pair.subject.setup.network.width + _ROUNDING:
        return f"{text}: {shift}."
    return f"{text}: {shift}, and the others end {units}."


def _scale(pool: Pool) -> str:
    if math.isnan(pool.scale):
        return ""
    return (
        "The norms of the stream divide its scale out: one direction, which their eps alone "
        f"keeps, has {magnitude(pool.scale)} and is left aside in what follows."
    )


def _apart(pair: Pair, pool: Pool) -> str:
    if not pool.alive.size or pair.subject.setup.depth == 1:
        return ""
    if max(map(abs, pool.ends)) < _LEVEL and not pool.dead:
        return "Every direction keeps its length: an isometry."
    word = pair.subject.layer
    return (
        f"The largest and the smallest lie {magnitude(pool.condition)} apart, "
        f"{rate(pool.condition / pair.subject.setup.depth)} a {word}."
    )


def _without(pair: Pair, other: Pool | None) -> str:
    if other is None:
        return ""
    name = pair.other.without.capitalize()
    if not other.alive.size:
        return f"{name} nothing passes."
    lost = f"{percent(other.dead)} of the directions are exactly 0; of the others "
    return (
        f"{name} {lost if other.dead else ''}the median is {magnitude(other.median)}, and they lie "
        f"{magnitude(other.condition)} apart."
    )
