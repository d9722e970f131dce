"""The knobs of a random network: real layers, and how their weights are drawn."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from gradtui.errors import InputError
from gradtui.mathematics.initialisation import INITIALISATIONS, initialisation
from gradtui.mathematics.initialisation.record import MAX_WIDTH
from gradtui.plots.picture import CURVES
from gradtui.setup.family import Family
from gradtui.setup.knob import several, whole
from gradtui.setup.shared import Shared


def _next(value: tuple[str, ...], n: int) -> tuple[str, ...]:
    """The recipe n rows further in the list of them; of several, none is next."""
    if len(value) > 1:
        return value
    names = list(INITIALISATIONS)
    return (names[(names.index(initialisation(value[0]).name) + n) % len(names)],)


@dataclass(frozen=True)
class Network(Family):
    """What a network depends on beside what every model does."""

    compares: ClassVar[str] = "init"

    init: tuple[str, ...] = several(
        ("pytorch_linear",),
        "I",
        "how the weights of a network are drawn, one recipe or several to compare",
        f"1 to {CURVES} initialisations such as kaiming_normal orthogonal 'normal(1.5, 0.1)'",
        lambda text: initialisation(text).spec,
        CURVES,
        "initialisations",
        lambda: INITIALISATIONS,
        _next,
    )
    units: int = whole(64, "W", "the units n of every layer of a network: its width", 1, MAX_WIDTH)
    batch: int = whole(32, "B", "the inputs that pass through a network together", 1, 4096)
    networks: int = whole(100, "N", "how many random networks are drawn", 1, 10_000)

    def check(self, shared: Shared) -> None:
        """Raise an `InputError` for several activations and several initialisations at once."""
        if len(self.init) > 1 and len(shared.activations) > 1:
            raise InputError(
                "init",
                ", ".join(self.init),
                "one initialisation, as there are several activations",
                "compare several of the one or of the other",
            )
