"""What the keys promise: no silent change, no mute key, and a way back from everywhere."""

from __future__ import annotations

import csv
import io
import math
import string
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from textual.command import CommandList, CommandPalette
from textual.pilot import Pilot
from textual.widgets import Input

from gradtui.app import going, leaps, panes, steps
from gradtui.app.actions import KEYS
from gradtui.app.asking import KnobQuestion
from gradtui.app.engine import Drawn
from gradtui.app.main import GradTUI
from gradtui.app.numbers import Sheet, _in_sight, written
from gradtui.app.palette import Words
from gradtui.app.pane import Pane
from gradtui.app.screens import Page
from gradtui.app.searching import Text
from gradtui.app.showing import ENTERED, Arrived
from gradtui.app.state import State, first_start
from gradtui.app.themes import styles
from gradtui.errors import InputError
from gradtui.models.finding import Finding, Kind
from gradtui.plots.canvas import Canvas
from gradtui.plots.picture import Picture, Span
from gradtui.plots.zoom import MOST, Zoom, zoomed
from gradtui.progress import unwatched
from gradtui.runs.shelf import SHELF
from gradtui.setup import KNOBS, Setup, implied
from gradtui.views import VIEWS
from gradtui.views.extent import sigma_ranges
from gradtui.views.heads import head as title_of
from gradtui.views.run.tree import branches
from gradtui.views.scenarios import SCENARIOS
from gradtui.views.view import Size
from gradtui.wording import decade, plain
from support.app import running, settle, shown
from support.watch import exported

DEEP = State(setup=Setup.of(activations=("sigmoid",), depth=50))


def bottom(app: GradTUI) -> str:
    return app.panes["bottom"].picture.text


# ------------------------------------------------------- a value out of range


@pytest.mark.parametrize(
    ("view", "knob", "text", "says"),
    [
        ("derivative", "z", "-8", "inside the range -6 to 6"),
        ("derivative", "z", "7", "inside the range -6 to 6"),
        ("decay", "layer", "51", "a layer from 1 to 50"),
        ("chain", "layer", "0", "a whole number from 1"),
        ("init", "sigma_w", "-1", "a number from 0"),
    ],
)
def test_a_value_outside_its_range_is_refused_and_the_reason_named(
    view: str, knob: str, text: str, says: str
) -> None:
    state = DEEP.with_(view=view)
    with pytest.raises(InputError, match=says) as caught:
        steps.set_knob(state, knob, text)
    assert caught.value.field == knob
    reply = KnobQuestion(KNOBS[knob], state).accepted(state, text)
    assert (reply.state, reply.text) == (state, None)
    assert says in reply.complaint


def test_the_ends_of_a_range_and_a_place_beyond_a_map_are_allowed() -> None:
    assert steps.set_knob(DEEP, "z", "-6").setup.slope.z == -6.0
    assert steps.set_knob(DEEP, "layer", "50").setup.layer == 50
    wider = steps.set_knob(DEEP.with_(view="phase"), "sigma_w", "4").setup.plane
    assert (wider.sigma_w, wider.sigma_w_range) == (4.0, None)
    assert sigma_ranges(Setup.of(activations=("tanh",), sigma_w=4.0))[0] == (0.0, 4.0)
    given = DEEP.with_(view="phase", setup=DEEP.setup.with_(sigma_w_range=(0.5, 3.0)))
    wider = steps.set_knob(given, "sigma_w", "4").setup.plane
    assert (wider.sigma_w, wider.sigma_w_range) == (4.0, (0.5, 4.0))


async def test_what_was_typed_out_of_range_is_kept_to_be_mended() -> None:
    async with running(DEEP.with_(view="derivative")) as (app, pilot):
        await pilot.press("z", *"-8", "enter")
        assert app.query_one(Input).value == "-8"
        assert "-6 to 6" in " ".join(app.panes["verdict"].picture.text.split())
        await pilot.press("backspace", "5", "enter")
        assert app.state.setup.slope.z == -5.0


# ------------------------------------------------------------ a list of weights


def test_a_list_that_set_the_depth_gives_it_back_when_it_goes() -> None:
    listed = steps.set_knob(DEEP, "weights", "1, 2, 3")
    assert listed.setup.depth == 3
    assert steps.set_knob(listed, "weights", "1.5").setup.depth == 50
    moved = steps.walk(steps.step_knob(listed, "x", 1), 1)
    assert steps.set_knob(moved, "weights", "1").setup.depth == 50


def test_while_another_list_says_the_depth_it_stays() -> None:
    both = steps.set_knob(steps.set_knob(DEEP, "weights", "1, 2, 3"), "biases", "0, 0, 1")
    one = steps.set_knob(both, "weights", "1")
    assert one.setup.depth == 3
    assert steps.set_knob(one, "biases", "0").setup.depth == 50


def test_a_depth_that_came_otherwise_than_from_the_list_is_nobody_s_to_give_back() -> None:
    state = DEEP.with_(setup=DEEP.setup.with_(depth=3))
    listed = steps.set_knob(state, "weights", "1, 2, 3")
    assert steps.set_knob(listed, "weights", "1").setup.depth == 3
    dead = next(at for at, one in enumerate(SCENARIOS) if one.title == "Dead ReLU")
    assert steps.set_knob(leaps.scenario(DEEP, dead), "weights", "1").setup.depth == 8


# ------------------------------------------------------------- what is given up


def test_what_a_comparison_gives_up_is_said_with_the_way_back() -> None:
    three = DEEP.with_(setup=DEEP.setup.with_(activations=("sigmoid", "tanh", "relu")))
    inits = steps.set_knob(three, "init", "orthogonal kaiming_normal")
    assert "Given up" in inits.message
    assert "activations tanh, relu" in inits.message
    assert "u brings it back" in inits.message
    assert leaps.undo(inits).setup == three.setup
    again = steps.toggle(inits.with_(highlight="gelu"))
    assert "init" in again.message
    assert "Given up" not in steps.set_knob(DEEP, "init", "orthogonal kaiming_normal").message


# ---------------------------------------------------------------- back, forward


def test_back_and_forward_go_the_way_that_was_gone() -> None:
    state = DEEP
    for view in ("chain", "phase", "init"):
        state = going.switched(state, view)
    state = going.back(going.back(state))
    assert state.view == "chain"
    assert going.forward(state).view == "phase"
    assert going.forward(going.forward(state)).view == "init"
    elsewhere = going.switched(state, "layers")
    assert "no view to go forward to" in going.forward(elsewhere).message
    assert going.back(elsewhere).view == "chain"
    assert "no view to go back to" in going.back(DEEP).message


def test_what_leads_into_another_view_can_be_gone_back_from() -> None:
    there = leaps.scenario(DEEP, 0)
    assert there.view != DEEP.view
    assert going.back(there).view == DEEP.view


async def test_alt_and_backspace_are_its_keys() -> None:
    async with running(DEEP) as (app, pilot):
        await pilot.press("2", "6", "backspace")
        assert app.state.view == "chain"
        await pilot.press("alt+right")
        assert app.state.view == "phase"
        await pilot.press("alt+left", "alt+left")
        assert app.state.view == "decay"


# ------------------------------------------------------------------- mute keys


async def test_no_letter_is_mute() -> None:
    async with running(DEEP) as (app, pilot):
        for letter in string.ascii_letters + "0*@~":
            if letter not in KEYS and letter.isalnum():
                await pilot.press(letter)
                assert f"{letter} does nothing here" in bottom(app)
        await pilot.press("right")
        assert "does nothing" not in bottom(app)


@pytest.mark.parametrize("view", list(VIEWS))
def test_every_letter_of_a_knob_or_a_view_says_where_it_counts(view: str) -> None:
    state = State(view=view, setup=VIEWS[view].default_setup)
    for key in KEYS:
        if len(key) == 1 and steps.knob_on(state, key) is None:
            assert steps.press(state, key) != state


def test_at_an_end_the_cursor_and_the_list_say_so() -> None:
    assert "left end" in steps.walk(DEEP, -1).message
    assert "right end" in steps.walk_to_end(steps.walk_to_end(DEEP, 1), 1).message
    assert steps.walk(DEEP, 1).message == ""
    last = DEEP.listed[-1]
    at_last = DEEP.with_(highlight=last, setup=DEEP.setup.with_(activations=(last,)))
    assert "list ends" in steps.move_highlight(at_last, 1).message


# ------------------------------------------------------------------- the prompt


async def test_an_arrow_in_the_prompt_goes_on_from_what_was_typed() -> None:
    async with running(DEEP) as (app, pilot):
        field = app.query_one(Input)
        await pilot.press("d", *"120", "up")
        assert (field.value, app.state.setup.depth) == ("121", 121)
        await pilot.press("down")
        assert field.value == "120"
        await pilot.press(*"7")  # it replaces what the arrow put there
        assert field.value == "7"
        await pilot.press("enter", "u")
        assert app.state.setup.depth == 50


async def test_an_arrow_does_not_throw_away_what_cannot_be_read() -> None:
    async with running(DEEP) as (app, pilot):
        await pilot.press("d", *"12x", "up")
        assert app.query_one(Input).value == "12x"
        assert "depth" in app.panes["verdict"].picture.text
        await pilot.press("backspace", "up", "enter")
        assert app.state.setup.depth == 13


async def test_names_are_offered_as_one_types_and_tab_takes_one() -> None:
    async with running(DEEP) as (app, pilot):
        await pilot.press("I", *"kai")
        await pilot.pause()
        hint = str(app.prompt.query_one("#prompt-hint").content)  # type: ignore[attr-defined]
        assert "tab:" in hint
        assert "kaiming_normal" in hint
        await pilot.press("tab")
        assert app.query_one(Input).value.startswith("kaiming_")
        await pilot.press("comma", *"orth", "tab", "tab")
        await settle(pilot)
        assert len(app.state.setup.network.init) == 2
        assert app.state.setup.network.init[1] == "orthogonal"


def test_a_completion_is_of_the_last_word_and_of_none_in_parentheses() -> None:
    question = KnobQuestion(KNOBS["activations"], DEEP)
    assert question.completions("relu, gel")[0] == "relu, gelu"
    assert question.completions("gelu") == []  # it is one already
    assert question.completions("leaky_relu(sl") == []
    assert question.completions("zzz") == []
    assert question.completions("") == []
    assert question.completions("tanh ") == []
    offered = question.completions("tanh, ")
    assert "tanh, relu" in offered
    assert "tanh, tanh" not in offered  # it is there already
    assert ", sigmoid" not in question.completions(",")  # nor is what stood there before
    assert KnobQuestion(KNOBS["depth"], DEEP).completions("5") == []


@pytest.mark.parametrize(
    ("knob", "typed", "then"),
    [
        ("activations", ", tanh", ("sigmoid", "tanh")),
        ("activations", ",tanh, elu(2)", ("sigmoid", "tanh", "elu(2)")),
        ("activations", ", sigmoid", ("sigmoid",)),
        ("activations", "tanh", ("tanh",)),
        ("init", ", orthogonal", ("pytorch_linear", "orthogonal")),
    ],
)
def test_what_begins_with_a_comma_is_added_to_the_list(
    knob: str, typed: str, then: tuple[str, ...]
) -> None:
    reply = KnobQuestion(KNOBS[knob], DEEP).accepted(DEEP, typed)
    assert reply.complaint == ""
    assert KNOBS[knob].of(reply.state.setup) == then


def test_a_number_is_not_added_to_a_number() -> None:
    assert KnobQuestion(KNOBS["weights"], DEEP).accepted(DEEP, ", 2").complaint


@pytest.mark.parametrize("size", [(60, 18), (80, 24), (120, 40)])
@pytest.mark.parametrize("view", VIEWS)
async def test_the_name_of_the_file_stands_whole_in_the_prompt(
    view: str, size: tuple[int, int], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    app = GradTUI(State(view=view))
    async with app.run_test(size=size) as pilot:
        await pilot.press("e")
        await pilot.pause()
        assert typed(app) == f"gradtui-{view}.svg"


async def test_what_is_longer_than_the_prompt_shows_its_start_and_where_it_is_cut() -> None:
    weights = ",".join(map(str, range(1, 60)))
    setup = Setup.of(depth=59, weights=KNOBS["weights"].parse(weights))
    async with running(State(setup=setup)) as (app, pilot):
        await pilot.press("w")
        await pilot.pause()
        assert typed(app).startswith("1,2,3")
        assert typed(app).endswith("…")
        await pilot.press("right")  # to the end of what is selected
        await pilot.pause()
        assert typed(app).startswith("…")
        assert typed(app).endswith("58,59")


def typed(app: GradTUI) -> str:
    """What is in sight of what is typed."""
    field = app.query_one(Input)
    return field.render_line(0).text.rstrip()


# --------------------------------------------------------------- the first start


def test_the_first_start_ever_is_where_the_note_begins_and_says_where_to_go_on() -> None:
    state = first_start()
    assert (state.view, state.setup.activations) == ("derivative", ("sigmoid",))
    assert state.message.startswith("New here?")
    assert all(way in state.message for way in ("s: scenarios", "o: lessons", "?: help", "2"))
    assert "3" in state.message
    quiet = steps.walk(state.saying(""), 1)
    assert quiet.message == ""
    chain = going.switched(quiet, "chain")
    assert chain.setup.depth == 3
    assert "Press 3: how it decays" in chain.message
    decay = going.switched(chain, "decay")
    assert "doubles the depth" in decay.message
    assert going.switched(decay.saying(""), "chain").message == ""


# ------------------------------------------------------------- entering a view


@pytest.mark.parametrize("view", [name for name in VIEWS if name != "decay"])
async def test_a_view_that_is_entered_shows_nothing_of_the_one_before(view: str) -> None:
    async with running(DEEP) as (app, pilot):
        before = app.panes["readout"].picture.text + app.panes["verdict"].picture.text
        assert "over 50 layers" in " ".join(before.split())
        app.shown._submit = lambda request: None  # its picture never comes
        app.state = going.switched(app.state, view)
        await pilot.pause(ENTERED + 0.1)
        assert app.panes["plot"].picture.text.strip() == VIEWS[view].wait_text(app.state.setup)
        assert app.panes["readout"].picture.text.strip() == "…"
        assert app.panes["verdict"].picture.text.strip() == ""
        app.shown._submit = app._engine.submit
        app.state = going.switched(app.state, "decay")
        await settle(pilot)
        await pilot.pause(ENTERED + 0.1)
        assert "layer 1 " in app.panes["readout"].picture.text


@pytest.mark.parametrize("step", [partial(leaps.scenario, index=2), leaps.reset])
async def test_a_scenario_that_takes_long_shows_nothing_of_what_was_before(
    step: Callable[[State], State],
) -> None:
    async with running(DEEP.with_(setup=DEEP.setup.with_(depth=9))) as (app, pilot):
        app.shown._submit = lambda request: None  # its picture never comes
        app.state = step(app.state)
        assert app.state.view == "decay"
        await pilot.pause(ENTERED + 0.1)
        assert "Computing" in app.panes["plot"].picture.text
        assert app.panes["verdict"].picture.text.strip() == ""


async def test_the_same_view_keeps_its_picture_until_the_next_one_is_there() -> None:
    async with running(DEEP) as (app, _):
        before = app.panes["plot"].picture
        app.state = steps.turn_length(app.state, 1)
        assert app.panes["plot"].picture == before


async def test_what_takes_long_keeps_its_picture_and_says_how_far_it_is() -> None:
    async with running(DEEP) as (app, _):
        before = shown(app)
        request = app.shown._request
        assert request is not None
        deeper = replace(request, setup=request.setup.with_(depth=51))
        app.shown._request = deeper
        blank = Picture.of([], *deeper.plot)
        app.on_arrived(Arrived(Drawn(deeper, None, blank, (), None, 0.4, silent=True)))
        assert "40%" in app.panes["top"].picture.text
        assert shown(app).split("\n")[1:] == before.split("\n")[1:]
        assert not app.settled


def test_what_is_not_measured_yet_has_no_mark_of_a_verdict() -> None:
    finding = Finding("tanh", Kind.HEALTHY, "tanh healthy.", "")
    size = Size(80, 5)
    assert panes.verdict(finding, size).text.startswith(" ✓ tanh healthy")
    assert panes.verdict(finding, size, final=False).text.startswith(" … tanh healthy")


@pytest.mark.parametrize("width", range(60, 131, 5))
def test_progress_never_takes_the_place_of_the_help(width: int) -> None:
    for view in VIEWS:
        for progress in (0.0, 0.07, 0.99):
            shown = panes.top(State(view=view), width, progress).text
            assert "? help  q quit" in shown
            assert f"{progress:.0%}" in shown


def test_no_cell_of_a_name_that_stood_out_stays_behind() -> None:
    """A blank with a ground of its own is no blank: as 3, 2, 1 are pressed, every one goes."""
    looks = styles("dark")
    pane = Pane("top", looks)
    for before, after in pairwise(["decay", "chain", "derivative", "init"]):
        old, new = (panes.top(State(view=view), 80, 1.0).rows[0] for view in (before, after))
        change = pane._change(old, new)
        assert change is not None
        start, length = change
        for row in (old, new):
            at = 0
            for text, role in row:
                if role == "here":
                    assert start <= at
                    assert at + len(text) <= start + length
                at += len(text)


def test_a_blank_without_a_ground_is_not_sent_again() -> None:
    pane = Pane("top", styles("dark"))
    assert pane._change((Span("a  ", "muted"),), (Span("a", "muted"), Span("  ", "key"))) is None


# ----------------------------------------------------------------- the palette


async def found(app: GradTUI, pilot: Pilot[Any], text: str) -> str:
    """Open the palette, type, and give what stands first."""
    await pilot.press("ctrl+p", *(("space" if one == " " else one) for one in text))
    listed = app.screen.query_one(CommandList)
    for _ in range(200):
        await pilot.pause(0.01)
        if listed.option_count and app.screen.query_one(Input).value == text:
            break
    await pilot.pause(0.1)
    return str(listed.get_option_at_index(0).hit.text)  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("typed", "finds"),
    [
        ("gelu_tanh", "gelu_tanh: this activation alone"),
        ("compare with mish", "compare with mish"),
        ("dead relu", "scenario: Dead ReLU"),
        ("how much of the gradient", "How much of the gradient"),
        ("threshold", "threshold:"),
        ("--batch", "batch:"),
        ("--loss-scale", "loss scale: a factor on the loss"),
        ("loss_scale", "loss scale: a factor on the loss"),
        ("sigma_w_range", "σw range:"),
        ("sigma-b", "σb"),
        ("T", "all numbers of the picture"),
        ("d", "depth: the number of layers L"),
        ("w", "weights: the weight"),
        ("float16", "float16 (fp16, half)"),
        ("bf16", "bfloat16 (bf16)"),
        ("kaiming_normal", "kaiming_normal"),
        ("trunc_normal", "truncated_normal (trunc_normal)"),
        ("he_normal", "he_normal (he)"),
        ("pytorch", "pytorch_linear ("),
        ("spectrum", "spectrum:"),
    ],
)
async def test_the_palette_finds_activations_scenarios_knobs_and_questions(
    typed: str, finds: str
) -> None:
    async with running(DEEP.with_(view="chain")) as (app, pilot):
        assert finds in await found(app, pilot, typed)


async def test_what_the_palette_found_is_done_and_a_knob_of_another_view_asked_for() -> None:
    async with running(DEEP.with_(view="chain")) as (app, pilot):
        await found(app, pilot, "mish: this")
        await pilot.press("enter")
        await pilot.pause(0.1)
        assert app.state.setup.activations == ("mish",)
        await found(app, pilot, "--batch")
        await pilot.press("enter")
        await pilot.pause(0.1)
        assert app.prompt.display
        await pilot.press(*"8", "enter")
        assert (app.state.setup.network.batch, app.state.setup.model) == (8, "network")


async def test_the_palette_s_recipes_and_formats_lead_to_where_they_are_seen() -> None:
    async with running(DEEP.with_(view="chain")) as (app, pilot):
        await found(app, pilot, "he_uniform")
        await pilot.press("enter")
        await pilot.pause(0.1)
        setup = app.state.setup
        assert (app.state.view, setup.model) == ("decay", "network")
        assert setup.network.init == ("he_uniform",)
        await pilot.press("1")
        await found(app, pilot, "float16")
        await pilot.press("enter")
        await pilot.pause(0.1)
        assert app.state.view == "decay"
        assert "what becomes of the gradient in float16" in shown(app)


async def test_the_cursor_of_the_palette_stands_still() -> None:
    async with running(DEEP) as (app, pilot):
        await pilot.press("ctrl+p")
        await pilot.pause(0.1)
        assert isinstance(app.screen, CommandPalette)
        assert not app.screen.query_one(Input).cursor_blink
        await pilot.press("ctrl+p", "escape")
        assert len(app.screen_stack) == 1


# ------------------------------------------------------------------- the pages


async def test_the_help_is_searched_and_its_keys_are_the_page_s_again_afterwards() -> None:
    async with running(DEEP) as (app, pilot):
        await pilot.press("question_mark", "slash", *"quit")
        await pilot.pause()
        page, box = app.screen, app.screen.query_one("#page")
        text = page.query_one(Text)
        lines = text.lines_with("QUIT")
        assert lines
        assert str(box.border_subtitle).startswith(f"1 of {len(lines)},")
        assert 0 <= lines[0] - box.scroll_y < box.size.height
        assert all(cell.style and cell.style.reverse for cell in text.render_line(lines[0]))
        await pilot.press("z")
        assert "'quitz' is not on this page" in str(box.border_subtitle)
        await pilot.press("escape")
        assert isinstance(app.screen, Page)
        assert "/ searches" in str(box.border_subtitle)
        await pilot.press("q")
        assert len(app.screen_stack) == 1


async def test_arrows_go_from_one_line_that_has_it_to_the_next_and_round() -> None:
    async with running(DEEP) as (app, pilot):
        await pilot.press("question_mark", "slash", *"layer")
        await pilot.pause()
        box = app.screen.query_one("#page")
        count = len(app.screen.query_one(Text).lines_with("layer"))
        assert count > 2
        await pilot.press("enter", "down")
        assert str(box.border_subtitle).startswith(f"3 of {count},")
        await pilot.press("up", "up", "up")
        assert str(box.border_subtitle).startswith(f"{count} of {count},")


async def test_home_and_end_go_to_the_ends_of_a_page() -> None:
    async with running(DEEP) as (app, pilot):
        await pilot.press("question_mark", "end")
        box = app.screen.query_one("#page")
        assert box.scroll_y == box.max_scroll_y > 0
        await pilot.press("home")
        assert box.scroll_y == 0


async def sheet(app: GradTUI, pilot: Pilot[Any]) -> Sheet:
    await pilot.press("T")
    for _ in range(200):
        await pilot.pause(0.01)
        if "rows" in str(app.screen.query_one(Sheet).border_title):
            break
    return app.screen.query_one(Sheet)


@pytest.mark.parametrize(
    ("left", "width", "seen"),
    [
        (0, 10, "1.234  56…"),  # 56.78 goes on
        (0, 12, "1.234  56.78"),
        (1, 12, "…234  56.78 "),
        (5, 3, "  …"),
        (0, 40, "1.234  56.78   9"),
        (40, 5, ""),
    ],
)
def test_a_number_that_an_edge_of_the_table_cuts_has_a_mark(
    left: int, width: int, seen: str
) -> None:
    assert _in_sight("1.234  56.78   9", left, width) == seen


def lines(shown: Sheet) -> list[str]:
    return [shown.render_line(y).text for y in range(shown.size.height)]


@pytest.mark.parametrize("view", ["decay", "derivative", "chain"])
async def test_all_numbers_of_the_picture_are_a_table_of_the_rows_of_the_csv(view: str) -> None:
    async with running(DEEP.with_(view=view)) as (app, pilot):
        shown = await sheet(app, pilot)
        assert app.shown.finished is not None
        text = exported(VIEWS[view], app.shown.finished.result, app.state.setup, Size(80, 24),
                        "braille", "csv")  # fmt: skip
        head, *rows = csv.reader(io.StringIO(text))
        assert f"{len(rows)} rows" in str(shown.border_title)
        words = shown.render_line(0).text.split()[:-1]  # the last may be cut
        assert len(words) > 2
        assert " ".join(map(title_of, head)).startswith(" ".join(words))
        await pilot.press("end")
        last = lines(shown)[-1].split()
        for cell, value in zip(last, [cell for cell in rows[-1] if cell], strict=False):
            try:
                assert float(cell) == pytest.approx(float(value), rel=1e-5)
            except ValueError:
                assert cell == value


async def test_the_table_scrolls_by_lines_pages_and_columns_under_its_heads() -> None:
    async with running(DEEP, size=(60, 18)) as (app, pilot):
        shown = await sheet(app, pilot)
        head = lines(shown)[0]
        await pilot.press("down", "j", "k")
        assert (shown.scroll_y, lines(shown)[0]) == (1, head)
        await pilot.press("pagedown")
        assert shown.scroll_y == 1 + shown.size.height - 2
        await pilot.press("home")
        assert shown.scroll_y == 0
        await pilot.press("end")
        assert shown.scroll_y == shown.max_scroll_y
        await pilot.press("right")
        first = head.split()[1]
        assert lines(shown)[0].split()[0] == first
        await pilot.press("left")
        assert lines(shown)[0] == head
        await pilot.press("T")
        assert len(app.screen_stack) == 1


def test_what_nobody_can_know_is_a_blank_in_the_table() -> None:
    cells = (None, float("nan"), float("-inf"), 0.1234567, 3, "relu")
    assert [written(cell) for cell in cells] == ["", "", "-inf", "0.123457", "3", "relu"]


async def test_l_sends_lines_to_the_clipboard_and_a_digit_those_of_another_framework(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    setup = VIEWS["init"].default_setup.with_(networks=2, units=8, depth=4)
    async with running(DEEP.with_(view="init", setup=setup)) as (app, pilot):
        sent: list[str] = []
        monkeypatch.setattr(app, "copy_to_clipboard", sent.append)
        await pilot.press("L")
        assert "torch.nn.init" in sent[-1]
        assert "copied: PyTorch" in str(app.screen.query_one("#page").border_title)
        await pilot.press("3")
        assert "keras" in sent[-1]
        assert "copied: Keras" in str(app.screen.query_one("#page").border_title)
        await pilot.press("9")
        assert len(sent) == 2
        for code in sent:
            compile(code, "pasted", "exec")


# --------------------------------------------------------------------- the zoom


def test_a_zoom_halves_the_height_around_its_middle_and_stays_inside() -> None:
    zoom = Zoom().closer(1)
    assert zoom.limits(0.0, 8.0) == (2.0, 6.0)
    assert zoom.closer(1).limits(0.0, 8.0) == (3.0, 5.0)
    assert zoom.moved(0.25).limits(0.0, 8.0) == (3.0, 7.0)
    assert zoom.moved(9.0).limits(0.0, 8.0) == (4.0, 8.0)
    assert zoom.moved(-9.0).limits(0.0, 8.0) == (0.0, 4.0)
    assert zoom.moved(9.0).closer(-1).limits(0.0, 8.0) == (0.0, 8.0)
    assert zoom.closer(-5) == Zoom()
    assert zoom.closer(100).times == MOST


@pytest.mark.parametrize("view", [name for name, view in VIEWS.items() if view.zooms])
async def test_the_zoom_enlarges_the_picture_and_the_star_shows_all_again(view: str) -> None:
    setup = VIEWS[view].default_setup.with_(networks=2, units=8, samples=2)
    state = State(view=view, setup=setup, highlight=setup.activations[0])
    async with running(state) as (app, pilot):
        before = app.panes["plot"].picture.text
        await pilot.press("plus", "plus")
        await settle(pilot)
        near = app.panes["plot"].picture.text
        assert near != before
        assert "×4 in height" in bottom(app)
        await pilot.press("ctrl+up")
        await settle(pilot)
        assert app.panes["plot"].picture.text != near
        assert app.state.setup == setup
        await pilot.press("asterisk")
        await settle(pilot)
        assert app.panes["plot"].picture.text == before
        await pilot.press("plus", "1", "2", "backspace", "backspace")
        assert app.state.zoom == Zoom()


def test_an_axis_enlarged_to_less_than_a_decade_keeps_its_ticks() -> None:
    with zoomed(Zoom(7)):
        canvas = Canvas(60, 16, (0.0, 1.0), (-48.0, 1.0), plain, decade, whole_y=True)
        rows = canvas.build().text.split("\n")
    low, high = canvas.y_limits
    assert high - low == pytest.approx(49 / 2**7)
    ticks = [float(row.split("┤")[0]) for row in rows if "┤" in row]
    assert len(ticks) >= 2
    assert ticks == sorted(set(ticks), reverse=True)
    for tick in ticks:  # to the digits that are shown
        assert low - 0.1 < math.log10(tick) < high + 0.1
    assert Canvas(60, 16, (0.0, 1.0), (-48.0, 1.0), plain, decade).y_limits == (-48.0, 1.0)


@pytest.mark.parametrize("view", VIEWS)
def test_the_key_of_what_is_there_already_says_so(view: str) -> None:
    state = DEEP.with_(view=view)
    state = state.with_(highlight=state.chosen[0])
    assert "is open" in going.switched(state, view).message
    assert going.switched(state, view).with_(message="") == state
    assert "alone already" in steps.only(state).message
    assert steps.only(state.with_(held=True)).held is False


def test_where_there_is_nothing_to_enlarge_that_is_said() -> None:
    assert "no axis" in going.magnify(State(view="layers"), 1).message
    assert "all that there is" in going.magnify(State(), -1).message
    assert "in sight" in going.look_up(State(), 0.25).message
    for view in ("layers", "spectrum"):
        assert "+ enlarges" not in going.look_up(State(view=view), 0.25).message


# --------------------------------------------------------------------- the knobs


@pytest.mark.heavy
@pytest.mark.parametrize("view", list(VIEWS))
def test_no_knob_opens_that_changes_nothing(view: str) -> None:
    record = VIEWS[view]

    def everything(setup: Setup) -> object:
        *_, result = record.results(setup, unwatched)
        found = [record.finding(result, name) for name in record.subjects(setup)]
        shown = (
            record.draw(result, setup, Size(80, 24), "braille"),
            record.readout(result, setup, 120),
        )
        return shown, [(one.text, one.evidence) for one in found if one], list(record.table(result))

    for family in record.families or ("chain",):
        few = {"networks": 3, "units": 6, "samples": 20, "depth": 6, "batch": 4, "model": family}
        few |= {"draws": 3, "steps": 6, "lag": 6}
        setup = record.default_setup.with_(**few).clamped()
        before = everything(setup)
        for name in record.offered(setup):
            knob = KNOBS[name]
            if name in (record.roster(setup).name, "focus"):
                continue
            values = [knob.step(knob.of(setup), steps) for steps in (1, 2, 5, -3)]
            if name in ("opened", "tensor"):  # of the file: no key steps through them
                run = SHELF.known(setup.recorded.runs[0])
                assert run is not None
                rows = branches(run, ())
                values = [(row.name,) if name == "opened" else row.name for row in rows]
            changes = [{name: value, **implied(setup, name, value)} for value in values]
            assert any(everything(setup.with_(**one).clamped()) != before for one in changes), name


# ------------------------------------------------------------------- the palette


@pytest.mark.parametrize(
    ("typed", "title", "found"),
    [
        ("relu", "compare with leaky_relu", True),
        ("depth half", "half the depth  ({)", True),
        ("Depth", "half the depth  ({)", True),
        ("hlf", "half the depth  ({)", False),
        ("soft", "scenario: one direction or all of them, first too", False),
    ],
)
def test_the_palette_finds_stretches_of_letters_and_no_scattered_ones(
    typed: str, title: str, found: bool
) -> None:
    assert (Words(typed).match(title) > 0) is found
