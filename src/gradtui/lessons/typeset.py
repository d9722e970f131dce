"""A formula over several lines of text: fractions with bars, limits above and below."""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce

from gradtui.lessons.formulas import (
    Big,
    Call,
    Continued,
    Differential,
    Fraction,
    Group,
    Infix,
    Name,
    Negative,
    Node,
    Number,
    Power,
    Root,
    lowered,
    raised,
    read,
)


@dataclass(frozen=True)
class Box:
    """Lines; the one at `base` is the one that its neighbours stand beside."""

    lines: tuple[str, ...]
    base: int = 0

    @property
    def width(self) -> int:
        """Cells."""
        return len(self.lines[0])

    @property
    def tall(self) -> bool:
        """Whether it has more than a line."""
        return len(self.lines) > 1

    def beside(self, other: Box) -> Box:
        """Both, base beside base."""
        above = max(self.base, other.base)
        below = max(len(self.lines) - self.base, len(other.lines) - other.base)
        pairs = zip(self._padded(above, below), other._padded(above, below), strict=True)
        return Box(tuple(left + right for left, right in pairs), above)

    def _padded(self, above: int, below: int) -> list[str]:
        blank = " " * self.width
        over, under = above - self.base, below - (len(self.lines) - self.base)
        return [blank] * over + list(self.lines) + [blank] * under


def typeset(formula: str, width: int) -> Box:
    """The formula as people write it, over as many lines as that takes.

    What is wider goes on below, before a sign; what has no sign in the right place stands as it
    was written, in one line.
    """
    rows: list[Box] = []
    for part in _parts(read(formula)):
        if rows and rows[-1].width + part.width <= width:
            rows[-1] = rows[-1].beside(part)
        else:
            rows.append(_row(_FURTHER, _trimmed(part)) if rows else part)
    if any(row.width > width for row in rows):
        return _row(formula)
    return Box(tuple(line for row in rows for line in row.lines), rows[0].base)


_FURTHER = "    "
"""Stands before what goes on below."""


def _parts(node: Node) -> list[Box]:
    """Where the formula may be broken: before each sign that stands in nothing else."""
    match node:
        case Continued(sign, inner):
            first, *rest = _parts(inner)
            return [_row(f"{sign} ", first), *rest]
        case Infix(first, rest) if rest[0][0] not in ("", " "):
            parts = _parts(first)
            for sign, part in rest:
                apart = _APART.get(sign, f" {sign} ")
                further = _parts(part)
                if apart.startswith(" "):
                    parts += [_row(apart, further[0]), *further[1:]]
                else:  # a comma stays behind what it follows
                    parts[-1] = _row(parts[-1], apart)
                    parts += further
            return parts
    return [_box(node)]


def _trimmed(box: Box) -> Box:
    """Without the blanks at its left edge."""
    blanks = min(len(line) - len(line.lstrip()) for line in box.lines)
    return Box(tuple(line[blanks:] for line in box.lines), box.base)


def _row(*parts: Box | str) -> Box:
    boxes = [Box((part,)) if isinstance(part, str) else part for part in parts]
    return reduce(Box.beside, boxes)


def _stacked(*boxes: Box, base: int) -> Box:
    """One above the other, centred; the base is that of the one of this number."""
    width = max(box.width for box in boxes)
    lines = [line.center(width) for box in boxes for line in box.lines]
    return Box(tuple(lines), sum(len(box.lines) for box in boxes[:base]) + boxes[base].base)


_APART = {
    ",": ", ",
    ",  ": ",  ",
    ":": ": ",
    ":  ": ":  ",
    "⇒": "  ⇒  ",
    "⇔": "  ⇔  ",
    "": "",
    " ": " ",
}
_TALL = {"()": "⎛⎜⎝⎞⎟⎠", "[]": "⎡⎢⎣⎤⎥⎦", "||": "││││││", "‖‖": "‖‖‖‖‖‖"}


def _box(node: Node) -> Box:
    match node:
        case Number(text):
            return _row(text)
        case Name(text, below, primes):
            return _row(text + lowered(below) + {0: "", 1: "′", 2: "″"}[primes])
        case Group(pair, inner):
            return _grouped(pair, _box(inner))
        case Call(function, argument):
            return _box(function).beside(_box(argument))
        case Power(base, exponent):
            return _powered(_box(base), exponent)
        case Root(inner):
            return _row("√", _box(inner))
        case Negative(minus, inner):
            return _row(minus, _box(inner))
        case Fraction(above, below, tight):
            if tight:
                return _row(_box(above), "/", _box(below))
            upper, lower = _box(_bare(above)), _box(_bare(below))
            bar = Box(("─" * (max(upper.width, lower.width) + 2),))
            return _stacked(upper, bar, lower, base=1)
        case Differential(variable, inner):
            box = _box(inner)
            by = _stacked(_row(" d "), _row(f"─{'─' * len(variable.text)}──"),
                            _row(f" d{variable.text} "), base=1)  # fmt: skip
            return _row(by if box.tall else f"d/d{variable.text}", " ", box)
        case Big(large, lower, upper, inner):
            limits = [_row(text or " ") for text in (upper, lower)]
            named = _stacked(limits[0], _row(large), limits[1], base=1) if lower else _row(large)
            return _row(named, " ", _box(inner))
        case Infix(first, rest):
            box = _box(first)
            for sign, part in rest:
                box = _row(box, _APART.get(sign, f" {sign} "), _box(part))
            return box
        case Continued(sign, inner):
            return _row(f"{sign} ", _box(inner))


def _bare(node: Node) -> Node:
    """Without the parentheses that a bar does not need."""
    return node.inner if isinstance(node, Group) and node.pair == "()" else node


def _grouped(pair: str, inner: Box) -> Box:
    if not inner.tall:
        return _row(pair[0], inner, pair[1])
    between = len(inner.lines) - 2
    left, right = (
        Box((side[0], *[side[1]] * between, side[2]), inner.base)
        for side in (_TALL[pair][:3], _TALL[pair][3:])
    )
    return _row(left, inner, right)


def _powered(base: Box, exponent: Node) -> Box:
    text = raised(exponent)
    lines = (text, *[" " * len(text)] * (len(base.lines) - 1))
    return base.beside(Box(lines, base.base))
