"""What to write instead of what is no formula."""

from __future__ import annotations

import difflib
import re

from gradtui.errors import nearest
from gradtui.mathematics.activations.formula.functions import FUNCTIONS

SPELLED = {
    "^": "a power is **", "−": "minus is -", "·": "times is *", "×": "times is *",
    "÷": "divided by is /", "²": "a square is **2", "³": "a cube is **3", "[": "( and ) group",
    "{": "( and ) group", "|": "the absolute value is abs(z)", ".": "a name has no dots: sigmoid, "
    "not torch.sigmoid", "σ": "write sigmoid(z)", "√": "write sqrt(…)", "&": "the product of two "
    "comparisons is 1 where both hold", "!": "not equal is !=", "%": "there is no remainder",
}  # fmt: skip
"""What is meant by a sign that is none here."""

WORDS = {
    "and": "the product is 1 where both hold: (z > 0)*(z < 1)",
    "or": "the larger is 1 where one holds: max(z > 1, z < -1)",
    "not": "turn the comparison: <= for not >",
    **dict.fromkeys(("if", "else"), "write where(z > 0, z, 0)"),
    **dict.fromkeys(("lambda", "import", "def"), "write the formula alone: z*sigmoid(z)"),
}
"""The same of words of Python."""

ALLOWED = (
    f"numbers, z, + - * / **, comparisons, sin, tanh, erf, sigmoid and every other activation, "
    f"{', '.join(FUNCTIONS)}"
)

SHORT = 4
"""A name of so few letters is a parameter rather than a function that was mistyped."""


def between(number: str, name: str) -> str:
    """What to write for a number and a name without a sign."""
    plain = name[:1].isalpha() and not re.match(r"[xXoObBjJ](\d|$)", name)
    return f"write {number}*{name}" if plain else "write the number in decimal digits: 1000, 1e3"


def meant_by(name: str) -> str:
    """The function that a name is but for a slip or two; "" if none."""
    known = (*FUNCTIONS, *_names())
    near = nearest(name, known, 1)
    close = difflib.SequenceMatcher(None, name, near[0]).ratio() if near else 0.0
    return near[0] if close > 0.75 else ""


def _names() -> list[str]:
    from gradtui.mathematics.activations.registry import ACTIVATIONS

    return list(ACTIVATIONS)
