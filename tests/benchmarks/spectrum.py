"""Singular values of a network's Jacobian: the time of the whole, and beside a bare product.

python tests/benchmarks/spectrum.py [--activation tanh] [--threads 1]

spectrum  jacobian_spectrum: every log10 σ_i of J = D_L W_L … D_1 W_1, whatever its spread
product   W_L … W_1 as n x n matrix products and one plain SVD, which lose what is small
"""

from __future__ import annotations

import argparse
import os
import statistics
import time
from collections.abc import Callable

SHAPES = ((64, 100), (64, 1_000), (128, 100), (128, 1_000), (256, 100), (512, 20))
INITS = ("normal", "orthogonal")
TURNS = 3


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--activation", default="tanh")
    parser.add_argument("--threads", type=int, default=1)
    arguments = parser.parse_args()
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[name] = str(arguments.threads)  # before numpy is there
    print(f"{arguments.activation}, {arguments.threads} thread(s), medians of {TURNS}; seconds\n")
    print(
        f"{'width':>5}{'depth':>7}  {'init':<12}{'spectrum':>9}{'product':>9}"
        f"{'ratio':>7}{'ms a layer':>12}{'decades':>9}"
    )
    for width, depth in SHAPES:
        for init in INITS:
            row(arguments.activation, width, depth, init)


def row(activation: str, width: int, depth: int, init: str) -> None:
    """Print one row."""
    import numpy as np

    from gradtui.mathematics.initialisation.draw import random_network
    from gradtui.mathematics.network.spectrum import jacobian_spectrum

    weights, biases = random_network([width] * (depth + 1), init, activation, 0)
    x = np.random.default_rng(0).normal(size=width)

    def product() -> object:
        jacobian = np.eye(width)
        for w in weights:
            jacobian = w @ jacobian
        return np.linalg.svd(jacobian, compute_uv=False)

    whole = seconds(lambda: jacobian_spectrum(activation, weights, biases, x))
    bare = seconds(product)
    logs = jacobian_spectrum(activation, weights, biases, x).log10_singular_values
    print(
        f"{width:>5}{depth:>7}  {init:<12}{whole:>9.2f}{bare:>9.3f}{whole / bare:>7.0f}"
        f"{1e3 * whole / depth:>12.1f}{logs[0] - logs[-1]:>9.0f}",
        flush=True,
    )


def seconds(run: Callable[[], object]) -> float:
    """The median of a few turns."""
    times = []
    for _ in range(TURNS):
        start = time.perf_counter()
        run()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


if __name__ == "__main__":
    main()
