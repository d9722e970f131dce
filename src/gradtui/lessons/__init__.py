"""Derivations as data, in English and Korean, by name and by activation.

The texts are imported when one is asked for: the first paint has to know only what has one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gradtui.lessons.lesson import LANGUAGES, Lesson, Prediction, Step, Text

if TYPE_CHECKING:
    from gradtui.lessons.registry import LESSONS, lesson_for

__all__ = [
    "DERIVED",
    "LANGUAGES",
    "LESSONS",
    "VARIABLE",
    "Lesson",
    "Prediction",
    "Step",
    "Text",
    "lesson_for",
]

DERIVED = ("sigmoid", "tanh", "relu", "softplus", "silu", "gelu")
"""The activations of which there is a derivation, in the order of the lessons."""

VARIABLE = Text(
    "x is here what a unit takes in, which the views call z.",
    "여기서 x는 유닛에 들어오는 값이며, 화면에서는 z로 표시합니다.",
)
"""What the derivations call what they differentiate by, as textbooks do."""


def __getattr__(name: str) -> Any:
    """What the texts are needed for."""
    if name not in ("LESSONS", "lesson_for"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from gradtui.lessons import registry

    return getattr(registry, name)
