"""What stands in each pane, at every size: whole rows, the verdict whole, the cursor in sight."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from itertools import product

import pytest

from gradtui.app import panes
from gradtui.app import state as steps
from gradtui.app.state import State
from gradtui.mathematics.layer_values import LayerValues
from gradtui.plots.picture import Picture, row_text
from gradtui.views import VIEWS
from gradtui.views.knobs import KNOBS
from gradtui.views.scenarios import SCENARIOS
from gradtui.views.setup import CHAIN, Setup
from gradtui.views.view import Finding, Kind, Size

SMALLEST, USUAL, LARGE = Size(60, 18), Size(80, 24), Size(120, 40)
SIZES = pytest.mark.parametrize("size", [SMALLEST, USUAL, LARGE], ids=lambda s: f"{s[0]}x{s[1]}")
LONG = "leaky_relu(negative_slope=0.12345678901234)"

STATES = {
    "first": State(),
    "one": State(setup=Setup(activations=("tanh",), depth=50)),
    "six": State(
        setup=Setup(
            activations=("sigmoid", "tanh", "relu", LONG, "gelu", "hardsigmoid"),
            depth=20_000,
            samples=1,
            weights=LayerValues(std=1.2345678901),
            seed=4_294_967_295,
        )
    ),
    "list": State(setup=Setup(depth=40, weights=LayerValues(tuple([1.25] * 40)), x=-1e-100)),
    "overflow": State(
        setup=Setup(activations=("identity",), depth=50, weights=LayerValues((1e99,)))
    ),
    "zero": State(setup=Setup(activations=("relu",), depth=8, x=-1.0)),
    "shallow": State(setup=Setup(depth=1)),
    **{
        f"scenario {index}": steps.scenario(State(), index - 1)
        for index in range(1, len(SCENARIOS) + 1)
    },
}


def quick(state: State) -> State:
    """The same but for networks that are few, small and of a depth that networks can have."""
    if state.view not in ("layers", "spectrum", "init") and state.setup.model == CHAIN:
        return state
    depth = min(state.setup.depth, 12)
    setup = state.setup.with_(networks=2, units=4, depth=depth, layer=min(state.setup.layer, depth))
    return state.with_(setup=setup)


@lru_cache(maxsize=64)
def best(view: str, setup: Setup) -> object:
    """The last result, for all the sizes that it is drawn at."""
    *_, result = VIEWS[view].run(setup)
    return result


def finding(state: State) -> Finding:
    return state.record.finding(best(state.view, state.setup), state.setup.focused)


def whole_screen(state: State, size: Size) -> list[Picture]:
    """Every pane, with the area that it has to fill."""
    areas = panes.areas(size, len(state.setup.activations))
    result = best(state.view, state.setup)
    found = state.record.finding(result, state.setup.focused)
    pictures = [
        (panes.top(state, size.width, 1.0), Size(size.width, 1)),
        (panes.side(state, areas.side), areas.side),
        (state.record.draw(result, state.setup, areas.plot, "braille"), areas.plot),
        (Picture.of(state.record.readout(result, state.setup, size.width), *areas.readout),
         areas.readout),
        (panes.verdict(found, areas.verdict), areas.verdict),
        (panes.bottom(state, size.width), Size(size.width, 1)),
    ]  # fmt: skip
    for picture, area in pictures:
        assert (picture.width, picture.height) == area
        assert {len(row_text(one)) for one in picture.rows} == {area.width}
    return [picture for picture, _ in pictures]


@SIZES
@pytest.mark.parametrize(
    ("name", "view"),
    [
        (name, view)
        for name, view in product(STATES, VIEWS)
        if name != "six" or view not in ("decay", "layers", "spectrum")
    ],
)
def test_every_pane_fills_its_area_row_by_row(name: str, view: str, size: Size) -> None:
    whole_screen(quick(STATES[name].with_(view=view)), size)


@SIZES
@pytest.mark.parametrize(("view", "depth"), [("decay", 2000), ("layers", 2000), ("spectrum", 20)])
def test_six_curves_fill_their_areas(view: str, depth: int, size: Size) -> None:
    state = STATES["six"].with_(view=view)
    whole_screen(state.with_(setup=state.setup.with_(depth=depth, units=16)), size)


@pytest.mark.parametrize("curves", range(1, 7))
@pytest.mark.parametrize(("width", "height"), [(60, 18), (61, 19), (80, 24), (99, 30), (250, 90)])
def test_the_areas_share_out_every_cell(width: int, height: int, curves: int) -> None:
    areas = panes.areas(Size(width, height), curves)
    assert areas.side.width + areas.plot.width == width
    assert areas.side.height == areas.plot.height
    assert 2 + areas.plot.height + areas.readout.height + areas.verdict.height == height
    assert areas.plot.width >= 36
    assert areas.plot.height >= 7


@SIZES
@pytest.mark.parametrize("view", list(VIEWS))
@pytest.mark.parametrize("name", ["first", "one", "zero", "scenario 6", "scenario 7"])
def test_no_row_of_the_readout_is_cut(name: str, view: str, size: Size) -> None:
    state = quick(STATES[name].with_(view=view))
    *_, result = state.record.run(state.setup)
    rows = state.record.readout(result, state.setup, size.width)
    assert max(len(row_text(one)) for one in rows) <= size.width
    assert len(rows) <= panes.areas(size, len(state.setup.activations)).readout.height


# ------------------------------------------------------------------ verdict


def words(picture: Picture) -> str:
    return " ".join(picture.text.split())


@pytest.mark.parametrize("size", [USUAL, LARGE], ids=["80x24", "120x40"])
@pytest.mark.parametrize("name", [name for name in STATES if name != "six"])
def test_the_verdict_is_shown_with_its_evidence_and_its_threshold(name: str, size: Size) -> None:
    state = STATES[name]
    found = finding(state)
    areas = panes.areas(size, len(state.setup.activations))
    shown = words(panes.verdict(found, areas.verdict))
    assert found.sentence in shown
    assert shown.startswith(found.kind.mark)
    cause = found.cause.split(". ")[0]
    assert cause in shown
    if found.remedy is not None:
        assert f"f {found.remedy.label} then {found.remedy.after}" in shown


@pytest.mark.parametrize("name", ["first", "one", "zero", "scenario 4", "scenario 6"])
def test_in_the_smallest_terminal_the_sentence_is_still_whole(name: str) -> None:
    state = STATES[name]
    found = finding(state)
    shown = words(panes.verdict(found, panes.areas(SMALLEST, 3).verdict))
    assert found.sentence in shown


def test_the_verdict_is_coloured_as_far_as_its_sentence_goes() -> None:
    found = finding(State())
    picture = panes.verdict(found, Size(80, 5))
    said = " ".join(
        span.text for one in picture.rows for span in one[1:] if span.role == found.kind.role
    )
    assert said.split() == found.sentence.split()


def test_every_kind_has_a_mark_of_its_own_for_eyes_and_terminals_without_colour() -> None:
    found = finding(State())
    marks = {words(panes.verdict(replace(found, kind=kind), Size(80, 5)))[0] for kind in Kind}
    assert len(marks) == len(Kind)


def test_before_a_result_the_verdict_is_blank() -> None:
    assert panes.verdict(None, Size(80, 5)).text.strip() == ""


# -------------------------------------------------------------------- list


@pytest.mark.parametrize("height", [9, 11, 14, 30])
@pytest.mark.parametrize("view", list(VIEWS))
def test_the_list_scrolls_so_that_its_cursor_is_in_sight(height: int, view: str) -> None:
    state = State(view=view)
    for name in state.listed:
        picture = panes.side(state.with_(highlight=name), Size(24, height))
        rows = [line for line in picture.text.split("\n") if line.startswith("▸")]
        assert len(rows) == 1
        assert name in rows[0]


def test_the_chosen_are_told_apart_by_letter_and_dash_not_only_by_colour() -> None:
    rows = panes.activations(State(), Size(24, 20)).text.split("\n")[1:4]
    assert [line.split() for line in rows] == [
        ["▸◉", "a", "sigmoid", "━━━"],
        ["●", "b", "tanh", "╍╍"],
        ["●", "c", "relu", "···"],
    ]


def test_a_long_name_is_cut_and_its_sample_still_shown() -> None:
    state = State(setup=Setup(activations=("tanh", LONG)), highlight=LONG)
    line = next(
        one for one in panes.activations(state, Size(24, 12)).text.split("\n") if "▸" in one
    )
    assert "b leaky_relu(ne" in line
    assert line.endswith("╍╍")


def test_a_filter_without_a_match_says_so() -> None:
    state = steps.filtered(State(), "zzz")
    assert "nothing matches 'zzz'" in panes.activations(state, Size(24, 12)).text


def test_the_knobs_show_their_letters_and_values() -> None:
    lines = panes.knobs(State(), 24).text.split("\n")
    assert [line.split() for line in lines][:2] == [["d", "depth", "50"], ["w", "weights", "1"]]
    assert len(lines) == len(beside_the_list("decay"))


def beside_the_list(view: str) -> list[str]:
    """The knobs that count; the list has the activations, the row of keys the model."""
    used = VIEWS[view].used(State(view=view).setup)
    return [name for name in used if name not in ("activations", "focus", "model")]


@SIZES
@pytest.mark.parametrize("view", list(VIEWS))
def test_the_first_two_knobs_are_in_sight_at_every_size(view: str, size: Size) -> None:
    shown = panes.side(State(view=view), panes.areas(size, 3).side).text
    for name in beside_the_list(view)[:2]:
        assert f" {KNOBS[name].label[:9]}" in shown


@pytest.mark.parametrize("view", list(VIEWS))
def test_at_80x24_every_knob_is_in_sight(view: str) -> None:
    shown = panes.side(State(view=view), panes.areas(USUAL, 3).side).text
    for name in beside_the_list(view):
        assert f" {KNOBS[name].label[:9]}" in shown


def test_the_row_of_keys_offers_the_other_model() -> None:
    assert "c network" in panes.bottom(State(), 100).text
    network = State(setup=State().setup.with_(model="network"))
    assert "c chain" in panes.bottom(network, 100).text


# ------------------------------------------------------------ top and bottom


@SIZES
@pytest.mark.parametrize("view", list(VIEWS))
def test_the_top_row_has_the_views_on_their_keys_and_the_way_out(view: str, size: Size) -> None:
    shown = panes.top(State(view=view), size.width, 1.0).text
    for number, name in enumerate(VIEWS, 1):
        assert f" {number} " in shown
        if size.width >= 120:
            assert f" {number} {name} " in shown
        elif size.width >= 80:
            assert f" {number} {name[:5]} " in shown
        elif name == view:
            assert f"{number} {name}" in shown
    assert "q quit" in shown
    assert "q quit" in panes.top(State(view=view), size.width, 0.42).text


def test_progress_is_shown_while_something_is_computed() -> None:
    assert "42%" in panes.top(State(), 80, 0.42).text
    assert "%" not in panes.top(State(), 80, 1.0).text


@SIZES
@pytest.mark.parametrize("view", list(VIEWS))
def test_the_bottom_row_shows_whole_hints(view: str, size: Size) -> None:
    shown = panes.bottom(State(view=view), size.width).text
    assert "…" not in shown
    assert "fix" in shown


@pytest.mark.parametrize("focus", ["sigmoid", "tanh", "relu"])
def test_after_a_fix_the_before_and_after_can_be_read_at_80_columns(focus: str) -> None:
    setup = Setup(activations=(focus,), depth=60, weights=LayerValues((0.5,)))
    remedy = finding(State(setup=setup)).remedy
    assert remedy is not None
    shown = panes.bottom(steps.fix(State(setup=setup), remedy), 80).text
    assert "…" not in shown


@pytest.mark.parametrize("index", range(len(SCENARIOS)))
def test_what_to_look_for_in_a_scenario_can_be_read_at_80_columns(index: int) -> None:
    assert SCENARIOS[index].look in panes.bottom(steps.scenario(State(), index), 80).text


@pytest.mark.parametrize("action", ["toggle", "undo", "redo", "next_focus", "play", "reset"])
def test_every_message_can_be_read_at_80_columns(action: str) -> None:
    state = State(setup=Setup(activations=("sigmoid",), depth=50), highlight="sigmoid")
    step = {
        "toggle": steps.toggle,
        "undo": steps.undo,
        "redo": steps.redo,
        "next_focus": steps.next_focus,
        "play": steps.toggle_play,
        "reset": steps.reset,
    }[action]
    said = step(state)
    assert said.message
    assert said.message in panes.bottom(said, 80).text


@pytest.mark.parametrize(("width", "height"), [(59, 24), (80, 17), (20, 6), (10, 3), (1, 1)])
def test_a_terminal_that_is_too_small_is_told_what_is_needed(width: int, height: int) -> None:
    picture = panes.too_small(Size(width, height))
    assert (picture.width, picture.height) == (width, height)
    if width >= 20 and height >= 6:
        assert "60 columns" in words(picture)
        assert "18 rows" in words(picture)
