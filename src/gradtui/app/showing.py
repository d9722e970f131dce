"""The app as it shows a state: panes, the engine's pictures, the line to the terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

from rich.style import Style
from textual import events
from textual.app import App, ComposeResult
from textual.containers import Container, Horizontal
from textual.filter import LineFilter, NoColor
from textual.message import Message
from textual.reactive import var
from textual.timer import Timer

from gradtui.app import leaps, steps
from gradtui.app.appearance import Appearance
from gradtui.app.display import Display
from gradtui.app.ending import OrderlyEnd
from gradtui.app.engine import Drawn, Engine, Request
from gradtui.app.filters import AsciiOnly, Printable
from gradtui.app.flow_control import PATIENCE, QUESTION
from gradtui.app.following import Following
from gradtui.app.painting import PaintedOnce
from gradtui.app.pane import Pane
from gradtui.app.prompt import Prompt
from gradtui.app.reports import reason
from gradtui.app.state import State
from gradtui.app.storage import Memory
from gradtui.app.textual_internals import forget_geometry
from gradtui.app.themes import TEXTUAL_THEMES, in_colours, styles
from gradtui.mathematics.memory import collect_what_is_new
from gradtui.plots.ascii import ascii_only
from gradtui.views.view import Size

ENTERED = 0.4
"""Seconds for the picture of a view that is entered; then it is shown with what there is."""

_FRAME = 0.25
"""Seconds for a frame of what plays."""


@dataclass
class Arrived(Message):
    """A picture from the engine."""

    drawn: Drawn


@dataclass
class Grown(Message):
    """A run that is shown has grown; or what is to be said of it, where it is gone."""

    said: str = ""


@dataclass
class Crashed(Message):
    """A defect of ours, on the engine's thread."""

    error: Exception


class ShowingApp(PaintedOnce):
    """One screen, one state. Widgets show it and hold none of it."""

    CSS_PATH = "app.tcss"
    TITLE = "gradtui"
    AUTO_FOCUS = None

    _said: str
    """What was said to be wrong with what was asked for."""
    _judged: tuple[object, ...]
    """Whose verdict was shown last, and what it was."""

    # A `reactive` would repaint the whole screen at every change; the panes know what changed.
    state: var[State] = var(State, init=False)

    def __init__(
        self,
        first: State,
        appearance: Appearance,
        memory: Memory,
    ) -> None:
        """Make the app.

        Args:
            first: the state to begin with.
            appearance: what the terminal can show.
            memory: what is kept of the state, and of defects.
        """
        super().__init__()
        self.appearance = appearance
        # Made once: every strip remembers what each filter made of it.
        self._last_filters: list[LineFilter] = [Printable()]
        if self.appearance.colours == "none":
            self._last_filters.append(NoColor())
        if not self.appearance.unicode:
            self._last_filters.append(AsciiOnly())
        self.animation_level = "none"
        self._engine = Engine(self._deliver, self._engine_fell, unicode=self.appearance.unicode)
        self._following = Following(lambda said: self.post_message(Grown(said)))
        self._said, self._judged = "", ()
        self._memory = memory
        self._taking_back = False
        self._laid_out = ExitStack()
        """How this thread lays out text, as long as the app runs."""
        self.failing, self.opened = False, False
        """Whether the last picture could not be computed; whether there was a first."""
        self.end = OrderlyEnd(
            lambda: memory.keep(self.state, self.failing),
            lambda status: self.exit(return_code=status),
        )
        self.shown = Display(
            styles(self._theme_of(first)),
            self.appearance.marker,
            self._engine.submit,
            self._ask_terminal,
        )
        self._patience: Timer | None = None
        self._held = False
        """Whether an entered view is kept back."""
        self._unasked = self._in_place = False
        self.prompt = Prompt()
        """The bottom row while something is typed."""
        panes = self.shown.panes
        self._main = Horizontal(panes["side"], panes["plot"], id="main")
        self.set_reactive(ShowingApp.state, first)
        for theme in TEXTUAL_THEMES:
            self.register_theme(theme)
        # Before the first paint: a theme that is set later paints everything once more.
        self.theme = f"gradtui-{self._theme_of(first)}"

    # -- the screen

    def compose(self) -> ComposeResult:
        """The panes, top to bottom."""
        self.shown.cells = Size(self.size.width, self.size.height)
        # Nothing is sent before all is laid out, or it would be sent three times.
        self.keep_back()
        if self.shown.fits:
            self.shown.lay_out(self.state, self._main)
        yield self.panes["too-small"]
        yield self.panes["top"]
        yield self._main
        yield self.panes["readout"]
        yield self.panes["verdict"]
        with Container(id="foot"):
            yield self.panes["bottom"]
            yield self.prompt

    def on_mount(self) -> None:
        """Show the first state."""
        self.set_class(not self.appearance.unicode, "ascii")
        self.set_class(self.appearance.colours == "none", "mono")
        self._laid_out.enter_context(ascii_only(not self.appearance.unicode))
        self.end.heed()
        self._timer = self.set_interval(_FRAME, self._tick, pause=True)
        self.app_resume_signal.subscribe(self, self._resumed)
        self.shown.flow.ask()
        self._show()

    def _resumed(self, _: App[object]) -> None:
        """Back from ctrl+z: the terminal has forgotten everything."""
        self.shown.flow.overdue()
        self.refresh(layout=True)

    def on_ready(self) -> None:
        """Everything is in its place: paint."""
        self.paint()
        self._in_place = True

    def on_unmount(self) -> None:
        """Stop computing."""
        self._laid_out.close()
        self._following.close()
        self._engine.close()

    def exit(self, *arguments: Any, **options: Any) -> None:
        """As Textual's; from here on a signal does not end it otherwise."""
        self.end.begun(on_terminal=not self.is_headless)
        super().exit(*arguments, **options)

    def on_resize(self, event: events.Resize) -> None:
        """The same state on another size."""
        forget_geometry()
        # `size` still is the old one
        self.shown.cells = Size(event.size.width, event.size.height)
        while not self.shown.fits and len(self.screen_stack) > 1:
            self.pop_screen()  # a page has no room there, and Textual's own fails on a few cells
        self._show()

    def watch_state(self, old: State, new: State) -> None:
        """Every change of state comes by here."""
        if new.theme != old.theme:
            self.paint_in_one()
            self.theme = f"gradtui-{self._theme_of(new)}"
            self.shown.restyle(self.roles)
        if new.playing != old.playing:
            (self._timer.resume if new.playing else self._timer.pause)()
        before, areas = self.shown.last, self.shown.areas
        with self.taken_back(old):
            self._show()
        if (new.view, new.arrivals) != (old.view, old.arrivals):
            if self.shown.areas != areas and not self._held:
                # Else what was there is sent in its new place, and then what comes instead.
                self._held = True
                self.keep_back()
            self.set_timer(ENTERED, lambda: self._enter(before))

    def _enter(self, before: Drawn | None) -> None:
        """The view or scenario has no picture yet: show it without one."""
        self.shown.enter(self.state, before)
        self._release()

    def _release(self) -> None:
        """Send what was kept back of an entered view, all that came for it included."""
        if self._held:
            self._held = False
            self.shown.flow.overdue()
            self.paint()

    @contextmanager
    def taken_back(self, before: State) -> Iterator[None]:
        """What fails in here is a defect, which is reported; the state is as it was before."""
        try:
            yield
        except Exception as error:
            if self._memory.report is None or self._taking_back:
                raise
            self._taking_back = True
            said = f"That could not be done ({reason(error)})"
            if place := self._memory.report(self.state.view, self.state.setup, error):
                said += f"; a report is in {place}"
            self.state = before.saying(said, failed=True)
            self._taking_back = False

    def _theme_of(self, state: State) -> str:
        return in_colours(state.theme, self.appearance.colours)

    @property
    def panes(self) -> dict[str, Pane]:
        """The panes of the main screen by their id."""
        return self.shown.panes

    @property
    def roles(self) -> dict[str, Style]:
        """The style of each role in the theme that is on."""
        return styles(self._theme_of(self.state))

    @property
    def settled(self) -> bool:
        """Whether the screen shows the final picture of what was asked for."""
        return self.shown.finished is not None

    def _show(self) -> None:
        """Show what is known already, and ask for the rest."""
        if not self.shown.cells.width:
            return
        self._following.follow(self.state.record.follows(self.state.setup))
        self.screen_stack[0].set_class(not self.shown.fits, "too-small")
        if self.shown.fits:
            self.shown.show(self.state, self._main)
        else:
            self.shown.show_too_small()

    def stop_or_go_on(self) -> bool:
        """Stop what is computed, or compute what was stopped; false if there is neither."""
        request, shown = self.shown.request, self.shown
        if request is None or shown.finished is not None:
            return False
        if shown.stopped:
            shown.go_on(self.state)
            self._engine.go_on(request)
            self.state = self.state.saying("Computing it again; esc stops it.")
            return True
        self._engine.stop(request)
        share = f" at {shown.progress:.0%}" if shown.progress < 1 else ""
        self.state = self.state.saying(f"Stopped{share}; esc computes it again.")
        return True

    def _tick(self) -> None:
        self.state = steps.play_tick(self.state)

    # -- the engine

    def _deliver(self, drawn: Drawn) -> None:
        """Called on the engine's thread; a message is the only way from there."""
        self.post_message(Arrived(drawn))

    def _engine_fell(self, request: Request, error: Exception) -> str:
        """Called on the engine's thread: what is said of a defect there."""
        if self._memory.report is None:
            self.post_message(Crashed(error))
            raise error
        said = f"This could not be computed ({reason(error)}); u undoes"
        place = self._memory.report(request.view, request.setup, error)
        return said + (f"; a report is in {place}" if place else "")

    def on_crashed(self, message: Crashed) -> None:
        """Where nothing takes a report, a defect ends the app."""
        raise message.error

    def on_grown(self, message: Grown) -> None:
        """Show the run as it is now."""
        if message.said:
            self.state = self.state.saying(message.said, failed=True)
            self._said = self.state.message
            return
        self._show()

    def _tell_change(self, drawn: Drawn) -> None:
        """Say, and ring if that is wanted, when the verdict on a run that grows is another."""
        finding = drawn.finding
        if not drawn.request.versions or finding is None:
            return
        whose = drawn.request.view, drawn.request.setup.recorded.runs, finding.subject
        before, self._judged = self._judged, (*whose, finding.kind)
        if before[:-1] == whose and before[-1] is not finding.kind:
            self.state = self.state.saying(
                f"The verdict has changed: it was {before[-1]}, and is {finding.kind} now."
            )
            if self.appearance.bell:
                self.bell()

    def on_arrived(self, message: Arrived) -> None:
        """Show a picture, if it is still the one that is wanted."""
        collect_what_is_new()  # by now all that is used is there
        if self.shown.take(message.drawn):
            self.failing = message.drawn.defect
            if not self.opened and not self.failing:
                self.opened = True
                self._memory.opened()
            if message.drawn.error:
                self.state = self.state.saying(message.drawn.error, failed=True)
                self._said = self.state.message
            elif self._said and self.state.message == self._said:
                self.state = self.state.with_(message="", failed=False)  # it is wrong no more
            self.shown.show_drawn()
            self.shown.show_top(self.state)
            self._tell_change(message.drawn)
            if self.state.asked and self.settled and message.drawn.result is not None:
                request = message.drawn.request
                self.state = leaps.answered(
                    self.state, request.view, request.setup, message.drawn.result
                )
            if self.settled:
                self._release()
            follow = getattr(self.screen, "follow", None)  # pages are imported when one opens
            if follow is not None and (drawn := self.shown.drawn) and drawn.result is not None:
                follow(drawn)

    # -- the line to the terminal

    def get_line_filters(self) -> Sequence[LineFilter]:
        """Without colour, none at all is sent: Textual's own answer to NO_COLOR is grey."""
        return [*super().get_line_filters(), *self._last_filters]

    def _ask_terminal(self) -> None:
        # Patience starts now: a paint that never comes must not be waited for.
        self._unasked = True
        if self._patience is not None:
            self._patience.stop()
        self._patience = self.set_timer(PATIENCE, self.shown.flow.overdue)

    def post_display_hook(self) -> None:
        """Called after every paint, also those of pages that are closed before they are idle."""
        if self._in_place and not self._engine.started:
            # Not before: what it imports takes as long as everything up to here.
            self._engine.start()
        if self._unasked and not self.leaving:
            self._unasked = False
            self.write_to_terminal(QUESTION)

    def on_cursor_position(self, event: events.CursorPosition) -> None:
        """The terminal's answer."""
        if self._patience is not None:
            self._patience.stop()
        self.shown.flow.answered()
