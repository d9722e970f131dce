"""What the Recorder adds to a training step of a 50 M-parameter model, on the CPU.

Processor time of the whole process, the least of several runs, at every step and at every tenth.
The budget is 3 % and 0.5 %, which hold from some 4,000 tokens a step on: recording costs the same
however large the batch is. What it costs on a GPU is not measured here. One thread by default, as
threads that wait for one another spend processor time, too.

    python tests/benchmarks/recorder.py [--runs 3] [--threads 1] [--tokens 1024 4096 8192]
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import nn

from gradtui import Recorder

WIDTH, LAYERS, WORDS, LENGTH = 512, 14, 8_000, 128


class Language(nn.Module):
    """A small language model: 14 blocks of width 512, 8,000 words."""

    def __init__(self) -> None:
        super().__init__()
        self.embed = nn.Embedding(WORDS, WIDTH)
        block = nn.TransformerEncoderLayer(
            WIDTH, 8, 4 * WIDTH, dropout=0.0, batch_first=True, norm_first=True, activation="gelu"
        )
        self.blocks = nn.TransformerEncoder(block, LAYERS, enable_nested_tensor=False)
        self.head = nn.Linear(WIDTH, WORDS, bias=False)

    def forward(self, words: Any) -> Any:
        return self.head(self.blocks(self.embed(words)))


def least(runs: int, step: Callable[[], None]) -> float:
    """The least processor time of a step, in seconds."""
    found = []
    for _ in range(runs):
        start = time.process_time()
        step()
        found.append(time.process_time() - start)
    return min(found)


def measure(tokens: int, runs: int) -> tuple[float, float, float]:
    """A step's seconds, and what recording it adds: of that step, and when it is not recorded."""
    torch.manual_seed(0)
    model = Language()
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-4)
    words = torch.randint(WORDS, (tokens // LENGTH, LENGTH))

    def backward() -> Any:
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(model(words).flatten(0, 1), words.flatten())
        loss.backward()
        return loss

    def plain() -> None:
        backward()
        optimizer.step()

    plain()
    alone = least(runs, plain)
    with tempfile.TemporaryDirectory() as folder:
        # What it adds is small beside how much a step varies: it is timed on its own, in place.
        recorder = Recorder(Path(folder) / "run.jsonl", model, optimizer)
        spent = [0.0]
        for name in ("step", "_before_step", "_after_step"):
            _timed(recorder, name, spent)
        backward()
        recorder.step()
        optimizer.step()
        added, idle = [], []
        for number in range(2 * runs):
            recorder._every = 1 if number % 2 == 0 else 10**9
            spent[0] = 0.0
            loss = backward()
            recorder.step(loss)
            optimizer.step()
            (added if number % 2 == 0 else idle).append(spent[0])
        recorder.close()
    return alone, min(added), min(idle)


def _timed(recorder: Recorder, name: str, spent: list[float]) -> None:
    """Add up the processor time that a method takes."""
    method = getattr(recorder, name)

    def timed(*given: Any, **named: Any) -> None:
        start = time.process_time()
        method(*given, **named)
        spent[0] += time.process_time() - start

    setattr(recorder, name, timed)
    optimizer = recorder._optimizer
    for hooks in (optimizer._optimizer_step_pre_hooks, optimizer._optimizer_step_post_hooks):
        for key, hook in hooks.items():
            if getattr(hook, "__name__", "") == name:
                hooks[key] = timed


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--tokens", type=int, nargs="+", default=[1024, 4096, 8192])
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    size = sum(one.numel() for one in Language().parameters())
    print(f"{size / 1e6:.1f} M parameters, float32, AdamW, {given.threads} thread(s); CPU seconds")
    print("tokens a step  step    recording   at every step   at every tenth")
    for tokens in given.tokens:
        step, recorded, idle = measure(tokens, given.runs)
        tenth = (recorded + 9.0 * idle) / 10.0
        print(
            f"{tokens:13,}  {step:5.2f}  {recorded:9.3f}   {recorded / step:12.2%}"
            f"   {tenth / step:13.2%}",
            flush=True,
        )
    print("budget                             3.00%           0.50%    (GPU: not measured)")


if __name__ == "__main__":
    main()
