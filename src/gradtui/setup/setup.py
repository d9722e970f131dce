"""Every choice the user has made, as one frozen value."""

from __future__ import annotations

import dataclasses
import math
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from gradtui.errors import InputError
from gradtui.mathematics.limits import MAX_DEPTH, MAX_STEPS
from gradtui.mathematics.spec import parse_spec
from gradtui.setup.chain import Chain
from gradtui.setup.family import Family
from gradtui.setup.knob import Knob, choice, declared, knobs_of, whole
from gradtui.setup.network import Network
from gradtui.setup.plane import Plane, Slope
from gradtui.setup.recorded import Recorded
from gradtui.setup.recurrent import Recurrent
from gradtui.setup.shared import Shared


def _focus(name: str, letter: str, help: str) -> Knob:
    def compared() -> list[Knob]:
        """The knobs of which several values can be compared."""
        return [KNOBS[knob] for knob in COMPARABLE]

    def parse(text: str) -> str:
        """The value that the knob in which it is compared makes of it.

        What none of them knows is left as it is, for `checked` to refuse beside what is compared.
        """
        if not text:
            return ""
        first, *others = compared()
        for knob in (one for one in others if one.from_word):
            for value in knob.words():
                if text == value or text in knob.called(value):
                    return value  # a path has no parameters
        named = [knob for knob in (first, *others) if knob.from_word is None]
        try:
            word = parse_spec(name, text).name
        except InputError:  # such as 1/sqrt(L), which only its own knob can read
            word = _BEFORE_PARAMETERS.split(text.strip(), maxsplit=1)[0]
        known = [knob for knob in reversed(named) if word in knob.words()]
        for knob in known[:1] or named:
            try:
                return str(knob.parse(text)[0])
            except InputError as error:
                if known:
                    raise InputError(name, error.given, error.allowed, error.next_step) from None
        return text

    return Knob(
        name,
        letter,
        help,
        "one of the chosen activations, cells, initialisations or blocks",
        parse,
        str,
        lambda value, n: value,
        lambda value, n: value,
        lambda: [word for knob in compared() for word in knob.words()],
    )


_BEFORE_PARAMETERS = re.compile(r"\s*\(")


@dataclass(frozen=True)
class Setup(Shared):
    """The state of every knob. Two equal setups give the same numbers and the same picture.

    A group of knobs is a field: `setup.network.units`. A family of models is one of them, and is
    a choice of `model` from there on.
    """

    focus: str = declared(
        "", "o", "which of those compared the verdict, the ceiling and the spread are for (the "
        "first)", _focus,
    )  # fmt: skip
    model: str = choice(
        "chain", "M", "one unit a layer (chain), or real layers (network)", lambda: CHOICE
    )
    chain: Chain = dataclasses.field(default=Chain())
    network: Network = dataclasses.field(default=Network())
    recurrent: Recurrent = dataclasses.field(default=Recurrent())
    recorded: Recorded = dataclasses.field(default=Recorded())
    slope: Slope = dataclasses.field(default=Slope())
    plane: Plane = dataclasses.field(default=Plane())
    layer: int = whole(1, "l", "the layer at which the cursor stands", 1, MAX_DEPTH, cursor=True)
    lag: int = whole(
        1, "l", "the lag, the steps back from the last, at which the cursor stands", 0, MAX_STEPS,
        cursor=True,
    )  # fmt: skip

    @classmethod
    def of(cls, **values: object) -> Setup:
        """A setup with these knobs, by name, and every other at its default."""
        return cls().with_(**values)

    def with_(self, **changes: object) -> Setup:
        """A copy with those knobs changed, by name."""
        own: dict[str, Any] = {}
        groups: dict[str, dict[str, object]] = {}
        for name, value in changes.items():
            group = KNOBS[name].group
            (groups.setdefault(group, {}) if group else own)[name] = value
        for group, values in groups.items():
            own[group] = dataclasses.replace(getattr(self, group), **values)
        return dataclasses.replace(self, **own)

    def of_family(self, family: str) -> Setup:
        """What a model of this family depends on; every other knob at its default."""
        names = [field.name for field in dataclasses.fields(Shared)] + list(groups_of(family))
        return Setup(model=family, **{name: getattr(self, name) for name in names})

    @property
    def log10_threshold(self) -> float:
        """log10 of the threshold."""
        return math.log10(self.threshold)

    def focus_of(self, names: tuple[str, ...]) -> str:
        """The one of these that the verdict speaks of: the chosen one, or the first."""
        return self.focus if self.focus in names else names[0]

    @property
    def focused(self) -> str:
        """The activation that the verdict speaks of."""
        return self.focus_of(self.activations)

    def comparing_in(self, family: str) -> str:
        """The knob of which a family compares several values instead of its roster; "" if none."""
        knobs = FAMILIES[family].compares if family else ()
        return next((knob for knob in knobs if len(KNOBS[knob].of(self)) > 1), "")

    def compared_in(self, family: str) -> tuple[str, ...]:
        """The several values that a family compares instead of its roster, if it does."""
        knob = self.comparing_in(family)
        values: tuple[str, ...] = KNOBS[knob].of(self) if knob else ()
        return values

    def roster_of(self, family: str) -> tuple[str, ...]:
        """What a family looks at or compares: activations, unless it has another roster."""
        values: tuple[str, ...] = KNOBS[roster_in(family)].of(self)
        return values

    @property
    def compared(self) -> tuple[str, ...]:
        """All that a focus can be on."""
        return tuple(value for knob in COMPARABLE for value in KNOBS[knob].of(self))

    def checked(self, family: str | None = None) -> Setup:
        """This setup, or an error where its knobs contradict one another.

        Args:
            family: that of the view it is for, where that is not its model's.

        Raises:
            InputError: a list of weights or biases whose length is not the depth; a focus
                that is not among what is compared; several activations and several
                initialisations at once; a cursor outside what it walks over.
        """
        if self.focus not in ("", *self.compared):
            family = self.model if family is None else family
            shown = (*self.roster_of(family), *self.compared_in(family))
            allowed = f"one of {', '.join(shown)}"
            raise InputError("focus", self.focus, allowed, "choose one of them")
        if self.layer > self.depth:
            allowed = f"a layer from 1 to {self.depth}"
            try_ = f"try {{layer={self.depth}}}, or more of {{depth}}"
            raise InputError("layer", self.layer, allowed, try_)
        if self.lag > self.recurrent.steps:
            allowed = f"a lag from 0 to {self.recurrent.steps}"
            try_ = f"try {{lag={self.recurrent.steps}}}, or more {{steps}}"
            raise InputError("lag", self.lag, allowed, try_)
        for knob, (low, high) in self._walked():
            if not low <= (value := knob.of(self)) <= high:
                allowed = f"inside the range {_exactly(low)} to {_exactly(high)}"
                inside = _exactly(min(max(value, low), high))
                try_ = f"try {{{knob.name}={inside}}}, or widen {{{knob.within}}}"
                raise InputError(knob.name, value, allowed, try_)
        for family in FAMILIES:
            knobs: Family = getattr(self, family)
            knobs.check(self)
        return self

    def clamped(self) -> Setup:
        """This setup with its cursors inside what they walk over."""
        inside = {
            knob.name: min(max(knob.of(self), low), high) for knob, (low, high) in self._walked()
        }
        return self.with_(
            layer=min(max(self.layer, 1), self.depth),
            lag=min(max(self.lag, 0), self.recurrent.steps),
            **inside,
        )

    def _walked(self) -> Iterator[tuple[Knob, tuple[float, float]]]:
        """Every cursor over numbers that has limits, and those."""
        for knob in KNOBS.values():
            limits = KNOBS[knob.within].of(self) if knob.within else None
            if limits is not None:
                yield knob, limits


def _groups() -> dict[str, type]:
    """The groups of knobs by the name of their field."""
    return {
        field.name: type(field.default)
        for field in dataclasses.fields(Setup)
        if dataclasses.is_dataclass(field.default)
    }


FAMILIES: Mapping[str, type[Family]] = {
    name: group for name, group in _groups().items() if issubclass(group, Family)
}
"""The models that there are to choose from, by the field that has their knobs."""


CHOICE: tuple[str, ...] = tuple(
    name for name, kind in FAMILIES.items() if kind.roster == Family.roster
)
"""Those of them that a view of activations can choose from."""

COMPARABLE: tuple[str, ...] = tuple(
    dict.fromkeys(
        knob
        for knob in (
            *(kind.roster for kind in FAMILIES.values()),
            *(knob for kind in FAMILIES.values() for knob in kind.compares),
        )
    )
)
"""The knobs of which several values can be compared: the rosters first."""


def roster_in(family: str) -> str:
    """The knob that says what a family, or a view that asks none, looks at."""
    return FAMILIES[family].roster if family else Family.roster


def groups_of(family: str) -> tuple[str, ...]:
    """The groups of knobs that count for a family: its own, and those that it builds on."""
    return (family, *FAMILIES[family].builds_on) if family else ()


def family_with(groups: Collection[str]) -> str:
    """The first family for which all of these groups count; "" if there is none."""
    return next((name for name in FAMILIES if {*groups} <= {*groups_of(name)}), "")


def _all_knobs() -> Iterator[Knob]:
    yield from knobs_of(Setup)
    for name, group in _groups().items():
        yield from knobs_of(group, name)


KNOBS: Mapping[str, Knob] = {knob.name: knob for knob in _all_knobs()}
"""Every knob by its name."""

CURSORS = tuple(knob.name for knob in KNOBS.values() if knob.cursor)
"""The knobs that only say where somebody looks: a move of theirs changes no result."""


def implied(setup: Setup, name: str, value: Any) -> dict[str, Any]:
    """What else a knob that somebody sets brings with it.

    A knob of a family switches to its model; a list of weights or biases says how deep the chain
    is; a place on a map that is not on it widens the map.
    """
    knob = KNOBS[name]
    changes = dict(knob.brings(value))
    if knob.group in CHOICE and knob.group not in groups_of(setup.model):
        changes["model"] = knob.group
    if knob.widens and (limits := KNOBS[knob.within].of(setup)) is not None:
        low, high = limits
        if not low <= value <= high:
            changes[knob.within] = (min(low, value), max(high, value))
    return changes


def _exactly(value: float) -> str:
    """In as few digits as give it back."""
    short = f"{value:g}"
    return short if float(short) == value else repr(float(value))
