"""Every step of the state is pure: what it changes, what it leaves, what undo brings back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gradtui.app import going, leaps, steps
from gradtui.app.actions import ACTIONS, BY_NAME, hint
from gradtui.app.state import THEMES, UNDO_DEPTH, State, first_start
from gradtui.errors import InputError
from gradtui.mathematics.activations import ACTIVATIONS
from gradtui.models.finding import Finding, Kind, Remedy
from gradtui.plots.zoom import Zoom
from gradtui.progress import unwatched
from gradtui.setup import CHOICE, CURSORS, KNOBS, Setup
from gradtui.views import VIEWS
from gradtui.views.scenarios import SCENARIOS
from gradtui.views.view import Key, Moved

NAMES = list(ACTIVATIONS)
SINGLE = State(setup=Setup.of(activations=("tanh",), depth=50), highlight="tanh")
COMPARING = State(setup=Setup.of(activations=("sigmoid", "tanh", "relu"), depth=50))


def press(state: State, *names: str) -> State:
    """The state after these actions."""
    for name in names:
        step = BY_NAME[name].step
        assert step is not None
        state = step(state)
    return state


def verdict(state: State) -> Finding:
    """The verdict that the pane shows in the end."""
    *_, result = state.record.results(state.setup, unwatched)
    finding = state.record.finding(result, state.record.focused(state.setup))
    assert finding is not None
    return finding


def chosen(state: State) -> tuple[str, ...]:
    return state.setup.activations


# ------------------------------------------------------------------- depth


@pytest.mark.parametrize(
    ("action", "depth"),
    [("deeper", 51), ("shallower", 49), ("double_depth", 100), ("half_depth", 25)],
)
def test_one_key_changes_the_depth_by_one_or_by_two_times(action: str, depth: int) -> None:
    assert press(SINGLE, action).setup.depth == depth


@pytest.mark.parametrize(
    ("depth", "action"),
    [(1, "shallower"), (1, "half_depth"), (100_000, "deeper"), (100_000, "double_depth")],
)
def test_the_depth_stays_inside_its_range_and_a_key_at_its_end_is_no_change(
    depth: int, action: str
) -> None:
    state = SINGLE.with_(setup=SINGLE.setup.with_(depth=depth))
    word = "begins" if depth == 1 else "ends"
    assert press(state, action) == state.saying(f"depth {word} at {depth}.")


def test_the_cursor_stays_on_a_layer_when_the_depth_shrinks() -> None:
    state = steps.walk_to_end(SINGLE, 1)
    assert state.setup.layer == 50
    assert press(state, "half_depth").setup.layer == 25


# ------------------------------------------------------------- activations


def test_with_one_activation_the_list_chooses_as_its_cursor_moves() -> None:
    state = press(SINGLE, "down")
    assert state.highlight == NAMES[NAMES.index("tanh") + 1]
    assert chosen(state) == (state.highlight,)
    assert chosen(press(state, "up")) == ("tanh",)


def test_with_several_the_cursor_only_moves() -> None:
    state = press(COMPARING, "down", "down", "page_down")
    assert state.highlight == NAMES[7]
    assert state.setup == COMPARING.setup
    assert state.past == ()


def test_the_cursor_stops_at_both_ends_of_the_list() -> None:
    assert press(COMPARING, *["page_up"] * 9).highlight == NAMES[0]
    assert press(COMPARING, *["page_down"] * 30).highlight == NAMES[-1]


def test_space_takes_an_activation_into_the_comparison_and_out_again() -> None:
    state = press(SINGLE.with_(highlight="relu"), "toggle")
    assert chosen(state) == ("tanh", "relu")
    assert chosen(press(state, "toggle")) == ("tanh",)


def test_space_on_the_only_activation_holds_it_and_space_on_another_compares_the_two() -> None:
    held = press(SINGLE, "toggle")
    assert held.setup == SINGLE.setup
    assert held.message == "tanh is held: ↑ ↓ to another, space compares the two."
    for way in ("down", "up", "page_down", "page_up"):
        assert chosen(press(held, way)) == ("tanh",)
    there = press(held, "down")
    compared = press(there, "toggle")
    assert chosen(compared) == ("tanh", there.highlight)
    assert not compared.held
    assert chosen(press(compared, "undo")) == ("tanh",)
    assert chosen(press(there, "only")) == (there.highlight,)
    assert not press(there, "only").held


@pytest.mark.parametrize("key", ["toggle", "unfilter", "only"])
def test_what_is_held_is_let_go(key: str) -> None:
    free = press(press(SINGLE, "toggle"), key)
    assert (free.held, free.highlight, free.setup) == (False, "tanh", SINGLE.setup)
    assert chosen(press(free, "down")) != ("tanh",)
    away = press(SINGLE, "toggle", "down", "unfilter")
    assert (away.held, away.highlight) == (False, "tanh")


def test_a_knob_leaves_the_held_one_held_and_the_cursor_where_it_is() -> None:
    state = press(SINGLE, "toggle", "down", "deeper")
    assert state.held
    assert state.highlight != "tanh"


def test_tab_is_hinted_at_only_where_there_is_another_to_go_to() -> None:
    assert hint(COMPARING, "next_focus") == ("tab", "next")
    assert hint(SINGLE, "next_focus") is None
    assert "space holds it" in press(SINGLE, "next_focus").message
    assert "space compares it with" in press(SINGLE, "toggle", "down", "next_focus").message


# ---------------------------------------------------------- the first start


@pytest.mark.parametrize("view", VIEWS)
def test_a_view_opens_with_its_own_start_but_for_the_knobs_that_somebody_set(view: str) -> None:
    walked = going.switched(steps.walk(first_start(), 3), "chain")
    there = going.switched(walked, view)
    first = VIEWS[view].default_setup
    assert there.setup == first.with_(z=walked.setup.slope.z)
    assert there.setup.slope.z == pytest.approx(1.3)
    assert there.highlight == there.chosen[0]
    tanh = going.switched(press(first_start(), "down"), view)
    assert tanh.setup == first.with_(activations=("tanh",))
    assert tanh.highlight == (first.recorded.runs[0] if view == "run" else "tanh")
    deeper = going.switched(press(walked, "deeper"), view)
    assert deeper.setup == first.with_(z=walked.setup.slope.z, depth=4).clamped()
    back = going.switched(press(walked, "deeper", "undo"), view)
    assert back.setup == there.setup


def test_a_knob_that_was_set_is_kept_also_at_what_another_view_starts_with() -> None:
    decay = going.switched(steps.set_knob(going.switched(first_start(), "chain"), "depth", "7"),
                           "decay")  # fmt: skip
    assert decay.setup == VIEWS["decay"].default_setup.with_(depth=7)
    chain = steps.set_knob(going.switched(decay, "chain"), "depth", "3")
    assert going.switched(chain, "decay").setup.depth == 3
    four = leaps.reset(steps.set_knob(chain, "depth", "4"))
    assert going.switched(four, "decay").setup.depth == 50
    assert going.switched(leaps.undo(four), "decay").setup.depth == 4
    typed = steps.set_knob(going.switched(first_start(), "chain"), "depth", "3")
    assert going.switched(typed, "decay").setup.depth == 3


def test_with_a_knob_goes_what_it_means_nothing_without() -> None:
    layers = steps.set_knob(going.switched(first_start(), "layers"), "units", "9")
    assert going.switched(layers, "decay").setup.model == "network"
    chain = steps.set_knob(going.switched(first_start(), "chain"), "weights", "2,3,4")
    assert going.switched(chain, "decay").setup.depth == 3
    two = steps.set_knob(going.switched(first_start(), "layers"), "init", "normal,orthogonal")
    assert going.switched(two, "decay").setup.activations == ("tanh",)
    relu = press(going.switched(first_start(), "decay"), "next_focus", "next_focus")
    layers = going.switched(relu, "layers").setup
    assert (layers.focused, layers.activations) == ("relu", relu.setup.activations)


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("index", range(len(SCENARIOS)))
def test_a_scenario_keeps_all_that_it_set(view: str, index: int) -> None:
    state = leaps.scenario(first_start(), index)
    there = going.switched(state, view)
    both = {*state.record.offered(state.setup)} & {*there.record.used(there.setup)} - {*CURSORS}
    for name in both:
        assert KNOBS[name].of(there.setup) == KNOBS[name].of(state.setup), name
    assert going.back(there).setup == state.setup or view == state.view


def test_what_phase_takes_into_decay_stays() -> None:
    phase = steps.walk(going.switched(first_start(), "phase"), 2)
    decay = steps.press(phase, "D")
    assert decay.view == "decay"
    assert decay.setup.activations == ("tanh",)
    again = going.switched(going.switched(decay, "chain"), "decay")
    assert again.setup == decay.setup


@pytest.mark.parametrize("first", VIEWS)
def test_whatever_is_set_every_view_can_open(first: str) -> None:
    """Each knob of a view moved by its keys, one after the other, then every other view opened."""
    state = State(view=first, setup=VIEWS[first].default_setup)
    for name in state.record.offered(state.setup):
        moved = steps.step_knob(state.saying(""), name, 1)
        for view in VIEWS:
            there = going.switched(moved, view)
            there.setup.checked()
            if KNOBS[name].of(moved.setup) != KNOBS[name].of(state.setup) and name not in CURSORS:
                assert KNOBS[name].of(there.setup) == KNOBS[name].of(moved.setup)


def test_the_way_back_gives_each_view_its_own_setup_too() -> None:
    state = going.back(going.switched(first_start(), "layers"))
    assert (state.view, state.setup) == ("derivative", first_start().setup)
    assert going.forward(state).setup == VIEWS["layers"].default_setup


def test_the_cursor_of_the_phase_view_changes_knobs_which_are_then_kept() -> None:
    phase = steps.walk(going.switched(first_start(), "phase"), 2)
    assert phase.setup != VIEWS["phase"].default_setup
    assert going.switched(phase, "layers").setup.plane.sigma_w == phase.setup.plane.sigma_w


def test_a_seventh_activation_is_refused_with_the_way_out() -> None:
    state = SINGLE
    for name in NAMES[:8]:
        state = (
            press(state.with_(highlight=name, message=""), "toggle") if name != "tanh" else state
        )
    assert len(chosen(state)) == 6
    assert state.failed
    assert "6" in state.message
    assert "space" in state.message


def test_enter_leaves_the_highlighted_one_alone() -> None:
    assert chosen(press(COMPARING.with_(highlight="gelu"), "only")) == ("gelu",)


def test_tab_gives_the_verdict_to_each_of_the_compared_in_turn() -> None:
    states = [COMPARING]
    for _ in range(3):
        states.append(press(states[-1], "next_focus"))
    assert [one.setup.focused for one in states] == ["sigmoid", "tanh", "relu", "sigmoid"]
    assert press(COMPARING, "previous_focus").setup.focused == "relu"


def test_tab_with_one_activation_says_how_to_add_another() -> None:
    state = press(SINGLE, "next_focus")
    assert state.setup == SINGLE.setup
    assert "space" in state.message


def test_the_focus_does_not_stay_on_an_activation_that_was_taken_out() -> None:
    state = press(COMPARING, "next_focus").with_(highlight="tanh")
    assert state.setup.focused == "tanh"
    assert press(state, "toggle").setup.focused == "sigmoid"


def test_the_filter_narrows_the_list_and_keeps_the_cursor_in_it() -> None:
    state = steps.filtered(COMPARING, "  ELU ")
    others = [name for name in NAMES if "elu" in name and name != "elu"]
    assert state.listed == ("elu", *others)
    assert state.highlight in state.listed
    assert state.setup == COMPARING.setup
    assert steps.filtered(state, "").listed == tuple(NAMES)


def test_a_filter_that_matches_nothing_breaks_no_key() -> None:
    state = steps.filtered(COMPARING, "no such")
    assert state.listed == ()
    for action in ACTIONS:
        if action.step is not None:
            action.step(state)


def test_an_activation_with_other_parameters_stands_beside_its_kind() -> None:
    spec = "leaky_relu(0.2)"
    state = steps.set_knob(SINGLE, "activations", "tanh leaky_relu(0.2)")
    assert chosen(state) == ("tanh", spec)
    assert state.listed[state.listed.index(spec) - 1] == "leaky_relu"


# ------------------------------------------------------------------- knobs


def test_several_initialisations_leave_one_activation_and_the_other_way_round() -> None:
    """Both at once would be a comparison of everything with everything."""
    inits = steps.set_knob(COMPARING, "init", "orthogonal kaiming_normal")
    assert chosen(inits) == ("sigmoid",)
    assert inits.setup.model == "network"
    activations = press(inits.with_(highlight="tanh"), "toggle")
    assert chosen(activations) == ("sigmoid", "tanh")
    assert activations.setup.network.init == ("orthogonal",)
    assert press(activations, "undo").setup == inits.setup


def test_c_goes_from_the_chain_to_the_network_and_back() -> None:
    network = press(COMPARING, "model")
    assert network.setup.model == "network"
    assert press(network, "model").setup == COMPARING.setup
    elsewhere = press(COMPARING.with_(view="chain"), "model")
    assert elsewhere.setup == COMPARING.setup
    assert "press 3" in elsewhere.message


def test_tab_walks_through_several_initialisations() -> None:
    state = steps.set_knob(SINGLE.with_(view="decay"), "init", "orthogonal kaiming_normal")
    assert press(state, "next_focus").setup.focus_of(state.setup.network.init) == "kaiming_normal"
    assert (
        press(state, "next_focus", "next_focus").setup.focus_of(state.setup.network.init)
        == "orthogonal"
    )


@pytest.mark.parametrize(
    ("name", "text", "family"),
    [("init", "orthogonal", "network"), ("units", "8", "network"), ("weights", "2", "chain")],
)
def test_a_knob_of_a_family_switches_to_its_model(name: str, text: str, family: str) -> None:
    other = SINGLE.with_(setup=SINGLE.setup.with_(model=next(iter(set(CHOICE) - {family}))))
    assert name not in other.record.used(other.setup)
    assert steps.knob_on(other, KNOBS[name].letter) == KNOBS[name]  # offered all the same
    switched = steps.set_knob(other, name, text)
    assert switched.setup.model == family
    assert steps.step_knob(other, name, 1).setup.model == family
    assert press(switched, "undo").setup == other.setup


def test_a_letter_means_what_the_open_view_has_at_it() -> None:
    for view in VIEWS:
        state = State(view=view, setup=VIEWS[view].default_setup)
        knob = steps.knob_on(state, "W")
        widths = {"units", "hidden_size"} & {*state.record.offered(state.setup)}
        assert (knob is not None) == bool(widths)


def test_a_letter_that_means_nothing_here_says_what_it_would_be() -> None:
    derivative = SINGLE.with_(view="derivative")
    said = steps.press(derivative, "d")
    assert "derivative view has no knob depth (the number of layers" in said.message
    assert said.setup == derivative.setup


def test_a_knob_without_effect_is_not_opened_and_says_so() -> None:
    phase = SINGLE.with_(view="phase")
    assert "layer" in phase.record.idle(phase.setup)
    assert steps.knob_on(phase, "l") is None
    assert steps.press(phase, "l").message == (
        "layer changes nothing in this setup; ? shows what does."
    )
    depth = phase.with_(setup=phase.setup.with_(against="depth"))
    assert steps.knob_on(depth, "l") == KNOBS["layer"]


@pytest.mark.parametrize("action", ["deeper", "shallower", "half_depth", "double_depth"])
def test_without_a_depth_its_keys_say_so_and_change_nothing(action: str) -> None:
    derivative = SINGLE.with_(view="derivative")
    said = press(derivative, action)
    assert "derivative view has no knob depth (the number of layers" in said.message
    assert (said.setup, said.past) == (derivative.setup, ())


def with_key(monkeypatch: pytest.MonkeyPatch, does: Callable[[Setup], Moved]) -> State:
    """The chain view, playing, with a key of its own."""
    own = Key("own", ("D",), "D", "turn", "a turn", does)
    monkeypatch.setitem(VIEWS, "chain", replace(VIEWS["chain"], keys=(own,)))  # type: ignore[arg-type]
    setup = SINGLE.setup.with_(layer=20)
    return press(SINGLE.with_(view="chain", setup=setup), "play")


def test_a_view_s_own_key_may_change_setup_and_view_and_says_what_it_did(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    state = with_key(monkeypatch, lambda setup: Moved(setup.with_(depth=9), "decay", "Turned."))
    turned = steps.press(state, "D")
    assert (turned.view, turned.setup.depth, turned.message) == ("decay", 9, "Turned.")
    assert not turned.playing
    assert moment(press(turned, "undo")) == moment(state)


def test_a_view_s_own_key_that_stays_lets_it_play_on(monkeypatch: pytest.MonkeyPatch) -> None:
    state = with_key(monkeypatch, lambda setup: Moved(setup.with_(x=2.0)))
    turned = steps.press(state, "D")
    assert turned.playing
    assert turned.setup.x == 2.0
    assert turned.message == ""


def test_a_view_s_own_key_that_cannot_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    def does(setup: Setup) -> Moved:
        raise InputError("σw", 9, "on the map", "widen it")

    state = with_key(monkeypatch, does)
    turned = steps.press(state, "D")
    assert turned.failed
    assert "on the map" in turned.message
    assert turned.setup == state.setup


def test_a_key_that_only_another_view_has_says_where_and_how_to_get_there() -> None:
    said = steps.press(SINGLE, "C").message
    assert said == "C: to the critical line, in the phase view: press 6 first."


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("depth", "0"),
        ("depth", "-3"),
        ("depth", "1e9"),
        ("depth", "abc"),
        ("depth", "2.5"),
        ("depth", "nan"),
        ("depth", ""),
        ("weights", "nan"),
        ("weights", "inf"),
        ("weights", "1,,2"),
        ("weights", "1e101"),
        ("weights", "1e999"),
        ("weights", "normal(std=-1)"),
        ("weights", "uniform(1)"),
        ("weights", ""),
        ("biases", "1,nan"),
        ("x", "one"),
        ("x", "inf"),
        ("loss", "nan"),
        ("loss", "cross_entropy"),
        ("loss", "squared_error(goal=1)"),
        ("seed", "-1"),
        ("seed", "0.5"),
        ("samples", "0"),
        ("threshold", "0"),
        ("threshold", "1"),
        ("threshold", "-0.1"),
        ("z_range", "6:-6"),
        ("z_range", "5"),
        ("z_range", "0:inf"),
        ("z_range", "0:0"),
        ("activations", "sigmoidd"),
        ("activations", ""),
        ("activations", "elu(alpha=nan)"),
        ("activations", "sigmoid tanh relu elu selu gelu silu"),
    ],
)
def test_a_bad_value_names_its_knob_and_changes_nothing(name: str, text: str) -> None:
    before = COMPARING
    with pytest.raises(InputError, match=name.rstrip("s")) as caught:
        steps.set_knob(before, name, text)
    assert caught.value.next_step
    assert before == COMPARING


def test_a_list_of_weights_brings_its_own_depth() -> None:
    state = steps.set_knob(SINGLE, "weights", "0.5, 1, 2, 4")
    assert state.setup.chain.weights.values == (0.5, 1.0, 2.0, 4.0)
    assert state.setup.depth == 4


def test_a_list_of_biases_that_contradicts_a_list_of_weights_is_refused() -> None:
    state = steps.set_knob(SINGLE, "weights", "1,1,1")
    with pytest.raises(InputError, match=r"weights.*3"):
        steps.set_knob(state, "biases", "1,1")


def test_a_depth_that_contradicts_a_list_of_weights_is_refused_and_says_so() -> None:
    state = steps.set_knob(SINGLE, "weights", "1,1,1")
    deeper = press(state, "deeper")
    assert deeper.setup == state.setup
    assert deeper.failed
    assert "weights" in deeper.message


KNOB_NAMES = [name for name in KNOBS if name not in ("activations", "focus")]
turns = st.tuples(
    st.sampled_from(KNOB_NAMES),
    st.sampled_from([1, -1, 7, -7, 40, -40, 600, -600, 2_000_000, -2_000_000]),
    st.booleans(),
)


@settings(max_examples=300)
@given(st.lists(turns, min_size=1, max_size=5))
def test_a_knob_that_is_stepped_always_holds_a_value_that_could_be_typed(
    done: list[tuple[str, int, bool]],
) -> None:
    """What is saved, or written into a command, is read back by the same knob."""
    state = SINGLE
    for name, count, by_factor in done:
        state = steps.step_knob(state, name, count, by_factor=by_factor)
        knob = KNOBS[name]
        value = knob.of(state.setup)
        assert knob.parse(knob.format(value)) == value


def test_steps_up_and_down_come_back_to_the_very_number() -> None:
    state = SINGLE
    for _ in range(7):
        state = steps.step_knob(state, "weights", 1)
    assert state.setup.chain.weights.text == "1.7"
    for _ in range(7):
        state = steps.step_knob(state, "weights", -1)
    assert state.setup.chain.weights.text == "1"


# ------------------------------------------------------------------ cursor


@pytest.mark.parametrize(("view", "near"), [("decay", 11), ("chain", 9)])
def test_the_right_arrow_goes_where_the_picture_runs(view: str, near: int) -> None:
    """The decay view has the loss on its right, the chain view layer 1."""
    state = SINGLE.with_(view=view, setup=SINGLE.setup.with_(layer=10))
    assert press(state, "right").setup.layer == near
    assert press(state, "right", "left").setup.layer == 10


def test_the_ends_are_one_key_away() -> None:
    assert press(SINGLE, "last").setup.layer == 50
    assert press(SINGLE, "last", "first").setup.layer == 1
    derivative = SINGLE.with_(view="derivative")
    assert press(derivative, "last").setup.slope.z == 6.0
    assert press(derivative, "first").setup.slope.z == -6.0


@pytest.mark.parametrize("view", list(VIEWS))
@pytest.mark.parametrize("action", ["left", "right", "far_left", "far_right", "first", "last"])
def test_a_move_of_the_cursor_is_nothing_to_undo(view: str, action: str) -> None:
    state = SINGLE.with_(view=view, setup=SINGLE.setup.with_(layer=20, step=40))
    moved = press(state, action)
    assert moved.setup != state.setup
    assert moved.past == ()


def test_a_move_of_the_cursor_keeps_what_can_be_done_again() -> None:
    undone = press(SINGLE, "deeper", "undo")
    assert press(undone, "right", "redo").setup.depth == 51


# ------------------------------------------------------------ undo and redo


def _scenario(index: int) -> Callable[[State], State]:
    return lambda state: leaps.scenario(state, index)


def _set(name: str, text: str) -> Callable[[State], State]:
    def step(state: State) -> State:
        try:
            return steps.set_knob(state, name, text)
        except InputError:
            return state

    return step


CHANGES: list[Callable[[State], State]] = [
    *(
        action.step
        for action in ACTIONS
        if action.step is not None and action.name not in ("undo", "redo")
    ),
    *(_scenario(index) for index in range(len(SCENARIOS))),
    *(
        _set(name, text)
        for name, text in [
            ("weights", "1,2,3"),
            ("weights", "normal(std=1.5)"),
            ("biases", "0.5"),
            ("activations", "elu gelu"),
            ("loss", "squared_error(target=1)"),
            ("z_range", "-1:1"),
            ("threshold", "1e-6"),
        ]
    ),
    *(
        lambda state, name=name, up=up: steps.step_knob(state, name, up)
        for name in ("x", "seed", "samples")
        for up in (1, -1)
    ),
    lambda state: steps.filtered(state, "elu"),
    steps.play_tick,
]


def moment(state: State) -> tuple[str, Setup]:
    return state.view, state.setup


@settings(max_examples=150)
@given(st.lists(st.integers(0, len(CHANGES) - 1), max_size=30))
def test_every_change_can_be_undone_and_done_again_exactly(indices: list[int]) -> None:
    state = State()
    for index in indices:
        after = CHANGES[index](state)
        if after.past == state.past:  # nothing to undo: a cursor, a view, a theme, a refusal
            same = KNOBS if after.view == state.view else state.own
            still = {
                name: KNOBS[name].of(Setup())
                for name in KNOBS
                if name in CURSORS or name not in same
            }
            assert after.setup.clamped().with_(**still) == state.setup.with_(**still)
        else:
            assert after.past[:-1] == state.past
            assert after.future == ()
            back = leaps.undo(after)
            assert moment(back) == moment(state)
            assert back.past == state.past
            again = leaps.redo(back)
            assert moment(again) == moment(after)
            assert (again.past, again.future) == (after.past, after.future)
        state = after
    last, count = state, len(state.past)
    for _ in range(count):
        state = leaps.undo(state)
    assert state.past == ()
    for _ in range(count):
        state = leaps.redo(state)
    assert moment(state) == moment(last)
    assert state.future == ()


@pytest.mark.parametrize(
    ("text", "spec"),
    [
        ("swish", "silu"),
        ("linear", "identity"),
        ("LeakyReLU", "leaky_relu"),
        ("hard-swish", "hardswish"),
        ("relu", "relu"),
        ("elu", "elu"),
        ("wish", "silu"),
        ("leaky_relu(0.2)", "leaky_relu(0.2)"),
        ("leaky_relu(negative_slope=0.2)", "leaky_relu(0.2)"),
    ],
)
def test_the_filter_chooses_what_it_names(text: str, spec: str) -> None:
    state = State(setup=Setup.of(activations=("rrelu",)), highlight="rrelu")
    assert chosen(steps.chosen(state, text)) == (spec,)


def test_the_cursor_in_a_list_that_was_narrowed_is_kept_at_enter() -> None:
    state = press(steps.filtered(COMPARING, "relu"), "down")
    assert state.highlight == "leaky_relu"
    assert chosen(steps.chosen(state, "relu")) == ("leaky_relu",)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("zzz", "not in the name of any of the activations"),
        ("leaky_relu(x=2)", "takes: negative_slope"),
        ("leaky_relu(1,2)", "at most 1 parameter"),
        ("(", "of the form name"),
    ],
)
def test_a_filter_that_nothing_matches_says_why(text: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        steps.chosen(COMPARING, text)


def test_a_new_change_forgets_what_was_undone() -> None:
    state = press(SINGLE, "deeper", "undo", "double_depth")
    assert press(state, "redo").setup.depth == 100


def test_undo_and_redo_with_nothing_to_do_say_so() -> None:
    for name in ("undo", "redo"):
        state = press(SINGLE, name)
        assert state.setup == SINGLE.setup
        assert f"Nothing to {name}" in state.message


def test_undo_says_what_it_undid() -> None:
    assert "depth 51 → 50" in press(SINGLE, "deeper", "undo").message


def test_the_history_is_bounded() -> None:
    state = SINGLE
    for _ in range(UNDO_DEPTH + 30):
        state = press(state, "deeper")
    assert len(state.past) == UNDO_DEPTH


# --------------------------------------------------- scenarios, reset, fix


@pytest.mark.parametrize("index", range(len(SCENARIOS)))
def test_a_scenario_opens_in_its_view_and_undo_leads_back(index: int) -> None:
    state = leaps.scenario(SINGLE, index)
    assert state.view == SCENARIOS[index].view
    assert state.setup == SCENARIOS[index].setup
    assert state.message == SCENARIOS[index].look
    assert moment(press(state, "undo")) == moment(SINGLE)


@pytest.mark.parametrize("view", list(VIEWS))
def test_reset_brings_the_view_as_it_first_was_and_undo_leads_back(view: str) -> None:
    changed = SINGLE.setup.with_(depth=7, seed=3, x=2.0, samples=5, sigma_w=2.0, z=0.5)
    state = SINGLE.with_(view=view, setup=changed)
    fresh = press(state, "reset")
    own = {knob.name for knob in VIEWS[view].all_knobs}
    for knob in KNOBS.values():
        kept = VIEWS[view].default_setup if knob.name in own else changed
        assert knob.of(fresh.setup) == knob.of(kept), knob.name
    assert moment(press(fresh, "undo")) == moment(state)


def test_fix_applies_the_remedy_and_says_before_and_after() -> None:
    remedy = Remedy("depth = 3", {"depth": 3}, before="1e-9 arrives", after="0.1 arrives")
    state = leaps.fix(SINGLE, remedy)
    assert state.setup == SINGLE.setup.with_(depth=3)
    for part in ("depth = 3", "1e-9", "0.1 arrives"):
        assert part in state.message
    assert press(state, "undo").setup == SINGLE.setup


REMEDIES = [
    ("decay", {"activations": ("sigmoid",), "depth": 50}),
    ("decay", {"activations": ("relu",), "depth": 20, "model": "network", "networks": 10,
               "units": 16, "init": ("normal(0.5)",)}),
    ("chain", {"activations": ("sigmoid",), "depth": 12}),
    ("derivative", {"activations": ("sigmoid",), "z": 8.0}),
    ("layers", {"activations": ("tanh",), "depth": 30, "units": 16}),
    ("spectrum", {"activations": ("tanh",), "depth": 30, "units": 16, "networks": 2}),
    ("phase", {"activations": ("tanh",), "sigma_w": 0.5, "sigma_b": 0.0}),
    ("init", {"activations": ("gelu",), "depth": 80, "units": 8, "networks": 10}),
]  # fmt: skip


@pytest.mark.parametrize(("view", "knobs"), REMEDIES)
def test_after_a_fix_both_phrasings_of_every_view_stand_whole(
    view: str, knobs: dict[str, object]
) -> None:
    record = VIEWS[view]
    setup = record.default_setup.with_(**knobs).clamped()
    *_, result = record.results(setup, unwatched)
    found = record.finding(result, record.focused(setup))
    assert found is not None
    remedy = found.remedy
    assert remedy is not None
    said = leaps.fix(State(setup, view, setup.activations[0]), remedy).message
    start, end = f"{remedy.label}: before ", f"; now {remedy.after}."
    assert said.startswith(start)
    assert said.endswith(end)
    before = said.removeprefix(start).removesuffix(end)
    # Of the same thing only the amount: before ×3e-33; now all of the loss's gradient arrives.
    rest = remedy.before.removeprefix(before)
    assert not rest or (" " not in before and rest.strip() and remedy.after.endswith(rest))


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("×3e-33 of it arrives", "all of it arrives", "before ×3e-33; now all of it arrives."),
        ("median 2e-17 at layer 100, 10 % survive", "median 0.064 at layer 100, 98 % survive",
         "before median 2e-17 at layer 100, 10 % survive; "
         "now median 0.064 at layer 100, 98 % survive."),
        ("20 % passes", "50 % passes", "before 20 % passes; now 50 % passes."),
        ("it is 0", "all of it", "before it is 0; now all of it."),
    ],
)  # fmt: skip
def test_what_f_did_is_shortened_to_an_amount_or_not_at_all(
    before: str, after: str, said: str
) -> None:
    remedy = Remedy("depth = 3", {"depth": 3}, before, after)
    assert leaps.fix(SINGLE, remedy).message == f"depth = 3: {said}"


def test_fix_without_a_remedy_changes_nothing_and_says_so() -> None:
    state = leaps.fix(SINGLE, None)
    assert state.setup == SINGLE.setup
    assert "Nothing to fix" in state.message


@pytest.mark.parametrize("focus", ["sigmoid", "hardsigmoid"])
def test_after_the_fix_the_verdict_is_that_of_what_was_fixed(focus: str) -> None:
    """The verdict pane speaks of the focused activation; the remedy was for it."""
    setup = Setup.of(activations=("sigmoid", "hardsigmoid"), focus=focus, depth=50)
    state = State(setup=setup)
    remedy = verdict(state).remedy
    assert remedy is not None
    assert verdict(leaps.fix(state, remedy)).kind is Kind.HEALTHY


# --------------------------------------------------------- views and themes


def test_a_view_on_its_number_keeps_what_was_set() -> None:
    deeper = press(SINGLE, "deeper")
    for view in VIEWS:
        state = press(deeper, f"view_{view}")
        assert state.view == view
        assert (state.setup.activations, state.setup.depth) == (("tanh",), 51)


def test_the_themes_go_round() -> None:
    state = SINGLE
    seen = []
    for _ in THEMES:
        seen.append(state.theme)
        state = press(state, "theme")
    assert seen == list(THEMES)
    assert state.theme == THEMES[0]


# ---------------------------------------------------------------- animation


def play(depth: int, layer: int) -> list[State]:
    """Every frame from the key to the end."""
    setup = SINGLE.setup.with_(depth=depth, layer=layer)
    frames = [press(SINGLE.with_(view="chain", setup=setup), "play")]
    while frames[-1].playing:
        frames.append(steps.play_tick(frames[-1]))
        assert len(frames) < 200
    return frames


@pytest.mark.parametrize("depth", [2, 3, 50, 77, 1000, 100_000])
def test_the_backward_pass_plays_from_the_loss_to_layer_1_and_stops(depth: int) -> None:
    layers = [frame.setup.layer for frame in play(depth, 1)]
    assert layers[0] == depth
    assert layers[-1] == 1
    assert layers == sorted(layers, reverse=True)


def test_a_shallow_chain_is_played_layer_by_layer() -> None:
    assert [frame.setup.layer for frame in play(12, 12)] == list(range(12, 0, -1))


def test_play_pauses_and_goes_on_from_there() -> None:
    frames = play(50, 50)
    paused = press(frames[10], "play")
    assert not paused.playing
    assert steps.play_tick(paused) == paused
    assert press(paused, "play").setup.layer == frames[10].setup.layer


def test_an_arrow_pauses_the_animation() -> None:
    assert not press(play(50, 50)[3], "right").playing


def test_playing_is_nothing_to_undo() -> None:
    assert play(50, 50)[-1].past == ()


def test_outside_the_chain_view_play_says_where_it_plays() -> None:
    state = press(SINGLE, "play")
    assert not state.playing
    assert "chain" in state.message


@pytest.mark.parametrize("scenario", range(len(SCENARIOS)))
def test_a_scenario_shows_all_of_its_picture(scenario: int) -> None:
    chosen = SCENARIOS[scenario]
    there = State(view=chosen.view, setup=VIEWS[chosen.view].default_setup)
    enlarged = there.with_(zoom=Zoom().closer(2))
    assert leaps.scenario(enlarged, scenario).zoom == Zoom()
    assert leaps.reset(enlarged).zoom == Zoom()


def test_undo_into_another_view_shows_all_of_its_picture() -> None:
    index = next(at for at, one in enumerate(SCENARIOS) if one.view == "time")
    there = leaps.scenario(first_start(), index).with_(zoom=Zoom().closer(2))
    assert leaps.undo(there).zoom == Zoom()


@pytest.mark.parametrize("scenario", range(len(SCENARIOS)))
def test_undo_of_a_scenario_of_another_view_tells_of_no_knob_that_is_not_set_there(
    scenario: int,
) -> None:
    if SCENARIOS[scenario].view == first_start().view:
        pytest.skip("the view stays the same")
    undone = leaps.undo(leaps.scenario(first_start(), scenario))
    offered = {KNOBS[name].label for name in undone.record.offered(undone.setup)}
    others = {knob.label for knob in KNOBS.values()} - offered
    told = undone.message.removeprefix("Undid: ").removesuffix(".")
    assert told.startswith(f"view {SCENARIOS[scenario].view} → {undone.view}")
    assert not [label for label in others if f", {label} " in told]


def test_where_nothing_is_open_esc_names_the_way_back_only_where_there_is_one() -> None:
    assert steps.unfiltered(SINGLE).message == "Nothing is open here; q quits."
    changed = press(SINGLE, "deeper")
    assert "u undoes the last change" in steps.unfiltered(changed).message
    assert "u undoes" not in steps.unfiltered(press(changed, "undo")).message
