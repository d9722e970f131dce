"""How the app ends and stops: by signals, with its terminal, by a defect; and what it does idle."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path

import pytest

from gradtui.app import last_words
from gradtui.app.ending import _ASKED
from gradtui.app.state import State
from gradtui.app.storage import load
from support.terminal import Terminal

pytestmark = pytest.mark.heavy

READY = "arrives at the input"
"""Of the first verdict."""
_ANEW = "passes here"
"""Of the view with which a start begins that remembers nothing."""
_AT_MOST = 5.0
"""Seconds until it is gone; the budget is one, on a machine that is not busy with the suite."""


def opened(ready: str = READY, **options: object) -> Terminal:
    """The app at its first picture, come to rest."""
    terminal = Terminal(**options)  # type: ignore[arg-type]
    terminal.until(ready)
    terminal.until_quiet(0.3)
    return terminal


def deeper(terminal: Terminal) -> None:
    """A change that is worth remembering."""
    terminal.send("]")
    terminal.until("over 51 layers")


def computing(terminal: Terminal) -> None:
    """A computation of many seconds, begun."""
    for knob, value in (("m", "1000"), ("d", "20000")):
        terminal.press(knob, value, quiet=0.15)
        terminal.send("enter")
        terminal.until_quiet(0.15)
    terminal.until(" 20000 ")


def saved(state_home: Path) -> Path:
    return state_home / "gradtui" / "state.json"


def again(depth: int) -> None:
    """The next start goes on from there."""
    with Terminal() as terminal:
        terminal.until(f"over {depth} layers")


def stat(process: int) -> list[str]:
    """The fields of /proc/PID/stat from the state on."""
    text = Path(f"/proc/{process}/stat").read_text(encoding="utf-8")
    return text.rsplit(")", 1)[1].split()


# ------------------------------------------------------------------- signals


@pytest.mark.parametrize(
    "number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP], ids=lambda n: n.name
)
def test_a_signal_ends_it_in_order(number: signal.Signals, state_home: Path) -> None:
    with opened() as terminal:
        deeper(terminal)
        terminal.process.send_signal(number)
        assert terminal.exit_status(_AT_MOST) == 128 + number
        assert terminal.leaks() == []
        assert b"Traceback" not in terminal.raw
    assert load(saved(state_home)).setup.depth == 51
    again(51)


def test_a_signal_ends_it_while_it_computes(state_home: Path) -> None:
    with opened() as terminal:
        computing(terminal)
        terminal.process.send_signal(signal.SIGTERM)
        assert terminal.exit_status(_AT_MOST) == 128 + signal.SIGTERM
        assert terminal.leaks() == []
    assert load(saved(state_home)).setup.depth == 20_000


@pytest.mark.parametrize("page", ["?", "d", "ctrl+p"])
def test_a_signal_ends_it_whatever_is_open(page: str, state_home: Path) -> None:
    with opened() as terminal:
        terminal.press(page)
        terminal.process.send_signal(signal.SIGTERM)
        assert terminal.exit_status(_AT_MOST) == 128 + signal.SIGTERM
        assert terminal.leaks() == []
        assert b"Traceback" not in terminal.raw
    assert load(saved(state_home)).setup.depth == 50


@pytest.mark.parametrize(
    ("number", "seconds"),
    [
        (signal.SIGTERM, 0.0),
        (signal.SIGTERM, 0.1),
        (signal.SIGTERM, 0.2),
        (signal.SIGTERM, 0.3),
        (signal.SIGHUP, 0.1),
        (signal.SIGINT, 0.0),
        (signal.SIGINT, 0.1),
        (signal.SIGINT, 0.3),
    ],
)
def test_a_signal_while_it_starts_leaves_the_terminal_as_it_was(
    number: signal.Signals, seconds: float, state_home: Path
) -> None:
    with Terminal() as terminal:
        while b"gradtui" not in terminal.raw:
            terminal.read(0.05)
        end = time.perf_counter() + seconds
        while (left := end - time.perf_counter()) > 0:
            terminal.read(left)
        terminal.process.send_signal(number)
        assert terminal.exit_status(_AT_MOST) == 128 + number
        assert terminal.leaks() == []
        assert b"Traceback" not in terminal.raw
    _nothing_lost(state_home)


def _nothing_lost(state_home: Path) -> None:
    """What a start that was ended from outside leaves: what is remembered, and nothing else."""
    assert [one.name for one in saved(state_home).parent.iterdir()] == ["state.json"]
    assert load(saved(state_home)).with_(message="") == State()


_WHILE_IT_STARTS = """\
import os, signal, sys
from gradtui.app import main, running, storage
from gradtui.app.ending import OrderlyEnd
from gradtui.cli import main as run

def strike():
    os.kill(os.getpid(), signal.{name})

def before(of, name):
    whole = getattr(of, name)
    setattr(of, name, lambda *given, **named: (strike(), whole(*given, **named))[1])

def behind(of, name):
    whole = getattr(of, name)
    setattr(of, name, lambda *given, **named: (whole(*given, **named), strike())[0])

{strikes}
sys.exit(run([]))
"""


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM"])
@pytest.mark.parametrize(
    "strikes",
    [
        "before(storage, 'load')",
        "before(storage, 'opening')",
        "behind(storage, 'opening')",
        "before(main.GradTUI, '__init__')",
        "before(main.GradTUI, 'run')",
        "before(main.GradTUI, 'compose')",
        "before(OrderlyEnd, 'heed')",
        "behind(OrderlyEnd, 'heed')",
        "behind(main.GradTUI, 'paint')",
        "before(main.GradTUI, 'on_arrived')",
    ],
)
def test_a_signal_at_each_step_of_the_start_is_no_fall(
    strikes: str, name: str, state_home: Path
) -> None:
    """The next start goes on from what is remembered."""
    script = _WHILE_IT_STARTS.format(strikes=strikes, name=name)
    with Terminal((sys.executable, "-c", script)) as terminal:
        assert terminal.exit_status(_AT_MOST) == 128 + signal.Signals[name]
        assert terminal.leaks() == []
    _nothing_lost(state_home)


def test_a_kill_while_it_starts_is_taken_for_a_fall(state_home: Path) -> None:
    """It may have been for want of memory, which the state would take again."""
    script = _WHILE_IT_STARTS.format(strikes="before(main.GradTUI, 'run')", name="SIGKILL")
    with Terminal((sys.executable, "-c", script)) as terminal:
        assert terminal.exit_status(_AT_MOST) == -signal.SIGKILL
    assert load(saved(state_home)).setup != State().setup
    assert saved(state_home).with_name("state.crashed.json").exists()


_WHILE_IT_TAKES_THE_TERMINAL = """\
import os, signal, sys
from textual.drivers.linux_driver import LinuxDriver
from gradtui.cli import main

write, left = LinuxDriver.write, {writes}

def struck(self, data):
    global left
    write(self, data)
    left -= 1
    if left == 0:
        os.kill(os.getpid(), signal.{name})

LinuxDriver.write = struck
sys.exit(main([]))
"""


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
@pytest.mark.parametrize("writes", range(1, 21, 2))
def test_a_signal_while_it_takes_the_terminal(writes: int, name: str, state_home: Path) -> None:
    """Behind each of the writes with which Textual sets its modes, one by one."""
    script = _WHILE_IT_TAKES_THE_TERMINAL.format(writes=writes, name=name)
    with Terminal((sys.executable, "-c", script)) as terminal:
        assert terminal.exit_status(_AT_MOST) == 128 + signal.Signals[name]
        assert terminal.leaks() == []
        assert b"Traceback" not in terminal.raw
    _nothing_lost(state_home)


def test_the_last_words_wait_for_a_terminal_that_is_busy_for_a_moment() -> None:
    """Another thread's write holds it, and one that must not wait is refused."""
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    full = 0
    with suppress(BlockingIOError):
        while True:
            full += os.write(writer, b"x" * 4096)
    emptied = threading.Timer(0.02, os.read, (reader, full))
    emptied.start()
    last_words._write_soon(writer, b"the last words")
    emptied.join()
    assert os.read(reader, 100) == b"the last words"


def test_the_last_words_do_not_wait_for_a_terminal_that_reads_no_more() -> None:
    _, writer = os.pipe()
    os.set_blocking(writer, False)
    start = time.perf_counter()
    last_words._write_soon(writer, b"x" * 1_000_000)
    assert time.perf_counter() - start < 0.5


_SLOW_TO_KEEP = """\
import sys, time
from gradtui.app import ending, storage
from gradtui.cli import main as run

save, times = storage.save, 0

def slowly(state, file):
    global times
    times += 1
    save(state, file)
    if times == 2:  # the terminal is restored, and the last resort's time runs out
        time.sleep(ending._LAST_RESORT * 2)

storage.save = slowly
sys.exit(run([]))
"""


def test_an_end_in_order_that_takes_long_is_not_put_back_twice(state_home: Path) -> None:
    """The second time it would be the shell's own keyboard mode and cursor."""
    with opened(command=(sys.executable, "-c", _SLOW_TO_KEEP)) as terminal:
        terminal.process.send_signal(signal.SIGTERM)
        assert terminal.exit_status(_AT_MOST) == 128 + signal.SIGTERM
        assert terminal.leaks() == []
        assert terminal.raw.count(b"\x1b[?1049l") == 1


def test_a_signal_finds_it_though_the_terminal_has_stopped_reading(state_home: Path) -> None:
    """A line that hangs: every write to it waits."""
    with opened() as terminal:
        stalled(terminal)
        terminal.process.send_signal(signal.SIGTERM)
        assert terminal.process.wait(_AT_MOST) == 128 + signal.SIGTERM
    assert load(saved(state_home)).setup.depth == 51


def stalled(terminal: Terminal) -> None:
    """A change to be remembered, and a line that takes nothing any more."""
    deeper(terminal)
    for _ in range(8):
        terminal.send("1", "2", "3", "t")  # and nobody reads what these write
        time.sleep(0.1)


@pytest.mark.parametrize("key", ["q", "ctrl+c"])
def test_a_key_ends_it_though_the_terminal_has_stopped_reading(key: str, state_home: Path) -> None:
    with opened() as terminal:
        stalled(terminal)
        terminal.send(key)
        assert terminal.process.wait(_ASKED + _AT_MOST) == 0
    assert load(saved(state_home)).setup.depth == 51
    assert [one.name for one in saved(state_home).parent.iterdir()] == ["state.json"]


@pytest.mark.parametrize("seconds", [0.0, 0.1, 1.0, _ASKED])
def test_a_signal_behind_a_key_that_cannot_end_it_loses_nothing(
    seconds: float, state_home: Path
) -> None:
    """The line that hangs is hung up; at whatever moment, the state is kept first."""
    with opened() as terminal:
        stalled(terminal)
        terminal.send("q")
        with suppress(subprocess.TimeoutExpired):
            terminal.process.wait(seconds)
        terminal.hang_up()
        assert terminal.process.wait(_AT_MOST) in (0, 128 + signal.SIGHUP)
    assert load(saved(state_home)).setup.depth == 51


@pytest.mark.parametrize("busy", [False, True], ids=["idle", "computing"])
def test_a_terminal_that_goes_away_takes_the_app_with_it(busy: bool, state_home: Path) -> None:
    with opened() as terminal:
        if busy:
            computing(terminal)
        else:
            deeper(terminal)
        terminal.hang_up()
        assert terminal.process.wait(_AT_MOST) == 128 + signal.SIGHUP
    depth = 20_000 if busy else 51
    assert load(saved(state_home)).setup.depth == depth


def test_a_state_that_cannot_be_kept_does_not_keep_the_app(tmp_path: Path) -> None:
    blocked = tmp_path / "a file"
    blocked.write_text("in the way", encoding="utf-8")
    with opened("passes here", env={"XDG_STATE_HOME": str(blocked)}) as terminal:
        terminal.hang_up()
        assert terminal.process.wait(_AT_MOST) == 128 + signal.SIGHUP


# ---------------------------------------------------------------- ctrl+z, ctrl+c


def test_ctrl_z_gives_the_terminal_back_and_fg_brings_the_app_back(state_home: Path) -> None:
    with opened() as terminal:
        deeper(terminal)
        panes = terminal.screen().split("\n")[:-1]
        for _ in range(2):
            terminal.send("\x1a")
            end = time.perf_counter() + 10
            while stat(terminal.process.pid)[0] != "T" and time.perf_counter() < end:
                terminal.read(0.05)
            terminal.until_quiet(0.2)
            assert stat(terminal.process.pid)[0] == "T"
            assert terminal.leaks() == []
            terminal.forget()  # what is seen from here on is new
            terminal.process.send_signal(signal.SIGCONT)
            terminal.until_it(lambda screen: screen.split("\n")[:-1] == panes)
        deeper_still = "over 52 layers"
        terminal.send("]")
        terminal.until(deeper_still)
        terminal.send("q")
        assert terminal.exit_status() == 0
        assert terminal.leaks() == []


def test_a_terminal_that_was_resized_while_the_app_slept(state_home: Path) -> None:
    with opened() as terminal:
        terminal.send("\x1a")
        end = time.perf_counter() + 10
        while stat(terminal.process.pid)[0] != "T" and time.perf_counter() < end:
            terminal.read(0.05)
        terminal.resize(100, 30)
        terminal.process.send_signal(signal.SIGCONT)
        assert len(terminal.until_width(90).split("\n")) == 30
        terminal.until(READY)


def test_what_sleeps_can_still_be_ended(state_home: Path) -> None:
    """`kill %1` on a stopped job sends SIGTERM and SIGCONT."""
    with opened() as terminal:
        deeper(terminal)
        terminal.send("\x1a")
        end = time.perf_counter() + 10
        while stat(terminal.process.pid)[0] != "T" and time.perf_counter() < end:
            terminal.read(0.05)
        terminal.until_quiet(0.2)
        terminal.process.send_signal(signal.SIGTERM)
        terminal.process.send_signal(signal.SIGCONT)
        assert terminal.exit_status(_AT_MOST) == 128 + signal.SIGTERM
        assert terminal.leaks() == []
    assert load(saved(state_home)).setup.depth == 51


@pytest.mark.parametrize("page", ["", "?", "d", "s", "ctrl+p"])
def test_ctrl_c_quits_at_the_latest_the_second_time(page: str, state_home: Path) -> None:
    """The first may close what is open, as escape does."""
    with opened() as terminal:
        if page:
            terminal.press(page)
            terminal.press("ctrl+c")
        if not terminal.ended:
            terminal.send("ctrl+c")
        assert terminal.exit_status(_AT_MOST) == 0
        assert terminal.leaks() == []
        assert b"Traceback" not in terminal.raw


def test_signals_while_it_ends_do_not_end_it_otherwise(state_home: Path) -> None:
    """Once the terminal is itself again it makes a signal of every ctrl+c."""
    for key in ("q", "ctrl+c"):
        with opened() as terminal:
            deeper(terminal)
            terminal.send(key)
            end = time.perf_counter() + _AT_MOST
            while not terminal.ended and time.perf_counter() < end:
                terminal.send("ctrl+c")
                terminal.read(0.002)
            assert terminal.exit_status(_AT_MOST) == 0
            assert terminal.leaks() == []
        assert load(saved(state_home)).setup.depth == 51
        saved(state_home).unlink()
        assert list(saved(state_home).parent.iterdir()) == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda n: n.name)
def test_many_signals_are_one(number: signal.Signals, state_home: Path) -> None:
    with opened() as terminal:
        deeper(terminal)
        end = time.perf_counter() + _AT_MOST
        while not terminal.ended and time.perf_counter() < end:
            terminal.process.send_signal(number)
            terminal.read(0.002)
        assert terminal.exit_status(_AT_MOST) == 128 + number
        assert terminal.leaks() == []
    assert load(saved(state_home)).setup.depth == 51
    assert [one.name for one in saved(state_home).parent.iterdir()] == ["state.json"]


_NEVER_KEPT = """\
import sys, time
from gradtui.app import ending, storage
from gradtui.cli import main

ending._TO_BE_KEPT = 0.5
storage.save = lambda state, file: time.sleep(60)
sys.exit(main([]))
"""


def test_a_disk_that_takes_nothing_does_not_keep_it_from_a_signal_for_ever(
    state_home: Path,
) -> None:
    with opened(command=(sys.executable, "-c", _NEVER_KEPT)) as terminal:
        terminal.process.send_signal(signal.SIGTERM)
        assert terminal.exit_status(_AT_MOST) == 128 + signal.SIGTERM
        assert terminal.leaks() == []


def test_a_disk_that_takes_nothing_does_not_keep_it_for_ever(state_home: Path) -> None:
    with opened(command=(sys.executable, "-c", _NEVER_KEPT)) as terminal:
        terminal.send("q")
        terminal.until_it(lambda _: b"\x1b[?1049l" in terminal.raw)
        terminal.process.send_signal(signal.SIGTERM)
        assert terminal.exit_status(_AT_MOST) == 128 + signal.SIGTERM
        assert terminal.leaks() == []


@pytest.mark.parametrize("stopped", [False, True], ids=["never slept", "stopped from outside"])
def test_a_sigcont_from_outside_leaves_it_painted_and_the_terminal_whole(
    stopped: bool, state_home: Path
) -> None:
    with opened() as terminal:
        deeper(terminal)
        panes = terminal.screen().split("\n")[:-1]
        for _ in range(2):
            if stopped:
                terminal.process.send_signal(signal.SIGSTOP)
                end = time.perf_counter() + 10
                while stat(terminal.process.pid)[0] != "T" and time.perf_counter() < end:
                    terminal.read(0.05)
            before = len(terminal.raw)
            terminal.process.send_signal(signal.SIGCONT)
            terminal.until_it(
                lambda screen, before=before: (
                    b"\x1b[?1049h" in terminal.raw[before:] and screen.split("\n")[:-1] == panes
                )
            )
        terminal.send("]")
        terminal.until("over 52 layers")
        terminal.send("q")
        assert terminal.exit_status() == 0
        assert terminal.leaks() == []


def test_keys_behind_the_last_one_do_not_keep_it(state_home: Path) -> None:
    """With a prompt open, an enter waits for the prompt; one behind the end waited for ever."""
    with opened() as terminal:
        terminal.press("d")
        terminal.send(b"\x03\x03" + b"\r" * 70 + b"\x1b")
        assert terminal.exit_status(_AT_MOST) == 0
        assert terminal.leaks() == []


def test_keys_typed_while_it_starts_are_heard_enter_among_them(state_home: Path) -> None:
    with Terminal() as terminal:
        while b"gradtui" not in terminal.raw:
            terminal.read(0.05)
        terminal.send("d57", "enter", "[")
        terminal.until("over 56 layers")


# --------------------------------------------------------------------- a crash

_CRASH = """\
import dataclasses, sys
from gradtui.app import display, panes
from gradtui.app.appearance import Appearance
from gradtui.app.running import run_app
from gradtui.views import VIEWS

def broken(*arguments):
    raise RuntimeError("a view that cannot be drawn")

{where}
sys.exit(run_app(Appearance(), mouse=False))
"""
_IN_THE_ENGINE = "VIEWS['chain'] = dataclasses.replace(VIEWS['chain'], draw=broken)"
_ON_THE_SCREEN = """\
right = panes.bottom
panes.bottom = lambda state, width: (broken if state.view == 'chain' else right)(state, width)
"""
_OUTSIDE = """\
right = display.Display.take
display.Display.take = lambda self, drawn: (
    broken if drawn.request.view == "chain" else right
)(self, drawn)
"""


def crashing(where: str, ready: str = READY) -> Terminal:
    return opened(ready, command=(sys.executable, "-c", _CRASH.format(where=where)))


@pytest.mark.parametrize(
    ("where", "said"),
    [(_IN_THE_ENGINE, "could not be computed"), (_ON_THE_SCREEN, "could not be done")],
    ids=["engine", "screen"],
)
def test_a_defect_is_told_and_reported_and_the_app_goes_on(
    where: str, said: str, state_home: Path
) -> None:
    with crashing(where) as terminal:
        deeper(terminal)
        terminal.send("2")
        terminal.until(said)
        terminal.until("RuntimeError: a view that cannot be drawn")
        if where == _IN_THE_ENGINE:
            terminal.until("report.txt")
            terminal.send("3")
        terminal.send("]")
        terminal.until("over 52 layers")
        terminal.send("q")
        assert terminal.exit_status() == 0
    report = saved(state_home).with_name("report.txt").read_text(encoding="utf-8")
    assert "Traceback" in report
    assert "a view that cannot be drawn" in report
    assert "gradtui chain" in report
    assert load(saved(state_home)).setup.depth == 52


def test_a_state_that_cannot_be_computed_is_set_aside_at_the_next_start(state_home: Path) -> None:
    with crashing(_IN_THE_ENGINE) as terminal:
        deeper(terminal)
        terminal.send("2")
        terminal.until("could not be computed")
        terminal.send("q")
        assert terminal.exit_status() == 0
    for said in (True, False):  # and is no news at the start after it
        fresh = (sys.executable, "-m", "gradtui")
        with opened(_ANEW, columns=120, command=fresh) as terminal:
            assert ("state.crashed.json" in terminal.screen()) == said
            terminal.send("q")
            assert terminal.exit_status() == 0
    kept = json.loads(saved(state_home).with_name("state.crashed.json").read_text("utf-8"))
    assert (kept["view"], kept["setup"]["depth"]) == ("chain", "51")


def test_a_defect_that_ends_it_is_a_traceback_on_a_restored_screen(state_home: Path) -> None:
    with crashing(_OUTSIDE) as terminal:
        deeper(terminal)
        terminal.send("2")
        assert terminal.exit_status() == 1
        assert terminal.leaks() == []
        ended = terminal.raw.rindex(b"\x1b[?1049l")
        told = terminal.raw[ended:].decode()
        assert "Traceback" in told
        assert "a view that cannot be drawn" in told
        assert "gradtui: this is a defect" in told
        assert "gradtui: this is a defect" in terminal.screen()
    assert load(saved(state_home)).setup.depth == 51
    # With what it keeps it falls at once: that is not gone on with for ever.
    with Terminal(command=(sys.executable, "-c", _CRASH.format(where=_OUTSIDE))) as terminal:
        assert terminal.exit_status() == 1
    with crashing(_OUTSIDE, _ANEW) as terminal:
        terminal.send("q")
        assert terminal.exit_status() == 0
    assert saved(state_home).with_name("state.crashed.json").exists()


def test_keys_that_are_no_utf_8_do_not_end_it(state_home: Path) -> None:
    """A terminal set to Latin-1 sends them, and so does a line with noise."""
    with opened() as terminal:
        terminal.press("d")
        for keys in (b"\xe9", b"caf\xe9 ", b"\xff\xfe", b"\x1b[\xff", b"\xed\xa0\x80"):
            terminal.send(keys)
            terminal.until_quiet(0.15)
            assert not terminal.ended, keys
            assert b"Traceback" not in terminal.raw, keys
        terminal.press("escape")
        deeper(terminal)
        terminal.send("q")
        assert terminal.exit_status() == 0


# ------------------------------------------------------------ within a long call


@pytest.mark.parametrize("key", ["q", "\x03"], ids=["q", "ctrl+c"])
def test_it_ends_in_order_while_a_library_computes_and_cannot_be_stopped(
    key: str, state_home: Path
) -> None:
    """The eigenvalues of 1,024 units are one call of a second, and Python tears down beneath it."""
    for wait in (0.1, 0.2, 0.3, 0.4, 0.5, 0.6):
        with opened() as terminal:
            terminal.press("8")
            terminal.send("W1024\rIradius\r")
            time.sleep(wait)
            terminal.send(key)
            assert terminal.exit_status() == 0, wait
            assert terminal.leaks() == []
            assert b"BLAS" not in terminal.raw
        assert json.loads(saved(state_home).read_text("utf-8"))["setup"]["hidden_size"] == "1024"
        saved(state_home).unlink()


# ------------------------------------------------------------------------ idle


def seconds_of_work(process: int) -> float:
    fields = stat(process)
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def test_idle_it_writes_nothing_and_does_nothing(state_home: Path) -> None:
    with opened() as terminal:
        terminal.press("2", "3")
        terminal.until_quiet(1.0)
        before = seconds_of_work(terminal.process.pid)
        start = time.perf_counter()
        assert not terminal.read(3.0)
        assert time.perf_counter() - start >= 3.0
        assert seconds_of_work(terminal.process.pid) - before < 0.05
