"""A formula's values: in plain floats, and in a wide range wherever those may be wrong.

1/(1 + e^-z) has the derivative e^-z/(1 + e^-z)², of which at z = -400 the divisor is beyond
float64 and the value is not. So every part that over- or underflows puts its numbers in doubt, and
what is in doubt is computed again with exponents of its own.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from gradtui.mathematics.activations.formula import nodes as n
from gradtui.mathematics.activations.formula.functions import UNARY
from gradtui.mathematics.activations.formula.nodes import COMPARISONS, Node
from gradtui.mathematics.activations.formula.wide_range import Wide, extended
from gradtui.mathematics.activations.formula.wide_range import power as wide_power

_EXACT = frozenset(
    {"z", "number", "parameter", "negative", "max", "min", "abs", "sign", "where"} | {*COMPARISONS}
)
"""What does not round, or no more than what it is made of."""
_LEAST, _MOST = 1e-290, 1e290
"""Beyond these a number is in doubt: what is made of it next may not be one."""

_COMPARED: Mapping[str, Callable[[Any, Any], Any]] = {
    "<": operator.lt, "<=": operator.le, ">": operator.gt,
    ">=": operator.ge, "==": operator.eq, "!=": operator.ne,
}  # fmt: skip
_PLAIN: Mapping[str, Callable[[Any, Any], Any]] = {
    "+": operator.add, "-": operator.sub, "*": operator.mul, "/": np.true_divide,
    "max": np.maximum, "min": np.minimum,
}  # fmt: skip
_WIDE: Mapping[str, Callable[[Wide, Wide], Wide]] = {
    "+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv,
    "**": wide_power,
    "max": lambda a, b: a.chosen((a - b).m >= 0.0, b),
    "min": lambda a, b: a.chosen((a - b).m <= 0.0, b),
}  # fmt: skip


@dataclass(frozen=True, eq=False)
class Evaluated:
    """A formula that can be evaluated: a float to a float, an array to an array of its shape."""

    root: Node
    shaken: float = 0.0
    """By how much, relative to it, the value of every part that rounds is changed."""

    def __call__(self, z: Any) -> Any:
        """The values at finite `z`; 0 or ±∞ only where they are not in float64."""
        value, doubt = self._plain(z)
        if np.ndim(value) < np.ndim(z):
            value = np.full(np.shape(z), value)
        if doubt is False or not np.any(doubt):
            return value
        if np.ndim(z):
            doubt = np.broadcast_to(doubt, np.shape(z))
        again = self.wide(np.asarray(z)[doubt] if np.ndim(z) else z).value
        if not np.ndim(z):
            return again[()]
        value = np.array(value)
        value[doubt] = again
        return value

    def log(self, z: Any) -> Any:
        """The logarithm of the magnitude at finite `z`: -∞ only where it is 0."""
        return self.wide(z).log[()]

    @cached_property
    def _parts(self) -> tuple[Node, ...]:
        return tuple(n.parts(self.root))

    def _plain(self, z: Any) -> tuple[Any, Any]:
        """The values in plain floats, and which of them are in doubt."""
        found: dict[int, tuple[Any, Any]] = {}
        for node in self._parts:
            args = [found[id(part)] for part in node.args]
            found[id(node)] = _plain_part(node, z, args)
        return found[id(self.root)]

    def wide(self, z: Any) -> Wide:
        """The values in a wide range."""
        found: dict[int, Wide] = {}
        with np.errstate(all="ignore"):
            start = Wide.of(z)
            for at, node in enumerate(self._parts):
                part = _wide_part(node, start, [found[id(one)] for one in node.args])
                if self.shaken and node.op not in _EXACT:
                    shaken = part * Wide.of(1.0 + self.shaken * math.cos(float(at)))
                    part = shaken.chosen(_rounds(node, part, found), part)
                found[id(node)] = part
        m, e = np.broadcast_arrays(*found[id(self.root)], np.asarray(z))[:2]
        return Wide(m, e)


def _rounds(node: Node, part: Wide, found: dict[int, Wide]) -> Any:
    """Where a part is not exactly what it is made of; of a sum one can tell."""
    if node.op not in ("+", "-"):
        return True
    a, b = (found[id(one)] for one in node.args)
    rest = (part - a) - b if node.op == "+" else (part - a) + b
    other = (part - b) - a if node.op == "+" else (part + b) - a
    return (rest.m != 0.0) | (other.m != 0.0)


def _plain_part(node: Node, z: Any, args: list[tuple[Any, Any]]) -> tuple[Any, Any]:
    op, values = node.op, [value for value, _ in args]
    if op == "z":
        return z, False
    if op in ("number", "parameter"):
        return node.number, False
    doubt = args[0][1]
    for _, other in args[1:]:
        doubt = doubt | other
    if op == "negative":
        return -values[0], doubt
    if op in _COMPARED:
        return np.where(_COMPARED[op](*values), 1.0, 0.0)[()], doubt
    if op == "where":
        holds = values[0] != 0.0
        value = np.where(holds, values[1], values[2])[()]
        if doubt is not False:
            doubt = args[0][1] | np.where(holds, args[1][1], args[2][1])
        return value, doubt
    if op in ("f", "f′"):
        return _of_activation(node, values[0], doubt)
    if op == "**":
        value = _plain_power(*values)
    else:
        value = _PLAIN[op](*values) if op in _PLAIN else UNARY[op].plain(values[0])
    return value, doubt | _doubtful(op, value, values)


def _plain_power(a: Any, b: Any) -> Any:
    if not np.ndim(b) and b == 2.0:
        return a * a
    return np.power(np.asarray(a, dtype=np.float64), b)[()]


def _doubtful(op: str, value: Any, values: list[Any]) -> Any:
    """Which numbers over- or underflowed; False where none did."""
    size = abs(value)
    least, most = (size, size) if not np.ndim(size) else (
        (size.min(), size.max()) if size.size else (1.0, 1.0)
    )  # fmt: skip
    if least > _LEAST and most < _MOST:
        return False
    doubt = ~((size > _LEAST) & (size < _MOST))
    if op in ("*", "/", "abs", "sign", "max", "min", "+", "-", "sqrt", "**"):
        # 0 times something is 0; and so is what becomes of a 0, of a limit, of a difference.
        rest = values if op == "*" else values[:1]
        zero = value == 0.0
        exact = zero & (
            np.any([np.equal(one, 0.0) & np.ones(np.shape(value), bool) for one in rest], axis=0)
            if op in ("*", "/", "sqrt", "**", "abs", "sign")
            else True
        )
        doubt = doubt & ~exact
    return doubt


def _of_activation(node: Node, u: Any, doubt: Any) -> tuple[Any, Any]:
    function = node.value if node.op == "f" else node.value.derivative
    value = function(u)
    size = abs(value)
    small = ~((size > _LEAST) & (size < _MOST))
    if not np.any(small):
        return value, doubt
    logs = node.value.log_abs if node.op == "f" else node.value.log_abs_derivative
    if np.ndim(value):
        lost = np.array(small)
        lost[small] = logs(np.asarray(u)[small]) != -np.inf
    else:
        lost = logs(u) != -np.inf
    return value, doubt | lost


def _wide_part(node: Node, z: Wide, args: list[Wide]) -> Wide:
    op = node.op
    if op == "z":
        return z
    if op in ("number", "parameter"):
        return Wide.of(node.number)
    if op == "negative":
        return -args[0]
    if op in _COMPARED:
        return Wide.of(np.where(_COMPARED[op]((args[0] - args[1]).m, 0.0), 1.0, 0.0))
    if op == "where":
        return args[1].chosen(args[0].m != 0.0, args[2])
    if op == "f":
        return extended(node.value, node.value.log_abs, args[0])
    if op == "f′":
        return extended(node.value.derivative, node.value.log_abs_derivative, args[0])
    if op in _WIDE:
        return _WIDE[op](*args)
    return UNARY[op].wide(args[0])
