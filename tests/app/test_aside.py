"""What is done beside the screen: nobody waits for it, and what is given up leaves nothing."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from gradtui.app import answering
from gradtui.app.numbers import NumbersPage
from gradtui.app.state import State
from gradtui.setup import Setup
from gradtui.views import VIEWS
from gradtui.views import export as exporting
from support.app import running

DEEP = State(setup=Setup.of(activations=("tanh",), depth=40), view="chain")


def of_ours() -> list[threading.Thread]:
    return [one for one in threading.enumerate() if one.name == "gradtui-aside"]


async def test_the_app_ends_while_a_table_is_still_made() -> None:
    ended, begun = threading.Event(), threading.Event()

    def table() -> list[dict[str, float]]:
        begun.set()
        assert ended.wait(60)
        return [{"z": 1.0}]

    async with running(DEEP) as (app, pilot):
        app.push_screen(NumbersPage("chain", table, app.roles))
        await pilot.pause()
        assert begun.wait(60)
        await pilot.press("escape")
        assert len(app.screen_stack) == 1
        await pilot.press("q")
    (left,) = of_ours()
    assert left.daemon  # the interpreter does not wait for it either
    ended.set()
    left.join(60)
    assert not left.is_alive()


@pytest.mark.parametrize("key", ["escape", "ctrl+c"])
@pytest.mark.parametrize("ending", ["csv", "json"])
async def test_a_file_that_takes_long_is_given_up(
    key: str, ending: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    go_on = threading.Event()
    real = exporting.exported

    def slow(*arguments: object, **named: object) -> object:
        assert go_on.wait(60)
        return real(*arguments, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(exporting, "exported", slow)
    monkeypatch.setattr(answering, "_A_MOMENT", 0.0)
    async with running(DEEP) as (app, pilot):
        await pilot.press("e")
        app.prompt.put(str(tmp_path / f"numbers.{ending}"))
        await pilot.press("enter")
        assert app.shown.complaint == "Still writing; esc gives it up."
        await pilot.press("enter", "x", "up", key)
        assert not app.prompt.display
        assert app.state.message == ""
        (writing,) = of_ours()
        go_on.set()
        writing.join(60)
        await pilot.press("right")  # and the app goes on
        assert "Saved" not in app.state.message
    assert list(tmp_path.iterdir()) == []


async def test_a_file_that_takes_long_is_written_beside_the_screen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    go_on = threading.Event()
    real = exporting.exported

    def slow(*arguments: object, **named: object) -> object:
        assert go_on.wait(60)
        return real(*arguments, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(exporting, "exported", slow)
    monkeypatch.setattr(answering, "_A_MOMENT", 0.0)
    file = tmp_path / "numbers.csv"
    async with running(DEEP) as (app, pilot):
        await pilot.press("e")
        app.prompt.put(str(file))
        await pilot.press("enter")
        (writing,) = of_ours()
        go_on.set()
        writing.join(60)
        await pilot.pause()
        assert app.state.message == f"Saved {file}"
        assert not app.prompt.display
        assert app.shown.finished is not None
        rows = VIEWS["chain"].table(app.shown.finished.result)
    assert file.read_text(encoding="utf-8") == "".join(exporting.as_csv(rows))
