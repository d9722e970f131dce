"""What is wrong with an input, in the words of the app and in those of the command line."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import gradtui
from gradtui.errors import InputError, nearest
from gradtui.mathematics.activations import ACTIVATIONS, activation
from gradtui.mathematics.initialisation import INITIALISATIONS, initialisation
from gradtui.setup import KNOBS, Setup
from gradtui.setup.naming import in_app, on_command_line
from gradtui.views import VIEWS

SOURCE = Path(gradtui.__file__).parent


def refused(name: str, text: str) -> InputError:
    with pytest.raises(InputError) as caught:
        KNOBS[name].parse(text)
    return caught.value


def test_the_app_names_keys_and_the_command_line_flags() -> None:
    error = InputError("sigma_w_range", "3", "low:high", "try {sigma_w_range=0:3} or {depth}")
    assert in_app(error) == "σw range: '3' is not low:high; try σw range 0:3 (key R) or depth"
    assert on_command_line(error) == (
        "--sigma-w-range: '3' is not low:high; try --sigma-w-range 0:3 or --depth"
    )
    assert str(error) == "sigma_w_range: '3' is not low:high; try sigma_w_range=0:3 or depth"


def test_the_prompt_of_a_knob_needs_no_key() -> None:
    error = refused("depth", "0")
    assert in_app(error, "depth").endswith("; try 1")
    assert in_app(error).endswith("; try depth 1 (key d)")


def test_the_list_of_activations_is_where_one_is() -> None:
    error = refused("activations", "zzzz")
    assert in_app(error).endswith("; the list shows all of them")
    assert on_command_line(error).endswith("; `gradtui list` shows all of them")
    assert str(error).endswith("; ACTIVATIONS shows all of them")


def test_what_somebody_typed_is_no_template() -> None:
    error = InputError("depth", "{depth=1}", "a whole number", "try {depth=3}")
    assert on_command_line(error) == "--depth: '{depth=1}' is not a whole number; try --depth 3"


def test_a_field_that_is_no_knob_keeps_its_name() -> None:
    assert on_command_line(InputError("/etc/depth", 1, "b", "c")).startswith("/etc/depth: ")
    assert on_command_line(InputError("{init} mode", "x", "b", "c")).startswith("--init mode: ")
    # An activation is called like a knob.
    message = on_command_line(InputError("threshold value", "x", "b", "c"))
    assert message.startswith("threshold value: ")
    assert in_app(InputError("weights[3]", "x", "b", "c")).startswith("weights[3]: ")


def test_every_knob_named_in_an_error_is_one_and_no_error_names_a_key() -> None:
    """Only `setup/naming.py` knows what keys and flags are called."""
    for file in SOURCE.rglob("*.py"):
        for call in ast.walk(ast.parse(file.read_text())):
            if not (isinstance(call, ast.Call) and getattr(call.func, "id", "") == "InputError"):
                continue
            words = " ".join(
                part.value
                for part in ast.walk(call)
                if isinstance(part, ast.Constant) and isinstance(part.value, str)
            )
            for name in re.findall(r"\{([A-Za-z_0-9]+)(?:=[^}]*)?\}", words):
                assert name in {*KNOBS, "ACTIVATIONS"}, (file, words)
            assert not re.search(r"\bpress\b|\bkey\b", words), (file, words)
            if not {"cli", "serving"} & {*file.parts}:  # these are commands alone
                assert "--" not in words, (file, words)


@pytest.mark.parametrize(
    ("name", "text", "meant"),
    [
        ("depth", "1e9", "depth=100000"),
        ("depth", "2.4", "depth=2"),
        ("units", "1e9", "units=4096"),
        ("units", "48.7", "units=49"),
        ("units", "48,0", "try 64, or 784,512,512,10 for an input of 784 and three layers"),
        ("threshold", "2", "threshold=0.999"),
        ("sigma_w_range", "3:1", "sigma_w_range=1:3"),
        ("z_range", "-1e9:3", "z_range=-6:6"),
        ("x", "1,5", "try 1.5"),
    ],
)
def test_what_is_tried_is_near_to_what_was_given(name: str, text: str, meant: str) -> None:
    assert str(refused(name, text)).endswith(meant)


def test_thousands_may_be_set_apart() -> None:
    assert KNOBS["depth"].parse("10,000") == KNOBS["depth"].parse("10_000") == 10_000


@settings(derandomize=True, deadline=None, database=None)
@given(st.sampled_from(["depth", "units", "threshold", "x", "z", "seed"]), st.floats())
def test_what_is_tried_is_allowed(name: str, value: float) -> None:
    try:
        KNOBS[name].parse(str(value))
        return
    except InputError as error:
        tried = re.search(r"try \{\w+=(.*)\}", error.next_step)
    if tried is not None:
        KNOBS[name].parse(tried[1])


def misspelt(draw: st.DrawFn, name: str) -> str:
    """One letter gone, one too many, or two that changed places."""
    at = draw(st.integers(0, len(name) - 2))
    kind = draw(st.sampled_from(["gone", "twice", "swapped"]))
    if kind == "gone":
        return name[:at] + name[at + 1 :]
    if kind == "twice":
        return name[:at] + name[at] + name[at:]
    return name[:at] + name[at + 1] + name[at] + name[at + 2 :]


@settings(derandomize=True, deadline=None, database=None, max_examples=300)
@given(st.data())
def test_a_misspelling_is_answered_with_what_is_meant(data: st.DataObject) -> None:
    registry, make = data.draw(
        st.sampled_from([(ACTIVATIONS, activation), (INITIALISATIONS, initialisation)])
    )
    name = data.draw(st.sampled_from([known for known in registry if len(known) > 3]))
    wrong = data.draw(st.composite(misspelt)(name))
    families = [getattr(entry, "family", entry) for entry in registry.values()]
    others = {other for family in families for other in family.also_called}
    if wrong.replace("_", "") not in {known.replace("_", "") for known in {*registry, *others}}:
        with pytest.raises(InputError) as caught:
            make(wrong)
        assert name in caught.value.next_step


@settings(derandomize=True, deadline=None, database=None, max_examples=200)
@given(st.data())
def test_a_misspelt_option_or_view_is_answered_with_it(data: st.DataObject) -> None:
    names = [*VIEWS, *(knob.flag[2:] for knob in KNOBS.values() if len(knob.flag) > 6)]
    name = data.draw(st.sampled_from(names))
    wrong = data.draw(st.composite(misspelt)(name))
    assert wrong in names or name in nearest(wrong, names)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"layer": 9}, "try --layer 3, or more of --depth"),
        ({"z": -8.0}, "try --z -6, or widen --z-range"),
        (
            {"sigma_w": 4.0, "sigma_w_range": (0.0, 3.0)},
            "try --sigma-w 3, or widen --sigma-w-range",
        ),
    ],
)
def test_a_cursor_outside_is_told_both_ways_out(changes: dict[str, float], told: str) -> None:
    with pytest.raises(InputError) as caught:
        Setup.of(**changes).checked()
    assert on_command_line(caught.value).endswith(told)
