"""Pictures as SVG that looks the same whatever fonts there are.

The dots of braille, blocks and the lines of frames are drawn; only words and numbers are text, and
each run of them is stretched to the cells that it takes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from xml.sax.saxutils import escape, quoteattr

from gradtui.errors import printable
from gradtui.plots.palette import LIGHT, LIGHT_GROUNDS
from gradtui.plots.picture import Picture

WIDTH, HEIGHT = 8, 16
"""A cell in units of the drawing: braille dots then stand 4 apart both ways."""

_MARGIN = 12
_FONT = "ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, 'Liberation Mono', monospace"
_FONT_SIZE = 13
_BASELINE = 12

BACKGROUND = "#ffffff"
COLOURS = {**LIGHT, "axis": "#76808f"}
"""The colour of each role, on its ground or on `BACKGROUND`; frames are lighter than in the app."""
GROUNDS = LIGHT_GROUNDS
"""What is behind a role that has a ground of its own."""

_LEFT, _RIGHT, _UP, _DOWN = 1, 2, 4, 8
_ARMS = dict(
    zip(
        "─│┌┐└┘├┤┬┴┼",
        (3, 12, 10, 9, 6, 5, 14, 13, 11, 7, 15),
        strict=True,
    )
) | {"━": 3, "┃": 12}
"""Which of its four arms a piece of a frame has."""
_DASHES = {"╌": (3, 2), "╍": (3, 2), "┄": (3, 3), "╎": (12, 2), "┆": (12, 3)}
"""The direction of a broken line, and in how many strokes a cell has it."""
_HEAVY = "━┃╍"
_QUARTERS = {
    **dict(zip("▘▝▖▗▀▄▌▐", (1, 2, 4, 8, 3, 12, 5, 10), strict=True)),
    **dict(zip("▚▞▛▜▙▟█", (9, 6, 7, 11, 13, 14, 15), strict=True)),
}
"""Which quarters of its cell a block fills: 1 and 2 above, 4 and 8 below."""
_EIGHTHS = dict(zip("▁▂▃▅▆▇", (1, 2, 3, 5, 6, 7), strict=True))
"""How many eighths of its cell, from below, a block fills."""
_SHADES = {"░": 0.25, "▒": 0.5, "▓": 0.75}
"""How opaque a cell of this shade is."""
_DOTS = ((0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (1, 2), (0, 3), (1, 3))
"""Column and row of each bit of a braille character (Unicode, block U+2800)."""


def svg(picture: Picture, title: str) -> str:
    """The picture as a standalone drawing on a light ground.

    Args:
        picture: what to draw.
        title: what a reader that cannot see the drawing is told that it is.
    """
    shapes = _Shapes()
    words: list[str] = []
    grounds: list[str] = []
    for line, spans in enumerate(picture.rows):
        column = 0
        for text, role in spans:
            drawn = [shapes.draw(glyph, column + i, line, role) for i, glyph in enumerate(text)]
            words += _runs(text, drawn, column, line, role)
            if role in GROUNDS:
                grounds.append(
                    f'<path fill="{GROUNDS[role]}" d="M{column * WIDTH} {line * HEIGHT}'
                    f'h{len(text) * WIDTH}v{HEIGHT}h-{len(text) * WIDTH}z"/>'
                )
            column += len(text)
    width = picture.width * WIDTH + 2 * _MARGIN
    height = picture.height * HEIGHT + 2 * _MARGIN
    return "\n".join(
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
            f'viewBox="0 0 {width} {height}" role="img" aria-label={quoteattr(printable(title))}>',
            f"<title>{escape(printable(title))}</title>",
            f'<rect width="{width}" height="{height}" fill="{BACKGROUND}"/>',
            f'<g transform="translate({_MARGIN} {_MARGIN})" font-family="{_FONT}" '
            f'font-size="{_FONT_SIZE}" fill="{COLOURS[""]}">',
            *grounds,
            *shapes.elements(),
            *words,
            "</g>",
            "</svg>\n",
        )
    )


class _Shapes:
    """What is drawn instead of written, gathered so that each role has one path of a kind."""

    def __init__(self) -> None:
        self._paths: dict[tuple[str, str], list[str]] = defaultdict(list)
        # Neighbouring cells of one line become one stroke, without seams where they meet.
        self._straight: dict[tuple[str, str], set[tuple[int, int, int, int]]] = defaultdict(set)

    def draw(self, character: str, column: int, line: int, role: str) -> bool:
        """Take the character, if it is one that is drawn."""
        x, y = column * WIDTH, line * HEIGHT
        kind = "heavy" if character in _HEAVY else "line"
        if "\u2800" <= character <= "\u28ff":
            for bit, (right, down) in enumerate(_DOTS):
                if ord(character) >> bit & 1:
                    self._paths["dot", role].append(f"M{x + 2 + 4 * right} {y + 2 + 4 * down}h.01")
        elif character in _ARMS:
            arms = _ARMS[character]
            middle_x, middle_y = x + WIDTH // 2, y + HEIGHT // 2
            lines = self._straight[kind, role]
            if arms & (_LEFT | _RIGHT):
                start = x if arms & _LEFT else middle_x
                lines.add((middle_y, start, x + WIDTH if arms & _RIGHT else middle_x, 0))
            if arms & (_UP | _DOWN):
                start = y if arms & _UP else middle_y
                lines.add((middle_x, start, y + HEIGHT if arms & _DOWN else middle_y, 1))
        elif character in _DASHES:
            arms, count = _DASHES[character]
            length = (WIDTH if arms == _LEFT | _RIGHT else HEIGHT) / count
            for index in range(count):
                begin = (index + 0.2) * length
                self._paths[kind, role].append(
                    f"M{x + begin:g} {y + HEIGHT // 2}h{0.6 * length:g}"
                    if arms == _LEFT | _RIGHT
                    else f"M{x + WIDTH // 2} {y + begin:g}v{0.6 * length:g}"
                )
        elif character in _EIGHTHS:
            high = HEIGHT * _EIGHTHS[character] / 8
            self._paths["block", role].append(
                f"M{x} {y + HEIGHT - high:g}h{WIDTH}v{high:g}h-{WIDTH}z"
            )
        elif character in _SHADES:
            self._paths[character, role].append(f"M{x} {y}h{WIDTH}v{HEIGHT}h-{WIDTH}z")
        elif character in _QUARTERS:
            for bit in range(4):
                if _QUARTERS[character] >> bit & 1:
                    left, top = x + bit % 2 * WIDTH // 2, y + bit // 2 * HEIGHT // 2
                    self._paths["block", role].append(
                        f"M{left} {top}h{WIDTH // 2}v{HEIGHT // 2}h-{WIDTH // 2}z"
                    )
        else:
            return False
        return True

    def elements(self) -> Iterator[str]:
        """One path for each kind and role."""
        for key, lines in self._straight.items():
            for across, begin, end, upright in _merged(lines):
                self._paths[key].append(
                    f"M{across} {begin}V{end}" if upright else f"M{begin} {across}H{end}"
                )
        # Frames first: curves go over them.
        order = ("line", "heavy", *_SHADES, "block", "dot")
        for kind, role in sorted(self._paths, key=lambda key: (order.index(key[0]), key[1])):
            colour = COLOURS.get(role, COLOURS[""])
            style = {
                "line": f'fill="none" stroke="{colour}" stroke-width="1"',
                "heavy": f'fill="none" stroke="{colour}" stroke-width="2"',
                "block": f'fill="{colour}"',
                **{
                    shade: f'fill="{colour}" fill-opacity="{opacity}"'
                    for shade, opacity in _SHADES.items()
                },
                "dot": f'fill="none" stroke="{colour}" stroke-width="2.8" stroke-linecap="round"',
            }[kind]
            yield f'<path {style} d="{"".join(self._paths[kind, role])}"/>'


def _merged(lines: set[tuple[int, int, int, int]]) -> Iterator[tuple[int, int, int, int]]:
    """Strokes that touch end to end as one; each is (across, begin, end, upright)."""
    last: tuple[int, int, int, int] | None = None
    for stroke in sorted(lines, key=lambda line: (line[3], line[0], line[1])):
        if last is not None and (stroke[3], stroke[0], stroke[1]) == (last[3], last[0], last[2]):
            last = (last[0], last[1], stroke[2], last[3])
            continue
        if last is not None:
            yield last
        last = stroke
    if last is not None:
        yield last


def _runs(text: str, drawn: list[bool], column: int, line: int, role: str) -> Iterator[str]:
    """The written part of a span: runs without a gap of two blanks, each at its own place."""
    start: int | None = None
    for index in range(len(text) + 1):
        gap = index == len(text) or drawn[index] or text[index : index + 2].strip() == ""
        if start is None and not gap and text[index] != " ":
            start = index
        elif start is not None and gap:
            run = text[start:index].rstrip()
            weight = ' font-weight="bold"' if role == "title" else ""
            colour = COLOURS.get(role, COLOURS[""])
            yield (
                f'<text x="{(column + start) * WIDTH}" y="{line * HEIGHT + _BASELINE}" '
                f'textLength="{len(run) * WIDTH}" lengthAdjust="spacingAndGlyphs" '
                f'fill="{colour}"{weight}>{escape(printable(run))}</text>'
            )
            start = None
