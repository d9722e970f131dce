"""The colours of the roles on a light and on a dark ground: for figures, and for the app's themes.

Curves are Okabe and Ito's palette (2008), told apart by the colour-blind too, darkened for white
paper. Maps have one hue for each side, so that the colour-blind have both the hue and the legend.
"""

from __future__ import annotations

LIGHT = {
    "curve0": "#a86200",
    "curve1": "#0064a6",
    "curve2": "#006b4e",
    "curve3": "#6e6500",
    "curve4": "#9b3d75",
    "curve5": "#b03a00",
    "spread": "#4d5f8a",
    "good": "#0b6b3a",
    "bad": "#b3261e",
    "warn": "#8a5a00",
    "key": "#0b57d0",
    "title": "#111822",
    "cursor": "#000000",
    "muted": "#566070",
    "axis": "#626c7b",
    "": "#1c2430",
    "infinite": "#8c1d18",
    **{f"vanishing{strength}": "#0b2f5c" for strength in (1, 2, 3, 4)},
    **{f"exploding{strength}": "#5c2600" for strength in (1, 2, 3, 4)},
}
"""The colour of each role, on its ground or on white."""

LIGHT_GROUNDS = {
    "vanishing1": "#eef3fb", "vanishing2": "#d6e4f6", "vanishing3": "#b3cdee",
    "vanishing4": "#8fb5e6", "exploding1": "#fdf1e4", "exploding2": "#fbdfc2",
    "exploding3": "#f5c292", "exploding4": "#eda05f", "infinite": "#f9d2cf",
}  # fmt: skip
"""What is behind a role that has a ground of its own, a map's strengths from the faintest."""

DARK = {
    "curve0": "#e69f00",
    "curve1": "#56b4e9",
    "curve2": "#009e73",
    "curve3": "#f0e442",
    "curve4": "#cc79a7",
    "curve5": "#d55e00",
    "spread": "#8f9fc0",
    "good": "#7fd1a0",
    "bad": "#ff8f80",
    "warn": "#f0c674",
    "key": "#8ab4f8",
    "title": "#eceff4",
    "cursor": "#ffffff",
    "muted": "#8b95a7",
    "axis": "#7f8a9d",
    "": "#d8dee9",
    "vanishing1": "#8fb0d8",
    "vanishing2": "#a9c6ea",
    "vanishing3": "#cfe1f8",
    "vanishing4": "#ffffff",
    "exploding1": "#cfae83",
    "exploding2": "#e6c08c",
    "exploding3": "#ffdcb0",
    "exploding4": "#ffffff",
    "infinite": "#ffd9d4",
}
"""The same on a dark ground."""

DARK_GROUNDS = {
    "vanishing1": "#13202f", "vanishing2": "#183150", "vanishing3": "#1f4a80",
    "vanishing4": "#2b66ae", "exploding1": "#2a1f10", "exploding2": "#4a2e0e",
    "exploding3": "#7a430c", "exploding4": "#a8501a", "infinite": "#7d1f24",
}  # fmt: skip

BACKGROUNDS = {"light": "#ffffff", "dark": "#12161d"}
"""What a figure stands on in each theme."""
GRIDS = {"light": "#e3e7ed", "dark": "#262d38"}
"""The lines of a figure's grid."""
FIGURE_THEMES = {"light": (LIGHT, LIGHT_GROUNDS), "dark": (DARK, DARK_GROUNDS)}
"""The roles' colours and grounds in each theme of a figure, the usual one first."""
