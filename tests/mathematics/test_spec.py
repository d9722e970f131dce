"""The text form `name(parameter=value, …)`: every spelling it takes, and every one it refuses."""

from __future__ import annotations

import math
import unicodedata
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gradtui.errors import InputError
from gradtui.mathematics.spec import (
    Spec,
    begins_with_a_name,
    format_spec,
    lookup,
    number,
    parse_number,
    parse_spec,
)

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
        ("xavier_normal(gain=5/3)", "xavier_normal", (), {"gain": 5 / 3}),
        ("normal( √2 , -sqrt(2 / 3) )", "normal", (math.sqrt(2), -math.sqrt(2 / 3)), {}),
        ("torch.nn.init.kaiming_normal_(mode=Fan_Out)", "kaiming_normal_", (), {"mode": "fan_out"}),
        ("hard-swish(a='tanh', b=\"x\")", "hard-swish", (), {"a": "tanh", "b": "x"}),
    ],
)
def test_every_spelling_of_a_form_is_read(
    text: str, name: str, positional: tuple[float, ...], named: dict[str, float | str]
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
        "tanh_.",
        "elu(alpha='a)",
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


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("5/3", 5 / 3),
        (" 5 / 3 ", 5 / 3),
        ("-1/2", -0.5),
        ("+1e2/4", 25.0),
        ("sqrt(2)", math.sqrt(2)),
        ("SQRT( 2 )", math.sqrt(2)),
        ("√2", math.sqrt(2)),
        ("√(2)", math.sqrt(2)),
        ("-√2", -math.sqrt(2)),
        ("sqrt(2/3)", math.sqrt(2 / 3)),
        ("sqrt(6)/30", math.sqrt(6) / 30),
        ("√6/30", math.sqrt(6) / 30),
        ("1/sqrt(3)", 1 / math.sqrt(3)),
    ],
)
def test_fractions_and_roots_are_read_as_people_write_them(text: str, value: float) -> None:
    assert parse_number("gain", text) == value


@pytest.mark.parametrize(
    "text",
    [
        *(
            "1/0",
            "1/2/3",
            "/2",
            "2/",
            "sqrt(-2)",
            "sqrt()",
            "√",
            "sqrt(2",
            "sqrt 2",
            "2sqrt(2)",
            "--2",
        ),
        *(
            "1/-2",
            "-+2",
            "sqrt(sqrt(2))",
            "sqrt(1/0)",
            "1e308/1e-308",
            "sqrt(inf)",
            "1/inf",
            "nan/2",
        ),
        *("sqrt(" * 20_000 + "2" + ")" * 20_000, "5/3/" * 20_000),
    ],
)
def test_what_is_no_fraction_and_no_root_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="number"):
        parse_number("gain", text)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        *(
            (5 / 3, "5/3"),
            (math.sqrt(2), "sqrt(2)"),
            (math.sqrt(2 / 3), "sqrt(2/3)"),
            (1 / 3, "1/3"),
        ),
        *((-5 / 3, "-5/3"), (0.75, "0.75"), (1.4142, "1.4142"), (1e-31, "1e-31"), (2.0, "2")),
    ],
)
def test_a_fraction_or_a_root_is_written_as_such_in_a_form(value: float, text: str) -> None:
    assert format_spec("elu", {"alpha": value}) == f"elu(alpha={text})"
    assert parse_number("alpha", text) == value


def test_a_word_where_a_number_belongs_is_refused_by_the_name_of_its_parameter() -> None:
    with pytest.raises(InputError, match="std: 'tanh' is not a number"):
        parse_spec("weights", "normal(std=tanh)").bind("weights", ("std",))


def test_a_word_without_the_name_of_its_parameter_is_refused_with_the_names_there_are() -> None:
    for read in (Spec.bind, Spec.values):
        with pytest.raises(InputError, match=r"'fan_out' is not a number.*takes: a, mode"):
            read(parse_spec("init", "kaiming_normal(fan_out)"), "init", ("a", "mode"))


def test_an_unknown_parameter_is_answered_with_the_one_that_may_be_meant() -> None:
    spec = parse_spec("init", "normal(stdev=1)")
    with pytest.raises(InputError, match=r"did you mean std\? it takes: mean, std"):
        spec.values("init", ("mean", "std"))
    assert spec.values("init", ("mean", "std"), {"stdev": "std"}) == {"std": 1.0}


@anything
@given(finite)
def test_a_number_reads_back_in_every_bit(value: float) -> None:
    """But for the sign of a zero, which nobody wants to read."""
    assert parse_number("x", number(value)).hex() == (value + 0.0).hex()


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
    "apple": SimpleNamespace(also_called=("pome", "red_apple_"), meant_by=("malus",)),
    "apricot": SimpleNamespace(also_called=(), meant_by=("malus_armeniaca", "stone")),
    "plum": SimpleNamespace(also_called=(), meant_by=("stone",)),
}


@pytest.mark.parametrize("name", ["apple", "pome", "Po-me", "ap_ple", "redapple_", "red_apple_"])
def test_a_name_that_is_there_is_found_however_it_is_spelt(name: str) -> None:
    assert lookup("fruit", "fruit", name, FRUIT) is FRUIT["apple"]


@pytest.mark.parametrize("name", ["apple_", "red_apple", "malus", "_"])
def test_a_name_that_may_mean_something_else_is_not_taken_for_it(name: str) -> None:
    with pytest.raises(InputError):
        lookup("fruit", "fruit", name, FRUIT)


@pytest.mark.parametrize(
    ("name", "always", "otherwise", "hint"),
    [
        ("malus", "", "there are two", "did you mean apple?"),
        ("malus", "look again", "", "did you mean apple? look again"),
        ("aprict", "", "there are two", "did you mean apricot?"),
        ("stone", "", "", "did you mean apricot or plum?"),
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


@pytest.mark.parametrize(
    ("text", "named"),
    [
        *(("normal(std=1)", True), (" squared_error", True), ("sqrt(2)", False), ("√2", False)),
        *(("nan", False), ("Infinity", False), ("0.5,1", False), ("-1", False), ("", False)),
    ],
)
def test_a_form_with_a_name_is_told_from_a_number(text: str, named: bool) -> None:
    assert begins_with_a_name(text) is named
