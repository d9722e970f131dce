"""Formulas: written in one line of Unicode, read as what they mean, set over several, in LaTeX.

A line is written as it is shown: `(1 + e⁻ˣ) / (1 + e⁻ˣ)² · t`. Raised characters are an exponent,
lowered ones belong to the name before them. Two blanks behind a comma or a colon set things apart
that one keeps together. A slash between blanks divides by one factor as ` · `
multiplies by one; without blanks, as in 1/2 and ∂L/∂W₁, it binds more tightly than anything else.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

# ------------------------------------------------------------------------ nodes


@dataclass(frozen=True)
class Number:
    """A number, as written."""

    text: str


@dataclass(frozen=True)
class Name:
    """A variable or a function: its letters, what stands below, and primes: σ′, z₃, f″."""

    text: str
    below: str = ""
    primes: int = 0


@dataclass(frozen=True)
class Group:
    """What stands between a pair: ( ), [ ], | | or ‖ ‖."""

    pair: str
    inner: Node


@dataclass(frozen=True)
class Call:
    """A function of something in parentheses or brackets."""

    function: Node
    argument: Group


@dataclass(frozen=True)
class Power:
    """A base and an exponent; T is the transpose, + and − behind a point the side of it."""

    base: Node
    exponent: Node


@dataclass(frozen=True)
class Root:
    """The square root of what stands behind the sign, a group or an atom."""

    inner: Node


@dataclass(frozen=True)
class Negative:
    """Minus something; ± likewise."""

    sign: str
    inner: Node


@dataclass(frozen=True)
class Fraction:
    """One thing above another; tight where it is written without blanks."""

    above: Node
    below: Node
    tight: bool = False


@dataclass(frozen=True)
class Differential:
    """d/dx of what stands behind it."""

    variable: Name
    inner: Node


@dataclass(frozen=True)
class Big:
    """∑ or ∏, from and to, or ∫, of the group behind it, or else of the whole product."""

    sign: str
    lower: str
    upper: str
    inner: Node


@dataclass(frozen=True)
class Infix:
    """Things with signs between them: sums, products, relations, conclusions."""

    first: Node
    rest: tuple[tuple[str, Node], ...]


@dataclass(frozen=True)
class Continued:
    """A line that goes on from the one above it: `= …`."""

    sign: str
    inner: Node


Node = (
    Number | Name | Group | Call | Power | Root | Negative | Fraction | Differential | Big | Infix
    | Continued
)  # fmt: skip

# ---------------------------------------------------------------------- reading

RAISED = dict(zip("⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺ⁿˣᵏˡᵗᵀᵐʰᶻ⁽⁾ᐟ", "0123456789−+nxkltTmhz()/", strict=True))
LOWERED = dict(zip("₀₁₂₃₄₅₆₇₈₉₋₊₌ₖₗₙₜₓₐᵢⱼₘₕ₍₎", "0123456789−+=klntxaijmh()", strict=True))
_LEVELS = (
    ("⇒", "⇔"),
    (":  ", ",  "),
    (":", ","),
    ("=", ":=", "<", "≤", ">", "≥", "≈", "→", "∈", "~", "≠", "∝"),
)
_SUM, _PRODUCT = ("+", "−", "±"), ("·", "×", "∘")
_WORDS = (
    "softplus|sigmoid|clip|tanh|ReLU|GELU|SiLU|sign|diag|Loss|Var|Cov|max|min|exp|erf|ln|log2|"
    "LayerNorm|RMSNorm|BatchNorm|step|scale|mean|out|in"
)
_OPERATORS = (Name("max"), Name("min"), Name("ln"))
_TOKEN = re.compile(
    rf"\s*(?:(?P<number>\d+(?:,\d{{3}})+|\d+(?:\.\d+)?(?:e-?\d+)?)"
    rf"|(?P<d>d/d(?P<by>[a-zθ]))"
    rf"|(?P<name>(?:{_WORDS})(?![a-z])|[σξ][wbcq]|∂?[A-Za-zα-ωΑ-Ω∞∇…]\*?)"
    rf"|(?P<raised>[{''.join(RAISED)}]+)|(?P<lowered>[{''.join(LOWERED)}]+)"
    r"|(?P<sign>:=|[:,]  |[-+−±·×∘=<≤>≥≈→∈~≠∝⇒⇔:,/()\[\]|‖√∑∏∫′″!∀]))"
)


class UnreadError(ValueError):
    """A formula that cannot be read: what, and where."""


@dataclass(frozen=True)
class _Token:
    kind: str
    text: str
    loose: bool
    """Whether a blank stands before it."""
    by: str = ""


def _tokens(text: str) -> list[_Token]:
    tokens, at = [], 0
    while at < len(text.rstrip()):
        found = _TOKEN.match(text, at)
        if found is None or found.lastgroup is None:
            raise UnreadError(f"{text!r} at {text[at:]!r}")
        kind = next(name for name, value in found.groupdict().items() if value is not None)
        body = found[kind]
        tokens.append(_Token(kind, body, text[at] == " ", found["by"] or ""))
        at = found.end()
    return tokens


class _Reader:
    """Reads tokens from the left, by precedence."""

    def __init__(self, text: str) -> None:
        self._text, self._tokens, self._at = text, _tokens(text), 0

    def line(self) -> Node:
        first = self._next
        if first is not None and first.text in ("=", "≈", "≤", "→", "<"):
            self._at += 1
            found: Node = Continued(first.text, self._level(0))
        else:
            found = self._level(0)
        if self._next is not None:
            raise self._unread()
        return found

    @property
    def _next(self) -> _Token | None:
        return self._tokens[self._at] if self._at < len(self._tokens) else None

    def _unread(self) -> UnreadError:
        left = "".join(token.text for token in self._tokens[self._at :])
        return UnreadError(f"{self._text!r} at {left!r}")

    def _take(self, *texts: str) -> str:
        token = self._next
        if token is None or token.text not in texts:
            return ""
        self._at += 1
        return token.text

    def _level(self, at: int) -> Node:
        """Conclusions, lists, relations; then sums."""
        if at == len(_LEVELS):
            return self._infix(_SUM, self._product)
        return self._infix(_LEVELS[at], lambda: self._level(at + 1))

    def _infix(self, signs: tuple[str, ...], part: Callable[[], Node]) -> Node:
        first, rest = part(), []
        while sign := self._take(*signs):
            rest.append((sign, part()))
        return Infix(first, tuple(rest)) if rest else first

    def _product(self) -> Node:
        if sign := self._take("−", "±", "∀"):
            return Negative(sign, self._product())
        found = self._beside()
        while True:
            if self._next is not None and self._next.text == "/" and self._next.loose:
                self._at += 1
                found = Fraction(found, self._beside())
            elif sign := self._take(*_PRODUCT):
                more = self._beside()
                if isinstance(found, Infix):
                    found = Infix(found.first, (*found.rest, (sign, more)))
                else:
                    found = Infix(found, ((sign, more),))
            elif found in _OPERATORS and self._next is not None and self._begins(self._next):
                found = Infix(found, ((" ", self._beside()),))  # max σ′
            else:
                return found

    def _beside(self) -> Node:
        """Factors without a sign between them."""
        found, rest = self._tight(), []
        while self._next is not None and not self._next.loose and self._begins(self._next):
            rest.append(("", self._tight()))
        return Infix(found, tuple(rest)) if rest else found

    @staticmethod
    def _begins(token: _Token) -> bool:
        return token.kind in ("number", "name") or token.text in ("(", "√", "[")

    def _tight(self) -> Node:
        found = self._raised()
        following = self._next
        while following is not None and following.text == "/" and not following.loose:
            self._at += 1
            found = Fraction(found, self._raised(), tight=True)
            following = self._next
        return found

    def _raised(self) -> Node:
        found = self._atom()
        while self._next is not None and self._next.kind == "raised":
            raised = "".join(RAISED[character] for character in self._next.text)
            self._at += 1
            side: Node = Name(raised) if raised in "+−T" else _Reader(raised).line()
            found = Power(found, side)
        return found

    def _atom(self) -> Node:
        token = self._next
        if token is None:
            raise self._unread()
        self._at += 1
        if token.kind == "number":
            return Number(token.text)
        if token.kind == "d":
            return Differential(Name(token.by), self._tight())
        if token.kind == "name":
            return self._named(token.text)
        if token.text in ("(", "["):
            inner = self._level(0)
            if not self._take(")" if token.text == "(" else "]"):
                raise self._unread()
            return Group("()" if token.text == "(" else "[]", inner)
        if token.text in ("|", "‖"):
            inner = self._level(0)
            if not self._take(token.text):
                raise self._unread()
            return Group(token.text * 2, inner)
        if token.text == "√":
            return Root(self._raised() if self._next and self._next.text != "(" else self._atom())
        if token.text in ("∑", "∏", "∫"):
            return self._big(token.text)
        self._at -= 1
        raise self._unread()

    def _named(self, text: str) -> Node:
        below = ""
        if self._next is not None and self._next.kind == "lowered":
            below = "".join(LOWERED[character] for character in self._next.text)
            self._at += 1
        primes = 0
        while mark := self._take("′", "″"):
            primes += 1 if mark == "′" else 2
        name = Name(text, below, primes)
        raised = self._next if self._next and self._next.kind == "raised" else None
        behind = self._tokens[self._at + 1] if self._at + 1 < len(self._tokens) else None
        following = self._next
        if following is not None and following.text in ("(", "[") and not following.loose:
            argument = self._atom()
            assert isinstance(argument, Group)
            return Call(name, argument)
        if raised and behind and behind.text == "(" and not behind.loose and len(text) > 1:
            power = self._raised_of(name)
            argument = self._atom()
            assert isinstance(argument, Group)
            return Call(power, argument)  # tanh²(x)
        return name

    def _raised_of(self, name: Name) -> Node:
        token = self._tokens[self._at]
        self._at += 1
        return Power(name, _Reader("".join(RAISED[one] for one in token.text)).line())

    def _big(self, sign: str) -> Node:
        lower = upper = ""
        while self._next is not None and self._next.kind in ("lowered", "raised"):
            token, table = self._next, LOWERED if self._next.kind == "lowered" else RAISED
            said = "".join(table[character] for character in token.text)
            lower, upper = (said, upper) if token.kind == "lowered" else (lower, said)
            self._at += 1
        grouped = self._next is not None and self._next.text == "("
        return Big(sign, lower, upper, self._tight() if grouped else self._product())


@lru_cache(1024)
def read(line: str) -> Node:
    """A line as what it means.

    Raises:
        UnreadError: it is no formula that is known here.
    """
    return _Reader(line).line()


# ---------------------------------------------------------------------- writing

_TO_RAISED = {plain: character for character, plain in RAISED.items()}
_TO_LOWERED = {plain: character for character, plain in LOWERED.items()}


def lowered(text: str) -> str:
    """In small letters below the line."""
    return "".join(_TO_LOWERED[character] for character in text)


def raised(node: Node) -> str:
    """An exponent in small letters above the line, which is how it was read."""
    return "".join(_TO_RAISED[character] for character in _flat(node))


def _flat(node: Node) -> str:
    match node:
        case Number(text) | Name(text):
            return text
        case Negative(sign, inner):
            return sign + _flat(inner)
        case Group(pair, inner):
            return pair[0] + _flat(inner) + pair[1]
        case Fraction(above, below):
            return f"{_flat(above)}/{_flat(below)}"
        case Infix(first, rest):
            return _flat(first) + "".join(sign + _flat(part) for sign, part in rest)
    raise UnreadError(f"an exponent cannot have {node}")
