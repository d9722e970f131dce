"""An hour of somebody at the keys, in minutes: does the app grow, or fall?

    python tests/benchmarks/soak.py [--keys N] [--seed N]
    python tests/benchmarks/soak.py --ordeal SEEDS [--keys N] [--seed N]

One process on a pseudo-terminal gets random keys at random sizes: every key of the app's but the
ones that end or suspend it, and what comes over a bad line besides (pastes, unknown sequences,
mouse reports, letters of other scripts). Memory is the resident set (VmRSS; Linux only) at the
same screen: after the first tenth of the keys, and at the end. The budget is 10 % more. SciPy,
which some activations load, is loaded before: that happens once.

With --ordeal, N inputs of each of so many seeds from the given one on, nothing left out: whether it
answers, ends and leaves nothing behind, whatever comes. See `tests/support/ordeal.py`.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from textual.keys import key_to_character

from gradtui.app.actions import ACTIONS
from support.ordeal import Ordeal, megabytes
from support.terminal import GRADTUI, KEYS, Terminal

READY = "arrives at the input"
BATCH = 10
SENT: list[bytes] = []
PALETTE = b"\x10relu\x1b"
"""Into it and out again: in there is a way to end the app."""
_LONE = 0.15
"""Seconds after which an escape is one, and not the beginning of the next key's sequence."""
_ENDS = {"quit", "suspend_process", "command_palette"}
_NAMED = {
    **KEYS,
    "home": b"\x1b[H",
    "end": b"\x1b[F",
    "shift+up": b"\x1b[1;2A",
    "shift+down": b"\x1b[1;2B",
    "shift+left": b"\x1b[1;2D",
    "shift+right": b"\x1b[1;2C",
    "shift+tab": b"\x1b[Z",
    "ctrl+r": b"\x12",
    "slash": b"/",
}


def _bytes_of(key: str) -> bytes:
    """What a terminal sends for a key."""
    return _NAMED[key] if key in _NAMED else (key_to_character(key) or "").encode()


_OF_THE_APP = [
    _bytes_of(key) for action in ACTIONS if action.name not in _ENDS for key in action.keys
]
assert all(_OF_THE_APP)
_TYPED = [*(str(digit).encode() for digit in range(10)), b".", b"-", b",", b"e", b"\r", b"\x7f"]
_GARBAGE = [
    b"\x1b",
    b"\x1b\x1b",
    b"\x00",
    b"\x01",
    b"\x0b",
    b"\x15",
    "é".encode(),
    "한".encode(),
    "\u202e".encode(),
    "👩‍👩‍👧".encode(),
    b"\x1b[200~tanh\n0.2\x1b[201~",
    b"\x1b[200~" + b"[red]" * 50 + b"\x1b[201~",
    b"\x1b[99;99;99~",
    b"\x1b[?99$y",
    b"\x1bOP",
    b"\x1b[I",
    b"\x1b[O",
    b"\x1b[5;5R",
    b"\x1b[<0;10;5M",
    b"\x1b[<0;10;5m",
    b"\x1b[<64;40;12M",
    PALETTE,
]


def catch_up(terminal: Terminal, timeout: float = 5.0) -> None:
    """Read until the app has dealt with what it was sent, but do not wait for long computations.

    Its main thread is then idle, whatever the one that computes does. Without this the keys
    would queue up, which nobody at a keyboard can do.
    """
    end, worked = time.perf_counter() + timeout, -1
    while time.perf_counter() < end:
        while terminal.read(0.01):
            pass
        before, worked = worked, nanoseconds_of_work(terminal.process.pid)
        if before >= 0 and worked - before < 500_000:
            return
        if terminal.ended:
            return


def nanoseconds_of_work(process: int) -> int:
    """Of the main thread."""
    try:
        text = Path(f"/proc/{process}/task/{process}/schedstat").read_text(encoding="utf-8")
    except FileNotFoundError:
        return 0
    return int(text.split()[0])


def at_the_start(terminal: Terminal) -> float:
    """Back to the first screen; the memory there."""
    for _ in range(4):
        terminal.press("escape", quiet=0.3)
        alive(terminal)
    terminal.resize(80, 24)
    terminal.until_quiet(0.5, timeout=60)
    terminal.forget()
    terminal.press("/", "escape", "1", "3", "r", quiet=0.3)
    terminal.resize(81, 24)
    terminal.until_quiet(0.3, timeout=60)
    terminal.forget()
    terminal.resize(80, 24)
    terminal.until(READY, timeout=60)
    terminal.until_quiet(1.0, timeout=60)  # at rest it gives memory back
    alive(terminal)
    return megabytes(terminal.process.pid)


def alive(terminal: Terminal) -> None:
    """Complain if it has fallen."""
    if terminal.ended or b"\x1b[?1049l" in terminal.raw:
        terminal.resize(100, 30)
        terminal.until_quiet(0.5)
        raise AssertionError(
            f"it fell (exit status {terminal.process.poll()}) "
            f"after {len(SENT):,} keys, the last {SENT[-300:]}:\n"
            f"{terminal.raw[-400_000:].decode(errors='replace')}"
        )


def press(terminal: Terminal, keys: int, chance: random.Random) -> None:
    """Random keys."""
    for _ in range(0, keys, BATCH):
        for _ in range(BATCH):
            kind = chance.random()
            source = _OF_THE_APP if kind < 0.7 else _TYPED if kind < 0.9 else _GARBAGE
            SENT.append(chance.choice(source))
            if SENT[-1] == PALETTE:
                terminal.press("ctrl+p", quiet=0.3)  # what comes before it is there goes past it
                terminal.send("relu", "escape")
            else:
                terminal.send(SENT[-1])
            if SENT[-1].endswith(b"\x1b"):
                time.sleep(_LONE)
            terminal.read(0)
        if chance.random() < 0.1:
            terminal.resize(chance.randint(1, 300), chance.randint(1, 100))
        catch_up(terminal)
        alive(terminal)
        terminal.forget()


def ordeals(seeds: range, inputs: int) -> int:
    """Each with a home of its own; 1 if one of them was not gone through."""
    fallen = 0
    for seed in seeds:
        with tempfile.TemporaryDirectory(prefix="gradtui-ordeal-") as home:
            try:
                Ordeal(seed, Path(home)).go_through(inputs)
            except AssertionError as error:
                fallen += 1
                print(error, flush=True)
            else:
                print(f"seed {seed}: {inputs:,} inputs gone through", flush=True)
    print(f"{len(seeds) - fallen} of {len(seeds)} seeds")
    return int(fallen > 0)


def main() -> int:
    """Print the figures; 1 if it grew too much."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--keys", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--ordeal", type=int, default=0, metavar="SEEDS")
    options = parser.parse_args()
    if options.ordeal:
        return ordeals(range(options.seed, options.seed + options.ordeal), options.keys)
    chance = random.Random(options.seed)
    home = tempfile.mkdtemp(prefix="gradtui-soak-")
    env = {"XDG_STATE_HOME": home, "XDG_CONFIG_HOME": home}
    with Terminal(GRADTUI, env=env, cwd=Path(home)) as terminal:
        terminal.until(READY)
        terminal.until_quiet(0.5)
        first = megabytes(terminal.process.pid)
        terminal.press("a", "gelu", "enter", quiet=0.3)
        start = time.perf_counter()
        print(f"{options.keys:,} random keys, seed {options.seed}", flush=True)
        print(f"memory at the first picture       {first:8.1f} MB", flush=True)
        measured: list[float] = []
        for tenth in range(1, 11):
            press(terminal, options.keys // 10, chance)
            measured.append(at_the_start(terminal))
            keys = tenth * options.keys // 10
            growth = measured[-1] / measured[0] - 1
            print(
                f"memory after {keys:>6,} keys         {measured[-1]:8.1f} MB   {growth:+.1%}",
                flush=True,
            )
        seconds = time.perf_counter() - start
        terminal.send("q")
        status = terminal.exit_status()
    print(f"{seconds:.0f} s, exit status {status}; the budget is +10 %")
    return int(growth > 0.10 or status != 0)


if __name__ == "__main__":
    raise SystemExit(main())
