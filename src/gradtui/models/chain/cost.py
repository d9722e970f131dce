"""What chains cost, and how much is drawn and tried in the time that there is.

The seconds are those of one core of an ordinary machine of 2025, rounded up: a count of operations
and not a clock, so that equal setups give equal numbers wherever they are run.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gradtui.models.patience import DRAWING
from gradtui.setup import Loss, Setup
from gradtui.setup.shared import LEAST_PATIENCE
from gradtui.wording import duration, foretold

if TYPE_CHECKING:
    from gradtui.mathematics.chain import Chain

_LAYER = 8e-6
"""Seconds of a layer."""
_EVALUATION = 2e-5
"""Seconds more to evaluate an activation where float64 does not hold it."""
_LAST = 0.05
"""The share that is kept for the last that is tried."""
_TRIALS = 150
"""So many changes are tried at most."""


def seconds_of(chain: Chain) -> float:
    """What it took."""
    return chain.depth * _LAYER + chain.evaluations * _EVALUATION


class Time:
    """The seconds that there are, and what a layer took so far."""

    def __init__(self, seconds: float) -> None:
        """That many, of which nothing is spent."""
        self._all = seconds
        self.spent = 0.0
        self.untried = False
        """Whether something was left out because it would have taken too long."""
        self._layer = _LAYER

    @property
    def left(self) -> float:
        """What remains."""
        return self._all - self.spent

    def spend(self, chain: Chain) -> None:
        """On a chain."""
        self.like(chain)
        self.spent += seconds_of(chain)

    def like(self, chain: Chain) -> None:
        """What comes will take as long a layer as this chain did."""
        self._layer = seconds_of(chain) / chain.depth

    def draws(self, seconds: float) -> bool:
        """Whether one more random chain of each activation, which takes so long, is drawn."""
        return self.spent + seconds <= DRAWING * self._all

    def tries(self, depth: int, share: float = 1.0 - _LAST) -> bool:
        """Whether there is time for one more chain; where there is none, that is remembered."""
        there_is = self.spent + depth * self._layer <= share * self._all
        self.untried |= not there_is
        return there_is

    def last(self) -> None:
        """What was kept for the last trial may be spent now."""
        self.spent = min(self.spent, (1.0 - 2.0 * _LAST) * self._all)


def idle_in_decay(setup: Setup) -> frozenset[str]:
    """The patience, where all is drawn and tried in the least of it; of no loss its scale."""
    a_trial = setup.chain.samples if setup.chain.weights.random else 1
    chains = (setup.chain.samples + _TRIALS * a_trial) * len(setup.activations)
    idle = {"patience"} if chains * setup.depth * _LAYER <= LEAST_PATIENCE else set()
    return frozenset(idle | ({"loss_scale"} if setup.chain.loss == Loss(upstream=0.0) else set()))


def foretold_in_decay(setup: Setup) -> str:
    """That random chains take long, where they do."""
    each = setup.depth * _LAYER * len(setup.activations)
    chains = min(setup.chain.samples, int(DRAWING * setup.patience / each))
    what = f"drawing {chains:,} random chain{'' if chains == 1 else 's'}"
    return foretold(what, chains * each)


def why_untried(seconds: float) -> str:
    """That not all that could help was tried, and why."""
    return f"Not all changes that could help were tried: that takes more than {duration(seconds)}."
