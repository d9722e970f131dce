"""Figures: exact axes, a legend that tells curves apart without colour, words where they belong."""

from __future__ import annotations

import math
import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gradtui.plots.canvas import Canvas
from gradtui.plots.figure import Caption, figure
from gradtui.plots.palette import BACKGROUNDS, FIGURE_THEMES
from gradtui.plots.panel import DASHES as FIGURE_DASHES
from gradtui.plots.picture import DASHES, Picture, curve_role, row
from gradtui.plots.shapes import Drawing, Fill, Stroke, Words
from gradtui.plots.svg import svg

X, Y = np.linspace(0.0, 10.0, 41), np.linspace(-1.0, 3.0, 41)


def canvas(width: int = 60, height: int = 20, **options: object) -> Canvas:
    limits = {"x_limits": (0.0, 10.0), "y_limits": (-1.0, 3.0), **options}
    return Canvas(
        width,
        height,
        x_label=lambda at: f"{at:g}",
        y_label=lambda at: f"{at:g}",
        **limits,  # type: ignore[arg-type]
    )


def drawn(made: Canvas, theme: str = "light", **caption: object) -> Drawing:
    words = Caption(**{"title": "a title", **caption})  # type: ignore[arg-type]
    return figure(made.build(), words, theme)


def words(drawing: Drawing) -> list[Words]:
    return [shape for shape in drawing.shapes if isinstance(shape, Words)]


def scale_of(labels: list[Words], axis: int) -> tuple[float, float]:
    """From the places of the labels: value = a + b * place."""
    places = np.array([one.at[axis] for one in labels])
    values = np.array([float(one.text) for one in labels])
    slope = (values[-1] - values[0]) / (places[-1] - places[0])
    assert places == pytest.approx(places[0] + (values - values[0]) / slope, abs=1e-9)
    return float(values[0] - slope * places[0]), float(slope)


def test_the_points_of_a_curve_are_where_the_axes_say() -> None:
    made = canvas()
    made.line(X, Y, "curve0", name="one")
    made.line(X, Y[::-1], "curve1", "dashed", name="two")
    drawing = drawn(made)
    numbers = [one for one in words(drawing) if re.fullmatch(r"-?[\d.]+", one.text)]
    a, b = scale_of([one for one in numbers if one.anchor == "middle"], 0)
    # A label's base line is below the middle of its digits.
    low, up = scale_of([one for one in numbers if one.anchor == "end"], 1)
    low += up * 0.36 * 11
    (curve,) = [
        s for s in drawing.shapes
        if isinstance(s, Stroke) and s.clip and s.colour == FIGURE_THEMES["light"][0]["curve0"]
    ]  # fmt: skip
    (piece,) = curve.pieces
    assert len(piece) == len(X)
    assert [a + b * x for x, _ in piece] == pytest.approx(X, abs=1e-9)
    assert [low + up * y for _, y in piece] == pytest.approx(Y, abs=1e-9)


def test_a_gap_is_a_gap_and_a_lone_point_is_seen() -> None:
    made = canvas()
    made.line([0, 1, 2, 3, 4, 5], [0, 1, math.nan, 1, -math.inf, 2], "curve0")
    pieces = next(s.pieces for s in drawn(made).shapes if isinstance(s, Stroke) and s.clip)
    assert [len(piece) for piece in pieces] == [2, 2, 2]


def test_every_curve_has_a_dash_of_its_own_there_and_in_the_legend() -> None:
    made = canvas()
    for index, dash in enumerate(("solid", *DASHES[1:])):
        made.line(X, Y, curve_role(index), dash, f"name {index}", "abcdef"[index])
    drawing = drawn(made)
    patterns = {s.colour: s.dash for s in drawing.shapes if isinstance(s, Stroke) and s.clip}
    assert len(set(patterns.values())) == len(patterns) == 6
    samples = [
        s for s in drawing.shapes if isinstance(s, Stroke) and s.colour in patterns and not s.clip
    ]
    assert {s.colour: s.dash for s in samples} == patterns
    assert [one.text for one in words(drawing)][1:7] == [f"name {index}" for index in range(6)]
    assert set(FIGURE_DASHES) >= {"solid", *DASHES}


def test_title_caption_and_verdicts_are_apart() -> None:
    made = canvas()
    made.line(X, Y, "curve0", name="one")
    bare = drawn(made)
    texts = [one.text for one in words(bare)]
    assert texts[0] == "a title"
    full = drawn(made, text="what was asked", verdicts=(("✗ it vanishes", "bad"),))
    more = [one.text for one in words(full)][len(texts) :]
    assert more == ["what was asked", "✗ it vanishes"]
    assert full.height > bare.height
    assert (full.title, full.description) == ("a title", "what was asked")


def test_the_cursor_is_none_of_a_figure_s_unless_it_has_a_name() -> None:
    made, named = canvas(), canvas()
    made.upright(5.0, "cursor")
    named.upright(5.0, "cursor", "z = 5")
    colour = FIGURE_THEMES["light"][0]["cursor"]
    assert colour not in svg(drawn(made))
    assert colour in svg(drawn(named))
    assert "z = 5" in [one.text for one in words(drawn(named))]


@pytest.mark.parametrize("theme", FIGURE_THEMES)
def test_a_theme_has_its_ground_and_its_colours(theme: str) -> None:
    made = canvas()
    made.line(X, Y, "curve1", name="one")
    drawing = drawn(made, theme)
    assert drawing.background == BACKGROUNDS[theme]
    assert FIGURE_THEMES[theme][0]["curve1"] in svg(drawing)


def test_plots_beside_and_above_one_another_keep_their_places() -> None:
    def part(title: str) -> Picture:
        return canvas(40, 10, title=title).build()

    picture = part("left").beside(part("right")).above(part("below"))
    drawing = figure(picture, Caption("all"))
    at = {one.text: one.at for one in words(drawing)}
    assert at["left"][1] == at["right"][1] < at["below"][1]
    assert at["left"][0] == at["below"][0]
    assert at["right"][0] - at["left"][0] == pytest.approx(40 * 8)


def test_a_map_is_drawn_in_the_grounds_of_its_bands() -> None:
    made = canvas()
    low, high = ("=", "vanishing4"), ("%", "exploding3")
    made.shade(
        lambda x, y: [[low if at < 5 else high for at in x] for _ in y],
        [(*low, "<1e-9"), (*high, ">1000")],
    )
    drawing = drawn(made)
    grounds = FIGURE_THEMES["light"][1]
    fills = {s.colour: s for s in drawing.shapes if isinstance(s, Fill) and s.crisp}
    assert set(fills) == {grounds["vanishing4"], grounds["exploding3"]}
    edge = max(x for piece in fills[grounds["vanishing4"]].pieces for x, _ in piece)
    assert edge == min(x for piece in fills[grounds["exploding3"]].pieces for x, _ in piece)
    assert "<1e-9" in [one.text for one in words(drawing)]


def test_a_picture_without_plots_is_its_words() -> None:
    drawing = figure(Picture.of([row("nothing yet")], 40), Caption("a title"))
    assert [one.text for one in words(drawing)] == ["a title", "nothing yet"]


def test_a_hundred_thousand_points_are_drawn_by_their_extremes() -> None:
    rng = np.random.default_rng(0)
    made = canvas(x_limits=(0.0, 1e5))
    y = rng.uniform(0.0, 1.0, 100_000)
    y[70_000] = 2.9
    made.line(np.arange(1e5), y, "curve0")
    text = svg(drawn(made))
    assert len(text) < 200_000
    (piece,) = next(s.pieces for s in drawn(made).shapes if isinstance(s, Stroke) and s.clip)
    assert min(at for _, at in piece) < sorted(at for _, at in piece)[5] - 50


extreme = st.floats(allow_nan=True, allow_infinity=True)


@settings(max_examples=60)
@given(st.lists(extreme, min_size=1, max_size=20), st.sampled_from(["linear", "log"]))
def test_no_data_whatever_gives_a_number_that_is_none(values: list[float], scale: str) -> None:
    finite = [one for one in values if math.isfinite(one) and abs(one) < 1e300] or [0.0]
    made = canvas(
        x_limits=(0.0, float(len(values))),
        y_limits=(min(finite), max(finite)),
        log_y=scale == "log",
    )
    at = range(len(values))
    made.line(at, values, "curve0")
    made.band(at, values, values[::-1], "spread")
    made.bars(at, values, values[::-1], "curve1")
    made.bars(at, values, values[::-1], "curve1", 0.5)
    made.text(1.0, values[0], "a", "title")
    text = svg(drawn(made))
    assert not re.search(r"nan|inf", text.lower().replace("info", ""))
    assert all(
        abs(float(n)) < 2e5
        for n in re.findall(
            r"-?\d+\.?\d*", "".join(re.findall(r' d="([^"]*)"', text)).replace("M", " ")
        )
    )
