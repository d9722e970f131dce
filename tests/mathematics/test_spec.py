"""The text form `name(parameter=value, …)`: every spelling it takes, and every one it refuses."""

from __future__ import annotations

import math
import unicodedata
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gradtui.errors import InputError
from gradtui.mathematics.spec import Spec, format_spec, lookup, number, parse_number, parse_spec

anything = settings(derandomize=True, deadline=None, max_examples=200, database=None)
identifiers = st.from_regex(r"[a-z_][a-z0-9_]{0,12}", fullmatch=True)
finite = st.floats(allow_nan=False, allow_infinity=False)


def harmless(text: str) -> bool:
    """Nothing in it that a terminal would obey or that reorders a line."""
    categories = {unicodedata.category(character) for character in text}
    return not categories & {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


@pytest.mark.parametrize(
    ("text", "name", "positional", "named"),
    [
        ("tanh", "tanh", (), {}),
        ("tanh()", "tanh", (), {}),
        ("  Tanh ( ) ", "tanh", (), {}),
        ("elu(0.5)", "elu", (0.5,), {}),
        ("elu(alpha=0.5)", "elu", (), {"alpha": 0.5}),
        ("elu( alpha = 5e-1 )", "elu", (), {"alpha": 0.5}),
        ("hardtanh(-2, .5)", "hardtanh", (-2.0, 0.5), {}),
        ("hardtanh(-2, max_val=.5)", "hardtanh", (-2.0,), {"max_val": 0.5}),
        ("hardtanh(\nmin_val=-2,\nmax_val=+1)", "hardtanh", (), {"min_val": -2.0, "max_val": 1.0}),
        ("relu6", "relu6", (), {}),
        ("_private1(x=-0)", "_private1", (), {"x": -0.0}),
    ],
)
def test_every_spelling_of_a_form_is_read(
    text: str, name: str, positional: tuple[float, ...], named: dict[str, float]
) -> None:
    parsed = parse_spec("activation", text)
    assert (parsed.name, parsed.positional, dict(parsed.named or {})) == (name, positional, named)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "6relu",
        "tanh(",
        "tanh)",
        "tanh()()",
        "tanh(1))x",
        "tanh tanh",
        "tanh-1",
        "tánh",
        "(1)",
        "elu(,)",
        "elu(1,)",
        "elu(1,,2)",
        "elu(alpha=)",
        "elu(=1)",
        "elu(alpha)",
        "elu(alpha=1=2)",
        "elu(alpha=(1))",
        "elu(alpha=1; beta=2)",
        "elu(nan)",
        "elu(inf)",
        "elu(-Infinity)",
        "elu(1e999)",
        "elu(0x10)",
        "elu(1j)",
        "elu(alpha=1, 2)",
        "elu(alpha=1, alpha=1)",
        "elu(1)\x1b[2J",
    ],
)
def test_every_other_spelling_is_refused_in_printable_words(text: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_spec("activation", text)
    assert harmless(str(caught.value))
    assert str(caught.value).startswith("activation")


def test_plain_values_take_the_names_in_order() -> None:
    spec = parse_spec("activation", "hardtanh(-2, max_val=0.5)")
    assert spec.bind("parameter", ("min_val", "max_val")) == {"min_val": -2.0, "max_val": 0.5}
    assert Spec("tanh").bind("parameter", ()) == {}


def test_too_many_values_are_refused_with_the_names_there_are() -> None:
    with pytest.raises(InputError, match=r"elu\(1, 2\).*at most 1.*alpha"):
        parse_spec("activation", "elu(1, 2)").bind("parameter", ("alpha",))


def test_an_unknown_parameter_is_refused_with_the_names_there_are() -> None:
    with pytest.raises(InputError, match=r"'slope' is not a parameter of elu.*alpha"):
        parse_spec("activation", "elu(slope=1)").bind("parameter", ("alpha",))
    with pytest.raises(InputError, match=r"none"):
        parse_spec("activation", "tanh(slope=1)").bind("parameter", ())


def test_a_parameter_given_both_by_place_and_by_name_is_refused_as_given_twice() -> None:
    with pytest.raises(InputError, match="twice") as caught:
        parse_spec("activation", "elu(1, alpha=1)").bind("parameter", ("alpha",))
    assert "not given twice" not in str(caught.value), "the message must not deny its own reason"


@pytest.mark.parametrize(
    ("value", "text"),
    [(1.0, "1"), (0.25, "0.25"), (1e-31, "1e-31"), (-2.0, "-2"), (1e16, "1e+16"), (0.1, "0.1")],
)
def test_a_number_is_written_as_short_as_it_reads_back(value: float, text: str) -> None:
    assert number(value) == text


@anything
@given(finite)
def test_a_number_reads_back_in_every_bit(value: float) -> None:
    back = parse_number("x", number(value))
    assert (back, math.copysign(1, back)) == (value, math.copysign(1, value))


@anything
@given(st.text(max_size=30))
def test_any_text_is_a_finite_number_or_an_input_error(text: str) -> None:
    try:
        value, message = parse_number("x", text), ""
    except InputError as error:
        value, message = 0.0, str(error)
    assert math.isfinite(value)
    assert harmless(message)


@anything
@given(identifiers, st.dictionaries(identifiers, finite, max_size=4))
def test_the_text_form_of_a_name_and_its_parameters_reads_back(
    name: str, parameters: dict[str, float]
) -> None:
    parsed = parse_spec("activation", format_spec(name, parameters))
    assert (parsed.name, parsed.positional, dict(parsed.named or {})) == (name, (), parameters)


@anything
@given(st.text(max_size=60) | st.text("eluα(),= 1.-_\n", max_size=30))
def test_any_text_is_a_form_or_an_input_error(text: str) -> None:
    try:
        parse_spec("activation", text)
        message = ""
    except InputError as error:
        message = str(error)
    assert harmless(message)


def test_a_very_long_text_is_refused_briefly() -> None:
    with pytest.raises(InputError) as caught:
        parse_spec("activation", "a" + " " * 2_000 + "!")
    assert len(str(caught.value)) < 300


# ------------------------------------------------------------------- lookup

FRUIT = {
    "apple": SimpleNamespace(also_called=("malus", "pome")),
    "apricot": SimpleNamespace(also_called=()),
}


def test_a_name_that_is_there_is_found() -> None:
    assert lookup("fruit", "fruit", "apple", FRUIT) is FRUIT["apple"]


@pytest.mark.parametrize(
    ("name", "always", "otherwise", "hint"),
    [
        ("malus", "", "there are two", "did you mean apple?"),
        ("malus", "look again", "", "did you mean apple? look again"),
        ("aprict", "", "there are two", "did you mean apricot?"),
        ("zzz", "", "there are two", "there are two"),
        ("zzz", "look again", "", "look again"),
    ],
)
def test_a_name_that_is_not_there_is_answered_with_those_that_are(
    name: str, always: str, otherwise: str, hint: str
) -> None:
    with pytest.raises(InputError) as caught:
        lookup("dish", "fruit", name, FRUIT, always=always, otherwise=otherwise)
    assert (caught.value.field, caught.value.given) == ("dish", name)
    assert caught.value.allowed == "a known fruit"
    assert caught.value.next_step == hint
