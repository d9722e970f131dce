"""What the lines of a lesson claim to be equal, as SymPy expressions."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import sympy

from gradtui.lessons import Lesson
from gradtui.lessons.formulas import (
    Continued,
    Infix,
    Name,
    Negative,
    Node,
    Number,
    UnreadError,
    read,
)
from support.symbolic import CONSTANTS, Function, assumed, equal, symbolic


@dataclass(frozen=True)
class Claim:
    """That two things are equal, or about equal.

    Attributes:
        number: of the step that says so, from 1.
        left: what is shown first.
        right: what it is said to be.
        shown: the right side as it is written.
        about: whether it is only right to its last digit.
        read: how a side was read, with what was known there.
    """

    number: int
    left: Any
    right: Any
    shown: Node
    about: bool
    read: Callable[[Node], Any]

    def instead(self, shown: Node) -> Claim:
        """The claim that it is this."""
        return replace(self, right=self.read(shown), shown=shown)

    @property
    def holds(self) -> bool:
        """Whether SymPy proves it."""
        if not self.about:
            return equal(self.left, self.right)
        number = self.shown.inner if isinstance(self.shown, Negative) else self.shown
        assert isinstance(number, Number), number
        digits, _, exponent = number.text.partition("e")
        last = len(digits.partition(".")[2]) - int(exponent or "0")
        return bool(abs(self.left - self.right) * 2 <= sympy.Rational(10) ** -last)


def claims(
    lesson: Lesson,
    names: Mapping[str, Any] = {},
    functions: Mapping[str, Function] = {},
    besides: Collection[str] = (),
) -> Iterator[Claim]:
    """Every = and ≈ of a lesson: of a line with the line above, and within a line.

    A name that stands alone before its first = is defined there, and put in from there on. A
    condition in front, such as x > 0, holds for the lines that continue. What stands in a
    conclusion (⇒) claims nothing by itself, and neither does a side that has no value.

    Args:
        lesson: whose lines.
        names: what names stand for besides, as for `symbolic`.
        functions: as for `symbolic`.
        besides: formulas that are proved in another way.
    """
    known, condition, above = dict(names), {}, None
    for number, step in enumerate(lesson.steps, start=1):
        if step.formula in besides:
            continue
        for statement in _statements(read(step.formula)):
            match statement:
                case Continued(sign, inner):
                    signed = [(sign, inner)]
                case Infix(first, ((":  ", inner),)):
                    condition, signed = assumed(first), [("", inner)]
                case _:
                    condition, signed = {}, [("", statement)]
            sign, inner = signed[0]
            if isinstance(inner, Infix) and inner.rest[0][0] in ("=", "≈"):
                signed = [(sign, inner.first), *inner.rest]
            defined = _defined(*signed[0], known) if len(signed) > 1 else ""
            for sign, side in signed:
                read_here = partial(_value, names=dict(known), functions=functions, given=condition)
                value = read_here(side)
                if sign == "=" and defined:
                    if value is not None:
                        known[defined] = symbolic(side, known, functions, whole=False)
                    defined = ""
                elif sign in ("=", "≈") and above is not None and value is not None:
                    yield Claim(number, above, value, side, sign == "≈", read_here)
                above = value


def _statements(node: Node) -> tuple[Node, ...]:
    """What a line claims, one thing beside another."""
    match node:
        case Infix(_, ((("⇒" | "⇔"), _), *_)):
            return ()
        case Infix(first, ((",  ", _), *_) as rest):
            parts = (first, *(part for _, part in rest))
            return tuple(one for part in parts for one in _statements(part))
    return (node,)


def _defined(sign: str, side: Node, known: Mapping[str, Any]) -> str:
    """The name that a line defines, if it is the first thing that it says."""
    match side:
        case Name(text, below, 0) if not sign and text[0] != "∂":
            return "" if text + below in (*known, *CONSTANTS) else text + below
    return ""


def _value(
    node: Node,
    names: Mapping[str, Any],
    functions: Mapping[str, Function],
    given: Mapping[Any, Any],
) -> Any:
    try:
        return symbolic(node, names, functions).xreplace(given)
    except UnreadError:
        return None
