"""The error of bad input: what it says, and that a stranger's text cannot act through it."""

from __future__ import annotations

import pickle
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gradtui.errors import InputError, nearest, printable, shown

anything = settings(derandomize=True, deadline=None, max_examples=200, database=None)
any_text = st.text(st.characters(codec=None), max_size=200)  # lone surrogates too


def harmless(text: str) -> bool:
    """Nothing in it that a terminal would obey or that reorders a line."""
    categories = {unicodedata.category(character) for character in text}
    return not categories & {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


HOSTILE = {
    "\x1b[31mred": "\\x1b[31mred",
    "a\nb\tc\rd": "a\\nb\\tc\\rd",
    "\x00\x07\x7f": "\\x00\\x07\\x7f",
    "\x9b2J": "\\x9b2J",
    "left\u202eright": "left\\u202eright",
    "zero\u200bwidth": "zero\\u200bwidth",
    "\ufefftext": "\\ufefftext",
    "line\u2028end\u2029": "line\\u2028end\\u2029",
    "\ud800": "\\ud800",
    "\ue000": "\\ue000",
    "\U000e0041": "\\U000e0041",
}


@pytest.mark.parametrize("text", ["tanh", "leaky_relu(0.2)", "σ′(z) ≤ ¼", "그래디언트", "é", "a b"])
def test_ordinary_text_is_shown_as_it_is(text: str) -> None:
    assert printable(text) == text


@pytest.mark.parametrize("text", HOSTILE, ids=ascii)
def test_what_a_terminal_would_obey_is_shown_as_its_escape(text: str) -> None:
    assert printable(text) == HOSTILE[text]


@anything
@given(any_text)
def test_no_text_puts_a_control_or_format_character_into_what_is_shown(text: str) -> None:
    assert harmless(printable(text))
    printable(text).encode("utf-8")


@anything
@given(any_text)
def test_what_is_printable_stays_so(text: str) -> None:
    assert printable(printable(text)) == printable(text)


@anything
@given(any_text)
def test_shown_text_is_quoted_and_of_bounded_length(text: str) -> None:
    assert shown(text).startswith("'")
    assert shown(text).endswith("'")
    assert len(shown(text)) <= 62


def test_long_text_is_cut_with_an_ellipsis() -> None:
    assert shown("x" * 60) == "'" + "x" * 60 + "'"
    assert shown("x" * 61) == "'" + "x" * 59 + "…'"


@pytest.mark.parametrize(
    ("value", "text"), [(0.2, "0.2"), (None, "None"), (3, "3"), ((1, 2), "(1, 2)"), ("a", "'a'")]
)
def test_a_value_is_shown_as_python_writes_it(value: object, text: str) -> None:
    assert shown(value) == text


@pytest.mark.parametrize(
    "value", [10**5000, [1.0] * 1000, b"\x1b" * 100], ids=["integer", "list", "bytes"]
)
def test_a_value_of_any_size_can_be_shown(value: object) -> None:
    assert len(shown(value)) <= 60
    assert harmless(shown(value))


def test_a_message_names_the_field_the_value_what_is_allowed_and_the_next_step() -> None:
    error = InputError("depth", -3, "between 1 and 100,000", "try 50")
    assert str(error) == "depth: -3 is not between 1 and 100,000; try 50"
    assert (error.field, error.given) == ("depth", -3)
    assert (error.allowed, error.next_step) == ("between 1 and 100,000", "try 50")


def test_it_is_a_value_error() -> None:
    assert issubclass(InputError, ValueError)


@anything
@given(any_text)
def test_no_given_text_acts_through_the_message(text: str) -> None:
    assert harmless(str(InputError("activation", text, "known", "try tanh")))


def test_an_error_raised_in_another_process_arrives_as_it_was() -> None:
    error = InputError("depth", -3, "between 1 and 100,000", "try 50")
    copy = pickle.loads(pickle.dumps(error))
    assert type(copy) is InputError
    assert str(copy) == str(error)
    assert copy.field == "depth"


NAMES = ["sigmoid", "tanh", "relu", "leaky_relu", "gelu", "gelu_tanh", "silu"]


@pytest.mark.parametrize(
    ("given", "best"),
    [("tahn", "tanh"), ("sigmod", "sigmoid"), ("ReLu", "relu"), ("leakyrelu", "leaky_relu")],
)
def test_the_nearest_name_comes_first_whatever_its_case(given: str, best: str) -> None:
    assert nearest(given, NAMES)[0] == best


def test_only_names_that_are_near_are_offered_and_no_more_than_asked() -> None:
    assert nearest("xyzzy", NAMES) == ()
    assert nearest("", NAMES) == ()
    assert len(nearest("gelu", NAMES, most=2)) <= 2
    assert set(nearest("gelu", iter(NAMES))) <= set(NAMES)
