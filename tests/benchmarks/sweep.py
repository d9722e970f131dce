"""How sweeps scale: workers here, and what a thousand elsewhere would cost whoever sends them work.

    python tests/benchmarks/sweep.py [--repeats 3]

Prints the median seconds of a sweep with 1 and 2 workers, start of the processes included, and the
same without it. Then what a chunk costs the sender, through a process pool and through Dask: chunks
that are no work but whose rows are as long as real ones go through all that a sweep does, the file
of rows included; from chunks of 1 and of 100 cells follow the seconds a chunk and the seconds a
cell. These go into a simulation in virtual time (`support/virtual_pool.py`), which prints for 1 to
1,000 workers and cells of several sizes the efficiency and the sender's time a cell, and the least
cell with which a sweep of the most cells there may be has an efficiency of 90 %.

What the simulation leaves out: networks, memory, and that a scheduler of a thousand workers has
more to keep in mind than one of two.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from gradtui.sweeps.cell import Row, run_cell
from gradtui.sweeps.files import Record
from gradtui.sweeps.grid import MOST_CELLS, grid_of
from gradtui.sweeps.pools import Dask, Pool, Processes
from gradtui.sweeps.running import CHUNK_SECONDS, computed
from gradtui.views import VIEWS
from support.virtual_pool import WORKERS, Cost, pays_from, simulated

OVER = ["seed=1:24:lin24"]
GIVEN = {"activations": "relu", "model": "network", "depth": "60"}
CELL_SECONDS = (0.001, 0.01, 0.1, 1.0, 10.0)
MANY = 100
"""Cells of a long chunk."""


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


def echoed(chunk: list[tuple[int, Row]], seconds: float) -> tuple[list[tuple[int, Row]], float]:
    """A chunk that takes no time, said to take some, with rows as long as real ones."""
    return chunk, seconds


class Echo(Pool):
    """A pool that is sent cells and computes none of them.

    Args:
        pool: has the workers.
        size: so many cells a chunk are asked for, by what a cell is said to take.
        row: that of every cell.
    """

    def __init__(self, pool: Pool, size: int, row: Row) -> None:
        self.workers, self.chunk_cost = pool.workers, 0.0
        self._pool, self._size, self._row = pool, size, row

    def submit(self, work: Callable[..., Any], *arguments: Any) -> Any:
        """The same way there and back, for nothing."""
        _, cells = arguments
        rows = [(number, self._row) for number, _ in cells]
        return self._pool.submit(echoed, rows, len(rows) * CHUNK_SECONDS / self._size)


def cost_of(make: Callable[[], Pool], repeats: int) -> Cost:
    """What the sender needs for a chunk and for each cell in it: through a straight line.

    In processor time of this process, which has the scheduler of `local:2` as well: its threads
    take turns, so that this is the time in which it can do nothing else.
    """
    grid = grid_of(VIEWS["decay"], (), {"activations": "relu"}, ["seed=1:5000:lin5000"])
    row = run_cell("decay", grid.words(0))
    found: dict[int, float] = {}
    with make() as pool, tempfile.TemporaryDirectory() as directory:
        for size, chunks in ((1, 500), (MANY, 40)):
            cells = [(cell, grid.words(cell)) for cell in range(size * chunks)]
            seconds = []
            for at in range(repeats):
                file = Path(directory) / f"{size}-{at}.jsonl"
                # The first chunks are of one cell, and the last ones shorter: as many are counted
                # as there were.
                echo = Echo(pool, size, row)
                with Record(file, grid) as record:
                    begun = time.process_time()
                    for cell, own in computed("decay", cells, echo, lambda share: None):
                        record.add(cell, own)
                    seconds.append(time.process_time() - begun)
            found[size] = statistics.median(seconds) / chunks
    per_cell = max((found[MANY] - found[1]) / (MANY - 1), 0.0)
    return Cost(max(found[1] - per_cell, 0.0), per_cell)


def print_simulation(name: str, cost: Cost, chunk_cost: float) -> None:
    """Efficiency and the sender's time a cell, by the number of workers and the size of a cell."""
    print(f"{name}: {1e3 * cost.chunk:.2f} ms a chunk and {1e3 * cost.cell:.3f} ms a cell")
    print(f"  {MOST_CELLS:,} cells; efficiency, and the sender's ms a cell")
    print("  workers   " + "".join(f"{f'{seconds:g} s':<15}" for seconds in CELL_SECONDS) + "90 %")
    for workers in WORKERS:
        parts = []
        for seconds in CELL_SECONDS:
            one = simulated(workers, seconds, MOST_CELLS, cost, chunk_cost)
            parts.append(f"{one.efficiency:4.0%} {1e3 * one.sender:6.3f} ms ")
        least = pays_from(workers, MOST_CELLS, cost, chunk_cost)
        print(f"  {workers:>7,}   " + "".join(f"{part:<15}" for part in parts) + f"{least:.2g} s")


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
        print_simulation(name, cost_of(make, repeats), make().chunk_cost)


if __name__ == "__main__":
    main()
