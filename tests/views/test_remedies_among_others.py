"""A remedy changes what is shared by all that are compared: it must do for every one of them."""

from __future__ import annotations

import itertools

import pytest

from gradtui.models.finding import Remedy
from gradtui.setup import Setup
from gradtui.views import VIEWS
from support.watch import last as last_of

SMALL = {"units": 16, "networks": 8, "batch": 4}


def remedies(name: str, setup: Setup) -> list[tuple[str, Remedy]]:
    view = VIEWS[name]
    result = last_of(view, setup)
    findings = [(subject, view.finding(result, subject)) for subject in view.subjects(setup)]
    return [(one, found.remedy) for one, found in findings if found and found.remedy]


def runs(name: str, setup: Setup) -> None:
    """It is computed and judged, for each of those compared."""
    view = VIEWS[name]
    result = last_of(view, setup.checked())
    assert all(view.finding(result, subject) for subject in view.subjects(setup))


# gelu, silu, mish and relu_squared have no critical point at σb = 0.
PAIRS = [
    ("decay", ("sigmoid", "gelu"), "pytorch_linear", 30),
    ("decay", ("selu", "gelu"), "pytorch_linear", 30),
    ("decay", ("relu", "relu_squared"), "pytorch_linear", 20),
    ("decay", ("tanh", "relu", "silu", "elu"), "pytorch_linear", 10),
    ("layers", ("relu", "silu"), "lecun_normal", 40),
    ("layers", ("tanh", "mish"), "normal(sigma_w=0.5)", 20),
    ("spectrum", ("tanh", "silu"), "normal(sigma_w=0.5)", 8),
]


@pytest.mark.parametrize(("name", "activations", "init", "depth"), PAIRS)
def test_every_remedy_of_a_comparison_can_be_run(
    name: str, activations: tuple[str, ...], init: str, depth: int
) -> None:
    setup = Setup.of(model="network", activations=activations, init=(init,), depth=depth, **SMALL)
    found = remedies(name, setup)
    assert found
    for _, remedy in found:
        runs(name, remedy.applied(setup))


def test_the_first_remedy_that_all_can_take_is_offered() -> None:
    """Alone, tanh's own critical point is; beside mish, which has none, the same σw by number."""
    alone = Setup.of(
        model="network", activations=("tanh",), init=("normal(sigma_w=0.5)",), depth=20, **SMALL
    )
    ((_, remedy),) = remedies("layers", alone)
    assert remedy.changes["init"] == ("critical",)
    both = alone.with_(activations=("tanh", "mish"))
    (beside,) = (remedy for one, remedy in remedies("layers", both) if one == "tanh")
    assert beside.changes["init"][0].startswith("normal(sigma_w=")
    assert "for all of them" in beside.label
    relu = alone.with_(activations=("tanh", "relu"))
    for _, remedy in remedies("layers", relu):
        assert remedy.changes.get("init", ("critical",)) == ("critical",)


def test_several_initialisations_are_changed_one_at_a_time() -> None:
    """An activation that comes with a recipe meets the recipes that stay."""
    setup = Setup.of(
        model="network",
        activations=("gelu",),
        init=("normal(sigma_w=0.1)", "lecun_normal"),
        depth=20,
        **SMALL,
    )
    for _, remedy in remedies("layers", setup):
        runs("layers", remedy.applied(setup))


@pytest.mark.heavy
@pytest.mark.parametrize("name", ["decay", "layers"])
def test_remedies_of_any_two_can_be_run(name: str) -> None:
    some = ("sigmoid", "tanh", "relu", "gelu", "relu_squared", "softshrink")
    for activations in itertools.combinations(some, 2):
        setup = Setup.of(model="network", activations=activations, depth=25, **SMALL)
        for _, remedy in remedies(name, setup):
            runs(name, remedy.applied(setup))
