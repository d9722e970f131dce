"""What was asked: every choice as one frozen value, and the knobs that its fields are."""

from gradtui.setup.chain import Chain, Loss
from gradtui.setup.knob import Knob, names_of
from gradtui.setup.network import RECIPE, Network
from gradtui.setup.setup import (
    CURSORS,
    FAMILIES,
    KNOBS,
    Setup,
    family_with,
    groups_of,
    implied,
)

__all__ = [
    "CURSORS",
    "FAMILIES",
    "KNOBS",
    "RECIPE",
    "Chain",
    "Knob",
    "Loss",
    "Network",
    "Setup",
    "family_with",
    "groups_of",
    "implied",
    "names_of",
]
