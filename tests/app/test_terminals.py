"""The app in many a terminal: by TERM, by encoding, by size, by what was asked for."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from textual import events

from gradtui.app import showing
from support.app import running, settle, shown
from support.ordeal import megabytes
from support.terminal import GRADTUI, Terminal

pytestmark = pytest.mark.heavy

READY = "arrives at the input"
"""Of the first verdict."""
_SGR = re.compile(rb"\x1b\[([0-9;:]*)m")
_VIEWS = {"1": "f′(z)", "2": "running product", "3": "of the loss's gradient"}
_MODES = {b"\x1b[?1000h", b"\x1b[?1002h", b"\x1b[?1003h", b"\x1b[?1006h", b"\x1b[?1016h"}


def opened(*words: str, **options: object) -> Terminal:
    """The app at its first picture, come to rest."""
    terminal = Terminal((*GRADTUI, *words), **options)  # type: ignore[arg-type]
    terminal.until(READY)
    terminal.until_quiet(0.2)
    return terminal


def systems(raw: bytes) -> set[str]:
    """Which ways to name a colour the bytes use: truecolor, 256, 16; no colour, no name."""
    found = set()
    for parameters in _SGR.findall(raw):
        numbers = [int(number or 0) for number in re.split(rb"[;:]", parameters)]
        at = 0
        while at < len(numbers):
            number = numbers[at]
            if number in (38, 48, 58):
                kind = numbers[at + 1]
                found.add({2: "truecolor", 5: "256"}[kind])
                at += 5 if kind == 2 else 3
                continue
            if 30 <= number <= 37 or 40 <= number <= 47 or 90 <= number <= 107:
                found.add("16")
            at += 1
    return found


def see_every_view(terminal: Terminal, ascii_only: bool = False) -> None:
    """Through the views and pages, each readable; and out."""
    for key, text in _VIEWS.items():
        terminal.send(key)
        screen = terminal.until(text.replace("′", "'") if ascii_only else text)
        assert "sigmoid" in screen
        assert READY in terminal.until(READY) if key == "3" else True
    terminal.send("q")
    assert terminal.exit_status() == 0
    assert terminal.leaks() == []
    assert b"Traceback" not in terminal.raw


# -------------------------------------------------------------------- TERM


@pytest.mark.parametrize(
    ("term", "colorterm", "system"),
    [
        ("xterm-256color", None, {"256"}),
        ("xterm-256color", "truecolor", {"truecolor"}),
        ("tmux-256color", None, {"256"}),
        ("tmux-256color", "truecolor", {"truecolor"}),
        ("xterm", None, {"16"}),
        ("xterm", "truecolor", {"truecolor"}),
        ("screen", None, {"16"}),
        ("screen", "truecolor", {"truecolor"}),
        ("linux", None, {"16"}),
        ("linux", "truecolor", {"truecolor"}),
        ("vt100", None, set()),
        ("vt100", "truecolor", set()),
        ("", None, set()),
    ],
)
def test_each_terminal_gets_the_colours_that_it_has(
    term: str, colorterm: str | None, system: set[str], state_home: Path
) -> None:
    with opened(term=term, env={"COLORTERM": colorterm}) as terminal:
        see_every_view(terminal)
        assert systems(terminal.raw) == system


@pytest.mark.parametrize(
    ("words", "env", "system"),
    [
        ((), {"NO_COLOR": "1"}, set()),
        (("--colors", "none"), {"COLORTERM": "truecolor"}, set()),
        (("--colors", "256"), {"NO_COLOR": "1"}, {"256"}),
        (("--colors", "16"), {"GRADTUI_COLORS": "truecolor"}, {"16"}),
        (("--colors", "truecolor"), {}, {"truecolor"}),
    ],
)
def test_who_names_the_colours_gets_them(
    words: Sequence[str], env: dict[str, str], system: set[str], state_home: Path
) -> None:
    with opened(*words, env=env) as terminal:
        # The pages are drawn by other widgets than the panes.
        if not system:
            terminal.press("?", "?", "i", "i", "s", "s", "d", "enter", "ctrl+p", quiet=0.1)
            terminal.press("escape", "2", quiet=0.2)
        assert systems(terminal.raw) == system
        if not system:
            # What is chosen, and where one is, must be seen all the same.
            assert re.search(rb"\x1b\[(?:[0-9;]*;)?7[;m]", terminal.raw)


@pytest.mark.parametrize(
    ("marker", "characters"),
    [
        ("braille", "⠒⠤⣀⠉"),
        ("block", "▀▄█▞▚▗▘"),
        ("dot", "•"),
        ("ascii", "*"),
    ],
)
def test_the_curves_are_drawn_with_what_was_asked_for(
    marker: str, characters: str, state_home: Path
) -> None:
    with opened("--marker", marker) as terminal:
        rows = [line[24:] for line in terminal.screen().split("\n")[2:14]]
        drawn = "".join(rows)
        assert set(characters) & set(drawn), drawn
        others = "".join(one for one in ("⠒⠤⣀⠉", "▀▄█▞▚", "•") if one[0] not in characters)
        assert not set(others) & set(drawn), drawn


def test_a_wrong_system_of_textual_s_own_is_no_traceback(state_home: Path) -> None:
    env = {"TEXTUAL_COLOR_SYSTEM": "bogus", "TEXTUAL_FPS": "x", "TEXTUAL_THEME": "no such"}
    with opened(env=env) as terminal:
        see_every_view(terminal)
        assert systems(terminal.raw) == {"256"}


# ------------------------------------------------------------------ encoding


@pytest.mark.parametrize(
    "env",
    [
        {"PYTHONIOENCODING": "ascii"},
        {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
    ],
    ids=["ascii", "locale"],
)
def test_without_utf_8_frames_are_ascii_and_stand_straight(
    env: dict[str, str], state_home: Path
) -> None:
    with opened(env=env) as terminal:
        for key, text in (("1", "passes here"), ("2", "running product"), ("3", READY)):
            terminal.send(key)
            lines = terminal.until(text).split("\n")
            right = [line.rindex("|") for line in lines[3:13] if line.rstrip().endswith("|")]
            assert len(right) >= 6, terminal.screen()
            assert len(set(right)) == 1, terminal.screen()
            assert all(len(line) <= 80 for line in lines)
        for page, title in (("?", "help"), ("s", "scenarios"), ("i", "sigmoid")):
            terminal.send(page)
            terminal.until(f"- {title}")
            terminal.until_quiet(0.3)
            boxed = [line for line in terminal.screen().split("\n") if line.strip()]
            assert len({len(line) for line in boxed}) == 1, terminal.screen()
            terminal.send(page)
            terminal.until(READY)
        terminal.send("i", "right")
        screen = terminal.until("sigma(x) = 1 / (1 + e^-x)")
        assert screen.replace("? help", "").count("?") == 0
        terminal.send("escape")
        terminal.until("Left the lesson")
        terminal.send("3")
        for key, text in (
            ("t", "Theme"),
            ("y", "clipboard"),
            ("/", "enter chooses"),
            ("enter", "s scenarios"),
            ("e", "save as"),
            ("escape", "s scenarios"),
            ("ctrl+p", "Search for commands"),
            ("escape", READY),
        ):
            terminal.send(key)
            terminal.until(text)
        assert terminal.raw.isascii()
        assert b"\\u" not in terminal.raw
        terminal.send("q")
        assert terminal.exit_status() == 0


def test_a_utf_8_locale_by_any_name_is_utf_8(state_home: Path) -> None:
    with opened(env={"PYTHONIOENCODING": "UTF8"}) as terminal:
        assert "│" in terminal.screen()


# ------------------------------------------------------------------- answers


def test_a_terminal_that_answers_nothing_is_used_all_the_same(state_home: Path) -> None:
    with opened(answers=False) as terminal:
        terminal.send("]")
        terminal.until("over 51 layers", timeout=2.5)  # not only after patience ran out
        terminal.send("[")
        terminal.until("of the loss's gradient", timeout=2.5)
        see_every_view(terminal)


def test_a_terminal_that_answers_late_or_twice_or_wrongly_is_used_all_the_same(
    state_home: Path,
) -> None:
    with opened(answers=False) as terminal:
        for answer in (b"\x1b[5;5R", b"\x1b[1;1R\x1b[1;1R", b"\x1b[?2026;0$y", b"\x1b[I\x1b[O"):
            terminal.send(answer)
            terminal.until_quiet(0.15)
        terminal.send("]")
        terminal.until("over 51 layers")
        terminal.send("q")
        assert terminal.exit_status() == 0


def test_keys_that_arrive_in_one_packet_go_where_they_were_meant(state_home: Path) -> None:
    """Over a slow line what is typed comes together; so does what was typed ahead."""
    with opened() as terminal:
        terminal.send("d40\r")
        terminal.until("over 40 layers")
        terminal.send("/tanh\r")
        terminal.until("✓ tanh healthy")
        terminal.send("d60\r]m100\r2")
        terminal.until("running product")
        terminal.send("3")
        terminal.until("over 61 layers")
        assert "100 random" in terminal.until(READY)
        terminal.send("?\x1b[B\r]")
        terminal.until("over 62 layers")


@pytest.mark.parametrize("page", ["question_mark", "i", "s"])
async def test_a_page_closed_in_haste_does_not_leave_the_screen_waiting_for_an_answer(
    page: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The terminal has answered once, so pictures wait for its answers; one of them is lost."""
    monkeypatch.setattr(showing, "PATIENCE", 0.05)
    async with running() as (app, pilot):
        app.on_cursor_position(events.CursorPosition(0, 0))
        for _ in range(10):
            for key in ("right_square_bracket", page, page):
                app.simulate_key(key)
            for _ in range(100):
                await pilot.pause(0.01)
                if app.settled and not app.shown.flow.busy:
                    break
            else:
                raise AssertionError("it waits for an answer that it never asked for")
        await settle(pilot)
        assert "over 60 layers" in shown(app)


@pytest.mark.parametrize("page", ["?", "i", "s"])
def test_a_page_closed_in_haste_loses_no_question(page: str, state_home: Path) -> None:
    """A terminal that answers is never waited for until patience runs out."""
    with opened() as terminal:
        for depth in range(51, 56):
            terminal.send(f"]{page}{page}")
            terminal.until(f"over {depth} layers", timeout=showing.PATIENCE - 0.5)


def test_a_key_that_is_struck_twice_does_not_end_it(state_home: Path) -> None:
    """Whoever sees nothing happen on a slow line strikes again."""
    with opened() as terminal:
        for keys in (
            "?\r\r",
            "???",
            "iii",
            "sss",
            "s\r\r",
            "s\x1b[5~\x1b[5~",
            "s\x1b[6~\x1b[6~",
            "\x10\r\r",
            "\x10\x1b[5~\x1b[5~",
            "\x10relu\x1b[6~\x1b[6~",
            "\x10facts\r\r",
            "d\r\r",
            "/\r\r",
        ):
            terminal.send(keys)
            terminal.until_quiet(0.3)
            assert not terminal.ended, keys
            terminal.press("escape", quiet=0.2)
        terminal.press("escape", "3", "r", quiet=0.2)
        terminal.until("of the loss's gradient")


def test_pages_do_what_their_frames_say(state_home: Path) -> None:
    with opened() as terminal:
        terminal.send("?")
        terminal.until("esc closes")
        terminal.until_quiet()
        top = terminal.screen()
        terminal.send("down", "down")  # "↑ ↓ scroll"
        terminal.until_it(lambda screen: screen != top)
        terminal.send("up", "up")
        terminal.until_it(lambda screen: screen == top)
        terminal.send("escape")
        terminal.until_gone("esc closes")
        terminal.send("s")
        terminal.until("key or enter chooses")
        terminal.send("down", "enter")
        terminal.until_gone("key or enter chooses")
        terminal.send("u")
        terminal.until("Undid")


# --------------------------------------------------------------- no terminal


def refused(*, stdin: object, stdout: object, stderr: object, term: str | None) -> tuple[int, str]:
    """Exit status and everything that was said where there is no terminal to draw on."""
    env = dict(os.environ)
    env.pop("TERM", None)
    if term is not None:
        env["TERM"] = term
    done = subprocess.run(
        GRADTUI, stdin=stdin, stdout=stdout, stderr=stderr, env=env, timeout=60,  # type: ignore[call-overload]
    )  # fmt: skip
    return done.returncode, (done.stdout or b"").decode() + (done.stderr or b"").decode()


def test_no_terminal_at_all_is_said_with_what_to_do(state_home: Path) -> None:
    pipe, nowhere = subprocess.PIPE, subprocess.DEVNULL
    for term in ("xterm-256color", "dumb", None):
        status, said = refused(stdin=nowhere, stdout=pipe, stderr=pipe, term=term)
        assert status == 2
        assert said.startswith("gradtui: error: the app needs a terminal")
        assert "gradtui decay" in said
        assert "\x1b" not in said
        assert said.count("\n") == 1


@pytest.mark.parametrize("redirected", ["<", ">", "2>"])
def test_half_a_terminal_is_none(redirected: str, tmp_path: Path, state_home: Path) -> None:
    target = "/dev/null" if redirected == "<" else tmp_path / "out"
    command = f'exec "$@" {redirected}{target}'
    with Terminal(("/bin/sh", "-c", command, "sh", *GRADTUI)) as terminal:
        assert terminal.exit_status() == 2
        said = terminal.raw.decode()
        if redirected == "2>":
            said += (tmp_path / "out").read_text(encoding="utf-8")
        assert "the app needs a terminal" in said
        assert "gradtui decay" in said
        assert "\x1b" not in said


def test_a_dumb_terminal_gets_a_sentence(state_home: Path) -> None:
    with Terminal(term="dumb") as terminal:
        assert terminal.exit_status() == 2
        assert b"TERM=dumb" in terminal.raw
        assert b"gradtui decay" in terminal.raw
        assert b"\x1b" not in terminal.raw


def test_the_command_that_the_sentence_names_prints_the_same(state_home: Path) -> None:
    with Terminal((*GRADTUI, "decay"), term="dumb") as terminal:
        assert terminal.exit_status() == 0
        assert b"sigmoid vanishing" in terminal.raw
        assert b"\x1b" not in terminal.raw


# --------------------------------------------------------------------- mouse


@pytest.mark.parametrize(
    ("words", "env", "taken"),
    [
        ((), {}, True),
        ((), {"SSH_CONNECTION": "127.0.0.1 1 127.0.0.1 2"}, False),
        (("--mouse", "off"), {}, False),
        (("--no-mouse",), {"GRADTUI_MOUSE": "on"}, False),
        (("--mouse",), {"SSH_CONNECTION": "127.0.0.1 1 127.0.0.1 2"}, True),
    ],
)
def test_the_mouse_is_taken_where_that_helps(
    words: Sequence[str], env: dict[str, str], taken: bool, state_home: Path
) -> None:
    with opened(*words, env={"SSH_TTY": None} | env) as terminal:
        assert bool({mode for mode in _MODES if mode in terminal.raw}) is taken
        terminal.send("q")
        assert terminal.exit_status() == 0
        assert terminal.leaks() == []


# ---------------------------------------------------------------------- size


def test_every_size_from_one_cell_to_a_wall(state_home: Path) -> None:
    sizes = [
        (1, 1), (1, 50), (300, 1), (10, 3), (59, 24), (60, 17), (60, 18),
        (60, 100), (300, 18), (99, 30), (100, 30), (300, 100), (80, 24),
    ]  # fmt: skip
    with opened() as terminal:
        for columns, rows in sizes:
            terminal.resize(columns, rows)
            if columns >= 60 and rows >= 18:
                terminal.until("vanishing")
            terminal.until_quiet(0.15)
            assert not terminal.ended, (columns, rows)
            lines = terminal.screen().split("\n")
            assert len(lines) == rows
            if columns >= 60 and rows >= 18:
                assert max(map(len, lines)) > columns - 12
            elif columns * rows >= 60:
                assert "gradtui needs" in " ".join("".join(lines).split()), (columns, rows)
        terminal.until("of the loss's gradient")
        terminal.send("q")
        assert terminal.exit_status() == 0
        assert b"Traceback" not in terminal.raw


@pytest.mark.parametrize("size", [(1, 1), (60, 18), (300, 100)], ids=str)
def test_it_starts_at_any_size(size: tuple[int, int], state_home: Path) -> None:
    with Terminal(columns=size[0], rows=size[1]) as terminal:
        terminal.until_quiet(1.0)
        assert not terminal.ended
        if size == (300, 100):
            terminal.until(READY)
        terminal.send("q")
        assert terminal.exit_status() == 0
        assert terminal.leaks() == []


def test_a_size_that_changes_at_every_moment(state_home: Path) -> None:
    """A window that is dragged, with a page and a prompt open too."""
    with opened() as terminal:
        for key in ("2", "?", "?", "d", "enter", "s", "s", "3"):
            terminal.send(key)
            for columns, rows in ((61, 19), (200, 50), (30, 10), (5, 2), (120, 40)):
                terminal.resize(columns, rows)
                terminal.read(0.02)
        terminal.resize(80, 24)
        terminal.until_quiet(0.4)
        # Which key found a page open depends on the moment; a scenario ends wherever that led.
        terminal.press("escape", "escape", "s", "3")
        terminal.until("of the loss's gradient")
        assert "vanishing" in terminal.screen()
        terminal.send("q")
        assert terminal.exit_status() == 0
        assert b"Traceback" not in terminal.raw


@pytest.mark.parametrize("page", ["?", "i", "s", "d", "ctrl+p"])
def test_a_page_in_a_terminal_that_becomes_too_small_for_it(page: str, state_home: Path) -> None:
    with opened() as terminal:
        terminal.press(page, quiet=0.15)
        for columns, rows in ((20, 5), (5, 2), (1, 1), (3, 100), (300, 2)):
            terminal.resize(columns, rows)
            terminal.until_quiet(0.1)
            terminal.press("pagedown", "pageup", quiet=0.05)
            assert not terminal.ended, (columns, rows)
        terminal.resize(80, 24)
        terminal.press("escape", "escape")
        terminal.until("of the loss's gradient")


@pytest.mark.parametrize("key", ["?", "i", "s", "y", "d", "/", "e", "ctrl+p"])
def test_nothing_opens_in_a_terminal_that_is_too_small(key: str, state_home: Path) -> None:
    """Nobody would see it, and `q` would go to it."""
    with opened() as terminal:
        for columns, rows in ((59, 24), (6, 15), (1, 1)):
            terminal.resize(columns, rows)
            terminal.until_quiet(0.1)
            terminal.press(key, "]", quiet=0.05)
            assert not terminal.ended, (columns, rows)
        terminal.resize(80, 24)
        assert "activations" in terminal.until("of the loss's gradient")
        terminal.resize(40, 10)
        terminal.until("press q")
        terminal.send("q")
        assert terminal.exit_status() == 0


@pytest.mark.parametrize("key", ["?", "d", "/", "ctrl+p"])
def test_what_is_open_does_not_keep_q_from_a_terminal_that_became_too_small(
    key: str, state_home: Path
) -> None:
    with opened() as terminal:
        terminal.press(key, quiet=0.15)
        terminal.resize(40, 10)
        terminal.until("press q")
        terminal.send("q")
        assert terminal.exit_status() == 0


_RESIZED_WHILE_IT_LOOKS = """
import fcntl, os, signal, struct, termios
from gradtui.cli import main

ask, left = os.get_terminal_size, [1]

def resized_behind(fd):
    size = ask(fd)
    if size.columns == 70 and left:
        left.clear()
        fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("4H", 30, 110, 0, 0))
        signal.raise_signal(signal.SIGWINCH)
    return size

os.get_terminal_size = resized_behind
raise SystemExit(main([]))
"""


def test_a_size_that_changes_while_the_last_one_is_looked_up(state_home: Path) -> None:
    with Terminal((sys.executable, "-c", _RESIZED_WHILE_IT_LOOKS)) as terminal:
        terminal.until("q quit")
        terminal.resize(70, 24)
        terminal.until_quiet()
        terminal.resize(110, 30)  # it is by now: there is no other signal
        terminal.send("1")
        terminal.until_width(100)


def test_a_terminal_that_does_not_know_its_size(state_home: Path) -> None:
    """Zero by zero, as on a serial line."""
    with Terminal(columns=0, rows=0) as terminal:
        terminal.resize(80, 24)
        terminal.until(READY)
        terminal.send("q")
        assert terminal.exit_status() == 0


# --------------------------------------------------------- what no terminal means


@pytest.mark.parametrize(
    "sent",
    [
        b"\x1b[1114112;5u",
        b"\x1b[48;60000;60000;0;0t",
        b"\x1b[?2048;1$y\x1b[48;0;0;0;0t\x1b[<0;10;5M",
        b"\x1b]" + b"x" * 100_000,
        b"\x1bP" + b"\r" * 100_000,
        b"\x1b[200~" + b"q" * 100_000,
        b"\x1b[" + b"1;" * 50_000,
    ],
    ids=["code", "size", "mode and mouse", "string", "another", "paste", "sequence"],
)
def test_a_terminal_that_sends_nonsense_is_used_all_the_same(sent: bytes, state_home: Path) -> None:
    with Terminal() as terminal:
        terminal.until(READY)
        terminal.until_quiet(0.3)
        before = megabytes(terminal.process.pid)
        while sent:
            sent = sent[terminal.offer(sent) :]
            terminal.read(0.001)
        terminal.read(2.0)  # longer than anything is waited for
        terminal.send("]")
        terminal.until("over 51 layers", timeout=10)
        assert megabytes(terminal.process.pid) < before + 30
        terminal.send("q")
        assert terminal.exit_status() == 0
        assert terminal.leaks() == []


@pytest.mark.parametrize(("columns", "lines"), [("200", "100"), ("1000000000", "1000000000")])
def test_the_terminal_s_own_size_counts_and_not_what_a_variable_says(
    columns: str, lines: str, state_home: Path
) -> None:
    with Terminal(env={"COLUMNS": columns, "LINES": lines}) as terminal:
        screen = terminal.until(READY)
        assert "q quit" in screen.split("\n")[0]
        terminal.resize(100, 30)
        assert len(terminal.until_width(90).split("\n")) == 30


def test_a_terminal_that_claims_to_be_endless_is_bounded(state_home: Path) -> None:
    with Terminal() as terminal:
        terminal.until(READY)
        terminal.resize(65_535, 65_535)
        terminal.read(3.0)
        terminal.until_quiet(1.0, timeout=60)
        assert megabytes(terminal.process.pid) < 400
        terminal.forget()
        terminal.resize(80, 24)
        terminal.until(READY)
        terminal.process.send_signal(signal.SIGTERM)
        assert terminal.exit_status() == 128 + signal.SIGTERM
