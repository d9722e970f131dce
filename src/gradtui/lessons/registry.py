"""Every lesson by its name, and by the activation that it derives."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from gradtui.lessons.depth import DEPTH
from gradtui.lessons.formats import FORMATS
from gradtui.lessons.gelu import GELU
from gradtui.lessons.lesson import Lesson
from gradtui.lessons.note import NOTE
from gradtui.lessons.silu import SILU
from gradtui.lessons.softplus import SOFTPLUS
from gradtui.lessons.variance import VARIANCE

_IN_ORDER = (*NOTE, SOFTPLUS, SILU, GELU, VARIANCE, FORMATS, *DEPTH)

LESSONS: Mapping[str, Lesson] = MappingProxyType({lesson.name: lesson for lesson in _IN_ORDER})
"""Every lesson by its name, in the order in which they are taught."""


def lesson_for(activation_name: str) -> Lesson | None:
    """The first lesson about this activation, the one that derives f′; None if there is none."""
    return next((lesson for lesson in _IN_ORDER if activation_name in lesson.activations), None)
