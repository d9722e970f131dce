"""What was chosen last, kept between starts in the XDG state directory."""

from __future__ import annotations

import itertools
import json
import os
from pathlib import Path

from gradtui.app.state import THEMES, State
from gradtui.errors import InputError
from gradtui.files import write_atomically
from gradtui.mathematics.activations import activation
from gradtui.settings import home
from gradtui.views import VIEWS
from gradtui.views.knobs import KNOBS
from gradtui.views.setup import Setup

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
    """The state of the last time; the first state, with a message, if that cannot be read.

    A file that cannot be understood is set aside beside itself, never deleted.
    """
    try:
        text = file.read_text(encoding="utf-8")
    except FileNotFoundError:
        return State()
    except (OSError, UnicodeDecodeError):
        return _set_aside(file)
    try:
        return _understood(json.loads(text))
    except (InputError, KeyError, TypeError, ValueError, AttributeError, RecursionError):
        return _set_aside(file)


def _understood(kept: dict[str, object]) -> State:
    if kept.get("version") != _VERSION:
        raise ValueError(f"version {kept.get('version')}, not {_VERSION}")
    texts = kept["setup"]
    if not isinstance(texts, dict):
        raise TypeError("setup is no table")
    setup = Setup(**{name: KNOBS[name].parse(str(text)) for name, text in texts.items()})
    view, theme = str(kept["view"]), str(kept["theme"])
    if view not in VIEWS or theme not in THEMES:
        raise ValueError("no such view or theme")
    highlight = activation(str(kept["highlight"])).spec
    return State(
        setup=setup.clamped().checked(),
        view=view,
        theme=theme,
        highlight=highlight,
    )


def _set_aside(file: Path) -> State:
    names = (f".broken{'' if count == 1 else f'-{count}'}.json" for count in itertools.count(1))
    aside = next(one for name in names if not (one := file.with_suffix(name)).exists())
    try:
        file.replace(aside)
        where = f"is kept as {aside.name}"
    except OSError:
        where = "is left where it is"
    message = f"What was remembered could not be read; it {where}. Starting anew."
    return State().saying(message, failed=True)
