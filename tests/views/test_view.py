"""What a view does with knobs: which of them count, what they change, what its command says."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given, settings

from gradtui.errors import InputError
from gradtui.mathematics.layer_values import LayerValues
from gradtui.plots.zoom import Zoom, zoomed
from gradtui.progress import Tick, unwatched
from gradtui.setup import CHOICE, CURSORS, FAMILIES, KNOBS, Setup, implied
from gradtui.views import VIEWS
from gradtui.views.export import snippets_of
from gradtui.views.view import Size, View
from support.setups import setups
from support.watch import exported, last

EVERY = pytest.mark.parametrize("view", VIEWS.values(), ids=lambda view: view.name)
SIZE = Size(80, 24)
RECORDED = Path(__file__).parents[1] / "runs" / "fixtures" / "lightning.csv"


def states(view: View[Any]) -> Iterator[tuple[str, Setup]]:
    """The states in which a view shows other knobs: of each model, with each upright cursor."""
    for family in view.families or ("",):
        setup = view.default_setup.with_(**({"model": family} if family else {}))
        yield family, setup
        if "weights" in view.knobs:  # a seed draws something, or counts for nothing
            yield f"{family} random", setup.with_(weights=LayerValues(std=1.0), model="chain")
        # A choice of words may say which knob is the cursor's height.
        for name in view.knobs:
            if name != "model" and isinstance(KNOBS[name].of(setup), str):
                seen: set[tuple[str, ...]] = set()
                value = KNOBS[name].step(first := KNOBS[name].of(setup), 1)
                while value != first:
                    changed = setup.with_(**{name: value})
                    if view.offered(changed) not in seen:
                        seen.add(view.offered(changed))
                        yield f"{family} {name}={value}".strip(), changed
                    value = KNOBS[name].step(value, 1)
        if "batch" in view.knobs and family == "network":  # a batch counts with its norm
            yield f"{family} batch norm", setup.with_(block=("plain(norm=batch)",))
        # Values drawn at random need a seed.
        for name in view.knobs:
            if isinstance(KNOBS[name].of(setup), LayerValues) and KNOBS[name].group == family:
                random = LayerValues(std=1.0)
                yield f"{family} {name}=random".strip(), setup.with_(**{name: random})


STATES = [(view, setup) for view in VIEWS.values() for _, setup in states(view)]
STATE_IDS = [f"{view.name} {state}".strip() for view in VIEWS.values() for state, _ in states(view)]
EVERY_STATE = pytest.mark.parametrize(("view", "setup"), STATES, ids=STATE_IDS)


# ------------------------------------------------------------------ its letters


@EVERY_STATE
def test_a_letter_means_one_knob_of_a_view(view: View[Any], setup: Setup) -> None:
    """Among those that it offers: elsewhere the letter may mean another."""
    offered = view.offered(setup)
    assert len(set(offered)) == len(offered)
    letters = [KNOBS[name].letter for name in offered]
    assert len(set(letters)) == len(letters)
    for name in offered:
        knob = view.knob_of(KNOBS[name].letter, setup)
        assert knob is not None
        assert knob.name == name
    for letter in {knob.letter for knob in KNOBS.values()} - set(letters):
        assert view.knob_of(letter, setup) is None


@EVERY_STATE
def test_what_is_offered_counts_once_it_is_set(view: View[Any], setup: Setup) -> None:
    """Also a knob of another model, which switches to it; and every knob of the view is offered."""
    for name in view.offered(setup):
        if KNOBS[name].group in FAMILIES:
            assert KNOBS[name].group in view.families
        changed = setup.with_(**implied(setup, name, KNOBS[name].of(setup)))
        assert name in (*view.used(changed), *view.cursors(changed))
    of_models = {name for name in view.knobs if KNOBS[name].group in view.families}
    assert of_models - view.idle(setup) <= set(view.offered(setup))
    ever = {name for other, state in STATES if other is view for name in view.offered(state)}
    assert ever == {knob.name for knob in view.all_knobs}


@EVERY_STATE
def test_no_knob_of_another_model_is_shown(view: View[Any], setup: Setup) -> None:
    shown = {KNOBS[name].group for name in view.used(setup)} & set(FAMILIES)
    assert shown <= {view.family(setup)}
    if view.families:
        assert view.family(setup) in view.families


# ---------------------------------------------------------- what a result is of


def read(view: View[Any], setup: Setup) -> set[str]:
    """The knobs that a result depends on."""
    knobs = {*view.used(setup), *(view.cursors(setup) if view.reads_cursor else ())}
    return knobs - {"focus"} if view.has_all_subjects else knobs


@EVERY_STATE
def test_a_move_of_the_view_s_own_cursor_needs_no_new_result(view: View[Any], setup: Setup) -> None:
    """Up, down, or both at once, unless it is a view whose results are of the cursor's place."""
    for steps in (1, -1):
        moves = {
            name: KNOBS[name].step(KNOBS[name].of(setup), steps) for name in view.cursors(setup)
        }
        moved = {name: value for name, value in moves.items() if value != KNOBS[name].of(setup)}
        for name, value in moved.items():
            changed = setup.with_(**{name: value})
            assert (view.key(changed) != view.key(setup)) == view.reads_cursor
        if moved and not view.reads_cursor:
            assert view.key(setup.with_(**moved)) == view.key(setup)
    assert any(
        KNOBS[name].step(KNOBS[name].of(setup), steps) != KNOBS[name].of(setup)
        for name in view.cursors(setup)
        for steps in (1, -1)
    )


@EVERY
def test_the_walk_moves_the_view_s_own_cursor_and_nothing_else(view: View[Any]) -> None:
    setup = view.default_setup
    walks = [view.walk(setup, steps, tens) for steps in (1, -1) for tens in (False, True)]
    assert any(walked != setup for walked in walks)
    for walked in walks:
        for name, knob in KNOBS.items():
            assert name == view.cursor or knob.of(walked) == knob.of(setup)


@EVERY
@settings(max_examples=100)
@given(setup=setups(), another=setups())
def test_a_result_depends_on_the_knobs_that_count_and_on_no_other(
    view: View[Any], setup: Setup, another: Setup
) -> None:
    """Whatever the rest: each knob that counts is in the key, and no other knob is."""
    known = {*read(view, setup)} - {*view.only_drawn}
    for name, knob in KNOBS.items():
        changed = setup.with_(**{name: knob.of(another)})
        differs = knob.of(another) != knob.of(setup)
        assert (view.key(changed) != view.key(setup)) == (differs and name in known)


@EVERY_STATE
def test_what_a_result_has_of_every_subject_is_not_computed_again_for_another(
    view: View[Any], setup: Setup
) -> None:
    setup = setup.with_(activations=("tanh", "relu"))
    again = view.key(setup.with_(focus="relu")) == view.key(setup)
    assert again == (view.has_all_subjects or "focus" not in view.used(setup))


@EVERY
@settings(max_examples=60)
@given(setup=setups(), another=setups())
def test_a_view_is_not_told_of_knobs_that_do_not_count(
    view: View[Any], setup: Setup, another: Setup
) -> None:
    """So that none can be forgotten; cursors and what they walk over aside."""
    told: list[Setup] = []

    def run(setup: Setup, tick: Tick) -> Iterator[None]:
        told.append(setup)
        yield None

    spied = replace(view, run=run)
    about_cursors = {*CURSORS, *(KNOBS[name].within for name in CURSORS)}
    outside = {
        name: knob.of(another)
        for name, knob in KNOBS.items()
        if name not in {*view.used(setup), *about_cursors, "focus", "model"}
    }
    for one in (setup, setup.with_(**outside)):
        assert list(spied.results(one, unwatched)) == [None]
    assert told[0] == told[1]
    for name in (*view.used(setup), *view.cursors(setup)):
        assert KNOBS[name].of(told[0]) == KNOBS[name].of(setup)
    if view.families:
        assert told[0].model == view.family(setup)


# ------------------------------------------------------------- the least there is


@pytest.mark.parametrize("depth", [1, 2])
@EVERY_STATE
def test_the_least_of_everything_is_shown(view: View[Any], setup: Setup, depth: int) -> None:
    """One layer or two, one unit, one input, one network, one sample, in every format."""
    ones = dict.fromkeys(("units", "batch", "networks", "samples", "layer", "lag"), 1)
    ones |= dict.fromkeys(("hidden_size", "input_size", "draws"), 1)
    if setup.network.in_batch:
        ones["batch"] = 2  # whose statistics are of more than one
    least = setup.with_(depth=depth, steps=depth, **ones).clamped().checked()
    for result in view.results(least, unwatched):
        for size in (Size(40, 12), SIZE, Size(200, 60)):
            picture = view.draw(result, least, size, "braille")
            assert len(picture.rows) == size.height
        with zoomed(Zoom(1)):
            view.draw(result, least, SIZE, "ascii")
        for format in ("txt", "csv", "json", "svg"):
            assert exported(view, result, least, SIZE, "braille", format)


# --------------------------------------------------------- no knob without effect

SMALL: dict[str, Any] = {
    "depth": 5, "units": 6, "batch": 3, "networks": 2, "samples": 3,
    "steps": 5, "hidden_size": 6, "input_size": 3, "draws": 2,
}  # fmt: skip


def everything(view: View[Any], setup: Setup) -> str:
    """All that a view says of a setup."""
    result = last(view, setup)
    return repr(
        (
            list(view.table(result)),
            view.draw(result, setup, SIZE, "braille").rows,
            view.readout(result, setup, SIZE.width),
            [view.finding(result, name) for name in view.subjects(setup)],
            view.finding(result, view.focused(setup)),
            snippets_of(view, result, setup),
        )
    )


def others(view: View[Any], setup: Setup, name: str) -> Iterator[Any]:
    """Other values of a knob, near and far."""
    knob = KNOBS[name]
    if name == "focus":
        yield view.subjects(setup)[-1]
    elif name == "activations":
        yield ("sigmoid", "relu")
    elif name == "cells":
        yield ("sigmoid", "gru")
    elif name == "runs":
        yield (str(RECORDED),)
    elif name in ("opened", "tensor"):
        yield ("blocks.1.attention",) if name == "opened" else "head.weight"
    else:
        value = knob.of(setup)
        steps = [move(value, n) for n in (1, -1) for move in (knob.step, knob.scale)]
        yield from (other for other in steps if other != value)


def has_effect(view: View[Any], setup: Setup, name: str) -> bool:
    said = everything(view, setup)
    for value in others(view, setup, name):
        try:
            if everything(view, setup.with_(**{name: value}).clamped().checked()) != said:
                return True
        except InputError:
            continue
    return False


def shown_knobs() -> Iterator[tuple[str, View[Any], Setup, str]]:
    """Every knob that a view shows in each of its states, with setups that take a moment."""
    for view in VIEWS.values():
        for state, setup in states(view):
            small = setup.with_(**SMALL, activations=("tanh", "relu")).clamped()
            for name in view.used(small):
                if not (name == "threshold" or (name == "focus" and view.has_all_subjects)):
                    yield f"{view.name} {state} {name}".replace("  ", " "), view, small, name


SHOWN = list(shown_knobs())


@pytest.mark.parametrize(
    ("view", "setup", "name"),
    [case[1:] for case in SHOWN],
    ids=[case[0] for case in SHOWN],
)
def test_a_knob_that_is_shown_has_an_effect(view: View[Any], setup: Setup, name: str) -> None:
    """On the table, the picture, the readout, a verdict or the lines to paste."""
    assert has_effect(view, setup, name)


def moved_aside(view: View[Any], setup: Setup) -> Iterator[tuple[str, object]]:
    """A value of every knob that does not count, other than it has."""
    counting = {*view.used(setup), *view.cursors(setup), "focus", "activations", "cells"}
    for name, knob in KNOBS.items():
        if name in counting or (name == "model" and setup.model in view.families):
            continue
        value = knob.of(setup)
        moves = [move(value, n) for move in (knob.step, knob.scale) for n in (1, -1)]
        # What is no number and no choice, as a path, goes no step.
        yield from [(name, moved) for moved in moves if moved != value][:1]


@EVERY_STATE
def test_knobs_that_do_not_count_change_nothing_that_is_said(view: View[Any], setup: Setup) -> None:
    """All of them at once, the model among them where the view has only one."""
    small = setup.with_(**SMALL, activations=("tanh", "relu")).clamped()
    for model in CHOICE:
        # What the app does that comes from another view: the model is still that one's.
        elsewhere = small if model in view.families else small.with_(model=model)
        changed = elsewhere.with_(**dict(moved_aside(view, elsewhere)))
        assert changed != small
        assert view.key(changed) == view.key(small)
        assert everything(view, changed) == everything(view, small)


def test_a_knob_that_is_not_shown_has_none() -> None:
    """So that the test above can fail."""
    view = VIEWS["decay"]
    setup = view.default_setup.with_(**SMALL).clamped()
    for name in ("units", "networks", "batch", "z_range", "against"):
        assert name not in view.used(setup)
        assert not has_effect(view, setup, name)


# ------------------------------------------------------------------ its command


def reproduced(view: View[Any], words: list[str]) -> Setup:
    """What the words of a command say, by the knobs' own flags and parsers."""
    assert words[:2] == ["gradtui", view.name]
    flags = {knob.flag: knob for knob in view.all_knobs}
    names: list[str] = []
    changes: dict[str, object] = {}
    rest = iter(words[2:])
    for word in rest:
        flag, equals, value = word.partition("=")
        if word in flags:
            value = next(rest)
            assert not value.startswith("-")  # an option parser would take it for another option
        elif not (flag in flags and equals):
            assert not changes  # the activations come first
            names.append(word)
            continue
        changes[flags[flag].name] = flags[flag].parse(value)
    return view.default_setup.with_(
        **{(roster := view.roster(view.default_setup)).name: roster.parse(" ".join(names))},
        **changes,
    )


@EVERY
@settings(max_examples=150)
@given(setup=setups())
def test_the_command_reproduces_exactly_this_picture(view: View[Any], setup: Setup) -> None:
    """Every knob that counts for this setup, and its cursor."""
    if "init" in view.used(setup) and "model" not in view.knobs:
        assume(1 in (len(setup.activations), len(setup.network.init)))  # as for any other network
    again = reproduced(view, view.command(setup)).checked()
    for name in (*view.used(setup), *view.cursors(setup)):
        if name != "focus":
            assert KNOBS[name].of(again) == KNOBS[name].of(setup)
    assert view.focused(again) == view.focused(setup)
    assert view.family(again) == view.family(setup)


@EVERY
def test_the_command_of_the_defaults_is_as_short_as_can_be(view: View[Any]) -> None:
    setup = view.default_setup
    assert view.command(setup) == ["gradtui", view.name, *view.roster(setup).of(setup)]
