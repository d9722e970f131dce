"""What the prompt asks for: a knob's value, a filter for the list, a file to write."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import NamedTuple

from gradtui import gate
from gradtui.app import steps
from gradtui.app.engine import Drawn
from gradtui.app.state import State
from gradtui.errors import NO_MEMORY, InputError, printable
from gradtui.files import named_file
from gradtui.progress import Tick
from gradtui.setup import Knob
from gradtui.setup.knob import split
from gradtui.setup.naming import in_app
from gradtui.views.view import Size


@dataclass(frozen=True)
class Reply:
    """What comes of a key in the prompt.

    Attributes:
        state: the state from now on.
        complaint: what is wrong, which keeps the prompt open; "" if nothing is.
        text: what stands in the prompt instead; None leaves what was typed.
        work: what is to be done first, beside the screen; it gives what comes of it then.
    """

    state: State
    complaint: str = ""
    text: str | None = None
    work: Callable[[Tick], Done] | None = None


class Done(NamedTuple):
    """What came of work: what is said of it, or what is wrong, which keeps the prompt open."""

    said: str = ""
    complaint: str = ""


class Question(ABC):
    """Something that is asked for, with a value to begin with and a hint at what is allowed."""

    label: str
    value: str
    hint: str

    def typed(self, state: State, text: str) -> State:
        """While it is being typed."""
        return state

    def echo(self, text: str) -> tuple[str, ...]:
        """Lines that say how the text reads, as long as it is typed."""
        return ()

    def stepped(self, state: State, text: str, steps_up: int, *, by_factor: bool) -> Reply:
        """At an arrow, n up, or at a page key, when this is what was typed."""
        return Reply(state)

    def completions(self, text: str) -> list[str]:
        """What the text can be completed to, the likeliest first."""
        return []

    def kept(self, state: State, text: str) -> Reply:
        """At tab, where there is nothing to complete."""
        return self.accepted(state, text)

    @abstractmethod
    def accepted(self, state: State, text: str) -> Reply:
        """At enter."""

    def cancelled(self, state: State) -> State:
        """At escape."""
        return state


class KnobQuestion(Question):
    """A knob's value; whatever is done in the prompt is one undo."""

    def __init__(self, knob: Knob, state: State) -> None:
        self.label, self.value, self.hint = knob.label, knob.text(state.setup), knob.allowed
        self._knob = knob
        self._before = state

    def stepped(self, state: State, text: str, steps_up: int, *, by_factor: bool) -> Reply:
        """The knob goes up or down, from what was typed."""
        quiet = state.with_(message="", failed=False)
        if text != self._knob.text(state.setup):
            try:
                quiet = steps.set_knob(self._before.saying(""), self._knob.name, self._whole(text))
            except InputError as error:
                return Reply(state, in_app(error, self._knob.name))
        turned = steps.step_knob(quiet, self._knob.name, steps_up, by_factor=by_factor)
        complaint = turned.message if turned.setup == quiet.setup else ""
        return Reply(turned, complaint, self._knob.text(turned.setup))

    def completions(self, text: str) -> list[str]:
        """The text with its last word completed to a name that the knob knows.

        Behind a comma every name is offered that is not there yet.
        """
        start = 1 + max(text.rfind(blank) for blank in ", ")
        word = text[start:].lower()
        names = sorted(self._knob.words(), key=lambda name: not name.startswith(word))
        fitting = [name for name in names if word in name]
        if word in fitting or text.count("(") > text.count(")"):
            return []
        if not word:
            there = split(self._whole(text)) if text.rstrip().endswith(",") else names
            fitting = [name for name in fitting if name not in there]
        return [text[:start] + name for name in fitting]

    def echo(self, text: str) -> tuple[str, ...]:
        """As the knob reads it."""
        return self._knob.echo(self._whole(text))

    def _whole(self, text: str) -> str:
        """What was typed, behind the list from before if it begins with a comma."""
        added = self._knob.extends and text.lstrip().startswith(",")
        return self._knob.text(self._before.setup) + text if added else text

    def accepted(self, state: State, text: str) -> Reply:
        """Set, from what was before the prompt; or why not."""
        try:
            return Reply(steps.set_knob(self._before, self._knob.name, self._whole(text)))
        except InputError as error:
            return Reply(state, in_app(error, self._knob.name))

    def cancelled(self, state: State) -> State:
        """As it was before."""
        return self._before


class PredictionQuestion(Question):
    """What the next step of a lesson will show, to be guessed first."""

    label = "your guess"
    value = ""
    hint = "a number; enter alone shows it"

    def accepted(self, state: State, text: str) -> Reply:
        """Show it, beside the guess."""
        from gradtui.app import learning  # not before the first paint

        try:
            return Reply(learning.predicted(state, text))
        except InputError as error:
            return Reply(state, f"{error}, or enter alone shows it")

    def cancelled(self, state: State) -> State:
        """Stay at the step before."""
        from gradtui.app import learning

        return learning.unguessed(state)


class FilterQuestion(Question):
    """What the names in the list have to contain; it works as one types."""

    label = "filter"
    hint = "enter chooses, tab keeps, esc all"

    def __init__(self, state: State) -> None:
        self.value = state.filter
        self._highlight = state.highlight

    def typed(self, state: State, text: str) -> State:
        """Narrow the list."""
        return steps.filtered(state, text)

    def stepped(self, state: State, text: str, steps_up: int, *, by_factor: bool) -> Reply:
        """The list's cursor."""
        state = steps.filtered(state, text)
        return Reply(steps.move_highlight(state, -steps_up * (5 if by_factor else 1)).saying(""))

    def accepted(self, state: State, text: str) -> Reply:
        """The one at the list's cursor alone; without a filter, nothing is chosen."""
        if not text.strip():
            return Reply(steps.filtered(state, ""))
        try:
            return Reply(steps.chosen(state, text))
        except InputError as error:
            return Reply(state, str(error))

    def kept(self, state: State, text: str) -> Reply:
        """The list stays as narrow as that, for space to choose from."""
        try:
            return Reply(steps.matching(state, text))
        except InputError as error:
            return Reply(state, str(error))

    def cancelled(self, state: State) -> State:
        """Show all again, with the list's cursor where it was."""
        return steps.filtered(state, "").with_(highlight=self._highlight)


class FileQuestion(Question):
    """A file for the picture or its numbers; one that exists is replaced at the second enter.

    Args:
        state: whose picture it is.
        drawn: the finished picture; None while there is none.
        stopped: whether that is so because it was stopped.
    """

    label = "save as"
    hint = ".svg .pdf .png .txt picture, .csv .json numbers"

    def __init__(
        self, state: State, drawn: Callable[[], Drawn | None], stopped: Callable[[], bool]
    ) -> None:
        self.value = str(_free_name(f"gradtui-{state.view}"))
        self._drawn, self._stopped = drawn, stopped
        self._to_replace: Path | None = None

    def typed(self, state: State, text: str) -> State:
        """Another name is another file to ask about."""
        self._to_replace = None
        return state

    def accepted(self, state: State, text: str) -> Reply:
        """Write it; or why not."""
        from gradtui.views.export import format_of
        from gradtui.views.figures import check_figure

        drawn = self._drawn()
        if drawn is None:
            why = "There is no finished picture yet: enter again in a moment, or esc."
            if self._stopped():
                why = "This was stopped: esc leaves here, and esc again computes it."
            return Reply(state, why)
        try:
            file = gate.sent_name(text) if gate.is_shut() else named_file(text)
            if not gate.is_shut() and file.is_file() and self._to_replace != file:
                self._to_replace = file
                return Reply(state, "That file exists: enter again replaces it, esc keeps it.")
            check_figure(format_of(file), str(file))
        # Also what is no name of a file at all: half a character, too long a one.
        except (ValueError, OSError) as error:
            return Reply(state, _not_saved(error))
        return Reply(state, work=partial(_written, drawn, file))


def _not_saved(error: Exception) -> str:
    reason = error.strerror if isinstance(error, OSError) else str(error)
    return printable(f"Not saved: {reason}. Another name, or esc.")


def _written(drawn: Drawn, file: Path, tick: Tick) -> Done:
    """Write it, whole or not at all."""
    from gradtui.files import write_atomically
    from gradtui.views import VIEWS
    from gradtui.views.export import exported, format_of

    asked = drawn.request
    size = Size(max(80, asked.plot.width), max(24, asked.plot.height))
    view = VIEWS[asked.view]
    try:
        pieces = exported(
            view, drawn.result, asked.setup, size, asked.marker, format_of(file), tick=tick
        )
        if gate.is_shut():
            gate.send(file.name, _joined(pieces, tick))
            return Done(said=printable(f"Sent to your browser: {file.name}"))
        write_atomically(file, pieces, tick)
        return Done(said=printable(f"Saved {file.resolve()}"))
    except MemoryError:
        return Done(complaint=_not_saved(MemoryError(NO_MEMORY)))
    except (ValueError, OSError) as error:
        return Done(complaint=_not_saved(error))


def _joined(pieces: Iterable[str | bytes], tick: Tick) -> bytes:
    """All of a file at once."""
    content = bytearray()
    for piece in pieces:
        tick(0.0)
        content += piece.encode("utf-8") if isinstance(piece, str) else piece
    return bytes(content)


def _free_name(stem: str) -> Path:
    """A file that is not there yet; in a browser any, which keeps one of each name."""
    file, count = Path(f"{stem}.svg"), 2
    while not gate.is_shut() and file.exists():
        file, count = Path(f"{stem}-{count}.svg"), count + 1
    return file
