"""Pictures: rows of equal width, joined and cut cell for cell, in ASCII where it has to be."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradtui.plots.ascii import ascii_only, spelled, to_ascii
from gradtui.plots.picture import (
    CURVES,
    DASHES,
    LETTERS,
    SAMPLES,
    Picture,
    Row,
    Span,
    curve_role,
    fit,
    row,
    row_text,
    shortened,
    wrapped,
)

texts = st.text(st.characters(min_codepoint=32, max_codepoint=0x24F), max_size=12)
spans = st.lists(st.builds(Span, texts, st.sampled_from(["", "title", "bad"])), max_size=4).map(
    tuple
)


def picture(*lines: str, role: str = "") -> Picture:
    return Picture.of([row((line, role)) for line in lines], max(map(len, lines)))


@given(spans, st.integers(1, 40))
def test_a_row_is_fitted_to_exactly_its_width(spans: Row, width: int) -> None:
    fitted = row_text(fit(spans, width))
    assert len(fitted) == width
    text = row_text(spans)
    if len(text) <= width:
        assert fitted == text.ljust(width)
    else:
        assert fitted == text[: width - 1] + "…"


def test_a_cut_keeps_the_roles_of_what_is_left() -> None:
    assert fit(row(("good", "good"), ("bad news", "bad")), 8) == (
        Span("good", "good"),
        Span("bad", "bad"),
        Span("…", "bad"),
    )


@given(st.text("ab cd", max_size=80), st.integers(-1, 20))
def test_a_paragraph_is_wrapped_to_its_width(text: str, width: int) -> None:
    lines = [row_text(one) for one in wrapped(text, width)]
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    assert all(len(line) <= max(width, 1) for line in lines)


@given(st.lists(spans, max_size=5), st.integers(1, 20), st.integers(0, 6))
def test_a_picture_has_the_size_it_was_asked_for(rows: list[Row], width: int, height: int) -> None:
    made = Picture.of(rows, width, height)
    assert made.height == height
    assert {len(row_text(one)) for one in made.rows} <= {width}


def test_above_and_beside() -> None:
    left, right = picture("ab", "cd"), picture("xyz")
    assert left.above(right).text == "ab\ncd\nxyz"
    assert left.above(right).width == 3
    assert left.beside(right).text == "abxyz\ncd"
    assert left.beside(right).width == 5


# -------------------------------------------------------------------- ASCII


@given(st.text(max_size=40))
def test_ascii_is_ascii_cell_for_cell(text: str) -> None:
    plain = to_ascii(text)
    assert plain.isascii()
    assert len(plain) == len(text)


@given(st.text(st.characters(max_codepoint=127)))
def test_what_is_ascii_already_stays(text: str) -> None:
    assert to_ascii(text) == text


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("∂L/∂w₁₂ = f′(z₃)·w₂", "dL/dw12 = f'(z3).w2"),
        ("×0.33 ≤ ½", "x0.33 < h"),
        ("┌─┬┐│├┤└┴┘", "+-++|+++++"),
        ("float16╌╌", "float16--"),
        ("← →", "< >"),
    ],
)
def test_the_characters_of_the_pictures_have_a_likeness(text: str, plain: str) -> None:
    assert to_ascii(text) == plain


def test_the_marks_of_the_four_verdicts_stay_different_in_ascii() -> None:
    assert len({to_ascii(mark) for mark in "✓✗▲∅"}) == 4
    assert "?" not in to_ascii("✓✗▲∅▸⊕●◉◆▷◁◇⋮…┆╌")


@pytest.mark.parametrize(
    ("width", "text"),
    [
        (40, "a whole number from 1 to 100"),
        (28, "a whole number from 1 to 100"),
        (27, "a whole number from 1 to …"),
        (10, "a whole …"),
        (3, "a …"),
        (1, "…"),
        (0, ""),
    ],
)
def test_a_text_is_shortened_by_whole_words(width: int, text: str) -> None:
    assert shortened("a whole number from 1 to 100", width) == text


@pytest.mark.parametrize(
    ("text", "spelt"),
    [
        ("f′ → 0 on both sides", "f' -> 0 on both sides"),
        ("χ = σw² E[f′²]", "chi = sigma_w^2 E[f'^2]"),
        ("in 99 ± 1 % of them", "in 99 +- 1 % of them"),
        ("σw/√n, √(2/n)", "sigma_w/sqrt(n), sqrt(2/n)"),
        ("depth 50 → 10, q → ∞", "depth 50 -> 10, q -> inf"),
        ("½(a - t)²", "1/2 (a - t)^2"),
    ],
)
def test_in_ascii_a_sentence_says_what_it_says(text: str, spelt: str) -> None:
    assert spelled(text) == text
    with ascii_only():
        assert spelled(text) == spelt
        assert row_text(wrapped(text, 100)[0]) == spelt
    assert spelled(text) == text


def test_in_ascii_what_a_head_takes_more_the_gap_beside_it_gives() -> None:
    with ascii_only():
        assert row_text(row("         σw       σb   a layer")) == "    sigma_w  sigma_b   a layer"
        # A title is no head: it begins where it did.
        assert row_text(row("     left, by σw")) == "     left, by sigma_w"


# ------------------------------------------------------------------- curves


def test_every_curve_has_a_dash_a_sample_a_letter_and_a_role_of_its_own() -> None:
    for each in (DASHES, SAMPLES, LETTERS, {curve_role(index) for index in range(CURVES)}):
        assert len(each) == len(set(each)) == CURVES
    assert {len(sample) for sample in SAMPLES} == {3}


def test_the_samples_stay_different_in_ascii() -> None:
    assert len({to_ascii(sample) for sample in SAMPLES}) == CURVES
