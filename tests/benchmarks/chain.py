"""The scalar chain at its greatest depth: the median of several runs beside its budget.

python tests/benchmarks/chain.py
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

import numpy as np

from gradtui import chain
from gradtui.mathematics.limits import MAX_DEPTH

BUDGET = 0.5
"""Seconds (design.md, section 6)."""
RUNS = 5
CASES = [
    ("sigmoid", "1"),
    ("tanh", "1"),
    ("tanh", "normal(1.5)"),
    ("relu", "1"),
    ("relu", "0.7"),
    ("identity", "1.5"),
    ("leaky_relu", "normal(1)"),
    ("elu", "1"),
    ("selu", "normal(1)"),
    ("gelu", "1"),
    ("silu", "normal(2)"),
    ("mish", "2"),
    ("softplus", "0.5"),
    ("erf", "1"),
]


def weights_of(text: str) -> np.ndarray:
    """The weights of one case."""
    if text.startswith("normal"):
        return np.random.default_rng(0).normal(0.0, float(text[7:-1]), MAX_DEPTH)
    return np.full(MAX_DEPTH, float(text))


def seconds(run: Callable[[], object]) -> float:
    """The median of several runs."""
    times = []
    for _ in range(RUNS):
        start = time.perf_counter()
        run()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def main() -> int:
    """Print the table; 1 if a case is over its budget."""
    chain("gelu", [1.0])  # SciPy's import is not the chain's
    worst = 0.0
    print(f"depth {MAX_DEPTH:,}, median of {RUNS} runs, budget {BUDGET} s\n")
    print(f"{'activation':<12}{'weights':<14}{'seconds':>8}")
    for name, text in CASES:
        weights = weights_of(text)
        taken = seconds(lambda name=name, weights=weights: chain(name, weights).log10_gradients)
        worst = max(worst, taken)
        print(f"{name:<12}{text:<14}{taken:>8.3f}{'' if taken <= BUDGET else '  over'}")
    return int(worst > BUDGET)


if __name__ == "__main__":
    raise SystemExit(main())
