"""Gradients of a network: `gradient_flow` beside its own matrix products and beside PyTorch.

    python tests/benchmarks/flow.py [--activation tanh] [--threads 1 2] [--repeats 15] [--clock cpu]

Every contender is a process of its own with the same number of threads and the same arrays; they
take turns, so that a busy moment of the machine meets all of them, and the table gives medians of
the times and of the ratios of neighbouring turns. Where others keep the machine busy, the clock of
the processor leaves out the time that went to them; it adds up threads, so it is for one thread.

    flow      gradient_flow: norms of ∂L/∂W_l, ∂L/∂b_l and ∂L/∂a_l for every l
    products  a_{l-1} W_lᵀ and δ_l W_l for every l, and nothing else
    torch     autograd.grad for all W_l, b_l and a_l, and the norm of each, where it is installed
"""

from __future__ import annotations

import argparse
import importlib.util
import itertools
import statistics
from collections.abc import Callable
from functools import partial
from typing import Any

from contenders import add_options, parsed, serve, taking_turns

DEPTH = 50
WIDTHS = (64, 128, 256, 512)
BATCHES = (16, 32, 64, 128)
BUDGET_TORCH, BUDGET_PRODUCTS, PRODUCTS_WIDTH = 1.3, 1.5, 512
"""Times as fast as PyTorch, at least; times as slow as the products, at most (design.md)."""
GAINS = {"relu": 2.0**0.5}
"""What keeps the signal's size, so that what is timed is the ordinary case."""
REST = 0.04
"""Seconds between turns, for the threads of the last contender to fall asleep."""


def main() -> int:
    """Print the tables; 1 if something is over its budget."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--activation", default="tanh")
    parser.add_argument("--widths", type=int, nargs="+", default=WIDTHS)
    parser.add_argument("--batches", type=int, nargs="+", default=BATCHES)
    add_options(parser, repeats=15)
    arguments = parsed(parser)
    if arguments.contender:
        given = arguments.activation, arguments.threads[0]
        serve(partial(CONTENDERS[arguments.contender], *given), arguments.clock, unmeasured=3)
        return 0
    return int(sum(table(threads, arguments) for threads in arguments.threads) > 0)


# ------------------------------------------------------------------ contenders


def arrays(activation: str, width: int, batch: int) -> Any:
    """Weights, biases, input and upstream gradient, the same for every contender."""
    import numpy as np

    random = np.random.default_rng(0)
    std = GAINS.get(activation, 1.0) / width**0.5
    weights = [random.normal(0.0, std, (width, width)) for _ in range(DEPTH)]
    biases = [random.normal(0.0, 0.01, width) for _ in range(DEPTH)]
    return weights, biases, random.normal(size=(batch, width)), random.normal(size=(batch, width))


def flow(activation: str, threads: int, width: int, batch: int) -> Callable[[], object]:
    """What is being measured."""
    from gradtui.mathematics.network.flow import gradient_flow

    given = arrays(activation, width, batch)
    return lambda: gradient_flow(activation, *given)


def products(activation: str, threads: int, width: int, batch: int) -> Callable[[], object]:
    """The two products of a layer that no implementation can do without."""
    import numpy as np

    weights, _, x, upstream = arrays(activation, width, batch)
    z, below = np.empty((DEPTH, batch, width)), np.empty((batch, width))

    def run() -> None:
        for layer, w in enumerate(weights):
            np.matmul(x, w.T, out=z[layer])
        for w in reversed(weights):
            np.matmul(upstream, w, out=below)

    return run


def torch(activation: str, threads: int, width: int, batch: int) -> Callable[[], object]:
    """PyTorch's autograd doing the same work."""
    import torch as library

    library.set_num_threads(threads)
    f = getattr(library, activation, None) or getattr(library.nn.functional, activation)
    weights, biases, x, upstream = arrays(activation, width, batch)
    ws = [library.tensor(one, requires_grad=True) for one in weights]
    bs = [library.tensor(one, requires_grad=True) for one in biases]
    x, upstream = library.tensor(x, requires_grad=True), library.tensor(upstream)

    def run() -> object:
        hidden = [x]
        for w, b in zip(ws, bs, strict=True):
            hidden.append(f(library.nn.functional.linear(hidden[-1], w, b)))
        gradients = library.autograd.grad(hidden[-1], [*ws, *bs, *hidden], upstream)
        return library.stack(library._foreach_norm(gradients)).log10()

    return run


CONTENDERS = {"flow": flow, "products": products, "torch": torch}


# ----------------------------------------------------------------------- table


def table(threads: int, arguments: argparse.Namespace) -> int:
    """Print the table for one number of threads; how many rows are over budget."""
    activation, repeats, clock = arguments.activation, arguments.repeats, arguments.clock
    names = ["flow", "products"] + ["torch"] * (importlib.util.find_spec("torch") is not None)
    options = ("--activation", activation)
    print(
        f"{activation}, depth {DEPTH}, float64, {threads} thread{'s' * (threads > 1)}, "
        f"medians of {repeats} turns; ms of {clock} time\n\n"
        f"{'width':>5}{'batch':>7}{'flow':>9}{'products':>10}{'flow/products':>15}"
        f"{'torch':>9}{'torch/flow':>12}"
    )
    over = 0
    with taking_turns(names, threads, __file__, clock, options) as turns:
        for width, batch in itertools.product(arguments.widths, arguments.batches):
            times = turns.times((width, batch), repeats, REST if threads > 1 else 0.0)
            over += row(width, batch, times)
    print()
    return over


def row(width: int, batch: int, times: dict[str, list[float]]) -> int:
    """Print one row; 1 if it is over budget."""
    ms = {name: 1e3 * statistics.median(values) for name, values in times.items()}

    def ratio(above: str, below: str) -> float:
        pairs = zip(times[above], times[below], strict=True)
        return statistics.median(one / other for one, other in pairs)

    slower = ratio("flow", "products")
    text = f"{width:>5}{batch:>7}{ms['flow']:>9.2f}{ms['products']:>10.2f}{slower:>15.2f}"
    over = width == PRODUCTS_WIDTH and slower > BUDGET_PRODUCTS
    if "torch" in times:
        faster = ratio("torch", "flow")
        over |= faster < BUDGET_TORCH
        text += f"{ms['torch']:>9.2f}{faster:>12.2f}"
    print(text + ("  over" if over else ""), flush=True)
    return int(over)


if __name__ == "__main__":
    raise SystemExit(main())
