"""The text form `name(parameter=value, …)` in which activations, weights and losses are named."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Protocol, TypeAlias, TypeVar

from gradtui.errors import InputError, nearest

_NO_NAMES: Mapping[str, str] = MappingProxyType({})

_CALL = re.compile(r"([A-Za-z_](?:[A-Za-z0-9_.]|-(?=[A-Za-z]))*)(?:\s*\((.*)\))?", re.DOTALL)
_DECIMAL_COMMA = re.compile(r"([-+]?\d+),(\d+)")
_NAMED = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)\s*=\s*(.*)", re.DOTALL)
_WORD = re.compile(r"""(["']?)([A-Za-z_][A-Za-z0-9_]*)\1""")
_ROOT = re.compile(r"(?:sqrt|√)\s*\(([^()]*)\)|√([^()/]*)", re.IGNORECASE)
_NOT_FINITE = frozenset({"nan", "inf", "infinity"})

Value: TypeAlias = float | str
"""Of a parameter: a number, or one of some words."""


@dataclass(frozen=True)
class Spec:
    """A parsed text form: `leaky_relu(0.2)` or `leaky_relu(negative_slope=0.2)`."""

    name: str
    positional: tuple[Value, ...] = ()
    named: Mapping[str, Value] | None = None

    def values(
        self, field: str, names: tuple[str, ...], also_called: Mapping[str, str] = _NO_NAMES
    ) -> dict[str, Value]:
        """The values by parameter name, the positional ones taking `names` in order.

        Args:
            field: what to blame.
            names: the parameters that there are.
            also_called: other names that people give to some of them.
        """
        known = ", ".join(names) if names else "none"
        for word in self.positional:
            if isinstance(word, str):
                step = f"a word needs the name of its parameter; it takes: {known}"
                raise InputError(field, word, "a number", step)
        if len(self.positional) > len(names):
            raise InputError(
                field,
                f"{self.name}({', '.join(map(_written, self.positional))})",
                f"a form with at most {len(names)} parameter{'s' if len(names) != 1 else ''}",
                f"{self.name} takes: {known}",
            )
        bound: dict[str, Value] = dict(zip(names, self.positional, strict=False))
        for given, value in (self.named or {}).items():
            name = also_called.get(given, given)
            if name not in names:
                near = nearest(given, (*names, *also_called), 1)
                meant = f"did you mean {near[0]}? " if near else ""
                allowed = f"a parameter of {self.name}"
                raise InputError(field, given, allowed, f"{meant}it takes: {known}")
            if name in bound:
                raise InputError(field, given, "allowed twice", f"it takes: {known}")
            bound[name] = value
        return bound

    def bind(self, field: str, names: tuple[str, ...]) -> dict[str, float]:
        """The same where every value is a number."""
        bound: dict[str, float] = {}
        for name, value in self.values(field, names).items():
            if isinstance(value, str):
                raise InputError(f"{{{field}}} {name}", value, "a number", _LIKE)
            bound[name] = value
        return bound


def parse_number(field: str, text: str) -> float:
    """A finite number, or an error that says so.

    It may be written as a fraction or with a root: 5/3, sqrt(2), √2, sqrt(2/3), 1/√3.
    """
    value = _evaluated(text)
    if value is None:
        decimal = _DECIMAL_COMMA.fullmatch(text.strip())
        hint = f"try {decimal[1]}.{decimal[2]}" if decimal else _LIKE
        raise InputError(field, text, "a number", hint)
    if not math.isfinite(value):
        raise InputError(field, text, "a finite number", _LIKE)
    return value


_LIKE = "write it like 0.2, 1e-3, 5/3 or sqrt(2)"


def _evaluated(text: str) -> float | None:
    """The number that a text stands for; None where it is none."""
    try:
        return float(text)
    except ValueError:
        pass
    body = text.strip()
    sign = -1.0 if body.startswith("-") else 1.0
    body = body.removeprefix("-") if sign < 0.0 else body.removeprefix("+")
    with_root = _ROOT.sub(lambda match: "r" * len(match[0]), body)  # to find the / outside of it
    top, slash, bottom = body, "", ""
    if "/" in with_root:
        at = with_root.index("/")
        top, slash, bottom = body[:at], "/", body[at + 1 :]
    over = _factor(top)
    under = _factor(bottom) if slash else 1.0
    return sign * over / under if over is not None and under else None


def _factor(text: str) -> float | None:
    """A plain number without a sign, or the root of one or of a fraction; None if it is neither."""
    match = _ROOT.fullmatch(text.strip())
    top, slash, bottom = (text if match is None else match[1] or match[2] or "").partition("/")
    try:
        value = float(top) / (float(bottom) if slash and match else 1.0)
    except (ValueError, ZeroDivisionError):
        return None
    signed = math.copysign(1.0, value) < 0.0 or top.strip()[:1] in ("+", "-")
    if signed or not math.isfinite(value) or (slash and match is None):
        return None
    return value if match is None else math.sqrt(value)


def check_items(field: str, text: str) -> None:
    """Refuse a list, of items with commas between them, in which one is missing.

    Commas in parentheses are no list's.
    """
    depth, items = 0, [""]
    for character in text:
        depth += (character == "(") - (character == ")")
        if character == "," and depth <= 0:
            items.append("")
        else:
            items[-1] += character
    empty = next((at for at, item in enumerate(items, 1) if not item.strip()), 0)
    if empty and len(items) > 1:
        allowed = f"complete: item {empty} of {len(items)} is empty"
        raise InputError(field, text, allowed, "put something there, or take a comma away")


def begins_with_a_name(text: str) -> bool:
    """Whether a text is a form with a name, such as normal(std=1), not a number such as sqrt(2)."""
    start = text.strip().lower()
    return start[:1].isalpha() and start not in _NOT_FINITE and not _ROOT.match(start)


def parse_spec(field: str, text: str, like: str = "relu or elu(alpha=1)") -> Spec:
    """Parse `name`, `name(1.5)`, `name(parameter=1.5, other=2)` or `name(parameter=word)`.

    Of a dotted name, as in `torch.nn.ReLU()`, the last part counts.

    Args:
        field: what to blame.
        text: the form.
        like: examples of the field's own kind.
    """
    match = _CALL.fullmatch(text.strip())
    if match is None or not (name := match[1].rpartition(".")[2].lower()):
        raise InputError(
            field,
            text,
            "of the form name or name(parameter=value)",
            f"write it like {like}",
        )
    body = match[2]
    positional: list[Value] = []
    named: dict[str, Value] = {}
    for part in (body or "").split(",") if (body or "").strip() else ():
        if not part.strip():
            raise InputError(
                field, text, "complete: a number is missing beside a comma", "take the comma away"
            )
        pair = _NAMED.fullmatch(part.strip())
        if pair is None:
            if named:
                raise InputError(
                    field, text, "in order: plain values come before named ones", "name every value"
                )
            positional.append(_parsed_value(field, part.strip()))
        elif pair[1] in named:
            raise InputError(field, text, f"clear: {pair[1]} is given twice", "give it once")
        else:
            named[pair[1]] = _parsed_value(f"{field} {pair[1]}", pair[2])
    return Spec(name, tuple(positional), named)


def _parsed_value(field: str, text: str) -> Value:
    """A number, or a word; what it has to be, the parameter says."""
    word = _WORD.fullmatch(text.strip())
    if word is not None and word[2].lower() not in _NOT_FINITE:
        return word[2].lower()
    return parse_number(field, text)


class Named(Protocol):
    """An entry of a registry."""

    @property
    def also_called(self) -> tuple[str, ...]:
        """Other names of the very same."""

    @property
    def meant_by(self) -> tuple[str, ...]:
        """Names that may mean it, and to which it is suggested."""


Entry = TypeVar("Entry", bound=Named)


def lookup(
    field: str,
    kind: str,
    name: str,
    registry: Mapping[str, Entry],
    *,
    always: str = "",
    otherwise: str = "",
) -> Entry:
    """The entry of that name, or of which it is another name; case, - and _ do not matter.

    Args:
        field: what to blame.
        kind: what the entries are, in words.
        name: a name, as `parse_spec` gives it.
        registry: the entries by name.
        always: what to try in any case.
        otherwise: what to try where no name is like this one.

    Raises:
        InputError: for a name that is not there, with those that may be meant.
    """
    if name in registry:
        return registry[name]
    asked = _squeezed(name)
    for known, entry in registry.items():
        if asked in map(_squeezed, (known, *entry.also_called)):
            return entry
    meant = tuple(known for known, entry in registry.items() if name in entry.meant_by)
    near = meant or nearest(name, registry)
    first = f"did you mean {' or '.join(near)}?" if near else otherwise
    hint = " ".join(words for words in (first, always) if words)
    raise InputError(field, name, f"a known {kind}", hint)


def _squeezed(name: str) -> str:
    """A name without case, hyphens and underscores, but for one at its end, as PyTorch has it."""
    return name.lower().replace("-", "").rstrip("_").replace("_", "") + "_" * name.endswith("_")


def number(value: float) -> str:
    """The shortest text that reads back as `value`: 1, 0.25, 1e-31."""
    text = repr(float(value) + 0.0)  # -0.0 is 0
    return text.removesuffix(".0")


_LONG = 12
"""A number of more characters is written as a fraction or a root where it is one."""
_PARTS = range(1, 13)


def exact(value: float) -> str:
    """The same, but 5/3 or sqrt(2) where that is exactly it and reads better."""
    plain = number(value)
    if len(plain) > _LONG and abs(value) < 1e3:
        for below in _PARTS:
            above = round(value * below)
            if above and above / below == value:
                return f"{above}/{below}"
        for below in _PARTS:
            above = round(value * value * below)
            if value > 0.0 and above and math.sqrt(above / below) == value:
                return f"sqrt({above})" if below == 1 else f"sqrt({above}/{below})"
    return plain


def format_spec(name: str, parameters: Mapping[str, Value], order: tuple[str, ...] = ()) -> str:
    """The text form: `parse_spec` of it gives `name` and `parameters` back.

    Args:
        name: the name.
        parameters: the values that are written, by name.
        order: that in which values may stand without their names, which is shorter:
            leaky_relu(0.2); where others than the first of them are written, all are named.
    """
    if not parameters:
        return name
    plain = tuple(parameters) == order[: len(parameters)]
    values = (f"{'' if plain else f'{key}='}{_written(value)}" for key, value in parameters.items())
    return f"{name}({', '.join(values)})"


def _written(value: Value) -> str:
    """A value of a parameter as it is read back."""
    return value if isinstance(value, str) else exact(value)
