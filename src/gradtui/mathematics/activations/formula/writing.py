"""A formula as text: as it can be typed, as it is shown, and as code of a framework."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from gradtui.mathematics.activations.facts import grid
from gradtui.mathematics.activations.formula.differentiation import differentiated
from gradtui.mathematics.activations.formula.evaluation import Evaluated
from gradtui.mathematics.activations.formula.functions import UNARY
from gradtui.mathematics.activations.formula.nodes import (
    COMPARISONS,
    Named,
    Node,
    constant,
    has_z,
    rebuilt,
)
from gradtui.mathematics.activations.record import Activation
from gradtui.mathematics.spec import exact, number

_RAISED = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
_COMPARED, _SUM, _PRODUCT, _SIGN, _POWER, _ATOM = range(6)
_LEVEL = {
    **dict.fromkeys(COMPARISONS, _COMPARED),
    "+": _SUM, "-": _SUM, "*": _PRODUCT, "/": _PRODUCT, "negative": _SIGN, "**": _POWER,
}  # fmt: skip


@dataclass(frozen=True)
class _Style:
    """How signs and names are written."""

    plus: str = "+"
    minus: str = "-"
    times: str = "*"
    over: str = "/"
    compare: str = "{}"
    raised: bool = False
    exact: bool = True
    call: Callable[[Node, tuple[str, ...]], str] = lambda node, args: ""


def _written(node: Node, style: _Style) -> str:
    return _at_level(node, style)[0]


def _at_level(node: Node, style: _Style) -> tuple[str, int]:
    """The text and how tightly it holds together."""
    op = node.op
    if op == "z":
        return "z", _ATOM
    if op == "parameter":
        return str(node.value), _ATOM
    if op == "number":
        text = exact(node.value) if style.exact else number(node.value)
        if "/" in text and not text.startswith("sqrt"):
            return text, _PRODUCT
        return text, _SIGN if node.value < 0.0 else _ATOM
    if op not in _LEVEL:
        return style.call(node, tuple(_written(part, style) for part in node.args)), _ATOM
    level = _LEVEL[op]
    if op == "negative":
        return "-" + _inside(node.args[0], style, _PRODUCT), _SIGN
    left, right = node.args
    if op == "**":
        base = _inside(left, style, _ATOM)
        if style.raised and right.op == "number" and right.value in range(2, 100):
            return base + str(int(right.value)).translate(_RAISED), _POWER
        return f"{base}**{_inside(right, style, _SIGN)}", _POWER
    sign = {"+": style.plus, "-": style.minus, "*": style.times, "/": style.over}.get(
        op, style.compare.format(op)
    )
    tighter = level + (op in ("-", "/") or level == _COMPARED)
    right_text = _inside(right, style, max(tighter, _SUM))
    if right_text.startswith("-"):
        right_text = f"({right_text})"
    return f"{_inside(left, style, max(level, _SUM))}{sign}{right_text}", level


def _inside(node: Node, style: _Style, least: int) -> str:
    """With parentheses where it holds together less than its neighbours."""
    text, level = _at_level(node, style)
    return f"({text})" if level < least else text


def _named(node: Node, args: tuple[str, ...]) -> str:
    """A call as it is typed."""
    if isinstance(node.value, Named):  # its parameters are still free
        own = [f"{name}={_written(value, _TYPED)}" for name, value in node.value.given]
        return f"{node.value.name}({', '.join((*args, *own))})"
    if node.op in ("f", "f′"):
        own = _parameters(node.value)
        return f"{node.value.name}{'′' if node.op == 'f′' else ''}({', '.join((*args, *own))})"
    return f"{node.op}({', '.join(args)})"


def _parameters(f: Activation) -> list[str]:
    """Those that are not its defaults."""
    return [
        f"{p.name}={number(f.parameters[p.name])}"
        for p in f.family.parameters
        if f.parameters[p.name] != p.default
    ]


_TYPED = _Style(call=_named)
_SHOWN = _Style(" + ", " - ", "·", "/", " {} ", raised=True, call=_named)


def typed(root: Node) -> str:
    """As it can be typed, without blanks outside of parentheses: `z*sigmoid(1.702*z)`."""
    return _written(root, _TYPED)


def shown(root: Node) -> str:
    """As it is read: `z·sigmoid(1.702·z)`."""
    return _written(root, _SHOWN)


_WHERE = {"PyTorch": "torch", "JAX/Flax": "jnp", "Keras": "ops"}
_CAST = {
    "PyTorch": "({}).to(z.dtype)", "JAX/Flax": "({}).astype(z.dtype)",
    "Keras": "ops.cast({}, z.dtype)",
}  # fmt: skip
_AT = {"PyTorch": 0, "JAX/Flax": 1, "Keras": 2}


def code(
    root: Node, framework: str, activation: Callable[[Activation, str], str | None]
) -> str | None:
    """As an expression of z in a framework; None where that lacks an activation.

    Args:
        root: the formula.
        framework: "PyTorch", "JAX/Flax" or "Keras".
        activation: the code of an activation at what the code of its argument is.
    """
    lacking: list[str] = []
    module = _WHERE[framework]

    def call(node: Node, args: tuple[str, ...]) -> str:
        if node.op == "f":
            found = activation(node.value, args[0])
            if found is None:
                lacking.append(node.value.name)
            return found or ""
        if node.op == "guarded":
            return f"{module}.where({args[0]}, z, {number(node.value)})"
        if node.op == "guarded otherwise":
            return f"{module}.where({args[0]}, {number(node.value)}, z)"
        if node.op == "as number":
            return _CAST[framework].format(args[0])
        if node.op == "where":
            holds = args[0] if node.args[0].op in COMPARISONS else f"{args[0]} != 0"
            return f"{module}.where({holds}, {args[1]}, {args[2]})"
        if node.op in ("max", "min"):
            return f"{module}.{node.op}imum({', '.join(_tensors(node, args, framework))})"
        name = UNARY[node.op].code[_AT[framework]]
        return f"({name}({args[0]}))" if " " in name else f"{name}({args[0]})"

    text = _written(
        _for_code(root), _Style(" + ", " - ", " * ", " / ", " {} ", exact=False, call=call)
    )
    return None if lacking else text


def _tensors(node: Node, args: tuple[str, ...], framework: str) -> tuple[str, ...]:
    """`torch.maximum` takes no plain numbers."""
    if framework != "PyTorch":
        return args
    numbers = [one.op in ("number", "parameter") for one in node.args]
    return tuple(
        f"torch.full_like(z, {text})" if plain else text
        for text, plain in zip(args, numbers, strict=True)
    )


_CONDITIONS = {("where", 0), ("guarded", 0), ("guarded otherwise", 0)}
_LARGE = 1e30
"""Beyond it float32 is near its end."""


def _guarded(root: Node) -> Node:
    """Where a branch that is not taken has no number, it is asked at a z at which it has one.

    Frameworks compute both branches, and 0 times a gradient that is no number is none.
    """
    z = np.concatenate([grid(), np.linspace(-12.0, 12.0, 97)])
    z = z[np.abs(z) <= _AS_FAR]

    def change(node: Node, args: tuple[Node, ...]) -> Node:
        if node.op != "where" or not has_z(args[0]):
            if node.op == "where":
                return args[1] if Evaluated(args[0])(0.0) else args[2]
            return Node(node.op, args, node.value, node.at, node.known)
        holds = Evaluated(args[0])(z) != 0.0
        condition = args[0] if args[0].op in COMPARISONS else Node("!=", (args[0], constant(0.0)))
        branches = [args[0]]
        for branch, there, taken in ((args[1], holds, True), (args[2], ~holds, False)):
            fine = np.ones(z.shape, bool)
            for tree in (branch, differentiated(branch)) if has_z(branch) else ():
                with np.errstate(all="ignore"):
                    fine &= np.abs(np.broadcast_to(Evaluated(tree)(z), z.shape)) < _LARGE
            if fine[~there].all() or not (fine & there).any():
                branches.append(branch)
                continue
            safe = min(z[fine & there].tolist(), key=lambda at: (abs(abs(at) - 1.0), -at))
            guard = Node("guarded" if taken else "guarded otherwise", (condition,), safe)
            branches.append(_with_z(branch, guard))
        return Node("where", tuple(branches), at=node.at)

    return rebuilt(root, change)


_AS_FAR = 200.0
"""What overflows beyond is not met by units of a network."""


def _with_z(root: Node, instead: Node) -> Node:
    def change(node: Node, args: tuple[Node, ...]) -> Node:
        return instead if node.op == "z" else Node(node.op, args, node.value, node.at, node.known)

    return rebuilt(root, change)


def _for_code(root: Node) -> Node:
    """Parameters and what has no z as numbers; comparisons that are no condition as numbers."""

    def change(node: Node, args: tuple[Node, ...]) -> Node:
        if node.op == "parameter" and node.known is not None:
            return constant(node.known)
        parts = tuple(
            Node("as number", (part,))
            if part.op in COMPARISONS and (node.op, at) not in _CONDITIONS
            else part
            for at, part in enumerate(args)
        )
        made = Node(node.op, parts, node.value, node.at, node.known)
        if node.op not in ("z", "number") and not node.op.startswith("guard") and not has_z(made):
            return constant(float(Evaluated(Node(node.op, args, node.value))(0.0)))
        return made

    changed = rebuilt(_guarded(root), change)
    return Node("as number", (changed,)) if changed.op in COMPARISONS else changed
