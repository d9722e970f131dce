"""What stands on the main screen: the panes, the picture that was asked for, the last that came."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from rich.style import Style
from textual.widget import Widget

from gradtui.app import panes
from gradtui.app.engine import Drawn, Request
from gradtui.app.flow_control import FlowControl
from gradtui.app.pane import Pane
from gradtui.app.state import State
from gradtui.plots.picture import Picture, row
from gradtui.views.columns import undecided
from gradtui.views.view import Size

_NAMES = ("too-small", "top", "side", "plot", "readout", "verdict", "bottom")


class Display:
    """The panes of the main screen, and what is shown in them.

    Args:
        styles: the style of each role.
        marker: what curves are drawn with.
        submit: asks for a picture.
        ask_terminal: asks the terminal for an answer behind the next paint.
    """

    def __init__(
        self,
        styles: dict[str, Style],
        marker: str,
        submit: Callable[[Request], None],
        ask_terminal: Callable[[], None],
    ) -> None:
        self.panes = {name: Pane(name, styles) for name in _NAMES}
        self.flow = FlowControl(self._show_pictures, ask_terminal)
        self.cells = Size(0, 0)
        """The size of the terminal."""
        self._marker = marker
        self._submit = submit
        self._areas: panes.Areas | None = None
        self._request: Request | None = None
        self._drawn: Drawn | None = None
        self._complaint = ""
        self._echo: tuple[str, ...] = ()
        self._notice = ("", "title")
        self._waited = 1.0
        """How far that is of which there is no picture yet; 1 while nothing is known of it."""

    def _show_pictures(self, pictures: Mapping[str, Picture]) -> bool:
        changed = [self.panes[name].show(picture) for name, picture in pictures.items()]
        return any(changed)

    @property
    def fits(self) -> bool:
        """Whether the terminal is large enough."""
        least = panes.MIN_SIZE
        return self.cells.width >= least.width and self.cells.height >= least.height

    @property
    def drawn(self) -> Drawn | None:
        """The last picture of what was asked for; None while there is none."""
        drawn = self._drawn
        return drawn if drawn is not None and drawn.request == self._request else None

    @property
    def last(self) -> Drawn | None:
        """The last picture that came, of whatever was asked for."""
        return self._drawn

    @property
    def finished(self) -> Drawn | None:
        """The final picture of what was asked for; None while there is none."""
        return self.drawn if self.drawn is not None and self.drawn.progress >= 1 else None

    @property
    def request(self) -> Request | None:
        """What is asked for."""
        return self._request

    @property
    def stopped(self) -> bool:
        """Whether it was stopped."""
        return self.drawn is not None and self.drawn.stopped

    @property
    def progress(self) -> float:
        """How far it is; 1 while nothing is known of it."""
        return self._waited if self.drawn is None else self.drawn.progress

    def select_with_mouse(self, taken: bool) -> None:
        """Whether the mouse is ours, and text can be selected only with our help."""
        for pane in self.panes.values():
            pane.takes_mouse = taken

    def restyle(self, styles: dict[str, Style]) -> None:
        """Give the roles other colours."""
        for pane in self.panes.values():
            pane.restyle(styles)

    @property
    def areas(self) -> panes.Areas | None:
        """How the cells are shared out."""
        return self._areas

    def lay_out(self, state: State, main: Widget) -> panes.Areas:
        """Share out the cells; a style that is set, even to what it was, repaints everything."""
        curves = len(state.record.subjects(state.setup))
        areas = panes.areas(self.cells, curves, lesson=bool(state.lesson))
        if areas != self._areas:
            self._areas = areas
            for name in ("side", "plot", "readout", "verdict"):
                area: Size = getattr(areas, name)
                pane = self.panes[name]
                pane.styles.width, pane.styles.height = area
            main.styles.height = areas.side.height
        return areas

    def show_too_small(self) -> None:
        """What to do when there is no room."""
        self.flow.send("too-small", panes.too_small(self.cells))

    def show(self, state: State, main: Widget) -> None:
        """Lay out, show what is known already, and ask for the rest."""
        areas = self.lay_out(state, main)
        self.flow.send("side", panes.side(state, areas.side))
        self.flow.send("bottom", panes.bottom(state, self.cells.width))
        self._heed(panes.notice(state, self.cells.width), "bad" if state.failed else "title")
        request = Request(
            state.view,
            state.setup,
            areas.plot,
            self.cells.width,
            self._marker,
            state.zoom,
            state.record.versions(state.setup),
        )
        if request != self._request:
            self._request, self._waited = request, 1.0
            self._submit(request)
        self.show_top(state)

    def _heed(self, notice: str, role: str) -> None:
        """Show what was just done over the bottom row, where that has no room for it."""
        if (notice, role) != self._notice:
            self._notice = notice, role
            self._show_verdict()

    def enter(self, state: State, before: Drawn | None) -> None:
        """Nothing of the view or the scenario before stands under the name of another.

        To be called a moment after that was entered, with the picture that stood there then:
        what is there by now was sent once.
        """
        stale = self._drawn is before and self.drawn is None
        if self._areas is None or self._drawn is None or not stale:
            return
        self._drawn = None
        self.flow.send("plot", panes.entering(state, self._areas.plot))
        self.flow.send("readout", Picture.of([row((" …", "muted"))], *self._areas.readout))
        self._show_verdict()

    def go_on(self, state: State) -> None:
        """What was stopped is computed again; what was known of it stays until there is more."""
        if self._drawn is None or self._areas is None:
            return
        if self._drawn.result is None:
            self._drawn = None
            self.flow.send("plot", panes.entering(state, self._areas.plot))
        else:
            self._drawn = replace(self._drawn, stopped=False)

    def show_top(self, state: State) -> None:
        """The views, and how far the picture is."""
        top = panes.top(state, self.cells.width, self.progress, stopped=self.stopped)
        self.flow.send("top", top)

    def take(self, drawn: Drawn) -> bool:
        """Take a picture that came; false if it is not the one that is wanted."""
        if drawn.request != self._request or self._areas is None:
            return False
        if drawn.silent:
            self._waited = drawn.progress
        else:
            self._drawn = drawn
        return True

    def show_drawn(self) -> None:
        """Show the picture that was taken."""
        if self._drawn is not None and self._areas is not None:
            self.flow.send("plot", self._drawn.picture)
            known, rows = self._drawn.progress >= 1, self._drawn.readout
            room = self._areas.readout
            fitted = panes.marked_where_cut(rows if known else undecided(rows), room)
            readout = Picture.of(fitted, *room)
            self.flow.send("readout", readout)
            self._show_verdict()

    def complain(self, text: str) -> None:
        """Say over the prompt what is wrong with what was typed; nothing takes it back."""
        self._complaint = text
        self._show_verdict()

    def echo(self, lines: tuple[str, ...]) -> None:
        """Show how that reads which is typed."""
        if lines != self._echo:
            self._echo = lines
            self._show_verdict()

    @property
    def complaint(self) -> str:
        """What is said to be wrong."""
        return self._complaint

    def _show_verdict(self) -> None:
        if self._areas is not None:
            drawn = self._drawn
            notice = (self._complaint, "bad") if self._complaint else self._notice
            picture = panes.verdict(
                None if drawn is None else drawn.finding,
                self._areas.verdict,
                *notice,
                echo=() if self._complaint else self._echo,
                final=drawn is None or drawn.progress >= 1,
            )
            self.flow.send("verdict", picture)
