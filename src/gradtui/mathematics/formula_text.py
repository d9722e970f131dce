"""Formulas told from names, and from one another in a list. Nothing here imports numpy."""

from __future__ import annotations

import re

_Z = re.compile(r"(?<![A-Za-z0-9_])[0-9.]*[zZ](?![A-Za-z0-9_])")
_ARITHMETIC = re.compile(r"[*/+<>^]|-(?![A-Za-z])|==|!=")
_PARAMETER = re.compile(r"\s*[A-Za-z_][A-Za-z0-9_]*\s*=(?!=)")
_TOLD_FROM = 500
_JOINS_BEFORE, _JOINS_BEHIND = "+-*/<>=!,(", "+-*/<>=!"


def is_formula(text: str) -> bool:
    """Whether a text is meant as a formula, not as a name such as `elu(alpha=1)`.

    It is where z stands in it, or arithmetic outside of parentheses.
    """
    if len(text) > _TOLD_FROM:
        return True  # no name is so long
    return bool(_Z.search(text) or _ARITHMETIC.search(_outside(text)))


def echoed(text: str) -> tuple[str, ...]:
    """What is said of a list of activations while it is typed: how its last one reads."""
    items = split_list(text)
    if not items or not is_formula(items[-1]):
        return ()
    from gradtui.mathematics.activations.formula import echo  # not before the first paint

    return echo.lines(items[-1])


def _outside(text: str) -> str:
    """What stands in no parentheses."""
    depth, kept = 0, []
    for character in text:
        depth += (character == "(") - (character == ")")
        if depth <= 0 and character != ")":
            kept.append(character)
    return "".join(kept)


def split_list(text: str) -> list[str]:
    """Activations of a list: what commas or blanks outside of parentheses set apart.

    Blanks beside a sign of arithmetic do not, nor a comma before the value of a parameter:
    `relu, z * sigmoid(beta * z), beta=1.5` are two.
    """
    items: list[str] = []
    depth, item = 0, ""
    for at, character in enumerate(text + ","):
        depth += (character == "(") - (character == ")")
        if depth <= 0 and (character == "," or (character.isspace() and _apart(text, at))):
            if item.strip():
                items.append(item.strip())
            item = ""
        else:
            item += character
    if item.strip():  # a parenthesis was left open: the name's own error says so
        items.append(item.strip().removesuffix(","))
    joined: list[str] = []
    for one in items:
        if joined and _PARAMETER.match(one):
            joined[-1] += f", {one}"
        else:
            joined.append(one)
    return joined


def _apart(text: str, at: int) -> bool:
    """Whether a blank is between two items."""
    before, behind = text[:at].rstrip()[-1:], text[at:].lstrip()[:1]
    return before not in _JOINS_BEFORE and behind not in _JOINS_BEHIND
