"""Text for terminals, files and pages without UTF-8."""

from __future__ import annotations

import re
import threading
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager

_ASCII = str.maketrans(
    {
        **dict(zip("₀₁₂₃₄₅₆₇₈₉", "0123456789", strict=True)),
        **dict(zip("⁰¹²³⁴⁵⁶⁷⁸⁹⁻ˣᶻ", "0123456789-xz", strict=True)),
        **dict.fromkeys("┌┐└┘├┤┬┴┼╭╮╰╯┏┓┗┛╔╗╚╝", "+"),
        **dict.fromkeys("─╌═▔", "-"),
        **dict.fromkeys("━╍┄", "."), "◦": "~",  # a curve that is not solid, off a map and on it
        **dict.fromkeys("│┃┆╎╏║‖▕", "|"),
        **dict.fromkeys("▖▗▘▙▛▜▝▟", "#"),
        **dict(zip("←→↑↓‹›«»▸▾●◉•✓✗▲∅⊕◆▷◁◇⚠", "<>^v<><>>v*o*+x^0@A><X!", strict=True)),
        **dict(zip("█▓▒░▀▄▌▐▉▊▋▍▎▏▁▂▃▅▆▇", "##%:#######:::.:+###", strict=True)),
        "∂": "d", "′": "'", "·": ".", "×": "x", "÷": "/", "≤": "<", "≥": ">", "≈": "~", "−": "-",
        "…": "~", "⋯": ".", "⋮": ":", "∞": "8", "σ": "s", "χ": "X", "Π": "P", "Σ": "S", "½": "h",
        "λ": "l", "α": "a", "β": "b", "Φ": "F", "φ": "f", "π": "p", "√": "V", "∈": "e", "ₗ": "l",
        "–": "-", "—": "-", "’": "'", "“": '"', "”": '"', "₊": "+", "₋": "-", "ₖ": "k", "ₓ": "x",
        "🔎": ">", "±": "~", "ξ": "x", "∇": "g", "⇒": ">", "⇔": "=", "∏": "P", "∀": "A", "∫": "S",
        "ω": "w", "ρ": "r", "θ": "t", "∘": "*",
        **dict.fromkeys(map(chr, range(0x2801, 0x2900)), "."), "\u2800": " ",
    }
)  # fmt: skip


def to_ascii(text: str) -> str:
    """The same text, cell for cell, in ASCII: for terminals and files without UTF-8."""
    mapped = samples_in_ascii(text).translate(_ASCII)
    return mapped if mapped.isascii() else "".join(map(_base, mapped))


def samples_in_ascii(text: str) -> str:
    """The samples of curves that no single characters tell apart, of what is drawn in ASCII."""
    for sample, drawn in _SAMPLES.items():
        text = text.replace(sample, drawn)
    return text


_SAMPLES = {"━━━": "***", "┄┄┄": " . ", "━·━": " .."}


def _base(character: str) -> str:
    """The letter under an accent, the digit that is raised; a question mark for any other."""
    base = unicodedata.normalize("NFKD", character)[0]
    return base if base.isascii() else "?"


_SPELLED = {
    **{
        "σw": "sigma_w",
        "σb": "sigma_b",
        "σmax": "sigma_max",
        "σ": "sigma",
        "χ": "chi",
        "ρ": "rho",
        "θ": "theta",
        "∘": "*",
    },
    **{"ξ∇": "xi_grad", "ξc": "xi_c", "ξq": "xi_q", "ξ": "xi"},
    **{"λ": "lambda", "ω": "omega", "α": "alpha", "β": "beta", "Φ": "Phi", "π": "pi"},
    **{"∞": "inf", "±": "+-", "→": "->", "←": "<-", "⇒": "=>", "⇔": "<=>", "≤": "<=", "≥": ">="},
    **{"½": "1/2 ", "√": "sqrt ", "Σ": "sum ", "Π": "product ", "∏": "product "},
    **{"∫": "integral ", "∀": "all "},
}
"""What takes more than one character of ASCII to say."""
_RAISED = re.compile("[⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻ⁿˣᶻᵏ]+")
_ROOT = re.compile(r"√(\w+)")
_GAP = re.compile("( {2,})")
_FRAME = re.compile("[│┌└├┤┬┴┼]")


def in_ascii(text: str) -> str:
    """The text, spelled out where that takes more cells; a plot stays cell for cell as it is."""
    return "\n".join(map(_line_in_ascii, text.split("\n")))


def _line_in_ascii(line: str) -> str:
    if not _FRAME.search(line):
        line = _RAISED.sub(lambda match: "^" + to_ascii(match[0]), line)
        line = _ROOT.sub(r"sqrt(\1)", line)
        for character, spelled in _SPELLED.items():
            line = line.replace(character, spelled)
        line = line.replace("sqrt (", "sqrt(")
    return to_ascii(line)


class _Shown(threading.local):
    """What the text that a thread lays out can hold."""

    ascii_only = False


_SHOWN = _Shown()


@contextmanager
def ascii_only(on: bool = True) -> Iterator[None]:
    """What this thread lays out in this block is for where only ASCII is shown, if `on`."""
    before, _SHOWN.ascii_only = _SHOWN.ascii_only, on
    try:
        yield
    finally:
        _SHOWN.ascii_only = before


def only_ascii_is_shown() -> bool:
    """Whether this thread lays out text for where only ASCII is shown."""
    return _SHOWN.ascii_only


def spelled(text: str) -> str:
    """The text as it is to be laid out: in as many cells as it takes, where ASCII is all there is.

    A text has to come by here before its width counts; what does not is shown cell for cell.
    """
    return _line_in_ascii(text) if _SHOWN.ascii_only and not text.isascii() else text


def spelled_in_place(text: str) -> str:
    """The same of a text that is laid out: what a word takes more, the gaps beside it give."""
    parts = _GAP.split(text)  # words, gap, words, …
    if not _SHOWN.ascii_only or text.isascii() or len(parts) == 1:
        return spelled(text)
    for at in range(0, len(parts), 2):
        before, parts[at] = len(parts[at]), spelled(parts[at])
        more = len(parts[at]) - before
        for gap in (at - 1, at + 1):
            if 0 <= gap < len(parts):
                inner = parts[gap - 1] and parts[gap + 1]
                # What is apart from another stretch stays so; only a lone head is no title.
                least = 1 if inner else 2 if " " not in parts[at] else len(parts[gap])
                given = max(min(more, len(parts[gap]) - least), 0)
                parts[gap] = parts[gap][given:]
                more -= given
    return "".join(parts)
