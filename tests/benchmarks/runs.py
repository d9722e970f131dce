"""How long reading a run of a million rows takes, and how much memory, beside the file's size.

Usage: python tests/benchmarks/runs.py [--rows 1000000] [NAME...]

Budget: 3 s, and 4 times the file. Each format is read in a process of its own; the memory is the
most that it had, less what a process has that has read a run of ten rows.
"""

from __future__ import annotations

import argparse
import json
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from gradtui.runs.formats.crc32c import crc32c, masked

READ = """
import resource, sys, time
from gradtui import read_run
read_run(sys.argv[1])
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
start, used = time.perf_counter(), time.process_time()
run = read_run(sys.argv[2])
took, used = time.perf_counter() - start, time.process_time() - used
after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(took, used, (after - before) * 1024)
"""


def csv(rows: int) -> Iterator[bytes]:
    yield b"step,loss,grad_norm,lr\n"
    for at in range(rows):
        yield b"%d,%.6f,%.6f,%.8f\n" % (at, 2.5 + 1 / (at + 1), 1 / (at + 3), 1e-4)


def csv_of_layers(rows: int) -> Iterator[bytes]:
    names = ",".join(f"grad_2.0_norm/h.{at}" for at in range(20))
    yield f"step,loss,{names}\n".encode()
    tail = b",".join(b"%.7f" % (1 / (at + 3)) for at in range(19))
    for at in range(rows):
        yield b"%d,2.500000,%.7f,%b\n" % (at, 1 / (at + 3), tail)


def lightning(rows: int) -> Iterator[bytes]:
    yield b"epoch,grad_2.0_norm_total,step,train_loss\n"
    for at in range(rows // 2):
        yield b"0,%.6f,%d,\n0,,%d,%.6f\n" % (1 / (at + 3), at, at, 2.5)


def json_lines(rows: int) -> Iterator[bytes]:
    for at in range(rows):
        yield b'{"step": %d, "loss": %.6f, "grad_norm": %.6f, "lr": 0.0001}\n' % (
            at,
            2.5,
            1 / (at + 3),
        )


def log(rows: int) -> Iterator[bytes]:
    for at in range(rows):
        yield b"s:%d trl:%.4f lr:0.000599 norm:%.2f\n" % (at, 4.1 + 1 / (at + 1), 1 / (at + 3))


def titan(rows: int) -> Iterator[bytes]:
    for at in range(rows):
        yield (
            b"[titan] 2025-01-01 12:00:00,123 - root - INFO - \x1b[31mstep: %d  \x1b[32mloss: "
            b"%.4f  \x1b[38;2;180;60;0mgrad_norm: %.4f  \x1b[34mmemory: 0.98GiB(1.2%%)\x1b[39m\n"
        ) % (at, 4.1, 1 / (at + 3))


def trainer_state(rows: int) -> Iterator[bytes]:
    yield b'{\n  "best_metric": null,\n  "log_history": [\n'
    for at in range(rows):
        yield (
            b'%b    {\n      "epoch": 0.5,\n      "grad_norm": %.6f,\n      "learning_rate": 0.001,'
            b'\n      "loss": %.4f,\n      "step": %d\n    }'
        ) % (b",\n" if at else b"", 1 / (at + 3), 2.5, at)
    yield b"\n  ]\n}\n"


def events(rows: int) -> Iterator[bytes]:
    for at in range(rows):
        value = b"\x0a\x04loss\x15" + struct.pack("<f", 2.5 + 1 / (at + 1))
        summary = b"\x0a" + bytes((len(value),)) + value
        step, left = b"", at
        while left > 127:
            step += bytes((left & 127 | 128,))
            left >>= 7
        step += bytes((left,))
        event = b"\x09" + struct.pack("<d", 1.7e9) + b"\x10" + step
        event += b"\x2a" + bytes((len(summary),)) + summary
        head = struct.pack("<Q", len(event))
        yield head + struct.pack("<I", masked(crc32c(head)))
        yield event + struct.pack("<I", masked(crc32c(event)))


def recording(rows: int) -> Iterator[bytes]:
    yield json.dumps({"gradtui": 1, "names": ["a", "b"]}).encode() + b"\n"
    for at in range(rows):
        yield (
            b'{"step":%d,"loss":%.6f,"total_norm":%.6f,"grad":[%.6f,0.25],"weight":[1.5,2.5]}\n'
            % (
                at,
                2.5,
                1 / (at + 3),
                1 / (at + 3),
            )
        )


WRITERS: tuple[Callable[[int], Iterator[bytes]], ...] = (
    csv,
    csv_of_layers,
    lightning,
    json_lines,
    log,
    titan,
    trainer_state,
    events,
    recording,
)


def main() -> None:
    """Print a row for each format."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("names", nargs="*")
    asked = parser.parse_args()
    print(f"{'format':14} {'file':>8} {'time':>7} {'CPU':>7} {'memory':>8} {'/ file':>6}")
    with tempfile.TemporaryDirectory() as folder:
        small, file = Path(folder, "small"), Path(folder, "file")
        for writer in WRITERS:
            if asked.names and writer.__name__ not in asked.names:
                continue
            small.write_bytes(b"".join(writer(10)))
            with file.open("wb") as stream:
                stream.writelines(writer(asked.rows))
            done = subprocess.run(
                [sys.executable, "-c", READ, small, file],
                capture_output=True,
                text=True,
                check=True,
            )
            took, used, memory = map(float, done.stdout.split())
            size = file.stat().st_size
            print(
                f"{writer.__name__:14} {size / 1e6:6.0f}MB {took:6.2f}s {used:6.2f}s "
                f"{memory / 1e6:6.0f}MB {memory / size:6.1f}",
                flush=True,
            )


if __name__ == "__main__":
    start = time.perf_counter()
    main()
    print(f"({time.perf_counter() - start:.0f} s)")
