"""Every term in the headings and columns of every view is in the glossary, in both languages."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from typing import Any

import pytest

from gradtui.lessons.glossary import GLOSSARY, explained, meaning
from gradtui.lessons.term import Term
from gradtui.mathematics.network.statistics import SATURATED
from gradtui.mathematics.precision import FORMATS
from gradtui.models.finding import Ailment, Kind
from gradtui.plots.picture import row_text
from gradtui.progress import unwatched
from gradtui.runs.shelf import SHELF
from gradtui.setup import KNOBS, Setup
from gradtui.views import VIEWS
from gradtui.views.heads import head
from gradtui.views.view import Size, View
from support.watch import last

SMALL = {"units": 8, "networks": 2, "batch": 8, "samples": 20, "depth": 12,
         "steps": 12, "hidden_size": 8, "draws": 2}  # fmt: skip
SHOWN_BY = ("model", "quantity", "against", "picture", "norm", "beside")
"""The knobs that change what is measured or drawn: each of their values is shown."""
BLOCKS = ("plain", "pre_norm", "post_norm", "residual(alpha=1/sqrt(L))")


def cases() -> Iterator[tuple[str, dict[str, Any]]]:
    for name, view in VIEWS.items():
        models = [{"model": family} for family in view.families] or [{}]
        for model in models:
            yield name, model
            for knob in SHOWN_BY[1:]:
                if knob in view.knobs:
                    yield from ((name, {**model, knob: value}) for value in KNOBS[knob].words())
        if "block" in view.knobs:
            for block in BLOCKS:
                yield name, {"model": "network", "block": (block,)}
        if "cells" in view.knobs:
            yield from ((name, {"cells": (cell,)}) for cell in ("tanh", "lstm", "gru"))
            yield name, {"truncate": 3}


CASES = [*cases()]


def setup_of(view: View[Any], changes: dict[str, Any]) -> Setup:
    return view.default_setup.with_(**{**SMALL, **changes}).clamped()


def headings(name: str, changes: dict[str, Any]) -> Iterator[str]:
    """What stands over the picture, on its axes, over the readout and over the numbers."""
    view = VIEWS[name]
    setup = setup_of(view, changes)
    result = last(view, setup)
    picture = view.draw(result, setup, Size(150, 20), "braille")
    yield row_text(picture.rows[0])
    for plot in picture.plots:
        yield from (plot.x.title, plot.y.title)
    first, *_ = view.readout(result, setup, 220)
    yield row_text(first)
    columns = dict.fromkeys(column for row in view.table(result) for column in row)
    yield from map(head, columns)


_PLAIN = (
    "a all alone and are as at beside by each drawn every for from in is it its k none not of on"
    " or over own rest so T that the them to with"
)
PLAIN = {*_PLAIN.split()}
"""Words that need no explanation."""


def words(text: str) -> set[str]:
    return {*re.findall(r"[^\W\d_₀-₉]+", text)}


def chosen(name: str, changes: dict[str, Any]) -> set[str]:
    """What the view compares, and what it is called: no terms, but what somebody chose."""
    view = VIEWS[name]
    setup = setup_of(view, changes)
    texts = [*view.subjects(setup), *setup.activations, *setup.network.init, *setup.network.block]
    if "tensor" in view.knobs:
        texts += SHELF.run(setup.recorded.runs[0], unwatched).names
    return words(" ".join(texts))


@pytest.mark.parametrize(("name", "changes"), CASES)
def test_every_term_of_a_heading_is_in_the_glossary(name: str, changes: dict[str, Any]) -> None:
    found = [*headings(name, changes)]
    assert len(found) > 4
    for line in found:
        assert words(explained(line).left) - PLAIN - chosen(name, changes) == set(), line


def test_a_term_that_the_glossary_lacks_is_noticed() -> None:
    """So that the test above can fail."""
    left = explained("‖∂L/∂a‖ by layer, and its flibbertigibbet").left
    assert words(left) - PLAIN == {"flibbertigibbet"}


EVERY = pytest.mark.parametrize("term", GLOSSARY, ids=lambda term: term.name)


@EVERY
def test_an_entry_says_it_in_a_sentence_or_two_of_either_language(term: Term) -> None:
    for text in (term.said.en, term.said.ko):
        assert text.endswith(".")
        assert "  " not in text
        assert len(text) < 260
    assert re.search("[가-힣]", term.said.ko)
    assert term.said.ko.endswith("니다.")
    assert not re.search("[가-힣]", term.said.en)


@EVERY
def test_each_name_of_an_entry_leads_to_it(term: Term) -> None:
    for name in term.names:
        assert meaning(name) is term
        assert meaning(f" {name}  ") is term


def test_no_name_has_two_entries() -> None:
    names = [name for term in GLOSSARY for name in term.names]
    assert len({*names}) == len(names)


@pytest.mark.parametrize("kind", [*Kind, Ailment.NOT_FINITE, Ailment.SPIKING])
def test_what_a_verdict_says_is_explained(kind: Kind | Ailment) -> None:
    assert meaning(str(kind)) is not None


@pytest.mark.parametrize(
    ("asked", "name"),
    [
        ("chi", "χ"), ("χ", "χ"), ("카이", "χ"), ("SIGMA_W", "σw"), ("xi_c", "ξc"),
        ("Q*", "q*"), ("dead", "dead"), ("saturated", "flat"), ("pre-norm", "pre-norm"),
        ("half life", "half-life"), ("소실", "vanishing"), ("W", "W"), ("w", "w"),
        ("sigma", "σ"), ("시그마", "σ"), ("혼돈의 경계", "critical"), ("이차 적률", "q"),
        ("너비", "units"), ("잔차 연결", "skip"), ("흐름", "stream"),
    ],
)  # fmt: skip
def test_a_term_is_found_by_what_people_call_it(asked: str, name: str) -> None:
    found = meaning(asked)
    assert found is not None
    assert found.name == name


def test_what_is_no_term_is_none() -> None:
    assert meaning("flibbertigibbet") is None
    assert meaning("") is None


def log10(text: str) -> float:
    """Of what float64 may hold no more."""
    mantissa, _, exponent = text.partition("e")
    return math.log10(float(mantissa)) + int(exponent or 0)


def test_numbers_in_it_are_those_of_the_formats_and_of_the_knobs() -> None:
    """What an entry states in figures, beside where the figures come from."""
    for format in FORMATS:
        entry = meaning(format.name)
        assert entry is not None
        for language in (entry.said.en, entry.said.ko):
            least, most = re.findall(r"\d\.?\d*e-?\d+|65504", language)
            assert log10(least) == pytest.approx(format.log10_smallest, abs=0.03)
            assert log10(most) == pytest.approx(format.log10_largest, abs=0.01)
            assert str(format.fraction_bits + 1) in language or format.name == "float16"
    threshold = meaning("threshold")
    assert threshold is not None
    assert KNOBS["threshold"].text(Setup()) in threshold.said.en
    assert KNOBS["threshold"].text(Setup()) in threshold.said.ko
    flat = meaning("flat")
    assert flat is not None
    assert f"{SATURATED * 100:g} %" in flat.said.en
