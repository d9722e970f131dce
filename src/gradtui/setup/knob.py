"""The field is the knob: a field of a frozen dataclass declares all that a knob is, once.

    networks: int = whole(100, "N", "how many random networks are drawn", 1, 10_000)

makes a typed field with a default, a flag of the command line, a control of the app, a validation
and a line of help. `knobs_of` gives the knobs of such a class, in the order of its fields.
"""

from __future__ import annotations

import dataclasses
import math
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

from gradtui.errors import InputError, nearest
from gradtui.mathematics.layer_values import FORMS, LayerValues, parse_layer_values
from gradtui.mathematics.spec import check_items, number, parse_number
from gradtui.wording import plain

MAX_WEIGHT = 1e100
"""The largest weight or bias; a unit's z is then far from the end of float64."""


@dataclass(frozen=True)
class Knob:
    """One choice: how it is named, read, written, checked and stepped.

    `step(value, n)` goes n steps up or down; `scale(value, n)` goes n times by the knob's factor.
    Both stay inside the allowed range.

    Attributes:
        letter: its key, unique among the knobs of a view.
        words: the names that a value may begin with, for completion.
        called: by what other names one of several values is known.
        from_word: the values that one word of a command line means, where that is not what `parse`
            makes of it.
        echo: lines that say how a text reads, while it is typed.
        shown: its name on the command line and in the app, where that is not the field's.
        lasting: a value in words that mean the same from wherever the program is started.
        brings: what else a value that somebody sets brings with it, by the knob's name.
        cursor: whether it only says where somebody looks: a move of it changes no result.
        within: for a cursor over numbers, the knob that says what it walks over.
        widens: whether a value outside of that widens it, instead of being refused.
        extends: whether a value is a list of words, to which one can add.
        group: the field of `Setup` in which it stands; "" for those of `Setup` itself.
    """

    name: str
    letter: str
    help: str
    allowed: str
    parse: Callable[[str], Any]
    format: Callable[[Any], str]
    step: Callable[[Any, int], Any]
    scale: Callable[[Any, int], Any]
    words: Callable[[], Collection[str]] = lambda: ()
    called: Callable[[str], Collection[str]] = lambda value: ()
    lasting: Callable[[Any], str] | None = None
    from_word: Callable[[str], tuple[str, ...]] | None = None
    brings: Callable[[Any], Mapping[str, Any]] = lambda value: {}
    cursor: bool = False
    within: str = ""
    widens: bool = False
    extends: bool = False
    group: str = ""
    shown: str = ""
    echo: Callable[[str], tuple[str, ...]] = lambda text: ()

    @property
    def flag(self) -> str:
        """The option on the command line."""
        return "--" + (self.shown or self.name).replace("_", "-")

    @property
    def label(self) -> str:
        """The name in the app."""
        return (self.shown or self.name).replace("_", " ").replace("sigma ", "σ")

    def of(self, setup: object) -> Any:
        """The knob's value in a `Setup`."""
        return getattr(getattr(setup, self.group) if self.group else setup, self.name)

    def text(self, setup: object) -> str:
        """The knob's value in a `Setup`, as its flag takes it."""
        return self.format(self.of(setup))

    def kept(self, setup: object) -> str:
        """The same, to be read by another start."""
        return (self.lasting or self.format)(self.of(setup))


_KNOB = "knob"


def declared(default: Any, letter: str, help: str, make: Callable[..., Knob], **facts: Any) -> Any:
    """A field that is a knob.

    Args:
        default: its value unless something else is chosen.
        letter: its key.
        help: what it is, in words.
        make: from name, letter and help to the knob.
        facts: further attributes of the knob.
    """

    def named(name: str, group: str) -> Knob:
        knob = make(name, letter, help)

        def parse(text: str) -> Any:
            if not text.strip() and default != "":
                raise InputError(name, text, knob.allowed, "it is empty: give it a value")
            return knob.parse(text)

        return dataclasses.replace(knob, parse=parse, group=group, **facts)

    return dataclasses.field(default=default, metadata={_KNOB: named})


def knobs_of(group: type, name: str = "") -> tuple[Knob, ...]:
    """The knobs that the fields of a dataclass are, which is the group of that name."""
    return tuple(
        field.metadata[_KNOB](field.name, name)
        for field in dataclasses.fields(group)
        if _KNOB in field.metadata
    )


def names_of(group: type, *, without: tuple[str, ...] = ()) -> tuple[str, ...]:
    """The names of a group's knobs, but for those that a view makes no use of."""
    return tuple(knob.name for knob in knobs_of(group) if knob.name not in without)


def tidy(value: float) -> float:
    """Twelve significant digits: 0.1 + 0.2 is 0.3 to the user."""
    return float(f"{value:.12g}")


# ------------------------------------------------------------------- the kinds


def whole(default: int, letter: str, help: str, low: int, high: int, **facts: Any) -> int:
    """A whole number; a factor doubles or halves it."""
    allowed = f"a whole number from {low:,} to {high:,}"

    def clamp(value: float) -> int:
        return int(min(max(value, low), high))

    def scale(value: int, n: int) -> int:
        return clamp(max(value, 1) * 2**n if n >= 0 else value // 2**-n)

    def make(name: str, letter: str, help: str) -> Knob:
        def parse(text: str) -> int:
            value = _read(text)
            if not (low <= value <= high and value == int(value)):
                meant = default if math.isnan(value) else min(max(value, low), high)
                raise InputError(name, text, allowed, f"try {{{name}={round(meant)}}}")
            return int(value)

        return Knob(name, letter, help, allowed, parse, str, lambda v, n: clamp(v + n), scale)

    return declared(default, letter, help, make, **facts)  # type: ignore[no-any-return]


_THOUSANDS = re.compile(r"(?<=\d)[,_](?=\d{3}(?!\d))")


def _read(text: str) -> float:
    """A number, thousands set apart or not; nan where it is none."""
    try:
        return float(_THOUSANDS.sub("", text.strip()))
    except ValueError:
        return math.nan


def real(
    default: float,
    letter: str,
    help: str,
    low: float,
    high: float,
    step: float,
    factor: float = 2.0,
    **facts: Any,
) -> float:
    """A number."""
    allowed = f"a number from {number(low)} to {number(high)}"

    def clamp(value: float) -> float:
        return min(max(tidy(value), low), high)

    def make(name: str, letter: str, help: str) -> Knob:
        def parse(text: str) -> float:
            value = parse_number(name, text)
            if not low <= value <= high:
                nearest = number(min(max(value, low), high))
                raise InputError(name, text, allowed, f"try {{{name}={nearest}}}")
            return value

        return Knob(
            name,
            letter,
            help,
            allowed,
            parse,
            number,
            lambda value, n: clamp(value + n * step),
            lambda value, n: clamp(value * factor**n),
        )

    return declared(default, letter, help, make, **facts)  # type: ignore[no-any-return]


def layer_values(default: float, letter: str, help: str) -> LayerValues:
    """A number a layer; a list of them says how deep the network is."""

    def each(value: LayerValues, change: Callable[[float], float]) -> LayerValues:
        def changed(number: float) -> float:
            return min(max(tidy(change(number)), -MAX_WEIGHT), MAX_WEIGHT)

        if value.std is not None:
            return LayerValues(std=max(changed(value.std), 0.0))
        return LayerValues(tuple(map(changed, value.values)))

    def make(name: str, letter: str, help: str) -> Knob:
        def parse(text: str) -> LayerValues:
            value = parse_layer_values(name, text)
            if value.largest > MAX_WEIGHT:
                raise InputError(
                    name, text, f"of at most {plain(MAX_WEIGHT)} in size", "try a smaller number"
                )
            return value

        return Knob(
            name,
            letter,
            help,
            FORMS,
            parse,
            lambda value: value.text,
            lambda value, n: each(value, lambda number: number + 0.1 * n),
            lambda value, n: each(value, lambda number: number * 2.0**n),
        )

    def depth(value: LayerValues) -> Mapping[str, Any]:
        return {"depth": len(value.values)} if len(value.values) > 1 else {}

    return declared(  # type: ignore[no-any-return]
        LayerValues((default,)), letter, help, make, brings=depth
    )


_NARROWEST = 1e-9
"""The least width of a range, by itself and beside the numbers in it."""
AUTO = "auto"
"""The text form of a range that a view chooses by itself."""


def interval(
    default: tuple[float, float],
    letter: str,
    help: str,
    least: float,
    most: float,
    *,
    auto: bool = False,
    step: float = 0.0,
) -> Any:
    """Two numbers low:high; a step moves both, a factor widens them around their middle.

    With `auto` it is None unless somebody sets it: the view chooses. A step goes from `default`.
    """
    step = step or (1.0 if least < 0.0 else 0.1)
    usual = written(default)
    form = (
        f"low:high, both from {number(least)} to {number(most)}, low below high by 1e-9 and by a "
        f"billionth of them{', or auto' if auto else ''}"
    )

    def moved(limits: tuple[float, float] | None, n: int) -> tuple[float, float]:
        low, high = limits or default
        by = min(max(n * step, least - low), most - high)
        return tidy(low + by), tidy(high + by)

    def scaled(limits: tuple[float, float] | None, n: int) -> tuple[float, float]:
        low, high = limits or default
        centre, half = (low + high) / 2, (high - low) / 2
        half = max(half * 2.0**n, 1e-3, _NARROWEST * abs(centre))
        return tidy(max(centre - half, least)), tidy(min(centre + half, most))

    def make(name: str, letter: str, help: str) -> Knob:
        def parse(text: str) -> tuple[float, float] | None:
            if auto and text.strip() == AUTO:
                return None
            low_text, colon, high_text = text.partition(":")
            if not colon:
                raise InputError(name, text, form, f"try {{{name}={usual}}}")
            if not low_text.strip() or not high_text.strip():
                missing = "high" if low_text.strip() else "low"
                try_ = f"{missing} is missing: try {{{name}={usual}}}"
                raise InputError(name, text, form, try_)
            low, high = parse_number(name, low_text), parse_number(name, high_text)
            wide = high - low >= _NARROWEST * max(abs(low), abs(high), 1.0)
            inside = least <= min(low, high) and max(low, high) <= most
            if not wide or not inside:
                turned = inside and low - high >= _NARROWEST * max(abs(low), abs(high), 1.0)
                meant = written((high, low)) if turned else usual
                raise InputError(name, text, form, f"try {{{name}={meant}}}")
            return low, high

        words = (lambda: (AUTO,)) if auto else tuple
        return Knob(name, letter, help, form, parse, written, moved, scaled, words)

    return declared(None if auto else default, letter, help, make)


def written(limits: tuple[float, float] | None) -> str:
    """The text form of a range."""
    return AUTO if limits is None else f"{number(limits[0])}:{number(limits[1])}"


def choice(
    default: str, letter: str, help: str, choices: Callable[[], tuple[str, ...]], **facts: Any
) -> str:
    """One of some words, which are asked for when they are needed."""

    def step(value: str, n: int) -> str:
        words = choices()
        return words[(words.index(value) + n) % len(words)]

    def make(name: str, letter: str, help: str) -> Knob:
        words = choices()
        allowed = f"{', '.join(words[:-1])} or {words[-1]}"

        def parse(text: str) -> str:
            if text.strip() not in words:
                near = nearest(text.strip(), words)
                raise InputError(name, text, allowed, f"try {near[0] if near else words[0]}")
            return text.strip()

        return Knob(name, letter, help, allowed, parse, str, step, step, choices)

    return declared(default, letter, help, make, **facts)  # type: ignore[no-any-return]


def several(
    default: tuple[str, ...],
    letter: str,
    help: str,
    allowed: str,
    word: Callable[[str], str],
    most: int,
    what: str,
    words: Callable[[], Collection[str]],
    step: Callable[[tuple[str, ...], int], tuple[str, ...]] = lambda value, n: value,
    called: Callable[[str], Collection[str]] = lambda value: (),
    shown: str = "",
    apart: Callable[[str], list[str]] | None = None,
    **facts: Any,
) -> tuple[str, ...]:
    """One or several text forms, separated by commas or blanks outside parentheses.

    `apart` sets them apart where more than these have to be looked at.
    """

    def make(name: str, letter: str, help: str) -> Knob:
        def parse(text: str) -> tuple[str, ...]:
            check_items(name, text)
            unique = tuple(dict.fromkeys(word(form) for form in (apart or split)(text)))
            if not 1 <= len(unique) <= most:
                raise InputError(name, text, f"1 to {most} {what}", "choose which to compare")
            return unique

        return Knob(name, letter, help, allowed, parse, ", ".join, step, step, words, called)

    return declared(default, letter, help, make, extends=True, shown=shown, **facts)  # type: ignore[no-any-return]


def split(text: str) -> list[str]:
    """The words of a text, separated by commas or blanks outside parentheses."""
    words: list[str] = []
    depth, word = 0, ""
    for character in text + ",":
        depth += (character == "(") - (character == ")")
        if depth <= 0 and (character == "," or character.isspace()):
            if word:
                words.append(word)
            word = ""
        else:
            word += character
    if word:  # a parenthesis was left open: the name's own error says so
        words.append(word.removesuffix(","))
    return words
