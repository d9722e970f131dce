"""What the decay view knows: the gradient by layer of everything that is compared."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from gradtui.models import MODELS
from gradtui.models.decay import Decay, DecayLayout
from gradtui.models.finding import Finding, Kind
from gradtui.models.rows import joined
from gradtui.progress import Tick
from gradtui.setup import Setup
from gradtui.views.view import Table
from gradtui.wording import TRYING, foretold


@dataclass(frozen=True, eq=False)
class Decays:
    """One for each of what is compared, and how their model lays them out."""

    setup: Setup
    layout: DecayLayout
    each: tuple[Decay, ...]

    def of(self, subject: str) -> Decay:
        """That of one subject."""
        return next(decay for decay in self.each if decay.subject.name == subject)

    def focused(self, setup: Setup) -> Decay:
        """The one that verdict and details are for."""
        return self.of(setup.focus_of(tuple(decay.subject.name for decay in self.each)))


def run(setup: Setup, tick: Tick) -> Iterator[Decays]:
    """What is known at once, then what random draws add."""
    model = MODELS[setup.model]
    for decays in model.run(setup, tick):
        yield Decays(setup, model.layout(setup), decays)


def foretold_next(result: Decays) -> str:
    """That looking for what helps takes long, once all is drawn."""
    ill = [decay.subject for decay in result.each if decay.kind() is not Kind.HEALTHY]
    if not all(decay.drawn for decay in result.each):
        return ""
    return foretold(TRYING, sum(map(MODELS[result.setup.model].trying, ill)))


def finding(result: Decays, subject: str) -> Finding:
    """The verdict on one of them."""
    return result.of(subject).finding()


def measures(result: Decays, subject: str) -> Mapping[str, float]:
    """The numbers of the verdict on one of them."""
    return result.of(subject).measures()


def table(result: Decays) -> Table:
    """A row for each curve and layer."""
    return joined([decay.rows() for decay in result.each])
