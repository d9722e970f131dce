"""The app at home over SSH: through OpenSSH's own server and client, and through tmux in it."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from gradtui.app.storage import load
from support import ssh
from support.terminal import Terminal

pytestmark = [
    pytest.mark.heavy,
    pytest.mark.skipif(bool(ssh.missing()), reason=ssh.missing() or "nothing is missing"),
]

READY = "arrives at the input"
"""Of the first verdict."""
_MOUSE = (b"\x1b[?1000h", b"\x1b[?1002h", b"\x1b[?1003h", b"\x1b[?1006h", b"\x1b[?1016h")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ssh.Server]:
    with ssh.server(tmp_path_factory.mktemp("sshd")) as running:
        yield running


@pytest.fixture
def saved(state_home: Path) -> Path:
    return state_home / "gradtui" / "state.json"


def walk_through(terminal: Terminal) -> None:
    """What a person does in the first minutes, and would see."""
    screen = terminal.until(READY)
    assert "sigmoid vanishing" in screen
    assert "of the loss's gradient" in screen
    # Compare one more: down from the list's cursor to the first that has no letter.
    for _ in range(20):
        line = next(line for line in terminal.screen().split("\n") if "▸" in line)
        if not {"●", "◉"} & set(line):
            break
        terminal.press("down")
    terminal.send("space")
    terminal.until("● d ")
    # Depth, by key and typed.
    terminal.send("]", "]")
    terminal.until("a layer over 52")
    terminal.press("d")
    terminal.send(*"40", "enter")
    terminal.until("a layer over 40")
    # Every view, and the way back.
    terminal.send("1")
    terminal.until("f′(z)")
    terminal.send("2")
    terminal.until("running product")
    terminal.send("3")
    terminal.until("a layer over 40")
    # Help, facts, scenarios.
    terminal.send("?")
    terminal.until("help: decay")
    terminal.press("escape")
    terminal.send("i")
    terminal.until("zero-centred")
    terminal.press("escape")
    terminal.send("s")
    terminal.until("key or enter chooses")
    terminal.press("escape")
    assert "a layer over 40" in terminal.screen()
    # Another size.
    terminal.resize(100, 30)
    assert len(terminal.until_width(90).split("\n")) == 30
    terminal.until("a layer over 40")


# ------------------------------------------------------------- the connection


def test_a_session_over_ssh(server: ssh.Server, saved: Path) -> None:
    with Terminal(server.gradtui()) as terminal:
        walk_through(terminal)
        assert not [mode for mode in _MOUSE if mode in terminal.raw]
        assert b"38;2;" not in terminal.raw  # ssh drops COLORTERM
        terminal.send("q")
        assert terminal.exit_status() == 0
        assert terminal.leaks() == []
        assert "Traceback" not in terminal.screen()
    assert ssh.seconds_until_gone(server.pid) < 5
    assert load(saved).setup.depth == 40


def test_who_connects_again_goes_on_where_they_were(server: ssh.Server, saved: Path) -> None:
    with Terminal(server.gradtui()) as terminal:
        terminal.until(READY)
        terminal.send("]", "2")
        terminal.until("∂L/∂a₅₁")
        terminal.until_quiet(0.4)
        before = terminal.screen()
        terminal.send("q")
        assert terminal.exit_status() == 0
    with Terminal(server.gradtui()) as terminal:
        terminal.until_it(lambda screen: screen == before, before)
        terminal.send("q")
        assert terminal.exit_status() == 0


def test_a_client_that_is_killed_leaves_nothing_behind_but_the_state(
    server: ssh.Server, saved: Path
) -> None:
    with Terminal(server.gradtui()) as terminal:
        terminal.until(READY)
        terminal.send("]")
        terminal.until("a layer over 51")
        remote = server.pid
        assert ssh.alive(remote)
        terminal.process.kill()
        # It takes about a fifth of a second on a machine that does nothing else.
        assert ssh.seconds_until_gone(remote) < 5
    assert load(saved).setup.depth == 51


def test_a_client_that_is_killed_while_it_computes(server: ssh.Server, saved: Path) -> None:
    with Terminal(server.gradtui()) as terminal:
        terminal.until(READY)
        for knob, value in (("m", "1000"), ("d", "20000")):
            terminal.press(knob, value, quiet=0.15)
            terminal.send("enter")
            terminal.read(0.5)
        terminal.until("1%")
        remote = server.pid
        terminal.process.kill()
        assert ssh.seconds_until_gone(remote) < 5
    assert load(saved).setup.depth == 20_000


def test_the_server_hears_the_exit_status_of_a_signal(server: ssh.Server, saved: Path) -> None:
    with Terminal(server.gradtui()) as terminal:
        terminal.until(READY)
        os.kill(server.pid, signal.SIGTERM)
        assert terminal.exit_status() == 128 + signal.SIGTERM
        assert terminal.leaks() == []


def test_the_mouse_stays_the_terminal_s_over_ssh_unless_it_is_asked_for(
    server: ssh.Server, saved: Path
) -> None:
    with Terminal(server.gradtui("--mouse", "on")) as terminal:
        terminal.until(READY)
        assert b"\x1b[?1000h" in terminal.raw
        terminal.send("q")
        assert terminal.exit_status() == 0
        assert terminal.leaks() == []
    with Terminal(env={"SSH_TTY": None, "SSH_CONNECTION": None}) as local:
        local.until(READY)
        assert b"\x1b[?1000h" in local.raw


def test_a_page_of_text_comes_over_a_pipe(server: ssh.Server, saved: Path) -> None:
    """`ssh host gradtui` without -t says what to do instead of a traceback."""
    command = [word for word in server.gradtui() if word != "-tt"]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=30)
    assert done.returncode == 2
    assert done.stdout == b""
    assert b"needs a terminal" in done.stderr
    assert b"gradtui decay" in done.stderr
    assert b"\x1b" not in done.stderr


# -------------------------------------------------------------------- tmux


@pytest.fixture
def tmux() -> Iterator[Path]:
    """A directory for one tmux server: its path must be short, for a socket is in it."""
    if shutil.which("tmux") is None:
        pytest.skip("needs tmux, which is not installed")
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)
        subprocess.run(
            ["tmux", "-S", f"{folder}/socket", "kill-server"], check=False, capture_output=True
        )


def in_tmux(server: ssh.Server, folder: Path, term: str, *words: str) -> tuple[str, ...]:
    config = folder / "tmux.conf"
    config.write_text(
        f"set -g default-terminal {term}\nset -g escape-time 10\nset -g status off\n"
        # What is run belongs to the test, not to whoever has a shell of their own.
        "set -g default-shell /bin/sh\n",
        encoding="ascii",
    )
    inside = server.gradtui()[-1].partition("exec ")[2]
    words = words or ("new-session", f"exec {inside}")
    return server.client("tmux", "-u", "-S", f"{folder}/socket", "-f", str(config), *words)


@pytest.mark.parametrize("term", ["tmux-256color", "screen"])
def test_a_session_in_tmux_over_ssh(term: str, server: ssh.Server, tmux: Path, saved: Path) -> None:
    with Terminal(in_tmux(server, tmux, term)) as terminal:
        walk_through(terminal)
        terminal.send("q")
        assert terminal.exit_status() == 0
        assert "Traceback" not in terminal.screen()
    assert load(saved).setup.depth == 40


def test_what_is_detached_from_goes_on_and_can_be_attached_to(
    server: ssh.Server, tmux: Path, saved: Path
) -> None:
    with Terminal(in_tmux(server, tmux, "tmux-256color")) as terminal:
        terminal.until(READY)
        terminal.send("]")
        terminal.until("a layer over 51")
        terminal.send("\x02", "d")  # tmux's own key, then detach
        assert terminal.exit_status() == 0
    with Terminal(in_tmux(server, tmux, "tmux-256color", "attach"), columns=100, rows=30) as again:
        again.until("a layer over 51")
        again.send("]")
        again.until("a layer over 52")
        assert max(map(len, again.screen().split("\n"))) > 90
        # The line drops: the app is tmux's, and stays.
        again.process.kill()
        again.process.wait()
    time.sleep(0.2)
    with Terminal(in_tmux(server, tmux, "tmux-256color", "attach")) as third:
        third.until("a layer over 52")
        third.send("q")
        assert third.exit_status() == 0
    assert load(saved).setup.depth == 52
