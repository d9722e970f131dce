"""The app through a pseudo-terminal, beside an empty Textual app in the same run; then both on a
line of 5 kB/s.

    python tests/benchmarks/terminal.py

Every number is the median of several runs. Times depend on the machine and what else it does;
the ratios and the bytes do not. Memory is the peak resident set (VmHWM; Linux only).
"""

from __future__ import annotations

import compileall
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import slow_line

from support.terminal import EMPTY, GRADTUI, SOURCE, Terminal

RUNS = 5
READY = "arrives at the input"
EMPTY_WITH_NUMPY = (*EMPTY[:2], "import numpy\n" + EMPTY[2])
Row = tuple[str, float, str, float | None]
"""What, how much, the unit, the budget."""


def started(command: Sequence[str], text: str) -> Terminal:
    """The program at its first picture, come to rest."""
    state = tempfile.mkdtemp(prefix="gradtui-benchmark-")
    terminal = Terminal(command, env={"XDG_STATE_HOME": state, "XDG_CONFIG_HOME": state})
    terminal.until(text)
    return terminal


def first_paint(command: Sequence[str], text: str) -> float:
    """Milliseconds from the start to the first bytes that show `text` somewhere."""
    state = tempfile.mkdtemp(prefix="gradtui-benchmark-")
    with Terminal(command, env={"XDG_STATE_HOME": state, "XDG_CONFIG_HOME": state}) as one:
        while text.encode() not in one.raw:
            if not one.read(20):
                raise TimeoutError(f"no {text!r}")
        return (one.written_at - one.started_at) * 1000


def peak_memory(process: int) -> float:
    """Megabytes."""
    status = Path(f"/proc/{process}/status").read_text(encoding="utf-8")
    (line,) = [line for line in status.splitlines() if line.startswith("VmHWM")]
    return float(line.split()[1]) / 1024


def exit_time(terminal: Terminal) -> float:
    """Milliseconds from the key to the end."""
    start = time.perf_counter()
    terminal.send("q")
    terminal.exit_status()
    return (time.perf_counter() - start) * 1000


def first_byte(terminal: Terminal, key: str) -> float:
    """Milliseconds from an arrow to the bytes that move the list's pointer.

    Any byte would not do: the progress of the computation is written all the time.
    """
    while terminal.read(0.0):
        pass
    mark, start = len(terminal.raw), time.perf_counter()
    terminal.send(key)
    while "▸".encode() not in terminal.raw[mark:]:
        if not terminal.read(5):
            raise TimeoutError(f"no answer to {key}")
    return (terminal.written_at - start) * 1000


def compute(terminal: Terminal) -> None:
    """Begin a computation of minutes: 1000 random chains of 20,000 layers."""
    terminal.press("m", "1000", "enter", "d", "20000", quiet=0.3)
    terminal.send("enter")
    terminal.until("1% ")


def median(measure: Callable[[], float]) -> float:
    """The median of several runs."""
    return statistics.median(measure() for _ in range(RUNS))


def start_rows() -> list[Row]:
    """First paint: the name in the corner, and the whole of the first picture."""
    empty = median(lambda: first_paint(EMPTY, "empty"))
    name = median(lambda: first_paint(GRADTUI, "gradtui"))
    panes = median(lambda: first_paint(GRADTUI, "activations"))
    verdict = median(lambda: first_paint(GRADTUI, READY))
    return [
        ("first paint, empty Textual app", empty, "ms", None),
        ("first paint, the name", name, "ms", 1.5 * empty),
        ("first paint, the panes", panes, "ms", 1.5 * empty),
        ("first verdict", verdict, "ms", None),
    ]


def byte_rows() -> list[Row]:
    """What a slow link carries at 80x24 in 256 colours."""
    runs: list[list[float]] = []
    for _ in range(RUNS):
        with started(GRADTUI, READY) as one:
            one.until_quiet(0.5)
            start = len(one.raw)
            arrow = max(one.press(key, quiet=0.3) for key in ("down", "down", "up"))
            depth = max(one.press(key, quiet=0.5) for key in ("]", "]", "[", "}", "{"))
            view = max(one.press(key, quiet=0.5) for key in ("2", "3", "1", "2", "1", "3"))
            idle = one.until_quiet(3.0)
            runs.append([start, arrow, depth, view, idle])
    start, arrow, depth, view, idle = (
        statistics.median(column) for column in zip(*runs, strict=True)
    )
    return [
        ("start", start, "B", 20_000),
        ("list arrow, the most of 3", arrow, "B", 600),
        ("parameter with plot, the most of 5", depth, "B", 4_000),
        ("view switch, the most of 6", view, "B", 6_000),
        ("idle, 3 s", idle, "B", 0),
    ]


def exit_rows() -> list[Row]:
    """How long `q` takes."""

    def quiet() -> float:
        with started(GRADTUI, READY) as one:
            one.until_quiet(0.3)
            return exit_time(one)

    def computing() -> float:
        with started(GRADTUI, READY) as one:
            one.until_quiet(0.3)
            compute(one)
            return exit_time(one)

    return [
        ("exit", median(quiet), "ms", 500),
        ("exit while computing", median(computing), "ms", 500),
    ]


def latency_rows() -> list[Row]:
    """Keys while a long computation runs."""
    with started(GRADTUI, READY) as one:
        one.until_quiet(0.3)
        compute(one)
        waits = []
        for index in range(60):
            waits.append(first_byte(one, "up" if index % 2 else "down"))
            end = time.perf_counter() + 0.05
            while (left := end - time.perf_counter()) > 0:
                one.read(left)
    waits.sort()
    return [
        ("arrow to its bytes while computing, median", statistics.median(waits), "ms", None),
        ("arrow to its bytes while computing, p95", waits[int(0.95 * len(waits))], "ms", 30),
    ]


def memory_rows() -> list[Row]:
    """The peak with every view and page visited."""

    def empty(command: Sequence[str]) -> float:
        with started(command, "empty") as one:
            one.until_quiet(0.3)
            return peak_memory(one.process.pid)

    def visited() -> float:
        with started(GRADTUI, READY) as one:
            for key in (*"1234567", "?", "escape", "i", "escape", "s", "escape"):
                one.press(key, quiet=0.3)
            return peak_memory(one.process.pid)

    with_numpy = median(lambda: empty(EMPTY_WITH_NUMPY))
    return [
        ("memory, empty Textual app", median(lambda: empty(EMPTY)), "MB", None),
        ("memory, empty Textual app with numpy", with_numpy, "MB", None),
        ("memory, every view visited", median(visited), "MB", 2 * with_numpy),
    ]


def main() -> int:
    """Print the tables; 1 if something is over its budget."""
    # As pip does: where PYTHONDONTWRITEBYTECODE is set, every start would compile all of it.
    compileall.compile_dir(SOURCE, quiet=1)
    print(f"80x24, xterm-256color; median of {RUNS} runs\n", flush=True)
    print(f"{'what':<44}{'measured':>11}{'budget':>11}", flush=True)
    over = 0
    for part in (start_rows, byte_rows, exit_rows, latency_rows, memory_rows):
        for what, value, unit, budget in part():
            allowed = "" if budget is None else f"{budget:,.0f} {unit}"
            late = budget is not None and value > budget
            over += late
            shown = f"{value:,.1f} {unit}" if unit == "ms" else f"{value:,.0f} {unit}"
            print(f"{what:<44}{shown:>11}{allowed:>11}{'  over' if late else ''}", flush=True)
    print()
    over += slow_line.table(slow_line.RATE)
    return int(over > 0)


if __name__ == "__main__":
    raise SystemExit(main())
