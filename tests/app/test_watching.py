"""The run view in the app: a file grows, and the screen shows it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from gradtui.app.appearance import Appearance
from gradtui.app.main import GradTUI
from gradtui.app.state import State, watching
from gradtui.views import VIEWS
from support.app import running, shown, verdict

HEAD = json.dumps({"gradtui": 1, "names": ["0.weight", "2.weight"], "every": 1}) + "\n"


def line(step: int, *norms: float | str) -> str:
    return json.dumps({"step": step, "loss": 2.0, "grad": norms or (1.0, 1.0)}) + "\n"


def add(file: Path, text: str) -> None:
    with file.open("a") as stream:
        stream.write(text)


async def until(pilot: Pilot[Any], app: GradTUI, text: str) -> str:
    """Wait until the screen has this text."""
    for _ in range(2000):
        if app.settled and text in (screen := shown(app)):
            return screen
        await pilot.pause(0.01)
    raise TimeoutError(f"{text!r} did not come:\n{shown(app)}")


async def test_a_row_that_is_written_comes_on_the_screen(tmp_path: Path) -> None:
    file = tmp_path / "run.jsonl"
    file.write_text(HEAD + line(0) + line(1))
    async with running(watching((str(file),))) as (app, pilot):
        assert "step 1 0.weight" in shown(app)
        add(file, line(2))
        await until(pilot, app, "step 2 0.weight")
        assert app.state.message == ""
        assert app.state.past == ()  # nothing to undo: nobody changed anything


async def test_a_changed_verdict_is_told_and_rings_if_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rung: list[bool] = []
    monkeypatch.setattr(GradTUI, "bell", lambda self: rung.append(True))
    for bell in (False, True):
        file = tmp_path / f"{bell}.jsonl"
        file.write_text(HEAD + line(0) + line(1))
        async with running(watching((str(file),)), appearance=Appearance(bell=bell)) as (
            app,
            pilot,
        ):
            assert "healthy" in verdict(app)
            add(file, line(2, "nan", 1.0))
            await until(pilot, app, "The verdict has changed: it was healthy, and is not finite")
            assert "not finite at step 2 alone: 0.weight, while 2.weight behind it is finite" in (
                verdict(app)
            )
        assert len(rung) == bell


async def test_a_file_that_is_not_there_yet_is_waited_for(tmp_path: Path) -> None:
    file = tmp_path / "run.jsonl"
    async with running(watching((str(file),))) as (app, pilot):
        assert "Waiting for" in verdict(app)
        file.write_text(HEAD + line(0) + line(1))
        await until(pilot, app, "step 1 0.weight")
        assert "healthy" in verdict(app)
        assert "Waiting" not in shown(app)
        file.unlink()
        screen = await until(pilot, app, "what was read of it stays")
        assert "step 1 0.weight" in screen
        file.write_text(HEAD + line(0) + line(1) + line(2))
        assert "what was read" not in await until(pilot, app, "step 2 0.weight")


async def test_the_cursor_follows_the_newest_until_it_is_moved(tmp_path: Path) -> None:
    file = tmp_path / "run.jsonl"
    file.write_text(HEAD + "".join(map(line, range(5))))
    async with running(watching((str(file),)), size=(100, 30)) as (app, pilot):
        await pilot.press("left")
        await until(pilot, app, "step 3 0.weight")
        add(file, line(5))
        await until(pilot, app, "Read as gradtui's recording, 6 steps")
        assert "step 3 0.weight" in shown(app)
        await pilot.press("end")
        await until(pilot, app, "step 5 0.weight")
        add(file, line(6))
        await until(pilot, app, "step 6 0.weight")


async def test_another_view_follows_nothing() -> None:
    async with running(State(view="run", setup=VIEWS["run"].default_setup)) as (app, pilot):
        assert "example" in shown(app)
        await pilot.press("3")
        await until(pilot, app, "|∂L/∂a| by layer")
        assert app.state.view == "decay"


async def test_every_key_of_the_view_does_something(tmp_path: Path) -> None:
    names = [f"layers.{at}.{kind}" for at in range(20) for kind in ("weight", "bias")]
    file = tmp_path / "run.jsonl"
    rows = [{"gradtui": 1, "names": names, "every": 1}] + [
        {"step": step, "loss": 1.0, "grad": ["nan" if step > 15 else 1.0] * len(names)}
        for step in range(20)
    ]
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    async with running(watching((str(file),)), size=(120, 40)) as (app, pilot):
        for key in ("exclamation_mark", "plus", "underscore", "down", "O", "O", "B"):
            before = app.state
            await pilot.press(key)
            await pilot.pause()
            assert app.state is not before or app._question is not None, key
        assert app.state.setup.recorded.step == 16
