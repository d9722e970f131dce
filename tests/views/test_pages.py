"""Every column, symbol and mark on a view's screen is explained on its page, which `?` shows."""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest

from gradtui.cli.parsers import parsers
from gradtui.plots.picture import Row, row_text
from gradtui.progress import unwatched
from gradtui.views import VIEWS
from gradtui.views.page import PICTURE, READING, READOUT, Entry, _entries, sections
from gradtui.views.view import Size

SMALL = {"units": 8, "networks": 2, "batch": 8, "samples": 20, "depth": 12,
         "steps": 12, "hidden_size": 8, "draws": 2}  # fmt: skip
CASES = [
    *((name, {}) for name in VIEWS),
    ("decay", {"model": "network"}),
    ("layers", {"activations": ("relu",)}),
    ("phase", {"against": "depth"}),
    ("phase", {"against": "alpha"}),
    ("time", {"picture": "map"}),
    ("time", {"picture": "singular"}),
    ("time", {"picture": "shares"}),
    ("time", {"truncate": 2, "cells": ("relu", "gru")}),
]


@cache
def _shown(name: str, changes: tuple[tuple[str, Any], ...]) -> tuple[tuple[Row, ...], str]:
    """The rows of the readout, and the first and last rows of the picture."""
    view = VIEWS[name]
    setup = view.default_setup.with_(**{**SMALL, **dict(changes)}).clamped()
    *_, result = view.results(setup, unwatched)
    drawn = view.draw(result, setup, Size(120, 30), "ascii").rows
    return view.readout(result, setup, 200), "\n".join(row_text(one) for one in drawn)


def shown(name: str, changes: dict[str, Any]) -> tuple[tuple[Row, ...], str]:
    return _shown(name, tuple(changes.items()))


def explained(name: str) -> tuple[Entry, ...]:
    page = sections(VIEWS[name])
    return (*page[READOUT], *page[PICTURE], *page[READING])


def terms(name: str) -> list[str]:
    """What is explained as it stands on the screen, any number in the place of a number."""
    found = {re.sub(r"\d+", "0", term) for one in explained(name) for term in one.terms}
    found |= {re.sub("[₀-₉]+", "₀", term) for term in found}
    return sorted(found, key=len, reverse=True)


@pytest.mark.parametrize(("name", "changes"), CASES)
def test_every_title_of_a_column_is_explained(name: str, changes: dict[str, Any]) -> None:
    if name == "chain":
        pytest.skip("it has sentences, no columns")
    rows, _ = shown(name, changes)
    heads = " ".join(span.text for span in rows[0] if span.role == "muted")
    left = re.sub(r"\d+", "0", heads)
    assert left.strip()
    for term in terms(name):
        left = re.sub(rf"(?<!\S){re.escape(term)}(?!\S)", " ", left)
    assert not left.strip(), f"{name} does not explain {left.split()}"


def symbols(text: str) -> Iterator[str]:
    """What needs a word of explanation: marks and Greek, but no frames and dots."""
    for character in text:
        category = unicodedata.category(character)
        if character.isascii() or "\u2500" <= character <= "\u259f":
            continue
        if "\u2800" <= character <= "\u28ff" or category in ("No", "Zs"):
            continue
        yield character


KNOWN = set("✓✗▲∅…▸┆×±·→′|‖⋯∞∂")
"""Marks of every view, which the help lists under them, and signs that everybody reads."""


@pytest.mark.parametrize(("name", "changes"), CASES)
def test_every_symbol_is_explained(name: str, changes: dict[str, Any]) -> None:
    rows, picture = shown(name, changes)
    page = " ".join((*(" ".join((*one.terms, one.text)) for one in explained(name)),))
    text = picture + "".join(row_text(one) for one in rows)
    assert {*symbols(text)} - KNOWN - {*page} == set()


@pytest.mark.parametrize("name", VIEWS)
def test_the_three_sections_are_read_from_the_page(name: str) -> None:
    page = sections(VIEWS[name])
    assert all(page[heading] for heading in (PICTURE, READING, READOUT))
    for one in explained(name):
        assert one.text.count("`") % 2 == 0
        assert "](" not in one.text
        assert "**" not in one.text
        assert "\n" not in one.text


PAGE = """
# view: a question?

It is a product:

    y = a * b
      + c

where `a*` and c* are starred, and *this* is not.

1. One of `--depth 80 --threshold 0.1`,
   on two lines.
2. Two.

- `q*`: a term.
"""


def test_formulas_numbers_and_stars_stay_on_a_page() -> None:
    assert [(one.terms, one.bullet, one.literal, one.text) for one in _entries(PAGE)] == [
        ((), "", False, "It is a product:"),
        ((), "", True, "y = a * b\n  + c"),
        ((), "", False, "where `a*` and c* are starred, and this is not."),
        ((), "1.", False, "One of `--depth 80 --threshold 0.1`, on two lines."),
        ((), "2.", False, "Two."),
        (("q*",), "-", False, "a term."),
    ]


@pytest.mark.parametrize("name", VIEWS)
def test_no_sentence_of_a_page_points_at_what_its_help_has_not(name: str) -> None:
    """Examples are on the page alone; what ends in a colon has something behind it."""
    for heading in ("", PICTURE, READING, READOUT):
        entries = sections(VIEWS[name]).get(heading, ())
        for entry, behind in itertools.zip_longest(entries, entries[1:]):
            assert "example" not in entry.text
            assert ".`." not in entry.text
            assert not entry.text.endswith(":") or behind is not None


def test_the_formula_of_a_page_is_in_its_help() -> None:
    text = parsers()[1]["chain"].format_help()
    assert "    ∂L/∂w₁ = ∂L/∂a₃ · f′(z₃) · w₃ · f′(z₂) · w₂ · f′(z₁) · x\n" in text


def test_a_view_without_a_page_explains_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    import gradtui.views.page as page

    monkeypatch.setattr(page, "page_file", lambda view: None)
    assert sections(VIEWS["decay"]) == {}


@pytest.mark.parametrize("name", VIEWS)
def test_no_markup_is_left_on_a_page_that_is_shown(name: str) -> None:
    """What stands between backticks is on the screen as it is, or typed."""
    for entry in explained(name):
        said = re.sub(r"`[^`]*`|\b[cq]\*", "", entry.text)
        assert not re.search(r"[*#`]|\]\(|^\| ", said), entry.text


def test_a_heading_within_a_section_and_emphasis_are_words() -> None:
    lines = [one.text for one in sections(VIEWS["decay"])[READOUT]]
    assert "What number formats lose" in lines
    said = " ".join(one.text for one in sections(VIEWS["derivative"])[READING])
    assert "It reaches its largest size" in said
    assert "approaches it where" in said
