"""What is wrong with an input in the words of the place: keys in the app, flags in a shell."""

from __future__ import annotations

import shlex

from gradtui.errors import InputError
from gradtui.setup.setup import KNOBS


def in_app(error: InputError, asked: str = "") -> str:
    """The message with the names that the screen has, and the keys that set them.

    Args:
        error: what is wrong.
        asked: the knob whose value is asked for, which needs no key any more.
    """

    def named(name: str, value: str | None) -> str:
        knob = KNOBS.get(name)
        if name == "ACTIVATIONS":
            return "the list"
        if knob is None or (name == asked and value is not None):
            return _bare(name, value)
        return knob.label if value is None else f"{knob.label} {value} (key {knob.letter})"

    return error.worded(named)


def on_command_line(error: InputError) -> str:
    """The message with the flags that set what it speaks of."""

    def named(name: str, value: str | None) -> str:
        knob = KNOBS.get(name)
        if name == "ACTIVATIONS":
            return "`gradtui list`"
        if knob is None:
            return _bare(name, value)
        return knob.flag if value is None else f"{knob.flag} {shlex.quote(value)}"

    return error.worded(named)


def _bare(name: str, value: str | None) -> str:
    """What is no knob, or needs no name."""
    return name if value is None else value
