"""Running the cells of a sweep on a pool: in chunks that pay, and whatever becomes of the workers.

A chunk is sent at once, so that what sending costs is shared by its cells: as many cells as take
about half a second, or more where there are hundreds of workers; fewer towards the end, so that no
worker has to wait for another. When a worker dies, every chunk that was on its way is suspected:
its cells are tried alone, one after the other, so that the next death is the fault of the cell that
was tried.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from contextlib import suppress
from queue import Empty, SimpleQueue
from typing import TypeAlias

from gradtui.progress import Tick
from gradtui.sweeps.cell import WORKER, Row, command_of, failed, run_cells
from gradtui.sweeps.pools import Pool

Cell: TypeAlias = tuple[int, dict[str, str]]
"""Its number and its words."""

CHUNK_SECONDS = 0.5
"""About so long a chunk takes."""
MOST_DEATHS = 3
"""A cell of which so many workers died is given up."""
_EVERY = 0.05
"""Seconds between two ticks."""
_AHEAD = 2
"""So many chunks a worker are on their way: one is computed, the next one waits for it."""


def timed(view_name: str, cells: list[Cell]) -> tuple[list[tuple[int, Row]], float]:
    """The rows of some cells, and the seconds that they took, by which the next chunk is cut."""
    begun = time.perf_counter()
    rows = run_cells(view_name, cells)
    return rows, time.perf_counter() - begun


def computed(
    view_name: str, cells: Sequence[Cell], pool: Pool, tick: Tick
) -> Iterator[tuple[int, Row]]:
    """The rows of these cells with their numbers, as they come.

    Args:
        view_name: the view that is asked.
        cells: what is computed.
        pool: computes it; it is running.
        tick: is told the share that is done, several times a second.
    """
    return _Run(view_name, cells, pool, tick).rows()


def chunk_of(seconds: float | None, left: int, workers: int, cost: float) -> int:
    """How many cells the next chunk has.

    While whoever sends them is at the next chunks, each of the others computes one: with many
    workers a chunk takes at least so long that sending takes half of that time.

    Args:
        seconds: what a cell takes, of late; None before that is known.
        left: how many are not yet sent.
        workers: among how many.
        cost: the seconds that a chunk takes to be sent.
    """
    if seconds is None:
        return 1
    paying = int(max(CHUNK_SECONDS, 2.0 * workers * cost) / max(seconds, 1e-6))
    fair = -(-left // (_AHEAD * workers))
    return max(1, min(paying, fair))


class _Run:
    def __init__(self, view_name: str, cells: Sequence[Cell], pool: Pool, tick: Tick) -> None:
        self._view, self._pool, self._tick = view_name, pool, tick
        self._left = deque(cells)
        self._all, self._done = max(len(cells), 1), 0
        self._suspects: deque[Cell] = deque()
        self._deaths: dict[int, int] = {}
        self._sent: dict[Future[tuple[list[tuple[int, Row]], float]], list[Cell]] = {}
        # A look at all that is on its way would cost milliseconds with hundreds of workers.
        self._ready: SimpleQueue[Future[tuple[list[tuple[int, Row]], float]]] = SimpleQueue()
        self._seconds: float | None = None

    def rows(self) -> Iterator[tuple[int, Row]]:
        while self._left or self._suspects or self._sent:
            self._send()
            self._tick(self._done / self._all)
            lost: list[list[Cell]] = []
            alone = len(self._sent) == 1
            for future in self._come():
                chunk = self._sent.pop(future)
                error = future.exception()
                if error is None:
                    rows, seconds = future.result()
                    self._learn(seconds / len(chunk))
                    self._done += len(rows)
                    yield from rows
                elif self._pool.died(error):
                    lost.append(chunk)
                else:
                    raise error
            if lost:
                yield from self._bury(lost, alone)

    def _come(self) -> Iterator[Future[tuple[list[tuple[int, Row]], float]]]:
        """Those that are done and not yet taken; the first is waited for, a while."""
        with suppress(Empty):
            future = self._ready.get(timeout=_EVERY)
            while True:
                if future in self._sent:  # not taken up with a broken pool
                    yield future
                future = self._ready.get_nowait()

    def _learn(self, seconds: float) -> None:
        known = self._seconds
        self._seconds = seconds if known is None else 0.5 * (known + seconds)

    def _send(self) -> None:
        """As much as there is room for; of those suspected one, when nothing else is on its way."""
        if self._suspects:
            if not self._sent:
                self._submit([self._suspects.popleft()])
            return
        while self._left and len(self._sent) < _AHEAD * self._pool.workers:
            count = self._chunk()
            if not self._submit([self._left.popleft() for _ in range(count)]):
                return

    def _chunk(self) -> int:
        pool = self._pool
        return chunk_of(self._seconds, len(self._left), pool.workers, pool.chunk_cost)

    def _submit(self, chunk: list[Cell]) -> bool:
        """Send it; False where the pool is broken, which those on their way will say."""
        try:
            future = self._pool.submit(timed, self._view, chunk)
        except Exception as error:
            if not self._pool.died(error):
                raise
            self._left.extendleft(reversed(chunk))
            if not self._sent:
                self._pool.renew()
            return False
        self._sent[future] = chunk
        future.add_done_callback(self._ready.put)
        return True

    def _bury(self, lost: list[list[Cell]], alone: bool) -> Iterator[tuple[int, Row]]:
        """Take up what was lost with a worker: all that was on its way, if the pool is broken."""
        for future in list(self._sent):
            error = future.exception() if future.done() else None
            if error is not None and self._pool.died(error):
                lost.append(self._sent.pop(future))
        if not self._sent:
            self._pool.renew()
        for number, words in (cell for chunk in lost for cell in chunk):
            deaths = self._deaths.get(number, 0) + 1
            if not (alone and len(lost) == 1 and len(lost[0]) == 1):
                deaths = max(deaths - 1, 0)  # in company nobody knows whose fault it was
            self._deaths[number] = deaths
            if deaths < MOST_DEATHS:
                self._suspects.append((number, words))
                continue
            why = (
                f"{WORKER}{deaths} workers died of this cell, one after the other; it may need "
                "more memory than there is"
            )
            self._done += 1
            yield number, failed(why, command_of(self._view, words))
