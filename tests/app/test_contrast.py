"""Contrast by WCAG 2, and curves that are told apart without colour."""

from __future__ import annotations

import math
from itertools import combinations

import numpy as np
import pytest
from rich.style import Style

from gradtui.app.themes import TEXTUAL_THEMES, styles
from gradtui.app.themes import in_colours as theme_in_colours
from gradtui.models.finding import Kind
from gradtui.plots.ansi import SGR
from gradtui.plots.ascii import to_ascii
from gradtui.plots.canvas import Canvas
from gradtui.plots.palette import BACKGROUNDS as PAPERS
from gradtui.plots.palette import FIGURE_THEMES
from gradtui.plots.picture import BANDS, CURVES, DASHES, LETTERS, SAMPLES, band, curve_role

AA = 4.5
"""WCAG 2.2, success criterion 1.4.3, level AA, for text of ordinary size."""

BACKGROUNDS = {theme.name.removeprefix("gradtui-"): theme for theme in TEXTUAL_THEMES}
CHOSEN = ("dark", "light", "contrast")

# The sixteen colours as the common terminals have them when nobody has changed them:
# VGA's text mode (the Linux console), and xterm's XTerm-col.ad with its X11 colour names.
# https://en.wikipedia.org/wiki/ANSI_escape_code#Colors gives both tables.
_NAMES = ("black", "red", "green", "yellow", "blue", "magenta", "cyan", "white")
PALETTES = {
    "VGA": "000000 aa0000 00aa00 aa5500 0000aa aa00aa 00aaaa aaaaaa "
    "555555 ff5555 55ff55 ffff55 5555ff ff55ff 55ffff ffffff",
    "xterm": "000000 cd0000 00cd00 cdcd00 0000ee cd00cd 00cdcd e5e5e5 "
    "7f7f7f ff0000 00ff00 ffff00 5c5cff ff00ff 00ffff ffffff",
}

Rgb = tuple[int, int, int]


def luminance(colour: Rgb) -> float:
    """Relative luminance by WCAG 2."""

    def linear(channel: int) -> float:
        value = channel / 255
        return value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4

    red, green, blue = map(linear, colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: Rgb, other: Rgb) -> float:
    """The contrast ratio by WCAG 2, from 1 to 21."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def rgb(text: str) -> Rgb:
    digits = text.lstrip("#")
    return int(digits[:2], 16), int(digits[2:4], 16), int(digits[4:], 16)


def palette(name: str) -> dict[str, Rgb]:
    """The sixteen colours by the names that Rich gives them."""
    names = [*_NAMES, *(f"bright_{one}" for one in _NAMES)]
    return dict(zip(names, map(rgb, PALETTES[name].split()), strict=True))


def test_the_formula_gives_the_published_ratios() -> None:
    assert contrast((0, 0, 0), (255, 255, 255)) == pytest.approx(21)
    assert contrast((255, 255, 255), (255, 255, 255)) == 1
    # Grey #767676 on white is the well-known darkest that passes: 4.54.
    assert contrast(rgb("#767676"), (255, 255, 255)) == pytest.approx(4.54, abs=0.005)
    assert contrast(rgb("#777777"), (255, 255, 255)) == pytest.approx(4.48, abs=0.005)


# ------------------------------------------------------------- our own colours


@pytest.mark.parametrize("theme", CHOSEN)
@pytest.mark.parametrize("role", styles("dark"))
def test_every_role_can_be_read_on_its_background(theme: str, role: str) -> None:
    style = styles(theme)[role]
    background = rgb(str(BACKGROUNDS[theme].background))
    if style.bgcolor is not None and style.bgcolor.triplet is not None:
        background = style.bgcolor.triplet
    assert style.color is not None
    assert style.color.triplet is not None
    assert contrast(style.color.triplet, background) >= AA


@pytest.mark.parametrize("theme", CHOSEN)
def test_what_stands_on_a_page_can_be_read_there(theme: str) -> None:
    """Pages and the prompt have the surface's colour behind them."""
    surface = rgb(str(BACKGROUNDS[theme].surface))
    for role in ("", "muted", "title", "key", "good", "bad"):
        colour = styles(theme)[role].color
        assert colour is not None
        assert colour.triplet is not None
        assert contrast(colour.triplet, surface) >= AA, role


@pytest.mark.parametrize("name", FIGURE_THEMES)
def test_a_theme_and_the_figures_in_it_have_the_same_colours(name: str) -> None:
    theme = styles(name)
    colours, grounds = FIGURE_THEMES[name]
    for role, colour in colours.items():
        assert theme[role].color is not None
        assert theme[role].color.triplet == rgb(colour), role
    for role, ground in grounds.items():
        assert theme[role].bgcolor is not None
        assert theme[role].bgcolor.triplet == rgb(ground), role


@pytest.mark.parametrize("name", FIGURE_THEMES)
def test_every_role_can_be_read_in_a_figure(name: str) -> None:
    colours, grounds = FIGURE_THEMES[name]
    for role, colour in colours.items():
        behind = grounds.get(role, PAPERS[name])
        assert contrast(rgb(colour), rgb(behind)) >= AA, role


def test_the_theme_of_high_contrast_has_more_of_it() -> None:
    """Level AAA, 7:1, for all that is text; AA is enough for nobody who chooses this theme."""
    background = rgb(str(BACKGROUNDS["contrast"].background))
    for role, style in styles("contrast").items():
        behind = background if style.bgcolor is None else style.bgcolor.triplet
        assert style.color is not None
        assert style.color.triplet is not None
        assert behind is not None
        assert contrast(style.color.triplet, behind) >= 7, role


# ---------------------------------------------------------- the sixteen colours


@pytest.mark.parametrize("name", PALETTES)
@pytest.mark.parametrize("role", styles("terminal"))
def test_every_named_colour_can_be_read_on_black(role: str, name: str) -> None:
    colour = styles("terminal")[role].color
    if colour is None or colour.is_default:
        return  # the terminal's own, which its owner can read
    assert contrast(palette(name)[colour.name], palette(name)["black"]) >= AA, colour.name


@pytest.mark.parametrize("name", PALETTES)
@pytest.mark.parametrize("role", SGR)
def test_every_colour_of_the_command_line_can_be_read_on_black(role: str, name: str) -> None:
    number = int(SGR[role])
    colours = list(palette(name).values())
    if 30 <= number <= 37:
        colour = colours[number - 30]
    elif 90 <= number <= 97:
        colour = colours[number - 90 + 8]
    else:
        assert number in (1, 2)  # bold or dim: the terminal's own
        return
    assert contrast(colour, colours[0]) >= AA


def test_sixteen_colours_and_none_take_the_place_of_every_theme() -> None:
    for theme in CHOSEN:
        assert theme_in_colours(theme, "16") == "terminal"
        assert theme_in_colours(theme, "none") == "mono"
        for colours in ("256", "truecolor"):
            assert theme_in_colours(theme, colours) == theme


def test_without_colour_no_role_has_one() -> None:
    for role, style in styles("mono").items():
        assert style.color is None, role
        assert style.bgcolor is None, role
    assert styles("mono")["here"].reverse
    assert styles("mono")["pointer"] != Style()


@pytest.mark.parametrize("theme", CHOSEN)
def test_every_band_of_a_map_has_its_own_ground_and_there_are_few(theme: str) -> None:
    bands = [band(strength).role for strength in range(-BANDS, BANDS + 1) if strength]
    grounds = {styles(theme)[role].bgcolor for role in bands}
    assert len(grounds) == 2 * BANDS
    assert len({*grounds, *(styles(theme)[role].color for role in bands)}) <= 64


# ------------------------------------------------------------ told apart without


def test_every_curve_has_its_own_dashes_sample_letter_and_role() -> None:
    for marks in (DASHES, SAMPLES, LETTERS, [curve_role(index) for index in range(CURVES)]):
        assert len(marks) == len(set(marks)) == CURVES
    assert len({len(sample) for sample in SAMPLES}) == 1


def test_samples_differ_in_ascii_too() -> None:
    assert len({to_ascii(sample) for sample in SAMPLES}) == CURVES


@pytest.mark.parametrize("theme", ["dark", "light", "contrast", "terminal"])
def test_every_curve_has_its_own_colour(theme: str) -> None:
    colours = {styles(theme)[curve_role(index)].color for index in range(CURVES)}
    assert len(colours) == CURVES


@pytest.mark.parametrize("marker", ["braille", "block", "dot", "ascii"])
def test_every_dash_draws_another_picture(marker: str) -> None:
    x = np.linspace(0.0, 1.0, 200)
    drawn = []
    for dash in DASHES:
        canvas = Canvas(
            60, 12, (0.0, 1.0), (0.0, 1.0), str, lambda value: f"{value:g}", marker=marker
        )
        canvas.line(x, np.sin(math.pi * x), "curve0", dash)
        drawn.append(canvas.build().text)
    for (one, first), (other, second) in combinations(zip(DASHES, drawn, strict=True), 2):
        assert first != second, (one, other)


def test_every_band_has_a_glyph_of_its_own_in_ascii_too() -> None:
    glyphs = [band(strength).text for strength in range(-BANDS, BANDS + 1)]
    assert len({to_ascii(glyph) for glyph in glyphs}) == 2 * BANDS + 1


def test_every_verdict_has_a_mark_of_its_own() -> None:
    marks = [kind.mark for kind in Kind]
    assert len(set(marks)) == len(marks)
    assert len({to_ascii(mark) for mark in marks}) == len(marks)
