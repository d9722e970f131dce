"""Like terms of a sum are collected, so that what cancels does so on paper and not in digits.

The derivative of z/(1 + |z|) is (1 + |z| - z·sign z)/(1 + |z|)²: collected, 1/(1 + |z|)². Left as
it is it would lose as many digits as z has.
"""

from __future__ import annotations

from collections import Counter
from fractions import Fraction
from typing import TypeAlias

from gradtui.mathematics.activations.formula import nodes as n
from gradtui.mathematics.activations.formula.nodes import Node
from gradtui.mathematics.activations.record import Activation

_Key: TypeAlias = tuple[object, ...]
_Monomial: TypeAlias = frozenset[tuple[_Key, int]]
_Terms: TypeAlias = dict[_Monomial, Fraction]
_MOST_TERMS = 12


def collected(root: Node) -> Node:
    """The same, its like terms collected if that makes the sum shorter."""
    atoms: dict[_Key, Node] = {}
    terms = _terms(root, atoms)
    if terms is None:
        return root
    terms = {monomial: c for monomial, c in terms.items() if c}
    if len(terms) >= _size(root):
        return root
    whole: Node = n.ZERO
    for monomial, c in sorted(terms.items(), key=lambda term: len(term[0])):
        factor = n.constant(float(abs(c)))
        for key, times in sorted(monomial, key=repr):
            factor = n.times(factor, n.power(atoms[key], n.constant(float(times))))
        whole = n.plus(whole, factor) if c > 0 else n.minus(whole, factor)
    return whole


def _size(root: Node) -> int:
    """How many summands a sum has as it is written."""
    if root.op in ("+", "-"):
        return _size(root.args[0]) + _size(root.args[1])
    if root.op == "negative":
        return _size(root.args[0])
    if root.op == "*":
        return _size(root.args[0]) * _size(root.args[1])
    return 1


def _key(node: Node) -> _Key:
    """Equal for parts that are written alike."""
    known: dict[int, _Key] = {}
    for part in n.parts(node):
        value = part.value.spec if isinstance(part.value, Activation) else part.value
        known[id(part)] = (part.op, value, *(known[id(one)] for one in part.args))
    return known[id(node)]


def _terms(root: Node, atoms: dict[_Key, Node]) -> _Terms | None:
    """The sum as coefficients of products of atoms; None where it has too many terms.

    Coefficients are exact, so that what cancels on paper leaves nothing here.
    """
    x = n.plain(root)
    if x is not None:
        return {frozenset(): Fraction(x)}
    op, args = root.op, root.args
    divisor = n.plain(args[1]) if op in ("/", "**") else None
    if op == "negative":
        return _scaled(_terms(args[0], atoms), Fraction(-1))
    if op == "/" and divisor:
        return _scaled(_terms(args[0], atoms), 1 / Fraction(divisor))
    if op in ("+", "-"):
        left, right = (_terms(part, atoms) for part in args)
        right = _scaled(right, Fraction(-1)) if op == "-" else right
        if left is None or right is None:
            return None
        total = dict(left)
        for monomial, c in right.items():
            total[monomial] = total.get(monomial, Fraction(0)) + c
        return total if len(total) <= _MOST_TERMS else None
    if op == "*":
        return _multiplied(_terms(args[0], atoms), _terms(args[1], atoms), atoms)
    if op == "**" and divisor in (2.0, 3.0, 4.0):
        base = _terms(args[0], atoms)
        whole = base
        for _ in range(int(divisor) - 1):
            whole = _multiplied(whole, base, atoms)
        return whole
    key = _key(root)
    atoms.setdefault(key, root)
    return {frozenset({(key, 1)}): Fraction(1)}


def _multiplied(
    left: _Terms | None, right: _Terms | None, atoms: dict[_Key, Node]
) -> _Terms | None:
    if left is None or right is None or len(left) * len(right) > _MOST_TERMS:
        return None
    total: _Terms = {}
    for one, c in left.items():
        for two, d in right.items():
            monomial = _product(one, two, atoms)
            total[monomial] = total.get(monomial, Fraction(0)) + c * d
    return total


def _scaled(terms: _Terms | None, by: Fraction) -> _Terms | None:
    return terms and {monomial: by * c for monomial, c in terms.items()}


def _product(one: _Monomial, two: _Monomial, atoms: dict[_Key, Node]) -> _Monomial:
    """The product of two; u·sign u in it is |u|."""
    powers = Counter(dict(one))
    powers.update(dict(two))
    for key in [key for key in powers if key[0] == "sign"]:
        inner = key[2]
        if powers.get(inner) and powers[key]:  # type: ignore[call-overload]
            size = ("abs", None, inner)
            atoms.setdefault(size, Node("abs", atoms[key].args))
            powers[key] -= 1
            powers[inner] -= 1  # type: ignore[index]
            powers[size] += 1
    return frozenset((key, times) for key, times in powers.items() if times)
