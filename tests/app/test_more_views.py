"""More views than digits: their keys, the palette, previous and next, in a terminal too."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import pytest

from gradtui.app import going
from gradtui.app.places import VIEW_KEYS, view_keys, way_to
from gradtui.app.state import State
from gradtui.views import VIEWS
from support.terminal import SOURCE, Terminal

_MORE = """\
import dataclasses, sys
from gradtui.setup import KNOBS
from gradtui.views import VIEWS
from gradtui.views.view import Key, Moved
for number in range(len(VIEWS) + 1, 15):
    name = f"further{number}"
    own = Key("own", ("C",), "C", "turn", f"a turn of {number}",
              lambda setup, number=number: Moved(setup, message=f"turned {number}"))
    VIEWS[name] = dataclasses.replace(
        VIEWS["derivative"], name=name, question=f"What of {number}?", keys=(own,), hints=("own",)
    )
"""
_OPEN = "from gradtui.cli import main\nsys.exit(main(['--fresh']))\n"


@pytest.fixture
def fourteen(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    for number in range(len(VIEWS) + 1, 15):
        name = f"further{number}"
        monkeypatch.setitem(VIEWS, name, replace(VIEWS["derivative"], name=name))  # type: ignore[arg-type]
    return list(VIEWS)


def test_after_nine_come_0_minus_and_equals_and_then_no_key(fourteen: list[str]) -> None:
    shown = [view_keys()[name][1] for name in fourteen]
    assert shown == [*"1234567890-=", "", ""]
    assert [view_keys()[name][0] for name in fourteen[9:13]] == ["0", "minus", "equals_sign", ""]
    assert len(VIEW_KEYS) == 12


def test_the_way_to_a_view_without_a_key_is_the_palette(fourteen: list[str]) -> None:
    assert way_to([fourteen[9]]) == "press 0"
    assert way_to(fourteen[10:12]) == "press - or ="
    assert way_to([fourteen[13]]) == "choose it with ctrl+p"


def test_next_and_previous_go_through_all_of_them_and_round(fourteen: list[str]) -> None:
    state, seen = State(view=fourteen[0]), []
    for _ in fourteen:
        seen.append(state.view)
        state = going.next_view(state)
    assert seen == fourteen
    assert state.view == fourteen[0]
    assert going.next_view(state, -1).view == fourteen[-1]


def test_more_views_have_keys_and_the_palette_and_can_be_left_again() -> None:
    """In a terminal, from the registry alone."""
    with Terminal((sys.executable, "-c", _MORE + _OPEN)) as terminal:
        terminal.until("New here?")
        for key, name in (("0", "0 further10"), ("-", "- further11"), ("=", "= further12")):
            terminal.send(key)
            screen = terminal.until(name)
            assert "q quit" in screen
            terminal.until("C turn")
        terminal.send("C")
        terminal.until("turned 12")
        terminal.send(".")
        assert "further13" in terminal.until("further13")
        terminal.send(",", ",")
        terminal.until("- further11")
        terminal.send("3")
        terminal.until("of the loss's gradient")
        terminal.send("C")
        terminal.until("C: to the critical line, in the phase view: press 6 first.")
        terminal.send("q")
        assert terminal.exit_status() == 0
        assert b"Traceback" not in terminal.raw


def test_a_view_beyond_the_last_key_is_in_the_palette() -> None:
    code = (
        "from gradtui.app.actions import ACTIONS, offered\n"
        "from gradtui.app.main import Main\n"
        "from gradtui.app.state import State\n"
        "action, = [one for one in ACTIONS if one.name == 'view_further14']\n"
        "assert action.keys == () and action in offered(State())\n"
        "assert action.step(State()).view == 'further14'\n"
        "assert 'What of 14?' in action.help\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", _MORE + code],
        env={"PYTHONPATH": SOURCE},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
