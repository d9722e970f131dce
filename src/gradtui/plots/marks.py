"""What stands in a plot, in data coordinates: told once, drawn as text and as a figure.

A mark's role is the name of its colour. Its `name` is what a legend calls it, "" what is not told.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array: TypeAlias = NDArray[np.float64]

Cells: TypeAlias = Sequence[Sequence[tuple[str, str]]]
"""Characters with their roles, [lines][columns], the uppermost line first."""


@dataclass(frozen=True, eq=False)
class Line:
    """A curve through points in their order; what is not finite is a gap.

    Attributes:
        letter: what stands on it at the margin of a text.
    """

    x: Array
    y: Array
    role: str
    dash: str = "solid"
    name: str = ""
    letter: str = ""


@dataclass(frozen=True, eq=False)
class Band:
    """What lies between two curves over x."""

    x: Array
    low: Array
    high: Array
    role: str
    name: str = ""


@dataclass(frozen=True, eq=False)
class Bars:
    """Upright bars from low to high around each x, `width` wide in data units; 0 is a stroke."""

    x: Array
    low: Array
    high: Array
    role: str
    width: float = 0.0
    name: str = ""


@dataclass(frozen=True, eq=False)
class Boxes:
    """Rectangles, each as opaque as its `strength`, from 0 to 1."""

    left: Array
    right: Array
    low: Array
    high: Array
    strength: Array
    role: str
    name: str = ""


@dataclass(frozen=True, eq=False)
class Dots:
    """A mark at each point."""

    x: Array
    y: Array
    role: str
    hollow: bool = False
    name: str = ""


@dataclass(frozen=True)
class Level:
    """A horizontal mark across the plot, named at its right end."""

    y: float
    text: str
    role: str


@dataclass(frozen=True)
class Upright:
    """A vertical mark through the plot; one without a name is a cursor, which no figure has."""

    x: float
    role: str
    name: str = ""


@dataclass(frozen=True)
class Label:
    """Text at a point."""

    x: float
    y: float
    text: str
    role: str
    name: str = ""


@dataclass(frozen=True)
class Pointer:
    """A mark at a point, and one each on the frame above it and to its left."""

    x: float
    y: float
    role: str
    name: str = ""


BLANK = "blank"
"""The role of what a ground leaves blank, for a legend."""


@dataclass(frozen=True, eq=False)
class Ground:
    """A map: the characters and roles at the x of columns and the y of lines.

    Attributes:
        names: what each role, or each character that is no band's, stands for.
    """

    cells: Callable[[Array, Array], Cells]
    names: Sequence[tuple[str, str, str]] = ()


@dataclass(frozen=True, eq=False)
class Later:
    """Marks that only a figure has, made when one is drawn."""

    make: Callable[[], Sequence[Mark]]


Mark: TypeAlias = (
    Line | Band | Bars | Boxes | Dots | Level | Upright | Label | Pointer | Ground | Later
)


@dataclass(frozen=True)
class Axis:
    """One axis of a plot.

    Attributes:
        limits: in data units, rising.
        label: how a tick is written.
        title: what is measured along it.
        ticks: where they stand; chosen by the scale where None.
        scale: "linear"; "log" where the data are log10; "decades" where only whole ones are named.
    """

    limits: tuple[float, float]
    label: Callable[[float], str]
    title: str = ""
    ticks: Sequence[float] | None = None
    scale: str = "linear"


@dataclass(frozen=True, eq=False)
class Plot:
    """Axes and what stands between them.

    Attributes:
        column, line, width, height: its place in the picture, in cells.
    """

    x: Axis
    y: Axis
    marks: Sequence[Mark]
    width: int
    height: int
    title: str = ""
    column: int = 0
    line: int = 0
