"""The one registry of actions: every key means one thing, does something, and is in the help."""

from __future__ import annotations

import inspect
import io
import string
from collections import Counter

import pytest
from rich.console import Console
from textual._xterm_parser import XTermParser
from textual.binding import Binding
from textual.events import Key
from textual.keys import Keys, _character_to_key

from gradtui.app import steps
from gradtui.app.actions import (
    ACTIONS,
    BY_NAME,
    Action,
    hint,
    idle_actions,
    offered,
    own_actions,
)
from gradtui.app.main import GradTUI, Main
from gradtui.app.palette import Words, found_by_name
from gradtui.app.screens import help_page
from gradtui.app.state import State, first_start
from gradtui.app.themes import styles
from gradtui.setup import KNOBS
from gradtui.views import VIEWS

EVERY = pytest.mark.parametrize("action", ACTIONS, ids=lambda action: action.name)


def test_every_key_means_one_thing() -> None:
    keys = Counter(key for action in ACTIONS for key in action.keys)
    assert [key for key, count in keys.items() if count > 1] == []
    assert len(BY_NAME) == len(ACTIONS)


@EVERY
def test_every_action_has_a_key_a_help_and_a_group(action: Action) -> None:
    assert action.keys
    assert action.shown
    assert action.help
    assert action.group


@EVERY
def test_every_key_reaches_a_step_or_an_effect_of_the_app(action: Action) -> None:
    if action.step is not None:
        assert isinstance(action.step(State()), State)
    elif action.view_key:
        states = [State(view=name, setup=view.default_setup) for name, view in VIEWS.items()]
        reached = [
            steps.own_key(state, action.view_key) or steps.knob_on(state, action.view_key)
            for state in states
        ]
        assert any(reached)
    else:
        effect = getattr(GradTUI, f"effect_{action.name}", None) or getattr(
            GradTUI, f"action_{action.name}"
        )
        assert not [
            one
            for one in list(inspect.signature(effect).parameters.values())[1:]
            if one.default is one.empty
        ]


@EVERY
def test_every_key_is_bound_on_the_main_screen(action: Action) -> None:
    bound = {one.key: one.action for one in Main.BINDINGS if isinstance(one, Binding)}
    for key in action.keys:
        if action.name not in ("command_palette", "suspend_process"):  # they are everywhere
            assert bound[key] == f"app.do('{action.name}')"


@EVERY
def test_every_key_has_a_name_that_textual_sends(action: Action) -> None:
    known = {key.value for key in Keys} | {_character_to_key(one) for one in string.printable}
    known |= {message.key for code in "CD" for message in XTermParser().feed(f"\x1b[1;3{code}")
              if isinstance(message, Key)}  # fmt: skip
    assert set(action.keys) <= known


def test_no_key_is_one_that_a_multiplexer_takes_or_a_terminal_cannot_send() -> None:
    """tmux and screen take ctrl+b and ctrl+a, flow control ctrl+s; ctrl+h, i, j, m are controls."""
    keys = {key for action in ACTIONS for key in action.keys}
    assert keys.isdisjoint({f"ctrl+{letter}" for letter in "bashijm"})


def state_of(view: str) -> State:
    return State(view=view, setup=VIEWS[view].default_setup)


@pytest.mark.parametrize("view", list(VIEWS))
def test_every_knob_of_every_view_is_reached_in_two_keys(view: str) -> None:
    """Its letter, then an arrow; the focus has tab."""
    state = state_of(view)
    for name in state.record.offered(state.setup):
        if name == "focus":
            assert "tab" in BY_NAME["next_focus"].keys
        else:
            letter = KNOBS[name].letter
            assert steps.knob_on(state, letter) == KNOBS[name]
            assert BY_NAME[f"key_{letter}"].keys == (letter,)


@pytest.mark.parametrize("view", list(VIEWS))
def test_no_letter_means_two_things_in_a_view(view: str) -> None:
    record = VIEWS[view]
    # What is focused has tab and shift+tab.
    letters = [knob.letter for knob in record.all_knobs if knob.name != "focus"]
    own = [key for one in record.keys for key in one.keys]
    assert len({*letters, *own}) == len(letters) + len(own)
    general = {key for action in ACTIONS if not action.view_key for key in action.keys}
    assert general.isdisjoint([*letters, *own])


def test_the_views_are_on_the_number_keys() -> None:
    keys = [BY_NAME[f"view_{view}"].keys for view in VIEWS]
    assert keys == [(str(number),) for number in range(1, len(VIEWS) + 1)]


@pytest.mark.parametrize("view", list(VIEWS))
def test_every_hint_is_an_action_or_a_key_of_the_view_s_own(view: str) -> None:
    state = state_of(view)
    pair = state.with_(setup=state.setup.with_(activations=("tanh", "relu"), focus=""))
    networks = state.with_(setup=state.setup.with_(model="network"))
    where = {"next_focus": pair, "skip": networks}
    for name in state.record.hints:
        found = hint(where.get(name, state), name)
        assert found is not None, name
        assert all(found)


def page(state: State) -> str:
    console = Console(width=200, color_system=None, file=io.StringIO(), record=True)
    console.print(help_page(state, styles("dark"))._body)
    return console.export_text()


@pytest.mark.parametrize("view", list(VIEWS))
def test_the_help_lists_every_key_that_acts_in_this_view_and_no_other(view: str) -> None:
    state = state_of(view)
    text = page(state)
    for action in ACTIONS:
        if not action.view_key:
            acts = action.offered(state) or action.name in (
                "climb",
                "descend",
                "far_up",
                "far_down",
            )
            assert (f"{action.shown:<10} {action.help}" in text) == acts
    for knob in KNOBS.values():
        if knob.name != "focus":
            there = text.count(f" {knob.letter:<10} {knob.label}: {state.record.help_of(knob)}")
            assert there == (knob in state.record.all_knobs)
    for record in VIEWS.values():
        for own in record.keys:
            assert text.count(f" {own.shown:<10} {own.help}") == (record is state.record)
    explained, keys = text.split(f"Knobs of {view}: the letter, then")
    assert explained.startswith("In the readout")
    first = keys.split("\n\n")[0]
    shown = {line.split()[0] for line in first.split("\n")[1:] if line.startswith("  ")}
    shown -= {line.split()[0] for line in first.split("\n")[1:] if line.startswith("   ")}
    offered_here = [KNOBS[name] for name in state.record.offered(state.setup)]
    assert shown == {knob.letter for knob in offered_here if knob.name != "focus"}


@pytest.mark.parametrize("view", list(VIEWS))
def test_every_key_acts_or_says_why_not(view: str) -> None:
    """Also what only other views have; what an effect of the app does is its own matter."""
    state = state_of(view)
    for action in ACTIONS:
        for key in action.keys:
            if action.step is not None:
                after = action.step(state)
            elif action.view_key and steps.knob_on(state, key) is None:
                after = steps.press(state, key)
            else:
                continue
            assert after.message or after != state, key


def test_a_knob_without_effect_is_in_the_help_as_such_and_not_offered() -> None:
    state = State(view="phase")
    before, after = page(state).split("Knobs of phase that change nothing in this setup")
    assert "layer: the layer" not in before
    assert "layer: the layer" in after.split("\n\n")[0]
    assert "layer: the layer" not in " ".join(action.help for action in offered(state))


def test_the_palette_offers_what_the_view_has_and_no_more() -> None:
    names = {view: {action.name for action in offered(state_of(view))} for view in VIEWS}
    assert "key_C" in names["phase"]
    assert "key_m" in names["decay"]
    assert "play" in names["chain"]
    assert "paste" in names["init"]
    assert {"key_C", "key_m", "climb", "play", "paste", "model", "deeper"}.isdisjoint(
        names["derivative"]
    )
    assert {"key_z", "model"}.isdisjoint(names["chain"])
    always = {f"view_{view}" for view in VIEWS} | {"undo", "left", "toggle", "quit", "help"}
    assert all(found >= always for found in names.values())


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("kaiming", "kaiming_normal"),
        ("why", "verdicts in full"),
        ("explod", "Weights too large"),
        ("chrono", "b_f ~ ln U(1, T - 1)"),
        ("irnn", "W_hh = α I"),
        ("lstm", "lstm: this recurrent cell"),
    ],
)
def test_the_palette_finds_what_people_ask_for(typed: str, found: str) -> None:
    state = first_start()
    titles = [action.title for action in offered(state)]
    titles += [offer.title for offer in found_by_name(state)]
    matching = [title for title in titles if Words(typed).match(title) > 0]
    assert any(found in title for title in matching)


def test_the_palette_leads_to_a_cell_and_to_how_cells_are_drawn() -> None:
    offers = {offer.title: offer for offer in found_by_name(first_start())}
    (lstm,) = (offer for title, offer in offers.items() if title.startswith("lstm: this recurrent"))
    there = lstm.step(first_start())
    assert (there.view, there.setup.recurrent.cells) == ("time", ("lstm",))
    (chrono,) = (offer for title, offer in offers.items() if title.startswith("chrono: cells"))
    there = chrono.step(first_start())
    assert (there.view, there.setup.recurrent.cell_init) == ("time", ("chrono",))
    assert there.setup.recurrent.cells == ("lstm", "gru")  # chrono is for gates


@pytest.mark.parametrize("view", list(VIEWS))
def test_the_help_says_what_clicks_do(view: str) -> None:
    assert "The mouse (over SSH with --mouse on): a click on" in page(state_of(view))


def test_the_keys_that_people_know_are_there() -> None:
    keys = {key: action.name for action in ACTIONS for key in action.keys}
    known = {
        "question_mark": "help",
        "slash": "filter",
        "q": "quit",
        "j": "down",
        "k": "up",
        "ctrl+p": "command_palette",
        "ctrl+z": "suspend_process",
        "left_square_bracket": "shallower",
        "right_square_bracket": "deeper",
    }
    assert {key: keys[key] for key in known} == known


@pytest.mark.parametrize("view", VIEWS)
def test_help_and_palette_say_what_a_knob_is_in_this_view(view: str) -> None:
    """The words of `gradtui VIEW --help`, where they are others than elsewhere."""
    state = State(view=view, setup=VIEWS[view].default_setup)
    actions = {one.flag: one.help for one in (*own_actions(state), *idle_actions(state))}
    for knob in VIEWS[view].all_knobs:
        if knob.name != "focus" and knob.flag in actions:
            assert actions[knob.flag] == f"{knob.label}: {VIEWS[view].help_of(knob)}"
    for offer in found_by_name(state):
        if offer.knob is not None:
            there = offer.step(state).record
            assert offer.title.startswith(f"{offer.knob.label}: {there.help_of(offer.knob)}, in ")


def test_the_x_of_the_time_view_is_a_noise_s() -> None:
    state = State(view="time", setup=VIEWS["time"].default_setup)
    assert "x: the standard deviation of the inputs, which are random" in page(state)
    decay = State(view="decay", setup=VIEWS["decay"].default_setup)
    assert "the standard deviation of the inputs" not in page(decay)
