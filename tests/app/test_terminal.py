"""The app on a real terminal: what it sends, what it leaves behind, how it ends."""

from __future__ import annotations

import os
import re
import signal
import time
from pathlib import Path

import pytest

from gradtui.app.storage import load
from support.terminal import GRADTUI, Terminal

READY = "arrives at the input"
"""Of the first verdict."""


def opened(ready: str = READY, **options: object) -> Terminal:
    """The app at its first picture, come to rest."""
    terminal = Terminal(**options)  # type: ignore[arg-type]
    terminal.until(ready)
    terminal.until_quiet(0.3)
    return terminal


def saved(state_home: Path) -> Path:
    return state_home / "gradtui" / "state.json"


# ----------------------------------------------------------------- the session


def test_the_first_start_ever_opens_where_the_note_does_and_later_ones_where_one_left() -> None:
    with Terminal(first_start=True) as terminal:
        assert "a ━━━" not in (screen := terminal.until("passes here"))
        assert "New here?" in screen
        terminal.send("2")
        assert "a factor here" in terminal.until("Press 3: how it decays")
        terminal.send("q")
        assert terminal.exit_status() == 0
    with Terminal(first_start=True) as again:
        assert "Press 3" not in again.until("running product")


def test_a_session_leaves_the_terminal_as_it_was_and_remembers(state_home: Path) -> None:
    with opened() as terminal:
        screen = terminal.screen()
        assert "sigmoid vanishing" in screen
        assert "of the loss's gradient" in screen
        assert "healthy is above 0.001" in screen
        terminal.send("]")
        terminal.until("over 51 layers")
        terminal.send("2")
        terminal.until("∂L/∂a₅₁")
        terminal.send("?")
        terminal.until("help: chain")
        terminal.send("escape")
        terminal.until("running product")
        terminal.send("q")
        assert terminal.exit_status() == 0
        assert terminal.leaks() == []
        assert "Traceback" not in terminal.screen()
    state = load(saved(state_home))
    assert (state.view, state.setup.depth) == ("chain", 51)
    with Terminal() as again:
        assert "∂L/∂a₅₁" in again.until("∂L/∂a₅₁")
    with Terminal((*GRADTUI, "--fresh")) as fresh:
        assert "New here?" in fresh.until("New here?")
        fresh.send("q")
        assert fresh.exit_status() == 0
    state = load(saved(state_home))
    assert (state.view, state.setup.depth) == ("chain", 51)
    with Terminal((*GRADTUI, "--forget")) as anew:
        anew.until("New here?")
        anew.send("q")
        assert anew.exit_status() == 0
    assert load(saved(state_home)).view == "derivative"


def test_a_resize_is_followed(state_home: Path) -> None:
    with opened() as terminal:
        terminal.resize(60, 18)
        assert len(terminal.until("sigmoid vanishing").split("\n")) == 18
        terminal.resize(40, 10)
        terminal.until("60 columns")
        terminal.resize(100, 30)
        terminal.until(READY)
        terminal.send("q")
        assert terminal.exit_status() == 0


# ------------------------------------------------------------------- the end


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP], ids=lambda n: n.name)
def test_a_signal_restores_the_terminal_and_keeps_the_state(
    number: signal.Signals, state_home: Path
) -> None:
    with opened() as terminal:
        terminal.send("]")
        terminal.until("over 51 layers")
        terminal.process.send_signal(number)
        assert terminal.exit_status() == 128 + number
        assert terminal.leaks() == []
        assert "Traceback" not in terminal.screen()
    assert load(saved(state_home)).setup.depth == 51


def test_a_connection_that_drops_ends_the_app_and_keeps_the_state(state_home: Path) -> None:
    with opened() as terminal:
        terminal.send("]")
        terminal.until("over 51 layers")
        terminal.hang_up()
        assert terminal.process.wait(15) == 128 + signal.SIGHUP
    assert load(saved(state_home)).setup.depth == 51


def test_it_ends_while_it_computes(state_home: Path) -> None:
    with opened() as terminal:
        terminal.press("m", "10000", "enter", "d", "100000", quiet=0.3)
        terminal.send("enter")
        terminal.until_it(lambda screen: re.match(r" *\d+% ", screen) is not None, "progress")
        terminal.send("q")
        assert terminal.exit_status() == 0
        assert terminal.leaks() == []


def test_keys_that_are_typed_ahead_of_the_prompt_go_into_it(state_home: Path) -> None:
    """On a slow line, or from a clipboard, they all come at once."""
    with opened() as terminal:
        terminal.send("d120\r")
        assert "over 120 layers" in terminal.until("over 120 layers", timeout=5)


def test_ctrl_c_ends_it_too(state_home: Path) -> None:
    with opened() as terminal:
        terminal.send("ctrl+c")
        assert terminal.exit_status() == 0
        assert terminal.leaks() == []


def test_a_state_directory_that_cannot_be_written_is_said_after_the_end(tmp_path: Path) -> None:
    blocked = tmp_path / "a file"
    blocked.write_text("in the way", encoding="utf-8")
    with opened("passes here", env={"XDG_STATE_HOME": str(blocked)}) as terminal:
        terminal.send("q")
        assert terminal.exit_status() == 0
        assert terminal.leaks() == []
        assert b"could not be kept" in terminal.raw
        assert b"Traceback" not in terminal.raw
    assert blocked.read_text(encoding="utf-8") == "in the way"


def test_a_broken_state_is_set_aside_and_the_app_opens(state_home: Path) -> None:
    file = saved(state_home)
    file.parent.mkdir(parents=True)
    file.write_bytes(b"\x80\x81 no state")
    with opened("could not be read") as terminal:
        assert "could not be read" in terminal.screen()
    (aside,) = [one for one in file.parent.iterdir() if one != file]
    assert aside.read_bytes() == b"\x80\x81 no state"


# -------------------------------------------------------------------- bytes


def answer(terminal: Terminal, key: str, text: str, top: str = " gradtui ") -> int:
    """The bytes of all that follows a key, up to the finished picture with these two texts."""
    before = len(terminal.raw)
    terminal.send(key)
    terminal.until(text)
    terminal.until(top)  # in the place of this one was the progress
    terminal.until_quiet(0.35)
    return len(terminal.raw) - before


@pytest.mark.heavy
def test_the_bytes_that_a_slow_link_has_to_carry(state_home: Path) -> None:
    """Budgets at 80x24 in 256 colours; bytes are stable, times are not."""
    tanh, relu = "▸● b tanh", "▸● c relu"
    derivative, chain, decay = "f(z) at z = 1", "running product", "|∂L/∂a| by layer"
    views = [("2", chain), ("3", decay), ("1", derivative), ("2", chain), ("1", derivative)]
    views += [("3", decay), ("4", "z   flat  dead"), ("3", decay), ("6", "at (1.5, 0.2)")]
    with opened() as terminal:
        assert len(terminal.raw) <= 20_000
        assert terminal.until_quiet(1.0) == 0
        for budget, answers in (
            (600, [("down", tanh), ("down", relu), ("up", tanh), ("j", relu)]),
            (4_000, [(key, f"over {depth} layers") for key, depth in
                     (("]", 51), ("[", 50), ("]", 51), ("]", 52), ("{", 26), ("}", 52))]),
            (6_000, views),
            (2_000, [("right", "at (1.55, 0.2)"), ("up", "at (1.55, 0.22)"),
                     ("right", "at (1.6, 0.22)"), ("down", "at (1.6, 0.2)"),
                     ("left", "at (1.55, 0.2)")]),  # the cursor over the map
            (6_000, [("C", "D takes it into decay")]),
            (4_000, [("A", "sigma_b, depth or alpha"), ("escape", "D into decay")]),
        ):  # fmt: skip
            # A busy machine shows a view without its picture first: the least of some rounds.
            rounds = [
                [answer(terminal, key, text) for key, text in answers]
                for _ in range(6 if answers is views else 1)
            ]
            assert min(map(min, rounds)) > 0
            assert max(map(min, zip(*rounds, strict=True))) <= budget
        # These paint the whole screen, once.
        for key, text, budget in (
            ("?", "esc closes", 8_000),
            ("s", "key or enter", 8_000),
            ("i", "zero-centred", 8_000),
            ("ctrl+p", "Search for commands", 14_000),
        ):
            assert 0 < answer(terminal, key, text, top=text) <= budget
            assert 0 < answer(terminal, "escape", "? help") <= 8_000
        assert 0 < answer(terminal, "t", "Theme") <= 8_000
        assert terminal.until_quiet(1.0) == 0


# ------------------------------------------------------- poorer terminals


@pytest.mark.parametrize(
    "env",
    [
        {"PYTHONIOENCODING": "ascii"},
        {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
        {"LC_ALL": "C"},
    ],
    ids=["encoding", "locale", "locale in Python's UTF-8 mode"],
)
def test_without_utf_8_the_screen_is_ascii(env: dict[str, str], state_home: Path) -> None:
    with opened(env=env) as terminal:
        for key, text in (
            ("1", "passes here"),
            ("2", "running product"),
            ("3", READY),
            ("d", "a whole number"),
            ("escape", "s scenarios"),
            ("y", "clipboard"),
        ):
            terminal.send(key)
            terminal.until(text)
        assert terminal.raw.isascii()
        assert b"\\u" not in terminal.raw
        terminal.send("q")
        assert terminal.exit_status() == 0


@pytest.mark.parametrize(
    ("page", "text"),
    [("?", "- help"), ("s", "- scenarios"), ("i", "- sigmoid"), ("ctrl+p", "Search for commands")],
)
def test_without_utf_8_the_pages_are_ascii_too(page: str, text: str, state_home: Path) -> None:
    with opened(env={"PYTHONIOENCODING": "ascii"}) as terminal:
        terminal.send(page)
        assert "??" not in terminal.until(text)
        terminal.until_quiet(0.2)
        assert "??" not in terminal.screen()
        assert b"\\u" not in terminal.raw
        assert terminal.raw.isascii()


@pytest.mark.parametrize("term", ["xterm-256color", "xterm", "screen", "linux", "vt100"])
def test_every_common_terminal_shows_the_verdict(term: str, state_home: Path) -> None:
    with opened(term=term) as terminal:
        assert "sigmoid vanishing" in terminal.screen()
        assert b"38;2;" not in terminal.raw
        if term != "xterm-256color":
            assert b"38;5;" not in terminal.raw


def test_without_colour_none_is_sent(state_home: Path) -> None:
    with opened(env={"NO_COLOR": "1"}) as terminal:
        terminal.send("]", "2")
        terminal.until("∂L/∂a₅₁")
        terminal.send("3")
        terminal.until("over 51 layers")
        assert b"38;" not in terminal.raw
        assert b"48;" not in terminal.raw


@pytest.mark.parametrize(
    ("size", "env"), [((80, 24), {}), ((60, 18), {"PYTHONIOENCODING": "ascii"})]
)
def test_without_colour_what_enter_would_choose_is_in_reverse_video(
    size: tuple[int, int], env: dict[str, str], state_home: Path
) -> None:
    """Whole and alone, in both lists that open over all."""
    with opened(env={"NO_COLOR": "1", **env}, columns=size[0], rows=size[1]) as terminal:
        terminal.press("s", "down", quiet=0.3)
        marked = terminal.reversed_text()
        assert "2 0.25 to the depth" in marked
        assert "Ten sigmoids at z = 0" in marked
        assert "1 " not in marked
        terminal.press("escape", "ctrl+p", "down", "down", quiet=0.5)
        marked = terminal.reversed_text()
        assert "activations: the activation functions to look at" in marked
        assert "Cursor" not in marked


def test_the_app_needs_no_home_of_its_own(tmp_path: Path) -> None:
    """A container with a user that has no home directory."""
    with opened(
        "passes here", env={"XDG_STATE_HOME": None, "HOME": str(tmp_path / "none")}
    ) as terminal:
        terminal.send("q")
        assert terminal.exit_status() == 0


@pytest.mark.skipif(os.name != "posix", reason="needs job control")
def test_suspending_gives_the_terminal_back(state_home: Path) -> None:
    with opened() as terminal:
        terminal.send("\x1a")
        end = time.perf_counter() + 10
        while "T" not in stat(terminal.process.pid) and time.perf_counter() < end:
            terminal.read(0.05)
        while terminal.read(0.1):
            pass
        assert terminal.leaks() == []
        terminal.forget()  # what is seen from here on is new
        terminal.process.send_signal(signal.SIGCONT)
        terminal.until("sigmoid vanishing")
        terminal.send("q")
        assert terminal.exit_status() == 0


def stat(process: int) -> str:
    """The state of a process: R, S, T …"""
    text = Path(f"/proc/{process}/stat").read_text(encoding="utf-8")
    return text.rsplit(")", 1)[1].split()[0]
