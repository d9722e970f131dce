"""How much of a gradient reaches each layer: what every model finds in its own way.

A model gives a `Decay` for each of what is compared; whoever draws, reads out or tabulates them
asks no further of what kind they are.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from gradtui.mathematics.elementwise import Array
from gradtui.models.finding import Finding, Kind
from gradtui.models.subject import Subject

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Layers: TypeAlias = "NDArray[np.int64] | NDArray[np.float64]"
Value: TypeAlias = str | int | float | bool | None
"""What stands in a table."""

Table: TypeAlias = Sequence[dict[str, Value]]
"""Its rows, each by the names of the columns."""


class Guide(NamedTuple):
    """A line beside a curve: what is expected of it.

    `stretches` says whether the picture grows for it: "all" the way, as far as it stays "near", or
    "no". The name is for a figure's legend.
    """

    layers: Layers
    log10: Array
    role: str
    dash: str
    stretches: str = "all"
    name: str = ""


class Band(NamedTuple):
    """Between what a curve scatters; `low_counts`: whether the picture grows for its low end."""

    layers: Layers
    low: Array
    high: Array
    role: str
    name: str
    low_counts: bool = True


class Bars(NamedTuple):
    """At a few layers, between which values most lie."""

    layers: Layers
    low: Array
    high: Array
    name: str


@dataclass(frozen=True, eq=False)
class Decay(ABC):
    """The gradient of one subject by layer, in log10; -inf is an exact zero."""

    subject: Subject

    @abstractmethod
    def curve(self) -> tuple[Layers, Array]:
        """The layers and what reaches them."""

    @abstractmethod
    def guides(self) -> tuple[Guide, ...]:
        """What is drawn beside the curve, first what may be covered."""

    def bands(self) -> tuple[Band, ...]:
        """Between what it scatters."""
        return ()

    def bars(self, columns: int) -> Bars | None:
        """How it scatters, in a picture of so many columns."""
        return None

    def log10_seen(self) -> float:
        """log10 of what the number formats look at beside what is drawn."""
        return 0.0

    @abstractmethod
    def legend(self) -> tuple[tuple[str, str], ...]:
        """What the lines without a letter are: texts and roles, what matters most first."""

    @property
    def drawn(self) -> bool:
        """Whether all that is drawn at random of it was."""
        return True

    @abstractmethod
    def kind(self) -> Kind:
        """What becomes of the gradient."""

    @abstractmethod
    def cells(self, layer: int) -> Mapping[str, str]:
        """What stands in the readout at a layer, by the head of its column."""

    @abstractmethod
    def finding(self) -> Finding:
        """The verdict."""

    def measures(self) -> Mapping[str, float]:
        """The numbers of the verdict: what is left where it is seen, and the rate a layer."""
        from gradtui.models.judging import judge

        layers, log10 = self.curve()
        judgement = judge(log10, self.subject.setup.log10_threshold)
        steps = max(len(layers) - 1 - judgement.at, 1)
        there = judgement.log10_there
        return {"log10_left": there, "log10_a_layer": there / steps}

    @abstractmethod
    def rows(self) -> Table:
        """A row for each layer."""


@dataclass(frozen=True)
class DecayLayout:
    """How the decays of a model are laid out.

    Attributes:
        title: what is drawn and judged.
        first: the first layer: 1, or 0 for the input.
        least_decades: the picture is at least so high.
        in_decades: whether only whole decades are named, from the height of the picture.
        widths: the least width of each column of the readout.
        dispensable: the heads of the columns that a narrow terminal can do without, first what
            goes first.
        hides_zeros: whether the heading says how many exact zeros are not drawn.
    """

    title: str
    first: int
    least_decades: float
    in_decades: Callable[[float], bool]
    widths: tuple[int, ...]
    dispensable: tuple[str, ...]
    hides_zeros: bool


def first_layer(quantity: str) -> int:
    """The first layer that has this gradient: ∂L/∂a has the input too, as layer 0."""
    return 0 if quantity == "a" else 1
