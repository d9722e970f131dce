"""The colours of the roles on a light ground: for drawings, and for the app's light theme."""

from __future__ import annotations

LIGHT = {
    # Okabe and Ito's palette (2008), told apart by the colour-blind too, darkened until it reads
    # on white.
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
    **{f"vanishing{strength}": "#0b2f5c" for strength in (1, 2, 3, 4)},
    **{f"exploding{strength}": "#5c2600" for strength in (1, 2, 3, 4)},
}
"""The colour of each role, on its ground or on white."""

LIGHT_GROUNDS = {
    "vanishing1": "#eef3fb", "vanishing2": "#d6e4f6", "vanishing3": "#b3cdee",
    "vanishing4": "#8fb5e6", "exploding1": "#fdf1e4", "exploding2": "#fbdfc2",
    "exploding3": "#f5c292", "exploding4": "#eda05f",
}  # fmt: skip
"""What is behind a role that has a ground of its own, a map's strengths from the faintest."""
