"""What was chosen last, kept between starts in the XDG state directory."""

from __future__ import annotations

import itertools
import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from gradtui.app.places import listed
from gradtui.app.state import START_VIEW, THEMES, State, first_start
from gradtui.errors import InputError, shown
from gradtui.files import write_atomically
from gradtui.mathematics.activations import activation
from gradtui.settings import home
from gradtui.setup import KNOBS, Setup
from gradtui.views import VIEWS

_VERSION = 1


def state_file() -> Path:
    """`$XDG_STATE_HOME/gradtui/state.json`, by default under ~/.local/state."""
    chosen = os.environ.get("XDG_STATE_HOME", "")
    # The specification: a relative path is to be ignored.
    base = Path(chosen) if chosen.startswith("/") else home() / ".local" / "state"
    return base / "gradtui" / "state.json"


def save(state: State, file: Path) -> None:
    """Write it, whole or not at all.

    Raises:
        OSError: it cannot be written.
    """
    kept = {
        "version": _VERSION,
        "view": state.view,
        "theme": state.theme,
        "highlight": state.highlight,
        "setup": {name: knob.text(state.setup) for name, knob in KNOBS.items()},
    }
    file.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(file, json.dumps(kept, indent=1, ensure_ascii=False) + "\n")


def load(file: Path) -> State:
    """The state of the last time; a first start, with a message, if that cannot be read.

    Of what another version kept, that is taken which this one knows. A file with something in it
    that cannot be understood is set aside beside itself, never deleted.
    """
    try:
        text = file.read_text(encoding="utf-8")
    except FileNotFoundError:
        return first_start()
    except (OSError, UnicodeDecodeError):
        return _anew(file)
    try:
        kept = json.loads(text)
        texts = kept["setup"]
        if kept["version"] != _VERSION or not isinstance(texts, dict):
            return _anew(file)
    except (KeyError, TypeError, ValueError, RecursionError):
        return _anew(file)
    view = kept.get("view")
    if not isinstance(view, str) or view not in VIEWS:
        view = START_VIEW
    setup, refused = _setup(texts, VIEWS[view].default_setup)
    state = _understood(kept, setup, view)
    return _saying_what_is_lost(state, kept, refused, file)


def _understood(kept: Mapping[str, object], setup: Setup, view: str) -> State:
    """The state with what is known of the theme and the list's cursor."""
    theme = kept.get("theme")
    try:
        highlight = activation(str(kept.get("highlight"))).spec
    except ValueError:
        highlight = setup.activations[0]
    return State(
        setup=setup,
        view=view,
        theme=theme if isinstance(theme, str) and theme in THEMES else THEMES[0],
        highlight=highlight,
    )


def _setup(texts: Mapping[str, object], first: Setup) -> tuple[Setup, list[str]]:
    """The setup with the values that can be read, else as at first; the knobs that cannot."""
    values: dict[str, object] = {}
    refused: list[str] = []
    for name, knob in KNOBS.items():
        if name in texts:
            try:
                values[name] = knob.parse(str(texts[name]))
            except (ValueError, RecursionError):
                refused.append(name)
    while True:
        setup = first.with_(**values).clamped()
        try:
            return setup.checked(), refused
        except InputError as error:  # a contradiction: one of the two gives way
            if error.field not in values:
                return first, [*refused, *values]
            del values[error.field]
            refused.append(error.field)


def _saying_what_is_lost(
    state: State, kept: Mapping[str, object], refused: list[str], file: Path
) -> State:
    """The state, and what of it is not as it was; silent where that is not to be seen."""
    said: list[str] = []
    if refused:
        few = KNOBS[refused[0]].label + " is at its default"
        what = few if len(refused) == 1 else f"{len(refused)} knobs are at their defaults"
        aside = _set_aside(file)
        said.append(f"Not understood, {what}" + (f"; see {aside}." if aside else "."))
    lost = [
        f"no {name} {shown(kept[name])} (this is {now})"
        for name, now in (("view", state.view), ("theme", state.theme))
        if name in kept and kept[name] != now
    ]
    if lost:
        said.append(f"This version has {listed(lost)}.")
    return state.saying(" ".join(said), failed=bool(refused))


def _set_aside(file: Path) -> str:
    """Give the file another name beside its own: that name, or "" where that cannot be."""
    names: Iterator[str] = (
        f".broken{'' if count == 1 else f'-{count}'}.json" for count in itertools.count(1)
    )
    free = next(path for name in names if not (path := file.with_suffix(name)).exists())
    try:
        file.replace(free)
    except OSError:
        return ""
    return free.name


def _anew(file: Path) -> State:
    aside = _set_aside(file)
    where = f"is kept as {aside}" if aside else "is left where it is"
    message = f"What was remembered could not be read; it {where}. Starting anew."
    return first_start().saying(message, failed=True)
