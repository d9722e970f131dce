"""What a formula is made of, and how its parts are put together.

A formula is a tree of `Node`s. Every part is built by the functions below, which fold what is
known at once (0·x, 1·x, x + 0, numbers among themselves), so that a derivative stays short.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from gradtui.mathematics.activations.record import Activation


@dataclass(frozen=True, eq=False)
class Node:
    """A part of a formula.

    Attributes:
        op: "number", "z", "parameter"; a sign of arithmetic or comparison; "where", "max", "min";
            "f" and "f′", an activation and its derivative; or the name of a function.
        args: the parts that it is made of.
        value: of a number the float; of a parameter its name; of "f" and "f′" the activation.
        at: the column at which it was written, from 1; 0 for what was derived.
        known: of a parameter its value, once that is bound.
    """

    op: str
    args: tuple[Node, ...] = ()
    value: Any = None
    at: int = 0
    known: float | None = field(default=None, compare=False)

    @property
    def number(self) -> float | None:
        """What it is, whatever z is: of a number and of a parameter that is bound; else None."""
        return self.value if self.op == "number" else self.known


Z = Node("z")
COMPARISONS = ("<", "<=", ">", ">=", "==", "!=")


def constant(value: float) -> Node:
    """A number."""
    return Node("number", value=value + 0.0)


ZERO, ONE = constant(0.0), constant(1.0)


def plain(node: Node) -> float | None:
    """The float of what was written as a number; None for all else, parameters too."""
    return node.value if node.op == "number" else None


def _folded(value: float) -> Node | None:
    return constant(value) if math.isfinite(value) else None


def plus(a: Node, b: Node) -> Node:
    """The sum."""
    x, y = plain(a), plain(b)
    if x == 0.0:
        return b
    if y == 0.0:
        return a
    if x is not None and y is not None and (both := _folded(x + y)):
        return both
    if b.op == "negative":
        return minus(a, b.args[0])
    return Node("+", (a, b))


def minus(a: Node, b: Node) -> Node:
    """The difference."""
    x, y = plain(a), plain(b)
    if y == 0.0:
        return a
    if x == 0.0:
        return negative(b)
    if x is not None and y is not None and (both := _folded(x - y)):
        return both
    return Node("-", (a, b))


def negative(a: Node) -> Node:
    """The same with the other sign."""
    if (x := plain(a)) is not None:
        return constant(-x)
    if a.op == "negative":
        return a.args[0]
    if a.op == "*" and (first := plain(a.args[0])) is not None:
        return times(constant(-first), a.args[1])
    return Node("negative", (a,))


def times(a: Node, b: Node) -> Node:
    """The product; a number stands first."""
    x, y = plain(a), plain(b)
    if x == 0.0 or y == 0.0:
        return ZERO
    if x is not None and y is not None and (both := _folded(x * y)):
        return both
    if y is not None:
        a, b, x = b, a, y
    if x == 1.0:
        return b
    if x == -1.0:
        return negative(b)
    if a.op == "negative":
        return negative(times(a.args[0], b))
    if b.op == "negative":
        return negative(times(a, b.args[0]))
    inner = plain(b.args[0]) if b.op == "*" else None
    if x is not None and inner is not None and (both := _folded(x * inner)):
        return times(both, b.args[1])
    if inner is not None:
        return times(b.args[0], times(a, b.args[1]))
    if b.op == "/" and plain(b.args[0]) == 1.0:
        return over(a, b.args[1])
    if a.op == "/" and plain(a.args[0]) == 1.0:
        return over(b, a.args[1])
    return Node("*", (a, b))


def over(a: Node, b: Node) -> Node:
    """The quotient."""
    x, y = plain(a), plain(b)
    if x == 0.0 and y != 0.0:
        return ZERO
    if y == 1.0:
        return a
    if a.op == "negative":
        return negative(over(a.args[0], b))
    return Node("/", (a, b))


def power(a: Node, b: Node) -> Node:
    """The power a**b."""
    y = plain(b)
    if y == 0.0:
        return ONE
    if y == 1.0:
        return a
    return Node("**", (a, b))


def where(condition: Node, a: Node, b: Node) -> Node:
    """a where the condition holds, b elsewhere."""
    if a is b or (plain(a) is not None and plain(a) == plain(b)):
        return a
    return Node("where", (condition, a, b))


def parts(root: Node) -> Iterator[Node]:
    """Every part, each once, those that it is made of before it."""
    seen: set[int] = set()

    def walk(node: Node) -> Iterator[Node]:
        if id(node) in seen:
            return
        seen.add(id(node))
        for part in node.args:
            yield from walk(part)
        yield node

    yield from walk(root)


def rebuilt(root: Node, change: Callable[[Node, tuple[Node, ...]], Node]) -> Node:
    """The tree with every part made anew by `change`, from it and its parts as they are now."""
    made: dict[int, Node] = {}
    for node in parts(root):
        made[id(node)] = change(node, tuple(made[id(part)] for part in node.args))
    return made[id(root)]


def has_z(root: Node) -> bool:
    """Whether it depends on z."""
    return any(node.op == "z" for node in parts(root))


def _finite(function: Callable[..., float]) -> Callable[..., float]:
    """NaN where a number cannot be computed."""

    def computed(*numbers: float) -> float:
        try:
            return function(*numbers)
        except (ArithmeticError, ValueError):
            return math.nan

    return computed


_FOLDED: dict[str, Callable[..., float]] = {
    "+": lambda a, b: a + b, "-": lambda a, b: a - b, "*": lambda a, b: a * b,
    "/": _finite(lambda a, b: a / b), "**": _finite(math.pow), "negative": lambda a: -a,
}  # fmt: skip
"""What numbers alone come to, when a formula is bound."""


@dataclass(frozen=True)
class Named:
    """An activation inside a formula while its parameters are free: its name, and their values."""

    name: str
    given: tuple[tuple[str, Node], ...] = ()


@dataclass(frozen=True)
class Read:
    """A formula as it was read: the tree, and the values of its parameters in order."""

    root: Node
    parameters: tuple[tuple[str, float], ...]

    def bound(
        self, values: dict[str, float], bind: Callable[[Named, dict[str, float]], Activation]
    ) -> Node:
        """The tree with those values in force.

        Args:
            values: by the name of the parameter.
            bind: makes the activation of a name, from the values of its parameters.
        """

        def change(node: Node, args: tuple[Node, ...]) -> Node:
            if node.op == "parameter":
                return Node("parameter", value=node.value, at=node.at, known=values[node.value])
            if node.op in _FOLDED and all(part.op == "number" for part in args):
                known = _FOLDED[node.op](*(part.value for part in args))
                if math.isfinite(known):
                    return constant(known)
            value = node.value
            if isinstance(value, Named):
                own = {
                    n: values[v.value] if v.op == "parameter" else v.value for n, v in value.given
                }
                value = bind(value, own)
            return Node(node.op, args, value, node.at)

        return rebuilt(self.root, change)
