"""Fewer bytes, the same screen: a terminal that is not ours says so."""

from __future__ import annotations

import pyte
from hypothesis import given, settings
from hypothesis import strategies as st

from gradtui.app.thrift import thrifty

COLOURS = ("", "31", "97", "39", "38;5;188", "38;5;2", "38;2;1;2;3")
GROUNDS = ("", "41", "107", "49", "48;5;16", "48;2;9;8;7")
ATTRIBUTES = ("", "1", "4", "7", "1;4")


def styled(attributes: str, colour: str, ground: str, words: str) -> str:
    style = ";".join(part for part in (attributes, colour, ground) if part)
    return f"\x1b[{style}m{words}\x1b[0m" if style else words


stretches = st.builds(
    styled,
    st.sampled_from(ATTRIBUTES),
    st.sampled_from(COLOURS),
    st.sampled_from(GROUNDS),
    st.text("ab ░", max_size=4),
)
moves = st.builds(lambda y, x: f"\x1b[{y};{x}H", st.integers(1, 6), st.integers(1, 12))
anything = st.lists(st.one_of(stretches, stretches, moves, st.just("\r\n"), st.just("plain")))


def cells(text: str) -> tuple[object, object]:
    screen = pyte.Screen(20, 12)
    pyte.Stream(screen).feed(text)
    return [[screen.buffer[y][x] for x in range(20)] for y in range(12)], screen.cursor.attrs


@settings(max_examples=300, deadline=None)
@given(anything)
def test_the_screen_is_the_same_and_never_costs_more(parts: list[str]) -> None:
    text = "".join(parts)
    fewer = thrifty(text)
    assert cells(fewer) == cells(text)
    assert len(fewer) <= len(text)
    assert thrifty(fewer) == fewer or cells(thrifty(fewer)) == cells(text)


def test_what_two_styles_share_is_told_once() -> None:
    text = styled("", "38;5;188", "48;5;16", "one") + styled("", "38;5;111", "48;5;16", "two")
    assert thrifty(text) == "\x1b[38;5;188;48;5;16mone\x1b[38;5;111mtwo\x1b[0m"
    assert thrifty(text * 2).count("48;5;16") == 1


def test_what_a_style_would_leave_on_is_reset() -> None:
    bold = styled("1", "38;5;1", "", "bold") + styled("", "38;5;1", "", "plain")
    assert thrifty(bold) == bold
    ground = styled("", "31", "41", "red") + styled("", "32", "", "green")
    assert thrifty(ground) == ground


def test_what_is_no_styled_text_passes_as_it_is() -> None:
    for text in ("", "words", "\x1b[?2026h", "\x1b[6n", "\x1b[0mx\x1b[0m", "\x1b]52;c;aGk=\x07"):
        assert thrifty(text) == text
