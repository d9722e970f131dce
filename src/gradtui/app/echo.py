"""How that reads which is being typed, in the place of the verdict."""

from __future__ import annotations

import itertools
import textwrap

from gradtui.plots.ascii import spelled
from gradtui.plots.picture import Picture, row
from gradtui.views.view import Size


def echoed(lines: tuple[str, ...], size: Size) -> Picture:
    """The lines, the first of them marked; what does not fit goes on below where it begins."""
    first, *others = (_in_room(line, size.width) for line in lines)
    rows = [row((f" {line}", "key")) for line in first]
    rows += [row((f" {line}", "")) for line in itertools.chain(*others)]
    return Picture.of(rows[: size.height], size.width, size.height)


def _in_room(line: str, width: int) -> list[str]:
    line = spelled(line)
    indent = " " * (len(line) - len(line.lstrip()))
    room = max(width - 2, len(indent) + 8)
    return textwrap.wrap(line, room, subsequent_indent=indent, break_on_hyphens=False) or [""]
