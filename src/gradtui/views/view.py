"""What a view is: a record that the app and the command line both draw from."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, NamedTuple, TypeVar

from gradtui.models.decay import Table as Table
from gradtui.models.finding import Finding
from gradtui.plots.picture import Picture, Row
from gradtui.progress import Tick
from gradtui.runs.shelf import SHELF
from gradtui.setup import CURSORS, FAMILIES, KNOBS, Knob, Setup, groups_of, roster_in

Result = TypeVar("Result")


class Size(NamedTuple):
    """Cells."""

    width: int
    height: int


class Moved(NamedTuple):
    """Where a key leads: another setup, maybe another view, and what is said of it."""

    setup: Setup
    view: str = ""
    message: str = ""


@dataclass(frozen=True, eq=False)
class Key:
    """A key of a view's own.

    Attributes:
        name: what it is called in the list of actions.
        keys: what Textual calls it.
        shown: what the user calls it.
        hint: a word or two for the bottom row.
        help: a line for the help.
        does: what it does; an InputError says why it cannot.
        offered: whether it does something in a setup.
    """

    name: str
    keys: tuple[str, ...]
    shown: str
    hint: str
    help: str
    does: Callable[[Setup], Moved]
    offered: Callable[[Setup], bool] = lambda setup: True


@dataclass(frozen=True, eq=False)
class Animation:
    """A cursor that moves by itself.

    Attributes:
        what: what plays.
        start: where it begins; at its end, where it starts over.
        frame: a step on.
        done: whether it is at its end.
        arrived: what is said there.
    """

    what: str
    start: Callable[[Setup], Setup]
    frame: Callable[[Setup], Setup]
    done: Callable[[Setup], bool]
    arrived: str


@dataclass(frozen=True, eq=False)
class View(Generic[Result]):
    """One way to look at a setup.

    `run` yields results, each better than the last: the first soon, the rest refine it. Between
    them it tells the tick how far it is, which may stop it. Whoever wants them calls `results`.
    A result depends only on the knobs that count; the `cursor` knob moves over it without a new
    run, unless the view `reads_cursor`. `defaults` are the command line's.

    Attributes:
        knobs: the names of its knobs, in the order in which they are shown.
        cursor: the name of the knob that says where the cursor stands.
        finding: the verdict on one of its subjects; None while the result cannot tell.
        walk: the setup with the cursor moved n steps to the right, in tens if asked.
        families: the models that it can ask; knobs of another family do not count.
        only_drawn: the knobs that say what is drawn of a result: a change of theirs needs no run.
        idle: the knobs that change nothing for this setup, beside those of other families.
        waiting: what is said as long as there is no result, where that is more than its title.
        foretold: what is said before it begins where it takes long; "" elsewhere.
        foretold_next: the same of what comes after a result.
        snippets: lines of code to paste that do what the result says, by framework.
        upright: the knob, one of `knobs`, that is the cursor's height, where it has one.
        climb: the setup with the cursor moved n steps up, in tens if asked.
        keys: the keys that only it has.
        animation: what plays, if something does.
        length: the knob that says how long the way is that it looks at.
        own_help: what a knob is, where it is something else here than in other views.
        hints: the names of the actions and keys that the bottom row shows, the first first.
        reads_cursor: whether a result depends on where the cursor stands too.
        has_all_subjects: whether a result has every subject, so that the focus only says which
            one is shown.
        zooms: whether its picture has an upright axis, which can be enlarged.
        enlarge: where something else can be enlarged instead: the setup with half of that in
            sight, n times.
        follows: the runs on the shelf that it shows, which may grow.
        measures: the numbers that the verdict on one of its subjects is judged by, the one that
            matters most first; log10_… is a logarithm, -inf an exact zero.
    """

    name: str
    title: str
    question: str
    knobs: tuple[str, ...]
    cursor: str
    run: Callable[[Setup, Tick], Iterator[Result]]
    draw: Callable[[Result, Setup, Size, str], Picture]
    readout: Callable[[Result, Setup, int], tuple[Row, ...]]
    finding: Callable[[Result, str], Finding | None]
    table: Callable[[Result], Table]
    walk: Callable[[Setup, int, bool], Setup]
    families: tuple[str, ...] = ()
    defaults: Mapping[str, Any] = field(default_factory=dict)
    only_drawn: tuple[str, ...] = ()
    idle: Callable[[Setup], frozenset[str]] = lambda setup: frozenset()
    waiting: Callable[[Setup], str] = lambda setup: ""
    foretold: Callable[[Setup], str] = lambda setup: ""
    foretold_next: Callable[[Result], str] = lambda result: ""
    snippets: Callable[[Result, Setup], Mapping[str, str]] | None = None
    upright: Callable[[Setup], str] | None = None
    climb: Callable[[Setup, int, bool], Setup] | None = None
    keys: tuple[Key, ...] = ()
    animation: Animation | None = None
    length: str = "depth"
    own_help: Mapping[str, str] = field(default_factory=dict)
    hints: tuple[str, ...] = ("left", "deeper", "toggle", "fix", "undo", "scenarios", "command")
    reads_cursor: bool = False
    has_all_subjects: bool = False
    zooms: bool = True
    enlarge: Callable[[Setup, int], Setup] | None = None
    follows: Callable[[Setup], tuple[str, ...]] = lambda setup: ()
    measures: Callable[[Result, str], Mapping[str, float]] = lambda result, name: {}

    # ------------------------------------------------------------- its knobs

    @property
    def all_knobs(self) -> tuple[Knob, ...]:
        """Its knobs, the cursor last."""
        return tuple(KNOBS[name] for name in (*self.knobs, self.cursor))

    def family(self, setup: Setup) -> str:
        """The family whose model it asks; "" if it asks none."""
        if setup.model in self.families:
            return setup.model
        return self.families[0] if self.families else ""

    def cursors(self, setup: Setup) -> tuple[str, ...]:
        """The knobs that say where the cursor stands."""
        return (self.cursor,) if self.upright is None else (self.cursor, self.upright(setup))

    def used(self, setup: Setup) -> tuple[str, ...]:
        """The knobs that count for this setup, the cursors not among them."""
        without = {*self.idle(setup), *self.cursors(setup)}
        others = {*FAMILIES} - {*groups_of(self.family(setup))}
        return tuple(
            name for name in self.knobs if name not in without and KNOBS[name].group not in others
        )

    def offered(self, setup: Setup) -> tuple[str, ...]:
        """The knobs that can be set: those that count, the cursors, those that switch the model."""
        idle = self.idle(setup)
        switching = tuple(
            name
            for name in self.knobs
            if KNOBS[name].group in self.families
            and name not in idle
            and KNOBS[name].group not in groups_of(self.family(setup))
        )
        return (*self.used(setup), *self.cursors(setup), *switching)

    def knob_of(self, letter: str, setup: Setup) -> Knob | None:
        """The knob that a letter means here: of those offered, the first."""
        for name in self.offered(setup):
            if KNOBS[name].letter == letter:
                return KNOBS[name]
        return None

    def keys_in(self, setup: Setup) -> tuple[Key, ...]:
        """Its own keys that do something in this setup."""
        return tuple(key for key in self.keys if key.offered(setup))

    # ---------------------------------------------------------- its subjects

    def roster(self, setup: Setup) -> Knob:
        """The knob of what is looked at or compared, which the app lists."""
        return KNOBS[roster_in(self.family(setup))]

    def subjects(self, setup: Setup) -> tuple[str, ...]:
        """What is compared, each with a verdict: its roster, or several ways to draw."""
        family = self.family(setup)
        if setup.comparing_in(family) in self.used(setup):
            return setup.compared_in(family)
        return setup.roster_of(family)

    def focused(self, setup: Setup) -> str:
        """The one of them that the verdict speaks of."""
        return setup.focus_of(self.subjects(setup))

    def wait_text(self, setup: Setup) -> str:
        """What is said as long as there is no result."""
        return self.waiting(setup) or f"Computing {self.title} …"

    def help_of(self, knob: Knob) -> str:
        """What a knob is, here."""
        return self.own_help.get(knob.name, knob.help)

    # ------------------------------------------------------------ its setups

    @property
    def default_setup(self) -> Setup:
        """Where the command line starts from."""
        return Setup.of(**self.defaults).clamped()

    def results(self, setup: Setup, tick: Tick) -> Iterator[Result]:
        """Run it, with every knob that does not count at its default: no result depends on it."""
        kept = ("focus", *self.used(setup), *CURSORS, *(KNOBS[name].within for name in CURSORS))
        values = {name: KNOBS[name].of(setup) for name in kept if name}
        values["model"] = self.family(setup) or setup.model
        return self.run(Setup.of(**values), tick)

    def versions(self, setup: Setup) -> tuple[int, ...]:
        """By what a result is told from that of the same runs before they grew."""
        return tuple(SHELF.version(name) for name in self.follows(setup))

    def key(self, setup: Setup) -> tuple[object, ...]:
        """What a result depends on: equal keys, equal results."""
        read = [*self.used(setup), *(self.cursors(setup) if self.reads_cursor else ())]
        if self.has_all_subjects and "focus" in read:
            read.remove("focus")
        counting = (name for name in read if name not in self.only_drawn)
        return (self.name, *(KNOBS[name].of(setup) for name in counting))

    def command(self, setup: Setup) -> list[str]:
        """The words of the command that prints exactly this picture."""
        roster = self.roster(setup)
        words = ["gradtui", self.name, *roster.of(setup)]
        for name in (*self.used(setup), *self.cursors(setup)):
            knob = KNOBS[name]
            if name == roster.name or (
                name == "focus" and self.focused(setup) == self.subjects(setup)[0]
            ):
                continue
            if knob.of(setup) != knob.of(self.default_setup):
                value = knob.text(setup)
                words += [f"{knob.flag}={value}"] if value.startswith("-") else [knob.flag, value]
        return words
