"""The command palette: what is found by its name, and a cursor that stands still."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from textual.command import CommandPalette
from textual.fuzzy import Matcher
from textual.system_commands import SystemCommandsProvider
from textual.widgets import Input

from gradtui.app import going, leaps, learning, steps
from gradtui.app.places import views_with
from gradtui.app.state import State, guarded
from gradtui.lessons import LESSONS
from gradtui.lessons.glossary import GLOSSARY
from gradtui.lessons.term import Term
from gradtui.mathematics.blocks.families import BLOCKS, Preset
from gradtui.mathematics.initialisation import INITIALISATIONS
from gradtui.mathematics.precision import FORMATS
from gradtui.mathematics.recurrent.arrays import GATED
from gradtui.mathematics.recurrent.cell_recipes import CELL_INITIALISATIONS
from gradtui.setup import KNOBS, RECIPE, Knob
from gradtui.setup.network import BLOCK
from gradtui.views import VIEWS
from gradtui.views.questions import QUESTIONS
from gradtui.views.scenarios import SCENARIOS


@dataclass(frozen=True)
class Offer:
    """Something that the palette finds: its title, and where it leads.

    Attributes:
        knob: the knob whose value is asked for there; None if none is.
    """

    title: str
    group: str
    step: Callable[[State], State]
    knob: Knob | None = None


def found_by_name(state: State) -> Iterator[Offer]:
    """What has a name: of the list, recipes, scenarios, lessons, questions, terms, other knobs."""
    kind = state.roster.label
    for name in state.roster.words():
        alone = f"{name}: this {kind.removesuffix('s')} alone"
        yield Offer(alone, kind.capitalize(), partial(_alone, name=name))
        if name not in state.chosen:
            title = f"compare with {name}"
            yield Offer(title, kind.capitalize(), partial(_into_comparison, name=name))
    for scheme in INITIALISATIONS.values():
        others = {called.rstrip("_") for called in (*scheme.also_called, *scheme.meant_by)}
        named = ", ".join(sorted(others - {scheme.name}))
        title = f"{scheme.name}{named and f' ({named})'}: weights drawn so, {scheme.formula}"
        yield Offer(title, "Initialisations", partial(_drawn, name=scheme.name))
    for block in BLOCKS.values():
        named = ", ".join(sorted({*block.also_called, *block.meant_by} - {block.name}))
        what = block.title if isinstance(block, Preset) else block.formula
        title = f"{block.name}{named and f' ({named})'}: each one a block, {what}"
        yield Offer(title, "Blocks", partial(_drawn, name=block.name, knob=BLOCK))
    for recipe in CELL_INITIALISATIONS.values():
        named = ", ".join(recipe.also_called)
        title = f"{recipe.name}{named and f' ({named})'}: cells drawn so, {recipe.formula}"
        yield Offer(title, "Initialisations of cells", partial(_cells_drawn, name=recipe.name))
    for cell in GATED if kind != "cells" else ():
        title = f"{cell}: this recurrent cell, through time"
        yield Offer(title, "Cells", partial(_drawn, name=cell, knob="cells"))
    for format in FORMATS:
        title = f"{format.name} ({_CALLED[format.name]}): where it loses a gradient"
        yield Offer(title, "Number formats", partial(_in_format, name=format.name))
    for index, scenario in enumerate(SCENARIOS):
        yield Offer(
            f"scenario: {scenario.title}", scenario.look, partial(leaps.scenario, index=index)
        )
    for name, lesson in LESSONS.items():
        title = f"lesson: {lesson.title.en} ({name})"
        yield Offer(title, "Lessons", partial(learning.opened, name=name))
    for question in QUESTIONS:
        step = partial(leaps.question, name=question.name)
        yield Offer(f"question: {question.asked.en}", "Questions", step)
    for term in GLOSSARY:
        names = ", ".join(term.names[1:])
        title = f"glossary: {term.name}{names and f' ({names})'}"
        yield Offer(title, "What it means", partial(_explained, term=term))
    for name, view in _elsewhere(state).items():
        knob = KNOBS[name]
        title = (
            f"{knob.label}: {VIEWS[view].help_of(knob)}, in {view}  ({knob.letter}, {knob.flag})"
        )
        yield Offer(title, "Knobs of other views", partial(going.switched, view=view), knob)


def _alone(state: State, name: str) -> State:
    return steps.only(state.with_(filter="", highlight=name))


def _into_comparison(state: State, name: str) -> State:
    return steps.toggle(state.with_(filter="", highlight=name))


def _drawn(state: State, name: str, knob: str = RECIPE) -> State:
    """Weights drawn by a recipe, or a cell, in this view or the first that has them."""
    views = views_with(lambda view: knob in view.knobs)
    there = state if state.view in views else going.switched(state, views[0])
    return steps.set_knob(there, knob, name)


def _cells_drawn(state: State, name: str) -> State:
    """Cells drawn by a recipe: of those looked at the ones that can be."""
    there = state if "cell_init" in state.record.knobs else going.switched(state, "time")
    setup = there.setup.with_(cell_init=(name,))
    if CELL_INITIALISATIONS[name].like == "chrono":
        gated = tuple(cell for cell in there.setup.recurrent.cells if cell in GATED)
        setup = setup.with_(cells=gated or ("lstm",), forget_bias=None)
    done = guarded(there, setup)
    return done if done.failed else done.touching(("cells", "cell_init"))


_CALLED = {
    "float16": "fp16, half",
    "bfloat16": "bf16",
    "float32": "fp32, single",
    "float64": "fp64, double",
}
"""Other names of the number formats."""


def _in_format(state: State, name: str) -> State:
    """The view that says what becomes of a gradient in each format."""
    told = f"T lists layer by layer what becomes of the gradient in {name}; ? explains the columns."
    first, *_ = views_with(lambda view: "loss_scale" in view.knobs)
    return going.switched(state, first).saying(told)


def _explained(state: State, term: Term) -> State:
    """What a term means."""
    said = term.said.in_(state.told_in)
    there = leaps.explained(state, term.name, said)
    return there.saying(f"{term.name}: {said}")


def _elsewhere(state: State) -> dict[str, str]:
    """The knobs that cannot be set here, each with the first view in which it can."""
    here = state.record.offered(state.setup)
    views: dict[str, str] = {}
    for view in VIEWS.values():
        for name in view.offered(state.setup):
            if name not in here and view.knob_of(KNOBS[name].letter, state.setup) == KNOBS[name]:
                views.setdefault(name, view.name)
    return views


class Words(Matcher):
    """Textual's, but letters that are scattered over the title are no match."""

    def match(self, candidate: str) -> float:
        """How well it fits; 0 unless each word that is typed stands in it."""
        if _ways(candidate)[:1] == [self.query]:
            return _BY_KEY
        words = _alike(candidate)
        fits = all(word in words for word in _alike(self.query).split())
        # Words in another order than in the title are found too.
        return max(super().match(candidate), 0.01) if fits else 0.0


_BY_KEY = 1000.0
"""How well a title fits of which the key was typed: before all that have that letter."""


def _ways(title: str) -> list[str]:
    """The key, and the flag, at the end of a title."""
    _, opened, ways = title.rpartition("  (")
    return ways.removesuffix(")").split(", ") if opened else []


def _alike(text: str) -> str:
    """Without the difference between upper and lower case, and between - and _."""
    return text.casefold().replace("_", "-")


class Commands(SystemCommandsProvider):
    """What the palette finds."""

    def matcher(self, user_input: str, case_sensitive: bool = False) -> Matcher:
        """By whole stretches of letters."""
        return Words(user_input, match_style=self.match_style, case_sensitive=case_sensitive)


class Palette(CommandPalette):
    """Textual's; a cursor that blinks would be sent twice a second for as long as it is open."""

    def on_mount(self) -> None:
        """Hold the cursor still."""
        self.query_one(Input).cursor_blink = False
