"""Some hundred random inputs a seed; `tests/benchmarks/soak.py --ordeal` sends them by the ten
thousand."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.ordeal import Ordeal

pytestmark = pytest.mark.heavy


@pytest.mark.parametrize("seed", range(6))
def test_whatever_comes_it_answers_and_ends_well(seed: int, tmp_path: Path) -> None:
    Ordeal(seed, tmp_path).go_through(600)
