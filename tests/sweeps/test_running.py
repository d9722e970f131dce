"""Chunks, and what becomes of cells whose workers die, on an executor that is told who dies."""

from __future__ import annotations

from concurrent.futures import Future
from concurrent.futures.process import BrokenProcessPool
from typing import Any

import pytest

from gradtui.sweeps.pools import Pool
from gradtui.sweeps.running import CHUNK_SECONDS, MOST_DEATHS, chunk_of, computed

CELLS = [(at, {"depth": str(at + 1), "activations": "relu"}) for at in range(40)]


class Dying(Pool):
    """Computes at once; a deadly cell breaks all that is on its way, as a pool does."""

    def __init__(self, deadly: set[int], times: int) -> None:
        self.workers, self.renewed = 4, 0
        self._left = dict.fromkeys(deadly, times)
        self._waiting: list[tuple[Future[Any], Any, tuple[Any, ...]]] = []
        self._broken = False

    def submit(self, work: Any, *arguments: Any) -> Any:
        if self._broken:
            raise BrokenProcessPool
        future: Future[Any] = Future()
        self._waiting.append((future, work, arguments))
        if len(self._waiting) > 2:
            self.work()
        return future

    def work(self) -> None:
        waiting, self._waiting = self._waiting, []
        for future, work, (view, cells) in waiting:
            for number, _ in cells:
                if self._left.get(number, 0) and not self._broken:
                    self._left[number] -= 1
                    self._broken = True
            if self._broken:
                future.set_exception(BrokenProcessPool())
            else:
                future.set_result(work(view, cells))

    def renew(self) -> None:
        self._broken = False
        self.renewed += 1


def rows(pool: Dying) -> dict[int, Any]:
    found = list(computed("chain", CELLS, pool, lambda share: pool.work()))
    assert len(found) == len({number for number, _ in found}) == len(CELLS)
    return dict(found)


def test_a_cell_that_kills_once_is_computed_and_so_are_all_others() -> None:
    found = rows(Dying({3, 17}, 1))
    assert all(row["error"] is None for row in found.values())


def test_a_cell_that_always_kills_is_a_row_and_no_other_pays_for_it() -> None:
    pool = Dying({5, 21}, 100)
    found = rows(pool)
    assert {number for number, row in found.items() if row["error"]} == {5, 21}
    assert f"{MOST_DEATHS} workers died" in found[5]["error"]
    assert pool.renewed >= 2 * MOST_DEATHS


@pytest.mark.parametrize(
    ("seconds", "left", "workers", "cost", "wanted"),
    [
        (None, 1000, 4, 0.0, 1),
        (0.01, 10_000, 4, 0.0, 50),  # half a second of them
        (0.01, 80, 4, 0.0, 10),  # towards the end fewer, so that all have some
        (10.0, 1000, 4, 0.0, 1),
        (0.01, 10**7, 1000, 8e-3, 1600),  # 16 s of them: sending 1,000 chunks takes 8 s
    ],
)
def test_a_chunk_is_as_large_as_pays(
    seconds: float | None, left: int, workers: int, cost: float, wanted: int
) -> None:
    assert CHUNK_SECONDS == 0.5
    assert chunk_of(seconds, left, workers, cost) == wanted


def test_who_gives_up_stops_it() -> None:
    class EnoughError(Exception):
        pass

    def tick(share: float) -> None:
        raise EnoughError

    with pytest.raises(EnoughError):
        list(computed("chain", CELLS, Dying(set(), 0), tick))
