"""Text for terminals, files and pages without UTF-8."""

from __future__ import annotations

import re
import unicodedata

_ASCII = str.maketrans(
    {
        **dict(zip("₀₁₂₃₄₅₆₇₈₉", "0123456789", strict=True)),
        **dict(zip("⁰¹²³⁴⁵⁶⁷⁸⁹⁻ˣᶻ", "0123456789-xz", strict=True)),
        **dict.fromkeys("┌┐└┘├┤┬┴┼╭╮╰╯┏┓┗┛╔╗╚╝", "+"),
        **dict.fromkeys("─━╌╍┄═▔", "-"),
        **dict.fromkeys("│┃┆╎╏║‖▕", "|"),
        **dict.fromkeys("▖▗▘▙▛▜▝▟", "#"),
        **dict(zip("←→↑↓‹›«»▸▾●◉•✓✗▲∅⊕◆▷◁◇⚠", "<>^v<><>>v*o*+x^0@A><X!", strict=True)),
        **dict(zip("█▓▒░▀▄▌▐▉▊▋▍▎▏▁▂▃▅▆▇", "##%:#######:::.:+###", strict=True)),
        "∂": "d", "′": "'", "·": ".", "×": "x", "÷": "/", "≤": "<", "≥": ">", "≈": "~", "−": "-",
        "…": "~", "⋯": ".", "⋮": ":", "∞": "8", "σ": "s", "χ": "X", "Π": "P", "Σ": "S", "½": "h",
        "λ": "l", "α": "a", "β": "b", "Φ": "F", "φ": "f", "π": "p", "√": "V", "∈": "e", "ₗ": "l",
        "–": "-", "—": "-", "’": "'", "“": '"', "”": '"', "₊": "+", "₋": "-", "ₖ": "k", "ₓ": "x",
        "🔎": ">", "±": "~", "ξ": "x", "∇": "g", "⇒": ">", "⇔": "=", "∏": "P", "∀": "A", "∫": "S",
        "ω": "w",
        **dict.fromkeys(map(chr, range(0x2801, 0x2900)), "."), "\u2800": " ",
    }
)  # fmt: skip


def to_ascii(text: str) -> str:
    """The same text, cell for cell, in ASCII: for terminals and files without UTF-8."""
    mapped = text.translate(_ASCII)
    return mapped if mapped.isascii() else "".join(map(_base, mapped))


def _base(character: str) -> str:
    """The letter under an accent, the digit that is raised; a question mark for any other."""
    base = unicodedata.normalize("NFKD", character)[0]
    return base if base.isascii() else "?"


_SPELLED = {
    **{"∞": "inf", "±": "+-", "→": "->", "⇒": "=>", "⇔": "<=>", "≤": "<=", "≥": ">="},
    **{
        "√": "sqrt ",
        "σ": "sigma",
        "λ": "lambda",
        "ω": "omega",
        "α": "alpha",
        "Φ": "Phi",
        "π": "pi",
    },
    **{"∏": "product ", "∫": "integral ", "∀": "all "},
}
"""What takes more than one character of ASCII to say."""
_RAISED = re.compile("[⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻ⁿˣᶻᵏ]+")
_FRAME = re.compile("[│┌└├┤┬┴┼]")


def in_ascii(text: str) -> str:
    """The text, spelled out where that takes more cells; a plot stays cell for cell as it is."""
    return "\n".join(map(_line_in_ascii, text.split("\n")))


def _line_in_ascii(line: str) -> str:
    if not _FRAME.search(line):
        line = _RAISED.sub(lambda match: "^" + to_ascii(match[0]), line)
        for character, spelled in _SPELLED.items():
            line = line.replace(character, spelled)
        line = line.replace("sqrt (", "sqrt(")
    return to_ascii(line)
