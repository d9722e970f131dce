"""Gradients through time: `recurrent_flow` beside PyTorch's nn.RNN, nn.GRU and nn.LSTM.

    python tests/benchmarks/recurrent.py [--cells tanh gru lstm] [--threads 1] [--clock cpu]

Every contender is a process of its own with the same number of threads and the same arrays; they
take turns, so that a busy moment of the machine meets all of them, and the table gives medians of
the times and of the ratios of neighbouring turns. Where others keep the machine busy, the clock of
the processor leaves out the time that went to them; it adds up threads, so it is for one thread.

    flow      recurrent_flow: norms of ∂L/∂h_t for every t, of an LSTM of ∂L/∂c_t, of parameters
    torch     the module step by step, so that every h_t is there, and autograd.grad for all h_t,
              c_t and parameters, with the norm of each: the same work
    whole     the module on the whole sequence at once, and autograd.grad for the parameters alone:
              less work, for it has no ∂L/∂h_t; no budget
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

CELLS = ("tanh", "gru", "lstm")
UNITS = (32, 128, 512)
STEPS = (100, 1000)
BATCHES = (1, 32)
BUDGET = 1.3
"""Times as fast as PyTorch, at least (design.md)."""
BLOCKS = {"gru": 3, "lstm": 4}


def main() -> int:
    """Print the tables; 1 if something is over its budget."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--cells", nargs="+", default=CELLS)
    parser.add_argument("--units", type=int, nargs="+", default=UNITS)
    parser.add_argument("--steps", type=int, nargs="+", default=STEPS)
    parser.add_argument("--batches", type=int, nargs="+", default=BATCHES)
    parser.add_argument("--inputs", type=int, help="as many as units by default")
    add_options(parser, repeats=7)
    arguments = parsed(parser)
    if arguments.contender:
        prepare = partial(CONTENDERS[arguments.contender], arguments.threads[0])
        serve(prepare, arguments.clock, unmeasured=1)
        return 0
    return int(sum(table(threads, arguments) for threads in arguments.threads) > 0)


# ------------------------------------------------------------------ contenders


def arrays(cell: str, units: int, steps: int, batch: int, inputs: int) -> Any:
    """PyTorch's own initialisation, noise and an upstream gradient, the same for everyone."""
    import numpy as np

    random = np.random.default_rng(0)
    rows, c = BLOCKS.get(cell, 1) * units, units**-0.5
    shapes = {
        "weight_ih_l0": (rows, inputs),
        "weight_hh_l0": (rows, units),
        "bias_ih_l0": (rows,),
        "bias_hh_l0": (rows,),
    }
    parameters = {name: random.uniform(-c, c, shape) for name, shape in shapes.items()}
    return (
        parameters,
        random.normal(size=(steps, batch, inputs)),
        random.normal(size=(batch, units)),
    )


def flow(threads: int, cell: str, *sizes: int) -> Callable[[], object]:
    """What is being measured."""
    from gradtui.mathematics.recurrent.flow import recurrent_flow

    given = arrays(cell, *sizes)
    return lambda: recurrent_flow(cell, *given)


def module_of(threads: int, cell: str, *sizes: int) -> Any:
    """PyTorch, its module, the inputs and the upstream gradient."""
    import torch as library

    library.set_num_threads(threads)
    parameters, x, upstream = arrays(cell, *sizes)
    kinds = {"tanh": library.nn.RNN, "gru": library.nn.GRU, "lstm": library.nn.LSTM}
    module = kinds[cell](x.shape[2], upstream.shape[1], dtype=library.float64)
    module.load_state_dict({name: library.tensor(one) for name, one in parameters.items()})
    return library, module, library.tensor(x), library.tensor(upstream)


def norms(library: Any, gradients: Any) -> Any:
    """log10 of the norm of each."""
    there = [one for one in gradients if one is not None]
    return library.stack(library._foreach_norm(there)).log10()


def torch(threads: int, cell: str, *sizes: int) -> Callable[[], object]:
    """PyTorch's autograd doing the same work."""
    library, module, x, upstream = module_of(threads, cell, *sizes)
    weights, zero = list(module.parameters()), library.zeros(1, *upstream.shape, dtype=x.dtype)

    def run() -> object:
        h, c = zero.clone().requires_grad_(), zero.clone().requires_grad_()
        states = [h, c] if cell == "lstm" else [h]
        for one in x.split(1):
            if cell == "lstm":
                _, (h, c) = module(one, (h, c))
                states += [h, c]
            else:
                _, h = module(one, h)
                states.append(h)
        wanted = [*weights, *states]
        return norms(library, library.autograd.grad(h[0], wanted, upstream, allow_unused=True))

    return run


def whole(threads: int, cell: str, *sizes: int) -> Callable[[], object]:
    """PyTorch's autograd for the parameters alone."""
    library, module, x, upstream = module_of(threads, cell, *sizes)
    weights = list(module.parameters())

    def run() -> object:
        return norms(library, library.autograd.grad(module(x)[0][-1], weights, upstream))

    return run


CONTENDERS = {"flow": flow, "torch": torch, "whole": whole}


# ----------------------------------------------------------------------- table


def table(threads: int, arguments: argparse.Namespace) -> int:
    """Print the table for one number of threads; how many rows are over budget."""
    names = ["flow", *["torch", "whole"] * (importlib.util.find_spec("torch") is not None)]
    print(
        f"float64, {threads} thread{'s' * (threads > 1)}, medians of {arguments.repeats} turns; "
        f"ms of {arguments.clock} time\n\n"
        f"{'cell':<6}{'units':>5}{'steps':>7}{'batch':>7}{'flow':>10}{'torch':>10}"
        f"{'torch/flow':>12}{'whole':>10}{'whole/flow':>12}"
    )
    over = 0
    sizes = (arguments.cells, arguments.units, arguments.steps, arguments.batches)
    with taking_turns(names, threads, __file__, arguments.clock) as turns:
        for cell, units, steps, batch in itertools.product(*sizes):
            request = cell, units, steps, batch, arguments.inputs or units
            times = turns.times(request, arguments.repeats)
            over += row(f"{cell:<6}{units:>5}{steps:>7}{batch:>7}", times)
    print()
    return over


def row(text: str, times: dict[str, list[float]]) -> int:
    """Print one row; 1 if it is over budget."""
    text += f"{1e3 * statistics.median(times['flow']):>10.2f}"
    over = False
    for name in ("torch", "whole"):
        if name in times:
            pairs = zip(times[name], times["flow"], strict=True)
            faster = statistics.median(one / other for one, other in pairs)
            text += f"{1e3 * statistics.median(times[name]):>10.2f}{faster:>12.2f}"
            over |= name == "torch" and faster < BUDGET
    print(text + ("  over" if over else ""), flush=True)
    return int(over)


if __name__ == "__main__":
    raise SystemExit(main())
