"""The derivative of a formula, by the rules of calculus: exact, no difference quotient.

Where a formula has a kink the value is PyTorch's: |u|′ = 0 at 0, and where two arguments of max or
min are equal each has half; a comparison picks a side, as in `torch.where`.
"""

from __future__ import annotations

from gradtui.mathematics.activations.formula import nodes as n
from gradtui.mathematics.activations.formula.collecting import collected
from gradtui.mathematics.activations.formula.functions import UNARY
from gradtui.mathematics.activations.formula.nodes import COMPARISONS, Node


def differentiated(root: Node) -> Node:
    """The derivative ∂/∂z."""
    found: dict[int, Node] = {}
    for node in n.parts(root):
        found[id(node)] = _derivative(node, [found[id(part)] for part in node.args], found)
    return found[id(root)]


def _derivative(node: Node, d: list[Node], known: dict[int, Node]) -> Node:
    """That of one part, from those of what it is made of, which all are known."""
    op, args = node.op, node.args
    if op == "z":
        return n.ONE
    if op in ("number", "parameter") or op in COMPARISONS:
        return n.ZERO
    if op == "negative":
        return n.negative(d[0])
    if op in _SUMS:
        return _SUMS[op](d[0], d[1])
    if op in ("*", "/"):
        (a, b), (da, db) = args, d
        if op == "*" and _as_power(a, 1.0)[0] is not None:
            (a, b), (da, db) = (b, a), (db, da)
        w, p = _as_power(b, -1.0 if op == "/" else 1.0)
        if w is not None and n.plain(db) != 0.0:
            # a·w^p: as one fraction, above which what cancels does so on paper.
            by_power = n.times(n.constant(p), n.times(a, known[id(w)]))
            top = collected(n.plus(n.times(da, w), by_power))
            return n.over(top, n.times(w, b) if op == "/" else n.over(w, b))
    if op == "*":
        return n.plus(n.times(d[0], args[1]), n.times(args[0], d[1]))
    if op == "/":
        return _of_quotient(args[0], args[1], d[0], d[1])
    if op == "**":
        return _of_power(args[0], args[1], d[0], d[1])
    if op == "where":
        return n.where(args[0], d[1], d[2])
    if op in ("max", "min"):
        (a, b), (da, db) = args, d
        if da is db:
            return da
        first, second = (">", "<") if op == "max" else ("<", ">")
        shared = n.times(n.constant(0.5), n.plus(da, db))
        return n.where(Node(first, (a, b)), da, n.where(Node(second, (a, b)), db, shared))
    if n.plain(d[0]) == 0.0:
        return n.ZERO
    outer = Node("f′", args, node.value) if op == "f" else UNARY[op].derivative(args[0])
    return n.times(outer, d[0])


_SUMS = {"+": n.plus, "-": n.minus}


def _as_power(b: Node, sign: float) -> tuple[Node | None, float]:
    """w and p of a factor w^p or a divisor w^-p that is a root, or falls; else None."""
    if b.op == "sqrt" and sign < 0.0:
        return b.args[0], -0.5
    exponent = n.plain(b.args[1]) if b.op == "**" else None
    if exponent is not None and sign * exponent < 0.0:
        return b.args[0], sign * exponent
    return None, 0.0


def _of_quotient(a: Node, b: Node, da: Node, db: Node) -> Node:
    if n.plain(db) == 0.0:
        return n.over(da, b)
    top = collected(n.minus(n.times(da, b), n.times(a, db)))
    return n.over(top, n.power(b, n.constant(2.0)))


def _of_power(a: Node, b: Node, da: Node, db: Node) -> Node:
    p = b.number
    if p is not None:
        lower = n.constant(p - 1.0) if b.op == "number" else n.minus(b, n.ONE)
        return n.times(n.times(b, n.power(a, lower)), da)
    whole = n.power(a, b)
    by_exponent = n.times(db, Node("log", (a,)))
    if n.plain(da) == 0.0:
        return n.times(whole, by_exponent)
    return n.times(whole, n.plus(by_exponent, n.over(n.times(b, da), a)))
