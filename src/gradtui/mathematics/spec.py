"""The text form `name(parameter=value, …)` in which activations, weights and losses are named."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol, TypeVar

from gradtui.errors import InputError, nearest

_CALL = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)(?:\s*\((.*)\))?", re.DOTALL)
_DECIMAL_COMMA = re.compile(r"([-+]?\d+),(\d+)")
_NAMED = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)\s*=\s*(.*)", re.DOTALL)


@dataclass(frozen=True)
class Spec:
    """A parsed text form: `leaky_relu(0.2)` or `leaky_relu(negative_slope=0.2)`."""

    name: str
    positional: tuple[float, ...] = ()
    named: Mapping[str, float] | None = None

    def bind(self, field: str, names: tuple[str, ...]) -> dict[str, float]:
        """The values by parameter name, the positional ones taking `names` in order."""
        known = ", ".join(names) if names else "none"
        if len(self.positional) > len(names):
            raise InputError(
                field,
                f"{self.name}({', '.join(map(number, self.positional))})",
                f"a form with at most {len(names)} parameters",
                f"{self.name} takes: {known}",
            )
        bound = dict(zip(names, self.positional, strict=False))
        for name, value in (self.named or {}).items():
            if name not in names or name in bound:
                raise InputError(
                    field,
                    name,
                    "allowed twice" if name in bound else f"a parameter of {self.name}",
                    f"it takes: {known}",
                )
            bound[name] = value
        return bound


def parse_number(field: str, text: str) -> float:
    """A finite number, or an error that says so."""
    try:
        value = float(text)
    except ValueError:
        decimal = _DECIMAL_COMMA.fullmatch(text.strip())
        hint = f"try {decimal[1]}.{decimal[2]}" if decimal else "write it like 0.2 or 1e-3"
        raise InputError(field, text, "a number", hint) from None
    if not math.isfinite(value):
        raise InputError(field, text, "a finite number", "write it like 0.2 or 1e-3")
    return value


def parse_spec(field: str, text: str) -> Spec:
    """Parse `name`, `name(1.5)` or `name(parameter=1.5, other=2)`."""
    match = _CALL.fullmatch(text.strip())
    if match is None:
        raise InputError(
            field,
            text,
            "of the form name or name(parameter=value)",
            "write it like relu or elu(alpha=1)",
        )
    name, body = match[1].lower(), match[2]
    positional: list[float] = []
    named: dict[str, float] = {}
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
            positional.append(parse_number(field, part.strip()))
        elif pair[1] in named:
            raise InputError(field, text, f"clear: {pair[1]} is given twice", "give it once")
        else:
            named[pair[1]] = parse_number(f"{field} {pair[1]}", pair[2])
    return Spec(name, tuple(positional), named)


class Named(Protocol):
    """An entry of a registry."""

    @property
    def also_called(self) -> tuple[str, ...]:
        """Other names that people give it."""


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
    """The entry of that name.

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
    alias = tuple(known for known, entry in registry.items() if name in entry.also_called)
    near = alias or nearest(name, registry)
    first = f"did you mean {', '.join(near)}?" if near else otherwise
    hint = " ".join(words for words in (first, always) if words)
    raise InputError(field, name, f"a known {kind}", hint)


def number(value: float) -> str:
    """The shortest text that reads back as `value`: 1, 0.25, 1e-31."""
    text = repr(float(value))
    return text.removesuffix(".0")


def format_spec(name: str, parameters: Mapping[str, float], order: tuple[str, ...] = ()) -> str:
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
    values = (f"{'' if plain else f'{key}='}{number(value)}" for key, value in parameters.items())
    return f"{name}({', '.join(values)})"
