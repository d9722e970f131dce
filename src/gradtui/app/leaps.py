"""The steps to another setup as a whole: undo and redo, scenarios, a reset, a remedy."""

from __future__ import annotations

from typing import Any

from gradtui.app.state import Moment, State, changed, guarded
from gradtui.errors import printable
from gradtui.models.finding import Remedy
from gradtui.plots.zoom import WHOLE
from gradtui.setup import CURSORS, KNOBS, Setup
from gradtui.views import VIEWS
from gradtui.views.view import View

# ----------------------------------------------------------------- history


def undo(state: State) -> State:
    """Back before the last change."""
    if not state.past:
        return state.saying("Nothing to undo.")
    return _travelled(state, state.past[-1], state.past[:-1], (_now(state), *state.future), "Undid")


def redo(state: State) -> State:
    """The last undone change again."""
    if not state.future:
        return state.saying("Nothing to redo.")
    return _travelled(state, state.future[0], (*state.past, _now(state)), state.future[1:], "Redid")


def _now(state: State) -> Moment:
    return Moment(state.view, state.setup, state.touched)


def _travelled(
    state: State,
    moment: Moment,
    past: tuple[Moment, ...],
    future: tuple[Moment, ...],
    verb: str,
) -> State:
    elsewhere = moment.view != state.view
    what = describe(state.setup, moment.setup, VIEWS[moment.view] if elsewhere else None)
    if elsewhere:
        what = ", ".join(filter(None, (f"view {state.view} → {moment.view}", what)))
    there = state.with_(
        zoom=WHOLE if elsewhere else state.zoom,
        setup=moment.setup,
        view=moment.view,
        past=past,
        future=future,
        playing=False,
        held=False,
        touched=moment.touched,
    ).saying(f"{verb}: {what}.")
    if len(there.chosen) > 1 and there.roster == state.roster:
        return there
    return there.with_(highlight=there.chosen[0])


def describe(old: Setup, new: Setup, view: View[Any] | None = None) -> str:
    """What differs between two setups, in words; in another view, of what is set there."""
    return ", ".join(
        f"{knob.label} {knob.text(old) or _NONE} → {knob.text(new) or _NONE}"
        for knob in KNOBS.values()
        if knob.name not in CURSORS
        and knob.of(old) != knob.of(new)
        and (view is None or knob.name in view.offered(new))
    )


_NONE = "(the first)"
"""In place of no text: a focus on whichever comes first."""


# -------------------------------------------------------- scenarios, remedies


def arriving(state: State, setup: Setup, view: str) -> State:
    """On the way to a setup, in a view, that has little in common with this one."""
    return state.with_(
        filter="",
        highlight=VIEWS[view].roster(setup).of(setup)[0],
        playing=False,
        held=False,
        arrivals=state.arrivals + 1,
        zoom=WHOLE,
    )


def scenario(state: State, index: int) -> State:
    """A scenario's setup, in its view; undo leads back."""
    from gradtui.views.scenarios import SCENARIOS  # not before the first paint

    chosen = SCENARIOS[index]
    moved = arriving(state.without_lesson(), chosen.setup, chosen.view)
    done = changed(moved, chosen.setup, chosen.view)
    return done.touching(done.record.offered(done.setup)).saying(chosen.look)


def question(state: State, name: str) -> State:
    """The setup that answers a question, in its view; undo leads back. The answer comes later."""
    from gradtui.views.questions import BY_NAME

    chosen = BY_NAME[name]
    if not chosen.view:
        return state.saying(chosen.answer(None, chosen.setup).in_(state.told_in))
    moved = arriving(state.without_lesson(), chosen.setup, chosen.view)
    done = changed(moved, chosen.setup, chosen.view)
    touching = done.touching(done.record.offered(done.setup))
    return touching.with_(asked=name).saying(chosen.asked.in_(state.told_in))


def answered(state: State, view: str, setup: Setup, result: Any) -> State:
    """The answer to what was asked, if this is the result that it is drawn from.

    Who has gone on to something else meanwhile is told nothing any more.
    """
    from gradtui.views.questions import BY_NAME

    chosen = BY_NAME[state.asked]
    waiting = state.message == printable(chosen.asked.in_(state.told_in))
    if not waiting or (view, setup) != (state.view, state.setup):
        return state.with_(asked="")
    said = chosen.answer(result, setup).in_(state.told_in)
    return explained(state.with_(asked=""), chosen.asked.in_(state.told_in), said)


def explained(state: State, title: str, said: str) -> State:
    """What was asked for, in a message as far as there is room, and in full among the verdicts."""
    lead = {"en": "In full on v", "ko": "전체는 v"}[state.told_in]
    there = state.with_(explained=(title, said, state.view, state.setup))
    return there.saying(f"{lead}: {said}")


def reset(state: State) -> State:
    """Every knob of this view as where it starts; those of others stay, undo leads back."""
    first = state.record.default_setup
    own = {"focus": "", **{knob.name: knob.of(first) for knob in state.record.all_knobs}}
    moved = arriving(state, first, state.view)
    done = guarded(moved, state.setup.with_(**own))
    if done.failed:
        return done
    left = done.with_(touched=done.touched.difference(own))
    return left.saying(f"{state.view} as at its start; u undoes it.")


def fix(state: State, remedy: Remedy | None) -> State:
    """The remedy applied, with the before and after."""
    if remedy is None:
        return state.saying("Nothing to fix it with was found.")
    applied = guarded(state, remedy.applied(state.setup))
    if applied.failed:
        return applied
    return applied.touching(remedy.changes).saying(
        f"{remedy.label}: before {_before(remedy)}; now {remedy.after}."
    )


def _before(remedy: Remedy) -> str:
    """What was before in full, or the one amount in which it differs from what is now."""
    amount, _, of_what = remedy.before.partition(" ")
    same = of_what[:1].isalpha() and of_what == remedy.after.partition(" ")[2]
    return amount if same else remedy.before
