"""The number that a formula stands for."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Mapping

from gradtui.lessons.formulas import (
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

_FUNCTIONS: Mapping[str, Callable[..., float]] = {
    "σ": lambda x: 1.0 / (1.0 + math.exp(-x)),
    "tanh": math.tanh,
    "ReLU": lambda x: max(x, 0.0),
    "softplus": lambda x: math.log1p(math.exp(x)),
    "Φ": lambda x: 0.5 * math.erfc(-x / math.sqrt(2.0)),
    "φ": lambda x: math.exp(-0.5 * x * x) / math.sqrt(2.0 * math.pi),
    "erf": math.erf,
    "exp": math.exp,
    "ln": math.log,
    "max": max,
    "min": min,
}
_OPERATIONS: Mapping[str, Callable[[float, float], float]] = {
    "+": operator.add,
    "−": operator.sub,
    "·": operator.mul,
    "×": operator.mul,
    "": operator.mul,
}
_CONSTANTS = {"e": math.e, "π": math.pi}


def evaluate(formula: str, names: Mapping[str, float] | None = None) -> float:
    """What it comes to, where each name has this value; of relations the last side.

    Args:
        formula: as `formulas` reads it.
        names: the value of each name, with what stands below it behind it: z1, σw.

    Raises:
        UnreadError: it is no number, as far as that is known here.
    """
    return _value(read(formula), {**_CONSTANTS, **(names or {})})


def _value(node: Node, names: Mapping[str, float]) -> float:
    match node:
        case Number(text):
            return float(text.replace(",", ""))
        case Name(text, below, 0) if text + below in names:
            return names[text + below]
        case Group(pair, inner):
            value = _value(inner, names)
            return abs(value) if pair in ("||", "‖‖") else value
        case Call(Name(text, "", 0), argument) if text in _FUNCTIONS:
            return _FUNCTIONS[text](*_arguments(argument.inner, names))
        case Call(Power(Name(text), exponent), argument) if text in _FUNCTIONS:
            return _value(Power(Call(Name(text), argument), exponent), names)
        case Power(base, exponent):
            return float(_value(base, names) ** _value(exponent, names))
        case Root(inner):
            return math.sqrt(_value(inner, names))
        case Negative("−", inner):
            return -_value(inner, names)
        case Fraction(above, below):
            return _value(above, names) / _value(below, names)
        case Continued(_, inner):
            return _value(inner, names)
        case Infix(_, ((sign, _), *_) as rest) if sign in ("=", "≈"):
            return _value(rest[-1][1], names)
        case Infix(first, rest):
            total = _value(first, names)
            for sign, part in rest:
                if sign not in _OPERATIONS:
                    raise UnreadError(f"{sign!r} gives no number")
                total = _OPERATIONS[sign](total, _value(part, names))
            return total
    raise UnreadError(f"{node} is no number")


def _arguments(node: Node, names: Mapping[str, float]) -> list[float]:
    match node:
        case Infix(first, rest) if rest[0][0] == ",":
            return [_value(first, names), *(_value(part, names) for _, part in rest)]
    return [_value(node, names)]
