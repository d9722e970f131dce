"""The simulation of many workers, against what can be told with a pencil."""

from __future__ import annotations

import pytest

from support.virtual_pool import Cost, pays_from, simulated

FREE = Cost(0.0, 0.0)


@pytest.mark.parametrize("seconds", [1e-3, 0.3, 7.0])
def test_one_worker_that_costs_nothing_to_ask_takes_the_time_of_its_cells(seconds: float) -> None:
    found = simulated(1, seconds, 500, FREE, 0.0)
    assert found.seconds == pytest.approx(500 * seconds, rel=1e-12)
    assert (found.efficiency, found.sender) == (pytest.approx(1.0), 0.0)


@pytest.mark.parametrize(("workers", "cells"), [(3, 12), (4, 10), (7, 5)])
def test_long_cells_take_as_many_rounds_as_they_must(workers: int, cells: int) -> None:
    # A cell of 2 s is a chunk: the last round is full only if the workers divide the cells.
    found = simulated(workers, 2.0, cells, FREE, 0.0)
    assert found.chunks == cells
    assert found.seconds == pytest.approx(2.0 * -(-cells // workers), rel=1e-12)


def test_no_worker_waits_for_another_longer_than_a_chunk() -> None:
    found = simulated(5, 0.01, 10_000, FREE, 0.0)
    assert 20.0 - 1e-9 <= found.seconds <= 20.0 + 0.5


def test_one_worker_hides_all_of_the_cost_but_the_first_and_the_last() -> None:
    # The next chunk waits at the worker: seen are one sending and one taking back, of 0.1 s each.
    found = simulated(1, 2.0, 50, Cost(0.15, 0.05), 0.0)
    assert found.seconds == pytest.approx(100.0 + 0.2, rel=1e-12)
    assert found.sender == pytest.approx(0.2, rel=1e-12)


def test_with_a_worker_for_each_cell_the_sender_is_what_takes_time() -> None:
    # 30 chunks of a cell are sent one after the other, 0.1 s each; the last of them takes 0.7 s,
    # when all others were taken back, and 0.1 s to be taken.
    found = simulated(30, 0.7, 30, Cost(0.2, 0.0), 0.0)
    assert found.chunks == 30
    first = 30 * 0.1
    assert found.seconds == pytest.approx(max(first + 0.7, first + 29 * 0.1) + 0.1, rel=1e-12)


def test_a_sender_of_which_workers_ask_too_much_bounds_it() -> None:
    # b = 1 ms a cell: 100,000 cells take 100 s at least, whoever computes them.
    found = simulated(1000, 1e-3, 20_000, Cost(0.0, 1e-3), 0.0)
    assert found.seconds >= 20.0 * (1.0 - 1e-12)
    assert found.efficiency <= 20_000 * 1e-3 / 1000 / 20.0 + 1e-12


def test_it_pays_from_where_the_cells_are_worth_the_sender() -> None:
    # One worker: of n cells of s seconds, the efficiency is n s / (n s + a + b), chunks of 1 cell.
    cost = Cost(90.0, 0.0)
    assert pays_from(1, 10, cost, 0.0) == pytest.approx(10**2.0)
    assert simulated(1, 100.0, 10, cost, 0.0).efficiency == pytest.approx(1000 / 1090, rel=1e-12)
