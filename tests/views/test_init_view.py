"""The init view: the picture as text, its recipes, the verdict, the numbers, lines to paste."""

from __future__ import annotations

import csv
import io
import json
import math
import re

import numpy as np
import pytest

from gradtui.models.finding import Kind
from gradtui.plots.ascii import to_ascii
from gradtui.plots.picture import row_text
from gradtui.progress import unwatched
from gradtui.setup import Setup
from gradtui.views import VIEWS
from gradtui.views.export import report
from gradtui.views.init.comparison import Comparisons
from gradtui.views.view import Size
from gradtui.wording import magnitude
from support.commands import run as gradtui
from support.watch import exported

VIEW = VIEWS["init"]
SIZE = Size(72, 20)


def setup(*names: str, **changes: object) -> Setup:
    made = VIEW.default_setup.with_(
        activations=names, networks=6, units=16, depth=40, threshold=0.1
    )
    return made.with_(**changes).checked()


def first(one: Setup) -> Comparisons:
    """The theory alone."""
    return next(iter(VIEW.results(one, unwatched)))


def last(one: Setup) -> Comparisons:
    *_, result = VIEW.results(one, unwatched)
    return result


def drawn(result: Comparisons, size: Size = SIZE) -> list[str]:
    return VIEW.draw(result, result.setup, size, "braille").text.split("\n")


def column(lines: list[str], mark: str) -> int:
    return next(line.index(mark) for line in lines if mark in line)


# -------------------------------------------------------------------- picture


def test_the_curve_goes_through_the_healthy_band_where_the_advice_stands() -> None:
    lines = drawn(first(setup("tanh", sigma_w=2.0)))
    above, below = (next(i for i, line in enumerate(lines) if f" {edge} │" in line)
                    for edge in ("10", "0.1"))  # fmt: skip
    advised = next(i for i, line in enumerate(lines) if "N" in line)
    assert above < advised < below
    # σw = 1.19 of 0 to 3, in 64 columns right of the axis.
    at = column(lines[1:], "N") - lines[1].index("┌") - 1
    assert at == round(first(setup("tanh")).focused.normal.sigma_w / 3.0 * 63)


def test_every_recipe_stands_at_its_weights_by_its_letter_and_is_named_below() -> None:
    lines = drawn(first(setup("tanh")))
    frame = next(i for i, line in enumerate(lines) if line.lstrip().startswith("└"))
    plot, below = lines[: frame + 1], "\n".join(lines[frame:])
    places = [column(plot[1:], letter) for letter in ("P", "L", "K")]
    assert places == sorted(places)
    for name in ("P pytorch_linear", "L lecun, xavier, critical", "K kaiming", "O orthogonal"):
        assert name in below


def test_without_room_for_a_table_the_names_remain() -> None:
    lines = drawn(first(setup("tanh")), Size(56, 12))
    assert len(lines) == 12
    for name in ("O orthogonal", "P pytorch_linear", "L lecun, xavier, critical", "K kaiming"):
        assert name in "  ".join(lines[-2:])
    assert "measured" not in "".join(lines[1:])


@pytest.mark.parametrize("size", [(36, 8), (36, 10), (56, 13), (90, 30), (160, 50)])
@pytest.mark.parametrize("names", [("sigmoid",), ("tanh", "relu", "gelu")])
def test_it_fills_its_area(size: tuple[int, int], names: tuple[str, ...]) -> None:
    one = setup(*names)
    picture = VIEW.draw(first(one), one, Size(*size), "braille")
    assert (picture.width, picture.height) == size


def test_what_was_measured_stands_beside_what_theory_says() -> None:
    result = last(setup("relu"))
    text = "\n".join(drawn(result, Size(80, 20)))
    low, _, high = result.focused.weights[2].quantiles
    assert low < high < -5
    for recipe in result.focused.others:
        shown = [f" {magnitude(recipe.log10_ratio)} ", *map(magnitude, recipe.quantiles)]
        assert all(number in text for number in shown)


def test_in_ascii_it_says_the_same_cell_for_cell() -> None:
    one = setup("tanh", "relu")
    picture = VIEW.draw(last(one), one, Size(72, 20), "ascii")
    plain = to_ascii(picture.text)
    assert plain.isascii()
    assert "?" not in plain
    assert "pytorch_linear" in plain


def test_where_the_advice_lies_beyond_the_range_the_picture_is_wider() -> None:
    lines = drawn(first(setup("sigmoid")))
    assert "10" in next(line for line in lines if line.strip().startswith("0 ")).split()
    assert any("N" in line for line in lines[1:])
    given = drawn(first(setup("sigmoid", sigma_w_range=(0.0, 2.0))))
    assert "2" in next(line for line in given if line.strip().startswith("0 ")).split()
    assert not any("N" in line for line in given[1:])


# -------------------------------------------------------------------- readout


def test_the_readout_has_the_advice_and_the_cursor_s_weights() -> None:
    one = setup("tanh", sigma_w=1.0, depth=100)
    head, advised, cursor = (row_text(line) for line in VIEW.readout(first(one), one, 80))
    assert head.split()[:5] == ["tanh", "σw", "σb", "a", "layer"]
    assert "after 100" in head
    # Nothing is measured yet.
    assert advised.split()[:3] == ["…", "N", "normal"]
    # √∏χ = √0.00713425 over 100 layers (an independent quadrature).
    assert "0.084" in cursor
    assert math.sqrt(0.00713425) == pytest.approx(0.084, abs=5e-4)
    # Of the cursor's weights nothing ever is: they have no verdict.
    assert cursor.split()[:2] == ["┆", "cursor"]
    done = setup("tanh", depth=10, units=32)
    _, advised, cursor = (row_text(line) for line in VIEW.readout(last(done), done, 80))
    assert advised.split()[:3] == ["✓", "◆", "advised"]
    assert cursor.split()[:2] == ["┆", "cursor"]


def test_the_cursor_walks_along_the_weights() -> None:
    one = setup("tanh", sigma_w=1.0)
    assert VIEW.walk(one, 1, False).plane.sigma_w == 1.01
    assert VIEW.walk(one, -2, True).plane.sigma_w == 0.8
    assert VIEW.walk(one, 1000, True).plane.sigma_w == 3.0
    given = one.with_(sigma_w_range=(0.5, 2.0))
    assert VIEW.walk(given, 1000, True).plane.sigma_w == 2.0
    assert VIEW.key(VIEW.walk(one, 5, False)) == VIEW.key(one)  # it computes nothing anew
    assert VIEW.key(given) == VIEW.key(one)


# -------------------------------------------------------------------- verdict


def test_the_verdict_names_weights_gain_threshold_and_evidence() -> None:
    result = last(setup("tanh", units=64, networks=12))
    found = VIEW.finding(result, "tanh")
    advised = result.focused.normal
    assert found.kind is Kind.HEALTHY
    assert f"σw = {advised.sigma_w:.6g} (the gain), σb = 0" in found.sentence
    assert f": {advised.share(-1.0)} keep 0.1 to 10 of the gradient" in found.sentence
    assert "Random networks of 64 units a layer: 90 % keep" in found.evidence
    # 40/64 layers a unit: said to be what it is.
    assert "for 64 units to first order in depth/width, which is 0.62" in found.evidence
    assert "At infinite width any σw from" in found.cause


def test_before_anything_is_drawn_there_is_no_verdict() -> None:
    assert VIEW.finding(first(setup("tanh")), "tanh") is None


def test_the_sigmoid_s_verdict_says_what_saturation_costs() -> None:
    found = VIEW.finding(last(setup("sigmoid", networks=20)), "sigmoid")
    assert found.kind is Kind.VANISHING
    assert "saturate 38 % of the units" in found.cause
    assert "correlation of 0.99" in found.cause


def test_an_unstable_advice_is_called_so() -> None:
    found = VIEW.finding(last(setup("silu", depth=80)), "silu")
    assert found.kind is not Kind.HEALTHY
    assert "would have to be right to" in found.cause
    assert "explodes" in found.cause


def test_one_layer_is_one_layer() -> None:
    assert "over 1 layer with" in VIEW.finding(last(setup("tanh", depth=1)), "tanh").sentence


@pytest.mark.parametrize("x", [0.0, 1e-60, 1e40])
@pytest.mark.parametrize("name", ["relu", "tanh", "softshrink", "relu_squared"])
def test_extreme_inputs_are_answered_in_words(name: str, x: float) -> None:
    one = setup(name, x=x, networks=2, units=4, depth=12)
    result = last(one)
    found = VIEW.finding(result, name)
    assert "nan" not in found.text
    assert VIEW.draw(result, one, Size(72, 20), "braille").text
    if x == 0.0:
        assert "All inputs and biases are 0" in found.cause


def test_weights_that_all_leave_nothing_are_drawn_in_one_place() -> None:
    one = setup("softshrink", x=1e-60, networks=2, units=4, depth=12)
    result = last(one)
    assert {way.known for way in result.focused.weights} == {-math.inf}
    assert "↓" in VIEW.draw(result, one, Size(72, 20), "braille").text


# -------------------------------------------------------------------- numbers


def test_the_table_has_every_recipe_with_theory_and_measurement() -> None:
    one = setup("tanh", "relu")
    rows = VIEW.table(last(one))
    tanh = {str(row["recipe"]): row for row in rows if row["activation"] == "tanh"}
    assert list(tanh) == [
        "normal", "orthogonal", "pytorch_linear", "lecun_normal", "xavier_normal", "critical",
        "kaiming_normal",
    ]  # fmt: skip
    assert [row["recipe"] for row in rows if row["activation"] == "relu"] == [
        "normal",
        "orthogonal",
    ]
    low, high = (tanh["normal"][f"sigma_w_{end}"] for end in ("low", "high"))
    assert isinstance(low, float)
    assert isinstance(high, float)
    assert low < tanh["normal"]["sigma_w"] < high  # type: ignore[operator]
    assert tanh["kaiming_normal"]["gain"] == pytest.approx(math.sqrt(2.0))
    for row in tanh.values():
        rate = row["log10_rate_per_layer"]
        assert rate == pytest.approx(row["log10_ratio_theory"] / 40)  # type: ignore[operator]
        assert row["log10_ratio_5"] <= row["log10_ratio_50"] <= row["log10_ratio_95"]  # type: ignore[operator]
        assert row["networks"] == 6
        assert row["verdict"] in [str(kind) for kind in Kind]


def test_json_and_page_hold_the_lines_to_paste() -> None:
    one = setup("tanh", sigma_b=0.25, units=64, depth=20)
    result = last(one)
    record = json.loads(exported(VIEW, result, one, Size(80, 20), "braille", "json"))
    assert list(record["snippets"]) == ["PyTorch", "JAX/Flax", "Keras"]
    page = report(VIEW, result, one, Size(80, 20), "braille").text
    for framework, code in record["snippets"].items():
        assert f"\n{framework}\n" in page
        for line in code.split("\n"):
            assert line in page
        assert repr(result.focused.normal.sigma_w) in code
        assert "0.25" in code


# --------------------------------------------------------------- command line


def test_what_is_healthy_is_the_same_in_every_view_and_in_the_app() -> None:
    assert {view.default_setup.threshold for view in VIEWS.values()} == {Setup().threshold}
    assert VIEW.default_setup.network.networks == Setup().network.networks


@pytest.mark.parametrize("spec", ["hardtanh(0,1e-300)", "threshold(1e100)"])
def test_no_number_that_is_none_is_shown(spec: str) -> None:
    done = gradtui("init", spec, "--networks", "3", "--units", "8", "--depth", "9")
    assert done.status == 0
    assert "nan" not in done.out
    assert "Traceback" not in done.err


def test_the_command_answers_the_question() -> None:
    done = gradtui("init", "relu", "--depth", "30", "--threshold", "0.1", "--networks", "5",
                   "--units", "128", "--height", "14")  # fmt: skip
    assert done.status == 0
    assert "σw = 1.41421 (the gain)" in done.out
    assert 'kaiming_normal_(layer.weight, nonlinearity="relu")' in done.out


def test_the_numbers_come_as_csv() -> None:
    done = gradtui("init", "tanh", "--networks", "3", "--units", "8", "--depth", "9", "--csv")
    rows = list(csv.DictReader(io.StringIO(done.out)))
    assert rows[0]["recipe"] == "normal"
    assert np.isfinite(float(rows[0]["log10_ratio_50"]))


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--depth", "20000"), "depth: 20000 is not at most 10,000"),
        (("--threshold", "1"), "threshold: '1' is not a number from"),
        (("--units", "0"), "units: '0' is not a whole number from 1"),
        (("--sigma-b", "-1"), "--sigma-b: '-1' is not a number from 0"),
        (("--sigma-w", "1e4"), "--sigma-w: '1e4' is not a number from 0 to 1000"),
    ],
)
def test_bad_input_is_refused_in_words(words: tuple[str, ...], said: str) -> None:
    done = gradtui("init", "tanh", *words)
    assert done.status == 2
    assert done.out == ""
    assert said in done.err
    assert "Traceback" not in done.err


def test_as_long_as_better_weights_are_looked_for_the_verdict_says_so_far() -> None:
    setup = VIEWS["init"].default_setup.with_(activations=("gelu",), depth=50, networks=8, units=64)
    found = [
        (one, VIEWS["init"].finding(one, "gelu")) for one in VIEWS["init"].results(setup, unwatched)
    ]
    said = [(one.of("gelu").searched, verdict.sentence) for one, verdict in found if verdict]
    assert any("best weights found" in words for searched, words in said if not searched)
    for searched, words in said:
        assert searched or "over 50 layers so far" in words
    assert "so far" not in said[-1][1]


def test_one_network_is_told_as_one() -> None:
    done = gradtui("init", "relu", "--depth", "5", "--networks", "1", "--units", "4")
    said = " ".join(done.out.split())
    assert re.search(r"[01] of 1 network \([^)]*\) keeps ", said)
    assert "1 networks" not in said
