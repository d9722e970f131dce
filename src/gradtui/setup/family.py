"""A family of models: a group of knobs that only its own model depends on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from gradtui.setup.shared import Shared


@dataclass(frozen=True)
class Family:
    """The knobs of one model; a field of `Setup` of this kind makes it a model to choose.

    Attributes:
        roster: the knob, of several values, that says what is looked at or compared.
        compares: other such knobs: the values of one of them can be compared instead.
        builds_on: other families whose knobs count for this one too.
    """

    roster: ClassVar[str] = "activations"
    compares: ClassVar[tuple[str, ...]] = ()
    builds_on: ClassVar[tuple[str, ...]] = ()

    def check(self, shared: Shared) -> None:
        """Raise an `InputError` where these knobs contradict others of the setup."""
