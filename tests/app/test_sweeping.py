"""A sweep in the app: asked for, computed beside the screen, a cell opened, all ended."""

from __future__ import annotations

import multiprocessing
import shlex
from pathlib import Path

import pytest
from textual.pilot import Pilot

from gradtui.app.main import GradTUI
from gradtui.app.state import State
from gradtui.app.sweeping import SweepPage, command_for, grid_in
from gradtui.cli import main
from gradtui.errors import CommandError, InputError
from support.app import running, settle

FIRST = State(view="chain").with_()


async def opened(app: GradTUI, pilot: Pilot[object], text: str) -> SweepPage:
    await pilot.press("number_sign")
    app.prompt.put(text)
    await pilot.press("enter")
    for _ in range(200):
        await pilot.pause(0.02)
        if isinstance(app.screen, SweepPage):
            return app.screen
    raise TimeoutError


async def finished(pilot: Pilot[object], page: SweepPage) -> None:
    for _ in range(1000):
        await pilot.pause(0.02)
        if page._over:
            return
    raise TimeoutError


@pytest.mark.heavy
async def test_a_cell_is_opened_and_undo_leads_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    async with running(FIRST) as (app, pilot):
        before = app.state.setup
        page = await opened(app, pilot, "depth=5,9 x=0.5,1")
        await finished(pilot, page)
        assert len(page._rows) == 12  # of three activations
        assert not multiprocessing.active_children()
        await pilot.press("e")
        assert (
            main(["sweep", *shlex.split(command_for(page._grid))[2:], "--output", "own.jsonl"]) == 0
        )
        assert Path("own.jsonl").read_bytes() == Path("gradtui-sweep-chain.jsonl").read_bytes()
        await pilot.press("right", "down", "enter")
        await settle(pilot)
        assert (app.state.view, app.state.setup.depth, app.state.setup.x) == ("chain", 9, 1.0)
        await pilot.press("u")
        assert app.state.setup == before


@pytest.mark.heavy
async def test_formulas_are_swept_in_a_small_terminal_that_grows() -> None:
    async with running(FIRST, size=(60, 18)) as (app, pilot):
        page = await opened(app, pilot, "depth=5,50 activations=z*sigmoid(z);max(z,0.1*z);relu")
        await finished(pilot, page)
        assert len(page._rows) == 6
        narrow = page.query_one("#page").virtual_size.width
        await pilot.resize_terminal(110, 30)
        await pilot.pause(0.2)
        assert page.query_one("#page").virtual_size.width > narrow + 20
        await pilot.press("down", "right", "enter")
        await settle(pilot)
        setup = app.state.setup
        assert (setup.activations, setup.depth) == (("max(z, 0.1*z)",), 50)


@pytest.mark.heavy
async def test_esc_stops_it_and_a_second_closes_it() -> None:
    async with running(FIRST) as (app, pilot):
        page = await opened(app, pilot, "depth=1000:1400:lin300")
        await pilot.press("escape")
        assert page._over
        assert not multiprocessing.active_children()
        await pilot.press("escape")
        await pilot.pause()
        assert not isinstance(app.screen, SweepPage)


@pytest.mark.parametrize("text", ["", "depht=3", "depth", "layer=1,2", "depth=1:9000:lin9000"])
def test_what_cannot_be_swept_is_refused(text: str) -> None:
    with pytest.raises((InputError, CommandError)):
        grid_in(FIRST, text)


def test_a_value_may_have_blanks() -> None:
    grid = grid_in(
        State(view="layers"), "init=normal(sigma_w=1.5, sigma_b=0.1), lecun_normal depth=5"
    )
    found = {axis.knob: len(axis.texts) for axis in grid.axes}
    assert (found["init"], found["depth"]) == (2, 1)


def test_the_command_of_a_sweep_asks_for_the_same_cells(capsys: pytest.CaptureFixture[str]) -> None:
    grid = grid_in(FIRST.with_(setup=FIRST.setup.with_(x=0.5)), "weights=0.5,0.6;0.7,0.8")
    words = shlex.split(command_for(grid))
    assert words[:3] == ["gradtui", "sweep", "chain"]
    assert main([*words[1:], "--csv"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 1 + grid.size
