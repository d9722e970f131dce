"""What a terminal sends: keys arrive as they were, and whatever else comes, the next key does."""

from __future__ import annotations

import os
import sys
import threading
import time

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from textual import events, messages
from textual.message import Message

from gradtui.app import textual_internals
from gradtui.app.flow_control import PATIENCE, QUESTION, Owed
from gradtui.app.terminal_input import (
    KEYS_A_SECOND,
    LONGEST_PASTE,
    MOST_KEYS,
    PASTE_SILENCE,
    TerminalInput,
)
from gradtui.app.textual_internals import LARGEST, BoundedParser

SILENCE = 0.1


class Line:
    """A terminal's line: what the app gets of what comes over it, at times of the test's own."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 1000.0
        for module in ("gradtui.app.textual_internals", "textual._parser"):
            monkeypatch.setattr(sys.modules[module], "get_time", lambda: self.now)
        self.parser = BoundedParser()

    def send(self, *texts: str) -> list[Message]:
        """Each text in a packet of its own, quickly."""
        got: list[Message] = []
        for text in texts:
            got += self.parser.feed(text)
            got += self.parser.tick()
        return got

    def wait(self, seconds: float = 2 * SILENCE) -> list[Message]:
        """Nothing comes for a while."""
        end, got = self.now + seconds, []
        while self.now < end:
            self.now += SILENCE
            got += list(self.parser.tick())
        return got


@pytest.fixture
def line(monkeypatch: pytest.MonkeyPatch) -> Line:
    return Line(monkeypatch)


def keys(got: list[Message]) -> list[str]:
    assert all(isinstance(one, events.Key) for one in got), got
    return [one.key for one in got if isinstance(one, events.Key)]


KEYS = {
    "q": ["q"],
    "A": ["A"],
    "한é": ["한", "é"],
    "\r": ["enter"],
    "\t": ["tab"],
    "\x7f": ["backspace"],
    "\x03": ["ctrl+c"],
    "\x10": ["ctrl+p"],
    "\x1b[A": ["up"],
    "\x1bOA": ["up"],
    "\x1b[5~": ["pageup"],
    "\x1b[H": ["home"],
    "\x1b[Z": ["shift+tab"],
    "\x1b[1;2C": ["shift+right"],
    "\x1b[1;5B": ["ctrl+down"],
    "\x1bOP": ["f1"],
    "\x1b[15~": ["f5"],
    "\x1b[[A": ["f1"],  # on the Linux console
    "\x1b[27u": ["escape"],  # and so on in kitty's protocol
    "\x1b[13u": ["enter"],
    "\x1b[97;5u": ["ctrl+a"],
    "\x1b[57399u": ["0"],
    "\x1b[97;;97u": ["a"],
    "\x1b[97;2;65u": ["A"],
}


@pytest.mark.parametrize("sent", KEYS)
def test_a_key_is_the_key_whole_or_in_two_packets(sent: str, line: Line) -> None:
    assert keys(line.send(sent)) == KEYS[sent]
    for cut in range(1, len(sent)):
        assert keys(line.send(sent[:cut], sent[cut:])) == KEYS[sent]
    assert line.wait() == []


def test_an_escape_is_a_key_once_nothing_follows(line: Line) -> None:
    assert line.send("\x1b") == []
    assert keys(line.wait(SILENCE)) == ["escape"]
    assert keys(line.send("q")) == ["q"]
    assert keys(line.send("\x1b\x1b", "[A")) == ["escape", "up"]


@pytest.mark.parametrize(
    ("sent", "key"), [("\x1b[", "left_square_bracket"), ("\x1b]", "right_square_bracket")]
)
def test_a_key_with_alt_that_begins_a_sequence_is_one_too(sent: str, key: str, line: Line) -> None:
    assert line.send(sent) == []
    assert [one.removeprefix("alt+") for one in keys(line.wait())] == [key]


def test_what_is_typed_before_the_terminal_is_raw_has_its_enter(line: Line) -> None:
    """Its driver made a line feed of it."""
    assert keys(line.send("d50\n")) == ["d", "5", "0", "enter"]


ANSWERS: dict[str, type[Message]] = {
    "\x1b[?2026;2$y": messages.TerminalSupportsSynchronizedOutput,
    "\x1b[24;80R": events.CursorPosition,
    "\x1b[I": events.AppFocus,
    "\x1b[O": events.AppBlur,
    "\x1b[<0;10;5M": events.MouseDown,
    "\x1b[<0;10;5m": events.MouseUp,
    "\x1b[<64;40;12M": events.MouseScrollUp,
}


@pytest.mark.parametrize("sent", ANSWERS)
def test_an_answer_is_one(sent: str, line: Line) -> None:
    (got,) = line.send(sent)
    assert isinstance(got, ANSWERS[sent])


NONSENSE = {
    "a code beyond Unicode": "\x1b[1114112;5u",
    "a huge code": "\x1b[99999999999999999999u",
    "half a surrogate pair": "\x1b[55296u",
    "half of one as text": "\x1b[97;;57343u",
    "text beyond Unicode": "\x1b[97;;1114112u",
    "alternates that nobody asked for": "\x1b[97:65;5u",
    "a kind of event that nobody asked for": "\x1b[97;1:3u",
    "a size of 60,000 cells": "\x1b[48;60000;60000;0;0t",
    "a size of no cells": "\x1b[48;0;0;0;0t",
    "any size": "\x1b[48;24;80;480;640t",
    "sizes in band": "\x1b[?2048;1$y",
    "an unknown mode": "\x1b[?99;1$y",
    "what it is": "\x1b[?62;22c",
    "colours": "\x1b[31m",
    "an unknown sequence": "\x1b[1;2;3;4;5;6;7;8;9;10z",
    "a very long one": "\x1b[" + "1;" * 50_000 + "m",
    "broken off": "\x1b[31",
    "a title": "\x1b]0;q q q\x07",
    "a colour": "\x1b]11;rgb:ff/ff/ff\x1b\\",
    "a setting": "\x1bP1$r0m\x1b\\",
    "a string without an end": "\x1b]52;c;" + "q" * 100_000,
    "another": "\x1b_" + "\r" * 100_000,
    "a mouse of old": "\x1b[M !!",
    "one of no use": "\x1b[<0;99999999999;5M",
    "the end of no paste": "\x1b[201~",
    "an unknown key of the number pad": "\x1bOz",
    "another of them": "\x1bO!",
}


@pytest.mark.parametrize("name", NONSENSE)
def test_nonsense_is_no_key_and_the_next_key_is_heard(name: str, line: Line) -> None:
    got = line.send(NONSENSE[name])
    got += line.wait()
    assert got == []
    assert keys(line.send("q")) == ["q"]


@pytest.mark.parametrize("name", NONSENSE)
def test_nonsense_in_small_packets_is_none_the_less(name: str, line: Line) -> None:
    sent = NONSENSE[name][:500]
    assert line.send(*sent) + line.wait() == []
    assert keys(line.send("q")) == ["q"]


def test_a_mode_report_and_then_a_mouse_report(line: Line) -> None:
    """Pixels of a size that was never told would be divided by."""
    got = line.send("\x1b[?2048;2$y", "\x1b[48;0;0;0;0t", "\x1b[<0;10;5M")
    assert [(one.x, one.y) for one in got if isinstance(one, events.MouseDown)] == [(9, 4)]


def test_ctrl_c_is_heard_in_a_string_without_an_end(line: Line) -> None:
    assert keys(line.send("\x1b]0;what", "\x03")) == ["ctrl+c"]


# ---------------------------------------------------------------------- pastes


def pasted(got: list[Message]) -> str:
    assert all(isinstance(one, events.Paste) for one in got), got
    return "".join(one.text for one in got if isinstance(one, events.Paste))


def test_a_paste_is_text_and_no_keys(line: Line) -> None:
    got = line.send("\x1b[200~0.1,\n\x1b[31m\x07\x030.2\t한", "\x1b[2", "01~")
    assert pasted(got) == "0.1,\n[31m0.2\t한"
    assert keys(line.send("q")) == ["q"]


def test_a_paste_without_an_end_ends_when_nothing_comes(line: Line) -> None:
    assert line.send("\x1b[200~tanh", "q") == []
    assert line.wait(PASTE_SILENCE / 2) == []
    assert pasted(line.wait(PASTE_SILENCE)) == "tanhq"
    assert keys(line.send("q")) == ["q"]


def test_an_escape_ends_a_paste_without_an_end(line: Line) -> None:
    assert line.send("\x1b[200~tanh", "\x1b") == []
    assert pasted(line.wait(SILENCE)) == "tanh"
    assert keys(line.send("q")) == ["q"]


@pytest.mark.parametrize("cut", range(1, 6))
def test_the_end_of_a_paste_may_come_in_two_parts_and_late(cut: int, line: Line) -> None:
    assert line.send("\x1b[200~tanh", "\x1b[201~"[:cut]) == []
    assert pasted(line.wait()) == "tanh"
    assert keys(line.send("\x1b[201~"[cut:] + "q")) == ["q"]


def test_no_more_of_a_paste_is_kept_than_anybody_can_use(line: Line) -> None:
    got = line.send("\x1b[200~", *["0" * 4096] * 500, "\x1b[201~")
    assert len(pasted(got)) == LONGEST_PASTE
    assert keys(line.send("q")) == ["q"]


# ------------------------------------------------------------------- whatever

_NUMBERS = st.lists(st.integers(0, 10**20) | st.integers(0, 70_000), max_size=6)
_PIECES = st.one_of(
    st.sampled_from([*KEYS, *ANSWERS, *(one[:300] for one in NONSENSE.values())]),
    st.text(max_size=5),
    st.text("\x1b[]OP_^X?<>=0123456789;:$ ~uRMmtyhl\x07\x18\\\x9c", max_size=12),
    st.builds(
        lambda mark, numbers, joint, final: f"\x1b[{mark}{joint.join(map(str, numbers))}{final}",
        st.sampled_from(["", "?", "<", ">"]),
        _NUMBERS,
        st.sampled_from([";", ":"]),
        st.sampled_from("u~ABCDEFHPQRSMmtycz") | st.just("$y"),
    ),
)


@settings(max_examples=400, deadline=None)
@given(st.lists(_PIECES | st.none(), max_size=25))
@example(["\x1b[200~", "\x1b[2"])
def test_after_whatever_comes_the_next_key_is_heard(pieces: list[str | None]) -> None:
    with pytest.MonkeyPatch.context() as monkeypatch:
        line = Line(monkeypatch)
        got: list[Message] = []
        for piece in pieces:
            got += line.wait() if piece is None else line.send(piece) if piece else []
        got += line.wait(PASTE_SILENCE + SILENCE)
        for one in got:
            assert not isinstance(one, events.Resize | messages.InBandWindowResize)
            if isinstance(one, events.Key | events.Paste):
                text = one.character if isinstance(one, events.Key) else one.text
                (text or "").encode("utf-8")  # no half of a pair
        assert keys(line.send("q")) == ["q"]


def test_a_parser_that_falls_goes_on_with_what_comes_next(
    line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    def falls(*_: object, **__: object) -> object:
        raise ZeroDivisionError

    with monkeypatch.context() as broken:
        broken.setattr(BoundedParser, "parse_mouse_code", falls)
        assert line.send("\x1b[<0;10;5M") == []
    assert keys(line.send("q")) == ["q"]


# ------------------------------------------------------------------------ size


@pytest.mark.parametrize(
    ("kernel", "taken"),
    [
        ((120, 40), (120, 40)),
        ((2000, 1000), LARGEST),
        ((60_000, 60_000), LARGEST),
        ((65_535, 1), (LARGEST[0], 1)),
        ((0, 0), (80, 24)),
        ((0, 50), (80, 50)),
    ],
)
def test_the_size_is_the_kernel_s_and_bounded(
    kernel: tuple[int, int], taken: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "1000000000")
    monkeypatch.setenv("LINES", "1000000000")
    driver = object.__new__(textual_internals.TerminalDriver)
    driver.fileno = 0
    monkeypatch.setattr("os.get_terminal_size", lambda fileno: kernel)
    assert driver._get_terminal_size() == taken


def test_of_a_flood_of_keys_the_beginning_is_taken_and_ctrl_c_is_not_kept_waiting() -> None:
    at, interrupts = [0.0], list[float]()
    read = TerminalInput(lambda _: False, 0.1, lambda: interrupts.append(at[0]), lambda: at[0])
    assert read.feed("j" * 20_000) == "j" * MOST_KEYS
    assert not interrupts
    assert read.feed("kk\x03") == ""
    assert interrupts == [0.0]
    at[0] = 1.0
    assert read.feed("q" * 1000) == "q" * KEYS_A_SECOND
    at[0] = 100.0
    assert read.feed("l" * 30 + "\x03") == "l" * 30 + "\x03"
    assert interrupts == [0.0]


def test_of_a_flood_of_arrows_no_more_are_taken_than_of_letters() -> None:
    read = TerminalInput(lambda _: True, 0.1, now=lambda: 0.0)
    assert read.feed("\x1b[A" * 5000) == "\x1b[A" * MOST_KEYS


FLOODS = {
    "letters": "t]",
    "words without a blank": "한é",
    "keys with alt": "\x1bz",
    "unknown keys with alt": "\x1b!",
    "an alt that is none": "\x1bO",
    "escapes": "\x1b",
    "keys of the number pad": "\x1bOA",
    "unknown ones": "\x1bOz",
    "arrows": "\x1b[A",
    "keys of kitty's": "\x1b[97;5u",
    "where the cursor is": "\x1b[1;1R",
    "the mouse": "\x1b[<35;10;5M",
    "pastes": "\x1b[200~x\x1b[201~",
    "empty pastes": "\x1b[200~\x1b[201~",
    "the focus": "\x1b[O\x1b[I",
    "what it cannot know": "\x1b[5z",
    "strings": "\x1b]0;q\x07",
}


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.sampled_from(sorted(FLOODS)), min_size=1, max_size=3),
    st.integers(1, 4096),
)
@example(["unknown ones"], 4096)
@example(["unknown keys with alt"], 4096)
@example(["pastes"], 4096)
def test_of_a_flood_of_anything_no_more_is_taken_than_of_keys(kinds: list[str], cut: int) -> None:
    """Whatever it is of, in whatever packets; and behind it ctrl+c acts at once."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        line, interrupts = Line(monkeypatch), list[str]()
        monkeypatch.setattr(line.parser._input, "_interrupt", lambda: interrupts.append("ctrl+c"))
        monkeypatch.setattr(line.parser._input, "_now", lambda: line.now)
        line.parser._input._filled = line.now
        flood = "".join(map(FLOODS.__getitem__, kinds)) * 3000
        got = [one for at in range(0, len(flood), cut) for one in line.send(flood[at : at + cut])]
        assert len(got) <= MOST_KEYS + 1
        got = line.send("\x03") + line.wait()
        heard = "ctrl+c" in [one.key for one in got if isinstance(one, events.Key)]
        assert heard or interrupts


def test_the_focus_is_told_where_it_is_in_the_end(
    line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(line.parser._input, "_now", lambda: line.now)
    line.parser._input._filled = line.now
    (got,) = line.send("\x1b[O\x1b[I" * 500)
    assert isinstance(got, events.AppFocus)
    (got,) = line.send("\x1b[I\x1b[O" * 500)
    assert isinstance(got, events.AppBlur)
    assert line.send("j" * 2 * MOST_KEYS + "\x1b[O")[MOST_KEYS:] == []
    (got,) = line.wait()  # there is no room for it at once, but it is not lost
    assert isinstance(got, events.AppBlur)
    assert line.wait() == []
    key, focus = line.send("\x1b[Oq\x1b[I")
    assert (keys([key]), type(focus)) == (["q"], events.AppFocus)


# ----------------------------------------------------------- answers that are owed


def test_answers_are_owed_by_a_terminal_that_gives_some_and_not_for_ever() -> None:
    at = [0.0]
    owed = Owed(lambda: at[0])
    owed.sent(f"a picture{QUESTION}")
    assert not owed.some  # it may be one that gives none
    owed.came("q\x1b[24;80R")
    assert not owed.some
    owed.sent(QUESTION + QUESTION)
    assert owed.some
    owed.came("\x1b[1;1R")
    assert owed.some
    at[0] = PATIENCE + 0.1
    assert not owed.some
    owed.came("\x1b[1;1R\x1b[1;1R")  # late ones, of which nobody thinks any more
    owed.sent(QUESTION)
    assert owed.some


@pytest.mark.parametrize("parts", [["\x1b[1;1R\x1b[2;2R"], ["q\x1b[1", ";1R\x1b[", "2;2R"]])
def test_what_is_owed_is_waited_for_before_the_line_is_given_back(
    parts: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    owed = Owed()
    owed.sent(QUESTION)
    owed.came("\x1b[1;1R")
    owed.sent(QUESTION * 2)
    monkeypatch.setattr(textual_internals, "_owed", owed)
    driver = object.__new__(textual_internals.TerminalDriver)
    driver.fileno, line = os.pipe()

    def come() -> None:
        for part in parts:
            time.sleep(0.05)
            os.write(line, part.encode())

    late = threading.Thread(target=come)
    late.start()
    driver._await_answers(60.0)
    late.join()
    assert not owed.some
    os.write(line, b"typed behind them")
    driver._await_answers(60.0)  # nothing is owed, and nothing read
    assert os.read(driver.fileno, 100) == b"typed behind them"
    owed.sent(QUESTION)
    os.close(line)
    driver._await_answers(60.0)  # a line that is gone is not waited for
