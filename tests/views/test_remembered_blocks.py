"""Every view opens whatever is remembered from others: several blocks, recipes and activations."""

from __future__ import annotations

from typing import Any

import pytest

from gradtui.app import going
from gradtui.app.state import first_start
from gradtui.progress import unwatched
from gradtui.setup import Setup
from gradtui.views import VIEWS
from gradtui.views.phase.point import subjects_of

_SMALL: dict[str, Any] = {"networks": 2, "units": 8, "batch": 4, "patience": 2.0, "depth": 4}
_COMPARED: tuple[dict[str, Any], ...] = (
    {"block": ("plain", "residual", "pre_norm")},
    {"init": ("normal", "orthogonal"), "block": ("residual",)},
    {"activations": ("relu", "tanh"), "block": ("residual",)},
)


@pytest.mark.parametrize("compared", _COMPARED)
@pytest.mark.parametrize("name", [name for name in VIEWS if name not in ("run", "weights")])
def test_a_view_opens_with_several_things_remembered(name: str, compared: dict[str, Any]) -> None:
    setup = Setup.of(model="network", **_SMALL, **compared).checked()
    state = going.switched(first_start().with_(setup=setup), name)
    assert not state.failed
    view, setup = VIEWS[name], state.setup
    for against in ("sigma_b", "alpha") if name == "phase" else ("sigma_b",):
        asked = setup.with_(against=against)
        (*_, last) = view.results(asked, unwatched)
        assert {view.finding(last, subject).subject for subject in view.subjects(asked)} == {
            *view.subjects(asked)
        }


def test_a_map_is_of_activations_whatever_blocks_and_recipes_are_remembered() -> None:
    several = {"init": ("normal", "orthogonal"), "block": ("plain", "residual")}
    setup = Setup.of(activations=("relu", "tanh"), **several)
    assert [one.name for one in subjects_of(setup)] == ["relu", "tanh"]
