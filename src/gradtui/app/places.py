"""Where things are: the key of each view, and which views have what this one has not."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from gradtui.views import VIEWS
from gradtui.views.view import View

VIEW_KEYS = {
    **{digit: digit for digit in "1234567890"},
    "minus": "-",
    "equals_sign": "=",
}
"""The keys of the views, in their order, as Textual calls them and as the user does.

A view beyond them is in the palette, and beside its neighbours.
"""


def view_keys() -> dict[str, tuple[str, str]]:
    """The key of each view, by both its names; blank for a view beyond the last key."""
    keys = [*VIEW_KEYS.items(), *[("", "")] * len(VIEWS)]
    return dict(zip(VIEWS, keys, strict=False))


def views_with(has: Callable[[View[Any]], object]) -> list[str]:
    """The names of the views that have something."""
    return [name for name, view in VIEWS.items() if has(view)]


def listed(words: Iterable[str], joint: str = "and") -> str:
    """One, one and another, one, another and a third."""
    *first, last = words
    return f"{', '.join(first)} {joint} {last}" if first else last


def the_views(names: Iterable[str]) -> str:
    """Those views, in words: phase view, decay and layers views."""
    names = list(names)
    return f"{listed(names)} view{'s' if len(names) > 1 else ''}"


def way_to(names: Iterable[str]) -> str:
    """What to do to get to one of those views: press 6, press 3 or 4, choose it with ctrl+p."""
    keys = view_keys()
    shown = [keys[name][1] for name in names if keys[name][1]]
    return f"press {listed(shown, 'or')}" if shown else "choose it with ctrl+p"
