"""Workers in virtual time: how a sweep would go with a thousand of them.

Discrete events. Cells are cut into chunks, sent and taken back by `gradtui.sweeps.running` itself.
One sender, which does one thing at a time, needs (a + b n) / 2 seconds to send a chunk of n cells
and as many to take its rows back; a chunk waits until a worker is free, first come first served,
and takes n times the seconds of a cell there. Nothing else takes time: no network, no start.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any

from gradtui.sweeps.cell import Row, failed
from gradtui.sweeps.pools import Pool
from gradtui.sweeps.running import computed

WORKERS = (1, 10, 100, 1000)
PAYS = 0.9
"""The efficiency from which a sweep is said to pay."""


@dataclass(frozen=True)
class Cost:
    """Seconds of the sender, both ways together.

    Attributes:
        chunk: a, those of a chunk.
        cell: b, those of each cell in it.
    """

    chunk: float
    cell: float

    def of(self, cells: int) -> float:
        """Of a chunk of so many."""
        return self.chunk + cells * self.cell


@dataclass(frozen=True)
class Simulated:
    """How a sweep went.

    Attributes:
        seconds: from the first chunk sent to the last row taken.
        efficiency: the seconds of all cells over those of all workers.
        sender: the sender's seconds a cell.
        chunks: how many were sent.
    """

    seconds: float
    efficiency: float
    sender: float
    chunks: int


class Virtual(Pool):
    """Workers of which each cell takes the same time.

    Args:
        workers: how many.
        cell_seconds: what a cell takes there.
        cost: what the sender needs.
        chunk_cost: what the sweep believes that a chunk costs; see `Pool`.
    """

    def __init__(self, workers: int, cell_seconds: float, cost: Cost, chunk_cost: float) -> None:
        self.workers, self.chunk_cost = workers, chunk_cost
        self.now, self.busy, self.chunks = 0.0, 0.0, 0
        self._cell_seconds, self._cost = cell_seconds, cost
        self._free = [0.0] * workers
        self._ends: list[tuple[float, int, Future[Any], list[tuple[int, Row]]]] = []
        self._row = failed("", "")

    def submit(self, work: Callable[..., Any], *arguments: Any) -> Any:
        """Send a chunk to whoever is free first."""
        _, cells = arguments
        self._spend(len(cells))
        self.chunks += 1
        end = max(self.now, self._free[0]) + len(cells) * self._cell_seconds
        heapq.heapreplace(self._free, end)
        future: Future[Any] = Future()
        rows = [(number, self._row) for number, _ in cells]
        heapq.heappush(self._ends, (end, self.chunks, future, rows))
        return future

    def go_on(self, share: float) -> None:
        """To the next end of a chunk, or to now; take all that has ended by then."""
        if not self._ends:
            return
        self.now = max(self.now, self._ends[0][0])
        by = self.now
        while self._ends and self._ends[0][0] <= by:
            _, _, future, rows = heapq.heappop(self._ends)
            self._spend(len(rows))
            future.set_result((rows, len(rows) * self._cell_seconds))

    def _spend(self, cells: int) -> None:
        seconds = 0.5 * self._cost.of(cells)
        self.now += seconds
        self.busy += seconds


def simulated(
    workers: int, cell_seconds: float, cells: int, cost: Cost, chunk_cost: float
) -> Simulated:
    """A sweep of so many cells."""
    pool = Virtual(workers, cell_seconds, cost, chunk_cost)
    done = sum(1 for _ in computed("", [(at, {}) for at in range(cells)], pool, pool.go_on))
    assert done == cells
    useful = cells * cell_seconds / workers
    return Simulated(pool.now, useful / pool.now, pool.busy / cells, pool.chunks)


def pays_from(workers: int, cells: int, cost: Cost, chunk_cost: float) -> float:
    """The least seconds of a cell, to a tenth of a decade, from which on it pays; 100 at most."""
    low, high = -50, 20  # tenths of a decade; it rises with the size, so that halving finds it
    while low < high:
        middle = (low + high) // 2
        pays = simulated(workers, 10.0 ** (middle / 10.0), cells, cost, chunk_cost)
        low, high = (low, middle) if pays.efficiency >= PAYS else (middle + 1, high)
    return float(10.0 ** (low / 10.0))
