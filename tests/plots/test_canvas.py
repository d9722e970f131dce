"""The canvas: curves as rows of text, of exactly the size asked, whatever the numbers."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gradtui.errors import InputError
from gradtui.plots.ascii import to_ascii
from gradtui.plots.canvas import MARKERS, MIN_HEIGHT, MIN_WIDTH, Canvas
from gradtui.plots.picture import (
    BANDS,
    DASHES,
    FOCUSED,
    SAMPLES,
    Picture,
    band,
    row_text,
)
from gradtui.plots.ticks import tick_values


def canvas(
    width: int = 30,
    height: int = 9,
    x: tuple[float, float] = (0.0, 10.0),
    y: tuple[float, float] = (0.0, 5.0),
    **options: object,
) -> Canvas:
    return Canvas(
        width, height, x, y, x_label=lambda at: f"{at:g}", y_label=lambda at: f"{at:g}", **options
    )  # type: ignore[arg-type]


def lines(picture: Picture) -> list[str]:
    return [row_text(one) for one in picture.rows]


def inked(picture: Picture, role: str) -> list[tuple[int, int]]:
    """(row, column) of every cell of that role that is no blank."""
    return [
        (y, x)
        for y, one in enumerate(picture.rows)
        for x, (character, its) in enumerate((c, span.role) for span in one for c in span.text)
        if its == role and character != " "
    ]


# --------------------------------------------------------------------- size


@pytest.mark.parametrize("marker", list(MARKERS))
@pytest.mark.parametrize(("width", "height"), [(16, 5), (17, 6), (36, 9), (56, 13), (200, 60)])
def test_the_rows_have_exactly_the_size_asked(width: int, height: int, marker: str) -> None:
    made = canvas(width, height, marker=marker)
    made.line([0, 10], [0, 5], "curve0")
    picture = made.build()
    assert picture.height == height
    assert {len(line) for line in lines(picture)} == {width}


@pytest.mark.parametrize(
    ("width", "height"), [(MIN_WIDTH - 1, 20), (80, MIN_HEIGHT - 1), (1, 1), (0, 0), (-3, 20)]
)
def test_a_size_without_room_for_a_curve_is_an_error_that_says_the_least(
    width: int, height: int
) -> None:
    with pytest.raises(InputError, match=f"{MIN_WIDTH}x{MIN_HEIGHT}"):
        canvas(width, height)


# -------------------------------------------------------------------- curves


def test_a_rising_line_goes_from_the_lower_left_to_the_upper_right() -> None:
    made = canvas()
    made.line([0, 10], [0, 5], "curve0")
    cells = inked(made.build(), "curve0")
    first, last = min(cells, key=lambda cell: cell[1]), max(cells, key=lambda cell: cell[1])
    assert first == (6, made.label_width + 1)
    assert last == (1, made.label_width + made.columns)
    columns = [column for _, column in cells]
    assert sorted(set(columns)) == list(range(min(columns), max(columns) + 1))


def to_ascii_cells(picture: Picture) -> str:
    """The picture's text, each character as one of ASCII."""
    return "\n".join(map(to_ascii, picture.text.split("\n")))


def test_a_plot_as_text() -> None:
    made = canvas(24, 8, marker="ascii", label_width=4, x_ticks=[0, 5, 10])
    made.line([0, 10], [2.5, 2.5], "curve0")
    made.text(5, 5, "top", "title")
    assert to_ascii_cells(made.build()).split("\n") == [
        "    +------------------+",
        "   5+         top      |",
        "    |                  |",
        "    |******************|",
        "    |                  |",
        "   0+                  |",
        "    ++--------+-------++",
        "     0        5      10",
    ]


@pytest.mark.parametrize("dash", DASHES)
def test_every_dash_is_drawn_and_differs_from_the_others(dash: str) -> None:
    def columns(which: str) -> set[int]:
        made = canvas(80, 9)
        made.line([0, 10], [2.5, 2.5], "curve0", which)
        return {column for _, column in inked(made.build(), "curve0")}

    assert columns(dash)
    assert columns(dash) <= columns("solid")


def test_no_two_dashes_are_drawn_alike() -> None:
    pictures = []
    for dash in DASHES:
        made = canvas(80, 9)
        made.line([0, 10], [2.5, 2.5], "curve0", dash)
        pictures.append(made.build().text)
    assert len(set(pictures)) == len(DASHES)


def test_what_is_outside_the_limits_is_not_drawn() -> None:
    made = canvas()
    made.line([0, 10], [7, 9], "curve0")
    made.line([-9, -1], [1, 2], "curve1")
    picture = made.build()
    assert inked(picture, "curve0") == inked(picture, "curve1") == []


# ------------------------------------------------------------- what no number is


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_what_is_not_finite_is_a_gap(bad: float) -> None:
    made = canvas(60, 9)
    made.line(range(11), [2, 2, 2, 2, bad, bad, bad, 2, 2, 2, 2], "curve0")
    columns = {column for _, column in inked(made.build(), "curve0")}
    inside = [made.label_width + 1 + round(x / 10 * (made.columns - 1)) for x in (4, 5, 6)]
    assert columns.isdisjoint(inside)
    assert made.label_width + 1 in columns


@pytest.mark.parametrize("marker", list(MARKERS))
@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_a_curve_of_nothing_else_leaves_the_frame(bad: float, marker: str) -> None:
    made = canvas(marker=marker)
    made.line([0, 5, 10], [bad] * 3, "curve0")
    made.bars([1, 2], [bad, 0], [0, bad], "curve1")
    made.upright(5, "cursor")
    picture = made.build()
    assert inked(picture, "curve0") == []
    assert "┌" in picture.text


numbers = st.floats(allow_nan=True, allow_infinity=True)


@settings(max_examples=200)
@given(
    st.lists(numbers, min_size=1, max_size=30),
    st.sampled_from(DASHES),
    st.sampled_from(list(MARKERS)),
    st.integers(MIN_WIDTH, 40),
    st.integers(MIN_HEIGHT, 12),
)
def test_no_data_whatever_raises_or_breaks_a_row(
    values: list[float], dash: str, marker: str, width: int, height: int
) -> None:
    finite = [one for one in values if math.isfinite(one) and abs(one) < 1e300] or [0.0]
    made = canvas(
        width, height, (0.0, float(len(values))), (min(finite), max(finite)), marker=marker
    )
    made.line(range(len(values)), values, "curve0", dash)
    made.bars(range(len(values)), values, values[::-1], "curve1")
    picture = made.build()
    assert picture.height == height
    assert {len(line) for line in lines(picture)} == {width}


@pytest.mark.parametrize("value", [0.0, 1.0, -3.5, 1e-300, 1e200, -1e15])
def test_constant_data_have_an_axis_around_them(value: float) -> None:
    made = canvas(y=(value, value))
    made.line([0, 10], [value, value], "curve0")
    assert made.y_limits[0] < value < made.y_limits[1]
    assert inked(made.build(), "curve0")


def test_a_single_point_is_seen() -> None:
    made = canvas(x=(1.0, 1.0))
    made.line([1.0], [2.0], "curve0")
    assert made.build().height == 9


# --------------------------------------------------------------------- ASCII


def test_the_ascii_marker_leaves_no_other_character_after_translation() -> None:
    made = canvas(marker="ascii")
    made.line([0, 10], [0, 5], "curve0", "dashed")
    made.bars([3, 4], [0, 0], [4, 5], "curve1")
    made.level(3, "float16", "muted")
    made.upright(5, "cursor")
    made.text(5, 3, "●▲", "cursor")
    text = to_ascii_cells(made.build())
    assert text.isascii()
    assert "?" not in text
    assert "*" in text


# ------------------------------------------------------------------- overlays


def test_a_level_is_named_at_its_right_end_and_stays_behind_the_curves() -> None:
    made = canvas(50, 11)
    made.line([0, 6], [0, 5], "curve0")
    made.level(2.5, "float16", "muted")
    picture = made.build()
    (row,) = [one for one in lines(picture) if "float16" in one]
    assert row.rstrip("│").endswith("float16")
    plain = canvas(50, 11)
    plain.line([0, 6], [0, 5], "curve0")
    assert inked(picture, "curve0") == inked(plain.build(), "curve0")


def test_levels_in_one_line_are_named_together_from_the_lowest_or_not_at_all() -> None:
    """One after the other, they would name two places in that line."""
    for columns, said in ((50, ["low, high"]), (18, [])):
        made = canvas(columns, 11)
        made.level(2.51, " high ", "muted")
        made.level(2.5, " low ", "muted")
        named = [one for one in lines(made.build()) if "high" in one or "low" in one]
        assert [words in one for words, one in zip(said, named, strict=True)] == [True] * len(said)


def test_a_level_outside_the_limits_is_left_out() -> None:
    made = canvas()
    made.level(5.1, "float16", "muted")
    assert "float16" not in made.build().text


def test_the_cursor_is_an_upright_in_its_column() -> None:
    made = canvas()
    made.upright(10, "cursor")
    cells = inked(made.build(), "cursor")
    assert {column for _, column in cells} == {made.label_width + made.columns}
    assert [y for y, _ in cells] == list(range(1, 1 + made.lines))


@pytest.mark.parametrize("x", [-1e9, 0.0, 9.99, 10.0, 1e9])
def test_a_text_stays_inside_the_frame(x: float) -> None:
    made = canvas()
    made.text(x, 1e9, "here", "title")
    picture = made.build()
    assert "here" in lines(picture)[1]
    assert {len(line) for line in lines(picture)} == {30}


def test_a_role_is_a_curve_s_own() -> None:
    made = canvas()
    made.line([0, 10], [1, 1], "curve0")
    made.line([0, 10], [4, 4], "curve1")
    picture = made.build()
    assert {y for y, _ in inked(picture, "curve0")} != {y for y, _ in inked(picture, "curve1")}
    roles = {span.role for one in picture.rows for span in one}
    assert roles == {"axis", "curve0", "curve1"}


def test_many_curves_keep_their_roles_apart() -> None:
    made = canvas(40, 20)
    for index in range(600):
        made.line([0, 10], [index % 5, index % 5], f"role{index}")
    roles = {span.role for one in made.build().rows for span in one}
    assert roles <= {"axis", *(f"role{index}" for index in range(600))}


# ---------------------------------------------------------------------- ticks


@pytest.mark.parametrize(
    ("low", "high", "most", "ticks"),
    [
        (0, 10, 6, [0, 2, 4, 6, 8, 10]),
        (0, 1, 6, [0, 0.2, 0.4, 0.6, 0.8, 1]),
        (1, 50, 6, [10, 20, 30, 40, 50]),
        (-32, 0, 5, [-30, -20, -10, 0]),
        (0, 0.03, 4, [0, 0.01, 0.02, 0.03]),
        (5, 5, 4, [5]),
    ],
)
def test_ticks_are_round(low: float, high: float, most: int, ticks: list[float]) -> None:
    assert tick_values(low, high, most) == pytest.approx(ticks)


@given(st.floats(-1e9, 1e9), st.floats(1e-6, 1e9), st.integers(1, 30))
def test_ticks_are_few_even_and_multiples_of_1_2_or_5(low: float, span: float, most: int) -> None:
    span = max(span, 1e-6 * abs(low))  # or float64 itself has no room for ticks
    high = low + span
    ticks = tick_values(low, high, most)
    assert 0 <= len(ticks) <= most
    slack = 1e-8 * span + 1e-9 * max(abs(low), abs(high))
    assert all(low - slack <= tick <= high + slack for tick in ticks)
    if len(ticks) > 1:
        steps = np.diff(ticks)
        assert steps.max() - steps.min() <= 1e-6 * steps.max() + 1e-12 * abs(high) + 1e-12 * abs(
            low
        )
        step = float(np.median(steps))
        leading = float(f"{step:.2e}".split("e")[0])
        assert min(abs(leading - one) for one in (1, 2, 5, 10)) < 0.02


def test_a_whole_axis_has_whole_ticks() -> None:
    made = canvas(40, 20, y=(-3.2, 1.1), whole_y=True)
    made.line([0, 10], [-3, 1], "curve0")
    labels = [line[: made.label_width].strip() for line in lines(made.build())]
    assert [label for label in labels if label] == ["1", "0", "-1", "-2", "-3"]


def test_the_labels_keep_to_their_width() -> None:
    made = Canvas(
        40, 9, (0, 1), (0, 1), x_label=str, y_label=lambda at: "a label far too long", label_width=5
    )
    made.line([0, 1], [0, 1], "curve0")
    picture = made.build()
    assert {len(line) for line in lines(picture)} == {40}
    assert {line.index("│") for line in lines(picture) if "│" in line} <= {5, 39}


# ---------------------------------------------------------------- maps and paths


def test_a_ground_fills_every_cell_of_the_plot_where_no_curve_is() -> None:
    made = canvas()
    made.line([0, 10], [2.5, 2.5], "curve0")
    ground = [[("#", "exploding4")] * made.columns for _ in range(made.lines)]
    made.shade(lambda x, y: ground)
    picture = made.build()
    covered = inked(picture, "exploding4")
    assert len(covered) == made.columns * (made.lines - 1)
    assert len(inked(picture, "curve0")) == made.columns


def test_a_blank_of_the_ground_does_not_take_the_colour_beside_it() -> None:
    made = canvas()
    line = [("#", "exploding4")] * 5 + [(" ", "")] * (made.columns - 5)
    made.shade(lambda x, y: [line] * made.lines)
    for one in made.build().rows:
        for text, role in one:
            assert role != "exploding4" or " " not in text


def test_a_path_may_turn_back_and_is_drawn_in_its_order() -> None:
    made = canvas(40, 15)
    made.line([2, 8, 8, 2], [1, 1, 4, 4], "good")
    cells = inked(made.build(), "good")
    rows = {y for y, _ in cells}
    ends = {y: max(x for row, x in cells if row == y) for y in rows}
    assert len(rows) >= 6
    right = max(ends.values())
    assert all(end >= right - 1 for end in ends.values())


def test_a_path_is_interrupted_where_it_leaves_the_plot_or_is_no_number() -> None:
    made = canvas(60, 9)
    made.line([1, 2, math.nan, 6, 7, 30, 8, 9], [2, 2, 2, 2, 2, 2, 2, math.inf], "good")
    columns = {x for _, x in inked(made.build(), "good")}

    def column(x: float) -> int:
        return made.label_width + 1 + round(x / 10 * (made.columns - 1))

    assert column(1.5) in columns
    assert column(4) not in columns
    assert column(7) in columns
    assert max(columns) <= made.label_width + made.columns


def test_a_path_of_one_point_is_a_dot_and_one_outside_is_nothing() -> None:
    made = canvas()
    made.line([5], [2.5], "good")
    made.line([50], [2.5], "warn")
    picture = made.build()
    assert len(inked(picture, "good")) == 1
    assert inked(picture, "warn") == []


@pytest.mark.parametrize(("x", "y"), [(0, 0), (10, 5), (5, 2), (99, -99)])
def test_the_pointer_is_inside_and_marked_on_the_frame(x: float, y: float) -> None:
    made = canvas()
    made.pointer(x, y, "cursor")
    picture = made.build()
    text = [row_text(one) for one in picture.rows]
    (row,) = [index for index, line in enumerate(text) if "⊕" in line]
    column = text[row].index("⊕")
    assert text[0][column] == "▾"
    assert text[row][made.label_width] == "▸"
    assert 1 <= row <= made.lines
    assert made.label_width < column <= made.label_width + made.columns


@pytest.mark.parametrize("marker", ["dot", "ascii"])
def test_no_line_on_a_map_looks_like_one_of_its_bands(marker: str) -> None:
    bands = {to_ascii(band(strength).text) for strength in range(-BANDS, BANDS + 1)}
    for dash in ("solid", *DASHES):
        canvas = _plain(marker)
        canvas.shade(lambda x, y: [[(" ", "")] * len(x) for _ in y])
        canvas.line([0.0, 10.0], [5.0, 5.0], "warn", dash)
        drawn = {
            span.text[:1] for row in canvas.build().rows for span in row if span.role == "warn"
        }
        assert drawn, dash
        assert not bands & set(map(to_ascii, drawn)), dash


def test_a_legend_in_ascii_has_the_characters_of_what_is_drawn() -> None:
    for dash, sample in (("solid", FOCUSED), *zip(DASHES, SAMPLES, strict=True)):
        canvas = _plain("ascii")
        canvas.line([0.0, 10.0], [5.0, 5.0], "curve0", dash)
        drawn = {c for row in canvas.build().rows for span in row if span.role == "curve0"
                 for c in span.text}  # fmt: skip
        assert set(to_ascii(sample)) - {" "} == drawn - {" "}, dash


def _plain(marker: str) -> Canvas:
    return Canvas(60, 12, (0.0, 10.0), (0.0, 10.0), str, str, marker=marker)
