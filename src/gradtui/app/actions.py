"""Everything a key can do, declared once: bindings, help and palette are made from this."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from gradtui.app import state as steps
from gradtui.app.state import State
from gradtui.views import VIEWS
from gradtui.views.knobs import KNOBS


@dataclass(frozen=True)
class Action:
    """A key, what it does, and where the help shows it.

    An action with a `step` is a pure change of state; one without is an effect that the app
    carries out in a method named `action_<name>`.
    """

    name: str
    keys: tuple[str, ...]
    shown: str
    help: str
    group: str
    step: Callable[[State], State] | None = None


def _view_actions() -> list[Action]:
    return [
        Action(
            f"view_{view.name}",
            (str(index),),
            str(index),
            f"{view.name}: {view.question}",
            "Views",
            partial(steps.switched, view=view.name),
        )
        for index, view in enumerate(VIEWS.values(), 1)
    ]


def _knob_actions() -> list[Action]:
    """A letter opens the prompt of its knob."""
    return [
        Action(f"knob_{knob.name}", (knob.letter,), knob.letter, f"{knob.label}: {knob.help}",
               "Knobs: the letter, then ↑ ↓ by one, PgUp PgDn by factor, or type")
        for knob in KNOBS.values()
        if knob.name != "focus"
    ]  # fmt: skip


ACTIONS: tuple[Action, ...] = (
    *_view_actions(),
    Action("up", ("k",), "k ↑", "the activation above", "Activations",
           partial(steps.move_highlight, steps=-1)),
    Action("down", ("j",), "j ↓", "the activation below", "Activations",
           partial(steps.move_highlight, steps=1)),
    Action("page_up", ("pageup",), "PgUp", "five activations up", "Activations",
           partial(steps.move_highlight, steps=-5)),
    Action("page_down", ("pagedown",), "PgDn", "five activations down", "Activations",
           partial(steps.move_highlight, steps=5)),
    Action("toggle", ("space",), "space", "into or out of the comparison", "Activations",
           steps.toggle),
    Action("only", ("enter",), "enter", "this one alone", "Activations", steps.only),
    Action("next_focus", ("tab",), "tab", "the verdict of the next one compared", "Activations",
           steps.next_focus),
    Action("previous_focus", ("shift+tab",), "shift+tab", "the verdict of the one before",
           "Activations", partial(steps.next_focus, steps=-1)),
    Action("filter", ("slash",), "/", "filter the list by typing", "Activations"),
    Action("info", ("i",), "i", "facts and derivation of the highlighted one", "Activations"),
    Action("shallower", ("left_square_bracket",), "[", "one layer less", "Depth",
           partial(steps.step_knob, name="depth", steps=-1)),
    Action("deeper", ("right_square_bracket",), "]", "one layer more", "Depth",
           partial(steps.step_knob, name="depth", steps=1)),
    Action("half_depth", ("left_curly_bracket",), "{", "half the depth", "Depth",
           partial(steps.step_knob, name="depth", steps=-1, by_factor=True)),
    Action("double_depth", ("right_curly_bracket",), "}", "twice the depth", "Depth",
           partial(steps.step_knob, name="depth", steps=1, by_factor=True)),
    *_knob_actions(),
    Action("model", ("c",), "c", "chain or network: one unit a layer, or real layers", "Depth",
           steps.toggle_model),
    Action("left", ("left",), "←", "a step to the left", "Cursor",
           partial(steps.walk, steps=-1)),
    Action("right", ("right",), "→", "a step to the right", "Cursor",
           partial(steps.walk, steps=1)),
    Action("climb", ("up",), "↑", "a step up (phase)", "Cursor",
           partial(steps.climb, steps=1)),
    Action("descend", ("down",), "↓", "a step down (phase)", "Cursor",
           partial(steps.climb, steps=-1)),
    Action("far_left", ("shift+left",), "shift+←", "ten steps to the left", "Cursor",
           partial(steps.walk, steps=-1, tens=True)),
    Action("far_right", ("shift+right",), "shift+→", "ten steps to the right", "Cursor",
           partial(steps.walk, steps=1, tens=True)),
    Action("far_up", ("shift+up",), "shift+↑", "ten steps up (phase)", "Cursor",
           partial(steps.climb, steps=1, tens=True)),
    Action("far_down", ("shift+down",), "shift+↓", "ten steps down (phase)", "Cursor",
           partial(steps.climb, steps=-1, tens=True)),
    Action("first", ("less_than_sign", "home"), "< Home", "the left end", "Cursor",
           partial(steps.walk_to_end, direction=-1)),
    Action("last", ("greater_than_sign", "end"), "> End", "the right end", "Cursor",
           partial(steps.walk_to_end, direction=1)),
    Action("snap", ("C",), "C", "to the critical line (phase)", "Cursor", steps.snap),
    Action("take_into_decay", ("D",), "D", "the cursor's (σw, σb) into decay (phase)", "Cursor",
           steps.take_into_decay),
    Action("play", ("p",), "p", "play or pause the backward pass (chain)", "Cursor",
           steps.toggle_play),
    Action("fix", ("f",), "f", "apply the remedy that the verdict offers", "Changes"),
    Action("undo", ("u",), "u", "undo", "Changes", steps.undo),
    Action("redo", ("U", "ctrl+r"), "U ctrl+r", "redo", "Changes", steps.redo),
    Action("scenarios", ("s",), "s", "scenarios: setups that teach something", "Changes"),
    Action("reset", ("r",), "r", "reset every knob", "Changes", steps.reset),
    Action("command", ("y",), "y", "the command that prints this picture, to the clipboard",
           "Taking it along"),
    Action("paste", ("L",), "L", "lines to paste that draw the advised weights (init)",
           "Taking it along"),
    Action("export", ("e",), "e", "save the plot (SVG, text) or the numbers (CSV, JSON)",
           "Taking it along"),
    Action("theme", ("t",), "t", "next theme", "Program", steps.next_theme),
    Action("help", ("question_mark",), "?", "this help", "Program"),
    Action("command_palette", ("ctrl+p",), "ctrl+p", "command palette", "Program"),
    Action("suspend_process", ("ctrl+z",), "ctrl+z", "suspend; fg comes back", "Program"),
    Action("quit", ("q", "ctrl+q"), "q ctrl+c", "quit; the next start goes on from here",
           "Program"),
)  # fmt: skip

BY_NAME = {action.name: action for action in ACTIONS}
