"""What is compared: each contender a process of its own, and they take turns.

So a busy moment of the machine meets all of them. A benchmark that is started with `--contender`
is one of them: it calls `serve`.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager

CLOCKS = {"wall": time.perf_counter, "cpu": time.process_time}
_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
Run = Callable[[], object]


def add_options(parser: argparse.ArgumentParser, repeats: int) -> None:
    """The options that all such benchmarks have.

    Args:
        parser: what they are added to.
        repeats: how many turns there are unless it is said.
    """
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--repeats", type=int, default=repeats)
    parser.add_argument("--clock", choices=CLOCKS, default="wall")
    parser.add_argument("--contender", help=argparse.SUPPRESS)


def parsed(parser: argparse.ArgumentParser) -> argparse.Namespace:
    """The options; the processor's clock is for one thread alone."""
    arguments = parser.parse_args()
    if arguments.clock == "cpu" and set(arguments.threads) != {1}:
        parser.error("--clock cpu adds up the time of all threads: give --threads 1")
    return arguments


def serve(prepare: Callable[..., Run], clock: str, unmeasured: int) -> None:
    """Read sizes, or turns, from stdin; write seconds to stdout.

    Args:
        prepare: from sizes to what is timed.
        clock: one of `CLOCKS`.
        unmeasured: so many runs of a new size come before the first that counts.
    """
    run: Run | None = None
    for line in sys.stdin:
        request = json.loads(line)
        if request:
            run = prepare(*request)
            for _ in range(unmeasured):
                run()
        assert run is not None
        start = CLOCKS[clock]()
        run()
        print(CLOCKS[clock]() - start, flush=True)


class Contender:
    """One of them.

    Args:
        words: the benchmark, and its options.
        threads: how many it may use.
    """

    def __init__(self, words: Sequence[str], threads: int) -> None:
        self._process = subprocess.Popen(
            [sys.executable, *words, "--threads", str(threads)],
            env={**os.environ, **dict.fromkeys(_THREADS, str(threads))},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def seconds(self, *request: str | int) -> float:
        """One turn; with sizes, of these from now on."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        return float(self._process.stdout.readline())

    def close(self) -> None:
        """End it."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()


class Turns:
    """Contenders by name, in the order of their turns."""

    def __init__(self, contenders: Mapping[str, Contender]) -> None:
        self._contenders = contenders

    def times(
        self, request: Sequence[str | int], repeats: int, rest: float = 0.0
    ) -> dict[str, list[float]]:
        """The seconds of every turn of each.

        Args:
            request: the sizes.
            repeats: how many turns.
            rest: seconds between two, for the threads of the last one to fall asleep.
        """
        for contender in self._contenders.values():
            contender.seconds(*request)
        times: dict[str, list[float]] = {name: [] for name in self._contenders}
        for _ in range(repeats):
            for name, contender in self._contenders.items():
                time.sleep(rest)
                times[name].append(contender.seconds())
        return times


@contextmanager
def taking_turns(
    names: Sequence[str], threads: int, file: str, clock: str, options: Sequence[str] = ()
) -> Iterator[Turns]:
    """Start one process for each name, and end them afterwards.

    Args:
        names: what `--contender` says.
        threads: how many each may use.
        file: the benchmark.
        clock: one of `CLOCKS`.
        options: what else it is started with.
    """
    with ExitStack() as stack:
        contenders = {}
        for name in names:
            words = (file, "--contender", name, "--clock", clock, *options)
            contenders[name] = Contender(words, threads)
            stack.callback(contenders[name].close)
        yield Turns(contenders)
