"""No heading stands without its values, and each stands over them."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gradtui.plots.picture import Span, row_text
from gradtui.progress import unwatched
from gradtui.views import VIEWS
from gradtui.views.columns import whole_columns
from gradtui.views.view import Size

CELLS = st.lists(st.text("ab", min_size=1, max_size=9), min_size=1, max_size=5)


@settings(derandomize=True, deadline=None, database=None)
@given(st.lists(CELLS, min_size=1, max_size=4), st.integers(1, 40))
def test_a_column_is_there_whole_or_not_at_all(texts: list[list[str]], width: int) -> None:
    rows = [[Span(text) for text in line] for line in texts]
    shown = whole_columns(rows, width)
    counts = {len(line) for line in shown}
    assert max(counts) == 1 or all(len(row_text(line)) <= width for line in shown)
    for line, cells in zip(shown, rows, strict=True):
        assert list(line) == cells[: len(line)]
        assert len(line) == min(len(cells), max(counts))


@pytest.mark.parametrize("width", [60, 70, 80, 120])
@pytest.mark.parametrize("view", ["derivative", "init"])
def test_every_heading_has_a_value_under_it(view: str, width: int) -> None:
    setup = VIEWS[view].default_setup.with_(networks=3, units=8, depth=10).clamped()
    *_, result = VIEWS[view].results(setup, unwatched)
    rows = [row_text(line) for line in VIEWS[view].readout(result, setup, width)]
    heads = [(found.start(), found.end()) for found in re.finditer(r"\S+(?: \S+)*", rows[0])]
    assert all(len(line) <= width for line in rows)
    for start, end in heads[1:]:
        assert rows[1][start:end].strip(), (rows[0], rows[1])


@pytest.mark.parametrize("size", [Size(36, 9), Size(36, 12), Size(56, 13), Size(90, 25)], ids=str)
@pytest.mark.parametrize("view", VIEWS)
def test_no_title_or_legend_of_a_picture_is_cut_in_its_middle(view: str, size: Size) -> None:
    setup = VIEWS[view].default_setup.with_(networks=3, units=8, depth=10).clamped()
    *_, result = VIEWS[view].results(setup, unwatched)
    for line in VIEWS[view].draw(result, setup, size, "braille").rows:
        assert not row_text(line).endswith("…"), row_text(line)


@pytest.mark.parametrize("z", [-2.0, -12.0, -400.0])
def test_what_passes_has_one_unit(z: float) -> None:
    view = VIEWS["derivative"]
    setup = view.default_setup.with_(z_range=(-1000.0, 1000.0), z=z)
    (result,) = view.results(setup, unwatched)
    line = row_text(view.readout(result, setup, 100)[1])
    assert re.search(r" \d[\d.e-]* %", line)
