"""JSON Lines: an object a line, such as most people's own loggers write."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence

from gradtui.runs.formats.format import TORN, Format, Head, Lines
from gradtui.runs.keys import role
from gradtui.runs.sheet import SUMMARY, Sheet

_DEEPEST = 6
_LONG = 2**14
_NAMED = re.compile(r'"([^"\\]{1,400})"\s*:\s*["\d.NInfa+-]')
_NESTED = frozenset({dict, list})


def parsed(text: str | bytes) -> object:
    """What a text of JSON says; None where it is none, or deeper or longer than can be read."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def flat(value: Mapping[str, object], prefix: str = "", depth: int = 0) -> dict[str, object]:
    """An object's numbers and texts, with a / between the names of objects in objects."""
    told: dict[str, object] = {}
    for name, one in value.items():
        if isinstance(one, Mapping):
            if depth < _DEEPEST:
                told |= flat(one, f"{prefix}{name}/", depth + 1)
        elif not isinstance(one, list):
            told[f"{prefix}{name}"] = one
    return told


class JsonLines(Lines):
    """An object a line."""

    def take(self, lines: list[str]) -> None:
        """Whole lines: rows of the same names are put down together."""
        values = values_of(lines)
        rows = [value for value in values if isinstance(value, dict)]
        self.sheet.note("Left out as no JSON: {line|lines}.", len(values) - len(rows))
        put_objects(self.sheet, rows)

    def torn(self, line: str) -> None:
        """An object that is closed is whole, also where the line isn't ended."""
        if isinstance(parsed(line), dict):
            self.take([line])
        else:
            self.sheet.note(TORN)


def put_objects(sheet: Sheet, objects: Sequence[dict[str, object]]) -> None:
    """Put objects down as rows, those together that have the same names."""
    names: tuple[str, ...] = ()
    rows: list[Iterable[object]] = []
    for one in objects:
        if not _NESTED.isdisjoint(map(type, one.values())):
            one = flat(one)
        own = tuple(one)
        if own != names or SUMMARY in one:
            _put(sheet, names, rows)
            names, rows = own, []
        rows.append(one.values())
    _put(sheet, names, rows)


def _put(sheet: Sheet, names: tuple[str, ...], rows: list[Iterable[object]]) -> None:
    """Rows of the same names."""
    if len(rows) == 1:
        sheet.row(dict(zip(names, rows[0], strict=True)))
    elif rows:
        sheet.rows(names, list(zip(*rows, strict=True)))


def values_of(lines: list[str]) -> list[object]:
    """What each line says: all at once, and one by one only where some line is no JSON."""
    told = [line for line in lines if line and not line.isspace()]
    together = parsed(f"[{','.join(told)}]")
    if isinstance(together, list) and len(together) == len(told):
        return together
    return [parsed(line) for line in told]


def objects(head: Head, most: int = 20) -> list[dict[str, object]]:
    """The objects of the first lines."""
    lines = head.lines[:most]
    if not lines or not lines[0].lstrip().startswith("{"):
        return []
    return [value for line in lines if isinstance(value := parsed(line), dict)]


def _knows(head: Head) -> bool:
    text = head.text
    if not text.startswith("{"):
        return False
    if "\n" not in text and len(text) > _LONG:
        # A line of thousands of layers, of which this is the beginning.
        return any(role(key) for key in _NAMED.findall(text))
    return any(role(key) for one in objects(head) for key in flat(one))


JSON_LINES = Format("JSON Lines", _knows, stream=JsonLines)
