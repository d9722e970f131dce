"""A lesson's formula as a SymPy expression, so that what is proved is what is shown.

Names become real symbols, known by their letters and what stands below: `symbol("z1")`. What a name
stands for, as earlier steps defined it, is put in at the very end, so that a formula may still
differentiate by it: with `names={"z2": W2 * f(z1)}` is `∂f(z₂)/∂f(z₁)` worked out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

import sympy

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
    UnreadError,
    read,
)

Function = Callable[..., Any]


def symbol(name: str) -> Any:
    """The real symbol of a name: its letters, then what stands below, as in z1, ht−1, σw."""
    return sympy.Symbol(name, real=True)


def unknown(name: str, primes: int = 0) -> Any:
    """A function of which nothing is known but that it has a derivative: f, then f′."""
    return _unknown(name, primes)


@lru_cache
def _unknown(name: str, primes: int) -> Any:
    """One class for each, since SymPy tells functions apart by their class."""

    def fdiff(self: Any, argindex: int = 1) -> Any:
        return unknown(name, primes + 1)(*self.args)

    return type(name + "′" * primes, (sympy.Function,), {"fdiff": fdiff})


def expectation(inner: Any) -> Any:
    """Over z, which is standard normal."""
    z = symbol("z")
    weighted = inner.rewrite(sympy.Piecewise) * _density(z)
    return sympy.integrate(sympy.piecewise_fold(weighted), (z, -sympy.oo, sympy.oo))


def _density(x: Any) -> Any:
    return sympy.exp(-(x**2) / 2) / sympy.sqrt(2 * sympy.pi)


KNOWN: Mapping[str, Function] = {
    "σ": lambda x: 1 / (1 + sympy.exp(-x)),
    "tanh": sympy.tanh,
    "ReLU": lambda x: sympy.Piecewise((x, x > 0), (0, True)),
    "softplus": lambda x: sympy.log(1 + sympy.exp(x)),
    "SiLU": lambda x: x / (1 + sympy.exp(-x)),
    "GELU": lambda x: x * (1 + sympy.erf(x / sympy.sqrt(2))) / 2,
    "Φ": lambda x: (1 + sympy.erf(x / sympy.sqrt(2))) / 2,
    "φ": _density,
    "erf": sympy.erf,
    "exp": sympy.exp,
    "ln": sympy.log,
    "log2": lambda x: sympy.log(x, 2),
    "sign": sympy.sign,
    "max": sympy.Max,
    "min": sympy.Min,
    "E": expectation,
    "Var": lambda inner: expectation(inner**2) - expectation(inner) ** 2,
}
CONSTANTS: Mapping[str, Any] = {"e": sympy.E, "π": sympy.pi, "∞": sympy.oo}
_UNKNOWN_LETTERS = "fgFGH"
"""Other letters before parentheses are factors: t(1 − t)."""


def symbolic(
    formula: str | Node,
    names: Mapping[str, Any] = {},
    functions: Mapping[str, Function] = {},
    *,
    whole: bool = True,
) -> Any:
    """What it says, its derivatives carried out; of relations the last side.

    Args:
        formula: as `formulas` reads it, or what was read.
        names: what names stand for: numbers, or expressions in the symbols of other names. A whole
            number also counts: with n = 3, zₙ is z₃ and a product up to n has that many factors.
        functions: functions by their names, of SymPy's expressions; they go before KNOWN. E and
            Var are given their argument with every name put in.
        whole: whether what the names stand for is put in; otherwise their symbols stay.

    Raises:
        UnreadError: it stands for no expression.
    """
    node = read(formula) if isinstance(formula, str) else formula
    values = {name: sympy.sympify(value) for name, value in names.items()}
    maker = _Maker(values, {**KNOWN, **functions})
    made = maker.make(node)
    return maker.whole(made) if whole else made


class _Maker:
    """Makes expressions in which no name is put in yet."""

    def __init__(self, names: Mapping[str, Any], functions: Mapping[str, Function]) -> None:
        self._names, self._functions = names, functions
        self._meaning = {symbol(name): value for name, value in names.items()}
        self._bound: dict[str, Any] = {}

    def whole(self, expression: Any) -> Any:
        """With every name put in."""
        for _ in range(len(self._meaning) + 1):
            further = expression.xreplace(self._meaning)
            if further == expression:
                break
            expression = further
        return expression

    def make(self, node: Node) -> Any:
        match node:
            case Number(text):
                return sympy.Rational(text.replace(",", ""))
            case Name(text, below, primes):
                return self._named(text, below, primes)
            case Group(pair, inner):
                return sympy.Abs(self.make(inner)) if pair in ("||", "‖‖") else self.make(inner)
            case Call(Power(Name() as name, exponent), argument):
                return self._called(name, argument) ** self.make(exponent)
            case Call(Name() as name, argument):
                return self._called(name, argument)
            case Power(base, exponent):
                return self.make(base) ** self.make(exponent)
            case Root(inner):
                return sympy.sqrt(self.make(inner))
            case Negative("−", inner):
                return -self.make(inner)
            case Fraction(above, below) if (partial := self._partial(above, below)) is not None:
                return partial
            case Fraction(above, below):
                return self.make(above) / self.make(below)
            case Differential(Name(text), inner):
                return sympy.diff(self.make(inner), symbol(text))
            case Big("∑" | "∏" as sign, lower, upper, inner):
                return self._big(sign, lower, upper, inner)
            case Continued(_, inner):
                return self.make(inner)
            case Infix(first, rest):
                return self._infix(first, rest)
        raise UnreadError(f"{node} is no expression")

    def _named(self, text: str, below: str, primes: int) -> Any:
        if text in CONSTANTS and not below and not primes:
            return CONSTANTS[text]
        if below in self._bound and isinstance(self._bound[below], sympy.Symbol):
            return sympy.IndexedBase(text, real=True)[self._bound[below]]
        if text in self._bound and not below:
            return self._bound[text]
        return symbol(text + self._index(below) + "′" * primes)

    def _index(self, below: str) -> str:
        """What stands below, where its letters are whole numbers as the number."""
        if not any(self._counts(letter) for letter in below):
            return below
        index = self.whole(self.make(read(below)))
        return str(index) if index.is_Integer else below

    def _counts(self, letter: str) -> bool:
        value = self._bound.get(letter, self._names.get(letter))
        return value is not None and bool(value.is_Integer)

    def _called(self, name: Name, argument: Group) -> Any:
        key = name.text + self._index(name.below)
        parts = [argument.inner]
        match argument.inner:
            case Infix(first, rest) if rest[0][0] == ",":
                parts = [first, *(part for _, part in rest)]
        arguments = [self.make(part) for part in parts]
        function = self._functions.get(key)
        if function is None:
            if len(name.text) == 1 and name.text not in _UNKNOWN_LETTERS:
                return self.make(name) * arguments[0]
            return unknown(key, name.primes)(*arguments)
        if key in ("E", "Var"):
            arguments = [self.whole(one) for one in arguments]
        if not name.primes:
            return function(*arguments)
        at = sympy.Dummy(real=True)
        return sympy.diff(function(at), at, name.primes).subs(at, arguments[0])

    def _partial(self, above: Node, below: Node) -> Any:
        """∂a/∂b: a is opened, name by name, until b occurs in it; None if this is no such thing.

        Where it never does because nothing says what a is made of, it stays a symbol.
        """
        numerator, denominator = _without_sign(above), _without_sign(below)
        if numerator is None or denominator is None:
            return None
        opened, by = self.make(numerator), self.make(denominator)
        variable = sympy.Dummy(real=True)
        for _ in range(len(self._meaning) + 1):
            inside = opened.xreplace({by: variable})
            if inside != opened:
                return sympy.diff(inside, variable).xreplace({variable: by})
            opened = opened.xreplace(self._meaning)
        if opened != self.make(numerator):
            return sympy.Integer(0)
        return symbol(f"∂{opened}/∂{by}")

    def _big(self, sign: str, lower: str, upper: str, inner: Node) -> Any:
        letter, _, start = lower.partition("=")
        first, last = (self.whole(self.make(read(text))) for text in (start, upper))
        before = dict(self._bound)
        try:
            if first.is_Integer and last.is_Integer:
                parts = []
                for k in range(int(first), int(last) + 1):
                    self._bound[letter] = sympy.Integer(k)
                    parts.append(self.make(inner))
                return (sympy.Add if sign == "∑" else sympy.Mul)(*parts)
            k = sympy.Symbol(letter, integer=True)
            self._bound[letter] = k
            kind = sympy.Sum if sign == "∑" else sympy.Product
            return kind(self.make(inner), (k, first, last)).doit()
        finally:
            self._bound = before

    def _infix(self, first: Node, rest: tuple[tuple[str, Node], ...]) -> Any:
        sign, part = rest[0]
        if sign == ":  ":  # x > 0:  …
            return self.make(part).xreplace(assumed(first))
        if sign in ("=", ":=", "≈"):
            return self.make(rest[-1][1])
        total = self.make(first)
        for sign, part in rest:
            value = self.make(part)
            match sign:
                case "+":
                    total += value
                case "−":
                    total -= value
                case "·" | "×" | "∘" | "":
                    total *= value
                case _:
                    raise UnreadError(f"{sign!r} gives no expression")
        return total


def assumed(condition: Node) -> dict[Any, Any]:
    """The symbol that a condition such as x > 0 or h → 0⁺ is about, and one that keeps to it."""
    match condition:
        case Infix(Name(text, below), (((">" | "<" | "→") as sign, bound),)):
            if (sign, bound) in ((">", _ZERO), ("→", Power(_ZERO, Name("+")))):
                return {symbol(text + below): sympy.Symbol(text + below, positive=True)}
            if (sign, bound) in (("<", _ZERO), ("→", Power(_ZERO, Name("−")))):
                return {symbol(text + below): sympy.Symbol(text + below, negative=True)}
    return {}


_ZERO = Number("0")


def _without_sign(node: Node) -> Node | None:
    """Of ∂a or ∂f(z) the a or f(z); None where there is no ∂."""
    match node:
        case Name(text, below, primes) if text.startswith("∂"):
            return Name(text[1:], below, primes)
        case Call(Name(text, below, primes), argument) if text.startswith("∂"):
            return Call(Name(text[1:], below, primes), argument)
    return None


def _differs(difference: Any) -> bool:
    """Whether a number at one point shows that it is not 0, which is sooner seen than proved."""
    at = {
        one: sympy.Rational(7 + 2 * i, 11) * (-1 if one.is_negative else 1)
        for i, one in enumerate(sorted(difference.free_symbols, key=str))
    }
    number = difference.subs(at).evalf(30)
    return bool(number.is_Float and abs(number) > sympy.Float(10) ** -15)


def equal(one: Any, other: Any) -> bool:
    """Whether SymPy proves the difference to be 0."""
    difference = one - other
    if sympy.expand(difference) == 0:
        return True
    if _differs(difference):
        return False
    if difference.has(sympy.Max, sympy.Min):
        difference = difference.rewrite(sympy.Piecewise)
    return bool(sympy.simplify(sympy.piecewise_fold(difference.rewrite(sympy.exp))) == 0)
