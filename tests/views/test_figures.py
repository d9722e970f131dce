"""A view's figure: its curves and no others, words where they were asked for, sizes that hold."""

from __future__ import annotations

import itertools
import re
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
import resvg_py

from gradtui.plots.figure import _whole
from gradtui.plots.marks import Line
from gradtui.plots.panel import SMALL
from gradtui.plots.shapes import Drawing, Fill, Stroke, Words, text_width
from gradtui.plots.svg import svg
from gradtui.setup import Setup
from gradtui.views import VIEWS
from gradtui.views.figures import FIGURES, Look, drawing_of
from gradtui.views.view import Size, View
from support.watch import exported, last

SIZE = Size(80, 24)


@cache
def computed(name: str) -> tuple[View[Any], Setup, Any]:
    view = VIEWS[name]
    small = {"samples": 8, "networks": 3, "units": 16, "depth": 12}
    setup = view.default_setup.with_(activations=("sigmoid", "relu"), **small).clamped()
    return view, setup, last(view, setup)


def drawing(name: str, look: Look | None = None, size: Size = SIZE) -> Drawing:
    view, setup, result = computed(name)
    return drawing_of(view, result, setup, size, look or Look())


def texts(made: Drawing) -> list[str]:
    return [one.text for one in made.shapes if isinstance(one, Words)]


@pytest.mark.parametrize("name", VIEWS)
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_view_has_one_of_finite_size_in_each_theme(name: str, theme: str) -> None:
    made = drawing(name, Look(theme))
    root = ElementTree.fromstring(svg(made))
    assert root.attrib["width"] == str(made.width)
    assert 300 < made.width < 2000
    assert 200 < made.height < 2000
    for path in root.iter("{http://www.w3.org/2000/svg}path"):
        assert re.fullmatch(r"[MLZhv\d. \-]*", path.attrib["d"])
    # Axes with numbers on them, and no cell of a terminal.
    assert sum(bool(re.fullmatch(r"-?[\d.]+(e-?\d+)?( %)?", text)) for text in texts(made)) >= 4
    assert not re.search("[⠀-⣿│┤┆╌░▒▓]", svg(made))


def reach(word: Words) -> tuple[float, float]:
    """Where a line of text begins and ends."""
    wide = text_width(word.text, word.size) * (1.07 if word.bold else 1.0)
    start = word.at[0] - {"start": 0.0, "middle": wide / 2, "end": wide}[word.anchor]
    return start, start + wide


@pytest.mark.parametrize("width", [60, 80, 120])
@pytest.mark.parametrize("name", VIEWS)
def test_titles_and_legends_run_into_nothing_and_over_no_edge(name: str, width: int) -> None:
    made = drawing(name, size=Size(width, 24))
    lines = [one for one in made.shapes if isinstance(one, Words) and not one.turned]
    for word in lines:
        start, end = reach(word)
        assert start >= 0
        assert end <= made.width
    bold = sorted((one for one in lines if one.bold and len(one.text) > 1), key=lambda one: one.at)
    for one, other in itertools.combinations(bold, 2):
        if one.at[1] == other.at[1]:
            assert reach(one)[1] < reach(other)[0]


def test_what_is_exactly_0_is_told_below_every_bar_of_a_spectrum() -> None:
    """Half of a ReLU network's directions are; the legend says what the numbers at the foot are."""
    made = drawing_of(*_spectrum_of_relu(), Size(80, 24), Look())
    shares = [
        one for one in made.shapes
        if isinstance(one, Words) and one.text.endswith(" %") and one.at[1] > 100
    ]  # fmt: skip
    assert len(shares) >= 4
    bars = [box for one in made.shapes if isinstance(one, Fill) for box in one.pieces]
    lowest = max(y for box in bars for _, y in box)
    assert lowest < min(share.at[1] for share in shares) - SMALL
    assert texts(made).count("at the foot: how many are exactly 0") == 1


@pytest.mark.parametrize(("name", "jumps"), [("relu", [0.0]), ("hardtanh", [-1.0, 1.0])])
def test_a_jump_of_the_slope_is_drawn_upright(name: str, jumps: list[float]) -> None:
    view = VIEWS["layers"]
    setup = view.default_setup.with_(activations=(name,), units=16, depth=6).clamped()
    plot = view.draw(last(view, setup), setup, SIZE, "braille").plots[0]
    (line,) = [mark for mark in _whole(plot).marks if isinstance(mark, Line)]
    steps = np.abs(np.diff(line.y)) > 0.5
    assert line.x[:-1][steps] == pytest.approx(jumps, abs=1e-12)
    assert np.diff(line.x)[steps] == pytest.approx(np.zeros(len(jumps)), abs=1e-12)


def test_a_deep_chain_is_a_line_without_what_looks_like_error_bars() -> None:
    view = VIEWS["chain"]
    setup = view.default_setup.with_(depth=40).clamped()
    made = drawing_of(view, last(view, setup), setup, SIZE, Look())
    uprights = [
        piece for one in made.shapes if isinstance(one, Stroke) and one.clip
        for piece in one.pieces if len(piece) == 2 and piece[0][0] == piece[1][0]
    ]  # fmt: skip
    assert len(uprights) <= 1  # z of the cursor's layer


def _spectrum_of_relu() -> tuple[View[Any], Any, Setup]:
    view = VIEWS["spectrum"]
    setup = view.default_setup.with_(activations=("relu",), networks=2, units=16, depth=10)
    setup = setup.clamped()
    return view, last(view, setup), setup


@pytest.mark.parametrize("name", VIEWS)
def test_verdicts_and_captions_stand_where_they_are_asked_for(name: str) -> None:
    view, setup, result = computed(name)
    plain, bare, full = (
        " ".join(texts(drawing(name, look)))
        for look in (Look(), Look(caption=False), Look(verdict=True))
    )
    sentences = [view.finding(result, one).sentence.split(";")[0] for one in view.subjects(setup)]
    for sentence in sentences:
        start = " ".join(sentence.split()[:3])
        assert start not in plain
        assert start in full
    assert plain.startswith(bare)
    assert len(plain) > len(bare)
    for said in (plain, bare, full):
        assert "try:" not in said
        assert "gradtui " not in said


@pytest.mark.parametrize("name", ["derivative", "decay", "init"])
def test_the_legend_names_every_curve(name: str) -> None:
    made = drawing(name)
    said = {text.removesuffix(", theory for infinite width") for text in texts(made)}
    assert {"sigmoid", "relu"} <= said
    curves = [s for s in made.shapes if isinstance(s, Stroke) and s.clip and s.width > 1.5]
    assert len({(s.colour, s.dash) for s in curves}) >= 2


@pytest.mark.parametrize("name", VIEWS)
def test_the_same_result_gives_the_same_bytes_and_the_knobs_stand_below(name: str) -> None:
    view, setup, result = computed(name)
    for format in FIGURES[:2]:
        one, other = (exported(view, result, setup, SIZE, "ascii", format) for _ in range(2))
        assert one == other
    below = " ".join(texts(drawing(name)))
    shown = {"derivative": "", "time": "steps 100", "run": "beside auto"}.get(name, "depth 12")
    assert shown in below


def strip(made: Drawing, left: int) -> bytes:
    """Six points of the figure's width, in pixels."""
    box = f'viewBox="0 0 {made.width} {made.height}"'
    view = f'viewBox="{left} 0 6 {made.height}"'
    text = svg(made).replace(box, view).replace(f'width="{made.width}"', 'width="6"', 1)
    return bytes(resvg_py.svg_to_bytes(svg_string=text))


@pytest.mark.parametrize("name", VIEWS)
def test_nothing_reaches_into_the_margin(name: str) -> None:
    """As drawn with the fonts that there are."""
    made = drawing(name, Look(verdict=True), Size(60, 20))
    blank = replace(made, shapes=())
    for left in (0, made.width - 6):
        assert strip(made, left) == strip(blank, left), left


def test_a_figure_is_no_larger_than_a_page_of_text_needs(tmp_path: Path) -> None:
    for name in VIEWS:
        view, setup, result = computed(name)
        for format in FIGURES[:2]:
            content = exported(view, result, setup, SIZE, "braille", format)
            assert len(content) < 250_000, (name, format)


def legend(name: str, **changes: Any) -> dict[str, Any]:
    """What a figure's legend names, with the mark."""
    view = VIEWS[name]
    small = {"depth": 5, "units": 8, "networks": 4, "batch": 8, **changes}
    setup = view.default_setup.with_(**small).clamped()
    result = last(view, setup)
    picture = view.draw(result, setup, SIZE, "braille")
    plots = [_whole(plot) for plot in picture.plots]
    return {mark.name: mark for plot in plots for mark in plot.marks if getattr(mark, "name", "")}


def test_what_the_layers_legend_names_can_be_told_apart() -> None:
    marks = legend("layers")
    assert "1" not in marks
    assert "size 1" in marks
    dead, gradient = marks["dead"], marks["|∂L/∂a|"]
    assert dead.dash != gradient.dash
    assert dead.role != gradient.role


def test_labels_of_plots_beside_one_another_do_not_touch() -> None:
    view = VIEWS["layers"]
    setup = view.default_setup.with_(depth=3, units=8, batch=8).clamped()
    result = last(view, setup)
    made = drawing_of(view, result, setup, SIZE, Look())
    words = [shape for shape in made.shapes if isinstance(shape, Words)]
    (most,) = (one for one in words if one.text == "100 %")
    beside = [one for one in words if one is not most and abs(one.at[1] - most.at[1]) < 4]
    end = most.at[0] + text_width(most.text, most.size) / 2
    starts = [one.at[0] - text_width(one.text, one.size) / 2 for one in beside]
    assert all(start > end + 4 for start in starts if start > most.at[0])


def test_a_recipe_under_the_cursor_of_the_map_is_named_with_it() -> None:
    apart, on = legend("phase"), legend("phase", sigma_w=1.0, sigma_b=0.0)
    assert "Xavier, LeCun" in apart
    assert "Xavier, LeCun" not in on
    assert "σw = 1, σb = 0: Xavier, LeCun" in on


def test_recipes_of_another_bias_say_so() -> None:
    names = " ".join(legend("init", sigma_b=0.2))
    assert "kaiming (σb = 0)" in names
    assert "σb = 0)" not in " ".join(legend("init", sigma_b=0.0))


def test_no_entry_of_a_legend_covers_another() -> None:
    """Where several stand in one place their letters are one sample: as wide as they are."""
    view = VIEWS["init"]
    setup = view.default_setup.with_(depth=40, units=32, networks=4, sigma_b=0.2).clamped()
    made = drawing_of(view, last(view, setup), setup, SIZE, Look())
    words = [shape for shape in made.shapes if isinstance(shape, Words)]
    first = next(one for one in words if one.text.startswith("tanh, theory"))
    line = sorted(
        (
            one.at[0] - {"middle": 0.5, "end": 1.0}.get(one.anchor, 0.0) * wide,
            one.at[0] + {"middle": 0.5, "start": 1.0}.get(one.anchor, 0.0) * wide,
        )
        for one in words
        if one.at[1] == first.at[1] or abs(one.at[1] - first.at[1]) < 6
        for wide in [text_width(one.text, one.size)]
    )
    assert any(len(one.text) > 1 and one.text[0] == "◆" for one in words)
    assert all(end + 3 < start for (_, end), (start, _) in itertools.pairwise(line))
