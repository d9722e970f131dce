"""Everything a key can do, declared once: bindings, help, hints and palette are made from this."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial

from gradtui import gate
from gradtui.app import going, leaps, steps
from gradtui.app.places import listed, view_keys, views_with
from gradtui.app.state import State
from gradtui.lessons import DERIVED
from gradtui.plots.zoom import MOST
from gradtui.setup import CHOICE, KNOBS, Knob
from gradtui.views import VIEWS


def _always(state: State) -> bool:
    return True


@dataclass(frozen=True)
class Action:
    """A key, what it does, and where the help shows it.

    An action with a `step` is a pure change of state; one with a `view_key` is what the view that
    is open makes of that key: a knob, or a step of its own; any other is an effect that the app
    carries out in a method named `effect_<name>`.

    Attributes:
        hint: its key and a word or two, for the bottom row.
        offered: whether it does something in this state.
        allowed: of a knob, which values it takes.
        flag: of a knob, its option on the command line.
    """

    name: str
    keys: tuple[str, ...]
    shown: str
    help: str
    group: str
    step: Callable[[State], State] | None = None
    hint: tuple[str, str] = ("", "")
    offered: Callable[[State], bool] = _always
    view_key: str = ""
    allowed: str = ""
    flag: str = ""

    @property
    def title(self) -> str:
        """What it does, its key, and a knob's flag: how the palette has it."""
        ways = ", ".join(way for way in (self.shown, self.flag) if way)
        return f"{self.help}  ({ways})" if ways else self.help


# ------------------------------------------------------- what views bring along


def _view_actions() -> Iterator[Action]:
    """A key a view, as far as there are keys; beyond them the palette has it."""
    keys = view_keys()
    for view in VIEWS.values():
        key, shown = keys[view.name]
        yield Action(
            f"view_{view.name}",
            (key,) if key else (),
            shown,
            f"{view.name}: {view.question}",
            "Views",
            partial(going.switched, view=view.name),
        )


def _own_keys() -> Iterator[Action]:
    """The keys that mean what the view that is open makes of them: letters of knobs, and its own.

    What such a key is in a state, `here` says.
    """
    keys: dict[str, list[str]] = {}
    for view in VIEWS.values():
        for own in view.keys:
            for key in own.keys:
                keys.setdefault(key, []).append(f"{own.help} ({view.name})")
    for view in VIEWS.values():
        for knob in view.all_knobs:
            if knob.name != "focus":  # tab and shift+tab are its keys
                keys.setdefault(knob.letter, []).append(f"{knob.label}: {view.help_of(knob)}")
    for key, meanings in keys.items():
        help = "; ".join(dict.fromkeys(meanings))
        yield Action(f"key_{key}", (key,), key, help, "In some views", view_key=key)


def _of_knob(state: State, knob: Knob) -> Action:
    letter = knob.letter
    help = f"{knob.label}: {state.record.help_of(knob)}"
    return Action(
        f"key_{letter}",
        (letter,),
        letter,
        help,
        "Knobs",
        view_key=letter,
        allowed=knob.allowed,
        flag=knob.flag,
    )


def own_actions(state: State) -> list[Action]:
    """What the keys that views have of their own are here: the knobs, then the view's own."""
    record = state.record
    knobs = [KNOBS[name] for name in record.offered(state.setup) if name != "focus"]
    # Reversed, as of those with one letter the first counts.
    by_letter = {knob.letter: _of_knob(state, knob) for knob in reversed(knobs)}
    actions = [by_letter.pop(knob.letter) for knob in knobs if knob.letter in by_letter]
    for own in record.keys_in(state.setup):
        action = Action(f"key_{own.keys[0]}", own.keys, own.shown, own.help, "Keys")
        actions.append(replace(action, view_key=own.keys[0], hint=(own.shown, own.hint)))
    return actions


def idle_actions(state: State) -> list[Action]:
    """The view's knobs that change nothing in this setup."""
    offered = state.record.offered(state.setup)
    return [
        _of_knob(state, knob)
        for knob in state.record.all_knobs
        if knob.name not in offered and knob.name != "focus"
    ]


def _in(has: Callable[..., object]) -> str:
    """The views that have something, in parentheses."""
    names = views_with(has)
    return f" ({', '.join(names)})" if names else ""


def _of_steps() -> str:
    names = _in(lambda view: view.enlarge)
    return f"; half of the steps, around the cursor{names}" if names else ""


def _what_plays() -> str:
    plays = [view.animation.what for view in VIEWS.values() if view.animation]
    named = [what[:1].lower() + what[1:] for what in dict.fromkeys(plays)]
    return listed(named, "or") if named else "what moves by itself"


def _plays(state: State) -> bool:
    return state.record.animation is not None


def _pastes(state: State) -> bool:
    return state.record.snippets is not None


def _climbs(state: State) -> bool:
    return state.record.climb is not None


def _zooms(state: State) -> bool:
    return state.record.zooms or state.record.enlarge is not None


def _zooms_in_height(state: State) -> bool:
    return state.record.zooms


def _has_length(state: State) -> bool:
    return state.record.length in state.record.offered(state.setup)


def _has_model(state: State) -> bool:
    return bool(steps.next_model(state))


# ---------------------------------------------------------------- the registry


def _climbing(there: str, elsewhere: str) -> str:
    """What an upright arrow does in the views with a height, and in those without."""
    names = _in(lambda view: view.climb)
    return f"{there}{names}, elsewhere {elsewhere}" if names else elsewhere


ACTIONS: tuple[Action, ...] = (
    *_view_actions(),
    Action("previous_view", ("comma",), ",", "the view before", "Views",
           partial(going.next_view, steps=-1)),
    Action("next_view", ("full_stop",), ".", "the next view", "Views", going.next_view),
    Action("back", ("backspace", "alt+left"), "backspace", "back to the view before; also alt+←",
           "Views", going.back),
    Action("forward", ("alt+right",), "alt+→", "forward to the view that back came from", "Views",
           going.forward),
    Action("up", ("k",), "k", "the activation above", "Activations",
           partial(steps.move_highlight, steps=-1)),
    Action("down", ("j",), "j", "the activation below", "Activations",
           partial(steps.move_highlight, steps=1)),
    Action("page_up", ("pageup",), "PgUp", "five activations up", "Activations",
           partial(steps.move_highlight, steps=-5)),
    Action("page_down", ("pagedown",), "PgDn", "five activations down", "Activations",
           partial(steps.move_highlight, steps=5)),
    Action("toggle", ("space",), "space",
           "into or out of the comparison; the only one: hold it, or let go", "Activations",
           steps.toggle, ("space", "compare")),
    Action("only", ("enter",), "enter", "this one alone", "Activations", steps.only),
    Action("next_focus", ("tab",), "tab", "the verdict of the next one compared", "Activations",
           steps.next_focus, ("tab", "next")),
    Action("previous_focus", ("shift+tab",), "shift+tab", "the verdict of the one before",
           "Activations", partial(steps.next_focus, steps=-1)),
    Action("verdicts", ("v",), "v", "why: the verdicts in full, of everything compared",
           "Activations", hint=("v", "verdicts")),
    Action("filter", ("slash",), "/", "filter the list by typing", "Activations",
           hint=("/", "filter")),
    Action("unfilter", ("escape",), "esc",
           "all of them again after a filter; let go of the one held; else stop what is "
           "computed, or compute it again", "Activations", steps.unfiltered),
    Action("info", ("i",), "i",
           f"facts of the highlighted one; with a lesson: {', '.join(DERIVED)}", "Activations",
           hint=("i", "facts")),
    Action("shallower", ("left_square_bracket",), "[", "one layer, or step, less", "Depth",
           partial(steps.turn_length, steps=-1), offered=_has_length),
    Action("deeper", ("right_square_bracket",), "]", "one layer, or step, more", "Depth",
           partial(steps.turn_length, steps=1), ("[ ]", "depth"), _has_length),
    Action("half_depth", ("left_curly_bracket",), "{", "half the depth, or the steps", "Depth",
           partial(steps.turn_length, steps=-1, by_factor=True), offered=_has_length),
    Action("double_depth", ("right_curly_bracket",), "}", "twice the depth, or the steps", "Depth",
           partial(steps.turn_length, steps=1, by_factor=True), offered=_has_length),
    Action("model", ("c",), "c", f"the next model: {listed(CHOICE, 'or')}", "Depth",
           steps.toggle_model, offered=_has_model),
    Action("skip", ("H",), "H", "a skip around each layer, beside what is there; or away again",
           "Depth", steps.toggle_skip, ("H", "skip"), steps.has_blocks),
    Action("left", ("left",), "←", "a step to the left", "Cursor",
           partial(steps.walk, steps=-1), ("←→", "cursor")),
    Action("right", ("right",), "→", "a step to the right", "Cursor",
           partial(steps.walk, steps=1)),
    Action("climb", ("up",), "↑", _climbing("a step up", "the activation above"), "Cursor",
           partial(steps.climb, steps=1), ("←→↑↓", "cursor"), _climbs),
    Action("descend", ("down",), "↓", _climbing("a step down", "the activation below"), "Cursor",
           partial(steps.climb, steps=-1), offered=_climbs),
    Action("far_left", ("shift+left",), "shift+←", "ten steps to the left", "Cursor",
           partial(steps.walk, steps=-1, tens=True)),
    Action("far_right", ("shift+right",), "shift+→", "ten steps to the right", "Cursor",
           partial(steps.walk, steps=1, tens=True)),
    Action("far_up", ("shift+up",), "shift+↑",
           _climbing("ten steps up", "ten activations up"), "Cursor",
           partial(steps.climb, steps=1, tens=True), offered=_climbs),
    Action("far_down", ("shift+down",), "shift+↓",
           _climbing("ten steps down", "ten activations down"), "Cursor",
           partial(steps.climb, steps=-1, tens=True), offered=_climbs),
    Action("first", ("less_than_sign", "home"), "< Home", "the left end", "Cursor",
           partial(steps.walk_to_end, direction=-1)),
    Action("last", ("greater_than_sign", "end"), "> End", "the right end", "Cursor",
           partial(steps.walk_to_end, direction=1)),
    Action("magnify", ("plus",), "+",
           f"twice the height of the picture, around the focused curve{_of_steps()}",
           "Cursor", hint=("+", "enlarge"), offered=_zooms),
    Action("diminish", ("underscore",), "_", "half of it", "Cursor",
           partial(going.magnify, times=-1), offered=_zooms),
    Action("all_of_it", ("asterisk",), "*", "all of it again", "Cursor",
           partial(going.magnify, times=-MOST), ("*", "all of it"), _zooms),
    Action("look_up", ("ctrl+up",), "ctrl+↑", "further up in the enlarged picture", "Cursor",
           partial(going.look_up, windows=0.25), offered=_zooms_in_height),
    Action("look_down", ("ctrl+down",), "ctrl+↓", "further down in it", "Cursor",
           partial(going.look_up, windows=-0.25), offered=_zooms_in_height),
    Action("play", ("p",), "p",
           f"play or pause {_what_plays()}{_in(lambda view: view.animation)}", "Cursor",
           steps.toggle_play, ("p", "play"), _plays),
    Action("fix", ("f",), "f", "apply the remedy that the verdict offers", "Changes",
           hint=("f", "fix")),
    Action("undo", ("u",), "u", "undo", "Changes", leaps.undo, ("u", "undo")),
    Action("redo", ("U", "ctrl+r"), "U ctrl+r", "redo", "Changes", leaps.redo),
    Action("scenarios", ("s",), "s", "scenarios: setups that teach something", "Changes",
           hint=("s", "scenarios")),
    Action("lessons", ("o",), "o", "lessons, step by step beside the picture; questions",
           "Changes", hint=("o", "lessons")),
    Action("reset", ("r",), "r", "this view as at its first start", "Changes", leaps.reset),
    Action("command", ("y",), "y", "the command that prints this picture, to the clipboard",
           "Taking it along", hint=("y", "command")),
    Action("paste", ("L",), "L",
           f"lines of code that do what the result says, to the clipboard"
           f"{_in(lambda view: view.snippets)}",
           "Taking it along", hint=("L", "lines to paste"), offered=_pastes),
    Action("numbers", ("T",), "T", "all numbers of the picture as a table that scrolls",
           "Taking it along", hint=("T", "numbers")),
    Action("sweep", ("number_sign",), "#",
           "sweep: this view over many setups, as a map with where it is healthy",
           "Taking it along", hint=("#", "sweep"),
           offered=lambda state: not gate.is_shut()),  # its processes are not behind the gate
    Action("export", ("e",), "e", "save a figure (SVG, PDF, PNG), the page or the numbers",
           "Taking it along", hint=("e", "export")),
    Action("theme", ("t",), "t", "next theme", "Program", going.next_theme),
    Action("help", ("question_mark",), "?", "this help", "Program"),
    Action("command_palette", ("ctrl+p",), "ctrl+p", "command palette", "Program"),
    Action("suspend_process", ("ctrl+z",), "ctrl+z", "suspend; fg comes back", "Program",
           offered=lambda state: not gate.is_shut()),
    Action("quit", ("q", "ctrl+q"), "q ctrl+c",
           "leave; nothing is kept" if gate.is_shut() else "quit; the next start goes on from here",
           "Program"),
    *_own_keys(),
)  # fmt: skip

BY_NAME = {action.name: action for action in ACTIONS}
KEYS = frozenset(key for action in ACTIONS for key in action.keys)

_ONLY_KEYS = ("command_palette", "suspend_process")
"""What the palette does not offer."""


_UPRIGHT = ("climb", "descend", "far_up", "far_down")
"""Where the picture's cursor has no height, they move the list's, which has keys of its own."""


def general_actions(state: State) -> list[Action]:
    """What keys that mean the same in every view do here: for the help."""
    return [
        action
        for action in ACTIONS
        if not action.view_key and (action.offered(state) or action.name in _UPRIGHT)
    ]


def offered(state: State) -> list[Action]:
    """What does something in this state, but for what only a key can do: for the palette."""
    general = [action for action in ACTIONS if not action.view_key and action.offered(state)]
    return [
        *own_actions(state),
        *(action for action in general if action.name not in _ONLY_KEYS),
    ]


def hint(state: State, name: str) -> tuple[str, str] | None:
    """The key and the words of an action, or of a view's own key, in the bottom row."""
    for own in state.record.keys_in(state.setup):
        if own.name == name:
            return own.shown, own.hint
    if name == "model":
        family = steps.next_model(state)
        return ("c", family) if family else None
    if name == "deeper":
        if not _has_length(state):
            return None
        return "[ ]", KNOBS[state.record.length].label
    if name == "next_focus" and len(state.record.subjects(state.setup)) == 1:
        return None
    if name == "all_of_it" and state.zoom.times:
        return "*", f"leave ×{2**state.zoom.times}"
    if name == "toggle" and state.held and state.highlight in state.chosen:
        return "space", "let go"
    action = BY_NAME.get(name)
    if action is None or not action.hint[1] or not action.offered(state):
        return None
    return action.hint
