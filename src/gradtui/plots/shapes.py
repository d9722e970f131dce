"""What a figure is made of: strokes, fills and words at places in points, whatever the format."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

Point: TypeAlias = tuple[float, float]
Box: TypeAlias = tuple[float, float, float, float]
"""Left, top, width, height; y runs down."""


@dataclass(frozen=True)
class Stroke:
    """Lines through points; `dash` is how long it is drawn and left out, () throughout."""

    pieces: Sequence[Sequence[Point]]
    colour: str
    width: float = 1.0
    dash: tuple[float, ...] = ()
    clip: Box | None = None


@dataclass(frozen=True)
class Fill:
    """Filled polygons; `crisp` ones have the edges of pixels, so that neighbours leave no seam."""

    pieces: Sequence[Sequence[Point]]
    colour: str
    opacity: float = 1.0
    crisp: bool = False
    clip: Box | None = None


@dataclass(frozen=True)
class Words:
    """A line of text whose base line begins, has its middle or ends at a point.

    Attributes:
        anchor: "start", "middle" or "end".
        halo: the colour of a rim around the letters, "" for none.
        turned: whether it runs upwards.
    """

    at: Point
    text: str
    size: float
    colour: str
    anchor: str = "start"
    bold: bool = False
    halo: str = ""
    turned: bool = False


Shape: TypeAlias = Stroke | Fill | Words


@dataclass(frozen=True)
class Drawing:
    """Shapes, in the order in which they cover one another, and what a reader is told it is."""

    width: int
    height: int
    background: str
    shapes: Sequence[Shape]
    title: str
    description: str = ""


def rectangle(left: float, top: float, width: float, height: float) -> list[Point]:
    """Its corners."""
    right, bottom = left + width, top + height
    return [(left, top), (right, top), (right, bottom), (left, bottom)]


# --------------------------------------------------------------------- typesetting

_NUMBER = re.compile(r"(?<![\w.])(\d+(?:\.\d+)?)e(-?\d+)(?!\w)")
_MINUS = re.compile(r"(?<![\w)])-(?=[\d.])")
_RANGE = re.compile(r"(?<=\d)-(?=\d)")
RAISED, SMALLER = 0.36, 0.72
"""How far above the line an exponent stands, and its size, in sizes of the text."""

_NARROW, _WIDE = frozenset(" .,:;|!'′ijltfIr()[]-·"), frozenset("mwMW%@━∂‖σΠ")


def runs(text: str) -> Iterator[tuple[str, bool]]:
    """The text as it is set, and whether each part is an exponent: 1e-8 is 10⁻⁸, -2 is −2."""
    end = 0
    for match in _NUMBER.finditer(text):
        power = match[2].replace("-", "−")
        yield (
            _set(text[end : match.start()]) + ("10" if match[1] == "1" else match[1] + "×10"),
            False,
        )
        yield power, True
        end = match.end()
    if end < len(text):
        yield _set(text[end:]), False


def _set(text: str) -> str:
    return _RANGE.sub("–", _MINUS.sub("−", text))


def text_width(text: str, size: float, bold: bool = False) -> float:
    """About how wide the text is, in whatever font without serifs, rather too much."""
    wide = 0.0
    for part, raised in runs(text):
        ems = sum(0.36 if c in _NARROW else 0.95 if c in _WIDE else 0.62 for c in part)
        wide += ems * (SMALLER if raised else 1.0)
    return wide * size * (1.07 if bold else 1.0)


def broken(text: str, size: float, width: float) -> list[str]:
    """The text in lines of about so much width, broken between words."""
    lines: list[str] = []
    for word in text.split():
        if lines and text_width(f"{lines[-1]} {word}", size) <= width:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines
