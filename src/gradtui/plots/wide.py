"""Characters of two cells, such as Korean syllables, where a character counts as a cell.

Behind each of them a character without width holds the place of its second cell, so that lengths
are cells everywhere; it is taken out again where text leaves for a terminal or a file.
"""

from __future__ import annotations

import unicodedata

_SECOND = "\N{ZERO WIDTH SPACE}"


def widened(text: str) -> str:
    """The text with as many characters as it takes cells."""
    if text.isascii():
        return text
    return "".join(
        one + _SECOND if unicodedata.east_asian_width(one) in "WF" else one for one in text
    )


def narrowed(text: str) -> str:
    """The text as it is sent."""
    return text.replace(_SECOND, "")
