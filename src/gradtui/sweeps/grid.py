"""The setups of a sweep: axes of knobs, read as `KNOB=VALUES`, and every combination of them.

VALUES are a list, `a,b,c`, its commas outside parentheses; `a;b;c` where a value has commas of its
own. One of them may be a range of numbers: `low:high:log9` has 9 from low to high in a geometric
series, ends included, `low:high:lin9` in an arithmetic one; of a knob of whole numbers they are
rounded, and each is there once.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from gradtui.errors import CommandError, InputError, nearest, shown
from gradtui.setup import KNOBS, Knob, Setup
from gradtui.views import VIEWS
from gradtui.views.command import setup_of
from gradtui.views.view import View

MOST_CELLS = 100_000
"""The most setups of one sweep: a row each is some 50 MB."""
MOST_VALUES = 10_000
_FORM = "KNOB=VALUES: a list such as relu,tanh, or a range such as 10:1000:log9 or 1:2:lin11"
_RANGE = re.compile(r"\s*([^:\s]+)\s*:\s*([^:\s]+)\s*:\s*(log|lin)\s*(\d+)\s*")
_ENDS = re.compile(r"\s*([^:\s]+)\s*:\s*([^:\s]+)")
"""Of what is meant as a range of numbers."""
_PROBED = 200
"""So many of the setups are looked at, at most, to tell whether an axis changes anything."""


@dataclass(frozen=True)
class Axis:
    """A knob and the values that it takes.

    Attributes:
        knob: its name.
        texts: the values as its flag takes them; numbers rise.
        numeric: whether they are numbers.
    """

    knob: str
    texts: tuple[str, ...]
    numeric: bool

    @property
    def label(self) -> str:
        """What it is called beside a picture."""
        knob = KNOBS[self.knob]
        return knob.label.removesuffix("s") if knob.extends else knob.label

    @property
    def values(self) -> tuple[str | float, ...]:
        """The values, numbers as numbers."""
        return tuple(map(self.value, range(len(self.texts))))

    def value(self, place: int) -> str | float:
        """That at a place."""
        text = self.texts[place]
        if not self.numeric:
            return text
        number = float(text)
        return (
            int(number) if number.is_integer() and "." not in text and "e" not in text else number
        )


@dataclass(frozen=True)
class Grid:
    """Every combination of the axes' values; the last axis changes from cell to cell.

    Attributes:
        view: the name of the view that is asked.
        given: the text of each other knob that was given.
        axes: what is swept.
    """

    view: str
    given: tuple[tuple[str, str], ...]
    axes: tuple[Axis, ...]

    @property
    def size(self) -> int:
        """How many cells there are."""
        return math.prod(len(axis.texts) for axis in self.axes)

    def places(self, cell: int) -> tuple[int, ...]:
        """The place of a cell on each axis."""
        places = []
        for axis in reversed(self.axes):
            cell, place = divmod(cell, len(axis.texts))
            places.append(place)
        return tuple(reversed(places))

    def cell(self, places: Sequence[int]) -> int:
        """The cell at these places."""
        cell = 0
        for axis, place in zip(self.axes, places, strict=True):
            cell = cell * len(axis.texts) + place
        return cell

    def words(self, cell: int) -> dict[str, str]:
        """The text of each knob of a cell."""
        own = {
            axis.knob: axis.texts[place]
            for axis, place in zip(self.axes, self.places(cell), strict=True)
        }
        return {**dict(self.given), **own}

    def setup(self, cell: int) -> Setup:
        """The setup of a cell.

        Raises:
            InputError, CommandError: there is none.
        """
        return setup_of(VIEWS[self.view], (), self.words(cell))

    def values(self, cell: int) -> dict[str, str | float]:
        """What the axes are at a cell."""
        return {
            axis.knob: axis.value(place)
            for axis, place in zip(self.axes, self.places(cell), strict=True)
        }


def grid_of(
    view: View[Any], names: Sequence[str], given: Mapping[str, str], over: Sequence[str]
) -> Grid:
    """The grid that is asked for; what a cell would compare is an axis of it, too.

    Args:
        view: what is asked of each setup.
        names: those of its roster that were named.
        given: the text of each knob that is the same everywhere.
        over: the axes, `KNOB=VALUES` each.

    Raises:
        InputError, CommandError: an axis that is none, has no such values, or changes nothing;
            too many cells; two that contradict each other.
    """
    given = dict(given)
    roster = view.roster(view.default_setup)
    if names:
        setup = setup_of(view, names, given)
        given[roster.name] = roster.text(setup)
    axes = [axis_of(view, one) for one in over]
    for at, axis in enumerate(axes):
        if axis.knob in given:
            raise CommandError(
                f"over: {axis.knob} is swept and is given as {shown(given[axis.knob])} too; "
                "leave one of them out"
            )
        if axis.knob in [other.knob for other in axes[:at]]:
            raise CommandError(f"over: {axis.knob} is swept twice; put all its values into one")
    grid = _with_compared(view, Grid(view.name, tuple(given.items()), tuple(axes)))
    if grid.size > MOST_CELLS:
        raise InputError(
            "over",
            f"{grid.size:,} cells",
            f"at most {MOST_CELLS:,}",
            "give fewer values, or several sweeps",
        )
    _check_axes(view, grid)
    return grid


# ------------------------------------------------------------------------ an axis


def axis_of(view: View[Any], text: str) -> Axis:
    """What one `KNOB=VALUES` says."""
    word, equals, values = text.partition("=")
    knob = _knob(view, word.strip())
    if not equals or not values.strip():
        raise InputError("over", text, _FORM, f"try {knob.flag[2:]}=VALUE,VALUE")
    found: dict[str, Any] = {}
    for part in _parts(values):
        for one in _expanded(knob, part):
            value = knob.parse(one)
            if knob.extends and len(value) != 1:
                raise InputError(
                    knob.name, one, "one value of a sweep", "separate them by commas, one a cell"
                )
            found.setdefault(knob.format(value), value)
    if len(found) > MOST_VALUES:
        raise InputError("over", text, f"at most {MOST_VALUES:,} values", "give fewer")
    texts, numeric = list(found), not knob.extends and all(map(_is_number, found))
    if numeric:
        texts.sort(key=float)
    return Axis(knob.name, tuple(texts), numeric)


def _is_number(text: str) -> bool:
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False


def _knob(view: View[Any], word: str) -> Knob:
    """The knob of a view that a word names, as its flag or as Python does."""
    meant = word.removeprefix("--").replace("-", "_")
    own = {knob.name: knob for knob in view.all_knobs}
    own |= {knob.flag[2:].replace("-", "_"): knob for knob in view.all_knobs}
    if meant in own:
        return own[meant]
    flags = [knob.flag[2:] for knob in view.all_knobs]
    near = nearest(word, flags, 2)
    hint = f"did you mean {' or '.join(near)}? " if near else ""
    raise InputError("over", word, f"a knob of {view.name}", f"{hint}it has {', '.join(flags)}")


def _parts(values: str) -> list[str]:
    """The values of a list: at semicolons where there are any, else at commas."""
    mark = ";" if ";" in _outside(values) else ","
    parts, depth, part = [], 0, ""
    for character in values:
        depth += (character in "([") - (character in ")]")
        if character == mark and depth <= 0:
            parts.append(part)
            part = ""
        else:
            part += character
    return [one.strip() for one in (*parts, part) if one.strip()]


def _outside(values: str) -> str:
    """What stands outside parentheses."""
    kept, depth = "", 0
    for character in values:
        depth += character in "(["
        kept += character if depth <= 0 else ""
        depth -= character in ")]"
    return kept


def _expanded(knob: Knob, part: str) -> Iterator[str]:
    """The values that one of a list stands for."""
    found = _RANGE.fullmatch(part)
    whole = isinstance(knob.of(Setup()), int)
    if found is None:
        ends = _ENDS.match(part)
        if ends and (whole or isinstance(knob.of(Setup()), float)):
            step = f"try {ends[1]}:{ends[2]}:log9 or {ends[1]}:{ends[2]}:lin9"
            raise InputError("over", part, "a range with how many values it has", step)
        yield part
        return
    try:
        low, high = (float(end.replace("_", "")) for end in found.group(1, 2))
    except ValueError:
        raise InputError("over", part, "a range of numbers", f"see what {knob.name} is") from None
    logarithmic, count = found[3] == "log", int(found[4])
    if not 2 <= count <= MOST_VALUES:
        allowed = f"a range of 2 to {MOST_VALUES:,} values"
        raise InputError("over", part, allowed, f"try {found[1]}:{found[2]}:{found[3]}9")
    if not (math.isfinite(low) and math.isfinite(high) and low < high):
        raise InputError("over", part, "a range from low to high", "give the lower end first")
    if logarithmic and low <= 0.0:
        step = f"try {found[1]}:{found[2]}:lin{count}, or a low end above 0"
        raise InputError("over", part, "a range log can have: its low end is above 0", step)
    for at in range(count):
        share = at / (count - 1)
        if at in (0, count - 1):
            value = high if at else low
        elif logarithmic:
            value = math.exp(math.log(low) + share * (math.log(high) - math.log(low)))
        else:
            value = low + share * (high - low)
        yield str(round(value)) if whole else repr(float(f"{value:.6g}"))


# ------------------------------------------------------------------- the whole grid


def _probed(grid: Grid) -> Iterator[int]:
    """Some of the cells: those that differ from the first on one axis alone, and the last."""
    first = [0] * len(grid.axes)
    cells = {0: None, grid.size - 1: None}
    for at, axis in enumerate(grid.axes):
        step = max(1, len(axis.texts) * len(grid.axes) // _PROBED)
        for place in range(0, len(axis.texts), step):
            cells[grid.cell([*first[:at], place, *first[at + 1 :]])] = None
    yield from cells


def _setups(grid: Grid) -> list[Setup]:
    """Those of the cells looked at that can be."""
    setups, failed = [], None
    for cell in _probed(grid):
        try:
            setups.append(grid.setup(cell))
        except (InputError, CommandError) as error:
            failed = failed or error
    if not setups and failed is not None:
        raise failed
    return setups


def _with_compared(view: View[Any], grid: Grid) -> Grid:
    """With what the cells would compare as the first axis: a cell is about one subject."""
    for setup in _setups(grid):
        if len(view.subjects(setup)) > 1:
            knob = KNOBS[setup.comparing_in(view.family(setup)) or view.roster(setup).name]
            texts = tuple(knob.format((one,)) for one in knob.of(setup))
            given = tuple(pair for pair in grid.given if pair[0] not in (knob.name, "focus"))
            return replace(grid, given=given, axes=(Axis(knob.name, texts, False), *grid.axes))
    return grid


def counting(view: View[Any], setup: Setup) -> frozenset[str]:
    """The knobs on which the result of a view depends in this setup."""
    read = {*view.used(setup), *(view.cursors(setup) if view.reads_cursor else ())}
    return frozenset(read - {*view.only_drawn, "focus"})


def _check_axes(view: View[Any], grid: Grid) -> None:
    """Raise an `InputError` where an axis changes nothing."""
    setups = _setups(grid)
    count = frozenset[str]().union(*(counting(view, setup) for setup in setups))
    for axis in grid.axes:
        if axis.knob in count:
            continue
        if axis.knob == "focus":
            why = "a cell is about one of those compared already"
        elif axis.knob in view.only_drawn:
            why = "it only says what is drawn"
        elif KNOBS[axis.knob].cursor:
            why = "it only says where somebody looks"
        else:
            why = f"{view.name} makes no use of it in this setup"
        swept = ", ".join(name for name in view.knobs if name in count)
        raise InputError(
            "over", KNOBS[axis.knob].flag[2:], f"a knob that changes a verdict here: {why}",
            f"sweep one of {swept}",
        )  # fmt: skip
