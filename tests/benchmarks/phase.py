"""The phase view's map at 60 x 40 points: the median of several runs beside its budget.

python tests/benchmarks/phase.py
"""

from __future__ import annotations

import statistics
import time

from gradtui.mathematics.activations import activation
from gradtui.mathematics.wide.moments import expectations
from gradtui.progress import unwatched
from gradtui.setup import Setup
from gradtui.views import VIEWS
from gradtui.views.phase import maps, point
from gradtui.views.view import Size

BUDGET = 0.3
"""Seconds for a whole map, what has to be tabulated of the activation included."""
RUNS = 5
NAMES = ("tanh", "relu", "gelu", "silu", "hardtanh", "softshrink", "leaky_relu(0.2)")
VIEW = VIEWS["phase"]


def steps(name: str, against: str) -> list[float]:
    """Seconds from step to step of one run, nothing of it known before."""
    maps._finished.clear()
    point._fields.clear()
    expectations.cache_clear()
    setup = Setup.of(activations=(activation(name).spec,), depth=50, against=against)
    taken = []
    start = time.perf_counter()
    for _ in VIEW.results(setup, unwatched):
        taken.append(time.perf_counter() - start)
        start = time.perf_counter()
    return taken


def moved(name: str) -> float:
    """Seconds from a move of the cursor to the picture of it."""
    setup = Setup.of(activations=(activation(name).spec,), depth=50)
    *_, result = VIEW.results(setup, unwatched)
    start = time.perf_counter()
    result = next(VIEW.results(VIEW.walk(setup, 1, False), unwatched))
    VIEW.draw(result, setup, Size(56, 14), "braille")
    return time.perf_counter() - start


def main() -> int:
    """Print the table; 1 if a map is over its budget."""
    activation("gelu")(1.0)  # SciPy's import is not the map's
    worst = 0.0
    print(f"60 x 40 points, median of {RUNS} runs, in ms; budget {BUDGET * 1e3:.0f}\n")
    print(f"{'activation':<30}{'first':>7}{'map':>7}{'cursor':>8}{'by depth':>10}{'a move':>8}")
    for name in NAMES:
        runs = [steps(name, "sigma_b") for _ in range(RUNS)]
        first = statistics.median(one[0] for one in runs)
        whole = statistics.median(sum(one[:2]) for one in runs)
        cursor = statistics.median(sum(one[2:]) for one in runs)
        deep = statistics.median(sum(steps(name, "depth")[:-1]) for _ in range(RUNS))
        move = statistics.median(moved(name) for _ in range(RUNS))
        worst = max(worst, whole)
        row = "".join(
            f"{1e3 * one:>{width}.0f}"
            for one, width in zip((first, whole, cursor, deep, move), (7, 7, 8, 10, 8), strict=True)
        )
        print(f"{name:<30}{row}{'' if whole <= BUDGET else '  over'}")
    return int(worst > BUDGET)


if __name__ == "__main__":
    raise SystemExit(main())
