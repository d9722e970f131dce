"""The mouse does what the keys do: each cell means what is shown in it."""

from __future__ import annotations

from typing import Any

import pytest
from textual.events import MouseScrollDown, MouseScrollUp
from textual.pilot import Pilot

from gradtui.app import steps
from gradtui.app.main import GradTUI
from gradtui.app.mouse import Spot, clicked
from gradtui.app.panes import knob_at
from gradtui.app.state import State
from gradtui.plots.picture import Picture, Span
from gradtui.setup import KNOBS, Setup
from gradtui.views import VIEWS
from gradtui.views.view import Size
from support.app import running, settle

DEEP = State(setup=Setup.of(activations=("sigmoid",), depth=50))
SIZES = pytest.mark.parametrize("size", [(60, 18), (80, 24), (120, 40)])


def place(app: GradTUI, pane: str, text: str, nth: int = 0) -> tuple[int, int]:
    """The cell in which a text begins in a pane."""
    rows = app.panes[pane].picture.text.split("\n")
    return [(row.index(text), y) for y, row in enumerate(rows) if text in row][nth]


async def click(app: GradTUI, pilot: Pilot[Any], pane: str, at: tuple[int, int]) -> None:
    await pilot.click(f"#{pane}", offset=at)
    await settle(pilot)


@SIZES
@pytest.mark.parametrize("view", list(VIEWS))
async def test_a_click_on_the_bar_opens_the_view(size: tuple[int, int], view: str) -> None:
    start = State(setup=DEEP.setup.with_(depth=4, networks=2, units=4, samples=2))
    async with running(start, size=size) as (app, pilot):
        number = list(VIEWS).index(view) + 1
        await click(app, pilot, "top", place(app, "top", f" {number} "[:-1]))
        await pilot.pause()
        wanted = place(app, "top", f"{number}")
        await click(app, pilot, "top", wanted)
        assert app.state.view == view


async def test_the_bar_s_way_out_and_help_are_its_own() -> None:
    async with running(DEEP) as (app, pilot):
        await pilot.click("#top", offset=place(app, "top", "? help"))
        assert len(app.screen_stack) == 2
        await pilot.press("escape")
        await pilot.click("#top", offset=place(app, "top", "q quit"))
        await pilot.pause()
        assert not app.is_running or app.return_code == 0


@SIZES
async def test_a_click_on_a_name_chooses_it_and_on_its_mark_compares(
    size: tuple[int, int],
) -> None:
    async with running(DEEP, size=size) as (app, pilot):
        x, y = place(app, "side", "tanh")
        await click(app, pilot, "side", (x, y))
        assert app.state.setup.activations == ("tanh",)
        await click(app, pilot, "side", (2, place(app, "side", "sigmoid")[1]))
        assert app.state.setup.activations == ("tanh", "sigmoid")
        at = place(app, "side", "tanh")
        await click(app, pilot, "side", at)
        assert app.state.highlight == "tanh"
        assert app.state.setup.activations == ("tanh", "sigmoid")
        await click(app, pilot, "side", at)
        assert app.state.setup.activations == ("tanh",)


@SIZES
async def test_a_click_on_a_knob_asks_and_the_wheel_turns_it(size: tuple[int, int]) -> None:
    async with running(DEEP, size=size) as (app, pilot):
        at = place(app, "side", " d depth")
        await pilot.click("#side", offset=at)
        assert app.prompt.display
        assert app.prompt.value == "50"
        await pilot.press("escape")
        await pilot._post_mouse_events([MouseScrollUp], "#side", offset=at)
        assert app.state.setup.depth == 51
        await pilot._post_mouse_events([MouseScrollDown], "#side", offset=at)
        await pilot._post_mouse_events([MouseScrollDown], "#side", offset=at)
        assert app.state.setup.depth == 49


@SIZES
@pytest.mark.parametrize("name", ["weights", "biases", "x", "loss_scale", "depth"])
async def test_the_wheel_stays_with_the_knob_that_it_began_to_turn(
    name: str, size: tuple[int, int]
) -> None:
    """Also where its row goes elsewhere, as others get rows of their own or share one."""
    async with running(DEEP, size=size) as (app, pilot):
        side = app.panes["side"].picture
        room = Size(side.width, side.height)
        cells = [(x, y) for y in range(side.height) for x in (2, side.width - 2)]
        at = next((cell for cell in cells if knob_at(app.state, room, *cell) == name), None)
        if at is None:
            return  # behind "+ more"
        before = app.state.setup
        for notches in range(1, 5):
            await pilot._post_mouse_events([MouseScrollDown], "#side", offset=at)
            await settle(pilot)
            knob = KNOBS[name]
            expected = before
            for _ in range(notches):
                expected = steps.step_knob(State(setup=expected), name, -1).setup
            assert app.state.setup.with_(layer=1) == expected.with_(layer=1)
            assert knob.of(app.state.setup) != knob.of(before)
        # What was done otherwise ends it: the row under the pointer counts again.
        await pilot.press("u")
        under = knob_at(app.state, room, *at)
        now = app.state.setup
        await pilot._post_mouse_events([MouseScrollDown], "#side", offset=at)
        after = app.state.setup
        changed = {one for one, knob in KNOBS.items() if knob.of(now) != knob.of(after)}
        assert under in changed or not under


@SIZES
@pytest.mark.parametrize("view", ["derivative", "chain", "decay", "phase", "init"])
async def test_a_click_in_the_plot_takes_the_cursor_there(view: str, size: tuple[int, int]) -> None:
    setup = VIEWS[view].default_setup.with_(depth=60, networks=2, units=8, samples=2)
    state = State(view=view, setup=setup, highlight=setup.activations[0])
    async with running(state, size=size) as (app, pilot):
        rows = app.panes["plot"].picture.text.split("\n")
        top = next(y for y, row in enumerate(rows) if "┌" in row)
        left = rows[top].index("┌") + 1
        width = rows[top].index("┐") - left
        for share in (0.2, 0.5, 0.8):
            x = left + int(width * share)
            await click(app, pilot, "plot", (x, top + 3))
            drawn = {
                at
                for row in app.panes["plot"].picture.rows[top : top + 8]
                for at, character, role in cells(row)
                if role == "cursor" and character in "┆▾" and left <= at < left + width
            }
            assert drawn, (view, share)
            assert min(abs(at - x) for at in drawn) <= 1, (view, share, drawn, x)


def cells(row: Any) -> list[tuple[int, str, str]]:
    found = [(character, role) for text, role in row for character in text]
    return [(at, character, role) for at, (character, role) in enumerate(found)]


async def test_a_click_in_the_map_has_a_height_too() -> None:
    setup = VIEWS["phase"].default_setup
    async with running(State(view="phase", setup=setup, highlight="tanh")) as (app, pilot):
        rows = app.panes["plot"].picture.text.split("\n")
        top = next(y for y, row in enumerate(rows) if "┌" in row)
        await click(app, pilot, "plot", (rows[top].index("┌") + 20, top + 5))
        high = app.state.setup.plane.sigma_b
        await click(app, pilot, "plot", (rows[top].index("┌") + 20, top + 7))
        assert app.state.setup.plane.sigma_b < high
        assert "⊕" in app.panes["plot"].picture.text.split("\n")[top + 7]


async def test_a_click_on_a_line_of_the_readout_takes_the_verdict_to_it() -> None:
    async with running() as (app, pilot):
        await click(app, pilot, "readout", (6, 2))
        assert app.state.setup.focused == "tanh"


async def test_the_remedy_the_hints_and_the_heading_are_clicked() -> None:
    async with running(DEEP) as (app, pilot):
        await click(app, pilot, "verdict", place(app, "verdict", " f "))
        assert app.state.setup.activations == ("relu",)
        await pilot.press("right")
        await click(app, pilot, "bottom", place(app, "bottom", "u undo"))
        assert app.state.setup.activations == ("sigmoid",)
        await pilot.click("#side", offset=(3, 0))
        assert app.prompt.display


async def test_the_wheel_walks_in_the_plot_and_goes_through_the_list() -> None:
    async with running(DEEP) as (app, pilot):
        await pilot._post_mouse_events([MouseScrollDown], "#plot", offset=(20, 5))
        assert app.state.setup.layer == 2
        await pilot._post_mouse_events([MouseScrollDown], "#side", offset=(5, 3))
        assert app.state.setup.activations == ("tanh",)


async def test_ctrl_c_after_a_selection_copies_and_does_not_quit(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with running(DEEP) as (app, pilot):
        app.shown.select_with_mouse(True)
        app.refresh()
        await pilot.pause()
        sent: list[str] = []
        monkeypatch.setattr(app, "copy_to_clipboard", sent.append)
        x, y = place(app, "verdict", "sigmoid vanishing")
        await pilot.mouse_down("#verdict", offset=(x, y))
        await pilot.hover("#verdict", offset=(x + 7, y))
        await pilot.mouse_up("#verdict", offset=(x + 7, y))
        await pilot.press("ctrl+c")
        assert [text.strip() for text in sent] == ["sigmoid"]
        assert app.is_running
        assert app.screen.get_selected_text() in (None, "")


def test_a_click_on_what_goes_on_opens_the_verdicts() -> None:
    picture = Picture.of([(Span(" f init = critical … v more", ""),)], 60)
    assert clicked(State(), Spot("verdict", 22, 0, picture)) == "verdicts"
    assert clicked(State(), Spot("verdict", 5, 0, picture)) == "fix"
