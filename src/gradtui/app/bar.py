"""The views on their keys, cut to the room that the bar has for them."""

from __future__ import annotations

from collections.abc import Mapping

from gradtui.app.places import view_keys
from gradtui.plots.picture import Span, cells_of


def labels_within(here: str, room: int) -> list[Span]:
    """The views on their keys, with as much of their names as there is room for."""
    names = list(view_keys())
    for length, gap in ((None, " "), (_SHORT_NAME, ""), (_SHORTER_NAME, "")):
        every: dict[str, int | None] = dict.fromkeys(names, length)
        spans = _labels(here, every | {here: None}, gap)
        if cells_of(spans) <= room:
            return spans
    lengths: dict[str, int | None] = dict.fromkeys(names, 0) | {here: None}
    spans = _labels(here, lengths)
    if len(names) > _FOUND_BY_NUMBER:
        # Of so many, the neighbours are named too, the nearest first.
        at = names.index(here)
        for name in sorted(names, key=lambda name: abs(names.index(name) - at))[1:]:
            lengths[name] = _SHORT_NAME
            wider = _labels(here, lengths)
            if cells_of(wider) > room:
                break
            spans = wider
    return spans


def _labels(here: str, lengths: Mapping[str, int | None], gap: str = "") -> list[Span]:
    """The name of the program and the views, of each name so many letters; None is all."""
    spans = [Span(NAME + 2 * gap, "brand")]
    for name, (_, key) in view_keys().items():
        label = " ".join(part for part in (key, name[: lengths[name]]) if part)
        if key or name == here:
            spans.append(Span(f"{gap}{label} ", "here" if name == here else "muted"))
    return spans


_FOUND_BY_NUMBER = 8
"""So many views are found by their digits alone."""

_SHORT_NAME, _SHORTER_NAME = 5, 4
"""Letters of a name that is cut, and where there are as many views as to need it."""

NAME, WAYS_OUT = " gradtui ", "? help  q quit "
"""What always stands in the bar; the names of the views are cut for it."""
