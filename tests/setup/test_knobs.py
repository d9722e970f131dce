"""Knobs: what is written is read back, what is wrong is refused, a step stays inside the range."""

from __future__ import annotations

import dataclasses
import types
import typing

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gradtui.errors import InputError, printable
from gradtui.mathematics.initialisation.recipes import INITIALISATIONS
from gradtui.mathematics.layer_values import LayerValues
from gradtui.setup import CHOICE, KNOBS, Setup, names_of
from gradtui.setup.knob import knobs_of
from gradtui.views import VIEWS
from support.setups import setups

GROUPS = {
    field.name: type(field.default)
    for field in dataclasses.fields(Setup)
    if dataclasses.is_dataclass(field.default)
}
"""The groups of knobs, by the field of `Setup` that each is."""


def is_of(value: object, kind: object) -> bool:
    """Whether a value is of the type that its field declares."""
    if isinstance(kind, types.UnionType):
        return any(is_of(value, one) for one in typing.get_args(kind))
    if typing.get_origin(kind) is not tuple:
        return type(value) is kind
    if not isinstance(value, tuple):
        return False
    kinds = typing.get_args(kind)
    if kinds[1:] == (...,):
        kinds = kinds[:1] * len(value)
    return len(value) == len(kinds) and all(map(is_of, value, kinds))


# ------------------------------------------------------- the field is the knob


def test_every_field_is_a_knob_or_a_group_of_them() -> None:
    own = {field.name for field in dataclasses.fields(Setup)} - set(GROUPS)
    in_groups = [field.name for group in GROUPS.values() for field in dataclasses.fields(group)]
    assert len(in_groups) == len(set(in_groups))  # a name means one knob
    assert not own & set(in_groups)
    assert set(KNOBS) == own | set(in_groups)


@pytest.mark.parametrize("name", KNOBS)
def test_a_knob_is_what_its_field_declares(name: str) -> None:
    knob = KNOBS[name]
    home = GROUPS[knob.group] if knob.group else Setup
    (field,) = (field for field in dataclasses.fields(home) if field.name == name)
    assert knob.name == name
    assert knob.of(Setup()) == field.default
    assert len(knob.letter) == 1
    assert knob.help
    assert knob.allowed


@pytest.mark.parametrize("group", GROUPS)
def test_the_knobs_of_a_group_stand_in_the_order_of_its_fields(group: str) -> None:
    names = tuple(field.name for field in dataclasses.fields(GROUPS[group]))
    assert names_of(GROUPS[group]) == names
    assert [knob.group for knob in knobs_of(GROUPS[group], group)] == [group] * len(names)
    assert names_of(GROUPS[group], without=names[:1]) == names[1:]


def test_the_flags_of_all_knobs_differ() -> None:
    """Within a view: of a network and of a cell `--init` is another."""
    for view in VIEWS.values():
        knobs = view.all_knobs
        assert len({knob.flag for knob in knobs}) == len(knobs)


@pytest.mark.parametrize("name", KNOBS)
@settings(max_examples=60)
@given(setup=setups(), steps=st.integers(-3, 3))
def test_a_value_is_of_the_type_that_the_field_declares_also_after_a_step(
    name: str, setup: Setup, steps: int
) -> None:
    knob = KNOBS[name]
    kind = typing.get_type_hints(GROUPS[knob.group] if knob.group else Setup)[name]
    value = knob.of(setup)
    assert is_of(knob.of(Setup()), kind)
    for reached in (
        knob.step(value, steps),
        knob.scale(value, steps),
        knob.parse(knob.text(setup)),
    ):
        assert is_of(reached, kind)


# ------------------------------------------------------------------- text forms


@pytest.mark.parametrize("name", [name for name in KNOBS if name != "focus"])
@settings(max_examples=60)
@given(setup=setups())
def test_every_knob_reads_back_what_it_writes(name: str, setup: Setup) -> None:
    knob = KNOBS[name]
    assert knob.parse(knob.text(setup)) == knob.of(setup)


@pytest.mark.parametrize("name", [name for name in KNOBS if name != "focus"])
@settings(max_examples=60)
@given(setup=setups(), steps=st.integers(-30, 30))
def test_a_step_or_a_factor_leads_nowhere_that_is_not_allowed(
    name: str, setup: Setup, steps: int
) -> None:
    knob = KNOBS[name]
    for reached in (knob.step(knob.of(setup), steps), knob.scale(knob.of(setup), steps)):
        assert knob.parse(knob.format(reached)) == reached


@pytest.mark.parametrize("name", list(KNOBS))
@given(text=st.text(max_size=30) | st.text("0123456789.,:-+einfa()= ", max_size=12))
def test_no_text_whatever_is_more_than_a_clear_error(name: str, text: str) -> None:
    try:
        value = KNOBS[name].parse(text)
    except InputError as caught:
        error = caught
    else:
        assert KNOBS[name].parse(KNOBS[name].format(value)) == value
        return
    assert printable(str(error)) == str(error)
    assert error.allowed
    assert error.next_step


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("sigmoid", ("sigmoid",)),
        ("sigmoid tanh,relu", ("sigmoid", "tanh", "relu")),
        ("leaky_relu(0.2)", ("leaky_relu(0.2)",)),
        ("hardtanh(-2, 2) tanh", ("hardtanh(-2, 2)", "tanh")),
        ("tanh, tanh tanh", ("tanh",)),
        (" TANH ", ("tanh",)),
    ],
)
def test_activations_are_named_with_commas_or_blanks(text: str, names: tuple[str, ...]) -> None:
    assert KNOBS["activations"].parse(text) == names


@pytest.mark.parametrize("text", ["sigmoid)", "tanh(", "(", ")", ",", "relu ) , tanh"])
def test_unbalanced_parentheses_are_an_error(text: str) -> None:
    with pytest.raises(InputError):
        KNOBS["activations"].parse(text)


@pytest.mark.parametrize(
    ("text", "inits"),
    [
        ("xavier, orthogonal", None),
        ("he_normal, orthogonal", ("he_normal", "orthogonal")),
        ("kaiming_normal orthogonal", ("kaiming_normal", "orthogonal")),
        ("normal(1.5, 0.1), critical", ("normal(sigma_w=1.5, sigma_b=0.1)", "critical")),
    ],
)
def test_initialisations_are_named_as_activations_are(
    text: str, inits: tuple[str, ...] | None
) -> None:
    if inits is None:
        with pytest.raises(InputError, match="did you mean xavier_normal or xavier_uniform"):
            KNOBS["init"].parse(text)
    else:
        assert KNOBS["init"].parse(text) == inits


def test_the_models_are_the_families() -> None:
    assert [KNOBS["model"].parse(family) for family in CHOICE] == list(CHOICE)
    with pytest.raises(InputError, match=r"model: 'chian' is not chain or network.*try chain"):
        KNOBS["model"].parse("chian")


# ------------------------------------------------------------------------ steps


def test_the_recipes_are_walked_through_one_by_one_and_round() -> None:
    knob = KNOBS["init"]
    value = first = ("xavier_normal",)
    seen = []
    while not seen or value != first:
        seen.append(value)
        value = knob.step(value, 1)
    assert len(seen) == len(INITIALISATIONS)
    assert knob.step(first, -1) == seen[-1]


def test_of_several_recipes_none_is_next() -> None:
    several = ("xavier_normal", "orthogonal")
    assert KNOBS["init"].step(several, 1) == several


def test_a_step_is_read_by_a_human() -> None:
    """0.1 + 0.2 is 0.3, and every weight of a list moves."""
    assert KNOBS["x"].step(0.2, 1) == 0.3
    assert KNOBS["weights"].step(LayerValues((0.2, -0.1)), 1) == LayerValues((0.3, 0.0))
    assert KNOBS["depth"].scale(3, 2) == 12
    assert KNOBS["z_range"].scale((-6.0, 6.0), -1) == (-3.0, 3.0)
