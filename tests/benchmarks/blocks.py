"""Gradients through norms and skips: `network_flow` beside PyTorch's autograd.

    python tests/benchmarks/blocks.py [--norm layer rms batch] [--threads 1 2] [--repeats 15]

Pre-norm blocks h ← h + W₂ f(W₁ N(h) + b₁) + b₂ with γ and β given, expansion 4. Both contenders
are processes of their own with the same number of threads and the same arrays; they take turns, as
in flow.py, and the table gives medians of the times and of the ratios of neighbouring turns.

    flow      network_flow: norms of the gradients of every parameter and of the stream after
              every block
    torch     autograd.grad for all of them, and the norm of each, where it is installed

The budget is for layer and RMS norms.
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

BLOCKS, EXPANSION = 24, 4
UNITS = (64, 256, 512)
BATCHES = (32,)
BUDGET_TORCH = 1.0
"""Times as fast as PyTorch, at least (design.md)."""
REST = 0.04
"""Seconds between turns, for the threads of the last contender to fall asleep."""


def main() -> int:
    """Print the tables; 1 if something is over its budget."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--activation", default="gelu")
    parser.add_argument("--norm", nargs="+", default=["layer"], choices=["layer", "rms", "batch"])
    parser.add_argument("--units", type=int, nargs="+", default=UNITS)
    parser.add_argument("--batches", type=int, nargs="+", default=BATCHES)
    add_options(parser, repeats=15)
    arguments = parsed(parser)
    if arguments.contender:
        given = arguments.activation, arguments.norm[0], arguments.threads[0]
        serve(partial(CONTENDERS[arguments.contender], *given), arguments.clock, unmeasured=3)
        return 0
    tables = itertools.product(arguments.threads, arguments.norm)
    return int(sum(table(threads, norm, arguments) for threads, norm in tables) > 0)


# ------------------------------------------------------------------ contenders


def arrays(units: int, batch: int) -> Any:
    """W₁, b₁, W₂, b₂, γ and β of each block, input and upstream gradient, for both."""
    import numpy as np

    random = np.random.default_rng(0)
    inner = EXPANSION * units
    blocks = [
        (
            random.normal(0.0, units**-0.5, (inner, units)),
            random.normal(0.0, 0.01, inner),
            random.normal(0.0, inner**-0.5, (units, inner)),
            random.normal(0.0, 0.01, units),
            random.normal(1.0, 0.01, units),
            random.normal(0.0, 0.01, units),
        )
        for _ in range(BLOCKS)
    ]
    return blocks, random.normal(size=(batch, units)), random.normal(size=(batch, units))


def flow(activation: str, norm: str, threads: int, units: int, batch: int) -> Callable[[], object]:
    """What is being measured."""
    from gradtui import BatchNorm, Elementwise, LayerNorm, Linear, Residual, RMSNorm, network_flow

    blocks, x, upstream = arrays(units, batch)
    norms = {
        "layer": LayerNorm,
        "rms": lambda gamma, _: RMSNorm(gamma),
        "batch": BatchNorm,
    }
    layers = [
        Residual(
            [norms[norm](gamma, beta), Linear(w1, b1), Elementwise(activation), Linear(w2, b2)]
        )
        for w1, b1, w2, b2, gamma, beta in blocks
    ]
    return lambda: network_flow(layers, x, upstream)


def torch(activation: str, norm: str, threads: int, units: int, batch: int) -> Callable[[], object]:
    """PyTorch's autograd doing the same work."""
    import torch as library

    library.set_num_threads(threads)
    functional = library.nn.functional
    f = getattr(functional, activation, None) or getattr(library, activation)
    blocks, x, upstream = arrays(units, batch)
    given = [[library.tensor(one, requires_grad=True) for one in block] for block in blocks]
    x, upstream = library.tensor(x, requires_grad=True), library.tensor(upstream)

    def normed(h: Any, gamma: Any, beta: Any) -> Any:
        if norm == "layer":
            return functional.layer_norm(h, (units,), gamma, beta)
        if norm == "rms":
            return functional.rms_norm(h, (units,), gamma, 1e-6)
        return functional.batch_norm(h, None, None, gamma, beta, training=True)

    parameters = [one for block in given for one in (block[:5] if norm == "rms" else block)]

    def run() -> object:
        hidden = [x]
        for w1, b1, w2, b2, gamma, beta in given:
            inner = f(functional.linear(normed(hidden[-1], gamma, beta), w1, b1))
            hidden.append(hidden[-1] + functional.linear(inner, w2, b2))
        gradients = library.autograd.grad(hidden[-1], [*parameters, *hidden], upstream)
        return library.stack(library._foreach_norm(gradients)).log10()

    return run


CONTENDERS = {"flow": flow, "torch": torch}


# ----------------------------------------------------------------------- table


def table(threads: int, norm: str, arguments: argparse.Namespace) -> int:
    """Print the table for one number of threads and one norm; how many rows are over budget."""
    activation, repeats, clock = arguments.activation, arguments.repeats, arguments.clock
    names = ["flow"] + ["torch"] * (importlib.util.find_spec("torch") is not None)
    options = ("--activation", activation, "--norm", norm)
    print(
        f"{activation}, {norm} norm, {BLOCKS} blocks, float64, {threads} "
        f"thread{'s' * (threads > 1)}, medians of {repeats} turns; ms of {clock} time\n\n"
        f"{'units':>5}{'batch':>7}{'flow':>9}{'torch':>9}{'torch/flow':>12}"
    )
    over = 0
    with taking_turns(names, threads, __file__, clock, options) as turns:
        for units, batch in itertools.product(arguments.units, arguments.batches):
            times = turns.times((units, batch), repeats, REST if threads > 1 else 0.0)
            over += row(units, batch, times, bound=norm != "batch")
    print()
    return over


def row(units: int, batch: int, times: dict[str, list[float]], bound: bool) -> int:
    """Print one row; 1 if it is over budget."""
    ms = {name: 1e3 * statistics.median(values) for name, values in times.items()}
    text, over = f"{units:>5}{batch:>7}{ms['flow']:>9.2f}", False
    if "torch" in times:
        pairs = zip(times["torch"], times["flow"], strict=True)
        faster = statistics.median(one / other for one, other in pairs)
        over = bound and faster < BUDGET_TORCH
        text += f"{ms['torch']:>9.2f}{faster:>12.2f}"
    print(text + ("  over" if over else ""), flush=True)
    return int(over)


if __name__ == "__main__":
    raise SystemExit(main())
