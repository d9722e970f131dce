"""The app: keys and the mouse become steps of the state, pages and questions."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual import events
from textual.app import SystemCommand
from textual.binding import Binding, BindingType
from textual.reactive import Reactive
from textual.screen import Screen
from textual.widget import Widget

from gradtui import gate
from gradtui.app import going, mouse, steps
from gradtui.app.actions import ACTIONS, BY_NAME, KEYS, Action, offered
from gradtui.app.answering import PROMPT_KEYS, AnsweringApp
from gradtui.app.appearance import Appearance
from gradtui.app.asking import KnobQuestion, PredictionQuestion
from gradtui.app.pane import Pane
from gradtui.app.state import State
from gradtui.app.storage import Memory
from gradtui.app.words import clipboard
from gradtui.plots.ascii import spelled

if TYPE_CHECKING:
    from textual.command import Provider

    from gradtui.app.palette import Offer

_EVERYWHERE = ("command_palette", "suspend_process")
"""What a key does on pages and in the prompt too."""

_EVEN_UNSEEN = {("do", ("quit",))}
"""What a key does also in a terminal that is too small."""


def _commands() -> type[Provider]:
    """What the palette finds, imported when it opens."""
    from gradtui.app.palette import Commands

    return Commands


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
        if action.name not in _EVERYWHERE
    ]


class GradTUI(AnsweringApp):
    """The app that shows a state, with its keys."""

    COMMANDS: ClassVar[set[Callable[[], type[Provider]]]] = {_commands}  # type: ignore[assignment]
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+c", "interrupt", show=False, priority=True),
        Binding("ctrl+z", "suspend_process", show=False, priority=True),
    ]

    def __init__(
        self,
        first: State,
        appearance: Appearance | None = None,
        memory: Memory | None = None,
    ) -> None:
        """Make the app.

        Args:
            first: the state to begin with.
            appearance: what the terminal can show.
            memory: what is kept of the state, and of defects.
        """
        super().__init__(first, appearance or Appearance(), memory or Memory())
        self._wheel = mouse.Wheel()

    def get_default_screen(self) -> Screen[None]:
        """The main screen, not Textual's."""
        return Main(id="_default")

    # -- keys

    async def on_event(self, event: events.Event) -> None:
        """Keys one after the other, also those that come in one packet.

        What ends the prompt or a page is carried out here, not by messages: the key behind it
        is for whatever comes then.
        """
        if isinstance(event, events.Key):
            if self.leaving:
                return  # what is typed behind the last key is for nobody
            asking = self._question is not None and len(self.screen_stack) == 1
            if asking and event.key in PROMPT_KEYS:
                await self.answer(event.key)
                return
            if not asking and len(self.screen_stack) == 1 and self._learned(event.key):
                return
            closing = getattr(self.screen, "closing_keys", ())
            if event.key in closing and not getattr(self.screen, "searching", False):
                self.pop_screen()
                return
            if not asking and len(self.screen_stack) == 1 and self._unbound(event):
                self.state = self.state.saying(
                    f"{event.character} does nothing here; ? shows every key."
                )
                return
        await super().on_event(event)

    def _learned(self, key: str) -> bool:
        """Whether a lesson is open that this key is of."""
        if not self.state.lesson or not self.shown.fits:
            return False
        from gradtui.app.learning import LESSON_KEYS  # not before the first paint

        if key not in LESSON_KEYS:
            return False
        with self.taken_back(self.state):
            self.state = LESSON_KEYS[key](self.state)
            if self.state.predicting:
                self._ask(PredictionQuestion())
        return True

    def _unbound(self, event: events.Key) -> bool:
        """Whether this is a character that no key of the main screen is."""
        return event.is_printable and event.key not in KEYS and self.shown.fits

    def action_interrupt(self) -> None:
        """ctrl+c copies what is selected, closes what is open; where nothing is, it quits."""
        if selected := self.screen.get_selected_text():
            self.copy_to_clipboard(selected)
            self.screen.clear_selection()
            self.state = self.state.saying(f"Sent to {clipboard()}.")
        elif len(self.screen_stack) > 1:
            self.pop_screen()
        elif self._question is not None:
            self.on_prompt_cancelled()
        else:
            self.effect_quit()

    def action_suspend_process(self) -> None:
        """To the shell; a browser has none."""
        if gate.is_shut():
            self.state = self.state.saying("There is no shell here to go back to; q leaves.")
        else:
            super().action_suspend_process()

    # -- the mouse

    def on_pane_pressed(self, message: Pane.Pressed) -> None:
        """A click does what a key does; while something is asked for, it only ends the question."""
        if self._question is None and len(self.screen_stack) == 1 and self.shown.fits:
            self._wheel.let_go()
            self._mean(mouse.clicked(self.state, self._spot(message)))

    def on_pane_turned(self, message: Pane.Turned) -> None:
        """So does the wheel."""
        if self._question is None and len(self.screen_stack) == 1 and self.shown.fits:
            self._mean(self._wheel.turned(self.state, self._spot(message), message.steps))

    def _spot(self, message: Pane.Pressed | Pane.Turned) -> mouse.Spot:
        return mouse.Spot(message.pane.id or "", message.x, message.y, message.pane.picture)

    def _mean(self, meant: mouse.Meant) -> None:
        if isinstance(meant, str):
            self.action_do(meant)
        elif meant is not None:
            self.state = meant(self.state.with_(message="", failed=False))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """While the prompt is open the keys are its own; where nothing is seen nothing is done."""
        if not self.shown.fits and (action, parameters) not in _EVEN_UNSEEN:
            return action not in ("do", "command_palette")
        return not (action == "do" and self._question is not None)

    def action_do(self, name: str) -> None:
        """Carry out one of `ACTIONS`."""
        self._wheel.let_go()
        with self.taken_back(self.state):
            self._do(BY_NAME[name])

    def _do(self, action: Action) -> None:
        quiet = self.state.with_(message="", failed=False)
        nothing_open = not (quiet.filter or quiet.held)
        if action.name == "unfilter" and nothing_open and self.stop_or_go_on():
            return
        if action.step is not None:
            self.state = action.step(quiet)
        elif action.view_key:
            self._press(quiet, action.view_key)
        else:
            self.state = quiet
            getattr(self, f"effect_{action.name}")()

    def _press(self, quiet: State, key: str) -> None:
        """A key of the view's own, or the letter of one of its knobs."""
        knob = steps.knob_on(quiet, key)
        if knob is None or steps.own_key(quiet, key) is not None:
            self.state = steps.press(quiet, key)
        else:
            self.state = quiet
            self._ask(KnobQuestion(knob, quiet))

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """The palette offers what the keys do here, and finds more by its name."""
        from gradtui.app.palette import found_by_name

        for action in offered(self.state):
            yield SystemCommand(
                spelled(action.title), action.group, partial(self.action_do, action.name)
            )
        for offer in found_by_name(self.state):
            yield SystemCommand(
                spelled(offer.title), offer.group, partial(self._take, offer), False
            )

    def _take(self, offer: Offer) -> None:
        """What was found by its name."""
        self.state = offer.step(self.state.with_(message="", failed=False))
        if offer.knob is not None:
            self._ask(KnobQuestion(offer.knob, self.state))

    def action_command_palette(self) -> None:
        """Open it; where it is open, it stays."""
        from gradtui.app.palette import Palette

        if not any(isinstance(screen, Palette) for screen in self.screen_stack):
            self.push_screen(Palette(id="--command-palette"))

    # -- what a key does that is no step of the state

    def effect_quit(self) -> None:
        """End."""
        self.exit(return_code=0)

    def effect_magnify(self) -> None:
        """Enlarge the picture around what is looked at."""
        from gradtui.plots.gaze import gazed_at

        drawn = self.shown.drawn
        centres = gazed_at(() if drawn is None else drawn.picture.plots)
        self.state = going.magnify(self.state, 1, centres)
