"""The numbers that are shipped with the program; tests/references/verify.py makes them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "references"


def shipped(group: str) -> dict[str, Any]:
    """The entries of a group by name."""
    entries: dict[str, Any] = json.loads((FOLDER / f"{group}.json").read_text(encoding="utf-8"))
    return entries
