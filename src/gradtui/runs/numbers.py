"""Numbers as files of others have them: nan, Infinity, NA, "0.5", nothing."""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import suppress
from typing import cast

_NOTHING = frozenset({"", "na", "n/a", "null", "none", "-", "--", "<na>"})
_THOUSANDS = re.compile(r"\s*[-+]?[1-9]\d{0,2}(?:,\d{3})+(?:\.\d+)?\s*")
_FARTHEST_STEP = 2.0**62


class NoNumberError(ValueError):
    """What stands there is neither a number nor nothing."""


def number(value: object) -> float | None:
    """A value as a float, nan and inf kept; None where nothing is recorded.

    Raises:
        NoNumberError: it is something else.
    """
    if value is None:
        return None
    if isinstance(value, float):
        return value
    if isinstance(value, (int, bool)):
        try:
            return float(value)
        except OverflowError:
            return float("inf") if value > 0 else float("-inf")
    if isinstance(value, str):
        return _parsed(value)
    raise NoNumberError


def _parsed(text: str) -> float | None:
    """A number in a text."""
    try:
        if "_" not in text:
            return float(text)
    except ValueError:
        pass
    if text.strip().lower() in _NOTHING:
        return None
    if _THOUSANDS.fullmatch(text):
        return float(text.replace(",", ""))
    raise NoNumberError


def whole(value: object) -> int | None:
    """A step: a whole number that 64 bits hold, also as 10.0 or "10"; otherwise None."""
    try:
        read = number(value)
    except NoNumberError:
        return None
    # Also refuses nan.
    if read is None or not abs(read) <= _FARTHEST_STEP or read != int(read):
        return None
    return value if isinstance(value, int) else int(read)


def numbers(cells: Sequence[object]) -> tuple[list[int], list[float], int]:
    """The places that have a number, the numbers, and how many are something else."""
    places = [place for place, cell in enumerate(cells) if cell is not None and cell != ""]
    with suppress(ValueError, TypeError, OverflowError):
        return places, [float(cast(str, cells[place])) for place in places], 0
    places = []
    values = []
    strange = 0
    for place, cell in enumerate(cells):
        try:
            value = number(cell)
        except NoNumberError:
            strange += 1
            continue
        if value is not None:
            places.append(place)
            values.append(value)
    return places, values, strange
