"""The knobs of runs that were recorded: which, and what of them is looked at."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from gradtui import gate
from gradtui.errors import InputError
from gradtui.files import named_file
from gradtui.plots.picture import CURVES
from gradtui.runs.shelf import EXAMPLE, SHELF
from gradtui.setup.family import Family
from gradtui.setup.knob import Knob, choice, declared, interval
from gradtui.when_called import when_called

if TYPE_CHECKING:
    from gradtui.runs.naming import runs_named
else:
    (runs_named,) = when_called("gradtui.runs.naming", "runs_named")

MAX_STEP = 10**15
MOST_ROWS = 24
"""More tensors than these are grouped by module ..."""
MOST_MODULES = 64
"""... so that there are at most so many rows: a transformer has one for each block."""
NONE = "none"
LAST = "last"
"""Where the cursor stands as long as it is not moved: at what was recorded last."""


def words_of(name: str, text: str) -> list[str]:
    """The words of a text as a shell takes them: a path may have blanks in quotes.

    Raises:
        InputError: a quotation has no end.
    """
    try:
        return shlex.split(text)
    except ValueError:
        allowed = "paths in which every quotation ends"
        raise InputError(name, text, allowed, "put quotes around a path with blanks") from None


def _runs(name: str, letter: str, help: str) -> Knob:
    allowed = f"1 to {CURVES} paths of runs: files, or folders with runs in them"

    def word(text: str) -> tuple[str, ...]:
        found = (EXAMPLE,) if text == EXAMPLE else runs_named(name, text, CURVES)
        for one in found:
            SHELF.know(one)
        return found

    def parse(text: str) -> tuple[str, ...]:
        paths = dict.fromkeys(path for one in words_of(name, text) for path in word(one))
        if not 1 <= len(paths) <= CURVES:
            raise InputError(name, text, f"1 to {CURVES} runs", "choose which to compare")
        return tuple(paths)

    def lasting(value: tuple[str, ...]) -> str:
        return shlex.join(
            one if one == EXAMPLE or gate.is_shut() else str(named_file(one.rstrip("/")).absolute())
            for one in value
        )

    return Knob(
        name, letter, help, allowed, parse, shlex.join, lambda value, n: value,
        lambda value, n: value, lambda: SHELF.names, lambda path: (Path(path).name,), lasting,
        from_word=word,
    )  # fmt: skip


def _words(name: str, letter: str, help: str) -> Knob:
    return Knob(
        name,
        letter,
        help,
        f"{NONE}, or names of modules separated by blanks",
        lambda text: () if text.strip() == NONE else tuple(words_of(name, text)),
        lambda value: shlex.join(value) or NONE,
        lambda value, n: value,
        lambda value, n: value,
        lambda: (NONE,),
    )


def _step(name: str, letter: str, help: str) -> Knob:
    allowed = f"{LAST}, or a whole number from 0 to {MAX_STEP:,}"

    def parse(text: str) -> int | None:
        if text.strip() == LAST:
            return None
        plain = text.strip().replace(",", "").replace("_", "")
        if not plain.isdecimal() or len(plain) > 16 or int(plain) > MAX_STEP:
            raise InputError(name, text, allowed, f"try {{{name}={LAST}}}")
        return int(plain)

    def moved(by: Callable[[int], int]) -> Callable[[int | None], int | None]:
        return lambda value: min(max(by(value or 0), 0), MAX_STEP)

    return Knob(
        name,
        letter,
        help,
        allowed,
        parse,
        lambda value: LAST if value is None else str(value),
        lambda value, n: moved(lambda at: at + n)(value),
        lambda value, n: moved(lambda at: int(at * 2.0**n))(value),
        lambda: (LAST,),
    )


def _name(name: str, letter: str, help: str) -> Knob:
    return Knob(
        name, letter, help, "the name of a tensor or module of the run, or nothing", str.strip,
        str, lambda value, n: value, lambda value, n: value,
    )  # fmt: skip


@dataclass(frozen=True)
class Recorded(Family):
    """What is looked at of runs that somebody recorded."""

    roster: ClassVar[str] = "runs"

    runs: tuple[str, ...] = declared(
        (EXAMPLE,),
        "a",
        "the runs to look at or compare: files that training wrote, or folders with them",
        _runs,
        extends=True,
    )
    norm: str = choice(
        "gradient", "G", "the norm that is mapped: of the gradient, of the weight, of a step's "
        "update, or of the update beside the weight",
        lambda: ("gradient", "weight", "update", "ratio"),
    )  # fmt: skip
    beside: str = choice(
        "auto", "B", "beside what a norm is shown: the median of its tensor, that of the last "
        "tensor, or nothing (absolute); auto is as the verdict has it",
        lambda: ("auto", "median", "last", "absolute"),
    )  # fmt: skip
    step_range: tuple[float, float] | None = interval(
        (0.0, 1000.0), "R", "the steps that are shown; auto is all of them", 0.0, float(MAX_STEP),
        auto=True, step=10.0,
    )  # fmt: skip
    opened: tuple[str, ...] = declared(
        (), "J", "the modules of which every part has a row, where there are too many for all",
        _words,
    )  # fmt: skip
    step: int | None = declared(
        None, "l", "the step at which the cursor stands; last is the newest", _step, cursor=True
    )
    tensor: str = declared(
        "", "z", "the tensor or module at which the cursor stands", _name, cursor=True
    )
