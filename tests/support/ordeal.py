"""Random keys, typed values, what no key sends and every size, into the app: does it still answer?

Where `soak` looks at what grows, this looks at what falls, freezes or is left behind. Nothing is
left out: the app is also ended, again and again, and started anew where it then was.
"""

from __future__ import annotations

import random
import time
from pathlib import Path

from support.terminal import GRADTUI, KEYS, Terminal

_CONTROL = [bytes([code]) for code in range(1, 32) if code not in (3, 17, 19, 26, 28)]
"""But ctrl+c, which has its own share, and those with which a terminal stops or sleeps."""

_NAMED = [
    *KEYS.values(),
    *(f"\x1b[{code}".encode() for code in ("H", "F", "Z", "2~", "3~", "15~", "17~", "24~")),
    *(f"\x1b[1;{modifier}{key}".encode() for modifier in (2, 5) for key in "ABCD"),
    b"\x1bOP",
    b"\x1bOS",
]
_VALUES = [
    *("1e100", "1e-300", "5e-324", "0", "-1", "1e400", "nan", "abc", "50", "128", "0.999"),
    *("normal(std=3)", "1,2,3", "0:1", "-6:6", "0:0", "leaky_relu(0.3)", "elu(2), tanh"),
    *("orthogonal, critical", "critical", "x" * 300, "(((", "é한👩‍👩‍👧", "\u202e", "[red]"),
]
_NO_KEYS = [
    b"\x1b[200~paste\nline2\x1b[31m\x07\x1b[201~",
    b"\x1b[200~without an end",
    b"\x1b[201~",
    b"\x1b[<0;10;5M",
    b"\x1b[<0;10;5m",
    b"\x1b[<64;4000;12M",
    b"\x1b[M !!",
    b"\x1b[99;99;99~",
    b"\x1b[1114112;5u",
    b"\x1b[55296u",
    b"\x1b[?2026;9$y",
    b"\x1b[?2048;1$y",
    b"\x1b[48;60000;60000;0;0t",
    b"\x1b[48;0;0;0;0t",
    b"\x1b[?62;22c",
    b"\x1b[I",
    b"\x1b[O",
    b"\x1b[5;5R",
    b"\x1b[0;0R",
    b"\x1bP1$r0m\x1b\\",
    b"\x1b]11;rgb:ff/ff/ff\x07",
    b"\x1b]0;without an end",
    b"\x1b]" + b"x" * 3000,
    b"\x1b[",
    b"\x1b\x1b",
    b"\xff",
    b"\xe2\x82",
    b"\x00",
    b"\x1b[97;5u",
    b"\x1b[u",
    b"\x1b[;;u",
    "한".encode(),
]
_SIZES = [(1, 1), (1, 50), (60, 20), (59, 19), (80, 24), (100, 30), (300, 100), (40, 12), (500, 10)]
_SIZES += [(0, 0), (0, 24)]

_A_SESSION = 400
"""Inputs, after which it is ended by `q`, and everything looked at."""
_PATIENCE = 10.0
"""Seconds for an answer to a key, on a machine that is busy with other tests."""
_MOST_MEGABYTES = 1500


class Ordeal:
    """What one seed does to the app.

    Args:
        seed: equal seeds send the same; when each of it arrives differs.
        home: the user's home directory.
    """

    def __init__(self, seed: int, home: Path) -> None:
        self._chance = random.Random(seed)
        self._seed, self._home = seed, home
        self._sent: list[object] = []

    def go_through(self, inputs: int) -> None:
        """Raise AssertionError, with what led there, if it does not come through."""
        while inputs > 0:
            env = {"HOME": str(self._home), "XDG_STATE_HOME": None, "XDG_CONFIG_HOME": None}
            with Terminal(GRADTUI, columns=100, rows=30, env=env, cwd=self._home) as terminal:
                self._sent.clear()
                terminal.until("gradtui")
                for _ in range(min(inputs, _A_SESSION)):
                    inputs -= 1
                    self._one(terminal)
                    if terminal.ended:
                        break
                    if self._chance.random() < 0.01:
                        self._still_there(terminal)
                if not terminal.ended:
                    self._still_there(terminal)
                    terminal.send("q")
                self._ended_well(terminal)

    def _one(self, terminal: Terminal) -> None:
        """An input, now and then another size, and a moment's pause or none."""
        chance = self._chance
        data = self._input()
        if data == b"q" and chance.random() < 0.9:
            return
        self._sent.append(data)
        while data and not terminal.ended:
            data = data[terminal.offer(data) :]
            terminal.read(0 if data == b"" else 0.01)
        if chance.random() < 0.03:
            self._sent.append(size := chance.choice(_SIZES))
            terminal.resize(*size)
        pause = chance.choice([0, 0, 0, 0.005, 0.02, 0.05])
        end = time.perf_counter() + pause
        while (left := end - time.perf_counter()) > 0 and not terminal.ended:
            terminal.read(left)

    def _input(self) -> bytes:
        chance = self._chance
        kind = chance.random()
        if kind < 0.42:
            return chr(chance.randrange(32, 127)).encode()
        if kind < 0.62:
            return chance.choice(_NAMED)
        if kind < 0.72:
            return chance.choice(_CONTROL)
        if kind < 0.82:
            return chance.choice(_NO_KEYS)
        if kind < 0.84:
            return b"\x03"
        if kind < 0.92:
            knob = chance.choice("awbxdghInmWBNvRQzlSYA")
            return (knob + chance.choice(_VALUES)).encode() + b"\r"
        return chance.choice(
            ["1", "2", "3", "4", "5", "6", "7", *"cpfuU?i][}{", "s1", "\x10"]
        ).encode()

    def _still_there(self, terminal: Terminal) -> None:
        """At a size that has room, and with everything closed, a key is answered."""
        terminal.resize(100, 30)
        for _ in range(4):
            if not terminal.ended:
                terminal.send("escape")
                self._read(terminal, 0.25)
        quiet = time.perf_counter() + _PATIENCE
        while not terminal.ended and time.perf_counter() < quiet and terminal.read(0.3):
            pass
        if terminal.ended:
            return
        before, end = len(terminal.raw), time.perf_counter() + _PATIENCE
        while len(terminal.raw) == before and not terminal.ended:
            # More than once: while it starts, one may reach it with the escape as a key with alt.
            terminal.send("t")
            self._read(terminal, 1.0)
            assert time.perf_counter() < end, self._said("it is frozen")
        if not terminal.ended:
            memory = megabytes(terminal.process.pid)
            assert memory < _MOST_MEGABYTES, self._said(f"it takes {memory:.0f} MB")

    def _read(self, terminal: Terminal, seconds: float) -> None:
        end = time.perf_counter() + seconds
        while (left := end - time.perf_counter()) > 0 and not terminal.ended:
            terminal.read(left)

    def _ended_well(self, terminal: Terminal) -> None:
        try:
            status = terminal.exit_status()
        except TimeoutError:
            raise AssertionError(self._said("it does not end")) from None
        told = terminal.raw[-20_000:].decode(errors="replace")
        assert "Traceback" not in told, self._said(told)
        # 130 while it starts, when ctrl+c still is a signal.
        assert status in (0, 130), self._said(f"it ended with {status}")
        assert terminal.leaks() == [], self._said(f"it left {terminal.leaks()}")
        kept = self._home / ".local/state/gradtui"
        left = [one.name for one in kept.iterdir()] if kept.exists() else []
        assert not [name for name in left if name.endswith(".tmp")], self._said(f"it left {left}")
        assert "report.txt" not in left, self._said((kept / "report.txt").read_text("utf-8"))

    def _said(self, what: str) -> str:
        return f"seed {self._seed}: {what}\nafter {self._sent[-60:]}"


def megabytes(process: int) -> float:
    """A process's resident set; 0 once it is gone."""
    try:
        status = Path(f"/proc/{process}/status").read_text(encoding="utf-8")
    except OSError:
        return 0.0
    return next(
        (int(line.split()[1]) / 1024 for line in status.splitlines() if line.startswith("VmRSS")),
        0.0,
    )
