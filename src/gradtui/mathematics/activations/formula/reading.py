"""Formulas as they are typed: `z*sigmoid(1.702*z)`, `max(z, a*z), a=0.1`.

    list        formula {"," name "=" number}
    formula     sum [("<" | "<=" | ">" | ">=" | "==" | "!=") sum]
    sum         product {("+" | "-") product}
    product     sign {("*" | "/") sign}
    sign        {"-" | "+"} power
    power       atom ["**" sign]
    atom        number | "z" | name | name "(" formula {"," formula} {"," name "=" value} ")"
                | "(" formula ")"

A comparison is 1 where it holds and 0 elsewhere. Nothing is evaluated: what is not in the grammar
and not on the list of names is refused, with its column.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass

from gradtui.errors import InputError, printable
from gradtui.mathematics.activations.formula.functions import FUNCTIONS, UNARY
from gradtui.mathematics.activations.formula.hints import (
    ALLOWED,
    SHORT,
    SPELLED,
    WORDS,
    between,
    meant_by,
)
from gradtui.mathematics.activations.formula.nodes import (
    COMPARISONS,
    Named,
    Node,
    Read,
    constant,
    has_z,
    negative,
    parts,
)
from gradtui.mathematics.activations.record import LARGEST_PARAMETER, Family

MOST_CHARACTERS, MOST_PARTS, MOST_NESTED, MOST_PARAMETERS = 400, 150, 40, 8
CONSTANTS = {"pi": math.pi, "e": math.e}

_TOKEN = re.compile(
    r"\s*(?:(?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)|(?P<name>[A-Za-z_][A-Za-z0-9_]*)"
    r"|(?P<sign>\*\*|<=|>=|==|!=|[-+*/<>(),=]))"
)


class FormulaError(InputError):
    """A formula that cannot be read, with the column of what is wrong, from 1."""

    def __init__(self, text: str, column: int, what: str, next_step: str) -> None:
        self.text, self.column, self.what = text, column, what
        super().__init__("activation", text, f"a formula: at column {column}, {what}", next_step)

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (self.text, self.column, self.what, self.next_step)


@dataclass(frozen=True)
class _Token:
    kind: str
    text: str
    at: int


class _Reader:
    """Reads tokens from the left, by precedence."""

    def __init__(self, text: str, families: Callable[[str], Family | None]) -> None:
        self.text, self._families = text, families
        if len(text) > MOST_CHARACTERS:
            self.text = text[: MOST_CHARACTERS + 1]
            raise self.error(
                MOST_CHARACTERS + 1, f"it goes on: at most {MOST_CHARACTERS} characters are read",
                "write it shorter",
            )  # fmt: skip
        self._tokens, self._at, self._depth = self._scanned(), 0, 0
        self._made = 0
        self._values: dict[str, float] = {}
        self._used: dict[str, int] = {}

    def error(self, column: int, what: str, next_step: str) -> FormulaError:
        return FormulaError(self.text, column, what, next_step)

    def _scanned(self) -> list[_Token]:
        tokens, at = [], 0
        while at < len(self.text.rstrip()):
            found = _TOKEN.match(self.text, at)
            if found is None or found.lastgroup is None:
                at += len(self.text[at:]) - len(self.text[at:].lstrip())
                sign = self.text[at]
                hint = SPELLED.get(sign, f"allowed are {ALLOWED}")
                raise self.error(at + 1, f"'{printable(sign)}' is no sign of a formula", hint)
            start = found.start(found.lastgroup)
            tokens.append(_Token(found.lastgroup, found[found.lastgroup], start + 1))
            at = found.end()
        return [*tokens, _Token("end", "", len(self.text.rstrip()) + 1)]

    @property
    def _next(self) -> _Token:
        return self._tokens[self._at]

    def _taken(self, *texts: str) -> _Token | None:
        token = self._next
        if token.kind != "sign" or token.text not in texts:
            return None
        self._at += 1
        return token

    def _node(
        self, op: str, args: tuple[Node, ...] = (), value: object = None, at: int = 0
    ) -> Node:
        self._made += 1
        if self._made > MOST_PARTS:
            raise self.error(
                at or self._next.at, f"it has more than {MOST_PARTS} parts", "write it shorter"
            )
        return Node(op, args, value, at)

    # ------------------------------------------------------------------ grammar

    def read(self) -> Read:
        """The formula and the values of its parameters."""
        root = self._formula()
        while self._taken(","):
            self._parameter()
        if self._next.kind != "end":
            raise self._unexpected()
        for name, at in self._used.items():
            if name not in self._values:
                raise self._unknown(name, at)
        unused = next((name for name in self._values if name not in self._used), None)
        if unused is not None:
            at = next(t.at for t in reversed(self._tokens) if t.text == unused)
            raise self.error(
                at, f"{unused} has a value and does not occur in the formula", "take it away"
            )
        if not has_z(root):
            raise self.error(1, "z does not occur in it", "write it with z, such as z*sigmoid(z)")
        return Read(root, tuple((name, self._values[name]) for name in self._used))

    def _parameter(self) -> None:
        name = self._next
        if name.kind != "name" or self._tokens[self._at + 1].text != "=":
            raise self.error(
                name.at, "behind a formula stand the values of its parameters",
                "write them like beta=1.5",
            )  # fmt: skip
        if name.text in self._values:
            raise self.error(name.at, f"{name.text} has two values", "give it once")
        if name.text == "z":
            raise self.error(name.at, "z is the input and takes no value", "take it away")
        self._at += 2
        start = self._next.at
        value = _number_of(self._formula())
        if value is None or abs(value) > LARGEST_PARAMETER:
            raise self.error(
                start, f"the value of {name.text} is no number from -1e100 to 1e100",
                f"write it like {name.text}=1.5",
            )  # fmt: skip
        self._values[name.text] = value

    def _formula(self) -> Node:
        self._depth += 1
        if self._depth > MOST_NESTED:
            raise self.error(
                self._next.at, f"it is nested more than {MOST_NESTED} deep", "write it flatter"
            )
        left = self._sum()
        if sign := self._taken(*COMPARISONS):
            left = self._node(sign.text, (left, self._sum()), at=sign.at)
            if again := self._taken(*COMPARISONS):
                raise self.error(
                    again.at, "a comparison has two sides",
                    "write (a < z)*(z < b), which is 1 where both hold",
                )  # fmt: skip
        if self._next.text == "=":
            before = self._tokens[self._at - 1]
            if before.kind == "name" and before.text != "z":
                raise self.error(
                    self._next.at, "a value comes behind the formula and a comma",
                    "write it like z*sigmoid(beta*z), beta=1.5",
                )  # fmt: skip
            raise self.error(self._next.at, "= is no comparison", "equal is ==")
        self._depth -= 1
        return left

    def _sum(self) -> Node:
        left = self._product()
        while sign := self._taken("+", "-"):
            left = self._node(sign.text, (left, self._product()), at=sign.at)
        return left

    def _product(self) -> Node:
        left = self._signed()
        while sign := self._taken("*", "/"):
            left = self._node(sign.text, (left, self._signed()), at=sign.at)
        return left

    def _signed(self) -> Node:
        signs = 0
        while sign := self._taken("-", "+"):
            signs += sign.text == "-"
        inner = self._power()
        if signs % 2 == 0:
            return inner
        return negative(inner) if inner.op == "number" else self._node("negative", (inner,))

    def _power(self) -> Node:
        base = self._atom()
        if not (sign := self._taken("**")):
            return base
        self._depth += 1
        if self._depth > MOST_NESTED:
            raise self.error(
                sign.at, f"it is nested more than {MOST_NESTED} deep", "write it flatter"
            )
        exponent = self._signed()
        self._depth -= 1
        return self._node("**", (base, exponent), at=sign.at)

    def _atom(self) -> Node:
        token = self._next
        self._at += token.kind != "end"
        if token.kind == "number":
            return self._number(token)
        if token.kind == "name":
            return self._named(token)
        if token.text == "(":
            inner = self._formula()
            self._close(token)
            return inner
        self._at -= token.kind != "end"
        raise self._unexpected()

    def _number(self, token: _Token) -> Node:
        value = float(token.text)
        if not math.isfinite(value):
            raise self.error(token.at, f"{token.text} is beyond float64", "write a smaller number")
        following = self._next
        if following.kind == "name" and following.at == token.at + len(token.text):
            raise self.error(following.at, "a sign is missing", between(token.text, following.text))
        return self._node("number", value=value, at=token.at)

    def _close(self, opened: _Token) -> None:
        if not self._taken(")"):
            if self._next.kind == "end":
                raise self.error(opened.at, "this ( is not closed", "put a ) behind what it groups")
            raise self._unexpected()

    def _unexpected(self) -> FormulaError:
        token = self._next
        before = self._tokens[self._at - 1] if self._at else None
        if token.kind == "end":
            what = "it ends where something is missing"
            return self.error(token.at, what, "put a number, z or a function there")
        if token.text == ")" and (before is None or before.kind in ("number", "name")):
            return self.error(token.at, "no ( belongs to this )", "take it away")
        if token.text in WORDS or (before is not None and before.text in WORDS):
            word = token.text if token.text in WORDS else before.text  # type: ignore[union-attr]
            return self.error(
                token.at if token.text in WORDS else before.at,  # type: ignore[union-attr]
                f"{word} is no sign of a formula", WORDS[word],
            )  # fmt: skip
        if token.kind in ("name", "number") or token.text == "(":
            gap = before.text if before is not None else ""
            return self.error(
                token.at, f"a sign is missing before {token.text}", f"write {gap}*{token.text}"
                if token.text != "(" else "times is *",
            )  # fmt: skip
        return self.error(
            token.at, f"'{token.text}' is out of place", "put a number, z or a function there"
        )

    # -------------------------------------------------------------------- names

    def _named(self, token: _Token) -> Node:
        if self._next.text == "(":
            return self._call(token)
        name = token.text
        if name == "z":
            return self._node("z", at=token.at)
        given = any(
            one.text == name and self._tokens[i + 1].text == "="
            and self._tokens[i - 1].text == ","
            for i, one in enumerate(self._tokens[:-1]) if i
        )  # fmt: skip
        if name in CONSTANTS and not given:
            return self._node("number", value=CONSTANTS[name], at=token.at)
        if not given and (name in FUNCTIONS or self._families(name) is not None):
            raise self.error(token.at, f"{name} is a function", f"write {name}(z)")
        self._used.setdefault(name, token.at)
        if len(self._used) > MOST_PARAMETERS:
            raise self.error(
                token.at, f"it has more than {MOST_PARAMETERS} parameters", "put numbers for some"
            )
        return self._node("parameter", value=name, at=token.at)

    def _unknown(self, name: str, at: int) -> FormulaError:
        if name in ("x", "X", "Z", "h", "t"):
            return self.error(at, f"{name} has no value", "the input is called z")
        if name.lower() in ("nan", "inf", "infinity"):
            return self.error(at, f"{name} is no number here", "write a finite one")
        near = meant_by(name) if len(name) > SHORT else ""
        meant = f"did you mean {near}(z)? " if near else "the input is z; "
        hint = f"{meant}a parameter has its value behind a comma: …, {name}=1.5"
        return self.error(at, f"{name} has no value", hint)

    def _call(self, token: _Token) -> Node:
        name, opened = token.text, self._next
        self._at += 1
        arguments: list[Node] = []
        named: dict[str, Node] = {}
        family = None if name in FUNCTIONS else self._families(name)
        while self._next.text != ")" or arguments or named:
            if self._next.kind == "name" and self._tokens[self._at + 1].text == "=":
                self._argument(name, family, named)
            else:
                arguments.append(self._formula())
            if not self._taken(","):
                break
        self._close(opened)
        if name == "z":
            raise self.error(token.at, "z is no function", "times is *: z*(…)")
        if name in FUNCTIONS:
            function = FUNCTIONS[name]
            if named:
                raise self.error(token.at, f"{name} takes no names", f"write {function.form}")
            if not function.least <= len(arguments) <= function.most:
                raise self.error(
                    token.at, f"{name} takes another number of arguments", f"write {function.form}"
                )
            self._node(name)
            return function.made(tuple(arguments), token.at)
        if family is None:
            raise self._no_function(token)
        return self._activation(token, family, arguments, named)

    def _argument(self, name: str, family: Family | None, named: dict[str, Node]) -> None:
        key = self._next
        known = [p.name for p in family.parameters] if family else []
        if family is not None and key.text not in known:
            listed = ", ".join(known) or "no parameters"
            raise self.error(key.at, f"{key.text} is no parameter of {name}", f"it has {listed}")
        if key.text in named:
            raise self.error(key.at, f"{key.text} is given twice", "give it once")
        self._at += 2
        named[key.text] = self._value(self._formula(), key.at)

    def _value(self, node: Node, at: int) -> Node:
        """A number, or a parameter whose number is not known yet."""
        if node.op == "parameter":
            return node
        number = _number_of(node)
        if number is None:
            raise self.error(
                at, "the shape of an activation is a number or a parameter", "write a number there"
            )
        return constant(number)

    def _activation(
        self, token: _Token, family: Family, arguments: list[Node], named: dict[str, Node]
    ) -> Node:
        known = [p.name for p in family.parameters]
        if not 1 <= len(arguments) <= 1 + len(known):
            form = ", ".join(["z", *(f"{p.name}={p.default:g}" for p in family.parameters)])
            raise self.error(
                token.at, f"{token.text} takes another number of arguments",
                f"write {token.text}({form})",
            )  # fmt: skip
        for key, node in zip(known, arguments[1:], strict=False):
            if key in named:
                raise self.error(token.at, f"{key} is given twice", "give it once")
            named[key] = self._value(node, node.at or token.at)
        if family.name in UNARY and not named:
            return self._node(family.name, (arguments[0],), at=token.at)
        value = Named(family.name, tuple(named.items()))
        return self._node("f", (arguments[0],), value, token.at)

    def _no_function(self, token: _Token) -> FormulaError:
        near = meant_by(token.text)
        hint = f"did you mean {near}?" if near else f"allowed are {ALLOWED}"
        return self.error(token.at, f"{token.text} is no function", hint)


def _number_of(node: Node) -> float | None:
    """What a part of numbers and arithmetic alone comes to; None where it is more, or too large."""
    try:
        for part in parts(node):
            if part.op not in _BY_HAND:
                return None
        value = _by_hand(node)
    except (ArithmeticError, ValueError):
        return None
    return value if isinstance(value, float) and math.isfinite(value) else None


_BY_HAND: dict[str, Callable[..., float]] = {
    "+": lambda a, b: a + b, "-": lambda a, b: a - b, "*": lambda a, b: a * b,
    "/": lambda a, b: a / b, "negative": lambda a: -a, "sqrt": math.sqrt,
    "**": math.pow, "number": lambda: 0.0,
}  # fmt: skip


def _by_hand(node: Node) -> float:
    if node.op == "number":
        return float(node.value)
    return _BY_HAND[node.op](*map(_by_hand, node.args))


def read(text: str, families: Callable[[str], Family | None]) -> Read:
    """The formula that a text is.

    Args:
        text: as it was typed.
        families: the activation of a name; None where there is none.

    Raises:
        FormulaError: it is none; with the column.
    """
    try:
        return _Reader(text, families).read()
    except RecursionError:  # pragma: no cover - nesting is bounded above
        raise FormulaError(text, 1, "it is nested too deep", "write it flatter") from None
