"""An ensemble of random networks beside the drawing of its weights alone: ratios of CPU time.

    OPENBLAS_NUM_THREADS=1 python tests/benchmarks/ensemble.py [--networks 100] [--repeats 5]

`decay` and `init` send one input through each network, `layers` a batch. The budget is twice the
time of drawing.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from functools import partial

from gradtui.models.network.networks import drawn, flow_of
from gradtui.models.subject import subjects_of
from gradtui.setup import Setup

BUDGET = 2.0


def seconds(work: Callable[[int], object], networks: int) -> float:
    """Of the processor, for all networks."""
    start = time.process_time()
    for number in range(1, networks + 1):
        work(number)
    return time.process_time() - start


def main() -> int:
    """Print the table; 1 if a ratio is over its budget."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--networks", type=int, default=100)
    parser.add_argument("--repeats", type=int, default=5)
    options = parser.parse_args()
    over = 0
    print(f"{options.networks} networks of 64 x 50, median of {options.repeats} runs\n")
    print(f"{'weights':<18}{'inputs':>7}{'drawing':>11}{'all':>11}{'ratio':>7}{'budget':>8}")
    for init in ("kaiming_normal", "orthogonal"):
        setup = Setup.of(activations=("tanh",), model="network", depth=50, init=(init,))
        (subject,) = subjects_of(setup, "network")
        for batch in (1, 32):
            pairs = [
                (
                    seconds(partial(drawn, subject), options.networks),
                    seconds(partial(flow_of, subject, batch=batch), options.networks),
                )
                for _ in range(options.repeats)
            ]
            drawing, everything = (statistics.median(times) for times in zip(*pairs, strict=True))
            ratio = statistics.median(both / alone for alone, both in pairs)
            over += ratio > BUDGET
            print(
                f"{init:<18}{batch:>7}{drawing * 1e3:>8.0f} ms{everything * 1e3:>8.0f} ms"
                f"{ratio:>7.2f}{BUDGET:>8.1f}{'  over' if ratio > BUDGET else ''}"
            )
    return int(over > 0)


if __name__ == "__main__":
    raise SystemExit(main())
