"""The whole state of the app as one frozen value, and how another setup changes it."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from gradtui import settings
from gradtui.errors import InputError, printable
from gradtui.plots.ascii import only_ascii_is_shown
from gradtui.plots.zoom import WHOLE, Zoom
from gradtui.runs.shelf import SHELF
from gradtui.setup import CHOICE, COMPARABLE, CURSORS, FAMILIES, KNOBS, Knob, Setup
from gradtui.setup.naming import in_app
from gradtui.views import VIEWS
from gradtui.views.tour import TOUR
from gradtui.views.view import View

UNDO_DEPTH = 200
START_VIEW = "decay"
"""The view of a state that says nothing else; at the first start the tour's first one opens."""
THEMES = ("dark", "light", "contrast", "terminal")

_FIRST = VIEWS[START_VIEW].default_setup


@dataclass(frozen=True)
class Moment:
    """What undo goes back to."""

    view: str
    setup: Setup
    touched: frozenset[str]


@dataclass(frozen=True)
class State:
    """Everything the screen shows, but for results.

    `highlight` is what stands at the list's cursor; `filter` narrows the list; `message`
    stands in the bottom row until the next key. `before` and `after` are the views that back and
    forward lead to, the nearest last. A `newcomer` is told where to go on. What is in sight of
    the picture's height `zoom` says, until another view is entered. The only one chosen is `held`
    for the list's cursor to leave it. `touched` are the knobs that somebody set, but for those that
    `own` finds in this view. `arrivals` counts the times that something wholly else was asked for
    within a view. `lesson` is the one that is open, and `learned` has the step at which each was
    left; while `predicting`, the number that the next step shows is asked for. `absent` are the
    texts of knobs whose files could not be read at the start: they are kept until somebody sets
    these knobs. `asked` is the question whose answer is waited for;
    `explained` a title and what was said to it, of a view and a setup.
    """

    setup: Setup = _FIRST
    view: str = START_VIEW
    highlight: str = VIEWS[START_VIEW].roster(_FIRST).of(_FIRST)[0]
    filter: str = ""
    theme: str = THEMES[0]
    playing: bool = False
    message: str = ""
    failed: bool = False
    past: tuple[Moment, ...] = ()
    future: tuple[Moment, ...] = ()
    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    newcomer: bool = False
    zoom: Zoom = WHOLE
    held: bool = False
    touched: frozenset[str] = frozenset()
    arrivals: int = 0
    lesson: str = ""
    learned: tuple[tuple[str, int], ...] = ()
    language: str = field(default_factory=settings.language)
    predicting: bool = False
    absent: tuple[tuple[str, str], ...] = ()
    asked: str = ""
    explained: tuple[str, str, str, Setup] | None = None

    @property
    def record(self) -> View[Any]:
        """The record of the view that is open."""
        return VIEWS[self.view]

    @property
    def roster(self) -> Knob:
        """The knob whose values the list shows."""
        return self.record.roster(self.setup)

    @property
    def chosen(self) -> tuple[str, ...]:
        """Those of the list that are looked at or compared."""
        values: tuple[str, ...] = self.roster.of(self.setup)
        return values

    @property
    def step(self) -> int:
        """Where the lesson that is open is."""
        return dict(self.learned).get(self.lesson, 1)

    def without_lesson(self) -> State:
        """The same state, with no lesson open."""
        return self.with_(lesson="", predicting=False)

    @property
    def told_in(self) -> str:
        """The language of lessons and answers: English where no other can be shown."""
        return "en" if only_ascii_is_shown() else self.language

    @property
    def loose(self) -> bool:
        """Whether the list's cursor moves without choosing: several are chosen, or one is held."""
        return self.held or len(self.chosen) > 1

    @property
    def own(self) -> frozenset[str]:
        """The knobs that somebody set, here or before: every other is as the view starts with.

        With them goes what they mean nothing without.
        """
        first = self.record.default_setup
        names = self.touched | {
            knob.name
            for knob in KNOBS.values()
            if not knob.cursor and knob.of(self.setup) != knob.of(first)
        }
        names = names.union(*(KNOBS[name].brings(KNOBS[name].of(self.setup)) for name in names))
        if any(KNOBS[name].group in CHOICE for name in names):
            names |= {"model"}
        if "focus" in names and self.setup.focus in self.chosen:
            names |= {self.roster.name}
        for name, family in FAMILIES.items():
            if self.setup.comparing_in(name):
                names |= {family.roster}
        # A cursor may stand elsewhere only because there is less to walk over.
        still = _as_started(self.record, self.setup, names)
        return names | {
            name for name in CURSORS if KNOBS[name].of(self.setup) != KNOBS[name].of(still)
        }

    @property
    def listed(self) -> tuple[str, ...]:
        """What is in the list: all that there is, and the chosen ones with other parameters.

        Of those a filter leaves what has it in one of its names, what it names exactly in front.
        """
        roster = self.roster
        names = list(roster.words())
        for spec in reversed(self.chosen):
            if spec not in names:
                name = spec.partition("(")[0]  # a formula begins with none, and comes last
                names.insert(names.index(name) + 1 if name in names else len(names), spec)
        exactly = self.named(self.filter)
        fitting = [name for name in names if name != exactly and _has(roster, name, self.filter)]
        return (exactly, *fitting) if exactly else tuple(fitting)

    def named(self, text: str) -> str:
        """What of the list a text names, with the parameters that it gives it; "" if nothing."""
        try:
            names: tuple[str, ...] = self.roster.parse(text)
        except InputError:
            return ""
        return names[0] if len(names) == 1 else ""

    def with_(self, **changes: object) -> State:
        """A copy with those fields changed."""
        return dataclasses.replace(self, **changes)  # type: ignore[arg-type]

    def touching(self, names: Iterable[str]) -> State:
        """The same state, with these knobs set by somebody, also to what they were."""
        return self.with_(touched=self.touched.union(names))

    def saying(self, message: str, *, failed: bool = False) -> State:
        """The same state with a message in the bottom row."""
        return self.with_(message=printable(message), failed=failed)


def _has(roster: Knob, spec: str, text: str) -> bool:
    """Whether a text stands in one of something's names; case, - and _ do not matter."""
    names = (spec, *roster.called(spec))
    return any(_letters(text) in _letters(name) for name in names)


def _letters(name: str) -> str:
    return name.lower().replace("-", "").replace("_", "")


def first_start() -> State:
    """Where the note begins: the sigmoid's derivative, and three layers of it in the chain."""
    view = next(iter(TOUR))
    setup = VIEWS[view].default_setup
    state = State(setup=setup, view=view, highlight=VIEWS[view].roster(setup).of(setup)[0])
    return state.with_(newcomer=True).saying(TOUR[view])


def watching(paths: tuple[str, ...]) -> State:
    """Where somebody watches runs, which need not be there yet."""
    for path in paths:
        SHELF.know(path)
    view = next(view for view in VIEWS.values() if "runs" in view.knobs)
    setup = view.default_setup.with_(runs=paths)
    return State(setup=setup, view=view.name, highlight=paths[0])


def entered(state: State, view: str) -> State:
    """Another view, on the way that back and forward go along."""
    if view == state.view:
        return state
    before = (*state.before, state.view)[-UNDO_DEPTH:]
    return opened(state, view).with_(before=before, after=())


def opened(state: State, view: str) -> State:
    """A view with the knobs that somebody set, and every other as it starts with."""
    names = state.own
    setup = _as_started(VIEWS[view], state.setup, names)
    there = state.with_(view=view, setup=setup, touched=names, playing=False, zoom=WHOLE)
    if there.roster == state.roster and there.chosen == state.chosen:
        return there
    listed = there if there.roster == state.roster else there.with_(filter="")
    return listed.with_(highlight=there.chosen[0], held=False)


def _as_started(view: View[Any], setup: Setup, names: Iterable[str]) -> Setup:
    """What a view starts with, but for these knobs, which are as in the setup."""
    kept = view.default_setup.with_(**{name: KNOBS[name].of(setup) for name in names}).clamped()
    return kept if kept.focus in kept.compared else kept.with_(focus="")


def _but_for_cursors(one: Setup, other: Setup) -> bool:
    """Whether two setups are the same, wherever somebody looks."""
    return one.with_(**{name: KNOBS[name].of(other) for name in CURSORS}) == other


# ----------------------------------------------------------------- a change


def changed(state: State, setup: Setup, view: str | None = None) -> State:
    """The state with another setup, the old one kept for undo. A cursor's move is not kept.

    A setup that leads into another view is set as a whole.
    """
    view = view or state.view
    asked = setup.clamped()
    setup = _comparing_one_kind(asked, state.setup)
    if _but_for_cursors(setup, state.setup) and view == state.view:
        return state.with_(setup=setup)
    setup.checked(VIEWS[view].family(setup))
    past = (*state.past, Moment(state.view, state.setup, state.touched))[-UNDO_DEPTH:]
    done = entered(state, view).with_(setup=setup, past=past, future=())
    same = done.roster == state.roster
    held = same and state.held and done.chosen == state.chosen
    first = not same or (len(done.chosen) == 1 and not state.filter and not held)
    done = done.with_(held=held, highlight=done.chosen[0] if first else state.highlight)
    if view != state.view:
        done = done.touching(done.record.offered(setup))
    return done.saying(given_up) if (given_up := _given_up(asked, setup)) else done


def _given_up(asked: Setup, setup: Setup) -> str:
    """What is not compared any more, as only one kind of thing can be; "" if all is."""
    knobs = (KNOBS[name] for name in COMPARABLE)
    lost = [
        (knob.label, [value for value in knob.of(asked) if value not in knob.of(setup)])
        for knob in knobs
    ]
    parts = [f"{label} {', '.join(values)}" for label, values in lost if values]
    what = "; ".join(parts)
    return f"Given up, as one kind is compared at a time: {what}. u brings it back." if what else ""


def _comparing_one_kind(setup: Setup, before: Setup) -> Setup:
    """The setup with one kind of thing compared, and the focus on one of them.

    That is several of a family's roster, or several values of another of its knobs, whichever came
    last.
    """
    for family in FAMILIES.values():
        knobs = [KNOBS[name] for name in (family.roster, *family.compares)]
        several = [knob for knob in knobs if len(knob.of(setup)) > 1]
        fresh = [knob for knob in several if knob.of(setup) != knob.of(before)]
        for knob in several:
            if knob is not (fresh or several)[-1]:
                setup = setup.with_(**{knob.name: (setup.focus_of(knob.of(setup)),)})
    return setup if setup.focus in setup.compared else setup.with_(focus="")


def guarded(state: State, setup: Setup) -> State:
    """`changed`, or the unchanged state with the reason why not."""
    try:
        return changed(state, setup)
    except InputError as error:
        return state.saying(in_app(error), failed=True)
