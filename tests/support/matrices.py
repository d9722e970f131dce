"""A lesson's formula in matrices, in the order in which it is written."""

from __future__ import annotations

import contextlib
import functools
import operator
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from gradtui.lessons.formulas import (
    Big,
    Call,
    Continued,
    Fraction,
    Group,
    Infix,
    Name,
    Negative,
    Node,
    Number,
    Power,
    Root,
    UnreadError,
    read,
)
from gradtui.lessons.values import evaluate

Names = Mapping[str, Any]


def sides(formula: str) -> tuple[Node, ...]:
    """What stands between the signs of a relation: the last statement of the line."""
    node = read(formula)
    while isinstance(node, Infix) and node.rest[0][0].strip() in (":", ","):
        node = node.rest[-1][1]
    match node:
        case Continued(_, inner):
            return (inner,)
        case Infix(first, ((("=" | "≈" | "≤" | "<"), _), *_) as rest):
            return (first, *(part for _, part in rest))
    return (node,)


def valued(node: Node, names: Names) -> Any:
    """Its value in numpy: ` · ` multiplies matrices, ‖ ‖ is the spectral norm of one.

    Args:
        node: what was read.
        names: what names stand for: numbers, vectors as columns, matrices, and functions; those
            with something below by that, which is counted: with t = 3, hₜ₋₁ is h2.
    """
    of = functools.partial(valued, names=names)
    match node:
        case Number(text):
            return float(text.replace(",", ""))
        case Name():
            return names[_key(node, names)]
        case Group("‖‖", inner):
            return float(np.linalg.norm(np.atleast_2d(of(inner)), 2))
        case Group(_, inner):
            return of(inner)
        case Call(Name() as function, argument):
            return names[_key(function, names)](of(argument.inner))
        case Power(base, Name("T")):
            return of(base).T
        case Power(base, exponent):
            return of(base) ** of(exponent)
        case Root(inner):
            return np.sqrt(of(inner))
        case Negative("−", inner):
            return -of(inner)
        case Fraction(above, below) if (
            key := f"{_key(above, names)}/{_key(below, names)}"
        ) in names:
            return names[key]
        case Fraction(above, below):
            return of(above) / of(below)
        case Big(sign, lower, upper, inner):
            letter, _, start = lower.partition("=")
            counted = range(_count(start, names), _count(upper, names) + 1)
            parts = [valued(inner, {**names, letter: k}) for k in counted]
            return functools.reduce(operator.add if sign == "∑" else _times, parts)
        case Infix(first, rest):
            total = of(first)
            for sign, part in rest:
                total = _OPERATIONS[sign](total, of(part))
            return total
    raise UnreadError(f"{node} has no value")


def _times(one: Any, other: Any) -> Any:
    return one * other if 0 in (np.ndim(one), np.ndim(other)) else one @ other


_OPERATIONS: Mapping[str, Callable[[Any, Any], Any]] = {
    "+": operator.add,
    "−": operator.sub,
    "·": _times,
    "": _times,
    "∘": operator.mul,
}


def _key(node: Node, names: Names) -> str:
    match node:
        case Name(text, below, primes):
            with contextlib.suppress(UnreadError):
                below = str(_count(below, names)) if below else ""
            return text + below + "′" * primes
        case Call(function, _):
            return _key(function, names)
    return ""


def _count(text: str, names: Names) -> int:
    whole = {name: float(value) for name, value in names.items() if isinstance(value, int)}
    return round(evaluate(text, whole))
