"""The app's pages over the plot, and what they send along: help, facts, verdicts, code, numbers."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from rich.console import Group, RenderableType
from rich.text import Text

from gradtui.app import leaps
from gradtui.app.places import the_views, views_with
from gradtui.app.showing import ShowingApp
from gradtui.app.state import State
from gradtui.app.words import Words, clipboard
from gradtui.models.finding import Kind
from gradtui.plots.picture import row_text

if TYPE_CHECKING:
    from gradtui.app.engine import Drawn


_STOPPED = "This was stopped: esc computes it again"


_YET = "Still computing; what is known stands here as soon as it is."


class OpeningPages(ShowingApp):
    """The app, with a page on each of the keys that open one."""

    def effect_help(self) -> None:
        """Every key."""
        from gradtui.app.screens import help_page

        headings = ""
        if (drawn := self.shown.drawn) is not None and drawn.result is not None:
            rows = (*drawn.picture.rows[:1], *drawn.readout[:1])
            headings = "  ".join(map(row_text, rows))
        self.push_screen(help_page(self.state, self.roles, headings))

    def effect_info(self) -> None:
        """Facts, and the way to the lesson."""
        from gradtui.app.screens import InfoPage

        if self.state.roster.name == "runs":
            said = "i is for activations and cells; v has this verdict in full."
            self.state = self.state.saying(said)
            return
        cell = self.state.roster.name == "cells"
        self.push_screen(InfoPage(self.state.highlight, self.roles, cell=cell), self._learn)

    def _learn(self, lesson: str | None) -> None:
        """Open a lesson, if one was chosen."""
        if lesson is not None:
            from gradtui.app.learning import opened

            self._go(partial(opened, name=lesson))

    def _go(self, step: Callable[[State], State] | None) -> None:
        """Where a choice leads, if one was made."""
        if step is not None:
            with self.taken_back(self.state):
                self.state = step(self.state)

    def effect_lessons(self) -> None:
        """Choose one, or a question."""
        from gradtui.app.screens import LessonsPage

        self.push_screen(LessonsPage(self.state, self.roles), self._go)

    def effect_scenarios(self) -> None:
        """Choose one."""
        from gradtui.app.screens import ScenariosPage

        def chosen(index: int | None) -> None:
            if index is not None:
                self.state = leaps.scenario(self.state, index)

        self.push_screen(ScenariosPage(self.roles), chosen)

    def effect_fix(self) -> None:
        """Apply the remedy that is shown."""
        finding = None if self.shown.drawn is None else self.shown.drawn.finding
        remedy = finding.remedy if finding else None
        if remedy is None and self.shown.stopped:
            self.state = self.state.saying(f"{_STOPPED} and looks for what helps.")
        elif remedy is None and self.shown.finished is None:
            self.state = self.state.saying("Still looking for what helps; press f again.")
        elif finding is not None and finding.kind is Kind.HEALTHY and remedy is None:
            self.state = self.state.saying("Nothing to fix: this is healthy.")
        else:
            self.state = leaps.fix(self.state, remedy)

    def effect_verdicts(self) -> None:
        """The verdict of everything that is compared, in full."""
        from gradtui.app.explaining import above, verdicts
        from gradtui.app.screens import VerdictsPage

        def said(known: Drawn | None) -> RenderableType:
            first = above(self.state, self.roles)
            if known is None or known.result is None:
                nothing = "Stopped before there was any." if self.shown.stopped else _YET
                return Group(*first, Words(nothing, self.roles["muted"]))
            final = known.progress >= 1
            far = "Stopped; this far:" if known.stopped else "Still computing; so far:"
            so_far = "" if final else far
            told = verdicts(self.state, known.result, self.roles, final=final, so_far=so_far)
            return Group(*first, told)

        self.push_screen(VerdictsPage(said, self.shown.drawn))

    def effect_command(self) -> None:
        """Show the command that prints this picture, and send it to the clipboard."""
        command = shlex.join(self.state.record.command(self.state.setup))
        self.copy_to_clipboard(command)
        line = f"Sent to {clipboard()}: {command}"
        if len(line) < self.shown.cells.width:
            self.state = self.state.saying(line)
            return
        from gradtui.app.screens import Page

        body = Text(f"Sent to {clipboard()}. This prints the same picture:\n\n")
        self.push_screen(Page("command", body.append(command)))

    def effect_paste(self) -> None:
        """Show the code that does what the result says."""
        snippets = self.state.record.snippets
        if snippets is None:
            places = views_with(lambda view: view.snippets)
            have = f"The {the_views(places)} {'have' if len(places) > 1 else 'has'} lines to paste"
            said = f"{have}; this one has none." if places else "No view has lines to paste."
            self.state = self.state.saying(said)
            return
        if (drawn := self._known(self.shown.drawn, "L")) is None:
            return
        lines = snippets(drawn.result, self.state.setup)
        if not lines:
            finished = drawn.progress >= 1
            when = "for this setup" if finished else "yet; press L when all is computed"
            self.state = self.state.saying(f"There are no lines to paste {when}.")
            return
        from gradtui.app.screens import SnippetsPage

        self.copy_to_clipboard(next(iter(lines.values())))
        self.push_screen(SnippetsPage(lines, self.roles))

    def effect_numbers(self) -> None:
        """All numbers of the picture."""
        if (drawn := self._known(self.shown.finished, "T")) is None:
            return
        from gradtui.app.numbers import NumbersPage

        view = self.state.record
        self.push_screen(NumbersPage(view.title, partial(view.table, drawn.result), self.roles))

    def _known(self, drawn: Drawn | None, key: str) -> Drawn | None:
        """What was drawn, or a word that it is still to come."""
        if drawn is not None and drawn.result is not None:
            return drawn
        waits = f"Still computing; press {key} again in a moment."
        stopped = f"{_STOPPED}; then {key}."
        self.state = self.state.saying(stopped if self.shown.stopped else waits)
        return None
