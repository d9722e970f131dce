"""The app driven from inside, by Textual's pilot."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from textual.pilot import Pilot

from gradtui.app.appearance import Appearance
from gradtui.app.main import GradTUI
from gradtui.app.state import State


async def settle(pilot: Pilot[Any]) -> None:
    """Wait until the screen shows the final picture of what was asked for."""
    app = pilot.app
    assert isinstance(app, GradTUI)
    for _ in range(2000):
        await pilot.pause()
        if app.settled:
            break
        await pilot.pause(0.005)
    else:
        raise TimeoutError("the engine did not finish")
    await pilot.pause()


def shown(app: GradTUI) -> str:
    """The text of every pane of the main screen, top to bottom."""
    order = ("top", "side", "plot", "readout", "verdict", "bottom")
    return "\n".join(app.panes[name].picture.text for name in order)


def verdict(app: GradTUI) -> str:
    """The verdict as one paragraph."""
    return " ".join(app.panes["verdict"].picture.text.split())


@asynccontextmanager
async def running(
    first: State | None = None,
    size: tuple[int, int] = (80, 24),
    appearance: Appearance | None = None,
) -> AsyncIterator[tuple[GradTUI, Pilot[Any]]]:
    """The app with its first picture shown."""
    app = GradTUI(first or State(), appearance)
    async with app.run_test(size=size) as pilot:
        await settle(pilot)
        yield app, pilot
