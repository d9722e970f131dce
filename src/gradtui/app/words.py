"""Text on a page."""

from __future__ import annotations

from typing import Any

from rich.style import Style
from rich.text import Text

from gradtui import gate
from gradtui.plots.ascii import spelled


def clipboard() -> str:
    """What takes a text that is copied."""
    return f"the {'browser' if gate.is_shut() else 'terminal'}'s clipboard"


class Words(Text):
    """Rich's text, laid out in ASCII where nothing else is shown."""

    def __init__(self, text: str = "", style: str | Style = "", **options: Any) -> None:
        super().__init__(spelled(text), style, **options)

    def append(self, text: Text | str, style: str | Style | None = None) -> Words:
        """Some more of it."""
        super().append(spelled(text) if isinstance(text, str) else text, style)
        return self
