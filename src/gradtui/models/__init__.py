"""What can be asked about. To add a family: a folder with a `MODEL`, and a line here."""

from __future__ import annotations

from collections.abc import Mapping

from gradtui.models.chain import MODEL as CHAIN
from gradtui.models.model import Layered, Model
from gradtui.models.network import MODEL as NETWORK
from gradtui.setup import FAMILIES, groups_of, names_of

MODELS: Mapping[str, Model] = {model.family: model for model in (CHAIN, NETWORK)}
"""Every model by the name of its family, which is its field of `Setup`."""

LAYERED: Mapping[str, Layered] = {
    name: model.layered for name, model in MODELS.items() if model.layered is not None
}
"""What those can do beside that have real layers."""


def layered_knobs(*, without: tuple[str, ...]) -> tuple[str, ...]:
    """The names of the knobs of all families that have real layers, a choice of them among these.

    Args:
        without: those that a view makes no use of.
    """
    groups = dict.fromkeys(group for family in LAYERED for group in groups_of(family))
    knobs = (name for group in groups for name in names_of(FAMILIES[group], without=without))
    return (*(("model",) if len(LAYERED) > 1 else ()), *knobs)
