"""The help explains this view first, and the verdicts can be read in full."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console, Group, RenderableType

import gradtui
from gradtui.app import panes, searching
from gradtui.app.actions import own_actions
from gradtui.app.explaining import _here, reading, verdicts
from gradtui.app.screens import InfoPage, VerdictsPage, help_page
from gradtui.app.showing import Arrived
from gradtui.app.state import State
from gradtui.app.steps import press
from gradtui.app.themes import styles
from gradtui.models.finding import Finding, Kind, Remedy
from gradtui.plots.picture import row_text
from gradtui.progress import unwatched
from gradtui.setup import KNOBS, Setup
from gradtui.views import VIEWS
from gradtui.views.page import READOUT, page_file, sections
from gradtui.views.view import Size
from support.app import running, settle

STYLES = styles("dark")


def text_of(body: RenderableType, width: int = 76) -> str:
    console = Console(width=width, no_color=True, force_terminal=False)
    with console.capture() as captured:
        console.print(body)
    return captured.get()


def words(text: str) -> str:
    return " ".join(text.split())


def help_of(view: str) -> str:
    state = State(view=view, setup=VIEWS[view].default_setup)
    return text_of(help_page(state, STYLES)._body)


@pytest.mark.parametrize("view", VIEWS)
def test_help_begins_with_what_is_on_the_screen_then_the_keys_then_the_page(view: str) -> None:
    text = help_of(view)
    order = ["In the readout", "In the picture", "Marks", f"Knobs of {view}", "How to read it",
             "\nMore", "\nViews", "\nProgram"]  # fmt: skip
    places = [text.index(heading) for heading in order]
    assert places == sorted(places)


@pytest.mark.parametrize("view", VIEWS)
def test_help_has_every_column_every_mark_and_every_key_of_the_view(view: str) -> None:
    text = words(help_of(view))
    for entry in sections(VIEWS[view])[READOUT]:
        for term in entry.terms:
            assert term in text
    assert all(kind.mark in text for kind in Kind)
    state = State(view=view, setup=VIEWS[view].default_setup)
    for action in own_actions(state):
        assert words(f"{action.shown} {action.help}") in text
        assert words(action.allowed) in text


def test_help_speaks_of_keys_and_not_of_flags() -> None:
    assert "--against" not in help_of("phase")
    assert "against depth (A)" in words(help_of("phase"))
    assert "--focus" not in help_of("decay")


def test_help_says_which_activations_have_a_derivation() -> None:
    assert "and the derivation of sigmoid, tanh, relu, softplus, silu and gelu" in words(
        help_of("derivative")
    )


@pytest.mark.parametrize(
    ("typed", "here"),
    [
        ("--depth 80 --threshold 0.1", "depth 80 (d), threshold 0.1 (h)"),
        ("--depth 50", "depth 50 (d)"),
        ("--quantity", "quantity (G)"),
        ("--focus", "tab"),
        ("--csv", "--csv"),
        ("median cond.", "median cond."),
    ],
)
def test_what_is_typed_on_the_command_line_has_its_key(typed: str, here: str) -> None:
    letter = KNOBS["quantity"].letter
    assert _here(typed) == here.replace("(G)", f"({letter})")


@pytest.mark.parametrize("width", [54, 74, 90])
@pytest.mark.parametrize("view", VIEWS)
def test_the_path_of_the_page_stands_whole_in_the_help(view: str, width: int) -> None:
    state = State(VIEWS[view].default_setup, view)
    text = text_of(Group(*reading(state, STYLES)), width)
    file = page_file(VIEWS[view])
    assert str(file) in "".join(text.split())
    assert "…" not in text


# ---------------------------------------------------------------- verdicts


REMEDY = Remedy("relu", {}, "layer 1 gets 2e-32", "layer 1 gets all of it")
LONG = Finding(
    "tanh",
    Kind.VANISHING,
    "sentence " * 12 + "is over.",
    "cause " * 40 + "is over.",
    "evidence " * 30 + "is over.",
    REMEDY,
)
SHORT = Finding("tanh", Kind.HEALTHY, "All is well.", "Nothing did it.", "Of 9 networks.")


def test_what_why_on_what_and_what_helps_stand_on_lines_of_their_own() -> None:
    found = Finding("tanh", Kind.DEAD, "Nothing arrives.", "f′ is 0.", "Of 9 networks.", REMEDY)
    assert panes.verdict(found, Size(80, 5)).text.rstrip().split("\n") == [
        " ∅ Nothing arrives.",
        "   f′ is 0.",
        "   Of 9 networks.",
        " f relu  then layer 1 gets all of it",
    ]


@pytest.mark.parametrize("height", [3, 5, 7])
@pytest.mark.parametrize("width", [60, 80, 120])
def test_what_does_not_fit_names_the_key_that_shows_it(width: int, height: int) -> None:
    picture = panes.verdict(LONG, Size(width, height))
    assert picture.height == height
    assert all(len(row_text(one)) == width for one in picture.rows)
    lines = picture.text.split("\n")
    # What helps has its key in the bottom row, too: it gives way to the sentence, and to no more.
    helps = [] if (width, height) == (60, 3) else lines[-1:]
    assert [line.startswith(" f relu") for line in helps] == [True] * len(helps)
    assert lines[height - 1 - len(helps)].rstrip().endswith(" … v more")
    assert " ".join(LONG.sentence.split()) in " ".join(picture.text.split())
    assert panes.verdict(SHORT, Size(width, height)).text.count("v more") == 0


def test_the_sentence_is_whole_where_it_takes_two_lines() -> None:
    assert words(LONG.sentence) in words(panes.verdict(LONG, Size(80, 5)).text)


def test_only_whole_words_are_cut() -> None:
    known = {
        *LONG.text.split(),
        "✗",
        "…",
        "v",
        "more",
        "f",
        "relu",
        *f"then {REMEDY.after}".split(),
    }
    for width in range(60, 130):
        assert {*panes.verdict(LONG, Size(width, 5)).text.split()} <= known


def test_what_is_not_final_has_no_verdict_mark_yet() -> None:
    assert panes.verdict(SHORT, Size(80, 5), final=False).text.startswith(" … All is well.")


def test_a_notice_stands_whole_below_the_verdict() -> None:
    text = "depth: " + "word " * 40 + "end"
    shown = panes.verdict(LONG, Size(80, 7), text).text
    assert words(text) in words(shown)
    assert shown.startswith(" ✗ sentence")


@pytest.mark.parametrize("view", ["decay", "derivative", "phase"])
def test_the_page_has_every_verdict_in_full_the_focused_one_first(view: str) -> None:
    setup = Setup.of(activations=("sigmoid", "tanh", "relu"), focus="tanh", depth=30)
    state = State(view=view, setup=setup)
    *_, result = state.record.results(setup, unwatched)
    text = words(text_of(verdicts(state, result, STYLES, final=True)))
    for name in setup.activations:
        found = state.record.finding(result, name)
        if found is None:
            assert re.search(rf"… {name}: esc (shift\+)?tab brings its verdict", text)
            continue
        for part in (found.sentence, found.cause, found.evidence):
            assert words(part) in text
        if found.remedy is not None:
            assert words(found.remedy.after) in text
    focused = state.record.finding(result, "tanh")
    assert focused is not None
    assert text.startswith(f"{focused.kind.mark} {words(focused.sentence)}")


def test_a_message_that_does_not_fit_the_bottom_row_is_a_notice() -> None:
    state = State().saying("word " * 30)
    assert panes.notice(state, 80) == state.message
    assert "word word" not in panes.bottom(state, 80).text
    assert panes.notice(State().saying("short"), 80) == ""


def test_v_is_no_knobs_letter_in_any_view() -> None:
    assert all(knob.letter != "v" for view in VIEWS.values() for knob in view.all_knobs)
    assert press(State(), "v").saying("") == State().saying("")


@pytest.mark.parametrize("spec", ["mish", "leaky_relu(0.2)"])
def test_an_activation_without_a_derivation_says_which_have_one(spec: str) -> None:
    shown = words(text_of(InfoPage(spec, STYLES, unicode=True)._body))
    derived = "sigmoid, tanh, relu, softplus, silu and gelu"
    assert f"Of {derived} there is a derivation, of this one there is none." in shown


@pytest.mark.parametrize("spec", ["sigmoid", "tanh", "relu", "softplus", "silu", "gelu"])
def test_a_derivation_says_what_its_x_is(spec: str) -> None:
    shown = words(text_of(InfoPage(spec, STYLES, unicode=True)._body))
    assert "x is here what a unit takes in, which the views call z." in shown
    assert "there is none" not in shown


MEANINGS = {
    "●": "chosen, in the list",
    "◉": "the verdict's, in the list",
    "∅": "dead",
    "⊕": "the cursor in a plot",
    "◆": "the advised weights",
    "▷": "the signal",
    "◁": "the gradient beside it",
}
HOMES = {"●": "app", "◉": "app", "∅": "models"}
"""Where a mark of all views may stand; what speaks of it or spells it in ASCII may too."""


@pytest.mark.parametrize("mark", MEANINGS)
def test_a_mark_has_one_meaning(mark: str) -> None:
    source = Path(gradtui.__file__).parent
    rooms = {
        file.relative_to(source).parts[0]
        for file in source.rglob("*.py")
        if file.name not in ("common.py", "ascii.py", "pdf.py") and mark in file.read_text("utf-8")
    }
    if mark in HOMES:
        assert rooms == {HOMES[mark]}
    else:
        assert rooms <= {"plots", "views"}


@pytest.mark.parametrize("focus", ["sigmoid", "tanh", "gelu", "softplus"])
async def test_the_keys_beside_each_remedy_lead_to_it(focus: str) -> None:
    """Pressed as they are printed, each brings what its remedy says."""
    names = ("sigmoid", "tanh", "gelu", "softplus")
    setup = Setup.of(activations=names, focus=focus, depth=30)
    for name in names:
        async with running(State(setup, highlight=focus)) as (app, pilot):
            state, drawn = app.state, app.shown.drawn
            assert drawn is not None
            found = state.record.finding(drawn.result, name)
            if found is None or found.remedy is None:
                continue
            await pilot.press("v")
            text = text_of(verdicts(state, drawn.result, STYLES, final=True))
            paragraph = next(part for part in text.split("\n\n") if f" {name} " in part)
            (keys,) = re.findall(r"^  (esc .*?f)  ", paragraph, re.MULTILINE)
            for key in keys.replace("esc", "escape").split():
                await pilot.press(key)
                await settle(pilot)
            assert app.state.message.startswith(f"{found.remedy.label}:")


async def test_the_verdicts_can_be_opened_before_there_are_any() -> None:
    async with running() as (app, pilot):
        drawn = app.shown.drawn
        assert drawn is not None
        app.shown._drawn = None
        await pilot.press("v")
        assert isinstance(app.screen, VerdictsPage)
        page = app.screen.query_one(searching.Text)
        assert "Still computing" in page.render_lines(page.size.region)[0].text
        app.post_message(Arrived(drawn))
        await pilot.pause()
        assert "✗ sigmoid" in page.render_lines(page.size.region)[0].text


async def test_the_page_of_the_verdicts_says_so_far_until_the_result_comes() -> None:
    async with running(State(view="derivative", setup=Setup.of(activations=("sigmoid",)))) as (
        app,
        pilot,
    ):
        drawn = app.shown.drawn
        assert drawn is not None
        app.post_message(Arrived(replace(drawn, progress=0.5)))
        await pilot.press("v")

        def page() -> str:
            text = app.screen.query_one(searching.Text)
            return "\n".join(line.text for line in text.render_lines(text.size.region))

        assert "so far" in page()
        assert "… sigmoid" in page()
        assert "✗" not in page()
        app.post_message(Arrived(drawn))
        await pilot.pause()
        assert "so far" not in page()
        assert "✗ sigmoid" in page()


def test_help_of_cells_says_how_each_recipe_draws_them_and_who_found_it() -> None:
    text = words(help_of("time"))
    assert "b_f ~ ln U(1, T - 1)" in text
    assert "Tallec & Ollivier" in text
    assert "Tallec" not in words(help_of("decay"))
    assert "facts of the highlighted cell" in text
    assert "facts of the highlighted activation" in words(help_of("decay"))


def test_help_of_cells_says_why_clipping_brings_nothing_back() -> None:
    assert "What vanishes no clipping brings back" in words(help_of("time"))
