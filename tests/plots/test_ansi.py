"""Pictures in the terminal's own colours, and in none."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from gradtui.plots.ansi import SGR, coloured, plain
from gradtui.plots.picture import CURVES, Row, Span, curve_role, row

roles = st.sampled_from(["", "no such role", *SGR])
texts = st.text(st.sampled_from("ab ⣀│ₗ "), max_size=6)
rows = st.lists(st.lists(st.builds(Span, texts, roles), max_size=5).map(tuple), max_size=5)


def without_codes(text: str) -> str:
    return re.sub(r"\x1b\[[0-9;]*m", "", text)


@given(rows)
def test_colours_change_nothing_that_is_read(some: list[Row]) -> None:
    assert without_codes(coloured(some)) == plain(some)


@given(rows)
def test_no_colour_outlives_its_line(some: list[Row]) -> None:
    for line in coloured(some).splitlines():
        codes = re.findall(r"\x1b\[([0-9;]*)m", line)
        assert codes[1::2] == ["0"] * (len(codes) // 2)
        assert "0" not in codes[::2]
        assert len(codes) % 2 == 0


def test_only_the_sixteen_colours_and_faces_of_every_terminal_are_used() -> None:
    allowed = {"1", "2", *map(str, range(30, 38)), *map(str, range(90, 98))}
    assert set(SGR.values()) <= allowed


def test_every_curve_has_a_colour_of_its_own() -> None:
    assert len({SGR[curve_role(index)] for index in range(CURVES)}) == CURVES


def test_blanks_at_the_end_and_between_cost_no_bytes() -> None:
    assert coloured([row(("a", "good"), ("  ", "bad"), ("  ", "good"))]) == "\x1b[92ma\x1b[0m\n"
    assert plain([row("a", "   "), ()]) == "a\n\n"
