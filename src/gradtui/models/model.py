"""What a model is: a record that the views ask, whatever family it is of."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from gradtui.models.decay import Decay, DecayLayout
from gradtui.models.finding import Remedy
from gradtui.models.subject import Subject, subjects_of
from gradtui.progress import Tick
from gradtui.setup import Setup

if TYPE_CHECKING:
    import numpy as np

    from gradtui.mathematics.initialisation import Initialisation
    from gradtui.mathematics.initialisation.draw import RandomNetwork
    from gradtui.mathematics.initialisation.record import LayerSigmas
    from gradtui.mathematics.network.flow import GradientFlow


class Flow(Protocol):
    """Draws the network with this number and runs a random batch through it."""

    def __call__(
        self,
        subject: Subject,
        number: int,
        batch: int,
        *,
        layers: bool = False,
        bins: int = 0,
        tick: Tick = ...,
    ) -> GradientFlow:
        """The norms, and with `layers` what happens inside each."""


class Drawn(Protocol):
    """Draws the network with this number; with it the generator its inputs come from."""

    def __call__(
        self, subject: Subject, number: int, tick: Tick = ..., init: Initialisation | None = None
    ) -> tuple[RandomNetwork, np.random.Generator]:
        """By its own recipe, or by `init`."""


@dataclass(frozen=True, eq=False)
class Layered:
    """What a model of real layers can do beside: its networks can be drawn and looked into.

    Attributes:
        sigmas: σw² and σb² of each layer, and the distribution of the weights that a subject's
            recipe gives it.
        drawn: draws the network with this number; with it the generator its inputs come from.
        flow: draws it too, and runs a batch forward and back.
        measured: the decay of a subject of which one flow was run.
        sigma_w_text: σw as it stands in a readout.
    """

    sigmas: Callable[[Subject], LayerSigmas]
    drawn: Drawn
    flow: Flow
    measured: Callable[[Subject, GradientFlow], Decay]
    sigma_w_text: Callable[[Subject], str]


@dataclass(frozen=True, eq=False)
class Model:
    """A family of models.

    Attributes:
        family: the field of `Setup` that has its knobs; its name.
        knobs: the names of those of its knobs that a decay of it depends on.
        layout: how the decays of a setup are laid out.
        expected: what is known of a subject without drawing at random.
        run: the decays of all that a setup compares, each time better known; at last with what
            was found to help.
        remedy: the first change that helps where a decay is not healthy.
        idle: the knobs that change nothing for this setup, of those that all models share.
        foretold: what is said before a decay that takes long; "" elsewhere.
        trying: the seconds that looking for what helps a subject takes, where that may be long.
        layered: what real layers can do beside; None where there are none.
    """

    family: str
    knobs: tuple[str, ...]
    layout: Callable[[Setup], DecayLayout]
    expected: Callable[[Subject, Tick], Decay]
    run: Callable[[Setup, Tick], Iterator[tuple[Decay, ...]]]
    remedy: Callable[[Decay, Tick], Remedy | None]
    idle: Callable[[Setup], frozenset[str]] = lambda setup: frozenset()
    foretold: Callable[[Setup], str] = lambda setup: ""
    trying: Callable[[Subject], float] = lambda subject: 0.0
    layered: Layered | None = None

    def subjects(self, setup: Setup) -> tuple[Subject, ...]:
        """What a setup compares."""
        return subjects_of(setup, self.family)
