"""What is said of a formula while it is typed: how it reads, or where it cannot be read."""

from __future__ import annotations

from gradtui.errors import printable
from gradtui.mathematics.activations.formula.definition import tree_of
from gradtui.mathematics.activations.formula.differentiation import differentiated
from gradtui.mathematics.activations.formula.reading import FormulaError
from gradtui.mathematics.activations.formula.writing import shown

_BEFORE = 24
"""Characters in sight before the column at fault of what is long."""


def lines(text: str) -> tuple[str, ...]:
    """Of a formula f and f′, or its text with a mark at the fault."""
    try:
        root = tree_of(text)
        return f"f(z)  = {shown(root)}", f"f′(z) = {shown(differentiated(root))}"
    except FormulaError as error:
        start = max(0, error.column - 1 - _BEFORE)
        sight = ("…" if start else "") + printable(text[start : start + 2 * _BEFORE])
        place = error.column - 1 - start + bool(start)
        return sight, f"{' ' * place}^ {error.what}; {error.next_step}"
