"""A program on a pseudo-terminal of ours: what it writes, what it shows, what it leaves behind.

The program is given a terminal, as ssh gives it one, and is not known otherwise. One thread:
whoever waits also reads, and answers what the program asks the terminal.
"""

from __future__ import annotations

import fcntl
import os
import re
import select
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

import pyte

import gradtui
from gradtui.app.state import State
from gradtui.app.storage import save

GRADTUI = (sys.executable, "-m", "gradtui")
EMPTY = (
    sys.executable,
    "-c",
    "from textual.app import App; from textual.widgets import Static\n"
    "class Empty(App):\n"
    "    def compose(self): yield Static('empty')\n"
    "    def key_q(self): self.exit()\n"
    "Empty().run(mouse=False)",
)
"""The least that a Textual app can be; `q` ends it."""
SOURCE = str(Path(gradtui.__file__).parents[1])

KEYS = {
    "up": b"\x1b[A",
    "down": b"\x1b[B",
    "right": b"\x1b[C",
    "left": b"\x1b[D",
    "pageup": b"\x1b[5~",
    "pagedown": b"\x1b[6~",
    "tab": b"\t",
    "enter": b"\r",
    "escape": b"\x1b",
    "space": b" ",
    "ctrl+c": b"\x03",
    "ctrl+p": b"\x10",
}
_ANSWERS = {
    b"\x1b[?2026$p": b"\x1b[?2026;2$y",  # synchronized output: known, off
    b"\x1b[?2048$p": b"\x1b[?2048;0$y",  # resize in band: unknown
    b"\x1b[c": b"\x1b[?62;22c",
    b"\x1b[6n": b"\x1b[1;1R",
}
_MODE = re.compile(rb"\x1b\[\?([0-9;]+)([hl])")
_KEYBOARD = re.compile(rb"\x1b\[(?:(\?1049[hl])|(>)[0-9]*u|(<)u)")
_ON_AT_FIRST = {7, 25}  # line wrap and the cursor
# What pyte would print as text.
_UNKNOWN_TO_PYTE = re.compile(
    rb"\x1b\[[<>=][0-9;]*[A-Za-z]|\x1b\[\?[0-9;]*\$[a-z]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)"
)
_FROM_THE_USER = ("COLORTERM", "NO_COLOR", "TERM_PROGRAM", "COLUMNS", "LINES", "SSH_CONNECTION")


def _been_here_before(state_home: str) -> None:
    """Remember the state in which most tests begin, unless there is one, or no room for one."""
    file = Path(state_home) / "gradtui" / "state.json"
    if state_home and not file.exists():
        with suppress(OSError):
            save(State(), file)


class Terminal:
    """One program on one terminal, killed when the block ends.

    Args:
        command: the program and its arguments.
        columns, rows: the terminal's size.
        term: the value of TERM.
        env: variables on top of a clean environment; None removes one.
        cwd: the working directory.
        answers: whether it answers what the program asks it, as every good terminal does.
        first_start: whether nothing is remembered that no test put there; otherwise the program
            opens on three decays of fifty layers.
    """

    def __init__(
        self,
        command: Sequence[str] = GRADTUI,
        *,
        columns: int = 80,
        rows: int = 24,
        term: str = "xterm-256color",
        env: Mapping[str, str | None] | None = None,
        cwd: Path | None = None,
        answers: bool = True,
        first_start: bool = False,
    ) -> None:
        self.raw = b""
        self._answers = _ANSWERS if answers else {}
        self.written_at = 0.0
        """When the last byte came."""
        self._answered = 0
        self._looked: tuple[int, int] = (-1, -1)
        self._screen = ""
        self._sizes = [(0, columns, rows)]
        self._ours, self._theirs = os.openpty()
        self._set_size(columns, rows)
        self._line_before = termios.tcgetattr(self._theirs)
        environment = {
            name: value
            for name, value in os.environ.items()
            if name not in _FROM_THE_USER and not name.startswith("TEXTUAL")
        }
        environment |= {"TERM": term, "PYTHONPATH": SOURCE}
        for name, value in (env or {}).items():
            environment.pop(name, None)
            if value is not None:
                environment[name] = value
        if not first_start:
            _been_here_before(environment.get("XDG_STATE_HOME", ""))
        self.started_at = time.perf_counter()
        # The first terminal that the leader of a new session opens becomes its controlling one.
        self.process = subprocess.Popen(
            ["/bin/sh", "-c", 'exec "$@" 0<>"$0" 1>&0 2>&0', os.ttyname(self._theirs), *command],
            env=environment,
            cwd=cwd,
            start_new_session=True,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.process.kill()
        self.process.wait()
        if self._ours >= 0:
            self.hang_up()

    # -- reading

    def read(self, seconds: float) -> bool:
        """Wait that long at most for the program to write; whether it did."""
        ready, _, _ = select.select([self._ours], [], [], max(seconds, 0))
        if not ready:
            return False
        self._arrived(os.read(self._ours, 65536))
        return True

    def _arrived(self, data: bytes) -> None:
        """Take what came and answer the questions in it."""
        self.raw += data
        self.written_at = time.perf_counter()
        for question, answer in self._answers.items():
            # A question may come in two pieces: look again at what may be the first of them.
            for _ in range(self.raw.count(question, max(0, self._answered - len(question) + 1))):
                os.write(self._ours, answer)
        self._answered = len(self.raw)

    def until_quiet(self, quiet: float = 0.2, timeout: float = 20.0) -> int:
        """Read until nothing came for `quiet` seconds; how many bytes did."""
        before, end = len(self.raw), time.perf_counter() + timeout
        while self.read(quiet):
            if time.perf_counter() > end:
                raise TimeoutError(f"still writing after {timeout} s")
        return len(self.raw) - before

    def until(self, text: str, timeout: float = 30.0) -> str:
        """Read until the text is on the screen; the screen."""
        return self.until_it(lambda screen: text in screen, repr(text), timeout)

    def until_gone(self, text: str) -> str:
        """Read until the text is no longer on the screen; the screen."""
        return self.until_it(lambda screen: text not in screen, f"a screen without {text!r}")

    def until_width(self, columns: int) -> str:
        """Read until a line is longer than that; the screen."""
        return self.until_it(
            lambda screen: max(map(len, screen.split("\n"))) > columns,
            f"a line of more than {columns} characters",
        )

    def until_it(
        self, holds: Callable[[str], bool], what: str = "what was expected", timeout: float = 30.0
    ) -> str:
        """Read until that holds for the screen; the screen."""
        end = time.perf_counter() + timeout
        while not holds(screen := self.screen()):
            if time.perf_counter() > end or (not self.read(0.05) and self.ended):
                raise AssertionError(f"{what} did not appear; the screen is\n{screen}")
            while self.read(0.01):
                pass
        return screen

    @property
    def ended(self) -> bool:
        """Whether the program has ended."""
        return self.process.poll() is not None

    def exit_status(self, timeout: float = 15.0) -> int:
        """Read until the program ends; its exit status."""
        end = time.perf_counter() + timeout
        while not self.ended:
            self.read(0.01)
            if time.perf_counter() > end:
                raise TimeoutError(f"not ended after {timeout} s")
        while self.read(0.05):
            pass
        return self.process.wait()

    # -- acting

    def send(self, *keys: str | bytes) -> None:
        """Keys by name, text or bytes, without waiting."""
        for key in keys:
            os.write(self._ours, key if isinstance(key, bytes) else KEYS.get(key, key.encode()))

    def offer(self, data: bytes) -> int:
        """As many bytes as the program's line takes now; how many."""
        os.set_blocking(self._ours, False)
        try:
            return os.write(self._ours, data)
        except BlockingIOError:
            return 0
        finally:
            os.set_blocking(self._ours, True)

    def press(self, *keys: str, quiet: float = 0.25) -> int:
        """Keys one after the other, each until the answer ends; the bytes of all answers."""
        total = 0
        for key in keys:
            self.send(key)
            total += self.until_quiet(quiet)
        return total

    def resize(self, columns: int, rows: int) -> None:
        """Another size, which the kernel signals."""
        self._sizes.append((len(self.raw), columns, rows))
        self._set_size(columns, rows)

    def forget(self) -> None:
        """Begin anew with an empty screen and nothing written, so that nothing piles up."""
        self._sizes = [(0, *self._sizes[-1][1:])]
        self.raw = b""
        self._answered = 0
        self._looked = (-1, -1)

    def hang_up(self) -> None:
        """Take the terminal away, as a dropped connection does."""
        os.close(self._theirs)
        os.close(self._ours)
        self._ours = -1

    def _set_size(self, columns: int, rows: int) -> None:
        fcntl.ioctl(self._ours, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    # -- looking

    def screen(self) -> str:
        """What the terminal shows, a line a row, without the blanks at their ends."""
        if self._looked == (look := (len(self.raw), len(self._sizes))):
            return self._screen
        self._looked = look
        self._screen = "\n".join(line.rstrip() for line in self._emulated().display)
        return self._screen

    def _emulated(self) -> pyte.Screen:
        screen = pyte.Screen(*self._sizes[0][1:])
        stream = pyte.ByteStream(screen)
        ends = [begin for begin, _, _ in self._sizes[1:]] + [len(self.raw)]
        for (begin, columns, rows), end in zip(self._sizes, ends, strict=True):
            screen.resize(rows, columns)
            stream.feed(_UNKNOWN_TO_PYTE.sub(b"", self.raw[begin:end]))
        return screen

    def reversed_text(self) -> str:
        """What the terminal shows in reverse video, a line a row."""
        screen = self._emulated()
        cells = [[screen.buffer[y][x] for x in range(screen.columns)] for y in range(screen.lines)]
        return "\n".join("".join(one.data for one in line if one.reverse) for line in cells)

    def _keyboards(self) -> dict[str, int]:
        """How many modes of kitty's keyboard protocol each of the two screens has kept.

        Below zero on the main screen, it is the shell's own that was put back. The alternate one
        is nobody else's: to put back what was not set there changes nothing.
        """
        kept = {"main": 0, "alternate": 0}
        screen = "main"
        for switch, pushed, popped in _KEYBOARD.findall(self.raw):
            if switch:
                screen = "alternate" if switch.endswith(b"h") else "main"
            elif pushed:
                kept[screen] += 1
            elif popped and (kept[screen] or screen == "main"):
                kept[screen] -= 1
        return kept

    def leaks(self) -> list[str]:
        """What the program changed about the terminal and did not put back."""
        now: dict[str, bool] = {}
        for numbers, letter in _MODE.findall(self.raw):
            for number in numbers.split(b";"):
                now[number.decode()] = letter == b"h"
        leaks = [f"mode {mode}" for mode, on in now.items() if on != (int(mode) in _ON_AT_FIRST)]
        if self._keyboards() != {"main": 0, "alternate": 0}:
            leaks.append("kitty keyboard")
        if termios.tcgetattr(self._theirs)[:4] != self._line_before[:4]:
            leaks.append("line discipline")
        return leaks
