"""Lines of lessons with an error in them, which a proof has to find."""

from __future__ import annotations

import re
from collections.abc import Iterator


def wrong(formula: str) -> Iterator[str]:
    """A continued line with one sign turned: each in turn, then the one before it all."""
    for sign in re.finditer(r" [+−] (?!0)", formula):
        turned = " − " if sign.group() == " + " else " + "
        yield formula[: sign.start()] + turned + formula[sign.end() :]
    if formula != "= 0":
        yield f"= −({formula.removeprefix('= ')})"
