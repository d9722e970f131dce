"""Derivations as data, in English and Korean, by name and by activation."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from gradtui.lessons.depth import DEPTH
from gradtui.lessons.formats import FORMATS
from gradtui.lessons.gelu import GELU
from gradtui.lessons.lesson import LANGUAGES, Lesson, Prediction, Step, Text
from gradtui.lessons.note import NOTE
from gradtui.lessons.silu import SILU
from gradtui.lessons.softplus import SOFTPLUS
from gradtui.lessons.variance import VARIANCE

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

_IN_ORDER = (*NOTE, SOFTPLUS, SILU, GELU, VARIANCE, FORMATS, *DEPTH)

LESSONS: Mapping[str, Lesson] = MappingProxyType({lesson.name: lesson for lesson in _IN_ORDER})
"""Every lesson by its name, in the order in which they are taught."""

DERIVED = tuple(dict.fromkeys(name for lesson in _IN_ORDER for name in lesson.activations))
"""The activations of which there is a derivation."""

VARIABLE = Text(
    "x is here what a unit takes in, which the views call z.",
    "여기서 x는 유닛에 들어오는 값이며, 화면에서는 z로 표시합니다.",
)
"""What the derivations call what they differentiate by, as textbooks do."""


def lesson_for(activation_name: str) -> Lesson | None:
    """The first lesson about this activation, the one that derives f′; None if there is none."""
    return next((lesson for lesson in _IN_ORDER if activation_name in lesson.activations), None)
