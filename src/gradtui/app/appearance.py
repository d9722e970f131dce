"""What the terminal can show."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Appearance:
    """What the terminal can show: how curves are drawn, in how many colours, in which characters.

    Attributes:
        marker: what curves are drawn with, one of the settings' markers.
        colours: "truecolor", "256", "16" or "none".
        unicode: whether it shows more than ASCII.
        bell: whether it rings when the verdict on a run that is watched changes.
    """

    marker: str = "braille"
    colours: str = "truecolor"
    unicode: bool = True
    bell: bool = False
