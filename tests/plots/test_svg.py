"""Pictures as SVG: well-formed, aligned without the right fonts, readable without colours."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradtui.plots.picture import CURVES, Picture, curve_role, row
from gradtui.plots.svg import BACKGROUND, COLOURS, GROUNDS, HEIGHT, WIDTH, svg

SVG = "{http://www.w3.org/2000/svg}"


def drawn(*lines: str, role: str = "") -> ElementTree.Element:
    picture = Picture.of([row((line, role)) for line in lines], max(map(len, lines)))
    return ElementTree.fromstring(svg(picture, "a title"))


def words(root: ElementTree.Element) -> list[tuple[str, int, int]]:
    """Every text with its x and its length in cells."""
    found = root.iter(f"{SVG}text")
    return [
        (one.text or "", int(one.attrib["x"]) // WIDTH, int(one.attrib["textLength"]) // WIDTH)
        for one in found
    ]


def paths(root: ElementTree.Element) -> list[str]:
    return [one.attrib["d"] for one in root.iter(f"{SVG}path")]


@given(st.lists(st.text(st.characters(codec=None), max_size=12), min_size=1, max_size=4), st.text())
def test_whatever_the_text_the_file_is_well_formed(lines: list[str], title: str) -> None:
    picture = Picture.of([row(line) for line in lines], max(map(len, lines)))
    ElementTree.fromstring(svg(picture, title).encode("utf-8"))


def test_the_drawing_has_the_size_of_its_cells_and_a_title() -> None:
    root = drawn("abcd", "e")
    width, height = int(root.attrib["width"]), int(root.attrib["height"])
    assert (width, height) == (4 * WIDTH + 24, 2 * HEIGHT + 24)
    assert root.attrib["viewBox"] == f"0 0 {width} {height}"
    assert root.findtext(f"{SVG}title") == root.attrib["aria-label"] == "a title"


def test_every_run_of_words_stands_in_its_own_cells() -> None:
    assert words(drawn("one two   three", "   four")) == [
        ("one two", 0, 7),
        ("three", 10, 5),
        ("four", 3, 4),
    ]


def test_what_xml_would_read_as_markup_is_text() -> None:
    assert words(drawn("a<b & 'c' \"d\">")) == [("a<b & 'c' \"d\">", 0, 14)]


def test_braille_is_drawn_dot_by_dot_on_an_even_grid() -> None:
    root = drawn("⣿⠁")
    assert words(root) == []
    (path,) = paths(root)
    dots = [tuple(map(int, one)) for one in re.findall(r"M(\d+) (\d+)h\.01", path)]
    assert set(dots) == {(x, y) for x in (2, 6) for y in (2, 6, 10, 14)} | {(10, 2)}
    assert len(dots) == 9


def test_a_frame_is_drawn_in_strokes_without_seams() -> None:
    root = drawn("┌──┐", "│  │", "└──┘")
    assert words(root) == []
    (path,) = paths(root)
    assert sorted(re.findall(r"M[^M]+", path)) == ["M28 8V40", "M4 40H28", "M4 8H28", "M4 8V40"]


def test_blocks_fill_their_quarters() -> None:
    (path,) = paths(drawn("▘▟"))
    corners = {tuple(map(int, one)) for one in re.findall(r"M(\d+) (\d+)", path)}
    assert corners == {(0, 0), (12, 0), (8, 8), (12, 8)}


@pytest.mark.parametrize("character", "╌┆╍━┃")
def test_broken_and_heavy_lines_are_drawn(character: str) -> None:
    root = drawn(character)
    assert words(root) == []
    assert len(paths(root)) == 1


def test_a_role_that_is_not_known_is_drawn_as_text() -> None:
    assert COLOURS[""] in svg(Picture.of([row(("a", "no such role"))], 1), "")


def luminance(colour: str) -> float:
    """Relative luminance as WCAG 2 defines it."""
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("role", COLOURS)
def test_every_colour_reads_on_the_ground(role: str) -> None:
    """4.5 is what WCAG 2 asks of text (AA), 3 of lines and frames."""
    least = 3.0 if role == "axis" else 4.5
    assert (luminance(BACKGROUND) + 0.05) / (luminance(COLOURS[role]) + 0.05) >= least


@pytest.mark.parametrize("role", GROUNDS)
def test_what_has_a_ground_reads_on_it_and_is_drawn_over_it(role: str) -> None:
    assert (luminance(GROUNDS[role]) + 0.05) / (luminance(COLOURS[role]) + 0.05) >= 4.5
    text = svg(Picture.of([row(("==", role))], 2), "")
    assert text.index(f'<path fill="{GROUNDS[role]}"') < text.index("==")
    assert f"h{2 * WIDTH}v{HEIGHT}" in text


def test_every_curve_has_a_colour_of_its_own() -> None:
    assert len({COLOURS[curve_role(index)] for index in range(CURVES)}) == CURVES


def test_eighths_and_shades_are_drawn_and_not_left_to_a_font() -> None:
    drawing = svg(Picture.of([row("▂░▓█")], 4), "blocks")
    assert not any(character in drawing for character in "▂░▓█")
    assert f"h{WIDTH}v{HEIGHT / 4:g}h-{WIDTH}z" in drawing
    assert 'fill-opacity="0.25"' in drawing
    assert 'fill-opacity="0.75"' in drawing
