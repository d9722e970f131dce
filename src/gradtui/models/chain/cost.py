"""What random chains cost, and how many of them are drawn in the time that there is."""

from __future__ import annotations

from gradtui.setup import Loss, Setup
from gradtui.setup.shared import LEAST_PATIENCE
from gradtui.wording import duration, foretold

_LAYER = 8e-6
"""Seconds of a layer, on one core of an ordinary machine of 2025, rounded up."""
_DRAWING = 0.75
"""The share of the time that drawing them may take; the rest is for remedies."""


def samples_of(setup: Setup) -> int:
    """How many random chains of each activation are drawn: those asked for, if there is time."""
    return max(1, min(setup.chain.samples, int(_DRAWING * setup.patience / _seconds(setup))))


def idle_in_decay(setup: Setup) -> frozenset[str]:
    """The patience, where no choice of it changes how many are drawn; of no loss its scale."""
    fewest = samples_of(setup.with_(patience=LEAST_PATIENCE))
    idle = {"patience"} if fewest == setup.chain.samples else set()
    return frozenset(idle | ({"loss_scale"} if setup.chain.loss == Loss(upstream=0.0) else set()))


def foretold_in_decay(setup: Setup) -> str:
    """That random chains take long, where they do."""
    chains = samples_of(setup)
    what = f"drawing {chains:,} random chain{'' if chains == 1 else 's'}"
    return foretold(what, chains * _seconds(setup))


def why_fewer(setup: Setup) -> str:
    """That fewer are drawn than were asked for, and why; "" where that is not so."""
    asked, drawn = setup.chain.samples, samples_of(setup)
    if drawn == asked:
        return ""
    return (
        f"{drawn} of {asked:,} random chains: all would take about "
        f"{duration(asked * _seconds(setup))}; give more patience to draw more."
    )


def _seconds(setup: Setup) -> float:
    """What one of each activation takes."""
    return setup.depth * len(setup.activations) * _LAYER
