"""The whole state of the app as one frozen value, and the pure steps that change it."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass

from gradtui.errors import InputError, printable
from gradtui.mathematics.activations import ACTIVATIONS, activation
from gradtui.mathematics.initialisation.draw import initialisation
from gradtui.mathematics.spec import number
from gradtui.plots.picture import CURVES
from gradtui.views import VIEWS
from gradtui.views.knobs import KNOBS, implied
from gradtui.views.scenarios import SCENARIOS
from gradtui.views.setup import CHAIN, CURSORS, NETWORK, Setup
from gradtui.views.view import Remedy, View
from gradtui.views.wording import plain

UNDO_DEPTH = 200
START_VIEW = "decay"
THEMES = ("dark", "light", "contrast", "terminal")


@dataclass(frozen=True)
class Moment:
    """What undo goes back to."""

    view: str
    setup: Setup


@dataclass(frozen=True)
class State:
    """Everything the screen shows, but for results.

    `highlight` is the activation at the list's cursor; `filter` narrows the list; `message`
    stands in the bottom row until the next key.
    """

    setup: Setup = VIEWS[START_VIEW].default_setup
    view: str = START_VIEW
    highlight: str = "sigmoid"
    filter: str = ""
    theme: str = THEMES[0]
    playing: bool = False
    message: str = ""
    failed: bool = False
    past: tuple[Moment, ...] = ()
    future: tuple[Moment, ...] = ()

    @property
    def record(self) -> View:
        """The record of the view that is open."""
        return VIEWS[self.view]

    @property
    def comparing(self) -> bool:
        """Whether several activations are chosen, so that the list's cursor moves on its own."""
        return len(self.setup.activations) > 1

    @property
    def listed(self) -> tuple[str, ...]:
        """The activations in the list: every one, and the chosen ones with other parameters."""
        names = list(ACTIVATIONS)
        for spec in reversed(self.setup.activations):
            if spec not in names:
                names.insert(names.index(activation(spec).name) + 1, spec)
        return tuple(name for name in names if self.filter.lower() in name)

    def with_(self, **changes: object) -> State:
        """A copy with those fields changed."""
        return dataclasses.replace(self, **changes)  # type: ignore[arg-type]

    def saying(self, message: str, *, failed: bool = False) -> State:
        """The same state with a message in the bottom row."""
        return self.with_(message=printable(message), failed=failed)


def changed(state: State, setup: Setup, view: str | None = None) -> State:
    """The state with another setup, the old one kept for undo. A cursor's move is not kept.

    What is compared is several activations or several initialisations, whichever came last.
    """
    view = view or state.view
    setup = setup.clamped()
    if len(setup.activations) > 1 and len(setup.init) > 1:
        if setup.init == state.setup.init:
            setup = setup.with_(init=(setup.focused_init,))
        else:
            setup = setup.with_(activations=(setup.focused,))
    if setup.focus not in (*setup.activations, *setup.init):
        setup = setup.with_(focus="")
    cursors = {name: getattr(state.setup, name) for name in CURSORS}
    if setup.with_(**cursors) == state.setup and view == state.view:
        return state.with_(setup=setup)
    setup.checked()
    past = (*state.past, Moment(state.view, state.setup))[-UNDO_DEPTH:]
    highlight = state.highlight
    if len(setup.activations) == 1 and not state.filter:
        highlight = setup.activations[0]
    return state.with_(setup=setup, view=view, past=past, future=(), highlight=highlight)


def guarded(state: State, setup: Setup) -> State:
    """`changed`, or the unchanged state with the reason why not."""
    try:
        return changed(state, setup)
    except InputError as error:
        return state.saying(str(error), failed=True)


# ------------------------------------------------------------- activations


def move_highlight(state: State, steps: int) -> State:
    """The list's cursor n rows down; with one activation chosen it chooses as it goes."""
    names = state.listed
    if not names:
        return state
    here = names.index(state.highlight) if state.highlight in names else -1 if steps > 0 else 0
    name = names[min(max(here + steps, 0), len(names) - 1)]
    moved = state.with_(highlight=name)
    return moved if state.comparing else guarded(moved, state.setup.with_(activations=(name,)))


def toggle(state: State) -> State:
    """The highlighted activation into, or out of, the comparison."""
    chosen = state.setup.activations
    name = state.highlight
    if name not in chosen:
        if len(chosen) == CURVES:
            return state.saying(
                f"{CURVES} curves are compared already; space on one of them takes it out.",
                failed=True,
            )
        return guarded(state, state.setup.with_(activations=(*chosen, name)))
    if len(chosen) == 1:
        return state.saying("This is the only activation; space on another compares the two.")
    return guarded(
        state, state.setup.with_(activations=tuple(one for one in chosen if one != name))
    )


def only(state: State) -> State:
    """The highlighted activation alone."""
    return guarded(state, state.setup.with_(activations=(state.highlight,)))


def next_focus(state: State, steps: int = 1) -> State:
    """The verdict for the next of what is compared."""
    chosen = state.record.subjects(state.setup)
    if len(chosen) == 1:
        return state.saying("Nothing to compare with yet; space on another activation adds it.")
    focus = chosen[(chosen.index(state.record.focused(state.setup)) + steps) % len(chosen)]
    return guarded(state, state.setup.with_(focus=focus))


def filtered(state: State, text: str) -> State:
    """The list narrowed to the names that contain `text`, its cursor on one of them."""
    narrowed = state.with_(filter=printable(text.strip()))
    names = narrowed.listed
    if names and narrowed.highlight not in names:
        narrowed = narrowed.with_(highlight=names[0])
    return narrowed


# ------------------------------------------------------------------- knobs


def step_knob(state: State, name: str, steps: int, *, by_factor: bool = False) -> State:
    """A knob n steps up or down, or n times by its factor."""
    knob = KNOBS[name]
    turn = knob.scale if by_factor else knob.step
    try:
        value = turn(getattr(state.setup, name), steps)
    except OverflowError:
        return state
    return guarded(state, state.setup.with_(**{name: value, **implied(state.setup, name, value)}))


def set_knob(state: State, name: str, text: str) -> State:
    """A knob set to what was typed.

    What it brings with it, such as the depth of a list of weights, is set too.

    Raises:
        InputError: the text is not a value of this knob, or contradicts another knob.
    """
    value = KNOBS[name].parse(text)
    return changed(state, state.setup.with_(**{name: value, **implied(state.setup, name, value)}))


def walk(state: State, steps: int, *, tens: bool = False) -> State:
    """The view's cursor n steps to the right."""
    return state.with_(setup=state.record.walk(state.setup, steps, tens), playing=False)


def climb(state: State, steps: int, *, tens: bool = False) -> State:
    """The view's cursor n steps up; where it has no height, the list's cursor."""
    climb = state.record.climb
    if climb is None:
        return move_highlight(state, -steps)
    return state.with_(setup=climb(state.setup, steps, tens), playing=False)


def snap(state: State) -> State:
    """The cursor on the critical line."""
    snap = state.record.snap
    if snap is None:
        return state.saying(f"C finds the critical line in the {_phase()}.")
    try:
        snapped = changed(state, snap(state.setup))
    except InputError as error:
        return state.saying(str(error), failed=True)
    setup = snapped.setup
    return snapped.saying(
        f"Critical at σb {plain(setup.sigma_b)}: σw {plain(setup.sigma_w, 6)}. "
        "D takes it into decay."
    )


def take_into_decay(state: State) -> State:
    """The cursor's (σw, σb) as the initialisation of a network, in the decay view."""
    if state.record.snap is None:
        return state.saying(f"D takes σw and σb into decay from the {_phase()}.")
    setup = state.setup
    init = initialisation(f"normal({number(setup.sigma_w)}, {number(setup.sigma_b)})").spec
    taken = changed(state, setup.with_(init=(init,), model=NETWORK), "decay")
    return taken.saying(
        f"A network of σw {plain(setup.sigma_w, 6)}, σb {plain(setup.sigma_b)}; u goes back."
    )


def _phase() -> str:
    """Where the keys of the phase view work."""
    return f"phase view: press {list(VIEWS).index('phase') + 1} first"


def walk_to_end(state: State, direction: int) -> State:
    """The view's cursor at an end of what it walks over."""
    return walk(state, direction * 10**6, tens=True)


def toggle_model(state: State) -> State:
    """One unit a layer, or real layers."""
    if "model" not in state.record.knobs:
        return state.saying("Chain or network is a choice of the decay view: press 3, then c.")
    model = CHAIN if state.setup.model == NETWORK else NETWORK
    return guarded(state, state.setup.with_(model=model))


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
    return Moment(state.view, state.setup)


def _travelled(
    state: State,
    moment: Moment,
    past: tuple[Moment, ...],
    future: tuple[Moment, ...],
    verb: str,
) -> State:
    what = describe(state.setup, moment.setup) or f"view {moment.view}"
    highlight = state.highlight
    if len(moment.setup.activations) == 1:
        highlight = moment.setup.activations[0]
    return state.with_(
        setup=moment.setup,
        view=moment.view,
        past=past,
        future=future,
        highlight=highlight,
        playing=False,
    ).saying(f"{verb}: {what}.")


def describe(old: Setup, new: Setup) -> str:
    """What differs between two setups, in words."""
    return ", ".join(
        f"{knob.label} {knob.text(old)} → {knob.text(new)}"
        for knob in KNOBS.values()
        if knob.name not in CURSORS and getattr(old, knob.name) != getattr(new, knob.name)
    )


# --------------------------------------------------------- views, scenarios


def switched(state: State, view: str) -> State:
    """Another view of the same setup."""
    return state.with_(view=view, playing=False)


def scenario(state: State, index: int) -> State:
    """A scenario's setup, in its view; undo leads back."""
    chosen = SCENARIOS[index]
    moved = state.with_(filter="", highlight=chosen.setup.activations[0], playing=False)
    return changed(moved, chosen.setup, chosen.view).saying(chosen.look)


def reset(state: State) -> State:
    """Every knob as at the first start; undo leads back."""
    first = State()
    moved = state.with_(filter="", highlight=first.highlight, playing=False)
    return changed(moved, VIEWS[state.view].default_setup).saying("Reset; u undoes it.")


def fix(state: State, remedy: Remedy | None) -> State:
    """The remedy applied, with the before and after."""
    if remedy is None:
        return state.saying("Nothing to fix here: no remedy is needed, or none was found.")
    applied = guarded(state, remedy.applied(state.setup))
    if applied.failed:
        return applied
    return applied.saying(f"{remedy.label}: {_from_to(remedy.before, remedy.after)}.")


def _from_to(before: str, after: str) -> str:
    """Two sentences that differ in a few words as one: layer 1 gets 2e-32 → 1 of layer 50's."""
    old, new = before.split(), after.split()
    start = 0
    while start < min(len(old), len(new)) and old[start] == new[start]:
        start += 1
    end = 0
    while end < min(len(old), len(new)) - start and old[-1 - end] == new[-1 - end]:
        end += 1
    middle = [*old[start : len(old) - end], "→", *new[start : len(new) - end]]
    return " ".join([*old[:start], *middle, *old[len(old) - end :]])


def toggle_play(state: State) -> State:
    """Start or pause the backward pass; from layer 1 it starts over at the loss."""
    if state.view != "chain":
        return state.saying("The backward pass plays in the chain view: press 2, then p.")
    if state.playing:
        return state.with_(playing=False).saying("Paused; ← → step, p goes on.")
    setup = state.setup
    if setup.layer == 1:
        setup = setup.with_(layer=setup.depth)
    return state.with_(setup=setup, playing=True).saying("Playing the backward pass; p pauses.")


def play_tick(state: State) -> State:
    """One frame of the backward pass: a layer, or a fortieth of a deep chain."""
    if not state.playing:
        return state
    stride = max(1, round(state.setup.depth / 40))
    setup = state.setup.with_(layer=state.setup.layer - stride).clamped()
    done = setup.layer == 1
    ticked = state.with_(setup=setup, playing=not done)
    return ticked.saying("The gradient has arrived at layer 1; p plays again.") if done else ticked


def next_theme(state: State, themes: Sequence[str] = THEMES) -> State:
    """The next theme."""
    theme = themes[(themes.index(state.theme) + 1) % len(themes)]
    return state.with_(theme=theme).saying(f"Theme: {theme}.")
