"""How long formulas take: to be read and refused, to be analysed, and to be evaluated.

python tests/benchmarks/formulas.py
"""

from __future__ import annotations

import contextlib
import statistics
import time
from collections.abc import Callable

import numpy as np

from gradtui import activation
from gradtui.errors import InputError
from gradtui.mathematics.activations.formula.definition import from_formula
from gradtui.mathematics.formula_text import echoed

HOSTILE = {
    "100,000 letters": "z" * 100_000 + "+z",
    "a sum of 50,000": "z+" * 50_000,
    "100,000 parentheses": "(" * 100_000 + "z",
    "nested 200 deep": "(" * 195 + "z" + ")" * 195,
    "a tower of powers": "z**" * 130 + "z",
    "60 exponentials": "exp(" * 60 + "z" + ")" * 60,
    "max of 190": "max(" + "z," * 190 + "z)",
    "30 wheres": "where(z>0," * 30 + "z" + ",z)" * 30,
    "quotes": "__import__('os')*z",
    "a long number": "z*" + "1" * 390,
}
USUAL = ("z*sigmoid(1.702*z)", "max(z, 0.1*z)", "z*tanh(log1p(exp(z)))",
         "where(z>0, z, a*expm1(z)), a=0.3", "0.5*z*erfc(-z/sqrt(2))")  # fmt: skip


def milliseconds(work: Callable[[], object], times: int = 15) -> float:
    """The median."""
    found = []
    for _ in range(times):
        start = time.perf_counter()
        with contextlib.suppress(InputError):
            work()
        found.append(1e3 * (time.perf_counter() - start))
    return statistics.median(found)


def main() -> None:
    """Print the tables."""
    activation("z")  # what is imported once
    print("read, or refused (budget 10 ms)          ms")
    for name, text in HOSTILE.items():
        print(f"  {name:<32} {milliseconds(lambda text=text: activation(text)):8.2f}")
    print(
        "analysed at its first use; echoed at a key; f and f' of 64 x 1,000 beside the registered"
    )
    z = np.random.default_rng(0).normal(size=(64, 1000))
    silu = activation("silu")
    base = milliseconds(lambda: (silu(z), silu.derivative(z)))
    for text in USUAL:
        f = activation(text)
        analysed = milliseconds(lambda text=text: from_formula.__wrapped__(text))
        echo = milliseconds(lambda text=text: echoed(text))
        run = milliseconds(lambda f=f: (f(z), f.derivative(z)))
        print(f"  {text:<36} {analysed:7.1f} ms {echo:6.2f} ms {run:7.2f} ms (silu {base:.2f} ms)")


if __name__ == "__main__":
    main()
