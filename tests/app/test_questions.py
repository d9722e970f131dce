"""Questions and terms in the palette and in the help."""

from __future__ import annotations

import io
from typing import Any

import pytest
from rich.console import Console

from gradtui.app import going, leaps
from gradtui.app.main import GradTUI
from gradtui.app.palette import Words, found_by_name
from gradtui.app.screens import help_page
from gradtui.app.state import State, first_start
from gradtui.app.themes import styles
from gradtui.errors import printable
from gradtui.lessons.glossary import GLOSSARY, meaning
from gradtui.plots.ascii import spelled
from gradtui.views import VIEWS
from gradtui.views.questions import BY_NAME, QUESTIONS, Question
from support.app import running, settle, shown, verdict
from support.watch import last


def commands(app: GradTUI) -> dict[str, Any]:
    return {one.title: one.callback for one in app.get_system_commands(app.screen)}


@pytest.mark.parametrize("one", QUESTIONS, ids=lambda one: one.name)
def test_a_question_leads_to_its_view_and_setup_and_undo_leads_back(one: Question) -> None:
    start = going.switched(first_start(), "layers")
    offers = {offer.title: offer for offer in found_by_name(start)}
    there = offers[f"question: {one.asked.en}"].step(start)
    if not one.view:
        assert there.setup == start.setup
        assert "gradtui weights" in there.message
        return
    assert there.view == one.view
    assert there.setup == one.setup.clamped()
    assert there.message == printable(one.asked.en)
    back = leaps.undo(there)
    assert (back.view, back.setup) == (start.view, start.setup)


async def test_the_answer_is_said_once_it_is_known() -> None:
    one = BY_NAME["dead-relu"]
    answer = one.answer(last(VIEWS[one.view], one.setup), one.setup).en
    async with running(State(view="phase", setup=VIEWS["phase"].default_setup)) as (app, pilot):
        commands(app)[f"question: {one.asked.en}"]()
        await settle(pilot)
        await pilot.pause()
        assert app.state.message == f"In full on v: {printable(answer)}"
        assert "It is dead: at layer 5" in verdict(app)
        assert app.state.asked == ""
        await pilot.press("right")
        assert "It is dead" not in shown(app)


async def test_who_goes_on_meanwhile_is_told_nothing() -> None:
    one = BY_NAME["dead-relu"]
    result = last(VIEWS[one.view], one.setup)
    asked = leaps.question(first_start(), one.name)
    assert asked.asked == one.name
    gone = asked.saying("something else")
    assert leaps.answered(gone, one.view, one.setup, result).message == "something else"
    moved = asked.with_(setup=asked.setup.with_(depth=3))
    assert leaps.answered(moved, one.view, one.setup, result).message == moved.message
    told = leaps.answered(asked, one.view, asked.setup, result)
    assert told.message.startswith("In full on v: It is dead")


def test_a_term_of_the_palette_says_what_it_means() -> None:
    offers = {offer.title: offer for offer in found_by_name(first_start())}
    for term in GLOSSARY:
        (title,) = (
            title
            for title in offers
            if title == f"glossary: {term.name}" or title.startswith(f"glossary: {term.name} (")
        )
        said = offers[title].step(first_start())
        assert said.message == printable(f"{term.name}: {term.said.en}")
        assert said.setup == first_start().setup


@pytest.mark.parametrize(
    ("typed", "found"),
    [("chi", "glossary: χ"), ("dead relu", "question: Is it a dead ReLU"), ("카이", "glossary: χ"),
     ("loss scale", "question: Does float16")],
)  # fmt: skip
def test_the_palette_finds_them_by_words(typed: str, found: str) -> None:
    matching = [
        offer.title
        for offer in found_by_name(first_start())
        if Words(typed).match(spelled(offer.title)) > 0
    ]
    assert any(title.startswith(found) for title in matching)


def page(state: State, headings: str = "") -> str:
    console = Console(width=100, file=io.StringIO(), force_terminal=False)
    console.print(help_page(state, styles("dark"), headings)._body)
    return console.file.getvalue()  # type: ignore[attr-defined]


def test_the_help_explains_what_the_page_of_the_view_lacks() -> None:
    state = going.switched(first_start(), "phase")
    chi = meaning("chi")
    assert chi is not None
    lacking = " ".join(page(state).split())
    assert "Terms" not in lacking
    told = " ".join(page(state, "tanh: χ by σw, rate  q*").split())
    assert f"Terms χ {chi.said.en[:40]}" in told
    assert told.count("Terms") == 1
    assert told.index("Marks") < told.index("Terms")


async def test_the_help_is_asked_of_the_headings_that_are_shown() -> None:
    state = going.switched(first_start(), "spectrum")
    async with running(state) as (app, pilot):
        await pilot.press("question_mark")
        await pilot.pause()
        body = app.screen._body  # type: ignore[attr-defined]
        console = Console(width=100, file=io.StringIO(), force_terminal=False)
        console.print(body)
        told = " ".join(console.file.getvalue().split())  # type: ignore[attr-defined]
        jacobian = meaning("∂a/∂x")
        assert jacobian is not None
        assert jacobian.said.en[:40] in told
