"""The pages that open over the plot: help, facts, lessons, scenarios, the command."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from itertools import groupby
from typing import ClassVar, TypeVar

from rich.console import Group, RenderableType
from rich.style import Style
from rich.table import Table
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Input, OptionList
from textual.widgets.option_list import Option

from gradtui.app import leaps, learning, searching
from gradtui.app.actions import Action, general_actions, idle_actions, own_actions
from gradtui.app.engine import Drawn
from gradtui.app.explaining import on_screen, reading
from gradtui.app.places import listed
from gradtui.app.state import State
from gradtui.app.words import Words
from gradtui.errors import printable
from gradtui.lessons import DERIVED, LESSONS, lesson_for
from gradtui.mathematics.activations import activation
from gradtui.views.cells import facts_of_cell
from gradtui.views.facts import facts
from gradtui.views.questions import QUESTIONS
from gradtui.views.scenarios import SCENARIOS

Chosen = TypeVar("Chosen")


class Page(ModalScreen[Chosen | None]):
    """A page of text that scrolls, closed by the key that opened it, escape or q."""

    AUTO_FOCUS = ""
    how: ClassVar[str] = "esc closes, ↑ ↓ scroll, / searches"
    closing_keys: ClassVar[tuple[str, ...]] = ("escape", "q", "question_mark", "enter")
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j,down", "scroll(1)", show=False),
        Binding("k,up", "scroll(-1)", show=False),
        Binding("space,pagedown", "page(1)", show=False),
        Binding("pageup", "page(-1)", show=False),
        Binding("home", "scroll(-1000000)", show=False),
        Binding("end", "scroll(1000000)", show=False),
        Binding("slash", "search", show=False),
    ]

    def __init__(self, title: str, body: RenderableType) -> None:
        super().__init__()
        self._title, self._body = title, body
        self._found = -1
        self.searching = False
        """Whether the keys go into the words that are looked for."""

    def compose(self) -> ComposeResult:
        """The text in a box."""
        with VerticalScroll(id="page") as box:
            box.border_title = self._title
            box.border_subtitle = self.how
            yield searching.Text(self._body, id="page-body")
        yield searching.SearchField()

    def follow(self, drawn: Drawn) -> None:
        """What is known of the picture by now, for a page that says something of it."""

    def update_body(self, body: RenderableType) -> None:
        """Another text on the same page."""
        self.query_one(searching.Text).update(body)

    def action_scroll(self, lines: int) -> None:
        """Down or up."""
        self.query_one("#page").scroll_relative(y=lines, animate=False, immediate=True)

    def action_search(self) -> None:
        """Ask what to look for."""
        self.searching = True
        field = self.query_one(searching.SearchField)
        field.value, field.display = "", True
        field.focus()

    def action_search_no_more(self) -> None:
        """The keys are the page's again."""
        self.searching = False
        self.query_one(searching.SearchField).display = False
        self.set_focus(None)
        self._found = -1
        self.query_one(searching.Text).mark(-1)
        self.query_one("#page").border_subtitle = self.how

    def on_input_changed(self, event: Input.Changed) -> None:
        """The first line that has it."""
        self._found = -1
        self.action_find(1)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """The next one."""
        self.action_find(1)

    def action_find(self, steps: int) -> None:
        """Go n lines that have it further."""
        words = self.query_one(searching.SearchField).value.strip()
        text, box = self.query_one(searching.Text), self.query_one("#page")
        lines = text.lines_with(words) if words else []
        if not lines:
            text.mark(-1)
            missing = f"'{words}' is not on this page" if words else "type what to look for"
            box.border_subtitle = printable(f"{missing}, esc ends the search")
            return
        self._found = (self._found + steps) % len(lines)
        box.border_subtitle = (
            f"{self._found + 1} of {len(lines)}, ↑ ↓ the others, esc ends the search"
        )
        text.mark(lines[self._found])
        middle = lines[self._found] - box.size.height // 2
        box.scroll_to(y=max(middle, 0), animate=False, immediate=True)

    def action_page(self, pages: int) -> None:
        """A page down or up."""
        box = self.query_one("#page")
        box.scroll_relative(y=pages * max(1, box.size.height - 1), animate=False, immediate=True)


def help_page(state: State, styles: dict[str, Style], headings: str = "") -> Page[None]:
    """This view: what is on its screen, its keys, how to read it; then what all views have.

    The headings are those of its picture and readout.
    """
    own, general = _groups(state)
    parts = [*on_screen(state, styles, headings), *_keys(own, styles), *reading(state, styles)]
    end = [*_keys(general, styles), *_lesson_keys(styles), *_mouse(styles)]
    return Page(f"help: {state.view}", Group(*parts, *end))


_LESSON = (
    ("→ space", "the next step; what may be guessed first is asked, and enter alone shows it"),
    ("← home end", "a step back; the first; the last"),
    (learning.LANGUAGE, "English or Korean"),
    ("esc", "leaves the lesson, which is kept where it is; o goes on with it"),
)
"""What keys do while a lesson is open."""


def _lesson_keys(styles: dict[str, Style]) -> Iterator[RenderableType]:
    keys = Table.grid(padding=(0, 1))
    for key, does in _LESSON:
        keys.add_row(Words(f"  {key:<10}", styles["key"]), Words(does))
    yield from (Words("In a lesson (o)", styles["title"]), keys, Words())


_MOUSE = (
    ("a view", "above: opens it"),
    ("a name", "in the list: chooses it; on the mark before it, into or out of the comparison"),
    ("a knob", "asks for it; the wheel turns it"),
    ("the picture", "puts the cursor there; the wheel moves it"),
    ("a line", "of the readout: the verdict of that one; the wheel goes through them"),
    ("a key", "in the bottom row, the verdict's f and v: what the key does"),
)
"""What a click does, and the wheel."""


def _mouse(styles: dict[str, Style]) -> Iterator[RenderableType]:
    """What clicks do, where the mouse is taken: not over SSH unless asked for."""
    clicks = Table.grid(padding=(0, 1))
    for what, does in _MOUSE:
        clicks.add_row(Words(f"  {what:<11}", styles["key"]), Words(does))
    title = "The mouse (over SSH with --mouse on): a click on"
    yield from (Words(title, styles["title"]), clicks, Words())


def _keys(
    groups: Iterable[tuple[str, list[Action]]], styles: dict[str, Style]
) -> Iterator[RenderableType]:
    """The keys of these groups, from the registry that binds them."""
    for group, actions in groups:
        keys = Table.grid(padding=(0, 1))
        for action in actions:
            words = Words(action.help)
            if action.allowed:
                words.append(f" ({action.allowed})", styles["muted"])
            keys.add_row(Words(f"  {action.shown:<10}", styles["key"]), words)
        yield from (Words(group, styles["title"]), keys, Words())


_Groups = list[tuple[str, list[Action]]]


def _groups(state: State) -> tuple[_Groups, _Groups]:
    """The actions of this view, and those of all, by what they have to do with: what acts here."""
    own, view = own_actions(state), state.view
    how = "the letter, then ↑ ↓, PgUp PgDn by factor, or type"
    here = [
        (f"Knobs of {view}: {how}", [action for action in own if action.group == "Knobs"]),
        (f"Keys of {view}", [action for action in own if action.group != "Knobs"]),
        (f"Knobs of {view} that change nothing in this setup", idle_actions(state)),
    ]
    everywhere = [
        (group, list(actions))
        for group, actions in groupby(general_actions(state), lambda action: action.group)
    ]
    return [group for group in here if group[1]], everywhere


class SnippetsPage(Page[None]):
    """Lines of code, by framework; those of the first are on the clipboard already."""

    closing_keys = (*Page.closing_keys, "L")
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(str(at), f"copy({at})", show=False) for at in range(1, 10)
    ]

    def __init__(self, snippets: Mapping[str, str], styles: dict[str, Style]) -> None:
        self._snippets = snippets
        body = Words()
        for at, (framework, code) in enumerate(snippets.items(), 1):
            body.append(f"{at} ", styles["key"])
            body.append(f"{framework}\n", styles["title"])
            body.append(f"{code}\n\n", styles["key"])
        super().__init__(self._sent(next(iter(snippets))), body)

    def _sent(self, framework: str) -> str:
        others = [f"{at} {name}" for at, name in enumerate(self._snippets, 1) if name != framework]
        return ", ".join([f"copied: {framework}", *others])

    def action_copy(self, number: int) -> None:
        """Those of another framework."""
        if number <= len(self._snippets):
            framework = [*self._snippets][number - 1]
            self.app.copy_to_clipboard(self._snippets[framework])
            self.query_one("#page").border_title = self._sent(framework)


class VerdictsPage(Page[None]):
    """The verdict of everything that is compared."""

    closing_keys = (*Page.closing_keys, "v")

    def __init__(self, said: Callable[[Drawn | None], RenderableType], drawn: Drawn | None) -> None:
        self._said, self._drawn = said, drawn
        super().__init__("verdicts", said(drawn))

    def follow(self, drawn: Drawn) -> None:
        """What is known by now."""
        before, self._drawn = self._drawn, drawn
        same = before is not None and drawn.result is before.result
        if not same or before is None or (drawn.progress >= 1) != (before.progress >= 1):
            self.update_body(self._said(drawn))


class InfoPage(Page[str]):
    """The facts of an activation or of a cell, and the way to its lesson."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("right,o", "learn", show=False)]
    closing_keys = (*Page.closing_keys, "i")

    def __init__(self, spec: str, styles: dict[str, Style], *, cell: bool = False) -> None:
        found = facts_of_cell(spec) if cell else facts(activation(spec))
        table = Table.grid(padding=(0, 2))
        for name, value in found:
            table.add_row(Words(name, styles["muted"]), Words(value))
        self._lesson = lesson_for(spec if cell else activation(spec).name)
        way = Words("\n")
        if self._lesson is None:
            way.append(f"There are lessons about {listed(DERIVED)}: o, in the picture.")
        else:
            steps = f", {len(self._lesson.steps)} steps beside the picture"
            way.append("→ ", styles["key"])
            way.append(f"its lesson: {self._lesson.title.en}{steps}", styles["title"])
        super().__init__(spec if cell else activation(spec).spec, Group(table, way))

    def action_learn(self) -> None:
        """Its lesson."""
        if self._lesson is not None:
            self.dismiss(self._lesson.name)


CHOICE_KEYS = "1234567890abcdefghilmnoprtuvwxyz"
"""The key of each of a list; j and k move, q and the key that opened it close."""


class ChoicePage(ModalScreen[Chosen | None]):
    """A list to choose from by key or arrow.

    Args:
        title: over it.
        entries: what is chosen, its title and what is said of it.
        styles: the style of each role.
    """

    AUTO_FOCUS = "#choices"
    opens: ClassVar[str]
    """The key that opened it, which closes it too."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "dismiss", show=False),
        *(Binding(key, f"choose({at})", show=False) for at, key in enumerate(CHOICE_KEYS)),
        Binding("j", "down", show=False),
        Binding("k", "up", show=False),
    ]

    def __init__(
        self,
        title: str,
        entries: Sequence[tuple[Chosen, str, str]],
        styles: dict[str, Style],
    ) -> None:
        super().__init__()
        self._title, self._entries, self._styles = title, entries, styles

    def compose(self) -> ComposeResult:
        """The list in a box."""
        options = []
        for at, (_, title, look) in enumerate(self._entries):
            line = Table.grid(padding=(0, 1))
            line.add_row(
                Words(CHOICE_KEYS[at : at + 1], self._styles["key"]),
                Words(title, self._styles["title"]),
            )
            line.add_row("", Words(look, self._styles["muted"]))
            options.append(Option(line))
        box = OptionList(*options, id="choices", markup=False)
        box.border_title = self._title
        box.border_subtitle = "key or enter chooses, esc closes"
        yield box

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Enter."""
        self.action_choose(event.option_index)

    def action_choose(self, index: int) -> None:
        """Its key."""
        if index < len(self._entries):
            self.dismiss(self._entries[index][0])

    def action_down(self) -> None:
        """As the arrow."""
        self.query_one(OptionList).action_cursor_down()

    def action_up(self) -> None:
        """As the arrow."""
        self.query_one(OptionList).action_cursor_up()


class ScenariosPage(ChoicePage[int]):
    """The scenarios."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("s", "dismiss", show=False)]

    def __init__(self, styles: dict[str, Style]) -> None:
        entries = [(at, one.title, one.look) for at, one in enumerate(SCENARIOS)]
        super().__init__("scenarios", entries, styles)


Step = Callable[[State], State]


class LessonsPage(ChoicePage[Step]):
    """The lessons, with how far each was gone through; then the questions."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("o", "dismiss", show=False)]

    def __init__(self, state: State, styles: dict[str, Style]) -> None:
        learned = dict(state.learned)
        entries: list[tuple[Step, str, str]] = []
        for name, lesson in LESSONS.items():
            total, at = len(lesson.steps), learned.get(name, 0)
            far = f"step {min(at, total)} of {total}" if at else f"{total} steps"
            about = f", about {listed(lesson.activations)}" if lesson.activations else ""
            opens = partial(learning.opened, name=name)
            entries.append((opens, lesson.title.in_(state.told_in), f"{far}{about}"))
        for question in QUESTIONS:
            asks = partial(leaps.question, name=question.name)
            entries.append((asks, question.asked.in_(state.told_in), "a question"))
        super().__init__("lessons and questions", entries, styles)
