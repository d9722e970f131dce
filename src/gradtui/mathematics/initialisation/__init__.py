"""Initialisations: the recipes by name, what each means in theory, and drawing networks."""

from gradtui.mathematics.initialisation.draw import (
    Initialisation,
    RandomNetwork,
    Sigmas,
    initialisation,
    random_network,
    sigmas,
)
from gradtui.mathematics.initialisation.recipes import INITIALISATIONS

__all__ = [
    "INITIALISATIONS",
    "Initialisation",
    "RandomNetwork",
    "Sigmas",
    "initialisation",
    "random_network",
    "sigmas",
]
