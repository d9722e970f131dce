"""The one registry of actions: every key means one thing, does something, and is in the help."""

from __future__ import annotations

import inspect
import io
import string
from collections import Counter

import pytest
from rich.console import Console
from textual.binding import Binding
from textual.keys import Keys, _character_to_key

from gradtui.app.actions import ACTIONS, BY_NAME, Action
from gradtui.app.main import GradTUI, Main
from gradtui.app.screens import help_page
from gradtui.app.state import State
from gradtui.app.themes import styles
from gradtui.views import VIEWS
from gradtui.views.knobs import KNOBS

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
    elif action.name.startswith("knob_"):
        assert action.name.removeprefix("knob_") in KNOBS
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
        if action.name != "command_palette":  # Textual binds it itself
            assert bound[key] == f"app.do('{action.name}')"


@EVERY
def test_every_key_has_a_name_that_textual_sends(action: Action) -> None:
    known = {key.value for key in Keys} | {_character_to_key(one) for one in string.printable}
    assert set(action.keys) <= known


def test_no_key_is_one_that_a_multiplexer_takes_or_a_terminal_cannot_send() -> None:
    """tmux and screen take ctrl+b and ctrl+a, flow control ctrl+s; ctrl+h, i, j, m are controls."""
    keys = {key for action in ACTIONS for key in action.keys}
    assert keys.isdisjoint({f"ctrl+{letter}" for letter in "bashijm"})


@pytest.mark.parametrize("view", list(VIEWS))
def test_every_knob_of_every_view_is_reached_in_two_keys(view: str) -> None:
    """Its letter, then an arrow; the focus has tab."""
    for knob in VIEWS[view].all_knobs:
        if knob.name == "focus":
            assert "tab" in BY_NAME["next_focus"].keys
        else:
            assert BY_NAME[f"knob_{knob.name}"].keys == (knob.letter,)


def test_the_views_are_on_the_number_keys() -> None:
    keys = [BY_NAME[f"view_{view}"].keys for view in VIEWS]
    assert keys == [(str(number),) for number in range(1, len(VIEWS) + 1)]


def test_the_help_lists_every_action_with_its_keys() -> None:
    console = Console(width=200, color_system=None, file=io.StringIO(), record=True)
    console.print(help_page(styles("dark"))._body)
    text = console.export_text()
    for action in ACTIONS:
        assert f"{action.shown:<10} {action.help}" in text


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
