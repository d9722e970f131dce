"""What stands in each pane, at every size: whole rows, the verdict whole, the cursor in sight."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from itertools import product
from typing import Any

import pytest

from gradtui.app import leaps, panes, steps
from gradtui.app.state import State
from gradtui.mathematics.layer_values import LayerValues
from gradtui.models.finding import Finding, Kind, Remedy
from gradtui.plots.picture import Picture, row_text
from gradtui.plots.zoom import Zoom
from gradtui.progress import unwatched
from gradtui.setup import KNOBS, Setup
from gradtui.views import VIEWS
from gradtui.views import view as view_module
from gradtui.views.scenarios import SCENARIOS
from gradtui.views.tour import TOUR
from gradtui.views.view import Size, View

SMALLEST, USUAL, LARGE = Size(60, 18), Size(80, 24), Size(120, 40)
SIZES = pytest.mark.parametrize("size", [SMALLEST, USUAL, LARGE], ids=lambda s: f"{s[0]}x{s[1]}")
LONG = "leaky_relu(0.1234567890123456)"

STATES = {
    "first": State(),
    "one": State(setup=Setup.of(activations=("tanh",), depth=50)),
    "six": State(
        setup=Setup.of(
            activations=("sigmoid", "tanh", "relu", LONG, "gelu", "hardsigmoid"),
            depth=20_000,
            samples=1,
            weights=LayerValues(std=1.2345678901),
            seed=4_294_967_295,
        )
    ),
    "list": State(setup=Setup.of(depth=40, weights=LayerValues(tuple([1.25] * 40)), x=-1e-100)),
    "overflow": State(
        setup=Setup.of(activations=("identity",), depth=50, weights=LayerValues((1e99,)))
    ),
    "zero": State(setup=Setup.of(activations=("relu",), depth=8, x=-1.0)),
    "shallow": State(setup=Setup.of(depth=1)),
    **{
        f"scenario {index}": leaps.scenario(State(), index - 1)
        for index in range(1, len(SCENARIOS) + 1)
    },
}


def quick(state: State) -> State:
    """The same but for networks that are few, small and of a depth that networks can have."""
    if state.view not in ("layers", "spectrum", "init") and state.setup.model == "chain":
        return state
    depth = min(state.setup.depth, 12)
    setup = state.setup.with_(networks=2, units=4, depth=depth, layer=min(state.setup.layer, depth))
    if state.view == "spectrum" and setup.network.in_batch:
        setup = setup.with_(block=("plain",))  # it refuses that, and says so
    return state.with_(setup=setup)


@lru_cache(maxsize=64)
def best(view: str, setup: Setup) -> object:
    """The last result, for all the sizes that it is drawn at."""
    *_, result = VIEWS[view].results(setup, unwatched)
    return result


def finding(state: State) -> Finding:
    return state.record.finding(best(state.view, state.setup), state.record.focused(state.setup))


def whole_screen(state: State, size: Size) -> list[Picture]:
    """Every pane, with the area that it has to fill."""
    areas = panes.areas(size, len(state.setup.activations))
    result = best(state.view, state.setup)
    found = state.record.finding(result, state.record.focused(state.setup))
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


@pytest.mark.heavy
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
    *_, result = state.record.results(state.setup, unwatched)
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
    assert cause in shown or "… v more" in shown
    if found.remedy is not None:
        # A sentence that fills all of it goes before; the bottom row has the key.
        assert f"f {found.remedy.label}" in shown or shown.endswith("… v more")
        then = f"{found.remedy.label} then {found.remedy.after}"
        assert then in shown or shown.endswith("… v more")


@pytest.mark.parametrize("name", ["first", "one", "zero", "scenario 4", "scenario 6"])
def test_in_the_smallest_terminal_the_sentence_is_still_whole(name: str) -> None:
    state = STATES[name]
    found = finding(state)
    shown = words(panes.verdict(found, panes.areas(SMALLEST, 3).verdict))
    assert found.sentence in shown


@pytest.mark.parametrize("role", ["title", "bad"])
@pytest.mark.parametrize("height", [2, 3, 5])
@pytest.mark.parametrize("said", ["a word", "many words " * 40])
def test_the_verdict_begins_over_whatever_else_is_said(height: int, said: str, role: str) -> None:
    found = finding(State())
    picture = panes.verdict(found, Size(60, height), said, role)
    first = row_text(picture.rows[0])
    assert picture.height == height
    assert first.split()[0] == found.kind.mark
    assert found.sentence.startswith(" ".join(first.split("… v more")[0].split()[1:]))
    assert said.split()[0] in words(picture)


@pytest.mark.parametrize("height", range(1, 9))
@pytest.mark.parametrize("width", [60, 80, 120])
def test_what_comes_of_a_remedy_is_never_dropped_in_silence(width: int, height: int) -> None:
    found = finding(State())
    for after in ("all of it", "a great deal of it " * 8):
        remedy = Remedy("init = critical", {}, "none of it", after.strip())
        text = words(panes.verdict(replace(found, remedy=remedy), Size(width, height)))
        shown = f"f init = critical then {after.strip()}" in text
        assert shown or text.endswith("… v more")


@pytest.mark.parametrize("width", [24, 30])
@pytest.mark.parametrize("view", VIEWS)
def test_the_values_of_the_knobs_end_in_one_column(view: str, width: int) -> None:
    rows = panes.knobs(State(view=view, setup=VIEWS[view].default_setup), width).text.split("\n")
    assert {len(row.rstrip()) for row in rows} == {width - 1}


@pytest.mark.parametrize("said", TOUR.values())
def test_the_coach_has_room_in_the_least_terminal(said: str) -> None:
    assert panes.notice(State().saying(said), SMALLEST.width) == ""


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
    rows = panes.roster(State(), Size(24, 20)).text.split("\n")[1:4]
    assert [line.split() for line in rows] == [
        ["▸◉", "a", "sigmoid", "i", "━━━"],
        ["●", "b", "tanh", "i", "╍╍"],
        ["●", "c", "relu", "i", "···"],
    ]


def test_a_long_name_is_cut_and_its_sample_still_shown() -> None:
    state = State(setup=Setup.of(activations=("tanh", LONG)), highlight=LONG)
    line = next(one for one in panes.roster(state, Size(24, 12)).text.split("\n") if "▸" in one)
    assert "b leaky_relu(0…" in line
    assert line.endswith("╍╍")


def test_a_filter_without_a_match_says_so() -> None:
    state = steps.filtered(State(), "zzz")
    assert "nothing matches 'zzz'" in panes.roster(state, Size(24, 12)).text


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
    """Of the many that a recurrent cell has, the last with their letters alone."""
    shown = panes.side(State(view=view), panes.areas(USUAL, 3).side).text
    _, _, folded = shown.partition(" more: ")
    assert bool(folded) == (view == "time")
    for name in beside_the_list(view):
        assert f" {KNOBS[name].label[:9]}" in shown or KNOBS[name].letter in folded


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
    assert ("fix" in shown) == ("fix" in VIEWS[view].hints)


@pytest.mark.parametrize("focus", ["sigmoid", "tanh", "relu"])
def test_after_a_fix_the_before_and_after_can_be_read_at_80_columns(focus: str) -> None:
    setup = Setup.of(activations=(focus,), depth=60, weights=LayerValues((0.5,)))
    remedy = finding(State(setup=setup)).remedy
    assert remedy is not None
    shown = panes.bottom(leaps.fix(State(setup=setup), remedy), 80).text
    assert "…" not in shown


@pytest.mark.parametrize("index", range(len(SCENARIOS)))
def test_what_to_look_for_in_a_scenario_can_be_read_at_80_columns(index: int) -> None:
    assert SCENARIOS[index].look in panes.bottom(leaps.scenario(State(), index), 80).text


@pytest.mark.parametrize("action", ["toggle", "undo", "redo", "next_focus", "play", "reset"])
def test_every_message_can_be_read_at_80_columns(action: str) -> None:
    state = State(setup=Setup.of(activations=("sigmoid",), depth=50), highlight="sigmoid")
    step = {
        "toggle": steps.toggle,
        "undo": leaps.undo,
        "redo": leaps.redo,
        "next_focus": steps.next_focus,
        "play": steps.toggle_play,
        "reset": leaps.reset,
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


# --------------------------------------------- more views than digits, more knobs than rows


def more_views(monkeypatch: pytest.MonkeyPatch, count: int) -> list[str]:
    """Have so many views; the new ones look like decay, but have no hints of their own."""
    for number in range(len(VIEWS) + 1, count + 1):
        name = f"further{number}"
        view = replace(VIEWS["decay"], name=name, hints=VIEW_WITHOUT_HINTS.hints)
        monkeypatch.setitem(VIEWS, name, view)  # type: ignore[arg-type]
    return list(VIEWS)


VIEW_WITHOUT_HINTS: View[Any] = View(
    **{
        field: getattr(VIEWS["decay"], field)
        for field in ("name", "title", "question", "knobs", "cursor", "run", "draw", "readout",
                      "finding", "table", "walk")
    }
)  # fmt: skip


@pytest.mark.parametrize("width", [60, 80, 100, 160])
def test_the_bar_names_the_view_and_its_neighbours_among_eleven(
    width: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = more_views(monkeypatch, 11)
    for at, name in enumerate(names):
        picture = panes.top(State(view=name), width, 0.42)
        text = picture.text
        assert "q quit" in text
        assert " 42%" in text
        assert [span.text.strip() for span in picture.rows[0] if span.role == "here"] == [
            f"{'1234567890-'[at]} {name}"
        ]
        for key in "1234567890-":
            assert f" {key} " in text
        named = [number for number, other in enumerate(names) if f" {other[:5]}" in text]
        if width >= 80:
            assert len(named) >= 3
        assert named == list(range(min(named), max(named) + 1))  # neighbours
        assert at in named


def test_a_view_beyond_the_last_key_is_named_in_the_bar_when_it_is_open(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    names = more_views(monkeypatch, 14)
    shown = panes.top(State(view=names[13]), 80, 1.0).text
    assert " further14 " in shown
    assert " = " in shown
    assert "further13" not in panes.top(State(view=names[0]), 80, 1.0).text


# Each character counts in bytes and snapshots.
BARS = {
    60: " gradtui 1 2 chain 3 decay 4 layer 5 6 7 8 9 ? help  q quit",
    80: " gradtui 1 deriv 2 chain 3 decay 4 layer 5 spect 6 phase 7 8 9   ? help  q quit",
    120: " gradtui    1 derivative  2 chain  3 decay  4 layers  5 spectrum  6 phase  7 init"
    "  8 time  9 run         ? help  q quit",
}


@pytest.mark.parametrize("width", BARS)
def test_the_views_stand_in_the_bar_as_ever(width: int) -> None:
    assert panes.top(State(), width, 1.0).text == BARS[width]


def test_a_view_without_hints_of_its_own_has_those_of_every_view(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    *_, name = more_views(monkeypatch, 10)
    shown = panes.bottom(State(view=name), 100).text
    for words in ("←→ cursor", "[ ] depth", "space compare", "f fix", "u undo", "y command"):
        assert words in shown


def test_a_hint_of_something_that_is_not_there_is_left_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    view = replace(VIEWS["decay"], hints=("no such", "model", "snap", "undo"), families=("chain",))
    monkeypatch.setitem(VIEWS, "decay", view)  # type: ignore[arg-type]
    assert panes.bottom(State(), 100).text == " u undo  + enlarge"
    zoomed = State(zoom=Zoom(3))
    assert panes.bottom(zoomed, 100).text == " * leave ×8  u undo"
    assert panes.bottom(State(view="layers"), 200).text.count("enlarge") == 0


MANY = ("depth", "weights", "biases", "loss", "samples", "units", "batch", "networks", "x", "seed",
        "threshold", "z_range", "sigma_w_range", "sigma_b_range")  # fmt: skip


@pytest.fixture
def many_knobs(monkeypatch: pytest.MonkeyPatch) -> State:
    """A view with 14 knobs."""
    view = replace(
        VIEWS["decay"],
        knobs=("activations", *MANY),
        families=("chain",),
        idle=lambda setup: frozenset(),
    )
    monkeypatch.setattr(view_module, "FAMILIES", ())  # so that all of them count
    monkeypatch.setitem(VIEWS, "decay", view)  # type: ignore[arg-type]
    return State()


def test_at_80x24_the_last_row_has_the_letters_of_the_knobs_that_do_not_fit(
    many_knobs: State,
) -> None:
    assert len(many_knobs.record.used(many_knobs.setup)) == 15
    lines = panes.side(many_knobs, panes.areas(USUAL, 3).side).text.split("\n")
    shown = [name for line in lines[4:-1] for name in on_row(line)]
    assert shown == list(MANY[: len(shown)])
    assert len(shown) > 8  # as short ones share a row
    rest = [KNOBS[name].letter for name in MANY[len(shown) :]]
    assert lines[-1].rstrip() == f" +{len(rest)} more: {' '.join(rest)}"


def on_row(line: str) -> list[str]:
    """The knobs that are shown in a row of the side pane."""
    return [name for name in MANY if f" {KNOBS[name].letter} {KNOBS[name].label[:9]} " in line]


def test_a_knob_that_shares_a_row_is_the_one_under_the_mouse() -> None:
    size = panes.areas(USUAL, 3).side
    lines = panes.side(State(), size).text.split("\n")
    for name in beside_the_list("decay"):
        words = f" {KNOBS[name].letter} {KNOBS[name].label[:9]}"
        ((x, y),) = [(line.index(words), y) for y, line in enumerate(lines) if words in line]
        assert panes.knob_at(State(), size, x, y) == name


@SIZES
def test_no_knob_is_dropped_in_silence(many_knobs: State, size: Size) -> None:
    lines = panes.side(many_knobs, panes.areas(size, 3).side).text.split("\n")
    letters = {KNOBS[name].letter for line in lines for name in on_row(line)}
    if "more:" in lines[-1]:
        letters |= set(lines[-1].split("more:")[1].replace(" ", ""))
        assert f"+{len(lines[-1].split('more:')[1].replace(' ', ''))} more" in lines[-1]
    assert letters >= {KNOBS[name].letter for name in MANY}


def test_letters_that_do_not_fit_with_blanks_stand_without(many_knobs: State) -> None:
    *_, last = panes.knobs(many_knobs, 24, 3).text.split("\n")
    assert last == " +10 more: mWBNxnhZRQ"


@pytest.mark.parametrize("name", MANY)
def test_every_one_of_many_knobs_is_opened_by_its_letter(name: str, many_knobs: State) -> None:
    assert steps.knob_on(many_knobs, KNOBS[name].letter) == KNOBS[name]


@pytest.mark.parametrize("width", range(40, 121))
def test_a_notice_that_is_cut_ends_with_an_ellipsis(width: int) -> None:
    error = (
        "inputs: 'nope.csv' is not noise, zeros, or a file of sequences, .csv or .npy, that can be "
        "read (No such file or directory); name one that is there, with its folder"
    )
    rows = [row_text(line).rstrip() for line in panes.verdict(None, Size(width, 2), error).rows]
    assert len(rows) == 2
    assert " ".join(" ".join(rows).split()) == error or rows[-1].endswith("…")
