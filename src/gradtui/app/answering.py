"""The app's prompt: a question is asked, what is typed changes the state or says what is wrong."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from textual.message import Message

from gradtui import gate
from gradtui.app.appearance import Appearance
from gradtui.app.aside import Aside
from gradtui.app.asking import Done, FileQuestion, FilterQuestion, Question, Reply
from gradtui.app.opening_pages import OpeningPages
from gradtui.app.prompt import Prompt
from gradtui.app.state import State
from gradtui.app.storage import Memory

if TYPE_CHECKING:
    from gradtui.sweeps.grid import Grid

_STEPS = {"up": (1, False), "down": (-1, False), "pageup": (1, True), "pagedown": (-1, True)}
"""Keys that step what is asked for: by how much, and whether by its factor."""

PROMPT_KEYS = frozenset({"enter", "tab", "escape", *_STEPS})
"""What the prompt answers itself; every other key is typed."""

_A_MOMENT = 0.2
"""Seconds for a file to be written before that is told."""


@dataclass
class Worked(Message):
    """What was done beside the screen is over."""

    result: Done | Exception


class AnsweringApp(OpeningPages):
    """The app, with a bottom row in which a question is answered."""

    def __init__(self, first: State, appearance: Appearance, memory: Memory) -> None:
        """Make the app, with nothing asked; as `ShowingApp`."""
        super().__init__(first, appearance, memory)
        self._question: Question | None = None
        self._working: Aside[Done] | None = None
        self._refused = ""

    async def answer(self, key: str) -> None:
        """One of `PROMPT_KEYS`, behind all that was typed before it."""
        await self.prompt.settled()
        if key in _STEPS:
            self._step(*_STEPS[key])
        elif key == "escape":
            self.on_prompt_cancelled()
        elif key == "tab":
            self._complete(self.prompt.value)
        else:
            self._accept(self.prompt.value)
        if self._working is not None:
            await self._see_to_it(self._working)

    def effect_filter(self) -> None:
        """Narrow the list."""
        self._ask(FilterQuestion(self.state))

    def effect_export(self) -> None:
        """Ask for a file name."""
        self._ask(FileQuestion(self.state, lambda: self.shown.finished, lambda: self.shown.stopped))

    def effect_sweep(self) -> None:
        """Ask over what; a visitor's processes would not be behind the gate."""
        if gate.is_shut():
            self.state = self.state.saying("No sweeps here: try gradtui sweep on your own machine.")
            return
        from gradtui.app.sweeping import SweepPage, SweepQuestion

        def begin(grid: Grid) -> None:
            page = SweepPage(grid, self.roles)
            self.call_later(self.push_screen, page, self._go)

        self._ask(SweepQuestion(self.state, begin))

    def _ask(self, question: Question) -> None:
        self._question = question
        self.screen_stack[0].add_class("prompting")
        self.prompt.ask(question.label, question.value, question.hint)

    def _advise(self, text: str) -> None:
        """What can be typed: the names that begin so, or what is allowed."""
        if self._question is None:
            return
        typed = max(text.rfind(blank) for blank in ", ") + 1
        offer, room = "tab:", self.shown.cells.width // 2
        for name in (whole[typed:] for whole in self._question.completions(text)):
            if len(offer) + len(name) + 4 > room:
                offer += " …"
                break
            offer += f" {name}"
        self.prompt.advise(offer if offer != "tab:" else self._question.hint)

    def _complete(self, text: str) -> None:
        """Tab: a name in full, or as the question has it."""
        if self._question is None or self._working is not None:
            return
        if completed := self._question.completions(text):
            self.prompt.complete(completed[0])
        else:
            self._reply(partial(self._question.kept, self.state, text))

    def _complain(self, text: str) -> None:
        """Say what is wrong with what was typed."""
        self._refused = self.prompt.value if text else ""
        self.shown.complain(text)

    def _close_prompt(self) -> None:
        self._question = None
        self.screen_stack[0].remove_class("prompting")
        self._complain("")
        self.shown.echo(())
        self.prompt.close()

    def on_prompt_typed(self, message: Prompt.Typed) -> None:
        """A question may follow what is typed."""
        if self._working is not None or (self.shown.complaint and message.text == self._refused):
            return  # old news of what was refused since
        self._complain("")
        if self._question is not None:
            with self.taken_back(self.state):
                self.state = self._question.typed(self.state, message.text)
            self.shown.echo(self._question.echo(message.text))
            self._advise(message.text)

    def _step(self, steps: int, by_factor: bool) -> None:
        """An arrow, or a page key."""
        if self._question is None or self._working is not None:
            return
        with self.taken_back(self.state):
            text = self.prompt.value
            reply = self._question.stepped(self.state, text, steps, by_factor=by_factor)
            self.state = reply.state
            if reply.text is not None:
                self.prompt.put(reply.text)
            self._complain(reply.complaint)

    def _accept(self, text: str) -> None:
        """Enter."""
        if self._question is not None and self._working is None:
            self._reply(partial(self._question.accepted, self.state, text))

    def _reply(self, answer: Callable[[], Reply]) -> None:
        """What comes of it; without a complaint the prompt closes."""
        with self.taken_back(self.state):
            reply = answer()
            self.state = reply.state
            if reply.work is not None:
                self._working = Aside(reply.work, lambda done: self.post_message(Worked(done)))
                return
            if reply.complaint:
                self._complain(reply.complaint)
                return
        self._close_prompt()

    async def _see_to_it(self, working: Aside[Done]) -> None:
        """What is done in a moment is over before the next key; else is said what is waited for."""
        await working.settled(_A_MOMENT)
        if working.result is None:
            self._complain("Still writing; esc gives it up.")
        else:
            self._take_up(working.result)

    def on_worked(self, message: Worked) -> None:
        """What came of what took longer than a moment."""
        if self._working is not None and self._working.result is message.result:
            self._take_up(message.result)

    def _take_up(self, result: Done | Exception) -> None:
        self._working = None
        with self.taken_back(self.state):
            if isinstance(result, Exception):
                raise result
            if result.complaint:
                self._complain(result.complaint)
                return
            self.state = self.state.saying(result.said)
        self._close_prompt()

    def on_unmount(self) -> None:
        """What is half written is taken back."""
        if self._working is not None:
            self._working.clear_up()

    def on_prompt_cancelled(self) -> None:
        """Escape."""
        if self._question is not None:
            if self._working is not None:
                self._working.give_up()
                self._working = None
            self.state = self._question.cancelled(self.state)
            self._close_prompt()
