"""The pure steps that change the state: what each key does."""

from __future__ import annotations

from typing import Any

from gradtui.app.places import listed, the_views, views_with, way_to
from gradtui.app.state import State, changed, guarded
from gradtui.errors import InputError, printable
from gradtui.mathematics.blocks.families import PLAIN, WITH_SKIP
from gradtui.mathematics.blocks.reading import block
from gradtui.mathematics.blocks.reading import changed as block_with
from gradtui.plots.picture import CURVES
from gradtui.setup import BLOCK, CHOICE, CURSORS, KNOBS, Knob, Setup, implied
from gradtui.setup.naming import in_app
from gradtui.views import VIEWS
from gradtui.views.view import Key

# --------------------------------------------------------------- the list


def move_highlight(state: State, steps: int) -> State:
    """The list's cursor n rows down; it chooses as it goes, unless it is loose."""
    names = state.listed
    if not names:
        return state
    here = names.index(state.highlight) if state.highlight in names else -1 if steps > 0 else 0
    name = names[min(max(here + steps, 0), len(names) - 1)]
    if name == state.highlight:
        return state.saying(f"The list {'ends' if steps > 0 else 'begins'} here.")
    moved = state.with_(highlight=name)
    return moved if state.loose else guarded(moved, chosen_in(state, name))


def toggle(state: State) -> State:
    """The highlighted one into, or out of, the comparison; the only one held, or let go."""
    chosen, name = state.chosen, state.highlight
    if name not in chosen:
        if len(chosen) == CURVES:
            return state.saying(
                f"{CURVES} curves are compared already; space on one of them takes it out.",
                failed=True,
            )
        return guarded(state, chosen_in(state, *chosen, name))
    if len(chosen) == 1:
        return let_go(state) if state.held else _holding(state)
    return guarded(state, chosen_in(state, *(other for other in chosen if other != name)))


def chosen_in(state: State, *names: str) -> Setup:
    """The setup with these of the list chosen."""
    return state.setup.with_(**{state.roster.name: names})


def _holding(state: State) -> State:
    """The only one held, so that the list's cursor can go to another."""
    (name,) = state.chosen
    return state.with_(held=True).saying(
        f"{name} is held: {_along(state)} to another, space compares the two."
    )


def _along(state: State) -> str:
    """The keys that move the list's cursor."""
    return "↑ ↓" if state.record.climb is None else "k j"


def _how_to_compare(state: State, only: str) -> str:
    """What to do, where there is one thing, for tab to have another to go to."""
    if state.highlight not in state.chosen:
        return f"Only {only} is here; space compares it with {state.highlight}."
    hold = "" if state.loose else "space holds it, "
    return f"Only {only} is here: {hold}{_along(state)} to another, space compares."


def let_go(state: State) -> State:
    """The only one not held any more, and the list's cursor on it again."""
    (name,) = state.chosen
    return state.with_(held=False, highlight=name).saying(
        f"{name} is let go; {_along(state)} choose another instead of it."
    )


def only(state: State) -> State:
    """The highlighted one alone."""
    if state.chosen == (state.highlight,) and not state.held:
        alone = state.touching([state.roster.name])
        return alone.saying(f"{state.highlight} is alone already.")
    return guarded(state.with_(held=False), chosen_in(state, state.highlight))


def next_focus(state: State, steps: int = 1) -> State:
    """The verdict for the next of what is compared."""
    chosen = state.record.subjects(state.setup)
    if len(chosen) == 1:
        return state.saying(_how_to_compare(state, chosen[0]))
    focus = chosen[(chosen.index(state.record.focused(state.setup)) + steps) % len(chosen)]
    return guarded(state, state.setup.with_(focus=focus))


def filtered(state: State, text: str) -> State:
    """The list narrowed to the names that contain `text`, its cursor on one of them.

    Where it was narrowed to it before, the cursor may have gone on.
    """
    narrowed = state.with_(filter=printable(text.strip()))
    names, new = narrowed.listed, narrowed.filter != state.filter
    if names and (narrowed.highlight not in names or (new and narrowed.named(narrowed.filter))):
        narrowed = narrowed.with_(highlight=names[0])
    return narrowed


def unfiltered(state: State) -> State:
    """All of the list again."""
    if state.filter:
        return filtered(state, "").saying(f"All {state.roster.name} again.")
    if state.held:
        return let_go(state)
    undoes = "u undoes the last change, " * bool(state.past)
    return state.saying(f"Nothing is open here; {undoes}q quits.")


def chosen(state: State, text: str) -> State:
    """Of the list narrowed to `text` the one at its cursor alone, in the whole list again.

    Raises:
        InputError: nothing matches.
    """
    narrowed = matching(state, text)
    return only(narrowed.with_(filter=""))


def matching(state: State, text: str) -> State:
    """The list narrowed to `text`.

    Raises:
        InputError: nothing matches.
    """
    narrowed = filtered(state, text)
    if not narrowed.listed:
        if "(" in text:
            state.roster.parse(text)  # it says what is wrong with the parameters
        allowed = f"in the name of any of the {state.roster.name}"
        raise InputError("filter", text, allowed, "change it, or esc shows all")
    return narrowed


# ------------------------------------------------------------------- knobs


def step_knob(state: State, name: str, steps: int, *, by_factor: bool = False) -> State:
    """A knob n steps up or down, or n times by its factor."""
    knob = KNOBS[name]
    turn = knob.scale if by_factor else knob.step
    try:
        value = turn(knob.of(state.setup), steps)
    except OverflowError:
        value = knob.of(state.setup)
    turned = guarded(state, _with(state, name, value))
    if turned.setup == state.setup and not turned.message:
        text = knob.text(state.setup)
        return state.saying(
            f"{knob.label} {'ends' if steps > 0 else 'begins'} at {text}."
            if isinstance(value, int | float)
            else f"{knob.label} has no next value; type one."
        )
    return turned


def _with(state: State, name: str, value: Any) -> Setup:
    """The setup with a knob at a value, and with what that brings or gives back."""
    changes = {name: value, **implied(state.setup, name, value)}
    setup = state.setup.with_(**changes)
    if "depth" not in changes and (depth := _lent_depth(state, setup)):
        setup = setup.with_(depth=depth)
    return setup


def _lent_depth(state: State, setup: Setup) -> int:
    """The depth from before a list of weights or biases set it, once no list is there; else 0."""
    if not _says_depth(state.setup) or _says_depth(setup):
        return 0
    moments = [*(moment.setup for moment in state.past), state.setup]
    for before, after in zip(moments[-2::-1], moments[:0:-1], strict=True):
        if not _says_depth(before):
            # The same but for the lists, what they brought, and where somebody looks.
            names = [knob.name for knob in KNOBS.values() if "depth" in knob.brings(knob.of(after))]
            names += ["depth", "model", *CURSORS]
            same = before.with_(**{name: KNOBS[name].of(after) for name in names}) == after
            return before.depth if same else 0
    return 0


def _says_depth(setup: Setup) -> bool:
    """Whether a list of numbers says how deep the network is."""
    return any("depth" in knob.brings(knob.of(setup)) for knob in KNOBS.values())


def set_knob(state: State, name: str, text: str) -> State:
    """A knob set to what was typed.

    What it brings with it, such as the depth of a list of weights, is set too.

    Raises:
        InputError: the text is not a value of this knob, or contradicts another knob.
    """
    knob = KNOBS[name]
    setup = _with(state, name, knob.parse(text))
    if knob.cursor:
        setup.checked()  # `changed` would move it to where it is allowed, in silence
    return changed(state, setup).touching([name])


def turn_length(state: State, steps: int, *, by_factor: bool = False) -> State:
    """How long the way is that the view looks at: its depth, or its steps in time."""
    name = state.record.length
    if name not in state.record.offered(state.setup):
        return state.saying(_no_such_knob(state, KNOBS[name]))
    return step_knob(state, name, steps, by_factor=by_factor)


def next_model(state: State) -> str:
    """The family that the model's key leads to; "" where there is no choice."""
    families = state.record.families
    if "model" not in state.record.knobs or len(families) < 2:
        return ""
    return families[(families.index(state.record.family(state.setup)) + 1) % len(families)]


def toggle_model(state: State) -> State:
    """The next model that the view can ask."""
    if family := next_model(state):
        return guarded(state, state.setup.with_(model=family))
    places = views_with(lambda view: "model" in view.knobs)
    if not places:
        return state.saying(_no_such_knob(state, KNOBS["model"]))
    choice = listed(CHOICE, "or").capitalize()
    return state.saying(
        f"{choice} is a choice of the {the_views(places)}: {way_to(places)}, then c."
    )


def has_blocks(state: State) -> bool:
    """Whether the layers of what is shown can be blocks."""
    return BLOCK in state.record.used(state.setup)


def toggle_skip(state: State) -> State:
    """A skip around each layer beside what is there, to compare; or what was there alone again."""
    knob = KNOBS[BLOCK]
    if BLOCK not in state.record.offered(state.setup):
        places = views_with(lambda view: BLOCK in view.knobs)
        return state.saying(f"A skip is for the {the_views(places)}: {way_to(places)}, then H.")
    own, *others = knob.of(state.setup)
    if others and not has_blocks(state):  # of a chain, which has none
        return guarded(state, _with(state, BLOCK, knob.of(state.setup))).touching([BLOCK])
    if others:
        alone = guarded(state, state.setup.with_(**{BLOCK: (own,), "focus": ""}))
        return alone if alone.failed else alone.touching([BLOCK])
    one = block(own)
    other = block_with(block(PLAIN if one.skips else WITH_SKIP), norm=one.norm).spec
    setup = _with(state, BLOCK, (own, other)).with_(focus=other)
    there = guarded(state, setup)
    if there.failed:
        return there
    skip = "without the skip" if one.skips else "with a skip around each layer"
    told = "" if there.message else f"Beside {own}: {skip}. H takes it away, tab goes to and fro."
    return (there.saying(told) if told else there).touching([BLOCK])


# ------------------------------------------------- keys that each view has its own of


def knob_on(state: State, letter: str) -> Knob | None:
    """The knob that a letter opens in this view; what is focused has keys of its own."""
    knob = state.record.knob_of(letter, state.setup)
    return None if knob is None or knob.name == "focus" else knob


def own_key(state: State, key: str) -> Key | None:
    """What only this view does at a key, as Textual calls it."""
    there = state.record.keys_in(state.setup)
    return next((own for own in there if key in own.keys), None)


def press(state: State, key: str) -> State:
    """What only this view does at a key; where it does nothing, what has it."""
    if (own := own_key(state, key)) is None:
        return state.saying(_means_elsewhere(state, key))
    try:
        moved = own.does(state.setup)
        done = changed(state, moved.setup, moved.view)
    except InputError as error:
        return state.saying(in_app(error), failed=True)
    if done.view != state.view:
        done = done.with_(playing=False)
    return done.saying(moved.message)


def _means_elsewhere(state: State, key: str) -> str:
    """Why a key does nothing here: a knob without effect, or another view's knob or key."""
    for knob in state.record.all_knobs:
        if knob.letter == key:
            return f"{knob.label} changes nothing in this setup; ? shows what does."
    for own in state.record.keys:
        if key in own.keys:
            return f"{own.shown}: {own.help} is not there in this setup; ? shows what is."
    for name, view in VIEWS.items():
        for own in view.keys:
            if key in own.keys:
                return (
                    f"{own.shown}: {own.help}, in the {the_views([name])}: {way_to([name])} first."
                )
    for view in VIEWS.values():
        for knob in view.all_knobs:
            if knob.letter == key:
                return _no_such_knob(state, knob)
    return f"{key} does nothing here; ? shows every key."


def _no_such_knob(state: State, knob: Knob) -> str:
    return f"The {state.view} view has no knob {knob.label} ({knob.help}); ? shows its own."


# ------------------------------------------------------------------- cursor


def walk(state: State, steps: int, *, tens: bool = False) -> State:
    """The view's cursor n steps to the right."""
    return _moved(state, state.record.walk(state.setup, steps, tens), steps, ("left", "right"))


def _moved(state: State, setup: Setup, steps: int, ends: tuple[str, str]) -> State:
    """The cursor there; where it cannot go on, that is said."""
    moved = state.with_(setup=setup, playing=False)
    at_end = setup == state.setup
    return moved.saying(f"The cursor is at the {ends[steps > 0]} end.") if at_end else moved


def climb(state: State, steps: int, *, tens: bool = False) -> State:
    """The view's cursor n steps up; where it has no height, the list's cursor."""
    climb = state.record.climb
    if climb is None:
        return move_highlight(state, -steps * (10 if tens else 1))
    return _moved(state, climb(state.setup, steps, tens), steps, ("lower", "upper"))


def walk_to_end(state: State, direction: int) -> State:
    """The view's cursor at an end of what it walks over."""
    return walk(state, direction * 10**6, tens=True)


def toggle_play(state: State) -> State:
    """Start or pause what plays in this view."""
    animation = state.record.animation
    if animation is None:
        places = views_with(lambda view: view.animation)
        if not places:
            return state.saying("Nothing plays in any view.")
        animation = VIEWS[places[0]].animation
        assert animation is not None
        return state.saying(
            f"{animation.what} plays in the {the_views(places[:1])}: {way_to(places[:1])}, then p."
        )
    if state.playing:
        return state.with_(playing=False).saying("Paused; ← → step, p goes on.")
    what = animation.what[:1].lower() + animation.what[1:]
    return state.with_(setup=animation.start(state.setup), playing=True).saying(
        f"Playing {what}; p pauses."
    )


def play_tick(state: State) -> State:
    """One frame of what plays."""
    animation = state.record.animation
    if not state.playing or animation is None:
        return state.with_(playing=False) if state.playing else state
    setup = animation.frame(state.setup)
    done = animation.done(setup)
    ticked = state.with_(setup=setup, playing=not done)
    return ticked.saying(f"{animation.arrived}; p plays again.") if done else ticked
