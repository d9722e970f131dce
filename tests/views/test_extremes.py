"""Extreme but finite values of every knob, in every view: an answer, or an error in words."""

from __future__ import annotations

import contextlib
import re
import warnings
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gradtui.errors import InputError
from gradtui.mathematics.activations import ACTIVATIONS
from gradtui.mathematics.initialisation import INITIALISATIONS
from gradtui.progress import unwatched
from gradtui.setup import KNOBS, Setup
from gradtui.views import VIEWS
from gradtui.views.view import Size, View
from support.watch import exported

SIZES = (0.0, 5e-324, 1e-300, 1e-154, 1e-77, 1e-30, 1e-9, 0.3, 1.0, 3.0, 50.0, 1e9, 1e77, 1e100,
         1.35e154, 1e300, 1.797e308)  # fmt: skip
numbers = st.sampled_from([sign * size for size in SIZES for sign in (1, -1)]).map("{:.17g}".format)
counts = st.sampled_from(("1", "2", "3", "7"))
"""Widths, depths and samples are small here: what is large is bounded in time, and tested so."""

SMALL = ("depth", "samples", "layer", "units", "batch", "networks")
NOT_A_NUMBER = re.compile(r"(?<![a-z])nan(?![a-z])")


@st.composite
def values(draw: st.DrawFn, knob: str) -> str:
    """A text for a knob, made of extreme numbers."""
    if knob in SMALL:
        return draw(counts)
    if knob == "activations":
        return draw(specs(tuple(ACTIVATIONS)))
    if knob == "init":
        return draw(specs(tuple(INITIALISATIONS)))
    if knob.endswith("_range"):
        return f"{draw(numbers)}:{draw(numbers)}"
    if knob == "focus":
        return ""
    if knob in ("weights", "biases"):
        return draw(numbers | numbers.map("normal({})".format))
    if knob == "loss":
        return draw(numbers | numbers.map("squared_error({})".format))
    return draw(numbers)


@st.composite
def specs(draw: st.DrawFn, names: tuple[str, ...]) -> str:
    """A name, with or without extreme parameters."""
    given = draw(st.lists(numbers, max_size=2))
    name = draw(st.sampled_from(names))
    return f"{name}({', '.join(given)})" if given else name


def knobs_of(view: View[Any]) -> Iterator[str]:
    """The knobs of a view that take a number, a range or what is made of them."""
    for knob in view.all_knobs:
        named = (*SMALL, "activations", "init", "weights", "biases", "loss")
        if knob.name in named or isinstance(knob.of(Setup()), float | tuple):
            yield knob.name


def small(view: View[Any], model: str) -> Setup:
    """The view's setup, small enough to be run in no time."""
    setup = Setup.of(depth=3, units=3, batch=2, networks=2, samples=2)
    return setup.with_(model=model) if model else setup


def show(view: View[Any], setup: Setup) -> None:
    """Run the view and print all that it prints."""
    result = None
    for result in view.results(setup, unwatched):
        view.draw(result, setup, Size(60, 18), "braille")
    for format in ("txt", "json", "csv"):
        text = exported(view, result, setup, Size(80, 24), "braille", format)
        # The loss of the run that is shown is not a number in its file.
        assert view.name == "run" or not NOT_A_NUMBER.search(text), text


@pytest.mark.heavy
@pytest.mark.parametrize(
    ("view", "model"),
    [(view, model) for view in VIEWS.values() for model in view.families or ("",)],
    ids=lambda value: value if isinstance(value, str) else value.name,
)
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_an_answer_or_an_error_in_words(view: View[Any], model: str, data: st.DataObject) -> None:
    changed = data.draw(st.lists(st.sampled_from(tuple(knobs_of(view))), max_size=4, unique=True))
    setup = small(view, model)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with contextlib.suppress(InputError):
            for name in changed:
                text = data.draw(values(name), label=name)
                setup = setup.with_(**{name: KNOBS[name].parse(text)})
            show(view, setup.clamped().checked())
