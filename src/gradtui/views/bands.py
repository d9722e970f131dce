"""The bands of a map: how much of a gradient is left, in steps that the threshold sets."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np

from gradtui.mathematics.elementwise import Array
from gradtui.plots.marks import BLANK
from gradtui.plots.picture import BANDS, Row, band, row_of_first
from gradtui.wording import magnitude

if TYPE_CHECKING:
    from numpy.typing import NDArray

EDGES = (0.1, 1 / 3, 1.0, 3.0)
"""Where the bands of a map begin, in log10 of what is left over log10 of the threshold."""

_INDENT = " " * 5

Meaning = tuple[str, str, str]
"""A glyph, its role, and what it means."""


def strengths(log10_left: Array, log10_limit: float) -> NDArray[np.int64]:
    """The band of each number, below 0 where it is less than all."""
    edges = np.array(EDGES) * abs(log10_limit)
    found = np.searchsorted(edges, np.abs(log10_left), side="right")
    signed: NDArray[np.int64] = (np.sign(log10_left) * found).astype(np.int64)
    return signed


def meanings(log10_limit: float) -> list[Meaning]:
    """Of every band."""
    found = []
    low, high = (magnitude(sign * log10_limit * EDGES[0]) for sign in (1, -1))
    for strength in range(-BANDS, BANDS + 1):
        if not strength:
            found.append((" ", BLANK, f"{low} to {high}"))
            continue
        share = magnitude(log10_limit * EDGES[abs(strength) - 1] * (1 if strength < 0 else -1))
        found.append((*band(strength), f"{'<' if strength < 0 else '>'}{share}"))
    return found


def scale(every: Iterable[Meaning], width: int) -> Row:
    """What each band stands for, in a row: of a narrow one all glyphs, and what the ends are."""
    bands = [one for one in every if one[1] and (one[0].strip() or one[1] == BLANK)]
    named = [_entry(one) for one in bands]
    ends = [
        _entry(one) if at in (0, len(bands) - 1) or one[1] == BLANK else [one[:2]]
        for at, one in enumerate(bands)
    ]
    rows = []
    for entries, gaps in ((named, True), (ends, False)):
        for blank in (True, False):
            kept = [
                (entry, gaps or at in (1, BANDS, BANDS + 1, 2 * BANDS))
                for at, (entry, one) in enumerate(zip(entries, bands, strict=True))
                if blank or one[1] != BLANK
            ]
            parts = [p for at, (entry, gap) in enumerate(kept)
                     for p in ((" " * (gap and at > 0), ""), *entry)]  # fmt: skip
            rows += [[(_INDENT, ""), *parts], parts]
    return row_of_first(width, *rows)


def _entry(one: Meaning) -> list[tuple[str, str]]:
    glyph, role, meaning = one
    if role == BLANK:
        return [(f"blank {meaning}", "muted")]
    return [(glyph, role), (meaning, "muted")]
