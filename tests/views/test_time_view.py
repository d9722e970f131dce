"""The time view: its picture, its readout, its table, its command, and its keys in the app."""

from __future__ import annotations

import csv
import io
import json
import math
import re
import shlex
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gradtui.app import going, steps, storage
from gradtui.app.actions import hint
from gradtui.app.asking import FileQuestion
from gradtui.app.mouse import _between as between
from gradtui.app.panes import marked_where_cut
from gradtui.app.screens import InfoPage
from gradtui.app.state import State
from gradtui.errors import InputError
from gradtui.mathematics.activations import activation
from gradtui.mathematics.recurrent.arrays import named
from gradtui.models.finding import Kind
from gradtui.models.recurrent.cells import flow_of
from gradtui.models.recurrent.verdict import openness
from gradtui.models.subject import subjects_of
from gradtui.plots.marks import Band, Level, Line, Pointer, Upright
from gradtui.plots.picture import Picture, Span, row_text
from gradtui.progress import unwatched
from gradtui.setup import Setup
from gradtui.views.cells import facts_of_cell
from gradtui.views.scenarios import SCENARIOS
from gradtui.views.time.map import crossings
from gradtui.views.view import Size
from support.app import running, settle
from support.commands import run
from support.time_view import SIZE, VIEW, drawn, result_of

SMALL = {"hidden_size": 10, "input_size": 4, "draws": 3, "steps": 24, "lag": 24}


def setup_of(*cells: str, **knobs: Any) -> Setup:
    return Setup.of(**{"cells": cells or ("tanh",), **SMALL, **knobs}).clamped().checked()


def marks(picture: Picture, kind: type) -> list[Any]:
    return [mark for mark in picture.plots[0].marks if isinstance(mark, kind)]


# ------------------------------------------------------------------- picture


def test_every_cell_has_its_curve_and_the_focused_one_what_is_known_of_it() -> None:
    setup = setup_of("tanh", "lstm", "gru", focus="tanh")
    curves = {line.name: line for line in marks(drawn(setup), Line)}
    assert set(curves) == {"tanh", "lstm", "gru", "bound of tanh", "radius of tanh"}
    tanh = result_of(setup).of("tanh")
    np.testing.assert_array_equal(curves["tanh"].y, tanh.median)
    np.testing.assert_array_equal(curves["tanh"].x, np.arange(25.0))
    assert tanh.bounds is not None
    assert curves["bound of tanh"].y[24] == pytest.approx(24 * tanh.bounds.log10_bound)
    assert curves["radius of tanh"].y[24] == pytest.approx(24 * tanh.bounds.log10_radius)


def test_of_an_lstm_the_gradient_of_c_is_drawn_beside_it() -> None:
    setup = setup_of("tanh", "lstm", focus="lstm")
    picture = drawn(setup)
    assert [line.name for line in marks(picture, Line)] == ["∂L/∂c of lstm", "tanh", "lstm"]
    assert "∂L/∂c" in row_text(picture.rows[0])
    assert "bound" not in row_text(picture.rows[0])


def test_every_cell_has_the_band_of_what_was_drawn_of_it() -> None:
    setup = setup_of("tanh", "lstm", focus="lstm", draws=7)
    bands = {band.name: band for band in marks(drawn(setup), Band)}
    assert set(bands) == {"90 % of 7 cells, tanh", "90 % of 7 cells, lstm"}
    for subject in subjects_of(setup, "recurrent"):
        flows = [flow_of(subject, number).log10_grad_hidden for number in range(1, 8)]
        rows = np.array([(flow - flow[-1])[::-1] for flow in flows])
        band = bands[f"90 % of 7 cells, {subject.name}"]
        # Of seven that are observed, 5 % and 95 % are the least and the largest.
        np.testing.assert_allclose(band.low, rows.min(axis=0), atol=1e-12)
        np.testing.assert_allclose(band.high, rows.max(axis=0), atol=1e-12)


def test_a_single_cell_has_no_band() -> None:
    assert not marks(drawn(setup_of(draws=1)), Band)


def test_the_threshold_is_a_level_where_it_is_in_sight() -> None:
    assert [level.text for level in marks(drawn(setup_of(steps=24)), Level)] == ["0.001"]
    assert [level.y for level in marks(drawn(setup_of(threshold=0.01)), Level)] == [-2.0]


@pytest.mark.parametrize(("lag", "at"), [(0, 0.0), (1, 0.0), (10, 1.0), (24, math.log10(24))])
def test_on_a_logarithmic_axis_lags_stand_at_their_logarithm(lag: int, at: float) -> None:
    picture = drawn(setup_of(lag_axis="log", lag=lag))
    (cursor,) = marks(picture, Upright)
    assert cursor.x == pytest.approx(at)
    assert row_text(picture.rows[-1]).split() == ["1", "2", "5", "10", "20", "24"]


def test_on_a_linear_one_where_they_are() -> None:
    picture = drawn(setup_of(lag=7))
    (cursor,) = marks(picture, Upright)
    assert cursor.x == 7.0
    assert row_text(picture.rows[-1]).split()[0] == "0"
    assert row_text(picture.rows[-1]).split()[-1] == "24"


def test_exact_zeros_are_counted_where_they_are_not_drawn() -> None:
    assert "14 exact zeros are not drawn" in row_text(drawn(setup_of(truncate=10)).rows[0])
    assert "exact zeros" not in row_text(drawn(setup_of()).rows[0])


# ------------------------------------------------------------------- readout


HEADS = (
    "arrives", "5 %", "95 %", "a step", "half-life", "forgets at", "gates", "∂L/∂W", "f16", "bf16",
    "f32", "f64",
)  # fmt: skip


def cells_of(setup: Setup, width: int = 200) -> dict[str, str]:
    heads, line = VIEW.readout(result_of(setup), setup, width)
    known, start = {}, len(heads[0].text)
    for name in HEADS:  # every column ends where its head does
        end = row_text(heads).index(f" {name}", start) + 1 + len(name)
        known[name] = row_text(line)[start:end].strip()
        start = end
    return known


def test_the_readout_is_of_the_cursor_s_lag() -> None:
    setup = setup_of("identity", cell_init=("identity(0.5)",), lag=2)
    assert cells_of(setup) == {
        "arrives": "0.25", "5 %": "0.25", "95 %": "0.25", "a step": "×0.5", "half-life": "1",
        "forgets at": "10", "gates": "-", "∂L/∂W": cells_of(setup)["∂L/∂W"], "f16": "0:24",
        "bf16": "-", "f32": "-", "f64": "-",
    }  # fmt: skip


@pytest.mark.parametrize("lag", [99, 100, 599])
def test_of_a_long_sequence_it_is_of_that_very_lag(lag: int) -> None:
    knobs = {"x": 0.0, "steps": 600, "draws": 1, "hidden_size": 1, "lag": lag}
    setup = setup_of("tanh", cell_init=("identity(0.5)",), **knobs)
    assert cells_of(setup)["arrives"] == f"{2.0**-lag:.2g}".replace("e-0", "e-")
    row = VIEW.table(result_of(setup))[lag]
    assert (row["lag"], row["log10_grad_h_50"]) == (lag, pytest.approx(-lag * math.log10(2.0)))


def test_what_is_never_forgotten_is_said_to_last_for_more() -> None:
    known = cells_of(setup_of("identity", cell_init=("orthogonal",)))
    assert (known["forgets at"], known["half-life"], known["a step"]) == (">24", "∞", "×1")


def test_the_gates_are_read_out_each() -> None:
    known = cells_of(setup_of("lstm", cell_init=("identity(0)",), forget_bias=3.0, x=0.0))
    assert known["gates"] == "i 0.5 f 0.95 o 0.5"  # σ(3) = 0.9526
    known = cells_of(setup_of("gru", cell_init=("identity(0)",), forget_bias=-2.0, x=0.0))
    assert known["gates"] == "r 0.5 z 0.12"  # σ(-2) = 0.1192


@pytest.mark.parametrize("width", [40, 60, 80, 100, 140])
def test_it_fits_any_width(width: int) -> None:
    setup = setup_of("tanh", "lstm")
    for line in VIEW.readout(result_of(setup), setup, width):
        assert len(row_text(line)) <= width


# --------------------------------------------------------------------- table


def test_the_table_has_a_row_for_each_cell_and_lag() -> None:
    setup = setup_of("identity", "lstm", cell_init=("identity(0.5)",), x=0.0)
    rows = VIEW.table(result_of(setup))
    assert [(row["cell"], row["lag"]) for row in rows] == [
        (cell, lag) for cell in ("identity", "lstm") for lag in range(25)
    ]
    for row in rows[:25]:
        expected = -row["lag"] * math.log10(2.0)  # type: ignore[operator]
        for column in ("log10_grad_h_5", "log10_grad_h_50", "log10_bound", "log10_radius"):
            assert row[column] == pytest.approx(expected, abs=1e-12)
        assert row["log10_grad_c_50"] is None
        assert row["share_of_grad_w"] is None  # h is 0, and so is ∂L/∂W_hh
    assert rows[24]["gradient_float16"] == "0"
    assert rows[24]["gradient_float32"] == "normal"
    assert rows[25]["log10_bound"] is None
    assert rows[25]["log10_grad_c_50"] is not None


# ------------------------------------------------------------------- command

WORDS = ["--hidden-size", "10", "--draws", "3", "--steps", "24"]


def test_the_command_prints_the_view() -> None:
    done = run("time", "tanh", "lstm", *WORDS, "--lag", "24")
    assert done.status == 0
    assert "depth in time" in done.out
    assert "try: gradtui time tanh lstm" in done.out


def test_its_numbers_as_json_and_csv() -> None:
    done = run("time", "gru", *WORDS, "--json")
    record = json.loads(done.out)
    assert record["view"] == "time"
    assert record["setup"]["cells"] == "gru"
    assert len(record["rows"]) == 25
    assert record["findings"][0]["verdict"] in {*map(str, Kind)}
    rows = list(csv.DictReader(io.StringIO(run("time", "gru", *WORDS, "--csv").out)))
    assert [row["lag"] for row in rows] == [str(lag) for lag in range(25)]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["tnh"], "did you mean tanh"),
        (["lstm", "--init", "chrono(1)"], "t_max"),
        (["tanh", "--init", "chrono"], "without gates"),
        (["lstm", "--init", "chrono", "--forget-bias", "1"], "--forget-bias auto"),
        (["tanh", "lstm", "--init", "orthogonal,pytorch"], "one initialisation"),
        (["lstm", "--steps", "0"], "from 1 to 10,000"),
        (["lstm", "--steps", "20", "--lag", "21"], "try --lag 20, or more --steps"),
        (["lstm", "--forget-bias", "101"], "try --forget-bias 100"),
        (["tanh", "--focus", "relu"], "'relu' is not one of tanh; choose"),
        (["tanh", "lstm", "--focus", "gru"], "one of tanh, lstm; choose"),
        (["foo"], "try tanh, relu, lstm or gru"),
        (["rnn"], "name the RNN by its activation"),
        (["lstm", "--steps", "10000", "--hidden-size", "1024"], "--patience"),
        (["tanh", "--init", "kaiming"], "--init"),
    ],
)
def test_what_cannot_be_is_refused_with_what_can(words: list[str], says: str) -> None:
    done = run("time", *words)
    assert (done.status, done.out) == (2, "")
    assert says in done.err


def test_a_cell_alone_is_told_its_command() -> None:
    done = run("lstm")
    assert done.status == 2
    assert "gradtui time lstm" in done.err


def test_help_names_the_recipes_of_cells() -> None:
    said = run("time", "--help").out
    assert "[CELL ...]" in said
    for name in ("chrono", "sigma_max", "identity", "W_hh = α I"):
        assert name in said
    formulas = said.partition("Initialisations,")[2].partition("In JSON")[0]
    assert "W_ih" in formulas
    assert not re.search(r"\b[VW]\b", formulas)  # one name for each: as in the facts of a cell
    assert "kaiming" not in said


def test_help_says_what_its_inputs_are_and_at_which_scale_it_clips() -> None:
    said = " ".join(run("time", "--help").out.split())
    assert "the standard deviation of the inputs, which are random" in said
    assert "the input x:" not in said
    assert "that of h_T being 1" in said
    assert "the input x:" in " ".join(run("decay", "--help").out.split())


@pytest.mark.parametrize(
    ("mean", "text"),
    [(0.5, "0.5"), (0.9526, "0.95"), (0.997, "0.997"), (0.99986, "0.9999"), (1.0, "1"), (0.0, "0")],
)
def test_a_gate_that_is_all_but_open_is_not_said_to_be_open(mean: float, text: str) -> None:
    assert openness(mean) == text


def test_the_findings_of_json_are_of_cells() -> None:
    record = json.loads(run("time", "gru", *WORDS, "--json").out)
    assert record["findings"][0]["cell"] == "gru"
    assert "activation" not in record["findings"][0]


def test_where_the_readout_has_no_room_for_a_line_there_is_a_mark() -> None:
    rows = [(Span(f" {letter} ", "curve"), Span("x")) for letter in "abcde"]
    shown = [row_text(one) for one in marked_where_cut(rows, Size(20, 4))]
    assert shown == [" a x", " b x", " c x", "⋮d x"]
    assert marked_where_cut(rows, Size(20, 5)) is rows


def test_what_was_stopped_is_not_said_to_be_there_in_a_moment(tmp_path: Path) -> None:
    state = state_of(setup_of())
    for stopped, says in ((True, "esc again computes it"), (False, "again in a moment")):
        question = FileQuestion(state, lambda: None, [stopped].pop)
        assert says in question.accepted(state, str(tmp_path / "a.svg")).complaint


PROMISED = re.compile(
    r"try: (?P<command>gradtui .+?) \(before: .+?; then: (?P<what>[^;()]+?), "
    r"healthy in (?P<healthy>\d+) of (?P<drawn>\d+) cells\)"
)


@pytest.mark.parametrize(
    "command",
    [
        "tanh --hidden-size 16 --draws 10 --steps 40",
        "lstm gru --hidden-size 24 --draws 10 --steps 60",
        "tanh lstm --hidden-size 24 --draws 5 --steps 60 --focus lstm",
        "relu --init pytorch,orthogonal --hidden-size 16 --draws 7 --steps 40",
        "identity --init 'gaussian(1.5)' --draws 10 --steps 50 --x 0.1",
        "lstm --steps 80 --hidden-size 32 --draws 6 --batch-size 3",
    ],
)
def test_a_remedy_promises_what_its_command_reports(command: str) -> None:
    found = list(PROMISED.finditer(" ".join(run("time", *shlex.split(command)).out.split())))
    assert found
    for promise in found:
        report = " ".join(run(*shlex.split(promise["command"])[1:]).out.split())
        healthy, many = int(promise["healthy"]), int(promise["drawn"])
        of_all = f"all {many}" if healthy == many else f"{healthy} of {many}"
        what = re.escape(promise["what"])
        assert re.search(rf"healthy in {of_all} cells[^✓✗▲∅]*?: {what}", report)


# ----------------------------------------------------------------- scenarios

OF_TIME = {one.title: one.setup for one in SCENARIOS if one.view == "time"}


@pytest.mark.parametrize(
    ("title", "kind", "forgets"),
    [
        ("An RNN that forgets in 20 steps", Kind.VANISHING, range(18, 22)),
        ("The same with orthogonal W", Kind.VANISHING, range(22, 32)),
        ("The IRNN: ReLU and the identity", Kind.HEALTHY, None),
        ("LSTM with a forget bias of 0", Kind.VANISHING, range(9, 14)),
        ("LSTM with a forget bias of 1", Kind.VANISHING, range(15, 40)),
        ("LSTM with a forget bias of 3", Kind.HEALTHY, None),
        ("A GRU that keeps", Kind.HEALTHY, None),
        ("Exploding through time, clipped", Kind.EXPLODING, None),
        ("The note's vanilla RNN", Kind.VANISHING, range(9, 14)),
    ],
)
def test_a_scenario_shows_what_its_title_says(
    title: str, kind: Kind, forgets: range | None
) -> None:
    (memory,) = next(
        result
        for result in VIEW.results(OF_TIME[title].with_(draws=10), unwatched)
        if result.each[0].measured.cells == 10
    ).each
    assert memory.kind is kind
    assert memory.forgets_at is None if forgets is None else memory.forgets_at in forgets


def test_with_smaller_inputs_orthogonal_weights_remember() -> None:
    setup = OF_TIME["The same with orthogonal W"].with_(draws=5, x=0.1)
    assert result_of(setup).each[0].kind is Kind.HEALTHY


# ------------------------------------------------------------------- the app


def state_of(setup: Setup) -> State:
    return State(setup=setup, view="time", highlight=setup.recurrent.cells[0])


def test_the_keys_of_the_depth_turn_the_steps() -> None:
    state = state_of(setup_of())
    assert steps.turn_length(state, 1).setup.recurrent.steps == 25
    longer = steps.turn_length(state, 1, by_factor=True)
    assert longer.setup.recurrent.steps == 48
    assert longer.setup.depth == state.setup.depth
    assert hint(state, "deeper") == ("[ ]", "steps")
    decay = going.switched(state, view="decay")
    assert hint(decay, "deeper") == ("[ ]", "depth")


def test_the_list_shows_cells() -> None:
    state = state_of(setup_of())
    assert state.listed[:3] == ("tanh", "gru", "lstm")
    assert steps.toggle(steps.move_highlight(state.with_(held=True), 1)).chosen == ("tanh", "gru")


@pytest.mark.parametrize("cell", ["tanh", "gru", "lstm", "relu", "gelu"])
def test_the_facts_of_a_cell(cell: str) -> None:
    facts = dict(facts_of_cell(cell))
    blocks = {"gru": "3n", "lstm": "4n"}.get(cell, "n")
    assert f"weight_hh_l0 [{blocks}, n]" in facts["parameters"]
    assert "h_t" in facts
    assert facts["source"]
    assert ("in PyTorch" in facts) == (cell != "gelu")
    if cell not in ("gru", "lstm"):  # what f takes has the name that its formula gives it
        assert "z_t = W_ih x_t" in facts["h_t"]
        assert facts["f′(z)"] == activation(cell).derivative_formula
        assert "v" not in facts["∂h_t/∂h_{t-1}"]


def test_an_unknown_cell_is_told_by_the_names_that_its_facts_have() -> None:
    with pytest.raises(InputError, match="W_ih x \\+ W_hh h"):
        named("rnn")


async def test_i_shows_them_in_the_app_and_a_click_moves_the_cursor() -> None:
    async with running(state_of(setup_of("lstm", lag=3))) as (app, pilot):
        await pilot.press("i")
        assert isinstance(app.screen, InfoPage)
        await pilot.press("escape")
        assert not isinstance(app.screen, InfoPage)
        await pilot.press("right", "right")
        assert app.state.setup.lag == 5
        await pilot.press("8")
        assert app.state.view == "time"


def test_between_ticks_of_a_logarithmic_axis_the_two_beside_it_count() -> None:
    ticks = [(0, 1.0), (10, 2.0), (23, 5.0), (33, 10.0)]
    assert between(ticks, 10) == 2.0
    assert between(ticks, 5) == 1.5
    assert between(ticks, 28) == 7.5
    assert between(ticks, 33) == 10.0
    assert between([(4, 7.0)], 9) == 7.0
    assert between([], 9) is None


async def test_f_applies_what_helps_and_u_takes_it_back() -> None:
    setup = setup_of("tanh", x=0.0, steps=60, lag=60)
    async with running(state_of(setup)) as (app, pilot):
        await settle(pilot)
        await pilot.press("f")
        await settle(pilot)
        assert app.state.setup.recurrent.cell_init == ("orthogonal",)
        assert app.shown.drawn is not None
        assert app.shown.drawn.finding is not None
        assert app.shown.drawn.finding.kind is Kind.HEALTHY
        await pilot.press("u")
        assert app.state.setup == setup


def test_what_was_asked_of_a_cell_is_remembered(tmp_path: Path) -> None:
    state = state_of(setup_of("lstm", "gru", forget_bias=2.5, truncate=7, focus="gru"))
    storage.save(state, tmp_path / "state.json")
    again = storage.load(tmp_path / "state.json")
    assert (again.view, again.setup) == ("time", state.setup)


# ------------------------------------------------------------------- the map


def test_a_map_is_drawn_by_lag_and_forget_bias() -> None:
    setup = setup_of("lstm", picture="map", lag=12, forget_bias=2.0)
    picture = drawn(setup)
    assert "lstm: ‖∂L/∂h‖ by lag and forget bias" in row_text(picture.rows[0])
    assert "<0.001" in row_text(picture.rows[-1])
    (pointer,) = marks(picture, Pointer)
    assert (pointer.x, pointer.y) == (12.0, 2.0)
    mapped = result_of(setup).each[0].map
    assert mapped is not None
    below, above = marks(picture, Line)
    assert np.isnan(above.x).all()  # nothing explodes
    at_values = np.isin(below.y, mapped.values)
    assert at_values.sum() == len(mapped.values)
    for crossing, row in zip(below.x[at_values], mapped.log10, strict=True):
        if math.isnan(crossing):
            assert row[-1] >= -3.0
        else:
            assert (row[int(crossing) :] < -3.0).all()
            assert row[int(crossing) - 1] >= -3.0
    rows = VIEW.table(result_of(setup))
    assert len(rows) == 31 * 25
    assert rows[0]["swept"] == "forget bias"


@pytest.mark.parametrize(
    ("bias", "off"), [(8.0, None), (8.5, "8.5"), (50.0, "50"), (-2.0, None), (-3.0, "-3")]
)
def test_a_bias_that_a_map_does_not_reach_is_said_to_be_off_it(
    bias: float, off: str | None
) -> None:
    setup = setup_of("lstm", picture="map", forget_bias=bias, steps=8, draws=1, hidden_size=4)
    heading = row_text(drawn(setup, Size(80, 20)).rows[0])
    assert ("off the map" in heading) == (off is not None)
    assert off is None or f"  {off} is off the map" in heading


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_the_threshold_s_line_leaves_a_map_by_its_last_lag(sign: float) -> None:
    """log10 = -k (2 + v): at the last lag, 3, it is -9 at v = 1, as it is for no lag before."""
    lags, values = np.arange(4.0), sign * np.array([-1.5, 0.5, 1.25, 2.0])
    x, y = crossings(lags, values, -lags * (2.0 + sign * values)[:, None], -9.0)
    assert (x[2], y[2]) == (3.0, pytest.approx(sign * 1.0))
    assert math.isnan(x[0]) and math.isnan(x[1])  # noqa: PT018
    assert y[3:] == [sign * 1.25, sign * 2.0]
    assert x[3:] == [3.0, 3.0]
    turned = crossings(lags, values[::-1], -lags * (2.0 + sign * values[::-1])[:, None], -9.0)
    assert turned[0][:3] == [3.0, 3.0, 3.0]
    assert turned[1][2] == pytest.approx(sign * 1.0)
    gone = np.where(lags < 2.0, 0.0, -np.inf) * np.ones((2, 1))
    gone[0] = 0.0
    assert crossings(lags, values[:2], gone, -9.0)[0][1:] == [3.0, 2.0]
    assert crossings(lags, values[:2], gone, -9.0)[1][1] == values[0]


def test_a_figure_of_a_map_names_the_cell_and_of_how_many_it_is(tmp_path: Path) -> None:
    words = ("--picture", "map", "--hidden-size", "8", "--steps", "12", "--draws", "2")
    for given, name in (
        (["lstm", "gru", "--focus", "gru"], "gru"),
        (["lstm", "--init", "pytorch,orthogonal", "--focus", "orthogonal"], "lstm, orthogonal"),
    ):
        file = tmp_path / f"{len(given)}.svg"
        assert run("time", *given, *words, "--output", str(file)).status == 0
        title = f"{name}: ‖∂L/∂h‖ by lag and forget bias, median of 2 cells"
        assert title in file.read_text(encoding="utf-8")


def test_the_verdict_says_of_how_many_cells_a_map_is() -> None:
    setup = setup_of("lstm", picture="map")
    found = VIEW.finding(result_of(setup), "lstm")
    assert found is not None
    assert "The map is drawn from 3 cells for each of 31 values." in found.evidence
    found = VIEW.finding(result_of(setup_of("lstm")), "lstm")
    assert found is not None
    assert "map" not in found.evidence


def test_on_a_logarithmic_axis_a_map_begins_with_lag_1() -> None:
    """Of lag 0 all of it is there, a blank; of lag 1, of a forget bias of -2, not."""
    for axis, blank in (("log", False), ("linear", True)):
        rows = [row_text(one) for one in drawn(setup_of("lstm", picture="map", lag_axis=axis)).rows]
        lowest = next(line for line in reversed(rows) if line.endswith("│"))
        assert (lowest[lowest.index("│") + 1] == " ") is blank


def test_of_a_long_sequence_a_map_s_table_has_some_of_its_lags() -> None:
    setup = setup_of("tanh", picture="map", steps=3000, hidden_size=4, draws=1, lag=3000)
    result = result_of(setup)
    mapped = result.each[0].map
    assert mapped is not None
    rows = VIEW.table(result)
    lags = sorted({int(row["lag"]) for row in rows})
    assert 400 < len(lags) <= 501
    assert len(rows) == 31 * len(lags)
    assert (lags[:10], lags[-1]) == ([*range(10)], 3000)
    assert max(np.diff(lags)) < 15
    for at, row in enumerate(rows):
        assert row["log10_grad_h_50"] == mapped.log10[at // len(lags), int(row["lag"])]


def test_a_map_s_cells_are_the_bands_of_what_arrives() -> None:
    """At the lower left corner all of it, at the lower right, of b = -2, next to nothing."""
    setup = setup_of("lstm", picture="map", steps=200, lag=200)
    rows = [row_text(one) for one in drawn(setup).rows]
    assert rows[-5][-2] == "="  # below 1e-9
    assert rows[2][8] in " ·:"


def test_where_there_is_no_time_for_a_map_it_says_so() -> None:
    setup = setup_of("lstm", steps=3000, hidden_size=128, patience=1.0, picture="map", draws=1)
    result = next(iter(VIEW.results(setup, unwatched)))
    drawn = VIEW.draw(result, setup, SIZE, "ascii")
    assert "no time for a map: give more patience" in row_text(drawn.rows[0])


@pytest.mark.parametrize(
    ("knobs", "said"),
    [
        ({"cells": ("relu",), "x": 1e100, "steps": 5000, "draws": 1, "hidden_size": 4}, True),
        ({"cells": ("tanh",), "steps": 100, "draws": 4}, False),
        # Nothing ails, nothing is looked for.
        ({"cells": ("identity",), "cell_init": ("identity",), "x": 0.0, "steps": 5000,
          "draws": 1, "hidden_size": 4}, False),
    ],
)  # fmt: skip
def test_looking_for_what_helps_is_told_before_it_takes_long(
    knobs: dict[str, Any], said: bool
) -> None:
    setup = Setup.of(**knobs).clamped()
    words = [VIEW.foretold_next(result) for result in VIEW.results(setup, unwatched)]
    assert any("looking for what helps takes up to" in text for text in words) == said
