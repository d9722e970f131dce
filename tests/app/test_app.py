"""The app: what the keys do, what the screen says, what a bad value leaves as it was."""

from __future__ import annotations

import asyncio
import csv
import gc
import io
import json
import re
import sys
import weakref
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from textual.geometry import Region
from textual.strip import Strip
from textual.widgets import Input, Static

from gradtui import settings
from gradtui.app import opening
from gradtui.app import running as running_module
from gradtui.app.actions import ACTIONS, offered
from gradtui.app.appearance import Appearance
from gradtui.app.main import GradTUI
from gradtui.app.prompt import Prompt
from gradtui.app.screens import CHOICE_KEYS, InfoPage, Page, ScenariosPage, SnippetsPage
from gradtui.app.state import THEMES, State
from gradtui.mathematics.layer_values import LayerValues
from gradtui.setup import Setup
from gradtui.views import VIEWS
from gradtui.views.scenarios import SCENARIOS
from support.app import running, settle, shown, verdict
from support.by_hand import by_hand

DEEP = State(setup=Setup.of(activations=("sigmoid",), depth=50))


def bottom(app: GradTUI) -> str:
    return app.panes["bottom"].picture.text


def prompting(app: GradTUI) -> bool:
    return bool(app.query_one(Prompt).display)


def said(app: GradTUI) -> str:
    """All that is said on the main screen, as one paragraph."""
    rows = [
        line for name in ("verdict", "bottom") for line in app.panes[name].picture.text.split("\n")
    ]
    rows += [str(one.content) for one in app.query_one(Prompt).query(Static)]
    return " ".join(" ".join(rows).split())


def body(app: GradTUI) -> str:
    """The text of the page on top."""
    assert isinstance(app.screen, Page)
    console = Console(width=100, file=io.StringIO())
    with console.capture() as captured:
        console.print(app.screen.query_one("#page-body", Static).content)
    return captured.get()


# -------------------------------------------------------------- the main job


async def test_it_opens_with_three_compared_at_depth_50_and_names_the_factor() -> None:
    async with running() as (app, _):
        assert app.state.setup.activations == ("sigmoid", "tanh", "relu")
        assert app.state.setup.depth == 50
        text = verdict(app)
        assert by_hand("sigmoid", [1.0] * 50).ratio == pytest.approx(3.2e-33, rel=0.03)
        assert "sigmoid vanishing: ×3.2e-33 of the loss's gradient arrives at the input" in text
        assert "healthy is above 0.001" in text
        assert "The f′ make ×3.2e-33 of it, the weights ×1" in text
        assert "f relu" in text
        for name in ("a", "b", "c"):
            assert name in app.panes["plot"].picture.text


async def test_the_number_keys_switch_the_view_and_keep_what_was_set() -> None:
    few = State(setup=State().setup.with_(networks=2, units=8, depth=50)).touching(["depth"])
    async with running(few) as (app, pilot):
        for key, view in zip("123456789", VIEWS, strict=True):
            await pilot.press(key)
            await settle(pilot)
            assert app.state.view == view
            network = app.state.setup.network
            assert (app.state.setup.depth, network.networks, network.units) == (50, 2, 8)
        await pilot.press("2")
        await settle(pilot)
        assert "= ∂L/∂a₅₀·f′(z₅₀)" in app.panes["plot"].picture.text


async def test_one_key_changes_the_depth_and_the_picture_with_it() -> None:
    async with running() as (app, pilot):
        before = app.panes["plot"].picture
        await pilot.press("right_square_bracket")
        await settle(pilot)
        assert app.state.setup.depth == 51
        assert "over 51 layers" in verdict(app)
        assert app.panes["plot"].picture != before
        await pilot.press("u")
        await settle(pilot)
        assert app.panes["plot"].picture == before


async def test_a_page_scrolls_as_often_as_a_key_is_struck_however_quickly() -> None:
    async with running() as (app, pilot):
        await pilot.press("question_mark")
        page = app.screen
        for _ in range(3):
            page.action_scroll(1)  # type: ignore[attr-defined]
        page.action_scroll(-1)  # type: ignore[attr-defined]
        assert page.query_one("#page").scroll_y == 2


async def test_while_it_still_computes_nobody_says_that_there_is_nothing_to_fix() -> None:
    async with running(DEEP) as (app, _):
        app.state = app.state.with_(setup=app.state.setup.with_(depth=49))
        app.action_do("fix")  # before the engine can have answered
        assert "Still looking for what helps" in app.state.message


async def test_one_key_applies_the_remedy_and_says_before_and_after() -> None:
    async with running(DEEP) as (app, pilot):
        assert "vanishing" in verdict(app)
        await pilot.press("f")
        assert "3.2e-33" in bottom(app)
        await settle(pilot)
        assert app.state.setup.activations == ("relu",)
        assert "relu healthy with just these weights: all of the loss's" in verdict(app)
        await pilot.press("u")
        assert app.state.setup == DEEP.setup


async def test_tab_takes_the_verdict_to_the_next() -> None:
    async with running() as (app, pilot):
        await pilot.press("tab")
        await settle(pilot)
        assert "tanh healthy" in verdict(app)


async def test_a_message_goes_with_the_next_key() -> None:
    async with running() as (app, pilot):
        await pilot.press("u")
        assert "Nothing to undo" in bottom(app)
        await pilot.press("right")
        assert "Nothing to undo" not in bottom(app)


# ------------------------------------------------------------------- prompt


async def test_a_number_is_typed() -> None:
    async with running() as (app, pilot):
        await pilot.press("d", *"120", "enter")
        await settle(pilot)
        assert app.state.setup.depth == 120
        assert not prompting(app)
        await pilot.press("u")
        assert app.state.setup.depth == 50


BAD = [
    ("d", "0", "depth: '0' is not a whole number from 1 to 100,000"),
    ("d", "-3", "depth: '-3' is not"),
    ("d", "1e9", "depth: '1e9' is not"),
    ("d", "abc", "depth: 'abc' is not a whole number"),
    ("w", "nan", "weights: 'nan' is not"),
    ("w", "1,2,", "weights: '1,2,' is not"),
    ("a", "sigmodi", "'sigmodi' is not"),
    ("h", "2", "threshold: '2' is not a number from"),
    ("x", "", "x: '' is not a number"),
]


async def test_a_bad_value_shows_its_error_and_changes_nothing() -> None:
    async with running() as (app, pilot):
        before = app.state
        for key, typed, says in BAD:
            await pilot.press(key)
            app.query_one(Input).value = typed
            await pilot.press("enter")
            await pilot.pause(0.05)
            assert says in said(app)
            assert prompting(app)
            assert app.query_one(Input).value == typed
            assert app.state.setup == before.setup
            await pilot.press("escape")
            assert app.state.setup == before.setup
            assert app.state.past == ()
            assert not prompting(app)


async def test_arrows_in_the_prompt_step_and_escape_brings_back_what_was() -> None:
    async with running() as (app, pilot):
        await pilot.press("w", "up", "up", "pageup")
        assert app.state.setup.chain.weights == LayerValues((2.4,))
        assert app.query_one(Input).value == "2.4"
        await pilot.press("escape")
        await settle(pilot)
        assert app.state.setup.chain.weights == LayerValues((1.0,))
        assert app.state.past == ()


async def test_whatever_is_done_in_the_prompt_is_one_undo() -> None:
    async with running() as (app, pilot):
        await pilot.press("d", "up", "up", "down", "up", "enter")
        assert app.state.setup.depth == 52
        await pilot.press("u")
        assert app.state.setup.depth == 50


async def test_a_knob_that_the_view_does_not_read_is_not_asked_for() -> None:
    async with running(DEEP.with_(view="derivative")) as (app, pilot):
        await pilot.press("m")
        assert not prompting(app)
        assert "samples" in app.state.message


async def test_letters_typed_in_the_prompt_are_text_and_not_keys() -> None:
    async with running() as (app, pilot):
        await pilot.press("a")
        app.query_one(Input).value = ""
        await pilot.press(*"gelu", "space", *"silu", "enter")
        assert app.state.setup.activations == ("gelu", "silu")


async def test_the_filter_narrows_the_list_as_one_types_and_escape_shows_all() -> None:
    async with running() as (app, pilot):
        await pilot.press("slash", *"elu")
        await pilot.pause()
        assert "selu" in app.panes["side"].picture.text
        assert "tanh" not in app.panes["side"].picture.text
        await pilot.press("escape")
        await pilot.pause()
        assert app.state.filter == ""
        assert "tanh" in app.panes["side"].picture.text


async def test_tab_keeps_the_filter_space_chooses_from_it_and_escape_shows_all() -> None:
    async with running() as (app, pilot):
        await pilot.press("slash", *"silu", "tab", "space")
        assert app.state.setup.activations == ("sigmoid", "tanh", "relu", "silu")
        assert app.state.filter == "silu"
        await pilot.press("escape")
        assert app.state.filter == ""
        assert len(app.state.listed) > 30


async def test_enter_on_a_filter_chooses_and_one_that_matches_nothing_is_no_trap() -> None:
    async with running() as (app, pilot):
        await pilot.press("slash", *"gelu", "enter")
        assert app.state.setup.activations == ("gelu",)
        assert app.state.filter == ""
        await pilot.press("slash", *"zz", "enter")
        assert prompting(app)
        assert "filter: 'zz' is not in the name of any of the activations" in said(app)
        await pilot.press("tab")
        assert prompting(app)
        await pilot.press("escape")
        assert not prompting(app)
        assert (app.state.filter, app.state.setup.activations) == ("", ("gelu",))
        await pilot.press("slash", "enter")
        assert app.state.setup.activations == ("gelu",)


# -------------------------------------------------------------------- pages


@pytest.mark.parametrize("close", ["escape", "q", "question_mark"])
async def test_the_help_lists_what_acts_here_and_closes(close: str) -> None:
    async with running() as (app, pilot):
        await pilot.press("question_mark")
        text = " ".join(body(app).split())
        acting = [action for action in ACTIONS if not action.view_key and action.offered(app.state)]
        assert len(acting) > 10
        assert all(part in text for action in acting for part in action.help.split("; "))
        await pilot.press(close)
        assert not isinstance(app.screen, Page)
        assert app.is_running


async def test_the_facts_of_the_highlighted_one_lead_to_its_lesson() -> None:
    async with running() as (app, pilot):
        await pilot.press("i")
        assert isinstance(app.screen, InfoPage)
        assert "0.25 at z = 0" in body(app)
        await pilot.press("i")
        assert not isinstance(app.screen, InfoPage)
        await pilot.press("i", "right")
        assert not isinstance(app.screen, InfoPage)
        assert app.state.lesson == "sigmoid"


async def test_of_a_run_there_are_no_facts_of_an_activation() -> None:
    async with running() as (app, pilot):
        await pilot.press("9", "i")
        assert not isinstance(app.screen, InfoPage)
        assert "v has this verdict in full" in bottom(app)


async def test_a_scenario_is_two_keys_away() -> None:
    async with running() as (app, pilot):
        for key, scenario in zip(CHOICE_KEYS, SCENARIOS, strict=False):
            await pilot.press("s")
            assert isinstance(app.screen, ScenariosPage)
            await pilot.press(key)
            await pilot.pause()
            assert app.state.setup == scenario.setup
            assert app.state.view == scenario.view
            assert scenario.look in bottom(app)


async def test_lines_to_paste_open_on_a_key_where_the_view_has_some() -> None:
    setup = Setup.of(activations=("tanh",), depth=12, threshold=0.1, units=8, networks=2)
    async with running(State(view="init", setup=setup)) as (app, pilot):
        await pilot.press("L")
        assert isinstance(app.screen, SnippetsPage)
        assert "torch.nn.init.normal_(layer.weight, std=std)" in body(app)
        await pilot.press("L")
        assert not isinstance(app.screen, SnippetsPage)
        await pilot.press("3", "L")
        await settle(pilot)
        assert "init view has lines to paste" in bottom(app)


async def test_the_list_of_scenarios_is_left_as_it_was_entered() -> None:
    async with running() as (app, pilot):
        before = app.state
        await pilot.press("s", "down", "escape")
        assert app.state == before


async def test_the_palette_names_the_keys_of_what_it_offers() -> None:
    async with running(State(view="phase", setup=VIEWS["phase"].default_setup)) as (app, _):
        commands = list(app.get_system_commands(app.screen))
        found = {command.title for command in commands if command.discover}
        assert "to the critical line  (C)" in found
        assert "depth: the number of layers L  (d, --depth)" in found
        assert found == {action.title for action in offered(app.state)}


async def test_the_palette_opens_a_knob_and_carries_out_a_key_of_the_view_s_own() -> None:
    async with running(State(view="phase", setup=VIEWS["phase"].default_setup)) as (app, pilot):
        commands = {one.title: one.callback for one in app.get_system_commands(app.screen)}
        commands["to the critical line  (C)"]()
        assert "Critical at" in bottom(app)
        commands["depth: the number of layers L  (d, --depth)"]()
        await pilot.pause()
        assert prompting(app)


async def test_the_palette_does_what_the_key_does() -> None:
    async with running() as (app, pilot):
        commands = {one.title: one.callback for one in app.get_system_commands(app.screen)}
        commands["twice the depth, or the steps  (})"]()
        await settle(pilot)
        assert app.state.setup.depth == 100


async def test_a_palette_that_closes_while_it_searches_stops_searching() -> None:
    """Its search would fail where the list of what it finds has been, and end the app."""
    async with running() as (app, pilot):
        await pilot.press("ctrl+p")
        search = app.screen.run_worker(partial(asyncio.sleep, 60))
        app.pop_screen()
        assert search.is_cancelled
        await pilot.press("3")
        assert app.state.view == "decay"


# ------------------------------------------------------------------- themes


async def test_the_themes_change_the_colours_and_not_the_picture() -> None:
    async with running() as (app, pilot):
        text, themes = shown(app), []
        for _ in THEMES:
            themes.append(app.theme)
            await pilot.press("t", "right", "left")
            await settle(pilot)
            assert shown(app) == text
        assert themes == [f"gradtui-{name}" for name in THEMES]


@pytest.mark.parametrize("colours", ["truecolor", "256", "16", "none"])
async def test_every_theme_is_drawn_in_every_number_of_colours(colours: str) -> None:
    async with running(appearance=Appearance(colours=colours)) as (app, pilot):
        for _ in THEMES:
            await pilot.press("t")
            await settle(pilot)
        assert "sigmoid" in shown(app)


# --------------------------------------------------------------------- size


async def test_a_resize_keeps_the_state_and_uses_the_room() -> None:
    async with running() as (app, pilot):
        await pilot.press("right_square_bracket", "tab", "right")
        await settle(pilot)
        state = app.state
        widths = []
        for size in ((120, 40), (60, 18), (80, 24)):
            await pilot.resize_terminal(*size)
            await settle(pilot)
            assert app.state == state
            widths.append(app.panes["plot"].picture.width)
            assert "tanh healthy" in verdict(app)
        assert widths[0] > widths[2] > widths[1]


@pytest.mark.parametrize("size", [(59, 24), (80, 17), (30, 8)])
async def test_a_terminal_that_is_too_small_says_so_and_comes_back(size: tuple[int, int]) -> None:
    async with running() as (app, pilot):
        before = shown(app)
        await pilot.resize_terminal(*size)
        await pilot.pause()
        assert app.screen.has_class("too-small")
        assert "60 columns" in " ".join(app.panes["too-small"].picture.text.split())
        assert not app.panes["plot"].display or app.panes["plot"].size.area == 0
        await pilot.resize_terminal(80, 24)
        await settle(pilot)
        assert shown(app) == before


async def test_a_terminal_that_is_too_small_from_the_start_can_be_made_larger() -> None:
    app = GradTUI(State())
    async with app.run_test(size=(40, 10)) as pilot:
        await pilot.pause()
        assert app.screen.has_class("too-small")
        await pilot.resize_terminal(80, 24)
        await settle(pilot)
        assert "sigmoid vanishing" in verdict(app)


# ---------------------------------------------------------- taking it along


@pytest.mark.heavy
@pytest.mark.parametrize("view", list(VIEWS))
async def test_y_sends_the_command_that_prints_this_picture(view: str) -> None:
    async with running(State(view=view)) as (app, pilot):
        await pilot.press("right_square_bracket", "right", "y")
        words = app.clipboard.split()
        assert words[:2] == ["gradtui", view]
        assert app.clipboard == " ".join(app.state.record.command(app.state.setup))
        said = body(app) if isinstance(app.screen, Page) else bottom(app)
        assert app.clipboard in said
        assert "Sent to the terminal" in said


async def export(pilot: Any, app: GradTUI, name: str) -> None:
    await pilot.press("e")
    app.query_one(Input).value = name
    await pilot.pause()
    await pilot.press("enter")
    await pilot.pause(0.05)
    while app._working is not None:
        await pilot.pause(0.05)
    await pilot.pause(0.1)


@pytest.mark.heavy
@pytest.mark.parametrize("view", list(VIEWS))
async def test_e_saves_the_picture_or_its_numbers_and_says_where(view: str, tmp_path: Path) -> None:
    async with running(State(view=view)) as (app, pilot):
        for suffix in ("svg", "pdf", "png", "txt", "csv", "json"):
            file = tmp_path / f"picture.{suffix}"
            await export(pilot, app, str(file))
            assert app.state.message == f"Saved {file}"
            assert f"Saved {file}"[:70] in said(app)
            if suffix in ("pdf", "png"):
                assert suffix.upper().encode() in file.read_bytes()[:5]
                continue
            text = file.read_text(encoding="utf-8")
            if suffix == "svg":
                assert "<svg" in text
            elif suffix == "csv":
                assert len(list(csv.DictReader(io.StringIO(text)))) > 2
            elif suffix == "json":
                assert json.loads(text)
            else:
                assert VIEWS[view].question in text
    assert len(list(tmp_path.glob("*picture*"))) == 6  # and nothing temporary


async def test_a_file_that_cannot_be_is_refused_and_nothing_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    before = sorted(tmp_path.rglob("*"))
    async with running(DEEP) as (app, pilot):
        for name in ("picture.gif", "picture", "", ".", "no/such/directory/a.svg", "nul\0.svg"):
            await export(pilot, app, name)
            assert "Not saved" in said(app)
            assert prompting(app)
            await pilot.press("escape")
        assert app.state.setup == DEEP.setup
    assert sorted(tmp_path.rglob("*")) == before


async def test_a_file_that_exists_is_replaced_only_at_the_second_enter(tmp_path: Path) -> None:
    file = tmp_path / "mine.txt"
    file.write_text("precious", encoding="utf-8")
    async with running(DEEP) as (app, pilot):
        await export(pilot, app, str(file))
        assert file.read_text(encoding="utf-8") == "precious"
        assert "exists" in said(app)
        await pilot.press("enter")
        await pilot.pause()
        assert "precious" not in file.read_text(encoding="utf-8")


async def test_a_file_that_exists_is_asked_about_again_after_another_name(tmp_path: Path) -> None:
    file = tmp_path / "mine.txt"
    file.write_text("precious", encoding="utf-8")
    async with running(DEEP) as (app, pilot):
        await export(pilot, app, str(file))
        await pilot.press("end", "x", "backspace", "enter")
        await pilot.pause(0.05)
        assert file.read_text(encoding="utf-8") == "precious"
        assert "exists" in said(app)
        assert prompting(app)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
async def test_a_disk_that_is_full_is_said_and_the_app_goes_on(tmp_path: Path) -> None:
    async with running(DEEP) as (app, pilot):
        link = tmp_path / "full.txt"
        link.symlink_to("/dev/full")
        await export(pilot, app, str(link))
        if "exists" in said(app):
            await pilot.press("enter")
            await pilot.pause()
        assert "Not saved" in said(app)
        assert app.is_running


# ------------------------------------------------------------------- playing


async def test_the_backward_pass_plays_by_itself_and_pauses() -> None:
    first = State(view="chain", setup=Setup.of(depth=6, layer=6))
    async with running(first) as (app, pilot):
        await pilot.press("p")
        assert app.state.playing
        await pilot.pause(0.6)
        assert app.state.setup.layer < 6
        await pilot.press("p")
        await settle(pilot)
        layer = app.state.setup.layer
        await pilot.pause(0.4)
        assert app.state.setup.layer == layer


# ------------------------------------------------------------------- no colour


async def test_without_unicode_every_line_that_is_sent_is_ascii() -> None:
    look = Appearance(marker="ascii", unicode=False)
    async with running(appearance=look) as (app, pilot):
        for key in "123":
            await pilot.press(key)
            await settle(pilot)
            sent = "\n".join(
                strip.text for strip in app.screen._compositor.render_strips(app.screen.size)
            )
            assert "gradtui" in sent
            assert sent.isascii()
            assert "?" not in sent.replace("? help", "")


def sent_by(app: GradTUI) -> str:
    """The screen as it is sent."""
    lines = app.screen._compositor.render_strips(app.screen.size)
    return "\n".join(line.text.rstrip() for line in lines)


@pytest.mark.parametrize("size", [(60, 18), (80, 24), (120, 40)])
async def test_without_unicode_an_arrow_is_no_greater_than(size: tuple[int, int]) -> None:
    look = Appearance(marker="ascii", unicode=False)
    setup = VIEWS["phase"].default_setup.with_(sigma_w=0.5, sigma_b=0.0)
    async with running(State(setup, "phase", "tanh"), size, look) as (app, pilot):
        main = sent_by(app)
        assert "0 q -> 0" in main
        assert "sigma_w = 0.5" in main
        assert "xi_grad  xi_c" in main
        said = main
        for key, words in (("v", "as q ->"), ("question_mark", "xi_grad"), ("i", "-> its lesson")):
            await pilot.press(key)
            await pilot.pause()
            said += (page := sent_by(app))
            assert words in page
            await pilot.press("escape")
        await pilot.press("[")
        await settle(pilot)
        await pilot.press("u")
        await settle(pilot)
        said += sent_by(app)
        assert "depth 49 -> 50" in said
        assert said.isascii()
        assert not re.search(r"(?<!-)> (0|50)", said)


# ------------------------------------------------------------------ memory


@pytest.mark.parametrize("page", ["question_mark", "i", "s"])
async def test_nothing_of_a_page_is_kept_once_it_is_closed(page: str) -> None:
    async with running() as (app, pilot):
        await pilot.press(page)
        await pilot.pause()
        drawn = [weakref.ref(one._styles_cache) for one in app.screen.walk_children()]
        assert drawn
        await pilot.press("escape")
        await settle(pilot)
        gc.collect()
        assert [one() for one in drawn if one() is not None] == []


@pytest.mark.heavy
async def test_the_geometry_of_other_sizes_is_forgotten() -> None:
    async with running() as (_, pilot):
        for columns in (*range(80, 180), 80):
            await pilot.resize_terminal(columns, 30)
        await settle(pilot)
        assert Region.intersection.cache_info().currsize < 500
        assert Strip.blank.cache_info().currsize < 100


async def test_the_last_filters_are_the_same_ones_every_time() -> None:
    """Every strip remembers what each filter made of it."""
    async with running(appearance=Appearance(colours="none", unicode=False)) as (app, _):
        first, second = app.get_line_filters(), app.get_line_filters()
        assert [type(one).__name__ for one in first[-3:]] == ["Printable", "NoColor", "AsciiOnly"]
        assert all(one is other for one, other in zip(first, second, strict=True))


async def test_the_collector_sets_apart_what_was_there_before_the_first_picture() -> None:
    """To look through all of Textual for rubbish would be a pause of 40 ms, time and again."""
    gc.disable()  # as `open_app` does before it imports anything
    try:
        async with running():
            assert gc.isenabled()
            assert gc.get_freeze_count() > 10_000
    finally:
        gc.unfreeze()
        gc.enable()
    async with running():
        assert gc.get_freeze_count() == 0  # where it was on, it is left alone


def test_while_the_app_is_imported_the_collector_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[bool] = []

    def run(*_: object, **__: object) -> int:
        seen.append(gc.isenabled())
        return 0

    monkeypatch.setattr(running_module, "run_app", run)
    monkeypatch.setattr(sys, "__stderr__", io.StringIO())
    monkeypatch.setattr(opening.signal, "signal", lambda *_: None)
    monkeypatch.setenv("TEXTUAL_FPS", "60")
    monkeypatch.setenv("TEXTUAL_COLOR_SYSTEM", "auto")
    try:
        assert opening.open_app(settings.resolve({})) == 0
    finally:
        gc.enable()
    assert seen == [False]
