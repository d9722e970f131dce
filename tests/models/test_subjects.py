"""What a setup compares: one subject each, how each is changed, and how the others are left."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings

from gradtui.errors import InputError
from gradtui.models import MODELS
from gradtui.models.subject import Subject, first_that_helps, subjects_of
from gradtui.setup import CHOICE, KNOBS, Setup
from gradtui.setup.setup import Shared
from support.setups import setups
from support.subjects import subject

THREE = Setup.of(activations=("sigmoid", "tanh", "relu"), depth=5, layer=4)
INITS = THREE.with_(
    activations=("tanh",), init=("orthogonal", "critical", "xavier_normal"), model="network"
)


def test_every_family_is_a_model_and_its_knobs_are_its_own() -> None:
    assert tuple(MODELS) == tuple(CHOICE)
    for family, model in MODELS.items():
        assert model.family == family
        assert {KNOBS[name].group for name in model.knobs} == {family}
        assert model.subjects(THREE) == subjects_of(THREE, family)


# -------------------------------------------------------------- what is compared


@pytest.mark.parametrize("family", CHOICE)
def test_of_several_activations_each_is_a_subject(family: str) -> None:
    setup = THREE.with_(focus="tanh", model=family)
    subjects = subjects_of(setup, family)
    assert [found.name for found in subjects] == ["sigmoid", "tanh", "relu"]
    for found in subjects:
        assert found.activation == found.name
        assert found.init == "pytorch_linear"
        assert found.among == setup
        assert found.setup == setup.with_(activations=(found.name,), focus="", model=family)


def test_of_several_initialisations_each_is_a_subject_of_the_one_activation() -> None:
    setup = INITS.with_(focus="critical")
    subjects = subjects_of(setup, "network")
    assert [found.name for found in subjects] == list(INITS.network.init)
    for found in subjects:
        assert (found.activation, found.init) == ("tanh", found.name)
        assert found.among == setup
        assert found.setup == setup.with_(init=(found.name,), focus="")


def test_a_chain_compares_activations_whatever_initialisations_there_are() -> None:
    assert [found.name for found in subjects_of(INITS, "chain")] == ["tanh"]


@pytest.mark.parametrize("family", CHOICE)
@settings(max_examples=60)
@given(setup=setups())
def test_a_subject_has_one_of_each_and_nothing_else_of_its_own(family: str, setup: Setup) -> None:
    subjects = subjects_of(setup, family)
    assert len({found.name for found in subjects}) == len(subjects)
    for found in subjects:
        assert len(found.setup.activations) == 1
        assert len(found.setup.compared_in(family)) <= 1
        assert found.setup.model == family
        assert found.setup.focus == ""
        for name, knob in KNOBS.items():
            if name not in ("activations", "init", "focus", "model"):
                assert knob.of(found.setup) == knob.of(setup)
        found.setup.checked()


def test_what_is_shared_is_known_to_every_family() -> None:
    for name in Shared.__dataclass_fields__:
        assert KNOBS[name].group == ""


# --------------------------------------------------------------------- a change


def test_a_change_is_made_to_the_subject_and_to_what_it_stands_among() -> None:
    before = subject(THREE, "tanh")
    after = before.changed({"depth": 3, "x": 0.5})
    assert after.name == "tanh"
    for setup in (after.setup, after.among):
        assert (setup.depth, setup.x) == (3, 0.5)
        assert setup.layer == 3  # the cursor is brought along
    assert after.setup.activations == ("tanh",)
    assert after.among.activations == THREE.activations
    assert before == subject(THREE, "tanh")


def test_another_activation_or_way_to_draw_gives_it_another_name() -> None:
    assert subject(THREE, "tanh").changed({"activations": ("relu",)}).name == "relu"
    assert subject(THREE, "tanh").changed({"init": ("orthogonal",)}).name == "tanh"
    assert subject(INITS, "critical").changed({"init": ("kaiming_normal",)}).name == (
        "kaiming_normal"
    )
    assert subject(INITS, "critical").changed({"activations": ("relu",)}).name == "critical"


def test_a_change_that_cannot_be_stays_to_be_refused() -> None:
    """Where it is run: a list of weights needs a depth of its own."""
    changed = subject(THREE, "tanh").changed({"weights": KNOBS["weights"].parse("1,2"), "depth": 3})
    with pytest.raises(InputError, match="weights"):
        changed.setup.checked()


# --------------------------------------------------------- the others are left


def kept(setup: Setup, name: str, **changes: object) -> Setup:
    """The setup in which one of what it compares was changed, as by a remedy."""
    remedy = first_that_helps(subject(setup, name), [("", changes)], lambda changed: "", "")
    assert remedy is not None
    return remedy.applied(setup).checked()


def test_of_several_activations_only_the_one_is_replaced_where_it_stands() -> None:
    assert kept(THREE, "tanh", activations=("gelu",)).activations == ("sigmoid", "gelu", "relu")
    assert kept(THREE, "sigmoid", activations=("gelu",)).activations == ("gelu", "tanh", "relu")


def test_one_that_is_replaced_by_another_that_is_there_is_no_twin() -> None:
    assert kept(THREE, "tanh", activations=("relu",)).activations == ("sigmoid", "relu")


def test_a_single_one_is_replaced_and_nothing_else_said() -> None:
    alone = THREE.with_(activations=("tanh",))
    assert subject(alone).kept_among_others({"activations": ("relu",)}) == {
        "activations": ("relu",)
    }


@pytest.mark.parametrize(
    ("focus", "becomes"), [("tanh", "gelu"), ("relu", "relu"), ("", "")], ids=repr
)
def test_the_focus_stays_on_the_same_one_under_its_new_name(focus: str, becomes: str) -> None:
    assert kept(THREE.with_(focus=focus), "tanh", activations=("gelu",)).focus == becomes


def test_a_single_one_with_the_focus_on_it_keeps_it() -> None:
    alone = THREE.with_(activations=("tanh",), focus="tanh")
    assert kept(alone, "tanh", activations=("relu",)).focused == "relu"


@pytest.mark.parametrize("names", list(itertools.permutations(THREE.activations)), ids=" ".join)
def test_the_focus_goes_to_the_one_that_takes_its_place_also_if_it_was_there(
    names: tuple[str, ...],
) -> None:
    setup = THREE.with_(activations=names, focus="sigmoid")
    assert kept(setup, "sigmoid", activations=("relu",)).focused == "relu"


def test_of_several_initialisations_only_the_one_is_replaced() -> None:
    changed = kept(INITS.with_(focus="critical"), "critical", init=("kaiming_normal",))
    assert changed.network.init == ("orthogonal", "kaiming_normal", "xavier_normal")
    assert changed.focus == "kaiming_normal"
    assert changed.activations == ("tanh",)


def test_other_knobs_are_changed_for_all_of_them() -> None:
    assert subject(THREE, "tanh").kept_among_others({"depth": 2}) == {"depth": 2}
    both = subject(THREE, "tanh").kept_among_others({"depth": 2, "activations": ("gelu",)})
    assert both["depth"] == 2
    assert both["activations"] == ("sigmoid", "gelu", "relu")


def test_one_activation_and_one_initialisation_are_replaced_together() -> None:
    """Among several initialisations the one activation is that of all."""
    changed = subject(INITS, "critical").kept_among_others(
        {"activations": ("relu",), "init": ("kaiming_normal",)}
    )
    setup = INITS.with_(**changed).checked()
    assert setup.network.init == ("orthogonal", "kaiming_normal", "xavier_normal")
    assert setup.activations == ("relu",)


def test_two_of_the_same_activation_and_initialisation_are_the_same_subject() -> None:
    assert subject(THREE, "tanh") == subject(THREE, "tanh")
    assert hash(subject(THREE, "tanh")) == hash(subject(THREE, "tanh"))
    assert isinstance(subject(THREE, "tanh"), Subject)
