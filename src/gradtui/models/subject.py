"""What is asked about: one of the things that a setup compares."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

from gradtui.errors import InputError
from gradtui.mathematics.blocks.reading import block
from gradtui.mathematics.initialisation.record import sigmas_by_layer
from gradtui.models.finding import Remedy
from gradtui.setup import FAMILIES, KNOBS, RECIPE, Setup, groups_of, roster_in
from gradtui.setup.family import Family

Changes: TypeAlias = Mapping[str, Any]
"""Values of knobs by name."""


@dataclass(frozen=True)
class Subject:
    """One of a roster: an activation, with one way to draw weights where those are drawn.

    Attributes:
        name: what it is called beside those that it is compared with.
        setup: with this activation and this initialisation alone.
        among: the setup that compares it with others.
    """

    name: str
    setup: Setup
    among: Setup

    @property
    def activation(self) -> str:
        """Its text form."""
        return self.setup.activations[0]

    @property
    def init(self) -> str:
        """The text form of its initialisation."""
        return self.setup.network.init[0]

    @property
    def block(self) -> str:
        """The text form of the block that its networks are of."""
        return self.setup.network.block[0]

    @property
    def layer(self) -> str:
        """What one of the layers is called: a block, where a skip goes around it."""
        return "block" if block(self.block).skips else "layer"

    @property
    def _roster(self) -> str:
        """The knob whose values its family looks at."""
        return roster_in(self.setup.model)

    @property
    def _named_by(self) -> str:
        """The knob whose value is its name: the roster, or another that its family compares."""
        compares = FAMILIES[self.setup.model].compares
        others = (knob for knob in compares if self.name in KNOBS[knob].of(self.setup))
        return next(others, self._roster)

    def check(self) -> None:
        """Raise an `InputError` where knobs that count for its family contradict one another."""
        for group in groups_of(self.setup.model):
            family: Family = getattr(self.setup, group)
            family.check(self.setup)

    def changed(self, changes: Changes) -> Subject:
        """The same with other knobs; another activation or way to draw gives it another name."""
        setup = self.setup.with_(**changes).clamped()
        name = KNOBS[self._named_by].of(setup)[0]
        return Subject(name, setup, self.among.with_(**changes).clamped())

    def labelled(self, label: str, changes: Changes) -> str:
        """The label of these changes; of a knob that all that are compared share it says so."""
        others = self.among.comparing_in(self.setup.model)
        own = {others or self._roster}
        alone = not others and len(self.among.roster_of(self.setup.model)) < 2
        return label if alone or set(changes) <= own else f"{label} for all of them"

    def kept_among_others(self, changes: Changes) -> Changes:
        """These changes where several are compared: the others stay as they are."""
        for knob in (self._roster, *FAMILIES[self.setup.model].compares):
            if knob in changes and len(compared := KNOBS[knob].of(self.among)) > 1:
                own, (new,) = KNOBS[knob].of(self.setup), changes[knob]
                if len(own) > 1:
                    continue  # several that do not count here
                (old,) = own
                kept = dict.fromkeys(new if name == old else name for name in compared)
                changes = {**changes, knob: tuple(kept)}
        return changes

    def check_others(self, changes: Changes) -> None:
        """Raise an `InputError` where weights, drawn in another way, cannot be for all compared."""
        family = self.setup.model
        if RECIPE in changes and "network" in groups_of(family):
            for one in subjects_of(self.among.with_(**changes), family):
                widths = one.setup.network.widths(one.setup.depth)
                sigmas_by_layer(one.init, one.activation, widths)


def subjects_of(setup: Setup, family: str) -> tuple[Subject, ...]:
    """What a setup compares in a family: its roster, or several of what else that compares."""
    roster, names = roster_in(family), setup.roster_of(family)
    alone = setup.with_(focus="", model=family)
    if comparing := setup.comparing_in(family):
        alone = alone.with_(**{roster: (setup.focus_of(names),)})
        roster, names = comparing, setup.compared_in(family)
    return tuple(Subject(name, alone.with_(**{roster: (name,)}), setup) for name in names)


def as_printed(changes: Changes) -> Changes:
    """The values that a command with these changes would set: what is printed is what is tried.

    Raises:
        InputError: a value that its knob does not allow.
    """
    return {name: KNOBS[name].parse(KNOBS[name].format(value)) for name, value in changes.items()}


def first_that_helps(
    subject: Subject,
    candidates: Iterable[tuple[str, Changes]],
    heals: Callable[[Subject], str | None],
    before: str,
) -> Remedy | None:
    """The first change that is tried, as it would be printed and read back, and found to help.

    Args:
        subject: what ails.
        candidates: changes worth trying with what each is called, the least intrusive first.
        heals: tries a changed subject, among what it would be compared with, and says what becomes
            of it; None if that is not healthy.
        before: what becomes of it now, in the same words.
    """
    for label, changes in candidates:
        try:
            changes = as_printed(changes)
            kept = subject.kept_among_others(changes)
            among = subject.among.with_(**kept).clamped()
            changed = replace(subject.changed(changes), among=among)
            changed.check()
            subject.check_others(kept)
            after = heals(changed)
        except InputError:  # it cannot be
            continue
        if after is not None:
            return Remedy(subject.labelled(label, changes), kept, before, after, changed.name)
    return None
