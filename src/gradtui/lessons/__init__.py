"""Derivations as data, in English and Korean, by name and by activation."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from gradtui.lessons.lesson import Lesson, Step, Text
from gradtui.lessons.note import NOTE

__all__ = ["LESSONS", "Lesson", "Step", "Text", "lesson_for"]

LESSONS: Mapping[str, Lesson] = MappingProxyType({lesson.name: lesson for lesson in NOTE})


def lesson_for(activation_name: str) -> Lesson | None:
    """The first lesson about this activation, the one that derives f′; None if there is none."""
    return next((lesson for lesson in NOTE if activation_name in lesson.activations), None)
