"""Escape ends a computation: what is known stays, and nothing is computed behind it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from gradtui.app.appearance import Appearance
from gradtui.app.state import State
from gradtui.progress import Tick
from gradtui.setup import Setup
from gradtui.views import VIEWS
from support.app import running, settle, shown


class Slow:
    """The decay view's own result of a few layers, and then a computation without an end."""

    def __init__(self) -> None:
        self.begun = self.ended = 0
        self.last_tick = 0.0
        self.known = True
        self.endless = False

    def run(self, setup: Setup, tick: Tick) -> Iterator[Any]:
        results = list(_RUN(setup, lambda share: None))
        if not self.endless:
            yield from results
            return
        self.begun += 1
        try:
            if self.known:
                yield results[0]
            while True:
                self.last_tick = time.monotonic()
                tick(0.46)
                time.sleep(0.01)
        finally:
            self.ended += 1


_RUN = VIEWS["decay"].run


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> Slow:
    made = Slow()
    monkeypatch.setitem(VIEWS, "decay", replace(VIEWS["decay"], run=made.run))
    return made


async def begun(pilot: Any, times: int, slow: Slow) -> None:
    """Wait until it is computed for that time, and what is known is shown."""
    for _ in range(400):
        await pilot.pause(0.01)
        if slow.begun == times and pilot.app.shown.progress == 0.46:
            return
    raise AssertionError("no computation was begun")


@pytest.mark.parametrize("known", [True, False])
async def test_escape_stops_a_computation_and_computes_it_again(slow: Slow, known: bool) -> None:
    async with running() as (app, pilot):
        slow.endless, slow.known = True, known
        await pilot.press("right_square_bracket")
        await begun(pilot, 1, slow)
        assert "46%" in shown(app)
        pressed = time.monotonic()
        await pilot.press("escape")
        await asyncio.sleep(0.5)
        assert slow.last_tick - pressed < 0.5
        assert slow.ended == 1
        await pilot.pause()
        screen = shown(app)
        assert "Stopped at 46%; esc computes it again." in screen
        assert screen.startswith(" stopped")
        verdict = app.panes["verdict"].picture.text + app.panes["readout"].picture.text
        assert ("sigmoid" in verdict) == known  # what is known stays, and is no verdict yet
        assert "✗" not in verdict
        assert "✓" not in verdict
        # Neither the cursor nor another size starts it again.
        await pilot.press("right")
        await pilot.resize_terminal(100, 30)
        await pilot.pause(0.2)
        assert slow.begun == 1
        assert shown(app).startswith(" stopped")
        await pilot.press("escape")
        await begun(pilot, 2, slow)
        assert "46%" in shown(app)
        await pilot.press("escape")
        await pilot.pause(0.1)
        slow.endless = False
        await pilot.press("escape")
        await settle(pilot)
        assert "stopped" not in shown(app)
        assert "✗" in app.panes["verdict"].picture.text
        await pilot.press("escape")
        assert "Nothing is open here" in shown(app)


@pytest.mark.parametrize("unicode", [True, False])
async def test_no_line_of_the_readout_has_a_verdict_before_the_last_result(
    slow: Slow, unicode: bool
) -> None:
    look = Appearance(unicode=unicode)
    setup = Setup.of(activations=("sigmoid", "gelu"), depth=20)
    async with running(State(setup), appearance=look) as (app, pilot):
        marks = [line[3] for line in app.panes["readout"].picture.text.split("\n")[1:3]]
        assert marks == (["✗", "✗"] if unicode else ["x", "x"])
        slow.endless = True
        await pilot.press("right_square_bracket")
        await begun(pilot, 1, slow)
        assert [line[3] for line in app.panes["readout"].picture.text.split("\n")[1:3]] == ["…"] * 2
        await pilot.press("escape")


async def test_any_change_starts_anew_what_was_stopped(slow: Slow) -> None:
    async with running() as (app, pilot):
        slow.endless = True
        await pilot.press("right_square_bracket")
        await begun(pilot, 1, slow)
        await pilot.press("escape")
        await pilot.pause(0.1)
        slow.endless = False
        await pilot.press("right_square_bracket")
        await settle(pilot)
        assert "over 52 layers" in shown(app)
        await pilot.press("u")
        await settle(pilot)
        assert "over 51 layers" in shown(app)


async def test_escape_closes_what_is_open_before_it_stops_anything(slow: Slow) -> None:
    async with running() as (app, pilot):
        slow.endless = True
        await pilot.press("right_square_bracket")
        await begun(pilot, 1, slow)
        await pilot.press("slash", *"sig", "tab", "escape")
        await pilot.pause(0.1)
        assert app.state.filter == ""
        assert slow.ended == 0
        await pilot.press("v", "escape")
        await pilot.pause(0.1)
        assert slow.ended == 0


@pytest.mark.parametrize(("key", "words"), [("v", "Stopped; this far:"), ("T", "was stopped")])
async def test_what_was_stopped_is_not_said_to_be_computed(
    slow: Slow, key: str, words: str
) -> None:
    async with running(State()) as (app, pilot):
        slow.endless = True
        await pilot.press("right_square_bracket")
        await begun(pilot, 1, slow)
        await pilot.press("escape")
        await pilot.pause(0.1)
        await pilot.press(key)
        await pilot.pause()
        lines = app.screen._compositor.render_strips(app.screen.size)
        assert words in "\n".join(line.text for line in lines)
