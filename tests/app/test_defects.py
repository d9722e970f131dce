"""What fails by a fault of ours is told and reported, and what was done before it still stands."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from textual.command import CommandInput, CommandPalette

from gradtui.app import panes, reports
from gradtui.app.main import GradTUI
from gradtui.app.state import State
from gradtui.app.storage import Memory
from gradtui.setup import Setup
from gradtui.views import VIEWS
from support.app import running, settle, shown


class Reports:
    """Where defects go to."""

    def __init__(self) -> None:
        self.errors: list[Exception] = []

    def __call__(self, view: str, setup: Setup, error: Exception) -> str:
        self.errors.append(error)
        return "~/report.txt"


def fails_at(depth: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """The list of knobs cannot be drawn at that depth."""
    right = panes.side

    def side(state: State, area: object) -> object:
        if state.setup.depth == depth:
            raise OverflowError("math\x1b[31m range error")
        return right(state, area)  # type: ignore[arg-type]

    monkeypatch.setattr(panes, "side", side)


@pytest.mark.parametrize("how", [("]",), ("d", "up"), ("d", "5", "1", "enter")])
async def test_a_step_that_cannot_be_shown_is_taken_back(
    how: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    fails_at(51, monkeypatch)
    told = Reports()
    app = GradTUI(State(), memory=Memory(report=told))
    async with app.run_test(size=(120, 30)) as pilot:
        await settle(pilot)
        await pilot.press(*how)
        await pilot.pause()
        assert app.state.setup.depth == 50
        assert isinstance(told.errors[0], OverflowError)
        assert "(OverflowError: math\\x1b[31m range error)" in app.state.message
        assert "a report is in ~/report.txt" in app.state.message
        await pilot.press("escape", "[")
        await settle(pilot)
        assert app.state.setup.depth == 49


async def test_without_anybody_to_report_to_a_defect_ends_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """So that no test passes over one."""
    fails_at(51, monkeypatch)
    with pytest.raises(OverflowError):  # noqa: PT012
        async with running() as (_, pilot):
            await pilot.press("]")
            await pilot.pause()


async def test_a_computation_that_fails_is_told_where_its_picture_would_be(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken(*_: object) -> object:
        raise ZeroDivisionError("a fault of ours")

    monkeypatch.setitem(VIEWS, "chain", replace(VIEWS["chain"], run=broken))  # type: ignore[arg-type]
    told = Reports()
    app = GradTUI(State(), memory=Memory(report=told))
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        assert (app.opened, app.failing) == (True, False)
        await pilot.press("2")
        await settle(pilot)
        text = " ".join(app.panes["plot"].picture.text.split())
        assert "could not be computed (ZeroDivisionError: a fault of ours)" in text
        assert "u undoes; a report is in ~/report.txt" in text
        assert app.failing
        await pilot.press("3", "]")
        await settle(pilot)
        assert not app.failing
        assert "51" in shown(app)


def test_a_report_holds_what_it_takes_to_see_it_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    file = tmp_path / "state" / "report.txt"
    for reason in ("the first", "the second"):
        try:
            raise ArithmeticError(reason)
        except ArithmeticError as error:
            said = reports.written(file, "chain", Setup.of(depth=7), error)
    assert said == "~/state/report.txt"
    text = file.read_text(encoding="utf-8")
    assert "--depth 7" in next(
        line for line in text.split("\n") if line.startswith("gradtui chain ")
    )
    assert "Traceback" in text
    assert "ArithmeticError: the second" in text
    assert "the first" not in text
    assert reports.written(Path("/dev/full/report.txt"), "chain", Setup(), ValueError()) == ""


# ----------------------------------------------------------------- the palette


async def test_a_palette_that_is_closed_while_it_searches_does_not_end_the_app() -> None:
    async with running() as (app, pilot):
        for _ in range(3):
            await pilot.press("ctrl+p")
            palette = app.screen
            assert isinstance(palette, CommandPalette)
            palette._gather_commands("depth")
            await app.pop_screen()
            palette._gather_commands("depth")  # as a key does that it still had
            await pilot.pause(0.05)
        await pilot.press("]")
        await settle(pilot)
        assert app.state.setup.depth == 51


async def test_the_palette_s_cursor_does_not_blink() -> None:
    async with running() as (app, pilot):
        await pilot.press("ctrl+p")
        await pilot.pause()
        assert not app.screen.query_one(CommandInput).cursor_blink
