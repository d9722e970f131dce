"""The steps that change what is looked at: another view, the way back, the zoom, the theme."""

from __future__ import annotations

from collections.abc import Sequence

from gradtui.app.state import THEMES, State, entered, guarded, opened
from gradtui.plots.zoom import MOST, Zoom
from gradtui.views import VIEWS
from gradtui.views.tour import TOUR


def magnify(state: State, times: int, centres: tuple[float, ...] = (0.5,)) -> State:
    """The height of the picture halved n times more, or less often.

    Args:
        state: with the picture.
        times: n.
        centres: the shares of its height, one a plot, around which all of it is enlarged.
    """
    if state.record.enlarge is not None:
        setup = state.record.enlarge(state.setup, times)
        if setup == state.setup:
            return state.saying(f"No further: {'this is the least' if times > 0 else 'it is all'}.")
        return guarded(state, setup)
    zoom = state.zoom if state.zoom.times else Zoom(0, centres)
    return _zoomed(state, zoom.closer(times), f"{MOST} times is the most" if times > 0 else "")


def look_up(state: State, windows: float) -> State:
    """What is in sight of the height moved by so many of its heights."""
    if not state.zoom.times:
        enlarges = (
            "; + enlarges it." if state.record.zooms else ", and there is no axis to enlarge."
        )
        return state.saying(f"All of the height is in sight{enlarges}")
    return _zoomed(state, state.zoom.moved(windows), "")


def _zoomed(state: State, zoom: Zoom, why: str) -> State:
    if not state.record.zooms:
        return state.saying(f"The picture of {state.view} has no axis to enlarge.")
    if zoom.inside == state.zoom.inside:
        return state.saying(f"No further: {why or 'all that there is is in sight'}.")
    left = "" if zoom.times else "All of the height is in sight again."
    return state.with_(zoom=zoom).saying(
        left or f"×{2**zoom.times} in height; ctrl+↑ ↓ move it, _ goes back, * shows all."
    )


def switched(state: State, view: str) -> State:
    """Another view of the same setup; a newcomer is told where to go on."""
    if view == state.view:
        return state.saying(f"The {view} view is the one that is open.")
    there = entered(state, view)
    if not state.newcomer:
        return there
    last = view not in TOUR or view == [*TOUR][-1]
    return there.with_(newcomer=not last).saying(TOUR.get(view, ""))


def back(state: State) -> State:
    """The view from before."""
    if not state.before:
        return state.saying(
            "There is no view to go back to; comma and full stop go on through them."
        )
    *before, view = state.before
    return opened(state, view).with_(before=tuple(before), after=(*state.after, state.view))


def forward(state: State) -> State:
    """The view that back came from."""
    if not state.after:
        return state.saying(
            "There is no view to go forward to; comma and full stop go on through them."
        )
    *after, view = state.after
    return opened(state, view).with_(before=(*state.before, state.view), after=tuple(after))


def next_view(state: State, steps: int = 1) -> State:
    """The view n further; after the last comes the first."""
    names = list(VIEWS)
    return switched(state, names[(names.index(state.view) + steps) % len(names)])


def next_theme(state: State, themes: Sequence[str] = THEMES) -> State:
    """The next theme."""
    theme = themes[(themes.index(state.theme) + 1) % len(themes)]
    return state.with_(theme=theme).saying(f"Theme: {theme}.")
