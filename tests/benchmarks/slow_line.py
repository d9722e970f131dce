"""The app over a line of 5 kB/s: how long a start takes, and how far the screen lags behind keys.

    python tests/benchmarks/slow_line.py [--rate BYTES]

What the program writes is taken at once, as the kernel and ssh take it, and reaches the terminal
at the line's pace; the terminal answers a question when it comes to it. Keys take no time, as a
packet of one byte hardly does. Thirty keys are held down at 30 ms each; the lag is the time from
the last key to the last byte of the screen that shows what they did.
"""

from __future__ import annotations

import argparse
import os
import select
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from support.terminal import EMPTY, GRADTUI, Terminal

READY = "arrives at the input"
RATE = 5_000
BUDGET = 2.0
"""Seconds of lag."""
HELD, EVERY = 30, 0.03


class SlowTerminal(Terminal):
    """A terminal at the far end of a slow line whose near end never makes anyone wait."""

    def __init__(self, command: Sequence[str], rate: int, **options: Any) -> None:
        self._rate = rate
        self._on_the_way = bytearray()
        self._since = time.perf_counter()
        super().__init__(command, **options)

    def read(self, seconds: float) -> bool:
        """Wait that long at most for bytes to come through the line; whether any did."""
        end = time.perf_counter() + seconds
        while True:
            self._take()
            now = time.perf_counter()
            room = int((now - self._since) * self._rate)
            if self._on_the_way and room:
                data = bytes(self._on_the_way[:room])
                del self._on_the_way[:room]
                self._since += len(data) / self._rate
                self._arrived(data)
                return True
            if now >= end:
                return False
            # A packet's worth of patience: the line is not looked at for every byte.
            time.sleep(min(0.01, end - now))

    def _take(self) -> None:
        while select.select([self._ours], [], [], 0)[0]:
            if not self._on_the_way:
                self._since = time.perf_counter()
            self._on_the_way += os.read(self._ours, 65536)


def opened(command: Sequence[str], rate: int) -> SlowTerminal:
    """The program with a home of its own."""
    state = tempfile.mkdtemp(prefix="gradtui-benchmark-")
    return SlowTerminal(command, rate, env={"XDG_STATE_HOME": state, "XDG_CONFIG_HOME": state})


def start(command: Sequence[str], text: str, rate: int) -> tuple[int, float, float]:
    """Bytes of a start, seconds until the text is there, seconds until nothing more comes."""
    with opened(command, rate) as one:
        one.until(text, timeout=60)
        there = one.written_at - one.started_at
        one.until_quiet(1.0, timeout=60)
        return len(one.raw), there, one.written_at - one.started_at


def held(key: str, rate: int, first: Sequence[str], shows: str) -> tuple[int, float]:
    """Bytes and seconds of lag of a key that is held down."""
    with opened(GRADTUI, rate) as one:
        one.until(READY, timeout=60)
        one.until_quiet(1.0, timeout=60)
        for before in first:
            one.press(before, quiet=1.5)
        bytes_before = len(one.raw)
        due = time.perf_counter()
        for _ in range(HELD):
            while (left := due - time.perf_counter()) > 0:
                one.read(left)
            one.send(key)
            last = time.perf_counter()
            due += EVERY
        one.until_quiet(1.5, timeout=120)
        screen = one.screen()
        if shows not in screen:
            raise AssertionError(f"{shows!r} is not on the screen:\n{screen}")
        return len(one.raw) - bytes_before, one.written_at - last


def table(rate: int) -> bool:
    """Print the measured table; whether a lag is over its budget."""
    print(f"80x24, xterm-256color, {rate:,} bytes a second\n", flush=True)
    print(f"{'what':<64}{'bytes':>8}{'seconds':>9}{'budget':>9}", flush=True)
    for what, command, text in (
        ("start, empty Textual app", EMPTY, "empty"),
        ("start, gradtui", GRADTUI, READY),
    ):
        count, there, rest = start(command, text, rate)
        print(f"{what + ', its text':<64}{'':>8}{there:>9.1f}", flush=True)
        print(f"{what + ', at rest':<64}{count:>8,}{rest:>9.1f}", flush=True)
    over = False
    for what, key, first, shows in (
        ("the list's cursor (three compared)", "down", (), "▸"),
        ("the list, one chosen: another picture each", "down", ("enter",), "▸◉"),
        ("depth", "]", (), f"over {50 + HELD} layers"),
        ("the chain's cursor", "right", ("2", "d", "5", "0", "enter", "<"), "layer 20 of 50"),
    ):
        count, lag = held(key, rate, first, shows)
        over |= lag > BUDGET
        late = "  over" if lag > BUDGET else ""
        label = f"lag after {HELD} keys: {what}"
        print(f"{label:<64}{count:>8,}{lag:>9.1f}{BUDGET:>9.1f}{late}", flush=True)
    return over


def main() -> int:
    """1 if the lag is over its budget."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rate", type=int, default=RATE, help="bytes a second")
    return int(table(parser.parse_args().rate))


if __name__ == "__main__":
    raise SystemExit(main())
