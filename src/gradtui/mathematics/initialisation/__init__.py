"""Initialisations: the recipes by name, what each means in theory, and drawing networks."""

from gradtui.mathematics.initialisation.recipes import INITIALISATIONS
from gradtui.mathematics.initialisation.record import (
    Initialisation,
    Sigmas,
    initialisation,
    sigmas,
)

__all__ = [
    "INITIALISATIONS",
    "Initialisation",
    "Sigmas",
    "initialisation",
    "sigmas",
]
