"""What was chosen last, kept between starts in the XDG state directory."""

from __future__ import annotations

import itertools
import json
import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from gradtui.app.places import listed
from gradtui.app.state import START_VIEW, THEMES, State, first_start
from gradtui.errors import InputError, UnreadableError, shown
from gradtui.files import TEMPORARY, home, read_text, write_atomically
from gradtui.lessons import LANGUAGES
from gradtui.setup import KNOBS, Setup
from gradtui.views import VIEWS

_VERSION = 1

_MOST_BYTES = 5_000_000
"""Two lists of 100,000 numbers, the longest that knobs take, have their place in it."""

_LEFT_OVER = 60.0
"""Seconds after which a file that was half written is nobody's any more."""


@dataclass(frozen=True)
class Memory:
    """What the app keeps outside itself.

    Attributes:
        keep: remembers a state; also whether it is one that cannot be computed. Gives why it
            could not be remembered, "" where it was.
        opened: the first picture is there, so that the state can be opened again.
        report: writes down a defect, of a view and a setup, and gives what to say of it. Without
            it a defect ends the app.
    """

    keep: Callable[[State, bool], str] = lambda state, failing: ""
    opened: Callable[[], None] = lambda: None
    report: Callable[[str, Setup, Exception], str] | None = None


def state_file() -> Path:
    """`$XDG_STATE_HOME/gradtui/state.json`, by default under ~/.local/state."""
    chosen = os.environ.get("XDG_STATE_HOME", "")
    # The specification: a relative path is to be ignored.
    base = Path(chosen) if chosen.startswith("/") else home() / ".local" / "state"
    return base / "gradtui" / "state.json"


# -------------------------------------------------------------------- writing


def save(state: State, file: Path) -> None:
    """Write it, whole or not at all.

    Raises:
        OSError: it cannot be written.
    """
    absent = {name: text for name, text in state.absent if name not in state.own}
    kept = {
        "version": _VERSION,
        "view": state.view,
        "theme": state.theme,
        "highlight": state.highlight,
        "touched": sorted(state.touched.union(absent)),
        "language": state.language,
        "learned": dict(state.learned),
        "setup": {name: knob.kept(state.setup) for name, knob in KNOBS.items()} | absent,
    }
    file.parent.mkdir(parents=True, exist_ok=True)
    _sweep(file.parent)
    write_atomically(file, json.dumps(kept, indent=1, ensure_ascii=False) + "\n")


def _sweep(directory: Path) -> None:
    """Take away what a process that was killed had half written."""
    with suppress(OSError):
        for left in directory.glob(TEMPORARY.format("*")):
            if time.time() - left.stat().st_mtime > _LEFT_OVER:
                left.unlink(missing_ok=True)


def _opening(file: Path) -> Path:
    """Says which process is about to open the state; 0: none should, it cannot be computed."""
    return file.with_suffix(".opening")


def opening(file: Path, process: int) -> None:
    """Until `opened` is called, a state is not known to be one that can be opened."""
    with suppress(OSError):
        file.parent.mkdir(parents=True, exist_ok=True)
        mark = _opening(file)
        mark.unlink(missing_ok=True)  # a link is nobody's to follow, a pipe nobody's to fill
        write_atomically(mark, f"{process}\n", lasting=False)


def opened(file: Path) -> None:
    """It can be opened."""
    with suppress(OSError):
        _opening(file).unlink(missing_ok=True)


def _fell_when_opened(file: Path) -> bool:
    """Whether the last start came to its end before it had shown anything."""
    try:
        process = int(read_text(_opening(file), 100))
    except (OSError, ValueError):
        return False
    if process == 0:
        return True
    if process < 0:
        return False  # none that was ever written
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return True
    except OSError:
        pass  # somebody else's, so it is there
    return False


# -------------------------------------------------------------------- reading


def load(file: Path) -> State:
    """The state of the last time; a first start, with a message, if that cannot be read.

    Of what another version kept, that is taken which this one knows. A file with something in it
    that cannot be understood is set aside beside itself, never deleted; and so is one with which
    the last start fell.
    """
    try:
        text = read_text(file, _MOST_BYTES)
    except FileNotFoundError:
        return first_start()
    except UnicodeDecodeError:
        return _anew(file, "could not be read (no text)")
    except OSError as error:
        return _anew(file, f"could not be read ({error.strerror})")
    if _fell_when_opened(file):
        return _anew(file, "could not be shown the last time", "crashed")
    try:
        kept = json.loads(text)
    except (ValueError, RecursionError):
        return _anew(file, "could not be read (no JSON)")
    if not isinstance(kept, dict):
        return _anew(file, "could not be read (no table)")
    view, texts = kept.get("view"), kept.get("setup")
    known = isinstance(view, str) and view in VIEWS
    if not known and not isinstance(texts, dict):
        return _anew(file, "could not be read (no view and no setup)")
    view = str(view) if known else START_VIEW
    first = VIEWS[view].default_setup
    if isinstance(texts, dict):
        setup, wrong, absent = _setup(texts, first)
    else:
        setup, absent = first, {}
        wrong = ["setup is not there" if texts is None else "setup is no table"]
    wrong += [
        f"{name} is no text"
        for name in ("view", "theme")
        if not isinstance(kept.get(name, ""), str)
    ]
    state = _understood(kept, setup, view)
    state = state.with_(absent=tuple(absent.items()), touched=state.touched.difference(absent))
    return _saying_what_is_lost(state, kept, wrong, file)


def _understood(kept: Mapping[str, object], setup: Setup, view: str) -> State:
    """The state with what is known of the theme and the list's cursor."""
    theme, touched = kept.get("theme"), kept.get("touched")
    # Of a version that did not keep it: what differs from the view's start.
    touched = touched if isinstance(touched, list) else []
    state = State(
        setup=setup,
        view=view,
        theme=theme if isinstance(theme, str) and theme in THEMES else THEMES[0],
        touched=frozenset(name for name in KNOBS if name in touched),
        learned=_learned(kept.get("learned")),
    )
    if kept.get("language") in LANGUAGES:
        state = state.with_(language=kept["language"])
    return state.with_(highlight=state.named(str(kept.get("highlight"))) or state.chosen[0])


def _learned(kept: object) -> tuple[tuple[str, int], ...]:
    """The step at which each lesson was left, of those that there still are."""
    if not isinstance(kept, dict) or not kept:
        return ()
    from gradtui.lessons import LESSONS  # where one was begun, and not before each first paint

    return tuple(
        (name, kept[name])
        for name, lesson in LESSONS.items()
        if type(kept.get(name)) is int and 1 <= kept[name] <= len(lesson.steps) + 1
    )


def _setup(texts: Mapping[str, object], first: Setup) -> tuple[Setup, list[str], dict[str, str]]:
    """The setup with the values that can be taken, else as at first.

    Also what is wrong with the others, and those of which a file cannot be read now.
    """
    values: dict[str, object] = {}
    wrong: list[str] = []
    absent: dict[str, str] = {}
    for name, knob in KNOBS.items():
        if name in texts:
            try:
                values[name] = knob.parse(str(texts[name]))
            except UnreadableError:
                absent[name] = str(texts[name])
            except (ValueError, RecursionError):
                wrong.append(f"{knob.label} is not understood")
    while True:
        setup = first.with_(**values).clamped()
        try:
            return setup.checked(), wrong, absent
        except InputError as error:  # a contradiction: one of the two gives way
            if error.field not in values:
                contradict = [f"{KNOBS[name].label} contradicts the rest" for name in values]
                return first, [*wrong, *contradict], absent
            del values[error.field]
            wrong.append(f"{KNOBS[error.field].label} contradicts the rest")


def _saying_what_is_lost(
    state: State, kept: Mapping[str, object], wrong: list[str], file: Path
) -> State:
    """The state, and what of it is not as it was; silent where that is not to be seen."""
    said = [
        f"{KNOBS[name].label}: the file {shown(Path(text).name)} cannot be read now, so it is at "
        "its default; the next start tries it again."
        for name, text in state.absent
    ]
    if wrong:
        noun = "values" if any(one.endswith("is no text") for one in wrong) else "knobs"
        few = f"{wrong[0]}, so it is at its default"
        what = few if len(wrong) == 1 else f"{len(wrong)} {noun} are at their defaults"
        aside = _set_aside(file, "broken")
        said.append(what + (f"; see {aside}." if aside else "."))
    elif kept.get("version", _VERSION) != _VERSION:
        aside = _set_aside(file, "other-version")
        said.append(
            "What was remembered is of another version"
            + (f", and kept as {aside}." if aside else ".")
        )
    lost = [
        f"no {name} {shown(kept[name])} (this is {now})"
        for name, now in (("view", state.view), ("theme", state.theme))
        if isinstance(kept.get(name), str) and kept[name] != now
    ]
    if lost:
        said.append(f"This version has {listed(lost)}.")
    return state.saying(" ".join(said), failed=bool(wrong or state.absent))


def _set_aside(file: Path, what: str) -> str:
    """Give the file another name beside its own: that name, or "" where that cannot be."""
    names: Iterator[str] = (
        f".{what}{'' if count == 1 else f'-{count}'}.json" for count in itertools.count(1)
    )
    try:
        free = next(path for name in names if not (path := file.with_suffix(name)).exists())
        file.replace(free)
    except OSError:
        return ""
    return free.name


def _anew(file: Path, wrong: str, what: str = "broken") -> State:
    aside = _set_aside(file, what)
    where = f"it is kept as {aside}" if aside else "it is left where it is"
    message = f"Starting anew: what was remembered {wrong}; {where}."
    return first_start().saying(message, failed=True)
