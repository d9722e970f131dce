"""The view and the setup that the words of a command describe."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from gradtui.errors import CommandError, InputError, shown
from gradtui.setup import CURSORS, FAMILIES, KNOBS, Setup, family_with, groups_of, implied
from gradtui.views import VIEWS
from gradtui.views.view import View


def scene(command: str) -> tuple[str, Setup]:
    """The view and the setup of a command, written without `gradtui`, all of its knobs in full.

    Raises:
        InputError, CommandError: it is none.
    """
    word, *words = shlex.split(command)
    if word not in VIEWS:
        raise InputError("command", word, "a view", f"there are {', '.join(VIEWS)}")
    names = [*_until_an_option(words)]
    flags = {knob.flag: knob.name for knob in VIEWS[word].all_knobs}
    given: dict[str, str] = {}
    rest = iter(words[len(names) :])
    for option in rest:
        flag, equals, text = option.partition("=")
        if flag not in flags:
            raise InputError("option", flag, f"of {word}", f"there are {', '.join(flags)}")
        given[flags[flag]] = text if equals else next(rest, "")
    return word, setup_of(VIEWS[word], names, given)


def _until_an_option(words: Sequence[str]) -> Iterator[str]:
    for word in words:
        if word.startswith("--"):
            return
        yield word


def setup_of(view: View[Any], names: Sequence[str], given: Mapping[str, str]) -> Setup:
    """The setup that the words of a command describe.

    Args:
        view: the view whose command it is.
        names: those of its roster among the words.
        given: the text of each knob that was given as an option.

    Raises:
        InputError, CommandError: a value that is not allowed, or two that contradict each other.
    """
    if names:
        roster = view.roster(view.default_setup)
        if roster.name in given:
            raise CommandError(
                f"{roster.name}: {shown(names[0])} and {roster.flag} {shown(given[roster.name])} "
                "are both given; name them in one of the two ways"
            )
        # A comma at the end of a word is one between two of them.
        read = roster.from_word or (lambda word: roster.parse(word.removesuffix(",")))
        specs = [spec for word in names[:-1] for spec in read(word)]
        last = (roster.from_word or roster.parse)(names[-1])
        given = {**given, roster.name: roster.format((*specs, *last))}
    changes: dict[str, Any] = {name: KNOBS[name].parse(text) for name, text in given.items()}
    if (family := _family_of(changes)) and "model" in view.knobs:
        changes["model"] = family
    for name, value in list(changes.items()):
        changes = {**implied(view.default_setup, name, value), **changes}
    setup = view.default_setup.with_(**changes).clamped()
    # A cursor that was asked for is not moved in silence.
    setup = setup.with_(**{name: changes[name] for name in CURSORS if name in changes})
    return setup.checked(view.family(setup))


def _family_of(changes: Mapping[str, Any]) -> str:
    """The family of which all these knobs are, and the chosen one; "" if they are of none.

    Raises:
        CommandError: there is no such family, and some of the knobs would have no effect.
    """
    flags = {
        knob.group: knob.flag for knob in map(KNOBS.__getitem__, changes) if knob.group in FAMILIES
    }
    model = changes.get("model", "")
    family = model or (family_with(flags) if flags else "")
    foreign = [group for group in flags if group not in groups_of(family)]
    if not foreign:
        return family
    named = [*flags.items(), *([(model, f"{KNOBS['model'].flag} {model}")] if model else [])]
    first = next(pair for pair in reversed(named) if pair[0] != foreign[0])
    raise CommandError(
        f"option: {flags[foreign[0]]} is of a {foreign[0]} and {first[1]} of a {first[0]}, so one "
        "of them would have no effect; leave one out"
    )
