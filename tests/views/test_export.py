"""A view's result as a page, as a drawing and as numbers: all of them say the same."""

from __future__ import annotations

import csv
import io
import json
import math
from pathlib import Path
from typing import Any

import pytest

from gradtui.errors import InputError
from gradtui.mathematics.layer_values import LayerValues
from gradtui.models.decay import Table, Value
from gradtui.models.rows import Rows, joined
from gradtui.plots.picture import row_text
from gradtui.setup import Setup
from gradtui.views import VIEWS
from gradtui.views.export import (
    FORMATS,
    as_csv,
    as_json,
    format_of,
    report,
    snippets_of,
    text_height,
)
from gradtui.views.view import Size, View
from support.watch import exported, last

SIZE = Size(80, 20)


@pytest.fixture(params=VIEWS)
def view(request: pytest.FixtureRequest) -> View[Any]:
    return VIEWS[request.param]


@pytest.fixture
def setup(view: View[Any]) -> Setup:
    return view.default_setup.with_(activations=("sigmoid", "relu"), samples=8, networks=8)


@pytest.fixture
def result(view: View[Any], setup: Setup) -> Any:
    return last(view, setup)


def strict(text: str) -> Any:
    def refuse(name: str) -> None:
        raise AssertionError(f"{name} is no JSON")

    return json.loads(text, parse_constant=refuse)


def test_a_page_has_title_picture_readout_and_every_verdict(
    view: View[Any], setup: Setup, result: Any
) -> None:
    page = report(view, result, setup, SIZE, "braille")
    lines = [row_text(one).rstrip() for one in page.rows]
    assert view.title in lines[0]
    assert view.question in lines[0]
    drawing = view.draw(result, setup, SIZE, "braille")
    assert lines[1 : 1 + SIZE.height] == drawing.text.split("\n")
    for one in view.readout(result, setup, SIZE.width):
        assert row_text(one).rstrip() in lines
    flat = " ".join(" ".join(lines).split())
    for name in view.subjects(setup):
        found = view.finding(result, name)
        assert f"{found.kind.mark} {' '.join(found.text.split())}" in flat
    assert page.height == SIZE.height + text_height(view, result, setup, SIZE.width)


def test_a_remedy_is_a_command_on_one_line_with_its_evidence() -> None:
    view = VIEWS["chain"]
    setup = Setup.of(depth=12, weights=LayerValues((-0.5,) * 12), activations=("leaky_relu(0.2)",))
    result = last(view, setup)
    remedy = view.finding(result, setup.activations[0]).remedy
    assert remedy is not None
    lines = exported(view, result, setup, SIZE, "braille", "txt").splitlines()
    (at,) = [i for i, line in enumerate(lines) if line.startswith("  try: gradtui chain ")]
    evidence = " ".join(line.strip() for line in lines[at + 1 :])
    assert evidence == f"(before: {remedy.before}; then: {remedy.after})"


@pytest.mark.heavy
def test_a_row_of_text_is_never_cut_and_the_plot_is_as_wide_as_asked(
    view: View[Any], setup: Setup
) -> None:
    name = "leaky_relu(0.1234567890123456)"
    long = setup.with_(activations=(name, "sigmoid"))
    result = last(view, long)
    page = report(view, result, long, Size(40, 12), "braille")
    for one in view.readout(result, long, 40):
        assert any(row_text(line).startswith(row_text(one)) for line in page.rows)
    assert view.draw(result, long, Size(40, 12), "braille").width == 40


def test_json_is_strict_and_whole(view: View[Any], setup: Setup, result: Any) -> None:
    record = strict(exported(view, result, setup, SIZE, "braille", "json"))
    snippets = {"snippets"} if snippets_of(view, result, setup) else set()
    assert set(record) == {"gradtui", "view", "setup", "findings", "rows"} | snippets
    assert record["view"] == view.name
    assert record["setup"] == {knob.name: knob.text(setup) for knob in view.all_knobs}
    kind, names = view.roster(setup).label.removesuffix("s"), view.subjects(setup)
    assert [one[kind] for one in record["findings"]] == list(names)
    for one, name in zip(record["findings"], names, strict=True):
        found = view.finding(result, name)
        assert (one["verdict"], one["sentence"], one["cause"]) == (
            found.kind.value,
            found.sentence,
            found.cause,
        )
        assert (one["remedy"] is None) == (found.remedy is None)
    assert record["rows"] == as_read_back(view.table(result))


def as_read_back(rows: Table) -> list[dict[str, Any]]:
    return [
        {
            key: None if isinstance(one, float) and not math.isfinite(one) else one
            for key, one in line.items()
        }
        for line in rows
    ]


def test_csv_read_back_is_the_table(view: View[Any], setup: Setup, result: Any) -> None:
    text = exported(view, result, setup, SIZE, "braille", "csv")
    assert "\r" not in text
    read = list(csv.DictReader(io.StringIO(text)))
    table = view.table(result)
    assert len(read) == len(table)
    for got, line in zip(read, table, strict=True):
        assert list(got) == list(line)
        for key, value in line.items():
            if isinstance(value, float):
                assert float(got[key]) == value
            else:
                assert got[key] == ("" if value is None else str(value))


def test_an_exact_zero_is_null_in_json_and_minus_infinity_in_csv() -> None:
    view = VIEWS["chain"]
    setup = Setup.of(activations=("relu",), weights=LayerValues((-1.0,)))
    result = last(view, setup)
    rows = strict(exported(view, result, setup, SIZE, "braille", "json"))["rows"]
    assert rows[0]["log10_abs_gradient"] is None
    assert ",-inf," in exported(view, result, setup, SIZE, "braille", "csv")


def test_json_holds_any_number_and_csv_any_name() -> None:
    head = {"f": [math.inf, {"c": -math.inf}], "g": {}, "h": "]\n}"}
    rows: Table = [{"a": math.nan, "b": 1e-320, "d": 'σ, "q"\n}', "e": True}, {"a": 1, "b": None}]
    for count in range(3):
        whole = {**head, "f": [None, {"c": None}], "rows": as_read_back(rows[:count])}
        text = "".join(as_json(head, "rows", rows[:count]))
        assert strict(text) == whole
        # As Python's own writes it, which takes all of it at once.
        assert text == json.dumps(whole, indent=1, ensure_ascii=False) + "\n"
    read = csv.DictReader(io.StringIO("".join(as_csv([{"d": 'σ, "q"\nx'}]))))
    assert list(read) == [{"d": 'σ, "q"\nx'}]
    assert "".join(as_csv([])) == "\n"


@pytest.mark.parametrize("format", ["csv", "json"])
def test_a_table_is_written_as_its_rows_are_made(format: str, tmp_path: Path) -> None:
    """Not all of them are there at once: a million would be gigabytes."""
    made = 0

    def row(index: int) -> dict[str, Value]:
        nonlocal made
        made += 1
        return {"layer": index, "of": "σ"}

    table = joined([Rows(60_000, row), Rows(0, row), Rows(40_000, row)])
    pieces = as_csv(table) if format == "csv" else as_json({}, "rows", table)
    most = rows = 0
    for piece in pieces:
        assert piece
        most, made = max(most, made), 0
        rows += piece.count("σ")
    assert rows == 100_000
    assert most <= 1000


def test_a_joined_table_is_the_tables_one_behind_the_other() -> None:
    parts: list[Table] = [[{"a": 1}, {"a": 2}], [], Rows(3, lambda at: {"a": at + 3}), [{"a": 6}]]
    table = joined(parts)
    assert list(table) == [{"a": at} for at in range(1, 7)]
    assert [table[at] for at in range(-6, 6)] == [*table, *table]
    assert table[1:4] == [{"a": 2}, {"a": 3}, {"a": 4}]
    for outside in (6, -7):
        with pytest.raises(IndexError):
            table[outside]
    assert list(joined([])) == []


@pytest.mark.parametrize("format", FORMATS)
def test_a_files_ending_says_its_format(format: str) -> None:
    assert format_of(Path(f"a.b.{format}")) == format
    assert format_of(Path(f"A.{format.upper()}")) == format


@pytest.mark.parametrize("name", ["a", "a.gif", ".svg", "a.svg.", "", "\x1b[31m.gif", "a" * 300])
def test_another_ending_is_an_error_that_says_which_there_are(name: str) -> None:
    with pytest.raises(InputError, match=r"\.svg, \.pdf, \.png, \.txt, \.csv, \.json") as caught:
        format_of(Path(name))
    assert str(caught.value).isprintable()
