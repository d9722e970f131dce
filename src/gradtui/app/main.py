"""The app: keys become steps of the state, the state becomes pictures, the panes show them."""

from __future__ import annotations

import gc
import shlex
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from rich.style import Style
from rich.text import Text
from textual import events
from textual.app import App, ComposeResult, SystemCommand
from textual.binding import Binding, BindingType
from textual.containers import Container, Horizontal
from textual.filter import LineFilter, NoColor
from textual.message import Message
from textual.reactive import Reactive, var
from textual.screen import Screen
from textual.timer import Timer
from textual.widget import Widget

from gradtui import __version__
from gradtui.app import panes, storage
from gradtui.app import state as steps
from gradtui.app.actions import ACTIONS, BY_NAME
from gradtui.app.engine import Drawn, Engine, Request
from gradtui.app.filters import AsciiOnly, Printable
from gradtui.app.line import PATIENCE, QUESTION, Line
from gradtui.app.pane import Pane
from gradtui.app.polite import PoliteApp
from gradtui.app.prompt import Prompt
from gradtui.app.state import State
from gradtui.app.themes import TEXTUAL_THEMES, in_colours, styles
from gradtui.errors import InputError, printable
from gradtui.plots.picture import Picture
from gradtui.views.knobs import KNOBS
from gradtui.views.view import Finding, Size

_FRAME = 0.25
"""Seconds for a layer when the backward pass plays."""

_EVEN_UNSEEN = {("do", ("quit",)), ("do", ("suspend_process",))}
"""What a key does also in a terminal that is too small."""


@dataclass(frozen=True)
class Look:
    """What the terminal can show."""

    marker: str = "braille"
    colours: str = "truecolor"
    unicode: bool = True


@dataclass
class Arrived(Message):
    """A picture from the engine."""

    drawn: Drawn


@dataclass
class Crashed(Message):
    """A defect of ours, on the engine's thread."""

    error: Exception


class Main(Screen[None], inherit_bindings=False):
    """The one screen; its keys are `ACTIONS`, tab among them, which is no change of focus here."""

    # Textual's own repaints the whole screen whenever the prompt opens or closes.
    focused: Reactive[Widget | None] = Reactive(None, repaint=False)
    BINDINGS: ClassVar[list[BindingType]] = [
        # By priority, so that a key is carried out before the next is looked at: what is typed
        # ahead of a prompt that it opens goes into the prompt.
        Binding(key, f"app.do('{action.name}')", action.help, show=False, priority=True)
        for action in ACTIONS
        for key in action.keys
        if action.name != "command_palette"
    ]


class GradTUI(PoliteApp):
    """One screen, one state. Widgets show it and hold none of it."""

    CSS_PATH = "app.tcss"
    TITLE = "gradtui"
    AUTO_FOCUS = None
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+c", "interrupt", show=False, priority=True),
    ]

    # A `reactive` would repaint the whole screen at every change; the panes know what changed.
    state: var[State] = var(State, init=False)

    def __init__(
        self,
        first: State,
        look: Look | None = None,
        remember: Callable[[State], None] = lambda state: None,
    ) -> None:
        """Make the app.

        Args:
            first: the state to begin with.
            look: what the terminal can show.
            remember: called with the state when a signal ends the app.
        """
        super().__init__()
        self._look = look or Look()
        self._remember = remember
        # Made once: every strip remembers what each filter made of it.
        self._last_filters: list[LineFilter] = [Printable()]
        if self._look.colours == "none":
            self._last_filters.append(NoColor())
        if not self._look.unicode:
            self._last_filters.append(AsciiOnly())
        self.animation_level = "none"
        self._engine = Engine(self._deliver, self._crashed)
        self._line = Line(self._show_pictures, self._ask_terminal)
        self._patience: Timer | None = None
        self._unasked = self._in_place = False
        self._cells = Size(0, 0)
        self._areas: panes.Areas | None = None
        names = ("too-small", "top", "side", "plot", "readout", "verdict", "bottom")
        roles = styles(self._theme_of(first))
        self.panes = {name: Pane(name, roles) for name in names}
        """The panes of the main screen by their id."""
        self._prompt = Prompt()
        self._main = Horizontal(self.panes["side"], self.panes["plot"], id="main")
        self.set_reactive(GradTUI.state, first)
        self._request: Request | None = None
        self._drawn: Drawn | None = None
        self._asking = ""
        self._complaint = self._refused = ""
        self._before = first
        self._replace: Path | None = None
        for theme in TEXTUAL_THEMES:
            self.register_theme(theme)
        # Before the first paint: a theme that is set later paints everything once more.
        self.theme = f"gradtui-{self._theme_of(first)}"

    # -- the screen

    def get_default_screen(self) -> Screen[None]:
        """The main screen, not Textual's."""
        return Main(id="_default")

    def compose(self) -> ComposeResult:
        """The panes, top to bottom."""
        self._cells = Size(self.size.width, self.size.height)
        # Nothing is sent before all is laid out, or it would be sent three times.
        self.keep_back()
        if self._fits():
            self._lay_out()
        yield self.panes["too-small"]
        yield self.panes["top"]
        yield self._main
        yield self.panes["readout"]
        yield self.panes["verdict"]
        with Container(id="foot"):
            yield self.panes["bottom"]
            yield self._prompt

    def on_mount(self) -> None:
        """Show the first state."""
        self.set_class(not self._look.unicode, "ascii")
        self.set_class(self._look.colours == "none", "mono")
        self.heed_signals()
        self._timer = self.set_interval(_FRAME, self._tick, pause=True)
        self.app_resume_signal.subscribe(self, self._resumed)
        self._line.ask()
        self._show()

    def _resumed(self, _: App[object]) -> None:
        """Back from ctrl+z: the terminal has forgotten everything."""
        self._line.overdue()
        self.refresh(layout=True)

    def on_ready(self) -> None:
        """Everything is in its place: paint."""
        self.paint()
        self._in_place = True

    def keep(self) -> None:
        """The next start goes on from here."""
        self._remember(self.state)

    def on_unmount(self) -> None:
        """Stop computing."""
        self._engine.close()

    def on_resize(self, event: events.Resize) -> None:
        """The same state on another size."""
        self.forget_geometry()
        self._cells = Size(event.size.width, event.size.height)  # `size` still is the old one
        while not self._fits() and len(self.screen_stack) > 1:
            self.pop_screen()  # a page has no room there, and Textual's own fails on a few cells
        self._show()

    def watch_state(self, old: State, new: State) -> None:
        """Every change of state comes by here."""
        if new.theme != old.theme:
            self._dress()
        if new.playing != old.playing:
            (self._timer.resume if new.playing else self._timer.pause)()
        self._show()

    def _theme_of(self, state: State) -> str:
        return in_colours(state.theme, self._look.colours)

    @property
    def roles(self) -> dict[str, Style]:
        """The style of each role in the theme that is on."""
        return styles(self._theme_of(self.state))

    def _dress(self) -> None:
        self.paint_in_one()
        self.theme = f"gradtui-{self._theme_of(self.state)}"
        for pane in self.panes.values():
            pane.restyle(self.roles)

    def _fits(self) -> bool:
        least = panes.MIN_SIZE
        return self._cells.width >= least.width and self._cells.height >= least.height

    def _lay_out(self) -> panes.Areas:
        """Share out the cells; a style that is set, even to what it was, repaints everything."""
        areas = panes.areas(self._cells, len(self.state.record.subjects(self.state.setup)))
        if areas != self._areas:
            self._areas = areas
            for name in ("side", "plot", "readout", "verdict"):
                area: Size = getattr(areas, name)
                pane = self.panes[name]
                pane.styles.width, pane.styles.height = area
            self._main.styles.height = areas.side.height
        return areas

    def _show(self) -> None:
        """Lay out, show what is known already, and ask for the rest."""
        size, state = self._cells, self.state
        if not size.width:
            return
        self.screen_stack[0].set_class(not self._fits(), "too-small")
        if not self._fits():
            self._line.send("too-small", panes.too_small(size))
            return
        areas = self._lay_out()
        self._line.send("side", panes.side(state, areas.side))
        self._line.send("bottom", panes.bottom(state, size.width))
        request = Request(state.view, state.setup, areas.plot, size.width, self._look.marker)
        if request != self._request:
            self._request = request
            self._engine.submit(request)
        self._show_top()

    def _show_top(self) -> None:
        drawn = self._drawn
        progress = drawn.progress if drawn is not None and drawn.request == self._request else 1.0
        self._line.send("top", panes.top(self.state, self._cells.width, progress))

    def _deliver(self, drawn: Drawn) -> None:
        """Called on the engine's thread; a message is the only way from there."""
        self.post_message(Arrived(drawn))

    def _crashed(self, error: Exception) -> None:
        self.post_message(Crashed(error))

    def on_crashed(self, message: Crashed) -> None:
        """A defect in the engine ends the app as one on this thread would."""
        raise message.error

    def on_arrived(self, message: Arrived) -> None:
        """Show a picture, if it is still the one that is wanted."""
        if not gc.isenabled():  # since before the first import; by now all that is used is there
            gc.freeze()
            gc.enable()
        drawn, areas = message.drawn, self._areas
        if drawn.request != self._request or areas is None:
            return
        self._drawn = drawn
        if drawn.error:
            self.state = self.state.saying(drawn.error, failed=True)
        self._line.send("plot", drawn.picture)
        self._line.send("readout", Picture.of(drawn.readout, *areas.readout))
        self._show_verdict()
        self._show_top()

    def _show_verdict(self) -> None:
        if self._areas is not None:
            found = self._drawn.finding if self._drawn is not None else None
            picture = panes.verdict(found, self._areas.verdict, self._complaint)
            self._line.send("verdict", picture)

    def _complain(self, text: str) -> None:
        """Say over the prompt what is wrong with what was typed; nothing takes it back."""
        self._complaint = text
        self._refused = self._prompt.value if text else ""
        self._show_verdict()

    @property
    def settled(self) -> bool:
        """Whether the screen shows the final picture of what was asked for."""
        drawn = self._drawn
        return drawn is not None and drawn.request == self._request and drawn.progress >= 1

    # -- the line to the terminal

    def get_line_filters(self) -> Sequence[LineFilter]:
        """Without colour, none at all is sent: Textual's own answer to NO_COLOR is grey."""
        return [*super().get_line_filters(), *self._last_filters]

    def _show_pictures(self, pictures: Mapping[str, Picture]) -> bool:
        changed = [self.panes[name].show(picture) for name, picture in pictures.items()]
        return any(changed)

    def _ask_terminal(self) -> None:
        # Patience starts now: a paint that never comes must not be waited for.
        self._unasked = True
        if self._patience is not None:
            self._patience.stop()
        self._patience = self.set_timer(PATIENCE, self._line.overdue)

    def post_display_hook(self) -> None:
        """Called after every paint, also those of pages that are closed before they are idle."""
        if self._in_place and not self._engine.started:
            # Not before: what it imports takes as long as everything up to here.
            self._engine.start()
        if self._unasked and self._driver is not None:
            self._unasked = False
            self._driver.write(QUESTION)

    def on_cursor_position(self, event: events.CursorPosition) -> None:
        """The terminal's answer."""
        if self._patience is not None:
            self._patience.stop()
        self._line.answered()

    def _tick(self) -> None:
        self.state = steps.play_tick(self.state)

    # -- keys

    async def on_event(self, event: events.Event) -> None:
        """Keys one after the other, also those that come in one packet.

        What ends the prompt or a page is carried out here, not by messages: the key behind it
        is for whatever comes then.
        """
        ends = isinstance(event, events.Key) and event.key in ("enter", "tab", "escape")
        if ends and self._asking and len(self.screen_stack) == 1:
            await self._prompt.settled()
            if event.key == "escape":  # type: ignore[attr-defined]
                self.on_prompt_cancelled()
            else:
                self._accept(self._prompt.value)
            return
        if isinstance(event, events.Key) and event.key in getattr(self.screen, "closing_keys", ()):
            self.pop_screen()
            return
        await super().on_event(event)

    def action_interrupt(self) -> None:
        """ctrl+c closes what is open; where nothing is, it quits."""
        if len(self.screen_stack) > 1:
            self.pop_screen()
        elif self._asking:
            self.on_prompt_cancelled()
        else:
            self.effect_quit()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """While the prompt is open the keys are its own; where nothing is seen nothing is done."""
        if not self._fits() and (action, parameters) not in _EVEN_UNSEEN:
            return action not in ("do", "command_palette")
        return not (action == "do" and self._asking)

    def action_do(self, name: str) -> None:
        """Carry out one of `ACTIONS`."""
        action = BY_NAME[name]
        quiet = self.state.with_(message="", failed=False)
        if action.step is not None:
            self.state = action.step(quiet)
        elif name.startswith("knob_"):
            self.state = quiet
            self._ask_knob(name.removeprefix("knob_"))
        else:
            self.state = quiet
            getattr(self, f"effect_{name}")()

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """The palette offers what the keys offer."""
        for action in ACTIONS:
            if action.name not in ("command_palette", "suspend_process"):
                title = f"{action.help}  ({action.shown})"
                yield SystemCommand(
                    title, action.group, lambda name=action.name: self.action_do(name)
                )

    def effect_quit(self) -> None:
        """End."""
        self.exit(return_code=0)

    def effect_suspend_process(self) -> None:
        """Back to the shell until fg."""
        self.action_suspend_process()

    def effect_help(self) -> None:
        """Every key."""
        from gradtui.app.screens import help_page

        self.push_screen(help_page(self.roles))

    def effect_info(self) -> None:
        """Facts and derivation."""
        from gradtui.app.screens import InfoPage

        unicode = self._look.unicode
        self.push_screen(InfoPage(self.state.highlight, self.roles, unicode=unicode))

    def effect_scenarios(self) -> None:
        """Choose one."""
        from gradtui.app.screens import ScenariosPage

        def chosen(index: int | None) -> None:
            if index is not None:
                self.state = steps.scenario(self.state, index)

        self.push_screen(ScenariosPage(self.roles), chosen)

    def effect_fix(self) -> None:
        """Apply the remedy that is shown."""
        found = self._finding()
        self.state = steps.fix(self.state, found.remedy if found else None)

    def _finding(self) -> Finding | None:
        drawn = self._drawn
        return drawn.finding if drawn is not None and drawn.request == self._request else None

    def effect_command(self) -> None:
        """Show the command that prints this picture, and send it to the clipboard."""
        command = shlex.join(self.state.record.command(self.state.setup))
        self.copy_to_clipboard(command)
        line = f"Sent to the terminal's clipboard: {command}"
        if len(line) < self._cells.width:
            self.state = self.state.saying(line)
            return
        from gradtui.app.screens import Page

        body = Text("Sent to the terminal's clipboard. This prints the same picture:\n\n")
        self.push_screen(Page("command", body.append(command)))

    def effect_paste(self) -> None:
        """Show the code that does what the result says."""
        drawn = self._drawn
        if drawn is None or drawn.request != self._request or drawn.result is None:
            self.state = self.state.saying("Still computing; press L again in a moment.")
            return
        snippets = self.state.record.snippets(drawn.result, self.state.setup)
        if not snippets:
            self.state = self.state.saying("The init view has lines to paste; this one has none.")
            return
        from gradtui.app.screens import SnippetsPage

        self.push_screen(SnippetsPage(snippets, self.roles))

    # -- the prompt

    def _ask(self, what: str, label: str, value: str, hint: str) -> None:
        self._asking, self._before, self._replace = what, self.state, None
        self.screen_stack[0].add_class("prompting")
        self._prompt.ask(label, value, hint)

    def _ask_knob(self, name: str) -> None:
        knob = KNOBS[name]
        if name not in [knob.name for knob in self.state.record.all_knobs]:
            self.state = self.state.saying(
                f"The {self.state.view} view has no {knob.label}; ? shows what it has."
            )
            return
        self._ask(name, knob.label, knob.text(self.state.setup), knob.allowed)

    def effect_filter(self) -> None:
        """Narrow the list."""
        self._ask("/", "filter", self.state.filter, "enter keeps it, esc shows all again")

    def effect_export(self) -> None:
        """Ask for a file name."""
        file = Path(f"gradtui-{self.state.view}.svg")
        count = 2
        while file.exists():
            file = Path(f"gradtui-{self.state.view}-{count}.svg")
            count += 1
        self._ask("export", "save as", str(file), ".svg .txt the picture; .csv .json the numbers")

    def _close_prompt(self) -> None:
        self._asking = ""
        self.screen_stack[0].remove_class("prompting")
        self._complain("")
        self._prompt.close()

    def on_prompt_typed(self, message: Prompt.Typed) -> None:
        """The filter works as one types."""
        if message.text != self._refused:  # else this is old news of what was refused since
            self._replace = None
            self._complain("")
        if self._asking == "/":
            self.state = steps.filtered(self.state, message.text)

    def on_prompt_stepped(self, message: Prompt.Stepped) -> None:
        """A knob goes up or down; in the filter the list's cursor does."""
        if self._asking == "/":
            self.state = steps.move_highlight(self.state, -message.steps)
        elif self._asking in KNOBS:
            self.state = steps.step_knob(
                self.state.with_(message="", failed=False),
                self._asking,
                message.steps,
                by_factor=message.by_factor,
            )
            self._prompt.put(KNOBS[self._asking].text(self.state.setup))
            self._complain(self.state.message)

    def _accept(self, text: str) -> None:
        """Enter."""
        if self._asking == "export":
            self._save(text)
            return
        if self._asking == "/":
            self.state = steps.filtered(self.state, text)
        if self._asking in KNOBS:
            try:
                # One undo for everything that was done in the prompt.
                self.state = steps.set_knob(self._before, self._asking, text)
            except InputError as error:
                self._complain(str(error))
                return
        self._close_prompt()

    def on_prompt_cancelled(self) -> None:
        """Escape: as it was before."""
        if self._asking == "/":
            self.state = steps.filtered(self.state, "")
        elif self._asking in KNOBS:
            self.state = self._before
        if self._asking:
            self._close_prompt()

    def _save(self, name: str) -> None:
        """Write the picture or the numbers."""
        from gradtui.files import write_atomically
        from gradtui.views.export import exported, format_of

        drawn = self._drawn
        if drawn is None or not self.settled:
            self._complain("Still computing; press enter again in a moment.")
            return
        try:
            file = Path(name.strip()).expanduser()
            if file.is_file() and self._replace != file:
                self._replace = file
                self._complain("That file exists: enter again replaces it, esc keeps it.")
                return
            size = drawn.request.plot
            text = exported(
                self.state.record,
                drawn.result,
                self.state.setup,
                Size(max(80, size.width), max(24, size.height)),
                self._look.marker,
                format_of(file),
            )
            write_atomically(file, text)
        # Also what is no path at all: an unknown ~user, half a character, too long a name.
        except (ValueError, RuntimeError, OSError) as error:
            reason = error.strerror if isinstance(error, OSError) else str(error)
            self._complain(printable(f"Not saved: {reason}. Another name, or esc."))
            return
        self._close_prompt()
        self.state = self.state.saying(printable(f"Saved {file.resolve()}"))


def run_app(look: Look, *, mouse: bool, fresh: bool = False, theme: str | None = None) -> int:
    """Run the app on this terminal and give its exit status.

    Args:
        look: what the terminal can show.
        mouse: take the mouse.
        fresh: do not go on from the remembered state.
        theme: one of `THEMES`; the remembered one if None.
    """
    file = storage.state_file()
    first = State() if fresh else storage.load(file)
    if theme is not None:
        first = first.with_(theme=theme)

    def keep(state: State) -> None:
        try:
            storage.save(state, file)
        except OSError as error:
            reason = printable(f"{file}: {error.strerror}")
            _narrate(f"the state could not be kept for the next start ({reason})")

    app = GradTUI(first, look, keep)
    app.run(mouse=mouse)
    app.ended_in_order()
    keep(app.state)
    if app.return_code == 1:
        _narrate(
            f"this is a defect in gradtui {__version__}, and what you were doing is kept. Please "
            "send the lines above to its maintainers: pip show --verbose gradtui says where."
        )
    return app.return_code or 0


def _narrate(text: str) -> None:
    """Say it on stderr, if that still leads anywhere."""
    with suppress(OSError):
        print(f"gradtui: {text}", file=sys.stderr)
