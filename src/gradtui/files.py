"""Writing files whole or not at all."""

from pathlib import Path


def write_atomically(file: Path, text: str) -> None:
    """Write it (provisional)."""
    file.write_text(text, encoding="utf-8")
