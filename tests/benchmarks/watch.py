"""Watching a file: from a row written to the row on the screen, its bytes, and an idle file.

    python tests/benchmarks/watch.py [--rows N] [--tensors N]

The file is a recording as `Recorder` writes it. A row is written, and the time is taken until the
last byte of the screen that shows its step. Idle is five seconds in which nothing is written: the
CPU that the program used meanwhile, its threads included, and what it sent.
"""

from __future__ import annotations

import argparse
import json
import math
import statistics
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from support.terminal import GRADTUI, Terminal

BUDGET = 1.0
"""Seconds from a row to the screen."""
IDLE = 5.0
ADDED = 10


def line(step: int, tensors: int) -> str:
    """A recorded step."""
    norms = [1.0 + 0.5 * math.sin(step + at) for at in range(tensors)]
    return json.dumps({"step": step, "loss": 2.0, "lr": 0.1, "grad": norms, "weight": norms}) + "\n"


def cpu_of(pid: int) -> float:
    """Seconds of CPU that a process used, all its threads together."""
    with Path(f"/proc/{pid}/stat").open() as stream:
        fields = stream.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / 100.0


def measured(rows: int, tensors: int) -> None:
    """Print what watching a file of so many rows takes."""
    folder = Path(tempfile.mkdtemp(prefix="gradtui-benchmark-"))
    file = folder / "run.jsonl"
    head = {"gradtui": 1, "names": [f"{at}.weight" for at in range(tensors)], "every": 1}
    file.write_text(json.dumps(head) + "\n" + "".join(line(at, tensors) for at in range(rows)))
    home = {"XDG_STATE_HOME": str(folder), "XDG_CONFIG_HOME": str(folder)}
    with Terminal([*GRADTUI, "watch", str(file)], env=home) as one:
        one.until(f"step {rows - 1:,}", timeout=120)
        one.until_quiet(1.0, timeout=120)
        lags, sent = [], []
        for step in range(rows, rows + ADDED):
            before = len(one.raw)
            with file.open("a") as stream:
                stream.write(line(step, tensors))
            begun = time.perf_counter()
            one.until(f"step {step:,}", timeout=30)
            lags.append(one.written_at - begun)
            one.until_quiet(1.0, timeout=30)
            sent.append(len(one.raw) - before)
        used, before = cpu_of(one.process.pid), len(one.raw)
        time.sleep(IDLE)
        one.until_quiet(0.1, timeout=10)
        used, idle = cpu_of(one.process.pid) - used, len(one.raw) - before
    verdict = "within" if max(lags) <= BUDGET else "OVER"
    print(
        f"{rows:>7,} rows, {tensors} tensors, {file.stat().st_size / 1e6:.1f} MB: a row is there "
        f"after {statistics.median(lags):.2f} s, at most {max(lags):.2f} s ({verdict} the "
        f"budget of {BUDGET:g} s), {statistics.median(sent):.0f} B; idle {IDLE:g} s: "
        f"{used:.2f} s of CPU, {idle} B"
    )


def main() -> None:
    """Measure a short and a long file, or the one that is asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int)
    parser.add_argument("--tensors", type=int, default=50)
    options = parser.parse_args()
    for rows in (options.rows,) if options.rows else (50, 5_000, 50_000):
        measured(rows, options.tensors)


if __name__ == "__main__":
    main()
