"""What is typed in a line, and what edits it, in the order in which it was typed."""

from __future__ import annotations

import pytest
from textual import events
from textual.widgets import Input, Static

from gradtui.app.asking import FileQuestion, FilterQuestion
from gradtui.app.main import GradTUI
from support.app import running


@pytest.mark.parametrize(
    ("typed", "left"),
    [
        ("1 2 backspace 3", "13"),
        ("1 2 ctrl+u a b c", "abc"),
        ("1 , 2 ctrl+w 3", "1,3"),
        ("1 2 left 3", "132"),
        ("1 2 home 3 end 4", "3124"),
        ("1 2 home delete 3", "32"),
        ("1 2 left left ctrl+k 5", "5"),
        ("4 0 up", "41"),
        ("4 0 up 5", "5"),
        ("4 0 down up pageup backspace 7", "7"),
    ],
)
async def test_a_key_that_edits_acts_before_the_letters_behind_it(typed: str, left: str) -> None:
    """They came in one packet: nothing is awaited between them."""
    async with running() as (app, pilot):
        for key in ("d", *typed.split()):
            app.simulate_key(key)
        await pilot.pause(0.05)
        assert app.prompt.value == left


async def test_so_it_does_in_the_search_of_a_page_and_in_the_palette() -> None:
    async with running() as (app, pilot):
        for before in (("question_mark", "slash"), ("escape", "escape", "ctrl+p")):
            await pilot.press(*before)
            for key in ["d", "e", "f", "ctrl+u", "r", "o", "w", "backspace", "y"]:
                app.simulate_key(key)
            await pilot.pause(0.05)
            assert app.screen.query_one(Input).value == "roy"


@pytest.mark.parametrize("columns", [60, 80])
@pytest.mark.parametrize("key", ["slash", "e"])
async def test_the_hints_of_filter_and_export_are_not_cut(key: str, columns: int) -> None:
    """In the narrowest terminal the first clause of the longer one."""
    async with running(size=(columns, 24)) as (app, pilot):
        await pilot.press(key)
        await pilot.pause()
        hint = str(app.query_one("#prompt-hint", Static).render())
        whole = {"slash": FilterQuestion.hint, "e": FileQuestion.hint}[key]
        first, _, _ = whole.partition(",")
        assert hint.strip() == whole or ((key, columns) == ("e", 60) and first in hint)


@pytest.mark.parametrize("times", [1, 2])
async def test_a_prompt_that_is_opened_behind_another_stays_open(times: int) -> None:
    """In one packet: the first one's loss of the keyboard is told when the second has it."""
    async with running() as (app, pilot):
        for key in (*("d", "4", "0", "enter") * times, "d", "6", "0"):
            app.simulate_key(key)
        await pilot.pause(0.1)
        assert app.prompt.value == "60"
        await pilot.press("enter")
        assert app.state.setup.depth == 60


async def test_what_is_typed_is_still_there_after_a_look_at_another_window() -> None:
    """The terminal tells when it loses the keyboard and has it again."""
    async with running() as (app, pilot):
        await pilot.press("d", "4")
        for event in (events.AppBlur(), events.AppFocus()):
            app.post_message(event)
            await pilot.pause(0.05)
        await pilot.press("2", "enter")
        assert app.state.setup.depth == 42


async def test_a_prompt_that_closes_meanwhile_does_not_get_the_keys_behind_it() -> None:
    """A terminal need not tell that it has the keyboard again: a key says so, too."""
    async with running() as (app, pilot):
        await pilot.press("d", "4")
        app.post_message(events.AppBlur())
        await pilot.pause(0.05)
        await pilot.press("escape")
        theme = app.state.theme
        await pilot.press("t")
        assert app.state.theme != theme


async def test_a_formula_is_shown_as_it_is_typed_with_a_mark_at_its_fault() -> None:
    async with running() as (app, pilot):
        before = app.state.setup.activations
        await pilot.press("a")
        await pilot.press("z", "asterisk", *"sigmod", "left_parenthesis", "z", "right_parenthesis")
        await pilot.pause(0.2)
        rows = rows_of_the_verdict(app)
        assert rows[0].rstrip() == " z*sigmod(z)"
        assert rows[1].startswith("   ^ sigmod is no function; did you mean sigmoid?")
        assert rows[0][rows[1].index("^") :].startswith("sigmod")
        await pilot.press("left", "left", "left", "left", "i")
        await pilot.pause(0.1)
        assert [row.rstrip() for row in rows_of_the_verdict(app)[:2]] == [
            " f(z)  = z·sigmoid(z)",
            " f′(z) = sigmoid(z) + z·sigmoid′(z)",
        ]
        await pilot.press("enter")
        await pilot.pause(0.1)
        assert app.state.setup.activations == ("z*sigmoid(z)",)
        assert "f′(z) =" not in "".join(rows_of_the_verdict(app))
        await pilot.press("u")
        assert app.state.setup.activations == before


async def test_a_list_may_mix_formulas_and_names_and_is_remembered_by_its_text() -> None:
    async with running() as (app, pilot):
        await pilot.press("a")
        app.prompt.complete("relu, z * sigmoid(b * z), b=2, max(z, 0.1*z)")
        await pilot.press("enter")
        chosen = ("relu", "z*sigmoid(b*z), b=2", "max(z, 0.1*z)")
        assert app.state.setup.activations == chosen
        knob = app.state.roster
        assert knob.parse(knob.text(app.state.setup)) == chosen
        await pilot.press("i")
        await pilot.pause(0.1)
        assert app.screen.__class__.__name__ == "InfoPage"


def rows_of_the_verdict(app: GradTUI) -> list[str]:
    return app.panes["verdict"].picture.text.split("\n")
