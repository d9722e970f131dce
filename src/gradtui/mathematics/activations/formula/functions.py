"""The functions that a formula may have beside the activations: each declared once.

A function says how it is written, its derivative, its values for plain numbers and for those of a
wide range, and what the frameworks call it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from gradtui.mathematics.activations.exponentials import product, special
from gradtui.mathematics.activations.formula import nodes as n
from gradtui.mathematics.activations.formula.nodes import Node
from gradtui.mathematics.activations.formula.wide_range import Wide, exp

Code: TypeAlias = tuple[str, str, str]
"""What PyTorch, JAX and Keras call it."""


@dataclass(frozen=True)
class Function:
    """A function of one number.

    Attributes:
        derivative: from u to the derivative there.
        plain: its values for float64.
        wide: its values for a wide range.
        code: what frameworks call it.
        edge: the u at which it is not analytic, if there is one.
    """

    derivative: Callable[[Node], Node]
    plain: Callable[[Any], Any]
    wide: Callable[[Wide], Wide]
    code: Code
    edge: float | None = None


@dataclass(frozen=True)
class Form:
    """How a name is written, and what it becomes.

    Attributes:
        form: an example.
        least, most: how many arguments it takes.
        made: from the arguments and the column to a part.
    """

    form: str
    least: int
    most: int
    made: Callable[[tuple[Node, ...], int], Node]


def _call(name: str, u: Node) -> Node:
    return Node(name, (u,))


def _small(wide: Callable[[Any], Wide]) -> Callable[[Wide], Wide]:
    """A function that is u itself where u is tiny."""

    def function(u: Wide) -> Wide:
        return u.chosen(u.tiny, wide(u.value))

    return function


def _by_value(plain: Callable[[Any], Any]) -> Callable[[Wide], Wide]:
    return lambda u: Wide.of(plain(u.value))


def _sinh(u: Any, sign: float) -> Wide:
    """(e^u - e^-u)/2 or (e^u + e^-u)/2."""
    half, one, two = Wide.of(0.5), exp(u), exp(-u)
    return half * (one + two if sign > 0.0 else one - two)


def _wide_sinh(u: Wide) -> Wide:
    value = u.value
    small = abs(value) < 1.0
    found = Wide.of(np.sinh(np.where(small, value, 0.0))).chosen(small, _sinh(value, -1.0))
    return u.chosen(u.tiny, found)


def _wide_expm1(u: Wide) -> Wide:
    value = u.value
    small = abs(value) < 1.0
    near = Wide.of(np.expm1(np.where(small, value, 0.0)))
    return u.chosen(u.tiny, near.chosen(small, exp(value) - Wide.of(1.0)))


def _wide_log1p(u: Wide) -> Wide:
    value = u.value
    found = Wide.of(np.where(np.isinf(value) & (u.m > 0.0), u.log, np.log1p(value)))
    return u.chosen(u.tiny, found)


def _wide_asinh(u: Wide) -> Wide:
    value = u.value
    far = np.sign(u.m) * (u.log + math.log(2.0))
    return u.chosen(u.tiny, Wide.of(np.where(np.isinf(value), far, np.arcsinh(value))))


def _wide_erfc(u: Wide) -> Wide:
    """By erfcx(u) = e^(u²) erfc(u), which does not underflow; u² with its rounding."""
    value = u.value
    right = value > 1.0
    v = np.where(right, np.minimum(value, 1e8), 1.0)  # beyond, it is 0 to all exponents
    square, rest = product(v, v)
    tail = Wide.of(special().erfcx(v)) * exp(-square) * exp(-rest)
    return tail.chosen(right, Wide.of(special().erfc(value)))


def _wide_sqrt(u: Wide) -> Wide:
    odd = np.mod(u.e, 2.0) == 1.0
    return Wide.normal(np.sqrt(np.where(odd, u.m * 2.0, u.m)), np.where(odd, u.e - 1.0, u.e) / 2.0)


_TWO_OVER_ROOT_PI = n.constant(2.0 / math.sqrt(math.pi))

UNARY: Mapping[str, Function] = {
    "exp": Function(
        lambda u: _call("exp", u), np.exp, lambda u: exp(u.value),
        ("torch.exp", "jnp.exp", "ops.exp"),
    ),
    "expm1": Function(
        lambda u: _call("exp", u), np.expm1, _wide_expm1,
        ("torch.expm1", "jnp.expm1", "ops.expm1"),
    ),
    "log": Function(
        lambda u: n.over(n.ONE, u), np.log,
        lambda u: Wide.of(np.where(u.m < 0.0, np.nan, u.log)),
        ("torch.log", "jnp.log", "ops.log"), 0.0,
    ),
    "log1p": Function(
        lambda u: n.over(n.ONE, n.plus(n.ONE, u)), np.log1p, _wide_log1p,
        ("torch.log1p", "jnp.log1p", "ops.log1p"), -1.0,
    ),
    "sqrt": Function(
        lambda u: n.over(n.constant(0.5), _call("sqrt", u)), np.sqrt, _wide_sqrt,
        ("torch.sqrt", "jnp.sqrt", "ops.sqrt"), 0.0,
    ),
    "cos": Function(
        lambda u: n.negative(_call("sin", u)), np.cos, _by_value(np.cos),
        ("torch.cos", "jnp.cos", "ops.cos"),
    ),
    "sin": Function(
        lambda u: _call("cos", u), np.sin, _small(lambda v: Wide.of(np.sin(v))),
        ("torch.sin", "jnp.sin", "ops.sin"),
    ),
    "sinh": Function(
        lambda u: _call("cosh", u), np.sinh, _wide_sinh, ("torch.sinh", "jnp.sinh", "ops.sinh"),
    ),
    "cosh": Function(
        lambda u: _call("sinh", u), np.cosh, lambda u: _sinh(u.value, 1.0),
        ("torch.cosh", "jnp.cosh", "ops.cosh"),
    ),
    "atan": Function(
        lambda u: n.over(n.ONE, n.plus(n.ONE, n.times(u, u))), np.arctan,
        _small(lambda v: Wide.of(np.arctan(v))), ("torch.atan", "jnp.arctan", "ops.arctan"),
    ),
    "asinh": Function(
        lambda u: n.over(n.ONE, _call("sqrt", n.plus(n.ONE, n.times(u, u)))), np.arcsinh,
        _wide_asinh, ("torch.asinh", "jnp.arcsinh", "ops.arcsinh"),
    ),
    "erfc": Function(
        lambda u: n.negative(n.times(_TWO_OVER_ROOT_PI, _call("exp", n.negative(n.times(u, u))))),
        lambda u: special().erfc(u), _wide_erfc,
        ("torch.special.erfc", "jax.scipy.special.erfc", "1 - ops.erf"),
    ),
    "abs": Function(
        lambda u: _call("sign", u), abs, abs, ("torch.abs", "jnp.abs", "ops.abs"), 0.0,
    ),
    "sign": Function(
        lambda u: n.ZERO, np.sign, lambda u: Wide.of(u.sign),
        ("torch.sign", "jnp.sign", "ops.sign"), 0.0,
    ),
}  # fmt: skip
"""The functions of one number."""


def _unary(name: str) -> Form:
    return Form(f"{name}(z)", 1, 1, lambda args, at: Node(name, args, at=at))


def _folded(op: str) -> Callable[[tuple[Node, ...], int], Node]:
    def made(args: tuple[Node, ...], at: int) -> Node:
        first, *others = args
        for other in others:
            first = Node(op, (first, other), at=at)
        return first

    return made


def _clip(args: tuple[Node, ...], at: int) -> Node:
    """As in PyTorch: f′ is 1 at the two ends themselves."""
    u, low, high = args
    below, above = Node("<", (u, low), at=at), Node(">", (u, high), at=at)
    return Node("where", (below, low, Node("where", (above, high, u), at=at)), at=at)


FUNCTIONS: Mapping[str, Form] = {
    "where": Form("where(z > 0, z, exp(z) - 1)", 3, 3, lambda args, at: Node("where", args, at=at)),
    "max": Form("max(z, 0.1*z)", 2, 8, _folded("max")),
    "min": Form("min(z, 1)", 2, 8, _folded("min")),
    "clip": Form("clip(z, -1, 1)", 3, 3, _clip),
    "clamp": Form("clamp(z, -1, 1)", 3, 3, _clip),
    **{name: _unary(name) for name in UNARY if name != "sin"},
    "ln": Form("ln(z)", 1, 1, lambda args, at: Node("log", args, at=at)),
}
"""Every name of a function that is no activation, and how it is written."""
