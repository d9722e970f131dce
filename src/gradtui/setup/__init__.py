"""What was asked: every choice as one frozen value, and the knobs that its fields are."""

from gradtui.setup.chain import Chain, Loss
from gradtui.setup.knob import Knob, names_of
from gradtui.setup.network import BLOCK, RECIPE, Network
from gradtui.setup.recurrent import Recurrent
from gradtui.setup.setup import (
    CHOICE,
    COMPARABLE,
    CURSORS,
    FAMILIES,
    KNOBS,
    Setup,
    family_with,
    groups_of,
    implied,
    roster_in,
)

__all__ = [
    "BLOCK",
    "CHOICE",
    "COMPARABLE",
    "CURSORS",
    "FAMILIES",
    "KNOBS",
    "RECIPE",
    "Chain",
    "Knob",
    "Loss",
    "Network",
    "Recurrent",
    "Setup",
    "family_with",
    "groups_of",
    "implied",
    "names_of",
    "roster_in",
]
