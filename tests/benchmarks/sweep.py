"""How sweeps scale: workers here, and what a thousand elsewhere would cost the scheduler.

    python tests/benchmarks/sweep.py [--repeats 3]

Prints the median seconds of a sweep with 1 and 2 workers, start of the processes included, and the
same without it; then what a chunk costs this side to send and to take back, through a process pool
and through Dask, measured with cells of no work. With W workers of which each is never to wait, a
scheduler that needs s seconds a chunk must be given chunks of W s seconds or more: that is the size
from which it pays, and the number of cells in it follows from the seconds of a cell.
"""

from __future__ import annotations

import argparse
import statistics
import time
from concurrent.futures import Executor, wait

from gradtui.sweeps.grid import grid_of
from gradtui.sweeps.pools import Dask, Pool, Processes
from gradtui.sweeps.running import CHUNK_SECONDS, computed
from gradtui.views import VIEWS

OVER = ["seed=1:24:lin24"]
GIVEN = {"activations": "relu", "model": "network", "depth": "60"}
THOUSAND = 1000


def sweep_seconds(workers: int) -> tuple[float, float]:
    """With the start of the processes, and from the first row on a warm pool."""
    grid = grid_of(VIEWS["decay"], (), GIVEN, OVER)
    cells = [(cell, grid.words(cell)) for cell in range(grid.size)]
    begun = time.perf_counter()
    with Processes(workers) as pool:
        list(computed("decay", cells[: 2 * workers], pool, lambda share: None))
        warm = time.perf_counter()
        rows = list(computed("decay", cells, pool, lambda share: None))
        done = time.perf_counter()
    assert len(rows) == grid.size
    return done - begun, done - warm


def nothing(cells: list[tuple[int, dict[str, str]]]) -> list[tuple[int, dict[str, str]]]:
    """A chunk that takes no time, and comes back as large as it went."""
    return cells


def chunk_seconds(pool: Pool, chunks: int, size: int) -> float:
    """What this side needs for a chunk, when the workers need nothing."""
    cell = (1, {"depth": "100", "activations": "relu", "init": "kaiming_normal", "seed": "7"})
    with pool:
        executor: Executor = pool._executor
        wait([pool.submit(nothing, [cell]) for _ in range(4)])
        begun = time.perf_counter()
        left, sent = chunks, set()
        while left or sent:
            while left and len(sent) < 2 * pool.workers:
                sent.add(executor.submit(nothing, [cell] * size))
                left -= 1
            done, sent = wait(sent, return_when="FIRST_COMPLETED")
            for future in done:
                future.result()
        return (time.perf_counter() - begun) / chunks


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--repeats", type=int, default=3)
    repeats = parser.parse_args().repeats
    seconds: dict[int, list[tuple[float, float]]] = {1: [], 2: []}
    for _ in range(repeats):
        for workers, found in seconds.items():
            found.append(sweep_seconds(workers))
    for at, what in enumerate(("with the start of processes", "without")):
        one, two = (statistics.median(pair[at] for pair in seconds[n]) for n in (1, 2))
        print(f"{what}: 1 worker {one:.2f} s, 2 workers {two:.2f} s, {one / two:.2f}x")
    for name, make in (("processes", lambda: Processes(2)), ("Dask", lambda: Dask("local:2"))):
        for size in (1, 50):
            cost = statistics.median(chunk_seconds(make(), 500, size) for _ in range(repeats))
            pays = THOUSAND * cost
            print(
                f"{name}: {1e3 * cost:.2f} ms a chunk of {size}, {1e3 * cost / size:.3f} ms a cell;"
                f" {THOUSAND} workers want chunks of {pays:.2f} s or more, and get"
                f" {max(CHUNK_SECONDS, 2 * THOUSAND * make().chunk_cost):.1f} s"
            )


if __name__ == "__main__":
    main()
